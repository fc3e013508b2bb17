/* SPDX-License-Identifier: MIT
 *
 * What can be wrong with a store when it is opened: permissions, the master key file, the passphrase, the database.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

#include "store_fixture.h"

#define INSECURE WIN32(ERROR_INVALID_SECURITY_DESCR)
#define CORRUPT  WIN32(ERROR_FILE_CORRUPT)

static SECURITY_STATUS open_as(enum store_scope scope, const char *folder)
{
    struct store *store = NULL;
    SECURITY_STATUS status = store_acquire(scope, folder, true, &store);

    if (status == ERROR_SUCCESS) {
        close_store(store);
    }
    return status;
}

static void test_readable_by_others(void)
{
    static const char *const files[] = {"keys.db", "keys.db-wal", "keys.db-shm", "master.key"};
    const char *folder = store_with_a_key("open");

    for (size_t i = 0; i < 4; i++) {
        for (mode_t bit = 0001; bit <= 0040; bit <<= 1) {
            CHECK(chmod(path_in(folder, files[i]), 0600 | bit) == 0);
            CHECK_STATUS(try_open(folder, true), INSECURE);
            CHECK(says(INSECURE, files[i]));
        }
        CHECK(chmod(path_in(folder, files[i]), 0600) == 0);
    }
    CHECK(chmod(folder, 0755) == 0 && chmod(path_in(folder, "keys.db"), 0644) == 0);
    CHECK_STATUS(try_open(folder, true), INSECURE);
    CHECK(says(INSECURE, "0755"));
    CHECK_STATUS(try_open(folder, true), INSECURE);
    CHECK(says(INSECURE, "0644"));
    CHECK_STATUS(try_open(folder, true), INSECURE);
    CHECK(says(INSECURE, "chmod -R go="));
    CHECK(chmod(folder, 0700) == 0 && chmod(path_in(folder, "keys.db"), 0600) == 0);
    CHECK_STATUS(try_open(folder, true), ERROR_SUCCESS);
}

static void test_machine_scope_may_have_a_group(void)
{
    const char *folder = scratch_path("machine");
    struct stat info;

    CHECK_STATUS(open_as(STORE_MACHINE, folder), ERROR_SUCCESS);
    CHECK(stat(folder, &info) == 0 && (info.st_mode & 0777) == 0700);
    CHECK(stat(path_in(folder, "keys.db"), &info) == 0 && (info.st_mode & 0777) == 0600);
    CHECK(chmod(folder, 0770) == 0 && chmod(path_in(folder, "keys.db"), 0660) == 0);
    CHECK(chmod(path_in(folder, "master.key"), 0640) == 0);
    CHECK_STATUS(open_as(STORE_MACHINE, folder), ERROR_SUCCESS);
    CHECK(chmod(path_in(folder, "master.key"), 0644) == 0);
    CHECK_STATUS(open_as(STORE_MACHINE, folder), INSECURE);
    CHECK(says(INSECURE, "o="));
}

static void test_not_ours(void)
{
    const char *folder = store_with_a_key("theirs"), *odd = store_with_a_key("odd");

    CHECK(unlink(path_in(odd, "master.key")) == 0 && symlink("elsewhere", path_in(odd, "master.key")) == 0);
    CHECK_STATUS(try_open(odd, true), INSECURE);
    CHECK(says(INSECURE, "regular"));
    CHECK_STATUS(try_open(path_in(folder, "keys.db"), true), INSECURE); /* no folder */
    if (geteuid() != 0) {
        return; /* only root can give files away */
    }
    CHECK(chown(path_in(folder, "keys.db"), 12345, (gid_t)-1) == 0);
    CHECK_STATUS(try_open(folder, true), INSECURE);
    CHECK(says(INSECURE, "12345"));
    CHECK(chown(path_in(folder, "keys.db"), 0, (gid_t)-1) == 0 && chown(folder, 12345, (gid_t)-1) == 0);
    CHECK_STATUS(try_open(folder, true), INSECURE);
    CHECK_STATUS(open_as(STORE_MACHINE, folder), INSECURE);
}

