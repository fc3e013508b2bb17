/* SPDX-License-Identifier: MIT
 *
 * CryptAcquireContextW, CryptContextAddRef, CryptReleaseContext.
 */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/fork.h"
#include "common/utf16.h"
#include "wincrypt/internal.h"

#define MAX_PROVIDER_NAME 260
#define MAX_PROVIDER_TYPE 999
#define ACQUIRE_FLAGS (CRYPT_VERIFYCONTEXT | CRYPT_NEWKEYSET | CRYPT_DELETEKEYSET | CRYPT_MACHINE_KEYSET | CRYPT_SILENT)

/* They all do the same here, but for the hashes of type 24. */
static const struct capi_provider providers[] = {
    {PROV_RSA_FULL, MS_STRONG_PROV_W},
    {PROV_RSA_FULL, MS_ENHANCED_PROV_W},
    {PROV_RSA_FULL, MS_DEF_PROV_W},
    {PROV_RSA_AES, MS_ENH_RSA_AES_PROV_W},
};

/* ---- the object ----------------------------------------------------------------------------------------------- */

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void renew_context_lock(void *object)
{
    struct capi_context *context = object;

    pthread_mutex_init(&context->lock, NULL);
    pthread_mutex_init(&context->provider->lock, NULL); /* NCryptTranslateHandle gives handles of it away */
}

static void renew_hash_locks(void *object)
{
    struct capi_hash *hash = object;

    pthread_mutex_init(&hash->lock, NULL);
    pthread_mutex_init(&hash->context->lock, NULL); /* the context's own handle may be released */
}

/* A thread of the parent may have held a lock; it does not exist here. */
static void fork_child(void)
{
    handle_each(HANDLE_CAPI_CONTEXT, renew_context_lock);
    handle_each(HANDLE_CAPI_HASH, renew_hash_locks);
}

static void register_fork(void)
{
    fork_register(&(struct fork_hooks){NULL, NULL, fork_child});
}

void capi_set_up(void)
{
    pthread_once(&once, register_fork);
}

struct capi_context *capi_context_ref(struct capi_context *context)
{
    atomic_fetch_add_explicit(&context->objects, 1, memory_order_relaxed);
    return context;
}

void capi_context_unref(void *object)
{
    struct capi_context *context = object;

    if (context == NULL || atomic_fetch_sub_explicit(&context->objects, 1, memory_order_acq_rel) != 1) {
        return;
    }
    for (size_t i = 0; i < CAPI_SPECS; i++) {
        capi_key_unref(context->keys[i]);
    }
    free(context->lister);
    free(context->container);
    pthread_mutex_destroy(&context->lock);
    provider_unref(context->provider);
    free(context);
}

SECURITY_STATUS capi_context_acquire(HCRYPTPROV handle, struct capi_context **context)
{
    *context = handle_acquire(handle, HANDLE_CAPI_CONTEXT);
    return *context == NULL ? capi_bad_handle("cryptographic context") : ERROR_SUCCESS;
}

SECURITY_STATUS capi_context_store(const struct capi_context *context, bool create, struct store **store)
{
    return provider_store(context->provider, context->machine ? STORE_MACHINE : STORE_USER, create, store);
}

/* ---- arguments ------------------------------------------------------------------------------------------------ */

SECURITY_STATUS capi_find_provider(const WCHAR *name, uint32_t type, const struct capi_provider **row)
{
    bool type_known = false, name_known = false;
    bool any = name == NULL || name[0] == 0;
    char printable[128];

    if (type == 0 || type > MAX_PROVIDER_TYPE) {
        return status_fail(NTE_BAD_PROV_TYPE, "provider type %u is not in 1 to %d", (unsigned)type, MAX_PROVIDER_TYPE);
    }
    if (!any && utf16_length(name, MAX_PROVIDER_NAME + 1) > MAX_PROVIDER_NAME) {
        return status_fail(NTE_KEYSET_NOT_DEF, "the provider name is longer than %d characters", MAX_PROVIDER_NAME);
    }
    for (size_t i = 0; i < sizeof providers / sizeof providers[0]; i++) {
        bool same_type = providers[i].type == type, same_name = any || utf16_equal_fold(name, providers[i].name);

        if (same_type && same_name) {
            *row = &providers[i];
            return ERROR_SUCCESS;
        }
        type_known = type_known || same_type;
        name_known = name_known || same_name;
    }
    if (!type_known) {
        return status_fail(NTE_PROV_TYPE_NOT_DEF, "there is no provider of type %u", (unsigned)type);
    }
    return status_fail(name_known ? NTE_PROV_TYPE_NO_MATCH : NTE_KEYSET_NOT_DEF,
                       name_known ? "the provider '%s' is of another type" : "no provider is named '%s'",
                       utf16_printable(name, printable, sizeof printable));
}

