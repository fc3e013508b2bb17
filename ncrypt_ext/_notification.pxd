# SPDX-License-Identifier: MIT
"""Being told that keys have changed."""

from ncrypt_ext._handle cimport Handle
from ncrypt_ext.ncrypt cimport NCRYPT_PROV_HANDLE
from ncrypt_ext.wintypes cimport DWORD, HANDLE

cdef struct Registration:
    # What the lease of a KeyWatch owns: its handle is the address of one.
    NCRYPT_PROV_HANDLE provider
    HANDLE event


cdef class KeyWatch(Handle):
    cdef bint look(self, DWORD milliseconds) except -1


cdef KeyWatch key_watch(Handle provider, DWORD flags)
