/* SPDX-License-Identifier: MIT
 *
 * Keys on every named curve, judged by libcrypto used by itself: signatures, numbers, agreement, blobs.
 */
#include <openssl/ec.h>
#include <openssl/err.h>

#include "blob_support.h"
#include "common/utf16.h"

#define MAX_WIDTH 66

static struct material *generate_on(const WCHAR *group, const struct curve *curve)
{
    struct material *material = NULL;

    CHECK_STATUS(material_generate(algorithm_for_curve(group, curve, false), curve, 0, &material), ERROR_SUCCESS);
    return material;
}

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

static void outside_agree(EVP_PKEY *own, EVP_PKEY *peer, uint8_t *out, size_t width)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(own, NULL);
    size_t size = width;

    CHECK(EVP_PKEY_derive_init(ctx) == 1 && EVP_PKEY_derive_set_peer(ctx, peer) == 1);
    CHECK(EVP_PKEY_derive(ctx, out, &size) == 1 && size == width);
    EVP_PKEY_CTX_free(ctx);
}

static void check_loads_again(const struct material *material)
{
    for (int with_private = 0; with_private < 2; with_private++) {
        struct components numbers, again;
        struct material *loaded = NULL;

        components_init(&numbers);
        components_init(&again);
        CHECK_STATUS(material_take_apart(material, with_private, &numbers), ERROR_SUCCESS);
        for (int validate = 0; validate < 2; validate++) {
            CHECK_STATUS(material_load(&numbers, validate, &loaded), ERROR_SUCCESS);
            CHECK(loaded->has_private == with_private && loaded->curve == material->curve);
            CHECK_STATUS(material_take_apart(loaded, with_private, &again), ERROR_SUCCESS);
            CHECK(components_encoded_size(&again) == components_encoded_size(&numbers));
            for (int i = COMPONENT_EC_X; i <= (with_private ? COMPONENT_EC_D : COMPONENT_EC_Y); i++) {
                CHECK(memcmp(again.item[i].data, numbers.item[i].data, material->width) == 0);
            }
            components_clear(&again);
            material_free(loaded);
            loaded = NULL;
        }
        components_clear(&numbers);
    }
}

static void check_signs(struct material *material)
{
    static const uint32_t sizes[] = {1, 20, 32, 64, 513};
    EVP_PKEY *outside = outside_key_of(material);
    uint8_t hash[513], signature[2 * MAX_WIDTH];
    uint32_t size = 0;

    CHECK(material->signature_size == 2 * material->width);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        memset(hash, (int)i + 1, sizeof hash);
        CHECK_STATUS(material_sign(material, NULL, 0, hash, sizes[i], signature, sizeof signature, &size),
                     ERROR_SUCCESS);
        CHECK(size == 2 * material->width);
        CHECK(outside_verifies(outside, hash, sizes[i], signature, material->width));
        CHECK_STATUS(material_verify(material, NULL, 0, hash, sizes[i], signature, size), ERROR_SUCCESS);
        signature[size - 1] ^= 1;
        CHECK_STATUS(material_verify(material, NULL, 0, hash, sizes[i], signature, size), NTE_BAD_SIGNATURE);
    }
    EVP_PKEY_free(outside);
}

static void test_signatures(void)
{
    const struct curve *curve;

    for (unsigned i = 0; (curve = curve_at(i)) != NULL; i++) {
        if (algorithm_for_curve(u"ECDSA", curve, false) != NULL) {
            struct material *material = generate_on(u"ECDSA", curve);

            CHECK(material->bits == curve->bits && material->width == curve->width);
            check_signs(material);
            check_loads_again(material);
            material_free(material);
        }
    }
    CHECK(ERR_peek_error() == 0);
}

static EVP_PKEY *outside_x25519(const struct material *material)
{
    struct components numbers;
    EVP_PKEY *pkey;

    components_init(&numbers);
    CHECK_STATUS(material_take_apart(material, true, &numbers), ERROR_SUCCESS);
    pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, numbers.item[COMPONENT_EC_D].data, 32);
    components_clear(&numbers);
    return pkey;
}

static void test_agreement(void)
{
    const struct curve *curve;

    for (unsigned i = 0; (curve = curve_at(i)) != NULL; i++) {
        struct material *one = generate_on(u"ECDH", curve), *two = generate_on(u"ECDH", curve);
        bool montgomery = utf16_equal(curve->name, u"curve25519");
        EVP_PKEY *own = montgomery ? outside_x25519(one) : outside_key_of(one);
        EVP_PKEY *peer = montgomery ? outside_x25519(two) : outside_key_of(two);
        uint8_t secret[MAX_WIDTH], other[MAX_WIDTH];

        CHECK_STATUS(material_agree(one, two, secret), ERROR_SUCCESS);
        CHECK_STATUS(material_agree(two, one, other), ERROR_SUCCESS);
        CHECK(memcmp(secret, other, curve->width) == 0);
        outside_agree(own, peer, other, curve->width);
        CHECK(memcmp(secret, other, curve->width) == 0);
        check_loads_again(one);
        EVP_PKEY_free(own);
        EVP_PKEY_free(peer);
        material_free(one);
        material_free(two);
    }
    CHECK(ERR_peek_error() == 0);
}

