/* SPDX-License-Identifier: MIT
 *
 * Heaps: quota, alignment, reset; and what every function answers to pointers that are none of its objects.
 */
#include "ws_support.h"

static size_t property(WS_HEAP *of, WS_HEAP_PROPERTY_ID id)
{
    SIZE_T value = 77;

    CHECK_STATUS(WsGetHeapProperty(of, id, &value, sizeof value, error), 0);
    return value;
}

static void test_quota(void)
{
    WS_HEAP *own = NULL;
    void *memory = NULL;

    CHECK_STATUS(WsCreateHeap(100, 10, NULL, 0, &own, error), 0);
    CHECK(property(own, WS_HEAP_PROPERTY_MAX_SIZE) == 100 && property(own, WS_HEAP_PROPERTY_TRIM_SIZE) == 10);
    CHECK(property(own, WS_HEAP_PROPERTY_REQUESTED_SIZE) == 0 && property(own, WS_HEAP_PROPERTY_ACTUAL_SIZE) == 0);
    CHECK_STATUS(WsAlloc(own, 99, &memory, error), 0);
    CHECK(property(own, WS_HEAP_PROPERTY_REQUESTED_SIZE) == 99 && property(own, WS_HEAP_PROPERTY_ACTUAL_SIZE) >= 99);
    CHECK_STATUS(WsAlloc(own, 1, &memory, error), 0);
    memory = NULL;
    CHECK_STATUS(WsAlloc(own, 0, &memory, error), 0);
    CHECK(memory != NULL);
    memory = own;
    CHECK_FAILURE(WsAlloc(own, 1, &memory, error), WS_E_QUOTA_EXCEEDED, "100 bytes");
    CHECK_FAILURE(WsAlloc(own, SIZE_MAX, &memory, error), WS_E_QUOTA_EXCEEDED, "quota");
    CHECK(memory == (void *)own);
    CHECK_STATUS(WsResetHeap(own, error), 0);
    CHECK(property(own, WS_HEAP_PROPERTY_REQUESTED_SIZE) == 0 && property(own, WS_HEAP_PROPERTY_ACTUAL_SIZE) <= 10);
    CHECK_STATUS(WsAlloc(own, 100, &memory, error), 0);
    WsFreeHeap(own);
    CHECK_STATUS(WsCreateHeap(SIZE_MAX, 0, NULL, 0, &own, error), 0);
    CHECK_FAILURE(WsAlloc(own, SIZE_MAX, &memory, error), E_OUTOFMEMORY, "memory");
    CHECK_FAILURE(WsAlloc(own, SIZE_MAX - 8, &memory, error), E_OUTOFMEMORY, "memory");
    WsFreeHeap(own);
}

static void test_alignment(void)
{
    static const size_t SIZES[] = {1, 3, 8, 0, 9, 1000, 5000, 7};
    unsigned char *blocks[200];
    bool overlap = false;

    for (size_t i = 0; i < COUNT(blocks); i++) {
        size_t size = SIZES[i % COUNT(SIZES)];
        void *memory = NULL;

        CHECK_STATUS(WsAlloc(heap, size, &memory, error), 0);
        CHECK((uintptr_t)memory % 8 == 0);
        blocks[i] = memset(memory, (int)i, size);
    }
    for (size_t i = 0; i < COUNT(blocks); i++) {
        for (size_t k = 0; k < SIZES[i % COUNT(SIZES)]; k++) {
            overlap = overlap || blocks[i][k] != (unsigned char)i;
        }
    }
    CHECK(!overlap);
    CHECK_STATUS(WsResetHeap(heap, error), 0);
}

static void test_arguments(void)
{
    WS_HEAP_PROPERTY properties[] = {{WS_HEAP_PROPERTY_MAX_SIZE, &(SIZE_T){1}, sizeof(SIZE_T)}};
    WS_HEAP *own = NULL;
    SIZE_T value;

    CHECK_FAILURE(WsCreateHeap(1, 1, properties, 1, &own, error), E_INVALIDARG, "properties");
    CHECK_FAILURE(WsCreateHeap(1, 1, NULL, 1, &own, error), E_INVALIDARG, "properties");
    CHECK_FAILURE(WsCreateHeap(1, 1, NULL, 0, NULL, error), E_INVALIDARG, "NULL");
    CHECK(own == NULL);
    CHECK_FAILURE(WsAlloc(heap, 1, NULL, error), E_INVALIDARG, "NULL");
    CHECK_FAILURE(WsGetHeapProperty(heap, WS_HEAP_PROPERTY_MAX_SIZE, &value, 4, error), E_INVALIDARG, "exactly");
    CHECK_FAILURE(WsGetHeapProperty(heap, WS_HEAP_PROPERTY_MAX_SIZE, NULL, 8, error), E_INVALIDARG, "exactly");
    CHECK_FAILURE(WsGetHeapProperty(heap, (WS_HEAP_PROPERTY_ID)4, &value, 8, error), E_INVALIDARG, "property 4");
    CHECK_FAILURE(WsGetHeapProperty(heap, (WS_HEAP_PROPERTY_ID)-1, &value, 8, error), E_INVALIDARG, "property -1");
}

