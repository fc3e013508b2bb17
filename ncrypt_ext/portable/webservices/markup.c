/* SPDX-License-Identifier: MIT */
#include "webservices/markup.h"

#include <stdlib.h>
#include <string.h>

bool slice_is(struct slice slice, const char *string)
{
    return slice.size == strlen(string) && memcmp(slice.text, string, slice.size) == 0;
}

static bool same(struct slice one, struct slice other)
{
    return one.size == other.size && memcmp(one.text, other.text, one.size) == 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct slice slice_trim(struct slice slice)
{
    while (slice.size > 0 && is_blank(slice.text[0])) {
        slice.text++;
        slice.size--;
    }
    while (slice.size > 0 && is_blank(slice.text[slice.size - 1])) {
        slice.size--;
    }
    return slice;
}

bool element_is(const struct element *element, const char *uri, const char *local)
{
    return slice_is(element->local, local) && slice_is(element->uri, uri);
}

/* ---- names and namespaces ---------------------------------------------------------------------------------------- */

struct slice slice_split(struct slice name, struct slice *local)
{
    const char *colon = memchr(name.text, ':', name.size);

    if (colon == NULL) {
        *local = name;
        return (struct slice){name.text, 0};
    }
    *local = (struct slice){colon + 1, (size_t)(name.text + name.size - colon - 1)};
    return (struct slice){name.text, (size_t)(colon - name.text)};
}

bool walk_attribute(struct slice *rest, struct attribute *attribute)
{
    const char *end = rest->text + rest->size;
    const char *equals = rest->size == 0 ? NULL : memchr(rest->text, '=', rest->size);
    const char *quote;

    if (equals == NULL) {
        return false;
    }
    quote = memchr(equals + 2, '"', (size_t)(end - equals - 2));
    attribute->name = (struct slice){rest->text + 1, (size_t)(equals - rest->text - 1)};
    attribute->value = (struct slice){equals + 2, (size_t)(quote - equals - 2)};
    *rest = (struct slice){quote + 1, (size_t)(end - quote - 1)};
    return true;
}

/* Whether it declares a namespace, and for which prefix. */
static bool is_declaration(const struct attribute *attribute, struct slice *prefix)
{
    const struct slice *name = &attribute->name;

    if (name->size < 5 || memcmp(name->text, "xmlns", 5) != 0 || (name->size > 5 && name->text[5] != ':')) {
        return false;
    }
    *prefix = name->size == 5 ? (struct slice){name->text, 0} : (struct slice){name->text + 6, name->size - 6};
    return true;
}

const struct slice *walk_namespace(const struct walk *walk, const struct element *element, struct slice prefix)
{
    static const struct slice NONE = {"", 0};
    static const struct slice XML = {XML_URI, sizeof XML_URI - 1};

    for (size_t i = element->inside; i > 0; i--) {
        if (same(walk->bindings[i - 1].prefix, prefix)) {
            return &walk->bindings[i - 1].uri;
        }
    }
    return prefix.size == 0 ? &NONE : slice_is(prefix, "xml") ? &XML : NULL;
}

bool walk_find(const struct walk *walk, const struct element *element, const char *uri, const char *local,
               struct slice *value)
{
    struct slice rest = element->attributes;
    struct attribute attribute;
    struct slice name;

    while (walk_attribute(&rest, &attribute)) {
        struct slice prefix = slice_split(attribute.name, &name);
        const struct slice *found;

        if (!slice_is(name, local) || (prefix.size == 0) != (uri[0] == 0)) {
            continue;
        }
        found = prefix.size == 0 ? NULL : walk_namespace(walk, element, prefix);
        if (prefix.size == 0 || (found != NULL && slice_is(*found, uri))) {
            *value = attribute.value;
            return true;
        }
    }
    return false;
}

/* ---- the walk ---------------------------------------------------------------------------------------------------- */

bool walk_begin(struct walk *walk, const struct document *document)
{
    *walk = (struct walk){.at = document->text, .end = document->text + document->size};
    walk->bindings = calloc((size_t)document->namespaces + 1, sizeof *walk->bindings);
    return walk->bindings != NULL;
}

void walk_end(struct walk *walk)
{
    free(walk->bindings);
    walk->bindings = NULL;
}

static bool begins(const struct walk *walk, const char *mark, size_t size)
{
    return (size_t)(walk->end - walk->at) >= size && memcmp(walk->at, mark, size) == 0;
}

/* Past what begins at `at` and ends with `mark`. */
static const char *past(const char *at, const char *end, const char *mark, size_t size)
{
    const char *found = memmem(at, (size_t)(end - at), mark, size);

    return found == NULL ? end : found + size;
}

/* The start tag at `at`, up to which the walk is then past. */
static void take_tag(struct walk *walk, struct element *element)
{
    const char *name = walk->at + 1;
    const char *p = name;

    while (*p != ' ' && *p != '/' && *p != '>') {
        p++;
    }
    element->name = (struct slice){name, (size_t)(p - name)};
    element->attributes.text = p;
    while (*p == ' ') {
        p = memchr(p, '"', (size_t)(walk->end - p));
        p = (const char *)memchr(p + 1, '"', (size_t)(walk->end - p - 1)) + 1;
    }
    element->attributes.size = (size_t)(p - element->attributes.text);
    element->empty = *p == '/';
    p += element->empty ? 2 : 1;
    element->tag = (struct slice){walk->at, (size_t)(p - walk->at)};
    walk->at = p;
}

void markup_tag(const struct document *document, size_t at, struct element *tag)
{
    struct walk walk = {.at = document->text + at, .end = document->text + document->size};

    *tag = (struct element){0};
    take_tag(&walk, tag);
    (void)slice_split(tag->name, &tag->local);
}

bool markup_declares(const struct element *tag, struct slice prefix, struct slice *uri)
{
    struct slice rest = tag->attributes;
    struct slice declared;
    struct attribute attribute;

    while (walk_attribute(&rest, &attribute)) {
        if (is_declaration(&attribute, &declared) && same(declared, prefix)) {
            *uri = attribute.value;
            return true;
        }
    }
    return false;
}

static void enter(struct walk *walk, struct element *element)
{
    struct slice rest;
    struct slice prefix;
    struct attribute attribute;

    take_tag(walk, element);
    rest = element->attributes;
    element->outside = walk->count;
    while (walk_attribute(&rest, &attribute)) {
        if (is_declaration(&attribute, &prefix)) {
            walk->bindings[walk->count++] = (struct binding){prefix, attribute.value};
        }
    }
    element->inside = walk->count;
    prefix = slice_split(element->name, &element->local);
    element->uri = *walk_namespace(walk, element, prefix);
}

static void leave(struct walk *walk, const struct element *element)
{
    walk->count = element->outside;
}

/* A carriage return is white space, too, and written as a reference. */
static bool is_space(struct slice written)
{
    static const char REFERENCE[] = "&#xD;";

    for (written = slice_trim(written); written.size > 0; written = slice_trim(written)) {
        if (written.size < sizeof REFERENCE - 1 || memcmp(written.text, REFERENCE, sizeof REFERENCE - 1) != 0) {
            return false;
        }
        written.text += sizeof REFERENCE - 1;
        written.size -= sizeof REFERENCE - 1;
    }
    return true;
}

/* Past text, comments and so on, up to the next tag or the end. Text is appended where there is one for it. */
static void pass_content(struct walk *walk, struct text *text)
{
    while (walk->at < walk->end) {
        const char *from = walk->at;
        struct slice part;

        if (begins(walk, "<!--", 4)) {
            walk->at = past(from + 4, walk->end, "-->", 3);
            continue;
        }
        if (begins(walk, "<![CDATA[", 9)) {
            walk->at = past(from + 9, walk->end, "]]>", 3);
            part = (struct slice){from + 9, (size_t)(walk->at - from - 12)};
            walk->loose = walk->loose || slice_trim(part).size > 0;
            if (text != NULL) {
                text_put(text, part.text, part.size);
            }
        } else if (*from == '<') {
            return;
        } else {
            const char *found = memchr(from, '<', (size_t)(walk->end - from));

            walk->at = found == NULL ? walk->end : found;
            part = (struct slice){from, (size_t)(walk->at - from)};
            walk->loose = walk->loose || !is_space(part);
            if (text != NULL) {
                markup_put_plain(part, text);
            }
        }
    }
}

void walk_root(struct walk *walk, struct element *root)
{
    pass_content(walk, NULL);
    enter(walk, root);
}

static void pass_end_tag(struct walk *walk)
{
    walk->at = (const char *)memchr(walk->at, '>', (size_t)(walk->end - walk->at)) + 1;
}

bool walk_child(struct walk *walk, const struct element *parent, struct element *child)
{
    if (!parent->empty) {
        pass_content(walk, NULL);
        if (walk->at[1] != '/') {
            enter(walk, child);
            return true;
        }
        pass_end_tag(walk);
    }
    leave(walk, parent);
    return false;
}

void walk_skip(struct walk *walk, const struct element *element)
{
    bool loose = walk->loose;

    for (size_t depth = !element->empty; depth > 0;) {
        pass_content(walk, NULL);
        if (walk->at[1] == '/') {
            pass_end_tag(walk);
            depth--;
        } else {
            struct element inner;

            take_tag(walk, &inner);
            depth += !inner.empty;
        }
    }
    walk->loose = loose;
    leave(walk, element);
}

size_t markup_end(const struct document *document, size_t at)
{
    struct walk walk = {.at = document->text + at, .end = document->text + document->size};
    struct element element = {0};

    take_tag(&walk, &element);
    walk_skip(&walk, &element);
    return (size_t)(walk.at - document->text);
}

bool walk_text(struct walk *walk, const struct element *element, struct text *text)
{
    bool loose = walk->loose;
    bool plain = true;

    if (!element->empty) {
        pass_content(walk, text);
        plain = walk->at[1] == '/';
        walk->loose = loose;
    }
    walk_skip(walk, element);
    return plain;
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

void markup_put_alone(const struct walk *walk, const struct element *element, struct slice whole, struct text *text)
{
    size_t size = element->tag.size - (element->empty ? 2 : 1);

    text_put(text, whole.text, size);
    for (size_t i = 0; i < element->outside && text->status == ERROR_SUCCESS; i++) {
        const struct binding *binding = &walk->bindings[i];
        bool hidden = binding->prefix.size == 0 && binding->uri.size == 0;

        for (size_t j = i + 1; j < element->inside && !hidden; j++) {
            hidden = same(walk->bindings[j].prefix, binding->prefix);
        }
        if (!hidden) {
            text_put_string(text, binding->prefix.size == 0 ? " xmlns" : " xmlns:");
            text_put(text, binding->prefix.text, binding->prefix.size);
            text_put_string(text, "=\"");
            text_put(text, binding->uri.text, binding->uri.size);
            text_put_string(text, "\"");
        }
    }
    text_put(text, whole.text + size, whole.size - size);
}

/* How long the reference is that the text begins with, and what it stands for. */
static size_t take_reference(const char *text, char *character)
{
    static const struct {
        const char *reference;
        char character;
    } REFERENCES[] = {{"&lt;", '<'},   {"&gt;", '>'},   {"&amp;", '&'}, {"&quot;", '"'},
                      {"&#xD;", '\r'}, {"&#x9;", '\t'}, {"&#xA;", '\n'}};
    size_t i = 0;

    while (strncmp(text, REFERENCES[i].reference, strlen(REFERENCES[i].reference)) != 0) {
        i++; /* it is one of them */
    }
    *character = REFERENCES[i].character;
    return strlen(REFERENCES[i].reference);
}

void markup_put_plain(struct slice written, struct text *text)
{
    const char *at = written.text;
    const char *end = written.text + written.size;

    while (at < end) {
        const char *found = memchr(at, '&', (size_t)(end - at));
        char character;

        text_put(text, at, (size_t)((found == NULL ? end : found) - at));
        if (found == NULL) {
            return;
        }
        at = found + take_reference(found, &character);
        text_put(text, &character, 1);
    }
}

bool markup_means(struct slice written, const void *bytes, size_t size)
{
    const char *at = written.text;
    const char *end = written.text + written.size;

    for (size_t i = 0; i < size; i++) {
        char character;

        if (at == end) {
            return false;
        }
        character = *at;
        at += character == '&' ? take_reference(at, &character) : 1;
        if (character != ((const char *)bytes)[i]) {
            return false;
        }
    }
    return at == end;
}

struct document *markup_document(struct text *text)
{
    struct document *document = document_create();

    if (document != NULL) {
        document->text = text->data;
        document->size = text->size;
        *text = TEXT_INIT(text->limit);
    }
    return document;
}
