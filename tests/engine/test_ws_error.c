/* SPDX-License-Identifier: MIT
 *
 * Error objects, their strings and their fault; times, whose functions fail through them.
 */
#include "ws_support.h"

static ULONG string_count(void)
{
    ULONG count = 99;

    CHECK_STATUS(WsGetErrorProperty(error, WS_ERROR_PROPERTY_STRING_COUNT, &count, sizeof count), 0);
    return count;
}

static void test_language(void)
{
    LANGID german = 0x0407, none = 0, got = 0;
    HRESULT code = 5;
    WS_ERROR_PROPERTY property = {WS_ERROR_PROPERTY_LANGID, &german, sizeof german};
    WS_ERROR_PROPERTY other = {WS_ERROR_PROPERTY_ORIGINAL_ERROR_CODE, &code, sizeof code};
    WS_STRING string = {1, (WCHAR[]){'x'}};
    WS_ERROR *own = NULL;

    CHECK_STATUS(WsGetErrorProperty(error, WS_ERROR_PROPERTY_LANGID, &got, sizeof got), 0);
    CHECK(got == 0x0409);
    CHECK_STATUS(WsCreateError(&property, 1, &own), 0);
    CHECK_STATUS(WsGetErrorProperty(own, WS_ERROR_PROPERTY_LANGID, &got, sizeof got), 0);
    CHECK(got == german);
    CHECK_STATUS(WsSetErrorProperty(own, WS_ERROR_PROPERTY_LANGID, &got, sizeof got), 0);
    CHECK_STATUS(WsSetErrorProperty(own, WS_ERROR_PROPERTY_LANGID, &none, sizeof none), E_INVALIDARG);
    CHECK_STATUS(WsAddErrorString(own, &string), 0);
    CHECK_STATUS(WsSetErrorProperty(own, WS_ERROR_PROPERTY_LANGID, &got, sizeof got), WS_E_INVALID_OPERATION);
    CHECK_STATUS(WsResetError(own), 0);
    CHECK_STATUS(WsSetErrorProperty(own, WS_ERROR_PROPERTY_LANGID, &got, sizeof got), 0);
    WsFreeError(own);
    property.valueSize = 4;
    CHECK_STATUS(WsCreateError(&property, 1, &own), E_INVALIDARG);
    CHECK_STATUS(WsCreateError(&other, 1, &own), E_INVALIDARG);
    CHECK_STATUS(WsCreateError(NULL, 1, &own), E_INVALIDARG);
    CHECK_STATUS(WsCreateError(NULL, 0, NULL), E_INVALIDARG);
}

static void test_strings(void)
{
    WCHAR letters[] = {'a', 'b', 0xD800};
    WS_STRING first = {2, letters}, second = {3, letters}, empty = {0, NULL}, bad = {1, NULL}, got = {0, NULL};
    HRESULT code = (HRESULT)0x80090016u;

    CHECK(string_count() == 0);
    CHECK_STATUS(WsGetErrorString(error, 0, &got), E_INVALIDARG);
    CHECK_STATUS(WsAddErrorString(error, &first), 0);
    CHECK_STATUS(WsAddErrorString(error, &second), 0);
    CHECK_STATUS(WsAddErrorString(error, &empty), 0);
    CHECK_STATUS(WsAddErrorString(error, &bad), E_INVALIDARG);
    CHECK_STATUS(WsAddErrorString(error, NULL), E_INVALIDARG);
    CHECK_STATUS(WsSetErrorProperty(error, WS_ERROR_PROPERTY_ORIGINAL_ERROR_CODE, &code, sizeof code), 0);
    CHECK(string_count() == 4);
    letters[0] = 'z';
    CHECK_STATUS(WsGetErrorString(error, 0, &got), 0);
    CHECK(got.length == 0);
    CHECK_STATUS(WsGetErrorString(error, 1, &got), 0);
    CHECK(got.length == 3 && got.chars[0] == 'a' && got.chars[2] == 0xD800);
    CHECK_STATUS(WsGetErrorString(error, 2, &got), 0);
    CHECK(got.length == 2 && got.chars[1] == 'b');
    CHECK_STATUS(WsGetErrorString(error, 3, &got), 0);
    CHECK(got.length == strlen("the original error code is 0x80090016"));
    CHECK_STATUS(WsGetErrorString(error, 4, &got), E_INVALIDARG);
    CHECK_STATUS(WsGetErrorString(error, 0, NULL), E_INVALIDARG);
    code = 0;
    CHECK_STATUS(WsGetErrorProperty(error, WS_ERROR_PROPERTY_ORIGINAL_ERROR_CODE, &code, sizeof code), 0);
    CHECK(code == (HRESULT)0x80090016u);
    CHECK_STATUS(WsResetError(error), 0);
    CHECK(string_count() == 0);
    CHECK_STATUS(WsGetErrorProperty(error, WS_ERROR_PROPERTY_ORIGINAL_ERROR_CODE, &code, sizeof code), 0);
    CHECK(code == 0);
}

