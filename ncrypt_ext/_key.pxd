# SPDX-License-Identifier: MIT
"""The public key class: the end of the chain."""

from ncrypt_ext._key_encryption cimport EncryptionKey
from ncrypt_ext.wintypes cimport DWORD


cdef class Key(EncryptionKey):
    cdef int destroy(self, DWORD flags) except -1
