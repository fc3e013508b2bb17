# SPDX-License-Identifier: MIT
"""Who may use a stored key: its security descriptor."""

from ncrypt_ext._key_base cimport KeyBase
from ncrypt_ext.wintypes cimport DWORD


cdef class SecuredKey(KeyBase):
    cdef int write_descriptor(self, object descriptor, DWORD parts, bint persist,
                              bint silent) except -1
