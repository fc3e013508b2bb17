/* SPDX-License-Identifier: MIT
 *
 * The key store with several threads and processes at once, and beside a process that is stopped.
 */
#include <signal.h>
#include <sys/wait.h>

#include "store_fixture.h"

#define THREADS 4
#define KEYS    25

/* ---- threads ---- */

struct work {
    const char *folder;
    int number;
};

static SECURITY_STATUS count_up(struct store_record *record, void *context)
{
    (void)context;
    record->legacy_spec++;
    return ERROR_SUCCESS;
}

/* Creates and reads its own keys and counts in a common one. */
static void work_on(const char *folder, int number)
{
    struct store *store = open_store(folder);
    int64_t common = id_of(store, "common");
    char name[32];

    for (int i = 0; i < KEYS; i++) {
        snprintf(name, sizeof(name), "w%d-%d", number, i);
        CHECK_STATUS(create_key(store, name, name, false), ERROR_SUCCESS);
        CHECK_STATUS(expect_key(store, name, name), ERROR_SUCCESS);
        CHECK_STATUS(store_modify(store, common, count_up, NULL), ERROR_SUCCESS);
        CHECK_STATUS(create_key(store, "COMMON", "x", false), NTE_EXISTS);
    }
    store_release(store);
}

static void *thread_work(void *argument)
{
    const struct work *work = argument;

    work_on(work->folder, work->number);
    return NULL;
}

static void expect_all(const char *folder, int workers)
{
    struct store *store = open_store(folder);
    struct store_record record = {.id = 0}, page[16];
    size_t count = 0, seen = 0;
    uint64_t checked = 0;
    int64_t after = 0;
    char name[32];

    for (int number = 0; number < workers; number++) {
        for (int i = 0; i < KEYS; i++) {
            snprintf(name, sizeof(name), "w%d-%d", number, i);
            CHECK_STATUS(expect_key(store, name, name), ERROR_SUCCESS);
        }
    }
    CHECK_STATUS(read_key(store, "common", &record), ERROR_SUCCESS);
    CHECK(record.legacy_spec == (uint32_t)(workers * KEYS) && record.generation == record.legacy_spec + 1u);
    store_record_clear(&record);
    do { /* every id once */
        CHECK_STATUS(store_list(store, after, page, 16, &count), ERROR_SUCCESS);
        seen += count;
        after = count ? page[count - 1].id : after;
    } while (count > 0);
    CHECK(seen == (size_t)(workers * KEYS + 1));
    CHECK_STATUS(store_check(store, NULL, NULL, &checked), ERROR_SUCCESS);
    close_store(store);
}

static void make_common(const char *folder)
{
    struct store *store = open_store(folder);

    CHECK_STATUS(create_key(store, "common", "x", false), ERROR_SUCCESS);
    close_store(store);
}

static void run_threads(void *(*body)(void *), const char *folder)
{
    pthread_t threads[THREADS];
    struct work work[THREADS];

    for (int i = 0; i < THREADS; i++) {
        work[i] = (struct work){folder, i};
        CHECK(pthread_create(&threads[i], NULL, body, &work[i]) == 0);
    }
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
}

static void test_threads(void)
{
    const char *folder = scratch_path("threads");

    make_common(folder);
    run_threads(thread_work, folder);
    expect_all(folder, THREADS);
}

static struct store *opened[THREADS];

static void *thread_open(void *argument)
{
    const struct work *work = argument;

    opened[work->number] = open_store(work->folder);
    return NULL;
}

static void test_threads_get_one_store(void)
{
    run_threads(thread_open, scratch_path("one"));
    for (int i = 0; i < THREADS; i++) {
        CHECK(opened[i] == opened[0]);
        store_release(opened[i]);
    }
}

/* More readers than connections. */
static void *thread_read(void *argument)
{
    const struct work *work = argument;
    struct store *store = open_store(work->folder);

    for (int i = 0; i < 200; i++) {
        CHECK_STATUS(expect_key(store, "common", "x"), ERROR_SUCCESS);
    }
    store_release(store);
    return NULL;
}

