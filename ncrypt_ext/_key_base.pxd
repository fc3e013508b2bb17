# SPDX-License-Identifier: MIT
"""What every key has, finalized or not: what it is called and what it is."""

from libc.stdint cimport uintptr_t

from ncrypt_ext._handle cimport Lease
from ncrypt_ext._property_handle cimport PropertyHandle


cdef enum KeyKind:
    KIND_UNKNOWN = 0
    KIND_RSA
    KIND_EC
    KIND_CIPHER
    KIND_MLDSA
    KIND_OTHER


cdef class KeyBase(PropertyHandle):
    cdef bint settled      # finalized: what describes the key does not change any more
    cdef KeyKind kind
    cdef dict constants    # of a settled key: property name -> value

    cdef object constant(self, bytes name, bint number=*)
    cdef int find_kind(self) except -1
