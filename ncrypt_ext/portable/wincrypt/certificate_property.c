/* SPDX-License-Identifier: MIT
 *
 * CertGetCertificateContextProperty, CertSetCertificateContextProperty.
 */
#include <string.h>

#include "common/utf16.h"
#include "wincrypt/certificate.h"

#define PROVIDER_INFO_FLAGS (CRYPT_MACHINE_KEYSET | CRYPT_SILENT)

static SECURITY_STATUS unknown_property(SECURITY_STATUS status, uint32_t property)
{
    return status_fail(status, "certificates have no property %u here", (unsigned)property);
}

/* ---- get ------------------------------------------------------------------------------------------------------ */

static size_t text_size(const WCHAR *text)
{
    return (utf16_length(text, SIZE_MAX) + 1) * sizeof *text;
}

static WCHAR *put_text(uint8_t **next, const WCHAR *text)
{
    WCHAR *place = (WCHAR *)(void *)*next;
    size_t size = text_size(text);

    memcpy(place, text, size);
    *next += size;
    return place;
}

/* Size query, or `size` bytes of room. */
static SECURITY_STATUS check_room(size_t size, const BYTE *out, DWORD *out_size, bool *ready)
{
    DWORD room = *out_size;

    *out_size = (DWORD)size;
    *ready = out != NULL && room >= size;
    if (out != NULL && room < size) {
        return status_fail(NTE_BUFFER_TOO_SMALL, "the value has %zu bytes", size);
    }
    return ERROR_SUCCESS;
}

/* The structure, and behind it the strings that it points to. */
static SECURITY_STATUS get_provider_info(const struct certificate_binding *binding, BYTE *out, DWORD *out_size)
{
    CRYPT_KEY_PROV_INFO info = {.dwProvType = binding->type,
                                .dwFlags = binding->machine ? CRYPT_MACHINE_KEYSET : 0,
                                .dwKeySpec = binding->spec};
    uint8_t *next = out;
    SECURITY_STATUS status;
    bool ready = false;

    if (binding->container[0] == 0) {
        return status_fail(CRYPT_E_NOT_FOUND, "the certificate belongs to no stored key");
    }
    status =
        check_room(sizeof info + text_size(binding->container) + text_size(binding->provider), out, out_size, &ready);
    if (ready) {
        next += sizeof info;
        info.pwszContainerName = put_text(&next, binding->container);
        info.pwszProvName = put_text(&next, binding->provider);
        memcpy(out, &info, sizeof info);
    }
    return status;
}

static SECURITY_STATUS get_friendly_name(const struct certificate *certificate, BYTE *out, DWORD *out_size)
{
    const WCHAR *name = certificate->friendly_name;

    return name == NULL ? status_fail(CRYPT_E_NOT_FOUND, "the certificate has no friendly name")
                        : capi_output(name, text_size(name), out, out_size);
}

static SECURITY_STATUS get_property(struct certificate *certificate, uint32_t property, BYTE *out, DWORD *out_size)
{
    SECURITY_STATUS status;

    if (certificate == NULL || out_size == NULL) {
        return status_fail(ERROR_INVALID_PARAMETER, "pCertContext or pcbData is NULL");
    }
    certificate_lock();
    switch (property) {
    case CERT_KEY_PROV_INFO_PROP_ID:
        status = get_provider_info(&certificate->binding, out, out_size);
        break;
    case CERT_FRIENDLY_NAME_PROP_ID:
        status = get_friendly_name(certificate, out, out_size);
        break;
    default:
        status = unknown_property(CRYPT_E_NOT_FOUND, property);
    }
    certificate_unlock();
    return status;
}

BOOL WINAPI CertGetCertificateContextProperty(PCCERT_CONTEXT pCertContext, DWORD dwPropId, void *pvData, DWORD *pcbData)
{
    return capi_return("CertGetCertificateContextProperty",
                       get_property(certificate_of(pCertContext), dwPropId, pvData, pcbData));
}

/* ---- set ------------------------------------------------------------------------------------------------------ */

static SECURITY_STATUS read_cng(const CRYPT_KEY_PROV_INFO *info, struct certificate_binding *binding)
{
    if (info->pwszProvName != NULL && !utf16_equal_fold(info->pwszProvName, MS_KEY_STORAGE_PROVIDER)) {
        return status_fail(NTE_KEYSET_NOT_DEF, "there is no such key storage provider here");
    }
    if (info->dwKeySpec > AT_SIGNATURE) {
        return status_fail(ERROR_INVALID_PARAMETER, "key specification %u is none of 0, 1 and 2",
                           (unsigned)info->dwKeySpec);
    }
    binding->provider = MS_KEY_STORAGE_PROVIDER;
    return ERROR_SUCCESS;
}

