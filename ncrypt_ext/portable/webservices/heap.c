/* SPDX-License-Identifier: MIT
 *
 * WsCreateHeap, WsAlloc, WsGetHeapProperty, WsResetHeap, WsFreeHeap.
 */
#include "webservices/heap.h"

#include <stdint.h>
#include <stdlib.h>

#define ALIGNMENT  8u
#define CHUNK_SIZE 1024u /* of small values; a bigger one gets a chunk for itself */

struct heap_chunk {
    struct heap_chunk *next;
    size_t size;
    size_t used;
    _Alignas(max_align_t) unsigned char data[];
};

struct heap_secret {
    struct heap_secret *next;
    _Alignas(max_align_t) unsigned char data[];
};

static struct heap_chunk *add_chunk(struct heap *heap, size_t size)
{
    struct heap_chunk *chunk;

    if (size < CHUNK_SIZE) {
        size = CHUNK_SIZE;
    }
    if (size > SIZE_MAX - sizeof *chunk) {
        return NULL;
    }
    chunk = malloc(sizeof *chunk + size);
    if (chunk == NULL) {
        return NULL;
    }
    chunk->size = size;
    chunk->used = 0;
    chunk->next = heap->chunks;
    heap->chunks = chunk;
    heap->actual += sizeof *chunk + size;
    return chunk;
}

