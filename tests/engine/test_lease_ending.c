/* SPDX-License-Identifier: MIT
 *
 * _lease.h: what the end of the process makes of calls with two handles, and of deletions.
 */
#include "_lease.h"
#include "harness.h"

static struct lease_registry registry = {LEASE_LOCK_INIT, NULL, {0}, 0, NULL};
static unsigned released, left;

static void release(uintptr_t handle)
{
    (void)handle;
    released++;
}

static void note_left(void)
{
    left++;
}

static struct lease *make(void)
{
    struct lease *lease = lease_create(&registry, 0, 1, release, NULL);

    if (!CHECK(lease != NULL))
        exit(1);
    released = 0;
    return lease;
}

static void test_only_the_last_leave_may_stop_a_thread(void)
{
    struct lease *first = make();
    struct lease *last = make();

    CHECK(lease_enter(first) && lease_enter(last));
    registry.left = note_left;
    lease_drain(&registry, 0);
    lease_leave_first(first);
    CHECK(left == 0);
    lease_leave(last);
    CHECK(left == 1);
    CHECK(lease_take(first) == LEASE_OK);
    lease_give_back(first, false); /* a deletion that did not work */
    CHECK(left == 2);
    CHECK(lease_take(first) == LEASE_OK);
    lease_close(first);
    lease_give_back(first, false);
    CHECK(left == 3 && released == 1);
    lease_close(last);
    CHECK(released == 2);
    lease_unref(first);
    lease_unref(last);
}

static void test_leave_first_releases(void)
{
    struct lease *lease = make();

    CHECK(lease_enter(lease));
    lease_close(lease);
    lease_leave_first(lease);
    CHECK(released == 1);
    lease_unref(lease);
    CHECK(registry.first == NULL && lease_live(&registry, 0) == 0);
}

int main(void)
{
    RUN(test_only_the_last_leave_may_stop_a_thread);
    RUN(test_leave_first_releases);
    return test_result("lease ending");
}
