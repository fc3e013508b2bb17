/* SPDX-License-Identifier: MIT
 *
 * The status codes that key storage functions return, for platforms without the Windows SDK. A SECURITY_STATUS of
 * ERROR_SUCCESS is the only success: some codes of platform providers are positive numbers and still failures.
 */
#ifndef NCRYPT_EXT_WINSTATUS_H
#define NCRYPT_EXT_WINSTATUS_H

#include "wintypes.h"

#define _HRESULT_TYPEDEF_(code) ((HRESULT)code)
#define HRESULT_FROM_WIN32(error) ((HRESULT)(error) <= 0 ? (HRESULT)(error) : (HRESULT)(((uint32_t)(error)&0xFFFFu) | 0x80070000u))

#define ERROR_SUCCESS 0

/* Win32 error numbers; the key storage functions return them through HRESULT_FROM_WIN32. */
#define ERROR_FILE_NOT_FOUND             2
#define ERROR_INVALID_DATA               13
#define ERROR_WRITE_PROTECT              19
#define ERROR_NOT_SUPPORTED              50
#define ERROR_DISK_FULL                  112
#define ERROR_BUSY                       170
#define ERROR_MORE_DATA                  234
#define ERROR_NO_MORE_ITEMS              259
#define ERROR_IO_DEVICE                  1117
#define ERROR_CANCELLED                  1223
#define ERROR_INVALID_SECURITY_DESCR     1338
#define ERROR_FILE_CORRUPT               1392
#define ERROR_INVALID_STATE              5023
#define ERROR_NO_USER_KEYS               6006

/* General HRESULTs. */
#define E_NOTIMPL                        _HRESULT_TYPEDEF_(0x80004001u)
#define E_POINTER                        _HRESULT_TYPEDEF_(0x80004003u)
#define E_ABORT                          _HRESULT_TYPEDEF_(0x80004004u)
#define E_FAIL                           _HRESULT_TYPEDEF_(0x80004005u)
#define E_UNEXPECTED                     _HRESULT_TYPEDEF_(0x8000FFFFu)
#define E_ACCESSDENIED                   _HRESULT_TYPEDEF_(0x80070005u)
#define E_HANDLE                         _HRESULT_TYPEDEF_(0x80070006u)
#define E_OUTOFMEMORY                    _HRESULT_TYPEDEF_(0x8007000Eu)
#define E_INVALIDARG                     _HRESULT_TYPEDEF_(0x80070057u)
#define CRYPT_E_NOT_FOUND                _HRESULT_TYPEDEF_(0x80092004u)
#define CRYPT_E_EXISTS                   _HRESULT_TYPEDEF_(0x80092005u)
#define CRYPT_E_ASN1_ERROR               _HRESULT_TYPEDEF_(0x80093100u)
#define CRYPT_E_ASN1_BADTAG              _HRESULT_TYPEDEF_(0x8009310Bu)
#define TPM_E_PCP_BUFFER_TOO_SMALL       _HRESULT_TYPEDEF_(0x80290406u)
#define TPM_E_PCP_UNSUPPORTED_PSS_SALT   _HRESULT_TYPEDEF_(0x40290423u)

