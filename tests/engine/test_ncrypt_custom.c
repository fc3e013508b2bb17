/* SPDX-License-Identifier: MIT
 *
 * Policies, and the application's own properties: what is kept, by which handle it is seen, and what is refused.
 */
#include "ncrypt_support.h"

static NCRYPT_PROV_HANDLE provider;

#define OK ERROR_SUCCESS
#define NF NTE_NOT_FOUND
#define BS NTE_BAD_KEY_STATE

/* ---- policies ---- */

static void test_export_policy(void)
{
    NCRYPT_KEY_HANDLE key = begin_key(provider, u"ECDSA_P256", u"policy", 0), other;
    DWORD policy = 9;

    CHECK_STATUS(get_dword(key, u"Export Policy", &policy), OK);
    CHECK(policy == 0);
    CHECK_STATUS(set_dword(key, u"Export Policy", 0x20, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(set_dword(key, u"Export Policy", 3, 0), OK);
    CHECK_STATUS(NCryptFinalizeKey(key, 0), OK);
    other = open_key(provider, u"policy");
    CHECK_STATUS(set_dword(key, u"Export Policy", 7, NCRYPT_PERSIST_FLAG), BS);
    CHECK_STATUS(set_dword(key, u"Export Policy", 1, NCRYPT_PERSIST_FLAG), OK);
    CHECK_STATUS(set_dword(key, u"Export Policy", 3, NCRYPT_PERSIST_FLAG), BS);
    /* A handle with an older view can store other things, but not the old policy with them. */
    CHECK_STATUS(set_bytes(other, u"custom", "1", 1, NCRYPT_PERSIST_FLAG), OK);
    CHECK_STATUS(set_dword(other, u"Export Policy", 3, NCRYPT_PERSIST_FLAG), BS);
    free_handle(other);
    free_handle(key);
    key = open_key(provider, u"policy");
    CHECK_STATUS(get_dword(key, u"Export Policy", &policy), OK);
    CHECK(policy == 1);
    CHECK_STATUS(set_dword(key, u"Export Policy", 0, 0), OK); /* for this handle only */
    free_handle(key);
    key = open_key(provider, u"policy");
    CHECK_STATUS(get_dword(key, u"Export Policy", &policy), OK);
    CHECK(policy == 1);
    CHECK_STATUS(NCryptDeleteKey(key, 0), OK);
}

static void test_key_usage(void)
{
    NCRYPT_KEY_HANDLE key = begin_key(provider, u"ECDSA_P256", u"usage", 0);
    uint8_t signature[132];
    DWORD usage = 0, size = 0;

    CHECK_STATUS(get_dword(key, u"Key Usage", &usage), OK);
    CHECK(usage == NCRYPT_ALLOW_ALL_USAGES);
    CHECK_STATUS(set_dword(key, u"Key Usage", 0x1000000, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(set_dword(key, u"Key Usage", NCRYPT_ALLOW_DECRYPT_FLAG, 0), OK);
    CHECK_STATUS(NCryptFinalizeKey(key, 0), OK);
    free_handle(key);
    key = open_key(provider, u"usage");
    CHECK_STATUS(get_dword(key, u"Key Usage", &usage), OK);
    CHECK(usage == NCRYPT_ALLOW_DECRYPT_FLAG);
    CHECK_STATUS(sign_sample(key, signature, &size), NTE_PERM);
    CHECK_STATUS(verify_sample(key, memset(signature, 1, 64), 64), NTE_BAD_SIGNATURE); /* the public half is free */
    CHECK_STATUS(NCryptDeleteKey(key, 0), OK);
}

/* ---- the application's own ---- */

static void check_custom(NCRYPT_KEY_HANDLE key, const WCHAR *name, DWORD flags, const char *expected)
{
    uint8_t value[64];
    DWORD size = 99;
    SECURITY_STATUS status = NCryptGetProperty(key, name, value, sizeof value, &size, flags);

    if (expected == NULL) {
        CHECK_STATUS(status, NF);
    } else if (CHECK_STATUS(status, OK)) {
        CHECK(size == strlen(expected) && memcmp(value, expected, size) == 0);
    }
}

static void test_custom(void)
{
    NCRYPT_KEY_HANDLE key = begin_key(provider, u"ECDSA_P256", u"custom", 0), other;

    check_custom(key, u"a", 0, NULL);
    CHECK_STATUS(set_bytes(key, u"a", "session", 7, 0), OK);
    CHECK_STATUS(set_bytes(key, u"b", "stored", 6, NCRYPT_PERSIST_FLAG), OK);
    CHECK_STATUS(set_bytes(key, u"empty", "", 0, NCRYPT_PERSIST_FLAG), OK);
    CHECK_STATUS(set_bytes(key, u"Length", "hidden", 6, NCRYPT_PERSIST_ONLY_FLAG), OK);
    CHECK_STATUS(NCryptFinalizeKey(key, 0), OK);
    check_custom(key, u"a", 0, "session");
    check_custom(key, u"a", NCRYPT_PERSIST_ONLY_FLAG, NULL);
    check_custom(key, u"B", 0, NULL); /* names are exact */
    other = open_key(provider, u"custom");
    check_custom(other, u"a", 0, NULL);
    check_custom(other, u"b", 0, "stored");
    check_custom(other, u"empty", 0, "");
    check_custom(other, u"Length", NCRYPT_PERSIST_ONLY_FLAG, "hidden");
    CHECK_STATUS(set_bytes(other, u"b", "newer", 5, NCRYPT_PERSIST_FLAG), OK);
    CHECK_STATUS(set_bytes(other, u"b", "mine", 4, 0), OK);
    check_custom(other, u"b", 0, "mine");
    check_custom(other, u"b", NCRYPT_PERSIST_ONLY_FLAG, "newer");
    CHECK_STATUS(set_bytes(other, u"b", "last", 4, NCRYPT_PERSIST_FLAG), OK);
    check_custom(other, u"b", 0, "last"); /* what was set last */
    check_custom(key, u"b", 0, "stored");
    CHECK_STATUS(set_bytes(key, u"c", "beside", 6, NCRYPT_PERSIST_FLAG), OK);
    free_handle(other);
    free_handle(key);
    key = open_key(provider, u"custom");
    check_custom(key, u"b", 0, "last"); /* the other handle's older view did not come back */
    check_custom(key, u"c", 0, "beside");
    CHECK_STATUS(sign_and_verify(key), OK);
    CHECK_STATUS(NCryptDeleteKey(key, 0), OK);
}

static void test_custom_ephemeral(void)
{
    NCRYPT_KEY_HANDLE key = make_key(provider, u"ECDSA_P256", NULL);

    CHECK_STATUS(set_bytes(key, u"CLR IsEphemeral", "\1", 1, NCRYPT_PERSIST_ONLY_FLAG), OK);
    check_custom(key, u"CLR IsEphemeral", NCRYPT_PERSIST_ONLY_FLAG, "\1");
    CHECK_STATUS(set_bytes(key, u"x", "y", 1, NCRYPT_PERSIST_FLAG), OK);
    check_custom(key, u"x", 0, "y");
    free_handle(key);
}

static void test_limits(void)
{
    NCRYPT_KEY_HANDLE key = make_key(provider, u"ECDSA_P256", u"large");
    uint8_t *value = malloc(NCRYPT_MAX_PROPERTY_DATA + 1);
    WCHAR name[66];
    DWORD size = 0;

    for (size_t i = 0; i < COUNT(name); i++) {
        name[i] = i == COUNT(name) - 1 ? 0 : 'p';
    }
    memset(value, 7, NCRYPT_MAX_PROPERTY_DATA + 1);
    CHECK_STATUS(set_bytes(key, name, "x", 1, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptGetProperty(key, name, NULL, 0, &size, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(set_bytes(key, u"", "x", 1, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(set_bytes(key, name + 1, "x", 1, NCRYPT_PERSIST_FLAG), OK);
    CHECK_STATUS(set_bytes(key, u"big", value, NCRYPT_MAX_PROPERTY_DATA + 1, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(set_bytes(key, u"big", value, NCRYPT_MAX_PROPERTY_DATA, NCRYPT_PERSIST_FLAG), OK);
    free_handle(key);
    key = open_key(provider, u"large");
    check_custom(key, name + 1, 0, "x");
    CHECK_STATUS(NCryptGetProperty(key, u"big", NULL, 0, &size, 0), OK);
    CHECK(size == NCRYPT_MAX_PROPERTY_DATA);
    for (WCHAR i = 0; i < 15; i++) { /* what no longer fits is refused, and the key stays as it was */
        WCHAR more[] = {'m', (WCHAR)('a' + i), 0};
        SECURITY_STATUS status = set_bytes(key, more, value, NCRYPT_MAX_PROPERTY_DATA, NCRYPT_PERSIST_FLAG);

        CHECK(status == OK || status == NTE_INVALID_PARAMETER);
        CHECK_STATUS(NCryptGetProperty(key, more, NULL, 0, &size, 0), status == OK ? OK : NF);
        CHECK(status == OK || i > 10);
    }
    CHECK_STATUS(NCryptDeleteKey(key, 0), OK);
    free(value);
}

int main(void)
{
    home_make();
    provider = open_provider();
    RUN(test_export_policy);
    RUN(test_key_usage);
    RUN(test_custom);
    RUN(test_custom_ephemeral);
    RUN(test_limits);
    free_handle(provider);
    check_no_handles();
    return test_result("ncrypt_custom");
}
