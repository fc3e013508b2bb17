/* SPDX-License-Identifier: MIT
 *
 * The options of the easy handle that hold for all requests. Everything that could make a signed request go elsewhere,
 * or in another form, stays off: redirects (http_curl_transfer.c follows the few that are safe), other protocols,
 * credentials, compression.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "webservices/http_curl.h"

#define QUICK_EXIT_SINCE 0x075700 /* 7.87.0 */
#define STRINGS_SINCE    0x075500 /* 7.85.0: protocols by name */

#define SET(option, value)                                                                                             \
    do {                                                                                                               \
        CURLcode code = curl_easy_setopt(http->easy, option, value);                                                   \
        if (code != CURLE_OK) {                                                                                        \
            return code;                                                                                               \
        }                                                                                                              \
    } while (0)

static void remember(struct http_socket *item, int number)
{
    struct stat about;

    *item = (struct http_socket){.number = number};
    if (number >= 0 && fstat(number, &about) == 0) {
        item->device = about.st_dev;
        item->inode = about.st_ino;
    }
}

/* Remembers the sockets, for leave_to_parent(). */
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct http *http = context;
    int type = address->socktype;
    int made;

    (void)purpose;
#ifdef SOCK_CLOEXEC
    type |= SOCK_CLOEXEC;
#endif
    for (int i = 0; i < HTTP_MAX_SOCKETS; i++) {
        if (http->sockets[i].number < 0) {
            made = socket(address->family, type, address->protocol);
#ifndef SOCK_CLOEXEC
            if (made >= 0) {
                (void)fcntl(made, F_SETFD, FD_CLOEXEC);
            }
#endif
            remember(&http->sockets[i], made);
            return made;
        }
    }
    return CURL_SOCKET_BAD;
}

static int close_socket(void *context, curl_socket_t item)
{
    struct http *http = context;

    for (int i = 0; i < HTTP_MAX_SOCKETS; i++) {
        if (http->sockets[i].number == item) {
            http->sockets[i].number = -1;
        }
    }
    return close(item);
}

static CURLcode set_protocol(struct http *http, bool secure)
{
#if LIBCURL_VERSION_NUM >= STRINGS_SINCE
    SET(CURLOPT_PROTOCOLS_STR, secure ? "https" : "http");
#else
    SET(CURLOPT_PROTOCOLS, secure ? (long)CURLPROTO_HTTPS : (long)CURLPROTO_HTTP);
#endif
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_HTTP09_ALLOWED, 0L);
    SET(CURLOPT_POST, 1L);
    SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)http->settings->max_message);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_TCP_NODELAY, 1L);
    SET(CURLOPT_URL, http->url);
#if LIBCURL_VERSION_NUM >= QUICK_EXIT_SINCE
    SET(CURLOPT_QUICK_EXIT, 1L); /* a look-up of a name that hangs does not hold up an abort */
#endif
    return CURLE_OK;
}

static CURLcode set_callbacks(struct http *http)
{
    SET(CURLOPT_ERRORBUFFER, http->text);
    SET(CURLOPT_HEADERFUNCTION, http_on_header);
    SET(CURLOPT_HEADERDATA, http);
    SET(CURLOPT_WRITEFUNCTION, http_on_body);
    SET(CURLOPT_WRITEDATA, http);
    SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
    SET(CURLOPT_OPENSOCKETDATA, http);
    SET(CURLOPT_CLOSESOCKETFUNCTION, close_socket);
    SET(CURLOPT_CLOSESOCKETDATA, http);
    return CURLE_OK;
}

static CURLcode set_network(struct http *http)
{
    const struct settings *settings = http->settings;

    SET(CURLOPT_IPRESOLVE, (long)(settings->ip_version == WS_IP_VERSION_4   ? CURL_IPRESOLVE_V4
                                  : settings->ip_version == WS_IP_VERSION_6 ? CURL_IPRESOLVE_V6
                                                                            : CURL_IPRESOLVE_WHATEVER));
    if (settings->cookies == WS_AUTO_COOKIE_MODE) {
        SET(CURLOPT_COOKIEFILE, ""); /* in memory, as long as the connection */
    }
    if (settings->proxy_mode == WS_HTTP_PROXY_SETTING_MODE_NONE) {
        SET(CURLOPT_PROXY, "");
        SET(CURLOPT_NOPROXY, "*");
    } else if (settings->proxy_mode == WS_HTTP_PROXY_SETTING_MODE_CUSTOM) {
        SET(CURLOPT_PROXY, settings->proxy);
        SET(CURLOPT_NOPROXY, settings->proxy_bypass == NULL ? "" : settings->proxy_bypass);
    }
    return CURLE_OK;
}

/* What is trusted and which certificate is shown stand in http->tls, whatever libcurl would have by itself. */
static CURLcode set_tls(struct http *http, const struct tls_settings *tls)
{
    bool newest = (tls->disallowed_protocols & WS_SECURE_PROTOCOL_TLS1_2) != 0;

    SET(CURLOPT_SSLVERSION, (long)(newest ? CURL_SSLVERSION_TLSv1_3 : CURL_SSLVERSION_TLSv1_2));
    SET(CURLOPT_CAINFO, NULL);
    SET(CURLOPT_CAPATH, NULL);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, (tls->failures_to_ignore & WS_CERT_FAILURE_CN_MISMATCH) ? 0L : 2L);
    SET(CURLOPT_SSL_CTX_FUNCTION, http_tls_set_up);
    SET(CURLOPT_SSL_CTX_DATA, &http->tls);
    return CURLE_OK;
}

/* libcurl would look at it when it connects, and say little. */
static HRESULT check_proxy(const struct settings *settings, WS_ERROR *error)
{
    CURLU *parts;
    bool good;

    if (settings->proxy_mode != WS_HTTP_PROXY_SETTING_MODE_CUSTOM) {
        return ERROR_SUCCESS;
    }
    parts = curl_url();
    if (parts == NULL) {
        return ws_no_memory(error);
    }
    good =
        settings->proxy != NULL && curl_url_set(parts, CURLUPART_URL, settings->proxy, CURLU_GUESS_SCHEME) == CURLUE_OK;
    curl_url_cleanup(parts);
    return good ? ERROR_SUCCESS
                : ws_fail(error, E_INVALIDARG, "the proxy has to be one host with its port, or a URL with them");
}

HRESULT http_set_options(struct http *http, const struct tls_settings *tls, WS_ERROR *error)
{
    HRESULT status = check_proxy(http->settings, error);
    CURLcode code;

    if (status != ERROR_SUCCESS) {
        return status;
    }
    code = set_protocol(http, tls != NULL);
    if (code == CURLE_OK) {
        code = set_callbacks(http);
    }
    if (code == CURLE_OK) {
        code = set_network(http);
    }
    if (code == CURLE_OK && tls != NULL) {
        code = set_tls(http, tls);
    }
    if (code == CURLE_OUT_OF_MEMORY) {
        return ws_no_memory(error);
    }
    return code == CURLE_OK
               ? ERROR_SUCCESS
               : ws_fail(error, WS_E_NOT_SUPPORTED, "libcurl refuses an option: %s", curl_easy_strerror(code));
}
