/* SPDX-License-Identifier: MIT
 *
 * The key derivation functions that hash the secret between other things: HASH, HMAC, SP800_56A_CONCAT, CAPI_KDF; and
 * TRUNCATE.
 */
#include <openssl/core_names.h>
#include <string.h>

#include "common/libctx.h"
#include "common/secmem.h"
#include "ncrypt/derive.h"

/* ---- HASH, HMAC ------------------------------------------------------------------------------------------------ */

/* What is hashed, piece by piece: into a digest or an HMAC. */
struct sink {
    EVP_MD_CTX *digest;
    EVP_MAC_CTX *mac;
};

static bool put(const struct sink *sink, const void *data, size_t size)
{
    if (size == 0) {
        return true;
    }
    return sink->digest != NULL ? EVP_DigestUpdate(sink->digest, data, size) == 1
                                : EVP_MAC_update(sink->mac, data, size) == 1;
}

static bool put_buffers(const struct sink *sink, const NCryptBufferDesc *list, uint32_t type)
{
    for (uint32_t i = 0; i < derive_count(list); i++) {
        const NCryptBuffer *buffer = &list->pBuffers[i];

        if (buffer->BufferType == type && !put(sink, buffer->pvBuffer, buffer->cbBuffer)) {
            return false;
        }
    }
    return true;
}

static bool put_all(const struct sink *sink, const struct request *request)
{
    return put_buffers(sink, request->list, KDF_SECRET_PREPEND) &&
           put(sink, request->secret->shared, request->secret->size) &&
           put_buffers(sink, request->list, KDF_SECRET_APPEND);
}

SECURITY_STATUS derive_prepare_hash(struct request *request, uint32_t *size, uint32_t *limit)
{
    SECURITY_STATUS status = derive_find_hash(request, BCRYPT_SHA1_ALGORITHM);

    if (status == ERROR_SUCCESS) {
        *size = *limit = (uint32_t)EVP_MD_get_size(request->md);
    }
    return status;
}

SECURITY_STATUS derive_prepare_hmac(struct request *request, uint32_t *size, uint32_t *limit)
{
    if (request->secret_is_hmac_key && derive_buffer(request->list, KDF_HMAC_KEY) != NULL) {
        return status_fail(NTE_INVALID_PARAMETER, "the HMAC key is the secret, and another one is given");
    }
    return derive_prepare_hash(request, size, limit);
}

SECURITY_STATUS derive_compute_hash(const struct request *request, uint8_t *out, uint32_t size)
{
    struct sink sink = {.digest = EVP_MD_CTX_new()};
    SECURITY_STATUS status = ERROR_SUCCESS;
    uint8_t value[EVP_MAX_MD_SIZE];

    if (sink.digest == NULL || EVP_DigestInit_ex2(sink.digest, request->md, NULL) != 1 || !put_all(&sink, request) ||
        EVP_DigestFinal_ex(sink.digest, value, NULL) != 1) {
        status = status_from_openssl(NTE_FAIL, "libcrypto cannot hash the secret");
    } else {
        memcpy(out, value, size);
    }
    secmem_wipe(value, sizeof value);
    EVP_MD_CTX_free(sink.digest);
    return status;
}

static bool start_hmac(EVP_MAC_CTX *mac, const struct request *request)
{
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)(uintptr_t)EVP_MD_get0_name(request->md), 0),
        OSSL_PARAM_construct_end(),
    };
    const NCryptBuffer *buffer = derive_buffer(request->list, KDF_HMAC_KEY);
    const uint8_t *key = (const uint8_t *)""; /* without one the key is empty; NULL would mean the last one */
    size_t size = 0;

    if (request->secret_is_hmac_key) {
        key = request->secret->shared;
        size = request->secret->size;
    } else if (buffer != NULL && buffer->cbBuffer > 0) {
        key = buffer->pvBuffer;
        size = buffer->cbBuffer;
    }
    return EVP_MAC_init(mac, key, size, parameters) == 1;
}

SECURITY_STATUS derive_compute_hmac(const struct request *request, uint8_t *out, uint32_t size)
{
    EVP_MAC *hmac = libctx_hmac();
    struct sink sink = {.mac = hmac == NULL ? NULL : EVP_MAC_CTX_new(hmac)};
    SECURITY_STATUS status = ERROR_SUCCESS;
    uint8_t value[EVP_MAX_MD_SIZE];
    size_t written = 0;

    if (sink.mac == NULL || !start_hmac(sink.mac, request) || !put_all(&sink, request) ||
        EVP_MAC_final(sink.mac, value, &written, sizeof value) != 1) {
        status = status_from_openssl(NTE_FAIL, "libcrypto cannot make an HMAC of the secret");
    } else {
        memcpy(out, value, size);
    }
    secmem_wipe(value, sizeof value);
    EVP_MAC_CTX_free(sink.mac);
    return status;
}

/* ---- SP800_56A_CONCAT ------------------------------------------------------------------------------------------ */

SECURITY_STATUS derive_prepare_concat(struct request *request, uint32_t *size, uint32_t *limit)
{
    SECURITY_STATUS status = derive_prepare_hash(request, size, limit);

    *limit = DERIVE_MOST_BYTES;
    return status;
}

