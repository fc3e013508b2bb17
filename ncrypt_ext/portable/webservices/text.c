/* SPDX-License-Identifier: MIT */
#include "webservices/text.h"

#include <string.h>

#define FIRST_ROOM 2048u

static bool reserve(struct text *text, size_t more)
{
    size_t room = text->room == 0 ? FIRST_ROOM : text->room;
    char *grown;

    if (text->status != ERROR_SUCCESS) {
        return false;
    }
    if (text->size > text->limit || more > text->limit - text->size) {
        text->status = WS_E_QUOTA_EXCEEDED;
        return false;
    }
    if (text->size + more <= text->room) {
        return true;
    }
    while (room < text->size + more) {
        room *= 2; /* bounded by twice what is in memory anyway */
    }
    grown = ncx_secret_alloc(room);
    if (grown == NULL) {
        text->status = E_OUTOFMEMORY;
        return false;
    }
    if (text->size > 0) {
        memcpy(grown, text->data, text->size);
    }
    ncx_secret_free(text->data);
    text->data = grown;
    text->room = room;
    return true;
}

void text_put(struct text *text, const void *data, size_t size)
{
    if (size > 0 && reserve(text, size)) {
        memcpy(text->data + text->size, data, size);
        text->size += size;
    }
}

void text_put_string(struct text *text, const char *string)
{
    text_put(text, string, strlen(string));
}

static const char *reference(char c, bool attribute)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '\r':
        return "&#xD;";
    case '>':
        return attribute ? NULL : "&gt;";
    case '"':
        return attribute ? "&quot;" : NULL;
    case '\t':
        return attribute ? "&#x9;" : NULL;
    case '\n':
        return attribute ? "&#xA;" : NULL;
    default:
        return NULL;
    }
}

void text_put_escaped(struct text *text, const void *data, size_t size, bool attribute)
{
    const char *from = data;
    size_t done = 0;

    for (size_t i = 0; i < size; i++) {
        const char *instead = reference(from[i], attribute);

        if (instead != NULL) {
            text_put(text, from + done, i - done);
            text_put_string(text, instead);
            done = i + 1;
        }
    }
    text_put(text, from + done, size - done);
}

void text_clear(struct text *text)
{
    text->size = 0;
    text->status = ERROR_SUCCESS;
}

void text_free(struct text *text)
{
    ncx_secret_free(text->data);
    *text = TEXT_INIT(text->limit);
}
