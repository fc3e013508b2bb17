/* SPDX-License-Identifier: MIT
 *
 * For tests with several threads at the same handles. What each call may answer is checked in the threads, who note
 * only what is wrong.
 */
#ifndef TESTS_ENGINE_THREAD_SUPPORT_H
#define TESTS_ENGINE_THREAD_SUPPORT_H

#include "ncrypt_support.h"

#define THREADS 3

static NCRYPT_PROV_HANDLE provider;
static _Atomic NCRYPT_KEY_HANDLE current;
static _Atomic bool stop;
static _Atomic unsigned worked, wrong;
static _Atomic int32_t wrong_status;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* only for waiting */
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static inline void announce(NCRYPT_KEY_HANDLE key, bool last)
{
    pthread_mutex_lock(&lock);
    atomic_store(&current, key);
    atomic_store(&stop, last);
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static inline void note_wrong(SECURITY_STATUS status)
{
    pthread_mutex_lock(&lock);
    atomic_store(&wrong_status, status);
    atomic_fetch_add(&wrong, 1);
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static inline void start(pthread_t *threads, unsigned count, void *(*body)(void *))
{
    atomic_store(&stop, false);
    atomic_store(&worked, 0);
    atomic_store(&wrong, 0);
    for (uintptr_t i = 0; i < count; i++) {
        CHECK(pthread_create(&threads[i], NULL, body, (void *)i) == 0);
    }
}

static inline void finish(pthread_t *threads, unsigned count)
{
    announce(atomic_load(&current), true);
    for (unsigned i = 0; i < count; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    if (!CHECK(wrong == 0)) {
        fprintf(stderr, "    %u wrong answers, the last 0x%08X\n", wrong, (unsigned)wrong_status);
    }
}

static SECURITY_STATUS (*repeated)(unsigned which);
static unsigned repetitions;

static inline void *repeat(void *which)
{
    for (unsigned i = 0; i < repetitions; i++) {
        SECURITY_STATUS status = repeated(i + (unsigned)(uintptr_t)which);

        if (status != ERROR_SUCCESS) {
            note_wrong(status);
        }
    }
    return which;
}

/* All threads at once, so often each, with other numbers. */
static inline void repeat_in_threads(SECURITY_STATUS (*body)(unsigned which), unsigned times)
{
    pthread_t threads[THREADS];

    repeated = body;
    repetitions = times;
    start(threads, THREADS, repeat);
    finish(threads, THREADS);
}

/* Until the threads have done `count` more pieces of work. */
static inline void await(unsigned count)
{
    unsigned before = atomic_load(&worked);

    pthread_mutex_lock(&lock);
    while (atomic_load(&worked) - before < count && atomic_load(&wrong) == 0) {
        pthread_cond_wait(&changed, &lock);
    }
    pthread_mutex_unlock(&lock);
}

static inline void note_worked(void)
{
    pthread_mutex_lock(&lock);
    atomic_fetch_add(&worked, 1);
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

/* Until there is another key than this one, which has been closed. */
static inline void await_other(NCRYPT_KEY_HANDLE key)
{
    pthread_mutex_lock(&lock);
    while (atomic_load(&current) == key && !atomic_load(&stop)) {
        pthread_cond_wait(&changed, &lock);
    }
    pthread_mutex_unlock(&lock);
}

#endif
