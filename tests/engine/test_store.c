/* SPDX-License-Identifier: MIT
 *
 * The key store in fair weather.
 */
#include "ncrypt/store/bulk.h"
#include "store_fixture.h"

static struct store *store;

static void test_create_and_read(void)
{
    struct store_record record, found = {.id = 0};

    fill_record(&record, "first", "payload one");
    record.legacy_spec = 1;
    record.flags = STORE_FLAG_LEGACY;
    CHECK_STATUS(store_create(store, &record, false), ERROR_SUCCESS);
    CHECK(record.id > 0 && record.generation == 1);
    CHECK(record.created == record.modified && record.created > UINT64_C(130000000000000000));
    CHECK_STATUS(read_key(store, "first", &found), ERROR_SUCCESS);
    CHECK(found.id == record.id && found.created == record.created && found.modified == record.modified);
    CHECK(found.generation == 1 && found.length == 256 && found.export_policy == 2 && found.key_usage == 0xFFFFFF);
    CHECK(found.legacy_spec == 1 && found.flags == STORE_FLAG_LEGACY);
    CHECK(utf16_equal(found.name, u"first") && utf16_equal(found.algorithm, u"ECDSA_P256"));
    CHECK(found.payload_size == 11 && memcmp(found.payload, "payload one", 11) == 0);
    store_record_clear(&found);
    CHECK(found.payload == NULL && found.id == 0);
    CHECK_STATUS(store_exists(store, u"first", STORE_SLOT_KEY), ERROR_SUCCESS);
    CHECK_STATUS(store_exists(store, u"second", STORE_SLOT_KEY), NTE_BAD_KEYSET);
    CHECK_STATUS(read_key(store, "second", &found), NTE_BAD_KEYSET);
    CHECK(says(NTE_BAD_KEYSET, "\"second\""));
    store_record_clear(&record);
}

static void test_names_are_taken_once(void)
{
    int64_t first, second;

    CHECK_STATUS(create_key(store, "Taken", "a", false), ERROR_SUCCESS);
    first = id_of(store, "tAKEN");
    CHECK_STATUS(create_key(store, "taken", "b", false), NTE_EXISTS);
    CHECK(says(NTE_EXISTS, "\"taken\""));
    CHECK_STATUS(expect_key(store, "TAKEN", "a"), ERROR_SUCCESS);
    CHECK_STATUS(create_key(store, "taken", "b", true), ERROR_SUCCESS);
    CHECK_STATUS(expect_key(store, "TAKEN", "b"), ERROR_SUCCESS);
    second = id_of(store, "taken");
    CHECK(second > first);
    CHECK_STATUS(store_delete(store, first), NTE_BAD_KEYSET);
    CHECK_STATUS(create_key(store, "fresh", "c", true), ERROR_SUCCESS); /* overwriting nothing */
    CHECK_STATUS(expect_key(store, "fresh", "c"), ERROR_SUCCESS);
}

static SECURITY_STATUS create_units(const WCHAR *name, size_t length)
{
    struct store_record record, found = {.id = 0};
    SECURITY_STATUS status;

    fill_record(&record, "", "units");
    memcpy(record.name, name, length * sizeof(WCHAR));
    record.name[length] = 0;
    status = store_create(store, &record, false);
    if (status == ERROR_SUCCESS &&
        CHECK_STATUS(store_read(store, record.name, STORE_SLOT_KEY, &found), ERROR_SUCCESS)) {
        CHECK(utf16_equal(found.name, record.name));
    }
    store_record_clear(&found);
    store_record_clear(&record);
    return status;
}

