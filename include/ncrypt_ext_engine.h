/* SPDX-License-Identifier: MIT
 *
 * What the portable engine offers beside the Windows functions: looking after the key stores. Private to this package:
 * the extension module _engine is the only caller, and there is none of it on Windows.
 *
 * Every function takes a scope: 0 is the user's store, 1 the machine's. Failures are the store's status codes
 * (portable/ncrypt/store/store.h), each with a sentence for ncx_error_detail(). No function creates a store that is not
 * there: a missing one is NTE_BAD_KEYSET.
 */
#ifndef NCRYPT_EXT_ENGINE_H
#define NCRYPT_EXT_ENGINE_H

#include <stddef.h>

#include "ncrypt.h"

#ifdef __cplusplus
extern "C" {
#endif

#define NCX_SCOPE_USER    0u
#define NCX_SCOPE_MACHINE 1u

#define NCX_PATH_SIZE 4096

struct ncx_store_information {
    char folder[NCX_PATH_SIZE];
    char database[NCX_PATH_SIZE];
    uint8_t id[16];
    uint64_t keys;
    uint64_t bytes;
    uint32_t schema_version;
    uint32_t passphrase; /* 1: the master key is wrapped by a passphrase */
    uint32_t read_only;  /* 1: opened without the right or the means to write */
};

/* Where the store of that scope is or would be: a NUL-terminated path. Does not open it. NTE_BUFFER_TOO_SMALL when
 * `size` bytes do not hold it. */
SECURITY_STATUS ncx_store_folder(uint32_t scope, char *folder, size_t size);

SECURITY_STATUS ncx_store_info(uint32_t scope, struct ncx_store_information *info);

/* Reads every page and opens every seal. `report` is called on the calling thread with a sentence for each fault. The
 * first fault's status is returned, and `checked` counts the keys that were looked at in any case. */
SECURITY_STATUS ncx_store_check(uint32_t scope, void (*report)(void *context, const char *sentence), void *context,
                                uint64_t *checked);

/* A consistent copy of database and master key in a new folder, while others keep working. */
SECURITY_STATUS ncx_store_backup(uint32_t scope, const char *folder);

/* Wraps the master key anew: under a passphrase of `size` bytes, or (passphrase NULL) in a file of mode 0600. */
SECURITY_STATUS ncx_store_rekey(uint32_t scope, const char *passphrase, size_t size);

/* Where the passphrase comes from when one is needed and the environment names no source: writes up to `size` bytes
 * to `out` and returns their number, 0 when there is none, SIZE_MAX when it failed. Called on whichever thread opens
 * the store, which it may not use itself. NULL unsets. */
void ncx_store_set_passphrase(size_t (*callback)(void *context, const char *folder, char *out, size_t size),
                              void *context);

#ifdef __cplusplus
}
#endif

#endif
