/* SPDX-License-Identifier: MIT
 *
 * One allocation of the engine, SQLite or libcrypto fails: the one after `remaining` others, while `counting`. The
 * linker has to put the functions below in the place of the C library's.
 */
#ifndef TESTS_ENGINE_SHORT_MEMORY_H
#define TESTS_ENGINE_SHORT_MEMORY_H

#include <openssl/crypto.h>
#include <sqlite3.h>

#include "harness.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
char *__wrap_strdup(const char *text);

/* Each thread's own: a server in another one goes on. */
static _Thread_local bool counting, struck;
static _Thread_local bool only_ours; /* what SQLite and libcrypto ask for is not counted */
static _Thread_local unsigned remaining;
static sqlite3_mem_methods sqlite_memory;

static bool short_now(void)
{
    if (!counting || struck) {
        return false;
    }
    if (remaining > 0) {
        remaining--;
        return false;
    }
    struck = true;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return short_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return short_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return short_now() ? NULL : __real_realloc(memory, size);
}

char *__wrap_strdup(const char *text)
{
    return short_now() ? NULL : __real_strdup(text);
}

/* For a library that takes its memory from functions that it is given. */
static inline char *copy_string(const char *text)
{
    char *copy = __wrap_malloc(strlen(text) + 1);

    return copy == NULL ? NULL : strcpy(copy, text);
}

static inline void *sqlite_malloc(int size)
{
    return !only_ours && short_now() ? NULL : sqlite_memory.xMalloc(size);
}

static inline void *sqlite_realloc(void *memory, int size)
{
    return !only_ours && short_now() ? NULL : sqlite_memory.xRealloc(memory, size);
}

static inline void *crypto_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return only_ours ? __real_malloc(size) : __wrap_malloc(size);
}

static inline void *crypto_realloc(void *memory, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return only_ours ? __real_realloc(memory, size) : __wrap_realloc(memory, size);
}

static inline void crypto_free(void *memory, const char *file, int line)
{
    (void)file;
    (void)line;
    free(memory);
}

static inline void use_own_crypto_memory(void)
{
    CHECK(CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free) == 1);
}

static inline void use_own_sqlite_memory(void)
{
    sqlite3_mem_methods own;

    CHECK(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &sqlite_memory) == SQLITE_OK);
    own = sqlite_memory;
    own.xMalloc = sqlite_malloc;
    own.xRealloc = sqlite_realloc;
    CHECK(sqlite3_config(SQLITE_CONFIG_MALLOC, &own) == SQLITE_OK);
}

static inline void use_own_memory(void)
{
    use_own_crypto_memory();
    use_own_sqlite_memory();
}

#endif
