/* SPDX-License-Identifier: MIT
 *
 * Looking after a store as a whole: what it is, whether it is sound, copies of it, its passphrase.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/secmem.h"
#include "common/utf16.h"
#include "ncrypt/store/internal.h"

#define CHECK_PAGE 256 /* keys per read transaction, so that a long check does not keep the log from being emptied */

static uint64_t size_of(const struct store *store, const char *suffix)
{
    char *path = folder_path(store->folder, STORE_DATABASE, suffix);
    struct stat info;
    uint64_t size = path && stat(path, &info) == 0 ? (uint64_t)info.st_size : 0;

    free(path);
    return size;
}

SECURITY_STATUS store_info(struct store *store, struct store_info *info)
{
    struct connection *connection = NULL;
    struct store_info found = {.schema_version = store->schema_version};
    int64_t keys = 0;
    SECURITY_STATUS status = pool_take(store, &connection);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    /* By two indexes: the rows themselves are large. */
    status = connection_number(connection,
                               "SELECT (SELECT count(*) FROM keys) - "
                               "(SELECT count(*) FROM keys WHERE flags & 48 = 48)",
                               &keys);
    pool_return(store, connection);
    if (status != ERROR_SUCCESS) {
        return status;
    }
    snprintf(found.folder, sizeof(found.folder), "%s", store->folder);
    snprintf(found.database, sizeof(found.database), "%s", store->database);
    memcpy(found.id, store->id, sizeof(found.id));
    found.keys = (uint64_t)keys;
    found.bytes = size_of(store, "") + size_of(store, "-wal");
    found.passphrase = atomic_load(&store->passphrase);
    found.read_only = store->read_only;
    *info = found;
    return ERROR_SUCCESS;
}

/* ---- check ---- */

struct finding {
    struct finding *next;
    char sentence[];
};

struct check {
    void (*report)(void *context, const char *sentence);
    void *context;
    SECURITY_STATUS first; /* the first fault */
    struct finding *findings, *last;
    uint64_t checked;
    int64_t after;
};

static void fault(struct check *check, SECURITY_STATUS status, const char *sentence)
{
    struct finding *finding = check->report ? calloc(1, sizeof(*finding) + strlen(sentence) + 1) : NULL;

    if (check->first == ERROR_SUCCESS) {
        check->first = status_fail(status, "%s", sentence);
    }
    if (finding) {
        strcpy(finding->sentence, sentence);
        *(check->last ? &check->last->next : &check->findings) = finding;
        check->last = finding;
    } else if (check->report) {
        check->first = status_no_memory();
    }
}

/* Outside the gate: the callback may wait for a thread that is about to fork. */
static void report_findings(struct check *check)
{
    while (check->findings) {
        struct finding *finding = check->findings;

        check->findings = finding->next;
        check->report(check->context, finding->sentence);
        free(finding);
    }
    check->last = NULL;
}

/* Every page of the file, by SQLite's own check. */
static void check_pages(struct connection *connection, struct check *check)
{
    sqlite3_stmt *query = NULL;
    char sentence[600];
    int result = sqlite3_prepare_v2(connection->db, "PRAGMA integrity_check", -1, &query, NULL);

    while (result == SQLITE_OK && (result = sqlite3_step(query)) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(query, 0);

        result = SQLITE_OK;
        if (text && strcmp(text, "ok") != 0) {
            snprintf(sentence, sizeof(sentence), "%s: %s", connection->store->database, text);
            fault(check, HRESULT_FROM_WIN32(ERROR_FILE_CORRUPT), sentence);
        }
    }
    if (result != SQLITE_DONE) {
        snprintf(sentence, sizeof(sentence), "%s: %s", connection->store->database, sqlite3_errmsg(connection->db));
        fault(check, connection_fail(connection, result, "checking"), sentence);
    }
    sqlite3_finalize(query);
}

static void check_key(struct connection *connection, sqlite3_stmt *query, struct check *check)
{
    struct store_record record = {.id = 0};
    char sentence[600], name[128];
    SECURITY_STATUS status = row_read(connection, query, &record);

    check->checked += store_slot(&record) != STORE_SLOT_CONTAINER;
    check->after = sqlite3_column_int64(query, 0);
    if (status != ERROR_SUCCESS) {
        snprintf(sentence, sizeof(sentence), "%s: the key \"%s\" (id %lld) cannot be read: %s",
                 connection->store->database, utf16_printable(record.name, name, sizeof(name)), (long long)check->after,
                 status == NTE_KEYSET_ENTRY_BAD ? "its row was altered or damaged" : "its seal cannot be opened");
        fault(check, status, sentence);
    }
    store_record_clear(&record);
}

/* One short read transaction; `*more` tells whether there may be keys left. */
static SECURITY_STATUS check_some(struct store *store, struct check *check, bool *more)
{
    struct connection *connection = NULL;
    sqlite3_stmt *query = NULL;
    int result = SQLITE_OK, seen = 0;
    SECURITY_STATUS status = pool_take(store, &connection);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = connection_statement(connection, STATEMENT_CHECK, &query);
    if (status == ERROR_SUCCESS) {
        result = sqlite3_bind_int64(query, 1, check->after);
        while (result == SQLITE_OK && seen < CHECK_PAGE && (result = sqlite3_step(query)) == SQLITE_ROW) {
            result = SQLITE_OK;
            check_key(connection, query, check);
            seen++;
        }
        if (result != SQLITE_OK && result != SQLITE_DONE) {
            char sentence[600];

            snprintf(sentence, sizeof(sentence), "%s: keys after id %lld cannot be read: %s", store->database,
                     (long long)check->after, sqlite3_errmsg(connection->db));
            fault(check, connection_fail(connection, result, "checking"), sentence);
        }
        connection_reset(query);
    }
    pool_return(store, connection);
    *more = seen == CHECK_PAGE;
    return status;
}

