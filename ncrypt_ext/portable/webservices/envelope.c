/* SPDX-License-Identifier: MIT
 *
 * envelope_make_id(), envelope_write().
 */
#include "webservices/envelope.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "webservices/encoding.h"
#include "webservices/markup.h"
#include "webservices/soap.h"

#define ID_PREFIX     "urn:uuid:"
#define UUID_SIZE     36u
#define ANONYMOUS_0_9 "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous"
#define MAX_PREFIX    16

struct writing {
    const struct request *request;
    const struct security *security;
    const char *soap;
    const char *addressing; /* NULL: no addressing headers */
    struct text *text;
    WS_ERROR *error;
    struct text to; /* the To element when it is signed: what it is a copy of may move */
    char id[SECURITY_ID_SIZE];
    char to_id[SECURITY_ID_SIZE];
};

bool envelope_make_id(char id[ENVELOPE_ID_SIZE])
{
    static const char DIGITS[] = "0123456789abcdef";
    unsigned char bytes[16];
    char *p = id + sizeof ID_PREFIX - 1;

    if (getentropy(bytes, sizeof bytes) != 0) {
        return false;
    }
    bytes[6] = (unsigned char)((bytes[6] & 0x0F) | 0x40); /* version 4: random */
    bytes[8] = (unsigned char)((bytes[8] & 0x3F) | 0x80);
    memcpy(id, ID_PREFIX, sizeof ID_PREFIX - 1);
    for (size_t i = 0; i < sizeof bytes; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            *p++ = '-';
        }
        *p++ = DIGITS[bytes[i] >> 4];
        *p++ = DIGITS[bytes[i] & 15];
    }
    *p = 0;
    return true;
}

/* Whether it looks like one of envelope_make_id(). */
static bool is_own_id(const char *id)
{
    if (id == NULL || strlen(id) != ENVELOPE_ID_SIZE - 1 || memcmp(id, ID_PREFIX, sizeof ID_PREFIX - 1) != 0) {
        return false;
    }
    id += sizeof ID_PREFIX - 1;
    for (size_t i = 0; i < UUID_SIZE; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (dash ? id[i] != '-' : strchr("0123456789abcdef", id[i]) == NULL) {
            return false;
        }
    }
    return true;
}

static HRESULT make_ids(struct writing *writing)
{
    char fresh[ENVELOPE_ID_SIZE];
    const char *id = writing->request->message_id;

    if (!is_own_id(id)) {
        if (!envelope_make_id(fresh)) {
            return ws_fail(writing->error, WS_E_SECURITY_SYSTEM_FAILURE, "the system gives no random numbers");
        }
        id = fresh;
    }
    snprintf(writing->id, sizeof writing->id, "_%s", id + sizeof ID_PREFIX - 1);
    snprintf(writing->to_id, sizeof writing->to_id, "_%s-1", id + sizeof ID_PREFIX - 1);
    return ERROR_SUCCESS;
}

/* ---- addresses --------------------------------------------------------------------------------------------------- */

static void put_all(struct text *text, const char *const *strings)
{
    for (; *strings != NULL; strings++) {
        text_put_string(text, *strings);
    }
}

#define PUT(text, ...) put_all(text, (const char *const[]){__VA_ARGS__, NULL})

/* An addressing header, unless there is no value. */
static void put_address(struct writing *writing, const char *name, const char *attributes, const char *value)
{
    if (value != NULL) {
        PUT(writing->text, "<a:", name, attributes, ">");
        text_put_escaped(writing->text, value, strlen(value), false);
        PUT(writing->text, "</a:", name, ">");
    }
}

/* Its canonical form (exclusive): namespaces in the order of their prefixes, attributes in that of their namespaces. */
static HRESULT put_signed_to(struct writing *writing)
{
    const char *to = writing->request->to;

    if (to == NULL || writing->addressing == NULL) {
        return ws_fail(writing->error, WS_E_INVALID_OPERATION,
                       "the key of the token signs the To header, and the message has none");
    }
    PUT(&writing->to, "<a:To xmlns:a=\"", writing->addressing, "\" xmlns:s=\"", writing->soap,
        "\" xmlns:u=\"" UTILITY_URI "\" u:Id=\"", writing->to_id, "\" s:mustUnderstand=\"1\">");
    text_put_escaped(&writing->to, to, strlen(to), false);
    PUT(&writing->to, "</a:To>");
    text_put(writing->text, writing->to.data, writing->to.size);
    return writing->to.status == E_OUTOFMEMORY ? ws_no_memory(writing->error) : ERROR_SUCCESS;
}

