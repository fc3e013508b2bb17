/* SPDX-License-Identifier: MIT
 *
 * The HTTP client over TLS: what it trusts, what it forgives, and the client's certificates.
 */
#include "http_certificates.h"
#include "ncrypt_support.h"

static struct server server;
static struct http_reply reply;

/* One exchange with a server that has this certificate. `want` 0: it works. */
static void expect(const struct certificate *certificate, bool mutual, struct tls_settings *tls, HRESULT want,
                   const char *words)
{
    SSL_CTX *ctx = make_ssl_ctx(certificate, mutual);
    struct http *http;

    server_start(&server, serve_echo, ctx);
    http = http_to(server.url, tls);
    if (want == 0) {
        check_exchange(http);
        check_exchange(http);
        CHECK(atomic_load(&server.connections) == 1);
    } else {
        CHECK_FAILURE(exchange(http, &reply), want, words);
    }
    http_close(http);
    server_stop(&server);
    SSL_CTX_free(ctx);
}

/* With the authority trusted, and with that and the failures forgiven. */
static void expect_forgivable(struct certificate_options options, HRESULT want, const char *words, ULONG failure)
{
    struct certificate bad = make_certificate(EVP_EC_gen("P-256"), &authority, options);
    struct tls_settings tls = {.ca = certificate_pem(&authority)};

    expect(&bad, false, &tls, want, words);
    for (ULONG other = 1; other <= WS_CERT_FAILURE_REVOCATION_OFFLINE; other *= 2) {
        tls.failures_to_ignore = other;
        expect(&bad, false, &tls, other == failure ? 0 : want, words);
    }
    tls_settings_free(&tls);
    certificate_free(&bad);
}

static void trusted(void)
{
    struct certificate good = make_certificate(EVP_EC_gen("P-256"), &authority, (struct certificate_options){0});
    struct tls_settings tls = {.ca = certificate_pem(&authority)};

    expect(&good, false, &tls, 0, "");
    tls.disallowed_protocols = WS_SECURE_PROTOCOL_TLS1_2;
    expect(&good, false, &tls, 0, "");
    tls_settings_free(&tls);
    /* The server's own certificate will do. */
    tls = (struct tls_settings){.ca = certificate_pem(&good)};
    expect(&good, false, &tls, 0, "");
    tls_settings_free(&tls);
    certificate_free(&good);
}

static void wrong_ones(void)
{
    expect_forgivable((struct certificate_options){.host = "other.example"}, CERT_E_CN_NO_MATCH, "another host's",
                      WS_CERT_FAILURE_CN_MISMATCH);
    expect_forgivable((struct certificate_options){.begins = -7200, .ends = -3600}, CERT_E_EXPIRED,
                      "not valid at this time", WS_CERT_FAILURE_INVALID_DATE);
    expect_forgivable((struct certificate_options){.begins = 3600, .ends = 7200}, CERT_E_EXPIRED,
                      "not valid at this time", WS_CERT_FAILURE_INVALID_DATE);
    expect_forgivable((struct certificate_options){.usage = "clientAuth"}, CERT_E_WRONG_USAGE, "another use",
                      WS_CERT_FAILURE_WRONG_USAGE);
}

static void untrusted(void)
{
    struct certificate alone = make_certificate(EVP_EC_gen("P-256"), NULL, (struct certificate_options){0});
    struct certificate others =
        make_certificate(EVP_EC_gen("P-256"), &alone, (struct certificate_options){.begins = -7200, .ends = -3600});
    struct tls_settings tls = {.ca = certificate_pem(&authority)};

    expect(&alone, false, &tls, CERT_E_UNTRUSTEDROOT, "no root that is trusted");
    expect(&others, false, &tls, CERT_E_UNTRUSTEDROOT, "no root that is trusted");
    tls.failures_to_ignore = WS_CERT_FAILURE_UNTRUSTED_ROOT;
    expect(&alone, false, &tls, 0, "");
    expect(&others, false, &tls, CERT_E_EXPIRED, "not valid at this time"); /* one is not all */
    tls.failures_to_ignore |= WS_CERT_FAILURE_INVALID_DATE;
    expect(&others, false, &tls, 0, "");
    tls_settings_free(&tls);
    certificate_free(&others);
    certificate_free(&alone);
}

/* ---- what the system trusts ---- */

static void write_file(const char *path, struct bytes bytes)
{
    FILE *file = fopen(path, "w");

    CHECK(file != NULL && fwrite(bytes.data, 1, bytes.size, file) == bytes.size && fclose(file) == 0);
    ncx_secret_free(bytes.data);
}

