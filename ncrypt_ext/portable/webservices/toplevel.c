/* SPDX-License-Identifier: MIT */
#include "webservices/toplevel.h"

#include <stdio.h>
#include <string.h>

#include "webservices/markup.h"

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

size_t toplevel_skip(const struct document *document, size_t from)
{
    while (from < document->size) {
        const char *at = document->text + from;
        size_t left = document->size - from;

        if (is_space(*at)) {
            from++;
        } else if (left >= 4 && memcmp(at, "<!--", 4) == 0) {
            const char *end = memmem(at, left, "-->", 3);

            from = end == NULL ? document->size : (size_t)(end - document->text) + 3;
        } else {
            break;
        }
    }
    return from;
}

bool toplevel_is_element(const struct document *document, size_t at)
{
    return document->size >= 2 && at <= document->size - 2 && document->text[at] == '<' &&
           document->text[at + 1] != '!' && document->text[at + 1] != '/';
}

/* ---- names ------------------------------------------------------------------------------------------------------- */

static bool has_namespace(const struct element *tag, const WS_XML_STRING *ns)
{
    struct slice local;
    struct slice prefix = slice_split(tag->name, &local);
    struct slice uri = {"", 0};

    if (!markup_declares(tag, prefix, &uri) && slice_is(prefix, "xml")) {
        uri = (struct slice){XML_URI, sizeof XML_URI - 1};
    }
    return markup_means(uri, ns->bytes, ns->length);
}

bool toplevel_is(const struct document *document, size_t at, const WS_XML_STRING *local, const WS_XML_STRING *ns)
{
    struct element tag;

    markup_tag(document, at, &tag);
    return (local == NULL || markup_means(tag.local, local->bytes, local->length)) &&
           (ns == NULL || has_namespace(&tag, ns));
}

bool toplevel_is_name(const WS_XML_STRING *name)
{
    for (ULONG i = 0; i < name->length; i++) {
        BYTE c = name->bytes[i];
        bool first = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';

        if (!first && c != '_' && c < 0x80 && (i == 0 || !((c >= '0' && c <= '9') || c == '-' || c == '.'))) {
            return false;
        }
    }
    return name->length > 0;
}

/* ---- new documents ----------------------------------------------------------------------------------------------- */

/* Uses the text up. */
static struct document *make_document(struct text *text, const struct document *like)
{
    struct document *made = text->status == ERROR_SUCCESS ? markup_document(text) : NULL;

    if (made == NULL) {
        text_free(text);
        return NULL;
    }
    made->elements = 1;
    made->depth = like->depth;
    made->attributes = like->attributes;
    made->namespaces = like->namespaces;
    return made;
}

struct document *toplevel_copy(const struct document *document, size_t from, size_t to)
{
    struct text text = TEXT_INIT(SIZE_MAX);

    text_put(&text, document->text + from, to - from);
    return make_document(&text, document);
}

/* One that the tag does not declare: what is inside may declare it for itself. */
static void choose_prefix(const struct element *tag, char prefix[16])
{
    struct slice uri;
    unsigned number = 0;

    do {
        snprintf(prefix, 16, "h%u", number++);
    } while (markup_declares(tag, (struct slice){prefix, strlen(prefix)}, &uri));
}

/* The start tag, or the empty element, with another name. */
static void put_renamed_tag(struct text *text, const struct element *tag, const char *prefix,
                            const WS_XML_STRING *local, const WS_XML_STRING *ns)
{
    text_put_string(text, "<");
    text_put_string(text, prefix);
    text_put_string(text, ":");
    text_put(text, local->bytes, local->length);
    text_put(text, tag->attributes.text, tag->attributes.size);
    text_put_string(text, " xmlns:");
    text_put_string(text, prefix);
    text_put_string(text, "=\"");
    text_put_escaped(text, ns->bytes, ns->length, true);
    text_put_string(text, tag->empty ? "\"/>" : "\">");
}

struct document *toplevel_rename(struct document *document, const WS_XML_STRING *local, const WS_XML_STRING *ns)
{
    struct text text = TEXT_INIT(SIZE_MAX);
    size_t at = toplevel_skip(document, 0);
    size_t end = markup_end(document, at);
    struct document *renamed;
    struct element tag;
    char prefix[16];

    if (toplevel_is(document, at, local, ns)) {
        return at == 0 && end == document->size ? document_share(document) : toplevel_copy(document, at, end);
    }
    markup_tag(document, at, &tag);
    choose_prefix(&tag, prefix);
    put_renamed_tag(&text, &tag, prefix, local, ns);
    if (!tag.empty) {
        const char *content = tag.tag.text + tag.tag.size;
        const char *end_tag = document->text + end - (tag.name.size + 3); /* "</name>" */

        text_put(&text, content, (size_t)(end_tag - content));
        text_put_string(&text, "</");
        text_put_string(&text, prefix);
        text_put_string(&text, ":");
        text_put(&text, local->bytes, local->length);
        text_put_string(&text, ">");
    }
    renamed = make_document(&text, document);
    if (renamed != NULL) {
        renamed->namespaces++;
    }
    return renamed;
}
