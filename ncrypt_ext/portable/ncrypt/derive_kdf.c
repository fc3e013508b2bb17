/* SPDX-License-Identifier: MIT
 *
 * The key derivation functions of libcrypto: TLS_PRF, HKDF and SP800_108_CTR_HMAC.
 */
#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <string.h>

#include "common/libctx.h"
#include "common/secmem.h"
#include "ncrypt/derive.h"

#define TLS_SEED_SIZE   64
#define TLS_SECRET_SIZE 48
#define TLS_MOST_BYTES  1024 /* of label and seed: libcrypto's limit */
#define HKDF_MAX_BLOCKS 255

#define TLS_1_0  0x0301
#define TLS_1_1  0x0302
#define TLS_1_2  0x0303
#define DTLS_1_0 0xFEFF

SECURITY_STATUS derive_by_libcrypto(const char *name, const OSSL_PARAM *parameters, uint8_t *out, size_t size)
{
    EVP_KDF *kdf = EVP_KDF_fetch(libctx_get(), name, NULL);
    EVP_KDF_CTX *ctx = kdf == NULL ? NULL : EVP_KDF_CTX_new(kdf);
    SECURITY_STATUS status = ERROR_SUCCESS;

    if (kdf == NULL) {
        status = status_from_openssl(NTE_NOT_SUPPORTED, "libcrypto lacks the key derivation function");
    } else if (ctx == NULL || EVP_KDF_derive(ctx, out, size, parameters) != 1) {
        status = status_from_openssl(NTE_FAIL, "libcrypto cannot derive a key");
        secmem_wipe(out, size);
    }
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
    return status;
}

static OSSL_PARAM bytes(const char *name, const void *data, size_t size)
{
    return OSSL_PARAM_construct_octet_string(name, (void *)(uintptr_t)(size == 0 ? "" : data), size);
}

static OSSL_PARAM text(const char *name, const char *value)
{
    return OSSL_PARAM_construct_utf8_string(name, (char *)(uintptr_t)value, 0);
}

/* ---- TLS_PRF --------------------------------------------------------------------------------------------------- */

static SECURITY_STATUS read_protocol(const NCryptBufferDesc *list, uint32_t *protocol)
{
    const NCryptBuffer *buffer = derive_buffer(list, KDF_TLS_PRF_PROTOCOL);

    *protocol = TLS_1_0;
    if (buffer != NULL && buffer->cbBuffer != sizeof *protocol) {
        return status_fail(NTE_INVALID_PARAMETER, "the protocol has %u bytes, not 4", (unsigned)buffer->cbBuffer);
    }
    if (buffer != NULL) {
        memcpy(protocol, buffer->pvBuffer, sizeof *protocol);
    }
    switch (*protocol) {
    case TLS_1_0:
    case TLS_1_1:
    case TLS_1_2:
    case DTLS_1_0:
        return ERROR_SUCCESS;
    default:
        return status_fail(NTE_NOT_SUPPORTED, "there is no TLS_PRF of protocol 0x%04X", (unsigned)*protocol);
    }
}

static SECURITY_STATUS check_label(const NCryptBufferDesc *list)
{
    uint32_t label = derive_buffer(list, KDF_TLS_PRF_LABEL)->cbBuffer,
             seed = derive_buffer(list, KDF_TLS_PRF_SEED)->cbBuffer;

    if (label == 0 && seed == 0) { /* libcrypto's function does not do without either */
        return status_fail(NTE_INVALID_PARAMETER, "label and seed are both empty");
    }
    return label <= TLS_MOST_BYTES && seed <= TLS_MOST_BYTES - label
               ? ERROR_SUCCESS
               : status_fail(NTE_INVALID_PARAMETER, "label and seed have more than %u bytes", TLS_MOST_BYTES);
}

