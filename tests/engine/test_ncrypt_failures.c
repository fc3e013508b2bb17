/* SPDX-License-Identifier: MIT
 *
 * Stores that cannot be written to: nothing is made, changed or lost, and all goes on when they can be again.
 */
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "ncrypt_support.h"

static NCRYPT_PROV_HANDLE provider;

static bool exists(const WCHAR *name)
{
    NCRYPT_KEY_HANDLE key = 0;
    SECURITY_STATUS status = NCryptOpenKey(provider, &key, name, 0, 0);

    if (status == ERROR_SUCCESS) {
        free_handle(key);
    } else {
        CHECK_STATUS(status, NTE_BAD_KEYSET);
    }
    return status == ERROR_SUCCESS;
}

static void limit_files(rlim_t size)
{
    struct rlimit limit = {size, RLIM_INFINITY};

    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

/* With the store unable to grow: nothing is made, changed or lost; and all goes on when it can grow again. */
static void use_full_store(void (*full)(bool))
{
    NCRYPT_KEY_HANDLE old, key;
    DWORD size = 0;
    char value[8] = "";

    provider = open_provider();
    old = make_key(provider, u"ECDSA_P256", u"old");
    CHECK_STATUS(set_bytes(old, u"kept", "before", 7, NCRYPT_PERSIST_FLAG), ERROR_SUCCESS);
    CHECK_STATUS(set_dword(old, u"Export Policy", 0, NCRYPT_PERSIST_FLAG), ERROR_SUCCESS);
    key = begin_key(provider, u"ECDSA_P256", u"new", 0);
    full(true);
    CHECK(NCryptFinalizeKey(key, 0) != ERROR_SUCCESS);
    CHECK_STATUS(sign_and_verify(key), NTE_BAD_KEY_STATE);
    CHECK(set_bytes(old, u"kept", "after", 6, NCRYPT_PERSIST_FLAG) != ERROR_SUCCESS);
    CHECK_STATUS(NCryptGetProperty(old, u"kept", (PBYTE)value, sizeof value, &size, 0), ERROR_SUCCESS);
    CHECK(size == 7 && strcmp(value, "before") == 0);
    CHECK(NCryptDeleteKey(old, 0) != ERROR_SUCCESS);
    CHECK_STATUS(sign_and_verify(old), ERROR_SUCCESS);
    CHECK(!exists(u"new") && exists(u"old"));
    full(false);
    free_handle(old);
    old = open_key(provider, u"old");
    CHECK_STATUS(NCryptGetProperty(old, u"kept", (PBYTE)value, sizeof value, &size, 0), ERROR_SUCCESS);
    CHECK(size == 7 && strcmp(value, "before") == 0);
    CHECK_STATUS(NCryptFinalizeKey(key, 0), ERROR_SUCCESS);
    CHECK(exists(u"new"));
    CHECK_STATUS(NCryptDeleteKey(old, 0), ERROR_SUCCESS);
    free_handle(key);
    free_handle(provider);
    check_no_handles();
}

static void forbid_growth(bool yes)
{
    limit_files(yes ? 0 : RLIM_INFINITY);
}

static void test_full_store(void)
{
    char folder[300];
    pid_t pid = fork();

    if (pid == 0) {
        child_begins();
        snprintf(folder, sizeof folder, "%s/full", home_folder);
        setenv("NCRYPT_EXT_HOME", folder, 1);
        signal(SIGXFSZ, SIG_IGN);
        use_full_store(forbid_growth);
        child_ends();
    }
    child_check(pid);
}

static char filler[400];

static void fill_disk(bool yes)
{
    static const char zeros[4096];
    FILE *file;

    if (!yes) {
        CHECK(remove(filler) == 0);
        return;
    }
    file = fopen(filler, "w");
    CHECK(file != NULL);
    while (fwrite(zeros, 1, sizeof zeros, file) == sizeof zeros && fflush(file) == 0) {
    }
    fclose(file);
}

/* On a small file system of its own, which only the child sees. */
static void test_full_disk(void)
{
    char folder[300];
    pid_t pid;

    snprintf(folder, sizeof folder, "%s/disk", home_folder);
    CHECK(mkdir(folder, 0700) == 0);
    pid = fork();
    if (pid == 0) {
        child_begins();
        if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
            mount("tmpfs", folder, "tmpfs", 0, "size=1m") != 0) {
            perror("ncrypt_failures: test_full_disk: skipped, it takes the right to mount");
            child_ends();
        }
        snprintf(filler, sizeof filler, "%s/filler", folder);
        setenv("NCRYPT_EXT_HOME", folder, 1);
        use_full_store(fill_disk);
        child_ends();
    }
    child_check(pid);
}

static void make_old_key(const char *folder)
{
    (void)folder;
    provider = open_provider();
    free_handle(make_key(provider, u"ECDSA_P256", u"old"));
    free_handle(provider);
}

static void use_read_only_store(const char *folder)
{
    NCRYPT_KEY_HANDLE key;
    char user[300];

    snprintf(user, sizeof user, "%s/user", folder);
    CHECK(chmod(user, 0500) == 0);
    provider = open_provider();
    key = begin_key(provider, u"ECDSA_P256", u"new", 0);
    CHECK_STATUS(NCryptFinalizeKey(key, 0), WIN32(ERROR_WRITE_PROTECT));
    CHECK_STATUS(sign_and_verify(key), NTE_BAD_KEY_STATE);
    CHECK(!exists(u"new"));
    free_handle(key);
    key = open_key(provider, u"old");
    CHECK_STATUS(sign_and_verify(key), ERROR_SUCCESS);
    CHECK_STATUS(set_bytes(key, u"x", "y", 1, NCRYPT_PERSIST_FLAG), WIN32(ERROR_WRITE_PROTECT));
    CHECK_STATUS(NCryptGetProperty(key, u"x", NULL, 0, &(DWORD){0}, 0), NTE_NOT_FOUND);
    CHECK_STATUS(NCryptDeleteKey(key, 0), WIN32(ERROR_WRITE_PROTECT));
    free_handle(key);
    free_handle(provider);
    check_no_handles();
    CHECK(chmod(user, 0700) == 0);
}

/* In a process of its own, without root's right to write everywhere. */
static void as_nobody(const char *folder, void (*body)(const char *folder))
{
    const uid_t nobody = 65534;
    pid_t pid = fork();

    if (pid == 0) {
        child_begins();
        CHECK(geteuid() != 0 || (chown(folder, nobody, nobody) == 0 && setgid(nobody) == 0 && setuid(nobody) == 0));
        setenv("NCRYPT_EXT_HOME", folder, 1);
        body(folder);
        fflush(NULL);
        _exit(test_failures != 0); /* not child_ends(): nobody cannot write coverage data */
    }
    child_check(pid);
}

static void test_read_only_store(void)
{
    char folder[280];

    snprintf(folder, sizeof folder, "%s/read-only", home_folder);
    CHECK(mkdir(folder, 0700) == 0);
    CHECK(chmod(home_folder, 0755) == 0);
    as_nobody(folder, make_old_key);
    as_nobody(folder, use_read_only_store);
}

int main(void)
{
    home_make();
    RUN(test_full_store);
    RUN(test_full_disk);
    RUN(test_read_only_store);
    check_no_handles();
    return test_result("ncrypt_failures");
}
