# SPDX-License-Identifier: MIT
"""The key storage API, and the few functions by which the implementation tells about itself."""

from libc.stdint cimport uint32_t, uint64_t

from ncrypt_ext.bcrypt cimport BCryptBuffer, BCryptBufferDesc
from ncrypt_ext.wincrypt cimport HCRYPTKEY, HCRYPTPROV
from ncrypt_ext.wintypes cimport (
    BOOL, DWORD, HANDLE, LPCWSTR, LPWSTR, PBYTE, PVOID, SECURITY_STATUS, UCHAR, ULONG, ULONG_PTR,
)

cdef extern from "ncrypt_ext_compat.h" nogil:
    const char *ncx_implementation() noexcept
    const char *ncx_versions() noexcept
    uint32_t ncx_error_detail(SECURITY_STATUS status, char *text, uint32_t size) noexcept
    uint64_t ncx_live_handles(uint32_t type) noexcept
    int ncx_at_exit(void (*callback)() noexcept nogil) noexcept
    SECURITY_STATUS ncx_notification_wait(
        HANDLE event, uint32_t milliseconds, uint32_t *changed) noexcept
    void ncx_set_interrupt(int (*poll)(void *context) noexcept nogil, void *context) noexcept
    void ncx_get_interrupt(int (**poll)(void *context) noexcept nogil, void **context) noexcept

    ctypedef struct ncx_pqdsa_padding_info:
        UCHAR *pbCtx
        ULONG cbCtx
        LPCWSTR pszPrehashAlgId

    SECURITY_STATUS ncx_NCryptEncapsulate(
        ULONG_PTR hKey, PBYTE pbSecretKey, ULONG cbSecretKey, ULONG *pcbSecretKey,
        PBYTE pbCipherText, ULONG cbCipherText, ULONG *pcbCipherText, ULONG dwFlags) noexcept
    SECURITY_STATUS ncx_NCryptDecapsulate(
        ULONG_PTR hKey, PBYTE pbCipherText, ULONG cbCipherText, PBYTE pbSecretKey,
        ULONG cbSecretKey, ULONG *pcbSecretKey, ULONG dwFlags) noexcept

