/* SPDX-License-Identifier: MIT
 *
 * Requests and replies over a channel: what is sent, what comes back, which failure is which status, and which of them
 * leave the channel open.
 */
#include "channel_support.h"

static void one_request(void)
{
    WS_XML_BUFFER *headers = NULL;
    ULONG value = 77;

    set_up_channel(NULL, 0);
    answer_with("200 OK", SOAP, ENVELOPE(RELATED "<x:h xmlns:x='urn:x'/>", " <r xmlns='urn:r'>1</r>\n<b/>"));
    CHECK_STATUS(send_text("<q xmlns='urn:q'>&lt;</q>"), 0);
    CHECK(message_state(request_message) == WS_MESSAGE_STATE_DONE);
    CHECK_STATUS(receive_start(), 0);
    CHECK(strncmp(got, "POST /service HTTP/1.1\r\n", 24) == 0);
    CHECK(strstr(got, "Content-Type: application/soap+xml; charset=utf-8; action=\"urn:do\"\r\n") != NULL);
    CHECK(strstr(got, "SOAPAction") == NULL);
    CHECK(strstr(got, ">urn:do</a:Action>") != NULL && strstr(got, service.url) != NULL);
    CHECK(strstr(got, "<q xmlns=\"urn:q\">&lt;</q></s:Body>") != NULL);
    CHECK(strncmp(receive_body(), "<r xmlns=\"urn:r\"", 16) == 0);
    CHECK(strncmp(receive_body(), "<b", 2) == 0); /* the next one */
    CHECK_STATUS(WsGetMessageProperty(reply_message, WS_MESSAGE_PROPERTY_IS_FAULT, &value, 4, error), 0);
    CHECK(value == FALSE);
    CHECK_STATUS(WsGetMessageProperty(reply_message, WS_MESSAGE_PROPERTY_PROTECTION_LEVEL, &value, 4, error), 0);
    CHECK(value == WS_PROTECTION_LEVEL_NONE);
    CHECK_STATUS(
        WsGetMessageProperty(reply_message, WS_MESSAGE_PROPERTY_HEADER_BUFFER, &headers, sizeof headers, error), 0);
    CHECK_STATUS(receive_end(), 0);
    CHECK(message_state(reply_message) == WS_MESSAGE_STATE_DONE);
    CHECK_STATUS(WsResetMessage(reply_message, error), 0);
    CHECK(message_state(reply_message) == WS_MESSAGE_STATE_EMPTY);
    tear_down_channel();
}

static void many_requests(void)
{
    unsigned before = atomic_load(&service.connections);

    set_up_channel(NULL, 0);
    for (int i = 0; i < 50; i++) {
        check_request();
    }
    tear_down_channel();
    CHECK(atomic_load(&service.connections) == before + 1);
}

static void soap_1_1(void)
{
    WS_ENVELOPE_VERSION envelope = WS_ENVELOPE_VERSION_SOAP_1_1;
    WS_ADDRESSING_VERSION addressing = WS_ADDRESSING_VERSION_TRANSPORT;
    const WS_CHANNEL_PROPERTY list[] = {{WS_CHANNEL_PROPERTY_ENVELOPE_VERSION, &envelope, 4},
                                        {WS_CHANNEL_PROPERTY_ADDRESSING_VERSION, &addressing, 4}};

    set_up_channel(list, 2);
    answer_with("200 OK", "Content-Type: text/xml; charset=utf-8\r\n",
                "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body><r/></s:Body></s:Envelope>");
    CHECK_STATUS(send_text("<q/>"), 0);
    CHECK_STATUS(receive_start(), 0);
    CHECK(strstr(got, "SOAPAction: \"urn:do\"\r\n") != NULL);
    CHECK(strstr(got, "Content-Type: text/xml; charset=utf-8\r\n") != NULL);
    CHECK(strstr(got, "addressing") == NULL);
    CHECK_STATUS(receive_end(), 0);
    CHECK_STATUS(WsResetMessage(request_message, error), 0); /* and without an action */
    CHECK_STATUS(WsInitializeMessage(request_message, WS_BLANK_MESSAGE, NULL, error), 0);
    CHECK_STATUS(WsWriteMessageStart(channel, request_message, NULL, error), 0);
    CHECK_STATUS(WsWriteMessageEnd(channel, request_message, NULL, error), 0);
    CHECK_STATUS(receive_start(), 0);
    CHECK(strstr(got, "SOAPAction: \"\"\r\n") != NULL && strstr(got, "<s:Body/>") != NULL);
    tear_down_channel();
}

/* ---- failures of one message ------------------------------------------------------------------------------------- */