/* TLS 1.2 has a hash of its own; those before it have MD5 and SHA-1 together (md NULL). */
SECURITY_STATUS derive_prepare_tls(struct request *request, uint32_t *size, uint32_t *limit)
{
    const NCryptBuffer *seed = derive_buffer(request->list, KDF_TLS_PRF_SEED);
    uint32_t protocol = 0;
    SECURITY_STATUS status = read_protocol(request->list, &protocol);

    if (status == ERROR_SUCCESS && seed->cbBuffer != TLS_SEED_SIZE) {
        status = status_fail(NTE_INVALID_PARAMETER, "the seed has %u bytes, not 64", (unsigned)seed->cbBuffer);
    }
    if (status == ERROR_SUCCESS) {
        status = check_label(request->list);
    }
    if (status == ERROR_SUCCESS && protocol == TLS_1_2) {
        status = derive_find_hash(request, BCRYPT_SHA256_ALGORITHM);
        if (status == ERROR_SUCCESS && !EVP_MD_is_a(request->md, "SHA256") && !EVP_MD_is_a(request->md, "SHA384")) {
            status = status_fail(NTE_INVALID_PARAMETER, "TLS 1.2 derives with SHA256 or SHA384");
        }
    } else if (status == ERROR_SUCCESS && derive_buffer(request->list, KDF_HASH_ALGORITHM) != NULL) {
        status = status_fail(NTE_INVALID_PARAMETER, "only TLS 1.2 derives with a hash of one's choice");
    }
    *size = *limit = TLS_SECRET_SIZE;
    return status;
}

/* Of a key: a seed and an output of any size, and TLS 1.2 is what has a hash. */
SECURITY_STATUS derive_prepare_any_tls(struct request *request, uint32_t *size, uint32_t *limit)
{
    SECURITY_STATUS status = check_label(request->list);

    if (status == ERROR_SUCCESS && derive_buffer(request->list, KDF_HASH_ALGORITHM) != NULL) {
        status = derive_find_hash(request, NULL);
    }
    *size = TLS_SECRET_SIZE;
    *limit = DERIVE_MOST_BYTES;
    return status;
}

SECURITY_STATUS derive_compute_tls(const struct request *request, uint8_t *out, uint32_t size)
{
    const NCryptBuffer *label = derive_buffer(request->list, KDF_TLS_PRF_LABEL),
                       *seed = derive_buffer(request->list, KDF_TLS_PRF_SEED);
    const struct secret *secret = request->secret;
    const OSSL_PARAM parameters[] = {
        text(OSSL_KDF_PARAM_DIGEST, request->md == NULL ? "MD5-SHA1" : EVP_MD_get0_name(request->md)),
        bytes(OSSL_KDF_PARAM_SECRET, secret->shared, secret->size),
        bytes(OSSL_KDF_PARAM_SEED, label->pvBuffer, label->cbBuffer), /* seeds are put one behind the other */
        bytes(OSSL_KDF_PARAM_SEED, seed->pvBuffer, seed->cbBuffer),
        OSSL_PARAM_construct_end(),
    };

    return derive_by_libcrypto("TLS1-PRF", parameters, out, size);
}

/* ---- HKDF ------------------------------------------------------------------------------------------------------ */

SECURITY_STATUS derive_hkdf_extract(const struct secret *secret, const EVP_MD *md, const uint8_t *salt,
                                    size_t salt_size, struct hkdf_key **key)
{
    size_t size = (size_t)EVP_MD_get_size(md);
    int mode = EVP_KDF_HKDF_MODE_EXTRACT_ONLY;
    struct hkdf_key *made = secmem_alloc(sizeof *made + size);
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
        text(OSSL_KDF_PARAM_DIGEST, EVP_MD_get0_name(md)),
        bytes(OSSL_KDF_PARAM_KEY, secret->shared, secret->size),
        bytes(OSSL_KDF_PARAM_SALT, salt, salt_size),
        OSSL_PARAM_construct_end(),
    };
    SECURITY_STATUS status;

    if (made == NULL) {
        return status_no_memory();
    }
    made->md = md;
    made->size = size;
    openssl_scope_begin();
    status = derive_by_libcrypto("HKDF", parameters, made->data, size);
    openssl_scope_end();
    if (status == ERROR_SUCCESS) {
        *key = made;
    } else {
        secmem_free(made);
    }
    return status;
}

SECURITY_STATUS derive_prepare_hkdf(struct request *request, uint32_t *size, uint32_t *limit)
{
    request->hkdf_key = atomic_load_explicit(&request->secret->hkdf_key, memory_order_acquire);
    if (request->hkdf_key == NULL) {
        return status_fail(NTE_INVALID_PARAMETER, "the secret has not been finalized for HKDF ('HkdfSaltAndFinalize' "
                                                  "or 'HkdfPrkAndFinalize')");
    }
    request->md = request->hkdf_key->md;
    *size = (uint32_t)EVP_MD_get_size(request->md);
    *limit = HKDF_MAX_BLOCKS * *size;
    return ERROR_SUCCESS;
}

