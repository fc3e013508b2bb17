/* SPDX-License-Identifier: MIT
 *
 * RSA paddings: from the flag and structure of a call to checked values.
 */
#ifndef PORTABLE_NCRYPT_KEY_PADDING_H
#define PORTABLE_NCRYPT_KEY_PADDING_H

#include <openssl/evp.h>

#include "ncrypt/key/material.h"
#include "ncrypt/key/prepared.h"

struct padding {
    struct prepared_use use;
    const uint8_t *label; /* OAEP */
    uint32_t label_size;
};

/* PKCS#1 or PSS for a hash of that size: NTE_INVALID_PARAMETER when the structure is missing, the hash unknown or of
 * another size than its name says, or when the key is too short for it. */
MUST_CHECK SECURITY_STATUS padding_for_signature(const struct material *material, enum prepared_operation operation,
                                                 const void *info, uint32_t flags, uint32_t hash_size,
                                                 struct padding *padding);

/* PKCS#1, OAEP or none, the same. The structure is not looked at for paddings that have none. */
MUST_CHECK SECURITY_STATUS padding_for_cipher(enum prepared_operation operation, const void *info, uint32_t flags,
                                              struct padding *padding);

/* Whether a plaintext of that size can be encrypted: NTE_INVALID_PARAMETER when not. */
MUST_CHECK SECURITY_STATUS padding_check_plaintext(const struct material *material, const struct padding *padding,
                                                   uint32_t size);

/* A prepared_setup for all of them. */
int padding_setup(EVP_PKEY_CTX *ctx, const struct prepared_use *use);

#endif
