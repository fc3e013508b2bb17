# SPDX-License-Identifier: MIT
"""Who may use a stored key: its security descriptor. Who vouches for it: claims."""

from ncrypt_ext._handle cimport Handle
from ncrypt_ext._key_device cimport DeviceKey
from ncrypt_ext._secret cimport Parameters
from ncrypt_ext.ncrypt cimport NCRYPT_KEY_HANDLE
from ncrypt_ext.wintypes cimport DWORD, PBYTE, SECURITY_STATUS


cdef class SecuredKey(DeviceKey):
    cdef int write_descriptor(self, object descriptor, DWORD parts, bint persist,
                              bint silent) except -1
    cdef NCRYPT_KEY_HANDLE enter_with(self, Handle other) except? 0
    cdef void leave_with(self, Handle other) noexcept nogil
    cdef SECURITY_STATUS claim_once(self, DWORD kind, SecuredKey authority, Parameters parameters,
                                    PBYTE data, DWORD size, DWORD *written) except? 1
