/* SPDX-License-Identifier: MIT
 *
 * NCryptGetProperty, NCryptSetProperty: checks and dispatch. The tables are in property_key.c and property_provider.c.
 */
#include "ncrypt/property.h"

#include <stdlib.h>
#include <string.h>

#include "common/secmem.h"
#include "common/utf16.h"
#include "ncrypt/blob/blob.h"

/* ---- helpers of the tables -----------------------------------------------------------------------------------------
 */

SECURITY_STATUS value_bytes(struct value *value, const void *data, size_t size)
{
    value->data = data;
    value->size = size;
    return ERROR_SUCCESS;
}

SECURITY_STATUS value_dword(struct value *value, uint32_t number)
{
    memcpy(value->scratch, &number, sizeof number);
    return value_bytes(value, value->scratch, sizeof number);
}

SECURITY_STATUS value_pointer(struct value *value, uintptr_t pointer)
{
    memcpy(value->scratch, &pointer, sizeof pointer);
    return value_bytes(value, value->scratch, sizeof pointer);
}

SECURITY_STATUS value_string(struct value *value, const WCHAR *text)
{
    return value_bytes(value, text, (utf16_length(text, SIZE_MAX) + 1) * sizeof *text);
}

uint32_t read_dword(const uint8_t *data)
{
    uint32_t number;

    memcpy(&number, data, sizeof number);
    return number;
}

SECURITY_STATUS set_string(WCHAR **holder, const uint8_t *data, uint32_t size)
{
    size_t units = size / sizeof(WCHAR);
    WCHAR *text = malloc((units + 1) * sizeof *text);
    WCHAR *old;

    if (text == NULL) {
        return status_no_memory();
    }
    memcpy(text, data, units * sizeof *text);
    text[units] = 0;
    old = *holder;
    *holder = text; /* before the old one goes: a fork may copy the holder at any time */
    free(old);
    return ERROR_SUCCESS;
}

/* ---- checks
 * ------------------------------------------------------------------------------------------------------------ */

static SECURITY_STATUS check_name(const WCHAR *name)
{
    size_t length = name == NULL ? 0 : utf16_length(name, NCRYPT_MAX_PROPERTY_NAME + 1);

    if (length == 0 || length > NCRYPT_MAX_PROPERTY_NAME) {
        return status_fail(NTE_INVALID_PARAMETER, "the property name must have 1 to %d characters",
                           NCRYPT_MAX_PROPERTY_NAME);
    }
    return ERROR_SUCCESS;
}

static SECURITY_STATUS wrong(const WCHAR *name, SECURITY_STATUS status, const char *what)
{
    char printable[80];

    return status_fail(status, "property '%s' %s", utf16_printable(name, printable, sizeof printable), what);
}

/* "Security Descr" says by these bits which parts it is about; no other property has them. */
#define SECURITY_INFORMATION 0x1F

static SECURITY_STATUS check_flags(const WCHAR *name, uint32_t flags, uint32_t allowed)
{
    if (name != NULL && utf16_equal(name, NCRYPT_SECURITY_DESCR_PROPERTY)) {
        allowed |= SECURITY_INFORMATION;
    }
    return flags & ~allowed ? status_fail(NTE_BAD_FLAGS, "flags 0x%X", (unsigned)flags) : ERROR_SUCCESS;
}

bool property_is_string(const uint8_t *data, uint32_t size)
{
    if (data == NULL || size < sizeof(WCHAR) || size % sizeof(WCHAR) != 0) {
        return false;
    }
    for (uint32_t i = 0; i < size; i += (uint32_t)sizeof(WCHAR)) {
        if (data[i] == 0 && data[i + 1] == 0) {
            return i == size - sizeof(WCHAR);
        }
    }
    return false;
}

static SECURITY_STATUS check_value(const struct property *property, const uint8_t *data, uint32_t size)
{
    switch (property->kind) {
    case KIND_DWORD:
        return size == sizeof(uint32_t) ? ERROR_SUCCESS
                                        : wrong(property->name, NTE_INVALID_PARAMETER, "takes exactly 4 bytes");
    case KIND_POINTER:
        return size == sizeof(void *) ? ERROR_SUCCESS
                                      : wrong(property->name, NTE_INVALID_PARAMETER, "takes one pointer");
    case KIND_STRING:
        return property_is_string(data, size)
                   ? ERROR_SUCCESS
                   : wrong(property->name, NTE_INVALID_PARAMETER, "takes one NUL-terminated UTF-16 string");
    default:
        return ERROR_SUCCESS;
    }
}

