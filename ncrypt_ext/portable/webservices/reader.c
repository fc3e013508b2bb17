/* SPDX-License-Identifier: MIT
 *
 * WsCreateReader, WsFreeReader, WsSetInput, WsGetReaderProperty, WsReadXmlBuffer, WsReadXmlBufferFromBytes,
 * WsCreateXmlBuffer.
 *
 * A reader takes text from memory and makes an XML buffer of all of it. Streams, the binary and the MTOM encoding are
 * WS_E_NOT_SUPPORTED.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "webservices/encoding.h"
#include "webservices/reader.h"

/* Those that concern what is not supported (streams, MTOM) or how memory is kept (UTF8_TRIM_SIZE) are stored, and have
 * no effect. */
static const struct {
    bool settable;
    bool flag;
    unsigned char size;
    ULONG value;
} RULES[READER_PROPERTIES] = {
    [WS_XML_READER_PROPERTY_MAX_DEPTH] = {true, false, 4, 32},
    [WS_XML_READER_PROPERTY_ALLOW_FRAGMENT] = {true, true, 4, FALSE},
    [WS_XML_READER_PROPERTY_MAX_ATTRIBUTES] = {true, false, 4, 128},
    [WS_XML_READER_PROPERTY_READ_DECLARATION] = {true, true, 4, TRUE},
    [WS_XML_READER_PROPERTY_CHARSET] = {false, false, 4, 0},
    [WS_XML_READER_PROPERTY_ROW] = {false, false, 8, 0},
    [WS_XML_READER_PROPERTY_COLUMN] = {false, false, 8, 0},
    [WS_XML_READER_PROPERTY_UTF8_TRIM_SIZE] = {true, false, 4, 4096},
    [WS_XML_READER_PROPERTY_STREAM_BUFFER_SIZE] = {true, false, 4, 4096},
    [WS_XML_READER_PROPERTY_IN_ATTRIBUTE] = {false, true, 4, FALSE},
    [WS_XML_READER_PROPERTY_STREAM_MAX_ROOT_MIME_PART_SIZE] = {true, false, 4, 65536},
    [WS_XML_READER_PROPERTY_STREAM_MAX_MIME_HEADERS_SIZE] = {true, false, 4, 256},
    [WS_XML_READER_PROPERTY_MAX_MIME_PARTS] = {true, false, 4, 4096},
    [WS_XML_READER_PROPERTY_ALLOW_INVALID_CHARACTER_REFERENCES] = {true, true, 4, FALSE},
    [WS_XML_READER_PROPERTY_MAX_NAMESPACES] = {true, false, 4, 32},
};

static HRESULT set_property(ULONG *settings, const WS_XML_READER_PROPERTY *property, WS_ERROR *error)
{
    ULONG value;

    if ((size_t)property->id >= READER_PROPERTIES || !RULES[property->id].settable) {
        return ws_fail(error, E_INVALIDARG, "a reader has no property %d that can be set", (int)property->id);
    }
    if (property->value == NULL || property->valueSize != sizeof value) {
        return ws_fail(error, E_INVALIDARG, "property %d of a reader takes exactly 4 bytes", (int)property->id);
    }
    memcpy(&value, property->value, sizeof value);
    if (RULES[property->id].flag && value > 1) {
        return ws_fail(error, E_INVALIDARG, "property %d of a reader is TRUE or FALSE", (int)property->id);
    }
    if (property->id == WS_XML_READER_PROPERTY_ALLOW_INVALID_CHARACTER_REFERENCES && value == TRUE) {
        return ws_fail(error, WS_E_NOT_SUPPORTED, "references to invalid characters cannot be allowed");
    }
    settings[property->id] = value;
    return ERROR_SUCCESS;
}

static HRESULT set_properties(ULONG *settings, const WS_XML_READER_PROPERTY *properties, ULONG count, WS_ERROR *error)
{
    HRESULT status = ERROR_SUCCESS;

    if (properties == NULL && count != 0) {
        return ws_fail(error, E_INVALIDARG, "the properties are NULL and their count is not 0");
    }
    for (ULONG i = 0; i < count && status == ERROR_SUCCESS; i++) {
        status = set_property(settings, &properties[i], error);
    }
    return status;
}

