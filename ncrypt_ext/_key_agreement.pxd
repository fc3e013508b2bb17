# SPDX-License-Identifier: MIT
"""Keys that agree on secrets."""

from ncrypt_ext._handle cimport Handle
from ncrypt_ext._key_encryption cimport EncryptionKey
from ncrypt_ext._secret cimport Parameters, Secret
from ncrypt_ext.ncrypt cimport NCRYPT_KEY_HANDLE, NCRYPT_SECRET_HANDLE
from ncrypt_ext.wintypes cimport DWORD, SECURITY_STATUS


cdef class AgreementKey(EncryptionKey):
    cdef int check_agrees(self, str role) except -1
    cdef int check_curve(self, object curve) except -1
    cdef Handle own_provider(self)
    cdef Handle import_peer(self, bytes blob, DWORD flags)
    cdef Handle tie(self, Handle peer)
    cdef int run_agree(self, Handle peer, Secret into, Handle held, DWORD flags) except -1
    cdef SECURITY_STATUS agree_once(self, Handle peer, Secret into, Handle held,
                                    DWORD flags) except? 1
    cdef bytes run_derive(self, Parameters parameters, DWORD size, DWORD flags)
