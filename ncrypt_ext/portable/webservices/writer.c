/* SPDX-License-Identifier: MIT
 *
 * WsCreateWriter, WsFreeWriter, WsSetOutput, WsGetWriterProperty, WsWriteXmlBuffer, WsWriteXmlBufferToBytes.
 *
 * A writer puts XML buffers out as text in memory: no declaration unless it is asked for, `<t/>` for an empty element,
 * double quotes, the declarations of namespaces after an element's other attributes. Streams, the binary and the MTOM
 * encoding are WS_E_NOT_SUPPORTED.
 */
#include <stdlib.h>
#include <string.h>

#include "webservices/encoding.h"
#include "webservices/heap.h"
#include "webservices/writer.h"

#define PROPERTIES 19

enum state {
    WRITER_NO_OUTPUT,
    WRITER_READY,
    WRITER_FAULTED, /* until the next output */
};

struct writer {
    struct object object;
    ULONG created[PROPERTIES];  /* as WsCreateWriter got them */
    ULONG settings[PROPERTIES]; /* for this output */
    enum state state;
    bool of_message; /* takes no output but a message's body */
    WS_CHARSET charset;
    bool rooted;         /* there is an element at the top already */
    unsigned char *data; /* of ncx_secret_alloc() */
    size_t size;
    size_t room;
    WS_BYTES bytes; /* for BUFFERS */
};

/* What BUFFERS gives: the declaration is not in our webservices.h, since no caller of ours needs it. */
struct buffers {
    ULONG count;
    WS_BYTES *buffers;
};

/* BUFFER_TRIM_SIZE, MAX_MIME_PARTS_BUFFER_SIZE and COMPRESS_EMPTY_ELEMENTS are stored, and have no effect: the first
 * two are about how memory is kept and about MTOM, and empty elements are always written short. INITIAL_BUFFER is
 * checked and ignored: the writer has memory of its own. */
static const struct {
    bool settable;
    bool flag;
    unsigned char size;
    ULONG value;
} RULES[PROPERTIES] = {
    [WS_XML_WRITER_PROPERTY_MAX_DEPTH] = {true, false, 4, 32},
    [WS_XML_WRITER_PROPERTY_ALLOW_FRAGMENT] = {true, true, 4, FALSE},
    [WS_XML_WRITER_PROPERTY_MAX_ATTRIBUTES] = {true, false, 4, 128},
    [WS_XML_WRITER_PROPERTY_WRITE_DECLARATION] = {true, true, 4, FALSE},
    [WS_XML_WRITER_PROPERTY_INDENT] = {true, false, 4, 0},
    [WS_XML_WRITER_PROPERTY_BUFFER_TRIM_SIZE] = {true, false, 4, 4096},
    [WS_XML_WRITER_PROPERTY_CHARSET] = {false, false, 4, 0},
    [WS_XML_WRITER_PROPERTY_BUFFERS] = {false, false, sizeof(struct buffers), 0},
    [WS_XML_WRITER_PROPERTY_BUFFER_MAX_SIZE] = {true, false, 4, 65536},
    [WS_XML_WRITER_PROPERTY_BYTES] = {false, false, sizeof(WS_BYTES), 0},
    [WS_XML_WRITER_PROPERTY_IN_ATTRIBUTE] = {false, true, 4, FALSE},
    [WS_XML_WRITER_PROPERTY_MAX_MIME_PARTS_BUFFER_SIZE] = {true, false, 4, 65536},
    [WS_XML_WRITER_PROPERTY_INITIAL_BUFFER] = {true, false, sizeof(WS_BYTES), 0},
    [WS_XML_WRITER_PROPERTY_ALLOW_INVALID_CHARACTER_REFERENCES] = {true, true, 4, FALSE},
    [WS_XML_WRITER_PROPERTY_MAX_NAMESPACES] = {true, false, 4, 32},
    [WS_XML_WRITER_PROPERTY_BYTES_WRITTEN] = {false, false, 4, 0},
    [WS_XML_WRITER_PROPERTY_BYTES_TO_CLOSE] = {false, false, 4, 0},
    [WS_XML_WRITER_PROPERTY_COMPRESS_EMPTY_ELEMENTS] = {true, true, 4, FALSE},
    [WS_XML_WRITER_PROPERTY_EMIT_UNCOMPRESSED_EMPTY_ELEMENTS] = {true, true, 4, FALSE},
};

