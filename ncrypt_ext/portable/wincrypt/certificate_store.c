/* SPDX-License-Identifier: MIT
 *
 * CertOpenStore, CertCloseStore, CertEnumCertificatesInStore.
 */
#include <stdlib.h>

#include "common/utf16.h"
#include "wincrypt/certificate.h"

#define MAX_STORE_NAME 64
#define MAX_ISSUERS    1000 /* of a key: each is compared with all others, and the property may have many small ones */
#define LOCATIONS      0x00FF0000u
#define OPEN_FLAGS     (LOCATIONS | CERT_STORE_OPEN_EXISTING_FLAG | CERT_STORE_READONLY_FLAG)

/* ---- a store from the keys' properties ------------------------------------------------------------------------ */

/* Which key a certificate in this record's property belongs to. */
static void bind(struct certificate_binding *binding, const struct store_record *record, bool machine)
{
    enum store_slot slot = store_slot(record);

    for (size_t i = 0; i <= STORE_MAX_NAME; i++) {
        binding->container[i] = record->name[i];
    }
    binding->machine = machine;
    if (slot == STORE_SLOT_KEY) {
        binding->provider = MS_KEY_STORAGE_PROVIDER;
        binding->spec = record->legacy_spec;
    } else {
        binding->provider = MS_ENH_RSA_AES_PROV_W;
        binding->type = PROV_RSA_AES;
        binding->spec = slot == STORE_SLOT_SIGNATURE ? AT_SIGNATURE : AT_KEYEXCHANGE;
    }
}

static SECURITY_STATUS add(struct certificate_store *store, struct der der, const struct store_record *record)
{
    struct certificate *certificate = NULL;
    SECURITY_STATUS status = certificate_new(store, der, &certificate);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (record != NULL) {
        bind(&certificate->binding, record, store->machine);
    }
    certificate_lock();
    certificate_append(certificate);
    certificate_unlock();
    certificate_unref(certificate);
    return ERROR_SUCCESS;
}

/* Only the thread that opens the store knows of its list yet. */
static bool has(const struct certificate_store *store, struct der der)
{
    for (const struct certificate *at = store->first; at != NULL; at = at->next) {
        if (der_equal(certificate_der(at), der)) {
            return true;
        }
    }
    return false;
}

/* What an application has put into the property and is no chain counts for nothing. */
static SECURITY_STATUS add_chain(struct certificate_store *store, struct der chain, const struct store_record *record)
{
    SECURITY_STATUS status = ERROR_SUCCESS;
    struct der one;

    if (!der_is_chain(chain) || !der_next(&chain, &one)) {
        return ERROR_SUCCESS;
    }
    if (store->kind == CERTIFICATE_STORE_MY) {
        return add(store, one, record);
    }
    for (unsigned i = 0; status == ERROR_SUCCESS && i < MAX_ISSUERS && der_next(&chain, &one); i++) {
        if (!has(store, one)) {
            status = add(store, one, NULL);
        }
    }
    return status;
}

/* A key that has been deleted since it was listed, or has no certificates any more, is passed over. */
static SECURITY_STATUS add_key(struct certificate_store *store, struct store *keys, const struct store_record *listed)
{
    struct store_record record = {0};
    struct der chain = {NULL, 0};
    SECURITY_STATUS status = store_read(keys, listed->name, store_slot(listed), &record);

    if (status == ERROR_SUCCESS) {
        status = persist_property(&record, NCRYPT_CERTIFICATE_PROPERTY, &chain.data, &chain.size);
    }
    if (status == ERROR_SUCCESS) {
        status = add_chain(store, chain, &record);
    }
    store_record_clear(&record);
    return status == NTE_BAD_KEYSET || status == NTE_NOT_FOUND ? ERROR_SUCCESS : status;
}

static SECURITY_STATUS add_keys(struct certificate_store *store, struct store *keys, struct lister *lister)
{
    const struct store_record *record = NULL;
    SECURITY_STATUS status;

    while ((status = lister_peek(lister, &record)) == ERROR_SUCCESS) {
        if (record->flags & STORE_FLAG_CERTIFICATES) {
            status = add_key(store, keys, record);
            if (status != ERROR_SUCCESS) {
                return status;
            }
        }
        lister_advance(lister);
    }
    return status == NTE_NO_MORE_ITEMS ? ERROR_SUCCESS : status;
}

/* Where there is no key store there are no certificates. */
static SECURITY_STATUS load(struct certificate_store *store)
{
    enum store_scope scope = store->machine ? STORE_MACHINE : STORE_USER;
    struct lister *lister = calloc(1, sizeof *lister);
    struct store *keys = NULL;
    SECURITY_STATUS status;

    if (lister == NULL) {
        return status_no_memory();
    }
    lister->provider = store->provider;
    lister->scope = scope;
    status = provider_store(store->provider, scope, false, &keys);
    if (status == ERROR_SUCCESS) {
        status = add_keys(store, keys, lister);
    } else if (status == NTE_BAD_KEYSET) {
        status = ERROR_SUCCESS;
    }
    store_release(keys);
    free(lister);
    return status;
}

/* ---- open, close ---------------------------------------------------------------------------------------------- */

