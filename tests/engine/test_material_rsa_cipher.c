/* SPDX-License-Identifier: MIT
 *
 * RSA encryption with every padding, against libcrypto used by itself in both directions.
 */
#include "key_support.h"
#include "ncrypt_ext_compat.h"

#define MAX_BLOCK 512

struct scheme {
    int padding; /* RSA_*_PADDING */
    const char *md;
    const char *label;
};

static EVP_PKEY_CTX *outside_context(EVP_PKEY *pkey, int (*init)(EVP_PKEY_CTX *), const struct scheme *scheme)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);

    CHECK(init(ctx) == 1 && EVP_PKEY_CTX_set_rsa_padding(ctx, scheme->padding) == 1);
    if (scheme->md != NULL) {
        CHECK(EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_get_digestbyname(scheme->md)) == 1);
        CHECK(EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_get_digestbyname(scheme->md)) == 1);
    }
    if (scheme->label != NULL) {
        CHECK(EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, OPENSSL_strdup(scheme->label), (int)strlen(scheme->label)) == 1);
    }
    return ctx;
}

static size_t outside_encrypt(EVP_PKEY *pkey, const struct scheme *scheme, const uint8_t *in, size_t size, uint8_t *out)
{
    EVP_PKEY_CTX *ctx = outside_context(pkey, EVP_PKEY_encrypt_init, scheme);
    size_t result = MAX_BLOCK;

    CHECK(EVP_PKEY_encrypt(ctx, out, &result, in, size) == 1);
    EVP_PKEY_CTX_free(ctx);
    return result;
}

static size_t outside_decrypt(EVP_PKEY *pkey, const struct scheme *scheme, const uint8_t *in, size_t size, uint8_t *out)
{
    EVP_PKEY_CTX *ctx = outside_context(pkey, EVP_PKEY_decrypt_init, scheme);
    size_t result = MAX_BLOCK;

    CHECK(EVP_PKEY_decrypt(ctx, out, &result, in, size) == 1);
    EVP_PKEY_CTX_free(ctx);
    return result;
}

/* One plaintext both ways, in place, into too short and into exactly fitting buffers. */
static void check_cipher(struct material *material, EVP_PKEY *outside, const void *info, uint32_t flags,
                         const struct scheme *scheme, const uint8_t *plain, uint32_t plain_size)
{
    uint8_t cipher[MAX_BLOCK], seen[MAX_BLOCK];
    uint32_t size = 0;

    CHECK_STATUS(material_encrypt(material, info, flags, plain, plain_size, NULL, 0, &size), ERROR_SUCCESS);
    CHECK(size == material->width);
    size = 0;
    CHECK_STATUS(material_encrypt(material, info, flags, plain, plain_size, cipher, material->width - 1, &size),
                 NTE_BUFFER_TOO_SMALL);
    CHECK(size == material->width);
    memcpy(cipher, plain, plain_size);
    CHECK_STATUS(material_encrypt(material, info, flags, cipher, plain_size, cipher, size, &size), ERROR_SUCCESS);
    CHECK(size == material->width);
    CHECK(outside_decrypt(outside, scheme, cipher, size, seen) == plain_size && memcmp(seen, plain, plain_size) == 0);

    CHECK(outside_encrypt(outside, scheme, plain, plain_size, cipher) == material->width);
    CHECK_STATUS(material_decrypt(material, info, flags, cipher, material->width, NULL, 0, &size), ERROR_SUCCESS);
    CHECK(size == material->width);
    CHECK_STATUS(material_decrypt(material, info, flags, cipher, material->width, seen, plain_size - 1, &size),
                 NTE_BUFFER_TOO_SMALL);
    CHECK(size == plain_size);
    memset(seen, 0, sizeof seen);
    CHECK_STATUS(material_decrypt(material, info, flags, cipher, material->width, seen, plain_size, &size),
                 ERROR_SUCCESS);
    CHECK(size == plain_size && memcmp(seen, plain, plain_size) == 0);
    CHECK_STATUS(material_decrypt(material, info, flags, cipher, material->width, cipher, material->width, &size),
                 ERROR_SUCCESS);
    CHECK(size == plain_size && memcmp(cipher, plain, plain_size) == 0);
}

static void test_pkcs1(struct material *material, EVP_PKEY *outside)
{
    const struct scheme scheme = {.padding = RSA_PKCS1_PADDING};
    uint8_t plain[MAX_BLOCK];
    uint32_t size;

    memset(plain, 0x21, sizeof plain);
    for (uint32_t length = 1; length <= material->width - 11; length += 61) {
        check_cipher(material, outside, NULL, NCRYPT_PAD_PKCS1_FLAG, &scheme, plain, length);
    }
    check_cipher(material, outside, NULL, NCRYPT_PAD_PKCS1_FLAG, &scheme, plain, material->width - 11);
    CHECK_STATUS(
        material_encrypt(material, NULL, NCRYPT_PAD_PKCS1_FLAG, plain, material->width - 10, plain, MAX_BLOCK, &size),
        NTE_INVALID_PARAMETER);
}