static HRESULT put_addresses(struct writing *writing)
{
    const struct request *request = writing->request;
    HRESULT status = ERROR_SUCCESS;

    if (writing->addressing != NULL) {
        put_address(writing, "MessageID", "", request->message_id);
        put_address(writing, "Action", " s:mustUnderstand=\"1\"", request->action);
        if (request->addressing == WS_ADDRESSING_VERSION_0_9) {
            PUT(writing->text, "<a:ReplyTo><a:Address>" ANONYMOUS_0_9 "</a:Address></a:ReplyTo>");
        }
    }
    if (security_signs_to(writing->security)) {
        status = put_signed_to(writing);
    } else if (writing->addressing != NULL) {
        put_address(writing, "To", " s:mustUnderstand=\"1\"", request->to);
    }
    return status;
}

/* ---- headers of the application ---------------------------------------------------------------------------------- */

/* A prefix for SOAP's namespace in the header's start tag, and whether it has to be declared there. */
static void choose_prefix(const struct writing *writing, const struct walk *walk, const struct element *root,
                          char prefix[MAX_PREFIX], bool *declare)
{
    const struct slice *uri = walk_namespace(walk, root, (struct slice){"s", 1});

    snprintf(prefix, MAX_PREFIX, "s"); /* the envelope's own, unless it means something else here */
    *declare = uri != NULL && !slice_is(*uri, writing->soap);
    for (unsigned i = 1; *declare && uri != NULL; i++) {
        snprintf(prefix, MAX_PREFIX, "s%u", i);
        uri = walk_namespace(walk, root, (struct slice){prefix, strlen(prefix)});
    }
}

/* Whether it is one of those that get set, which may then be there once only. */
static bool is_replaced(const struct writing *writing, const struct walk *walk, const struct element *root,
                        const struct attribute *attribute, ULONG set)
{
    struct slice local;
    struct slice prefix = slice_split(attribute->name, &local);
    const struct slice *uri = prefix.size == 0 ? NULL : walk_namespace(walk, root, prefix);

    return uri != NULL && slice_is(*uri, writing->soap) &&
           (((set & WS_MUST_UNDERSTAND_HEADER_ATTRIBUTE) != 0 && slice_is(local, "mustUnderstand")) ||
            ((set & WS_RELAY_HEADER_ATTRIBUTE) != 0 && slice_is(local, "relay")));
}

static void put_start_tag(struct writing *writing, const struct walk *walk, const struct element *root, ULONG set)
{
    struct text *text = writing->text;
    struct slice rest = root->attributes;
    struct attribute attribute;
    char prefix[MAX_PREFIX];
    bool declare;

    choose_prefix(writing, walk, root, prefix, &declare);
    text_put(text, "<", 1);
    text_put(text, root->name.text, root->name.size);
    if ((set & WS_MUST_UNDERSTAND_HEADER_ATTRIBUTE) != 0) {
        PUT(text, " ", prefix, ":mustUnderstand=\"1\"");
    }
    if ((set & WS_RELAY_HEADER_ATTRIBUTE) != 0) {
        PUT(text, " ", prefix, ":relay=\"true\"");
    }
    while (walk_attribute(&rest, &attribute)) {
        if (!is_replaced(writing, walk, root, &attribute, set)) {
            text_put(text, " ", 1);
            text_put(text, attribute.name.text, attribute.name.size);
            text_put(text, "=\"", 2);
            text_put(text, attribute.value.text, attribute.value.size);
            text_put(text, "\"", 1);
        }
    }
    if (declare) {
        PUT(text, " xmlns:", prefix, "=\"", writing->soap, "\"");
    }
    PUT(text, root->empty ? "/>" : ">");
}

/* What the envelope writes itself, and may be there once: a receiver could take the other one, which is not signed. A
 * Security header for somebody else has a role. */
static HRESULT refuse_own(const struct writing *writing, const struct walk *walk, const struct element *root)
{
    static const char *const NAMES[] = {"To", "Action", "MessageID"};
    bool old = writing->request->envelope == WS_ENVELOPE_VERSION_SOAP_1_1;
    const struct request *request = writing->request;
    const char *const values[] = {request->to, request->action, request->message_id};
    const char *found = NULL;
    struct slice role;

    for (int i = 0; writing->addressing != NULL && i < 3; i++) {
        if (values[i] != NULL && element_is(root, writing->addressing, NAMES[i])) {
            found = NAMES[i];
        }
    }
    if (request->addressing == WS_ADDRESSING_VERSION_0_9 && element_is(root, writing->addressing, "ReplyTo")) {
        found = "ReplyTo";
    }
    if (security_has_header(writing->security) && element_is(root, SECURITY_URI, "Security") &&
        !walk_find(walk, root, writing->soap, old ? "actor" : "role", &role)) {
        found = "Security";
    }
    return found == NULL ? ERROR_SUCCESS
                         : ws_fail(writing->error, E_INVALIDARG,
                                   "a custom header is a second %s: the message has one of its own", found);
}

