/* SPDX-License-Identifier: MIT
 *
 * NCryptOpenStorageProvider, NCryptEnumStorageProviders, NCryptIsAlgSupported, NCryptEnumAlgorithms.
 */
#include <stdlib.h>

#include "common/utf16.h"
#include "ncrypt/internal.h"

#define MAX_PROVIDER_NAME 260
#define PROVIDER_COMMENT  u"Portable engine of ncrypt_ext"

SECURITY_STATUS provider_new(struct provider **out)
{
    struct provider *provider = calloc(1, sizeof *provider);

    if (provider == NULL) {
        return status_no_memory();
    }
    provider->references = 1;
    pthread_mutex_init(&provider->lock, NULL);
    /* A process without a home folder can still use ephemeral keys: the failure is told when the store is needed. */
    (void)!store_folder(STORE_USER, &provider->folder[STORE_USER]);
    (void)!store_folder(STORE_MACHINE, &provider->folder[STORE_MACHINE]);
    *out = provider;
    return ERROR_SUCCESS;
}

struct provider *provider_ref(struct provider *provider)
{
    atomic_fetch_add_explicit(&provider->references, 1, memory_order_relaxed);
    return provider;
}

void provider_unref(void *object)
{
    struct provider *provider = object;

    if (provider != NULL && atomic_fetch_sub_explicit(&provider->references, 1, memory_order_acq_rel) == 1) {
        free(provider->folder[STORE_USER]);
        free(provider->folder[STORE_MACHINE]);
        free(provider->use_context);
        pthread_mutex_destroy(&provider->lock);
        free(provider);
    }
}

SECURITY_STATUS provider_store(struct provider *provider, enum store_scope scope, bool create, struct store **store)
{
    char *folder = NULL;
    SECURITY_STATUS status;

    if (provider->folder[scope] != NULL) {
        return store_acquire(scope, provider->folder[scope], create, store);
    }
    status = store_folder(scope, &folder);
    if (status == ERROR_SUCCESS) {
        status = store_acquire(scope, folder, create, store);
    }
    free(folder);
    return status;
}

static SECURITY_STATUS check_provider_name(const WCHAR *name)
{
    char printable[128];

    if (name == NULL || utf16_equal_fold(name, MS_KEY_STORAGE_PROVIDER)) {
        return ERROR_SUCCESS;
    }
    if (utf16_length(name, MAX_PROVIDER_NAME + 1) > MAX_PROVIDER_NAME) {
        return status_fail(NTE_INVALID_PARAMETER, "the provider name is longer than %d characters", MAX_PROVIDER_NAME);
    }
    return status_fail(NTE_NOT_FOUND, "no provider is named '%s'", utf16_printable(name, printable, sizeof printable));
}

