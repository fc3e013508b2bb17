/* SPDX-License-Identifier: MIT
 *
 * A channel: one request and its reply at a time over one connection.
 *
 * Any thread may call at any time. The lock is held for moments; what takes long (opening, sending, receiving) is a
 * run: one at a time, outside the lock, in a state that others see. An abort ends it from outside, closing waits for
 * it, and freeing leaves the rest to whoever is the last to leave.
 *
 * What a failure does to the channel. It stays open when the failure is that of one message: a fault, a verification
 * that failed, a reply that is malformed or too big, HTTP's refusals, memory that is short, a signal in the calling
 * thread. It is faulted by what the connection reports: no host, no connection, broken TLS, a timeout. Abort does that,
 * too. A faulted channel is closed, reset and opened again.
 *
 * In the child of a fork() a channel can only be freed.
 */
#ifndef PORTABLE_WEBSERVICES_CHANNEL_H
#define PORTABLE_WEBSERVICES_CHANNEL_H

#include <pthread.h>
#include <sys/types.h>

#include "webservices/envelope.h"
#include "webservices/http.h"

/* Of an exchange. */
enum phase {
    PHASE_IDLE,
    PHASE_WRITING, /* from WsWriteMessageStart on */
    PHASE_SENT,    /* from WsWriteMessageEnd on */
    PHASE_READING, /* from WsReadMessageStart on, until WsReadMessageEnd */
};

struct channel {
    pid_t process; /* that made it */
    /* Fixed at creation, but for what is atomic. */
    struct settings settings;
    WS_CALLBACK_MODEL callback_model;
    ULONG trim; /* about what is kept of a request's text */
    struct security *security;
    /* Under the lock. */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    WS_CHANNEL_STATE state;
    enum phase phase;
    const WS_MESSAGE *message; /* that is being written or read */
    bool running;
    pthread_t runner;
    bool aborted;
    struct http *http; /* stays while there is a run */
    /* The run's own. */
    char *url;
    char *message_id; /* of the request whose reply is awaited; NULL: it had none */
    parser *context;
    struct text request;
    struct text content_type;
};

/* ---- channel_run.c ---- */

/* The channel, kept alive until channel_leave(). E_INVALIDARG, or WS_E_INVALID_OPERATION in the child of a fork(). */
MUST_CHECK HRESULT channel_enter(const WS_CHANNEL *pointer, struct channel **channel, WS_ERROR *error);
void channel_leave(const WS_CHANNEL *pointer);

/* A step of an exchange: the channel is open, in that phase and, unless `message` is NULL, with that message. The run
 * is the caller's until channel_end_run(). WS_E_INVALID_OPERATION, or WS_E_OPERATION_ABORTED for an exchange that began
 * before the channel was aborted or closed. */
MUST_CHECK HRESULT channel_begin_run(struct channel *channel, enum phase phase, const WS_MESSAGE *message,
                                     WS_ERROR *error);

/* The next phase when `status` is a success, else PHASE_IDLE. `broken`: the connection has reported that failure. The
 * status, or WS_E_OPERATION_ABORTED when the channel was aborted meanwhile. */
MUST_CHECK HRESULT channel_end_run(struct channel *channel, HRESULT status, bool broken, enum phase phase,
                                   const WS_MESSAGE *message, WS_ERROR *error);

/* Whether a failure that the connection reported makes the channel useless. */
bool channel_is_broken_by(HRESULT status);

/* The message is reset or freed: an exchange that is writing or reading it is given up. */
void channel_forget(const WS_CHANNEL *pointer, const WS_MESSAGE *message);

/* The lock is held for these two. */
void channel_start_run(struct channel *channel);
void channel_stop_run(struct channel *channel);

/* For sentences. */
const char *channel_state_name(WS_CHANNEL_STATE state);

/* WS_E_NOT_SUPPORTED for what is not NULL. */
MUST_CHECK HRESULT channel_refuse_async(const WS_ASYNC_CONTEXT *context, WS_ERROR *error);

/* ---- channel_property.c ---- */

/* Defaults and the properties, checked. */
MUST_CHECK HRESULT channel_take_properties(struct channel *channel, const WS_CHANNEL_PROPERTY *properties, ULONG count,
                                           WS_ERROR *error);

#endif