static void test_oaep(struct material *material, EVP_PKEY *outside)
{
    static const struct {
        const WCHAR *cng;
        const char *openssl;
        uint32_t size;
    } hashes[] = {{u"MD5", "MD5", 16},       {u"SHA1", "SHA1", 20},     {u"SHA256", "SHA256", 32},
                  {u"SHA384", "SHA384", 48}, {u"SHA512", "SHA512", 64}, {u"SHA3-256", "SHA3-256", 32}};
    static const char *const labels[] = {NULL, "order", "another label"};
    uint8_t plain[MAX_BLOCK], out[MAX_BLOCK];
    uint32_t size;

    memset(plain, 0x5B, sizeof plain);
    for (size_t i = 0; i < sizeof hashes / sizeof hashes[0]; i++) {
        uint32_t limit = material->width - 2 * hashes[i].size - 2;

        for (size_t j = 0; j < 3; j++) {
            const struct scheme scheme = {RSA_PKCS1_OAEP_PADDING, hashes[i].openssl, labels[j]};
            BCRYPT_OAEP_PADDING_INFO info = {hashes[i].cng, (PUCHAR)(uintptr_t)labels[j],
                                             labels[j] == NULL ? 0 : (ULONG)strlen(labels[j])};

            check_cipher(material, outside, &info, NCRYPT_PAD_OAEP_FLAG, &scheme, plain, 1);
            check_cipher(material, outside, &info, NCRYPT_PAD_OAEP_FLAG, &scheme, plain, limit);
            CHECK_STATUS(
                material_encrypt(material, &info, NCRYPT_PAD_OAEP_FLAG, plain, limit + 1, out, MAX_BLOCK, &size),
                NTE_INVALID_PARAMETER);
        }
    }
}

static void test_raw(struct material *material, EVP_PKEY *outside)
{
    const struct scheme scheme = {.padding = RSA_NO_PADDING};
    uint8_t plain[MAX_BLOCK], out[MAX_BLOCK];
    uint32_t size;

    memset(plain, 0x33, sizeof plain);
    plain[0] = 0;
    check_cipher(material, outside, NULL, NCRYPT_NO_PADDING_FLAG, &scheme, plain, material->width);
    memset(plain, 0, material->width);
    check_cipher(material, outside, NULL, NCRYPT_NO_PADDING_FLAG, &scheme, plain, material->width);
    CHECK_STATUS(
        material_encrypt(material, NULL, NCRYPT_NO_PADDING_FLAG, plain, material->width - 1, out, MAX_BLOCK, &size),
        NTE_INVALID_PARAMETER);
    CHECK_STATUS(
        material_encrypt(material, NULL, NCRYPT_NO_PADDING_FLAG, plain, material->width + 1, out, MAX_BLOCK, &size),
        NTE_INVALID_PARAMETER);
    memset(plain, 0xFF, sizeof plain);
    CHECK_STATUS(
        material_encrypt(material, NULL, NCRYPT_NO_PADDING_FLAG, plain, material->width, out, MAX_BLOCK, &size),
        NTE_INVALID_PARAMETER);
    CHECK_STATUS(
        material_decrypt(material, NULL, NCRYPT_NO_PADDING_FLAG, plain, material->width, out, MAX_BLOCK, &size),
        NTE_INVALID_PARAMETER);
}

static void test_both_ways(void)
{
    static const uint32_t lengths[] = {1088, 2048};

    for (size_t i = 0; i < 2; i++) {
        struct material *material = generate(u"RSA", lengths[i]);
        EVP_PKEY *outside = outside_key_of(material);

        test_pkcs1(material, outside);
        if (lengths[i] == 2048) {
            test_oaep(material, outside);
        }
        test_raw(material, outside);
        EVP_PKEY_free(outside);
        material_free(material);
    }
}

static void test_refused(void)
{
    struct material *material = generate(u"RSA", 512);
    const BCRYPT_OAEP_PADDING_INFO nameless = {NULL, NULL, 0}, unknown = {u"SHA2", NULL, 0},
                                   labelless = {u"SHA1", NULL, 5}, sha512 = {u"SHA512", NULL, 0},
                                   long_label = {u"SHA1", (PUCHAR)(uintptr_t)"x", 0x80000000u};
    const struct {
        const void *info;
        uint32_t flags, size;
        SECURITY_STATUS status;
    } cases[] = {
        {NULL, 0, 8, NTE_INVALID_PARAMETER},
        {NULL, NCRYPT_NO_PADDING_FLAG | NCRYPT_PAD_PKCS1_FLAG, 8, NTE_BAD_FLAGS},
        {NULL, NCRYPT_PAD_PSS_FLAG, 8, NTE_BAD_FLAGS},
        {NULL, 0x10, 8, NTE_BAD_FLAGS},
        {NULL, NCRYPT_PAD_PKCS1_FLAG, 0, NTE_INVALID_PARAMETER},
        {NULL, NCRYPT_NO_PADDING_FLAG, 0, NTE_INVALID_PARAMETER},
        {NULL, NCRYPT_PAD_OAEP_FLAG, 8, NTE_INVALID_PARAMETER},
        {&nameless, NCRYPT_PAD_OAEP_FLAG, 8, NTE_INVALID_PARAMETER},
        {&unknown, NCRYPT_PAD_OAEP_FLAG, 8, NTE_INVALID_PARAMETER},
        {&labelless, NCRYPT_PAD_OAEP_FLAG, 8, NTE_INVALID_PARAMETER},
        {&long_label, NCRYPT_PAD_OAEP_FLAG, 8, NTE_INVALID_PARAMETER},
        {&sha512, NCRYPT_PAD_OAEP_FLAG, 1, NTE_INVALID_PARAMETER},
    };
    uint8_t in[64] = {1}, out[64];
    uint32_t result = 777;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_STATUS(material_encrypt(material, cases[i].info, cases[i].flags, in, cases[i].size, out, 64, &result),
                     cases[i].status);
        CHECK_STATUS(material_decrypt(material, cases[i].info, cases[i].flags, in, cases[i].size, out, 64, &result),
                     cases[i].status);
    }
    CHECK(result == 777);
    material_free(material);
}

