/* SPDX-License-Identifier: MIT
 *
 * What the tests that use the engine as an application does share: a store of their own and the everyday steps.
 */
#ifndef TESTS_ENGINE_NCRYPT_SUPPORT_H
#define TESTS_ENGINE_NCRYPT_SUPPORT_H

#include <ftw.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "ncrypt_ext_compat.h"

#define WIN32(error) HRESULT_FROM_WIN32(error)
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

#ifdef TEST_COVERAGE
void __gcov_dump(void);
#endif

#if defined(__SANITIZE_THREAD__)
#define SLOW_BUILD 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SLOW_BUILD 1
#endif
#endif
#ifndef SLOW_BUILD
#define SLOW_BUILD 0
#endif

static const uint8_t sample_digest[32] = {1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16,
                                          17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32};
static char home_folder[256];
static pid_t home_owner;

static inline int home_remove_one(const char *path, const struct stat *info, int kind, struct FTW *ftw)
{
    (void)info;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static inline void home_empty(void)
{
    nftw(home_folder, home_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void home_remove(void)
{
    if (getpid() == home_owner) {
        home_empty();
    }
}

/* A fresh NCRYPT_EXT_HOME, gone when the program ends. */
static inline void home_make(void)
{
    const char *base = getenv("TMPDIR");

    snprintf(home_folder, sizeof home_folder, "%s/ncrypt-test-XXXXXX", base == NULL ? "/tmp" : base);
    if (mkdtemp(home_folder) == NULL) {
        perror(home_folder);
        exit(2);
    }
    home_owner = getpid();
    atexit(home_remove);
    setenv("NCRYPT_EXT_HOME", home_folder, 1);
    setenv("NCRYPT_EXT_LOCK_TIMEOUT_MS", "60000", 1); /* slow machines */
}

static inline NCRYPT_PROV_HANDLE open_provider(void)
{
    NCRYPT_PROV_HANDLE provider = 0;

    CHECK_STATUS(NCryptOpenStorageProvider(&provider, NULL, 0), ERROR_SUCCESS);
    return provider;
}

static inline void free_handle(NCRYPT_HANDLE handle)
{
    CHECK_STATUS(NCryptFreeObject(handle), ERROR_SUCCESS);
}

/* Not finalized; 0 after a failure. */
static inline NCRYPT_KEY_HANDLE begin_key(NCRYPT_PROV_HANDLE provider, const WCHAR *algorithm, const WCHAR *name,
                                          DWORD flags)
{
    NCRYPT_KEY_HANDLE key = 0;

    CHECK_STATUS(NCryptCreatePersistedKey(provider, &key, algorithm, name, 0, flags), ERROR_SUCCESS);
    return key;
}

static inline NCRYPT_KEY_HANDLE make_key(NCRYPT_PROV_HANDLE provider, const WCHAR *algorithm, const WCHAR *name)
{
    NCRYPT_KEY_HANDLE key = begin_key(provider, algorithm, name, 0);

    CHECK_STATUS(NCryptFinalizeKey(key, 0), ERROR_SUCCESS);
    return key;
}

static inline NCRYPT_KEY_HANDLE open_key(NCRYPT_PROV_HANDLE provider, const WCHAR *name)
{
    NCRYPT_KEY_HANDLE key = 0;

    CHECK_STATUS(NCryptOpenKey(provider, &key, name, 0, 0), ERROR_SUCCESS);
    return key;
}

/* With its NUL. */
static inline size_t wide_bytes(const WCHAR *text)
{
    size_t units = 0;

    while (text[units++] != 0) {
    }
    return units * sizeof *text;
}

static inline SECURITY_STATUS set_bytes(NCRYPT_HANDLE handle, const WCHAR *name, const void *data, size_t size,
                                        DWORD flags)
{
    return NCryptSetProperty(handle, name, (PBYTE)(uintptr_t)data, (DWORD)size, flags);
}

static inline SECURITY_STATUS set_dword(NCRYPT_HANDLE handle, const WCHAR *name, DWORD value, DWORD flags)
{
    return set_bytes(handle, name, &value, sizeof value, flags);
}

static inline SECURITY_STATUS get_dword(NCRYPT_HANDLE handle, const WCHAR *name, DWORD *value)
{
    DWORD size = 0;
    SECURITY_STATUS status = NCryptGetProperty(handle, name, (PBYTE)value, sizeof *value, &size, 0);

    return status == ERROR_SUCCESS && size != sizeof *value ? NTE_INTERNAL_ERROR : status;
}

/* With an EC key. */
static inline SECURITY_STATUS sign_sample(NCRYPT_KEY_HANDLE key, uint8_t *signature, DWORD *size)
{
    uint8_t digest[sizeof sample_digest];

    memcpy(digest, sample_digest, sizeof digest);
    return NCryptSignHash(key, NULL, digest, sizeof digest, signature, 132, size, 0);
}

static inline SECURITY_STATUS verify_sample(NCRYPT_KEY_HANDLE key, uint8_t *signature, DWORD size)
{
    uint8_t digest[sizeof sample_digest];

    memcpy(digest, sample_digest, sizeof digest);
    return NCryptVerifySignature(key, NULL, digest, sizeof digest, signature, size, 0);
}

/* Whether an EC key is whole. */
static inline SECURITY_STATUS sign_and_verify(NCRYPT_KEY_HANDLE key)
{
    uint8_t signature[132];
    DWORD size = 0;
    SECURITY_STATUS status = sign_sample(key, signature, &size);

    return status == ERROR_SUCCESS ? verify_sample(key, signature, size) : status;
}

/* Both tables are empty. */
static inline void check_no_handles(void)
{
    CHECK(ncx_live_handles(0) == 0);
    CHECK(ncx_live_handles(1) == 0);
}

/* What the child found goes into its exit code; 0 is good. A child that hangs is killed by its alarm. */
static inline void child_begins(void)
{
    test_failures = 0;
    alarm(120);
}

static inline void child_ends(void)
{
    fflush(NULL);
#ifdef TEST_COVERAGE
    __gcov_dump();
#endif
    _exit(test_failures != 0);
}

static inline void child_check(pid_t pid)
{
    int state = 0;

    CHECK(waitpid(pid, &state, 0) == pid);
    CHECK(WIFEXITED(state) && WEXITSTATUS(state) == 0);
}

/* Numbers that are the same in every run. */
static inline uint64_t next_random(uint64_t *state)
{
    *state += 0x9E3779B97F4A7C15u;
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

#endif
