/* SPDX-License-Identifier: MIT
 *
 * The HTTP client against servers that behave, and servers that do not.
 */
#include "http_server.h"

static struct server server;
static struct http_reply reply;

static void expect(void (*serve)(struct connection *), HRESULT want, const char *words)
{
    struct http *http;

    server_start(&server, serve, NULL);
    http = http_to(server.url, NULL);
    CHECK_FAILURE(exchange(http, &reply), want, words);
    http_close(http);
    server_stop(&server);
}

static void keeps_the_connection(void)
{
    struct http *http;

    server_start(&server, serve_echo, NULL);
    http = http_to(server.url, NULL);
    for (int i = 0; i < 50; i++) {
        check_exchange(http);
    }
    CHECK(atomic_load(&server.connections) == 1);
    http_close(http);
    server_stop(&server);
}

/* What the request looks like that the server got. */
static void serve_look(struct connection *connection)
{
    CHECK(connection_request(connection));
    CHECK(strncmp(connection->request, "POST /service?a=b HTTP/1.1\r\n", 28) == 0);
    CHECK(strstr(connection->request, "\r\nContent-Type: text/xml\r\n") != NULL);
    CHECK(strstr(connection->request, "\r\nSOAPAction: \"urn:do\"\r\n") != NULL);
    CHECK(strstr(connection->request, "\r\nContent-Length: 10\r\n") != NULL);
    CHECK(strstr(connection->request, "Expect") == NULL);
    CHECK(strstr(connection->request, "Accept-Encoding") == NULL);
    CHECK(strstr(connection->request, "Authorization") == NULL);
    CHECK(strcmp(connection->request + connection->size - 10, "<request/>") == 0);
    connection_reply(connection, "500 No", "Content-Type: a\x01/b\r\nWWW-Authenticate: Basic\r\nLocation:  x \r\n", "");
}

static void request_and_headers(void)
{
    struct http_request request = {"text/xml", "urn:do", "<request/>", 10};
    struct http *http;
    char url[128];

    server_start(&server, serve_look, NULL);
    snprintf(url, sizeof url, "%s?a=b#fragment", server.url);
    http = http_to(url, NULL);
    CHECK_FAILURE(http_receive(http, &reply, error), WS_E_INVALID_OPERATION, "no request was sent");
    CHECK_STATUS(http_send(http, &request, error), 0);
    CHECK_STATUS(http_receive(http, &reply, error), 0);
    CHECK(reply.status == 500 && reply.size == 0 && reply.body != NULL);
    CHECK(strcmp(reply.content_type, "a?/b") == 0);
    CHECK(strcmp(reply.challenges, "Basic\n") == 0);
    CHECK(strcmp(reply.location, "x") == 0);
    CHECK_FAILURE(http_receive(http, &reply, error), WS_E_INVALID_OPERATION, "no request was sent");
    request.soap_action = "a\"b";
    CHECK_FAILURE(http_send(http, &request, error), E_INVALIDARG, "SOAPAction");
    request.soap_action = "a\r\nX: y";
    CHECK_FAILURE(http_send(http, &request, error), E_INVALIDARG, "SOAPAction");
    request.soap_action = NULL;
    request.content_type = "a\nb";
    CHECK_FAILURE(http_send(http, &request, error), E_INVALIDARG, "content type");
    request.content_type = "a";
    request.size = settings.max_message + 1;
    CHECK_FAILURE(http_send(http, &request, error), WS_E_QUOTA_EXCEEDED, "longer than 65536 bytes");
    http_close(http);
    server_stop(&server);
}

