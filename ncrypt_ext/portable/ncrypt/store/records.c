/* SPDX-License-Identifier: MIT
 *
 * What callers do with keys: create, read, change, delete, list.
 */
#include <string.h>

#include "common/secmem.h"
#include "common/utf16.h"
#include "ncrypt/store/internal.h"

#define UNIQUE_HASH 32 /* hexadecimal digits of the name's hash in a unique name */
#define UNIQUE_ID   31 /* and of the store's id */

void store_record_clear(struct store_record *record)
{
    secmem_free(record->payload);
    memset(record, 0, sizeof(*record));
}

static SECURITY_STATUS no_such_key(const struct store *store, const WCHAR *name)
{
    char text[128];

    return status_fail(NTE_BAD_KEYSET, "%s: there is no key \"%s\"", store->folder,
                       utf16_printable(name, text, sizeof(text)));
}

static SECURITY_STATUS key_gone(const struct store *store)
{
    return status_fail(NTE_BAD_KEYSET, "%s: the key has been deleted or replaced", store->folder);
}

/* Runs a query for one row whose parameters are bound; `missing` is what no row means. */
static SECURITY_STATUS read_one(struct connection *connection, sqlite3_stmt *query, struct store_record *record,
                                SECURITY_STATUS missing)
{
    SECURITY_STATUS status = missing;
    int result = sqlite3_step(query);

    if (result == SQLITE_ROW) {
        status = row_read(connection, query, record);
    } else if (result != SQLITE_DONE) {
        status = connection_fail(connection, result, "reading a key");
    }
    connection_reset(query);
    return status;
}

