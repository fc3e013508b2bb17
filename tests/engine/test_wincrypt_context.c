/* SPDX-License-Identifier: MIT
 *
 * CryptoAPI contexts: acquiring, references, parameters, enumeration, handles that are none.
 */
#include "wincrypt_support.h"

static BOOL try_acquire(const WCHAR *container, const WCHAR *provider, DWORD type, DWORD flags)
{
    HCRYPTPROV context = 4711;
    BOOL good = CryptAcquireContextW(&context, container, provider, type, flags);

    CHECK(good ? context != 4711 : context == 4711);
    if (good && (flags & CRYPT_DELETEKEYSET) == 0) {
        release(context);
    }
    return good;
}

static void test_providers(void)
{
    static const WCHAR *const full[] = {NULL, u"", MS_DEF_PROV_W, MS_ENHANCED_PROV_W, MS_STRONG_PROV_W};
    static WCHAR long_name[400];

    for (size_t i = 0; i < COUNT(full); i++) {
        CHECK_GOOD(try_acquire(NULL, full[i], PROV_RSA_FULL, CRYPT_VERIFYCONTEXT));
    }
    CHECK_GOOD(try_acquire(NULL, MS_ENH_RSA_AES_PROV_W, PROV_RSA_AES, CRYPT_VERIFYCONTEXT));
    CHECK_GOOD(try_acquire(NULL, u"microsoft STRONG cryptographic provider", PROV_RSA_FULL, CRYPT_VERIFYCONTEXT));
    CHECK_ERROR(try_acquire(NULL, MS_ENH_RSA_AES_PROV_W, PROV_RSA_FULL, CRYPT_VERIFYCONTEXT), NTE_PROV_TYPE_NO_MATCH);
    CHECK_ERROR(try_acquire(NULL, MS_STRONG_PROV_W, PROV_RSA_AES, CRYPT_VERIFYCONTEXT), NTE_PROV_TYPE_NO_MATCH);
    CHECK_ERROR(try_acquire(NULL, u"Nobody's", PROV_RSA_FULL, CRYPT_VERIFYCONTEXT), NTE_KEYSET_NOT_DEF);
    CHECK_ERROR(try_acquire(NULL, NULL, 2, CRYPT_VERIFYCONTEXT), NTE_PROV_TYPE_NOT_DEF);
    CHECK_ERROR(try_acquire(NULL, NULL, 999, CRYPT_VERIFYCONTEXT), NTE_PROV_TYPE_NOT_DEF);
    CHECK_ERROR(try_acquire(NULL, NULL, 0, CRYPT_VERIFYCONTEXT), NTE_BAD_PROV_TYPE);
    CHECK_ERROR(try_acquire(NULL, NULL, 1000, CRYPT_VERIFYCONTEXT), NTE_BAD_PROV_TYPE);
    for (size_t i = 0; i + 1 < COUNT(long_name); i++) {
        long_name[i] = 'x';
    }
    CHECK_ERROR(try_acquire(NULL, long_name, PROV_RSA_FULL, CRYPT_VERIFYCONTEXT), NTE_KEYSET_NOT_DEF);
    CHECK_ERROR(try_acquire(long_name, NULL, PROV_RSA_FULL, CRYPT_NEWKEYSET), NTE_BAD_KEYSET_PARAM);
    long_name[260] = 0;
    CHECK_GOOD(try_acquire(long_name, NULL, PROV_RSA_FULL, CRYPT_NEWKEYSET));
    CHECK_GOOD(try_acquire(long_name, NULL, PROV_RSA_FULL, CRYPT_DELETEKEYSET));
}

static void test_flags(void)
{
    static const DWORD known =
        CRYPT_VERIFYCONTEXT | CRYPT_NEWKEYSET | CRYPT_DELETEKEYSET | CRYPT_MACHINE_KEYSET | CRYPT_SILENT;

    for (unsigned bit = 0; bit < 32; bit++) {
        DWORD flag = 1u << bit;

        if ((flag & known) == 0 || (flag & CRYPT_VERIFYCONTEXT) != 0) {
            CHECK_ERROR(try_acquire(u"flags", NULL, PROV_RSA_FULL, flag), NTE_BAD_FLAGS);
        }
    }
    CHECK_ERROR(try_acquire(u"flags", NULL, PROV_RSA_FULL, CRYPT_VERIFYCONTEXT), NTE_BAD_FLAGS);
    CHECK_ERROR(try_acquire(u"flags", NULL, PROV_RSA_FULL, CRYPT_NEWKEYSET | CRYPT_DELETEKEYSET), NTE_BAD_FLAGS);
    CHECK_ERROR(try_acquire(NULL, NULL, PROV_RSA_FULL, CRYPT_VERIFYCONTEXT | CRYPT_DELETEKEYSET), NTE_BAD_FLAGS);
    CHECK_GOOD(try_acquire(u"", NULL, PROV_RSA_FULL, CRYPT_VERIFYCONTEXT | CRYPT_SILENT | CRYPT_MACHINE_KEYSET));
    CHECK_ERROR(CryptAcquireContextW(NULL, u"flags", NULL, PROV_RSA_FULL, CRYPT_NEWKEYSET), ERROR_INVALID_PARAMETER);
}

