# SPDX-License-Identifier: MIT
"""Keys that are being made: properties can be set, then finalize() turns them into a Key."""

from ncrypt_ext._handle cimport Handle, HandleType
from ncrypt_ext._key cimport Key
from ncrypt_ext._key_properties cimport PropertyKey
from ncrypt_ext.ncrypt cimport NCRYPT_KEY_HANDLE
from ncrypt_ext.wintypes cimport DWORD, SECURITY_STATUS


cdef class UnfinalizedKey(PropertyKey):
    cdef Key become_key(self, DWORD flags)
    cdef SECURITY_STATUS finalize_once(self, Key key, DWORD flags) except? 1


cdef bint finish_call(Handle provider, SECURITY_STATUS status, NCRYPT_KEY_HANDLE handle,
                      Handle into, HandleType kind) noexcept nogil
cdef UnfinalizedKey create_native(Handle provider, object ask, object algorithm, object name,
                                  object key_spec, DWORD flags)
cpdef int apply_settings(UnfinalizedKey key, dict settings) except -1
