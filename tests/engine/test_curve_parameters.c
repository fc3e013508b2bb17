/* SPDX-License-Identifier: MIT
 *
 * Curves by their parameters: one object for each, a limit, and what libcrypto says of every named curve.
 */
#include <openssl/crypto.h>
#include <pthread.h>

#include "common/utf16.h"
#include "harness.h"
#include "ncrypt/key/algorithm.h"

#define ROOM (CURVE_PARAMETERS_ROOM + CURVE_MAX_SEED)

static size_t named(const WCHAR *name, uint8_t *out)
{
    size_t size = 0;

    openssl_scope_begin();
    CHECK_STATUS(curve_to_parameters(curve_by_name(name), out, &size), ERROR_SUCCESS);
    openssl_scope_end();
    return size;
}

/* The same curve with a seed, which has no name then. */
static size_t seeded(const WCHAR *name, uint32_t seed, uint8_t *out)
{
    size_t size = named(name, out);

    out[24] = sizeof seed;
    memcpy(out + size, &seed, sizeof seed);
    return size + sizeof seed;
}

static void test_named_curves(void)
{
    const struct curve *curve, *found = NULL;
    uint8_t parameters[ROOM];

    for (unsigned i = 0; (curve = curve_at(i)) != NULL; i++) {
        size_t size = 0;

        if (curve->family != NULL) {
            CHECK_STATUS(curve_to_parameters(curve, NULL, &size), NTE_NOT_SUPPORTED);
            continue;
        }
        size = named(curve->name, parameters);
        CHECK_STATUS(curve_from_parameters(parameters, size, &found), ERROR_SUCCESS);
        CHECK(found == curve);
        CHECK_STATUS(curve_from_parameters(parameters, size - 1, &found), NTE_BAD_DATA);
        CHECK_STATUS(curve_from_parameters(parameters, size + 1, &found), NTE_BAD_DATA);
    }
}

static void test_one_object_for_each(void)
{
    const struct curve *one = NULL, *two = NULL, *other = NULL;
    uint8_t parameters[ROOM];
    size_t size = seeded(u"nistP256", 1, parameters), written = 0;

    CHECK_STATUS(curve_from_parameters(parameters, size, &one), ERROR_SUCCESS);
    CHECK_STATUS(curve_from_parameters(parameters, size, &two), ERROR_SUCCESS);
    CHECK(one == two && one->name == NULL && one->openssl_name == NULL && one->bits == 256 && one->width == 32);
    CHECK_STATUS(curve_to_parameters(one, NULL, &written), ERROR_SUCCESS);
    CHECK(written == size && one->parameters_size == size && memcmp(one->parameters, parameters, size) == 0);
    CHECK(algorithm_for_curve(u"ECDSA", one, false) == algorithm_by_name(u"ECDSA"));
    (void)seeded(u"nistP256", 2, parameters);
    CHECK_STATUS(curve_from_parameters(parameters, size, &other), ERROR_SUCCESS);
    CHECK(other != one && curve_template_place(other) != curve_template_place(one));
    size = seeded(u"nistP521", 3, parameters);
    CHECK_STATUS(curve_from_parameters(parameters, size, &other), ERROR_SUCCESS);
    CHECK(other->bits == 521 && other->width == 66);
}

/* Each bit of the numbers makes it no curve; a hash or a seed is not looked at. */
static void test_mutations(void)
{
    const struct curve *curve = NULL;
    uint8_t parameters[ROOM];
    size_t size = named(u"brainpoolP160r1", parameters);

    for (size_t at = 0; at < size; at++) {
        uint8_t kept = parameters[at];

        parameters[at] ^= 0x01;
        if (at < 8 || at >= 12) {
            CHECK(curve_from_parameters(parameters, size, &curve) != ERROR_SUCCESS);
        }
        parameters[at] = kept;
    }
    for (size_t cut = 0; cut < size; cut++) {
        CHECK(curve_from_parameters(parameters, cut, &curve) != ERROR_SUCCESS);
    }
    CHECK(curve == NULL);
}

/* Coordinates of the generator that are the same modulo the prime, and orders that are too short for anything: both of
 * curves that libcrypto takes. */
static void test_generators(void)
{
    static const size_t width = 66, numbers = CURVE_HEADER;
    const struct curve *curve = NULL;
    uint8_t parameters[ROOM], kept[ROOM];
    size_t size = seeded(u"nistP521", 4, parameters);

    memcpy(kept, parameters, size);
    for (size_t number = 1; number < 5; number++) { /* A, B, X, Y */
        uint8_t *place = parameters + numbers + number * width;
        unsigned carry = 0;

        for (size_t i = width; i-- > 0; carry >>= 8) {
            carry += (unsigned)place[i] + parameters[numbers + i];
            place[i] = (uint8_t)carry;
        }
        CHECK_STATUS(curve_from_parameters(parameters, size, &curve), NTE_INVALID_PARAMETER);
        memcpy(parameters, kept, size);
    }
    CHECK_STATUS(curve_from_parameters(parameters, size, &curve), ERROR_SUCCESS);
}

/* An A of zero, which is the prime's double. */
static void test_the_prime_itself(void)
{
    static const size_t width = 32;
    const struct curve *curve = NULL;
    uint8_t parameters[ROOM];
    size_t size = seeded(u"secP256k1", 5, parameters);

    CHECK_STATUS(curve_from_parameters(parameters, size, &curve), ERROR_SUCCESS);
    memcpy(parameters + CURVE_HEADER + width, parameters + CURVE_HEADER, width);
    CHECK_STATUS(curve_from_parameters(parameters, size, &curve), NTE_INVALID_PARAMETER);
}