/* Decryption fails in one way: whatever is wrong with the padding, code and sentence are the same. */
static void test_one_failure(void)
{
    struct material *material = generate(u"RSA", 1024);
    EVP_PKEY *outside = outside_key_of(material);
    const BCRYPT_OAEP_PADDING_INFO sha1 = {u"SHA1", NULL, 0}, labelled = {u"SHA1", (PUCHAR)(uintptr_t)"L", 1};
    const struct scheme raw = {.padding = RSA_NO_PADDING}, oaep = {RSA_PKCS1_OAEP_PADDING, "SHA1", "other"};
    uint8_t block[128], cipher[MAX_BLOCK], out[MAX_BLOCK];
    char first[256] = "", detail[256];
    uint32_t size = 0;

    for (int i = 0; i < 6; i++) {
        const BCRYPT_OAEP_PADDING_INFO *info = i % 2 == 0 ? &sha1 : &labelled;

        memset(block, 0x40 + i, sizeof block);
        block[0] = i == 5 ? 1 : 0;
        outside_encrypt(outside, i < 4 ? &raw : &oaep, block, i < 4 ? 128 : 20, cipher);
        CHECK_STATUS(material_decrypt(material, info, NCRYPT_PAD_OAEP_FLAG, cipher, 128, out, 128, &size),
                     NTE_INVALID_PARAMETER);
        CHECK(ncx_error_detail(NTE_INVALID_PARAMETER, detail, sizeof detail) > 0);
        if (i == 0) {
            strcpy(first, detail);
        }
        CHECK(strcmp(first, detail) == 0);
    }
    CHECK_STATUS(material_decrypt(material, &sha1, NCRYPT_PAD_OAEP_FLAG, cipher, 127, out, 128, &size),
                 NTE_INVALID_PARAMETER);

    /* PKCS#1: a failure too, or (libcrypto since 3.2) a made-up plaintext, which is not the block's. */
    memset(block, 0x40, sizeof block);
    block[0] = 0;
    block[1] = 3;
    block[100] = 0;
    outside_encrypt(outside, &raw, block, sizeof block, cipher);
    if (material_decrypt(material, NULL, NCRYPT_PAD_PKCS1_FLAG, cipher, 128, out, 128, &size) == ERROR_SUCCESS) {
        CHECK(size != 27 || memcmp(out, block + 101, 27) != 0);
    } else {
        CHECK(ncx_error_detail(NTE_INVALID_PARAMETER, detail, sizeof detail) > 0 && strcmp(first, detail) == 0);
    }
    EVP_PKEY_free(outside);
    material_free(material);
}

/* An empty plaintext cannot be encrypted here, but others can: it comes out as one. */
static void test_empty_plaintext(void)
{
    struct material *material = generate(u"RSA", 1024);
    EVP_PKEY *outside = outside_key_of(material);
    const BCRYPT_OAEP_PADDING_INFO sha1 = {u"SHA1", NULL, 0};
    const struct scheme pkcs1 = {.padding = RSA_PKCS1_PADDING}, oaep = {RSA_PKCS1_OAEP_PADDING, "SHA1", NULL};
    uint8_t cipher[MAX_BLOCK], out[1];
    uint32_t size = 9;

    outside_encrypt(outside, &pkcs1, cipher, 0, cipher);
    CHECK_STATUS(material_decrypt(material, NULL, NCRYPT_PAD_PKCS1_FLAG, cipher, 128, out, 0, &size), ERROR_SUCCESS);
    CHECK(size == 0);
    size = 9;
    outside_encrypt(outside, &oaep, cipher, 0, cipher);
    CHECK_STATUS(material_decrypt(material, &sha1, NCRYPT_PAD_OAEP_FLAG, cipher, 128, out, 1, &size), ERROR_SUCCESS);
    CHECK(size == 0);
    EVP_PKEY_free(outside);
    material_free(material);
}

int main(void)
{
    RUN(test_both_ways);
    RUN(test_refused);
    RUN(test_one_failure);
    RUN(test_empty_plaintext);
    return test_result("material_rsa_cipher");
}
