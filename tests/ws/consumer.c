/* SPDX-License-Identifier: MIT
 *
 * Native code of somebody else, which is given the address of a security key handle and knows nothing of Python.
 * Compiled by test_consumer.py against the headers and libraries that ncrypt_ext.get_include() and get_library_dir()
 * tell. Every function returns a status, 0 for success.
 */
#ifdef _WIN32
#include <windows.h>

#include <bcrypt.h>
#include <ncrypt.h>
#include <webservices.h>
#include <wincrypt.h>
#define EXPORTED __declspec(dllexport)
#else
#include "bcrypt.h"
#include "ncrypt.h"
#include "webservices.h"
#include "wincrypt.h"
#define EXPORTED __attribute__((visibility("default")))
#endif

#include <string.h>

#define WRONG_TYPE 0x7001
#define TOO_SMALL  0x7002
#define NO_HASH    0x7003

EXPORTED long consumer_type(const WS_SECURITY_KEY_HANDLE *handle);
EXPORTED long consumer_secret(const WS_SECURITY_KEY_HANDLE *handle, unsigned char *secret, ULONG *size);
EXPORTED long consumer_sign(const WS_SECURITY_KEY_HANDLE *handle, unsigned char *digest, unsigned char *signature,
                            ULONG *size);
EXPORTED long consumer_sign_capi(const WS_SECURITY_KEY_HANDLE *handle, const unsigned char *digest,
                                 unsigned char *signature, ULONG *size);

long consumer_type(const WS_SECURITY_KEY_HANDLE *handle)
{
    return (long)handle->keyHandleType;
}

long consumer_secret(const WS_SECURITY_KEY_HANDLE *handle, unsigned char *secret, ULONG *size)
{
    const WS_RAW_SYMMETRIC_SECURITY_KEY_HANDLE *raw = (const WS_RAW_SYMMETRIC_SECURITY_KEY_HANDLE *)handle;

    if (handle->keyHandleType != WS_RAW_SYMMETRIC_SECURITY_KEY_HANDLE_TYPE)
        return WRONG_TYPE;
    if (*size < raw->rawKeyBytes.length)
        return TOO_SMALL;
    *size = raw->rawKeyBytes.length;
    memcpy(secret, raw->rawKeyBytes.bytes, raw->rawKeyBytes.length);
    return 0;
}

/* PKCS#1 v1.5 over a SHA-256 digest. */
long consumer_sign(const WS_SECURITY_KEY_HANDLE *handle, unsigned char *digest, unsigned char *signature, ULONG *size)
{
    static const WCHAR sha256[] = {'S', 'H', 'A', '2', '5', '6', 0};
    const WS_NCRYPT_ASYMMETRIC_SECURITY_KEY_HANDLE *key = (const WS_NCRYPT_ASYMMETRIC_SECURITY_KEY_HANDLE *)handle;
    BCRYPT_PKCS1_PADDING_INFO padding = {sha256};
    DWORD written = 0;
    long status;

    if (handle->keyHandleType != WS_NCRYPT_ASYMMETRIC_SECURITY_KEY_HANDLE_TYPE)
        return WRONG_TYPE;
    status = (long)NCryptSignHash(key->asymmetricKey, &padding, digest, 32, signature, *size, &written,
                                  NCRYPT_PAD_PKCS1_FLAG | NCRYPT_SILENT_FLAG);
    *size = written;
    return status;
}

/* The same by CryptoAPI, whose signatures are little-endian. */
long consumer_sign_capi(const WS_SECURITY_KEY_HANDLE *handle, const unsigned char *digest, unsigned char *signature,
                        ULONG *size)
{
    const WS_CAPI_ASYMMETRIC_SECURITY_KEY_HANDLE *key = (const WS_CAPI_ASYMMETRIC_SECURITY_KEY_HANDLE *)handle;
    HCRYPTHASH hash = 0;
    DWORD written = *size;
    long status = 0;

    if (handle->keyHandleType != WS_CAPI_ASYMMETRIC_SECURITY_KEY_HANDLE_TYPE)
        return WRONG_TYPE;
    if (!CryptCreateHash(key->provider, CALG_SHA_256, 0, 0, &hash))
        return (long)GetLastError();
    if (!CryptSetHashParam(hash, HP_HASHVAL, digest, 0))
        status = NO_HASH;
    else if (!CryptSignHashW(hash, key->keySpec, NULL, 0, signature, &written))
        status = (long)GetLastError();
    CryptDestroyHash(hash);
    *size = written;
    return status;
}
