/* SPDX-License-Identifier: MIT
 *
 * The key storage API of CNG, for platforms without the Windows SDK: the functions that the portable engine exports,
 * with the names, values and layouts of the Windows ABI. Contracts that the Windows reference leaves open are stated
 * at the function.
 */
#ifndef NCRYPT_EXT_NCRYPT_H
#define NCRYPT_EXT_NCRYPT_H

#include "bcrypt.h"
#include "wincrypt.h"
#include "winstatus.h"
#include "wintypes.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef ULONG_PTR NCRYPT_HANDLE;
typedef ULONG_PTR NCRYPT_PROV_HANDLE;
typedef ULONG_PTR NCRYPT_KEY_HANDLE;
typedef ULONG_PTR NCRYPT_SECRET_HANDLE;

/* Limits. */
#define NCRYPT_MAX_KEY_NAME_LENGTH 512
#define NCRYPT_MAX_ALG_ID_LENGTH   512
#define NCRYPT_MAX_PROPERTY_NAME   64
#define NCRYPT_MAX_PROPERTY_DATA   0x100000

/* Providers. */
#define MS_KEY_STORAGE_PROVIDER            u"Microsoft Software Key Storage Provider"
#define MS_SMART_CARD_KEY_STORAGE_PROVIDER u"Microsoft Smart Card Key Storage Provider"
#define MS_PLATFORM_KEY_STORAGE_PROVIDER   u"Microsoft Platform Crypto Provider"
#define MS_PLATFORM_CRYPTO_PROVIDER        MS_PLATFORM_KEY_STORAGE_PROVIDER
#define MS_NGC_KEY_STORAGE_PROVIDER        u"Microsoft Passport Key Storage Provider"

/* Algorithms and groups. */
#define NCRYPT_RSA_ALGORITHM        BCRYPT_RSA_ALGORITHM
#define NCRYPT_ECDSA_ALGORITHM      BCRYPT_ECDSA_ALGORITHM
#define NCRYPT_ECDSA_P256_ALGORITHM BCRYPT_ECDSA_P256_ALGORITHM
#define NCRYPT_ECDSA_P384_ALGORITHM BCRYPT_ECDSA_P384_ALGORITHM
#define NCRYPT_ECDSA_P521_ALGORITHM BCRYPT_ECDSA_P521_ALGORITHM
#define NCRYPT_ECDH_ALGORITHM       BCRYPT_ECDH_ALGORITHM
#define NCRYPT_ECDH_P256_ALGORITHM  BCRYPT_ECDH_P256_ALGORITHM
#define NCRYPT_ECDH_P384_ALGORITHM  BCRYPT_ECDH_P384_ALGORITHM
#define NCRYPT_ECDH_P521_ALGORITHM  BCRYPT_ECDH_P521_ALGORITHM
#define NCRYPT_DH_ALGORITHM         BCRYPT_DH_ALGORITHM
#define NCRYPT_DSA_ALGORITHM        BCRYPT_DSA_ALGORITHM

#define NCRYPT_AES_ALGORITHM      BCRYPT_AES_ALGORITHM
#define NCRYPT_3DES_ALGORITHM     BCRYPT_3DES_ALGORITHM
#define NCRYPT_3DES_112_ALGORITHM BCRYPT_3DES_112_ALGORITHM

#define NCRYPT_AES_ALGORITHM_GROUP NCRYPT_AES_ALGORITHM
#define NCRYPT_DES_ALGORITHM_GROUP u"DES" /* 3DES, too */
#define NCRYPT_MLDSA_ALGORITHM     BCRYPT_MLDSA_ALGORITHM
#define NCRYPT_MLKEM_ALGORITHM     BCRYPT_MLKEM_ALGORITHM

#define NCRYPT_SP800108_CTR_HMAC_ALGORITHM BCRYPT_SP800108_CTR_HMAC_ALGORITHM
#define NCRYPT_SP80056A_CONCAT_ALGORITHM   BCRYPT_SP80056A_CONCAT_ALGORITHM
#define NCRYPT_PBKDF2_ALGORITHM            BCRYPT_PBKDF2_ALGORITHM
#define NCRYPT_CAPI_KDF_ALGORITHM          BCRYPT_CAPI_KDF_ALGORITHM

