/* SPDX-License-Identifier: MIT
 *
 * The store in odd surroundings: file systems, home folders, owners, clocks, passphrases that come in pieces, forks at
 * bad moments.
 */
#include "store_fixture.h"

#if defined(__linux__)

#include "store_calls.h"

#define INSECURE WIN32(ERROR_INVALID_SECURITY_DESCR)
#define WRONG    NTE_INCORRECT_PASSWORD
#define BUSY     WIN32(ERROR_BUSY)
#define REPLACED WIN32(ERROR_PATH_NOT_FOUND)

static const char *make_store(const char *name)
{
    const char *folder = scratch_path(name);
    struct store *store = open_store(folder);

    CHECK_STATUS(create_key(store, "kept", "x", false), ERROR_SUCCESS);
    close_store(store);
    return folder;
}

static void test_network_file_system(void)
{
    const char *folder = make_store("network");

    calls.file_system = 0x6969;
    CHECK_STATUS(try_open(folder, true), WIN32(ERROR_NOT_SUPPORTED));
    CHECK(says(WIN32(ERROR_NOT_SUPPORTED), "NFS"));
    setenv("NCRYPT_EXT_ALLOW_NETWORK_FS", "0", 1);
    CHECK_STATUS(try_open(folder, true), WIN32(ERROR_NOT_SUPPORTED));
    setenv("NCRYPT_EXT_ALLOW_NETWORK_FS", "1", 1);
    CHECK_STATUS(try_open(folder, true), ERROR_SUCCESS);
    unsetenv("NCRYPT_EXT_ALLOW_NETWORK_FS");
    calls.file_system = 0;
}

/* Mounted read-only, with characters in its path that mean something in a URI. */
static void test_read_only_file_system(void)
{
    const char *folder = make_store("mounted"), *copy = scratch_path("copy 100%#?");
    struct store *store = open_store(folder);
    bool struck = true;

    CHECK_STATUS(store_backup(store, copy), ERROR_SUCCESS);
    close_store(store);
    calls.mounted = 1;
    store = open_store(copy);
    CHECK(store->read_only && store->immutable);
    CHECK_STATUS(expect_key(store, "kept", "x"), ERROR_SUCCESS);
    CHECK_STATUS(create_key(store, "new", "y", false), WIN32(ERROR_WRITE_PROTECT));
    close_store(store);
    for (unsigned skip = 0; struck; skip++) {
        calls_fail(CALL_malloc, skip, ENOMEM, false);
        calls.mounted = 1;
        SECURITY_STATUS status = try_open(copy, false);
        struck = calls_end();
        CHECK(status == ERROR_SUCCESS ? !struck : struck && status == NTE_NO_MEMORY);
    }
    CHECK(access(path_in(copy, "keys.db-wal"), F_OK) != 0);
}

static void expect_folder(const char *want, SECURITY_STATUS status)
{
    char *folder = NULL;

    CHECK_STATUS(store_folder(STORE_USER, &folder), status);
    CHECK(status == ERROR_SUCCESS ? strcmp(folder, want) == 0 : folder == NULL);
    free(folder);
}

static void test_homes(void)
{
    setenv("NCRYPT_EXT_HOME", "", 1); /* as if it were not set */
    unsetenv("XDG_DATA_HOME");
    setenv("HOME", "relative", 1);
    calls.home = "/home/from/passwd";
    expect_folder("/home/from/passwd/.local/share/ncrypt_ext", ERROR_SUCCESS);
    calls.home = "not/absolute";
    expect_folder(NULL, REPLACED);
    CHECK(says(REPLACED, "NCRYPT_EXT_HOME"));
    calls_fail(CALL_getpwuid_r, 0, EIO, false);
    expect_folder(NULL, REPLACED);
    calls_fail(CALL_getpwuid_r, 0, 0, false); /* no such user */
    expect_folder(NULL, REPLACED);
    calls_end();
    setenv("XDG_DATA_HOME", "/data", 1);
    calls_fail(CALL_malloc, 0, ENOMEM, false);
    expect_folder(NULL, NTE_NO_MEMORY);
    calls_end();
    unsetenv("NCRYPT_EXT_HOME");
    expect_folder("/data/ncrypt_ext", ERROR_SUCCESS);
}

