/* SPDX-License-Identifier: MIT
 *
 * TLS: what is trusted, what is forgiven, and the client's certificate. It all goes straight into OpenSSL's objects:
 * libcurl gets no copy of a private key, and a key of key storage, which is no file, is used like another one. That a
 * certificate was revoked is not looked up.
 */
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "webservices/http_curl.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int tls_index = -1; /* of a struct http_tls in an X509_STORE_CTX */

static void make_index(void)
{
    tls_index = X509_STORE_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
}

/* SSL_CTX is OpenSSL's own only there. */
static HRESULT check_backend(WS_ERROR *error)
{
    const curl_version_info_data *version = curl_version_info(CURLVERSION_NOW);
    const char *name = version->ssl_version == NULL ? "no TLS" : version->ssl_version;

    pthread_once(&once, make_index);
    if (strncmp(name, "OpenSSL/3", 9) != 0 && strncmp(name, "OpenSSL/4", 9) != 0) {
        return ws_fail(error, WS_E_NOT_SUPPORTED, "https needs a libcurl with OpenSSL 3; this one (%s) has %s",
                       version->version, name);
    }
    return tls_index < 0 ? ws_no_memory(error) : ERROR_SUCCESS;
}

static HRESULT fail_pem(WS_ERROR *error, const char *what, const char *why)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());

    return ws_fail(error, E_INVALIDARG, "%s: %s%s%s", what, why, reason == NULL ? "" : ": ",
                   reason == NULL ? "" : reason);
}

static HRESULT read_all(BIO *input, const char *what, STACK_OF(X509) * certificates, WS_ERROR *error)
{
    X509 *one;

    while ((one = PEM_read_bio_X509(input, NULL, NULL, NULL)) != NULL) {
        if (sk_X509_push(certificates, one) == 0) {
            X509_free(one);
            return ws_no_memory(error);
        }
    }
    if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
        return fail_pem(error, what, "a certificate in the PEM is malformed");
    }
    return sk_X509_num(certificates) > 0 ? ERROR_SUCCESS
                                         : ws_fail(error, E_INVALIDARG, "%s: there is no certificate in the PEM", what);
}

HRESULT http_read_certificates(const struct bytes *pem, const char *what, STACK_OF(X509) * *certificates,
                               WS_ERROR *error)
{
    STACK_OF(X509) *read = sk_X509_new_null();
    BIO *input = pem->size <= INT_MAX ? BIO_new_mem_buf(pem->data, (int)pem->size) : NULL;
    HRESULT status;

    ERR_set_mark();
    status = read == NULL || input == NULL ? ws_no_memory(error) : read_all(input, what, read, error);
    ERR_pop_to_mark();
    BIO_free(input);
    if (status != ERROR_SUCCESS) {
        sk_X509_pop_free(read, X509_free);
        return status;
    }
    *certificates = read;
    return ERROR_SUCCESS;
}

/* Never asks at the terminal, which is what there is without such a function. */
static int give_passphrase(char *buffer, int room, int writing, void *context)
{
    const struct bytes *passphrase = context;

    (void)writing;
    if (passphrase->data == NULL || room < 0 || passphrase->size > (size_t)room) {
        return -1;
    }
    memcpy(buffer, passphrase->data, passphrase->size);
    return (int)passphrase->size;
}

static HRESULT read_key(const struct tls_settings *settings, EVP_PKEY **key, WS_ERROR *error)
{
    const struct bytes *pem = &settings->private_key;
    BIO *input = pem->size <= INT_MAX ? BIO_new_mem_buf(pem->data, (int)pem->size) : NULL;
    HRESULT status = ERROR_SUCCESS;

    if (input == NULL) {
        return ws_no_memory(error);
    }
    ERR_set_mark();
    *key = PEM_read_bio_PrivateKey(input, NULL, give_passphrase, (void *)(uintptr_t)&settings->passphrase);
    if (*key == NULL) {
        status =
            fail_pem(error, "the client's private key",
                     settings->passphrase.data == NULL ? "it cannot be read from the PEM; no passphrase was given"
                                                       : "it cannot be read from the PEM with the passphrase given");
    }
    ERR_pop_to_mark();
    BIO_free(input);
    return status;
}

static HRESULT borrow_key(NCRYPT_KEY_HANDLE handle, EVP_PKEY **key, WS_ERROR *error)
{
    HRESULT status = ncx_key_private(handle, key);

    switch (status) {
    case ERROR_SUCCESS:
        return ERROR_SUCCESS;
    case NTE_PERM:
        return ws_fail(error, status, "the client's key: its usage does not allow to sign");
    case NTE_NOT_SUPPORTED:
        return ws_fail(error, status, "the client's key has no private half");
    case NTE_BAD_KEY_STATE:
        return ws_fail(error, status, "the client's key is not finalized");
    default:
        return ws_fail(error, status, "the client's key cannot be used");
    }
}

