/* SPDX-License-Identifier: MIT
 *
 * ML-DSA and ML-KEM keys: made, stored, opened, exported and imported in each form; parameter sets and other
 * properties; every refusal.
 */
#include "common/utf16.h"
#include "pq_support.h"

static NCRYPT_PROV_HANDLE provider;

static bool text_is(NCRYPT_KEY_HANDLE key, const WCHAR *property, const WCHAR *wanted)
{
    WCHAR text[64] = u"";
    DWORD size = 0;

    CHECK_STATUS(NCryptGetProperty(key, property, (PBYTE)text, sizeof text, &size, 0), ERROR_SUCCESS);
    return utf16_equal(text, wanted);
}

static SECURITY_STATUS set_name(NCRYPT_KEY_HANDLE key, const WCHAR *name)
{
    return set_bytes(key, NCRYPT_PARAMETER_SET_NAME_PROPERTY, name, (utf16_length(name, 99) + 1) * sizeof *name, 0);
}

static void check_properties(NCRYPT_KEY_HANDLE key, const struct pq_set *set)
{
    static const WCHAR *const secret_names[] = {u"KEMSharedSecretLength", u"KEM Shared Secret Length"};
    static const WCHAR *const ciphertext_names[] = {u"KEMCiphertextLength", u"KEM Ciphertext Length"};
    bool kem = pq_is_kem(set);
    DWORD value = 0;

    CHECK(text_is(key, NCRYPT_ALGORITHM_PROPERTY, set->algorithm));
    CHECK(text_is(key, NCRYPT_ALGORITHM_GROUP_PROPERTY, kem ? u"MLKEM" : u"MLDSA"));
    CHECK(text_is(key, NCRYPT_PARAMETER_SET_NAME_PROPERTY, set->name));
    CHECK_STATUS(get_dword(key, NCRYPT_PUBLIC_LENGTH_PROPERTY, &value), ERROR_SUCCESS);
    CHECK(value == 8 * set->public_size);
    CHECK_STATUS(get_dword(key, NCRYPT_LENGTH_PROPERTY, &value), NTE_NOT_SUPPORTED);
    CHECK_STATUS(get_dword(key, NCRYPT_LENGTHS_PROPERTY, &value), NTE_NOT_SUPPORTED);
    CHECK_STATUS(get_dword(key, NCRYPT_BLOCK_LENGTH_PROPERTY, &value), NTE_NOT_SUPPORTED);
    CHECK_STATUS(get_dword(key, NCRYPT_SIGNATURE_LENGTH_PROPERTY, &value), kem ? NTE_NOT_SUPPORTED : ERROR_SUCCESS);
    CHECK(kem || value == set->output_size);
    for (size_t i = 0; i < COUNT(secret_names); i++) {
        CHECK_STATUS(get_dword(key, secret_names[i], &value), kem ? ERROR_SUCCESS : NTE_NOT_SUPPORTED);
        CHECK(!kem || value == 32);
        CHECK_STATUS(get_dword(key, ciphertext_names[i], &value), kem ? ERROR_SUCCESS : NTE_NOT_SUPPORTED);
        CHECK(!kem || value == set->output_size);
        CHECK_STATUS(set_dword(key, ciphertext_names[i], 1, 0), NTE_NOT_SUPPORTED);
    }
    CHECK_STATUS(set_name(key, set->name), NTE_BAD_KEY_STATE);
}

static void test_stored(void)
{
    for (size_t i = 0; i < COUNT(pq_sets); i++) {
        const struct pq_set *set = &pq_sets[i];
        NCRYPT_KEY_HANDLE key = pq_make(provider, set, u"stored"), opened = open_key(provider, u"stored");
        uint8_t one[PQ_ROOM], other[PQ_ROOM];
        DWORD size;

        check_properties(key, set);
        check_properties(opened, set);
        size = pq_export(key, pq_blobs_of(set)->seed, one);
        CHECK(size == 12 + set->name_size + set->seed_size);
        CHECK(pq_export(opened, pq_blobs_of(set)->seed, other) == size && memcmp(one, other, size) == 0);
        size = pq_export(key, pq_blobs_of(set)->expanded, one);
        CHECK(size == 12 + set->name_size + set->private_size);
        CHECK(pq_export(opened, u"PRIVATEBLOB", other) == size && memcmp(one, other, size) == 0);
        size = pq_export(key, pq_blobs_of(set)->public, one);
        CHECK(size == 12 + set->name_size + set->public_size);
        CHECK(pq_export(opened, u"PUBLICBLOB", other) == size && memcmp(one, other, size) == 0);
        free_handle(opened);
        CHECK_STATUS(NCryptDeleteKey(key, 0), ERROR_SUCCESS);
    }
}

