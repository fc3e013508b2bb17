/* SPDX-License-Identifier: MIT
 *
 * WsGetChannelProperty, WsSetChannelProperty, and the properties that WsCreateChannel takes.
 *
 * TRIM_BUFFERED_MESSAGE_SIZE is about what is kept of memory between requests. ASYNC_CALLBACK_MODEL is stored, and has
 * no effect. CLOSE_TIMEOUT is about channels with sessions; closing never waits for the server here.
 */
#include <stdlib.h>
#include <string.h>

#include "webservices/channel.h"

#define PROPERTIES   50 /* that the API has; those without a row below are not for a client over HTTP */
#define ANY          UINT32_MAX
#define LONG_TIMEOUT 30000u

enum access { CREATE = 1, SET = 2, GET = 4 };

/* One value of 4 bytes each: what the API knows, and which of that works here. */
static const struct {
    unsigned char access;
    ULONG least, most;
    ULONG works_from, works_to;
    ULONG value;
} RULES[PROPERTIES] = {
    [WS_CHANNEL_PROPERTY_MAX_BUFFERED_MESSAGE_SIZE] = {CREATE | GET, 1, ANY, 1, ANY, 65536},
    [WS_CHANNEL_PROPERTY_ENCODING] = {CREATE | GET, 0, 8, WS_ENCODING_XML_UTF8, WS_ENCODING_XML_UTF8,
                                      WS_ENCODING_XML_UTF8},
    [WS_CHANNEL_PROPERTY_ENVELOPE_VERSION] = {CREATE | GET, 1, 3, 1, 2, WS_ENVELOPE_VERSION_SOAP_1_2},
    [WS_CHANNEL_PROPERTY_ADDRESSING_VERSION] = {CREATE | GET, 1, 3, 1, 3, WS_ADDRESSING_VERSION_1_0},
    [WS_CHANNEL_PROPERTY_STATE] = {GET, 0, 0, 0, 0, 0},
    [WS_CHANNEL_PROPERTY_ASYNC_CALLBACK_MODEL] = {CREATE | GET, 0, 1, 0, 1, WS_LONG_CALLBACK},
    [WS_CHANNEL_PROPERTY_IP_VERSION] = {CREATE | GET, 1, 3, 1, 3, WS_IP_VERSION_AUTO},
    [WS_CHANNEL_PROPERTY_RESOLVE_TIMEOUT] = {CREATE | SET | GET, 0, ANY, 0, ANY, ANY},
    [WS_CHANNEL_PROPERTY_CONNECT_TIMEOUT] = {CREATE | SET | GET, 0, ANY, 0, ANY, LONG_TIMEOUT},
    [WS_CHANNEL_PROPERTY_SEND_TIMEOUT] = {CREATE | SET | GET, 0, ANY, 0, ANY, LONG_TIMEOUT},
    [WS_CHANNEL_PROPERTY_RECEIVE_RESPONSE_TIMEOUT] = {CREATE | SET | GET, 0, ANY, 0, ANY, LONG_TIMEOUT},
    [WS_CHANNEL_PROPERTY_RECEIVE_TIMEOUT] = {CREATE | SET | GET, 0, ANY, 0, ANY, LONG_TIMEOUT},
    [WS_CHANNEL_PROPERTY_CLOSE_TIMEOUT] = {CREATE | SET | GET, 0, ANY, 0, ANY, LONG_TIMEOUT},
    [WS_CHANNEL_PROPERTY_ENABLE_TIMEOUTS] = {CREATE, 0, 1, 0, 1, TRUE},
    [WS_CHANNEL_PROPERTY_TRANSFER_MODE] = {CREATE | GET, 0, 3, 0, 0, WS_BUFFERED_TRANSFER_MODE},
    [WS_CHANNEL_PROPERTY_CHANNEL_TYPE] = {GET, 0, 0, 0, 0, WS_CHANNEL_TYPE_REQUEST},
    [WS_CHANNEL_PROPERTY_TRIM_BUFFERED_MESSAGE_SIZE] = {CREATE | GET, 0, ANY, 0, ANY, 65536},
    [WS_CHANNEL_PROPERTY_PROTECTION_LEVEL] = {GET, 0, 0, 0, 0, 0},
    [WS_CHANNEL_PROPERTY_COOKIE_MODE] = {CREATE, 1, 2, 1, 2, WS_AUTO_COOKIE_MODE},
    [WS_CHANNEL_PROPERTY_HTTP_PROXY_SETTING_MODE] = {CREATE, 1, 3, 1, 3, WS_HTTP_PROXY_SETTING_MODE_AUTO},
    [WS_CHANNEL_PROPERTY_ENABLE_HTTP_REDIRECT] = {CREATE, 0, 1, 0, 1, FALSE},
    [WS_CHANNEL_PROPERTY_FAULTS_AS_ERRORS] = {CREATE | SET | GET, 0, 1, 0, 1, TRUE},
    [WS_CHANNEL_PROPERTY_ALLOW_UNSECURED_FAULTS] = {CREATE | SET | GET, 0, 1, 0, 1, FALSE},
};

