/* SPDX-License-Identifier: MIT
 *
 * Symmetric keys as an application sees them: made, imported, stored; how their handle chains; padding; every refusal.
 */
#include "cipher_support.h"

static const uint8_t key_bytes[32] = {1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16,
                                      17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32};
static const uint8_t zeros[16];
static const struct {
    const WCHAR *name, *group;
    DWORD bits[3], block;
    NCRYPT_SUPPORTED_LENGTHS lengths;
} algorithms[] = {
    {u"AES", u"AES", {128, 192, 256}, 16, {128, 256, 64, 128}},
    {u"3DES", u"DES", {192}, 8, {192, 192, 0, 192}},
    {u"3DES_112", u"DES", {128}, 8, {128, 128, 0, 128}},
};
static NCRYPT_PROV_HANDLE provider;

static NCRYPT_KEY_HANDLE aes_key(void)
{
    return import_cipher_key(provider, u"AES", key_bytes, 16);
}

static void check_text(NCRYPT_KEY_HANDLE key, const WCHAR *property, const WCHAR *want)
{
    WCHAR text[40] = {0};
    DWORD size = 0;

    CHECK_STATUS(NCryptGetProperty(key, property, (PBYTE)text, sizeof text, &size, 0), ERROR_SUCCESS);
    CHECK(size == wide_bytes(want) && memcmp(text, want, size) == 0);
}

static SECURITY_STATUS get_iv(NCRYPT_KEY_HANDLE key, uint8_t *iv, DWORD *size)
{
    return NCryptGetProperty(key, u"IV", iv, 16, size, 0);
}

/* ---- what a key is ---- */

static void check_key(NCRYPT_KEY_HANDLE key, size_t i, DWORD bits)
{
    NCRYPT_SUPPORTED_LENGTHS lengths;
    DWORD value = 0, size = 0;

    check_text(key, u"Algorithm Name", algorithms[i].name);
    check_text(key, u"Algorithm Group", algorithms[i].group);
    check_text(key, u"Chaining Mode", CBC);
    CHECK_STATUS(get_dword(key, u"Length", &value), ERROR_SUCCESS);
    CHECK(value == bits);
    CHECK_STATUS(get_dword(key, u"Block Length", &value), ERROR_SUCCESS);
    CHECK(value == algorithms[i].block);
    CHECK_STATUS(NCryptGetProperty(key, u"Lengths", (PBYTE)&lengths, sizeof lengths, &size, 0), ERROR_SUCCESS);
    CHECK(memcmp(&lengths, &algorithms[i].lengths, sizeof lengths) == 0);
    CHECK_STATUS(get_dword(key, u"PublicKeyLength", &value), NTE_NOT_SUPPORTED);
    CHECK_STATUS(get_dword(key, u"SignatureLength", &value), NTE_NOT_SUPPORTED);
    CHECK_STATUS(get_dword(key, u"AuthTagLength", &value), NTE_NOT_SUPPORTED);
    CHECK_STATUS(get_dword(key, u"ECCCurveName", &value), NTE_NOT_FOUND);
}

/* Encrypts with one handle, decrypts with another, or the same one. */
static void check_pair(NCRYPT_KEY_HANDLE one, NCRYPT_KEY_HANDLE other, DWORD block)
{
    uint8_t cipher[32], plain[32];
    DWORD size = 0;

    CHECK_STATUS(set_iv(one, zeros, block), ERROR_SUCCESS);
    CHECK_STATUS(encrypt_by(one, key_bytes, 32, NULL, cipher, 32, &size), ERROR_SUCCESS);
    CHECK(size == 32 && memcmp(cipher, key_bytes, 32) != 0);
    CHECK_STATUS(set_iv(other, zeros, block), ERROR_SUCCESS);
    CHECK_STATUS(decrypt_by(other, cipher, 32, NULL, plain, 32, &size), ERROR_SUCCESS);
    CHECK(size == 32 && memcmp(plain, key_bytes, 32) == 0);
}