#define NCRYPT_RSA_ALGORITHM_GROUP   NCRYPT_RSA_ALGORITHM
#define NCRYPT_ECDSA_ALGORITHM_GROUP u"ECDSA"
#define NCRYPT_ECDH_ALGORITHM_GROUP  u"ECDH"
#define NCRYPT_DH_ALGORITHM_GROUP    NCRYPT_DH_ALGORITHM
#define NCRYPT_DSA_ALGORITHM_GROUP   NCRYPT_DSA_ALGORITHM
#define NCRYPT_KEY_DERIVATION_GROUP  u"KEY_DERIVATION"
#define NCRYPT_MLDSA_ALGORITHM_GROUP u"MLDSA" /* without the hyphen of the algorithm's name */
#define NCRYPT_MLKEM_ALGORITHM_GROUP u"MLKEM"

/* Algorithm interfaces and operations, as NCryptEnumAlgorithms reports them. */
#define NCRYPT_CIPHER_INTERFACE                BCRYPT_CIPHER_INTERFACE
#define NCRYPT_HASH_INTERFACE                  BCRYPT_HASH_INTERFACE
#define NCRYPT_ASYMMETRIC_ENCRYPTION_INTERFACE BCRYPT_ASYMMETRIC_ENCRYPTION_INTERFACE
#define NCRYPT_SECRET_AGREEMENT_INTERFACE      BCRYPT_SECRET_AGREEMENT_INTERFACE
#define NCRYPT_SIGNATURE_INTERFACE             BCRYPT_SIGNATURE_INTERFACE
#define NCRYPT_KEY_DERIVATION_INTERFACE        BCRYPT_KEY_DERIVATION_INTERFACE
#define NCRYPT_KEY_ENCAPSULATION_INTERFACE     BCRYPT_KEY_ENCAPSULATION_INTERFACE

#define NCRYPT_CIPHER_OPERATION                0x00000001
#define NCRYPT_HASH_OPERATION                  0x00000002
#define NCRYPT_ASYMMETRIC_ENCRYPTION_OPERATION 0x00000004
#define NCRYPT_SECRET_AGREEMENT_OPERATION      0x00000008
#define NCRYPT_SIGNATURE_OPERATION             0x00000010
#define NCRYPT_RNG_OPERATION                   0x00000020
#define NCRYPT_KEY_DERIVATION_OPERATION        0x00000040
#define NCRYPT_KEY_ENCAPSULATION_OPERATION     0x00000080

/* Flags. The same bit means different things to different functions. */
#define NCRYPT_NO_PADDING_FLAG                0x00000001 /* Encrypt, Decrypt */
#define NCRYPT_REGISTER_NOTIFY_FLAG           0x00000001 /* NotifyChangeKey, as is the next one */
#define NCRYPT_UNREGISTER_NOTIFY_FLAG         0x00000002
#define NCRYPT_PAD_PKCS1_FLAG                 0x00000002 /* Encrypt, Decrypt, SignHash, VerifySignature */
#define NCRYPT_PAD_OAEP_FLAG                  0x00000004 /* Encrypt, Decrypt */
#define NCRYPT_PAD_PSS_FLAG                   0x00000008 /* SignHash, VerifySignature */
#define NCRYPT_PAD_CIPHER_FLAG                0x00000010 /* Encrypt, Decrypt */
#define NCRYPT_NO_KEY_VALIDATION              0x00000008 /* FinalizeKey, ImportKey */
#define NCRYPT_PAD_PQDSA_FLAG                 0x00000020 /* SignHash, VerifySignature */
#define NCRYPT_MACHINE_KEY_FLAG               0x00000020
#define NCRYPT_SILENT_FLAG                    0x00000040
#define NCRYPT_OVERWRITE_KEY_FLAG             0x00000080
#define NCRYPT_WRITE_KEY_TO_LEGACY_STORE_FLAG 0x00000200
#define NCRYPT_DO_NOT_FINALIZE_FLAG           0x00000400
#define NCRYPT_EXPORT_LEGACY_FLAG             0x00000800
#define NCRYPT_TREAT_NIST_AS_GENERIC_ECC_FLAG 0x00002000
#define NCRYPT_PREFER_VIRTUAL_ISOLATION_FLAG  0x00010000
#define NCRYPT_USE_VIRTUAL_ISOLATION_FLAG     0x00020000
#define NCRYPT_USE_PER_BOOT_KEY_FLAG          0x00040000
#define NCRYPT_VBS_RETURN_CLAIM_DETAILS_FLAG  0x00100000 /* VerifyClaim */
#define NCRYPT_PERSIST_ONLY_FLAG              0x40000000
#define NCRYPT_PERSIST_FLAG                   0x80000000

