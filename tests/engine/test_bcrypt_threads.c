/* SPDX-License-Identifier: MIT
 *
 * The bcrypt functions from several threads: keys of their own, a key that another thread destroys, and fork() in the
 * middle of it.
 */
#include "bcrypt_support.h"
#include "thread_support.h"

static struct pair rsa, ec;

/* ---- everybody with providers and keys of his own ---- */

static void *make_and_use(void *which)
{
    const struct pair *pair = (uintptr_t)which % 2 ? &rsa : &ec;

    for (int i = 0; i < (SLOW_BUILD ? 100 : 500); i++) {
        BCRYPT_KEY_HANDLE key = NULL;
        NTSTATUS status = pair_import(pair, &key);

        if (status == STATUS_SUCCESS) {
            status = pair_verify_with(pair, key);
            destroy_key(key);
        }
        if (status != STATUS_SUCCESS) {
            note_wrong(status);
        }
    }
    return which;
}

static void test_own_keys(void)
{
    uint64_t keys = ncx_live_handles(3);
    pthread_t threads[THREADS];

    start(threads, THREADS, make_and_use);
    finish(threads, THREADS);
    CHECK(ncx_live_handles(2) == 0 && ncx_live_handles(3) == keys);
}

/* ---- a key that goes away in the middle ---- */

static void *verify_current(void *unused)
{
    while (!atomic_load(&stop)) {
        NCRYPT_KEY_HANDLE key = atomic_load(&current);
        NTSTATUS status = pair_verify_with(&ec, (BCRYPT_KEY_HANDLE)key);

        if (status == STATUS_SUCCESS) {
            note_worked();
        } else if (status == STATUS_INVALID_HANDLE) {
            await_other(key);
        } else {
            note_wrong(status);
        }
    }
    return unused;
}

static void test_destroy_while_verifying(void)
{
    uint64_t keys = ncx_live_handles(3);
    pthread_t threads[2];

    atomic_store(&current, 0);
    start(threads, 2, verify_current);
    for (unsigned i = 0; i < (SLOW_BUILD ? 100u : 1000u); i++) {
        BCRYPT_KEY_HANDLE key = NULL;

        CHECK_STATUS(pair_import(&ec, &key), STATUS_SUCCESS);
        announce((NCRYPT_KEY_HANDLE)key, false);
        await(i % 4);
        destroy_key(key);
        CHECK_STATUS(BCryptDestroyKey(key), STATUS_INVALID_HANDLE);
    }
    finish(threads, 2);
    CHECK(ncx_live_handles(3) == keys);
}

/* ---- fork ---- */

static void use_everything(void)
{
    BCRYPT_KEY_HANDLE key = NULL;

    CHECK_STATUS(pair_verify(&rsa), STATUS_SUCCESS);
    CHECK_STATUS(pair_verify(&ec), STATUS_SUCCESS);
    CHECK_STATUS(pair_import(&rsa, &key), STATUS_SUCCESS);
    CHECK_STATUS(pair_verify_with(&rsa, key), STATUS_SUCCESS);
    destroy_key(key);
}

static void fork_once(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        child_begins();
        use_everything();
        /* Calls that were under way in other threads hold nothing here: these are the last users. */
        destroy_key(ec.public);
        destroy_key(rsa.public);
        CHECK_STATUS(pair_verify(&rsa), STATUS_INVALID_HANDLE);
        check_no_bcrypt_handles();
        child_ends();
    }
    CHECK(pid > 0);
    child_check(pid);
    use_everything();
}

static void test_fork(void)
{
    fork_once();
}

static void *verify_shared(void *which)
{
    const struct pair *pair = (uintptr_t)which % 2 ? &rsa : &ec;

    while (!atomic_load(&stop)) {
        NTSTATUS status = pair_verify(pair);

        if (status == STATUS_SUCCESS) {
            note_worked();
        } else {
            note_wrong(status);
        }
    }
    return which;
}

static void test_fork_while_verifying(void)
{
    pthread_t threads[2];

    start(threads, 2, verify_shared);
    for (int i = 0; i < (SLOW_BUILD ? 3 : 20); i++) {
        await(3);
        fork_once();
    }
    finish(threads, 2);
}

int main(void)
{
    home_make();
    provider = open_provider();
    pair_make(provider, &rsa, BCRYPT_RSA_ALGORITHM);
    pair_make(provider, &ec, BCRYPT_ECDSA_P256_ALGORITHM);
    RUN(test_own_keys);
    RUN(test_destroy_while_verifying);
    RUN(test_fork);
    RUN(test_fork_while_verifying);
    pair_free(&rsa);
    pair_free(&ec);
    free_handle(provider);
    check_no_handles();
    check_no_bcrypt_handles();
    return test_result("bcrypt_threads");
}
