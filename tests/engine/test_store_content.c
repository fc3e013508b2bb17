/* SPDX-License-Identifier: MIT
 *
 * Files and databases that are not what they should be in ways that test_store_fault.c and test_store_seal.c leave out,
 * failures half-way through an upgrade, and locks that are held.
 */
#include <pthread.h>
#include <semaphore.h>

#include "store_fixture.h"

#if defined(__linux__)

#include "store_calls.h"

#define CORRUPT WIN32(ERROR_FILE_CORRUPT)
#define BUSY    WIN32(ERROR_BUSY)

static const char *make_store(const char *name)
{
    const char *folder = scratch_path(name);
    struct store *store = open_store(folder);

    CHECK_STATUS(create_key(store, "kept", "x", false), ERROR_SUCCESS);
    close_store(store);
    return folder;
}

/* ---- rows --------------------------------------------------------------------------------------------------- */

/* Values that no flipped bit leads to; check() finds each. */
static void test_odd_rows(void)
{
    static const char *const edits[] = {
        "name = x''",         "name = zeroblob(522)",      "name = x'41000000'",
        "algorithm = x''",    "algorithm = zeroblob(130)", "payload = zeroblob(16777233)",
        "name_hash = 'text'", "name_hash = x'0102'",       "nonce = 'text'",
    };
    const char *folder = make_store("rows");

    for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
        struct store *store = open_store(folder);
        struct store_record page[4];
        size_t count = 0;
        uint64_t checked = 0;
        char sql[128];

        CHECK_STATUS(create_key(store, "odd", "y", true), ERROR_SUCCESS);
        snprintf(sql, sizeof(sql), "UPDATE keys SET %s WHERE id = %lld", edits[i], (long long)id_of(store, "odd"));
        CHECK(run_sql(folder, sql));
        if (!CHECK_STATUS(store_check(store, NULL, NULL, &checked), NTE_KEYSET_ENTRY_BAD)) {
            fprintf(stderr, "%s\n", edits[i]);
        }
        CHECK(checked == 2);
        CHECK_STATUS(store_list(store, 0, page, 4, &count), ERROR_SUCCESS);
        CHECK(count == (i < 3 ? 1 : 2)); /* without a name it is not shown */
        CHECK_STATUS(expect_key(store, "kept", "x"), ERROR_SUCCESS);
        CHECK(run_sql(folder, "DELETE FROM keys WHERE id = (SELECT max(id) FROM keys)"));
        close_store(store);
    }
}

static void test_longest_name(void)
{
    struct store *store = open_store(scratch_path("longest"));
    struct store_record record;
    WCHAR unique[65];

    fill_record(&record, "", "x");
    for (size_t i = 0; i < STORE_MAX_NAME; i++) {
        record.name[i] = (WCHAR)('a' + i % 26);
    }
    CHECK_STATUS(store_create(store, &record, false), ERROR_SUCCESS);
    CHECK_STATUS(store_unique_name(store, record.name, STORE_SLOT_KEY, unique), ERROR_SUCCESS);
    store_record_clear(&record);
    CHECK_STATUS(store_read_unique(store, unique, &record), ERROR_SUCCESS);
    CHECK(utf16_length(record.name, STORE_MAX_NAME + 1) == STORE_MAX_NAME);
    store_record_clear(&record);
    close_store(store);
}

static void test_seal_without_a_tag(void)
{
    struct sealer sealer;
    uint8_t data[32] = {0};

    CHECK_STATUS(sealer_init(&sealer, data), ERROR_SUCCESS);
    CHECK_STATUS(sealer_open(&sealer, data, data, 4, data, SEAL_TAG_SIZE - 1, data), NTE_BAD_DATA);
    sealer_clear(&sealer);
}

/* ---- the database ------------------------------------------------------------------------------------------- */

static void test_odd_databases(void)
{
    static const char *const edits[] = {
        "PRAGMA application_id = 0; PRAGMA user_version = 0", /* tables of who knows whom */
        "PRAGMA user_version = 0",
        "PRAGMA application_id = 1",
        "UPDATE meta SET value = x'' WHERE key = 'check'",
        "UPDATE meta SET value = x'00' WHERE key = 'id'",
    };

    for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
        const char *folder = make_store("database");

        CHECK(run_sql(folder, edits[i]));
        CHECK_STATUS(try_open(folder, true), CORRUPT);
        remove_tree(folder);
    }
}

