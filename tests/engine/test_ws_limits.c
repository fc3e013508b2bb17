/* SPDX-License-Identifier: MIT
 *
 * Properties of readers and writers, their defaults, and the limits they set.
 */
#include <time.h>

#include "ws_support.h"

/* `before`, then `piece` so many times with its number in the place of %u, then `after`; on the heap. */
static const char *repeated(const char *before, const char *piece, unsigned count, const char *after)
{
    size_t room = strlen(before) + strlen(after) + count * (strlen(piece) + 8) + 1;
    size_t used = strlen(before);
    void *text = NULL;

    if (!CHECK_STATUS(WsAlloc(heap, room, &text, error), 0)) {
        return "";
    }
    strcpy(text, before);
    for (unsigned i = 0; i < count; i++) {
        const char *number = strstr(piece, "%u");

        used += number == NULL ? (size_t)snprintf((char *)text + used, room - used, "%s", piece)
                               : (size_t)snprintf((char *)text + used, room - used, "%.*s%u%s", (int)(number - piece),
                                                  piece, i, number + 2);
    }
    strcpy((char *)text + used, after);
    return text;
}

static const char *nested(unsigned depth)
{
    return repeated(repeated("", "<a>", depth, ""), "</a>", depth, "");
}

static HRESULT read_with(const char *text, WS_XML_READER_PROPERTY_ID id, ULONG value, WS_XML_BUFFER **buffer)
{
    const WS_XML_READER_PROPERTY property = {id, &value, sizeof value};

    return WsReadXmlBufferFromBytes(reader, NULL, &property, 1, text, (ULONG)strlen(text), heap, buffer, error);
}

static void test_depth(void)
{
    WS_XML_BUFFER *buffer;

    CHECK_STATUS(read_text(nested(32), &buffer), 0);
    CHECK_FAILURE(read_text(nested(33), &buffer), WS_E_QUOTA_EXCEEDED, "deeper than 32");
    CHECK_FAILURE(read_with("<a/>", WS_XML_READER_PROPERTY_MAX_DEPTH, 0, &buffer), WS_E_QUOTA_EXCEEDED,
                  "deeper than 0");
    CHECK_STATUS(read_with(nested(200), WS_XML_READER_PROPERTY_MAX_DEPTH, 200, &buffer), 0);
    CHECK_FAILURE(WsWriteXmlBufferToBytes(writer, buffer, NULL, NULL, 0, heap, (void *[]){NULL}, (ULONG[]){0}, error),
                  WS_E_QUOTA_EXCEEDED, "200 deep");
    CHECK_FAILURE(read_with(nested(300), WS_XML_READER_PROPERTY_MAX_DEPTH, 1000, &buffer), WS_E_QUOTA_EXCEEDED, "");
    /* The property was for one input. */
    CHECK_FAILURE(read_text(nested(33), &buffer), WS_E_QUOTA_EXCEEDED, "deeper than 32");
}

static void test_attributes(void)
{
    WS_XML_BUFFER *buffer;

    CHECK_STATUS(read_text(repeated("<a", " b%u='<'", 0, "/>"), &buffer), 0);
    CHECK_STATUS(read_text(repeated("<a", " b%u='>'", 128, "/>"), &buffer), 0);
    CHECK(strlen(text_of(buffer)) > 128);
    CHECK_FAILURE(read_text(repeated("<a", " b%u='>'", 129, "/>"), &buffer), WS_E_QUOTA_EXCEEDED, "129 attributes");
    CHECK_FAILURE(read_text(repeated("<a", " b%u='/>'", 1000, "/>"), &buffer), WS_E_QUOTA_EXCEEDED, "attributes");
    CHECK_STATUS(read_with(repeated("<a", " b%u=''", 1000, "/>"), WS_XML_READER_PROPERTY_MAX_ATTRIBUTES, 1000, &buffer),
                 0);
    CHECK_FAILURE(WsWriteXmlBufferToBytes(writer, buffer, NULL, NULL, 0, heap, (void *[]){NULL}, (ULONG[]){0}, error),
                  WS_E_QUOTA_EXCEEDED, "1000 attributes");
}

static void test_namespaces(void)
{
    WS_XML_BUFFER *buffer;

    CHECK_STATUS(read_text(repeated("<a", " xmlns:b%u='u'", 32, "/>"), &buffer), 0);
    CHECK_FAILURE(read_text(repeated("<a", " xmlns:b%u='u'", 33, "/>"), &buffer), WS_E_QUOTA_EXCEEDED, "namespaces");
    CHECK_STATUS(read_text(repeated("<a>", "<b xmlns:c='u%u'/>", 100, "</a>"), &buffer), 0);
    CHECK(strlen(text_of(buffer)) > 100);
    CHECK_FAILURE(read_text(repeated("<a xmlns='v'><b", " xmlns:b%u='u'", 32, "/></a>"), &buffer), WS_E_QUOTA_EXCEEDED,
                  "namespaces");
    CHECK_STATUS(
        read_with(repeated("<a", " xmlns:b%u='u'", 33, "/>"), WS_XML_READER_PROPERTY_MAX_NAMESPACES, 33, &buffer), 0);
    CHECK_FAILURE(WsWriteXmlBufferToBytes(writer, buffer, NULL, NULL, 0, heap, (void *[]){NULL}, (ULONG[]){0}, error),
                  WS_E_QUOTA_EXCEEDED, "33 namespaces");
}

