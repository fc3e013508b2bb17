/* SPDX-License-Identifier: MIT */
#include "common/interrupt.h"

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "ncrypt_ext_compat.h"

#define INTERRUPT_INTERVAL_NS 20000000

static _Thread_local struct {
    int (*poll)(void *context);
    void *context;
    int64_t next;
} hook;

static int64_t now_ns(void)
{
    struct timespec now;

    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) {
        return 0;
    }
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void ncx_set_interrupt(int (*poll)(void *context), void *context)
{
    hook.poll = poll;
    hook.context = context;
    hook.next = poll == NULL ? 0 : now_ns() + INTERRUPT_INTERVAL_NS;
}

void ncx_get_interrupt(int (**poll)(void *context), void **context)
{
    *poll = hook.poll;
    *context = hook.context;
}

bool interrupt_poll(void)
{
    int64_t now;

    if (hook.poll == NULL) {
        return false;
    }
    now = now_ns();
    if (now < hook.next) {
        return false;
    }
    hook.next = now + INTERRUPT_INTERVAL_NS;
    return hook.poll(hook.context) != 0;
}
