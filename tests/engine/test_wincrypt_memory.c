/* SPDX-License-Identifier: MIT
 *
 * Memory runs short at every single allocation, once each, under each step of CryptoAPI's: the step fails with a code
 * or does without, and leaves handles and store as they were.
 */
#include "ncrypt_ext_engine.h"
#include "wincrypt_support.h"

#if defined(__linux__)

#include "short_memory.h"

static HCRYPTPROV context;
static HCRYPTKEY pair;
static BYTE private_blob[600], public_blob[200], signature[128];
static DWORD private_size, public_size, signature_size = sizeof signature;

/* ---- the steps: each returns whether it worked, and leaves no handle open ---------------------------------------- */

static BOOL step_acquire(void)
{
    HCRYPTPROV own = 0;

    return CryptAcquireContextW(&own, u"kept", NULL, PROV_RSA_AES, 0) && CryptReleaseContext(own, 0);
}

static BOOL step_container(void)
{
    HCRYPTPROV own = 0;

    return CryptAcquireContextW(&own, u"new", NULL, PROV_RSA_AES, CRYPT_NEWKEYSET) && CryptReleaseContext(own, 0);
}

static BOOL step_delete(void)
{
    HCRYPTPROV own = 0;

    return CryptAcquireContextW(&own, u"new", NULL, PROV_RSA_AES, CRYPT_DELETEKEYSET);
}

static BOOL step_user_key(void)
{
    HCRYPTKEY key = 0;

    return CryptGetUserKey(context, AT_SIGNATURE, &key) && CryptDestroyKey(key);
}

static BOOL step_import(void)
{
    HCRYPTKEY key = 0;

    return CryptImportKey(context, private_blob, private_size, 0, CRYPT_EXPORTABLE, &key) && CryptDestroyKey(key);
}

static BOOL step_import_public(void)
{
    HCRYPTKEY key = 0;

    return CryptImportKey(context, public_blob, public_size, 0, 0, &key) && CryptDestroyKey(key);
}

static BOOL step_export(void)
{
    BYTE blob[600];
    DWORD size = sizeof blob;

    return CryptExportKey(pair, 0, PRIVATEKEYBLOB, 0, blob, &size);
}

static BOOL with_hash(bool sign)
{
    HCRYPTHASH hash = 0;
    BYTE out[128];
    DWORD size = sizeof out;
    BOOL good;

    if (!CryptCreateHash(context, CALG_SHA1, 0, 0, &hash)) {
        return FALSE;
    }
    good = CryptHashData(hash, (const BYTE *)"text", 4, 0) &&
           (sign ? CryptSignHashW(hash, AT_SIGNATURE, NULL, 0, out, &size)
                 : CryptVerifySignatureW(hash, signature, signature_size, pair, NULL, 0));
    return CryptDestroyHash(hash) && good;
}

static BOOL step_sign(void)
{
    return with_hash(true);
}

static BOOL step_verify(void)
{
    return with_hash(false);
}

static BOOL step_enumerate(void)
{
    BYTE name[800];
    DWORD size = sizeof name;

    return CryptGetProvParam(context, PP_ENUMCONTAINERS, name, &size, CRYPT_FIRST);
}

static BOOL step_translate(void)
{
    NCRYPT_PROV_HANDLE provider = 0;
    NCRYPT_KEY_HANDLE key = 0;
    SECURITY_STATUS status = NCryptTranslateHandle(&provider, &key, context, 0, AT_SIGNATURE, 0);

    if (status != ERROR_SUCCESS) {
        SetLastError((DWORD)status);
        return FALSE;
    }
    return NCryptFreeObject(key) == ERROR_SUCCESS && NCryptFreeObject(provider) == ERROR_SUCCESS;
}

/* ---- every allocation of each, once ------------------------------------------------------------------------------ */

static uint64_t live(void)
{
    uint64_t all = 0;

    for (uint32_t type = 0; type <= LIVE_HASH; type++) {
        all += ncx_live_handles(type);
    }
    return all;
}

static bool new_exists(void)
{
    HCRYPTPROV own = 0;

    return CryptAcquireContextW(&own, u"new", NULL, PROV_RSA_AES, 0) && CryptReleaseContext(own, 0);
}

static void starve(BOOL (*step)(void), int effect)
{
    uint64_t handles = live();
    unsigned failed = 0, n = 0;
    BOOL good;

    do {
        bool before = new_exists();

        SetLastError(0);
        struck = false;
        remaining = n++;
        counting = true;
        good = step();
        counting = false;
        failed += !good;
        CHECK(good || (struck && GetLastError() != 0));
        CHECK(good || (GetLastError() != (DWORD)NTE_BAD_SIGNATURE && GetLastError() != (DWORD)NTE_NO_KEY &&
                       GetLastError() != (DWORD)NTE_BAD_KEYSET && GetLastError() != (DWORD)NTE_KEYSET_ENTRY_BAD));
        CHECK(live() == handles);
        CHECK(new_exists() == (good && effect != 0 ? effect > 0 : before));
        if (good && struck && effect != 0) { /* it did without: again from where it was */
            CHECK(effect > 0 ? step_delete() : step_container());
        }
    } while (struck);
    CHECK(good && failed > 0);
}

static void test_steps(void)
{
    static const struct {
        const char *name;
        BOOL (*step)(void);
        int effect; /* 1: makes the container, -1: removes it */
    } steps[] = {
        {"acquire", step_acquire, 0},     {"container", step_container, 1}, {"delete", step_delete, -1},
        {"user key", step_user_key, 0},   {"import", step_import, 0},       {"import public", step_import_public, 0},
        {"export", step_export, 0},       {"sign", step_sign, 0},           {"verify", step_verify, 0},
        {"enumerate", step_enumerate, 0}, {"translate", step_translate, 0},
    };
    uint64_t checked = 0;

    for (size_t i = 0; i < COUNT(steps); i++) {
        unsigned before = test_failures;

        starve(steps[i].step, steps[i].effect);
        if (test_failures != before) {
            fprintf(stderr, "    in the step '%s'\n", steps[i].name);
        }
    }
    CHECK_STATUS(ncx_store_check(NCX_SCOPE_USER, NULL, NULL, &checked), ERROR_SUCCESS);
    CHECK(checked == 1);
}

int main(void)
{
    HCRYPTHASH hash;

    use_own_memory();
    home_make();
    context = acquire(u"kept", PROV_RSA_AES, CRYPT_NEWKEYSET);
    pair = generate_key(context, AT_SIGNATURE, CRYPT_EXPORTABLE);
    private_size = export_key(pair, PRIVATEKEYBLOB, private_blob, sizeof private_blob);
    public_size = export_key(pair, PUBLICKEYBLOB, public_blob, sizeof public_blob);
    hash = make_hash(context, CALG_SHA1, "text");
    CHECK_GOOD(CryptSignHashW(hash, AT_SIGNATURE, NULL, 0, signature, &signature_size));
    CHECK_GOOD(CryptDestroyHash(hash));
    RUN(test_steps);
    destroy_key(pair);
    release(context);
    check_no_capi_handles();
    return test_result("wincrypt_memory");
}

#else

int main(void)
{
    printf("wincrypt_memory: skipped, the linker cannot replace malloc() here\n");
    return 0;
}

#endif
