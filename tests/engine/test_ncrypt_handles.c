/* SPDX-License-Identifier: MIT
 *
 * Every function with handles that are not its own, with NULL pointers, and with flags that mean nothing to it.
 */
#include "ncrypt_support.h"

static NCRYPT_PROV_HANDLE provider;
static NCRYPT_KEY_HANDLE key, unfinished;
static uint8_t bytes[256];
static uint8_t *const digest = bytes;

/* Each function that takes a provider or a key, otherwise called as it should be. */
enum function {
    IS_ALG_SUPPORTED,
    ENUM_ALGORITHMS,
    CREATE,
    OPEN,
    ENUM_KEYS,
    IMPORT,
    FIRST_OF_KEYS,
    FINALIZE = FIRST_OF_KEYS,
    DELETE,
    SIGN,
    VERIFY,
    ENCRYPT,
    DECRYPT,
    EXPORT,
    FIRST_OF_BOTH,
    GET = FIRST_OF_BOTH,
    SET,
    FREE_OBJECT,
    FUNCTIONS,
};

static SECURITY_STATUS call_with_provider(enum function function, NCRYPT_HANDLE handle, DWORD flags)
{
    NCryptAlgorithmName *algorithms = NULL;
    NCryptKeyName *name = NULL;
    NCRYPT_KEY_HANDLE made = 0;
    PVOID state = NULL;
    DWORD count = 0;
    SECURITY_STATUS status = NTE_FAIL;

    switch (function) {
    case IS_ALG_SUPPORTED:
        return NCryptIsAlgSupported(handle, u"RSA", flags);
    case ENUM_ALGORITHMS:
        status = NCryptEnumAlgorithms(handle, 0, &count, &algorithms, flags);
        break;
    case CREATE:
        status = NCryptCreatePersistedKey(handle, &made, u"ECDSA_P256", NULL, 0, flags);
        break;
    case OPEN:
        status = NCryptOpenKey(handle, &made, u"no such key", 0, flags);
        break;
    case ENUM_KEYS:
        status = NCryptEnumKeys(handle, NULL, &name, &state, flags);
        break;
    default:
        status = NCryptImportKey(handle, 0, u"ECCPUBLICBLOB", NULL, &made, bytes, sizeof bytes, flags);
    }
    CHECK(made == 0 || status == ERROR_SUCCESS);
    if (made != 0) {
        free_handle(made);
    }
    if (algorithms != NULL) {
        CHECK_STATUS(NCryptFreeBuffer(algorithms), ERROR_SUCCESS);
    }
    if (state != NULL) {
        CHECK_STATUS(NCryptFreeBuffer(state), ERROR_SUCCESS);
    }
    return status;
}

static SECURITY_STATUS call(enum function function, NCRYPT_HANDLE handle, DWORD flags)
{
    uint8_t out[256];
    DWORD size = 0;

    switch (function) {
    case FINALIZE:
        return NCryptFinalizeKey(handle, flags);
    case DELETE:
        return NCryptDeleteKey(handle, flags);
    case SIGN:
        return NCryptSignHash(handle, NULL, digest, 32, out, sizeof out, &size, flags);
    case VERIFY:
        return NCryptVerifySignature(handle, NULL, digest, 32, out, 64, flags);
    case ENCRYPT:
        return NCryptEncrypt(handle, bytes, 16, NULL, out, sizeof out, &size, flags);
    case DECRYPT:
        return NCryptDecrypt(handle, bytes, 16, NULL, out, sizeof out, &size, flags);
    case EXPORT:
        return NCryptExportKey(handle, 0, u"ECCPUBLICBLOB", NULL, out, sizeof out, &size, flags);
    case GET:
        return NCryptGetProperty(handle, u"Impl Type", out, sizeof out, &size, flags);
    case SET:
        return NCryptSetProperty(handle, u"Use Context", (PBYTE)(uintptr_t)u"x", 4, flags);
    case FREE_OBJECT:
        return NCryptFreeObject(handle);
    default:
        return call_with_provider(function, handle, flags);
    }
}

