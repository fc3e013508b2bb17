/* SPDX-License-Identifier: MIT
 *
 * Preloaded, this counts what a process asks the system to make durable, and the bytes that it writes at a position
 * (as SQLite does, and nothing else here). The real functions do the work.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_uint_fast64_t syncs, bytes;

uint64_t count_syncs(void);
uint64_t count_bytes(void);

uint64_t count_syncs(void)
{
    return atomic_load(&syncs);
}

uint64_t count_bytes(void)
{
    return atomic_load(&bytes);
}

static void *next(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

int fsync(int file)
{
    int (*real)(int);

    *(void **)&real = next("fsync");
    atomic_fetch_add(&syncs, 1);
    return real(file);
}

int fdatasync(int file)
{
    int (*real)(int);

    *(void **)&real = next("fdatasync");
    atomic_fetch_add(&syncs, 1);
    return real(file);
}

int sync_file_range(int file, off64_t offset, off64_t size, unsigned flags)
{
    int (*real)(int, off64_t, off64_t, unsigned);

    *(void **)&real = next("sync_file_range");
    atomic_fetch_add(&syncs, 1);
    return real(file, offset, size, flags);
}

int syncfs(int file)
{
    int (*real)(int);

    *(void **)&real = next("syncfs");
    atomic_fetch_add(&syncs, 1);
    return real(file);
}

ssize_t pwrite(int file, const void *data, size_t size, off_t offset)
{
    ssize_t (*real)(int, const void *, size_t, off_t);

    *(void **)&real = next("pwrite");
    atomic_fetch_add(&bytes, size);
    return real(file, data, size, offset);
}

ssize_t pwrite64(int file, const void *data, size_t size, off64_t offset)
{
    ssize_t (*real)(int, const void *, size_t, off64_t);

    *(void **)&real = next("pwrite64");
    atomic_fetch_add(&bytes, size);
    return real(file, data, size, offset);
}
