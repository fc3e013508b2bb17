/* SPDX-License-Identifier: MIT */
#include "ncrypt/parameters.h"

#include <string.h>

#include "common/utf16.h"

static SECURITY_STATUS given_twice(const NCryptBuffer *buffer)
{
    return status_fail(NTE_INVALID_PARAMETER, "buffer type %u is given twice", (unsigned)buffer->BufferType);
}

/* A NUL-terminated UTF-16 string that ends with its buffer. */
SECURITY_STATUS parameters_string(const NCryptBuffer *buffer, const WCHAR **text)
{
    const WCHAR *value = buffer->pvBuffer;
    size_t units = buffer->cbBuffer / sizeof *value;

    if (*text != NULL) {
        return given_twice(buffer);
    }
    if (value == NULL || buffer->cbBuffer % sizeof *value != 0 || units == 0 ||
        utf16_length(value, units) != units - 1) {
        return status_fail(NTE_INVALID_PARAMETER, "buffer type %u is not one NUL-terminated UTF-16 string",
                           (unsigned)buffer->BufferType);
    }
    *text = value;
    return ERROR_SUCCESS;
}

/* The same in ASCII. */
static SECURITY_STATUS read_ascii(const NCryptBuffer *buffer, const char **text)
{
    const char *value = buffer->pvBuffer;

    if (value == NULL || buffer->cbBuffer == 0 || memchr(value, 0, buffer->cbBuffer) != value + buffer->cbBuffer - 1) {
        return status_fail(NTE_INVALID_PARAMETER, "buffer type %u is not one NUL-terminated string",
                           (unsigned)buffer->BufferType);
    }
    *text = value;
    return ERROR_SUCCESS;
}

static SECURITY_STATUS read_data(const NCryptBuffer *buffer, const NCryptBuffer **data)
{
    if (buffer->pvBuffer == NULL) {
        return status_fail(NTE_INVALID_PARAMETER, "buffer type %u has no data", (unsigned)buffer->BufferType);
    }
    *data = buffer;
    return ERROR_SUCCESS;
}

static SECURITY_STATUS mark(const NCryptBuffer *buffer, uint32_t which, struct parameters *parameters)
{
    if (parameters->given & which) {
        return given_twice(buffer);
    }
    parameters->given |= which;
    return ERROR_SUCCESS;
}

static SECURITY_STATUS read_special(const NCryptBuffer *buffer, struct parameters *parameters)
{
    SECURITY_STATUS status;

    switch (buffer->BufferType) {
    case NCRYPTBUFFER_PKCS_SECRET:
        status = mark(buffer, PARAMETER_PASSWORD, parameters);
        return status == ERROR_SUCCESS && buffer->cbBuffer > 0 ? parameters_string(buffer, &parameters->password)
                                                               : status;
    case NCRYPTBUFFER_PKCS_ALG_OID:
        status = mark(buffer, PARAMETER_SCHEME, parameters);
        return status == ERROR_SUCCESS ? read_ascii(buffer, &parameters->scheme) : status;
    case NCRYPTBUFFER_PKCS_ALG_PARAM:
        status = mark(buffer, PARAMETER_SCHEME_DATA, parameters);
        return status == ERROR_SUCCESS ? read_data(buffer, &parameters->scheme_data) : status;
    default:
        return status_fail(NTE_INVALID_PARAMETER, "buffer type %u has no meaning here", (unsigned)buffer->BufferType);
    }
}

static SECURITY_STATUS read_buffer(const NCryptBuffer *buffer, struct parameters *parameters)
{
    switch (buffer->BufferType) {
    case NCRYPTBUFFER_PKCS_KEY_NAME:
        return parameters_string(buffer, &parameters->key_name);
    case NCRYPTBUFFER_ECC_CURVE_NAME:
        return parameters_string(buffer, &parameters->curve_name);
    default:
        return read_special(buffer, parameters);
    }
}

SECURITY_STATUS parameters_check(const NCryptBufferDesc *list)
{
    if (list->ulVersion != NCRYPTBUFFER_VERSION) {
        return status_fail(NTE_INVALID_PARAMETER, "parameter list version %u is unknown", (unsigned)list->ulVersion);
    }
    if (list->cBuffers > 0 && list->pBuffers == NULL) {
        return status_fail(NTE_INVALID_PARAMETER, "the parameter list has no buffers");
    }
    return ERROR_SUCCESS;
}

SECURITY_STATUS parameters_read(const NCryptBufferDesc *list, struct parameters *parameters)
{
    SECURITY_STATUS status = list == NULL ? ERROR_SUCCESS : parameters_check(list);

    *parameters = (struct parameters){0};
    for (uint32_t i = 0; status == ERROR_SUCCESS && list != NULL && i < list->cBuffers; i++) {
        status = read_buffer(&list->pBuffers[i], parameters);
    }
    return status;
}