static SECURITY_STATUS open_provider(NCRYPT_PROV_HANDLE *handle, const WCHAR *name, uint32_t flags)
{
    struct provider *provider = NULL;
    SECURITY_STATUS status;

    if (flags != 0) {
        return status_fail(NTE_BAD_FLAGS, "flags 0x%X: no flag is defined here", (unsigned)flags);
    }
    if (handle == NULL) {
        return status_fail(NTE_INVALID_PARAMETER, "phProvider is NULL");
    }
    status = check_provider_name(name);
    if (status == ERROR_SUCCESS) {
        status = provider_new(&provider);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = handle_create(HANDLE_PROVIDER, provider, provider_unref, handle);
    if (status != ERROR_SUCCESS) {
        provider_unref(provider);
    }
    return status;
}

SECURITY_STATUS WINAPI NCryptOpenStorageProvider(NCRYPT_PROV_HANDLE *phProvider, LPCWSTR pszProviderName, DWORD dwFlags)
{
    return trace_return("NCryptOpenStorageProvider", open_provider(phProvider, pszProviderName, dwFlags));
}

static size_t string_size(const WCHAR *text)
{
    return (utf16_length(text, SIZE_MAX) + 1) * sizeof *text;
}

static SECURITY_STATUS enum_providers(DWORD *count, NCryptProviderName **list, uint32_t flags)
{
    NCryptProviderName *entry;
    uint8_t *next;

    if (flags & ~(uint32_t)NCRYPT_SILENT_FLAG) {
        return status_fail(NTE_BAD_FLAGS, "flags 0x%X", (unsigned)flags);
    }
    if (count == NULL || list == NULL) {
        return status_fail(NTE_INVALID_PARAMETER, "an output pointer is NULL");
    }
    entry = buffer_alloc(BUFFER_LIST,
                         sizeof *entry + string_size(MS_KEY_STORAGE_PROVIDER) + string_size(PROVIDER_COMMENT), NULL);
    if (entry == NULL) {
        return status_no_memory();
    }
    next = (uint8_t *)(entry + 1);
    entry->pszName = buffer_append(&next, MS_KEY_STORAGE_PROVIDER);
    entry->pszComment = buffer_append(&next, PROVIDER_COMMENT);
    *list = entry;
    *count = 1;
    return ERROR_SUCCESS;
}

SECURITY_STATUS WINAPI NCryptEnumStorageProviders(DWORD *pdwProviderCount, NCryptProviderName **ppProviderList,
                                                  DWORD dwFlags)
{
    return trace_return("NCryptEnumStorageProviders", enum_providers(pdwProviderCount, ppProviderList, dwFlags));
}

static SECURITY_STATUS check_provider_handle(NCRYPT_PROV_HANDLE handle)
{
    if (handle_acquire(handle, HANDLE_PROVIDER) == NULL) {
        return status_fail(NTE_INVALID_HANDLE, "not a live provider handle");
    }
    handle_release(handle);
    return ERROR_SUCCESS;
}

static SECURITY_STATUS is_alg_supported(NCRYPT_PROV_HANDLE handle, const WCHAR *name, uint32_t flags)
{
    SECURITY_STATUS status = check_provider_handle(handle);
    char printable[64];

    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (flags & ~(uint32_t)NCRYPT_SILENT_FLAG) {
        return status_fail(NTE_BAD_FLAGS, "flags 0x%X", (unsigned)flags);
    }
    if (name == NULL || utf16_length(name, NCRYPT_MAX_ALG_ID_LENGTH + 1) > NCRYPT_MAX_ALG_ID_LENGTH) {
        return status_fail(NTE_INVALID_PARAMETER, "the algorithm name is NULL or too long");
    }
    if (algorithm_by_name(name) == NULL) {
        return status_fail(NTE_NOT_SUPPORTED, "algorithm '%s' is not supported",
                           utf16_printable(name, printable, sizeof printable));
    }
    return ERROR_SUCCESS;
}

SECURITY_STATUS WINAPI NCryptIsAlgSupported(NCRYPT_PROV_HANDLE hProvider, LPCWSTR pszAlgId, DWORD dwFlags)
{
    return trace_return("NCryptIsAlgSupported", is_alg_supported(hProvider, pszAlgId, dwFlags));
}

static bool algorithm_wanted(const struct algorithm *algorithm, uint32_t operations)
{
    return operations == 0 || (algorithm->operations & operations) != 0;
}

static SECURITY_STATUS list_algorithms(uint32_t operations, DWORD *count, NCryptAlgorithmName **list)
{
    const struct algorithm *algorithm;
    NCryptAlgorithmName *entry;
    uint32_t found = 0;
    size_t strings = 0;
    uint8_t *next;

    for (unsigned i = 0; (algorithm = algorithm_at(i)) != NULL; i++) {
        if (algorithm_wanted(algorithm, operations)) {
            found++;
            strings += string_size(algorithm->name);
        }
    }
    if (found == 0) {
        return status_fail(NTE_NOT_SUPPORTED, "no algorithm offers operation 0x%X", (unsigned)operations);
    }
    entry = buffer_alloc(BUFFER_LIST, found * sizeof *entry + strings, NULL);
    if (entry == NULL) {
        return status_no_memory();
    }
    *list = entry;
    *count = found;
    next = (uint8_t *)(entry + found);
    for (unsigned i = 0; (algorithm = algorithm_at(i)) != NULL; i++) {
        if (algorithm_wanted(algorithm, operations)) {
            entry->pszName = buffer_append(&next, algorithm->name);
            entry->dwClass = algorithm->interface;
            entry->dwAlgOperations = algorithm->operations;
            entry++;
        }
    }
    return ERROR_SUCCESS;
}

static SECURITY_STATUS enum_algorithms(NCRYPT_PROV_HANDLE handle, uint32_t operations, DWORD *count,
                                       NCryptAlgorithmName **list, uint32_t flags)
{
    SECURITY_STATUS status = check_provider_handle(handle);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (flags & ~(uint32_t)NCRYPT_SILENT_FLAG) {
        return status_fail(NTE_BAD_FLAGS, "flags 0x%X", (unsigned)flags);
    }
    if (count == NULL || list == NULL) {
        return status_fail(NTE_INVALID_PARAMETER, "an output pointer is NULL");
    }
    *count = 0;
    *list = NULL;
    return list_algorithms(operations, count, list);
}

SECURITY_STATUS WINAPI NCryptEnumAlgorithms(NCRYPT_PROV_HANDLE hProvider, DWORD dwAlgOperations, DWORD *pdwAlgCount,
                                            NCryptAlgorithmName **ppAlgList, DWORD dwFlags)
{
    return trace_return("NCryptEnumAlgorithms",
                        enum_algorithms(hProvider, dwAlgOperations, pdwAlgCount, ppAlgList, dwFlags));
}
