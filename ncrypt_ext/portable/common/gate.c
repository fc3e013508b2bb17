/* SPDX-License-Identifier: MIT */
#include "common/gate.h"

#include <errno.h>
#include <time.h>

static atomic_uint *own_lane(struct gate *gate)
{
    static atomic_uint threads;
    static _Thread_local unsigned lane; /* 0: none yet */

    if (lane == 0) {
        lane = atomic_fetch_add_explicit(&threads, 1, memory_order_relaxed) % GATE_LANES + 1;
    }
    return &gate->lanes[lane - 1].inside;
}

static void go_out(struct gate *gate, struct gate_visit *visit)
{
    visit->inside = false;
    atomic_fetch_sub(own_lane(gate), 1);
    if (atomic_load(&gate->closed)) {
        pthread_mutex_lock(&gate->lock);
        pthread_cond_broadcast(&gate->changed);
        pthread_mutex_unlock(&gate->lock);
    }
}

static void go_in(struct gate *gate, struct gate_visit *visit)
{
    for (;;) {
        atomic_fetch_add(own_lane(gate), 1);
        if (!atomic_load(&gate->closed)) {
            visit->inside = true;
            return;
        }
        go_out(gate, visit);
        pthread_mutex_lock(&gate->lock);
        while (atomic_load(&gate->closed)) {
            pthread_cond_wait(&gate->changed, &gate->lock);
        }
        pthread_mutex_unlock(&gate->lock);
    }
}

void gate_enter(struct gate *gate, struct gate_visit *visit)
{
    if (visit->depth++ == 0) {
        go_in(gate, visit);
    }
}

void gate_leave(struct gate *gate, struct gate_visit *visit)
{
    if (--visit->depth == 0) {
        go_out(gate, visit);
    }
}

void gate_step_out(struct gate *gate, struct gate_visit *visit)
{
    if (visit->depth > 0) {
        go_out(gate, visit);
    }
}

void gate_step_in(struct gate *gate, struct gate_visit *visit)
{
    if (visit->depth > 0) {
        go_in(gate, visit);
    }
}

static unsigned count_inside(struct gate *gate)
{
    unsigned count = 0;

    for (int i = 0; i < GATE_LANES; i++) {
        count += atomic_load(&gate->lanes[i].inside);
    }
    return count;
}

bool gate_close(struct gate *gate, const struct gate_visit *visit, unsigned seconds)
{
    struct timespec until = {0};
    unsigned inside;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += seconds;
    pthread_mutex_lock(&gate->lock);
    atomic_store(&gate->closed, true);
    /* Counted once a round: somebody who tries to come in counts for a moment, until he sees that it is closed. */
    while ((inside = count_inside(gate)) > visit->inside &&
           pthread_cond_timedwait(&gate->changed, &gate->lock, &until) != ETIMEDOUT) {
    }
    return inside == 0;
}

void gate_open(struct gate *gate)
{
    atomic_store(&gate->closed, false);
    pthread_cond_broadcast(&gate->changed);
    pthread_mutex_unlock(&gate->lock);
}

void gate_reset_in_child(struct gate *gate, const struct gate_visit *visit)
{
    for (int i = 0; i < GATE_LANES; i++) {
        atomic_store(&gate->lanes[i].inside, 0);
    }
    atomic_fetch_add(own_lane(gate), visit->inside);
    atomic_store(&gate->closed, false);
    pthread_mutex_init(&gate->lock, NULL);
    pthread_cond_init(&gate->changed, NULL);
}
