/* SPDX-License-Identifier: MIT
 *
 * WsSetHeader, WsAddCustomHeader, WsAddressMessage. They take a message that is initialized or being written: the
 * envelope is made when writing ends.
 *
 * The action stands in a header of HTTP, too, between quotes; so it is printable ASCII without quotes and backslashes,
 * like the message's id.
 */
#include <stdlib.h>
#include <string.h>

#include "webservices/toplevel.h"
#include "webservices/endpoint.h"
#include "webservices/message.h"

static HRESULT check_state(const struct message *message, WS_ERROR *error)
{
    return message->state == WS_MESSAGE_STATE_WRITING
               ? ERROR_SUCCESS
               : message_expect(message, WS_MESSAGE_STATE_INITIALIZED, "given headers", error);
}

/* ---- strings ----------------------------------------------------------------------------------------------------- */

/* What `value` leads to: a WS_STRING or a WS_XML_STRING. */
static HRESULT find_value(WS_WRITE_OPTION option, const void *value, ULONG size, size_t wanted, const void **found,
                          WS_ERROR *error)
{
    if (option == WS_WRITE_REQUIRED_POINTER) {
        if (value == NULL || size != sizeof(void *) || *(const void *const *)value == NULL) {
            return ws_fail(error, E_INVALIDARG, "the header's value is NULL, or not given by a pointer");
        }
        *found = *(const void *const *)value;
        return ERROR_SUCCESS;
    }
    if (option != WS_WRITE_REQUIRED_VALUE) {
        return option == WS_WRITE_NILLABLE_VALUE || option == WS_WRITE_NILLABLE_POINTER
                   ? ws_fail(error, WS_E_NOT_SUPPORTED, "a header's value is required")
                   : ws_fail(error, E_INVALIDARG, "there is no write option %d", (int)option);
    }
    if (value == NULL || size != wanted) {
        return ws_fail(error, E_INVALIDARG, "the header's value takes exactly %zu bytes", wanted);
    }
    *found = value;
    return ERROR_SUCCESS;
}

static HRESULT take_text(WS_TYPE type, WS_WRITE_OPTION option, const void *value, ULONG size, const char *what,
                         char **text, WS_ERROR *error)
{
    const void *found = NULL;
    HRESULT status;

    if (type == WS_XML_STRING_TYPE) {
        status = find_value(option, value, size, sizeof(WS_XML_STRING), &found, error);
        return status == ERROR_SUCCESS ? endpoint_text_of_utf8(found, what, E_INVALIDARG, text, error) : status;
    }
    if (type == WS_STRING_TYPE) {
        status = find_value(option, value, size, sizeof(WS_STRING), &found, error);
        return status == ERROR_SUCCESS ? endpoint_text(found, what, E_INVALIDARG, text, error) : status;
    }
    return ws_fail(error, WS_E_NOT_SUPPORTED, "%s is a WS_STRING or a WS_XML_STRING", what);
}

static HRESULT check_header(const struct message *message, WS_HEADER_TYPE type, WS_ERROR *error)
{
    if (type < WS_ACTION_HEADER || type > WS_FAULT_TO_HEADER) {
        return ws_fail(error, E_INVALIDARG, "there is no header %d", (int)type);
    }
    if (type != WS_ACTION_HEADER && type != WS_MESSAGE_ID_HEADER) {
        return ws_fail(error, WS_E_NOT_SUPPORTED, "%s",
                       type == WS_TO_HEADER ? "To is set by WsAddressMessage"
                                            : "the headers that can be set are the action and the message's id");
    }
    if (type == WS_MESSAGE_ID_HEADER && message->addressing == WS_ADDRESSING_VERSION_TRANSPORT) {
        return ws_fail(error, WS_E_INVALID_OPERATION, "a message has no id where the transport addresses it");
    }
    return check_state(message, error);
}