/* What takes the square of its size where nobody looks: done at once here. */
static void test_hostile_sizes(void)
{
    WS_XML_BUFFER *buffer;
    clock_t start = clock();

    CHECK_FAILURE(read_text(repeated("<a", " b%u=''", 200000, "/>"), &buffer), WS_E_QUOTA_EXCEEDED, "attributes");
    CHECK_STATUS(WsResetHeap(heap, NULL), 0);
    CHECK_FAILURE(read_text(repeated("<a><a", " b%u=''", 100000, "/>"), &buffer), WS_E_QUOTA_EXCEEDED, "attributes");
    CHECK_STATUS(WsResetHeap(heap, NULL), 0);
    CHECK_FAILURE(read_text(repeated("<a b=c>", "<a xmlns:b%u='u'>", 100000, ""), &buffer), WS_E_INVALID_FORMAT,
                  "line 1");
    CHECK_STATUS(WsResetHeap(heap, NULL), 0);
    CHECK_FAILURE(read_text(repeated("", "<a>", 300000, ""), &buffer), WS_E_QUOTA_EXCEEDED, "deeper");
    CHECK_STATUS(WsResetHeap(heap, NULL), 0);
    CHECK_FAILURE(read_text(repeated("<", "n", 100000, "/>"), &buffer), WS_E_QUOTA_EXCEEDED, "ame");
    CHECK_STATUS(WsResetHeap(heap, NULL), 0);
    /* A day of it would not be enough; a sanitizer's build on a busy machine is. */
    CHECK(clock() - start < (clock_t)60 * CLOCKS_PER_SEC);
}

static void test_heap_quota(void)
{
    WS_HEAP *small = NULL, *usual = heap;
    WS_XML_BUFFER *buffer = NULL;
    const char *text = repeated("<a>", "&lt;", 1000, "</a>");

    CHECK_STATUS(WsCreateHeap(2000, 0, NULL, 0, &small, error), 0);
    heap = small;
    CHECK_FAILURE(read_text(text, &buffer), WS_E_QUOTA_EXCEEDED, "quota");
    CHECK_FAILURE(WsReadXmlBuffer(reader, heap, &buffer, error), WS_E_OBJECT_FAULTED, "failed before");
    CHECK_STATUS(read_text("<a/>", &buffer), 0);
    WsFreeHeap(small);
    heap = usual;
}

static void test_fragments(void)
{
    WS_XML_BUFFER *buffer = NULL;
    BOOL yes = TRUE;
    WS_XML_WRITER_PROPERTY property = {WS_XML_WRITER_PROPERTY_ALLOW_FRAGMENT, &yes, sizeof yes};
    void *bytes = NULL;
    ULONG count = 0;

    CHECK_STATUS(read_with(" x<a/><b>y</b>&amp;", WS_XML_READER_PROPERTY_ALLOW_FRAGMENT, TRUE, &buffer), 0);
    CHECK_FAILURE(WsWriteXmlBufferToBytes(writer, buffer, NULL, NULL, 0, heap, &bytes, &count, error),
                  WS_E_INVALID_FORMAT, "ALLOW_FRAGMENT");
    CHECK_STATUS(WsWriteXmlBufferToBytes(writer, buffer, NULL, &property, 1, heap, &bytes, &count, error), 0);
    CHECK(count == 19 && memcmp(bytes, " x<a/><b>y</b>&amp;", 19) == 0);
    CHECK_STATUS(read_with("", WS_XML_READER_PROPERTY_ALLOW_FRAGMENT, TRUE, &buffer), 0);
    CHECK_STATUS(read_with(nested(32), WS_XML_READER_PROPERTY_ALLOW_FRAGMENT, TRUE, &buffer), 0);
    CHECK_FAILURE(read_with(nested(33), WS_XML_READER_PROPERTY_ALLOW_FRAGMENT, TRUE, &buffer), WS_E_QUOTA_EXCEEDED,
                  "deeper than 32");
    CHECK_FAILURE(read_with("</f><f>", WS_XML_READER_PROPERTY_ALLOW_FRAGMENT, TRUE, &buffer), WS_E_INVALID_FORMAT,
                  "line 1");
    CHECK_FAILURE(read_with("<a>", WS_XML_READER_PROPERTY_ALLOW_FRAGMENT, TRUE, &buffer), WS_E_INVALID_FORMAT,
                  "line 1");
    CHECK_FAILURE(read_with("<?xml version='1.0'?><a/>", WS_XML_READER_PROPERTY_READ_DECLARATION, FALSE, &buffer),
                  WS_E_INVALID_FORMAT, "processing instructions");
}

