/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "wincrypt/internal.h"

static _Thread_local DWORD last_error;

DWORD WINAPI GetLastError(void)
{
    return last_error;
}

void WINAPI SetLastError(DWORD dwErrCode)
{
    last_error = dwErrCode;
}

#define WIN32_HRESULT      0x80070000u
#define WIN32_HRESULT_MASK 0xFFFF0000u

/* What is not listed passes as it is: most codes of the key storage functions were CryptoAPI's first. */
static SECURITY_STATUS translate(SECURITY_STATUS status)
{
    switch (status) {
    case NTE_INVALID_PARAMETER:
        return ERROR_INVALID_PARAMETER;
    case NTE_INVALID_HANDLE:
        return ERROR_INVALID_HANDLE;
    case NTE_BUFFER_TOO_SMALL:
        return ERROR_MORE_DATA;
    case NTE_NO_MORE_ITEMS:
        return ERROR_NO_MORE_ITEMS;
    default:
        return ((uint32_t)status & WIN32_HRESULT_MASK) == WIN32_HRESULT ? (SECURITY_STATUS)((uint32_t)status & 0xFFFFu)
                                                                        : status;
    }
}

BOOL capi_return(const char *function, SECURITY_STATUS status)
{
    if (status != ERROR_SUCCESS) {
        status = status_rename(status, translate(status));
        last_error = (DWORD)status;
    }
    return trace_return(function, status) == ERROR_SUCCESS;
}

SECURITY_STATUS capi_bad_handle(const char *what)
{
    return status_fail(ERROR_INVALID_PARAMETER, "not a live handle of a %s", what);
}

SECURITY_STATUS capi_check_flags(uint32_t flags, uint32_t known)
{
    if (flags & ~known) {
        return status_fail(NTE_BAD_FLAGS, "flags 0x%X have no meaning here", (unsigned)(flags & ~known));
    }
    return ERROR_SUCCESS;
}

SECURITY_STATUS capi_output(const void *value, size_t size, BYTE *out, DWORD *out_size)
{
    DWORD room = *out_size;

    *out_size = (DWORD)size;
    if (out == NULL) {
        return ERROR_SUCCESS;
    }
    if (room < size) {
        return status_fail(NTE_BUFFER_TOO_SMALL, "the value has %zu bytes", size);
    }
    memcpy(out, value, size);
    return ERROR_SUCCESS;
}

SECURITY_STATUS capi_output_dword(uint32_t value, BYTE *out, DWORD *out_size)
{
    return capi_output(&value, sizeof value, out, out_size);
}
