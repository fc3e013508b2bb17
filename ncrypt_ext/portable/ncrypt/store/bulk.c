/* SPDX-License-Identifier: MIT */
#include "ncrypt/store/bulk.h"

#include "ncrypt/store/internal.h"

SECURITY_STATUS store_bulk_begin(struct store *store, struct store_bulk *bulk)
{
    struct connection *connection = NULL;
    SECURITY_STATUS status = transaction_begin(store, &connection);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    /* The names hash to random places of the index: with all of it in memory, adding is not bound by reading. */
    status = connection_exec(connection, "PRAGMA cache_size = -262144", "adding keys");
    if (status != ERROR_SUCCESS) {
        return transaction_end(store, connection, status);
    }
    bulk->store = store;
    bulk->connection = connection;
    return ERROR_SUCCESS;
}

SECURITY_STATUS store_bulk_add(struct store_bulk *bulk, struct store_record *record)
{
    SECURITY_STATUS status = row_validate(record);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    record->generation = 1;
    return row_insert_new(bulk->store, bulk->connection, record);
}

SECURITY_STATUS store_bulk_end(struct store_bulk *bulk, SECURITY_STATUS status)
{
    return transaction_end(bulk->store, bulk->connection, status);
}
