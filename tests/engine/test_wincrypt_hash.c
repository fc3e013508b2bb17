/* SPDX-License-Identifier: MIT
 *
 * CryptoAPI hashes and signatures, judged by libcrypto and by the key storage functions.
 */
#include <openssl/evp.h>

#include "wincrypt_support.h"

static const struct {
    ALG_ID algorithm;
    const char *name;
    const WCHAR *cng_name;
    DWORD size;
} digests[] = {
    {CALG_MD5, "MD5", u"MD5", 16},           {CALG_SHA1, "SHA1", u"SHA1", 20},
    {CALG_SHA_256, "SHA256", u"SHA256", 32}, {CALG_SHA_384, "SHA384", u"SHA384", 48},
    {CALG_SHA_512, "SHA512", u"SHA512", 64},
};

static HCRYPTPROV context;
static HCRYPTKEY pair;

static DWORD hash_value(HCRYPTHASH hash, BYTE value[64])
{
    DWORD size = 64;

    CHECK_GOOD(CryptGetHashParam(hash, HP_HASHVAL, value, &size, 0));
    return size;
}

static DWORD hash_dword(HCRYPTHASH hash, DWORD parameter)
{
    DWORD value = 0, size = sizeof value;

    CHECK_GOOD(CryptGetHashParam(hash, parameter, (BYTE *)&value, &size, 0));
    return value;
}

static void destroy_hash(HCRYPTHASH hash)
{
    CHECK_GOOD(CryptDestroyHash(hash));
}

static void test_values(void)
{
    for (size_t i = 0; i < COUNT(digests); i++) {
        HCRYPTHASH hash = make_hash(context, digests[i].algorithm, "some ");
        BYTE value[64], want[64];

        CHECK(EVP_Digest("some text", 9, want, NULL, EVP_get_digestbyname(digests[i].name), NULL) == 1);
        CHECK_GOOD(CryptHashData(hash, NULL, 0, 0));
        CHECK_GOOD(CryptHashData(hash, (const BYTE *)"text", 4, 0));
        CHECK(hash_dword(hash, HP_ALGID) == digests[i].algorithm);
        CHECK(hash_dword(hash, HP_HASHSIZE) == digests[i].size);
        CHECK(hash_value(hash, value) == digests[i].size && memcmp(value, want, digests[i].size) == 0);
        CHECK(hash_value(hash, value) == digests[i].size && memcmp(value, want, digests[i].size) == 0);
        destroy_hash(hash);
    }
}

/* More than is hashed at a time. */
static void test_much_data(void)
{
    enum { SIZE = (2 << 20) + 77 };
    BYTE *data = malloc(SIZE), value[64], want[64];
    HCRYPTHASH hash = make_hash(context, CALG_SHA_256, "");

    for (size_t i = 0; i < SIZE; i++) {
        data[i] = (BYTE)(i * 31 + i / 997);
    }
    CHECK_GOOD(CryptHashData(hash, data, SIZE, 0));
    CHECK(EVP_Digest(data, SIZE, want, NULL, EVP_sha256(), NULL) == 1);
    CHECK(hash_value(hash, value) == 32 && memcmp(value, want, 32) == 0);
    destroy_hash(hash);
    free(data);
}

static void test_creation(void)
{
    HCRYPTPROV full = acquire(NULL, PROV_RSA_FULL, CRYPT_VERIFYCONTEXT);
    HCRYPTHASH hash = 0;

    for (size_t i = 2; i < COUNT(digests); i++) {
        CHECK_ERROR(CryptCreateHash(full, digests[i].algorithm, 0, 0, &hash), NTE_BAD_ALGID);
    }
    CHECK_ERROR(CryptCreateHash(context, 0x8009, 0, 0, &hash), NTE_BAD_ALGID);
    CHECK_ERROR(CryptCreateHash(context, CALG_RSA_SIGN, 0, 0, &hash), NTE_BAD_ALGID);
    CHECK_ERROR(CryptCreateHash(context, CALG_SHA1, pair, 0, &hash), NTE_BAD_KEY);
    CHECK_ERROR(CryptCreateHash(context, CALG_SHA1, 0, 1, &hash), NTE_BAD_FLAGS);
    CHECK_ERROR(CryptCreateHash(context, CALG_SHA1, 0, 0, NULL), ERROR_INVALID_PARAMETER);
    CHECK(hash == 0);
    release(full);
}

