/* SPDX-License-Identifier: MIT
 *
 * NCryptImportKey with any bytes as PKCS#8, plain and encrypted. The input: a byte of options, then the bytes. What is
 * to be inside an encrypted file is encrypted here, so that changes of it are seen; other inputs are the file itself.
 */
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "key_support.h"
#include "ncrypt/blob/pbe.h"

enum { UNCHECKED = 1, GENERIC = 2, UNFINALIZED = 4, PASSWORD = 8, ENCRYPT = 16, OLD_SCHEME = 32 };

#define ITERATIONS 1

static const WCHAR password[] = u"x";

static X509_ALGOR *scheme(bool old)
{
    uint8_t salt[8] = "saltsalt", iv[16] = "ivivivivivivivi";

    return old ? PKCS5_pbe_set(NID_pbe_WithSHA1And3_Key_TripleDES_CBC, ITERATIONS, salt, sizeof salt)
               : PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), ITERATIONS, salt, sizeof salt, iv, NID_hmacWithSHA256);
}

/* An EncryptedPrivateKeyInfo with these bytes in it; for the caller to free with OPENSSL_free(). */
static int encrypt(const uint8_t *data, size_t size, bool old, uint8_t **file)
{
    X509_SIG *info = X509_SIG_new();
    X509_ALGOR *algorithm = scheme(old), *inside = NULL;
    ASN1_OCTET_STRING *content = NULL;
    uint8_t *encrypted = NULL;
    int length = 0, made = 0;

    REQUIRE(info != NULL && algorithm != NULL);
    REQUIRE(PKCS12_pbe_crypt(algorithm, "x", 1, data, (int)size, &encrypted, &length, 1) != NULL);
    X509_SIG_getm(info, &inside, &content);
    REQUIRE(X509_ALGOR_copy(inside, algorithm) == 1);
    ASN1_STRING_set0(content, encrypted, length);
    made = i2d_X509_SIG(info, file);
    REQUIRE(made > 0);
    X509_ALGOR_free(algorithm);
    X509_SIG_free(info);
    return made;
}

/* The password of a file that is allowed to be hashed often would be, for seconds. */
static bool too_slow(const uint8_t *data, size_t size)
{
    X509_SIG *info = d2i_X509_SIG(NULL, &data, (long)size);
    const X509_ALGOR *algorithm = NULL;
    PBE2PARAM *newer = NULL;
    PBKDF2PARAM *hash = NULL;
    PBEPARAM *older = NULL;
    const ASN1_INTEGER *iterations = NULL;
    uint64_t count = 1;

    if (info == NULL) {
        return false;
    }
    X509_SIG_get0(info, &algorithm, NULL);
    newer = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBE2PARAM), algorithm->parameter);
    older = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBEPARAM), algorithm->parameter);
    if (newer != NULL) {
        hash = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBKDF2PARAM), newer->keyfunc->parameter);
    }
    iterations = hash != NULL ? hash->iter : older != NULL ? older->iter : NULL;
    if (iterations == NULL || ASN1_INTEGER_get_uint64(&count, iterations) != 1) {
        count = 1;
    }
    PBKDF2PARAM_free(hash);
    PBE2PARAM_free(newer);
    PBEPARAM_free(older);
    X509_SIG_free(info);
    return count > 1000 && count <= PBE_MAX_ITERATIONS;
}

static void fuzz_input(const uint8_t *data, size_t size)
{
    NCryptBuffer buffer = {sizeof password, NCRYPTBUFFER_PKCS_SECRET, (PVOID)(uintptr_t)password};
    NCryptBufferDesc list = {NCRYPTBUFFER_VERSION, 1, &buffer};
    unsigned options = size == 0 ? 0 : data[0];
    const struct import import = {
        .type = NCRYPT_PKCS8_PRIVATE_KEY_BLOB,
        .list = options & PASSWORD ? &list : NULL,
        .flags = (options & UNCHECKED ? NCRYPT_NO_KEY_VALIDATION : 0) |
                 (options & GENERIC ? NCRYPT_TREAT_NIST_AS_GENERIC_ECC_FLAG : 0) |
                 (options & UNFINALIZED ? NCRYPT_DO_NOT_FINALIZE_FLAG : 0),
    };
    uint8_t *file = NULL;

    if (size < 2) {
        return;
    }
    if ((options & ENCRYPT) != 0) {
        int made = encrypt(data + 1, size - 1, (options & OLD_SCHEME) != 0, &file);

        check_import(&import, file, (size_t)made);
        OPENSSL_free(file);
    } else if (!too_slow(data + 1, size - 1)) {
        check_import(&import, data + 1, size - 1);
    }
}