static SECURITY_STATUS read_capi(const CRYPT_KEY_PROV_INFO *info, struct certificate_binding *binding)
{
    const struct capi_provider *row = NULL;
    SECURITY_STATUS status = capi_find_provider(info->pwszProvName, info->dwProvType, &row);

    if (status == ERROR_SUCCESS && info->dwKeySpec != AT_KEYEXCHANGE && info->dwKeySpec != AT_SIGNATURE) {
        status = status_fail(ERROR_INVALID_PARAMETER, "key specification %u is neither AT_KEYEXCHANGE nor AT_SIGNATURE",
                             (unsigned)info->dwKeySpec);
    }
    if (status == ERROR_SUCCESS) {
        binding->provider = row->name;
    }
    return status;
}

static SECURITY_STATUS read_provider_info(const CRYPT_KEY_PROV_INFO *info, struct certificate_binding *binding)
{
    size_t length = info->pwszContainerName == NULL ? 0 : utf16_length(info->pwszContainerName, STORE_MAX_NAME + 1);
    SECURITY_STATUS status = capi_check_flags(info->dwFlags, PROVIDER_INFO_FLAGS);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (length == 0 || length > STORE_MAX_NAME) {
        return status_fail(ERROR_INVALID_PARAMETER, "the key's name must have 1 to %d characters", STORE_MAX_NAME);
    }
    if (info->cProvParam != 0) {
        return status_fail(ERROR_INVALID_PARAMETER, "parameters of the provider are not supported");
    }
    *binding = (struct certificate_binding){
        .type = info->dwProvType, .spec = info->dwKeySpec, .machine = (info->dwFlags & CRYPT_MACHINE_KEYSET) != 0};
    memcpy(binding->container, info->pwszContainerName, length * sizeof(WCHAR));
    return info->dwProvType == 0 ? read_cng(info, binding) : read_capi(info, binding);
}

/* In the key store first: a failure leaves everything as it was. A certificate that is nowhere but in memory is not put
 * on the key. Several bindings may say the same key, with a key specification and without. */
static SECURITY_STATUS move(struct certificate *certificate, const struct certificate_binding *from,
                            const struct certificate_binding *to)
{
    const struct certificate_store *store = certificate->store;
    struct der der = certificate_der(certificate);
    int64_t kept = 0;
    SECURITY_STATUS status = ERROR_SUCCESS;

    if (store->kind == CERTIFICATE_STORE_MEMORY) {
        return ERROR_SUCCESS;
    }
    if (to->container[0] != 0) {
        status = certificate_attach(store->provider, to, der, &kept);
    }
    if (status == ERROR_SUCCESS && from->container[0] != 0) {
        status = certificate_detach(store->provider, from, der, kept);
    }
    return status;
}

static SECURITY_STATUS check_store(const struct certificate_store *store, const struct certificate_binding *binding)
{
    if (store->read_only) {
        return status_fail(E_ACCESSDENIED, "the certificate store has been opened for reading only");
    }
    if (store->kind == CERTIFICATE_STORE_CA) {
        return status_fail(NTE_NOT_SUPPORTED, "what is in the store 'CA' has no keys here");
    }
    if (store->kind == CERTIFICATE_STORE_MY && binding->container[0] != 0 && binding->machine != store->machine) {
        return status_fail(ERROR_INVALID_PARAMETER, "a certificate is where its key is: both the user's or both the "
                                                    "machine's");
    }
    return ERROR_SUCCESS;
}

static SECURITY_STATUS set_provider_info(struct certificate *certificate, const CRYPT_KEY_PROV_INFO *info)
{
    struct certificate_binding old, binding = {.type = 0};
    SECURITY_STATUS status = info == NULL ? ERROR_SUCCESS : read_provider_info(info, &binding);

    if (status == ERROR_SUCCESS) {
        status = check_store(certificate->store, &binding);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    certificate_lock();
    old = certificate->binding;
    certificate_unlock();
    status = move(certificate, &old, &binding);
    if (status == ERROR_SUCCESS) {
        certificate_lock();
        certificate->binding = binding;
        certificate_unlock();
    }
    return status;
}

static SECURITY_STATUS set_property(struct certificate *certificate, uint32_t property, uint32_t flags,
                                    const void *data)
{
    SECURITY_STATUS status = capi_check_flags(flags, 0);

    if (status == ERROR_SUCCESS && certificate == NULL) {
        status = status_fail(ERROR_INVALID_PARAMETER, "pCertContext is NULL");
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    return property == CERT_KEY_PROV_INFO_PROP_ID ? set_provider_info(certificate, data)
                                                  : unknown_property(NTE_NOT_SUPPORTED, property);
}

BOOL WINAPI CertSetCertificateContextProperty(PCCERT_CONTEXT pCertContext, DWORD dwPropId, DWORD dwFlags,
                                              const void *pvData)
{
    return capi_return("CertSetCertificateContextProperty",
                       set_property(certificate_of(pCertContext), dwPropId, dwFlags, pvData));
}
