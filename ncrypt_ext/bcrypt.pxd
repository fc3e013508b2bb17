# SPDX-License-Identifier: MIT
"""Public keys in this process, and what ncrypt.h needs of bcrypt.h: parameter lists, padding
structures, key blob headers."""

from libc.stdint cimport int32_t

from ncrypt_ext.wintypes cimport LPCWSTR, PVOID, UCHAR, ULONG

cdef extern from "ncrypt_ext_compat.h" nogil:
    pass

cdef extern from "bcrypt.h" nogil:
    ctypedef int32_t NTSTATUS
    ctypedef void *BCRYPT_ALG_HANDLE
    ctypedef void *BCRYPT_KEY_HANDLE

    # Parameters of key derivation: numbers of buffers in a list of parameters, and flags.
    enum:
        KDF_HASH_ALGORITHM
        KDF_SECRET_PREPEND
        KDF_SECRET_APPEND
        KDF_HMAC_KEY
        KDF_TLS_PRF_LABEL
        KDF_TLS_PRF_SEED
        KDF_TLS_PRF_PROTOCOL
        KDF_ALGORITHMID
        KDF_PARTYUINFO
        KDF_PARTYVINFO
        KDF_SUPPPUBINFO
        KDF_SUPPPRIVINFO
        KDF_LABEL
        KDF_CONTEXT
        KDF_SALT
        KDF_ITERATION_COUNT
        KDF_GENERIC_PARAMETER
        KDF_HKDF_SALT
        KDF_HKDF_INFO
        KDF_USE_SECRET_AS_HMAC_KEY_FLAG
        BCRYPT_CAPI_AES_FLAG

    ctypedef struct BCryptBuffer:
        ULONG cbBuffer
        ULONG BufferType
        PVOID pvBuffer

    ctypedef struct BCryptBufferDesc:
        ULONG ulVersion
        ULONG cBuffers
        BCryptBuffer *pBuffers

    ctypedef struct BCRYPT_PKCS1_PADDING_INFO:
        LPCWSTR pszAlgId

    ctypedef struct BCRYPT_PSS_PADDING_INFO:
        LPCWSTR pszAlgId
        ULONG cbSalt

    ctypedef struct BCRYPT_OAEP_PADDING_INFO:
        LPCWSTR pszAlgId
        UCHAR *pbLabel
        ULONG cbLabel

    ctypedef struct BCRYPT_RSAKEY_BLOB:
        ULONG Magic
        ULONG BitLength
        ULONG cbPublicExp
        ULONG cbModulus
        ULONG cbPrime1
        ULONG cbPrime2

    ctypedef struct BCRYPT_ECCKEY_BLOB:
        ULONG dwMagic
        ULONG cbKey

    NTSTATUS BCryptOpenAlgorithmProvider(
        BCRYPT_ALG_HANDLE *phAlgorithm, LPCWSTR pszAlgId, LPCWSTR pszImplementation,
        ULONG dwFlags) noexcept
    NTSTATUS BCryptCloseAlgorithmProvider(BCRYPT_ALG_HANDLE hAlgorithm, ULONG dwFlags) noexcept
    NTSTATUS BCryptImportKeyPair(
        BCRYPT_ALG_HANDLE hAlgorithm, BCRYPT_KEY_HANDLE hImportKey, LPCWSTR pszBlobType,
        BCRYPT_KEY_HANDLE *phKey, UCHAR *pbInput, ULONG cbInput, ULONG dwFlags) noexcept
    NTSTATUS BCryptExportKey(
        BCRYPT_KEY_HANDLE hKey, BCRYPT_KEY_HANDLE hExportKey, LPCWSTR pszBlobType, UCHAR *pbOutput,
        ULONG cbOutput, ULONG *pcbResult, ULONG dwFlags) noexcept
    NTSTATUS BCryptVerifySignature(
        BCRYPT_KEY_HANDLE hKey, void *pPaddingInfo, UCHAR *pbHash, ULONG cbHash,
        UCHAR *pbSignature, ULONG cbSignature, ULONG dwFlags) noexcept
    NTSTATUS BCryptEncrypt(
        BCRYPT_KEY_HANDLE hKey, UCHAR *pbInput, ULONG cbInput, void *pPaddingInfo, UCHAR *pbIV,
        ULONG cbIV, UCHAR *pbOutput, ULONG cbOutput, ULONG *pcbResult, ULONG dwFlags) noexcept
    NTSTATUS BCryptDestroyKey(BCRYPT_KEY_HANDLE hKey) noexcept
