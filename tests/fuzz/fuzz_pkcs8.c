/* SPDX-License-Identifier: MIT
 *
 * NCryptImportKey with any bytes as PKCS#8, plain and encrypted. The input: a byte of options, one for the scheme, then
 * the bytes. What is to be inside an encrypted file is encrypted here, so that changes of it are seen; without a scheme
 * the bytes are the file itself.
 */
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "encrypt_support.h"
#include "key_support.h"

enum { UNCHECKED = 1, GENERIC = 2, UNFINALIZED = 4, PASSWORD_SHIFT = 4 };

/* An EncryptedPrivateKeyInfo with these bytes in it; for the caller to free with OPENSSL_free(). */
static int encrypt(const uint8_t *data, size_t size, unsigned scheme, uint8_t **file)
{
    X509_SIG *info = X509_SIG_new();
    X509_ALGOR *algorithm = encryption_scheme(scheme), *inside = NULL;
    ASN1_OCTET_STRING *content = NULL;
    uint8_t *encrypted = NULL;
    int length = 0, made = 0;

    REQUIRE(info != NULL);
    REQUIRE(PKCS12_pbe_crypt(algorithm, PASSWORD, PASSWORD_SIZE, data, (int)size, &encrypted, &length, 1) != NULL);
    X509_SIG_getm(info, &inside, &content);
    REQUIRE(X509_ALGOR_copy(inside, algorithm) == 1);
    ASN1_STRING_set0(content, encrypted, length);
    made = i2d_X509_SIG(info, file);
    REQUIRE(made > 0);
    X509_ALGOR_free(algorithm);
    X509_SIG_free(info);
    return made;
}

static void fuzz_input(const uint8_t *data, size_t size)
{
    unsigned options = size == 0 ? 0 : data[0], scheme = size < 2 ? 0 : data[1] % SCHEMES;
    const struct password *password = &passwords[(options >> PASSWORD_SHIFT) % COUNT(passwords)];
    NCryptBuffer buffer = {password->size, NCRYPTBUFFER_PKCS_SECRET, (PVOID)(uintptr_t)password->text};
    NCryptBufferDesc list = {NCRYPTBUFFER_VERSION, 1, &buffer};
    const struct import import = {
        .type = NCRYPT_PKCS8_PRIVATE_KEY_BLOB,
        .list = password->text != NULL ? &list : NULL,
        .flags = (options & UNCHECKED ? NCRYPT_NO_KEY_VALIDATION : 0) |
                 (options & GENERIC ? NCRYPT_TREAT_NIST_AS_GENERIC_ECC_FLAG : 0) |
                 (options & UNFINALIZED ? NCRYPT_DO_NOT_FINALIZE_FLAG : 0),
    };
    uint8_t *file = NULL;

    if (size < 3) {
        return;
    }
    if (scheme != UNENCRYPTED) {
        int made = encrypt(data + 2, size - 2, scheme, &file);

        check_import(&import, file, (size_t)made);
        OPENSSL_free(file);
    } else {
        check_import(&import, data + 2, size - 2);
    }
}