static void test_sizes(void)
{
    uint64_t value = 0;

    CHECK_STATUS(WsGetErrorProperty(error, WS_ERROR_PROPERTY_STRING_COUNT, &value, 8), E_INVALIDARG);
    CHECK_STATUS(WsGetErrorProperty(error, WS_ERROR_PROPERTY_STRING_COUNT, &value, 2), E_INVALIDARG);
    CHECK_STATUS(WsGetErrorProperty(error, WS_ERROR_PROPERTY_STRING_COUNT, NULL, 4), E_INVALIDARG);
    CHECK_STATUS(WsGetErrorProperty(error, WS_ERROR_PROPERTY_LANGID, &value, 4), E_INVALIDARG);
    CHECK_STATUS(WsGetErrorProperty(error, (WS_ERROR_PROPERTY_ID)3, &value, 4), E_INVALIDARG);
    CHECK_STATUS(WsGetErrorProperty(error, (WS_ERROR_PROPERTY_ID)-1, &value, 4), E_INVALIDARG);
    CHECK_STATUS(WsSetErrorProperty(error, WS_ERROR_PROPERTY_STRING_COUNT, &value, 4), E_INVALIDARG);
    CHECK_STATUS(WsSetErrorProperty(error, WS_ERROR_PROPERTY_ORIGINAL_ERROR_CODE, &value, 8), E_INVALIDARG);
    CHECK_STATUS(WsSetErrorProperty(error, WS_ERROR_PROPERTY_ORIGINAL_ERROR_CODE, NULL, 4), E_INVALIDARG);
}

/* Failures are added, and success changes nothing. */
static void test_appended(void)
{
    void *memory;

    CHECK_STATUS(WsAlloc(NULL, 1, &memory, error), E_INVALIDARG);
    CHECK(strcmp(newest_sentence(), "the WS_HEAP is NULL") == 0);
    CHECK_STATUS(WsAlloc(heap, 1, &memory, error), 0);
    CHECK(string_count() == 1);
    CHECK_STATUS(WsAlloc(heap, (SIZE_T)1 << 25, &memory, error), WS_E_QUOTA_EXCEEDED);
    CHECK(string_count() == 2 && strstr(newest_sentence(), "quota") != NULL);
    CHECK_STATUS(WsAlloc(heap, (SIZE_T)1 << 25, &memory, NULL), WS_E_QUOTA_EXCEEDED);
    CHECK_STATUS(WsResetError(error), 0);
}

static WS_XML_STRING utf8(char *text)
{
    return (WS_XML_STRING){.length = (ULONG)strlen(text), .bytes = (BYTE *)text};
}

static void test_fault(void)
{
    char sender[] = "Sender", inner[] = "Inner";
    WCHAR text[] = {'n', 'o'}, language[] = {'e', 'n'};
    WS_FAULT_CODE sub = {{utf8(inner), {0}}, NULL}, code = {{utf8(sender), {0}}, &sub};
    WS_FAULT_REASON reason = {{2, text}, {2, language}};
    WS_FAULT fault = {&code, &reason, 1, {2, text}, {0, NULL}, make_buffer("<Detail><x/></Detail>")};
    WS_FAULT *got = &fault;
    WS_XML_BUFFER *kept;

    CHECK_STATUS(WsGetFaultErrorProperty(error, WS_FAULT_ERROR_PROPERTY_FAULT, &got, sizeof got), 0);
    CHECK(got == NULL);
    CHECK_STATUS(WsSetFaultErrorProperty(error, WS_FAULT_ERROR_PROPERTY_FAULT, &fault, sizeof fault), 0);
    sender[0] = inner[0] = 'z';
    text[0] = 'z';
    CHECK_STATUS(WsResetHeap(heap, NULL), 0);
    CHECK_STATUS(WsGetFaultErrorProperty(error, WS_FAULT_ERROR_PROPERTY_FAULT, &got, sizeof got), 0);
    if (!CHECK(got != NULL && got != &fault)) {
        return;
    }
    CHECK(got->code->value.localName.length == 6 && memcmp(got->code->value.localName.bytes, "Sender", 6) == 0);
    CHECK(memcmp(got->code->subCode->value.localName.bytes, "Inner", 5) == 0 && got->code->subCode->subCode == NULL);
    CHECK(got->reasonCount == 1 && got->reasons[0].text.chars[0] == 'n' && got->reasons[0].lang.length == 2);
    CHECK(got->actor.length == 2 && got->actor.chars[0] == 'n' && got->node.length == 0);
    CHECK(got->detail != fault.detail && strcmp(text_of(got->detail), "<Detail><x/></Detail>") == 0);
    kept = got->detail;
    CHECK_STATUS(WsResetError(error), 0);
    CHECK_FAILURE(WsWriteXmlBufferToBytes(writer, kept, NULL, NULL, 0, heap, (void *[]){NULL}, (ULONG[]){0}, error),
                  E_INVALIDARG, "WS_XML_BUFFER");
    CHECK_STATUS(WsGetFaultErrorProperty(error, WS_FAULT_ERROR_PROPERTY_FAULT, &got, sizeof got), 0);
    CHECK(got == NULL);
    code.subCode = &code;
    fault.detail = NULL;
    CHECK_STATUS(WsSetFaultErrorProperty(error, WS_FAULT_ERROR_PROPERTY_FAULT, &fault, sizeof fault), E_INVALIDARG);
    code.subCode = NULL;
    fault.detail = kept;
    CHECK_STATUS(WsSetFaultErrorProperty(error, WS_FAULT_ERROR_PROPERTY_FAULT, &fault, sizeof fault), E_INVALIDARG);
    fault.detail = NULL;
    fault.reasons = NULL;
    CHECK_STATUS(WsSetFaultErrorProperty(error, WS_FAULT_ERROR_PROPERTY_FAULT, &fault, sizeof fault), E_INVALIDARG);
    CHECK_STATUS(WsSetFaultErrorProperty(error, WS_FAULT_ERROR_PROPERTY_FAULT, &fault, 8), E_INVALIDARG);
}

