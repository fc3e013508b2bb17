/* SPDX-License-Identifier: MIT
 *
 * What the two families of elliptic curve keys share.
 */
#ifndef PORTABLE_NCRYPT_KEY_EC_H
#define PORTABLE_NCRYPT_KEY_EC_H

#include "ncrypt/key/material.h"

/* family.agree for either: libcrypto's derivation. */
MUST_CHECK SECURITY_STATUS ec_agree(struct material *material, const struct material *peer, uint8_t *out);

#endif