static void test_reader_properties(void)
{
    static const ULONG DEFAULTS[] = {32, 0, 128, 1, WS_CHARSET_UTF8, 0, 0, 4096, 4096, 0, 65536, 256, 4096, 0, 32};
    WS_XML_READER *own = NULL;
    WS_XML_BUFFER *buffer = NULL;
    ULONG two = 2;
    BOOL yes = TRUE;
    WS_XML_READER_PROPERTY properties[] = {{WS_XML_READER_PROPERTY_MAX_DEPTH, &two, sizeof two}};
    uint64_t value = 0;

    CHECK_STATUS(WsSetInput(reader, NULL, NULL, NULL, 0, error), 0);
    for (int id = 0; id < 15; id++) {
        bool wide = id == WS_XML_READER_PROPERTY_ROW || id == WS_XML_READER_PROPERTY_COLUMN;

        value = 0;
        CHECK_STATUS(WsGetReaderProperty(reader, (WS_XML_READER_PROPERTY_ID)id, &value, wide ? 8 : 4, error), 0);
        CHECK(value == DEFAULTS[id]);
        CHECK_FAILURE(WsGetReaderProperty(reader, (WS_XML_READER_PROPERTY_ID)id, &value, wide ? 4 : 8, error),
                      E_INVALIDARG, "exactly");
    }
    CHECK_FAILURE(WsGetReaderProperty(reader, (WS_XML_READER_PROPERTY_ID)15, &value, 4, error), E_INVALIDARG, "15");
    CHECK_STATUS(WsCreateReader(properties, 1, &own, error), 0);
    CHECK_FAILURE(WsGetReaderProperty(own, WS_XML_READER_PROPERTY_MAX_DEPTH, &value, 4, error), WS_E_INVALID_OPERATION,
                  "no input");
    CHECK_FAILURE(WsReadXmlBuffer(own, heap, &buffer, error), WS_E_INVALID_OPERATION, "no input");
    CHECK_FAILURE(WsReadXmlBufferFromBytes(own, NULL, NULL, 0, "<a><b><c/></b></a>", 18, heap, &buffer, error),
                  WS_E_QUOTA_EXCEEDED, "deeper than 2");
    WsFreeReader(own);
    properties[0].id = WS_XML_READER_PROPERTY_CHARSET;
    CHECK_FAILURE(WsCreateReader(properties, 1, &own, error), E_INVALIDARG, "property 4");
    properties[0] = (WS_XML_READER_PROPERTY){WS_XML_READER_PROPERTY_ALLOW_FRAGMENT, &yes, 1};
    CHECK_FAILURE(WsCreateReader(properties, 1, &own, error), E_INVALIDARG, "exactly 4");
    properties[0] = (WS_XML_READER_PROPERTY){WS_XML_READER_PROPERTY_ALLOW_FRAGMENT, &two, 4};
    CHECK_FAILURE(WsCreateReader(properties, 1, &own, error), E_INVALIDARG, "TRUE or FALSE");
    properties[0] = (WS_XML_READER_PROPERTY){WS_XML_READER_PROPERTY_ALLOW_INVALID_CHARACTER_REFERENCES, &yes, 4};
    CHECK_FAILURE(WsCreateReader(properties, 1, &own, error), WS_E_NOT_SUPPORTED, "characters");
    CHECK_FAILURE(WsCreateReader(NULL, 1, &own, error), E_INVALIDARG, "NULL");
    CHECK_FAILURE(WsCreateReader(NULL, 0, NULL, error), E_INVALIDARG, "NULL");
}