/* A key imported in one form gives the others, but no seed that it never had. */
static void test_forms(void)
{
    for (size_t i = 0; i < COUNT(pq_sets); i++) {
        const struct pq_set *set = &pq_sets[i];
        const struct pq_blobs *types = pq_blobs_of(set);
        NCRYPT_KEY_HANDLE key = pq_make(provider, set, NULL), seeded, expanded, public;
        uint8_t private_blob[PQ_ROOM], public_blob[PQ_ROOM], blob[PQ_ROOM], again[PQ_ROOM];
        DWORD private_size = pq_export(key, types->expanded, private_blob);
        DWORD public_size = pq_export(key, types->public, public_blob), size;
        DWORD policy = NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG;

        size = pq_export(key, types->seed, blob);
        seeded = pq_import(provider, types->seed, blob, size);
        CHECK_STATUS(set_dword(seeded, NCRYPT_EXPORT_POLICY_PROPERTY, policy, 0), ERROR_SUCCESS);
        CHECK(pq_export(seeded, types->expanded, again) == private_size);
        CHECK(memcmp(again, private_blob, private_size) == 0);
        expanded = pq_import(provider, u"PRIVATEBLOB", private_blob, private_size);
        check_properties(expanded, set);
        CHECK_STATUS(set_dword(expanded, NCRYPT_EXPORT_POLICY_PROPERTY, policy, 0), ERROR_SUCCESS);
        CHECK(pq_export(expanded, types->public, again) == public_size);
        CHECK(memcmp(again, public_blob, public_size) == 0);
        CHECK(pq_export(expanded, types->expanded, again) == private_size);
        CHECK(memcmp(again, private_blob, private_size) == 0);
        CHECK_STATUS(NCryptExportKey(expanded, 0, types->seed, NULL, blob, sizeof blob, &size, 0), NTE_NOT_SUPPORTED);
        public = pq_import(provider, types->public, public_blob, public_size);
        check_properties(public, set);
        CHECK_STATUS(NCryptExportKey(public, 0, types->expanded, NULL, blob, sizeof blob, &size, 0), NTE_NOT_SUPPORTED);
        CHECK(pq_export(public, types->public, again) == public_size);
        CHECK(memcmp(again, public_blob, public_size) == 0);
        free_handle(public);
        free_handle(expanded);
        free_handle(seeded);
        free_handle(key);
    }
}

/* Blobs of a key with and without its seed, in the wrapper and in PKCS#8, stored under a name. */
static void test_wrapped(void)
{
    static const WCHAR *const types[] = {u"PQPrivateKeyBlob", u"PKCS8_PRIVATEKEY"};

    for (size_t i = 0; i < COUNT(pq_sets) * 2 * COUNT(types); i++) {
        const struct pq_set *set = &pq_sets[i / 4];
        const WCHAR *type = types[i % 2], *form = i & 2 ? pq_blobs_of(set)->expanded : pq_blobs_of(set)->seed;
        NCRYPT_KEY_HANDLE made = pq_make(provider, set, NULL), key, again = 0;
        NCryptBuffer name = {12, NCRYPTBUFFER_PKCS_KEY_NAME, (void *)(uintptr_t)u"named"};
        NCryptBufferDesc list = {NCRYPTBUFFER_VERSION, 1, &name};
        uint8_t blob[PQ_ROOM], wrapped[PQ_ROOM], back[PQ_ROOM];
        DWORD size = pq_export(made, form, blob), wrapped_size;

        key = pq_import(provider, form, blob, size);
        CHECK_STATUS(set_dword(key, NCRYPT_EXPORT_POLICY_PROPERTY, NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG, 0),
                     ERROR_SUCCESS);
        wrapped_size = pq_export(key, type, wrapped);
        CHECK_STATUS(
            NCryptImportKey(provider, 0, type, &list, &again, wrapped, wrapped_size, NCRYPT_DO_NOT_FINALIZE_FLAG),
            ERROR_SUCCESS);
        CHECK_STATUS(set_dword(again, NCRYPT_EXPORT_POLICY_PROPERTY, NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG, 0),
                     ERROR_SUCCESS);
        CHECK_STATUS(NCryptFinalizeKey(again, 0), ERROR_SUCCESS);
        check_properties(again, set);
        CHECK(pq_export(again, form, back) == size && memcmp(back, blob, size) == 0);
        CHECK_STATUS(NCryptDeleteKey(again, 0), ERROR_SUCCESS);
        free_handle(key);
        free_handle(made);
    }
}

