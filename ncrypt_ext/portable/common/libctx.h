/* SPDX-License-Identifier: MIT
 *
 * The engine's own OSSL_LIB_CTX: what a host program configures for its own libcrypto use does not change how stored
 * keys behave. NCRYPT_EXT_OPENSSL_CONF names a configuration file for this context (a FIPS provider, say).
 */
#ifndef PORTABLE_COMMON_LIBCTX_H
#define PORTABLE_COMMON_LIBCTX_H

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdint.h>

#include "common/status.h"

/* The context, made at first use; NULL when that failed (the sentence says why). */
OSSL_LIB_CTX *libctx_get(void);

/* The digest with CNG's name ("SHA256"), fetched once and kept; NULL when the name is unknown or libcrypto lacks it. */
const EVP_MD *libctx_digest(const WCHAR *cng_name);

/* HMAC, fetched once and kept; NULL when libcrypto lacks it. */
EVP_MAC *libctx_hmac(void);

MUST_CHECK SECURITY_STATUS libctx_random(void *out, size_t size);

#endif