/* ---- get
 * --------------------------------------------------------------------------------------------------------------- */

static SECURITY_STATUS give(const void *object, const struct value *value, uint8_t *out, uint32_t size, DWORD *result)
{
    if (value->size > UINT32_MAX) {
        return status_fail(NTE_INTERNAL_ERROR, "the value is too large");
    }
    *result = (DWORD)value->size;
    if (out == NULL) {
        return ERROR_SUCCESS;
    }
    if (size < value->size) {
        return status_fail(NTE_BUFFER_TOO_SMALL, "the value takes %zu bytes, the buffer has %u", value->size,
                           (unsigned)size);
    }
    if (value->write != NULL) {
        return value->write(object, out);
    }
    if (value->size > 0) {
        memcpy(out, value->data, value->size);
    }
    return ERROR_SUCCESS;
}

static SECURITY_STATUS get_custom(const struct key *key, const WCHAR *name, bool persisted_only, struct value *value)
{
    const struct bag_entry *entry = persisted_only ? NULL : bag_find(&key->session, name);

    if (entry == NULL) {
        entry = bag_find(&key->stored, name);
    }
    if (entry == NULL) {
        return wrong(name, NTE_NOT_FOUND, "is not set");
    }
    return value_bytes(value, entry->data, entry->size);
}

static SECURITY_STATUS get_of_key(struct key *key, const WCHAR *name, uint8_t *out, uint32_t size, DWORD *result,
                                  uint32_t flags)
{
    const struct property *property = flags & NCRYPT_PERSIST_ONLY_FLAG ? NULL : property_of_key(name);
    bool ready = atomic_load_explicit(&key->state, memory_order_acquire) == KEY_READY;
    struct value value = {0};
    SECURITY_STATUS status;

    if (property != NULL && property->get == NULL) {
        return wrong(name, NTE_NOT_SUPPORTED, "can only be written");
    }
    if (property != NULL && property->only_ready && !ready) {
        return wrong(name, NTE_BAD_KEY_STATE, "cannot be read before the key is finalized");
    }
    pthread_mutex_lock(&key->lock);
    status = property == NULL ? get_custom(key, name, (flags & NCRYPT_PERSIST_ONLY_FLAG) != 0, &value)
                              : property->get(key, &value);
    if (status == ERROR_SUCCESS) {
        status = give(key, &value, out, size, result);
    }
    pthread_mutex_unlock(&key->lock);
    return status;
}

static SECURITY_STATUS get_of_provider(struct provider *provider, const WCHAR *name, uint8_t *out, uint32_t size,
                                       DWORD *result)
{
    const struct property *property = property_of_provider(name);
    struct value value = {0};
    SECURITY_STATUS status;

    if (property == NULL || property->get == NULL) {
        return wrong(name, NTE_NOT_SUPPORTED, "is not one that a provider can be asked for");
    }
    pthread_mutex_lock(&provider->lock);
    status = property->get(provider, &value);
    if (status == ERROR_SUCCESS) {
        status = give(provider, &value, out, size, result);
    }
    pthread_mutex_unlock(&provider->lock);
    return status;
}

static SECURITY_STATUS get_of(enum handle_type type, void *object, const WCHAR *name, uint8_t *out, uint32_t size,
                              DWORD *result, uint32_t flags)
{
    switch (type) {
    case HANDLE_KEY:
        return get_of_key(object, name, out, size, result, flags);
    case HANDLE_PROVIDER:
        return get_of_provider(object, name, out, size, result);
    default:
        return wrong(name, NTE_NOT_SUPPORTED, "is not one that a secret can be asked for");
    }
}

static SECURITY_STATUS get_property(NCRYPT_HANDLE handle, const WCHAR *name, uint8_t *out, uint32_t size, DWORD *result,
                                    uint32_t flags)
{
    void *object = handle_acquire(handle, HANDLE_ANY);
    SECURITY_STATUS status;

    if (object == NULL) {
        return status_fail(NTE_INVALID_HANDLE, "not a live handle");
    }
    status = check_flags(name, flags, NCRYPT_SILENT_FLAG | NCRYPT_PERSIST_ONLY_FLAG);
    if (status == ERROR_SUCCESS && result == NULL) {
        status = status_fail(NTE_INVALID_PARAMETER, "pcbResult is NULL");
    }
    if (status == ERROR_SUCCESS) {
        status = check_name(name);
    }
    if (status == ERROR_SUCCESS) {
        status = get_of(handle_type_of(handle), object, name, out, size, result, flags);
    }
    handle_release(handle);
    return status;
}

