/* SPDX-License-Identifier: MIT
 *
 * Memory runs short at every single allocation (of envelopes at every fifth) of the engine, SQLite and libcrypto, once
 * each, while keys leave and come back encrypted; and whatever is given back to the C library, then or otherwise, the
 * password is not left in it, nor a private number. libcrypto leaves it where its decoder gives up because memory is
 * short.
 */
#include "envelope_support.h"

#if defined(__linux__)

#include <malloc.h>

#include "short_memory.h"

static NCRYPT_KEY_HANDLE rsa_key;
static uint8_t number[32], rsa_number[32];
static const WCHAR password[] = u"correct horse battery staple, and more";
static const char password_utf8[] = "correct horse battery staple, and more";
static unsigned dirty, looked_at;

/* ---- what is freed --------------------------------------------------------------------------------------------- */

static bool holds(const void *memory, size_t size, const void *bytes)
{
    return memmem(memory, size, bytes, 32) != NULL;
}

void __real_free(void *memory);
void __wrap_free(void *memory);

/* As soon as the numbers are known. */
void __wrap_free(void *memory)
{
    static const uint8_t unknown[32];

    if (memory != NULL && memcmp(rsa_number, unknown, sizeof rsa_number) != 0) {
        size_t size = malloc_usable_size(memory);

        looked_at++;
        dirty += holds(memory, size, password_utf8);
        if (holds(memory, size, number) || holds(memory, size, rsa_number)) {
            dirty += !struck;
            memset(memory, 0, size); /* whoever gets it next has not left it behind */
        }
    }
    __real_free(memory);
}

/* ---- the steps ------------------------------------------------------------------------------------------------- */

/* Out and back. */
static SECURITY_STATUS carry(NCRYPT_KEY_HANDLE leaving, const WCHAR *type, NCRYPT_KEY_HANDLE closer,
                             NCryptBufferDesc *wanted, NCRYPT_KEY_HANDLE opener, NCryptBufferDesc *given)
{
    NCRYPT_KEY_HANDLE made = 0;
    uint8_t out[ROOM];
    DWORD size = 0;
    SECURITY_STATUS status = NCryptExportKey(leaving, closer, type, wanted, out, sizeof out, &size, 0);

    if (status == ERROR_SUCCESS) {
        status = NCryptImportKey(provider, opener, type, given, &made, out, size, 0);
        CHECK((made == 0) == (status != ERROR_SUCCESS));
    }
    if (made != 0) {
        free_handle(made);
    }
    return status;
}

static SECURITY_STATUS under_password(NCRYPT_KEY_HANDLE leaving, const char *oid)
{
    static const uint8_t settings[] = {1, 0, 0, 0, 8, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8};
    NCryptBuffer own[] = {
        {sizeof password, NCRYPTBUFFER_PKCS_SECRET, (PVOID)(uintptr_t)password},
        {(ULONG)strlen(oid) + 1, NCRYPTBUFFER_PKCS_ALG_OID, (PVOID)(uintptr_t)oid},
        {sizeof settings, NCRYPTBUFFER_PKCS_ALG_PARAM, (PVOID)(uintptr_t)settings},
    };
    NCryptBufferDesc wanted = {NCRYPTBUFFER_VERSION, 3, own}, given = {NCRYPTBUFFER_VERSION, 1, own};

    return carry(leaving, u"PKCS8_PRIVATEKEY", 0, &wanted, 0, &given);
}

static SECURITY_STATUS step_pbes2(void)
{
    return under_password(key, "1.2.840.113549.1.5.13");
}

static SECURITY_STATUS step_triple_des(void)
{
    return under_password(key, "1.2.840.113549.1.12.1.3");
}

static SECURITY_STATUS step_in_clear(void)
{
    SECURITY_STATUS status = carry(key, u"PKCS8_PRIVATEKEY", 0, NULL, 0, NULL);

    return status == ERROR_SUCCESS ? carry(rsa_key, u"PKCS8_PRIVATEKEY", 0, NULL, 0, NULL) : status;
}

static SECURITY_STATUS step_rsa(void)
{
    return under_password(rsa_key, "1.2.840.113549.1.5.13");
}

