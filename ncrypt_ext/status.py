# SPDX-License-Identifier: MIT
"""The status codes of the key storage API: number, name, errno, exception class, text.

This is data. :mod:`ncrypt_ext.errors` turns it into exceptions.
"""

import errno as _errno
from collections import namedtuple

__all__ = ["STATUS", "StatusInfo", "lookup", "status_name"]

StatusInfo = namedtuple("StatusInfo", "name errno error text")

_TABLE = """
# Key storage and CryptoAPI
0x80090001 NTE_BAD_UID EBADF InvalidHandleError invalid context handle
0x80090002 NTE_BAD_HASH EINVAL BadDataError invalid hash
0x80090003 NTE_BAD_KEY EINVAL BadDataError invalid key
0x80090004 NTE_BAD_LEN EINVAL BadDataError wrong length
0x80090005 NTE_BAD_DATA EINVAL BadDataError malformed data
0x80090006 NTE_BAD_SIGNATURE EINVAL BadDataError invalid signature
0x80090007 NTE_BAD_VER EINVAL StoreVersionError unknown version
0x80090008 NTE_BAD_ALGID ENOTSUP NotSupportedError the key or its algorithm cannot do that
0x80090009 NTE_BAD_FLAGS EINVAL InvalidParameterError invalid flags
0x8009000A NTE_BAD_TYPE ENOTSUP NotSupportedError unknown type of blob or parameter
0x8009000B NTE_BAD_KEY_STATE EINVAL BadStateError the key is not in the state for that
0x8009000C NTE_BAD_HASH_STATE EINVAL BadStateError the hash is not in the state for that
0x8009000D NTE_NO_KEY ENOENT KeyNotFoundError there is no such key
0x8009000E NTE_NO_MEMORY ENOMEM OutOfMemoryError memory is short
0x8009000F NTE_EXISTS EEXIST KeyExistsError a key of that name exists already
0x80090010 NTE_PERM EACCES AccessDeniedError access denied
0x80090011 NTE_NOT_FOUND ENOENT NotFoundError not found
0x80090012 NTE_DOUBLE_ENCRYPT EINVAL BadStateError encrypted already
0x80090013 NTE_BAD_PROVIDER ENOENT ProviderNotFoundError there is no such provider
0x80090014 NTE_BAD_PROV_TYPE EINVAL InvalidParameterError invalid provider type
0x80090015 NTE_BAD_PUBLIC_KEY EINVAL BadDataError invalid public key
0x80090016 NTE_BAD_KEYSET ENOENT KeyNotFoundError there is no such key
0x80090017 NTE_PROV_TYPE_NOT_DEF ENOENT ProviderNotFoundError the provider type is not defined
0x80090018 NTE_PROV_TYPE_ENTRY_BAD EIO NCryptError the registration of the provider type is damaged
0x80090019 NTE_KEYSET_NOT_DEF ENOENT ProviderNotFoundError there is no such provider
0x8009001A NTE_KEYSET_ENTRY_BAD EIO StoreCorruptError the stored key is damaged
0x8009001B NTE_PROV_TYPE_NO_MATCH EINVAL InvalidParameterError the provider is of another type
0x8009001C NTE_SIGNATURE_FILE_BAD EIO NCryptError the signature of the provider's library is invalid
0x8009001D NTE_PROVIDER_DLL_FAIL EIO NCryptError the provider's library failed to start
0x8009001E NTE_PROV_DLL_NOT_FOUND ENOENT ProviderNotFoundError the provider's library is missing
0x8009001F NTE_BAD_KEYSET_PARAM EINVAL InvalidParameterError invalid name of a key or provider
0x80090020 NTE_FAIL EIO NCryptError internal failure
0x80090021 NTE_SYS_ERR EIO NCryptError the operating system failed
0x80090022 NTE_SILENT_CONTEXT EPERM SilentContextError the user would have to be asked
0x80090023 NTE_TOKEN_KEYSET_STORAGE_FULL ENOSPC StoreFullError the token has no room for another key
0x80090024 NTE_TEMPORARY_PROFILE EACCES AccessDeniedError the user's profile is temporary
0x80090025 NTE_FIXEDPARAMETER ENOTSUP NotSupportedError the parameter cannot be changed
0x80090026 NTE_INVALID_HANDLE EBADF InvalidHandleError invalid handle
0x80090027 NTE_INVALID_PARAMETER EINVAL InvalidParameterError invalid argument
0x80090028 NTE_BUFFER_TOO_SMALL ENOBUFS BufferTooSmallError the buffer is too small
0x80090029 NTE_NOT_SUPPORTED ENOTSUP NotSupportedError not supported
0x8009002A NTE_NO_MORE_ITEMS ENOENT NotFoundError no more items
0x8009002B NTE_BUFFERS_OVERLAP EINVAL InvalidParameterError input and output overlap
0x8009002C NTE_DECRYPTION_FAILURE EINVAL BadDataError decryption failed
0x8009002D NTE_INTERNAL_ERROR EIO NCryptError internal error
0x8009002E NTE_UI_REQUIRED EPERM SilentContextError the user has to be asked
0x8009002F NTE_HMAC_NOT_SUPPORTED ENOTSUP NotSupportedError HMAC is not supported
0x80090030 NTE_DEVICE_NOT_READY EIO DeviceError the device is not ready
0x80090031 NTE_AUTHENTICATION_IGNORED EIO NCryptError the device ignored the authentication
0x80090032 NTE_VALIDATION_FAILED EINVAL BadDataError validation failed
0x80090033 NTE_INCORRECT_PASSWORD EACCES WrongPassphraseError wrong or missing passphrase
0x80090034 NTE_ENCRYPTION_FAILURE EIO NCryptError encryption failed
0x80090035 NTE_DEVICE_NOT_FOUND ENODEV DeviceError there is no device
0x80090036 NTE_USER_CANCELLED ECANCELED CancelledError cancelled
0x80090037 NTE_PASSWORD_CHANGE_REQUIRED EACCES AccessDeniedError the password has to be changed
0x80090038 NTE_NOT_ACTIVE_CONSOLE EACCES AccessDeniedError only the active console may do that
0x80090039 NTE_VBS_UNAVAILABLE ENOTSUP NotSupportedError no virtualization-based security
0x8009003A NTE_VBS_CANNOT_DECRYPT_KEY EIO BadDataError the key was protected for an earlier boot
# General HRESULTs
0x80004001 E_NOTIMPL ENOTSUP NotSupportedError not implemented
0x80004003 E_POINTER EINVAL InvalidParameterError invalid pointer
0x80004004 E_ABORT ECANCELED CancelledError aborted
0x80004005 E_FAIL EIO NCryptError unspecified failure
0x8000FFFF E_UNEXPECTED EIO NCryptError unexpected failure
0x80070005 E_ACCESSDENIED EACCES AccessDeniedError access denied
0x80070006 E_HANDLE EBADF InvalidHandleError invalid handle
0x8007000E E_OUTOFMEMORY ENOMEM OutOfMemoryError memory is short
0x80070057 E_INVALIDARG EINVAL InvalidParameterError invalid argument
0x800706F4 RPC_X_NULL_REF_POINTER EINVAL InvalidParameterError a required pointer is NULL
# Win32 errors as HRESULTs; most of them are the portable store's
0x80070002 ERROR_FILE_NOT_FOUND ENOENT KeyNotFoundError there is no such file
0x80070003 ERROR_PATH_NOT_FOUND ENOENT StoreError a folder or file of the store is missing
0x80070008 ERROR_NOT_ENOUGH_MEMORY ENOMEM OutOfMemoryError memory is short
0x8007000D ERROR_INVALID_DATA EINVAL BadDataError malformed data
0x80070013 ERROR_WRITE_PROTECT EROFS StoreReadOnlyError the store is read-only
0x80070032 ERROR_NOT_SUPPORTED ENOTSUP StoreUnsupportedError the store cannot live there
0x80070056 ERROR_INVALID_PASSWORD EACCES AccessDeniedError the password is wrong
0x80070070 ERROR_DISK_FULL ENOSPC StoreFullError the disk is full
0x800700AA ERROR_BUSY EBUSY StoreBusyError the store is locked by another process
0x800700EA ERROR_MORE_DATA ENOBUFS BufferTooSmallError the buffer is too small
0x80070103 ERROR_NO_MORE_ITEMS ENOENT NotFoundError no more items
0x8007045D ERROR_IO_DEVICE EIO StoreError input/output error
0x800704C7 ERROR_CANCELLED ECANCELED CancelledError cancelled
0x8007053A ERROR_INVALID_SECURITY_DESCR EACCES StorePermissionError the store is open to others
0x80070570 ERROR_FILE_CORRUPT EIO StoreCorruptError the store is damaged
0x8007139F ERROR_INVALID_STATE EINVAL BadStateError the key is not in the state for that
0x80071776 ERROR_NO_USER_KEYS EIO MasterKeyMissingError the store's master key is missing
# Certificates and ASN.1
0x80092004 CRYPT_E_NOT_FOUND ENOENT NotFoundError not found
0x80092005 CRYPT_E_EXISTS EEXIST KeyExistsError exists already
0x8009200B CRYPT_E_NO_KEY_PROPERTY ENOENT KeyNotFoundError the certificate has no stored key
0x80093100 CRYPT_E_ASN1_ERROR EINVAL BadDataError malformed ASN.1
0x80093102 CRYPT_E_ASN1_EOD EINVAL BadDataError malformed ASN.1: cut short
0x80093103 CRYPT_E_ASN1_CORRUPT EINVAL BadDataError malformed ASN.1: corrupt data
0x8009310B CRYPT_E_ASN1_BADTAG EINVAL BadDataError malformed ASN.1: unexpected tag
# TLS: what is wrong with a server's certificate, or with the protocol
0x80092010 CRYPT_E_REVOKED EACCES WsSecurityError the certificate was revoked
0x80092012 CRYPT_E_NO_REVOCATION_CHECK EACCES WsSecurityError revocation could not be checked
0x80092013 CRYPT_E_REVOCATION_OFFLINE EACCES WsSecurityError nobody says whether it was revoked
0x80096004 TRUST_E_CERT_SIGNATURE EACCES WsSecurityError the certificate's signature is wrong
0x800B0101 CERT_E_EXPIRED EACCES WsSecurityError the certificate is not valid now
0x800B0109 CERT_E_UNTRUSTEDROOT EACCES WsSecurityError the certificate's root is not trusted
0x800B010A CERT_E_CHAINING EACCES WsSecurityError no chain leads to a trusted root
0x800B010B TRUST_E_FAIL EACCES WsSecurityError the certificate is not trusted
0x800B010C CERT_E_REVOKED EACCES WsSecurityError the certificate was revoked
0x800B010E CERT_E_REVOCATION_FAILURE EACCES WsSecurityError revocation could not be checked
0x800B010F CERT_E_CN_NO_MATCH EACCES WsSecurityError the certificate is for another host
0x800B0110 CERT_E_WRONG_USAGE EACCES WsSecurityError the certificate is not for that use
0x800B0112 CERT_E_UNTRUSTEDCA EACCES WsSecurityError an issuer is not trusted
# Smart cards
0x80100002 SCARD_E_CANCELLED ECANCELED CancelledError cancelled
0x8010000C SCARD_E_NO_SMARTCARD ENODEV DeviceError there is no smart card
0x8010001D SCARD_E_NO_SERVICE ENODEV DeviceError the smart card service is not running
0x8010002A SCARD_E_INVALID_CHV EACCES PinError wrong PIN
0x8010002E SCARD_E_NO_READERS_AVAILABLE ENODEV DeviceError there is no smart card reader
0x80100030 SCARD_E_NO_KEY_CONTAINER ENOENT KeyNotFoundError there is no such key
0x80100069 SCARD_W_REMOVED_CARD ENODEV DeviceError the smart card was removed
0x8010006A SCARD_W_SECURITY_VIOLATION EACCES AccessDeniedError access denied
0x8010006B SCARD_W_WRONG_CHV EACCES PinError wrong PIN
0x8010006C SCARD_W_CHV_BLOCKED EACCES PinError the PIN is blocked
0x8010006E SCARD_W_CANCELLED_BY_USER ECANCELED CancelledError cancelled
0x8010006F SCARD_W_CARD_NOT_AUTHENTICATED EACCES PinError no PIN was presented to the card
# Platform modules
0x80290401 TPM_E_PCP_DEVICE_NOT_READY EIO DeviceError the platform module is not ready
0x80290402 TPM_E_PCP_INVALID_HANDLE EBADF InvalidHandleError invalid handle
0x80290403 TPM_E_PCP_INVALID_PARAMETER EINVAL InvalidParameterError invalid argument
0x80290404 TPM_E_PCP_FLAG_NOT_SUPPORTED ENOTSUP NotSupportedError the flag is not supported
0x80290405 TPM_E_PCP_NOT_SUPPORTED ENOTSUP NotSupportedError not supported
0x80290406 TPM_E_PCP_BUFFER_TOO_SMALL ENOBUFS BufferTooSmallError the buffer is too small
0x80290407 TPM_E_PCP_INTERNAL_ERROR EIO NCryptError internal error
0x80290408 TPM_E_PCP_AUTHENTICATION_FAILED EACCES PinError authentication failed
0x80290409 TPM_E_PCP_AUTHENTICATION_IGNORED EIO NCryptError the module ignored the authentication
0x8029040A TPM_E_PCP_POLICY_NOT_FOUND ENOENT NotFoundError there is no such policy
0x8029040B TPM_E_PCP_PROFILE_NOT_FOUND ENOENT NotFoundError there is no such profile
0x8029040C TPM_E_PCP_VALIDATION_FAILED EINVAL BadDataError validation failed
0x8029040E TPM_E_PCP_WRONG_PARENT EIO BadDataError the key was made under another parent
0x80290419 TPM_E_PCP_KEY_NOT_AIK EINVAL InvalidParameterError the key is no attestation key
0x8029041F TPM_E_PCP_IFX_RSA_KEY_CREATION_BLOCKED ENOTSUP NotSupportedError no safe RSA keys
0x80290420 TPM_E_PCP_TICKET_MISSING ENOENT NotFoundError a ticket is missing
0x80290421 TPM_E_PCP_RAW_POLICY_NOT_SUPPORTED ENOTSUP NotSupportedError no raw policies
0x80290422 TPM_E_PCP_KEY_HANDLE_INVALIDATED EBADF InvalidHandleError the handle was invalidated
0x40290423 TPM_E_PCP_UNSUPPORTED_PSS_SALT ENOTSUP NotSupportedError the salt has a wrong length
0x40290424 TPM_E_PCP_PLATFORM_CLAIM_MAY_BE_OUTDATED EIO NCryptError the claim may be outdated
0x40290425 TPM_E_PCP_PLATFORM_CLAIM_OUTDATED EIO NCryptError the claim is outdated
0x40290426 TPM_E_PCP_PLATFORM_CLAIM_REBOOT EIO NCryptError the claim needs a restart
# Web services; the first two are successes that no function of this package returns as such
0x003D0000 WS_S_ASYNC EINPROGRESS WsError the call goes on in the background
0x003D0001 WS_S_END ENOENT WsError there is nothing more
0x803D0000 WS_E_INVALID_FORMAT EINVAL WsFormatError the data is not in the expected format
0x803D0001 WS_E_OBJECT_FAULTED EIO WsError the object cannot be used after an earlier failure
0x803D0002 WS_E_NUMERIC_OVERFLOW ERANGE WsError a number is too large
0x803D0003 WS_E_INVALID_OPERATION EINVAL WsError the object is not in the state for that
0x803D0004 WS_E_OPERATION_ABORTED ECANCELED WsAbortedError the object was aborted
0x803D0005 WS_E_ENDPOINT_ACCESS_DENIED EACCES WsAccessDeniedError the peer denied access
0x803D0006 WS_E_OPERATION_TIMED_OUT ETIMEDOUT WsTimeoutError it took too long
0x803D0007 WS_E_OPERATION_ABANDONED ECANCELED WsAbortedError the call was abandoned
0x803D0008 WS_E_QUOTA_EXCEEDED EMSGSIZE WsQuotaError a limit was exceeded
0x803D0009 WS_E_NO_TRANSLATION_AVAILABLE ENOENT WsError there is no text in that language
0x803D000A WS_E_SECURITY_VERIFICATION_FAILURE EACCES WsSecurityError the reply is not trusted
0x803D000B WS_E_ADDRESS_IN_USE EADDRINUSE WsConnectionError the address is in use
0x803D000C WS_E_ADDRESS_NOT_AVAILABLE EADDRNOTAVAIL WsConnectionError it is not this machine's
0x803D000D WS_E_ENDPOINT_NOT_FOUND ENOENT WsConnectionError there is no such host or endpoint
0x803D000E WS_E_ENDPOINT_NOT_AVAILABLE ECONNREFUSED WsConnectionError the endpoint is out of service
0x803D000F WS_E_ENDPOINT_FAILURE EIO WsError the peer cannot process the message
0x803D0010 WS_E_ENDPOINT_UNREACHABLE EHOSTUNREACH WsConnectionError the endpoint cannot be reached
0x803D0011 WS_E_ENDPOINT_ACTION_NOT_SUPPORTED ENOTSUP WsError the peer does not know the action
0x803D0012 WS_E_ENDPOINT_TOO_BUSY EBUSY WsError the peer is too busy
0x803D0013 WS_E_ENDPOINT_FAULT_RECEIVED EIO WsError the peer answered with a fault
0x803D0014 WS_E_ENDPOINT_DISCONNECTED ECONNRESET WsConnectionError the connection was lost
0x803D0015 WS_E_PROXY_FAILURE EIO WsConnectionError the HTTP proxy failed
0x803D0016 WS_E_PROXY_ACCESS_DENIED EACCES WsAccessDeniedError the proxy denied access
0x803D0017 WS_E_NOT_SUPPORTED ENOTSUP WsNotSupportedError not supported on this system
0x803D0018 WS_E_PROXY_REQUIRES_BASIC_AUTH EACCES WsAccessDeniedError the proxy wants Basic
0x803D0019 WS_E_PROXY_REQUIRES_DIGEST_AUTH EACCES WsAccessDeniedError the proxy wants Digest
0x803D001A WS_E_PROXY_REQUIRES_NTLM_AUTH EACCES WsAccessDeniedError the proxy wants NTLM
0x803D001B WS_E_PROXY_REQUIRES_NEGOTIATE_AUTH EACCES WsAccessDeniedError the proxy wants Negotiate
0x803D001C WS_E_SERVER_REQUIRES_BASIC_AUTH EACCES WsAccessDeniedError the server wants Basic
0x803D001D WS_E_SERVER_REQUIRES_DIGEST_AUTH EACCES WsAccessDeniedError the server wants Digest
0x803D001E WS_E_SERVER_REQUIRES_NTLM_AUTH EACCES WsAccessDeniedError the server wants NTLM
0x803D001F WS_E_SERVER_REQUIRES_NEGOTIATE_AUTH EACCES WsAccessDeniedError the server wants Negotiate
0x803D0020 WS_E_INVALID_ENDPOINT_URL EINVAL WsError the URL is not one for that
0x803D0021 WS_E_OTHER EIO WsError another component failed
0x803D0022 WS_E_SECURITY_TOKEN_EXPIRED EACCES WsAccessDeniedError the token is expired
0x803D0023 WS_E_SECURITY_SYSTEM_FAILURE EIO WsSecurityError a security component failed
# NTSTATUS values: of the bcrypt functions, and what providers hand through
0xC0000001 STATUS_UNSUCCESSFUL EIO NCryptError unspecified failure
0xC0000008 STATUS_INVALID_HANDLE EBADF InvalidHandleError invalid handle
0xC000000D STATUS_INVALID_PARAMETER EINVAL InvalidParameterError invalid argument
0xC0000017 STATUS_NO_MEMORY ENOMEM OutOfMemoryError memory is short
0xC0000023 STATUS_BUFFER_TOO_SMALL ENOBUFS BufferTooSmallError the buffer is too small
0xC000003E STATUS_DATA_ERROR EINVAL BadDataError malformed data
0xC00000BB STATUS_NOT_SUPPORTED ENOTSUP NotSupportedError not supported
0xC00000E5 STATUS_INTERNAL_ERROR EIO NCryptError internal error
0xC0000225 STATUS_NOT_FOUND ENOENT NotFoundError not found
0xC000A000 STATUS_INVALID_SIGNATURE EINVAL BadDataError invalid signature
"""


