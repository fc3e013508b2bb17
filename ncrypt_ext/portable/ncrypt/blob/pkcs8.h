/* SPDX-License-Identifier: MIT
 *
 * The parts of PKCS#8 that are an algorithm's own. They run between openssl_scope_begin() and _end().
 */
#ifndef PORTABLE_NCRYPT_BLOB_PKCS8_H
#define PORTABLE_NCRYPT_BLOB_PKCS8_H

#include <openssl/x509.h>

#include "ncrypt/blob/blob.h"

/* pkcs8_ec.c */

/* The curve that an algorithm identifier names: id-ecPublicKey with its parameters, or id-X25519. NTE_NOT_SUPPORTED for
 * one that is not known. */
MUST_CHECK SECURITY_STATUS pkcs8_find_curve(const X509_ALGOR *identifier, const struct curve **curve);

/* Only d: the point is computed from it when the key is loaded, whatever the encoding says. */
MUST_CHECK SECURITY_STATUS pkcs8_take_ec(const PKCS8_PRIV_KEY_INFO *info, const struct curve *curve,
                                         struct components *components);

#endif
