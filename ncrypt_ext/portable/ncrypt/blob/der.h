/* SPDX-License-Identifier: MIT
 *
 * DER, element by element, in memory of the caller's: what libcrypto's own encoders and decoders do with private keys
 * stays behind in memory that they free.
 */
#ifndef PORTABLE_NCRYPT_BLOB_DER_H
#define PORTABLE_NCRYPT_BLOB_DER_H

#include "ncrypt/key/components.h"

#define DER_MAX_HEADER 4 /* of an element of less than 64 KB */

/* The tag and the length; returns where the element's bytes go. */
uint8_t *der_put_header(uint8_t *out, unsigned tag, size_t length);

/* A positive INTEGER, or zero, without leading zero bytes; returns its end. der_room() bytes are enough for it. */
uint8_t *der_put_number(uint8_t *out, struct component_span number);
size_t der_room(struct component_span number);

/* Goes past one element of a universal type at `*at` and says where its bytes are; false when there is none, or another
 * one. */
bool der_take(const uint8_t **at, const uint8_t *end, int tag, const uint8_t **data, size_t *size);

#endif
