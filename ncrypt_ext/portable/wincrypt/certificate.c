/* SPDX-License-Identifier: MIT
 *
 * Stores and certificates as objects; CertDuplicateCertificateContext, CertFreeCertificateContext.
 */
#include "wincrypt/certificate.h"

#include <stdlib.h>
#include <string.h>

#include "common/fork.h"

/* ---- the lock ------------------------------------------------------------------------------------------------- */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void certificate_lock(void)
{
    pthread_mutex_lock(&lock);
}

void certificate_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

/* Held across a fork(), so that the child finds whole lists. */
static void renew_lock(void)
{
    pthread_mutex_init(&lock, NULL);
}

static void register_fork(void)
{
    fork_register(&(struct fork_hooks){certificate_lock, certificate_unlock, renew_lock});
}

/* ---- stores --------------------------------------------------------------------------------------------------- */

static void unref_store(struct certificate_store *store)
{
    if (atomic_fetch_sub_explicit(&store->references, 1, memory_order_acq_rel) == 1) {
        provider_unref(store->provider);
        free(store);
    }
}

/* The handle is closed and nobody works with the list: certificates that callers still have live on without it. Takes
 * no lock, since this may run among the hooks of a fork(). */
static void destroy_store(void *object)
{
    struct certificate_store *store = object;
    struct certificate *certificate = store->first;

    while (certificate != NULL) {
        struct certificate *next = certificate->next;

        certificate_unref(certificate);
        certificate = next;
    }
    unref_store(store);
}

SECURITY_STATUS certificate_store_new(enum certificate_store_kind kind, bool machine, bool read_only,
                                      HCERTSTORE *handle)
{
    struct certificate_store *store = calloc(1, sizeof *store);
    NCRYPT_HANDLE made = 0;
    SECURITY_STATUS status = store == NULL ? status_no_memory() : provider_new(&store->provider);

    if (status != ERROR_SUCCESS) {
        free(store);
        return status;
    }
    pthread_once(&once, register_fork);
    store->references = 1;
    store->kind = kind;
    store->machine = machine;
    store->read_only = read_only;
    store->end = &store->first;
    status = handle_create(HANDLE_CERTIFICATE_STORE, store, destroy_store, &made);
    if (status != ERROR_SUCCESS) {
        unref_store(store);
        return status;
    }
    store->handle = (HCERTSTORE)made;
    *handle = store->handle;
    return ERROR_SUCCESS;
}

SECURITY_STATUS certificate_store_acquire(HCERTSTORE handle, struct certificate_store **store)
{
    *store = handle_acquire((NCRYPT_HANDLE)handle, HANDLE_CERTIFICATE_STORE);
    return *store == NULL ? status_fail(NTE_INVALID_HANDLE, "not a live handle of a certificate store") : ERROR_SUCCESS;
}

void certificate_store_release(HCERTSTORE handle)
{
    handle_release((NCRYPT_HANDLE)handle);
}

SECURITY_STATUS certificate_store_close(HCERTSTORE handle)
{
    return handle_close((NCRYPT_HANDLE)handle, HANDLE_CERTIFICATE_STORE);
}

/* ---- certificates --------------------------------------------------------------------------------------------- */

SECURITY_STATUS certificate_new(struct certificate_store *store, struct der der, struct certificate **out)
{
    struct certificate *certificate;

    if (der.size > UINT32_MAX) {
        return status_fail(ERROR_INVALID_PARAMETER, "a certificate of %zu bytes", der.size);
    }
    certificate = calloc(1, sizeof *certificate + der.size);
    if (certificate == NULL) {
        return status_no_memory();
    }
    atomic_fetch_add_explicit(&store->references, 1, memory_order_relaxed);
    memcpy(certificate->encoded, der.data, der.size);
    certificate->references = 1;
    certificate->store = store;
    certificate->seen = (CERT_CONTEXT){.dwCertEncodingType = X509_ASN_ENCODING,
                                       .pbCertEncoded = certificate->encoded,
                                       .cbCertEncoded = (DWORD)der.size,
                                       .hCertStore = store->handle};
    *out = certificate;
    return ERROR_SUCCESS;
}

struct certificate *certificate_ref(struct certificate *certificate)
{
    atomic_fetch_add_explicit(&certificate->references, 1, memory_order_relaxed);
    return certificate;
}

void certificate_unref(struct certificate *certificate)
{
    if (certificate == NULL || atomic_fetch_sub_explicit(&certificate->references, 1, memory_order_acq_rel) != 1) {
        return;
    }
    if (certificate->cached[CACHED_KEY] != 0) {
        (void)!handle_close(certificate->cached[CACHED_KEY], HANDLE_KEY);
    }
    if (certificate->cached[CACHED_CONTEXT] != 0) {
        (void)!handle_close(certificate->cached[CACHED_CONTEXT], HANDLE_CAPI_CONTEXT);
    }
    free(certificate->friendly_name);
    unref_store(certificate->store);
    free(certificate);
}

void certificate_append(struct certificate *certificate)
{
    struct certificate_store *store = certificate->store;

    *store->end = certificate_ref(certificate);
    store->end = &certificate->next;
}

struct certificate *certificate_of(PCCERT_CONTEXT context)
{
    return (struct certificate *)(uintptr_t)context;
}

struct der certificate_der(const struct certificate *certificate)
{
    return (struct der){certificate->encoded, certificate->seen.cbCertEncoded};
}

bool der_equal(struct der left, struct der right)
{
    return left.size == right.size && memcmp(left.data, right.data, left.size) == 0;
}

PCCERT_CONTEXT WINAPI CertDuplicateCertificateContext(PCCERT_CONTEXT pCertContext)
{
    return pCertContext == NULL ? NULL : &certificate_ref(certificate_of(pCertContext))->seen;
}

BOOL WINAPI CertFreeCertificateContext(PCCERT_CONTEXT pCertContext)
{
    certificate_unref(certificate_of(pCertContext));
    return TRUE;
}
