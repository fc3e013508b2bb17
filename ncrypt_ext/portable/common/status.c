/* SPDX-License-Identifier: MIT */
#include "common/status.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "ncrypt_ext_compat.h"

static _Thread_local struct {
    SECURITY_STATUS status;
    char sentence[512];
} last_failure;

SECURITY_STATUS status_fail(SECURITY_STATUS status, const char *format, ...)
{
    va_list arguments;

    last_failure.status = status;
    va_start(arguments, format);
    vsnprintf(last_failure.sentence, sizeof last_failure.sentence, format, arguments);
    va_end(arguments);
    return status;
}

SECURITY_STATUS status_rename(SECURITY_STATUS from, SECURITY_STATUS to)
{
    if (last_failure.status == from) {
        last_failure.status = to;
    }
    return to;
}

SECURITY_STATUS status_no_memory(void)
{
    return status_fail(NTE_NO_MEMORY, "out of memory");
}

static SECURITY_STATUS errno_to_status(int error)
{
    switch (error) {
    case EACCES:
    case EPERM:
        return NTE_PERM;
    case ENOSPC:
    case EDQUOT:
        return HRESULT_FROM_WIN32(ERROR_DISK_FULL);
    case EROFS:
        return HRESULT_FROM_WIN32(ERROR_WRITE_PROTECT);
    case ENOENT:
        return HRESULT_FROM_WIN32(ERROR_PATH_NOT_FOUND);
    case ENOMEM:
        return NTE_NO_MEMORY;
    case EBUSY:
    case EAGAIN:
        return HRESULT_FROM_WIN32(ERROR_BUSY);
    case EIO:
        return HRESULT_FROM_WIN32(ERROR_IO_DEVICE);
    default:
        return NTE_SYS_ERR;
    }
}

/* strerror_r() comes in two kinds: POSIX's returns an int, GNU's the text. */
static const char *error_text(int error, char *buffer, size_t size)
{
#if defined(__GLIBC__) && defined(_GNU_SOURCE)
    return strerror_r(error, buffer, size);
#else
    return strerror_r(error, buffer, size) == 0 ? buffer : "unknown error";
#endif
}

SECURITY_STATUS status_from_errno(int error, const char *what)
{
    char buffer[128];

    return status_fail(errno_to_status(error), "%s: %s", what, error_text(error, buffer, sizeof buffer));
}

static bool memory_was_short(unsigned long error)
{
    return error != 0 && ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE;
}

SECURITY_STATUS status_from_openssl(SECURITY_STATUS fallback, const char *what)
{
    unsigned long error = ERR_peek_last_error();
    const char *reason = error == 0 ? NULL : ERR_reason_error_string(error);

    /* The first error is the cause, and those after it its consequences; the host's own are rarely before it. */
    if (memory_was_short(error) || memory_was_short(ERR_peek_error())) {
        return status_no_memory();
    }
    return status_fail(fallback, "%s: %s", what, reason == NULL ? "libcrypto gave no reason" : reason);
}

const char *status_sentence(SECURITY_STATUS status)
{
    return status != ERROR_SUCCESS && last_failure.status == status ? last_failure.sentence : NULL;
}

uint32_t ncx_error_detail(SECURITY_STATUS status, char *text, uint32_t size)
{
    size_t length = 0;

    if (last_failure.status == status && status != ERROR_SUCCESS && size > 0) {
        length = strlen(last_failure.sentence);
        if (length > size - 1) {
            length = size - 1;
        }
        memcpy(text, last_failure.sentence, length);
        text[length] = '\0';
    }
    last_failure.status = ERROR_SUCCESS;
    return (uint32_t)length;
}
