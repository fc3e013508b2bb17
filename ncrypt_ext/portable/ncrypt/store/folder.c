/* SPDX-License-Identifier: MIT
 *
 * The folder of a store: where it is, whether it may be trusted, whether it can be written.
 */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/vfs.h>
#else
#include <sys/mount.h>
#include <sys/param.h>
#endif

#include "ncrypt/store/environment.h"
#include "ncrypt/store/internal.h"

#if defined(__APPLE__)
#define USER_DATA   "Library/Application Support"
#define MACHINE_DIR "/Library/Application Support/ncrypt_ext"
#else
#define USER_DATA   ".local/share"
#define MACHINE_DIR "/var/lib/ncrypt_ext"
#endif

char *folder_path(const char *folder, const char *name, const char *suffix)
{
    size_t size = strlen(folder) + strlen(name) + strlen(suffix) + 2;
    char *path = malloc(size);

    if (path) {
        snprintf(path, size, "%s/%s%s", folder, name, suffix);
    }
    return path;
}

static SECURITY_STATUS home_folder(char **folder)
{
    const char *home = environment_get("HOME");
    struct passwd entry, *found = NULL;
    char buffer[16384];

    if (!home || home[0] != '/') {
        if (getpwuid_r(geteuid(), &entry, buffer, sizeof(buffer), &found) != 0 || !found || found->pw_dir[0] != '/') {
            return status_fail(HRESULT_FROM_WIN32(ERROR_PATH_NOT_FOUND),
                               "this user has no home folder; NCRYPT_EXT_HOME can name a folder for the key stores");
        }
        home = found->pw_dir;
    }
    *folder = strdup(home);
    return *folder ? ERROR_SUCCESS : status_no_memory();
}

static SECURITY_STATUS user_folder(char **folder)
{
    SECURITY_STATUS status = ERROR_SUCCESS;
    char *home = NULL;
#if !defined(__APPLE__)
    const char *data = environment_get("XDG_DATA_HOME");

    if (data && data[0] == '/') { /* a relative one is to be ignored, says the XDG specification */
        *folder = folder_path(data, "ncrypt_ext", "");
        return *folder ? ERROR_SUCCESS : status_no_memory();
    }
#endif
    status = home_folder(&home);
    if (status != ERROR_SUCCESS) {
        return status;
    }
    *folder = folder_path(home, USER_DATA, "/ncrypt_ext");
    free(home);
    return *folder ? ERROR_SUCCESS : status_no_memory();
}

SECURITY_STATUS store_folder(enum store_scope scope, char **folder)
{
    const char *base = environment_get("NCRYPT_EXT_HOME");
    char *here = NULL;

    if (base && base[0] != '\0') {
        const char *name = scope == STORE_MACHINE ? "machine" : "user";

        if (base[0] == '/') {
            *folder = folder_path(base, name, "");
        } else { /* made absolute, so that a later chdir() does not move the store */
            here = getcwd(NULL, 0);
            if (!here) {
                return status_from_errno(errno, "the current folder");
            }
            *folder = malloc(strlen(here) + strlen(base) + sizeof("//machine"));
            if (*folder) {
                sprintf(*folder, "%s/%s/%s", here, base, name);
            }
            free(here);
        }
    } else if (scope == STORE_USER) {
        return user_folder(folder);
    } else {
        *folder = strdup(MACHINE_DIR);
    }
    return *folder ? ERROR_SUCCESS : status_no_memory();
}

SECURITY_STATUS folder_sync(const char *folder)
{
    SECURITY_STATUS status = ERROR_SUCCESS;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0) {
        return status_from_errno(errno, folder);
    }
    if (fsync(fd) != 0 && errno != EINVAL) { /* EINVAL: a file system whose folders need no sync */
        status = status_from_errno(errno, folder);
    }
    close(fd);
    return status;
}

