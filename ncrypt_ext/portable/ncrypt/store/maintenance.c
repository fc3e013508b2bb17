/* SPDX-License-Identifier: MIT
 *
 * Keeping the write-ahead log short. A commit appends to the log and syncs once. Now and then the pages must go from
 * the log into the database (a checkpoint), after which the next writer starts the log anew, at the price of one more
 * sync for its header. That write is made here too, so that a create pays for itself only.
 *
 * The log keeps its length when it starts anew. Commits then write over blocks that the file has already, and their
 * sync need not write where the blocks are and how long the file is: measured, a create takes two thirds of the time
 * that it takes with a log that grows. Hence the log is not let grow beyond what it keeps.
 */
#include <sys/stat.h>
#include <stdlib.h>

#include "ncrypt/store/internal.h"

uint32_t maintenance_commit_limit = MAINTENANCE_LIMIT;

/* A row that says when the log was started. */
static void start_log(struct connection *writer)
{
    sqlite3_stmt *statement = NULL;
    uint8_t now[8];
    bool good = connection_run(writer, STATEMENT_BEGIN, "starting the log") == ERROR_SUCCESS &&
                connection_statement(writer, STATEMENT_MARK, &statement) == ERROR_SUCCESS;

    if (good) {
        put_u64(now, row_clock());
        good = sqlite3_bind_blob(statement, 1, now, sizeof(now), SQLITE_STATIC) == SQLITE_OK &&
               sqlite3_step(statement) == SQLITE_DONE;
        connection_reset(statement);
    }
    if (good) {
        good = connection_run(writer, STATEMENT_COMMIT, "starting the log") == ERROR_SUCCESS;
    }
    connection_rollback(writer);
}

/* Never waits: where readers or other processes are in the way, as much is done as can be. What fails here has lost
 * nothing and is tried again later; it is no failure of the call that came along. */
static void checkpoint(struct connection *writer)
{
    int frames = 0, done = 0;
    int result = sqlite3_wal_checkpoint_v2(writer->db, "main", SQLITE_CHECKPOINT_PASSIVE, &frames, &done);

    if (result == SQLITE_OK && frames > 0 && frames == done) {
        start_log(writer);
    }
}

void maintenance_after_commit(struct store *store, struct connection *writer)
{
    if (store->checkpoint_at == 0) {
        store->checkpoint_at = maintenance_commit_limit;
    }
    if (writer->wal_pages < store->checkpoint_at) {
        return;
    }
    checkpoint(writer);
    store->checkpoint_at = maintenance_commit_limit;
    if (writer->wal_pages >= maintenance_commit_limit) { /* a reader holds the log: not again at every commit */
        store->checkpoint_at = writer->wal_pages + maintenance_commit_limit / 4 + 1;
    }
}

void maintenance_at_open(struct store *store, struct connection *writer)
{
    char *path = folder_path(store->folder, STORE_DATABASE, "-wal");
    struct stat info;

    if (path && stat(path, &info) == 0 && info.st_size > (off_t)MAINTENANCE_LIMIT * WAL_FRAME_SIZE + 32) {
        checkpoint(writer);
    }
    free(path);
}
