/* SPDX-License-Identifier: MIT
 *
 * WsCreateError, WsFreeError, WsResetError, WsGetErrorProperty, WsSetErrorProperty, WsAddErrorString, WsGetErrorString.
 *
 * These functions have no error object to write to but their subject: when one of them fails, the sentence goes to the
 * thread only.
 */
#include "webservices/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "webservices/encoding.h"

#define ENGLISH     0x0409u /* the language of the sentences */
#define MAX_STRINGS 4096u   /* an object that nobody resets does not grow for ever: what comes then is dropped */

/* A sentence about the subject itself. */
static HRESULT fail(HRESULT status, const char *sentence)
{
    return ws_fail(NULL, status, "%s", sentence);
}

static bool reserve_string(struct error *error)
{
    ULONG room = error->room == 0 ? 4 : 2 * error->room;
    WS_STRING *grown;

    if (error->count < error->room) {
        return true;
    }
    grown = realloc(error->strings, room * sizeof *grown);
    if (grown == NULL) {
        return false;
    }
    error->strings = grown;
    error->room = room;
    return true;
}

void error_add_sentence(WS_ERROR *pointer, const char *sentence)
{
    struct error *error = ncx_object_acquire(object_handle(pointer), HANDLE_WS_ERROR);
    WS_STRING text = {0};

    if (error == NULL) {
        return;
    }
    if (!atomic_exchange_explicit(&error->object.busy, true, memory_order_acquire)) {
        if (error->count < MAX_STRINGS && reserve_string(error) && encoding_sentence(sentence, &text)) {
            error->strings[error->count++] = text;
        }
        atomic_store_explicit(&error->object.busy, false, memory_order_release);
    }
    ncx_object_release(object_handle(pointer));
}

void error_reset(struct error *error)
{
    for (ULONG i = 0; i < error->count; i++) {
        free(error->strings[i].chars);
    }
    error->count = 0;
    free(error->original_text.chars);
    error->original_text = (WS_STRING){0};
    error->original = ERROR_SUCCESS;
    heap_clear(&error->heap, 0);
    error->fault = NULL;
    error->action = (WS_XML_STRING){0};
    error->header = NULL;
}

static void destroy_error(void *object)
{
    struct error *error = object;

    error_reset(error);
    free(error->strings);
    free(error);
}

static ULONG string_count(const struct error *error)
{
    return error->count + (error->original != ERROR_SUCCESS);
}

static HRESULT set_language(struct error *error, const void *value, ULONG size)
{
    LANGID language;

    if (value == NULL || size != sizeof language) {
        return fail(E_INVALIDARG, "the language of an error object takes exactly 2 bytes");
    }
    memcpy(&language, value, sizeof language);
    if (language == 0) {
        return fail(E_INVALIDARG, "0 is not a language");
    }
    if (string_count(error) > 0 || error->fault != NULL) {
        return fail(WS_E_INVALID_OPERATION, "the language of an error object is set while it is empty");
    }
    error->language = language;
    return ERROR_SUCCESS;
}

static HRESULT set_original(struct error *error, const void *value, ULONG size)
{
    char sentence[64];
    WS_STRING text = {0};
    HRESULT original;

    if (value == NULL || size != sizeof original) {
        return fail(E_INVALIDARG, "the original error code takes exactly 4 bytes");
    }
    memcpy(&original, value, sizeof original);
    snprintf(sentence, sizeof sentence, "the original error code is 0x%08X", (unsigned)original);
    if (original != ERROR_SUCCESS && !encoding_sentence(sentence, &text)) {
        return ws_no_memory(NULL);
    }
    free(error->original_text.chars);
    error->original_text = text;
    error->original = original;
    return ERROR_SUCCESS;
}

static HRESULT create_error(const WS_ERROR_PROPERTY *properties, ULONG propertyCount, WS_ERROR **error)
{
    struct error *created = NULL;
    HRESULT status = ERROR_SUCCESS;

    if (error == NULL) {
        return fail(E_INVALIDARG, "the address for the new error object is NULL");
    }
    if (properties == NULL && propertyCount != 0) {
        return fail(E_INVALIDARG, "the properties are NULL and their count is not 0");
    }
    created = calloc(1, sizeof *created);
    if (created == NULL) {
        return ws_no_memory(NULL);
    }
    created->heap.max = SIZE_MAX;
    created->language = ENGLISH;
    for (ULONG i = 0; i < propertyCount && status == ERROR_SUCCESS; i++) {
        status = properties[i].id == WS_ERROR_PROPERTY_LANGID
                     ? set_language(created, properties[i].value, properties[i].valueSize)
                     : fail(E_INVALIDARG, "an error object is created with no property but its language");
    }
    if (status == ERROR_SUCCESS &&
        object_publish(HANDLE_WS_ERROR, created, destroy_error, (void **)error) != ERROR_SUCCESS) {
        status = ws_no_memory(NULL);
    }
    if (status != ERROR_SUCCESS) {
        free(created);
    }
    return status;
}