static void system_trust(void)
{
    struct certificate good = make_certificate(EVP_EC_gen("P-256"), &authority, (struct certificate_options){0});
    struct tls_settings tls = {0};
    struct http *http = NULL;
    char folder[300], path[400];

    snprintf(folder, sizeof folder, "%s/trust", home_folder);
    CHECK(mkdir(folder, 0700) == 0);
    snprintf(path, sizeof path, "%s/%08lx.0", folder, X509_subject_name_hash(authority.x509));
    write_file(path, certificate_pem(&authority));
    CHECK(setenv("SSL_CERT_FILE", path, 1) == 0 && unsetenv("SSL_CERT_DIR") == 0);
    expect(&good, false, &tls, 0, "");
    CHECK(unsetenv("SSL_CERT_FILE") == 0 && setenv("SSL_CERT_DIR", folder, 1) == 0);
    expect(&good, false, &tls, 0, "");
    CHECK(setenv("SSL_CERT_DIR", "/nowhere", 1) == 0);
    CHECK_FAILURE(http_open("https://localhost/", &settings, &tls, &http, error), WS_E_SECURITY_SYSTEM_FAILURE,
                  "SSL_CERT_DIR: /nowhere");
    CHECK(unsetenv("SSL_CERT_DIR") == 0 && setenv("SSL_CERT_FILE", folder, 1) == 0);
    CHECK_FAILURE(http_open("https://localhost/", &settings, &tls, &http, error), WS_E_SECURITY_SYSTEM_FAILURE,
                  "SSL_CERT_FILE: there are no certificates");
    CHECK(http == NULL);
    /* What the channel was given is all that counts then. */
    CHECK(setenv("SSL_CERT_FILE", path, 1) == 0);
    tls.ca = certificate_pem(&good);
    certificate_free(&good);
    good = make_certificate(EVP_EC_gen("P-256"), &authority, (struct certificate_options){0});
    expect(&good, false, &tls, CERT_E_UNTRUSTEDROOT, "no root that is trusted");
    CHECK(unsetenv("SSL_CERT_FILE") == 0);
    tls_settings_free(&tls);
    certificate_free(&good);
}

/* ---- the client's certificate ---- */

static struct bytes bytes_of(const char *text)
{
    struct bytes bytes = {ncx_secret_alloc(strlen(text)), strlen(text)};

    memcpy(bytes.data, text, bytes.size);
    return bytes;
}

