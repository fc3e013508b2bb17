/* SPDX-License-Identifier: MIT
 *
 * An HTTPS server that costs next to nothing: it reads requests to their end, looks at none, and answers each with the
 * same envelope. Connections stay open, each has a thread. Usage: soap_server certificate.pem key.pem; it prints its
 * port, and ends when its standard input does.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROOM 65536

static const char ENVELOPE[] = "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Body>"
                               "<accepted xmlns=\"urn:orders\"><number>17</number></accepted></s:Body></s:Envelope>";
static char reply[1024];
static SSL_CTX *context;

/* The whole request's size once it is all there, else 0. */
static size_t complete(char *data, size_t size)
{
    char *end = memmem(data, size, "\r\n\r\n", 4);
    char *length;

    if (end == NULL) {
        return 0;
    }
    *end = 0;
    length = strcasestr(data, "\r\nContent-Length:");
    *end = '\r';
    size_t all = (size_t)(end + 4 - data) + (length == NULL ? 0 : strtoul(length + 17, NULL, 10));
    return size >= all ? all : 0;
}

static void serve(SSL *ssl)
{
    char *data = malloc(ROOM);
    size_t size = 0;

    while (data != NULL && size < ROOM) {
        int got = SSL_read(ssl, data + size, (int)(ROOM - size));

        if (got <= 0) {
            break;
        }
        size += (size_t)got;
        size_t used = complete(data, size);
        if (used > 0) {
            if (SSL_write(ssl, reply, (int)strlen(reply)) <= 0) {
                break;
            }
            memmove(data, data + used, size - used);
            size -= used;
        }
    }
    free(data);
}

static void *connection(void *argument)
{
    int descriptor = (int)(intptr_t)argument, one = 1;
    SSL *ssl = SSL_new(context);

    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (ssl != NULL && SSL_set_fd(ssl, descriptor) == 1 && SSL_accept(ssl) == 1) {
        serve(ssl);
    }
    SSL_free(ssl);
    close(descriptor);
    return NULL;
}

static void *end_with_input(void *argument)
{
    char byte;

    (void)argument;
    while (read(STDIN_FILENO, &byte, 1) > 0) {
    }
    _exit(0);
}

int main(int count, char **arguments)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    pthread_t thread;
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    signal(SIGPIPE, SIG_IGN);
    context = SSL_CTX_new(TLS_server_method());
    if (count != 3 || context == NULL || SSL_CTX_use_certificate_file(context, arguments[1], SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, arguments[2], SSL_FILETYPE_PEM) != 1 ||
        bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 64) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &size) != 0) {
        return 1;
    }
    snprintf(reply, sizeof reply,
             "HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml; charset=utf-8\r\nContent-Length: %zu\r\n\r\n%s",
             sizeof ENVELOPE - 1, ENVELOPE);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    pthread_create(&thread, NULL, end_with_input, NULL);
    for (;;) {
        int descriptor = accept(listener, NULL, NULL);

        if (descriptor >= 0 && pthread_create(&thread, NULL, connection, (void *)(intptr_t)descriptor) == 0) {
            pthread_detach(thread);
        }
    }
}
