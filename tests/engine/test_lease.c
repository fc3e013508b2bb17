/* SPDX-License-Identifier: MIT
 *
 * _lease.h without Python: the state machine step by step, then hammered from threads (run it under ThreadSanitizer
 * and AddressSanitizer, too).
 */
#include "_lease.h"
#include "harness.h"

#define TYPE_PARENT 0
#define TYPE_CHILD  1
#define TYPE_SECOND 2 /* attached to a child */
#define THREADS     4

static struct lease_registry registry = {LEASE_LOCK_INIT, NULL, {0}, 0, NULL};
static bool ending; /* everything once more while the process ends */

/* What the fake native side saw: how often each handle was released, and in which order. */
static _Atomic(unsigned) released[2], order;
static _Atomic(unsigned) child_at, parent_at;

static void release(uintptr_t handle)
{
    unsigned at = atomic_fetch_add(&order, 1);

    atomic_fetch_add(&released[handle & 1], 1);
    if (handle & 1)
        atomic_store(&child_at, at);
    else
        atomic_store(&parent_at, at);
}

static _Atomic(unsigned) second_released, second_made, second_at;

static void release_second(uintptr_t handle)
{
    CHECK(handle == TYPE_SECOND);
    atomic_store(&second_at, atomic_fetch_add(&order, 1));
    atomic_fetch_add(&second_released, 1);
}

/* What the binding does for the first call that wants the second handle. */
static bool attach_second(struct lease *lease)
{
    if (lease_attach(lease, TYPE_SECOND, TYPE_SECOND, release_second)) {
        atomic_fetch_add(&second_made, 1);
        return true;
    }
    return false;
}

static void reset(void)
{
    atomic_store(&second_released, 0);
    atomic_store(&second_made, 0);
    atomic_store(&second_at, 0);
    atomic_store(&released[0], 0);
    atomic_store(&released[1], 0);
    atomic_store(&order, 0);
}

static struct lease *make(unsigned type, struct lease *parent)
{
    struct lease *lease = lease_create(&registry, type, type, release, parent);

    if (!CHECK(lease != NULL))
        exit(1);
    if (ending)
        lease_word_or(&lease->state, LEASE_ENDING);
    return lease;
}

static void test_close_releases_once(void)
{
    struct lease *lease = make(TYPE_PARENT, NULL);

    reset();
    CHECK(lease_live(&registry, TYPE_PARENT) == 1);
    CHECK(lease_close(lease));
    CHECK(!lease_close(lease));
    CHECK(released[TYPE_PARENT] == 1);
    CHECK(!lease_enter(lease));
    CHECK(released[TYPE_PARENT] == 1);
    CHECK(lease_live(&registry, TYPE_PARENT) == 0);
    lease_unref(lease);
    CHECK(registry.first == NULL);
}

static void test_call_delays_release(void)
{
    struct lease *lease = make(TYPE_PARENT, NULL);

    reset();
    CHECK(lease_enter(lease));
    CHECK(lease_enter(lease));
    lease_close(lease);
    CHECK(!lease_enter(lease));
    lease_leave(lease);
    CHECK(released[TYPE_PARENT] == 0);
    lease_leave(lease);
    CHECK(released[TYPE_PARENT] == 1);
    lease_unref(lease);
}

static void test_child_keeps_parent(void)
{
    struct lease *parent = make(TYPE_PARENT, NULL);
    struct lease *child;

    reset();
    CHECK(lease_enter(parent));
    child = make(TYPE_CHILD, parent);
    lease_leave(parent);
    lease_close(parent);
    lease_unref(parent); /* the child's hold keeps the memory */
    CHECK(released[TYPE_PARENT] == 0);
    CHECK(lease_enter(child));
    lease_leave(child);
    lease_close(child);
    CHECK(released[TYPE_CHILD] == 1 && released[TYPE_PARENT] == 1);
    CHECK(child_at < parent_at);
    lease_unref(child);
    CHECK(registry.first == NULL);
}