static const struct {
    const char *status, *headers, *body;
    HRESULT want;
    const char *words;
} REFUSED[] = {
    {"200 OK", SOAP, "", WS_E_INVALID_FORMAT, "empty"},
    {"200 OK", SOAP, "<r>", WS_E_INVALID_FORMAT, "reply"},
    {"200 OK", SOAP, "<!DOCTYPE r><r/>", WS_E_INVALID_FORMAT, "reply"},
    {"200 OK", SOAP, "<r/>", WS_E_INVALID_FORMAT, "reply"},
    {"200 OK", SOAP, ENVELOPE("<a:RelatesTo>urn:other</a:RelatesTo>", "<r/>"), WS_E_INVALID_FORMAT, "RelatesTo"},
    {"200 OK", "Content-Type: text/html\r\n", "<r/>", WS_E_INVALID_FORMAT, "text/html"},
    {"404 Not Found", "", "", WS_E_ENDPOINT_NOT_FOUND, "404"},
    {"503 Busy", "", "", WS_E_ENDPOINT_TOO_BUSY, "503"},
    {"500 Error", SOAP, ENVELOPE(RELATED, "<r/>"), WS_E_INVALID_FORMAT, "no fault"},
};

static void refused_replies(void)
{
    set_up_channel(NULL, 0);
    for (size_t i = 0; i < COUNT(REFUSED); i++) {
        answer_with(REFUSED[i].status, REFUSED[i].headers, REFUSED[i].body);
        CHECK_STATUS(send_text("<q/>"), 0);
        CHECK_FAILURE(receive_start(), REFUSED[i].want, REFUSED[i].words);
        CHECK(state_of(channel) == WS_CHANNEL_STATE_OPEN);
        CHECK(message_state(reply_message) == WS_MESSAGE_STATE_EMPTY);
        check_request();
    }
    tear_down_channel();
}

#define CODE(inner)                                                                                                    \
    "<s:Code><s:Value>s:Sender</s:Value>" inner "</s:Code><s:Reason><s:Text xml:lang='en'>why &#x202E;not"             \
    "</s:Text></s:Reason>"
#define SUB(ns, name) CODE("<s:Subcode><s:Value xmlns:p='" ns "'>p:" name "</s:Value></s:Subcode>")
#define WSS           "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"

static const struct {
    const char *fault, *words;
    HRESULT want;
} FAULTS[] = {
    {CODE(""), "Sender: why  not", WS_E_ENDPOINT_FAULT_RECEIVED},
    {SUB("urn:mine", "ActionNotSupported"), "why", WS_E_ENDPOINT_FAULT_RECEIVED},
    {SUB(WSA_URI, "ActionNotSupported"), "ActionNotSupported", WS_E_ENDPOINT_ACTION_NOT_SUPPORTED},
    {SUB(WSA_URI, "EndpointUnavailable"), "why", WS_E_ENDPOINT_NOT_AVAILABLE},
    {SUB(WSA_URI, "DestinationUnreachable"), "why", WS_E_ENDPOINT_NOT_FOUND},
    {SUB("http://schemas.xmlsoap.org/ws/2004/08/addressing", "EndpointUnavailable"), "why",
     WS_E_ENDPOINT_NOT_AVAILABLE},
    {SUB(WSS, "FailedAuthentication"), "why", WS_E_ENDPOINT_ACCESS_DENIED},
    {SUB(WSS, "FailedCheck"), "why", WS_E_ENDPOINT_ACCESS_DENIED},
    {SUB(WSS, "MessageExpired"), "why", WS_E_SECURITY_TOKEN_EXPIRED},
    {SUB(WSA_URI, "Other"), "Other", WS_E_ENDPOINT_FAULT_RECEIVED},
};

