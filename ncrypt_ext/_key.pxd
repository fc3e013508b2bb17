# SPDX-License-Identifier: MIT
"""The public key class: the end of the chain."""

from ncrypt_ext._key_agreement cimport AgreementKey
from ncrypt_ext.ncrypt cimport NCryptBufferDesc
from ncrypt_ext.wintypes cimport DWORD, LPCWSTR, SECURITY_STATUS


cdef class Key(AgreementKey):
    cdef tuple found    # the certificates that it was opened by; None: those of its property count

    cdef Key share(self)
    cdef int destroy(self, DWORD flags) except -1
    cdef SECURITY_STATUS destroy_once(self, DWORD flags) except? 1
    cdef bytes export_native(self, LPCWSTR kind, NCryptBufferDesc *parameters, DWORD flags)
    cdef bytes export_encrypted(self, bytes password, str encryption, DWORD iterations,
                                DWORD flags)
    cdef int write_certificates(self, bytes value, bint silent) except -1
