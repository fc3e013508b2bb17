/* SPDX-License-Identifier: MIT
 *
 * The tables, their version, and how an older version becomes this one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ncrypt/store/internal.h"

#define APPLICATION_ID    0x4E435831 /* "NCX1" */
#define STRING(number)    STRING_OF(number)
#define STRING_OF(number) #number

#define FIRST_VERSION 1
#define CHECK_TEXT    "ncrypt_ext key check"
#define CHECK_SIZE    (sizeof(CHECK_TEXT) - 1)

static const struct schema version_1 = {.version = FIRST_VERSION, .steps = NULL};
const struct schema *schema_current = &version_1;

/* Names are kept as UTF-16LE and found by the hash of their folded form, which is as long for every name. */
static const char tables[] =
    "CREATE TABLE meta (key TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE keys (id INTEGER PRIMARY KEY NOT NULL, name_hash BLOB NOT NULL UNIQUE, "
    "name BLOB NOT NULL, algorithm BLOB NOT NULL, length INTEGER NOT NULL, "
    "export_policy INTEGER NOT NULL, key_usage INTEGER NOT NULL, "
    "legacy_spec INTEGER NOT NULL, flags INTEGER NOT NULL, created INTEGER NOT NULL, "
    "modified INTEGER NOT NULL, generation INTEGER NOT NULL, nonce BLOB NOT NULL, "
    "payload BLOB NOT NULL);"
    "CREATE INDEX containers ON keys (flags) WHERE flags & 48 = 48;" /* STORE_SLOT_CONTAINER: for counting */
    "PRAGMA application_id = " STRING(APPLICATION_ID) ";"
                                                      "PRAGMA user_version = " STRING(FIRST_VERSION);

struct header {
    int64_t application, version, objects;
};

static SECURITY_STATUS read_header(struct connection *connection, struct header *header)
{
    SECURITY_STATUS status = connection_number(connection, "PRAGMA application_id", &header->application);

    if (status == ERROR_SUCCESS) {
        status = connection_number(connection, "PRAGMA user_version", &header->version);
    }
    if (status == ERROR_SUCCESS) {
        status = connection_number(connection, "SELECT count(*) FROM sqlite_master", &header->objects);
    }
    return status;
}

/* In one transaction: another process may be making the tables just now. */
static SECURITY_STATUS read_header_alone(struct connection *connection, struct header *header)
{
    SECURITY_STATUS status = connection_exec(connection, "BEGIN", "opening the store");

    if (status == ERROR_SUCCESS) {
        status = read_header(connection, header);
    }
    connection_rollback(connection);
    return status;
}

static bool is_blank(const struct header *header)
{
    return header->application == 0 && header->version == 0 && header->objects == 0;
}

static SECURITY_STATUS corrupt(const struct connection *connection, const char *how)
{
    return status_fail(HRESULT_FROM_WIN32(ERROR_FILE_CORRUPT), "%s %s", connection->store->database, how);
}

/* ---- meta: the store id and a constant sealed with the master key ---- */

static size_t check_data(const struct store *store, uint8_t aad[STORE_ID_SIZE + 4])
{
    return (size_t)(put_u32(put_bytes(aad, store->id, STORE_ID_SIZE), (uint32_t)store->scope) - aad);
}

static SECURITY_STATUS put_meta(struct connection *connection, const char *key, const void *value, size_t size)
{
    sqlite3_stmt *statement = NULL;
    SECURITY_STATUS status = ERROR_SUCCESS;
    int result =
        sqlite3_prepare_v2(connection->db, "INSERT INTO meta (key, value) VALUES (?1, ?2)", -1, &statement, NULL);

    if (result == SQLITE_OK) {
        result = sqlite3_bind_text(statement, 1, key, -1, SQLITE_STATIC);
    }
    if (result == SQLITE_OK) {
        result = sqlite3_bind_blob(statement, 2, value, (int)size, SQLITE_STATIC);
    }
    if (result == SQLITE_OK) {
        result = sqlite3_step(statement);
    }
    if (result != SQLITE_DONE) {
        status = connection_fail(connection, result, "making the store");
    }
    sqlite3_finalize(statement);
    return status;
}

