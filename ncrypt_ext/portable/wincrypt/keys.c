/* SPDX-License-Identifier: MIT
 *
 * CryptGenKey, CryptGetUserKey, CryptDestroyKey, and what all functions with keys share.
 */
#include <stdlib.h>

#include "wincrypt/internal.h"

#define GENERATE_FLAGS   (CRYPT_EXPORTABLE | CRYPT_USER_PROTECTED | CRYPT_ARCHIVABLE)
#define DEFAULT_BITS     1024
#define EXPORT_POLICY    (NCRYPT_ALLOW_EXPORT_FLAG | NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG)
#define ARCHIVING_POLICY (NCRYPT_ALLOW_ARCHIVING_FLAG | NCRYPT_ALLOW_PLAINTEXT_ARCHIVING_FLAG)

/* ---- the object ----------------------------------------------------------------------------------------------- */

/* Takes the key over, also when that fails. */
static SECURITY_STATUS wrap(struct key *key, struct capi_key **out)
{
    struct capi_key *made = malloc(sizeof *made);

    if (made == NULL) {
        key_destroy(key);
        return status_no_memory();
    }
    made->references = 1;
    made->key = key;
    *out = made;
    return ERROR_SUCCESS;
}

static struct capi_key *ref(struct capi_key *key)
{
    if (key != NULL) {
        atomic_fetch_add_explicit(&key->references, 1, memory_order_relaxed);
    }
    return key;
}

void capi_key_unref(void *object)
{
    struct capi_key *key = object;

    if (key != NULL && atomic_fetch_sub_explicit(&key->references, 1, memory_order_acq_rel) == 1) {
        key_destroy(key->key);
        free(key);
    }
}

SECURITY_STATUS capi_key_acquire(HCRYPTKEY handle, struct key **key)
{
    struct capi_key *object = handle_acquire(handle, HANDLE_CAPI_KEY);

    if (object == NULL) {
        return capi_bad_handle("CryptoAPI key");
    }
    if (key_check_ready(object->key) != ERROR_SUCCESS) { /* its handle has not been given to anybody */
        handle_release(handle);
        return capi_bad_handle("CryptoAPI key");
    }
    *key = object->key;
    return ERROR_SUCCESS;
}

SECURITY_STATUS capi_check_no_key(HCRYPTKEY handle)
{
    struct key *key = NULL;
    SECURITY_STATUS status;

    if (handle == 0) {
        return ERROR_SUCCESS;
    }
    status = capi_key_acquire(handle, &key);
    if (status == ERROR_SUCCESS) {
        handle_release(handle);
        status = status_fail(NTE_BAD_KEY, "wrapping under another key is not supported");
    }
    return status;
}

uint32_t capi_key_spec(const struct key *key)
{
    return key->legacy_spec == AT_SIGNATURE ? AT_SIGNATURE : AT_KEYEXCHANGE;
}

ALG_ID capi_key_algorithm(const struct key *key)
{
    return capi_key_spec(key) == AT_SIGNATURE ? CALG_RSA_SIGN : CALG_RSA_KEYX;
}

bool capi_key_exportable(const struct key *key)
{
    return key->material->has_private && (key->export_policy & NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG) != 0;
}

bool capi_key_archivable(const struct key *key)
{
    return key->material->has_private && (key->export_policy & NCRYPT_ALLOW_PLAINTEXT_ARCHIVING_FLAG) != 0 &&
           key->original;
}

/* ---- the context's keys --------------------------------------------------------------------------------------- */

static SECURITY_STATUS no_key(uint32_t spec)
{
    return status_fail(NTE_NO_KEY, "the context has no key of specification %u", (unsigned)spec);
}

/* The container's own key, else the CNG key that is seen in its place. */
static SECURITY_STATUS read_slot(struct store *store, const WCHAR *container, uint32_t spec,
                                 struct store_record *record)
{
    SECURITY_STATUS status =
        store_read(store, container, spec == AT_SIGNATURE ? STORE_SLOT_SIGNATURE : STORE_SLOT_KEYEXCHANGE, record);

    if (status != NTE_BAD_KEYSET) {
        return status;
    }
    status = store_read(store, container, STORE_SLOT_KEY, record);
    if (status == ERROR_SUCCESS && ((record->flags & STORE_FLAG_LEGACY) == 0 ||
                                    (record->legacy_spec == AT_SIGNATURE ? AT_SIGNATURE : AT_KEYEXCHANGE) != spec)) {
        store_record_clear(record);
        status = NTE_BAD_KEYSET;
    }
    return status;
}

SECURITY_STATUS capi_open_key(struct provider *provider, bool machine, const WCHAR *container, uint32_t spec,
                              struct key **key)
{
    struct store_record record = {0};
    struct store *store = NULL;
    SECURITY_STATUS status = provider_store(provider, machine ? STORE_MACHINE : STORE_USER, false, &store);