/* In NCRYPT_CIPHER_PADDING_INFO. */
#define NCRYPT_CIPHER_NO_PADDING_FLAG    0x00000000
#define NCRYPT_CIPHER_BLOCK_PADDING_FLAG 0x00000001
#define NCRYPT_CIPHER_OTHER_PADDING_FLAG 0x00000002

/* Properties. */
#define NCRYPT_NAME_PROPERTY                   u"Name"
#define NCRYPT_UNIQUE_NAME_PROPERTY            u"Unique Name"
#define NCRYPT_ALGORITHM_PROPERTY              u"Algorithm Name"
#define NCRYPT_ALGORITHM_GROUP_PROPERTY        u"Algorithm Group"
#define NCRYPT_LENGTH_PROPERTY                 u"Length"
#define NCRYPT_LENGTHS_PROPERTY                u"Lengths"
#define NCRYPT_PUBLIC_LENGTH_PROPERTY          u"PublicKeyLength"
#define NCRYPT_SIGNATURE_LENGTH_PROPERTY       u"SignatureLength"
#define NCRYPT_BLOCK_LENGTH_PROPERTY           u"Block Length"
#define NCRYPT_CHAINING_MODE_PROPERTY          u"Chaining Mode"
#define NCRYPT_INITIALIZATION_VECTOR           BCRYPT_INITIALIZATION_VECTOR
#define NCRYPT_AUTH_TAG_LENGTH                 BCRYPT_AUTH_TAG_LENGTH
#define NCRYPT_EXPORT_POLICY_PROPERTY          u"Export Policy"
#define NCRYPT_KEY_USAGE_PROPERTY              u"Key Usage"
#define NCRYPT_KEY_TYPE_PROPERTY               u"Key Type"
#define NCRYPT_IMPL_TYPE_PROPERTY              u"Impl Type"
#define NCRYPT_LAST_MODIFIED_PROPERTY          u"Modified"
#define NCRYPT_UI_POLICY_PROPERTY              u"UI Policy"
#define NCRYPT_USE_CONTEXT_PROPERTY            u"Use Context"
#define NCRYPT_WINDOW_HANDLE_PROPERTY          u"HWND Handle"
#define NCRYPT_PROVIDER_HANDLE_PROPERTY        u"Provider Handle"
#define NCRYPT_ECC_CURVE_NAME_PROPERTY         BCRYPT_ECC_CURVE_NAME
#define NCRYPT_ECC_CURVE_NAME_LIST_PROPERTY    u"ECCCurveNameList"
#define NCRYPT_ECC_PARAMETERS_PROPERTY         BCRYPT_ECC_PARAMETERS
#define NCRYPT_DH_PARAMETERS_PROPERTY          BCRYPT_DH_PARAMETERS
#define NCRYPT_PARAMETER_SET_NAME_PROPERTY     BCRYPT_PARAMETER_SET_NAME
#define NCRYPT_VERSION_PROPERTY                u"Version"
#define NCRYPT_MAX_NAME_LENGTH_PROPERTY        u"Max Name Length"
#define NCRYPT_SECURITY_DESCR_PROPERTY         u"Security Descr"
#define NCRYPT_SECURITY_DESCR_SUPPORT_PROPERTY u"Security Descr Support"
#define NCRYPT_USE_COUNT_PROPERTY              u"Use Count"
#define NCRYPT_USE_COUNT_ENABLED_PROPERTY      u"Enabled Use Count"
#define NCRYPT_USE_VIRTUAL_ISOLATION_PROPERTY  u"Virtual Iso"
#define NCRYPT_USE_PER_BOOT_KEY_PROPERTY       u"Per Boot Key"
#define NCRYPT_EPHEMERAL_NAME_PROPERTY         u"Ephemeral Name"
#define NCRYPT_KEY_ACCESS_POLICY_PROPERTY      u"Key Access Policy"
#define NCRYPT_CERTIFICATE_PROPERTY            u"SmartCardKeyCertificate"
#define NCRYPT_PIN_PROPERTY                    u"SmartCardPin"
#define NCRYPT_KDF_SECRET_VALUE                u"KDFKeySecret" /* what a key of a derivation starts from; set only */