static void test_lock_timeouts(void)
{
    static const struct {
        const char *text;
        int64_t want;
    } texts[] = {{"", 5000}, {"x", 5000}, {"5x", 5000}, {"-1", 5000}, {"99999999999", 5000}, {"0", 0}, {"77", 77}};
    const char *folder = make_store("timeouts"), *before = getenv("NCRYPT_EXT_LOCK_TIMEOUT_MS");
    char *kept = strdup(before);

    for (size_t i = 0; i <= sizeof(texts) / sizeof(texts[0]); i++) {
        bool set = i < sizeof(texts) / sizeof(texts[0]);
        struct store *store;

        if (set) {
            setenv("NCRYPT_EXT_LOCK_TIMEOUT_MS", texts[i].text, 1);
        } else {
            unsetenv("NCRYPT_EXT_LOCK_TIMEOUT_MS");
        }
        store = open_store(folder);
        CHECK(store->lock_timeout == (set ? texts[i].want : 5000));
        close_store(store);
    }
    setenv("NCRYPT_EXT_LOCK_TIMEOUT_MS", "20", 1);
    calls_fail(CALL_sqlite3_column_text, 0, 0, true);
    calls.text = (const unsigned char *)"delete"; /* SQLite does not come round to using a log */
    CHECK_STATUS(try_open(scratch_path("logless"), true), BUSY);
    calls_end();
    setenv("NCRYPT_EXT_LOCK_TIMEOUT_MS", kept, 1);
    CHECK_STATUS(try_open(scratch_path("logless"), true), ERROR_SUCCESS);
    free(kept);
}

/* A clock that stands still or goes back: ids go on. */
static void test_clock(void)
{
    static const struct timespec then = {.tv_sec = 1700000000}, before = {.tv_sec = 1600000000};
    const char *folder = scratch_path("clock");
    struct store *store = open_store(folder);
    int64_t first, second, third, last;

    calls.frozen = &then;
    CHECK_STATUS(create_key(store, "first", "1", false), ERROR_SUCCESS);
    CHECK_STATUS(create_key(store, "second", "2", false), ERROR_SUCCESS);
    first = id_of(store, "first");
    second = id_of(store, "second");
    CHECK(second == first + 1);
    close_store(store);
    store = open_store(folder); /* which does not know what the other one has given away */
    CHECK_STATUS(create_key(store, "third", "3", false), ERROR_SUCCESS);
    third = id_of(store, "third");
    CHECK(third == second + 1);
    calls.frozen = &before;
    CHECK_STATUS(create_key(store, "last", "4", false), ERROR_SUCCESS);
    last = id_of(store, "last");
    CHECK(last == third + 1);
    calls.frozen = NULL;
    close_store(store);
}

/* Names so long that not all of them go into one sentence. */
static void test_many_findings(void)
{
    char folder[600], part[130];
    struct store *store = NULL;
    SECURITY_STATUS status;

    memset(part, 'p', sizeof(part) - 1);
    part[sizeof(part) - 1] = '\0';
    snprintf(folder, sizeof(folder), "%s/%s/%s", scratch, part, part);
    status = store_acquire(STORE_USER, folder, true, &store);
    if (!CHECK_STATUS(status, ERROR_SUCCESS)) {
        return;
    }
    close_store(store);
    CHECK(chmod(folder, 0755) == 0);
    for (size_t i = 0; i < 2; i++) {
        char path[700];

        snprintf(path, sizeof(path), "%s/%s", folder, i ? "keys.db" : "master.key");
        CHECK(chmod(path, 0644) == 0);
    }
    CHECK_STATUS(try_open(folder, true), INSECURE);
    CHECK(says(INSECURE, "0755"));
}

