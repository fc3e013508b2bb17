/* SPDX-License-Identifier: MIT
 *
 * ECDSA keys, against libcrypto used by itself in both directions; loading of good and bad numbers.
 */
#include <openssl/ec.h>
#include <openssl/err.h>

#include "key_support.h"

#define MAX_SIGNATURE 132

static const struct {
    const WCHAR *algorithm;
    const WCHAR *curve;
    uint32_t bits, width;
    const char *order;
} curves[] = {
    {u"ECDSA_P256", u"nistP256", 256, 32, "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551"},
    {u"ECDSA_P384", u"nistP384", 384, 48,
     "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973"},
    {u"ECDSA_P521", u"nistP521", 521, 66,
     "01FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFA51868783BF2F966B7FCC0148F709A5D0"
     "3BB5C9B8899C47AEBB6FB71E91386409"},
};

#define CURVE_COUNT (sizeof curves / sizeof curves[0])

/* ---- signatures -------------------------------------------------------------------------------------------- */

static bool outside_verifies(EVP_PKEY *pkey, const uint8_t *hash, size_t hash_size, const uint8_t *raw, size_t width)
{
    ECDSA_SIG *signature = ECDSA_SIG_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
    uint8_t *der = NULL;
    int size;
    bool good;

    CHECK(ECDSA_SIG_set0(signature, BN_bin2bn(raw, (int)width, NULL), BN_bin2bn(raw + width, (int)width, NULL)));
    size = i2d_ECDSA_SIG(signature, &der);
    CHECK(size > 0 && EVP_PKEY_verify_init(ctx) == 1);
    good = EVP_PKEY_verify(ctx, der, (size_t)size, hash, hash_size) == 1;
    EVP_PKEY_CTX_free(ctx);
    OPENSSL_free(der);
    ECDSA_SIG_free(signature);
    return good;
}

static void outside_sign(EVP_PKEY *pkey, const uint8_t *hash, size_t hash_size, uint8_t *raw, size_t width)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
    ECDSA_SIG *signature;
    uint8_t der[256];
    const uint8_t *at = der;
    size_t size = sizeof der;

    CHECK(EVP_PKEY_sign_init(ctx) == 1 && EVP_PKEY_sign(ctx, der, &size, hash, hash_size) == 1);
    signature = d2i_ECDSA_SIG(NULL, &at, (long)size);
    if (CHECK(signature != NULL)) {
        CHECK(BN_bn2binpad(ECDSA_SIG_get0_r(signature), raw, (int)width) == (int)width);
        CHECK(BN_bn2binpad(ECDSA_SIG_get0_s(signature), raw + width, (int)width) == (int)width);
    }
    ECDSA_SIG_free(signature);
    EVP_PKEY_CTX_free(ctx);
}

static void check_hash(struct material *material, EVP_PKEY *outside, const uint8_t *hash, uint32_t hash_size)
{
    uint8_t signature[MAX_SIGNATURE];
    uint32_t size = 0;

    CHECK_STATUS(material_sign(material, NULL, 0, hash, hash_size, signature, sizeof signature, &size), ERROR_SUCCESS);
    CHECK(size == 2 * material->width);
    CHECK(outside_verifies(outside, hash, hash_size, signature, material->width));
    CHECK_STATUS(material_verify(material, NULL, 0, hash, hash_size, signature, size), ERROR_SUCCESS);
    outside_sign(outside, hash, hash_size, signature, material->width);
    CHECK_STATUS(material_verify(material, NULL, 0, hash, hash_size, signature, size), ERROR_SUCCESS);
}

/* Short hashes, long ones, and enough signatures for r and s with leading zeros to come by. */
static void test_both_ways(void)
{
    static const uint32_t sizes[] = {1, 20, 31, 32, 33, 48, 64, 65, 66, 67, 100, 511, 512, 513, 4000};
    uint8_t hash[4000];

    for (size_t i = 0; i < CURVE_COUNT; i++) {
        struct material *material = generate(curves[i].algorithm, 0);
        EVP_PKEY *outside = outside_key_of(material);

        CHECK(material->bits == curves[i].bits && material->width == curves[i].width);
        CHECK(material->signature_size == 2 * curves[i].width && material->curve == curve_by_name(curves[i].curve));
        for (size_t j = 0; j < sizeof sizes / sizeof sizes[0]; j++) {
            memset(hash, (int)(j + 1), sizeof hash);
            check_hash(material, outside, hash, sizes[j]);
        }
        for (uint32_t j = 0; j < (i == 0 ? 300 : 20); j++) {
            memcpy(hash, &j, sizeof j);
            check_hash(material, outside, hash, 32);
        }
        EVP_PKEY_free(outside);
        material_free(material);
    }
}

