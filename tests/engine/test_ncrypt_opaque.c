/* SPDX-License-Identifier: MIT
 *
 * OpaqueTransport: keys put aside and back with all that belongs to them; who may have them out; what is refused.
 */
#include "common/utf16.h"
#include "ncrypt_support.h"

#define OPAQUE NCRYPT_OPAQUETRANSPORT_BLOB

static NCRYPT_PROV_HANDLE provider;

static SECURITY_STATUS export(NCRYPT_KEY_HANDLE key, uint8_t *out, DWORD room, DWORD *size)
{
    return NCryptExportKey(key, 0, OPAQUE, NULL, out, room, size, 0);
}

static uint8_t *taken_out(NCRYPT_KEY_HANDLE key, DWORD *size)
{
    uint8_t *blob;
    DWORD again = 0;

    CHECK_STATUS(export(key, NULL, 0, size), ERROR_SUCCESS);
    blob = malloc(*size);
    CHECK_STATUS(export(key, blob, *size - 1, &again), NTE_BUFFER_TOO_SMALL);
    CHECK(again == *size);
    CHECK_STATUS(export(key, blob, *size, &again), ERROR_SUCCESS);
    CHECK(again == *size);
    return blob;
}

/* From a block of just the blob's size. */
static SECURITY_STATUS import(const uint8_t *blob, DWORD size, DWORD flags, NCRYPT_KEY_HANDLE *key)
{
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    SECURITY_STATUS status;

    memcpy(copy, blob, size);
    *key = 0;
    status = NCryptImportKey(provider, 0, OPAQUE, NULL, key, copy, size, flags);
    CHECK((*key == 0) == (status != ERROR_SUCCESS));
    free(copy);
    return status;
}

static bool exists(const WCHAR *name, DWORD flags)
{
    NCRYPT_KEY_HANDLE key = 0;

    if (NCryptOpenKey(provider, &key, name, 0, flags) != ERROR_SUCCESS) {
        return false;
    }
    free_handle(key);
    return true;
}

static NCRYPT_KEY_HANDLE with_policy(const WCHAR *algorithm, const WCHAR *name, DWORD flags, DWORD policy)
{
    NCRYPT_KEY_HANDLE key = begin_key(provider, algorithm, name, flags);

    CHECK_STATUS(set_dword(key, u"Export Policy", policy, NCRYPT_PERSIST_FLAG), ERROR_SUCCESS);
    if (algorithm[0] == u'R') {
        CHECK_STATUS(set_dword(key, u"Length", 1024, 0), ERROR_SUCCESS);
    }
    CHECK_STATUS(set_dword(key, u"Key Usage", NCRYPT_ALLOW_SIGNING_FLAG, 0), ERROR_SUCCESS);
    CHECK_STATUS(set_bytes(key, u"note", "kept", 4, NCRYPT_PERSIST_FLAG | NCRYPT_PERSIST_ONLY_FLAG), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFinalizeKey(key, 0), ERROR_SUCCESS);
    return key;
}

static size_t public_of(NCRYPT_KEY_HANDLE key, uint8_t out[400])
{
    DWORD size = 0;

    CHECK_STATUS(NCryptExportKey(key, 0, u"PUBLICBLOB", NULL, out, 400, &size, 0), ERROR_SUCCESS);
    return size;
}

static void check_same(NCRYPT_KEY_HANDLE key, const uint8_t *public, size_t size, DWORD policy)
{
    uint8_t found[400], note[4] = {0};
    DWORD value = 99, note_size = 0;

    CHECK(public_of(key, found) == size && memcmp(found, public, size) == 0);
    CHECK_STATUS(get_dword(key, u"Export Policy", &value), ERROR_SUCCESS);
    CHECK(value == policy);
    CHECK_STATUS(get_dword(key, u"Key Usage", &value), ERROR_SUCCESS);
    CHECK(value == NCRYPT_ALLOW_SIGNING_FLAG);
    CHECK_STATUS(NCryptGetProperty(key, u"note", note, 4, &note_size, NCRYPT_PERSIST_ONLY_FLAG), ERROR_SUCCESS);
    CHECK(note_size == 4 && memcmp(note, "kept", 4) == 0);
}

static void test_back_again(void)
{
    static const WCHAR *const algorithms[] = {u"RSA", u"ECDSA_P256", u"ECDH_P521"};

    for (size_t i = 0; i < 2 * COUNT(algorithms); i++) {
        DWORD machine = i % 2 == 0 ? 0 : NCRYPT_MACHINE_KEY_FLAG, size = 0;
        NCRYPT_KEY_HANDLE key = with_policy(algorithms[i / 2], u"Aside", machine, 3), again = 0;
        uint8_t public[400], *blob = taken_out(key, &size);
        size_t public_size = public_of(key, public);

        CHECK_STATUS(import(blob, size, machine, &again), NTE_EXISTS);
        CHECK_STATUS(NCryptDeleteKey(key, 0), ERROR_SUCCESS);
        CHECK_STATUS(import(blob, size, machine, &again), ERROR_SUCCESS);
        check_same(again, public, public_size, 3);
        free_handle(again);
        CHECK_STATUS(NCryptOpenKey(provider, &again, u"aside", 0, machine), ERROR_SUCCESS);
        check_same(again, public, public_size, 3);
        CHECK(!exists(u"aside", machine ^ NCRYPT_MACHINE_KEY_FLAG));
        free_handle(again);
        CHECK_STATUS(import(blob, size, machine | NCRYPT_OVERWRITE_KEY_FLAG, &again), ERROR_SUCCESS);
        CHECK_STATUS(NCryptDeleteKey(again, 0), ERROR_SUCCESS);
        free(blob);
    }
}

