/* SPDX-License-Identifier: MIT */
#include "webservices/toplevel.h"

#include <stdio.h>
#include <string.h>

#include "webservices/text.h"

#define XML_NAMESPACE "http://www.w3.org/XML/1998/namespace"

struct span {
    const char *data;
    size_t size;
};

/* A start tag. */
struct tag {
    struct span name; /* as it stands there */
    struct span prefix;
    struct span local;
    size_t attributes; /* where they begin */
    size_t close;      /* where "/>" or ">" stands */
    size_t end;        /* behind that */
    bool empty;
};

static bool span_is(struct span span, const char *data, size_t size)
{
    return span.size == size && (size == 0 || memcmp(span.data, data, size) == 0);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool starts(const struct document *document, size_t at, const char *mark)
{
    size_t size = strlen(mark);

    return document->size >= size && at <= document->size - size && memcmp(document->text + at, mark, size) == 0;
}

/* Behind the mark; the end of the text when there is none. */
static size_t behind(const struct document *document, size_t from, const char *mark)
{
    size_t size = strlen(mark);
    const char *found = from < document->size ? memmem(document->text + from, document->size - from, mark, size) : NULL;

    return found == NULL ? document->size : (size_t)(found - document->text) + size;
}

size_t toplevel_skip(const struct document *document, size_t from)
{
    while (from < document->size) {
        if (is_space(document->text[from])) {
            from++;
        } else if (starts(document, from, "<!--")) {
            from = behind(document, from, "-->");
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

static void read_tag(const struct document *document, size_t at, struct tag *tag)
{
    const char *text = document->text;
    size_t i = at + 1;
    size_t colon = 0;

    while (i < document->size && !is_space(text[i]) && text[i] != '/' && text[i] != '>') {
        colon = text[i] == ':' ? i : colon;
        i++;
    }
    tag->name = (struct span){text + at + 1, i - at - 1};
    tag->prefix = (struct span){text + at + 1, colon == 0 ? 0 : colon - at - 1};
    tag->local = colon == 0 ? tag->name : (struct span){text + colon + 1, i - colon - 1};
    tag->attributes = i;
    for (bool quoted = false; i < document->size && (quoted || text[i] != '>'); i++) {
        quoted = (text[i] == '"') != quoted;
    }
    tag->empty = i > tag->attributes && text[i - 1] == '/';
    tag->close = tag->empty ? i - 1 : i;
    tag->end = i < document->size ? i + 1 : i;
}

size_t toplevel_end(const struct document *document, size_t at)
{
    size_t depth = 0;
    struct tag tag;

    do {
        if (starts(document, at, "<!--")) {
            at = behind(document, at, "-->");
        } else if (starts(document, at, "<![CDATA[")) {
            at = behind(document, at, "]]>");
        } else if (starts(document, at, "</")) {
            at = behind(document, at, ">");
            depth--;
        } else {
            read_tag(document, at, &tag);
            at = tag.end;
            depth += !tag.empty;
        }
        if (depth > 0 && at < document->size) {
            const char *next = memchr(document->text + at, '<', document->size - at);

            at = next == NULL ? document->size : (size_t)(next - document->text);
        }
    } while (depth > 0 && at < document->size);
    return at;
}

/* ---- names ------------------------------------------------------------------------------------------------------- */

/* The attribute at *at, which moves behind it; false when there is no more. */
static bool next_attribute(const struct document *document, const struct tag *tag, size_t *at, struct span *name,
                           struct span *value)
{
    const char *text = document->text;
    size_t i = *at;

    while (i < tag->close && is_space(text[i])) {
        i++;
    }
    if (i >= tag->close) {
        return false;
    }
    name->data = text + i;
    while (i < tag->close && text[i] != '=') {
        i++;
    }
    name->size = (size_t)(text + i - name->data);
    i += 2; /* ="  */
    value->data = text + i;
    while (i < tag->close && text[i] != '"') {
        i++;
    }
    value->size = i < tag->close ? (size_t)(text + i - value->data) : 0;
    *at = i + 1;
    return true;
}

/* What the tag declares for the prefix: "" for no prefix. */
static bool find_namespace(const struct document *document, const struct tag *tag, struct span prefix,
                           struct span *value)
{
    size_t at = tag->attributes;
    struct span name;

    while (next_attribute(document, tag, &at, &name, value)) {
        if (name.size >= 5 && memcmp(name.data, "xmlns", 5) == 0) {
            struct span declared = {name.data + 5, name.size - 5};

            if (declared.size > 0 && declared.data[0] == ':') {
                declared = (struct span){declared.data + 1, declared.size - 1};
            } else if (declared.size > 0) {
                continue;
            }
            if (span_is(declared, prefix.data, prefix.size)) {
                return true;
            }
        }
    }
    return false;
}

/* Whether an attribute's value, with its references, means these bytes. */
static bool means(struct span value, const BYTE *bytes, size_t size)
{
    static const struct {
        const char *text;
        char means;
    } REFERENCES[] = {{"&lt;", '<'},   {"&amp;", '&'},  {"&gt;", '>'},  {"&quot;", '"'},
                      {"&#xD;", '\r'}, {"&#x9;", '\t'}, {"&#xA;", '\n'}};
    size_t at = 0;

    for (size_t i = 0; i < size; i++) {
        size_t taken = 1;
        char c = at < value.size ? value.data[at] : 0;

        for (size_t r = 0; c == '&' && taken == 1 && r < sizeof REFERENCES / sizeof *REFERENCES; r++) {
            size_t length = strlen(REFERENCES[r].text);

            if (value.size - at >= length && memcmp(value.data + at, REFERENCES[r].text, length) == 0) {
                c = REFERENCES[r].means;
                taken = length;
            }
        }
        if (at >= value.size || (BYTE)c != bytes[i]) {
            return false;
        }
        at += taken;
    }
    return at == value.size;
}

static bool has_namespace(const struct document *document, const struct tag *tag, const WS_XML_STRING *ns)
{
    struct span value = {"", 0};

    if (!find_namespace(document, tag, tag->prefix, &value)) {
        value = span_is(tag->prefix, "xml", 3) ? (struct span){XML_NAMESPACE, sizeof XML_NAMESPACE - 1}
                                               : (struct span){"", 0};
    }
    return means(value, ns->bytes, ns->length);
}

bool toplevel_is(const struct document *document, size_t at, const WS_XML_STRING *local, const WS_XML_STRING *ns)
{
    struct tag tag;

    read_tag(document, at, &tag);
    return (local == NULL || span_is(tag.local, (const char *)local->bytes, local->length)) &&
           (ns == NULL || has_namespace(document, &tag, ns));
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
    struct document *made = text->status == ERROR_SUCCESS ? document_create() : NULL;

    if (made == NULL) {
        text_free(text);
        return NULL;
    }
    made->elements = 1;
    made->depth = like->depth;
    made->attributes = like->attributes;
    made->namespaces = like->namespaces;
    made->text = text->data;
    made->size = text->size;
    return made;
}

struct document *toplevel_copy(const struct document *document, size_t from, size_t to)
{
    struct text text = TEXT_INIT(SIZE_MAX);

    text_put(&text, document->text + from, to - from);
    return make_document(&text, document);
}

/* One that the tag does not declare: what is inside may declare it for itself. */
static void choose_prefix(const struct document *document, const struct tag *tag, char prefix[16])
{
    struct span value;
    unsigned number = 0;

    do {
        snprintf(prefix, 16, "h%u", number++);
    } while (find_namespace(document, tag, (struct span){prefix, strlen(prefix)}, &value));
}

struct document *toplevel_rename(struct document *document, const WS_XML_STRING *local, const WS_XML_STRING *ns)
{
    struct text text = TEXT_INIT(SIZE_MAX);
    size_t at = toplevel_skip(document, 0);
    size_t end = toplevel_end(document, at);
    struct document *renamed;
    struct tag tag;
    char prefix[16];

    if (toplevel_is(document, at, local, ns)) {
        return at == 0 && end == document->size ? document_share(document) : toplevel_copy(document, at, end);
    }
    read_tag(document, at, &tag);
    choose_prefix(document, &tag, prefix);
    text_put_string(&text, "<");
    text_put_string(&text, prefix);
    text_put_string(&text, ":");
    text_put(&text, local->bytes, local->length);
    text_put(&text, document->text + tag.attributes, tag.close - tag.attributes);
    text_put_string(&text, " xmlns:");
    text_put_string(&text, prefix);
    text_put_string(&text, "=\"");
    text_put_escaped(&text, ns->bytes, ns->length, true);
    text_put_string(&text, "\"");
    if (tag.empty) {
        text_put_string(&text, "/>");
    } else {
        size_t content = end - (tag.name.size + 3); /* before "</name>" */

        text_put(&text, document->text + tag.close, content - tag.close);
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
