/* SPDX-License-Identifier: MIT
 *
 * What the files of this folder share: the objects behind provider and key handles.
 *
 * Every NCrypt function checks in this order: handle, flags, pointers, state, usage, sizes; then it acts. Locks, in the
 * order in which they may be taken: a key's or provider's lock, then that of its chaining or the store's. No lock but
 * that of a symmetric key's chaining is held while libcrypto works.
 */
#ifndef PORTABLE_NCRYPT_INTERNAL_H
#define PORTABLE_NCRYPT_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "common/handle.h"
#include "common/status.h"
#include "common/trace.h"
#include "ncrypt/key/algorithm.h"
#include "ncrypt/key/components.h"
#include "ncrypt/key/material.h"
#include "ncrypt/parameters.h"
#include "ncrypt/store/store.h"

/* ---- provider.c -------------------------------------------------------------------------------------------- */

struct provider {
    _Atomic uint32_t references;
    char *folder[2];      /* by store_scope; NULL: could not be told when the provider was opened */
    pthread_mutex_t lock; /* guards what follows */
    WCHAR *use_context;
    HWND window;
};

MUST_CHECK SECURITY_STATUS provider_new(struct provider **provider);
struct provider *provider_ref(struct provider *provider);
void provider_unref(void *provider);

/* The store of a scope; see store_acquire(). */
MUST_CHECK SECURITY_STATUS provider_store(struct provider *provider, enum store_scope scope, bool create,
                                          struct store **store);

/* ---- bag.c: named values ------------------------------------------------------------------------------------ */

struct bag_entry {
    struct bag_entry *next;
    WCHAR *name;
    size_t size;
    uint8_t *data; /* never NULL */
};

struct bag {
    struct bag_entry *first;
};

const struct bag_entry *bag_find(const struct bag *bag, const WCHAR *name);

/* A loose entry, and putting it in the place of one with its name: apart, so that what can fail comes before a change.
 */
struct bag_entry *bag_entry_new(const WCHAR *name, const uint8_t *data, size_t size);
void bag_entry_free(struct bag_entry *entry);
void bag_put(struct bag *bag, struct bag_entry *entry);

MUST_CHECK SECURITY_STATUS bag_set(struct bag *bag, const WCHAR *name, const uint8_t *data, size_t size);
void bag_remove(struct bag *bag, const WCHAR *name);
void bag_clear(struct bag *bag);

/* ---- key.c: the key object ---------------------------------------------------------------------------------- */

enum key_state { KEY_UNFINALIZED, KEY_FINALIZING, KEY_READY };

struct ui_policy {
    bool present;
    uint32_t flags;
    WCHAR *text[3]; /* creation title, friendly name, description; each may be NULL */
};

struct key {
    struct provider *provider;
    _Atomic int state;
    struct material *material; /* set once, before the state becomes KEY_READY */
    _Atomic uint32_t export_policy, key_usage;
    _Atomic bool used; /* the private key has been used */

    pthread_mutex_t lock; /* guards what follows; the state begins and ends finalizing with it held */
    const struct algorithm *algorithm;
    const struct curve *curve;
    const struct parameter_set *set;
    uint32_t length;      /* bits; 0: not told yet */
    uint32_t legacy_spec; /* 0, AT_KEYEXCHANGE, AT_SIGNATURE */
    enum store_slot slot; /* where a key with a name is stored; CryptoAPI's keys have one of their own, named or not */
    bool machine, overwrite, legacy_store, generic_ecc;
    bool imported;             /* came in by NCryptImportKey */
    bool original;             /* this handle made or imported the key: archiving policies apply */
    bool archived;             /* and its one archiving export has been done */
    struct components pending; /* given before finalize: numbers of a blob, parameters; algorithm NULL: none */
    WCHAR *name;               /* NULL: ephemeral */
    int64_t stored_id;         /* of the stored key, once there is one */
    uint64_t modified;         /* FILETIME ticks */
    struct ui_policy ui;
    WCHAR *use_context;
    HWND window;
    struct chaining *chaining; /* of symmetric keys, with a lock of its own; else NULL. Set once, by key_new() */
    _Atomic(struct secret *) derivation; /* made at first use, of keys that others are derived from; needs no lock */
    struct bag session;                  /* custom properties of this handle */
    struct bag stored;                   /* custom properties kept with the key */
};

MUST_CHECK SECURITY_STATUS key_new(struct provider *provider, const struct algorithm *algorithm, struct key **key);
void key_destroy(void *key);
MUST_CHECK SECURITY_STATUS key_set_name(struct key *key, const WCHAR *name);
MUST_CHECK SECURITY_STATUS key_handle(struct key *key, NCRYPT_KEY_HANDLE *handle);

