/* SPDX-License-Identifier: MIT
 *
 * What libcurl's failures are called here.
 */
#include <openssl/x509_vfy.h>
#include <string.h>

#include "webservices/http_curl.h"

/* Of libcurl 8.6 and later, which may run what was compiled with an older one. */
#define TOO_LARGE ((CURLcode)100)

static const struct {
    CURLcode code;
    HRESULT status;
    const char *what;
} FAILURES[] = {
    {CURLE_COULDNT_RESOLVE_HOST, WS_E_ENDPOINT_NOT_FOUND, "the server's name was not found"},
    {CURLE_COULDNT_RESOLVE_PROXY, WS_E_PROXY_FAILURE, "the proxy's name was not found"},
    {CURLE_COULDNT_CONNECT, WS_E_ENDPOINT_UNREACHABLE, "no connection to the server"},
    {CURLE_SEND_ERROR, WS_E_ENDPOINT_DISCONNECTED, "the connection was lost while sending"},
    {CURLE_RECV_ERROR, WS_E_ENDPOINT_DISCONNECTED, "the connection was lost before the reply was complete"},
    {CURLE_GOT_NOTHING, WS_E_ENDPOINT_DISCONNECTED, "the server closed the connection without a reply"},
    {CURLE_PARTIAL_FILE, WS_E_ENDPOINT_DISCONNECTED, "the server closed the connection before the reply was complete"},
    {CURLE_WEIRD_SERVER_REPLY, WS_E_INVALID_FORMAT, "the reply is not proper HTTP"},
    {CURLE_UNSUPPORTED_PROTOCOL, WS_E_INVALID_FORMAT, "the reply is not proper HTTP"},
    {CURLE_BAD_CONTENT_ENCODING, WS_E_INVALID_FORMAT, "the reply has an unknown coding"},
    {TOO_LARGE, WS_E_QUOTA_EXCEEDED, "a line of the reply's HTTP headers is longer than libcurl takes"},
    {CURLE_URL_MALFORMAT, WS_E_INVALID_ENDPOINT_URL, "the URL is malformed"},
    {CURLE_SSL_CONNECT_ERROR, WS_E_SECURITY_SYSTEM_FAILURE, "TLS failed"},
    {CURLE_SSL_CERTPROBLEM, WS_E_SECURITY_SYSTEM_FAILURE, "TLS failed over the client's certificate"},
    {CURLE_SSL_CIPHER, WS_E_SECURITY_SYSTEM_FAILURE, "TLS failed: no cipher in common"},
    {CURLE_SSL_ENGINE_INITFAILED, WS_E_SECURITY_SYSTEM_FAILURE, "TLS failed"},
#if LIBCURL_VERSION_NUM >= 0x074900 /* 7.73.0 */
    {CURLE_PROXY, WS_E_PROXY_FAILURE, "the proxy failed"},
#endif
#if LIBCURL_VERSION_NUM >= 0x074D00 /* 7.77.0 */
    {CURLE_SSL_CLIENTCERT, WS_E_SECURITY_SYSTEM_FAILURE, "the server wants a client's certificate"},
#endif
};

/* libcurl's sentence; it may quote the server. */
static const char *words(struct http *http)
{
    if (http->text[0] == 0) {
        return curl_easy_strerror(http->result);
    }
    for (char *c = http->text; *c != 0; c++) {
        if ((unsigned char)*c < 0x20 || (unsigned char)*c >= 0x7F) {
            *c = '?';
        }
    }
    return http->text;
}

static HRESULT fail_certificate(struct http *http, WS_ERROR *error)
{
    int refused = http->tls.refused;

    switch (refused) {
    case X509_V_OK:
        return ws_fail(error, CERT_E_CN_NO_MATCH, "the server's certificate is another host's: %s", words(http));
    case X509_V_ERR_CERT_NOT_YET_VALID:
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return ws_fail(error, CERT_E_EXPIRED, "a certificate of the server's is not valid at this time: %s",
                       X509_verify_cert_error_string(refused));
    case X509_V_ERR_INVALID_PURPOSE:
    case X509_V_ERR_CERT_REJECTED:
        return ws_fail(error, CERT_E_WRONG_USAGE, "a certificate of the server's is for another use: %s",
                       X509_verify_cert_error_string(refused));
    case X509_V_ERR_OUT_OF_MEM:
        return ws_no_memory(error);
    default:
        return ws_fail(error, CERT_E_UNTRUSTEDROOT, "the server's certificate leads to no root that is trusted: %s",
                       X509_verify_cert_error_string(refused));
    }
}

