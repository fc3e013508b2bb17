/* SPDX-License-Identifier: MIT
 *
 * Where persisted keys live. One store object per process and folder; every function may be called from any thread.
 * Nothing outside this folder of the source knows that it is an SQLite database; nothing inside it knows what a key
 * is: it keeps a sealed payload of bytes with the columns that describe it.
 *
 * Failures, each with a sentence that names the file:
 *   HRESULT_FROM_WIN32(ERROR_DISK_FULL)              no room
 *   HRESULT_FROM_WIN32(ERROR_WRITE_PROTECT)          the folder or file system is read-only and the call writes
 *   HRESULT_FROM_WIN32(ERROR_BUSY)                   another process held the lock longer than the bounded wait; or a
 *                                                    passphrase callback used the store that it was asked about
 *   HRESULT_FROM_WIN32(ERROR_FILE_CORRUPT)           the database file or the master key file is damaged
 *   HRESULT_FROM_WIN32(ERROR_NOT_SUPPORTED)          network file system
 *   HRESULT_FROM_WIN32(ERROR_NO_USER_KEYS)           the master key file is missing beside an existing database
 *   HRESULT_FROM_WIN32(ERROR_INVALID_SECURITY_DESCR) folder or files are readable by others, or someone else's
 *   HRESULT_FROM_WIN32(ERROR_IO_DEVICE)              other input/output errors
 *   NTE_BAD_VER                                      written by a newer version
 *   NTE_INCORRECT_PASSWORD                           wrong passphrase, or none given though one is needed
 *   NTE_KEYSET_ENTRY_BAD                             a stored row was altered: its seal does not fit
 *   NTE_PERM                                         the system refuses access
 *   HRESULT_FROM_WIN32(ERROR_PATH_NOT_FOUND)         the database was removed or replaced under an acquired store
 *
 * Environment (not read in a set-user-id process): NCRYPT_EXT_HOME, XDG_DATA_HOME and HOME say where stores are;
 * NCRYPT_EXT_PASSPHRASE_FD (read once in a process) and NCRYPT_EXT_PASSPHRASE_FILE give the passphrase, of which one
 * line break at the end is dropped; NCRYPT_EXT_LOCK_TIMEOUT_MS (5000) is how long a call waits for another process, and
 * NCRYPT_EXT_ALLOW_NETWORK_FS=1 allows network file systems; both are read when a store is opened.
 *
 * fork(): the parent's threads are let out of the store first, for up to ten seconds; the child's calls on stores that
 * it inherited work, on connections of its own. Only when a call was still under way then, the child gets
 * HRESULT_FROM_WIN32(ERROR_BUSY) for this store.
 */
#ifndef PORTABLE_NCRYPT_STORE_STORE_H
#define PORTABLE_NCRYPT_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/status.h"

enum store_scope { STORE_USER = 0, STORE_MACHINE = 1 };

#define STORE_MAX_NAME    260         /* UTF-16 units without the NUL */
#define STORE_MAX_PAYLOAD (16u << 20) /* bytes of a key with its properties */

struct store;

/* What a row is. A name belongs to one key of CNG's, to one container of CryptoAPI's with up to two keys, or to both;
 * where there is a container's key there is its container, too. */
enum store_slot {
    STORE_SLOT_KEY = 0,         /* a CNG key */
    STORE_SLOT_KEYEXCHANGE = 1, /* a container's key: AT_KEYEXCHANGE, AT_SIGNATURE */
    STORE_SLOT_SIGNATURE = 2,
    STORE_SLOT_CONTAINER = 3, /* the container itself, which is there before its keys and without them: holds no key */
};

/* One stored key. All columns and the name are bound to the seal of the payload. */
struct store_record {
    int64_t id;          /* never used twice in a store; set by the store */
    uint64_t created;    /* FILETIME ticks; set by the store at creation */
    uint64_t modified;   /* the same; set by the store at each write */
    uint64_t generation; /* counts the writes; set by the store */
    WCHAR name[STORE_MAX_NAME + 1];
    WCHAR algorithm[65]; /* "RSA" */
    uint32_t length;     /* bits */
    uint32_t export_policy;
    uint32_t key_usage;
    uint32_t legacy_spec; /* 0, AT_KEYEXCHANGE, AT_SIGNATURE */
    uint32_t flags;       /* STORE_FLAG_*, and the slot: store_slot() */
    uint8_t *payload;     /* secmem; NULL when only the columns were read */
    size_t payload_size;
};

