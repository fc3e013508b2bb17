/* SPDX-License-Identifier: MIT
 *
 * The private functions of the library: ncx_implementation(), ncx_versions() and looking after the stores
 * (ncx_store_*).
 */
#include <openssl/crypto.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ncrypt/internal.h"
#include "ncrypt_ext_compat.h"
#include "ncrypt_ext_engine.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char versions[160];

const char *ncx_implementation(void)
{
    return "portable";
}

static void write_versions(void)
{
    snprintf(versions, sizeof versions, "%s, SQLite %s", OpenSSL_version(OPENSSL_VERSION), sqlite3_libversion());
}

const char *ncx_versions(void)
{
    pthread_once(&once, write_versions);
    return versions;
}

int ncx_at_exit(void (*callback)(void))
{
    /* From here on libcrypto's own atexit function is registered, and what is registered later runs earlier. Asking
     * for nothing would register nothing. */
    return OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CRYPTO_STRINGS, NULL) == 1 ? atexit(callback) : -1;
}

static SECURITY_STATUS check_scope(uint32_t scope)
{
    if (scope != NCX_SCOPE_USER && scope != NCX_SCOPE_MACHINE) {
        return status_fail(NTE_INVALID_PARAMETER, "scope %u is neither the user's nor the machine's", (unsigned)scope);
    }
    return ERROR_SUCCESS;
}

static SECURITY_STATUS open_store(uint32_t scope, struct store **store)
{
    char *folder = NULL;
    SECURITY_STATUS status = check_scope(scope);

    if (status == ERROR_SUCCESS) {
        status = store_folder((enum store_scope)scope, &folder);
    }
    if (status == ERROR_SUCCESS) {
        status = store_acquire((enum store_scope)scope, folder, false, store);
    }
    free(folder);
    return status;
}

SECURITY_STATUS ncx_store_folder(uint32_t scope, char *folder, size_t size)
{
    char *path = NULL;
    SECURITY_STATUS status = check_scope(scope);

    if (status == ERROR_SUCCESS) {
        status = store_folder((enum store_scope)scope, &path);
    }
    if (status == ERROR_SUCCESS) {
        size_t length = strlen(path) + 1;

        if (length > size) {
            status = status_fail(NTE_BUFFER_TOO_SMALL, "the path takes %zu bytes", length);
        } else {
            memcpy(folder, path, length);
        }
    }
    free(path);
    return status;
}

static void copy_info(struct ncx_store_information *out, const struct store_info *info)
{
    memset(out, 0, sizeof *out);
    snprintf(out->folder, sizeof out->folder, "%s", info->folder);
    snprintf(out->database, sizeof out->database, "%s", info->database);
    memcpy(out->id, info->id, sizeof out->id);
    out->keys = info->keys;
    out->bytes = info->bytes;
    out->schema_version = info->schema_version;
    out->passphrase = info->passphrase;
    out->read_only = info->read_only;
}

SECURITY_STATUS ncx_store_info(uint32_t scope, struct ncx_store_information *info)
{
    struct store *store = NULL;
    struct store_info *found = malloc(sizeof *found);
    SECURITY_STATUS status = found == NULL ? status_no_memory() : open_store(scope, &store);

    if (status == ERROR_SUCCESS) {
        status = store_info(store, found);
    }
    if (status == ERROR_SUCCESS) {
        copy_info(info, found);
    }
    store_release(store);
    free(found);
    return status;
}

SECURITY_STATUS ncx_store_check(uint32_t scope, void (*report)(void *context, const char *sentence), void *context,
                                uint64_t *checked)
{
    struct store *store = NULL;
    SECURITY_STATUS status = open_store(scope, &store);

    *checked = 0;
    if (status == ERROR_SUCCESS) {
        status = store_check(store, report, context, checked);
    }
    store_release(store);
    return status;
}

SECURITY_STATUS ncx_store_backup(uint32_t scope, const char *folder)
{
    struct store *store = NULL;
    SECURITY_STATUS status = open_store(scope, &store);

    if (status == ERROR_SUCCESS) {
        status = store_backup(store, folder);
    }
    store_release(store);
    return status;
}

SECURITY_STATUS ncx_store_rekey(uint32_t scope, const char *passphrase, size_t size)
{
    struct store *store = NULL;
    SECURITY_STATUS status = open_store(scope, &store);

    if (status == ERROR_SUCCESS) {
        status = store_rekey(store, passphrase, size);
    }
    store_release(store);
    return status;
}

void ncx_store_set_passphrase(size_t (*callback)(void *context, const char *folder, char *out, size_t size),
                              void *context)
{
    store_set_passphrase(callback, context);
}
