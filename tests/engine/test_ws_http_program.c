/* SPDX-License-Identifier: MIT
 *
 * What the HTTP client shares with the program around it, and leaves as it was: numbers of files in the child of a
 * fork(), OpenSSL's queue of errors; and what it does not take from there.
 */
#include <fcntl.h>
#include <openssl/err.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "http_certificates.h"
#include "webservices/http_curl.h"

static int open_socket(const struct http *http)
{
    for (int i = 0; i < HTTP_MAX_SOCKETS; i++) {
        if (http->sockets[i].number >= 0) {
            return http->sockets[i].number;
        }
    }
    return -1;
}

/* Like a daemon: the child closed everything, and a file of its own has the socket's number by now. */
static void child_keeps_its_files(void)
{
    struct server server;
    struct http *http;
    int number, state = -1;
    pid_t child;

    settings_set();
    server_start(&server, serve_echo, NULL);
    http = http_to(server.url, NULL);
    check_exchange(http);
    number = open_socket(http);
    CHECK(number >= 0);
    child = fork();
    if (child == 0) {
        int file = open("/dev/null", O_RDONLY);
        bool ready = file >= 0 && dup2(file, number) == number;

        http_close(http);
        _exit(ready && fcntl(number, F_GETFD) != -1 ? 0 : 1);
    }
    CHECK(child > 0 && waitpid(child, &state, 0) == child && state == 0);
    child = fork();
    if (child == 0) { /* and without that, its copy of the socket is closed */
        http_close(http);
        _exit(fcntl(number, F_GETFD) == -1 ? 0 : 1);
    }
    CHECK(child > 0 && waitpid(child, &state, 0) == child && state == 0);
    check_exchange(http);
    CHECK(atomic_load(&server.connections) == 1);
    http_close(http);
    server_stop(&server);
}

/* A program's own TLS takes what stands there for a failure of its own. */
static void no_errors_stay(void)
{
    struct certificate host = make_certificate(EVP_EC_gen("P-256"), NULL, (struct certificate_options){0});
    struct tls_settings tls = {.ca = certificate_pem(&authority)};
    SSL_CTX *ctx = make_ssl_ctx(&host, false);
    struct http_reply reply;
    struct server server;
    struct http *http;

    settings_set();
    server_start(&server, serve_echo, ctx);
    http = http_to(server.url, &tls);
    ERR_clear_error();
    CHECK_STATUS(exchange(http, &reply), CERT_E_UNTRUSTEDROOT);
    CHECK(ERR_peek_error() == 0);
    http_close(http);
    CHECK(ERR_peek_error() == 0);
    server_stop(&server);
    tls_settings_free(&tls);
    SSL_CTX_free(ctx);
    certificate_free(&host);
}

/* libcurl 7.87 to 8.3 with a fallback built in puts the system's authorities into its store after our function. */
static void store_of_libcurl_is_not_asked(void)
{
    const struct certificate other =
        make_certificate(EVP_EC_gen("P-256"), NULL, (struct certificate_options){.host = "other", .is_ca = true});
    struct certificate hosts[] = {
        make_certificate(EVP_EC_gen("P-256"), &authority, (struct certificate_options){0}),
        make_certificate(EVP_EC_gen("P-256"), &other, (struct certificate_options){0}),
    };
    struct tls_settings tls = {.ca = certificate_pem(&authority)};
    struct certificate of_other = other;
    struct http *http;

    settings_set();
    http = http_to("https://localhost:1/", &tls);
    for (int i = 0; i < 2; i++) {
        SSL_CTX *server = make_ssl_ctx(&hosts[i], false);
        SSL_CTX *client = SSL_CTX_new(TLS_client_method());
        BIO *left = NULL, *right = NULL;
        SSL *ssl[2];
        int done = 0;

        SSL_CTX_set_verify(client, SSL_VERIFY_PEER, NULL);
        CHECK(http_tls_set_up(http->easy, client, &http->tls) == CURLE_OK);
        CHECK(X509_STORE_add_cert(SSL_CTX_get_cert_store(client), other.x509) == 1);
        ssl[0] = SSL_new(client);
        ssl[1] = SSL_new(server);
        CHECK(BIO_new_bio_pair(&left, 0, &right, 0) == 1);
        SSL_set_bio(ssl[0], left, left);
        SSL_set_bio(ssl[1], right, right);
        SSL_set_connect_state(ssl[0]);
        SSL_set_accept_state(ssl[1]);
        for (int turn = 0; turn < 20; turn++) {
            done = SSL_do_handshake(ssl[turn % 2]) == 1 ? done | 1 << turn % 2 : done;
        }
        CHECK((done & 1) == (i == 0));
        CHECK((http->tls.refused == X509_V_OK) == (i == 0));
        SSL_free(ssl[0]);
        SSL_free(ssl[1]);
        SSL_CTX_free(client);
        SSL_CTX_free(server);
        certificate_free(&hosts[i]);
    }
    ERR_clear_error();
    certificate_free(&of_other);
    http_close(http);
    tls_settings_free(&tls);
}

int main(void)
{
    ws_set_up();
    authority_make();
    RUN(child_keeps_its_files);
    RUN(no_errors_stay);
    RUN(store_of_libcurl_is_not_asked);
    certificate_free(&authority);
    ws_tear_down();
    return test_result("ws_http_program");
}
