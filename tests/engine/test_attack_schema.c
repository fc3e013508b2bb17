/* SPDX-License-Identifier: MIT
 *
 * Databases whose tables somebody has exchanged: what is said to be stored is stored, and each refusal has its name.
 */
#include "store_fixture.h"

#define TAKE_OVER "INSERT INTO keys SELECT * FROM old; DROP TABLE old;"

static const char *path;

static void sql(const char *text)
{
    sqlite3 *db = NULL;
    char *error = NULL;

    CHECK(sqlite3_open(path_in(path, STORE_DATABASE), &db) == SQLITE_OK);
    if (!CHECK(sqlite3_exec(db, text, NULL, NULL, &error) == SQLITE_OK)) {
        fprintf(stderr, "%s: %s\n", text, error);
    }
    sqlite3_free(error);
    sqlite3_close(db);
}

/* Puts `rule` behind the columns of the table. */
static void exchange(const char *rule)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *query = NULL;
    char text[4096];

    CHECK(sqlite3_open(path_in(path, STORE_DATABASE), &db) == SQLITE_OK);
    CHECK(sqlite3_prepare_v2(db, "SELECT sql FROM sqlite_master WHERE name = 'keys'", -1, &query, NULL) == SQLITE_OK);
    CHECK(sqlite3_step(query) == SQLITE_ROW);
    snprintf(text, sizeof(text), "ALTER TABLE keys RENAME TO old; %.*s, %s); " TAKE_OVER,
             sqlite3_column_bytes(query, 0) - 1, (const char *)sqlite3_column_text(query, 0), rule);
    sqlite3_finalize(query);
    sqlite3_close(db);
    sql(text);
}

static SECURITY_STATUS create(struct store *store, const char *name)
{
    static const uint8_t payload[] = "some bytes";
    struct store_record record = {.payload = secmem_copy(payload, sizeof(payload)), .payload_size = sizeof(payload)};
    SECURITY_STATUS status;

    widen(name, record.name);
    widen("RSA", record.algorithm);
    status = store_create(store, &record, false);
    store_record_clear(&record);
    return status;
}

static SECURITY_STATUS touch(struct store_record *record, void *context)
{
    (void)context;
    record->key_usage ^= 1;
    return ERROR_SUCCESS;
}

static SECURITY_STATUS modify(struct store *store, const char *name)
{
    struct store_record record = {.id = 0};
    WCHAR wide[STORE_MAX_NAME + 1];
    SECURITY_STATUS status;

    widen(name, wide);
    status = store_read(store, wide, STORE_SLOT_KEY, &record);
    if (status == ERROR_SUCCESS) {
        status = store_modify(store, record.id, touch, NULL);
    }
    store_record_clear(&record);
    return status;
}

static void begin(const char *name)
{
    struct store *store = NULL;

    path = scratch_path(name);
    store = open_store(path);
    CHECK_STATUS(create(store, "twin"), ERROR_SUCCESS);
    CHECK_STATUS(modify(store, "twin"), ERROR_SUCCESS);
    CHECK_STATUS(create(store, "old"), ERROR_SUCCESS);
    close_store(store);
}

/* The old key stays what it was, and nothing is reported that did not happen. */
static void expect_refusals(void)
{
    struct store *store = open_store(path);
    struct store_record record = {.id = 0};
    WCHAR wide[STORE_MAX_NAME + 1];

    CHECK_STATUS(create(store, "new"), WIN32(ERROR_FILE_CORRUPT));
    CHECK_STATUS(modify(store, "old"), WIN32(ERROR_FILE_CORRUPT));
    widen("new", wide);
    CHECK_STATUS(store_exists(store, wide, STORE_SLOT_KEY), NTE_BAD_KEYSET);
    widen("old", wide);
    CHECK_STATUS(store_read(store, wide, STORE_SLOT_KEY, &record), ERROR_SUCCESS);
    CHECK(record.generation == 1);
    store_record_clear(&record);
    close_store(store);
}

static void test_ignored_writes(void)
{
    begin("ignore");
    exchange("UNIQUE (key_usage) ON CONFLICT IGNORE");
    expect_refusals();
}

static void test_check_constraint(void)
{
    begin("check");
    exchange("CHECK (name != x'6e0065007700' AND (name != x'6f006c006400' OR generation = 1))");
    expect_refusals();
}

int main(void)
{
    scratch_make();
    RUN(test_ignored_writes);
    RUN(test_check_constraint);
    scratch_remove();
    return test_result("attack_schema");
}
