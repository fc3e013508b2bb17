# SPDX-License-Identifier: MIT
"""The enumeration of a provider's keys."""

from ncrypt_ext._handle cimport Lease
from ncrypt_ext.wintypes cimport DWORD, PVOID


cdef class KeyIterator:
    cdef Lease *provider  # held: the native state points at the provider; NULL: at the end
    cdef PVOID state
    cdef DWORD flags
    cdef object lock
    cdef bint ended       # closed, maybe while a call was reading: whoever reads finishes then

    cdef void finish(self) noexcept


cdef KeyIterator key_iterator(Lease *provider, DWORD flags)
