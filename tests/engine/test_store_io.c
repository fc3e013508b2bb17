/* SPDX-License-Identifier: MIT
 *
 * Input and output of the key store: how often it syncs, and what happens when any single call fails.
 */
#include <errno.h>

#include "powercut_vfs.h"
#include "store_fixture.h"

static void test_one_sync_per_create(void)
{
    const uint32_t limit = maintenance_commit_limit;
    struct store *store;
    unsigned ones = 0, checkpoints = 0;
    char name[32];

    powercut_install();
    store = open_store(scratch_path("syncs"));
    maintenance_commit_limit = 200;
    for (int i = 0; i < 400; i++) {
        unsigned before, after;

        snprintf(name, sizeof(name), "key-%d", i);
        before = powercut_count(POWERCUT_SYNC);
        CHECK_STATUS(create_key(store, name, "some payload", i % 7 == 0), ERROR_SUCCESS);
        after = powercut_count(POWERCUT_SYNC);
        if (after - before == 1) {
            ones++;
        } else { /* only when the log was emptied, and that is paid for at once */
            CHECK(store->writer->wal_pages < 10);
            checkpoints++;
        }
    }
    CHECK(ones + checkpoints == 400 && checkpoints >= 2 && checkpoints <= 8);
    maintenance_commit_limit = UINT32_MAX;
    store->checkpoint_at = UINT32_MAX;
    for (int i = 0; i < 400; i++) {
        unsigned before = powercut_count(POWERCUT_SYNC);

        snprintf(name, sizeof(name), "key-%d", i);
        if (i % 2 == 0) {
            CHECK_STATUS(create_key(store, name, "another payload", true), ERROR_SUCCESS);
        } else {
            CHECK_STATUS(store_delete(store, id_of(store, name)), ERROR_SUCCESS);
        }
        CHECK(powercut_count(POWERCUT_SYNC) - before == 1);
    }
    close_store(store);
    powercut_remove();
    maintenance_commit_limit = limit;
}

static void test_reading_and_refusing_do_not_sync(void)
{
    struct store *store;
    unsigned before, writes;

    powercut_install();
    store = open_store(scratch_path("reads"));
    CHECK_STATUS(create_key(store, "one", "x", false), ERROR_SUCCESS);
    before = powercut_count(POWERCUT_SYNC);
    writes = powercut_count(POWERCUT_WRITE);
    CHECK_STATUS(create_key(store, "one", "x", false), NTE_EXISTS);
    CHECK_STATUS(expect_key(store, "one", "x"), ERROR_SUCCESS);
    CHECK_STATUS(store_delete(store, 12345), NTE_BAD_KEYSET);
    CHECK(powercut_count(POWERCUT_SYNC) == before && powercut_count(POWERCUT_WRITE) == writes);
    close_store(store);
    powercut_remove();
}

static long file_length(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 ? (long)info.st_size : -1;
}

static void test_log_is_emptied(void)
{
    const uint32_t limit = maintenance_commit_limit;
    const char *folder = scratch_path("log");
    struct store *store;
    char name[32];

    maintenance_commit_limit = UINT32_MAX; /* as a process that ended before it came to a checkpoint */
    powercut_install();
    store = open_store(folder);
    for (int i = 0; i < 450; i++) {
        snprintf(name, sizeof(name), "key-%d", i);
        CHECK_STATUS(create_key(store, name, "some payload", false), ERROR_SUCCESS);
    }
    CHECK(file_length(path_in(folder, "keys.db-wal")) > (MAINTENANCE_LIMIT + 1) * WAL_FRAME_SIZE);
    close_store(store);
    store = open_store(folder);
    CHECK(file_length(path_in(folder, "keys.db-wal")) <= MAINTENANCE_LIMIT * WAL_FRAME_SIZE);
    CHECK_STATUS(expect_key(store, "key-449", "some payload"), ERROR_SUCCESS);
    close_store(store);
    powercut_remove();
    maintenance_commit_limit = limit;
}

/* Once it has its length the log is written over: no commit but the last before a checkpoint makes it longer. */
static void test_log_keeps_its_length(void)
{
    const char *folder = scratch_path("length");
    struct store *store;
    unsigned grown = 0;
    long longest = 0;
    char name[32];

    powercut_install();
    store = open_store(folder);
    for (int i = 0; i < 1600; i++) {
        long length;

        snprintf(name, sizeof(name), "key-%d", i);
        CHECK_STATUS(create_key(store, name, "some payload", false), ERROR_SUCCESS);
        length = file_length(path_in(folder, "keys.db-wal"));
        grown += i >= 600 && length > longest;
        longest = length > longest ? length : longest;
    }
    CHECK(grown <= 3);
    CHECK(longest >= MAINTENANCE_LIMIT * WAL_FRAME_SIZE && longest < (MAINTENANCE_LIMIT + 10) * WAL_FRAME_SIZE);
    close_store(store);
    powercut_remove();
}

