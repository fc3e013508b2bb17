/* SPDX-License-Identifier: MIT
 *
 * WsCreateMessageForChannel, WsFreeMessage, WsResetMessage, WsInitializeMessage.
 *
 * The limit of the message's heap
 * (MAX_SIZE among the HEAP_PROPERTIES) is for a reply's headers and fault; its TRIM_SIZE has no effect.
 */
#include "webservices/message.h"

#include <stdlib.h>
#include <string.h>

#include "webservices/channel.h"
#include "webservices/reader.h"
#include "webservices/writer.h"

static const char *const STATES[] = {"nothing", "empty", "initialized", "being read", "being written", "done"};

HRESULT message_expect(const struct message *message, WS_MESSAGE_STATE state, const char *doing, WS_ERROR *error)
{
    return message->state == state ? ERROR_SUCCESS
                                   : ws_fail(error, WS_E_INVALID_OPERATION, "a message is %s when it is %s: it is %s",
                                             doing, STATES[state], STATES[message->state]);
}

/* ---- body -------------------------------------------------------------------------------------------------------- */

/* The pointer's object, made anew when it is not live. */
static HRESULT enter_reader(struct message *message, struct reader **reader, WS_ERROR *error)
{
    void *object;
    HRESULT status = object_enter(message->reader, HANDLE_WS_READER, &object, NULL);

    if (status == E_INVALIDARG) {
        status = WsCreateReader(NULL, 0, &message->reader, error);
        if (status != ERROR_SUCCESS) {
            return status;
        }
        status = object_enter(message->reader, HANDLE_WS_READER, &object, error);
    }
    *reader = status == ERROR_SUCCESS ? object : NULL;
    return status == WS_E_INVALID_OPERATION ? ws_fail(error, status, "another thread is using the message's reader")
                                            : status;
}

static HRESULT enter_writer(struct message *message, void **writer, WS_ERROR *error)
{
    HRESULT status = object_enter(message->writer, HANDLE_WS_WRITER, writer, NULL);

    if (status == E_INVALIDARG) {
        status = WsCreateWriter(NULL, 0, &message->writer, error);
        if (status != ERROR_SUCCESS) {
            return status;
        }
        status = object_enter(message->writer, HANDLE_WS_WRITER, writer, error);
    }
    return status == WS_E_INVALID_OPERATION ? ws_fail(error, status, "another thread is using the message's writer")
                                            : status;
}

HRESULT message_begin_body(struct message *message, ULONG limit, WS_ERROR *error)
{
    void *writer;
    HRESULT status = enter_writer(message, &writer, error);

    if (status == ERROR_SUCCESS) {
        writer_begin(writer, limit);
        object_leave(message->writer, writer);
    }
    return status;
}

HRESULT message_begin_reading(struct message *message, WS_ERROR *error)
{
    struct reader *reader;
    HRESULT status = enter_reader(message, &reader, error);

    if (status == ERROR_SUCCESS) {
        reader->of_message = true;
        reader_begin(reader, message->reply->body);
        object_leave(message->reader, reader);
    }
    return status;
}

/* What was read or written before is gone. One that a thread is using, against the rules, keeps it until the message
 * needs it again. */
static void end_body(struct message *message)
{
    void *object;

    if (message->reply != NULL && object_enter(message->reader, HANDLE_WS_READER, &object, NULL) == ERROR_SUCCESS) {
        reader_end(object);
        object_leave(message->reader, object);
    }
    if (message->state == WS_MESSAGE_STATE_WRITING &&
        object_enter(message->writer, HANDLE_WS_WRITER, &object, NULL) == ERROR_SUCCESS) {
        const char *text;
        size_t size;

        (void)!writer_end(object, &text, &size, NULL);
        object_leave(message->writer, object);
    }
}

/* ---- creation and end -------------------------------------------------------------------------------------------- */

void message_reset(struct message *message)
{
    if (message->channel != NULL) {
        channel_forget(message->channel, message->self);
        message->channel = NULL;
    }
    end_body(message);
    if (message->header_buffer != NULL) {
        object_close(message->header_buffer, HANDLE_WS_BUFFER);
        message->header_buffer = NULL;
    }
    for (size_t i = 0; i < message->header_count; i++) {
        document_release(message->headers[i].document);
    }
    message->header_count = 0;
    free(message->action);
    free(message->to);
    free(message->id);
    message->action = message->to = message->id = NULL;
    if (message->reply != NULL) {
        reply_free(message->reply);
        message->reply = NULL;
    }
    message->is_addressed = false;
    message->is_fault = false;
    message->protection = WS_PROTECTION_LEVEL_NONE;
    message->state = WS_MESSAGE_STATE_EMPTY;
}

