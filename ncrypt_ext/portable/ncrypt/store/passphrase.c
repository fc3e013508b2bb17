/* SPDX-License-Identifier: MIT
 *
 * Where the passphrase of a master key comes from.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/fork.h"
#include "common/secmem.h"
#include "ncrypt/store/environment.h"
#include "ncrypt/store/internal.h"

#define READ_MAX (PASSPHRASE_MAX + 3) /* a line break, and one byte to see that there is too much */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static store_passphrase callback;
static void *callback_context;
static char *from_descriptor; /* a descriptor can be read once; kept until the process ends */
static size_t from_descriptor_size;

static void reset_lock(void)
{
    pthread_mutex_init(&lock, NULL);
}

static void register_fork(void)
{
    static const struct fork_hooks hooks = {.child = reset_lock};

    fork_register(&hooks);
}

static void take_lock(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, register_fork);
    pthread_mutex_lock(&lock);
}

void store_set_passphrase(store_passphrase function, void *context)
{
    take_lock();
    callback = function;
    callback_context = context;
    pthread_mutex_unlock(&lock);
}

/* A file made with an editor ends in a newline that is not meant. An empty passphrase is a mistake, not a choice. */
static SECURITY_STATUS finish(const char *source, const char *buffer, size_t size, char **text, size_t *text_size)
{
    if (size > 0 && buffer[size - 1] == '\n') {
        size--;
    }
    if (size > 0 && buffer[size - 1] == '\r') {
        size--;
    }
    if (size > PASSPHRASE_MAX) {
        return status_fail(NTE_INCORRECT_PASSWORD, "the passphrase from %s is longer than %d bytes", source,
                           PASSPHRASE_MAX);
    }
    if (size == 0) {
        return status_fail(NTE_INCORRECT_PASSWORD, "the passphrase from %s is empty", source);
    }
    *text = secmem_copy(buffer, size);
    if (!*text) {
        return status_no_memory();
    }
    *text_size = size;
    return ERROR_SUCCESS;
}

static SECURITY_STATUS read_descriptor(const char *number, char **text, size_t *size)
{
    SECURITY_STATUS status = ERROR_SUCCESS;
    char buffer[READ_MAX], *end = NULL;
    size_t used = 0;
    long fd = strtol(number, &end, 10);

    if (*number == '\0' || *end != '\0' || fd < 0 || fd > 65535) {
        return status_fail(NTE_INCORRECT_PASSWORD, "NCRYPT_EXT_PASSPHRASE_FD is not the number of a file descriptor");
    }
    while (used < sizeof(buffer)) {
        ssize_t got = read((int)fd, buffer + used, sizeof(buffer) - used);

        if (got > 0) {
            used += (size_t)got;
        } else if (got == 0) {
            break;
        } else if (errno != EINTR) {
            status = status_fail(NTE_INCORRECT_PASSWORD, "NCRYPT_EXT_PASSPHRASE_FD: descriptor %ld cannot be read", fd);
            break;
        }
    }
    if (status == ERROR_SUCCESS) {
        status = finish("NCRYPT_EXT_PASSPHRASE_FD", buffer, used, text, size);
    }
    secmem_wipe(buffer, sizeof(buffer));
    return status;
}

static SECURITY_STATUS get_descriptor(const char *number, char **text, size_t *size)
{
    SECURITY_STATUS status = ERROR_SUCCESS;

    take_lock();
    if (!from_descriptor) {
        status = read_descriptor(number, &from_descriptor, &from_descriptor_size);
    }
    if (status == ERROR_SUCCESS) {
        *text = secmem_copy(from_descriptor, from_descriptor_size);
        *size = from_descriptor_size;
        if (!*text) {
            status = status_no_memory();
        }
    }
    pthread_mutex_unlock(&lock);
    return status;
}

static SECURITY_STATUS get_file(const char *path, char **text, size_t *size)
{
    char buffer[READ_MAX];
    size_t used = 0;
    SECURITY_STATUS status = file_read(path, (uint8_t *)buffer, sizeof(buffer), &used);

    if (status != ERROR_SUCCESS) {
        return status_fail(NTE_INCORRECT_PASSWORD, "NCRYPT_EXT_PASSPHRASE_FILE: %s cannot be read", path);
    }
    status = finish("NCRYPT_EXT_PASSPHRASE_FILE", buffer, used, text, size);
    secmem_wipe(buffer, sizeof(buffer));
    return status;
}

static SECURITY_STATUS get_callback(const char *folder, char **text, size_t *size)
{
    SECURITY_STATUS status = ERROR_SUCCESS;
    store_passphrase function = NULL;
    void *context = NULL;
    char buffer[READ_MAX];
    size_t used = 0;

    take_lock();
    function = callback;
    context = callback_context;
    pthread_mutex_unlock(&lock);
    if (!function) {
        return ERROR_SUCCESS;
    }
    used = function(context, folder, buffer, sizeof(buffer)); /* without any lock: it may ask a human */
    if (used > sizeof(buffer)) { /* not the same as none: a new store would be made without a passphrase */
        status = status_fail(NTE_INCORRECT_PASSWORD, "the application's passphrase callback failed");
    } else if (used > 0) {
        status = finish("the application", buffer, used, text, size);
    }
    secmem_wipe(buffer, sizeof(buffer));
    return status;
}

SECURITY_STATUS passphrase_get(const char *folder, char **text, size_t *size)
{
    const char *number = environment_get("NCRYPT_EXT_PASSPHRASE_FD");
    const char *path = environment_get("NCRYPT_EXT_PASSPHRASE_FILE");

    *text = NULL;
    *size = 0;
    if (number) {
        return get_descriptor(number, text, size);
    }
    if (path) {
        return get_file(path, text, size);
    }
    return get_callback(folder, text, size);
}
