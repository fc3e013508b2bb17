/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "common/libctx.h"
#include "common/utf16.h"
#include "ncrypt/store/internal.h"

uint8_t *put_u16(uint8_t *out, uint16_t value)
{
    *out++ = (uint8_t)value;
    *out++ = (uint8_t)(value >> 8);
    return out;
}

uint8_t *put_u32(uint8_t *out, uint32_t value)
{
    return put_u16(put_u16(out, (uint16_t)value), (uint16_t)(value >> 16));
}

uint8_t *put_u64(uint8_t *out, uint64_t value)
{
    return put_u32(put_u32(out, (uint32_t)value), (uint32_t)(value >> 32));
}

uint8_t *put_bytes(uint8_t *out, const void *data, size_t size)
{
    memcpy(out, data, size);
    return out + size;
}

uint32_t get_u32(const uint8_t *in)
{
    return (uint32_t)in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 | (uint32_t)in[3] << 24;
}

void sealer_clear(struct sealer *sealer)
{
    EVP_CIPHER_CTX_free(sealer->encrypt);
    EVP_CIPHER_CTX_free(sealer->decrypt);
    EVP_MD_CTX_free(sealer->digest);
    memset(sealer, 0, sizeof(*sealer));
}

SECURITY_STATUS sealer_init(struct sealer *sealer, const uint8_t key[SEAL_KEY_SIZE])
{
    SECURITY_STATUS status = NTE_FAIL;
    EVP_CIPHER *cipher = NULL;
    OSSL_LIB_CTX *context = libctx_get();

    memset(sealer, 0, sizeof(*sealer));
    if (!context) {
        return NTE_PROVIDER_DLL_FAIL;
    }
    openssl_scope_begin();
    sealer->sha256 = libctx_digest(u"SHA256");
    cipher = EVP_CIPHER_fetch(context, "AES-256-GCM", NULL);
    sealer->encrypt = EVP_CIPHER_CTX_new();
    sealer->decrypt = EVP_CIPHER_CTX_new();
    sealer->digest = EVP_MD_CTX_new();
    if (!sealer->sha256 || !cipher || !sealer->encrypt || !sealer->decrypt || !sealer->digest ||
        EVP_EncryptInit_ex2(sealer->encrypt, cipher, key, NULL, NULL) != 1 ||
        EVP_DecryptInit_ex2(sealer->decrypt, cipher, key, NULL, NULL) != 1) {
        status = status_from_openssl(NTE_FAIL, "preparing AES-256-GCM and SHA-256");
        sealer_clear(sealer);
        goto cleanup;
    }
    status = ERROR_SUCCESS;
cleanup:
    EVP_CIPHER_free(cipher);
    openssl_scope_end();
    return status;
}

SECURITY_STATUS sealer_seal(struct sealer *sealer, const uint8_t *aad, size_t aad_size, const uint8_t *in, size_t size,
                            uint8_t nonce[SEAL_NONCE_SIZE], uint8_t *out)
{
    SECURITY_STATUS status = libctx_random(nonce, SEAL_NONCE_SIZE);
    EVP_CIPHER_CTX *ctx = sealer->encrypt;
    int written = 0;

    if (status != ERROR_SUCCESS) {
        return status;
    }
    openssl_scope_begin();
    if (EVP_EncryptInit_ex2(ctx, NULL, NULL, nonce, NULL) != 1 ||
        EVP_EncryptUpdate(ctx, NULL, &written, aad, (int)aad_size) != 1 ||
        EVP_EncryptUpdate(ctx, out, &written, in, (int)size) != 1 ||
        EVP_EncryptFinal_ex(ctx, out + size, &written) != 1 ||
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, SEAL_TAG_SIZE, out + size) != 1) {
        status = status_from_openssl(NTE_FAIL, "sealing");
    }
    openssl_scope_end();
    return status;
}

SECURITY_STATUS sealer_open(struct sealer *sealer, const uint8_t nonce[SEAL_NONCE_SIZE], const uint8_t *aad,
                            size_t aad_size, const uint8_t *in, size_t size, uint8_t *out)
{
    SECURITY_STATUS status = ERROR_SUCCESS;
    EVP_CIPHER_CTX *ctx = sealer->decrypt;
    uint8_t tag[SEAL_TAG_SIZE], none[SEAL_TAG_SIZE];
    int written = 0;

    if (size < SEAL_TAG_SIZE) {
        return NTE_BAD_DATA;
    }
    size -= SEAL_TAG_SIZE;
    memcpy(tag, in + size, SEAL_TAG_SIZE);
    openssl_scope_begin();
    if (EVP_DecryptInit_ex2(ctx, NULL, NULL, nonce, NULL) != 1 ||
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, SEAL_TAG_SIZE, tag) != 1 ||
        EVP_DecryptUpdate(ctx, NULL, &written, aad, (int)aad_size) != 1 ||
        EVP_DecryptUpdate(ctx, out, &written, in, (int)size) != 1) {
        status = status_from_openssl(NTE_FAIL, "opening a seal");
    } else if (EVP_DecryptFinal_ex(ctx, none, &written) != 1) {
        status = NTE_BAD_DATA;
    }
    openssl_scope_end();
    return status;
}

SECURITY_STATUS seal_name(const WCHAR *name, enum store_slot slot, uint8_t out[SEAL_MAX_NAME], size_t *size)
{
    uint8_t *end = out;

    for (size_t i = 0; name[i] != 0; i++) {
        if (i == STORE_MAX_NAME) {
            return status_fail(NTE_INVALID_PARAMETER, "the key name has more than %d characters", STORE_MAX_NAME);
        }
        end = put_u16(end, utf16_fold(name[i]));
    }
    if (slot != STORE_SLOT_KEY) { /* no name has a unit of zero */
        end = put_u16(end, 0);
        *end++ = (uint8_t)slot;
    }
    *size = (size_t)(end - out);
    return ERROR_SUCCESS;
}

SECURITY_STATUS sealer_name_hash(struct sealer *sealer, const WCHAR *name, enum store_slot slot,
                                 uint8_t hash[STORE_HASH_SIZE])
{
    uint8_t bytes[SEAL_MAX_NAME];
    size_t size = 0;
    SECURITY_STATUS status = seal_name(name, slot, bytes, &size);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    openssl_scope_begin();
    if (EVP_DigestInit_ex2(sealer->digest, sealer->sha256, NULL) != 1 ||
        EVP_DigestUpdate(sealer->digest, bytes, size) != 1 || EVP_DigestFinal_ex(sealer->digest, hash, NULL) != 1) {
        status = status_from_openssl(NTE_FAIL, "hashing a name");
    }
    openssl_scope_end();
    return status;
}

SECURITY_STATUS seal_sha256(const uint8_t *data, size_t size, uint8_t hash[STORE_HASH_SIZE])
{
    SECURITY_STATUS status = ERROR_SUCCESS;
    const EVP_MD *sha256 = NULL;

    if (!libctx_get()) {
        return NTE_PROVIDER_DLL_FAIL;
    }
    openssl_scope_begin();
    sha256 = libctx_digest(u"SHA256");
    if (!sha256 || EVP_Digest(data, size, hash, NULL, sha256, NULL) != 1) {
        status = status_from_openssl(NTE_FAIL, "SHA-256");
    }
    openssl_scope_end();
    return status;
}
