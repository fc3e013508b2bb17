/* SPDX-License-Identifier: MIT */
#include "common/secmem.h"

#include <openssl/crypto.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The size stands before the block, so that freeing knows how much to wipe. */
struct block {
    size_t size;
    _Alignas(max_align_t) unsigned char data[];
};

static struct block *block_of(void *memory)
{
    return (struct block *)((unsigned char *)memory - offsetof(struct block, data));
}

void *secmem_alloc(size_t size)
{
    struct block *block;

    if (size > SIZE_MAX - sizeof *block) {
        return NULL;
    }
    block = calloc(1, sizeof *block + size);
    if (block == NULL) {
        return NULL;
    }
    block->size = size;
    return block->data;
}

void *secmem_copy(const void *data, size_t size)
{
    void *copy = secmem_alloc(size);

    if (copy != NULL && size > 0) {
        memcpy(copy, data, size);
    }
    return copy;
}

void secmem_free(void *memory)
{
    if (memory != NULL) {
        struct block *block = block_of(memory);

        OPENSSL_cleanse(block->data, block->size);
        free(block);
    }
}

void secmem_wipe(void *memory, size_t size)
{
    OPENSSL_cleanse(memory, size);
}
