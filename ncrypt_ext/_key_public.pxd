# SPDX-License-Identifier: MIT
"""The public half of a key, in this process."""

from libc.stdint cimport uint8_t, uint32_t, uintptr_t

from ncrypt_ext._buffer cimport Input
from ncrypt_ext._key_properties cimport PropertyKey
from ncrypt_ext.wintypes cimport DWORD, LPCWSTR, SECURITY_STATUS


cdef class PublicKey(PropertyKey):
    cdef uintptr_t public    # bcrypt's handle of it, attached to the lease; 0: none yet, or none
    cdef bint no_public      # it was tried: the key store has to do it

    cdef bint has_public(self) except -1
    cdef int find_public(self) except -1
    cdef int import_public(self, const uint8_t *blob, uint32_t size) except -1
    cdef SECURITY_STATUS run_verify(self, void *info, DWORD flags, Input *digest,
                                    Input *signature, bint *in_process) except? 1
    cdef SECURITY_STATUS run_encrypt(self, void *info, DWORD flags, Input *data, uint8_t *out,
                                     DWORD size, DWORD *written, bint *in_process) except? 1
    cdef bytes export_public(self, LPCWSTR blob_type)
