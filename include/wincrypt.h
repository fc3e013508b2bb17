/* SPDX-License-Identifier: MIT
 *
 * Our own declarations of the part of CryptoAPI 1.0 (wincrypt.h) that this package uses, with the ABI of Windows, for
 * platforms without the Windows SDK. The functions return TRUE or, when they fail, FALSE with the reason in
 * GetLastError().
 */
#ifndef NCRYPT_EXT_WINCRYPT_H
#define NCRYPT_EXT_WINCRYPT_H

#include "winstatus.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef ULONG_PTR HCRYPTPROV;
typedef ULONG_PTR HCRYPTKEY;
typedef ULONG_PTR HCRYPTHASH;
typedef unsigned int ALG_ID;

/* Key specifications: which of a container's keys. */
#define AT_KEYEXCHANGE       1
#define AT_SIGNATURE         2
#define CERT_NCRYPT_KEY_SPEC 0xFFFFFFFF /* the handle that comes with it is an NCRYPT_KEY_HANDLE */

/* Provider types and names. */
#define PROV_RSA_FULL 1
#define PROV_RSA_AES  24

#define MS_DEF_PROV_W         u"Microsoft Base Cryptographic Provider v1.0"
#define MS_ENHANCED_PROV_W    u"Microsoft Enhanced Cryptographic Provider v1.0"
#define MS_STRONG_PROV_W      u"Microsoft Strong Cryptographic Provider"
#define MS_ENH_RSA_AES_PROV_W u"Microsoft Enhanced RSA and AES Cryptographic Provider"

/* Algorithms. */
#define CALG_MD5      0x00008003
#define CALG_SHA1     0x00008004
#define CALG_SHA_256  0x0000800C
#define CALG_SHA_384  0x0000800D
#define CALG_SHA_512  0x0000800E
#define CALG_RSA_SIGN 0x00002400
#define CALG_RSA_KEYX 0x0000A400

/* Flags of CryptAcquireContextW. */
#define CRYPT_VERIFYCONTEXT  0xF0000000
#define CRYPT_NEWKEYSET      0x00000008
#define CRYPT_DELETEKEYSET   0x00000010
#define CRYPT_MACHINE_KEYSET 0x00000020
#define CRYPT_SILENT         0x00000040

/* Flags of CryptGenKey and CryptImportKey; CryptGenKey takes the key's length in bits in the upper half. */
#define CRYPT_EXPORTABLE     0x00000001
#define CRYPT_USER_PROTECTED 0x00000002
#define CRYPT_ARCHIVABLE     0x00004000

/* A flag of CryptSignHashW and CryptVerifySignatureW: the padding does not name the hash algorithm. */
#define CRYPT_NOHASHOID 0x00000001

/* Parameters of CryptGetProvParam, CryptGetKeyParam and CryptGetHashParam, and flags of the first. */
#define PP_ENUMCONTAINERS   2
#define PP_IMPTYPE          3
#define PP_NAME             4
#define PP_VERSION          5
#define PP_CONTAINER        6
#define PP_PROVTYPE         16
#define PP_KEYSET_TYPE      27
#define PP_UNIQUE_CONTAINER 36
#define PP_KEYSPEC          39
#define CRYPT_FIRST         1
#define CRYPT_NEXT          2
#define CRYPT_IMPL_SOFTWARE 2

#define KP_PERMISSIONS 6
#define KP_ALGID       7
#define KP_BLOCKLEN    8
#define KP_KEYLEN      9
#define CRYPT_ENCRYPT  0x0001
#define CRYPT_DECRYPT  0x0002
#define CRYPT_EXPORT   0x0004
#define CRYPT_READ     0x0008
#define CRYPT_WRITE    0x0010
#define CRYPT_MAC      0x0020
#define CRYPT_ARCHIVE  0x0100

#define HP_ALGID    0x0001
#define HP_HASHVAL  0x0002
#define HP_HASHSIZE 0x0004

