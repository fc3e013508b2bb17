/* SPDX-License-Identifier: MIT
 *
 * Symmetric keys in and out: CipherKeyBlob and KeyDataBlob byte by byte, by import and as properties, under names and
 * policies.
 */
#include "cipher_support.h"

#define CIPHER_BLOB u"CipherKeyBlob"
#define DATA_BLOB   u"KeyDataBlob"

static const uint8_t key_bytes[32] = {1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16,
                                      17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32};
static const uint8_t aes256_head[] = {0x10, 0,    0,    0,    0x43, 0x50, 0x48, 0x52, 8,    0, 0, 0,
                                      0x2C, 0,    0,    0,    0x41, 0,    0x45, 0,    0x53, 0, 0, 0,
                                      0x4B, 0x44, 0x42, 0x4D, 1,    0,    0,    0,    0x20, 0, 0, 0};
static NCRYPT_PROV_HANDLE provider;

static SECURITY_STATUS import_blob(const uint8_t *blob, DWORD size, DWORD flags, NCRYPT_KEY_HANDLE *key)
{
    return NCryptImportKey(provider, 0, CIPHER_BLOB, NULL, key, (PBYTE)(uintptr_t)blob, size, flags);
}

static SECURITY_STATUS export_blob(NCRYPT_KEY_HANDLE key, const WCHAR *type, uint8_t *out, DWORD room, DWORD *size)
{
    return NCryptExportKey(key, 0, type, NULL, out, room, size, 0);
}

/* ---- bytes ---- */

static void test_bytes(void)
{
    NCRYPT_KEY_HANDLE key = import_cipher_key(provider, u"AES", key_bytes, 32);
    uint8_t blob[MAX_CIPHER_KEY_BLOB];
    DWORD size = 0;

    CHECK_STATUS(export_blob(key, CIPHER_BLOB, NULL, 0, &size), ERROR_SUCCESS);
    CHECK(size == 68);
    CHECK_STATUS(export_blob(key, CIPHER_BLOB, blob, 67, &size), NTE_BUFFER_TOO_SMALL);
    CHECK(size == 68);
    CHECK_STATUS(export_blob(key, CIPHER_BLOB, blob, sizeof blob, &size), ERROR_SUCCESS);
    CHECK(size == 68 && memcmp(blob, aes256_head, sizeof aes256_head) == 0 && memcmp(blob + 36, key_bytes, 32) == 0);
    CHECK_STATUS(export_blob(key, DATA_BLOB, blob, sizeof blob, &size), ERROR_SUCCESS);
    CHECK(size == 44 && memcmp(blob, aes256_head + 24, 12) == 0 && memcmp(blob + 12, key_bytes, 32) == 0);
    CHECK_STATUS(export_blob(key, u"RSAPRIVATEBLOB", blob, sizeof blob, &size), NTE_BAD_TYPE);
    CHECK_STATUS(export_blob(key, u"ECCPRIVATEBLOB", blob, sizeof blob, &size), NTE_BAD_TYPE);
    CHECK_STATUS(export_blob(key, u"PKCS8_PRIVATEKEY", blob, sizeof blob, &size), NTE_BAD_TYPE);
    CHECK_STATUS(export_blob(key, u"CAPIPRIVATEBLOB", blob, sizeof blob, &size), NTE_BAD_TYPE);
    CHECK_STATUS(export_blob(key, u"RSAPUBLICBLOB", blob, sizeof blob, &size), NTE_BAD_TYPE);
    CHECK_STATUS(export_blob(key, u"PUBLICBLOB", blob, sizeof blob, &size), NTE_BAD_TYPE);
    free_handle(key);
}

