/* SPDX-License-Identifier: MIT
 *
 * What a disk may hold of files that are being written: for powercut_vfs.c.
 */
#ifndef TESTS_ENGINE_POWERCUT_DISK_H
#define TESTS_ENGINE_POWERCUT_DISK_H

#include <stdbool.h>
#include <stdint.h>

struct shadow;

/* Remembers the file as it is now, the first time. Reads it, which would drop the process's locks on it: the first call
 * for a file comes before SQLite opens it. */
struct shadow *disk_open(const char *path);

/* A write, or (data NULL) a truncation to `offset`, that has not been synced. */
void disk_note(struct shadow *shadow, const void *data, int size, int64_t offset);

/* A sync: what was noted is on the disk. The first sync of a new file is taken to sync its folder too. */
void disk_settle(struct shadow *shadow);

void disk_delete(const char *path, bool sync_folder);

/* With `cut`, the files lose some of what was not synced. Forgets everything. */
void disk_end(bool cut, uint64_t *state);

#endif
