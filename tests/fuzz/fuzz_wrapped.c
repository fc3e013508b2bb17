/* SPDX-License-Identifier: MIT
 *
 * Keys under other keys: PKCS11RsaAesWrapBlob and PKCS7_ENVELOPE. The input: a byte for the kind, then the blob, or
 * what the target puts into one, or the certificates that say whose the envelope is; before these a byte each for how.
 */
#include <openssl/cms.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "key_support.h"
#include "wrapping_key.h"

/* New ones come last: the corpus has their numbers. */
enum kind {
    AS_PKCS11,
    AS_PKCS7,
    INTO_PKCS11,
    INTO_PKCS7,
    CERTIFICATES,
    INTO_ANY_PKCS11,
    INTO_ANY_PKCS7,
    UNDER_ANY,
    MANY_CERTIFICATES,
    IN_STORE,
    FOR_OTHERS,
};

/* Of AES, the last of which is none. */
static const uint8_t aes_sizes[] = {16, 24, 32, 20};
static const struct {
    const char *openssl;
    const WCHAR *name;
} hashes[] = {
    {"SHA1", u"SHA1"}, {"SHA256", u"SHA256"}, {"SHA384", u"SHA384"}, {"MD5", u"MD5"},
    {"SHA1", u"none"}, {"SHA224", u"SHA224"}, {"SHA1", u""},         {"SHA256", u"SHA1"},
};
static const char *const ciphers[] = {"AES-128-CBC", "AES-192-CBC", "AES-256-CBC", "DES-EDE3-CBC", "CAMELLIA-128-CBC"};

static EVP_PKEY *pkey, *other_pkey;
static X509 *certificate, *other_certificate;
static NCRYPT_KEY_HANDLE wrapping;

static X509 *make_certificate(EVP_PKEY *owner)
{
    X509 *made = X509_new();

    REQUIRE(made != NULL && X509_set_version(made, X509_VERSION_3) == 1);
    REQUIRE(ASN1_INTEGER_set(X509_get_serialNumber(made), 17) == 1);
    REQUIRE(X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_ASC, (const uint8_t *)"fuzz", -1, -1,
                                       0) == 1);
    REQUIRE(X509_set_issuer_name(made, X509_get_subject_name(made)) == 1);
    REQUIRE(ASN1_TIME_set_string(X509_getm_notBefore(made), "20200101000000Z") == 1);
    REQUIRE(ASN1_TIME_set_string(X509_getm_notAfter(made), "21000101000000Z") == 1);
    REQUIRE(X509_set_pubkey(made, owner) == 1 && X509_sign(made, owner, EVP_sha256()) > 0);
    return made;
}

/* Of its own for each input: libcrypto's RSA keys compute what is wrong for a while after memory was short. */
static NCRYPT_KEY_HANDLE import_wrapping_key(DWORD flags)
{
    NCRYPT_KEY_HANDLE key = 0;

    REQUIRE(NCryptImportKey(the_provider(), 0, NCRYPT_PKCS8_PRIVATE_KEY_BLOB, NULL, &key,
                            (PBYTE)(uintptr_t)wrapping_key, sizeof wrapping_key,
                            flags | NCRYPT_NO_KEY_VALIDATION) == ERROR_SUCCESS);
    return key;
}

static void set_up(void)
{
    const uint8_t *at = wrapping_key;

    if (pkey == NULL) {
        pkey = d2i_AutoPrivateKey(NULL, &at, sizeof wrapping_key);
        other_pkey = EVP_RSA_gen(1024);
        REQUIRE(pkey != NULL && other_pkey != NULL);
        certificate = make_certificate(pkey);
        other_certificate = make_certificate(other_pkey);
    }
    wrapping = import_wrapping_key(0);
}

struct wrap {
    const uint8_t *aes;
    size_t aes_size;
    const char *hash;
    const uint8_t *label;
    size_t label_size;
};

/* Under OAEP; 0 when there is no room for it. */
static size_t wrap_aes_key(const struct wrap *wrap, uint8_t *out)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
    uint8_t *label = wrap->label_size == 0 ? NULL : OPENSSL_memdup(wrap->label, wrap->label_size);
    size_t written = ROOM;

    REQUIRE(ctx != NULL && EVP_PKEY_encrypt_init(ctx) == 1);
    REQUIRE(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1);
    REQUIRE(EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, wrap->hash, NULL) == 1);
    REQUIRE(label == NULL || EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, label, (int)wrap->label_size) == 1);
    if (EVP_PKEY_encrypt(ctx, out, &written, wrap->aes, wrap->aes_size) != 1) {
        written = 0;
    }
    EVP_PKEY_CTX_free(ctx);
    return written;
}

