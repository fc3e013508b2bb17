/* SPDX-License-Identifier: MIT
 *
 * Failing memory as a part of the input of the targets of keys. Its first two bytes, little-endian, say which
 * allocation of the engine or of libcrypto fails, among those of the calls under test; 0: none. The rest is the
 * target's. Whatever fails, a call then does what it does with enough memory, or says that there is none.
 *
 * The input runs once without a failure: this makes what libcrypto and the engine keep for good, and says how often
 * they allocate and how each call ends. SQLite's memory does not fail here: see test_ncrypt_memory.c.
 */
#ifndef TESTS_FUZZ_MEMORY_SUPPORT_H
#define TESTS_FUZZ_MEMORY_SUPPORT_H

#include "../engine/harness.h"
#include "fuzz_support.h"
#include "ncrypt_ext_compat.h"

#if defined(__linux__)
#include "../engine/short_memory.h"
#else
/* The linker cannot put own functions in the place of the C library's. */
static bool counting, struck;
static unsigned remaining;
#endif

enum { MEMORY_PREFIX = 2, MEMORY_CALLS = 256 };

static struct {
    bool failing;                          /* the second run */
    bool past;                             /* the allocation failed before this call */
    bool of_libcrypto;                     /* it was one of libcrypto's */
    size_t calls;                          /* so far in this run */
    SECURITY_STATUS results[MEMORY_CALLS]; /* of the first run */
} memory;

/* The target, with what follows the prefix. */
static void fuzz_input(const uint8_t *data, size_t size);

#if defined(__linux__)
static void *memory_malloc(size_t size, const char *file, int line)
{
    bool before = struck;
    void *made = crypto_malloc(size, file, line);

    memory.of_libcrypto |= struck && !before;
    return made;
}

static void *memory_realloc(void *old, size_t size, const char *file, int line)
{
    bool before = struck;
    void *made = crypto_realloc(old, size, file, line);

    memory.of_libcrypto |= struck && !before;
    return made;
}

__attribute__((constructor)) static void memory_set_up(void)
{
    REQUIRE(CRYPTO_set_mem_functions(memory_malloc, memory_realloc, crypto_free) == 1);
}
#endif

static inline void memory_begin(void)
{
    memory.past = struck;
    counting = true;
}

/* Libcrypto does not always say that its memory was short: its failures may be any. */
static inline bool memory_may_give(SECURITY_STATUS status, SECURITY_STATUS otherwise)
{
    return status == otherwise || status == (SECURITY_STATUS)NTE_NO_MEMORY ||
           (memory.of_libcrypto && status != ERROR_SUCCESS);
}

static inline SECURITY_STATUS memory_end(SECURITY_STATUS status)
{
    size_t call = memory.calls++;

    counting = false;
    REQUIRE(call < MEMORY_CALLS);
    if (!memory.failing) {
        memory.results[call] = status;
    } else if (struck && !memory.past && !memory_may_give(status, memory.results[call])) {
        fprintf(stderr, "short of memory a call gives 0x%08X, and otherwise 0x%08X\n", (unsigned)status,
                (unsigned)memory.results[call]);
        abort();
    }
    return status;
}

static inline bool memory_end_last_error(bool good)
{
    (void)memory_end(good ? ERROR_SUCCESS : (SECURITY_STATUS)GetLastError());
    return good;
}

/* A call under test that returns its status, and one that says whether it worked. */
#define SHORT_OF_MEMORY(call)            (memory_begin(), memory_end(call))
#define SHORT_OF_MEMORY_LAST_ERROR(call) (memory_begin(), memory_end_last_error(call))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned fails;

    if (size < MEMORY_PREFIX) {
        return 0;
    }
    fails = data[0] | (unsigned)data[1] << 8;
    memory.failing = memory.of_libcrypto = struck = false;
    memory.calls = 0;
    remaining = UINT32_MAX;
    fuzz_input(data + MEMORY_PREFIX, size - MEMORY_PREFIX);
    if (fails > 0 && fails <= UINT32_MAX - remaining) {
        memory.failing = true;
        memory.calls = 0;
        remaining = fails - 1;
        fuzz_input(data + MEMORY_PREFIX, size - MEMORY_PREFIX);
    }
    return 0;
}

#endif
