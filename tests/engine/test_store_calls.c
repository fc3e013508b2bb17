/* SPDX-License-Identifier: MIT
 *
 * Every call of the store to the system, to SQLite and to libcrypto fails once: the store's call says so with the right
 * code or does without, nothing half-made is left, and the next call finds the store unharmed.
 */
#include "ncrypt/store/bulk.h"
#include "powercut_vfs.h"
#include "store_fixture.h"

#if defined(__linux__)

#include "store_calls.h"

#define IO       WIN32(ERROR_IO_DEVICE)
#define FULL     WIN32(ERROR_DISK_FULL)
#define BUSY     WIN32(ERROR_BUSY)
#define REPLACED WIN32(ERROR_PATH_NOT_FOUND)
#define READONLY WIN32(ERROR_WRITE_PROTECT)
#define CORRUPT  WIN32(ERROR_FILE_CORRUPT)
#define WRONG    NTE_INCORRECT_PASSWORD

/* What a call fails with, and what may come of that beside success; without codes: nothing. */
struct fault {
    enum call call;
    int code;
    SECURITY_STATUS statuses[3];
};

static const struct fault faults[] = {
    {CALL_malloc, ENOMEM, {NTE_NO_MEMORY}},
    {CALL_open, EMFILE, {NTE_SYS_ERR}},
    {CALL_open, EACCES, {NTE_PERM}},
    {CALL_read, EIO, {IO}},
    {CALL_read, EINTR, {0}},
    {CALL_read, CALLS_SHORT, {0}},
    {CALL_write, ENOSPC, {FULL}},
    {CALL_write, EINTR, {0}},
    {CALL_write, CALLS_SHORT, {0}},
    {CALL_fsync, EIO, {IO}},
    {CALL_fsync, EINVAL, {NTE_SYS_ERR}}, /* of a file; of a folder it means that there is no need */
    {CALL_close, EIO, {IO}},
    {CALL_fchmod, EPERM, {NTE_PERM}},
    {CALL_chmod, EPERM, {NTE_PERM}},
    {CALL_mkdir, EACCES, {NTE_PERM}},
    {CALL_link, EIO, {IO}},
    {CALL_rename, EIO, {IO}},
    {CALL_stat, EACCES, {NTE_PERM, REPLACED}},
    {CALL_stat, ENOTDIR, {NTE_SYS_ERR, REPLACED, NTE_BAD_KEYSET}},
    {CALL_lstat, EACCES, {NTE_PERM}},
    {CALL_faccessat, EACCES, {READONLY}},
    {CALL_statfs, EIO, {IO}},
    {CALL_mkostemp, ENOSPC, {FULL}},
    {CALL_getcwd, EACCES, {NTE_PERM}},
    {CALL_sqlite3_threadsafe, 0, {NTE_PROVIDER_DLL_FAIL}},
    {CALL_sqlite3_open_v2, SQLITE_NOMEM, {NTE_NO_MEMORY}},
    {CALL_sqlite3_db_config, SQLITE_ERROR, {NTE_PROVIDER_DLL_FAIL}},
    {CALL_sqlite3_prepare_v2, SQLITE_NOMEM, {NTE_NO_MEMORY}},
    {CALL_sqlite3_prepare_v3, SQLITE_NOMEM, {NTE_NO_MEMORY}},
    {CALL_sqlite3_bind_blob, SQLITE_NOMEM, {NTE_NO_MEMORY}},
    {CALL_sqlite3_bind_text, SQLITE_NOMEM, {NTE_NO_MEMORY}},
    {CALL_sqlite3_bind_int64, SQLITE_NOMEM, {NTE_NO_MEMORY}},
    {CALL_sqlite3_exec, SQLITE_NOMEM, {NTE_NO_MEMORY}},
    {CALL_sqlite3_step, SQLITE_IOERR_NOMEM, {NTE_NO_MEMORY}},
    {CALL_sqlite3_step, SQLITE_BUSY, {BUSY}},
    {CALL_sqlite3_step, SQLITE_PERM, {NTE_PERM}},
    {CALL_sqlite3_step, SQLITE_SCHEMA, {CORRUPT}},
    {CALL_sqlite3_column_text, 0, {0}},
    {CALL_sqlite3_wal_checkpoint_v2, SQLITE_BUSY, {0}},
    {CALL_sqlite3_backup_step, SQLITE_BUSY, {BUSY}},
    {CALL_libctx_get, 0, {NTE_PROVIDER_DLL_FAIL}},
    {CALL_libctx_digest, 0, {NTE_FAIL}},
    {CALL_libctx_random, 0, {NTE_FAIL}},
    {CALL_EVP_CIPHER_fetch, 0, {NTE_FAIL}},
    {CALL_EVP_CIPHER_CTX_new, 0, {NTE_FAIL}},
    {CALL_EVP_MD_CTX_new, 0, {NTE_FAIL}},
    {CALL_EVP_EncryptInit_ex2, 0, {NTE_FAIL}},
    {CALL_EVP_DecryptInit_ex2, 0, {NTE_FAIL}},
    {CALL_EVP_EncryptUpdate, 0, {NTE_FAIL}},
    {CALL_EVP_DecryptUpdate, 0, {NTE_FAIL}},
    {CALL_EVP_EncryptFinal_ex, 0, {NTE_FAIL}},
    {CALL_EVP_CIPHER_CTX_ctrl, 0, {NTE_FAIL}},
    {CALL_EVP_DigestInit_ex2, 0, {NTE_FAIL}},
    {CALL_EVP_DigestUpdate, 0, {NTE_FAIL}},
    {CALL_EVP_DigestFinal_ex, 0, {NTE_FAIL}},
    {CALL_EVP_Digest, 0, {NTE_FAIL}},
};