/* What the API has for a client over HTTP and this library has not: streaming, encoders, callbacks. */
static bool is_missing(WS_CHANNEL_PROPERTY_ID id)
{
    static const unsigned char MISSING[] = {1, 2, 3, 32, 36, 37, 42, 44};

    return (unsigned)id < PROPERTIES && memchr(MISSING, (int)id, sizeof MISSING) != NULL;
}

static HRESULT check_access(WS_CHANNEL_PROPERTY_ID id, enum access wanted, WS_ERROR *error)
{
    const char *how = wanted == CREATE ? "given at creation" : wanted == SET ? "set" : "read";

    if (is_missing(id)) {
        return ws_fail(error, WS_E_NOT_SUPPORTED, "property %d of a channel is for something that is not supported",
                       (int)id);
    }
    if ((unsigned)id >= PROPERTIES || (RULES[id].access & wanted) == 0) {
        return ws_fail(error, E_INVALIDARG, "a request channel over HTTP has no property %d that can be %s", (int)id,
                       how);
    }
    return ERROR_SUCCESS;
}

static HRESULT check_value(WS_CHANNEL_PROPERTY_ID id, const void *value, ULONG size, ULONG *number, WS_ERROR *error)
{
    if (value == NULL || size != sizeof *number) {
        return ws_fail(error, E_INVALIDARG, "property %d of a channel takes exactly 4 bytes", (int)id);
    }
    memcpy(number, value, sizeof *number);
    if (*number < RULES[id].least || *number > RULES[id].most) {
        return ws_fail(error, E_INVALIDARG, "%u is no value for property %d of a channel", *number, (int)id);
    }
    if (*number < RULES[id].works_from || *number > RULES[id].works_to) {
        return ws_fail(error, WS_E_NOT_SUPPORTED, "%u is not supported for property %d of a channel", *number, (int)id);
    }
    return ERROR_SUCCESS;
}

/* ---- creation ---------------------------------------------------------------------------------------------------- */

static HRESULT take_string(const WS_STRING *string, const char *what, char **text, WS_ERROR *error)
{
    char *copy;

    if (string->chars == NULL && string->length > 0) {
        return ws_fail(error, E_INVALIDARG, "%s is NULL and has a length", what);
    }
    copy = malloc((size_t)string->length + 1);
    if (copy == NULL) {
        return ws_no_memory(error);
    }
    for (ULONG i = 0; i < string->length; i++) {
        WCHAR c = string->chars[i];

        if (c < 0x20 || c > 0x7E) {
            free(copy);
            return ws_fail(error, E_INVALIDARG, "%s has U+%04X, and is printable ASCII", what, c);
        }
        copy[i] = (char)c;
    }
    copy[string->length] = 0;
    *text = copy;
    return ERROR_SUCCESS;
}

/* Hosts, with semicolons or blanks between them, as the API takes them; commas in the settings. */
static HRESULT take_bypass(struct settings *settings, const WS_STRING *bypass, WS_ERROR *error)
{
    HRESULT status;

    if (bypass->length == 0) {
        return ERROR_SUCCESS;
    }
    status = take_string(bypass, "the list of hosts that need no proxy", &settings->proxy_bypass, error);
    if (status == ERROR_SUCCESS && strpbrk(settings->proxy_bypass, "<>") != NULL) {
        status = ws_fail(error, WS_E_NOT_SUPPORTED, "the list of hosts that need no proxy takes hosts, and no <local>");
    }
    for (char *p = settings->proxy_bypass; status == ERROR_SUCCESS && *p != 0; p++) {
        *p = *p == ';' || *p == ' ' ? ',' : *p;
    }
    return status;
}