static void test_create(void)
{
    for (size_t i = 0; i < COUNT(algorithms); i++) {
        CHECK_STATUS(NCryptIsAlgSupported(provider, algorithms[i].name, 0), ERROR_SUCCESS);
        for (size_t j = 0; j < 3 && algorithms[i].bits[j] != 0; j++) {
            NCRYPT_KEY_HANDLE key = begin_key(provider, algorithms[i].name, u"stored", NCRYPT_OVERWRITE_KEY_FLAG);
            NCRYPT_KEY_HANDLE again;

            CHECK_STATUS(set_dword(key, u"Length", algorithms[i].bits[j], 0), ERROR_SUCCESS);
            CHECK_STATUS(set_dword(key, u"Length", 127, 0), NTE_INVALID_PARAMETER);
            CHECK_STATUS(NCryptFinalizeKey(key, 0), ERROR_SUCCESS);
            check_key(key, i, algorithms[i].bits[j]);
            again = open_key(provider, u"stored");
            check_key(again, i, algorithms[i].bits[j]);
            check_pair(key, again, algorithms[i].block);
            check_pair(again, key, algorithms[i].block);
            free_handle(again);
            CHECK_STATUS(NCryptDeleteKey(key, 0), ERROR_SUCCESS);
        }
    }
}

static void test_default_length(void)
{
    for (size_t i = 0; i < COUNT(algorithms); i++) {
        NCRYPT_KEY_HANDLE key = make_key(provider, algorithms[i].name, NULL);

        check_key(key, i, algorithms[i].lengths.dwDefaultLength);
        check_pair(key, key, algorithms[i].block);
        free_handle(key);
    }
}

static void test_other_operations(void)
{
    static const WCHAR *const absent[] = {u"DES", u"DESX", u"RC2"};
    NCRYPT_KEY_HANDLE key = aes_key(), made = 0;
    uint8_t bytes[32] = {0};
    DWORD size = 0;

    CHECK_STATUS(NCryptSignHash(key, NULL, bytes, 32, bytes, 32, &size, 0), NTE_NOT_SUPPORTED);
    CHECK_STATUS(NCryptVerifySignature(key, NULL, bytes, 32, bytes, 32, 0), NTE_NOT_SUPPORTED);
    CHECK_STATUS(NCryptSecretAgreement(key, key, &made, 0), NTE_NOT_SUPPORTED);
    free_handle(key);
    for (size_t i = 0; i < COUNT(absent); i++) {
        CHECK_STATUS(NCryptIsAlgSupported(provider, absent[i], 0), NTE_NOT_SUPPORTED);
    }
    key = begin_key(provider, u"ECDSA_P256", NULL, 0);
    CHECK_STATUS(set_mode(key, ECB), NTE_NOT_SUPPORTED);
    CHECK_STATUS(set_iv(key, zeros, 16), NTE_NOT_SUPPORTED);
    CHECK_STATUS(get_iv(key, bytes, &size), NTE_NOT_SUPPORTED);
    CHECK_STATUS(NCryptGetProperty(key, u"Chaining Mode", bytes, 32, &size, 0), NTE_NOT_SUPPORTED);
    free_handle(key);
}

/* ---- how a handle chains ---- */

