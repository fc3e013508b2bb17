/* SPDX-License-Identifier: MIT
 *
 * NCryptTranslateHandle.
 */
#include "wincrypt/internal.h"

SECURITY_STATUS capi_copy_key(const struct key *from, struct key **out)
{
    struct key *key = NULL;
    SECURITY_STATUS status = key_new(from->provider, from->material->algorithm, &key);

    if (status == ERROR_SUCCESS) {
        status = material_take_apart(from->material, from->material->has_private, &key->pending);
    }
    if (status == ERROR_SUCCESS) {
        key->legacy_spec = from->legacy_spec;
        key->export_policy = from->export_policy;
        key->key_usage = from->key_usage;
        status = key_finalize(key, false, false, true);
    }
    if (status == ERROR_SUCCESS) {
        key->original = false;
        *out = key;
        key = NULL;
    }
    key_destroy(key);
    return status;
}

/* A key of the container as it is stored now, with all its properties; an ephemeral one as it is. */
static SECURITY_STATUS translate_spec(struct capi_context *context, uint32_t spec, struct key **out)
{
    struct capi_key *key = NULL;
    SECURITY_STATUS status;

    if (context->container != NULL) {
        return capi_read_key(context, spec, out);
    }
    status = capi_user_key(context, spec, false, &key);
    if (status == ERROR_SUCCESS) {
        status = capi_copy_key(key->key, out);
    }
    capi_key_unref(key);
    return status;
}

static SECURITY_STATUS translate_key(struct capi_context *context, HCRYPTKEY handle, struct key **out)
{
    struct key *key = NULL, *stored = NULL;
    SECURITY_STATUS status = capi_key_acquire(handle, &key);

    if (status != ERROR_SUCCESS) {
        return status_fail(NTE_INVALID_HANDLE, "hLegacyKey is not a live handle of a CryptoAPI key");
    }
    if (key->name == NULL || context->container == NULL) {
        status = capi_copy_key(key, out);
    } else {
        status = capi_read_key(context, capi_key_spec(key), &stored);
        if (status == ERROR_SUCCESS && stored->stored_id != key->stored_id) {
            key_destroy(stored);
            status = status_fail(NTE_NO_KEY, "the key is not the one that its container has now");
        }
        if (status == ERROR_SUCCESS) {
            *out = stored;
        }
    }
    handle_release(handle);
    return status;
}

static SECURITY_STATUS give_provider(const struct capi_context *context, NCRYPT_PROV_HANDLE *out)
{
    SECURITY_STATUS status = handle_create(HANDLE_PROVIDER, provider_ref(context->provider), provider_unref, out);

    if (status != ERROR_SUCCESS) {
        provider_unref(context->provider);
    }
    return status;
}

/* Takes the key over. */
static SECURITY_STATUS give_handles(const struct capi_context *context, struct key *key,
                                    NCRYPT_PROV_HANDLE *provider_out, NCRYPT_KEY_HANDLE *key_out)
{
    NCRYPT_PROV_HANDLE provider = 0;
    NCRYPT_KEY_HANDLE made = 0;
    SECURITY_STATUS status = provider_out == NULL ? ERROR_SUCCESS : give_provider(context, &provider);

    if (status == ERROR_SUCCESS) {
        status = key_handle(key, &made);
    }
    if (status != ERROR_SUCCESS) {
        key_destroy(key);
        if (provider != 0) {
            (void)!handle_close(provider, HANDLE_PROVIDER);
        }
        return status;
    }
    if (provider_out != NULL) {
        *provider_out = provider;
    }
    *key_out = made;
    return ERROR_SUCCESS;
}

static SECURITY_STATUS check_call(const NCRYPT_KEY_HANDLE *out, HCRYPTKEY legacy_key, uint32_t spec, uint32_t flags)
{
    SECURITY_STATUS status = capi_check_flags(flags, 0);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (out == NULL) {
        return status_fail(NTE_INVALID_PARAMETER, "phKey is NULL");
    }
    if (spec != 0 && spec != AT_KEYEXCHANGE && spec != AT_SIGNATURE) {
        return status_fail(NTE_INVALID_PARAMETER, "legacy key specification %u is none of 0, 1 and 2", (unsigned)spec);
    }
    if (spec == 0 && legacy_key == 0) {
        return status_fail(NTE_INVALID_PARAMETER, "neither a key handle nor a key specification is given");
    }
    return ERROR_SUCCESS;
}

static SECURITY_STATUS translate(NCRYPT_PROV_HANDLE *provider_out, NCRYPT_KEY_HANDLE *key_out, HCRYPTPROV handle,
                                 HCRYPTKEY legacy_key, uint32_t spec, uint32_t flags)
{
    struct capi_context *context = handle_acquire(handle, HANDLE_CAPI_CONTEXT);
    struct key *key = NULL;
    SECURITY_STATUS status;

    if (context == NULL) {
        return status_fail(NTE_INVALID_HANDLE, "hLegacyProv is not a live handle of a cryptographic context");
    }
    status = check_call(key_out, legacy_key, spec, flags);
    if (status == ERROR_SUCCESS) {
        status = spec != 0 ? translate_spec(context, spec, &key) : translate_key(context, legacy_key, &key);
    }
    if (status == ERROR_SUCCESS) {
        status = give_handles(context, key, provider_out, key_out);
    }
    handle_release(handle);
    return status;
}

SECURITY_STATUS WINAPI NCryptTranslateHandle(NCRYPT_PROV_HANDLE *phProvider, NCRYPT_KEY_HANDLE *phKey,
                                             HCRYPTPROV hLegacyProv, HCRYPTKEY hLegacyKey, DWORD dwLegacyKeySpec,
                                             DWORD dwFlags)
{
    return trace_return("NCryptTranslateHandle",
                        translate(phProvider, phKey, hLegacyProv, hLegacyKey, dwLegacyKeySpec, dwFlags));
}
