/* SPDX-License-Identifier: MIT
 *
 * fork() in the middle of everything: the child's loaded keys work, its store reopens, and the parent goes on.
 */
#include "ncrypt_support.h"

#define FORKS (SLOW_BUILD ? 10 : 40)

static NCRYPT_PROV_HANDLE provider;
static NCRYPT_KEY_HANDLE loaded, rsa;
static _Atomic bool stop;
static _Atomic unsigned ready, wrong;

static void count_keys(unsigned at_least, unsigned at_most)
{
    NCryptKeyName *name = NULL;
    PVOID state = NULL;
    unsigned count = 0;

    while (NCryptEnumKeys(provider, NULL, &name, &state, 0) == ERROR_SUCCESS) {
        count++;
        CHECK_STATUS(NCryptFreeBuffer(name), ERROR_SUCCESS);
    }
    CHECK_STATUS(NCryptFreeBuffer(state), ERROR_SUCCESS);
    CHECK(count >= at_least && count <= at_most);
}

static SECURITY_STATUS rsa_sign(NCRYPT_KEY_HANDLE key)
{
    BCRYPT_PKCS1_PADDING_INFO padding = {u"SHA256"};
    uint8_t digest[sizeof sample_digest], signature[128];
    DWORD size = 0;

    memcpy(digest, sample_digest, sizeof digest);
    return NCryptSignHash(key, &padding, digest, sizeof digest, signature, sizeof signature, &size,
                          NCRYPT_PAD_PKCS1_FLAG);
}

/* Uses everything: loaded keys, old and new stored keys, the tables. */
static void use_everything(const WCHAR *own_name)
{
    NCRYPT_KEY_HANDLE key;

    CHECK_STATUS(sign_and_verify(loaded), ERROR_SUCCESS);
    CHECK_STATUS(rsa_sign(rsa), ERROR_SUCCESS);
    key = open_key(provider, u"stored");
    CHECK_STATUS(sign_and_verify(key), ERROR_SUCCESS);
    free_handle(key);
    key = make_key(provider, u"ECDSA_P256", own_name);
    free_handle(key);
    key = open_key(provider, own_name);
    CHECK_STATUS(sign_and_verify(key), ERROR_SUCCESS);
    CHECK_STATUS(set_bytes(key, u"custom", "value", 5, NCRYPT_PERSIST_FLAG), ERROR_SUCCESS);
    CHECK_STATUS(NCryptDeleteKey(key, 0), ERROR_SUCCESS);
}

static void test_child_and_parent(void)
{
    uint64_t keys = ncx_live_handles(1);
    pid_t pid = fork();

    if (pid == 0) {
        child_begins();
        CHECK(ncx_live_handles(1) == keys);
        use_everything(u"child's");
        free_handle(loaded);
        free_handle(rsa);
        free_handle(provider);
        check_no_handles();
        child_ends();
    }
    use_everything(u"parent's");
    child_check(pid);
    CHECK(ncx_live_handles(1) == keys);
    count_keys(1, 1);
}

static void test_grandchild(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        child_begins();
        use_everything(u"child's");
        pid = fork();
        if (pid == 0) {
            child_begins();
            use_everything(u"grandchild's");
            child_ends();
        }
        use_everything(u"child's own");
        child_check(pid);
        child_ends();
    }
    child_check(pid);
}

/* ---- while other threads are at work ---- */

static void note(SECURITY_STATUS status)
{
    if (status != ERROR_SUCCESS) {
        atomic_fetch_add(&wrong, 1);
    }
}

static void *sign_on(void *unused)
{
    note(sign_and_verify(loaded));
    atomic_fetch_add(&ready, 1);
    while (!atomic_load(&stop)) {
        note(sign_and_verify(loaded));
    }
    return unused;
}

static void *create_on(void *number)
{
    WCHAR name[] = {'m', (WCHAR)('0' + (int)(uintptr_t)number), 0};
    NCRYPT_KEY_HANDLE key = 0;

    atomic_fetch_add(&ready, 1);
    while (!atomic_load(&stop)) {
        note(NCryptCreatePersistedKey(provider, &key, u"ECDSA_P256", name, 0, NCRYPT_OVERWRITE_KEY_FLAG));
        note(NCryptFinalizeKey(key, 0));
        note(set_dword(key, u"custom", 5, NCRYPT_PERSIST_FLAG));
        note(NCryptFreeObject(key));
    }
    return NULL;
}

static int stop_when_told(void *context)
{
    (void)context;
    return atomic_load(&stop);
}