static void test_containers(void)
{
    HCRYPTPROV context = 4711;

    CHECK_ERROR(try_acquire(u"one", NULL, PROV_RSA_FULL, 0), NTE_BAD_KEYSET);
    CHECK_ERROR(try_acquire(u"one", NULL, PROV_RSA_FULL, CRYPT_DELETEKEYSET), NTE_BAD_KEYSET);
    CHECK_GOOD(try_acquire(u"one", NULL, PROV_RSA_FULL, CRYPT_NEWKEYSET));
    CHECK_ERROR(try_acquire(u"ONE", NULL, PROV_RSA_AES, CRYPT_NEWKEYSET), NTE_EXISTS);
    CHECK_GOOD(try_acquire(u"One", NULL, PROV_RSA_AES, 0));
    CHECK_ERROR(try_acquire(u"one", NULL, PROV_RSA_FULL, CRYPT_MACHINE_KEYSET), NTE_BAD_KEYSET);
    CHECK_GOOD(try_acquire(u"one", NULL, PROV_RSA_FULL, CRYPT_MACHINE_KEYSET | CRYPT_NEWKEYSET));
    CHECK_GOOD(try_acquire(u"one", NULL, PROV_RSA_FULL, CRYPT_DELETEKEYSET));
    CHECK_ERROR(try_acquire(u"one", NULL, PROV_RSA_FULL, 0), NTE_BAD_KEYSET);
    CHECK_GOOD(try_acquire(u"one", NULL, PROV_RSA_FULL, CRYPT_MACHINE_KEYSET));
    CHECK_GOOD(CryptAcquireContextW(&context, u"one", NULL, PROV_RSA_FULL, CRYPT_MACHINE_KEYSET | CRYPT_DELETEKEYSET));
    CHECK(context == 0);
}

static DWORD text_of(HCRYPTPROV context, DWORD parameter, char *text, DWORD size, DWORD flags)
{
    CHECK_GOOD(CryptGetProvParam(context, parameter, (BYTE *)text, &size, flags));
    CHECK(size == strlen(text) + 1);
    return size;
}

static void test_default_container(void)
{
    HCRYPTPROV context = acquire(NULL, PROV_RSA_FULL, CRYPT_NEWKEYSET);
    char name[300];

    CHECK(text_of(context, PP_CONTAINER, name, sizeof name, 0) > 1);
    release(context);
    CHECK_GOOD(try_acquire(u"", NULL, PROV_RSA_FULL, 0));
    CHECK_GOOD(try_acquire(NULL, NULL, PROV_RSA_FULL, CRYPT_DELETEKEYSET));
}

static void check_text(HCRYPTPROV context, DWORD parameter, const char *want)
{
    char text[300];
    DWORD size = 0;

    text_of(context, parameter, text, sizeof text, 0);
    CHECK(strcmp(text, want) == 0);
    CHECK_GOOD(CryptGetProvParam(context, parameter, NULL, &size, 0));
    CHECK(size == strlen(want) + 1);
    size--;
    CHECK_ERROR(CryptGetProvParam(context, parameter, (BYTE *)text, &size, 0), ERROR_MORE_DATA);
    CHECK(size == strlen(want) + 1);
}

static void check_number(HCRYPTPROV context, DWORD parameter, DWORD want)
{
    DWORD value = 0, size = 0;

    CHECK_GOOD(CryptGetProvParam(context, parameter, NULL, &size, 0));
    CHECK(size == 4);
    size = 3;
    CHECK_ERROR(CryptGetProvParam(context, parameter, (BYTE *)&value, &size, 0), ERROR_MORE_DATA);
    CHECK(size == 4 && value == 0);
    CHECK_GOOD(CryptGetProvParam(context, parameter, (BYTE *)&value, &size, 0));
    CHECK(value == want);
}

