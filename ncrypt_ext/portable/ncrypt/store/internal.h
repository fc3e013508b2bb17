/* SPDX-License-Identifier: MIT
 *
 * What the files of the store share; nothing outside this folder (but the store's own C tests) includes it.
 *
 * Locks, in the order they are taken: registry, gate, store.write_lock, store.lock; or store.watch_lock. A store's
 * folder is opened without any of them, because a passphrase callback may do anything but use the store that is being
 * opened.
 */
#ifndef PORTABLE_NCRYPT_STORE_INTERNAL_H
#define PORTABLE_NCRYPT_STORE_INTERNAL_H

#include <openssl/evp.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "ncrypt/store/store.h"

#define STORE_DATABASE   "keys.db"
#define STORE_MASTER_KEY "master.key"

#define STORE_ID_SIZE   16
#define STORE_HASH_SIZE 32

#define SEAL_KEY_SIZE   32
#define SEAL_NONCE_SIZE 12
#define SEAL_TAG_SIZE   16

#define POOL_READERS 8

/* ---- folder.c: where a store is and who may open it ------------------------------------------------------- */

/* "<folder>/<name><suffix>", malloc'ed; NULL when memory is short. */
char *folder_path(const char *folder, const char *name, const char *suffix);

/* Makes the folder when it is missing and `create`; refuses network file systems and folders that others can enter. */
MUST_CHECK SECURITY_STATUS folder_prepare(enum store_scope scope, const char *folder, bool create, bool *read_only);

/* Refuses folder and files of the wrong owner or mode; the sentence names each of them. */
MUST_CHECK SECURITY_STATUS folder_check(enum store_scope scope, const char *folder);

/* The name of the network file system with this magic number (statfs), NULL for a local one. */
const char *folder_network_name(unsigned long magic);

MUST_CHECK SECURITY_STATUS folder_sync(const char *folder);

/* ---- file.c: small files, written as a whole or not at all ------------------------------------------------ */

/* Reads up to `capacity` bytes; a longer file gives `capacity`. HRESULT_FROM_WIN32(ERROR_PATH_NOT_FOUND) when missing.
 */
MUST_CHECK SECURITY_STATUS file_read(const char *path, uint8_t *data, size_t capacity, size_t *size);

/* Writes "<folder>/<name>" with mode 0600 (or the mode of the file it replaces): by a temporary file, synced, then put
 * in place in one step, folder synced. Without `replace` an existing file is left alone: NTE_EXISTS. */
MUST_CHECK SECURITY_STATUS file_write(const char *folder, const char *name, const uint8_t *data, size_t size,
                                      bool replace);

/* Removes what file_write() left behind in processes that were killed. One that is at work now fails. */
MUST_CHECK SECURITY_STATUS file_remove_temporaries(const char *folder, const char *name);

/* Makes an empty file of mode 0600; an existing one is left alone and is no error. */
MUST_CHECK SECURITY_STATUS file_touch(const char *path);

/* ---- passphrase.c ----------------------------------------------------------------------------------------- */

#define PASSPHRASE_MAX 4096 /* bytes */

/* From the file descriptor, the file or the callback; `*text` (secmem) is NULL when there is no source. */
MUST_CHECK SECURITY_STATUS passphrase_get(const char *folder, char **text, size_t *size);

/* ---- seal.c: AES-256-GCM and SHA-256 with contexts that are set up once ----------------------------------- */

/* One thread at a time. */
struct sealer {
    EVP_CIPHER_CTX *encrypt, *decrypt;
    EVP_MD_CTX *digest;
    const EVP_MD *sha256;
};

MUST_CHECK SECURITY_STATUS sealer_init(struct sealer *sealer, const uint8_t key[SEAL_KEY_SIZE]);
void sealer_clear(struct sealer *sealer);

/* Writes a fresh nonce and `size` + SEAL_TAG_SIZE bytes. */
MUST_CHECK SECURITY_STATUS sealer_seal(struct sealer *sealer, const uint8_t *aad, size_t aad_size, const uint8_t *in,
                                       size_t size, uint8_t nonce[SEAL_NONCE_SIZE], uint8_t *out);

