/* SPDX-License-Identifier: MIT
 *
 * WsCreateChannel, WsOpenChannel, WsCloseChannel, WsAbortChannel, WsResetChannel, WsFreeChannel.
 */
#include "webservices/channel.h"

#include <stdlib.h>
#include <unistd.h>

#include "webservices/endpoint.h"

/* ---- creation and end -------------------------------------------------------------------------------------------- */

static void destroy_channel(void *object)
{
    struct channel *channel = object;

    http_close(channel->http);
    security_free(channel->security);
    parse_free(channel->context);
    text_free(&channel->request);
    text_free(&channel->content_type);
    free(channel->message_id);
    free(channel->url);
    free(channel->settings.proxy);
    free(channel->settings.proxy_bypass);
    if (channel->process == getpid()) { /* else they may be held by threads that do not exist here */
        pthread_cond_destroy(&channel->changed);
        pthread_mutex_destroy(&channel->lock);
    }
    free(channel);
}

/* What the API knows and this library has not is told from what does not exist. */
static HRESULT check_kind(WS_CHANNEL_TYPE type, WS_CHANNEL_BINDING binding, WS_ERROR *error)
{
    bool known;

    switch (binding) {
    case WS_HTTP_CHANNEL_BINDING:
        if (type == WS_CHANNEL_TYPE_REQUEST) {
            return ERROR_SUCCESS;
        }
        known = type == WS_CHANNEL_TYPE_REPLY;
        break;
    case WS_TCP_CHANNEL_BINDING:
    case WS_NAMEDPIPE_CHANNEL_BINDING:
        known = type == WS_CHANNEL_TYPE_DUPLEX_SESSION;
        break;
    case WS_UDP_CHANNEL_BINDING:
        known = type == WS_CHANNEL_TYPE_DUPLEX || type == WS_CHANNEL_TYPE_INPUT;
        break;
    case WS_CUSTOM_CHANNEL_BINDING:
        known = type >= WS_CHANNEL_TYPE_INPUT && type <= WS_CHANNEL_TYPE_REPLY;
        break;
    default:
        known = false;
    }
    return known ? ws_fail(error, WS_E_NOT_SUPPORTED, "there are request channels over HTTP, and no others")
                 : ws_fail(error, E_INVALIDARG, "there is no channel of type %d over binding %d", (int)type,
                           (int)binding);
}

static HRESULT make_channel(struct channel **channel, WS_ERROR *error)
{
    struct channel *made = calloc(1, sizeof *made);

    if (made == NULL) {
        return ws_no_memory(error);
    }
    if (pthread_mutex_init(&made->lock, NULL) != 0) {
        free(made);
        return ws_no_memory(error);
    }
    if (pthread_cond_init(&made->changed, NULL) != 0) {
        pthread_mutex_destroy(&made->lock);
        free(made);
        return ws_no_memory(error);
    }
    made->process = getpid();
    made->state = WS_CHANNEL_STATE_CREATED;
    made->request = TEXT_INIT(SIZE_MAX / 4);
    made->content_type = TEXT_INIT(SIZE_MAX / 4);
    *channel = made;
    return ERROR_SUCCESS;
}

static HRESULT fill_channel(struct channel *channel, const WS_CHANNEL_PROPERTY *properties, ULONG count,
                            const WS_SECURITY_DESCRIPTION *description, WS_ERROR *error)
{
    HRESULT status = channel_take_properties(channel, properties, count, error);

    if (status == ERROR_SUCCESS && http_missing()[0] != 0) {
        status = ws_fail(error, WS_E_NOT_SUPPORTED, "%s", http_missing());
    }
    return status == ERROR_SUCCESS ? security_create(description, &channel->settings, &channel->security, error)
                                   : status;
}

static HRESULT create_channel(WS_CHANNEL_TYPE type, WS_CHANNEL_BINDING binding, const WS_CHANNEL_PROPERTY *properties,
                              ULONG count, const WS_SECURITY_DESCRIPTION *description, WS_CHANNEL **pointer,
                              WS_ERROR *error)
{
    struct channel *channel = NULL;
    HRESULT status;

    if (pointer == NULL) {
        return ws_fail(error, E_INVALIDARG, "the address for the new channel is NULL");
    }
    status = check_kind(type, binding, error);
    if (status == ERROR_SUCCESS) {
        status = make_channel(&channel, error);
    }
    if (status == ERROR_SUCCESS) {
        status = fill_channel(channel, properties, count, description, error);
    }
    if (status == ERROR_SUCCESS &&
        object_publish(HANDLE_WS_CHANNEL, channel, destroy_channel, (void **)pointer) != ERROR_SUCCESS) {
        status = ws_no_memory(error);
    }
    if (status != ERROR_SUCCESS && channel != NULL) {
        destroy_channel(channel);
    }
    return status;
}

