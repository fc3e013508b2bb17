/* SPDX-License-Identifier: MIT
 *
 * Passphrases and master key files that are meant to lock somebody out, or up.
 */
#include "common/libctx.h"
#include "store_fixture.h"

static const char *folder;
static SECURITY_STATUS inner; /* what the callback got when it used a store */
static NCRYPT_KEY_HANDLE looked_at;
static DWORD seen;

static size_t give(char *out, size_t size)
{
    CHECK(size >= 2);
    memcpy(out, "pw", 2);
    return 2;
}

static size_t use_the_store(void *context, const char *asked, char *out, size_t size)
{
    struct store *store = NULL;

    (void)context;
    CHECK(strcmp(asked, folder) == 0);
    inner = store_acquire(STORE_USER, folder, true, &store);
    store_release(store);
    return give(out, size);
}

static size_t look_at_the_key(void *context, const char *asked, char *out, size_t size)
{
    DWORD written = 0;

    (void)context;
    (void)asked;
    CHECK_STATUS(NCryptGetProperty(looked_at, NCRYPT_LENGTH_PROPERTY, (PBYTE)&seen, sizeof(seen), &written, 0),
                 ERROR_SUCCESS);
    return give(out, size);
}

/* A callback that keeps the passphrase in the store that it opens: an error, not a wait for itself. */
static void test_callback_that_uses_its_store(void)
{
    folder = scratch_path("inner");
    inner = ERROR_SUCCESS;
    store_set_passphrase(use_the_store, NULL);
    CHECK_STATUS(try_open(folder, true), ERROR_SUCCESS);
    CHECK_STATUS(inner, WIN32(ERROR_BUSY));
    CHECK_STATUS(try_open(folder, false), ERROR_SUCCESS);
    store_set_passphrase(NULL, NULL);
    CHECK_STATUS(try_open(folder, false), NTE_INCORRECT_PASSWORD);
}

static size_t fail(void *context, const char *asked, char *out, size_t size)
{
    (void)context;
    (void)asked;
    (void)out;
    (void)size;
    return SIZE_MAX;
}

/* No store without a passphrase is made because the one who knows it was disturbed. */
static void test_callback_that_fails(void)
{
    const char *path = scratch_path("failed");

    store_set_passphrase(fail, NULL);
    CHECK_STATUS(try_open(path, true), NTE_INCORRECT_PASSWORD);
    CHECK(access(path_in(path, STORE_MASTER_KEY), F_OK) != 0);
    store_set_passphrase(NULL, NULL);
}

/* The key that is being finalized can still be read meanwhile. */
static void test_callback_that_looks_at_the_key(void)
{
    NCRYPT_PROV_HANDLE provider = 0;

    setenv("NCRYPT_EXT_HOME", scratch_path("looked"), 1);
    CHECK_STATUS(NCryptOpenStorageProvider(&provider, NULL, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptCreatePersistedKey(provider, &looked_at, BCRYPT_ECDSA_P384_ALGORITHM, u"key", 0, 0),
                 ERROR_SUCCESS);
    store_set_passphrase(look_at_the_key, NULL);
    CHECK_STATUS(NCryptFinalizeKey(looked_at, 0), ERROR_SUCCESS);
    store_set_passphrase(NULL, NULL);
    CHECK(seen == 384);
    CHECK_STATUS(NCryptFreeObject(looked_at), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFreeObject(provider), ERROR_SUCCESS);
    unsetenv("NCRYPT_EXT_HOME");
}

/* What no source would give back must not become the passphrase: nobody could open the store again. */
static void test_passphrase_too_long(void)
{
    static char text[PASSPHRASE_MAX + 1];
    const char *path = scratch_path("long");
    const char *file = scratch_path("long.txt");
    struct store *store = open_store(path);
    FILE *out = fopen(file, "w");

    memset(text, 'x', sizeof(text));
    CHECK_STATUS(store_rekey(store, text, sizeof(text)), NTE_INVALID_PARAMETER);
    close_store(store);
    CHECK_STATUS(try_open(path, false), ERROR_SUCCESS);
    store = open_store(path);
    CHECK_STATUS(store_rekey(store, text, PASSPHRASE_MAX), ERROR_SUCCESS);
    close_store(store);
    CHECK_STATUS(try_open(path, false), NTE_INCORRECT_PASSWORD);
    CHECK(out != NULL && fwrite(text, PASSPHRASE_MAX, 1, out) == 1 && fclose(out) == 0);
    setenv("NCRYPT_EXT_PASSPHRASE_FILE", file, 1);
    CHECK_STATUS(try_open(path, false), ERROR_SUCCESS);
    unsetenv("NCRYPT_EXT_PASSPHRASE_FILE");
}

static bool exists(const char *folder_of_it, const char *name)
{
    return access(path_in(folder_of_it, name), F_OK) == 0;
}

/* What a killed process left of the key in the clear does not outlive a change of the passphrase; copies that somebody
 * has made do. */
static void test_rekey_removes_what_was_left(void)
{
    static const char *const kept[] = {"master.key.backup", "master.key.new", "master.key.new.backups",
                                       "keys.db.new.abcdef"};
    const char *path = scratch_path("left");
    struct store *store = open_store(path);

    CHECK(link(path_in(path, STORE_MASTER_KEY), path_in(path, "master.key.new.aB3dEf")) == 0);
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        CHECK_STATUS(file_touch(path_in(path, kept[i])), ERROR_SUCCESS);
    }
    CHECK_STATUS(store_rekey(store, "pw", 2), ERROR_SUCCESS);
    CHECK(!exists(path, "master.key.new.aB3dEf"));
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        CHECK(exists(path, kept[i]));
    }
    close_store(store);
}