/* A curve of as many points as its field has elements, which libcrypto takes: there, logarithms are read off. */
static void test_as_many_points_as_elements(void)
{
    static const char hex[] = "800000000000000022bfe7b0154d1a5cddd6196b" /* P */
                              "4a9155f77369ea270678586d3a7acf3d3983d99a" /* A */
                              "239f1c05b30eb93b682fb4d73c8c32151836d536" /* B */
                              "0000000000000000000000000000000000000001" /* X */
                              "3664efd6686af60a4989fce81c9e8a51bf2d3a7c" /* Y */
                              "800000000000000022bfe7b0154d1a5cddd6196b" /* the order, */
                              "01";                                      /* and the cofactor */
    uint8_t parameters[ROOM] = {1, 0, 0, 0, 1};
    const struct curve *curve = NULL;
    long length = 0;
    uint8_t *numbers = OPENSSL_hexstr2buf(hex, &length);

    CHECK(numbers != NULL && length == 6 * 20 + 1);
    parameters[12] = parameters[16] = 20;
    parameters[20] = 1;
    memcpy(parameters + CURVE_HEADER, numbers, (size_t)length);
    CHECK_STATUS(curve_from_parameters(parameters, CURVE_HEADER + (size_t)length, &curve), NTE_INVALID_PARAMETER);
    OPENSSL_free(numbers);
}

static void test_short_orders(void)
{
    static const struct {
        size_t order_size;
        const char *hex;
    } curves[] = {
        {1, "5beb0880cb903e79209bdfe4fb9960835ff8ee8dcb96510b000000000000000000000000000000000000000000000001"
            "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
            "000000000000000000000000000000000000000000000000022df5844065c81f3c904deff27dccb041affc7746e5cb28"
            "86"},
        {2, "5beb0880cb903e79209bdfe4fb9960835ff8ee8dcb96510b000000000000000000000000000000000000000000000001"
            "00000000000000000000000000000000000000000000000007dcb6bc9ea298fb1cbf148778d2005530d14803ba149e1c"
            "20de51153ae7d0143aac41606294b2114979095c4ca257e403f11752366c48f5a8d7700b21b7afb94f093a99fd188efd"
            "cc"},
        {19, "5beb0880cb903e79209bdfe4fb9960835ff8ee8dcb96510b000000000000000000000000000000000000000000000001"
             "00000000000000000000000000000000000000000000000012f4415df0fb76ea03f32af212801d5c72f7a200c9f2f988"
             "19303b146bd7ecee5240c710622e3343711e47a61cf8738a3b2644db5b5fab8f4d3e27dda1494c73cf257d018dd2b732"
             "fc"},
    };
    const struct curve *curve = NULL;

    for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++) {
        uint8_t parameters[ROOM] = {1, 0, 0, 0, 1};
        long length = 0;
        uint8_t *numbers = OPENSSL_hexstr2buf(curves[i].hex, &length);

        CHECK(numbers != NULL);
        parameters[12] = 24;
        parameters[16] = (uint8_t)curves[i].order_size;
        parameters[20] = (uint8_t)((size_t)length - 5 * 24 - curves[i].order_size);
        memcpy(parameters + CURVE_HEADER, numbers, (size_t)length);
        CHECK_STATUS(curve_from_parameters(parameters, CURVE_HEADER + (size_t)length, &curve), NTE_INVALID_PARAMETER);
        OPENSSL_free(numbers);
    }
}

static void *find_many(void *result)
{
    uint8_t parameters[ROOM];
    const struct curve **found = result;

    for (uint32_t i = 0; i < 8; i++) {
        size_t size = seeded(u"secP256k1", 100 + i, parameters);

        CHECK_STATUS(curve_from_parameters(parameters, size, &found[i]), ERROR_SUCCESS);
    }
    return NULL;
}

static void test_threads(void)
{
    const struct curve *found[4][8] = {{NULL}};
    pthread_t threads[4];

    for (size_t i = 0; i < 4; i++) {
        CHECK(pthread_create(&threads[i], NULL, find_many, found[i]) == 0);
    }
    for (size_t i = 0; i < 4; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    for (size_t i = 0; i < 8; i++) {
        CHECK(found[0][i] != NULL);
        CHECK(found[1][i] == found[0][i] && found[2][i] == found[0][i] && found[3][i] == found[0][i]);
    }
}

/* The last test: nothing is forgotten. Many curves of strangers leave room for those of one's own. */
static void test_limit(void)
{
    const struct curve *first = NULL, *curve = NULL;
    uint8_t parameters[ROOM];
    size_t size = seeded(u"secP160r1", 1000, parameters);
    uint32_t count = 0;

    CHECK_STATUS(curve_of_public_key(parameters, size, &first), ERROR_SUCCESS);
    while (count < 1000 && curve_of_public_key(parameters, size, &curve) == ERROR_SUCCESS) {
        size = seeded(u"secP160r1", 2000 + count++, parameters);
    }
    CHECK(count > 200 && count < 300);
    CHECK_STATUS(curve_of_public_key(parameters, size, &curve), NTE_NO_MEMORY);
    CHECK_STATUS(curve_from_parameters(parameters, size, &curve), ERROR_SUCCESS);
    size = seeded(u"secP160r1", 1000, parameters);
    CHECK_STATUS(curve_of_public_key(parameters, size, &curve), ERROR_SUCCESS);
    CHECK_STATUS(curve_from_parameters(parameters, size, &curve), ERROR_SUCCESS);
    CHECK(curve == first);
}

int main(void)
{
    RUN(test_named_curves);
    RUN(test_one_object_for_each);
    RUN(test_mutations);
    RUN(test_generators);
    RUN(test_the_prime_itself);
    RUN(test_as_many_points_as_elements);
    RUN(test_short_orders);
    RUN(test_threads);
    RUN(test_limit);
    return test_result("curve_parameters");
}
