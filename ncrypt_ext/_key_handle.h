/* SPDX-License-Identifier: MIT
 *
 * The storage of a security key handle: plain C, so that C tests can look at what is left of it.
 */
#ifndef NCRYPT_EXT_KEY_HANDLE_H
#define NCRYPT_EXT_KEY_HANDLE_H

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "ncrypt_ext_ws.h"

/* Any of the structures: each begins with its type. */
union key_handle {
    WS_SECURITY_KEY_HANDLE any;
    WS_RAW_SYMMETRIC_SECURITY_KEY_HANDLE raw;
    WS_NCRYPT_ASYMMETRIC_SECURITY_KEY_HANDLE ncrypt;
    WS_CAPI_ASYMMETRIC_SECURITY_KEY_HANDLE capi;
};

/* Zeros that the compiler does not leave out, although nobody may read them any more. */
static inline void key_handle_wipe(void *memory, size_t size)
{
    volatile unsigned char *bytes = (volatile unsigned char *)memory;

    while (size-- > 0)
        *bytes++ = 0;
}

/* The padding between the fields is zero, too. */
static inline void key_handle_set_ncrypt(union key_handle *handle, NCRYPT_KEY_HANDLE key)
{
    memset(handle, 0, sizeof *handle);
    handle->ncrypt.keyHandle.keyHandleType = WS_NCRYPT_ASYMMETRIC_SECURITY_KEY_HANDLE_TYPE;
    handle->ncrypt.asymmetricKey = key;
}

static inline void key_handle_set_capi(union key_handle *handle, HCRYPTPROV provider, ULONG spec)
{
    memset(handle, 0, sizeof *handle);
    handle->capi.keyHandle.keyHandleType = WS_CAPI_ASYMMETRIC_SECURITY_KEY_HANDLE_TYPE;
    handle->capi.provider = provider;
    handle->capi.keySpec = spec;
}

/* With a copy of the secret; 0 when memory is short. */
static inline int key_handle_set_raw(union key_handle *handle, const void *secret, ULONG size)
{
    void *copy = malloc(size == 0 ? 1 : size);

    memset(handle, 0, sizeof *handle);
    if (copy == NULL)
        return 0;
    memcpy(copy, secret, size);
    handle->raw.keyHandle.keyHandleType = WS_RAW_SYMMETRIC_SECURITY_KEY_HANDLE_TYPE;
    handle->raw.rawKeyBytes.length = size;
    handle->raw.rawKeyBytes.bytes = (BYTE *)copy;
    return 1;
}

/* Nothing is left: a secret is wiped and freed, the structure is zeros. */
static inline void key_handle_clear(union key_handle *handle)
{
    if (handle->any.keyHandleType == WS_RAW_SYMMETRIC_SECURITY_KEY_HANDLE_TYPE) {
        key_handle_wipe(handle->raw.rawKeyBytes.bytes, handle->raw.rawKeyBytes.length);
        free(handle->raw.rawKeyBytes.bytes);
    }
    key_handle_wipe(handle, sizeof *handle);
}

#endif