SECURITY_STATUS WINAPI NCryptGetProperty(NCRYPT_HANDLE hObject, LPCWSTR pszProperty, PBYTE pbOutput, DWORD cbOutput,
                                         DWORD *pcbResult, DWORD dwFlags)
{
    return trace_return("NCryptGetProperty",
                        get_property(hObject, pszProperty, pbOutput, cbOutput, pcbResult, dwFlags));
}

/* ---- set
 * --------------------------------------------------------------------------------------------------------------- */

/* Into the store first, when the key is stored already: a failure leaves the old value in both places. */
static SECURITY_STATUS set_stored(struct key *key, const WCHAR *name, const uint8_t *data, uint32_t size)
{
    struct bag_entry *entry = bag_entry_new(name, data, size);
    bool save = key->name != NULL && atomic_load_explicit(&key->state, memory_order_acquire) == KEY_READY;
    SECURITY_STATUS status = ERROR_SUCCESS;

    if (entry == NULL) {
        return status_no_memory();
    }
    if (save) {
        status = key_change_stored(key, &(struct key_change){.property = entry});
    }
    if (status != ERROR_SUCCESS) {
        bag_entry_free(entry);
        return status;
    }
    bag_put(&key->stored, entry);
    bag_remove(&key->session, name);
    return ERROR_SUCCESS;
}

static SECURITY_STATUS set_custom(struct key *key, const WCHAR *name, const uint8_t *data, uint32_t size,
                                  uint32_t flags)
{
    if (flags & (NCRYPT_PERSIST_FLAG | NCRYPT_PERSIST_ONLY_FLAG)) {
        return set_stored(key, name, data, size);
    }
    return bag_set(&key->session, name, data, size);
}

/* A private key blob, set under its type's name on a key that is being made: the key to be finalized. */
static SECURITY_STATUS set_blob(struct key *key, const struct blob_format *format, const uint8_t *data, uint32_t size)
{
    struct blob_parameters parameters = {
        .algorithm = key->algorithm,
        .curve = key->curve,
        .generic_ecc = key->generic_ecc,
        .set = key->set,
    };
    struct components components;
    uint32_t usage = NCRYPT_ALLOW_ALL_USAGES;
    SECURITY_STATUS status;

    if (atomic_load_explicit(&key->state, memory_order_acquire) != KEY_UNFINALIZED) {
        return wrong(format->type, NTE_BAD_KEY_STATE, "can only be set before the key is finalized");
    }
    if (!format->settable) {
        return wrong(format->type, NTE_NOT_SUPPORTED, "is not a blob that can be set as a property");
    }
    components_init(&components);
    status = blob_parse(format, data, size, &parameters, &components, &usage);
    if (status == ERROR_SUCCESS && !utf16_equal(components.algorithm->group, key->algorithm->group)) {
        status = wrong(format->type, NTE_NOT_SUPPORTED, "holds a key of another algorithm");
    }
    if (status == ERROR_SUCCESS) {
        components_clear(&key->pending);
        key->pending = components;
    } else {
        components_clear(&components);
    }
    return status;
}

static SECURITY_STATUS set_builtin(struct key *key, const struct property *property, const uint8_t *data, uint32_t size,
                                   uint32_t flags)
{
    int state = atomic_load_explicit(&key->state, memory_order_acquire);
    SECURITY_STATUS status;

    if (property->writable == WHEN_NEVER) {
        return wrong(property->name, NTE_NOT_SUPPORTED, "cannot be written");
    }
    if (property->writable == WHEN_UNFINISHED && state != KEY_UNFINALIZED) {
        return wrong(property->name, NTE_BAD_KEY_STATE, "can only be set before the key is finalized");
    }
    status = check_value(property, data, size);
    return status == ERROR_SUCCESS ? property->set(key, data, size, flags) : status;
}