SECURITY_STATUS derive_compute_hkdf(const struct request *request, uint8_t *out, uint32_t size)
{
    const NCryptBuffer *info = derive_buffer(request->list, KDF_HKDF_INFO);
    int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
        text(OSSL_KDF_PARAM_DIGEST, EVP_MD_get0_name(request->md)),
        bytes(OSSL_KDF_PARAM_KEY, request->hkdf_key->data, request->hkdf_key->size),
        bytes(OSSL_KDF_PARAM_INFO, info == NULL ? NULL : info->pvBuffer, info == NULL ? 0 : info->cbBuffer),
        OSSL_PARAM_construct_end(),
    };

    return derive_by_libcrypto("HKDF", parameters, out, size);
}

/* Of a key: with what its handle was finalized for, or with hash and salt in the list. */
SECURITY_STATUS derive_prepare_key_hkdf(struct request *request, uint32_t *size, uint32_t *limit)
{
    bool has_hash = derive_buffer(request->list, KDF_HASH_ALGORITHM) != NULL;
    SECURITY_STATUS status;

    if (!has_hash && derive_buffer(request->list, KDF_HKDF_SALT) == NULL) {
        return derive_prepare_hkdf(request, size, limit);
    }
    if (!has_hash) {
        return status_fail(NTE_INVALID_PARAMETER, "the list has a salt and no hash");
    }
    if (atomic_load_explicit(&request->secret->hkdf_key, memory_order_acquire) != NULL) {
        return status_fail(NTE_INVALID_PARAMETER, "the key's handle has a hash and a salt for HKDF already");
    }
    status = derive_find_hash(request, NULL);
    if (status == ERROR_SUCCESS) {
        *size = (uint32_t)EVP_MD_get_size(request->md);
        *limit = HKDF_MAX_BLOCKS * *size;
    }
    return status;
}

SECURITY_STATUS derive_compute_key_hkdf(const struct request *request, uint8_t *out, uint32_t size)
{
    const NCryptBuffer *salt = derive_buffer(request->list, KDF_HKDF_SALT);
    struct request with_key = *request;
    struct hkdf_key *key = NULL;
    SECURITY_STATUS status;

    if (request->hkdf_key != NULL) {
        return derive_compute_hkdf(request, out, size);
    }
    status = derive_hkdf_extract(request->secret, request->md, salt == NULL ? NULL : salt->pvBuffer,
                                 salt == NULL ? 0 : salt->cbBuffer, &key);
    if (status == ERROR_SUCCESS) {
        with_key.hkdf_key = key;
        status = derive_compute_hkdf(&with_key, out, size);
    }
    secmem_free(key);
    return status;
}

/* ---- SP800_108_CTR_HMAC ------------------------------------------------------------------------------------------ */

SECURITY_STATUS derive_prepare_counter(struct request *request, uint32_t *size, uint32_t *limit)
{
    SECURITY_STATUS status = derive_find_hash(request, NULL);

    if (status == ERROR_SUCCESS) {
        *size = (uint32_t)EVP_MD_get_size(request->md);
        *limit = DERIVE_MOST_BYTES;
    }
    return status;
}

/* In each block stand a counter, label, zero byte, context, and the length of the whole in bits; the counter and the
 * length have 32 bits. A generic parameter is label, zero byte and context in one. */
SECURITY_STATUS derive_compute_counter(const struct request *request, uint8_t *out, uint32_t size)
{
    const NCryptBuffer *generic = derive_buffer(request->list, KDF_GENERIC_PARAMETER),
                       *label = generic != NULL ? generic : derive_buffer(request->list, KDF_LABEL),
                       *context = derive_buffer(request->list, KDF_CONTEXT);
    int separator = generic == NULL;
    const OSSL_PARAM parameters[] = {
        text(OSSL_KDF_PARAM_MODE, "counter"),
        text(OSSL_KDF_PARAM_MAC, "HMAC"),
        text(OSSL_KDF_PARAM_DIGEST, EVP_MD_get0_name(request->md)),
        OSSL_PARAM_construct_int(OSSL_KDF_PARAM_KBKDF_USE_SEPARATOR, &separator),
        bytes(OSSL_KDF_PARAM_KEY, request->secret->shared, request->secret->size),
        bytes(OSSL_KDF_PARAM_SALT, label->pvBuffer, label->cbBuffer),
        bytes(OSSL_KDF_PARAM_INFO, context == NULL ? NULL : context->pvBuffer, context == NULL ? 0 : context->cbBuffer),
        OSSL_PARAM_construct_end(),
    };

    return derive_by_libcrypto("KBKDF", parameters, out, size);
}
