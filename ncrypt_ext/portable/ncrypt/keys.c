/* SPDX-License-Identifier: MIT
 *
 * NCryptCreatePersistedKey, NCryptFinalizeKey, NCryptOpenKey, NCryptDeleteKey, NCryptIsKeyHandle, NCryptFreeObject.
 */
#include <stdlib.h>

#include "common/utf16.h"
#include "ncrypt/internal.h"

#define VIRTUAL_ISOLATION_FLAGS                                                                                        \
    (NCRYPT_PREFER_VIRTUAL_ISOLATION_FLAG | NCRYPT_USE_VIRTUAL_ISOLATION_FLAG | NCRYPT_USE_PER_BOOT_KEY_FLAG)
#define CREATE_FLAGS                                                                                                   \
    (NCRYPT_MACHINE_KEY_FLAG | NCRYPT_SILENT_FLAG | NCRYPT_OVERWRITE_KEY_FLAG |                                        \
     NCRYPT_TREAT_NIST_AS_GENERIC_ECC_FLAG | VIRTUAL_ISOLATION_FLAGS)
#define FINALIZE_FLAGS (NCRYPT_SILENT_FLAG | NCRYPT_NO_KEY_VALIDATION | NCRYPT_WRITE_KEY_TO_LEGACY_STORE_FLAG)
#define OPEN_FLAGS     (NCRYPT_MACHINE_KEY_FLAG | NCRYPT_SILENT_FLAG | NCRYPT_TREAT_NIST_AS_GENERIC_ECC_FLAG)

static SECURITY_STATUS check_flags(uint32_t flags, uint32_t allowed)
{
    if (flags & ~allowed) {
        return status_fail(NTE_BAD_FLAGS, "flags 0x%X have no meaning here", (unsigned)(flags & ~allowed));
    }
    if (flags & NCRYPT_USE_VIRTUAL_ISOLATION_FLAG & allowed) {
        return status_fail(NTE_VBS_UNAVAILABLE, "there is no virtualization-based security here");
    }
    return ERROR_SUCCESS;
}

static SECURITY_STATUS check_spec(uint32_t spec)
{
    if (spec != 0 && spec != AT_KEYEXCHANGE && spec != AT_SIGNATURE) {
        return status_fail(NTE_INVALID_PARAMETER, "legacy key specification %u is none of 0, 1 and 2", (unsigned)spec);
    }
    return ERROR_SUCCESS;
}

static SECURITY_STATUS exists_already(const char *what, const WCHAR *name)
{
    char printable[128];

    return status_fail(NTE_EXISTS, "a %s named '%s' exists already", what,
                       utf16_printable(name, printable, sizeof printable));
}

/* NTE_EXISTS when the name is taken: by a key that is not to be overwritten, or by nothing but a container. */
static SECURITY_STATUS check_name_in(struct store *store, const WCHAR *name, bool overwrite)
{
    SECURITY_STATUS status = store_exists(store, name, STORE_SLOT_KEY);

    if (status == ERROR_SUCCESS) {
        return overwrite ? ERROR_SUCCESS : exists_already("key", name);
    }
    if (status == NTE_BAD_KEYSET) {
        status = store_exists(store, name, STORE_SLOT_CONTAINER);
    }
    return status == ERROR_SUCCESS ? exists_already("container", name) : status;
}

/* A store that does not exist yet holds no names. */
static SECURITY_STATUS check_name_free(struct provider *provider, bool machine, const WCHAR *name, bool overwrite)
{
    struct store *store = NULL;
    SECURITY_STATUS status = provider_store(provider, machine ? STORE_MACHINE : STORE_USER, false, &store);

    if (status == ERROR_SUCCESS) {
        status = check_name_in(store, name, overwrite);
    }
    store_release(store);
    return status == NTE_BAD_KEYSET ? ERROR_SUCCESS : status;
}

/* ---- create
 * ---------------------------------------------------------------------------------------------------------- */

