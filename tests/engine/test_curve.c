/* SPDX-License-Identifier: MIT
 *
 * The tables of curves and algorithms.
 */
#include <openssl/ec.h>
#include <openssl/objects.h>

#include "common/utf16.h"
#include "harness.h"
#include "ncrypt/key/algorithm.h"

static void test_names(void)
{
    static const struct {
        const WCHAR *name;
        const char *openssl;
        uint32_t bits, width;
    } cases[] = {
        {u"nistP256", "prime256v1", 256, 32},   {u"secP256r1", "prime256v1", 256, 32},
        {u"x962P256v1", "prime256v1", 256, 32}, {u"NISTp256", "prime256v1", 256, 32},
        {u"nistP384", "secp384r1", 384, 48},    {u"SECP384R1", "secp384r1", 384, 48},
        {u"nistP521", "secp521r1", 521, 66},    {u"secP521r1", "secp521r1", 521, 66},
        {u"wtls12", "secp224r1", 224, 28},      {u"wtls7", "secp160r2", 160, 20},
        {u"secP256k1", "secp256k1", 256, 32},   {u"BrainpoolP512T1", "brainpoolP512t1", 512, 64},
        {u"x962P239v3", "prime239v3", 239, 30}, {u"curve25519", "X25519", 255, 32},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct curve *curve = curve_by_name(cases[i].name);

        if (CHECK(curve != NULL)) {
            CHECK(strcmp(curve->openssl_name, cases[i].openssl) == 0);
            CHECK(curve->bits == cases[i].bits && curve->width == cases[i].width);
            CHECK(curve_by_openssl_name(cases[i].openssl) == curve);
        }
    }
    CHECK(curve_by_name(u"") == NULL);
    CHECK(curve_by_name(u"nistP25") == NULL);
    CHECK(curve_by_name(u"nistP2566") == NULL);
    CHECK(curve_by_name(u"brainpoolP999r1") == NULL);
    CHECK(curve_by_name(u"numsP256t1") == NULL && curve_by_name(u"ec192wapi") == NULL);
    CHECK(curve_by_openssl_name("sect163k1") == NULL);
    CHECK(curve_by_openssl_name("secP256k1") == NULL);
}

/* The names are those of curves, each once: WTLS's and X9.62's are others of curves that are there. */
static void test_lists(void)
{
    unsigned curves = 0, names = 0;

    for (const struct curve *curve; (curve = curve_at(curves)) != NULL; curves++) {
        CHECK(curve_by_name(curve->name) == curve && curve_by_openssl_name(curve->openssl_name) == curve);
        CHECK(curve->width == (curve->bits + 7) / 8);
        CHECK(utf16_equal(curve_name_at(curves), curve->name));
    }
    for (const WCHAR *name; (name = curve_name_at(names)) != NULL; names++) {
        CHECK(curve_by_name(name) != NULL);
    }
    CHECK(curves == 32 && names == 41);
}

static void numbers_of(const char *name, BIGNUM *numbers[6])
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(OBJ_sn2nid(name));

    for (size_t i = 0; i < 6; i++) {
        numbers[i] = BN_new();
    }
    CHECK(EC_GROUP_get_curve(group, numbers[0], numbers[1], numbers[2], NULL) == 1);
    CHECK(EC_POINT_get_affine_coordinates(group, EC_GROUP_get0_generator(group), numbers[3], numbers[4], NULL) == 1);
    CHECK(BN_copy(numbers[5], EC_GROUP_get0_order(group)) != NULL);
    EC_GROUP_free(group);
}

