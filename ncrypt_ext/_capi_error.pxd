# SPDX-License-Identifier: MIT
"""The error door of CryptoAPI, whose functions leave the reason of a failure in GetLastError()."""

from ncrypt_ext.wintypes cimport DWORD

cdef int capi_fail(DWORD error, str function) except -1


cdef inline int capi_check(DWORD error, str function) except -1:
    """The error has to be read right after the call: taking the GIL may change it."""
    if error == 0:
        return 0
    return capi_fail(error, function)
