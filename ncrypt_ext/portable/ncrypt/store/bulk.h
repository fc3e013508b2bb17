/* SPDX-License-Identifier: MIT
 *
 * Adding very many keys in few transactions. For benchmarks and migrations written in C; not exported.
 */
#ifndef PORTABLE_NCRYPT_STORE_BULK_H
#define PORTABLE_NCRYPT_STORE_BULK_H

#include "ncrypt/store/store.h"

struct connection;

struct store_bulk {
    struct store *store;
    struct connection *connection;
};

/* Begins a transaction and keeps other writers of the store out until store_bulk_end(). One thread. */
MUST_CHECK SECURITY_STATUS store_bulk_begin(struct store *store, struct store_bulk *bulk);

/* As store_create() without overwriting. A name that is taken fails the whole transaction. */
MUST_CHECK SECURITY_STATUS store_bulk_add(struct store_bulk *bulk, struct store_record *record);

/* Commits when `status` is success, else rolls back; returns what came out. */
MUST_CHECK SECURITY_STATUS store_bulk_end(struct store_bulk *bulk, SECURITY_STATUS status);

#endif