/* An alias of ours has to be the same curve for libcrypto, too. */
static void test_aliases(void)
{
    static const char *const cases[][2] = {
        {"wap-wsg-idm-ecid-wtls12", "secp224r1"},
        {"wap-wsg-idm-ecid-wtls7", "secp160r2"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        BIGNUM *one[6], *two[6];

        numbers_of(cases[i][0], one);
        numbers_of(cases[i][1], two);
        for (size_t j = 0; j < 6; j++) {
            CHECK(BN_cmp(one[j], two[j]) == 0);
            BN_free(one[j]);
            BN_free(two[j]);
        }
    }
}

static void test_magics(void)
{
    unsigned count = 0;

    for (const struct curve *curve; (curve = curve_at(count)) != NULL && curve->ecdsa_public_magic != 0; count++) {
        CHECK(curve_by_magic(curve->ecdsa_public_magic) == curve);
        CHECK(curve_by_magic(curve->ecdsa_private_magic) == curve);
        CHECK(curve_by_magic(curve->ecdh_public_magic) == curve);
        CHECK(curve_by_magic(curve->ecdh_private_magic) == curve);
    }
    CHECK(count == 3);
    CHECK(curve_by_magic(0) == NULL);
    CHECK(curve_by_magic(BCRYPT_ECDSA_PUBLIC_GENERIC_MAGIC) == NULL);
    CHECK(curve_by_magic(0x31534345)->bits == 256);
    CHECK(curve_by_magic(0x36534345)->bits == 521);
}

static void test_algorithms(void)
{
    const struct algorithm *rsa = algorithm_by_name(u"RSA"), *ecdsa = algorithm_by_name(u"ECDSA");
    const struct algorithm *ecdh = algorithm_by_name(u"ECDH"), *agrees = algorithm_by_name(u"ECDH_P521");
    const struct algorithm *p384 = algorithm_by_name(u"ECDSA_P384");
    unsigned count = 0;

    for (const struct algorithm *algorithm; (algorithm = algorithm_at(count)) != NULL; count++) {
        CHECK(algorithm_by_name(algorithm->name) == algorithm);
        CHECK((algorithm->curve_name == NULL) == (algorithm->family != &family_ec || algorithm->takes_curve));
        CHECK(algorithm->takes_curve == (algorithm == ecdsa || algorithm == ecdh));
        CHECK(algorithm->lengths.dwMinLength <= algorithm->lengths.dwMaxLength);
        CHECK(algorithm->import_min <= algorithm->lengths.dwMinLength);
        CHECK(algorithm->import_max >= algorithm->lengths.dwMaxLength);
    }
    CHECK(count >= 9);
    CHECK(algorithm_by_name(u"rsa") == NULL);
    CHECK(rsa->interface == 3 && rsa->operations == 0x14 && rsa->family == &family_rsa);
    CHECK(p384->interface == 5 && p384->operations == 0x10 && p384->family == &family_ec);
    CHECK(utf16_equal(p384->group, u"ECDSA") && utf16_equal(p384->curve_name, u"nistP384"));
    CHECK(agrees->interface == 4 && agrees->operations == 0x18 && agrees->family == &family_ec);
    CHECK(utf16_equal(agrees->group, u"ECDH") && utf16_equal(agrees->curve_name, u"nistP521"));
}

static void test_lengths(void)
{
    const struct algorithm *rsa = algorithm_by_name(u"RSA"), *ecdsa = algorithm_by_name(u"ECDSA");
    const struct algorithm *p256 = algorithm_by_name(u"ECDSA_P256");

    CHECK(algorithm_length_valid(rsa, 512) && algorithm_length_valid(rsa, 16384) && algorithm_length_valid(rsa, 576));
    CHECK(!algorithm_length_valid(rsa, 448) && !algorithm_length_valid(rsa, 16448));
    CHECK(!algorithm_length_valid(rsa, 1032) && !algorithm_length_valid(rsa, 0));
    CHECK(algorithm_length_valid(p256, 256) && !algorithm_length_valid(p256, 384));
    CHECK(algorithm_length_valid(ecdsa, 521) && !algorithm_length_valid(ecdsa, 520));
}

static void test_reported_names(void)
{
    const struct curve *curve = curve_by_name(u"nistP521");

    CHECK(algorithm_for_curve(u"ECDSA", curve, false) == algorithm_by_name(u"ECDSA_P521"));
    CHECK(algorithm_for_curve(u"ECDSA", curve, true) == algorithm_by_name(u"ECDSA"));
    CHECK(algorithm_for_curve(u"ECDH", curve, false) == algorithm_by_name(u"ECDH_P521"));
    CHECK(algorithm_for_curve(u"ECDH", curve, true) == algorithm_by_name(u"ECDH"));
    CHECK(algorithm_for_curve(u"RSA", curve, false) == NULL);
    curve = curve_by_name(u"nistP192");
    CHECK(algorithm_for_curve(u"ECDSA", curve, false) == algorithm_by_name(u"ECDSA"));
    CHECK(algorithm_family(algorithm_by_name(u"ECDSA"), curve) == &family_ec);
    curve = curve_by_name(u"curve25519");
    CHECK(algorithm_for_curve(u"ECDH", curve, false) == algorithm_by_name(u"ECDH"));
    CHECK(algorithm_for_curve(u"ECDSA", curve, false) == NULL);
    CHECK(algorithm_family(algorithm_by_name(u"ECDH"), curve) == &family_x25519);
    CHECK(algorithm_family(algorithm_by_name(u"RSA"), NULL) == &family_rsa);
}

int main(void)
{
    RUN(test_names);
    RUN(test_lists);
    RUN(test_aliases);
    RUN(test_magics);
    RUN(test_algorithms);
    RUN(test_lengths);
    RUN(test_reported_names);
    return test_result("curve");
}
