/* SPDX-License-Identifier: MIT
 *
 * Memory that is freed all at once. A struct heap stands behind a WS_HEAP, and inside a WS_ERROR for what its fault is
 * made of.
 */
#ifndef PORTABLE_WEBSERVICES_HEAP_H
#define PORTABLE_WEBSERVICES_HEAP_H

#include "webservices/document.h"

struct heap {
    struct object object;
    size_t max;       /* of `requested` */
    size_t trim;      /* about what a reset keeps */
    size_t requested; /* since creation or reset */
    size_t actual;
    struct heap_chunk *chunks; /* the first one is being filled */
    struct heap_secret *secrets;
    WS_XML_BUFFER **buffers; /* each of them ends with the heap */
    size_t buffer_count;
    size_t buffer_room;
};

/* What is left before the quota is used up. */
static inline size_t heap_room(const struct heap *heap)
{
    return heap->max - heap->requested;
}

/* `size` bytes, 8-byte aligned, not NULL. E_OUTOFMEMORY, or WS_E_QUOTA_EXCEEDED, without a sentence. */
MUST_CHECK HRESULT heap_alloc(struct heap *heap, size_t size, void **memory);

/* The same for a secret: zeroed, and wiped when the heap is reset or freed. */
MUST_CHECK HRESULT heap_alloc_secret(struct heap *heap, size_t size, void **memory);

/* An XML buffer of the heap's, charged with what the document takes; uses the document up on success. */
MUST_CHECK HRESULT heap_add_document(struct heap *heap, struct document *document, WS_XML_BUFFER **buffer);

/* Ends everything on the heap and keeps up to `keep` bytes for what comes. */
void heap_clear(struct heap *heap, size_t keep);

/* The sentence for a status of the functions above. */
HRESULT heap_fail(const struct heap *heap, HRESULT status, size_t size, WS_ERROR *error);

#endif
