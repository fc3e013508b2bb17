/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ncrypt/store/internal.h"

#define TEMPORARY        ".new."
#define TEMPORARY_RANDOM "XXXXXX"

SECURITY_STATUS file_read(const char *path, uint8_t *data, size_t capacity, size_t *size)
{
    SECURITY_STATUS status = ERROR_SUCCESS;
    size_t used = 0;
    ssize_t got = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0) {
        return status_from_errno(errno, path);
    }
    while (used < capacity) {
        got = read(fd, data + used, capacity - used);
        if (got > 0) {
            used += (size_t)got;
        } else if (got == 0) {
            break;
        } else if (errno != EINTR) {
            status = status_from_errno(errno, path);
            break;
        }
    }
    close(fd);
    if (status == ERROR_SUCCESS) {
        *size = used;
    }
    return status;
}

static SECURITY_STATUS write_all(int fd, const char *path, const uint8_t *data, size_t size)
{
    while (size > 0) {
        ssize_t done = write(fd, data, size);

        if (done >= 0) {
            data += done;
            size -= (size_t)done;
        } else if (errno != EINTR) {
            return status_from_errno(errno, path);
        }
    }
#if defined(F_FULLFSYNC) /* macOS: fsync() does not empty the drive's own cache */
    if (fcntl(fd, F_FULLFSYNC) == 0) {
        return ERROR_SUCCESS;
    }
#endif
    return fsync(fd) == 0 ? ERROR_SUCCESS : status_from_errno(errno, path);
}

/* Puts the finished temporary file in place; the temporary name is gone afterwards. */
static SECURITY_STATUS put_in_place(const char *folder, const char *temporary, const char *path, bool replace)
{
    if (replace) {
        if (rename(temporary, path) != 0) {
            return status_from_errno(errno, path);
        }
    } else if (link(temporary, path) != 0) {
        return errno == EEXIST ? status_fail(NTE_EXISTS, "%s exists already", path) : status_from_errno(errno, path);
    }
    return folder_sync(folder);
}

SECURITY_STATUS file_write(const char *folder, const char *name, const uint8_t *data, size_t size, bool replace)
{
    SECURITY_STATUS status = ERROR_SUCCESS;
    struct stat old;
    char *path = folder_path(folder, name, ""), *temporary = folder_path(folder, name, TEMPORARY TEMPORARY_RANDOM);
    int fd = -1;

    if (!path || !temporary) {
        status = status_no_memory();
        goto cleanup;
    }
    fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0) {
        status = status_from_errno(errno, temporary);
        goto cleanup;
    }
    if (fchmod(fd, replace && stat(path, &old) == 0 ? old.st_mode & 0777 : 0600) != 0) {
        status = status_from_errno(errno, temporary);
    }
    if (status == ERROR_SUCCESS) {
        status = write_all(fd, temporary, data, size);
    }
    if (close(fd) != 0 && status == ERROR_SUCCESS) {
        status = status_from_errno(errno, temporary);
    }
    if (status == ERROR_SUCCESS) {
        status = put_in_place(folder, temporary, path, replace);
    }
    unlink(temporary); /* after a rename there is nothing left to remove */
cleanup:
    free(path);
    free(temporary);
    return status;
}

SECURITY_STATUS file_touch(const char *path)
{
    SECURITY_STATUS status = ERROR_SUCCESS;
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0) {
        return errno == EEXIST ? ERROR_SUCCESS : status_from_errno(errno, path);
    }
    if (fchmod(fd, 0600) != 0) { /* a strange umask */
        status = status_from_errno(errno, path);
    }
    close(fd);
    return status;
}

static bool is_temporary(const char *entry, const char *name)
{
    size_t length = strlen(name), mark = strlen(TEMPORARY);

    return strncmp(entry, name, length) == 0 && strncmp(entry + length, TEMPORARY, mark) == 0 &&
           strlen(entry + length + mark) == strlen(TEMPORARY_RANDOM);
}

SECURITY_STATUS file_remove_temporaries(const char *folder, const char *name)
{
    SECURITY_STATUS status = ERROR_SUCCESS;
    struct dirent *entry = NULL;
    DIR *list = opendir(folder);

    if (!list) {
        return status_from_errno(errno, folder);
    }
    while ((entry = readdir(list)) != NULL) {
        if (is_temporary(entry->d_name, name) && unlinkat(dirfd(list), entry->d_name, 0) != 0 && errno != ENOENT) {
            status = status_from_errno(errno, folder);
        }
    }
    closedir(list);
    return status;
}
