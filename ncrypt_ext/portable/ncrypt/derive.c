/* SPDX-License-Identifier: MIT
 *
 * The key derivation functions of NCryptDeriveKey. A table says which buffers each takes; what is computed is
 * libcrypto's.
 */
#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <string.h>

#include "common/libctx.h"
#include "common/secmem.h"
#include "common/utf16.h"
#include "ncrypt/internal.h"

#define TLS_SEED_SIZE   64
#define TLS_SECRET_SIZE 48
#define HKDF_MAX_BLOCKS 255
#define MOST_BYTES      (1u << 20) /* bytes in all buffers of a list */

#define TLS_1_0  0x0301
#define TLS_1_1  0x0302
#define TLS_1_2  0x0303
#define DTLS_1_0 0xFEFF

/* What a function does when less room is given than it fills by itself. */
enum length {
    LENGTH_CUT,   /* the first bytes are given */
    LENGTH_WHOLE, /* all or NTE_BUFFER_TOO_SMALL */
    LENGTH_ASKED, /* as many bytes as there is room for, up to `limit` */
};

struct request {
    const struct secret *secret;
    const struct hkdf_key *hkdf_key;
    const NCryptBufferDesc *list; /* may be NULL */
    const EVP_MD *md;             /* of the list, or the function's own */
    bool secret_is_hmac_key;
};

struct kdf {
    const WCHAR *name;
    uint32_t required, optional, repeatable; /* buffer types, as bits */
    enum length length;
    /* Checks what the table cannot, and says how many bytes the function gives by itself and at most. */
    SECURITY_STATUS (*prepare)(struct request *request, uint32_t *size, uint32_t *limit);
    /* `size` is not 0 and not more than prepare() allows. */
    SECURITY_STATUS (*compute)(const struct request *request, uint8_t *out, uint32_t size);
};

/* ---- the list -------------------------------------------------------------------------------------------------- */

#define BIT(type)       (UINT32_C(1) << (type))
#define MAX_BUFFER      31
#define HASH_BIT        BIT(KDF_HASH_ALGORITHM)
#define SURROUND_BITS   (BIT(KDF_SECRET_PREPEND) | BIT(KDF_SECRET_APPEND))
#define TLS_BITS        (BIT(KDF_TLS_PRF_LABEL) | BIT(KDF_TLS_PRF_SEED))
#define PARTY_BITS      (BIT(KDF_ALGORITHMID) | BIT(KDF_PARTYUINFO) | BIT(KDF_PARTYVINFO))
#define SUPPLEMENT_BITS (BIT(KDF_SUPPPUBINFO) | BIT(KDF_SUPPPRIVINFO))

static uint32_t count_of(const NCryptBufferDesc *list)
{
    return list == NULL ? 0 : list->cBuffers;
}

/* The first buffer of that type, or NULL. */
static const NCryptBuffer *find(const NCryptBufferDesc *list, uint32_t type)
{
    for (uint32_t i = 0; i < count_of(list); i++) {
        if (list->pBuffers[i].BufferType == type) {
            return &list->pBuffers[i];
        }
    }
    return NULL;
}

static SECURITY_STATUS check_buffer(const struct kdf *kdf, const NCryptBuffer *buffer, uint32_t *seen, uint32_t *total)
{
    uint32_t bit = buffer->BufferType > MAX_BUFFER ? 0 : BIT(buffer->BufferType);

    if ((bit & (kdf->required | kdf->optional)) == 0) {
        return status_fail(NTE_INVALID_PARAMETER, "buffer type %u has no meaning here", (unsigned)buffer->BufferType);
    }
    if (*seen & bit & ~kdf->repeatable) {
        return status_fail(NTE_INVALID_PARAMETER, "buffer type %u is given twice", (unsigned)buffer->BufferType);
    }
    if (buffer->pvBuffer == NULL && buffer->cbBuffer > 0) {
        return status_fail(NTE_INVALID_PARAMETER, "buffer type %u is NULL", (unsigned)buffer->BufferType);
    }
    if (buffer->cbBuffer > MOST_BYTES - *total) {
        return status_fail(NTE_INVALID_PARAMETER, "the buffers of the list have more than %u bytes", MOST_BYTES);
    }
    *seen |= bit;
    *total += buffer->cbBuffer;
    return ERROR_SUCCESS;
}

