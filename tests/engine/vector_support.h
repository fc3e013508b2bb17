/* SPDX-License-Identifier: MIT
 *
 * Reads the files of ../vectors whose records begin with "COUNT = " and have one "name = value" a line.
 */
#ifndef TESTS_ENGINE_VECTOR_SUPPORT_H
#define TESTS_ENGINE_VECTOR_SUPPORT_H

#include <ctype.h>

#include "harness.h"

#define VECTOR_FIELDS 24
#define VECTOR_LINE   2048

struct vector {
    char section[64]; /* "EC - SHA256": of the last "[...]" before the record */
    size_t fields;
    struct {
        char name[32];
        char value[VECTOR_LINE];
    } field[VECTOR_FIELDS];
};

static inline const char *vector_text(const struct vector *vector, const char *name)
{
    for (size_t i = 0; i < vector->fields; i++) {
        if (strcmp(vector->field[i].name, name) == 0) {
            return vector->field[i].value;
        }
    }
    CHECK(strlen(name) == 0); /* the record has no such field */
    return "";
}

/* A field in hexadecimal; returns its bytes' number. */
static inline size_t vector_bytes(const struct vector *vector, const char *name, uint8_t *out, size_t room)
{
    const char *text = vector_text(vector, name);
    size_t size = strlen(text) / 2;

    CHECK(size <= room && strlen(text) % 2 == 0);
    for (size_t i = 0; i < size && i < room; i++) {
        unsigned value = 0;

        CHECK(sscanf(text + 2 * i, "%2x", &value) == 1);
        out[i] = (uint8_t)value;
    }
    return size;
}

/* A line "name = value" (the value may be empty) into the record. */
static inline void vector_line(struct vector *vector, const char *line)
{
    const char *equals = strchr(line, '=');
    size_t name = 0, from, to = strlen(line);

    if (equals == NULL || line[0] == '#' || !CHECK(vector->fields < VECTOR_FIELDS)) {
        return;
    }
    while (line[name] != ' ' && line[name] != '=') {
        name++;
    }
    for (from = (size_t)(equals - line) + 1; isspace((unsigned char)line[from]); from++) {
    }
    while (to > from && isspace((unsigned char)line[to - 1])) {
        to--;
    }
    snprintf(vector->field[vector->fields].name, sizeof vector->field[0].name, "%.*s", (int)name, line);
    snprintf(vector->field[vector->fields].value, VECTOR_LINE, "%.*s", (int)(to - from), line + from);
    vector->fields++;
}

/* Calls `check` with each record and returns their number. */
static inline unsigned vectors_read(const char *path, void (*check)(const struct vector *vector))
{
    struct vector *vector = calloc(1, sizeof *vector);
    FILE *file = fopen(path, "r");
    char line[VECTOR_LINE];
    unsigned records = 0;

    if (!CHECK(file != NULL && vector != NULL)) {
        fprintf(stderr, "    %s\n", path);
        exit(2);
    }
    for (bool more = true; more;) {
        more = fgets(line, sizeof line, file) != NULL;
        if (vector->fields > 0 && (!more || line[0] == '[' || strncmp(line, "COUNT", 5) == 0)) {
            check(vector);
            records++;
            vector->fields = 0;
        }
        if (more && line[0] == '[') {
            snprintf(vector->section, sizeof vector->section, "%.*s", (int)strcspn(line + 1, "]"), line + 1);
        } else if (more) {
            vector_line(vector, line);
        }
    }
    fclose(file);
    free(vector);
    return records;
}

#endif
