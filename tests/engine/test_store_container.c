/* SPDX-License-Identifier: MIT
 *
 * Slots: what may stand beside what, how often that syncs, and rows whose slot was altered.
 */
#include "powercut_vfs.h"
#include "store_fixture.h"

static struct store *store;

static SECURITY_STATUS add(const char *name, enum store_slot slot, uint32_t flags, bool overwrite)
{
    struct store_record record;
    SECURITY_STATUS status;

    fill_record(&record, name, "payload");
    record.flags = flags | store_slot_flags(slot);
    status = store_create(store, &record, overwrite);
    store_record_clear(&record);
    return status;
}

static SECURITY_STATUS on_name(const char *name, SECURITY_STATUS (*function)(struct store *where, const WCHAR *what))
{
    WCHAR wide[STORE_MAX_NAME + 1];

    widen(name, wide);
    return function(store, wide);
}

/* The slots that the name has, as bits; each row says itself which it is. */
static unsigned slots_of(const char *name)
{
    WCHAR wide[STORE_MAX_NAME + 1];
    unsigned found = 0;

    widen(name, wide);
    for (unsigned slot = 0; slot < 4; slot++) {
        struct store_record record = {.id = 0};
        SECURITY_STATUS status = store_read(store, wide, (enum store_slot)slot, &record);

        CHECK(status == ERROR_SUCCESS || status == NTE_BAD_KEYSET);
        CHECK_STATUS(store_exists(store, wide, (enum store_slot)slot), status);
        if (status == ERROR_SUCCESS) {
            CHECK(store_slot(&record) == slot);
            found |= 1u << slot;
        }
        store_record_clear(&record);
    }
    return found;
}

#define KEY       1u
#define EXCHANGE  2u
#define SIGNATURE 4u
#define CONTAINER 8u

static void test_rules(void)
{
    CHECK_STATUS(add("a", STORE_SLOT_KEYEXCHANGE, 0, true), NTE_BAD_KEYSET);
    CHECK_STATUS(add("a", STORE_SLOT_KEY, 0, false), ERROR_SUCCESS);
    CHECK_STATUS(add("a", STORE_SLOT_SIGNATURE, 0, true), NTE_BAD_KEYSET); /* a key that is not seen as a container */
    CHECK_STATUS(on_name("A", store_create_container), NTE_EXISTS);
    CHECK_STATUS(on_name("a", store_delete_container), NTE_BAD_KEYSET);
    CHECK(slots_of("a") == KEY);

    CHECK_STATUS(on_name("b", store_create_container), ERROR_SUCCESS);
    CHECK_STATUS(on_name("B", store_create_container), NTE_EXISTS);
    CHECK_STATUS(add("B", STORE_SLOT_KEY, 0, false), NTE_EXISTS);
    CHECK_STATUS(add("B", STORE_SLOT_KEY, 0, true), NTE_EXISTS);
    CHECK_STATUS(add("B", STORE_SLOT_KEYEXCHANGE, 0, false), ERROR_SUCCESS);
    CHECK_STATUS(add("b", STORE_SLOT_KEYEXCHANGE, 0, false), ERROR_SUCCESS); /* replaces */
    CHECK_STATUS(add("b", STORE_SLOT_SIGNATURE, 0, false), ERROR_SUCCESS);
    CHECK(slots_of("b") == (EXCHANGE | SIGNATURE | CONTAINER));
    CHECK_STATUS(on_name("B", store_delete_container), ERROR_SUCCESS);
    CHECK(slots_of("b") == 0);

    CHECK_STATUS(add("c", STORE_SLOT_KEY, STORE_FLAG_LEGACY, false), ERROR_SUCCESS);
    CHECK_STATUS(add("C", STORE_SLOT_SIGNATURE, 0, false), ERROR_SUCCESS); /* makes the container */
    CHECK(slots_of("c") == (KEY | SIGNATURE | CONTAINER));
    CHECK_STATUS(add("c", STORE_SLOT_KEY, 0, false), NTE_EXISTS);
    CHECK_STATUS(add("c", STORE_SLOT_KEY, STORE_FLAG_LEGACY, true), ERROR_SUCCESS);
    CHECK_STATUS(on_name("c", store_delete_container), ERROR_SUCCESS);
    CHECK(slots_of("c") == KEY);
    CHECK_STATUS(on_name("c", store_delete_container), NTE_BAD_KEYSET);
    CHECK_STATUS(store_delete(store, id_of(store, "c")), ERROR_SUCCESS);
    CHECK_STATUS(store_delete(store, id_of(store, "a")), ERROR_SUCCESS);
}