static void test_parameters(void)
{
    HCRYPTPROV context = acquire(u"J\u00fcrgen \u20ac \U0001F511", PROV_RSA_FULL, CRYPT_NEWKEYSET);
    HCRYPTPROV machine = acquire(NULL, PROV_RSA_AES, CRYPT_VERIFYCONTEXT | CRYPT_MACHINE_KEYSET);
    char unique[100];
    DWORD size = sizeof unique;

    check_text(context, PP_CONTAINER, "J\xc3\xbcrgen \xe2\x82\xac \xf0\x9f\x94\x91");
    check_text(context, PP_NAME, "Microsoft Strong Cryptographic Provider");
    check_text(machine, PP_NAME, "Microsoft Enhanced RSA and AES Cryptographic Provider");
    check_text(machine, PP_CONTAINER, "");
    check_text(machine, PP_UNIQUE_CONTAINER, "");
    CHECK(text_of(context, PP_UNIQUE_CONTAINER, unique, sizeof unique, 0) == 65);
    check_number(context, PP_PROVTYPE, PROV_RSA_FULL);
    check_number(machine, PP_PROVTYPE, PROV_RSA_AES);
    check_number(context, PP_KEYSET_TYPE, 0);
    check_number(machine, PP_KEYSET_TYPE, CRYPT_MACHINE_KEYSET);
    check_number(context, PP_IMPTYPE, CRYPT_IMPL_SOFTWARE);
    check_number(context, PP_KEYSPEC, AT_KEYEXCHANGE | AT_SIGNATURE);
    check_number(context, PP_VERSION, 0x200);
    CHECK_ERROR(CryptGetProvParam(context, 0, (BYTE *)unique, &size, 0), NTE_BAD_TYPE);
    CHECK_ERROR(CryptGetProvParam(context, PP_NAME, (BYTE *)unique, &size, 1), NTE_BAD_FLAGS);
    CHECK_ERROR(CryptGetProvParam(context, PP_NAME, (BYTE *)unique, NULL, 0), ERROR_INVALID_PARAMETER);
    release(context);
    release(machine);
    delete_container(u"J\u00fcrgen \u20ac \U0001F511");
}

static void make_container(unsigned number)
{
    WCHAR name[] = u"container 0000";

    for (unsigned i = 13; i >= 10; i--, number /= 10) {
        name[i] = (WCHAR)('0' + number % 10);
    }
    release(acquire(name, PROV_RSA_FULL, CRYPT_NEWKEYSET));
}

/* More than a page of them. */
static void test_enumeration(void)
{
    enum { CONTAINERS = 150 };
    static char names[CONTAINERS][32];
    HCRYPTPROV context = verify_context();
    char text[800];
    DWORD size = sizeof text, flags = CRYPT_FIRST;

    CHECK_ERROR(CryptGetProvParam(context, PP_ENUMCONTAINERS, (BYTE *)text, &size, CRYPT_FIRST), ERROR_NO_MORE_ITEMS);
    for (unsigned i = 0; i < CONTAINERS; i++) {
        make_container(i);
    }
    CHECK_GOOD(CryptGetProvParam(context, PP_ENUMCONTAINERS, NULL, &size, CRYPT_FIRST));
    CHECK(size == 3 * 260 + 1);
    for (unsigned i = 0; i < CONTAINERS; i++) {
        size = 3;
        CHECK_ERROR(CryptGetProvParam(context, PP_ENUMCONTAINERS, (BYTE *)text, &size, flags), ERROR_MORE_DATA);
        CHECK(size == 15);
        text_of(context, PP_ENUMCONTAINERS, names[i], sizeof names[i], i == 0 ? CRYPT_FIRST : CRYPT_NEXT);
        CHECK(i == 0 || strcmp(names[i - 1], names[i]) < 0); /* made in this order */
        flags = CRYPT_NEXT;
    }
    for (int i = 0; i < 2; i++) {
        size = sizeof text;
        CHECK_ERROR(CryptGetProvParam(context, PP_ENUMCONTAINERS, (BYTE *)text, &size, CRYPT_NEXT),
                    ERROR_NO_MORE_ITEMS);
    }
    text_of(context, PP_ENUMCONTAINERS, text, sizeof text, CRYPT_FIRST);
    CHECK(strcmp(text, names[0]) == 0);
    CHECK_ERROR(CryptGetProvParam(context, PP_ENUMCONTAINERS, (BYTE *)text, &size, CRYPT_FIRST | CRYPT_NEXT),
                NTE_BAD_FLAGS);
    CHECK_ERROR(CryptGetProvParam(context, PP_ENUMCONTAINERS, (BYTE *)text, &size, 4), NTE_BAD_FLAGS);
    release(context);
}

