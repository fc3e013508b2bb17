/* SPDX-License-Identifier: MIT
 *
 * ML-DSA and ML-KEM keys from several threads: one key for all, a key that another thread frees, a key that is made and
 * stored meanwhile, and fork() in the middle of it.
 */
#include "pq_support.h"
#include "thread_support.h"

#define ROUNDS (SLOW_BUILD ? 10u : 60u)

static const struct pq_set *const signing = &pq_sets[0], *const sharing = &pq_sets[3];
static NCRYPT_KEY_HANDLE signer, verifier, receiver, sender;
static uint8_t message[40];

static SECURITY_STATUS sign_and_check(NCRYPT_KEY_HANDLE key, NCRYPT_KEY_HANDLE public, unsigned which)
{
    uint8_t context[3] = {(uint8_t)which, 2, 3}, signature[2420];
    BCRYPT_PQDSA_PADDING_INFO info = {context, 1 + which % 3, which % 2 ? u"SHA256" : NULL};
    DWORD size = 0, message_size = which % 2 ? 32 : sizeof message;
    SECURITY_STATUS status =
        NCryptSignHash(key, &info, message, message_size, signature, sizeof signature, &size, NCRYPT_PAD_PQDSA_FLAG);

    if (status == ERROR_SUCCESS) {
        status = NCryptVerifySignature(public, &info, message, message_size, signature, size, NCRYPT_PAD_PQDSA_FLAG);
    }
    if (status == ERROR_SUCCESS) {
        signature[which % sizeof signature] ^= 1;
        status = NCryptVerifySignature(public, &info, message, message_size, signature, size, NCRYPT_PAD_PQDSA_FLAG);
        status = status == NTE_BAD_SIGNATURE ? ERROR_SUCCESS : status == ERROR_SUCCESS ? NTE_BAD_DATA : status;
    }
    return status;
}

static SECURITY_STATUS share_and_check(NCRYPT_KEY_HANDLE key, NCRYPT_KEY_HANDLE public)
{
    uint8_t secret[32], other[32], ciphertext[768];
    DWORD secret_size = 0, size = 0;
    SECURITY_STATUS status = NCryptEncapsulate(public, secret, 32, &secret_size, ciphertext, 768, &size, 0);

    if (status == ERROR_SUCCESS) {
        status = NCryptDecapsulate(key, ciphertext, size, other, 32, &secret_size, 0);
    }
    return status == ERROR_SUCCESS && memcmp(secret, other, 32) != 0 ? NTE_BAD_DATA : status;
}

static SECURITY_STATUS use_all(unsigned which)
{
    SECURITY_STATUS status = which % 2 ? sign_and_check(signer, verifier, which) : share_and_check(receiver, sender);

    return status == ERROR_SUCCESS && which % 3 == 0 ? sign_and_check(signer, signer, which) : status;
}

static void test_one_key(void)
{
    repeat_in_threads(use_all, ROUNDS);
}

/* ---- a key that goes away in the middle ---- */

static bool freed_kem;

static void *use_current(void *which)
{
    for (unsigned i = (unsigned)(uintptr_t)which; !atomic_load(&stop); i++) {
        NCRYPT_KEY_HANDLE now = atomic_load(&current);
        SECURITY_STATUS status = freed_kem ? share_and_check(now, now) : sign_and_check(now, now, i);

        if (status == ERROR_SUCCESS) {
            note_worked();
        } else if (status == NTE_INVALID_HANDLE) {
            await_other(now);
        } else {
            note_wrong(status);
        }
    }
    return which;
}

static void free_while_used(const struct pq_set *set)
{
    uint8_t blob[PQ_ROOM];
    NCRYPT_KEY_HANDLE made = pq_make(provider, set, NULL);
    DWORD size = pq_export(made, pq_blobs_of(set)->expanded, blob);
    pthread_t threads[2];

    free_handle(made);
    freed_kem = pq_is_kem(set);
    atomic_store(&current, 0);
    start(threads, 2, use_current);
    for (unsigned i = 0; i < 3 * ROUNDS; i++) {
        NCRYPT_KEY_HANDLE key = pq_import(provider, pq_blobs_of(set)->expanded, blob, size);

        announce(key, false);
        await(i % 4);
        free_handle(key);
        CHECK_STATUS(NCryptFreeObject(key), NTE_INVALID_HANDLE);
    }
    finish(threads, 2);
}

