/* SPDX-License-Identifier: MIT
 *
 * What HTTP's status, content type and challenges mean; redirects, cookies and proxies.
 */
#include "http_certificates.h"

static struct server server;
static struct http_reply reply;

/* ---- http_check() by itself ---- */

static const struct {
    WS_ENVELOPE_VERSION envelope;
    long status;
    const char *content_type, *challenges, *location, *body;
    HRESULT want;
    bool is_fault;
    const char *words;
} CASES[] = {
#define V11 WS_ENVELOPE_VERSION_SOAP_1_1
#define V12 WS_ENVELOPE_VERSION_SOAP_1_2
    {V12, 200, "application/soap+xml", "", "", "<a/>", 0, false, ""},
    {V12, 200, "application/soap+xml; charset=utf-8", "", "", "<a/>", 0, false, ""},
    {V12, 200, " Application/SOAP+XML ;action=\"a;charset=x\"; CharSet = \"UTF-8\"", "", "", "<a/>", 0, false, ""},
    {V11, 200, "text/xml;charset=utf8", "", "", "<a/>", 0, false, ""},
    {V12, 500, "application/soap+xml", "", "", "<a/>", 0, true, ""},
    {V12, 400, "application/soap+xml", "", "", "<a/>", 0, true, ""},
    {V11, 500, "text/xml", "", "", "<a/>", 0, true, ""},
    {V12, 200, "", "", "", "<a/>", WS_E_INVALID_FORMAT, false, "no content type"},
    {V12, 200, "text/xml", "", "", "<a/>", WS_E_INVALID_FORMAT, false, "that of SOAP 1.1, not of SOAP 1.2"},
    {V11, 200, "application/soap+xml", "", "", "<a/>", WS_E_INVALID_FORMAT, false, "that of SOAP 1.2, not of SOAP 1.1"},
    {V12, 200, "application/soap+xmlx", "", "", "<a/>", WS_E_INVALID_FORMAT, false, "not that of a SOAP message"},
    {V12, 200, "text/html\x01\xFF", "", "", "<a/>", WS_E_INVALID_FORMAT, false, "(\"text/html?\?\")"},
    {V12, 200, "application/soap+xml; charset=utf-16", "", "", "<a/>", WS_E_INVALID_FORMAT, false, "not UTF-8"},
    {V12, 200, "application/soap+xml; a=\"\\\";charset=utf-8\"; charset=\"iso-8859-1\"", "", "", "<a/>",
     WS_E_INVALID_FORMAT, false, "not UTF-8"},
    {V12, 200, "multipart/related; type=\"application/xop+xml\"", "", "", "<a/>", WS_E_INVALID_FORMAT, false, "MTOM"},
    {V12, 200, "application/soap+xml", "", "", "", WS_E_INVALID_FORMAT, false, "HTTP status 200 with an empty body"},
    {V12, 202, "", "", "", "", WS_E_INVALID_FORMAT, false, "HTTP status 202 with an empty body"},
    {V12, 204, "", "", "", "", WS_E_INVALID_FORMAT, false, "HTTP status 204 with an empty body"},
    {V12, 206, "application/soap+xml", "", "", "<a/>", WS_E_INVALID_FORMAT, false, "HTTP status 206"},
    {V12, 0, "", "", "", "", WS_E_INVALID_FORMAT, false, "HTTP status 0"},
    {V12, 999, "", "", "", "", WS_E_INVALID_FORMAT, false, "HTTP status 999"},
    {V12, 302, "", "", "https://other.example/", "", WS_E_ENDPOINT_NOT_AVAILABLE, false, "to https://other.example/"},
    {V12, 304, "", "", "", "", WS_E_ENDPOINT_NOT_AVAILABLE, false, "nowhere"},
    {V12, 400, "text/html", "", "", "<a/>", WS_E_ENDPOINT_FAILURE, false, "HTTP status 400 without a SOAP fault"},
    {V12, 500, "application/soap+xml", "", "", "", WS_E_ENDPOINT_FAILURE, false, "HTTP status 500 without a SOAP"},
    {V12, 500, "text/xml", "", "", "<a/>", WS_E_ENDPOINT_FAILURE, false, "content type \"text/xml\""},
    {V12, 502, "application/soap+xml", "", "", "<a/>", WS_E_ENDPOINT_FAILURE, false, "HTTP status 502"},
    {V12, 503, "", "", "", "", WS_E_ENDPOINT_TOO_BUSY, false, "too busy"},
    {V12, 429, "", "", "", "", WS_E_ENDPOINT_TOO_BUSY, false, "fewer requests"},
    {V12, 403, "", "", "", "", WS_E_ENDPOINT_ACCESS_DENIED, false, "denies access"},
    {V12, 404, "", "", "", "", WS_E_ENDPOINT_NOT_FOUND, false, "nothing at this URL"},
    {V12, 405, "", "", "", "", WS_E_ENDPOINT_FAILURE, false, "POST"},
    {V12, 410, "", "", "", "", WS_E_ENDPOINT_NOT_AVAILABLE, false, "gone"},
    {V12, 415, "", "", "", "", WS_E_ENDPOINT_FAILURE, false, "SOAP version"},
    {V12, 401, "", "Basic realm=\"NTLM, x\"\n", "", "", WS_E_SERVER_REQUIRES_BASIC_AUTH, false, "scheme Basic"},
    {V12, 401, "", "basic realm=x, DIGEST qop=\"auth\"\n", "", "", WS_E_SERVER_REQUIRES_DIGEST_AUTH, false, "Digest"},
    {V12, 401, "", "Basic\nNTLM\n", "", "", WS_E_SERVER_REQUIRES_NTLM_AUTH, false, "scheme NTLM"},
    {V12, 401, "", "NTLM\nNegotiate\n", "", "", WS_E_SERVER_REQUIRES_NEGOTIATE_AUTH, false, "scheme Negotiate"},
    {V12, 401, "", "Bearer Basic = 3, Digest=\"\n", "", "", WS_E_ENDPOINT_ACCESS_DENIED, false, "(Bearer Basic"},
    {V12, 401, "", "", "", "", WS_E_ENDPOINT_ACCESS_DENIED, false, "does not say which"},
    {V12, 407, "", "Basic\n", "", "", WS_E_PROXY_REQUIRES_BASIC_AUTH, false, "the proxy wants"},
    {V12, 407, "", "Digest\n", "", "", WS_E_PROXY_REQUIRES_DIGEST_AUTH, false, "Digest"},
    {V12, 407, "", "NTLM\n", "", "", WS_E_PROXY_REQUIRES_NTLM_AUTH, false, "NTLM"},
    {V12, 407, "", "Negotiate\n", "", "", WS_E_PROXY_REQUIRES_NEGOTIATE_AUTH, false, "Negotiate"},
    {V12, 407, "", "", "", "", WS_E_PROXY_ACCESS_DENIED, false, "the proxy wants"},
};

