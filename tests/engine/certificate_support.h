/* SPDX-License-Identifier: MIT
 *
 * What the tests of certificates share: certificates and PFX files that libcrypto by itself makes, keys of the store
 * for them, and the everyday steps.
 */
#ifndef TESTS_ENGINE_CERTIFICATE_SUPPORT_H
#define TESTS_ENGINE_CERTIFICATE_SUPPORT_H

#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>

#include "wincrypt_support.h"

#define LIVE_CERTIFICATE_STORE 15

struct issued {
    X509 *x509;
    EVP_PKEY *key;
    uint8_t *der;
    DWORD size;
};

static inline void add_extension(X509 *x509, int id, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;

    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, NULL, x509, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, id, value);
    CHECK(extension != NULL && X509_add_ext(x509, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

/* Takes the key over. Without an issuer, the certificate signs itself. */
static inline struct issued issue(const char *name, EVP_PKEY *key, const struct issued *issuer, bool is_ca)
{
    static long serial;
    struct issued made = {X509_new(), key, NULL, 0};
    X509_NAME *subject = X509_get_subject_name(made.x509);

    CHECK(key != NULL && X509_set_version(made.x509, 2) == 1 && X509_set_pubkey(made.x509, key) == 1);
    ASN1_INTEGER_set(X509_get_serialNumber(made.x509), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(made.x509), -3600);
    X509_gmtime_adj(X509_getm_notAfter(made.x509), 3600);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    if (is_ca) {
        add_extension(made.x509, NID_basic_constraints, "critical,CA:TRUE");
    }
    add_extension(made.x509, NID_subject_key_identifier, "hash");
    X509_set_issuer_name(made.x509, issuer == NULL ? subject : X509_get_subject_name(issuer->x509));
    CHECK(X509_sign(made.x509, issuer == NULL ? key : issuer->key, EVP_sha256()) > 0);
    made.size = (DWORD)i2d_X509(made.x509, &made.der);
    CHECK((int)made.size > 0);
    return made;
}

static inline struct issued issue_ec(const char *name, const struct issued *issuer, bool is_ca)
{
    return issue(name, EVP_EC_gen("P-256"), issuer, is_ca);
}

static inline void issued_free(struct issued *issued)
{
    X509_free(issued->x509);
    EVP_PKEY_free(issued->key);
    OPENSSL_free(issued->der);
    *issued = (struct issued){NULL, NULL, NULL, 0};
}

/* A key of the store with the certificate's numbers. */
static inline NCRYPT_KEY_HANDLE store_key_of(NCRYPT_PROV_HANDLE provider, const WCHAR *name, EVP_PKEY *key, DWORD flags)
{
    NCryptBuffer buffer = {0, NCRYPTBUFFER_PKCS_KEY_NAME, (void *)(uintptr_t)name};
    NCryptBufferDesc list = {NCRYPTBUFFER_VERSION, 1, &buffer};
    NCRYPT_KEY_HANDLE handle = 0;
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
    uint8_t *der = NULL;
    int size = i2d_PKCS8_PRIV_KEY_INFO(info, &der);

    while (name[buffer.cbBuffer / 2] != 0) {
        buffer.cbBuffer += 2;
    }
    buffer.cbBuffer += 2;
    CHECK_STATUS(NCryptImportKey(provider, 0, NCRYPT_PKCS8_PRIVATE_KEY_BLOB, &list, &handle, der, (DWORD)size, flags),
                 ERROR_SUCCESS);
    PKCS8_PRIV_KEY_INFO_free(info);
    OPENSSL_clear_free(der, (size_t)size);
    return handle;
}

static inline void store_key_and_close(const WCHAR *name, EVP_PKEY *key, DWORD flags)
{
    NCRYPT_PROV_HANDLE provider = open_provider();

    free_handle(store_key_of(provider, name, key, flags));
    free_handle(provider);
}

static inline HCERTSTORE open_certificates(const WCHAR *name, DWORD location)
{
    HCERTSTORE store = CertOpenStore(CERT_STORE_PROV_SYSTEM_W, 0, 0, location, name);

    CHECK(store != NULL);
    return store;
}

static inline HCERTSTORE open_my(void)
{
    return open_certificates(u"MY", CERT_SYSTEM_STORE_CURRENT_USER);
}

static inline bool is_certificate(PCCERT_CONTEXT context, const struct issued *issued)
{
    return context != NULL && context->cbCertEncoded == issued->size &&
           memcmp(context->pbCertEncoded, issued->der, issued->size) == 0;
}

static inline unsigned count_certificates(HCERTSTORE store)
{
    PCCERT_CONTEXT context = NULL;
    unsigned count = 0;

    while ((context = CertEnumCertificatesInStore(store, context)) != NULL) {
        count++;
    }
    CHECK(GetLastError() == (DWORD)CRYPT_E_NOT_FOUND);
    return count;
}

/* To be freed; NULL when it is not there. */
static inline PCCERT_CONTEXT find_certificate(HCERTSTORE store, const struct issued *issued)
{
    PCCERT_CONTEXT context = NULL;

    do {
        context = CertEnumCertificatesInStore(store, context);
    } while (context != NULL && !is_certificate(context, issued));
    return context;
}

static inline bool has_certificate(HCERTSTORE store, const struct issued *issued)
{
    PCCERT_CONTEXT context = find_certificate(store, issued);

    CertFreeCertificateContext(context);
    return context != NULL;
}

/* Counts and closes. */
static inline unsigned count_in(const WCHAR *name, DWORD location)
{
    HCERTSTORE store = open_certificates(name, location);
    unsigned count = count_certificates(store);

    CHECK_GOOD(CertCloseStore(store, 0));
    return count;
}

static inline unsigned count_my(void)
{
    return count_in(u"MY", CERT_SYSTEM_STORE_CURRENT_USER);
}

static inline PCCERT_CONTEXT add_certificate(HCERTSTORE store, const struct issued *issued)
{
    PCCERT_CONTEXT context = NULL;

    CHECK_GOOD(CertAddEncodedCertificateToStore(store, X509_ASN_ENCODING, issued->der, issued->size, CERT_STORE_ADD_NEW,
                                                &context));
    CHECK(is_certificate(context, issued));
    return context;
}

static inline BOOL bind_certificate(PCCERT_CONTEXT context, const WCHAR *container, DWORD type, DWORD spec, DWORD flags)
{
    CRYPT_KEY_PROV_INFO info = {
        .pwszContainerName = (LPWSTR)(uintptr_t)container, .dwProvType = type, .dwKeySpec = spec, .dwFlags = flags};

    return CertSetCertificateContextProperty(context, CERT_KEY_PROV_INFO_PROP_ID, 0, &info);
}

/* Puts a certificate on the key of that name, in the user's store. */
static inline void attach(const struct issued *issued, const WCHAR *container)
{
    HCERTSTORE store = open_my();
    PCCERT_CONTEXT context = add_certificate(store, issued);

    CHECK_GOOD(bind_certificate(context, container, 0, 0, 0));
    CHECK_GOOD(CertFreeCertificateContext(context));
    CHECK_GOOD(CertCloseStore(store, 0));
}

union provider_info_room {
    CRYPT_KEY_PROV_INFO info;
    BYTE bytes[2000]; /* room for anything */
};

/* False when there is none. */
static inline bool provider_info(PCCERT_CONTEXT context, union provider_info_room *room)
{
    DWORD size = sizeof *room;

    return CertGetCertificateContextProperty(context, CERT_KEY_PROV_INFO_PROP_ID, room, &size) == TRUE;
}

/* The key signs, and the certificate's own public key verifies. */
static inline bool key_fits(NCRYPT_KEY_HANDLE key, const struct issued *issued)
{
    uint8_t digest[sizeof sample_digest], raw[64], *der = NULL;
    DWORD size = 0;
    ECDSA_SIG *signature = ECDSA_SIG_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(issued->key, NULL);
    bool good;
    int der_size;

    memcpy(digest, sample_digest, sizeof digest);
    good = NCryptSignHash(key, NULL, digest, sizeof digest, raw, sizeof raw, &size, 0) == ERROR_SUCCESS && size == 64;
    ECDSA_SIG_set0(signature, BN_bin2bn(raw, 32, NULL), BN_bin2bn(raw + 32, 32, NULL));
    der_size = i2d_ECDSA_SIG(signature, &der);
    good = good && EVP_PKEY_verify_init(ctx) == 1 &&
           EVP_PKEY_verify(ctx, der, (size_t)der_size, digest, sizeof digest) == 1;
    OPENSSL_free(der);
    ECDSA_SIG_free(signature);
    EVP_PKEY_CTX_free(ctx);
    return good;
}

/* A key handle that the caller frees. */
static inline NCRYPT_KEY_HANDLE acquire_key(PCCERT_CONTEXT context)
{
    HCRYPTPROV_OR_NCRYPT_KEY_HANDLE handle = 0;
    DWORD spec = 0;
    BOOL callers = 7;

    CHECK_GOOD(
        CryptAcquireCertificatePrivateKey(context, CRYPT_ACQUIRE_ONLY_NCRYPT_KEY_FLAG, NULL, &handle, &spec, &callers));
    CHECK(spec == CERT_NCRYPT_KEY_SPEC && callers == TRUE);
    return handle;
}

static inline void check_no_certificate_handles(void)
{
    check_no_capi_handles();
    CHECK(ncx_live_handles(LIVE_CERTIFICATE_STORE) == 0);
}

#endif
