/* SPDX-License-Identifier: MIT
 *
 * A reply's fault, as a WS_FAULT on the reply's heap.
 */
#include <string.h>

#include "webservices/encoding.h"
#include "webservices/reply.h"
#include "webservices/soap.h"

/* What an error object takes (fault.c). */
#define MAX_CODES   64u
#define MAX_REASONS 1024u

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define OWN_UTF16 WS_CHARSET_UTF16BE
#else
#define OWN_UTF16 WS_CHARSET_UTF16LE
#endif

enum part { PART_CODE, PART_REASON, PART_ACTOR, PART_NODE, PART_DETAIL, PART_COUNT };

/* SOAP 1.1 has them in no namespace, which not all peers know. */
static const char *const OLD_NAMES[PART_COUNT] = {"faultcode", "faultstring", "faultactor", NULL, "detail"};
static const char *const NAMES[PART_COUNT] = {"Code", "Reason", "Role", "Node", "Detail"};

static bool is_old(const struct reading *reading)
{
    return reading->reply->envelope == WS_ENVELOPE_VERSION_SOAP_1_1;
}

static HRESULT fail(struct reading *reading, const char *sentence)
{
    return reading_fail(reading, WS_E_INVALID_FORMAT, "the reply's fault %s", sentence);
}

/* ---- on the heap ------------------------------------------------------------------------------------------------- */

static HRESULT allocate(struct reading *reading, size_t size, void **memory)
{
    return reading_room(reading, heap_alloc(&reading->reply->heap, size, memory));
}

static HRESULT keep_string(struct reading *reading, struct slice from, WS_STRING *to)
{
    size_t size = encoding_size(from.text, from.size, OWN_UTF16);
    void *chars;
    HRESULT status = allocate(reading, size, &chars);

    if (status == ERROR_SUCCESS) {
        encoding_encode(from.text, from.size, OWN_UTF16, chars);
        *to = (WS_STRING){(ULONG)(size / sizeof(WCHAR)), chars};
    }
    return status;
}

static HRESULT keep_bytes(struct reading *reading, struct slice from, WS_XML_STRING *to)
{
    void *bytes;
    HRESULT status = allocate(reading, from.size, &bytes);

    if (status == ERROR_SUCCESS) {
        if (from.size > 0) {
            memcpy(bytes, from.text, from.size);
        }
        *to = (WS_XML_STRING){.length = (ULONG)from.size, .bytes = bytes};
    }
    return status;
}

/* The same for what is still as written. */
static HRESULT keep_written(struct reading *reading, struct slice written, WS_STRING *string, WS_XML_STRING *bytes)
{
    struct text text = TEXT_INIT(written.size);
    HRESULT status;

    markup_put_plain(written, &text);
    status = reading_room(reading, text.status);
    if (status == ERROR_SUCCESS) {
        struct slice plain = slice_of(&text);

        status = string != NULL ? keep_string(reading, plain, string) : keep_bytes(reading, plain, bytes);
    }
    text_free(&text);
    return status;
}

static HRESULT keep_text(struct reading *reading, const struct element *element, const char *what, bool trim,
                         WS_STRING *string)
{
    struct text text = TEXT_INIT(reading->limits->parse.room);
    HRESULT status = reading_text(reading, element, what, &text);

    if (status == ERROR_SUCCESS) {
        struct slice plain = slice_of(&text);

        status = keep_string(reading, trim ? slice_trim(plain) : plain, string);
    }
    text_free(&text);
    return status;
}

/* ---- codes ------------------------------------------------------------------------------------------------------- */

static bool is_name(struct slice name)
{
    for (size_t i = 0; i < name.size; i++) {
        if (strchr(" \t\r\n:", name.text[i]) != NULL) {
            return false;
        }
    }
    return name.size > 0;
}

