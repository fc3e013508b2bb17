/* SPDX-License-Identifier: MIT
 *
 * ECDSA signatures between libcrypto's form, the DER of SEQUENCE { INTEGER r, INTEGER s }, and CNG's, r and s side by
 * side at a fixed width. Byte shuffling only: no big numbers, no allocation.
 */
#ifndef PORTABLE_NCRYPT_KEY_ECDSA_DER_H
#define PORTABLE_NCRYPT_KEY_ECDSA_DER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ECDSA_MAX_WIDTH 66                              /* bytes of r and of s */
#define ECDSA_MAX_DER   (3 + 2 * (3 + ECDSA_MAX_WIDTH)) /* a sign byte before each number */

/* Writes 2 * width bytes. False when the bytes are not strict DER or a number is wider than `width`. */
bool ecdsa_der_to_raw(const uint8_t *der, size_t size, uint8_t *raw, size_t width);

/* Returns the number of bytes written to `der`, which has room for ECDSA_MAX_DER. */
size_t ecdsa_raw_to_der(const uint8_t *raw, size_t width, uint8_t *der);

#endif
