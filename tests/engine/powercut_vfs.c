/* SPDX-License-Identifier: MIT */
#include "powercut_vfs.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "powercut_disk.h"

#define TRACKED (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)

struct file {
    sqlite3_file base;
    struct shadow *shadow;
    sqlite3_file *real;
};

static sqlite3_vfs vfs, *real_vfs;
static atomic_uint counts[POWERCUT_CALLS];
static struct {
    bool active, lasting, reached;
    enum powercut_call call;
    unsigned skip;
    int code, error;
} failure;
static struct {
    bool armed, dead;
    unsigned skip;
} power;

unsigned powercut_count(enum powercut_call call)
{
    return atomic_load(&counts[call]);
}

void powercut_reset(void)
{
    for (int i = 0; i < POWERCUT_CALLS; i++) {
        atomic_store(&counts[i], 0);
    }
}

void powercut_fail(enum powercut_call call, unsigned skip, int code, int error, bool lasting)
{
    failure.active = true;
    failure.reached = false;
    failure.call = call;
    failure.skip = skip;
    failure.code = code;
    failure.error = error;
    failure.lasting = lasting;
}

void powercut_no_failure(void)
{
    failure.active = false;
}

bool powercut_failed(void)
{
    return failure.reached;
}

void powercut_arm(unsigned skip)
{
    power.armed = true;
    power.dead = false;
    power.skip = skip;
}

bool powercut_happened(void)
{
    return power.dead;
}

/* What a call has to return at once; SQLITE_OK: go on. */
static int hindrance(enum powercut_call call, bool changes)
{
    atomic_fetch_add(&counts[call], 1);
    if (power.armed) {
        if (!power.dead && changes && power.skip-- == 0) {
            power.dead = true;
        }
        if (power.dead) {
            errno = EIO;
            return SQLITE_IOERR;
        }
    }
    if (failure.active && failure.call == call) {
        if (failure.skip > 0) {
            failure.skip--;
        } else {
            failure.reached = true;
            failure.active = failure.lasting;
            errno = failure.error;
            return failure.code;
        }
    }
    return SQLITE_OK;
}

void powercut_apply(uint64_t *state)
{
    disk_end(power.dead, state);
    power.armed = power.dead = false;
}

/* ---- the methods of a file ---- */

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((struct file *)file)->real;
}

static int file_close(sqlite3_file *file)
{
    return real_of(file)->pMethods->xClose(real_of(file));
}

static int file_read(sqlite3_file *file, void *data, int size, sqlite3_int64 offset)
{
    int result = hindrance(POWERCUT_READ, false);

    return result != SQLITE_OK ? result : real_of(file)->pMethods->xRead(real_of(file), data, size, offset);
}

static int file_write(sqlite3_file *file, const void *data, int size, sqlite3_int64 offset)
{
    struct shadow *shadow = ((struct file *)file)->shadow;
    int result = hindrance(POWERCUT_WRITE, true);

    if (shadow && (result == SQLITE_OK || power.dead)) { /* the write during which the power fails may be there too */
        disk_note(shadow, data, size, offset);
    }
    return result != SQLITE_OK ? result : real_of(file)->pMethods->xWrite(real_of(file), data, size, offset);
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    struct shadow *shadow = ((struct file *)file)->shadow;
    int result = hindrance(POWERCUT_TRUNCATE, true);

    if (shadow && result == SQLITE_OK) {
        disk_note(shadow, NULL, 0, size);
    }
    return result != SQLITE_OK ? result : real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static int file_sync(sqlite3_file *file, int flags)
{
    struct shadow *shadow = ((struct file *)file)->shadow;
    int result = hindrance(POWERCUT_SYNC, true);

    (void)flags;
    if (shadow && result == SQLITE_OK) {
        disk_settle(shadow);
    }
    return result;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return real_of(file)->pMethods->xFileSize(real_of(file), size);
}

static int file_lock(sqlite3_file *file, int lock)
{
    return real_of(file)->pMethods->xLock(real_of(file), lock);
}

static int file_unlock(sqlite3_file *file, int lock)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), lock);
}

static int file_reserved(sqlite3_file *file, int *reserved)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), reserved);
}

static int file_control(sqlite3_file *file, int operation, void *argument)
{
    return real_of(file)->pMethods->xFileControl(real_of(file), operation, argument);
}

static int file_sector(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int file_characteristics(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int file_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **memory)
{
    int result = hindrance(POWERCUT_SHM, false);

    *memory = NULL;
    return result != SQLITE_OK ? result : real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, memory);
}

static int file_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    return real_of(file)->pMethods->xShmLock(real_of(file), offset, count, flags);
}

static void file_shm_barrier(sqlite3_file *file)
{
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int file_shm_unmap(sqlite3_file *file, int remove)
{
    return real_of(file)->pMethods->xShmUnmap(real_of(file), remove);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector,
    .xDeviceCharacteristics = file_characteristics,
    .xShmMap = file_shm_map,
    .xShmLock = file_shm_lock,
    .xShmBarrier = file_shm_barrier,
    .xShmUnmap = file_shm_unmap,
};

/* ---- the VFS ---- */

static int vfs_open(sqlite3_vfs *self, const char *path, sqlite3_file *out, int flags, int *out_flags)
{
    struct file *file = (struct file *)out;
    int result = hindrance(POWERCUT_OPEN, false);

    (void)self;
    memset(file, 0, sizeof(*file));
    if (result != SQLITE_OK) {
        return result == SQLITE_IOERR ? SQLITE_CANTOPEN : result;
    }
    file->real = (sqlite3_file *)(file + 1);
    if (power.armed && path && (flags & TRACKED)) {
        file->shadow = disk_open(path);
    }
    result = real_vfs->xOpen(real_vfs, path, file->real, flags, out_flags);
    if (result == SQLITE_OK) {
        file->base.pMethods = &methods;
    }
    return result;
}

static int vfs_delete(sqlite3_vfs *self, const char *path, int sync_folder)
{
    int result = hindrance(POWERCUT_DELETE, true);

    (void)self;
    if (result != SQLITE_OK) {
        return result;
    }
    disk_delete(path, sync_folder != 0);
    return real_vfs->xDelete(real_vfs, path, 0);
}

void powercut_install(void)
{
    real_vfs = sqlite3_vfs_find(NULL);
    vfs = *real_vfs;
    vfs.pNext = NULL;
    vfs.zName = "powercut";
    vfs.szOsFile = (int)sizeof(struct file) + real_vfs->szOsFile;
    vfs.xOpen = vfs_open;
    vfs.xDelete = vfs_delete;
    powercut_reset();
    powercut_no_failure();
    if (sqlite3_vfs_register(&vfs, 1) != SQLITE_OK) {
        abort();
    }
}

void powercut_remove(void)
{
    sqlite3_vfs_unregister(&vfs);
}
