/* SPDX-License-Identifier: MIT
 *
 * The properties of a security description.
 */
#include <string.h>

#include "webservices/calendar.h"
#include "webservices/security_parts.h"

#define MILLISECOND  10000
#define FIVE_MINUTES (300 * SECOND)

/* The properties of a client, by their ids; 0: of a server, or none. */
static const unsigned char SIZES[] = {
    [WS_SECURITY_PROPERTY_TRANSPORT_PROTECTION_LEVEL] = sizeof(WS_PROTECTION_LEVEL),
    [WS_SECURITY_PROPERTY_ALGORITHM_SUITE] = sizeof(WS_SECURITY_ALGORITHM_SUITE),
    [WS_SECURITY_PROPERTY_ALGORITHM_SUITE_NAME] = sizeof(WS_SECURITY_ALGORITHM_SUITE_NAME),
    [WS_SECURITY_PROPERTY_MAX_ALLOWED_LATENCY] = sizeof(WS_TIMESPAN),
    [WS_SECURITY_PROPERTY_TIMESTAMP_VALIDITY_DURATION] = sizeof(WS_TIMESPAN),
    [WS_SECURITY_PROPERTY_MAX_ALLOWED_CLOCK_SKEW] = sizeof(WS_TIMESPAN),
    [WS_SECURITY_PROPERTY_TIMESTAMP_USAGE] = sizeof(WS_SECURITY_TIMESTAMP_USAGE),
    [WS_SECURITY_PROPERTY_SECURITY_HEADER_LAYOUT] = sizeof(WS_SECURITY_HEADER_LAYOUT),
    [WS_SECURITY_PROPERTY_SECURITY_HEADER_VERSION] = sizeof(WS_SECURITY_HEADER_VERSION),
};

static HRESULT take_span(const void *value, LONGLONG least, const char *what, uint64_t *span, WS_ERROR *error)
{
    WS_TIMESPAN given;

    memcpy(&given, value, sizeof given);
    if (given.ticks < least) {
        return ws_fail(error, E_INVALIDARG, "the %s is less than %s", what, least == 0 ? "0" : "a millisecond");
    }
    *span = (uint64_t)given.ticks;
    return ERROR_SUCCESS;
}

static HRESULT take_choice(const void *value, int most, const char *what, int *choice, WS_ERROR *error)
{
    memcpy(choice, value, sizeof *choice);
    if (*choice < 1 || *choice > most) {
        return ws_fail(error, E_INVALIDARG, "%d is no %s", *choice, what);
    }
    return ERROR_SUCCESS;
}

static HRESULT take_usage(struct security *security, const void *value, WS_ERROR *error)
{
    int choice;
    HRESULT status =
        take_choice(value, WS_SECURITY_TIMESTAMP_USAGE_REQUESTS_ONLY, "usage of timestamps", &choice, error);

    security->usage = (WS_SECURITY_TIMESTAMP_USAGE)choice;
    return status;
}

static HRESULT take_layout(struct security *security, const void *value, WS_ERROR *error)
{
    int choice;
    HRESULT status = take_choice(value, WS_SECURITY_HEADER_LAYOUT_LAX_WITH_TIMESTAMP_LAST, "layout of security headers",
                                 &choice, error);

    security->layout = (WS_SECURITY_HEADER_LAYOUT)choice;
    return status;
}

/* Only what the SSL transport gives anyway can be asked for: lowering it is for servers. */
static HRESULT take_level(const void *value, WS_ERROR *error)
{
    int choice;
    HRESULT status = take_choice(value, WS_PROTECTION_LEVEL_SIGN_AND_ENCRYPT, "level of protection", &choice, error);

    return status == ERROR_SUCCESS && choice != WS_PROTECTION_LEVEL_SIGN_AND_ENCRYPT
               ? ws_fail(error, E_INVALIDARG, "a client cannot lower the protection of its transport")
               : status;
}