static void test_writer_properties(void)
{
    static const ULONG DEFAULTS[] = {32, 0,  128, 0, 0, 4096, WS_CHARSET_UTF8, 0, 65536, 0, 0, 65536, 0,
                                     0,  32, 0,   0, 0, 0};
    WS_XML_WRITER_TEXT_ENCODING encoding = {{WS_XML_WRITER_ENCODING_TYPE_TEXT}, WS_CHARSET_UTF8};
    WS_XML_WRITER_BUFFER_OUTPUT output = {{WS_XML_WRITER_OUTPUT_TYPE_BUFFER}};
    WS_XML_WRITER *own = NULL;
    WS_BYTES bytes = {9, NULL};
    ULONG one = 1, value;
    WS_XML_WRITER_PROPERTY property = {WS_XML_WRITER_PROPERTY_INDENT, &one, sizeof one};

    CHECK_STATUS(WsCreateWriter(NULL, 0, &own, error), 0);
    CHECK_FAILURE(WsGetWriterProperty(own, WS_XML_WRITER_PROPERTY_MAX_DEPTH, &value, 4, error), WS_E_INVALID_OPERATION,
                  "no output");
    CHECK_FAILURE(WsWriteXmlBuffer(own, make_buffer("<a/>"), error), WS_E_INVALID_OPERATION, "no output");
    CHECK_STATUS(WsSetOutput(own, &encoding.encoding, &output.output, NULL, 0, error), 0);
    for (int id = 0; id < 19; id++) {
        bool wide = id == WS_XML_WRITER_PROPERTY_BUFFERS || id == WS_XML_WRITER_PROPERTY_BYTES ||
                    id == WS_XML_WRITER_PROPERTY_INITIAL_BUFFER;

        if (!wide) {
            CHECK_STATUS(WsGetWriterProperty(own, (WS_XML_WRITER_PROPERTY_ID)id, &value, 4, error), 0);
            CHECK(value == DEFAULTS[id]);
        }
        CHECK_FAILURE(WsGetWriterProperty(own, (WS_XML_WRITER_PROPERTY_ID)id, &value, wide ? 4 : 2, error),
                      E_INVALIDARG, "property");
    }
    CHECK_STATUS(WsWriteXmlBuffer(own, make_buffer("<a/>"), error), 0);
    CHECK_STATUS(WsGetWriterProperty(own, WS_XML_WRITER_PROPERTY_BYTES, &bytes, sizeof bytes, error), 0);
    CHECK(bytes.length == 4 && memcmp(bytes.bytes, "<a/>", 4) == 0);
    CHECK_STATUS(WsGetWriterProperty(own, WS_XML_WRITER_PROPERTY_BYTES_WRITTEN, &value, 4, error), 0);
    CHECK(value == 4);
    CHECK_FAILURE(WsWriteXmlBuffer(own, make_buffer("<b/>"), error), WS_E_INVALID_FORMAT, "one element");
    CHECK_FAILURE(WsWriteXmlBuffer(own, make_buffer("<b/>"), error), WS_E_OBJECT_FAULTED, "failed before");
    WsFreeWriter(own);
    CHECK_FAILURE(WsCreateWriter(&property, 1, &own, error), WS_E_NOT_SUPPORTED, "property 4");
    property.id = WS_XML_WRITER_PROPERTY_BYTES;
    CHECK_FAILURE(WsCreateWriter(&property, 1, &own, error), E_INVALIDARG, "property 9");
    encoding.charSet = WS_CHARSET_AUTO;
    CHECK_FAILURE(WsSetOutput(writer, &encoding.encoding, &output.output, NULL, 0, error), E_INVALIDARG, "charset 0");
    encoding.encoding.encodingType = WS_XML_WRITER_ENCODING_TYPE_MTOM;
    CHECK_FAILURE(WsSetOutput(writer, &encoding.encoding, &output.output, NULL, 0, error), WS_E_NOT_SUPPORTED, "text");
    CHECK_FAILURE(WsSetOutput(writer, NULL, NULL, NULL, 0, error), E_INVALIDARG, "NULL");
}

static void test_writer_size(void)
{
    WS_XML_BUFFER *buffer = NULL;
    ULONG size = 65536;
    WS_XML_WRITER_PROPERTY property = {WS_XML_WRITER_PROPERTY_BUFFER_MAX_SIZE, &size, sizeof size};
    void *bytes;
    ULONG count;

    CHECK_STATUS(read_text(repeated("<a>", "x", 65536 - 7, "</a>"), &buffer), 0);
    CHECK_STATUS(WsWriteXmlBufferToBytes(writer, buffer, NULL, NULL, 0, heap, &bytes, &count, error), 0);
    CHECK(count == 65536);
    CHECK_STATUS(read_text(repeated("<a>", "x", 65536 - 6, "</a>"), &buffer), 0);
    CHECK_FAILURE(WsWriteXmlBufferToBytes(writer, buffer, NULL, NULL, 0, heap, &bytes, &count, error),
                  WS_E_QUOTA_EXCEEDED, "65537 bytes");
    size++;
    CHECK_STATUS(WsWriteXmlBufferToBytes(writer, buffer, NULL, &property, 1, heap, &bytes, &count, error), 0);
}

int main(void)
{
    ws_set_up();
    RUN(test_depth);
    RUN(test_attributes);
    RUN(test_namespaces);
    RUN(test_hostile_sizes);
    RUN(test_heap_quota);
    RUN(test_fragments);
    RUN(test_reader_properties);
    RUN(test_writer_properties);
    RUN(test_writer_size);
    ws_tear_down();
    return test_result("ws_limits");
}
