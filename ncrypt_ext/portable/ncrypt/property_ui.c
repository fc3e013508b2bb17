/* SPDX-License-Identifier: MIT
 *
 * What a key says to its user: UI policy, use context, window. Getters and setters run with the key's lock held.
 */
#include <string.h>

#include "common/utf16.h"
#include "ncrypt/property.h"

#define UI_TEXTS          3
#define MAX_UI_TEXT_UNITS 0x8000u

static size_t text_size(const WCHAR *text)
{
    return text == NULL ? 0 : (utf16_length(text, SIZE_MAX) + 1) * sizeof *text;
}

static SECURITY_STATUS write_ui(const void *object, uint8_t *out)
{
    const struct key *key = object;
    NCRYPT_UI_POLICY policy = {.dwVersion = 1, .dwFlags = key->ui.flags};
    LPCWSTR *pointers[UI_TEXTS] = {&policy.pszCreationTitle, &policy.pszFriendlyName, &policy.pszDescription};
    uint8_t *next = out + sizeof policy;

    for (size_t i = 0; i < UI_TEXTS; i++) {
        size_t size = text_size(key->ui.text[i]);

        if (size > 0) {
            memcpy(next, key->ui.text[i], size);
            *pointers[i] = (LPCWSTR)(void *)next;
            next += size;
        }
    }
    memcpy(out, &policy, sizeof policy);
    return ERROR_SUCCESS;
}

SECURITY_STATUS property_get_ui(const void *object, struct value *value)
{
    const struct key *key = object;

    if (!key->ui.present) {
        return status_fail(NTE_NOT_FOUND, "no UI policy has been set");
    }
    value->size = sizeof(NCRYPT_UI_POLICY);
    for (size_t i = 0; i < UI_TEXTS; i++) {
        value->size += text_size(key->ui.text[i]);
    }
    value->write = write_ui;
    return ERROR_SUCCESS;
}

static SECURITY_STATUS copy_ui(struct ui_policy *ui, const NCRYPT_UI_POLICY *policy)
{
    const WCHAR *texts[UI_TEXTS] = {policy->pszCreationTitle, policy->pszFriendlyName, policy->pszDescription};

    ui->present = true;
    ui->flags = policy->dwFlags;
    for (size_t i = 0; i < UI_TEXTS; i++) {
        size_t units = texts[i] == NULL ? 0 : utf16_length(texts[i], MAX_UI_TEXT_UNITS);

        if (units == MAX_UI_TEXT_UNITS) {
            return status_fail(NTE_INVALID_PARAMETER, "a text of the UI policy is too long");
        }
        ui->text[i] = texts[i] == NULL ? NULL : utf16_copy(texts[i], units);
        if (texts[i] != NULL && ui->text[i] == NULL) {
            return status_no_memory();
        }
    }
    return ERROR_SUCCESS;
}

SECURITY_STATUS property_set_ui(void *object, const uint8_t *data, uint32_t size, uint32_t flags)
{
    struct key *key = object;
    NCRYPT_UI_POLICY policy;
    struct ui_policy ui = {0};
    SECURITY_STATUS status;

    (void)flags;
    if (size != sizeof policy) {
        return status_fail(NTE_INVALID_PARAMETER, "'UI Policy' takes one NCRYPT_UI_POLICY");
    }
    memcpy(&policy, data, sizeof policy);
    if (policy.dwVersion != 1) {
        return status_fail(NTE_INVALID_PARAMETER, "'UI Policy' version %u is unknown", (unsigned)policy.dwVersion);
    }
    status = copy_ui(&ui, &policy);
    if (status != ERROR_SUCCESS) {
        ui_policy_clear(&ui);
        return status;
    }
    ui_policy_clear(&key->ui);
    key->ui = ui;
    return ERROR_SUCCESS;
}

SECURITY_STATUS property_get_use_context(const void *object, struct value *value)
{
    const struct key *key = object;

    if (key->use_context == NULL) {
        return value_bytes(value, value->scratch, 0);
    }
    return value_string(value, key->use_context);
}

SECURITY_STATUS property_set_use_context(void *object, const uint8_t *data, uint32_t size, uint32_t flags)
{
    struct key *key = object;

    (void)flags;
    return set_string(&key->use_context, data, size);
}

SECURITY_STATUS property_get_window(const void *object, struct value *value)
{
    const struct key *key = object;

    if (key->window == NULL) {
        return status_fail(NTE_NOT_FOUND, "no window handle has been set");
    }
    return value_pointer(value, (uintptr_t)key->window);
}

SECURITY_STATUS property_set_window(void *object, const uint8_t *data, uint32_t size, uint32_t flags)
{
    struct key *key = object;

    (void)flags;
    memcpy(&key->window, data, size);
    return ERROR_SUCCESS;
}
