/* SPDX-License-Identifier: MIT
 *
 * Numbers of keys: their block of memory and their stored form.
 */
#include "common/secmem.h"
#include "harness.h"
#include "ncrypt/key/components.h"

static void test_room(void)
{
    struct components components;
    uint8_t *place;

    components_init(&components);
    CHECK(components_add(&components, COMPONENT_RSA_N, 1) == NULL);
    CHECK_STATUS(components_add_copy(&components, COMPONENT_RSA_N, (const uint8_t *)"x", 1), NTE_INTERNAL_ERROR);
    CHECK_STATUS(components_reserve(&components, 8), ERROR_SUCCESS);
    CHECK_STATUS(components_reserve(&components, 8), NTE_INTERNAL_ERROR);
    CHECK(components_add(&components, COMPONENT_RSA_N, 9) == NULL);
    place = components_add(&components, COMPONENT_RSA_N, 5);
    CHECK(place != NULL && memcmp(place, "\0\0\0\0\0", 5) == 0);
    CHECK(components_add(&components, COMPONENT_RSA_N, 1) == NULL);
    CHECK(components_add(&components, COMPONENT_RSA_E, 4) == NULL);
    CHECK_STATUS(components_add_copy(&components, COMPONENT_RSA_E, (const uint8_t *)"abc", 3), ERROR_SUCCESS);
    CHECK(memcmp(components.item[COMPONENT_RSA_E].data, "abc", 3) == 0);
    CHECK(components_has(&components, COMPONENT_RSA_E) && !components_has(&components, COMPONENT_RSA_D));
    components_clear(&components);
    CHECK(components.block == NULL && !components_has(&components, COMPONENT_RSA_E));
    components_clear(&components);
}

static void test_private(void)
{
    static const struct {
        enum component which[2];
        bool is_private;
    } cases[] = {
        {{COMPONENT_RSA_N, COMPONENT_RSA_E}, false},         {{COMPONENT_RSA_N, COMPONENT_RSA_D}, true},
        {{COMPONENT_RSA_N, COMPONENT_RSA_P}, false},         {{COMPONENT_RSA_P, COMPONENT_RSA_Q}, true},
        {{COMPONENT_EC_X, COMPONENT_EC_Y}, false},           {{COMPONENT_EC_X, COMPONENT_EC_D}, true},
        {{COMPONENT_DL_P, COMPONENT_DL_Y}, false},           {{COMPONENT_DL_Y, COMPONENT_DL_X}, true},
        {{COMPONENT_PQ_PUBLIC, COMPONENT_EC_X}, false},      {{COMPONENT_PQ_PUBLIC, COMPONENT_PQ_SEED}, true},
        {{COMPONENT_PQ_PUBLIC, COMPONENT_PQ_PRIVATE}, true}, {{COMPONENT_SECRET, COMPONENT_DSA_SEED}, true},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct components components;

        components_init(&components);
        CHECK_STATUS(components_reserve(&components, 2), ERROR_SUCCESS);
        CHECK(components_add(&components, cases[i].which[0], 1) != NULL);
        CHECK(components_add(&components, cases[i].which[1], 1) != NULL);
        CHECK(components_private(&components) == cases[i].is_private);
        components_clear(&components);
    }
}

static void test_bits(void)
{
    static const struct {
        uint8_t bytes[3];
        size_t size, trimmed, bits;
    } cases[] = {
        {{0}, 0, 0, 0},       {{0, 0, 0}, 3, 0, 0}, {{1}, 1, 1, 1},           {{0x80}, 1, 1, 8},
        {{0, 0x7F}, 2, 1, 7}, {{0, 1, 0}, 3, 2, 9}, {{0xFF, 0, 0}, 3, 3, 24}, {{2, 0, 0}, 3, 3, 18},
    };
    struct components components;

    components_init(&components);
    CHECK(components_bits(&components, COMPONENT_EC_X) == 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_STATUS(components_reserve(&components, 3), ERROR_SUCCESS);
        CHECK_STATUS(components_add_copy(&components, COMPONENT_EC_X, cases[i].bytes, cases[i].size), ERROR_SUCCESS);
        CHECK(components_trimmed(&components, COMPONENT_EC_X).size == cases[i].trimmed);
        CHECK(components_bits(&components, COMPONENT_EC_X) == cases[i].bits);
        components_clear(&components);
    }
}