/* A database of some size and without content: what an interrupted first use leaves. */
static void test_blank_database(void)
{
    const char *folder = make_store("blank");

    CHECK(run_sql(folder, "DROP TABLE keys; DROP TABLE meta; PRAGMA application_id = 0; PRAGMA user_version = 0;"
                          "PRAGMA wal_checkpoint(TRUNCATE)"));
    CHECK_STATUS(try_open(folder, false), NTE_BAD_KEYSET);
    calls.mounted = 1;
    CHECK_STATUS(try_open(folder, true), NTE_BAD_KEYSET);
    calls.mounted = 0;
    CHECK_STATUS(try_open(folder, true), ERROR_SUCCESS);
    CHECK_STATUS(try_open(folder, false), ERROR_SUCCESS);
}

/* ---- the master key file ------------------------------------------------------------------------------------ */

static size_t give_secret(void *context, const char *path, char *out, size_t size)
{
    (void)context;
    (void)path;
    memcpy(out, "secret", size < 6 ? size : 6);
    return 6;
}

/* Numbers for scrypt that ask for hours or terabytes or mean nothing, in a file whose check sum is right. */
static void test_excessive_parameters(void)
{
    static const struct {
        size_t at;
        uint32_t value;
        const char *says;
    } edits[] = {{52, 1, "too much"},   {56, 65, "too much"},         {60, 65, "too much"},  {48, 1u << 21, "too much"},
                 {48, 1, "impossible"}, {48, 3u << 13, "impossible"}, {56, 0, "impossible"}, {60, 0, "impossible"}};
    const char *folder = make_store("parameters"), *path = path_in(folder, "master.key");
    struct store *store = open_store(folder);
    uint8_t data[256], odd[256];
    size_t size = 0;

    store_set_passphrase(give_secret, NULL);
    CHECK_STATUS(store_rekey(store, "secret\r", 7), NTE_INVALID_PARAMETER);
    CHECK_STATUS(store_rekey(store, "secret", 6), ERROR_SUCCESS);
    close_store(store);
    path = path_in(folder, "master.key");
    CHECK_STATUS(file_read(path, data, sizeof(data), &size), ERROR_SUCCESS);
    for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
        memcpy(odd, data, size);
        put_u32(odd + edits[i].at, edits[i].value);
        CHECK_STATUS(seal_sha256(odd, size - 32, odd + size - 32), ERROR_SUCCESS);
        CHECK_STATUS(file_write(folder, "master.key", odd, size, true), ERROR_SUCCESS);
        CHECK_STATUS(try_open(folder, true), CORRUPT);
        CHECK(says(CORRUPT, edits[i].says));
    }
    memcpy(odd, data, size);
    put_u32(put_u32(odd + 48, 1u << 16) + 4, 1); /* with r = 1, n has to be smaller */
    CHECK_STATUS(seal_sha256(odd, size - 32, odd + size - 32), ERROR_SUCCESS);
    CHECK_STATUS(file_write(folder, "master.key", odd, size, true), ERROR_SUCCESS);
    CHECK_STATUS(try_open(folder, true), CORRUPT);
    CHECK_STATUS(file_write(folder, "master.key", data, size, true), ERROR_SUCCESS);
    CHECK_STATUS(try_open(folder, true), ERROR_SUCCESS);
    store_set_passphrase(NULL, NULL);
}

/* ---- upgrades ----------------------------------------------------------------------------------------------- */

static SECURITY_STATUS add_column(struct connection *connection)
{
    return connection_exec(connection, "ALTER TABLE keys ADD COLUMN extra BLOB", "step 1");
}

static const schema_step steps[] = {add_column};
static const struct schema second = {2, steps};

/* An upgrade that fails anywhere has not happened, or only what comes after it has failed; the next attempt is fine. */
static void fail_upgrade(enum call call, int code)
{
    const struct schema *original = schema_current;
    unsigned skip = 0, untouched = 0;
    bool struck = true;

    for (; struck && skip < 1000; skip++) {
        const char *folder = path_in(scratch, "upgrade");
        struct store *store = open_store(folder);
        SECURITY_STATUS status;

        CHECK_STATUS(create_key(store, "kept", "x", false), ERROR_SUCCESS);
        close_store(store);
        schema_current = &second;
        calls_fail(call, skip, code, false);
        status = try_open(folder, false);
        struck = calls_end();
        CHECK(status == ERROR_SUCCESS || (struck && status == NTE_NO_MEMORY));
        if (status != ERROR_SUCCESS) {
            schema_current = original;
            status = try_open(folder, false);
            CHECK(status == ERROR_SUCCESS || status == NTE_BAD_VER);
            untouched += status == ERROR_SUCCESS;
            schema_current = &second;
        }
        store = open_store(folder);
        CHECK_STATUS(expect_key(store, "kept", "x"), ERROR_SUCCESS);
        close_store(store);
        schema_current = original;
        CHECK_STATUS(try_open(folder, false), NTE_BAD_VER);
        remove_tree(folder);
    }
    CHECK(untouched > 1 && skip < 1000);
}

