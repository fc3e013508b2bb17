/* SPDX-License-Identifier: MIT
 *
 * NCryptImportKey, NCryptExportKey.
 */
#include <stdlib.h>

#include "common/utf16.h"
#include "ncrypt/blob/blob.h"
#include "ncrypt/blob/pbe.h"
#include "ncrypt/internal.h"

#define VIRTUAL_ISOLATION_FLAGS                                                                                        \
    (NCRYPT_PREFER_VIRTUAL_ISOLATION_FLAG | NCRYPT_USE_VIRTUAL_ISOLATION_FLAG | NCRYPT_USE_PER_BOOT_KEY_FLAG)
#define IMPORT_FLAGS                                                                                                   \
    (NCRYPT_SILENT_FLAG | NCRYPT_NO_KEY_VALIDATION | NCRYPT_MACHINE_KEY_FLAG | NCRYPT_OVERWRITE_KEY_FLAG |             \
     NCRYPT_WRITE_KEY_TO_LEGACY_STORE_FLAG | NCRYPT_DO_NOT_FINALIZE_FLAG | NCRYPT_TREAT_NIST_AS_GENERIC_ECC_FLAG |     \
     VIRTUAL_ISOLATION_FLAGS)
#define EXPORT_FLAGS (NCRYPT_SILENT_FLAG | NCRYPT_EXPORT_LEGACY_FLAG)

/* The key that another one is wrapped under; NULL when there is none. Pair with handle_release(). */
static SECURITY_STATUS acquire_other(NCRYPT_KEY_HANDLE handle, struct key **other)
{
    struct key *key;
    SECURITY_STATUS status;

    if (handle == 0) {
        return ERROR_SUCCESS;
    }
    status = key_acquire(handle, &key);
    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = key_check_ready(key);
    if (status != ERROR_SUCCESS) {
        handle_release(handle);
        return status;
    }
    *other = key;
    return ERROR_SUCCESS;
}

static void release_other(NCRYPT_KEY_HANDLE handle, const struct key *other)
{
    if (other != NULL) {
        handle_release(handle);
    }
}

/* Whether the format has a use for the wrapping key and the buffers. */
static SECURITY_STATUS check_extras(const struct blob_format *format, const struct key *other, uint32_t given,
                                    uint32_t known)
{
    if (other != NULL && !format->wraps) {
        return status_fail(NTE_NOT_SUPPORTED, "this blob type is not wrapped under another key");
    }
    if (given & ~known) {
        return status_fail(NTE_INVALID_PARAMETER, "a buffer of the parameter list has no meaning for this blob type");
    }
    return ERROR_SUCCESS;
}

/* ---- import
 * --------------------------------------------------------------------------------------------------------------- */

struct import {
    struct provider *provider;
    struct key *other; /* that of hImportKey, or NULL */
    const WCHAR *type;
    struct parameters parameters;
    const uint8_t *data;
    uint32_t size;
    uint32_t flags;
};

static SECURITY_STATUS unknown_blob(SECURITY_STATUS status, const WCHAR *type)
{
    char printable[64];

    return status_fail(status, "blob type '%s' is not supported", utf16_printable(type, printable, sizeof printable));
}

static SECURITY_STATUS check_name_of(const struct import *import, const struct blob_format *format)
{
    if (import->parameters.key_name == NULL) {
        return ERROR_SUCCESS;
    }
    if (!format->is_private) {
        return status_fail(NTE_NOT_SUPPORTED, "a public key cannot be stored under a name");
    }
    return key_check_name(import->parameters.key_name);
}

/* Whether the key of hImportKey may open what others have closed. */
static SECURITY_STATUS check_opener(const struct key *other)
{
    const uint32_t wanted = NCRYPT_ALLOW_DECRYPT_FLAG | NCRYPT_ALLOW_KEY_AGREEMENT_FLAG | NCRYPT_ALLOW_KEY_IMPORT_FLAG;

    return other == NULL || (other->key_usage & wanted) != 0
               ? ERROR_SUCCESS
               : status_fail(NTE_PERM, "the key of hImportKey may not be used to open others");
}

static SECURITY_STATUS parse_blob(const struct import *import, const struct blob_format *format,
                                  struct components *components, uint32_t *usage)
{
    struct blob_parameters parameters = {
        .list = &import->parameters,
        .wrapping = import->other == NULL ? NULL : import->other->material,
        .curve_name = import->parameters.curve_name,
        .generic_ecc = (import->flags & NCRYPT_TREAT_NIST_AS_GENERIC_ECC_FLAG) != 0,
    };

