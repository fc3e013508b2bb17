/* SPDX-License-Identifier: MIT
 *
 * PKCS11RsaAesWrapBlob: a PKCS#8 key under an AES key (RFC 5649) that is under an RSA key (OAEP), as PKCS #11's
 * CKM_RSA_AES_KEY_WRAP has it. Behind the header: both wrapped keys (cbKey bytes), the name of the hash of OAEP in
 * UTF-16, and OAEP's label.
 */
#include <string.h>

#include "common/libctx.h"
#include "common/secmem.h"
#include "common/utf16.h"
#include "ncrypt/blob/blob.h"
#include "ncrypt/key/material.h"
#include "ncrypt/parameters.h"

#define HEADER_SIZE  sizeof(BCRYPT_PKCS11_RSA_AES_WRAP_BLOB)
#define MAX_HASH     16 /* UTF-16 units, with the NUL */
#define MAX_LABEL    65536u
#define MAX_KEY      65536u
#define MAX_AES_SIZE 32
#define DEFAULT_BITS 256
#define SEMIBLOCK    8 /* of RFC 5649 */

/* ---- the AES half ------------------------------------------------------------------------------------------------ */

static const char *cipher_name(size_t key_size)
{
    return key_size == 16   ? "AES-128-WRAP-PAD"
           : key_size == 24 ? "AES-192-WRAP-PAD"
           : key_size == 32 ? "AES-256-WRAP-PAD"
                            : NULL;
}

/* Wraps, or with `encrypt` 0 unwraps. `*written` is the size of what is in `out`. */
static SECURITY_STATUS run_aes(const uint8_t *key, size_t key_size, int encrypt, const uint8_t *in, size_t size,
                               uint8_t *out, size_t *written)
{
    const char *name = cipher_name(key_size);
    EVP_CIPHER *cipher = NULL;
    EVP_CIPHER_CTX *ctx = NULL;
    SECURITY_STATUS status = NTE_DECRYPTION_FAILURE;
    int first = 0, last = 0;

    openssl_scope_begin();
    cipher = name == NULL ? NULL : EVP_CIPHER_fetch(libctx_get(), name, NULL);
    ctx = cipher == NULL ? NULL : EVP_CIPHER_CTX_new();
    if (ctx != NULL) {
        EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
        if (EVP_CipherInit_ex2(ctx, cipher, key, NULL, encrypt, NULL) == 1 &&
            EVP_CipherUpdate(ctx, out, &first, in, (int)size) == 1 &&
            EVP_CipherFinal_ex(ctx, out + first, &last) == 1) {
            *written = (size_t)(first + last);
            status = ERROR_SUCCESS;
        }
    }
    if (status != ERROR_SUCCESS) {
        status = status_from_openssl(encrypt ? NTE_FAIL : NTE_DECRYPTION_FAILURE, "the wrapped key");
    }
    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_free(cipher);
    openssl_scope_end();
    return status;
}

