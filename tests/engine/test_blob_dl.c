/* SPDX-License-Identifier: MIT
 *
 * The blobs of DH and DSA keys, byte by byte, and the values that set parameters.
 */
#include "dl_support.h"

/* Made once: generation takes its time. */
static struct material *dh_key, *old_key, *new_key;

static void check_word(const uint8_t *at, uint32_t value)
{
    CHECK(blob_read_u32(at) == value);
}

static void check_item(const uint8_t **at, const struct components *components, enum component which, size_t size)
{
    CHECK(components->item[which].size == size && memcmp(*at, components->item[which].data, size) == 0);
    *at += size;
}

static void check_numbers(const uint8_t *at, const struct components *components, size_t width, size_t secret)
{
    check_item(&at, components, COMPONENT_DL_P, width);
    check_item(&at, components, COMPONENT_DL_G, width);
    check_item(&at, components, COMPONENT_DL_Y, width);
    if (secret > 0) {
        check_item(&at, components, COMPONENT_DL_X, secret);
    }
}

static void test_dh_layout(void)
{
    struct components components;
    uint8_t *blob;
    size_t size;

    take_all(dh_key, &components);
    blob = export_blob(u"DHPRIVATEBLOB", dh_key, 0, &size);
    CHECK(size == 8 + 4 * 192 && memcmp(blob, "DHPV\xC0\0\0\0", 8) == 0);
    check_numbers(blob + 8, &components, 192, 192);
    free(blob);
    blob = export_blob(u"DHPUBLICBLOB", dh_key, 0, &size);
    CHECK(size == 8 + 3 * 192 && memcmp(blob, "DHPB\xC0\0\0\0", 8) == 0);
    check_numbers(blob + 8, &components, 192, 0);
    free(blob);
    components_clear(&components);
}

static void test_dsa_layout(void)
{
    struct components components;
    const uint8_t *at;
    uint8_t *blob;
    size_t size;

    take_all(old_key, &components);
    blob = export_blob(u"DSAPRIVATEBLOB", old_key, 0, &size);
    CHECK(size == 456 && memcmp(blob, "DSPV\x80\0\0\0", 8) == 0);
    at = blob + 8;
    check_item(&at, &components, COMPONENT_DSA_COUNT, 4);
    check_item(&at, &components, COMPONENT_DSA_SEED, 20);
    check_item(&at, &components, COMPONENT_DL_Q, 20);
    check_numbers(at, &components, 128, 20);
    free(blob);
    blob = export_blob(u"DSAPUBLICBLOB", old_key, 0, &size);
    CHECK(size == 436 && memcmp(blob, "DSPB\x80\0\0\0", 8) == 0);
    free(blob);
    components_clear(&components);
}

static void test_dsa_layout_new(void)
{
    struct components components;
    const uint8_t *at;
    uint8_t *blob;
    size_t size;

    take_all(new_key, &components);
    blob = export_blob(u"DSAPRIVATEBLOB", new_key, 0, &size);
    CHECK(size == 892 && memcmp(blob, "DPV2\0\1\0\0", 8) == 0);
    check_word(blob + 8, DSA_HASH_ALGORITHM_SHA256);
    check_word(blob + 12, DSA_FIPS186_3);
    check_word(blob + 16, 32);
    check_word(blob + 20, 32);
    at = blob + 24;
    check_item(&at, &components, COMPONENT_DSA_COUNT, 4);
    check_item(&at, &components, COMPONENT_DSA_SEED, 32);
    check_item(&at, &components, COMPONENT_DL_Q, 32);
    check_numbers(at, &components, 256, 32);
    free(blob);
    blob = export_blob(u"DSAPUBLICBLOB", new_key, 0, &size);
    CHECK(size == 860 && memcmp(blob, "DPB2\0\1\0\0", 8) == 0);
    free(blob);
    components_clear(&components);
}

/* In and out again: the same bytes. */
static void test_round_trips(void)
{
    struct {
        struct material *key;
        const WCHAR *type;
    } cases[] = {{dh_key, u"DHPUBLICBLOB"},    {dh_key, u"DHPRIVATEBLOB"},  {old_key, u"DSAPUBLICBLOB"},
                 {old_key, u"DSAPRIVATEBLOB"}, {new_key, u"DSAPUBLICBLOB"}, {new_key, u"DSAPRIVATEBLOB"}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t size, again_size;
        uint8_t *blob = export_blob(cases[i].type, cases[i].key, 0, &size);
        struct material *key = import_good(cases[i].type, blob, size);
        uint8_t *again = export_blob(cases[i].type, key, 0, &again_size);

        CHECK(size == again_size && memcmp(blob, again, size) == 0);
        check_lengths(cases[i].type, blob, size);
        material_free(key);
        free(again);
        free(blob);
    }
}

static SECURITY_STATUS try_changed(const WCHAR *type, const struct material *key, size_t at, const void *bytes,
                                   size_t count)
{
    size_t size;
    uint8_t *blob = export_blob(type, key, 0, &size);
    SECURITY_STATUS status;

    memcpy(blob + at, bytes, count);
    status = try_import(type, blob, size, &no_parameters);
    free(blob);
    return status;
}

