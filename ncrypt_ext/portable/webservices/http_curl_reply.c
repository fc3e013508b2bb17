/* SPDX-License-Identifier: MIT
 *
 * What comes in: the few headers that matter, and the body, both bounded while they arrive.
 */
#include <string.h>
#include <strings.h>

#include "webservices/http_curl.h"

void http_reply_clear(struct http *http)
{
    text_clear(&http->body);
    http->header_bytes = 0;
    http->headers_done = false;
    http->compressed = false;
    http->content_type[0] = 0;
    http->challenges[0] = 0;
    http->location[0] = 0;
}

/* The value, when the line is that header; printable, cut where it does not fit. */
static bool take(const char *line, size_t size, const char *name, char *value, size_t room)
{
    size_t from = strlen(name);
    size_t end = size;
    size_t count = 0;

    if (size <= from || strncasecmp(line, name, from) != 0 || line[from] != ':') {
        return false;
    }
    from++;
    while (from < end && (line[from] == ' ' || line[from] == '\t')) {
        from++;
    }
    while (end > from && strchr("\r\n\t ", line[end - 1]) != NULL) {
        end--;
    }
    while (from < end && count + 1 < room) {
        unsigned char c = (unsigned char)line[from++];

        value[count++] = c >= 0x20 && c < 0x7F ? (char)c : '?';
    }
    value[count] = 0;
    return true;
}

static void take_challenge(struct http *http, const char *line, size_t size)
{
    size_t used = strlen(http->challenges);
    size_t room = sizeof http->challenges - used;

    if (room > 2 && (take(line, size, "WWW-Authenticate", http->challenges + used, room - 1) ||
                     take(line, size, "Proxy-Authenticate", http->challenges + used, room - 1))) {
        strcat(http->challenges, "\n");
    }
}

static void take_header(struct http *http, const char *line, size_t size)
{
    char coding[16];

    if (take(line, size, "Content-Encoding", coding, sizeof coding)) {
        http->compressed = coding[0] != 0 && strcasecmp(coding, "identity") != 0;
    }
    (void)(take(line, size, "Content-Type", http->content_type, sizeof http->content_type) ||
           take(line, size, "Location", http->location, sizeof http->location));
    take_challenge(http, line, size);
}

/* A proxy's reply to CONNECT comes before the transfer begins; replies below 200 announce another one. */
static bool is_final(struct http *http)
{
    curl_off_t begun = 0;
    long status = 0;

    return curl_easy_getinfo(http->easy, CURLINFO_PRETRANSFER_TIME_T, &begun) == CURLE_OK && begun > 0 &&
           curl_easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK && status >= 200;
}

size_t http_on_header(char *data, size_t size, size_t count, void *context)
{
    struct http *http = context;
    size_t total = size * count;

    http->header_bytes += total;
    if (http->header_bytes > HTTP_MAX_HEADERS) {
        http->failure = WS_E_QUOTA_EXCEEDED;
        return 0;
    }
    if (http->headers_done) {
        return total; /* a trailer */
    }
    if (total >= 5 && memcmp(data, "HTTP/", 5) == 0) {
        size_t so_far = http->header_bytes;

        http_reply_clear(http);
        http->header_bytes = so_far;
    } else if (total > 0 && (data[0] == '\r' || data[0] == '\n')) {
        http->headers_done = is_final(http);
    } else {
        take_header(http, data, total);
    }
    return total;
}

/* libcurl takes from TLS what belongs to the body and leaves the rest of a record there. */
static bool has_more(const struct http *http)
{
    const struct curl_tlssessioninfo *tls = NULL;

    return http->tls.trust != NULL && curl_easy_getinfo(http->easy, CURLINFO_TLS_SSL_PTR, &tls) == CURLE_OK &&
           tls != NULL && tls->backend == CURLSSLBACKEND_OPENSSL && tls->internals != NULL &&
           SSL_pending(tls->internals) > 0;
}

size_t http_on_body(char *data, size_t size, size_t count, void *context)
{
    struct http *http = context;
    size_t total = size * count;

    http->left_over = has_more(http);
    text_put(&http->body, data, total);
    if (http->body.status != ERROR_SUCCESS) {
        http->failure = http->body.status;
        return 0;
    }
    return total;
}
