# SPDX-License-Identifier: MIT
"""Paddings: constant objects with the native structure: a call with one allocates nothing."""

from ncrypt_ext.bcrypt cimport (
    BCRYPT_OAEP_PADDING_INFO, BCRYPT_PKCS1_PADDING_INFO, BCRYPT_PSS_PADDING_INFO,
)
from ncrypt_ext.ncrypt cimport ncx_pqdsa_padding_info
from ncrypt_ext.wintypes cimport DWORD


cdef class Padding:
    cdef void *sign_info
    cdef DWORD sign_flags     # 0: not for signatures
    cdef void *cipher_info
    cdef DWORD cipher_flags   # 0: not for encryption
    cdef bytes wide_name      # what the structures point at
    cdef readonly str hash_name


cdef class PKCS1(Padding):
    cdef BCRYPT_PKCS1_PADDING_INFO info


cdef class PSS(Padding):
    cdef BCRYPT_PSS_PADDING_INFO info


cdef class OAEP(Padding):
    cdef BCRYPT_OAEP_PADDING_INFO info
    cdef readonly bytes label


cdef class PQDSA(Padding):
    cdef ncx_pqdsa_padding_info info
    cdef readonly bytes context


cdef class Raw(Padding):
    pass


cdef Padding signature_padding(object padding)
cdef Padding cipher_padding(object padding)