/* The engine takes the names that Windows' reference prints, "KEM Ciphertext Length" and so on, as well. */
#define NCRYPT_KEM_SHARED_SECRET_LENGTH_PROPERTY u"KEMSharedSecretLength"
#define NCRYPT_KEM_CIPHERTEXT_LENGTH_PROPERTY    u"KEMCiphertextLength"

/* Property values. */
#define NCRYPT_ALLOW_EXPORT_FLAG                0x00000001
#define NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG      0x00000002
#define NCRYPT_ALLOW_ARCHIVING_FLAG             0x00000004
#define NCRYPT_ALLOW_PLAINTEXT_ARCHIVING_FLAG   0x00000008
#define NCRYPT_ALLOW_PKCS11_RSA_AES_EXPORT_FLAG 0x00000010

#define NCRYPT_ALLOW_DECRYPT_FLAG       0x00000001
#define NCRYPT_ALLOW_SIGNING_FLAG       0x00000002
#define NCRYPT_ALLOW_KEY_AGREEMENT_FLAG 0x00000004
#define NCRYPT_ALLOW_KEY_IMPORT_FLAG    0x00000008
#define NCRYPT_ALLOW_ALL_USAGES         0x00FFFFFF

#define NCRYPT_IMPL_HARDWARE_FLAG     0x00000001
#define NCRYPT_IMPL_SOFTWARE_FLAG     0x00000002
#define NCRYPT_IMPL_REMOVABLE_FLAG    0x00000008
#define NCRYPT_IMPL_HARDWARE_RNG_FLAG 0x00000010

#define NCRYPT_UI_PROTECT_KEY_FLAG           0x00000001
#define NCRYPT_UI_FORCE_HIGH_PROTECTION_FLAG 0x00000002

/* Buffer types of parameter lists. */
#define NCRYPTBUFFER_VERSION            0
#define NCRYPTBUFFER_PKCS_ALG_OID       41
#define NCRYPTBUFFER_PKCS_ALG_PARAM     42
#define NCRYPTBUFFER_PKCS_KEY_NAME      45
#define NCRYPTBUFFER_PKCS_SECRET        46
#define NCRYPTBUFFER_CERT_BLOB          47
#define NCRYPTBUFFER_ECC_CURVE_NAME     60
#define NCRYPTBUFFER_ECC_PARAMETERS     61 /* BCRYPT_ECC_PARAMETER_HEADER and what follows it */
#define NCRYPTBUFFER_PKCS_AES_KEY_BITS  96
#define NCRYPTBUFFER_PKCS_PADDING_ALGO  97
#define NCRYPTBUFFER_PKCS_PADDING_LABEL 98

/* Blob types. */
#define NCRYPT_PKCS8_PRIVATE_KEY_BLOB u"PKCS8_PRIVATEKEY"
#define NCRYPT_OPAQUETRANSPORT_BLOB   u"OpaqueTransport"
#define NCRYPT_PKCS7_ENVELOPE_BLOB    u"PKCS7_ENVELOPE"
#define NCRYPT_CIPHER_KEY_BLOB        u"CipherKeyBlob"
#define NCRYPT_KDF_KEY_BLOB           u"KDFKeyBlob"