static void client_by_pem(void)
{
    const struct certificate_options CLIENT = {.host = "client", .usage = "clientAuth"};
    struct certificate own = make_certificate(EVP_EC_gen("P-256"), &authority, (struct certificate_options){0});
    for (int rsa = 0; rsa < 2; rsa++) {
        struct certificate client = make_certificate(rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256"), &authority, CLIENT);
        struct tls_settings tls = {.ca = certificate_pem(&authority), .certificates = certificate_pem(&client)};
        struct http *http = NULL;

        tls.private_key = key_pem(&client, NULL);
        expect(&own, true, &tls, 0, "");
        ncx_secret_free(tls.private_key.data);
        tls.private_key = key_pem(&client, "open sesame");
        CHECK_FAILURE(http_open("https://localhost/", &settings, &tls, &http, error), E_INVALIDARG,
                      "no passphrase was given");
        tls.passphrase = bytes_of("open sesamE");
        CHECK_FAILURE(http_open("https://localhost/", &settings, &tls, &http, error), E_INVALIDARG,
                      "with the passphrase given");
        tls.passphrase.data[10] = 'e';
        expect(&own, true, &tls, 0, "");
        tls_settings_free(&tls);
        certificate_free(&client);
    }
    certificate_free(&own);
}

static void client_by_stored_key(const WCHAR *algorithm)
{
    const struct certificate_options CLIENT = {.host = "client", .usage = "clientAuth"};
    struct certificate own = make_certificate(EVP_EC_gen("P-256"), &authority, (struct certificate_options){0});
    NCRYPT_PROV_HANDLE provider = open_provider();
    NCRYPT_KEY_HANDLE key = make_key(provider, algorithm, NULL);
    EVP_PKEY *borrowed = NULL;
    struct certificate client;
    struct tls_settings tls = {.ca = certificate_pem(&authority), .stored_key = key};

    CHECK_STATUS(ncx_key_private(key, &borrowed), 0);
    client = make_certificate(borrowed, &authority, CLIENT);
    tls.certificates = certificate_pem(&client);
    certificate_free(&client);
    expect(&own, true, &tls, 0, "");
    tls_settings_free(&tls);
    free_handle(key);
    free_handle(provider);
    certificate_free(&own);
}

static void client_by_stored_keys(void)
{
    client_by_stored_key(NCRYPT_RSA_ALGORITHM);
    client_by_stored_key(NCRYPT_ECDSA_P256_ALGORITHM);
}

static void client_refused(void)
{
    struct certificate own = make_certificate(EVP_EC_gen("P-256"), &authority, (struct certificate_options){0});
    struct tls_settings tls = {.ca = certificate_pem(&authority)};

    expect(&own, true, &tls, WS_E_SECURITY_SYSTEM_FAILURE, "alert");
    /* A server's certificate is none for a client. */
    tls.certificates = certificate_pem(&own);
    tls.private_key = key_pem(&own, NULL);
    expect(&own, true, &tls, WS_E_SECURITY_SYSTEM_FAILURE, "alert");
    tls_settings_free(&tls);
    certificate_free(&own);
}

static void bad_settings(void)
{
    struct certificate one = make_certificate(EVP_EC_gen("P-256"), &authority, (struct certificate_options){0});
    NCRYPT_PROV_HANDLE provider = open_provider();
    NCRYPT_KEY_HANDLE key = make_key(provider, NCRYPT_RSA_ALGORITHM, NULL);
    struct tls_settings tls = {.ca = bytes_of("no PEM")};
    struct http *http = NULL;

#define REFUSED(code, words) CHECK_FAILURE(http_open("https://localhost/", &settings, &tls, &http, error), code, words)
    REFUSED(E_INVALIDARG, "the certificates to trust: there is no certificate in the PEM");
    ncx_secret_free(tls.ca.data);
    tls.ca = bytes_of("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    REFUSED(E_INVALIDARG, "malformed");
    ncx_secret_free(tls.ca.data);
    tls.ca = certificate_pem(&authority);
    tls.certificates = certificate_pem(&one);
    REFUSED(E_INVALIDARG, "without a private key");
    tls.private_key = key_pem(&authority, NULL);
    REFUSED(E_INVALIDARG, "does not belong");
    tls.stored_key = key;
    REFUSED(E_INVALIDARG, "does not belong");
    free_handle(key);
    REFUSED(NTE_INVALID_HANDLE, "cannot be used");
    key = begin_key(provider, NCRYPT_RSA_ALGORITHM, NULL, 0);
    tls.stored_key = key;
    REFUSED(NTE_BAD_KEY_STATE, "not finalized");
    CHECK_STATUS(set_dword(key, NCRYPT_KEY_USAGE_PROPERTY, NCRYPT_ALLOW_DECRYPT_FLAG, 0), 0);
    CHECK_STATUS(NCryptFinalizeKey(key, 0), 0);
    REFUSED(NTE_PERM, "does not allow to sign");
    CHECK(http == NULL);
    free_handle(key);
    free_handle(provider);
    tls_settings_free(&tls);
    certificate_free(&one);
}

/* Speaks TLS 1.2 at most, or no TLS at all. */
static void protocols(void)
{
    struct certificate good = make_certificate(EVP_EC_gen("P-256"), &authority, (struct certificate_options){0});
    struct tls_settings tls = {.ca = certificate_pem(&authority)};
    SSL_CTX *ctx = make_ssl_ctx(&good, false);
    struct http *http;

    CHECK(SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION) == 1);
    server_start(&server, serve_echo, ctx);
    http = http_to(server.url, &tls);
    check_exchange(http);
    http_close(http);
    tls.disallowed_protocols = WS_SECURE_PROTOCOL_TLS1_2;
    http = http_to(server.url, &tls);
    CHECK_FAILURE(exchange(http, &reply), WS_E_SECURITY_SYSTEM_FAILURE, "TLS failed");
    http_close(http);
    server_stop(&server);
    SSL_CTX_free(ctx);
    tls_settings_free(&tls);
    certificate_free(&good);
}

int main(void)
{
    home_make();
    settings_set();
    ws_set_up();
    authority_make();
    RUN(trusted);
    RUN(wrong_ones);
    RUN(untrusted);
    RUN(system_trust);
    RUN(client_by_pem);
    RUN(client_by_stored_keys);
    RUN(client_refused);
    RUN(bad_settings);
    RUN(protocols);
    certificate_free(&authority);
    ws_tear_down();
    check_no_handles();
    return test_result("ws_http_tls");
}