static void check_fault(const char *fault, const char *words, HRESULT want)
{
    static char body[2000];
    const WS_FAULT *kept = NULL;
    WS_XML_STRING action = {0};

    snprintf(body, sizeof body, "%s%s%s",
             "<s:Envelope xmlns:s='" SOAP_URI "' xmlns:a='" WSA_URI "'><s:Header><a:Action>urn:fault</a:Action>" RELATED
             "</s:Header><s:Body><s:Fault>",
             fault, "<s:Detail><d/></s:Detail></s:Fault></s:Body></s:Envelope>");
    answer_with("500 Error", SOAP, body);
    CHECK_STATUS(send_text("<q/>"), 0);
    CHECK_STATUS(receive_start(), want);
    if (!CHECK(strstr(newest_sentence(), words) != NULL)) {
        fprintf(stderr, "    it said: %s\n", newest_sentence());
    }
    CHECK_STATUS(WsGetFaultErrorProperty(error, WS_FAULT_ERROR_PROPERTY_FAULT, &kept, sizeof kept), 0);
    CHECK_STATUS(WsGetFaultErrorProperty(error, WS_FAULT_ERROR_PROPERTY_ACTION, &action, sizeof action), 0);
    CHECK(action.length == 9 && memcmp(action.bytes, "urn:fault", 9) == 0);
    if (CHECK(kept != NULL && kept->code != NULL && kept->reasonCount == 1 && kept->detail != NULL)) {
        CHECK(kept->code->value.localName.length == 6 && memcmp(kept->code->value.localName.bytes, "Sender", 6) == 0);
        CHECK(strstr(text_of(kept->detail), "<d") != NULL);
    }
    CHECK_STATUS(WsResetError(error), 0);
    CHECK(state_of(channel) == WS_CHANNEL_STATE_OPEN);
}

static void faults(void)
{
    BOOL off = FALSE;
    ULONG is_fault = 0;

    set_up_channel(NULL, 0);
    for (size_t i = 0; i < COUNT(FAULTS); i++) {
        check_fault(FAULTS[i].fault, FAULTS[i].words, FAULTS[i].want);
    }
    check_request();
    CHECK_STATUS(WsSetChannelProperty(channel, WS_CHANNEL_PROPERTY_FAULTS_AS_ERRORS, &off, 4, error), 0);
    answer_with("500 Error", SOAP, ENVELOPE(RELATED, FAULT(CODE(""))));
    CHECK_STATUS(send_text("<q/>"), 0);
    CHECK_STATUS(receive_start(), 0);
    CHECK_STATUS(WsGetMessageProperty(reply_message, WS_MESSAGE_PROPERTY_IS_FAULT, &is_fault, 4, error), 0);
    CHECK(is_fault == TRUE);
    CHECK(strstr(receive_body(), "Fault") != NULL);
    CHECK_STATUS(receive_end(), 0);
    tear_down_channel();
    CHECK_STATUS(create(NULL, 0), 0); /* nobody has to want the fault */
    WsFreeChannel(channel);
}

static void without_error_object(void)
{
    WS_ERROR *kept = error;

    set_up_channel(NULL, 0);
    answer_with("500 Error", SOAP, ENVELOPE(RELATED, FAULT(CODE(""))));
    CHECK_STATUS(send_text("<q/>"), 0);
    error = NULL;
    CHECK_STATUS(receive_start(), WS_E_ENDPOINT_FAULT_RECEIVED);
    error = kept;
    tear_down_channel();
}

/* ---- sizes ------------------------------------------------------------------------------------------------------- */

static void sizes(void)
{
    ULONG limit = 1000;
    const WS_CHANNEL_PROPERTY list[] = {{WS_CHANNEL_PROPERTY_MAX_BUFFERED_MESSAGE_SIZE, &limit, 4}};
    static char body[1100], answer[2000];

    set_up_channel(list, 1);
    memset(body, 'x', sizeof body);
    memcpy(body, "<q>", 3);
    strcpy(body + 900, "</q>");
    CHECK_FAILURE(send_text(body), WS_E_QUOTA_EXCEEDED, "1000"); /* with its envelope it is too long */
    CHECK(state_of(channel) == WS_CHANNEL_STATE_OPEN && message_state(request_message) == WS_MESSAGE_STATE_DONE);
    check_request();
    memset(body, 'x', sizeof body);
    memcpy(body, "<q>", 3);
    strcpy(body + 1050, "</q>");
    CHECK_FAILURE(begin_request(body), WS_E_QUOTA_EXCEEDED, "1000"); /* the writer refuses it */
    CHECK_FAILURE(WsWriteMessageEnd(channel, request_message, NULL, error), WS_E_OBJECT_FAULTED, "body");
    check_request();
    snprintf(answer, sizeof answer, "%s%s%s", "<s:Envelope xmlns:s='" SOAP_URI "'><s:Body>", body,
             "</s:Body></s:Envelope>");
    answer_with("200 OK", SOAP, answer);
    CHECK_FAILURE(request_status(), WS_E_QUOTA_EXCEEDED, "1000");
    CHECK(state_of(channel) == WS_CHANNEL_STATE_OPEN);
    check_request();
    tear_down_channel();
}

/* ---- failures of the connection ---------------------------------------------------------------------------------- */

