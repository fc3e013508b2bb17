/* SPDX-License-Identifier: MIT
 *
 * What an NCryptBufferDesc says.
 */
#ifndef PORTABLE_NCRYPT_PARAMETERS_H
#define PORTABLE_NCRYPT_PARAMETERS_H

#include "common/status.h"

/* Buffers that only some blob types have a use for. */
enum {
    PARAMETER_PASSWORD = 0x1,
    PARAMETER_SCHEME = 0x2,
    PARAMETER_SCHEME_DATA = 0x4,
    PARAMETER_CERTIFICATES = 0x8,
    PARAMETER_AES_BITS = 0x10,
    PARAMETER_PADDING_HASH = 0x20,
    PARAMETER_PADDING_LABEL = 0x40,
    PARAMETER_CURVE = 0x80,
};

struct parameters {
    uint32_t given;            /* PARAMETER_* */
    const WCHAR *key_name;     /* NCRYPTBUFFER_PKCS_KEY_NAME */
    const WCHAR *curve_name;   /* NCRYPTBUFFER_ECC_CURVE_NAME */
    const WCHAR *password;     /* NCRYPTBUFFER_PKCS_SECRET; an empty buffer is none */
    const char *scheme;        /* NCRYPTBUFFER_PKCS_ALG_OID */
    const WCHAR *padding_hash; /* NCRYPTBUFFER_PKCS_PADDING_ALGO */

    /* These have data. */
    const NCryptBuffer *curve;         /* NCRYPTBUFFER_ECC_PARAMETERS */
    const NCryptBuffer *scheme_data;   /* NCRYPTBUFFER_PKCS_ALG_PARAM */
    const NCryptBuffer *certificates;  /* NCRYPTBUFFER_CERT_BLOB */
    const NCryptBuffer *aes_bits;      /* NCRYPTBUFFER_PKCS_AES_KEY_BITS */
    const NCryptBuffer *padding_label; /* NCRYPTBUFFER_PKCS_PADDING_LABEL */
};

/* For other readers of a list: its version and that it has its buffers; and a string that `*text` (NULL before) then
 * points at. */
MUST_CHECK SECURITY_STATUS parameters_check(const NCryptBufferDesc *list);
MUST_CHECK SECURITY_STATUS parameters_string(const NCryptBuffer *buffer, const WCHAR **text);

/* NTE_INVALID_PARAMETER for a wrong version, a malformed or repeated buffer. NULL gives none. */
MUST_CHECK SECURITY_STATUS parameters_read(const NCryptBufferDesc *list, struct parameters *parameters);

#endif
