/* SPDX-License-Identifier: MIT
 *
 * Memory runs short at every single allocation of the engine, SQLite and libcrypto, once each, under each step an
 * application takes: the step fails with a code or does without, and leaves handles and store as they were.
 */
#include "common/utf16.h"
#include "ncrypt_ext_engine.h"
#include "ncrypt_support.h"

#if defined(__linux__)

#include "short_memory.h"

/* ---- the steps: each returns the first failure and leaves no handle open ------------------------------------------
 */

static NCRYPT_PROV_HANDLE provider;
static NCRYPT_KEY_HANDLE loaded, rsa;
static uint8_t ec_blob[200], rsa_blob[800], signature[132];
static DWORD ec_size, rsa_size, signature_size;

static SECURITY_STATUS close_after(NCRYPT_HANDLE handle, SECURITY_STATUS status)
{
    if (handle != 0) {
        CHECK_STATUS(NCryptFreeObject(handle), ERROR_SUCCESS);
    }
    return status;
}

static SECURITY_STATUS step_provider(void)
{
    NCRYPT_PROV_HANDLE own = 0;
    SECURITY_STATUS status = NCryptOpenStorageProvider(&own, u"Microsoft Software Key Storage Provider", 0);

    if (status == ERROR_SUCCESS) {
        status = set_bytes(own, u"Use Context", u"text", 10, 0);
    }
    return close_after(own, status);
}

static SECURITY_STATUS create_new(DWORD flags)
{
    static const NCRYPT_UI_POLICY policy = {1, 0, u"title", u"name", u"why"};
    NCRYPT_KEY_HANDLE key = 0;
    SECURITY_STATUS status = NCryptCreatePersistedKey(provider, &key, u"ECDSA_P256", u"new", 0, flags);

    if (status == ERROR_SUCCESS) {
        status = set_bytes(key, u"UI Policy", &policy, sizeof policy, 0);
    }
    if (status == ERROR_SUCCESS) {
        status = set_bytes(key, u"custom", "first", 5, NCRYPT_PERSIST_FLAG);
    }
    if (status == ERROR_SUCCESS) {
        status = NCryptFinalizeKey(key, 0);
    }
    return close_after(key, status);
}

static SECURITY_STATUS step_create(void)
{
    return create_new(0);
}

static SECURITY_STATUS step_overwrite(void)
{
    return create_new(NCRYPT_OVERWRITE_KEY_FLAG);
}

static SECURITY_STATUS step_open(void)
{
    NCRYPT_KEY_HANDLE key = 0;
    SECURITY_STATUS status = NCryptOpenKey(provider, &key, u"new", 0, 0);

    if (status == ERROR_SUCCESS) {
        status = sign_and_verify(key);
    }
    return close_after(key, status);
}

static SECURITY_STATUS step_sign(void)
{
    DWORD size = 0;
    uint8_t out[132];

    return sign_sample(loaded, out, &size);
}

static SECURITY_STATUS step_verify(void)
{
    return verify_sample(loaded, signature, signature_size);
}

static SECURITY_STATUS step_cipher(void)
{
    BCRYPT_OAEP_PADDING_INFO padding = {u"SHA1", NULL, 0};
    uint8_t plain[16] = "plain", out[128], back[128];
    DWORD size = 0, back_size = 0;
    SECURITY_STATUS status = NCryptEncrypt(rsa, plain, 16, &padding, out, sizeof out, &size, NCRYPT_PAD_OAEP_FLAG);

    if (status == ERROR_SUCCESS) {
        status = NCryptDecrypt(rsa, out, size, &padding, back, sizeof back, &back_size, NCRYPT_PAD_OAEP_FLAG);
    }
    CHECK(status != ERROR_SUCCESS || (back_size == 16 && memcmp(back, plain, 16) == 0));
    return status;
}

static SECURITY_STATUS step_set(void)
{
    NCRYPT_KEY_HANDLE key = 0;
    SECURITY_STATUS status = NCryptOpenKey(provider, &key, u"new", 0, 0);
    char value[8] = "";
    DWORD size = 0;

    if (status == ERROR_SUCCESS) {
        status = set_bytes(key, u"custom", "second", 6, NCRYPT_PERSIST_FLAG);
    }
    if (key != 0 && NCryptGetProperty(key, u"custom", (PBYTE)value, sizeof value, &size, 0) == ERROR_SUCCESS) {
        CHECK(status != ERROR_SUCCESS || strncmp(value, "second", size) == 0);
    }
    return close_after(key, status);
}

