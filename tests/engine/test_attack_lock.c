/* SPDX-License-Identifier: MIT
 *
 * Many threads behind a lock that another process does not give back: they wait together, not one after the other.
 */
#include <pthread.h>

#include "store_fixture.h"

#define THREADS 40
#define TIMEOUT "1000"
#define LIMIT   20000 /* milliseconds; one after the other they would take forty seconds */

static struct store *store;

static void *write_once(void *context)
{
    static const uint8_t payload[] = "some bytes";
    struct store_record record = {.payload = secmem_copy(payload, sizeof(payload)), .payload_size = sizeof(payload)};
    char name[16];

    snprintf(name, sizeof(name), "key %d", *(const int *)context);
    widen(name, record.name);
    widen("RSA", record.algorithm);
    CHECK_STATUS(store_create(store, &record, false), WIN32(ERROR_BUSY));
    store_record_clear(&record);
    return NULL;
}

static void test_threads_behind_a_lock(void)
{
    pthread_t threads[THREADS];
    int numbers[THREADS];
    sqlite3 *holder = NULL;
    int64_t start;

    setenv("NCRYPT_EXT_LOCK_TIMEOUT_MS", TIMEOUT, 1);
    store = open_store(scratch_path("lock"));
    CHECK(sqlite3_open(path_in(store->folder, STORE_DATABASE), &holder) == SQLITE_OK);
    CHECK(sqlite3_exec(holder, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK);
    start = connection_clock();
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        CHECK(pthread_create(&threads[i], NULL, write_once, &numbers[i]) == 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    CHECK(connection_clock() - start < LIMIT);
    CHECK(sqlite3_exec(holder, "ROLLBACK", NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_close(holder);
    close_store(store);
}

int main(void)
{
    scratch_make();
    RUN(test_threads_behind_a_lock);
    scratch_remove();
    return test_result("attack_lock");
}
