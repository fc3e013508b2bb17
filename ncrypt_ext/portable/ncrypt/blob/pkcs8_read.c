/* SPDX-License-Identifier: MIT
 *
 * From bytes to a PrivateKeyInfo: in the clear or encrypted, of either version of RFC 5958.
 */
#include <openssl/asn1t.h>
#include <openssl/pkcs12.h>

#include "common/libctx.h"
#include "common/secmem.h"
#include "ncrypt/blob/pbe.h"
#include "ncrypt/blob/pkcs8.h"

#define WRONG_PASSWORD HRESULT_FROM_WIN32(ERROR_INVALID_PASSWORD)

/* RFC 5958's OneAsymmetricKey. Not all of libcrypto's releases read the second version, which has the public key. */
typedef struct {
    int32_t version;
    X509_ALGOR *algorithm;
    ASN1_OCTET_STRING *key;
    STACK_OF(X509_ATTRIBUTE) * attributes;
    ASN1_BIT_STRING *public_key;
} ONE_KEY;

ASN1_SEQUENCE(ONE_KEY) =
    {
        ASN1_EMBED(ONE_KEY, version, INT32),
        ASN1_SIMPLE(ONE_KEY, algorithm, X509_ALGOR),
        ASN1_SIMPLE(ONE_KEY, key, ASN1_OCTET_STRING),
        ASN1_IMP_SET_OF_OPT(ONE_KEY, attributes, X509_ATTRIBUTE, 0),
        ASN1_IMP_OPT(ONE_KEY, public_key, ASN1_BIT_STRING, 1),
} static_ASN1_SEQUENCE_END(ONE_KEY)

        static void free_key(ONE_KEY * key)
{
    if (key != NULL) {
        OPENSSL_cleanse(key->key->data, (size_t)key->key->length);
    }
    ASN1_item_free((ASN1_VALUE *)key, ASN1_ITEM_rptr(ONE_KEY));
}

/* The same key without its public half, which is computed anyway; NULL when the bytes are no such key. */
static PKCS8_PRIV_KEY_INFO *decode_second_version(const uint8_t *data, size_t size)
{
    const uint8_t *at = data;
    ONE_KEY *key = (ONE_KEY *)ASN1_item_d2i(NULL, &at, (long)size, ASN1_ITEM_rptr(ONE_KEY));
    PKCS8_PRIV_KEY_INFO *info = NULL;
    uint8_t *der = NULL;
    int der_size = 0;

    if (key != NULL && at == data + size && key->version == 1) {
        ASN1_BIT_STRING_free(key->public_key);
        key->public_key = NULL;
        key->version = 0;
        der_size = ASN1_item_i2d((const ASN1_VALUE *)key, &der, ASN1_ITEM_rptr(ONE_KEY));
    }
    if (der_size > 0) {
        at = der;
        info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, der_size);
        OPENSSL_clear_free(der, (size_t)der_size);
    }
    free_key(key);
    return info;
}

/* Whether the structure, which has been read and so begins with a number, is of version 0 or 1: not all of libcrypto's
 * releases look. */
static bool knows_version(const uint8_t *data, size_t size)
{
    const uint8_t *at = data;
    int tag = 0, class = 0;
    long length = 0;

    return (ASN1_get_object(&at, &length, &tag, &class, (long)size) & 0x80) == 0 && at[1] == 1 && at[2] <= 1;
}

/* ERROR_SUCCESS with `*info` NULL when it is something else. */
static SECURITY_STATUS decode_plain(const uint8_t *data, size_t size, PKCS8_PRIV_KEY_INFO **info)
{
    const uint8_t *at = data;
    PKCS8_PRIV_KEY_INFO *decoded = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)size);

    if (decoded != NULL && at != data + size) {
        PKCS8_PRIV_KEY_INFO_free(decoded);
        return status_fail(NTE_BAD_DATA, "%zu bytes follow the PKCS#8 key", (size_t)(data + size - at));
    }
    if (decoded != NULL && !knows_version(data, size)) {
        PKCS8_PRIV_KEY_INFO_free(decoded);
        return status_fail(NTE_BAD_DATA, "the PKCS#8 key is of an unknown version");
    }
    *info = decoded != NULL ? decoded : decode_second_version(data, size);
    return ERROR_SUCCESS;
}

