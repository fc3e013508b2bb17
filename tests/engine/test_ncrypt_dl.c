/* SPDX-License-Identifier: MIT
 *
 * DH and DSA keys as an application uses them: properties, parameters, storing, blobs, agreement and signatures.
 */
#include "agreement_support.h"
#include "common/utf16.h"

#define BLOB_ROOM 4096

static NCRYPT_PROV_HANDLE provider;

static bool text_is(NCRYPT_KEY_HANDLE key, const WCHAR *property, const WCHAR *wanted)
{
    WCHAR text[64] = u"";
    DWORD size = 0;

    CHECK_STATUS(NCryptGetProperty(key, property, (PBYTE)text, sizeof text, &size, 0), ERROR_SUCCESS);
    return utf16_equal(text, wanted);
}

static DWORD dword_of(NCRYPT_KEY_HANDLE key, const WCHAR *property)
{
    DWORD value = 0;

    CHECK_STATUS(get_dword(key, property, &value), ERROR_SUCCESS);
    return value;
}

static NCRYPT_KEY_HANDLE begin_exportable(const WCHAR *algorithm, const WCHAR *name, DWORD bits)
{
    NCRYPT_KEY_HANDLE key = begin_key(provider, algorithm, name, NCRYPT_OVERWRITE_KEY_FLAG);

    CHECK_STATUS(set_dword(key, NCRYPT_EXPORT_POLICY_PROPERTY, NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG, 0), ERROR_SUCCESS);
    if (bits != 0) {
        CHECK_STATUS(set_dword(key, NCRYPT_LENGTH_PROPERTY, bits, 0), ERROR_SUCCESS);
    }
    return key;
}

/* The value that makes keys in the group of a public blob. */
static DWORD group_of(const uint8_t *blob, DWORD numbers, const char *magic, uint8_t *value)
{
    uint32_t width;
    DWORD size;

    memcpy(&width, blob + 4, sizeof width);
    size = 4 + numbers + 2 * width;
    memcpy(value, &size, sizeof size);
    memcpy(value + 4, blob, size - 4);
    memcpy(value + 4, magic, 4);
    return size;
}

static void check_dh_properties(NCRYPT_KEY_HANDLE key, DWORD bits)
{
    NCRYPT_SUPPORTED_LENGTHS lengths = {0};
    DWORD size = 0, value = 0;

    CHECK(text_is(key, NCRYPT_ALGORITHM_PROPERTY, u"DH") && text_is(key, NCRYPT_ALGORITHM_GROUP_PROPERTY, u"DH"));
    CHECK(dword_of(key, NCRYPT_LENGTH_PROPERTY) == bits && dword_of(key, NCRYPT_PUBLIC_LENGTH_PROPERTY) == bits);
    CHECK(dword_of(key, NCRYPT_KEY_USAGE_PROPERTY) == NCRYPT_ALLOW_ALL_USAGES);
    CHECK_STATUS(get_dword(key, NCRYPT_SIGNATURE_LENGTH_PROPERTY, &value), NTE_NOT_SUPPORTED);
    CHECK_STATUS(get_dword(key, NCRYPT_BLOCK_LENGTH_PROPERTY, &value), NTE_NOT_SUPPORTED);
    CHECK_STATUS(get_dword(key, NCRYPT_DH_PARAMETERS_PROPERTY, &value), NTE_NOT_SUPPORTED);
    CHECK_STATUS(NCryptGetProperty(key, NCRYPT_LENGTHS_PROPERTY, (PBYTE)&lengths, sizeof lengths, &size, 0),
                 ERROR_SUCCESS);
    CHECK(lengths.dwMinLength == 512 && lengths.dwMaxLength == 8192 && lengths.dwIncrement == 64);
    CHECK(lengths.dwDefaultLength == 2048);
}