static void test_blob_property(void)
{
    const struct pq_set *set = &pq_sets[1];
    NCRYPT_KEY_HANDLE made = pq_make(provider, set, NULL), key = pq_begin(provider, set, NULL);
    NCRYPT_KEY_HANDLE other = pq_begin(provider, &pq_sets[0], NULL), kem = pq_begin(provider, &pq_sets[3], NULL);
    uint8_t blob[PQ_ROOM], public_blob[PQ_ROOM], back[PQ_ROOM];
    DWORD size = pq_export(made, u"PQDSAPRIVATESEEDBLOB", blob), public_size;

    public_size = pq_export(made, u"PUBLICBLOB", public_blob);
    CHECK_STATUS(set_bytes(other, u"PQDSAPRIVATESEEDBLOB", blob, size, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(set_bytes(kem, u"PQDSAPRIVATESEEDBLOB", blob, size, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(set_bytes(key, u"PQDSAPUBLICBLOB", public_blob, public_size, 0), NTE_NOT_SUPPORTED);
    CHECK_STATUS(set_bytes(key, u"PQDSAPRIVATESEEDBLOB", blob, size, 0), ERROR_SUCCESS);
    CHECK_STATUS(set_name(key, u"87"), NTE_BAD_KEY_STATE);
    CHECK_STATUS(set_name(key, u"65"), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFinalizeKey(key, 0), ERROR_SUCCESS);
    CHECK(pq_export(key, u"PUBLICBLOB", back) == public_size && memcmp(back, public_blob, public_size) == 0);
    free_handle(kem);
    free_handle(other);
    free_handle(key);
    free_handle(made);
}

static void test_parameter_sets(void)
{
    static const WCHAR *const wrong[2][5] = {{u"", u"45", u"44 ", u"512", u"ML-DSA-44"},
                                             {u"", u"513", u"0512", u"44", u"ML-KEM-512"}};

    for (size_t kem = 0; kem < 2; kem++) {
        NCRYPT_KEY_HANDLE key = begin_key(provider, kem ? u"ML-KEM" : u"ML-DSA", NULL, 0);
        WCHAR text[8];
        DWORD size;

        CHECK_STATUS(NCryptGetProperty(key, NCRYPT_PARAMETER_SET_NAME_PROPERTY, (PBYTE)text, sizeof text, &size, 0),
                     NTE_NOT_FOUND);
        CHECK_STATUS(NCryptFinalizeKey(key, 0), NTE_INVALID_PARAMETER);
        for (size_t i = 0; i < COUNT(wrong[0]); i++) {
            CHECK_STATUS(set_name(key, wrong[kem][i]), NTE_INVALID_PARAMETER);
        }
        CHECK_STATUS(set_bytes(key, NCRYPT_PARAMETER_SET_NAME_PROPERTY, u"44", 4, 0), NTE_INVALID_PARAMETER);
        CHECK_STATUS(set_dword(key, NCRYPT_LENGTH_PROPERTY, 1312 * 8, 0), NTE_NOT_SUPPORTED);
        CHECK_STATUS(set_name(key, kem ? u"1024" : u"87"), ERROR_SUCCESS);
        CHECK_STATUS(set_name(key, kem ? u"768" : u"65"), ERROR_SUCCESS);
        CHECK_STATUS(NCryptFinalizeKey(key, 0), ERROR_SUCCESS);
        check_properties(key, &pq_sets[kem ? 4 : 1]);
        free_handle(key);
    }
}

/* Keys of other algorithms have nothing of it. */
static void test_other_algorithms(void)
{
    NCRYPT_KEY_HANDLE key = begin_key(provider, u"ECDSA_P256", NULL, 0);
    WCHAR text[8];
    DWORD size;

    CHECK_STATUS(set_name(key, u"44"), NTE_NOT_SUPPORTED);
    CHECK_STATUS(NCryptGetProperty(key, NCRYPT_PARAMETER_SET_NAME_PROPERTY, (PBYTE)text, sizeof text, &size, 0),
                 NTE_NOT_SUPPORTED);
    CHECK_STATUS(NCryptFinalizeKey(key, 0), ERROR_SUCCESS);
    CHECK_STATUS(get_dword(key, NCRYPT_KEM_CIPHERTEXT_LENGTH_PROPERTY, &size), NTE_NOT_SUPPORTED);
    CHECK_STATUS(NCryptEncapsulate(key, NULL, 0, &size, NULL, 0, &size, 0), NTE_NOT_SUPPORTED);
    CHECK_STATUS(NCryptExportKey(key, 0, u"PQDSAPUBLICBLOB", NULL, NULL, 0, &size, 0), NTE_BAD_TYPE);
    CHECK_STATUS(NCryptExportKey(key, 0, u"MLKEMPUBLICBLOB", NULL, NULL, 0, &size, 0), NTE_BAD_TYPE);
    free_handle(key);
}

static void test_missing(void)
{
    pq_check_missing(provider);
}

int main(void)
{
    home_make();
    provider = open_provider();
    if (pq_in_libcrypto()) {
        RUN(test_stored);
        RUN(test_forms);
        RUN(test_wrapped);
        RUN(test_blob_property);
        RUN(test_parameter_sets);
    } else {
        RUN(test_missing);
    }
    RUN(test_other_algorithms);
    free_handle(provider);
    check_no_handles();
    return test_result("ncrypt_pq_keys");
}
