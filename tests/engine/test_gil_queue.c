/* SPDX-License-Identifier: MIT
 *
 * _gil_queue.h without Python: whoever has the place keeps the others waiting, and a place that nobody gives back keeps
 * them only for a while. Run it under ThreadSanitizer, too.
 */
#include "_gil_queue.h"
#include "harness.h"

#define THREADS 3
#define ROUNDS  20000

static void test_place_is_taken_and_given_back(void)
{
    struct gil_queue queue = {0};

    gil_queue_enter(&queue);
    CHECK(lease_word_load(&queue.taken) == 1);
    gil_queue_leave(&queue);
    CHECK(lease_word_load(&queue.taken) == 0);
    CHECK(lease_word_load(&queue.pass) == 0);
}

static void test_lost_place_is_passed(void)
{
    struct gil_queue queue = {0};
    uint64_t begin = gil_queue_nanoseconds();

    gil_queue_enter(&queue);
    gil_queue_enter(&queue); /* the first one has gone on to something else */
    CHECK(gil_queue_nanoseconds() - begin >= GIL_QUEUE_WAIT);
    CHECK(lease_word_load(&queue.pass) == GIL_QUEUE_PASS);
    for (unsigned i = 1; i <= GIL_QUEUE_PASS; i++) {
        gil_queue_enter(&queue); /* at once, whoever has the place */
        CHECK(lease_word_load(&queue.pass) == GIL_QUEUE_PASS - i);
    }
    gil_queue_leave(&queue);
    gil_queue_enter(&queue);
    CHECK(lease_word_load(&queue.taken) == 1);
    CHECK(lease_word_load(&queue.pass) == 0);
}

static struct gil_queue shared;
static _Atomic(unsigned) finished;

static void *hammer(void *unused)
{
    (void)unused;
    for (unsigned i = 0; i < ROUNDS; i++) {
        gil_queue_enter(&shared);
        if (i % 1000 != 0) /* now and then a thread keeps its place */
            gil_queue_leave(&shared);
    }
    atomic_fetch_add(&finished, 1);
    return NULL;
}

static void test_all_come_through(void)
{
    pthread_t threads[THREADS];

    for (unsigned i = 0; i < THREADS; i++) {
        if (!CHECK(pthread_create(&threads[i], NULL, hammer, NULL) == 0))
            exit(1);
    }
    for (unsigned i = 0; i < THREADS; i++)
        (void)pthread_join(threads[i], NULL);
    CHECK(finished == THREADS);
    CHECK(lease_word_load(&shared.pass) <= GIL_QUEUE_PASS);
}

int main(void)
{
    RUN(test_place_is_taken_and_given_back);
    RUN(test_lost_place_is_passed);
    RUN(test_all_come_through);
    return test_result("gil queue");
}