static void test_names(void)
{
    static const WCHAR high[] = {0xD800}, low[] = {0xDC00, 'x'}, umlaut[] = {0xC4}, small_umlaut[] = {0xE4};
    WCHAR longest[STORE_MAX_NAME + 2];
    struct store_record record = {.id = 0};

    for (size_t i = 0; i < STORE_MAX_NAME + 2; i++) {
        longest[i] = (WCHAR)(0x4E00 + i);
    }
    CHECK_STATUS(create_units(u"a", 1), ERROR_SUCCESS);
    CHECK_STATUS(create_units(longest, STORE_MAX_NAME), ERROR_SUCCESS);
    CHECK_STATUS(create_units(longest, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(create_units(high, 1), ERROR_SUCCESS);
    CHECK_STATUS(create_units(low, 2), ERROR_SUCCESS);
    CHECK_STATUS(create_units(umlaut, 1), ERROR_SUCCESS);
    CHECK_STATUS(create_units(small_umlaut, 1), ERROR_SUCCESS); /* only ASCII is folded */
    longest[STORE_MAX_NAME + 1] = 0;
    CHECK_STATUS(store_read(store, longest, STORE_SLOT_KEY, &record), NTE_INVALID_PARAMETER);
    CHECK_STATUS(store_exists(store, longest, STORE_SLOT_KEY), NTE_INVALID_PARAMETER);
    CHECK_STATUS(store_read(store, u"", STORE_SLOT_KEY, &record), NTE_BAD_KEYSET);
}

static void test_what_cannot_be_stored(void)
{
    struct store_record record;
    static uint8_t huge[STORE_MAX_PAYLOAD + 1];

    fill_record(&record, "bad", "x");
    memset(record.name, 'n', sizeof(record.name)); /* no end */
    CHECK_STATUS(store_create(store, &record, false), NTE_INVALID_PARAMETER);
    widen("bad", record.name);
    memset(record.algorithm, 'a', sizeof(record.algorithm));
    CHECK_STATUS(store_create(store, &record, false), NTE_INVALID_PARAMETER);
    record.algorithm[0] = 0;
    CHECK_STATUS(store_create(store, &record, false), NTE_INVALID_PARAMETER);
    widen("RSA", record.algorithm);
    secmem_free(record.payload);
    record.payload = NULL;
    CHECK_STATUS(store_create(store, &record, false), NTE_INVALID_PARAMETER);
    record.payload = huge;
    record.payload_size = sizeof(huge);
    CHECK_STATUS(store_create(store, &record, false), NTE_INVALID_PARAMETER);
    record.payload_size = STORE_MAX_PAYLOAD;
    CHECK_STATUS(store_create(store, &record, false), ERROR_SUCCESS);
    record.payload = NULL;
    CHECK_STATUS(read_key(store, "bad", &record), ERROR_SUCCESS);
    CHECK(record.payload_size == STORE_MAX_PAYLOAD && memcmp(record.payload, huge, STORE_MAX_PAYLOAD) == 0);
    CHECK_STATUS(store_delete(store, record.id), ERROR_SUCCESS);
    store_record_clear(&record);
}

static SECURITY_STATUS change_everything(struct store_record *record, void *context)
{
    (void)context;
    secmem_free(record->payload);
    record->payload = secmem_copy("changed", 7);
    record->payload_size = 7;
    record->export_policy = 7;
    record->key_usage = 1;
    record->id = 5;
    record->created = 5;
    record->generation = 500;
    widen("another", record->name);
    return ERROR_SUCCESS;
}

static SECURITY_STATUS change_and_fail(struct store_record *record, void *context)
{
    record->export_policy = 1;
    (*(unsigned *)context)++;
    return NTE_BAD_TYPE;
}

static SECURITY_STATUS change_too_much(struct store_record *record, void *context)
{
    (void)context;
    record->algorithm[0] = 0;
    return ERROR_SUCCESS;
}

static void test_modify(void)
{
    struct store_record record = {.id = 0};
    unsigned calls = 0;
    int64_t id;
    uint64_t created;

    CHECK_STATUS(create_key(store, "modified", "before", false), ERROR_SUCCESS);
    CHECK_STATUS(read_key(store, "modified", &record), ERROR_SUCCESS);
    id = record.id;
    created = record.created;
    store_record_clear(&record);
    CHECK_STATUS(store_modify(store, id, change_and_fail, &calls), NTE_BAD_TYPE);
    CHECK_STATUS(store_modify(store, id, change_too_much, NULL), NTE_INVALID_PARAMETER);
    CHECK_STATUS(expect_key(store, "modified", "before"), ERROR_SUCCESS);
    CHECK_STATUS(store_modify(store, id, change_everything, NULL), ERROR_SUCCESS);
    CHECK_STATUS(read_key(store, "modified", &record), ERROR_SUCCESS);
    CHECK(record.id == id && record.created == created && record.generation == 2 && record.modified >= created);
    CHECK(record.export_policy == 7 && record.key_usage == 1 && utf16_equal(record.name, u"modified"));
    CHECK(record.payload_size == 7 && memcmp(record.payload, "changed", 7) == 0);
    store_record_clear(&record);
    CHECK_STATUS(store_delete(store, id), ERROR_SUCCESS);
    CHECK_STATUS(store_modify(store, id, change_and_fail, &calls), NTE_BAD_KEYSET);
    CHECK(calls == 1);
}

static void test_delete(void)
{
    int64_t id;

    CHECK_STATUS(create_key(store, "doomed", "x", false), ERROR_SUCCESS);
    id = id_of(store, "doomed");
    CHECK_STATUS(store_delete(store, id), ERROR_SUCCESS);
    CHECK_STATUS(store_delete(store, id), NTE_BAD_KEYSET);
    CHECK_STATUS(expect_key(store, "doomed", NULL), NTE_BAD_KEYSET);
    CHECK_STATUS(create_key(store, "doomed", "y", false), ERROR_SUCCESS);
    CHECK(id_of(store, "doomed") != id);
}

static void test_list(void)
{
    struct store *own = open_store(scratch_path("list"));
    struct store_record page[7];
    char name[32];
    int64_t after = 0;
    size_t count = 0, seen = 0;

    CHECK_STATUS(store_list(own, 0, page, 7, &count), ERROR_SUCCESS);
    CHECK(count == 0);
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof(name), "Key %02d", i);
        CHECK_STATUS(create_key(own, name, name, false), ERROR_SUCCESS);
    }
    do {
        CHECK_STATUS(store_list(own, after, page, 7, &count), ERROR_SUCCESS);
        for (size_t i = 0; i < count; i++, seen++) {
            WCHAR wide[32];

            snprintf(name, sizeof(name), "Key %02zu", seen);
            widen(name, wide);
            CHECK(utf16_equal(page[i].name, wide) && page[i].payload == NULL && page[i].id > after);
            after = page[i].id;
        }
    } while (count == 7);
    CHECK(seen == 100);
    CHECK_STATUS(store_list(own, 0, page, 0, &count), ERROR_SUCCESS);
    CHECK(count == 0);
    store_release(own);
}

