# SPDX-License-Identifier: MIT
"""Providers: where keys are opened, made, imported and listed."""

from ncrypt_ext._handle cimport Handle, HandleType
from ncrypt_ext._key_device cimport DeviceKey
from ncrypt_ext._key_unfinalized cimport UnfinalizedKey
from ncrypt_ext._property_handle cimport PropertyHandle
from ncrypt_ext.ncrypt cimport NCRYPT_KEY_HANDLE
from ncrypt_ext.wintypes cimport DWORD, SECURITY_STATUS


cdef class Provider(PropertyHandle):
    cdef str opened_name
    cdef object ask  # the PIN callback of the keys to come

    cdef bint finish_call(self, SECURITY_STATUS status, NCRYPT_KEY_HANDLE handle, Handle into,
                          HandleType kind) noexcept nogil
    cdef SECURITY_STATUS open_native(self, DeviceKey into, object name, object key_spec,
                                     DWORD flags) except? 1
    cdef UnfinalizedKey create_native(self, object algorithm, object name, object key_spec,
                                      DWORD flags)
    cdef Handle import_native(self, object blob, object blob_type, object name, object curve,
                              bytes password, DWORD flags)
    cdef Handle import_given(self, object blob, object blob_type, object name, object curve,
                             bytes password, dict settings, object properties, DWORD flags,
                             DWORD finish, bint finalize)
