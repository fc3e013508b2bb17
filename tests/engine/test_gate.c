/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "common/gate.h"
#include "harness.h"

static struct gate gate = GATE_INITIALIZER;
static _Thread_local struct gate_visit visit;
static atomic_uint passes;
static atomic_bool stop;
static atomic_bool shut; /* nobody may be inside while this is set */
static atomic_uint caught;

static void *pass(void *argument)
{
    (void)argument;
    while (!atomic_load(&stop)) {
        gate_enter(&gate, &visit);
        gate_enter(&gate, &visit); /* they nest */
        sched_yield();             /* inside, so that whoever closes has to wait for it */
        caught += atomic_load(&shut);
        gate_leave(&gate, &visit);
        gate_step_out(&gate, &visit);
        gate_step_in(&gate, &visit);
        caught += atomic_load(&shut);
        gate_leave(&gate, &visit);
        atomic_fetch_add(&passes, 1);
    }
    return NULL;
}

/* Until somebody has come through once more. */
static void await_pass(void)
{
    unsigned before = atomic_load(&passes);

    while (atomic_load(&passes) == before) {
        sched_yield();
    }
}

static void test_nobody_is_inside_a_closed_gate(void)
{
    pthread_t threads[4];

    for (size_t i = 0; i < 4; i++) {
        CHECK(pthread_create(&threads[i], NULL, pass, NULL) == 0);
    }
    for (unsigned round = 0; round < 200; round++) {
        await_pass();
        CHECK(gate_close(&gate, &visit, 10));
        atomic_store(&shut, true);
        sched_yield();
        atomic_store(&shut, false);
        gate_open(&gate);
    }
    atomic_store(&stop, true);
    for (size_t i = 0; i < 4; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    CHECK(caught == 0);
}

static void *stay_inside(void *argument)
{
    int *pipes = argument;
    char byte = 0;

    gate_enter(&gate, &visit);
    (void)!write(pipes[1], &byte, 1);
    (void)!read(pipes[2], &byte, 1);
    gate_leave(&gate, &visit);
    return NULL;
}

static void test_waiting_is_bounded(void)
{
    int pipes[4];
    char byte = 0;
    pthread_t thread;

    CHECK(pipe(pipes) == 0 && pipe(pipes + 2) == 0);
    CHECK(pthread_create(&thread, NULL, stay_inside, pipes) == 0);
    CHECK(read(pipes[0], &byte, 1) == 1);
    CHECK(!gate_close(&gate, &visit, 0));
    gate_open(&gate);
    CHECK(write(pipes[3], &byte, 1) == 1);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(gate_close(&gate, &visit, 10));
    gate_open(&gate);
    for (size_t i = 0; i < 4; i++) {
        close(pipes[i]);
    }
}

/* A fork from within a callback: the thread does not wait for itself, and is still inside in the child. */
static void test_own_visit(void)
{
    gate_enter(&gate, &visit);
    CHECK(!gate_close(&gate, &visit, 10));
    gate_reset_in_child(&gate, &visit);
    CHECK(visit.inside);
    gate_leave(&gate, &visit);
    CHECK(!visit.inside && visit.depth == 0);
    CHECK(gate_close(&gate, &visit, 10));
    gate_open(&gate);
    gate_step_out(&gate, &visit); /* not inside: nothing */
    gate_step_in(&gate, &visit);
    CHECK(gate_close(&gate, &visit, 10));
    gate_open(&gate);
}

int main(void)
{
    RUN(test_nobody_is_inside_a_closed_gate);
    RUN(test_waiting_is_bounded);
    RUN(test_own_visit);
    return test_result("gate");
}
