/* SPDX-License-Identifier: MIT
 *
 * What an XML buffer holds: a document, read only, counted by its users, so that tokens and faults share it instead of
 * copying. It is kept as the UTF-8 text that the writer puts out (docs of WsWriteXmlBuffer in writer.c): what differs
 * between two documents of the same text is nothing that the API lets a caller see.
 */
#ifndef PORTABLE_WEBSERVICES_DOCUMENT_H
#define PORTABLE_WEBSERVICES_DOCUMENT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "webservices/object.h"

struct document {
    atomic_uint users;
    uint32_t elements; /* at the top */
    bool loose;        /* there is text beside them, more than white space */
    /* The greatest numbers in it, for a writer's limits. */
    uint32_t depth;
    uint32_t attributes;
    uint32_t namespaces;
    size_t size;
    char *text; /* of ncx_secret_alloc(): a user name token has a password in it */
};

/* A document with no text, or NULL. Has one user. */
struct document *document_create(void);

struct document *document_share(struct document *document);
/* For the handle table, too: destroys an XML buffer, which is a document. NULL is allowed. */
void document_release(void *document);

/* A pointer for a document; uses it up on success. E_OUTOFMEMORY. */
MUST_CHECK HRESULT document_publish(struct document *document, WS_XML_BUFFER **buffer);

/* The document of a live XML buffer, shared; NULL when it is none. */
struct document *document_of(const WS_XML_BUFFER *buffer);

#endif