static SECURITY_STATUS move(struct store_record *record, void *context)
{
    (void)context;
    record->flags = STORE_FLAG_LEGACY | store_slot_flags(STORE_SLOT_SIGNATURE);
    return ERROR_SUCCESS;
}

/* A change cannot move a key to another slot. */
static void test_slot_stays(void)
{
    struct store_record record = {.id = 0};

    CHECK_STATUS(add("stays", STORE_SLOT_KEY, 0, false), ERROR_SUCCESS);
    CHECK_STATUS(store_modify(store, id_of(store, "stays"), move, NULL), ERROR_SUCCESS);
    CHECK_STATUS(read_key(store, "stays", &record), ERROR_SUCCESS);
    CHECK(record.flags == STORE_FLAG_LEGACY);
    CHECK_STATUS(store_delete(store, record.id), ERROR_SUCCESS);
    store_record_clear(&record);
}

static void test_names(void)
{
    WCHAR longest[STORE_MAX_NAME + 2] = {0}, unique[4][65];
    struct store_record record = {.id = 0};

    for (int i = 0; i <= STORE_MAX_NAME; i++) {
        longest[i] = 'n';
    }
    CHECK_STATUS(store_create_container(store, longest), NTE_INVALID_PARAMETER);
    CHECK_STATUS(store_create_container(store, u""), NTE_INVALID_PARAMETER);
    CHECK_STATUS(store_delete_container(store, longest), NTE_INVALID_PARAMETER);
    longest[STORE_MAX_NAME] = 0;
    CHECK_STATUS(store_create_container(store, longest), ERROR_SUCCESS);
    CHECK_STATUS(store_delete_container(store, longest), ERROR_SUCCESS);

    CHECK_STATUS(add("u", STORE_SLOT_KEY, STORE_FLAG_LEGACY, false), ERROR_SUCCESS);
    CHECK_STATUS(add("u", STORE_SLOT_KEYEXCHANGE, 0, false), ERROR_SUCCESS);
    CHECK_STATUS(add("u", STORE_SLOT_SIGNATURE, 0, false), ERROR_SUCCESS);
    for (unsigned slot = 0; slot < 4; slot++) {
        bool is_key = slot != STORE_SLOT_CONTAINER;

        CHECK_STATUS(store_unique_name(store, u"U", (enum store_slot)slot, unique[slot]), ERROR_SUCCESS);
        CHECK_STATUS(store_read_unique(store, unique[slot], &record), is_key ? ERROR_SUCCESS : NTE_BAD_KEYSET);
        CHECK(!is_key || store_slot(&record) == slot);
        store_record_clear(&record);
    }
    CHECK_STATUS(on_name("u", store_delete_container), ERROR_SUCCESS);
    CHECK_STATUS(store_delete(store, id_of(store, "u")), ERROR_SUCCESS);
}

static unsigned syncs(void)
{
    unsigned count = powercut_count(POWERCUT_SYNC);

    powercut_reset();
    return count;
}

