/* SPDX-License-Identifier: MIT
 *
 * Import and export as an application sees them: names, policies, flags and parameter lists. The formats themselves are
 * the business of the tests of blobs.
 */
#include "ncrypt_support.h"

#define PRIVATE u"ECCPRIVATEBLOB"
#define PUBLIC  u"ECCPUBLICBLOB"

static NCRYPT_PROV_HANDLE provider;
static uint8_t private_blob[200], public_blob[200], pkcs8[300];
static DWORD private_size, public_size, pkcs8_size;

static SECURITY_STATUS export(NCRYPT_KEY_HANDLE key, const WCHAR *type, uint8_t *out, DWORD room, DWORD *size)
{
    return NCryptExportKey(key, 0, type, NULL, out, room, size, 0);
}

static SECURITY_STATUS import(const WCHAR *type, NCryptBufferDesc *list, NCRYPT_KEY_HANDLE *key, DWORD flags)
{
    bool private = type[3] == 'P' && type[4] == 'R';
    bool is_pkcs8 = type[0] == 'P';

    return NCryptImportKey(provider, 0, type, list, key,
                           is_pkcs8  ? pkcs8
                           : private ? private_blob
                                     : public_blob,
                           is_pkcs8  ? pkcs8_size
                           : private ? private_size
                                     : public_size,
                           flags);
}

static NCryptBufferDesc *with_name(const WCHAR *name, ULONG size)
{
    static NCryptBuffer buffer;
    static NCryptBufferDesc list;

    buffer = (NCryptBuffer){size, NCRYPTBUFFER_PKCS_KEY_NAME, (PVOID)(uintptr_t)name};
    list = (NCryptBufferDesc){NCRYPTBUFFER_VERSION, 1, &buffer};
    return &list;
}

static bool exists(const WCHAR *name)
{
    NCRYPT_KEY_HANDLE key = 0;

    if (NCryptOpenKey(provider, &key, name, 0, 0) != ERROR_SUCCESS) {
        return false;
    }
    free_handle(key);
    return true;
}