    if (status == ERROR_SUCCESS) {
        status = read_slot(store, container, spec, &record);
    }
    if (status == ERROR_SUCCESS) {
        status = key_from_record(provider, &record, machine, key);
    }
    store_record_clear(&record);
    store_release(store);
    return status;
}

SECURITY_STATUS capi_read_key(const struct capi_context *context, uint32_t spec, struct key **key)
{
    SECURITY_STATUS status = capi_open_key(context->provider, context->machine, context->container, spec, key);

    return status == NTE_BAD_KEYSET ? no_key(spec) : status;
}

/* A key has been made: the context keeps a reference of its own to it, in the place of the one it had; NULL forgets
 * that. */
static void keep_made(struct capi_context *context, uint32_t spec, struct capi_key *key)
{
    struct capi_key *old;

    pthread_mutex_lock(&context->lock);
    old = context->keys[spec - 1];
    context->keys[spec - 1] = ref(key);
    context->made[spec - 1]++;
    pthread_mutex_unlock(&context->lock);
    capi_key_unref(old);
}

static uint64_t count_made(struct capi_context *context, uint32_t spec)
{
    uint64_t made;

    pthread_mutex_lock(&context->lock);
    made = context->made[spec - 1];
    pthread_mutex_unlock(&context->lock);
    return made;
}

/* The same for a key that was read, unless another thread has made a new one since `made` were counted. */
static void keep_read(struct capi_context *context, uint32_t spec, struct capi_key *key, uint64_t made)
{
    struct capi_key *old = NULL;

    pthread_mutex_lock(&context->lock);
    if (context->made[spec - 1] == made) {
        old = context->keys[spec - 1];
        context->keys[spec - 1] = ref(key);
    }
    pthread_mutex_unlock(&context->lock);
    capi_key_unref(old);
}

static struct capi_key *kept(struct capi_context *context, uint32_t spec)
{
    struct capi_key *key;

    pthread_mutex_lock(&context->lock);
    key = ref(context->keys[spec - 1]);
    pthread_mutex_unlock(&context->lock);
    return key;
}

SECURITY_STATUS capi_user_key(struct capi_context *context, uint32_t spec, bool fresh, struct capi_key **out)
{
    struct capi_key *key = fresh && context->container != NULL ? NULL : kept(context, spec);
    struct key *read = NULL;
    SECURITY_STATUS status = ERROR_SUCCESS;

    if (key == NULL && context->container == NULL) {
        return no_key(spec);
    }
    if (key == NULL) {
        uint64_t made = count_made(context, spec);

        status = capi_read_key(context, spec, &read);
        if (status == ERROR_SUCCESS) {
            status = wrap(read, &key);
        }
        if (status == ERROR_SUCCESS) {
            keep_read(context, spec, key, made);
        }
    }
    if (status == ERROR_SUCCESS) {
        *out = key;
    }
    return status;
}

static SECURITY_STATUS get_user_key(HCRYPTPROV handle, uint32_t spec, HCRYPTKEY *out)
{
    struct capi_context *context = NULL;
    struct capi_key *key = NULL;
    SECURITY_STATUS status = capi_context_acquire(handle, &context);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (out == NULL) {
        status = status_fail(ERROR_INVALID_PARAMETER, "phUserKey is NULL");
    } else if (spec != AT_KEYEXCHANGE && spec != AT_SIGNATURE) {
        status =
            status_fail(NTE_BAD_KEY, "key specification %u is neither AT_KEYEXCHANGE nor AT_SIGNATURE", (unsigned)spec);
    }
    if (status == ERROR_SUCCESS) {
        status = capi_user_key(context, spec, true, &key);
    }
    if (status == ERROR_SUCCESS) {
        status = handle_create(HANDLE_CAPI_KEY, key, capi_key_unref, out);
        if (status != ERROR_SUCCESS) {
            capi_key_unref(key);
        }
    }
    handle_release(handle);
    return status;
}

BOOL WINAPI CryptGetUserKey(HCRYPTPROV hProv, DWORD dwKeySpec, HCRYPTKEY *phUserKey)
{
    return capi_return("CryptGetUserKey", get_user_key(hProv, dwKeySpec, phUserKey));
}

/* ---- new keys ------------------------------------------------------------------------------------------------- */

SECURITY_STATUS capi_new_key(const struct capi_context *context, uint32_t spec, uint32_t flags, bool session,
                             struct key **out)
{
    struct key *key = NULL;
    SECURITY_STATUS status = ERROR_SUCCESS;

    if (flags & CRYPT_USER_PROTECTED) {
        return status_fail(context->silent ? NTE_SILENT_CONTEXT : NTE_UI_REQUIRED,
                           "CRYPT_USER_PROTECTED asks for a dialog, and there is no user interface here");
    }
    status = key_new(context->provider, algorithm_by_name(NCRYPT_RSA_ALGORITHM), &key);
    if (status == ERROR_SUCCESS && context->container != NULL && !session) {
        status = key_set_name(key, context->container);
    }
    if (status != ERROR_SUCCESS) {
        key_destroy(key);
        return status;
    }
    key->machine = context->machine;
    key->legacy_spec = spec;
    key->slot = spec == AT_SIGNATURE ? STORE_SLOT_SIGNATURE : STORE_SLOT_KEYEXCHANGE;
    key->export_policy =
        (flags & CRYPT_EXPORTABLE ? EXPORT_POLICY : 0u) | (flags & CRYPT_ARCHIVABLE ? ARCHIVING_POLICY : 0u);
    *out = key;
    return ERROR_SUCCESS;
}