#define STORE_FLAG_LEGACY       0x1 /* finalized with NCRYPT_WRITE_KEY_TO_LEGACY_STORE_FLAG: also seen as a container */
#define STORE_FLAG_CERTIFICATES 0x2 /* the payload has certificates: a listing of them reads no other */
#define STORE_SLOT_SHIFT        4
#define STORE_SLOT_MASK         (3u << STORE_SLOT_SHIFT)

static inline enum store_slot store_slot(const struct store_record *record)
{
    return (enum store_slot)((record->flags & STORE_SLOT_MASK) >> STORE_SLOT_SHIFT);
}

static inline uint32_t store_slot_flags(enum store_slot slot)
{
    return (uint32_t)slot << STORE_SLOT_SHIFT;
}

void store_record_clear(struct store_record *record);

/* The folder of a scope, resolved now (NCRYPT_EXT_HOME, then the platform's data folder); a malloc'ed path. */
MUST_CHECK SECURITY_STATUS store_folder(enum store_scope scope, char **folder);

/* The store of a folder, shared by all who ask in this process and kept open until the process ends. With `create`
 * it is made when there is none; without, a missing store is NTE_BAD_KEYSET. If the database file has been replaced
 * since, the store is opened anew. Pair with store_release(). */
MUST_CHECK SECURITY_STATUS store_acquire(enum store_scope scope, const char *folder, bool create, struct store **store);
void store_release(struct store *store);

/* Adds a key: durable when this returns, by exactly one sync. Names are compared with ASCII case ignored. Fills id,
 * created, modified, generation. What is in the way, decided and replaced in the same transaction, depends on the slot:
 *   key            NTE_EXISTS when the name has a key, unless `overwrite`, which replaces it; NTE_EXISTS when it has no
 *                  key and has a container
 *   container's    replaces the container's key of that slot; NTE_BAD_KEYSET when there is no container. A CNG key that
 *                  is seen as one is enough: the container is then made beside it
 *   container      NTE_EXISTS when the name has a container or a key; see also store_create_container() */
MUST_CHECK SECURITY_STATUS store_create(struct store *store, struct store_record *record, bool overwrite);

/* Several at once, none of which overwrites: all of them or none. After a failure what is in the records does not
 * count.
 */
MUST_CHECK SECURITY_STATUS store_create_all(struct store *store, struct store_record *records, size_t count);

/* NTE_EXISTS when the name has a container or a key. */
MUST_CHECK SECURITY_STATUS store_create_container(struct store *store, const WCHAR *name);

/* Removes a container with its keys; a CNG key of that name stays and is no longer seen as a container. NTE_BAD_KEYSET
 * when there is nothing of the kind. */
MUST_CHECK SECURITY_STATUS store_delete_container(struct store *store, const WCHAR *name);

/* By name (ASCII case ignored) and slot. NTE_BAD_KEYSET when there is none. */
MUST_CHECK SECURITY_STATUS store_read(struct store *store, const WCHAR *name, enum store_slot slot,
                                      struct store_record *record);

/* A key, in any slot that holds one, by the name that store_unique_name() gives. NTE_BAD_KEYSET when there is none or
 * it is no such name. */
MUST_CHECK SECURITY_STATUS store_read_unique(struct store *store, const WCHAR *unique, struct store_record *record);

/* NTE_BAD_KEYSET or ERROR_SUCCESS, without opening the payload. */
MUST_CHECK SECURITY_STATUS store_exists(struct store *store, const WCHAR *name, enum store_slot slot);

/* 64 hexadecimal digits and NUL: "<32 digits of what the row is found by>_<31 of the store's id>". */
MUST_CHECK SECURITY_STATUS store_unique_name(const struct store *store, const WCHAR *name, enum store_slot slot,
                                             WCHAR unique[65]);

/* Reads the newest version of a key, lets `change` alter the record (it may replace the payload; name and slot stay),
 * writes it back in one transaction with one sync. NTE_BAD_KEYSET when the key has been deleted. A failing `change`
 * changes nothing. */
