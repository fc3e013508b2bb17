/* SPDX-License-Identifier: MIT
 *
 * What the files that take a reply apart share.
 */
#ifndef PORTABLE_WEBSERVICES_REPLY_H
#define PORTABLE_WEBSERVICES_REPLY_H

#include "webservices/envelope.h"
#include "webservices/markup.h"

#define REPLY_MAX_VALUE ((size_t)64 * 1024) /* of an addressing header */

struct reading {
    struct walk walk;
    struct reply *reply;
    struct parse_result *result;
    const struct reply_limits *limits;
    const struct document *whole;
    const char *soap;       /* the namespace of the envelope */
    const char *addressing; /* that of the addressing headers, or NULL */
};

/* Returns the status, and leaves the sentence in the result. */
HRESULT reading_fail(struct reading *reading, HRESULT status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Goes through an element with nothing but text in it, and appends that text, which may be as long as the limit says.
 * `what` is for the sentence. */
MUST_CHECK HRESULT reading_text(struct reading *reading, const struct element *element, const char *what,
                                struct text *text);

/* WS_E_QUOTA_EXCEEDED or E_OUTOFMEMORY of a text whose limit is that of the whole reply, with a sentence. */
MUST_CHECK HRESULT reading_room(struct reading *reading, HRESULT status);

/* A document of the text, with the greatest numbers that it may have `above` levels below the reply's root. */
MUST_CHECK HRESULT reading_document(struct reading *reading, struct text *text, uint32_t elements, uint32_t above,
                                    struct document **document);

/* Those that follow go through the element. */

/* reply_header.c: takes the headers that the reply has fields for. */
MUST_CHECK HRESULT reply_header(struct reading *reading, const struct element *header);

/* reply_fault.c */
MUST_CHECK HRESULT reply_fault(struct reading *reading, const struct element *fault);

#endif
