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
#define CALG_DSS_SIGN 0x00002200
#define CALG_DH_SF    0x0000AA01

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

/* ---- certificates (crypt32) -------------------------------------------------------------------------------------- */

typedef void *HCERTSTORE;
typedef ULONG_PTR HCRYPTPROV_LEGACY;
typedef ULONG_PTR HCRYPTPROV_OR_NCRYPT_KEY_HANDLE;

#define X509_ASN_ENCODING   0x00000001
#define PKCS_7_ASN_ENCODING 0x00010000

/* A store of certificates: the provider that CertOpenStore takes, and its flags. */
#define CERT_STORE_PROV_SYSTEM_W        ((LPCSTR)10)
#define CERT_SYSTEM_STORE_CURRENT_USER  0x00010000
#define CERT_SYSTEM_STORE_LOCAL_MACHINE 0x00020000
#define CERT_STORE_OPEN_EXISTING_FLAG   0x00004000
#define CERT_STORE_READONLY_FLAG        0x00008000

/* What CertAddEncodedCertificateToStore does with one that is there already. */
#define CERT_STORE_ADD_NEW              1
#define CERT_STORE_ADD_USE_EXISTING     2
#define CERT_STORE_ADD_REPLACE_EXISTING 3

/* Properties of a certificate. */
#define CERT_KEY_PROV_INFO_PROP_ID 2
#define CERT_FRIENDLY_NAME_PROP_ID 11

/* Flags of CryptAcquireCertificatePrivateKey. */
#define CRYPT_ACQUIRE_CACHE_FLAG             0x00000001
#define CRYPT_ACQUIRE_COMPARE_KEY_FLAG       0x00000004
#define CRYPT_ACQUIRE_SILENT_FLAG            0x00000040
#define CRYPT_ACQUIRE_ALLOW_NCRYPT_KEY_FLAG  0x00010000
#define CRYPT_ACQUIRE_PREFER_NCRYPT_KEY_FLAG 0x00020000
#define CRYPT_ACQUIRE_ONLY_NCRYPT_KEY_FLAG   0x00040000

/* Flags of PFXImportCertStore, beside CRYPT_EXPORTABLE and CRYPT_MACHINE_KEYSET. */
#define CRYPT_USER_KEYSET          0x00001000
#define PKCS12_PREFER_CNG_KSP      0x00000100
#define PKCS12_ALWAYS_CNG_KSP      0x00000200
#define PKCS12_ALLOW_OVERWRITE_KEY 0x00004000
#define PKCS12_NO_PERSIST_KEY      0x00008000

typedef struct _CRYPTOAPI_BLOB {
    DWORD cbData;
    BYTE *pbData;
} CRYPT_INTEGER_BLOB, CRYPT_DATA_BLOB;

typedef struct _CRYPT_BIT_BLOB {
    DWORD cbData;
    BYTE *pbData;
    DWORD cUnusedBits;
} CRYPT_BIT_BLOB;

typedef struct _CRYPT_ALGORITHM_IDENTIFIER {
    LPSTR pszObjId;
    CRYPT_INTEGER_BLOB Parameters;
} CRYPT_ALGORITHM_IDENTIFIER;

typedef struct _CERT_PUBLIC_KEY_INFO {
    CRYPT_ALGORITHM_IDENTIFIER Algorithm;
    CRYPT_BIT_BLOB PublicKey;
} CERT_PUBLIC_KEY_INFO;

typedef struct _CERT_EXTENSION {
    LPSTR pszObjId;
    BOOL fCritical;
    CRYPT_INTEGER_BLOB Value;
} CERT_EXTENSION;

/* What Windows has taken a certificate apart into. */
typedef struct _CERT_INFO {
    DWORD dwVersion;
    CRYPT_INTEGER_BLOB SerialNumber;
    CRYPT_ALGORITHM_IDENTIFIER SignatureAlgorithm;
    CRYPT_INTEGER_BLOB Issuer;
    FILETIME NotBefore;
    FILETIME NotAfter;
    CRYPT_INTEGER_BLOB Subject;
    CERT_PUBLIC_KEY_INFO SubjectPublicKeyInfo;
    CRYPT_BIT_BLOB IssuerUniqueId;
    CRYPT_BIT_BLOB SubjectUniqueId;
    DWORD cExtension;
    CERT_EXTENSION *rgExtension;
} CERT_INFO;