static void test_state(void)
{
    NCRYPT_KEY_HANDLE key = aes_key();
    uint8_t whole[64], pieces[64], iv[16];
    DWORD size = 0;

    CHECK_STATUS(get_iv(key, iv, &size), NTE_NOT_FOUND);
    CHECK_STATUS(encrypt_by(key, key_bytes, 16, NULL, whole, 16, &size), NTE_INVALID_PARAMETER);
    CHECK_STATUS(set_iv(key, key_bytes, 16), ERROR_SUCCESS);
    CHECK_STATUS(encrypt_by(key, key_bytes, 32, NULL, whole, 64, &size), ERROR_SUCCESS);
    CHECK_STATUS(get_iv(key, iv, &size), ERROR_SUCCESS);
    CHECK(size == 16 && memcmp(iv, whole + 16, 16) == 0);
    CHECK_STATUS(set_iv(key, key_bytes, 16), ERROR_SUCCESS);
    for (DWORD i = 0; i < 32; i += 16) {
        CHECK_STATUS(encrypt_by(key, key_bytes + i, 16, NULL, pieces + i, 16, &size), ERROR_SUCCESS);
    }
    CHECK(memcmp(whole, pieces, 32) == 0);
    /* Neither questions nor failures change it, nor empty input. */
    CHECK_STATUS(encrypt_by(key, key_bytes, 32, NULL, NULL, 0, &size), ERROR_SUCCESS);
    CHECK(size == 32);
    CHECK_STATUS(encrypt_by(key, key_bytes, 32, NULL, whole, 31, &size), NTE_BUFFER_TOO_SMALL);
    CHECK(size == 32);
    CHECK_STATUS(encrypt_by(key, key_bytes, 31, NULL, whole, 64, &size), NTE_INVALID_PARAMETER);
    CHECK_STATUS(encrypt_by(key, key_bytes, 0, NULL, whole, 64, &size), ERROR_SUCCESS);
    CHECK(size == 0);
    CHECK_STATUS(get_iv(key, iv, &size), ERROR_SUCCESS);
    CHECK(memcmp(iv, pieces + 16, 16) == 0);
    /* Decryption goes on from the same place. */
    CHECK_STATUS(set_iv(key, key_bytes, 16), ERROR_SUCCESS);
    CHECK_STATUS(decrypt_by(key, pieces, 16, NULL, whole, 64, &size), ERROR_SUCCESS);
    CHECK_STATUS(get_iv(key, iv, &size), ERROR_SUCCESS);
    CHECK(memcmp(iv, pieces, 16) == 0);
    CHECK_STATUS(decrypt_by(key, pieces + 16, 16, NULL, whole + 16, 48, &size), ERROR_SUCCESS);
    CHECK(memcmp(whole, key_bytes, 32) == 0);
    free_handle(key);
}

static void test_modes(void)
{
    static const WCHAR *const refused[] = {u"ChainingModeGCM", u"ChainingModeCCM", u"ChainingModeXXX"};
    NCRYPT_KEY_HANDLE key = begin_key(provider, u"AES", NULL, 0);
    uint8_t one[32], two[32];
    DWORD size = 0;

    CHECK_STATUS(set_mode(key, ECB), ERROR_SUCCESS); /* before the key is there */
    CHECK_STATUS(set_iv(key, zeros, 16), ERROR_SUCCESS);
    CHECK_STATUS(encrypt_by(key, zeros, 16, NULL, one, 32, &size), NTE_BAD_KEY_STATE);
    CHECK_STATUS(decrypt_by(key, zeros, 16, NULL, one, 32, &size), NTE_BAD_KEY_STATE);
    CHECK_STATUS(NCryptFinalizeKey(key, 0), ERROR_SUCCESS);
    check_text(key, u"Chaining Mode", ECB);
    CHECK_STATUS(encrypt_by(key, zeros, 16, NULL, one, 32, &size), ERROR_SUCCESS);
    CHECK_STATUS(encrypt_by(key, zeros, 16, NULL, two, 32, &size), ERROR_SUCCESS);
    CHECK(memcmp(one, two, 16) == 0); /* nothing chains */
    for (size_t i = 0; i < COUNT(refused); i++) {
        CHECK_STATUS(set_mode(key, refused[i]), NTE_NOT_SUPPORTED);
    }
    CHECK_STATUS(set_bytes(key, u"Chaining Mode", ECB, 30, 0), NTE_INVALID_PARAMETER); /* without its NUL */
    check_text(key, u"Chaining Mode", ECB);
    CHECK_STATUS(set_mode(key, CFB), ERROR_SUCCESS);
    CHECK_STATUS(encrypt_by(key, zeros, 5, NULL, one, 32, &size), ERROR_SUCCESS);
    CHECK(size == 5);
    CHECK_STATUS(set_iv(key, zeros, 15), NTE_INVALID_PARAMETER);
    CHECK_STATUS(set_iv(key, zeros, 0), NTE_INVALID_PARAMETER);
    free_handle(key);
}