static SECURITY_STATUS set_of_key(struct key *key, const WCHAR *name, const uint8_t *data, uint32_t size,
                                  uint32_t flags)
{
    const struct property *property = property_of_key(name);
    const struct blob_format *format = blob_format_by_type(name);
    SECURITY_STATUS status;

    pthread_mutex_lock(&key->lock);
    if (flags & NCRYPT_PERSIST_ONLY_FLAG) {
        status = set_stored(key, name, data, size);
    } else if (property != NULL) {
        status = set_builtin(key, property, data, size, flags);
    } else if (format != NULL) {
        status = set_blob(key, format, data, size);
    } else {
        status = set_custom(key, name, data, size, flags);
    }
    pthread_mutex_unlock(&key->lock);
    return status;
}

static SECURITY_STATUS set_of_provider(struct provider *provider, const WCHAR *name, const uint8_t *data, uint32_t size,
                                       uint32_t flags)
{
    const struct property *property = property_of_provider(name);
    SECURITY_STATUS status;

    if (property == NULL || property->writable == WHEN_NEVER || (flags & NCRYPT_PERSIST_ONLY_FLAG)) {
        return wrong(name, NTE_NOT_SUPPORTED, "is not one that can be set on a provider");
    }
    status = check_value(property, data, size);
    if (status != ERROR_SUCCESS) {
        return status;
    }
    pthread_mutex_lock(&provider->lock);
    status = property->set(provider, data, size, flags);
    pthread_mutex_unlock(&provider->lock);
    return status;
}

/* Of the values only a secret's may be missing. */
static SECURITY_STATUS check_input(enum handle_type type, const uint8_t *data, uint32_t size)
{
    if (data == NULL && (type != HANDLE_SECRET || size > 0)) {
        return status_fail(NTE_INVALID_PARAMETER, "pbInput is NULL");
    }
    if (size > NCRYPT_MAX_PROPERTY_DATA) {
        return status_fail(NTE_INVALID_PARAMETER, "a property takes at most %d bytes", NCRYPT_MAX_PROPERTY_DATA);
    }
    return ERROR_SUCCESS;
}

static SECURITY_STATUS set_of(enum handle_type type, void *object, const WCHAR *name, const uint8_t *data,
                              uint32_t size, uint32_t flags)
{
    switch (type) {
    case HANDLE_KEY:
        return set_of_key(object, name, data, size, flags);
    case HANDLE_PROVIDER:
        return set_of_provider(object, name, data, size, flags);
    default:
        return secret_set_property(object, name, data, size, flags);
    }
}

/* Of a copy: setters look at what is in the value more than once, and another thread of the caller's may change it
 * meanwhile. */
static SECURITY_STATUS set_copy(enum handle_type type, void *object, const WCHAR *name, const uint8_t *data,
                                uint32_t size, uint32_t flags)
{
    uint8_t *copy = size == 0 ? NULL : secmem_copy(data, size);
    SECURITY_STATUS status = size > 0 && copy == NULL
                                 ? status_no_memory()
                                 : set_of(type, object, name, size == 0 ? data : copy, size, flags);

    secmem_free(copy);
    return status;
}

static SECURITY_STATUS set_property(NCRYPT_HANDLE handle, const WCHAR *name, const uint8_t *data, uint32_t size,
                                    uint32_t flags)
{
    void *object = handle_acquire(handle, HANDLE_ANY);
    SECURITY_STATUS status;

    if (object == NULL) {
        return status_fail(NTE_INVALID_HANDLE, "not a live handle");
    }
    status = check_flags(name, flags, NCRYPT_SILENT_FLAG | NCRYPT_PERSIST_FLAG | NCRYPT_PERSIST_ONLY_FLAG);
    if (status == ERROR_SUCCESS) {
        status = check_name(name);
    }
    if (status == ERROR_SUCCESS) {
        status = check_input(handle_type_of(handle), data, size);
    }
    if (status == ERROR_SUCCESS) {
        status = set_copy(handle_type_of(handle), object, name, data, size, flags);
    }
    handle_release(handle);
    return status;
}

SECURITY_STATUS WINAPI NCryptSetProperty(NCRYPT_HANDLE hObject, LPCWSTR pszProperty, PBYTE pbInput, DWORD cbInput,
                                         DWORD dwFlags)
{
    return trace_return("NCryptSetProperty", set_property(hObject, pszProperty, pbInput, cbInput, dwFlags));
}
