/* SPDX-License-Identifier: MIT
 *
 * CryptoAPI keys: generation, look-up, parameters, import and export.
 */
#include "wincrypt_support.h"

static void test_generation(void)
{
    static const ALG_ID algorithms[] = {AT_KEYEXCHANGE, CALG_RSA_KEYX, AT_SIGNATURE, CALG_RSA_SIGN};
    static const DWORD good_lengths[] = {512, 520, 1000};
    static const DWORD bad_lengths[] = {1, 64, 448, 513, 1025, 16392};
    HCRYPTPROV context = verify_context();
    HCRYPTKEY key = 0;

    for (size_t i = 0; i < COUNT(algorithms); i++) {
        key = generate_key(context, algorithms[i], 0);
        CHECK(key_dword(key, KP_ALGID) == (i < 2 ? CALG_RSA_KEYX : CALG_RSA_SIGN));
        destroy_key(key);
    }
    CHECK_GOOD(CryptGenKey(context, AT_KEYEXCHANGE, 0, &key));
    CHECK(key_dword(key, KP_KEYLEN) == 1024 && key_dword(key, KP_BLOCKLEN) == 1024);
    destroy_key(key);
    for (size_t i = 0; i < COUNT(good_lengths); i++) {
        BYTE blob[600];
        DWORD width = good_lengths[i] / 8;

        CHECK_GOOD(CryptGenKey(context, AT_KEYEXCHANGE, good_lengths[i] << 16 | CRYPT_EXPORTABLE, &key));
        CHECK(key_dword(key, KP_KEYLEN) == good_lengths[i]);
        CHECK(export_key(key, PRIVATEKEYBLOB, blob, sizeof blob) == 20 + 2 * width + 5 * ((width + 1) / 2));
        destroy_key(key);
        destroy_key(import_key(context, blob, 20 + 2 * width + 5 * ((width + 1) / 2), 0));
    }
    key = 0;
    for (size_t i = 0; i < COUNT(bad_lengths); i++) {
        CHECK_ERROR(CryptGenKey(context, AT_KEYEXCHANGE, bad_lengths[i] << 16, &key), ERROR_INVALID_PARAMETER);
    }
    CHECK_ERROR(CryptGenKey(context, 3, 0, &key), NTE_BAD_ALGID);
    CHECK_ERROR(CryptGenKey(context, CALG_SHA1, 0, &key), NTE_BAD_ALGID);
    CHECK_ERROR(CryptGenKey(context, AT_SIGNATURE, 0, NULL), ERROR_INVALID_PARAMETER);
    for (unsigned bit = 0; bit < 16; bit++) {
        if (((1u << bit) & (CRYPT_EXPORTABLE | CRYPT_USER_PROTECTED | CRYPT_ARCHIVABLE)) == 0) {
            CHECK_ERROR(CryptGenKey(context, AT_SIGNATURE, 1u << bit, &key), NTE_BAD_FLAGS);
        }
    }
    CHECK_ERROR(CryptGenKey(context, AT_SIGNATURE, CRYPT_USER_PROTECTED, &key), NTE_UI_REQUIRED);
    release(context);
    context = acquire(NULL, PROV_RSA_FULL, CRYPT_VERIFYCONTEXT | CRYPT_SILENT);
    CHECK_ERROR(CryptGenKey(context, AT_SIGNATURE, CRYPT_USER_PROTECTED, &key), NTE_SILENT_CONTEXT);
    CHECK(key == 0);
    release(context);
}

static void test_user_keys(void)
{
    HCRYPTPROV context = acquire(u"user keys", PROV_RSA_FULL, CRYPT_NEWKEYSET);
    HCRYPTPROV other = acquire(u"USER KEYS", PROV_RSA_AES, 0);
    HCRYPTKEY first, second, key = 0;

    CHECK_ERROR(CryptGetUserKey(context, AT_KEYEXCHANGE, &key), NTE_NO_KEY);
    CHECK_ERROR(CryptGetUserKey(context, 0, &key), NTE_BAD_KEY);
    CHECK_ERROR(CryptGetUserKey(context, 3, &key), NTE_BAD_KEY);
    CHECK_ERROR(CryptGetUserKey(context, AT_SIGNATURE, NULL), ERROR_INVALID_PARAMETER);
    CHECK(key == 0);
    first = generate_key(context, AT_KEYEXCHANGE, 0);
    CHECK_ERROR(CryptGetUserKey(other, AT_SIGNATURE, &key), NTE_NO_KEY);
    key = user_key(other, AT_KEYEXCHANGE);
    CHECK(same_public_key(first, key));
    check_pair(other, AT_KEYEXCHANGE, first);
    destroy_key(key);

    second = generate_key(context, AT_KEYEXCHANGE, 0); /* in the place of the first, which stays usable */
    CHECK(!same_public_key(first, second));
    check_pair(context, AT_KEYEXCHANGE, second);
    key = user_key(other, AT_KEYEXCHANGE);
    CHECK(same_public_key(second, key));
    check_pair(other, AT_KEYEXCHANGE, second);
    destroy_key(key);
    destroy_key(first);
    destroy_key(second);
    release(other);
    delete_container(u"user keys");
    CHECK_ERROR(CryptGetUserKey(context, AT_KEYEXCHANGE, &key), NTE_NO_KEY);
    CHECK_ERROR(CryptGenKey(context, AT_KEYEXCHANGE, BITS_1024, &key), NTE_BAD_KEYSET);
    release(context);
}

