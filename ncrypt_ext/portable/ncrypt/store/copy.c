/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ncrypt/store/internal.h"

/* One step copies one state of the database, however much others write meanwhile. */
static SECURITY_STATUS run_backup(struct connection *source, sqlite3 *target, const char *path)
{
    sqlite3_backup *backup = sqlite3_backup_init(target, "main", source->db, "main");
    int result = backup ? sqlite3_backup_step(backup, -1) : sqlite3_errcode(target);

    if (result == SQLITE_DONE) {
        result = sqlite3_backup_finish(backup);
    } else {
        sqlite3_backup_finish(backup);
    }
    if (result != SQLITE_OK) {
        SECURITY_STATUS status = connection_fail(source, result, "copying the database");

        return status_fail(status, "copying %s to %s: %s", source->store->database, path, sqlite3_errstr(result));
    }
    return ERROR_SUCCESS;
}

SECURITY_STATUS copy_database(struct connection *source, const char *path)
{
    SECURITY_STATUS status = ERROR_SUCCESS;
    size_t size = strlen(path) + sizeof(".new");
    char *temporary = malloc(size);
    sqlite3 *target = NULL;

    if (!temporary) {
        return status_no_memory();
    }
    snprintf(temporary, size, "%s.new", path);
    unlink(temporary); /* of an attempt that was interrupted */
    status = file_touch(temporary);
    if (status == ERROR_SUCCESS) {
        int result = sqlite3_open_v2(temporary, &target, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);

        if (result == SQLITE_OK) {
            result = sqlite3_exec(target, "PRAGMA synchronous = EXTRA; PRAGMA fullfsync = ON", NULL, NULL, NULL);
        }
        status = result == SQLITE_OK ? run_backup(source, target, path)
                                     : connection_fail(source, result, "making a copy of the database");
    }
    sqlite3_close(target);
    if (status == ERROR_SUCCESS && rename(temporary, path) != 0) {
        status = status_from_errno(errno, path);
    }
    if (status != ERROR_SUCCESS) {
        unlink(temporary);
    } else {
        *strrchr(temporary, '/') = '\0';
        status = folder_sync(temporary);
    }
    free(temporary);
    return status;
}
