/* SPDX-License-Identifier: MIT
 *
 * Text to document, by libxml2's SAX interface: no tree is built, and the limits hold while the text is read.
 */
#ifndef PORTABLE_WEBSERVICES_PARSE_H
#define PORTABLE_WEBSERVICES_PARSE_H

#include "webservices/document.h"

/* Of libxml2, kept between texts. */
typedef struct _xmlParserCtxt parser;

/* Libxml2 goes no deeper without a switch that takes its other limits away, too. */
#define PARSE_MAX_DEPTH 256u

struct parse_limits {
    uint32_t depth;
    uint32_t attributes; /* of one element */
    uint32_t namespaces; /* declared at one place in the document */
    bool fragment;       /* any number of elements, and text, at the top */
    size_t room;         /* for the document's text */
};

/* What is refused before libxml2 reads the text: WS_E_INVALID_FORMAT or WS_E_QUOTA_EXCEEDED, with a sentence. */
MUST_CHECK HRESULT scan_text(const char *text, size_t size, const struct parse_limits *limits, const char **sentence);

/* Where reading stopped, from 0, and why when it failed. */
struct parse_result {
    uint64_t row;
    uint64_t column;
    char sentence[320];
};

/* Where the text ends: adds to the row, sets the column. */
void scan_end(const char *text, size_t size, struct parse_result *result);

/* Reads UTF-8. *context is made at the first use and may be used again; the caller frees it by parse_free(). `room`
 * used up is WS_E_QUOTA_EXCEEDED with no sentence. Others: WS_E_INVALID_FORMAT, WS_E_QUOTA_EXCEEDED, E_OUTOFMEMORY. */
MUST_CHECK HRESULT parse_text(parser **context, const char *text, size_t size, const struct parse_limits *limits,
                              struct document **document, struct parse_result *result);

void parse_free(parser *context);

#endif
