/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "common/secmem.h"
#include "common/utf16.h"
#include "ncrypt/internal.h"

void bag_entry_free(struct bag_entry *entry)
{
    if (entry != NULL) {
        free(entry->name);
        secmem_free(entry->data);
        free(entry);
    }
}

static struct bag_entry **find(struct bag *bag, const WCHAR *name)
{
    struct bag_entry **link = &bag->first;

    while (*link != NULL && !utf16_equal((*link)->name, name)) {
        link = &(*link)->next;
    }
    return link;
}

const struct bag_entry *bag_find(const struct bag *bag, const WCHAR *name)
{
    const struct bag_entry *entry = bag->first;

    while (entry != NULL && !utf16_equal(entry->name, name)) {
        entry = entry->next;
    }
    return entry;
}

struct bag_entry *bag_entry_new(const WCHAR *name, const uint8_t *data, size_t size)
{
    struct bag_entry *entry = calloc(1, sizeof *entry);

    if (entry == NULL) {
        return NULL;
    }
    entry->name = utf16_copy(name, utf16_length(name, SIZE_MAX));
    entry->data = secmem_copy(data, size);
    entry->size = size;
    if (entry->name == NULL || entry->data == NULL) {
        bag_entry_free(entry);
        return NULL;
    }
    return entry;
}

void bag_put(struct bag *bag, struct bag_entry *entry)
{
    struct bag_entry **link = find(bag, entry->name);
    struct bag_entry *old = *link;

    entry->next = old == NULL ? NULL : old->next;
    *link = entry;
    bag_entry_free(old);
}

SECURITY_STATUS bag_set(struct bag *bag, const WCHAR *name, const uint8_t *data, size_t size)
{
    struct bag_entry *entry = bag_entry_new(name, data, size);

    if (entry == NULL) {
        return status_no_memory();
    }
    bag_put(bag, entry);
    return ERROR_SUCCESS;
}

void bag_remove(struct bag *bag, const WCHAR *name)
{
    struct bag_entry **link = find(bag, name);
    struct bag_entry *entry = *link;

    if (entry != NULL) {
        *link = entry->next;
        bag_entry_free(entry);
    }
}

void bag_clear(struct bag *bag)
{
    while (bag->first != NULL) {
        struct bag_entry *entry = bag->first;

        bag->first = entry->next;
        bag_entry_free(entry);
    }
}