static HRESULT load_client(struct http_tls *tls, const struct tls_settings *settings, WS_ERROR *error)
{
    HRESULT status = http_read_certificates(&settings->certificates, "the client's certificate", &tls->chain, error);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    tls->certificate = sk_X509_shift(tls->chain);
    if (settings->stored_key != 0) {
        status = borrow_key(settings->stored_key, &tls->key, error);
    } else if (settings->private_key.data != NULL) {
        status = read_key(settings, &tls->key, error);
    } else {
        status = ws_fail(error, E_INVALIDARG, "the client's certificate comes without a private key");
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    ERR_set_mark();
    if (X509_check_private_key(tls->certificate, tls->key) != 1) {
        status = ws_fail(error, E_INVALIDARG, "the private key does not belong to the client's first certificate");
    }
    ERR_pop_to_mark();
    return status;
}

HRESULT http_tls_init(struct http_tls *tls, const struct tls_settings *settings, WS_ERROR *error)
{
    HRESULT status = check_backend(error);

    tls->forgiven = settings->failures_to_ignore;
    if (status == ERROR_SUCCESS) {
        status = http_load_trust(&settings->ca, &tls->trust, error);
    }
    if (status == ERROR_SUCCESS && settings->certificates.data != NULL) {
        status = load_client(tls, settings, error);
    }
    return status;
}

void http_tls_clear(struct http_tls *tls)
{
    X509_STORE_free(tls->trust);
    X509_free(tls->certificate);
    sk_X509_pop_free(tls->chain, X509_free);
    EVP_PKEY_free(tls->key);
}

/* The WS_CERT_FAILURE_* that an error is; 0 for all that is never forgiven. */
static ULONG kind_of(int code)
{
    switch (code) {
    case X509_V_ERR_CERT_NOT_YET_VALID:
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return WS_CERT_FAILURE_INVALID_DATE;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_UNTRUSTED:
        return WS_CERT_FAILURE_UNTRUSTED_ROOT;
    case X509_V_ERR_INVALID_PURPOSE:
        return WS_CERT_FAILURE_WRONG_USAGE;
    default:
        return 0;
    }
}

/* Called for each error that the verification meets: it goes on when that one is forgiven. */
static int judge(int good, X509_STORE_CTX *store)
{
    const struct http_tls *tls = X509_STORE_CTX_get_ex_data(store, tls_index);

    if (good == 1) {
        return 1;
    }
    if (tls == NULL || (kind_of(X509_STORE_CTX_get_error(store)) & tls->forgiven) == 0) {
        return 0;
    }
    X509_STORE_CTX_set_error(store, X509_V_OK);
    return 1;
}

/* With our store and TLS' own parameters: libcurl may have put what the system trusts into the store that it has. */
static int verify_with(X509_STORE_CTX *own, X509_STORE_CTX *given, struct http_tls *tls)
{
    int code;

    if (own == NULL ||
        X509_STORE_CTX_init(own, tls->trust, X509_STORE_CTX_get0_cert(given), X509_STORE_CTX_get0_untrusted(given)) !=
            1 ||
        X509_VERIFY_PARAM_set1(X509_STORE_CTX_get0_param(own), X509_STORE_CTX_get0_param(given)) != 1 ||
        X509_STORE_CTX_set_ex_data(own, tls_index, tls) != 1) {
        return X509_V_ERR_OUT_OF_MEM;
    }
    X509_STORE_CTX_set_verify_cb(own, judge);
    if (X509_verify_cert(own) == 1) {
        return X509_V_OK;
    }
    code = X509_STORE_CTX_get_error(own);
    return code == X509_V_OK ? X509_V_ERR_UNSPECIFIED : code;
}

static int verify(X509_STORE_CTX *given, void *context)
{
    struct http_tls *tls = context;
    X509_STORE_CTX *own = X509_STORE_CTX_new();

    tls->refused = verify_with(own, given, tls);
    X509_STORE_CTX_free(own);
    X509_STORE_CTX_set_error(given, tls->refused);
    return tls->refused == X509_V_OK;
}

CURLcode http_tls_set_up(CURL *easy, void *ssl_ctx, void *context)
{
    struct http_tls *tls = context;
    SSL_CTX *ctx = ssl_ctx;

    (void)easy;
    SSL_CTX_set_cert_verify_callback(ctx, verify, tls);
    if (tls->certificate != NULL &&
        (SSL_CTX_use_certificate(ctx, tls->certificate) != 1 || SSL_CTX_set1_chain(ctx, tls->chain) != 1 ||
         SSL_CTX_use_PrivateKey(ctx, tls->key) != 1)) {
        return CURLE_SSL_CERTPROBLEM;
    }
    return CURLE_OK;
}