static void test_headers(void)
{
    static const uint8_t none[4] = {0}, large[4] = {0xFF, 0xFF, 0xFF, 0xFF}, three[4] = {3}, two[4] = {2};
    static const uint8_t sixty_four[4] = {64}, twenty[4] = {20};

    CHECK_STATUS(try_changed(u"DHPUBLICBLOB", dh_key, 0, "DHPV", 4), NTE_NOT_SUPPORTED);
    CHECK_STATUS(try_changed(u"DHPRIVATEBLOB", dh_key, 0, "DHPB", 4), NTE_NOT_SUPPORTED);
    CHECK_STATUS(try_changed(u"DHPUBLICBLOB", dh_key, 4, none, 4), NTE_INVALID_PARAMETER);
    CHECK_STATUS(try_changed(u"DHPUBLICBLOB", dh_key, 4, large, 4), NTE_INVALID_PARAMETER);
    CHECK_STATUS(try_changed(u"DHPUBLICBLOB", dh_key, 4, sixty_four, 4), NTE_BAD_DATA);
    CHECK_STATUS(try_changed(u"DHPUBLICBLOB", dh_key, 8, none, 1), NTE_BAD_DATA); /* P is shorter */
    CHECK_STATUS(try_changed(u"DSAPUBLICBLOB", old_key, 0, "DPB2", 4), NTE_BAD_DATA);
    CHECK_STATUS(try_changed(u"DSAPUBLICBLOB", old_key, 0, "DSPV", 4), NTE_NOT_SUPPORTED);
    CHECK_STATUS(try_changed(u"DSAPUBLICBLOB", new_key, 0, "DSPB", 4), NTE_BAD_DATA);
    CHECK_STATUS(try_changed(u"DSAPUBLICBLOB", new_key, 8, three, 4), NTE_BAD_DATA);  /* hash */
    CHECK_STATUS(try_changed(u"DSAPUBLICBLOB", new_key, 8, none, 4), NTE_BAD_DATA);   /* not as long as Q */
    CHECK_STATUS(try_changed(u"DSAPUBLICBLOB", new_key, 12, two, 4), NTE_BAD_DATA);   /* standard */
    CHECK_STATUS(try_changed(u"DSAPUBLICBLOB", new_key, 16, large, 4), NTE_BAD_DATA); /* seed */
    CHECK_STATUS(try_changed(u"DSAPUBLICBLOB", new_key, 20, twenty, 4), NTE_BAD_DATA);
    CHECK_STATUS(try_changed(u"DSAPUBLICBLOB", new_key, 24, large, 1), NTE_BAD_DATA);  /* counter */
    CHECK_STATUS(try_changed(u"DSAPUBLICBLOB", new_key, 24, large, 4), ERROR_SUCCESS); /* not known: no seed either */
    CHECK_STATUS(try_import(u"DSAPUBLICBLOB", (const uint8_t *)"DSP", 3, &no_parameters), NTE_BAD_DATA);
}

/* 64 bytes: Windows has such groups. */
static void test_long_group(void)
{
    static const uint8_t words[] = {2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0, 0};

    CHECK_STATUS(try_changed(u"DSAPUBLICBLOB", new_key, 8, words, sizeof words), NTE_NOT_SUPPORTED);
}

/* Seeds that are not known are written as bytes of 0xFF, and no key has them. */
static void test_unknown_seeds(void)
{
    uint8_t ones[64];
    struct material *keys[] = {old_key, new_key};

    memset(ones, 0xFF, sizeof ones);
    for (int i = 0; i < 2; i++) {
        size_t size, again_size, at = i == 0 ? 8 : 24, count = i == 0 ? 24 : 36;
        uint8_t *blob = export_blob(u"DSAPRIVATEBLOB", keys[i], 0, &size), *again;
        struct components components;
        struct material *key;

        memcpy(blob + at, ones, count);
        key = import_good(u"DSAPRIVATEBLOB", blob, size);
        again = export_blob(u"DSAPRIVATEBLOB", key, 0, &again_size);
        CHECK(size == again_size && memcmp(blob, again, size) == 0);
        take_all(key, &components);
        CHECK(!components_has(&components, COMPONENT_DSA_SEED) && !components_has(&components, COMPONENT_DSA_COUNT));
        components_clear(&components);
        material_free(key);
        free(again);
        free(blob);
    }
}

/* Every byte of an old DSA key changed: what is taken cannot be told from a key, but for its own number. */
static void test_mutations(void)
{
    size_t size;
    uint8_t *blob = export_blob(u"DSAPRIVATEBLOB", old_key, 0, &size);

    CHECK(check_mutations(u"DSAPRIVATEBLOB", blob, 0, 8, size) == 0);
    CHECK(check_mutations(u"DSAPRIVATEBLOB", blob, 9, 32, size) == 23 * 4); /* counter and seed: anything goes */
    CHECK(check_mutations(u"DSAPRIVATEBLOB", blob, 32, 36, size) == 0);
    CHECK(check_mutations(u"DSAPRIVATEBLOB", blob, size - 24, size, size) == 0);
    free(blob);
}

