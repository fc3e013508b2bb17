/* SPDX-License-Identifier: MIT
 *
 * What is in a PFX file. The input: a byte for what the rest is and how it is closed, one for the checksum, one for the
 * password and the flags, then the rest. The file around it is made here: a fuzzer makes no checksum. No key is stored.
 */
#include <openssl/pkcs12.h>

#include "encrypt_support.h"
#include "memory_support.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define MAX_CONTENT  0xFF00

/* What the rest is: the file itself, its AuthenticatedSafe, or the bags of its only part, encrypted by a scheme or in
 * the clear. */
enum { WHOLE, PARTS, BAGS };

/* How the file is protected. */
enum { OF_SHA1, OF_SHA256, OF_NULL, OF_EMPTY, NO_CHECKSUM, CHECKSUMS };

enum { EXPORTABLE = 0x80 };

/* PKCS #7's name of what is in the clear. */
static const uint8_t is_data[] = {0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01};

/* The bytes behind a header of four that says how many they are. */
static size_t wrap(uint8_t tag, uint8_t *bytes, size_t size)
{
    memmove(bytes + 4, bytes, size);
    bytes[0] = tag;
    bytes[1] = 0x82;
    bytes[2] = (uint8_t)(size >> 8);
    bytes[3] = (uint8_t)size;
    return size + 4;
}

static size_t prepend(const uint8_t *head, size_t head_size, uint8_t *bytes, size_t size)
{
    memmove(bytes + head_size, bytes, size);
    memcpy(bytes, head, head_size);
    return head_size + size;
}

/* An AuthenticatedSafe of one part with these bags. */
static size_t make_parts(uint8_t *bytes, size_t size, unsigned scheme)
{
    static const uint8_t is_encrypted[] = {0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x06};
    static const uint8_t version[] = {0x02, 0x01, 0x00};
    X509_ALGOR *algorithm;
    uint8_t *encrypted = NULL, *identifier = NULL;
    int length = 0, identifier_size;

    if (scheme == UNENCRYPTED) {
        size = prepend(is_data, sizeof is_data, bytes, wrap(0xA0, bytes, wrap(0x04, bytes, size)));
        return wrap(0x30, bytes, wrap(0x30, bytes, size));
    }
    algorithm = encryption_scheme(scheme);
    identifier_size = i2d_X509_ALGOR(algorithm, &identifier);
    REQUIRE(identifier_size > 0);
    REQUIRE(PKCS12_pbe_crypt(algorithm, PASSWORD, PASSWORD_SIZE, bytes, (int)size, &encrypted, &length, 1) != NULL);
    memcpy(bytes, encrypted, (size_t)length);
    size = prepend(identifier, (size_t)identifier_size, bytes, wrap(0x80, bytes, (size_t)length));
    size = wrap(0x30, bytes, prepend(is_data, sizeof is_data, bytes, size));
    size = wrap(0x30, bytes, prepend(version, sizeof version, bytes, size));
    size = prepend(is_encrypted, sizeof is_encrypted, bytes, wrap(0xA0, bytes, size));
    OPENSSL_free(encrypted);
    OPENSSL_free(identifier);
    X509_ALGOR_free(algorithm);
    return wrap(0x30, bytes, wrap(0x30, bytes, size));
}

/* A file without a checksum, which then gets one; 0 when the input makes none. */
static int make_file(uint8_t *bytes, size_t size, unsigned checksum, uint8_t **file)
{
    static const uint8_t version[] = {0x02, 0x01, 0x03};
    const char *password = checksum == OF_NULL ? NULL : checksum == OF_EMPTY ? "" : PASSWORD;
    const EVP_MD *digest = checksum == OF_SHA256 ? EVP_sha256() : EVP_sha1();
    const uint8_t *at = bytes;
    PKCS12 *made;
    int made_size = 0;

    size = prepend(is_data, sizeof is_data, bytes, wrap(0xA0, bytes, wrap(0x04, bytes, size)));
    size = wrap(0x30, bytes, prepend(version, sizeof version, bytes, wrap(0x30, bytes, size)));
    made = d2i_PKCS12(NULL, &at, (long)size);
    if (made != NULL && (checksum == NO_CHECKSUM || PKCS12_set_mac(made, password, -1, NULL, 0, 1, digest) == 1)) {
        made_size = i2d_PKCS12(made, file);
    }
    PKCS12_free(made);
    return made_size;
}

static void use(HCERTSTORE store)
{
    PCCERT_CONTEXT context = NULL;

    while ((context = CertEnumCertificatesInStore(store, context)) != NULL) {
        HCRYPTPROV_OR_NCRYPT_KEY_HANDLE key = 0;
        WCHAR name[64];
        DWORD room = sizeof name;

        (void)CertGetCertificateContextProperty(context, CERT_FRIENDLY_NAME_PROP_ID, name, &room);
        if (CryptAcquireCertificatePrivateKey(context, CRYPT_ACQUIRE_ONLY_NCRYPT_KEY_FLAG, NULL, &key, NULL, NULL)) {
            REQUIRE(NCryptIsKeyHandle(key));
        }
    }
    CertCloseStore(store, 0);
}

static void import(uint8_t *file, size_t size, unsigned options)
{
    CRYPT_DATA_BLOB blob = {(DWORD)size, file};
    const WCHAR *password = passwords[(options & 0x7F) % COUNT(passwords)].text;
    DWORD flags = PKCS12_NO_PERSIST_KEY | (options & EXPORTABLE ? CRYPT_EXPORTABLE : 0);
    HCERTSTORE store = NULL;

    SHORT_OF_MEMORY_LAST_ERROR((store = PFXImportCertStore(&blob, password, flags)) != NULL);
    if (store != NULL) {
        use(store);
    } else {
        REQUIRE(GetLastError() != 0);
    }
}

static void fuzz_input(const uint8_t *data, size_t size)
{
    enum { OPTIONS = 3, ROOM_AROUND = 256 };
    uint8_t *bytes, *file = NULL;
    unsigned what;
    int made;

    if (size <= OPTIONS || size > MAX_CONTENT) {
        return;
    }
    bytes = malloc(size + ROOM_AROUND);
    REQUIRE(bytes != NULL);
    memcpy(bytes, data + OPTIONS, size - OPTIONS);
    what = data[0] % (BAGS + SCHEMES);
    size -= OPTIONS;
    if (what == WHOLE) {
        import(bytes, size, data[2]);
    } else {
        if (what >= BAGS) {
            size = make_parts(bytes, size, what - BAGS);
        }
        made = make_file(bytes, size, data[1] % CHECKSUMS, &file);
        if (made > 0) {
            import(file, (size_t)made, data[2]);
        }
        OPENSSL_free(file);
    }
    free(bytes);
}