static SECURITY_STATUS find_algorithm(const WCHAR *name, const struct algorithm **algorithm)
{
    char printable[64];

    if (utf16_length(name, NCRYPT_MAX_ALG_ID_LENGTH + 1) > NCRYPT_MAX_ALG_ID_LENGTH) {
        return status_fail(NTE_INVALID_PARAMETER, "the algorithm name is too long");
    }
    *algorithm = algorithm_by_name(name);
    if (*algorithm == NULL) {
        return status_fail(NTE_NOT_SUPPORTED, "algorithm '%s' is not supported",
                           utf16_printable(name, printable, sizeof printable));
    }
    return ERROR_SUCCESS;
}

static SECURITY_STATUS create_with(struct provider *provider, NCRYPT_KEY_HANDLE *handle, const WCHAR *algorithm_name,
                                   const WCHAR *name, uint32_t spec, uint32_t flags)
{
    const struct algorithm *algorithm = NULL;
    struct key *key = NULL;
    bool machine = (flags & NCRYPT_MACHINE_KEY_FLAG) != 0, overwrite = (flags & NCRYPT_OVERWRITE_KEY_FLAG) != 0;
    SECURITY_STATUS status = find_algorithm(algorithm_name, &algorithm);

    if (status == ERROR_SUCCESS && name != NULL) {
        status = key_check_name(name);
    }
    if (status == ERROR_SUCCESS && name != NULL) {
        status = check_name_free(provider, machine, name, overwrite);
    }
    if (status == ERROR_SUCCESS) {
        status = key_new(provider, algorithm, &key);
    }
    if (status == ERROR_SUCCESS && name != NULL) {
        status = key_set_name(key, name);
    }
    if (status == ERROR_SUCCESS) {
        key->legacy_spec = spec;
        key->machine = machine;
        key->overwrite = overwrite;
        key->generic_ecc = (flags & NCRYPT_TREAT_NIST_AS_GENERIC_ECC_FLAG) != 0;
        status = key_handle(key, handle);
    }
    if (status != ERROR_SUCCESS) {
        key_destroy(key);
    }
    return status;
}

static SECURITY_STATUS create_key(NCRYPT_PROV_HANDLE provider_handle, NCRYPT_KEY_HANDLE *handle, const WCHAR *algorithm,
                                  const WCHAR *name, uint32_t spec, uint32_t flags)
{
    struct provider *provider = handle_acquire(provider_handle, HANDLE_PROVIDER);
    SECURITY_STATUS status;

    if (provider == NULL) {
        return status_fail(NTE_INVALID_HANDLE, "not a live provider handle");
    }
    status = check_flags(flags, CREATE_FLAGS);
    if (status == ERROR_SUCCESS && (handle == NULL || algorithm == NULL)) {
        status = status_fail(NTE_INVALID_PARAMETER, "phKey or pszAlgId is NULL");
    }
    if (status == ERROR_SUCCESS) {
        status = check_spec(spec);
    }
    if (status == ERROR_SUCCESS) {
        status = create_with(provider, handle, algorithm, name, spec, flags);
    }
    handle_release(provider_handle);
    return status;
}

SECURITY_STATUS WINAPI NCryptCreatePersistedKey(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE *phKey,
                                                LPCWSTR pszAlgId, LPCWSTR pszKeyName, DWORD dwLegacyKeySpec,
                                                DWORD dwFlags)
{
    return trace_return("NCryptCreatePersistedKey",
                        create_key(hProvider, phKey, pszAlgId, pszKeyName, dwLegacyKeySpec, dwFlags));
}

/* ---- finalize
 * ---------------------------------------------------------------------------------------------------------- */

