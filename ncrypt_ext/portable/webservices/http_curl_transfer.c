/* SPDX-License-Identifier: MIT
 *
 * A request and its reply: driving libcurl through the phases, each with its own time, until what is waited for has
 * come, time is up, somebody aborts or a signal arrives.
 */
#include <poll.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>

#include "webservices/http_curl.h"

#define NO_TIMEOUT 0xFFFFFFFFu

static uint64_t now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time); /* cannot fail with this clock */
    return (uint64_t)time.tv_sec * 1000u + (uint64_t)time.tv_nsec / 1000000u;
}

static void read_timeouts(struct http *http)
{
    for (int i = 0; i < TIMEOUT_COUNT; i++) {
        http->timeouts[i] = atomic_load_explicit(&http->settings->timeouts[i], memory_order_relaxed);
    }
}

/* The connection survives a transfer that was finished, and no other one. */
static void stop(struct http *http)
{
    if (http->running) {
        struct http_visit visit;

        http_enter(&visit);
        curl_multi_remove_handle(http->multi, http->easy);
        http_leave(&visit);
        http->running = false;
    }
    http->sent = false;
}

static HRESULT fail_multi(CURLMcode code, WS_ERROR *error)
{
    return code == CURLM_OUT_OF_MEMORY ? ws_no_memory(error)
                                       : ws_fail(error, WS_E_OTHER, "libcurl failed: %s", curl_multi_strerror(code));
}

/* Whether the server said more than its reply, or closed the connection: the rest would pass for the next reply, so
 * that connection is not used again. libcurl 7.88 does not look where there is TLS. */
static bool is_spoilt(const struct http *http)
{
    bool spoilt = http->left_over;

    for (int i = 0; i < HTTP_MAX_SOCKETS && !spoilt; i++) {
        struct pollfd item = {.fd = http->sockets[i].number, .events = POLLIN};

        spoilt = item.fd >= 0 && poll(&item, 1, 0) != 0;
    }
    return spoilt;
}

/* Nobody else uses the sockets: between transfers, an open one is that of a kept connection. */
static void leave_spoilt(struct http *http)
{
    bool spoilt = is_spoilt(http);

    for (int i = 0; i < HTTP_MAX_SOCKETS && spoilt; i++) {
        if (http->sockets[i].number >= 0) {
            (void)shutdown(http->sockets[i].number, SHUT_RDWR); /* libcurl closes it later */
        }
    }
    (void)curl_easy_setopt(http->easy, CURLOPT_FRESH_CONNECT, spoilt ? 1L : 0L); /* takes any number */
    http->left_over = false;
}

static HRESULT start(struct http *http, WS_ERROR *error)
{
    struct http_visit visit;
    CURLMcode code;

    stop(http);
    leave_spoilt(http);
    http_reply_clear(http);
    http->finished = false;
    http->failure = ERROR_SUCCESS;
    http->tls.refused = X509_V_OK;
    http->text[0] = 0;
    http->phase = TIMEOUT_RESOLVE;
    http->since = now();
    http_enter(&visit);
    code = curl_multi_add_handle(http->multi, http->easy);
    http_leave(&visit);
    http->running = code == CURLM_OK;
    return http->running ? ERROR_SUCCESS : fail_multi(code, error);
}

static curl_off_t info(const struct http *http, CURLINFO which)
{
    curl_off_t value = 0;

    return curl_easy_getinfo(http->easy, which, &value) == CURLE_OK ? value : 0;
}

/* How far the transfer has come. It never goes back, also when libcurl connects anew. */
static void look_at_phase(struct http *http)
{
    enum timeout phase = http->phase;

    if (phase == TIMEOUT_RESOLVE && info(http, CURLINFO_NAMELOOKUP_TIME_T) > 0) {
        phase = TIMEOUT_CONNECT;
    }
    /* On a kept connection recent ones know of no time to look a name up. */
    if (phase <= TIMEOUT_CONNECT && info(http, CURLINFO_PRETRANSFER_TIME_T) > 0) {
        phase = TIMEOUT_SEND;
    }
    if (phase == TIMEOUT_SEND && (size_t)info(http, CURLINFO_SIZE_UPLOAD_T) >= http->kept.size) {
        phase = TIMEOUT_RESPONSE;
    }
    if (http->headers_done) {
        phase = TIMEOUT_RECEIVE;
    }
    if (phase != http->phase) {
        http->phase = phase;
        http->since = now();
    }
}

/* libcurl shares what is left of the time to connect among the addresses of a host, so it has to know it; the time to
 * resolve the name does not count. What it does not know in time, the phases' own times end. */
