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

/* blob_pkcs8.c: a structure around a key that was written here. `parameter` is of that type, as X509_ALGOR_set0() takes
 * it; it and the key, which lies in OPENSSL_malloc() memory of `room` bytes, are taken over in any case. */
MUST_CHECK SECURITY_STATUS pkcs8_make(int algorithm, int type, void *parameter, uint8_t *key, size_t room, size_t size,
                                      PKCS8_PRIV_KEY_INFO **info);

/* pkcs8_rsa.c: neither leaves private numbers behind in memory, which libcrypto's own encoder and decoder do. */
MUST_CHECK SECURITY_STATUS pkcs8_take_rsa(const PKCS8_PRIV_KEY_INFO *info, struct components *components);
MUST_CHECK SECURITY_STATUS pkcs8_make_rsa(const struct components *components, PKCS8_PRIV_KEY_INFO **info);

/* pkcs8_ec.c */

/* The curve that an algorithm identifier names: id-ecPublicKey with its parameters, or id-X25519. NTE_NOT_SUPPORTED for
 * one that is not known. */
MUST_CHECK SECURITY_STATUS pkcs8_find_curve(const X509_ALGOR *identifier, const struct curve **curve);

/* Only d: the point is computed from it when the key is loaded, whatever the encoding says. */
MUST_CHECK SECURITY_STATUS pkcs8_take_ec(const PKCS8_PRIV_KEY_INFO *info, const struct curve *curve,
                                         struct components *components);

/* RFC 5915's ECPrivateKey without its own name of the curve, or RFC 8410's CurvePrivateKey. */
MUST_CHECK SECURITY_STATUS pkcs8_make_ec(const struct components *components, PKCS8_PRIV_KEY_INFO **info);

#endif