SECURITY_STATUS store_check(struct store *store, void (*report)(void *context, const char *sentence), void *context,
                            uint64_t *checked)
{
    struct check check = {.report = report, .context = context, .after = INT64_MIN};
    struct connection *connection = NULL;
    bool more = true;
    SECURITY_STATUS status = folder_check(store->scope, store->folder);

    if (status != ERROR_SUCCESS) {
        fault(&check, status, "folder or files of the key store are open to others");
    }
    report_findings(&check);
    status = pool_take(store, &connection);
    if (status != ERROR_SUCCESS) {
        return status;
    }
    check_pages(connection, &check);
    pool_return(store, connection);
    report_findings(&check);
    while (status == ERROR_SUCCESS && more) {
        status = check_some(store, &check, &more);
        report_findings(&check);
    }
    *checked = check.checked;
    return check.first != ERROR_SUCCESS ? check.first : status;
}

/* ---- backup ---- */

static SECURITY_STATUS copy_master_key(const struct store *store, const char *folder)
{
    uint8_t data[1024];
    size_t size = 0;
    char *path = folder_path(store->folder, STORE_MASTER_KEY, "");
    SECURITY_STATUS status = path ? file_read(path, data, sizeof(data), &size) : status_no_memory();

    if (status == ERROR_SUCCESS) {
        status = file_write(folder, STORE_MASTER_KEY, data, size, false);
    }
    secmem_wipe(data, sizeof(data));
    free(path);
    return status;
}

/* So that the folder itself is still there after a power cut. */
static SECURITY_STATUS sync_parent(const char *folder)
{
    char *parent = strdup(folder);
    size_t length = strlen(folder);
    SECURITY_STATUS status;

    if (!parent) {
        return status_no_memory();
    }
    while (length > 0 && parent[length - 1] == '/') {
        length--;
    }
    while (length > 0 && parent[length - 1] != '/') {
        length--;
    }
    parent[length] = '\0';
    status = folder_sync(length > 0 ? parent : ".");
    free(parent);
    return status;
}

SECURITY_STATUS store_backup(struct store *store, const char *folder)
{
    struct connection *connection = NULL;
    char *path = folder_path(folder, STORE_DATABASE, ""), *master = folder_path(folder, STORE_MASTER_KEY, "");
    SECURITY_STATUS status = path && master ? ERROR_SUCCESS : status_no_memory();

    if (status == ERROR_SUCCESS && mkdir(folder, 0700) != 0) {
        status =
            errno == EEXIST ? status_fail(NTE_EXISTS, "%s exists already", folder) : status_from_errno(errno, folder);
    }
    if (status != ERROR_SUCCESS) {
        goto cleanup;
    }
    status = pool_take(store, &connection);
    if (status == ERROR_SUCCESS) {
        status = copy_database(connection, path);
        pool_return(store, connection);
    }
    if (status == ERROR_SUCCESS) { /* last: a folder without it is seen to be unfinished */
        status = copy_master_key(store, folder);
    }
    if (status == ERROR_SUCCESS) {
        status = sync_parent(folder);
    }
    if (status != ERROR_SUCCESS) {
        unlink(master); /* there when its folder could not be synced */
        unlink(path);
        rmdir(folder);
    }
cleanup:
    free(path);
    free(master);
    return status;
}

SECURITY_STATUS store_rekey(struct store *store, const char *passphrase, size_t size)
{
    struct masterkey master = {.passphrase = passphrase != NULL, .key = store->key};
    SECURITY_STATUS status;

    if (store->read_only) {
        return status_fail(HRESULT_FROM_WIN32(ERROR_WRITE_PROTECT), "%s is read-only", store->folder);
    }
    if (passphrase && size > PASSPHRASE_MAX) { /* no source would give as much back */
        return status_fail(NTE_INVALID_PARAMETER, "a passphrase has at most %d bytes", PASSPHRASE_MAX);
    }
    if (passphrase && (size == 0 || passphrase[size - 1] == '\n' || passphrase[size - 1] == '\r')) {
        return status_fail(NTE_INVALID_PARAMETER, "a passphrase is not empty and does not end with a line break");
    }
    memcpy(master.store_id, store->id, STORE_ID_SIZE);
    /* A process killed in its midst may have left the key in the clear, which a passphrase would not cover. First, so
     * that a failure has changed nothing. */
    status = file_remove_temporaries(store->folder, STORE_MASTER_KEY);
    if (status == ERROR_SUCCESS) {
        status = masterkey_write(store->folder, &master, passphrase, size, true);
    }
    if (status == ERROR_SUCCESS) {
        atomic_store(&store->passphrase, passphrase != NULL);
    }
    return status;
}
