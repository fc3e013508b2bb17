/* SPDX-License-Identifier: MIT
 *
 * The numbers a key is made of, apart from any file format: blobs are parsed to and written from components, the store
 * keeps components, and libcrypto keys are loaded from and taken apart into them. All numbers are unsigned big-endian.
 */
#ifndef PORTABLE_NCRYPT_KEY_COMPONENTS_H
#define PORTABLE_NCRYPT_KEY_COMPONENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/status.h"

/* Stored in files: never renumber. New families append theirs. */
enum component {
    COMPONENT_RSA_N = 0,
    COMPONENT_RSA_E = 1,
    COMPONENT_RSA_D = 2,
    COMPONENT_RSA_P = 3,
    COMPONENT_RSA_Q = 4,
    COMPONENT_RSA_DP = 5,
    COMPONENT_RSA_DQ = 6,
    COMPONENT_RSA_QI = 7,
    COMPONENT_EC_X = 8, /* X, Y, D: as wide as the curve's field (D: as the blob width, see curve.h) */
    COMPONENT_EC_Y = 9,
    COMPONENT_EC_D = 10,
    COMPONENT_DL_P = 11, /* DH and DSA: P, G, Y as wide as the modulus, Q and a DSA key's X as wide as the subgroup */
    COMPONENT_DL_Q = 12,
    COMPONENT_DL_G = 13,
    COMPONENT_DL_Y = 14,
    COMPONENT_DL_X = 15,
    COMPONENT_DSA_SEED = 16, /* what the parameters were generated from, and the counter's four bytes */
    COMPONENT_DSA_COUNT = 17,
    COMPONENT_SECRET = 18, /* the bytes of a symmetric key, or what a key derivation starts from */
    COMPONENT_PQ_PUBLIC = 19,
    COMPONENT_PQ_PRIVATE = 20, /* in its expanded form */
    COMPONENT_PQ_SEED = 21,
    COMPONENT_EC_PARAMETERS = 22, /* a curve without a name: its BCRYPT_ECC_PARAMETER_HEADER and what follows */
    COMPONENT_COUNT = 23,
};

struct algorithm;
struct curve;
struct parameter_set;

struct component_span {
    uint8_t *data; /* NULL: absent */
    size_t size;
};

/* One block of wiped memory holds all numbers. Initialise with components_init(), end with components_clear(). */
struct components {
    const struct algorithm *algorithm; /* what the key is: RSA, ECDSA_P256, ... */
    const struct curve *curve;         /* EC keys; else NULL */
    const struct parameter_set *set;   /* ML-DSA and ML-KEM keys; else NULL */
    struct component_span item[COMPONENT_COUNT];
    uint8_t *block;
    size_t block_size, block_used;
};

void components_init(struct components *components);
void components_clear(struct components *components);

/* Makes room for `size` bytes in all; call once before components_add(). */
MUST_CHECK SECURITY_STATUS components_reserve(struct components *components, size_t size);

/* Adds a number of `size` bytes and returns where its bytes go (zeroed); NULL when the room was not reserved. */
uint8_t *components_add(struct components *components, enum component which, size_t size);

/* Adds a copy of given bytes. */
MUST_CHECK SECURITY_STATUS components_add_copy(struct components *components, enum component which, const uint8_t *data,
                                               size_t size);

/* Takes the same time whatever the number is. */
bool component_is_zero(const struct component_span *span);

bool components_has(const struct components *components, enum component which);

/* True when the private number (RSA p and q or d, EC d, DH and DSA X, ...) or the secret is there. */
bool components_private(const struct components *components);

/* The number without its leading zero bytes (size 0 when it is zero or absent), and its length in bits. */
struct component_span components_trimmed(const struct components *components, enum component which);
size_t components_bits(const struct components *components, enum component which);

/* The form kept in the store: for each number present u8 id, u32 size (little-endian), bytes. The algorithm and the
 * curve are not in it. components_encoded_size() bytes are written. Decoding refuses anything that encoding does not
 * produce with NTE_KEYSET_ENTRY_BAD; `algorithm`, `curve` and `set` must have been set by the caller. */
size_t components_encoded_size(const struct components *components);
void components_encode(const struct components *components, uint8_t *out);
MUST_CHECK SECURITY_STATUS components_decode(struct components *components, const uint8_t *data, size_t size);

#endif