/* The check sum of a master key file is no secret: its scrypt parameters may be anything. */
static SECURITY_STATUS open_with_scrypt(const char *path, uint64_t n, uint32_t r, uint32_t p)
{
    uint8_t data[1024];
    size_t size = 0;

    CHECK_STATUS(file_read(path_in(path, STORE_MASTER_KEY), data, sizeof(data), &size), ERROR_SUCCESS);
    put_u32(put_u32(put_u64(data + 48, n), r), p);
    CHECK_STATUS(seal_sha256(data, size - STORE_HASH_SIZE, data + size - STORE_HASH_SIZE), ERROR_SUCCESS);
    CHECK_STATUS(file_write(path, STORE_MASTER_KEY, data, size, true), ERROR_SUCCESS);
    return try_open(path, false);
}

static void test_scrypt_parameters(void)
{
    static const struct {
        uint64_t n;
        uint32_t r, p;
    } bad[] = {
        {0, 8, 1},
        {1, 8, 1},
        {32767, 8, 1},
        {65536, 1, 1}, /* N must be below 2^16 for r = 1 */
        {32768, 0, 1},
        {32768, 8, 0},
        {UINT64_MAX, 8, 1},
        {UINT64_C(1) << 63, 8, 1},
        {UINT64_C(1) << 32, 1, 1},
        {32768, UINT32_MAX, 1},
        {32768, 8, UINT32_MAX},
        {2, UINT32_MAX, UINT32_MAX},
    };
    const char *path = scratch_path("scrypt");
    struct store *store = open_store(path);

    CHECK_STATUS(store_rekey(store, "pw", 2), ERROR_SUCCESS);
    close_store(store);
    setenv("NCRYPT_EXT_PASSPHRASE_FILE", scratch_path("scrypt.txt"), 1);
    CHECK_STATUS(file_write(scratch, "scrypt.txt", (const uint8_t *)"pw", 2, false), ERROR_SUCCESS);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (!CHECK_STATUS(open_with_scrypt(path, bad[i].n, bad[i].r, bad[i].p), WIN32(ERROR_FILE_CORRUPT))) {
            fprintf(stderr, "N = %llu, r = %u, p = %u\n", (unsigned long long)bad[i].n, (unsigned)bad[i].r,
                    (unsigned)bad[i].p);
        }
    }
    CHECK_STATUS(open_with_scrypt(path, 1024, 8, 1), NTE_INCORRECT_PASSWORD);
    CHECK_STATUS(open_with_scrypt(path, 32768, 8, 1), ERROR_SUCCESS);
    unsetenv("NCRYPT_EXT_PASSPHRASE_FILE");
}

int main(void)
{
    alarm(120); /* what is tested here used to wait for ever */
    scratch_make();
    RUN(test_callback_that_uses_its_store);
    RUN(test_callback_that_fails);
    RUN(test_callback_that_looks_at_the_key);
    RUN(test_passphrase_too_long);
    RUN(test_rekey_removes_what_was_left);
    RUN(test_scrypt_parameters);
    scratch_remove();
    return test_result("attack_passphrase");
}
