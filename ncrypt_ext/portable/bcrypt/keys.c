/* SPDX-License-Identifier: MIT
 *
 * BCryptImportKeyPair, BCryptExportKey, BCryptDestroyKey.
 */
#include "bcrypt/internal.h"
#include "common/utf16.h"
#include "ncrypt/blob/blob.h"

SECURITY_STATUS bcrypt_key_acquire(BCRYPT_KEY_HANDLE handle, struct material **material)
{
    *material = handle_acquire((NCRYPT_HANDLE)handle, HANDLE_BCRYPT_KEY);
    return *material == NULL ? status_fail(STATUS_INVALID_HANDLE, "not a live handle of a bcrypt key") : ERROR_SUCCESS;
}

void bcrypt_key_release(BCRYPT_KEY_HANDLE handle)
{
    handle_release((NCRYPT_HANDLE)handle);
}

/* No blob type uses a second key; a wrong handle is still told from a right one. */
static SECURITY_STATUS check_other_key(BCRYPT_KEY_HANDLE handle)
{
    struct material *material;
    SECURITY_STATUS status;

    if (handle == NULL) {
        return ERROR_SUCCESS;
    }
    status = bcrypt_key_acquire(handle, &material);
    if (status == ERROR_SUCCESS) {
        bcrypt_key_release(handle);
        status = status_fail(STATUS_NOT_SUPPORTED, "wrapping under another key is not supported");
    }
    return status;
}

/* The format of a type's name for keys of that algorithm; private ones are refused with the given code. */
static SECURITY_STATUS find_format(const WCHAR *type, const struct algorithm *algorithm, NTSTATUS when_private,
                                   const struct blob_format **format)
{
    char printable[64];

    *format = blob_format_resolve(type, algorithm, NULL, 0);
    if (*format == NULL || (*format)->family != algorithm->family) {
        return status_fail(STATUS_NOT_SUPPORTED, "blob type '%s' is not supported for this algorithm",
                           utf16_printable(type, printable, sizeof printable));
    }
    if ((*format)->is_private) {
        return status_fail(when_private, "blob type '%s' is for private keys: these are public",
                           utf16_printable(type, printable, sizeof printable));
    }
    return ERROR_SUCCESS;
}

/* ---- import ---------------------------------------------------------------------------------------------------- */

static void destroy(void *material)
{
    material_free(material);
}

/* Wine's tests, which pass on Windows, have it that an ECC blob with a width or magic that is not the provider's is an
 * invalid parameter, and that an RSA blob whose sizes do not add up is NTE_BAD_DATA. */
static SECURITY_STATUS refusal(const struct family *family, uint32_t size, SECURITY_STATUS status)
{
    bool no_header = family == &family_rsa && status == NTE_BAD_DATA && size < sizeof(BCRYPT_RSAKEY_BLOB);

    if (no_header || (family == &family_ec && (status == NTE_BAD_DATA || status == NTE_NOT_SUPPORTED))) {
        return status_rename(status, STATUS_INVALID_PARAMETER);
    }
    return status;
}

static SECURITY_STATUS load_blob(const struct algorithm *algorithm, const WCHAR *type, const uint8_t *data,
                                 uint32_t size, bool validate, struct material **material)
{
    const struct blob_parameters parameters = {.algorithm = algorithm};
    const struct blob_format *format;
    struct components components;
    uint32_t usage = 0;
    SECURITY_STATUS status = find_format(type, algorithm, STATUS_NOT_SUPPORTED, &format);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    components_init(&components);
    status = refusal(algorithm->family, size, blob_parse(format, data, size, &parameters, &components, &usage));
    if (status == ERROR_SUCCESS) {
        status = material_load(&components, validate, material);
    }
    components_clear(&components);
    return status;
}

static SECURITY_STATUS import_blob(const struct algorithm *algorithm, const WCHAR *type, BCRYPT_KEY_HANDLE *handle,
                                   const uint8_t *data, uint32_t size, bool validate)
{
    struct material *material = NULL;
    NCRYPT_HANDLE made = 0;
    SECURITY_STATUS status = load_blob(algorithm, type, data, size, validate, &material);

    if (status == ERROR_SUCCESS) {
        status = handle_create(HANDLE_BCRYPT_KEY, material, destroy, &made);
    }
    if (status != ERROR_SUCCESS) {
        material_free(material);
        return status;
    }
    *handle = (BCRYPT_KEY_HANDLE)made;
    return ERROR_SUCCESS;
}

