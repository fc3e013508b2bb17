/* SPDX-License-Identifier: MIT
 *
 * Memory runs short in the middle of a request: every allocation of this thread that is the engine's or libxml2's fails
 * once. The answer is E_OUTOFMEMORY or, where the memory was for something that can be done without, success; nothing
 * is lost, and a channel that is open after that works.
 */
#include "channel_support.h"
#include "short_xml.h"

static char sentence[1024]; /* of the last failure */

static HRESULT add_header(void)
{
    WS_XML_STRING names[] = {narrow("k"), narrow("urn:k")};
    const WS_ELEMENT_DESCRIPTION description = {&names[0], &names[1], WS_XML_BUFFER_TYPE, NULL};
    WS_XML_BUFFER *buffer = NULL;
    HRESULT status = read_text("<h a='1'/>", &buffer);

    return status != 0 ? status
                       : WsAddCustomHeader(request_message, &description, WS_WRITE_REQUIRED_POINTER, &buffer,
                                           sizeof buffer, 0, error);
}

static HRESULT write_request(void)
{
    WS_XML_WRITER *of_body = NULL;
    WS_XML_BUFFER *buffer = NULL;
    const WS_ENDPOINT_ADDRESS address = {.url = wide("urn:to")};
    HRESULT status = WsInitializeMessage(request_message, WS_REQUEST_MESSAGE, NULL, error);

    status = status == 0 ? set_action(request_message, "urn:do") : status;
    status = status == 0 ? WsAddressMessage(request_message, &address, error) : status;
    status = status == 0 ? add_header() : status;
    status = status == 0 ? read_text("<q>1</q>", &buffer) : status;
    status = status == 0 ? WsWriteMessageStart(channel, request_message, NULL, error) : status;
    status = status == 0 ? WsGetMessageProperty(request_message, WS_MESSAGE_PROPERTY_BODY_WRITER, &of_body,
                                                sizeof of_body, error)
                         : status;
    status = status == 0 ? WsWriteXmlBuffer(of_body, buffer, error) : status;
    return status == 0 ? WsWriteMessageEnd(channel, request_message, NULL, error) : status;
}

static HRESULT read_reply(void)
{
    WS_XML_READER *of_body = NULL;
    WS_XML_BUFFER *buffer = NULL;
    BOOL found = FALSE;
    HRESULT status = WsReadMessageStart(channel, reply_message, NULL, error);

    status = status == 0
                 ? WsGetMessageProperty(reply_message, WS_MESSAGE_PROPERTY_HEADER_BUFFER, &buffer, sizeof buffer, error)
                 : status;
    status = status == 0
                 ? WsGetMessageProperty(reply_message, WS_MESSAGE_PROPERTY_BODY_READER, &of_body, sizeof of_body, error)
                 : status;
    for (int i = 0; i < 2 && status == 0; i++) {
        status = WsReadToStartElement(of_body, NULL, NULL, &found, error);
        status = status == 0 ? WsReadXmlBuffer(of_body, heap, &buffer, error) : status;
    }
    return status == 0 ? WsReadMessageEnd(channel, reply_message, NULL, error) : status;
}

static HRESULT make_all(void)
{
    ULONG size = 30000;
    WS_HTTP_PROXY_SETTING_MODE mode = WS_HTTP_PROXY_SETTING_MODE_NONE;
    const WS_CHANNEL_PROPERTY list[] = {{WS_CHANNEL_PROPERTY_MAX_BUFFERED_MESSAGE_SIZE, &size, 4},
                                        {WS_CHANNEL_PROPERTY_HTTP_PROXY_SETTING_MODE, &mode, 4}};
    HRESULT status = create(list, 2);

    status = status == 0 ? open_to(service.url) : status;
    status = status == 0 ? WsCreateMessageForChannel(channel, NULL, 0, &request_message, error) : status;
    return status == 0 ? WsCreateMessageForChannel(channel, NULL, 0, &reply_message, error) : status;
}

/* The everyday path. */
static HRESULT run(void)
{
    HRESULT status = make_all();

    status = status == 0 ? write_request() : status;
    status = status == 0 ? read_reply() : status;
    counting = false;
    snprintf(sentence, sizeof sentence, "%s", newest_sentence());
    CHECK_STATUS(WsResetError(error), 0);
    WsFreeMessage(request_message);
    WsFreeMessage(reply_message);
    WsFreeChannel(channel);
    request_message = reply_message = NULL;
    channel = NULL;
    CHECK(ncx_object_type_count(HANDLE_WS_CHANNEL) == 0 && ncx_object_type_count(HANDLE_WS_MESSAGE) == 0);
    CHECK_STATUS(WsResetHeap(heap, error), 0);
    return status;
}

#define ALLOCATIONS 1000 /* more than there are */

static void fail_each(const char *status, const char *body, HRESULT want)
{
    unsigned failures = 0;
    unsigned i;

    answer_with(status, SOAP, body);
    for (i = 0; i < ALLOCATIONS; i++) {
        HRESULT got_status;

        remaining = i;
        struck = false;
        counting = true;
        got_status = run();
        if (!struck) {
            CHECK_STATUS(got_status, want);
            break;
        }
        failures += got_status == E_OUTOFMEMORY;
        /* Libxml2 takes a namespace that it has no memory for as an empty one. */
        if (!CHECK(got_status == E_OUTOFMEMORY || got_status == want ||
                   strstr(sentence, "Empty XML namespace") != NULL)) {
            fprintf(stderr, "    allocation %u: 0x%08X: %s\n", i, (unsigned)got_status, sentence);
        }
    }
    printf("ws_channel_memory: %u allocations, %u refusals\n", i, failures);
    CHECK(i > 40 && i < ALLOCATIONS && failures > 30);
}

static void replies(void)
{
    fail_each("200 OK", ENVELOPE(RELATED "<x/>", "<r a='1'>1</r> <r/>"), 0);
}

static void faults(void)
{
    fail_each("500 Error",
              ENVELOPE(RELATED "<a:Action>urn:f</a:Action>",
                       "<s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason><s:Text xml:lang='en'>why"
                       "</s:Text></s:Reason><s:Detail><d/></s:Detail></s:Fault>"),
              WS_E_ENDPOINT_FAULT_RECEIVED);
}

/* One channel for all failures: whatever fails in a request, the next one works. */
static void same_channel(void)
{
    unsigned i;

    set_up_channel(NULL, 0);
    answer_with("200 OK", SOAP, ENVELOPE(RELATED, "<r/><r/>"));
    for (i = 0; i < ALLOCATIONS; i++) {
        HRESULT status;

        CHECK_STATUS(WsResetMessage(request_message, error), 0);
        CHECK_STATUS(WsResetMessage(reply_message, error), 0);
        remaining = i;
        struck = false;
        counting = true;
        status = write_request();
        status = status == 0 ? read_reply() : status;
        counting = false;
        if (!struck) {
            CHECK_STATUS(status, 0);
            break;
        }
        CHECK(status == 0 || status == E_OUTOFMEMORY);
        CHECK(state_of(channel) == WS_CHANNEL_STATE_OPEN);
        CHECK_STATUS(WsResetError(error), 0);
        CHECK_STATUS(WsResetHeap(heap, error), 0);
    }
    CHECK(i > 20 && i < ALLOCATIONS);
    check_request();
    tear_down_channel();
}

int main(void)
{
    use_own_xml_memory();
    ws_set_up();
    server_start(&service, serve_answers, NULL);
    RUN(replies);
    RUN(faults);
    RUN(same_channel);
    server_stop(&service);
    ws_tear_down();
    return test_result("ws_channel_memory");
}
