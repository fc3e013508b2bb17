/* SPDX-License-Identifier: MIT
 *
 * ML-DSA and ML-KEM keys in PKCS#8: each form that there is, read and held against libcrypto's reader; damaged ones.
 */
#include <openssl/x509.h>

#include "blob_support.h"
#include "pq_support.h"

#define PKCS8 NCRYPT_PKCS8_PRIVATE_KEY_BLOB

static struct pq_parts parts;
static uint8_t bytes[PQ_ROOM], der[PQ_ROOM];

static struct material *make(const struct pq_set *set)
{
    return generate(set->algorithm, 8 * set->public_size);
}

static void take(const struct pq_set *set, const struct material *material, const WCHAR *type, uint8_t *out)
{
    size_t size;
    uint8_t *blob = export_blob(type, material, 0, &size);

    memcpy(out, blob + 12 + set->name_size, size - 12 - set->name_size);
    free(blob);
}

static void take_parts(const struct pq_set *set, const struct material *material)
{
    take(set, material, pq_blobs_of(set)->seed, parts.seed);
    take(set, material, pq_blobs_of(set)->expanded, parts.expanded);
    take(set, material, pq_blobs_of(set)->public, parts.public);
}

static DWORD write_form(const struct pq_set *set, size_t form)
{
    return pq_info(set, bytes, pq_form(set, &parts, form, bytes), der);
}

static SECURITY_STATUS try_form(const struct pq_set *set, size_t form)
{
    DWORD size = write_form(set, form);

    return try_import(PKCS8, der, size, &no_parameters);
}

static bool has_public(const struct pq_set *set, const struct material *material)
{
    uint8_t public[2592];

    take(set, material, pq_blobs_of(set)->public, public);
    return memcmp(public, parts.public, set->public_size) == 0;
}

/* libcrypto reads the same, and what is exported. */
static void check_outside(const struct pq_set *set, const uint8_t *data, size_t size)
{
    uint8_t public[2592];
    size_t public_size = 0;
    EVP_PKEY *pkey = d2i_AutoPrivateKey(NULL, &data, (long)size);

    CHECK(pkey != NULL && EVP_PKEY_is_a(pkey, set->openssl_name));
    CHECK(EVP_PKEY_get_octet_string_param(pkey, "pub", public, sizeof public, &public_size) == 1);
    CHECK(public_size == set->public_size && memcmp(public, parts.public, public_size) == 0);
    EVP_PKEY_free(pkey);
}

static void test_forms(void)
{
    for (size_t i = 0; i < COUNT(pq_sets) * PQ_PKCS8_FORMS; i++) {
        const struct pq_set *set = &pq_sets[i / PQ_PKCS8_FORMS];
        size_t form = i % PQ_PKCS8_FORMS, size, written_size;
        bool seeded = form == PQ_PKCS8_SEED || form == PQ_PKCS8_BOTH || form == PQ_PKCS8_BARE_SEED;
        struct material *material = make(set), *again;
        uint8_t *written;

        take_parts(set, material);
        size = write_form(set, form);
        check_outside(set, der, size);
        again = import_good(PKCS8, der, size);
        CHECK(again->has_private && again->set == material->set && has_public(set, again));
        written = export_blob(PKCS8, again, NCRYPT_ALLOW_ALL_USAGES, &written_size);
        size = write_form(set, seeded ? PQ_PKCS8_SEED : PQ_PKCS8_EXPANDED);
        CHECK(written_size == size && memcmp(written, der, size) == 0);
        check_outside(set, written, written_size);
        free(written);
        material_free(again);
        material_free(material);
    }
}

static bool is_size_of_form(const struct pq_set *set, size_t size)
{
    for (size_t form = 0; form < PQ_PKCS8_FORMS; form++) {
        static uint8_t unused[PQ_ROOM];

        if (pq_form(set, &parts, form, unused) == size) {
            return true;
        }
    }
    return false;
}

static void test_lengths(void)
{
    for (size_t form = 0; form < PQ_PKCS8_FORMS; form++) {
        const struct pq_set *set = &pq_sets[form % 2 ? 0 : 3];
        struct material *material = make(set);
        DWORD size;

        take_parts(set, material);
        size = write_form(set, form);
        check_lengths(PKCS8, der, size);
        for (size_t wrong = pq_form(set, &parts, form, bytes) - 7, most = wrong + 14; wrong <= most; wrong++) {
            if (!is_size_of_form(set, wrong)) { /* with lengths around it that are right */
                size = pq_info(set, bytes, wrong, der);
                CHECK_STATUS(try_import(PKCS8, der, size, &no_parameters), NTE_BAD_DATA);
            }
        }
        size = pq_info(set, bytes, 0, der);
        CHECK_STATUS(try_import(PKCS8, der, size, &no_parameters), NTE_BAD_DATA);
        material_free(material);
    }
}