HRESULT WINAPI WsCreateChannel(WS_CHANNEL_TYPE channelType, WS_CHANNEL_BINDING channelBinding,
                               const WS_CHANNEL_PROPERTY *properties, ULONG propertyCount,
                               const WS_SECURITY_DESCRIPTION *securityDescription, WS_CHANNEL **channel,
                               WS_ERROR *error)
{
    return ncx_trace("WsCreateChannel", create_channel(channelType, channelBinding, properties, propertyCount,
                                                       securityDescription, channel, error));
}

/* The lock is held. Whoever runs gets WS_E_OPERATION_ABORTED. */
static void abort_run(struct channel *channel)
{
    channel->aborted = true;
    if (channel->http != NULL) {
        http_abort(channel->http);
    }
}

/* Windows ends the process when the channel is neither created nor closed; here that is an abort. */
void WINAPI WsFreeChannel(WS_CHANNEL *pointer)
{
    struct channel *channel = ncx_object_acquire(object_handle(pointer), HANDLE_WS_CHANNEL);

    if (channel == NULL) {
        return;
    }
    if (ncx_object_close(object_handle(pointer), HANDLE_WS_CHANNEL) == ERROR_SUCCESS && channel->process == getpid()) {
        pthread_mutex_lock(&channel->lock);
        abort_run(channel);
        pthread_mutex_unlock(&channel->lock);
    }
    ncx_object_release(object_handle(pointer));
}

/* ---- the states -------------------------------------------------------------------------------------------------- */

static HRESULT connect_to(struct channel *channel, const WS_ENDPOINT_ADDRESS *address, struct http **http,
                          WS_ERROR *error)
{
    const struct tls_settings *tls = security_tls(channel->security);
    char *url = NULL;
    bool https;
    HRESULT status = endpoint_url(address, &url, &https, error);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (https != (tls != NULL)) {
        free(url);
        return ws_fail(error, WS_E_INVALID_ENDPOINT_URL, "the URL is refused: %s",
                       https ? "https:// needs a security description with an SSL transport binding"
                             : "http:// does not go with an SSL transport binding");
    }
    status = http_open(url, &channel->settings, tls, http, error);
    if (status != ERROR_SUCCESS) {
        free(url);
        return status;
    }
    free(channel->url);
    channel->url = url;
    return ERROR_SUCCESS;
}

static HRESULT open_channel(struct channel *channel, const WS_ENDPOINT_ADDRESS *address, WS_ERROR *error)
{
    struct http *http = NULL;
    WS_CHANNEL_STATE state;
    bool running;
    bool aborted;
    HRESULT status;

    pthread_mutex_lock(&channel->lock);
    state = channel->state;
    running = channel->running;
    if (state == WS_CHANNEL_STATE_CREATED && !running) {
        channel->state = WS_CHANNEL_STATE_OPENING;
        channel->phase = PHASE_IDLE;
        channel->message = NULL;
        channel->aborted = false;
        channel_start_run(channel);
    }
    pthread_mutex_unlock(&channel->lock);
    if (state != WS_CHANNEL_STATE_CREATED) {
        return ws_fail(error, WS_E_INVALID_OPERATION, "a channel is opened when it is created or reset: it is %s",
                       channel_state_name(state));
    }
    if (running) {
        return ws_fail(error, WS_E_INVALID_OPERATION, "another call with the channel is running");
    }
    status = connect_to(channel, address, &http, error);
    pthread_mutex_lock(&channel->lock);
    aborted = channel->aborted;
    if (!aborted) {
        channel->state = status == ERROR_SUCCESS ? WS_CHANNEL_STATE_OPEN : WS_CHANNEL_STATE_CREATED;
        channel->http = http;
        http = NULL;
    }
    channel_stop_run(channel);
    pthread_mutex_unlock(&channel->lock);
    http_close(http);
    return aborted ? ws_fail(error, WS_E_OPERATION_ABORTED, "the channel was aborted or closed") : status;
}

