/* SPDX-License-Identifier: MIT
 *
 * Memory runs short: every allocation of ours fails once, libxml2's among them. The answer is E_OUTOFMEMORY or, where
 * the memory was for something that can be done without, success; nothing is lost, and the next try works.
 */
#include "ws_support.h"
#include "short_xml.h"

/* Everything once, with objects of its own; what it got is freed in any case. */
static HRESULT run(void)
{
    static const char TEXT[] = "<p:a b='&lt;1&#10;' xmlns:p='u&amp;v'>x&amp;<c d='&quot;'>\xC3\xA9</c><!--y--></p:a>";
    BYTE bytes[16] = {1};
    WS_RAW_SYMMETRIC_SECURITY_KEY_HANDLE key = {{WS_RAW_SYMMETRIC_SECURITY_KEY_HANDLE_TYPE}, {16, bytes}};
    WS_XML_BUFFER *buffer = NULL, *part = NULL;
    WS_XML_SECURITY_TOKEN_PROPERTY property = {WS_XML_SECURITY_TOKEN_PROPERTY_ATTACHED_REFERENCE, &buffer,
                                               sizeof(WS_XML_BUFFER *)};
    WS_XML_WRITER_TEXT_ENCODING utf16 = {{WS_XML_WRITER_ENCODING_TYPE_TEXT}, WS_CHARSET_UTF16LE};
    WS_FAULT fault = {0};
    WS_STRING string = {1, (WCHAR[]){'x'}};
    WS_SECURITY_TOKEN *token = NULL;
    WS_BYTES copy;
    void *memory;
    ULONG count = 0;
    HRESULT status;
    bool good = (status = WsCreateError(NULL, 0, &error)) == 0 && (status = WsAddErrorString(error, &string)) == 0 &&
                (status = WsCreateHeap(1u << 20, 0, NULL, 0, &heap, error)) == 0 &&
                (status = WsCreateReader(NULL, 0, &reader, error)) == 0 &&
                (status = WsCreateWriter(NULL, 0, &writer, error)) == 0 && (status = read_text(TEXT, &buffer)) == 0 &&
                (status = WsWriteXmlBufferToBytes(writer, buffer, &utf16.encoding, NULL, 0, heap, &memory, &count,
                                                  error)) == 0 &&
                (status = read_sized(memory, count, WS_CHARSET_UTF16LE, &part)) == 0 &&
                (status = WsCreateXmlSecurityToken(part, &key.keyHandle, &property, 1, &token, error)) == 0 &&
                (status = WsGetSecurityTokenProperty(token, WS_SECURITY_TOKEN_PROPERTY_SYMMETRIC_KEY, &copy,
                                                     sizeof copy, heap, error)) == 0 &&
                (status = WsGetSecurityTokenProperty(token, WS_SECURITY_TOKEN_PROPERTY_SERIALIZED_XML, &part,
                                                     sizeof(WS_XML_BUFFER *), NULL, error)) == 0;

    if (good) {
        fault.detail = part;
        status = WsSetFaultErrorProperty(error, WS_FAULT_ERROR_PROPERTY_FAULT, &fault, sizeof fault);
        counting = false;
        CHECK(strcmp(text_of(part),
                     "<p:a b=\"&lt;1&#xA;\" xmlns:p=\"u&amp;v\">x&amp;<c d=\"&quot;\">\xC3\xA9</c><!--y-->"
                     "</p:a>") == 0);
    }
    counting = false;
    WsFreeSecurityToken(token);
    ws_tear_down();
    error = NULL;
    heap = NULL;
    reader = NULL;
    writer = NULL;
    return status;
}

#define ALLOCATIONS 400 /* more than there are */

static void fail_each(void)
{
    unsigned failures = 0;
    unsigned i;

    for (i = 0; i < ALLOCATIONS; i++) {
        HRESULT status;

        remaining = i;
        struck = false;
        counting = true;
        status = run();
        if (!struck) {
            CHECK_STATUS(status, 0);
            break;
        }
        failures += status != 0;
        if (!CHECK(status == E_OUTOFMEMORY || status == 0)) {
            fprintf(stderr, "    allocation %u: 0x%08X\n", i, (unsigned)status);
        }
    }
    CHECK(i > 20 && i < ALLOCATIONS && failures > 10);
}

int main(void)
{
    use_own_xml_memory();
    CHECK_STATUS(run(), 0);
    RUN(fail_each);
    return test_result("ws_memory");
}
