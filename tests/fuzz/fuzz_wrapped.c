/* SPDX-License-Identifier: MIT
 *
 * Keys under other keys: PKCS11RsaAesWrapBlob and PKCS7_ENVELOPE. The input: a byte for the kind, then the blob, or
 * what the target puts into one, or the certificates that say whose the envelope is.
 */
#include <openssl/cms.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "key_support.h"
#include "wrapping_key.h"

enum kind { AS_PKCS11, AS_PKCS7, INTO_PKCS11, INTO_PKCS7, CERTIFICATES };

static EVP_PKEY *pkey;
static X509 *certificate;
static NCRYPT_KEY_HANDLE wrapping;

static X509 *make_certificate(void)
{
    X509 *made = X509_new();

    REQUIRE(made != NULL && X509_set_version(made, X509_VERSION_3) == 1);
    REQUIRE(ASN1_INTEGER_set(X509_get_serialNumber(made), 17) == 1);
    REQUIRE(X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_ASC, (const uint8_t *)"fuzz", -1, -1,
                                       0) == 1);
    REQUIRE(X509_set_issuer_name(made, X509_get_subject_name(made)) == 1);
    REQUIRE(ASN1_TIME_set_string(X509_getm_notBefore(made), "20200101000000Z") == 1);
    REQUIRE(ASN1_TIME_set_string(X509_getm_notAfter(made), "21000101000000Z") == 1);
    REQUIRE(X509_set_pubkey(made, pkey) == 1 && X509_sign(made, pkey, EVP_sha256()) > 0);
    return made;
}

static void set_up(void)
{
    const uint8_t *at = wrapping_key;

    if (wrapping == 0) {
        pkey = d2i_AutoPrivateKey(NULL, &at, sizeof wrapping_key);
        REQUIRE(pkey != NULL);
        certificate = make_certificate();
        REQUIRE(NCryptImportKey(the_provider(), 0, NCRYPT_PKCS8_PRIVATE_KEY_BLOB, NULL, &wrapping,
                                (PBYTE)(uintptr_t)wrapping_key, sizeof wrapping_key, 0) == ERROR_SUCCESS);
    }
}

/* Under OAEP with SHA-1. */
static size_t wrap_aes_key(const uint8_t *aes, size_t size, uint8_t *out)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
    size_t written = ROOM;

    REQUIRE(ctx != NULL && EVP_PKEY_encrypt_init(ctx) == 1);
    REQUIRE(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1);
    REQUIRE(EVP_PKEY_encrypt(ctx, out, &written, aes, size) == 1);
    EVP_PKEY_CTX_free(ctx);
    return written;
}

static size_t into_pkcs11(const uint8_t *data, size_t size, uint8_t *out)
{
    static const uint8_t aes[16] = "0123456789abcde", name[] = "S\0H\0A\0001\0\0";
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    BCRYPT_PKCS11_RSA_AES_WRAP_BLOB header = {BCRYPT_PKCS11_RSA_AES_WRAP_BLOB_MAGIC, 0, sizeof name, 0};
    size_t key_size = wrap_aes_key(aes, sizeof aes, out + sizeof header);
    int first = 0, last = 0;

    REQUIRE(ctx != NULL);
    EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    REQUIRE(EVP_EncryptInit_ex(ctx, EVP_aes_128_wrap_pad(), NULL, aes, NULL) == 1);
    REQUIRE(EVP_EncryptUpdate(ctx, out + sizeof header + key_size, &first, data, (int)size) == 1);
    REQUIRE(EVP_EncryptFinal_ex(ctx, out + sizeof header + key_size + first, &last) == 1);
    EVP_CIPHER_CTX_free(ctx);
    key_size += (size_t)(first + last);
    header.cbKey = (ULONG)key_size;
    memcpy(out, &header, sizeof header);
    memcpy(out + sizeof header + key_size, name, sizeof name);
    return sizeof header + key_size + sizeof name;
}

static size_t into_pkcs7(const uint8_t *data, size_t size, uint8_t *out)
{
    STACK_OF(X509) *recipients = sk_X509_new_null();
    BIO *content = BIO_new_mem_buf(data, (int)size);
    CMS_ContentInfo *envelope;
    uint8_t *at = out;
    int written;

    REQUIRE(recipients != NULL && content != NULL && sk_X509_push(recipients, certificate) > 0);
    envelope = CMS_encrypt(recipients, content, EVP_aes_128_cbc(), CMS_BINARY);
    REQUIRE(envelope != NULL);
    written = i2d_CMS_ContentInfo(envelope, &at);
    REQUIRE(written > 0);
    CMS_ContentInfo_free(envelope);
    BIO_free(content);
    sk_X509_free(recipients);
    return (size_t)written;
}

static void check(const WCHAR *type, NCryptBufferDesc *list, const uint8_t *blob, size_t size)
{
    NCRYPT_KEY_HANDLE key = 0;
    NCRYPT_PROV_HANDLE provider = the_provider();
    SECURITY_STATUS status =
        SHORT_OF_MEMORY(NCryptImportKey(provider, wrapping, type, list, &key, (PBYTE)(uintptr_t)blob, (DWORD)size, 0));

    REQUIRE((status == ERROR_SUCCESS) == (key != 0));
    if (key == 0) {
        REQUIRE(status_sentence(status) != NULL);
        return;
    }
    use_key(key, true);
    REQUIRE(NCryptFreeObject(key) == ERROR_SUCCESS);
}

static void check_certificates(const uint8_t *data, size_t size, uint8_t *blob)
{
    NCryptBuffer buffer = {(ULONG)size, NCRYPTBUFFER_CERT_BLOB, (PVOID)(uintptr_t)data};
    NCryptBufferDesc list = {NCRYPTBUFFER_VERSION, 1, &buffer};

    check(NCRYPT_PKCS7_ENVELOPE_BLOB, &list, blob, into_pkcs7(wrapping_key, sizeof wrapping_key, blob));
}

static void fuzz_input(const uint8_t *data, size_t size)
{
    static uint8_t blob[2 * ROOM];

    if (size < 2 || size > ROOM) {
        return;
    }
    set_up();
    switch ((enum kind)data[0]) {
    case AS_PKCS11:
        check(BCRYPT_PKCS11_RSA_AES_WRAP_KEY_BLOB, NULL, data + 1, size - 1);
        break;
    case AS_PKCS7:
        check(NCRYPT_PKCS7_ENVELOPE_BLOB, NULL, data + 1, size - 1);
        break;
    case INTO_PKCS11:
        check(BCRYPT_PKCS11_RSA_AES_WRAP_KEY_BLOB, NULL, blob, into_pkcs11(data + 1, size - 1, blob));
        break;
    case INTO_PKCS7:
        check(NCRYPT_PKCS7_ENVELOPE_BLOB, NULL, blob, into_pkcs7(data + 1, size - 1, blob));
        break;
    case CERTIFICATES:
        check_certificates(data + 1, size - 1, blob);
        break;
    default:
        break;
    }
}