static HRESULT put_header(struct writing *writing, const struct header *header)
{
    const struct document *document = header->document;
    struct element root;
    struct walk walk;
    HRESULT status;

    if (document->elements != 1 || document->loose) {
        return ws_fail(writing->error, E_INVALIDARG, "a header is one element: this has %u at the top%s",
                       document->elements, document->loose ? ", and text beside them" : "");
    }
    if ((header->attributes & WS_RELAY_HEADER_ATTRIBUTE) != 0 &&
        writing->request->envelope == WS_ENVELOPE_VERSION_SOAP_1_1) {
        return ws_fail(writing->error, E_INVALIDARG, "SOAP 1.1 has no attribute \"relay\" for a header");
    }
    if (!walk_begin(&walk, document)) {
        return ws_no_memory(writing->error);
    }
    walk_root(&walk, &root);
    status = refuse_own(writing, &walk, &root);
    if (status == ERROR_SUCCESS && header->attributes == 0) {
        text_put(writing->text, document->text, document->size);
    } else if (status == ERROR_SUCCESS) {
        text_put(writing->text, document->text, (size_t)(root.tag.text - document->text));
        put_start_tag(writing, &walk, &root, header->attributes);
        text_put(writing->text, walk.at, (size_t)(walk.end - walk.at));
    }
    walk_end(&walk);
    return status;
}

/* ---- the envelope ------------------------------------------------------------------------------------------------ */

static HRESULT put_security(struct writing *writing)
{
    struct security_input input = {
        .envelope = writing->request->envelope,
        .id = writing->id,
        .to = writing->to.data,
        .to_size = writing->to.size,
        .to_id = writing->to.data == NULL ? NULL : writing->to_id,
    };

    return security_has_header(writing->security)
               ? security_write(writing->security, &input, writing->text, writing->error)
               : ERROR_SUCCESS;
}

static HRESULT put_headers(struct writing *writing)
{
    HRESULT status;

    PUT(writing->text, "<s:Header>");
    status = put_addresses(writing);
    for (size_t i = 0; i < writing->request->header_count && status == ERROR_SUCCESS; i++) {
        status = put_header(writing, &writing->request->headers[i]);
    }
    if (status == ERROR_SUCCESS) {
        status = put_security(writing);
    }
    PUT(writing->text, "</s:Header>");
    return status;
}

/* SOAP wants no Header element that has nothing in it. */
static bool has_headers(const struct writing *writing)
{
    const struct request *request = writing->request;

    return request->header_count > 0 || security_has_header(writing->security) ||
           (writing->addressing != NULL && (request->message_id != NULL || request->action != NULL ||
                                            request->to != NULL || request->addressing == WS_ADDRESSING_VERSION_0_9));
}

static HRESULT write_envelope(struct writing *writing)
{
    const struct request *request = writing->request;
    struct text *text = writing->text;
    HRESULT status = ERROR_SUCCESS;

    PUT(text, "<s:Envelope");
    if (writing->addressing != NULL) {
        PUT(text, " xmlns:a=\"", writing->addressing, "\"");
    }
    PUT(text, " xmlns:s=\"", writing->soap, "\">");
    if (has_headers(writing)) {
        status = put_headers(writing);
    }
    if (request->body_size == 0) {
        PUT(text, "<s:Body/></s:Envelope>");
    } else {
        PUT(text, "<s:Body>");
        text_put(text, request->body, request->body_size);
        PUT(text, "</s:Body></s:Envelope>");
    }
    return status;
}

static HRESULT check(const struct request *request, WS_ERROR *error)
{
    const char *const values[] = {request->action, request->to, request->message_id};
    static const char *const NAMES[] = {"action", "address", "message id"};

    if (request->envelope != WS_ENVELOPE_VERSION_SOAP_1_1 && request->envelope != WS_ENVELOPE_VERSION_SOAP_1_2) {
        return ws_fail(error, WS_E_INVALID_OPERATION, "no envelope is written for version %d", (int)request->envelope);
    }
    for (int i = 0; i < 3; i++) {
        if (values[i] != NULL && !encoding_is_text(values[i], strlen(values[i]))) {
            return ws_fail(error, E_INVALIDARG, "the message's %s has a character that XML does not allow", NAMES[i]);
        }
    }
    return ERROR_SUCCESS;
}

HRESULT envelope_write(const struct request *request, const struct security *security, struct text *text,
                       WS_ERROR *error)
{
    struct writing writing = {
        .request = request,
        .security = security,
        .soap = soap_uri(request->envelope),
        .addressing = addressing_uri(request->addressing),
        .text = text,
        .error = error,
        .to = TEXT_INIT(text->limit),
    };
    HRESULT status = check(request, error);

    if (status == ERROR_SUCCESS && security_has_header(security)) {
        status = make_ids(&writing);
    }
    if (status == ERROR_SUCCESS) {
        status = write_envelope(&writing);
    }
    text_free(&writing.to);
    if (status == ERROR_SUCCESS && text->status == WS_E_QUOTA_EXCEEDED) {
        return ws_fail(error, WS_E_QUOTA_EXCEEDED, "the request is longer than %zu bytes, the channel's limit",
                       text->limit);
    }
    return status == ERROR_SUCCESS && text->status == E_OUTOFMEMORY ? ws_no_memory(error) : status;
}
