/* SPDX-License-Identifier: MIT
 *
 * Blobs of ML-DSA and ML-KEM keys, byte by byte.
 */
#include "blob_support.h"
#include "common/utf16.h"
#include "ncrypt/key/parameter_set.h"
#include "pq_support.h"

#define WRAPPER u"PQPrivateKeyBlob"

static struct material *generate_set(const struct pq_set *set)
{
    return generate(set->algorithm, 8 * set->public_size);
}

static const WCHAR *type_of(const struct pq_set *set, size_t form)
{
    const struct pq_blobs *blobs = pq_blobs_of(set);

    return form == 0 ? blobs->public : form == 1 ? blobs->expanded : blobs->seed;
}

/* Header, name and key stand where they should, for each set and form. */
static void test_layout(void)
{
    static const char magics[2][3][5] = {{"DSPK", "DSSK", "DSSS"}, {"MLKP", "MLKR", "MLKS"}};

    for (size_t i = 0; i < COUNT(pq_sets) * 3; i++) {
        const struct pq_set *set = &pq_sets[i / 3];
        const uint32_t sizes[] = {set->public_size, set->private_size, set->seed_size};
        struct material *material = generate_set(set), *again;
        size_t size, again_size;
        uint8_t *blob = export_blob(type_of(set, i % 3), material, 0, &size), *other;

        CHECK(size == 12 + set->name_size + sizes[i % 3]);
        CHECK(memcmp(blob, magics[pq_is_kem(set)][i % 3], 4) == 0);
        CHECK(blob_read_u32(blob + 4) == set->name_size && blob_read_u32(blob + 8) == sizes[i % 3]);
        CHECK(memcmp(blob + 12, set->name, set->name_size) == 0);
        again = import_good(type_of(set, i % 3), blob, size);
        CHECK(again->set == material->set && again->has_private == (i % 3 != 0) && again->bits == material->bits);
        other = export_blob(type_of(set, 0), again, 0, &again_size);
        free(blob);
        blob = export_blob(type_of(set, 0), material, 0, &size);
        CHECK(again_size == size && memcmp(blob, other, size) == 0);
        free(other);
        free(blob);
        material_free(again);
        material_free(material);
    }
}

static void test_lengths(void)
{
    for (size_t i = 0; i < COUNT(pq_sets) * 4; i++) {
        const WCHAR *type = i % 4 == 3 ? WRAPPER : type_of(&pq_sets[i / 4], i % 4);
        struct material *material = generate_set(&pq_sets[i / 4]);
        size_t size;
        uint8_t *blob = export_blob(type, material, 0, &size);

        check_lengths(type, blob, size);
        free(blob);
        material_free(material);
    }
}

/* No changed header is taken; with a changed key it is refused, or another key. */
static void test_mutations(void)
{
    for (size_t i = 0; i < COUNT(pq_sets) * 4; i += i < 8 ? 1 : 5) {
        const struct pq_set *set = &pq_sets[i / 4];
        const WCHAR *type = i % 4 == 3 ? WRAPPER : type_of(set, i % 4);
        struct material *material = generate_set(set);
        size_t size, head = 12 + set->name_size;
        uint8_t *blob = export_blob(type, material, 0, &size);

        CHECK(check_mutations(type, blob, 0, i % 4 == 3 ? size - set->seed_size : head, size) == 0);
        (void)check_mutations(type, blob, size - set->seed_size, size - set->seed_size + 4, size);
        free(blob);
        material_free(material);
    }
}

/* Sizes that would overflow, names that are none. */
static void test_headers(void)
{
    static const struct {
        uint32_t name_size, key_size;
        SECURITY_STATUS status;
    } cases[] = {
        {0xFFFFFFFF, 1312, NTE_BAD_DATA}, {6, 0xFFFFFFFF, NTE_BAD_DATA}, {0xFFFFFFFA, 12, NTE_BAD_DATA},
        {0, 1318, NTE_BAD_DATA},          {5, 1313, NTE_BAD_DATA},       {2, 1316, NTE_BAD_DATA},
        {1318, 0, NTE_BAD_DATA},          {6, 1312, ERROR_SUCCESS},
    };
    struct material *material = generate_set(&pq_sets[0]);
    size_t size;
    uint8_t *blob = export_blob(u"PQDSAPUBLICBLOB", material, 0, &size);

    for (size_t i = 0; i < COUNT(cases); i++) {
        blob_write_u32(blob + 4, cases[i].name_size);
        blob_write_u32(blob + 8, cases[i].key_size);
        CHECK_STATUS(try_import(u"PQDSAPUBLICBLOB", blob, size, &no_parameters), cases[i].status);
    }
    memcpy(blob + 12, u"65", 6); /* a set with keys of another size */
    CHECK_STATUS(try_import(u"PQDSAPUBLICBLOB", blob, size, &no_parameters), NTE_BAD_DATA);
    memcpy(blob + 12, u"45", 6);
    CHECK_STATUS(try_import(u"PQDSAPUBLICBLOB", blob, size, &no_parameters), NTE_INVALID_PARAMETER);
    memcpy(blob + 12, u"4\0", 6);
    CHECK_STATUS(try_import(u"PQDSAPUBLICBLOB", blob, size, &no_parameters), NTE_BAD_DATA);
    memcpy(blob + 12, u"444", 6);
    CHECK_STATUS(try_import(u"PQDSAPUBLICBLOB", blob, size, &no_parameters), NTE_BAD_DATA);
    memcpy(blob + 12, u"44", 6);
    CHECK_STATUS(try_import(u"PQDSAPRIVATEBLOB", blob, size, &no_parameters), NTE_NOT_SUPPORTED);
    CHECK_STATUS(try_import(u"MLKEMPUBLICBLOB", blob, size, &no_parameters), NTE_NOT_SUPPORTED);
    CHECK_STATUS(try_import(WRAPPER, blob, size, &no_parameters), NTE_NOT_SUPPORTED);
    free(blob);
    material_free(material);
}

