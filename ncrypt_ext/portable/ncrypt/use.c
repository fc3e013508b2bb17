/* SPDX-License-Identifier: MIT
 *
 * NCryptSignHash, NCryptVerifySignature, NCryptEncrypt, NCryptDecrypt, NCryptEncapsulate, NCryptDecapsulate, and a loan
 * of the key itself.
 */
#include "common/export.h"
#include "ncrypt/internal.h"

#define SIGN_FLAGS (NCRYPT_SILENT_FLAG | NCRYPT_PAD_PKCS1_FLAG | NCRYPT_PAD_PSS_FLAG | NCRYPT_PAD_PQDSA_FLAG)
#define CIPHER_FLAGS                                                                                                   \
    (NCRYPT_SILENT_FLAG | NCRYPT_NO_PADDING_FLAG | NCRYPT_PAD_PKCS1_FLAG | NCRYPT_PAD_OAEP_FLAG |                      \
     NCRYPT_PAD_CIPHER_FLAG)

#define ANY_USAGE 0 /* the public half may always be used */

SECURITY_STATUS key_check_usage(const struct key *key, uint32_t usage)
{
    if ((atomic_load_explicit(&key->key_usage, memory_order_relaxed) & usage) == 0) {
        return status_fail(NTE_PERM, "the key usage does not allow this operation");
    }
    return ERROR_SUCCESS;
}

/* Flags, pointers, state, usage, in this order. `missing` names a pointer that is NULL and must not be; which of the
 * known flags fit the algorithm is the material's to say. */
static SECURITY_STATUS check_call(const struct key *key, uint32_t flags, uint32_t known, const char *missing,
                                  uint32_t usage)
{
    SECURITY_STATUS status;

    if (flags & ~known) {
        return status_fail(NTE_BAD_FLAGS, "flags 0x%X have no meaning here", (unsigned)(flags & ~known));
    }
    if (missing != NULL) {
        return status_fail(NTE_INVALID_PARAMETER, "%s is NULL", missing);
    }
    status = key_check_ready(key);
    return status == ERROR_SUCCESS && usage != ANY_USAGE ? key_check_usage(key, usage) : status;
}

SECURITY_STATUS key_sign(struct key *key, const void *padding, uint32_t flags, const uint8_t *hash, uint32_t hash_size,
                         uint8_t *out, uint32_t out_size, DWORD *result)
{
    SECURITY_STATUS status = key_check_usage(key, NCRYPT_ALLOW_SIGNING_FLAG);

    if (status == ERROR_SUCCESS) {
        status = material_sign(key->material, padding, flags, hash, hash_size, out, out_size, result);
        key_mark_used(key, out);
    }
    return status;
}

static SECURITY_STATUS sign_hash(NCRYPT_KEY_HANDLE handle, const void *padding, const uint8_t *hash, uint32_t hash_size,
                                 uint8_t *out, uint32_t out_size, DWORD *result, uint32_t flags)
{
    struct key *key;
    SECURITY_STATUS status = key_acquire(handle, &key);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = check_call(key, flags, SIGN_FLAGS,
                        hash == NULL     ? "pbHashValue"
                        : result == NULL ? "pcbResult"
                                         : NULL,
                        ANY_USAGE);
    if (status == ERROR_SUCCESS) {
        status = key_sign(key, padding, flags & ~(uint32_t)NCRYPT_SILENT_FLAG, hash, hash_size, out, out_size, result);
    }
    handle_release(handle);
    return status;
}

SECURITY_STATUS WINAPI NCryptSignHash(NCRYPT_KEY_HANDLE hKey, void *pPaddingInfo, PBYTE pbHashValue, DWORD cbHashValue,
                                      PBYTE pbSignature, DWORD cbSignature, DWORD *pcbResult, DWORD dwFlags)
{
    return trace_return("NCryptSignHash", sign_hash(hKey, pPaddingInfo, pbHashValue, cbHashValue, pbSignature,
                                                    cbSignature, pcbResult, dwFlags));
}

