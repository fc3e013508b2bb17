/* SPDX-License-Identifier: MIT
 *
 * The private functions of the library that look after the stores.
 */
#include <sqlite3.h>

#include "ncrypt_ext_engine.h"
#include "ncrypt_support.h"

static char folder[NCX_PATH_SIZE];

static void test_about(void)
{
    CHECK(strcmp(ncx_implementation(), "portable") == 0);
    CHECK(strstr(ncx_versions(), "OpenSSL 3") != NULL && strstr(ncx_versions(), "SQLite " SQLITE_VERSION) != NULL);
    CHECK(ncx_versions() == ncx_versions());
}

static void test_folder(void)
{
    char expected[300];

    snprintf(expected, sizeof expected, "%s/user", home_folder);
    CHECK_STATUS(ncx_store_folder(NCX_SCOPE_USER, folder, strlen(expected)), NTE_BUFFER_TOO_SMALL);
    CHECK_STATUS(ncx_store_folder(NCX_SCOPE_USER, folder, strlen(expected) + 1), ERROR_SUCCESS);
    CHECK(strcmp(folder, expected) == 0);
    CHECK_STATUS(ncx_store_folder(2, folder, sizeof folder), NTE_INVALID_PARAMETER);
    CHECK(access(folder, F_OK) != 0); /* asking makes nothing */
}

static unsigned reports;

static void count_report(void *context, const char *sentence)
{
    CHECK(context == &reports && strlen(sentence) > 0);
    reports++;
}

static void test_no_store(void)
{
    struct ncx_store_information info;
    uint64_t checked = 9;

    CHECK_STATUS(ncx_store_info(NCX_SCOPE_MACHINE, &info), NTE_BAD_KEYSET);
    CHECK_STATUS(ncx_store_check(NCX_SCOPE_MACHINE, count_report, &reports, &checked), NTE_BAD_KEYSET);
    CHECK(checked == 0 && reports == 0);
    CHECK_STATUS(ncx_store_backup(NCX_SCOPE_MACHINE, folder), NTE_BAD_KEYSET);
    CHECK_STATUS(ncx_store_rekey(NCX_SCOPE_MACHINE, NULL, 0), NTE_BAD_KEYSET);
    CHECK_STATUS(ncx_store_info(7, &info), NTE_INVALID_PARAMETER);
    CHECK_STATUS(ncx_store_check(7, count_report, &reports, &checked), NTE_INVALID_PARAMETER);
    CHECK_STATUS(ncx_store_backup(7, folder), NTE_INVALID_PARAMETER);
    CHECK_STATUS(ncx_store_rekey(7, NULL, 0), NTE_INVALID_PARAMETER);
}

static void make_keys(void)
{
    NCRYPT_PROV_HANDLE provider = open_provider();

    free_handle(make_key(provider, u"ECDSA_P256", u"one"));
    free_handle(make_key(provider, u"ECDSA_P384", u"two"));
    free_handle(provider);
}

static void test_info(void)
{
    struct ncx_store_information info;

    CHECK_STATUS(ncx_store_info(NCX_SCOPE_USER, &info), ERROR_SUCCESS);
    CHECK(strcmp(info.folder, folder) == 0 && strncmp(info.database, folder, strlen(folder)) == 0);
    CHECK(info.keys == 2 && info.bytes > 0 && info.schema_version >= 1);
    CHECK(info.passphrase == 0 && info.read_only == 0);
}

static void check_store(SECURITY_STATUS expected, unsigned faults)
{
    uint64_t checked = 0;

    reports = 0;
    CHECK_STATUS(ncx_store_check(NCX_SCOPE_USER, count_report, &reports, &checked), expected);
    CHECK(checked == 2 && reports == faults);
}

static void test_check(void)
{
    sqlite3 *db = NULL;
    char path[NCX_PATH_SIZE + 16];

    check_store(ERROR_SUCCESS, 0);
    snprintf(path, sizeof path, "%s/keys.db", folder);
    CHECK(sqlite3_open(path, &db) == SQLITE_OK);
    CHECK(sqlite3_exec(db, "UPDATE keys SET export_policy = 3 WHERE id = (SELECT min(id) FROM keys)", NULL, NULL,
                       NULL) == SQLITE_OK);
    CHECK(sqlite3_changes(db) == 1);
    check_store(NTE_KEYSET_ENTRY_BAD, 1);
    CHECK(sqlite3_exec(db, "UPDATE keys SET export_policy = 0", NULL, NULL, NULL) == SQLITE_OK);
    CHECK(sqlite3_close(db) == SQLITE_OK);
    check_store(ERROR_SUCCESS, 0);
}

