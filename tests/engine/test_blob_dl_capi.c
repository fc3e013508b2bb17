/* SPDX-License-Identifier: MIT
 *
 * CryptoAPI's blobs of DH and DSA keys, byte by byte; those of version 2 of DSA against libcrypto's own reader.
 */
#include <openssl/pem.h>

#include "dl_support.h"

/* Made once: generation takes its time. */
static struct material *dh_key, *old_key, *new_key;

static void check_reversed(const uint8_t **at, const struct components *components, enum component which)
{
    const struct component_span *item = &components->item[which];

    CHECK(item->size > 0);
    for (size_t i = 0; i < item->size; i++) {
        CHECK((*at)[i] == item->data[item->size - 1 - i]);
    }
    *at += item->size;
}

static void check_words(const uint8_t *at, const uint32_t *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        CHECK(blob_read_u32(at + 4 * i) == words[i]);
    }
}

static void check_seed(const uint8_t **at, const struct components *components)
{
    const struct component_span *counter = &components->item[COMPONENT_DSA_COUNT];

    CHECK(components->item[COMPONENT_DSA_SEED].size == 20);
    for (size_t i = 0; i < 4; i++) {
        CHECK((*at)[i] == counter->data[3 - i]);
    }
    CHECK(memcmp(*at + 4, components->item[COMPONENT_DSA_SEED].data, 20) == 0);
    *at += 24;
}

static void test_version_2(void)
{
    static const uint32_t public[] = {0x0206, 0x2200, 0x31535344, 1024}, private[] = {0x0207, 0x2200, 0x32535344, 1024};
    struct components components;
    const uint8_t *at;
    uint8_t *blob;
    size_t size;

    take_all(old_key, &components);
    blob = export_blob(u"V2CAPIDSAPUBLICBLOB", old_key, 0, &size);
    check_words(blob, public, 4);
    at = blob + 16;
    check_reversed(&at, &components, COMPONENT_DL_P);
    check_reversed(&at, &components, COMPONENT_DL_Q);
    check_reversed(&at, &components, COMPONENT_DL_G);
    check_reversed(&at, &components, COMPONENT_DL_Y);
    check_seed(&at, &components);
    CHECK(at == blob + size);
    free(blob);
    blob = export_blob(u"V2CAPIDSAPRIVATEBLOB", old_key, 0, &size);
    check_words(blob, private, 4);
    at = blob + 16;
    check_reversed(&at, &components, COMPONENT_DL_P);
    check_reversed(&at, &components, COMPONENT_DL_Q);
    check_reversed(&at, &components, COMPONENT_DL_G);
    check_reversed(&at, &components, COMPONENT_DL_X);
    check_seed(&at, &components);
    CHECK(at == blob + size);
    free(blob);
    components_clear(&components);
}

static void check_version_3(const WCHAR *type, const struct material *key, const uint32_t *words, size_t count,
                            bool with_group)
{
    struct components components;
    const uint8_t *at;
    size_t size;
    uint8_t *blob = export_blob(type, key, 0, &size);

    take_all(key, &components);
    check_words(blob, words, count);
    at = blob + 4 * count;
    for (int i = 0; i < 24; i++) {
        CHECK(at[i] == 0xFF || components_has(&components, COMPONENT_DSA_SEED));
    }
    at += 24;
    check_reversed(&at, &components, COMPONENT_DL_P);
    if (with_group) {
        check_reversed(&at, &components, COMPONENT_DL_Q);
    }
    check_reversed(&at, &components, COMPONENT_DL_G);
    check_reversed(&at, &components, COMPONENT_DL_Y);
    if (blob_format_by_type(type)->is_private) {
        check_reversed(&at, &components, COMPONENT_DL_X);
    }
    CHECK(at == blob + size);
    components_clear(&components);
    free(blob);
}

static void test_version_3(void)
{
    static const uint32_t dh_public[] = {0x0306, 0xAA01, 0x33484400, 1536, 0, 0};
    static const uint32_t dh_private[] = {0x0307, 0xAA01, 0x34484400, 1536, 0, 0, 1536};
    static const uint32_t dsa_public[] = {0x0306, 0x2200, 0x33535344, 2048, 256, 0};
    static const uint32_t dsa_private[] = {0x0307, 0x2200, 0x34535344, 2048, 256, 0, 256};
    static const uint32_t old_private[] = {0x0307, 0x2200, 0x34535344, 1024, 160, 0, 160};

    check_version_3(u"CAPIDHPUBLICBLOB", dh_key, dh_public, 6, false);
    check_version_3(u"CAPIDHPRIVATEBLOB", dh_key, dh_private, 7, false);
    check_version_3(u"CAPIDSAPUBLICBLOB", new_key, dsa_public, 6, true);
    check_version_3(u"CAPIDSAPRIVATEBLOB", new_key, dsa_private, 7, true);
    check_version_3(u"CAPIDSAPRIVATEBLOB", old_key, old_private, 7, true);
}

