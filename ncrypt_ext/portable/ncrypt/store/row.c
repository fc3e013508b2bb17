/* SPDX-License-Identifier: MIT
 *
 * Rows of the table `keys` and records: columns in and out, and the seal that binds them to the payload.
 */
#include <string.h>
#include <time.h>

#include "common/secmem.h"
#include "common/utf16.h"
#include "ncrypt/store/internal.h"

#define SEAL_FORMAT   1
#define MAX_ALGORITHM 64
#define FILETIME_UNIX UINT64_C(116444736000000000) /* 1970 in ticks since 1601 */

/* The order of the columns in every statement. */
enum column {
    COLUMN_ID,
    COLUMN_NAME_HASH,
    COLUMN_NAME,
    COLUMN_ALGORITHM,
    COLUMN_LENGTH,
    COLUMN_EXPORT_POLICY,
    COLUMN_KEY_USAGE,
    COLUMN_LEGACY_SPEC,
    COLUMN_FLAGS,
    COLUMN_CREATED,
    COLUMN_MODIFIED,
    COLUMN_GENERATION,
    COLUMN_NONCE,
    COLUMN_PAYLOAD,
};

#define AAD_MAX                                                                                                        \
    (4 + STORE_ID_SIZE + 4 + 8 + STORE_HASH_SIZE + 4 + 2 * STORE_MAX_NAME + 4 + 2 * MAX_ALGORITHM + 5 * 4 + 3 * 8)

uint64_t row_clock(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)((int64_t)now.tv_sec * 10000000 + now.tv_nsec / 100) + FILETIME_UNIX;
}

static uint8_t *put_text(uint8_t *out, const WCHAR *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        out = put_u16(out, text[i]);
    }
    return out;
}

/* Everything that the seal of a payload vouches for. */
static size_t associated_data(const struct store *store, const struct store_record *record,
                              const uint8_t hash[STORE_HASH_SIZE], uint8_t aad[AAD_MAX])
{
    size_t name = utf16_length(record->name, STORE_MAX_NAME),
           algorithm = utf16_length(record->algorithm, MAX_ALGORITHM);
    uint8_t *out = put_u32(aad, SEAL_FORMAT);

    out = put_bytes(out, store->id, STORE_ID_SIZE);
    out = put_u32(out, (uint32_t)store->scope);
    out = put_u64(out, (uint64_t)record->id);
    out = put_bytes(out, hash, STORE_HASH_SIZE);
    out = put_text(put_u32(out, (uint32_t)name), record->name, name);
    out = put_text(put_u32(out, (uint32_t)algorithm), record->algorithm, algorithm);
    out = put_u32(out, record->length);
    out = put_u32(out, record->export_policy);
    out = put_u32(out, record->key_usage);
    out = put_u32(out, record->legacy_spec);
    out = put_u32(out, record->flags);
    out = put_u64(out, record->created);
    out = put_u64(out, record->modified);
    out = put_u64(out, record->generation);
    return (size_t)(out - aad);
}

/* ---- columns in: each false when the column does not hold what it should ---- */

static bool column_u64(sqlite3_stmt *row, enum column column, uint64_t *value)
{
    sqlite3_int64 number = sqlite3_column_int64(row, column);

    if (sqlite3_column_type(row, column) != SQLITE_INTEGER || number < 0) {
        return false;
    }
    *value = (uint64_t)number;
    return true;
}

static bool column_u32(sqlite3_stmt *row, enum column column, uint32_t *value)
{
    uint64_t number = 0;

    if (!column_u64(row, column, &number) || number > UINT32_MAX) {
        return false;
    }
    *value = (uint32_t)number;
    return true;
}

static const uint8_t *column_bytes(sqlite3_stmt *row, enum column column, size_t *size)
{
    const uint8_t *data = NULL;

    if (sqlite3_column_type(row, column) == SQLITE_BLOB) {
        data = sqlite3_column_blob(row, column);
        *size = (size_t)sqlite3_column_bytes(row, column);
    }
    return data;
}

static bool column_text(sqlite3_stmt *row, enum column column, WCHAR *text, size_t max)
{
    size_t size = 0, length;
    const uint8_t *data = column_bytes(row, column, &size);

    length = size / 2;
    if (!data || size % 2 != 0 || length == 0 || length > max) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        text[i] = (WCHAR)(data[2 * i] | data[2 * i + 1] << 8);
        if (text[i] == 0) {
            return false;
        }
    }
    text[length] = 0;
    return true;
}

