/* SPDX-License-Identifier: MIT */
#include <openssl/rsa.h>
#include <string.h>

#include "common/libctx.h"
#include "common/secmem.h"
#include "ncrypt/key/algorithm.h"
#include "ncrypt/key/material.h"
#include "ncrypt/key/padding.h"
#include "ncrypt/key/pkey.h"
#include "ncrypt/key/prepared.h"
#include "ncrypt/key/rsa_numbers.h"

#define MAX_WIDTH 2048 /* bytes of the longest modulus */

static SECURITY_STATUS generate(const struct algorithm *algorithm, const struct curve *curve, uint32_t bits,
                                EVP_PKEY **pkey)
{
    OSSL_LIB_CTX *libctx = libctx_get();
    EVP_PKEY_CTX *ctx;

    (void)algorithm;
    (void)curve;
    ctx = libctx == NULL ? NULL : EVP_PKEY_CTX_new_from_name(libctx, "RSA", NULL);
    /* The public exponent is libcrypto's default, 65537. */
    if (ctx == NULL || EVP_PKEY_keygen_init(ctx) != 1 || EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, (int)bits) != 1) {
        EVP_PKEY_CTX_free(ctx);
        return status_from_openssl(NTE_FAIL, "libcrypto cannot generate RSA keys");
    }
    return pkey_generate(ctx, pkey);
}

