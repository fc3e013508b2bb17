/* SPDX-License-Identifier: MIT
 *
 * A security description, checked and copied, and the Security header that it makes of a request. What is written is
 * in its canonical form already: every element that gets signed declares the namespaces that it uses, and no others, in
 * canonical order, so that the digest is that of the bytes on the wire.
 */
#ifndef PORTABLE_WEBSERVICES_SECURITY_H
#define PORTABLE_WEBSERVICES_SECURITY_H

#include "webservices/settings.h"
#include "webservices/text.h"

#define SECURITY_ID_SIZE 56 /* an id with its NUL */

struct security;

/* WS_E_INVALID_OPERATION, E_INVALIDARG, WS_E_NOT_SUPPORTED or E_OUTOFMEMORY with a sentence that names the rule. The
 * description may be NULL: *security is then NULL, too, which all functions below take as "no security". */
MUST_CHECK HRESULT security_create(const WS_SECURITY_DESCRIPTION *description, const struct settings *settings,
                                   struct security **security, WS_ERROR *error);
void security_free(struct security *security);

/* NULL without an SSL transport. */
const struct tls_settings *security_tls(const struct security *security);

/* Whether requests get a Security header, and whether the To header is part of what is signed. */
bool security_has_header(const struct security *security);
bool security_signs_to(const struct security *security);

WS_PROTECTION_LEVEL security_level(const struct security *security);

/* What is signed of one request beside what is made here. */
struct security_input {
    WS_ENVELOPE_VERSION envelope;
    const char *id; /* beginning of the ids that are made: unique in the message, an NCName, below 48 bytes */
    /* The To element as it was written, canonical, and its wsu:Id; NULL when it is not signed. */
    const char *to;
    size_t to_size;
    const char *to_id;
};

/* Appends the Security header. Signs with the keys of the tokens. A failure leaves the text as it may be; its own
 * status is reported, too. */
MUST_CHECK HRESULT security_write(const struct security *security, const struct security_input *input,
                                  struct text *text, WS_ERROR *error);

/* What a reply's Security header said. Times are in units of 100 ns since the beginning of the year 1; 0: absent. */
struct security_output {
    bool has_header;
    bool has_timestamp;
    uint64_t created;
    uint64_t expires;
};

/* WS_E_SECURITY_VERIFICATION_FAILURE with a sentence. `now` is in the same units. */
MUST_CHECK HRESULT security_check(const struct security *security, const struct security_output *output, uint64_t now,
                                  WS_ERROR *error);

/* The present time in these units. */
uint64_t security_now(void);

#endif
