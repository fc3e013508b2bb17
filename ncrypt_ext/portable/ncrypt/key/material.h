/* SPDX-License-Identifier: MIT
 *
 * A loaded key: the libcrypto object and the operation contexts prepared for it, or the secret that it is. Immutable
 * once made and safe to use from any number of threads; it knows nothing of handles, names, policies or states.
 */
#ifndef PORTABLE_NCRYPT_KEY_MATERIAL_H
#define PORTABLE_NCRYPT_KEY_MATERIAL_H

#include <openssl/evp.h>
#include <stdbool.h>

#include "common/status.h"
#include "ncrypt/key/algorithm.h"

struct prepared; /* prepared.h: a list of prepared contexts */

struct material {
    const struct algorithm *algorithm;
    const struct curve *curve;       /* EC keys */
    const struct parameter_set *set; /* ML-DSA and ML-KEM keys */
    EVP_PKEY *pkey;                  /* NULL for families that hold a secret */
    uint8_t *secret;                 /* their key: wiped memory */
    size_t secret_size;
    bool has_private; /* or is a secret */
    uint32_t bits;
    uint32_t width; /* bytes of a block (RSA modulus, a cipher's block), a field element (EC), the modulus (DH, DSA) */
    uint32_t signature_size; /* bytes; 0: cannot sign */
    _Atomic(struct prepared *) prepared;
};

/* A new key pair. NTE_USER_CANCELLED when the interrupt hook asked to stop. `bits` 0: the algorithm's default. */
MUST_CHECK SECURITY_STATUS material_generate(const struct algorithm *algorithm, const struct curve *curve,
                                             uint32_t bits, struct material **material);

/* A new key pair in a group of one's own, see family.generate_in. */
MUST_CHECK SECURITY_STATUS material_generate_in(const struct components *group, bool validate,
                                                struct material **material);

/* A new RSA key pair of a length that CryptoAPI allows: a multiple of 8 bits between CNG's shortest and longest. */
MUST_CHECK SECURITY_STATUS material_generate_capi(uint32_t bits, struct material **material);
bool material_capi_length_valid(uint32_t bits);

/* From numbers, see family.load. */
MUST_CHECK SECURITY_STATUS material_load(const struct components *components, bool validate,
                                         struct material **material);

/* Into numbers; `with_private` of a public key is NTE_BAD_TYPE. */
MUST_CHECK SECURITY_STATUS material_take_apart(const struct material *material, bool with_private,
                                               struct components *components);

/* Four operations: exactly NCryptSignHash and so on for a finalized key whose usage allows them, with flags
 * checked against the family's (NTE_BAD_FLAGS for unknown or several paddings, NTE_INVALID_PARAMETER for none where one
 * is needed), size queries (`out` NULL) answered without a look at the other arguments, and NTE_BUFFER_TOO_SMALL
 * returned with the size needed. An operation that the algorithm lacks, and sign and decrypt with a public key:
 * NTE_NOT_SUPPORTED. `flags` without NCRYPT_SILENT_FLAG. */
MUST_CHECK SECURITY_STATUS material_sign(struct material *material, const void *padding, uint32_t flags,
                                         const uint8_t *hash, uint32_t hash_size, uint8_t *out, uint32_t out_size,
                                         uint32_t *result);
MUST_CHECK SECURITY_STATUS material_verify(struct material *material, const void *padding, uint32_t flags,
                                           const uint8_t *hash, uint32_t hash_size, const uint8_t *signature,
                                           uint32_t signature_size);
MUST_CHECK SECURITY_STATUS material_encrypt(struct material *material, const void *padding, uint32_t flags,
                                            const uint8_t *in, uint32_t in_size, uint8_t *out, uint32_t out_size,
                                            uint32_t *result);
MUST_CHECK SECURITY_STATUS material_decrypt(struct material *material, const void *padding, uint32_t flags,
                                            const uint8_t *in, uint32_t in_size, uint8_t *out, uint32_t out_size,
                                            uint32_t *result);

/* The secret of the private key and another one's public half: material->width bytes. NTE_NOT_SUPPORTED for keys that
 * do not agree on secrets and for public ones, NTE_INVALID_PARAMETER for a peer of another group or curve. */
MUST_CHECK SECURITY_STATUS material_agree(struct material *material, const struct material *peer, uint8_t *out);

/* Exactly NCryptEncapsulate and NCryptDecapsulate for a finalized key whose usage allows it, the flags and the pointers
 * to sizes having been checked. NTE_NOT_SUPPORTED for other keys, and for a public one that is to decapsulate. */
MUST_CHECK SECURITY_STATUS material_encapsulate(const struct material *material, uint8_t *secret, uint32_t secret_room,
                                                uint32_t *secret_size, uint8_t *ciphertext, uint32_t ciphertext_room,
                                                uint32_t *ciphertext_size);
MUST_CHECK SECURITY_STATUS material_decapsulate(const struct material *material, const uint8_t *ciphertext,
                                                uint32_t ciphertext_size, uint8_t *secret, uint32_t secret_room,
                                                uint32_t *secret_size);

/* Frees; NULL is allowed. */
void material_free(struct material *material);

#endif