HRESULT heap_alloc(struct heap *heap, size_t size, void **memory)
{
    struct heap_chunk *chunk = heap->chunks;
    size_t rounded;

    if (size > heap_room(heap)) {
        return WS_E_QUOTA_EXCEEDED;
    }
    if (size > SIZE_MAX - ALIGNMENT) {
        return E_OUTOFMEMORY;
    }
    rounded = size == 0 ? ALIGNMENT : (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (chunk == NULL || chunk->size - chunk->used < rounded) {
        chunk = add_chunk(heap, rounded);
        if (chunk == NULL) {
            return E_OUTOFMEMORY;
        }
    }
    *memory = chunk->data + chunk->used;
    chunk->used += rounded;
    heap->requested += size;
    return ERROR_SUCCESS;
}

HRESULT heap_alloc_secret(struct heap *heap, size_t size, void **memory)
{
    struct heap_secret *secret;

    if (size > heap_room(heap)) {
        return WS_E_QUOTA_EXCEEDED;
    }
    if (size > SIZE_MAX - sizeof *secret) {
        return E_OUTOFMEMORY;
    }
    secret = ncx_secret_alloc(sizeof *secret + size);
    if (secret == NULL) {
        return E_OUTOFMEMORY;
    }
    secret->next = heap->secrets;
    heap->secrets = secret;
    heap->requested += size;
    heap->actual += sizeof *secret + size;
    *memory = secret->data;
    return ERROR_SUCCESS;
}

static bool reserve_buffer(struct heap *heap)
{
    size_t room = heap->buffer_room == 0 ? 8 : 2 * heap->buffer_room;
    WS_XML_BUFFER **grown;

    if (heap->buffer_count < heap->buffer_room) {
        return true;
    }
    grown = realloc(heap->buffers, room * sizeof *grown);
    if (grown == NULL) {
        return false;
    }
    heap->buffers = grown;
    heap->buffer_room = room;
    return true;
}

HRESULT heap_add_document(struct heap *heap, struct document *document, WS_XML_BUFFER **buffer)
{
    size_t size = sizeof *document + document->size;
    HRESULT status;

    if (size > heap_room(heap)) {
        return WS_E_QUOTA_EXCEEDED;
    }
    if (!reserve_buffer(heap)) {
        return E_OUTOFMEMORY;
    }
    status = document_publish(document, &heap->buffers[heap->buffer_count]);
    if (status != ERROR_SUCCESS) {
        return status;
    }
    *buffer = heap->buffers[heap->buffer_count++];
    heap->requested += size;
    heap->actual += size;
    return ERROR_SUCCESS;
}

void heap_clear(struct heap *heap, size_t keep)
{
    struct heap_chunk *kept = NULL;

    for (size_t i = 0; i < heap->buffer_count; i++) {
        object_close(heap->buffers[i], HANDLE_WS_BUFFER);
    }
    heap->buffer_count = 0;
    while (heap->secrets != NULL) {
        struct heap_secret *secret = heap->secrets;

        heap->secrets = secret->next;
        ncx_secret_free(secret);
    }
    heap->actual = 0;
    while (heap->chunks != NULL) {
        struct heap_chunk *chunk = heap->chunks;
        size_t size = sizeof *chunk + chunk->size;

        heap->chunks = chunk->next;
        if (kept == NULL && size <= keep) {
            /* One is enough: a heap that is filled the same way again would otherwise walk a list of full ones. */
            kept = chunk;
            kept->next = NULL;
            kept->used = 0;
            heap->actual = size;
        } else {
            free(chunk);
        }
    }
    heap->chunks = kept;
    heap->requested = 0;
    if (keep == 0) {
        free(heap->buffers);
        heap->buffers = NULL;
        heap->buffer_room = 0;
    }
}

HRESULT heap_fail(const struct heap *heap, HRESULT status, size_t size, WS_ERROR *error)
{
    if (status == WS_E_QUOTA_EXCEEDED) {
        return ws_fail(error, status, "the heap has a quota of %zu bytes, of which %zu are used: no room for %zu more",
                       heap->max, heap->requested, size);
    }
    return status == E_OUTOFMEMORY ? ws_no_memory(error) : status;
}

static void destroy_heap(void *object)
{
    heap_clear(object, 0);
    free(object);
}

static HRESULT create_heap(SIZE_T maxSize, SIZE_T trimSize, const WS_HEAP_PROPERTY *properties, ULONG propertyCount,
                           WS_HEAP **heap, WS_ERROR *error)
{
    struct heap *created;

    if (heap == NULL) {
        return ws_fail(error, E_INVALIDARG, "the address for the new heap is NULL");
    }
    if (properties != NULL || propertyCount != 0) {
        return ws_fail(error, E_INVALIDARG, "a heap takes no properties at creation: its sizes are arguments");
    }
    created = calloc(1, sizeof *created);
    if (created == NULL) {
        return ws_no_memory(error);
    }
    created->max = maxSize;
    created->trim = trimSize;
    if (object_publish(HANDLE_WS_HEAP, created, destroy_heap, (void **)heap) != ERROR_SUCCESS) {
        free(created);
        return ws_no_memory(error);
    }
    return ERROR_SUCCESS;
}

HRESULT WINAPI WsCreateHeap(SIZE_T maxSize, SIZE_T trimSize, const WS_HEAP_PROPERTY *properties, ULONG propertyCount,
                            WS_HEAP **heap, WS_ERROR *error)
{
    return ncx_trace("WsCreateHeap", create_heap(maxSize, trimSize, properties, propertyCount, heap, error));
}

static HRESULT allocate(WS_HEAP *heap, SIZE_T size, void **ptr, WS_ERROR *error)
{
    void *object;
    HRESULT status = object_enter(heap, HANDLE_WS_HEAP, &object, error);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = ptr == NULL ? ws_fail(error, E_INVALIDARG, "the address for the memory is NULL")
                         : heap_fail(object, heap_alloc(object, size, ptr), size, error);
    object_leave(heap, object);
    return status;
}

HRESULT WINAPI WsAlloc(WS_HEAP *heap, SIZE_T size, void **ptr, WS_ERROR *error)
{
    return ncx_trace("WsAlloc", allocate(heap, size, ptr, error));
}

static HRESULT read_property(const struct heap *heap, WS_HEAP_PROPERTY_ID id, void *value, ULONG valueSize,
                             WS_ERROR *error)
{
    const size_t values[] = {heap->max, heap->trim, heap->requested, heap->actual};

    if ((size_t)id >= sizeof values / sizeof *values) {
        return ws_fail(error, E_INVALIDARG, "a heap has no property %d", (int)id);
    }
    if (value == NULL || valueSize != sizeof(SIZE_T)) {
        return ws_fail(error, E_INVALIDARG, "a heap property takes exactly %zu bytes", sizeof(SIZE_T));
    }
    *(SIZE_T *)value = values[id];
    return ERROR_SUCCESS;
}

static HRESULT get_property(WS_HEAP *heap, WS_HEAP_PROPERTY_ID id, void *value, ULONG valueSize, WS_ERROR *error)
{
    void *object;
    HRESULT status = object_enter(heap, HANDLE_WS_HEAP, &object, error);

    if (status == ERROR_SUCCESS) {
        status = read_property(object, id, value, valueSize, error);
        object_leave(heap, object);
    }
    return status;
}

HRESULT WINAPI WsGetHeapProperty(WS_HEAP *heap, WS_HEAP_PROPERTY_ID id, void *value, ULONG valueSize, WS_ERROR *error)
{
    return ncx_trace("WsGetHeapProperty", get_property(heap, id, value, valueSize, error));
}

HRESULT WINAPI WsResetHeap(WS_HEAP *heap, WS_ERROR *error)
{
    void *object;
    HRESULT status = object_enter(heap, HANDLE_WS_HEAP, &object, error);

    if (status == ERROR_SUCCESS) {
        heap_clear(object, ((struct heap *)object)->trim);
        object_leave(heap, object);
    }
    return ncx_trace("WsResetHeap", status);
}

void WINAPI WsFreeHeap(WS_HEAP *heap)
{
    object_close(heap, HANDLE_WS_HEAP);
}