static const struct fault passphrase_faults[] = {
    {CALL_calloc, ENOMEM, {NTE_NO_MEMORY}},
    {CALL_read, EINTR, {0}},
    {CALL_read, EIO, {WRONG, IO}},
    {CALL_read, CALLS_SHORT, {0}},
    {CALL_libctx_get, 0, {NTE_PROVIDER_DLL_FAIL}},
    {CALL_libctx_random, 0, {NTE_FAIL}},
    {CALL_EVP_KDF_fetch, 0, {NTE_FAIL}},
    {CALL_EVP_KDF_CTX_new, 0, {NTE_FAIL}},
    {CALL_EVP_KDF_derive, 0, {NTE_FAIL}},
    {CALL_EVP_CIPHER_fetch, 0, {NTE_FAIL}},
    {CALL_EVP_Digest, 0, {NTE_FAIL}},
};

static const struct fault *present;
static unsigned failures;

/* Success, or what the fault may lead to, after it has struck. */
static bool fine(SECURITY_STATUS status, const char *what)
{
    bool known = status == ERROR_SUCCESS;

    for (size_t i = 0; i < 3 && present->statuses[i] != ERROR_SUCCESS; i++) {
        known = known || (calls.struck && status == present->statuses[i]);
    }
    if (!CHECK(known)) {
        fprintf(stderr, "%s, call %d with %d after %u: 0x%08X\n", what, (int)present->call, present->code, calls.skip,
                (unsigned)status);
    }
    failures += status != ERROR_SUCCESS;
    return status == ERROR_SUCCESS;
}

static SECURITY_STATUS change_policy(struct store_record *record, void *context)
{
    (void)context;
    record->export_policy = 9;
    return ERROR_SUCCESS;
}

static void use_keys(struct store *store)
{
    struct store_record kept = {.id = 0}, made, page[4];
    size_t count = 0;
    WCHAR unique[65];

    if (fine(read_key(store, "kept", &kept), "read")) {
        fine(store_modify(store, kept.id, change_policy, NULL), "modify");
    }
    store_record_clear(&kept);
    if (fine(store_unique_name(store, u"kept", STORE_SLOT_KEY, unique), "unique_name")) {
        fine(store_read_unique(store, unique, &kept), "unique");
        store_record_clear(&kept);
    }
    fine(store_exists(store, u"kept", STORE_SLOT_KEY), "exists");
    fill_record(&made, "new", "payload");
    if (fine(store_create(store, &made, true), "create")) {
        fine(store_list(store, 0, page, 4, &count), "list");
        fine(store_create(store, &made, true), "overwrite");
        fine(store_delete(store, made.id), "delete");
    }
    store_record_clear(&made);
}

static void add_in_bulk(struct store *store)
{
    struct store_bulk bulk;
    struct store_record record;
    SECURITY_STATUS status;

    if (!fine(store_bulk_begin(store, &bulk), "bulk")) {
        return;
    }
    fill_record(&record, "bulk", "payload");
    status = store_bulk_add(&bulk, &record);
    fine(status, "bulk add");
    fine(store_bulk_end(&bulk, NTE_FAIL) == NTE_FAIL ? ERROR_SUCCESS : NTE_FAIL, "bulk end"); /* thrown away */
    store_record_clear(&record);
}

static const char *folder, *copy, *fresh;