/* Generates the key or loads what was given for it, stores it when it has a name, and makes it ready. */
MUST_CHECK SECURITY_STATUS key_finalize(struct key *key, bool validate, bool legacy_store, bool silent);

/* The key of a live handle, in any state: pair with handle_release(). Else NTE_INVALID_HANDLE. */
MUST_CHECK SECURITY_STATUS key_acquire(NCRYPT_KEY_HANDLE handle, struct key **key);

/* NTE_BAD_KEY_STATE unless the key has been finalized. */
MUST_CHECK SECURITY_STATUS key_check_ready(const struct key *key);

/* Loads a stored key. */
MUST_CHECK SECURITY_STATUS key_from_record(struct provider *provider, const struct store_record *record, bool machine,
                                           struct key **key);

/* Loads the key of that name, or the container's that is found under it; `spec` may be 0. NTE_BAD_KEYSET. */
MUST_CHECK SECURITY_STATUS key_open_stored(struct provider *provider, const WCHAR *name, uint32_t spec, bool machine,
                                           struct key **key);

/* Changes the newest stored version of a key in one transaction. `change` gets it taken apart, without material: name,
 * policies and stored properties; when it fails, nothing is written. NTE_BAD_KEYSET when the key is gone. */
typedef SECURITY_STATUS (*key_rewrite)(struct key *stored, void *context);
MUST_CHECK SECURITY_STATUS key_modify_stored(struct provider *provider, bool machine, int64_t stored_id,
                                             key_rewrite change, void *context);

/* What may change in a stored key. Applied to the newest stored version: other handles' changes stay. */
struct key_change {
    const struct bag_entry *property; /* NULL: none */
    const uint32_t *export_policy;    /* NULL: stays; may only become stricter than the stored one */
};
MUST_CHECK SECURITY_STATUS key_change_stored(struct key *key, const struct key_change *change);

/* Whether one export policy lets out no more than another: leave to export in the clear includes leave to export
 * encrypted. */
static inline bool policy_is_within(uint32_t wanted, uint32_t policy)
{
    if (policy & NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG) {
        policy |= NCRYPT_ALLOW_EXPORT_FLAG | NCRYPT_ALLOW_PKCS11_RSA_AES_EXPORT_FLAG;
    }
    if (policy & NCRYPT_ALLOW_PLAINTEXT_ARCHIVING_FLAG) {
        policy |= NCRYPT_ALLOW_ARCHIVING_FLAG;
    }
    return (wanted & ~policy) == 0;
}

/* The algorithm that the key reports and is stored with. */
const struct algorithm *key_algorithm(const struct key *key);

void ui_policy_clear(struct ui_policy *ui);

/* NTE_INVALID_PARAMETER unless 1 to STORE_MAX_NAME units. */
MUST_CHECK SECURITY_STATUS key_check_name(const WCHAR *name);

/* After an operation with the private key that wrote to `out`; a size query is none. */
static inline void key_mark_used(struct key *key, const void *out)
{
    if (out != NULL && !atomic_load_explicit(&key->used, memory_order_relaxed)) {
        atomic_store_explicit(&key->used, true, memory_order_relaxed);
    }
}

/* ---- use.c ---------------------------------------------------------------------------------------------------- */

/* NTE_PERM when the usage does not allow the operation. */
MUST_CHECK SECURITY_STATUS key_check_usage(const struct key *key, uint32_t usage);

/* material_sign() for a key that is ready, if its usage allows it. */
MUST_CHECK SECURITY_STATUS key_sign(struct key *key, const void *padding, uint32_t flags, const uint8_t *hash,
                                    uint32_t hash_size, uint8_t *out, uint32_t out_size, DWORD *result);

/* ---- cipher.c: how a symmetric key's handle chains, and what it encrypts and decrypts ------------------------- */

MUST_CHECK SECURITY_STATUS chaining_new(struct chaining **chaining);
void chaining_free(struct chaining *chaining);
void chaining_renew_lock(struct chaining *chaining); /* in the child of a fork; NULL is allowed */

const WCHAR *chaining_mode_name(struct chaining *chaining);
bool chaining_set_mode(struct chaining *chaining, const WCHAR *name); /* false: there is no such mode */

/* The vector, which has one block of the cipher; false when there is none yet. */
bool chaining_iv(struct chaining *chaining, uint8_t *out, uint32_t block);
void chaining_set_iv(struct chaining *chaining, const uint8_t *iv, uint32_t block);

struct cipher_buffers {
    const uint8_t *in;
    uint32_t in_size;
    uint8_t *out; /* NULL: only the size is asked for */
    uint32_t out_size;
    DWORD *result;
};

/* NCryptEncrypt and NCryptDecrypt for a symmetric key that is ready, if its usage allows it. */
MUST_CHECK SECURITY_STATUS cipher_run(struct key *key, bool decrypt, const NCRYPT_CIPHER_PADDING_INFO *info,
                                      uint32_t flags, const struct cipher_buffers *buffers);