static void test_sizes_and_flags(void)
{
    struct material *material = generate(u"ECDSA_P256", 0);
    const BCRYPT_PKCS1_PADDING_INFO info = {u"SHA256"};
    uint8_t hash[32] = {1}, signature[65];
    uint32_t size = 0;

    CHECK_STATUS(material_sign(material, NULL, 0, hash, 32, NULL, 0, &size), ERROR_SUCCESS);
    CHECK(size == 64);
    size = 0;
    CHECK_STATUS(material_sign(material, NULL, 0, hash, 32, signature, 63, &size), NTE_BUFFER_TOO_SMALL);
    CHECK(size == 64);
    CHECK_STATUS(material_sign(material, NULL, 0, hash, 0, signature, 64, &size), NTE_INVALID_PARAMETER);
    CHECK_STATUS(material_sign(material, &info, 0, hash, 32, signature, 64, &size), NTE_INVALID_PARAMETER);
    CHECK_STATUS(material_sign(material, &info, NCRYPT_PAD_PKCS1_FLAG, hash, 32, signature, 64, &size), NTE_BAD_FLAGS);
    CHECK_STATUS(material_sign(material, NULL, NCRYPT_PAD_PSS_FLAG, hash, 32, signature, 64, &size), NTE_BAD_FLAGS);
    CHECK_STATUS(material_encrypt(material, NULL, NCRYPT_PAD_PKCS1_FLAG, hash, 32, signature, 64, &size),
                 NTE_NOT_SUPPORTED);
    CHECK_STATUS(material_decrypt(material, NULL, NCRYPT_PAD_PKCS1_FLAG, hash, 32, signature, 64, &size),
                 NTE_NOT_SUPPORTED);

    CHECK_STATUS(material_sign(material, NULL, 0, hash, 32, signature, 65, &size), ERROR_SUCCESS);
    CHECK(size == 64);
    CHECK_STATUS(material_verify(material, NULL, 0, hash, 32, signature, 64), ERROR_SUCCESS);
    CHECK_STATUS(material_verify(material, &info, 0, hash, 32, signature, 64), NTE_INVALID_PARAMETER);
    CHECK_STATUS(material_verify(material, NULL, NCRYPT_PAD_PKCS1_FLAG, hash, 32, signature, 64), NTE_BAD_FLAGS);
    CHECK_STATUS(material_verify(material, NULL, 0, hash, 0, signature, 64), NTE_INVALID_PARAMETER);
    CHECK_STATUS(material_verify(material, NULL, 0, hash, 32, signature, 0), NTE_INVALID_PARAMETER);
    signature[64] = 0;
    CHECK_STATUS(material_verify(material, NULL, 0, hash, 32, signature, 65), NTE_BAD_SIGNATURE);
    for (uint32_t cut = 1; cut < 64; cut++) {
        CHECK_STATUS(material_verify(material, NULL, 0, hash, 32, signature, cut), NTE_BAD_SIGNATURE);
    }
    for (uint32_t at = 0; at < 64; at++) {
        signature[at] ^= 0x10;
        CHECK_STATUS(material_verify(material, NULL, 0, hash, 32, signature, 64), NTE_BAD_SIGNATURE);
        signature[at] ^= 0x10;
    }
    memset(signature, 0, 64);
    CHECK_STATUS(material_verify(material, NULL, 0, hash, 32, signature, 64), NTE_BAD_SIGNATURE);
    memset(signature, 0xFF, 64);
    CHECK_STATUS(material_verify(material, NULL, 0, hash, 32, signature, 64), NTE_BAD_SIGNATURE);
    CHECK(ERR_peek_error() == 0);
    material_free(material);
}

/* ---- numbers ----------------------------------------------------------------------------------------------- */

