/* SPDX-License-Identifier: MIT
 *
 * Stores that this process may read and not write, or not even make.
 */
#include <errno.h>

#include "store_fixture.h"

/* Runs `body` in a child process without root's powers, to which `folder` belongs. */
static void as_nobody(const char *folder, void (*body)(const char *folder))
{
    pid_t child;

    if (geteuid() == 0) {
        static const char *const files[] = {"keys.db", "keys.db-wal", "keys.db-shm", "master.key"};

        CHECK(chmod(scratch, 0711) == 0 && chown(folder, 65534, 65534) == 0);
        for (size_t i = 0; i < 4; i++) {
            CHECK(chown(path_in(folder, files[i]), 65534, 65534) == 0 || errno == ENOENT);
        }
    }
    child = fork();
    if (child == 0) {
        test_failures = 0;
        bool root = geteuid() == 0;

        if (root && (setegid(65534) != 0 || seteuid(65534) != 0)) {
            _exit(99);
        }
        body(folder);
        if (root && seteuid(0) != 0) {
            _exit(98);
        }
        child_end();
    }
    CHECK(child_ended_well(child));
}

static void use_read_only(const char *folder)
{
    struct store *store = NULL;
    struct store_info info;
    struct store_record page[4];
    size_t count = 0;
    uint64_t checked = 0;

    if (!CHECK_STATUS(store_acquire(STORE_USER, folder, true, &store), ERROR_SUCCESS)) {
        return;
    }
    CHECK_STATUS(expect_key(store, "kept", "x"), ERROR_SUCCESS);
    CHECK_STATUS(create_key(store, "new", "y", false), WIN32(ERROR_WRITE_PROTECT));
    CHECK_STATUS(store_delete(store, id_of(store, "kept")), WIN32(ERROR_WRITE_PROTECT));
    CHECK_STATUS(store_rekey(store, "abc", 3), WIN32(ERROR_WRITE_PROTECT));
    CHECK_STATUS(store_list(store, 0, page, 4, &count), ERROR_SUCCESS);
    CHECK(count == 1);
    CHECK_STATUS(store_info(store, &info), ERROR_SUCCESS);
    CHECK(info.read_only && info.keys == 1);
    CHECK_STATUS(store_check(store, NULL, NULL, &checked), ERROR_SUCCESS);
    close_store(store);
}

static void refuse_read_only(const char *folder)
{
    CHECK_STATUS(try_open(folder, false), WIN32(ERROR_WRITE_PROTECT));
    CHECK(says(WIN32(ERROR_WRITE_PROTECT), "-wal"));
}

static void refuse_empty_read_only(const char *folder)
{
    CHECK_STATUS(try_open(folder, true), WIN32(ERROR_WRITE_PROTECT));
    CHECK_STATUS(try_open(folder, false), NTE_BAD_KEYSET);
}

static void refuse_to_make(const char *folder)
{
    CHECK_STATUS(try_open(path_in(folder, "below/it"), true), NTE_PERM);
}

static void test_read_only(void)
{
    const char *folder = store_with_a_key("reading 100%#?"), *empty = scratch_path("empty"),
               *copy = scratch_path("copy");
    struct store *store = open_store(folder);

    CHECK_STATUS(store_backup(store, copy), ERROR_SUCCESS);
    close_store(store);
    CHECK(chmod(folder, 0500) == 0 && mkdir(empty, 0500) == 0 && chmod(copy, 0500) == 0);
    as_nobody(copy, use_read_only); /* without a log: nothing is written at all */
    CHECK(access(path_in(copy, "keys.db-shm"), F_OK) != 0);
    as_nobody(folder, use_read_only); /* with the log and its index that the last process left */
    CHECK(unlink(path_in(folder, "keys.db-shm")) == 0);
    as_nobody(folder, refuse_read_only); /* with a log that cannot be read without an index */
    CHECK(chmod(folder, 0700) == 0 && chmod(path_in(folder, "keys.db"), 0400) == 0);
    as_nobody(empty, refuse_empty_read_only);
    as_nobody(empty, refuse_to_make);
    CHECK(chmod(copy, 0700) == 0 && chmod(empty, 0700) == 0);
}

int main(void)
{
    scratch_make();
    RUN(test_read_only);
    scratch_remove();
    return test_result("store_read_only");
}
