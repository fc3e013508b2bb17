/* SPDX-License-Identifier: MIT
 *
 * ML-DSA and ML-KEM keys, for the file formats.
 */
#ifndef PORTABLE_NCRYPT_KEY_PQ_H
#define PORTABLE_NCRYPT_KEY_PQ_H

#include "common/status.h"
#include "ncrypt/key/components.h"
#include "ncrypt/key/parameter_set.h"

/* The expanded form of a private key of which only the seed may be there: set->private_size bytes. */
MUST_CHECK SECURITY_STATUS pq_expand(const struct components *components, uint8_t *out);

#endif
