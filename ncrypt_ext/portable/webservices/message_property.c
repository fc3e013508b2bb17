/* SPDX-License-Identifier: MIT
 *
 * WsGetMessageProperty.
 */
#include <string.h>

#include "webservices/message.h"

static size_t size_of(WS_MESSAGE_PROPERTY_ID id)
{
    switch (id) {
    case WS_MESSAGE_PROPERTY_STATE:
    case WS_MESSAGE_PROPERTY_ENVELOPE_VERSION:
    case WS_MESSAGE_PROPERTY_ADDRESSING_VERSION:
    case WS_MESSAGE_PROPERTY_IS_ADDRESSED:
    case WS_MESSAGE_PROPERTY_IS_FAULT:
    case WS_MESSAGE_PROPERTY_MAX_PROCESSED_HEADERS:
    case WS_MESSAGE_PROPERTY_PROTECTION_LEVEL:
        return sizeof(ULONG);
    case WS_MESSAGE_PROPERTY_HEADER_BUFFER:
    case WS_MESSAGE_PROPERTY_BODY_READER:
    case WS_MESSAGE_PROPERTY_BODY_WRITER:
        return sizeof(void *);
    case WS_MESSAGE_PROPERTY_HEAP_PROPERTIES: /* are given at creation only */
    case WS_MESSAGE_PROPERTY_XML_READER_PROPERTIES:
    case WS_MESSAGE_PROPERTY_XML_WRITER_PROPERTIES:
    default:
        return 0;
    }
}

/* The headers of a reply as they came; the buffer stays the message's. */
static HRESULT get_headers(struct message *message, WS_XML_BUFFER **buffer, WS_ERROR *error)
{
    struct document *document;

    if (message->reply == NULL) {
        return ws_fail(error, WS_E_INVALID_OPERATION, "the header buffer is that of a message that was received");
    }
    if (message->header_buffer == NULL) {
        document = message->reply->headers == NULL ? document_create() : document_share(message->reply->headers);
        if (document == NULL || document_publish(document, &message->header_buffer) != ERROR_SUCCESS) {
            document_release(document);
            return ws_no_memory(error);
        }
    }
    *buffer = message->header_buffer;
    return ERROR_SUCCESS;
}

static ULONG number_of(const struct message *message, WS_MESSAGE_PROPERTY_ID id)
{
    switch (id) {
    case WS_MESSAGE_PROPERTY_STATE:
        return message->state;
    case WS_MESSAGE_PROPERTY_ENVELOPE_VERSION:
        return message->envelope;
    case WS_MESSAGE_PROPERTY_ADDRESSING_VERSION:
        return message->addressing;
    case WS_MESSAGE_PROPERTY_IS_ADDRESSED:
        return message->is_addressed;
    case WS_MESSAGE_PROPERTY_IS_FAULT:
        return message->is_fault;
    case WS_MESSAGE_PROPERTY_MAX_PROCESSED_HEADERS:
        return message->max_headers;
    default:
        return message->protection;
    }
}

static HRESULT get_property(struct message *message, WS_MESSAGE_PROPERTY_ID id, void *value, ULONG size,
                            WS_ERROR *error)
{
    size_t wanted = size_of(id);
    HRESULT status = ERROR_SUCCESS;
    ULONG number;

    if (wanted == 0) {
        return ws_fail(error, E_INVALIDARG, "a message has no property %d that can be read", (int)id);
    }
    if (value == NULL || size != wanted) {
        return ws_fail(error, E_INVALIDARG, "property %d of a message takes exactly %zu bytes", (int)id, wanted);
    }
    if (message->state == WS_MESSAGE_STATE_EMPTY && id != WS_MESSAGE_PROPERTY_STATE) {
        return ws_fail(error, WS_E_INVALID_OPERATION, "the message is empty, and has no property but its state");
    }
    switch (id) {
    case WS_MESSAGE_PROPERTY_HEADER_BUFFER:
        return get_headers(message, value, error);
    case WS_MESSAGE_PROPERTY_BODY_READER:
        status = message_expect(message, WS_MESSAGE_STATE_READING, "asked for its body's reader", error);
        if (status == ERROR_SUCCESS) {
            memcpy(value, &message->reader, wanted);
        }
        return status;
    case WS_MESSAGE_PROPERTY_BODY_WRITER:
        status = message_expect(message, WS_MESSAGE_STATE_WRITING, "asked for its body's writer", error);
        if (status == ERROR_SUCCESS) {
            memcpy(value, &message->writer, wanted);
        }
        return status;
    default:
        number = number_of(message, id);
        memcpy(value, &number, wanted);
        return ERROR_SUCCESS;
    }
}

HRESULT WINAPI WsGetMessageProperty(WS_MESSAGE *message, WS_MESSAGE_PROPERTY_ID id, void *value, ULONG valueSize,
                                    WS_ERROR *error)
{
    void *object;
    HRESULT status = object_enter(message, HANDLE_WS_MESSAGE, &object, error);

    if (status == ERROR_SUCCESS) {
        status = get_property(object, id, value, valueSize, error);
        object_leave(message, object);
    }
    return ncx_trace("WsGetMessageProperty", status);
}