/* The wrapper names one of the private blobs and nothing else, and no other wrapper. */
static void test_wrapper(void)
{
    static const WCHAR *const wrong[] = {u"PQDSAPUBLICBLOB", WRAPPER, u"PKCS8_PRIVATEKEY", u"RSAPRIVATEBLOB", u"X"};
    struct material *material = generate_set(&pq_sets[0]);
    size_t size;
    uint8_t *inner = export_blob(u"PQDSAPRIVATESEEDBLOB", material, 0, &size), blob[256] = "PQPR";

    for (size_t i = 0; i < COUNT(wrong); i++) {
        size_t name_size = (utf16_length(wrong[i], 99) + 1) * 2;

        blob_write_u32(blob + 4, (uint32_t)name_size);
        blob_write_u32(blob + 8, (uint32_t)size);
        memcpy(blob + 12, wrong[i], name_size);
        memcpy(blob + 12 + name_size, inner, size);
        CHECK_STATUS(try_import(WRAPPER, blob, 12 + name_size + size, &no_parameters), NTE_NOT_SUPPORTED);
    }
    free(inner);
    material_free(material);
}

/* A key of another set or algorithm than the one being made. */
static void test_parameters(void)
{
    struct material *material = generate_set(&pq_sets[1]);
    struct blob_parameters other_set = {.algorithm = material->algorithm};
    struct blob_parameters same = {.algorithm = material->algorithm, .set = material->set};
    struct blob_parameters other_family = {.algorithm = algorithm_by_name(u"RSA")};
    size_t size;
    uint8_t *blob = export_blob(u"PQDSAPRIVATEBLOB", material, 0, &size);
    struct components rsa;

    other_set.set = parameter_set_by_name(u"MLDSA", u"87");
    CHECK_STATUS(try_import(u"PQDSAPRIVATEBLOB", blob, size, &same), ERROR_SUCCESS);
    CHECK_STATUS(try_import(u"PQDSAPRIVATEBLOB", blob, size, &other_set), NTE_INVALID_PARAMETER);
    CHECK_STATUS(try_import(u"PQDSAPRIVATEBLOB", blob, size, &other_family), NTE_INVALID_PARAMETER);
    free(blob);
    material_free(material);
    fixed_rsa(&rsa, 8);
    CHECK_STATUS(blob_format_by_type(u"PQDSAPRIVATEBLOB")
                     ->write(blob_format_by_type(u"PQDSAPRIVATEBLOB"), &rsa, &no_parameters, NULL, 0, &size),
                 NTE_BAD_TYPE);
    CHECK_STATUS(
        blob_format_by_type(WRAPPER)->write(blob_format_by_type(WRAPPER), &rsa, &no_parameters, NULL, 0, &size),
        NTE_BAD_TYPE);
    components_clear(&rsa);
}

/* What is stored of a key has a set and parts of its sizes. */
static void test_components(void)
{
    struct material *material = generate_set(&pq_sets[0]), *loaded = NULL;
    struct components components;
    uint8_t *seed;

    components_init(&components);
    CHECK_STATUS(material_take_apart(material, true, &components), ERROR_SUCCESS);
    CHECK(components_has(&components, COMPONENT_PQ_SEED) && !components_has(&components, COMPONENT_PQ_PRIVATE));
    seed = components.item[COMPONENT_PQ_SEED].data;
    components.item[COMPONENT_PQ_SEED].size--;
    CHECK_STATUS(material_load(&components, false, &loaded), NTE_INVALID_PARAMETER);
    components.item[COMPONENT_PQ_SEED].size++;
    components.set = NULL;
    CHECK_STATUS(material_load(&components, false, &loaded), NTE_INVALID_PARAMETER);
    components.set = material->set;
    components.item[COMPONENT_PQ_SEED].data = components.item[COMPONENT_PQ_PUBLIC].data = NULL;
    CHECK_STATUS(material_load(&components, false, &loaded), NTE_INVALID_PARAMETER);
    components.item[COMPONENT_PQ_SEED].data = seed;
    CHECK_STATUS(material_load(&components, false, &loaded), ERROR_SUCCESS);
    CHECK(loaded != NULL && loaded->set == material->set && loaded->signature_size == 2420);
    components_clear(&components);
    material_free(loaded);
    material_free(material);
}

static void test_missing(void)
{
    uint8_t blob[1330] = "DSPK\6\0\0\0\x20\5\0\0"
                         "4\0"
                         "4";

    CHECK(algorithm_by_name(u"ML-DSA") == NULL && algorithm_by_name(u"ML-KEM") == NULL);
    CHECK_STATUS(try_import(u"PQDSAPUBLICBLOB", blob, sizeof blob, &no_parameters), NTE_NOT_SUPPORTED);
}

int main(void)
{
    if (pq_in_libcrypto()) {
        RUN(test_layout);
        RUN(test_lengths);
        RUN(test_mutations);
        RUN(test_headers);
        RUN(test_wrapper);
        RUN(test_parameters);
        RUN(test_components);
    } else {
        RUN(test_missing);
    }
    return test_result("blob_pq");
}
