# SPDX-License-Identifier: MIT
"""Keys of CryptoAPI contexts, and the hash objects that signatures are made of."""

from libc.stdint cimport uint8_t

from ncrypt_ext._buffer cimport Input
from ncrypt_ext._handle cimport Handle, Lease
from ncrypt_ext.wincrypt cimport ALG_ID, HCRYPTKEY
from ncrypt_ext.wintypes cimport DWORD

cdef enum:
    LONGEST_SIGNATURE = 2048    # bytes: a key of 16384 bits


cdef class ContextKey(Handle):
    cdef Lease *context         # the lease's parent: the context that makes hash objects

    cdef DWORD number(self, DWORD which) except? 0xFFFFFFFF


cdef ALG_ID hash_algorithm(object name, const Input *digest) except 0
cdef bint is_reversed(object byteorder) except -1
cdef void turn_around(uint8_t *data, DWORD size) noexcept nogil
cdef ContextKey context_key(HCRYPTKEY key, Lease *context)