/* A reader of another program that stays in an old state keeps the log from being emptied, which must not cost every
 * create an attempt. */
static void test_log_held_by_a_reader(void)
{
    const uint32_t limit = maintenance_commit_limit;
    const char *folder = scratch_path("held");
    sqlite3 *db = NULL;
    struct store *store;
    unsigned more = 0;
    char name[32];

    maintenance_commit_limit = 40;
    powercut_install();
    store = open_store(folder);
    CHECK_STATUS(create_key(store, "first", "x", false), ERROR_SUCCESS);
    CHECK(sqlite3_open_v2(path_in(folder, "keys.db"), &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK);
    CHECK(sqlite3_exec(db, "BEGIN; SELECT count(*) FROM keys", NULL, NULL, NULL) == SQLITE_OK);
    for (int i = 0; i < 100; i++) {
        unsigned before = powercut_count(POWERCUT_SYNC);

        snprintf(name, sizeof(name), "key-%d", i);
        CHECK_STATUS(create_key(store, name, "some payload", false), ERROR_SUCCESS);
        more += powercut_count(POWERCUT_SYNC) - before != 1;
    }
    CHECK(more > 0 && more <= 40);
    sqlite3_close_v2(db);
    close_store(store);
    powercut_remove();
    maintenance_commit_limit = limit;
}

/* ---- every call fails once ---- */

struct fault {
    enum powercut_call call;
    int code, error;
    SECURITY_STATUS named;
};

static const struct fault faults[] = {
    {POWERCUT_WRITE, SQLITE_FULL, ENOSPC, WIN32(ERROR_DISK_FULL)},
    {POWERCUT_WRITE, SQLITE_IOERR_WRITE, EIO, WIN32(ERROR_IO_DEVICE)},
    {POWERCUT_WRITE, SQLITE_IOERR_WRITE, EDQUOT, WIN32(ERROR_DISK_FULL)},
    {POWERCUT_SYNC, SQLITE_IOERR_FSYNC, EIO, WIN32(ERROR_IO_DEVICE)},
    {POWERCUT_SYNC, SQLITE_IOERR_FSYNC, ENOSPC, WIN32(ERROR_DISK_FULL)},
    {POWERCUT_READ, SQLITE_IOERR_READ, EIO, WIN32(ERROR_IO_DEVICE)},
    {POWERCUT_READ, SQLITE_IOERR_CORRUPTFS, EIO, WIN32(ERROR_FILE_CORRUPT)},
    {POWERCUT_OPEN, SQLITE_CANTOPEN, EMFILE, WIN32(ERROR_IO_DEVICE)},
    {POWERCUT_OPEN, SQLITE_CANTOPEN, EACCES, NTE_PERM},
    {POWERCUT_OPEN, SQLITE_NOMEM, 0, NTE_NO_MEMORY},
    {POWERCUT_SHM, SQLITE_IOERR_SHMMAP, EIO, WIN32(ERROR_IO_DEVICE)},
    {POWERCUT_SHM, SQLITE_IOERR_NOMEM, ENOMEM, NTE_NO_MEMORY},
    {POWERCUT_TRUNCATE, SQLITE_IOERR_TRUNCATE, EIO, WIN32(ERROR_IO_DEVICE)},
    {POWERCUT_DELETE, SQLITE_IOERR_DELETE, EIO, WIN32(ERROR_IO_DEVICE)},
};

static SECURITY_STATUS change_policy(struct store_record *record, void *context)
{
    (void)context;
    record->export_policy = 9;
    return ERROR_SUCCESS;
}

/* Expects success, or the fault's own code if the fault has struck. What the system said is not always known by the
 * time SQLite reports, so that an input/output error may also come as just that. */
static void expected(SECURITY_STATUS status, const struct fault *fault)
{
    bool io = (fault->code & 0xFF) == SQLITE_IOERR || (fault->code & 0xFF) == SQLITE_CANTOPEN;
    bool named = status == fault->named || (io && status == WIN32(ERROR_IO_DEVICE));

    if (!CHECK(status == ERROR_SUCCESS || (powercut_failed() && named))) {
        fprintf(stderr, "call %d, code %d: 0x%08X\n", (int)fault->call, fault->code, (unsigned)status);
    }
}

/* Opens, reads, creates, overwrites, changes and deletes while the fault may strike; then all must be well. */
static void strike(const char *folder, const struct fault *fault)
{
    struct store *store = NULL;
    SECURITY_STATUS status = store_acquire(STORE_USER, folder, true, &store), created, overwritten, deleted;
    struct store_record record = {.id = 0};
    int64_t id = 0;

    expected(status, fault);
    if (status != ERROR_SUCCESS) {
        return;
    }
    status = read_key(store, "kept", &record);
    expected(status == NTE_BAD_KEYSET ? ERROR_SUCCESS : status, fault);
    id = record.id;
    store_record_clear(&record);
    created = create_key(store, "new", "created", true);
    expected(created, fault);
    overwritten = create_key(store, "kept", "overwritten", true);
    expected(overwritten, fault);
    status = store_modify(store, id, change_policy, NULL);
    CHECK(status != ERROR_SUCCESS || overwritten != ERROR_SUCCESS);
    deleted = id ? store_delete(store, id) : NTE_BAD_KEYSET;
    expected(deleted == NTE_BAD_KEYSET ? ERROR_SUCCESS : deleted, fault);
    powercut_no_failure();
    status = expect_key(store, "new", "created");
    CHECK(status == ERROR_SUCCESS || (status == NTE_BAD_KEYSET && created != ERROR_SUCCESS));
    status = expect_key(store, "kept", overwritten == ERROR_SUCCESS ? "overwritten" : NULL);
    CHECK(status == ERROR_SUCCESS || (status == NTE_BAD_KEYSET && overwritten != ERROR_SUCCESS));
    CHECK_STATUS(create_key(store, "kept", "original", true), ERROR_SUCCESS);
    close_store(store);
}

static void sweep(const struct fault *fault, bool fresh, bool lasting)
{
    static char folder[300];
    uint64_t checked = 0;
    unsigned skip = 0;

    snprintf(folder, sizeof(folder), "%s/sweep", scratch);
    for (; skip < 500; skip++) {
        struct store *store;
        bool struck;

        if (fresh) {
            remove_tree(folder);
        }
        powercut_fail(fault->call, skip, fault->code, fault->error, lasting);
        strike(folder, fault);
        registry_close_unused();
        struck = powercut_failed();
        powercut_no_failure();
        store = open_store(folder);
        CHECK_STATUS(store_check(store, NULL, NULL, &checked), ERROR_SUCCESS);
        close_store(store);
        if (!struck) {
            break;
        }
    }
    CHECK(skip < 500);
    remove_tree(folder);
}

static void test_every_call_fails(void)
{
    const uint32_t limit = maintenance_commit_limit;

    maintenance_commit_limit = 12; /* checkpoints fail too, which is nobody's failure */
    powercut_install();
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        sweep(&faults[i], false, false);
        sweep(&faults[i], true, false);
        sweep(&faults[i], false, true);
    }
    powercut_remove();
    maintenance_commit_limit = limit;
}

