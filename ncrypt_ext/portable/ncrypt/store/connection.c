/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ncrypt/store/internal.h"

#define COLUMNS                                                                                                        \
    "id, name_hash, name, algorithm, length, export_policy, key_usage, legacy_spec, flags, created, "                  \
    "modified, generation"

static const char *const statement_sql[STATEMENT_COUNT] = {
    [STATEMENT_BEGIN] = "BEGIN IMMEDIATE",
    [STATEMENT_COMMIT] = "COMMIT",
    [STATEMENT_ROLLBACK] = "ROLLBACK",
    [STATEMENT_READ_HASH] = "SELECT " COLUMNS ", nonce, payload FROM keys WHERE name_hash = ?1",
    [STATEMENT_READ_HASH_RANGE] =
        "SELECT " COLUMNS ", nonce, payload FROM keys WHERE name_hash >= ?1 AND name_hash <= ?2 LIMIT 1",
    [STATEMENT_READ_ID] = "SELECT " COLUMNS ", nonce, payload FROM keys WHERE id = ?1",
    [STATEMENT_FIND_HASH] = "SELECT id FROM keys WHERE name_hash = ?1",
    [STATEMENT_LIST] = "SELECT " COLUMNS " FROM keys WHERE id > ?1 ORDER BY id",
    [STATEMENT_CHECK] = "SELECT " COLUMNS ", nonce, payload FROM keys WHERE id > ?1 ORDER BY id",
    [STATEMENT_INSERT] = "INSERT INTO keys (" COLUMNS ", nonce, payload) "
                         "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    [STATEMENT_UPDATE] = "UPDATE keys SET name_hash = ?2, name = ?3, algorithm = ?4, length = ?5, export_policy = ?6, "
                         "key_usage = ?7, legacy_spec = ?8, flags = ?9, created = ?10, modified = ?11, "
                         "generation = ?12, nonce = ?13, payload = ?14 WHERE id = ?1",
    [STATEMENT_DELETE] = "DELETE FROM keys WHERE id = ?1",
    [STATEMENT_MARK] = "INSERT OR REPLACE INTO meta (key, value) VALUES ('checkpoint', ?1)",
};

int64_t connection_clock(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void connection_start(struct connection *connection)
{
    connection->deadline = connection_clock() + connection->store->lock_timeout;
}

/* SQLite asks this while another connection holds a lock that it needs. */
static int wait_for_lock(void *context, int count)
{
    const struct connection *connection = context;
    struct timespec pause = {.tv_nsec = count < 20 ? 100000 : count < 100 ? 1000000 : 5000000};

    if (connection_clock() >= connection->deadline) {
        return 0;
    }
    nanosleep(&pause, NULL);
    return 1;
}

static int note_log_size(void *context, sqlite3 *db, const char *name, int frames)
{
    struct connection *connection = context;

    (void)db;
    (void)name;
    connection->wal_pages = (uint32_t)frames;
    return SQLITE_OK;
}

/* What the system said when an input/output call of SQLite failed. */
static SECURITY_STATUS from_system(int error)
{
    switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return HRESULT_FROM_WIN32(ERROR_DISK_FULL);
    case EROFS:
        return HRESULT_FROM_WIN32(ERROR_WRITE_PROTECT);
    case EACCES:
    case EPERM:
        return NTE_PERM;
    default:
        return HRESULT_FROM_WIN32(ERROR_IO_DEVICE);
    }
}

/* `db` is NULL when not even the connection could be made: SQLite's functions know that as a lack of memory. */
static SECURITY_STATUS from_result(sqlite3 *db, int result)
{
    switch (result & 0xFF) {
    case SQLITE_NOMEM:
        return NTE_NO_MEMORY;
    case SQLITE_FULL:
        return HRESULT_FROM_WIN32(ERROR_DISK_FULL);
    case SQLITE_READONLY:
        return HRESULT_FROM_WIN32(ERROR_WRITE_PROTECT);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
        return HRESULT_FROM_WIN32(ERROR_BUSY);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
    case SQLITE_ERROR: /* our statements are right: the tables are not what they should be */
    case SQLITE_SCHEMA:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG:
        return HRESULT_FROM_WIN32(ERROR_FILE_CORRUPT);
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return NTE_PERM;
    case SQLITE_IOERR:
        if (result == SQLITE_IOERR_NOMEM) {
            return NTE_NO_MEMORY;
        }
#ifdef SQLITE_IOERR_CORRUPTFS
        if (result == SQLITE_IOERR_CORRUPTFS) {
            return HRESULT_FROM_WIN32(ERROR_FILE_CORRUPT);
        }
#endif
        return from_system(sqlite3_system_errno(db));
    case SQLITE_CANTOPEN:
        return from_system(sqlite3_system_errno(db));
    default:
        return NTE_FAIL;
    }
}

