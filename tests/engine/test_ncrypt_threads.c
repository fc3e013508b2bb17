/* SPDX-License-Identifier: MIT
 *
 * Keys that are closed, finalized, deleted and listed by several threads at once.
 */
#include "thread_support.h"

/* ---- signing while the key is closed ---- */

static void *sign_current(void *unused)
{
    uint8_t signature[132];

    while (!atomic_load(&stop)) {
        DWORD size = 0;
        NCRYPT_KEY_HANDLE key = atomic_load(&current);
        SECURITY_STATUS status = sign_sample(key, signature, &size);

        if (status == ERROR_SUCCESS) {
            note_worked();
            if (size != 64) {
                note_wrong(status);
            }
        } else if (status == NTE_INVALID_HANDLE) {
            await_other(key);
        } else {
            note_wrong(status);
        }
    }
    return unused;
}

static void close_while_signing(SECURITY_STATUS (*release)(NCRYPT_HANDLE), const WCHAR *name, unsigned rounds)
{
    pthread_t threads[2];

    atomic_store(&current, 0);
    start(threads, 2, sign_current);
    for (unsigned i = 0; i < rounds; i++) {
        NCRYPT_KEY_HANDLE key = make_key(provider, u"ECDSA_P256", name);

        announce(key, false);
        await(i % 4 == 0 ? 0 : i % 4); /* in different states of their work */
        CHECK_STATUS(release(key), ERROR_SUCCESS);
        CHECK_STATUS(release(key), NTE_INVALID_HANDLE);
    }
    finish(threads, 2);
    CHECK(ncx_live_handles(1) == 0);
}

static void test_free_while_signing(void)
{
    close_while_signing(NCryptFreeObject, NULL, 10000);
}

static SECURITY_STATUS delete_key(NCRYPT_HANDLE key)
{
    return NCryptDeleteKey(key, 0);
}

static void test_delete_while_signing(void)
{
    close_while_signing(delete_key, u"short-lived", SLOW_BUILD ? 50 : 200);
}

/* ---- the same step from several threads at once ---- */

static pthread_barrier_t barrier;
static _Atomic unsigned succeeded;
static SECURITY_STATUS (*step)(NCRYPT_KEY_HANDLE key);
static SECURITY_STATUS refusals[3];

static void *take_step(void *rounds)
{
    for (uintptr_t i = 0; i < (uintptr_t)100; i++) {
        SECURITY_STATUS status;

        pthread_barrier_wait(&barrier);
        status = step(atomic_load(&current));
        if (status == ERROR_SUCCESS) {
            atomic_fetch_add(&succeeded, 1);
        } else if (status != refusals[0] && status != refusals[1] && status != refusals[2]) {
            note_wrong(status);
        }
        pthread_barrier_wait(&barrier);
    }
    return rounds;
}

/* `after` sees to the key when all have taken the step. */
static void step_together(NCRYPT_KEY_HANDLE (*before)(void), void (*after)(NCRYPT_KEY_HANDLE key))
{
    pthread_t threads[THREADS];

    pthread_barrier_init(&barrier, NULL, THREADS + 1);
    start(threads, THREADS, take_step);
    for (int i = 0; i < 100; i++) {
        NCRYPT_KEY_HANDLE key = before();

        atomic_store(&current, key);
        atomic_store(&succeeded, 0);
        pthread_barrier_wait(&barrier);
        pthread_barrier_wait(&barrier);
        CHECK(succeeded == 1);
        after(key);
    }
    finish(threads, THREADS);
    pthread_barrier_destroy(&barrier);
    CHECK(ncx_live_handles(1) == 0);
}

static SECURITY_STATUS finalize(NCRYPT_KEY_HANDLE key)
{
    return NCryptFinalizeKey(key, 0);
}

static NCRYPT_KEY_HANDLE begin_named(void)
{
    return begin_key(provider, u"ECDSA_P256", u"together", 0);
}

static NCRYPT_KEY_HANDLE make_named(void)
{
    return make_key(provider, u"ECDSA_P256", u"together");
}

static void check_and_delete(NCRYPT_KEY_HANDLE key)
{
    CHECK_STATUS(sign_and_verify(key), ERROR_SUCCESS);
    CHECK_STATUS(NCryptDeleteKey(key, 0), ERROR_SUCCESS);
}