static void refused_by(enum function first, enum function last, NCRYPT_HANDLE handle)
{
    for (enum function function = first; function < last; function++) {
        if (!CHECK_STATUS(call(function, handle, 0), NTE_INVALID_HANDLE)) {
            fprintf(stderr, "    function %d, handle 0x%zx\n", (int)function, (size_t)handle);
        }
    }
}

static void test_no_handles(void)
{
    NCRYPT_PROV_HANDLE stale_provider = open_provider();
    NCRYPT_KEY_HANDLE stale_key = make_key(provider, u"ECDSA_P256", NULL),
                      deleted = begin_key(provider, u"RSA", NULL, 0);
    uint64_t random = 2;

    free_handle(stale_provider);
    free_handle(stale_key);
    CHECK_STATUS(NCryptDeleteKey(deleted, 0), ERROR_SUCCESS);
    refused_by(0, FUNCTIONS, 0);
    refused_by(0, FUNCTIONS, UINTPTR_MAX);
    refused_by(0, FUNCTIONS, stale_provider);
    refused_by(0, FUNCTIONS, stale_key);
    refused_by(0, FUNCTIONS, deleted);
    refused_by(0, FUNCTIONS, (NCRYPT_HANDLE)(void *)&random);
    for (int i = 0; i < 10000; i++) {
        refused_by(0, FUNCTIONS, (NCRYPT_HANDLE)next_random(&random));
    }
    for (unsigned bit = 0; bit < 8 * sizeof key; bit++) {
        refused_by(0, FUNCTIONS, key ^ (NCRYPT_HANDLE)1 << bit);
        refused_by(0, FUNCTIONS, provider ^ (NCRYPT_HANDLE)1 << bit);
    }
    CHECK(!NCryptIsKeyHandle(0));
    CHECK(!NCryptIsKeyHandle(stale_key));
    CHECK(!NCryptIsKeyHandle(provider));
    CHECK(NCryptIsKeyHandle(key));
    CHECK(NCryptIsKeyHandle(unfinished));
}

static void test_wrong_kind(void)
{
    refused_by(0, FIRST_OF_KEYS, key);
    refused_by(FIRST_OF_KEYS, FIRST_OF_BOTH, provider);
}

static void test_wrapping_key(void)
{
    NCRYPT_KEY_HANDLE made = 0;
    uint8_t out[256];
    DWORD size = 0;

    CHECK_STATUS(NCryptImportKey(provider, provider, u"ECCPUBLICBLOB", NULL, &made, bytes, 72, 0), NTE_INVALID_HANDLE);
    CHECK_STATUS(NCryptImportKey(provider, key, u"ECCPUBLICBLOB", NULL, &made, bytes, 72, 0), NTE_NOT_SUPPORTED);
    CHECK_STATUS(NCryptExportKey(key, 17, u"ECCPUBLICBLOB", NULL, out, sizeof out, &size, 0), NTE_INVALID_HANDLE);
    CHECK_STATUS(NCryptExportKey(key, key, u"ECCPUBLICBLOB", NULL, out, sizeof out, &size, 0), NTE_NOT_SUPPORTED);
    CHECK(made == 0);
}

static void test_unfinished_key(void)
{
    CHECK_STATUS(call(SIGN, unfinished, 0), NTE_BAD_KEY_STATE);
    CHECK_STATUS(call(VERIFY, unfinished, 0), NTE_BAD_KEY_STATE);
    CHECK_STATUS(call(ENCRYPT, unfinished, 0), NTE_BAD_KEY_STATE);
    CHECK_STATUS(call(DECRYPT, unfinished, 0), NTE_BAD_KEY_STATE);
    CHECK_STATUS(call(EXPORT, unfinished, 0), NTE_BAD_KEY_STATE);
    CHECK_STATUS(call(FINALIZE, key, 0), NTE_INVALID_HANDLE);
}