/* Key storage and CryptoAPI, in numerical order. */
#define NTE_BAD_UID                      _HRESULT_TYPEDEF_(0x80090001u)
#define NTE_BAD_HASH                     _HRESULT_TYPEDEF_(0x80090002u)
#define NTE_BAD_KEY                      _HRESULT_TYPEDEF_(0x80090003u)
#define NTE_BAD_LEN                      _HRESULT_TYPEDEF_(0x80090004u)
#define NTE_BAD_DATA                     _HRESULT_TYPEDEF_(0x80090005u)
#define NTE_BAD_SIGNATURE                _HRESULT_TYPEDEF_(0x80090006u)
#define NTE_BAD_VER                      _HRESULT_TYPEDEF_(0x80090007u)
#define NTE_BAD_ALGID                    _HRESULT_TYPEDEF_(0x80090008u)
#define NTE_BAD_FLAGS                    _HRESULT_TYPEDEF_(0x80090009u)
#define NTE_BAD_TYPE                     _HRESULT_TYPEDEF_(0x8009000Au)
#define NTE_BAD_KEY_STATE                _HRESULT_TYPEDEF_(0x8009000Bu)
#define NTE_BAD_HASH_STATE               _HRESULT_TYPEDEF_(0x8009000Cu)
#define NTE_NO_KEY                       _HRESULT_TYPEDEF_(0x8009000Du)
#define NTE_NO_MEMORY                    _HRESULT_TYPEDEF_(0x8009000Eu)
#define NTE_EXISTS                       _HRESULT_TYPEDEF_(0x8009000Fu)
#define NTE_PERM                         _HRESULT_TYPEDEF_(0x80090010u)
#define NTE_NOT_FOUND                    _HRESULT_TYPEDEF_(0x80090011u)
#define NTE_DOUBLE_ENCRYPT               _HRESULT_TYPEDEF_(0x80090012u)
#define NTE_BAD_PROVIDER                 _HRESULT_TYPEDEF_(0x80090013u)
#define NTE_BAD_PROV_TYPE                _HRESULT_TYPEDEF_(0x80090014u)
#define NTE_BAD_PUBLIC_KEY               _HRESULT_TYPEDEF_(0x80090015u)
#define NTE_BAD_KEYSET                   _HRESULT_TYPEDEF_(0x80090016u)
#define NTE_PROV_TYPE_NOT_DEF            _HRESULT_TYPEDEF_(0x80090017u)
#define NTE_PROV_TYPE_ENTRY_BAD          _HRESULT_TYPEDEF_(0x80090018u)
#define NTE_KEYSET_NOT_DEF               _HRESULT_TYPEDEF_(0x80090019u)
#define NTE_KEYSET_ENTRY_BAD             _HRESULT_TYPEDEF_(0x8009001Au)
#define NTE_PROV_TYPE_NO_MATCH           _HRESULT_TYPEDEF_(0x8009001Bu)
#define NTE_SIGNATURE_FILE_BAD           _HRESULT_TYPEDEF_(0x8009001Cu)
#define NTE_PROVIDER_DLL_FAIL            _HRESULT_TYPEDEF_(0x8009001Du)
#define NTE_PROV_DLL_NOT_FOUND           _HRESULT_TYPEDEF_(0x8009001Eu)
#define NTE_BAD_KEYSET_PARAM             _HRESULT_TYPEDEF_(0x8009001Fu)
#define NTE_FAIL                         _HRESULT_TYPEDEF_(0x80090020u)
#define NTE_SYS_ERR                      _HRESULT_TYPEDEF_(0x80090021u)
#define NTE_SILENT_CONTEXT               _HRESULT_TYPEDEF_(0x80090022u)
#define NTE_TOKEN_KEYSET_STORAGE_FULL    _HRESULT_TYPEDEF_(0x80090023u)
#define NTE_TEMPORARY_PROFILE            _HRESULT_TYPEDEF_(0x80090024u)
#define NTE_FIXEDPARAMETER               _HRESULT_TYPEDEF_(0x80090025u)
#define NTE_INVALID_HANDLE               _HRESULT_TYPEDEF_(0x80090026u)
#define NTE_INVALID_PARAMETER            _HRESULT_TYPEDEF_(0x80090027u)
#define NTE_BUFFER_TOO_SMALL             _HRESULT_TYPEDEF_(0x80090028u)
#define NTE_NOT_SUPPORTED                _HRESULT_TYPEDEF_(0x80090029u)
#define NTE_NO_MORE_ITEMS                _HRESULT_TYPEDEF_(0x8009002Au)
#define NTE_BUFFERS_OVERLAP              _HRESULT_TYPEDEF_(0x8009002Bu)
#define NTE_DECRYPTION_FAILURE           _HRESULT_TYPEDEF_(0x8009002Cu)
#define NTE_INTERNAL_ERROR               _HRESULT_TYPEDEF_(0x8009002Du)
#define NTE_UI_REQUIRED                  _HRESULT_TYPEDEF_(0x8009002Eu)
#define NTE_HMAC_NOT_SUPPORTED           _HRESULT_TYPEDEF_(0x8009002Fu)
#define NTE_DEVICE_NOT_READY             _HRESULT_TYPEDEF_(0x80090030u)
#define NTE_AUTHENTICATION_IGNORED       _HRESULT_TYPEDEF_(0x80090031u)
#define NTE_VALIDATION_FAILED            _HRESULT_TYPEDEF_(0x80090032u)
#define NTE_INCORRECT_PASSWORD           _HRESULT_TYPEDEF_(0x80090033u)
#define NTE_ENCRYPTION_FAILURE           _HRESULT_TYPEDEF_(0x80090034u)
#define NTE_DEVICE_NOT_FOUND             _HRESULT_TYPEDEF_(0x80090035u)
#define NTE_USER_CANCELLED               _HRESULT_TYPEDEF_(0x80090036u)
#define NTE_PASSWORD_CHANGE_REQUIRED     _HRESULT_TYPEDEF_(0x80090037u)
#define NTE_NOT_ACTIVE_CONSOLE           _HRESULT_TYPEDEF_(0x80090038u)
#define NTE_VBS_UNAVAILABLE              _HRESULT_TYPEDEF_(0x80090039u)
#define NTE_VBS_CANNOT_DECRYPT_KEY       _HRESULT_TYPEDEF_(0x8009003Au)

/* NTSTATUS values that a key storage provider may hand through. */
#define STATUS_UNSUCCESSFUL              _HRESULT_TYPEDEF_(0xC0000001u)
#define STATUS_INVALID_PARAMETER         _HRESULT_TYPEDEF_(0xC000000Du)
#define STATUS_BUFFER_TOO_SMALL          _HRESULT_TYPEDEF_(0xC0000023u)
#define STATUS_NOT_SUPPORTED             _HRESULT_TYPEDEF_(0xC00000BBu)
#define STATUS_NOT_FOUND                 _HRESULT_TYPEDEF_(0xC0000225u)
#define STATUS_INVALID_SIGNATURE         _HRESULT_TYPEDEF_(0xC000A000u)

#endif
