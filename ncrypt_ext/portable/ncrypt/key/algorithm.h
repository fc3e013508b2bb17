/* SPDX-License-Identifier: MIT
 *
 * The algorithms of the software provider: one row each in algorithm.c's table, and the operations of its family.
 */
#ifndef PORTABLE_NCRYPT_KEY_ALGORITHM_H
#define PORTABLE_NCRYPT_KEY_ALGORITHM_H

#include <openssl/evp.h>
#include <stdbool.h>

#include "common/status.h"
#include "ncrypt/key/components.h"
#include "ncrypt/key/curve.h"

struct material;

/* What one key family can do. An operation that the family lacks is NULL; the caller answers NTE_NOT_SUPPORTED.
 * Flags come without NCRYPT_SILENT_FLAG and hold exactly one padding. Pointers have been checked: input pointers
 * are valid for their size, `result` is not NULL. Sign and verify find hash and signature not empty and room for the
 * signature in `out`; for encrypt and decrypt `out` may be NULL for a size query, and no size has been checked. */
struct family {
    /* The key is a secret (COMPONENT_SECRET) and no pair: material.c makes, loads and takes apart such keys, and the
     * next three are NULL. */
    bool holds_secret;
    /* Generates a key pair; calls interrupt_poll() (interrupt.h) from libcrypto's callback. */
    SECURITY_STATUS (*generate)(const struct algorithm *algorithm, const struct curve *curve, uint32_t bits,
                                EVP_PKEY **pkey);
    /* The same in a group of one's own: `group` holds DH's or DSA's parameters and no key. NULL: there are none. */
    SECURITY_STATUS (*generate_in)(const struct components *group, bool validate, EVP_PKEY **pkey);
    /* From numbers; refuses what is not a key with NTE_INVALID_PARAMETER. Missing private numbers that can be computed
     * are computed. Validates fully when `validate` (imports), not when the numbers come from the store; bounded work
     * either way. An EC key's public point is computed from its private number when validating. */
    SECURITY_STATUS (*load)(const struct components *components, bool validate, EVP_PKEY **pkey);
    SECURITY_STATUS (*take_apart)(const struct material *material, bool with_private, struct components *components);

    SECURITY_STATUS (*sign)(struct material *material, const void *padding, uint32_t flags, const uint8_t *hash,
                            uint32_t hash_size, uint8_t *out, uint32_t out_size, uint32_t *result);
    SECURITY_STATUS (*verify)(struct material *material, const void *padding, uint32_t flags, const uint8_t *hash,
                              uint32_t hash_size, const uint8_t *signature, uint32_t signature_size);
    SECURITY_STATUS (*encrypt)(struct material *material, const void *padding, uint32_t flags, const uint8_t *in,
                               uint32_t in_size, uint8_t *out, uint32_t out_size, uint32_t *result);
    SECURITY_STATUS (*decrypt)(struct material *material, const void *padding, uint32_t flags, const uint8_t *in,
                               uint32_t in_size, uint8_t *out, uint32_t out_size, uint32_t *result);

    /* The secret that the key agrees on with the peer's: material->width bytes, big-endian. The peer's is a key of the
     * same curve; that it is of the same group is for DH to check. For algorithms with
     * NCRYPT_SECRET_AGREEMENT_OPERATION only. */
    SECURITY_STATUS (*agree)(struct material *material, const struct material *peer, uint8_t *out);

    /* Bytes of a signature; NULL: as wide as the modulus, or twice as wide as the curve. */
    uint32_t (*signature_size)(const EVP_PKEY *pkey);
    /* Of key encapsulation: secrets of PARAMETER_SET_SHARED_SIZE bytes, ciphertexts as long as the set says. */
    SECURITY_STATUS (*encapsulate)(const struct material *material, uint8_t *secret, uint8_t *ciphertext);
    SECURITY_STATUS (*decapsulate)(const struct material *material, const uint8_t *ciphertext, uint8_t *secret);

    uint32_t signature_flags; /* padding flags sign and verify know; 0: none may be given */
    uint32_t cipher_flags;    /* the same for encrypt and decrypt */
    bool padding_optional;    /* none needs to be given even where flags are known */
};

struct algorithm {
    const WCHAR *name;  /* "RSA", "ECDSA_P256", "ECDH" */
    const WCHAR *group; /* "RSA", "ECDSA", "ECDH" */
    const struct family *family;
    const WCHAR *curve_name;          /* algorithms bound to one curve; else NULL */
    bool takes_curve;                 /* generic EC: ECCCurveName must be set before finalize */
    bool takes_set;                   /* ML-DSA, ML-KEM: the same with ParameterSetName, and libcrypto may lack it */
    uint32_t interface, operations;   /* NCRYPT_*_INTERFACE, NCRYPT_*_OPERATION bits */
    NCRYPT_SUPPORTED_LENGTHS lengths; /* bits; increment 0: only the minimum, or (takes_curve) as the curve has it */
    uint32_t import_min, import_max;  /* bits accepted by import, wider than what can be generated */
    uint32_t block_size;              /* bytes; symmetric ciphers, else 0 */
};

/* By exact name; NULL when this build or this libcrypto lacks it. */
const struct algorithm *algorithm_by_name(const WCHAR *name);

/* All of them, NULL after the last. */
const struct algorithm *algorithm_at(unsigned index);

/* The algorithm an EC key reports: for curves with a name of their own (P-256, ...) that, else the generic one.
 * `group` is "ECDSA" or "ECDH". `generic` keeps the generic name (TREAT_NIST_AS_GENERIC_ECC). NULL when there are no
 * keys of that group on the curve: those on curve25519 do not sign. */
const struct algorithm *algorithm_for_curve(const WCHAR *group, const struct curve *curve, bool generic);

/* How keys of the algorithm work, on that curve (NULL for keys without one). */
const struct family *algorithm_family(const struct algorithm *algorithm, const struct curve *curve);

bool algorithm_length_valid(const struct algorithm *algorithm, uint32_t bits);

extern const struct family family_rsa;    /* rsa.c */
extern const struct family family_ec;     /* ec.c: curves with X and Y; also, what makes an algorithm one of curves */
extern const struct family family_x25519; /* x25519.c: curve25519 */
extern const struct family family_symmetric;           /* symmetric.c */
extern const struct family family_dh;                  /* dh.c */
extern const struct family family_dsa;                 /* dsa.c */
extern const struct family family_kdf;                 /* algorithm.c: keys that others are derived from */
extern const struct family family_mldsa, family_mlkem; /* pq.c */

#endif