static SECURITY_STATUS import_key(BCRYPT_ALG_HANDLE provider, BCRYPT_KEY_HANDLE other, const WCHAR *type,
                                  BCRYPT_KEY_HANDLE *handle, const uint8_t *data, uint32_t size, uint32_t flags)
{
    const struct algorithm *algorithm = handle_acquire((NCRYPT_HANDLE)provider, HANDLE_BCRYPT_ALGORITHM);
    SECURITY_STATUS status;

    if (algorithm == NULL) {
        return status_fail(STATUS_INVALID_HANDLE, "not a live handle of an algorithm provider");
    }
    if (flags & ~(uint32_t)BCRYPT_NO_KEY_VALIDATION) {
        status = status_fail(STATUS_INVALID_PARAMETER, "flags 0x%X", (unsigned)flags);
    } else if (type == NULL || handle == NULL || data == NULL) {
        status = status_fail(STATUS_INVALID_PARAMETER, "pszBlobType, phKey or pbInput is NULL");
    } else {
        status = check_other_key(other);
    }
    if (status == ERROR_SUCCESS) {
        status = import_blob(algorithm, type, handle, data, size, (flags & BCRYPT_NO_KEY_VALIDATION) == 0);
    }
    handle_release((NCRYPT_HANDLE)provider);
    return status;
}

NTSTATUS WINAPI BCryptImportKeyPair(BCRYPT_ALG_HANDLE hAlgorithm, BCRYPT_KEY_HANDLE hImportKey, LPCWSTR pszBlobType,
                                    BCRYPT_KEY_HANDLE *phKey, PUCHAR pbInput, ULONG cbInput, ULONG dwFlags)
{
    return bcrypt_return("BCryptImportKeyPair",
                         import_key(hAlgorithm, hImportKey, pszBlobType, phKey, pbInput, cbInput, dwFlags));
}

/* ---- export ---------------------------------------------------------------------------------------------------- */

static SECURITY_STATUS write_blob(const struct material *material, const WCHAR *type, uint8_t *out, uint32_t out_size,
                                  ULONG *result)
{
    const struct blob_parameters parameters = {.usage = NCRYPT_ALLOW_ALL_USAGES};
    const struct blob_format *format;
    struct components components;
    size_t size = 0;
    SECURITY_STATUS status = find_format(type, material->algorithm, STATUS_INVALID_PARAMETER, &format);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    components_init(&components);
    status = material_take_apart(material, false, &components);
    if (status == ERROR_SUCCESS) {
        status = format->write(format, &components, &parameters, out, out_size, &size);
        if (status == ERROR_SUCCESS || status == NTE_BUFFER_TOO_SMALL) {
            *result = (ULONG)size;
        }
    }
    components_clear(&components);
    return status;
}

static SECURITY_STATUS export_key(BCRYPT_KEY_HANDLE handle, BCRYPT_KEY_HANDLE other, const WCHAR *type, uint8_t *out,
                                  uint32_t out_size, ULONG *result, uint32_t flags)
{
    struct material *material;
    SECURITY_STATUS status = bcrypt_key_acquire(handle, &material);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (flags != 0) {
        status = status_fail(STATUS_INVALID_PARAMETER, "flags 0x%X", (unsigned)flags);
    } else if (type == NULL || result == NULL) {
        status = status_fail(STATUS_INVALID_PARAMETER, "pszBlobType or pcbResult is NULL");
    } else {
        status = check_other_key(other);
    }
    if (status == ERROR_SUCCESS) {
        status = write_blob(material, type, out, out_size, result);
    }
    bcrypt_key_release(handle);
    return status;
}

NTSTATUS WINAPI BCryptExportKey(BCRYPT_KEY_HANDLE hKey, BCRYPT_KEY_HANDLE hExportKey, LPCWSTR pszBlobType,
                                PUCHAR pbOutput, ULONG cbOutput, ULONG *pcbResult, ULONG dwFlags)
{
    return bcrypt_return("BCryptExportKey",
                         export_key(hKey, hExportKey, pszBlobType, pbOutput, cbOutput, pcbResult, dwFlags));
}

/* ---- destroy --------------------------------------------------------------------------------------------------- */

NTSTATUS WINAPI BCryptDestroyKey(BCRYPT_KEY_HANDLE hKey)
{
    return bcrypt_return("BCryptDestroyKey", handle_close((NCRYPT_HANDLE)hKey, HANDLE_BCRYPT_KEY));
}
