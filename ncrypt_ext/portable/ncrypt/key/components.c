/* SPDX-License-Identifier: MIT */
#include "ncrypt/key/components.h"

#include <string.h>

#include "common/secmem.h"

#define ENTRY_HEADER 5 /* u8 id, u32 size */

void components_init(struct components *components)
{
    memset(components, 0, sizeof *components);
}

void components_clear(struct components *components)
{
    secmem_free(components->block);
    components_init(components);
}

SECURITY_STATUS components_reserve(struct components *components, size_t size)
{
    if (components->block != NULL) {
        return status_fail(NTE_INTERNAL_ERROR, "the numbers of a key were reserved twice");
    }
    components->block = secmem_alloc(size);
    if (components->block == NULL) {
        return status_no_memory();
    }
    components->block_size = size;
    components->block_used = 0;
    return ERROR_SUCCESS;
}

uint8_t *components_add(struct components *components, enum component which, size_t size)
{
    struct component_span *item = &components->item[which];

    if (components->block == NULL || item->data != NULL || size > components->block_size - components->block_used) {
        return NULL;
    }
    item->data = components->block + components->block_used;
    item->size = size;
    components->block_used += size;
    return item->data;
}

SECURITY_STATUS components_add_copy(struct components *components, enum component which, const uint8_t *data,
                                    size_t size)
{
    uint8_t *place = components_add(components, which, size);

    if (place == NULL) {
        return status_fail(NTE_INTERNAL_ERROR, "no room was reserved for a number of the key");
    }
    if (size > 0) {
        memcpy(place, data, size);
    }
    return ERROR_SUCCESS;
}

bool component_is_zero(const struct component_span *span)
{
    uint8_t any = 0;

    for (size_t i = 0; i < span->size; i++) {
        any |= span->data[i];
    }
    return any == 0;
}

bool components_has(const struct components *components, enum component which)
{
    return components->item[which].data != NULL;
}

bool components_private(const struct components *components)
{
    static const enum component alone[] = {COMPONENT_RSA_D,  COMPONENT_EC_D,       COMPONENT_DL_X,
                                           COMPONENT_SECRET, COMPONENT_PQ_PRIVATE, COMPONENT_PQ_SEED};

    for (size_t i = 0; i < sizeof alone / sizeof alone[0]; i++) {
        if (components_has(components, alone[i])) {
            return true;
        }
    }
    return components_has(components, COMPONENT_RSA_P) && components_has(components, COMPONENT_RSA_Q);
}

struct component_span components_trimmed(const struct components *components, enum component which)
{
    struct component_span span = components->item[which];

    while (span.size > 0 && span.data[0] == 0) {
        span.data++;
        span.size--;
    }
    return span;
}

size_t components_bits(const struct components *components, enum component which)
{
    struct component_span span = components_trimmed(components, which);
    size_t bits = span.size * 8;

    if (bits > 0) {
        for (unsigned top = span.data[0]; (top & 0x80) == 0; top <<= 1) {
            bits--;
        }
    }
    return bits;
}

size_t components_encoded_size(const struct components *components)
{
    size_t size = 0;

    for (int i = 0; i < COMPONENT_COUNT; i++) {
        if (components_has(components, (enum component)i)) {
            size += ENTRY_HEADER + components->item[i].size;
        }
    }
    return size;
}

void components_encode(const struct components *components, uint8_t *out)
{
    for (int i = 0; i < COMPONENT_COUNT; i++) {
        const struct component_span *item = &components->item[i];

        if (item->data == NULL) {
            continue;
        }
        *out++ = (uint8_t)i;
        for (unsigned shift = 0; shift < 32; shift += 8) {
            *out++ = (uint8_t)(item->size >> shift);
        }
        memcpy(out, item->data, item->size);
        out += item->size;
    }
}

/* One number of the stored form; `previous` is the id before it, -1 at the start. */
static SECURITY_STATUS decode_entry(struct components *components, int previous, const uint8_t *data, size_t size,
                                    size_t *used)
{
    size_t length;

    if (size < ENTRY_HEADER) {
        return status_fail(NTE_KEYSET_ENTRY_BAD, "the stored key ends inside a number's header");
    }
    if (data[0] >= COMPONENT_COUNT || data[0] <= previous) {
        return status_fail(NTE_KEYSET_ENTRY_BAD, "the stored key has a number of unknown kind or in the wrong order");
    }
    length = data[1] | (size_t)data[2] << 8 | (size_t)data[3] << 16 | (size_t)data[4] << 24;
    if (length > size - ENTRY_HEADER) {
        return status_fail(NTE_KEYSET_ENTRY_BAD, "the stored key ends inside a number");
    }
    *used = ENTRY_HEADER + length;
    return components_add_copy(components, (enum component)data[0], data + ENTRY_HEADER, length);
}

SECURITY_STATUS components_decode(struct components *components, const uint8_t *data, size_t size)
{
    SECURITY_STATUS status = components_reserve(components, size);
    int previous = -1;

    while (status == ERROR_SUCCESS && size > 0) {
        size_t used = 0;

        status = decode_entry(components, previous, data, size, &used);
        if (status == ERROR_SUCCESS) {
            previous = data[0];
            data += used;
            size -= used;
        }
    }
    if (status != ERROR_SUCCESS) {
        const struct algorithm *algorithm = components->algorithm;
        const struct curve *curve = components->curve;
        const struct parameter_set *set = components->set;

        components_clear(components);
        components->algorithm = algorithm;
        components->curve = curve;
        components->set = set;
    }
    return status;
}
