/* SPDX-License-Identifier: MIT
 *
 * What is in a PFX (PKCS #12) file: pfx_read.c takes it out with libcrypto, pfx.c stores it.
 */
#ifndef PORTABLE_WINCRYPT_PFX_H
#define PORTABLE_WINCRYPT_PFX_H

#include "wincrypt/certificate.h"

#define PFX_MAX_KEYS         64
#define PFX_MAX_CERTIFICATES 256

/* The attribute that says which certificate is whose; empty: none. */
struct pfx_id {
    uint8_t *data;
    size_t size;
};

struct pfx_key {
    struct material *material; /* validated */
    uint32_t usage;            /* NCRYPT_ALLOW_* */
    struct pfx_id id;
};

struct pfx_certificate {
    X509 *x509;
    struct der der; /* libcrypto's memory */
    struct pfx_id id;
    WCHAR *friendly_name; /* NULL: none */
};

struct pfx {
    size_t key_count, certificate_count;
    struct pfx_key keys[PFX_MAX_KEYS];
    struct pfx_certificate certificates[PFX_MAX_CERTIFICATES];
};

/* The zero-initialised `pfx` is to be cleared in any case. `password` may be NULL.
 *   ERROR_INVALID_PASSWORD   the password is wrong
 *   ERROR_INVALID_DATA       nothing protects the file's integrity, or something in it does not fit
 *   CRYPT_E_ASN1_BADTAG      no PFX file, or not all of one
 *   NTE_NOT_SUPPORTED        an algorithm that the engine's libcrypto lacks, or a kind of key
 *   NTE_BAD_LEN              more keys, certificates or iterations of the password's hash than anybody needs */
MUST_CHECK SECURITY_STATUS pfx_read(const uint8_t *data, size_t size, const WCHAR *password, struct pfx *pfx);
void pfx_clear(struct pfx *pfx);

#endif
