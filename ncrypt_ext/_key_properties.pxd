# SPDX-License-Identifier: MIT
"""The typed properties of keys."""

from ncrypt_ext._key_security cimport SecuredKey


cdef class PropertyKey(SecuredKey):
    cdef object curve_name(self)
    cdef object curve_length(self)
    cdef int write_curve(self, object value) except -1
    cdef int write_parameter_set(self, object value) except -1
    cdef int write_ui_policy(self, object value) except -1