/* In a context without a container the keys are the context's alone. */
static void test_ephemeral_keys(void)
{
    HCRYPTPROV context = verify_context(), other = verify_context();
    HCRYPTKEY made = generate_key(context, AT_SIGNATURE, 0), key = user_key(context, AT_SIGNATURE), none = 0;

    CHECK(same_public_key(made, key));
    check_pair(context, AT_SIGNATURE, made);
    CHECK_ERROR(CryptGetUserKey(other, AT_SIGNATURE, &none), NTE_NO_KEY);
    CHECK_ERROR(CryptGetUserKey(context, AT_KEYEXCHANGE, &none), NTE_NO_KEY);
    release(context);
    release(other);
    CHECK(same_public_key(made, key));
    destroy_key(made);
    destroy_key(key);
}

static void test_parameters(void)
{
    HCRYPTPROV context = verify_context();
    HCRYPTKEY key = generate_key(context, AT_SIGNATURE, CRYPT_EXPORTABLE), stale = user_key(context, AT_SIGNATURE);
    const HCRYPTKEY wrong[] = {0, 1, (HCRYPTKEY)-1, context, stale};
    DWORD value = 0, size = 3;

    CHECK_ERROR(CryptGetKeyParam(key, KP_KEYLEN, (BYTE *)&value, &size, 0), ERROR_MORE_DATA);
    CHECK(size == 4 && value == 0);
    CHECK_GOOD(CryptGetKeyParam(key, KP_KEYLEN, NULL, &size, 0));
    CHECK_ERROR(CryptGetKeyParam(key, KP_KEYLEN, (BYTE *)&value, &size, 1), NTE_BAD_FLAGS);
    CHECK_ERROR(CryptGetKeyParam(key, KP_KEYLEN, (BYTE *)&value, NULL, 0), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(CryptGetKeyParam(key, 99, (BYTE *)&value, &size, 0), NTE_BAD_TYPE);
    CHECK(key_dword(key, KP_PERMISSIONS) == 0x3F);
    destroy_key(stale);
    for (size_t i = 0; i < COUNT(wrong); i++) {
        BYTE blob[200];

        size = sizeof blob;
        CHECK_ERROR(CryptGetKeyParam(wrong[i], KP_KEYLEN, blob, &size, 0), ERROR_INVALID_PARAMETER);
        CHECK_ERROR(CryptExportKey(wrong[i], 0, PUBLICKEYBLOB, 0, blob, &size), ERROR_INVALID_PARAMETER);
        CHECK_ERROR(CryptDestroyKey(wrong[i]), ERROR_INVALID_PARAMETER);
        if (wrong[i] != 0) {
            CHECK_ERROR(CryptExportKey(key, wrong[i], PUBLICKEYBLOB, 0, blob, &size), ERROR_INVALID_PARAMETER);
        }
    }
    destroy_key(key);
    release(context);
}

static void check_not_exportable(HCRYPTKEY key)
{
    DWORD size = 4711;

    CHECK_ERROR(CryptExportKey(key, 0, PRIVATEKEYBLOB, 0, NULL, &size), NTE_BAD_KEY_STATE);
    CHECK(size == 4711);
    CHECK((key_dword(key, KP_PERMISSIONS) & CRYPT_EXPORT) == 0);
}

static void test_export(void)
{
    HCRYPTPROV context = verify_context();
    HCRYPTKEY key = generate_key(context, AT_SIGNATURE, CRYPT_EXPORTABLE), fixed;
    BYTE blob[600], again[600];
    DWORD size = 0;

    CHECK_GOOD(CryptExportKey(key, 0, PRIVATEKEYBLOB, 0, NULL, &size));
    CHECK(size == 596);
    size = 595;
    CHECK_ERROR(CryptExportKey(key, 0, PRIVATEKEYBLOB, 0, blob, &size), ERROR_MORE_DATA);
    CHECK(size == 596);
    CHECK(export_key(key, PRIVATEKEYBLOB, blob, sizeof blob) == 596);
    CHECK(blob[0] == PRIVATEKEYBLOB && blob[5] == 0x24);
    CHECK(export_key(key, PUBLICKEYBLOB, again, sizeof again) == 148);
    CHECK(memcmp(blob + 20, again + 20, 128) == 0);
    CHECK_ERROR(CryptExportKey(key, 0, PUBLICKEYBLOB, 1, blob, &size), NTE_BAD_FLAGS);
    CHECK_ERROR(CryptExportKey(key, 0, PUBLICKEYBLOB, 0, blob, NULL), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(CryptExportKey(key, key, PUBLICKEYBLOB, 0, blob, &size), NTE_BAD_KEY);
    CHECK_ERROR(CryptExportKey(key, 0, 1, 0, blob, &size), NTE_BAD_TYPE);
    fixed = generate_key(context, AT_KEYEXCHANGE, 0);
    check_not_exportable(fixed);
    destroy_key(fixed);
    destroy_key(key);
    release(context);
}

/* An archivable key leaves through the handle that made it, and no other. */
static void test_archiving(void)
{
    HCRYPTPROV context = acquire(u"archive", PROV_RSA_FULL, CRYPT_NEWKEYSET);
    HCRYPTKEY made = generate_key(context, AT_KEYEXCHANGE, CRYPT_ARCHIVABLE), key = user_key(context, AT_KEYEXCHANGE);
    BYTE blob[600];

    CHECK(key_dword(made, KP_PERMISSIONS) & CRYPT_ARCHIVE);
    CHECK(export_key(made, PRIVATEKEYBLOB, blob, sizeof blob) == 596);
    CHECK(export_key(made, PRIVATEKEYBLOB, blob, sizeof blob) == 596);
    CHECK((key_dword(key, KP_PERMISSIONS) & CRYPT_ARCHIVE) == 0);
    check_not_exportable(key);
    destroy_key(made);
    destroy_key(key);
    release(context);
    delete_container(u"archive");
}

/* The same of one that is stored nowhere, which its context keeps. */
static void test_archiving_of_ephemeral_keys(void)
{
    HCRYPTPROV context = verify_context();
    HCRYPTKEY made = generate_key(context, AT_KEYEXCHANGE, CRYPT_ARCHIVABLE), key = user_key(context, AT_KEYEXCHANGE);
    NCRYPT_KEY_HANDLE cng = 0;
    BYTE blob[600];
    DWORD size = 0;

    CHECK(export_key(made, PRIVATEKEYBLOB, blob, sizeof blob) == 596);
    CHECK((key_dword(key, KP_PERMISSIONS) & CRYPT_ARCHIVE) == 0);
    check_not_exportable(key);
    CHECK(same_public_key(key, made));
    check_pair(context, AT_KEYEXCHANGE, made);
    CHECK_STATUS(NCryptTranslateHandle(NULL, &cng, context, made, 0, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptExportKey(cng, 0, LEGACY_RSAPRIVATE_BLOB, NULL, blob, sizeof blob, &size, 0), NTE_NOT_SUPPORTED);
    free_handle(cng);
    destroy_key(made);
    destroy_key(key);
    release(context);
}

static void test_import(void)
{
    HCRYPTPROV context = acquire(u"import", PROV_RSA_FULL, CRYPT_NEWKEYSET), source = verify_context();
    HCRYPTKEY key = generate_key(source, AT_SIGNATURE, CRYPT_EXPORTABLE), imported, stored, none = 0;
    BYTE blob[600], public_blob[200];
    DWORD size = export_key(key, PRIVATEKEYBLOB, blob, sizeof blob);
    DWORD public_size = export_key(key, PUBLICKEYBLOB, public_blob, sizeof public_blob);

    imported = import_key(context, public_blob, public_size, 0); /* of the session */
    CHECK(same_public_key(imported, key));
    check_not_exportable(imported);
    CHECK_ERROR(CryptGetUserKey(context, AT_SIGNATURE, &none), NTE_NO_KEY);
    destroy_key(imported);

    imported = import_key(context, blob, size, CRYPT_EXPORTABLE);
    stored = user_key(context, AT_SIGNATURE);
    CHECK(same_public_key(stored, key));
    CHECK(export_key(stored, PRIVATEKEYBLOB, blob, sizeof blob) == size);
    check_pair(context, AT_SIGNATURE, key);
    destroy_key(imported);
    destroy_key(stored);
    imported = import_key(context, blob, size, 0); /* replaces it */
    stored = user_key(context, AT_SIGNATURE);
    check_not_exportable(imported);
    check_not_exportable(stored);
    destroy_key(imported);
    destroy_key(stored);
    CHECK_ERROR(CryptGetUserKey(context, AT_KEYEXCHANGE, &none), NTE_NO_KEY);
    blob[5] = 0xA4; /* CALG_RSA_KEYX */
    destroy_key(import_key(context, blob, size, 0));
    destroy_key(user_key(context, AT_KEYEXCHANGE));
    destroy_key(key);
    release(source);
    release(context);
    delete_container(u"import");
}

static BOOL try_with(HCRYPTPROV context, BYTE *blob, DWORD size, unsigned at, BYTE value)
{
    HCRYPTKEY key = 0;
    BYTE saved = blob[at];
    BOOL good;

    blob[at] = value;
    good = CryptImportKey(context, blob, size, 0, 0, &key);
    blob[at] = saved;
    CHECK(good ? CryptDestroyKey(key) : key == 0);
    return good;
}

static void test_refused_imports(void)
{
    HCRYPTPROV context = verify_context();
    HCRYPTKEY key = generate_key(context, AT_SIGNATURE, CRYPT_EXPORTABLE), none = 0;
    BYTE blob[600];
    DWORD size = export_key(key, PRIVATEKEYBLOB, blob, sizeof blob);

    CHECK_ERROR(try_with(context, blob, size, 0, 1), NTE_BAD_TYPE);
    CHECK_ERROR(try_with(context, blob, size, 0, 8), NTE_BAD_TYPE);
    CHECK_ERROR(try_with(context, blob, size, 0, PUBLICKEYBLOB), NTE_BAD_DATA);
    CHECK_ERROR(try_with(context, blob, size, 1, 1), NTE_BAD_VER);
    CHECK_ERROR(try_with(context, blob, size, 1, 3), NTE_BAD_VER);
    CHECK_ERROR(try_with(context, blob, size, 2, 1), NTE_BAD_DATA);
    CHECK_ERROR(try_with(context, blob, size, 5, 0x22), NTE_BAD_ALGID);
    CHECK_ERROR(try_with(context, blob, size, 7, 1), NTE_BAD_ALGID);
    CHECK_ERROR(try_with(context, blob, size, 11, '1'), NTE_BAD_DATA);
    CHECK_ERROR(try_with(context, blob, size, 13, 8), NTE_BAD_DATA);
    CHECK_ERROR(try_with(context, blob, size, 15, 0x80), NTE_BAD_DATA);
    CHECK_ERROR(try_with(context, blob, size, 16, 0), NTE_BAD_DATA);
    for (unsigned at = 20; at < size; at += 7) {
        CHECK_ERROR(try_with(context, blob, size, at, blob[at] ^ 0x10), NTE_BAD_DATA);
    }
    for (DWORD cut = 1; cut < size; cut += cut < 30 ? 1 : 13) {
        CHECK_ERROR(CryptImportKey(context, blob, cut, 0, 0, &none), NTE_BAD_DATA);
    }
    CHECK_ERROR(CryptImportKey(context, blob, 0, 0, 0, &none), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(CryptImportKey(context, NULL, size, 0, 0, &none), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(CryptImportKey(context, blob, size, 0, 0, NULL), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(CryptImportKey(context, blob, size, key, 0, &none), NTE_BAD_KEY);
    CHECK_ERROR(CryptImportKey(context, blob, size, context, 0, &none), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(CryptImportKey(context, blob, size, 0, CRYPT_ARCHIVABLE, &none), NTE_BAD_FLAGS);
    CHECK_ERROR(CryptImportKey(context, blob, size, 0, CRYPT_USER_PROTECTED, &none), NTE_UI_REQUIRED);
    CHECK(none == 0);
    destroy_key(key);
    release(context);
}

int main(void)
{
    home_make();
    RUN(test_generation);
    RUN(test_user_keys);
    RUN(test_ephemeral_keys);
    RUN(test_parameters);
    RUN(test_export);
    RUN(test_archiving);
    RUN(test_archiving_of_ephemeral_keys);
    RUN(test_import);
    RUN(test_refused_imports);
    check_no_capi_handles();
    return test_result("wincrypt_keys");
}
