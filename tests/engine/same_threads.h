/* SPDX-License-Identifier: MIT
 *
 * For tests in which all threads do the same and count what they did, and what was wrong.
 */
#ifndef TESTS_ENGINE_SAME_THREADS_H
#define TESTS_ENGINE_SAME_THREADS_H

#include <pthread.h>
#include <stdatomic.h>

#include "harness.h"

#define THREADS 4

static _Atomic unsigned done, wrong;

static void expect(bool good)
{
    if (!good) {
        atomic_fetch_add(&wrong, 1);
    }
}

static void run_threads(void *(*body)(void *))
{
    pthread_t threads[THREADS];

    atomic_store(&done, 0);
    atomic_store(&wrong, 0);
    for (uintptr_t i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, body, (void *)i) == 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    CHECK(wrong == 0 && done > 0);
}

#endif