static HRESULT set_header(struct message *message, WS_HEADER_TYPE header, WS_TYPE type, WS_WRITE_OPTION option,
                          const void *value, ULONG size, WS_ERROR *error)
{
    const char *what = header == WS_ACTION_HEADER ? "the action" : "the message's id";
    char **place = header == WS_ACTION_HEADER ? &message->action : &message->id;
    char *text = NULL;
    HRESULT status = check_header(message, header, error);

    if (status == ERROR_SUCCESS) {
        status = take_text(type, option, value, size, what, &text, error);
    }
    if (status == ERROR_SUCCESS && text[0] == 0) {
        free(text);
        status = ws_fail(error, E_INVALIDARG, "%s is empty", what);
    }
    if (status == ERROR_SUCCESS) {
        free(*place);
        *place = text;
    }
    return status;
}

HRESULT WINAPI WsSetHeader(WS_MESSAGE *message, WS_HEADER_TYPE headerType, WS_TYPE valueType,
                           WS_WRITE_OPTION writeOption, const void *value, ULONG valueSize, WS_ERROR *error)
{
    void *object;
    HRESULT status = object_enter(message, HANDLE_WS_MESSAGE, &object, error);

    if (status == ERROR_SUCCESS) {
        status = set_header(object, headerType, valueType, writeOption, value, valueSize, error);
        object_leave(message, object);
    }
    return ncx_trace("WsSetHeader", status);
}

/* ---- elements ---------------------------------------------------------------------------------------------------- */

static HRESULT check_description(const WS_ELEMENT_DESCRIPTION *description, WS_WRITE_OPTION option, ULONG attributes,
                                 WS_ERROR *error)
{
    const WS_XML_STRING *local;
    const WS_XML_STRING *ns;

    if (description == NULL || description->elementLocalName == NULL || description->elementNs == NULL) {
        return ws_fail(error, E_INVALIDARG, "the header's description or a name in it is NULL");
    }
    local = description->elementLocalName;
    ns = description->elementNs;
    if (description->type != WS_XML_BUFFER_TYPE || description->typeDescription != NULL) {
        return ws_fail(error, WS_E_NOT_SUPPORTED, "a custom header is a WS_XML_BUFFER, which takes no description");
    }
    if (local->bytes == NULL || !toplevel_is_name(local)) {
        return ws_fail(error, E_INVALIDARG, "the header's local name is none");
    }
    if (ns->bytes == NULL || ns->length == 0) {
        return ws_fail(error, E_INVALIDARG, "the header has no namespace, which SOAP demands");
    }
    if (option != WS_WRITE_REQUIRED_POINTER) {
        return ws_fail(error, E_INVALIDARG, "an XML buffer is written with WS_WRITE_REQUIRED_POINTER");
    }
    if ((attributes & ~(ULONG)(WS_MUST_UNDERSTAND_HEADER_ATTRIBUTE | WS_RELAY_HEADER_ATTRIBUTE)) != 0) {
        return ws_fail(error, E_INVALIDARG, "there are no header attributes 0x%X", attributes);
    }
    return ERROR_SUCCESS;
}

/* A name or a namespace may have bytes that are no UTF-8, or characters that XML has not. */
static HRESULT check_text(const struct document *document, WS_ERROR *error)
{
    const struct parse_limits limits = {UINT32_MAX, UINT32_MAX, UINT32_MAX, false, SIZE_MAX};
    struct document *again = NULL;
    struct parse_result result = {0};
    parser *context = NULL;
    HRESULT status = parse_text(&context, document->text, document->size, &limits, &again, &result);

    parse_free(context);
    if (status == E_OUTOFMEMORY) {
        return ws_no_memory(error);
    }
    if (status != ERROR_SUCCESS) {
        return ws_fail(error, E_INVALIDARG, "the header's name or namespace is none: %s", result.sentence);
    }
    document_release(again);
    return ERROR_SUCCESS;
}

static HRESULT take_element(const WS_ELEMENT_DESCRIPTION *description, const WS_XML_BUFFER *buffer,
                            struct document **element, WS_ERROR *error)
{
    struct document *document = document_of(buffer);
    struct document *renamed = NULL;
    HRESULT status = ERROR_SUCCESS;

