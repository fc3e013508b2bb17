/* SPDX-License-Identifier: MIT
 *
 * The life of a key: create, finalize, open, overwrite, delete; and how a refused finalize is mended.
 */
#include "ncrypt_support.h"

static NCRYPT_PROV_HANDLE provider;

static DWORD length_of(NCRYPT_KEY_HANDLE key)
{
    DWORD bits = 0;

    CHECK_STATUS(get_dword(key, u"Length", &bits), ERROR_SUCCESS);
    return bits;
}

static bool exists(const WCHAR *name)
{
    NCRYPT_KEY_HANDLE key = 0;
    SECURITY_STATUS status = NCryptOpenKey(provider, &key, name, 0, 0);

    if (status == ERROR_SUCCESS) {
        free_handle(key);
    } else {
        CHECK_STATUS(status, NTE_BAD_KEYSET);
    }
    return status == ERROR_SUCCESS;
}

static void delete_named(const WCHAR *name)
{
    CHECK_STATUS(NCryptDeleteKey(open_key(provider, name), 0), ERROR_SUCCESS);
    CHECK(!exists(name));
}

static void test_visible_after_finalize(void)
{
    NCRYPT_KEY_HANDLE key = begin_key(provider, u"ECDSA_P256", u"seen", 0), other = 0;

    CHECK(!exists(u"seen"));
    CHECK_STATUS(sign_and_verify(key), NTE_BAD_KEY_STATE);
    CHECK_STATUS(NCryptFinalizeKey(key, NCRYPT_SILENT_FLAG), ERROR_SUCCESS);
    CHECK(exists(u"seen"));
    CHECK(exists(u"SEEN")); /* ASCII letters have no case in names */
    CHECK_STATUS(NCryptFinalizeKey(key, 0), NTE_INVALID_HANDLE);
    CHECK_STATUS(sign_and_verify(key), ERROR_SUCCESS);
    CHECK_STATUS(NCryptCreatePersistedKey(provider, &other, u"RSA", u"Seen", 0, 0), NTE_EXISTS);
    CHECK_STATUS(NCryptOpenKey(provider, &other, u"seen", 0, NCRYPT_MACHINE_KEY_FLAG), NTE_BAD_KEYSET);
    CHECK(other == 0);
    free_handle(key);
    CHECK(exists(u"seen"));
    delete_named(u"seen");
}

static void test_unfinished_leaves_nothing(void)
{
    free_handle(begin_key(provider, u"RSA", u"never", 0));
    CHECK(!exists(u"never"));
    CHECK_STATUS(NCryptDeleteKey(begin_key(provider, u"RSA", u"never", 0), 0), ERROR_SUCCESS);
    CHECK(!exists(u"never"));
    CHECK(ncx_live_handles(1) == 0);
}

