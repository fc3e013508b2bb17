/* SPDX-License-Identifier: MIT
 *
 * Memory for secrets: zeroed when given out, wiped when freed.
 */
#ifndef PORTABLE_COMMON_SECMEM_H
#define PORTABLE_COMMON_SECMEM_H

#include <stddef.h>

/* Zeroed memory or NULL; size 0 gives a valid pointer. */
void *secmem_alloc(size_t size);

/* A copy of `size` bytes, or NULL. */
void *secmem_copy(const void *data, size_t size);

/* Wipes and frees; NULL is allowed. */
void secmem_free(void *memory);

/* Wipes memory that lives elsewhere (stack buffers). */
void secmem_wipe(void *memory, size_t size);

#endif
