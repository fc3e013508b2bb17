/* SPDX-License-Identifier: MIT
 *
 * Bodies of messages, their writers and readers; and how readers go from element to element.
 */
#include "message_support.h"

static void body_writer(void)
{
    const WS_XML_WRITER_TEXT_ENCODING utf8 = {{WS_XML_WRITER_ENCODING_TYPE_TEXT}, WS_CHARSET_UTF8};
    const WS_XML_WRITER_BUFFER_OUTPUT output = {{WS_XML_WRITER_OUTPUT_TYPE_BUFFER}};
    WS_XML_BUFFER *buffer = make_buffer("<q/>");
    WS_XML_WRITER *of_body = NULL;

    set_up_message(NULL, 0);
    CHECK_STATUS(initialize(), 0);
    CHECK_STATUS(set_action(message, "urn:do"), 0);
    CHECK_STATUS(WsWriteMessageStart(channel, message, NULL, error), 0);
    CHECK_STATUS(get(WS_MESSAGE_PROPERTY_BODY_WRITER, &of_body, sizeof of_body), 0);
    CHECK_STATUS(WsWriteXmlBuffer(of_body, buffer, error), 0);
    CHECK_STATUS(WsWriteXmlBuffer(of_body, buffer, error), 0); /* a body may have any number */
    CHECK_FAILURE(WsSetOutput(of_body, &utf8.encoding, &output.output, NULL, 0, error), WS_E_INVALID_OPERATION,
                  "message");
    CHECK_STATUS(WsWriteMessageEnd(channel, message, NULL, error), 0);
    CHECK_FAILURE(WsWriteXmlBuffer(of_body, buffer, error), WS_E_INVALID_OPERATION, "no output");
    await_arrival(1);
    CHECK(strstr(got, "<s:Body><q/><q/></s:Body>") != NULL);
    tear_down_message();
    CHECK_FAILURE(WsWriteXmlBuffer(of_body, buffer, error), E_INVALIDARG, "live");
}

static void freed_writer(void)
{
    WS_XML_WRITER *of_body = NULL;

    set_up_channel(NULL, 0);
    CHECK_STATUS(begin_request("<q/>"), 0);
    message = request_message;
    CHECK_STATUS(get(WS_MESSAGE_PROPERTY_BODY_WRITER, &of_body, sizeof of_body), 0);
    WsFreeWriter(of_body); /* which is against the rules */
    CHECK_FAILURE(WsWriteMessageEnd(channel, request_message, NULL, error), WS_E_INVALID_OPERATION, "gone");
    check_request();
    tear_down_channel();
}

static WS_XML_STRING *name(const char *text)
{
    static WS_XML_STRING names[2];
    static unsigned next;

    names[next ^= 1] = narrow(text);
    return &names[next];
}

static void elements(void)
{
    static const char TEXT[] = "<!-- > --> <p:a xmlns:p='urn:p' b='/>'><a><![CDATA[</p:a>]]><!--</p:a>--></a>t</p:a>\n"
                               "<b xmlns='urn:b'/>x<c/>";
    const WS_XML_READER_TEXT_ENCODING utf8 = {{WS_XML_READER_ENCODING_TYPE_TEXT}, WS_CHARSET_UTF8};
    const WS_XML_READER_BUFFER_INPUT input = {
        {WS_XML_READER_INPUT_TYPE_BUFFER}, (void *)(uintptr_t)TEXT, sizeof TEXT - 1};
    BOOL allow = TRUE, found = 7;
    const WS_XML_READER_PROPERTY fragment = {WS_XML_READER_PROPERTY_ALLOW_FRAGMENT, &allow, 4};
    WS_XML_BUFFER *buffer = NULL;

    CHECK_FAILURE(WsReadToStartElement(NULL, NULL, NULL, &found, error), E_INVALIDARG, "WS_XML_READER");
    CHECK_STATUS(WsSetInput(reader, &utf8.encoding, &input.input, &fragment, 1, error), 0);
    CHECK_STATUS(WsReadToStartElement(reader, name("x"), NULL, &found, error), 0);
    CHECK(!found);
    CHECK_STATUS(WsReadToStartElement(reader, name("a"), name("urn:q"), &found, error), 0);
    CHECK(!found);
    CHECK_STATUS(WsReadToStartElement(reader, name("a"), name("urn:p"), &found, error), 0);
    CHECK(found);
    CHECK_STATUS(WsReadXmlBuffer(reader, heap, &buffer, error), 0);
    CHECK(strcmp(text_of(buffer), "<p:a b=\"/>\" xmlns:p=\"urn:p\"><a><![CDATA[</p:a>]]><!--</p:a>--></a>t</p:a>") ==
          0);
    CHECK_FAILURE(WsReadXmlBuffer(reader, heap, &buffer, error), WS_E_INVALID_OPERATION, "no element");
    CHECK_STATUS(WsReadToStartElement(reader, NULL, name("urn:b"), &found, error), 0);
    CHECK(found);
    CHECK_STATUS(WsReadXmlBuffer(reader, heap, &buffer, error), 0);
    CHECK(strcmp(text_of(buffer), "<b xmlns=\"urn:b\"/>") == 0);
    CHECK_STATUS(WsReadToStartElement(reader, NULL, NULL, &found, error), 0);
    CHECK(!found); /* there is text */
    CHECK_FAILURE(WsReadToStartElement(reader, NULL, NULL, NULL, error), WS_E_INVALID_FORMAT, "next");
    CHECK_FAILURE(WsReadToStartElement(reader, NULL, NULL, &found, error), WS_E_OBJECT_FAULTED, "failed");
}