static void meanings(void)
{
    for (size_t i = 0; i < COUNT(CASES); i++) {
        bool is_fault = false;
        struct http_reply one = {CASES[i].status,   CASES[i].content_type, CASES[i].challenges,
                                 CASES[i].location, CASES[i].body,         strlen(CASES[i].body)};

        if (CASES[i].want == 0) {
            CHECK_STATUS(http_check(&one, CASES[i].envelope, &is_fault, error), 0);
            CHECK(is_fault == CASES[i].is_fault);
        } else {
            CHECK_FAILURE(http_check(&one, CASES[i].envelope, &is_fault, error), CASES[i].want, CASES[i].words);
            CHECK(!is_fault);
        }
    }
}

/* What a peer sends is quoted up to some length only. */
static void long_values(void)
{
    struct http_reply one = {200, NULL, "", "", "<a/>", 4};
    char *text = calloc(1, 100001);
    bool is_fault;

    memset(text, ';', 100000);
    one.content_type = text;
    CHECK_FAILURE(http_check(&one, WS_ENVELOPE_VERSION_SOAP_1_2, &is_fault, error), WS_E_INVALID_FORMAT,
                  "SOAP message");
    memset(text, '"', 100000);
    memcpy(text, "text/xml;a=", 11);
    CHECK_STATUS(http_check(&one, WS_ENVELOPE_VERSION_SOAP_1_1, &is_fault, error), 0);
    one.status = 401;
    one.challenges = text;
    CHECK_FAILURE(http_check(&one, WS_ENVELOPE_VERSION_SOAP_1_2, &is_fault, error), WS_E_ENDPOINT_ACCESS_DENIED,
                  "wants HTTP authentication");
    free(text);
}