static void destroy_reader(void *object)
{
    struct reader *reader = object;

    document_release(reader->document);
    parse_free(reader->context);
    free(reader);
}

static HRESULT create_reader(const WS_XML_READER_PROPERTY *properties, ULONG count, WS_XML_READER **reader,
                             WS_ERROR *error)
{
    struct reader *created;
    HRESULT status;

    if (reader == NULL) {
        return ws_fail(error, E_INVALIDARG, "the address for the new reader is NULL");
    }
    created = calloc(1, sizeof *created);
    if (created == NULL) {
        return ws_no_memory(error);
    }
    for (size_t i = 0; i < READER_PROPERTIES; i++) {
        created->created[i] = RULES[i].value;
    }
    status = set_properties(created->created, properties, count, error);
    if (status == ERROR_SUCCESS &&
        object_publish(HANDLE_WS_READER, created, destroy_reader, (void **)reader) != ERROR_SUCCESS) {
        status = ws_no_memory(error);
    }
    if (status != ERROR_SUCCESS) {
        free(created);
    }
    return status;
}

HRESULT WINAPI WsCreateReader(const WS_XML_READER_PROPERTY *properties, ULONG propertyCount, WS_XML_READER **reader,
                              WS_ERROR *error)
{
    return ncx_trace("WsCreateReader", create_reader(properties, propertyCount, reader, error));
}

void WINAPI WsFreeReader(WS_XML_READER *reader)
{
    object_close(reader, HANDLE_WS_READER);
}

/* ---- input --------------------------------------------------------------------------------------------------------
 */

static HRESULT check_encoding(const WS_XML_READER_ENCODING *encoding, WS_CHARSET *charset, WS_ERROR *error)
{
    switch (encoding->encodingType) {
    case WS_XML_READER_ENCODING_TYPE_TEXT:
        *charset = ((const WS_XML_READER_TEXT_ENCODING *)encoding)->charSet;
        if ((unsigned)*charset > WS_CHARSET_UTF16BE) {
            return ws_fail(error, E_INVALIDARG, "there is no charset %d", (int)*charset);
        }
        return ERROR_SUCCESS;
    case WS_XML_READER_ENCODING_TYPE_BINARY:
    case WS_XML_READER_ENCODING_TYPE_MTOM:
    case WS_XML_READER_ENCODING_TYPE_RAW:
        return ws_fail(error, WS_E_NOT_SUPPORTED, "readers support the text encoding only");
    default:
        return ws_fail(error, E_INVALIDARG, "there is no encoding %d", (int)encoding->encodingType);
    }
}

static HRESULT check_input(const WS_XML_READER_INPUT *input, WS_ERROR *error)
{
    const WS_XML_READER_BUFFER_INPUT *buffer = (const WS_XML_READER_BUFFER_INPUT *)input;

    switch (input->inputType) {
    case WS_XML_READER_INPUT_TYPE_BUFFER:
        return buffer->encodedData == NULL && buffer->encodedDataSize > 0
                   ? ws_fail(error, E_INVALIDARG, "the input is NULL and has a size")
                   : ERROR_SUCCESS;
    case WS_XML_READER_INPUT_TYPE_STREAM:
        return ws_fail(error, WS_E_NOT_SUPPORTED, "readers support input from memory only");
    default:
        return ws_fail(error, E_INVALIDARG, "there is no kind %d of input", (int)input->inputType);
    }
}

/* The reader stands at the beginning of these bytes. */
static void begin(struct reader *reader, const ULONG *settings, const void *data, size_t size, WS_CHARSET charset)
{
    size_t mark = 0;

    reader_end(reader);
    memcpy(reader->settings, settings, sizeof reader->settings);
    reader->state = READER_AT_BEGINNING;
    reader->empty = data == NULL;
    reader->charset = data == NULL ? WS_CHARSET_UTF8 : encoding_detect(data, size, charset, &mark);
    reader->data = data == NULL ? NULL : (const unsigned char *)data + mark;
    reader->size = size - mark;
    reader->row = 0;
    reader->column = 0;
}