/* Settings that would change the text in a way that this writer does not know. */
static bool is_unsupported(WS_XML_WRITER_PROPERTY_ID id, ULONG value)
{
    return value != 0 &&
           (id == WS_XML_WRITER_PROPERTY_INDENT || id == WS_XML_WRITER_PROPERTY_ALLOW_INVALID_CHARACTER_REFERENCES ||
            id == WS_XML_WRITER_PROPERTY_EMIT_UNCOMPRESSED_EMPTY_ELEMENTS);
}

static HRESULT set_property(ULONG *settings, const WS_XML_WRITER_PROPERTY *property, WS_ERROR *error)
{
    int id = (int)property->id;
    ULONG value;

    if ((size_t)property->id >= PROPERTIES || !RULES[id].settable) {
        return ws_fail(error, E_INVALIDARG, "a writer has no property %d that can be set", id);
    }
    if (property->value == NULL || property->valueSize != RULES[id].size) {
        return ws_fail(error, E_INVALIDARG, "property %d of a writer takes exactly %u bytes", id, RULES[id].size);
    }
    if (property->id == WS_XML_WRITER_PROPERTY_INITIAL_BUFFER) {
        return ERROR_SUCCESS;
    }
    memcpy(&value, property->value, sizeof value);
    if (RULES[id].flag && value > 1) {
        return ws_fail(error, E_INVALIDARG, "property %d of a writer is TRUE or FALSE", id);
    }
    if (is_unsupported(property->id, value)) {
        return ws_fail(error, WS_E_NOT_SUPPORTED, "writers support no other value than 0 for property %d", id);
    }
    settings[id] = value;
    return ERROR_SUCCESS;
}

static HRESULT set_properties(ULONG *settings, const WS_XML_WRITER_PROPERTY *properties, ULONG count, WS_ERROR *error)
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

static void destroy_writer(void *object)
{
    ncx_secret_free(((struct writer *)object)->data);
    free(object);
}

static HRESULT create_writer(const WS_XML_WRITER_PROPERTY *properties, ULONG count, WS_XML_WRITER **writer,
                             WS_ERROR *error)
{
    struct writer *created;
    HRESULT status;

    if (writer == NULL) {
        return ws_fail(error, E_INVALIDARG, "the address for the new writer is NULL");
    }
    created = calloc(1, sizeof *created);
    if (created == NULL) {
        return ws_no_memory(error);
    }
    for (size_t i = 0; i < PROPERTIES; i++) {
        created->created[i] = RULES[i].value;
    }
    status = set_properties(created->created, properties, count, error);
    if (status == ERROR_SUCCESS &&
        object_publish(HANDLE_WS_WRITER, created, destroy_writer, (void **)writer) != ERROR_SUCCESS) {
        status = ws_no_memory(error);
    }
    if (status != ERROR_SUCCESS) {
        free(created);
    }
    return status;
}

HRESULT WINAPI WsCreateWriter(const WS_XML_WRITER_PROPERTY *properties, ULONG propertyCount, WS_XML_WRITER **writer,
                              WS_ERROR *error)
{
    return ncx_trace("WsCreateWriter", create_writer(properties, propertyCount, writer, error));
}

void WINAPI WsFreeWriter(WS_XML_WRITER *writer)
{
    object_close(writer, HANDLE_WS_WRITER);
}

/* ---- output -------------------------------------------------------------------------------------------------------
 */

static HRESULT check_encoding(const WS_XML_WRITER_ENCODING *encoding, WS_CHARSET *charset, WS_ERROR *error)
{
    switch (encoding->encodingType) {
    case WS_XML_WRITER_ENCODING_TYPE_TEXT:
        *charset = ((const WS_XML_WRITER_TEXT_ENCODING *)encoding)->charSet;
        if (*charset == WS_CHARSET_AUTO || (unsigned)*charset > WS_CHARSET_UTF16BE) {
            return ws_fail(error, E_INVALIDARG, "charset %d is none that a writer can put out", (int)*charset);
        }
        return ERROR_SUCCESS;
    case WS_XML_WRITER_ENCODING_TYPE_BINARY:
    case WS_XML_WRITER_ENCODING_TYPE_MTOM:
    case WS_XML_WRITER_ENCODING_TYPE_RAW:
        return ws_fail(error, WS_E_NOT_SUPPORTED, "writers support the text encoding only");
    default:
        return ws_fail(error, E_INVALIDARG, "there is no encoding %d", (int)encoding->encodingType);
    }
}