static void test_dh_stored(void)
{
    NCRYPT_KEY_HANDLE key = begin_exportable(u"DH", u"stored", 0), opened, imported, half;
    uint8_t blob[BLOB_ROOM], again[BLOB_ROOM], one[256], other[256];
    NCRYPT_SECRET_HANDLE secrets[2];
    DWORD size;

    CHECK_STATUS(NCryptFinalizeKey(key, 0), ERROR_SUCCESS);
    opened = open_key(provider, u"stored");
    check_dh_properties(opened, 2048);
    size = export_key(opened, u"DHPRIVATEBLOB", blob, sizeof blob);
    CHECK(size == 8 + 4 * 256 && memcmp(blob, "DHPV", 4) == 0);
    imported = import_key(provider, u"PRIVATEBLOB", blob, size);
    check_dh_properties(imported, 2048);
    CHECK(export_key(imported, u"PUBLICBLOB", again, sizeof again) == 8 + 3 * 256);
    CHECK(memcmp(again, "DHPB", 4) == 0 && memcmp(again + 4, blob + 4, 4 + 3 * 256) == 0);
    half = import_key(provider, u"DHPUBLICBLOB", again, 8 + 3 * 256);
    secrets[0] = agree_on(opened, half);
    secrets[1] = agree_on(imported, key);
    for (int i = 0; i < 2; i++) {
        CHECK_STATUS(NCryptDeriveKey(secrets[i], u"TRUNCATE", NULL, i == 0 ? one : other, 256, &size, 0),
                     ERROR_SUCCESS);
        CHECK(size == 256);
        free_handle(secrets[i]);
    }
    CHECK(memcmp(one, other, 256) == 0);
    CHECK_STATUS(NCryptSecretAgreement(half, key, &secrets[0], 0), NTE_NOT_SUPPORTED);
    free_handle(half);
    free_handle(imported);
    free_handle(opened);
    CHECK_STATUS(NCryptDeleteKey(key, 0), ERROR_SUCCESS);
}