static void test_other_keys(void)
{
    NCRYPT_KEY_HANDLE key = begin_key(provider, u"ECDSA_P256", NULL, 0);
    uint8_t blob[MAX_CIPHER_KEY_BLOB];
    DWORD size = cipher_key_blob(blob, u"AES", 4, key_bytes, 16);

    CHECK_STATUS(set_bytes(key, CIPHER_BLOB, blob, size, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(set_bytes(key, DATA_BLOB, blob + 24, size - 24, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(set_dword(key, u"Export Policy", NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFinalizeKey(key, 0), ERROR_SUCCESS);
    CHECK_STATUS(export_blob(key, CIPHER_BLOB, blob, sizeof blob, &size), NTE_BAD_TYPE);
    CHECK_STATUS(export_blob(key, DATA_BLOB, blob, sizeof blob, &size), NTE_BAD_TYPE);
    free_handle(key);
}

/* ---- malformed ones ---- */

static void test_truncated(void)
{
    uint8_t blob[MAX_CIPHER_KEY_BLOB + 1];
    DWORD size = cipher_key_blob(blob, u"AES", 4, key_bytes, 16);
    NCRYPT_KEY_HANDLE key = 0;

    CHECK_STATUS(import_blob(blob, 0, 0, &key), NTE_INVALID_PARAMETER);
    for (DWORD i = 1; i <= size + 1; i++) {
        uint8_t *exact = malloc(i); /* so that a sanitizer sees what is read behind it */

        memcpy(exact, blob, i);
        if (i != size) {
            CHECK_STATUS(import_blob(exact, i, 0, &key), NTE_BAD_DATA);
        }
        free(exact);
    }
    CHECK(key == 0);
}

static void test_malformed(void)
{
    static const struct {
        unsigned at;
        uint32_t value;
        SECURITY_STATUS status;
    } changes[] = {
        {0, 15, NTE_BAD_DATA},          {4, 0x4D42444B, NTE_NOT_SUPPORTED},
        {8, 6, NTE_BAD_DATA},           {8, 9, NTE_BAD_DATA},
        {8, 0xFFFFFFF8, NTE_BAD_DATA},  {12, 27, NTE_BAD_DATA},
        {12, 0xFFFFFFFF, NTE_BAD_DATA}, {16, 0x00450042, NTE_NOT_SUPPORTED},
        {20, 0x00530053, NTE_BAD_DATA}, {24, 1, NTE_NOT_SUPPORTED},
        {28, 2, NTE_BAD_DATA},          {32, 15, NTE_BAD_DATA},
        {32, 0xFFFFFFFF, NTE_BAD_DATA},
    };
    uint8_t blob[MAX_CIPHER_KEY_BLOB];
    NCRYPT_KEY_HANDLE key = 0;

    for (size_t i = 0; i < COUNT(changes); i++) {
        DWORD size = cipher_key_blob(blob, u"AES", 4, key_bytes, 16);

        put_u32(blob + changes[i].at, changes[i].value);
        CHECK_STATUS(import_blob(blob, size, 0, &key), changes[i].status);
    }
    CHECK_STATUS(import_blob(blob, cipher_key_blob(blob, u"AES", 3, key_bytes, 16), 0, &key), NTE_BAD_DATA);
    CHECK_STATUS(import_blob(blob, cipher_key_blob(blob, u"", 0, key_bytes, 16), 0, &key), NTE_BAD_DATA);
    CHECK_STATUS(import_blob(blob, cipher_key_blob(blob, u"", 1, key_bytes, 16), 0, &key), NTE_NOT_SUPPORTED);
    CHECK_STATUS(import_blob(blob, cipher_key_blob(blob, u"RSA", 4, key_bytes, 16), 0, &key), NTE_NOT_SUPPORTED);
    CHECK_STATUS(import_blob(blob, cipher_key_blob(blob, u"RC2", 4, key_bytes, 16), 0, &key), NTE_NOT_SUPPORTED);
    for (size_t size = 0; size <= 32; size++) {
        CHECK_STATUS(
            import_blob(blob, cipher_key_blob(blob, u"AES", 4, key_bytes, size), NCRYPT_NO_KEY_VALIDATION, &key),
            size == 16 || size == 24 || size == 32 ? ERROR_SUCCESS : NTE_INVALID_PARAMETER);
        if (key != 0) {
            free_handle(key);
            key = 0;
        }
        CHECK_STATUS(import_blob(blob, cipher_key_blob(blob, u"3DES", 5, key_bytes, size), 0, &key),
                     size == 24 ? ERROR_SUCCESS : NTE_INVALID_PARAMETER);
        if (key != 0) {
            free_handle(key);
            key = 0;
        }
    }
    CHECK_STATUS(NCryptImportKey(provider, 0, DATA_BLOB, NULL, &key, blob, 44, 0), NTE_NOT_SUPPORTED);
    CHECK(key == 0);
}

/* ---- by the properties of a key that is being made ---- */

static void test_as_property(void)
{
    NCRYPT_KEY_HANDLE key = begin_key(provider, u"3DES", u"by property", 0);
    uint8_t blob[MAX_CIPHER_KEY_BLOB], out[MAX_CIPHER_KEY_BLOB];
    DWORD size = cipher_key_blob(blob, u"3DES_112", 9, key_bytes, 16), value = 0;

    CHECK_STATUS(set_dword(key, u"Export Policy", NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG, 0), ERROR_SUCCESS);
    CHECK_STATUS(set_bytes(key, CIPHER_BLOB, blob, size, 0), NTE_INVALID_PARAMETER); /* of the same group */
    CHECK_STATUS(set_bytes(key, DATA_BLOB, blob + 34, 12 + 16, 0), NTE_INVALID_PARAMETER);
    size = cipher_key_blob(blob, u"3DES", 5, key_bytes, 24);
    CHECK_STATUS(set_bytes(key, DATA_BLOB, blob + 26, 12 + 24, 0), ERROR_SUCCESS);
    CHECK_STATUS(set_bytes(key, CIPHER_BLOB, blob, size, 0), ERROR_SUCCESS);
    CHECK_STATUS(get_dword(key, u"Length", &value), ERROR_SUCCESS);
    CHECK(value == 192);
    CHECK_STATUS(NCryptFinalizeKey(key, 0), ERROR_SUCCESS);
    CHECK_STATUS(export_blob(key, CIPHER_BLOB, out, sizeof out, &value), ERROR_SUCCESS);
    CHECK(value == size && memcmp(out, blob, size) == 0);
    CHECK_STATUS(set_bytes(key, CIPHER_BLOB, blob, size, 0), NTE_BAD_KEY_STATE);
    CHECK_STATUS(NCryptDeleteKey(key, 0), ERROR_SUCCESS);
}

/* As applications do it on Windows: imported under a name and not finished, then told how long it is. */
static void test_named_import(void)
{
    static WCHAR name[] = u"imported";
    NCryptBuffer buffer = {sizeof name, NCRYPTBUFFER_PKCS_KEY_NAME, name};
    NCryptBufferDesc list = {NCRYPTBUFFER_VERSION, 1, &buffer};
    uint8_t blob[MAX_CIPHER_KEY_BLOB], out[MAX_CIPHER_KEY_BLOB];
    DWORD size = cipher_key_blob(blob, u"AES", 4, key_bytes, 32), value = 0;
    NCRYPT_KEY_HANDLE key = 0;

    CHECK_STATUS(NCryptImportKey(provider, 0, CIPHER_BLOB, &list, &key, blob, size,
                                 NCRYPT_OVERWRITE_KEY_FLAG | NCRYPT_DO_NOT_FINALIZE_FLAG),
                 ERROR_SUCCESS);
    CHECK_STATUS(get_dword(key, u"Length", &value), ERROR_SUCCESS);
    CHECK(value == 256);
    CHECK_STATUS(set_dword(key, u"Length", 256, 0), ERROR_SUCCESS);
    CHECK_STATUS(set_dword(key, u"Length", 128, 0), NTE_BAD_KEY_STATE);
    CHECK_STATUS(set_dword(key, u"Export Policy", NCRYPT_ALLOW_PLAINTEXT_ARCHIVING_FLAG, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFinalizeKey(key, 0), ERROR_SUCCESS);
    CHECK_STATUS(export_blob(key, CIPHER_BLOB, out, sizeof out, &value), ERROR_SUCCESS);
    CHECK(value == size && memcmp(out, blob, size) == 0);
    CHECK_STATUS(export_blob(key, CIPHER_BLOB, out, sizeof out, &value), NTE_NOT_SUPPORTED); /* once */
    free_handle(key);
    key = open_key(provider, name);
    CHECK_STATUS(export_blob(key, CIPHER_BLOB, out, sizeof out, &value), NTE_NOT_SUPPORTED);
    CHECK_STATUS(NCryptDeleteKey(key, 0), ERROR_SUCCESS);
}

static void test_policies(void)
{
    static const struct {
        DWORD policy;
        SECURITY_STATUS status;
    } rows[] = {
        {0, NTE_NOT_SUPPORTED},
        {NCRYPT_ALLOW_EXPORT_FLAG, NTE_NOT_SUPPORTED},
        {NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG, ERROR_SUCCESS},
        {NCRYPT_ALLOW_EXPORT_FLAG | NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG, ERROR_SUCCESS},
        {NCRYPT_ALLOW_ARCHIVING_FLAG, NTE_NOT_SUPPORTED},
        {NCRYPT_ALLOW_PLAINTEXT_ARCHIVING_FLAG, ERROR_SUCCESS},
    };
    uint8_t out[MAX_CIPHER_KEY_BLOB];
    DWORD size = 0;

    for (size_t i = 0; i < COUNT(rows); i++) {
        NCRYPT_KEY_HANDLE key = begin_key(provider, u"AES", NULL, 0);

        CHECK_STATUS(set_dword(key, u"Export Policy", rows[i].policy, 0), ERROR_SUCCESS);
        CHECK_STATUS(export_blob(key, CIPHER_BLOB, out, sizeof out, &size), NTE_BAD_KEY_STATE);
        CHECK_STATUS(NCryptFinalizeKey(key, 0), ERROR_SUCCESS);
        CHECK_STATUS(export_blob(key, CIPHER_BLOB, NULL, 0, &size), rows[i].status);
        CHECK_STATUS(export_blob(key, CIPHER_BLOB, out, sizeof out, &size), rows[i].status);
        free_handle(key);
    }
}

int main(void)
{
    home_make();
    provider = open_provider();
    RUN(test_bytes);
    RUN(test_other_keys);
    RUN(test_truncated);
    RUN(test_malformed);
    RUN(test_as_property);
    RUN(test_named_import);
    RUN(test_policies);
    free_handle(provider);
    check_no_handles();
    return test_result("ncrypt_cipher_blobs");
}