static SECURITY_STATUS step_get(void)
{
    static const WCHAR *const names[] = {u"Unique Name", u"custom", u"Provider Handle", u"UI Policy"};
    NCRYPT_KEY_HANDLE key = 0;
    SECURITY_STATUS status = NCryptOpenKey(provider, &key, u"new", 0, 0);
    uintptr_t value[32];
    DWORD size = 0;

    for (size_t i = 0; i < COUNT(names) && status == ERROR_SUCCESS; i++) {
        status = NCryptGetProperty(key, names[i], (PBYTE)value, sizeof value, &size, 0);
        if (status == ERROR_SUCCESS && i == 2) {
            free_handle(value[0]);
        }
    }
    return close_after(key, status);
}

static SECURITY_STATUS step_enumerate(void)
{
    NCryptAlgorithmName *algorithms = NULL;
    NCryptProviderName *providers = NULL;
    NCryptKeyName *name = NULL;
    PVOID state = NULL;
    DWORD count = 0;
    SECURITY_STATUS status = NCryptEnumStorageProviders(&count, &providers, 0);

    if (status == ERROR_SUCCESS) {
        status = NCryptEnumAlgorithms(provider, 0, &count, &algorithms, 0);
    }
    while (status == ERROR_SUCCESS && (status = NCryptEnumKeys(provider, NULL, &name, &state, 0)) == ERROR_SUCCESS) {
        CHECK_STATUS(NCryptFreeBuffer(name), ERROR_SUCCESS);
    }
    if (providers != NULL) {
        CHECK_STATUS(NCryptFreeBuffer(providers), ERROR_SUCCESS);
    }
    if (algorithms != NULL) {
        CHECK_STATUS(NCryptFreeBuffer(algorithms), ERROR_SUCCESS);
    }
    if (state != NULL) {
        CHECK_STATUS(NCryptFreeBuffer(state), ERROR_SUCCESS);
    }
    return status == NTE_NO_MORE_ITEMS ? ERROR_SUCCESS : status;
}

static SECURITY_STATUS step_delete(void)
{
    NCRYPT_KEY_HANDLE key = 0;
    SECURITY_STATUS status = NCryptOpenKey(provider, &key, u"new", 0, 0);

    if (status == ERROR_SUCCESS) {
        status = NCryptDeleteKey(key, 0);
    }
    return status == ERROR_SUCCESS ? status : close_after(key, status);
}

static SECURITY_STATUS step_import(void)
{
    NCryptBuffer buffer = {8, NCRYPTBUFFER_PKCS_KEY_NAME, (PVOID)(uintptr_t)u"new"};
    NCryptBufferDesc list = {NCRYPTBUFFER_VERSION, 1, &buffer};
    NCRYPT_KEY_HANDLE key = 0;

    SECURITY_STATUS status = NCryptImportKey(provider, 0, u"ECCPRIVATEBLOB", &list, &key, ec_blob, ec_size, 0);

    return close_after(key, status);
}

static SECURITY_STATUS step_import_rsa(void)
{
    NCRYPT_KEY_HANDLE key = 0;
    SECURITY_STATUS status = NCryptImportKey(provider, 0, u"PKCS8_PRIVATEKEY", NULL, &key, rsa_blob, rsa_size, 0);

    return close_after(key, status);
}

static SECURITY_STATUS step_export(void)
{
    static const WCHAR *const types[] = {u"PRIVATEBLOB", u"PUBLICBLOB", u"PKCS8_PRIVATEKEY"};
    SECURITY_STATUS status = ERROR_SUCCESS;
    uint8_t out[800];
    DWORD size = 0;

    for (size_t i = 0; i < 2 * COUNT(types) && status == ERROR_SUCCESS; i++) {
        status = NCryptExportKey(i % 2 ? rsa : loaded, 0, types[i / 2], NULL, out, sizeof out, &size, 0);
    }
    return status;
}

/* ---- each step with each allocation failing ------------------------------------------------------------------------
 */

static bool present(void)
{
    NCRYPT_KEY_HANDLE key = 0;
    SECURITY_STATUS status = NCryptOpenKey(provider, &key, u"new", 0, 0);

    if (status == ERROR_SUCCESS) {
        CHECK_STATUS(sign_and_verify(key), ERROR_SUCCESS);
        free_handle(key);
        return true;
    }
    CHECK_STATUS(status, NTE_BAD_KEYSET);
    return false;
}

enum effect { NOTHING, MAKES, REMOVES };

static void put_back(enum effect effect)
{
    if (effect == MAKES && present()) {
        CHECK_STATUS(step_delete(), ERROR_SUCCESS);
    } else if (effect == REMOVES && !present()) {
        CHECK_STATUS(step_create(), ERROR_SUCCESS);
    }
}

