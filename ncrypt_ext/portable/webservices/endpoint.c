/* SPDX-License-Identifier: MIT */
#include "webservices/endpoint.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_plain(uint32_t c)
{
    return c >= 0x20 && c <= 0x7E && c != '"' && c != '\\';
}

static HRESULT check_length(size_t size, const char *what, HRESULT refusal, WS_ERROR *error)
{
    return size > ENDPOINT_MAX_SIZE
               ? ws_fail(error, refusal, "%s takes %zu bytes, and %u is the limit", what, size, ENDPOINT_MAX_SIZE)
               : ERROR_SUCCESS;
}

HRESULT endpoint_text(const WS_STRING *string, const char *what, HRESULT refusal, char **text, WS_ERROR *error)
{
    HRESULT status = check_length((size_t)string->length * sizeof(WCHAR), what, refusal, error);
    char *copy;

    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (string->chars == NULL && string->length > 0) {
        return ws_fail(error, E_INVALIDARG, "%s is NULL and has a length", what);
    }
    copy = malloc((size_t)string->length + 1);
    if (copy == NULL) {
        return ws_no_memory(error);
    }
    for (ULONG i = 0; i < string->length; i++) {
        if (!is_plain(string->chars[i])) {
            free(copy);
            return ws_fail(error, refusal,
                           "%s has U+%04X at %u: it is printable ASCII without quotes and backslashes, other "
                           "characters have to be escaped",
                           what, string->chars[i], i);
        }
        copy[i] = (char)string->chars[i];
    }
    copy[string->length] = 0;
    *text = copy;
    return ERROR_SUCCESS;
}

HRESULT endpoint_text_of_utf8(const WS_XML_STRING *string, const char *what, HRESULT refusal, char **text,
                              WS_ERROR *error)
{
    HRESULT status = check_length(string->length, what, refusal, error);
    char *copy;

    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (string->bytes == NULL && string->length > 0) {
        return ws_fail(error, E_INVALIDARG, "%s is NULL and has a length", what);
    }
    for (ULONG i = 0; i < string->length; i++) {
        if (!is_plain(string->bytes[i])) {
            return ws_fail(error, refusal,
                           "%s has byte 0x%02X at %u: it is printable ASCII without quotes and backslashes, other "
                           "characters have to be escaped",
                           what, string->bytes[i], i);
        }
    }
    copy = malloc((size_t)string->length + 1);
    if (copy == NULL) {
        return ws_no_memory(error);
    }
    if (string->length > 0) {
        memcpy(copy, string->bytes, string->length);
    }
    copy[string->length] = 0;
    *text = copy;
    return ERROR_SUCCESS;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* Of the characters: what the text functions let through is more than a URI may have. NULL when it is one. */
static const char *uri_fault(const char *uri)
{
    if (uri[0] == 0) {
        return "it is empty";
    }
    for (const char *p = uri; *p != 0; p++) {
        if (strchr(" <>^`{|}", *p) != NULL) {
            return "it has a blank or one of < > ^ ` { | }, which have to be escaped";
        }
        if (*p == '%' && !(is_hex(p[1]) && is_hex(p[2]))) {
            return "it has a % without two hexadecimal digits";
        }
    }
    return NULL;
}

HRESULT endpoint_uri(const WS_ENDPOINT_ADDRESS *address, char **uri, WS_ERROR *error)
{
    char *text = NULL;
    const char *fault;
    HRESULT status;

    if (address->headers != NULL || address->extensions != NULL || address->identity != NULL) {
        return ws_fail(error, WS_E_NOT_SUPPORTED, "an address takes a URL, and no headers, extensions or identity");
    }
    status = endpoint_text(&address->url, "the URL", WS_E_INVALID_ENDPOINT_URL, &text, error);
    if (status != ERROR_SUCCESS) {
        return status;
    }
    fault = uri_fault(text);
    if (fault != NULL) {
        free(text);
        return ws_fail(error, WS_E_INVALID_ENDPOINT_URL, "the URL is refused: %s", fault);
    }
    *uri = text;
    return ERROR_SUCCESS;
}

/* ":" and digits, or nothing. */
static bool is_port(const char *text, size_t size)
{
    unsigned long port = 0;

    if (size == 0) {
        return true;
    }
    for (size_t i = 1; i < size && size <= 6; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        port = 10 * port + (unsigned long)(text[i] - '0');
    }
    return text[0] == ':' && port > 0 && port <= 65535;
}

static const char *url_fault(const char *url, bool *https)
{
    const char *host;
    size_t size;
    size_t name;

    *https = strncasecmp(url, "https://", 8) == 0;
    if (!*https && strncasecmp(url, "http://", 7) != 0) {
        return "it begins neither with http:// nor with https://";
    }
    host = url + (*https ? 8 : 7);
    size = strcspn(host, "/?#");
    if (memchr(host, '@', size) != NULL) {
        return "it has a user in it";
    }
    if (strchr(url, '#') != NULL) {
        return "it has a fragment";
    }
    name = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/?#");
    if (name == 0 || name > size) {
        return "it has no host";
    }
    return is_port(host + name, size - name) ? NULL : "its port is none";
}

HRESULT endpoint_url(const WS_ENDPOINT_ADDRESS *address, char **url, bool *https, WS_ERROR *error)
{
    char *text = NULL;
    const char *fault;
    HRESULT status = endpoint_uri(address, &text, error);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    fault = url_fault(text, https);
    if (fault != NULL) {
        free(text);
        return ws_fail(error, WS_E_INVALID_ENDPOINT_URL, "the URL is refused: %s", fault);
    }
    *url = text;
    return ERROR_SUCCESS;
}
