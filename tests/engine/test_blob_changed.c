/* SPDX-License-Identifier: MIT
 *
 * What a caller gives may be changed by another of its threads during the call. Here that is done by the reader of
 * numbers, which the parsers call: after each of its calls in turn the caller's bytes get other ones.
 */
#include "ncrypt_support.h"
#include "wincrypt.h"

#define ROOM  4096
#define MOST  64 /* more numbers than any parser reads */
#define WIDTH 1024

static NCRYPT_PROV_HANDLE provider;
static uint8_t *given; /* of exactly that size, so that the address sanitizer sees every byte read beside it */
static size_t given_size;
static unsigned reads, change_after; /* the number of the read after which the bytes change */

uint32_t __real_blob_read_u32(const uint8_t *data);
uint32_t __wrap_blob_read_u32(const uint8_t *data);

uint32_t __wrap_blob_read_u32(const uint8_t *data)
{
    uint32_t number = __real_blob_read_u32(data);

    if (++reads == change_after) {
        memset(given, 0x7F, given_size);
    }
    return number;
}

static void give(const uint8_t *blob, size_t size, unsigned after)
{
    free(given);
    given = malloc(size);
    memcpy(given, blob, size);
    given_size = size;
    reads = 0;
    change_after = after;
}

static DWORD take(NCRYPT_KEY_HANDLE key, const WCHAR *type, uint8_t *blob)
{
    DWORD size = 0;

    CHECK_STATUS(NCryptExportKey(key, 0, type, NULL, blob, ROOM, &size, 0), ERROR_SUCCESS);
    return size;
}

static void check_same(NCRYPT_KEY_HANDLE key, const WCHAR *type, const uint8_t *blob, DWORD size)
{
    uint8_t again[ROOM];

    CHECK(take(key, type, again) == size && memcmp(again, blob, size) == 0);
}

