/* SPDX-License-Identifier: MIT
 *
 * Channels: creation, opening, and what each call answers in each state.
 */
#include "channel_support.h"

static void create_refusals(void)
{
    static const struct {
        int type, binding;
        HRESULT status;
    } KINDS[] = {
        {WS_CHANNEL_TYPE_REPLY, WS_HTTP_CHANNEL_BINDING, WS_E_NOT_SUPPORTED},
        {WS_CHANNEL_TYPE_DUPLEX_SESSION, WS_TCP_CHANNEL_BINDING, WS_E_NOT_SUPPORTED},
        {WS_CHANNEL_TYPE_DUPLEX_SESSION, WS_NAMEDPIPE_CHANNEL_BINDING, WS_E_NOT_SUPPORTED},
        {WS_CHANNEL_TYPE_DUPLEX, WS_UDP_CHANNEL_BINDING, WS_E_NOT_SUPPORTED},
        {WS_CHANNEL_TYPE_INPUT, WS_UDP_CHANNEL_BINDING, WS_E_NOT_SUPPORTED},
        {WS_CHANNEL_TYPE_REQUEST, WS_CUSTOM_CHANNEL_BINDING, WS_E_NOT_SUPPORTED},
        {WS_CHANNEL_TYPE_REQUEST, WS_TCP_CHANNEL_BINDING, E_INVALIDARG},
        {WS_CHANNEL_TYPE_SESSION, WS_HTTP_CHANNEL_BINDING, E_INVALIDARG},
        {0, WS_HTTP_CHANNEL_BINDING, E_INVALIDARG},
        {WS_CHANNEL_TYPE_REQUEST, 5, E_INVALIDARG},
        {WS_CHANNEL_TYPE_REQUEST, -1, E_INVALIDARG},
        {-1, WS_CUSTOM_CHANNEL_BINDING, E_INVALIDARG},
    };
    WS_CHANNEL *none = NULL;

    for (size_t i = 0; i < COUNT(KINDS); i++) {
        CHECK_FAILURE(WsCreateChannel((WS_CHANNEL_TYPE)KINDS[i].type, (WS_CHANNEL_BINDING)KINDS[i].binding, NULL, 0,
                                      NULL, &none, error),
                      KINDS[i].status, "channel");
        CHECK(none == NULL);
    }
    CHECK_FAILURE(WsCreateChannel(WS_CHANNEL_TYPE_REQUEST, WS_HTTP_CHANNEL_BINDING, NULL, 0, NULL, NULL, error),
                  E_INVALIDARG, "address");
    CHECK_FAILURE(WsCreateChannel(WS_CHANNEL_TYPE_REQUEST, WS_HTTP_CHANNEL_BINDING, NULL, 1, NULL, &none, error),
                  E_INVALIDARG, "count");
}

