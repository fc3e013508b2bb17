/* SPDX-License-Identifier: MIT
 *
 * What an NCryptBufferDesc says.
 */
#ifndef PORTABLE_NCRYPT_PARAMETERS_H
#define PORTABLE_NCRYPT_PARAMETERS_H

#include "common/status.h"

struct parameters {
    const WCHAR *key_name;           /* NCRYPTBUFFER_PKCS_KEY_NAME */
    const WCHAR *curve_name;         /* NCRYPTBUFFER_ECC_CURVE_NAME */
    const NCryptBuffer *password;    /* NCRYPTBUFFER_PKCS_SECRET, not looked at yet; so are the next two */
    const NCryptBuffer *scheme;      /* NCRYPTBUFFER_PKCS_ALG_OID */
    const NCryptBuffer *scheme_data; /* NCRYPTBUFFER_PKCS_ALG_PARAM */
};

/* For other readers of a list: its version and that it has its buffers; and a string that `*text` (NULL before) then
 * points at. */
MUST_CHECK SECURITY_STATUS parameters_check(const NCryptBufferDesc *list);
MUST_CHECK SECURITY_STATUS parameters_string(const NCryptBuffer *buffer, const WCHAR **text);

/* NTE_INVALID_PARAMETER for a wrong version, a malformed or repeated buffer. NULL gives none. */
MUST_CHECK SECURITY_STATUS parameters_read(const NCryptBufferDesc *list, struct parameters *parameters);

#endif