static void test_flags(void)
{
    static const struct {
        enum function function;
        DWORD known;
    } rows[] = {
        {IS_ALG_SUPPORTED, 0x40},
        {ENUM_ALGORITHMS, 0x40},
        {CREATE, 0x20 | 0x40 | 0x80 | 0x2000 | 0x70000},
        {OPEN, 0x20 | 0x40 | 0x2000},
        {ENUM_KEYS, 0x20 | 0x40},
        {IMPORT, 0x8 | 0x20 | 0x40 | 0x80 | 0x200 | 0x400 | 0x2000 | 0x70000},
        {FINALIZE, 0x8 | 0x40 | 0x200},
        {DELETE, 0x40},
        {SIGN, 0x40},
        {VERIFY, 0x40},
        {EXPORT, 0x40 | 0x800},
        {GET, 0x40 | 0x40000000},
        {SET, 0x40 | 0x40000000 | 0x80000000},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        for (unsigned bit = 0; bit < 32; bit++) {
            DWORD flag = (DWORD)1 << bit;
            NCRYPT_HANDLE handle = rows[i].function < FIRST_OF_KEYS ? provider
                                   : rows[i].function == FINALIZE   ? unfinished
                                                                    : key;

            if ((rows[i].known & flag) == 0 && !CHECK_STATUS(call(rows[i].function, handle, flag), NTE_BAD_FLAGS)) {
                fprintf(stderr, "    function %d, flag 0x%X\n", (int)rows[i].function, (unsigned)flag);
            }
        }
    }
    CHECK_STATUS(call(CREATE, provider, NCRYPT_USE_VIRTUAL_ISOLATION_FLAG), NTE_VBS_UNAVAILABLE);
    CHECK_STATUS(call(IMPORT, provider, NCRYPT_USE_VIRTUAL_ISOLATION_FLAG), NTE_VBS_UNAVAILABLE);
    CHECK(NCryptIsKeyHandle(key));
}

