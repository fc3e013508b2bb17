/* SPDX-License-Identifier: MIT
 *
 * Keys whose numbers are taken modulo a prime P: what DH and DSA have in common. G generates the group; Q, where it is
 * known, is the order of G; Y = G^X is the public key and X the private one.
 */
#ifndef PORTABLE_NCRYPT_KEY_DL_H
#define PORTABLE_NCRYPT_KEY_DL_H

#include "ncrypt/key/material.h"
#include "ncrypt/key/pkey.h"

#define DL_MAX_SEED   256 /* bytes that DSA parameters were generated from */
#define DL_COUNT_SIZE 4   /* and the counter of that, big-endian */

/* family.load, .take_apart and .generate_in of both. A private key without Y gets it computed, and so does one whose Y
 * is zero. What is checked when validating: that P and Q are no numbers that are easily seen not to be prime, that G
 * and Y are in the group, X is in its range and belongs to Y. Nobody checks that P is a good prime. */
MUST_CHECK SECURITY_STATUS dl_load(const struct components *components, bool validate, EVP_PKEY **pkey);
MUST_CHECK SECURITY_STATUS dl_take_apart(const struct material *material, bool with_private,
                                         struct components *components);
MUST_CHECK SECURITY_STATUS dl_generate_in(const struct components *group, bool validate, EVP_PKEY **pkey);

/* What of this can be told from the sizes of the numbers, at no cost: for parameters that are kept for later. */
MUST_CHECK SECURITY_STATUS dl_check_sizes(const struct components *components);

/* The longest DSA modulus whose keys have the old kind of blobs and a Q of 160 bits, and the shortest with which
 * libcrypto generates keys. */
#define DL_OLD_DSA_BITS 1024
bool dl_is_dsa(const struct components *components);

/* The checks that dl_load() makes; `whole`, which comes empty, gets all numbers of a key, Y among them. Its other
 * numbers stay those of `components`, which have to live as long; clear it with components_clear(). */
MUST_CHECK SECURITY_STATUS dl_complete(const struct components *components, bool validate, struct components *whole);

/* Whether there are parameters and no key. */
bool dl_is_group(const struct components *components);

/* The parameters of a key object; clear them with components_clear(). */
MUST_CHECK SECURITY_STATUS dl_take_group(const EVP_PKEY *pkey, const struct algorithm *algorithm,
                                         struct components *group);

/* A new key in the group of a key object, which stays the caller's. */
MUST_CHECK SECURITY_STATUS dl_generate(EVP_PKEY *group, EVP_PKEY **pkey);

/* The numbers as they are, as a key of this type. `selection` as for pkey_builder_finish(). */
MUST_CHECK SECURITY_STATUS dl_build(const struct components *components, enum pkey_type type, int selection,
                                    EVP_PKEY **pkey);

#endif