/* A counted object: each one that a function gives is given back with CertFreeCertificateContext, or to a function that
 * says so. It may outlive its store; hCertStore then is a closed handle. */
typedef struct _CERT_CONTEXT {
    DWORD dwCertEncodingType;
    BYTE *pbCertEncoded;
    DWORD cbCertEncoded;
    CERT_INFO *pCertInfo; /* NULL: the portable engine takes nothing apart */
    HCERTSTORE hCertStore;
} CERT_CONTEXT;
typedef const CERT_CONTEXT *PCCERT_CONTEXT;

typedef struct _CRYPT_KEY_PROV_PARAM {
    DWORD dwParam;
    BYTE *pbData;
    DWORD cbData;
    DWORD dwFlags;
} CRYPT_KEY_PROV_PARAM;

typedef struct _CRYPT_KEY_PROV_INFO {
    LPWSTR pwszContainerName;
    LPWSTR pwszProvName;
    DWORD dwProvType; /* 0: a key storage provider's */
    DWORD dwFlags;    /* CRYPT_MACHINE_KEYSET */
    DWORD cProvParam; /* 0: there are no parameters here */
    CRYPT_KEY_PROV_PARAM *rgProvParam;
    DWORD dwKeySpec;
} CRYPT_KEY_PROV_INFO;

/* How a private key is encrypted under a password; the salt follows. */
typedef struct _CRYPT_PKCS12_PBE_PARAMS {
    int iIterations;
    ULONG cbSalt;
} CRYPT_PKCS12_PBE_PARAMS;

NCRYPT_EXT_STATIC_ASSERT(sizeof(CRYPT_PKCS12_PBE_PARAMS) == 8, "CRYPT_PKCS12_PBE_PARAMS");

#if UINTPTR_MAX > 0xFFFFFFFF
NCRYPT_EXT_STATIC_ASSERT(sizeof(CERT_CONTEXT) == 40, "CERT_CONTEXT");
NCRYPT_EXT_STATIC_ASSERT(sizeof(CRYPT_KEY_PROV_INFO) == 48, "CRYPT_KEY_PROV_INFO");
#else
NCRYPT_EXT_STATIC_ASSERT(sizeof(CERT_CONTEXT) == 20, "CERT_CONTEXT");
NCRYPT_EXT_STATIC_ASSERT(sizeof(CRYPT_KEY_PROV_INFO) == 28, "CRYPT_KEY_PROV_INFO");
#endif

/* The system stores "MY" and "CA" of the user or the machine, CERT_STORE_PROV_SYSTEM_W only; others are
 * ERROR_FILE_NOT_FOUND. They are views of what is attached to stored keys (NCRYPT_CERTIFICATE_PROPERTY: the DER of the
 * key's certificate, followed by those of its issuers), as it is when the store is opened: "MY" has the keys' own
 * certificates, "CA" the issuers, each once. A store's handle that is none is ERROR_INVALID_HANDLE. */
HCERTSTORE WINAPI CertOpenStore(LPCSTR lpszStoreProvider, DWORD dwEncodingType, HCRYPTPROV_LEGACY hCryptProv,
                                DWORD dwFlags, const void *pvPara);
BOOL WINAPI CertCloseStore(HCERTSTORE hCertStore, DWORD dwFlags);

/* Frees the previous one. NULL with CRYPT_E_NOT_FOUND behind the last one. */
PCCERT_CONTEXT WINAPI CertEnumCertificatesInStore(HCERTSTORE hCertStore, PCCERT_CONTEXT pPrevCertContext);
PCCERT_CONTEXT WINAPI CertDuplicateCertificateContext(PCCERT_CONTEXT pCertContext);
BOOL WINAPI CertFreeCertificateContext(PCCERT_CONTEXT pCertContext);