static void test_without_a_name(void)
{
    NCRYPT_KEY_HANDLE key = with_policy(u"ECDSA_P256", NULL, 0, NCRYPT_ALLOW_EXPORT_FLAG), again = 0;
    uint8_t public[400], *blob, name[8];
    size_t public_size = public_of(key, public);
    DWORD size = 0, name_size = 0;

    blob = taken_out(key, &size);
    CHECK_STATUS(import(blob, size, 0, &again), ERROR_SUCCESS);
    check_same(again, public, public_size, NCRYPT_ALLOW_EXPORT_FLAG);
    CHECK(NCryptGetProperty(again, u"Name", name, sizeof name, &name_size, 0) != ERROR_SUCCESS);
    CHECK_STATUS(sign_and_verify(again), ERROR_SUCCESS);
    free_handle(again);
    free_handle(key);
    free(blob);
}

static void test_another_name(void)
{
    NCRYPT_KEY_HANDLE key = with_policy(u"ECDSA_P256", u"first", 0, 1), again = 0;
    NCryptBuffer buffer = {14, NCRYPTBUFFER_PKCS_KEY_NAME, (PVOID)(uintptr_t)u"second"};
    NCryptBufferDesc list = {NCRYPTBUFFER_VERSION, 1, &buffer};
    DWORD size = 0;
    uint8_t *blob = taken_out(key, &size);

    CHECK_STATUS(NCryptImportKey(provider, 0, OPAQUE, &list, &again, blob, size, 0), ERROR_SUCCESS);
    CHECK(exists(u"first", 0) && exists(u"second", 0));
    CHECK_STATUS(NCryptDeleteKey(again, 0), ERROR_SUCCESS);
    buffer = (NCryptBuffer){2, NCRYPTBUFFER_PKCS_KEY_NAME, (PVOID)(uintptr_t)u""};
    again = 0;
    CHECK_STATUS(NCryptImportKey(provider, 0, OPAQUE, &list, &again, blob, size, 0), NTE_INVALID_PARAMETER);
    buffer = (NCryptBuffer){4, NCRYPTBUFFER_PKCS_SECRET, (PVOID)(uintptr_t)u"p"};
    CHECK_STATUS(NCryptImportKey(provider, 0, OPAQUE, &list, &again, blob, size, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptExportKey(key, 0, OPAQUE, &list, NULL, 0, &size, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptImportKey(provider, key, OPAQUE, NULL, &again, blob, size, 0), NTE_NOT_SUPPORTED);
    CHECK_STATUS(NCryptImportKey(provider, 0, OPAQUE, NULL, &again, blob, size, NCRYPT_DO_NOT_FINALIZE_FLAG),
                 NTE_NOT_SUPPORTED);
    CHECK(again == 0);
    CHECK_STATUS(NCryptDeleteKey(key, 0), ERROR_SUCCESS);
    free(blob);
}

/* Nobody gets more out of a key by putting it aside and back. */
static void test_policies(void)
{
    static const struct {
        DWORD policy;
        SECURITY_STATUS first, second;
    } rows[] = {
        {0, NTE_NOT_SUPPORTED, NTE_NOT_SUPPORTED},
        {NCRYPT_ALLOW_EXPORT_FLAG, ERROR_SUCCESS, ERROR_SUCCESS},
        {NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG, ERROR_SUCCESS, ERROR_SUCCESS},
        {NCRYPT_ALLOW_ARCHIVING_FLAG, ERROR_SUCCESS, NTE_NOT_SUPPORTED},
        {NCRYPT_ALLOW_PLAINTEXT_ARCHIVING_FLAG, ERROR_SUCCESS, NTE_NOT_SUPPORTED},
    };
    uint8_t out[2000];
    DWORD size = 0, again_size = 0;

    for (size_t i = 0; i < COUNT(rows); i++) {
        NCRYPT_KEY_HANDLE key = with_policy(u"ECDSA_P256", NULL, 0, rows[i].policy), again = 0;

        CHECK_STATUS(export(key, NULL, 0, &size), rows[i].first);
        CHECK_STATUS(export(key, out, sizeof out, &size), rows[i].first);
        CHECK_STATUS(export(key, out + 1000, 1000, &again_size), rows[i].second);
        if (rows[i].first == ERROR_SUCCESS) {
            CHECK_STATUS(import(out, size, 0, &again), ERROR_SUCCESS);
            CHECK_STATUS(set_dword(again, u"Export Policy", 15, 0), NTE_BAD_KEY_STATE);
            CHECK_STATUS(export(again, out, sizeof out, &size), rows[i].second);
            free_handle(again);
        }
        free_handle(key);
    }
}

static void test_public_keys(void)
{
    NCRYPT_KEY_HANDLE key = with_policy(u"ECDSA_P256", NULL, 0, 0), public = 0;
    uint8_t blob[400];
    DWORD size = (DWORD)public_of(key, blob);

    CHECK_STATUS(NCryptImportKey(provider, 0, u"ECCPUBLICBLOB", NULL, &public, blob, size, 0), ERROR_SUCCESS);
    CHECK_STATUS(set_dword(public, u"Export Policy", 3, 0), ERROR_SUCCESS);
    CHECK_STATUS(export(public, NULL, 0, &size), NTE_BAD_TYPE);
    free_handle(public);
    free_handle(key);
}

static void test_damaged(void)
{
    NCRYPT_KEY_HANDLE key = with_policy(u"ECDSA_P256", u"damaged", 0, 1), again = 0;
    DWORD size = 0;
    uint8_t *blob = taken_out(key, &size);

    for (DWORD cut = 1; cut < size; cut++) {
        CHECK_STATUS(import(blob, cut, 0, &again), NTE_BAD_DATA);
    }
    for (DWORD at = 0; at < size; at++) {
        blob[at] ^= 1;
        CHECK_STATUS(import(blob, size, NCRYPT_OVERWRITE_KEY_FLAG, &again), NTE_BAD_DATA);
        blob[at] ^= 1;
    }
    CHECK_STATUS(NCryptDeleteKey(key, 0), ERROR_SUCCESS);
    free(blob);
}

/* What is let out comes back: with as many properties as a key can have, and not with one byte more. */
static void test_the_largest(void)
{
    enum { PIECE = 1 << 20, MOST = 16 << 20, AROUND = 4 + 44 + 20 + 2 * (261 + 65) };
    static uint8_t piece[PIECE];
    NCRYPT_KEY_HANDLE key = with_policy(u"ECDSA_P256", NULL, 0, 1), again = 0;
    DWORD size = 0, last = PIECE / 2;
    uint8_t *blob;

    for (WCHAR name[] = u"a"; name[0] < u'a' + 15; name[0]++) {
        CHECK_STATUS(set_bytes(key, name, piece, PIECE, NCRYPT_PERSIST_FLAG), ERROR_SUCCESS);
    }
    CHECK_STATUS(set_bytes(key, u"last", piece, last, NCRYPT_PERSIST_FLAG), ERROR_SUCCESS);
    CHECK_STATUS(export(key, NULL, 0, &size), ERROR_SUCCESS);
    last += AROUND + MOST - size;
    CHECK_STATUS(set_bytes(key, u"last", piece, last, NCRYPT_PERSIST_FLAG), ERROR_SUCCESS);
    blob = taken_out(key, &size);
    CHECK(size == AROUND + MOST);
    CHECK_STATUS(import(blob, size, 0, &again), ERROR_SUCCESS);
    free_handle(again);
    CHECK_STATUS(set_bytes(key, u"last", piece, last + 1, NCRYPT_PERSIST_FLAG), ERROR_SUCCESS);
    CHECK_STATUS(export(key, NULL, 0, &size), NTE_INVALID_PARAMETER);
    free_handle(key);
    free(blob);
}

static void test_another_store(void)
{
    NCRYPT_KEY_HANDLE key = with_policy(u"ECDSA_P256", u"ours", 0, 1), again = 0;
    NCRYPT_PROV_HANDLE here = provider;
    char folder[300];
    DWORD size = 0;
    uint8_t *blob = taken_out(key, &size);

    snprintf(folder, sizeof folder, "%s/other", home_folder);
    setenv("NCRYPT_EXT_HOME", folder, 1);
    provider = open_provider();
    CHECK_STATUS(import(blob, size, 0, &again), NTE_BAD_DATA); /* there is no store */
    free_handle(make_key(provider, u"ECDSA_P256", u"theirs"));
    CHECK_STATUS(import(blob, size, 0, &again), NTE_BAD_DATA);
    free_handle(provider);
    setenv("NCRYPT_EXT_HOME", home_folder, 1);
    provider = here;
    CHECK_STATUS(NCryptDeleteKey(key, 0), ERROR_SUCCESS);
    CHECK_STATUS(import(blob, size, 0, &again), ERROR_SUCCESS);
    CHECK_STATUS(NCryptDeleteKey(again, 0), ERROR_SUCCESS);
    free(blob);
}

int main(void)
{
    home_make();
    provider = open_provider();
    RUN(test_back_again);
    RUN(test_without_a_name);
    RUN(test_another_name);
    RUN(test_policies);
    RUN(test_public_keys);
    RUN(test_damaged);
    RUN(test_the_largest);
    RUN(test_another_store);
    free_handle(provider);
    check_no_handles();
    return test_result("ncrypt_opaque");
}
