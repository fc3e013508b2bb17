/* SPDX-License-Identifier: MIT
 *
 * A server in a thread of the test, for one connection after the other: what it does with each is the test's function.
 * With an SSL_CTX it speaks TLS. It never waits for time to pass: a server that does not answer waits for the client to
 * go away.
 */
#ifndef TESTS_ENGINE_HTTP_SERVER_H
#define TESTS_ENGINE_HTTP_SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "webservices/http.h"
#include "ws_support.h"

struct connection {
    int socket;
    SSL *ssl;
    unsigned number; /* from 0 on */
    char request[70000];
    size_t size; /* of the request that was read last, headers included */
};

struct server {
    void (*serve)(struct connection *connection); /* until the connection is done with */
    SSL_CTX *ctx;
    int listener;
    unsigned port;
    _Atomic unsigned connections;
    pthread_t thread;
    char url[64];
};

static struct connection peer; /* one at a time */

static inline long connection_read(struct connection *connection, void *data, size_t size)
{
    return connection->ssl != NULL ? SSL_read(connection->ssl, data, (int)size)
                                   : (long)recv(connection->socket, data, size, 0);
}

static inline void connection_send(struct connection *connection, const char *text, size_t size)
{
    while (size > 0) {
        long sent = connection->ssl != NULL ? SSL_write(connection->ssl, text, (int)size)
                                            : (long)send(connection->socket, text, size, MSG_NOSIGNAL);

        if (sent <= 0) {
            return; /* the client went away */
        }
        text += sent;
        size -= (size_t)sent;
    }
}

/* A whole request with its body; false at the end of the connection. */
static inline bool connection_request(struct connection *connection)
{
    size_t wanted = 0;

    connection->size = 0;
    while (wanted == 0 || connection->size < wanted) {
        long got = connection_read(connection, connection->request + connection->size,
                                   sizeof connection->request - 1 - connection->size);
        const char *end, *length;

        if (got <= 0) {
            return false;
        }
        connection->size += (size_t)got;
        connection->request[connection->size] = 0;
        end = strstr(connection->request, "\r\n\r\n");
        length = strstr(connection->request, "Content-Length: ");
        if (end != NULL) {
            wanted = (size_t)(end + 4 - connection->request) +
                     (length != NULL && length < end ? (size_t)strtoul(length + 16, NULL, 10) : 0);
        }
    }
    return true;
}

/* Until the client closes it. */
static inline void connection_drain(struct connection *connection)
{
    char waste[4096];

    while (connection_read(connection, waste, sizeof waste) > 0) {
    }
}

static inline void connection_reset(struct connection *connection)
{
    struct linger linger = {1, 0};

    setsockopt(connection->socket, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

static inline void connection_reply(struct connection *connection, const char *status, const char *headers,
                                    const char *body)
{
    char text[4096];
    int size = snprintf(text, sizeof text, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n%s\r\n%s", status, strlen(body),
                        headers, body);

    connection_send(connection, text, (size_t)size);
}

#define SOAP "Content-Type: application/soap+xml; charset=utf-8\r\n"

/* Answers every request with its own body. */
static inline void serve_echo(struct connection *connection)
{
    while (connection_request(connection)) {
        connection_reply(connection, "200 OK", SOAP, strstr(connection->request, "\r\n\r\n") + 4);
    }
}

static inline void serve_one(struct server *server, int socket)
{
    const int at_once = 1;

    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    peer.socket = socket;
    peer.number = atomic_fetch_add(&server->connections, 1);
    peer.ssl = server->ctx != NULL ? SSL_new(server->ctx) : NULL;
    if (peer.ssl == NULL || (SSL_set_fd(peer.ssl, socket) == 1 && SSL_accept(peer.ssl) == 1)) {
        server->serve(&peer);
        if (peer.ssl != NULL) {
            SSL_shutdown(peer.ssl);
        }
    } else { /* its alert gets through only when everything that the client has sent is read */
        char waste[4096];

        shutdown(socket, SHUT_WR);
        while (recv(socket, waste, sizeof waste, 0) > 0) {
        }
    }
    SSL_free(peer.ssl);
    close(socket);
}

static inline void *server_thread(void *context)
{
    struct server *server = context;
    sigset_t pipe;
    int socket;

    /* OpenSSL's sockets raise it, in this thread; the client's thread has to do without. */
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    CHECK(pthread_sigmask(SIG_BLOCK, &pipe, NULL) == 0);
    while ((socket = accept(server->listener, NULL, NULL)) >= 0) {
        serve_one(server, socket);
    }
    return NULL;
}

static inline void server_start(struct server *server, void (*serve)(struct connection *), SSL_CTX *ctx)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;

    server->serve = serve;
    server->ctx = ctx;
    atomic_store(&server->connections, 0);
    server->listener = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(bind(server->listener, (struct sockaddr *)&address, sizeof address) == 0);
    CHECK(listen(server->listener, 5) == 0);
    CHECK(getsockname(server->listener, (struct sockaddr *)&address, &size) == 0);
    server->port = ntohs(address.sin_port);
    snprintf(server->url, sizeof server->url, "http%s://localhost:%u/service", ctx != NULL ? "s" : "", server->port);
    CHECK(pthread_create(&server->thread, NULL, server_thread, server) == 0);
}

static inline void server_stop(struct server *server)
{
    shutdown(server->listener, SHUT_RDWR); /* ends accept() */
    CHECK(pthread_join(server->thread, NULL) == 0);
    close(server->listener);
}

static struct settings settings;

static inline void settings_set(void)
{
    settings.max_message = 65536;
    settings.envelope = WS_ENVELOPE_VERSION_SOAP_1_2;
    settings.redirect = FALSE;
    settings.cookies = WS_AUTO_COOKIE_MODE;
    settings.ip_version = WS_IP_VERSION_4;
    settings.proxy_mode = WS_HTTP_PROXY_SETTING_MODE_NONE;
    settings.proxy = NULL;
    settings.proxy_bypass = NULL;
    for (int i = 0; i < TIMEOUT_COUNT; i++) {
        atomic_store(&settings.timeouts[i], 0xFFFFFFFFu);
    }
}

static const struct http_request REQUEST = {"application/soap+xml; charset=utf-8", NULL, "<request/>", 10};

static inline struct http *http_to(const char *url, const struct tls_settings *tls)
{
    struct http *http = NULL;

    CHECK_STATUS(http_open(url, &settings, tls, &http, error), 0);
    return http;
}

/* Both halves; the reply is set on success. */
static inline HRESULT exchange(struct http *http, struct http_reply *reply)
{
    HRESULT status = http_send(http, &REQUEST, error);

    return status == 0 ? http_receive(http, reply, error) : status;
}

static inline void check_exchange(struct http *http)
{
    struct http_reply reply;
    bool is_fault = true;

    if (CHECK_STATUS(exchange(http, &reply), 0)) {
        CHECK_STATUS(http_check(&reply, WS_ENVELOPE_VERSION_SOAP_1_2, &is_fault, error), 0);
        CHECK(!is_fault && reply.status == 200 && reply.size == 10 && memcmp(reply.body, "<request/>", 10) == 0);
    }
}

#endif
