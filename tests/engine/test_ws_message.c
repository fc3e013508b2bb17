/* SPDX-License-Identifier: MIT
 *
 * Messages: creation, states, properties, headers, addresses.
 */
#include "message_support.h"

static HRESULT create_with(int id, const void *value, ULONG size)
{
    const WS_MESSAGE_PROPERTY property = {(WS_MESSAGE_PROPERTY_ID)id, (void *)(uintptr_t)value, size};
    WS_MESSAGE *made = NULL;
    HRESULT status = WsCreateMessageForChannel(channel, &property, 1, &made, error);

    WsFreeMessage(made);
    return status;
}

static void creation(void)
{
    ULONG number = 5, flag = 9;
    SIZE_T size = 1000;
    WS_XML_READER_PROPERTY depth = {WS_XML_READER_PROPERTY_MAX_DEPTH, &number, 4};
    WS_XML_WRITER_PROPERTY fragment = {WS_XML_WRITER_PROPERTY_ALLOW_FRAGMENT, &flag, 4};
    WS_HEAP_PROPERTY most = {WS_HEAP_PROPERTY_MAX_SIZE, &size, sizeof size};
    WS_HEAP_PROPERTIES of_heap = {&most, 1};
    WS_XML_READER_PROPERTIES of_reader = {&depth, 1};
    WS_XML_WRITER_PROPERTIES of_writer = {&fragment, 1};

    CHECK_STATUS(create(NULL, 0), 0);
    CHECK_FAILURE(WsCreateMessageForChannel(channel, NULL, 0, NULL, error), E_INVALIDARG, "address");
    CHECK_FAILURE(WsCreateMessageForChannel(channel, NULL, 1, &message, error), E_INVALIDARG, "count");
    for (int id = -1; id < 25; id++) {
        if (id != 9 && id != 10 && id != 11 && id != 13) {
            CHECK_FAILURE(create_with(id, &number, 4), E_INVALIDARG, "property");
        } else {
            CHECK_FAILURE(create_with(id, &number, 3), E_INVALIDARG, "bytes");
            CHECK_FAILURE(create_with(id, NULL, id == 13 ? 4 : 16), E_INVALIDARG, "bytes");
        }
    }
    CHECK_STATUS(create_with(9, &of_heap, sizeof of_heap), 0);
    CHECK_STATUS(create_with(10, &of_reader, sizeof of_reader), 0);
    CHECK_FAILURE(create_with(11, &of_writer, sizeof of_writer), E_INVALIDARG, "TRUE or FALSE");
    flag = TRUE;
    CHECK_STATUS(create_with(11, &of_writer, sizeof of_writer), 0);
    CHECK_STATUS(create_with(13, &number, 4), 0);
    most.valueSize = 4;
    CHECK_FAILURE(create_with(9, &of_heap, sizeof of_heap), E_INVALIDARG, "heap");
    most.id = WS_HEAP_PROPERTY_ACTUAL_SIZE;
    CHECK_FAILURE(create_with(9, &of_heap, sizeof of_heap), E_INVALIDARG, "heap");
    of_heap = (WS_HEAP_PROPERTIES){NULL, 1};
    CHECK_FAILURE(create_with(9, &of_heap, sizeof of_heap), E_INVALIDARG, "count");
    of_reader = (WS_XML_READER_PROPERTIES){NULL, 1};
    CHECK_FAILURE(create_with(10, &of_reader, sizeof of_reader), E_INVALIDARG, "count");
    WsFreeChannel(channel);
}

