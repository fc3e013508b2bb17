/* SPDX-License-Identifier: MIT
 *
 * Certificates of the test's own authority, good ones and others, and TLS servers with them.
 */
#ifndef TESTS_ENGINE_HTTP_CERTIFICATES_H
#define TESTS_ENGINE_HTTP_CERTIFICATES_H

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "http_server.h"

struct certificate {
    X509 *x509;
    EVP_PKEY *key;
};

/* What is not said is as it should be for a server on this machine. */
struct certificate_options {
    const char *host;  /* localhost */
    const char *usage; /* serverAuth */
    long begins, ends; /* seconds from now on: -3600, 3600 */
    bool is_ca;
};

static struct certificate authority;

static inline void add_extension(X509 *x509, int id, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, id, value);

    CHECK(extension != NULL && X509_add_ext(x509, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

/* Takes the key over. Without an issuer, the certificate signs itself. */
static inline struct certificate make_certificate(EVP_PKEY *key, const struct certificate *issuer,
                                                  struct certificate_options options)
{
    static long serial;
    const char *host = options.host == NULL ? "localhost" : options.host;
    X509 *x509 = X509_new();
    X509_NAME *name = X509_get_subject_name(x509);
    char subject[80];

    CHECK(key != NULL && X509_set_version(x509, 2) == 1 && X509_set_pubkey(x509, key) == 1);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(x509), options.begins == 0 ? -3600 : options.begins);
    X509_gmtime_adj(X509_getm_notAfter(x509), options.ends == 0 ? 3600 : options.ends);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)host, -1, -1, 0);
    snprintf(subject, sizeof subject, "DNS:%s", host);
    if (options.is_ca) {
        add_extension(x509, NID_basic_constraints, "critical,CA:TRUE");
    } else {
        add_extension(x509, NID_subject_alt_name, subject);
        add_extension(x509, NID_ext_key_usage, options.usage == NULL ? "serverAuth" : options.usage);
    }
    CHECK(X509_set_issuer_name(x509, issuer == NULL ? name : X509_get_subject_name(issuer->x509)) == 1);
    CHECK(X509_sign(x509, issuer == NULL ? key : issuer->key, EVP_sha256()) > 0);
    return (struct certificate){x509, key};
}

static inline void certificate_free(struct certificate *certificate)
{
    X509_free(certificate->x509);
    EVP_PKEY_free(certificate->key);
}

static inline void authority_make(void)
{
    authority =
        make_certificate(EVP_EC_gen("P-256"), NULL, (struct certificate_options){.host = "authority", .is_ca = true});
}

/* A copy of what was written to the BIO, which it frees. */
static inline struct bytes take_bytes(BIO *bio)
{
    struct bytes bytes;
    char *data;

    bytes.size = (size_t)BIO_get_mem_data(bio, &data);
    bytes.data = ncx_secret_alloc(bytes.size);
    memcpy(bytes.data, data, bytes.size);
    BIO_free(bio);
    return bytes;
}

static inline struct bytes certificate_pem(const struct certificate *certificate)
{
    BIO *bio = BIO_new(BIO_s_mem());

    CHECK(PEM_write_bio_X509(bio, certificate->x509) == 1);
    return take_bytes(bio);
}

static inline struct bytes key_pem(const struct certificate *certificate, const char *passphrase)
{
    BIO *bio = BIO_new(BIO_s_mem());

    CHECK(PEM_write_bio_PrivateKey(bio, certificate->key, passphrase == NULL ? NULL : EVP_aes_128_cbc(),
                                   (const unsigned char *)passphrase, passphrase == NULL ? 0 : (int)strlen(passphrase),
                                   NULL, NULL) == 1);
    return take_bytes(bio);
}

static inline void tls_settings_free(struct tls_settings *tls)
{
    ncx_secret_free(tls->ca.data);
    ncx_secret_free(tls->certificates.data);
    ncx_secret_free(tls->private_key.data);
    ncx_secret_free(tls->passphrase.data);
}

/* For servers; asks for a client's certificate of the authority's when `mutual`. */
static inline SSL_CTX *make_ssl_ctx(const struct certificate *certificate, bool mutual)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

    CHECK(SSL_CTX_use_certificate(ctx, certificate->x509) == 1 && SSL_CTX_use_PrivateKey(ctx, certificate->key) == 1);
    if (mutual) {
        CHECK(X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), authority.x509) == 1);
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
        SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"test", 4);
    }
    return ctx;
}

#endif
