/* SPDX-License-Identifier: MIT
 *
 * What the files of the key derivation functions share: derive.c reads the parameter lists and has the functions of
 * agreed secrets, key_derivation.c those of keys; derive_hash.c has what is put together from digests, derive_kdf.c
 * what libcrypto has as a whole, derive_password.c PBKDF2.
 */
#ifndef PORTABLE_NCRYPT_DERIVE_H
#define PORTABLE_NCRYPT_DERIVE_H

#include <openssl/evp.h>

#include "ncrypt/internal.h"

#define DERIVE_MOST_BYTES (1u << 20) /* in all buffers of a list, and of a derived key */

struct request {
    const struct secret *secret;
    const struct hkdf_key *hkdf_key;
    const NCryptBufferDesc *list; /* may be NULL */
    const EVP_MD *md;             /* of the list, or the function's own */
    bool secret_is_hmac_key;
    bool for_aes; /* BCRYPT_CAPI_AES_FLAG */
};

/* What a function does when less room is given than it fills by itself. */
enum derive_length {
    LENGTH_CUT,   /* the first bytes are given */
    LENGTH_WHOLE, /* all or NTE_BUFFER_TOO_SMALL */
    LENGTH_ASKED, /* as many bytes as there is room for, up to `limit` */
};

struct kdf {
    const WCHAR *name;
    uint32_t required, optional, repeatable; /* buffer types, as bits */
    uint32_t replaced; /* of the required ones those in whose place KDF_GENERIC_PARAMETER may be given */
    enum derive_length length;
    SECURITY_STATUS (*prepare)(struct request *request, uint32_t *size, uint32_t *limit);
    SECURITY_STATUS (*compute)(const struct request *request, uint8_t *out, uint32_t size);
};

#define DERIVE_BIT(type) (UINT32_C(1) << (type))

/* Checks the request's list, and does what the function does. `out` may be NULL, for the size only. */
MUST_CHECK SECURITY_STATUS derive_run(const struct kdf *kdf, struct request *request, uint8_t *out, uint32_t out_size,
                                      DWORD *result);

/* How many buffers the list has; none when it is NULL. */
uint32_t derive_count(const NCryptBufferDesc *list);

/* The first buffer of that type, or NULL. */
const NCryptBuffer *derive_buffer(const NCryptBufferDesc *list, uint32_t type);

/* What libcrypto derives by the function of that name. */
MUST_CHECK SECURITY_STATUS derive_by_libcrypto(const char *name, const OSSL_PARAM *parameters, uint8_t *out,
                                               size_t size);

/* Sets the hash that the list names, else this one. */
MUST_CHECK SECURITY_STATUS derive_find_hash(struct request *request, const WCHAR *otherwise);

/* Of each function: prepare checks what the table of buffers cannot, and says how many bytes the function gives by
 * itself and at most; compute writes `size` bytes, not 0 and not more than that, or fails and leaves none of them. */
SECURITY_STATUS derive_prepare_hash(struct request *request, uint32_t *size, uint32_t *limit);
SECURITY_STATUS derive_compute_hash(const struct request *request, uint8_t *out, uint32_t size);
SECURITY_STATUS derive_prepare_hmac(struct request *request, uint32_t *size, uint32_t *limit);
SECURITY_STATUS derive_compute_hmac(const struct request *request, uint8_t *out, uint32_t size);
SECURITY_STATUS derive_prepare_raw(struct request *request, uint32_t *size, uint32_t *limit);
SECURITY_STATUS derive_compute_raw(const struct request *request, uint8_t *out, uint32_t size);
SECURITY_STATUS derive_prepare_concat(struct request *request, uint32_t *size, uint32_t *limit);
SECURITY_STATUS derive_compute_concat(const struct request *request, uint8_t *out, uint32_t size);
SECURITY_STATUS derive_prepare_tls(struct request *request, uint32_t *size, uint32_t *limit);
SECURITY_STATUS derive_compute_tls(const struct request *request, uint8_t *out, uint32_t size);
SECURITY_STATUS derive_prepare_hkdf(struct request *request, uint32_t *size, uint32_t *limit);
SECURITY_STATUS derive_compute_hkdf(const struct request *request, uint8_t *out, uint32_t size);

/* Of keys only. */
SECURITY_STATUS derive_prepare_any_tls(struct request *request, uint32_t *size, uint32_t *limit);
SECURITY_STATUS derive_prepare_counter(struct request *request, uint32_t *size, uint32_t *limit);
SECURITY_STATUS derive_compute_counter(const struct request *request, uint8_t *out, uint32_t size);
SECURITY_STATUS derive_prepare_key_hkdf(struct request *request, uint32_t *size, uint32_t *limit);
SECURITY_STATUS derive_compute_key_hkdf(const struct request *request, uint8_t *out, uint32_t size);
SECURITY_STATUS derive_prepare_capi(struct request *request, uint32_t *size, uint32_t *limit);
SECURITY_STATUS derive_compute_capi(const struct request *request, uint8_t *out, uint32_t size);
SECURITY_STATUS derive_prepare_password(struct request *request, uint32_t *size, uint32_t *limit);
SECURITY_STATUS derive_compute_password(const struct request *request, uint8_t *out, uint32_t size);

#endif