static HRESULT check_output(const WS_XML_WRITER_OUTPUT *output, WS_ERROR *error)
{
    switch (output->outputType) {
    case WS_XML_WRITER_OUTPUT_TYPE_BUFFER:
        return ERROR_SUCCESS;
    case WS_XML_WRITER_OUTPUT_TYPE_STREAM:
        return ws_fail(error, WS_E_NOT_SUPPORTED, "writers support output to memory only");
    default:
        return ws_fail(error, E_INVALIDARG, "there is no kind %d of output", (int)output->outputType);
    }
}

static HRESULT set_output(struct writer *writer, const WS_XML_WRITER_ENCODING *encoding,
                          const WS_XML_WRITER_OUTPUT *output, const WS_XML_WRITER_PROPERTY *properties, ULONG count,
                          WS_ERROR *error)
{
    WS_CHARSET charset = WS_CHARSET_UTF8;
    ULONG settings[PROPERTIES];
    HRESULT status;

    if (writer->of_message) {
        return ws_fail(error, WS_E_INVALID_OPERATION, "the writer belongs to a message, and takes no other output");
    }
    if (encoding == NULL || output == NULL) {
        return ws_fail(error, E_INVALIDARG, "the encoding or the output is NULL");
    }
    status = check_encoding(encoding, &charset, error);
    if (status == ERROR_SUCCESS) {
        status = check_output(output, error);
    }
    if (status == ERROR_SUCCESS) {
        memcpy(settings, writer->created, sizeof settings);
        status = set_properties(settings, properties, count, error);
    }
    if (status == ERROR_SUCCESS) {
        memcpy(writer->settings, settings, sizeof settings);
        writer->state = WRITER_READY;
        writer->charset = charset;
        writer->rooted = false;
        writer->size = 0;
    }
    return status;
}

HRESULT WINAPI WsSetOutput(WS_XML_WRITER *writer, const WS_XML_WRITER_ENCODING *encoding,
                           const WS_XML_WRITER_OUTPUT *output, const WS_XML_WRITER_PROPERTY *properties,
                           ULONG propertyCount, WS_ERROR *error)
{
    void *object;
    HRESULT status = object_enter(writer, HANDLE_WS_WRITER, &object, error);

    if (status == ERROR_SUCCESS) {
        status = set_output(object, encoding, output, properties, propertyCount, error);
        object_leave(writer, object);
    }
    return ncx_trace("WsSetOutput", status);
}

void writer_begin(struct writer *writer, ULONG limit)
{
    memcpy(writer->settings, writer->created, sizeof writer->settings);
    writer->settings[WS_XML_WRITER_PROPERTY_ALLOW_FRAGMENT] = TRUE;
    writer->settings[WS_XML_WRITER_PROPERTY_WRITE_DECLARATION] = FALSE;
    writer->settings[WS_XML_WRITER_PROPERTY_BUFFER_MAX_SIZE] = limit;
    writer->of_message = true;
    writer->state = WRITER_READY;
    writer->charset = WS_CHARSET_UTF8;
    writer->size = 0;
}

HRESULT writer_end(struct writer *writer, const char **text, size_t *size, WS_ERROR *error)
{
    enum state state = writer->state;

    writer->state = WRITER_NO_OUTPUT;
    if (state != WRITER_READY) {
        return ws_fail(error, WS_E_OBJECT_FAULTED, "the body has not been written: its writer failed");
    }
    *text = (const char *)writer->data;
    *size = writer->size;
    return ERROR_SUCCESS;
}

static HRESULT get_property(struct writer *writer, WS_XML_WRITER_PROPERTY_ID id, void *value, ULONG size,
                            WS_ERROR *error)
{
    struct buffers buffers = {1, &writer->bytes};
    ULONG written = (ULONG)writer->size;
    const void *from;

    if (writer->state == WRITER_FAULTED) {
        return ws_fail(error, WS_E_OBJECT_FAULTED, "the writer failed before: it needs a new output");
    }
    if ((size_t)id >= PROPERTIES || id == WS_XML_WRITER_PROPERTY_INITIAL_BUFFER) {
        return ws_fail(error, E_INVALIDARG, "a writer has no property %d that can be read", (int)id);
    }
    if (value == NULL || size != RULES[id].size) {
        return ws_fail(error, E_INVALIDARG, "property %d of a writer takes exactly %u bytes", (int)id, RULES[id].size);
    }
    if (writer->state == WRITER_NO_OUTPUT) {
        return ws_fail(error, WS_E_INVALID_OPERATION, "the writer has no output yet");
    }
    writer->bytes = (WS_BYTES){(ULONG)writer->size, writer->data};
    from = id == WS_XML_WRITER_PROPERTY_CHARSET         ? (const void *)&writer->charset
           : id == WS_XML_WRITER_PROPERTY_BUFFERS       ? (const void *)&buffers
           : id == WS_XML_WRITER_PROPERTY_BYTES         ? (const void *)&writer->bytes
           : id == WS_XML_WRITER_PROPERTY_BYTES_WRITTEN ? (const void *)&written
                                                        : (const void *)&writer->settings[id];
    memcpy(value, from, size);
    return ERROR_SUCCESS;
}