/* In the machine's store, the log may be another group member's. */
static void test_shared_log(void)
{
    const char *folder = scratch_path("group");
    struct store *store = NULL;
    gid_t group = getegid();

    if (geteuid() != 0) {
        return; /* only root can give files away */
    }
    CHECK_STATUS(store_acquire(STORE_MACHINE, folder, true, &store), ERROR_SUCCESS);
    CHECK_STATUS(create_key(store, "kept", "x", false), ERROR_SUCCESS);
    CHECK_STATUS(folder_check(STORE_MACHINE, folder), ERROR_SUCCESS);
    CHECK(chown(path_in(folder, "keys.db-wal"), 12345, group) == 0);
    CHECK_STATUS(folder_check(STORE_MACHINE, folder), INSECURE);
    CHECK(chmod(folder, 0770) == 0);
    CHECK_STATUS(folder_check(STORE_MACHINE, folder), ERROR_SUCCESS);
    CHECK(chown(path_in(folder, "keys.db-wal"), 12345, group + 1) == 0);
    CHECK_STATUS(folder_check(STORE_MACHINE, folder), INSECURE);
    CHECK(chown(path_in(folder, "keys.db-wal"), 0, group) == 0);
    CHECK(chown(folder, 12345, group) == 0); /* root's files in somebody's folder */
    CHECK_STATUS(folder_check(STORE_MACHINE, folder), INSECURE);
    CHECK(says(INSECURE, "12345"));
    close_store(store);
}

/* Nobody reads from a file that is not the one that was opened. */
static void test_replaced(void)
{
    const char *folder = make_store("replaced");
    struct store *store = open_store(folder), *other, *third;
    struct store_record page[1];
    struct store_info info;
    WCHAR unique[65];
    size_t count = 0;
    uint64_t checked = 0;

    CHECK_STATUS(store_unique_name(store, u"kept", STORE_SLOT_KEY, unique), ERROR_SUCCESS);
    CHECK(rename(folder, scratch_path("elsewhere")) == 0);
    CHECK_STATUS(store_exists(store, u"kept", STORE_SLOT_KEY), REPLACED);
    CHECK_STATUS(store_read_unique(store, unique, page), REPLACED);
    CHECK_STATUS(store_list(store, 0, page, 1, &count), REPLACED);
    CHECK_STATUS(store_info(store, &info), REPLACED);
    CHECK_STATUS(store_check(store, NULL, NULL, &checked), REPLACED);
    CHECK_STATUS(store_backup(store, scratch_path("no copy")), REPLACED);
    CHECK(access(scratch_path("no copy"), F_OK) != 0);
    other = open_store(folder);
    third = open_store(folder); /* the first one is out of sight */
    CHECK(other == third && other != store);
    store_release(third);
    store_release(store);
    close_store(other);
}

/* ---- passphrases ---- */

static size_t give_too_much(void *context, const char *folder, char *out, size_t size)
{
    (void)context;
    (void)folder;
    memset(out, 'p', size);
    return size + 1;
}

