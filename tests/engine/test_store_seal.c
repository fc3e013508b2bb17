/* SPDX-License-Identifier: MIT
 *
 * Rows of the key store that somebody has edited: no edit goes unnoticed, and none does harm to other keys.
 */
#include "store_fixture.h"

static const char *folder;
static struct store *store;
static sqlite3 *db;

static const char *const integers[] = {"id",    "length",  "export_policy", "key_usage", "legacy_spec",
                                       "flags", "created", "modified",      "generation"};
static const char *const blobs[] = {"name_hash", "name", "algorithm", "nonce", "payload"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void sql(const char *text)
{
    if (!CHECK(sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK)) {
        fprintf(stderr, "%s: %s\n", text, sqlite3_errmsg(db));
    }
}

/* Runs an UPDATE of the row that `id` has now with one value bound as ?1. */
static void set_value(const char *column, int64_t id, int64_t number, const void *blob, int size)
{
    sqlite3_stmt *update = NULL;
    char text[128];

    snprintf(text, sizeof(text), "UPDATE keys SET %s = ?1 WHERE id = ?2", column);
    CHECK(sqlite3_prepare_v2(db, text, -1, &update, NULL) == SQLITE_OK);
    if (blob != NULL) {
        sqlite3_bind_blob(update, 1, blob, size, SQLITE_TRANSIENT);
    } else {
        sqlite3_bind_int64(update, 1, number);
    }
    sqlite3_bind_int64(update, 2, id);
    CHECK(sqlite3_step(update) == SQLITE_DONE && sqlite3_changes(db) == 1);
    sqlite3_finalize(update);
}

/* The value of a column: a malloc'ed blob, or the number. */
static void get_value(const char *column, int64_t id, int64_t *number, uint8_t **blob, int *size)
{
    sqlite3_stmt *query = NULL;
    char text[128];

    snprintf(text, sizeof(text), "SELECT %s FROM keys WHERE id = ?1", column);
    CHECK(sqlite3_prepare_v2(db, text, -1, &query, NULL) == SQLITE_OK);
    sqlite3_bind_int64(query, 1, id);
    CHECK(sqlite3_step(query) == SQLITE_ROW);
    *number = sqlite3_column_int64(query, 0);
    *size = sqlite3_column_bytes(query, 0);
    *blob = malloc((size_t)*size + 1);
    memcpy(*blob, sqlite3_column_blob(query, 0), (size_t)*size);
    sqlite3_finalize(query);
}

/* Named error, nothing handed out; the others are untouched. */
static void expect_bad(const char *what, bool may_be_missing)
{
    struct store_record record = {.id = 0};
    SECURITY_STATUS status = read_key(store, "victim", &record);

    if (!CHECK(status == NTE_KEYSET_ENTRY_BAD || (may_be_missing && status == NTE_BAD_KEYSET))) {
        fprintf(stderr, "%s: 0x%08X\n", what, (unsigned)status);
    }
    CHECK(record.payload == NULL);
    store_record_clear(&record);
}

static int64_t make_victim(void)
{
    CHECK_STATUS(create_key(store, "victim", "a secret of some length", true), ERROR_SUCCESS);
    return id_of(store, "victim");
}

static void test_every_bit_of_the_numbers(void)
{
    int64_t id = make_victim();

    for (size_t i = 0; i < COUNT(integers); i++) {
        int64_t number;
        uint8_t *blob;
        int size;

        get_value(integers[i], id, &number, &blob, &size);
        free(blob);
        for (unsigned bit = 0; bit < 64; bit++) {
            int64_t flipped = (int64_t)((uint64_t)number ^ UINT64_C(1) << bit);

            set_value(integers[i], id, flipped, NULL, 0);
            expect_bad(integers[i], false);
            set_value(integers[i], i == 0 ? flipped : id, number, NULL, 0);
        }
    }
    CHECK_STATUS(expect_key(store, "victim", "a secret of some length"), ERROR_SUCCESS);
}

static void test_every_bit_of_the_blobs(void)
{
    int64_t id = make_victim();

    for (size_t i = 0; i < COUNT(blobs); i++) {
        int64_t number;
        uint8_t *blob;
        int size;

        get_value(blobs[i], id, &number, &blob, &size);
        for (int bit = 0; bit < 8 * size; bit++) {
            blob[bit / 8] ^= (uint8_t)(1 << bit % 8);
            set_value(blobs[i], id, 0, blob, size);
            expect_bad(blobs[i], i == 0);
            blob[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        for (int cut = 0; cut < size; cut++) { /* too short */
            set_value(blobs[i], id, 0, blob, cut);
            expect_bad(blobs[i], i == 0);
        }
        blob[size] = 0; /* too long */
        set_value(blobs[i], id, 0, blob, size + 1);
        expect_bad(blobs[i], i == 0);
        set_value(blobs[i], id, 0, blob, size);
        free(blob);
    }
    CHECK_STATUS(expect_key(store, "victim", "a secret of some length"), ERROR_SUCCESS);
}

static void test_wrong_types(void)
{
    static const char *const values[] = {"'text'", "1.5", "x'00'", "x''", "-1", "4294967296", "9223372036854775807"};
    char text[200];
    struct store_record page[4];
    size_t count = 0;

    for (size_t v = 0; v < COUNT(values); v++) {
        for (size_t i = 1; i < COUNT(integers) + COUNT(blobs); i++) {
            const char *column = i < COUNT(integers) ? integers[i] : blobs[i - COUNT(integers)];

            sql("DELETE FROM keys");
            make_victim();
            CHECK_STATUS(create_key(store, "other", "x", true), ERROR_SUCCESS);
            snprintf(text, sizeof(text), "UPDATE keys SET %s = %s WHERE id = (SELECT min(id) FROM keys)", column,
                     values[v]);
            sql(text);
            expect_bad(text, strcmp(column, "name_hash") == 0);
            CHECK_STATUS(expect_key(store, "other", "x"), ERROR_SUCCESS);
            CHECK_STATUS(store_list(store, INT64_MIN, page, 4, &count), ERROR_SUCCESS);
            CHECK(count == (strcmp(column, "name") == 0 ? 1 : 2)); /* without a name it cannot be listed */
            CHECK(utf16_equal(page[count - 1].name, u"other"));
        }
    }
}

/* What an attacker would like: an exportable twin, another key's rights, an older version. */
static void test_rows_do_not_mix(void)
{
    int64_t first = make_victim(), second;

    CHECK_STATUS(create_key(store, "other", "another secret", true), ERROR_SUCCESS);
    second = id_of(store, "other");
    sql("CREATE TEMP TABLE saved AS SELECT * FROM keys");
    set_value("export_policy", first, 3, NULL, 0);
    expect_bad("exportable", false);
    sql("UPDATE keys SET export_policy = (SELECT export_policy FROM saved WHERE saved.id = keys.id)");
    CHECK_STATUS(expect_key(store, "victim", NULL), ERROR_SUCCESS);
    sql("UPDATE keys SET payload = (SELECT payload FROM saved WHERE saved.id != keys.id AND saved.name_hash IN "
        "(SELECT name_hash FROM keys)), nonce = (SELECT nonce FROM saved WHERE saved.id != keys.id)");
    expect_bad("swapped payloads", false);
    CHECK_STATUS(expect_key(store, "other", NULL), NTE_KEYSET_ENTRY_BAD);
    sql("DELETE FROM keys; INSERT INTO keys SELECT * FROM saved");
    CHECK_STATUS(expect_key(store, "victim", NULL), ERROR_SUCCESS);
    sql("UPDATE keys SET name_hash = -id; UPDATE keys SET name = (SELECT name FROM saved WHERE saved.id != keys.id), "
        "name_hash = (SELECT name_hash FROM saved WHERE saved.id != keys.id)");
    expect_bad("swapped names", false);
    sql("DELETE FROM keys; INSERT INTO keys SELECT * FROM saved");
    CHECK_STATUS(store_delete(store, second), ERROR_SUCCESS);
    CHECK_STATUS(store_delete(store, first), ERROR_SUCCESS);
    sql("DROP TABLE saved");
}

static SECURITY_STATUS restrict_usage(struct store_record *record, void *context)
{
    (void)context;
    record->key_usage = 1;
    return ERROR_SUCCESS;
}

static void test_old_columns_with_new_payload(void)
{
    int64_t id = make_victim();

    sql("CREATE TEMP TABLE saved AS SELECT * FROM keys");
    CHECK_STATUS(store_modify(store, id, restrict_usage, NULL), ERROR_SUCCESS);
    CHECK_STATUS(expect_key(store, "victim", NULL), ERROR_SUCCESS);
    set_value("key_usage", id, 0xFFFFFF, NULL, 0);
    expect_bad("old usage", false);
    set_value("generation", id, 1, NULL, 0);
    expect_bad("old usage and generation", false);
    sql("DROP TABLE saved");
}

/* A bad row can be replaced and deleted, and does not stop a modification of another. */
static void test_bad_rows_can_be_got_rid_of(void)
{
    int64_t id = make_victim();

    set_value("flags", id, 77, NULL, 0);
    CHECK_STATUS(store_modify(store, id, restrict_usage, NULL), NTE_KEYSET_ENTRY_BAD);
    CHECK_STATUS(create_key(store, "victim", "x", false), NTE_EXISTS);
    CHECK_STATUS(create_key(store, "victim", "new", true), ERROR_SUCCESS);
    CHECK_STATUS(expect_key(store, "victim", "new"), ERROR_SUCCESS);
    id = id_of(store, "victim");
    set_value("flags", id, 77, NULL, 0);
    CHECK_STATUS(store_delete(store, id), ERROR_SUCCESS);
    CHECK_STATUS(expect_key(store, "victim", NULL), NTE_BAD_KEYSET);
}

/* Statements that a stored schema would run on its own. */
static void test_triggers_do_not_run(void)
{
    sql("CREATE TABLE loot (a); CREATE TRIGGER thief AFTER INSERT ON keys BEGIN INSERT INTO loot VALUES (1); END");
    make_victim();
    sql("CREATE TEMP TABLE empty (loot CHECK (loot = 0)); INSERT INTO empty SELECT count(*) FROM loot");
    sql("DROP TRIGGER thief");
    sql("DROP TABLE loot");
}

int main(void)
{
    scratch_make();
    folder = scratch_path("store");
    store = open_store(folder);
    CHECK(sqlite3_open_v2(path_in(folder, "keys.db"), &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK);
    sql("PRAGMA synchronous = OFF");
    RUN(test_every_bit_of_the_numbers);
    RUN(test_every_bit_of_the_blobs);
    RUN(test_wrong_types);
    RUN(test_rows_do_not_mix);
    RUN(test_old_columns_with_new_payload);
    RUN(test_bad_rows_can_be_got_rid_of);
    RUN(test_triggers_do_not_run);
    sqlite3_close(db);
    store_release(store);
    scratch_remove();
    return test_result("store_seal");
}
