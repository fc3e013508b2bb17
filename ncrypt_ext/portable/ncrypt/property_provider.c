/* SPDX-License-Identifier: MIT
 *
 * The properties of a provider.
 */
#include <string.h>

#include "common/utf16.h"
#include "ncrypt/property.h"

#define ENGINE_VERSION 0x00010000u /* 1.0: major in the high half, minor in the low one */

static SECURITY_STATUS get_impl_type(const void *object, struct value *value)
{
    (void)object;
    return value_dword(value, NCRYPT_IMPL_SOFTWARE_FLAG);
}

static SECURITY_STATUS get_name(const void *object, struct value *value)
{
    (void)object;
    return value_string(value, MS_KEY_STORAGE_PROVIDER);
}

static SECURITY_STATUS get_version(const void *object, struct value *value)
{
    (void)object;
    return value_dword(value, ENGINE_VERSION);
}

static SECURITY_STATUS get_max_name(const void *object, struct value *value)
{
    (void)object;
    return value_dword(value, STORE_MAX_NAME);
}

static SECURITY_STATUS get_no(const void *object, struct value *value)
{
    (void)object;
    return value_dword(value, 0);
}

static SECURITY_STATUS get_use_context(const void *object, struct value *value)
{
    const struct provider *provider = object;

    if (provider->use_context == NULL) {
        return value_bytes(value, value->scratch, 0);
    }
    return value_string(value, provider->use_context);
}

static SECURITY_STATUS set_use_context(void *object, const uint8_t *data, uint32_t size, uint32_t flags)
{
    struct provider *provider = object;

    (void)flags;
    return set_string(&provider->use_context, data, size);
}

static SECURITY_STATUS get_window(const void *object, struct value *value)
{
    const struct provider *provider = object;

    if (provider->window == NULL) {
        return status_fail(NTE_NOT_FOUND, "no window handle has been set");
    }
    return value_pointer(value, (uintptr_t)provider->window);
}

static SECURITY_STATUS set_window(void *object, const uint8_t *data, uint32_t size, uint32_t flags)
{
    struct provider *provider = object;

    (void)flags;
    memcpy(&provider->window, data, size);
    return ERROR_SUCCESS;
}

static const struct property table[] = {
    {NCRYPT_IMPL_TYPE_PROPERTY, KIND_DWORD, WHEN_NEVER, false, get_impl_type, NULL},
    {NCRYPT_NAME_PROPERTY, KIND_STRING, WHEN_NEVER, false, get_name, NULL},
    {NCRYPT_VERSION_PROPERTY, KIND_DWORD, WHEN_NEVER, false, get_version, NULL},
    {NCRYPT_MAX_NAME_LENGTH_PROPERTY, KIND_DWORD, WHEN_NEVER, false, get_max_name, NULL},
    {NCRYPT_SECURITY_DESCR_SUPPORT_PROPERTY, KIND_DWORD, WHEN_NEVER, false, get_no, NULL},
    {NCRYPT_USE_COUNT_ENABLED_PROPERTY, KIND_DWORD, WHEN_NEVER, false, get_no, NULL},
    {NCRYPT_ECC_CURVE_NAME_LIST_PROPERTY, KIND_BYTES, WHEN_NEVER, false, property_get_curve_names, NULL},
    {NCRYPT_USE_CONTEXT_PROPERTY, KIND_STRING, WHEN_ALWAYS, false, get_use_context, set_use_context},
    {NCRYPT_WINDOW_HANDLE_PROPERTY, KIND_POINTER, WHEN_ALWAYS, false, get_window, set_window},
};

const struct property *property_of_provider(const WCHAR *name)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (utf16_equal(name, table[i].name)) {
            return &table[i];
        }
    }
    return NULL;
}
