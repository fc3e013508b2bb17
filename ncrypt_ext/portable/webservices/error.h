/* SPDX-License-Identifier: MIT
 *
 * The rich error object: sentences, the code of the failure underneath, and the fault that a peer sent.
 */
#ifndef PORTABLE_WEBSERVICES_ERROR_H
#define PORTABLE_WEBSERVICES_ERROR_H

#include "webservices/heap.h"

struct error {
    struct object object;
    WS_STRING *strings; /* the oldest first */
    ULONG count;
    ULONG room;
    HRESULT original; /* 0: none */
    WS_STRING original_text;
    LANGID language;
    /* The fault, on the heap; everything is NULL until it is set. */
    struct heap heap;
    WS_FAULT *fault;
    WS_XML_STRING action;
    WS_XML_BUFFER *header;
};

/* Adds a sentence in UTF-8 (bytes that are none become '?'). Nothing when the object is not live, in use by another
 * thread, or memory is short: a failure is reported by its code in any case. */
void error_add_sentence(WS_ERROR *error, const char *sentence);

/* Forgets everything but the language. */
void error_reset(struct error *error);

#endif
