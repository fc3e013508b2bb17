/* SPDX-License-Identifier: MIT
 *
 * Passphrases, upgrades, information, check, backup and rekey.
 */
#include <fcntl.h>

#include "store_fixture.h"

#define WRONG   NTE_INCORRECT_PASSWORD
#define CORRUPT WIN32(ERROR_FILE_CORRUPT)

static const char *answer; /* what the callback gives */
static unsigned asked;

static size_t give_answer(void *context, const char *folder, char *out, size_t size)
{
    size_t length = answer ? strlen(answer) : 0;

    CHECK(context == &asked && folder[0] == '/' && length <= size);
    asked++;
    memcpy(out, answer ? answer : "", length);
    return length;
}

static void write_text(const char *path, const char *text, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    CHECK(fd >= 0 && write(fd, text, size) == (ssize_t)size && close(fd) == 0);
}

static bool has_passphrase(struct store *store)
{
    struct store_info info = {.keys = 0};

    CHECK_STATUS(store_info(store, &info), ERROR_SUCCESS);
    return info.passphrase;
}

static void test_callback(void)
{
    const char *folder = scratch_path("callback");
    struct store *store;

    store_set_passphrase(give_answer, &asked);
    answer = "open sesame\n"; /* one line break is not meant */
    store = open_store(folder);
    CHECK(has_passphrase(store) && asked == 1);
    CHECK_STATUS(create_key(store, "kept", "x", false), ERROR_SUCCESS);
    close_store(store);
    answer = "open sesame";
    store = open_store(folder);
    CHECK_STATUS(expect_key(store, "kept", "x"), ERROR_SUCCESS);
    close_store(store);
    answer = "open sesam";
    CHECK_STATUS(try_open(folder, true), WRONG);
    CHECK(says(WRONG, "does not open"));
    answer = NULL;
    CHECK_STATUS(try_open(folder, true), WRONG);
    CHECK(says(WRONG, "needs a passphrase"));
    answer = "\n";
    CHECK_STATUS(try_open(folder, true), WRONG);
    CHECK(says(WRONG, "empty"));
    asked = 0;
    CHECK_STATUS(try_open(scratch_path("nowhere"), false), NTE_BAD_KEYSET);
    CHECK(asked == 0); /* nobody is asked about a store that is not there */
    store_set_passphrase(NULL, NULL);
    CHECK_STATUS(try_open(folder, true), WRONG);
}

static void test_file(void)
{
    const char *folder = scratch_path("file"), *path = scratch_path("passphrase");
    static char text[5000];
    struct store *store;

    setenv("NCRYPT_EXT_PASSPHRASE_FILE", path, 1);
    CHECK_STATUS(try_open(folder, true), WRONG); /* no such file: not made without a passphrase */
    CHECK(access(path_in(folder, "master.key"), F_OK) != 0);
    write_text(path, "\r\n", 2);
    CHECK_STATUS(try_open(folder, true), WRONG);
    memset(text, 'p', sizeof(text));
    write_text(path, text, sizeof(text));
    CHECK_STATUS(try_open(folder, true), WRONG);
    CHECK(says(WRONG, "longer"));
    write_text(path, text, 4096);
    CHECK_STATUS(try_open(folder, true), ERROR_SUCCESS);
    write_text(path, "short\r\n", 7);
    CHECK_STATUS(try_open(folder, true), WRONG);
    text[4096] = '\n';
    write_text(path, text, 4097);
    store = open_store(folder);
    CHECK(has_passphrase(store));
    close_store(store);
    unsetenv("NCRYPT_EXT_PASSPHRASE_FILE");
}