static SECURITY_STATUS check_wrapping(const struct blob_parameters *parameters, bool import)
{
    const struct material *wrapping = parameters->wrapping;

    if (wrapping == NULL) {
        return status_fail(NTE_INVALID_PARAMETER, "the blob needs the RSA key that it is wrapped under");
    }
    if (wrapping->algorithm->family != &family_rsa || (import && !wrapping->has_private)) {
        return status_fail(NTE_NOT_SUPPORTED, "the blob is wrapped under RSA keys only, and unwrapped by private ones");
    }
    return ERROR_SUCCESS;
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

struct wrapped {
    const uint8_t *key; /* both */
    size_t key_size;
    WCHAR hash[MAX_HASH];
    const uint8_t *label;
    size_t label_size;
};

static SECURITY_STATUS take_apart(const uint8_t *data, size_t size, struct wrapped *wrapped)
{
    size_t key_size, hash_size, label_size, units;
    uint32_t magic;
    SECURITY_STATUS status = blob_read_magic(data, size, &magic);

    if (status == ERROR_SUCCESS && magic != BCRYPT_PKCS11_RSA_AES_WRAP_BLOB_MAGIC) {
        status = status_fail(NTE_NOT_SUPPORTED, "the wrapped key has magic 0x%X", (unsigned)magic);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (size < HEADER_SIZE) {
        return status_fail(NTE_BAD_DATA, "a wrapped key of %zu bytes", size);
    }
    key_size = blob_read_u32(data + 4);
    hash_size = blob_read_u32(data + 8);
    label_size = blob_read_u32(data + 12);
    units = hash_size / sizeof(WCHAR);
    if (key_size > MAX_KEY || label_size > MAX_LABEL || hash_size > sizeof wrapped->hash || hash_size % 2 != 0 ||
        units == 0 || size != HEADER_SIZE + key_size + hash_size + label_size) {
        return status_fail(NTE_BAD_DATA, "the sizes in the wrapped key do not fit its %zu bytes", size);
    }
    wrapped->key = data + HEADER_SIZE;
    wrapped->key_size = key_size;
    for (size_t i = 0; i < units; i++) {
        wrapped->hash[i] = (WCHAR)(wrapped->key[key_size + 2 * i] | wrapped->key[key_size + 2 * i + 1] << 8);
    }
    wrapped->label = wrapped->key + key_size + hash_size;
    wrapped->label_size = label_size;
    return utf16_length(wrapped->hash, units) == units - 1
               ? ERROR_SUCCESS
               : status_fail(NTE_BAD_DATA, "the name of the hash in the wrapped key has no end");
}

/* Whatever is wrong with what was encrypted has one code. */
static SECURITY_STATUS unwrap_aes_key(struct material *wrapping, const struct wrapped *wrapped, uint8_t *out,
                                      size_t out_size, size_t *size)
{
    BCRYPT_OAEP_PADDING_INFO padding = {wrapped->hash, (PUCHAR)(uintptr_t)wrapped->label, (ULONG)wrapped->label_size};
    uint32_t written = 0;
    SECURITY_STATUS status = libctx_digest(wrapped->hash) == NULL
                                 ? status_fail(NTE_NOT_SUPPORTED, "the wrapped key names a hash that is not supported")
                                 : material_decrypt(wrapping, &padding, NCRYPT_PAD_OAEP_FLAG, wrapped->key,
                                                    wrapping->width, out, (uint32_t)out_size, &written);

    *size = written;
    if (status != ERROR_SUCCESS && status != NTE_NOT_SUPPORTED && status != NTE_NO_MEMORY) {
        status = status_fail(NTE_DECRYPTION_FAILURE, "the wrapped key");
    }
    return status;
}

static SECURITY_STATUS unwrap(struct material *wrapping, const struct wrapped *wrapped, uint8_t *plain, size_t *size)
{
    size_t aes_size = 0, sealed_size = wrapped->key_size - wrapping->width;
    uint8_t *aes = secmem_alloc(wrapping->width);
    SECURITY_STATUS status =
        aes == NULL ? status_no_memory() : unwrap_aes_key(wrapping, wrapped, aes, wrapping->width, &aes_size);

    if (status == ERROR_SUCCESS) {
        status = run_aes(aes, aes_size, 0, wrapped->key + wrapping->width, sealed_size, plain, size);
    }
    secmem_free(aes);
    return status;
}

SECURITY_STATUS blob_pkcs11_parse(const struct blob_format *format, const uint8_t *data, size_t size,
                                  const struct blob_parameters *parameters, struct components *components,
                                  uint32_t *usage)
{
    struct blob_parameters inner = *parameters;
    struct wrapped wrapped;
    uint8_t *plain;
    size_t plain_size = 0;
    SECURITY_STATUS status = check_wrapping(parameters, true);

    (void)format;
    if (status == ERROR_SUCCESS) {
        status = take_apart(data, size, &wrapped);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (wrapped.key_size < parameters->wrapping->width + 2 * SEMIBLOCK ||
        (wrapped.key_size - parameters->wrapping->width) % SEMIBLOCK != 0) {
        return status_fail(NTE_BAD_DATA, "the wrapped key has not the size of one under the RSA key");
    }
    plain = secmem_alloc(wrapped.key_size);
    status = plain == NULL ? status_no_memory() : unwrap(parameters->wrapping, &wrapped, plain, &plain_size);
    if (status == ERROR_SUCCESS) {
        inner.list = NULL;
        inner.wrapping = NULL;
        status = blob_pkcs8_parse(blob_format_by_type(NCRYPT_PKCS8_PRIVATE_KEY_BLOB), plain, plain_size, &inner,
                                  components, usage);
    }
    secmem_free(plain);
    return status;
}

/* ---- writing ---------------------------------------------------------------------------------------------------- */

struct wish {
    const WCHAR *hash;
    size_t hash_size; /* bytes, with the NUL */
    const uint8_t *label;
    size_t label_size;
    size_t aes_size;
};

static SECURITY_STATUS read_wish(const struct parameters *list, struct wish *wish)
{
    uint32_t bits = DEFAULT_BITS;

    *wish = (struct wish){.hash = BCRYPT_SHA256_ALGORITHM, .label = (const uint8_t *)""};
    if (list != NULL && list->aes_bits != NULL) {
        if (list->aes_bits->cbBuffer != sizeof bits) {
            return status_fail(NTE_INVALID_PARAMETER, "NCRYPTBUFFER_PKCS_AES_KEY_BITS takes one DWORD");
        }
        memcpy(&bits, list->aes_bits->pvBuffer, sizeof bits);
    }
    if (list != NULL && list->padding_hash != NULL) {
        wish->hash = list->padding_hash;
    }
    if (list != NULL && list->padding_label != NULL) {
        wish->label = list->padding_label->pvBuffer;
        wish->label_size = list->padding_label->cbBuffer;
    }
    wish->aes_size = bits / 8;
    wish->hash_size = (utf16_length(wish->hash, MAX_HASH) + 1) * sizeof(WCHAR);
    if (bits % 8 != 0 || cipher_name(wish->aes_size) == NULL) {
        return status_fail(NTE_INVALID_PARAMETER, "an AES key has 128, 192 or 256 bits, not %u", (unsigned)bits);
    }
    if (wish->label_size > MAX_LABEL || wish->hash_size > MAX_HASH * sizeof(WCHAR) ||
        libctx_digest(wish->hash) == NULL) {
        return status_fail(NTE_INVALID_PARAMETER, "OAEP's label is too long or its hash is not known");
    }
    return ERROR_SUCCESS;
}

static SECURITY_STATUS wrap(struct material *wrapping, const struct wish *wish, const uint8_t *plain, size_t plain_size,
                            uint8_t *out)
{
    BCRYPT_OAEP_PADDING_INFO padding = {wish->hash, (PUCHAR)(uintptr_t)wish->label, (ULONG)wish->label_size};
    uint8_t aes[MAX_AES_SIZE];
    uint32_t written = 0;
    size_t sealed_size = 0;
    SECURITY_STATUS status = libctx_random(aes, wish->aes_size);

    if (status == ERROR_SUCCESS) {
        status = material_encrypt(wrapping, &padding, NCRYPT_PAD_OAEP_FLAG, aes, (uint32_t)wish->aes_size, out,
                                  wrapping->width, &written);
    }
    if (status == ERROR_SUCCESS) {
        status = run_aes(aes, wish->aes_size, 1, plain, plain_size, out + wrapping->width, &sealed_size);
    }
    secmem_wipe(aes, sizeof aes);
    return status;
}

static SECURITY_STATUS put_together(struct material *wrapping, const struct wish *wish, const uint8_t *plain,
                                    size_t plain_size, uint8_t *out)
{
    size_t key_size = wrapping->width + (plain_size + SEMIBLOCK - 1) / SEMIBLOCK * SEMIBLOCK + SEMIBLOCK;
    uint8_t *at = out + HEADER_SIZE + key_size;

    blob_write_u32(out, BCRYPT_PKCS11_RSA_AES_WRAP_BLOB_MAGIC);
    blob_write_u32(out + 4, (uint32_t)key_size);
    blob_write_u32(out + 8, (uint32_t)wish->hash_size);
    blob_write_u32(out + 12, (uint32_t)wish->label_size);
    for (size_t i = 0; i < wish->hash_size / sizeof(WCHAR); i++) {
        *at++ = (uint8_t)wish->hash[i];
        *at++ = (uint8_t)(wish->hash[i] >> 8);
    }
    memcpy(at, wish->label, wish->label_size);
    return wrap(wrapping, wish, plain, plain_size, out + HEADER_SIZE);
}

SECURITY_STATUS blob_pkcs11_write(const struct blob_format *format, const struct components *components,
                                  const struct blob_parameters *parameters, uint8_t *out, size_t out_size,
                                  size_t *result)
{
    const struct blob_format *inner = blob_format_by_type(NCRYPT_PKCS8_PRIVATE_KEY_BLOB);
    const struct blob_parameters inside = {.usage = parameters->usage};
    struct wish wish;
    uint8_t *plain = NULL;
    size_t size = 0, needed;
    bool ready = false;
    SECURITY_STATUS status = check_wrapping(parameters, false);

    (void)format;
    if (status == ERROR_SUCCESS) {
        status = read_wish(parameters->list, &wish);
    }
    if (status == ERROR_SUCCESS) {
        status = blob_pkcs8_write(inner, components, &inside, NULL, 0, &size);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    needed = HEADER_SIZE + parameters->wrapping->width + (size + SEMIBLOCK - 1) / SEMIBLOCK * SEMIBLOCK + SEMIBLOCK +
             wish.hash_size + wish.label_size;
    status = blob_output(out, out_size, needed, result, &ready);
    if (status != ERROR_SUCCESS || !ready) {
        return status;
    }
    plain = secmem_alloc(size);
    status = plain == NULL ? status_no_memory() : blob_pkcs8_write(inner, components, &inside, plain, size, &size);
    if (status == ERROR_SUCCESS) {
        status = put_together(parameters->wrapping, &wish, plain, size, out);
    }
    secmem_free(plain);
    return status;
}
