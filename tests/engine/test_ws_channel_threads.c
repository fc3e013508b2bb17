/* SPDX-License-Identifier: MIT
 *
 * Channels from several threads: abort, close and free while a request is under way, two calls at once, a call from
 * within a call, a signal, a fork().
 */
#include <sys/wait.h>

#include "channel_support.h"
#include "ncrypt_ext_compat.h"

enum { ROUNDS = 40 };

/* A request by a thread with objects of its own. */
struct runner {
    WS_CHANNEL *on;
    WS_MESSAGE *request, *reply;
    HRESULT status;
    pthread_t thread;
};

static void *run(void *argument)
{
    struct runner *runner = argument;
    WS_ERROR *own = NULL;
    WS_XML_STRING action = narrow("urn:do");
    HRESULT status = WsCreateError(NULL, 0, &own);

    status = status == 0 ? WsInitializeMessage(runner->request, WS_REQUEST_MESSAGE, NULL, own) : status;
    status = status == 0 ? WsSetHeader(runner->request, WS_ACTION_HEADER, WS_XML_STRING_TYPE, WS_WRITE_REQUIRED_VALUE,
                                       &action, sizeof action, own)
                         : status;
    status = status == 0 ? WsWriteMessageStart(runner->on, runner->request, NULL, own) : status;
    status = status == 0 ? WsWriteMessageEnd(runner->on, runner->request, NULL, own) : status;
    status = status == 0 ? WsReadMessageStart(runner->on, runner->reply, NULL, own) : status;
    status = status == 0 ? WsReadMessageEnd(runner->on, runner->reply, NULL, own) : status;
    runner->status = status;
    WsFreeError(own);
    return NULL;
}

static void start_runner(struct runner *runner)
{
    unsigned before;

    pthread_mutex_lock(&arrival_lock);
    before = arrivals;
    pthread_mutex_unlock(&arrival_lock);
    CHECK_STATUS(create(NULL, 0), 0);
    CHECK_STATUS(open_to(service.url), 0);
    runner->on = channel;
    CHECK_STATUS(WsCreateMessageForChannel(channel, NULL, 0, &runner->request, error), 0);
    CHECK_STATUS(WsCreateMessageForChannel(channel, NULL, 0, &runner->reply, error), 0);
    CHECK(pthread_create(&runner->thread, NULL, run, runner) == 0);
    await_arrival(before + 1);
}

static void finish_runner(struct runner *runner, HRESULT want)
{
    CHECK(pthread_join(runner->thread, NULL) == 0);
    CHECK_STATUS(runner->status, want);
    WsFreeMessage(runner->request);
    WsFreeMessage(runner->reply);
}

static void abort_request(void)
{
    answer_with(NULL, NULL, NULL);
    for (int i = 0; i < ROUNDS; i++) {
        struct runner runner = {0};

        start_runner(&runner);
        CHECK_STATUS(WsAbortChannel(channel, error), 0);
        CHECK(state_of(channel) == WS_CHANNEL_STATE_FAULTED);
        finish_runner(&runner, WS_E_OPERATION_ABORTED);
        CHECK(state_of(channel) == WS_CHANNEL_STATE_FAULTED);
        CHECK_STATUS(WsCloseChannel(channel, NULL, error), 0);
        WsFreeChannel(channel);
    }
}

static void close_request(void)
{
    answer_with(NULL, NULL, NULL);
    for (int i = 0; i < ROUNDS; i++) {
        struct runner runner = {0};

        start_runner(&runner);
        CHECK_STATUS(WsCloseChannel(channel, NULL, error), 0); /* waits for it */
        CHECK(state_of(channel) == WS_CHANNEL_STATE_CLOSED);
        finish_runner(&runner, WS_E_OPERATION_ABORTED);
        WsFreeChannel(channel);
    }
}

static void free_request(void)
{
    answer_with(NULL, NULL, NULL);
    for (int i = 0; i < ROUNDS; i++) {
        struct runner runner = {0};

        start_runner(&runner);
        WsFreeMessage(runner.reply); /* at least one of them is in use */
        WsFreeMessage(runner.request);
        WsFreeChannel(channel);
        CHECK_FAILURE(WsAbortChannel(channel, error), E_INVALIDARG, "WS_CHANNEL");
        CHECK(pthread_join(runner.thread, NULL) == 0);
        CHECK(runner.status == WS_E_OPERATION_ABORTED || runner.status == E_INVALIDARG);
    }
    CHECK(ncx_object_type_count(HANDLE_WS_CHANNEL) == 0 && ncx_object_type_count(HANDLE_WS_MESSAGE) == 0);
}

static void *close_it(void *argument)
{
    *(HRESULT *)argument = WsCloseChannel(channel, NULL, NULL);
    return NULL;
}