#define NCRYPT_CIPHER_KEY_BLOB_MAGIC 0x52485043 /* CPHR */
#define NCRYPT_KDF_KEY_BLOB_MAGIC    0x3146444B /* KDF1 */

#define NCRYPT_PQ_PRIVATE_KEY_BLOB u"PQPrivateKeyBlob"
#define NCRYPT_PQ_PUBLIC_KEY_BLOB  BCRYPT_PUBLIC_KEY_BLOB

#define NCRYPT_PQ_PRIVATE_BLOB_MAGIC 0x52505150 /* PQPR */

typedef BCryptBuffer NCryptBuffer, *PNCryptBuffer;
typedef BCryptBufferDesc NCryptBufferDesc, *PNCryptBufferDesc;

typedef struct _NCryptAlgorithmName {
    LPWSTR pszName;
    DWORD dwClass;
    DWORD dwAlgOperations;
    DWORD dwFlags;
} NCryptAlgorithmName;

typedef struct NCryptKeyName {
    LPWSTR pszName;
    LPWSTR pszAlgid;
    DWORD dwLegacyKeySpec;
    DWORD dwFlags;
} NCryptKeyName;

typedef struct NCryptProviderName {
    LPWSTR pszName;
    LPWSTR pszComment;
} NCryptProviderName;

typedef struct __NCRYPT_SUPPORTED_LENGTHS {
    DWORD dwMinLength;
    DWORD dwMaxLength;
    DWORD dwIncrement;
    DWORD dwDefaultLength;
} NCRYPT_SUPPORTED_LENGTHS;

/* Followed by the type of a private ML-DSA or ML-KEM blob in UTF-16, its NUL counted in cbBCryptType, and that blob. */
typedef struct _NCRYPT_PQ_BLOB {
    DWORD dwMagic;
    DWORD cbBCryptType;
    DWORD cbBCryptBlob;
} NCRYPT_PQ_BLOB;

/* Set: the strings may be anywhere, cbInput is the size of this structure. Get: the strings follow the structure in
 * the caller's buffer and the pointers point at them. */
typedef struct __NCRYPT_UI_POLICY {
    DWORD dwVersion;
    DWORD dwFlags;
    LPCWSTR pszCreationTitle;
    LPCWSTR pszFriendlyName;
    LPCWSTR pszDescription;
} NCRYPT_UI_POLICY;

/* Followed by the algorithm's name with its NUL (cbAlgName bytes) and the key as a BCRYPT_KEY_DATA_BLOB. */
typedef struct _NCRYPT_KEY_BLOB_HEADER {
    ULONG cbSize;
    ULONG dwMagic;
    ULONG cbAlgName;
    ULONG cbKeyData;
} NCRYPT_KEY_BLOB_HEADER;

/* What goes with NCRYPT_PAD_CIPHER_FLAG. The vector is for this call instead of the key's own, and is what the next
 * call of a stream goes on with when this one returns. */
typedef struct _NCRYPT_CIPHER_PADDING_INFO {
    ULONG cbSize;
    DWORD dwFlags;
    PUCHAR pbIV; /* NULL: the key's own */
    ULONG cbIV;
    PUCHAR pbOtherInfo;
    ULONG cbOtherInfo;
} NCRYPT_CIPHER_PADDING_INFO;

NCRYPT_EXT_STATIC_ASSERT(sizeof(NCRYPT_KEY_BLOB_HEADER) == 16, "NCRYPT_KEY_BLOB_HEADER");
NCRYPT_EXT_STATIC_ASSERT(sizeof(NCRYPT_CIPHER_PADDING_INFO) == (sizeof(void *) == 8 ? 40 : 24),
                         "NCRYPT_CIPHER_PADDING_INFO");
