# SPDX-License-Identifier: MIT
"""The part of CryptoAPI 1.0 that the package uses, and the certificate functions."""

from ncrypt_ext.wintypes cimport BOOL, BYTE, DWORD, LPCWSTR, LPWSTR, ULONG_PTR, WORD

cdef extern from "ncrypt_ext_compat.h" nogil:
    DWORD GetLastError() noexcept
    void SetLastError(DWORD dwErrCode) noexcept

cdef extern from "wincrypt.h" nogil:
    ctypedef ULONG_PTR HCRYPTPROV
    ctypedef ULONG_PTR HCRYPTKEY
    ctypedef ULONG_PTR HCRYPTHASH
    ctypedef unsigned int ALG_ID

    enum:
        AT_KEYEXCHANGE
        AT_SIGNATURE

        PROV_RSA_FULL
        PROV_RSA_AES

        CALG_MD5
        CALG_SHA1
        CALG_SHA_256
        CALG_SHA_384
        CALG_SHA_512
        CALG_RSA_SIGN
        CALG_RSA_KEYX

        CRYPT_NEWKEYSET
        CRYPT_DELETEKEYSET
        CRYPT_MACHINE_KEYSET
        CRYPT_SILENT
        CRYPT_EXPORTABLE
        CRYPT_NOHASHOID

        PP_ENUMCONTAINERS
        PP_IMPTYPE
        PP_NAME
        PP_VERSION
        PP_CONTAINER
        PP_PROVTYPE
        PP_KEYSET_TYPE
        PP_UNIQUE_CONTAINER
        PP_KEYSPEC
        CRYPT_FIRST
        CRYPT_NEXT

        KP_PERMISSIONS
        KP_ALGID
        KP_BLOCKLEN
        KP_KEYLEN

        HP_ALGID
        HP_HASHVAL
        HP_HASHSIZE

        PUBLICKEYBLOB
        PRIVATEKEYBLOB
        CUR_BLOB_VERSION

    # Too great for an enumeration.
    DWORD CRYPT_VERIFYCONTEXT

    ctypedef struct BLOBHEADER:
        BYTE bType
        BYTE bVersion
        WORD reserved
        ALG_ID aiKeyAlg

    ctypedef struct RSAPUBKEY:
        DWORD magic
        DWORD bitlen
        DWORD pubexp

    BOOL CryptAcquireContextW(HCRYPTPROV *phProv, LPCWSTR szContainer, LPCWSTR szProvider,
                              DWORD dwProvType, DWORD dwFlags) noexcept
    BOOL CryptContextAddRef(HCRYPTPROV hProv, DWORD *pdwReserved, DWORD dwFlags) noexcept
    BOOL CryptReleaseContext(HCRYPTPROV hProv, DWORD dwFlags) noexcept
    BOOL CryptGetProvParam(HCRYPTPROV hProv, DWORD dwParam, BYTE *pbData, DWORD *pdwDataLen,
                           DWORD dwFlags) noexcept

    BOOL CryptGenKey(HCRYPTPROV hProv, ALG_ID Algid, DWORD dwFlags, HCRYPTKEY *phKey) noexcept
    BOOL CryptGetUserKey(HCRYPTPROV hProv, DWORD dwKeySpec, HCRYPTKEY *phUserKey) noexcept
    BOOL CryptGetKeyParam(HCRYPTKEY hKey, DWORD dwParam, BYTE *pbData, DWORD *pdwDataLen,
                          DWORD dwFlags) noexcept
    BOOL CryptExportKey(HCRYPTKEY hKey, HCRYPTKEY hExpKey, DWORD dwBlobType, DWORD dwFlags,
                        BYTE *pbData, DWORD *pdwDataLen) noexcept
    BOOL CryptImportKey(HCRYPTPROV hProv, const BYTE *pbData, DWORD dwDataLen, HCRYPTKEY hPubKey,
                        DWORD dwFlags, HCRYPTKEY *phKey) noexcept
    BOOL CryptDestroyKey(HCRYPTKEY hKey) noexcept

    BOOL CryptCreateHash(HCRYPTPROV hProv, ALG_ID Algid, HCRYPTKEY hKey, DWORD dwFlags,
                         HCRYPTHASH *phHash) noexcept
    BOOL CryptHashData(HCRYPTHASH hHash, const BYTE *pbData, DWORD dwDataLen,
                       DWORD dwFlags) noexcept
    BOOL CryptSetHashParam(HCRYPTHASH hHash, DWORD dwParam, const BYTE *pbData,
                           DWORD dwFlags) noexcept
    BOOL CryptGetHashParam(HCRYPTHASH hHash, DWORD dwParam, BYTE *pbData, DWORD *pdwDataLen,
                           DWORD dwFlags) noexcept
    BOOL CryptDestroyHash(HCRYPTHASH hHash) noexcept
    BOOL CryptSignHashW(HCRYPTHASH hHash, DWORD dwKeySpec, LPCWSTR szDescription, DWORD dwFlags,
                        BYTE *pbSignature, DWORD *pdwSigLen) noexcept
    BOOL CryptVerifySignatureW(HCRYPTHASH hHash, const BYTE *pbSignature, DWORD dwSigLen,
                               HCRYPTKEY hPubKey, LPCWSTR szDescription, DWORD dwFlags) noexcept