static void take(const struct material *material, struct components *numbers, bool with_private)
{
    components_init(numbers);
    CHECK_STATUS(material_take_apart(material, with_private, numbers), ERROR_SUCCESS);
}

static void check_same_point(const struct material *material, const struct components *numbers)
{
    struct components taken;

    take(material, &taken, false);
    for (int i = COMPONENT_EC_X; i <= COMPONENT_EC_Y; i++) {
        CHECK(taken.item[i].size == numbers->item[i].size &&
              memcmp(taken.item[i].data, numbers->item[i].data, taken.item[i].size) == 0);
    }
    components_clear(&taken);
}

/* The point beside a private key is computed when validating, and when it is zero or absent; else it is taken. */
static void test_public_point(void)
{
    for (size_t i = 0; i < CURVE_COUNT; i++) {
        struct material *material = generate(curves[i].algorithm, 0), *loaded = NULL;
        struct components numbers, changed;
        uint32_t width = curves[i].width;

        take(material, &numbers, true);
        take(material, &changed, true);
        changed.item[COMPONENT_EC_X].data[5] ^= 1;
        CHECK_STATUS(material_load(&changed, true, &loaded), ERROR_SUCCESS);
        check_same_point(loaded, &numbers);
        material_free(loaded);
        loaded = NULL;
        CHECK_STATUS(material_load(&changed, false, &loaded), NTE_INVALID_PARAMETER);

        memset(changed.item[COMPONENT_EC_X].data, 0, width);
        memset(changed.item[COMPONENT_EC_Y].data, 0, width);
        for (int j = 0; j < 4; j++) {
            changed.item[COMPONENT_EC_Y].data = j < 2 ? changed.item[COMPONENT_EC_Y].data : NULL;
            CHECK_STATUS(material_load(&changed, j % 2 == 0, &loaded), ERROR_SUCCESS);
            CHECK(loaded->has_private);
            check_same_point(loaded, &numbers);
            material_free(loaded);
            loaded = NULL;
        }
        changed.curve = NULL; /* follows from the algorithm's name */
        CHECK_STATUS(material_load(&changed, true, &loaded), ERROR_SUCCESS);
        CHECK(loaded->curve == material->curve);
        material_free(loaded);
        components_clear(&changed);
        components_clear(&numbers);
        material_free(material);
    }
}

static SECURITY_STATUS load_secret(size_t index, int offset, bool validate)
{
    struct material *material = NULL;
    struct components numbers;
    BIGNUM *secret = NULL;
    SECURITY_STATUS status;
    uint32_t width = curves[index].width;

    components_init(&numbers);
    numbers.algorithm = algorithm_by_name(curves[index].algorithm);
    numbers.curve = curve_by_name(curves[index].curve);
    CHECK(BN_hex2bn(&secret, curves[index].order) > 0);
    if (offset >= 0) {
        CHECK(BN_add_word(secret, (BN_ULONG)offset));
    } else {
        CHECK(BN_sub_word(secret, (BN_ULONG)-offset));
    }
    CHECK_STATUS(components_reserve(&numbers, width), ERROR_SUCCESS);
    CHECK(BN_bn2binpad(secret, components_add(&numbers, COMPONENT_EC_D, width), (int)width) == (int)width);
    if (offset == -1000) {
        memset(numbers.item[COMPONENT_EC_D].data, 0, width);
    } else if (offset == 1000) {
        memset(numbers.item[COMPONENT_EC_D].data, 0xFF, width);
    }
    status = material_load(&numbers, validate, &material);
    material_free(material);
    components_clear(&numbers);
    BN_free(secret);
    return status;
}

static void test_secret_range(void)
{
    for (size_t i = 0; i < CURVE_COUNT; i++) {
        CHECK_STATUS(load_secret(i, -1, true), ERROR_SUCCESS);
        CHECK_STATUS(load_secret(i, -2, false), ERROR_SUCCESS);
        CHECK_STATUS(load_secret(i, 0, true), NTE_INVALID_PARAMETER);
        CHECK_STATUS(load_secret(i, 1, true), NTE_INVALID_PARAMETER);
        CHECK_STATUS(load_secret(i, 0, false), NTE_INVALID_PARAMETER);
        CHECK_STATUS(load_secret(i, -1000, true), NTE_INVALID_PARAMETER); /* zero */
        CHECK_STATUS(load_secret(i, 1000, true), NTE_INVALID_PARAMETER);  /* all ones */
    }
}

