/* SPDX-License-Identifier: MIT
 *
 * CryptImportKey with any bytes. What it takes signs and verifies, and comes out as a blob that gives the same key.
 */
#include "memory_support.h"

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

static void fuzz_input(const uint8_t *data, size_t size)
{
    static BYTE blob[16384];
    HCRYPTPROV context = verify_context();
    HCRYPTKEY key = 0;

    if (!SHORT_OF_MEMORY_LAST_ERROR(CryptImportKey(context, data, (DWORD)size, 0, CRYPT_EXPORTABLE, &key))) {
        REQUIRE(GetLastError() != 0 && key == 0);
    } else {
        DWORD type = data[0];

        check_again(context, blob, export_key(key, type, blob, sizeof blob), type);
        if (type == PRIVATEKEYBLOB) {
            check_pair(context, key);
        }
        REQUIRE(CryptDestroyKey(key));
    }
    REQUIRE(CryptReleaseContext(context, 0));
}