/* What is set on one handle is not seen on another, and not stored. */
static void test_handles(void)
{
    NCRYPT_KEY_HANDLE one = make_key(provider, u"AES", u"two handles"), two;
    uint8_t iv[16];
    DWORD size = 0;

    CHECK_STATUS(set_bytes(one, u"Chaining Mode", ECB, 32, NCRYPT_PERSIST_FLAG), ERROR_SUCCESS);
    CHECK_STATUS(set_bytes(one, u"IV", zeros, 16, NCRYPT_PERSIST_FLAG), ERROR_SUCCESS);
    two = open_key(provider, u"two handles");
    check_text(two, u"Chaining Mode", CBC);
    CHECK_STATUS(get_iv(two, iv, &size), NTE_NOT_FOUND);
    CHECK_STATUS(set_mode(two, CFB), ERROR_SUCCESS);
    check_text(one, u"Chaining Mode", ECB);
    free_handle(two);
    CHECK_STATUS(NCryptDeleteKey(one, 0), ERROR_SUCCESS);
}

/* ---- padding ---- */

static void check_padding(NCRYPT_KEY_HANDLE key, DWORD size)
{
    NCRYPT_CIPHER_PADDING_INFO info = cipher_info(NCRYPT_CIPHER_BLOCK_PADDING_FLAG, NULL, 0);
    DWORD padded = size - size % 16 + 16, written = 0;
    uint8_t cipher[64], plain[64];

    CHECK_STATUS(set_iv(key, zeros, 16), ERROR_SUCCESS);
    CHECK_STATUS(encrypt_by(key, key_bytes, size, &info, NULL, 0, &written), ERROR_SUCCESS);
    CHECK(written == padded);
    CHECK_STATUS(encrypt_by(key, key_bytes, size, &info, cipher, padded - 1, &written), NTE_BUFFER_TOO_SMALL);
    CHECK_STATUS(encrypt_by(key, key_bytes, size, &info, cipher, padded, &written), ERROR_SUCCESS);
    CHECK(written == padded);
    CHECK_STATUS(set_iv(key, zeros, 16), ERROR_SUCCESS);
    CHECK_STATUS(decrypt_by(key, cipher, padded, &info, NULL, 0, &written), ERROR_SUCCESS);
    CHECK(written == padded);
    if (size > 0) {
        CHECK_STATUS(decrypt_by(key, cipher, padded, &info, plain, size - 1, &written), NTE_BUFFER_TOO_SMALL);
    }
    memset(plain, 0xEE, sizeof plain);
    CHECK_STATUS(decrypt_by(key, cipher, padded, &info, plain, size, &written), ERROR_SUCCESS);
    CHECK(written == size && memcmp(plain, key_bytes, size) == 0 && plain[size] == 0xEE);
    /* In place. */
    memcpy(plain, key_bytes, 32);
    CHECK_STATUS(set_iv(key, zeros, 16), ERROR_SUCCESS);
    CHECK_STATUS(encrypt_by(key, plain, size, &info, plain, sizeof plain, &written), ERROR_SUCCESS);
    CHECK(memcmp(plain, cipher, padded) == 0);
    CHECK_STATUS(set_iv(key, zeros, 16), ERROR_SUCCESS);
    CHECK_STATUS(decrypt_by(key, plain, padded, &info, plain, sizeof plain, &written), ERROR_SUCCESS);
    CHECK(written == size && memcmp(plain, key_bytes, size) == 0);
}