HRESULT WINAPI WsCreateError(const WS_ERROR_PROPERTY *properties, ULONG propertyCount, WS_ERROR **error)
{
    return ncx_trace("WsCreateError", create_error(properties, propertyCount, error));
}

void WINAPI WsFreeError(WS_ERROR *error)
{
    object_close(error, HANDLE_WS_ERROR);
}

HRESULT WINAPI WsResetError(WS_ERROR *error)
{
    void *object;
    HRESULT status = object_enter(error, HANDLE_WS_ERROR, &object, NULL);

    if (status == ERROR_SUCCESS) {
        error_reset(object);
        object_leave(error, object);
    }
    return ncx_trace("WsResetError", status);
}

static HRESULT read_property(const struct error *error, WS_ERROR_PROPERTY_ID id, void *buffer, ULONG size)
{
    const ULONG count = string_count(error);
    const void *value;
    size_t wanted;

    switch (id) {
    case WS_ERROR_PROPERTY_STRING_COUNT:
        value = &count;
        wanted = sizeof count;
        break;
    case WS_ERROR_PROPERTY_ORIGINAL_ERROR_CODE:
        value = &error->original;
        wanted = sizeof error->original;
        break;
    case WS_ERROR_PROPERTY_LANGID:
        value = &error->language;
        wanted = sizeof error->language;
        break;
    default:
        return fail(E_INVALIDARG, "an error object has no such property");
    }
    if (buffer == NULL || size != wanted) {
        return fail(E_INVALIDARG, "the size is not exactly that of the property");
    }
    memcpy(buffer, value, wanted);
    return ERROR_SUCCESS;
}

HRESULT WINAPI WsGetErrorProperty(WS_ERROR *error, WS_ERROR_PROPERTY_ID id, void *buffer, ULONG bufferSize)
{
    void *object;
    HRESULT status = object_enter(error, HANDLE_WS_ERROR, &object, NULL);

    if (status == ERROR_SUCCESS) {
        status = read_property(object, id, buffer, bufferSize);
        object_leave(error, object);
    }
    return ncx_trace("WsGetErrorProperty", status);
}

static HRESULT write_property(struct error *error, WS_ERROR_PROPERTY_ID id, const void *value, ULONG size)
{
    switch (id) {
    case WS_ERROR_PROPERTY_ORIGINAL_ERROR_CODE:
        return set_original(error, value, size);
    case WS_ERROR_PROPERTY_LANGID:
        return set_language(error, value, size);
    case WS_ERROR_PROPERTY_STRING_COUNT:
    default:
        return fail(E_INVALIDARG, "an error object has no such property that can be set");
    }
}

HRESULT WINAPI WsSetErrorProperty(WS_ERROR *error, WS_ERROR_PROPERTY_ID id, const void *value, ULONG valueSize)
{
    void *object;
    HRESULT status = object_enter(error, HANDLE_WS_ERROR, &object, NULL);

    if (status == ERROR_SUCCESS) {
        status = write_property(object, id, value, valueSize);
        object_leave(error, object);
    }
    return ncx_trace("WsSetErrorProperty", status);
}

static HRESULT add_string(struct error *error, const WS_STRING *string)
{
    WCHAR *chars;

    if (string == NULL || (string->chars == NULL && string->length > 0)) {
        return fail(E_INVALIDARG, "the string is NULL");
    }
    if (error->count == MAX_STRINGS) {
        return fail(WS_E_QUOTA_EXCEEDED, "the error object is full of strings: nobody resets it");
    }
    chars = malloc(string->length == 0 ? 1 : string->length * sizeof *chars);
    if (chars == NULL || !reserve_string(error)) {
        free(chars);
        return ws_no_memory(NULL);
    }
    if (string->length > 0) {
        memcpy(chars, string->chars, string->length * sizeof *chars);
    }
    error->strings[error->count++] = (WS_STRING){string->length, chars};
    return ERROR_SUCCESS;
}

HRESULT WINAPI WsAddErrorString(WS_ERROR *error, const WS_STRING *string)
{
    void *object;
    HRESULT status = object_enter(error, HANDLE_WS_ERROR, &object, NULL);

    if (status == ERROR_SUCCESS) {
        status = add_string(object, string);
        object_leave(error, object);
    }
    return ncx_trace("WsAddErrorString", status);
}

/* The newest comes first, the original error's text last. */
static HRESULT read_string(const struct error *error, ULONG index, WS_STRING *string)
{
    if (string == NULL) {
        return fail(E_INVALIDARG, "the address for the string is NULL");
    }
    if (index >= string_count(error)) {
        return fail(E_INVALIDARG, "the error object has fewer strings");
    }
    *string = index < error->count ? error->strings[error->count - 1 - index] : error->original_text;
    return ERROR_SUCCESS;
}

HRESULT WINAPI WsGetErrorString(WS_ERROR *error, ULONG index, WS_STRING *string)
{
    void *object;
    HRESULT status = object_enter(error, HANDLE_WS_ERROR, &object, NULL);

    if (status == ERROR_SUCCESS) {
        status = read_string(object, index, string);
        object_leave(error, object);
    }
    return ncx_trace("WsGetErrorString", status);
}