/* A buffer dies with its heap, and is charged to it. */
static void test_buffers(void)
{
    WS_HEAP *own = NULL, *usual = heap;
    WS_XML_BUFFER *buffer, *stale;

    CHECK_STATUS(WsCreateHeap(4096, 0, NULL, 0, &own, error), 0);
    heap = own;
    stale = make_buffer("<a>0123456789</a>");
    CHECK(property(own, WS_HEAP_PROPERTY_REQUESTED_SIZE) > strlen("<a>0123456789</a>"));
    CHECK_STATUS(WsResetHeap(own, error), 0);
    CHECK_FAILURE(WsWriteXmlBufferToBytes(writer, stale, NULL, NULL, 0, own, (void *[]){NULL}, (ULONG[]){0}, error),
                  E_INVALIDARG, "WS_XML_BUFFER");
    CHECK_STATUS(WsCreateXmlBuffer(own, NULL, 0, &buffer, error), 0);
    CHECK(strcmp(text_of(buffer), "") == 0);
    CHECK_FAILURE(WsCreateXmlBuffer(own, NULL, 1, &buffer, error), E_INVALIDARG, "properties");
    CHECK_FAILURE(WsCreateXmlBuffer(own, NULL, 0, NULL, error), E_INVALIDARG, "NULL");
    for (int i = 0; i < 1000; i++) {
        if (WsCreateXmlBuffer(own, NULL, 0, &buffer, NULL) != 0) {
            break;
        }
    }
    CHECK_FAILURE(WsCreateXmlBuffer(own, NULL, 0, &buffer, error), WS_E_QUOTA_EXCEEDED, "quota");
    WsFreeHeap(own);
    heap = usual;
}