/* ---- agreement.c: the secret object -------------------------------------------------------------------------- */

/* A pseudorandom key that HKDF expands. */
struct hkdf_key {
    const EVP_MD *md;
    size_t size;
    uint8_t data[];
};

/* What two keys have agreed on. There is no lock: the bytes never change, and the rest is set by compare-and-swap. */
struct secret {
    uint8_t *shared; /* wiped memory, big-endian */
    size_t size;
    _Atomic(const EVP_MD *) hkdf_md;     /* as the property says */
    _Atomic(struct hkdf_key *) hkdf_key; /* made once, by one of the two properties that do */
};

/* With these bytes, or (NULL) zeros. */
MUST_CHECK SECURITY_STATUS secret_new(const uint8_t *shared, size_t size, struct secret **secret);
void secret_destroy(void *secret);

/* NCryptSetProperty for a secret; the name's length has been checked. `data` may be NULL when `size` is 0. */
MUST_CHECK SECURITY_STATUS secret_set_property(struct secret *secret, const WCHAR *name, const uint8_t *data,
                                               uint32_t size, uint32_t flags);

/* ---- derive.c, derive_*.c: key derivation functions
 * ------------------------------------------------------------------------ */

/* NCryptDeriveKey without the handle, the pointers having been checked. */
MUST_CHECK SECURITY_STATUS derive_key(const struct secret *secret, const WCHAR *kdf, const NCryptBufferDesc *list,
                                      uint8_t *out, uint32_t out_size, DWORD *result, uint32_t flags);

/* The pseudorandom key of a secret; `salt` may be empty. Free with secmem_free(). */
MUST_CHECK SECURITY_STATUS derive_hkdf_extract(const struct secret *secret, const EVP_MD *md, const uint8_t *salt,
                                               size_t salt_size, struct hkdf_key **key);

/* ---- opaque.c: OpaqueTransport ------------------------------------------------------------------------------- */

/* A ready key, whose policy allows it: see blob_format.write. NTE_BAD_TYPE for a public key. */
MUST_CHECK SECURITY_STATUS opaque_write(struct key *key, uint8_t *out, size_t out_size, size_t *result);

/* The key as it was, with its name and its numbers pending; it is not finalized and has no handle. NTE_BAD_DATA for
 * what no store of this user or machine has sealed. */
MUST_CHECK SECURITY_STATUS opaque_read(struct provider *provider, const uint8_t *data, size_t size, struct key **key);

/* ---- lister.c: the rows of a store, a page at a time ------------------------------------------------------------ */

#define LISTER_PAGE 64

/* Takes the same memory for any number of rows. Zero-initialised but for the first two; holds nothing. */
struct lister {
    struct provider *provider;
    enum store_scope scope;
    bool at_end; /* the page is the last one */
    int64_t last_id;
    size_t next, count;
    struct store_record page[LISTER_PAGE];
};

/* The next row, which stays the next one until lister_advance(); NTE_NO_MORE_ITEMS when there is none. */
MUST_CHECK SECURITY_STATUS lister_peek(struct lister *lister, const struct store_record **record);
void lister_advance(struct lister *lister);

/* ---- persist.c: a key's payload in the store ----------------------------------------------------------------- */

/* Fills the record's columns and a fresh payload from the key; `components` hold its numbers. */
MUST_CHECK SECURITY_STATUS persist_encode(const struct key *key, const struct components *components,
                                          struct store_record *record);

/* Sets the key's curve, policies, UI policy and stored properties from the record and gives its numbers. */
MUST_CHECK SECURITY_STATUS persist_decode(const struct store_record *record, struct key *key,
                                          struct components *components);

/* Finds one stored property in the record's payload, in which `data` then points, without a look at the key's numbers.
 * NTE_NOT_FOUND without a sentence when there is none of that name. */
MUST_CHECK SECURITY_STATUS persist_property(const struct store_record *record, const WCHAR *name, const uint8_t **data,
                                            size_t *size);

/* ---- buffer.c: memory that callers free with NCryptFreeBuffer ------------------------------------------------- */

enum buffer_kind { BUFFER_LIST, BUFFER_ENUM_STATE };

/* Zeroed memory, or NULL. `destroy` (may be NULL) runs before the memory is freed. */
void *buffer_alloc(enum buffer_kind kind, size_t size, void (*destroy)(void *buffer));

/* True when `buffer` came from buffer_alloc() with that kind and has not been freed. Never reads through it. */
bool buffer_is(const void *buffer, enum buffer_kind kind);

/* Copies a string behind a list's entries: returns where it stands now and moves `*next` past it. */
WCHAR *buffer_append(uint8_t **next, const WCHAR *text);

#endif
