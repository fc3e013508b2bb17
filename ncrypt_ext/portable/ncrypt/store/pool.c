/* SPDX-License-Identifier: MIT
 *
 * The connections of a store: readers that are lent to one thread at a time, and one writer.
 */
#include "ncrypt/store/internal.h"

void pool_close(struct store *store)
{
    while (store->idle) {
        struct connection *connection = store->idle;

        store->idle = connection->next;
        connection_close(connection);
    }
    connection_close(store->writer);
    store->writer = NULL;
    store->readers = 0;
    connection_close(store->watcher);
    store->watcher = NULL;
}

/* SQLite keeps the process's file locks in its memory. The child of a fork inherits that memory but not the locks: its
 * own connections would rely on locks that do not exist. Closing the parent's connections in the child makes SQLite
 * forget them; that touches no file, since checkpoints on closing are off and no transaction is open. When a connection
 * was in use at the fork its state is unknown, and this process must stay away from the database. */
static SECURITY_STATUS refresh(struct store *store)
{
    SECURITY_STATUS status = ERROR_SUCCESS;

    if (!atomic_load(&store->stale)) {
        return ERROR_SUCCESS;
    }
    pthread_mutex_lock(&store->lock);
    if (store->stale_busy) {
        status = status_fail(HRESULT_FROM_WIN32(ERROR_BUSY),
                             "%s: this process was forked while another thread was at work in the key store; it cannot "
                             "use this store",
                             store->folder);
    } else if (atomic_load(&store->stale)) {
        pool_close(store);
        atomic_store(&store->stale, false);
    }
    pthread_mutex_unlock(&store->lock);
    return status;
}

static SECURITY_STATUS replaced(const struct store *store)
{
    return status_fail(HRESULT_FROM_WIN32(ERROR_PATH_NOT_FOUND),
                       "%s was removed or replaced while it was in use; open the provider again", store->database);
}

/* One more connection to the file that the store knows: another one at the same place has another master key. */
static SECURITY_STATUS open_another(const struct store *store, bool writer, struct connection **out)
{
    SECURITY_STATUS status = connection_open(store, writer, out);

    if (store_same_file(store)) {
        return status;
    }
    if (status == ERROR_SUCCESS) {
        connection_close(*out);
        *out = NULL;
    }
    return replaced(store);
}

/* A reader that lies idle, or the right to open one (NULL). */
static struct connection *take_idle(struct store *store)
{
    struct connection *connection = NULL;

    pthread_mutex_lock(&store->lock);
    while (!store->idle && store->readers == POOL_READERS) {
        pthread_cond_wait(&store->returned, &store->lock);
    }
    connection = store->idle;
    if (connection) {
        store->idle = connection->next;
    } else {
        store->readers++;
    }
    pthread_mutex_unlock(&store->lock);
    return connection;
}

SECURITY_STATUS pool_take(struct store *store, struct connection **out)
{
    SECURITY_STATUS status = ERROR_SUCCESS;
    struct connection *connection = NULL;

    sqlite_scope_begin();
    status = refresh(store);
    if (status != ERROR_SUCCESS) {
        sqlite_scope_end();
        return status;
    }
    connection = take_idle(store);
    if (!connection) {
        status = open_another(store, false, &connection);
        if (status != ERROR_SUCCESS) {
            pthread_mutex_lock(&store->lock);
            store->readers--;
            pthread_cond_signal(&store->returned);
            pthread_mutex_unlock(&store->lock);
            sqlite_scope_end();
            return status;
        }
    }
    connection_start(connection);
    *out = connection;
    return ERROR_SUCCESS;
}

void pool_return(struct store *store, struct connection *connection)
{
    pthread_mutex_lock(&store->lock);
    connection->next = store->idle;
    store->idle = connection;
    pthread_cond_signal(&store->returned);
    pthread_mutex_unlock(&store->lock);
    sqlite_scope_end();
}

SECURITY_STATUS transaction_begin(struct store *store, struct connection **connection)
{
    int64_t deadline;
    SECURITY_STATUS status = ERROR_SUCCESS;

    if (store->read_only) {
        return status_fail(HRESULT_FROM_WIN32(ERROR_WRITE_PROTECT), "%s is read-only", store->folder);
    }
    sqlite_scope_begin();
    status = refresh(store);
    if (status != ERROR_SUCCESS) {
        sqlite_scope_end();
        return status;
    }
    deadline = connection_clock() + store->lock_timeout;
    pthread_mutex_lock(&store->write_lock);
    if (!store_same_file(store)) {
        status = replaced(store); /* what is written into a removed file is lost */
    } else if (!store->writer) {
        status = open_another(store, true, &store->writer);
    }
    if (status == ERROR_SUCCESS) {
        store->writer->deadline = deadline; /* counts the wait for this process's other writers, or they would add up */
        status = connection_run(store->writer, STATEMENT_BEGIN, "waiting to write");
    }
    if (status != ERROR_SUCCESS) {
        pthread_mutex_unlock(&store->write_lock);
        sqlite_scope_end();
        return status;
    }
    *connection = store->writer;
    return ERROR_SUCCESS;
}

SECURITY_STATUS transaction_end(struct store *store, struct connection *connection, SECURITY_STATUS status)
{
    if (status == ERROR_SUCCESS) {
        status = connection_run(connection, STATEMENT_COMMIT, "writing");
        if (status == ERROR_SUCCESS) {
            maintenance_after_commit(store, connection);
        }
    }
    connection_rollback(connection);
    pthread_mutex_unlock(&store->write_lock);
    sqlite_scope_end();
    return status;
}

/* SQLite's data_version is another one for a connection when any other connection has committed. */
static SECURITY_STATUS count_change(struct store *store)
{
    bool is_new = !store->watcher;
    int64_t version = 0;
    SECURITY_STATUS status = is_new ? open_another(store, false, &store->watcher) : ERROR_SUCCESS;

    if (status == ERROR_SUCCESS) {
        connection_start(store->watcher);
        status = connection_number(store->watcher, "PRAGMA data_version", &version);
    }
    if (status != ERROR_SUCCESS) {
        connection_close(store->watcher); /* a new one counts as a change: none is missed */
        store->watcher = NULL;
    } else if (is_new || version != store->watched_version) {
        store->watched_version = version;
        store->changes++;
    }
    return status;
}

SECURITY_STATUS pool_changes(struct store *store, uint64_t *changes)
{
    SECURITY_STATUS status;

    sqlite_scope_begin();
    status = refresh(store);
    if (status == ERROR_SUCCESS) {
        pthread_mutex_lock(&store->watch_lock);
        status = store_same_file(store) ? count_change(store) : replaced(store);
        *changes = store->changes;
        pthread_mutex_unlock(&store->watch_lock);
    }
    sqlite_scope_end();
    return status;
}
