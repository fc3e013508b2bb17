/* SPDX-License-Identifier: MIT
 *
 * Memory that callers free: NCryptFreeBuffer, the lists, and the state of an enumeration.
 */
#include "common/utf16.h"
#include "ncrypt/internal.h"
#include "ncrypt_support.h"

static unsigned destroyed;

static void note_destroyed(void *buffer)
{
    destroyed += *(uint8_t *)buffer;
}

static void test_alloc(void)
{
    uint8_t *list = buffer_alloc(BUFFER_LIST, 100, NULL), *state = buffer_alloc(BUFFER_ENUM_STATE, 1, note_destroyed);
    static const uint8_t zeros[100];

    CHECK(memcmp(list, zeros, 100) == 0);
    CHECK((uintptr_t)list % _Alignof(max_align_t) == 0);
    CHECK(buffer_is(list, BUFFER_LIST) && !buffer_is(list, BUFFER_ENUM_STATE));
    CHECK(buffer_is(state, BUFFER_ENUM_STATE) && !buffer_is(state, BUFFER_LIST));
    CHECK(!buffer_is(list + 1, BUFFER_LIST));
    CHECK(!buffer_is(NULL, BUFFER_LIST));
    *state = 5;
    CHECK_STATUS(NCryptFreeBuffer(state), ERROR_SUCCESS);
    CHECK(destroyed == 5);
    CHECK_STATUS(NCryptFreeBuffer(list), ERROR_SUCCESS);
    CHECK(!buffer_is(list, BUFFER_LIST));
}

static void test_junk(void)
{
    uint8_t *buffer = buffer_alloc(BUFFER_LIST, 10, NULL), *heap = malloc(64), stack = 0;
    uint64_t random = 3;
    unsigned wrong = 0;

    CHECK_STATUS(NCryptFreeBuffer(NULL), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptFreeBuffer(&stack), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptFreeBuffer(heap), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptFreeBuffer(buffer + 1), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptFreeBuffer(buffer - 16), NTE_INVALID_PARAMETER);
    for (int i = 0; i < 100000; i++) {
        wrong += NCryptFreeBuffer((PVOID)(uintptr_t)next_random(&random)) != NTE_INVALID_PARAMETER;
    }
    CHECK(wrong == 0);
    CHECK_STATUS(NCryptFreeBuffer(buffer), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFreeBuffer(buffer), NTE_INVALID_PARAMETER);
    free(heap);
}

#define MANY 5000

static void test_many(void)
{
    void **buffers = calloc(MANY, sizeof *buffers);
    unsigned wrong = 0;

    for (size_t i = 0; i < MANY; i++) {
        buffers[i] = buffer_alloc(BUFFER_LIST, i % 100, NULL);
    }
    for (size_t i = 0; i < MANY; i++) { /* not in the order they were made */
        wrong += NCryptFreeBuffer(buffers[i * 7 % MANY]) != ERROR_SUCCESS;
    }
    CHECK(wrong == 0);
    free(buffers);
}

static void test_lists(void)
{
    NCRYPT_PROV_HANDLE provider = open_provider();
    NCryptProviderName *providers = NULL;
    NCryptAlgorithmName *algorithms = NULL;
    DWORD count = 0, all;

    CHECK_STATUS(NCryptEnumStorageProviders(&count, &providers, NCRYPT_SILENT_FLAG), ERROR_SUCCESS);
    CHECK(count == 1 && utf16_equal(providers[0].pszName, MS_KEY_STORAGE_PROVIDER));
    CHECK(providers[0].pszComment != NULL);
    CHECK_STATUS(NCryptFreeBuffer(providers), ERROR_SUCCESS);
    CHECK_STATUS(NCryptEnumAlgorithms(provider, 0, &all, &algorithms, 0), ERROR_SUCCESS);
    for (DWORD i = 0; i < all; i++) {
        CHECK_STATUS(NCryptIsAlgSupported(provider, algorithms[i].pszName, NCRYPT_SILENT_FLAG), ERROR_SUCCESS);
        CHECK(algorithms[i].dwFlags == 0 && algorithms[i].dwAlgOperations != 0);
        for (DWORD j = 0; j < i; j++) {
            CHECK(!utf16_equal(algorithms[i].pszName, algorithms[j].pszName));
        }
    }
    CHECK_STATUS(NCryptFreeBuffer(algorithms), ERROR_SUCCESS);
    CHECK_STATUS(NCryptEnumAlgorithms(provider, NCRYPT_ASYMMETRIC_ENCRYPTION_OPERATION, &count, &algorithms, 0),
                 ERROR_SUCCESS);
    CHECK(count == 1 && utf16_equal(algorithms[0].pszName, u"RSA"));
    CHECK_STATUS(NCryptFreeBuffer(algorithms), ERROR_SUCCESS);
    CHECK_STATUS(NCryptEnumAlgorithms(provider, 0x80000000u, &count, &algorithms, 0), NTE_NOT_SUPPORTED);
    CHECK(count == 0 && algorithms == NULL);
    CHECK_STATUS(NCryptIsAlgSupported(provider, u"ECDSA-P256", 0), NTE_NOT_SUPPORTED);
    CHECK_STATUS(NCryptIsAlgSupported(provider, u"rsa", 0), NTE_NOT_SUPPORTED);
    free_handle(provider);
}