/* In a process of its own, which has not opened the store before. */
static void as_another(void (*body)(void))
{
    pid_t pid = fork();

    if (pid == 0) {
        child_begins();
        body();
        child_ends();
    }
    child_check(pid);
}

static void use_backup(void)
{
    NCRYPT_PROV_HANDLE provider;
    NCRYPT_KEY_HANDLE key;
    char home[300];

    snprintf(home, sizeof home, "%s/restored", home_folder);
    setenv("NCRYPT_EXT_HOME", home, 1);
    provider = open_provider();
    key = open_key(provider, u"two");
    CHECK_STATUS(sign_and_verify(key), ERROR_SUCCESS);
    free_handle(key);
    free_handle(provider);
}

static void test_backup(void)
{
    char to[300];

    snprintf(to, sizeof to, "%s/restored", home_folder);
    CHECK(mkdir(to, 0700) == 0);
    snprintf(to, sizeof to, "%s/restored/user", home_folder);
    CHECK_STATUS(ncx_store_backup(NCX_SCOPE_USER, to), ERROR_SUCCESS);
    CHECK(ncx_store_backup(NCX_SCOPE_USER, to) != ERROR_SUCCESS); /* never over another one */
    as_another(use_backup);
}

/* The context is the secret, or NULL for none. */
static size_t give_passphrase(void *context, const char *where, char *out, size_t size)
{
    size_t length = context == NULL ? 0 : strlen(context);

    CHECK(strcmp(where, folder) == 0);
    if (length == 0 || length > size) {
        return 0;
    }
    memcpy(out, context, length);
    return length;
}

static char right[] = "correct horse", mistaken[] = "battery staple";

static void *volatile given;

static void open_protected(void)
{
    NCRYPT_PROV_HANDLE provider = open_provider();
    NCRYPT_KEY_HANDLE key = 0;
    SECURITY_STATUS status;

    ncx_store_set_passphrase(give_passphrase, given);
    status = NCryptOpenKey(provider, &key, u"one", 0, 0);
    if (given == right) {
        CHECK_STATUS(status, ERROR_SUCCESS);
        CHECK_STATUS(sign_and_verify(key), ERROR_SUCCESS);
        free_handle(key);
    } else {
        CHECK_STATUS(status, NTE_INCORRECT_PASSWORD);
    }
    free_handle(provider);
}

static void protect(void)
{
    struct ncx_store_information info;

    CHECK_STATUS(ncx_store_rekey(NCX_SCOPE_USER, right, strlen(right)), ERROR_SUCCESS);
    CHECK_STATUS(ncx_store_info(NCX_SCOPE_USER, &info), ERROR_SUCCESS);
    CHECK(info.passphrase == 1 && info.keys == 2);
}

static void unprotect(void)
{
    ncx_store_set_passphrase(give_passphrase, right);
    CHECK_STATUS(ncx_store_rekey(NCX_SCOPE_USER, NULL, 0), ERROR_SUCCESS);
}

static void open_plain(void)
{
    NCRYPT_PROV_HANDLE provider = open_provider();

    free_handle(open_key(provider, u"one"));
    free_handle(provider);
}

static void test_rekey(void)
{
    void *const passphrases[] = {right, mistaken, NULL};

    as_another(protect);
    for (size_t i = 0; i < COUNT(passphrases); i++) {
        given = passphrases[i];
        as_another(open_protected);
    }
    as_another(unprotect);
    as_another(open_plain);
}

int main(void)
{
    home_make();
    RUN(test_about);
    RUN(test_folder);
    RUN(test_no_store);
    as_another(make_keys);
    RUN(test_rekey);
    RUN(test_info);
    RUN(test_check);
    RUN(test_backup);
    check_no_handles();
    return test_result("maintenance");
}