/* Reads as much as there is; true when all of it is well-formed. */
static bool read_columns(sqlite3_stmt *row, struct store_record *record)
{
    uint64_t id = 0;
    bool good = column_u64(row, COLUMN_ID, &id);

    record->id = (int64_t)id;
    good &= column_text(row, COLUMN_ALGORITHM, record->algorithm, MAX_ALGORITHM);
    good &= column_u32(row, COLUMN_LENGTH, &record->length);
    good &= column_u32(row, COLUMN_EXPORT_POLICY, &record->export_policy);
    good &= column_u32(row, COLUMN_KEY_USAGE, &record->key_usage);
    good &= column_u32(row, COLUMN_LEGACY_SPEC, &record->legacy_spec);
    good &= column_u32(row, COLUMN_FLAGS, &record->flags);
    good &= column_u64(row, COLUMN_CREATED, &record->created);
    good &= column_u64(row, COLUMN_MODIFIED, &record->modified);
    good &= column_u64(row, COLUMN_GENERATION, &record->generation);
    return good;
}

bool row_list(sqlite3_stmt *row, struct store_record *record)
{
    memset(record, 0, sizeof(*record));
    (void)read_columns(row, record); /* what is malformed stays zero; reading the key itself says so */
    record->id = sqlite3_column_int64(row, COLUMN_ID);
    return column_text(row, COLUMN_NAME, record->name, STORE_MAX_NAME);
}

static SECURITY_STATUS altered(const struct connection *connection, const struct store_record *record)
{
    char name[128];

    return status_fail(NTE_KEYSET_ENTRY_BAD, "%s: the key \"%s\" was altered or damaged: its seal does not fit",
                       connection->store->database, utf16_printable(record->name, name, sizeof(name)));
}

/* The seal, once the columns are known to be well-formed. */
static SECURITY_STATUS open_payload(struct connection *connection, sqlite3_stmt *row, struct store_record *record)
{
    uint8_t hash[STORE_HASH_SIZE], aad[AAD_MAX];
    size_t nonce_size = 0, sealed_size = 0, hash_size = 0;
    const uint8_t *nonce = column_bytes(row, COLUMN_NONCE, &nonce_size);
    const uint8_t *sealed = column_bytes(row, COLUMN_PAYLOAD, &sealed_size);
    const uint8_t *stored_hash = column_bytes(row, COLUMN_NAME_HASH, &hash_size);
    uint8_t *payload = NULL;
    SECURITY_STATUS status = sealer_name_hash(&connection->sealer, record->name, store_slot(record), hash);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (!nonce || nonce_size != SEAL_NONCE_SIZE || !sealed || sealed_size < SEAL_TAG_SIZE ||
        sealed_size > STORE_MAX_PAYLOAD + SEAL_TAG_SIZE || !stored_hash || hash_size != STORE_HASH_SIZE ||
        memcmp(hash, stored_hash, STORE_HASH_SIZE) != 0) {
        return altered(connection, record);
    }
    payload = secmem_alloc(sealed_size - SEAL_TAG_SIZE);
    if (!payload) {
        return status_no_memory();
    }
    status = sealer_open(&connection->sealer, nonce, aad, associated_data(connection->store, record, hash, aad), sealed,
                         sealed_size, payload);
    if (status != ERROR_SUCCESS) {
        secmem_free(payload);
        return status == NTE_BAD_DATA ? altered(connection, record) : status;
    }
    record->payload = payload;
    record->payload_size = sealed_size - SEAL_TAG_SIZE;
    return ERROR_SUCCESS;
}

SECURITY_STATUS row_read(struct connection *connection, sqlite3_stmt *row, struct store_record *record)
{
    record->payload = NULL;
    record->payload_size = 0;
    record->name[0] = 0;
    if (!column_text(row, COLUMN_NAME, record->name, STORE_MAX_NAME) || !read_columns(row, record)) {
        return altered(connection, record);
    }
    return open_payload(connection, row, record);
}

/* ---- columns out ---- */

SECURITY_STATUS row_validate(const struct store_record *record)
{
    size_t name = utf16_length(record->name, STORE_MAX_NAME + 1);
    size_t algorithm = utf16_length(record->algorithm, MAX_ALGORITHM + 1);

    if (name == 0 || name > STORE_MAX_NAME) {
        return status_fail(NTE_INVALID_PARAMETER, "a key name has 1 to %d characters", STORE_MAX_NAME);
    }
    if (algorithm == 0 || algorithm > MAX_ALGORITHM) {
        return status_fail(NTE_INVALID_PARAMETER, "an algorithm name has 1 to %d characters", MAX_ALGORITHM);
    }
    if (!record->payload || record->payload_size > STORE_MAX_PAYLOAD) {
        return status_fail(NTE_INVALID_PARAMETER, "a key with its properties has at most %u bytes", STORE_MAX_PAYLOAD);
    }
    return ERROR_SUCCESS;
}

