/* SPDX-License-Identifier: MIT
 *
 * Key blobs: from the bytes of NCryptImportKey to components and back. One file a format; blob.c finds the format by
 * the blob type's name. Every length is checked against the blob's size before it is used.
 */
#ifndef PORTABLE_NCRYPT_BLOB_BLOB_H
#define PORTABLE_NCRYPT_BLOB_BLOB_H

#include <openssl/x509.h>

#include "common/status.h"
#include "ncrypt/key/algorithm.h"
#include "ncrypt/key/components.h"

struct material;   /* ncrypt/key/material.h */
struct parameters; /* ncrypt/parameters.h */

/* What there is to know about a blob beside its bytes or the key's numbers; zero-initialised when there is nothing. */
struct blob_parameters {
    const struct parameters *list; /* what the caller's parameter list says; NULL when there is none */
    struct material *wrapping;     /* the key of hImportKey or hExportKey, finalized, for formats that wrap; or NULL */

    /* import */
    const WCHAR *curve_name;           /* NCRYPTBUFFER_ECC_CURVE_NAME, checked to be NUL-terminated; else NULL */
    const struct algorithm *algorithm; /* when a blob is set as a property of a key being created: what it must fit */
    const struct curve *curve;         /* the same key's curve, if set */
    bool generic_ecc;                  /* NCRYPT_TREAT_NIST_AS_GENERIC_ECC_FLAG */
    const struct parameter_set *set;   /* of the same key, if set */

    /* export */
    uint32_t usage; /* NCRYPT_ALLOW_*: goes into formats that have a place for it */
};

struct blob_format {
    const WCHAR *type;                  /* "RSAPUBLICBLOB" */
    bool is_private;                    /* carries the private key */
    bool settable;                      /* may be set as a property of an unfinalized key */
    bool is_default;                    /* what PUBLICBLOB or PRIVATEBLOB mean for keys of `family` */
    bool wraps;                         /* can be under another key, which is in the parameters */
    bool is_sealed;                     /* always encrypted: leave to export is enough */
    uint32_t policy;                    /* NCRYPT_ALLOW_*_EXPORT_FLAG that lets it out, beside that for plain text */
    uint32_t reads, writes;             /* PARAMETER_*: buffers that mean something on import, on export */
    uint32_t version;                   /* of CryptoAPI's layouts of DH and DSA keys, which it is written in */
    uint32_t magic;                     /* the format's only magic; 0 when it has several (owns_magic) or none */
    const struct family *family;        /* the keys it is for; NULL: of several families */
    bool (*owns_magic)(uint32_t magic); /* for formats with several magics: public or private, of the family's */
    /* OpaqueTransport has neither of these: it is more than numbers (opaque.c).
     *
     * Refuses a malformed blob: wrong magic for the type NTE_NOT_SUPPORTED; truncated, oversized or inconsistent
     * NTE_BAD_DATA; an RSA size out of range, an unknown or missing curve, or another algorithm than the parameters ask
     * for NTE_INVALID_PARAMETER. That the numbers are a key is checked by material_load(). `components` come
     * initialised and empty, and are empty again after a failure. `usage` (NCRYPT_ALLOW_*) is what the
     * blob says the key may do, NCRYPT_ALLOW_ALL_USAGES when it says nothing. */
    SECURITY_STATUS (*parse)(const struct blob_format *format, const uint8_t *data, size_t size,
                             const struct blob_parameters *parameters, struct components *components, uint32_t *usage);
    /* `components` hold what is_private needs. Size query with out NULL; NTE_BUFFER_TOO_SMALL with the size needed;
     * NTE_BAD_TYPE when the format is another algorithm's. */
    SECURITY_STATUS (*write)(const struct blob_format *format, const struct components *components,
                             const struct blob_parameters *parameters, uint8_t *out, size_t out_size, size_t *result);
};

/* By exact, case-sensitive type name; NULL when unknown. "PUBLICBLOB" and "PRIVATEBLOB" are resolved by
 * blob_format_resolve(): on export by the key's algorithm, on import (algorithm NULL) by the magic in `data`; NULL when
 * the magic is of no format. Other type names it takes as blob_format_by_type() does. A magic of the other kind finds
 * the family's format of the kind that was asked for, which then refuses it. */
const struct blob_format *blob_format_by_type(const WCHAR *type);
const struct blob_format *blob_format_resolve(const WCHAR *type, const struct algorithm *algorithm, const uint8_t *data,
                                              size_t size);