/* Makes one folder of mode 0700 whatever the umask, and makes its entry in the parent durable. */
static SECURITY_STATUS make_one(const char *path, const char *parent)
{
    if (mkdir(path, 0700) != 0) {
        return errno == EEXIST ? ERROR_SUCCESS : status_from_errno(errno, path);
    }
    if (chmod(path, 0700) != 0) {
        return status_from_errno(errno, path);
    }
    return folder_sync(parent);
}

/* Makes the folder and those above it that are missing. */
static SECURITY_STATUS make_folders(const char *folder)
{
    SECURITY_STATUS status = ERROR_SUCCESS;
    struct stat info;
    char *path = strdup(folder), *parent = strdup(folder);

    if (!path || !parent) {
        status = status_no_memory();
        goto cleanup;
    }
    for (char *slash = path + 1; status == ERROR_SUCCESS; slash++) {
        slash += strcspn(slash, "/");
        char end = *slash;

        *slash = '\0';
        if (stat(path, &info) != 0) {
            char *above = strrchr(strcpy(parent, path), '/');

            above[above == parent] = '\0';
            status = make_one(path, parent);
        }
        *slash = end;
        if (end == '\0') {
            break;
        }
    }
cleanup:
    free(path);
    free(parent);
    return status;
}

static bool can_write(const char *path)
{
    return faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0 || errno == ENOENT;
}

const char *folder_network_name(unsigned long magic)
{
    static const struct {
        uint32_t magic;
        const char *name;
    } known[] = {
        {0x00006969u, "NFS"},   {0x0000517Bu, "SMB"},  {0xFF534D42u, "CIFS"},   {0xFE534D42u, "SMB2"},
        {0x5346414Fu, "AFS"},   {0x6B414653u, "AFS"},  {0x73757245u, "Coda"},   {0x01021997u, "9p"},
        {0x65735546u, "FUSE"},  {0x00C36400u, "Ceph"}, {0x0BD00BD0u, "Lustre"}, {0x47504653u, "GPFS"},
        {0x7461636Fu, "OCFS2"}, {0x01161970u, "GFS2"},
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (known[i].magic == (uint32_t)magic) {
            return known[i].name;
        }
    }
    return NULL;
}

/* The log of the database is shared memory between processes, which works on one machine only. */
static SECURITY_STATUS refuse_network(const char *folder, bool *read_only)
{
    const char *allow = environment_get("NCRYPT_EXT_ALLOW_NETWORK_FS"), *name = NULL;
    struct statfs info;

    if (statfs(folder, &info) != 0) {
        return status_from_errno(errno, folder);
    }
#if defined(__linux__)
    name = folder_network_name((unsigned long)info.f_type);
    *read_only = (info.f_flags & 1) != 0; /* ST_RDONLY */
#else
    name = (info.f_flags & MNT_LOCAL) ? NULL : info.f_fstypename;
    *read_only = (info.f_flags & MNT_RDONLY) != 0;
#endif
    if (name && !(allow && strcmp(allow, "1") == 0)) {
        return status_fail(HRESULT_FROM_WIN32(ERROR_NOT_SUPPORTED),
                           "%s is on a network or user-space file system (%s), where several machines could change the "
                           "key store at once and damage it; NCRYPT_EXT_HOME can name a local folder",
                           folder, name);
    }
    return ERROR_SUCCESS;
}

