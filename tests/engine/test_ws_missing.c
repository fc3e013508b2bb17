/* SPDX-License-Identifier: MIT
 *
 * The engine where there was no libcurl: it says so.
 */
#include "ncrypt_ext_ws.h"
#include "webservices/http.h"
#include "ws_support.h"

static void says_what_is_missing(void)
{
    struct settings settings = {0};
    struct http_request request = {0};
    struct http_reply reply;
    struct http *http = NULL;
    WS_CHANNEL *channel = NULL;

    CHECK_FAILURE(WsCreateChannel(WS_CHANNEL_TYPE_REQUEST, WS_HTTP_CHANNEL_BINDING, NULL, 0, NULL, &channel, error),
                  WS_E_NOT_SUPPORTED, "libcurl");
    CHECK(channel == NULL);
    CHECK(strstr(http_missing(), "libcurl4-openssl-dev") != NULL);
    CHECK(strcmp(ncx_channel_missing(), http_missing()) == 0);
    CHECK_FAILURE(http_open("http://localhost/", &settings, NULL, &http, error), WS_E_NOT_SUPPORTED, "libcurl");
    CHECK(http == NULL);
    CHECK_FAILURE(http_send(NULL, &request, error), WS_E_NOT_SUPPORTED, "libcurl");
    CHECK_FAILURE(http_receive(NULL, &reply, error), WS_E_NOT_SUPPORTED, "libcurl");
    http_abort(NULL);
    http_close(NULL);
}

int main(void)
{
    ws_set_up();
    RUN(says_what_is_missing);
    ws_tear_down();
    return test_result("ws_missing");
}