static SECURITY_STATUS decode_sealed(const uint8_t *data, size_t size, X509_SIG **sealed)
{
    const uint8_t *at = data;
    X509_SIG *decoded = d2i_X509_SIG(NULL, &at, (long)size);

    if (decoded == NULL) {
        return status_from_openssl(NTE_BAD_DATA, "the data are no PKCS#8 key");
    }
    if (at != data + size) {
        X509_SIG_free(decoded);
        return status_fail(NTE_BAD_DATA, "%zu bytes follow the PKCS#8 key", (size_t)(data + size - at));
    }
    *sealed = decoded;
    return ERROR_SUCCESS;
}

/* A wrong password may give a padding that is right by chance, and then no key. */
static SECURITY_STATUS decrypt(const X509_ALGOR *encryption, const ASN1_OCTET_STRING *sealed, const char *password,
                               size_t password_size, PKCS8_PRIV_KEY_INFO **info)
{
    uint8_t *plain = NULL;
    int size = 0;
    PKCS8_PRIV_KEY_INFO *found = NULL;
    SECURITY_STATUS status = ERROR_SUCCESS;

    if (PKCS12_pbe_crypt_ex(encryption, password, (int)password_size, ASN1_STRING_get0_data(sealed),
                            ASN1_STRING_length(sealed), &plain, &size, 0, libctx_get(), NULL) != NULL) {
        status = decode_plain(plain, (size_t)size, &found);
    }
    if (status != ERROR_SUCCESS || found == NULL) {
        status = status_from_openssl(WRONG_PASSWORD, "the password does not open the PKCS#8 key");
    } else {
        *info = found;
    }
    OPENSSL_clear_free(plain, (size_t)size);
    return status;
}

static SECURITY_STATUS open_sealed(const X509_SIG *sealed, const WCHAR *password, PKCS8_PRIV_KEY_INFO **info)
{
    struct pbe_budget budget = {"key", NTE_BAD_DATA, PBE_MAX_ITERATIONS};
    const X509_ALGOR *encryption = NULL;
    const ASN1_OCTET_STRING *bytes = NULL;
    char *text = NULL;
    size_t size = 0;
    SECURITY_STATUS status;

    X509_SIG_get0(sealed, &encryption, &bytes);
    status = pbe_check(&budget, encryption);
    if (status == ERROR_SUCCESS && password == NULL) {
        status = status_fail(WRONG_PASSWORD, "the PKCS#8 key is encrypted, and there is no password");
    }
    if (status == ERROR_SUCCESS) {
        status = pbe_password(password, WRONG_PASSWORD, &text, &size);
    }
    if (status == ERROR_SUCCESS) {
        status = decrypt(encryption, bytes, text, size, info);
    }
    secmem_free(text);
    return status;
}

SECURITY_STATUS pkcs8_read(const uint8_t *data, size_t size, const WCHAR *password, PKCS8_PRIV_KEY_INFO **info)
{
    X509_SIG *sealed = NULL;
    SECURITY_STATUS status;

    if (size > INT32_MAX) {
        return status_fail(NTE_BAD_DATA, "a PKCS#8 key of %zu bytes", size);
    }
    status = decode_plain(data, size, info);
    if (status != ERROR_SUCCESS || *info != NULL) {
        return status;
    }
    status = decode_sealed(data, size, &sealed);
    if (status == ERROR_SUCCESS) {
        status = open_sealed(sealed, password, info);
    }
    X509_SIG_free(sealed);
    return status;
}