static void check_same(const struct material *one, const struct material *other)
{
    struct components a, b;

    take_all(one, &a);
    take_all(other, &b);
    for (int i = COMPONENT_DL_P; i <= COMPONENT_DL_X; i++) {
        CHECK(a.item[i].size == b.item[i].size || !other->has_private);
        CHECK(b.item[i].data == NULL || memcmp(a.item[i].data, b.item[i].data, a.item[i].size) == 0);
    }
    components_clear(&a);
    components_clear(&b);
}

static void test_round_trips(void)
{
    const struct {
        const WCHAR *type;
        struct material *key;
    } cases[] = {{u"CAPIDHPUBLICBLOB", dh_key},     {u"CAPIDHPRIVATEBLOB", dh_key},    {u"CAPIDSAPUBLICBLOB", old_key},
                 {u"CAPIDSAPRIVATEBLOB", old_key},  {u"CAPIDSAPUBLICBLOB", new_key},   {u"CAPIDSAPRIVATEBLOB", new_key},
                 {u"V2CAPIDSAPUBLICBLOB", old_key}, {u"V2CAPIDSAPRIVATEBLOB", old_key}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t size, again_size;
        uint8_t *blob = export_blob(cases[i].type, cases[i].key, 0, &size), *again, *longer = calloc(1, size + 9);
        struct material *key = import_good(cases[i].type, blob, size);

        check_same(cases[i].key, key);
        again = export_blob(cases[i].type, key, 0, &again_size);
        CHECK(size == again_size && memcmp(blob, again, size - 24) == 0);
        for (size_t cut = 0; cut < size; cut++) {
            CHECK_STATUS(try_import(cases[i].type, blob, cut, &no_parameters), NTE_BAD_DATA);
        }
        memcpy(longer, blob, size);
        CHECK_STATUS(try_import(cases[i].type, longer, size + 9, &no_parameters), ERROR_SUCCESS);
        material_free(key);
        free(longer);
        free(again);
        free(blob);
    }
}

/* The type with the later version takes both; the other way round not. */
static void test_versions(void)
{
    size_t size;
    uint8_t *blob = export_blob(u"V2CAPIDSAPRIVATEBLOB", old_key, 0, &size);
    struct components components;
    size_t needed = 0;
    const struct blob_format *format = blob_format_by_type(u"V2CAPIDSAPRIVATEBLOB");

    CHECK_STATUS(try_import(u"CAPIDSAPRIVATEBLOB", blob, size, &no_parameters), ERROR_SUCCESS);
    CHECK_STATUS(try_import(u"CAPIDSAPUBLICBLOB", blob, size, &no_parameters), NTE_NOT_SUPPORTED);
    CHECK_STATUS(try_import(u"CAPIDHPRIVATEBLOB", blob, size, &no_parameters), NTE_NOT_SUPPORTED);
    free(blob);
    blob = export_blob(u"CAPIDSAPRIVATEBLOB", old_key, 0, &size);
    CHECK_STATUS(try_import(u"V2CAPIDSAPRIVATEBLOB", blob, size, &no_parameters), NTE_NOT_SUPPORTED);
    blob[1] = 2;
    CHECK_STATUS(try_import(u"CAPIDSAPRIVATEBLOB", blob, size, &no_parameters), NTE_BAD_DATA);
    blob[1] = 3;
    blob[2] = 1;
    CHECK_STATUS(try_import(u"CAPIDSAPRIVATEBLOB", blob, size, &no_parameters), NTE_BAD_DATA);
    blob[2] = 0;
    blob_write_u32(blob + 12, 100);
    CHECK_STATUS(try_import(u"CAPIDSAPRIVATEBLOB", blob, size, &no_parameters), NTE_INVALID_PARAMETER);
    free(blob);
    take_all(new_key, &components);
    CHECK_STATUS(format->write(format, &components, &no_parameters, NULL, 0, &needed), NTE_NOT_SUPPORTED);
    components_clear(&components);
    take_all(dh_key, &components);
    CHECK_STATUS(format->write(format, &components, &no_parameters, NULL, 0, &needed), NTE_BAD_TYPE);
    components_clear(&components);
}

