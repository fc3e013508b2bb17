/* SPDX-License-Identifier: MIT
 *
 * What the tests of the key store share: a scratch folder, records, names.
 */
#ifndef TESTS_ENGINE_STORE_FIXTURE_H
#define TESTS_ENGINE_STORE_FIXTURE_H

#include <dirent.h>
#include <ftw.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/secmem.h"
#include "common/utf16.h"
#include "harness.h"
#include "ncrypt/store/internal.h"
#include "ncrypt_ext_compat.h"

#define WIN32(error) HRESULT_FROM_WIN32(error)

static char scratch[256];

static inline int remove_one(const char *path, const struct stat *info, int kind, struct FTW *ftw)
{
    (void)info;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static inline void remove_tree(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* A fresh folder for the test program; its stores live in folders below. */
static inline void scratch_make(void)
{
    const char *base = getenv("TMPDIR");

    snprintf(scratch, sizeof(scratch), "%s/ncrypt-store-XXXXXX", base ? base : "/tmp");
    if (mkdtemp(scratch) == NULL) {
        perror(scratch);
        exit(2);
    }
    setenv("NCRYPT_EXT_LOCK_TIMEOUT_MS", "20000", 1); /* slow machines; tests of the wait set their own */
}

static inline void scratch_remove(void)
{
    registry_close_unused();
    remove_tree(scratch);
}

/* For at once: the fourth call after this one takes the buffer. */
static inline const char *path_in(const char *folder, const char *name)
{
    static char paths[4][512];
    static unsigned next;
    char *path = paths[next++ % 4];

    snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
    return path;
}

/* For the whole run. */
static inline const char *scratch_path(const char *name)
{
    static char paths[64][300];
    static unsigned used;

    if (used == 64) {
        abort();
    }
    snprintf(paths[used], sizeof(paths[0]), "%s/%s", scratch, name);
    return paths[used++];
}

static inline struct store *open_store(const char *folder)
{
    struct store *store = NULL;
    SECURITY_STATUS status = store_acquire(STORE_USER, folder, true, &store);

    if (!CHECK_STATUS(status, ERROR_SUCCESS)) {
        char detail[512] = "";

        ncx_error_detail(status, detail, sizeof(detail));
        fprintf(stderr, "%s: %s\n", folder, detail);
        exit(1);
    }
    return store;
}

/* Lets go and closes, so that the next acquire opens anew. */
static inline void close_store(struct store *store)
{
    store_release(store);
    registry_close_unused();
}

static inline SECURITY_STATUS try_open(const char *folder, bool create)
{
    struct store *store = NULL;
    SECURITY_STATUS status = store_acquire(STORE_USER, folder, create, &store);

    if (status == ERROR_SUCCESS) {
        close_store(store);
    }
    return status;
}

#ifdef TEST_COVERAGE
void __gcov_dump(void);
#else
#define __gcov_dump() ((void)0)
#endif

/* Ends a child process with whether its checks failed; its part of the coverage is kept, which _exit() would lose. */
_Noreturn static inline void child_end(void)
{
    __gcov_dump();
    _exit(test_failures != 0);
}

static inline bool child_ended_well(pid_t child)
{
    int result = 0;

    return waitpid(child, &result, 0) == child && WIFEXITED(result) && WEXITSTATUS(result) == 0;
}

static inline void widen(const char *text, WCHAR *out)
{
    do {
        *out++ = (unsigned char)*text;
    } while (*text++ != '\0');
}

static inline void fill_record(struct store_record *record, const char *name, const char *payload)
{
    memset(record, 0, sizeof(*record));
    widen(name, record->name);
    widen("ECDSA_P256", record->algorithm);
    record->length = 256;
    record->export_policy = 2;
    record->key_usage = 0xFFFFFF;
    record->payload_size = strlen(payload);
    record->payload = secmem_copy(payload, record->payload_size);
}

static inline SECURITY_STATUS create_key(struct store *store, const char *name, const char *payload, bool overwrite)
{
    struct store_record record;
    SECURITY_STATUS status;

    fill_record(&record, name, payload);
    status = store_create(store, &record, overwrite);
    store_record_clear(&record);
    return status;
}

static inline SECURITY_STATUS read_key(struct store *store, const char *name, struct store_record *record)
{
    WCHAR wide[STORE_MAX_NAME + 1];

    widen(name, wide);
    return store_read(store, wide, STORE_SLOT_KEY, record);
}

/* Reads and compares the payload; `payload` NULL: only the status matters. */
static inline SECURITY_STATUS expect_key(struct store *store, const char *name, const char *payload)
{
    struct store_record record = {.id = 0};
    SECURITY_STATUS status = read_key(store, name, &record);

    if (status == ERROR_SUCCESS && payload != NULL) {
        CHECK(record.payload_size == strlen(payload) && memcmp(record.payload, payload, record.payload_size) == 0);
    }
    store_record_clear(&record);
    return status;
}

static inline int64_t id_of(struct store *store, const char *name)
{
    struct store_record record = {.id = 0};
    int64_t id = 0;

    if (CHECK_STATUS(read_key(store, name, &record), ERROR_SUCCESS)) {
        id = record.id;
    }
    store_record_clear(&record);
    return id;
}

/* The thread's last sentence for this status names `part`. */
static inline bool says(SECURITY_STATUS status, const char *part)
{
    char detail[512] = "";

    ncx_error_detail(status, detail, sizeof(detail));
    if (strstr(detail, part) == NULL) {
        fprintf(stderr, "the sentence is: %s\n", detail);
        return false;
    }
    return true;
}

/* SQL through a connection of its own, as somebody with an editor for databases would. */
static inline bool run_sql(const char *folder, const char *sql)
{
    sqlite3 *db = NULL;
    bool good = sqlite3_open_v2(path_in(folder, "keys.db"), &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
                sqlite3_busy_timeout(db, 20000) == SQLITE_OK && sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;

    if (!good) {
        fprintf(stderr, "%s: %s\n", sql, sqlite3_errmsg(db));
    }
    sqlite3_close(db);
    return good;
}

/* A store with one key, closed. */
static inline const char *store_with_a_key(const char *name)
{
    const char *folder = scratch_path(name);
    struct store *store = open_store(folder);

    CHECK_STATUS(create_key(store, "kept", "x", false), ERROR_SUCCESS);
    close_store(store);
    return folder;
}

#endif