/* Every function, with something in the place of its object that is none. */
static void refuse(void *junk)
{
    static WS_XML_READER_TEXT_ENCODING in = {{WS_XML_READER_ENCODING_TYPE_TEXT}, WS_CHARSET_UTF8};
    static WS_XML_WRITER_TEXT_ENCODING out = {{WS_XML_WRITER_ENCODING_TYPE_TEXT}, WS_CHARSET_UTF8};
    static WS_XML_READER_BUFFER_INPUT input = {{WS_XML_READER_INPUT_TYPE_BUFFER}, (void *)(uintptr_t)"<a/>", 4};
    static WS_XML_WRITER_BUFFER_OUTPUT output = {{WS_XML_WRITER_OUTPUT_TYPE_BUFFER}};
    WS_STRING string = {0, NULL};
    WS_XML_BUFFER *buffer;
    WS_SECURITY_TOKEN *token;
    uint64_t value[8];
    void *memory;
    ULONG count;

    CHECK_STATUS(WsResetError(junk), E_INVALIDARG);
    CHECK_STATUS(WsGetErrorProperty(junk, WS_ERROR_PROPERTY_STRING_COUNT, value, 4), E_INVALIDARG);
    CHECK_STATUS(WsSetErrorProperty(junk, WS_ERROR_PROPERTY_ORIGINAL_ERROR_CODE, value, 4), E_INVALIDARG);
    CHECK_STATUS(WsAddErrorString(junk, &string), E_INVALIDARG);
    CHECK_STATUS(WsGetErrorString(junk, 0, &string), E_INVALIDARG);
    CHECK_STATUS(WsGetFaultErrorProperty(junk, WS_FAULT_ERROR_PROPERTY_FAULT, value, 8), E_INVALIDARG);
    CHECK_STATUS(WsSetFaultErrorProperty(junk, WS_FAULT_ERROR_PROPERTY_HEADER, value, 8), E_INVALIDARG);
    CHECK_STATUS(WsAlloc(junk, 1, &memory, junk), E_INVALIDARG);
    CHECK_FAILURE(WsAlloc(junk, 1, &memory, error), E_INVALIDARG, "WS_HEAP");
    CHECK_STATUS(WsGetHeapProperty(junk, WS_HEAP_PROPERTY_MAX_SIZE, value, 8, NULL), E_INVALIDARG);
    CHECK_STATUS(WsResetHeap(junk, NULL), E_INVALIDARG);
    CHECK_STATUS(WsCreateXmlBuffer(junk, NULL, 0, &buffer, NULL), E_INVALIDARG);
    CHECK_STATUS(WsSetInput(junk, &in.encoding, &input.input, NULL, 0, NULL), E_INVALIDARG);
    CHECK_STATUS(WsGetReaderProperty(junk, WS_XML_READER_PROPERTY_MAX_DEPTH, value, 4, NULL), E_INVALIDARG);
    CHECK_STATUS(WsReadXmlBuffer(junk, heap, &buffer, NULL), E_INVALIDARG);
    CHECK_STATUS(WsSetInput(reader, &in.encoding, &input.input, NULL, 0, NULL), 0);
    CHECK_STATUS(WsReadXmlBuffer(reader, junk, &buffer, NULL), E_INVALIDARG);
    CHECK_STATUS(WsReadXmlBufferFromBytes(junk, NULL, NULL, 0, "<a/>", 4, heap, &buffer, NULL), E_INVALIDARG);
    CHECK_STATUS(WsSetOutput(junk, &out.encoding, &output.output, NULL, 0, NULL), E_INVALIDARG);
    CHECK_STATUS(WsGetWriterProperty(junk, WS_XML_WRITER_PROPERTY_MAX_DEPTH, value, 4, NULL), E_INVALIDARG);
    CHECK_STATUS(WsWriteXmlBuffer(junk, NULL, NULL), E_INVALIDARG);
    CHECK_STATUS(WsSetOutput(writer, &out.encoding, &output.output, NULL, 0, NULL), 0);
    CHECK_STATUS(WsWriteXmlBuffer(writer, junk, NULL), E_INVALIDARG);
    CHECK_STATUS(WsWriteXmlBufferToBytes(writer, junk, NULL, NULL, 0, heap, &memory, &count, NULL), E_INVALIDARG);
    CHECK_STATUS(WsCreateXmlSecurityToken(junk, NULL, NULL, 0, &token, NULL), E_INVALIDARG);
    CHECK_STATUS(WsGetSecurityTokenProperty(junk, WS_SECURITY_TOKEN_PROPERTY_KEY_TYPE, value, 4, NULL, NULL),
                 E_INVALIDARG);
    WsFreeSecurityToken(junk);
    WsFreeWriter(junk);
    WsFreeReader(junk);
    WsFreeHeap(junk);
    WsFreeError(junk);
}

static void test_no_objects(void)
{
    WS_HEAP *gone = NULL;
    int local = 0;

    CHECK_STATUS(WsCreateHeap(1, 1, NULL, 0, &gone, error), 0);
    WsFreeHeap(gone);
    refuse(NULL);
    refuse(gone);
    refuse(&local);
    refuse((void *)1);
    refuse((void *)(uintptr_t)0x123456789Au);
    refuse((void *)UINTPTR_MAX);
}

/* Objects of another type: live all through. */
static void test_foreign_objects(void)
{
    void *memory;
    WS_XML_BUFFER *buffer = make_buffer("<a/>");

    CHECK_FAILURE(WsAlloc((WS_HEAP *)reader, 1, &memory, error), E_INVALIDARG, "WS_HEAP");
    CHECK_FAILURE(WsResetHeap((WS_HEAP *)buffer, error), E_INVALIDARG, "WS_HEAP");
    CHECK_FAILURE(WsReadXmlBuffer((WS_XML_READER *)writer, heap, &buffer, error), E_INVALIDARG, "WS_XML_READER");
    CHECK_FAILURE(WsWriteXmlBuffer((WS_XML_WRITER *)heap, buffer, error), E_INVALIDARG, "WS_XML_WRITER");
    CHECK_STATUS(WsResetError((WS_ERROR *)heap), E_INVALIDARG);
    WsFreeReader((WS_XML_READER *)writer);
    WsFreeHeap((WS_HEAP *)error);
    WsFreeError((WS_ERROR *)buffer);
    WsFreeSecurityToken((WS_SECURITY_TOKEN *)buffer);
    CHECK(strcmp(text_of(buffer), "<a/>") == 0);
}

int main(void)
{
    ws_set_up();
    RUN(test_quota);
    RUN(test_alignment);
    RUN(test_arguments);
    RUN(test_buffers);
    RUN(test_no_objects);
    RUN(test_foreign_objects);
    ws_tear_down();
    return test_result("ws_heap");
}
