/* SPDX-License-Identifier: MIT
 *
 * What the tests of channels share: a service in a thread, and the everyday steps of a request.
 */
#ifndef TESTS_ENGINE_CHANNEL_SUPPORT_H
#define TESTS_ENGINE_CHANNEL_SUPPORT_H

#include "http_server.h"

#define SOAP_URI "http://www.w3.org/2003/05/soap-envelope"
#define WSA_URI  "http://www.w3.org/2005/08/addressing"
#define ENVELOPE(headers, body)                                                                                        \
    "<s:Envelope xmlns:s='" SOAP_URI "' xmlns:a='" WSA_URI "'><s:Header>" headers "</s:Header><s:Body>" body           \
    "</s:Body></s:Envelope>"
#define RELATED       "<a:RelatesTo>@</a:RelatesTo>" /* the service puts the request's id in the place of the @ */
#define FAULT(values) "<s:Fault>" values "</s:Fault>"

static struct server service;
static WS_CHANNEL *channel;
static WS_MESSAGE *request_message, *reply_message;

/* What the service answers; with NULL it does not, until the client goes away. */
static _Atomic(const char *) answer_status, answer_headers, answer_body;

/* What it got. */
static char got[70000];

/* Requests that have arrived. */
static pthread_mutex_t arrival_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t arrival = PTHREAD_COND_INITIALIZER;
static unsigned arrivals;

static inline void await_arrival(unsigned count)
{
    pthread_mutex_lock(&arrival_lock);
    while (arrivals < count) {
        pthread_cond_wait(&arrival, &arrival_lock);
    }
    pthread_mutex_unlock(&arrival_lock);
}

static inline unsigned note_arrival(const struct connection *connection)
{
    unsigned count;

    pthread_mutex_lock(&arrival_lock);
    memcpy(got, connection->request, connection->size + 1);
    count = ++arrivals;
    pthread_cond_broadcast(&arrival);
    pthread_mutex_unlock(&arrival_lock);
    return count;
}

static inline void answer_with(const char *status, const char *headers, const char *body)
{
    atomic_store(&answer_status, status);
    atomic_store(&answer_headers, headers);
    atomic_store(&answer_body, body);
}

static inline void serve_answers(struct connection *connection)
{
    while (connection_request(connection)) {
        const char *body = atomic_load(&answer_body);
        const char *mark = body == NULL ? NULL : strchr(body, '@');
        const char *id = strstr(connection->request, "<a:MessageID>");
        char text[4096];

        note_arrival(connection);
        if (body == NULL) {
            connection_drain(connection);
            return;
        }
        if (mark != NULL && id != NULL) {
            snprintf(text, sizeof text, "%.*s%.*s%s", (int)(mark - body), body, (int)strcspn(id + 13, "<"), id + 13,
                     mark + 1);
            body = text;
        }
        connection_reply(connection, atomic_load(&answer_status), atomic_load(&answer_headers), body);
    }
}

/* A WS_STRING of ASCII; a few of them at a time. */
static inline WS_STRING wide(const char *text)
{
    static WCHAR chars[4][70000];
    static unsigned next;
    WCHAR *to = chars[next++ % 4];
    ULONG length = 0;

    for (; text[length] != 0; length++) {
        to[length] = (WCHAR)(unsigned char)text[length];
    }
    return (WS_STRING){length, to};
}

static inline WS_XML_STRING narrow(const char *text)
{
    return (WS_XML_STRING){.length = (ULONG)strlen(text), .bytes = (BYTE *)(uintptr_t)text};
}

static inline HRESULT create(const WS_CHANNEL_PROPERTY *properties, ULONG count)
{
    return WsCreateChannel(WS_CHANNEL_TYPE_REQUEST, WS_HTTP_CHANNEL_BINDING, properties, count, NULL, &channel, error);
}

static inline HRESULT open_to(const char *url)
{
    const WS_ENDPOINT_ADDRESS address = {.url = wide(url)};

    return WsOpenChannel(channel, &address, NULL, error);
}

static inline WS_CHANNEL_STATE state_of(WS_CHANNEL *of)
{
    WS_CHANNEL_STATE state = (WS_CHANNEL_STATE)-1;

    CHECK_STATUS(WsGetChannelProperty(of, WS_CHANNEL_PROPERTY_STATE, &state, sizeof state, error), 0);
    return state;
}

