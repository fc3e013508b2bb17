/* SPDX-License-Identifier: MIT
 *
 * The stretches in which threads are inside libcrypto. It has locks of its own (around its random numbers, around the
 * blinding of an RSA key) and knows nothing of fork(): in a child that was made while another thread held one, the next
 * signature would wait for ever. So fork() waits until everyone is out, for a bounded time, and whoever wants in waits
 * for fork(). Entering costs two additions on a cache line that few other threads touch.
 */
#include <errno.h>
#include <openssl/err.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

#include "common/fork.h"
#include "common/status.h"

#define LANES         8
#define CACHE_LINE    64
#define DRAIN_SECONDS 2 /* then the fork goes on and takes its chance: the locks are held for moments only */

static struct {
    _Alignas(CACHE_LINE) atomic_uint inside;
} lanes[LANES];
static atomic_bool closed;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static _Thread_local unsigned depth;
static _Thread_local bool own;      /* this thread counts as inside */
static _Thread_local unsigned lane; /* 0: none yet */

static atomic_uint *own_lane(void)
{
    static atomic_uint threads;

    if (lane == 0) {
        lane = atomic_fetch_add_explicit(&threads, 1, memory_order_relaxed) % LANES + 1;
    }
    return &lanes[lane - 1].inside;
}

static void leave(void)
{
    own = false;
    atomic_fetch_sub(own_lane(), 1);
    if (atomic_load(&closed)) {
        pthread_mutex_lock(&lock);
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&lock);
    }
}

static void enter(void)
{
    for (;;) {
        atomic_fetch_add(own_lane(), 1);
        if (!atomic_load(&closed)) {
            own = true;
            return;
        }
        leave();
        pthread_mutex_lock(&lock);
        while (atomic_load(&closed)) {
            pthread_cond_wait(&changed, &lock);
        }
        pthread_mutex_unlock(&lock);
    }
}

static unsigned others_inside(void)
{
    unsigned count = 0;

    for (int i = 0; i < LANES; i++) {
        count += atomic_load(&lanes[i].inside);
    }
    return count - own; /* a fork from within a callback does not wait for itself */
}

static void before_fork(void)
{
    struct timespec until = {0};

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += DRAIN_SECONDS;
    pthread_mutex_lock(&lock);
    atomic_store(&closed, true);
    while (others_inside() > 0 && pthread_cond_timedwait(&changed, &lock, &until) != ETIMEDOUT) {
    }
}

static void after_fork_in_parent(void)
{
    atomic_store(&closed, false);
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void after_fork_in_child(void)
{
    for (int i = 0; i < LANES; i++) {
        atomic_store(&lanes[i].inside, 0);
    }
    atomic_fetch_add(own_lane(), own);
    atomic_store(&closed, false);
    pthread_mutex_init(&lock, NULL);
    pthread_cond_init(&changed, NULL);
}

/* When the library is loaded, so that these hooks are the first: around a fork they run inside those of the store,
 * whose threads must be able to finish, libcrypto included. */
__attribute__((constructor)) static void set_up(void)
{
    fork_register(&(struct fork_hooks){before_fork, after_fork_in_parent, after_fork_in_child});
}

void openssl_scope_begin(void)
{
    if (depth++ == 0) {
        enter();
    }
    ERR_set_mark();
}

void openssl_scope_end(void)
{
    ERR_pop_to_mark();
    if (--depth == 0) {
        leave();
    }
}

void openssl_scope_suspend(void)
{
    if (depth > 0) {
        leave();
    }
}

void openssl_scope_resume(void)
{
    if (depth > 0) {
        enter();
    }
}
