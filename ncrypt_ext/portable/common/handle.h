/* SPDX-License-Identifier: MIT
 *
 * The handle table. A handle value is not a pointer: it is an index, a generation and a type, so that a stale, foreign
 * or made-up value is told from a live one without touching the memory it once meant. Looking a handle up takes no
 * lock: a live entry counts its users, and closing it only stops new ones; the object is destroyed when the last user
 * lets go, on that user's thread.
 */
#ifndef PORTABLE_COMMON_HANDLE_H
#define PORTABLE_COMMON_HANDLE_H

#include <stdint.h>

#include "common/status.h"
#include "ncrypt.h"

/* Some key storage functions take providers, keys and secrets alike; none takes the handles of the other parts. */
enum handle_type {
    HANDLE_ANY = 0, /* HANDLE_PROVIDER, HANDLE_KEY or HANDLE_SECRET */
    HANDLE_PROVIDER = 1,
    HANDLE_KEY = 2,
    HANDLE_BCRYPT_ALGORITHM = 3,
    HANDLE_BCRYPT_KEY = 4,
    HANDLE_CAPI_CONTEXT = 5,
    HANDLE_CAPI_KEY = 6,
    HANDLE_CAPI_HASH = 7,
    HANDLE_WS_ERROR = 8,
    HANDLE_WS_HEAP = 9,
    HANDLE_WS_BUFFER = 10,
    HANDLE_WS_READER = 11,
    HANDLE_WS_WRITER = 12,
    HANDLE_WS_TOKEN = 13,
    HANDLE_WS_CHANNEL = 14,
    HANDLE_WS_MESSAGE = 15,
    HANDLE_CERTIFICATE_STORE = 16,
    HANDLE_SECRET = 17,
    HANDLE_NOTIFICATION = 18,
    HANDLE_TYPE_COUNT = 19,
};

/* Makes a handle for `object`; from now on the table owns it and calls `destroy` once, when the handle has been closed
 * and its last user is gone. On failure the object stays the caller's. */
MUST_CHECK SECURITY_STATUS handle_create(enum handle_type type, void *object, void (*destroy)(void *object),
                                         NCRYPT_HANDLE *handle);

/* The object behind a live handle of that type, else NULL. Pair with handle_release(). */
void *handle_acquire(NCRYPT_HANDLE handle, enum handle_type type);
void handle_release(NCRYPT_HANDLE handle);

/* Ends the handle's life: later look-ups fail. NTE_INVALID_HANDLE when it is not live (any more). */
MUST_CHECK SECURITY_STATUS handle_close(NCRYPT_HANDLE handle, enum handle_type type);

/* The type that is encoded in the value, live or not; HANDLE_ANY when it cannot be one of ours. */
enum handle_type handle_type_of(NCRYPT_HANDLE handle);

/* Handles whose object still exists, closed ones in use included. */
uint64_t handle_count(enum handle_type type);

/* Visits the objects of a type. Only for the child of a fork(), where no other thread runs. */
void handle_each(enum handle_type type, void (*visit)(void *object));

#endif