static void disconnected(void)
{
    char url[64];
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    CHECK(bind(listener, (struct sockaddr *)&address, size) == 0);
    CHECK(getsockname(listener, (struct sockaddr *)&address, &size) == 0); /* nobody listens there */
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", ntohs(address.sin_port));
    CHECK_STATUS(create(NULL, 0), 0);
    CHECK_STATUS(open_to(url), 0);
    CHECK_STATUS(WsCreateMessageForChannel(channel, NULL, 0, &request_message, error), 0);
    CHECK_STATUS(WsCreateMessageForChannel(channel, NULL, 0, &reply_message, error), 0);
    CHECK(request_status() != 0);
    CHECK(state_of(channel) == WS_CHANNEL_STATE_FAULTED);
    CHECK_STATUS(WsResetError(error), 0);
    CHECK_FAILURE(begin_request("<q/>"), WS_E_INVALID_OPERATION, "faulted");
    CHECK_STATUS(WsCloseChannel(channel, NULL, error), 0);
    CHECK_STATUS(WsResetChannel(channel, error), 0);
    CHECK_STATUS(open_to(service.url), 0); /* to another address */
    check_request();
    tear_down_channel();
    close(listener);
}

static void timed_out(void)
{
    ULONG soon = 1, late = 30000;

    set_up_channel(NULL, 0);
    check_request();
    answer_with(NULL, NULL, NULL);
    CHECK_STATUS(WsSetChannelProperty(channel, WS_CHANNEL_PROPERTY_RECEIVE_RESPONSE_TIMEOUT, &soon, 4, error), 0);
    CHECK_FAILURE(request_status(), WS_E_OPERATION_TIMED_OUT, "1 ");
    CHECK(state_of(channel) == WS_CHANNEL_STATE_FAULTED);
    CHECK_STATUS(WsCloseChannel(channel, NULL, error), 0);
    CHECK_STATUS(WsResetChannel(channel, error), 0);
    CHECK_STATUS(WsSetChannelProperty(channel, WS_CHANNEL_PROPERTY_RECEIVE_RESPONSE_TIMEOUT, &late, 4, error), 0);
    CHECK_STATUS(open_to(service.url), 0);
    check_request();
    tear_down_channel();
}

/* ---- order ------------------------------------------------------------------------------------------------------- */

static void two_messages(void)
{
    WS_MESSAGE *other = NULL;

    set_up_channel(NULL, 0);
    answer_with("200 OK", SOAP, ENVELOPE(RELATED, "<r/>"));
    CHECK_STATUS(WsCreateMessageForChannel(channel, NULL, 0, &other, error), 0);
    CHECK_STATUS(WsInitializeMessage(other, WS_REQUEST_MESSAGE, NULL, error), 0);
    CHECK_STATUS(set_action(other, "urn:other"), 0);
    CHECK_STATUS(begin_request("<q/>"), 0);
    CHECK_FAILURE(WsWriteMessageStart(channel, other, NULL, error), WS_E_INVALID_OPERATION, "being written");
    CHECK_FAILURE(WsWriteMessageEnd(channel, other, NULL, error), WS_E_INVALID_OPERATION, "initialized");
    CHECK_STATUS(WsWriteMessageEnd(channel, request_message, NULL, error), 0);
    CHECK_FAILURE(WsWriteMessageStart(channel, other, NULL, error), WS_E_INVALID_OPERATION, "reply");
    CHECK_FAILURE(WsReadMessageStart(channel, other, NULL, error), WS_E_INVALID_OPERATION, "empty");
    CHECK_STATUS(receive_start(), 0);
    CHECK_FAILURE(WsWriteMessageStart(channel, other, NULL, error), WS_E_INVALID_OPERATION, "being read");
    CHECK_STATUS(receive_end(), 0);
    CHECK_STATUS(WsWriteMessageStart(channel, other, NULL, error), 0);
    WsFreeMessage(other); /* gives the request up */
    check_request();
    CHECK_STATUS(begin_request("<q/>"), 0);
    CHECK_STATUS(WsResetMessage(request_message, error), 0); /* so does this */
    check_request();
    CHECK_STATUS(send_text("<q/>"), 0);
    CHECK_STATUS(receive_start(), 0);
    CHECK_STATUS(WsResetMessage(reply_message, error), 0);
    check_request();
    tear_down_channel();
}

int main(void)
{
    ws_set_up();
    server_start(&service, serve_answers, NULL);
    RUN(one_request);
    RUN(many_requests);
    RUN(soap_1_1);
    RUN(refused_replies);
    RUN(faults);
    RUN(without_error_object);
    RUN(sizes);
    RUN(disconnected);
    RUN(timed_out);
    RUN(two_messages);
    server_stop(&service);
    ws_tear_down();
    return test_result("ws_channel_exchange");
}
