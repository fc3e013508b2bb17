/* SPDX-License-Identifier: MIT */
#include "ncrypt/key/symmetric.h"

#include <stdatomic.h>
#include <string.h>

#include "common/libctx.h"
#include "common/secmem.h"
#include "common/utf16.h"

#define MAX_KEY   32
#define MAX_PIECE 0x40000000u /* libcrypto counts in ints */

static const struct {
    const WCHAR *algorithm;
    size_t key_size;
    const char *names[CHAINING_COUNT];
} rows[] = {
    {NCRYPT_AES_ALGORITHM, 16, {"AES-128-ECB", "AES-128-CBC", "AES-128-CFB8"}},
    {NCRYPT_AES_ALGORITHM, 24, {"AES-192-ECB", "AES-192-CBC", "AES-192-CFB8"}},
    {NCRYPT_AES_ALGORITHM, 32, {"AES-256-ECB", "AES-256-CBC", "AES-256-CFB8"}},
    {NCRYPT_3DES_ALGORITHM, 24, {"DES-EDE3-ECB", "DES-EDE3-CBC", "DES-EDE3-CFB8"}},
    {NCRYPT_3DES_112_ALGORITHM, 16, {"DES-EDE3-ECB", "DES-EDE3-CBC", "DES-EDE3-CFB8"}},
};

#define ROW_COUNT (sizeof rows / sizeof rows[0])

/* Fetched when first needed and kept until the process ends. */
static _Atomic(EVP_CIPHER *) fetched[ROW_COUNT][CHAINING_COUNT];

/* Another thread may fetch the same one meanwhile: then one of them is let go. */
static const EVP_CIPHER *fetch(size_t row, enum chaining_mode mode)
{
    EVP_CIPHER *cipher = atomic_load_explicit(&fetched[row][mode], memory_order_acquire);
    EVP_CIPHER *first = NULL;
    OSSL_LIB_CTX *libctx;

    if (cipher != NULL) {
        return cipher;
    }
    libctx = libctx_get();
    cipher = libctx == NULL ? NULL : EVP_CIPHER_fetch(libctx, rows[row].names[mode], NULL);
    if (cipher != NULL && !atomic_compare_exchange_strong(&fetched[row][mode], &first, cipher)) {
        EVP_CIPHER_free(cipher);
        cipher = first;
    }
    return cipher;
}

static SECURITY_STATUS find_cipher(const struct material *material, enum chaining_mode mode, const EVP_CIPHER **cipher)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (rows[i].key_size == material->secret_size && utf16_equal(rows[i].algorithm, material->algorithm->name)) {
            *cipher = fetch(i, mode);
            return *cipher != NULL ? ERROR_SUCCESS
                                   : status_from_openssl(NTE_NOT_SUPPORTED, "libcrypto lacks the key's cipher");
        }
    }
    return status_fail(NTE_INTERNAL_ERROR, "there is no cipher for a key of %zu bytes", material->secret_size);
}

/* Of two keys, the first one is the third, too. */
static void expand_key(const struct material *material, uint8_t key[MAX_KEY])
{
    memcpy(key, material->secret, material->secret_size);
    if (utf16_equal(material->algorithm->name, NCRYPT_3DES_112_ALGORITHM)) {
        memcpy(key + material->secret_size, material->secret, 8);
    }
}

static SECURITY_STATUS make_context(const struct material *material, const struct symmetric_call *call,
                                    EVP_CIPHER_CTX **ctx)
{
    const uint8_t *iv = symmetric_chains(call->mode) ? call->iv : NULL;
    const EVP_CIPHER *cipher = NULL;
    uint8_t key[MAX_KEY];
    SECURITY_STATUS status = find_cipher(material, call->mode, &cipher);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    expand_key(material, key);
    *ctx = EVP_CIPHER_CTX_new();
    if (*ctx == NULL || EVP_CipherInit_ex2(*ctx, cipher, key, iv, !call->decrypt, NULL) != 1 ||
        EVP_CIPHER_CTX_set_padding(*ctx, 0) != 1) {
        status = status_from_openssl(NTE_INTERNAL_ERROR, "libcrypto cannot set the cipher up");
    }
    secmem_wipe(key, sizeof key);
    return status;
}

/* Whole blocks, or with CFB any number of bytes; as many come out. */
static SECURITY_STATUS update(EVP_CIPHER_CTX *ctx, const uint8_t *in, uint32_t size, uint8_t *out)
{
    while (size > 0) {
        uint32_t piece = size < MAX_PIECE ? size : MAX_PIECE;
        int written = 0;

        if (EVP_CipherUpdate(ctx, out, &written, in, (int)piece) != 1 || (uint32_t)written != piece) {
            return status_from_openssl(NTE_INTERNAL_ERROR, "libcrypto cannot run the cipher");
        }
        in += piece;
        out += piece;
        size -= piece;
    }
    return ERROR_SUCCESS;
}

static SECURITY_STATUS encrypt_padded(EVP_CIPHER_CTX *ctx, uint32_t block, const uint8_t *in, uint32_t in_size,
                                      uint8_t *out, uint32_t *result)
{
    uint32_t rest = in_size % block, whole = in_size - rest;
    uint8_t last[SYMMETRIC_MAX_BLOCK];
    SECURITY_STATUS status;

    memset(last, (int)(block - rest), sizeof last);
    if (rest > 0) {
        memcpy(last, in + whole, rest); /* before the output may take its place */
    }
    status = update(ctx, in, whole, out);
    if (status == ERROR_SUCCESS) {
        status = update(ctx, last, block, out + whole);
    }
    secmem_wipe(last, sizeof last);
    *result = whole + block;
    return status;
}