/* `size` includes the tag; writes `size` - SEAL_TAG_SIZE bytes. NTE_BAD_DATA (no sentence) when it does not fit. */
MUST_CHECK SECURITY_STATUS sealer_open(struct sealer *sealer, const uint8_t nonce[SEAL_NONCE_SIZE], const uint8_t *aad,
                                       size_t aad_size, const uint8_t *in, size_t size, uint8_t *out);

/* What a row is found by: the SHA-256 of its name in UTF-16LE with ASCII letters folded; for slots other than the CNG
 * key's two zero bytes and the slot's number follow the name. */
MUST_CHECK SECURITY_STATUS sealer_name_hash(struct sealer *sealer, const WCHAR *name, enum store_slot slot,
                                            uint8_t hash[STORE_HASH_SIZE]);

/* The bytes that are hashed; their number. NTE_INVALID_PARAMETER for a name that is too long. */
#define SEAL_MAX_NAME (2 * STORE_MAX_NAME + 3)
MUST_CHECK SECURITY_STATUS seal_name(const WCHAR *name, enum store_slot slot, uint8_t out[SEAL_MAX_NAME], size_t *size);
MUST_CHECK SECURITY_STATUS seal_sha256(const uint8_t *data, size_t size, uint8_t hash[STORE_HASH_SIZE]);

/* Little-endian numbers; each returns the place behind. */
uint8_t *put_u16(uint8_t *out, uint16_t value);
uint8_t *put_u32(uint8_t *out, uint32_t value);
uint8_t *put_u64(uint8_t *out, uint64_t value);
uint8_t *put_bytes(uint8_t *out, const void *data, size_t size);
uint32_t get_u32(const uint8_t *in);

/* ---- masterkey.c ------------------------------------------------------------------------------------------ */

struct masterkey {
    uint8_t store_id[STORE_ID_SIZE];
    bool passphrase;
    uint8_t *key; /* secmem */
};

void masterkey_clear(struct masterkey *master);

/* HRESULT_FROM_WIN32(ERROR_PATH_NOT_FOUND) when there is none. */
MUST_CHECK SECURITY_STATUS masterkey_load(const char *folder, struct masterkey *master);

/* A new key and store id; when another process makes one at the same time, that one is loaded instead. */
MUST_CHECK SECURITY_STATUS masterkey_create(const char *folder, struct masterkey *master);

/* Writes the file: raw without a passphrase. NTE_EXISTS when it exists, unless `replace`. */
MUST_CHECK SECURITY_STATUS masterkey_write(const char *folder, const struct masterkey *master, const char *passphrase,
                                           size_t size, bool replace);

/* ---- the store object ------------------------------------------------------------------------------------- */

enum store_state { STORE_OPENING, STORE_READY, STORE_DETACHED };

struct store {
    struct store *next;     /* registry: these under its lock, up to the inode */
    enum store_state state; /* detached: its file was replaced; freed when the last user lets go */
    unsigned references;
    pthread_t opener; /* meant while it is being opened */
    dev_t device;
    ino_t inode;

    enum store_scope scope; /* these do not change once the store is ready */
    char *folder, *database;
    uint8_t id[STORE_ID_SIZE];
    uint8_t *key; /* secmem */
    bool read_only, immutable;
    uint32_t schema_version;
    int64_t lock_timeout; /* milliseconds */
    atomic_bool passphrase;

    atomic_bool stale; /* a fork happened: the connections are the parent's */
    bool stale_busy;   /* ... and some were in use then */
    pthread_mutex_t lock;
    pthread_cond_t returned;
    struct connection *idle; /* readers not in use */
    unsigned readers;        /* readers open */

    pthread_mutex_t write_lock;
    struct connection *writer;
    int64_t last_id;        /* under write_lock, as is the next */
    uint32_t checkpoint_at; /* frames in the log from which the next commit is followed by a checkpoint */

