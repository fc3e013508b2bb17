# SPDX-License-Identifier: MIT
"""A secret that two keys agreed on."""

from libc.stdint cimport uint8_t, uint32_t, uint64_t

from ncrypt_ext._buffer cimport Input
from ncrypt_ext._handle cimport Handle, Lease
from ncrypt_ext._property_handle cimport PropertyHandle
from ncrypt_ext.ncrypt cimport NCryptBuffer, NCryptBufferDesc
from ncrypt_ext.wintypes cimport DWORD, LPCWSTR, SECURITY_STATUS

cdef enum:
    MOST_PARAMETERS = 8  # of one derivation


cdef class Parameters:
    """The list of parameters of a derivation; borrows the memory of what was given for them."""
    cdef Input inputs[MOST_PARAMETERS]
    cdef NCryptBuffer buffers[MOST_PARAMETERS]
    cdef NCryptBufferDesc list
    cdef list texts
    cdef uint32_t protocol
    cdef uint64_t count

    cdef int add(self, DWORD kind, object value, str argument) except -1
    cdef int add_all(self, dict given) except -1

    cdef inline NCryptBufferDesc *pointer(self) noexcept:
        return &self.list if self.list.cBuffers > 0 else NULL


cdef DWORD length_value(object length) except 0
cdef int check_given(str kdf, dict given, dict known, bint generic) except -1


cdef class Secret(PropertyHandle):
    cdef uint32_t width   # of the raw secret in bytes; 0: not known
    cdef object lock      # held while HKDF's extraction is done
    cdef uint32_t process  # fork_count() of its process: fork() may copy a locked one
    cdef tuple extracted  # (hash name, salt) that it was done with; None: not yet
    cdef tuple started    # the same while it is done
    cdef tuple left       # what a thread of the parent had started at fork()

    cdef object own_lock(self)
    cdef int extract(self, object hash_name, object salt) except -1
    cdef int extract_once(self, tuple wanted) except -1
    cdef int write_extraction(self, tuple values) except -1
    cdef bytes run(self, LPCWSTR kdf, Parameters parameters, DWORD size, DWORD flags)
    cdef DWORD raw_size(self) except 0
