/* SPDX-License-Identifier: MIT
 *
 * A document, as a whole and as a fragment: read, written in every charset, and read again. What is read again has to
 * give the same text. Read element by element, each of them is a document.
 */
#include "ws_support.h"

static void check_again(WS_BYTES text, WS_BYTES other, BOOL fragment)
{
    WS_XML_BUFFER *again = read_bytes(other.bytes, other.length, fragment);
    WS_BYTES written;

    REQUIRE(again != NULL);
    written = write_bytes(again, WS_CHARSET_UTF8, FALSE, fragment);
    REQUIRE(written.length == text.length && memcmp(written.bytes, text.bytes, text.length) == 0);
}

static void check_elements(WS_BYTES text, BOOL fragment)
{
    const WS_XML_READER_TEXT_ENCODING utf8 = {{WS_XML_READER_ENCODING_TYPE_TEXT}, WS_CHARSET_UTF8};
    const WS_XML_READER_BUFFER_INPUT input = {{WS_XML_READER_INPUT_TYPE_BUFFER}, text.bytes, text.length};
    const WS_XML_READER_PROPERTY property = {WS_XML_READER_PROPERTY_ALLOW_FRAGMENT, &fragment, sizeof fragment};
    WS_XML_READER *whole = NULL;
    ULONG rest = text.length;
    BOOL found = TRUE;

    REQUIRE(WsCreateReader(NULL, 0, &whole, NULL) == 0);
    REQUIRE(WsSetInput(whole, &utf8.encoding, &input.input, &property, 1, NULL) == 0);
    while (WsReadToStartElement(whole, NULL, NULL, &found, NULL) == 0 && found) {
        WS_XML_BUFFER *element = NULL;
        WS_BYTES written;

        REQUIRE(WsReadXmlBuffer(whole, heap, &element, NULL) == 0);
        written = write_bytes(element, WS_CHARSET_UTF8, FALSE, FALSE);
        REQUIRE(written.length > 3 && written.length <= rest);
        check_again(written, written, FALSE);
        rest -= written.length;
    }
    REQUIRE(fragment || rest < text.length);
    WsFreeReader(whole);
}

static void check(const uint8_t *data, size_t size, BOOL fragment)
{
    /* A copy of the very size, so that reading past its end is noticed. */
    uint8_t *own = malloc(size == 0 ? 1 : size);
    WS_XML_BUFFER *buffer;
    WS_BYTES text;

    REQUIRE(own != NULL);
    if (size > 0) {
        memcpy(own, data, size);
    }
    buffer = read_bytes(own, size, fragment);
    free(own);
    if (buffer == NULL) {
        return;
    }
    text = write_bytes(buffer, WS_CHARSET_UTF8, FALSE, fragment);
    REQUIRE(text.length > 0 || fragment);
    /* At the beginning of a fragment, U+FEFF is a character after a declaration only. */
    if (text.length > 0 && !(text.length >= 3 && memcmp(text.bytes, "\xEF\xBB\xBF", 3) == 0)) {
        check_again(text, text, fragment);
        check_elements(text, fragment);
    }
    check_again(text, write_bytes(buffer, WS_CHARSET_UTF8, TRUE, fragment), fragment);
    check_again(text, write_bytes(buffer, WS_CHARSET_UTF16LE, TRUE, fragment), fragment);
    check_again(text, write_bytes(buffer, WS_CHARSET_UTF16BE, TRUE, fragment), fragment);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    set_up();
    check(data, size, FALSE);
    check(data, size, TRUE);
    REQUIRE(WsResetHeap(heap, NULL) == 0);
    REQUIRE(ncx_object_type_count(HANDLE_WS_BUFFER) == 0);
    return 0;
}
