/* SPDX-License-Identifier: MIT
 *
 * WsWriteMessageStart, WsWriteMessageEnd, WsReadMessageStart, WsReadMessageEnd: a request and its reply.
 *
 * The request's envelope is made, signed and sent when writing ends; the reply is received and checked as a whole when
 * reading starts. A fault is a failure of that, unless FAULTS_AS_ERRORS is FALSE.
 */
#include <stdlib.h>
#include <string.h>

#include "webservices/channel.h"
#include "webservices/fault_status.h"
#include "webservices/message.h"
#include "webservices/writer.h"

#define REPLY_ROOM(size) (4 * (size_t)(size) + 65536) /* references take up to four times what they stand for */

/* Channel and message, and no asynchronous call. */
static HRESULT enter(WS_CHANNEL *channel_pointer, WS_MESSAGE *message_pointer, const WS_ASYNC_CONTEXT *context,
                     struct channel **channel, void **message, WS_ERROR *error)
{
    HRESULT status = channel_enter(channel_pointer, channel, error);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = object_enter(message_pointer, HANDLE_WS_MESSAGE, message, error);
    if (status == ERROR_SUCCESS) {
        status = channel_refuse_async(context, error);
        if (status != ERROR_SUCCESS) {
            object_leave(message_pointer, *message);
        }
    }
    if (status != ERROR_SUCCESS) {
        channel_leave(channel_pointer);
    }
    return status;
}

