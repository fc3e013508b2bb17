/* SPDX-License-Identifier: MIT
 *
 * Which certificates a server's may lead to: those that the channel was given, and only those; without any, what the
 * system trusts. Where that is, is found when it is needed: libcurl and OpenSSL may come from a wheel that was built on
 * another distribution, and what they have compiled in says nothing then.
 */
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <stdlib.h>
#include <unistd.h>

#include "webservices/http_curl.h"

static const char *const FILES[] = {
    "/etc/ssl/certs/ca-certificates.crt",                /* Debian, Ubuntu, Alpine */
    "/etc/pki/tls/certs/ca-bundle.crt",                  /* Fedora, Red Hat */
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", /* newer ones */
    "/etc/ssl/ca-bundle.pem",                            /* SUSE */
    "/etc/ssl/cert.pem",                                 /* Alpine, FreeBSD, macOS */
    "/usr/local/share/certs/ca-root-nss.crt",            /* FreeBSD */
    "/opt/homebrew/etc/ca-certificates/cert.pem",
    "/usr/local/etc/ca-certificates/cert.pem",
};
static const char *const FOLDERS[] = {"/etc/ssl/certs", "/etc/pki/tls/certs"};

static const char *setting(const char *name)
{
    const char *value;

#ifdef __linux__
    value = secure_getenv(name);
#else
    value = getenv(name);
#endif
    return value != NULL && value[0] != 0 ? value : NULL;
}

static bool use_file(X509_STORE *store, const char *file)
{
    bool good;

    if (file == NULL || access(file, R_OK) != 0) {
        return false;
    }
    ERR_set_mark();
    good = X509_STORE_load_file(store, file) == 1;
    ERR_pop_to_mark();
    return good;
}

static bool use_folder(X509_STORE *store, const char *folder)
{
    bool good;

    if (folder == NULL || access(folder, R_OK | X_OK) != 0) {
        return false;
    }
    ERR_set_mark();
    good = X509_STORE_load_path(store, folder) == 1; /* looked into when a certificate needs it */
    ERR_pop_to_mark();
    return good;
}

/* What the environment names has to be there: the alternative is to trust what was not meant. */
static HRESULT use_environment(X509_STORE *store, bool *found, WS_ERROR *error)
{
    const char *file = setting("SSL_CERT_FILE");
    const char *folder = setting("SSL_CERT_DIR");

    if (file != NULL && !use_file(store, file)) {
        return ws_fail(error, WS_E_SECURITY_SYSTEM_FAILURE, "SSL_CERT_FILE: there are no certificates in %s", file);
    }
    if (folder != NULL && !use_folder(store, folder)) {
        return ws_fail(error, WS_E_SECURITY_SYSTEM_FAILURE, "SSL_CERT_DIR: %s is no folder that can be read", folder);
    }
    *found = file != NULL || folder != NULL;
    return ERROR_SUCCESS;
}

static bool use_libcurl(X509_STORE *store)
{
#if LIBCURL_VERSION_NUM >= 0x074600 /* 7.70.0 */
    const curl_version_info_data *version = curl_version_info(CURLVERSION_NOW);

    return version->age >= CURLVERSION_SEVENTH &&
           (use_file(store, version->cainfo) || use_folder(store, version->capath));
#else
    (void)store;
    return false;
#endif
}

static bool use_known(X509_STORE *store)
{
    for (size_t i = 0; i < sizeof FILES / sizeof FILES[0]; i++) {
        if (use_file(store, FILES[i])) {
            return true;
        }
    }
    for (size_t i = 0; i < sizeof FOLDERS / sizeof FOLDERS[0]; i++) {
        if (use_folder(store, FOLDERS[i])) {
            return true;
        }
    }
    return false;
}

static HRESULT use_system(X509_STORE *store, WS_ERROR *error)
{
    bool found = false;
    HRESULT status = use_environment(store, &found, error);

    if (status != ERROR_SUCCESS || found || use_libcurl(store) || use_known(store)) {
        return status;
    }
    return ws_fail(error, WS_E_SECURITY_SYSTEM_FAILURE,
                   "the certificates that this system trusts were not found: install its package ca-certificates, or "
                   "name a file with them in SSL_CERT_FILE, or give the channel its own");
}

static HRESULT use_pem(X509_STORE *store, const struct bytes *pem, WS_ERROR *error)
{
    STACK_OF(X509) *certificates = NULL;
    HRESULT status = http_read_certificates(pem, "the certificates to trust", &certificates, error);

    for (int i = 0; status == ERROR_SUCCESS && i < sk_X509_num(certificates); i++) {
        if (X509_STORE_add_cert(store, sk_X509_value(certificates, i)) != 1) {
            status = ws_no_memory(error);
        }
    }
    sk_X509_pop_free(certificates, X509_free);
    return status;
}

HRESULT http_load_trust(const struct bytes *pem, X509_STORE **trust, WS_ERROR *error)
{
    X509_STORE *store = X509_STORE_new();
    HRESULT status;

    /* A certificate that is trusted ends the chain, be it a root, one below it, or the server's own. */
    if (store == NULL || X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST) != 1) {
        X509_STORE_free(store);
        return ws_no_memory(error);
    }
    status = pem->data != NULL ? use_pem(store, pem, error) : use_system(store, error);
    if (status != ERROR_SUCCESS) {
        X509_STORE_free(store);
        return status;
    }
    *trust = store;
    return ERROR_SUCCESS;
}