static size_t seal_under_aes(const struct wrap *wrap, const uint8_t *data, size_t size, uint8_t *out)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    const EVP_CIPHER *cipher = wrap->aes_size == 16   ? EVP_aes_128_wrap_pad()
                               : wrap->aes_size == 24 ? EVP_aes_192_wrap_pad()
                                                      : EVP_aes_256_wrap_pad();
    int first = 0, last = 0;

    REQUIRE(ctx != NULL);
    EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    REQUIRE(EVP_EncryptInit_ex(ctx, cipher, NULL, wrap->aes, NULL) == 1);
    REQUIRE(EVP_EncryptUpdate(ctx, out, &first, data, (int)size) == 1);
    REQUIRE(EVP_EncryptFinal_ex(ctx, out + first, &last) == 1);
    EVP_CIPHER_CTX_free(ctx);
    return (size_t)(first + last);
}

static size_t write_pkcs11(const struct wrap *wrap, const WCHAR *name, const uint8_t *data, size_t size, uint8_t *out)
{
    BCRYPT_PKCS11_RSA_AES_WRAP_BLOB header = {BCRYPT_PKCS11_RSA_AES_WRAP_BLOB_MAGIC, 0, 0, (ULONG)wrap->label_size};
    size_t key_size = wrap_aes_key(wrap, out + sizeof header), units = 1;

    while (name[units - 1] != 0) {
        units++;
    }
    if (key_size == 0) {
        return 0;
    }
    key_size += seal_under_aes(wrap, data, size, out + sizeof header + key_size);
    header.cbKey = (ULONG)key_size;
    header.cbPaddingAlgId = (ULONG)(units * sizeof *name);
    memcpy(out, &header, sizeof header);
    memcpy(out + sizeof header + key_size, name, units * sizeof *name);
    memcpy(out + sizeof header + key_size + units * sizeof *name, wrap->label, wrap->label_size);
    return sizeof header + key_size + units * sizeof *name + wrap->label_size;
}

static size_t into_pkcs11(const uint8_t *data, size_t size, uint8_t *out)
{
    const struct wrap wrap = {(const uint8_t *)"0123456789abcde", 16, "SHA1", (const uint8_t *)"", 0};

    return write_pkcs11(&wrap, u"SHA1", data, size, out);
}

/* A byte for AES, one for the hash, one for the label's size, and the label come before. */
static size_t into_any_pkcs11(const uint8_t *data, size_t size, uint8_t *out)
{
    struct wrap wrap = {.aes = (const uint8_t *)"0123456789abcdef0123456789abcdef"};
    size_t hash;

    if (size < 4) {
        return 0;
    }
    hash = data[1] % COUNT(hashes);
    wrap.aes_size = aes_sizes[data[0] % COUNT(aes_sizes)];
    wrap.hash = hashes[hash].openssl;
    wrap.label = data + 3;
    wrap.label_size = data[2] < size - 4 ? data[2] : size - 4;
    return write_pkcs11(&wrap, hashes[hash].name, wrap.label + wrap.label_size, size - 3 - wrap.label_size, out);
}

enum { OTHER = 0x80, FOLLOWED = 0x40, NOT_OWN = 0x20, CIPHER = 0x1F };

/* `how`: for whom, and whether something follows. */
static size_t write_pkcs7(const char *cipher, unsigned how, const uint8_t *data, size_t size, uint8_t *out)
{
    STACK_OF(X509) *recipients = sk_X509_new_null();
    BIO *content = BIO_new_mem_buf(data, (int)size);
    CMS_ContentInfo *envelope;
    uint8_t *at = out;
    int written;

    REQUIRE(recipients != NULL && content != NULL);
    REQUIRE((how & OTHER) == 0 || sk_X509_push(recipients, other_certificate) > 0);
    REQUIRE((how & NOT_OWN) != 0 || sk_X509_push(recipients, certificate) > 0);
    envelope = CMS_encrypt(recipients, content, EVP_get_cipherbyname(cipher), CMS_BINARY);
    REQUIRE(envelope != NULL);
    written = i2d_CMS_ContentInfo(envelope, &at);
    REQUIRE(written > 0);
    CMS_ContentInfo_free(envelope);
    BIO_free(content);
    sk_X509_free(recipients);
    out[written] = 0;
    return (size_t)written + (how & FOLLOWED ? 1 : 0);
}