static void close_twice(void)
{
    answer_with(NULL, NULL, NULL);
    for (int i = 0; i < ROUNDS; i++) {
        struct runner runner = {0};
        HRESULT other = -1;
        pthread_t thread;

        start_runner(&runner);
        CHECK(pthread_create(&thread, NULL, close_it, &other) == 0);
        CHECK_STATUS(WsCloseChannel(channel, NULL, error), 0);
        CHECK(state_of(channel) == WS_CHANNEL_STATE_CLOSED);
        CHECK(pthread_join(thread, NULL) == 0);
        CHECK_STATUS(other, 0);
        finish_runner(&runner, WS_E_OPERATION_ABORTED);
        WsFreeChannel(channel);
    }
}

static void two_calls(void)
{
    struct runner runner = {0};
    WS_MESSAGE *message = NULL;

    answer_with(NULL, NULL, NULL);
    start_runner(&runner);
    CHECK_STATUS(WsCreateMessageForChannel(channel, NULL, 0, &message, error), 0);
    CHECK_STATUS(WsInitializeMessage(message, WS_REQUEST_MESSAGE, NULL, error), 0);
    CHECK_STATUS(set_action(message, "urn:do"), 0);
    CHECK_STATUS(WsWriteMessageStart(channel, message, NULL, error), WS_E_INVALID_OPERATION);
    CHECK_STATUS(open_to(service.url), WS_E_INVALID_OPERATION);
    CHECK_STATUS(WsResetChannel(channel, error), WS_E_INVALID_OPERATION);
    CHECK(state_of(channel) == WS_CHANNEL_STATE_OPEN);
    CHECK_STATUS(WsResetError(error), 0);
    CHECK_STATUS(WsAbortChannel(channel, error), 0);
    finish_runner(&runner, WS_E_OPERATION_ABORTED);
    WsFreeMessage(message);
    WsFreeChannel(channel);
}

/* ---- many at once ------------------------------------------------------------------------------------------------ */

static atomic_bool stop;
static WS_CHANNEL *_Atomic shared;

static void *disturb(void *argument)
{
    unsigned number = (unsigned)(uintptr_t)argument;
    WS_ERROR *own = NULL;

    CHECK_STATUS(WsCreateError(NULL, 0, &own), 0);
    while (!atomic_load(&stop)) {
        WS_CHANNEL *it = atomic_load(&shared);
        WS_CHANNEL_STATE state;
        HRESULT status = number++ % 3 == 0 ? WsAbortChannel(it, own)
                         : number % 3 == 1 ? WsCloseChannel(it, NULL, own)
                                           : WsGetChannelProperty(it, WS_CHANNEL_PROPERTY_STATE, &state, 4, own);

        CHECK(status == 0 || status == E_INVALIDARG);
        (void)WsResetChannel(it, own);
        CHECK_STATUS(WsResetError(own), 0);
    }
    WsFreeError(own);
    return NULL;
}