/* CRYPT_VERIFYCONTEXT is four bits that are one flag; at most one of the others says what is to be done. */
static SECURITY_STATUS check_acquire_flags(uint32_t flags, const WCHAR *container)
{
    uint32_t verify = flags & CRYPT_VERIFYCONTEXT;
    SECURITY_STATUS status = capi_check_flags(flags, ACQUIRE_FLAGS);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (verify != 0 && verify != CRYPT_VERIFYCONTEXT) {
        return status_fail(NTE_BAD_FLAGS, "flags 0x%X are only a part of CRYPT_VERIFYCONTEXT", (unsigned)verify);
    }
    if ((flags & CRYPT_DELETEKEYSET) && (verify != 0 || (flags & CRYPT_NEWKEYSET))) {
        return status_fail(NTE_BAD_FLAGS, "CRYPT_DELETEKEYSET goes with no other operation");
    }
    if (verify != 0 && container != NULL && container[0] != 0) {
        return status_fail(NTE_BAD_FLAGS, "CRYPT_VERIFYCONTEXT uses no container, and one is named");
    }
    return ERROR_SUCCESS;
}

/* The default container has the name of the user. */
static void login_name(WCHAR name[STORE_MAX_NAME + 1])
{
    char buffer[4096], text[STORE_MAX_NAME + 1];
    struct passwd entry, *found = NULL;
    size_t length = 0;

    if (getpwuid_r(geteuid(), &entry, buffer, sizeof buffer, &found) != 0 || found == NULL ||
        found->pw_name[0] == '\0') {
        snprintf(text, sizeof text, "%u", (unsigned)geteuid());
    } else {
        snprintf(text, sizeof text, "%s", found->pw_name);
    }
    for (; text[length] != '\0'; length++) {
        name[length] = (WCHAR)(unsigned char)text[length];
    }
    name[length] = 0;
}

static SECURITY_STATUS container_name(const WCHAR *given, WCHAR name[STORE_MAX_NAME + 1])
{
    size_t length = given == NULL ? 0 : utf16_length(given, STORE_MAX_NAME + 1);

    if (length == 0) {
        login_name(name);
        return ERROR_SUCCESS;
    }
    if (length > STORE_MAX_NAME) {
        return status_fail(NTE_BAD_KEYSET_PARAM, "the container name is longer than %d characters", STORE_MAX_NAME);
    }
    for (size_t i = 0; i <= length; i++) {
        name[i] = given[i];
    }
    return ERROR_SUCCESS;
}

/* ---- acquire -------------------------------------------------------------------------------------------------- */

static SECURITY_STATUS no_container(const WCHAR *name)
{
    char printable[128];

    return status_fail(NTE_BAD_KEYSET, "there is no container '%s'",
                       utf16_printable(name, printable, sizeof printable));
}

/* The container's row, or that of a CNG key that is seen as one. */
static SECURITY_STATUS read_container(struct store *store, const WCHAR *name, struct store_record *record)
{
    SECURITY_STATUS status = store_read(store, name, STORE_SLOT_CONTAINER, record);

    if (status == NTE_BAD_KEYSET) {
        status = store_read(store, name, STORE_SLOT_KEY, record);
        if (status == ERROR_SUCCESS && (record->flags & STORE_FLAG_LEGACY) == 0) {
            status = NTE_BAD_KEYSET;
        }
    }
    return status;
}

static SECURITY_STATUS set_container(struct capi_context *context, const WCHAR *name)
{
    free(context->container);
    context->container = utf16_copy(name, utf16_length(name, STORE_MAX_NAME));
    return context->container == NULL ? status_no_memory() : ERROR_SUCCESS;
}

/* With the name as it is stored. */
static SECURITY_STATUS open_container(struct capi_context *context, const WCHAR *name)
{
    struct store_record record = {0};
    struct store *store = NULL;
    SECURITY_STATUS status = capi_context_store(context, false, &store);

    if (status == ERROR_SUCCESS) {
        status = read_container(store, name, &record);
    }
    if (status == ERROR_SUCCESS) {
        status = set_container(context, record.name);
    } else if (status == NTE_BAD_KEYSET) {
        status = no_container(name);
    }
    store_record_clear(&record);
    store_release(store);
    return status;
}

static SECURITY_STATUS create_container(struct capi_context *context, const WCHAR *name)
{
    struct store *store = NULL;
    SECURITY_STATUS status = set_container(context, name);

    if (status == ERROR_SUCCESS) {
        status = capi_context_store(context, true, &store);
    }
    if (status == ERROR_SUCCESS) {
        status = store_create_container(store, name);
    }
    store_release(store);
    return status;
}

static SECURITY_STATUS delete_container(const struct capi_context *context, const WCHAR *name)
{
    struct store *store = NULL;
    SECURITY_STATUS status = capi_context_store(context, false, &store);

    if (status == ERROR_SUCCESS) {
        status = store_delete_container(store, name);
    }
    store_release(store);
    return status == NTE_BAD_KEYSET ? no_container(name) : status;
}

static SECURITY_STATUS new_context(const struct capi_provider *row, uint32_t flags, struct capi_context **out)
{
    struct capi_context *context = calloc(1, sizeof *context);
    SECURITY_STATUS status = context == NULL ? status_no_memory() : provider_new(&context->provider);

    if (status != ERROR_SUCCESS) {
        free(context);
        return status;
    }
    capi_set_up();
    context->objects = context->references = 1;
    context->row = row;
    context->machine = (flags & CRYPT_MACHINE_KEYSET) != 0;
    context->silent = (flags & CRYPT_SILENT) != 0;
    pthread_mutex_init(&context->lock, NULL);
    *out = context;
    return ERROR_SUCCESS;
}