static void test_empty_enumeration(void)
{
    NCRYPT_PROV_HANDLE provider = open_provider();
    NCryptKeyName *name = NULL;
    PVOID state = NULL;

    CHECK_STATUS(NCryptEnumKeys(provider, NULL, &name, &state, NCRYPT_MACHINE_KEY_FLAG), NTE_NO_MORE_ITEMS);
    CHECK(name == NULL);
    CHECK_STATUS(NCryptEnumKeys(provider, NULL, &name, &state, NCRYPT_MACHINE_KEY_FLAG), NTE_NO_MORE_ITEMS);
    CHECK_STATUS(NCryptFreeBuffer(state), ERROR_SUCCESS);
    free_handle(provider);
}

#define KEYS 150 /* more than two pages */

/* Every key once, and a state holds its provider. */
static void test_enumeration(void)
{
    NCRYPT_PROV_HANDLE provider = open_provider();
    unsigned seen[KEYS] = {0}, total = 0;
    NCryptKeyName *name = NULL;
    PVOID state = NULL;

    for (WCHAR i = 0; i < KEYS; i++) {
        WCHAR text[] = {'k', (WCHAR)(0x4E00 + i), 0};

        free_handle(make_key(provider, i % 2 ? u"ECDSA_P256" : u"ECDSA_P384", text));
    }
    while (NCryptEnumKeys(provider, NULL, &name, &state, 0) == ERROR_SUCCESS) {
        unsigned i = name->pszName[1] - 0x4E00u;

        total++;
        if (CHECK(i < KEYS)) {
            seen[i]++;
            CHECK(utf16_equal(name->pszAlgid, i % 2 ? u"ECDSA_P256" : u"ECDSA_P384"));
        }
        CHECK(name->dwFlags == 0 && name->dwLegacyKeySpec == 0);
        CHECK_STATUS(NCryptFreeBuffer(name), ERROR_SUCCESS);
        CHECK_STATUS(NCryptFreeBuffer(name), NTE_INVALID_PARAMETER);
    }
    CHECK(total == KEYS);
    for (size_t i = 0; i < KEYS; i++) {
        CHECK(seen[i] == 1);
    }
    free_handle(provider);
    CHECK_STATUS(NCryptFreeBuffer(state), ERROR_SUCCESS);
}

static void test_wrong_state(void)
{
    NCRYPT_PROV_HANDLE provider = open_provider(), other = open_provider();
    NCryptKeyName *name = NULL;
    NCryptProviderName *list = NULL;
    PVOID state = NULL, made_up = &name;
    DWORD count = 0;

    CHECK_STATUS(NCryptEnumKeys(provider, NULL, &name, &state, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFreeBuffer(name), ERROR_SUCCESS);
    name = NULL;
    CHECK_STATUS(NCryptEnumKeys(other, NULL, &name, &state, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptEnumKeys(provider, NULL, &name, &state, NCRYPT_MACHINE_KEY_FLAG), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptEnumKeys(provider, NULL, &name, &made_up, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptEnumStorageProviders(&count, &list, 0), ERROR_SUCCESS);
    made_up = list;
    CHECK_STATUS(NCryptEnumKeys(provider, NULL, &name, &made_up, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptFreeBuffer(list), ERROR_SUCCESS);
    CHECK(name == NULL);
    CHECK_STATUS(NCryptFreeBuffer(state), ERROR_SUCCESS); /* also when the enumeration has not ended */
    CHECK_STATUS(NCryptEnumKeys(provider, NULL, &name, &state, 0), NTE_INVALID_PARAMETER);
    free_handle(other);
    free_handle(provider);
}

static _Atomic bool stop;

static void *churn(void *unused)
{
    while (!atomic_load(&stop)) {
        if (NCryptFreeBuffer(buffer_alloc(BUFFER_LIST, 40, NULL)) != ERROR_SUCCESS) {
            abort();
        }
    }
    return unused;
}

static void test_threads_and_fork(void)
{
    void *own = buffer_alloc(BUFFER_LIST, 10, NULL);
    pthread_t threads[2];

    for (int i = 0; i < 2; i++) {
        CHECK(pthread_create(&threads[i], NULL, churn, NULL) == 0);
    }
    for (int i = 0; i < 50; i++) {
        pid_t pid = fork();

        if (pid == 0) {
            child_begins();
            CHECK(buffer_is(own, BUFFER_LIST));
            CHECK_STATUS(NCryptFreeBuffer(own), ERROR_SUCCESS);
            CHECK_STATUS(NCryptFreeBuffer(buffer_alloc(BUFFER_LIST, 10, NULL)), ERROR_SUCCESS);
            child_ends();
        }
        child_check(pid);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < 2; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    CHECK_STATUS(NCryptFreeBuffer(own), ERROR_SUCCESS);
}

int main(void)
{
    home_make();
    RUN(test_alloc);
    RUN(test_junk);
    RUN(test_many);
    RUN(test_lists);
    RUN(test_empty_enumeration);
    RUN(test_enumeration);
    RUN(test_wrong_state);
    RUN(test_threads_and_fork);
    check_no_handles();
    return test_result("buffer");
}
