/* SPDX-License-Identifier: MIT
 *
 * Operation contexts, set up once for each use of a key. A call takes one that another call has finished with, or
 * duplicates the one that was set up, which is some twenty times cheaper than setting one up; nobody waits for anybody.
 * The list of uses only grows, by compare-and-swap, and is bounded: a caller who uses ever new salt lengths gets
 * contexts that live for one call.
 */
#ifndef PORTABLE_NCRYPT_KEY_PREPARED_H
#define PORTABLE_NCRYPT_KEY_PREPARED_H

#include <openssl/evp.h>

#include "ncrypt/key/material.h"

#define PREPARED_LIMIT 16

enum prepared_operation { PREPARED_SIGN, PREPARED_VERIFY, PREPARED_ENCRYPT, PREPARED_DECRYPT, PREPARED_AGREE };

/* What a context is set up for. */
struct prepared_use {
    enum prepared_operation operation;
    uint32_t padding; /* BCRYPT_PAD_*, 0 for keys without paddings */
    const EVP_MD *md; /* NULL: none */
    uint32_t salt;
};

/* Configures a context that has just been initialised for its operation; 1 when that worked. */
typedef int (*prepared_setup)(EVP_PKEY_CTX *ctx, const struct prepared_use *use);

/* A context that is the caller's alone, ready for one call. `setup` may be NULL. Ends with prepared_return(). */
MUST_CHECK SECURITY_STATUS prepared_context(struct material *material, const struct prepared_use *use,
                                            prepared_setup setup, EVP_PKEY_CTX **ctx);

/* Gives the context up. `reusable`: the operation succeeded and the context is configured as it was; else it is freed.
 */
void prepared_return(struct material *material, const struct prepared_use *use, EVP_PKEY_CTX *ctx, bool reusable);

void prepared_free(struct prepared *list);

#endif