/* One each, whatever is replaced or made beside it. */
static void test_syncs(void)
{
    CHECK_STATUS(add("s", STORE_SLOT_KEY, STORE_FLAG_LEGACY, false), ERROR_SUCCESS); /* the log is begun */
    syncs();
    CHECK_STATUS(add("s", STORE_SLOT_KEYEXCHANGE, 0, false), ERROR_SUCCESS);
    CHECK(syncs() == 1);
    CHECK_STATUS(add("s", STORE_SLOT_KEYEXCHANGE, 0, false), ERROR_SUCCESS);
    CHECK(syncs() == 1);
    CHECK_STATUS(on_name("t", store_create_container), ERROR_SUCCESS);
    CHECK(syncs() == 1);
    CHECK_STATUS(add("t", STORE_SLOT_KEY, 0, true), NTE_EXISTS);
    CHECK_STATUS(on_name("t", store_create_container), NTE_EXISTS);
    CHECK(syncs() == 0);
    CHECK_STATUS(on_name("s", store_delete_container), ERROR_SUCCESS);
    CHECK(syncs() == 1);
    CHECK_STATUS(on_name("t", store_delete_container), ERROR_SUCCESS);
    CHECK(syncs() == 1);
    CHECK_STATUS(store_delete(store, id_of(store, "s")), ERROR_SUCCESS);
}

/* A failing write leaves container, keys and flag as they were. */
static void test_failing_writes(void)
{
    CHECK_STATUS(add("f", STORE_SLOT_KEY, STORE_FLAG_LEGACY, false), ERROR_SUCCESS);
    powercut_fail(POWERCUT_WRITE, 0, SQLITE_FULL, 0, true);
    CHECK_STATUS(add("f", STORE_SLOT_SIGNATURE, 0, false), WIN32(ERROR_DISK_FULL));
    CHECK_STATUS(on_name("f", store_delete_container), WIN32(ERROR_DISK_FULL));
    powercut_no_failure();
    CHECK(slots_of("f") == KEY);
    CHECK_STATUS(add("f", STORE_SLOT_SIGNATURE, 0, false), ERROR_SUCCESS);
    powercut_fail(POWERCUT_WRITE, 0, SQLITE_FULL, 0, true);
    CHECK_STATUS(on_name("f", store_delete_container), WIN32(ERROR_DISK_FULL));
    powercut_no_failure();
    CHECK(slots_of("f") == (KEY | SIGNATURE | CONTAINER));
    CHECK_STATUS(on_name("f", store_delete_container), ERROR_SUCCESS);
    CHECK_STATUS(store_delete(store, id_of(store, "f")), ERROR_SUCCESS);
}

/* Markers are counted by nobody and checked by store_check() all the same. */
static void test_counts(const char *folder)
{
    struct store_info *info = malloc(sizeof(*info));
    struct store_record page[8];
    uint64_t checked = 0;
    size_t count = 0;

    CHECK_STATUS(on_name("n", store_create_container), ERROR_SUCCESS);
    CHECK_STATUS(add("n", STORE_SLOT_SIGNATURE, 0, false), ERROR_SUCCESS);
    CHECK_STATUS(store_info(store, info), ERROR_SUCCESS);
    CHECK(info->keys == 1);
    /* By an index that leaves the keys alone; a store that was made before there was one counts the same. */
    CHECK(run_sql(folder,
                  "SELECT count(*) FROM keys INDEXED BY containers WHERE flags & 48 = 48; DROP INDEX containers"));
    CHECK_STATUS(store_info(store, info), ERROR_SUCCESS);
    CHECK(info->keys == 1);
    CHECK_STATUS(store_check(store, NULL, NULL, &checked), ERROR_SUCCESS);
    CHECK(checked == 1);
    CHECK_STATUS(store_list(store, 0, page, 8, &count), ERROR_SUCCESS);
    CHECK(count == 2 && store_slot(&page[0]) == STORE_SLOT_CONTAINER && store_slot(&page[1]) == STORE_SLOT_SIGNATURE);
    free(info);
}