    if (document == NULL) {
        return ws_fail(error, E_INVALIDARG, "the header is not a live WS_XML_BUFFER");
    }
    if (document->elements != 1 || document->loose) {
        status = ws_fail(error, E_INVALIDARG, "the header is not one element: it has %u at the top%s",
                         document->elements, document->loose ? ", and text beside them" : "");
        goto cleanup;
    }
    renamed = toplevel_rename(document, description->elementLocalName, description->elementNs);
    if (renamed == NULL) {
        status = ws_no_memory(error);
        goto cleanup;
    }
    if (renamed != document) {
        status = check_text(renamed, error);
    }

cleanup:
    document_release(document);
    if (status == ERROR_SUCCESS) {
        *element = renamed;
    } else {
        document_release(renamed);
    }
    return status;
}

static HRESULT add_header(struct message *message, const WS_ELEMENT_DESCRIPTION *description, WS_WRITE_OPTION option,
                          const void *value, ULONG size, ULONG attributes, WS_ERROR *error)
{
    struct document *element = NULL;
    HRESULT status = check_description(description, option, attributes, error);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (value == NULL || size != sizeof(WS_XML_BUFFER *)) {
        return ws_fail(error, E_INVALIDARG, "the value is NULL, or not the size of a pointer");
    }
    status = check_state(message, error);
    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (message->header_count == MESSAGE_MAX_HEADERS) {
        return ws_fail(error, WS_E_QUOTA_EXCEEDED, "a message has no room for more than %u custom headers",
                       MESSAGE_MAX_HEADERS);
    }
    status = take_element(description, *(WS_XML_BUFFER *const *)value, &element, error);
    if (status == ERROR_SUCCESS) {
        message->headers[message->header_count++] = (struct header){element, attributes};
    }
    return status;
}

HRESULT WINAPI WsAddCustomHeader(WS_MESSAGE *message, const WS_ELEMENT_DESCRIPTION *headerDescription,
                                 WS_WRITE_OPTION writeOption, const void *value, ULONG valueSize,
                                 ULONG headerAttributes, WS_ERROR *error)
{
    void *object;
    HRESULT status = object_enter(message, HANDLE_WS_MESSAGE, &object, error);

    if (status == ERROR_SUCCESS) {
        status = add_header(object, headerDescription, writeOption, value, valueSize, headerAttributes, error);
        object_leave(message, object);
    }
    return ncx_trace("WsAddCustomHeader", status);
}

/* ---- address ----------------------------------------------------------------------------------------------------- */

static HRESULT set_address(struct message *message, const WS_ENDPOINT_ADDRESS *address, WS_ERROR *error)
{
    char *to = NULL;
    HRESULT status;

    if (address == NULL) {
        return ws_fail(error, E_INVALIDARG, "the address is NULL");
    }
    status = message_expect(message, WS_MESSAGE_STATE_INITIALIZED, "addressed", error);
    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (message->addressing == WS_ADDRESSING_VERSION_TRANSPORT) {
        return ws_fail(error, WS_E_INVALID_OPERATION, "a message has no To where the transport addresses it");
    }
    if (message->is_addressed) {
        return ws_fail(error, WS_E_INVALID_OPERATION, "the message has an address");
    }
    status = endpoint_uri(address, &to, error);
    if (status == ERROR_SUCCESS) {
        message->to = to;
        message->is_addressed = true;
    }
    return status;
}

HRESULT WINAPI WsAddressMessage(WS_MESSAGE *message, const WS_ENDPOINT_ADDRESS *address, WS_ERROR *error)
{
    void *object;
    HRESULT status = object_enter(message, HANDLE_WS_MESSAGE, &object, error);

    if (status == ERROR_SUCCESS) {
        status = set_address(object, address, error);
        object_leave(message, object);
    }
    return ncx_trace("WsAddressMessage", status);
}
