/* SPDX-License-Identifier: MIT
 *
 * What libxml2 is not to see at all: document types, processing instructions, and elements with so many attributes that
 * comparing each with all others would take long. The text may turn out to be not well-formed, but up to where libxml2
 * finds that out both agree about what is a tag.
 */
#include <string.h>

#include "webservices/parse.h"

/* Past the end of a start tag; the quotes in it are counted in pairs. */
static const char *skip_tag(const char *p, const char *end, size_t *values)
{
    *values = 0;
    while (p < end && *p != '>') {
        if (*p == '"' || *p == '\'') {
            const char *quote = memchr(p + 1, *p, (size_t)(end - p - 1));

            ++*values;
            if (quote == NULL) {
                return end;
            }
            p = quote;
        }
        p++;
    }
    return p;
}

/* Past the next `mark`, or the end. */
static const char *skip_past(const char *p, const char *end, const char *mark)
{
    const char *found = memmem(p, (size_t)(end - p), mark, strlen(mark));

    return found == NULL ? end : found + strlen(mark);
}

static bool begins(const char *p, const char *end, const char *mark)
{
    return (size_t)(end - p) >= strlen(mark) && memcmp(p, mark, strlen(mark)) == 0;
}

static HRESULT fail(HRESULT status, const char *text, const char **sentence)
{
    *sentence = text;
    return status;
}

HRESULT scan_text(const char *text, size_t size, const struct parse_limits *limits, const char **sentence)
{
    const char *end = text + size;
    const char *p = text;
    size_t most = (size_t)limits->attributes + limits->namespaces;
    size_t values;

    if (memchr(text, 0, size) != NULL) {
        return fail(WS_E_INVALID_FORMAT, "the text has a NUL character", sentence);
    }
    if (size > 0 && !limits->fragment && strchr("< \t\r\n", text[0]) == NULL) {
        return fail(WS_E_INVALID_FORMAT, "line 1, column 1: a document begins with '<'", sentence);
    }
    while ((p = memchr(p, '<', (size_t)(end - p))) != NULL) {
        if (begins(p, end, "<!--")) {
            p = skip_past(p + 4, end, "-->");
        } else if (begins(p, end, "<![CDATA[")) {
            p = skip_past(p + 9, end, "]]>");
        } else if (begins(p, end, "<!")) {
            return fail(WS_E_INVALID_FORMAT, "document type declarations are not allowed", sentence);
        } else if (begins(p, end, "<?")) {
            return fail(WS_E_INVALID_FORMAT, "processing instructions are not allowed", sentence);
        } else {
            p = skip_tag(p + 1, end, &values);
            if (values > most) {
                return fail(WS_E_QUOTA_EXCEEDED, "an element has more attributes than the reader's limits allow",
                            sentence);
            }
        }
    }
    return ERROR_SUCCESS;
}

void scan_end(const char *text, size_t size, struct parse_result *result)
{
    const char *line = text;
    const char *end = text + size;

    for (const char *p = text; (p = memchr(p, '\n', (size_t)(end - p))) != NULL; line = ++p) {
        result->row++;
    }
    result->column = (uint64_t)(end - line);
}
