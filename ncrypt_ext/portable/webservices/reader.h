/* SPDX-License-Identifier: MIT
 *
 * A reader, as reader.c and body.c see it.
 */
#ifndef PORTABLE_WEBSERVICES_READER_H
#define PORTABLE_WEBSERVICES_READER_H

#include "webservices/heap.h"
#include "webservices/parse.h"

#define READER_PROPERTIES 15

enum reader_state {
    READER_NO_INPUT,
    READER_AT_BEGINNING,
    READER_INSIDE, /* somewhere at the top of `document` */
    READER_AT_END,
    READER_FAULTED, /* until the next input */
};

struct reader {
    struct object object;
    parser *context;                   /* kept, because making one takes as long as reading a small document */
    ULONG created[READER_PROPERTIES];  /* as WsCreateReader got them */
    ULONG settings[READER_PROPERTIES]; /* for this input */
    enum reader_state state;
    bool of_message; /* takes no other input than a message's body */
    bool empty;      /* the input without data */
    const unsigned char *data;
    size_t size;
    WS_CHARSET charset;
    uint64_t row;
    uint64_t column;
    struct document *document; /* when it is READER_INSIDE */
    size_t position;
};

/* Its limits, for a document's text of up to `room` bytes. */
struct parse_limits reader_limits(const ULONG *settings, size_t room);

/* The whole input as a document; the reader is faulted when that fails. As parse_text(). */
MUST_CHECK HRESULT reader_parse(struct reader *reader, size_t room, struct document **document,
                                struct parse_result *result);

/* ---- body.c ---- */

/* Puts the reader inside the document, which it shares, or back to where it has no input. */
void reader_begin(struct reader *reader, struct document *document);
void reader_end(struct reader *reader);

/* The element at which it stands. WS_E_INVALID_OPERATION when it stands at none. */
MUST_CHECK HRESULT reader_take_element(struct reader *reader, struct heap *heap, WS_XML_BUFFER **buffer,
                                       WS_ERROR *error);

#endif