static SECURITY_STATUS step_opaque(void)
{
    return carry(key, u"OpaqueTransport", 0, NULL, 0, NULL);
}

static SECURITY_STATUS step_envelope(void)
{
    return carry(key, ENVELOPE, 0, recipients(for_rsa.der, for_rsa.size, AES256), rsa, NULL);
}

static SECURITY_STATUS step_wrap(void)
{
    return carry(key, WRAPPED, rsa, NULL, rsa, NULL);
}

/* When memory runs short while libcrypto blinds a number, the RSA key is of no use any more: one of its own for each
 * round of a step that opens with it. */
static void renew_opener(void)
{
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(for_rsa.key);
    uint8_t *der = NULL;
    int size = i2d_PKCS8_PRIV_KEY_INFO(info, &der);

    free_handle(rsa);
    rsa = 0;
    CHECK_STATUS(
        NCryptImportKey(provider, 0, u"PKCS8_PRIVATEKEY", NULL, &rsa, der, (DWORD)size, NCRYPT_NO_KEY_VALIDATION),
        ERROR_SUCCESS);
    OPENSSL_free(der);
    PKCS8_PRIV_KEY_INFO_free(info);
}

/* `stride` 1: at each allocation. `opens`: the step opens something with the RSA key. */
static void starve(const char *name, unsigned stride, bool opens, SECURITY_STATUS (*step)(void))
{
    uint64_t keys = ncx_live_handles(1);
    SECURITY_STATUS status = step(); /* also warms libcrypto's caches up */
    unsigned failed = 0, n = 0;

    CHECK_STATUS(status, ERROR_SUCCESS);
    do {
        if (opens) {
            renew_opener();
        }
        struck = false;
        remaining = n;
        n += stride;
        counting = true;
        status = step();
        counting = false;
        failed += status != ERROR_SUCCESS;
        CHECK(status == ERROR_SUCCESS || struck);
        CHECK(ncx_live_handles(1) == keys);
    } while (struck && n < 100000);
    CHECK(status == ERROR_SUCCESS && failed > 0);
    renew_opener();
    printf("  %s: %u allocations refused, %u failures\n", name, n / stride - 1, failed);
}

static void test_steps(void)
{
    starve("PBES2", 1, false, step_pbes2);
    starve("3DES", 1, false, step_triple_des);
    starve("PKCS#8", 1, false, step_in_clear);
    starve("RSA in PBES2", 5, false, step_rsa);
    starve("OpaqueTransport", 1, false, step_opaque);
    starve("PKCS7_ENVELOPE", 5, true, step_envelope);
    starve("PKCS11RsaAesWrapBlob", 1, true, step_wrap);
}

/* The last numbers of both blobs are those that nobody else shall have. */
static void learn_numbers(void)
{
    uint8_t blob[ROOM];
    DWORD size = 0;

    rsa_key = begin_key(provider, u"RSA", NULL, 0);
    CHECK_STATUS(set_dword(rsa_key, u"Length", 1024, 0), ERROR_SUCCESS);
    CHECK_STATUS(set_dword(rsa_key, u"Export Policy", NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFinalizeKey(rsa_key, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptExportKey(key, 0, u"ECCPRIVATEBLOB", NULL, blob, sizeof blob, &size, 0), ERROR_SUCCESS);
    memcpy(number, blob + size - 32, 32);
    CHECK_STATUS(NCryptExportKey(rsa_key, 0, u"RSAFULLPRIVATEBLOB", NULL, blob, sizeof blob, &size, 0), ERROR_SUCCESS);
    memcpy(rsa_number, blob + size - 32, 32); /* from now on what is freed is looked at */
}

static void test_nothing_left(void)
{
    CHECK(looked_at > 1000);
    CHECK(dirty == 0);
}

int main(void)
{
    use_own_memory();
    rsa_bits = 1024;
    RUN(make_keys);
    RUN(learn_numbers);
    RUN(test_steps);
    RUN(test_nothing_left);
    free_handle(rsa_key);
    RUN(free_keys);
    return test_result("ncrypt_envelope_memory");
}

#else

int main(void)
{
    printf("ncrypt_envelope_memory: skipped, the linker cannot replace malloc() here\n");
    return 0;
}

#endif
