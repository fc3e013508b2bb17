/* SPDX-License-Identifier: MIT
 *
 * Opening, closing and aborting a connection, also after a fork().
 */
#include "webservices/http_curl.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CURLcode initialized;

static void initialize(void)
{
    initialized = curl_global_init(CURL_GLOBAL_DEFAULT);
}

const char *http_missing(void)
{
    return "";
}

HRESULT http_check_usable(struct http *http, WS_ERROR *error)
{
    if (http->owner != getpid()) {
        return ws_fail(error, WS_E_INVALID_OPERATION, "the connection belongs to the process that opened it");
    }
    if (atomic_load(&http->aborted)) {
        return ws_fail(error, WS_E_OPERATION_ABORTED, "the connection was aborted");
    }
    return ERROR_SUCCESS;
}

static bool has_part(CURLU *parts, CURLUPart part)
{
    char *text = NULL;
    bool found = curl_url_get(parts, part, &text, 0) == CURLUE_OK;

    curl_free(text);
    return found;
}

static HRESULT check_parts(CURLU *parts, const char *url, bool secure, WS_ERROR *error)
{
    char *scheme = NULL;
    HRESULT status = ERROR_SUCCESS;

    if (curl_url_set(parts, CURLUPART_URL, url, CURLU_URLENCODE | CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK ||
        curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK) {
        return ws_fail(error, WS_E_INVALID_ENDPOINT_URL, "that is not a URL with a scheme and a host");
    }
    if (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0) {
        status = ws_fail(error, WS_E_INVALID_ENDPOINT_URL, "the URL's scheme is neither http nor https");
    } else if (secure != (strcmp(scheme, "https") == 0)) {
        status = ws_fail(error, WS_E_INVALID_ENDPOINT_URL,
                         secure ? "with SSL transport security, the URL's scheme has to be https"
                                : "a URL with the scheme https needs SSL transport security");
    } else if (has_part(parts, CURLUPART_USER) || has_part(parts, CURLUPART_PASSWORD)) {
        status = ws_fail(error, WS_E_INVALID_ENDPOINT_URL, "the URL has a user name or a password in it");
    }
    curl_free(scheme);
    return status;
}

/* The URL as libcurl writes it, without a fragment. */
static HRESULT settle_url(const char *url, bool secure, char **settled, WS_ERROR *error)
{
    CURLU *parts = curl_url();
    HRESULT status;

    if (parts == NULL) {
        return ws_no_memory(error);
    }
    status = check_parts(parts, url, secure, error);
    if (status == ERROR_SUCCESS && (curl_url_set(parts, CURLUPART_FRAGMENT, NULL, 0) != CURLUE_OK ||
                                    curl_url_get(parts, CURLUPART_URL, settled, 0) != CURLUE_OK)) {
        status = ws_no_memory(error);
    }
    curl_url_cleanup(parts);
    return status;
}

static HRESULT open_with(struct http *http, const char *url, const struct tls_settings *tls, WS_ERROR *error)
{
    HRESULT status;

    pthread_once(&once, initialize);
    if (initialized != CURLE_OK) {
        return ws_fail(error, WS_E_OTHER, "libcurl cannot be initialized: %s", curl_easy_strerror(initialized));
    }
    status = settle_url(url, tls != NULL, &http->url, error);
    if (status == ERROR_SUCCESS && tls != NULL) {
        status = http_tls_init(&http->tls, tls, error);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    http->multi = curl_multi_init();
    http->easy = curl_easy_init();
    if (http->multi == NULL || http->easy == NULL) {
        return ws_no_memory(error);
    }
    /* One that is not used again, for what it still has to say, is closed when the next one is kept. */
    if (curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, 1L) != CURLM_OK) {
        return ws_no_memory(error);
    }
    return http_set_options(http, tls, error);
}

HRESULT http_open(const char *url, const struct settings *settings, const struct tls_settings *tls, struct http **http,
                  WS_ERROR *error)
{
    struct http *opened = calloc(1, sizeof *opened);
    struct http_visit visit;
    HRESULT status;

    if (opened == NULL) {
        return ws_no_memory(error);
    }
    opened->owner = getpid();
    opened->settings = settings;
    opened->body = TEXT_INIT(settings->max_message);
    for (int i = 0; i < HTTP_MAX_SOCKETS; i++) {
        opened->sockets[i].number = -1;
    }
    http_enter(&visit);
    status = open_with(opened, url, tls, error);
    http_leave(&visit);
    if (status != ERROR_SUCCESS) {
        http_close(opened);
        return status;
    }
    *http = opened;
    return ERROR_SUCCESS;
}

/* A child that became a daemon has closed everything perhaps, and opened other files with the same numbers. */
static bool is_open(const struct http_socket *item)
{
    struct stat about;

    return item->number >= 0 && fstat(item->number, &about) == 0 && about.st_dev == item->device &&
           about.st_ino == item->inode;
}

/* The parent goes on using the connection: nothing may be sent on it, no TLS farewell either. So our copies of the
 * sockets are closed, and what libcurl has of its own is left where it is. */
static void leave_to_parent(struct http *http)
{
    for (int i = 0; i < HTTP_MAX_SOCKETS; i++) {
        if (is_open(&http->sockets[i])) {
            close(http->sockets[i].number);
        }
    }
}

static void clean_up(struct http *http)
{
    if (http->running) {
        curl_multi_remove_handle(http->multi, http->easy);
    }
    curl_easy_cleanup(http->easy);
    if (http->multi != NULL) {
        curl_multi_cleanup(http->multi);
    }
    curl_slist_free_all(http->headers);
    curl_free(http->url);
}

void http_close(struct http *http)
{
    struct http_visit visit;

    if (http == NULL) {
        return;
    }
    if (http->owner != getpid()) {
        leave_to_parent(http);
        return;
    }
    http_enter(&visit);
    clean_up(http);
    http_tls_clear(&http->tls);
    http_leave(&visit);
    text_free(&http->body);
    free(http);
}

void http_abort(struct http *http)
{
    atomic_store(&http->aborted, true);
    if (http->owner == getpid()) {
        curl_multi_wakeup(http->multi); /* when it fails, the end of a slice does the same */
    }
}
