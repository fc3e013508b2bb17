/* SPDX-License-Identifier: MIT
 *
 * CryptSignHashW, CryptVerifySignatureW. The bytes of their signatures are in the reverse order of everybody else's.
 */
#include "wincrypt/internal.h"

#define MAX_SIGNATURE 2048 /* bytes of the longest modulus */

/* The padding names the hash's algorithm, unless the caller does not want that. */
static BCRYPT_PKCS1_PADDING_INFO padding_for(const struct capi_hash *hash, uint32_t flags)
{
    return (BCRYPT_PKCS1_PADDING_INFO){flags & CRYPT_NOHASHOID ? NULL : hash->digest->name};
}

static SECURITY_STATUS check_call(uint32_t flags, const WCHAR *description, const char *missing)
{
    SECURITY_STATUS status = capi_check_flags(flags, CRYPT_NOHASHOID);

    if (status == ERROR_SUCCESS && (missing != NULL || description != NULL)) {
        status = missing != NULL ? status_fail(ERROR_INVALID_PARAMETER, "%s is NULL", missing)
                                 : status_fail(ERROR_INVALID_PARAMETER, "a description is not supported: it must be "
                                                                        "NULL");
    }
    return status;
}

/* ---- sign ----------------------------------------------------------------------------------------------------- */

static void reverse(uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size / 2; i++) {
        uint8_t byte = data[i];

        data[i] = data[size - 1 - i];
        data[size - 1 - i] = byte;
    }
}

/* Asking for the size, or with too small a buffer, leaves the hash open. */
static SECURITY_STATUS sign_with(struct capi_hash *hash, struct key *key, uint32_t flags, uint8_t *out, DWORD *out_size)
{
    const BCRYPT_PKCS1_PADDING_INFO padding = padding_for(hash, flags);
    uint32_t size = key->material->signature_size, room = *out_size;
    uint8_t value[CAPI_MAX_DIGEST];
    SECURITY_STATUS status;

    if (out == NULL || room < size) {
        *out_size = size;
        return out == NULL ? ERROR_SUCCESS
                           : status_fail(NTE_BUFFER_TOO_SMALL, "the signature has %u bytes", (unsigned)size);
    }
    status = capi_hash_value(hash, value);
    if (status == ERROR_SUCCESS) {
        status = key_sign(key, &padding, NCRYPT_PAD_PKCS1_FLAG, value, hash->digest->size, out, room, &size);
    }
    if (status == ERROR_SUCCESS) {
        reverse(out, size);
        *out_size = size;
    }
    return status;
}

static SECURITY_STATUS sign(HCRYPTHASH handle, uint32_t spec, const WCHAR *description, uint32_t flags, uint8_t *out,
                            DWORD *out_size)
{
    struct capi_hash *hash = NULL;
    struct capi_key *key = NULL;
    SECURITY_STATUS status = capi_hash_acquire(handle, &hash);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = check_call(flags, description, out_size == NULL ? "pdwSigLen" : NULL);
    if (status == ERROR_SUCCESS && spec != AT_KEYEXCHANGE && spec != AT_SIGNATURE) {
        status =
            status_fail(NTE_NO_KEY, "key specification %u is neither AT_KEYEXCHANGE nor AT_SIGNATURE", (unsigned)spec);
    }
    if (status == ERROR_SUCCESS) {
        status = capi_user_key(hash->context, spec, false, &key);
    }
    if (status == ERROR_SUCCESS) {
        status = sign_with(hash, key->key, flags, out, out_size);
    }
    capi_key_unref(key);
    handle_release(handle);
    return status;
}

BOOL WINAPI CryptSignHashW(HCRYPTHASH hHash, DWORD dwKeySpec, LPCWSTR szDescription, DWORD dwFlags, BYTE *pbSignature,
                           DWORD *pdwSigLen)
{
    return capi_return("CryptSignHashW", sign(hHash, dwKeySpec, szDescription, dwFlags, pbSignature, pdwSigLen));
}

/* ---- verify --------------------------------------------------------------------------------------------------- */

static SECURITY_STATUS verify_with(struct capi_hash *hash, const struct key *key, uint32_t flags,
                                   const uint8_t *signature, uint32_t size)
{
    const BCRYPT_PKCS1_PADDING_INFO padding = padding_for(hash, flags);
    uint8_t value[CAPI_MAX_DIGEST], reversed[MAX_SIGNATURE];
    SECURITY_STATUS status = capi_hash_value(hash, value);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (size != key->material->signature_size || size > sizeof reversed) {
        return status_fail(NTE_BAD_SIGNATURE, "the signature has %u bytes, those of this key have %u", (unsigned)size,
                           (unsigned)key->material->signature_size);
    }
    for (uint32_t i = 0; i < size; i++) {
        reversed[i] = signature[size - 1 - i];
    }
    return material_verify(key->material, &padding, NCRYPT_PAD_PKCS1_FLAG, value, hash->digest->size, reversed, size);
}

static SECURITY_STATUS verify(HCRYPTHASH handle, const uint8_t *signature, uint32_t size, HCRYPTKEY key_handle,
                              const WCHAR *description, uint32_t flags)
{
    struct capi_hash *hash = NULL;
    struct key *key = NULL;
    SECURITY_STATUS status = capi_hash_acquire(handle, &hash);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = capi_key_acquire(key_handle, &key);
    if (status == ERROR_SUCCESS) {
        status = check_call(flags, description, signature == NULL && size > 0 ? "pbSignature" : NULL);
        if (status == ERROR_SUCCESS) {
            status = verify_with(hash, key, flags, signature, size);
        }
        handle_release(key_handle);
    }
    handle_release(handle);
    return status;
}

BOOL WINAPI CryptVerifySignatureW(HCRYPTHASH hHash, const BYTE *pbSignature, DWORD dwSigLen, HCRYPTKEY hPubKey,
                                  LPCWSTR szDescription, DWORD dwFlags)
{
    return capi_return("CryptVerifySignatureW", verify(hHash, pbSignature, dwSigLen, hPubKey, szDescription, dwFlags));
}