static SECURITY_STATUS verify_signature(NCRYPT_KEY_HANDLE handle, const void *padding, const uint8_t *hash,
                                        uint32_t hash_size, const uint8_t *signature, uint32_t signature_size,
                                        uint32_t flags)
{
    struct key *key;
    SECURITY_STATUS status = key_acquire(handle, &key);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = check_call(key, flags, SIGN_FLAGS,
                        hash == NULL        ? "pbHashValue"
                        : signature == NULL ? "pbSignature"
                                            : NULL,
                        ANY_USAGE);
    if (status == ERROR_SUCCESS) {
        status = material_verify(key->material, padding, flags & ~(uint32_t)NCRYPT_SILENT_FLAG, hash, hash_size,
                                 signature, signature_size);
    }
    handle_release(handle);
    return status;
}

SECURITY_STATUS WINAPI NCryptVerifySignature(NCRYPT_KEY_HANDLE hKey, void *pPaddingInfo, PBYTE pbHashValue,
                                             DWORD cbHashValue, PBYTE pbSignature, DWORD cbSignature, DWORD dwFlags)
{
    return trace_return("NCryptVerifySignature", verify_signature(hKey, pPaddingInfo, pbHashValue, cbHashValue,
                                                                  pbSignature, cbSignature, dwFlags));
}

/* A missing input is an error unless it is empty: what an empty one means is the algorithm's to say. */
static const char *missing_pointer(const uint8_t *in, uint32_t in_size, const DWORD *result)
{
    return in == NULL && in_size > 0 ? "pbInput" : result == NULL ? "pcbResult" : NULL;
}

static SECURITY_STATUS encrypt(NCRYPT_KEY_HANDLE handle, const uint8_t *in, uint32_t in_size, const void *padding,
                               uint8_t *out, uint32_t out_size, DWORD *result, uint32_t flags)
{
    struct key *key;
    SECURITY_STATUS status = key_acquire(handle, &key);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = check_call(key, flags, CIPHER_FLAGS, missing_pointer(in, in_size, result), ANY_USAGE);
    flags &= ~(uint32_t)NCRYPT_SILENT_FLAG;
    if (status == ERROR_SUCCESS && key->chaining != NULL) {
        status = cipher_run(key, false, padding, flags, &(struct cipher_buffers){in, in_size, out, out_size, result});
        key_mark_used(key, out);
    } else if (status == ERROR_SUCCESS) {
        status = material_encrypt(key->material, padding, flags, in, in_size, out, out_size, result);
    }
    handle_release(handle);
    return status;
}

SECURITY_STATUS WINAPI NCryptEncrypt(NCRYPT_KEY_HANDLE hKey, PBYTE pbInput, DWORD cbInput, void *pPaddingInfo,
                                     PBYTE pbOutput, DWORD cbOutput, DWORD *pcbResult, DWORD dwFlags)
{
    return trace_return("NCryptEncrypt",
                        encrypt(hKey, pbInput, cbInput, pPaddingInfo, pbOutput, cbOutput, pcbResult, dwFlags));
}

static SECURITY_STATUS decrypt(NCRYPT_KEY_HANDLE handle, const uint8_t *in, uint32_t in_size, const void *padding,
                               uint8_t *out, uint32_t out_size, DWORD *result, uint32_t flags)
{
    struct key *key;
    SECURITY_STATUS status = key_acquire(handle, &key);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = check_call(key, flags, CIPHER_FLAGS, missing_pointer(in, in_size, result), NCRYPT_ALLOW_DECRYPT_FLAG);
    flags &= ~(uint32_t)NCRYPT_SILENT_FLAG;
    if (status == ERROR_SUCCESS) {
        status =
            key->chaining != NULL
                ? cipher_run(key, true, padding, flags, &(struct cipher_buffers){in, in_size, out, out_size, result})
                : material_decrypt(key->material, padding, flags, in, in_size, out, out_size, result);
        key_mark_used(key, out);
    }
    handle_release(handle);
    return status;
}

SECURITY_STATUS WINAPI NCryptDecrypt(NCRYPT_KEY_HANDLE hKey, PBYTE pbInput, DWORD cbInput, void *pPaddingInfo,
                                     PBYTE pbOutput, DWORD cbOutput, DWORD *pcbResult, DWORD dwFlags)
{
    return trace_return("NCryptDecrypt",
                        decrypt(hKey, pbInput, cbInput, pPaddingInfo, pbOutput, cbOutput, pcbResult, dwFlags));
}

