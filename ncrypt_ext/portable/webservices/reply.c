/* SPDX-License-Identifier: MIT
 *
 * reply_read(): the structure of a reply's envelope. Libxml2 reads the text once (parse.c) and leaves it in a form that
 * is quick to walk over (markup.h); every limit has been held by then, and what is made here is at most as long as the
 * limit of that text.
 */
#include "webservices/reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "webservices/encoding.h"
#include "webservices/soap.h"

#define SHOWN 80 /* bytes of a name in a sentence */

HRESULT reading_fail(struct reading *reading, HRESULT status, const char *format, ...)
{
    char *sentence = reading->result->sentence;
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(sentence, sizeof reading->result->sentence, format, arguments);
    va_end(arguments);
    for (; *sentence != 0; sentence++) { /* what the peer wrote stays on one line */
        *sentence = (unsigned char)*sentence < ' ' ? ' ' : *sentence;
    }
    return status;
}

HRESULT reading_room(struct reading *reading, HRESULT status)
{
    if (status == WS_E_QUOTA_EXCEEDED) {
        return reading_fail(reading, status,
                            "the reply's text, or a part of it with the namespaces that it needs, is longer than %zu "
                            "bytes, the limit",
                            reading->limits->parse.room);
    }
    if (status == E_OUTOFMEMORY) {
        return reading_fail(reading, status, "there is not enough memory for the reply");
    }
    return status;
}

HRESULT reading_text(struct reading *reading, const struct element *element, const char *what, struct text *text)
{
    if (!walk_text(&reading->walk, element, text)) {
        return reading_fail(reading, WS_E_INVALID_FORMAT, "the reply's %s has an element in it", what);
    }
    if (text->status == WS_E_QUOTA_EXCEEDED) {
        return reading_fail(reading, text->status, "the reply's %s is longer than %zu bytes", what, text->limit);
    }
    return reading_room(reading, text->status);
}

HRESULT reading_document(struct reading *reading, struct text *text, uint32_t elements, uint32_t above,
                         struct document **document)
{
    const struct document *whole = reading->whole;
    struct document *made;

    if (text->status != ERROR_SUCCESS) {
        return reading_room(reading, text->status);
    }
    made = markup_document(text);
    if (made == NULL) {
        return reading_room(reading, E_OUTOFMEMORY);
    }
    made->elements = elements;
    made->depth = elements == 0 ? 0 : whole->depth - above;
    made->attributes = elements == 0 ? 0 : whole->attributes;
    made->namespaces = elements == 0 ? 0 : whole->namespaces;
    *document = made;
    return ERROR_SUCCESS;
}

typedef HRESULT visitor(struct reading *reading, const struct element *child, uint32_t index);

/* Makes a document of what is in the Header or the Body, and lets `visit` go through each child. */
static HRESULT read_content(struct reading *reading, const struct element *parent, visitor *visit,
                            struct document **document)
{
    struct walk *walk = &reading->walk;
    struct text text = TEXT_INIT(reading->limits->parse.room);
    HRESULT status = ERROR_SUCCESS;
    bool outside = walk->loose;
    struct element child;
    const char *from = walk->at;
    uint32_t count = 0;

    walk->loose = false;
    while (walk_child(walk, parent, &child)) {
        bool loose = walk->loose;

        text_put(&text, from, (size_t)(child.tag.text - from));
        status = visit(reading, &child, count++);
        if (status != ERROR_SUCCESS) {
            goto cleanup;
        }
        walk->loose = loose;
        markup_put_alone(walk, &child, (struct slice){child.tag.text, (size_t)(walk->at - child.tag.text)}, &text);
        if (text.status != ERROR_SUCCESS) {
            break; /* what is too long gets no longer */
        }
        from = walk->at;
    }
    if (text.status == ERROR_SUCCESS && !parent->empty) {
        text_put(&text, from, (size_t)(walk->at - from) - parent->name.size - 3); /* without "</" name ">" */
    }
    status = reading_document(reading, &text, count, 2, document);
    if (status == ERROR_SUCCESS) {
        (*document)->loose = walk->loose;
    }

cleanup:
    walk->loose = outside;
    text_free(&text);
    return status;
}