typedef SECURITY_STATUS (*store_change)(struct store_record *record, void *context);
MUST_CHECK SECURITY_STATUS store_modify(struct store *store, int64_t id, store_change change, void *context);

/* By id, so that a later key of the same name is not hit. NTE_BAD_KEYSET when it is gone. */
MUST_CHECK SECURITY_STATUS store_delete(struct store *store, int64_t id);

/* Enumeration in order of creation and in constant memory: reads the columns of up to `capacity` rows of all slots with
 * an id above `after` (0: from the start). Keys added or removed meanwhile may or may not appear. Unsealed: columns
 * only. */
MUST_CHECK SECURITY_STATUS store_list(struct store *store, int64_t after, struct store_record *records, size_t capacity,
                                      size_t *count);

/* ---- bytes that only this store reads again (transport.c) --------------------------------------------------- */

#define STORE_SEAL_SIZE (16 + 12 + 16) /* what sealing adds */

/* Writes `size` + STORE_SEAL_SIZE bytes. `label` says what they are for. */
MUST_CHECK SECURITY_STATUS store_seal(struct store *store, uint32_t label, const uint8_t *data, size_t size,
                                      uint8_t *out);

/* `size` is that of the sealed bytes, STORE_SEAL_SIZE more than what is written. NTE_NOT_FOUND (no sentence) when
 * another store has sealed them, NTE_BAD_DATA when they have been altered. */
MUST_CHECK SECURITY_STATUS store_unseal(struct store *store, uint32_t label, const uint8_t *data, size_t size,
                                        uint8_t *out);

/* ---- watching ---------------------------------------------------------------------------------------------- */

/* Tells that the store of a folder has changed, whoever changed it: a key was added, altered or deleted, or the store
 * itself came or went. It is never missed, and may be told where nothing has: after a fork, for example. One thread at
 * a time but for store_watch_pause(). */
struct store_watch;

/* From now on. The folder need not be there. */
MUST_CHECK SECURITY_STATUS store_watch_begin(enum store_scope scope, const char *folder, struct store_watch **watch);
void store_watch_end(struct store_watch *watch);

/* Whether something has changed since it was last asked. `*pause` is how many milliseconds may pass at most before it
 * is worth asking again, unless store_watch_pause() returns before. */
MUST_CHECK SECURITY_STATUS store_watch_ask(struct store_watch *watch, bool *changed, uint32_t *pause);

/* Waits until something happens in the folder, where the system tells that, or that many milliseconds. */
void store_watch_pause(const struct store_watch *watch, uint32_t milliseconds);

/* ---- maintenance, for doctor() and the engine's own extras ------------------------------------------------ */

struct store_info {
    char folder[4096];
    char database[4096];
    uint32_t schema_version;
    uint8_t id[16];
    uint64_t keys; /* without containers */
    uint64_t bytes;
    bool passphrase; /* the master key is wrapped by a passphrase */
    bool read_only;
};
MUST_CHECK SECURITY_STATUS store_info(struct store *store, struct store_info *info);

/* Reads every page, opens every seal, and looks at the permissions again. `report` (may be NULL) is called for each
 * fault with a sentence; returns the first fault's code. Constant memory. */
MUST_CHECK SECURITY_STATUS store_check(struct store *store, void (*report)(void *context, const char *sentence),
                                       void *context, uint64_t *checked);

/* A consistent copy of database and master key in a new folder (NTE_EXISTS), while others keep working. */
MUST_CHECK SECURITY_STATUS store_backup(struct store *store, const char *folder);

/* Re-wraps the master key: under a passphrase, or (NULL) in a file of mode 0600. The keys are not re-sealed. A
 * passphrase that no source could give back is NTE_INVALID_PARAMETER: an empty one, one of more than 4096 bytes, or one
 * with a line break at its end. */
MUST_CHECK SECURITY_STATUS store_rekey(struct store *store, const char *passphrase, size_t size);

/* Where the passphrase comes from when one is needed and neither NCRYPT_EXT_PASSPHRASE_FD nor
 * NCRYPT_EXT_PASSPHRASE_FILE is set: writes up to `size` bytes and returns their number, 0 when there is
 * none, SIZE_MAX when it failed. */
typedef size_t (*store_passphrase)(void *context, const char *folder, char *out, size_t size);
void store_set_passphrase(store_passphrase callback, void *context);

#endif
