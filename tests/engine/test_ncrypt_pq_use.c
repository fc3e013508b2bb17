/* SPDX-License-Identifier: MIT
 *
 * ML-DSA signatures and ML-KEM secrets, judged by libcrypto used by itself in both directions; every refusal.
 */
#include "pq_support.h"

#define PQDSA NCRYPT_PAD_PQDSA_FLAG

static NCRYPT_PROV_HANDLE provider;
static uint8_t message[100], context[256], signature[5000];

/* ---- ML-DSA ---------------------------------------------------------------------------------------------------- */

static SECURITY_STATUS sign(NCRYPT_KEY_HANDLE key, BCRYPT_PQDSA_PADDING_INFO *info, DWORD message_size, DWORD *size)
{
    return NCryptSignHash(key, info, message, message_size, signature, sizeof signature, size, info ? PQDSA : 0);
}

static SECURITY_STATUS verify(NCRYPT_KEY_HANDLE key, BCRYPT_PQDSA_PADDING_INFO *info, DWORD message_size, DWORD size)
{
    return NCryptVerifySignature(key, info, message, message_size, signature, size, info ? PQDSA : 0);
}

/* libcrypto by itself, with a context of its own or, for `encoding` 0, with what the standard puts before the message.
 */
static EVP_MD_CTX *outside_begin(EVP_PKEY *pkey, bool verifies, int encoding, size_t context_size)
{
    OSSL_PARAM list[] = {
        OSSL_PARAM_construct_int("message-encoding", &encoding),
        OSSL_PARAM_construct_octet_string("context-string", context, encoding == 0 ? 0 : context_size),
        OSSL_PARAM_construct_end(),
    };
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    CHECK((verifies ? EVP_DigestVerifyInit_ex(ctx, NULL, NULL, NULL, NULL, pkey, list)
                    : EVP_DigestSignInit_ex(ctx, NULL, NULL, NULL, NULL, pkey, list)) == 1);
    return ctx;
}

static bool outside_verifies(EVP_PKEY *pkey, int encoding, size_t context_size, const uint8_t *data, size_t size,
                             size_t signature_size)
{
    EVP_MD_CTX *ctx = outside_begin(pkey, true, encoding, context_size);
    int good = EVP_DigestVerify(ctx, signature, signature_size, data, size);

    EVP_MD_CTX_free(ctx);
    return good == 1;
}

static void outside_sign(EVP_PKEY *pkey, int encoding, size_t context_size, const uint8_t *data, size_t size)
{
    EVP_MD_CTX *ctx = outside_begin(pkey, false, encoding, context_size);
    size_t room = sizeof signature;

    CHECK(EVP_DigestSign(ctx, signature, &room, data, size) == 1);
    EVP_MD_CTX_free(ctx);
}

/* Without a structure, with an empty one, with contexts of several lengths. */
static void test_pure(void)
{
    for (size_t i = 0; i < 3; i++) {
        static const DWORD lengths[] = {0, 1, 254, 255};
        NCRYPT_KEY_HANDLE key = pq_make(provider, &pq_sets[i], NULL);
        uint8_t blob[PQ_ROOM];
        EVP_PKEY *public, *private;
        DWORD size = 0;

        (void)pq_export(key, u"PUBLICBLOB", blob);
        public = pq_outside(&pq_sets[i], blob, false);
        (void)pq_export(key, u"PRIVATEBLOB", blob);
        private = pq_outside(&pq_sets[i], blob, true);
        CHECK_STATUS(sign(key, NULL, sizeof message, &size), ERROR_SUCCESS);
        CHECK(size == pq_sets[i].output_size);
        CHECK(outside_verifies(public, 1, 0, message, sizeof message, size));
        for (size_t j = 0; j < COUNT(lengths); j++) {
            BCRYPT_PQDSA_PADDING_INFO info = {lengths[j] == 0 ? NULL : context, lengths[j], NULL};
            BCRYPT_PQDSA_PADDING_INFO other = {context, 2, NULL};

            CHECK_STATUS(sign(key, &info, sizeof message, &size), ERROR_SUCCESS);
            CHECK(outside_verifies(public, 1, lengths[j], message, sizeof message, size));
            CHECK_STATUS(verify(key, &info, sizeof message, size), ERROR_SUCCESS);
            CHECK_STATUS(verify(key, &other, sizeof message, size), NTE_BAD_SIGNATURE);
            CHECK_STATUS(verify(key, NULL, sizeof message, size), j == 0 ? ERROR_SUCCESS : NTE_BAD_SIGNATURE);
            CHECK_STATUS(verify(key, &info, sizeof message - 1, size), NTE_BAD_SIGNATURE);
            outside_sign(private, 1, lengths[j], message, sizeof message);
            CHECK_STATUS(verify(key, &info, sizeof message, size), ERROR_SUCCESS);
            signature[100] ^= 1;
            CHECK_STATUS(verify(key, &info, sizeof message, size), NTE_BAD_SIGNATURE);
        }
        EVP_PKEY_free(private);
        EVP_PKEY_free(public);
        free_handle(key);
    }
}