static void urls(void)
{
    static const char *const GOOD[] = {"http://h", "HTTP://h/", "http://h:1/p?q=%20", "http://127.0.0.1:65535",
                                       "http://[::1]:80/x"};
    static const char *const BAD[] = {
        "",           "h",           "ftp://h/",    "https://h/",    "http:/h",        "http://",      "http:///p",
        "http://u@h", "http://h/#f", "http://h p",  "http://h:0/",   "http://h:65536", "http://h:x/",  "http://[::1",
        "http://h/%", "http://h/%2", "http://h/\"", "http://h/\xE9", "http://h/<",     "http://h/\\x", "http://h\t",
        "http://:80", "http://?",    "http://h:1:2"};
    WS_ENDPOINT_ADDRESS address = {.url = wide("http://h")};
    WS_ENDPOINT_IDENTITY identity = {WS_DNS_ENDPOINT_IDENTITY_TYPE};
    WS_ASYNC_CONTEXT async = {NULL, NULL};
    char *longest = malloc(70000);

    CHECK_STATUS(create(NULL, 0), 0);
    for (size_t i = 0; i < COUNT(GOOD); i++) {
        CHECK_STATUS(open_to(GOOD[i]), 0);
        CHECK_STATUS(WsCloseChannel(channel, NULL, error), 0);
        CHECK_STATUS(WsResetChannel(channel, error), 0);
    }
    for (size_t i = 0; i < COUNT(BAD); i++) {
        CHECK_FAILURE(open_to(BAD[i]), WS_E_INVALID_ENDPOINT_URL, "URL");
        CHECK(state_of(channel) == WS_CHANNEL_STATE_CREATED);
    }
    memset(longest, 'x', 70000);
    memcpy(longest, "http://h/", 9);
    longest[32769] = 0;
    CHECK_FAILURE(open_to(longest), WS_E_INVALID_ENDPOINT_URL, "65536");
    free(longest);
    CHECK_FAILURE(WsOpenChannel(channel, NULL, NULL, error), E_INVALIDARG, "NULL");
    CHECK_FAILURE(WsOpenChannel(channel, &address, &async, error), WS_E_NOT_SUPPORTED, "asynchronous");
    address.identity = &identity;
    CHECK_FAILURE(WsOpenChannel(channel, &address, NULL, error), WS_E_NOT_SUPPORTED, "identity");
    address = (WS_ENDPOINT_ADDRESS){.url = wide("http://h"), .headers = make_buffer("<h/>")};
    CHECK_FAILURE(WsOpenChannel(channel, &address, NULL, error), WS_E_NOT_SUPPORTED, "headers");
    address = (WS_ENDPOINT_ADDRESS){.url = wide("http://h"), .extensions = make_buffer("<h/>")};
    CHECK_FAILURE(WsOpenChannel(channel, &address, NULL, error), WS_E_NOT_SUPPORTED, "extensions");
    address = (WS_ENDPOINT_ADDRESS){.url = {5, NULL}};
    CHECK_FAILURE(WsOpenChannel(channel, &address, NULL, error), E_INVALIDARG, "NULL");
    WsFreeChannel(channel);
}

/* ---- the states -------------------------------------------------------------------------------------------------- */

enum call { OPEN, CLOSE, ABORT, RESET, WRITE_START, WRITE_END, READ_START, READ_END };

static HRESULT make(enum call call)
{
    switch (call) {
    case OPEN:
        return open_to(service.url);
    case CLOSE:
        return WsCloseChannel(channel, NULL, error);
    case ABORT:
        return WsAbortChannel(channel, error);
    case RESET:
        return WsResetChannel(channel, error);
    case WRITE_START:
        CHECK_STATUS(WsResetMessage(request_message, error), 0);
        CHECK_STATUS(WsInitializeMessage(request_message, WS_REQUEST_MESSAGE, NULL, error), 0);
        CHECK_STATUS(set_action(request_message, "urn:do"), 0);
        return WsWriteMessageStart(channel, request_message, NULL, error);
    case WRITE_END:
        return WsWriteMessageEnd(channel, request_message, NULL, error);
    case READ_START:
        CHECK_STATUS(WsResetMessage(reply_message, error), 0);
        return WsReadMessageStart(channel, reply_message, NULL, error);
    case READ_END:
    default:
        return WsReadMessageEnd(channel, reply_message, NULL, error);
    }
}