/* CERT_KEY_PROV_INFO_PROP_ID, and CERT_FRIENDLY_NAME_PROP_ID of what came from a PFX file; CRYPT_E_NOT_FOUND. */
BOOL WINAPI CertGetCertificateContextProperty(PCCERT_CONTEXT pCertContext, DWORD dwPropId, void *pvData,
                                              DWORD *pcbData);

/* CERT_KEY_PROV_INFO_PROP_ID only. In "MY" it puts the certificate on that key, in the place of the one that is there,
 * whose issuers stay if they are the new one's, too; NULL takes it off. The key has to be the certificate's
 * (NTE_BAD_PUBLIC_KEY) and in the store's scope. */
BOOL WINAPI CertSetCertificateContextProperty(PCCERT_CONTEXT pCertContext, DWORD dwPropId, DWORD dwFlags,
                                              const void *pvData);

/* In "MY": until the certificate is put on a key it is in this opened store only. Nothing can be added to "CA"
 * (NTE_NOT_SUPPORTED), but what is there already is found with CERT_STORE_ADD_USE_EXISTING. */
BOOL WINAPI CertAddEncodedCertificateToStore(HCERTSTORE hCertStore, DWORD dwCertEncodingType, const BYTE *pbCertEncoded,
                                             DWORD cbCertEncoded, DWORD dwAddDisposition,
                                             PCCERT_CONTEXT *ppCertContext);

/* Frees the context in any case. In "MY" it takes the certificate off its key, with the issuers. */
BOOL WINAPI CertDeleteCertificateFromStore(PCCERT_CONTEXT pCertContext);

/* A key of CNG's is given with CERT_NCRYPT_KEY_SPEC, and only if one of the NCRYPT flags allows it (NTE_BAD_PROV_TYPE);
 * one of a CryptoAPI container as HCRYPTPROV, or, with PREFER and ONLY, as a handle of CNG's, too.
 * CRYPT_E_NO_KEY_PROPERTY: no key is known; NTE_BAD_KEYSET: it is gone; NTE_BAD_PUBLIC_KEY: it is another one now
 * (looked at always, not with COMPARE_KEY only). FALSE in pfCallerFreeProvOrNCryptKey: the handle goes with the
 * context. */
BOOL WINAPI CryptAcquireCertificatePrivateKey(PCCERT_CONTEXT pCert, DWORD dwFlags, void *pvParameters,
                                              HCRYPTPROV_OR_NCRYPT_KEY_HANDLE *phCryptProvOrNCryptKey,
                                              DWORD *pdwKeySpec, BOOL *pfCallerFreeProvOrNCryptKey);

/* A store in memory with all certificates of the file. Its private keys become keys of the key storage provider under
 * names of their own, not exportable without CRYPT_EXPORTABLE (and with it not in the clear), each with its certificate
 * and issuers attached; with PKCS12_NO_PERSIST_KEY they are ephemeral and go with the certificates. All keys are stored
 * or none. CRYPT_MACHINE_KEYSET: the machine's.
 *   ERROR_INVALID_PASSWORD   wrong; NULL and empty are both tried for either
 *   ERROR_INVALID_DATA       no checksum, or malformed within; CRYPT_E_ASN1_BADTAG: no PFX file, or not all of one
 *   CRYPT_E_NOT_FOUND        a private key without its certificate
 *   NTE_NOT_SUPPORTED        a kind of key, or an algorithm that the engine's libcrypto does not offer; old files with
 *                            RC2 need its legacy provider (NCRYPT_EXT_OPENSSL_CONF)
 *   NTE_BAD_LEN              more than 64 keys, 256 certificates or eight million iterations of the password's hash */
HCERTSTORE WINAPI PFXImportCertStore(CRYPT_DATA_BLOB *pPFX, LPCWSTR szPassword, DWORD dwFlags);

#ifdef __cplusplus
}
#endif

#endif