/* Each bit of what stands around the key's bytes. */
static void test_headers(void)
{
    static const size_t heads[PQ_PKCS8_FORMS] = {2, 4, 6, 0, 0, 4};

    for (size_t i = 0; i < COUNT(pq_sets) * PQ_PKCS8_FORMS; i++) {
        const struct pq_set *set = &pq_sets[i / PQ_PKCS8_FORMS];
        size_t form = i % PQ_PKCS8_FORMS, second = form == PQ_PKCS8_BOTH ? heads[form] + set->seed_size : 0;
        struct material *material = make(set);

        take_parts(set, material);
        for (size_t bit = 0; bit < 8 * (heads[form] + (second > 0 ? 4 : 0)); bit++) {
            size_t at = bit / 8 < heads[form] ? bit / 8 : second + bit / 8 - heads[form];
            size_t size = pq_form(set, &parts, form, bytes);

            bytes[at] ^= (uint8_t)(1u << bit % 8);
            size = pq_info(set, bytes, size, der);
            CHECK_STATUS(try_import(PKCS8, der, size, &no_parameters), NTE_BAD_DATA);
        }
        material_free(material);
    }
}

/* A seed and an expanded key that are not of one key; numbers that are no key; another set's. */
static void test_contents(void)
{
    for (size_t i = 0; i < COUNT(pq_sets); i++) {
        const struct pq_set *set = &pq_sets[i], *other = &pq_sets[i % 3 == 2 ? i - 2 : i + 1];
        struct material *material = make(set);
        size_t size;

        take_parts(set, material);
        parts.seed[set->seed_size - 1] ^= 1;
        CHECK_STATUS(try_form(set, PQ_PKCS8_BOTH), NTE_BAD_DATA);
        CHECK_STATUS(try_form(set, PQ_PKCS8_SEED), ERROR_SUCCESS); /* any seed is one */
        parts.seed[set->seed_size - 1] ^= 1;
        parts.expanded[set->private_size - 40] ^= 1;
        CHECK_STATUS(try_form(set, PQ_PKCS8_BOTH), NTE_BAD_DATA);
        CHECK_STATUS(try_form(set, PQ_PKCS8_EXPANDED), NTE_INVALID_PARAMETER);
        parts.expanded[set->private_size - 40] ^= 1;
        for (size_t form = 0; form < PQ_PKCS8_FORMS; form++) {
            bool is_seed = form == PQ_PKCS8_SEED || form == PQ_PKCS8_BARE_SEED;

            size = pq_form(set, &parts, form, bytes);
            size = pq_info(other, bytes, size, der);
            CHECK_STATUS(try_import(PKCS8, der, size, &no_parameters), is_seed ? ERROR_SUCCESS : NTE_BAD_DATA);
        }
        material_free(material);
    }
}

/* The algorithm's name stands alone. */
static void test_parameters(void)
{
    const struct pq_set *set = &pq_sets[1];
    struct blob_parameters for_rsa = {.algorithm = algorithm_by_name(u"RSA")};
    struct material *material = make(set);
    const uint8_t *at = der;
    PKCS8_PRIV_KEY_INFO *info;
    const X509_ALGOR *identifier = NULL;
    uint8_t *changed = NULL;
    int size;

    take_parts(set, material);
    size = (int)write_form(set, PQ_PKCS8_SEED);
    CHECK_STATUS(try_import(PKCS8, der, (size_t)size, &for_rsa), NTE_INVALID_PARAMETER);
    info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, size);
    CHECK(PKCS8_pkey_get0(NULL, NULL, NULL, &identifier, info) == 1);
    CHECK(X509_ALGOR_set0((X509_ALGOR *)(uintptr_t)identifier, OBJ_txt2obj("2.16.840.1.101.3.4.3.18", 1), V_ASN1_NULL,
                          NULL) == 1);
    size = i2d_PKCS8_PRIV_KEY_INFO(info, &changed);
    CHECK_STATUS(try_import(PKCS8, changed, (size_t)size, &no_parameters), NTE_BAD_DATA);
    OPENSSL_free(changed);
    PKCS8_PRIV_KEY_INFO_free(info);
    material_free(material);
}

/* Known by its number even there. */
static void test_missing(void)
{
    memset(&parts, 7, sizeof parts);
    for (size_t i = 0; i < COUNT(pq_sets) * PQ_PKCS8_FORMS; i++) {
        CHECK_STATUS(try_form(&pq_sets[i / PQ_PKCS8_FORMS], i % PQ_PKCS8_FORMS), NTE_NOT_SUPPORTED);
    }
}

int main(void)
{
    if (pq_in_libcrypto()) {
        RUN(test_forms);
        RUN(test_lengths);
        RUN(test_headers);
        RUN(test_contents);
        RUN(test_parameters);
    } else {
        RUN(test_missing);
    }
    return test_result("blob_pkcs8_pq");
}
