/* SPDX-License-Identifier: MIT
 *
 * The three charsets of the API's text encoding, and XML's own ways to say which one a document is in. Libxml2 gets
 * UTF-8 without a byte order mark and without an XML declaration.
 */
#ifndef PORTABLE_WEBSERVICES_ENCODING_H
#define PORTABLE_WEBSERVICES_ENCODING_H

#include <stdbool.h>
#include <stddef.h>

#include "webservices.h"

/* A fresh UTF-16 string from UTF-8, with '?' for every byte that is no part of a character. False: out of memory. */
bool encoding_sentence(const char *sentence, WS_STRING *string);

/* Whether it is UTF-8, of characters that XML allows. */
bool encoding_is_text(const char *text, size_t size);

/* What the document is in: `wanted`, or for WS_CHARSET_AUTO what its first bytes say. `skipped` is the size of its byte
 * order mark, or 0. */
WS_CHARSET encoding_detect(const unsigned char *data, size_t size, WS_CHARSET wanted, size_t *skipped);

/* UTF-16 to a fresh UTF-8 string, which the caller frees by ncx_secret_free(). E_OUTOFMEMORY, or WS_E_INVALID_FORMAT
 * with a sentence. */
HRESULT encoding_decode(const unsigned char *data, size_t size, WS_CHARSET charset, char **text, size_t *text_size,
                        const char **sentence);

/* The size of the XML declaration at the beginning of the text, 0 when there is none. WS_E_INVALID_FORMAT with a
 * sentence when it is not well-formed or names another encoding than the one that the text was in. */
HRESULT encoding_skip_declaration(const char *text, size_t size, WS_CHARSET charset, size_t *skipped,
                                  const char **sentence);

/* The declaration that a writer puts out, in UTF-8. */
const char *encoding_declaration(WS_CHARSET charset);

/* Bytes that valid UTF-8 takes in that charset, and the conversion into a buffer of that size. */
size_t encoding_size(const char *text, size_t size, WS_CHARSET charset);
void encoding_encode(const char *text, size_t size, WS_CHARSET charset, unsigned char *out);

#endif