/* A private key is none without its number, however complete the rest is. */
static void test_no_private_number(void)
{
    static const WCHAR *const types[] = {u"CAPIDHPRIVATEBLOB", u"CAPIDSAPRIVATEBLOB"};
    const struct material *const keys[] = {dh_key, new_key};

    for (size_t i = 0; i < 2; i++) {
        size_t size;
        uint8_t *blob = export_blob(types[i], keys[i], 0, &size);

        blob_write_u32(blob + 24, 0);
        CHECK_STATUS(try_import(types[i], blob, size, &no_parameters), NTE_BAD_DATA);
        free(blob);
    }
}

/* A DH key of version 2 is P, G and X. */
static void test_old_dh(void)
{
    size_t size;
    uint8_t *blob = export_blob(u"CAPIDHPRIVATEBLOB", dh_key, 0, &size), old[16 + 3 * 192] = {7, 2, 0, 0, 1, 0xAA};
    struct material *key;

    blob_write_u32(old + 8, 0x32484400);
    blob_write_u32(old + 12, 1536);
    memcpy(old + 16, blob + 52, 192);
    memcpy(old + 16 + 192, blob + 52 + 192, 192);
    memcpy(old + 16 + 384, blob + 52 + 3 * 192, 192);
    key = import_good(u"CAPIDHPRIVATEBLOB", old, sizeof old);
    check_same(dh_key, key);
    material_free(key);
    free(blob);
}

/* The J of a key is skipped; so are lengths that go beyond the end. */
static void test_cofactor(void)
{
    size_t size;
    uint8_t *blob = export_blob(u"CAPIDHPUBLICBLOB", dh_key, 0, &size), *longer = calloc(1, size + 5);
    struct material *key;

    memcpy(longer, blob, 48 + 2 * 192);
    memcpy(longer + 48 + 2 * 192 + 5, blob + 48 + 2 * 192, 192);
    blob_write_u32(longer + 20, 40);
    key = import_good(u"CAPIDHPUBLICBLOB", longer, size + 5);
    check_same(dh_key, key);
    material_free(key);
    for (size_t at = 12; at < 24; at += 4) {
        SECURITY_STATUS status;

        memcpy(longer, blob, size);
        blob_write_u32(longer + at, 0xFFFFFFFF);
        status = try_import(u"CAPIDHPUBLICBLOB", longer, size + 5, &no_parameters);
        CHECK(status == NTE_INVALID_PARAMETER || status == NTE_BAD_DATA);
    }
    free(longer);
    free(blob);
}

static void check_outside(const WCHAR *type, bool is_private)
{
    size_t size;
    uint8_t *blob = export_blob(type, old_key, 0, &size), *theirs = NULL;
    const uint8_t *at = blob;
    EVP_PKEY *read = is_private ? b2i_PrivateKey(&at, (long)size) : b2i_PublicKey(&at, (long)size);
    EVP_PKEY *expected = outside_dl_key_of(old_key);
    BIO *out = BIO_new(BIO_s_mem());
    struct material *key;
    long length;

    CHECK(read != NULL && EVP_PKEY_eq(read, expected) == 1);
    CHECK((is_private ? i2b_PrivateKey_bio(out, expected) : i2b_PublicKey_bio(out, expected)) > 0);
    length = BIO_get_mem_data(out, &theirs);
    key = import_good(type, theirs, (size_t)length);
    check_same(old_key, key);
    material_free(key);
    BIO_free(out);
    EVP_PKEY_free(read);
    EVP_PKEY_free(expected);
    free(blob);
}

static void test_outside(void)
{
    check_outside(u"V2CAPIDSAPRIVATEBLOB", true);
    check_outside(u"V2CAPIDSAPUBLICBLOB", false);
}

int main(void)
{
    dh_key = generate(u"DH", 1536);
    old_key = generate(u"DSA", 1024);
    new_key = generate(u"DSA", 2048);
    RUN(test_version_2);
    RUN(test_version_3);
    RUN(test_round_trips);
    RUN(test_versions);
    RUN(test_no_private_number);
    RUN(test_old_dh);
    RUN(test_cofactor);
    RUN(test_outside);
    material_free(dh_key);
    material_free(old_key);
    material_free(new_key);
    return test_result("blob_dl_capi");
}
