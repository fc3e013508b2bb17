/* SPDX-License-Identifier: MIT
 *
 * The parts of PKCS#8: its structures, and what is an algorithm's own. They run between openssl_scope_begin() and
 * _end().
 */
#ifndef PORTABLE_NCRYPT_BLOB_PKCS8_H
#define PORTABLE_NCRYPT_BLOB_PKCS8_H

#include <openssl/x509.h>

#include "ncrypt/blob/blob.h"

/* pkcs8_read.c: in the clear or, with the password (else NULL), encrypted; a password for a key that is not is not
 * looked at. HRESULT_FROM_WIN32(ERROR_INVALID_PASSWORD) when it is wrong or missing; NTE_BAD_DATA when the data are not
 * one PKCS#8 key. `*info` is NULL before and after a failure. */
MUST_CHECK SECURITY_STATUS pkcs8_read(const uint8_t *data, size_t size, const WCHAR *password,
                                      PKCS8_PRIV_KEY_INFO **info);

/* pkcs8_ec.c */

/* The curve that an algorithm identifier names: id-ecPublicKey with its parameters, or id-X25519. NTE_NOT_SUPPORTED for
 * one that is not known. */
MUST_CHECK SECURITY_STATUS pkcs8_find_curve(const X509_ALGOR *identifier, const struct curve **curve);

/* Only d: the point is computed from it when the key is loaded, whatever the encoding says. */
MUST_CHECK SECURITY_STATUS pkcs8_take_ec(const PKCS8_PRIV_KEY_INFO *info, const struct curve *curve,
                                         struct components *components);

#endif
