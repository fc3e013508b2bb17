/* SPDX-License-Identifier: MIT */
#include "webservices/object.h"

#include <stdarg.h>
#include <stdio.h>

#include "webservices/error.h"

#define SENTENCE_SIZE 512

static const char *const TYPE_NAMES[HANDLE_TYPE_COUNT] = {
    [HANDLE_WS_ERROR] = "WS_ERROR",       [HANDLE_WS_HEAP] = "WS_HEAP",         [HANDLE_WS_BUFFER] = "WS_XML_BUFFER",
    [HANDLE_WS_READER] = "WS_XML_READER", [HANDLE_WS_WRITER] = "WS_XML_WRITER", [HANDLE_WS_TOKEN] = "WS_SECURITY_TOKEN",
    [HANDLE_WS_MESSAGE] = "WS_MESSAGE",
};

HRESULT ws_fail(WS_ERROR *error, HRESULT status, const char *format, ...)
{
    char sentence[SENTENCE_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    error_add_sentence(error, sentence);
    return ncx_fail(status, sentence);
}

HRESULT ws_no_memory(WS_ERROR *error)
{
    return ws_fail(error, E_OUTOFMEMORY, "out of memory");
}

HRESULT object_enter(const void *pointer, enum handle_type type, void **object, WS_ERROR *error)
{
    struct object *found = ncx_object_acquire(object_handle(pointer), type);

    if (found == NULL) {
        return ws_fail(error, E_INVALIDARG, pointer == NULL ? "the %s is NULL" : "not a live %s", TYPE_NAMES[type]);
    }
    if (atomic_exchange_explicit(&found->busy, true, memory_order_acquire)) {
        ncx_object_release(object_handle(pointer));
        return ws_fail(error, WS_E_INVALID_OPERATION, "another thread is using this %s", TYPE_NAMES[type]);
    }
    *object = found;
    return ERROR_SUCCESS;
}

void object_leave(const void *pointer, void *object)
{
    atomic_store_explicit(&((struct object *)object)->busy, false, memory_order_release);
    ncx_object_release(object_handle(pointer));
}

HRESULT object_publish(enum handle_type type, void *object, void (*destroy)(void *object), void **pointer)
{
    NCRYPT_HANDLE handle;

    if (ncx_object_create(type, object, destroy, &handle) != ERROR_SUCCESS) {
        return E_OUTOFMEMORY;
    }
    *pointer = (void *)handle;
    return ERROR_SUCCESS;
}

void object_close(const void *pointer, enum handle_type type)
{
    if (ncx_object_acquire(object_handle(pointer), type) != NULL) {
        (void)!ncx_object_close(object_handle(pointer), type); /* another thread may have been faster */
        ncx_object_release(object_handle(pointer));
    }
}