static void test_descriptor(void)
{
    const char *folder = scratch_path("descriptor");
    int ends[2];
    char number[16];
    struct store *store;

    setenv("NCRYPT_EXT_PASSPHRASE_FD", "x", 1);
    CHECK_STATUS(try_open(folder, true), WRONG);
    setenv("NCRYPT_EXT_PASSPHRASE_FD", "65000", 1);
    CHECK_STATUS(try_open(folder, true), WRONG);
    CHECK(says(WRONG, "65000"));
    CHECK(pipe(ends) == 0 && write(ends[1], "from a pipe\n", 12) == 12 && close(ends[1]) == 0);
    snprintf(number, sizeof(number), "%d", ends[0]);
    setenv("NCRYPT_EXT_PASSPHRASE_FD", number, 1);
    CHECK_STATUS(try_open(folder, true), ERROR_SUCCESS);
    close(ends[0]);
    store = open_store(folder); /* read once, remembered */
    CHECK(has_passphrase(store));
    close_store(store);
    unsetenv("NCRYPT_EXT_PASSPHRASE_FD");
    store_set_passphrase(give_answer, &asked);
    answer = "from a pipe";
    CHECK_STATUS(try_open(folder, true), ERROR_SUCCESS);
    store_set_passphrase(NULL, NULL);
}