static HRESULT set_input(struct reader *reader, const WS_XML_READER_ENCODING *encoding,
                         const WS_XML_READER_INPUT *input, const WS_XML_READER_PROPERTY *properties, ULONG count,
                         WS_ERROR *error)
{
    const WS_XML_READER_BUFFER_INPUT *buffer = (const WS_XML_READER_BUFFER_INPUT *)input;
    WS_CHARSET charset = WS_CHARSET_UTF8;
    ULONG settings[READER_PROPERTIES];
    HRESULT status = ERROR_SUCCESS;

    if (reader->of_message) {
        return ws_fail(error, WS_E_INVALID_OPERATION, "the reader belongs to a message, and takes no other input");
    }
    if ((encoding == NULL) != (input == NULL)) {
        return ws_fail(error, E_INVALIDARG, "encoding and input are both given, or both NULL for an empty document");
    }
    if (encoding != NULL) {
        status = check_encoding(encoding, &charset, error);
    }
    if (status == ERROR_SUCCESS && input != NULL) {
        status = check_input(input, error);
    }
    if (status == ERROR_SUCCESS) {
        memcpy(settings, reader->created, sizeof settings);
        status = set_properties(settings, properties, count, error);
    }
    if (status == ERROR_SUCCESS) {
        const void *data = input == NULL ? NULL : buffer->encodedData != NULL ? buffer->encodedData : "";

        begin(reader, settings, data, data == NULL ? 0 : buffer->encodedDataSize, charset);
    }
    return status;
}

HRESULT WINAPI WsSetInput(WS_XML_READER *reader, const WS_XML_READER_ENCODING *encoding,
                          const WS_XML_READER_INPUT *input, const WS_XML_READER_PROPERTY *properties,
                          ULONG propertyCount, WS_ERROR *error)
{
    void *object;
    HRESULT status = object_enter(reader, HANDLE_WS_READER, &object, error);

    if (status == ERROR_SUCCESS) {
        status = set_input(object, encoding, input, properties, propertyCount, error);
        object_leave(reader, object);
    }
    return ncx_trace("WsSetInput", status);
}

static HRESULT get_property(const struct reader *reader, WS_XML_READER_PROPERTY_ID id, void *value, ULONG size,
                            WS_ERROR *error)
{
    const void *from;

    if (reader->state == READER_FAULTED) {
        return ws_fail(error, WS_E_OBJECT_FAULTED, "the reader failed before: it needs a new input");
    }
    if ((size_t)id >= READER_PROPERTIES) {
        return ws_fail(error, E_INVALIDARG, "a reader has no property %d", (int)id);
    }
    if (value == NULL || size != RULES[id].size) {
        return ws_fail(error, E_INVALIDARG, "property %d of a reader takes exactly %u bytes", (int)id, RULES[id].size);
    }
    if (reader->state == READER_NO_INPUT) {
        return ws_fail(error, WS_E_INVALID_OPERATION, "the reader has no input yet");
    }
    from = id == WS_XML_READER_PROPERTY_CHARSET  ? (const void *)&reader->charset
           : id == WS_XML_READER_PROPERTY_ROW    ? (const void *)&reader->row
           : id == WS_XML_READER_PROPERTY_COLUMN ? (const void *)&reader->column
                                                 : (const void *)&reader->settings[id];
    memcpy(value, from, size);
    return ERROR_SUCCESS;
}

HRESULT WINAPI WsGetReaderProperty(WS_XML_READER *reader, WS_XML_READER_PROPERTY_ID id, void *value, ULONG valueSize,
                                   WS_ERROR *error)
{
    void *object;
    HRESULT status = object_enter(reader, HANDLE_WS_READER, &object, error);

    if (status == ERROR_SUCCESS) {
        status = get_property(object, id, value, valueSize, error);
        object_leave(reader, object);
    }
    return ncx_trace("WsGetReaderProperty", status);
}