static SECURITY_STATUS check_sizes(const DWORD *first, const DWORD *second, uint32_t flags)
{
    if (flags != 0) {
        return status_fail(NTE_BAD_FLAGS, "flags 0x%X", (unsigned)flags);
    }
    return first == NULL || second == NULL ? status_fail(NTE_INVALID_PARAMETER, "a pointer to a size is NULL")
                                           : ERROR_SUCCESS;
}

static SECURITY_STATUS encapsulate(NCRYPT_KEY_HANDLE handle, uint8_t *secret, uint32_t secret_room, DWORD *secret_size,
                                   uint8_t *ciphertext, uint32_t ciphertext_room, DWORD *ciphertext_size,
                                   uint32_t flags)
{
    struct key *key;
    SECURITY_STATUS status = key_acquire(handle, &key);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = check_sizes(secret_size, ciphertext_size, flags);
    if (status == ERROR_SUCCESS) {
        status = key_check_ready(key);
    }
    if (status == ERROR_SUCCESS) {
        status = material_encapsulate(key->material, secret, secret_room, secret_size, ciphertext, ciphertext_room,
                                      ciphertext_size);
    }
    handle_release(handle);
    return status;
}

SECURITY_STATUS WINAPI NCryptEncapsulate(NCRYPT_KEY_HANDLE hKey, PBYTE pbSecretKey, ULONG cbSecretKey,
                                         ULONG *pcbSecretKey, PBYTE pbCipherText, ULONG cbCipherText,
                                         ULONG *pcbCipherText, ULONG dwFlags)
{
    return trace_return("NCryptEncapsulate", encapsulate(hKey, pbSecretKey, cbSecretKey, pcbSecretKey, pbCipherText,
                                                         cbCipherText, pcbCipherText, dwFlags));
}

static SECURITY_STATUS decapsulate(NCRYPT_KEY_HANDLE handle, const uint8_t *ciphertext, uint32_t ciphertext_size,
                                   uint8_t *secret, uint32_t secret_room, DWORD *secret_size, uint32_t flags)
{
    struct key *key;
    SECURITY_STATUS status = key_acquire(handle, &key);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = check_sizes(secret_size, secret_size, flags);
    if (status == ERROR_SUCCESS && ciphertext == NULL) {
        status = status_fail(NTE_INVALID_PARAMETER, "pbCipherText is NULL");
    }
    if (status == ERROR_SUCCESS) {
        status = key_check_ready(key);
    }
    if (status == ERROR_SUCCESS) {
        status = key_check_usage(key, NCRYPT_ALLOW_KEY_AGREEMENT_FLAG);
    }
    if (status == ERROR_SUCCESS) {
        status = material_decapsulate(key->material, ciphertext, ciphertext_size, secret, secret_room, secret_size);
        key_mark_used(key, secret);
    }
    handle_release(handle);
    return status;
}

SECURITY_STATUS WINAPI NCryptDecapsulate(NCRYPT_KEY_HANDLE hKey, PBYTE pbCipherText, ULONG cbCipherText,
                                         PBYTE pbSecretKey, ULONG cbSecretKey, ULONG *pcbSecretKey, ULONG dwFlags)
{
    return trace_return("NCryptDecapsulate",
                        decapsulate(hKey, pbCipherText, cbCipherText, pbSecretKey, cbSecretKey, pcbSecretKey, dwFlags));
}

static SECURITY_STATUS lend(struct key *key, EVP_PKEY **pkey)
{
    SECURITY_STATUS status = key_check_ready(key);

    if (status == ERROR_SUCCESS) {
        status = key_check_usage(key, NCRYPT_ALLOW_SIGNING_FLAG);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (!key->material->has_private || key->material->pkey == NULL) {
        return status_fail(NTE_NOT_SUPPORTED, "the key has no private half");
    }
    if (EVP_PKEY_up_ref(key->material->pkey) != 1) {
        return status_fail(NTE_INTERNAL_ERROR, "libcrypto could not count a reference to the key");
    }
    key_mark_used(key, pkey);
    *pkey = key->material->pkey;
    return ERROR_SUCCESS;
}

SECURITY_STATUS ncx_key_private(NCRYPT_KEY_HANDLE handle, EVP_PKEY **pkey)
{
    struct key *key;
    SECURITY_STATUS status = key_acquire(handle, &key);

    if (status == ERROR_SUCCESS) {
        status = lend(key, pkey);
        handle_release(handle);
    }
    return status;
}