HRESULT WINAPI WsGetWriterProperty(WS_XML_WRITER *writer, WS_XML_WRITER_PROPERTY_ID id, void *value, ULONG valueSize,
                                   WS_ERROR *error)
{
    void *object;
    HRESULT status = object_enter(writer, HANDLE_WS_WRITER, &object, error);

    if (status == ERROR_SUCCESS) {
        status = get_property(object, id, value, valueSize, error);
        object_leave(writer, object);
    }
    return ncx_trace("WsGetWriterProperty", status);
}

/* ---- writing ------------------------------------------------------------------------------------------------------
 */

static HRESULT check_limits(const struct writer *writer, const struct document *document, WS_ERROR *error)
{
    const ULONG *settings = writer->settings;

    if (document->depth > settings[WS_XML_WRITER_PROPERTY_MAX_DEPTH]) {
        return ws_fail(error, WS_E_QUOTA_EXCEEDED, "the elements stand %u deep, and the writer's limit is %u",
                       document->depth, settings[WS_XML_WRITER_PROPERTY_MAX_DEPTH]);
    }
    if (document->attributes > settings[WS_XML_WRITER_PROPERTY_MAX_ATTRIBUTES]) {
        return ws_fail(error, WS_E_QUOTA_EXCEEDED, "an element has %u attributes, and the writer's limit is %u",
                       document->attributes, settings[WS_XML_WRITER_PROPERTY_MAX_ATTRIBUTES]);
    }
    if (document->namespaces > settings[WS_XML_WRITER_PROPERTY_MAX_NAMESPACES]) {
        return ws_fail(error, WS_E_QUOTA_EXCEEDED,
                       "%u namespaces are declared at one place, and the writer's limit is %u", document->namespaces,
                       settings[WS_XML_WRITER_PROPERTY_MAX_NAMESPACES]);
    }
    if (settings[WS_XML_WRITER_PROPERTY_ALLOW_FRAGMENT] != TRUE &&
        (document->loose || document->elements + writer->rooted > 1)) {
        return ws_fail(error, WS_E_INVALID_FORMAT,
                       "a document has one element at the top and no text beside it: ALLOW_FRAGMENT is not set");
    }
    return ERROR_SUCCESS;
}

static HRESULT reserve(struct writer *writer, size_t more, WS_ERROR *error)
{
    size_t limit = writer->settings[WS_XML_WRITER_PROPERTY_BUFFER_MAX_SIZE];
    size_t wanted;
    unsigned char *grown;

    if (writer->size > limit || more > limit - writer->size) {
        return ws_fail(error, WS_E_QUOTA_EXCEEDED, "%zu bytes of text are more than the writer's limit of %zu",
                       writer->size + more, limit);
    }
    wanted = writer->size + more;
    if (wanted <= writer->room) {
        return ERROR_SUCCESS;
    }
    grown = ncx_secret_alloc(wanted);
    if (grown == NULL) {
        return ws_no_memory(error);
    }
    if (writer->size > 0) {
        memcpy(grown, writer->data, writer->size);
    }
    ncx_secret_free(writer->data);
    writer->data = grown;
    writer->room = wanted;
    return ERROR_SUCCESS;
}

static HRESULT append(struct writer *writer, const char *text, size_t size, WS_ERROR *error)
{
    size_t more = encoding_size(text, size, writer->charset);
    HRESULT status = reserve(writer, more, error);

    if (status == ERROR_SUCCESS && more > 0) {
        encoding_encode(text, size, writer->charset, writer->data + writer->size);
        writer->size += more;
    }
    return status;
}

