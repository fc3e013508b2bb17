/* SPDX-License-Identifier: MIT
 *
 * A message: a request that is being made, or a reply that was received.
 */
#ifndef PORTABLE_WEBSERVICES_MESSAGE_H
#define PORTABLE_WEBSERVICES_MESSAGE_H

#include "webservices/envelope.h"

#define MESSAGE_MAX_HEADERS 64u /* MAX_PROCESSED_HEADERS, when it is not given; and of our own, in any case */

struct message {
    struct object object;
    const WS_MESSAGE *self;
    /* Fixed at creation. */
    WS_ENVELOPE_VERSION envelope;
    WS_ADDRESSING_VERSION addressing;
    ULONG max_headers;
    size_t heap_limit;
    struct parse_limits limits; /* of a reply; `room` is set for each */
    WS_XML_READER *reader;      /* of the body; both are the message's until it ends */
    WS_XML_WRITER *writer;
    /* Until the next reset. */
    WS_MESSAGE_STATE state;
    const WS_CHANNEL *channel; /* while it is being written or read */
    bool is_addressed;
    bool is_fault;
    WS_PROTECTION_LEVEL protection;
    char *action; /* these three of malloc(), or NULL */
    char *to;
    char *id;
    struct header headers[MESSAGE_MAX_HEADERS];
    size_t header_count;
    struct reply *reply;
    WS_XML_BUFFER *header_buffer; /* made when a caller asks for it */
};

/* WS_E_INVALID_OPERATION with the sentence, when the message is in another state. `doing` follows "a message is ". */
MUST_CHECK HRESULT message_expect(const struct message *message, WS_MESSAGE_STATE state, const char *doing,
                                  WS_ERROR *error);

/* The writer, or the reader, of the body begins. Each is made anew when a caller has freed it. */
MUST_CHECK HRESULT message_begin_body(struct message *message, ULONG limit, WS_ERROR *error);
MUST_CHECK HRESULT message_begin_reading(struct message *message, WS_ERROR *error);

/* Forgets everything but what was fixed at creation. */
void message_reset(struct message *message);

#endif
