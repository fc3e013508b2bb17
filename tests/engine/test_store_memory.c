/* SPDX-License-Identifier: MIT
 *
 * Memory runs short at every single allocation of the engine and of SQLite, once each: every call says so or succeeds,
 * and nothing is lost or left behind. Needs the linker to put the functions below in the place of the C library's.
 */
#include "powercut_vfs.h"
#include "store_fixture.h"

#if defined(__linux__)
#include "short_memory.h"

/* Success, or short of memory if it was made so. */
static bool fine(SECURITY_STATUS status, const char *what)
{
    bool good = CHECK(status == ERROR_SUCCESS || (struck && status == NTE_NO_MEMORY));

    if (!good) {
        counting = false;
        fprintf(stderr, "%s: 0x%08X\n", what, (unsigned)status);
        counting = true;
    }
    return status == ERROR_SUCCESS;
}

static SECURITY_STATUS change_policy(struct store_record *record, void *context)
{
    (void)context;
    record->export_policy = 9;
    return ERROR_SUCCESS;
}

/* ---- what is done with a store: "kept" is there before and after; "new" is made and deleted ---------------------- */

static void read_and_modify(struct store *store)
{
    struct store_record kept = {.id = 0};

    if (fine(read_key(store, "kept", &kept), "read")) {
        fine(store_modify(store, kept.id, change_policy, NULL), "modify");
    }
    store_record_clear(&kept);
}

static void read_by_unique_name(struct store *store)
{
    struct store_record kept = {.id = 0};
    WCHAR unique[65];

    if (fine(store_unique_name(store, u"kept", STORE_SLOT_KEY, unique), "unique_name")) {
        fine(store_read_unique(store, unique, &kept), "read_unique");
        store_record_clear(&kept);
    }
    fine(store_exists(store, u"kept", STORE_SLOT_KEY), "exists");
}

static void make_and_delete(struct store *store)
{
    struct store_record made, page[4];
    size_t count = 0;

    counting = false;
    fill_record(&made, "new", "payload");
    counting = true;
    if (fine(store_create(store, &made, true), "create")) {
        fine(store_list(store, 0, page, 4, &count), "list");
        fine(store_delete(store, made.id), "delete");
    }
    store_record_clear(&made);
}

static void look_through(struct store *store)
{
    struct store_info info;
    uint64_t checked = 0;

    fine(store_info(store, &info), "info");
    fine(store_check(store, NULL, NULL, &checked), "check");
}

static void maintain(struct store *store, const char *copy)
{
    fine(store_rekey(store, NULL, 0), "rekey");
    fine(store_backup(store, copy), "backup");
    counting = false;
    remove_tree(copy);
}

/* Each step on a store that was opened for it, and that can be used afterwards. */
static void test_short_of_memory(void)
{
    static void (*const steps[])(struct store *) = {read_and_modify, read_by_unique_name, make_and_delete,
                                                    look_through};
    const char *folder = scratch_path("store");
    struct store *store = open_store(folder);

    CHECK_STATUS(create_key(store, "kept", "x", false), ERROR_SUCCESS);
    close_store(store);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        unsigned number = 0;

        do {
            store = open_store(folder);
            remaining = number++;
            struck = false;
            counting = true;
            steps[i](store);
            counting = false;
            CHECK_STATUS(expect_key(store, "kept", "x"), ERROR_SUCCESS);
            close_store(store);
        } while (struck && number < 20000);
        CHECK(number > 40 && number < 20000);
    }
}

static void test_short_of_memory_while_opening(void)
{
    const char *folder = scratch_path("store");
    struct store *store;
    unsigned number = 0;

    for (; number < 20000; number++) {
        char *own = NULL;

        remaining = number;
        struck = false;
        counting = true;
        if (fine(store_folder(STORE_USER, &own), "folder") &&
            fine(store_acquire(STORE_USER, folder, false, &store), "acquire")) {
            counting = false;
            close_store(store);
        }
        counting = false;
        free(own);
        store = open_store(folder);
        CHECK_STATUS(expect_key(store, "kept", "x"), ERROR_SUCCESS);
        close_store(store);
        if (!struck) {
            break;
        }
    }
    CHECK(number > 100 && number < 20000);
}

static void test_short_of_memory_in_maintenance(void)
{
    const char *copy = scratch_path("copy");
    struct store *store = open_store(scratch_path("store"));
    unsigned number = 0;

    for (; number < 20000; number++) {
        remaining = number;
        struck = false;
        counting = true;
        maintain(store, copy);
        if (!struck) {
            break;
        }
    }
    CHECK(number > 10 && number < 20000);
    CHECK_STATUS(expect_key(store, "kept", "x"), ERROR_SUCCESS);
    close_store(store);
}

static void test_short_of_memory_while_making(void)
{
    const char *folder = scratch_path("fresh");
    struct store *store;
    unsigned number = 0;

    for (; number < 20000; number += 1 + number / 100) {
        remaining = number;
        struck = false;
        counting = true;
        if (fine(store_acquire(STORE_USER, folder, true, &store), "acquire")) {
            counting = false;
            close_store(store);
        }
        counting = false;
        CHECK_STATUS(try_open(folder, true), ERROR_SUCCESS);
        remove_tree(folder);
        if (!struck) {
            break;
        }
    }
    CHECK(number > 100 && number < 20000);
}

int main(void)
{
    use_own_sqlite_memory();
    scratch_make();
    powercut_install();            /* for speed: it does not sync */
    maintenance_commit_limit = 20; /* also for speed: each opening reads the log */
    RUN(test_short_of_memory);
    RUN(test_short_of_memory_while_opening);
    RUN(test_short_of_memory_in_maintenance);
    RUN(test_short_of_memory_while_making);
    powercut_remove();
    scratch_remove();
    return test_result("store_memory");
}

#else

int main(void)
{
    CHECK(true); /* other linkers cannot replace functions by name */
    return test_result("store_memory");
}

#endif