/* ---- redirects ---- */

static char location[512];
static const char *redirect_status;
static unsigned requests;

/* Redirects "/service" to the location; everything else is answered. */
static void serve_redirect(struct connection *connection)
{
    char header[600];

    snprintf(header, sizeof header, "Location: %s\r\n", location);
    while (connection_request(connection)) {
        requests++;
        CHECK(strcmp(connection->request + connection->size - 10, "<request/>") == 0);
        CHECK(strncmp(connection->request, "POST ", 5) == 0);
        if (strncmp(connection->request, "POST /service ", 14) == 0) {
            connection_reply(connection, redirect_status, header, "moved");
        } else {
            connection_reply(connection, "200 OK", SOAP, "<request/>");
        }
    }
}

/* The status of the reply; with how many requests it came. */
static void expect_redirect(const char *status, const char *where, bool followed)
{
    struct http *http;
    bool is_fault;

    redirect_status = status;
    snprintf(location, sizeof location, "%s", where);
    requests = 0;
    http = http_to(server.url, NULL);
    CHECK_STATUS(exchange(http, &reply), 0);
    if (followed) {
        CHECK(reply.status == 200 && reply.size == 10 && requests == 2);
        check_exchange(http); /* begins where the channel was opened */
        CHECK(requests == 4);
    } else {
        CHECK(requests == 1 && strcmp(reply.location, where) == 0);
        CHECK_FAILURE(http_check(&reply, WS_ENVELOPE_VERSION_SOAP_1_2, &is_fault, error), WS_E_ENDPOINT_NOT_AVAILABLE,
                      "redirect that was not followed");
    }
    http_close(http);
}

static void redirects(void)
{
    char absolute[128];

    server_start(&server, serve_redirect, NULL);
    snprintf(absolute, sizeof absolute, "http://LOCALHOST:%u/other", server.port);
    expect_redirect("307 Moved", "/other", false);
    settings.redirect = TRUE;
    expect_redirect("307 Moved", "/other", true);
    expect_redirect("308 Moved", "other", true);
    expect_redirect("307 Moved", absolute, true);
    snprintf(absolute, sizeof absolute, "http://user:word@localhost:%u/other", server.port);
    expect_redirect("307 Moved", absolute, false);
    expect_redirect("301 Moved", "/other", false);
    expect_redirect("302 Moved", "/other", false);
    expect_redirect("303 Moved", "/other", false);
    expect_redirect("307 Moved", "http://127.0.0.1/other", false);
    expect_redirect("307 Moved", "http://localhost:1/other", false);
    expect_redirect("307 Moved", "https://localhost/other", false);
    expect_redirect("307 Moved", "file:///etc/passwd", false);
    expect_redirect("307 Moved", "", false);
    server_stop(&server);
    settings_set();
}

static void redirects_for_ever(void)
{
    struct http *http;

    settings.redirect = TRUE;
    server_start(&server, serve_redirect, NULL);
    redirect_status = "307 Moved";
    snprintf(location, sizeof location, "/service");
    requests = 0;
    http = http_to(server.url, NULL);
    CHECK_STATUS(exchange(http, &reply), 0);
    CHECK(reply.status == 307 && requests == 6);
    CHECK(atomic_load(&server.connections) == 1);
    http_close(http);
    server_stop(&server);
    settings_set();
}

/* ---- cookies ---- */

static void serve_cookies(struct connection *connection)
{
    while (connection_request(connection)) {
        connection_reply(connection, "200 OK", SOAP "Set-Cookie: session=1\r\n",
                         strstr(connection->request, "\r\nCookie: session=1\r\n") != NULL ? "yes" : "no");
    }
}

