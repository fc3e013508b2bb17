/* SPDX-License-Identifier: MIT
 *
 * RSA keys from numbers and back: the load and take_apart of family_rsa.
 */
#ifndef PORTABLE_NCRYPT_KEY_RSA_NUMBERS_H
#define PORTABLE_NCRYPT_KEY_RSA_NUMBERS_H

#include "ncrypt/key/material.h"

/* The longest public exponent libcrypto computes with for every modulus. */
#define RSA_MAX_EXPONENT 8

/* libcrypto's names of the numbers, in the order of enum component. */
#define RSA_NUMBER_COUNT (COMPONENT_RSA_QI + 1)
extern const char *const rsa_number_names[RSA_NUMBER_COUNT];

MUST_CHECK SECURITY_STATUS rsa_load(const struct components *components, bool validate, EVP_PKEY **pkey);
MUST_CHECK SECURITY_STATUS rsa_take_apart(const struct material *material, bool with_private,
                                          struct components *components);

#endif