static void test_unique_names(void)
{
    WCHAR unique[65], other[65];
    struct store_record record = {.id = 0};

    CHECK_STATUS(create_key(store, "Unique", "u", false), ERROR_SUCCESS);
    CHECK_STATUS(store_unique_name(store, u"Unique", STORE_SLOT_KEY, unique), ERROR_SUCCESS);
    CHECK_STATUS(store_unique_name(store, u"uNIQUE", STORE_SLOT_KEY, other), ERROR_SUCCESS);
    CHECK(utf16_equal(unique, other) && utf16_length(unique, 65) == 64 && unique[32] == '_');
    CHECK_STATUS(store_read_unique(store, unique, &record), ERROR_SUCCESS);
    CHECK(utf16_equal(record.name, u"Unique"));
    store_record_clear(&record);
    for (size_t i = 0; i < 64; i++) { /* case does not matter */
        unique[i] = (WCHAR)(unique[i] >= 'a' && unique[i] <= 'f' ? unique[i] - 32 : unique[i]);
    }
    CHECK_STATUS(store_read_unique(store, unique, &record), ERROR_SUCCESS);
    store_record_clear(&record);
    CHECK_STATUS(store_unique_name(store, u"nobody", STORE_SLOT_KEY, other), ERROR_SUCCESS);
    CHECK_STATUS(store_read_unique(store, other, &record), NTE_BAD_KEYSET);
    CHECK_STATUS(store_read_unique(store, u"Unique", &record), NTE_BAD_KEYSET);
    other[63] = 'x'; /* another store */
    CHECK_STATUS(store_read_unique(store, other, &record), NTE_BAD_KEYSET);
    for (size_t i = 0; i < 5; i++) { /* around the digits and letters, first and second of a byte */
        unique[2 + i % 2] = (WCHAR)("/:`g!"[i]);
        CHECK_STATUS(store_read_unique(store, unique, &record), NTE_BAD_KEYSET);
        unique[2 + i % 2] = '0';
    }
}

static void test_shared_and_reopened(void)
{
    struct store *again = open_store(scratch_path("store")), *moved, *machine = NULL;
    const char *path = scratch_path("moving");

    CHECK(again == store);
    store_release(again);
    again = open_store(path);
    CHECK_STATUS(create_key(again, "old", "x", false), ERROR_SUCCESS);
    CHECK(rename(path, scratch_path("moved")) == 0);
    CHECK_STATUS(expect_key(again, "old", NULL), WIN32(ERROR_PATH_NOT_FOUND)); /* no reader has been opened yet */
    moved = open_store(path);                                                  /* a new one, the old one in use */
    CHECK(moved != again);
    CHECK_STATUS(expect_key(moved, "old", NULL), NTE_BAD_KEYSET);
    CHECK_STATUS(expect_key(again, "old", NULL), WIN32(ERROR_PATH_NOT_FOUND));
    CHECK(says(WIN32(ERROR_PATH_NOT_FOUND), "replaced"));
    CHECK_STATUS(create_key(again, "new", "y", false), WIN32(ERROR_PATH_NOT_FOUND)); /* it would be lost */
    store_release(again);
    store_release(moved);
    CHECK_STATUS(try_open(scratch_path("missing"), false), NTE_BAD_KEYSET);
    CHECK_STATUS(store_acquire(STORE_MACHINE, scratch_path("machine"), true, &machine), ERROR_SUCCESS);
    CHECK_STATUS(create_key(machine, "m", "x", false), ERROR_SUCCESS);
    close_store(machine);
    CHECK_STATUS(try_open(scratch_path("machine"), false), WIN32(ERROR_FILE_CORRUPT)); /* as a user's store */
    CHECK(says(WIN32(ERROR_FILE_CORRUPT), "scope"));
    store_release(NULL);
}