static void test_references(void)
{
    HCRYPTPROV context = verify_context();
    DWORD reserved = 0;

    for (int i = 0; i < 3; i++) {
        CHECK_GOOD(CryptContextAddRef(context, NULL, 0));
    }
    CHECK_ERROR(CryptContextAddRef(context, &reserved, 0), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(CryptContextAddRef(context, NULL, 1), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(CryptReleaseContext(context, 1), NTE_BAD_FLAGS); /* and is released */
    for (int i = 0; i < 2; i++) {
        release(context);
        check_number(context, PP_PROVTYPE, PROV_RSA_AES);
    }
    release(context);
    CHECK_ERROR(CryptReleaseContext(context, 0), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(CryptContextAddRef(context, NULL, 0), ERROR_INVALID_PARAMETER);
    CHECK(ncx_live_handles(LIVE_CONTEXT) == 0);
}

/* Zero, junk, the handle of something else, and one that has been released. */
static void test_wrong_handles(void)
{
    NCRYPT_PROV_HANDLE provider = open_provider();
    HCRYPTPROV context = verify_context(), stale = verify_context();
    HCRYPTKEY key = generate_key(context, AT_SIGNATURE, 0), made = 0;
    HCRYPTHASH hash = make_hash(context, CALG_SHA1, "");
    const ULONG_PTR wrong[] = {0, 1, 4711, (ULONG_PTR)-1, (ULONG_PTR)&key, provider, key, hash, stale};
    BYTE data[100];
    DWORD size = sizeof data;

    release(stale);
    for (size_t i = 0; i < COUNT(wrong); i++) {
        CHECK_ERROR(CryptContextAddRef(wrong[i], NULL, 0), ERROR_INVALID_PARAMETER);
        CHECK_ERROR(CryptReleaseContext(wrong[i], 0), ERROR_INVALID_PARAMETER);
        CHECK_ERROR(CryptGetProvParam(wrong[i], PP_NAME, data, &size, 0), ERROR_INVALID_PARAMETER);
        CHECK_ERROR(CryptGenKey(wrong[i], AT_SIGNATURE, 0, &made), ERROR_INVALID_PARAMETER);
        CHECK_ERROR(CryptGetUserKey(wrong[i], AT_SIGNATURE, &made), ERROR_INVALID_PARAMETER);
        CHECK_ERROR(CryptImportKey(wrong[i], data, size, 0, 0, &made), ERROR_INVALID_PARAMETER);
        CHECK_ERROR(CryptCreateHash(wrong[i], CALG_SHA1, 0, 0, &made), ERROR_INVALID_PARAMETER);
        CHECK_STATUS(NCryptTranslateHandle(NULL, &made, wrong[i], 0, AT_SIGNATURE, 0), NTE_INVALID_HANDLE);
    }
    CHECK(made == 0 && size == sizeof data);
    CHECK_STATUS(NCryptFreeObject(context), NTE_INVALID_HANDLE);
    CHECK_STATUS(NCryptFreeObject(key), NTE_INVALID_HANDLE);
    CHECK_STATUS(NCryptFreeObject(hash), NTE_INVALID_HANDLE);
    destroy_key(key);
    CHECK_GOOD(CryptDestroyHash(hash));
    release(context);
    free_handle(provider);
}

static void *other_thread(void *argument)
{
    (void)argument;
    CHECK(GetLastError() == 0);
    SetLastError(1);
    return NULL;
}

/* Every thread has its own, and only a failure sets it. */
static void test_last_error(void)
{
    pthread_t thread;

    SetLastError(4711);
    release(verify_context());
    CHECK(GetLastError() == 4711);
    CHECK(pthread_create(&thread, NULL, other_thread, NULL) == 0 && pthread_join(thread, NULL) == 0);
    CHECK(GetLastError() == 4711);
}

int main(void)
{
    home_make();
    RUN(test_enumeration); /* of an empty store, first */
    RUN(test_providers);
    RUN(test_flags);
    RUN(test_containers);
    RUN(test_default_container);
    RUN(test_parameters);
    RUN(test_references);
    RUN(test_wrong_handles);
    RUN(test_last_error);
    check_no_capi_handles();
    return test_result("wincrypt_context");
}
