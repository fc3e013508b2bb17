# SPDX-License-Identifier: MIT
"""Handles with native properties: providers and keys."""

from libc.stdint cimport uint32_t, uintptr_t

from ncrypt_ext._handle cimport Handle
from ncrypt_ext.wintypes cimport DWORD


cdef class PropertyHandle(Handle):
    cdef bytes read_whole(self, bytes name, DWORD flags, DWORD *size)
    cdef bytes read(self, bytes name, DWORD flags=*)
    cdef bytes read_optional(self, bytes name)
    cdef uintptr_t provider_handle(self) except? 0
    cdef uint32_t read_number(self, bytes name) except? 0xFFFFFFFF
    cdef object read_optional_number(self, bytes name)
    cdef str read_text(self, bytes name)
    cdef str read_optional_text(self, bytes name)
    cdef int write(self, bytes name, object value, DWORD flags) except -1
    cdef int write_number(self, bytes name, object value, str argument, DWORD flags) except -1


cdef bytes property_name(object name)
cdef bytes number_bytes(object value, str argument, object width)
