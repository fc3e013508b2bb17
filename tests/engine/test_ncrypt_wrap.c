/* SPDX-License-Identifier: MIT
 *
 * PKCS11RsaAesWrapBlob: what is written libcrypto by itself unwraps, and what it wraps is read; parameter lists,
 * damaged ones. Policies: test_ncrypt_envelope.c.
 */
#include <openssl/rsa.h>

#include "envelope_support.h"

static NCryptBufferDesc *wish(DWORD *bits, const WCHAR *hash, const char *label)
{
    ULONG count = 0;

    if (bits != NULL) {
        buffers[count++] = (NCryptBuffer){sizeof *bits, NCRYPTBUFFER_PKCS_AES_KEY_BITS, bits};
    }
    if (hash != NULL) {
        buffers[count++] = (NCryptBuffer){(ULONG)(utf16_length(hash, 99) + 1) * 2, NCRYPTBUFFER_PKCS_PADDING_ALGO,
                                          (PVOID)(uintptr_t)hash};
    }
    if (label != NULL) {
        buffers[count++] =
            (NCryptBuffer){(ULONG)strlen(label), NCRYPTBUFFER_PKCS_PADDING_LABEL, (PVOID)(uintptr_t)label};
    }
    return with(count);
}

static EVP_PKEY_CTX *oaep(EVP_PKEY *pkey, bool encrypt, const EVP_MD *md, const char *label)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);

    CHECK((encrypt ? EVP_PKEY_encrypt_init(ctx) : EVP_PKEY_decrypt_init(ctx)) == 1);
    CHECK(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 && EVP_PKEY_CTX_set_rsa_oaep_md(ctx, md) == 1);
    if (label != NULL) {
        CHECK(EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, OPENSSL_strdup(label), (int)strlen(label)) == 1);
    }
    return ctx;
}

static const EVP_CIPHER *wrapping(size_t key_size)
{
    return key_size == 16 ? EVP_aes_128_wrap_pad() : key_size == 24 ? EVP_aes_192_wrap_pad() : EVP_aes_256_wrap_pad();
}

static void check_wrapped(const uint8_t *blob, DWORD size, size_t aes_size, const WCHAR *hash, const EVP_MD *md,
                          const char *label)
{
    EVP_PKEY_CTX *opener = oaep(for_rsa.key, false, md, label);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    uint8_t aes[256], plain[400];
    size_t found = sizeof aes, hash_size = 2 * utf16_length(hash, 99) + 2, label_size = label ? strlen(label) : 0;
    DWORD key_size = size - 16 - (DWORD)hash_size - (DWORD)label_size;
    const DWORD header[4] = {0x57504152, key_size, (DWORD)hash_size, (DWORD)label_size};
    int length = 0;

    CHECK(memcmp(blob, header, sizeof header) == 0);
    CHECK(memcmp(blob + 16 + key_size, hash, hash_size) == 0);
    CHECK(label == NULL || memcmp(blob + size - label_size, label, label_size) == 0);
    CHECK(EVP_PKEY_decrypt(opener, aes, &found, blob + 16, 256) == 1 && found == aes_size);
    EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    CHECK(EVP_DecryptInit_ex(ctx, wrapping(aes_size), NULL, aes, NULL) == 1);
    CHECK(EVP_DecryptUpdate(ctx, plain, &length, blob + 16 + 256, (int)key_size - 256) == 1);
    CHECK((DWORD)length == pkcs8_size && memcmp(plain, pkcs8, pkcs8_size) == 0);
    EVP_CIPHER_CTX_free(ctx);
    EVP_PKEY_CTX_free(opener);
}

static void test_wrapped(void)
{
    DWORD bits[] = {128, 192, 256};
    uint8_t blob[ROOM];
    DWORD size = taken_out(WRAPPED, rsa, NULL, blob);

    check_wrapped(blob, size, 32, u"SHA256", EVP_sha256(), NULL);
    CHECK_STATUS(import(WRAPPED, rsa, NULL, blob, size), ERROR_SUCCESS);
    for (size_t i = 0; i < COUNT(bits); i++) {
        size = taken_out(WRAPPED, rsa, wish(&bits[i], u"SHA1", "label"), blob);
        check_wrapped(blob, size, bits[i] / 8, u"SHA1", EVP_sha1(), "label");
        CHECK_STATUS(import(WRAPPED, rsa, NULL, blob, size), ERROR_SUCCESS);
        size = taken_out(WRAPPED, rsa, wish(&bits[i], u"SHA512", NULL), blob);
        check_wrapped(blob, size, bits[i] / 8, u"SHA512", EVP_sha512(), NULL);
        CHECK_STATUS(import(WRAPPED, rsa, NULL, blob, size), ERROR_SUCCESS);
    }
}

