/* SPDX-License-Identifier: MIT
 *
 * CryptCreateHash, CryptHashData, CryptSetHashParam, CryptGetHashParam, CryptDestroyHash.
 */
#include <stdlib.h>
#include <string.h>

#include "common/libctx.h"
#include "wincrypt/internal.h"

#define CHUNK (1u << 20) /* bytes hashed at a time, so that a fork() need not wait for gigabytes */

static const struct capi_digest digests[] = {
    {CALG_MD5, BCRYPT_MD5_ALGORITHM, 16, false},       {CALG_SHA1, BCRYPT_SHA1_ALGORITHM, 20, false},
    {CALG_SHA_256, BCRYPT_SHA256_ALGORITHM, 32, true}, {CALG_SHA_384, BCRYPT_SHA384_ALGORITHM, 48, true},
    {CALG_SHA_512, BCRYPT_SHA512_ALGORITHM, 64, true},
};

static void destroy(void *object)
{
    struct capi_hash *hash = object;

    openssl_scope_begin();
    EVP_MD_CTX_free(hash->ctx);
    openssl_scope_end();
    pthread_mutex_destroy(&hash->lock);
    capi_context_unref(hash->context);
    free(hash);
}

SECURITY_STATUS capi_hash_acquire(HCRYPTHASH handle, struct capi_hash **hash)
{
    *hash = handle_acquire(handle, HANDLE_CAPI_HASH);
    return *hash == NULL ? capi_bad_handle("hash") : ERROR_SUCCESS;
}

/* ---- create --------------------------------------------------------------------------------------------------- */

static SECURITY_STATUS find_digest(const struct capi_context *context, ALG_ID algorithm,
                                   const struct capi_digest **digest)
{
    for (size_t i = 0; i < sizeof digests / sizeof digests[0]; i++) {
        if (digests[i].algorithm == algorithm) {
            if (digests[i].aes_only && context->row->type != PROV_RSA_AES) {
                return status_fail(NTE_BAD_ALGID, "providers of type %u do not have hash 0x%X: type %d does",
                                   (unsigned)context->row->type, (unsigned)algorithm, PROV_RSA_AES);
            }
            *digest = &digests[i];
            return ERROR_SUCCESS;
        }
    }
    return status_fail(NTE_BAD_ALGID, "hash 0x%X is not supported", (unsigned)algorithm);
}

static SECURITY_STATUS start(const struct capi_digest *digest, EVP_MD_CTX **out)
{
    SECURITY_STATUS status = ERROR_SUCCESS;
    const EVP_MD *md;
    EVP_MD_CTX *ctx = NULL;

    if (libctx_get() == NULL) {
        return NTE_PROVIDER_DLL_FAIL;
    }
    openssl_scope_begin();
    md = libctx_digest(digest->name);
    if (md == NULL) {
        status = status_fail(NTE_BAD_ALGID, "this libcrypto lacks hash 0x%X", (unsigned)digest->algorithm);
    } else if ((ctx = EVP_MD_CTX_new()) == NULL || EVP_DigestInit_ex2(ctx, md, NULL) != 1) {
        EVP_MD_CTX_free(ctx);
        status = status_from_openssl(NTE_NO_MEMORY, "libcrypto cannot begin a hash");
    } else {
        *out = ctx;
    }
    openssl_scope_end();
    return status;
}

static SECURITY_STATUS make_hash(struct capi_context *context, ALG_ID algorithm, HCRYPTHASH *handle)
{
    const struct capi_digest *digest = NULL;
    struct capi_hash *hash = NULL;
    EVP_MD_CTX *ctx = NULL;
    SECURITY_STATUS status = find_digest(context, algorithm, &digest);

    if (status == ERROR_SUCCESS) {
        hash = calloc(1, sizeof *hash);
        status = hash == NULL ? status_no_memory() : start(digest, &ctx);
    }
    if (status != ERROR_SUCCESS) {
        free(hash);
        return status;
    }
    hash->context = capi_context_ref(context);
    hash->digest = digest;
    hash->ctx = ctx;
    pthread_mutex_init(&hash->lock, NULL);
    status = handle_create(HANDLE_CAPI_HASH, hash, destroy, handle);
    if (status != ERROR_SUCCESS) {
        destroy(hash);
    }
    return status;
}

