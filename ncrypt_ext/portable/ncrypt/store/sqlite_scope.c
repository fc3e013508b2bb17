/* SPDX-License-Identifier: MIT
 *
 * The stretches in which threads are inside SQLite. Its file locks are kept in the process's memory: a fork() in the
 * middle of a call would leave the child with locks that nobody releases. So a gate stands between them and fork().
 */
#include "common/gate.h"
#include "ncrypt/store/internal.h"

#define DRAIN_SECONDS 10

static struct gate gate = GATE_INITIALIZER;
static _Thread_local struct gate_visit visit;

void sqlite_scope_begin(void)
{
    gate_enter(&gate, &visit);
}

void sqlite_scope_end(void)
{
    gate_leave(&gate, &visit);
}

bool sqlite_scope_before_fork(void)
{
    return gate_close(&gate, &visit, DRAIN_SECONDS);
}

void sqlite_scope_after_fork_in_parent(void)
{
    gate_open(&gate);
}

void sqlite_scope_after_fork_in_child(void)
{
    gate_reset_in_child(&gate, &visit);
}
