# SPDX-License-Identifier: MIT
"""Keys that are being made: properties can be set, then finalize() turns them into a Key."""

from cpython.object cimport PyObject

from ncrypt_ext._handle cimport Lease
from ncrypt_ext._key cimport Key
from ncrypt_ext._key_properties cimport PropertyKey
from ncrypt_ext.wintypes cimport DWORD, SECURITY_STATUS

cdef struct Watch:
    Lease *lease
    PyObject *error  # what a signal handler raised; owned


cdef int interrupted(void *context) noexcept nogil
cdef int raise_watched(Watch *watch) except -1


cdef class UnfinalizedKey(PropertyKey):
    cdef Key become_key(self, DWORD flags)
    cdef SECURITY_STATUS finalize_once(self, Key key, DWORD flags) except? 1
