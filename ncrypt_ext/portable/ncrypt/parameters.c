/* SPDX-License-Identifier: MIT */
#include "ncrypt/parameters.h"

#include "common/utf16.h"

static SECURITY_STATUS given_twice(const NCryptBuffer *buffer)
{
    return status_fail(NTE_INVALID_PARAMETER, "buffer type %u is given twice", (unsigned)buffer->BufferType);
}

static SECURITY_STATUS once(const NCryptBuffer *buffer, const NCryptBuffer **place)
{
    if (*place != NULL) {
        return given_twice(buffer);
    }
    *place = buffer;
    return ERROR_SUCCESS;
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

static SECURITY_STATUS read_buffer(const NCryptBuffer *buffer, struct parameters *parameters)
{
    switch (buffer->BufferType) {
    case NCRYPTBUFFER_PKCS_KEY_NAME:
        return parameters_string(buffer, &parameters->key_name);
    case NCRYPTBUFFER_ECC_CURVE_NAME:
        return parameters_string(buffer, &parameters->curve_name);
    case NCRYPTBUFFER_PKCS_SECRET:
        return once(buffer, &parameters->password);
    case NCRYPTBUFFER_PKCS_ALG_OID:
        return once(buffer, &parameters->scheme);
    case NCRYPTBUFFER_PKCS_ALG_PARAM:
        return once(buffer, &parameters->scheme_data);
    default:
        return status_fail(NTE_INVALID_PARAMETER, "buffer type %u has no meaning here", (unsigned)buffer->BufferType);
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