static void check_gone(NCRYPT_KEY_HANDLE key)
{
    CHECK(!NCryptIsKeyHandle(key));
    CHECK_STATUS(NCryptOpenKey(provider, &key, u"together", 0, 0), NTE_BAD_KEYSET);
}

static void test_finalize_together(void)
{
    step = finalize;
    refusals[0] = refusals[1] = NTE_BAD_KEY_STATE;
    refusals[2] = NTE_INVALID_HANDLE;
    step_together(begin_named, check_and_delete);
}

static void test_delete_together(void)
{
    step = delete_key;
    refusals[0] = refusals[1] = NTE_INVALID_HANDLE;
    refusals[2] = NTE_BAD_KEYSET;
    step_together(make_named, check_gone);
}

/* ---- enumerate and open while others create and delete ---- */

static void *create_and_delete(void *number)
{
    for (int i = 0; !atomic_load(&stop); i++) {
        WCHAR name[] = {'t', (WCHAR)('0' + (int)(uintptr_t)number), (WCHAR)('0' + i % 10), 0};
        NCRYPT_KEY_HANDLE key = 0;
        SECURITY_STATUS status = NCryptCreatePersistedKey(provider, &key, u"ECDSA_P256", name, 0, 0);

        if (status == ERROR_SUCCESS) {
            status = NCryptFinalizeKey(key, 0);
        }
        if (status == ERROR_SUCCESS) {
            status = NCryptDeleteKey(key, 0);
        }
        if (status != ERROR_SUCCESS) {
            note_wrong(status);
        }
        note_worked();
    }
    return NULL;
}

static void enumerate_once(void)
{
    NCryptKeyName *name = NULL;
    PVOID state = NULL;
    unsigned constant = 0;
    SECURITY_STATUS status;

    while ((status = NCryptEnumKeys(provider, NULL, &name, &state, 0)) == ERROR_SUCCESS) {
        NCRYPT_KEY_HANDLE key = 0;

        constant += name->pszName[0] == 'c';
        status = NCryptOpenKey(provider, &key, name->pszName, 0, 0);
        if (status == ERROR_SUCCESS) {
            CHECK_STATUS(sign_and_verify(key), ERROR_SUCCESS);
            free_handle(key);
        } else {
            CHECK(name->pszName[0] == 't');
            CHECK_STATUS(status, NTE_BAD_KEYSET);
        }
        CHECK_STATUS(NCryptFreeBuffer(name), ERROR_SUCCESS);
    }
    CHECK_STATUS(status, NTE_NO_MORE_ITEMS);
    CHECK(constant == 5);
    CHECK_STATUS(NCryptFreeBuffer(state), ERROR_SUCCESS);
}

static void test_enumerate_while_creating(void)
{
    static const WCHAR *const names[] = {u"c1", u"c2", u"c3", u"c4", u"c5"};
    pthread_t threads[2];

    for (size_t i = 0; i < COUNT(names); i++) {
        free_handle(make_key(provider, u"ECDSA_P256", names[i]));
    }
    start(threads, 2, create_and_delete);
    for (int i = 0; i < 50; i++) {
        await(1);
        enumerate_once();
    }
    finish(threads, 2);
}

/* ---- providers ---- */

static void *open_and_free(void *unused)
{
    for (int i = 0; i < 2000; i++) {
        NCRYPT_PROV_HANDLE own = 0;
        SECURITY_STATUS status = NCryptOpenStorageProvider(&own, NULL, 0);

        if (status == ERROR_SUCCESS) {
            status = NCryptIsAlgSupported(own, u"RSA", 0);
        }
        if (status != ERROR_SUCCESS || NCryptFreeObject(own) != ERROR_SUCCESS) {
            note_wrong(status);
        }
    }
    return unused;
}

static void test_providers(void)
{
    pthread_t threads[THREADS];

    start(threads, THREADS, open_and_free);
    finish(threads, THREADS);
    CHECK(ncx_live_handles(0) == 1);
}

int main(void)
{
    home_make();
    provider = open_provider();
    RUN(test_free_while_signing);
    RUN(test_delete_while_signing);
    RUN(test_finalize_together);
    RUN(test_delete_together);
    RUN(test_enumerate_while_creating);
    RUN(test_providers);
    free_handle(provider);
    check_no_handles();
    return test_result("ncrypt_threads");
}