/* ---- reading ------------------------------------------------------------------------------------------------------
 */

struct parse_limits reader_limits(const ULONG *settings, size_t room)
{
    return (struct parse_limits){
        settings[WS_XML_READER_PROPERTY_MAX_DEPTH], settings[WS_XML_READER_PROPERTY_MAX_ATTRIBUTES],
        settings[WS_XML_READER_PROPERTY_MAX_NAMESPACES], settings[WS_XML_READER_PROPERTY_ALLOW_FRAGMENT] == TRUE, room};
}

/* The reader's text without its declaration, as a document that needs no more than `room` bytes. */
static HRESULT parse_input(struct reader *reader, size_t room, struct document **document, struct parse_result *result)
{
    struct parse_limits limits = reader_limits(reader->settings, room);
    const char *text = (const char *)reader->data;
    const char *sentence = "";
    size_t size = reader->size;
    size_t declaration = 0;
    char *decoded = NULL;
    HRESULT status = ERROR_SUCCESS;

    if (reader->charset != WS_CHARSET_UTF8) {
        status = encoding_decode(reader->data, reader->size, reader->charset, &decoded, &size, &sentence);
        text = decoded;
    }
    if (status == ERROR_SUCCESS && reader->settings[WS_XML_READER_PROPERTY_READ_DECLARATION] == TRUE) {
        status = encoding_skip_declaration(text, size, reader->charset, &declaration, &sentence);
    }
    if (status == ERROR_SUCCESS) {
        status = parse_text(&reader->context, text + declaration, size - declaration, &limits, document, result);
    } else {
        *result = (struct parse_result){0};
        strncpy(result->sentence, sentence, sizeof result->sentence - 1);
    }
    ncx_secret_free(decoded);
    return status;
}

HRESULT reader_parse(struct reader *reader, size_t room, struct document **document, struct parse_result *result)
{
    HRESULT status;

    reader->state = READER_FAULTED;
    *result = (struct parse_result){0};
    if (reader->empty) {
        *document = document_create();
        return *document == NULL ? E_OUTOFMEMORY : ERROR_SUCCESS;
    }
    status = parse_input(reader, room, document, result);
    reader->row = result->row;
    reader->column = result->column;
    return status;
}

/* From the beginning to the end; the reader is faulted when that fails. */
static HRESULT read_all(struct reader *reader, struct heap *heap, WS_XML_BUFFER **buffer, WS_ERROR *error)
{
    struct parse_result result;
    struct document *document = NULL;
    HRESULT status = reader_parse(reader, heap_room(heap), &document, &result);

    if (result.sentence[0] != 0) {
        return ws_fail(error, status, "%s", result.sentence);
    }
    if (status == ERROR_SUCCESS) {
        status = heap_add_document(heap, document, buffer);
    }
    if (status != ERROR_SUCCESS) {
        document_release(document);
        return heap_fail(heap, status, reader->size, error);
    }
    reader->state = READER_AT_END;
    return ERROR_SUCCESS;
}

static HRESULT read_buffer(struct reader *reader, WS_HEAP *heap, WS_XML_BUFFER **buffer, WS_ERROR *error)
{
    void *object;
    HRESULT status;

    if (reader->state == READER_FAULTED) {
        return ws_fail(error, WS_E_OBJECT_FAULTED, "the reader failed before: it needs a new input");
    }
    if (buffer == NULL) {
        return ws_fail(error, E_INVALIDARG, "the address for the XML buffer is NULL");
    }
    if (reader->state != READER_AT_BEGINNING && reader->state != READER_INSIDE) {
        return ws_fail(error, WS_E_INVALID_OPERATION,
                       reader->state == READER_NO_INPUT ? "the reader has no input yet"
                                                        : "the reader is at the end of its input");
    }
    status = object_enter(heap, HANDLE_WS_HEAP, &object, error);
    if (status == ERROR_SUCCESS) {
        status = reader->state == READER_INSIDE ? reader_take_element(reader, object, buffer, error)
                                                : read_all(reader, object, buffer, error);
        object_leave(heap, object);
    }
    return status;
}