static HRESULT keep_name(struct reading *reading, const struct element *element, struct slice name, WS_XML_QNAME *to)
{
    struct slice local;
    struct slice prefix = slice_split(name, &local);
    const struct slice *uri;
    HRESULT status;

    if (!is_name(local) || (local.size < name.size && !is_name(prefix))) {
        return fail(reading, "has a code that is no name");
    }
    uri = walk_namespace(&reading->walk, element, prefix);
    if (uri == NULL) {
        return reading_fail(reading, WS_E_INVALID_FORMAT,
                            "the reply's fault has a code with the prefix \"%.*s\", which is not declared",
                            (int)(prefix.size < 80 ? prefix.size : 80), prefix.text);
    }
    status = keep_bytes(reading, local, &to->localName);
    return status == ERROR_SUCCESS ? keep_written(reading, *uri, NULL, &to->ns) : status;
}

/* A new code at *to, with the name that is in the element. */
static HRESULT read_name(struct reading *reading, const struct element *element, WS_FAULT_CODE **to)
{
    struct text text = TEXT_INIT(reading->limits->parse.room);
    HRESULT status = reading_text(reading, element, "fault's code", &text);
    void *code;

    if (status == ERROR_SUCCESS) {
        status = allocate(reading, sizeof **to, &code);
    }
    if (status == ERROR_SUCCESS) {
        *to = memset(code, 0, sizeof **to);
        status = keep_name(reading, element, slice_trim(slice_of(&text)), &(*to)->value);
    }
    text_free(&text);
    return status;
}

/* What is in a Code or Subcode element: a Value, and maybe a Subcode. */
static HRESULT read_code(struct reading *reading, const struct element *parent, WS_FAULT_CODE **to, unsigned depth)
{
    HRESULT status = ERROR_SUCCESS;
    struct element child;

    if (depth == MAX_CODES) {
        return reading_fail(reading, WS_E_QUOTA_EXCEEDED, "the reply's fault has more than %u codes", MAX_CODES);
    }
    while (status == ERROR_SUCCESS && walk_child(&reading->walk, parent, &child)) {
        if (element_is(&child, reading->soap, "Value")) {
            status = *to != NULL ? fail(reading, "has a code with two values") : read_name(reading, &child, to);
        } else if (!element_is(&child, reading->soap, "Subcode")) {
            walk_skip(&reading->walk, &child);
        } else if (*to == NULL) {
            status = fail(reading, "has a code without a value");
        } else if ((*to)->subCode != NULL) {
            status = fail(reading, "has a code with two subcodes");
        } else {
            status = read_code(reading, &child, &(*to)->subCode, depth + 1);
        }
    }
    return status == ERROR_SUCCESS && *to == NULL ? fail(reading, "has a code without a value") : status;
}

/* ---- reasons ----------------------------------------------------------------------------------------------------- */

static HRESULT read_reason(struct reading *reading, const struct element *element, WS_FAULT_REASON *reason)
{
    HRESULT status = ERROR_SUCCESS;
    struct slice language;

    if (walk_find(&reading->walk, element, XML_URI, "lang", &language)) {
        status = keep_written(reading, language, &reason->lang, NULL);
    }
    return status == ERROR_SUCCESS ? keep_text(reading, element, "fault's reason", false, &reason->text) : status;
}

/* How many Text elements there are, without going through them. */
static HRESULT count_reasons(struct reading *reading, const struct element *parent, ULONG *count)
{
    struct walk there = reading->walk;
    struct element child;

    *count = 0;
    while (walk_child(&reading->walk, parent, &child)) {
        *count += element_is(&child, reading->soap, "Text");
        walk_skip(&reading->walk, &child);
    }
    reading->walk = there;
    if (*count == 0) {
        return fail(reading, "has no reason");
    }
    return *count <= MAX_REASONS
               ? ERROR_SUCCESS
               : reading_fail(reading, WS_E_QUOTA_EXCEEDED, "the reply's fault has more than %u reasons", MAX_REASONS);
}

static HRESULT make_reasons(struct reading *reading, ULONG count)
{
    WS_FAULT *fault = &reading->reply->fault;
    void *reasons;
    HRESULT status = allocate(reading, count * sizeof *fault->reasons, &reasons);

    if (status == ERROR_SUCCESS) {
        fault->reasons = memset(reasons, 0, count * sizeof *fault->reasons);
        fault->reasonCount = count;
    }
    return status;
}