static SECURITY_STATUS check_list(const struct kdf *kdf, const NCryptBufferDesc *list)
{
    SECURITY_STATUS status = list == NULL ? ERROR_SUCCESS : parameters_check(list);
    uint32_t seen = 0, total = 0;

    for (uint32_t i = 0; status == ERROR_SUCCESS && i < count_of(list); i++) {
        status = check_buffer(kdf, &list->pBuffers[i], &seen, &total);
    }
    if (status == ERROR_SUCCESS && (seen & kdf->required) != kdf->required) {
        status = status_fail(NTE_INVALID_PARAMETER, "the list lacks a buffer that the function needs");
    }
    return status;
}

/* The hash in the list, else the one named. */
static SECURITY_STATUS find_hash(struct request *request, const WCHAR *otherwise)
{
    const NCryptBuffer *buffer = find(request->list, KDF_HASH_ALGORITHM);
    const WCHAR *name = NULL;
    char printable[64];
    SECURITY_STATUS status = ERROR_SUCCESS;

    if (buffer == NULL) {
        name = otherwise;
    } else {
        status = parameters_string(buffer, &name);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    request->md = libctx_digest(name);
    if (request->md == NULL) {
        status = status_fail(NTE_INVALID_PARAMETER, "no hash is named '%s'",
                             utf16_printable(name, printable, sizeof printable));
    }
    return status;
}

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
    for (uint32_t i = 0; i < count_of(list); i++) {
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

static SECURITY_STATUS prepare_hash(struct request *request, uint32_t *size, uint32_t *limit)
{
    SECURITY_STATUS status = find_hash(request, BCRYPT_SHA1_ALGORITHM);

    if (status == ERROR_SUCCESS) {
        *size = *limit = (uint32_t)EVP_MD_get_size(request->md);
    }
    return status;
}

static SECURITY_STATUS prepare_hmac(struct request *request, uint32_t *size, uint32_t *limit)
{
    if (request->secret_is_hmac_key && find(request->list, KDF_HMAC_KEY) != NULL) {
        return status_fail(NTE_INVALID_PARAMETER, "the HMAC key is the secret, and another one is given");
    }
    return prepare_hash(request, size, limit);
}

static SECURITY_STATUS compute_hash(const struct request *request, uint8_t *out, uint32_t size)
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
    const NCryptBuffer *buffer = find(request->list, KDF_HMAC_KEY);
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

static SECURITY_STATUS compute_hmac(const struct request *request, uint8_t *out, uint32_t size)
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

/* ---- TRUNCATE -------------------------------------------------------------------------------------------------- */

static SECURITY_STATUS prepare_raw(struct request *request, uint32_t *size, uint32_t *limit)
{
    *size = *limit = (uint32_t)request->secret->size;
    return ERROR_SUCCESS;
}

static SECURITY_STATUS compute_raw(const struct request *request, uint8_t *out, uint32_t size)
{
    const struct secret *secret = request->secret;

    for (uint32_t i = 0; i < size; i++) {
        out[i] = secret->shared[secret->size - 1 - i];
    }
    return ERROR_SUCCESS;
}

/* ---- libcrypto's functions ------------------------------------------------------------------------------------- */

static SECURITY_STATUS run_kdf(const char *name, const OSSL_PARAM *parameters, uint8_t *out, size_t size)
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

/* The buffers of the given types, one behind the other; free with secmem_free(). */
static SECURITY_STATUS join(const NCryptBufferDesc *list, const uint32_t *types, size_t count, uint8_t **joined,
                            size_t *size)
{
    size_t total = 0;

    for (size_t i = 0; i < count; i++) {
        const NCryptBuffer *buffer = find(list, types[i]);

        total += buffer == NULL ? 0 : buffer->cbBuffer;
    }
    *joined = secmem_alloc(total);
    if (*joined == NULL) {
        return status_no_memory();
    }
    *size = 0;
    for (size_t i = 0; i < count; i++) {
        const NCryptBuffer *buffer = find(list, types[i]);

        if (buffer != NULL && buffer->cbBuffer > 0) {
            memcpy(*joined + *size, buffer->pvBuffer, buffer->cbBuffer);
            *size += buffer->cbBuffer;
        }
    }
    return ERROR_SUCCESS;
}

/* ---- TLS_PRF --------------------------------------------------------------------------------------------------- */

static SECURITY_STATUS read_protocol(const NCryptBufferDesc *list, uint32_t *protocol)
{
    const NCryptBuffer *buffer = find(list, KDF_TLS_PRF_PROTOCOL);

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

/* TLS 1.2 has a hash of its own; those before it have MD5 and SHA-1 together (md NULL). */
static SECURITY_STATUS prepare_tls(struct request *request, uint32_t *size, uint32_t *limit)
{
    const NCryptBuffer *seed = find(request->list, KDF_TLS_PRF_SEED);
    uint32_t protocol = 0;
    SECURITY_STATUS status = read_protocol(request->list, &protocol);

    if (status == ERROR_SUCCESS && seed->cbBuffer != TLS_SEED_SIZE) {
        status = status_fail(NTE_INVALID_PARAMETER, "the seed has %u bytes, not 64", (unsigned)seed->cbBuffer);
    }
    if (status == ERROR_SUCCESS && protocol == TLS_1_2) {
        status = find_hash(request, BCRYPT_SHA256_ALGORITHM);
        if (status == ERROR_SUCCESS && !EVP_MD_is_a(request->md, "SHA256") && !EVP_MD_is_a(request->md, "SHA384")) {
            status = status_fail(NTE_INVALID_PARAMETER, "TLS 1.2 derives with SHA256 or SHA384");
        }
    } else if (status == ERROR_SUCCESS && find(request->list, KDF_HASH_ALGORITHM) != NULL) {
        status = status_fail(NTE_INVALID_PARAMETER, "only TLS 1.2 derives with a hash of one's choice");
    }
    *size = *limit = TLS_SECRET_SIZE;
    return status;
}

static SECURITY_STATUS compute_tls(const struct request *request, uint8_t *out, uint32_t size)
{
    static const uint32_t types[] = {KDF_TLS_PRF_LABEL, KDF_TLS_PRF_SEED};
    const struct secret *secret = request->secret;
    uint8_t *seed = NULL;
    size_t seed_size = 0;
    SECURITY_STATUS status = join(request->list, types, 2, &seed, &seed_size);

    if (status == ERROR_SUCCESS) {
        const OSSL_PARAM parameters[] = {
            text(OSSL_KDF_PARAM_DIGEST, request->md == NULL ? "MD5-SHA1" : EVP_MD_get0_name(request->md)),
            bytes(OSSL_KDF_PARAM_SECRET, secret->shared, secret->size),
            bytes(OSSL_KDF_PARAM_SEED, seed, seed_size),
            OSSL_PARAM_construct_end(),
        };

        status = run_kdf("TLS1-PRF", parameters, out, size);
    }
    secmem_free(seed);
    return status;
}

/* ---- SP800_56A_CONCAT ------------------------------------------------------------------------------------------ */

static SECURITY_STATUS prepare_concat(struct request *request, uint32_t *size, uint32_t *limit)
{
    SECURITY_STATUS status = prepare_hash(request, size, limit);

    *limit = MOST_BYTES;
    return status;
}

static SECURITY_STATUS compute_concat(const struct request *request, uint8_t *out, uint32_t size)
{
    static const uint32_t types[] = {KDF_ALGORITHMID, KDF_PARTYUINFO, KDF_PARTYVINFO, KDF_SUPPPUBINFO,
                                     KDF_SUPPPRIVINFO};
    const struct secret *secret = request->secret;
    uint8_t *info = NULL;
    size_t info_size = 0;
    SECURITY_STATUS status = join(request->list, types, sizeof types / sizeof types[0], &info, &info_size);

    if (status == ERROR_SUCCESS) {
        const OSSL_PARAM parameters[] = {
            text(OSSL_KDF_PARAM_DIGEST, EVP_MD_get0_name(request->md)),
            bytes(OSSL_KDF_PARAM_SECRET, secret->shared, secret->size),
            bytes(OSSL_KDF_PARAM_INFO, info, info_size),
            OSSL_PARAM_construct_end(),
        };

        status = run_kdf("SSKDF", parameters, out, size);
    }
    secmem_free(info);
    return status;
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
    status = run_kdf("HKDF", parameters, made->data, size);
    openssl_scope_end();
    if (status == ERROR_SUCCESS) {
        *key = made;
    } else {
        secmem_free(made);
    }
    return status;
}

static SECURITY_STATUS prepare_hkdf(struct request *request, uint32_t *size, uint32_t *limit)
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

static SECURITY_STATUS compute_hkdf(const struct request *request, uint8_t *out, uint32_t size)
{
    const NCryptBuffer *info = find(request->list, KDF_HKDF_INFO);
    int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
        text(OSSL_KDF_PARAM_DIGEST, EVP_MD_get0_name(request->md)),
        bytes(OSSL_KDF_PARAM_KEY, request->hkdf_key->data, request->hkdf_key->size),
        bytes(OSSL_KDF_PARAM_INFO, info == NULL ? NULL : info->pvBuffer, info == NULL ? 0 : info->cbBuffer),
        OSSL_PARAM_construct_end(),
    };

    return run_kdf("HKDF", parameters, out, size);
}

/* ---- the table ------------------------------------------------------------------------------------------------- */

static const struct kdf functions[] = {
    {BCRYPT_KDF_HASH, 0, HASH_BIT | SURROUND_BITS, SURROUND_BITS, LENGTH_CUT, prepare_hash, compute_hash},
    {BCRYPT_KDF_HMAC, 0, HASH_BIT | SURROUND_BITS | BIT(KDF_HMAC_KEY), SURROUND_BITS, LENGTH_CUT, prepare_hmac,
     compute_hmac},
    {BCRYPT_KDF_RAW_SECRET, 0, 0, 0, LENGTH_CUT, prepare_raw, compute_raw},
    {BCRYPT_KDF_TLS_PRF, TLS_BITS, HASH_BIT | BIT(KDF_TLS_PRF_PROTOCOL), 0, LENGTH_WHOLE, prepare_tls, compute_tls},
    {BCRYPT_KDF_SP80056A_CONCAT, PARTY_BITS, HASH_BIT | SUPPLEMENT_BITS, 0, LENGTH_ASKED, prepare_concat,
     compute_concat},
    {BCRYPT_KDF_HKDF, 0, BIT(KDF_HKDF_INFO), 0, LENGTH_ASKED, prepare_hkdf, compute_hkdf},
};

static SECURITY_STATUS find_function(const WCHAR *name, const struct kdf **kdf)
{
    char printable[64];

    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        if (utf16_equal(name, functions[i].name)) {
            *kdf = &functions[i];
            return ERROR_SUCCESS;
        }
    }
    return status_fail(NTE_NOT_SUPPORTED, "key derivation function '%s' is not supported",
                       utf16_printable(name, printable, sizeof printable));
}

/* How many bytes to write of the `size` that the function has by itself and the `limit` that it can have. */
static SECURITY_STATUS settle_size(const struct kdf *kdf, uint32_t room, uint32_t limit, uint32_t *size)
{
    switch (kdf->length) {
    case LENGTH_CUT:
        *size = room < *size ? room : *size;
        return ERROR_SUCCESS;
    case LENGTH_WHOLE:
        return room >= *size ? ERROR_SUCCESS
                             : status_fail(NTE_BUFFER_TOO_SMALL, "the derived key has %u bytes", (unsigned)*size);
    default:
        *size = room;
        return room <= limit
                   ? ERROR_SUCCESS
                   : status_fail(NTE_INVALID_PARAMETER, "no more than %u bytes can be derived", (unsigned)limit);
    }
}

SECURITY_STATUS derive_key(const struct secret *secret, const WCHAR *name, const NCryptBufferDesc *list, uint8_t *out,
                           uint32_t out_size, DWORD *result, uint32_t flags)
{
    struct request request = {.secret = secret, .list = list};
    const struct kdf *kdf = NULL;
    uint32_t size = 0, limit = 0;
    SECURITY_STATUS status = find_function(name, &kdf);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    request.secret_is_hmac_key = (flags & KDF_USE_SECRET_AS_HMAC_KEY_FLAG) != 0;
    if (request.secret_is_hmac_key && kdf->compute != compute_hmac) {
        return status_fail(NTE_BAD_FLAGS, "only HMAC can have the secret as its key");
    }
    status = check_list(kdf, list);
    if (status == ERROR_SUCCESS) {
        status = kdf->prepare(&request, &size, &limit);
    }
    if (status == ERROR_SUCCESS && out != NULL) {
        status = settle_size(kdf, out_size, limit, &size);
    }
    if (status == ERROR_SUCCESS && out != NULL && size > 0) {
        openssl_scope_begin();
        status = kdf->compute(&request, out, size);
        openssl_scope_end();
    }
    if (status == ERROR_SUCCESS || status == NTE_BUFFER_TOO_SMALL) {
        *result = size;
    }
    return status;
}
