/* SPDX-License-Identifier: MIT
 *
 * The tables of curves and algorithms.
 */
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
    CHECK(curve_by_openssl_name("secp256k1") == NULL);
}

static void test_magics(void)
{
    unsigned count = 0;

    for (const struct curve *curve; (curve = curve_at(count)) != NULL; count++) {
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
        CHECK((algorithm->curve_name == NULL) == (algorithm == rsa || algorithm == ecdsa || algorithm == ecdh));
        CHECK(algorithm->takes_curve == (algorithm == ecdsa || algorithm == ecdh));
        CHECK(algorithm->lengths.dwMinLength <= algorithm->lengths.dwMaxLength);
        CHECK(algorithm->import_min <= algorithm->lengths.dwMinLength);
        CHECK(algorithm->import_max >= algorithm->lengths.dwMaxLength);
    }
    CHECK(count == 9);
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
}

int main(void)
{
    RUN(test_names);
    RUN(test_magics);
    RUN(test_algorithms);
    RUN(test_lengths);
    RUN(test_reported_names);
    return test_result("curve");
}