/* ---- the parts of an envelope ------------------------------------------------------------------------------------ */

static HRESULT visit_header(struct reading *reading, const struct element *header, uint32_t index)
{
    if (index >= reading->limits->max_headers) {
        return reading_fail(reading, WS_E_QUOTA_EXCEEDED, "the reply has more than %u headers, the channel's limit",
                            reading->limits->max_headers);
    }
    return reply_header(reading, header);
}

static HRESULT visit_body(struct reading *reading, const struct element *element, uint32_t index)
{
    bool fault = element_is(element, reading->soap, "Fault");

    if (fault && index == 0) {
        reading->reply->is_fault = true;
        return reply_fault(reading, element);
    }
    if (reading->reply->is_fault && (fault || reading->reply->envelope == WS_ENVELOPE_VERSION_SOAP_1_2)) {
        return reading_fail(reading, WS_E_INVALID_FORMAT, "the reply's body has an element after the fault");
    }
    walk_skip(&reading->walk, element);
    return ERROR_SUCCESS;
}

/* The root says which version it is; false: none. */
static bool read_version(const struct element *root, WS_ENVELOPE_VERSION *version)
{
    if (element_is(root, SOAP_1_1_URI, "Envelope")) {
        *version = WS_ENVELOPE_VERSION_SOAP_1_1;
        return true;
    }
    *version = WS_ENVELOPE_VERSION_SOAP_1_2;
    return element_is(root, SOAP_1_2_URI, "Envelope");
}

static HRESULT read_part(struct reading *reading, const struct element *part, bool foreign)
{
    struct reply *reply = reading->reply;

    if (element_is(part, reading->soap, "Header") && reply->headers == NULL && reply->body == NULL) {
        if (foreign) { /* the fault in the body is all that is wanted */
            walk_skip(&reading->walk, part);
            return ERROR_SUCCESS;
        }
        return read_content(reading, part, visit_header, &reply->headers);
    }
    if (element_is(part, reading->soap, "Body") && reply->body == NULL) {
        HRESULT status = read_content(reading, part, visit_body, &reply->body);

        if (status == ERROR_SUCCESS && reply->body->loose && !reply->is_fault) { /* no reader would come past it */
            return reading_fail(reading, WS_E_INVALID_FORMAT, "the reply's body has text beside its elements");
        }
        return status;
    }
    if (reply->body != NULL && reply->envelope == WS_ENVELOPE_VERSION_SOAP_1_1 && !slice_is(part->uri, reading->soap)) {
        walk_skip(&reading->walk, part);
        return ERROR_SUCCESS;
    }
    return reading_fail(reading, WS_E_INVALID_FORMAT,
                        "the reply's envelope has an element \"%.*s\" out of place: there is one Header at most, and "
                        "then one Body",
                        (int)(part->name.size < SHOWN ? part->name.size : SHOWN), part->name.text);
}

static HRESULT read_parts(struct reading *reading, const struct element *root, bool foreign)
{
    HRESULT status = ERROR_SUCCESS;
    struct element part;

    while (status == ERROR_SUCCESS && walk_child(&reading->walk, root, &part)) {
        status = read_part(reading, &part, foreign);
    }
    if (status == ERROR_SUCCESS && reading->reply->body == NULL) {
        return reading_fail(reading, WS_E_INVALID_FORMAT, "the reply's envelope has no Body");
    }
    if (status == ERROR_SUCCESS && reading->walk.loose) {
        return reading_fail(reading, WS_E_INVALID_FORMAT, "the reply's envelope has text beside Header and Body");
    }
    return status;
}

static bool is_version_mismatch(const struct reply *reply, const char *soap)
{
    const WS_XML_QNAME *code = reply->is_fault ? &reply->fault.code->value : NULL;

    return code != NULL &&
           slice_is((struct slice){(const char *)code->localName.bytes, code->localName.length}, "VersionMismatch") &&
           slice_is((struct slice){(const char *)code->ns.bytes, code->ns.length}, soap);
}