/* One block: the digest of a counter, the secret and what is known of the key's use. */
static bool concat_block(EVP_MD_CTX *ctx, const struct request *request, uint32_t counter, uint8_t *block)
{
    static const uint32_t types[] = {KDF_ALGORITHMID, KDF_PARTYUINFO,   KDF_PARTYVINFO,
                                     KDF_SUPPPUBINFO, KDF_SUPPPRIVINFO, KDF_GENERIC_PARAMETER};
    const uint8_t number[] = {(uint8_t)(counter >> 24), (uint8_t)(counter >> 16), (uint8_t)(counter >> 8),
                              (uint8_t)counter};
    const struct sink sink = {.digest = ctx};

    if (EVP_DigestInit_ex2(ctx, request->md, NULL) != 1 || !put(&sink, number, sizeof number) ||
        !put(&sink, request->secret->shared, request->secret->size)) {
        return false;
    }
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (!put_buffers(&sink, request->list, types[i])) {
            return false;
        }
    }
    return EVP_DigestFinal_ex(ctx, block, NULL) == 1;
}

/* Not by libcrypto's SSKDF: where memory runs short, that of OpenSSL 3.0 writes through NULL. */
SECURITY_STATUS derive_compute_concat(const struct request *request, uint8_t *out, uint32_t size)
{
    uint32_t block_size = (uint32_t)EVP_MD_get_size(request->md);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    SECURITY_STATUS status = ERROR_SUCCESS;
    uint8_t block[EVP_MAX_MD_SIZE];

    for (uint32_t done = 0, counter = 1; status == ERROR_SUCCESS && done < size; done += block_size, counter++) {
        if (ctx == NULL || !concat_block(ctx, request, counter, block)) {
            status = status_from_openssl(NTE_FAIL, "libcrypto cannot hash the secret");
        } else {
            memcpy(out + done, block, size - done < block_size ? size - done : block_size);
        }
    }
    if (status != ERROR_SUCCESS) {
        secmem_wipe(out, size);
    }
    secmem_wipe(block, sizeof block);
    EVP_MD_CTX_free(ctx);
    return status;
}

/* ---- CAPI_KDF -------------------------------------------------------------------------------------------------- */

#define CAPI_PAD_SIZE 64

/* As CryptDeriveKey has it: where the digest of the secret is not enough, or not trusted to be (any hash before SHA-2,
 * for an AES key), two digests of it come in its place, padded in two ways. */
static bool capi_padded(const struct request *request, uint32_t size)
{
    bool is_old = EVP_MD_is_a(request->md, "MD5") || EVP_MD_is_a(request->md, "SHA1");

    return size > (uint32_t)EVP_MD_get_size(request->md) || (request->for_aes && is_old);
}

SECURITY_STATUS derive_prepare_capi(struct request *request, uint32_t *size, uint32_t *limit)
{
    SECURITY_STATUS status = derive_prepare_hash(request, size, limit);

    *limit *= 2;
    return status;
}

static bool capi_half(EVP_MD_CTX *ctx, const EVP_MD *md, const uint8_t *digest, uint8_t pad, uint8_t *out)
{
    uint8_t block[CAPI_PAD_SIZE];
    size_t size = (size_t)EVP_MD_get_size(md);
    bool done;

    memset(block, pad, sizeof block);
    for (size_t i = 0; i < size; i++) {
        block[i] ^= digest[i];
    }
    done = EVP_DigestInit_ex2(ctx, md, NULL) == 1 && EVP_DigestUpdate(ctx, block, sizeof block) == 1 &&
           EVP_DigestFinal_ex(ctx, out, NULL) == 1;
    secmem_wipe(block, sizeof block);
    return done;
}

SECURITY_STATUS derive_compute_capi(const struct request *request, uint8_t *out, uint32_t size)
{
    uint32_t digest_size = (uint32_t)EVP_MD_get_size(request->md);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    SECURITY_STATUS status = ERROR_SUCCESS;
    uint8_t digest[EVP_MAX_MD_SIZE], value[2 * EVP_MAX_MD_SIZE];
    bool done = ctx != NULL && EVP_DigestInit_ex2(ctx, request->md, NULL) == 1 &&
                EVP_DigestUpdate(ctx, request->secret->shared, request->secret->size) == 1 &&
                EVP_DigestFinal_ex(ctx, digest, NULL) == 1;

    if (done && capi_padded(request, size)) {
        done = capi_half(ctx, request->md, digest, 0x36, value) &&
               capi_half(ctx, request->md, digest, 0x5C, value + digest_size);
    } else if (done) {
        memcpy(value, digest, digest_size);
    }
    if (done) {
        memcpy(out, value, size);
    } else {
        status = status_from_openssl(NTE_FAIL, "libcrypto cannot hash the secret");
    }
    secmem_wipe(digest, sizeof digest);
    secmem_wipe(value, sizeof value);
    EVP_MD_CTX_free(ctx);
    return status;
}

/* ---- TRUNCATE -------------------------------------------------------------------------------------------------- */

SECURITY_STATUS derive_prepare_raw(struct request *request, uint32_t *size, uint32_t *limit)
{
    *size = *limit = (uint32_t)request->secret->size;
    return ERROR_SUCCESS;
}

SECURITY_STATUS derive_compute_raw(const struct request *request, uint8_t *out, uint32_t size)
{
    const struct secret *secret = request->secret;

    for (uint32_t i = 0; i < size; i++) {
        out[i] = secret->shared[secret->size - 1 - i];
    }
    return ERROR_SUCCESS;
}