static void test_upgrade_fails(void)
{
    fail_upgrade(CALL_sqlite3_step, SQLITE_NOMEM);
    fail_upgrade(CALL_sqlite3_exec, SQLITE_NOMEM);
    fail_upgrade(CALL_malloc, ENOMEM);
    fail_upgrade(CALL_calloc, ENOMEM);
}

static void test_upgrade_of_a_read_only_store(void)
{
    const struct schema *original = schema_current;
    const char *folder = make_store("reading");

    schema_current = &second;
    calls.mounted = 1;
    CHECK_STATUS(try_open(folder, false), WIN32(ERROR_WRITE_PROTECT));
    CHECK(says(WIN32(ERROR_WRITE_PROTECT), "older"));
    calls.mounted = 0;
    schema_current = original;
    CHECK_STATUS(try_open(folder, false), ERROR_SUCCESS);
}

/* ---- held locks --------------------------------------------------------------------------------------------- */

static void test_lock_held(void)
{
    const char *folder = make_store("held");
    char *before = strdup(getenv("NCRYPT_EXT_LOCK_TIMEOUT_MS"));
    struct store *store;
    sqlite3 *db = NULL;

    CHECK(sqlite3_open(path_in(folder, "keys.db"), &db) == SQLITE_OK);
    CHECK(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK);
    setenv("NCRYPT_EXT_LOCK_TIMEOUT_MS", "500", 1); /* long enough for the long pauses between two attempts */
    store = open_store(folder);
    CHECK_STATUS(create_key(store, "new", "y", false), BUSY);
    CHECK(says(BUSY, "500 ms"));
    CHECK(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL) == SQLITE_OK && sqlite3_close(db) == SQLITE_OK);
    CHECK_STATUS(create_key(store, "new", "y", false), ERROR_SUCCESS);
    close_store(store);
    setenv("NCRYPT_EXT_LOCK_TIMEOUT_MS", before, 1);
    free(before);
}

static sem_t inside, go_on;

static SECURITY_STATUS stay(struct store_record *record, void *context)
{
    (void)context;
    record->flags = 1;
    sem_post(&inside);
    sem_wait(&go_on);
    return ERROR_SUCCESS;
}

static void *stay_inside(void *context)
{
    CHECK_STATUS(store_modify(context, id_of(context, "kept"), stay, NULL), ERROR_SUCCESS);
    return NULL;
}

/* A fork that has waited in vain for another thread: its child keeps away from the database, and so do that one's. */
static void test_fork_beside_a_stuck_thread(void)
{
    const char *folder = make_store("stuck");
    struct store *store = open_store(folder);
    pthread_t thread;
    pid_t child;

    CHECK(sem_init(&inside, 0, 0) == 0 && sem_init(&go_on, 0, 0) == 0);
    CHECK(pthread_create(&thread, NULL, stay_inside, store) == 0);
    CHECK(sem_wait(&inside) == 0);
    calls_fail(CALL_pthread_cond_timedwait, 0, ETIMEDOUT, true); /* the ten seconds are over at once */
    child = fork();
    if (child == 0) {
        pid_t grandchild;

        test_failures = 0;
        CHECK_STATUS(expect_key(store, "kept", "x"), BUSY);
        CHECK(says(BUSY, "forked"));
        grandchild = fork();
        if (grandchild == 0) {
            CHECK_STATUS(create_key(store, "new", "y", false), BUSY);
            child_end();
        }
        CHECK(child_ended_well(grandchild));
        child_end();
    }
    CHECK(calls_end());
    CHECK(child_ended_well(child));
    CHECK(sem_post(&go_on) == 0 && pthread_join(thread, NULL) == 0);
    CHECK_STATUS(expect_key(store, "kept", "x"), ERROR_SUCCESS);
    close_store(store);
}

int main(void)
{
    scratch_make();
    RUN(test_odd_rows);
    RUN(test_longest_name);
    RUN(test_seal_without_a_tag);
    RUN(test_odd_databases);
    RUN(test_blank_database);
    RUN(test_excessive_parameters);
    RUN(test_upgrade_fails);
    RUN(test_upgrade_of_a_read_only_store);
    RUN(test_lock_held);
    RUN(test_fork_beside_a_stuck_thread);
    scratch_remove();
    return test_result("store_content");
}

#else

int main(void)
{
    CHECK(true); /* other linkers cannot replace functions by name */
    return test_result("store_content");
}

#endif
