/* SPDX-License-Identifier: MIT
 *
 * What HTTP's status and content type say about a reply. Both come from whoever answered: what of them is quoted is
 * printable and short.
 */
#include <string.h>
#include <strings.h>

#include "ncrypt_ext_ws.h"
#include "webservices/http.h"

#define QUOTE_SIZE 120

const char *ncx_channel_missing(void)
{
    return http_missing();
}

static const char *quote(char out[QUOTE_SIZE], const char *text)
{
    size_t count = 0;

    for (; text[count] != 0 && count < QUOTE_SIZE - 1; count++) {
        out[count] = (unsigned char)text[count] >= 0x20 && (unsigned char)text[count] < 0x7F ? text[count] : '?';
    }
    out[count] = 0;
    return out;
}

static const char *skip_space(const char *at)
{
    return at + strspn(at, " \t");
}

/* Characters of HTTP's tokens. */
static size_t token_length(const char *at)
{
    return strspn(at, "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
}

static bool is_token(const char *at, size_t size, const char *name)
{
    return size == strlen(name) && strncasecmp(at, name, size) == 0;
}

/* ---- content types ---- */

static bool has_media_type(const char *content_type, const char *name)
{
    const char *from = skip_space(content_type);
    size_t size = strlen(name);

    return strncasecmp(from, name, size) == 0 && strchr("; \t", from[size]) != NULL;
}

/* The value of a parameter, which a quoted string may be; the end of it. */
static const char *read_value(const char *at, char *value, size_t room)
{
    bool quoted = *at == '"';
    size_t count = 0;

    at += quoted;
    while (*at != 0 && (quoted ? *at != '"' : strchr("; \t", *at) == NULL)) {
        if (quoted && *at == '\\' && at[1] != 0) {
            at++;
        }
        if (count + 1 < room) {
            value[count++] = *at;
        }
        at++;
    }
    value[count] = 0;
    return at + (quoted && *at == '"');
}

/* The first charset parameter; "" without one. */
static void read_charset(const char *content_type, char *charset, size_t room)
{
    const char *at = strchr(content_type, ';');

    charset[0] = 0;
    while (at != NULL && charset[0] == 0) {
        const char *name = skip_space(at + 1);
        size_t size = token_length(name);
        const char *equals = skip_space(name + size);
        char value[32] = "";

        at = name + size;
        if (*equals == '=') {
            at = read_value(skip_space(equals + 1), value, sizeof value);
            if (is_token(name, size, "charset")) {
                memcpy(charset, value, room < sizeof value ? room : sizeof value);
                charset[room - 1] = 0;
            }
        }
        at = strchr(at, ';');
    }
}

/* Why that is no SOAP envelope of the version, or NULL. */
static const char *find_fault_with_type(const char *content_type, WS_ENVELOPE_VERSION envelope)
{
    const char *wanted = envelope == WS_ENVELOPE_VERSION_SOAP_1_1 ? "text/xml" : "application/soap+xml";
    const char *other = envelope == WS_ENVELOPE_VERSION_SOAP_1_1 ? "application/soap+xml" : "text/xml";
    char charset[32];

    if (*skip_space(content_type) == 0) {
        return "it has no content type";
    }
    if (has_media_type(content_type, "multipart/related")) {
        return "it is a multipart message (MTOM or attachments), which is not supported";
    }
    if (has_media_type(content_type, other)) {
        return envelope == WS_ENVELOPE_VERSION_SOAP_1_1 ? "its content type is that of SOAP 1.2, not of SOAP 1.1"
                                                        : "its content type is that of SOAP 1.1, not of SOAP 1.2";
    }
    if (!has_media_type(content_type, wanted)) {
        return "its content type is not that of a SOAP message";
    }
    read_charset(content_type, charset, sizeof charset);
    if (charset[0] != 0 && strcasecmp(charset, "utf-8") != 0 && strcasecmp(charset, "utf8") != 0) {
        return "its charset is not UTF-8";
    }
    return NULL;
}

/* ---- challenges ---- */

/* Whether one of the challenges is of that scheme: a token that no '=' follows, at the beginning or after a comma. */
static bool has_scheme(const char *challenges, const char *scheme)
{
    bool quoted = false;
    bool begins = true;

    for (const char *at = challenges; *at != 0; at++) {
        size_t size = token_length(at);

        if (quoted) {
            at += *at == '\\' && at[1] != 0;
            quoted = *at != '"';
        } else if (begins && size > 0) {
            if (is_token(at, size, scheme) && *skip_space(at + size) != '=') {
                return true;
            }
            at += size - 1;
            begins = false;
        } else if (*at == '"') {
            quoted = true;
        } else if (*at == ',' || *at == '\n') {
            begins = true;
        }
    }
    return false;
}

/* The strongest scheme that is offered and has a code. */
static HRESULT fail_unauthorized(const struct http_reply *reply, bool proxy, WS_ERROR *error)
{
    static const struct {
        const char *scheme;
        HRESULT server, proxy;
    } SCHEMES[] = {
        {"Negotiate", WS_E_SERVER_REQUIRES_NEGOTIATE_AUTH, WS_E_PROXY_REQUIRES_NEGOTIATE_AUTH},
        {"NTLM", WS_E_SERVER_REQUIRES_NTLM_AUTH, WS_E_PROXY_REQUIRES_NTLM_AUTH},
        {"Digest", WS_E_SERVER_REQUIRES_DIGEST_AUTH, WS_E_PROXY_REQUIRES_DIGEST_AUTH},
        {"Basic", WS_E_SERVER_REQUIRES_BASIC_AUTH, WS_E_PROXY_REQUIRES_BASIC_AUTH},
    };
    const char *who = proxy ? "proxy" : "server";
    char quoted[QUOTE_SIZE];

    for (size_t i = 0; i < sizeof SCHEMES / sizeof SCHEMES[0]; i++) {
        if (has_scheme(reply->challenges, SCHEMES[i].scheme)) {
            return ws_fail(error, proxy ? SCHEMES[i].proxy : SCHEMES[i].server,
                           "HTTP status %ld: the %s wants HTTP authentication with the scheme %s", reply->status, who,
                           SCHEMES[i].scheme);
        }
    }
    return ws_fail(error, proxy ? WS_E_PROXY_ACCESS_DENIED : WS_E_ENDPOINT_ACCESS_DENIED,
                   "HTTP status %ld: the %s wants HTTP authentication (%s)", reply->status, who,
                   reply->challenges[0] == 0 ? "and does not say which" : quote(quoted, reply->challenges));
}

/* ---- the status ---- */

static HRESULT fail_status(const struct http_reply *reply, WS_ERROR *error)
{
    static const struct {
        long status;
        HRESULT code;
        const char *what;
    } MEANINGS[] = {
        {403, WS_E_ENDPOINT_ACCESS_DENIED, "the server denies access"},
        {404, WS_E_ENDPOINT_NOT_FOUND, "the server has nothing at this URL"},
        {405, WS_E_ENDPOINT_FAILURE, "what is at this URL takes no requests with POST"},
        {410, WS_E_ENDPOINT_NOT_AVAILABLE, "what was at this URL is gone"},
        {413, WS_E_ENDPOINT_FAILURE, "the request is too long for the server"},
        {415, WS_E_ENDPOINT_FAILURE, "the server does not take this content type; it may want another SOAP version"},
        {429, WS_E_ENDPOINT_TOO_BUSY, "the server wants fewer requests"},
        {503, WS_E_ENDPOINT_TOO_BUSY, "the server is too busy, or out of service for now"},
    };
    long status = reply->status;
    char quoted[QUOTE_SIZE];

    for (size_t i = 0; i < sizeof MEANINGS / sizeof MEANINGS[0]; i++) {
        if (MEANINGS[i].status == status) {
            return ws_fail(error, MEANINGS[i].code, "HTTP status %ld: %s", status, MEANINGS[i].what);
        }
    }
    if (status == 401 || status == 407) {
        return fail_unauthorized(reply, status == 407, error);
    }
    if (status >= 300 && status < 400) {
        return ws_fail(error, WS_E_ENDPOINT_NOT_AVAILABLE, "HTTP status %ld: a redirect that was not followed, to %s",
                       status, reply->location[0] == 0 ? "nowhere" : quote(quoted, reply->location));
    }
    if (status >= 400 && status < 600) {
        return ws_fail(error, WS_E_ENDPOINT_FAILURE, "HTTP status %ld without a SOAP fault, content type \"%s\"",
                       status, quote(quoted, reply->content_type));
    }
    return ws_fail(error, WS_E_INVALID_FORMAT, "HTTP status %ld is not one that a SOAP reply comes with", status);
}

HRESULT http_check(const struct http_reply *reply, WS_ENVELOPE_VERSION envelope, bool *is_fault, WS_ERROR *error)
{
    bool failed = reply->status == 400 || reply->status == 500;
    char quoted[QUOTE_SIZE];
    const char *wrong;

    if (reply->size == 0 && reply->status >= 200 && reply->status < 300) {
        return ws_fail(error, WS_E_INVALID_FORMAT, "HTTP status %ld with an empty body: there is no reply",
                       reply->status);
    }
    if (!failed && reply->status != 200) {
        return fail_status(reply, error);
    }
    wrong = find_fault_with_type(reply->content_type, envelope);
    if (failed && (wrong != NULL || reply->size == 0)) {
        return fail_status(reply, error);
    }
    if (wrong != NULL) {
        return ws_fail(error, WS_E_INVALID_FORMAT, "the reply is no SOAP envelope: %s (\"%s\")", wrong,
                       quote(quoted, reply->content_type));
    }
    *is_fault = failed;
    return ERROR_SUCCESS;
}