/* What the standard has signed instead of the message: written out here, and given to libcrypto as it is. */
static void test_prehash(void)
{
    static const struct {
        const WCHAR *name;
        uint8_t number;
        DWORD size;
    } hashes[] = {
        {u"SHA256", 1, 32},   {u"SHA384", 2, 48},    {u"SHA512", 3, 64},    {u"SHA3-256", 8, 32},
        {u"SHA3-384", 9, 48}, {u"SHA3-512", 10, 64}, {u"SHAKE128", 11, 32}, {u"SHAKE256", 12, 64},
    };
    NCRYPT_KEY_HANDLE key = pq_make(provider, &pq_sets[1], NULL);
    uint8_t blob[PQ_ROOM];
    EVP_PKEY *private;
    DWORD size = 0;

    (void)pq_export(key, u"PRIVATEBLOB", blob);
    private = pq_outside(&pq_sets[1], blob, true);
    for (size_t i = 0; i < COUNT(hashes) * 2; i++) {
        static const uint8_t oid[10] = {0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02};
        DWORD length = i % 2 ? 7 : 0, hash_size = hashes[i / 2].size;
        BCRYPT_PQDSA_PADDING_INFO info = {length == 0 ? NULL : context, length, hashes[i / 2].name};
        BCRYPT_PQDSA_PADDING_INFO pure = {info.pbCtx, length, NULL};
        uint8_t framed[200] = {1, (uint8_t)length};

        memcpy(framed + 2, context, length);
        memcpy(framed + 2 + length, oid, sizeof oid);
        framed[12 + length] = hashes[i / 2].number;
        memcpy(framed + 13 + length, message, hash_size);
        CHECK_STATUS(sign(key, &info, hash_size, &size), ERROR_SUCCESS);
        CHECK(outside_verifies(private, 0, 0, framed, 13 + length + hash_size, size));
        CHECK_STATUS(verify(key, &info, hash_size, size), ERROR_SUCCESS);
        CHECK_STATUS(verify(key, &pure, hash_size, size), NTE_BAD_SIGNATURE);
        outside_sign(private, 0, 0, framed, 13 + length + hash_size);
        CHECK_STATUS(verify(key, &info, hash_size, size), ERROR_SUCCESS);
        CHECK_STATUS(sign(key, &info, hash_size - 1, &size), NTE_INVALID_PARAMETER);
        CHECK_STATUS(verify(key, &info, hash_size + 1, size), NTE_INVALID_PARAMETER);
    }
    EVP_PKEY_free(private);
    free_handle(key);
}

