/* SPDX-License-Identifier: MIT */
#include "bcrypt/internal.h"

/* What is not listed passes as it is: NTE_BAD_DATA, too, is what Windows answers to some blobs (keys.c). */
static NTSTATUS translate(SECURITY_STATUS status)
{
    switch (status) {
    case NTE_BAD_SIGNATURE:
        return STATUS_INVALID_SIGNATURE;
    case NTE_INVALID_HANDLE:
        return STATUS_INVALID_HANDLE;
    case NTE_INVALID_PARAMETER:
    case NTE_BAD_FLAGS:
        return STATUS_INVALID_PARAMETER;
    case NTE_NOT_SUPPORTED:
    case NTE_BAD_TYPE:
        return STATUS_NOT_SUPPORTED;
    case NTE_BUFFER_TOO_SMALL:
        return STATUS_BUFFER_TOO_SMALL;
    case NTE_NO_MEMORY:
        return STATUS_NO_MEMORY;
    case NTE_FAIL:
    case NTE_INTERNAL_ERROR:
        return STATUS_INTERNAL_ERROR;
    default:
        return status;
    }
}

NTSTATUS bcrypt_return(const char *function, SECURITY_STATUS status)
{
    if (status != ERROR_SUCCESS) {
        status = status_rename(status, translate(status));
    }
    return trace_return(function, status);
}
