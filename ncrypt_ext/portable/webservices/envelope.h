/* SPDX-License-Identifier: MIT
 *
 * SOAP envelopes: writing requests, reading replies.
 */
#ifndef PORTABLE_WEBSERVICES_ENVELOPE_H
#define PORTABLE_WEBSERVICES_ENVELOPE_H

#include "webservices/heap.h"
#include "webservices/parse.h"
#include "webservices/security.h"

#define ENVELOPE_ID_SIZE 46 /* "urn:uuid:", the id, NUL */

struct header {
    struct document *document; /* one element */
    ULONG attributes;          /* WS_MUST_UNDERSTAND_HEADER_ATTRIBUTE, WS_RELAY_HEADER_ATTRIBUTE */
};

/* Strings are UTF-8, NULL where absent. */
struct request {
    WS_ENVELOPE_VERSION envelope;
    WS_ADDRESSING_VERSION addressing;
    const char *action;
    const char *to;
    const char *message_id;
    const struct header *headers;
    size_t header_count;
    const char *body; /* what is in the Body element: text of a document */
    size_t body_size;
};

/* A fresh random "urn:uuid:...". False when there is no randomness. */
MUST_CHECK bool envelope_make_id(char id[ENVELOPE_ID_SIZE]);

/* The whole request, with the Security header where there is security. */
MUST_CHECK HRESULT envelope_write(const struct request *request, const struct security *security, struct text *text,
                                  WS_ERROR *error);

/* A reply's envelope, taken apart. */
struct reply {
    WS_ENVELOPE_VERSION envelope;
    /* What is in the Body element, as a fragment: its elements declare all namespaces that the envelope had declared
     * for them, so that they stand alone. */
    struct document *body;
    /* What is in the Header element, in the same form; NULL when there is none. */
    struct document *headers;
    char *action;     /* of malloc(), UTF-8; NULL: absent */
    char *relates_to; /* the same */
    struct security_output security;
    bool is_fault;
    struct heap heap; /* what the fault is made of */
    WS_FAULT fault;
};

struct reply_limits {
    struct parse_limits parse; /* as for a reader; `room` is the limit of the document's text */
    ULONG max_headers;         /* MAX_PROCESSED_HEADERS */
};

/* Reads UTF-8 with or without an XML declaration. *context as for parse_text(). WS_E_INVALID_FORMAT,
 * WS_E_QUOTA_EXCEEDED or E_OUTOFMEMORY, with the sentence in `result`; *reply is set on success only. */
MUST_CHECK HRESULT reply_read(parser **context, const char *text, size_t size, const struct reply_limits *limits,
                              WS_ENVELOPE_VERSION envelope, WS_ADDRESSING_VERSION addressing, struct reply **reply,
                              struct parse_result *result);
void reply_free(struct reply *reply);

#endif
