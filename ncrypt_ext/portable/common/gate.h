/* SPDX-License-Identifier: MIT
 *
 * Gates for fork(). Libraries under the engine (libcrypto, SQLite) have locks of their own and know nothing of fork():
 * a child made while another thread holds one would wait for it for ever. Threads therefore pass a gate before they
 * enter such a library; fork() closes the gate, waits a bounded time until everyone is out, and whoever wants in waits
 * for fork(). Passing costs two additions on a cache line that few other threads touch.
 */
#ifndef PORTABLE_COMMON_GATE_H
#define PORTABLE_COMMON_GATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#define GATE_LANES      8
#define GATE_CACHE_LINE 64

struct gate {
    struct {
        _Alignas(GATE_CACHE_LINE) atomic_uint inside;
    } lanes[GATE_LANES];
    atomic_bool closed;
    pthread_mutex_t lock; /* held from gate_close() to gate_open() */
    pthread_cond_t changed;
};

#define GATE_INITIALIZER {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER}

/* What one thread has to do with one gate: a _Thread_local variable beside the gate, zero at first. */
struct gate_visit {
    unsigned depth; /* of entries not left yet: they nest */
    bool inside;    /* counts as inside */
};

void gate_enter(struct gate *gate, struct gate_visit *visit);
void gate_leave(struct gate *gate, struct gate_visit *visit);

/* Out for a moment and in again, for a callback in the middle of a visit; nothing for a thread that is not inside. */
void gate_step_out(struct gate *gate, struct gate_visit *visit);
void gate_step_in(struct gate *gate, struct gate_visit *visit);

/* For fork hooks: before, after in the parent, after in the child. gate_close() tells whether everyone is out; a thread
 * that forks while it is inside itself does not wait for itself, and is not out. */
bool gate_close(struct gate *gate, const struct gate_visit *visit, unsigned seconds);
void gate_open(struct gate *gate);
void gate_reset_in_child(struct gate *gate, const struct gate_visit *visit);

#endif
