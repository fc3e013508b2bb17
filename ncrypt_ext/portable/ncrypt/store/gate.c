/* SPDX-License-Identifier: MIT
 *
 * SQLite has locks of its own, and its file locks are kept in the process's memory: a fork() in the middle of a call
 * would leave the child with locks that nobody releases. Threads therefore pass a gate before they enter SQLite, and
 * fork() closes it and waits until everyone is out. Passing costs two atomic additions.
 */
#include <time.h>

#include "ncrypt/store/internal.h"

#define DRAIN_SECONDS 10

static pthread_mutex_t gate_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gate_changed = PTHREAD_COND_INITIALIZER;
static atomic_uint inside;
static atomic_bool closed;
static _Thread_local unsigned depth;

static void leave_one(void)
{
    atomic_fetch_sub(&inside, 1);
    if (atomic_load(&closed)) {
        pthread_mutex_lock(&gate_lock);
        pthread_cond_broadcast(&gate_changed);
        pthread_mutex_unlock(&gate_lock);
    }
}

void gate_enter(void)
{
    if (depth++ > 0) {
        return;
    }
    for (;;) {
        atomic_fetch_add(&inside, 1);
        if (!atomic_load(&closed)) {
            return;
        }
        leave_one();
        pthread_mutex_lock(&gate_lock);
        while (atomic_load(&closed)) {
            pthread_cond_wait(&gate_changed, &gate_lock);
        }
        pthread_mutex_unlock(&gate_lock);
    }
}

void gate_leave(void)
{
    if (--depth == 0) {
        leave_one();
    }
}

bool gate_close(void)
{
    struct timespec until;
    unsigned own = depth > 0; /* a fork from within a callback: this thread cannot wait for itself */
    bool drained;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += DRAIN_SECONDS;
    pthread_mutex_lock(&gate_lock);
    atomic_store(&closed, true);
    while (atomic_load(&inside) > own) {
        if (pthread_cond_timedwait(&gate_changed, &gate_lock, &until) != 0) {
            break;
        }
    }
    drained = atomic_load(&inside) == 0;
    return drained;
}

void gate_open(void)
{
    atomic_store(&closed, false);
    pthread_cond_broadcast(&gate_changed);
    pthread_mutex_unlock(&gate_lock);
}

void gate_reset_in_child(void)
{
    atomic_store(&inside, depth > 0);
    atomic_store(&closed, false);
    pthread_mutex_init(&gate_lock, NULL);
    pthread_cond_init(&gate_changed, NULL);
}