static SECURITY_STATUS finalize_key(NCRYPT_KEY_HANDLE handle, uint32_t flags)
{
    struct key *key = handle_acquire(handle, HANDLE_KEY);
    SECURITY_STATUS status;

    if (key == NULL) {
        return status_fail(NTE_INVALID_HANDLE, "not a live key handle");
    }
    status = check_flags(flags, FINALIZE_FLAGS);
    if (status == ERROR_SUCCESS) {
        status = key_finalize(key, (flags & NCRYPT_NO_KEY_VALIDATION) == 0,
                              (flags & NCRYPT_WRITE_KEY_TO_LEGACY_STORE_FLAG) != 0, (flags & NCRYPT_SILENT_FLAG) != 0);
    }
    handle_release(handle);
    return status;
}

SECURITY_STATUS WINAPI NCryptFinalizeKey(NCRYPT_KEY_HANDLE hKey, DWORD dwFlags)
{
    return trace_return("NCryptFinalizeKey", finalize_key(hKey, dwFlags));
}

/* ---- open
 * ---------------------------------------------------------------------------------------------------------------- */

static SECURITY_STATUS not_found(const WCHAR *name)
{
    char printable[128];

    return status_fail(NTE_BAD_KEYSET, "no key is named '%s'", utf16_printable(name, printable, sizeof printable));
}

static SECURITY_STATUS read_container(struct store *store, const WCHAR *name, uint32_t spec,
                                      struct store_record *record)
{
    SECURITY_STATUS status = NTE_BAD_KEYSET;

    if (spec == 0 || spec == AT_KEYEXCHANGE) {
        status = store_read(store, name, STORE_SLOT_KEYEXCHANGE, record);
    }
    if (status == NTE_BAD_KEYSET && (spec == 0 || spec == AT_SIGNATURE)) {
        status = store_read(store, name, STORE_SLOT_SIGNATURE, record);
    }
    return status;
}

/* The CNG key of that name, unless its container has a key that fits the specification better. */
static SECURITY_STATUS read_named(struct store *store, const WCHAR *name, uint32_t spec, struct store_record *record)
{
    SECURITY_STATUS status = store_read(store, name, STORE_SLOT_KEY, record);
    struct store_record other = {0};

    if (status == NTE_BAD_KEYSET) {
        return read_container(store, name, spec, record);
    }
    if (status != ERROR_SUCCESS || spec == 0 || spec == record->legacy_spec) {
        return status;
    }
    status = read_container(store, name, spec, &other);
    if (status == ERROR_SUCCESS) {
        store_record_clear(record);
        *record = other;
    }
    return status == NTE_BAD_KEYSET ? ERROR_SUCCESS : status;
}

static SECURITY_STATUS read_record(struct store *store, const WCHAR *name, uint32_t spec, struct store_record *record)
{
    SECURITY_STATUS status = read_named(store, name, spec, record);

    if (status == NTE_BAD_KEYSET) {
        status = store_read_unique(store, name, record);
    }
    if (status == NTE_BAD_KEYSET) {
        return not_found(name);
    }
    if (status == ERROR_SUCCESS && spec != 0 && record->legacy_spec != 0 && spec != record->legacy_spec) {
        return status_fail(NTE_BAD_KEYSET, "the key of that name has legacy key specification %u, not %u",
                           (unsigned)record->legacy_spec, (unsigned)spec);
    }
    return status;
}

SECURITY_STATUS key_open_stored(struct provider *provider, const WCHAR *name, uint32_t spec, bool machine,
                                struct key **key)
{
    struct store_record record = {0};
    struct store *store = NULL;
    SECURITY_STATUS status = provider_store(provider, machine ? STORE_MACHINE : STORE_USER, false, &store);

    if (status == NTE_BAD_KEYSET) {
        return not_found(name);
    }
    if (status == ERROR_SUCCESS) {
        status = read_record(store, name, spec, &record);
    }
    if (status == ERROR_SUCCESS) {
        status = key_from_record(provider, &record, machine, key);
    }
    store_record_clear(&record);
    store_release(store);
    return status;
}

static SECURITY_STATUS open_stored(struct provider *provider, NCRYPT_KEY_HANDLE *handle, const WCHAR *name,
                                   uint32_t spec, bool machine)
{
    struct key *key = NULL;
    SECURITY_STATUS status = key_open_stored(provider, name, spec, machine, &key);

    if (status == ERROR_SUCCESS) {
        status = key_handle(key, handle);
        if (status != ERROR_SUCCESS) {
            key_destroy(key);
        }
    }
    return status;
}