cdef extern from "ncrypt.h" nogil:
    ctypedef ULONG_PTR NCRYPT_HANDLE
    ctypedef ULONG_PTR NCRYPT_PROV_HANDLE
    ctypedef ULONG_PTR NCRYPT_KEY_HANDLE
    ctypedef ULONG_PTR NCRYPT_SECRET_HANDLE

    enum:
        NCRYPT_MAX_KEY_NAME_LENGTH
        NCRYPT_MAX_ALG_ID_LENGTH
        NCRYPT_MAX_PROPERTY_NAME

        NCRYPT_REGISTER_NOTIFY_FLAG
        NCRYPT_UNREGISTER_NOTIFY_FLAG

        NCRYPT_NO_PADDING_FLAG
        NCRYPT_PAD_PKCS1_FLAG
        NCRYPT_PAD_OAEP_FLAG
        NCRYPT_PAD_PSS_FLAG
        NCRYPT_PAD_CIPHER_FLAG
        NCRYPT_CIPHER_NO_PADDING_FLAG
        NCRYPT_CIPHER_BLOCK_PADDING_FLAG
        NCRYPT_PAD_PQDSA_FLAG
        NCRYPT_NO_KEY_VALIDATION
        NCRYPT_MACHINE_KEY_FLAG
        NCRYPT_SILENT_FLAG
        NCRYPT_OVERWRITE_KEY_FLAG
        NCRYPT_WRITE_KEY_TO_LEGACY_STORE_FLAG
        NCRYPT_DO_NOT_FINALIZE_FLAG
        NCRYPT_VBS_RETURN_CLAIM_DETAILS_FLAG
        NCRYPT_PERSIST_ONLY_FLAG
        NCRYPT_PERSIST_FLAG

        NCRYPTBUFFER_VERSION
        NCRYPTBUFFER_PKCS_ALG_OID
        NCRYPTBUFFER_PKCS_ALG_PARAM
        NCRYPTBUFFER_PKCS_KEY_NAME
        NCRYPTBUFFER_PKCS_SECRET
        NCRYPTBUFFER_ECC_CURVE_NAME

    ctypedef BCryptBuffer NCryptBuffer
    ctypedef BCryptBufferDesc NCryptBufferDesc

    ctypedef struct NCryptAlgorithmName:
        LPWSTR pszName
        DWORD dwClass
        DWORD dwAlgOperations
        DWORD dwFlags

    ctypedef struct NCryptKeyName:
        LPWSTR pszName
        LPWSTR pszAlgid
        DWORD dwLegacyKeySpec
        DWORD dwFlags

    ctypedef struct NCryptProviderName:
        LPWSTR pszName
        LPWSTR pszComment

    ctypedef struct NCRYPT_SUPPORTED_LENGTHS:
        DWORD dwMinLength
        DWORD dwMaxLength
        DWORD dwIncrement
        DWORD dwDefaultLength

    ctypedef struct NCRYPT_CIPHER_PADDING_INFO:
        ULONG cbSize
        DWORD dwFlags
        UCHAR *pbIV
        ULONG cbIV
        UCHAR *pbOtherInfo
        ULONG cbOtherInfo

    ctypedef struct NCRYPT_UI_POLICY:
        DWORD dwVersion
        DWORD dwFlags
        LPCWSTR pszCreationTitle
        LPCWSTR pszFriendlyName
        LPCWSTR pszDescription

    SECURITY_STATUS NCryptOpenStorageProvider(
        NCRYPT_PROV_HANDLE *phProvider, LPCWSTR pszProviderName, DWORD dwFlags) noexcept
    SECURITY_STATUS NCryptEnumStorageProviders(
        DWORD *pdwProviderCount, NCryptProviderName **ppProviderList, DWORD dwFlags) noexcept
    SECURITY_STATUS NCryptIsAlgSupported(
        NCRYPT_PROV_HANDLE hProvider, LPCWSTR pszAlgId, DWORD dwFlags) noexcept
    SECURITY_STATUS NCryptEnumAlgorithms(
        NCRYPT_PROV_HANDLE hProvider, DWORD dwAlgOperations, DWORD *pdwAlgCount,
        NCryptAlgorithmName **ppAlgList, DWORD dwFlags) noexcept

    SECURITY_STATUS NCryptCreatePersistedKey(
        NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE *phKey, LPCWSTR pszAlgId,
        LPCWSTR pszKeyName, DWORD dwLegacyKeySpec, DWORD dwFlags) noexcept
    SECURITY_STATUS NCryptFinalizeKey(NCRYPT_KEY_HANDLE hKey, DWORD dwFlags) noexcept
    SECURITY_STATUS NCryptOpenKey(
        NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE *phKey, LPCWSTR pszKeyName,
        DWORD dwLegacyKeySpec, DWORD dwFlags) noexcept
    SECURITY_STATUS NCryptEnumKeys(
        NCRYPT_PROV_HANDLE hProvider, LPCWSTR pszScope, NCryptKeyName **ppKeyName,
        PVOID *ppEnumState, DWORD dwFlags) noexcept
    SECURITY_STATUS NCryptDeleteKey(NCRYPT_KEY_HANDLE hKey, DWORD dwFlags) noexcept
    BOOL NCryptIsKeyHandle(NCRYPT_KEY_HANDLE hKey) noexcept
    SECURITY_STATUS NCryptTranslateHandle(
        NCRYPT_PROV_HANDLE *phProvider, NCRYPT_KEY_HANDLE *phKey, HCRYPTPROV hLegacyProv,
        HCRYPTKEY hLegacyKey, DWORD dwLegacyKeySpec, DWORD dwFlags) noexcept

    SECURITY_STATUS NCryptNotifyChangeKey(
        NCRYPT_PROV_HANDLE hProvider, HANDLE *phEvent, DWORD dwFlags) noexcept

    SECURITY_STATUS NCryptFreeObject(NCRYPT_HANDLE hObject) noexcept
    SECURITY_STATUS NCryptFreeBuffer(PVOID pvInput) noexcept

    SECURITY_STATUS NCryptGetProperty(
        NCRYPT_HANDLE hObject, LPCWSTR pszProperty, PBYTE pbOutput, DWORD cbOutput,
        DWORD *pcbResult, DWORD dwFlags) noexcept
    SECURITY_STATUS NCryptSetProperty(
        NCRYPT_HANDLE hObject, LPCWSTR pszProperty, PBYTE pbInput, DWORD cbInput,
        DWORD dwFlags) noexcept

    SECURITY_STATUS NCryptSignHash(
        NCRYPT_KEY_HANDLE hKey, void *pPaddingInfo, PBYTE pbHashValue, DWORD cbHashValue,
        PBYTE pbSignature, DWORD cbSignature, DWORD *pcbResult, DWORD dwFlags) noexcept
    SECURITY_STATUS NCryptVerifySignature(
        NCRYPT_KEY_HANDLE hKey, void *pPaddingInfo, PBYTE pbHashValue, DWORD cbHashValue,
        PBYTE pbSignature, DWORD cbSignature, DWORD dwFlags) noexcept
    SECURITY_STATUS NCryptEncrypt(
        NCRYPT_KEY_HANDLE hKey, PBYTE pbInput, DWORD cbInput, void *pPaddingInfo,
        PBYTE pbOutput, DWORD cbOutput, DWORD *pcbResult, DWORD dwFlags) noexcept
    SECURITY_STATUS NCryptDecrypt(
        NCRYPT_KEY_HANDLE hKey, PBYTE pbInput, DWORD cbInput, void *pPaddingInfo,
        PBYTE pbOutput, DWORD cbOutput, DWORD *pcbResult, DWORD dwFlags) noexcept

    SECURITY_STATUS NCryptSecretAgreement(
        NCRYPT_KEY_HANDLE hPrivKey, NCRYPT_KEY_HANDLE hPubKey,
        NCRYPT_SECRET_HANDLE *phAgreedSecret, DWORD dwFlags) noexcept
    SECURITY_STATUS NCryptDeriveKey(
        NCRYPT_SECRET_HANDLE hSharedSecret, LPCWSTR pwszKDF, NCryptBufferDesc *pParameterList,
        PBYTE pbDerivedKey, DWORD cbDerivedKey, DWORD *pcbResult, ULONG dwFlags) noexcept
    SECURITY_STATUS NCryptKeyDerivation(
        NCRYPT_KEY_HANDLE hKey, NCryptBufferDesc *pParameterList, PBYTE pbDerivedKey,
        DWORD cbDerivedKey, DWORD *pcbResult, ULONG dwFlags) noexcept

    SECURITY_STATUS NCryptCreateClaim(
        NCRYPT_KEY_HANDLE hSubjectKey, NCRYPT_KEY_HANDLE hAuthorityKey, DWORD dwClaimType,
        NCryptBufferDesc *pParameterList, PBYTE pbClaimBlob, DWORD cbClaimBlob,
        DWORD *pcbResult, DWORD dwFlags) noexcept
    SECURITY_STATUS NCryptVerifyClaim(
        NCRYPT_KEY_HANDLE hSubjectKey, NCRYPT_KEY_HANDLE hAuthorityKey, DWORD dwClaimType,
        NCryptBufferDesc *pParameterList, PBYTE pbClaimBlob, DWORD cbClaimBlob,
        NCryptBufferDesc *pOutput, DWORD dwFlags) noexcept

    SECURITY_STATUS NCryptImportKey(
        NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hImportKey, LPCWSTR pszBlobType,
        NCryptBufferDesc *pParameterList, NCRYPT_KEY_HANDLE *phKey, PBYTE pbData,
        DWORD cbData, DWORD dwFlags) noexcept
    SECURITY_STATUS NCryptExportKey(
        NCRYPT_KEY_HANDLE hKey, NCRYPT_KEY_HANDLE hExportKey, LPCWSTR pszBlobType,
        NCryptBufferDesc *pParameterList, PBYTE pbOutput, DWORD cbOutput,
        DWORD *pcbResult, DWORD dwFlags) noexcept