/* The writer is faulted when that fails. */
static HRESULT write_document(struct writer *writer, const struct document *document, WS_ERROR *error)
{
    bool declare = writer->settings[WS_XML_WRITER_PROPERTY_WRITE_DECLARATION] == TRUE && writer->size == 0;
    const char *declaration = declare ? encoding_declaration(writer->charset) : "";
    HRESULT status = check_limits(writer, document, error);

    if (status == ERROR_SUCCESS) {
        status = append(writer, declaration, strlen(declaration), error);
    }
    if (status == ERROR_SUCCESS) {
        status = append(writer, document->text, document->size, error);
    }
    writer->rooted = writer->rooted || document->elements > 0;
    writer->state = status == ERROR_SUCCESS ? WRITER_READY : WRITER_FAULTED;
    return status;
}

static HRESULT write_buffer(struct writer *writer, const WS_XML_BUFFER *buffer, WS_ERROR *error)
{
    struct document *document;
    HRESULT status;

    if (writer->state == WRITER_FAULTED) {
        return ws_fail(error, WS_E_OBJECT_FAULTED, "the writer failed before: it needs a new output");
    }
    if (writer->state == WRITER_NO_OUTPUT) {
        return ws_fail(error, WS_E_INVALID_OPERATION, "the writer has no output yet");
    }
    document = document_of(buffer);
    if (document == NULL) {
        return ws_fail(error, E_INVALIDARG, "not a live WS_XML_BUFFER");
    }
    status = write_document(writer, document, error);
    document_release(document);
    return status;
}

HRESULT WINAPI WsWriteXmlBuffer(WS_XML_WRITER *writer, WS_XML_BUFFER *xmlBuffer, WS_ERROR *error)
{
    void *object;
    HRESULT status = object_enter(writer, HANDLE_WS_WRITER, &object, error);

    if (status == ERROR_SUCCESS) {
        status = write_buffer(object, xmlBuffer, error);
        object_leave(writer, object);
    }
    return ncx_trace("WsWriteXmlBuffer", status);
}

static HRESULT copy_to_heap(const struct writer *writer, WS_HEAP *heap, void **bytes, ULONG *count, WS_ERROR *error)
{
    void *object;
    HRESULT status = object_enter(heap, HANDLE_WS_HEAP, &object, error);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = heap_fail(object, heap_alloc(object, writer->size, bytes), writer->size, error);
    if (status == ERROR_SUCCESS) {
        if (writer->size > 0) {
            memcpy(*bytes, writer->data, writer->size);
        }
        *count = (ULONG)writer->size;
    }
    object_leave(heap, object);
    return status;
}

static HRESULT write_bytes(struct writer *writer, const WS_XML_BUFFER *buffer, const WS_XML_WRITER_ENCODING *encoding,
                           const WS_XML_WRITER_PROPERTY *properties, ULONG propertyCount, WS_HEAP *heap, void **bytes,
                           ULONG *byteCount, WS_ERROR *error)
{
    WS_XML_WRITER_TEXT_ENCODING utf8 = {{WS_XML_WRITER_ENCODING_TYPE_TEXT}, WS_CHARSET_UTF8};
    WS_XML_WRITER_BUFFER_OUTPUT output = {{WS_XML_WRITER_OUTPUT_TYPE_BUFFER}};
    HRESULT status;

    if (bytes == NULL || byteCount == NULL) {
        return ws_fail(error, E_INVALIDARG, "the address for the bytes or for their count is NULL");
    }
    status = set_output(writer, encoding == NULL ? &utf8.encoding : encoding, &output.output, properties, propertyCount,
                        error);
    if (status == ERROR_SUCCESS) {
        status = write_buffer(writer, buffer, error);
    }
    return status == ERROR_SUCCESS ? copy_to_heap(writer, heap, bytes, byteCount, error) : status;
}

HRESULT WINAPI WsWriteXmlBufferToBytes(WS_XML_WRITER *writer, WS_XML_BUFFER *xmlBuffer,
                                       const WS_XML_WRITER_ENCODING *encoding, const WS_XML_WRITER_PROPERTY *properties,
                                       ULONG propertyCount, WS_HEAP *heap, void **bytes, ULONG *byteCount,
                                       WS_ERROR *error)
{
    void *object;
    HRESULT status = object_enter(writer, HANDLE_WS_WRITER, &object, error);

    if (status == ERROR_SUCCESS) {
        status = write_bytes(object, xmlBuffer, encoding, properties, propertyCount, heap, bytes, byteCount, error);
        object_leave(writer, object);
    }
    return ncx_trace("WsWriteXmlBufferToBytes", status);
}
