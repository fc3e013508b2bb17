/* SPDX-License-Identifier: MIT
 *
 * The stretches in which threads are inside libcrypto: between them and fork() stands a gate, because libcrypto has
 * locks around its random numbers and around the blinding of an RSA key, which every signature takes.
 */
#include <openssl/err.h>

#include "common/fork.h"
#include "common/gate.h"
#include "common/status.h"

#define DRAIN_SECONDS 2 /* then the fork goes on and takes its chance: the locks are held for moments only */

static struct gate gate = GATE_INITIALIZER;
static _Thread_local struct gate_visit visit;

static void before_fork(void)
{
    (void)gate_close(&gate, &visit, DRAIN_SECONDS);
}

static void after_fork_in_parent(void)
{
    gate_open(&gate);
}

static void after_fork_in_child(void)
{
    gate_reset_in_child(&gate, &visit);
}

/* When the library is loaded, so that these hooks are the first: around a fork they run inside those of the store,
 * whose threads must be able to finish, libcrypto included. */
__attribute__((constructor)) static void set_up(void)
{
    fork_register(&(struct fork_hooks){before_fork, after_fork_in_parent, after_fork_in_child});
}

void openssl_scope_begin(void)
{
    gate_enter(&gate, &visit);
    ERR_set_mark();
}

void openssl_scope_end(void)
{
    ERR_pop_to_mark();
    gate_leave(&gate, &visit);
}

void openssl_scope_suspend(void)
{
    gate_step_out(&gate, &visit);
}

void openssl_scope_resume(void)
{
    gate_step_in(&gate, &visit);
}
