# SPDX-License-Identifier: MIT
"""Windows finds out late that a key does not fit: when the token is used, or by the service. Here
it is asked before the token is made, once for each native key."""

from libc.stdint cimport uint8_t, uint32_t

from ncrypt_ext._handle cimport (
    NOTE_PUBLIC_ONLY, NOTE_SIGNS_TOKENS, Lease, lease_hold, lease_unhold, lease_word_load,
    lease_word_or,
)
from ncrypt_ext._key cimport Key
from ncrypt_ext._status cimport check
from ncrypt_ext._wide cimport narrow_sized, wide, wide_pointer
from ncrypt_ext._ws_keyhandle cimport KeyHandle, KeyHandleData, key_handle_set_ncrypt
from ncrypt_ext.bcrypt cimport BCRYPT_PKCS1_PADDING_INFO
from ncrypt_ext.ncrypt cimport (
    NCRYPT_PAD_PKCS1_FLAG, NCRYPT_SILENT_FLAG, NCryptGetProperty, NCryptSignHash,
)
from ncrypt_ext.webservices cimport (
    WS_CAPI_ASYMMETRIC_SECURITY_KEY_HANDLE_TYPE, WS_RAW_SYMMETRIC_SECURITY_KEY_HANDLE_TYPE,
)
from ncrypt_ext.wintypes cimport DWORD, LPCWSTR, SECURITY_STATUS, WCHAR

from ncrypt_ext.errors import InvalidParameterError, NotSupportedError

cdef bytes ALGORITHM_GROUP = wide("Algorithm Group", "")
cdef bytes LENGTH = wide("Length", "")
cdef bytes SHA256 = wide("SHA256", "")

cdef enum:
    SHORTEST = 1024     # bits of RSA keys, by the algorithm suites of the API
    LONGEST = 4096
    DIGEST = 32
    INVALID_PARAMETER = 0x80090027
    NOT_SUPPORTED = 0x80090029
    NO_KEY = 0x8009000D
    BAD_KEY_STATE = 0x8009000B
    PERM = 0x80090010


cdef str group_of(Lease *lease):
    cdef WCHAR text[64]
    cdef DWORD size = 0
    cdef LPCWSTR name = wide_pointer(ALGORITHM_GROUP)
    cdef SECURITY_STATUS status
    with nogil:
        status = NCryptGetProperty(lease.handle, name, <uint8_t *>text, sizeof(text), &size, 0)
    check(status, "NCryptGetProperty")
    return narrow_sized(text, size // sizeof(WCHAR)).rstrip("\0")


cdef DWORD length_of(Lease *lease) except? 0:
    cdef DWORD length = 0
    cdef DWORD size = 0
    cdef LPCWSTR name = wide_pointer(LENGTH)
    cdef SECURITY_STATUS status
    with nogil:
        status = NCryptGetProperty(lease.handle, name, <uint8_t *>&length, sizeof(length), &size,
                                   0)
    check(status, "NCryptGetProperty")
    return length


cdef int check_private(Lease *lease) except -1:
    """Asks for the size of a signature, which signs nothing and asks nobody. Providers that know
    then that they cannot sign refuse; others are believed."""
    cdef uint8_t digest[DIGEST]
    cdef BCRYPT_PKCS1_PADDING_INFO padding
    cdef DWORD size = 0
    cdef SECURITY_STATUS status
    padding.pszAlgId = wide_pointer(SHA256)
    with nogil:
        status = NCryptSignHash(lease.handle, &padding, digest, DIGEST, NULL, 0, &size,
                                NCRYPT_PAD_PKCS1_FLAG | NCRYPT_SILENT_FLAG)
    if <uint32_t>status == PERM:
        check(status, "NCryptSignHash")
    if <uint32_t>status in (NOT_SUPPORTED, NO_KEY, BAD_KEY_STATE):
        lease_word_or(&lease.notes, NOTE_PUBLIC_ONLY)
    return 0


cdef int refuse_public(Lease *lease) except -1:
    if lease_word_load(&lease.notes) & NOTE_PUBLIC_ONLY:
        raise InvalidParameterError(
            INVALID_PARAMETER, "",
            "the key is a public key: a token signs, which needs the private half")
    return 0


cdef int check_signer(Lease *lease) except -1:
    """The caller is inside a call."""
    if lease_word_load(&lease.notes) & NOTE_SIGNS_TOKENS:
        return 0
    refuse_public(lease)
    group = group_of(lease)
    if group != "RSA":
        raise NotSupportedError(
            NOT_SUPPORTED, "",
            f"the key is of the group {group}: only RSA keys sign with tokens, because the API has "
            "no signature algorithm for others")
    length = length_of(lease)
    if not SHORTEST <= length <= LONGEST:
        raise InvalidParameterError(
            INVALID_PARAMETER, "",
            f"the RSA key has {length} bits: keys of tokens have {SHORTEST} to {LONGEST}")
    check_private(lease)
    refuse_public(lease)
    lease_word_or(&lease.notes, NOTE_SIGNS_TOKENS)
    return 0


cdef Lease *held(Lease *lease) except NULL:
    """Holds it, which somebody else does as well until this is done, and looks at the key."""
    lease_hold(lease)
    try:
        check_signer(lease)
    except BaseException:
        lease_unhold(lease)
        raise
    return lease


cdef Lease *hold_key(object key, KeyHandleData *data, bint allow_capi) except? NULL:
    """Fills the structure, and holds what it points at: lease_unhold() ends that. NULL, without an
    exception, for what nothing has to be kept of."""
    cdef KeyHandle handle
    cdef bint is_capi
    if isinstance(key, Key):
        (<Key>key).enter()
        key_handle_set_ncrypt(data, (<Key>key).lease.handle)
        try:
            return held((<Key>key).lease)
        finally:
            (<Key>key).leave()
    if not isinstance(key, KeyHandle):
        raise TypeError("key must be a Key, which is finalized, or a key handle, not "
                        f"{type(key).__name__!r}")
    handle = key
    if not handle.is_open():
        handle.unavailable()
    data[0] = handle.data
    # By what is in it: a class may have two of ours as its bases.
    if data.any.keyHandleType == WS_RAW_SYMMETRIC_SECURITY_KEY_HANDLE_TYPE:
        return NULL
    is_capi = data.any.keyHandleType == WS_CAPI_ASYMMETRIC_SECURITY_KEY_HANDLE_TYPE
    if is_capi and not allow_capi:
        raise NotSupportedError(
            NOT_SUPPORTED, "",
            "Windows documents such key handles for systems before Vista only: "
            "use context.to_ncrypt(key_spec) as the key, or allow_capi=True")
    # The handle holds it, also when the key object was closed or dropped.
    if not is_capi:
        return held(handle.held)
    lease_hold(handle.held)
    return handle.held
