/* SPDX-License-Identifier: MIT
 *
 * Curves by their parameters: one object for each, a limit, and what libcrypto says of every named curve.
 */
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

/* The last test: nothing is forgotten. */
static void test_limit(void)
{
    const struct curve *first = NULL, *curve = NULL;
    uint8_t parameters[ROOM];
    size_t size = seeded(u"secP160r1", 1000, parameters);
    uint32_t count = 0;

    CHECK_STATUS(curve_from_parameters(parameters, size, &first), ERROR_SUCCESS);
    while (count < 1000 && curve_from_parameters(parameters, size, &curve) == ERROR_SUCCESS) {
        size = seeded(u"secP160r1", 2000 + count++, parameters);
    }
    CHECK(count > 200 && count < 300);
    CHECK_STATUS(curve_from_parameters(parameters, size, &curve), NTE_NO_MEMORY);
    size = seeded(u"secP160r1", 1000, parameters);
    CHECK_STATUS(curve_from_parameters(parameters, size, &curve), ERROR_SUCCESS);
    CHECK(curve == first);
}

int main(void)
{
    RUN(test_named_curves);
    RUN(test_one_object_for_each);
    RUN(test_mutations);
    RUN(test_threads);
    RUN(test_limit);
    return test_result("curve_parameters");
}
