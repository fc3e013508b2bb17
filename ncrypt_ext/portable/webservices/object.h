/* SPDX-License-Identifier: MIT
 *
 * The pointers that the API hands out (WS_ERROR *, WS_HEAP *, ...) are values of the handle table, so that NULL, junk,
 * stale and foreign pointers are told from live ones. This is how functions get at the object behind one, and how they
 * fail.
 */
#ifndef PORTABLE_WEBSERVICES_OBJECT_H
#define PORTABLE_WEBSERVICES_OBJECT_H

#include <stdatomic.h>
#include <stdbool.h>

#include "common/export.h"
#include "webservices.h"

/* First member of every object that one thread at a time may use. */
struct object {
    atomic_bool busy;
};

/* Gives the sentence to the error object (NULL or not live: nobody wants it) and to the calling thread; returns
 * `status`. The caller has not entered that error object. */
HRESULT ws_fail(WS_ERROR *error, HRESULT status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* E_OUTOFMEMORY with a fixed sentence. */
HRESULT ws_no_memory(WS_ERROR *error);

/* The object behind the pointer, which is then this thread's until object_leave(). E_INVALIDARG when the pointer is not
 * a live one of this type, WS_E_INVALID_OPERATION when another thread is using the object. */
MUST_CHECK HRESULT object_enter(const void *pointer, enum handle_type type, void **object, WS_ERROR *error);
void object_leave(const void *pointer, void *object);

/* A pointer for the object, which the handle table then owns. On failure the object stays the caller's. */
MUST_CHECK HRESULT object_publish(enum handle_type type, void *object, void (*destroy)(void *object), void **pointer);

/* The object is destroyed now, or when the last thread that is using it leaves. Nothing for other pointers. */
void object_close(const void *pointer, enum handle_type type);

static inline NCRYPT_HANDLE object_handle(const void *pointer)
{
    return (NCRYPT_HANDLE)pointer;
}

#endif