def _read_table():
    for line in _TABLE.splitlines():
        if line and not line.startswith("#"):
            code, name, number, error, text = line.split(" ", 4)
            yield int(code, 16), StatusInfo(name, getattr(_errno, number), error, text)


#: status code (unsigned) -> StatusInfo. ``error`` is the name of a class in ``ncrypt_ext.errors``.
STATUS = dict(_read_table())

#: Codes whose meaning depends on the function that returned them: (code, function) -> class.
BY_FUNCTION = {
    (0x80090007, "NCryptImportKey"): "BadDataError",
    (0x80090011, "NCryptOpenStorageProvider"): "ProviderNotFoundError",
    (0x80090011, "NCryptOpenKey"): "KeyNotFoundError",
    (0x80090011, "NCryptGetProperty"): "PropertyNotFoundError",
    (0x80090007, "CryptImportKey"): "BadDataError",
    (0x80070002, "CryptAcquireContextW"): "NotFoundError",  # the user's profile, not the container
    (0x800700AA, "CryptAcquireContextW"): "BadStateError",
    (0x80070002, "CertOpenStore"): "NotFoundError",  # the store
    (0x8009000F, "ncx_store_backup"): "StoreExistsError",
    (0x80090016, "ncx_store_info"): "StoreNotFoundError",
    (0x80090016, "ncx_store_check"): "StoreNotFoundError",
    (0x80090016, "ncx_store_backup"): "StoreNotFoundError",
    (0x80090016, "ncx_store_rekey"): "StoreNotFoundError",
}

_UNKNOWN = StatusInfo("", _errno.EIO, "NCryptError", "unknown failure")


def lookup(status, function=""):
    """The StatusInfo of a code as that function means it; unknown codes have an empty name."""
    info = STATUS.get(status, _UNKNOWN)
    error = BY_FUNCTION.get((status, function))
    return info if error is None else info._replace(error=error)


def status_name(status):
    """The symbolic name of a status code (``"NTE_EXISTS"``), or ``""`` when it has none here."""
    return STATUS.get(status & 0xFFFFFFFF, _UNKNOWN).name