/* How to get there from a new channel, and what each call does there. */
#define BAD     WS_E_INVALID_OPERATION
#define ABORTED WS_E_OPERATION_ABORTED
static const struct {
    enum call steps[6];
    int count;
    WS_CHANNEL_STATE state;
    struct {
        HRESULT status;
        int state;
    } answers[8];
} STATES[] = {
    {{0}, 0, 0, {{0, 3}, {0, 6}, {0, 0}, {0, 0}, {BAD, 0}, {BAD, 0}, {BAD, 0}, {BAD, 0}}},
    {{OPEN}, 1, 3, {{BAD, 3}, {0, 6}, {0, 4}, {BAD, 3}, {0, 3}, {BAD, 3}, {BAD, 3}, {BAD, 3}}},
    {{OPEN, WRITE_START}, 2, 3, {{BAD, 3}, {0, 6}, {0, 4}, {BAD, 3}, {0, 3}, {0, 3}, {BAD, 3}, {BAD, 3}}},
    {{OPEN, WRITE_START, WRITE_END}, 3, 3, {{BAD, 3}, {0, 6}, {0, 4}, {BAD, 3}, {BAD, 3}, {BAD, 3}, {0, 3}, {BAD, 3}}},
    {{OPEN, WRITE_START, WRITE_END, READ_START},
     4,
     3,
     {{BAD, 3}, {0, 6}, {0, 4}, {BAD, 3}, {BAD, 3}, {BAD, 3}, {BAD, 3}, {0, 3}}},
    {{OPEN, WRITE_START, WRITE_END, READ_START, READ_END},
     5,
     3,
     {{BAD, 3}, {0, 6}, {0, 4}, {BAD, 3}, {0, 3}, {BAD, 3}, {BAD, 3}, {BAD, 3}}},
    {{OPEN, ABORT}, 2, 4, {{BAD, 4}, {0, 6}, {0, 4}, {BAD, 4}, {BAD, 4}, {BAD, 4}, {BAD, 4}, {BAD, 4}}},
    {{OPEN, WRITE_START, ABORT},
     3,
     4,
     {{BAD, 4}, {0, 6}, {0, 4}, {BAD, 4}, {BAD, 4}, {ABORTED, 4}, {BAD, 4}, {BAD, 4}}},
    {{OPEN, WRITE_START, WRITE_END, ABORT},
     4,
     4,
     {{BAD, 4}, {0, 6}, {0, 4}, {BAD, 4}, {BAD, 4}, {BAD, 4}, {ABORTED, 4}, {BAD, 4}}},
    {{OPEN, WRITE_START, WRITE_END, READ_START, ABORT},
     5,
     4,
     {{BAD, 4}, {0, 6}, {0, 4}, {BAD, 4}, {BAD, 4}, {BAD, 4}, {BAD, 4}, {ABORTED, 4}}},
    {{OPEN, CLOSE}, 2, 6, {{BAD, 6}, {0, 6}, {0, 6}, {0, 0}, {BAD, 6}, {BAD, 6}, {BAD, 6}, {BAD, 6}}},
    {{OPEN, WRITE_START, CLOSE}, 3, 6, {{BAD, 6}, {0, 6}, {0, 6}, {0, 0}, {BAD, 6}, {ABORTED, 6}, {BAD, 6}, {BAD, 6}}},
    {{OPEN, ABORT, CLOSE, RESET}, 4, 0, {{0, 3}, {0, 6}, {0, 0}, {0, 0}, {BAD, 0}, {BAD, 0}, {BAD, 0}, {BAD, 0}}},
    {{OPEN, WRITE_START, CLOSE, RESET, OPEN},
     5,
     3,
     {{BAD, 3}, {0, 6}, {0, 4}, {BAD, 3}, {0, 3}, {BAD, 3}, {BAD, 3}, {BAD, 3}}},
};

static void check_answer(size_t row, enum call call)
{
    HRESULT status;

    CHECK_STATUS(create(NULL, 0), 0);
    CHECK_STATUS(WsCreateMessageForChannel(channel, NULL, 0, &request_message, error), 0);
    CHECK_STATUS(WsCreateMessageForChannel(channel, NULL, 0, &reply_message, error), 0);
    for (int i = 0; i < STATES[row].count; i++) {
        CHECK_STATUS(make(STATES[row].steps[i]), 0);
    }
    CHECK(state_of(channel) == STATES[row].state);
    status = make(call);
    if (!CHECK(status == STATES[row].answers[call].status) ||
        !CHECK((int)state_of(channel) == STATES[row].answers[call].state)) {
        fprintf(stderr, "    row %zu, call %d: 0x%08X, state %d: %s\n", row, (int)call, (unsigned)status,
                (int)state_of(channel), newest_sentence());
    }
    CHECK(status == 0 || strlen(newest_sentence()) > 10);
    CHECK_STATUS(WsResetError(error), 0);
    WsFreeMessage(request_message);
    WsFreeMessage(reply_message);
    WsFreeChannel(channel); /* in any state */
}

static void states(void)
{
    answer_with("200 OK", SOAP, ENVELOPE(RELATED, "<r/>"));
    for (size_t row = 0; row < COUNT(STATES); row++) {
        for (int call = OPEN; call <= READ_END; call++) {
            check_answer(row, (enum call)call);
        }
    }
    channel = NULL;
    request_message = reply_message = NULL;
}

