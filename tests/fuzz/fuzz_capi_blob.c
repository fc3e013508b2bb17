/* SPDX-License-Identifier: MIT
 *
 * CryptImportKey with any bytes. What it takes signs and verifies, and comes out as a blob that gives the same key. The
 * input: a byte of options, then the blob.
 */
#include "memory_support.h"

enum { EXPORTABLE = 1, WRONG_FLAG = 2, OTHER_KEY = 4, NO_BLOB = 8, NO_KEY = 16, NO_CONTEXT = 32 };

static HCRYPTPROV verify_context(void)
{
    HCRYPTPROV context = 0;

    REQUIRE(CryptAcquireContextW(&context, NULL, NULL, PROV_RSA_AES, CRYPT_VERIFYCONTEXT));
    return context;
}

static DWORD export_key(HCRYPTKEY key, DWORD type, BYTE *out, DWORD room)
{
    DWORD size = 0;

    REQUIRE(CryptExportKey(key, 0, type, 0, NULL, &size) && size <= room);
    REQUIRE(CryptExportKey(key, 0, type, 0, out, &size));
    return size;
}

static void check_again(HCRYPTPROV context, const BYTE *blob, DWORD size, DWORD type)
{
    static BYTE again[16384];
    HCRYPTKEY key = 0;

    REQUIRE(CryptImportKey(context, blob, size, 0, CRYPT_EXPORTABLE, &key));
    REQUIRE(export_key(key, type, again, sizeof again) == size && memcmp(again, blob, size) == 0);
    REQUIRE(CryptDestroyKey(key));
}

static void check_pair(HCRYPTPROV context, HCRYPTKEY key)
{
    BYTE signature[2048];
    DWORD size = sizeof signature, algorithm = 0, algorithm_size = sizeof algorithm;
    HCRYPTHASH hash = 0;

    REQUIRE(CryptGetKeyParam(key, KP_ALGID, (BYTE *)&algorithm, &algorithm_size, 0));
    REQUIRE(CryptCreateHash(context, CALG_SHA1, 0, 0, &hash));
    if (CryptSignHashW(hash, algorithm == CALG_RSA_SIGN ? AT_SIGNATURE : AT_KEYEXCHANGE, NULL, 0, signature, &size)) {
        REQUIRE(CryptVerifySignatureW(hash, signature, size, key, NULL, 0));
        signature[0] ^= 1;
        REQUIRE(!CryptVerifySignatureW(hash, signature, size, key, NULL, 0));
    }
    REQUIRE(CryptDestroyHash(hash));
}

/* What is refused whatever the key is. */
static void check_refusals(HCRYPTKEY key, DWORD type, DWORD size)
{
    static BYTE out[16384];
    DWORD room = size - 1;

    REQUIRE(!CryptExportKey(0, 0, type, 0, NULL, &room) && !CryptExportKey(key, key, type, 0, NULL, &room));
    REQUIRE(!CryptExportKey(key, 0, type, CRYPT_SILENT, NULL, &room) && !CryptExportKey(key, 0, type, 0, NULL, NULL));
    REQUIRE(!CryptExportKey(key, 0, 1, 0, NULL, &room));
    REQUIRE(!CryptExportKey(key, 0, type, 0, out, &room) && GetLastError() == ERROR_MORE_DATA && room == size);
}

static void check_key(HCRYPTPROV context, HCRYPTKEY key, DWORD type, bool exportable)
{
    static BYTE blob[16384];
    DWORD size = 0;

    if (type == PRIVATEKEYBLOB && !exportable) {
        REQUIRE(!CryptExportKey(key, 0, type, 0, NULL, &size));
    } else {
        size = export_key(key, type, blob, sizeof blob);
        check_again(context, blob, size, type);
        check_refusals(key, type, size);
    }
    REQUIRE(type == PRIVATEKEYBLOB || !CryptExportKey(key, 0, PRIVATEKEYBLOB, 0, NULL, &size));
    if (type == PRIVATEKEYBLOB) {
        check_pair(context, key);
    }
}

static void fuzz_input(const uint8_t *data, size_t size)
{
    HCRYPTPROV context = verify_context();
    HCRYPTKEY key = 0;
    unsigned options = size == 0 ? 0 : data[0];
    DWORD flags = (options & EXPORTABLE ? CRYPT_EXPORTABLE : 0) | (options & WRONG_FLAG ? CRYPT_SILENT : 0);
    const BYTE *blob = size == 0 || options & NO_BLOB ? NULL : data + 1;

    if (!SHORT_OF_MEMORY_LAST_ERROR(CryptImportKey(options & NO_CONTEXT ? 0 : context, blob,
                                                   size == 0 ? 0 : (DWORD)size - 1, options & OTHER_KEY ? 1 : 0, flags,
                                                   options & NO_KEY ? NULL : &key))) {
        REQUIRE(GetLastError() != 0 && key == 0);
    } else {
        check_key(context, key, data[1], (options & EXPORTABLE) != 0);
        REQUIRE(CryptDestroyKey(key));
    }
    REQUIRE(CryptReleaseContext(context, 0));
}
