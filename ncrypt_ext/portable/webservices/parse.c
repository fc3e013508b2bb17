/* SPDX-License-Identifier: MIT
 *
 * Nothing here touches what libxml2 has only once for the whole process: other users of it, such as lxml, live beside
 * this. What it allocates is bounded by the size of the text; what makes it slow is refused before it sees the text
 * (scan.c).
 */
#include "webservices/parse.h"

#include <libxml/parser.h>
#include <libxml/xmlerror.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "webservices/text.h"

/* Entities are put in the place of their references: there are no others than the five that XML has. */
#define OPTIONS (XML_PARSE_NOENT | XML_PARSE_NONET)
/* Names that a parser context has ever seen stay in its dictionary. */
#define MAX_DICTIONARY ((size_t)64 * 1024)
#define WRAP_OPEN      "<f>" /* around a fragment, since libxml2 reads whole documents */
#define WRAP_CLOSE     "</f>"

#if LIBXML_VERSION >= 21200
typedef const xmlError *error_argument;
#else
typedef xmlError *error_argument;
#endif

static pthread_once_t once = PTHREAD_ONCE_INIT;

/* One run of the parser. */
struct parse {
    const struct parse_limits *limits;
    struct parse_result *result;
    struct document *document;
    struct text text; /* of the document, at the end */
    HRESULT status;   /* of the first failure: from then on libxml2 sees the end of the text */
    bool open;        /* the text ends in a start tag without its '>' */
    bool ended;       /* libxml2 has come to its end */
    const parser *context;
    struct {
        const char *text;
        size_t size;
    } parts[3]; /* still to be read */
    uint32_t depth;
    uint32_t namespaces;                    /* declared here */
    uint32_t declared[PARSE_MAX_DEPTH + 2]; /* by the element at that depth */
};