static void states(void)
{
    ULONG value = 0;
    void *pointer = NULL;

    set_up_message(NULL, 0);
    CHECK(message_state(message) == WS_MESSAGE_STATE_EMPTY);
    CHECK_FAILURE(get(WS_MESSAGE_PROPERTY_ENVELOPE_VERSION, &value, 4), WS_E_INVALID_OPERATION, "empty");
    CHECK_FAILURE(set_action(message, "urn:do"), WS_E_INVALID_OPERATION, "empty");
    CHECK_FAILURE(WsInitializeMessage(message, WS_REPLY_MESSAGE, NULL, error), WS_E_NOT_SUPPORTED, "replies");
    CHECK_FAILURE(WsInitializeMessage(message, (WS_MESSAGE_INITIALIZATION)5, NULL, error), E_INVALIDARG, "kind");
    CHECK_FAILURE(WsInitializeMessage(message, WS_BLANK_MESSAGE, message, error), E_INVALIDARG, "no other");
    CHECK_STATUS(WsInitializeMessage(message, WS_REQUEST_MESSAGE, NULL, error), 0);
    CHECK_FAILURE(WsInitializeMessage(message, WS_REQUEST_MESSAGE, NULL, error), WS_E_INVALID_OPERATION, "initialized");
    CHECK(message_state(message) == WS_MESSAGE_STATE_INITIALIZED);
    CHECK_STATUS(get(WS_MESSAGE_PROPERTY_ENVELOPE_VERSION, &value, 4), 0);
    CHECK(value == WS_ENVELOPE_VERSION_SOAP_1_2);
    CHECK_STATUS(get(WS_MESSAGE_PROPERTY_ADDRESSING_VERSION, &value, 4), 0);
    CHECK(value == WS_ADDRESSING_VERSION_1_0);
    CHECK_STATUS(get(WS_MESSAGE_PROPERTY_MAX_PROCESSED_HEADERS, &value, 4), 0);
    CHECK(value == 64);
    CHECK_STATUS(get(WS_MESSAGE_PROPERTY_IS_ADDRESSED, &value, 4), 0);
    CHECK(value == FALSE);
    CHECK_FAILURE(get(WS_MESSAGE_PROPERTY_BODY_WRITER, &pointer, sizeof pointer), WS_E_INVALID_OPERATION, "writer");
    CHECK_FAILURE(get(WS_MESSAGE_PROPERTY_BODY_READER, &pointer, sizeof pointer), WS_E_INVALID_OPERATION, "reader");
    CHECK_FAILURE(get(WS_MESSAGE_PROPERTY_HEADER_BUFFER, &pointer, sizeof pointer), WS_E_INVALID_OPERATION, "received");
    CHECK_FAILURE(get(WS_MESSAGE_PROPERTY_STATE, &value, 2), E_INVALIDARG, "4 bytes");
    CHECK_FAILURE(get(WS_MESSAGE_PROPERTY_STATE, NULL, 4), E_INVALIDARG, "4 bytes");
    for (int id = 9; id <= 11; id++) {
        CHECK_FAILURE(get(id, &pointer, sizeof pointer), E_INVALIDARG, "read");
    }
    CHECK_FAILURE(get(99, &value, 4), E_INVALIDARG, "read");
    CHECK_FAILURE(WsWriteMessageStart(channel, message, NULL, error), WS_E_INVALID_OPERATION, "action");
    CHECK_STATUS(set_action(message, "urn:do"), 0);
    CHECK_STATUS(WsWriteMessageStart(channel, message, NULL, error), 0);
    CHECK_STATUS(get(WS_MESSAGE_PROPERTY_IS_ADDRESSED, &value, 4), 0);
    CHECK(value == TRUE && message_state(message) == WS_MESSAGE_STATE_WRITING);
    CHECK_STATUS(WsResetMessage(message, error), 0);
    CHECK(message_state(message) == WS_MESSAGE_STATE_EMPTY);
    tear_down_message();
}

static void wrong_pointers(void)
{
    static void *const BAD[] = {NULL, (void *)(uintptr_t)0x77};
    ULONG value;

    for (size_t i = 0; i < COUNT(BAD); i++) {
        message = BAD[i];
        CHECK_FAILURE(WsResetMessage(message, error), E_INVALIDARG, "WS_MESSAGE");
        CHECK_FAILURE(WsInitializeMessage(message, WS_BLANK_MESSAGE, NULL, error), E_INVALIDARG, "WS_MESSAGE");
        CHECK_FAILURE(get(WS_MESSAGE_PROPERTY_STATE, &value, 4), E_INVALIDARG, "WS_MESSAGE");
        CHECK_FAILURE(WsAddressMessage(message, NULL, error), E_INVALIDARG, "WS_MESSAGE");
        CHECK_FAILURE(set_action(message, "a"), E_INVALIDARG, "WS_MESSAGE");
        CHECK_FAILURE(WsAddCustomHeader(message, NULL, WS_WRITE_REQUIRED_POINTER, NULL, 0, 0, error), E_INVALIDARG,
                      "WS_MESSAGE");
        WsFreeMessage(message);
    }
    message = NULL;
}

