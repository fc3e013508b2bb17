/* SPDX-License-Identifier: MIT
 *
 * CryptoAPI from several threads at the same handles, and in the child of a fork().
 */
#include <sched.h>

#include "same_threads.h"
#include "wincrypt_support.h"

#define ROUNDS (SLOW_BUILD ? 40 : 150)

static HCRYPTPROV context;
static HCRYPTKEY pair;
static HCRYPTHASH common;
static bool sign_and_verify_once(uint32_t number)
{
    HCRYPTHASH hash = 0;
    BYTE signature[128];
    DWORD size = sizeof signature;
    bool good = CryptCreateHash(context, CALG_SHA_256, 0, 0, &hash) &&
                CryptHashData(hash, (const BYTE *)&number, sizeof number, 0) &&
                CryptSignHashW(hash, AT_SIGNATURE, NULL, 0, signature, &size) &&
                CryptVerifySignatureW(hash, signature, size, pair, NULL, 0);

    return CryptDestroyHash(hash) && good;
}

static void *sign_many(void *argument)
{
    for (uint32_t i = 0; i < ROUNDS; i++) {
        expect(sign_and_verify_once((uint32_t)(uintptr_t)argument * ROUNDS + i));
        atomic_fetch_add(&done, 1);
    }
    return NULL;
}

/* One hash that everybody feeds, finishes and reads: its value never changes once it is finished. */
static void *share_hash(void *argument)
{
    BYTE first[64], value[64];
    DWORD size = sizeof first;
    bool read = false;

    for (uint32_t i = 0; i < ROUNDS; i++) {
        if (!CryptHashData(common, (const BYTE *)&i, sizeof i, 0)) {
            expect(GetLastError() == (DWORD)NTE_BAD_HASH_STATE);
        }
        if (i > ROUNDS / 2 || argument == NULL) {
            size = sizeof value;
            expect(CryptGetHashParam(common, HP_HASHVAL, value, &size, 0));
            expect(!read || memcmp(first, value, size) == 0);
            memcpy(first, value, size);
            read = true;
        }
        atomic_fetch_add(&done, 1);
    }
    return NULL;
}

/* One makes new keys, the others use whatever key there is. */
static void *replace_and_use(void *argument)
{
    for (uint32_t i = 0; i < ROUNDS / 10; i++) {
        HCRYPTKEY key = 0;

        if (argument == NULL) {
            expect(CryptGenKey(context, AT_KEYEXCHANGE, 512u << 16, &key));
        } else if (!CryptGetUserKey(context, AT_KEYEXCHANGE, &key)) {
            expect(GetLastError() == (DWORD)NTE_NO_KEY);
            continue;
        }
        expect(key_dword(key, KP_KEYLEN) == 512);
        expect(CryptDestroyKey(key));
        atomic_fetch_add(&done, 1);
    }
    return NULL;
}

static _Atomic bool made;

static void *read_until_made(void *argument)
{
    HCRYPTKEY key = 0;

    while (!atomic_load(&made)) {
        expect(CryptGetUserKey(context, AT_SIGNATURE, &key) && CryptDestroyKey(key));
        atomic_fetch_add(&done, 1);
    }
    return argument;
}

/* Whoever has made a key signs with it, also when another thread was just reading the one before. */
static void test_new_key_is_used(void)
{
    for (int i = 0; i < ROUNDS / 2; i++) {
        HCRYPTKEY key = 0;
        pthread_t thread;

        atomic_store(&made, false);
        CHECK(pthread_create(&thread, NULL, read_until_made, NULL) == 0);
        CHECK_GOOD(CryptGenKey(context, AT_SIGNATURE, 512u << 16, &key));
        atomic_store(&made, true);
        CHECK(pthread_join(thread, NULL) == 0);
        check_pair(context, AT_SIGNATURE, key);
        destroy_key(key);
    }
    CHECK(wrong == 0);
}

