# SPDX-License-Identifier: MIT
"""Keys that are being made: properties can be set, then finalize() turns them into a Key."""

from ncrypt_ext._key cimport Key
from ncrypt_ext._key_properties cimport PropertyKey
from ncrypt_ext.wintypes cimport DWORD


cdef class UnfinalizedKey(PropertyKey):
    cdef Key become_key(self, DWORD flags)
