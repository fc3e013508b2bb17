/* SPDX-License-Identifier: MIT
 *
 * What the tests of web services share: one of each object, and the everyday steps.
 */
#ifndef TESTS_ENGINE_WS_SUPPORT_H
#define TESTS_ENGINE_WS_SUPPORT_H

#include "common/export.h"
#include "harness.h"
#include "webservices.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static WS_ERROR *error;
static WS_HEAP *heap;
static WS_XML_READER *reader;
static WS_XML_WRITER *writer;

static inline void ws_set_up(void)
{
    CHECK_STATUS(WsCreateError(NULL, 0, &error), 0);
    CHECK_STATUS(WsCreateHeap(1u << 24, 1u << 16, NULL, 0, &heap, error), 0);
    CHECK_STATUS(WsCreateReader(NULL, 0, &reader, error), 0);
    CHECK_STATUS(WsCreateWriter(NULL, 0, &writer, error), 0);
}

/* Everything that was made is gone. */
static inline void ws_tear_down(void)
{
    WsFreeWriter(writer);
    WsFreeReader(reader);
    WsFreeHeap(heap);
    WsFreeError(error);
    for (int type = HANDLE_WS_ERROR; type <= HANDLE_WS_MESSAGE; type++) {
        CHECK(ncx_object_type_count((enum handle_type)type) == 0);
    }
}

/* Text of the newest string, in ASCII; "" when there is none. */
static inline const char *newest_sentence(void)
{
    static char text[1024];
    WS_STRING string = {0, NULL};
    ULONG i;

    if (WsGetErrorString(error, 0, &string) != 0) {
        return "";
    }
    for (i = 0; i < string.length && i < sizeof text - 1; i++) {
        text[i] = string.chars[i] < 0x80 ? (char)string.chars[i] : '?';
    }
    text[i] = 0;
    return text;
}

/* The call failed so, and said why in words that have these in them. */
#define CHECK_FAILURE(call, want, words)                                                                               \
    do {                                                                                                               \
        CHECK_STATUS(call, want);                                                                                      \
        if (!CHECK(strstr(newest_sentence(), words) != NULL)) {                                                        \
            fprintf(stderr, "    it said: %s\n", newest_sentence());                                                   \
        }                                                                                                              \
        CHECK_STATUS(WsResetError(error), 0);                                                                          \
    } while (0)

static inline HRESULT read_sized(const void *text, size_t size, WS_CHARSET charset, WS_XML_BUFFER **buffer)
{
    const WS_XML_READER_TEXT_ENCODING encoding = {{WS_XML_READER_ENCODING_TYPE_TEXT}, charset};
    const WS_XML_READER_BUFFER_INPUT input = {{WS_XML_READER_INPUT_TYPE_BUFFER}, (void *)(uintptr_t)text, (ULONG)size};
    HRESULT status = WsSetInput(reader, &encoding.encoding, &input.input, NULL, 0, error);

    return status == 0 ? WsReadXmlBuffer(reader, heap, buffer, error) : status;
}

static inline HRESULT read_text(const char *text, WS_XML_BUFFER **buffer)
{
    return read_sized(text, strlen(text), WS_CHARSET_UTF8, buffer);
}

static inline WS_XML_BUFFER *make_buffer(const char *text)
{
    WS_XML_BUFFER *buffer = NULL;

    CHECK_STATUS(read_text(text, &buffer), 0);
    return buffer;
}

/* The buffer's text, NUL-terminated on the heap; "" after a failure. */
static inline const char *text_of(WS_XML_BUFFER *buffer)
{
    void *bytes = NULL;
    void *text = NULL;
    ULONG count = 0;

    if (!CHECK_STATUS(WsWriteXmlBufferToBytes(writer, buffer, NULL, NULL, 0, heap, &bytes, &count, error), 0) ||
        !CHECK_STATUS(WsAlloc(heap, count + 1, &text, error), 0)) {
        return "";
    }
    if (count > 0) {
        memcpy(text, bytes, count);
    }
    ((char *)text)[count] = 0;
    return text;
}

static inline void check_text(const char *from, const char *to)
{
    WS_XML_BUFFER *buffer = make_buffer(from);

    if (!CHECK(strcmp(text_of(buffer), to) == 0)) {
        fprintf(stderr, "    %s gave %s\n", from, text_of(buffer));
    }
    CHECK(strcmp(text_of(make_buffer(to)), to) == 0);
}

#endif
