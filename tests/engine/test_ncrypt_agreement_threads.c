/* SPDX-License-Identifier: MIT
 *
 * Agreement and derivation from several threads: one key, one secret, a secret that another thread frees, HKDF that is
 * finalized by one thread only, and fork() in the middle of it.
 */
#include "agreement_support.h"
#include "thread_support.h"

static NCRYPT_KEY_HANDLE own_key, peers[3], halves[3];
static uint8_t wanted[3][MAX_WIDTH];
static NCRYPT_SECRET_HANDLE shared_secret;

static SECURITY_STATUS agree_and_compare(unsigned which)
{
    NCRYPT_SECRET_HANDLE secret = 0;
    uint8_t raw[MAX_WIDTH];
    DWORD size = 0;
    SECURITY_STATUS status =
        NCryptSecretAgreement(own_key, which % 2 ? halves[which % 3] : peers[which % 3], &secret, 0);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = NCryptDeriveKey(secret, u"TRUNCATE", NULL, raw, sizeof raw, &size, 0);
    if (status == ERROR_SUCCESS && (size != 32 || memcmp(raw, wanted[which % 3], size) != 0)) {
        status = NTE_BAD_DATA;
    }
    (void)!NCryptFreeObject(secret);
    return status;
}

static void test_one_key(void)
{
    repeat_in_threads(agree_and_compare, SLOW_BUILD ? 100u : 500u);
    CHECK(ncx_live_handles(16) == 0);
}

/* ---- a secret that goes away in the middle ---- */

static void *derive_from_current(void *unused)
{
    while (!atomic_load(&stop)) {
        NCRYPT_SECRET_HANDLE secret = atomic_load(&current);
        uint8_t out[20];
        DWORD size = 0;
        SECURITY_STATUS status = NCryptDeriveKey(secret, u"HASH", NULL, out, sizeof out, &size, 0);

        if (status == ERROR_SUCCESS) {
            note_worked();
        } else if (status == NTE_INVALID_HANDLE) {
            await_other(secret);
        } else {
            note_wrong(status);
        }
    }
    return unused;
}

static void test_free_while_deriving(void)
{
    pthread_t threads[2];

    atomic_store(&current, 0);
    start(threads, 2, derive_from_current);
    for (unsigned i = 0; i < (SLOW_BUILD ? 100u : 1000u); i++) {
        NCRYPT_SECRET_HANDLE secret = agree_on(own_key, peers[i % 3]);

        announce(secret, false);
        await(i % 4);
        free_handle(secret);
        CHECK_STATUS(NCryptFreeObject(secret), NTE_INVALID_HANDLE);
    }
    finish(threads, 2);
    CHECK(ncx_live_handles(16) == 0);
}

/* ---- who finalizes ---- */

static void *finalize_once(void *which)
{
    bool extract = (uintptr_t)which % 2 == 0;
    uint8_t out[32];
    DWORD size = 0;
    SECURITY_STATUS status = NCryptSetProperty(
        shared_secret, extract ? BCRYPT_HKDF_SALT_AND_FINALIZE : BCRYPT_HKDF_PRK_AND_FINALIZE, NULL, 0, 0);

    if (status == ERROR_SUCCESS) {
        atomic_fetch_add(&worked, 1);
    } else if (status != NTE_INVALID_PARAMETER) {
        note_wrong(status);
    }
    status = NCryptDeriveKey(shared_secret, u"HKDF", NULL, out, sizeof out, &size, 0); /* somebody has */
    if (status != ERROR_SUCCESS) {
        note_wrong(status);
    }
    return which;
}

static void test_finalize(void)
{
    for (unsigned i = 0; i < (SLOW_BUILD ? 20u : 200u); i++) {
        pthread_t threads[THREADS];

        shared_secret = agree_on(own_key, peers[0]);
        CHECK_STATUS(set_bytes(shared_secret, BCRYPT_HKDF_HASH_ALGORITHM, u"SHA256", 14, 0), ERROR_SUCCESS);
        start(threads, THREADS, finalize_once);
        finish(threads, THREADS);
        CHECK(worked == 1);
        free_handle(shared_secret);
    }
}

/* ---- fork ---- */

static void *agree_until_told(void *which)
{
    for (unsigned i = 0; !atomic_load(&stop); i++) {
        SECURITY_STATUS status = agree_and_compare(i + (unsigned)(uintptr_t)which);

        if (status != ERROR_SUCCESS) {
            note_wrong(status);
        } else {
            note_worked();
        }
    }
    return which;
}

static void in_child(void)
{
    uint8_t out[MAX_WIDTH];
    DWORD size = 0;

    child_begins();
    CHECK_STATUS(NCryptDeriveKey(shared_secret, u"TRUNCATE", NULL, out, sizeof out, &size, 0), ERROR_SUCCESS);
    CHECK(size == 32 && memcmp(out, wanted[1], 32) == 0);
    CHECK_STATUS(set_bytes(shared_secret, BCRYPT_HKDF_HASH_ALGORITHM, u"SHA256", 14, 0), ERROR_SUCCESS);
    CHECK_STATUS(set_bytes(shared_secret, BCRYPT_HKDF_SALT_AND_FINALIZE, "salt", 4, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptDeriveKey(shared_secret, u"HKDF", NULL, out, sizeof out, &size, 0), ERROR_SUCCESS);
    for (unsigned i = 0; i < 6; i++) {
        CHECK_STATUS(agree_and_compare(i), ERROR_SUCCESS);
    }
    free_handle(shared_secret);
    child_ends();
}

static void test_fork(void)
{
    pthread_t threads[2];

    shared_secret = agree_on(own_key, peers[1]);
    start(threads, 2, agree_until_told);
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
    free_handle(shared_secret);
}

int main(void)
{
    home_make();
    provider = open_provider();
    own_key = make_ephemeral(provider, u"ECDH_P256");
    for (size_t i = 0; i < COUNT(peers); i++) {
        NCRYPT_SECRET_HANDLE secret;
        DWORD size = 0;

        peers[i] = make_ephemeral(provider, u"ECDH_P256");
        halves[i] = public_half(provider, peers[i]);
        secret = agree_on(peers[i], own_key);
        CHECK_STATUS(NCryptDeriveKey(secret, u"TRUNCATE", NULL, wanted[i], MAX_WIDTH, &size, 0), ERROR_SUCCESS);
        free_handle(secret);
    }
    RUN(test_one_key);
    RUN(test_free_while_deriving);
    RUN(test_finalize);
    RUN(test_fork);
    for (size_t i = 0; i < COUNT(peers); i++) {
        free_handle(peers[i]);
        free_handle(halves[i]);
    }
    free_handle(own_key);
    free_handle(provider);
    check_nothing_left();
    return test_result("ncrypt_agreement_threads");
}