static SECURITY_STATUS sign(struct material *material, const void *info, uint32_t flags, const uint8_t *hash,
                            uint32_t hash_size, uint8_t *out, uint32_t out_size, uint32_t *result)
{
    size_t size = out_size;
    struct padding padding;
    SECURITY_STATUS status = padding_for_signature(material, PREPARED_SIGN, info, flags, hash_size, &padding);
    EVP_PKEY_CTX *ctx;

    if (status == ERROR_SUCCESS) {
        status = prepared_context(material, &padding.use, padding_setup, &ctx);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (EVP_PKEY_sign(ctx, out, &size, hash, hash_size) == 1) {
        *result = (uint32_t)size;
    } else {
        status = status_from_openssl(NTE_FAIL, "libcrypto cannot sign");
    }
    prepared_return(material, &padding.use, ctx, status == ERROR_SUCCESS);
    return status;
}

static SECURITY_STATUS verify(struct material *material, const void *info, uint32_t flags, const uint8_t *hash,
                              uint32_t hash_size, const uint8_t *signature, uint32_t signature_size)
{
    struct padding padding;
    SECURITY_STATUS status = padding_for_signature(material, PREPARED_VERIFY, info, flags, hash_size, &padding);
    EVP_PKEY_CTX *ctx;

    if (status == ERROR_SUCCESS && signature_size != material->signature_size) {
        status = status_fail(NTE_BAD_SIGNATURE, "the signature has %u bytes, those of this key have %u", signature_size,
                             material->signature_size);
    }
    if (status == ERROR_SUCCESS) {
        status = prepared_context(material, &padding.use, padding_setup, &ctx);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (EVP_PKEY_verify(ctx, signature, signature_size, hash, hash_size) != 1) {
        status = status_from_openssl(NTE_BAD_SIGNATURE, "the signature does not fit the hash and the key");
    }
    prepared_return(material, &padding.use, ctx, status == ERROR_SUCCESS);
    return status;
}

/* Prepared contexts have no label: it is set for the call, after which the context is not used again. */
static SECURITY_STATUS cipher_context(struct material *material, const struct padding *padding, EVP_PKEY_CTX **ctx)
{
    SECURITY_STATUS status = prepared_context(material, &padding->use, padding_setup, ctx);
    uint8_t *label;

    if (status != ERROR_SUCCESS || padding->label_size == 0) {
        return status;
    }
    label = OPENSSL_memdup(padding->label, padding->label_size);
    if (label == NULL || EVP_PKEY_CTX_set0_rsa_oaep_label(*ctx, label, (int)padding->label_size) != 1) {
        OPENSSL_free(label);
        EVP_PKEY_CTX_free(*ctx);
        *ctx = NULL;
        return status_from_openssl(NTE_NO_MEMORY, "libcrypto does not take the OAEP label");
    }
    return ERROR_SUCCESS;
}

static void cipher_end(struct material *material, const struct padding *padding, EVP_PKEY_CTX *ctx, bool good)
{
    prepared_return(material, &padding->use, ctx, good && padding->label_size == 0);
}

static SECURITY_STATUS encrypt(struct material *material, const void *info, uint32_t flags, const uint8_t *in,
                               uint32_t in_size, uint8_t *out, uint32_t out_size, uint32_t *result)
{
    size_t size = out_size;
    struct padding padding;
    SECURITY_STATUS status;
    EVP_PKEY_CTX *ctx;

    if (out == NULL) {
        *result = material->width;
        return ERROR_SUCCESS;
    }
    status = padding_for_cipher(PREPARED_ENCRYPT, info, flags, &padding);
    if (status == ERROR_SUCCESS) {
        status = padding_check_plaintext(material, &padding, in_size);
    }
    if (status == ERROR_SUCCESS && out_size < material->width) {
        *result = material->width;
        status = status_fail(NTE_BUFFER_TOO_SMALL, "the ciphertext has %u bytes", material->width);
    }
    if (status == ERROR_SUCCESS) {
        status = cipher_context(material, &padding, &ctx);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (EVP_PKEY_encrypt(ctx, out, &size, in, in_size) == 1) {
        *result = (uint32_t)size;
    } else {
        /* What is left to go wrong: without padding, a number that is not below the modulus. */
        status = status_from_openssl(NTE_INVALID_PARAMETER, "libcrypto cannot encrypt");
    }
    cipher_end(material, &padding, ctx, status == ERROR_SUCCESS);
    return status;
}

/* libcrypto wants room for a whole block, the caller may have room for the plaintext only. Whatever is wrong with the
 * padding, the answer is the same: neither code nor sentence tell more, nor is libcrypto's reason passed on. */
static SECURITY_STATUS decrypt_block(EVP_PKEY_CTX *ctx, const uint8_t *in, uint32_t in_size, uint8_t *out,
                                     uint32_t out_size, uint32_t *result)
{
    SECURITY_STATUS status = ERROR_SUCCESS;
    uint8_t block[MAX_WIDTH];
    size_t size = sizeof block;

    if (EVP_PKEY_decrypt(ctx, block, &size, in, in_size) != 1) {
        status = status_fail(NTE_INVALID_PARAMETER, "the ciphertext cannot be decrypted with this key and padding");
    } else {
        *result = (uint32_t)size;
        if (size > out_size) {
            status = status_fail(NTE_BUFFER_TOO_SMALL, "the plaintext has %zu bytes", size);
        } else if (size > 0) {
            memcpy(out, block, size);
        }
    }
    secmem_wipe(block, in_size);
    return status;
}

static SECURITY_STATUS decrypt(struct material *material, const void *info, uint32_t flags, const uint8_t *in,
                               uint32_t in_size, uint8_t *out, uint32_t out_size, uint32_t *result)
{
    struct padding padding;
    SECURITY_STATUS status;
    EVP_PKEY_CTX *ctx;

    if (out == NULL) {
        *result = material->width;
        return ERROR_SUCCESS;
    }
    status = padding_for_cipher(PREPARED_DECRYPT, info, flags, &padding);
    if (status == ERROR_SUCCESS && in_size != material->width) {
        status = status_fail(NTE_INVALID_PARAMETER, "the ciphertext has %u bytes, those of this key have %u", in_size,
                             material->width);
    }
    if (status == ERROR_SUCCESS) {
        status = cipher_context(material, &padding, &ctx);
    }
    if (status == ERROR_SUCCESS) {
        status = decrypt_block(ctx, in, in_size, out, out_size, result);
        cipher_end(material, &padding, ctx, status == ERROR_SUCCESS);
    }
    return status;
}

const struct family family_rsa = {
    .generate = generate,
    .load = rsa_load,
    .take_apart = rsa_take_apart,
    .sign = sign,
    .verify = verify,
    .encrypt = encrypt,
    .decrypt = decrypt,
    .signature_flags = NCRYPT_PAD_PKCS1_FLAG | NCRYPT_PAD_PSS_FLAG,
    .cipher_flags = NCRYPT_NO_PADDING_FLAG | NCRYPT_PAD_PKCS1_FLAG | NCRYPT_PAD_OAEP_FLAG,
};
