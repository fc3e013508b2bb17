/* SPDX-License-Identifier: MIT
 *
 * Giving up long operations: ncx_set_interrupt() sets a hook for the calling thread, key generation polls it.
 */
#ifndef PORTABLE_COMMON_INTERRUPT_H
#define PORTABLE_COMMON_INTERRUPT_H

#include <stdbool.h>

/* True when this thread's hook asks to stop. Asks the hook at most every 20 milliseconds; false without a hook. */
bool interrupt_poll(void);

#endif