static void test_signing_refused(void)
{
    NCRYPT_KEY_HANDLE key = pq_make(provider, &pq_sets[0], NULL), public, kem = pq_make(provider, &pq_sets[3], NULL);
    NCRYPT_KEY_HANDLE unfinished = pq_begin(provider, &pq_sets[0], NULL),
                      verifier = pq_begin(provider, &pq_sets[0], NULL);
    BCRYPT_PQDSA_PADDING_INFO none = {0}, long_context = {context, 256, NULL}, no_address = {NULL, 1, NULL};
    BCRYPT_PQDSA_PADDING_INFO unknown = {NULL, 0, u"MD5"};
    uint8_t blob[PQ_ROOM];
    DWORD size = 0;

    CHECK_STATUS(sign(key, &long_context, 100, &size), NTE_INVALID_PARAMETER);
    CHECK_STATUS(sign(key, &no_address, 100, &size), NTE_INVALID_PARAMETER);
    CHECK_STATUS(sign(key, &unknown, 16, &size), NTE_INVALID_PARAMETER);
    CHECK_STATUS(sign(key, &none, 0, &size), NTE_INVALID_PARAMETER);
    CHECK_STATUS(verify(key, &long_context, 100, 2420), NTE_INVALID_PARAMETER);
    CHECK_STATUS(verify(key, NULL, 0, 2420), NTE_INVALID_PARAMETER);
    CHECK_STATUS(verify(key, NULL, 100, 2419), NTE_BAD_SIGNATURE);
    CHECK_STATUS(verify(key, NULL, 100, 2421), NTE_BAD_SIGNATURE);
    CHECK_STATUS(NCryptSignHash(key, &none, message, 100, signature, 5000, &size, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptSignHash(key, NULL, message, 100, signature, 5000, &size, PQDSA), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptSignHash(key, &none, message, 100, signature, 5000, &size, NCRYPT_PAD_PSS_FLAG), NTE_BAD_FLAGS);
    CHECK_STATUS(NCryptSignHash(key, &none, message, 100, signature, 2419, &size, PQDSA), NTE_BUFFER_TOO_SMALL);
    CHECK(size == 2420);
    size = 0;
    CHECK_STATUS(NCryptSignHash(key, NULL, message, 100, NULL, 0, &size, 0), ERROR_SUCCESS);
    CHECK(size == 2420);
    CHECK_STATUS(sign(unfinished, NULL, 100, &size), NTE_BAD_KEY_STATE);
    CHECK_STATUS(sign(kem, NULL, 100, &size), NTE_NOT_SUPPORTED);
    CHECK_STATUS(set_dword(verifier, NCRYPT_KEY_USAGE_PROPERTY, NCRYPT_ALLOW_DECRYPT_FLAG, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFinalizeKey(verifier, 0), ERROR_SUCCESS);
    CHECK_STATUS(sign(verifier, NULL, 100, &size), NTE_PERM);
    size = pq_export(key, u"PUBLICBLOB", blob);
    public = pq_import(provider, u"PUBLICBLOB", blob, size);
    CHECK_STATUS(sign(public, NULL, 100, &size), NTE_NOT_SUPPORTED);
    free_handle(public);
    free_handle(verifier);
    free_handle(unfinished);
    free_handle(kem);
    free_handle(key);
}

/* ---- ML-KEM ---------------------------------------------------------------------------------------------------- */

static void outside_encapsulate(EVP_PKEY *pkey, uint8_t *ciphertext, size_t size, uint8_t *secret)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    size_t secret_size = 32;

    CHECK(EVP_PKEY_encapsulate_init(ctx, NULL) == 1);
    CHECK(EVP_PKEY_encapsulate(ctx, ciphertext, &size, secret, &secret_size) == 1 && secret_size == 32);
    EVP_PKEY_CTX_free(ctx);
}

static void outside_decapsulate(EVP_PKEY *pkey, const uint8_t *ciphertext, size_t size, uint8_t *secret)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    size_t secret_size = 32;

    CHECK(EVP_PKEY_decapsulate_init(ctx, NULL) == 1);
    CHECK(EVP_PKEY_decapsulate(ctx, secret, &secret_size, ciphertext, size) == 1 && secret_size == 32);
    EVP_PKEY_CTX_free(ctx);
}