/* Is in libcrypto's generation for as long as the test wants. */
static void *generate_on(void *unused)
{
    NCRYPT_KEY_HANDLE key = 0;
    SECURITY_STATUS status = ERROR_SUCCESS;

    ncx_set_interrupt(stop_when_told, NULL);
    note(NCryptCreatePersistedKey(provider, &key, u"RSA", u"never finished", 0, 0));
    note(set_dword(key, u"Length", 8192, 0));
    atomic_fetch_add(&ready, 1);
    while (status == ERROR_SUCCESS && !atomic_load(&stop)) {
        status = NCryptFinalizeKey(key, 0);
    }
    note(NCryptFreeObject(key));
    return unused;
}

static void child_of_busy_parent(uint64_t keys)
{
    child_begins();
    CHECK(ncx_live_handles(1) >= keys);
    CHECK_STATUS(sign_and_verify(loaded), ERROR_SUCCESS);
    CHECK_STATUS(rsa_sign(rsa), ERROR_SUCCESS);
    use_everything(u"child's");
    free_handle(provider); /* the keys go on without it */
    CHECK_STATUS(sign_and_verify(loaded), ERROR_SUCCESS);
    child_ends();
}

static void fork_while(void *(*body)(void *), unsigned count, int forks)
{
    uint64_t keys = ncx_live_handles(1);
    pthread_t threads[2];

    atomic_store(&stop, false);
    atomic_store(&ready, 0);
    atomic_store(&wrong, 0);
    for (uintptr_t i = 0; i < count; i++) {
        CHECK(pthread_create(&threads[i], NULL, body, (void *)i) == 0);
    }
    while (atomic_load(&ready) < count) {
        usleep(1000);
    }
    for (int i = 0; i < forks; i++) {
        pid_t pid = fork();

        if (pid == 0) {
            child_of_busy_parent(keys);
        }
        child_check(pid);
    }
    atomic_store(&stop, true);
    for (unsigned i = 0; i < count; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    CHECK(wrong == 0);
    CHECK(ncx_live_handles(1) == keys);
}

static void test_while_signing(void)
{
    fork_while(sign_on, 2, FORKS);
}

static void test_while_creating(void)
{
    fork_while(create_on, 2, FORKS);
    count_keys(3, 3);
}

static void test_while_generating(void)
{
    fork_while(generate_on, 1, 5);
    count_keys(3, 3);
}

/* A key that another thread was finalizing is unfinished in the child, and can be finalized there. */
static _Atomic NCRYPT_KEY_HANDLE in_the_making;

static void *generate_named(void *unused)
{
    NCRYPT_KEY_HANDLE key = atomic_load(&in_the_making);

    ncx_set_interrupt(stop_when_told, NULL);
    if (NCryptFinalizeKey(key, 0) != NTE_USER_CANCELLED) {
        atomic_fetch_add(&wrong, 1);
    }
    return unused;
}

static void test_unfinished_in_child(void)
{
    NCRYPT_KEY_HANDLE key = begin_key(provider, u"RSA", u"mine", 0);
    pthread_t thread;
    pid_t pid;

    CHECK_STATUS(set_dword(key, u"Length", 8192, 0), ERROR_SUCCESS);
    atomic_store(&stop, false);
    atomic_store(&in_the_making, key);
    CHECK(pthread_create(&thread, NULL, generate_named, NULL) == 0);
    while (set_dword(key, u"Length", 8192, 0) != NTE_BAD_KEY_STATE) { /* until the thread is at it */
        usleep(1000);
    }
    CHECK_STATUS(NCryptDeleteKey(key, 0), NTE_BAD_KEY_STATE);
    CHECK_STATUS(NCryptFinalizeKey(key, 0), NTE_BAD_KEY_STATE);
    pid = fork();
    if (pid == 0) {
        child_begins();
        CHECK_STATUS(set_dword(key, u"Length", 1024, 0), ERROR_SUCCESS);
        CHECK_STATUS(NCryptFinalizeKey(key, 0), ERROR_SUCCESS);
        CHECK_STATUS(rsa_sign(key), ERROR_SUCCESS);
        CHECK_STATUS(NCryptDeleteKey(key, 0), ERROR_SUCCESS);
        child_ends();
    }
    child_check(pid);
    atomic_store(&stop, true);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(wrong == 0);
    CHECK_STATUS(sign_and_verify(key), NTE_BAD_KEY_STATE);
    free_handle(key);
}

int main(void)
{
    home_make();
    provider = open_provider();
    loaded = make_key(provider, u"ECDSA_P256", NULL);
    rsa = begin_key(provider, u"RSA", NULL, 0);
    CHECK_STATUS(set_dword(rsa, u"Length", 1024, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFinalizeKey(rsa, 0), ERROR_SUCCESS);
    free_handle(make_key(provider, u"ECDSA_P256", u"stored"));
    RUN(test_child_and_parent);
    RUN(test_grandchild);
    RUN(test_while_signing);
    RUN(test_while_creating);
    RUN(test_while_generating);
    RUN(test_unfinished_in_child);
    free_handle(loaded);
    free_handle(rsa);
    free_handle(provider);
    check_no_handles();
    return test_result("fork");
}