NCRYPT_EXT_STATIC_ASSERT(offsetof(NCRYPT_CIPHER_PADDING_INFO, pbIV) == 8, "NCRYPT_CIPHER_PADDING_INFO.pbIV");
NCRYPT_EXT_STATIC_ASSERT(sizeof(NCryptAlgorithmName) == (sizeof(void *) == 8 ? 24 : 16), "NCryptAlgorithmName");
NCRYPT_EXT_STATIC_ASSERT(sizeof(NCryptKeyName) == (sizeof(void *) == 8 ? 24 : 16), "NCryptKeyName");
NCRYPT_EXT_STATIC_ASSERT(sizeof(NCryptProviderName) == 2 * sizeof(void *), "NCryptProviderName");
NCRYPT_EXT_STATIC_ASSERT(sizeof(NCRYPT_SUPPORTED_LENGTHS) == 16, "NCRYPT_SUPPORTED_LENGTHS");
NCRYPT_EXT_STATIC_ASSERT(sizeof(NCRYPT_PQ_BLOB) == 12, "NCRYPT_PQ_BLOB");
NCRYPT_EXT_STATIC_ASSERT(sizeof(NCRYPT_UI_POLICY) == 8 + 3 * sizeof(void *), "NCRYPT_UI_POLICY");

/* Providers. */
SECURITY_STATUS WINAPI NCryptOpenStorageProvider(NCRYPT_PROV_HANDLE *phProvider, LPCWSTR pszProviderName,
                                                 DWORD dwFlags);
SECURITY_STATUS WINAPI NCryptEnumStorageProviders(DWORD *pdwProviderCount, NCryptProviderName **ppProviderList,
                                                  DWORD dwFlags);
SECURITY_STATUS WINAPI NCryptIsAlgSupported(NCRYPT_PROV_HANDLE hProvider, LPCWSTR pszAlgId, DWORD dwFlags);
SECURITY_STATUS WINAPI NCryptEnumAlgorithms(NCRYPT_PROV_HANDLE hProvider, DWORD dwAlgOperations, DWORD *pdwAlgCount,
                                            NCryptAlgorithmName **ppAlgList, DWORD dwFlags);

/* Keys. */
SECURITY_STATUS WINAPI NCryptCreatePersistedKey(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE *phKey,
                                                LPCWSTR pszAlgId, LPCWSTR pszKeyName, DWORD dwLegacyKeySpec,
                                                DWORD dwFlags);
SECURITY_STATUS WINAPI NCryptFinalizeKey(NCRYPT_KEY_HANDLE hKey, DWORD dwFlags);
SECURITY_STATUS WINAPI NCryptOpenKey(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE *phKey, LPCWSTR pszKeyName,
                                     DWORD dwLegacyKeySpec, DWORD dwFlags);
SECURITY_STATUS WINAPI NCryptEnumKeys(NCRYPT_PROV_HANDLE hProvider, LPCWSTR pszScope, NCryptKeyName **ppKeyName,
                                      PVOID *ppEnumState, DWORD dwFlags);
SECURITY_STATUS WINAPI NCryptDeleteKey(NCRYPT_KEY_HANDLE hKey, DWORD dwFlags);
BOOL WINAPI NCryptIsKeyHandle(NCRYPT_KEY_HANDLE hKey);
/* The key storage provider (unless phProvider is NULL) and the key behind a CryptoAPI container. The caller frees both;
 * they do not depend on the CryptoAPI handles. */
SECURITY_STATUS WINAPI NCryptTranslateHandle(NCRYPT_PROV_HANDLE *phProvider, NCRYPT_KEY_HANDLE *phKey,
                                             HCRYPTPROV hLegacyProv, HCRYPTKEY hLegacyKey, DWORD dwLegacyKeySpec,
                                             DWORD dwFlags);

/* Change notification. NCRYPT_REGISTER_NOTIFY_FLAG, with NCRYPT_MACHINE_KEY_FLAG for the keys of the machine, makes a
 * handle to wait for: on Windows by its functions for waiting, elsewhere by ncx_notification_wait() of
 * ncrypt_ext_compat.h. NCRYPT_UNREGISTER_NOTIFY_FLAG ends it and leaves (HANDLE)-1. */
SECURITY_STATUS WINAPI NCryptNotifyChangeKey(NCRYPT_PROV_HANDLE hProvider, HANDLE *phEvent, DWORD dwFlags);

