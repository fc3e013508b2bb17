/* SPDX-License-Identifier: MIT
 *
 * Key blobs: from the bytes of NCryptImportKey to components and back. One file a format; blob.c finds the format by
 * the blob type's name. Every length is checked against the blob's size before it is used.
 */
#ifndef PORTABLE_NCRYPT_BLOB_BLOB_H
#define PORTABLE_NCRYPT_BLOB_BLOB_H

#include "common/status.h"
#include "ncrypt/key/components.h"

/* What a parameter list may say about a blob to import; zero-initialised when there is no list. */
struct blob_parameters {
    const WCHAR *curve_name; /* NCRYPTBUFFER_ECC_CURVE_NAME, checked to be NUL-terminated; else NULL */
    const struct algorithm *algorithm; /* when a blob is set as a property of a key being created: what it must fit */
    const struct curve *curve;         /* the same key's curve, if set */
    bool generic_ecc;                  /* NCRYPT_TREAT_NIST_AS_GENERIC_ECC_FLAG */
};

struct blob_format {
    const WCHAR *type;       /* "RSAPUBLICBLOB" */
    bool is_private;         /* carries the private key */
    bool settable;           /* may be set as a property of an unfinalized key */
    /* Refuses a malformed blob: wrong magic for the type NTE_NOT_SUPPORTED, truncated, oversized or inconsistent
     * NTE_BAD_DATA or NTE_INVALID_PARAMETER as the facts of the format have it. `usage` (NCRYPT_ALLOW_*) is what the
     * blob says the key may do, NCRYPT_ALLOW_ALL_USAGES when it says nothing. */
    SECURITY_STATUS (*parse)(const struct blob_format *format, const uint8_t *data, size_t size,
                             const struct blob_parameters *parameters, struct components *components,
                             uint32_t *usage);
    /* `components` hold what is_private needs. Size query with out NULL; NTE_BUFFER_TOO_SMALL with the size needed;
     * NTE_BAD_TYPE when the format is another algorithm's. `usage` goes into formats that have a place for it. */
    SECURITY_STATUS (*write)(const struct blob_format *format, const struct components *components, uint32_t usage,
                             uint8_t *out, size_t out_size, size_t *result);
};

/* By exact, case-sensitive type name; NULL when unknown. "PUBLICBLOB" and "PRIVATEBLOB" are resolved by
 * blob_format_resolve(): on export by the key's algorithm, on import (algorithm NULL) by the magic in `data`. */
const struct blob_format *blob_format_by_type(const WCHAR *type);
const struct blob_format *blob_format_resolve(const WCHAR *type, const struct algorithm *algorithm,
                                              const uint8_t *data, size_t size);

#endif