/* More than the sockets' buffers take, both ways. */
static void serve_long(struct connection *connection)
{
    static const char HEAD[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" SOAP "\r\n";
    static const char TAIL[] = "0\r\nX-Trailer: 1\r\nContent-Type: a/b\r\n\r\n";
    char *piece = calloc(1, 1u << 20);
    size_t got = 0;
    long more;

    connection_send(connection, HEAD, sizeof HEAD - 1);
    while (got < (16u << 20) && (more = connection_read(connection, piece, 1u << 20)) > 0) {
        got += (size_t)more;
    }
    memset(piece, ' ', 1u << 20);
    for (int i = 0; i < 8; i++) {
        connection_send(connection, "100000\r\n", 8);
        connection_send(connection, piece, 1u << 20);
        connection_send(connection, "\r\n", 2);
    }
    connection_send(connection, TAIL, sizeof TAIL - 1);
    free(piece);
    connection_drain(connection);
}

static void long_ones(void)
{
    char *body = calloc(1, 16u << 20);
    struct http_request request = {"text/xml", NULL, body, 16u << 20};
    struct http *http;

    settings.max_message = 16u << 20;
    server_start(&server, serve_long, NULL);
    http = http_to(server.url, NULL);
    CHECK_STATUS(http_send(http, &request, error), 0);
    CHECK_STATUS(http_receive(http, &reply, error), 0);
    CHECK(reply.size == 8u << 20);
    CHECK(strncmp(reply.content_type, "application/soap+xml", 20) == 0);
    http_close(http);
    server_stop(&server);
    free(body);
    settings_set();
}

/* ---- what is wrong with a reply ---- */

#define SERVER(name, ...)                                                                                              \
    static void name(struct connection *connection)                                                                    \
    {                                                                                                                  \
        static const char TEXT[] = __VA_ARGS__;                                                                        \
                                                                                                                       \
        CHECK(connection_request(connection));                                                                         \
        connection_send(connection, TEXT, sizeof TEXT - 1);                                                            \
    }

SERVER(serve_nothing, "")
SERVER(serve_truncated, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<half")
SERVER(serve_truncated_chunk, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n<half")
SERVER(serve_half_headers, "HTTP/1.1 200 OK\r\nContent-")
SERVER(serve_announced, "HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n")
SERVER(serve_old_http, "<html>Hello</html>")
SERVER(serve_bad_chunk, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n")
SERVER(serve_bad_length, "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n")
SERVER(serve_gzip, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x08")

static void serve_reset(struct connection *connection)
{
    CHECK(connection_request(connection));
    connection_reset(connection);
}

static void serve_endless(struct connection *connection)
{
    char piece[1024];

    CHECK(connection_request(connection));
    memset(piece, 'x', sizeof piece);
    connection_send(connection, "HTTP/1.1 200 OK\r\n\r\n", 19);
    for (int i = 0; i < 100; i++) {
        connection_send(connection, piece, sizeof piece);
    }
    connection_drain(connection);
}

static void serve_headers(struct connection *connection)
{
    char line[1024] = "X: ";

    CHECK(connection_request(connection));
    memset(line + 3, 'x', sizeof line - 5);
    memcpy(line + sizeof line - 2, "\r\n", 2);
    connection_send(connection, "HTTP/1.1 200 OK\r\n", 17);
    for (int i = 0; i < 65; i++) {
        connection_send(connection, line, sizeof line);
    }
    connection_drain(connection);
}

static void serve_long_line(struct connection *connection)
{
    char piece[1024];

    CHECK(connection_request(connection));
    memset(piece, 'x', sizeof piece);
    connection_send(connection, "HTTP/1.1 200 OK\r\nX: ", 20);
    for (int i = 0; i < 200; i++) {
        connection_send(connection, piece, sizeof piece);
    }
    connection_drain(connection);
}

static void serve_continues(struct connection *connection)
{
    CHECK(connection_request(connection));
    for (int i = 0; i < 4000; i++) {
        connection_send(connection, "HTTP/1.1 100 Continue\r\n\r\n", 25);
    }
    connection_drain(connection);
}

static void broken_replies(void)
{
    expect(serve_nothing, WS_E_ENDPOINT_DISCONNECTED, "without a reply");
    expect(serve_reset, WS_E_ENDPOINT_DISCONNECTED, "lost");
    expect(serve_truncated, WS_E_ENDPOINT_DISCONNECTED, "before the reply was complete");
    expect(serve_truncated_chunk, WS_E_ENDPOINT_DISCONNECTED, "before the reply was complete");
    expect(serve_half_headers, WS_E_ENDPOINT_DISCONNECTED, "the");
    expect(serve_announced, WS_E_QUOTA_EXCEEDED, "longer than 65536 bytes");
    expect(serve_endless, WS_E_QUOTA_EXCEEDED, "longer than 65536 bytes");
    expect(serve_headers, WS_E_QUOTA_EXCEEDED, "HTTP headers are longer");
    expect(serve_long_line, WS_E_QUOTA_EXCEEDED, "HTTP headers is longer");
    expect(serve_continues, WS_E_QUOTA_EXCEEDED, "HTTP headers are longer");
    expect(serve_old_http, WS_E_INVALID_FORMAT, "not proper HTTP");
    expect(serve_bad_chunk, WS_E_INVALID_FORMAT, "not proper HTTP");
    expect(serve_bad_length, WS_E_INVALID_FORMAT, "not proper HTTP");
    expect(serve_gzip, WS_E_INVALID_FORMAT, "compressed");
}

/* ---- connections that the server closes ---- */

/* Closes the first connection after one exchange, when the second request has come, without a byte. */
static void serve_twice(struct connection *connection)
{
    if (connection->number > 0) {
        serve_echo(connection);
    } else if (connection_request(connection)) {
        connection_reply(connection, "200 OK", SOAP, "<request/>");
        CHECK(connection_request(connection));
    }
}

static void serve_twice_reset(struct connection *connection)
{
    serve_twice(connection);
    if (connection->number == 0) {
        connection_reset(connection);
    }
}

/* Answers once, and never again. */
static void serve_once(struct connection *connection)
{
    if (connection_request(connection) && connection->number == 0) {
        connection_reply(connection, "200 OK", SOAP, "<request/>");
        CHECK(connection_request(connection));
    }
}

/* On the second request, the beginning of a reply. */
static void serve_beginning(struct connection *connection)
{
    CHECK(connection_request(connection));
    connection_reply(connection, "200 OK", SOAP, "<request/>");
    CHECK(connection_request(connection));
    connection_send(connection, "HTTP/1.1 200 OK\r\n", 17);
}

static void stale_connections(void)
{
    void (*const behaviours[])(struct connection *) = {serve_twice, serve_twice_reset};
    struct http *http;

    for (size_t i = 0; i < COUNT(behaviours); i++) {
        server_start(&server, behaviours[i], NULL);
        http = http_to(server.url, NULL);
        check_exchange(http);
        check_exchange(http);
        CHECK(atomic_load(&server.connections) == 2);
        http_close(http);
        server_stop(&server);
    }
    /* Sent twice at most. */
    server_start(&server, serve_once, NULL);
    http = http_to(server.url, NULL);
    check_exchange(http);
    CHECK_FAILURE(exchange(http, &reply), WS_E_ENDPOINT_DISCONNECTED, "without a reply");
    CHECK(atomic_load(&server.connections) == 2);
    http_close(http);
    server_stop(&server);
    /* Not again when a reply began. */
    server_start(&server, serve_beginning, NULL);
    http = http_to(server.url, NULL);
    check_exchange(http);
    CHECK_FAILURE(exchange(http, &reply), WS_E_ENDPOINT_DISCONNECTED, "the");
    CHECK(atomic_load(&server.connections) == 1);
    http_close(http);
    server_stop(&server);
}

/* The first reply is too long; the second one, on another connection, is not. */
static void serve_endless_first(struct connection *connection)
{
    if (connection->number == 0) {
        serve_endless(connection);
    } else {
        serve_echo(connection);
    }
}

static void after_a_failure(void)
{
    struct http *http;

    server_start(&server, serve_endless_first, NULL);
    http = http_to(server.url, NULL);
    CHECK_FAILURE(exchange(http, &reply), WS_E_QUOTA_EXCEEDED, "longer than 65536 bytes");
    check_exchange(http);
    check_exchange(http);
    CHECK(atomic_load(&server.connections) == 2);
    http_close(http);
    server_stop(&server);
}

static void nobody_listens(void)
{
    struct http *http;

    server_start(&server, serve_echo, NULL);
    server_stop(&server);
    http = http_to(server.url, NULL);
    CHECK_FAILURE(exchange(http, &reply), WS_E_ENDPOINT_UNREACHABLE, "no connection to the server");
    http_close(http);
}

static void wrong_urls(void)
{
    static const char *const URLS[] = {"",           "localhost",       "ftp://localhost/", "http://",
                                       "http://a b", "http://u:p@host", "https://host/",    "http://host:99999/"};
    struct tls_settings tls = {0};
    struct http *http = NULL;

    for (size_t i = 0; i < COUNT(URLS); i++) {
        CHECK_STATUS(http_open(URLS[i], &settings, NULL, &http, error), WS_E_INVALID_ENDPOINT_URL);
        CHECK(http == NULL);
    }
    CHECK_FAILURE(http_open("https://host/", &settings, NULL, &http, error), WS_E_INVALID_ENDPOINT_URL,
                  "needs SSL transport security");
    CHECK_FAILURE(http_open("http://host/", &settings, &tls, &http, error), WS_E_INVALID_ENDPOINT_URL,
                  "has to be https");
    http_close(NULL);
    CHECK(http_missing()[0] == 0);
}

int main(void)
{
    settings_set();
    ws_set_up();
    RUN(keeps_the_connection);
    RUN(request_and_headers);
    RUN(long_ones);
    RUN(broken_replies);
    RUN(stale_connections);
    RUN(after_a_failure);
    RUN(nobody_listens);
    RUN(wrong_urls);
    ws_tear_down();
    return test_result("ws_http");
}
