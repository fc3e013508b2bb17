/* SPDX-License-Identifier: MIT
 *
 * ML-DSA and ML-KEM keys in PKCS#8, for its reader and writer.
 */
#ifndef PORTABLE_NCRYPT_BLOB_PKCS8_PQ_H
#define PORTABLE_NCRYPT_BLOB_PKCS8_PQ_H

#include <openssl/x509.h>

#include "ncrypt/blob/blob.h"

struct pkcs8_pq_kind;

/* Which of these keys it is; NULL for one of another algorithm. */
const struct pkcs8_pq_kind *pkcs8_pq_find(const PKCS8_PRIV_KEY_INFO *info);

/* The key's numbers, of a structure of that kind; openssl_scope_begin() has been called. */
MUST_CHECK SECURITY_STATUS pkcs8_pq_take(const struct pkcs8_pq_kind *kind, const PKCS8_PRIV_KEY_INFO *info,
                                         const struct blob_parameters *parameters, struct components *components);

/* The structure of a private key: with the seed, where the key has one. */
MUST_CHECK SECURITY_STATUS pkcs8_pq_make(const struct components *components, PKCS8_PRIV_KEY_INFO **info);

#endif
