/* SPDX-License-Identifier: MIT */
#include "powercut_disk.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "powercut_vfs.h"

#define SECTOR 512

struct change {
    struct change *next;
    int64_t offset;
    int size;
    uint8_t *data;
};

/* A file as the disk surely has it, and what was done to it since. */
struct shadow {
    struct shadow *next;
    char *path;
    uint8_t *durable;
    size_t size;
    bool exists, deleted; /* deleted: but its folder was not synced, so that it may come back */
    struct change *first, **last;
};

static struct shadow *shadows;

static void *must(void *memory)
{
    if (memory == NULL) {
        abort();
    }
    return memory;
}

uint32_t powercut_random(uint64_t *state, uint32_t limit)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (uint32_t)(*state >> 20) % limit;
}

static void drop_changes(struct shadow *shadow)
{
    while (shadow->first) {
        struct change *next = shadow->first->next;

        free(shadow->first->data);
        free(shadow->first);
        shadow->first = next;
    }
    shadow->last = &shadow->first;
}

static void read_whole(struct shadow *shadow)
{
    FILE *file = fopen(shadow->path, "rb");
    long size;

    if (file == NULL) {
        return;
    }
    shadow->exists = true;
    fseek(file, 0, SEEK_END);
    size = ftell(file);
    rewind(file);
    shadow->durable = must(malloc((size_t)size + 1));
    shadow->size = fread(shadow->durable, 1, (size_t)size, file);
    fclose(file);
}

static struct shadow *find_shadow(const char *path)
{
    for (struct shadow *shadow = shadows; shadow; shadow = shadow->next) {
        if (strcmp(shadow->path, path) == 0) {
            return shadow;
        }
    }
    return NULL;
}

struct shadow *disk_open(const char *path)
{
    struct shadow *shadow = find_shadow(path);

    if (shadow == NULL) {
        shadow = must(calloc(1, sizeof(*shadow)));
        shadow->path = must(strdup(path));
        shadow->last = &shadow->first;
        read_whole(shadow);
        shadow->next = shadows;
        shadows = shadow;
    }
    return shadow;
}

void disk_note(struct shadow *shadow, const void *data, int size, int64_t offset)
{
    struct change *change = must(calloc(1, sizeof(*change)));

    change->offset = offset;
    change->size = size;
    if (data != NULL) {
        change->data = must(malloc((size_t)size));
        memcpy(change->data, data, (size_t)size);
    }
    *shadow->last = change;
    shadow->last = &change->next;
}

static void set_size(struct shadow *shadow, size_t size)
{
    shadow->durable = must(realloc(shadow->durable, size + 1));
    if (size > shadow->size) {
        memset(shadow->durable + shadow->size, 0, size - shadow->size);
    }
    shadow->size = size;
}

/* Of 8 sectors, `keep` reach the disk. */
static void apply_change(struct shadow *shadow, const struct change *change, uint64_t *state, uint32_t keep)
{
    size_t done = 0, offset = (size_t)change->offset;

    if (change->data == NULL) {
        if (powercut_random(state, 8) < keep) {
            set_size(shadow, offset);
        }
        return;
    }
    while (done < (size_t)change->size) {
        size_t part = SECTOR - (offset + done) % SECTOR;

        if (part > (size_t)change->size - done) {
            part = (size_t)change->size - done;
        }
        if (powercut_random(state, 8) < keep) {
            if (offset + done + part > shadow->size) {
                set_size(shadow, offset + done + part);
            }
            memcpy(shadow->durable + offset + done, change->data + done, part);
        }
        done += part;
    }
}

void disk_settle(struct shadow *shadow)
{
    uint64_t any = 1;

    for (const struct change *change = shadow->first; change; change = change->next) {
        apply_change(shadow, change, &any, 8);
    }
    drop_changes(shadow);
    if (!shadow->exists) {
        for (struct shadow *other = shadows; other; other = other->next) {
            other->exists = other->exists && !other->deleted;
        }
        shadow->exists = true;
    }
    shadow->deleted = false;
}

void disk_delete(const char *path, bool sync_folder)
{
    struct shadow *shadow = find_shadow(path);

    if (shadow) {
        drop_changes(shadow);
        shadow->deleted = true;
        shadow->exists = shadow->exists && !sync_folder;
    }
}

/* Either everything up to a point in time, or each sector by chance. */
static void lose(struct shadow *shadow, uint64_t *state)
{
    bool in_order = powercut_random(state, 2) == 0, chance = powercut_random(state, 2) == 0;
    uint32_t keep = powercut_random(state, 9);

    if (shadow->deleted ? shadow->exists && chance : !shadow->exists && shadow->first && chance) {
        shadow->exists = !shadow->exists;
        shadow->size = shadow->exists ? 0 : shadow->size;
    }
    for (const struct change *change = shadow->first; change; change = change->next) {
        if (in_order && powercut_random(state, 12) == 0) {
            apply_change(shadow, change, state, keep); /* torn, and the last one */
            return;
        }
        apply_change(shadow, change, state, in_order ? 8 : keep);
    }
}

static void write_back(const struct shadow *shadow)
{
    int fd;

    if (!shadow->exists) {
        unlink(shadow->path);
        return;
    }
    fd = open(shadow->path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 ||
        write(fd, shadow->durable ? (const void *)shadow->durable : "", shadow->size) != (ssize_t)shadow->size) {
        abort();
    }
    close(fd);
}

void disk_end(bool cut, uint64_t *state)
{
    while (shadows) {
        struct shadow *shadow = shadows;

        if (cut) {
            lose(shadow, state);
            write_back(shadow);
        }
        shadows = shadow->next;
        drop_changes(shadow);
        free(shadow->durable);
        free(shadow->path);
        free(shadow);
    }
}