/* A peer that does not know our version says so in its own. */
static HRESULT read_envelope(struct reading *reading, WS_ENVELOPE_VERSION wanted)
{
    struct reply *reply = reading->reply;
    struct element root;
    bool foreign;
    HRESULT status;

    walk_root(&reading->walk, &root);
    if (!read_version(&root, &reply->envelope)) {
        return reading_fail(reading, WS_E_INVALID_FORMAT,
                            "the reply is no SOAP envelope: its element is \"%.*s\" of the namespace \"%.*s\"",
                            (int)(root.name.size < SHOWN ? root.name.size : SHOWN), root.name.text,
                            (int)(root.uri.size < SHOWN ? root.uri.size : SHOWN), root.uri.text);
    }
    foreign = reply->envelope != wanted;
    reading->soap = soap_uri(reply->envelope);
    status = read_parts(reading, &root, foreign);
    if (foreign &&
        (status == WS_E_INVALID_FORMAT || (status == ERROR_SUCCESS && !is_version_mismatch(reply, reading->soap)))) {
        return reading_fail(reading, WS_E_INVALID_FORMAT, "the peer answered with %s, and the channel speaks %s",
                            soap_name(reply->envelope), soap_name(wanted));
    }
    return status;
}

/* ---- a reply ----------------------------------------------------------------------------------------------------- */

static HRESULT parse_reply(struct reading *reading, parser **context, const char *text, size_t size,
                           struct document **whole)
{
    struct parse_limits limits = reading->limits->parse;
    const char *sentence = "";
    HRESULT status;
    size_t skipped = 0;

    limits.fragment = false;
    if (size == 0) {
        return reading_fail(reading, WS_E_INVALID_FORMAT, "the reply is empty");
    }
    encoding_detect((const unsigned char *)text, size, WS_CHARSET_UTF8, &skipped);
    text += skipped;
    size -= skipped;
    status = encoding_skip_declaration(text, size, WS_CHARSET_UTF8, &skipped, &sentence);
    if (status != ERROR_SUCCESS) {
        return reading_fail(reading, status, "%s", sentence);
    }
    status = parse_text(context, text + skipped, size - skipped, &limits, whole, reading->result);
    return status != ERROR_SUCCESS && reading->result->sentence[0] == 0 ? reading_room(reading, status) : status;
}

static struct reply *create_reply(const struct reply_limits *limits)
{
    struct reply *reply = calloc(1, sizeof *reply);
    size_t room = limits->parse.room;

    if (reply != NULL) { /* strings become UTF-16 there, and names come with their namespaces */
        reply->heap.max = room < SIZE_MAX / 8 ? 4 * room + 4096 : SIZE_MAX;
    }
    return reply;
}

HRESULT reply_read(parser **context, const char *text, size_t size, const struct reply_limits *limits,
                   WS_ENVELOPE_VERSION envelope, WS_ADDRESSING_VERSION addressing, struct reply **reply,
                   struct parse_result *result)
{
    struct reading reading = {.result = result, .limits = limits, .addressing = addressing_uri(addressing)};
    struct document *whole = NULL;
    HRESULT status;

    *result = (struct parse_result){0};
    if (envelope != WS_ENVELOPE_VERSION_SOAP_1_1 && envelope != WS_ENVELOPE_VERSION_SOAP_1_2) {
        return reading_fail(&reading, WS_E_INVALID_OPERATION, "a message without an envelope is not taken apart");
    }
    status = parse_reply(&reading, context, text, size, &whole);
    if (status != ERROR_SUCCESS) {
        return status;
    }
    reading.whole = whole;
    reading.reply = create_reply(limits);
    if (reading.reply == NULL || !walk_begin(&reading.walk, whole)) {
        status = reading_room(&reading, E_OUTOFMEMORY);
        goto cleanup;
    }
    status = read_envelope(&reading, envelope);
    if (status == ERROR_SUCCESS) {
        *reply = reading.reply;
        reading.reply = NULL;
    } else {
        result->row = 0;
        result->column = 0;
    }

cleanup:
    walk_end(&reading.walk);
    reply_free(reading.reply);
    document_release(whole);
    return status;
}

void reply_free(struct reply *reply)
{
    if (reply != NULL) {
        heap_clear(&reply->heap, 0);
        document_release(reply->headers);
        document_release(reply->body);
        free(reply->action);
        free(reply->relates_to);
        free(reply);
    }
}