static void write_file(const char *path, const void *data, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    CHECK(fd >= 0 && write(fd, data, size) == (ssize_t)size && close(fd) == 0);
}

static size_t slurp(const char *path, uint8_t *data, size_t capacity)
{
    size_t size = 0;

    CHECK_STATUS(file_read(path, data, capacity, &size), ERROR_SUCCESS);
    return size;
}

static void test_master_key_file(void)
{
    const char *folder = store_with_a_key("master"), *other = store_with_a_key("another");
    uint8_t good[256], bad[256], foreign[256];
    size_t size = slurp(path_in(folder, "master.key"), good, sizeof(good));
    size_t foreign_size = slurp(path_in(other, "master.key"), foreign, sizeof(foreign));

    for (size_t bit = 0; bit < 8 * size; bit += 3) {
        SECURITY_STATUS status;

        memcpy(bad, good, size);
        bad[bit / 8] ^= (uint8_t)(1 << bit % 8);
        write_file(path_in(folder, "master.key"), bad, size);
        status = try_open(folder, true);
        CHECK(status == CORRUPT || (bit / 8 >= 8 && bit / 8 < 12 && status == NTE_BAD_VER));
    }
    for (size_t cut = 0; cut < size; cut++) {
        write_file(path_in(folder, "master.key"), good, cut);
        CHECK_STATUS(try_open(folder, true), CORRUPT);
    }
    memset(bad, 'x', sizeof(bad));
    write_file(path_in(folder, "master.key"), bad, sizeof(bad));
    CHECK_STATUS(try_open(folder, true), CORRUPT);
    write_file(path_in(folder, "master.key"), foreign, foreign_size);
    CHECK_STATUS(try_open(folder, true), WIN32(ERROR_NO_USER_KEYS));
    CHECK(says(WIN32(ERROR_NO_USER_KEYS), "another key store"));
    CHECK(unlink(path_in(folder, "master.key")) == 0);
    CHECK_STATUS(try_open(folder, true), WIN32(ERROR_NO_USER_KEYS));
    CHECK(says(WIN32(ERROR_NO_USER_KEYS), "missing"));
    CHECK(access(path_in(folder, "master.key"), F_OK) != 0);
    write_file(path_in(folder, "master.key"), good, size);
    CHECK_STATUS(try_open(folder, true), ERROR_SUCCESS);
}

/* The same store id with another key: a master key file that was tampered with by someone who can compute sums. */
static void test_master_key_of_the_same_id(void)
{
    const char *folder = store_with_a_key("forged");
    uint8_t data[256];
    size_t size = slurp(path_in(folder, "master.key"), data, sizeof(data));

    data[40] ^= 1;
    CHECK_STATUS(seal_sha256(data, size - 32, data + size - 32), ERROR_SUCCESS);
    write_file(path_in(folder, "master.key"), data, size);
    CHECK_STATUS(try_open(folder, true), CORRUPT);
}