static void one_element(void)
{
    static const char TEXT[] = " <a>1</a> ";
    const WS_XML_READER_TEXT_ENCODING utf8 = {{WS_XML_READER_ENCODING_TYPE_TEXT}, WS_CHARSET_UTF8};
    WS_XML_READER_BUFFER_INPUT input = {{WS_XML_READER_INPUT_TYPE_BUFFER}, (void *)(uintptr_t)TEXT, sizeof TEXT - 1};
    WS_XML_STRING broken = {.length = 1};
    WS_XML_READER *fresh = NULL;
    WS_XML_BUFFER *buffer = NULL;
    BOOL found = FALSE;

    CHECK_STATUS(WsCreateReader(NULL, 0, &fresh, error), 0);
    CHECK_FAILURE(WsReadToStartElement(fresh, NULL, NULL, &found, error), WS_E_INVALID_OPERATION, "no input");
    CHECK_FAILURE(WsReadToStartElement(fresh, &broken, NULL, &found, error), E_INVALIDARG, "NULL");
    CHECK_STATUS(WsSetInput(fresh, &utf8.encoding, &input.input, NULL, 0, error), 0);
    CHECK_STATUS(WsReadToStartElement(fresh, name("a"), name(""), &found, error), 0);
    CHECK(found);
    CHECK_STATUS(WsReadXmlBuffer(fresh, heap, &buffer, error), 0);
    CHECK(strcmp(text_of(buffer), "<a>1</a>") == 0);
    CHECK_STATUS(WsReadToStartElement(fresh, NULL, NULL, &found, error), 0);
    CHECK(!found);
    CHECK_STATUS(WsSetInput(fresh, NULL, NULL, NULL, 0, error), 0);
    CHECK_STATUS(WsReadToStartElement(fresh, NULL, NULL, &found, error), 0);
    CHECK(!found);
    input.encodedDataSize = 4;
    CHECK_STATUS(WsSetInput(fresh, &utf8.encoding, &input.input, NULL, 0, error), 0);
    CHECK_STATUS(WsReadToStartElement(fresh, NULL, NULL, &found, error), WS_E_INVALID_FORMAT);
    CHECK_STATUS(WsResetError(error), 0);
    WsFreeReader(fresh);
}

static void body_reader(void)
{
    WS_XML_READER *of_body = NULL;
    WS_XML_BUFFER *headers = NULL, *buffer = NULL;
    BOOL found = TRUE;

    set_up_channel(NULL, 0);
    answer_with("200 OK", SOAP, ENVELOPE(RELATED, "<r/>"));
    CHECK_STATUS(send_text("<q/>"), 0);
    CHECK_STATUS(receive_start(), 0);
    message = reply_message;
    CHECK_STATUS(get(WS_MESSAGE_PROPERTY_BODY_READER, &of_body, sizeof of_body), 0);
    CHECK_FAILURE(WsSetInput(of_body, NULL, NULL, NULL, 0, error), WS_E_INVALID_OPERATION, "message");
    CHECK_STATUS(WsReadXmlBuffer(of_body, heap, &buffer, error), 0); /* it stands at the element already */
    CHECK_STATUS(WsReadToStartElement(of_body, NULL, NULL, &found, error), 0);
    CHECK(!found);
    CHECK_STATUS(get(WS_MESSAGE_PROPERTY_HEADER_BUFFER, &headers, sizeof headers), 0);
    CHECK(strstr(text_of(headers), "RelatesTo") != NULL);
    CHECK_STATUS(receive_end(), 0);
    CHECK_FAILURE(get(WS_MESSAGE_PROPERTY_BODY_READER, &of_body, sizeof of_body), WS_E_INVALID_OPERATION, "done");
    CHECK_STATUS(WsResetMessage(reply_message, error), 0);
    CHECK_FAILURE(WsReadXmlBuffer(of_body, heap, &buffer, error), WS_E_INVALID_OPERATION, "no input");
    WsFreeReader(of_body); /* which is against the rules */
    check_request();
    tear_down_channel();
}

int main(void)
{
    ws_set_up();
    answer_with("200 OK", SOAP, ENVELOPE(RELATED, "<r/>"));
    server_start(&service, serve_answers, NULL);
    RUN(body_writer);
    RUN(freed_writer);
    RUN(elements);
    RUN(one_element);
    RUN(body_reader);
    server_stop(&service);
    ws_tear_down();
    return test_result("ws_message_body");
}