static void test_rekey(void)
{
    const char *folder = scratch_path("rekey");
    struct store *store = open_store(folder);
    struct stat info;

    CHECK(!has_passphrase(store));
    CHECK_STATUS(create_key(store, "kept", "x", false), ERROR_SUCCESS);
    CHECK_STATUS(store_rekey(store, "", 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(store_rekey(store, "abc\n", 4), NTE_INVALID_PARAMETER);
    CHECK(!has_passphrase(store));
    CHECK_STATUS(store_rekey(store, "first", 5), ERROR_SUCCESS);
    CHECK(has_passphrase(store));
    CHECK_STATUS(expect_key(store, "kept", "x"), ERROR_SUCCESS);
    close_store(store);
    CHECK_STATUS(try_open(folder, true), WRONG);
    store_set_passphrase(give_answer, &asked);
    answer = "first";
    store = open_store(folder);
    CHECK_STATUS(expect_key(store, "kept", "x"), ERROR_SUCCESS);
    CHECK_STATUS(store_rekey(store, "second", 6), ERROR_SUCCESS);
    close_store(store);
    CHECK_STATUS(try_open(folder, true), WRONG);
    answer = "second";
    store = open_store(folder);
    CHECK_STATUS(store_rekey(store, NULL, 0), ERROR_SUCCESS);
    CHECK(!has_passphrase(store));
    close_store(store);
    store_set_passphrase(NULL, NULL);
    store = open_store(folder);
    CHECK_STATUS(expect_key(store, "kept", "x"), ERROR_SUCCESS);
    CHECK(stat(path_in(folder, "master.key"), &info) == 0 && (info.st_mode & 0777) == 0600);
    close_store(store);
}

/* A file that asks scrypt for terabytes of memory. */
static void test_excessive_parameters(void)
{
    const char *folder = scratch_path("excessive");
    struct store *store = open_store(folder);
    uint8_t data[256];
    size_t size = 0;

    CHECK_STATUS(store_rekey(store, "first", 5), ERROR_SUCCESS);
    close_store(store);
    CHECK_STATUS(file_read(path_in(folder, "master.key"), data, sizeof(data), &size), ERROR_SUCCESS);
    data[53] = 1;
    CHECK_STATUS(seal_sha256(data, size - 32, data + size - 32), ERROR_SUCCESS);
    write_text(path_in(folder, "master.key"), (const char *)data, size);
    store_set_passphrase(give_answer, &asked);
    answer = "first";
    CHECK_STATUS(try_open(folder, true), CORRUPT);
    CHECK(says(CORRUPT, "scrypt"));
    store_set_passphrase(NULL, NULL);
}

/* ---- upgrades, from the present version to made-up later ones ---- */

static SECURITY_STATUS add_column(struct connection *connection)
{
    return connection_exec(connection, "ALTER TABLE keys ADD COLUMN extra BLOB", "step 1");
}

static SECURITY_STATUS add_table(struct connection *connection)
{
    return connection_exec(connection, "CREATE TABLE more (a)", "step 2");
}

static SECURITY_STATUS fail_late(struct connection *connection)
{
    SECURITY_STATUS status = add_table(connection);

    return status == ERROR_SUCCESS ? NTE_FAIL : status;
}

static void test_upgrade(void)
{
    static const schema_step good_steps[] = {add_column, add_table}, bad_steps[] = {add_column, fail_late};
    static const struct schema good = {3, good_steps}, bad = {3, bad_steps};
    const struct schema *original = schema_current;
    const char *folder = scratch_path("upgrade");
    struct store *store = open_store(folder);
    struct store_info info;
    struct stat copy;

    CHECK_STATUS(create_key(store, "kept", "x", false), ERROR_SUCCESS);
    close_store(store);
    schema_current = &bad;
    CHECK_STATUS(try_open(folder, true), NTE_FAIL);
    schema_current = original;
    store = open_store(folder); /* nothing has happened */
    CHECK_STATUS(expect_key(store, "kept", "x"), ERROR_SUCCESS);
    close_store(store);
    schema_current = &good;
    store = open_store(folder);
    CHECK_STATUS(expect_key(store, "kept", "x"), ERROR_SUCCESS);
    CHECK_STATUS(create_key(store, "new", "y", false), ERROR_SUCCESS);
    CHECK_STATUS(store_info(store, &info), ERROR_SUCCESS);
    CHECK(info.schema_version == 3 && info.keys == 2);
    close_store(store);
    CHECK(run_sql(folder, "INSERT INTO more VALUES (1); UPDATE keys SET extra = x'01'"));
    CHECK_STATUS(try_open(scratch_path("newest"), true), ERROR_SUCCESS); /* a new store takes the same steps */
    schema_current = original;
    CHECK_STATUS(try_open(folder, true), NTE_BAD_VER);
    CHECK(stat(path_in(folder, "keys.db.v1.bak"), &copy) == 0 && (copy.st_mode & 0777) == 0600);
    CHECK(rename(path_in(folder, "keys.db.v1.bak"), path_in(folder, "keys.db")) == 0); /* the way back */
    unlink(path_in(folder, "keys.db-wal"));
    unlink(path_in(folder, "keys.db-shm"));
    store = open_store(folder);
    CHECK_STATUS(expect_key(store, "kept", "x"), ERROR_SUCCESS);
    CHECK_STATUS(expect_key(store, "new", NULL), NTE_BAD_KEYSET);
    close_store(store);
}

/* ---- info, check, backup ---- */

static void test_info(void)
{
    const char *folder = scratch_path("info");
    struct store *store = open_store(folder);
    struct store_info info;

    CHECK_STATUS(create_key(store, "one", "x", false), ERROR_SUCCESS);
    CHECK_STATUS(create_key(store, "two", "x", false), ERROR_SUCCESS);
    CHECK_STATUS(store_info(store, &info), ERROR_SUCCESS);
    CHECK(strcmp(info.folder, folder) == 0 && strcmp(info.database, path_in(folder, "keys.db")) == 0);
    CHECK(info.schema_version == 1 && info.keys == 2 && info.bytes > 4096 && !info.passphrase && !info.read_only);
    CHECK(memcmp(info.id, store->id, sizeof(info.id)) == 0);
    close_store(store);
}

static void count_reports(void *context, const char *sentence)
{
    CHECK(sentence[0] != '\0');
    (*(unsigned *)context)++;
}

static void test_check(void)
{
    const char *folder = scratch_path("check");
    struct store *store = open_store(folder);
    uint64_t checked = 0;
    unsigned reports = 0;
    char name[32];

    for (int i = 0; i < 600; i++) {
        snprintf(name, sizeof(name), "key-%d", i);
        CHECK_STATUS(create_key(store, name, "x", false), ERROR_SUCCESS);
    }
    CHECK_STATUS(store_check(store, count_reports, &reports, &checked), ERROR_SUCCESS);
    CHECK(checked == 600 && reports == 0);
    CHECK(run_sql(folder, "UPDATE keys SET export_policy = 3 WHERE id IN (SELECT id FROM keys LIMIT 3)"));
    CHECK_STATUS(store_check(store, count_reports, &reports, &checked), NTE_KEYSET_ENTRY_BAD);
    CHECK(checked == 600 && reports == 3);
    reports = 0;
    CHECK(chmod(path_in(folder, "master.key"), 0644) == 0);
    CHECK_STATUS(store_check(store, count_reports, &reports, &checked), WIN32(ERROR_INVALID_SECURITY_DESCR));
    CHECK(reports == 4);
    CHECK(chmod(path_in(folder, "master.key"), 0600) == 0);
    close_store(store);
}

static void test_check_finds_bad_pages(void)
{
    const char *folder = scratch_path("pages");
    struct store *store = open_store(folder);
    uint8_t page[4096];
    uint64_t checked = 0;
    unsigned reports = 0;
    char name[32];
    int fd;

    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof(name), "key-%d", i);
        CHECK_STATUS(create_key(store, name, "x", false), ERROR_SUCCESS);
    }
    CHECK(run_sql(folder, "PRAGMA wal_checkpoint(TRUNCATE)"));
    close_store(store);
    memset(page, 0x5A, sizeof(page));
    fd = open(path_in(folder, "keys.db"), O_WRONLY);
    CHECK(fd >= 0 && pwrite(fd, page, sizeof(page), 8 * 4096) == (ssize_t)sizeof(page) && close(fd) == 0);
    store = open_store(folder);
    CHECK_STATUS(store_check(store, count_reports, &reports, &checked), CORRUPT);
    CHECK(reports > 0);
    close_store(store);
}