SECURITY_STATUS record_find(struct connection *connection, const WCHAR *name, enum store_slot slot, int64_t *id)
{
    uint8_t hash[STORE_HASH_SIZE];
    sqlite3_stmt *query = NULL;
    SECURITY_STATUS status = sealer_name_hash(&connection->sealer, name, slot, hash);
    int result;

    if (status == ERROR_SUCCESS) {
        status = connection_statement(connection, STATEMENT_FIND_HASH, &query);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    result = sqlite3_bind_blob(query, 1, hash, sizeof(hash), SQLITE_STATIC);
    if (result == SQLITE_OK) {
        result = sqlite3_step(query);
    }
    if (result == SQLITE_ROW) {
        *id = sqlite3_column_int64(query, 0);
    } else {
        status = result == SQLITE_DONE ? NTE_BAD_KEYSET : connection_fail(connection, result, "looking for a key");
    }
    connection_reset(query);
    return status;
}

SECURITY_STATUS record_read(struct connection *connection, const WCHAR *name, enum store_slot slot,
                            struct store_record *record)
{
    uint8_t hash[STORE_HASH_SIZE];
    sqlite3_stmt *query = NULL;
    SECURITY_STATUS status = sealer_name_hash(&connection->sealer, name, slot, hash);

    if (status == ERROR_SUCCESS) {
        status = connection_statement(connection, STATEMENT_READ_HASH, &query);
    }
    if (status == ERROR_SUCCESS) {
        int result = sqlite3_bind_blob(query, 1, hash, sizeof(hash), SQLITE_STATIC);

        status = result == SQLITE_OK ? read_one(connection, query, record, NTE_BAD_KEYSET)
                                     : connection_fail(connection, result, "reading a key");
    }
    return status;
}

SECURITY_STATUS record_delete(struct store *store, struct connection *connection, int64_t id)
{
    sqlite3_stmt *statement = NULL;
    SECURITY_STATUS status = connection_statement(connection, STATEMENT_DELETE, &statement);
    int result;

    if (status != ERROR_SUCCESS) {
        return status;
    }
    result = sqlite3_bind_int64(statement, 1, id);
    if (result == SQLITE_OK) {
        result = sqlite3_step(statement);
    }
    if (result != SQLITE_DONE) {
        status = connection_fail(connection, result, "deleting a key");
    } else if (sqlite3_changes(connection->db) == 0) {
        status = key_gone(store);
    }
    connection_reset(statement);
    return status;
}

static SECURITY_STATUS create_one(struct store *store, struct connection *connection, struct store_record *record,
                                  bool overwrite)
{
    SECURITY_STATUS status = container_make_room(store, connection, record, overwrite);

    if (status == ERROR_SUCCESS) {
        record->generation = 1;
        status = row_insert_new(store, connection, record);
    }
    return status;
}

SECURITY_STATUS store_create(struct store *store, struct store_record *record, bool overwrite)
{
    struct connection *connection = NULL;
    struct store_record made = *record;
    SECURITY_STATUS status = row_validate(record);

    if (status == ERROR_SUCCESS) {
        status = transaction_begin(store, &connection);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = transaction_end(store, connection, create_one(store, connection, &made, overwrite));
    if (status == ERROR_SUCCESS) {
        *record = made;
    }
    return status;
}

SECURITY_STATUS store_create_all(struct store *store, struct store_record *records, size_t count)
{
    struct connection *connection = NULL;
    SECURITY_STATUS status = ERROR_SUCCESS;

    for (size_t i = 0; status == ERROR_SUCCESS && i < count; i++) {
        status = row_validate(&records[i]);
    }
    if (status == ERROR_SUCCESS) {
        status = transaction_begin(store, &connection);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    for (size_t i = 0; status == ERROR_SUCCESS && i < count; i++) {
        status = create_one(store, connection, &records[i], false);
    }
    return transaction_end(store, connection, status);
}

SECURITY_STATUS store_read(struct store *store, const WCHAR *name, enum store_slot slot, struct store_record *record)
{
    struct connection *connection = NULL;
    struct store_record found = {.id = 0};
    SECURITY_STATUS status = pool_take(store, &connection);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = record_read(connection, name, slot, &found);
    pool_return(store, connection);
    if (status == ERROR_SUCCESS) {
        *record = found;
    } else if (status == NTE_BAD_KEYSET) {
        status = no_such_key(store, name);
    }
    return status;
}

static void put_hex(WCHAR *out, const uint8_t *data, size_t count)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < count; i++) {
        out[i] = (WCHAR)digits[data[i / 2] >> (i % 2 ? 0 : 4) & 15];
    }
}

/* The half of a unique name that tells the store. */
static void put_own_half(const struct store *store, WCHAR half[1 + UNIQUE_ID + 1])
{
    half[0] = '_';
    put_hex(half + 1, store->id, UNIQUE_ID);
    half[1 + UNIQUE_ID] = 0;
}

static bool hex_digit(WCHAR unit, uint8_t *value)
{
    WCHAR folded = utf16_fold(unit);

    if (folded >= '0' && folded <= '9') {
        *value = (uint8_t)(folded - '0');
    } else if (folded >= 'a' && folded <= 'f') {
        *value = (uint8_t)(folded - 'a' + 10);
    } else {
        return false;
    }
    return true;
}

/* The first half of the hash, when `unique` is a unique name of this store. */
static bool parse_unique(const struct store *store, const WCHAR *unique, uint8_t hash[STORE_HASH_SIZE])
{
    WCHAR own[1 + UNIQUE_ID + 1];

    if (utf16_length(unique, 65) != 64) {
        return false;
    }
    put_own_half(store, own);
    if (!utf16_equal_fold(unique + UNIQUE_HASH, own)) {
        return false;
    }
    for (size_t i = 0; i < UNIQUE_HASH / 2; i++) {
        uint8_t high = 0, low = 0;

        if (!hex_digit(unique[2 * i], &high) || !hex_digit(unique[2 * i + 1], &low)) {
            return false;
        }
        hash[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

SECURITY_STATUS store_read_unique(struct store *store, const WCHAR *unique, struct store_record *record)
{
    struct connection *connection = NULL;
    sqlite3_stmt *query = NULL;
    uint8_t first[STORE_HASH_SIZE] = {0}, last[STORE_HASH_SIZE];
    struct store_record found = {.id = 0};
    SECURITY_STATUS status = ERROR_SUCCESS;

    if (!parse_unique(store, unique, first)) {
        return no_such_key(store, unique);
    }
    memset(last, 0xFF, sizeof(last));
    memcpy(last, first, UNIQUE_HASH / 2);
    status = pool_take(store, &connection);
    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = connection_statement(connection, STATEMENT_READ_HASH_RANGE, &query);
    if (status == ERROR_SUCCESS) {
        int result = sqlite3_bind_blob(query, 1, first, sizeof(first), SQLITE_STATIC);

        if (result == SQLITE_OK) {
            result = sqlite3_bind_blob(query, 2, last, sizeof(last), SQLITE_STATIC);
        }
        status = result == SQLITE_OK ? read_one(connection, query, &found, NTE_BAD_KEYSET)
                                     : connection_fail(connection, result, "reading a key");
    }
    pool_return(store, connection);
    if (status == ERROR_SUCCESS && store_slot(&found) == STORE_SLOT_CONTAINER) {
        store_record_clear(&found);
        status = NTE_BAD_KEYSET;
    }
    if (status == ERROR_SUCCESS) {
        *record = found;
    } else if (status == NTE_BAD_KEYSET) {
        status = no_such_key(store, unique);
    }
    return status;
}

SECURITY_STATUS store_exists(struct store *store, const WCHAR *name, enum store_slot slot)
{
    struct connection *connection = NULL;
    int64_t id = 0;
    SECURITY_STATUS status = pool_take(store, &connection);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = record_find(connection, name, slot, &id);
    pool_return(store, connection);
    return status == NTE_BAD_KEYSET ? no_such_key(store, name) : status;
}

SECURITY_STATUS store_unique_name(const struct store *store, const WCHAR *name, enum store_slot slot, WCHAR unique[65])
{
    uint8_t bytes[SEAL_MAX_NAME], hash[STORE_HASH_SIZE];
    size_t size = 0;
    SECURITY_STATUS status = seal_name(name, slot, bytes, &size);

    if (status == ERROR_SUCCESS) {
        status = seal_sha256(bytes, size, hash);
    }
    if (status == ERROR_SUCCESS) {
        put_hex(unique, hash, UNIQUE_HASH);
        put_own_half(store, unique + UNIQUE_HASH);
    }
    return status;
}

static SECURITY_STATUS read_id(struct store *store, struct connection *connection, int64_t id,
                               struct store_record *record)
{
    sqlite3_stmt *query = NULL;
    SECURITY_STATUS status = connection_statement(connection, STATEMENT_READ_ID, &query);

    if (status == ERROR_SUCCESS) {
        int result = sqlite3_bind_int64(query, 1, id);

        status = result == SQLITE_OK ? read_one(connection, query, record, NTE_BAD_KEYSET)
                                     : connection_fail(connection, result, "reading a key");
    }
    return status == NTE_BAD_KEYSET ? key_gone(store) : status;
}

SECURITY_STATUS store_modify(struct store *store, int64_t id, store_change change, void *context)
{
    struct connection *connection = NULL;
    struct store_record record = {.id = 0}, old;
    SECURITY_STATUS status = transaction_begin(store, &connection);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = read_id(store, connection, id, &record);
    if (status == ERROR_SUCCESS) {
        old = record;
        status = change(&record, context);
    }
    if (status == ERROR_SUCCESS) { /* what a change may not touch stays as it was */
        record.id = id;
        memcpy(record.name, old.name, sizeof(record.name));
        record.flags = (record.flags & ~STORE_SLOT_MASK) | (old.flags & STORE_SLOT_MASK);
        record.created = old.created;
        record.modified = row_clock();
        record.generation = old.generation + 1;
        status = row_validate(&record);
    }
    if (status == ERROR_SUCCESS) {
        status = row_write(connection, STATEMENT_UPDATE, &record);
    }
    status = transaction_end(store, connection, status);
    store_record_clear(&record);
    return status;
}

SECURITY_STATUS store_delete(struct store *store, int64_t id)
{
    struct connection *connection = NULL;
    SECURITY_STATUS status = transaction_begin(store, &connection);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    return transaction_end(store, connection, record_delete(store, connection, id));
}

SECURITY_STATUS store_list(struct store *store, int64_t after, struct store_record *records, size_t capacity,
                           size_t *count)
{
    struct connection *connection = NULL;
    sqlite3_stmt *query = NULL;
    size_t used = 0;
    SECURITY_STATUS status = pool_take(store, &connection);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = connection_statement(connection, STATEMENT_LIST, &query);
    if (status == ERROR_SUCCESS) {
        int result = sqlite3_bind_int64(query, 1, after);

        while (result == SQLITE_OK && used < capacity) {
            result = sqlite3_step(query);
            if (result == SQLITE_ROW) {
                result = SQLITE_OK;
                used += row_list(query, &records[used]); /* a row without a readable name gets written over */
            }
        }
        if (result != SQLITE_OK && result != SQLITE_DONE) {
            status = connection_fail(connection, result, "listing keys");
        }
        connection_reset(query);
    }
    pool_return(store, connection);
    if (status == ERROR_SUCCESS) {
        *count = used;
    }
    return status;
}