static void test_padding(void)
{
    static const WCHAR *const modes[] = {CBC, ECB, CFB};
    NCRYPT_KEY_HANDLE key = aes_key();

    for (size_t i = 0; i < COUNT(modes); i++) {
        CHECK_STATUS(set_mode(key, modes[i]), ERROR_SUCCESS);
        for (DWORD size = 0; size <= 32; size++) {
            check_padding(key, size);
        }
    }
    free_handle(key);
}

/* Each last block that is no padding: ECB decrypts what ECB has encrypted without one. */
static void test_wrong_padding(void)
{
    NCRYPT_CIPHER_PADDING_INFO info = cipher_info(NCRYPT_CIPHER_BLOCK_PADDING_FLAG, NULL, 0);
    NCRYPT_KEY_HANDLE key = aes_key();
    uint8_t block[32] = {0}, cipher[32], out[32];
    DWORD size = 0;

    CHECK_STATUS(set_mode(key, ECB), ERROR_SUCCESS);
    for (unsigned last = 0; last < 256; last++) {
        memset(block, 3, sizeof block);
        block[31] = (uint8_t)last;
        CHECK_STATUS(encrypt_by(key, block, 32, NULL, cipher, 32, &size), ERROR_SUCCESS);
        CHECK_STATUS(decrypt_by(key, cipher, 32, &info, out, 32, &size),
                     last == 1 || last == 3 ? ERROR_SUCCESS : NTE_BAD_DATA);
        if (last != 1 && last != 3) {
            CHECK(memcmp(out, zeros, 16) == 0); /* nothing of it is left */
        } else {
            CHECK(size == 32 - last);
        }
    }
    memset(block + 16, 16, 16);
    CHECK_STATUS(encrypt_by(key, block, 32, NULL, cipher, 32, &size), ERROR_SUCCESS);
    CHECK_STATUS(decrypt_by(key, cipher, 32, &info, out, 16, &size), ERROR_SUCCESS);
    CHECK(size == 16);
    CHECK_STATUS(decrypt_by(key, cipher, 0, &info, out, 32, &size), NTE_INVALID_PARAMETER);
    CHECK_STATUS(decrypt_by(key, cipher, 17, &info, out, 32, &size), NTE_INVALID_PARAMETER);
    free_handle(key);
}

/* ---- a vector of the call's own ---- */

static void test_own_vector(void)
{
    NCRYPT_KEY_HANDLE key = aes_key();
    uint8_t iv[16] = {7}, out[64], other[64], own[16];
    NCRYPT_CIPHER_PADDING_INFO info = cipher_info(NCRYPT_CIPHER_NO_PADDING_FLAG, iv, 16);
    DWORD size = 0;

    CHECK_STATUS(encrypt_by(key, key_bytes, 32, &info, NULL, 0, &size), ERROR_SUCCESS);
    CHECK(iv[0] == 7);
    CHECK_STATUS(encrypt_by(key, key_bytes, 32, &info, out, 64, &size), ERROR_SUCCESS);
    CHECK(memcmp(iv, out + 16, 16) == 0); /* where the next one goes on */
    CHECK_STATUS(get_iv(key, own, &size), NTE_NOT_FOUND);
    memset(iv, 0, sizeof iv);
    iv[0] = 7;
    CHECK_STATUS(set_iv(key, iv, 16), ERROR_SUCCESS);
    CHECK_STATUS(encrypt_by(key, key_bytes, 32, NULL, other, 64, &size), ERROR_SUCCESS);
    CHECK(memcmp(out, other, 32) == 0);
    CHECK_STATUS(encrypt_by(key, key_bytes, 16, &info, out, 64, &size), ERROR_SUCCESS);
    CHECK_STATUS(get_iv(key, own, &size), ERROR_SUCCESS);
    CHECK(memcmp(own, other + 16, 16) == 0); /* the handle's has stayed */
    free_handle(key);
}

