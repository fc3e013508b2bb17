/* SPDX-License-Identifier: MIT
 *
 * NCryptEnumKeys. The state reads the store a page at a time, so that it takes the same memory for any number of keys.
 */
#include "common/utf16.h"
#include "ncrypt/internal.h"

#define PAGE_KEYS 64

struct enum_state {
    struct provider *provider;
    bool machine;
    bool at_end; /* the page is the last one */
    int64_t last_id;
    size_t next, count;
    struct store_record page[PAGE_KEYS];
};

static void destroy_state(void *buffer)
{
    struct enum_state *state = buffer;

    provider_unref(state->provider);
}

static SECURITY_STATUS read_page(struct enum_state *state)
{
    struct store *store = NULL;
    SECURITY_STATUS status =
        provider_store(state->provider, state->machine ? STORE_MACHINE : STORE_USER, false, &store);

    state->next = state->count = 0;
    if (status == NTE_BAD_KEYSET) {
        state->at_end = true; /* no store: no keys */
        return ERROR_SUCCESS;
    }
    if (status == ERROR_SUCCESS) {
        status = store_list(store, state->last_id, state->page, PAGE_KEYS, &state->count);
    }
    store_release(store);
    if (status == ERROR_SUCCESS) {
        state->at_end = state->count == 0;
        if (state->count > 0) {
            state->last_id = state->page[state->count - 1].id;
        }
    }
    return status;
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
    SECURITY_STATUS status = ERROR_SUCCESS;

    if (state->next == state->count && !state->at_end) {
        status = read_page(state);
    }
    if (status == ERROR_SUCCESS && state->next == state->count) {
        return status_fail(NTE_NO_MORE_ITEMS, "there are no more keys");
    }
    if (status == ERROR_SUCCESS) {
        status = give_key(&state->page[state->next], state->machine, out);
    }
    if (status == ERROR_SUCCESS) {
        state->next++;
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