/* Sizes may be asked for at any time; a value that has been read, set or signed is the last word. */
static void test_states(void)
{
    HCRYPTHASH hash = make_hash(context, CALG_SHA1, "a");
    BYTE value[64], signature[256];
    DWORD size = 0;

    CHECK_GOOD(CryptGetHashParam(hash, HP_HASHVAL, NULL, &size, 0));
    CHECK(size == 20);
    size = 19;
    CHECK_ERROR(CryptGetHashParam(hash, HP_HASHVAL, value, &size, 0), ERROR_MORE_DATA);
    CHECK(size == 20);
    CHECK_GOOD(CryptSignHashW(hash, AT_SIGNATURE, NULL, 0, NULL, &size));
    CHECK(size == 128);
    size = 127;
    CHECK_ERROR(CryptSignHashW(hash, AT_SIGNATURE, NULL, 0, signature, &size), ERROR_MORE_DATA);
    CHECK(size == 128);
    CHECK_GOOD(CryptHashData(hash, value, 0, 0));
    CHECK_GOOD(CryptSignHashW(hash, AT_SIGNATURE, NULL, 0, signature, &size));
    CHECK_ERROR(CryptHashData(hash, value, 0, 0), NTE_BAD_HASH_STATE);
    CHECK_GOOD(CryptSignHashW(hash, AT_SIGNATURE, NULL, 0, signature, &size));
    destroy_hash(hash);

    hash = make_hash(context, CALG_SHA1, "a");
    hash_value(hash, value);
    CHECK_ERROR(CryptHashData(hash, value, 0, 0), NTE_BAD_HASH_STATE);
    memset(value, 'x', 20);
    CHECK_GOOD(CryptSetHashParam(hash, HP_HASHVAL, value, 0));
    memset(value, 0, 20);
    CHECK(hash_value(hash, value) == 20 && value[0] == 'x' && value[19] == 'x');
    destroy_hash(hash);

    hash = make_hash(context, CALG_SHA1, "");
    CHECK_GOOD(CryptSetHashParam(hash, HP_HASHVAL, value, 0));
    CHECK_ERROR(CryptHashData(hash, value, 1, 0), NTE_BAD_HASH_STATE);
    destroy_hash(hash);
}

