# SPDX-License-Identifier: MIT
"""Signing many digests at once, on several cores."""

from ncrypt_ext._key_signing cimport SigningKey
from ncrypt_ext._padding cimport Padding
from ncrypt_ext.wintypes cimport DWORD


cdef class BatchKey(SigningKey):
    cdef object run_batch(self, list digests, Padding padding, object threads, DWORD flags)
