/* SPDX-License-Identifier: MIT
 *
 * Every property of a channel: its default, its values, when it may be given, set and read.
 */
#include "channel_support.h"

enum { C = 1, S = 2, G = 4 };

/* Id, what may be done, default, a good other value, and one that is refused with that status (0: none is). */
static const struct {
    int id, access;
    ULONG value, other, bad;
    HRESULT status;
} PROPERTIES[] = {
    {0, C | G, 65536, 1, 0, E_INVALIDARG},
    {4, C | G, 5, 5, 6, WS_E_NOT_SUPPORTED},
    {4, C | G, 5, 5, 9, E_INVALIDARG},
    {5, C | G, 2, 1, 3, WS_E_NOT_SUPPORTED},
    {5, C | G, 2, 1, 0, E_INVALIDARG},
    {6, C | G, 2, 3, 4, E_INVALIDARG},
    {8, G, 0, 0, 0, 0},
    {9, C | G, 1, 0, 2, E_INVALIDARG},
    {10, C | G, 3, 1, 0, E_INVALIDARG},
    {11, C | S | G, 0xFFFFFFFF, 7, 0, 0},
    {12, C | S | G, 30000, 7, 0, 0},
    {13, C | S | G, 30000, 7, 0, 0},
    {14, C | S | G, 30000, 7, 0, 0},
    {15, C | S | G, 30000, 7, 0, 0},
    {16, C | S | G, 30000, 7, 0, 0},
    {17, C, 1, 0, 2, E_INVALIDARG},
    {18, C | G, 0, 0, 1, WS_E_NOT_SUPPORTED},
    {18, C | G, 0, 0, 4, E_INVALIDARG},
    {34, G, 8, 0, 0, 0},
    {35, C | G, 65536, 0, 0, 0},
    {38, G, 1, 0, 0, 0},
    {39, C, 2, 1, 3, E_INVALIDARG},
    {40, C, 1, 2, 4, E_INVALIDARG},
    {43, C, 0, 1, 2, E_INVALIDARG},
    {45, C | S | G, 1, 0, 2, E_INVALIDARG},
    {46, C | S | G, 0, 1, 2, E_INVALIDARG},
};

static HRESULT create_with(int id, const void *value, ULONG size)
{
    const WS_CHANNEL_PROPERTY property = {(WS_CHANNEL_PROPERTY_ID)id, (void *)(uintptr_t)value, size};

    return create(&property, 1);
}

static HRESULT get(int id, void *value, ULONG size)
{
    return WsGetChannelProperty(channel, (WS_CHANNEL_PROPERTY_ID)id, value, size, error);
}

static HRESULT set(int id, const void *value, ULONG size)
{
    return WsSetChannelProperty(channel, (WS_CHANNEL_PROPERTY_ID)id, value, size, error);
}

static void check_get(size_t row, ULONG want)
{
    ULONG value = 77;

    if (PROPERTIES[row].access & G) {
        CHECK_STATUS(get(PROPERTIES[row].id, &value, 4), 0);
        if (!CHECK(value == want)) {
            fprintf(stderr, "    property %d is %u, not %u\n", PROPERTIES[row].id, value, want);
        }
        CHECK_FAILURE(get(PROPERTIES[row].id, &value, 8), E_INVALIDARG, "4 bytes");
        CHECK_FAILURE(get(PROPERTIES[row].id, NULL, 4), E_INVALIDARG, "4 bytes");
    } else {
        CHECK_FAILURE(get(PROPERTIES[row].id, &value, 4), E_INVALIDARG, "read");
    }
}

static void check_create(size_t row)
{
    const int id = PROPERTIES[row].id;
    const bool may = PROPERTIES[row].access & C;

    if (!may) {
        CHECK_FAILURE(create_with(id, &PROPERTIES[row].other, 4), E_INVALIDARG, "creation");
        return;
    }
    CHECK_FAILURE(create_with(id, &PROPERTIES[row].other, 8), E_INVALIDARG, "4 bytes");
    CHECK_FAILURE(create_with(id, NULL, 4), E_INVALIDARG, "4 bytes");
    if (PROPERTIES[row].status != 0) {
        CHECK_FAILURE(create_with(id, &PROPERTIES[row].bad, 4), PROPERTIES[row].status, "property");
    }
    CHECK_STATUS(create_with(id, &PROPERTIES[row].other, 4), 0);
    check_get(row, PROPERTIES[row].other);
    WsFreeChannel(channel);
}

static void check_set(size_t row)
{
    const int id = PROPERTIES[row].id;

    if ((PROPERTIES[row].access & S) == 0) {
        CHECK_FAILURE(set(id, &PROPERTIES[row].other, 4), E_INVALIDARG, "set");
        return;
    }
    CHECK_FAILURE(set(id, &PROPERTIES[row].other, 2), E_INVALIDARG, "4 bytes");
    CHECK_FAILURE(set(id, NULL, 4), E_INVALIDARG, "4 bytes");
    if (PROPERTIES[row].status != 0) {
        CHECK_FAILURE(set(id, &PROPERTIES[row].bad, 4), PROPERTIES[row].status, "property");
    }
    CHECK_STATUS(set(id, &PROPERTIES[row].other, 4), 0);
    CHECK_STATUS(WsResetChannel(channel, error), 0); /* which keeps it */
    check_get(row, PROPERTIES[row].other);
}

