# SPDX-License-Identifier: MIT
"""Keys that sign and verify."""

from libc.stdint cimport uint8_t, uint32_t

cimport cython

from ncrypt_ext._buffer cimport Input, Output
from ncrypt_ext._key_public cimport PublicKey
from ncrypt_ext._padding cimport Padding
from ncrypt_ext.ncrypt cimport NCRYPT_KEY_HANDLE
from ncrypt_ext.wintypes cimport DWORD, SECURITY_STATUS


cdef class SigningKey(PublicKey):
    cdef Padding checked_padding(self, object padding)
    cdef bint is_der(self, object encoding) except -1
    cdef uint32_t known_signature_size(self) except? 0
    cdef int find_signature_size(self, Padding padding) except -1
    cdef int check_signature_size(self, uint32_t size) except -1
    cdef bytes from_der(self, object signature)

    @cython.final
    cdef SECURITY_STATUS sign_native(self, void *info, DWORD flags, const Input *digest,
                                     uint8_t *out, DWORD size, DWORD *written) except? 1

    @cython.final
    cdef bytes sign_opened(self, const Input *digest, Padding padding, DWORD flags)
    cdef bytes sign_again(self, const Input *digest, Padding padding, DWORD flags)
    cdef bytes sign_in_turn(self, const Input *digest, Padding padding, DWORD flags,
                            SECURITY_STATUS status, uint32_t pins)
    cdef SECURITY_STATUS sign_there(self, const Input *digest, void *info, DWORD flags, Output *out,
                                    DWORD *written) except? 1


cdef SECURITY_STATUS sign_once(NCRYPT_KEY_HANDLE key, void *info, DWORD flags, uint8_t *digest,
                               DWORD digest_size, uint8_t *out, DWORD size,
                               DWORD *written) noexcept nogil
cdef bint too_small(SECURITY_STATUS status, DWORD written, DWORD size) noexcept nogil