/* A missing or malformed value leaves `*found` false. */
static SECURITY_STATUS get_meta(struct connection *connection, const char *key, void *value, size_t size, bool *found)
{
    sqlite3_stmt *statement = NULL;
    SECURITY_STATUS status = ERROR_SUCCESS;
    int result = sqlite3_prepare_v2(connection->db, "SELECT value FROM meta WHERE key = ?1", -1, &statement, NULL);

    *found = false;
    if (result == SQLITE_OK) {
        result = sqlite3_bind_text(statement, 1, key, -1, SQLITE_STATIC);
    }
    if (result == SQLITE_OK) {
        result = sqlite3_step(statement);
    }
    if (result == SQLITE_ROW) {
        const void *blob = sqlite3_column_blob(statement, 0);

        if (blob && (size_t)sqlite3_column_bytes(statement, 0) == size) {
            memcpy(value, blob, size);
            *found = true;
        }
    } else if (result != SQLITE_DONE) {
        status = connection_fail(connection, result, "opening the store");
    }
    sqlite3_finalize(statement);
    return status;
}

static SECURITY_STATUS write_meta(const struct store *store, struct connection *connection)
{
    uint8_t aad[STORE_ID_SIZE + 4], check[SEAL_NONCE_SIZE + CHECK_SIZE + SEAL_TAG_SIZE], created[8];
    SECURITY_STATUS status = sealer_seal(&connection->sealer, aad, check_data(store, aad), (const uint8_t *)CHECK_TEXT,
                                         CHECK_SIZE, check, check + SEAL_NONCE_SIZE);

    put_u64(created, row_clock());
    if (status == ERROR_SUCCESS) {
        status = put_meta(connection, "id", store->id, STORE_ID_SIZE);
    }
    if (status == ERROR_SUCCESS) {
        status = put_meta(connection, "created", created, sizeof(created));
    }
    if (status == ERROR_SUCCESS) {
        status = put_meta(connection, "check", check, sizeof(check));
    }
    return status;
}

