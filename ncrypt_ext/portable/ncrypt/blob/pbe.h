/* SPDX-License-Identifier: MIT
 *
 * Encryption under a password, as PKCS #8 and PKCS #12 have it. What others wrote is looked at before libcrypto works
 * on it: what is missing here is told from a wrong password, and nobody's file keeps a processor busy for hours.
 */
#ifndef PORTABLE_NCRYPT_BLOB_PBE_H
#define PORTABLE_NCRYPT_BLOB_PBE_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/status.h"

#ifndef PBE_MAX_ITERATIONS /* fuzzers say less: they have no time to wait for hashes */
#define PBE_MAX_ITERATIONS 8000000u
#endif
#define PBE_ITERATIONS   600000u /* where the caller does not say */
#define PBE_MAX_PASSWORD 1024    /* UTF-16 units */
#define PBE_MAX_SALT     1024

struct parameters;

/* What is being read: a file may hash its password several times. */
struct pbe_budget {
    const char *what;          /* what the sentences are about: "file", "key" */
    SECURITY_STATUS malformed; /* the code for parameters that are none */
    uint64_t iterations;       /* still allowed, of all hashes together: PBE_MAX_ITERATIONS at first. Those of scrypt
                                * are N * r * p, which take about as long. */
};

/* NTE_NOT_SUPPORTED for an algorithm that the engine's libcrypto does not offer, NTE_BAD_LEN for more iterations than
 * are left. */
MUST_CHECK SECURITY_STATUS pbe_check(struct pbe_budget *budget, const X509_ALGOR *encryption);
MUST_CHECK SECURITY_STATUS pbe_check_digest(struct pbe_budget *budget, const X509_ALGOR *checksum,
                                            const ASN1_INTEGER *iterations);

/* In UTF-8, in memory to be freed with secmem_free(). `refused` is the code for a text that is too long or none. */
MUST_CHECK SECURITY_STATUS pbe_password(const WCHAR *password, SECURITY_STATUS refused, char **out, size_t *size);

/* Whether a parameter list asks for an encrypted key. */
bool pbe_is_wanted(const struct parameters *list);

/* Encrypts as the list says: see blob_format.write. Without an algorithm it is PBES2 with AES-256 in CBC mode and
 * PBKDF2 with HMAC-SHA-256. */
MUST_CHECK SECURITY_STATUS pbe_write_key(const PKCS8_PRIV_KEY_INFO *info, const struct parameters *list, uint8_t *out,
                                         size_t out_size, size_t *result);

#endif