static void test_take_is_exclusive(void)
{
    struct lease *lease = make(TYPE_PARENT, NULL);

    reset();
    CHECK(lease_enter(lease));
    CHECK(lease_take(lease) == LEASE_IS_BUSY);
    CHECK(lease_disarm(lease) == LEASE_IS_BUSY);
    lease_leave(lease);
    CHECK(lease_take(lease) == LEASE_OK);
    CHECK(lease_is_exclusive(lease));
    CHECK(!lease_enter(lease));
    CHECK(lease_take(lease) == LEASE_IS_BUSY);
    lease_give_back(lease, false);
    CHECK(lease_enter(lease)); /* unharmed */
    lease_leave(lease);
    CHECK(lease_take(lease) == LEASE_OK);
    lease_give_back(lease, true);
    CHECK(released[TYPE_PARENT] == 0); /* consumed by the native call */
    CHECK(lease_live(&registry, TYPE_PARENT) == 0);
    CHECK(lease_take(lease) == LEASE_IS_CLOSED);
    CHECK(!lease_close(lease));
    CHECK(released[TYPE_PARENT] == 0);
    lease_unref(lease);
}

static void test_close_while_taken(void)
{
    struct lease *lease = make(TYPE_PARENT, NULL);

    reset();
    CHECK(lease_take(lease) == LEASE_OK);
    CHECK(lease_close(lease));
    CHECK(released[TYPE_PARENT] == 0);
    lease_give_back(lease, false);
    CHECK(released[TYPE_PARENT] == 1);
    lease_unref(lease);
}

static void test_disarm_gives_away(void)
{
    struct lease *parent = make(TYPE_PARENT, NULL);
    struct lease *child;

    reset();
    CHECK(lease_enter(parent));
    child = make(TYPE_CHILD, parent);
    lease_leave(parent);
    CHECK(lease_disarm(parent) == LEASE_IS_BUSY);
    CHECK(lease_disarm(child) == LEASE_OK);
    CHECK(lease_disarm(child) == LEASE_IS_CLOSED);
    lease_close(parent);
    CHECK(released[TYPE_CHILD] == 0 && released[TYPE_PARENT] == 1);
    lease_unref(child);
    lease_unref(parent);
}

static void test_attached_handle_goes_with_the_lease(void)
{
    struct lease *lease = make(TYPE_CHILD, NULL);

    reset();
    CHECK(lease_enter(lease));
    CHECK(lease_attached(lease) == 0);
    CHECK(attach_second(lease));
    CHECK(!attach_second(lease)); /* there is one already */
    CHECK(lease_attached(lease) == TYPE_SECOND);
    CHECK(lease_live(&registry, TYPE_SECOND) == 1);
    lease_close(lease);
    CHECK(second_released == 0);
    lease_leave(lease);
    CHECK(released[TYPE_CHILD] == 1 && second_released == 1);
    CHECK(child_at < second_at);
    CHECK(lease_live(&registry, TYPE_SECOND) == 0);
    lease_unref(lease);
}

static void test_attached_handle_when_the_first_is_gone(void)
{
    struct lease *lease = make(TYPE_CHILD, NULL);

    reset();
    CHECK(attach_second(lease));
    CHECK(lease_disarm(lease) == LEASE_OK); /* the first was given away, the second was never anybody else's */
    CHECK(released[TYPE_CHILD] == 0 && second_released == 1);
    lease_unref(lease);

    lease = make(TYPE_CHILD, NULL);
    reset();
    CHECK(attach_second(lease));
    CHECK(lease_take(lease) == LEASE_OK);
    lease_give_back(lease, true);
    CHECK(released[TYPE_CHILD] == 0 && second_released == 1);
    CHECK(!lease_close(lease));
    CHECK(second_released == 1);
    lease_unref(lease);
    CHECK(registry.first == NULL && lease_live(&registry, TYPE_SECOND) == 0);
}

static void test_type_moves(void)
{
    struct lease *lease = make(TYPE_PARENT, NULL);

    lease_set_type(lease, TYPE_CHILD);
    CHECK(lease_live(&registry, TYPE_PARENT) == 0 && lease_live(&registry, TYPE_CHILD) == 1);
    lease_close(lease);
    CHECK(lease_live(&registry, TYPE_CHILD) == 0);
    lease_unref(lease);
}

static void test_fork_forgets_calls(void)
{
    struct lease *parent = make(TYPE_PARENT, NULL);
    struct lease *child;

    reset();
    CHECK(lease_enter(parent));
    child = make(TYPE_CHILD, parent);
    CHECK(lease_enter(child)); /* of threads that vanish; neither ever leaves */
    lease_close(child);
    lease_close(parent);
    lease_unref(parent);
    CHECK(released[TYPE_CHILD] == 0 && released[TYPE_PARENT] == 0);
    lease_after_fork(&registry);
    CHECK(released[TYPE_CHILD] == 1 && released[TYPE_PARENT] == 1);
    CHECK(child_at < parent_at);
    lease_unref(child);
    CHECK(registry.first == NULL);
}