SECURITY_STATUS connection_fail(struct connection *connection, int result, const char *what)
{
    SECURITY_STATUS status = from_result(connection->db, result);

    if (status == NTE_NO_MEMORY) {
        return status_no_memory();
    }
    if (status == HRESULT_FROM_WIN32(ERROR_BUSY)) {
        return status_fail(status, "%s: %s: another process has held the lock for %lld ms", connection->store->database,
                           what, (long long)connection->store->lock_timeout);
    }
    if ((result & 0xFF) == SQLITE_CANTOPEN && connection->store->read_only) {
        return status_fail(HRESULT_FROM_WIN32(ERROR_WRITE_PROTECT),
                           "%s: the folder is read-only and the database has a log (-wal) that cannot be read without "
                           "writing; a store meant to be read-only is made with backup",
                           connection->store->database);
    }
    return status_fail(status, "%s: %s: %s", connection->store->database, what, sqlite3_errmsg(connection->db));
}

/* "file:<path>?mode=ro&immutable=1", with what would end the path escaped. */
static char *immutable_uri(const char *path)
{
    size_t length = strlen(path);
    char *uri = malloc(5 + 3 * length + sizeof("?mode=ro&immutable=1")), *out = uri;

    if (!uri) {
        return NULL;
    }
    out += sprintf(out, "file:");
    for (size_t i = 0; i < length; i++) {
        if (path[i] == '?' || path[i] == '#' || path[i] == '%') {
            out += sprintf(out, "%%%02X", (unsigned char)path[i]);
        } else {
            *out++ = path[i];
        }
    }
    strcpy(out, "?mode=ro&immutable=1");
    return uri;
}

