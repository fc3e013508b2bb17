# SPDX-License-Identifier: MIT
"""Signing many digests at once, on several cores."""

from ncrypt_ext._key_signing cimport SigningKey


cdef class BatchKey(SigningKey):
    pass