/* Exactly `format->parse`, of a copy of what a caller gave: parsers look at sizes more than once, and another thread of
 * the caller's may change them meanwhile. */
MUST_CHECK SECURITY_STATUS blob_parse(const struct blob_format *format, const uint8_t *data, size_t size,
                                      const struct blob_parameters *parameters, struct components *components,
                                      uint32_t *usage);

/* ---- for the formats' own files --------------------------------------------------------------------------- */

/* Headers are read and written byte by byte: blobs need not be aligned. */
uint32_t blob_read_u32(const uint8_t *data);
void blob_write_u32(uint8_t *out, uint32_t value);

/* The blob's first four bytes; NTE_BAD_DATA when there are none. */
MUST_CHECK SECURITY_STATUS blob_read_magic(const uint8_t *data, size_t size, uint32_t *magic);

/* NTE_INVALID_PARAMETER when a key is being created whose algorithm is of another family. */
MUST_CHECK SECURITY_STATUS blob_check_family(const struct blob_parameters *parameters, const struct family *family);

/* The size query and the check of the buffer: `*ready` says that `needed` bytes are to be written to `out`. */
MUST_CHECK SECURITY_STATUS blob_output(uint8_t *out, size_t out_size, size_t needed, size_t *result, bool *ready);

/* blob_rsa.c */
SECURITY_STATUS blob_rsa_parse(const struct blob_format *format, const uint8_t *data, size_t size,
                               const struct blob_parameters *parameters, struct components *components,
                               uint32_t *usage);
SECURITY_STATUS blob_rsa_write(const struct blob_format *format, const struct components *components,
                               const struct blob_parameters *parameters, uint8_t *out, size_t out_size, size_t *result);

/* blob_capi.c. The algorithm in the header is not looked at, and written as CALG_RSA_KEYX. */
SECURITY_STATUS blob_capi_parse(const struct blob_format *format, const uint8_t *data, size_t size,
                                const struct blob_parameters *parameters, struct components *components,
                                uint32_t *usage);
SECURITY_STATUS blob_capi_write(const struct blob_format *format, const struct components *components,
                                const struct blob_parameters *parameters, uint8_t *out, size_t out_size,
                                size_t *result);

/* blob_ecc.c */
bool blob_ecc_owns_magic(uint32_t magic);
SECURITY_STATUS blob_ecc_parse(const struct blob_format *format, const uint8_t *data, size_t size,
                               const struct blob_parameters *parameters, struct components *components,
                               uint32_t *usage);
SECURITY_STATUS blob_ecc_write(const struct blob_format *format, const struct components *components,
                               const struct blob_parameters *parameters, uint8_t *out, size_t out_size, size_t *result);
/* What a generic magic in the blob says, of the format's kind: else NTE_NOT_SUPPORTED; and the one to write. */
MUST_CHECK SECURITY_STATUS blob_ecc_generic_group(const struct blob_format *format, const uint8_t *data, size_t size,
                                                  const WCHAR **group);
uint32_t blob_ecc_generic_magic(const struct algorithm *algorithm, bool is_private);
/* The blob's own curve (NULL: it does not say), which a curve in the parameters must not contradict; else that of the
 * parameters. */
MUST_CHECK SECURITY_STATUS blob_ecc_find_curve(const struct blob_parameters *parameters, const struct curve **curve);
/* Whether an EC key of this group ("ECDSA", "ECDH") and curve is what the parameters ask for, and the algorithm it
 * gets. NTE_NOT_SUPPORTED for the wrong group. */
MUST_CHECK SECURITY_STATUS blob_ecc_settle(const struct blob_parameters *parameters, const WCHAR *group,
                                           const struct curve *curve, struct components *components);

/* blob_secret.c: a KeyDataBlob, and the blobs of `format->family` with an NCRYPT_KEY_BLOB_HEADER and the magic of the
 * format */
SECURITY_STATUS blob_key_data_parse(const struct blob_format *format, const uint8_t *data, size_t size,
                                    const struct blob_parameters *parameters, struct components *components,
                                    uint32_t *usage);
SECURITY_STATUS blob_key_data_write(const struct blob_format *format, const struct components *components,
                                    const struct blob_parameters *parameters, uint8_t *out, size_t out_size,
                                    size_t *result);
SECURITY_STATUS blob_secret_parse(const struct blob_format *format, const uint8_t *data, size_t size,
                                  const struct blob_parameters *parameters, struct components *components,
                                  uint32_t *usage);
SECURITY_STATUS blob_secret_write(const struct blob_format *format, const struct components *components,
                                  const struct blob_parameters *parameters, uint8_t *out, size_t out_size,
                                  size_t *result);

