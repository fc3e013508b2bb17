/* SPDX-License-Identifier: MIT
 *
 * Steps with keys and secrets, each of whose allocations fails once: a step may fail only when one did, and leaves no
 * handle behind.
 */
#ifndef TESTS_ENGINE_SHORT_STEPS_H
#define TESTS_ENGINE_SHORT_STEPS_H

#include "ncrypt_ext_compat.h"
#include "short_memory.h"

static void starve(SECURITY_STATUS (*step)(void))
{
    uint64_t keys = ncx_live_handles(1);
    SECURITY_STATUS status;
    unsigned failed = 0, n = 0;

    do {
        struck = false;
        remaining = n++;
        counting = true;
        status = step();
        counting = false;
        failed += status != ERROR_SUCCESS;
        CHECK(status == ERROR_SUCCESS || struck);
        CHECK(ncx_live_handles(1) == keys && ncx_live_handles(16) == 0);
    } while (struck);
    CHECK(status == ERROR_SUCCESS && failed > 0);
}

#endif