static void leave(WS_CHANNEL *channel_pointer, WS_MESSAGE *message_pointer, void *message)
{
    object_leave(message_pointer, message);
    channel_leave(channel_pointer);
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static HRESULT check_request(const struct channel *channel, const struct message *message, WS_ERROR *error)
{
    HRESULT status = message_expect(message, WS_MESSAGE_STATE_INITIALIZED, "written", error);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (message->envelope != channel->settings.envelope || message->addressing != channel->settings.addressing) {
        return ws_fail(error, E_INVALIDARG, "the message was made for a channel with another envelope or addressing");
    }
    if (message->action == NULL && message->addressing != WS_ADDRESSING_VERSION_TRANSPORT) {
        return ws_fail(error, WS_E_INVALID_OPERATION, "the message has no action, which addressing demands");
    }
    return ERROR_SUCCESS;
}

static HRESULT begin_request(struct channel *channel, struct message *message, WS_ERROR *error)
{
    HRESULT status = message_begin_body(message, channel->settings.max_message, error);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (!message->is_addressed && message->addressing != WS_ADDRESSING_VERSION_TRANSPORT) {
        message->to = strdup(channel->url);
        if (message->to == NULL) {
            return ws_no_memory(error);
        }
        message->is_addressed = true;
    }
    return ERROR_SUCCESS;
}

static HRESULT write_start(WS_CHANNEL *pointer, struct channel *channel, struct message *message, WS_ERROR *error)
{
    HRESULT status = check_request(channel, message, error);

    if (status == ERROR_SUCCESS) {
        status = channel_begin_run(channel, PHASE_IDLE, NULL, error);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = begin_request(channel, message, error);
    status = channel_end_run(channel, status, false, PHASE_WRITING, message->self, error);
    if (status == ERROR_SUCCESS) {
        message->state = WS_MESSAGE_STATE_WRITING;
        message->channel = pointer;
    }
    return status;
}

HRESULT WINAPI WsWriteMessageStart(WS_CHANNEL *channel, WS_MESSAGE *message, const WS_ASYNC_CONTEXT *asyncContext,
                                   WS_ERROR *error)
{
    struct channel *entered;
    void *object;
    HRESULT status = enter(channel, message, asyncContext, &entered, &object, error);

    if (status == ERROR_SUCCESS) {
        status = write_start(channel, entered, object, error);
        leave(channel, message, object);
    }
    return ncx_trace("WsWriteMessageStart", status);
}

static HRESULT make_content_type(struct text *text, const struct message *message, WS_ERROR *error)
{
    text_clear(text);
    if (message->envelope == WS_ENVELOPE_VERSION_SOAP_1_1) {
        text_put_string(text, "text/xml; charset=utf-8");
    } else {
        text_put_string(text, "application/soap+xml; charset=utf-8");
        if (message->action != NULL) {
            text_put_string(text, "; action=\"");
            text_put_string(text, message->action);
            text_put_string(text, "\"");
        }
    }
    text_put(text, "", 1);
    return text->status == ERROR_SUCCESS ? ERROR_SUCCESS : ws_no_memory(error);
}

static HRESULT make_envelope(struct channel *channel, const struct message *message, const char *body, size_t size,
                             WS_ERROR *error)
{
    const struct request request = {
        .envelope = message->envelope,
        .addressing = message->addressing,
        .action = message->action,
        .to = message->to,
        .message_id = message->id,
        .headers = message->headers,
        .header_count = message->header_count,
        .body = body,
        .body_size = size,
    };
    HRESULT status;

    text_clear(&channel->request);
    status = envelope_write(&request, channel->security, &channel->request, error);
    if (status == ERROR_SUCCESS && channel->request.size > channel->settings.max_message) {
        return ws_fail(error, WS_E_QUOTA_EXCEEDED,
                       "the request takes %zu bytes, and the channel's messages take up to %u", channel->request.size,
                       channel->settings.max_message);
    }
    return status;
}

static HRESULT remember_id(struct channel *channel, const struct message *message, WS_ERROR *error)
{
    char *id = message->id == NULL ? NULL : strdup(message->id);

    if (message->id != NULL && id == NULL) {
        return ws_no_memory(error);
    }
    free(channel->message_id);
    channel->message_id = id;
    return ERROR_SUCCESS;
}

static HRESULT make_request(struct channel *channel, struct message *message, WS_ERROR *error)
{
    void *writer = NULL;
    const char *body = NULL;
    size_t size = 0;
    HRESULT status = object_enter(message->writer, HANDLE_WS_WRITER, &writer, error);

    if (status != ERROR_SUCCESS) { /* freed, or another thread is using it */
        return ws_fail(error, WS_E_INVALID_OPERATION, "the body's writer is gone, or in use");
    }
    status = writer_end(writer, &body, &size, error);
    if (status == ERROR_SUCCESS) {
        status = make_envelope(channel, message, body == NULL ? "" : body, size, error);
    }
    if (status == ERROR_SUCCESS) {
        status = make_content_type(&channel->content_type, message, error);
    }
    if (status == ERROR_SUCCESS) {
        status = remember_id(channel, message, error);
    }
    object_leave(message->writer, writer);
    return status;
}

static HRESULT send_request(struct channel *channel, const struct message *message, WS_ERROR *error)
{
    const struct http_request request = {
        .content_type = channel->content_type.data,
        .soap_action = message->envelope != WS_ENVELOPE_VERSION_SOAP_1_1 ? NULL
                       : message->action == NULL                         ? ""
                                                                         : message->action,
        .body = channel->request.data,
        .size = channel->request.size,
    };

    return http_send(channel->http, &request, error);
}

/* It may have had a password in it. */
static void forget_request(struct channel *channel)
{
    if (channel->request.room > channel->trim) {
        text_free(&channel->request);
    } else if (channel->request.size > 0) {
        ncx_secret_wipe(channel->request.data, channel->request.size);
        text_clear(&channel->request);
    }
}

static HRESULT write_end(struct channel *channel, struct message *message, WS_ERROR *error)
{
    bool broken = false;
    HRESULT status = message_expect(message, WS_MESSAGE_STATE_WRITING, "ended", error);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = channel_begin_run(channel, PHASE_WRITING, message->self, error);
    if (status != ERROR_SUCCESS) {
        if (status == WS_E_OPERATION_ABORTED) {
            message->state = WS_MESSAGE_STATE_DONE;
        }
        return status;
    }
    status = make_request(channel, message, error);
    if (status == ERROR_SUCCESS) {
        status = send_request(channel, message, error);
        broken = channel_is_broken_by(status);
    }
    if (status != ERROR_SUCCESS) {
        forget_request(channel);
    }
    message->state = WS_MESSAGE_STATE_DONE;
    message->channel = NULL;
    return channel_end_run(channel, status, broken, PHASE_SENT, NULL, error);
}

HRESULT WINAPI WsWriteMessageEnd(WS_CHANNEL *channel, WS_MESSAGE *message, const WS_ASYNC_CONTEXT *asyncContext,
                                 WS_ERROR *error)
{
    struct channel *entered;
    void *object;
    HRESULT status = enter(channel, message, asyncContext, &entered, &object, error);

    if (status == ERROR_SUCCESS) {
        status = write_end(entered, object, error);
        leave(channel, message, object);
    }
    return ncx_trace("WsWriteMessageEnd", status);
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static HRESULT parse_reply(struct channel *channel, const struct message *message, const struct http_reply *from,
                           struct reply **reply, WS_ERROR *error)
{
    struct reply_limits limits = {message->limits, message->max_headers};
    struct parse_result result = {0};
    HRESULT status;

    limits.parse.room = REPLY_ROOM(channel->settings.max_message);
    status = reply_read(&channel->context, from->body, from->size, &limits, message->envelope, message->addressing,
                        reply, &result);
    if (status == ERROR_SUCCESS || (status == E_OUTOFMEMORY && result.sentence[0] == 0)) {
        return status == ERROR_SUCCESS ? status : ws_no_memory(error);
    }
    return ws_fail(error, status, "the reply is refused: %s",
                   result.sentence[0] != 0 ? result.sentence : "it takes more memory than its limit allows");
}

static HRESULT check_reply(const struct channel *channel, const struct message *message, const struct reply *reply,
                           bool says_fault, WS_ERROR *error)
{
    size_t size = reply->heap.requested + (reply->headers == NULL ? 0 : reply->headers->size);

    if (says_fault && !reply->is_fault) {
        return ws_fail(error, WS_E_INVALID_FORMAT, "HTTP reports a failure, and the envelope has no fault in it");
    }
    if (channel->message_id != NULL && reply->relates_to != NULL &&
        strcmp(channel->message_id, reply->relates_to) != 0) {
        return ws_fail(error, WS_E_INVALID_FORMAT,
                       "the reply is the answer to another message: its RelatesTo is not "
                       "the id of the request");
    }
    if (size > message->heap_limit) {
        return ws_fail(error, WS_E_QUOTA_EXCEEDED,
                       "the reply's headers and fault take %zu bytes, and the message's "
                       "heap takes up to %zu",
                       size, message->heap_limit);
    }
    return ERROR_SUCCESS;
}

/* A fault may come from where nobody could make a Security header. */
static bool may_be_unsecured(const struct channel *channel, const struct reply *reply)
{
    return reply->is_fault && !reply->security.has_header &&
           (channel->settings.allow_unsecured_faults ||
            (channel->settings.faults_as_errors && fault_is_recognized(&reply->fault)));
}

static HRESULT check_security(const struct channel *channel, const struct reply *reply, WS_PROTECTION_LEVEL *level,
                              WS_ERROR *error)
{
    HRESULT status = ERROR_SUCCESS;

    *level = WS_PROTECTION_LEVEL_NONE;
    if (may_be_unsecured(channel, reply)) {
        *level = security_has_header(channel->security) ? WS_PROTECTION_LEVEL_NONE : security_level(channel->security);
        return ERROR_SUCCESS;
    }
    status = security_check(channel->security, &reply->security, security_now(), error);
    if (status != ERROR_SUCCESS) {
        if (reply->is_fault) {
            fault_describe(&reply->fault, status, error);
        }
        return status;
    }
    *level = security_level(channel->security);
    return ERROR_SUCCESS;
}

/* What was received becomes the message's, or a failure. */
static HRESULT take_reply(struct channel *channel, struct message *message, const struct http_reply *from,
                          WS_ERROR *error)
{
    struct reply *reply = NULL;
    WS_PROTECTION_LEVEL level = WS_PROTECTION_LEVEL_NONE;
    bool says_fault = false;
    HRESULT status = http_check(from, message->envelope, &says_fault, error);

    if (status == ERROR_SUCCESS) {
        status = parse_reply(channel, message, from, &reply, error);
    }
    if (status == ERROR_SUCCESS) {
        status = check_reply(channel, message, reply, says_fault, error);
    }
    if (status == ERROR_SUCCESS) {
        status = check_security(channel, reply, &level, error);
    }
    if (status == ERROR_SUCCESS && reply->is_fault && channel->settings.faults_as_errors) {
        status = fault_fail(reply, error);
    }
    if (status == ERROR_SUCCESS) {
        message->reply = reply;
        status = message_begin_reading(message, error);
        if (status == ERROR_SUCCESS) {
            message->is_fault = reply->is_fault;
            message->is_addressed = true;
            message->protection = level;
            return status;
        }
        message->reply = NULL;
    }
    reply_free(reply);
    return status;
}

static HRESULT read_start(WS_CHANNEL *pointer, struct channel *channel, struct message *message, WS_ERROR *error)
{
    struct http_reply from = {0};
    bool broken;
    HRESULT status = message_expect(message, WS_MESSAGE_STATE_EMPTY, "read", error);

    if (status == ERROR_SUCCESS &&
        (message->envelope != channel->settings.envelope || message->addressing != channel->settings.addressing)) {
        status = ws_fail(error, E_INVALIDARG, "the message was made for a channel with another envelope or addressing");
    }
    if (status == ERROR_SUCCESS) {
        status = channel_begin_run(channel, PHASE_SENT, NULL, error);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = http_receive(channel->http, &from, error);
    broken = channel_is_broken_by(status);
    if (status == ERROR_SUCCESS) {
        status = take_reply(channel, message, &from, error);
    }
    forget_request(channel);
    status = channel_end_run(channel, status, broken, PHASE_READING, message->self, error);
    if (status == ERROR_SUCCESS) {
        message->state = WS_MESSAGE_STATE_READING;
        message->channel = pointer;
    } else {
        message_reset(message);
    }
    return status;
}

HRESULT WINAPI WsReadMessageStart(WS_CHANNEL *channel, WS_MESSAGE *message, const WS_ASYNC_CONTEXT *asyncContext,
                                  WS_ERROR *error)
{
    struct channel *entered;
    void *object;
    HRESULT status = enter(channel, message, asyncContext, &entered, &object, error);

    if (status == ERROR_SUCCESS) {
        status = read_start(channel, entered, object, error);
        leave(channel, message, object);
    }
    return ncx_trace("WsReadMessageStart", status);
}

static HRESULT read_end(struct channel *channel, struct message *message, WS_ERROR *error)
{
    HRESULT status = message_expect(message, WS_MESSAGE_STATE_READING, "ended", error);

    if (status == ERROR_SUCCESS) {
        status = channel_begin_run(channel, PHASE_READING, message->self, error);
    }
    if (status == ERROR_SUCCESS) {
        status = channel_end_run(channel, ERROR_SUCCESS, false, PHASE_IDLE, NULL, error);
    }
    if (status == ERROR_SUCCESS || status == WS_E_OPERATION_ABORTED) {
        message->state = WS_MESSAGE_STATE_DONE;
        message->channel = NULL;
    }
    return status;
}

HRESULT WINAPI WsReadMessageEnd(WS_CHANNEL *channel, WS_MESSAGE *message, const WS_ASYNC_CONTEXT *asyncContext,
                                WS_ERROR *error)
{
    struct channel *entered;
    void *object;
    HRESULT status = enter(channel, message, asyncContext, &entered, &object, error);

    if (status == ERROR_SUCCESS) {
        status = read_end(entered, object, error);
        leave(channel, message, object);
    }
    return ncx_trace("WsReadMessageEnd", status);
}