/* ---- blobs ----------------------------------------------------------------------------------------------------- */

static void check_blob(const WCHAR *type, struct material *material, bool every_byte)
{
    struct blob_parameters parameters = {.curve_name = material->curve->name};
    struct material *imported = NULL;
    uint32_t usage = 0;
    size_t size, again_size;
    uint8_t *blob = export_blob(type, material, 0, &size), *again;

    CHECK_STATUS(try_import(type, blob, size, &no_parameters), NTE_INVALID_PARAMETER);
    CHECK_STATUS(import_blob(type, blob, size, &parameters, &imported, &usage), ERROR_SUCCESS);
    CHECK(imported->algorithm == material->algorithm && imported->curve == material->curve);
    again = export_blob(type, imported, 0, &again_size);
    CHECK(again_size == size && memcmp(again, blob, size) == 0);
    for (size_t cut = 0; every_byte && cut < size; cut++) {
        CHECK(try_import(type, blob, cut, &parameters) != ERROR_SUCCESS);
    }
    free(again);
    free(blob);
    material_free(imported);
}

static void test_blobs(void)
{
    static const WCHAR *const groups[] = {u"ECDSA", u"ECDH"};
    const struct curve *curve;

    for (unsigned i = 0; (curve = curve_at(i)) != NULL; i++) {
        for (size_t j = 0; curve->ecdh_public_magic == 0 && j < 2; j++) {
            if (algorithm_for_curve(groups[j], curve, false) != NULL) {
                struct material *material = generate_on(groups[j], curve);

                check_blob(BCRYPT_ECCPUBLIC_BLOB, material, i % 4 == 0);
                check_blob(BCRYPT_ECCPRIVATE_BLOB, material, i % 4 == 0);
                material_free(material);
            }
        }
    }
}

/* ---- private numbers at the edge ------------------------------------------------------------------------------- */

static SECURITY_STATUS load_secret(const struct curve *curve, const BIGNUM *secret)
{
    struct components numbers;
    struct material *material = NULL;
    SECURITY_STATUS status;

    components_init(&numbers);
    numbers.algorithm = algorithm_for_curve(u"ECDSA", curve, false);
    numbers.curve = curve;
    CHECK_STATUS(components_reserve(&numbers, curve->width), ERROR_SUCCESS);
    CHECK(BN_bn2binpad(secret, components_add(&numbers, COMPONENT_EC_D, curve->width), (int)curve->width) > 0);
    status = material_load(&numbers, true, &material);
    if (status == ERROR_SUCCESS) {
        check_signs(material);
        check_loads_again(material);
    }
    material_free(material);
    components_clear(&numbers);
    return status;
}

/* One, the greatest below the order that fits, and the order itself, where that fits: it may be longer by a bit. */
static void test_private_numbers(void)
{
    const struct curve *curve;

    for (unsigned i = 0; (curve = curve_at(i)) != NULL; i++) {
        EC_GROUP *group = EC_GROUP_new_by_curve_name(OBJ_sn2nid(curve->openssl_name));
        BIGNUM *number = BN_new();

        if (group != NULL) {
            CHECK(BN_one(number) == 1);
            CHECK_STATUS(load_secret(curve, number), ERROR_SUCCESS);
            BN_zero(number);
            CHECK_STATUS(load_secret(curve, number), NTE_INVALID_PARAMETER);
            CHECK(BN_copy(number, EC_GROUP_get0_order(group)) != NULL);
            if ((uint32_t)BN_num_bytes(number) <= curve->width) {
                CHECK_STATUS(load_secret(curve, number), NTE_INVALID_PARAMETER);
                CHECK(BN_sub_word(number, 1) == 1);
            } else {
                CHECK(BN_one(number) == 1 && BN_lshift(number, number, (int)curve->width * 8) == 1);
                CHECK(BN_sub_word(number, 1) == 1);
            }
            CHECK_STATUS(load_secret(curve, number), ERROR_SUCCESS);
        }
        BN_free(number);
        EC_GROUP_free(group);
    }
}

int main(void)
{
    RUN(test_signatures);
    RUN(test_agreement);
    RUN(test_blobs);
    RUN(test_private_numbers);
    return test_result("material_curves");
}
