# SPDX-License-Identifier: MIT
"""The typed properties of keys."""

from ncrypt_ext._key_base cimport KeyBase


cdef class PropertyKey(KeyBase):
    cdef int write_curve(self, object value) except -1
    cdef int write_ui_policy(self, object value) except -1
