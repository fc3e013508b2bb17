/* SPDX-License-Identifier: MIT
 *
 * The parameter sets of ML-DSA (FIPS 204) and ML-KEM (FIPS 203).
 */
#ifndef PORTABLE_NCRYPT_KEY_PARAMETER_SET_H
#define PORTABLE_NCRYPT_KEY_PARAMETER_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "ncrypt/key/pkey.h"
#include "wintypes.h"

struct parameter_set {
    const WCHAR *group; /* of the algorithm: "MLDSA", "MLKEM" */
    const WCHAR *name;  /* "65", "768" */
    enum pkey_type type;
    uint32_t public_size, private_size, seed_size; /* bytes; private_size of the expanded form */
    uint32_t output_size;                          /* of a signature or of a ciphertext */
};

/* What encapsulation gives, by every set of ML-KEM. */
#define PARAMETER_SET_SHARED_SIZE 32

/* By exact name; NULL when the group has none of that name. */
const struct parameter_set *parameter_set_by_name(const WCHAR *group, const WCHAR *name);

/* By the bits of its public keys; NULL when there is none. */
const struct parameter_set *parameter_set_by_bits(const WCHAR *group, uint32_t bits);

/* Of a key of the group. */
const struct parameter_set *parameter_set_of(const WCHAR *group, const EVP_PKEY *pkey);

uint32_t parameter_set_bits(const struct parameter_set *set);

/* Whether libcrypto has keys of the group, from 3.5 on. */
bool parameter_set_available(const WCHAR *group);

#endif
