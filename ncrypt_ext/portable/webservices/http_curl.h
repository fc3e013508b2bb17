/* SPDX-License-Identifier: MIT
 *
 * What the files of the HTTP client share. One easy handle in one multi handle, driven by the thread that calls; the
 * multi handle keeps the connection between requests, and another thread can wake it up.
 *
 * A request that a kept connection swallowed is sent again: libcurl does so by itself, once, on a fresh connection,
 * when the connection had been used before and closed without one byte of a reply. A server closes idle connections at
 * any time, so nothing else would be of use; it may nevertheless have seen the request the first time. Its MessageID
 * is then the same, which is how the server can tell.
 */
#ifndef PORTABLE_WEBSERVICES_HTTP_CURL_H
#define PORTABLE_WEBSERVICES_HTTP_CURL_H

#include <curl/curl.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "webservices/http.h"

#define HTTP_MAX_SOCKETS   16 /* at the same time: one, and the other addresses while connecting */
#define HTTP_MAX_HEADERS   65536u
#define HTTP_MAX_REDIRECTS 5
#define HTTP_WAIT_SLICE    100 /* ms: so often a waiting thread asks whether a signal came */

/* An open one of our own, or none: `number` is -1 then. What it is tells it from another file of that number. */
struct http_socket {
    int number;
    dev_t device;
    ino_t inode;
};

/* What TLS needs, made when the connection is opened. NULL where there is none. */
struct http_tls {
    ULONG forgiven; /* WS_CERT_FAILURE_* */
    X509_STORE *trust;
    X509 *certificate;
    STACK_OF(X509) * chain;
    EVP_PKEY *key;
    int refused; /* X509_V_ERR_*: why the server's certificate was refused */
};

struct http {
    pid_t owner;
    const struct settings *settings;
    char *url; /* of curl_free() */
    CURLM *multi;
    CURL *easy;
    struct http_tls tls;
    atomic_bool aborted;
    struct http_socket sockets[HTTP_MAX_SOCKETS];

    /* The request. */
    struct http_request kept; /* its pointers last until http_receive() has returned */
    struct curl_slist *headers;
    bool running; /* the easy handle is in the multi handle */
    bool sent;    /* http_send() was successful, and no http_receive() came since */
    bool finished;
    CURLcode result;    /* once finished */
    HRESULT failure;    /* ERROR_SUCCESS, or why a callback ended the transfer */
    enum timeout phase; /* what is waited for */
    uint64_t since;     /* when the phase began */
    ULONG timeouts[TIMEOUT_COUNT];
    char text[CURL_ERROR_SIZE]; /* libcurl's, about a failure */

    /* The reply. */
    struct text body;
    size_t header_bytes;
    bool headers_done;
    bool compressed;
    bool left_over; /* TLS had more than the body when its last piece came */
    char content_type[256];
    char challenges[1024];
    char location[1024];
};

/* ---- http_curl.c ---- */

/* WS_E_OPERATION_ABORTED, or WS_E_INVALID_OPERATION in a fork's child. */
MUST_CHECK HRESULT http_check_usable(struct http *http, WS_ERROR *error);

/* ---- http_curl_visit.c: around each call of libcurl's that may do something with the connection; no error stays in
 * OpenSSL's queue of the thread, where the program's own TLS would take it for its own ---- */

struct http_visit {
    bool blocked, was_pending; /* SIGPIPE */
    sigset_t before;
};

void http_enter(struct http_visit *visit);
void http_leave(const struct http_visit *visit);

/* ---- http_curl_options.c: of the easy handle, once for all requests ---- */

MUST_CHECK HRESULT http_set_options(struct http *http, const struct tls_settings *tls, WS_ERROR *error);

/* ---- http_curl_reply.c: what comes in ---- */

void http_reply_clear(struct http *http);
size_t http_on_header(char *data, size_t size, size_t count, void *http);
size_t http_on_body(char *data, size_t size, size_t count, void *http);

/* ---- http_curl_error.c ---- */

/* What the failure means that ended the transfer. */
MUST_CHECK HRESULT http_fail(struct http *http, WS_ERROR *error);
MUST_CHECK HRESULT http_fail_timeout(const struct http *http, WS_ERROR *error);

/* ---- http_curl_tls.c, http_curl_trust.c ---- */

/* WS_E_NOT_SUPPORTED when libcurl does TLS with something else than OpenSSL. */
MUST_CHECK HRESULT http_tls_init(struct http_tls *tls, const struct tls_settings *settings, WS_ERROR *error);
void http_tls_clear(struct http_tls *tls);

/* For CURLOPT_SSL_CTX_FUNCTION; the context is a struct http_tls. */
CURLcode http_tls_set_up(CURL *easy, void *ssl_ctx, void *tls);

/* All certificates of some PEM, at least one, else E_INVALIDARG; `what` names them. */
MUST_CHECK HRESULT http_read_certificates(const struct bytes *pem, const char *what, STACK_OF(X509) * *certificates,
                                          WS_ERROR *error);

/* From the PEM, or what the system trusts when there is none. */
MUST_CHECK HRESULT http_load_trust(const struct bytes *pem, X509_STORE **trust, WS_ERROR *error);

#endif