static void stop(struct parse *parse, HRESULT status, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void stop(struct parse *parse, HRESULT status, const char *format, ...)
{
    va_list arguments;

    if (parse->status != ERROR_SUCCESS) {
        return;
    }
    parse->status = status;
    va_start(arguments, format);
    vsnprintf(parse->result->sentence, sizeof parse->result->sentence, format, arguments);
    va_end(arguments);
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static void check_text(struct parse *parse)
{
    if (parse->text.status != ERROR_SUCCESS) {
        stop(parse, parse->text.status, "%s", "");
    }
}

static void put(struct parse *parse, const void *text, size_t size)
{
    if (parse->status == ERROR_SUCCESS) {
        text_put(&parse->text, text, size);
        check_text(parse);
    }
}

#define PUT(parse, literal) put(parse, literal, sizeof(literal) - 1)

static void put_escaped(struct parse *parse, const xmlChar *text, size_t size, bool attribute)
{
    if (parse->status == ERROR_SUCCESS) {
        text_put_escaped(&parse->text, text, size, attribute);
        check_text(parse);
    }
}

static void put_name(struct parse *parse, const xmlChar *prefix, const xmlChar *name)
{
    if (prefix != NULL) {
        put(parse, prefix, strlen((const char *)prefix));
        PUT(parse, ":");
    }
    put(parse, name, strlen((const char *)name));
}

static void close_tag(struct parse *parse)
{
    if (parse->open) {
        parse->open = false;
        PUT(parse, ">");
    }
}

/* ---- what libxml2 calls ------------------------------------------------------------------------------------------ */

static bool within_limits(struct parse *parse, int namespaces, int attributes)
{
    const struct parse_limits *limits = parse->limits;
    struct document *document = parse->document;
    uint32_t depth = parse->depth + !limits->fragment;

    if (depth > limits->depth || depth > PARSE_MAX_DEPTH) {
        stop(parse, WS_E_QUOTA_EXCEEDED, "elements stand deeper than %u, the reader's limit",
             limits->depth < PARSE_MAX_DEPTH ? limits->depth : PARSE_MAX_DEPTH);
        return false;
    }
    if ((uint32_t)attributes > limits->attributes) {
        stop(parse, WS_E_QUOTA_EXCEEDED, "an element has %d attributes, and the reader's limit is %u", attributes,
             limits->attributes);
        return false;
    }
    if (parse->namespaces + (uint32_t)namespaces > limits->namespaces) {
        stop(parse, WS_E_QUOTA_EXCEEDED, "more namespaces are declared at one place than %u, the reader's limit",
             limits->namespaces);
        return false;
    }
    document->depth = depth > document->depth ? depth : document->depth;
    document->attributes = (uint32_t)attributes > document->attributes ? (uint32_t)attributes : document->attributes;
    parse->namespaces += (uint32_t)namespaces;
    parse->declared[parse->depth] = (uint32_t)namespaces;
    document->namespaces = parse->namespaces > document->namespaces ? parse->namespaces : document->namespaces;
    return true;
}

/* Libxml2 gives five pointers for an attribute: name, prefix, namespace, and where its value begins and ends. Those of
 * the namespaces come in pairs: prefix and name. */
static void put_attributes(struct parse *parse, int namespaces, const xmlChar **declared, int attributes,
                           const xmlChar **given)
{
    for (int i = 0; i < attributes; i++, given += 5) {
        PUT(parse, " ");
        put_name(parse, given[1], given[0]);
        PUT(parse, "=\"");
        put_escaped(parse, given[3], (size_t)(given[4] - given[3]), true);
        PUT(parse, "\"");
    }
    for (int i = 0; i < namespaces; i++, declared += 2) {
        PUT(parse, " xmlns");
        if (declared[0] != NULL) {
            PUT(parse, ":");
            put_name(parse, NULL, declared[0]);
        }
        PUT(parse, "=\"");
        if (declared[1] != NULL) {
            put_escaped(parse, declared[1], strlen((const char *)declared[1]), true);
        }
        PUT(parse, "\"");
    }
}

static void on_start(void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int namespaces,
                     const xmlChar **declared, int attributes, int defaulted, const xmlChar **given)
{
    struct parse *parse = data;
    bool wrap = parse->limits->fragment && parse->depth == 0;

    (void)uri;
    (void)defaulted;
    if (parse->status != ERROR_SUCCESS) {
        return;
    }
    if (wrap) {
        parse->declared[parse->depth++] = 0;
        return;
    }
    if (!within_limits(parse, namespaces, attributes)) {
        return;
    }
    parse->document->elements += parse->depth == (parse->limits->fragment ? 1 : 0);
    close_tag(parse);
    PUT(parse, "<");
    put_name(parse, prefix, name);
    put_attributes(parse, namespaces, declared, attributes, given);
    parse->open = true;
    parse->depth++;
}

static void on_end(void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    struct parse *parse = data;

    (void)uri;
    if (parse->status != ERROR_SUCCESS) {
        return;
    }
    parse->depth--;
    parse->namespaces -= parse->declared[parse->depth];
    if (parse->limits->fragment && parse->depth == 0) {
        return;
    }
    if (parse->open) {
        parse->open = false;
        PUT(parse, "/>");
    } else {
        PUT(parse, "</");
        put_name(parse, prefix, name);
        PUT(parse, ">");
    }
}

static void note_loose(struct parse *parse, const xmlChar *text, int size)
{
    for (int i = 0; i < size && parse->depth <= 1 && parse->limits->fragment && !parse->document->loose; i++) {
        parse->document->loose = strchr(" \t\r\n", text[i]) == NULL;
    }
}

static void on_text(void *data, const xmlChar *text, int size)
{
    struct parse *parse = data;

    if (parse->status != ERROR_SUCCESS) {
        return;
    }
    note_loose(parse, text, size);
    close_tag(parse);
    put_escaped(parse, text, (size_t)size, false);
}

static void on_cdata(void *data, const xmlChar *text, int size)
{
    struct parse *parse = data;

    if (parse->status != ERROR_SUCCESS) {
        return;
    }
    note_loose(parse, text, size);
    close_tag(parse);
    PUT(parse, "<![CDATA[");
    put(parse, text, (size_t)size);
    PUT(parse, "]]>");
}

static void on_comment(void *data, const xmlChar *text)
{
    struct parse *parse = data;

    close_tag(parse);
    PUT(parse, "<!--");
    put(parse, text, strlen((const char *)text));
    PUT(parse, "-->");
}

/* The three that follow never come: scan_text() has refused such a text. They stay as a second lock. */
static void on_instruction(void *data, const xmlChar *target, const xmlChar *text)
{
    (void)target;
    (void)text;
    stop(data, WS_E_INVALID_FORMAT, "processing instructions are not allowed");
}

static void on_doctype(void *data, const xmlChar *name, const xmlChar *id, const xmlChar *uri)
{
    (void)name;
    (void)id;
    (void)uri;
    stop(data, WS_E_INVALID_FORMAT, "document type declarations are not allowed");
}

static void on_reference(void *data, const xmlChar *name)
{
    (void)name;
    stop(data, WS_E_INVALID_FORMAT, "there are no entities but the five of XML itself");
}

static void on_end_of_document(void *data)
{
    struct parse *parse = data;
    const xmlParserInput *input = parse->context->input;

    parse->ended = true;
    if (input != NULL && input->base != NULL) { /* it would stay until the context reads something else */
        ncx_secret_wipe((void *)(uintptr_t)input->base, (size_t)(input->end - input->base));
    }
}

static HRESULT status_of(int code)
{
    switch (code) {
    case XML_ERR_NO_MEMORY:
        return E_OUTOFMEMORY;
    case XML_ERR_NAME_TOO_LONG: /* libxml2's own limits */
    case XML_ERR_INTERNAL_ERROR:
#if LIBXML_VERSION >= 21300
    case XML_ERR_RESOURCE_LIMIT:
#endif
        return WS_E_QUOTA_EXCEEDED;
    default:
        return WS_E_INVALID_FORMAT;
    }
}

static void on_error(void *data, error_argument error)
{
    struct parse *parse = data;
    const char *message = error->message == NULL ? "no reason given" : error->message;
    int length = (int)strcspn(message, "\n");

    /* What a namespace's name looks like is nobody's business, absolute, relative or no URI at all. */
    if (error->level >= XML_ERR_ERROR && error->code != XML_WAR_NS_URI) {
        parse->result->row = error->line > 0 ? (uint64_t)error->line - 1 : 0;
        parse->result->column = error->int2 > 0 ? (uint64_t)error->int2 - 1 : 0;
        stop(parse, status_of(error->code), "line %d, column %d: %.*s", error->line, error->int2,
             length < 200 ? length : 200, message);
    }
}

/* ---- a run ------------------------------------------------------------------------------------------------------- */

static parser *create_context(void)
{
    static const xmlSAXHandler HANDLER = {
        .initialized = XML_SAX2_MAGIC,
        .startElementNs = on_start,
        .endElementNs = on_end,
        .characters = on_text,
        .ignorableWhitespace = on_text,
        .cdataBlock = on_cdata,
        .comment = on_comment,
        .processingInstruction = on_instruction,
        .internalSubset = on_doctype,
        .reference = on_reference,
        .endDocument = on_end_of_document,
        .serror = on_error,
    };
    parser *context;

    pthread_once(&once, xmlInitParser); /* which two threads must not do at once, and libxml2 would leave to them */
    context = xmlNewParserCtxt();
    if (context != NULL) {
        *context->sax = HANDLER;
    }
    return context;
}

void parse_free(parser *context)
{
    if (context != NULL) {
        ncx_library_enter();
        xmlFreeParserCtxt(context);
        ncx_library_leave();
    }
}

/* Libxml2 would go on reading after an error. (xmlStopParser() frees what its callers still look at.) */
static int read_text(void *data, char *buffer, int room)
{
    struct parse *parse = data;
    size_t part = 0;
    size_t size;

    if (parse->status != ERROR_SUCCESS) {
        return 0;
    }
    while (part < 2 && parse->parts[part].size == 0) {
        part++;
    }
    size = parse->parts[part].size < (size_t)room ? parse->parts[part].size : (size_t)room;
    if (size > 0) {
        memcpy(buffer, parse->parts[part].text, size);
        parse->parts[part].text += size;
        parse->parts[part].size -= size;
    }
    return (int)size;
}

static void run(struct parse *parse, parser **context)
{
    ncx_library_enter();
    if (*context == NULL) {
        *context = create_context();
    }
    if (*context == NULL) {
        parse->status = E_OUTOFMEMORY;
        goto cleanup;
    }
    (*context)->userData = parse;
    parse->context = *context;
    xmlFreeDoc(xmlCtxtReadIO(*context, read_text, NULL, parse, NULL, NULL, OPTIONS));
    if (parse->status == ERROR_SUCCESS && !parse->ended) {
        parse->status = E_OUTOFMEMORY; /* the one failure that libxml2 does not report */
    }
    if (parse->status == ERROR_SUCCESS && !(*context)->wellFormed) {
        stop(parse, WS_E_INVALID_FORMAT, "the XML is not well-formed");
    }
    if (parse->status != ERROR_SUCCESS || xmlDictGetUsage((*context)->dict) > MAX_DICTIONARY) {
        xmlFreeParserCtxt(*context);
        *context = NULL;
    } else {
        (*context)->userData = *context;
    }

cleanup:
    ncx_library_leave();
}

HRESULT parse_text(parser **context, const char *text, size_t size, const struct parse_limits *limits,
                   struct document **document, struct parse_result *result)
{
    struct parse parse;
    const char *sentence = "";

    *result = (struct parse_result){0};
    memset(&parse, 0, offsetof(struct parse, declared)); /* which is big, and written before it is read */
    parse.limits = limits;
    parse.result = result;
    parse.parts[1].text = text;
    parse.parts[1].size = size;
    if (limits->fragment) {
        parse.parts[0].text = WRAP_OPEN;
        parse.parts[0].size = sizeof WRAP_OPEN - 1;
        parse.parts[2].text = WRAP_CLOSE;
        parse.parts[2].size = sizeof WRAP_CLOSE - 1;
    }
    parse.document = document_create();
    if (parse.document == NULL) {
        return E_OUTOFMEMORY;
    }
    parse.status = scan_text(text, size, limits, &sentence);
    snprintf(result->sentence, sizeof result->sentence, "%s", sentence);
    if (parse.status == ERROR_SUCCESS) {
        parse.text = TEXT_INIT(limits->room);
        text_reserve(&parse.text, size < limits->room ? size : limits->room);
        check_text(&parse);
    }
    if (parse.status == ERROR_SUCCESS) {
        run(&parse, context);
    }
    if (parse.status == ERROR_SUCCESS) {
        scan_end(text, size, result);
        parse.document->text = parse.text.data;
        parse.document->size = parse.text.size;
        *document = parse.document;
    } else {
        text_free(&parse.text);
        document_release(parse.document);
    }
    return parse.status;
}