static void test_backup(void)
{
    const char *folder = scratch_path("original"), *copy = scratch_path("copy");
    struct store *store = open_store(folder), *restored;
    struct stat info;
    uint64_t checked = 0;
    char name[32];

    for (int i = 0; i < 50; i++) {
        snprintf(name, sizeof(name), "key-%d", i);
        CHECK_STATUS(create_key(store, name, name, false), ERROR_SUCCESS);
    }
    CHECK_STATUS(store_backup(store, scratch_path("no/such/parent")), WIN32(ERROR_PATH_NOT_FOUND));
    CHECK_STATUS(store_backup(store, folder), NTE_EXISTS);
    CHECK_STATUS(store_backup(store, copy), ERROR_SUCCESS);
    CHECK_STATUS(create_key(store, "later", "x", false), ERROR_SUCCESS);
    CHECK(stat(copy, &info) == 0 && (info.st_mode & 0777) == 0700);
    CHECK(stat(path_in(copy, "keys.db"), &info) == 0 && (info.st_mode & 0777) == 0600);
    restored = open_store(copy);
    for (int i = 0; i < 50; i++) {
        snprintf(name, sizeof(name), "key-%d", i);
        CHECK_STATUS(expect_key(restored, name, name), ERROR_SUCCESS);
    }
    CHECK_STATUS(expect_key(restored, "later", NULL), NTE_BAD_KEYSET);
    CHECK_STATUS(store_check(restored, NULL, NULL, &checked), ERROR_SUCCESS);
    CHECK(checked == 50);
    CHECK(unlink(path_in(folder, "master.key")) == 0); /* a backup without it would be worth nothing */
    CHECK_STATUS(store_backup(store, scratch_path("half")), WIN32(ERROR_PATH_NOT_FOUND));
    CHECK(access(scratch_path("half"), F_OK) != 0);
    close_store(restored);
    close_store(store);
}

int main(void)
{
    scratch_make();
    RUN(test_callback);
    RUN(test_file);
    RUN(test_descriptor);
    RUN(test_rekey);
    RUN(test_excessive_parameters);
    RUN(test_upgrade);
    RUN(test_info);
    RUN(test_check);
    RUN(test_check_finds_bad_pages);
    RUN(test_backup);
    scratch_remove();
    return test_result("store_admin");
}