/* ---- headers ----------------------------------------------------------------------------------------------------- */

static HRESULT set_header(int header, int type, int option, const void *value, ULONG size)
{
    return WsSetHeader(message, (WS_HEADER_TYPE)header, (WS_TYPE)type, (WS_WRITE_OPTION)option, value, size, error);
}

static void strings(void)
{
    static const char *const BAD[] = {"", "a\"b", "a\\b", "a\nb", "a\x7F", "\xC3\xA9"};
    WS_XML_STRING text = narrow("urn:a b");
    const WS_XML_STRING *pointer = &text;
    WS_STRING string = wide("urn:wide");
    WS_XML_STRING broken = {.length = 1};

    set_up_message(NULL, 0);
    CHECK_STATUS(initialize(), 0);
    for (size_t i = 0; i < COUNT(BAD); i++) {
        CHECK_FAILURE(set_action(message, BAD[i]), E_INVALIDARG, "the action");
        string = wide(BAD[i]);
        CHECK_FAILURE(set_header(WS_ACTION_HEADER, WS_STRING_TYPE, 1, &string, sizeof string), E_INVALIDARG,
                      "the action");
    }
    string = wide("urn:wide");
    CHECK_FAILURE(set_header(0, WS_XML_STRING_TYPE, 1, &text, sizeof text), E_INVALIDARG, "no header");
    CHECK_FAILURE(set_header(8, WS_XML_STRING_TYPE, 1, &text, sizeof text), E_INVALIDARG, "no header");
    CHECK_FAILURE(set_header(WS_TO_HEADER, WS_XML_STRING_TYPE, 1, &text, sizeof text), WS_E_NOT_SUPPORTED,
                  "WsAddressMessage");
    CHECK_FAILURE(set_header(WS_REPLY_TO_HEADER, WS_XML_STRING_TYPE, 1, &text, sizeof text), WS_E_NOT_SUPPORTED,
                  "headers");
    CHECK_FAILURE(set_header(1, WS_XML_BUFFER_TYPE, 1, &text, sizeof text), WS_E_NOT_SUPPORTED, "WS_STRING");
    CHECK_FAILURE(set_header(1, WS_XML_STRING_TYPE, 1, &text, 8), E_INVALIDARG, "bytes");
    CHECK_FAILURE(set_header(1, WS_XML_STRING_TYPE, 1, NULL, sizeof text), E_INVALIDARG, "bytes");
    CHECK_FAILURE(set_header(1, WS_XML_STRING_TYPE, 2, NULL, sizeof pointer), E_INVALIDARG, "NULL");
    CHECK_FAILURE(set_header(1, WS_XML_STRING_TYPE, 3, &text, sizeof text), WS_E_NOT_SUPPORTED, "required");
    CHECK_FAILURE(set_header(1, WS_XML_STRING_TYPE, 5, &text, sizeof text), E_INVALIDARG, "option");
    CHECK_FAILURE(set_header(1, WS_XML_STRING_TYPE, 1, &broken, sizeof broken), E_INVALIDARG, "NULL");
    CHECK_STATUS(set_header(1, WS_XML_STRING_TYPE, 2, &pointer, sizeof pointer), 0);
    CHECK_STATUS(set_header(WS_MESSAGE_ID_HEADER, WS_STRING_TYPE, 1, &string, sizeof string), 0);
    CHECK_STATUS(WsWriteMessageStart(channel, message, NULL, error), 0);
    CHECK_STATUS(WsWriteMessageEnd(channel, message, NULL, error), 0);
    await_arrival(1);
    CHECK(strstr(got, ">urn:wide</a:MessageID>") != NULL && strstr(got, "action=\"urn:a b\"") != NULL);
    CHECK_FAILURE(set_action(message, "urn:do"), WS_E_INVALID_OPERATION, "done");
    tear_down_message();
}

