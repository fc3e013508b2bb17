/* SPDX-License-Identifier: MIT
 *
 * What the files of this folder share: the objects behind HCRYPTPROV, HCRYPTKEY and HCRYPTHASH.
 *
 * A container is rows of the key store (ncrypt/store/store.h), its keys are the `struct key` of ncrypt/, and what they
 * do is done there. Hashes keep their context's object alive, and keys need none: the handles may be released in any
 * order. Every function checks in this order: handle, flags, pointers, state, sizes; then it acts. No lock is held
 * while libcrypto or the store work, but a hash's own while that hash is computed.
 */
#ifndef PORTABLE_WINCRYPT_INTERNAL_H
#define PORTABLE_WINCRYPT_INTERNAL_H

#include <openssl/evp.h>
#include <pthread.h>

#include "ncrypt/internal.h"

/* ---- last_error.c ------------------------------------------------------------------------------------------ */

/* Traces the call. For a failure the thread's last error becomes what these functions call that status (a Win32 error
 * number as it is, NTE_BUFFER_TOO_SMALL as ERROR_MORE_DATA and so on), with the sentence that belongs to it, and FALSE
 * is returned. Stands behind `return`. */
BOOL capi_return(const char *function, SECURITY_STATUS status);

/* ERROR_INVALID_PARAMETER, as Windows has it for handles of all kinds. */
SECURITY_STATUS capi_bad_handle(const char *what);

/* NTE_BAD_FLAGS unless all flags are known. */
MUST_CHECK SECURITY_STATUS capi_check_flags(uint32_t flags, uint32_t known);

/* Hands a value out: NTE_BUFFER_TOO_SMALL or a size query (`out` NULL) give its size. */
MUST_CHECK SECURITY_STATUS capi_output(const void *value, size_t size, BYTE *out, DWORD *out_size);
MUST_CHECK SECURITY_STATUS capi_output_dword(uint32_t value, BYTE *out, DWORD *out_size);

/* ---- context.c --------------------------------------------------------------------------------------------- */

#define CAPI_SPECS 2 /* AT_KEYEXCHANGE, AT_SIGNATURE */

struct capi_key {
    _Atomic uint32_t references; /* handles and the context */
    struct key *key;
};

struct capi_provider {
    uint32_t type;
    const WCHAR *name; /* the first of a type is its default */
};

struct capi_context {
    _Atomic uint32_t objects;    /* the handle, and the hashes made with it */
    _Atomic uint32_t references; /* of the handle: CryptContextAddRef */
    const struct capi_provider *row;
    struct provider *provider;
    WCHAR *container; /* NULL: no container, its keys are ephemeral */
    bool machine, silent;
    pthread_mutex_t lock; /* guards what follows */
    struct capi_key *keys[CAPI_SPECS];
    uint64_t made[CAPI_SPECS]; /* how many keys have been made: what was read before the last one is old */
    struct lister *lister;     /* of PP_ENUMCONTAINERS; NULL while a call uses it */
};

/* By type and name; NULL or empty names the type's default. */
MUST_CHECK SECURITY_STATUS capi_find_provider(const WCHAR *name, uint32_t type, const struct capi_provider **row);

/* CryptAcquireContextW. */
MUST_CHECK SECURITY_STATUS capi_acquire(HCRYPTPROV *handle, const WCHAR *container, const WCHAR *provider,
                                        uint32_t type, uint32_t flags);

struct capi_context *capi_context_ref(struct capi_context *context);
void capi_context_unref(void *context);

/* Pair with handle_release(). */
MUST_CHECK SECURITY_STATUS capi_context_acquire(HCRYPTPROV handle, struct capi_context **context);

MUST_CHECK SECURITY_STATUS capi_context_store(const struct capi_context *context, bool create, struct store **store);

/* Before the first object is made: what fork() needs. */
void capi_set_up(void);

/* ---- keys.c ------------------------------------------------------------------------------------------------ */

void capi_key_unref(void *key);

/* Pair with handle_release(). */
MUST_CHECK SECURITY_STATUS capi_key_acquire(HCRYPTKEY handle, struct key **key);

/* AT_KEYEXCHANGE or AT_SIGNATURE, and the algorithm that goes with it. */
uint32_t capi_key_spec(const struct key *key);
ALG_ID capi_key_algorithm(const struct key *key);

/* What a caller may do with the private key; an archivable one leaves through the handle that made it only. */
bool capi_key_exportable(const struct key *key);
bool capi_key_archivable(const struct key *key);

/* The stored key of a container, read now: its own, else the CNG key that is seen in its place. NTE_BAD_KEYSET. */
MUST_CHECK SECURITY_STATUS capi_open_key(struct provider *provider, bool machine, const WCHAR *container, uint32_t spec,
                                         struct key **key);

/* The stored key of a context's container, read now. NTE_NO_KEY when there is none. */
MUST_CHECK SECURITY_STATUS capi_read_key(const struct capi_context *context, uint32_t spec, struct key **key);

/* The context's key, whose reference is the caller's: from the store when `fresh`, else as this context last saw it. */
MUST_CHECK SECURITY_STATUS capi_user_key(struct capi_context *context, uint32_t spec, bool fresh,
                                         struct capi_key **key);

/* A key to be made in a context, with CryptGenKey's or CryptImportKey's flags. Stored when the context has a container,
 * unless `session`. */
MUST_CHECK SECURITY_STATUS capi_new_key(const struct capi_context *context, uint32_t spec, uint32_t flags, bool session,
                                        struct key **key);

/* A key that is stored nowhere, from the numbers of another one. It cannot be archived. */
MUST_CHECK SECURITY_STATUS capi_copy_key(const struct key *from, struct key **out);

/* Takes the key over, finishes it and makes it the context's. */
MUST_CHECK SECURITY_STATUS capi_finish_key(struct capi_context *context, struct key *key, HCRYPTKEY *handle);

/* A handle from capi_key_acquire()'s family for a hExpKey or hPubKey that must be 0. */
MUST_CHECK SECURITY_STATUS capi_check_no_key(HCRYPTKEY handle);

/* ---- hash.c ------------------------------------------------------------------------------------------------ */

#define CAPI_MAX_DIGEST 64

struct capi_digest {
    ALG_ID algorithm;
    const WCHAR *name; /* CNG's */
    uint32_t size;
    bool aes_only; /* of providers of type PROV_RSA_AES */
};

struct capi_hash {
    struct capi_context *context;
    const struct capi_digest *digest;
    pthread_mutex_t lock; /* guards what follows */
    EVP_MD_CTX *ctx;
    bool finished;
    uint8_t value[CAPI_MAX_DIGEST]; /* once finished */
};

/* Pair with handle_release(). */
MUST_CHECK SECURITY_STATUS capi_hash_acquire(HCRYPTHASH handle, struct capi_hash **hash);

/* Closes the hash for more data and copies its value. */
MUST_CHECK SECURITY_STATUS capi_hash_value(struct capi_hash *hash, uint8_t value[CAPI_MAX_DIGEST]);

#endif