static void test_database_file(void)
{
    const char *folder = store_with_a_key("database");

    CHECK(run_sql(folder, "PRAGMA user_version = 2"));
    CHECK_STATUS(try_open(folder, true), NTE_BAD_VER);
    CHECK(says(NTE_BAD_VER, "newer"));
    CHECK(run_sql(folder, "PRAGMA user_version = 0"));
    CHECK_STATUS(try_open(folder, true), CORRUPT);
    CHECK(run_sql(folder, "PRAGMA user_version = 1; PRAGMA application_id = 77"));
    CHECK_STATUS(try_open(folder, true), CORRUPT);
    CHECK(run_sql(folder, "PRAGMA application_id = 0"));
    CHECK_STATUS(try_open(folder, true), CORRUPT);
    CHECK(run_sql(folder, "PRAGMA application_id = 0x4E435831"));
    CHECK_STATUS(try_open(folder, true), ERROR_SUCCESS);
    CHECK(run_sql(folder, "CREATE TABLE m AS SELECT * FROM meta; DELETE FROM meta WHERE key = 'check'"));
    CHECK_STATUS(try_open(folder, true), CORRUPT);
    CHECK(run_sql(folder, "DELETE FROM meta"));
    CHECK_STATUS(try_open(folder, true), CORRUPT);
    CHECK(run_sql(folder, "DROP TABLE meta"));
    CHECK_STATUS(try_open(folder, true), CORRUPT);
    unlink(path_in(folder, "keys.db-wal"));
    write_file(path_in(folder, "keys.db"), "this is no database, though it is long enough to be looked at", 61);
    CHECK_STATUS(try_open(folder, true), CORRUPT);
    write_file(path_in(folder, "keys.db"), "", 0); /* as a process that was killed while making the store */
    CHECK_STATUS(try_open(folder, false), NTE_BAD_KEYSET);
    CHECK_STATUS(try_open(folder, true), ERROR_SUCCESS);
}

/* A page of keys is overwritten: reading says so, the sentence names the file, other stores are not concerned. */
static void test_corrupted_page(void)
{
    const char *folder = store_with_a_key("page");
    struct store *store = open_store(folder);
    uint64_t checked = 0;
    uint8_t page[4096];
    int fd;

    CHECK(run_sql(folder, "PRAGMA wal_checkpoint(TRUNCATE)"));
    close_store(store);
    memset(page, 0xA5, sizeof(page));
    fd = open(path_in(folder, "keys.db"), O_WRONLY);
    for (off_t number = 1; number < 8; number++) {
        struct stat info;

        if (stat(path_in(folder, "keys.db"), &info) == 0 && number * 4096 < info.st_size) {
            CHECK(pwrite(fd, page, sizeof(page), number * 4096) == (ssize_t)sizeof(page));
        }
    }
    close(fd);
    CHECK_STATUS(store_acquire(STORE_USER, folder, true, &store), CORRUPT);
    CHECK(says(CORRUPT, "keys.db"));
    store = open_store(scratch_path("sound"));
    CHECK_STATUS(create_key(store, "kept", "x", false), ERROR_SUCCESS);
    CHECK_STATUS(store_check(store, NULL, NULL, &checked), ERROR_SUCCESS);
    close_store(store);
}

static void test_network_file_systems(void)
{
    CHECK(strcmp(folder_network_name(0x6969), "NFS") == 0);
    CHECK(strcmp(folder_network_name(0xFF534D42u), "CIFS") == 0);
    CHECK(strcmp(folder_network_name((unsigned long)-11317950), "CIFS") == 0); /* sign-extended, as f_type may be */
    CHECK(strcmp(folder_network_name(0x65735546), "FUSE") == 0);
    CHECK(folder_network_name(0xEF53) == NULL && folder_network_name(0x01021994) == NULL); /* ext4, tmpfs */
}

static void test_files(void)
{
    const char *folder = scratch_path("files");
    uint8_t data[16] = "0123456789abcde";
    size_t size = 0;

    CHECK(mkdir(folder, 0700) == 0 && mkdir(path_in(folder, "below"), 0700) == 0);
    CHECK(file_read(path_in(folder, "below"), data, sizeof(data), &size) != ERROR_SUCCESS); /* a folder */
    CHECK(file_write(folder, "below", data, sizeof(data), true) != ERROR_SUCCESS);
    CHECK_STATUS(file_write(path_in(folder, "missing"), "a", data, 1, true), WIN32(ERROR_PATH_NOT_FOUND));
    CHECK_STATUS(file_write(folder, "a", data, 16, false), ERROR_SUCCESS);
    CHECK_STATUS(file_write(folder, "a", data, 3, false), NTE_EXISTS);
    CHECK_STATUS(file_read(path_in(folder, "a"), data, 5, &size), ERROR_SUCCESS);
    CHECK(size == 5);
    CHECK_STATUS(file_touch(path_in(folder, "a")), ERROR_SUCCESS);
    CHECK_STATUS(file_touch(path_in(folder, "missing/a")), WIN32(ERROR_PATH_NOT_FOUND));
    CHECK_STATUS(folder_sync(path_in(folder, "missing")), WIN32(ERROR_PATH_NOT_FOUND));
    CHECK_STATUS(folder_check(STORE_USER, path_in(folder, "missing")), WIN32(ERROR_PATH_NOT_FOUND));
    CHECK(chmod(path_in(folder, "a"), 0640) == 0);
    CHECK_STATUS(file_write(folder, "a", data, 3, true), ERROR_SUCCESS);
    CHECK_STATUS(file_read(path_in(folder, "a"), data, 16, &size), ERROR_SUCCESS);
    CHECK(size == 3);
}