static HRESULT fail_quota(const struct http *http, WS_ERROR *error)
{
    if (http->header_bytes > HTTP_MAX_HEADERS) {
        return ws_fail(error, WS_E_QUOTA_EXCEEDED, "the reply's HTTP headers are longer than %u bytes",
                       HTTP_MAX_HEADERS);
    }
    return ws_fail(error, WS_E_QUOTA_EXCEEDED, "the reply is longer than %u bytes, the most for a message",
                   (unsigned)http->settings->max_message);
}

/* The proxy's answer to CONNECT, when there was one and it was a refusal. */
static HRESULT fail_tunnel(struct http *http, WS_ERROR *error)
{
    struct http_reply reply = {.content_type = "", .challenges = http->challenges, .location = "", .body = ""};
    bool is_fault;
    long status = 0;

    if (curl_easy_getinfo(http->easy, CURLINFO_HTTP_CONNECTCODE, &status) != CURLE_OK || status < 300) {
        return ERROR_SUCCESS;
    }
    if (status != 407) {
        return ws_fail(error, status == 403 ? WS_E_PROXY_ACCESS_DENIED : WS_E_PROXY_FAILURE,
                       "the proxy refused to connect: HTTP status %ld", status);
    }
    reply.status = status;
    return http_check(&reply, WS_ENVELOPE_VERSION_SOAP_1_2, &is_fault, error);
}

static HRESULT fail_plainly(struct http *http, WS_ERROR *error)
{
    const char *text = words(http);

    if (http->result == CURLE_RECV_ERROR && strstr(text, "chunk") != NULL) {
        return ws_fail(error, WS_E_INVALID_FORMAT, "the reply is not proper HTTP: %s", text);
    }
    if ((http->result == CURLE_RECV_ERROR || http->result == CURLE_SEND_ERROR) && strstr(text, "alert") != NULL) {
        return ws_fail(error, WS_E_SECURITY_SYSTEM_FAILURE, "the server ended TLS: %s", text);
    }
    for (size_t i = 0; i < sizeof FAILURES / sizeof FAILURES[0]; i++) {
        if (FAILURES[i].code == http->result) {
            return ws_fail(error, FAILURES[i].status, "%s: %s", FAILURES[i].what, text);
        }
    }
    return ws_fail(error, WS_E_OTHER, "HTTP failed: %s", text);
}

HRESULT http_fail(struct http *http, WS_ERROR *error)
{
    HRESULT status = fail_tunnel(http, error);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (http->result == CURLE_OUT_OF_MEMORY && http->phase == TIMEOUT_RESPONSE) {
        return ws_fail(error, WS_E_QUOTA_EXCEEDED,
                       "a line of the reply's HTTP headers is longer than libcurl takes, or memory is short");
    }
    if (http->failure == E_OUTOFMEMORY || http->result == CURLE_OUT_OF_MEMORY) {
        return ws_no_memory(error);
    }
    if (http->failure == WS_E_QUOTA_EXCEEDED || http->result == CURLE_FILESIZE_EXCEEDED) {
        return fail_quota(http, error);
    }
    if (http->result == CURLE_PEER_FAILED_VERIFICATION) {
        return fail_certificate(http, error);
    }
    if (http->result == CURLE_OPERATION_TIMEDOUT) {
        return http_fail_timeout(http, error);
    }
    return fail_plainly(http, error);
}

HRESULT http_fail_timeout(const struct http *http, WS_ERROR *error)
{
    static const char *const WHAT[TIMEOUT_COUNT] = {
        [TIMEOUT_RESOLVE] = "finding the server's address took longer than the RESOLVE_TIMEOUT",
        [TIMEOUT_CONNECT] = "connecting to the server took longer than the CONNECT_TIMEOUT",
        [TIMEOUT_SEND] = "sending the request took longer than the SEND_TIMEOUT",
        [TIMEOUT_RESPONSE] = "the reply did not begin within the RECEIVE_RESPONSE_TIMEOUT",
        [TIMEOUT_RECEIVE] = "the reply did not end within the RECEIVE_TIMEOUT",
        [TIMEOUT_CLOSE] = "closing took longer than the CLOSE_TIMEOUT",
    };

    return ws_fail(error, WS_E_OPERATION_TIMED_OUT, "%s of %u ms", WHAT[http->phase],
                   (unsigned)http->timeouts[http->phase]);
}
