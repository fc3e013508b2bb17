/* SPDX-License-Identifier: MIT
 *
 * Elliptic curves by name.
 */
#ifndef PORTABLE_NCRYPT_KEY_CURVE_H
#define PORTABLE_NCRYPT_KEY_CURVE_H

#include <stdbool.h>
#include <stdint.h>

#include "wintypes.h"

struct family;

struct curve {
    const WCHAR *name;                                /* CNG's spelling: "nistP256" */
    const char *openssl_name;                         /* "prime256v1" */
    uint32_t bits;                                    /* of the field */
    uint32_t width;                                   /* bytes of X, Y and d in blobs, of r and s in signatures */
    uint32_t ecdsa_public_magic, ecdsa_private_magic; /* the curve's own magic, 0 when it has none */
    uint32_t ecdh_public_magic, ecdh_private_magic;
    const struct family *family; /* how its keys work; NULL: as family_ec says */
};

/* The curves that are found are those that this libcrypto has: some distributions leave most of them out. */

/* By CNG name or alias ("secP256r1", "x962P256v1"), compared without ASCII case; NULL when unknown. */
const struct curve *curve_by_name(const WCHAR *name);
const struct curve *curve_by_openssl_name(const char *name);

/* The curve whose own public or private magic this is; NULL for generic and unknown magics. */
const struct curve *curve_by_magic(uint32_t magic);

/* The curves one by one, NULL after the last. */
const struct curve *curve_at(unsigned index);

/* Every name that curve_by_name() takes, aliases among them; NULL after the last. */
const WCHAR *curve_name_at(unsigned index);

/* Where the curve's template is kept, a key of libcrypto's with nothing but the curve: see ec.c. */
struct evp_pkey_st;
_Atomic(struct evp_pkey_st *) *curve_template_place(const struct curve *curve);

#endif