static unsigned count_files(const char *folder)
{
    DIR *list = opendir(folder);
    unsigned count = 0;

    while (list && readdir(list)) {
        count++;
    }
    closedir(list);
    return count;
}

/* The master key file is replaced as a whole or not at all. */
static void test_rekey_without_room(void)
{
    const char *folder = store_with_a_key("room");
    unsigned files = count_files(folder);
    pid_t child = fork();

    if (child == 0) {
        struct rlimit limit = {.rlim_cur = 50, .rlim_max = RLIM_INFINITY};
        struct store *store = open_store(folder);

        test_failures = 0;
        signal(SIGXFSZ, SIG_IGN);
        CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
        CHECK(store_rekey(store, NULL, 0) != ERROR_SUCCESS);
        limit.rlim_cur = RLIM_INFINITY;
        CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
        CHECK_STATUS(expect_key(store, "kept", "x"), ERROR_SUCCESS);
        child_end();
    }
    CHECK(child_ended_well(child));
    CHECK(count_files(folder) == files);
    CHECK_STATUS(try_open(folder, true), ERROR_SUCCESS);
}

/* A libcrypto that is set up without what the store needs; each in a process where it is not in use yet. */
static void without_crypto(const char *configuration, SECURITY_STATUS want)
{
    const char *path = scratch_path("openssl.cnf"), *folder = scratch_path("uncrypted");
    pid_t child;

    write_file(path, configuration, strlen(configuration));
    setenv("NCRYPT_EXT_OPENSSL_CONF", path, 1);
    child = fork();
    if (child == 0) {
        struct sealer sealer;
        uint8_t data[32] = {0};

        test_failures = 0;
        CHECK_STATUS(try_open(folder, true), want);
        CHECK(says(want, ""));
        CHECK_STATUS(sealer_init(&sealer, data), want);
        CHECK_STATUS(seal_sha256(data, sizeof(data), data), want);
        CHECK(access(path_in(folder, "master.key"), F_OK) != 0); /* nothing half-made is left */
        child_end();
    }
    CHECK(child_ended_well(child));
    unsetenv("NCRYPT_EXT_OPENSSL_CONF");
    remove_tree(folder);
}

static void test_without_crypto(void)
{
    without_crypto("[broken\n", NTE_PROVIDER_DLL_FAIL);
    without_crypto("openssl_conf = o\n[o]\nproviders = p\n[p]\nnull = n\n[n]\nactivate = 1\n", NTE_FAIL);
}

int main(void)
{
    scratch_make();
    RUN(test_without_crypto); /* first: afterwards libcrypto is in use */
    RUN(test_readable_by_others);
    RUN(test_machine_scope_may_have_a_group);
    RUN(test_not_ours);
    RUN(test_master_key_file);
    RUN(test_master_key_of_the_same_id);
    RUN(test_database_file);
    RUN(test_corrupted_page);
    RUN(test_files);
    RUN(test_rekey_without_room);
    RUN(test_network_file_systems);
    scratch_remove();
    return test_result("store_fault");
}
