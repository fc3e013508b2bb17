/* SPDX-License-Identifier: MIT
 *
 * Symmetric keys from several threads: one chain that all of them continue, vectors of their own, a mode that changes
 * meanwhile, a key that another thread frees, and fork() in the middle of it.
 */
#include "cipher_support.h"
#include "thread_support.h"

#define BLOCKS (SLOW_BUILD ? 200u : 2000u)

static const uint8_t key_bytes[32] = {1, 2, 3, 4, 5, 6, 7, 8};
static const uint8_t zeros[48];
static NCRYPT_KEY_HANDLE key;
static uint8_t blocks[THREADS * 2000u][16];
static _Atomic unsigned used;

static NCRYPT_KEY_HANDLE make(void)
{
    return import_cipher_key(provider, u"AES", key_bytes, 32);
}

/* CBC of zeros is a chain: each block is the one before it, encrypted. */
static void *continue_chain(void *unused)
{
    for (unsigned i = 0; i < BLOCKS; i++) {
        uint8_t block[16];
        DWORD size = 0;
        SECURITY_STATUS status = encrypt_by(key, zeros, 16, NULL, block, 16, &size);

        if (status != ERROR_SUCCESS) {
            note_wrong(status);
        }
        memcpy(blocks[atomic_fetch_add(&used, 1)], block, 16);
    }
    return unused;
}

static int compare_blocks(const void *one, const void *other)
{
    return memcmp(one, other, 16);
}

static void test_one_chain(void)
{
    static uint8_t want[sizeof blocks / 16][16];
    unsigned count = THREADS * BLOCKS;
    NCRYPT_KEY_HANDLE alone = make();
    pthread_t threads[THREADS];
    DWORD size = 0;

    CHECK_STATUS(set_iv(key, zeros, 16), ERROR_SUCCESS);
    start(threads, THREADS, continue_chain);
    finish(threads, THREADS);
    CHECK_STATUS(set_iv(alone, zeros, 16), ERROR_SUCCESS);
    for (unsigned i = 0; i < count; i++) {
        CHECK_STATUS(encrypt_by(alone, zeros, 16, NULL, want[i], 16, &size), ERROR_SUCCESS);
    }
    CHECK(used == count);
    qsort(blocks, count, 16, compare_blocks);
    qsort(want, count, 16, compare_blocks);
    CHECK(memcmp(blocks, want, (size_t)count * 16) == 0); /* none lost, none twice */
    free_handle(alone);
}

/* With vectors of their own, or without any, nobody is in anybody's way; and the mode is one or the other. */
static SECURITY_STATUS encrypt_and_compare(unsigned which)
{
    uint8_t iv[16] = {(uint8_t)which}, cipher[64], plain[64];
    NCRYPT_CIPHER_PADDING_INFO info = cipher_info(NCRYPT_CIPHER_BLOCK_PADDING_FLAG, iv, 16);
    DWORD size = 0;
    SECURITY_STATUS status = encrypt_by(key, zeros, 30, &info, cipher, sizeof cipher, &size);

    if (status != ERROR_SUCCESS || size != 32) {
        return status != ERROR_SUCCESS ? status : NTE_BAD_LEN;
    }
    memset(iv, 0, sizeof iv);
    iv[0] = (uint8_t)which;
    status = decrypt_by(key, cipher, size, &info, plain, sizeof plain, &size);
    if (status == ERROR_SUCCESS && (size != 30 || memcmp(plain, zeros, 30) != 0)) {
        status = NTE_BAD_DATA;
    }
    return status;
}

static void test_own_vectors(void)
{
    repeat_in_threads(encrypt_and_compare, BLOCKS);
}

static void *use_properties(void *which)
{
    uint8_t iv[16];
    DWORD size = 0;

    while (!atomic_load(&stop)) {
        SECURITY_STATUS status = set_mode(key, (uintptr_t)which % 2 ? ECB : CFB);

        if (status == ERROR_SUCCESS) {
            status = set_iv(key, zeros, 16);
        }
        if (status == ERROR_SUCCESS) {
            status = NCryptGetProperty(key, u"IV", iv, sizeof iv, &size, 0);
        }
        if (status == ERROR_SUCCESS) {
            status = encrypt_by(key, zeros, 16, NULL, iv, 16, &size);
        }
        if (status != ERROR_SUCCESS) {
            note_wrong(status);
        }
        note_worked();
    }
    return which;
}

static void test_properties(void)
{
    pthread_t threads[THREADS];

    start(threads, THREADS, use_properties);
    await(BLOCKS);
    finish(threads, THREADS);
    CHECK_STATUS(set_mode(key, CBC), ERROR_SUCCESS);
}

static void *use_current(void *unused)
{
    while (!atomic_load(&stop)) {
        NCRYPT_KEY_HANDLE now = atomic_load(&current);
        uint8_t out[16];
        DWORD size = 0;
        SECURITY_STATUS status = encrypt_by(now, zeros, 16, NULL, out, 16, &size);

        if (status == ERROR_SUCCESS) {
            note_worked();
        } else if (status == NTE_INVALID_HANDLE) {
            await_other(now);
        } else {
            note_wrong(status);
        }
    }
    return unused;
}

static void test_free_while_encrypting(void)
{
    pthread_t threads[2];

    atomic_store(&current, 0);
    start(threads, 2, use_current);
    for (unsigned i = 0; i < (SLOW_BUILD ? 100u : 1000u); i++) {
        NCRYPT_KEY_HANDLE made = make();

        CHECK_STATUS(set_iv(made, zeros, 16), ERROR_SUCCESS);
        announce(made, false);
        await(i % 4);
        free_handle(made);
    }
    finish(threads, 2);
}

static void *chain_until_told(void *unused)
{
    while (!atomic_load(&stop)) {
        uint8_t out[48];
        DWORD size = 0;
        SECURITY_STATUS status = encrypt_by(key, zeros, 48, NULL, out, 48, &size);

        if (status != ERROR_SUCCESS) {
            note_wrong(status);
        }
        note_worked();
    }
    return unused;
}

static void in_child(void)
{
    uint8_t iv[16], out[16];
    DWORD size = 0;

    child_begins();
    CHECK_STATUS(NCryptGetProperty(key, u"IV", iv, sizeof iv, &size, 0), ERROR_SUCCESS);
    CHECK_STATUS(encrypt_by(key, zeros, 16, NULL, out, 16, &size), ERROR_SUCCESS);
    CHECK_STATUS(set_mode(key, CFB), ERROR_SUCCESS);
    CHECK_STATUS(encrypt_and_compare(1), ERROR_SUCCESS);
    child_ends();
}

static void test_fork(void)
{
    pthread_t threads[2];

    CHECK_STATUS(set_iv(key, zeros, 16), ERROR_SUCCESS);
    start(threads, 2, chain_until_told);
    for (unsigned i = 0; i < (SLOW_BUILD ? 5u : 30u); i++) {
        pid_t pid;

        await(3);
        pid = fork();
        if (pid == 0) {
            in_child();
        }
        child_check(pid);
    }
    finish(threads, 2);
}

int main(void)
{
    home_make();
    provider = open_provider();
    key = make();
    RUN(test_one_chain);
    RUN(test_own_vectors);
    RUN(test_properties);
    RUN(test_free_while_encrypting);
    RUN(test_fork);
    free_handle(key);
    free_handle(provider);
    check_no_handles();
    return test_result("ncrypt_cipher_threads");
}