    return blob_parse(format, import->data, import->size, &parameters, components, usage);
}

/* The key as NCryptCreatePersistedKey would have made it, with its numbers pending. Takes the components over. */
static SECURITY_STATUS make_pending(const struct import *import, struct components *components, uint32_t usage,
                                    struct key **out)
{
    struct key *key = NULL;
    SECURITY_STATUS status = key_new(import->provider, components->algorithm, &key);

    if (status == ERROR_SUCCESS && import->parameters.key_name != NULL) {
        status = key_set_name(key, import->parameters.key_name);
    }
    if (status != ERROR_SUCCESS) {
        key_destroy(key);
        return status;
    }
    key->curve = components->curve;
    key->set = components->set;
    key->pending = *components;
    components_init(components);
    key->key_usage = usage;
    key->imported = true;
    key->machine = (import->flags & NCRYPT_MACHINE_KEY_FLAG) != 0;
    key->overwrite = (import->flags & NCRYPT_OVERWRITE_KEY_FLAG) != 0;
    key->generic_ecc = (import->flags & NCRYPT_TREAT_NIST_AS_GENERIC_ECC_FLAG) != 0;
    *out = key;
    return ERROR_SUCCESS;
}

/* Takes the key over. It has its handle before it may be stored, so that nothing stays behind when there is none. */
static SECURITY_STATUS finish_import(const struct import *import, struct key *key, NCRYPT_KEY_HANDLE *handle)
{
    NCRYPT_KEY_HANDLE made = 0;
    SECURITY_STATUS status = key_handle(key, &made);

    if (status != ERROR_SUCCESS) {
        key_destroy(key);
        return status;
    }
    if ((import->flags & NCRYPT_DO_NOT_FINALIZE_FLAG) == 0) {
        status = key_finalize(key, (import->flags & NCRYPT_NO_KEY_VALIDATION) == 0,
                              (import->flags & NCRYPT_WRITE_KEY_TO_LEGACY_STORE_FLAG) != 0,
                              (import->flags & NCRYPT_SILENT_FLAG) != 0);
    }
    if (status == ERROR_SUCCESS) {
        *handle = made;
    } else {
        (void)!handle_close(made, HANDLE_KEY);
    }
    return status;
}

/* A whole key, as it was; the policy that it had stays. */
static SECURITY_STATUS import_opaque(const struct import *import, NCRYPT_KEY_HANDLE *handle)
{
    struct import changed = *import;
    struct key *key = NULL;
    SECURITY_STATUS status;

    if (import->flags & NCRYPT_DO_NOT_FINALIZE_FLAG) {
        return status_fail(NTE_NOT_SUPPORTED, "a sealed key cannot be imported unfinalized");
    }
    status = opaque_read(import->provider, import->data, import->size, &key);
    if (status == ERROR_SUCCESS && import->parameters.key_name != NULL) {
        free(key->name);
        status = key_set_name(key, import->parameters.key_name);
    }
    if (status != ERROR_SUCCESS) {
        key_destroy(key);
        return status;
    }
    key->machine = (import->flags & NCRYPT_MACHINE_KEY_FLAG) != 0;
    key->overwrite = (import->flags & NCRYPT_OVERWRITE_KEY_FLAG) != 0;
    changed.flags |= key->legacy_store ? NCRYPT_WRITE_KEY_TO_LEGACY_STORE_FLAG : 0;
    return finish_import(&changed, key, handle);
}

static SECURITY_STATUS import_blob(const struct import *import, NCRYPT_KEY_HANDLE *handle)
{
    const struct blob_format *format = blob_format_resolve(import->type, NULL, import->data, import->size);
    struct components components;
    struct key *key = NULL;
    uint32_t usage = NCRYPT_ALLOW_ALL_USAGES;
    SECURITY_STATUS status;

    if (format == NULL) {
        return unknown_blob(NTE_NOT_SUPPORTED, import->type);
    }
    if ((import->flags & NCRYPT_DO_NOT_FINALIZE_FLAG) && !format->is_private) {
        return status_fail(NTE_NOT_SUPPORTED, "only private keys can be imported unfinalized");
    }
    status = check_extras(format, import->other, import->parameters.given, format->reads);
    if (status == ERROR_SUCCESS) {
        status = check_opener(import->other);
    }
    if (status == ERROR_SUCCESS) {
        status = check_name_of(import, format);
    }
    if (format->parse == NULL) {
        return status == ERROR_SUCCESS ? import_opaque(import, handle) : status;
    }
    components_init(&components);
    if (status == ERROR_SUCCESS) {
        status = parse_blob(import, format, &components, &usage);
    }
    if (status == ERROR_SUCCESS && import->other != NULL) {
        key_mark_used(import->other, import->data);
    }
    if (status == ERROR_SUCCESS) {
        status = make_pending(import, &components, usage, &key);
    }
    components_clear(&components);
    return status == ERROR_SUCCESS ? finish_import(import, key, handle) : status;
}