/* What the context keeps of a key that is finished, NULL for nothing: a stored one is read anew when the context needs
 * it, and of one that may be archived it has a copy. What only the handle that made a key may do stays with this
 * handle.
 */
static SECURITY_STATUS for_context(struct capi_key *made, struct capi_key **kept_key)
{
    struct key *copy = NULL;
    SECURITY_STATUS status;

    if (made->key->name != NULL) {
        return ERROR_SUCCESS;
    }
    if (!capi_key_archivable(made->key)) {
        *kept_key = ref(made);
        return ERROR_SUCCESS;
    }
    status = capi_copy_key(made->key, &copy);
    return status == ERROR_SUCCESS ? wrap(copy, kept_key) : status;
}

/* It has its handle before it may be stored, so that nothing stays behind when there is none. */
SECURITY_STATUS capi_finish_key(struct capi_context *context, struct key *key, HCRYPTKEY *handle)
{
    struct capi_key *object = NULL, *kept_key = NULL;
    NCRYPT_HANDLE made = 0;
    SECURITY_STATUS status = wrap(key, &object);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = handle_create(HANDLE_CAPI_KEY, ref(object), capi_key_unref, &made);
    if (status != ERROR_SUCCESS) {
        capi_key_unref(object);
        capi_key_unref(object);
        return status;
    }
    status = key_finalize(key, true, false, true);
    if (status == ERROR_SUCCESS) {
        status = for_context(object, &kept_key);
    }
    if (status == ERROR_SUCCESS) {
        if (key->material->has_private) {
            keep_made(context, key->legacy_spec, kept_key);
        }
        *handle = made;
    } else {
        (void)!handle_close(made, HANDLE_CAPI_KEY);
    }
    capi_key_unref(kept_key);
    capi_key_unref(object);
    return status;
}

static SECURITY_STATUS generated_spec(ALG_ID algorithm, uint32_t *spec)
{
    if (algorithm == AT_KEYEXCHANGE || algorithm == CALG_RSA_KEYX) {
        *spec = AT_KEYEXCHANGE;
    } else if (algorithm == AT_SIGNATURE || algorithm == CALG_RSA_SIGN) {
        *spec = AT_SIGNATURE;
    } else {
        return status_fail(NTE_BAD_ALGID, "keys of algorithm 0x%X cannot be generated", (unsigned)algorithm);
    }
    return ERROR_SUCCESS;
}

static SECURITY_STATUS check_bits(uint32_t bits)
{
    return material_capi_length_valid(bits)
               ? ERROR_SUCCESS
               : status_fail(ERROR_INVALID_PARAMETER, "RSA keys of %u bits cannot be generated", (unsigned)bits);
}

static SECURITY_STATUS generate(HCRYPTPROV handle, ALG_ID algorithm, uint32_t flags, HCRYPTKEY *out)
{
    uint32_t spec = 0, bits = flags >> 16 == 0 ? DEFAULT_BITS : flags >> 16;
    struct capi_context *context = NULL;
    struct key *key = NULL;
    SECURITY_STATUS status = capi_context_acquire(handle, &context);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = capi_check_flags(flags & 0xFFFFu, GENERATE_FLAGS);
    if (status == ERROR_SUCCESS && out == NULL) {
        status = status_fail(ERROR_INVALID_PARAMETER, "phKey is NULL");
    }
    if (status == ERROR_SUCCESS) {
        status = generated_spec(algorithm, &spec);
    }
    if (status == ERROR_SUCCESS) {
        status = check_bits(bits);
    }
    if (status == ERROR_SUCCESS) {
        status = capi_new_key(context, spec, flags, false, &key);
    }
    if (status == ERROR_SUCCESS) {
        key->length = bits;
        status = capi_finish_key(context, key, out);
    }
    handle_release(handle);
    return status;
}

BOOL WINAPI CryptGenKey(HCRYPTPROV hProv, ALG_ID Algid, DWORD dwFlags, HCRYPTKEY *phKey)
{
    return capi_return("CryptGenKey", generate(hProv, Algid, dwFlags, phKey));
}

static SECURITY_STATUS destroy(HCRYPTKEY handle)
{
    SECURITY_STATUS status = handle_close(handle, HANDLE_CAPI_KEY);

    return status == NTE_INVALID_HANDLE ? capi_bad_handle("CryptoAPI key") : status;
}

BOOL WINAPI CryptDestroyKey(HCRYPTKEY hKey)
{
    return capi_return("CryptDestroyKey", destroy(hKey));
}