static void starve(const char *name, SECURITY_STATUS (*step)(void), enum effect effect)
{
    uint64_t providers = ncx_live_handles(0), keys = ncx_live_handles(1);
    unsigned failed = 0, odd = 0, n = 0;
    SECURITY_STATUS status, last_odd = 0;

    put_back(effect);
    do {
        bool before = present();

        struck = false;
        remaining = n++;
        counting = true;
        status = step();
        counting = false;
        failed += status != ERROR_SUCCESS;
        CHECK(status == ERROR_SUCCESS || struck);
        CHECK(status != NTE_BAD_SIGNATURE && status != NTE_BAD_KEYSET && status != NTE_KEYSET_ENTRY_BAD);
        if (status != ERROR_SUCCESS && status != NTE_NO_MEMORY) {
            odd++;
            last_odd = status;
        }
        CHECK(ncx_live_handles(0) == providers && ncx_live_handles(1) == keys);
        CHECK(present() == (status != ERROR_SUCCESS || effect == NOTHING ? before : effect == MAKES));
        if (status == ERROR_SUCCESS) {
            put_back(effect);
        }
    } while (struck);
    CHECK(status == ERROR_SUCCESS);
    CHECK(failed > 0);
    if (getenv("NCRYPT_EXT_TEST_VERBOSE") != NULL) {
        printf("%s: %u allocations, %u failures, %u with another code than NTE_NO_MEMORY, the last 0x%08X\n", name,
               n - 1, failed, odd, (unsigned)last_odd);
    }
}

static void report(void *context, const char *sentence)
{
    (void)context;
    fprintf(stderr, "check: %s\n", sentence);
}

static void set_up(void)
{
    provider = open_provider();
    loaded = begin_key(provider, u"ECDSA_P256", NULL, 0);
    rsa = begin_key(provider, u"RSA", NULL, 0);
    CHECK_STATUS(set_dword(rsa, u"Length", 1024, 0), ERROR_SUCCESS);
    CHECK_STATUS(set_dword(rsa, u"Export Policy", NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG, 0), ERROR_SUCCESS);
    CHECK_STATUS(set_dword(loaded, u"Export Policy", NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFinalizeKey(loaded, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFinalizeKey(rsa, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptExportKey(loaded, 0, u"ECCPRIVATEBLOB", NULL, ec_blob, sizeof ec_blob, &ec_size, 0),
                 ERROR_SUCCESS);
    CHECK_STATUS(NCryptExportKey(rsa, 0, u"PKCS8_PRIVATEKEY", NULL, rsa_blob, sizeof rsa_blob, &rsa_size, 0),
                 ERROR_SUCCESS);
    CHECK_STATUS(sign_sample(loaded, signature, &signature_size), ERROR_SUCCESS);
}

static void test_steps(void)
{
    static const struct {
        const char *name;
        SECURITY_STATUS (*step)(void);
        enum effect effect;
    } steps[] = {
        {"provider", step_provider, NOTHING},
        {"create", step_create, MAKES},
        {"import", step_import, MAKES},
        {"delete", step_delete, REMOVES},
        {"overwrite", step_overwrite, NOTHING},
        {"open", step_open, NOTHING},
        {"set", step_set, NOTHING},
        {"get", step_get, NOTHING},
        {"enumerate", step_enumerate, NOTHING},
        {"sign", step_sign, NOTHING},
        {"verify", step_verify, NOTHING},
        {"cipher", step_cipher, NOTHING},
        {"import RSA", step_import_rsa, NOTHING},
        {"export", step_export, NOTHING},
    };
    uint64_t checked = 0;

    for (size_t i = 0; i < COUNT(steps); i++) {
        unsigned before = test_failures;

        starve(steps[i].name, steps[i].step, steps[i].effect);
        if (test_failures != before) {
            fprintf(stderr, "    in the step '%s'\n", steps[i].name);
        }
    }
    CHECK_STATUS(ncx_store_check(NCX_SCOPE_USER, report, NULL, &checked), ERROR_SUCCESS);
    CHECK(checked == 1);
}

int main(void)
{
    use_own_memory();
    home_make();
    set_up();
    RUN(test_steps);
    free_handle(loaded);
    free_handle(rsa);
    free_handle(provider);
    check_no_handles();
    return test_result("ncrypt_memory");
}

#else

int main(void)
{
    printf("ncrypt_memory: skipped, the linker cannot replace malloc() here\n");
    return 0;
}

#endif