static void test_encapsulation(void)
{
    for (size_t i = 3; i < 6; i++) {
        NCRYPT_KEY_HANDLE key = pq_make(provider, &pq_sets[i], NULL), public;
        uint8_t blob[PQ_ROOM], ciphertext[1600], one[32] = {0}, other[32] = {0};
        DWORD size = pq_export(key, u"PUBLICBLOB", blob), secret_size = 0, ciphertext_size = 0;
        EVP_PKEY *outside = pq_outside(&pq_sets[i], blob, false);

        public = pq_import(provider, u"PUBLICBLOB", blob, size);
        CHECK_STATUS(NCryptEncapsulate(public, NULL, 0, &secret_size, NULL, 0, &ciphertext_size, 0), ERROR_SUCCESS);
        CHECK(secret_size == 32 && ciphertext_size == pq_sets[i].output_size);
        CHECK_STATUS(NCryptEncapsulate(public, one, 32, &secret_size, ciphertext, 1600, &ciphertext_size, 0),
                     ERROR_SUCCESS);
        CHECK(secret_size == 32 && ciphertext_size == pq_sets[i].output_size);
        CHECK_STATUS(NCryptDecapsulate(key, ciphertext, ciphertext_size, other, 32, &secret_size, 0), ERROR_SUCCESS);
        CHECK(secret_size == 32 && memcmp(one, other, 32) == 0);
        ciphertext[5] ^= 1; /* another secret, and no failure */
        CHECK_STATUS(NCryptDecapsulate(key, ciphertext, ciphertext_size, other, 32, &secret_size, 0), ERROR_SUCCESS);
        CHECK(memcmp(one, other, 32) != 0);
        outside_encapsulate(outside, ciphertext, ciphertext_size, one);
        CHECK_STATUS(NCryptDecapsulate(key, ciphertext, ciphertext_size, other, 32, &secret_size, 0), ERROR_SUCCESS);
        CHECK(memcmp(one, other, 32) == 0);
        EVP_PKEY_free(outside);
        (void)pq_export(key, u"PRIVATEBLOB", blob);
        outside = pq_outside(&pq_sets[i], blob, true);
        CHECK_STATUS(NCryptEncapsulate(key, one, 32, &secret_size, ciphertext, 1600, &ciphertext_size, 0),
                     ERROR_SUCCESS);
        outside_decapsulate(outside, ciphertext, ciphertext_size, other);
        CHECK(memcmp(one, other, 32) == 0);
        EVP_PKEY_free(outside);
        free_handle(public);
        free_handle(key);
    }
}