static HRESULT take_proxy(struct settings *settings, const void *value, ULONG size, WS_ERROR *error)
{
    WS_CUSTOM_HTTP_PROXY proxy;
    HRESULT status;

    if (value == NULL || size != sizeof proxy) {
        return ws_fail(error, E_INVALIDARG, "property %d of a channel takes exactly %zu bytes",
                       (int)WS_CHANNEL_PROPERTY_CUSTOM_HTTP_PROXY, sizeof proxy);
    }
    memcpy(&proxy, value, sizeof proxy);
    status = take_string(&proxy.servers, "the proxy", &settings->proxy, error);
    if (status == ERROR_SUCCESS && settings->proxy[0] == 0) {
        status = ws_fail(error, E_INVALIDARG, "the proxy is empty");
    }
    if (status == ERROR_SUCCESS && strpbrk(settings->proxy, " ;,=") != NULL) {
        status = ws_fail(error, WS_E_NOT_SUPPORTED, "there is one proxy for all, and no list of them");
    }
    return status == ERROR_SUCCESS ? take_bypass(settings, &proxy.bypass, error) : status;
}

/* Timeouts, FAULTS_AS_ERRORS and ALLOW_UNSECURED_FAULTS. */
static void put_setting(struct settings *settings, WS_CHANNEL_PROPERTY_ID id, ULONG value)
{
    if (id == WS_CHANNEL_PROPERTY_FAULTS_AS_ERRORS) {
        settings->faults_as_errors = (BOOL)value;
    } else if (id == WS_CHANNEL_PROPERTY_ALLOW_UNSECURED_FAULTS) {
        settings->allow_unsecured_faults = (BOOL)value;
    } else {
        settings->timeouts[id - WS_CHANNEL_PROPERTY_RESOLVE_TIMEOUT] = value;
    }
}

static void put_settings(struct channel *channel, const ULONG *values)
{
    struct settings *settings = &channel->settings;

    settings->max_message = values[WS_CHANNEL_PROPERTY_MAX_BUFFERED_MESSAGE_SIZE];
    settings->envelope = (WS_ENVELOPE_VERSION)values[WS_CHANNEL_PROPERTY_ENVELOPE_VERSION];
    settings->addressing = (WS_ADDRESSING_VERSION)values[WS_CHANNEL_PROPERTY_ADDRESSING_VERSION];
    settings->redirect = (BOOL)values[WS_CHANNEL_PROPERTY_ENABLE_HTTP_REDIRECT];
    settings->cookies = (WS_COOKIE_MODE)values[WS_CHANNEL_PROPERTY_COOKIE_MODE];
    settings->ip_version = (WS_IP_VERSION)values[WS_CHANNEL_PROPERTY_IP_VERSION];
    settings->proxy_mode = (WS_HTTP_PROXY_SETTING_MODE)values[WS_CHANNEL_PROPERTY_HTTP_PROXY_SETTING_MODE];
    channel->callback_model = (WS_CALLBACK_MODEL)values[WS_CHANNEL_PROPERTY_ASYNC_CALLBACK_MODEL];
    channel->trim = values[WS_CHANNEL_PROPERTY_TRIM_BUFFERED_MESSAGE_SIZE];
    for (unsigned id = 0; id < PROPERTIES; id++) {
        if (RULES[id].access & SET) {
            put_setting(settings, (WS_CHANNEL_PROPERTY_ID)id, values[id]);
        }
    }
}

static HRESULT take_property(struct channel *channel, const WS_CHANNEL_PROPERTY *property, ULONG *values,
                             WS_ERROR *error)
{
    HRESULT status;

    if (property->id == WS_CHANNEL_PROPERTY_CUSTOM_HTTP_PROXY) {
        return take_proxy(&channel->settings, property->value, property->valueSize, error);
    }
    status = check_access(property->id, CREATE, error);
    return status == ERROR_SUCCESS
               ? check_value(property->id, property->value, property->valueSize, &values[property->id], error)
               : status;
}

/* Timeouts that nobody gave end with ENABLE_TIMEOUTS. */
static void finish_timeouts(ULONG *values, uint64_t seen)
{
    for (unsigned id = WS_CHANNEL_PROPERTY_RESOLVE_TIMEOUT; id <= WS_CHANNEL_PROPERTY_CLOSE_TIMEOUT; id++) {
        if (values[WS_CHANNEL_PROPERTY_ENABLE_TIMEOUTS] == FALSE && (seen & (uint64_t)1 << id) == 0) {
            values[id] = ANY;
        }
    }
}