/* An ephemeral key, made with that policy. */
static NCRYPT_KEY_HANDLE with_policy(DWORD policy)
{
    NCRYPT_KEY_HANDLE key = begin_key(provider, u"ECDSA_P256", NULL, 0);

    CHECK_STATUS(set_dword(key, u"Export Policy", policy, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFinalizeKey(key, 0), ERROR_SUCCESS);
    return key;
}

static void make_blobs(void)
{
    NCRYPT_KEY_HANDLE key = with_policy(NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG);

    CHECK_STATUS(export(key, PRIVATE, private_blob, sizeof private_blob, &private_size), ERROR_SUCCESS);
    CHECK_STATUS(export(key, PUBLIC, public_blob, sizeof public_blob, &public_size), ERROR_SUCCESS);
    CHECK_STATUS(export(key, u"PKCS8_PRIVATEKEY", pkcs8, sizeof pkcs8, &pkcs8_size), ERROR_SUCCESS);
    free_handle(key);
}

static void test_sizes(void)
{
    NCRYPT_KEY_HANDLE key = with_policy(NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG);
    DWORD size = 0;
    uint8_t out[200];

    CHECK_STATUS(export(key, PUBLIC, NULL, 0, &size), ERROR_SUCCESS);
    CHECK(size == public_size);
    CHECK_STATUS(export(key, PUBLIC, out, size - 1, &size), NTE_BUFFER_TOO_SMALL);
    CHECK(size == public_size);
    CHECK_STATUS(export(key, PRIVATE, out, 0, &size), NTE_BUFFER_TOO_SMALL);
    CHECK(size == private_size);
    CHECK_STATUS(export(key, u"PUBLICBLOB", out, sizeof out, &size), ERROR_SUCCESS);
    CHECK(size == public_size && memcmp(out, "ECS1", 4) == 0);
    CHECK_STATUS(export(key, u"PRIVATEBLOB", out, sizeof out, &size), ERROR_SUCCESS);
    CHECK(size == private_size && memcmp(out, "ECS2", 4) == 0);
    CHECK_STATUS(export(key, u"NOBLOB", out, sizeof out, &size), NTE_BAD_TYPE);
    CHECK_STATUS(export(key, u"RSAPUBLICBLOB", out, sizeof out, &size), NTE_BAD_TYPE);
    free_handle(key);
}

static void test_policies(void)
{
    static const struct {
        DWORD policy;
        SECURITY_STATUS first, second;
    } rows[] = {
        {0, NTE_NOT_SUPPORTED, NTE_NOT_SUPPORTED},
        {NCRYPT_ALLOW_EXPORT_FLAG, NTE_NOT_SUPPORTED, NTE_NOT_SUPPORTED},
        {NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG, ERROR_SUCCESS, ERROR_SUCCESS},
        {NCRYPT_ALLOW_ARCHIVING_FLAG, NTE_NOT_SUPPORTED, NTE_NOT_SUPPORTED},
        {NCRYPT_ALLOW_PLAINTEXT_ARCHIVING_FLAG, ERROR_SUCCESS, NTE_NOT_SUPPORTED},
    };
    uint8_t out[300];
    DWORD size = 0;

    for (size_t i = 0; i < COUNT(rows); i++) {
        NCRYPT_KEY_HANDLE key = with_policy(rows[i].policy);

        CHECK_STATUS(export(key, PRIVATE, NULL, 0, &size), rows[i].first); /* a query archives nothing */
        CHECK_STATUS(export(key, PRIVATE, out, 1, &size),
                     rows[i].first == ERROR_SUCCESS ? NTE_BUFFER_TOO_SMALL : rows[i].first);
        CHECK_STATUS(export(key, PRIVATE, out, sizeof out, &size), rows[i].first);
        CHECK_STATUS(export(key, u"PKCS8_PRIVATEKEY", out, sizeof out, &size), rows[i].second);
        CHECK_STATUS(export(key, PUBLIC, out, sizeof out, &size), ERROR_SUCCESS);
        free_handle(key);
    }
}

/* Archiving is for the handle that made the key. */
static void test_archiving_other_handle(void)
{
    NCRYPT_KEY_HANDLE key = begin_key(provider, u"ECDSA_P256", u"archived", 0), other;
    uint8_t out[200];
    DWORD size = 0;

    CHECK_STATUS(set_dword(key, u"Export Policy", NCRYPT_ALLOW_PLAINTEXT_ARCHIVING_FLAG, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFinalizeKey(key, 0), ERROR_SUCCESS);
    other = open_key(provider, u"archived");
    CHECK_STATUS(export(other, PRIVATE, out, sizeof out, &size), NTE_NOT_SUPPORTED);
    CHECK_STATUS(export(key, PRIVATE, out, sizeof out, &size), ERROR_SUCCESS);
    free_handle(other);
    CHECK_STATUS(NCryptDeleteKey(key, 0), ERROR_SUCCESS);
}

/* What fails has let nothing out. */
static void test_archiving_that_fails(void)
{
    NCRYPT_KEY_HANDLE key = with_policy(NCRYPT_ALLOW_ARCHIVING_FLAG);
    WCHAR password[] = u"\xD800"; /* half a character */
    NCryptBuffer buffer = {sizeof password, NCRYPTBUFFER_PKCS_SECRET, password};
    NCryptBufferDesc list = {NCRYPTBUFFER_VERSION, 1, &buffer};
    uint8_t out[500];
    DWORD size = 0;

    CHECK_STATUS(NCryptExportKey(key, 0, u"PKCS8_PRIVATEKEY", &list, out, sizeof out, &size, 0), NTE_INVALID_PARAMETER);
    password[0] = u'p';
    CHECK_STATUS(NCryptExportKey(key, 0, u"PKCS8_PRIVATEKEY", &list, out, sizeof out, &size, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptExportKey(key, 0, u"PKCS8_PRIVATEKEY", &list, out, sizeof out, &size, 0), NTE_NOT_SUPPORTED);
    free_handle(key);
}

static void test_public_key(void)
{
    NCRYPT_KEY_HANDLE key = 0;
    uint8_t out[200], signature[132] = {0};
    DWORD size = 0, value = 9;

    CHECK_STATUS(import(PUBLIC, NULL, &key, 0), ERROR_SUCCESS);
    CHECK_STATUS(export(key, PUBLIC, out, sizeof out, &size), ERROR_SUCCESS);
    CHECK(size == public_size && memcmp(out, public_blob, size) == 0);
    CHECK_STATUS(set_dword(key, u"Export Policy", NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG, 0), ERROR_SUCCESS);
    CHECK_STATUS(export(key, PRIVATE, out, sizeof out, &size), NTE_BAD_TYPE);
    CHECK_STATUS(sign_sample(key, signature, &size), NTE_NOT_SUPPORTED);
    CHECK_STATUS(get_dword(key, u"Key Usage", &value), ERROR_SUCCESS);
    CHECK(value == NCRYPT_ALLOW_ALL_USAGES);
    CHECK_STATUS(NCryptDeleteKey(key, 0), ERROR_SUCCESS);
    key = 0;
    CHECK_STATUS(import(PUBLIC, with_name(u"public", 14), &key, 0), NTE_NOT_SUPPORTED);
    CHECK_STATUS(import(PUBLIC, NULL, &key, NCRYPT_DO_NOT_FINALIZE_FLAG), NTE_NOT_SUPPORTED);
    CHECK(key == 0 && !exists(u"public"));
}

/* The policy of an imported key may be widened until the private key has been used. */
static void test_imported_policy(void)
{
    NCRYPT_KEY_HANDLE key = 0;
    uint8_t out[200], signature[132];
    DWORD size = 0;

    CHECK_STATUS(import(PRIVATE, NULL, &key, 0), ERROR_SUCCESS);
    CHECK_STATUS(export(key, PRIVATE, out, sizeof out, &size), NTE_NOT_SUPPORTED);      /* which is no use */
    CHECK_STATUS(NCryptSignHash(key, NULL, out, 32, NULL, 0, &size, 0), ERROR_SUCCESS); /* nor is a query */
    CHECK_STATUS(set_dword(key, u"Export Policy", NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG, 0), ERROR_SUCCESS);
    CHECK_STATUS(set_dword(key, u"Export Policy", 0, 0), ERROR_SUCCESS);
    CHECK_STATUS(sign_sample(key, signature, &size), ERROR_SUCCESS);
    CHECK_STATUS(set_dword(key, u"Export Policy", NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG, 0), NTE_BAD_KEY_STATE);
    free_handle(key);
    CHECK_STATUS(import(PRIVATE, NULL, &key, 0), ERROR_SUCCESS);
    CHECK_STATUS(set_dword(key, u"Export Policy", NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG, 0), ERROR_SUCCESS);
    CHECK_STATUS(export(key, PRIVATE, out, sizeof out, &size), ERROR_SUCCESS);
    CHECK(size == private_size && memcmp(out, private_blob, size) == 0);
    free_handle(key);
}

static void test_named_import(void)
{
    NCRYPT_KEY_HANDLE key = 0, again = 0;

    CHECK_STATUS(import(u"PKCS8_PRIVATEKEY", with_name(u"named", 12), &key, NCRYPT_SILENT_FLAG), ERROR_SUCCESS);
    CHECK(exists(u"named"));
    CHECK_STATUS(import(PRIVATE, with_name(u"NAMED", 12), &again, 0), NTE_EXISTS);
    CHECK(again == 0);
    CHECK_STATUS(import(PRIVATE, with_name(u"named", 12), &again, NCRYPT_OVERWRITE_KEY_FLAG), ERROR_SUCCESS);
    CHECK_STATUS(sign_and_verify(again), ERROR_SUCCESS);
    CHECK_STATUS(NCryptDeleteKey(key, 0), NTE_BAD_KEYSET);
    free_handle(key);
    CHECK_STATUS(NCryptDeleteKey(again, 0), ERROR_SUCCESS);
    CHECK_STATUS(import(PRIVATE, with_name(u"ours", 10), &key, NCRYPT_MACHINE_KEY_FLAG), ERROR_SUCCESS);
    CHECK(!exists(u"ours"));
    CHECK_STATUS(NCryptDeleteKey(key, 0), ERROR_SUCCESS);
    key = 0;
    CHECK_STATUS(import(PRIVATE, with_name(u"legacy", 14), &key, NCRYPT_WRITE_KEY_TO_LEGACY_STORE_FLAG),
                 NTE_NOT_SUPPORTED);
    CHECK(key == 0 && !exists(u"legacy"));
}

static void test_unfinished_import(void)
{
    NCRYPT_KEY_HANDLE key = 0;

    CHECK_STATUS(import(PRIVATE, with_name(u"later", 12), &key, NCRYPT_DO_NOT_FINALIZE_FLAG), ERROR_SUCCESS);
    CHECK(!exists(u"later"));
    CHECK_STATUS(sign_and_verify(key), NTE_BAD_KEY_STATE);
    CHECK_STATUS(set_dword(key, u"Length", 256, 0), NTE_BAD_KEY_STATE); /* the blob has its own */
    CHECK_STATUS(set_bytes(key, u"custom", "x", 1, NCRYPT_PERSIST_FLAG), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFinalizeKey(key, NCRYPT_NO_KEY_VALIDATION), ERROR_SUCCESS);
    CHECK(exists(u"later"));
    CHECK_STATUS(sign_and_verify(key), ERROR_SUCCESS);
    CHECK_STATUS(NCryptDeleteKey(key, 0), ERROR_SUCCESS);
}

static void test_parameter_lists(void)
{
    NCryptBuffer buffers[2] = {{8, NCRYPTBUFFER_PKCS_KEY_NAME, (PVOID)(uintptr_t)u"key"}};
    NCryptBufferDesc list = {NCRYPTBUFFER_VERSION, 1, buffers};
    NCRYPT_KEY_HANDLE key = 0;
    _Alignas(WCHAR) uint8_t odd[9] = "\0k\0e\0y\0";

    list.ulVersion = 1;
    CHECK_STATUS(import(PRIVATE, &list, &key, 0), NTE_INVALID_PARAMETER);
    list = (NCryptBufferDesc){NCRYPTBUFFER_VERSION, 1, NULL};
    CHECK_STATUS(import(PRIVATE, &list, &key, 0), NTE_INVALID_PARAMETER);
    list = (NCryptBufferDesc){NCRYPTBUFFER_VERSION, 2, buffers};
    buffers[1] = buffers[0];
    CHECK_STATUS(import(PRIVATE, &list, &key, 0), NTE_INVALID_PARAMETER); /* twice */
    buffers[1] = (NCryptBuffer){4, 4711, buffers};
    CHECK_STATUS(import(PRIVATE, &list, &key, 0), NTE_INVALID_PARAMETER);
    for (ULONG type = NCRYPTBUFFER_PKCS_ALG_OID; type <= NCRYPTBUFFER_PKCS_SECRET; type++) {
        if (type != NCRYPTBUFFER_PKCS_KEY_NAME && (type < 43 || type > 44)) {
            buffers[1].BufferType = type;
            CHECK_STATUS(import(PRIVATE, &list, &key, 0), NTE_INVALID_PARAMETER);
        }
    }
    CHECK_STATUS(import(PRIVATE, with_name(NULL, 8), &key, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(import(PRIVATE, with_name(u"key", 0), &key, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(import(PRIVATE, with_name(u"key", 6), &key, 0), NTE_INVALID_PARAMETER); /* no end */
    CHECK_STATUS(import(PRIVATE, with_name(u"key", 7), &key, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(import(PRIVATE, with_name(u"k\0y", 8), &key, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(import(PRIVATE, with_name(u"", 2), &key, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(import(PRIVATE, with_name((const WCHAR *)(const void *)(odd + 1), 8), &key, 0), NTE_INVALID_PARAMETER);
    CHECK(key == 0 && !exists(u"key"));
    CHECK_STATUS(NCryptImportKey(provider, 0, u"NOBLOB", NULL, &key, private_blob, private_size, 0), NTE_NOT_SUPPORTED);
    CHECK_STATUS(NCryptImportKey(provider, 0, u"PUBLICBLOB", NULL, &key, (PBYTE) "????", 4, 0), NTE_NOT_SUPPORTED);
    CHECK(key == 0);
}

/* The other way to import: the blob as a property of a key that is being made. */
static void test_blob_property(void)
{
    NCRYPT_KEY_HANDLE key = begin_key(provider, u"ECDSA_P256", u"from a blob", 0);
    NCRYPT_KEY_HANDLE rsa = begin_key(provider, u"RSA", NULL, 0), p384 = begin_key(provider, u"ECDSA_P384", NULL, 0);
    uint8_t out[200];
    DWORD size = 0;

    CHECK_STATUS(set_bytes(key, u"PKCS8_PRIVATEKEY", pkcs8, pkcs8_size, 0), NTE_NOT_SUPPORTED);
    CHECK_STATUS(set_bytes(key, PUBLIC, public_blob, public_size, 0), NTE_NOT_SUPPORTED);
    CHECK(set_bytes(rsa, PRIVATE, private_blob, private_size, 0) != ERROR_SUCCESS);
    CHECK(set_bytes(p384, PRIVATE, private_blob, private_size, 0) != ERROR_SUCCESS);
    CHECK_STATUS(set_bytes(key, PRIVATE, private_blob, private_size - 1, 0), NTE_BAD_DATA);
    CHECK_STATUS(set_bytes(key, PRIVATE, private_blob, private_size, 0), ERROR_SUCCESS);
    CHECK_STATUS(set_bytes(key, PRIVATE, private_blob, private_size, NCRYPT_PERSIST_FLAG), ERROR_SUCCESS);
    CHECK_STATUS(set_dword(key, u"Export Policy", NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFinalizeKey(key, 0), ERROR_SUCCESS);
    CHECK_STATUS(set_bytes(key, PRIVATE, private_blob, private_size, 0), NTE_BAD_KEY_STATE);
    free_handle(key);
    key = open_key(provider, u"from a blob");
    CHECK_STATUS(export(key, PRIVATE, out, sizeof out, &size), ERROR_SUCCESS);
    CHECK(size == private_size && memcmp(out, private_blob, size) == 0);
    CHECK_STATUS(NCryptDeleteKey(key, 0), ERROR_SUCCESS);
    free_handle(rsa);
    free_handle(p384);
}

int main(void)
{
    home_make();
    provider = open_provider();
    RUN(make_blobs);
    RUN(test_sizes);
    RUN(test_policies);
    RUN(test_archiving_other_handle);
    RUN(test_archiving_that_fails);
    RUN(test_public_key);
    RUN(test_imported_policy);
    RUN(test_named_import);
    RUN(test_unfinished_import);
    RUN(test_parameter_lists);
    RUN(test_blob_property);
    free_handle(provider);
    check_no_handles();
    return test_result("ncrypt_transfer");
}
