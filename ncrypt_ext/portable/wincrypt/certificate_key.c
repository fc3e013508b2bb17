/* SPDX-License-Identifier: MIT
 *
 * CryptAcquireCertificatePrivateKey, and how certificates are put on keys and taken off.
 */
#include <stdlib.h>

#include "common/utf16.h"
#include "wincrypt/certificate.h"

#define NCRYPT_FLAGS                                                                                                   \
    (CRYPT_ACQUIRE_ALLOW_NCRYPT_KEY_FLAG | CRYPT_ACQUIRE_PREFER_NCRYPT_KEY_FLAG | CRYPT_ACQUIRE_ONLY_NCRYPT_KEY_FLAG)
#define ACQUIRE_FLAGS                                                                                                  \
    (CRYPT_ACQUIRE_CACHE_FLAG | CRYPT_ACQUIRE_COMPARE_KEY_FLAG | CRYPT_ACQUIRE_SILENT_FLAG | NCRYPT_FLAGS)

SECURITY_STATUS certificate_open_key(struct provider *provider, const struct certificate_binding *binding,
                                     struct key **key)
{
    char printable[128];
    SECURITY_STATUS status;

    if (binding->type == 0) {
        return key_open_stored(provider, binding->container, binding->spec, binding->machine, key);
    }
    status = capi_open_key(provider, binding->machine, binding->container, binding->spec, key);
    if (status == NTE_BAD_KEYSET) {
        return status_fail(NTE_BAD_KEYSET, "the container '%s' has no key of specification %u",
                           utf16_printable(binding->container, printable, sizeof printable), (unsigned)binding->spec);
    }
    return status;
}

/* ---- on keys and off ------------------------------------------------------------------------------------------ */

static struct der stored_chain(const struct key *stored)
{
    const struct bag_entry *entry = bag_find(&stored->stored, NCRYPT_CERTIFICATE_PROPERTY);

    return entry == NULL ? (struct der){NULL, 0} : (struct der){entry->data, entry->size};
}

/* With the issuers of the chain that is there, as far as they are the new certificate's, too. */
static SECURITY_STATUS put_on(struct key *stored, void *context)
{
    const struct der *leaf = context;
    struct der chain = stored_chain(stored), one, *candidates = NULL;
    uint8_t *built = NULL;
    size_t count = 0, size = 0;
    SECURITY_STATUS status;

    for (struct der rest = chain; der_next(&rest, &one);) {
        count++;
    }
    candidates = calloc(count + 1, sizeof *candidates);
    if (candidates == NULL) {
        return status_no_memory();
    }
    for (size_t i = 0; i < count; i++) {
        (void)der_next(&chain, &candidates[i]);
    }
    if (count > 0 && der_equal(candidates[0], *leaf)) {
        free(candidates);
        return ERROR_SUCCESS;
    }
    status = certificate_build_chain(*leaf, candidates, count, &built, &size);
    if (status == ERROR_SUCCESS) {
        status = bag_set(&stored->stored, NCRYPT_CERTIFICATE_PROPERTY, built, size);
    }
    free(built);
    free(candidates);
    return status;
}

SECURITY_STATUS certificate_attach(struct provider *provider, const struct certificate_binding *binding, struct der der,
                                   int64_t *stored_id)
{
    struct key *key = NULL;
    SECURITY_STATUS status = certificate_open_key(provider, binding, &key);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = certificate_check_key(der, key);
    if (status == ERROR_SUCCESS) {
        status = key_modify_stored(provider, binding->machine, key->stored_id, put_on, &der);
    }
    if (status == ERROR_SUCCESS) {
        *stored_id = key->stored_id;
    }
    key_destroy(key);
    return status;
}

static SECURITY_STATUS take_off(struct key *stored, void *context)
{
    const struct der *leaf = context;
    struct der chain = stored_chain(stored), first;

    if (der_next(&chain, &first) && der_equal(first, *leaf)) {
        bag_remove(&stored->stored, NCRYPT_CERTIFICATE_PROPERTY);
    }
    return ERROR_SUCCESS;
}

SECURITY_STATUS certificate_detach(struct provider *provider, const struct certificate_binding *binding, struct der der,
                                   int64_t kept)
{
    struct key *key = NULL;
    SECURITY_STATUS status = certificate_open_key(provider, binding, &key);

    if (status == ERROR_SUCCESS && key->stored_id != kept) {
        status = key_modify_stored(provider, binding->machine, key->stored_id, take_off, &der);
    }
    key_destroy(key);
    return status == NTE_BAD_KEYSET ? ERROR_SUCCESS : status;
}

/* ---- acquire -------------------------------------------------------------------------------------------------- */

struct acquired {
    NCRYPT_HANDLE handle;
    uint32_t spec;
    bool callers; /* to be freed by the caller; else it goes with the certificate */
};

static void free_handle(int kind, NCRYPT_HANDLE handle)
{
    (void)!handle_close(handle, kind == CACHED_KEY ? HANDLE_KEY : HANDLE_CAPI_CONTEXT);
}

static SECURITY_STATUS acquire_cng(struct certificate *certificate, const struct certificate_binding *binding,
                                   NCRYPT_HANDLE *handle)
{
    struct key *key = NULL;
    SECURITY_STATUS status = certificate_open_key(certificate->store->provider, binding, &key);

    if (status == ERROR_SUCCESS) {
        status = certificate_check_key(certificate_der(certificate), key);
    }
    if (status == ERROR_SUCCESS) {
        status = key_handle(key, handle);
    }
    if (status != ERROR_SUCCESS) {
        key_destroy(key);
    }
    return status;
}