HRESULT WINAPI WsReadXmlBuffer(WS_XML_READER *reader, WS_HEAP *heap, WS_XML_BUFFER **xmlBuffer, WS_ERROR *error)
{
    void *object;
    HRESULT status = object_enter(reader, HANDLE_WS_READER, &object, error);

    if (status == ERROR_SUCCESS) {
        status = read_buffer(object, heap, xmlBuffer, error);
        object_leave(reader, object);
    }
    return ncx_trace("WsReadXmlBuffer", status);
}

static HRESULT read_bytes(struct reader *reader, const WS_XML_READER_ENCODING *encoding,
                          const WS_XML_READER_PROPERTY *properties, ULONG propertyCount, const void *bytes,
                          ULONG byteCount, WS_HEAP *heap, WS_XML_BUFFER **xmlBuffer, WS_ERROR *error)
{
    WS_XML_READER_TEXT_ENCODING any = {{WS_XML_READER_ENCODING_TYPE_TEXT}, WS_CHARSET_AUTO};
    WS_XML_READER_BUFFER_INPUT input = {{WS_XML_READER_INPUT_TYPE_BUFFER}, (void *)(uintptr_t)bytes, byteCount};
    HRESULT status;

    if (bytes == NULL) {
        return ws_fail(error, E_INVALIDARG, "the bytes are NULL");
    }
    status =
        set_input(reader, encoding == NULL ? &any.encoding : encoding, &input.input, properties, propertyCount, error);
    return status == ERROR_SUCCESS ? read_buffer(reader, heap, xmlBuffer, error) : status;
}

HRESULT WINAPI WsReadXmlBufferFromBytes(WS_XML_READER *reader, const WS_XML_READER_ENCODING *encoding,
                                        const WS_XML_READER_PROPERTY *properties, ULONG propertyCount,
                                        const void *bytes, ULONG byteCount, WS_HEAP *heap, WS_XML_BUFFER **xmlBuffer,
                                        WS_ERROR *error)
{
    void *object;
    HRESULT status = object_enter(reader, HANDLE_WS_READER, &object, error);

    if (status == ERROR_SUCCESS) {
        status = read_bytes(object, encoding, properties, propertyCount, bytes, byteCount, heap, xmlBuffer, error);
        object_leave(reader, object);
    }
    return ncx_trace("WsReadXmlBufferFromBytes", status);
}

static HRESULT create_buffer(WS_HEAP *heap, const WS_XML_BUFFER_PROPERTY *properties, ULONG propertyCount,
                             WS_XML_BUFFER **buffer, WS_ERROR *error)
{
    struct document *document;
    void *object;
    HRESULT status;

    if (buffer == NULL) {
        return ws_fail(error, E_INVALIDARG, "the address for the XML buffer is NULL");
    }
    if (properties != NULL || propertyCount != 0) {
        return ws_fail(error, E_INVALIDARG, "an XML buffer has no properties");
    }
    status = object_enter(heap, HANDLE_WS_HEAP, &object, error);
    if (status != ERROR_SUCCESS) {
        return status;
    }
    document = document_create();
    status = document == NULL ? E_OUTOFMEMORY : heap_add_document(object, document, buffer);
    if (status != ERROR_SUCCESS) {
        document_release(document);
        status = heap_fail(object, status, sizeof *document, error);
    }
    object_leave(heap, object);
    return status;
}

HRESULT WINAPI WsCreateXmlBuffer(WS_HEAP *heap, const WS_XML_BUFFER_PROPERTY *properties, ULONG propertyCount,
                                 WS_XML_BUFFER **buffer, WS_ERROR *error)
{
    return ncx_trace("WsCreateXmlBuffer", create_buffer(heap, properties, propertyCount, buffer, error));
}
