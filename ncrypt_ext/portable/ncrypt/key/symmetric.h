/* SPDX-License-Identifier: MIT
 *
 * Symmetric ciphers: one call with a key and a vector. Whose vector that is and what comes after it is the caller's
 * business.
 */
#ifndef PORTABLE_NCRYPT_KEY_SYMMETRIC_H
#define PORTABLE_NCRYPT_KEY_SYMMETRIC_H

#include "ncrypt/key/material.h"

#define SYMMETRIC_MAX_BLOCK 16 /* bytes of the longest block, and so of a vector */

/* In the order of the table of ciphers. CFB is that of single bytes. */
enum chaining_mode { CHAINING_ECB, CHAINING_CBC, CHAINING_CFB, CHAINING_COUNT };

struct symmetric_call {
    enum chaining_mode mode;
    bool decrypt;
    bool pad;    /* PKCS #7, to the cipher's block in every mode */
    uint8_t *iv; /* one block: where this call begins, and after success where the next one would; ECB: not looked at */
};

/* Whether a call chains: needs a vector and leaves another one. */
static inline bool symmetric_chains(enum chaining_mode mode)
{
    return mode != CHAINING_ECB;
}

/* Encrypts or decrypts with a key of family_symmetric. `out` NULL is a query: `*result` is the most that can come, and
 * nothing else happens. Input and output may be the same place; NTE_BUFFERS_OVERLAP when they overlap otherwise.
 * NTE_INVALID_PARAMETER for input that is not whole blocks where it has to be, NTE_BUFFER_TOO_SMALL with the size
 * needed, NTE_BAD_DATA when there is no padding at the end of what was decrypted: whatever is wrong with it, code and
 * sentence are the same. What a failure leaves in `out` tells nothing. */
MUST_CHECK SECURITY_STATUS symmetric_crypt(const struct material *material, const struct symmetric_call *call,
                                           const uint8_t *in, uint32_t in_size, uint8_t *out, uint32_t out_size,
                                           uint32_t *result);

#endif