static SECURITY_STATUS check_import(const struct import *import, const NCRYPT_KEY_HANDLE *handle)
{
    if (import->flags & ~(uint32_t)IMPORT_FLAGS) {
        return status_fail(NTE_BAD_FLAGS, "flags 0x%X", (unsigned)import->flags);
    }
    if (import->flags & NCRYPT_USE_VIRTUAL_ISOLATION_FLAG) {
        return status_fail(NTE_VBS_UNAVAILABLE, "there is no virtualization-based security here");
    }
    if (handle == NULL || import->type == NULL || import->data == NULL) {
        return status_fail(NTE_INVALID_PARAMETER, "phKey, pszBlobType or pbData is NULL");
    }
    if (import->size == 0) {
        return status_fail(NTE_INVALID_PARAMETER, "the blob is empty");
    }
    return ERROR_SUCCESS;
}

static SECURITY_STATUS import_key(NCRYPT_PROV_HANDLE provider_handle, NCRYPT_KEY_HANDLE other,
                                  const NCryptBufferDesc *list, NCRYPT_KEY_HANDLE *handle, struct import *import)
{
    SECURITY_STATUS status;

    import->provider = handle_acquire(provider_handle, HANDLE_PROVIDER);
    if (import->provider == NULL) {
        return status_fail(NTE_INVALID_HANDLE, "not a live provider handle");
    }
    status = check_import(import, handle);
    if (status == ERROR_SUCCESS) {
        status = acquire_other(other, &import->other);
    }
    if (status == ERROR_SUCCESS) {
        status = parameters_read(list, &import->parameters);
    }
    if (status == ERROR_SUCCESS) {
        status = import_blob(import, handle);
    }
    release_other(other, import->other);
    handle_release(provider_handle);
    return status;
}

SECURITY_STATUS WINAPI NCryptImportKey(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hImportKey, LPCWSTR pszBlobType,
                                       NCryptBufferDesc *pParameterList, NCRYPT_KEY_HANDLE *phKey, PBYTE pbData,
                                       DWORD cbData, DWORD dwFlags)
{
    struct import import = {.type = pszBlobType, .data = pbData, .size = cbData, .flags = dwFlags};

    return trace_return("NCryptImportKey", import_key(hProvider, hImportKey, pParameterList, phKey, &import));
}

/* ---- export
 * --------------------------------------------------------------------------------------------------------------- */

struct export {
    struct key *key;
    const struct key *other; /* that of hExportKey, or NULL */
    const struct blob_format *format;
    struct parameters parameters;
    bool used_up; /* this call has the one export that an archiving policy allows */
};

/* The bits of the export policy that let a private key out in this form: always, and once. */
static void policies_for(const struct export *export, uint32_t *always, uint32_t *once)
{
    *always = NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG | export->format->policy;
    *once = NCRYPT_ALLOW_PLAINTEXT_ARCHIVING_FLAG;
    if (export->format->is_sealed || pbe_is_wanted(&export->parameters)) {
        *always |= NCRYPT_ALLOW_EXPORT_FLAG;
        *once |= NCRYPT_ALLOW_ARCHIVING_FLAG;
    }
}

/* An archiving policy lets the private key out once, on the handle that made it. `use_up` when bytes really leave. */
static SECURITY_STATUS check_policy(struct export *export, bool use_up)
{
    struct key *key = export->key;
    uint32_t policy = atomic_load_explicit(&key->export_policy, memory_order_relaxed), always, once;
    bool allowed;

    policies_for(export, &always, &once);
    if (policy & always) {
        return ERROR_SUCCESS;
    }
    pthread_mutex_lock(&key->lock);
    allowed = (policy & once) && key->original && !key->archived;
    if (allowed && use_up) {
        key->archived = export->used_up = true;
    }
    pthread_mutex_unlock(&key->lock);
    return allowed ? ERROR_SUCCESS
                   : status_fail(NTE_NOT_SUPPORTED, "the export policy does not allow the private key to be exported");
}

/* Nothing has left after all. */
static void give_back(const struct export *export)
{
    if (export->used_up) {
        pthread_mutex_lock(&export->key->lock);
        export->key->archived = false;
        pthread_mutex_unlock(&export->key->lock);
    }
}