/* Release. */
SECURITY_STATUS WINAPI NCryptFreeObject(NCRYPT_HANDLE hObject);
SECURITY_STATUS WINAPI NCryptFreeBuffer(PVOID pvInput);

/* Properties. */
SECURITY_STATUS WINAPI NCryptGetProperty(NCRYPT_HANDLE hObject, LPCWSTR pszProperty, PBYTE pbOutput, DWORD cbOutput,
                                         DWORD *pcbResult, DWORD dwFlags);
SECURITY_STATUS WINAPI NCryptSetProperty(NCRYPT_HANDLE hObject, LPCWSTR pszProperty, PBYTE pbInput, DWORD cbInput,
                                         DWORD dwFlags);

/* Use. A symmetric key chains as its properties "Chaining Mode" (ECB, CBC, or CFB by bytes; at first CBC) and "IV" say,
 * which are the handle's alone and never stored; flags 0 begin with the handle's vector and leave the next one there,
 * also when several threads do so, and take whole blocks (CFB: any number of bytes). Block padding is that of PKCS #7,
 * to the cipher's block in every mode. A failure changes no vector; what is in pbOutput then has no meaning. */
SECURITY_STATUS WINAPI NCryptSignHash(NCRYPT_KEY_HANDLE hKey, void *pPaddingInfo, PBYTE pbHashValue, DWORD cbHashValue,
                                      PBYTE pbSignature, DWORD cbSignature, DWORD *pcbResult, DWORD dwFlags);
SECURITY_STATUS WINAPI NCryptVerifySignature(NCRYPT_KEY_HANDLE hKey, void *pPaddingInfo, PBYTE pbHashValue,
                                             DWORD cbHashValue, PBYTE pbSignature, DWORD cbSignature, DWORD dwFlags);
SECURITY_STATUS WINAPI NCryptEncrypt(NCRYPT_KEY_HANDLE hKey, PBYTE pbInput, DWORD cbInput, void *pPaddingInfo,
                                     PBYTE pbOutput, DWORD cbOutput, DWORD *pcbResult, DWORD dwFlags);
SECURITY_STATUS WINAPI NCryptDecrypt(NCRYPT_KEY_HANDLE hKey, PBYTE pbInput, DWORD cbInput, void *pPaddingInfo,
                                     PBYTE pbOutput, DWORD cbOutput, DWORD *pcbResult, DWORD dwFlags);

/* Secret agreement. The secret does not depend on the keys, which may be freed before it; NCryptFreeObject wipes it.
 * What Windows leaves open: the peer's key has to be of the same group and curve. */
SECURITY_STATUS WINAPI NCryptSecretAgreement(NCRYPT_KEY_HANDLE hPrivKey, NCRYPT_KEY_HANDLE hPubKey,
                                             NCRYPT_SECRET_HANDLE *phAgreedSecret, DWORD dwFlags);
/* pbDerivedKey NULL asks for the size. BCRYPT_KDF_HASH, HMAC and RAW_SECRET give as many bytes as they have and fit;
 * TLS_PRF gives 48; SP80056A_CONCAT and HKDF as many as are asked for, and to the question the digest's size. A buffer
 * of the list that the function does not know is refused. */
SECURITY_STATUS WINAPI NCryptDeriveKey(NCRYPT_SECRET_HANDLE hSharedSecret, LPCWSTR pwszKDF,
                                       NCryptBufferDesc *pParameterList, PBYTE pbDerivedKey, DWORD cbDerivedKey,
                                       DWORD *pcbResult, ULONG dwFlags);

/* Key derivation. The key's algorithm is the function: it was created as BCRYPT_PBKDF2_ALGORITHM or the like, and given
 * NCRYPT_KDF_SECRET_VALUE before NCryptFinalizeKey. What Windows leaves open: as many bytes are written as there is
 * room for, of BCRYPT_CAPI_KDF_ALGORITHM up to two digests, of HKDF up to 255; pbDerivedKey NULL asks for the digest's
 * size. PBKDF2 takes up to 100,000,000 iterations and can be interrupted. HKDF takes hash and salt by the properties of
 * a secret, once for a handle and after NCryptFinalizeKey, or in the list, as KDF_HASH_ALGORITHM and KDF_HKDF_SALT. A
 * buffer of the list that the function does not know is refused. */