/* References come and go; the enumeration is everybody's. */
static void *refer_and_list(void *argument)
{
    for (uint32_t i = 0; i < ROUNDS; i++) {
        BYTE name[800];
        DWORD size = sizeof name;

        expect(CryptContextAddRef(context, NULL, 0));
        if (!CryptGetProvParam(context, PP_ENUMCONTAINERS, name, &size, argument == NULL ? CRYPT_FIRST : CRYPT_NEXT)) {
            expect(GetLastError() == ERROR_NO_MORE_ITEMS);
        }
        expect(CryptReleaseContext(context, 0));
        atomic_fetch_add(&done, 1);
    }
    return NULL;
}

static void test_signing(void)
{
    run_threads(sign_many);
}

static void test_one_hash(void)
{
    common = make_hash(context, CALG_SHA_256, "");
    run_threads(share_hash);
    CHECK_GOOD(CryptDestroyHash(common));
}

static void test_new_keys(void)
{
    run_threads(replace_and_use);
}

static void test_references(void)
{
    run_threads(refer_and_list);
}

static HCRYPTPROV released;

static void *release_once(void *argument)
{
    (void)argument;
    if (CryptReleaseContext(released, 0)) {
        atomic_fetch_add(&done, 1);
    } else {
        expect(GetLastError() == ERROR_INVALID_PARAMETER);
    }
    return NULL;
}

/* As many releases succeed as there are references. */
static void test_release_race(void)
{
    for (int i = 0; i < ROUNDS; i++) {
        released = verify_context();
        CHECK_GOOD(CryptContextAddRef(released, NULL, 0));
        run_threads(release_once);
        CHECK(done == 2);
    }
}

/* With threads at work: the child has everything that was open, and its own store connection. */
static void test_fork(void)
{
    pthread_t thread;
    HCRYPTHASH hash = make_hash(context, CALG_SHA_256, "half ");
    pid_t child;

    CHECK(pthread_create(&thread, NULL, sign_many, NULL) == 0);
    child = fork();
    if (child == 0) {
        child_begins();
        CHECK_GOOD(CryptHashData(hash, (const BYTE *)"done", 4, 0));
        CHECK_GOOD(CryptDestroyHash(hash));
        CHECK(sign_and_verify_once(1));
        destroy_key(user_key(context, AT_SIGNATURE));
        destroy_key(generate_key(context, AT_KEYEXCHANGE, 0));
        release(acquire(u"child's", PROV_RSA_FULL, CRYPT_NEWKEYSET));
        child_ends();
    }
    child_check(child);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK_GOOD(CryptDestroyHash(hash));
    delete_container(u"child's");
    destroy_key(user_key(context, AT_KEYEXCHANGE));
}

static _Atomic bool stop;

static void *make_hashes(void *argument)
{
    while (!atomic_load(&stop)) {
        HCRYPTHASH hash = 0;

        expect(CryptCreateHash(context, CALG_SHA_256, 0, 0, &hash) && CryptDestroyHash(hash));
        atomic_fetch_add(&done, 1);
    }
    return argument;
}

/* Another thread may just be destroying a hash, whose lock the child then leaves alone. */
static void test_many_forks(void)
{
    pthread_t threads[THREADS];

    atomic_store(&done, 0);
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, make_hashes, NULL) == 0);
    }
    for (int i = 0; i < ROUNDS / 3; i++) {
        unsigned before = done;
        pid_t child;

        while (done == before) {
            sched_yield();
        }
        child = fork();
        if (child == 0) {
            child_begins();
            CHECK(sign_and_verify_once(1));
            child_ends();
        }
        child_check(child);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    CHECK(wrong == 0);
}

int main(void)
{
    home_make();
    context = acquire(u"threads", PROV_RSA_AES, CRYPT_NEWKEYSET);
    pair = generate_key(context, AT_SIGNATURE, 0);
    RUN(test_signing);
    RUN(test_one_hash);
    RUN(test_new_keys);
    RUN(test_references);
    RUN(test_release_race);
    RUN(test_fork);
    RUN(test_many_forks);
    RUN(test_new_key_is_used); /* last: the pair is replaced */
    destroy_key(pair);
    release(context);
    check_no_capi_handles();
    return test_result("wincrypt_threads");
}