static void test_arguments(void)
{
    HCRYPTHASH hash = make_hash(context, CALG_SHA1, "a"), stale = make_hash(context, CALG_SHA1, "a");
    const HCRYPTHASH wrong[] = {0, 1, (HCRYPTHASH)-1, context, pair, stale};
    BYTE data[256] = {0};
    DWORD size = sizeof data;

    destroy_hash(stale);
    for (size_t i = 0; i < COUNT(wrong); i++) {
        CHECK_ERROR(CryptHashData(wrong[i], data, 1, 0), ERROR_INVALID_PARAMETER);
        CHECK_ERROR(CryptGetHashParam(wrong[i], HP_HASHVAL, data, &size, 0), ERROR_INVALID_PARAMETER);
        CHECK_ERROR(CryptSetHashParam(wrong[i], HP_HASHVAL, data, 0), ERROR_INVALID_PARAMETER);
        CHECK_ERROR(CryptSignHashW(wrong[i], AT_SIGNATURE, NULL, 0, data, &size), ERROR_INVALID_PARAMETER);
        CHECK_ERROR(CryptVerifySignatureW(wrong[i], data, 128, pair, NULL, 0), ERROR_INVALID_PARAMETER);
        CHECK_ERROR(CryptDestroyHash(wrong[i]), ERROR_INVALID_PARAMETER);
        if (wrong[i] != pair) {
            CHECK_ERROR(CryptVerifySignatureW(hash, data, 128, wrong[i], NULL, 0), ERROR_INVALID_PARAMETER);
        }
    }
    CHECK_ERROR(CryptHashData(hash, NULL, 1, 0), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(CryptHashData(hash, data, 1, 2), NTE_BAD_FLAGS);
    CHECK_ERROR(CryptGetHashParam(hash, 99, data, &size, 0), NTE_BAD_TYPE);
    CHECK_ERROR(CryptGetHashParam(hash, HP_ALGID, data, &size, 1), NTE_BAD_FLAGS);
    CHECK_ERROR(CryptGetHashParam(hash, HP_ALGID, data, NULL, 0), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(CryptSetHashParam(hash, HP_ALGID, data, 0), NTE_BAD_TYPE);
    CHECK_ERROR(CryptSetHashParam(hash, HP_HASHVAL, NULL, 0), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(CryptSetHashParam(hash, HP_HASHVAL, data, 1), NTE_BAD_FLAGS);
    CHECK_ERROR(CryptSignHashW(hash, AT_SIGNATURE, NULL, 2, data, &size), NTE_BAD_FLAGS);
    CHECK_ERROR(CryptSignHashW(hash, AT_SIGNATURE, u"why", 0, data, &size), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(CryptSignHashW(hash, AT_SIGNATURE, NULL, 0, data, NULL), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(CryptSignHashW(hash, 3, NULL, 0, data, &size), NTE_NO_KEY);
    CHECK_ERROR(CryptSignHashW(hash, AT_KEYEXCHANGE, NULL, 0, data, &size), NTE_NO_KEY);
    CHECK_ERROR(CryptVerifySignatureW(hash, data, 128, pair, NULL, 2), NTE_BAD_FLAGS);
    CHECK_ERROR(CryptVerifySignatureW(hash, data, 128, pair, u"why", 0), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(CryptVerifySignatureW(hash, NULL, 128, pair, NULL, 0), ERROR_INVALID_PARAMETER);
    CHECK(size == sizeof data);
    destroy_hash(hash);
}

static void reverse(BYTE *data, DWORD size)
{
    for (DWORD i = 0; i < size / 2; i++) {
        BYTE byte = data[i];

        data[i] = data[size - 1 - i];
        data[size - 1 - i] = byte;
    }
}

/* The same key on the other side signs what this one verifies, and the reverse, with the bytes in reverse order. */
static void test_against_cng(void)
{
    NCRYPT_KEY_HANDLE key = 0;

    CHECK_STATUS(NCryptTranslateHandle(NULL, &key, context, 0, AT_SIGNATURE, 0), ERROR_SUCCESS);
    for (size_t i = 0; i < COUNT(digests); i++) {
        for (DWORD flags = 0; flags <= CRYPT_NOHASHOID; flags++) {
            HCRYPTHASH hash = make_hash(context, digests[i].algorithm, "text");
            BCRYPT_PKCS1_PADDING_INFO padding = {flags ? NULL : digests[i].cng_name};
            BYTE value[64], signature[128];
            DWORD size = sizeof signature;

            CHECK_GOOD(CryptSignHashW(hash, AT_SIGNATURE, NULL, flags, signature, &size));
            CHECK_GOOD(CryptVerifySignatureW(hash, signature, size, pair, NULL, flags));
            CHECK_ERROR(CryptVerifySignatureW(hash, signature, size, pair, NULL, !flags), NTE_BAD_SIGNATURE);
            hash_value(hash, value);
            reverse(signature, size);
            CHECK_STATUS(
                NCryptVerifySignature(key, &padding, value, digests[i].size, signature, size, NCRYPT_PAD_PKCS1_FLAG),
                ERROR_SUCCESS);
            memset(signature, 0, sizeof signature);
            CHECK_STATUS(NCryptSignHash(key, &padding, value, digests[i].size, signature, sizeof signature, &size,
                                        NCRYPT_PAD_PKCS1_FLAG),
                         ERROR_SUCCESS);
            CHECK_ERROR(CryptVerifySignatureW(hash, signature, size, pair, NULL, flags), NTE_BAD_SIGNATURE);
            reverse(signature, size);
            CHECK_GOOD(CryptVerifySignatureW(hash, signature, size, pair, NULL, flags));
            destroy_hash(hash);
        }
    }
    free_handle(key);
}

static void test_wrong_signatures(void)
{
    BYTE signature[257] = {0};
    DWORD size = sign_text(context, AT_SIGNATURE, "text", signature);
    HCRYPTHASH hash = make_hash(context, CALG_SHA1, "text");

    CHECK(size == 128);
    CHECK_GOOD(verify_text(context, pair, "text", signature, size));
    CHECK_ERROR(verify_text(context, pair, "another", signature, size), NTE_BAD_SIGNATURE);
    for (DWORD wrong = 0; wrong <= 257; wrong++) {
        if (wrong != 128) {
            CHECK_ERROR(CryptVerifySignatureW(hash, signature, wrong, pair, NULL, 0), NTE_BAD_SIGNATURE);
        }
    }
    CHECK_ERROR(CryptVerifySignatureW(hash, NULL, 0, pair, NULL, 0), NTE_BAD_SIGNATURE);
    for (DWORD at = 0; at < size; at += 5) {
        signature[at] ^= 4;
        CHECK_ERROR(CryptVerifySignatureW(hash, signature, size, pair, NULL, 0), NTE_BAD_SIGNATURE);
        signature[at] ^= 4;
    }
    CHECK_GOOD(CryptVerifySignatureW(hash, signature, size, pair, NULL, 0));
    destroy_hash(hash);
}

/* A hash works on when its context's handle is gone; the key it signs with is still there. */
static void test_order_of_release(void)
{
    HCRYPTPROV own = acquire(NULL, PROV_RSA_AES, CRYPT_VERIFYCONTEXT);
    HCRYPTKEY key = generate_key(own, AT_KEYEXCHANGE, 0);
    HCRYPTHASH hash = make_hash(own, CALG_SHA1, "late");
    BYTE signature[128];
    DWORD size = sizeof signature;

    release(own);
    CHECK_GOOD(CryptSignHashW(hash, AT_KEYEXCHANGE, NULL, 0, signature, &size));
    CHECK_GOOD(CryptVerifySignatureW(hash, signature, size, key, NULL, 0));
    destroy_key(key);
    CHECK_GOOD(CryptSignHashW(hash, AT_KEYEXCHANGE, NULL, 0, signature, &size));
    destroy_hash(hash);
}

/* A key that is too short for the hash. */
static void test_short_key(void)
{
    HCRYPTPROV own = verify_context();
    HCRYPTHASH hash = make_hash(own, CALG_SHA_512, "");
    HCRYPTKEY key = 0;
    BYTE signature[64];
    DWORD size = sizeof signature;

    CHECK_GOOD(CryptGenKey(own, AT_SIGNATURE, 512u << 16, &key));
    CHECK_ERROR(CryptSignHashW(hash, AT_SIGNATURE, NULL, 0, signature, &size), ERROR_INVALID_PARAMETER);
    destroy_key(key);
    destroy_hash(hash);
    release(own);
}

int main(void)
{
    home_make();
    context = verify_context();
    pair = generate_key(context, AT_SIGNATURE, 0);
    RUN(test_values);
    RUN(test_much_data);
    RUN(test_creation);
    RUN(test_states);
    RUN(test_arguments);
    RUN(test_against_cng);
    RUN(test_wrong_signatures);
    RUN(test_order_of_release);
    RUN(test_short_key);
    destroy_key(pair);
    release(context);
    check_no_capi_handles();
    return test_result("wincrypt_hash");
}
