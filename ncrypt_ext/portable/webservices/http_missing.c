/* SPDX-License-Identifier: MIT
 *
 * In the place of http_curl.c where there was no libcurl when the engine was built.
 */
#include "webservices/http.h"

static const char MISSING[] =
    "libcurl 7.68 or newer was not there when ncrypt_ext was built; install libcurl4-openssl-dev (Debian, Ubuntu), "
    "libcurl-devel (Fedora), curl-dev (Alpine) or curl (Homebrew), and build ncrypt_ext again";

const char *http_missing(void)
{
    return MISSING;
}

HRESULT http_open(const char *url, const struct settings *settings, const struct tls_settings *tls, struct http **http,
                  WS_ERROR *error)
{
    (void)url;
    (void)settings;
    (void)tls;
    (void)http;
    return ws_fail(error, WS_E_NOT_SUPPORTED, "%s", MISSING);
}

void http_close(struct http *http)
{
    (void)http;
}

void http_abort(struct http *http)
{
    (void)http;
}

HRESULT http_send(struct http *http, const struct http_request *request, WS_ERROR *error)
{
    (void)http;
    (void)request;
    return ws_fail(error, WS_E_NOT_SUPPORTED, "%s", MISSING);
}

HRESULT http_receive(struct http *http, struct http_reply *reply, WS_ERROR *error)
{
    (void)http;
    (void)reply;
    return ws_fail(error, WS_E_NOT_SUPPORTED, "%s", MISSING);
}