static SECURITY_STATUS acquire_capi(struct certificate *certificate, const struct certificate_binding *binding,
                                    bool silent, NCRYPT_HANDLE *handle)
{
    struct key *key = NULL;
    SECURITY_STATUS status = certificate_open_key(certificate->store->provider, binding, &key);

    if (status == ERROR_SUCCESS) {
        status = certificate_check_key(certificate_der(certificate), key);
    }
    key_destroy(key);
    if (status == ERROR_SUCCESS) {
        status = capi_acquire(handle, binding->container, binding->provider, binding->type,
                              (binding->machine ? CRYPT_MACHINE_KEYSET : 0u) | (silent ? CRYPT_SILENT : 0u));
    }
    return status;
}

/* The first of two threads that cache a handle wins; both get that. */
static void keep(struct certificate *certificate, int kind, struct acquired *acquired)
{
    NCRYPT_HANDLE made = acquired->handle;

    certificate_lock();
    if (certificate->cached[kind] == 0) {
        certificate->cached[kind] = made;
    }
    acquired->handle = certificate->cached[kind];
    certificate_unlock();
    acquired->callers = false;
    if (acquired->handle != made) {
        free_handle(kind, made);
    }
}

/* What the certificate has already: a cached handle, or one to an ephemeral key that is nowhere else. */
static bool find_kept(struct certificate *certificate, uint32_t flags, int kind, struct acquired *acquired)
{
    certificate_lock();
    if ((flags & CRYPT_ACQUIRE_CACHE_FLAG) || certificate->binding.container[0] == 0) {
        acquired->handle = certificate->cached[kind];
    }
    certificate_unlock();
    return acquired->handle != 0;
}

static SECURITY_STATUS acquire_anew(struct certificate *certificate, const struct certificate_binding *binding,
                                    uint32_t flags, int kind, struct acquired *acquired)
{
    SECURITY_STATUS status =
        kind == CACHED_KEY
            ? acquire_cng(certificate, binding, &acquired->handle)
            : acquire_capi(certificate, binding, (flags & CRYPT_ACQUIRE_SILENT_FLAG) != 0, &acquired->handle);

    if (status == ERROR_SUCCESS) {
        acquired->callers = true;
        if (flags & CRYPT_ACQUIRE_CACHE_FLAG) {
            keep(certificate, kind, acquired);
        }
    }
    return status;
}

/* Which API gives the key. One of CryptoAPI's is seen through CNG, too, where the caller prefers that. */
static SECURITY_STATUS choose_kind(const struct certificate_binding *binding, bool bound, uint32_t flags, int *kind)
{
    if (bound && binding->type != 0) {
        *kind = flags & (CRYPT_ACQUIRE_PREFER_NCRYPT_KEY_FLAG | CRYPT_ACQUIRE_ONLY_NCRYPT_KEY_FLAG) ? CACHED_KEY
                                                                                                    : CACHED_CONTEXT;
        return ERROR_SUCCESS;
    }
    *kind = CACHED_KEY;
    return flags & NCRYPT_FLAGS ? ERROR_SUCCESS
                                : status_fail(NTE_BAD_PROV_TYPE, "the key is CNG's, and the flags do not allow that");
}

static SECURITY_STATUS acquire_key(struct certificate *certificate, uint32_t flags, struct acquired *acquired)
{
    struct certificate_binding binding;
    bool bound, ephemeral;
    int kind = CACHED_KEY;
    SECURITY_STATUS status;

    certificate_lock();
    binding = certificate->binding;
    bound = binding.container[0] != 0;
    ephemeral = !bound && certificate->cached[CACHED_KEY] != 0;
    certificate_unlock();
    if (!bound && !ephemeral) {
        return status_fail(CRYPT_E_NO_KEY_PROPERTY, "the certificate belongs to no stored key");
    }
    status = choose_kind(&binding, bound, flags, &kind);
    if (status != ERROR_SUCCESS) {
        return status;
    }
    acquired->spec = kind == CACHED_KEY ? CERT_NCRYPT_KEY_SPEC : binding.spec;
    if (find_kept(certificate, flags, kind, acquired)) {
        return ERROR_SUCCESS;
    }
    return acquire_anew(certificate, &binding, flags, kind, acquired);
}

static SECURITY_STATUS acquire(PCCERT_CONTEXT context, uint32_t flags, HCRYPTPROV_OR_NCRYPT_KEY_HANDLE *handle,
                               DWORD *spec, BOOL *callers)
{
    struct acquired acquired = {0};
    SECURITY_STATUS status = capi_check_flags(flags, ACQUIRE_FLAGS);

    if (status == ERROR_SUCCESS && (context == NULL || handle == NULL)) {
        status = status_fail(ERROR_INVALID_PARAMETER, "pCert or phCryptProvOrNCryptKey is NULL");
    }
    if (status == ERROR_SUCCESS) {
        status = acquire_key(certificate_of(context), flags, &acquired);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    *handle = acquired.handle;
    if (spec != NULL) {
        *spec = acquired.spec;
    }
    if (callers != NULL) {
        *callers = acquired.callers;
    }
    return ERROR_SUCCESS;
}

BOOL WINAPI CryptAcquireCertificatePrivateKey(PCCERT_CONTEXT pCert, DWORD dwFlags, void *pvParameters,
                                              HCRYPTPROV_OR_NCRYPT_KEY_HANDLE *phCryptProvOrNCryptKey,
                                              DWORD *pdwKeySpec, BOOL *pfCallerFreeProvOrNCryptKey)
{
    (void)pvParameters; /* a window, for dialogs that there are none of here */
    return capi_return("CryptAcquireCertificatePrivateKey",
                       acquire(pCert, dwFlags, phCryptProvOrNCryptKey, pdwKeySpec, pfCallerFreeProvOrNCryptKey));
}
