# SPDX-License-Identifier: MIT
"""The Windows scalar types that the key storage API is written in."""

from libc.stdint cimport (
    int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t, uintptr_t,
)

cdef extern from "ncrypt_ext_compat.h" nogil:
    ctypedef void *PVOID
    ctypedef int32_t BOOL
    ctypedef uint8_t BYTE
    ctypedef uint8_t UCHAR
    ctypedef uint16_t WORD
    ctypedef uint16_t USHORT
    ctypedef uint16_t LANGID
    ctypedef int32_t LONG
    ctypedef uint32_t DWORD
    ctypedef uint32_t ULONG
    ctypedef int64_t LONGLONG
    ctypedef uint64_t ULONGLONG
    ctypedef uintptr_t ULONG_PTR
    ctypedef size_t SIZE_T
    ctypedef int32_t HRESULT
    ctypedef int32_t SECURITY_STATUS
    ctypedef uint16_t WCHAR
    ctypedef const WCHAR *LPCWSTR
    ctypedef WCHAR *LPWSTR
    ctypedef BYTE *PBYTE
    ctypedef void *HWND
    ctypedef void *HANDLE

    ctypedef struct GUID:
        uint32_t Data1
        uint16_t Data2
        uint16_t Data3
        uint8_t Data4[8]

    ctypedef struct FILETIME:
        DWORD dwLowDateTime
        DWORD dwHighDateTime