static void test_fault_action_and_header(void)
{
    char uri[] = "urn:action";
    WS_XML_STRING action = utf8(uri), got = {.length = 9};
    WS_XML_BUFFER *header = make_buffer("<h/>"), *copy = header, *none = NULL;

    CHECK_STATUS(WsGetFaultErrorProperty(error, WS_FAULT_ERROR_PROPERTY_ACTION, &got, sizeof got), 0);
    CHECK(got.length == 0);
    CHECK_STATUS(WsSetFaultErrorProperty(error, WS_FAULT_ERROR_PROPERTY_ACTION, &action, sizeof action), 0);
    uri[0] = 'z';
    CHECK_STATUS(WsGetFaultErrorProperty(error, WS_FAULT_ERROR_PROPERTY_ACTION, &got, sizeof got), 0);
    CHECK(got.length == 10 && memcmp(got.bytes, "urn:action", 10) == 0 && got.dictionary == NULL);
    CHECK_STATUS(WsSetFaultErrorProperty(error, WS_FAULT_ERROR_PROPERTY_HEADER, &header, sizeof header), 0);
    CHECK_STATUS(WsGetFaultErrorProperty(error, WS_FAULT_ERROR_PROPERTY_HEADER, &copy, sizeof copy), 0);
    CHECK(copy != header && strcmp(text_of(copy), "<h/>") == 0);
    CHECK_STATUS(WsSetFaultErrorProperty(error, WS_FAULT_ERROR_PROPERTY_HEADER, &none, sizeof none), 0);
    CHECK_STATUS(WsGetFaultErrorProperty(error, WS_FAULT_ERROR_PROPERTY_HEADER, &copy, sizeof copy), 0);
    CHECK(copy == NULL);
    CHECK_STATUS(WsGetFaultErrorProperty(error, (WS_FAULT_ERROR_PROPERTY_ID)3, &copy, sizeof copy), E_INVALIDARG);
    CHECK_STATUS(WsGetFaultErrorProperty(error, WS_FAULT_ERROR_PROPERTY_HEADER, &copy, 4), E_INVALIDARG);
    CHECK_STATUS(WsSetFaultErrorProperty(error, (WS_FAULT_ERROR_PROPERTY_ID)-1, &copy, sizeof copy), E_INVALIDARG);
    CHECK_STATUS(WsSetFaultErrorProperty(error, WS_FAULT_ERROR_PROPERTY_HEADER, NULL, sizeof copy), E_INVALIDARG);
    CHECK_STATUS(WsResetError(error), 0);
}

static void test_times(void)
{
    const uint64_t epoch = 504911232000000000u, last = 3155378975999999999u;
    FILETIME file = {0, 0};
    WS_DATETIME date = {0, WS_DATETIME_FORMAT_NONE};

    CHECK_STATUS(WsFileTimeToDateTime(&file, &date, error), 0);
    CHECK(date.ticks == epoch && date.format == WS_DATETIME_FORMAT_UTC);
    date.ticks = last;
    CHECK_STATUS(WsDateTimeToFileTime(&date, &file, error), 0);
    date.ticks = 0;
    CHECK_STATUS(WsFileTimeToDateTime(&file, &date, error), 0);
    CHECK(date.ticks == last);
    file.dwLowDateTime++;
    CHECK_FAILURE(WsFileTimeToDateTime(&file, &date, error), WS_E_INVALID_FORMAT, "9999");
    date.ticks = epoch - 1;
    CHECK_FAILURE(WsDateTimeToFileTime(&date, &file, error), WS_E_INVALID_FORMAT, "1601");
    date.ticks = last + 1;
    CHECK_FAILURE(WsDateTimeToFileTime(&date, &file, error), WS_E_INVALID_FORMAT, "9999");
    CHECK_FAILURE(WsDateTimeToFileTime(NULL, &file, error), E_INVALIDARG, "NULL");
    CHECK_FAILURE(WsFileTimeToDateTime(&file, NULL, error), E_INVALIDARG, "NULL");
}

int main(void)
{
    ws_set_up();
    RUN(test_language);
    RUN(test_strings);
    RUN(test_sizes);
    RUN(test_appended);
    RUN(test_fault);
    RUN(test_fault_action_and_header);
    RUN(test_times);
    ws_tear_down();
    return test_result("ws_error");
}
