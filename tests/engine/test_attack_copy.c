/* SPDX-License-Identifier: MIT
 *
 * The copy that is kept before an upgrade must be on the disk under its name before the upgrade is.
 */
#include <fcntl.h>

#include "store_fixture.h"

#if defined(__linux__)
#include <sys/syscall.h>

int fsync(int fd);

static const char *copy;
static struct stat folder;
static bool named; /* the folder was synced while the copy had its name */

/* In the place of the C library's. */
int fsync(int fd)
{
    struct stat info;

    if (copy != NULL && fstat(fd, &info) == 0 && info.st_ino == folder.st_ino && info.st_dev == folder.st_dev) {
        named = named || access(copy, F_OK) == 0;
    }
    return (int)syscall(SYS_fsync, fd);
}

static void test_copy_is_durable(void)
{
    struct store *store = open_store(scratch_path("store"));
    struct connection *connection = NULL;

    CHECK(stat(store->folder, &folder) == 0);
    CHECK_STATUS(pool_take(store, &connection), ERROR_SUCCESS);
    copy = path_in(store->folder, "keys.db.v1.bak");
    CHECK_STATUS(copy_database(connection, copy), ERROR_SUCCESS);
    pool_return(store, connection);
    CHECK(named);
    close_store(store);
}
#else
static void test_copy_is_durable(void)
{
    CHECK_STATUS(try_open(scratch_path("store"), true), ERROR_SUCCESS);
}
#endif

int main(void)
{
    scratch_make();
    RUN(test_copy_is_durable);
    scratch_remove();
    return test_result("attack_copy");
}
