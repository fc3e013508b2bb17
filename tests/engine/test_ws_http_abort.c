/* SPDX-License-Identifier: MIT
 *
 * Ending calls of the HTTP client: by abort from another thread, by each timeout, by a signal's hook, and in the child
 * of a fork(). The servers never answer in time, because they never answer.
 */
#include <dlfcn.h>
#include <netdb.h>
#include <sys/wait.h>

#include "http_certificates.h"
#include "ncrypt_ext_compat.h"

static struct server server;
static struct http_reply reply;

/* ---- a name server that does not answer: in the place of the C library's function, also for libcurl ---- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static unsigned waiting;
static bool answer;

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

    if (name != NULL && strcmp(name, "nowhere.example") == 0) {
        pthread_mutex_lock(&lock);
        waiting++;
        pthread_cond_broadcast(&changed);
        while (!answer) {
            pthread_cond_wait(&changed, &lock);
        }
        waiting--;
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&lock);
        return EAI_NONAME;
    }
    *(void **)(&real) = dlsym(RTLD_NEXT, "getaddrinfo");
    return real(name, service, hints, found);
}

static void names_answer(void)
{
    pthread_mutex_lock(&lock);
    answer = true;
    pthread_cond_broadcast(&changed);
    while (waiting > 0) {
        pthread_cond_wait(&changed, &lock);
    }
    answer = false;
    pthread_mutex_unlock(&lock);
}

static void await_look_up(void)
{
    pthread_mutex_lock(&lock);
    while (waiting == 0) {
        pthread_cond_wait(&changed, &lock);
    }
    pthread_mutex_unlock(&lock);
}

/* ---- servers that stop at some point, and tell that they are there ---- */

static unsigned arrivals; /* under the lock */
static bool closed;       /* the same: the client is */