SECURITY_STATUS folder_prepare(enum store_scope scope, const char *folder, bool create, bool *read_only)
{
    SECURITY_STATUS status = ERROR_SUCCESS;
    struct stat info;
    char *database = NULL;

    if (stat(folder, &info) != 0) {
        if (errno != ENOENT && errno != ENOTDIR) {
            return status_from_errno(errno, folder);
        }
        if (!create) {
            return store_missing(folder);
        }
        status = make_folders(folder);
        if (status != ERROR_SUCCESS) {
            return status;
        }
    }
    status = refuse_network(folder, read_only);
    if (status == ERROR_SUCCESS) {
        status = folder_check(scope, folder);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    database = folder_path(folder, STORE_DATABASE, "");
    if (!database) {
        return status_no_memory();
    }
    *read_only = *read_only || !can_write(folder) || !can_write(database);
    free(database);
    return ERROR_SUCCESS;
}

/* What folder_check() found wrong, collected for one sentence. */
struct findings {
    char text[400];
    size_t length;
    bool owner, mode;
};

static void find(struct findings *findings, const char *path, const char *what, unsigned number, bool octal)
{
    int written = snprintf(findings->text + findings->length, sizeof(findings->text) - findings->length,
                           octal ? "%s%s (%s %04o)" : "%s%s (%s %u)", findings->length ? ", " : "", path, what, number);

    findings->length += (size_t)written;
    if (findings->length >= sizeof(findings->text)) {
        findings->length = sizeof(findings->text) - 1;
    }
}

/* `group`: whether the file may belong to another member of the folder's group. */
static void check_one(enum store_scope scope, const char *path, const struct stat *info, bool group,
                      struct findings *findings)
{
    unsigned forbidden = scope == STORE_MACHINE ? 0007 : 0077;
    bool owned = info->st_uid == geteuid() || (scope == STORE_MACHINE && (info->st_uid == 0 || group));

    if (!owned) {
        findings->owner = true;
        find(findings, path, "belongs to user", (unsigned)info->st_uid, false);
    }
    if (info->st_mode & forbidden) {
        findings->mode = true;
        find(findings, path, "mode", (unsigned)info->st_mode & 07777, true);
    }
}

static SECURITY_STATUS check_file(enum store_scope scope, const char *folder, const char *name, const char *suffix,
                                  const struct stat *folder_info, struct findings *findings)
{
    SECURITY_STATUS status = ERROR_SUCCESS;
    char *path = folder_path(folder, name, suffix);
    struct stat info;

    if (!path) {
        return status_no_memory();
    }
    if (lstat(path, &info) != 0) {
        status = errno == ENOENT ? ERROR_SUCCESS : status_from_errno(errno, path);
    } else if (!S_ISREG(info.st_mode)) {
        status = status_fail(HRESULT_FROM_WIN32(ERROR_INVALID_SECURITY_DESCR), "%s is not a regular file", path);
    } else {
        /* Any process that is let in may have made the log and its index. */
        bool group = suffix[0] != '\0' && (folder_info->st_mode & 0020) && info.st_gid == folder_info->st_gid;

        check_one(scope, path, &info, group, findings);
    }
    free(path);
    return status;
}

SECURITY_STATUS folder_check(enum store_scope scope, const char *folder)
{
    static const char *const files[][2] = {
        {STORE_DATABASE, ""}, {STORE_DATABASE, "-wal"}, {STORE_DATABASE, "-shm"}, {STORE_MASTER_KEY, ""}};
    struct findings findings = {.length = 0};
    struct stat info;

    if (stat(folder, &info) != 0) {
        return status_from_errno(errno, folder);
    }
    if (!S_ISDIR(info.st_mode)) {
        return status_fail(HRESULT_FROM_WIN32(ERROR_INVALID_SECURITY_DESCR), "%s is not a folder", folder);
    }
    check_one(scope, folder, &info, false, &findings);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        SECURITY_STATUS status = check_file(scope, folder, files[i][0], files[i][1], &info, &findings);

        if (status != ERROR_SUCCESS) {
            return status;
        }
    }
    if (findings.length == 0) {
        return ERROR_SUCCESS;
    }
    return status_fail(HRESULT_FROM_WIN32(ERROR_INVALID_SECURITY_DESCR), "the key store is open to others: %s; %s%s%s",
                       findings.text, findings.mode ? "mend with: chmod -R " : "",
                       findings.mode ? (scope == STORE_MACHINE ? "o= " : "go= ") : "",
                       findings.mode ? folder : "only its owner may use it");
}
