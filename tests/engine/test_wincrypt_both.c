/* SPDX-License-Identifier: MIT
 *
 * One store, two APIs: containers seen as keys, keys seen as containers, and what each may do to the other.
 */
#include "common/utf16.h"
#include "ncrypt_ext_engine.h"
#include "wincrypt_support.h"

static NCRYPT_PROV_HANDLE provider;

static NCRYPT_KEY_HANDLE open_spec(const WCHAR *name, DWORD spec)
{
    NCRYPT_KEY_HANDLE key = 0;

    CHECK_STATUS(NCryptOpenKey(provider, &key, name, spec, 0), ERROR_SUCCESS);
    return key;
}

static SECURITY_STATUS try_open(const WCHAR *name, DWORD spec)
{
    NCRYPT_KEY_HANDLE key = 0;
    SECURITY_STATUS status = NCryptOpenKey(provider, &key, name, spec, 0);

    if (status == ERROR_SUCCESS) {
        free_handle(key);
    }
    return status;
}

static void delete_key(NCRYPT_KEY_HANDLE key)
{
    CHECK_STATUS(NCryptDeleteKey(key, 0), ERROR_SUCCESS);
}

static NCRYPT_KEY_HANDLE make_rsa(const WCHAR *name, DWORD spec, DWORD flags)
{
    NCRYPT_KEY_HANDLE key = 0;

    CHECK_STATUS(NCryptCreatePersistedKey(provider, &key, u"RSA", name, spec, 0), ERROR_SUCCESS);
    CHECK_STATUS(set_dword(key, u"Length", 1024, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFinalizeKey(key, flags), ERROR_SUCCESS);
    return key;
}

static bool container_has(const WCHAR *name, DWORD spec, NCRYPT_KEY_HANDLE cng)
{
    HCRYPTPROV context = acquire(name, PROV_RSA_FULL, 0);
    HCRYPTKEY key = 0;
    bool good = CryptGetUserKey(context, spec, &key) && same_key(cng, key);

    if (key != 0) {
        check_pair(context, spec, key);
        destroy_key(key);
    }
    release(context);
    return good;
}

static SECURITY_STATUS acquire_error(const WCHAR *name, DWORD flags)
{
    HCRYPTPROV context = 0;

    if (!CryptAcquireContextW(&context, name, NULL, PROV_RSA_FULL, flags)) {
        return (SECURITY_STATUS)GetLastError();
    }
    if (context != 0) {
        release(context);
    }
    return ERROR_SUCCESS;
}

struct census {
    unsigned keys, containers; /* as NCryptEnumKeys and PP_ENUMCONTAINERS have it */
    DWORD specs;               /* bits by legacy key specification */
    uint64_t counted, checked; /* as the engine has it */
};

/* Checks the store on the way. */
static struct census census(void)
{
    struct ncx_store_information *info = malloc(sizeof *info);
    struct census found = {0};
    HCRYPTPROV context = verify_context();
    NCryptKeyName *name = NULL;
    PVOID state = NULL;
    BYTE text[800];
    DWORD size = sizeof text, flags = CRYPT_FIRST;

    while (NCryptEnumKeys(provider, NULL, &name, &state, 0) == ERROR_SUCCESS) {
        found.keys++;
        found.specs |= 1u << name->dwLegacyKeySpec;
        CHECK_STATUS(NCryptFreeBuffer(name), ERROR_SUCCESS);
    }
    CHECK_STATUS(NCryptFreeBuffer(state), ERROR_SUCCESS);
    while (CryptGetProvParam(context, PP_ENUMCONTAINERS, text, &size, flags)) {
        found.containers++;
        flags = CRYPT_NEXT;
        size = sizeof text;
    }
    CHECK_STATUS(ncx_store_info(NCX_SCOPE_USER, info), ERROR_SUCCESS);
    found.counted = info->keys;
    CHECK_STATUS(ncx_store_check(NCX_SCOPE_USER, NULL, NULL, &found.checked), ERROR_SUCCESS);
    CHECK(found.counted == found.keys && found.checked == found.keys);
    release(context);
    free(info);
    return found;
}

static bool is_empty(void)
{
    struct census found = census();

    return found.keys == 0 && found.containers == 0;
}

/* ---- a container's keys, as CNG sees them ------------------------------------------------------------------------ */

static void test_container_as_keys(void)
{
    HCRYPTPROV context = acquire(u"Box", PROV_RSA_FULL, CRYPT_NEWKEYSET);
    HCRYPTKEY exchange, signature;
    NCRYPT_KEY_HANDLE key;
    struct census found;

    CHECK_STATUS(try_open(u"box", 0), NTE_BAD_KEYSET);
    found = census();
    CHECK(found.keys == 0 && found.containers == 1);
    signature = generate_key(context, AT_SIGNATURE, 0);
    key = open_spec(u"box", 0);
    CHECK(same_key(key, signature));
    free_handle(key);
    CHECK_STATUS(try_open(u"box", AT_KEYEXCHANGE), NTE_BAD_KEYSET);
    exchange = generate_key(context, AT_KEYEXCHANGE, CRYPT_EXPORTABLE);
    key = open_spec(u"box", 0);
    CHECK(same_key(key, exchange));
    free_handle(key);
    key = open_spec(u"box", AT_SIGNATURE);
    CHECK(same_key(key, signature));
    free_handle(key);
    found = census();
    CHECK(found.keys == 2 && found.containers == 1 && found.specs == (1u << AT_KEYEXCHANGE | 1u << AT_SIGNATURE));

    delete_key(open_spec(u"box", AT_KEYEXCHANGE)); /* this key only */
    CHECK_STATUS(try_open(u"box", AT_KEYEXCHANGE), NTE_BAD_KEYSET);
    CHECK_STATUS(try_open(u"box", AT_SIGNATURE), ERROR_SUCCESS);
    CHECK_STATUS(acquire_error(u"box", 0), ERROR_SUCCESS);
    destroy_key(exchange);
    destroy_key(signature);
    release(context);
    delete_container(u"box");
    CHECK_STATUS(try_open(u"box", 0), NTE_BAD_KEYSET);
    CHECK(is_empty());
}

/* Unique names tell a container's keys apart; properties stay with their key. */
static void test_properties(void)
{
    static const DWORD specs[] = {AT_KEYEXCHANGE, AT_SIGNATURE};
    HCRYPTPROV context = acquire(u"properties", PROV_RSA_FULL, CRYPT_NEWKEYSET);
    WCHAR unique[2][65];
    NCRYPT_KEY_HANDLE key;
    BYTE value[8] = {0};
    DWORD size = 0, policy = 0;

    for (size_t i = 0; i < 2; i++) {
        destroy_key(generate_key(context, specs[i], CRYPT_EXPORTABLE));
        key = open_spec(u"properties", specs[i]);
        CHECK_STATUS(NCryptGetProperty(key, u"Unique Name", (PBYTE)unique[i], sizeof unique[i], &size, 0),
                     ERROR_SUCCESS);
        CHECK_STATUS(set_bytes(key, u"mine", &specs[i], 4, NCRYPT_PERSIST_FLAG), ERROR_SUCCESS);
        CHECK_STATUS(set_dword(key, u"Export Policy", 0, NCRYPT_PERSIST_FLAG), ERROR_SUCCESS);
        free_handle(key);
    }
    CHECK(!utf16_equal(unique[0], unique[1]));
    for (size_t i = 0; i < 2; i++) {
        HCRYPTKEY user = user_key(context, specs[i]);

        key = open_spec(unique[i], 0);
        CHECK(same_key(key, user));
        CHECK_STATUS(NCryptGetProperty(key, u"mine", value, sizeof value, &size, 0), ERROR_SUCCESS);
        CHECK(size == 4 && value[0] == specs[i]);
        CHECK_STATUS(get_dword(key, u"Export Policy", &policy), ERROR_SUCCESS);
        CHECK(policy == 0 && (key_dword(user, KP_PERMISSIONS) & CRYPT_EXPORT) == 0);
        destroy_key(user);
        free_handle(key);
    }
    CHECK(census().keys == 2);
    release(context);
    delete_container(u"properties");
}

/* A name that has a container, and no CNG key, is no name for one. */
static void test_taken_by_container(void)
{
    NCRYPT_KEY_HANDLE early = begin_key(provider, u"ECDSA_P256", u"Taken", 0), key = 0;
    NCRYPT_KEY_HANDLE overwriting = begin_key(provider, u"ECDSA_P256", u"Taken", NCRYPT_OVERWRITE_KEY_FLAG);

    release(acquire(u"taken", PROV_RSA_FULL, CRYPT_NEWKEYSET));
    CHECK_STATUS(NCryptCreatePersistedKey(provider, &key, u"RSA", u"TAKEN", 0, 0), NTE_EXISTS);
    CHECK_STATUS(NCryptCreatePersistedKey(provider, &key, u"RSA", u"TAKEN", 0, NCRYPT_OVERWRITE_KEY_FLAG), NTE_EXISTS);
    CHECK_STATUS(NCryptFinalizeKey(early, 0), NTE_EXISTS);
    CHECK_STATUS(NCryptFinalizeKey(overwriting, 0), NTE_EXISTS);
    delete_container(u"taken");
    CHECK_STATUS(NCryptFinalizeKey(early, 0), ERROR_SUCCESS);
    CHECK_STATUS(acquire_error(u"taken", CRYPT_NEWKEYSET), NTE_EXISTS); /* by any key */
    CHECK_STATUS(acquire_error(u"taken", 0), NTE_BAD_KEYSET);
    CHECK_STATUS(acquire_error(u"taken", CRYPT_DELETEKEYSET), NTE_BAD_KEYSET);
    free_handle(overwriting);
    delete_key(early);
    CHECK(is_empty());
}

/* ---- CNG keys, as CryptoAPI sees them ------------------------------------------------------------------------------
 */

static void test_key_as_container(void)
{
    static const DWORD specs[] = {0, AT_KEYEXCHANGE, AT_SIGNATURE};

    for (size_t i = 0; i < COUNT(specs); i++) {
        NCRYPT_KEY_HANDLE key = make_rsa(u"Seen", specs[i], NCRYPT_WRITE_KEY_TO_LEGACY_STORE_FLAG);
        DWORD spec = specs[i] == 0 ? AT_KEYEXCHANGE : specs[i];
        struct census found = census();

        CHECK(found.keys == 1 && found.containers == 1);
        CHECK(container_has(u"seen", spec, key) && !container_has(u"seen", 3 - spec, key));
        CHECK_STATUS(acquire_error(u"seen", CRYPT_NEWKEYSET), NTE_EXISTS);
        delete_container(u"seen"); /* the key stays, unseen */
        CHECK_STATUS(acquire_error(u"seen", 0), NTE_BAD_KEYSET);
        CHECK_STATUS(try_open(u"seen", specs[i]), ERROR_SUCCESS);
        found = census();
        CHECK(found.keys == 1 && found.containers == 0);
        CHECK_STATUS(acquire_error(u"seen", CRYPT_DELETEKEYSET), NTE_BAD_KEYSET);
        delete_key(key);
    }
    CHECK(is_empty());
}

/* A changed property does not make the container appear or disappear. */
static void test_visibility_survives_changes(void)
{
    NCRYPT_KEY_HANDLE key = make_rsa(u"stays", 0, NCRYPT_WRITE_KEY_TO_LEGACY_STORE_FLAG);

    CHECK_STATUS(set_bytes(key, u"mine", "x", 1, NCRYPT_PERSIST_FLAG), ERROR_SUCCESS);
    CHECK(container_has(u"stays", AT_KEYEXCHANGE, key));
    delete_container(u"stays");
    CHECK_STATUS(set_bytes(key, u"mine", "y", 1, NCRYPT_PERSIST_FLAG), ERROR_SUCCESS);
    CHECK_STATUS(acquire_error(u"stays", 0), NTE_BAD_KEYSET);
    delete_key(key);
}

/* A container that is a CNG key gets keys of its own. */
static void test_keys_beside_a_key(void)
{
    NCRYPT_KEY_HANDLE cng = make_rsa(u"Mixed", AT_KEYEXCHANGE, NCRYPT_WRITE_KEY_TO_LEGACY_STORE_FLAG), key;
    HCRYPTPROV context = acquire(u"mixed", PROV_RSA_FULL, 0);
    HCRYPTKEY signature = generate_key(context, AT_SIGNATURE, 0), exchange;
    struct census found = census();

    CHECK(found.keys == 2 && found.containers == 1);
    CHECK(container_has(u"mixed", AT_KEYEXCHANGE, cng));
    key = open_spec(u"mixed", AT_SIGNATURE);
    CHECK(same_key(key, signature));
    free_handle(key);
    exchange = generate_key(context, AT_KEYEXCHANGE, 0); /* stands before the CNG key */
    CHECK(!container_has(u"mixed", AT_KEYEXCHANGE, cng));
    key = open_spec(u"mixed", 0);
    CHECK(!same_key(key, exchange));
    free_handle(key);
    delete_key(cng); /* the container stays */
    found = census();
    CHECK(found.keys == 2 && found.containers == 1);
    key = open_spec(u"mixed", 0);
    CHECK(same_key(key, exchange));
    free_handle(key);
    destroy_key(exchange);
    destroy_key(signature);
    release(context);
    delete_container(u"mixed");
    CHECK(is_empty());
}

/* Deleting a container takes its keys and leaves the CNG key; that key may be overwritten beside a container. */
static void test_delete_and_overwrite(void)
{
    NCRYPT_KEY_HANDLE cng = make_rsa(u"both", 0, NCRYPT_WRITE_KEY_TO_LEGACY_STORE_FLAG), key;
    HCRYPTPROV context = acquire(u"both", PROV_RSA_FULL, 0);

    destroy_key(generate_key(context, AT_SIGNATURE, 0));
    free_handle(cng);
    key = begin_key(provider, u"ECDSA_P256", u"both", NCRYPT_OVERWRITE_KEY_FLAG);
    CHECK_STATUS(NCryptFinalizeKey(key, 0), ERROR_SUCCESS);
    CHECK(census().keys == 2);
    CHECK_STATUS(acquire_error(u"both", 0), ERROR_SUCCESS);
    release(context);
    delete_container(u"both");
    CHECK_STATUS(try_open(u"both", 0), ERROR_SUCCESS);
    CHECK(census().keys == 1);
    delete_key(key);
    CHECK(is_empty());
}

int main(void)
{
    home_make();
    provider = open_provider();
    RUN(test_container_as_keys);
    RUN(test_properties);
    RUN(test_taken_by_container);
    RUN(test_key_as_container);
    RUN(test_visibility_survives_changes);
    RUN(test_keys_beside_a_key);
    RUN(test_delete_and_overwrite);
    free_handle(provider);
    check_no_capi_handles();
    return test_result("wincrypt_both");
}