static SECURITY_STATUS export_opaque(struct export *export, uint8_t *out, uint32_t out_size, DWORD *result)
{
    size_t size = 0;
    SECURITY_STATUS status = opaque_write(export->key, NULL, 0, &size);

    if (status == ERROR_SUCCESS) {
        status = check_policy(export, out != NULL && out_size >= size);
    }
    if (status == ERROR_SUCCESS) {
        *result = (DWORD)size;
        if (out != NULL) {
            status = opaque_write(export->key, out, out_size, &size);
            *result = (DWORD)size;
        }
    }
    return status;
}

static SECURITY_STATUS write_blob(struct export *export, uint8_t *out, uint32_t out_size, DWORD *result)
{
    const struct blob_format *format = export->format;
    const struct blob_parameters parameters = {
        .list = &export->parameters,
        .wrapping = export->other == NULL ? NULL : export->other->material,
        .usage = export->key->key_usage,
    };
    struct components components;
    size_t size = 0;
    SECURITY_STATUS status;

    components_init(&components);
    status = material_take_apart(export->key->material, format->is_private, &components);
    if (status == ERROR_SUCCESS) {
        status = format->write(format, &components, &parameters, NULL, 0, &size);
    }
    if (status == ERROR_SUCCESS && format->is_private) {
        status = check_policy(export, out != NULL && out_size >= size);
    }
    if (status == ERROR_SUCCESS) {
        *result = (DWORD)size;
        if (out != NULL) {
            status = format->write(format, &components, &parameters, out, out_size, &size);
            *result = (DWORD)size;
        }
    }
    components_clear(&components);
    return status;
}

static SECURITY_STATUS export_blob(struct export *export, const WCHAR *type, uint8_t *out, uint32_t out_size,
                                   DWORD *result)
{
    const struct blob_format *format = blob_format_resolve(type, export->key->material->algorithm, NULL, 0);
    SECURITY_STATUS status;

    if (format == NULL) {
        return unknown_blob(NTE_BAD_TYPE, type);
    }
    export->format = format;
    status = check_extras(format, export->other, export->parameters.given, format->writes);
    if (status == ERROR_SUCCESS && format->is_private) {
        status = check_policy(export, false); /* before anything is taken apart */
    }
    if (status == ERROR_SUCCESS) {
        status = format->write == NULL ? export_opaque(export, out, out_size, result)
                                       : write_blob(export, out, out_size, result);
    }
    if (status == ERROR_SUCCESS && format->is_private) {
        key_mark_used(export->key, out);
    } else if (status != ERROR_SUCCESS) {
        give_back(export);
    }
    return status;
}

static SECURITY_STATUS export_key(NCRYPT_KEY_HANDLE handle, NCRYPT_KEY_HANDLE other_handle, const WCHAR *type,
                                  const NCryptBufferDesc *list, uint8_t *out, uint32_t out_size, DWORD *result,
                                  uint32_t flags)
{
    struct export export = {.format = NULL};
    struct key *other = NULL;
    SECURITY_STATUS status = key_acquire(handle, &export.key);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (flags & ~(uint32_t)EXPORT_FLAGS) {
        status = status_fail(NTE_BAD_FLAGS, "flags 0x%X", (unsigned)flags);
    } else if (type == NULL || result == NULL) {
        status = status_fail(NTE_INVALID_PARAMETER, "pszBlobType or pcbResult is NULL");
    } else {
        status = acquire_other(other_handle, &other);
        export.other = other;
    }
    if (status == ERROR_SUCCESS) {
        status = parameters_read(list, &export.parameters);
    }
    if (status == ERROR_SUCCESS) {
        status = key_check_ready(export.key);
    }
    if (status == ERROR_SUCCESS) {
        status = export_blob(&export, type, out, out_size, result);
    }
    release_other(other_handle, other);
    handle_release(handle);
    return status;
}

SECURITY_STATUS WINAPI NCryptExportKey(NCRYPT_KEY_HANDLE hKey, NCRYPT_KEY_HANDLE hExportKey, LPCWSTR pszBlobType,
                                       NCryptBufferDesc *pParameterList, PBYTE pbOutput, DWORD cbOutput,
                                       DWORD *pcbResult, DWORD dwFlags)
{
    return trace_return("NCryptExportKey", export_key(hKey, hExportKey, pszBlobType, pParameterList, pbOutput, cbOutput,
                                                      pcbResult, dwFlags));
}
