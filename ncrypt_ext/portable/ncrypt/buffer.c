/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/fork.h"
#include "common/utf16.h"
#include "ncrypt/internal.h"

/* Live buffers are kept in a hash table by address, so that freeing a foreign pointer, or one twice, is an error and
 * not a crash. */
#define BUCKET_COUNT 256

struct header {
    struct header *next;
    void (*destroy)(void *buffer);
    enum buffer_kind kind;
    _Alignas(max_align_t) uint8_t data[];
};

static struct header *buckets[BUCKET_COUNT];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fork_prepare(void)
{
    pthread_mutex_lock(&lock);
}

static void fork_parent(void)
{
    pthread_mutex_unlock(&lock);
}

static void fork_child(void)
{
    pthread_mutex_init(&lock, NULL);
}

static void set_up(void)
{
    fork_register(&(struct fork_hooks){fork_prepare, fork_parent, fork_child});
}

static struct header **bucket_of(const void *buffer)
{
    uintptr_t address = (uintptr_t)buffer;

    return &buckets[(address >> 5 ^ address >> 13) % BUCKET_COUNT];
}

void *buffer_alloc(enum buffer_kind kind, size_t size, void (*destroy)(void *buffer))
{
    struct header *header = calloc(1, sizeof *header + size);
    struct header **bucket;

    if (header == NULL) {
        return NULL;
    }
    header->kind = kind;
    header->destroy = destroy;
    pthread_once(&once, set_up);
    pthread_mutex_lock(&lock);
    bucket = bucket_of(header->data);
    header->next = *bucket;
    *bucket = header;
    pthread_mutex_unlock(&lock);
    return header->data;
}

/* The link that points at the buffer's header, or NULL. The lock is held. */
static struct header **find(const void *buffer)
{
    for (struct header **link = bucket_of(buffer); *link != NULL; link = &(*link)->next) {
        if ((*link)->data == buffer) {
            return link;
        }
    }
    return NULL;
}

bool buffer_is(const void *buffer, enum buffer_kind kind)
{
    struct header **link;
    bool found;

    pthread_mutex_lock(&lock);
    link = find(buffer);
    found = link != NULL && (*link)->kind == kind;
    pthread_mutex_unlock(&lock);
    return found;
}

WCHAR *buffer_append(uint8_t **next, const WCHAR *text)
{
    size_t size = (utf16_length(text, SIZE_MAX) + 1) * sizeof *text;
    WCHAR *copy = (WCHAR *)(void *)*next;

    memcpy(copy, text, size);
    *next += size;
    return copy;
}

static SECURITY_STATUS free_buffer(void *buffer)
{
    struct header **link;
    struct header *header = NULL;

    if (buffer == NULL) {
        return status_fail(NTE_INVALID_PARAMETER, "the buffer is NULL");
    }
    pthread_mutex_lock(&lock);
    link = find(buffer);
    if (link != NULL) {
        header = *link;
        *link = header->next;
    }
    pthread_mutex_unlock(&lock);
    if (header == NULL) {
        return status_fail(NTE_INVALID_PARAMETER, "not a buffer of this library, or freed already");
    }
    if (header->destroy != NULL) {
        header->destroy(header->data);
    }
    free(header);
    return ERROR_SUCCESS;
}

SECURITY_STATUS WINAPI NCryptFreeBuffer(PVOID pvInput)
{
    return trace_return("NCryptFreeBuffer", free_buffer(pvInput));
}
