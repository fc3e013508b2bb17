/* SPDX-License-Identifier: MIT
 *
 * Digests and HMACs for the engine's other libraries.
 */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "common/export.h"
#include "common/libctx.h"

SECURITY_STATUS ncx_hash(const WCHAR *algorithm, const void *data, size_t size, unsigned char *out, size_t *out_size)
{
    const EVP_MD *digest = libctx_digest(algorithm);
    SECURITY_STATUS status = ERROR_SUCCESS;
    unsigned written = 0;

    if (digest == NULL) {
        return status_fail(NTE_NOT_SUPPORTED, "libcrypto has no such digest");
    }
    openssl_scope_begin();
    if (EVP_Digest(data, size, out, &written, digest, NULL) != 1) {
        status = status_no_memory(); /* nothing else can be missing */
    }
    openssl_scope_end();
    *out_size = written;
    return status;
}

/* Within a scope. */
static SECURITY_STATUS make_hmac(EVP_MAC *mac, const EVP_MD *digest, const void *key, size_t key_size, const void *data,
                                 size_t size, unsigned char *out, size_t *out_size)
{
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)(uintptr_t)EVP_MD_get0_name(digest), 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC_CTX *context = EVP_MAC_CTX_new(mac);
    SECURITY_STATUS status = ERROR_SUCCESS;

    if (context == NULL || EVP_MAC_init(context, key, key_size, parameters) != 1 ||
        EVP_MAC_update(context, data, size) != 1 || EVP_MAC_final(context, out, out_size, EVP_MAX_MD_SIZE) != 1) {
        status = status_from_openssl(NTE_INTERNAL_ERROR, "HMAC");
    }
    EVP_MAC_CTX_free(context);
    return status;
}

SECURITY_STATUS ncx_hmac(const WCHAR *algorithm, const void *key, size_t key_size, const void *data, size_t size,
                         unsigned char *out, size_t *out_size)
{
    const EVP_MD *digest = libctx_digest(algorithm);
    EVP_MAC *mac = libctx_hmac();
    SECURITY_STATUS status;

    if (digest == NULL || mac == NULL) {
        return status_fail(NTE_NOT_SUPPORTED, "libcrypto has no such HMAC");
    }
    openssl_scope_begin();
    status = make_hmac(mac, digest, key, key_size, data, size, out, out_size);
    openssl_scope_end();
    return status;
}
