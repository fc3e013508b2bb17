/* SPDX-License-Identifier: MIT
 *
 * An SQLite VFS over the system's own that counts syncs, fails calls on demand and cuts the power: it remembers what
 * has been written since the last sync of each file, and a cut leaves of that a random part, in sectors of 512 bytes
 * and in any order, as a disk may. One thread at a time, except for counting.
 */
#ifndef TESTS_ENGINE_POWERCUT_VFS_H
#define TESTS_ENGINE_POWERCUT_VFS_H

#include <stdbool.h>
#include <stdint.h>

enum powercut_call {
    POWERCUT_OPEN,
    POWERCUT_READ,
    POWERCUT_WRITE,
    POWERCUT_TRUNCATE,
    POWERCUT_SYNC,
    POWERCUT_DELETE,
    POWERCUT_SHM,
    POWERCUT_CALLS,
};

/* From now on (until powercut_remove()) databases are opened through this VFS. Nothing is really synced. */
void powercut_install(void);
void powercut_remove(void);

/* Calls of a kind since the counters were reset. */
unsigned powercut_count(enum powercut_call call);
void powercut_reset(void);

/* The call of this kind that comes after `skip` others fails with this SQLite code and errno; `lasting`: and all later
 * ones. Replaces what was asked for before. powercut_failed() tells whether it came to that. */
void powercut_fail(enum powercut_call call, unsigned skip, int code, int error, bool lasting);
void powercut_no_failure(void);
bool powercut_failed(void);

/* Starts remembering unsynced writes; the power fails at the call that changes files after `skip` others. From then on
 * every call fails. */
void powercut_arm(unsigned skip);
bool powercut_happened(void);

/* After everything has been closed: makes the files what they may be after a power cut, and stops remembering. Without
 * a cut they stay as they are. Pass a state of powercut_random(). */
void powercut_apply(uint64_t *state);

/* A number below `limit` (not 0); the state is any number but 0. */
uint32_t powercut_random(uint64_t *state, uint32_t limit);

#endif
