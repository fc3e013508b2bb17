# SPDX-License-Identifier: MIT
"""Keys that encrypt and decrypt."""

from libc.stdint cimport uint8_t

from ncrypt_ext._buffer cimport Input
from ncrypt_ext._key_batch cimport BatchKey
from ncrypt_ext._padding cimport Padding
from ncrypt_ext.wintypes cimport DWORD, SECURITY_STATUS


cdef class EncryptionKey(BatchKey):
    cdef DWORD output_size  # of one block; 0: not known yet

    cdef int put_back_mode(self) except -1
    cdef SECURITY_STATUS run_mode(self, bint decrypt, Input *data, object mode, DWORD flags,
                                  uint8_t *out, DWORD size, DWORD *written,
                                  bint *in_process) except? 1
    cdef SECURITY_STATUS run_once(self, bint decrypt, Input *data, void *info, DWORD flags,
                                  uint8_t *out, DWORD size, DWORD *written,
                                  bint *in_process, bytes mode) except? 1
    cdef SECURITY_STATUS call_once(self, bint decrypt, void *info, DWORD flags, Input *data,
                                   uint8_t *out, DWORD size, DWORD *written, bytes mode) except? 1
    cdef bytes whole_cipher(self, bint decrypt, Input *source, object mode, DWORD flags)
    cdef object checked_cipher(self, object padding)
    cdef SECURITY_STATUS run(self, bint decrypt, Input *data, object padding, DWORD flags,
                             uint8_t *out, DWORD size, DWORD *written,
                             bint *in_process) except? 1
    cdef SECURITY_STATUS run_decrypt(self, void *info, DWORD flags, Input *data, uint8_t *out,
                                     DWORD size, DWORD *written, bytes mode) except? 1
    cdef bytes whole(self, bint decrypt, object data, object padding, bint silent)
    cdef DWORD into(self, bint decrypt, object data, object buffer, object padding,
                    bint silent) except? 0xFFFFFFFF