static void test_open_provider(void)
{
    NCRYPT_PROV_HANDLE made = 0;
    WCHAR name[300];

    for (size_t i = 0; i < COUNT(name) - 1; i++) {
        name[i] = 'x';
    }
    name[COUNT(name) - 1] = 0;
    CHECK_STATUS(NCryptOpenStorageProvider(NULL, NULL, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptOpenStorageProvider(NULL, NULL, 1), NTE_BAD_FLAGS);
    CHECK_STATUS(NCryptOpenStorageProvider(&made, NULL, NCRYPT_SILENT_FLAG), NTE_BAD_FLAGS);
    CHECK_STATUS(NCryptOpenStorageProvider(&made, u"Nobody's", 0), NTE_NOT_FOUND);
    CHECK_STATUS(NCryptOpenStorageProvider(&made, u"", 0), NTE_NOT_FOUND);
    CHECK_STATUS(NCryptOpenStorageProvider(&made, name, 0), NTE_INVALID_PARAMETER);
    CHECK(made == 0);
    CHECK_STATUS(NCryptOpenStorageProvider(&made, u"microsoft SOFTWARE key storage provider", 0), ERROR_SUCCESS);
    free_handle(made);
}

static void test_null_pointers(void)
{
    NCryptProviderName *providers = NULL;
    NCryptAlgorithmName *algorithms = NULL;
    NCryptKeyName *name = NULL;
    NCRYPT_KEY_HANDLE made = 0;
    PVOID state = NULL;
    DWORD size = 0;

    CHECK_STATUS(NCryptEnumStorageProviders(NULL, &providers, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptEnumStorageProviders(&size, NULL, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptEnumStorageProviders(&size, &providers, 1), NTE_BAD_FLAGS);
    CHECK_STATUS(NCryptIsAlgSupported(provider, NULL, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptEnumAlgorithms(provider, 0, NULL, &algorithms, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptEnumAlgorithms(provider, 0, &size, NULL, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptCreatePersistedKey(provider, NULL, u"RSA", NULL, 0, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptCreatePersistedKey(provider, &made, NULL, NULL, 0, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptOpenKey(provider, NULL, u"name", 0, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptOpenKey(provider, &made, NULL, 0, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptEnumKeys(provider, NULL, NULL, &state, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptEnumKeys(provider, NULL, &name, NULL, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptEnumKeys(provider, u"scope", &name, &state, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptGetProperty(key, NULL, NULL, 0, &size, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptGetProperty(key, u"Length", NULL, 0, NULL, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptSetProperty(key, NULL, bytes, 1, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptSetProperty(key, u"custom", NULL, 0, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptSignHash(key, NULL, NULL, 32, bytes, 64, &size, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptSignHash(key, NULL, digest, 32, bytes, 64, NULL, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptSignHash(key, NULL, digest, 0, bytes, 64, &size, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptVerifySignature(key, NULL, NULL, 32, bytes, 64, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptVerifySignature(key, NULL, digest, 32, NULL, 64, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptVerifySignature(key, NULL, digest, 32, bytes, 0, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptEncrypt(key, NULL, 1, NULL, bytes, 64, &size, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptEncrypt(key, bytes, 1, NULL, bytes, 64, NULL, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptDecrypt(key, NULL, 1, NULL, bytes, 64, &size, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptDecrypt(key, bytes, 1, NULL, bytes, 64, NULL, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptExportKey(key, 0, NULL, NULL, bytes, 256, &size, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptExportKey(key, 0, u"ECCPUBLICBLOB", NULL, bytes, 256, NULL, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptImportKey(provider, 0, NULL, NULL, &made, bytes, 72, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptImportKey(provider, 0, u"ECCPUBLICBLOB", NULL, NULL, bytes, 72, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptImportKey(provider, 0, u"ECCPUBLICBLOB", NULL, &made, NULL, 72, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptImportKey(provider, 0, u"ECCPUBLICBLOB", NULL, &made, bytes, 0, 0), NTE_INVALID_PARAMETER);
    CHECK(made == 0 && state == NULL && name == NULL && providers == NULL && algorithms == NULL);
}

/* Keys outlive the provider's handle, and each handle is freed on its own. */
static void test_order_of_release(void)
{
    NCRYPT_PROV_HANDLE own = open_provider(), again = 0;
    NCRYPT_KEY_HANDLE child = make_key(own, u"ECDSA_P256", NULL);
    uint64_t providers = ncx_live_handles(0);
    DWORD size = 0;

    free_handle(own);
    CHECK(ncx_live_handles(0) == providers - 1);
    CHECK_STATUS(sign_and_verify(child), ERROR_SUCCESS);
    CHECK_STATUS(NCryptGetProperty(child, u"Provider Handle", NULL, 0, &size, 0), ERROR_SUCCESS);
    CHECK(size == sizeof again && ncx_live_handles(0) == providers - 1); /* a size query makes no handle */
    CHECK_STATUS(NCryptGetProperty(child, u"Provider Handle", (PBYTE)&again, sizeof again, &size, 0), ERROR_SUCCESS);
    free_handle(child);
    CHECK_STATUS(NCryptIsAlgSupported(again, u"RSA", 0), ERROR_SUCCESS);
    free_handle(again);
    CHECK_STATUS(NCryptFreeObject(again), NTE_INVALID_HANDLE);
}

int main(void)
{
    home_make();
    provider = open_provider();
    key = make_key(provider, u"ECDSA_P256", NULL);
    unfinished = begin_key(provider, u"ECDSA_P256", NULL, 0);
    RUN(test_no_handles);
    RUN(test_wrong_kind);
    RUN(test_wrapping_key);
    RUN(test_unfinished_key);
    RUN(test_flags);
    RUN(test_open_provider);
    RUN(test_null_pointers);
    RUN(test_order_of_release);
    free_handle(unfinished);
    free_handle(key);
    free_handle(provider);
    check_no_handles();
    return test_result("ncrypt_handles");
}
