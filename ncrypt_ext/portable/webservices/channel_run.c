/* SPDX-License-Identifier: MIT
 *
 * How calls get at a channel, and what is one at a time.
 */
#include <unistd.h>

#include "webservices/channel.h"

const char *channel_state_name(WS_CHANNEL_STATE state)
{
    static const char *const NAMES[] = {"created", "opening", "accepting", "open", "faulted", "closing", "closed"};

    return NAMES[state];
}

HRESULT channel_refuse_async(const WS_ASYNC_CONTEXT *context, WS_ERROR *error)
{
    return context != NULL ? ws_fail(error, WS_E_NOT_SUPPORTED, "there are no asynchronous calls: the context is NULL")
                           : ERROR_SUCCESS;
}

HRESULT channel_enter(const WS_CHANNEL *pointer, struct channel **channel, WS_ERROR *error)
{
    struct channel *found = ncx_object_acquire(object_handle(pointer), HANDLE_WS_CHANNEL);

    if (found == NULL) {
        return ws_fail(error, E_INVALIDARG, pointer == NULL ? "the WS_CHANNEL is NULL" : "not a live WS_CHANNEL");
    }
    if (found->process != getpid()) {
        ncx_object_release(object_handle(pointer));
        return ws_fail(error, WS_E_INVALID_OPERATION,
                       "the channel belongs to the process that this one was forked from: it can only be freed");
    }
    *channel = found;
    return ERROR_SUCCESS;
}

void channel_leave(const WS_CHANNEL *pointer)
{
    ncx_object_release(object_handle(pointer));
}

void channel_start_run(struct channel *channel)
{
    channel->running = true;
    channel->runner = pthread_self();
}

void channel_stop_run(struct channel *channel)
{
    channel->running = false;
    pthread_cond_broadcast(&channel->changed);
}

static HRESULT fail_run(WS_ERROR *error, enum phase phase, enum phase wanted)
{
    static const char *const SENTENCES[] = {
        [PHASE_IDLE] = "no request is under way on the channel",
        [PHASE_WRITING] = "a request is being written on the channel",
        [PHASE_SENT] = "the channel has sent a request, whose reply has to be read first",
        [PHASE_READING] = "a reply is being read on the channel",
    };

    return ws_fail(error, WS_E_INVALID_OPERATION, "%s",
                   phase == wanted ? "the channel is writing or reading another message" : SENTENCES[phase]);
}

HRESULT channel_begin_run(struct channel *channel, enum phase phase, const WS_MESSAGE *message, WS_ERROR *error)
{
    WS_CHANNEL_STATE state;
    enum phase present;
    bool running;
    bool fits;

    pthread_mutex_lock(&channel->lock);
    state = channel->state;
    present = channel->phase;
    running = channel->running;
    fits = present == phase && (message == NULL || channel->message == message);
    if (!running && fits) {
        if (state == WS_CHANNEL_STATE_OPEN) {
            channel_start_run(channel);
        } else {
            channel->phase = PHASE_IDLE;
            channel->message = NULL;
        }
    }
    pthread_mutex_unlock(&channel->lock);
    if (running) {
        return ws_fail(error, WS_E_INVALID_OPERATION, "another call with the channel is running");
    }
    if (state != WS_CHANNEL_STATE_OPEN) {
        return fits && phase != PHASE_IDLE ? ws_fail(error, WS_E_OPERATION_ABORTED, "the channel was aborted or closed")
                                           : ws_fail(error, WS_E_INVALID_OPERATION, "the channel is not open: it is %s",
                                                     channel_state_name(state));
    }
    return fits ? ERROR_SUCCESS : fail_run(error, present, phase);
}

HRESULT channel_end_run(struct channel *channel, HRESULT status, bool broken, enum phase phase,
                        const WS_MESSAGE *message, WS_ERROR *error)
{
    bool aborted;

    pthread_mutex_lock(&channel->lock);
    aborted = channel->aborted;
    if (aborted || status != ERROR_SUCCESS) {
        phase = PHASE_IDLE;
        message = NULL;
    }
    if (!aborted && broken && channel->state == WS_CHANNEL_STATE_OPEN) {
        channel->state = WS_CHANNEL_STATE_FAULTED;
    }
    channel->phase = phase;
    channel->message = message;
    channel_stop_run(channel);
    pthread_mutex_unlock(&channel->lock);
    return aborted ? ws_fail(error, WS_E_OPERATION_ABORTED, "the channel was aborted or closed") : status;
}

bool channel_is_broken_by(HRESULT status)
{
    return status != ERROR_SUCCESS && status != WS_E_OPERATION_ABORTED && status != WS_E_QUOTA_EXCEEDED &&
           status != WS_E_INVALID_FORMAT && status != E_OUTOFMEMORY;
}

void channel_forget(const WS_CHANNEL *pointer, const WS_MESSAGE *message)
{
    struct channel *channel = ncx_object_acquire(object_handle(pointer), HANDLE_WS_CHANNEL);

    if (channel == NULL) {
        return;
    }
    if (channel->process == getpid()) {
        pthread_mutex_lock(&channel->lock);
        if (!channel->running && channel->message == message) {
            channel->phase = PHASE_IDLE;
            channel->message = NULL;
        }
        pthread_mutex_unlock(&channel->lock);
    }
    ncx_object_release(object_handle(pointer));
}
