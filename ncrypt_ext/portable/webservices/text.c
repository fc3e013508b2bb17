/* SPDX-License-Identifier: MIT */
#include "webservices/text.h"

#include <string.h>

#define FIRST_ROOM 2048u

/* Makes room for `more` bytes, and for `least` altogether. */
static bool reserve(struct text *text, size_t more, size_t least)
{
    size_t wanted;
    char *grown;

    if (text->status != ERROR_SUCCESS) {
        return false;
    }
    if (text->size > text->limit || more > text->limit - text->size) {
        text->status = WS_E_QUOTA_EXCEEDED;
        return false;
    }
    wanted = text->size + more; /* bounded, as what follows from it, by what is in memory anyway */
    if (wanted <= text->room) {
        return true;
    }
    wanted = wanted < least ? least : wanted;
    wanted = wanted < text->room + text->room / 2 ? text->room + text->room / 2 : wanted;
    grown = ncx_secret_alloc(wanted);
    if (grown == NULL) {
        text->status = E_OUTOFMEMORY;
        return false;
    }
    if (text->size > 0) {
        memcpy(grown, text->data, text->size);
    }
    ncx_secret_free(text->data);
    text->data = grown;
    text->room = wanted;
    return true;
}

void text_reserve(struct text *text, size_t size)
{
    (void)reserve(text, size, 0);
}

void text_put(struct text *text, const void *data, size_t size)
{
    if (size > 0 && reserve(text, size, FIRST_ROOM)) {
        memcpy(text->data + text->size, data, size);
        text->size += size;
    }
}

void text_put_string(struct text *text, const char *string)
{
    text_put(text, string, strlen(string));
}

/* What cannot stand for itself: white space in an attribute's value would be read again as blanks, and a carriage
 * return in text as a line feed. */
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
    /* Digits and letters come in no order that a processor could guess: so this, and no comparisons. */
    static const bool SPECIAL[256] = {['<'] = true,  ['&'] = true,  ['>'] = true, ['"'] = true,
                                      ['\r'] = true, ['\t'] = true, ['\n'] = true};
    const char *from = data;
    size_t done = 0;

    for (size_t i = 0; i < size; i++) {
        const char *instead = SPECIAL[(unsigned char)from[i]] ? reference(from[i], attribute) : NULL;

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
