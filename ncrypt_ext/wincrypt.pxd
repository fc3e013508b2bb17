# SPDX-License-Identifier: MIT
"""The part of CryptoAPI 1.0 that the package uses."""

from ncrypt_ext.wintypes cimport BOOL, BYTE, DWORD, LPCWSTR, ULONG_PTR, WORD

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