/* `aes_size` may be one that no AES key has. */
static DWORD wrap_outside(size_t aes_size, uint8_t blob[ROOM])
{
    EVP_PKEY_CTX *closer = oaep(for_rsa.key, true, EVP_sha384(), "l");
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    uint8_t aes[64] = {1, 2, 3};
    size_t length = 256;
    int sealed = 0;
    DWORD header[4] = {0x57504152, 0, 14, 1};

    CHECK(EVP_PKEY_encrypt(closer, blob + 16, &length, aes, aes_size) == 1);
    EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    CHECK(EVP_EncryptInit_ex(ctx, wrapping(aes_size), NULL, aes, NULL) == 1);
    CHECK(EVP_EncryptUpdate(ctx, blob + 272, &sealed, pkcs8, (int)pkcs8_size) == 1);
    header[1] = 256 + (DWORD)sealed;
    memcpy(blob, header, sizeof header);
    memcpy(blob + 16 + header[1], u"SHA384", 14);
    memcpy(blob + 30 + header[1], "l", 1);
    EVP_CIPHER_CTX_free(ctx);
    EVP_PKEY_CTX_free(closer);
    return 16 + header[1] + 14 + 1;
}

static void test_wrapped_outside(void)
{
    uint8_t blob[ROOM];

    for (size_t aes_size = 16; aes_size <= 32; aes_size += 8) {
        DWORD size = wrap_outside(aes_size, blob);

        CHECK_STATUS(import(WRAPPED, rsa, NULL, blob, size), ERROR_SUCCESS);
    }
    CHECK_STATUS(import(WRAPPED, rsa, NULL, blob, wrap_outside(20, blob)), NTE_DECRYPTION_FAILURE);
}

static void test_refused_wrapped(void)
{
    DWORD bits[] = {0, 64, 129, 512};
    uint8_t blob[ROOM];
    DWORD size = taken_out(WRAPPED, rsa, NULL, blob);

    CHECK_STATUS(import(WRAPPED, 0, NULL, blob, size), NTE_INVALID_PARAMETER);
    CHECK_STATUS(import(WRAPPED, ec, NULL, blob, size), NTE_NOT_SUPPORTED);
    CHECK_STATUS(import(WRAPPED, rsa, wish(&bits[0], NULL, NULL), blob, size), NTE_INVALID_PARAMETER);
    CHECK_STATUS(refused_export(WRAPPED, 0, NULL), NTE_INVALID_PARAMETER);
    CHECK_STATUS(refused_export(WRAPPED, ec, NULL), NTE_NOT_SUPPORTED);
    for (size_t i = 0; i < COUNT(bits); i++) {
        CHECK_STATUS(refused_export(WRAPPED, rsa, wish(&bits[i], NULL, NULL)), NTE_INVALID_PARAMETER);
    }
    CHECK_STATUS(refused_export(WRAPPED, rsa, wish(NULL, u"NOHASH", NULL)), NTE_INVALID_PARAMETER);
    CHECK_STATUS(refused_export(WRAPPED, rsa, wish(NULL, u"A name that is too long", NULL)), NTE_INVALID_PARAMETER);
    buffers[0] = (NCryptBuffer){2, NCRYPTBUFFER_PKCS_AES_KEY_BITS, bits};
    CHECK_STATUS(refused_export(WRAPPED, rsa, with(1)), NTE_INVALID_PARAMETER);
    for (DWORD cut = 1; cut < size; cut++) {
        CHECK_STATUS(import(WRAPPED, rsa, NULL, blob, cut), NTE_BAD_DATA);
    }
    blob[size] = 0;
    CHECK_STATUS(import(WRAPPED, rsa, NULL, blob, size + 1), NTE_BAD_DATA);
    for (DWORD at = 0; at < size; at++) {
        SECURITY_STATUS status;

        blob[at] ^= 1;
        status = import(WRAPPED, rsa, NULL, blob, size);
        CHECK(status == NTE_DECRYPTION_FAILURE || status == NTE_BAD_DATA || status == NTE_NOT_SUPPORTED);
        CHECK(at < 16 || at >= size - 14 || status == NTE_DECRYPTION_FAILURE);
        blob[at] ^= 1;
    }
}

int main(void)
{
    RUN(make_keys);
    RUN(test_wrapped);
    RUN(test_wrapped_outside);
    RUN(test_refused_wrapped);
    RUN(free_keys);
    return test_result("ncrypt_wrap");
}
