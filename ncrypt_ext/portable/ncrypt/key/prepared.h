/* SPDX-License-Identifier: MIT
 *
 * Operation contexts, set up once for each use of a key and duplicated for each call, which is some twenty times
 * cheaper than setting one up. The list only grows, by compare-and-swap, and is bounded: a caller who uses ever new
 * salt lengths gets contexts that live for one call.
 */
#ifndef PORTABLE_NCRYPT_KEY_PREPARED_H
#define PORTABLE_NCRYPT_KEY_PREPARED_H

#include <openssl/evp.h>

#include "ncrypt/key/material.h"

#define PREPARED_LIMIT 16

enum prepared_operation { PREPARED_SIGN, PREPARED_VERIFY, PREPARED_ENCRYPT, PREPARED_DECRYPT };

/* What a context is set up for. */
struct prepared_use {
    enum prepared_operation operation;
    uint32_t padding; /* BCRYPT_PAD_*, 0 for keys without paddings */
    const EVP_MD *md; /* NULL: none */
    uint32_t salt;
};

/* Configures a context that has just been initialised for its operation; 1 when that worked. */
typedef int (*prepared_setup)(EVP_PKEY_CTX *ctx, const struct prepared_use *use);

/* A context of the caller's own, ready for one call. `setup` may be NULL. Free with EVP_PKEY_CTX_free(). */
MUST_CHECK SECURITY_STATUS prepared_context(struct material *material, const struct prepared_use *use,
                                            prepared_setup setup, EVP_PKEY_CTX **ctx);

void prepared_free(struct prepared *list);

#endif
