/* SPDX-License-Identifier: MIT
 *
 * Looks through whatever is given back to the C library for pieces of what must have been wiped before. The linker has
 * to put __wrap_free() in the place of free().
 */
#ifndef TESTS_ENGINE_FREED_MEMORY_H
#define TESTS_ENGINE_FREED_MEMORY_H

#include <malloc.h>

#include "harness.h"

#define PIECE 16 /* bytes that are looked for */

static uint8_t pieces[16][PIECE];
static unsigned known, dirty, looked_at;
static bool (*excused)(unsigned piece, size_t size); /* what somebody else has to wipe, if anything */

void __real_free(void *memory);
void __wrap_free(void *memory);

static inline bool holds(const uint8_t *memory, size_t size, const uint8_t *piece)
{
    const uint8_t *at = memory;

    while (size >= PIECE && (at = memchr(at, piece[0], (size_t)(memory + size - at) - PIECE + 1)) != NULL) {
        if (memcmp(at, piece, PIECE) == 0) {
            return true;
        }
        if (++at > memory + size - PIECE) {
            break;
        }
    }
    return false;
}

void __wrap_free(void *memory)
{
    size_t size = memory == NULL || known == 0 ? 0 : malloc_usable_size(memory);

    looked_at += size > 0;
    for (unsigned i = 0; i < known && size > 0; i++) {
        dirty += holds(memory, size, pieces[i]) && (excused == NULL || !excused(i, size));
    }
    __real_free(memory);
}

/* PIECE bytes to look for from now on. */
static inline void learn(const uint8_t *bytes)
{
    CHECK(known < sizeof pieces / sizeof *pieces);
    memcpy(pieces[known++], bytes, PIECE);
}

#endif
