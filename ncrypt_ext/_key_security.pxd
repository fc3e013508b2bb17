# SPDX-License-Identifier: MIT
"""Who may use a stored key: its security descriptor."""

from ncrypt_ext._key_device cimport DeviceKey
from ncrypt_ext.wintypes cimport DWORD


cdef class SecuredKey(DeviceKey):
    cdef int write_descriptor(self, object descriptor, DWORD parts, bint persist,
                              bint silent) except -1