static size_t encode_sample(uint8_t *out, size_t size)
{
    struct components components;
    size_t needed;

    components_init(&components);
    CHECK_STATUS(components_reserve(&components, 300), ERROR_SUCCESS);
    memset(components_add(&components, COMPONENT_RSA_N, 258), 0xA5, 258);
    CHECK_STATUS(components_add_copy(&components, COMPONENT_RSA_E, (const uint8_t *)"\1\0\1", 3), ERROR_SUCCESS);
    CHECK_STATUS(components_add_copy(&components, COMPONENT_EC_D, (const uint8_t *)"d", 1), ERROR_SUCCESS);
    needed = components_encoded_size(&components);
    if (CHECK(needed <= size)) {
        components_encode(&components, out);
    }
    components_clear(&components);
    return needed;
}

static void test_round_trip(void)
{
    struct components components;
    uint8_t stored[400], again[400];
    size_t size = encode_sample(stored, sizeof stored);

    CHECK(size == 3 * 5 + 258 + 3 + 1);
    CHECK(memcmp(stored, "\0\x02\x01\0\0\xA5", 6) == 0);
    CHECK(memcmp(stored + 5 + 258, "\1\3\0\0\0\1\0\1\x0A\1\0\0\0d", 14) == 0);
    components_init(&components);
    CHECK_STATUS(components_decode(&components, stored, size), ERROR_SUCCESS);
    CHECK(components_encoded_size(&components) == size);
    components_encode(&components, again);
    CHECK(memcmp(stored, again, size) == 0);
    components_clear(&components);

    CHECK_STATUS(components_decode(&components, stored, 0), ERROR_SUCCESS);
    CHECK(components_encoded_size(&components) == 0);
    components_clear(&components);
}

/* Decodes a copy in a block of exactly its size, so that reading past it is seen. */
static SECURITY_STATUS decode_exactly(const uint8_t *data, size_t size)
{
    uint8_t *copy = secmem_copy(data, size);
    struct components components;
    SECURITY_STATUS status;

    components_init(&components);
    components.curve = (const struct curve *)&components; /* any mark: kept when decoding fails */
    status = components_decode(&components, copy, size);
    CHECK(components.curve == (const struct curve *)&components);
    if (status != ERROR_SUCCESS) {
        CHECK(components.block == NULL);
    }
    components_clear(&components);
    secmem_free(copy);
    return status;
}

static void test_malformed(void)
{
    static const uint8_t twice[] = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0}, falling[] = {2, 0, 0, 0, 0, 1, 0, 0, 0, 0},
                         unknown[] = {COMPONENT_COUNT, 0, 0, 0, 0}, huge[] = {1, 0xFF, 0xFF, 0xFF, 0xFF, 0};
    uint8_t stored[400];
    size_t size = encode_sample(stored, sizeof stored);

    for (size_t cut = 1; cut < size; cut++) {
        bool whole = cut == 5 + 258 || cut == 5 + 258 + 5 + 3;

        CHECK_STATUS(decode_exactly(stored, cut), whole ? ERROR_SUCCESS : NTE_KEYSET_ENTRY_BAD);
    }
    stored[size] = 0;
    CHECK_STATUS(decode_exactly(stored, size + 1), NTE_KEYSET_ENTRY_BAD);
    CHECK_STATUS(decode_exactly(twice, sizeof twice), NTE_KEYSET_ENTRY_BAD);
    CHECK_STATUS(decode_exactly(falling, sizeof falling), NTE_KEYSET_ENTRY_BAD);
    CHECK_STATUS(decode_exactly(unknown, sizeof unknown), NTE_KEYSET_ENTRY_BAD);
    CHECK_STATUS(decode_exactly(huge, sizeof huge), NTE_KEYSET_ENTRY_BAD);
}

int main(void)
{
    RUN(test_room);
    RUN(test_private);
    RUN(test_bits);
    RUN(test_round_trip);
    RUN(test_malformed);
    return test_result("components");
}
