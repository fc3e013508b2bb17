/* SPDX-License-Identifier: MIT */
#include "common/trace.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/status.h"

enum { TRACE_UNKNOWN = -1, TRACE_OFF, TRACE_FAILURES, TRACE_ALL };

static atomic_int level = TRACE_UNKNOWN;

static int read_level(void)
{
    const char *value = getenv("NCRYPT_EXT_TRACE");
    int wanted = value == NULL             ? TRACE_OFF
                 : strcmp(value, "2") == 0 ? TRACE_ALL
                 : strcmp(value, "1") == 0 ? TRACE_FAILURES
                                           : TRACE_OFF;

    atomic_store_explicit(&level, wanted, memory_order_relaxed);
    return wanted;
}

SECURITY_STATUS trace_return(const char *function, SECURITY_STATUS status)
{
    int wanted = atomic_load_explicit(&level, memory_order_relaxed);

    if (wanted == TRACE_OFF) {
        return status;
    }
    if (wanted == TRACE_UNKNOWN) {
        wanted = read_level();
    }
    if (wanted == TRACE_ALL || (wanted == TRACE_FAILURES && status != ERROR_SUCCESS)) {
        const char *sentence = status_sentence(status);

        fprintf(stderr, "ncrypt_ext: %s returned 0x%08X%s%s\n", function, (unsigned)status,
                sentence == NULL ? "" : ": ", sentence == NULL ? "" : sentence);
    }
    return status;
}