HRESULT WINAPI WsOpenChannel(WS_CHANNEL *pointer, const WS_ENDPOINT_ADDRESS *endpointAddress,
                             const WS_ASYNC_CONTEXT *asyncContext, WS_ERROR *error)
{
    struct channel *channel;
    HRESULT status = channel_enter(pointer, &channel, error);

    if (status == ERROR_SUCCESS) {
        status = channel_refuse_async(asyncContext, error);
        if (status == ERROR_SUCCESS && endpointAddress == NULL) {
            status = ws_fail(error, E_INVALIDARG, "the address is NULL");
        }
        if (status == ERROR_SUCCESS) {
            status = open_channel(channel, endpointAddress, error);
        }
        channel_leave(pointer);
    }
    return ncx_trace("WsOpenChannel", status);
}

/* The lock is held. A run in another thread is over when this returns; whoever else closes the channel, too. */
static void await_close(struct channel *channel)
{
    while (channel->state == WS_CHANNEL_STATE_CLOSING) {
        pthread_cond_wait(&channel->changed, &channel->lock);
    }
    if (channel->state == WS_CHANNEL_STATE_CLOSED) {
        return;
    }
    channel->state = WS_CHANNEL_STATE_CLOSING;
    if (channel->running) {
        abort_run(channel);
    }
    while (channel->running) {
        pthread_cond_wait(&channel->changed, &channel->lock);
    }
}

static HRESULT close_channel(struct channel *channel, WS_ERROR *error)
{
    struct http *http = NULL;
    bool here;
    bool mine = false;

    pthread_mutex_lock(&channel->lock);
    here = channel->running && pthread_equal(channel->runner, pthread_self());
    if (!here) {
        await_close(channel);
        mine = channel->state == WS_CHANNEL_STATE_CLOSING;
        http = mine ? channel->http : NULL;
        channel->http = mine ? NULL : channel->http;
    }
    pthread_mutex_unlock(&channel->lock);
    if (here) {
        return ws_fail(error, WS_E_INVALID_OPERATION,
                       "this thread is in a call with the channel, which would wait for itself");
    }
    http_close(http);
    if (mine) {
        pthread_mutex_lock(&channel->lock);
        channel->state = WS_CHANNEL_STATE_CLOSED;
        pthread_cond_broadcast(&channel->changed);
        pthread_mutex_unlock(&channel->lock);
    }
    return ERROR_SUCCESS;
}

HRESULT WINAPI WsCloseChannel(WS_CHANNEL *pointer, const WS_ASYNC_CONTEXT *asyncContext, WS_ERROR *error)
{
    struct channel *channel;
    HRESULT status = channel_enter(pointer, &channel, error);

    if (status == ERROR_SUCCESS) {
        status = channel_refuse_async(asyncContext, error);
        if (status == ERROR_SUCCESS) {
            status = close_channel(channel, error);
        }
        channel_leave(pointer);
    }
    return ncx_trace("WsCloseChannel", status);
}

HRESULT WINAPI WsAbortChannel(WS_CHANNEL *pointer, WS_ERROR *error)
{
    struct channel *channel;
    HRESULT status = channel_enter(pointer, &channel, error);

    if (status == ERROR_SUCCESS) {
        pthread_mutex_lock(&channel->lock);
        if (channel->state == WS_CHANNEL_STATE_OPENING) {
            channel->state = WS_CHANNEL_STATE_CREATED;
            abort_run(channel);
        } else if (channel->state == WS_CHANNEL_STATE_OPEN) {
            channel->state = WS_CHANNEL_STATE_FAULTED;
            abort_run(channel);
        }
        pthread_mutex_unlock(&channel->lock);
        channel_leave(pointer);
    }
    return ncx_trace("WsAbortChannel", status);
}

HRESULT WINAPI WsResetChannel(WS_CHANNEL *pointer, WS_ERROR *error)
{
    struct channel *channel;
    WS_CHANNEL_STATE state = WS_CHANNEL_STATE_CREATED;
    bool good = false;
    HRESULT status = channel_enter(pointer, &channel, error);

    if (status == ERROR_SUCCESS) {
        pthread_mutex_lock(&channel->lock);
        state = channel->state;
        good = !channel->running && (state == WS_CHANNEL_STATE_CREATED || state == WS_CHANNEL_STATE_CLOSED);
        if (good) {
            channel->state = WS_CHANNEL_STATE_CREATED;
            channel->phase = PHASE_IDLE;
            channel->message = NULL;
        }
        pthread_mutex_unlock(&channel->lock);
        if (!good) {
            status = ws_fail(error, WS_E_INVALID_OPERATION, "a channel is reset when it is created or closed: it is %s",
                             channel_state_name(state));
        }
        channel_leave(pointer);
    }
    return ncx_trace("WsResetChannel", status);
}