static SECURITY_STATUS create_hash(HCRYPTPROV handle, ALG_ID algorithm, HCRYPTKEY key, uint32_t flags, HCRYPTHASH *out)
{
    struct capi_context *context = NULL;
    SECURITY_STATUS status = capi_context_acquire(handle, &context);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = capi_check_flags(flags, 0);
    if (status == ERROR_SUCCESS && out == NULL) {
        status = status_fail(ERROR_INVALID_PARAMETER, "phHash is NULL");
    }
    if (status == ERROR_SUCCESS && key != 0) {
        status = status_fail(NTE_BAD_KEY, "hashes with a key are not supported: hKey must be 0");
    }
    if (status == ERROR_SUCCESS) {
        status = make_hash(context, algorithm, out);
    }
    handle_release(handle);
    return status;
}

BOOL WINAPI CryptCreateHash(HCRYPTPROV hProv, ALG_ID Algid, HCRYPTKEY hKey, DWORD dwFlags, HCRYPTHASH *phHash)
{
    return capi_return("CryptCreateHash", create_hash(hProv, Algid, hKey, dwFlags, phHash));
}

/* ---- data ----------------------------------------------------------------------------------------------------- */

static SECURITY_STATUS update(EVP_MD_CTX *ctx, const uint8_t *data, size_t size)
{
    SECURITY_STATUS status = ERROR_SUCCESS;

    while (status == ERROR_SUCCESS && size > 0) {
        size_t part = size < CHUNK ? size : CHUNK;

        openssl_scope_begin();
        if (EVP_DigestUpdate(ctx, data, part) != 1) {
            status = status_from_openssl(NTE_FAIL, "libcrypto cannot hash");
        }
        openssl_scope_end();
        data += part;
        size -= part;
    }
    return status;
}

static SECURITY_STATUS hash_data(HCRYPTHASH handle, const uint8_t *data, uint32_t size, uint32_t flags)
{
    struct capi_hash *hash = NULL;
    SECURITY_STATUS status = capi_hash_acquire(handle, &hash);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = capi_check_flags(flags, 0);
    if (status == ERROR_SUCCESS && data == NULL && size > 0) {
        status = status_fail(ERROR_INVALID_PARAMETER, "pbData is NULL");
    }
    if (status == ERROR_SUCCESS) {
        pthread_mutex_lock(&hash->lock);
        status = hash->finished
                     ? status_fail(NTE_BAD_HASH_STATE, "the hash is finished: its value has been read, set or signed")
                     : update(hash->ctx, data, size);
        pthread_mutex_unlock(&hash->lock);
    }
    handle_release(handle);
    return status;
}

BOOL WINAPI CryptHashData(HCRYPTHASH hHash, const BYTE *pbData, DWORD dwDataLen, DWORD dwFlags)
{
    return capi_return("CryptHashData", hash_data(hHash, pbData, dwDataLen, dwFlags));
}

/* ---- value and parameters ------------------------------------------------------------------------------------- */

static SECURITY_STATUS finish(struct capi_hash *hash)
{
    SECURITY_STATUS status = ERROR_SUCCESS;

    if (hash->finished) {
        return ERROR_SUCCESS;
    }
    openssl_scope_begin();
    if (EVP_DigestFinal_ex(hash->ctx, hash->value, NULL) != 1) {
        status = status_from_openssl(NTE_FAIL, "libcrypto cannot finish a hash");
    }
    openssl_scope_end();
    hash->finished = status == ERROR_SUCCESS;
    return status;
}

