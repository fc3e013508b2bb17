/* SPDX-License-Identifier: MIT
 *
 * Memory runs short in the HTTP client: each allocation of ours, libcurl's and libcrypto's fails once, in the thread
 * that calls. The call fails with a sentence or does without the memory, nothing is lost, and the next try works.
 */
#include <curl/curl.h>

#include "http_certificates.h"
#include "short_memory.h"

static struct server server;

/* Everything once: open, two exchanges, close. */
static HRESULT run(const struct tls_settings *tls)
{
    struct http *http = NULL;
    struct http_reply reply = {0};
    HRESULT status = http_open(server.url, &settings, tls, &http, error);

    for (int i = 0; i < 2 && status == 0; i++) {
        status = exchange(http, &reply);
        CHECK(status != 0 || (reply.status == 200 && reply.size == 10));
    }
    http_close(http);
    counting = false;
    return status;
}

/* What stands for short memory where libcurl or libcrypto does not say that it was. */
static bool is_allowed(HRESULT status)
{
    switch (status) {
    case 0:
    case E_OUTOFMEMORY:
    case E_INVALIDARG:               /* a certificate that could not be read */
    case WS_E_ENDPOINT_NOT_FOUND:    /* a look-up that could not begin */
    case WS_E_ENDPOINT_UNREACHABLE:  /* a connection that could not */
    case WS_E_ENDPOINT_DISCONNECTED: /* or that was lost */
    case WS_E_INVALID_ENDPOINT_URL:
    case WS_E_INVALID_FORMAT:
    case WS_E_QUOTA_EXCEEDED:
    case WS_E_NOT_SUPPORTED:
    case WS_E_OTHER:
    case WS_E_SECURITY_SYSTEM_FAILURE:
    case CERT_E_UNTRUSTEDROOT: /* a verification that could not be done is none that succeeded */
        return true;
    default:
        return false;
    }
}

static void each_fails(const struct tls_settings *tls, unsigned step)
{
    unsigned short_of_memory = 0;
    unsigned count = 0;

    CHECK_STATUS(run(tls), 0); /* what is made once */
    for (bool more = true; more; count += step) {
        HRESULT status;

        remaining = count;
        struck = false;
        counting = true;
        status = run(tls);
        more = struck;
        short_of_memory += status == E_OUTOFMEMORY;
        if (!CHECK(is_allowed(status)) || !CHECK(status == 0 || newest_sentence()[0] != 0)) {
            fprintf(stderr, "    allocation %u: 0x%08X %s\n", count, (unsigned)status, newest_sentence());
        }
        CHECK_STATUS(WsResetError(error), 0);
        if (count % 16 == 0) {
            CHECK_STATUS(run(tls), 0);
        }
    }
    CHECK(short_of_memory > 10);
    if (getenv("NCRYPT_EXT_TEST_VERBOSE") != NULL) {
        printf("%u allocations, %u said so\n", count, short_of_memory);
    }
}

static void plain(void)
{
    server_start(&server, serve_echo, NULL);
    each_fails(NULL, 1);
    server_stop(&server);
}

/* TLS takes some thousand: a part of them. */
static void secure(void)
{
    struct certificate own = make_certificate(EVP_EC_gen("P-256"), &authority, (struct certificate_options){0});
    struct tls_settings tls = {.ca = certificate_pem(&authority)};
    SSL_CTX *ctx = make_ssl_ctx(&own, false);

    server_start(&server, serve_echo, ctx);
    each_fails(&tls, 13);
    server_stop(&server);
    SSL_CTX_free(ctx);
    tls_settings_free(&tls);
    certificate_free(&own);
}

int main(void)
{
    use_own_crypto_memory();
    CHECK(curl_global_init_mem(CURL_GLOBAL_DEFAULT, __wrap_malloc, free, __wrap_realloc, copy_string, __wrap_calloc) ==
          CURLE_OK);
    settings_set();
    ws_set_up();
    authority_make();
    RUN(plain);
    RUN(secure);
    certificate_free(&authority);
    ws_tear_down();
    curl_global_cleanup();
    return test_result("ws_http_memory");
}
