/* SPDX-License-Identifier: MIT
 *
 * What a server sends beside its reply is never taken for the reply to the next request.
 */
#include "http_certificates.h"

#define POISON  "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n" SOAP "\r\n<poison/>"
#define HEADERS "HTTP/1.1 200 OK\r\n" SOAP "Content-Length: 10\r\n\r\n"
#define CHUNKED "HTTP/1.1 200 OK\r\n" SOAP "Transfer-Encoding: chunked\r\n\r\n"
#define BODY    "<request/>"

/* In this order, each in a write of its own. */
static const char *pieces[4];

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool all_sent;

/* The first request of the first connection gets the pieces, every other one an echo. */
static void serve(struct connection *connection)
{
    if (connection->number == 0) {
        if (!connection_request(connection)) {
            return;
        }
        for (int i = 0; i < 4 && pieces[i] != NULL; i++) {
            connection_send(connection, pieces[i], strlen(pieces[i]));
        }
        pthread_mutex_lock(&lock);
        all_sent = true;
        pthread_cond_signal(&changed);
        pthread_mutex_unlock(&lock);
    }
    serve_echo(connection);
}

static void check_pieces(struct server *server, const struct tls_settings *tls)
{
    struct http *http;

    all_sent = false;
    http = http_to(server->url, tls);
    check_exchange(http);
    pthread_mutex_lock(&lock);
    while (!all_sent) {
        pthread_cond_wait(&changed, &lock);
    }
    pthread_mutex_unlock(&lock);
    check_exchange(http);
    check_exchange(http);
    CHECK(atomic_load(&server->connections) <= 2);
    http_close(http);
}

static void try_all(SSL_CTX *ctx, const struct tls_settings *tls)
{
    static const char *const SEQUENCES[][4] = {
        {HEADERS BODY POISON},
        {HEADERS BODY, POISON},
        {HEADERS, BODY POISON},
        {HEADERS, BODY, POISON},
        {HEADERS, "<requ", "est/>" POISON},
        {CHUNKED "a\r\n" BODY "\r\n0\r\n\r\n" POISON},
        {CHUNKED "a\r\n" BODY "\r\n0\r\n\r\n", POISON},
        {CHUNKED, "a\r\n" BODY "\r\n0\r\n\r\n" POISON},
        {CHUNKED, "a\r\n" BODY, "\r\n0\r\n\r\n", POISON},
    };

    for (size_t i = 0; i < sizeof SEQUENCES / sizeof *SEQUENCES; i++) {
        struct server server;

        memcpy(pieces, SEQUENCES[i], sizeof pieces);
        server_start(&server, serve, ctx);
        check_pieces(&server, tls);
        server_stop(&server);
    }
}

static void plain(void)
{
    settings_set();
    try_all(NULL, NULL);
}

static void with_tls(void)
{
    struct tls_settings tls = {0};
    struct certificate host;
    SSL_CTX *ctx;

    settings_set();
    authority_make();
    host = make_certificate(EVP_EC_gen("P-256"), &authority, (struct certificate_options){0});
    ctx = make_ssl_ctx(&host, false);
    tls.ca = certificate_pem(&authority);
    try_all(ctx, &tls);
    tls_settings_free(&tls);
    SSL_CTX_free(ctx);
    certificate_free(&host);
    certificate_free(&authority);
}

int main(void)
{
    ws_set_up();
    RUN(plain);
    RUN(with_tls);
    ws_tear_down();
    return test_result("ws_http_junk");
}