# ---- certificates (crypt32)

cdef extern from "wincrypt.h" nogil:
    ctypedef void *HCERTSTORE
    ctypedef const char *LPCSTR

    enum:
        X509_ASN_ENCODING

        CERT_SYSTEM_STORE_CURRENT_USER
        CERT_SYSTEM_STORE_LOCAL_MACHINE
        CERT_STORE_OPEN_EXISTING_FLAG
        CERT_STORE_READONLY_FLAG

        CERT_STORE_ADD_NEW
        CERT_STORE_ADD_USE_EXISTING
        CERT_STORE_ADD_REPLACE_EXISTING

        CERT_KEY_PROV_INFO_PROP_ID

        CRYPT_ACQUIRE_COMPARE_KEY_FLAG
        CRYPT_ACQUIRE_SILENT_FLAG
        CRYPT_ACQUIRE_ONLY_NCRYPT_KEY_FLAG

        CRYPT_USER_KEYSET
        PKCS12_ALWAYS_CNG_KSP
        PKCS12_NO_PERSIST_KEY

    LPCSTR CERT_STORE_PROV_SYSTEM_W
    # Too great for an enumeration.
    DWORD CERT_NCRYPT_KEY_SPEC

    ctypedef struct CRYPT_DATA_BLOB:
        DWORD cbData
        BYTE *pbData

    ctypedef struct CERT_CONTEXT:
        BYTE *pbCertEncoded
        DWORD cbCertEncoded
    ctypedef const CERT_CONTEXT *PCCERT_CONTEXT

    ctypedef struct CRYPT_KEY_PROV_INFO:
        LPWSTR pwszContainerName
        LPWSTR pwszProvName
        DWORD dwProvType
        DWORD dwFlags
        DWORD cProvParam
        DWORD dwKeySpec

    HCERTSTORE CertOpenStore(LPCSTR lpszStoreProvider, DWORD dwEncodingType, ULONG_PTR hCryptProv,
                             DWORD dwFlags, const void *pvPara) noexcept
    BOOL CertCloseStore(HCERTSTORE hCertStore, DWORD dwFlags) noexcept
    PCCERT_CONTEXT CertEnumCertificatesInStore(
        HCERTSTORE hCertStore, PCCERT_CONTEXT pPrevCertContext) noexcept
    PCCERT_CONTEXT CertDuplicateCertificateContext(PCCERT_CONTEXT pCertContext) noexcept
    BOOL CertFreeCertificateContext(PCCERT_CONTEXT pCertContext) noexcept
    BOOL CertGetCertificateContextProperty(
        PCCERT_CONTEXT pCertContext, DWORD dwPropId, void *pvData, DWORD *pcbData) noexcept
    BOOL CertSetCertificateContextProperty(
        PCCERT_CONTEXT pCertContext, DWORD dwPropId, DWORD dwFlags, const void *pvData) noexcept
    BOOL CertAddEncodedCertificateToStore(
        HCERTSTORE hCertStore, DWORD dwCertEncodingType, const BYTE *pbCertEncoded,
        DWORD cbCertEncoded, DWORD dwAddDisposition, PCCERT_CONTEXT *ppCertContext) noexcept
    BOOL CertDeleteCertificateFromStore(PCCERT_CONTEXT pCertContext) noexcept
    BOOL CryptAcquireCertificatePrivateKey(
        PCCERT_CONTEXT pCert, DWORD dwFlags, void *pvParameters, ULONG_PTR *phCryptProvOrNCryptKey,
        DWORD *pdwKeySpec, BOOL *pfCallerFreeProvOrNCryptKey) noexcept
    HCERTSTORE PFXImportCertStore(CRYPT_DATA_BLOB *pPFX, LPCWSTR szPassword,
                                  DWORD dwFlags) noexcept