/* Whatever a store can be asked for. */
static void use_everything(void)
{
    struct store *store = NULL;
    struct store_info info;
    uint64_t checked = 0;
    char *own = NULL;

    if (fine(store_folder(STORE_USER, &own), "folder")) {
        CHECK(strstr(own, "/below/user") != NULL);
        free(own);
    }
    if (fine(store_acquire(STORE_USER, fresh, true, &store), "make")) {
        close_store(store);
    }
    if (fine(store_acquire(STORE_USER, folder, true, &store), "acquire")) {
        use_keys(store);
        add_in_bulk(store);
        fine(store_info(store, &info), "info");
        fine(store_check(store, NULL, NULL, &checked), "check");
        fine(store_backup(store, copy), "backup");
        fine(store_rekey(store, NULL, 0), "rekey");
        close_store(store);
    }
}

static void use_passphrase(void)
{
    struct store *store = NULL;

    if (fine(store_acquire(STORE_USER, folder, true, &store), "acquire")) {
        fine(store_rekey(store, "secret", 6), "rekey");
        close_store(store);
    }
}

static unsigned count_files(const char *path)
{
    DIR *list = opendir(path);
    unsigned count = 0;

    while (list && readdir(list)) {
        count++;
    }
    if (list) {
        closedir(list);
    }
    return count;
}

static void expect_unharmed(unsigned files)
{
    struct store *store = open_store(folder);
    uint64_t checked = 0;

    CHECK_STATUS(expect_key(store, "kept", "x"), ERROR_SUCCESS);
    CHECK_STATUS(expect_key(store, "bulk", NULL), NTE_BAD_KEYSET);
    CHECK_STATUS(create_key(store, "new", "y", true), ERROR_SUCCESS);
    CHECK_STATUS(store_check(store, NULL, NULL, &checked), ERROR_SUCCESS);
    CHECK(checked == 2 && count_files(folder) == files);
    close_store(store);
    if (access(fresh, F_OK) == 0) { /* a store that was begun can be finished */
        CHECK_STATUS(try_open(fresh, true), ERROR_SUCCESS);
        remove_tree(fresh);
    }
    if (access(copy, F_OK) == 0) { /* a copy is whole, or it is not there */
        CHECK_STATUS(try_open(copy, false), ERROR_SUCCESS);
        remove_tree(copy);
    }
}

static void sweep(const struct fault *list, size_t count, void (*use)(void))
{
    unsigned files = count_files(folder), rounds = 0, all = 0;

    for (present = list; present < list + count; present++) {
        bool struck = true;
        unsigned skip = 0;

        failures = 0;
        for (; struck && skip < 1000; skip++) {
            calls_fail(present->call, skip, present->code, false);
            use();
            struck = calls_end();
            registry_close_unused();
            expect_unharmed(files);
        }
        CHECK(skip > 1 && skip < 1000);
        CHECK((failures > 0) == (present->statuses[0] != ERROR_SUCCESS));
        rounds += skip - 1;
        all += failures;
    }
    printf("  %u calls of %zu kinds failed, of the store's %u\n", rounds, count, all);
}

static void test_every_call_fails(void)
{
    struct store *store = open_store(folder);

    CHECK_STATUS(create_key(store, "kept", "x", false), ERROR_SUCCESS);
    close_store(store);
    setenv("NCRYPT_EXT_HOME", "below", 1);
    maintenance_commit_limit = 3;
    sweep(faults, sizeof(faults) / sizeof(faults[0]), use_everything);
    maintenance_commit_limit = MAINTENANCE_LIMIT;
}

static void test_every_call_fails_with_a_passphrase(void)
{
    const char *path = scratch_path("passphrase");
    struct store *store = open_store(folder);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    CHECK(fd >= 0 && write(fd, "secret\n", 7) == 7 && close(fd) == 0);
    setenv("NCRYPT_EXT_PASSPHRASE_FILE", path, 1);
    CHECK_STATUS(store_rekey(store, "secret", 6), ERROR_SUCCESS);
    close_store(store);
    sweep(passphrase_faults, sizeof(passphrase_faults) / sizeof(passphrase_faults[0]), use_passphrase);
}

int main(void)
{
    scratch_make();
    folder = scratch_path("store");
    copy = scratch_path("copy");
    fresh = scratch_path("some/where/fresh");
    powercut_install(); /* for speed: it does not sync */
    RUN(test_every_call_fails);
    RUN(test_every_call_fails_with_a_passphrase);
    powercut_remove();
    scratch_remove();
    return test_result("store_calls");
}

#else

int main(void)
{
    CHECK(true); /* other linkers cannot replace functions by name */
    return test_result("store_calls");
}

#endif
