/* SPDX-License-Identifier: MIT
 *
 * BCryptVerifySignature, BCryptEncrypt.
 */
#include "bcrypt/internal.h"
#include "common/libctx.h"

/* A hash that is not known is STATUS_NOT_SUPPORTED on Windows and an invalid parameter to the material. */
static SECURITY_STATUS after_padding(const void *padding, uint32_t flags, SECURITY_STATUS status)
{
    const WCHAR *hash;
    bool known;

    if (status != NTE_INVALID_PARAMETER || padding == NULL ||
        (flags != BCRYPT_PAD_PKCS1 && flags != BCRYPT_PAD_OAEP && flags != BCRYPT_PAD_PSS)) {
        return status;
    }
    hash = *(const WCHAR *const *)padding; /* the first field of all padding structures */
    if (hash == NULL) {
        return status;
    }
    openssl_scope_begin();
    known = libctx_digest(hash) != NULL;
    openssl_scope_end();
    return known ? status : status_rename(status, STATUS_NOT_SUPPORTED);
}

static SECURITY_STATUS verify_signature(BCRYPT_KEY_HANDLE handle, const void *padding, const uint8_t *hash,
                                        uint32_t hash_size, const uint8_t *signature, uint32_t signature_size,
                                        uint32_t flags)
{
    struct material *material;
    SECURITY_STATUS status = bcrypt_key_acquire(handle, &material);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (hash == NULL || signature == NULL) {
        status = status_fail(STATUS_INVALID_PARAMETER, "%s is NULL", hash == NULL ? "pbHash" : "pbSignature");
    } else {
        status = material_verify(material, padding, flags, hash, hash_size, signature, signature_size);
        status = after_padding(padding, flags, status);
    }
    bcrypt_key_release(handle);
    return status;
}

NTSTATUS WINAPI BCryptVerifySignature(BCRYPT_KEY_HANDLE hKey, void *pPaddingInfo, PUCHAR pbHash, ULONG cbHash,
                                      PUCHAR pbSignature, ULONG cbSignature, ULONG dwFlags)
{
    return bcrypt_return("BCryptVerifySignature",
                         verify_signature(hKey, pPaddingInfo, pbHash, cbHash, pbSignature, cbSignature, dwFlags));
}

/* What an empty input means is the padding's to say. */
static SECURITY_STATUS encrypt(BCRYPT_KEY_HANDLE handle, const uint8_t *in, uint32_t in_size, const void *padding,
                               uint8_t *out, uint32_t out_size, ULONG *result, uint32_t flags)
{
    struct material *material;
    SECURITY_STATUS status = bcrypt_key_acquire(handle, &material);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    if ((in == NULL && in_size > 0) || result == NULL) {
        status = status_fail(STATUS_INVALID_PARAMETER, "%s is NULL", result == NULL ? "pcbResult" : "pbInput");
    } else {
        status = material_encrypt(material, padding, flags, in, in_size, out, out_size, result);
        status = flags == BCRYPT_PAD_OAEP ? after_padding(padding, flags, status) : status;
    }
    bcrypt_key_release(handle);
    return status;
}

/* The initialization vector is for symmetric keys, of which there are none. */
NTSTATUS WINAPI BCryptEncrypt(BCRYPT_KEY_HANDLE hKey, PUCHAR pbInput, ULONG cbInput, void *pPaddingInfo, PUCHAR pbIV,
                              ULONG cbIV, PUCHAR pbOutput, ULONG cbOutput, ULONG *pcbResult, ULONG dwFlags)
{
    (void)pbIV;
    (void)cbIV;
    return bcrypt_return("BCryptEncrypt",
                         encrypt(hKey, pbInput, cbInput, pPaddingInfo, pbOutput, cbOutput, pcbResult, dwFlags));
}