static SECURITY_STATUS check_open(LPCSTR provider, HCRYPTPROV_LEGACY legacy, uint32_t flags, const WCHAR *name)
{
    uint32_t location = flags & LOCATIONS;
    SECURITY_STATUS status;

    if (provider != CERT_STORE_PROV_SYSTEM_W) {
        return status_fail(ERROR_FILE_NOT_FOUND, "there are system stores here only (CERT_STORE_PROV_SYSTEM_W)");
    }
    status = capi_check_flags(flags, OPEN_FLAGS);
    if (status == ERROR_SUCCESS && location != CERT_SYSTEM_STORE_CURRENT_USER &&
        location != CERT_SYSTEM_STORE_LOCAL_MACHINE) {
        status = status_fail(ERROR_INVALID_PARAMETER, "the store of the current user or of the machine must be asked "
                                                      "for");
    }
    if (status == ERROR_SUCCESS && (legacy != 0 || name == NULL)) {
        status = status_fail(ERROR_INVALID_PARAMETER, "hCryptProv must be 0 and pvPara name a store");
    }
    return status;
}

static SECURITY_STATUS find_kind(const WCHAR *name, enum certificate_store_kind *kind)
{
    char printable[MAX_STORE_NAME];

    if (utf16_equal_fold(name, u"MY")) {
        *kind = CERTIFICATE_STORE_MY;
    } else if (utf16_equal_fold(name, u"CA")) {
        *kind = CERTIFICATE_STORE_CA;
    } else {
        return status_fail(ERROR_FILE_NOT_FOUND, "there is no store '%s' here, only 'MY' and 'CA'",
                           utf16_printable(name, printable, sizeof printable));
    }
    return ERROR_SUCCESS;
}

static SECURITY_STATUS open_store(LPCSTR provider, HCRYPTPROV_LEGACY legacy, uint32_t flags, const WCHAR *name,
                                  HCERTSTORE *out)
{
    enum certificate_store_kind kind = CERTIFICATE_STORE_MY;
    struct certificate_store *store = NULL;
    HCERTSTORE handle = NULL;
    SECURITY_STATUS status = check_open(provider, legacy, flags, name);

    if (status == ERROR_SUCCESS) {
        status = find_kind(name, &kind);
    }
    if (status == ERROR_SUCCESS) {
        status = certificate_store_new(kind, (flags & LOCATIONS) == CERT_SYSTEM_STORE_LOCAL_MACHINE,
                                       (flags & CERT_STORE_READONLY_FLAG) != 0, &handle);
    }
    if (status == ERROR_SUCCESS) {
        status = certificate_store_acquire(handle, &store);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = load(store);
    certificate_store_release(handle);
    if (status == ERROR_SUCCESS) {
        *out = handle;
    } else {
        (void)!certificate_store_close(handle);
    }
    return status;
}

HCERTSTORE WINAPI CertOpenStore(LPCSTR lpszStoreProvider, DWORD dwEncodingType, HCRYPTPROV_LEGACY hCryptProv,
                                DWORD dwFlags, const void *pvPara)
{
    HCERTSTORE store = NULL;

    (void)dwEncodingType; /* of no use to stores of this kind */
    (void)capi_return("CertOpenStore", open_store(lpszStoreProvider, hCryptProv, dwFlags, pvPara, &store));
    return store;
}

static SECURITY_STATUS close_store(HCERTSTORE handle, uint32_t flags)
{
    SECURITY_STATUS status = capi_check_flags(flags, 0);

    return status == ERROR_SUCCESS && handle != NULL ? certificate_store_close(handle) : status;
}

BOOL WINAPI CertCloseStore(HCERTSTORE hCertStore, DWORD dwFlags)
{
    return capi_return("CertCloseStore", close_store(hCertStore, dwFlags));
}

/* ---- enumerate ------------------------------------------------------------------------------------------------ */

static SECURITY_STATUS next_certificate(struct certificate_store *store, const struct certificate *previous,
                                        struct certificate **out)
{
    struct certificate *at;

    if (previous != NULL && previous->store != store) {
        return status_fail(ERROR_INVALID_PARAMETER, "the previous certificate is of another store");
    }
    certificate_lock();
    at = previous == NULL ? store->first : previous->next;
    while (at != NULL && at->deleted) {
        at = at->next;
    }
    if (at != NULL) {
        certificate_ref(at);
    }
    certificate_unlock();
    *out = at;
    return at == NULL ? status_fail(CRYPT_E_NOT_FOUND, "there are no more certificates") : ERROR_SUCCESS;
}

static SECURITY_STATUS enumerate(HCERTSTORE handle, const struct certificate *previous, struct certificate **out)
{
    struct certificate_store *store = NULL;
    SECURITY_STATUS status = certificate_store_acquire(handle, &store);

    if (status == ERROR_SUCCESS) {
        status = next_certificate(store, previous, out);
        certificate_store_release(handle);
    }
    return status;
}

PCCERT_CONTEXT WINAPI CertEnumCertificatesInStore(HCERTSTORE hCertStore, PCCERT_CONTEXT pPrevCertContext)
{
    struct certificate *next = NULL;
    SECURITY_STATUS status = enumerate(hCertStore, certificate_of(pPrevCertContext), &next);

    certificate_unref(certificate_of(pPrevCertContext));
    (void)capi_return("CertEnumCertificatesInStore", status);
    return next == NULL ? NULL : &next->seen;
}