static SECURITY_STATUS open_key(NCRYPT_PROV_HANDLE provider_handle, NCRYPT_KEY_HANDLE *handle, const WCHAR *name,
                                uint32_t spec, uint32_t flags)
{
    struct provider *provider = handle_acquire(provider_handle, HANDLE_PROVIDER);
    SECURITY_STATUS status;

    if (provider == NULL) {
        return status_fail(NTE_INVALID_HANDLE, "not a live provider handle");
    }
    status = check_flags(flags, OPEN_FLAGS);
    if (status == ERROR_SUCCESS && (handle == NULL || name == NULL)) {
        status = status_fail(NTE_INVALID_PARAMETER, "phKey or pszKeyName is NULL");
    }
    if (status == ERROR_SUCCESS) {
        status = check_spec(spec);
    }
    if (status == ERROR_SUCCESS) {
        status = key_check_name(name);
    }
    if (status == ERROR_SUCCESS) {
        status = open_stored(provider, handle, name, spec, (flags & NCRYPT_MACHINE_KEY_FLAG) != 0);
    }
    handle_release(provider_handle);
    return status;
}

SECURITY_STATUS WINAPI NCryptOpenKey(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE *phKey, LPCWSTR pszKeyName,
                                     DWORD dwLegacyKeySpec, DWORD dwFlags)
{
    return trace_return("NCryptOpenKey", open_key(hProvider, phKey, pszKeyName, dwLegacyKeySpec, dwFlags));
}

/* ---- delete, release
 * ------------------------------------------------------------------------------------------------------- */

static SECURITY_STATUS delete_stored(struct key *key)
{
    struct store *store = NULL;
    int state = atomic_load_explicit(&key->state, memory_order_acquire);
    SECURITY_STATUS status;

    if (state == KEY_FINALIZING) {
        return status_fail(NTE_BAD_KEY_STATE, "the key is being finalized by another thread");
    }
    if (key->name == NULL || state != KEY_READY) {
        return ERROR_SUCCESS;
    }
    status = provider_store(key->provider, key->machine ? STORE_MACHINE : STORE_USER, false, &store);
    if (status == ERROR_SUCCESS) {
        status = store_delete(store, key->stored_id);
    }
    store_release(store);
    return status == NTE_BAD_KEYSET ? not_found(key->name) : status;
}

/* Consumes the handle on success; on failure it stays valid and the key stored. */
static SECURITY_STATUS delete_key(NCRYPT_KEY_HANDLE handle, uint32_t flags)
{
    struct key *key = handle_acquire(handle, HANDLE_KEY);
    SECURITY_STATUS status;

    if (key == NULL) {
        return status_fail(NTE_INVALID_HANDLE, "not a live key handle");
    }
    status = check_flags(flags, NCRYPT_SILENT_FLAG);
    if (status == ERROR_SUCCESS) {
        status = delete_stored(key);
    }
    if (status == ERROR_SUCCESS) {
        status = handle_close(handle, HANDLE_KEY);
    }
    handle_release(handle);
    return status;
}

SECURITY_STATUS WINAPI NCryptDeleteKey(NCRYPT_KEY_HANDLE hKey, DWORD dwFlags)
{
    return trace_return("NCryptDeleteKey", delete_key(hKey, dwFlags));
}

BOOL WINAPI NCryptIsKeyHandle(NCRYPT_KEY_HANDLE hKey)
{
    if (handle_acquire(hKey, HANDLE_KEY) == NULL) {
        return FALSE;
    }
    handle_release(hKey);
    return TRUE;
}

SECURITY_STATUS WINAPI NCryptFreeObject(NCRYPT_HANDLE hObject)
{
    return trace_return("NCryptFreeObject", handle_close(hObject, HANDLE_ANY));
}