static SECURITY_STATUS verify_meta(const struct store *store, struct connection *connection)
{
    uint8_t id[STORE_ID_SIZE], check[SEAL_NONCE_SIZE + CHECK_SIZE + SEAL_TAG_SIZE], text[CHECK_SIZE];
    uint8_t aad[STORE_ID_SIZE + 4];
    bool has_id = false, has_check = false;
    SECURITY_STATUS status = get_meta(connection, "id", id, sizeof(id), &has_id);

    if (status == ERROR_SUCCESS) {
        status = get_meta(connection, "check", check, sizeof(check), &has_check);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (!has_id || !has_check) {
        return corrupt(connection, "has lost the record of which master key it belongs to");
    }
    if (memcmp(id, store->id, sizeof(id)) != 0) {
        return status_fail(HRESULT_FROM_WIN32(ERROR_NO_USER_KEYS),
                           "%s/" STORE_MASTER_KEY " belongs to another key store than " STORE_DATABASE
                           " beside it; its own master key file is missing",
                           store->folder);
    }
    status = sealer_open(&connection->sealer, check, aad, check_data(store, aad), check + SEAL_NONCE_SIZE,
                         sizeof(check) - SEAL_NONCE_SIZE, text);
    if (status == NTE_BAD_DATA) {
        status = corrupt(connection, "is not sealed with the master key beside it, or was made for the other scope "
                                     "(user or machine)");
    }
    return status;
}

/* ---- a new database ---- */

/* Another process may be doing the same: who gets the lock first makes the tables, the other finds them. */
static SECURITY_STATUS make_tables(struct store *store, struct connection *connection)
{
    struct header header = {.version = 0};
    SECURITY_STATUS status = connection_run(connection, STATEMENT_BEGIN, "making the store");

    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = read_header(connection, &header);
    if (status == ERROR_SUCCESS && is_blank(&header)) {
        status = connection_exec(connection, tables, "making the store");
        if (status == ERROR_SUCCESS) {
            status = write_meta(store, connection);
        }
    }
    if (status == ERROR_SUCCESS) {
        status = connection_run(connection, STATEMENT_COMMIT, "making the store");
    }
    connection_rollback(connection);
    return status;
}

/* Changing the mode needs the database for a moment alone, which SQLite tries once only. */
static SECURITY_STATUS use_log(struct connection *connection)
{
    for (;;) {
        sqlite3_stmt *statement = NULL;
        const char *mode = NULL;
        bool good;
        int result = sqlite3_prepare_v2(connection->db, "PRAGMA journal_mode = WAL", -1, &statement, NULL);

        if (result == SQLITE_OK) {
            result = sqlite3_step(statement);
        }
        if (result == SQLITE_ROW) {
            mode = (const char *)sqlite3_column_text(statement, 0);
        }
        good = mode && strcmp(mode, "wal") == 0;
        sqlite3_finalize(statement);
        if (good) {
            return ERROR_SUCCESS;
        }
        if (result != SQLITE_ROW && (result & 0xFF) != SQLITE_BUSY) {
            return connection_fail(connection, result, "setting the log up");
        }
        if (connection_clock() >= connection->deadline) {
            return connection_fail(connection, SQLITE_BUSY, "setting the log up");
        }
        usleep(1000);
    }
}

/* ---- upgrades ---- */

static SECURITY_STATUS keep_copy(struct store *store, int64_t version)
{
    struct connection *reader = NULL;
    char suffix[64];
    char *path = NULL;
    SECURITY_STATUS status = ERROR_SUCCESS;

    snprintf(suffix, sizeof(suffix), ".v%lld.bak", (long long)version);
    path = folder_path(store->folder, STORE_DATABASE, suffix);
    if (!path) {
        return status_no_memory();
    }
    status = connection_open(store, false, &reader);
    if (status == ERROR_SUCCESS) {
        status = copy_database(reader, path);
    }
    connection_close(reader);
    free(path);
    return status;
}

/* All steps in one transaction; the copy is made while the lock is held, so that it is the state they start from. */
static SECURITY_STATUS upgrade(struct store *store, struct connection *connection)
{
    struct header header = {.version = 0};
    SECURITY_STATUS status = connection_run(connection, STATEMENT_BEGIN, "upgrading the store");

    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = read_header(connection, &header);
    if (status == ERROR_SUCCESS && header.version < schema_current->version) {
        status = keep_copy(store, header.version);
    }
    while (status == ERROR_SUCCESS && header.version < schema_current->version) {
        char sql[64];

        status = schema_current->steps[header.version - FIRST_VERSION](connection);
        snprintf(sql, sizeof(sql), "PRAGMA user_version = %lld", (long long)++header.version);
        if (status == ERROR_SUCCESS) {
            status = connection_exec(connection, sql, "upgrading the store");
        }
    }
    if (status == ERROR_SUCCESS) {
        status = connection_run(connection, STATEMENT_COMMIT, "upgrading the store");
    }
    connection_rollback(connection);
    return status;
}

/* Makes the tables of a new store and of an older one what they should be. */
static SECURITY_STATUS bring_up_to_date(struct store *store, struct connection *connection, struct header *header)
{
    SECURITY_STATUS status = ERROR_SUCCESS;
    bool blank = is_blank(header);

    if (blank || !store->read_only) {
        status = use_log(connection);
    }
    if (status == ERROR_SUCCESS && blank) {
        status = make_tables(store, connection);
        if (status == ERROR_SUCCESS) {
            status = read_header_alone(connection, header);
        }
    }
    if (status == ERROR_SUCCESS && header->version < schema_current->version) {
        if (store->read_only) {
            return status_fail(HRESULT_FROM_WIN32(ERROR_WRITE_PROTECT),
                               "%s is of an older version and cannot be upgraded: it is read-only", store->database);
        }
        status = upgrade(store, connection);
    }
    return status;
}

SECURITY_STATUS schema_prepare(struct store *store, struct connection *connection, bool create)
{
    struct header header = {.version = 0};
    SECURITY_STATUS status = read_header_alone(connection, &header);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (is_blank(&header)) {
        if (!create || store->read_only) {
            return store_missing(store->folder);
        }
    } else if (header.application != APPLICATION_ID || header.version < FIRST_VERSION) {
        return corrupt(connection, "is not a database of this key store");
    } else if (header.version > schema_current->version) {
        return status_fail(NTE_BAD_VER, "%s was written by a newer version (schema %lld, this one knows %u)",
                           store->database, (long long)header.version, (unsigned)schema_current->version);
    }
    status = bring_up_to_date(store, connection, &header);
    if (status == ERROR_SUCCESS) {
        status = verify_meta(store, connection);
    }
    if (status == ERROR_SUCCESS) {
        store->schema_version = schema_current->version;
    }
    return status;
}
