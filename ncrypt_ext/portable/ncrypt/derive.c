/* SPDX-License-Identifier: MIT
 *
 * Key derivation: what all functions have in common, and the table of those of agreed secrets.
 */
#include "ncrypt/derive.h"

#include "common/libctx.h"
#include "common/utf16.h"

/* ---- the list -------------------------------------------------------------------------------------------------- */

#define BIT             DERIVE_BIT
#define MAX_BUFFER      31
#define HASH_BIT        BIT(KDF_HASH_ALGORITHM)
#define SURROUND_BITS   (BIT(KDF_SECRET_PREPEND) | BIT(KDF_SECRET_APPEND))
#define TLS_BITS        (BIT(KDF_TLS_PRF_LABEL) | BIT(KDF_TLS_PRF_SEED))
#define PARTY_BITS      (BIT(KDF_ALGORITHMID) | BIT(KDF_PARTYUINFO) | BIT(KDF_PARTYVINFO))
#define SUPPLEMENT_BITS (BIT(KDF_SUPPPUBINFO) | BIT(KDF_SUPPPRIVINFO))

uint32_t derive_count(const NCryptBufferDesc *list)
{
    return list == NULL ? 0 : list->cBuffers;
}

const NCryptBuffer *derive_buffer(const NCryptBufferDesc *list, uint32_t type)
{
    for (uint32_t i = 0; i < derive_count(list); i++) {
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
    if (buffer->cbBuffer > DERIVE_MOST_BYTES - *total) {
        return status_fail(NTE_INVALID_PARAMETER, "the buffers of the list have more than %u bytes", DERIVE_MOST_BYTES);
    }
    *seen |= bit;
    *total += buffer->cbBuffer;
    return ERROR_SUCCESS;
}

static SECURITY_STATUS check_list(const struct kdf *kdf, const NCryptBufferDesc *list)
{
    SECURITY_STATUS status = list == NULL ? ERROR_SUCCESS : parameters_check(list);
    uint32_t seen = 0, total = 0, required = kdf->required;

    for (uint32_t i = 0; status == ERROR_SUCCESS && i < derive_count(list); i++) {
        status = check_buffer(kdf, &list->pBuffers[i], &seen, &total);
    }
    if (seen & BIT(KDF_GENERIC_PARAMETER)) {
        required &= ~kdf->replaced;
    }
    if (status == ERROR_SUCCESS && (seen & BIT(KDF_GENERIC_PARAMETER)) && (seen & kdf->replaced)) {
        status = status_fail(NTE_INVALID_PARAMETER, "the list has a generic parameter and what it stands for");
    }
    if (status == ERROR_SUCCESS && (seen & required) != required) {
        status = status_fail(NTE_INVALID_PARAMETER, "the list lacks a buffer that the function needs");
    }
    return status;
}

SECURITY_STATUS derive_find_hash(struct request *request, const WCHAR *otherwise)
{
    const NCryptBuffer *buffer = derive_buffer(request->list, KDF_HASH_ALGORITHM);
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

/* ---- the table ------------------------------------------------------------------------------------------------- */

static const struct kdf functions[] = {
    {
        .name = BCRYPT_KDF_HASH,
        .optional = HASH_BIT | SURROUND_BITS,
        .repeatable = SURROUND_BITS,
        .length = LENGTH_CUT,
        .prepare = derive_prepare_hash,
        .compute = derive_compute_hash,
    },
    {
        .name = BCRYPT_KDF_HMAC,
        .optional = HASH_BIT | SURROUND_BITS | BIT(KDF_HMAC_KEY),
        .repeatable = SURROUND_BITS,
        .length = LENGTH_CUT,
        .prepare = derive_prepare_hmac,
        .compute = derive_compute_hmac,
    },
    {
        .name = BCRYPT_KDF_RAW_SECRET,
        .length = LENGTH_CUT,
        .prepare = derive_prepare_raw,
        .compute = derive_compute_raw,
    },
    {
        .name = BCRYPT_KDF_TLS_PRF,
        .required = TLS_BITS,
        .optional = HASH_BIT | BIT(KDF_TLS_PRF_PROTOCOL),
        .length = LENGTH_WHOLE,
        .prepare = derive_prepare_tls,
        .compute = derive_compute_tls,
    },
    {
        .name = BCRYPT_KDF_SP80056A_CONCAT,
        .required = PARTY_BITS,
        .optional = HASH_BIT | SUPPLEMENT_BITS,
        .length = LENGTH_ASKED,
        .prepare = derive_prepare_concat,
        .compute = derive_compute_concat,
    },
    {
        .name = BCRYPT_KDF_HKDF,
        .optional = BIT(KDF_HKDF_INFO),
        .length = LENGTH_ASKED,
        .prepare = derive_prepare_hkdf,
        .compute = derive_compute_hkdf,
    },
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

SECURITY_STATUS derive_run(const struct kdf *kdf, struct request *request, uint8_t *out, uint32_t out_size,
                           DWORD *result)
{
    uint32_t size = 0, limit = 0;
    SECURITY_STATUS status = check_list(kdf, request->list);

    if (status == ERROR_SUCCESS) {
        status = kdf->prepare(request, &size, &limit);
    }
    if (status == ERROR_SUCCESS && out != NULL) {
        status = settle_size(kdf, out_size, limit, &size);
    }
    if (status == ERROR_SUCCESS && out != NULL && size > 0) {
        openssl_scope_begin();
        status = kdf->compute(request, out, size);
        openssl_scope_end();
    }
    if (status == ERROR_SUCCESS || status == NTE_BUFFER_TOO_SMALL) {
        *result = size;
    }
    return status;
}

SECURITY_STATUS derive_key(const struct secret *secret, const WCHAR *name, const NCryptBufferDesc *list, uint8_t *out,
                           uint32_t out_size, DWORD *result, uint32_t flags)
{
    struct request request = {.secret = secret, .list = list};
    const struct kdf *kdf = NULL;
    SECURITY_STATUS status = find_function(name, &kdf);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    request.secret_is_hmac_key = (flags & KDF_USE_SECRET_AS_HMAC_KEY_FLAG) != 0;
    if (request.secret_is_hmac_key && kdf->compute != derive_compute_hmac) {
        return status_fail(NTE_BAD_FLAGS, "only HMAC can have the secret as its key");
    }
    return derive_run(kdf, &request, out, out_size, result);
}