static void destroy_message(void *object)
{
    struct message *message = object;

    message_reset(message);
    WsFreeReader(message->reader);
    WsFreeWriter(message->writer);
    free(message);
}

static HRESULT take_heap_properties(struct message *message, const WS_HEAP_PROPERTIES *from, WS_ERROR *error)
{
    if (from->properties == NULL && from->propertyCount != 0) {
        return ws_fail(error, E_INVALIDARG, "the heap's properties are NULL and their count is not 0");
    }
    for (ULONG i = 0; i < from->propertyCount; i++) {
        const WS_HEAP_PROPERTY *property = &from->properties[i];

        if (property->id != WS_HEAP_PROPERTY_MAX_SIZE && property->id != WS_HEAP_PROPERTY_TRIM_SIZE) {
            return ws_fail(error, E_INVALIDARG, "a heap has no property %d that can be set", (int)property->id);
        }
        if (property->value == NULL || property->valueSize != sizeof(SIZE_T)) {
            return ws_fail(error, E_INVALIDARG, "a heap property takes exactly %zu bytes", sizeof(SIZE_T));
        }
        if (property->id == WS_HEAP_PROPERTY_MAX_SIZE) {
            memcpy(&message->heap_limit, property->value, sizeof message->heap_limit);
        }
    }
    return ERROR_SUCCESS;
}

static HRESULT take_property(struct message *message, const WS_MESSAGE_PROPERTY *property, WS_ERROR *error)
{
    const void *value = property->value;
    size_t size;

    switch (property->id) {
    case WS_MESSAGE_PROPERTY_HEAP_PROPERTIES:
        size = sizeof(WS_HEAP_PROPERTIES);
        break;
    case WS_MESSAGE_PROPERTY_XML_READER_PROPERTIES:
        size = sizeof(WS_XML_READER_PROPERTIES);
        break;
    case WS_MESSAGE_PROPERTY_XML_WRITER_PROPERTIES:
        size = sizeof(WS_XML_WRITER_PROPERTIES);
        break;
    case WS_MESSAGE_PROPERTY_MAX_PROCESSED_HEADERS:
        size = sizeof(ULONG);
        break;
    default:
        return ws_fail(error, E_INVALIDARG, "a message is created with no property %d", (int)property->id);
    }
    if (value == NULL || property->valueSize != size) {
        return ws_fail(error, E_INVALIDARG, "property %d of a message takes exactly %zu bytes", (int)property->id,
                       size);
    }
    if (property->id == WS_MESSAGE_PROPERTY_HEAP_PROPERTIES) {
        return take_heap_properties(message, value, error);
    }
    if (property->id == WS_MESSAGE_PROPERTY_MAX_PROCESSED_HEADERS) {
        memcpy(&message->max_headers, value, sizeof message->max_headers);
        return ERROR_SUCCESS;
    }
    if (property->id == WS_MESSAGE_PROPERTY_XML_READER_PROPERTIES) {
        const WS_XML_READER_PROPERTIES *of_reader = value;

        WsFreeReader(message->reader); /* when the property is given twice */
        message->reader = NULL;
        return WsCreateReader(of_reader->properties, of_reader->propertyCount, &message->reader, error);
    }
    WsFreeWriter(message->writer);
    message->writer = NULL;
    return WsCreateWriter(((const WS_XML_WRITER_PROPERTIES *)value)->properties,
                          ((const WS_XML_WRITER_PROPERTIES *)value)->propertyCount, &message->writer, error);
}

static HRESULT fill_message(struct message *message, const WS_MESSAGE_PROPERTY *properties, ULONG count,
                            WS_ERROR *error)
{
    struct reader *reader;
    HRESULT status = ERROR_SUCCESS;

    if (properties == NULL && count != 0) {
        return ws_fail(error, E_INVALIDARG, "the properties are NULL and their count is not 0");
    }
    for (ULONG i = 0; i < count && status == ERROR_SUCCESS; i++) {
        status = take_property(message, &properties[i], error);
    }
    if (status == ERROR_SUCCESS && message->writer == NULL) {
        status = WsCreateWriter(NULL, 0, &message->writer, error);
    }
    if (status == ERROR_SUCCESS) {
        status = enter_reader(message, &reader, error);
    }
    if (status == ERROR_SUCCESS) {
        message->limits = reader_limits(reader->created, 0);
        message->limits.fragment = false;
        object_leave(message->reader, reader);
    }
    return status;
}

