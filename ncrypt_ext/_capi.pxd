# SPDX-License-Identifier: MIT
"""Contexts of CryptoAPI 1.0: a provider, and a container of up to two keys."""

from ncrypt_ext._capi_key cimport ContextKey
from ncrypt_ext._handle cimport Handle
from ncrypt_ext.wintypes cimport DWORD


cdef class Context(Handle):
    cdef bint enumerating   # the context itself remembers where an enumeration is

    cdef bytes read(self, DWORD which, DWORD flags)
    cdef ContextKey find_key(self, DWORD spec)


cdef DWORD spec_value(object key_spec) except 0