static void test_many_readers(void)
{
    const char *folder = scratch_path("readers");
    struct store *store;
    pthread_t threads[3 * POOL_READERS];
    struct work work = {folder, 0};

    make_common(folder);
    store = open_store(folder);
    for (size_t i = 0; i < 3 * POOL_READERS; i++) {
        CHECK(pthread_create(&threads[i], NULL, thread_read, &work) == 0);
    }
    for (size_t i = 0; i < 3 * POOL_READERS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    CHECK(store->readers >= 1 && store->readers <= POOL_READERS);
    close_store(store);
}

/* ---- processes ---- */

static void test_processes(void)
{
    const char *folder = scratch_path("processes");
    pid_t children[2];

    make_common(folder);
    for (int i = 0; i < 2; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            test_failures = 0;
            work_on(folder, i);
            child_end();
        }
    }
    CHECK(child_ended_well(children[0]) && child_ended_well(children[1]));
    expect_all(folder, 2);
}

/* Several processes that find no store agree on one. */
static void test_processes_make_one_store(void)
{
    for (int round = 0; round < 30; round++) {
        pid_t children[3];
        char folder[300], name[16];
        struct store *store;

        snprintf(folder, sizeof(folder), "%s/made-%d/below/user", scratch, round);
        for (int i = 0; i < 3; i++) {
            children[i] = fork();
            if (children[i] == 0) {
                test_failures = 0;
                store = open_store(folder);
                snprintf(name, sizeof(name), "key-%d", i);
                CHECK_STATUS(create_key(store, name, name, false), ERROR_SUCCESS);
                child_end();
            }
        }
        for (int i = 0; i < 3; i++) {
            CHECK(child_ended_well(children[i]));
        }
        store = open_store(folder);
        for (int i = 0; i < 3; i++) {
            snprintf(name, sizeof(name), "key-%d", i);
            CHECK_STATUS(expect_key(store, name, name), ERROR_SUCCESS);
        }
        close_store(store);
    }
}

/* A process that holds the write lock and stands still: writers give up in time, readers do not notice. */
static void test_stopped_process(void)
{
    const char *folder = scratch_path("stopped");
    struct store *store;
    int state = 0;
    pid_t child;

    make_common(folder);
    child = fork();
    if (child == 0) {
        sqlite3 *db = NULL;

        if (sqlite3_open_v2(path_in(folder, "keys.db"), &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
            sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK) {
            _exit(1);
        }
        raise(SIGSTOP);
        _exit(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK);
    }
    CHECK(waitpid(child, &state, WUNTRACED) == child && WIFSTOPPED(state));
    setenv("NCRYPT_EXT_LOCK_TIMEOUT_MS", "50", 1);
    store = open_store(folder);
    setenv("NCRYPT_EXT_LOCK_TIMEOUT_MS", "20000", 1);
    CHECK_STATUS(create_key(store, "new", "y", false), WIN32(ERROR_BUSY));
    CHECK(says(WIN32(ERROR_BUSY), "50 ms"));
    CHECK_STATUS(create_key(store, "common", "y", true), WIN32(ERROR_BUSY));
    CHECK_STATUS(store_delete(store, id_of(store, "common")), WIN32(ERROR_BUSY));
    CHECK_STATUS(expect_key(store, "common", "x"), ERROR_SUCCESS);
    CHECK(kill(child, SIGCONT) == 0 && child_ended_well(child));
    CHECK_STATUS(create_key(store, "new", "y", false), ERROR_SUCCESS);
    close_store(store);
}

int main(void)
{
    scratch_make();
    RUN(test_threads);
    RUN(test_threads_get_one_store);
    RUN(test_many_readers);
    RUN(test_processes);
    RUN(test_processes_make_one_store);
    RUN(test_stopped_process);
    scratch_remove();
    return test_result("store_process");
}