static HRESULT create_message(const struct channel *channel, const WS_MESSAGE_PROPERTY *properties, ULONG count,
                              WS_MESSAGE **pointer, WS_ERROR *error)
{
    struct message *message;
    HRESULT status;

    if (pointer == NULL) {
        return ws_fail(error, E_INVALIDARG, "the address for the new message is NULL");
    }
    message = calloc(1, sizeof *message);
    if (message == NULL) {
        return ws_no_memory(error);
    }
    message->envelope = channel->settings.envelope;
    message->addressing = channel->settings.addressing;
    message->max_headers = MESSAGE_MAX_HEADERS;
    message->heap_limit = SIZE_MAX;
    message_reset(message);
    status = fill_message(message, properties, count, error);
    if (status == ERROR_SUCCESS &&
        object_publish(HANDLE_WS_MESSAGE, message, destroy_message, (void **)pointer) != ERROR_SUCCESS) {
        status = ws_no_memory(error);
    }
    if (status == ERROR_SUCCESS) {
        message->self = *pointer;
    } else {
        destroy_message(message);
    }
    return status;
}

HRESULT WINAPI WsCreateMessageForChannel(WS_CHANNEL *pointer, const WS_MESSAGE_PROPERTY *properties,
                                         ULONG propertyCount, WS_MESSAGE **message, WS_ERROR *error)
{
    struct channel *channel;
    HRESULT status = channel_enter(pointer, &channel, error);

    if (status == ERROR_SUCCESS) {
        status = create_message(channel, properties, propertyCount, message, error);
        channel_leave(pointer);
    }
    return ncx_trace("WsCreateMessageForChannel", status);
}

void WINAPI WsFreeMessage(WS_MESSAGE *message)
{
    object_close(message, HANDLE_WS_MESSAGE);
}

HRESULT WINAPI WsResetMessage(WS_MESSAGE *message, WS_ERROR *error)
{
    void *object;
    HRESULT status = object_enter(message, HANDLE_WS_MESSAGE, &object, error);

    if (status == ERROR_SUCCESS) {
        message_reset(object);
        object_leave(message, object);
    }
    return ncx_trace("WsResetMessage", status);
}

static HRESULT initialize(struct message *message, WS_MESSAGE_INITIALIZATION initialization, const WS_MESSAGE *source,
                          WS_ERROR *error)
{
    HRESULT status;

    if ((unsigned)initialization > WS_FAULT_MESSAGE) {
        return ws_fail(error, E_INVALIDARG, "there is no message of kind %d", (int)initialization);
    }
    if (initialization != WS_BLANK_MESSAGE && initialization != WS_REQUEST_MESSAGE) {
        return ws_fail(error, WS_E_NOT_SUPPORTED,
                       "messages are blank, or requests: duplicates, replies and faults are "
                       "not supported");
    }
    if (source != NULL) {
        return ws_fail(error, E_INVALIDARG, "blank messages and requests are made from no other message");
    }
    status = message_expect(message, WS_MESSAGE_STATE_EMPTY, "initialized", error);
    if (status == ERROR_SUCCESS && initialization == WS_REQUEST_MESSAGE &&
        message->addressing != WS_ADDRESSING_VERSION_TRANSPORT) {
        message->id = malloc(ENVELOPE_ID_SIZE);
        if (message->id == NULL) {
            return ws_no_memory(error);
        }
        if (!envelope_make_id(message->id)) {
            free(message->id);
            message->id = NULL;
            return ws_fail(error, WS_E_SECURITY_SYSTEM_FAILURE, "there are no random numbers for the message's id");
        }
    }
    if (status == ERROR_SUCCESS) {
        message->state = WS_MESSAGE_STATE_INITIALIZED;
    }
    return status;
}

HRESULT WINAPI WsInitializeMessage(WS_MESSAGE *message, WS_MESSAGE_INITIALIZATION initialization,
                                   WS_MESSAGE *sourceMessage, WS_ERROR *error)
{
    void *object;
    HRESULT status = object_enter(message, HANDLE_WS_MESSAGE, &object, error);

    if (status == ERROR_SUCCESS) {
        status = initialize(object, initialization, sourceMessage, error);
        object_leave(message, object);
    }
    return ncx_trace("WsInitializeMessage", status);
}
