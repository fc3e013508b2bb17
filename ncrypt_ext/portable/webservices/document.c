/* SPDX-License-Identifier: MIT */
#include "webservices/document.h"

#include <stdlib.h>

struct document *document_create(void)
{
    struct document *document = calloc(1, sizeof *document);

    if (document != NULL) {
        atomic_init(&document->users, 1);
    }
    return document;
}

struct document *document_share(struct document *document)
{
    atomic_fetch_add_explicit(&document->users, 1, memory_order_relaxed);
    return document;
}

void document_release(void *object)
{
    struct document *document = object;

    if (document != NULL && atomic_fetch_sub_explicit(&document->users, 1, memory_order_acq_rel) == 1) {
        ncx_secret_free(document->text);
        free(document);
    }
}

HRESULT document_publish(struct document *document, WS_XML_BUFFER **buffer)
{
    return object_publish(HANDLE_WS_BUFFER, document, document_release, (void **)buffer);
}

struct document *document_of(const WS_XML_BUFFER *buffer)
{
    struct document *document = ncx_object_acquire(object_handle(buffer), HANDLE_WS_BUFFER);

    if (document != NULL) {
        document_share(document);
        ncx_object_release(object_handle(buffer));
    }
    return document;
}