static void test_survives_closing(void)
{
    struct store *own = open_store(scratch_path("closed"));

    CHECK_STATUS(create_key(own, "kept", "x", false), ERROR_SUCCESS);
    close_store(own);
    own = open_store(scratch_path("closed"));
    CHECK_STATUS(expect_key(own, "kept", "x"), ERROR_SUCCESS);
    CHECK_STATUS(create_key(own, "more", "y", false), ERROR_SUCCESS);
    close_store(own);
}

static SECURITY_STATUS add_in_bulk(struct store *own, int first, int last)
{
    struct store_bulk bulk;
    struct store_record record;
    SECURITY_STATUS status = store_bulk_begin(own, &bulk);
    char name[32];

    for (int i = first; status == ERROR_SUCCESS && i < last; i++) {
        snprintf(name, sizeof(name), "bulk-%d", i);
        fill_record(&record, name, name);
        status = store_bulk_add(&bulk, &record);
        store_record_clear(&record);
    }
    return store_bulk_end(&bulk, status);
}

static void test_bulk(void)
{
    struct store *own = open_store(scratch_path("bulk"));
    struct store_bulk bulk;
    struct store_record record = {.id = 0};

    CHECK_STATUS(add_in_bulk(own, 0, 100), ERROR_SUCCESS);
    CHECK_STATUS(expect_key(own, "bulk-99", "bulk-99"), ERROR_SUCCESS);
    CHECK(add_in_bulk(own, 110, 98) == ERROR_SUCCESS && add_in_bulk(own, 98, 110) != ERROR_SUCCESS); /* some taken */
    CHECK_STATUS(expect_key(own, "bulk-100", NULL), NTE_BAD_KEYSET);
    CHECK_STATUS(store_bulk_begin(own, &bulk), ERROR_SUCCESS);
    CHECK_STATUS(store_bulk_end(&bulk, store_bulk_add(&bulk, &record)), NTE_INVALID_PARAMETER);
    store_release(own);
}

static void check_folder(enum store_scope scope, const char *want)
{
    char *folder = NULL;

    if (CHECK_STATUS(store_folder(scope, &folder), ERROR_SUCCESS) && !CHECK(strcmp(folder, want) == 0)) {
        fprintf(stderr, "%s instead of %s\n", folder, want);
    }
    free(folder);
}

static void test_folders(void)
{
    char *here = getcwd(NULL, 0), want[4096];

    setenv("NCRYPT_EXT_HOME", "/some/where", 1);
    check_folder(STORE_USER, "/some/where/user");
    check_folder(STORE_MACHINE, "/some/where/machine");
    setenv("NCRYPT_EXT_HOME", "rel", 1);
    snprintf(want, sizeof(want), "%s/rel/user", here);
    check_folder(STORE_USER, want);
    unsetenv("NCRYPT_EXT_HOME");
#if defined(__linux__)
    setenv("XDG_DATA_HOME", "/data", 1);
    check_folder(STORE_USER, "/data/ncrypt_ext");
    setenv("XDG_DATA_HOME", "relative", 1);
    setenv("HOME", "/home/someone", 1);
    check_folder(STORE_USER, "/home/someone/.local/share/ncrypt_ext");
    check_folder(STORE_MACHINE, "/var/lib/ncrypt_ext");
    unsetenv("HOME");
    {
        char *folder = NULL;

        CHECK_STATUS(store_folder(STORE_USER, &folder), ERROR_SUCCESS);
        CHECK(folder != NULL && folder[0] == '/' && strstr(folder, "/.local/share/ncrypt_ext") != NULL);
        free(folder);
    }
#endif
    free(here);
}

int main(void)
{
    scratch_make();
    store = open_store(scratch_path("store"));
    RUN(test_create_and_read);
    RUN(test_names_are_taken_once);
    RUN(test_names);
    RUN(test_what_cannot_be_stored);
    RUN(test_modify);
    RUN(test_delete);
    RUN(test_list);
    RUN(test_unique_names);
    RUN(test_shared_and_reopened);
    RUN(test_survives_closing);
    RUN(test_bulk);
    RUN(test_folders);
    store_release(store);
    scratch_remove();
    return test_result("store");
}