/* After test_counts(): a row whose slot is altered is no longer any slot's. */
static void test_altered_rows(const char *folder)
{
    struct store_record record = {.id = 0};
    uint64_t checked = 0;

    CHECK(run_sql(folder, "UPDATE keys SET flags = 16 WHERE flags = 32"));
    CHECK_STATUS(store_read(store, u"n", STORE_SLOT_SIGNATURE, &record), NTE_KEYSET_ENTRY_BAD);
    CHECK_STATUS(store_read(store, u"n", STORE_SLOT_KEYEXCHANGE, &record), NTE_BAD_KEYSET);
    CHECK_STATUS(store_check(store, NULL, NULL, &checked), NTE_KEYSET_ENTRY_BAD);
    CHECK(run_sql(folder, "UPDATE keys SET flags = 33 WHERE flags = 16"));
    CHECK_STATUS(store_read(store, u"n", STORE_SLOT_SIGNATURE, &record), NTE_KEYSET_ENTRY_BAD);
    CHECK(run_sql(folder, "UPDATE keys SET flags = 32 WHERE flags = 33"));
    CHECK_STATUS(store_read(store, u"n", STORE_SLOT_SIGNATURE, &record), ERROR_SUCCESS);
    store_record_clear(&record);
    CHECK(run_sql(folder,
                  "CREATE TABLE aside AS SELECT * FROM keys WHERE flags = 48; DELETE FROM keys WHERE flags = 48"));
    CHECK_STATUS(on_name("n", store_create_container), NTE_EXISTS); /* the keys left behind are nobody else's */
    CHECK(run_sql(folder, "INSERT INTO keys SELECT * FROM aside; DROP TABLE aside"));
    CHECK_STATUS(on_name("n", store_create_container), NTE_EXISTS);
    CHECK(run_sql(folder, "UPDATE keys SET flags = 0 WHERE flags = 48"));
    CHECK_STATUS(store_read(store, u"n", STORE_SLOT_CONTAINER, &record), NTE_KEYSET_ENTRY_BAD);
    CHECK_STATUS(store_check(store, NULL, NULL, &checked), NTE_KEYSET_ENTRY_BAD);
}

static SECURITY_STATUS add_all(const char *const names[3])
{
    struct store_record records[3];
    SECURITY_STATUS status;

    for (size_t i = 0; i < 3; i++) {
        fill_record(&records[i], names[i], "payload");
    }
    status = store_create_all(store, records, 3);
    for (size_t i = 0; i < 3; i++) {
        store_record_clear(&records[i]);
    }
    return status;
}

/* Several keys in one step: whatever happens, it is all of them or none. */
static void test_several_at_once(void)
{
    static const char *const names[] = {"a1", "a2", "a3"}, *const taken[] = {"b1", "a2", "b3"},
                             *const twice[] = {"c1", "C1", "c2"}, *const bad[] = {"d1", "d2", ""};
    syncs();
    CHECK_STATUS(add_all(names), ERROR_SUCCESS);
    CHECK(syncs() == 1);
    CHECK(slots_of("a1") == KEY && slots_of("a2") == KEY && slots_of("a3") == KEY);
    CHECK_STATUS(add_all(taken), NTE_EXISTS);
    CHECK_STATUS(add_all(twice), NTE_EXISTS);
    CHECK_STATUS(add_all(bad), NTE_INVALID_PARAMETER);
    CHECK_STATUS(store_create_all(store, NULL, 0), ERROR_SUCCESS);
    CHECK(slots_of("b1") == 0 && slots_of("b3") == 0 && slots_of("c1") == 0 && slots_of("d1") == 0);
    for (size_t i = 0; i < 3; i++) {
        CHECK_STATUS(store_delete(store, id_of(store, names[i])), ERROR_SUCCESS);
    }
    for (unsigned skip = 0; skip < 2; skip++) {
        powercut_fail(POWERCUT_WRITE, skip, SQLITE_FULL, 0, true);
        CHECK_STATUS(add_all(names), WIN32(ERROR_DISK_FULL));
        powercut_no_failure();
        CHECK(slots_of("a1") == 0 && slots_of("a2") == 0 && slots_of("a3") == 0);
    }
}

int main(void)
{
    const char *folder;

    scratch_make();
    powercut_install();
    folder = scratch_path("containers");
    store = open_store(folder);
    RUN(test_rules);
    RUN(test_slot_stays);
    RUN(test_names);
    RUN(test_syncs);
    RUN(test_failing_writes);
    RUN(test_several_at_once);
    test_counts(folder);
    test_altered_rows(folder);
    close_store(store);
    powercut_remove();
    scratch_remove();
    return test_result("store_container");
}