static void test_free_while_used(void)
{
    free_while_used(signing);
    free_while_used(sharing);
}

/* ---- each thread a stored key of its own, which the others see come and go ---- */

static void *store_often(void *which)
{
    const WCHAR *names[] = {u"zero", u"one", u"two"}, *own = names[(uintptr_t)which % 3];
    const WCHAR *others = names[((uintptr_t)which + 1) % 3];

    for (unsigned i = 0; i < ROUNDS / 5 + 1; i++) {
        const struct pq_set *set = &pq_sets[(i + (unsigned)(uintptr_t)which) % COUNT(pq_sets)];
        NCRYPT_KEY_HANDLE key = 0, other = 0;
        SECURITY_STATUS status = NCryptCreatePersistedKey(provider, &key, set->algorithm, own, 0, 0);

        if (status == ERROR_SUCCESS) {
            status = set_bytes(key, NCRYPT_PARAMETER_SET_NAME_PROPERTY, set->name, set->name_size, 0);
        }
        if (status == ERROR_SUCCESS) {
            status = NCryptFinalizeKey(key, 0);
        }
        if (status == ERROR_SUCCESS && NCryptOpenKey(provider, &other, others, 0, 0) == ERROR_SUCCESS) {
            uint8_t blob[PQ_ROOM];
            DWORD size = 0;

            status = NCryptExportKey(other, 0, u"PUBLICBLOB", NULL, blob, sizeof blob, &size, 0);
            (void)!NCryptFreeObject(other);
        }
        if (status == ERROR_SUCCESS) {
            status = NCryptDeleteKey(key, 0);
        }
        if (status != ERROR_SUCCESS) {
            note_wrong(status);
        }
    }
    return which;
}

static void test_stored(void)
{
    pthread_t threads[THREADS];

    start(threads, THREADS, store_often);
    finish(threads, THREADS);
}

/* ---- fork ---- */

static void *use_until_told(void *which)
{
    for (unsigned i = (unsigned)(uintptr_t)which; !atomic_load(&stop); i++) {
        SECURITY_STATUS status = use_all(i);

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
    NCRYPT_KEY_HANDLE key;

    child_begins();
    for (unsigned i = 0; i < 6; i++) {
        CHECK_STATUS(use_all(i), ERROR_SUCCESS);
    }
    key = open_key(provider, u"stored");
    CHECK_STATUS(sign_and_check(key, verifier, 1), NTE_BAD_SIGNATURE);
    CHECK_STATUS(sign_and_check(key, key, 1), ERROR_SUCCESS);
    free_handle(key);
    free_handle(pq_make(provider, sharing, NULL));
    free_handle(signer);
    CHECK_STATUS(sign_and_check(signer, verifier, 1), NTE_INVALID_HANDLE);
    child_ends();
}

static void test_fork(void)
{
    NCRYPT_KEY_HANDLE stored = pq_make(provider, signing, u"stored");
    pthread_t threads[2];

    start(threads, 2, use_until_told);
    for (unsigned i = 0; i < (SLOW_BUILD ? 5u : 20u); i++) {
        pid_t pid;

        await(3);
        pid = fork();
        if (pid == 0) {
            in_child();
        }
        child_check(pid);
    }
    finish(threads, 2);
    CHECK_STATUS(NCryptDeleteKey(stored, 0), ERROR_SUCCESS);
}

static NCRYPT_KEY_HANDLE public_half(NCRYPT_KEY_HANDLE key)
{
    uint8_t blob[PQ_ROOM];
    DWORD size = pq_export(key, u"PUBLICBLOB", blob);

    return pq_import(provider, u"PUBLICBLOB", blob, size);
}

static void run_all(void)
{
    signer = pq_make(provider, signing, NULL);
    verifier = public_half(signer);
    receiver = pq_make(provider, sharing, NULL);
    sender = public_half(receiver);
    RUN(test_one_key);
    RUN(test_free_while_used);
    RUN(test_stored);
    RUN(test_fork);
    free_handle(signer);
    free_handle(verifier);
    free_handle(receiver);
    free_handle(sender);
}

static void test_missing(void)
{
    pq_check_missing(provider);
}

int main(void)
{
    home_make();
    provider = open_provider();
    if (pq_in_libcrypto()) {
        run_all();
    } else {
        RUN(test_missing);
    }
    free_handle(provider);
    check_no_handles();
    return test_result("ncrypt_pq_threads");
}
