/* SPDX-License-Identifier: MIT */
#include "common/export.h"

#include "common/fork.h"
#include "common/gate.h"
#include "common/interrupt.h"
#include "common/secmem.h"
#include "common/trace.h"

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

/* When the library is loaded: whoever is inside may take the other modules' locks, so these hooks run inside theirs. */
__attribute__((constructor)) static void set_up(void)
{
    fork_register(&(struct fork_hooks){before_fork, after_fork_in_parent, after_fork_in_child});
}

bool ncx_interrupted(void)
{
    return interrupt_poll();
}

void ncx_library_enter(void)
{
    gate_enter(&gate, &visit);
}

void ncx_library_leave(void)
{
    gate_leave(&gate, &visit);
}

SECURITY_STATUS ncx_object_create(enum handle_type type, void *object, void (*destroy)(void *object),
                                  NCRYPT_HANDLE *handle)
{
    return handle_create(type, object, destroy, handle);
}

void *ncx_object_acquire(NCRYPT_HANDLE handle, enum handle_type type)
{
    return handle_acquire(handle, type);
}

void ncx_object_release(NCRYPT_HANDLE handle)
{
    handle_release(handle);
}

SECURITY_STATUS ncx_object_close(NCRYPT_HANDLE handle, enum handle_type type)
{
    return handle_close(handle, type);
}

uint64_t ncx_object_type_count(enum handle_type type)
{
    return handle_count(type);
}

void *ncx_secret_alloc(size_t size)
{
    return secmem_alloc(size);
}

void ncx_secret_free(void *memory)
{
    secmem_free(memory);
}

void ncx_secret_wipe(void *memory, size_t size)
{
    secmem_wipe(memory, size);
}

SECURITY_STATUS ncx_fail(SECURITY_STATUS status, const char *sentence)
{
    return status_fail(status, "%s", sentence);
}

SECURITY_STATUS ncx_trace(const char *function, SECURITY_STATUS status)
{
    return trace_return(function, status);
}
