/* SPDX-License-Identifier: MIT
 *
 * WsReadToStartElement, and reading element by element: how the body of a message is read, which may have any number of
 * elements, and white space around them.
 */
#include <string.h>

#include "webservices/markup.h"
#include "webservices/reader.h"
#include "webservices/toplevel.h"

void reader_begin(struct reader *reader, struct document *document)
{
    reader_end(reader);
    memcpy(reader->settings, reader->created, sizeof reader->settings);
    reader->document = document_share(document);
    reader->state = READER_INSIDE;
    reader->charset = WS_CHARSET_UTF8;
    reader->row = 0;
    reader->column = 0;
}

void reader_end(struct reader *reader)
{
    document_release(reader->document);
    reader->document = NULL;
    reader->position = 0;
    reader->state = READER_NO_INPUT;
}

/* The one element of a document is what the document says of itself; one of several has numbers of its own. */
static HRESULT cut(struct reader *reader, size_t end, size_t room, struct document **element, WS_ERROR *error)
{
    struct document *document = reader->document;
    const char *text = document->text + reader->position;
    size_t size = end - reader->position;
    struct parse_limits limits = {UINT32_MAX, UINT32_MAX, UINT32_MAX, false, room};
    struct parse_result result = {0};
    HRESULT status;

    if (size == document->size) {
        *element = document_share(document);
        return ERROR_SUCCESS;
    }
    if (size > room) {
        return WS_E_QUOTA_EXCEEDED;
    }
    if (document->elements == 1) {
        *element = toplevel_copy(document, reader->position, end);
        return *element == NULL ? E_OUTOFMEMORY : ERROR_SUCCESS;
    }
    status = parse_text(&reader->context, text, size, &limits, element, &result);
    return result.sentence[0] != 0 ? ws_fail(error, status, "%s", result.sentence) : status;
}

HRESULT reader_take_element(struct reader *reader, struct heap *heap, WS_XML_BUFFER **buffer, WS_ERROR *error)
{
    struct document *element = NULL;
    HRESULT status;
    size_t end;

    if (!toplevel_is_element(reader->document, reader->position)) {
        return ws_fail(error, WS_E_INVALID_OPERATION, "the reader stands at no element");
    }
    end = markup_end(reader->document, reader->position);
    status = cut(reader, end, heap_room(heap), &element, error);
    if (status == ERROR_SUCCESS) {
        status = heap_add_document(heap, element, buffer);
    }
    if (status == ERROR_SUCCESS) {
        reader->position = end;
        return status;
    }
    document_release(element);
    status = heap_fail(heap, status, end - reader->position, error);
    reader->state = READER_FAULTED;
    return status;
}

/* An input of its own is read as a whole. */
static HRESULT enter_document(struct reader *reader, WS_ERROR *error)
{
    struct document *document = NULL;
    struct parse_result result;
    HRESULT status = reader_parse(reader, SIZE_MAX, &document, &result);

    if (status == ERROR_SUCCESS) {
        reader->document = document;
        reader->position = 0;
        reader->state = READER_INSIDE;
        return ERROR_SUCCESS;
    }
    return result.sentence[0] != 0 ? ws_fail(error, status, "%s", result.sentence) : ws_no_memory(error);
}

static HRESULT check_name(const WS_XML_STRING *name, WS_ERROR *error)
{
    return name != NULL && name->bytes == NULL && name->length > 0
               ? ws_fail(error, E_INVALIDARG, "a name is NULL and has a length")
               : ERROR_SUCCESS;
}

static HRESULT to_start_element(struct reader *reader, const WS_XML_STRING *local, const WS_XML_STRING *ns, BOOL *found,
                                WS_ERROR *error)
{
    HRESULT status = check_name(local, error);
    BOOL good;

    if (status == ERROR_SUCCESS) {
        status = check_name(ns, error);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (reader->state == READER_FAULTED) {
        return ws_fail(error, WS_E_OBJECT_FAULTED, "the reader failed before: it needs a new input");
    }
    if (reader->state == READER_NO_INPUT) {
        return ws_fail(error, WS_E_INVALID_OPERATION, "the reader has no input yet");
    }
    if (reader->state == READER_AT_BEGINNING) {
        status = enter_document(reader, error);
        if (status != ERROR_SUCCESS) {
            return status;
        }
    }
    if (reader->state == READER_INSIDE) {
        reader->position = toplevel_skip(reader->document, reader->position);
    }
    good = reader->state == READER_INSIDE && toplevel_is_element(reader->document, reader->position) &&
           toplevel_is(reader->document, reader->position, local, ns);
    if (found != NULL) {
        *found = good;
    } else if (!good) {
        reader->state = READER_FAULTED;
        return ws_fail(error, WS_E_INVALID_FORMAT, "the element that was asked for is not what comes next");
    }
    return ERROR_SUCCESS;
}

HRESULT WINAPI WsReadToStartElement(WS_XML_READER *reader, const WS_XML_STRING *localName, const WS_XML_STRING *ns,
                                    BOOL *found, WS_ERROR *error)
{
    void *object;
    HRESULT status = object_enter(reader, HANDLE_WS_READER, &object, error);

    if (status == ERROR_SUCCESS) {
        status = to_start_element(object, localName, ns, found, error);
        object_leave(reader, object);
    }
    return ncx_trace("WsReadToStartElement", status);
}
