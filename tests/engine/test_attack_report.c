/* SPDX-License-Identifier: MIT
 *
 * A fork() by a thread that the callback of store_check() waits for, as a Python thread with the interpreter's lock is.
 */
#include <pthread.h>

#include "store_fixture.h"

static pthread_mutex_t interpreter = PTHREAD_MUTEX_INITIALIZER;
static atomic_bool reporting;
static struct store *store;

static void report(void *context, const char *sentence)
{
    (void)context;
    CHECK(strstr(sentence, "altered") != NULL);
    atomic_store(&reporting, true);
    pthread_mutex_lock(&interpreter);
    pthread_mutex_unlock(&interpreter);
}

static void *check(void *context)
{
    uint64_t checked = 0;

    (void)context;
    CHECK_STATUS(store_check(store, report, NULL, &checked), NTE_KEYSET_ENTRY_BAD);
    CHECK(checked == 1);
    return NULL;
}

static void spoil(void)
{
    sqlite3 *db = NULL;

    CHECK(sqlite3_open(path_in(store->folder, STORE_DATABASE), &db) == SQLITE_OK);
    CHECK(sqlite3_exec(db, "UPDATE keys SET flags = 7", NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_close(db);
}

static void create(const char *name)
{
    static const uint8_t payload[] = "some bytes";
    struct store_record record = {.payload = secmem_copy(payload, sizeof(payload)), .payload_size = sizeof(payload)};

    widen(name, record.name);
    widen("RSA", record.algorithm);
    CHECK_STATUS(store_create(store, &record, false), ERROR_SUCCESS);
    store_record_clear(&record);
}

static void test_fork_while_reporting(void)
{
    pthread_t thread;
    pid_t child;

    store = open_store(scratch_path("report"));
    create("key");
    spoil();
    pthread_mutex_lock(&interpreter);
    CHECK(pthread_create(&thread, NULL, check, NULL) == 0);
    while (!atomic_load(&reporting)) {
        usleep(1000);
    }
    child = fork();
    if (child == 0) {
        WCHAR name[STORE_MAX_NAME + 1];

        alarm(60);
        widen("key", name);
        CHECK_STATUS(store_exists(store, name, STORE_SLOT_KEY), ERROR_SUCCESS);
        child_end();
    }
    CHECK(child > 0 && child_ended_well(child));
    pthread_mutex_unlock(&interpreter);
    pthread_join(thread, NULL);
    close_store(store);
}

int main(void)
{
    scratch_make();
    RUN(test_fork_while_reporting);
    scratch_remove();
    return test_result("attack_report");
}