static void tell_time_to_connect(struct http *http)
{
    uint64_t spent = now() - http->since;
    uint64_t most = 0x7FFFFFFF;

    if (http->timeouts[TIMEOUT_CONNECT] != NO_TIMEOUT && spent + http->timeouts[TIMEOUT_CONNECT] + 1000 < most) {
        most = spent + http->timeouts[TIMEOUT_CONNECT] + 1000;
    }
    (void)curl_easy_setopt(http->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)most);
}

static HRESULT step(struct http *http, WS_ERROR *error)
{
    struct http_visit visit;
    CURLMcode code;
    CURLMsg *message;
    int count;

    if (http->phase == TIMEOUT_RESOLVE) {
        tell_time_to_connect(http);
    }
    http_enter(&visit);
    code = curl_multi_perform(http->multi, &count);
    while (code == CURLM_OK && (message = curl_multi_info_read(http->multi, &count)) != NULL) {
        if (message->msg == CURLMSG_DONE) {
            http->result = message->data.result;
            http->finished = true;
        }
    }
    http_leave(&visit);
    if (code != CURLM_OK) {
        return fail_multi(code, error);
    }
    look_at_phase(http);
    return ERROR_SUCCESS;
}

/* Until something happens, at most for a slice. */
static HRESULT await(struct http *http, WS_ERROR *error)
{
    ULONG timeout = http->timeouts[http->phase];
    uint64_t spent = now() - http->since;
    uint64_t wait = HTTP_WAIT_SLICE;
    CURLMcode code;

    if (timeout != NO_TIMEOUT && spent >= timeout) {
        return http_fail_timeout(http, error);
    }
    if (timeout != NO_TIMEOUT && timeout - spent < wait) {
        wait = timeout - spent;
    }
    code = curl_multi_poll(http->multi, NULL, 0, (int)wait, NULL);
    if (code != CURLM_OK) {
        return fail_multi(code, error);
    }
    if (ncx_interrupted()) {
        return ws_fail(error, WS_E_OPERATION_ABORTED, "a signal interrupted the call");
    }
    return http_check_usable(http, error);
}

static HRESULT drive(struct http *http, enum timeout until, WS_ERROR *error)
{
    for (;;) {
        HRESULT status = step(http, error);

        if (status != ERROR_SUCCESS) {
            return status;
        }
        if (http->finished) {
            return http->result == CURLE_OK ? ERROR_SUCCESS : http_fail(http, error);
        }
        if (http->phase >= until) {
            return ERROR_SUCCESS;
        }
        status = await(http, error);
        if (status != ERROR_SUCCESS) {
            return status;
        }
    }
}

static bool is_header_text(const char *text, const char *unwanted)
{
    for (; *text != 0; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7F || strchr(unwanted, *text) != NULL) {
            return false;
        }
    }
    return true;
}

static bool add_header(struct http *http, struct text *line)
{
    struct curl_slist *longer;

    text_put(line, "", 1);
    longer = line->status == ERROR_SUCCESS ? curl_slist_append(http->headers, line->data) : NULL;
    if (longer != NULL) {
        http->headers = longer;
    }
    text_clear(line);
    return longer != NULL;
}

static bool make_headers(struct http *http, const struct http_request *request)
{
    struct text line = TEXT_INIT(1u << 24);
    bool good;

    curl_slist_free_all(http->headers);
    http->headers = NULL;
    text_put_string(&line, "Content-Type: ");
    text_put_string(&line, request->content_type);
    good = add_header(http, &line);
    if (good && request->soap_action != NULL) {
        text_put_string(&line, "SOAPAction: \"");
        text_put_string(&line, request->soap_action);
        text_put_string(&line, "\"");
        good = add_header(http, &line);
    }
    if (good) {
        text_put_string(&line, "User-Agent: ncrypt_ext");
        good = add_header(http, &line);
    }
    if (good) {
        text_put_string(&line, "Expect:"); /* no question whether the body may come */
        good = add_header(http, &line);
    }
    text_free(&line);
    return good;
}

static HRESULT prepare(struct http *http, const struct http_request *request, WS_ERROR *error)
{
    if (!is_header_text(request->content_type, "")) {
        return ws_fail(error, E_INVALIDARG, "the content type has characters that no HTTP header can have");
    }
    if (request->soap_action != NULL && !is_header_text(request->soap_action, "\"\\")) {
        return ws_fail(error, E_INVALIDARG, "the action has characters that the header SOAPAction cannot have");
    }
    if (request->size > http->settings->max_message) {
        return ws_fail(error, WS_E_QUOTA_EXCEEDED, "the request is longer than %u bytes, the most for a message",
                       (unsigned)http->settings->max_message);
    }
    if (!make_headers(http, request) ||
        curl_easy_setopt(http->easy, CURLOPT_URL, http->url) != CURLE_OK || /* a redirect may have changed it */
        curl_easy_setopt(http->easy, CURLOPT_HTTPHEADER, http->headers) != CURLE_OK ||
        curl_easy_setopt(http->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->size) != CURLE_OK ||
        curl_easy_setopt(http->easy, CURLOPT_POSTFIELDS, request->size > 0 ? request->body : "") != CURLE_OK) {
        return ws_no_memory(error);
    }
    http->kept = *request;
    return ERROR_SUCCESS;
}

