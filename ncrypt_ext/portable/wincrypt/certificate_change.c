/* SPDX-License-Identifier: MIT
 *
 * CertAddEncodedCertificateToStore, CertDeleteCertificateFromStore.
 */
#include "wincrypt/certificate.h"

#define CERTIFICATE_ENCODING 0xFFFFu /* the part of an encoding type that is about certificates */

static SECURITY_STATUS check_writable(const struct certificate_store *store)
{
    return store->read_only ? status_fail(E_ACCESSDENIED, "the certificate store has been opened for reading only")
                            : ERROR_SUCCESS;
}

/* ---- add ------------------------------------------------------------------------------------------------------ */

struct addition {
    struct der der;
    uint32_t disposition;
    struct certificate *certificate; /* the one that is new, then the one that is in the store */
};

static struct certificate *find(const struct certificate_store *store, struct der der)
{
    struct certificate *at = store->first;

    while (at != NULL && (at->deleted || !der_equal(certificate_der(at), der))) {
        at = at->next;
    }
    return at;
}

/* The same bytes once more: they stay on their key. */
static SECURITY_STATUS replace(struct certificate *old, struct certificate *added)
{
    added->binding = old->binding;
    old->deleted = true;
    certificate_append(added);
    return ERROR_SUCCESS;
}

/* What is in "CA" are issuers of keys' certificates: nothing is there by itself. */
static SECURITY_STATUS append(struct certificate_store *store, struct certificate *added)
{
    if (store->kind == CERTIFICATE_STORE_CA) {
        return status_fail(NTE_NOT_SUPPORTED,
                           "the store 'CA' has the issuers in the chains of keys here, and no others");
    }
    certificate_append(added);
    return ERROR_SUCCESS;
}

/* The lock is held. A reference to what is in the store then takes the new one's place. */
static SECURITY_STATUS settle(struct certificate_store *store, struct addition *addition, struct certificate **unused)
{
    struct certificate *old = find(store, addition->der);

    if (old == NULL) {
        return append(store, addition->certificate);
    }
    switch (addition->disposition) {
    case CERT_STORE_ADD_NEW:
        return CRYPT_E_EXISTS;
    case CERT_STORE_ADD_USE_EXISTING:
        *unused = addition->certificate;
        addition->certificate = certificate_ref(old);
        return ERROR_SUCCESS;
    default:
        return replace(old, addition->certificate);
    }
}

static SECURITY_STATUS check_certificate(struct der der)
{
    X509 *x509 = NULL;
    SECURITY_STATUS status;

    openssl_scope_begin();
    status = certificate_parse(der, &x509);
    X509_free(x509);
    openssl_scope_end();
    return status;
}

static SECURITY_STATUS add_to(struct certificate_store *store, struct addition *addition)
{
    struct certificate *unused = NULL;
    SECURITY_STATUS status = check_writable(store);

    if (status == ERROR_SUCCESS) {
        status = check_certificate(addition->der);
    }
    if (status == ERROR_SUCCESS) {
        status = certificate_new(store, addition->der, &addition->certificate);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    certificate_lock();
    status = settle(store, addition, &unused);
    certificate_unlock();
    certificate_unref(unused);
    return status == CRYPT_E_EXISTS ? status_fail(status, "the certificate is in the store already") : status;
}

static SECURITY_STATUS check_addition(uint32_t encoding, const struct addition *addition)
{
    if ((encoding & CERTIFICATE_ENCODING) != X509_ASN_ENCODING) {
        return status_fail(ERROR_INVALID_PARAMETER, "encoding 0x%X is not X509_ASN_ENCODING", (unsigned)encoding);
    }
    if (addition->der.data == NULL) {
        return status_fail(ERROR_INVALID_PARAMETER, "pbCertEncoded is NULL");
    }
    if (addition->disposition < CERT_STORE_ADD_NEW || addition->disposition > CERT_STORE_ADD_REPLACE_EXISTING) {
        return status_fail(ERROR_INVALID_PARAMETER, "disposition %u is none of 1 to 3",
                           (unsigned)addition->disposition);
    }
    return ERROR_SUCCESS;
}

static SECURITY_STATUS add_encoded(HCERTSTORE handle, uint32_t encoding, struct addition *addition)
{
    struct certificate_store *store = NULL;
    SECURITY_STATUS status = certificate_store_acquire(handle, &store);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = check_addition(encoding, addition);
    if (status == ERROR_SUCCESS) {
        status = add_to(store, addition);
    }
    certificate_store_release(handle);
    return status;
}

BOOL WINAPI CertAddEncodedCertificateToStore(HCERTSTORE hCertStore, DWORD dwCertEncodingType, const BYTE *pbCertEncoded,
                                             DWORD cbCertEncoded, DWORD dwAddDisposition, PCCERT_CONTEXT *ppCertContext)
{
    struct addition addition = {{pbCertEncoded, cbCertEncoded}, dwAddDisposition, NULL};
    SECURITY_STATUS status = add_encoded(hCertStore, dwCertEncodingType, &addition);

    if (status == ERROR_SUCCESS && ppCertContext != NULL) {
        *ppCertContext = &addition.certificate->seen;
    } else {
        certificate_unref(addition.certificate);
    }
    return capi_return("CertAddEncodedCertificateToStore", status);
}

/* ---- delete --------------------------------------------------------------------------------------------------- */

static SECURITY_STATUS delete_from_store(struct certificate *certificate)
{
    struct certificate_store *store = certificate->store;
    struct certificate_binding binding;
    SECURITY_STATUS status = check_writable(store);

    if (status == ERROR_SUCCESS && store->kind == CERTIFICATE_STORE_CA) {
        status = status_fail(NTE_NOT_SUPPORTED, "what is in the store 'CA' belongs to the chains of keys here");
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    certificate_lock();
    binding = certificate->binding;
    certificate_unlock();
    if (store->kind == CERTIFICATE_STORE_MY && binding.container[0] != 0) {
        status = certificate_detach(store->provider, &binding, certificate_der(certificate), 0);
    }
    if (status == ERROR_SUCCESS) {
        certificate_lock();
        certificate->deleted = true;
        certificate_unlock();
    }
    return status;
}

BOOL WINAPI CertDeleteCertificateFromStore(PCCERT_CONTEXT pCertContext)
{
    struct certificate *certificate = certificate_of(pCertContext);
    SECURITY_STATUS status = certificate == NULL ? status_fail(ERROR_INVALID_PARAMETER, "pCertContext is NULL")
                                                 : delete_from_store(certificate);

    certificate_unref(certificate);
    return capi_return("CertDeleteCertificateFromStore", status);
}