static void arrive(void)
{
    pthread_mutex_lock(&lock);
    arrivals++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void await_arrival(void)
{
    pthread_mutex_lock(&lock);
    while (arrivals == 0) {
        pthread_cond_wait(&changed, &lock);
    }
    arrivals = 0;
    pthread_mutex_unlock(&lock);
}

/* Without TLS, for a client that wants it. */
static void serve_no_handshake(struct connection *connection)
{
    char first;

    if (recv(connection->socket, &first, 1, 0) == 1) {
        arrive();
        connection_drain(connection);
    }
}

/* Reads no more until the client has gone, which can tell that only in the end: its bytes come before. */
static void serve_no_reading(struct connection *connection)
{
    char first;

    if (recv(connection->socket, &first, 1, 0) == 1) {
        arrive();
        pthread_mutex_lock(&lock);
        while (!closed) {
            pthread_cond_wait(&changed, &lock);
        }
        pthread_mutex_unlock(&lock);
        connection_drain(connection);
    }
}

static void serve_no_reply(struct connection *connection)
{
    if (connection_request(connection)) {
        arrive();
        connection_drain(connection);
    }
}

static void serve_half(struct connection *connection)
{
    static const char HALF[] = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<half";

    if (connection_request(connection)) {
        connection_send(connection, HALF, sizeof HALF - 1);
        arrive();
        connection_drain(connection);
    }
}

/* ---- the phases ---- */

static struct phase {
    const char *name;
    enum timeout timeout;
    void (*serve)(struct connection *); /* NULL: the name is not resolved */
    bool secure;
    bool in_receive; /* which of the two calls waits */
} phases[] = {
    {"RESOLVE_TIMEOUT", TIMEOUT_RESOLVE, NULL, false, false},
    {"CONNECT_TIMEOUT", TIMEOUT_CONNECT, serve_no_handshake, true, false},
    {"SEND_TIMEOUT", TIMEOUT_SEND, serve_no_reading, false, false},
    {"RECEIVE_RESPONSE_TIMEOUT", TIMEOUT_RESPONSE, serve_no_reply, false, true},
    {"RECEIVE_TIMEOUT", TIMEOUT_RECEIVE, serve_half, false, true},
};

static const struct phase *phase;
static struct tls_settings tls;
static char *long_body;

static struct http *open_for(const struct phase *now)
{
    char url[128];

    phase = now;
    if (now->serve == NULL) {
        return http_to("http://nowhere.example/", NULL);
    }
    server_start(&server, now->serve, NULL);
    snprintf(url, sizeof url, "http%s://localhost:%u/", now->secure ? "s" : "", server.port);
    return http_to(url, now->secure ? &tls : NULL);
}

static void close_after(struct http *http)
{
    http_close(http);
    pthread_mutex_lock(&lock);
    closed = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    if (phase->serve == NULL) {
        names_answer();
    } else {
        server_stop(&server);
    }
    closed = false;
    arrivals = 0;
}

static void await_phase(void)
{
    if (phase->serve == NULL) {
        await_look_up();
    } else {
        await_arrival();
    }
}

/* The request is longer than what the sockets take by themselves. */
static void check_ends(struct http *http, HRESULT want, const char *words)
{
    struct http_request request = REQUEST;

    if (phase->timeout == TIMEOUT_SEND) {
        request.body = long_body;
        request.size = 64u << 20;
    }
    if (!phase->in_receive) {
        CHECK_FAILURE(http_send(http, &request, error), want, words);
    } else if (CHECK_STATUS(http_send(http, &request, error), 0)) {
        CHECK_FAILURE(http_receive(http, &reply, error), want, words);
    }
}

static void times_out(void)
{
    for (size_t i = 0; i < COUNT(phases); i++) {
        struct http *http = open_for(&phases[i]);

        atomic_store(&settings.timeouts[phase->timeout], 60);
        check_ends(http, WS_E_OPERATION_TIMED_OUT, phase->name);
        atomic_store(&settings.timeouts[phase->timeout], 0xFFFFFFFFu);
        CHECK_FAILURE(http_receive(http, &reply, error), WS_E_INVALID_OPERATION, "no request was sent");
        close_after(http);
    }
}

static void *abort_later(void *http)
{
    await_phase();
    http_abort(http);
    return NULL;
}

static void aborted(void)
{
    for (size_t i = 0; i < COUNT(phases); i++) {
        struct http *http = open_for(&phases[i]);
        pthread_t thread;

        CHECK(pthread_create(&thread, NULL, abort_later, http) == 0);
        check_ends(http, WS_E_OPERATION_ABORTED, "aborted");
        CHECK(pthread_join(thread, NULL) == 0);
        CHECK_FAILURE(http_send(http, &REQUEST, error), WS_E_OPERATION_ABORTED, "aborted");
        CHECK_FAILURE(http_receive(http, &reply, error), WS_E_OPERATION_ABORTED, "aborted");
        close_after(http);
    }
}

/* ---- a signal, as Python's main thread asks about one ---- */

static int interrupt(void *context)
{
    bool there;

    pthread_mutex_lock(&lock);
    there = phase->serve == NULL ? waiting > 0 : arrivals > 0;
    pthread_mutex_unlock(&lock);
    (void)context;
    return there;
}

static void interrupted(void)
{
    for (size_t i = 0; i < COUNT(phases); i++) {
        struct http *http = open_for(&phases[i]);

        ncx_set_interrupt(interrupt, NULL);
        check_ends(http, WS_E_OPERATION_ABORTED, "a signal interrupted");
        ncx_set_interrupt(NULL, NULL);
        close_after(http);
    }
}

/* The first request is never answered; the next one is, on another connection. */
static void serve_second(struct connection *connection)
{
    if (connection->number == 0) {
        serve_no_reply(connection);
    } else {
        serve_echo(connection);
    }
}

static void usable_after_a_signal(void)
{
    static const struct phase WAITS = {"", TIMEOUT_RESPONSE, serve_second, false, true};
    struct http *http = open_for(&WAITS);

    ncx_set_interrupt(interrupt, NULL);
    check_ends(http, WS_E_OPERATION_ABORTED, "a signal interrupted");
    ncx_set_interrupt(NULL, NULL);
    check_exchange(http);
    CHECK(atomic_load(&server.connections) == 2);
    close_after(http);
}

/* ---- fork ---- */

static void child(struct http *http)
{
    int before = (int)test_failures;

    CHECK_STATUS(http_send(http, &REQUEST, NULL), WS_E_INVALID_OPERATION);
    CHECK_STATUS(http_receive(http, &reply, NULL), WS_E_INVALID_OPERATION);
    http_abort(http);
    http_close(http);
    _exit((int)test_failures > before);
}

/* The parent's connection goes on, also over TLS, where one more byte would end it. */
static void forked(bool secure)
{
    struct certificate own = make_certificate(EVP_EC_gen("P-256"), &authority, (struct certificate_options){0});
    SSL_CTX *ctx = secure ? make_ssl_ctx(&own, false) : NULL;
    struct http *http;
    int status;
    pid_t pid;

    server_start(&server, serve_echo, ctx);
    http = http_to(server.url, secure ? &tls : NULL);
    for (int i = 0; i < 3; i++) {
        check_exchange(http);
        pid = fork();
        if (pid == 0) {
            child(http);
        }
        CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    check_exchange(http);
    CHECK(atomic_load(&server.connections) == 1);
    http_close(http);
    server_stop(&server);
    SSL_CTX_free(ctx);
    certificate_free(&own);
}

static void forks(void)
{
    forked(false);
    forked(true);
}

/* When the parent has closed its end, the server sees it, although a child lives on that had the connection. */
static void child_lets_go(void)
{
    int to_child[2];
    struct http *http;
    char byte;
    pid_t pid;

    CHECK(pipe(to_child) == 0);
    server_start(&server, serve_echo, NULL);
    http = http_to(server.url, NULL);
    check_exchange(http);
    pid = fork();
    if (pid == 0) {
        close(server.listener);
        http_close(http);
        close(to_child[1]);
        _exit(read(to_child[0], &byte, 1) != 0);
    }
    http_close(http);
    server_stop(&server); /* would wait for the connection's end */
    close(to_child[1]);
    close(to_child[0]);
    CHECK(waitpid(pid, NULL, 0) == pid);
}

int main(void)
{
    settings_set();
    settings.max_message = 64u << 20;
    long_body = calloc(1, settings.max_message);
    ws_set_up();
    authority_make();
    tls.ca = certificate_pem(&authority);
    RUN(times_out);
    RUN(aborted);
    RUN(interrupted);
    RUN(usable_after_a_signal);
    RUN(forks);
    RUN(child_lets_go);
    tls_settings_free(&tls);
    certificate_free(&authority);
    free(long_body);
    ws_tear_down();
    return test_result("ws_http_abort");
}
