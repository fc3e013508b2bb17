/* SPDX-License-Identifier: MIT
 *
 * Named elliptic curves.
 */
#ifndef PORTABLE_NCRYPT_KEY_CURVE_H
#define PORTABLE_NCRYPT_KEY_CURVE_H

#include <stdint.h>

#include "wintypes.h"

struct curve {
    const WCHAR *name;        /* CNG's spelling: "nistP256" */
    const char *openssl_name; /* "prime256v1" */
    uint32_t bits;
    uint32_t width;                                   /* bytes of X, Y and d in blobs: 32, 48, 66 */
    uint32_t ecdsa_public_magic, ecdsa_private_magic; /* the curve's own magic, 0 when it has none */
    uint32_t ecdh_public_magic, ecdh_private_magic;
    const WCHAR *ecdsa_algorithm; /* "ECDSA_P256"; NULL: keys report the generic name */
};

/* By CNG name or alias ("secP256r1", "x962P256v1"), compared without ASCII case; NULL when unknown. */
const struct curve *curve_by_name(const WCHAR *name);
const struct curve *curve_by_openssl_name(const char *name);

/* The curve whose own public or private magic this is; NULL for generic and unknown magics. */
const struct curve *curve_by_magic(uint32_t magic);

/* The curves one by one, NULL after the last. */
const struct curve *curve_at(unsigned index);

#endif
