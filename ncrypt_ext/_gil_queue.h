/* SPDX-License-Identifier: MIT
 *
 * The threads that come back from short native calls queue for the GIL.
 *
 * The interpreter puts a thread that finds the GIL taken to sleep, and wakes it when the GIL is free: that takes as
 * long as a signature on P-256, while the other thread mostly needs a microsecond until its own next call. So whoever
 * comes back takes a place in front of the GIL first, and when another thread has the place, waits for a while without
 * sleeping. Two threads that sign in a loop collide in each fortieth signature; a twentieth of the time goes there.
 *
 * This is a hint and no lock. A thread that goes on to do something else than signing keeps the place: the next one
 * passes it after that while, and for some returns after that nobody waits, so that threads that do more than sign lose
 * next to nothing. A place that fork() has copied is passed in the same way.
 */
#ifndef NCRYPT_EXT_GIL_QUEUE_H
#define NCRYPT_EXT_GIL_QUEUE_H

#include "_lease.h"

#define GIL_QUEUE_WAIT 2000 /* nanoseconds */
#define GIL_QUEUE_PASS 64   /* returns that do not wait, after one that waited in vain */

/* In a line of the processor's cache of its own. */
struct gil_queue {
    char before[64];
    lease_word taken; /* not 0: a thread came back from a call, and has not begun the next one */
    lease_word pass;
    char behind[64];
};

static inline void gil_queue_pause(void)
{
#ifdef _WIN32
    YieldProcessor();
#elif defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb");
#endif
}

static inline uint64_t gil_queue_nanoseconds(void)
{
#ifdef _WIN32
    LARGE_INTEGER count, frequency;

    (void)QueryPerformanceCounter(&count);
    (void)QueryPerformanceFrequency(&frequency);
    return (uint64_t)((double)count.QuadPart * 1e9 / (double)frequency.QuadPart);
#else
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
#endif
}

static inline bool gil_queue_take(struct gil_queue *queue)
{
    return lease_word_load(&queue->taken) == 0 && lease_word_swap(&queue->taken, 0, 1);
}

/* The caller has released the GIL. */
static inline void gil_queue_leave(struct gil_queue *queue)
{
    lease_word_store(&queue->taken, 0);
}

/* The caller is about to ask for the GIL. */
static inline void gil_queue_enter(struct gil_queue *queue)
{
    uint64_t pass = lease_word_load(&queue->pass);
    uint64_t begin;

    if (pass != 0) {
        lease_word_store(&queue->pass, pass - 1);
        return;
    }
    if (gil_queue_take(queue))
        return;
    begin = gil_queue_nanoseconds();
    while (gil_queue_nanoseconds() - begin < GIL_QUEUE_WAIT) {
        gil_queue_pause();
        if (gil_queue_take(queue))
            return;
    }
    lease_word_store(&queue->pass, GIL_QUEUE_PASS);
}

#endif