/* The number of bytes that pad the block, 0 when it has no padding; takes the same time whatever is in it. */
static uint32_t padding_size(const uint8_t *last, uint32_t block)
{
    uint32_t size = last[block - 1];
    uint32_t wrong = (size - 1) >> 31 | (block - size) >> 31;

    for (uint32_t i = 0; i < block; i++) {
        uint32_t counts = (block - 1 - i - size) >> 31; /* 1 for the bytes of the padding */

        wrong |= (0 - counts) & (last[i] ^ size);
    }
    wrong = (wrong | (0 - wrong)) >> 31;
    return size & (wrong - 1);
}

static SECURITY_STATUS decrypt_padded(EVP_CIPHER_CTX *ctx, uint32_t block, const uint8_t *in, uint32_t in_size,
                                      uint8_t *out, uint32_t out_size, uint32_t *result)
{
    uint32_t before = in_size - block, padding = 0;
    uint8_t last[SYMMETRIC_MAX_BLOCK];
    SECURITY_STATUS status = update(ctx, in, before, out);

    if (status == ERROR_SUCCESS) {
        status = update(ctx, in + before, block, last);
    }
    if (status == ERROR_SUCCESS) {
        padding = padding_size(last, block);
        *result = in_size - padding;
        if (padding == 0) {
            status = status_fail(NTE_BAD_DATA, "the ciphertext cannot be decrypted with this key, vector and padding");
        } else if (out_size < *result) {
            status = status_fail(NTE_BUFFER_TOO_SMALL, "the plaintext has %u bytes", *result);
        } else {
            memcpy(out + before, last, block - padding);
        }
    }
    if (status != ERROR_SUCCESS) {
        secmem_wipe(out, before);
    }
    secmem_wipe(last, sizeof last);
    return status;
}

/* `*most` can come out, and `*least` has to fit. */
static SECURITY_STATUS check_size(const struct symmetric_call *call, uint32_t block, uint32_t in_size, uint32_t *most,
                                  uint32_t *least)
{
    *most = *least = in_size;
    if (call->pad && !call->decrypt) {
        if (in_size > UINT32_MAX - block) {
            return status_fail(NTE_INVALID_PARAMETER, "%u bytes are too many to be padded", in_size);
        }
        *most = *least = in_size - in_size % block + block;
        return ERROR_SUCCESS;
    }
    if (call->pad || call->mode != CHAINING_CFB) {
        if (in_size % block != 0 || (call->pad && in_size == 0)) {
            return status_fail(NTE_INVALID_PARAMETER, "%u bytes are not whole blocks of %u", in_size, block);
        }
        *least = call->pad ? in_size - block : in_size;
    }
    return ERROR_SUCCESS;
}

static bool overlaps(const uint8_t *in, uint32_t in_size, const uint8_t *out, uint32_t out_size)
{
    uintptr_t from = (uintptr_t)in, to = (uintptr_t)out;

    return in_size > 0 && from != to && from < to + out_size && to < from + in_size;
}

static SECURITY_STATUS run(const struct material *material, const struct symmetric_call *call, const uint8_t *in,
                           uint32_t in_size, uint8_t *out, uint32_t out_size, uint32_t *result)
{
    uint32_t block = material->algorithm->block_size;
    uint8_t next[SYMMETRIC_MAX_BLOCK];
    EVP_CIPHER_CTX *ctx = NULL;
    SECURITY_STATUS status = make_context(material, call, &ctx);

    if (status == ERROR_SUCCESS && !call->pad) {
        *result = in_size;
        status = update(ctx, in, in_size, out);
    } else if (status == ERROR_SUCCESS) {
        status = call->decrypt ? decrypt_padded(ctx, block, in, in_size, out, out_size, result)
                               : encrypt_padded(ctx, block, in, in_size, out, result);
    }
    if (status == ERROR_SUCCESS && symmetric_chains(call->mode)) {
        if (EVP_CIPHER_CTX_get_updated_iv(ctx, next, block) == 1) {
            memcpy(call->iv, next, block);
        } else {
            status = status_from_openssl(NTE_INTERNAL_ERROR, "libcrypto does not tell the next vector");
        }
    }
    EVP_CIPHER_CTX_free(ctx);
    return status;
}

SECURITY_STATUS symmetric_crypt(const struct material *material, const struct symmetric_call *call, const uint8_t *in,
                                uint32_t in_size, uint8_t *out, uint32_t out_size, uint32_t *result)
{
    uint32_t most, least;
    SECURITY_STATUS status = check_size(call, material->algorithm->block_size, in_size, &most, &least);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    *result = most;
    if (out == NULL) {
        return ERROR_SUCCESS;
    }
    if (out_size < least) {
        return status_fail(NTE_BUFFER_TOO_SMALL, "the output has up to %u bytes", most);
    }
    if (overlaps(in, in_size, out, most < out_size ? most : out_size)) {
        return status_fail(NTE_BUFFERS_OVERLAP, "input and output overlap without being the same");
    }
    openssl_scope_begin(); /* the vector changes in here, so that a fork() does not come in the middle */
    status = run(material, call, in, in_size, out, out_size, result);
    openssl_scope_end();
    return status;
}

/* Its operations need the handle's vector: NCryptEncrypt and NCryptDecrypt go by cipher.c. */
const struct family family_symmetric = {
    .holds_secret = true,
};