/* Key blobs. All their numbers are little-endian. */
#define PUBLICKEYBLOB    0x6
#define PRIVATEKEYBLOB   0x7
#define CUR_BLOB_VERSION 2

typedef struct _PUBLICKEYSTRUC {
    BYTE bType;
    BYTE bVersion;
    WORD reserved;
    ALG_ID aiKeyAlg;
} PUBLICKEYSTRUC, BLOBHEADER;

typedef struct _RSAPUBKEY {
    DWORD magic; /* "RSA1": public, "RSA2": private */
    DWORD bitlen;
    DWORD pubexp;
} RSAPUBKEY;

NCRYPT_EXT_STATIC_ASSERT(sizeof(BLOBHEADER) == 8, "BLOBHEADER");
NCRYPT_EXT_STATIC_ASSERT(sizeof(RSAPUBKEY) == 12, "RSAPUBKEY");

/* Why this thread's last call failed. */
DWORD WINAPI GetLastError(void);
void WINAPI SetLastError(DWORD dwErrCode);

BOOL WINAPI CryptAcquireContextW(HCRYPTPROV *phProv, LPCWSTR szContainer, LPCWSTR szProvider, DWORD dwProvType,
                                 DWORD dwFlags);
BOOL WINAPI CryptContextAddRef(HCRYPTPROV hProv, DWORD *pdwReserved, DWORD dwFlags);
BOOL WINAPI CryptReleaseContext(HCRYPTPROV hProv, DWORD dwFlags);
BOOL WINAPI CryptGetProvParam(HCRYPTPROV hProv, DWORD dwParam, BYTE *pbData, DWORD *pdwDataLen, DWORD dwFlags);

BOOL WINAPI CryptGenKey(HCRYPTPROV hProv, ALG_ID Algid, DWORD dwFlags, HCRYPTKEY *phKey);
BOOL WINAPI CryptGetUserKey(HCRYPTPROV hProv, DWORD dwKeySpec, HCRYPTKEY *phUserKey);
BOOL WINAPI CryptGetKeyParam(HCRYPTKEY hKey, DWORD dwParam, BYTE *pbData, DWORD *pdwDataLen, DWORD dwFlags);
BOOL WINAPI CryptExportKey(HCRYPTKEY hKey, HCRYPTKEY hExpKey, DWORD dwBlobType, DWORD dwFlags, BYTE *pbData,
                           DWORD *pdwDataLen);
BOOL WINAPI CryptImportKey(HCRYPTPROV hProv, const BYTE *pbData, DWORD dwDataLen, HCRYPTKEY hPubKey, DWORD dwFlags,
                           HCRYPTKEY *phKey);
BOOL WINAPI CryptDestroyKey(HCRYPTKEY hKey);

BOOL WINAPI CryptCreateHash(HCRYPTPROV hProv, ALG_ID Algid, HCRYPTKEY hKey, DWORD dwFlags, HCRYPTHASH *phHash);
BOOL WINAPI CryptHashData(HCRYPTHASH hHash, const BYTE *pbData, DWORD dwDataLen, DWORD dwFlags);
BOOL WINAPI CryptSetHashParam(HCRYPTHASH hHash, DWORD dwParam, const BYTE *pbData, DWORD dwFlags);
BOOL WINAPI CryptGetHashParam(HCRYPTHASH hHash, DWORD dwParam, BYTE *pbData, DWORD *pdwDataLen, DWORD dwFlags);
BOOL WINAPI CryptDestroyHash(HCRYPTHASH hHash);
BOOL WINAPI CryptSignHashW(HCRYPTHASH hHash, DWORD dwKeySpec, LPCWSTR szDescription, DWORD dwFlags, BYTE *pbSignature,
                           DWORD *pdwSigLen);
BOOL WINAPI CryptVerifySignatureW(HCRYPTHASH hHash, const BYTE *pbSignature, DWORD dwSigLen, HCRYPTKEY hPubKey,
                                  LPCWSTR szDescription, DWORD dwFlags);

#ifdef __cplusplus
}
#endif

#endif