SECURITY_STATUS WINAPI NCryptKeyDerivation(NCRYPT_KEY_HANDLE hKey, NCryptBufferDesc *pParameterList,
                                           PUCHAR pbDerivedKey, DWORD cbDerivedKey, DWORD *pcbResult, ULONG dwFlags);

/* Attestation. What Windows leaves open: the software provider has no claims, and answers NTE_NOT_SUPPORTED to whatever
 * is well-formed. */
SECURITY_STATUS WINAPI NCryptCreateClaim(NCRYPT_KEY_HANDLE hSubjectKey, NCRYPT_KEY_HANDLE hAuthorityKey,
                                         DWORD dwClaimType, NCryptBufferDesc *pParameterList, PBYTE pbClaimBlob,
                                         DWORD cbClaimBlob, DWORD *pcbResult, DWORD dwFlags);
SECURITY_STATUS WINAPI NCryptVerifyClaim(NCRYPT_KEY_HANDLE hSubjectKey, NCRYPT_KEY_HANDLE hAuthorityKey,
                                         DWORD dwClaimType, NCryptBufferDesc *pParameterList, PBYTE pbClaimBlob,
                                         DWORD cbClaimBlob, NCryptBufferDesc *pOutput, DWORD dwFlags);

/* Key encapsulation. Both outputs NULL ask for both sizes; one of them NULL is NTE_INVALID_PARAMETER. A secret is not
 * kept unless both have room. What Windows leaves open: the usage that decapsulation needs is that of a key agreement.
 * A ciphertext of the right size that does not belong to the key gives another secret and no failure. */
SECURITY_STATUS WINAPI NCryptEncapsulate(NCRYPT_KEY_HANDLE hKey, PBYTE pbSecretKey, ULONG cbSecretKey,
                                         ULONG *pcbSecretKey, PBYTE pbCipherText, ULONG cbCipherText,
                                         ULONG *pcbCipherText, ULONG dwFlags);
SECURITY_STATUS WINAPI NCryptDecapsulate(NCRYPT_KEY_HANDLE hKey, PBYTE pbCipherText, ULONG cbCipherText,
                                         PBYTE pbSecretKey, ULONG cbSecretKey, ULONG *pcbSecretKey, ULONG dwFlags);

/* Transport. NCRYPTBUFFER_PKCS_SECRET is the password of PKCS #8, on import and export; on export
 * NCRYPTBUFFER_PKCS_ALG_OID may name PBES2 or the 3DES scheme of PKCS #12, and NCRYPTBUFFER_PKCS_ALG_PARAM is a
 * CRYPT_PKCS12_PBE_PARAMS and the salt. PKCS7_ENVELOPE is written for the certificates of NCRYPTBUFFER_CERT_BLOB (a
 * serialized store; DER is taken, too) by the cipher of NCRYPTBUFFER_PKCS_ALG_OID, and opened by hImportKey.
 * PKCS11RsaAesWrapBlob is under the RSA key of hExportKey, with AES of NCRYPTBUFFER_PKCS_AES_KEY_BITS (256) and OAEP of
 * NCRYPTBUFFER_PKCS_PADDING_ALGO (SHA256) and _LABEL. OpaqueTransport is sealed by the user's or machine's store. */
SECURITY_STATUS WINAPI NCryptImportKey(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hImportKey, LPCWSTR pszBlobType,
                                       NCryptBufferDesc *pParameterList, NCRYPT_KEY_HANDLE *phKey, PBYTE pbData,
                                       DWORD cbData, DWORD dwFlags);
SECURITY_STATUS WINAPI NCryptExportKey(NCRYPT_KEY_HANDLE hKey, NCRYPT_KEY_HANDLE hExportKey, LPCWSTR pszBlobType,
                                       NCryptBufferDesc *pParameterList, PBYTE pbOutput, DWORD cbOutput,
                                       DWORD *pcbResult, DWORD dwFlags);

#ifdef __cplusplus
}
#endif

#endif
