/* SPDX-License-Identifier: MIT
 *
 * What a security description came to, for the files that implement security.h.
 */
#ifndef PORTABLE_WEBSERVICES_SECURITY_PARTS_H
#define PORTABLE_WEBSERVICES_SECURITY_PARTS_H

#include "webservices/security.h"
#include "webservices/token.h"

#define SUITE_HASH_SIZE 64u

/* No field is WS_SECURITY_ALGORITHM_DEFAULT. Lengths are in bits. */
struct suite {
    WS_SECURITY_ALGORITHM_ID canonicalization;
    WS_SECURITY_ALGORITHM_ID digest;
    WS_SECURITY_ALGORITHM_ID symmetric;
    WS_SECURITY_ALGORITHM_ID asymmetric;
    ULONG min_symmetric, max_symmetric;
    ULONG min_asymmetric, max_asymmetric;
};

/* Of a token: its XML, and with a key the reference and the key. */
struct signer {
    struct document *xml;
    struct document *reference;
    WS_SECURITY_KEY_HANDLE_TYPE type; /* 0: a bearer's */
    struct bytes secret;
    NCRYPT_KEY_HANDLE key;
};

struct security {
    bool has_tls;
    struct tls_settings tls;
    struct signer *signers;
    size_t signer_count;
    struct suite suite;
    WS_SECURITY_TIMESTAMP_USAGE usage;
    WS_SECURITY_HEADER_LAYOUT layout;
    uint64_t latency, validity, skew; /* in units of 100 ns */
};

/* ---- security_suite.c */

void suite_default(struct suite *suite);
MUST_CHECK HRESULT suite_named(WS_SECURITY_ALGORITHM_SUITE_NAME name, struct suite *suite, WS_ERROR *error);
MUST_CHECK HRESULT suite_explicit(const WS_SECURITY_ALGORITHM_SUITE *given, struct suite *suite, WS_ERROR *error);
/* What XML calls it. */
const char *suite_uri(WS_SECURITY_ALGORITHM_ID id);
/* CNG's name of the digest that the algorithm is, or works with. */
const WCHAR *suite_hash(WS_SECURITY_ALGORITHM_ID id);

/* ---- security_binding.c: one binding of a description */

MUST_CHECK HRESULT binding_take(struct security *security, const WS_SECURITY_BINDING *binding, WS_ERROR *error);

/* ---- security_property.c */

/* The properties of the description, with their defaults. */
MUST_CHECK HRESULT property_take_all(struct security *security, const WS_SECURITY_DESCRIPTION *description,
                                     WS_ERROR *error);

/* ---- security_sign.c */

struct signed_part {
    const char *id;
    const char *text; /* canonical */
    size_t size;
};

/* Appends a Signature over the parts. */
MUST_CHECK HRESULT sign_parts(const struct suite *suite, const struct signer *signer, const struct signed_part *parts,
                              size_t count, struct text *text, WS_ERROR *error);

#endif