static HRESULT take_property(struct security *security, const WS_SECURITY_PROPERTY *property, WS_ERROR *error)
{
    WS_SECURITY_ALGORITHM_SUITE suite;
    int choice;

    switch (property->id) {
    case WS_SECURITY_PROPERTY_TRANSPORT_PROTECTION_LEVEL:
        return take_level(property->value, error);
    case WS_SECURITY_PROPERTY_ALGORITHM_SUITE:
        memcpy(&suite, property->value, sizeof suite);
        return suite_explicit(&suite, &security->suite, error);
    case WS_SECURITY_PROPERTY_ALGORITHM_SUITE_NAME:
        memcpy(&choice, property->value, sizeof choice);
        return suite_named((WS_SECURITY_ALGORITHM_SUITE_NAME)choice, &security->suite, error);
    case WS_SECURITY_PROPERTY_MAX_ALLOWED_LATENCY:
        return take_span(property->value, 0, "latency", &security->latency, error);
    case WS_SECURITY_PROPERTY_TIMESTAMP_VALIDITY_DURATION:
        return take_span(property->value, MILLISECOND, "validity of timestamps", &security->validity, error);
    case WS_SECURITY_PROPERTY_MAX_ALLOWED_CLOCK_SKEW:
        return take_span(property->value, 0, "clock skew", &security->skew, error);
    case WS_SECURITY_PROPERTY_TIMESTAMP_USAGE:
        return take_usage(security, property->value, error);
    case WS_SECURITY_PROPERTY_SECURITY_HEADER_LAYOUT:
        return take_layout(security, property->value, error);
    case WS_SECURITY_PROPERTY_SECURITY_HEADER_VERSION: /* the elements that are written are the same in both */
    default:
        return take_choice(property->value, WS_SECURITY_HEADER_VERSION_1_1, "version of security headers", &choice,
                           error);
    }
}

static HRESULT check_property(const WS_SECURITY_PROPERTY *property, unsigned *seen, WS_ERROR *error)
{
    int id = (int)property->id;

    if (id >= WS_SECURITY_PROPERTY_EXTENDED_PROTECTION_POLICY && id <= WS_SECURITY_PROPERTY_SERVICE_IDENTITIES) {
        return ws_fail(error, E_INVALIDARG, "security property %d is for servers", id);
    }
    if ((size_t)property->id >= sizeof SIZES || SIZES[id] == 0) {
        return ws_fail(error, E_INVALIDARG, "there is no security property %d", id);
    }
    if (property->value == NULL || property->valueSize != SIZES[id]) {
        return ws_fail(error, E_INVALIDARG, "security property %d takes exactly %u bytes", id, SIZES[id]);
    }
    if ((*seen & 1u << id) != 0) {
        return ws_fail(error, E_INVALIDARG, "security property %d is given twice", id);
    }
    *seen |= 1u << id;
    if ((*seen >> WS_SECURITY_PROPERTY_ALGORITHM_SUITE & 3) == 3) {
        return ws_fail(error, E_INVALIDARG, "an algorithm suite and the name of one are given: one of them decides");
    }
    return ERROR_SUCCESS;
}

HRESULT property_take_all(struct security *security, const WS_SECURITY_DESCRIPTION *description, WS_ERROR *error)
{
    unsigned seen = 0;
    HRESULT status = ERROR_SUCCESS;

    suite_default(&security->suite);
    security->usage = WS_SECURITY_TIMESTAMP_USAGE_ALWAYS;
    security->layout = WS_SECURITY_HEADER_LAYOUT_STRICT;
    security->latency = security->validity = security->skew = FIVE_MINUTES;
    if (description->properties == NULL && description->propertyCount != 0) {
        return ws_fail(error, E_INVALIDARG, "the security properties are NULL and their count is not 0");
    }
    for (ULONG i = 0; i < description->propertyCount && status == ERROR_SUCCESS; i++) {
        status = check_property(&description->properties[i], &seen, error);
        if (status == ERROR_SUCCESS) {
            status = take_property(security, &description->properties[i], error);
        }
    }
    return status;
}