static HRESULT add(const char *xml, const char *local, const char *ns, ULONG attributes)
{
    WS_XML_STRING names[] = {narrow(local), narrow(ns)};
    const WS_ELEMENT_DESCRIPTION description = {&names[0], &names[1], WS_XML_BUFFER_TYPE, NULL};
    WS_XML_BUFFER *buffer = make_buffer(xml);

    return WsAddCustomHeader(message, &description, WS_WRITE_REQUIRED_POINTER, &buffer, sizeof buffer, attributes,
                             error);
}

static const struct {
    const char *xml, *local, *ns, *want;
} HEADERS[] = {
    {"<h xmlns='urn:h'>1</h>", "h", "urn:h", "<h xmlns=\"urn:h\">1</h>"},
    {" <p:h xmlns:p='urn:h'/> <!-- c --> ", "h", "urn:h", "<p:h xmlns:p=\"urn:h\"/>"},
    {"<h a='1'>x<b/></h>", "k", "urn:k", "<h0:k a=\"1\" xmlns:h0=\"urn:k\">x<b/></h0:k>"},
    {"<h0:h xmlns:h0='urn:o' h0:a='&gt;'/>", "k", "u&<",
     "<h1:k h0:a=\">\" xmlns:h0=\"urn:o\" xmlns:h1=\"u&amp;&lt;\"/>"},
    {"<h xmlns='u&amp;v'><h>]]</h><![CDATA[</h>]]></h>", "h", "u&v",
     "<h xmlns=\"u&amp;v\"><h>]]</h><![CDATA[</h>]]></h>"},
    {"<h xmlns='u&amp;v'/>", "h", "u&amp;v", "<h0:h xmlns=\"u&amp;v\" xmlns:h0=\"u&amp;amp;v\"/>"},
};

