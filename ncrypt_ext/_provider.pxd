# SPDX-License-Identifier: MIT
"""Providers: where keys are opened, made, imported and listed."""

from ncrypt_ext._key_device cimport DeviceKey
from ncrypt_ext._property_handle cimport PropertyHandle
from ncrypt_ext.wintypes cimport DWORD, SECURITY_STATUS


cdef class Provider(PropertyHandle):
    cdef str opened_name
    cdef object ask  # the PIN callback of the keys to come

    cdef SECURITY_STATUS open_native(self, DeviceKey into, object name, object key_spec,
                                     DWORD flags) except? 1