static SECURITY_STATUS open_database(struct connection *connection)
{
    const struct store *store = connection->store;
    int flags = SQLITE_OPEN_NOMUTEX | (store->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
    char *uri = NULL;
    int result;

    if (sqlite3_threadsafe() == 0) {
        return status_fail(NTE_PROVIDER_DLL_FAIL, "this SQLite was built without support for threads");
    }
    if (store->immutable) {
        uri = immutable_uri(store->database);
        if (!uri) {
            return status_no_memory();
        }
        flags |= SQLITE_OPEN_URI;
    }
    result = sqlite3_open_v2(uri ? uri : store->database, &connection->db, flags, NULL);
    free(uri);
    if (result != SQLITE_OK) {
        return connection_fail(connection, result, "opening the database");
    }
    (void)sqlite3_extended_result_codes(connection->db, 1);
    return ERROR_SUCCESS;
}

/* A stored schema may contain anything; only our statements run. Closing must not touch files: see pool_close(). */
static SECURITY_STATUS harden(struct connection *connection)
{
    static const struct {
        int option, value;
    } options[] = {
        {SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1},
        {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
#ifdef SQLITE_DBCONFIG_DEFENSIVE
        {SQLITE_DBCONFIG_DEFENSIVE, 1},
#endif
#ifdef SQLITE_DBCONFIG_ENABLE_VIEW
        {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
#endif
    };

    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        if (sqlite3_db_config(connection->db, options[i].option, options[i].value, NULL) != SQLITE_OK) {
            return status_fail(NTE_PROVIDER_DLL_FAIL,
                               "SQLite %s lacks settings that the key store needs for its safety",
                               sqlite3_libversion());
        }
    }
    return ERROR_SUCCESS;
}

SECURITY_STATUS connection_open(const struct store *store, bool writer, struct connection **out)
{
    /* 4 MiB of cache hold the inner pages of both trees of a million keys, so that finding one key among them costs
     * two page reads more than finding it among a hundred. */
    static const char settings[] = "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;"
                                   "PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;"
                                   "PRAGMA cell_size_check = ON; PRAGMA wal_autocheckpoint = 0; PRAGMA mmap_size = 0;"
                                   "PRAGMA cache_size = -4096;";
    struct connection *connection = calloc(1, sizeof(*connection));
    sqlite3_stmt *rollback = NULL;
    SECURITY_STATUS status = ERROR_SUCCESS;

    if (!connection) {
        return status_no_memory();
    }
    connection->store = store;
    connection_start(connection);
    status = open_database(connection);
    if (status == ERROR_SUCCESS) {
        sqlite3_busy_handler(connection->db, wait_for_lock, connection);
        status = harden(connection);
    }
    if (status == ERROR_SUCCESS) {
        status = connection_exec(connection, settings, "setting the connection up");
    }
    if (status == ERROR_SUCCESS && !writer) {
        status = connection_exec(connection, "PRAGMA query_only = ON", "setting the connection up");
    }
    if (status == ERROR_SUCCESS) {
        status = connection_statement(connection, STATEMENT_ROLLBACK, &rollback);
    }
    if (status == ERROR_SUCCESS) {
        status = sealer_init(&connection->sealer, store->key);
    }
    if (status == ERROR_SUCCESS && writer) {
        char limit[64];

        snprintf(limit, sizeof(limit), "PRAGMA journal_size_limit = %d", MAINTENANCE_LIMIT * WAL_FRAME_SIZE);
        status = connection_exec(connection, limit, "setting the connection up");
        sqlite3_wal_hook(connection->db, note_log_size, connection);
    }
    if (status != ERROR_SUCCESS) {
        connection_close(connection);
        return status;
    }
    *out = connection;
    return ERROR_SUCCESS;
}

void connection_close(struct connection *connection)
{
    if (!connection) {
        return;
    }
    for (size_t i = 0; i < STATEMENT_COUNT; i++) {
        sqlite3_finalize(connection->statement[i]);
    }
    sqlite3_close(connection->db);
    sealer_clear(&connection->sealer);
    free(connection);
}

SECURITY_STATUS connection_statement(struct connection *connection, enum statement which, sqlite3_stmt **statement)
{
    if (!connection->statement[which]) {
        int result = sqlite3_prepare_v3(connection->db, statement_sql[which], -1, SQLITE_PREPARE_PERSISTENT,
                                        &connection->statement[which], NULL);

        if (result != SQLITE_OK) {
            return connection_fail(connection, result, "preparing a statement");
        }
    }
    *statement = connection->statement[which];
    return ERROR_SUCCESS;
}

void connection_reset(sqlite3_stmt *statement)
{
    sqlite3_reset(statement); /* repeats the code of the step that failed, which has been reported */
    sqlite3_clear_bindings(statement);
}

SECURITY_STATUS connection_run(struct connection *connection, enum statement which, const char *what)
{
    sqlite3_stmt *statement = NULL;
    SECURITY_STATUS status = connection_statement(connection, which, &statement);
    int result;

    if (status != ERROR_SUCCESS) {
        return status;
    }
    result = sqlite3_step(statement);
    if (result != SQLITE_DONE) {
        status = connection_fail(connection, result, what);
    }
    connection_reset(statement);
    return status;
}

void connection_rollback(struct connection *connection)
{
    if (sqlite3_get_autocommit(connection->db) == 0) {
        sqlite3_step(connection->statement[STATEMENT_ROLLBACK]);
        sqlite3_reset(connection->statement[STATEMENT_ROLLBACK]);
    }
}

SECURITY_STATUS connection_exec(struct connection *connection, const char *sql, const char *what)
{
    int result = sqlite3_exec(connection->db, sql, NULL, NULL, NULL);

    return result == SQLITE_OK ? ERROR_SUCCESS : connection_fail(connection, result, what);
}

SECURITY_STATUS connection_number(struct connection *connection, const char *sql, int64_t *number)
{
    sqlite3_stmt *statement = NULL;
    SECURITY_STATUS status = ERROR_SUCCESS;
    int result = sqlite3_prepare_v2(connection->db, sql, -1, &statement, NULL);

    if (result == SQLITE_OK) {
        result = sqlite3_step(statement);
    }
    if (result == SQLITE_ROW) {
        *number = sqlite3_column_int64(statement, 0);
    } else {
        status = connection_fail(connection, result, "reading the database");
    }
    sqlite3_finalize(statement);
    return status;
}