/* SQLite counts parameters from 1. */
static int bind_columns(sqlite3_stmt *statement, const struct store_record *record)
{
    const struct {
        enum column column;
        uint64_t value;
    } numbers[] = {
        {COLUMN_ID, (uint64_t)record->id},
        {COLUMN_LENGTH, record->length},
        {COLUMN_EXPORT_POLICY, record->export_policy},
        {COLUMN_KEY_USAGE, record->key_usage},
        {COLUMN_LEGACY_SPEC, record->legacy_spec},
        {COLUMN_FLAGS, record->flags},
        {COLUMN_CREATED, record->created},
        {COLUMN_MODIFIED, record->modified},
        {COLUMN_GENERATION, record->generation},
    };
    int result = SQLITE_OK;

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]) && result == SQLITE_OK; i++) {
        result = sqlite3_bind_int64(statement, (int)numbers[i].column + 1, (sqlite3_int64)numbers[i].value);
    }
    return result;
}

static int bind_text(sqlite3_stmt *statement, enum column column, const WCHAR *text, size_t max)
{
    uint8_t bytes[2 * STORE_MAX_NAME];
    uint8_t *end = put_text(bytes, text, utf16_length(text, max));

    return sqlite3_bind_blob(statement, (int)column + 1, bytes, (int)(end - bytes), SQLITE_TRANSIENT);
}

static int bind_bytes(sqlite3_stmt *statement, enum column column, const uint8_t *data, size_t size)
{
    return sqlite3_bind_blob(statement, (int)column + 1, data, (int)size, SQLITE_STATIC);
}

static SECURITY_STATUS step_write(struct connection *connection, sqlite3_stmt *statement)
{
    int result = sqlite3_step(statement);

    if (result == SQLITE_DONE && sqlite3_changes(connection->db) == 1) {
        return ERROR_SUCCESS;
    }
    if (result == SQLITE_DONE) { /* ON CONFLICT IGNORE: what is not stored must not be reported as stored */
        return status_fail(HRESULT_FROM_WIN32(ERROR_FILE_CORRUPT), "%s: writing a key: its table does not take it",
                           connection->store->database);
    }
    if (result == SQLITE_CONSTRAINT_PRIMARYKEY) {
        return NTE_EXISTS;
    }
    return connection_fail(connection, result, "writing a key");
}

SECURITY_STATUS row_write(struct connection *connection, enum statement which, const struct store_record *record)
{
    uint8_t hash[STORE_HASH_SIZE], nonce[SEAL_NONCE_SIZE], aad[AAD_MAX];
    size_t sealed_size = record->payload_size + SEAL_TAG_SIZE, aad_size;
    uint8_t *sealed = secmem_alloc(sealed_size);
    sqlite3_stmt *statement = NULL;
    SECURITY_STATUS status;
    int result;

    if (!sealed) {
        return status_no_memory();
    }
    status = sealer_name_hash(&connection->sealer, record->name, store_slot(record), hash);
    if (status == ERROR_SUCCESS) {
        aad_size = associated_data(connection->store, record, hash, aad);
        status = sealer_seal(&connection->sealer, aad, aad_size, record->payload, record->payload_size, nonce, sealed);
    }
    if (status == ERROR_SUCCESS) {
        status = connection_statement(connection, which, &statement);
    }
    if (status != ERROR_SUCCESS) {
        goto cleanup;
    }
    if ((result = bind_columns(statement, record)) != SQLITE_OK ||
        (result = bind_text(statement, COLUMN_NAME, record->name, STORE_MAX_NAME)) != SQLITE_OK ||
        (result = bind_text(statement, COLUMN_ALGORITHM, record->algorithm, MAX_ALGORITHM)) != SQLITE_OK ||
        (result = bind_bytes(statement, COLUMN_NAME_HASH, hash, sizeof(hash))) != SQLITE_OK ||
        (result = bind_bytes(statement, COLUMN_NONCE, nonce, sizeof(nonce))) != SQLITE_OK ||
        (result = bind_bytes(statement, COLUMN_PAYLOAD, sealed, sealed_size)) != SQLITE_OK) {
        status = connection_fail(connection, result, "writing a key");
    } else {
        status = step_write(connection, statement);
    }
    connection_reset(statement);
cleanup:
    secmem_free(sealed);
    return status;
}

SECURITY_STATUS row_insert_new(struct store *store, struct connection *connection, struct store_record *record)
{
    SECURITY_STATUS status = NTE_EXISTS;
    struct store_record fresh = *record;

    fresh.created = fresh.modified = row_clock();
    fresh.id = (int64_t)fresh.created;
    if (fresh.id <= store->last_id) { /* the clock stood still or went back */
        fresh.id = store->last_id + 1;
    }
    while (status == NTE_EXISTS) { /* another process was in the same tick */
        status = row_write(connection, STATEMENT_INSERT, &fresh);
        store->last_id = fresh.id;
        fresh.id++;
    }
    if (status == ERROR_SUCCESS) {
        record->id = store->last_id;
        record->created = fresh.created;
        record->modified = fresh.modified;
        record->generation = fresh.generation;
    }
    return status;
}