HRESULT http_send(struct http *http, const struct http_request *request, WS_ERROR *error)
{
    HRESULT status = http_check_usable(http, error);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    stop(http);
    read_timeouts(http);
    status = prepare(http, request, error);
    if (status == ERROR_SUCCESS) {
        status = start(http, error);
    }
    if (status == ERROR_SUCCESS) {
        status = drive(http, TIMEOUT_RESPONSE, error);
    }
    if (status != ERROR_SUCCESS) {
        stop(http);
        return status;
    }
    http->sent = true;
    return ERROR_SUCCESS;
}

static bool same_part(CURLU *one, CURLU *other, CURLUPart part)
{
    char *left = NULL;
    char *right = NULL;
    bool same = curl_url_get(one, part, &left, CURLU_DEFAULT_PORT) == CURLUE_OK &&
                curl_url_get(other, part, &right, CURLU_DEFAULT_PORT) == CURLUE_OK && strcasecmp(left, right) == 0;

    curl_free(left);
    curl_free(right);
    return same;
}

static bool has_user(CURLU *url)
{
    char *user = NULL;
    char *password = NULL;
    bool found = curl_url_get(url, CURLUPART_USER, &user, 0) != CURLUE_NO_USER ||
                 curl_url_get(url, CURLUPART_PASSWORD, &password, 0) != CURLUE_NO_PASSWORD;

    curl_free(user);
    curl_free(password);
    return found;
}

/* Scheme, host and port, and no credentials, which libcurl would send. A signed request, with the client's certificate
 * perhaps, is for that server alone. */
static bool same_server(const char *one, const char *other)
{
    CURLU *left = curl_url();
    CURLU *right = curl_url();
    bool same = left != NULL && right != NULL && curl_url_set(left, CURLUPART_URL, one, 0) == CURLUE_OK &&
                curl_url_set(right, CURLUPART_URL, other, 0) == CURLUE_OK && same_part(left, right, CURLUPART_SCHEME) &&
                same_part(left, right, CURLUPART_HOST) && same_part(left, right, CURLUPART_PORT) && !has_user(right);

    curl_url_cleanup(left);
    curl_url_cleanup(right);
    return same;
}

static long http_status(const struct http *http)
{
    long status = 0;

    return curl_easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK ? status : 0;
}

/* Only 307 and 308 ask for the same request again; what another redirect wants is a GET. */
static bool follow(struct http *http)
{
    long status = http_status(http);
    const char *next = NULL;

    return http->settings->redirect && (status == 307 || status == 308) &&
           curl_easy_getinfo(http->easy, CURLINFO_REDIRECT_URL, &next) == CURLE_OK && next != NULL &&
           same_server(http->url, next) && curl_easy_setopt(http->easy, CURLOPT_URL, next) == CURLE_OK;
}

static HRESULT drive_to_end(struct http *http, WS_ERROR *error)
{
    HRESULT status = drive(http, TIMEOUT_COUNT, error);

    for (int count = 0; status == ERROR_SUCCESS && count < HTTP_MAX_REDIRECTS && follow(http); count++) {
        status = start(http, error);
        if (status == ERROR_SUCCESS) {
            status = drive(http, TIMEOUT_COUNT, error);
        }
    }
    if (status == ERROR_SUCCESS && !http->headers_done) { /* which libcurl lets pass */
        status =
            ws_fail(error, WS_E_ENDPOINT_DISCONNECTED, "the server closed the connection within the reply's headers");
    } else if (status == ERROR_SUCCESS && http->compressed) {
        status = ws_fail(error, WS_E_INVALID_FORMAT, "the reply is compressed, which it was not asked to be");
    }
    return status;
}

HRESULT http_receive(struct http *http, struct http_reply *reply, WS_ERROR *error)
{
    HRESULT status = http_check_usable(http, error);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (!http->sent) {
        return ws_fail(error, WS_E_INVALID_OPERATION, "no request was sent that a reply could answer");
    }
    read_timeouts(http);
    status = drive_to_end(http, error);
    stop(http);
    if (status != ERROR_SUCCESS) {
        return status;
    }
    *reply = (struct http_reply){
        .status = http_status(http),
        .content_type = http->content_type,
        .challenges = http->challenges,
        .location = http->location,
        .body = http->body.size > 0 ? http->body.data : "",
        .size = http->body.size,
    };
    return ERROR_SUCCESS;
}