/* Two unfinished keys of one name: the first to be finalized gets it. */
static void test_finalize_collision(void)
{
    NCRYPT_KEY_HANDLE first = begin_key(provider, u"ECDSA_P256", u"same", 0);
    NCRYPT_KEY_HANDLE second = begin_key(provider, u"ECDSA_P256", u"same", 0);

    CHECK_STATUS(NCryptFinalizeKey(second, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFinalizeKey(first, 0), NTE_EXISTS);
    CHECK_STATUS(sign_and_verify(first), NTE_BAD_KEY_STATE); /* still unfinished */
    CHECK_STATUS(NCryptDeleteKey(second, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFinalizeKey(first, 0), ERROR_SUCCESS);
    CHECK_STATUS(sign_and_verify(first), ERROR_SUCCESS);
    CHECK_STATUS(NCryptDeleteKey(first, 0), ERROR_SUCCESS);
}

static void test_overwrite(void)
{
    NCRYPT_KEY_HANDLE old = make_key(provider, u"ECDSA_P256", u"twice"), again;
    NCRYPT_KEY_HANDLE fresh = begin_key(provider, u"ECDSA_P384", u"Twice", NCRYPT_OVERWRITE_KEY_FLAG);
    uint8_t signature[132];
    DWORD size = 0;

    again = open_key(provider, u"twice");
    CHECK(length_of(again) == 256); /* until the new one is finalized */
    CHECK_STATUS(NCryptFinalizeKey(fresh, 0), ERROR_SUCCESS);
    free_handle(again);
    again = open_key(provider, u"twice");
    CHECK(length_of(again) == 384);
    CHECK_STATUS(sign_sample(fresh, signature, &size), ERROR_SUCCESS);
    CHECK_STATUS(verify_sample(again, signature, size), ERROR_SUCCESS);
    CHECK_STATUS(sign_and_verify(old), ERROR_SUCCESS); /* replaced, but open */
    CHECK_STATUS(NCryptDeleteKey(old, 0), NTE_BAD_KEYSET);
    CHECK(exists(u"twice")); /* and it cannot delete its successor */
    CHECK_STATUS(set_bytes(old, u"custom", "x", 1, NCRYPT_PERSIST_FLAG), NTE_BAD_KEYSET);
    free_handle(old);
    free_handle(fresh);
    CHECK_STATUS(NCryptDeleteKey(again, 0), ERROR_SUCCESS);
}

static void test_delete(void)
{
    NCRYPT_KEY_HANDLE one = make_key(provider, u"ECDSA_P256", u"gone"), two = open_key(provider, u"gone");
    NCRYPT_KEY_HANDLE ephemeral = make_key(provider, u"ECDSA_P256", NULL);

    CHECK_STATUS(NCryptDeleteKey(one, 4), NTE_BAD_FLAGS);
    CHECK(NCryptIsKeyHandle(one));
    CHECK_STATUS(NCryptDeleteKey(one, NCRYPT_SILENT_FLAG), ERROR_SUCCESS);
    CHECK(!NCryptIsKeyHandle(one));
    CHECK_STATUS(NCryptFreeObject(one), NTE_INVALID_HANDLE);
    CHECK_STATUS(sign_and_verify(two), ERROR_SUCCESS);
    CHECK_STATUS(NCryptDeleteKey(two, 0), NTE_BAD_KEYSET);
    CHECK(NCryptIsKeyHandle(two)); /* a failure leaves the handle to its owner */
    free_handle(two);
    CHECK_STATUS(NCryptDeleteKey(ephemeral, 0), ERROR_SUCCESS);
    CHECK(ncx_live_handles(1) == 0);
}

static void test_names(void)
{
    static const WCHAR lone[] = {0xD800, 'x', 0};
    NCRYPT_KEY_HANDLE key = 0;
    WCHAR name[262], algorithm[514];

    for (size_t i = 0; i < COUNT(name); i++) {
        name[i] = 'n';
    }
    for (size_t i = 0; i < COUNT(algorithm); i++) {
        algorithm[i] = i == COUNT(algorithm) - 1 ? 0 : 'A';
    }
    name[261] = 0;
    CHECK_STATUS(NCryptCreatePersistedKey(provider, &key, u"RSA", name, 0, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptOpenKey(provider, &key, name, 0, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptCreatePersistedKey(provider, &key, u"RSA", u"", 0, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptOpenKey(provider, &key, u"", 0, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptCreatePersistedKey(provider, &key, algorithm, NULL, 0, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptIsAlgSupported(provider, algorithm, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptCreatePersistedKey(provider, &key, u"DES", NULL, 0, 0), NTE_NOT_SUPPORTED);
    CHECK_STATUS(NCryptCreatePersistedKey(provider, &key, u"", NULL, 0, 0), NTE_NOT_SUPPORTED);
    CHECK(key == 0);
    name[260] = 0;
    free_handle(make_key(provider, u"ECDSA_P256", name));
    delete_named(name);
    free_handle(make_key(provider, u"ECDSA_P256", lone));
    delete_named(lone);
}

static void test_legacy_spec(void)
{
    NCRYPT_KEY_HANDLE key = 0;
    NCryptKeyName *name = NULL;
    PVOID state = NULL;

    CHECK_STATUS(NCryptCreatePersistedKey(provider, &key, u"RSA", NULL, 3, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptOpenKey(provider, &key, u"spec", 0xFFFFFFFF, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptCreatePersistedKey(provider, &key, u"RSA", u"spec", AT_SIGNATURE, 0), ERROR_SUCCESS);
    CHECK_STATUS(set_dword(key, u"Length", 512, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFinalizeKey(key, NCRYPT_WRITE_KEY_TO_LEGACY_STORE_FLAG), ERROR_SUCCESS);
    free_handle(key);
    key = 0;
    CHECK_STATUS(NCryptOpenKey(provider, &key, u"spec", AT_KEYEXCHANGE, 0), NTE_BAD_KEYSET);
    CHECK(key == 0);
    CHECK_STATUS(NCryptOpenKey(provider, &key, u"spec", AT_SIGNATURE, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptEnumKeys(provider, NULL, &name, &state, 0), ERROR_SUCCESS);
    CHECK(name->dwLegacyKeySpec == AT_SIGNATURE);
    CHECK_STATUS(NCryptFreeBuffer(name), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFreeBuffer(state), ERROR_SUCCESS);
    CHECK_STATUS(NCryptDeleteKey(key, 0), ERROR_SUCCESS);
}

static void test_machine_keys(void)
{
    NCRYPT_KEY_HANDLE key = begin_key(provider, u"ECDSA_P256", u"ours", NCRYPT_MACHINE_KEY_FLAG), other = 0;
    DWORD type = 0;

    CHECK_STATUS(NCryptFinalizeKey(key, 0), ERROR_SUCCESS);
    CHECK(!exists(u"ours"));
    CHECK_STATUS(NCryptOpenKey(provider, &other, u"ours", 0, NCRYPT_MACHINE_KEY_FLAG), ERROR_SUCCESS);
    CHECK_STATUS(get_dword(other, u"Key Type", &type), ERROR_SUCCESS);
    CHECK(type == NCRYPT_MACHINE_KEY_FLAG);
    free_handle(other);
    CHECK_STATUS(NCryptDeleteKey(key, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptOpenKey(provider, &other, u"ours", 0, NCRYPT_MACHINE_KEY_FLAG), NTE_BAD_KEYSET);
}

static void test_unique_name(void)
{
    NCRYPT_KEY_HANDLE key = make_key(provider, u"ECDSA_P256", u"by its other name"), other = 0;
    WCHAR unique[80];
    DWORD size = 0;

    CHECK_STATUS(NCryptGetProperty(key, u"Unique Name", (PBYTE)unique, sizeof unique, &size, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptOpenKey(provider, &other, unique, 0, 0), ERROR_SUCCESS);
    free_handle(other);
    CHECK_STATUS(NCryptDeleteKey(key, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptOpenKey(provider, &other, unique, 0, 0), NTE_BAD_KEYSET);
}

/* ---- finalize refuses, and the key can be mended ---- */

static unsigned polls_after_stop;
static bool asked_to_stop;

static int stop_at_once(void *context)
{
    (void)context;
    polls_after_stop += asked_to_stop;
    asked_to_stop = true;
    return 1;
}

static void test_interrupt(void)
{
    NCRYPT_KEY_HANDLE key = begin_key(provider, u"RSA", u"long", 0);

    CHECK_STATUS(set_dword(key, u"Length", 8192, 0), ERROR_SUCCESS);
    ncx_set_interrupt(stop_at_once, NULL);
    CHECK_STATUS(NCryptFinalizeKey(key, 0), NTE_USER_CANCELLED);
    ncx_set_interrupt(NULL, NULL);
    CHECK(asked_to_stop && polls_after_stop == 0);
    CHECK(!exists(u"long"));
    CHECK_STATUS(set_dword(key, u"Length", 512, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFinalizeKey(key, 0), ERROR_SUCCESS);
    CHECK(length_of(key) == 512);
    CHECK_STATUS(NCryptDeleteKey(key, 0), ERROR_SUCCESS);
}

static void test_ui_policy(void)
{
    NCRYPT_UI_POLICY policy = {.dwVersion = 1, .dwFlags = NCRYPT_UI_PROTECT_KEY_FLAG};
    NCRYPT_KEY_HANDLE key = begin_key(provider, u"ECDSA_P256", NULL, 0);

    CHECK_STATUS(set_bytes(key, u"UI Policy", &policy, sizeof policy, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFinalizeKey(key, NCRYPT_SILENT_FLAG), NTE_SILENT_CONTEXT);
    CHECK_STATUS(NCryptFinalizeKey(key, 0), NTE_UI_REQUIRED);
    policy.dwFlags = NCRYPT_UI_FORCE_HIGH_PROTECTION_FLAG;
    CHECK_STATUS(set_bytes(key, u"UI Policy", &policy, sizeof policy, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFinalizeKey(key, NCRYPT_SILENT_FLAG), NTE_SILENT_CONTEXT);
    policy.dwFlags = 0;
    CHECK_STATUS(set_bytes(key, u"UI Policy", &policy, sizeof policy, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFinalizeKey(key, NCRYPT_SILENT_FLAG), ERROR_SUCCESS);
    free_handle(key);
}

static void test_legacy_store(void)
{
    NCRYPT_KEY_HANDLE key = begin_key(provider, u"ECDSA_P256", u"no legacy", 0);

    CHECK_STATUS(NCryptFinalizeKey(key, NCRYPT_WRITE_KEY_TO_LEGACY_STORE_FLAG), NTE_NOT_SUPPORTED);
    CHECK(!exists(u"no legacy"));
    CHECK_STATUS(NCryptFinalizeKey(key, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptDeleteKey(key, 0), ERROR_SUCCESS);
}

static void test_generic_curve(void)
{
    NCRYPT_KEY_HANDLE key = begin_key(provider, u"ECDSA", u"curve", 0);

    CHECK_STATUS(NCryptFinalizeKey(key, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(set_bytes(key, u"ECCCurveName", u"nistP384", 18, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFinalizeKey(key, 0), ERROR_SUCCESS);
    CHECK(length_of(key) == 384);
    free_handle(key);
    key = open_key(provider, u"curve");
    CHECK_STATUS(sign_and_verify(key), ERROR_SUCCESS);
    CHECK_STATUS(NCryptDeleteKey(key, 0), ERROR_SUCCESS);
}

int main(void)
{
    home_make();
    provider = open_provider();
    RUN(test_visible_after_finalize);
    RUN(test_unfinished_leaves_nothing);
    RUN(test_finalize_collision);
    RUN(test_overwrite);
    RUN(test_delete);
    RUN(test_names);
    RUN(test_legacy_spec);
    RUN(test_machine_keys);
    RUN(test_unique_name);
    RUN(test_interrupt);
    RUN(test_ui_policy);
    RUN(test_legacy_store);
    RUN(test_generic_curve);
    free_handle(provider);
    check_no_handles();
    return test_result("ncrypt_keys");
}