static void test_encapsulation_refused(void)
{
    NCRYPT_KEY_HANDLE key = pq_make(provider, &pq_sets[3], NULL), signer = pq_make(provider, &pq_sets[0], NULL);
    NCRYPT_KEY_HANDLE unfinished = pq_begin(provider, &pq_sets[3], NULL);
    uint8_t ciphertext[768], secret[32];
    DWORD size = 0, other = 0;

    CHECK_STATUS(NCryptEncapsulate(key, secret, 32, NULL, ciphertext, 768, &other, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptEncapsulate(key, secret, 32, &size, ciphertext, 768, NULL, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptEncapsulate(key, NULL, 32, &size, ciphertext, 768, &other, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptEncapsulate(key, secret, 32, &size, NULL, 768, &other, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptEncapsulate(key, secret, 32, &size, ciphertext, 768, &other, NCRYPT_SILENT_FLAG), NTE_BAD_FLAGS);
    CHECK_STATUS(NCryptEncapsulate(key, secret, 31, &size, ciphertext, 768, &other, 0), NTE_BUFFER_TOO_SMALL);
    CHECK(size == 32 && other == 768);
    size = other = 0;
    CHECK_STATUS(NCryptEncapsulate(key, secret, 32, &size, ciphertext, 767, &other, 0), NTE_BUFFER_TOO_SMALL);
    CHECK(size == 32 && other == 768);
    CHECK_STATUS(NCryptEncapsulate(unfinished, secret, 32, &size, ciphertext, 768, &other, 0), NTE_BAD_KEY_STATE);
    CHECK_STATUS(NCryptEncapsulate(signer, secret, 32, &size, ciphertext, 768, &other, 0), NTE_NOT_SUPPORTED);
    CHECK_STATUS(NCryptEncapsulate(provider, secret, 32, &size, ciphertext, 768, &other, 0), NTE_INVALID_HANDLE);
    CHECK_STATUS(NCryptEncapsulate(0, secret, 32, &size, ciphertext, 768, &other, 0), NTE_INVALID_HANDLE);
    CHECK_STATUS(NCryptDecapsulate(key, NULL, 768, secret, 32, &size, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptDecapsulate(key, ciphertext, 768, secret, 32, NULL, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptDecapsulate(key, ciphertext, 767, secret, 32, &size, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptDecapsulate(key, ciphertext, 768, secret, 32, &size, NCRYPT_SILENT_FLAG), NTE_BAD_FLAGS);
    size = 0;
    CHECK_STATUS(NCryptDecapsulate(key, ciphertext, 768, secret, 31, &size, 0), NTE_BUFFER_TOO_SMALL);
    CHECK(size == 32);
    size = 0;
    CHECK_STATUS(NCryptDecapsulate(key, ciphertext, 768, NULL, 0, &size, 0), ERROR_SUCCESS);
    CHECK(size == 32);
    CHECK_STATUS(NCryptDecapsulate(unfinished, ciphertext, 768, secret, 32, &size, 0), NTE_BAD_KEY_STATE);
    CHECK_STATUS(NCryptDecapsulate(signer, ciphertext, 768, secret, 32, &size, 0), NTE_NOT_SUPPORTED);
    CHECK_STATUS(NCryptDecapsulate(0, ciphertext, 768, secret, 32, &size, 0), NTE_INVALID_HANDLE);
    free_handle(unfinished);
    free_handle(signer);
    free_handle(key);
}

/* The public half encapsulates whatever the usage; decapsulation wants that of an agreement, and the private half. */
static void test_encapsulation_usage(void)
{
    NCRYPT_KEY_HANDLE key = pq_begin(provider, &pq_sets[3], NULL), public;
    uint8_t blob[PQ_ROOM], ciphertext[768], secret[32];
    DWORD size = 0, other = 0;

    CHECK_STATUS(set_dword(key, NCRYPT_KEY_USAGE_PROPERTY, NCRYPT_ALLOW_DECRYPT_FLAG, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFinalizeKey(key, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptEncapsulate(key, secret, 32, &size, ciphertext, 768, &other, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptDecapsulate(key, ciphertext, 768, secret, 32, &size, 0), NTE_PERM);
    size = pq_export(key, u"PUBLICBLOB", blob);
    public = pq_import(provider, u"PUBLICBLOB", blob, size);
    CHECK_STATUS(NCryptDecapsulate(public, ciphertext, 768, secret, 32, &size, 0), NTE_NOT_SUPPORTED);
    free_handle(public);
    free_handle(key);
}

static void test_missing(void)
{
    pq_check_missing(provider);
}

int main(void)
{
    home_make();
    for (size_t i = 0; i < sizeof context; i++) {
        message[i % sizeof message] = context[i] = (uint8_t)(i * 37 + 11);
    }
    provider = open_provider();
    if (pq_in_libcrypto()) {
        RUN(test_pure);
        RUN(test_prehash);
        RUN(test_signing_refused);
        RUN(test_encapsulation);
        RUN(test_encapsulation_refused);
        RUN(test_encapsulation_usage);
    } else {
        RUN(test_missing);
    }
    free_handle(provider);
    check_no_handles();
    return test_result("ncrypt_pq_use");
}