HRESULT channel_take_properties(struct channel *channel, const WS_CHANNEL_PROPERTY *properties, ULONG count,
                                WS_ERROR *error)
{
    ULONG values[PROPERTIES];
    uint64_t seen = 0;
    HRESULT status = ERROR_SUCCESS;

    if (properties == NULL && count != 0) {
        return ws_fail(error, E_INVALIDARG, "the properties are NULL and their count is not 0");
    }
    for (unsigned id = 0; id < PROPERTIES; id++) {
        values[id] = RULES[id].value;
    }
    for (ULONG i = 0; i < count && status == ERROR_SUCCESS; i++) {
        uint64_t bit = (uint64_t)1 << ((unsigned)properties[i].id & 63);

        if ((seen & bit) != 0 && (unsigned)properties[i].id < PROPERTIES) {
            return ws_fail(error, E_INVALIDARG, "property %d of the channel is given twice", (int)properties[i].id);
        }
        seen |= bit;
        status = take_property(channel, &properties[i], values, error);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    finish_timeouts(values, seen);
    put_settings(channel, values);
    if ((channel->settings.proxy_mode == WS_HTTP_PROXY_SETTING_MODE_CUSTOM) != (channel->settings.proxy != NULL)) {
        return ws_fail(
            error, E_INVALIDARG,
            "CUSTOM_HTTP_PROXY goes with HTTP_PROXY_SETTING_MODE_CUSTOM, and neither goes without the other");
    }
    return ERROR_SUCCESS;
}

/* ---- later ------------------------------------------------------------------------------------------------------- */

static ULONG read_state(struct channel *channel)
{
    WS_CHANNEL_STATE state;

    pthread_mutex_lock(&channel->lock);
    state = channel->state;
    pthread_mutex_unlock(&channel->lock);
    return state;
}

static ULONG read_value(struct channel *channel, WS_CHANNEL_PROPERTY_ID id)
{
    switch (id) {
    case WS_CHANNEL_PROPERTY_MAX_BUFFERED_MESSAGE_SIZE:
        return channel->settings.max_message;
    case WS_CHANNEL_PROPERTY_ENVELOPE_VERSION:
        return channel->settings.envelope;
    case WS_CHANNEL_PROPERTY_ADDRESSING_VERSION:
        return channel->settings.addressing;
    case WS_CHANNEL_PROPERTY_STATE:
        return read_state(channel);
    case WS_CHANNEL_PROPERTY_ASYNC_CALLBACK_MODEL:
        return channel->callback_model;
    case WS_CHANNEL_PROPERTY_IP_VERSION:
        return channel->settings.ip_version;
    case WS_CHANNEL_PROPERTY_TRIM_BUFFERED_MESSAGE_SIZE:
        return channel->trim;
    case WS_CHANNEL_PROPERTY_PROTECTION_LEVEL:
        return security_level(channel->security);
    case WS_CHANNEL_PROPERTY_FAULTS_AS_ERRORS:
        return (ULONG)channel->settings.faults_as_errors;
    case WS_CHANNEL_PROPERTY_ALLOW_UNSECURED_FAULTS:
        return (ULONG)channel->settings.allow_unsecured_faults;
    default:
        return RULES[id].access & SET ? channel->settings.timeouts[id - WS_CHANNEL_PROPERTY_RESOLVE_TIMEOUT]
                                      : RULES[id].value; /* has one value only */
    }
}

static HRESULT get_property(struct channel *channel, WS_CHANNEL_PROPERTY_ID id, void *value, ULONG size,
                            WS_ERROR *error)
{
    HRESULT status = check_access(id, GET, error);
    ULONG number;

    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (value == NULL || size != sizeof number) {
        return ws_fail(error, E_INVALIDARG, "property %d of a channel takes exactly 4 bytes", (int)id);
    }
    number = read_value(channel, id);
    memcpy(value, &number, sizeof number);
    return ERROR_SUCCESS;
}

HRESULT WINAPI WsGetChannelProperty(WS_CHANNEL *pointer, WS_CHANNEL_PROPERTY_ID id, void *value, ULONG valueSize,
                                    WS_ERROR *error)
{
    struct channel *channel;
    HRESULT status = channel_enter(pointer, &channel, error);

    if (status == ERROR_SUCCESS) {
        status = get_property(channel, id, value, valueSize, error);
        channel_leave(pointer);
    }
    return ncx_trace("WsGetChannelProperty", status);
}

HRESULT WINAPI WsSetChannelProperty(WS_CHANNEL *pointer, WS_CHANNEL_PROPERTY_ID id, const void *value, ULONG valueSize,
                                    WS_ERROR *error)
{
    struct channel *channel;
    ULONG number = 0;
    HRESULT status = channel_enter(pointer, &channel, error);

    if (status == ERROR_SUCCESS) {
        status = check_access(id, SET, error);
        if (status == ERROR_SUCCESS) {
            status = check_value(id, value, valueSize, &number, error);
        }
        if (status == ERROR_SUCCESS) {
            put_setting(&channel->settings, id, number);
        }
        channel_leave(pointer);
    }
    return ncx_trace("WsSetChannelProperty", status);
}
