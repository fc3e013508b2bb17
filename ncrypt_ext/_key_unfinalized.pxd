# SPDX-License-Identifier: MIT
"""Keys that are being made: properties can be set, then finalize() turns them into a Key."""

from ncrypt_ext._key cimport Key
from ncrypt_ext._key_properties cimport PropertyKey
from ncrypt_ext.wintypes cimport DWORD, SECURITY_STATUS


cdef class UnfinalizedKey(PropertyKey):
    cdef Key become_key(self, DWORD flags)
    cdef SECURITY_STATUS finalize_once(self, Key key, DWORD flags) except? 1