static void test_disk_full(void)
{
    struct store *store;

    powercut_install();
    store = open_store(scratch_path("full"));
    CHECK_STATUS(create_key(store, "kept", "x", false), ERROR_SUCCESS);
    powercut_fail(POWERCUT_WRITE, 0, SQLITE_FULL, ENOSPC, true);
    CHECK_STATUS(create_key(store, "new", "y", false), WIN32(ERROR_DISK_FULL));
    CHECK(says(WIN32(ERROR_DISK_FULL), "keys.db"));
    CHECK_STATUS(create_key(store, "kept", "y", true), WIN32(ERROR_DISK_FULL));
    CHECK_STATUS(expect_key(store, "kept", "x"), ERROR_SUCCESS);
    CHECK_STATUS(expect_key(store, "new", NULL), NTE_BAD_KEYSET);
    powercut_no_failure();
    CHECK_STATUS(create_key(store, "new", "y", false), ERROR_SUCCESS);
    close_store(store);
    powercut_remove();
}

int main(void)
{
    scratch_make();
    RUN(test_one_sync_per_create);
    RUN(test_reading_and_refusing_do_not_sync);
    RUN(test_log_is_emptied);
    RUN(test_log_keeps_its_length);
    RUN(test_log_held_by_a_reader);
    RUN(test_every_call_fails);
    RUN(test_disk_full);
    scratch_remove();
    return test_result("store_io");
}