/* ---- pointers ---------------------------------------------------------------------------------------------------- */

static void check_pointers(WS_CHANNEL *bad, WS_MESSAGE *message)
{
    const WS_ENDPOINT_ADDRESS address = {.url = wide("http://h")};
    WS_MESSAGE *made = NULL;
    ULONG value = 1;

    CHECK_FAILURE(WsOpenChannel(bad, &address, NULL, error), E_INVALIDARG, "WS_CHANNEL");
    CHECK_FAILURE(WsCloseChannel(bad, NULL, error), E_INVALIDARG, "WS_CHANNEL");
    CHECK_FAILURE(WsAbortChannel(bad, error), E_INVALIDARG, "WS_CHANNEL");
    CHECK_FAILURE(WsResetChannel(bad, error), E_INVALIDARG, "WS_CHANNEL");
    CHECK_FAILURE(WsGetChannelProperty(bad, WS_CHANNEL_PROPERTY_STATE, &value, 4, error), E_INVALIDARG, "WS_CHANNEL");
    CHECK_FAILURE(WsSetChannelProperty(bad, WS_CHANNEL_PROPERTY_SEND_TIMEOUT, &value, 4, error), E_INVALIDARG,
                  "WS_CHANNEL");
    CHECK_FAILURE(WsCreateMessageForChannel(bad, NULL, 0, &made, error), E_INVALIDARG, "WS_CHANNEL");
    CHECK_FAILURE(WsWriteMessageStart(bad, message, NULL, error), E_INVALIDARG, "WS_CHANNEL");
    CHECK_FAILURE(WsWriteMessageEnd(bad, message, NULL, error), E_INVALIDARG, "WS_CHANNEL");
    CHECK_FAILURE(WsReadMessageStart(bad, message, NULL, error), E_INVALIDARG, "WS_CHANNEL");
    CHECK_FAILURE(WsReadMessageEnd(bad, message, NULL, error), E_INVALIDARG, "WS_CHANNEL");
    WsFreeChannel(bad);
}

static void pointers(void)
{
    const WS_ASYNC_CONTEXT async = {NULL, NULL};
    WS_MESSAGE *message = NULL;

    CHECK_STATUS(create(NULL, 0), 0);
    CHECK_STATUS(WsCreateMessageForChannel(channel, NULL, 0, &message, error), 0);
    check_pointers(NULL, message);
    check_pointers((WS_CHANNEL *)(uintptr_t)0x1234, message);
    check_pointers((WS_CHANNEL *)(uintptr_t)message, message);
    CHECK_FAILURE(WsCloseChannel(channel, &async, error), WS_E_NOT_SUPPORTED, "asynchronous");
    CHECK_FAILURE(WsWriteMessageStart(channel, message, &async, error), WS_E_NOT_SUPPORTED, "asynchronous");
    CHECK_FAILURE(WsWriteMessageEnd(channel, message, &async, error), WS_E_NOT_SUPPORTED, "asynchronous");
    CHECK_FAILURE(WsReadMessageStart(channel, message, &async, error), WS_E_NOT_SUPPORTED, "asynchronous");
    CHECK_FAILURE(WsReadMessageEnd(channel, message, &async, error), WS_E_NOT_SUPPORTED, "asynchronous");
    CHECK_FAILURE(WsWriteMessageStart(channel, NULL, NULL, error), E_INVALIDARG, "WS_MESSAGE");
    CHECK_FAILURE(WsReadMessageStart(channel, (WS_MESSAGE *)(uintptr_t)channel, NULL, error), E_INVALIDARG,
                  "WS_MESSAGE");
    WsFreeChannel(channel);
    check_pointers(channel, message); /* stale */
    WsFreeMessage(message);
}

int main(void)
{
    ws_set_up();
    server_start(&service, serve_answers, NULL);
    RUN(create_refusals);
    RUN(urls);
    RUN(states);
    RUN(pointers);
    server_stop(&service);
    ws_tear_down();
    return test_result("ws_channel");
}