static inline WS_MESSAGE_STATE message_state(WS_MESSAGE *of)
{
    WS_MESSAGE_STATE state = (WS_MESSAGE_STATE)-1;

    CHECK_STATUS(WsGetMessageProperty(of, WS_MESSAGE_PROPERTY_STATE, &state, sizeof state, error), 0);
    return state;
}

static inline HRESULT set_action(WS_MESSAGE *message, const char *action)
{
    WS_XML_STRING text = narrow(action);

    return WsSetHeader(message, WS_ACTION_HEADER, WS_XML_STRING_TYPE, WS_WRITE_REQUIRED_VALUE, &text, sizeof text,
                       error);
}

/* A channel to the service with its two messages. */
static inline void set_up_channel(const WS_CHANNEL_PROPERTY *properties, ULONG count)
{
    CHECK_STATUS(create(properties, count), 0);
    CHECK_STATUS(open_to(service.url), 0);
    CHECK_STATUS(WsCreateMessageForChannel(channel, NULL, 0, &request_message, error), 0);
    CHECK_STATUS(WsCreateMessageForChannel(channel, NULL, 0, &reply_message, error), 0);
}

static inline void tear_down_channel(void)
{
    CHECK_STATUS(WsCloseChannel(channel, NULL, error), 0);
    WsFreeMessage(request_message);
    WsFreeMessage(reply_message);
    WsFreeChannel(channel);
    request_message = NULL;
    reply_message = NULL;
    channel = NULL;
}

/* Message and action are there; the body is this. */
static inline HRESULT begin_request(const char *body)
{
    WS_XML_WRITER *of_body = NULL;
    WS_XML_BUFFER *buffer = make_buffer(body);
    HRESULT status = WsResetMessage(request_message, error);

    status = status == 0 ? WsInitializeMessage(request_message, WS_REQUEST_MESSAGE, NULL, error) : status;
    status = status == 0 ? set_action(request_message, "urn:do") : status;
    status = status == 0 ? WsWriteMessageStart(channel, request_message, NULL, error) : status;
    if (status == 0) {
        CHECK_STATUS(
            WsGetMessageProperty(request_message, WS_MESSAGE_PROPERTY_BODY_WRITER, &of_body, sizeof of_body, error), 0);
        status = WsWriteXmlBuffer(of_body, buffer, error);
    }
    return status;
}

static inline HRESULT send_text(const char *body)
{
    HRESULT status = begin_request(body);

    return status == 0 ? WsWriteMessageEnd(channel, request_message, NULL, error) : status;
}

static inline HRESULT receive_start(void)
{
    HRESULT status = WsResetMessage(reply_message, error);

    return status == 0 ? WsReadMessageStart(channel, reply_message, NULL, error) : status;
}

/* The first element of the body; "" after a failure. */
static inline const char *receive_body(void)
{
    WS_XML_READER *of_body = NULL;
    WS_XML_BUFFER *buffer = NULL;
    BOOL found = FALSE;

    CHECK_STATUS(WsGetMessageProperty(reply_message, WS_MESSAGE_PROPERTY_BODY_READER, &of_body, sizeof of_body, error),
                 0);
    CHECK_STATUS(WsReadToStartElement(of_body, NULL, NULL, &found, error), 0);
    if (!CHECK(found) || !CHECK_STATUS(WsReadXmlBuffer(of_body, heap, &buffer, error), 0)) {
        return "";
    }
    return text_of(buffer);
}

static inline HRESULT receive_end(void)
{
    return WsReadMessageEnd(channel, reply_message, NULL, error);
}

/* What a request comes to: a failure may show while it is sent, when the service is fast. */
static inline HRESULT request_status(void)
{
    HRESULT status = send_text("<q/>");

    return status == 0 ? receive_start() : status;
}

/* A whole exchange works. */
static inline void check_request(void)
{
    answer_with("200 OK", SOAP, ENVELOPE(RELATED, "<r>1</r>"));
    if (CHECK_STATUS(send_text("<q/>"), 0) && CHECK_STATUS(receive_start(), 0)) {
        CHECK(strncmp(receive_body(), "<r", 2) == 0); /* which declares what the envelope does */
        CHECK_STATUS(receive_end(), 0);
    }
}

#endif
