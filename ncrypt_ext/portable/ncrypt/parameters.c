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
    if ((uintptr_t)value % _Alignof(WCHAR) != 0) {
        return status_fail(NTE_INVALID_PARAMETER, "buffer type %u is a UTF-16 string at an odd address",
                           (unsigned)buffer->BufferType);
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

/* The PARAMETER_* of a buffer; 0: it has no meaning. */
static uint32_t special(uint32_t type)
{
    static const struct {
        uint32_t type, which;
    } rows[] = {
        {NCRYPTBUFFER_PKCS_SECRET, PARAMETER_PASSWORD},
        {NCRYPTBUFFER_PKCS_ALG_OID, PARAMETER_SCHEME},
        {NCRYPTBUFFER_PKCS_ALG_PARAM, PARAMETER_SCHEME_DATA},
        {NCRYPTBUFFER_CERT_BLOB, PARAMETER_CERTIFICATES},
        {NCRYPTBUFFER_ECC_PARAMETERS, PARAMETER_CURVE},
        {NCRYPTBUFFER_PKCS_AES_KEY_BITS, PARAMETER_AES_BITS},
        {NCRYPTBUFFER_PKCS_PADDING_ALGO, PARAMETER_PADDING_HASH},
        {NCRYPTBUFFER_PKCS_PADDING_LABEL, PARAMETER_PADDING_LABEL},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].type == type) {
            return rows[i].which;
        }
    }
    return 0;
}

static SECURITY_STATUS read_special(const NCryptBuffer *buffer, struct parameters *parameters)
{
    uint32_t which = special(buffer->BufferType);

    if (which == 0) {
        return status_fail(NTE_INVALID_PARAMETER, "buffer type %u has no meaning here", (unsigned)buffer->BufferType);
    }
    if (parameters->given & which) {
        return given_twice(buffer);
    }
    parameters->given |= which;
    switch (which) {
    case PARAMETER_PASSWORD:
        return buffer->cbBuffer > 0 ? parameters_string(buffer, &parameters->password) : ERROR_SUCCESS;
    case PARAMETER_SCHEME:
        return read_ascii(buffer, &parameters->scheme);
    case PARAMETER_SCHEME_DATA:
        return read_data(buffer, &parameters->scheme_data);
    case PARAMETER_CURVE:
        return read_data(buffer, &parameters->curve);
    case PARAMETER_CERTIFICATES:
        return read_data(buffer, &parameters->certificates);
    case PARAMETER_AES_BITS:
        return read_data(buffer, &parameters->aes_bits);
    case PARAMETER_PADDING_HASH:
        return parameters_string(buffer, &parameters->padding_hash);
    default:
        return read_data(buffer, &parameters->padding_label);
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
