/* SPDX-License-Identifier: MIT
 *
 * Elliptic curves: those that have a name, and those that are given by their parameters.
 */
#ifndef PORTABLE_NCRYPT_KEY_CURVE_H
#define PORTABLE_NCRYPT_KEY_CURVE_H

#include <openssl/ec.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/status.h"

struct family;

struct curve {
    const WCHAR *name;                                /* CNG's spelling: "nistP256"; NULL: given by parameters */
    const char *openssl_name;                         /* "prime256v1"; NULL like the name */
    uint32_t bits;                                    /* of the field */
    uint32_t width;                                   /* bytes of X, Y and d in blobs, of r and s in signatures */
    uint32_t ecdsa_public_magic, ecdsa_private_magic; /* the curve's own magic, 0 when it has none */
    uint32_t ecdh_public_magic, ecdh_private_magic;
    const struct family *family; /* how its keys work; NULL: as family_ec says */
    const uint8_t *parameters;   /* of a curve without a name, as below; else NULL */
    size_t parameters_size;
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
_Atomic(EVP_PKEY *) *curve_template_place(const struct curve *curve);

/* ---- curve_parameters.c: what BCRYPT_ECC_PARAMETER_HEADER and the numbers after it say ------------------------------
 */

#define CURVE_MAX_WIDTH  66
#define CURVE_MAX_SEED   1024
#define CURVE_HEADER     28
#define CURVE_MAX_NUMBER (CURVE_MAX_WIDTH + 1) /* order and cofactor may be a byte wider than the field */
#define CURVE_PARAMETERS_ROOM                                                                                          \
    (CURVE_HEADER + 5 * CURVE_MAX_WIDTH + 2 * CURVE_MAX_NUMBER) /* what named curves have, without a seed */

/* Where the numbers stand. */
struct curve_numbers {
    const uint8_t *p, *a, *b, *x, *y, *order, *cofactor;
    size_t width, order_size, cofactor_size;
    size_t size; /* of all, header and seed included */
};

/* Reads the header, which may be followed by more than it speaks of. NTE_BAD_DATA when the numbers do not fit into
 * `size`, NTE_NOT_SUPPORTED for curves of another form than short Weierstrass, NTE_INVALID_PARAMETER for sizes that no
 * curve has. */
MUST_CHECK SECURITY_STATUS curve_read_parameters(const uint8_t *data, size_t size, struct curve_numbers *numbers);

/* The curve of parameters: a named one where they are its own and have no seed, else one without a name, of which there
 * is one for each different parameters, as long as the process lives. NTE_INVALID_PARAMETER unless it is a curve whose
 * generator has a prime order of at least 159 bits; NTE_NO_MEMORY when there are too many. */
MUST_CHECK SECURITY_STATUS curve_from_parameters(const uint8_t *data, size_t size, const struct curve **curve);

/* The same for keys that may come from anybody: these are refused first (NTE_NO_MEMORY), so that many curves in public
 * keys do not keep a process from those of its own keys. */
MUST_CHECK SECURITY_STATUS curve_of_public_key(const uint8_t *data, size_t size, const struct curve **curve);

/* The same as the first of a group of libcrypto's. Between openssl_scope_begin() and _end(). */
MUST_CHECK SECURITY_STATUS curve_from_group(const EC_GROUP *group, const struct curve **curve);

/* The parameters of any curve, into `out` (CURVE_PARAMETERS_ROOM and the seed, or NULL to measure). NTE_NOT_SUPPORTED
 * for curve25519. Between openssl_scope_begin() and _end(). */
MUST_CHECK SECURITY_STATUS curve_to_parameters(const struct curve *curve, uint8_t *out, size_t *size);

/* libcrypto's; free with EC_GROUP_free(). NULL on failure. */
EC_GROUP *curve_group(const struct curve *curve);

/* Where a curve without a name keeps its template. */
_Atomic(EVP_PKEY *) *curve_own_template_place(const struct curve *curve);

#endif