static void test_other_keys(void)
{
    static const struct blob_parameters rsa = {.algorithm = NULL};
    struct blob_parameters other = rsa;
    struct components components;
    size_t size, needed = 0;
    uint8_t *blob = export_blob(u"DHPUBLICBLOB", dh_key, 0, &size);
    const struct blob_format *format = blob_format_by_type(u"DSAPUBLICBLOB");

    other.algorithm = algorithm_by_name(u"RSA");
    CHECK_STATUS(try_import(u"DHPUBLICBLOB", blob, size, &other), NTE_INVALID_PARAMETER);
    take_all(dh_key, &components);
    CHECK_STATUS(format->write(format, &components, &no_parameters, NULL, 0, &needed), NTE_BAD_TYPE);
    components.item[COMPONENT_DL_X].size = 0;
    format = blob_format_by_type(u"DHPRIVATEBLOB");
    CHECK_STATUS(format->write(format, &components, &no_parameters, NULL, 0, &needed), NTE_BAD_TYPE);
    components_clear(&components);
    CHECK(blob_format_resolve(u"PUBLICBLOB", NULL, blob, size) == blob_format_by_type(u"DHPUBLICBLOB"));
    CHECK(blob_format_resolve(u"PRIVATEBLOB", algorithm_by_name(u"DSA"), NULL, 0) ==
          blob_format_by_type(u"DSAPRIVATEBLOB"));
    CHECK(blob_format_resolve(u"PUBLICBLOB", NULL, (const uint8_t *)"DPB2", 4) ==
          blob_format_by_type(u"DSAPUBLICBLOB"));
    free(blob);
}

/* ---- parameters ----------------------------------------------------------------------------------------------- */

static uint8_t *group_value(const struct material *key, const WCHAR *type, const char *magic, size_t numbers,
                            size_t *size)
{
    size_t blob_size;
    uint8_t *blob = export_blob(type, key, 0, &blob_size), *value;

    *size = 4 + numbers + 2 * (size_t)blob_read_u32(blob + 4); /* without Y */
    value = malloc(*size);
    blob_write_u32(value, (uint32_t)*size);
    memcpy(value + 4, blob, *size - 4);
    memcpy(value + 4, magic, 4);
    free(blob);
    return value;
}

static SECURITY_STATUS read_group(const WCHAR *algorithm, const uint8_t *value, size_t size)
{
    struct components group;
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    SECURITY_STATUS status;

    if (size > 0) {
        memcpy(copy, value, size);
    }
    components_init(&group);
    status = blob_dl_parse_group(algorithm_by_name(algorithm), copy, size, &group);
    if (status == ERROR_SUCCESS) {
        struct material *key = NULL;

        CHECK(dl_is_group(&group));
        CHECK_STATUS(material_generate_in(&group, true, &key), ERROR_SUCCESS);
        material_free(key);
    }
    CHECK(status == ERROR_SUCCESS || group.block == NULL);
    components_clear(&group);
    free(copy);
    return status;
}

static void test_parameters(void)
{
    const struct {
        const WCHAR *algorithm, *type, *other;
        struct material *key;
        const char *magic;
        size_t numbers;
    } cases[] = {{u"DH", u"DHPUBLICBLOB", u"DSA", dh_key, "DHPM", 8},
                 {u"DSA", u"DSAPUBLICBLOB", u"DH", old_key, "DSPM", 52},
                 {u"DSA", u"DSAPUBLICBLOB", u"DH", new_key, "DPM2", 28 + 64}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t size;
        uint8_t *value = group_value(cases[i].key, cases[i].type, cases[i].magic, cases[i].numbers, &size);

        CHECK_STATUS(read_group(cases[i].algorithm, value, size), ERROR_SUCCESS);
        CHECK_STATUS(read_group(cases[i].other, value, size), NTE_NOT_SUPPORTED);
        for (size_t cut = 0; cut < size; cut++) {
            CHECK_STATUS(read_group(cases[i].algorithm, value, cut), NTE_BAD_DATA);
            if (cut > 12) {
                blob_write_u32(value, (uint32_t)cut);
                CHECK_STATUS(read_group(cases[i].algorithm, value, cut), NTE_BAD_DATA);
                blob_write_u32(value, (uint32_t)size);
            }
        }
        free(value);
    }
}

int main(void)
{
    dh_key = generate(u"DH", 1536);
    old_key = generate(u"DSA", 1024);
    new_key = generate(u"DSA", 2048);
    RUN(test_dh_layout);
    RUN(test_dsa_layout);
    RUN(test_dsa_layout_new);
    RUN(test_round_trips);
    RUN(test_headers);
    RUN(test_long_group);
    RUN(test_unknown_seeds);
    RUN(test_mutations);
    RUN(test_other_keys);
    RUN(test_parameters);
    material_free(dh_key);
    material_free(old_key);
    material_free(new_key);
    return test_result("blob_dl");
}
