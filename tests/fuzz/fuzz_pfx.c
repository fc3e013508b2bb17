/* SPDX-License-Identifier: MIT
 *
 * What is in a PFX file: the input is the file's content, which gets the checksum that lets PFXImportCertStore look at
 * it. The password is "x", and no key is stored.
 */
#include <openssl/pkcs12.h>

#include "memory_support.h"

#define MAX_CONTENT 0xFF00

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

/* A file without a checksum, which then gets one. */
static int make_file(const uint8_t *data, size_t size, uint8_t **file)
{
    static const uint8_t version[] = {0x02, 0x01, 0x03};
    static const uint8_t is_data[] = {0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01};
    uint8_t *bytes = malloc(size + 64);
    const uint8_t *at = bytes;
    PKCS12 *made;
    int made_size = 0;

    memcpy(bytes, data, size);
    size = prepend(is_data, sizeof is_data, bytes, wrap(0xA0, bytes, wrap(0x04, bytes, size)));
    size = wrap(0x30, bytes, prepend(version, sizeof version, bytes, wrap(0x30, bytes, size)));
    made = d2i_PKCS12(NULL, &at, (long)size);
    if (made != NULL && PKCS12_set_mac(made, "x", 1, NULL, 0, 1, EVP_sha1()) == 1) {
        made_size = i2d_PKCS12(made, file);
    }
    PKCS12_free(made);
    free(bytes);
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

static void fuzz_input(const uint8_t *data, size_t size)
{
    CRYPT_DATA_BLOB blob = {0, NULL};
    HCERTSTORE store = NULL;
    int made = size > MAX_CONTENT ? 0 : make_file(data, size, &blob.pbData);

    if (made > 0) {
        blob.cbData = (DWORD)made;
        SHORT_OF_MEMORY_LAST_ERROR((store = PFXImportCertStore(&blob, u"x", PKCS12_NO_PERSIST_KEY)) != NULL);
    }
    OPENSSL_free(blob.pbData);
    if (store != NULL) {
        use(store);
    }
}