SECURITY_STATUS capi_hash_value(struct capi_hash *hash, uint8_t value[CAPI_MAX_DIGEST])
{
    SECURITY_STATUS status;

    pthread_mutex_lock(&hash->lock);
    status = finish(hash);
    if (status == ERROR_SUCCESS) {
        memcpy(value, hash->value, hash->digest->size);
    }
    pthread_mutex_unlock(&hash->lock);
    return status;
}

/* Asking for the size, or with too small a buffer, leaves the hash open. */
static SECURITY_STATUS get_value(struct capi_hash *hash, BYTE *out, DWORD *out_size)
{
    uint8_t value[CAPI_MAX_DIGEST] = {0};
    SECURITY_STATUS status = ERROR_SUCCESS;

    if (out != NULL && *out_size >= hash->digest->size) {
        status = capi_hash_value(hash, value);
    }
    return status == ERROR_SUCCESS ? capi_output(value, hash->digest->size, out, out_size) : status;
}

static SECURITY_STATUS bad_parameter(uint32_t parameter)
{
    return status_fail(NTE_BAD_TYPE, "parameter %u is not supported", (unsigned)parameter);
}

static SECURITY_STATUS get_parameter(HCRYPTHASH handle, uint32_t parameter, BYTE *out, DWORD *out_size, uint32_t flags)
{
    struct capi_hash *hash = NULL;
    SECURITY_STATUS status = capi_hash_acquire(handle, &hash);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = capi_check_flags(flags, 0);
    if (status == ERROR_SUCCESS && out_size == NULL) {
        status = status_fail(ERROR_INVALID_PARAMETER, "pdwDataLen is NULL");
    }
    if (status == ERROR_SUCCESS) {
        switch (parameter) {
        case HP_ALGID:
            status = capi_output_dword(hash->digest->algorithm, out, out_size);
            break;
        case HP_HASHSIZE:
            status = capi_output_dword(hash->digest->size, out, out_size);
            break;
        case HP_HASHVAL:
            status = get_value(hash, out, out_size);
            break;
        default:
            status = bad_parameter(parameter);
        }
    }
    handle_release(handle);
    return status;
}

BOOL WINAPI CryptGetHashParam(HCRYPTHASH hHash, DWORD dwParam, BYTE *pbData, DWORD *pdwDataLen, DWORD dwFlags)
{
    return capi_return("CryptGetHashParam", get_parameter(hHash, dwParam, pbData, pdwDataLen, dwFlags));
}

/* The value of a hash computed elsewhere: as many bytes as the algorithm's hashes have. */
static SECURITY_STATUS set_parameter(HCRYPTHASH handle, uint32_t parameter, const uint8_t *data, uint32_t flags)
{
    struct capi_hash *hash = NULL;
    SECURITY_STATUS status = capi_hash_acquire(handle, &hash);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = capi_check_flags(flags, 0);
    if (status == ERROR_SUCCESS && data == NULL) {
        status = status_fail(ERROR_INVALID_PARAMETER, "pbData is NULL");
    }
    if (status == ERROR_SUCCESS && parameter != HP_HASHVAL) {
        status = bad_parameter(parameter);
    }
    if (status == ERROR_SUCCESS) {
        pthread_mutex_lock(&hash->lock);
        memcpy(hash->value, data, hash->digest->size);
        hash->finished = true;
        pthread_mutex_unlock(&hash->lock);
    }
    handle_release(handle);
    return status;
}

BOOL WINAPI CryptSetHashParam(HCRYPTHASH hHash, DWORD dwParam, const BYTE *pbData, DWORD dwFlags)
{
    return capi_return("CryptSetHashParam", set_parameter(hHash, dwParam, pbData, dwFlags));
}

static SECURITY_STATUS destroy_hash(HCRYPTHASH handle)
{
    SECURITY_STATUS status = handle_close(handle, HANDLE_CAPI_HASH);

    return status == NTE_INVALID_HANDLE ? capi_bad_handle("hash") : status;
}

BOOL WINAPI CryptDestroyHash(HCRYPTHASH hHash)
{
    return capi_return("CryptDestroyHash", destroy_hash(hHash));
}
