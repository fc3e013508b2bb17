/* SPDX-License-Identifier: MIT
 *
 * A token of its XML and its references, and what can be asked of it. The input: one character for the key and the
 * properties ('@' and the bits below), then the three documents with a NUL between them.
 */
#include "ws_support.h"

enum { RAW_KEY = 1, ATTACHED = 2, UNATTACHED = 4, TIMES = 8, TWICE = 16, FRAGMENTS = 32 };

static WS_XML_BUFFER *next_document(const uint8_t **data, size_t *size, BOOL fragment)
{
    const uint8_t *end = memchr(*data, 0, *size);
    size_t length = end == NULL ? *size : (size_t)(end - *data);
    WS_XML_BUFFER *buffer = read_bytes(*data, length, fragment);

    *data += length + (end != NULL);
    *size -= length + (end != NULL);
    return buffer;
}

static void check_buffer(WS_SECURITY_TOKEN *token, WS_SECURITY_TOKEN_PROPERTY_ID id, const WS_BYTES *expected)
{
    WS_XML_BUFFER *buffer = (void *)1;
    WS_BYTES text;

    REQUIRE(WsGetSecurityTokenProperty(token, id, &buffer, sizeof buffer, NULL, error) == 0);
    if (expected == NULL) {
        REQUIRE(buffer == NULL);
        return;
    }
    text = write_bytes(buffer, WS_CHARSET_UTF8, FALSE, TRUE);
    REQUIRE(text.length == expected->length && memcmp(text.bytes, expected->bytes, text.length) == 0);
}

static void check_token(WS_SECURITY_TOKEN *token, unsigned kind, const WS_BYTES *texts)
{
    WS_SECURITY_KEY_TYPE type = 0;
    WS_DATETIME time = {1, WS_DATETIME_FORMAT_NONE};
    WS_BYTES key = {0, NULL};
    HRESULT status;

    REQUIRE(WsGetSecurityTokenProperty(token, WS_SECURITY_TOKEN_PROPERTY_KEY_TYPE, &type, sizeof type, NULL, error) ==
            0);
    REQUIRE(type == (kind & RAW_KEY ? WS_SECURITY_KEY_TYPE_SYMMETRIC : WS_SECURITY_KEY_TYPE_NONE));
    REQUIRE(WsGetSecurityTokenProperty(token, WS_SECURITY_TOKEN_PROPERTY_VALID_TILL_TIME, &time, sizeof time, NULL,
                                       error) == 0);
    REQUIRE(time.ticks == (kind & TIMES ? 20u : 0u));
    check_buffer(token, WS_SECURITY_TOKEN_PROPERTY_SERIALIZED_XML, &texts[0]);
    check_buffer(token, WS_SECURITY_TOKEN_PROPERTY_ATTACHED_REFERENCE_XML, kind & ATTACHED ? &texts[1] : NULL);
    check_buffer(token, WS_SECURITY_TOKEN_PROPERTY_UNATTACHED_REFERENCE_XML, kind & UNATTACHED ? &texts[2] : NULL);
    status = WsGetSecurityTokenProperty(token, WS_SECURITY_TOKEN_PROPERTY_SYMMETRIC_KEY, &key, sizeof key, heap, error);
    if (kind & RAW_KEY) {
        REQUIRE(status == 0 && key.length == 16 && memcmp(key.bytes, "0123456789abcdef", 16) == 0);
    } else {
        check_failure(status);
    }
}

static void check(const uint8_t *data, size_t size, unsigned kind)
{
    static const char KEY[] = "0123456789abcdef";
    const WS_RAW_SYMMETRIC_SECURITY_KEY_HANDLE key = {{WS_RAW_SYMMETRIC_SECURITY_KEY_HANDLE_TYPE},
                                                      {16, (BYTE *)(uintptr_t)KEY}};
    WS_DATETIME times[] = {{10, WS_DATETIME_FORMAT_UTC}, {20, WS_DATETIME_FORMAT_UTC}};
    WS_XML_SECURITY_TOKEN_PROPERTY properties[5];
    WS_XML_BUFFER *buffers[3];
    WS_BYTES texts[3] = {{0, NULL}};
    WS_SECURITY_TOKEN *token = NULL;
    ULONG count = 0;
    HRESULT status;

    for (int i = 0; i < 3; i++) {
        buffers[i] = next_document(&data, &size, (kind & FRAGMENTS) != 0);
        if (buffers[i] != NULL) {
            texts[i] = write_bytes(buffers[i], WS_CHARSET_UTF8, FALSE, TRUE);
        }
    }
    for (unsigned i = 0; i < 2; i++) {
        if (kind & (ATTACHED << i)) {
            properties[count++] = (WS_XML_SECURITY_TOKEN_PROPERTY){
                (WS_XML_SECURITY_TOKEN_PROPERTY_ID)(WS_XML_SECURITY_TOKEN_PROPERTY_ATTACHED_REFERENCE + i),
                &buffers[1 + i], sizeof *buffers};
        }
        if (kind & TIMES) {
            properties[count++] = (WS_XML_SECURITY_TOKEN_PROPERTY){
                (WS_XML_SECURITY_TOKEN_PROPERTY_ID)(WS_XML_SECURITY_TOKEN_PROPERTY_VALID_FROM_TIME + i), &times[i],
                sizeof *times};
        }
    }
    if ((kind & TWICE) && count > 0) {
        properties[count++] = properties[0];
    }
    status = WsCreateXmlSecurityToken(buffers[0], kind & RAW_KEY ? &key.keyHandle : NULL,
                                      count == 0 ? NULL : properties, count, &token, error);
    if (status != 0) {
        REQUIRE(token == NULL && status == E_INVALIDARG);
        check_failure(status);
        return;
    }
    check_token(token, kind, texts);
    WsFreeSecurityToken(token);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    set_up();
    check(data + 1, size - 1, data[0] & 63u);
    REQUIRE(WsResetHeap(heap, NULL) == 0);
    REQUIRE(ncx_object_type_count(HANDLE_WS_BUFFER) == 0 && ncx_object_type_count(HANDLE_WS_TOKEN) == 0);
    return 0;
}
