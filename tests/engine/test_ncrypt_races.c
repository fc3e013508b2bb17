/* SPDX-License-Identifier: MIT
 *
 * Properties, and what a key is made from, changed by several threads at once.
 */
#include "common/utf16.h"
#include "thread_support.h"

/* ---- properties ---- */

static const WCHAR *const texts[THREADS] = {u"a", u"bbbbbbbbbb", u"ccccccccccccccccccccccccccccccccccccccccccccc"};

static bool is_whole(const WCHAR *value, DWORD size)
{
    bool found = size == 0;

    for (size_t i = 0; i < THREADS; i++) {
        size_t length = (utf16_length(texts[i], 100) + 1) * 2;

        found = found || (size == length && memcmp(value, texts[i], length) == 0);
    }
    return found;
}

static void *set_and_get(void *number)
{
    static const WCHAR *const names[] = {u"Use Context", u"custom", u"other"};
    const WCHAR *own = texts[(uintptr_t)number];
    WCHAR value[64];

    for (int i = 0; i < 1500; i++) {
        const WCHAR *name = names[i % 3];
        DWORD size = 0;
        SECURITY_STATUS status = set_bytes(atomic_load(&current), name, own, (utf16_length(own, 100) + 1) * 2, 0);

        if (status != ERROR_SUCCESS) {
            note_wrong(status);
        }
        status = NCryptGetProperty(atomic_load(&current), name, (PBYTE)value, sizeof value, &size, 0);
        if (status != ERROR_SUCCESS || !is_whole(value, size)) {
            note_wrong(status);
        }
    }
    return NULL;
}

static void test_properties(void)
{
    pthread_t threads[THREADS];

    current = make_key(provider, u"ECDSA_P256", NULL);
    start(threads, THREADS, set_and_get);
    finish(threads, THREADS);
    free_handle(current);
}

static void *set_persisted(void *number)
{
    WCHAR name[] = {'p', (WCHAR)('0' + (int)(uintptr_t)number), 0};

    for (uint32_t i = 0; i < 30; i++) {
        NCRYPT_KEY_HANDLE key = 0;
        SECURITY_STATUS status = NCryptOpenKey(provider, &key, u"shared", 0, 0);

        if (status == ERROR_SUCCESS) {
            status = set_dword(key, name, i, NCRYPT_PERSIST_FLAG);
        }
        if (status != ERROR_SUCCESS || NCryptFreeObject(key) != ERROR_SUCCESS) {
            note_wrong(status);
        }
    }
    return NULL;
}

/* Nobody's value is lost, though each has a handle and a view of its own. */
static void test_persisted_properties(void)
{
    NCRYPT_KEY_HANDLE key = make_key(provider, u"ECDSA_P256", u"shared");
    pthread_t threads[THREADS];

    start(threads, THREADS, set_persisted);
    finish(threads, THREADS);
    free_handle(key);
    key = open_key(provider, u"shared");
    for (int i = 0; i < THREADS; i++) {
        WCHAR name[] = {'p', (WCHAR)('0' + i), 0};
        DWORD value = 0;

        CHECK_STATUS(get_dword(key, name, &value), ERROR_SUCCESS);
        CHECK(value == 29);
    }
    CHECK_STATUS(sign_and_verify(key), ERROR_SUCCESS);
    CHECK_STATUS(NCryptDeleteKey(key, 0), ERROR_SUCCESS);
}

/* ---- what a key is made from, changed while it is made ---- */

static uint8_t blob[200];
static DWORD blob_size;

static void *set_blob(void *unused)
{
    while (!atomic_load(&stop)) {
        NCRYPT_KEY_HANDLE key = atomic_load(&current);
        SECURITY_STATUS status = set_bytes(key, u"ECCPRIVATEBLOB", blob, blob_size, 0);

        if (status != ERROR_SUCCESS && status != NTE_BAD_KEY_STATE && status != NTE_INVALID_HANDLE) {
            note_wrong(status);
        }
        status = set_dword(key, u"Export Policy", NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG, 0);
        if (status != ERROR_SUCCESS && status != NTE_BAD_KEY_STATE && status != NTE_INVALID_HANDLE) {
            note_wrong(status);
        }
        note_worked();
        await_other(NCryptIsKeyHandle(key) ? 0 : key);
    }
    return unused;
}

static void test_blob_while_finalizing(void)
{
    NCRYPT_KEY_HANDLE key = begin_key(provider, u"ECDSA_P256", NULL, 0);
    pthread_t threads[2];

    CHECK_STATUS(set_dword(key, u"Export Policy", NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFinalizeKey(key, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptExportKey(key, 0, u"ECCPRIVATEBLOB", NULL, blob, sizeof blob, &blob_size, 0), ERROR_SUCCESS);
    free_handle(key);
    atomic_store(&current, 0);
    start(threads, 2, set_blob);
    for (int i = 0; i < (SLOW_BUILD ? 200 : 1000); i++) {
        key = begin_key(provider, u"ECDSA_P256", NULL, 0);
        announce(key, false);
        await((unsigned)i % 3);
        CHECK_STATUS(NCryptFinalizeKey(key, 0), ERROR_SUCCESS);
        CHECK_STATUS(sign_and_verify(key), ERROR_SUCCESS);
        free_handle(key);
    }
    finish(threads, 2);
}

int main(void)
{
    home_make();
    provider = open_provider();
    RUN(test_properties);
    RUN(test_persisted_properties);
    RUN(test_blob_while_finalizing);
    free_handle(provider);
    check_no_handles();
    return test_result("ncrypt_races");
}
