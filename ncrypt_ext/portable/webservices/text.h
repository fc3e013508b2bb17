/* SPDX-License-Identifier: MIT
 *
 * UTF-8 that grows at its end. The first failure stays and ends the growth: whoever puts many pieces asks once.
 */
#ifndef PORTABLE_WEBSERVICES_TEXT_H
#define PORTABLE_WEBSERVICES_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "webservices/object.h"

struct text {
    char *data; /* of ncx_secret_alloc(), not terminated: there may be a password in it */
    size_t size;
    size_t room;
    size_t limit;   /* of `size` */
    HRESULT status; /* ERROR_SUCCESS, E_OUTOFMEMORY, WS_E_QUOTA_EXCEEDED */
};

/* All zeros but the limit is an empty text. */
#define TEXT_INIT(most) ((struct text){.limit = (most)})

/* Makes room for that much more: what fits in needs no memory. */
void text_reserve(struct text *text, size_t size);
void text_put(struct text *text, const void *data, size_t size);
void text_put_string(struct text *text, const char *string);
/* With the references that canonical XML has in character data, or in an attribute's value between double quotes. */
void text_put_escaped(struct text *text, const void *data, size_t size, bool attribute);
/* Keeps the memory for what comes. */
void text_clear(struct text *text);
void text_free(struct text *text);

#endif