static size_t into_pkcs7(const uint8_t *data, size_t size, uint8_t *out)
{
    return write_pkcs7("AES-128-CBC", 0, data, size, out);
}

/* A byte for the cipher, the recipients and what follows comes before. */
static size_t into_any_pkcs7(const uint8_t *data, size_t size, uint8_t *out)
{
    return write_pkcs7(ciphers[(data[0] & CIPHER) % COUNT(ciphers)], data[0], data + 1, size - 1, out);
}

/* ---- the keys of hImportKey -------------------------------------------------------------------------------------- */

static NCRYPT_KEY_HANDLE new_key(const WCHAR *algorithm)
{
    NCRYPT_KEY_HANDLE key = 0;

    REQUIRE(NCryptCreatePersistedKey(the_provider(), &key, algorithm, NULL, 0, 0) == ERROR_SUCCESS);
    REQUIRE(NCryptFinalizeKey(key, 0) == ERROR_SUCCESS);
    return key;
}

static NCRYPT_KEY_HANDLE public_key(void)
{
    static uint8_t blob[ROOM];
    NCRYPT_KEY_HANDLE key = 0;
    DWORD size = 0;

    REQUIRE(NCryptExportKey(wrapping, 0, BCRYPT_RSAPUBLIC_BLOB, NULL, blob, sizeof blob, &size, 0) == ERROR_SUCCESS);
    REQUIRE(NCryptImportKey(the_provider(), 0, BCRYPT_RSAPUBLIC_BLOB, NULL, &key, blob, size, 0) == ERROR_SUCCESS);
    return key;
}

static NCRYPT_KEY_HANDLE signing_key(void)
{
    DWORD usage = NCRYPT_ALLOW_SIGNING_FLAG;
    NCRYPT_KEY_HANDLE key = import_wrapping_key(NCRYPT_DO_NOT_FINALIZE_FLAG);

    REQUIRE(NCryptSetProperty(key, NCRYPT_KEY_USAGE_PROPERTY, (PBYTE)&usage, sizeof usage, 0) == ERROR_SUCCESS);
    REQUIRE(NCryptFinalizeKey(key, 0) == ERROR_SUCCESS);
    return key;
}

static NCRYPT_KEY_HANDLE key_of_kind(unsigned kind)
{
    static NCRYPT_KEY_HANDLE keys[4];

    if (keys[0] == 0) {
        keys[0] = new_key(NCRYPT_ECDH_P256_ALGORITHM);
        keys[1] = new_key(NCRYPT_AES_ALGORITHM);
        keys[2] = public_key();
        keys[3] = signing_key();
    }
    kind %= COUNT(keys) + 2;
    return kind < COUNT(keys) ? keys[kind] : kind == COUNT(keys) ? wrapping : 0;
}

/* ---- imports ----------------------------------------------------------------------------------------------------- */

static void check_under(NCRYPT_KEY_HANDLE opener, const WCHAR *type, NCryptBufferDesc *list, const uint8_t *blob,
                        size_t size)
{
    NCRYPT_KEY_HANDLE key = 0;
    NCRYPT_PROV_HANDLE provider = the_provider();
    SECURITY_STATUS status;

    if (size == 0) {
        return;
    }
    status =
        SHORT_OF_MEMORY(NCryptImportKey(provider, opener, type, list, &key, (PBYTE)(uintptr_t)blob, (DWORD)size, 0));
    REQUIRE((status == ERROR_SUCCESS) == (key != 0));
    if (key == 0) {
        REQUIRE(status_sentence(status) != NULL);
        return;
    }
    use_key(key, true);
    REQUIRE(NCryptFreeObject(key) == ERROR_SUCCESS);
}

static void check(const WCHAR *type, NCryptBufferDesc *list, const uint8_t *blob, size_t size)
{
    check_under(wrapping, type, list, blob, size);
}

/* A byte for the key and the type of the blob comes before. */
static void check_under_any(const uint8_t *data, size_t size)
{
    const WCHAR *type = data[0] & 0x80 ? BCRYPT_PKCS11_RSA_AES_WRAP_KEY_BLOB : NCRYPT_PKCS7_ENVELOPE_BLOB;

    check_under(key_of_kind(data[0] & 0x7F), type, NULL, data + 1, size - 1);
}

static void check_certificates(const uint8_t *data, size_t size, uint8_t *blob)
{
    NCryptBuffer buffer = {(ULONG)size, NCRYPTBUFFER_CERT_BLOB, (PVOID)(uintptr_t)data};
    NCryptBufferDesc list = {NCRYPTBUFFER_VERSION, 1, &buffer};

    check(NCRYPT_PKCS7_ENVELOPE_BLOB, &list, blob, into_pkcs7(wrapping_key, sizeof wrapping_key, blob));
}