/* Parameters before finalize: they decide the length, and only fitting ones are taken. */
static void test_dh_parameters(void)
{
    NCRYPT_KEY_HANDLE first = begin_exportable(u"DH", NULL, 1536), second, third;
    uint8_t blob[BLOB_ROOM], value[BLOB_ROOM], other[BLOB_ROOM];
    DWORD size, value_size, other_size;

    CHECK_STATUS(NCryptFinalizeKey(first, 0), ERROR_SUCCESS);
    size = export_key(first, u"DHPUBLICBLOB", blob, sizeof blob);
    value_size = group_of(blob, 8, "DHPM", value);
    second = begin_exportable(u"DH", u"with parameters", 0);
    CHECK_STATUS(set_bytes(second, NCRYPT_DH_PARAMETERS_PROPERTY, value, value_size, 0), ERROR_SUCCESS);
    CHECK(dword_of(second, NCRYPT_LENGTH_PROPERTY) == 1536);
    CHECK_STATUS(set_dword(second, NCRYPT_LENGTH_PROPERTY, 2048, 0), NTE_BAD_KEY_STATE);
    CHECK_STATUS(set_bytes(second, NCRYPT_DH_PARAMETERS_PROPERTY, value, value_size, NCRYPT_PERSIST_FLAG),
                 ERROR_SUCCESS);
    CHECK_STATUS(NCryptFinalizeKey(second, 0), ERROR_SUCCESS);
    check_dh_properties(second, 1536);
    CHECK(export_key(second, u"DHPUBLICBLOB", other, sizeof other) == size);
    CHECK(memcmp(blob, other, 8 + 2 * 192) == 0 && memcmp(blob, other, size) != 0);
    free_handle(agree_on(second, first));
    CHECK_STATUS(set_bytes(second, NCRYPT_DH_PARAMETERS_PROPERTY, value, value_size, 0), NTE_BAD_KEY_STATE);

    third = begin_exportable(u"DH", NULL, 2048);
    CHECK_STATUS(set_bytes(third, NCRYPT_DH_PARAMETERS_PROPERTY, value, value_size, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(set_bytes(third, NCRYPT_DH_PARAMETERS_PROPERTY, value, value_size - 1, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(set_bytes(third, NCRYPT_DH_PARAMETERS_PROPERTY, value, 0, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(set_bytes(third, BCRYPT_DSA_PARAMETERS, value, value_size, 0), NTE_NOT_SUPPORTED);
    CHECK_STATUS(NCryptFinalizeKey(third, 0), ERROR_SUCCESS); /* as if nothing had been tried */
    free_handle(third);

    /* A modulus that is no prime is found out when the key is made, and not at all if nobody is to look. */
    third = begin_exportable(u"DH", NULL, 0);
    other_size = value_size;
    memcpy(other, value, value_size);
    other[12 + 191] ^= 2;
    CHECK_STATUS(set_bytes(third, NCRYPT_DH_PARAMETERS_PROPERTY, other, other_size, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFinalizeKey(third, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(set_bytes(third, NCRYPT_DH_PARAMETERS_PROPERTY, value, value_size, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFinalizeKey(third, 0), ERROR_SUCCESS);
    free_handle(third);
    other[12 + 191] ^= 1;
    third = begin_exportable(u"DH", NULL, 0);
    CHECK_STATUS(set_bytes(third, NCRYPT_DH_PARAMETERS_PROPERTY, other, other_size, 0),
                 NTE_INVALID_PARAMETER); /* even */
    free_handle(third);
    CHECK_STATUS(NCryptDeleteKey(second, 0), ERROR_SUCCESS);
    free_handle(first);
}

/* A private blob as a property, the way Windows documents for stored keys; it and parameters exclude each other. */
static void test_blob_property(void)
{
    static const struct {
        const WCHAR *algorithm, *type, *public, *property;
        const char *magic;
        DWORD bits, numbers;
    } cases[] = {{u"DH", u"DHPRIVATEBLOB", u"DHPUBLICBLOB", u"DHParameters", "DHPM", 1536, 8},
                 {u"DSA", u"DSAPRIVATEBLOB", u"DSAPUBLICBLOB", u"DSAParameters", "DSPM", 512, 52}};

    for (size_t i = 0; i < COUNT(cases); i++) {
        NCRYPT_KEY_HANDLE key = begin_exportable(cases[i].algorithm, NULL, cases[i].bits), again, ec;
        uint8_t blob[BLOB_ROOM], public[BLOB_ROOM], value[BLOB_ROOM], other[BLOB_ROOM];
        DWORD size, public_size, value_size;

        CHECK_STATUS(NCryptFinalizeKey(key, 0), ERROR_SUCCESS);
        size = export_key(key, cases[i].type, blob, sizeof blob);
        public_size = export_key(key, cases[i].public, public, sizeof public);
        value_size = group_of(public, cases[i].numbers, cases[i].magic, value);
        again = begin_exportable(cases[i].algorithm, u"by blob", 0);
        CHECK_STATUS(set_bytes(again, cases[i].property, value, value_size, 0), ERROR_SUCCESS);
        CHECK_STATUS(set_bytes(again, cases[i].public, public, public_size, 0), NTE_NOT_SUPPORTED);
        CHECK_STATUS(set_bytes(again, cases[i].type, blob, size, 0), ERROR_SUCCESS);
        CHECK_STATUS(set_bytes(again, cases[i].property, value, value_size, 0), NTE_BAD_KEY_STATE);
        CHECK_STATUS(NCryptFinalizeKey(again, 0), ERROR_SUCCESS);
        free_handle(again);
        again = open_key(provider, u"by blob");
        CHECK(export_key(again, cases[i].public, other, sizeof other) == public_size);
        CHECK(memcmp(public, other, public_size) == 0);
        CHECK(export_key(again, cases[i].type, other, sizeof other) == size && memcmp(blob, other, size) == 0);
        CHECK_STATUS(NCryptDeleteKey(again, 0), ERROR_SUCCESS);
        ec = begin_key(provider, u"ECDH_P256", NULL, 0);
        CHECK_STATUS(set_bytes(ec, cases[i].type, blob, size, 0), NTE_INVALID_PARAMETER);
        CHECK_STATUS(set_bytes(ec, cases[i].property, value, value_size, 0), NTE_NOT_SUPPORTED);
        free_handle(ec);
        free_handle(key);
    }
}

static void test_dsa_stored(void)
{
    NCRYPT_KEY_HANDLE key = begin_exportable(u"DSA", u"signer", 1024), opened, half, again;
    uint8_t blob[BLOB_ROOM], value[BLOB_ROOM], hash[20] = {7}, signature[64];
    DWORD size = 0, value_size;

    CHECK_STATUS(NCryptFinalizeKey(key, 0), ERROR_SUCCESS);
    opened = open_key(provider, u"signer");
    CHECK(text_is(opened, NCRYPT_ALGORITHM_PROPERTY, u"DSA") &&
          text_is(opened, NCRYPT_ALGORITHM_GROUP_PROPERTY, u"DSA"));
    CHECK(dword_of(opened, NCRYPT_SIGNATURE_LENGTH_PROPERTY) == 40 && dword_of(opened, NCRYPT_LENGTH_PROPERTY) == 1024);
    CHECK_STATUS(NCryptSignHash(opened, NULL, hash, sizeof hash, signature, sizeof signature, &size, 0), ERROR_SUCCESS);
    CHECK(size == 40);
    size = export_key(opened, u"DSAPUBLICBLOB", blob, sizeof blob);
    half = import_key(provider, u"DSAPUBLICBLOB", blob, size);
    CHECK_STATUS(NCryptVerifySignature(half, NULL, hash, sizeof hash, signature, 40, 0), ERROR_SUCCESS);
    hash[0] = 8;
    CHECK_STATUS(NCryptVerifySignature(half, NULL, hash, sizeof hash, signature, 40, 0), NTE_BAD_SIGNATURE);
    CHECK_STATUS(NCryptVerifySignature(half, NULL, hash, 19, signature, 40, 0), NTE_INVALID_PARAMETER);
    value_size = group_of(blob, 52, "DSPM", value);
    again = begin_key(provider, u"DSA", NULL, 0);
    CHECK_STATUS(set_bytes(again, BCRYPT_DSA_PARAMETERS, value, value_size, 0), ERROR_SUCCESS);
    CHECK_STATUS(set_dword(again, NCRYPT_KEY_USAGE_PROPERTY, NCRYPT_ALLOW_DECRYPT_FLAG, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFinalizeKey(again, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptSignHash(again, NULL, hash, sizeof hash, signature, sizeof signature, &size, 0), NTE_PERM);
    CHECK_STATUS(NCryptExportKey(again, 0, u"DSAPRIVATEBLOB", NULL, NULL, 0, &size, 0), NTE_NOT_SUPPORTED);
    CHECK(dword_of(again, NCRYPT_LENGTH_PROPERTY) == 1024);
    free_handle(again);
    free_handle(half);
    free_handle(opened);
    CHECK_STATUS(NCryptDeleteKey(key, 0), ERROR_SUCCESS);
}

static void test_mixed(void)
{
    NCRYPT_KEY_HANDLE dh = begin_exportable(u"DH", NULL, 1536), other = begin_exportable(u"DH", NULL, 2048),
                      dsa = begin_exportable(u"DSA", NULL, 512);
    NCRYPT_KEY_HANDLE keys[] = {dh, other, dsa};
    NCRYPT_SECRET_HANDLE secret = 0;
    DWORD size = 0;

    for (size_t i = 0; i < COUNT(keys); i++) {
        CHECK_STATUS(NCryptFinalizeKey(keys[i], 0), ERROR_SUCCESS);
    }
    CHECK_STATUS(NCryptSecretAgreement(dh, other, &secret, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptSecretAgreement(dh, dsa, &secret, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptSecretAgreement(dsa, dh, &secret, 0), NTE_NOT_SUPPORTED);
    CHECK_STATUS(NCryptExportKey(dh, 0, u"DSAPUBLICBLOB", NULL, NULL, 0, &size, 0), NTE_BAD_TYPE);
    CHECK_STATUS(NCryptExportKey(dsa, 0, u"DHPUBLICBLOB", NULL, NULL, 0, &size, 0), NTE_BAD_TYPE);
    CHECK_STATUS(NCryptExportKey(dh, 0, u"ECCPUBLICBLOB", NULL, NULL, 0, &size, 0), NTE_BAD_TYPE);
    for (size_t i = 0; i < COUNT(keys); i++) {
        free_handle(keys[i]);
    }
}

int main(void)
{
    home_make();
    provider = open_provider();
    RUN(test_dh_stored);
    RUN(test_dh_parameters);
    RUN(test_blob_property);
    RUN(test_dsa_stored);
    RUN(test_mixed);
    free_handle(provider);
    check_nothing_left();
    return test_result("ncrypt_dl");
}
