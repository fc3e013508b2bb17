# SPDX-License-Identifier: MIT
"""Certificate stores, and certificates with the keys that they say they have."""

from ncrypt_ext._handle cimport Handle
from ncrypt_ext.wincrypt cimport PCCERT_CONTEXT
from ncrypt_ext.wintypes cimport DWORD


cdef class CertificateStore(Handle):
    cdef Certificate put(self, object der, DWORD disposition)
    cdef Certificate hold(self, PCCERT_CONTEXT context)


cdef class Certificate(Handle):
    cdef int acquire(self, DWORD flags, bint *is_ncrypt, bint *must_free, DWORD *spec,
                     size_t *handle) except -1