/* The certificate is that of the key, and the envelope is for others. */
static void check_for_others(const uint8_t *data, size_t size, uint8_t *blob)
{
    uint8_t *der = NULL;
    int der_size = i2d_X509(certificate, &der);
    NCryptBuffer buffer = {(ULONG)der_size, NCRYPTBUFFER_CERT_BLOB, der};
    NCryptBufferDesc list = {NCRYPTBUFFER_VERSION, 1, &buffer};

    REQUIRE(der_size > 0);
    check(NCRYPT_PKCS7_ENVELOPE_BLOB, &list, blob, write_pkcs7("AES-128-CBC", OTHER | NOT_OWN, data, size, blob));
    OPENSSL_free(der);
}

/* The first byte says how often, less two. */
static void check_many_certificates(const uint8_t *data, size_t size, uint8_t *blob)
{
    uint8_t *der = NULL, *all;
    int one = i2d_X509(data[0] & 1 ? certificate : other_certificate, &der);
    size_t count = (size_t)data[0] + 2, total = 0; /* 256 are allowed */

    REQUIRE(one > 0);
    all = malloc(count * (size_t)one + size);
    REQUIRE(all != NULL);
    for (size_t i = 0; i < count; i++, total += (size_t)one) {
        memcpy(all + total, der, (size_t)one);
    }
    memcpy(all + total, data + 1, size - 1);
    check_certificates(all, total + size - 1, blob);
    free(all);
    OPENSSL_free(der);
}

/* The certificate of the key as an element of a store, behind any others. */
static void check_store(const uint8_t *data, size_t size, uint8_t *blob)
{
    static const uint8_t header[] = {0, 0, 0, 0, 'C', 'E', 'R', 'T'}, end[12] = {0};
    uint32_t element[3] = {32, 1, 0};
    uint8_t *der = NULL, *all;
    size_t one = (size_t)i2d_X509(certificate, &der), total = 0;

    REQUIRE(der != NULL);
    element[2] = (uint32_t)one;
    all = malloc(sizeof header + size + sizeof element + one + sizeof end);
    REQUIRE(all != NULL);
    memcpy(all, header, sizeof header);
    memcpy(all + (total += sizeof header), data, size);
    memcpy(all + (total += size), element, sizeof element);
    memcpy(all + (total += sizeof element), der, one);
    memcpy(all + (total += one), end, sizeof end);
    check_certificates(all, total + sizeof end, blob);
    free(all);
    OPENSSL_free(der);
}

static void fuzz_input(const uint8_t *data, size_t size)
{
    static uint8_t blob[2 * ROOM];
    const uint8_t *rest = data + 1;

    if (size < 2 || size > ROOM) {
        return;
    }
    set_up();
    switch ((enum kind)data[0]) {
    case AS_PKCS11:
        check(BCRYPT_PKCS11_RSA_AES_WRAP_KEY_BLOB, NULL, rest, size - 1);
        break;
    case AS_PKCS7:
        check(NCRYPT_PKCS7_ENVELOPE_BLOB, NULL, rest, size - 1);
        break;
    case INTO_PKCS11:
        check(BCRYPT_PKCS11_RSA_AES_WRAP_KEY_BLOB, NULL, blob, into_pkcs11(rest, size - 1, blob));
        break;
    case INTO_PKCS7:
        check(NCRYPT_PKCS7_ENVELOPE_BLOB, NULL, blob, into_pkcs7(rest, size - 1, blob));
        break;
    case CERTIFICATES:
        check_certificates(rest, size - 1, blob);
        break;
    case INTO_ANY_PKCS11:
        check(BCRYPT_PKCS11_RSA_AES_WRAP_KEY_BLOB, NULL, blob, into_any_pkcs11(rest, size - 1, blob));
        break;
    case INTO_ANY_PKCS7:
        check(NCRYPT_PKCS7_ENVELOPE_BLOB, NULL, blob, into_any_pkcs7(rest, size - 1, blob));
        break;
    case UNDER_ANY:
        check_under_any(rest, size - 1);
        break;
    case MANY_CERTIFICATES:
        check_many_certificates(rest, size - 1, blob);
        break;
    case IN_STORE:
        check_store(rest, size - 1, blob);
        break;
    case FOR_OTHERS:
        check_for_others(rest, size - 1, blob);
        break;
    default:
        break;
    }
    REQUIRE(NCryptFreeObject(wrapping) == ERROR_SUCCESS);
}
