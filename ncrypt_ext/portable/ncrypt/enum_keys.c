/* SPDX-License-Identifier: MIT
 *
 * NCryptEnumKeys.
 */
#include "common/utf16.h"
#include "ncrypt/internal.h"

struct enum_state {
    struct provider *provider;
    bool machine;
    struct lister lister;
};

static void destroy_state(void *buffer)
{
    struct enum_state *state = buffer;

    provider_unref(state->provider);
}

static SECURITY_STATUS give_key(const struct store_record *record, bool machine, NCryptKeyName **out)
{
    size_t units = utf16_length(record->name, STORE_MAX_NAME) + utf16_length(record->algorithm, 64) + 2;
    NCryptKeyName *entry = buffer_alloc(BUFFER_LIST, sizeof *entry + units * sizeof(WCHAR), NULL);
    uint8_t *next;

    if (entry == NULL) {
        return status_no_memory();
    }
    next = (uint8_t *)(entry + 1);
    entry->pszName = buffer_append(&next, record->name);
    entry->pszAlgid = buffer_append(&next, record->algorithm);
    entry->dwLegacyKeySpec = record->legacy_spec;
    entry->dwFlags = machine ? NCRYPT_MACHINE_KEY_FLAG : 0;
    *out = entry;
    return ERROR_SUCCESS;
}

static SECURITY_STATUS next_key(struct enum_state *state, NCryptKeyName **out)
{
    const struct store_record *record = NULL;
    SECURITY_STATUS status;

    while ((status = lister_peek(&state->lister, &record)) == ERROR_SUCCESS &&
           store_slot(record) == STORE_SLOT_CONTAINER) {
        lister_advance(&state->lister);
    }
    if (status == NTE_NO_MORE_ITEMS) {
        return status_fail(NTE_NO_MORE_ITEMS, "there are no more keys");
    }
    if (status == ERROR_SUCCESS) {
        status = give_key(record, state->machine, out);
    }
    if (status == ERROR_SUCCESS) {
        lister_advance(&state->lister);
    }
    return status;
}

static SECURITY_STATUS get_state(struct provider *provider, bool machine, PVOID *holder, struct enum_state **out)
{
    struct enum_state *state = *holder;

    if (state == NULL) {
        state = buffer_alloc(BUFFER_ENUM_STATE, sizeof *state, destroy_state);
        if (state == NULL) {
            return status_no_memory();
        }
        state->provider = provider_ref(provider);
        state->machine = machine;
        state->lister.provider = state->provider;
        state->lister.scope = machine ? STORE_MACHINE : STORE_USER;
        *holder = state;
    } else if (!buffer_is(state, BUFFER_ENUM_STATE) || state->provider != provider || state->machine != machine) {
        return status_fail(NTE_INVALID_PARAMETER, "the enumeration state belongs to another enumeration");
    }
    *out = state;
    return ERROR_SUCCESS;
}

static SECURITY_STATUS enum_keys(NCRYPT_PROV_HANDLE handle, const WCHAR *scope, NCryptKeyName **name, PVOID *holder,
                                 uint32_t flags)
{
    struct provider *provider = handle_acquire(handle, HANDLE_PROVIDER);
    struct enum_state *state = NULL;
    SECURITY_STATUS status = ERROR_SUCCESS;

    if (provider == NULL) {
        return status_fail(NTE_INVALID_HANDLE, "not a live provider handle");
    }
    if (flags & ~(uint32_t)(NCRYPT_MACHINE_KEY_FLAG | NCRYPT_SILENT_FLAG)) {
        status = status_fail(NTE_BAD_FLAGS, "flags 0x%X", (unsigned)flags);
    } else if (name == NULL || holder == NULL) {
        status = status_fail(NTE_INVALID_PARAMETER, "ppKeyName or ppEnumState is NULL");
    } else if (scope != NULL) {
        status = status_fail(NTE_INVALID_PARAMETER, "pszScope must be NULL");
    }
    if (status == ERROR_SUCCESS) {
        status = get_state(provider, (flags & NCRYPT_MACHINE_KEY_FLAG) != 0, holder, &state);
    }
    if (status == ERROR_SUCCESS) {
        status = next_key(state, name);
    }
    handle_release(handle);
    return status;
}

SECURITY_STATUS WINAPI NCryptEnumKeys(NCRYPT_PROV_HANDLE hProvider, LPCWSTR pszScope, NCryptKeyName **ppKeyName,
                                      PVOID *ppEnumState, DWORD dwFlags)
{
    return trace_return("NCryptEnumKeys", enum_keys(hProvider, pszScope, ppKeyName, ppEnumState, dwFlags));
}
