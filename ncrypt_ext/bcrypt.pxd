# SPDX-License-Identifier: MIT
"""What ncrypt.h needs of bcrypt.h: parameter lists, padding structures, key blob headers."""

from ncrypt_ext.wintypes cimport LPCWSTR, PVOID, UCHAR, ULONG

cdef extern from "ncrypt_ext_compat.h" nogil:
    pass

cdef extern from "bcrypt.h" nogil:
    ctypedef struct BCryptBuffer:
        ULONG cbBuffer
        ULONG BufferType
        PVOID pvBuffer

    ctypedef struct BCryptBufferDesc:
        ULONG ulVersion
        ULONG cBuffers
        BCryptBuffer *pBuffers

    ctypedef struct BCRYPT_PKCS1_PADDING_INFO:
        LPCWSTR pszAlgId

    ctypedef struct BCRYPT_PSS_PADDING_INFO:
        LPCWSTR pszAlgId
        ULONG cbSalt

    ctypedef struct BCRYPT_OAEP_PADDING_INFO:
        LPCWSTR pszAlgId
        UCHAR *pbLabel
        ULONG cbLabel

    ctypedef struct BCRYPT_RSAKEY_BLOB:
        ULONG Magic
        ULONG BitLength
        ULONG cbPublicExp
        ULONG cbModulus
        ULONG cbPrime1
        ULONG cbPrime2

    ctypedef struct BCRYPT_ECCKEY_BLOB:
        ULONG dwMagic
        ULONG cbKey
