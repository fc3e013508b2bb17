/* SPDX-License-Identifier: MIT
 *
 * A walk over the text of a document (document.h). Such a text is well-formed, its namespaces are declared, and there
 * is one way only to write each thing: double quotes, no blanks but one before each attribute, attributes before
 * declarations, and no more references than parse.c puts out. So nothing here can fail but for memory.
 */
#ifndef PORTABLE_WEBSERVICES_MARKUP_H
#define PORTABLE_WEBSERVICES_MARKUP_H

#include "webservices/document.h"
#include "webservices/text.h"

#define XML_URI "http://www.w3.org/XML/1998/namespace" /* of the prefix "xml", which nobody has to declare */

/* A part of the document's text. */
struct slice {
    const char *text;
    size_t size;
};

struct binding {
    struct slice prefix; /* empty: the default namespace */
    struct slice uri;    /* as written, with references */
};

/* Where the walk is. */
struct walk {
    const char *at;
    const char *end;
    struct binding *bindings; /* in scope, the innermost last */
    size_t count;
    bool loose; /* there was text, more than white space, between the elements that walk_child() went past */
};

struct element {
    struct slice tag;        /* the start tag, or the empty element */
    struct slice name;       /* with its prefix */
    struct slice local;      /* without */
    struct slice uri;        /* of its namespace, as written */
    struct slice attributes; /* what is in the tag after the name */
    bool empty;
    size_t outside; /* how many bindings were in scope around it */
    size_t inside;
};

struct attribute {
    struct slice name;
    struct slice value; /* as written */
};

/* False when there is no memory. The document has to stay; walk_end() is due afterwards. */
MUST_CHECK bool walk_begin(struct walk *walk, const struct document *document);
void walk_end(struct walk *walk);

/* The document's element. Comments before it are skipped. */
void walk_root(struct walk *walk, struct element *root);

/* The next element in the parent, or false at the parent's end, which the walk is then past. The caller goes through
 * each child, or skips it. Comments are skipped. */
bool walk_child(struct walk *walk, const struct element *parent, struct element *child);
void walk_skip(struct walk *walk, const struct element *element);

/* Goes through the element and appends its text. False when there is an element in it; the walk is past the element in
 * any case. */
bool walk_text(struct walk *walk, const struct element *element, struct text *text);

/* The next attribute or declaration of a namespace in `rest`, which becomes shorter. */
bool walk_attribute(struct slice *rest, struct attribute *attribute);

/* For the following three, the walk may be past the element, but not past the next start tag. */

/* The value of the element's attribute, as written. An empty namespace is that of names without a prefix. */
bool walk_find(const struct walk *walk, const struct element *element, const char *uri, const char *local,
               struct slice *value);

/* The namespace that the prefix has in the element, or NULL. There is always one for no prefix. */
const struct slice *walk_namespace(const struct walk *walk, const struct element *element, struct slice prefix);

/* `whole` begins with the element's start tag. Appends it with declarations of all that is in scope around the element
 * and that the element does not declare itself. */
void markup_put_alone(const struct walk *walk, const struct element *element, struct slice whole, struct text *text);

/* The start tag, or the empty element, at that place of the document. What namespace it is in stays open. */
void markup_tag(const struct document *document, size_t at, struct element *tag);

/* Whether the tag itself declares a namespace for the prefix, and which one. */
bool markup_declares(const struct element *tag, struct slice prefix, struct slice *uri);

/* Behind the element that begins there. */
size_t markup_end(const struct document *document, size_t at);

/* Whether the text stands for these bytes. */
bool markup_means(struct slice written, const void *bytes, size_t size);

/* Appends what the text stands for. */
void markup_put_plain(struct slice written, struct text *text);

/* A document of the text, which is then empty; NULL when there is no memory. */
struct document *markup_document(struct text *text);

/* The text stays where it is. */
static inline struct slice slice_of(const struct text *text)
{
    return (struct slice){text->data == NULL ? "" : text->data, text->size};
}

struct slice slice_trim(struct slice slice);
bool slice_is(struct slice slice, const char *string);
/* The prefix of a qualified name, empty without one, and the rest. */
struct slice slice_split(struct slice name, struct slice *local);

bool element_is(const struct element *element, const char *uri, const char *local);

#endif