/* Every answer is one of those that there may be, and everything is gone at the end. */
static void disturbed(void)
{
    pthread_t threads[2];

    answer_with("200 OK", SOAP, ENVELOPE(RELATED, "<r/>"));
    CHECK_STATUS(create(NULL, 0), 0);
    atomic_store(&shared, channel);
    atomic_store(&stop, false);
    for (uintptr_t i = 0; i < 2; i++) {
        CHECK(pthread_create(&threads[i], NULL, disturb, (void *)i) == 0);
    }
    for (int i = 0; i < 10 * ROUNDS; i++) {
        struct runner runner = {.on = channel};

        (void)open_to(service.url);
        CHECK_STATUS(WsCreateMessageForChannel(channel, NULL, 0, &runner.request, error), 0);
        CHECK_STATUS(WsCreateMessageForChannel(channel, NULL, 0, &runner.reply, error), 0);
        run(&runner);
        CHECK(runner.status == 0 || runner.status == WS_E_OPERATION_ABORTED || runner.status == WS_E_INVALID_OPERATION);
        WsFreeMessage(runner.request);
        WsFreeMessage(runner.reply);
        CHECK_STATUS(WsResetError(error), 0);
        if (i % 8 == 0) {
            WS_CHANNEL *old = channel;

            CHECK_STATUS(create(NULL, 0), 0);
            atomic_store(&shared, channel);
            WsFreeChannel(old);
        }
    }
    atomic_store(&stop, true);
    for (int i = 0; i < 2; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    WsFreeChannel(channel);
}

/* ---- from within, and by a signal -------------------------------------------------------------------------------- */

static HRESULT inner_close, inner_start, inner_free;
static bool free_inside;

static int poll_calls(void *context)
{
    WS_MESSAGE *message = context;

    inner_close = WsCloseChannel(channel, NULL, NULL);
    inner_start = WsWriteMessageStart(channel, message, NULL, NULL);
    if (free_inside) {
        WsFreeChannel(channel);
        inner_free = WsAbortChannel(channel, NULL);
    }
    return 1;
}

static void within(bool freeing)
{
    set_up_channel(NULL, 0);
    check_request();
    answer_with(NULL, NULL, NULL);
    free_inside = freeing;
    ncx_set_interrupt(poll_calls, reply_message);
    CHECK_STATUS(request_status(), WS_E_OPERATION_ABORTED);
    ncx_set_interrupt(NULL, NULL);
    CHECK_STATUS(inner_close, WS_E_INVALID_OPERATION);
    CHECK(inner_start != 0);
    CHECK_STATUS(WsResetError(error), 0);
    if (freeing) {
        CHECK_STATUS(inner_free, E_INVALIDARG);
        WsFreeMessage(request_message);
        WsFreeMessage(reply_message);
        CHECK(ncx_object_type_count(HANDLE_WS_CHANNEL) == 0);
        return;
    }
    CHECK(state_of(channel) == WS_CHANNEL_STATE_OPEN); /* a signal is not an abort */
    check_request();
    tear_down_channel();
}

static void interrupted(void)
{
    within(false);
    within(true);
}

/* ---- fork -------------------------------------------------------------------------------------------------------- */

static int in_child(void)
{
    const WS_ENDPOINT_ADDRESS address = {.url = wide("http://h")};
    ULONG value = 0;
    bool good = WsAbortChannel(channel, error) == WS_E_INVALID_OPERATION &&
                WsCloseChannel(channel, NULL, error) == WS_E_INVALID_OPERATION &&
                WsOpenChannel(channel, &address, NULL, error) == WS_E_INVALID_OPERATION &&
                WsGetChannelProperty(channel, WS_CHANNEL_PROPERTY_STATE, &value, 4, error) == WS_E_INVALID_OPERATION &&
                strstr(newest_sentence(), "freed") != NULL;

    WsFreeMessage(request_message);
    WsFreeMessage(reply_message);
    WsFreeChannel(channel);
    good = good && WsAbortChannel(channel, error) == E_INVALIDARG && ncx_object_type_count(HANDLE_WS_CHANNEL) == 0;
    channel = NULL;
    good = good && WsResetError(error) == 0 && create(NULL, 0) == 0 && open_to(service.url) == 0;
    WsFreeChannel(channel);
    return good ? 0 : 1;
}

static void forked(void)
{
    int result = -1;
    pid_t child;

    set_up_channel(NULL, 0);
    check_request();
    CHECK_STATUS(begin_request("<q/>"), 0);
    child = fork();
    if (child == 0) {
        _exit(in_child());
    }
    CHECK(waitpid(child, &result, 0) == child && result == 0);
    CHECK_STATUS(WsWriteMessageEnd(channel, request_message, NULL, error), 0);
    CHECK_STATUS(receive_start(), 0); /* on the same connection */
    CHECK_STATUS(receive_end(), 0);
    tear_down_channel();
}

static void forked_during_request(void)
{
    struct runner runner = {0};
    int result = -1;
    pid_t child;

    answer_with(NULL, NULL, NULL);
    start_runner(&runner);
    child = fork();
    if (child == 0) {
        WsFreeMessage(runner.request);
        WsFreeMessage(runner.reply);
        WsFreeChannel(channel);
        _exit(ncx_object_type_count(HANDLE_WS_CHANNEL) == 0 ? 0 : 1);
    }
    CHECK(waitpid(child, &result, 0) == child && result == 0);
    CHECK_STATUS(WsAbortChannel(channel, error), 0);
    finish_runner(&runner, WS_E_OPERATION_ABORTED);
    WsFreeChannel(channel);
}

/* What only the vanished thread kept alive ends in the child. */
static void freed_during_request(void)
{
    struct runner runner = {0};
    int result = -1;
    pid_t child;

    answer_with(NULL, NULL, NULL);
    start_runner(&runner);
    WsFreeMessage(runner.reply); /* with its reader and its writer */
    child = fork();
    if (child == 0) {
        WsFreeMessage(runner.request);
        WsFreeChannel(channel);
        for (int type = HANDLE_WS_READER; type <= HANDLE_WS_MESSAGE; type++) {
            uint64_t own = type == HANDLE_WS_READER || type == HANDLE_WS_WRITER;

            if (ncx_object_type_count((enum handle_type)type) != own) {
                _exit(2);
            }
        }
        _exit(0);
    }
    CHECK(waitpid(child, &result, 0) == child);
    if (!CHECK(result == 0)) {
        fprintf(stderr, "    the child ended with 0x%X\n", (unsigned)result);
    }
    WsFreeChannel(channel);
    CHECK(pthread_join(runner.thread, NULL) == 0);
    WsFreeMessage(runner.request);
}

int main(void)
{
    ws_set_up();
    server_start(&service, serve_answers, NULL);
    RUN(abort_request);
    RUN(close_request);
    RUN(free_request);
    RUN(close_twice);
    RUN(two_calls);
    RUN(disturbed);
    RUN(interrupted);
    RUN(forked);
    RUN(forked_during_request);
    RUN(freed_during_request);
    server_stop(&service);
    ws_tear_down();
    return test_result("ws_channel_threads");
}
