# SPDX-License-Identifier: MIT
"""Keys of CryptoAPI contexts, and the hash objects that signatures are made of."""

from ncrypt_ext._handle cimport Handle, Lease
from ncrypt_ext.wincrypt cimport HCRYPTKEY
from ncrypt_ext.wintypes cimport DWORD


cdef class ContextKey(Handle):
    cdef Lease *context         # the lease's parent: the context that makes hash objects

    cdef DWORD number(self, DWORD which) except? 0xFFFFFFFF


cdef DWORD adopt_context_key(ContextKey into, HCRYPTKEY key, Lease *context) noexcept nogil
cdef bytes context_signature(Handle context, DWORD spec, object digest, object hash,
                             object byteorder)
