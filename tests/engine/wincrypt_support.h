/* SPDX-License-Identifier: MIT
 *
 * What the tests of CryptoAPI share: the everyday steps, and failures by their number and sentence.
 */
#ifndef TESTS_ENGINE_WINCRYPT_SUPPORT_H
#define TESTS_ENGINE_WINCRYPT_SUPPORT_H

#include "ncrypt_support.h"

#define BITS_1024    (1024u << 16)
#define LIVE_CONTEXT 4
#define LIVE_KEY     5
#define LIVE_HASH    6

/* The call fails with that code, which has a sentence. */
static inline bool check_error(BOOL good, SECURITY_STATUS want, const char *file, int line, const char *what)
{
    char detail[512] = "";
    DWORD got = GetLastError();

    test_note(!good, file, line, what);
    test_note_status((SECURITY_STATUS)got, want, file, line, what);
    return test_note(ncx_error_detail((SECURITY_STATUS)got, detail, sizeof detail) > 0, file, line, what);
}

#define CHECK_ERROR(call, want) check_error((call), (want), __FILE__, __LINE__, #call)
#define CHECK_GOOD(call)        CHECK((call) == TRUE)

static inline HCRYPTPROV acquire(const WCHAR *container, DWORD type, DWORD flags)
{
    HCRYPTPROV context = 0;

    CHECK_GOOD(CryptAcquireContextW(&context, container, NULL, type, flags));
    return context;
}

static inline HCRYPTPROV verify_context(void)
{
    return acquire(NULL, PROV_RSA_AES, CRYPT_VERIFYCONTEXT);
}

static inline void release(HCRYPTPROV context)
{
    CHECK_GOOD(CryptReleaseContext(context, 0));
}

static inline void delete_container(const WCHAR *name)
{
    HCRYPTPROV context = 0;

    CHECK_GOOD(CryptAcquireContextW(&context, name, NULL, PROV_RSA_AES, CRYPT_DELETEKEYSET));
}

static inline HCRYPTKEY generate_key(HCRYPTPROV context, DWORD spec, DWORD flags)
{
    HCRYPTKEY key = 0;

    CHECK_GOOD(CryptGenKey(context, spec, flags | BITS_1024, &key));
    return key;
}

static inline HCRYPTKEY user_key(HCRYPTPROV context, DWORD spec)
{
    HCRYPTKEY key = 0;

    CHECK_GOOD(CryptGetUserKey(context, spec, &key));
    return key;
}

static inline void destroy_key(HCRYPTKEY key)
{
    CHECK_GOOD(CryptDestroyKey(key));
}

static inline DWORD key_dword(HCRYPTKEY key, DWORD parameter)
{
    DWORD value = 0, size = sizeof value;

    CHECK_GOOD(CryptGetKeyParam(key, parameter, (BYTE *)&value, &size, 0));
    CHECK(size == sizeof value);
    return value;
}

static inline DWORD export_key(HCRYPTKEY key, DWORD type, BYTE *out, DWORD size)
{
    CHECK_GOOD(CryptExportKey(key, 0, type, 0, out, &size));
    return size;
}

static inline HCRYPTKEY import_key(HCRYPTPROV context, const BYTE *blob, DWORD size, DWORD flags)
{
    HCRYPTKEY key = 0;

    CHECK_GOOD(CryptImportKey(context, blob, size, 0, flags, &key));
    return key;
}

static inline bool same_public_key(HCRYPTKEY left, HCRYPTKEY right)
{
    BYTE first[600], second[600];
    DWORD size = export_key(left, PUBLICKEYBLOB, first, sizeof first);

    return export_key(right, PUBLICKEYBLOB, second, sizeof second) == size && memcmp(first, second, size) == 0;
}

/* Both public keys, by their CAPI blobs, but for the algorithm in the header. */
static inline bool same_key(NCRYPT_KEY_HANDLE cng, HCRYPTKEY capi)
{
    BYTE left[600], right[600];
    DWORD size = 0, other = export_key(capi, PUBLICKEYBLOB, right, sizeof right);

    CHECK_STATUS(NCryptExportKey(cng, 0, LEGACY_RSAPUBLIC_BLOB, NULL, left, sizeof left, &size, 0), ERROR_SUCCESS);
    return size == other && memcmp(left + 8, right + 8, size - 8) == 0;
}

static inline HCRYPTHASH make_hash(HCRYPTPROV context, ALG_ID algorithm, const char *text)
{
    HCRYPTHASH hash = 0;

    CHECK_GOOD(CryptCreateHash(context, algorithm, 0, 0, &hash));
    CHECK_GOOD(CryptHashData(hash, (const BYTE *)text, (DWORD)strlen(text), 0));
    return hash;
}

/* The size of the signature in `out`, which has room for 256 bytes. */
static inline DWORD sign_text(HCRYPTPROV context, DWORD spec, const char *text, BYTE *out)
{
    HCRYPTHASH hash = make_hash(context, CALG_SHA1, text);
    DWORD size = 256;

    CHECK_GOOD(CryptSignHashW(hash, spec, NULL, 0, out, &size));
    CHECK_GOOD(CryptDestroyHash(hash));
    return size;
}

static inline BOOL verify_text(HCRYPTPROV context, HCRYPTKEY key, const char *text, const BYTE *signature, DWORD size)
{
    HCRYPTHASH hash = make_hash(context, CALG_SHA1, text);
    BOOL good = CryptVerifySignatureW(hash, signature, size, key, NULL, 0);

    CHECK_GOOD(CryptDestroyHash(hash));
    return good;
}

/* The context signs with a key that is this one. */
static inline void check_pair(HCRYPTPROV context, DWORD spec, HCRYPTKEY key)
{
    BYTE signature[256];
    DWORD size = sign_text(context, spec, "a pair", signature);

    CHECK_GOOD(verify_text(context, key, "a pair", signature, size));
}

static inline void check_no_capi_handles(void)
{
    check_no_handles();
    CHECK(ncx_live_handles(LIVE_CONTEXT) == 0);
    CHECK(ncx_live_handles(LIVE_KEY) == 0);
    CHECK(ncx_live_handles(LIVE_HASH) == 0);
}

#endif
