# SPDX-License-Identifier: MIT
"""What every key has, finalized or not: what it is called and what it is."""

from libc.stdint cimport uint32_t, uintptr_t

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
    # Of a key that signs; 0: not known yet. Not in SigningKey, where it would be in another line of
    # the processor's cache than what sign() reads beside it.
    cdef uint32_t signature_size
    cdef dict constants    # of a settled key: property name -> value

    cdef object constant(self, bytes name, bint number=*)
    cdef int find_kind(self) except -1