    pthread_mutex_t watch_lock; /* guards what follows; never held together with the two above */
    struct connection *watcher; /* a reader that only counts the commits of the others */
    int64_t watched_version;
    uint64_t changes;
};

/* ---- sqlite_scope.c: keeps fork() out while a thread is inside SQLite -------------------------------------- */

/* Around every call of SQLite; they nest. */
void sqlite_scope_begin(void);
void sqlite_scope_end(void);

/* For the fork hooks of the registry. The first waits a bounded time and tells whether everyone is out. */
bool sqlite_scope_before_fork(void);
void sqlite_scope_after_fork_in_parent(void);
void sqlite_scope_after_fork_in_child(void);

/* ---- registry.c ------------------------------------------------------------------------------------------- */

/* Closes the stores nobody uses. For tests. */
void registry_close_unused(void);

/* ---- open.c ----------------------------------------------------------------------------------------------- */

/* Fills a store whose scope and folder are set. */
MUST_CHECK SECURITY_STATUS store_open(struct store *store, bool create);
void store_free(struct store *store);

/* Whether the database's path still leads to the file that this store has opened. */
bool store_same_file(const struct store *store);

/* NTE_BAD_KEYSET with its sentence. */
SECURITY_STATUS store_missing(const char *folder);

/* ---- connection.c: SQLite connections and what their failures mean ----------------------------------------- */

enum statement {
    STATEMENT_BEGIN,
    STATEMENT_COMMIT,
    STATEMENT_ROLLBACK,
    STATEMENT_READ_HASH,
    STATEMENT_READ_HASH_RANGE,
    STATEMENT_READ_ID,
    STATEMENT_FIND_HASH,
    STATEMENT_LIST,
    STATEMENT_CHECK,
    STATEMENT_INSERT,
    STATEMENT_UPDATE,
    STATEMENT_DELETE,
    STATEMENT_MARK,
    STATEMENT_COUNT,
};

struct connection {
    struct connection *next;
    const struct store *store;
    sqlite3 *db;
    sqlite3_stmt *statement[STATEMENT_COUNT];
    struct sealer sealer;
    int64_t deadline;   /* when waiting for another process's lock ends */
    uint32_t wal_pages; /* frames in the log after the last commit */
};

MUST_CHECK SECURITY_STATUS connection_open(const struct store *store, bool writer, struct connection **connection);
void connection_close(struct connection *connection);

/* The time allowed to wait for locks starts now. */
void connection_start(struct connection *connection);

/* Prepared at first use; the caller resets it. */
MUST_CHECK SECURITY_STATUS connection_statement(struct connection *connection, enum statement which,
                                                sqlite3_stmt **statement);
void connection_reset(sqlite3_stmt *statement);

/* Runs a statement without results. */
MUST_CHECK SECURITY_STATUS connection_run(struct connection *connection, enum statement which, const char *what);
MUST_CHECK SECURITY_STATUS connection_exec(struct connection *connection, const char *sql, const char *what);

/* Ends a transaction that is still open. The statement is prepared when the connection is opened, and running it needs
 * no memory: a connection never keeps a transaction, with the lock of the writers, because memory was short. */
void connection_rollback(struct connection *connection);

/* The first column of the first row of `sql`, which has one. */
MUST_CHECK SECURITY_STATUS connection_number(struct connection *connection, const char *sql, int64_t *number);

/* For a failed SQLite call: never ERROR_SUCCESS. The sentence is "<file>: <what>: <reason>". */
SECURITY_STATUS connection_fail(struct connection *connection, int result, const char *what);

int64_t connection_clock(void);

/* ---- schema.c --------------------------------------------------------------------------------------------- */

typedef SECURITY_STATUS (*schema_step)(struct connection *connection);

/* steps[i] makes version i + 2 out of version i + 1. */
struct schema {
    uint32_t version;
    const schema_step *steps;
};

/* What this engine writes; tests put their own in its place. */
extern const struct schema *schema_current;

