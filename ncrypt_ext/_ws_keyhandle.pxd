# SPDX-License-Identifier: MIT
"""Security key handles: objects that are the C structure."""

from libc.stdint cimport uintptr_t

from ncrypt_ext._handle cimport Lease
from ncrypt_ext.webservices cimport (
    WS_CAPI_ASYMMETRIC_SECURITY_KEY_HANDLE, WS_NCRYPT_ASYMMETRIC_SECURITY_KEY_HANDLE,
    WS_RAW_SYMMETRIC_SECURITY_KEY_HANDLE, WS_SECURITY_KEY_HANDLE,
)
from ncrypt_ext.wintypes cimport ULONG

cdef extern from "_key_handle.h" nogil:
    ctypedef union KeyHandleData "union key_handle":
        WS_SECURITY_KEY_HANDLE any
        WS_RAW_SYMMETRIC_SECURITY_KEY_HANDLE raw
        WS_NCRYPT_ASYMMETRIC_SECURITY_KEY_HANDLE ncrypt
        WS_CAPI_ASYMMETRIC_SECURITY_KEY_HANDLE capi

    void key_handle_set_ncrypt(KeyHandleData *handle, uintptr_t key) noexcept
    void key_handle_set_capi(KeyHandleData *handle, uintptr_t provider, ULONG spec) noexcept
    bint key_handle_set_raw(KeyHandleData *handle, const void *secret, ULONG size) noexcept
    void key_handle_clear(KeyHandleData *handle) noexcept


cdef class KeyHandle:
    cdef KeyHandleData data     # all zeros: closed
    cdef Lease *held            # of the key or context in it; NULL: none
    cdef object __weakref__

    cdef inline WS_SECURITY_KEY_HANDLE *native(self) noexcept nogil:
        """The structure: valid as long as the object is, and all zeros once it is closed."""
        return &self.data.any

    cdef inline bint is_open(self) noexcept nogil:
        return <int>self.data.any.keyHandleType != 0

    cdef int unavailable(self) except -1
    cdef void release(self) noexcept


cdef class NCryptKeyHandle(KeyHandle):
    pass


cdef class RawSymmetricKeyHandle(KeyHandle):
    pass


cdef class CapiKeyHandle(KeyHandle):
    pass