static void test_passphrase_in_pieces(void)
{
    static const char *const numbers[] = {"", "12x", "-1", "70000"};
    const char *path = scratch_path("passphrase"), *folder = scratch_path("pieces");
    static char text[5000];
    char number[16];
    bool struck = true;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    store_set_passphrase(give_too_much, NULL);
    CHECK_STATUS(try_open(folder, true), WRONG);
    CHECK(says(WRONG, "failed"));
    store_set_passphrase(NULL, NULL);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        setenv("NCRYPT_EXT_PASSPHRASE_FD", numbers[i], 1);
        CHECK_STATUS(try_open(folder, true), WRONG);
        CHECK(says(WRONG, "not the number"));
    }
    snprintf(number, sizeof(number), "%d", fd);
    setenv("NCRYPT_EXT_PASSPHRASE_FD", number, 1);
    CHECK_STATUS(try_open(folder, true), WRONG); /* it is empty */
    memset(text, 'p', sizeof(text));
    CHECK(write(fd, text, sizeof(text)) == sizeof(text) && lseek(fd, 0, SEEK_SET) == 0);
    CHECK_STATUS(try_open(folder, true), WRONG);
    CHECK(says(WRONG, "longer"));
    CHECK(ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0 && write(fd, "secret", 6) == 6);
    CHECK(access(path_in(folder, "master.key"), F_OK) != 0);
    for (unsigned skip = 0; struck; skip++) {
        SECURITY_STATUS status;

        CHECK(lseek(fd, 0, SEEK_SET) == 0);
        calls_fail(CALL_calloc, skip, ENOMEM, false);
        status = try_open(folder, true);
        struck = calls_end();
        CHECK(status == ERROR_SUCCESS ? !struck : struck && status == NTE_NO_MEMORY);
    }
    CHECK_STATUS(try_open(folder, false), ERROR_SUCCESS);
    unsetenv("NCRYPT_EXT_PASSPHRASE_FD");
    CHECK_STATUS(try_open(folder, false), WRONG);
    close(fd);
}

/* In a process that has read no passphrase yet. */
static void test_interrupted_passphrase(void)
{
    const char *folder = scratch_path("interrupted");
    pid_t child = fork();

    if (child == 0) {
        int ends[2];
        char number[16];

        test_failures = 0;
        CHECK(pipe(ends) == 0 && write(ends[1], "secret\n", 7) == 7 && close(ends[1]) == 0);
        snprintf(number, sizeof(number), "%d", ends[0]);
        setenv("NCRYPT_EXT_PASSPHRASE_FD", number, 1);
        calls_fail(CALL_read, 0, EINTR, false);
        CHECK_STATUS(try_open(folder, true), ERROR_SUCCESS);
        CHECK(calls_end());
        CHECK_STATUS(try_open(folder, false), ERROR_SUCCESS);
        child_end();
    }
    CHECK(child_ended_well(child));
    CHECK_STATUS(try_open(folder, false), WRONG);
}

/* ---- forks ---- */

static const char *forking_folder;
static int child_result = -1;

static size_t fork_and_give(void *context, const char *folder, char *out, size_t size)
{
    bool *forked = context;

    (void)folder;
    if (!*forked) { /* the thread that is opening the store is here, but its work is its parent's */
        pid_t child;

        *forked = true;
        child = fork();
        if (child == 0) {
            test_failures = 0;
            CHECK_STATUS(try_open(forking_folder, true), ERROR_SUCCESS);
            child_end();
        }
        child_result = child_ended_well(child);
    }
    memcpy(out, "secret", size < 6 ? size : 6);
    return 6;
}

static void test_fork_while_opening(void)
{
    bool forked = false;

    forking_folder = scratch_path("forking");
    store_set_passphrase(fork_and_give, &forked);
    CHECK_STATUS(try_open(forking_folder, true), ERROR_SUCCESS); /* the child was quicker to make the master key */
    CHECK(child_result == 1);
    CHECK_STATUS(try_open(forking_folder, false), ERROR_SUCCESS);
    store_set_passphrase(NULL, NULL);
}

int main(void)
{
    scratch_make();
    unsetenv("NCRYPT_EXT_HOME");
    RUN(test_interrupted_passphrase);
    RUN(test_network_file_system);
    RUN(test_read_only_file_system);
    RUN(test_homes);
    RUN(test_lock_timeouts);
    RUN(test_clock);
    RUN(test_many_findings);
    RUN(test_shared_log);
    RUN(test_replaced);
    RUN(test_passphrase_in_pieces);
    RUN(test_fork_while_opening);
    scratch_remove();
    return test_result("store_odd");
}

#else

int main(void)
{
    CHECK(true); /* other linkers cannot replace functions by name */
    return test_result("store_odd");
}

#endif
