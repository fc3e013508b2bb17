/* SPDX-License-Identifier: MIT
 *
 * For tests of one message on an open channel.
 */
#ifndef TESTS_ENGINE_MESSAGE_SUPPORT_H
#define TESTS_ENGINE_MESSAGE_SUPPORT_H

#include "channel_support.h"

static WS_MESSAGE *message;

static inline void set_up_message(const WS_MESSAGE_PROPERTY *properties, ULONG count)
{
    CHECK_STATUS(create(NULL, 0), 0);
    CHECK_STATUS(open_to(service.url), 0);
    CHECK_STATUS(WsCreateMessageForChannel(channel, properties, count, &message, error), 0);
}

static inline void tear_down_message(void)
{
    WsFreeMessage(message);
    WsFreeChannel(channel);
    message = NULL;
    channel = NULL;
}

static inline HRESULT initialize(void)
{
    HRESULT status = WsResetMessage(message, error);

    return status == 0 ? WsInitializeMessage(message, WS_REQUEST_MESSAGE, NULL, error) : status;
}

static inline HRESULT get(int id, void *value, ULONG size)
{
    return WsGetMessageProperty(message, (WS_MESSAGE_PROPERTY_ID)id, value, size, error);
}

#endif