/* blob_dl.c: DH and DSA, in both versions of the latter. */
bool blob_dsa_owns_magic(uint32_t magic);
SECURITY_STATUS blob_dl_parse(const struct blob_format *format, const uint8_t *data, size_t size,
                              const struct blob_parameters *parameters, struct components *components, uint32_t *usage);
SECURITY_STATUS blob_dl_write(const struct blob_format *format, const struct components *components,
                              const struct blob_parameters *parameters, uint8_t *out, size_t out_size, size_t *result);
/* The value of 'DHParameters' or 'DSAParameters'; fails as blob_format.parse does. */
MUST_CHECK SECURITY_STATUS blob_dl_parse_group(const struct algorithm *algorithm, const uint8_t *data, size_t size,
                                               struct components *components);
/* blob_pq.c. The wrapper is the blob around one of the private blobs that says which it is. */
SECURITY_STATUS blob_pq_parse(const struct blob_format *format, const uint8_t *data, size_t size,
                              const struct blob_parameters *parameters, struct components *components, uint32_t *usage);
SECURITY_STATUS blob_pq_write(const struct blob_format *format, const struct components *components,
                              const struct blob_parameters *parameters, uint8_t *out, size_t out_size, size_t *result);
SECURITY_STATUS blob_pq_wrapper_parse(const struct blob_format *format, const uint8_t *data, size_t size,
                                      const struct blob_parameters *parameters, struct components *components,
                                      uint32_t *usage);
SECURITY_STATUS blob_pq_wrapper_write(const struct blob_format *format, const struct components *components,
                                      const struct blob_parameters *parameters, uint8_t *out, size_t out_size,
                                      size_t *result);

/* blob_dl_capi.c. The type with the later version takes both when reading. */
SECURITY_STATUS blob_dl_capi_parse(const struct blob_format *format, const uint8_t *data, size_t size,
                                   const struct blob_parameters *parameters, struct components *components,
                                   uint32_t *usage);
SECURITY_STATUS blob_dl_capi_write(const struct blob_format *format, const struct components *components,
                                   const struct blob_parameters *parameters, uint8_t *out, size_t out_size,
                                   size_t *result);

/* blob_eccfull.c */
SECURITY_STATUS blob_eccfull_parse(const struct blob_format *format, const uint8_t *data, size_t size,
                                   const struct blob_parameters *parameters, struct components *components,
                                   uint32_t *usage);
SECURITY_STATUS blob_eccfull_write(const struct blob_format *format, const struct components *components,
                                   const struct blob_parameters *parameters, uint8_t *out, size_t out_size,
                                   size_t *result);

/* blob_pkcs8.c */
SECURITY_STATUS blob_pkcs8_parse(const struct blob_format *format, const uint8_t *data, size_t size,
                                 const struct blob_parameters *parameters, struct components *components,
                                 uint32_t *usage);
SECURITY_STATUS blob_pkcs8_write(const struct blob_format *format, const struct components *components,
                                 const struct blob_parameters *parameters, uint8_t *out, size_t out_size,
                                 size_t *result);

/* blob_pkcs8_dl.c: the numbers of a DH or DSA key in a PKCS#8 structure, and a structure of such a key's numbers. */
MUST_CHECK SECURITY_STATUS blob_pkcs8_take_dl(const PKCS8_PRIV_KEY_INFO *info, const struct algorithm *algorithm,
                                              struct components *components);
MUST_CHECK SECURITY_STATUS blob_pkcs8_make_dl(const struct components *components, PKCS8_PRIV_KEY_INFO **info);

/* blob_pkcs7.c */
SECURITY_STATUS blob_pkcs7_parse(const struct blob_format *format, const uint8_t *data, size_t size,
                                 const struct blob_parameters *parameters, struct components *components,
                                 uint32_t *usage);
SECURITY_STATUS blob_pkcs7_write(const struct blob_format *format, const struct components *components,
                                 const struct blob_parameters *parameters, uint8_t *out, size_t out_size,
                                 size_t *result);

/* blob_pkcs11.c */
SECURITY_STATUS blob_pkcs11_parse(const struct blob_format *format, const uint8_t *data, size_t size,
                                  const struct blob_parameters *parameters, struct components *components,
                                  uint32_t *usage);
SECURITY_STATUS blob_pkcs11_write(const struct blob_format *format, const struct components *components,
                                  const struct blob_parameters *parameters, uint8_t *out, size_t out_size,
                                  size_t *result);

#endif