/* An ephemeral key that may be exported. */
static NCRYPT_KEY_HANDLE make_exportable(const WCHAR *algorithm, DWORD bits)
{
    NCRYPT_KEY_HANDLE key = begin_key(provider, algorithm, NULL, 0);

    if (bits > 0) {
        CHECK_STATUS(set_dword(key, NCRYPT_LENGTH_PROPERTY, bits, 0), ERROR_SUCCESS);
    }
    CHECK_STATUS(set_dword(key, NCRYPT_EXPORT_POLICY_PROPERTY, NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFinalizeKey(key, 0), ERROR_SUCCESS);
    return key;
}

static const struct {
    const WCHAR *algorithm;
    DWORD bits;
    const WCHAR *types[6];
} kinds[] = {
    {u"RSA", WIDTH, {u"RSAPUBLICBLOB", u"RSAPRIVATEBLOB", u"CAPIPUBLICBLOB", u"CAPIPRIVATEBLOB", u"PUBLICBLOB"}},
    {u"ECDSA_P256", 0, {u"ECCPUBLICBLOB", u"ECCPRIVATEBLOB", u"ECCFULLPUBLICBLOB", u"ECCFULLPRIVATEBLOB"}},
    {u"DH", WIDTH, {u"DHPUBLICBLOB", u"DHPRIVATEBLOB", u"CAPIDHPRIVATEBLOB"}},
    {u"DSA", WIDTH, {u"DSAPUBLICBLOB", u"DSAPRIVATEBLOB", u"CAPIDSAPRIVATEBLOB", u"V2CAPIDSAPRIVATEBLOB"}},
    {u"AES", 256, {u"CipherKeyBlob"}},
};

static bool is_public(const WCHAR *type)
{
    while (*type != 0 && (type[0] != u'P' || type[1] != u'U')) {
        type++;
    }
    return *type != 0;
}

static void import_changing(NCRYPT_KEY_HANDLE key, const WCHAR *type)
{
    uint8_t blob[ROOM];
    DWORD size = take(key, type, blob);
    NCRYPT_KEY_HANDLE imported;

    for (unsigned after = 1; after <= MOST; after++) {
        imported = 0;
        give(blob, size, after);
        CHECK_STATUS(NCryptImportKey(provider, 0, type, NULL, &imported, given, (DWORD)given_size, 0), ERROR_SUCCESS);
        if (imported != 0 && is_public(type)) {
            check_same(imported, type, blob, size);
        }
        CHECK(imported == 0 || NCryptFreeObject(imported) == ERROR_SUCCESS);
    }
    CHECK(reads < MOST);
}

static void test_import(void)
{
    for (size_t i = 0; i < COUNT(kinds); i++) {
        NCRYPT_KEY_HANDLE key = make_exportable(kinds[i].algorithm, kinds[i].bits);

        for (size_t k = 0; kinds[i].types[k] != NULL; k++) {
            import_changing(key, kinds[i].types[k]);
        }
        free_handle(key);
    }
}

static void test_property(void)
{
    NCRYPT_KEY_HANDLE key = make_exportable(u"RSA", WIDTH), made;
    uint8_t blob[ROOM];
    DWORD size = take(key, u"RSAPRIVATEBLOB", blob);

    for (unsigned after = 1; after <= MOST; after++) {
        made = begin_key(provider, u"RSA", NULL, 0);
        give(blob, size, after);
        CHECK_STATUS(NCryptSetProperty(made, u"RSAPRIVATEBLOB", given, (DWORD)given_size, 0), ERROR_SUCCESS);
        CHECK_STATUS(NCryptFinalizeKey(made, 0), ERROR_SUCCESS);
        size = take(key, u"RSAPUBLICBLOB", blob);
        check_same(made, u"RSAPUBLICBLOB", blob, size);
        size = take(key, u"RSAPRIVATEBLOB", blob);
        free_handle(made);
    }
    free_handle(key);
}

/* The size, the magic, the width, P and G; the width of the blob's is the parameters'. */
static void test_group(void)
{
    static const DWORD head[] = {12 + WIDTH / 4, BCRYPT_DH_PARAMETERS_MAGIC, WIDTH / 8};
    NCRYPT_KEY_HANDLE key = make_exportable(u"DH", WIDTH), made;
    uint8_t blob[ROOM], group[sizeof head + WIDTH / 4];

    take(key, u"DHPUBLICBLOB", blob);
    memcpy(group, head, sizeof head);
    memcpy(group + sizeof head, blob + 8, WIDTH / 4);
    for (unsigned after = 1; after <= MOST; after++) {
        made = begin_key(provider, u"DH", NULL, 0);
        give(group, sizeof group, after);
        CHECK_STATUS(NCryptSetProperty(made, u"DHParameters", given, (DWORD)given_size, 0), ERROR_SUCCESS);
        free_handle(made);
    }
    free_handle(key);
}

static void test_bcrypt(void)
{
    NCRYPT_KEY_HANDLE key = make_exportable(u"RSA", WIDTH);
    BCRYPT_ALG_HANDLE algorithm = NULL;
    BCRYPT_KEY_HANDLE imported;
    uint8_t blob[ROOM];
    DWORD size = take(key, u"RSAPUBLICBLOB", blob);

    CHECK_STATUS(BCryptOpenAlgorithmProvider(&algorithm, u"RSA", NULL, 0), STATUS_SUCCESS);
    for (unsigned after = 1; after <= MOST; after++) {
        give(blob, size, after);
        CHECK_STATUS(BCryptImportKeyPair(algorithm, NULL, u"RSAPUBLICBLOB", &imported, given, (ULONG)given_size, 0),
                     STATUS_SUCCESS);
        CHECK_STATUS(BCryptDestroyKey(imported), STATUS_SUCCESS);
    }
    CHECK_STATUS(BCryptCloseAlgorithmProvider(algorithm, 0), STATUS_SUCCESS);
    free_handle(key);
}

/* The header's algorithm is read before, which then is what it was. */
static void test_wincrypt(void)
{
    NCRYPT_KEY_HANDLE key = make_exportable(u"RSA", WIDTH);
    HCRYPTPROV context = 0;
    HCRYPTKEY imported;
    uint8_t blob[ROOM];
    DWORD size = take(key, u"CAPIPUBLICBLOB", blob);

    CHECK(CryptAcquireContextW(&context, NULL, NULL, PROV_RSA_AES, CRYPT_VERIFYCONTEXT));
    for (unsigned after = 2; after <= MOST; after++) {
        give(blob, size, after);
        CHECK(CryptImportKey(context, given, (DWORD)given_size, 0, 0, &imported));
        CHECK(CryptDestroyKey(imported));
    }
    CHECK(CryptReleaseContext(context, 0));
    free_handle(key);
}

int main(void)
{
    home_make();
    provider = open_provider();
    RUN(test_import);
    RUN(test_property);
    RUN(test_group);
    RUN(test_bcrypt);
    RUN(test_wincrypt);
    free_handle(provider);
    free(given);
    return test_result("blob_changed");
}
