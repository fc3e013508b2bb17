/* SPDX-License-Identifier: MIT
 *
 * What the fuzz targets of keys share: a failure that is one, and a key that was taken in comes out as it went in. No
 * key has a name, so nothing is stored.
 */
#ifndef TESTS_FUZZ_KEY_SUPPORT_H
#define TESTS_FUZZ_KEY_SUPPORT_H

#include "memory_support.h"

#include "common/status.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define ANY_EXPORT   (NCRYPT_ALLOW_EXPORT_FLAG | NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG)

enum { ROOM = 65536 }; /* for any blob of a key in an input */

static inline NCRYPT_PROV_HANDLE the_provider(void)
{
    static NCRYPT_PROV_HANDLE provider;

    if (provider == 0) {
        REQUIRE(NCryptOpenStorageProvider(&provider, NULL, 0) == ERROR_SUCCESS);
    }
    return provider;
}

/* A process takes a number of curves and no more: the fuzzer finds as many. */
static inline bool too_many_curves(SECURITY_STATUS status)
{
    const char *sentence = status_sentence(status);

    return status == NTE_NO_MEMORY && sentence != NULL && strstr(sentence, "curves") != NULL;
}

/* A failure has one of the codes that data can cause, or that fit short memory, and a sentence. */
static inline void check_refusal(SECURITY_STATUS status)
{
    static const SECURITY_STATUS refusals[] = {
        NTE_BAD_DATA,      NTE_BAD_LEN,       NTE_INVALID_PARAMETER,
        NTE_NOT_SUPPORTED, NTE_BAD_KEY_STATE, HRESULT_FROM_WIN32(ERROR_INVALID_PASSWORD),
    };

    for (size_t i = 0; i < COUNT(refusals); i++) {
        if (status == refusals[i] || struck || too_many_curves(status)) {
            REQUIRE(status_sentence(status) != NULL);
            return;
        }
    }
    fprintf(stderr, "an unexpected status: 0x%08X\n", (unsigned)status);
    abort();
}

/* How data is taken in. */
struct import {
    const WCHAR *type;
    NCryptBufferDesc *list;
    DWORD flags;
};

/* 0 when it is refused. */
static inline NCRYPT_KEY_HANDLE import_key(const struct import *import, const uint8_t *data, size_t size)
{
    NCRYPT_KEY_HANDLE key = 0;
    NCRYPT_PROV_HANDLE provider = the_provider();
    SECURITY_STATUS status = SHORT_OF_MEMORY(NCryptImportKey(provider, 0, import->type, import->list, &key,
                                                             (PBYTE)(uintptr_t)data, (DWORD)size, import->flags));

    REQUIRE((status == ERROR_SUCCESS) == (key != 0));
    if (key == 0) {
        check_refusal(status);
    }
    return key;
}

static inline DWORD export_key(NCRYPT_KEY_HANDLE key, const WCHAR *type, uint8_t *out)
{
    DWORD policy = ANY_EXPORT, needed = 0, size = 0;

    (void)NCryptSetProperty(key, NCRYPT_EXPORT_POLICY_PROPERTY, (PBYTE)&policy, sizeof policy, 0);
    if (NCryptExportKey(key, 0, type, NULL, NULL, 0, &needed, 0) != ERROR_SUCCESS) {
        return 0;
    }
    REQUIRE(needed > 0 && needed <= ROOM);
    REQUIRE(NCryptExportKey(key, 0, type, NULL, out, needed - 1, &size, 0) == NTE_BUFFER_TOO_SMALL);
    REQUIRE(NCryptExportKey(key, 0, type, NULL, out, needed, &size, 0) == ERROR_SUCCESS);
    REQUIRE(size > 0 && size <= needed);
    return size;
}

/* The name of the key's curve, which a blob need not hold, as a parameter; `other` for keys without one. */
static inline NCryptBufferDesc *with_curve(NCRYPT_KEY_HANDLE key, NCryptBufferDesc *other)
{
    static WCHAR name[64];
    static NCryptBuffer buffer = {0, NCRYPTBUFFER_ECC_CURVE_NAME, name};
    static NCryptBufferDesc list = {NCRYPTBUFFER_VERSION, 1, &buffer};
    DWORD size = 0;
    SECURITY_STATUS status = NCryptGetProperty(key, NCRYPT_ECC_CURVE_NAME_PROPERTY, (PBYTE)name, sizeof name, &size, 0);

    buffer.cbBuffer = size;
    return status == ERROR_SUCCESS && size > sizeof(WCHAR) ? &list : other;
}

/* What a key is exported as is taken in again, and gives the same. */
static inline void check_again(NCRYPT_KEY_HANDLE key, const struct import *import)
{
    static uint8_t blob[ROOM], other[ROOM];
    DWORD size = export_key(key, import->type, blob);
    struct import finished = *import;
    NCRYPT_KEY_HANDLE again;

    REQUIRE(size > 0);
    finished.flags &= ~(DWORD)NCRYPT_DO_NOT_FINALIZE_FLAG;
    finished.list = with_curve(key, import->list);
    again = import_key(&finished, blob, size);
    if (again == 0) {
        REQUIRE(struck);
        return;
    }
    REQUIRE(export_key(again, import->type, other) == size && memcmp(blob, other, size) == 0);
    REQUIRE(NCryptFreeObject(again) == ERROR_SUCCESS);
}

/* Without a way to fail: a key of numbers that were not looked at may be good for nothing. */
static inline void use_key(NCRYPT_KEY_HANDLE key, bool whole)
{
    static uint8_t signature[ROOM];
    BCRYPT_PKCS1_PADDING_INFO padding = {BCRYPT_SHA256_ALGORITHM};
    uint8_t digest[32] = {1, 2, 3};
    DWORD size = 0, flags = 0;
    void *info = NULL;
    SECURITY_STATUS status = NCryptSignHash(key, NULL, digest, sizeof digest, signature, sizeof signature, &size, 0);

    if (status != ERROR_SUCCESS) {
        flags = NCRYPT_PAD_PKCS1_FLAG;
        info = &padding;
        status = NCryptSignHash(key, info, digest, sizeof digest, signature, sizeof signature, &size, flags);
    }
    if (status == ERROR_SUCCESS) {
        status = NCryptVerifySignature(key, info, digest, sizeof digest, signature, size, flags);
        REQUIRE(status == ERROR_SUCCESS || !whole);
        digest[0] ^= 1;
        status = NCryptVerifySignature(key, info, digest, sizeof digest, signature, size, flags);
        REQUIRE(status != ERROR_SUCCESS || !whole);
    }
}

/* Takes the data in, in every way that there is to go on from there. */
static inline void check_import(const struct import *import, const uint8_t *data, size_t size)
{
    NCRYPT_KEY_HANDLE key = import_key(import, data, size);
    bool whole = (import->flags & NCRYPT_NO_KEY_VALIDATION) == 0;

    if (key == 0) {
        return;
    }
    if ((import->flags & NCRYPT_DO_NOT_FINALIZE_FLAG) != 0) {
        SECURITY_STATUS status = SHORT_OF_MEMORY(NCryptFinalizeKey(key, import->flags & NCRYPT_NO_KEY_VALIDATION));

        if (status != ERROR_SUCCESS) {
            check_refusal(status);
            REQUIRE(NCryptFreeObject(key) == ERROR_SUCCESS);
            return;
        }
    }
    if (whole) {
        check_again(key, import);
    }
    use_key(key, whole);
    REQUIRE(NCryptFreeObject(key) == ERROR_SUCCESS);
}

#endif