static void test_public_keys(void)
{
    for (size_t i = 0; i < CURVE_COUNT; i++) {
        struct material *material = generate(curves[i].algorithm, 0), *loaded = NULL;
        uint8_t hash[32] = {9}, signature[MAX_SIGNATURE];
        struct components numbers;
        uint32_t size;

        take(material, &numbers, false);
        CHECK(!components_private(&numbers));
        CHECK_STATUS(material_sign(material, NULL, 0, hash, 32, signature, sizeof signature, &size), ERROR_SUCCESS);
        CHECK_STATUS(material_load(&numbers, true, &loaded), ERROR_SUCCESS);
        CHECK_STATUS(material_verify(loaded, NULL, 0, hash, 32, signature, size), ERROR_SUCCESS);
        CHECK_STATUS(material_sign(loaded, NULL, 0, hash, 32, signature, sizeof signature, &size), NTE_NOT_SUPPORTED);
        material_free(loaded);
        loaded = NULL;

        numbers.item[COMPONENT_EC_Y].data[curves[i].width - 1] ^= 1;
        CHECK_STATUS(material_load(&numbers, true, &loaded), NTE_INVALID_PARAMETER);
        CHECK_STATUS(material_load(&numbers, false, &loaded), NTE_INVALID_PARAMETER);
        memset(numbers.item[COMPONENT_EC_Y].data, 0xFF, curves[i].width);
        CHECK_STATUS(material_load(&numbers, true, &loaded), NTE_INVALID_PARAMETER);
        memset(numbers.item[COMPONENT_EC_X].data, 0, curves[i].width);
        memset(numbers.item[COMPONENT_EC_Y].data, 0, curves[i].width);
        CHECK_STATUS(material_load(&numbers, true, &loaded), NTE_INVALID_PARAMETER);
        numbers.item[COMPONENT_EC_Y].size--;
        CHECK_STATUS(material_load(&numbers, true, &loaded), NTE_INVALID_PARAMETER);
        numbers.item[COMPONENT_EC_Y].data = NULL;
        CHECK_STATUS(material_load(&numbers, true, &loaded), NTE_INVALID_PARAMETER);
        CHECK(loaded == NULL);
        components_clear(&numbers);
        material_free(material);
    }
}

static void test_curves_and_names(void)
{
    const struct algorithm *generic = algorithm_by_name(u"ECDSA"), *p256 = algorithm_by_name(u"ECDSA_P256");
    const struct curve *second = curve_by_name(u"nistP384");
    struct material *material = NULL, *loaded = NULL;
    struct components numbers;

    CHECK_STATUS(material_generate(generic, NULL, 0, &material), NTE_INVALID_PARAMETER);
    CHECK_STATUS(material_generate(p256, second, 0, &material), NTE_INVALID_PARAMETER);
    CHECK_STATUS(material_generate(p256, NULL, 384, &material), NTE_INVALID_PARAMETER);
    CHECK_STATUS(material_generate(generic, second, 256, &material), NTE_INVALID_PARAMETER);
    CHECK_STATUS(material_generate(generic, second, 384, &material), ERROR_SUCCESS);
    CHECK(material->algorithm == generic && material->curve == second && material->signature_size == 96);
    take(material, &numbers, true);
    CHECK(numbers.algorithm == generic && numbers.curve == second);
    numbers.curve = NULL;
    CHECK_STATUS(material_load(&numbers, true, &loaded), NTE_INVALID_PARAMETER);
    numbers.curve = curve_by_name(u"nistP256");
    CHECK_STATUS(material_load(&numbers, true, &loaded), NTE_INVALID_PARAMETER);
    numbers.algorithm = p256;
    numbers.curve = second;
    CHECK_STATUS(material_load(&numbers, true, &loaded), NTE_INVALID_PARAMETER);
    CHECK(loaded == NULL);
    components_clear(&numbers);
    material_free(material);
    material_free(NULL);
}

int main(void)
{
    RUN(test_both_ways);
    RUN(test_sizes_and_flags);
    RUN(test_public_point);
    RUN(test_secret_range);
    RUN(test_public_keys);
    RUN(test_curves_and_names);
    return test_result("material_ec");
}