/* Makes, upgrades or refuses the database behind a fresh connection; verifies that store id and master key are its. */
MUST_CHECK SECURITY_STATUS schema_prepare(struct store *store, struct connection *connection, bool create);

/* ---- copy.c ----------------------------------------------------------------------------------------------- */

/* A consistent copy of the database in a new file of mode 0600, durable when this returns. */
MUST_CHECK SECURITY_STATUS copy_database(struct connection *source, const char *path);

/* ---- pool.c ----------------------------------------------------------------------------------------------- */

/* A reader for this thread alone; pair with pool_return(). Enters the gate. */
MUST_CHECK SECURITY_STATUS pool_take(struct store *store, struct connection **connection);
void pool_return(struct store *store, struct connection *connection);
void pool_close(struct store *store);

/* A number that is another one whenever anybody, in this process or elsewhere, has committed something since it was
 * asked for; and once after a fork. HRESULT_FROM_WIN32(ERROR_PATH_NOT_FOUND) when the file was removed or replaced.
 * Enters the gate. */
MUST_CHECK SECURITY_STATUS pool_changes(struct store *store, uint64_t *changes);

/* The writer with a transaction begun; pair with transaction_end(), which commits when `status` is success and rolls
 * back otherwise, and returns what the caller returns. Enters the gate. */
MUST_CHECK SECURITY_STATUS transaction_begin(struct store *store, struct connection **connection);
MUST_CHECK SECURITY_STATUS transaction_end(struct store *store, struct connection *connection, SECURITY_STATUS status);

/* ---- row.c: rows of the table and records ----------------------------------------------------------------- */

/* All columns of the present row; opens the seal. */
MUST_CHECK SECURITY_STATUS row_read(struct connection *connection, sqlite3_stmt *row, struct store_record *record);

/* What can be read of the columns; false when not even the name can. */
bool row_list(sqlite3_stmt *row, struct store_record *record);

/* Seals the record and runs STATEMENT_INSERT or STATEMENT_UPDATE with it. NTE_EXISTS: the id is taken. */
MUST_CHECK SECURITY_STATUS row_write(struct connection *connection, enum statement which,
                                     const struct store_record *record);

/* Windows' 100-nanosecond ticks since 1601. */
uint64_t row_clock(void);

/* Gives the record its id and times, and inserts it. */
MUST_CHECK SECURITY_STATUS row_insert_new(struct store *store, struct connection *connection,
                                          struct store_record *record);

/* NTE_INVALID_PARAMETER for a name, algorithm or payload that cannot be stored. */
MUST_CHECK SECURITY_STATUS row_validate(const struct store_record *record);

/* ---- records.c: steps of the functions of store.h, within a transaction or a reader's turn ------------------ */

/* The id of the row; NTE_BAD_KEYSET (no sentence) when there is none. */
MUST_CHECK SECURITY_STATUS record_find(struct connection *connection, const WCHAR *name, enum store_slot slot,
                                       int64_t *id);

/* The row, its seal opened; NTE_BAD_KEYSET (no sentence) when there is none. */
MUST_CHECK SECURITY_STATUS record_read(struct connection *connection, const WCHAR *name, enum store_slot slot,
                                       struct store_record *record);

MUST_CHECK SECURITY_STATUS record_delete(struct store *store, struct connection *connection, int64_t id);

/* ---- container.c: what else has the name of a new row --------------------------------------------------------- */

/* Makes room for a new row as store_create() says. */
MUST_CHECK SECURITY_STATUS container_make_room(struct store *store, struct connection *connection,
                                               const struct store_record *record, bool overwrite);

/* ---- maintenance.c ---------------------------------------------------------------------------------------- */

#define WAL_FRAME_SIZE (4096 + 24)

/* Frames in the log that call for a checkpoint after a commit, and when a store is opened; so long is the log kept. */
#define MAINTENANCE_LIMIT 1000
extern uint32_t maintenance_commit_limit; /* the same, but in tests */

void maintenance_after_commit(struct store *store, struct connection *writer);
void maintenance_at_open(struct store *store, struct connection *writer);

#endif
