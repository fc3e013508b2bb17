/* SPDX-License-Identifier: MIT
 *
 * One connection to an HTTP server, kept alive between requests. http_curl.c does it with libcurl; http_missing.c takes
 * its place where there was no libcurl when the engine was built, and says so.
 *
 * One thread at a time uses it, and another one may abort meanwhile. In the child of a fork() it is only closed, which
 * leaves the parent's connection alone.
 */
#ifndef PORTABLE_WEBSERVICES_HTTP_H
#define PORTABLE_WEBSERVICES_HTTP_H

#include "webservices/settings.h"
#include "webservices/text.h"

struct http;

/* "" when there is an HTTP client, else what is missing and how to get it. */
const char *http_missing(void);

/* WS_E_NOT_SUPPORTED when there is no HTTP client. `tls` is NULL for http://. Both settings have to stay. Loads
 * certificates and keys, and connects to nothing yet. WS_E_INVALID_ENDPOINT_URL for a URL that it cannot be. */
MUST_CHECK HRESULT http_open(const char *url, const struct settings *settings, const struct tls_settings *tls,
                             struct http **http, WS_ERROR *error);
/* NULL is allowed. */
void http_close(struct http *http);

/* From any thread, as long as http_close() has not been called: the call that is running, and every later one, fails
 * with WS_E_OPERATION_ABORTED. */
void http_abort(struct http *http);

struct http_request {
    const char *content_type;
    const char *soap_action; /* for the header SOAPAction, without quotes; NULL: no such header */
    const char *body;        /* has to stay until http_receive() has returned */
    size_t size;
};

/* Connects when there is no connection, and sends. This and http_receive() fail with WS_E_OPERATION_ABORTED, too, when
 * ncx_interrupted() says so, with WS_E_OPERATION_TIMED_OUT after the settings' times, and so on; the exchange is over
 * then and its connection dropped, and the next request makes another one. Redirects are followed where the settings
 * allow it, the status is 307 or 308, and scheme, host and port stay the same. */
MUST_CHECK HRESULT http_send(struct http *http, const struct http_request *request, WS_ERROR *error);

struct http_reply {
    long status;
    const char *content_type; /* "" when there is none */
    const char *challenges;   /* the values of WWW-Authenticate or Proxy-Authenticate, with line feeds, "" without */
    const char *location;     /* where a redirect that was not followed leads to, "" without */
    const char *body;
    size_t size;
};

/* The reply stays the connection's until its next call. WS_E_QUOTA_EXCEEDED when it is longer than max_message. */
MUST_CHECK HRESULT http_receive(struct http *http, struct http_reply *reply, WS_ERROR *error);

/* http_status.c: whether the reply is a SOAP envelope of that version (HTTP says 200, or 400 or 500 for a fault, and
 * the content type fits), or what its failure means. WS_E_ENDPOINT_*, WS_E_SERVER_REQUIRES_*, WS_E_PROXY_*,
 * WS_E_INVALID_FORMAT, each with a sentence. *is_fault: HTTP said that it is a fault. */
MUST_CHECK HRESULT http_check(const struct http_reply *reply, WS_ENVELOPE_VERSION envelope, bool *is_fault,
                              WS_ERROR *error);

#endif
