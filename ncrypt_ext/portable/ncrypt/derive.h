/* SPDX-License-Identifier: MIT
 *
 * What the files of the key derivation functions share: derive.c has the table and reads the parameter lists,
 * derive_hash.c what is put together from digests, derive_kdf.c what libcrypto has as a whole.
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
};

/* How many buffers the list has; none when it is NULL. */
uint32_t derive_count(const NCryptBufferDesc *list);

/* The first buffer of that type, or NULL. */
const NCryptBuffer *derive_buffer(const NCryptBufferDesc *list, uint32_t type);

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

#endif
