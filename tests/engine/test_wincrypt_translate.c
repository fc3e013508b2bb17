/* SPDX-License-Identifier: MIT
 *
 * From CryptoAPI to the key storage functions: NCryptTranslateHandle, and the blobs of one API in the other.
 */
#include "common/utf16.h"
#include "wincrypt_support.h"

static void test_translation(void)
{
    HCRYPTPROV context = acquire(u"translate", PROV_RSA_FULL, CRYPT_NEWKEYSET);
    HCRYPTKEY old = generate_key(context, AT_SIGNATURE, 0), user;
    NCRYPT_PROV_HANDLE own = 0;
    NCRYPT_KEY_HANDLE key = 0;
    WCHAR name[20];
    DWORD size = 0;

    CHECK_STATUS(NCryptTranslateHandle(NULL, NULL, context, 0, AT_SIGNATURE, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptTranslateHandle(NULL, &key, context, 0, 0, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptTranslateHandle(NULL, &key, context, 0, 3, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptTranslateHandle(NULL, &key, context, 0, AT_SIGNATURE, 1), NTE_BAD_FLAGS);
    CHECK_STATUS(NCryptTranslateHandle(&own, &key, context, 0, AT_KEYEXCHANGE, 0), NTE_NO_KEY);
    CHECK_STATUS(NCryptTranslateHandle(NULL, &key, context, context, 0, 0), NTE_INVALID_HANDLE);
    CHECK(own == 0 && key == 0);
    CHECK_STATUS(NCryptTranslateHandle(&own, &key, context, 4711, AT_SIGNATURE, 0), ERROR_SUCCESS);
    CHECK(same_key(key, old));
    CHECK_STATUS(NCryptGetProperty(key, u"Name", (PBYTE)name, sizeof name, &size, 0), ERROR_SUCCESS);
    CHECK(size == 20 && utf16_equal(name, u"translate"));
    CHECK_STATUS(NCryptIsAlgSupported(own, u"RSA", 0), ERROR_SUCCESS);
    free_handle(key);
    free_handle(own);
    destroy_key(generate_key(context, AT_SIGNATURE, 0));
    CHECK_STATUS(NCryptTranslateHandle(NULL, &key, context, old, 0, 0), NTE_NO_KEY);
    user = user_key(context, AT_SIGNATURE);
    CHECK_STATUS(NCryptTranslateHandle(NULL, &key, context, user, 0, 0), ERROR_SUCCESS);
    CHECK(same_key(key, user));
    destroy_key(user);
    destroy_key(old);
    release(context); /* the key does not need it */
    CHECK_STATUS(NCryptGetProperty(key, u"Name", (PBYTE)name, sizeof name, &size, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptDeleteKey(key, 0), ERROR_SUCCESS);
    delete_container(u"translate");
}

static void test_translation_of_ephemeral_keys(void)
{
    HCRYPTPROV context = verify_context();
    HCRYPTKEY made = generate_key(context, AT_KEYEXCHANGE, 0);
    NCRYPT_KEY_HANDLE key = 0;
    BYTE blob[600];
    DWORD size = 0;

    CHECK_STATUS(NCryptTranslateHandle(NULL, &key, context, made, 0, 0), ERROR_SUCCESS);
    CHECK(same_key(key, made));
    CHECK_STATUS(NCryptExportKey(key, 0, LEGACY_RSAPRIVATE_BLOB, NULL, blob, sizeof blob, &size, 0), NTE_NOT_SUPPORTED);
    free_handle(key);
    CHECK_STATUS(NCryptTranslateHandle(NULL, &key, context, 0, AT_SIGNATURE, 0), NTE_NO_KEY);
    destroy_key(made);
    release(context);
}

/* The blob types of one API in the other. */
static void test_blobs(void)
{
    NCRYPT_PROV_HANDLE provider = open_provider();
    HCRYPTPROV context = verify_context();
    HCRYPTKEY made = generate_key(context, AT_KEYEXCHANGE, CRYPT_EXPORTABLE), back;
    BYTE blob[600], again[600];
    DWORD size = export_key(made, PRIVATEKEYBLOB, blob, sizeof blob), again_size = 0;
    NCRYPT_KEY_HANDLE key = 0;

    CHECK_STATUS(NCryptImportKey(provider, 0, LEGACY_RSAPRIVATE_BLOB, NULL, &key, blob, size, 0), ERROR_SUCCESS);
    CHECK(same_key(key, made));
    CHECK_STATUS(set_dword(key, u"Export Policy", NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptExportKey(key, 0, LEGACY_RSAPRIVATE_BLOB, NULL, again, sizeof again, &again_size, 0),
                 ERROR_SUCCESS);
    CHECK(again_size == size && memcmp(blob, again, size) == 0);
    back = import_key(context, again, again_size, 0);
    CHECK(same_public_key(back, made));
    destroy_key(back);
    destroy_key(made);
    free_handle(key);
    free_handle(provider);
    release(context);
}

int main(void)
{
    home_make();
    RUN(test_translation);
    RUN(test_translation_of_ephemeral_keys);
    RUN(test_blobs);
    check_no_capi_handles();
    return test_result("wincrypt_translate");
}
