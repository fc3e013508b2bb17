# SPDX-License-Identifier: MIT
"""The error door of CryptoAPI, whose functions leave the reason of a failure in GetLastError()."""

from ncrypt_ext.wincrypt cimport GetLastError
from ncrypt_ext.wintypes cimport DWORD

cdef int capi_fail(DWORD error, str function) except -1


cdef inline DWORD capi_error() noexcept nogil:
    """Why the last call failed, to be read right after it: taking the GIL may change it. Never 0:
    providers of others fail now and then without a reason."""
    cdef DWORD error = GetLastError()
    return error if error != 0 else <DWORD>0x80090020    # NTE_FAIL


cdef inline int capi_check(DWORD error, str function) except -1:
    """Raises for an error of capi_error()."""
    if error == 0:
        return 0
    return capi_fail(error, function)