/* Takes the context over. It has its handle before a container is made, so that nothing stays behind without one. */
static SECURITY_STATUS give_handle(struct capi_context *context, const WCHAR *name, uint32_t flags, HCRYPTPROV *handle)
{
    NCRYPT_HANDLE made = 0;
    SECURITY_STATUS status = handle_create(HANDLE_CAPI_CONTEXT, context, capi_context_unref, &made);

    if (status != ERROR_SUCCESS) {
        capi_context_unref(context);
        return status;
    }
    if ((flags & CRYPT_VERIFYCONTEXT) == 0) {
        status = flags & CRYPT_NEWKEYSET ? create_container(context, name) : open_container(context, name);
    }
    if (status == ERROR_SUCCESS) {
        *handle = made;
    } else {
        (void)!handle_close(made, HANDLE_CAPI_CONTEXT);
    }
    return status;
}

SECURITY_STATUS capi_acquire(HCRYPTPROV *handle, const WCHAR *container, const WCHAR *provider, uint32_t type,
                             uint32_t flags)
{
    WCHAR name[STORE_MAX_NAME + 1];
    const struct capi_provider *row = NULL;
    struct capi_context *context = NULL;
    SECURITY_STATUS status;

    if (handle == NULL) {
        return status_fail(ERROR_INVALID_PARAMETER, "phProv is NULL");
    }
    status = capi_find_provider(provider, type, &row);
    if (status == ERROR_SUCCESS) {
        status = check_acquire_flags(flags, container);
    }
    if (status == ERROR_SUCCESS) {
        status = container_name(container, name);
    }
    if (status == ERROR_SUCCESS) {
        status = new_context(row, flags, &context);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (flags & CRYPT_DELETEKEYSET) {
        status = delete_container(context, name);
        capi_context_unref(context);
        *handle = status == ERROR_SUCCESS ? 0 : *handle;
        return status;
    }
    return give_handle(context, name, flags, handle);
}

BOOL WINAPI CryptAcquireContextW(HCRYPTPROV *phProv, LPCWSTR szContainer, LPCWSTR szProvider, DWORD dwProvType,
                                 DWORD dwFlags)
{
    return capi_return("CryptAcquireContextW", capi_acquire(phProv, szContainer, szProvider, dwProvType, dwFlags));
}

/* ---- references ----------------------------------------------------------------------------------------------- */

static SECURITY_STATUS released(void)
{
    return capi_bad_handle("cryptographic context");
}

/* A context whose last reference is just being given up cannot be had back. */
static SECURITY_STATUS add_reference(struct capi_context *context)
{
    uint32_t references = atomic_load_explicit(&context->references, memory_order_relaxed);

    do {
        if (references == 0) {
            return released();
        }
        if (references == UINT32_MAX) {
            return status_fail(NTE_FAIL, "the context has too many references");
        }
    } while (!atomic_compare_exchange_weak_explicit(&context->references, &references, references + 1,
                                                    memory_order_relaxed, memory_order_relaxed));
    return ERROR_SUCCESS;
}

static SECURITY_STATUS add_ref(HCRYPTPROV handle, const DWORD *reserved, uint32_t flags)
{
    struct capi_context *context = NULL;
    SECURITY_STATUS status = capi_context_acquire(handle, &context);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (reserved != NULL || flags != 0) {
        status = status_fail(ERROR_INVALID_PARAMETER, "pdwReserved must be NULL and dwFlags 0");
    } else {
        status = add_reference(context);
    }
    handle_release(handle);
    return status;
}

BOOL WINAPI CryptContextAddRef(HCRYPTPROV hProv, DWORD *pdwReserved, DWORD dwFlags)
{
    return capi_return("CryptContextAddRef", add_ref(hProv, pdwReserved, dwFlags));
}

static SECURITY_STATUS drop_reference(HCRYPTPROV handle, struct capi_context *context)
{
    uint32_t references = atomic_load_explicit(&context->references, memory_order_relaxed);

    do {
        if (references == 0) {
            return released();
        }
    } while (!atomic_compare_exchange_weak_explicit(&context->references, &references, references - 1,
                                                    memory_order_relaxed, memory_order_relaxed));
    return references == 1 ? handle_close(handle, HANDLE_CAPI_CONTEXT) : ERROR_SUCCESS;
}

/* Flags fail the call and the context is released all the same: that is how the API is. */
static SECURITY_STATUS release(HCRYPTPROV handle, uint32_t flags)
{
    struct capi_context *context = NULL;
    SECURITY_STATUS status = capi_context_acquire(handle, &context);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = drop_reference(handle, context);
    handle_release(handle);
    return status == ERROR_SUCCESS ? capi_check_flags(flags, 0) : status;
}

BOOL WINAPI CryptReleaseContext(HCRYPTPROV hProv, DWORD dwFlags)
{
    return capi_return("CryptReleaseContext", release(hProv, dwFlags));
}
