/* SPDX-License-Identifier: MIT
 *
 * CryptImportKey, CryptExportKey.
 */
#include "ncrypt/blob/blob.h"
#include "wincrypt/internal.h"

#define IMPORT_FLAGS (CRYPT_EXPORTABLE | CRYPT_USER_PROTECTED)

#define HEADER_SIZE  sizeof(BLOBHEADER)
#define AT_ALGORITHM 4

/* ---- import --------------------------------------------------------------------------------------------------- */

struct import {
    const uint8_t *data;
    uint32_t size;
    uint32_t flags;
};

static SECURITY_STATUS find_format(unsigned type, const struct blob_format **format)
{
    *format = type == PUBLICKEYBLOB    ? blob_format_by_type(LEGACY_RSAPUBLIC_BLOB)
              : type == PRIVATEKEYBLOB ? blob_format_by_type(LEGACY_RSAPRIVATE_BLOB)
                                       : NULL;
    return *format != NULL ? ERROR_SUCCESS : status_fail(NTE_BAD_TYPE, "key blobs of type %u are not supported", type);
}

static SECURITY_STATUS read_header(const struct import *import, const struct blob_format **format, uint32_t *spec)
{
    uint32_t algorithm;
    SECURITY_STATUS status;

    if (import->size < HEADER_SIZE) {
        return status_fail(NTE_BAD_DATA, "a key blob of %u bytes", (unsigned)import->size);
    }
    status = find_format(import->data[0], format);
    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (import->data[1] != CUR_BLOB_VERSION) {
        return status_fail(NTE_BAD_VER, "the key blob has version %u, %d is supported", import->data[1],
                           CUR_BLOB_VERSION);
    }
    algorithm = blob_read_u32(import->data + AT_ALGORITHM);
    if (algorithm != CALG_RSA_KEYX && algorithm != CALG_RSA_SIGN) {
        return status_fail(NTE_BAD_ALGID, "the key blob is for algorithm 0x%X, which is not supported",
                           (unsigned)algorithm);
    }
    *spec = algorithm == CALG_RSA_SIGN ? AT_SIGNATURE : AT_KEYEXCHANGE;
    return ERROR_SUCCESS;
}

/* What the key storage functions tell apart is all bad data here. */
static SECURITY_STATUS refusal(SECURITY_STATUS status)
{
    return status == NTE_INVALID_PARAMETER || status == NTE_NOT_SUPPORTED ? status_rename(status, NTE_BAD_DATA)
                                                                          : status;
}

static SECURITY_STATUS import_blob(struct capi_context *context, const struct import *import, HCRYPTKEY *handle)
{
    const struct blob_parameters parameters = {0};
    const struct blob_format *format = NULL;
    struct components components;
    struct key *key = NULL;
    uint32_t spec = 0, usage = 0;
    SECURITY_STATUS status = read_header(import, &format, &spec);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    components_init(&components);
    status = refusal(blob_parse(format, import->data, import->size, &parameters, &components, &usage));
    if (status == ERROR_SUCCESS) {
        status = capi_new_key(context, spec, import->flags, !format->is_private, &key);
    }
    if (status == ERROR_SUCCESS) {
        key->pending = components;
        key->imported = true;
        components_init(&components);
        status = refusal(capi_finish_key(context, key, handle));
    }
    components_clear(&components);
    return status;
}

static SECURITY_STATUS import_key(HCRYPTPROV handle, const struct import *import, HCRYPTKEY other, HCRYPTKEY *out)
{
    struct capi_context *context = NULL;
    SECURITY_STATUS status = capi_context_acquire(handle, &context);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = capi_check_flags(import->flags, IMPORT_FLAGS);
    if (status == ERROR_SUCCESS && (import->data == NULL || import->size == 0 || out == NULL)) {
        status = status_fail(ERROR_INVALID_PARAMETER, "pbData or phKey is NULL, or the blob is empty");
    }
    if (status == ERROR_SUCCESS) {
        status = capi_check_no_key(other);
    }
    if (status == ERROR_SUCCESS) {
        status = import_blob(context, import, out);
    }
    handle_release(handle);
    return status;
}

BOOL WINAPI CryptImportKey(HCRYPTPROV hProv, const BYTE *pbData, DWORD dwDataLen, HCRYPTKEY hPubKey, DWORD dwFlags,
                           HCRYPTKEY *phKey)
{
    struct import import = {.data = pbData, .size = dwDataLen, .flags = dwFlags};

    return capi_return("CryptImportKey", import_key(hProv, &import, hPubKey, phKey));
}

/* ---- export --------------------------------------------------------------------------------------------------- */

static SECURITY_STATUS write_blob(const struct key *key, const struct blob_format *format, uint8_t *out,
                                  DWORD *out_size)
{
    const struct blob_parameters parameters = {.usage = NCRYPT_ALLOW_ALL_USAGES};
    struct components components;
    size_t size = 0;
    SECURITY_STATUS status;

    components_init(&components);
    status = material_take_apart(key->material, format->is_private, &components);
    if (status == ERROR_SUCCESS) {
        status = format->write(format, &components, &parameters, out, *out_size, &size);
    }
    if (status == ERROR_SUCCESS || status == NTE_BUFFER_TOO_SMALL) {
        *out_size = (DWORD)size;
    }
    if (status == ERROR_SUCCESS && out != NULL) {
        blob_write_u32(out + AT_ALGORITHM, capi_key_algorithm(key));
    }
    components_clear(&components);
    return status;
}

static SECURITY_STATUS export_blob(const struct key *key, uint32_t type, uint8_t *out, DWORD *out_size)
{
    const struct blob_format *format = NULL;
    SECURITY_STATUS status = find_format(type, &format);

    if (status == ERROR_SUCCESS && format->is_private && !capi_key_exportable(key) && !capi_key_archivable(key)) {
        status = status_fail(NTE_BAD_KEY_STATE, key->material->has_private ? "the private key is not exportable"
                                                                           : "the key is a public key");
    }
    return status == ERROR_SUCCESS ? write_blob(key, format, out, out_size) : status;
}

static SECURITY_STATUS export_key(HCRYPTKEY handle, HCRYPTKEY other, uint32_t type, uint32_t flags, uint8_t *out,
                                  DWORD *out_size)
{
    struct key *key = NULL;
    SECURITY_STATUS status = capi_key_acquire(handle, &key);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = capi_check_flags(flags, 0);
    if (status == ERROR_SUCCESS && out_size == NULL) {
        status = status_fail(ERROR_INVALID_PARAMETER, "pdwDataLen is NULL");
    }
    if (status == ERROR_SUCCESS) {
        status = capi_check_no_key(other);
    }
    if (status == ERROR_SUCCESS) {
        status = export_blob(key, type, out, out_size);
    }
    handle_release(handle);
    return status;
}

BOOL WINAPI CryptExportKey(HCRYPTKEY hKey, HCRYPTKEY hExpKey, DWORD dwBlobType, DWORD dwFlags, BYTE *pbData,
                           DWORD *pdwDataLen)
{
    return capi_return("CryptExportKey", export_key(hKey, hExpKey, dwBlobType, dwFlags, pbData, pdwDataLen));
}