static void test_wrong_info(void)
{
    NCRYPT_KEY_HANDLE key = aes_key();
    uint8_t iv[16] = {0}, out[64] = {0};
    NCRYPT_CIPHER_PADDING_INFO info;
    DWORD size = 0;

    CHECK_STATUS(NCryptEncrypt(key, out, 16, NULL, out, 64, &size, NCRYPT_PAD_CIPHER_FLAG), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptEncrypt(key, out, 16, NULL, out, 64, &size, NCRYPT_NO_PADDING_FLAG), NTE_BAD_FLAGS);
    CHECK_STATUS(NCryptDecrypt(key, out, 16, NULL, out, 64, &size, 0x10000), NTE_BAD_FLAGS);
    info = cipher_info(0, iv, 16);
    CHECK_STATUS(NCryptEncrypt(key, out, 16, &info, out, 64, &size, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptEncrypt(key, out, 16, &info, out, 64, &size, NCRYPT_PAD_CIPHER_FLAG | NCRYPT_PAD_OAEP_FLAG),
                 NTE_BAD_FLAGS);
    info.cbSize--;
    CHECK_STATUS(encrypt_by(key, out, 16, &info, out, 64, &size), NTE_INVALID_PARAMETER);
    info = cipher_info(0, iv, 15);
    CHECK_STATUS(encrypt_by(key, out, 16, &info, out, 64, &size), NTE_INVALID_PARAMETER);
    info = cipher_info(0, NULL, 16);
    CHECK_STATUS(encrypt_by(key, out, 16, &info, out, 64, &size), NTE_INVALID_PARAMETER);
    info = cipher_info(NCRYPT_CIPHER_OTHER_PADDING_FLAG, iv, 16);
    CHECK_STATUS(encrypt_by(key, out, 16, &info, out, 64, &size), NTE_NOT_SUPPORTED);
    info = cipher_info(4, iv, 16);
    CHECK_STATUS(encrypt_by(key, out, 16, &info, out, 64, &size), NTE_INVALID_PARAMETER);
    info = cipher_info(0, iv, 16);
    CHECK_STATUS(encrypt_by(key, out, 16, &info, out + 1, 63, &size), NTE_BUFFERS_OVERLAP);
    CHECK_STATUS(encrypt_by(key, out + 15, 16, &info, out, 64, &size), NTE_BUFFERS_OVERLAP);
    CHECK_STATUS(encrypt_by(key, out + 16, 16, &info, out, 64, &size), ERROR_SUCCESS);
    free_handle(key);
}

static void test_usage(void)
{
    NCRYPT_KEY_HANDLE key = begin_key(provider, u"AES", NULL, 0);
    uint8_t out[16];
    DWORD size = 0;

    CHECK_STATUS(set_dword(key, u"Key Usage", NCRYPT_ALLOW_SIGNING_FLAG, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFinalizeKey(key, 0), ERROR_SUCCESS);
    CHECK_STATUS(set_mode(key, ECB), ERROR_SUCCESS);
    CHECK_STATUS(encrypt_by(key, zeros, 16, NULL, out, 16, &size), ERROR_SUCCESS);
    CHECK_STATUS(decrypt_by(key, zeros, 16, NULL, out, 16, &size), NTE_PERM);
    free_handle(key);
}

int main(void)
{
    home_make();
    provider = open_provider();
    RUN(test_create);
    RUN(test_default_length);
    RUN(test_other_operations);
    RUN(test_state);
    RUN(test_modes);
    RUN(test_handles);
    RUN(test_padding);
    RUN(test_wrong_padding);
    RUN(test_own_vector);
    RUN(test_wrong_info);
    RUN(test_usage);
    free_handle(provider);
    check_no_handles();
    return test_result("ncrypt_cipher");
}