static HRESULT read_reasons(struct reading *reading, const struct element *element)
{
    WS_FAULT *fault = &reading->reply->fault;
    ULONG count = 1;
    ULONG next = 0;
    HRESULT status = is_old(reading) ? ERROR_SUCCESS : count_reasons(reading, element, &count);
    struct element child;

    if (status == ERROR_SUCCESS) {
        status = make_reasons(reading, count);
    }
    if (status == ERROR_SUCCESS && is_old(reading)) {
        return read_reason(reading, element, &fault->reasons[0]);
    }
    while (status == ERROR_SUCCESS && walk_child(&reading->walk, element, &child)) {
        if (element_is(&child, reading->soap, "Text")) {
            status = read_reason(reading, &child, &fault->reasons[next++]);
        } else {
            walk_skip(&reading->walk, &child);
        }
    }
    return status;
}

/* ---- the fault --------------------------------------------------------------------------------------------------- */

static HRESULT read_detail(struct reading *reading, const struct element *element)
{
    struct reply *reply = reading->reply;
    struct text text = TEXT_INIT(reading->limits->parse.room);
    struct document *document = NULL;
    HRESULT status;

    walk_skip(&reading->walk, element);
    markup_put_alone(&reading->walk, element,
                     (struct slice){element->tag.text, (size_t)(reading->walk.at - element->tag.text)}, &text);
    status = reading_document(reading, &text, 1, 3, &document);
    if (status == ERROR_SUCCESS) {
        status = reading_room(reading, heap_add_document(&reply->heap, document, &reply->fault.detail));
        if (status != ERROR_SUCCESS) {
            document_release(document);
        }
    }
    text_free(&text);
    return status;
}

static enum part part_of(const struct reading *reading, const struct element *element)
{
    const char *const *names = is_old(reading) ? OLD_NAMES : NAMES;
    int part = 0;

    if (!slice_is(element->uri, reading->soap) && !(is_old(reading) && element->uri.size == 0)) {
        return PART_COUNT;
    }
    while (part < PART_COUNT && (names[part] == NULL || !slice_is(element->local, names[part]))) {
        part++;
    }
    return (enum part)part;
}

static HRESULT read_part(struct reading *reading, const struct element *element, enum part part)
{
    WS_FAULT *fault = &reading->reply->fault;

    switch (part) {
    case PART_CODE:
        return is_old(reading) ? read_name(reading, element, &fault->code)
                               : read_code(reading, element, &fault->code, 0);
    case PART_REASON:
        return read_reasons(reading, element);
    case PART_ACTOR:
        return keep_text(reading, element, "fault's role", true, &fault->actor);
    case PART_NODE:
        return keep_text(reading, element, "fault's node", true, &fault->node);
    case PART_DETAIL:
        return read_detail(reading, element);
    case PART_COUNT:
    default:
        walk_skip(&reading->walk, element);
        return ERROR_SUCCESS;
    }
}

HRESULT reply_fault(struct reading *reading, const struct element *fault)
{
    HRESULT status = ERROR_SUCCESS;
    unsigned seen = 0;
    struct element child;

    while (status == ERROR_SUCCESS && walk_child(&reading->walk, fault, &child)) {
        enum part part = part_of(reading, &child);

        if (part != PART_COUNT && (seen & 1u << part) != 0) {
            return reading_fail(reading, WS_E_INVALID_FORMAT, "the reply's fault has two elements \"%.*s\"",
                                (int)child.local.size, child.local.text);
        }
        seen |= 1u << part;
        status = read_part(reading, &child, part);
    }
    if (status == ERROR_SUCCESS && (seen & 1u << PART_CODE) == 0) {
        return fail(reading, "has no code");
    }
    return status == ERROR_SUCCESS && (seen & 1u << PART_REASON) == 0 ? fail(reading, "has no reason") : status;
}