static void properties(void)
{
    static const struct {
        int id;
        HRESULT status;
    } OTHERS[] = {{1, WS_E_NOT_SUPPORTED},  {2, WS_E_NOT_SUPPORTED},  {3, WS_E_NOT_SUPPORTED}, {32, WS_E_NOT_SUPPORTED},
                  {36, WS_E_NOT_SUPPORTED}, {42, WS_E_NOT_SUPPORTED}, {7, E_INVALIDARG},       {22, E_INVALIDARG},
                  {49, E_INVALIDARG},       {50, E_INVALIDARG},       {-1, E_INVALIDARG},      {1000, E_INVALIDARG}};
    ULONG value = 1;

    for (size_t i = 0; i < COUNT(PROPERTIES); i++) {
        check_create(i);
        CHECK_STATUS(create(NULL, 0), 0);
        check_get(i, PROPERTIES[i].value);
        check_set(i);
        WsFreeChannel(channel);
    }
    CHECK_STATUS(create(NULL, 0), 0);
    for (size_t i = 0; i < COUNT(OTHERS); i++) {
        WS_CHANNEL *mine = channel;

        CHECK_FAILURE(create_with(OTHERS[i].id, &value, 4), OTHERS[i].status, "property");
        channel = mine;
        CHECK_FAILURE(set(OTHERS[i].id, &value, 4), OTHERS[i].status, "property");
        CHECK_FAILURE(get(OTHERS[i].id, &value, 4), OTHERS[i].status, "property");
    }
    WsFreeChannel(channel);
}

static void timeouts_off(void)
{
    BOOL off = FALSE;
    ULONG given = 5, value = 0;
    const WS_CHANNEL_PROPERTY list[] = {{WS_CHANNEL_PROPERTY_SEND_TIMEOUT, &given, 4},
                                        {WS_CHANNEL_PROPERTY_ENABLE_TIMEOUTS, &off, 4}};
    const WS_CHANNEL_PROPERTY twice[] = {list[0], list[0]};

    CHECK_FAILURE(create(twice, 2), E_INVALIDARG, "twice");
    CHECK_STATUS(create(list, 2), 0);
    for (int id = 11; id <= 16; id++) {
        CHECK_STATUS(get(id, &value, 4), 0);
        CHECK(value == (id == 13 ? 5 : 0xFFFFFFFF));
    }
    WsFreeChannel(channel);
}

static void proxies(void)
{
    static const struct {
        const char *servers, *bypass;
        HRESULT status;
    } PROXIES[] = {{"proxy:3128", "", 0},
                   {"http://proxy:3128", "a.example;b.example c.example", 0},
                   {"", "", E_INVALIDARG},
                   {"a:1;b:2", "", WS_E_NOT_SUPPORTED},
                   {"http=a:1", "", WS_E_NOT_SUPPORTED},
                   {"a:1", "<local>", WS_E_NOT_SUPPORTED},
                   {"a\t:1", "", E_INVALIDARG}};
    WS_HTTP_PROXY_SETTING_MODE mode = WS_HTTP_PROXY_SETTING_MODE_CUSTOM;
    WS_CUSTOM_HTTP_PROXY proxy;
    const WS_CHANNEL_PROPERTY list[] = {{WS_CHANNEL_PROPERTY_HTTP_PROXY_SETTING_MODE, &mode, 4},
                                        {WS_CHANNEL_PROPERTY_CUSTOM_HTTP_PROXY, &proxy, sizeof proxy}};

    for (size_t i = 0; i < COUNT(PROXIES); i++) {
        proxy = (WS_CUSTOM_HTTP_PROXY){wide(PROXIES[i].servers), wide(PROXIES[i].bypass)};
        if (CHECK_STATUS(create(list, 2), PROXIES[i].status) && PROXIES[i].status == 0) {
            WsFreeChannel(channel);
        }
    }
    proxy = (WS_CUSTOM_HTTP_PROXY){{1, NULL}, {0, NULL}};
    CHECK_FAILURE(create(list, 2), E_INVALIDARG, "NULL");
    proxy = (WS_CUSTOM_HTTP_PROXY){wide("a:1"), {1, NULL}};
    CHECK_FAILURE(create(list, 2), E_INVALIDARG, "NULL");
    proxy = (WS_CUSTOM_HTTP_PROXY){wide("a:1"), {0, NULL}};
    CHECK_FAILURE(create(list, 1), E_INVALIDARG, "CUSTOM");
    CHECK_FAILURE(create(list + 1, 1), E_INVALIDARG, "CUSTOM");
    CHECK_FAILURE(create_with(41, &proxy, 8), E_INVALIDARG, "bytes");
    CHECK_STATUS(create(NULL, 0), 0);
    CHECK_FAILURE(set(41, &proxy, sizeof proxy), E_INVALIDARG, "set");
    CHECK_FAILURE(get(41, &proxy, sizeof proxy), E_INVALIDARG, "read");
    WsFreeChannel(channel);
}

int main(void)
{
    ws_set_up();
    RUN(properties);
    RUN(timeouts_off);
    RUN(proxies);
    ws_tear_down();
    return test_result("ws_channel_property");
}