static void custom_headers(void)
{
    WS_XML_STRING name = narrow("h"), ns = narrow("urn:h"), none = {0};
    WS_ELEMENT_DESCRIPTION description = {&name, &ns, WS_XML_BUFFER_TYPE, NULL};
    WS_XML_BUFFER *buffer = make_buffer("<h/>"), *junk = (WS_XML_BUFFER *)(uintptr_t)5;

    set_up_message(NULL, 0);
    CHECK_FAILURE(add("<h/>", "h", "urn:h", 0), WS_E_INVALID_OPERATION, "empty");
    CHECK_STATUS(initialize(), 0);
    CHECK_STATUS(set_action(message, "urn:do"), 0);
    for (size_t i = 0; i < COUNT(HEADERS); i++) {
        CHECK_STATUS(add(HEADERS[i].xml, HEADERS[i].local, HEADERS[i].ns, 0), 0);
    }
    CHECK_FAILURE(add("<h/>", "1h", "urn:h", 0), E_INVALIDARG, "local name");
    CHECK_FAILURE(add("<h/>", "h x", "urn:h", 0), E_INVALIDARG, "local name");
    CHECK_FAILURE(add("<h/>", "", "urn:h", 0), E_INVALIDARG, "local name");
    CHECK_FAILURE(add("<h/>", "h", "", 0), E_INVALIDARG, "namespace");
    CHECK_FAILURE(add("<h/>", "h", "\xFF", 0), E_INVALIDARG, "namespace");
    CHECK_FAILURE(add("<h/>", "h\xC3", "urn:h", 0), E_INVALIDARG, "name");
    CHECK_FAILURE(add("<h/>", "h", "urn:h", 4), E_INVALIDARG, "attributes");
    CHECK_FAILURE(WsAddCustomHeader(message, NULL, WS_WRITE_REQUIRED_POINTER, &buffer, 8, 0, error), E_INVALIDARG,
                  "NULL");
    CHECK_FAILURE(WsAddCustomHeader(message, &description, WS_WRITE_REQUIRED_VALUE, &buffer, 8, 0, error), E_INVALIDARG,
                  "REQUIRED_POINTER");
    CHECK_FAILURE(WsAddCustomHeader(message, &description, WS_WRITE_REQUIRED_POINTER, &buffer, 4, 0, error),
                  E_INVALIDARG, "pointer");
    CHECK_FAILURE(WsAddCustomHeader(message, &description, WS_WRITE_REQUIRED_POINTER, &junk, 8, 0, error), E_INVALIDARG,
                  "live");
    buffer = NULL;
    CHECK_STATUS(WsCreateXmlBuffer(heap, NULL, 0, &buffer, error), 0);
    CHECK_FAILURE(WsAddCustomHeader(message, &description, WS_WRITE_REQUIRED_POINTER, &buffer, 8, 0, error),
                  E_INVALIDARG, "one element");
    description.elementNs = &none;
    CHECK_FAILURE(WsAddCustomHeader(message, &description, WS_WRITE_REQUIRED_POINTER, &buffer, 8, 0, error),
                  E_INVALIDARG, "namespace");
    description.type = WS_STRING_TYPE;
    CHECK_FAILURE(WsAddCustomHeader(message, &description, WS_WRITE_REQUIRED_POINTER, &buffer, 8, 0, error),
                  WS_E_NOT_SUPPORTED, "WS_XML_BUFFER");
    CHECK_STATUS(WsWriteMessageStart(channel, message, NULL, error), 0);
    for (size_t i = COUNT(HEADERS); i < 64; i++) {
        CHECK_STATUS(add("<h/>", "h", "urn:h", WS_MUST_UNDERSTAND_HEADER_ATTRIBUTE), 0);
    }
    CHECK_FAILURE(add("<h/>", "h", "urn:h", 0), WS_E_QUOTA_EXCEEDED, "64");
    CHECK_STATUS(WsWriteMessageEnd(channel, message, NULL, error), 0);
    await_arrival(2);
    for (size_t i = 0; i < COUNT(HEADERS); i++) {
        if (!CHECK(strstr(got, HEADERS[i].want) != NULL)) {
            fprintf(stderr, "    no %s in %s\n", HEADERS[i].want, got);
        }
    }
    tear_down_message();
}

static void addresses(void)
{
    WS_ENDPOINT_ADDRESS address = {.url = wide("urn:some:service")};

    set_up_message(NULL, 0);
    CHECK_FAILURE(WsAddressMessage(message, &address, error), WS_E_INVALID_OPERATION, "empty");
    CHECK_STATUS(initialize(), 0);
    CHECK_FAILURE(WsAddressMessage(message, NULL, error), E_INVALIDARG, "NULL");
    address.headers = make_buffer("<h/>");
    CHECK_FAILURE(WsAddressMessage(message, &address, error), WS_E_NOT_SUPPORTED, "headers");
    address = (WS_ENDPOINT_ADDRESS){.url = wide("a b")};
    CHECK_FAILURE(WsAddressMessage(message, &address, error), WS_E_INVALID_ENDPOINT_URL, "blank");
    address = (WS_ENDPOINT_ADDRESS){.url = wide("urn:some:service")};
    CHECK_STATUS(WsAddressMessage(message, &address, error), 0);
    CHECK_FAILURE(WsAddressMessage(message, &address, error), WS_E_INVALID_OPERATION, "has an address");
    CHECK_STATUS(set_action(message, "urn:do"), 0);
    CHECK_STATUS(WsWriteMessageStart(channel, message, NULL, error), 0);
    CHECK_STATUS(WsWriteMessageEnd(channel, message, NULL, error), 0);
    await_arrival(3);
    CHECK(strstr(got, ">urn:some:service</a:To>") != NULL);
    tear_down_message();
}

int main(void)
{
    ws_set_up();
    answer_with("200 OK", SOAP, ENVELOPE(RELATED, "<r/>"));
    server_start(&service, serve_answers, NULL);
    RUN(creation);
    RUN(states);
    RUN(wrong_pointers);
    RUN(strings);
    RUN(custom_headers);
    RUN(addresses);
    server_stop(&service);
    ws_tear_down();
    return test_result("ws_message");
}
