/* SPDX-License-Identifier: MIT
 *
 * What the fuzz targets of web services share.
 */
#ifndef TESTS_FUZZ_WS_SUPPORT_H
#define TESTS_FUZZ_WS_SUPPORT_H

#include "fuzz_support.h"

#include "common/export.h"
#include "webservices.h"

/* Kept between inputs, as a program would: what one input leaves behind, the next one meets. */
static WS_ERROR *error;
static WS_HEAP *heap;
static WS_XML_READER *reader;
static WS_XML_WRITER *writer;

static inline void set_up(void)
{
    const ULONG limit = 1u << 24;
    const WS_XML_WRITER_PROPERTY properties[] = {
        {WS_XML_WRITER_PROPERTY_BUFFER_MAX_SIZE, (void *)(uintptr_t)&limit, sizeof limit},
    };

    if (error == NULL) {
        REQUIRE(WsCreateError(NULL, 0, &error) == 0);
        REQUIRE(WsCreateHeap(1u << 24, 1u << 14, NULL, 0, &heap, NULL) == 0);
        REQUIRE(WsCreateReader(NULL, 0, &reader, NULL) == 0);
        REQUIRE(WsCreateWriter(properties, 1, &writer, NULL) == 0);
    }
}

/* A failure has a sentence, and one of the codes that a document can cause. */
static inline void check_failure(HRESULT status)
{
    ULONG count = 0;
    WS_STRING string = {0, NULL};

    REQUIRE(status == WS_E_INVALID_FORMAT || status == WS_E_QUOTA_EXCEEDED || status == E_INVALIDARG);
    REQUIRE(WsGetErrorProperty(error, WS_ERROR_PROPERTY_STRING_COUNT, &count, sizeof count) == 0);
    REQUIRE(count > 0);
    REQUIRE(WsGetErrorString(error, 0, &string) == 0);
    REQUIRE(string.length > 0);
    REQUIRE(WsResetError(error) == 0);
}

/* The buffer, or NULL when the bytes are none. */
static inline WS_XML_BUFFER *read_bytes(const void *bytes, size_t size, BOOL fragment)
{
    const WS_XML_READER_PROPERTY properties[] = {{WS_XML_READER_PROPERTY_ALLOW_FRAGMENT, &fragment, sizeof fragment}};
    WS_XML_BUFFER *buffer = NULL;
    HRESULT status = WsReadXmlBufferFromBytes(reader, NULL, properties, 1, bytes, (ULONG)size, heap, &buffer, error);

    if (status != 0) {
        REQUIRE(buffer == NULL);
        check_failure(status);
    }
    return buffer;
}

static inline WS_BYTES write_bytes(WS_XML_BUFFER *buffer, WS_CHARSET charset, BOOL declare, BOOL fragment)
{
    const WS_XML_WRITER_TEXT_ENCODING encoding = {{WS_XML_WRITER_ENCODING_TYPE_TEXT}, charset};
    const WS_XML_WRITER_PROPERTY properties[] = {
        {WS_XML_WRITER_PROPERTY_WRITE_DECLARATION, &declare, sizeof declare},
        {WS_XML_WRITER_PROPERTY_ALLOW_FRAGMENT, &fragment, sizeof fragment},
    };
    void *bytes = NULL;
    ULONG count = 0;

    REQUIRE(WsWriteXmlBufferToBytes(writer, buffer, &encoding.encoding, properties, 2, heap, &bytes, &count, error) ==
            0);
    return (WS_BYTES){count, bytes};
}

#endif