static unsigned left;

static void note_left(void)
{
    left++;
}

static void test_drain_waits_for_calls(void)
{
    struct lease *lease = make(TYPE_PARENT, NULL);

    registry.left = note_left;
    CHECK(lease_enter(lease));
    lease_leave(lease);
    CHECK(left == 0);
    CHECK(lease_enter(lease));
    CHECK(lease_calls_running(&registry));
    CHECK(!lease_is_exiting(&registry));
    lease_drain(&registry, 3); /* the call never ends */
    CHECK(lease_is_exiting(&registry));
    lease_leave(lease);
    CHECK(left == 1);
    CHECK(!lease_calls_running(&registry));
    CHECK(lease_enter(lease)); /* one that begins now is stopped as well */
    lease_close(lease);
    lease_leave(lease);
    CHECK(left == 2);
    CHECK(lease_live(&registry, TYPE_PARENT) == 0);
    registry.left = NULL;
    lease_unref(lease);
}

/* ---- threads ----------------------------------------------------------------------------------------------------- */

struct round {
    struct lease *parent, *child;
    pthread_barrier_t start;
    _Atomic(bool) broken; /* a call was inside when the handle had been released */
};

static struct round current;

static void *use(void *argument)
{
    struct round *round = argument;

    (void)pthread_barrier_wait(&round->start);
    while (lease_enter(round->child)) {
        if (lease_attached(round->child) == 0)
            (void)attach_second(round->child);
        if (lease_attached(round->child) != TYPE_SECOND || atomic_load(&released[TYPE_CHILD]) != 0 ||
            atomic_load(&second_released) != 0)
            round->broken = true;
        lease_leave(round->child);
    }
    return NULL;
}

static void *finish(void *argument)
{
    struct round *round = argument;

    (void)pthread_barrier_wait(&round->start);
    if (lease_take(round->child) == LEASE_OK)
        lease_give_back(round->child, false);
    lease_close(round->child);
    return NULL;
}

static void *finish_parent(void *argument)
{
    struct round *round = argument;

    (void)pthread_barrier_wait(&round->start);
    lease_close(round->parent);
    lease_unref(round->parent);
    return NULL;
}

static void run_round(void)
{
    static void *(*const roles[THREADS])(void *) = {use, use, finish, finish_parent};
    pthread_t threads[THREADS];

    reset();
    current.broken = false;
    current.parent = make(TYPE_PARENT, NULL);
    (void)lease_enter(current.parent);
    current.child = make(TYPE_CHILD, current.parent);
    lease_leave(current.parent);
    for (unsigned i = 0; i < THREADS; i++) {
        if (pthread_create(&threads[i], NULL, roles[i], &current) != 0)
            exit(1);
    }
    for (unsigned i = 0; i < THREADS; i++)
        (void)pthread_join(threads[i], NULL);
    CHECK(!current.broken);
    CHECK(released[TYPE_CHILD] == 1 && released[TYPE_PARENT] == 1);
    CHECK(child_at < parent_at);
    CHECK(second_made <= 1 && second_released == second_made);
    lease_unref(current.child);
}

static void test_hammer(void)
{
    if (!CHECK(pthread_barrier_init(&current.start, NULL, THREADS) == 0))
        return;
    for (unsigned i = 0; i < 2000; i++)
        run_round();
    (void)pthread_barrier_destroy(&current.start);
    CHECK(registry.first == NULL);
    CHECK(lease_live(&registry, TYPE_PARENT) == 0 && lease_live(&registry, TYPE_CHILD) == 0);
    CHECK(lease_live(&registry, TYPE_SECOND) == 0);
}

static void run_all(void)
{
    RUN(test_close_releases_once);
    RUN(test_call_delays_release);
    RUN(test_child_keeps_parent);
    RUN(test_take_is_exclusive);
    RUN(test_close_while_taken);
    RUN(test_disarm_gives_away);
    RUN(test_attached_handle_goes_with_the_lease);
    RUN(test_attached_handle_when_the_first_is_gone);
    RUN(test_type_moves);
    RUN(test_fork_forgets_calls);
    RUN(test_hammer);
}

int main(void)
{
    run_all();
    RUN(test_drain_waits_for_calls);
    ending = true;
    run_all();
    return test_result("lease");
}
