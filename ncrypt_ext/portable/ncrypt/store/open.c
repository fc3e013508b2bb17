/* SPDX-License-Identifier: MIT
 *
 * From a folder to a store that can be used.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/secmem.h"
#include "ncrypt/store/environment.h"
#include "ncrypt/store/internal.h"

#define LOCK_TIMEOUT     5000
#define LOCK_TIMEOUT_MAX 600000

SECURITY_STATUS store_missing(const char *folder)
{
    return status_fail(NTE_BAD_KEYSET, "%s: there is no key store yet", folder);
}

static int64_t lock_timeout(void)
{
    const char *text = environment_get("NCRYPT_EXT_LOCK_TIMEOUT_MS");
    char *end = NULL;
    long value = text ? strtol(text, &end, 10) : 0;

    return text && *text != '\0' && *end == '\0' && value >= 0 && value <= LOCK_TIMEOUT_MAX ? value : LOCK_TIMEOUT;
}

/* 0 for a file that is missing. */
static SECURITY_STATUS file_size(const char *folder, const char *suffix, off_t *size)
{
    char *path = folder_path(folder, STORE_DATABASE, suffix);
    SECURITY_STATUS status = ERROR_SUCCESS;
    struct stat info;

    if (!path) {
        return status_no_memory();
    }
    *size = 0;
    if (stat(path, &info) == 0) {
        *size = info.st_size;
    } else if (errno != ENOENT) {
        status = status_from_errno(errno, path);
    }
    free(path);
    return status;
}

static SECURITY_STATUS no_database(const struct store *store, bool create)
{
    if (create) {
        return status_fail(HRESULT_FROM_WIN32(ERROR_WRITE_PROTECT), "%s is read-only and there is no key store in it",
                           store->folder);
    }
    return store_missing(store->folder);
}

/* The order matters: a store is made with its master key first, so that a database without one has lost it. */
static SECURITY_STATUS get_master(struct store *store, bool create, struct masterkey *master)
{
    off_t database = 0;
    SECURITY_STATUS status = file_size(store->folder, "", &database);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (database == 0 && (!create || store->read_only)) {
        return no_database(store, create);
    }
    status = masterkey_load(store->folder, master);
    if (status != HRESULT_FROM_WIN32(ERROR_PATH_NOT_FOUND)) {
        return status;
    }
    if (database > 0) {
        return status_fail(HRESULT_FROM_WIN32(ERROR_NO_USER_KEYS),
                           "%s/" STORE_MASTER_KEY " is missing: without it the keys in " STORE_DATABASE
                           " cannot be read; put it back from a backup",
                           store->folder);
    }
    return masterkey_create(store->folder, master);
}

static SECURITY_STATUS remember_file(struct store *store)
{
    struct stat info;

    if (stat(store->database, &info) != 0) {
        return status_from_errno(errno, store->database);
    }
    store->device = info.st_dev;
    store->inode = info.st_ino;
    return ERROR_SUCCESS;
}

bool store_same_file(const struct store *store)
{
    struct stat info;

    return stat(store->database, &info) == 0 && info.st_dev == store->device && info.st_ino == store->inode;
}

static SECURITY_STATUS open_database(struct store *store, bool create)
{
    struct connection *connection = NULL;
    SECURITY_STATUS status = connection_open(store, !store->read_only, &connection);

    if (status == ERROR_SUCCESS) {
        status = schema_prepare(store, connection, create);
    }
    if (status != ERROR_SUCCESS) {
        connection_close(connection);
        return status;
    }
    if (store->read_only) {
        store->idle = connection;
        store->readers = 1;
    } else {
        maintenance_at_open(store, connection);
        store->writer = connection;
    }
    return ERROR_SUCCESS;
}

SECURITY_STATUS store_open(struct store *store, bool create)
{
    struct masterkey master = {.key = NULL};
    off_t log = 0;
    SECURITY_STATUS status = folder_prepare(store->scope, store->folder, create, &store->read_only);

    if (status == ERROR_SUCCESS) {
        status = file_size(store->folder, "-wal", &log);
    }
    if (status == ERROR_SUCCESS) {
        status = get_master(store, create, &master);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    memcpy(store->id, master.store_id, STORE_ID_SIZE);
    atomic_store(&store->passphrase, master.passphrase);
    store->key = master.key;
    store->lock_timeout = lock_timeout();
    store->immutable = store->read_only && log == 0;
    if (!store->read_only) {
        status = file_touch(store->database);
    }
    if (status == ERROR_SUCCESS) {
        status = remember_file(store);
    }
    if (status == ERROR_SUCCESS) {
        sqlite_scope_begin();
        status = open_database(store, create);
        sqlite_scope_end();
    }
    return status;
}

void store_free(struct store *store)
{
    sqlite_scope_begin();
    pool_close(store);
    sqlite_scope_end();
    pthread_mutex_destroy(&store->lock);
    pthread_cond_destroy(&store->returned);
    pthread_mutex_destroy(&store->write_lock);
    pthread_mutex_destroy(&store->watch_lock);
    secmem_free(store->key);
    free(store->folder);
    free(store->database);
    free(store);
}
