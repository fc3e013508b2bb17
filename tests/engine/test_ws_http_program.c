/* SPDX-License-Identifier: MIT
 *
 * What the HTTP client shares with the program around it, and leaves as it was: numbers of files in the child of a
 * fork(), OpenSSL's queue of errors.
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

int main(void)
{
    ws_set_up();
    authority_make();
    RUN(child_keeps_its_files);
    RUN(no_errors_stay);
    certificate_free(&authority);
    ws_tear_down();
    return test_result("ws_http_program");
}
