/* SPDX-License-Identifier: MIT */
#include "common/libctx.h"

#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/utf16.h"

static const struct {
    const WCHAR *cng;
    const char *openssl;
} digest_names[] = {
    {BCRYPT_MD5_ALGORITHM, "MD5"},           {BCRYPT_SHA1_ALGORITHM, "SHA1"},
    {BCRYPT_SHA256_ALGORITHM, "SHA256"},     {BCRYPT_SHA384_ALGORITHM, "SHA384"},
    {BCRYPT_SHA512_ALGORITHM, "SHA512"},     {BCRYPT_SHA3_256_ALGORITHM, "SHA3-256"},
    {BCRYPT_SHA3_384_ALGORITHM, "SHA3-384"}, {BCRYPT_SHA3_512_ALGORITHM, "SHA3-512"},
};

#define DIGEST_COUNT (sizeof digest_names / sizeof digest_names[0])

static pthread_once_t once = PTHREAD_ONCE_INIT;
static OSSL_LIB_CTX *context;
static EVP_MD *digests[DIGEST_COUNT]; /* NULL where libcrypto lacks one; kept until the process ends */
static EVP_MAC *hmac;                 /* the same */
static char failure[256];

static const char *configuration_file(void)
{
#ifdef __GLIBC__
    return secure_getenv("NCRYPT_EXT_OPENSSL_CONF");
#else
    return getenv("NCRYPT_EXT_OPENSSL_CONF");
#endif
}

/* The first algorithm of each kind makes room for all: if memory is too short for that later, libcrypto 3.5 has none of
 * them ever after. */
static void make_room(void)
{
    EVP_KDF_free(EVP_KDF_fetch(context, "HKDF", NULL));
    EVP_KEYMGMT_free(EVP_KEYMGMT_fetch(context, "RSA", NULL));
    EVP_SIGNATURE_free(EVP_SIGNATURE_fetch(context, "RSA", NULL));
    EVP_ASYM_CIPHER_free(EVP_ASYM_CIPHER_fetch(context, "RSA", NULL));
    EVP_KEM_free(EVP_KEM_fetch(context, "RSA", NULL));
    EVP_KEYEXCH_free(EVP_KEYEXCH_fetch(context, "ECDH", NULL));
}

static void make_context(void)
{
    const char *file = configuration_file();

    openssl_scope_begin();
    context = OSSL_LIB_CTX_new();
    if (context == NULL) {
        snprintf(failure, sizeof failure, "libcrypto could not make a library context");
    } else if (file != NULL && !OSSL_LIB_CTX_load_config(context, file)) {
        snprintf(failure, sizeof failure, "NCRYPT_EXT_OPENSSL_CONF: libcrypto cannot load %s", file);
        OSSL_LIB_CTX_free(context);
        context = NULL;
    } else {
        for (size_t i = 0; i < DIGEST_COUNT; i++) {
            digests[i] = EVP_MD_fetch(context, digest_names[i].openssl, NULL);
        }
        hmac = EVP_MAC_fetch(context, "HMAC", NULL);
        make_room();
    }
    openssl_scope_end();
}

OSSL_LIB_CTX *libctx_get(void)
{
    pthread_once(&once, make_context);
    if (context == NULL) {
        (void)status_fail(NTE_PROVIDER_DLL_FAIL, "%s", failure);
    }
    return context;
}

const EVP_MD *libctx_digest(const WCHAR *cng_name)
{
    if (libctx_get() == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < DIGEST_COUNT; i++) {
        if (utf16_equal(cng_name, digest_names[i].cng)) {
            return digests[i];
        }
    }
    return NULL;
}

EVP_MAC *libctx_hmac(void)
{
    return libctx_get() == NULL ? NULL : hmac;
}

SECURITY_STATUS libctx_random(void *out, size_t size)
{
    SECURITY_STATUS status = ERROR_SUCCESS;
    OSSL_LIB_CTX *ctx = libctx_get();

    if (ctx == NULL) {
        return NTE_PROVIDER_DLL_FAIL;
    }
    openssl_scope_begin();
    if (RAND_priv_bytes_ex(ctx, out, size, 0) != 1) {
        status = status_from_openssl(NTE_FAIL, "random numbers");
    }
    openssl_scope_end();
    return status;
}