static void check_cookie(WS_COOKIE_MODE mode, const char *second)
{
    struct http *http;

    settings.cookies = mode;
    http = http_to(server.url, NULL);
    CHECK_STATUS(exchange(http, &reply), 0);
    CHECK(reply.size == 2 && memcmp(reply.body, "no", 2) == 0);
    CHECK_STATUS(exchange(http, &reply), 0);
    CHECK(reply.size == strlen(second) && memcmp(reply.body, second, reply.size) == 0);
    http_close(http);
    settings_set();
}

static void cookies(void)
{
    server_start(&server, serve_cookies, NULL);
    check_cookie(WS_AUTO_COOKIE_MODE, "yes");
    check_cookie(WS_MANUAL_COOKIE_MODE, "no");
    server_stop(&server);
}

/* ---- proxies: the server is one, for a host that does not exist ---- */

static const char *proxy_says;

static void serve_proxy(struct connection *connection)
{
    while (connection_request(connection)) {
        bool tunnel = strncmp(connection->request, "CONNECT service.invalid:443 HTTP/1.", 35) == 0;

        CHECK(tunnel || strncmp(connection->request, "POST http://service.invalid/a HTTP/1.1\r\n", 40) == 0);
        if (proxy_says != NULL) {
            connection_reply(connection, proxy_says, "Proxy-Authenticate: Basic realm=\"x\"\r\n", "");
        } else {
            connection_reply(connection, "200 OK", SOAP, "<request/>");
        }
    }
}

static void proxies(void)
{
    struct tls_settings tls = {.ca = certificate_pem(&authority)};
    struct http *http = NULL;
    char proxy[64];

    server_start(&server, serve_proxy, NULL);
    snprintf(proxy, sizeof proxy, "http://127.0.0.1:%u", server.port);
    settings.proxy_mode = WS_HTTP_PROXY_SETTING_MODE_CUSTOM;
    CHECK_FAILURE(http_open("http://service.invalid/a", &settings, NULL, &http, error), E_INVALIDARG, "the proxy");
    settings.proxy = proxy;
    http = http_to("http://service.invalid/a", NULL);
    check_exchange(http);
    http_close(http);
    settings.proxy_bypass = proxy + 7; /* not that host */
    http = http_to("http://service.invalid/a", NULL);
    check_exchange(http);
    http_close(http);
    /* From the environment, or not. */
    settings.proxy_mode = WS_HTTP_PROXY_SETTING_MODE_AUTO;
    CHECK(setenv("http_proxy", proxy, 1) == 0 && setenv("no_proxy", "", 1) == 0);
    http = http_to("http://service.invalid/a", NULL);
    check_exchange(http);
    http_close(http);
    settings.proxy_mode = WS_HTTP_PROXY_SETTING_MODE_NONE;
    http = http_to("http://127.0.0.1:1/a", NULL);
    CHECK_FAILURE(exchange(http, &reply), WS_E_ENDPOINT_UNREACHABLE, "no connection to the server");
    http_close(http);
    CHECK(unsetenv("http_proxy") == 0 && unsetenv("no_proxy") == 0);
    /* A tunnel that is refused. */
    settings.proxy_mode = WS_HTTP_PROXY_SETTING_MODE_CUSTOM;
    settings.proxy_bypass = NULL;
    for (int i = 0; i < 3; i++) {
        static const char *const SAYS[] = {"407 No", "403 No", "502 No"};
        static const HRESULT WANT[] = {WS_E_PROXY_REQUIRES_BASIC_AUTH, WS_E_PROXY_ACCESS_DENIED, WS_E_PROXY_FAILURE};

        proxy_says = SAYS[i];
        http = http_to("https://service.invalid/a", &tls);
        CHECK_FAILURE(exchange(http, &reply), WANT[i], "the proxy");
        http_close(http);
    }
    server_stop(&server);
    tls_settings_free(&tls);
    settings_set();
}

int main(void)
{
    settings_set();
    ws_set_up();
    authority_make();
    RUN(meanings);
    RUN(long_values);
    RUN(redirects);
    RUN(redirects_for_ever);
    RUN(cookies);
    RUN(proxies);
    certificate_free(&authority);
    ws_tear_down();
    return test_result("ws_http_status");
}
