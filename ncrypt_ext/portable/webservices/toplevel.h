/* SPDX-License-Identifier: MIT
 *
 * The elements at the top of a document, found in its text, about which markup.h says more.
 */
#ifndef PORTABLE_WEBSERVICES_TOPLEVEL_H
#define PORTABLE_WEBSERVICES_TOPLEVEL_H

#include "webservices/document.h"

/* The first place from `from` on that is neither white space nor in a comment: the document's size when there is none.
 * `from` is at the top, in no element. */
size_t toplevel_skip(const struct document *document, size_t from);

/* Whether an element begins there. */
bool toplevel_is_element(const struct document *document, size_t at);

/* Whether the element that begins there has that local name and that namespace; either may be NULL for any. */
bool toplevel_is(const struct document *document, size_t at, const WS_XML_STRING *local, const WS_XML_STRING *ns);

/* Whether the name is XML's NCName, as far as ASCII goes: all other characters are taken. */
bool toplevel_is_name(const WS_XML_STRING *name);

/* The document's one element under another name, with its attributes and its content: a new document, or the same one
 * shared where the name is that already. NULL: out of memory. */
struct document *toplevel_rename(struct document *document, const WS_XML_STRING *local, const WS_XML_STRING *ns);

/* A new document of a part of the text, to which the numbers of the whole are given. NULL: out of memory. */
struct document *toplevel_copy(const struct document *document, size_t from, size_t to);

#endif
