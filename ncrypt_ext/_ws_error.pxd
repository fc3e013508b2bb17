# SPDX-License-Identifier: MIT
"""The error door of the functions that take a WS_ERROR."""

from ncrypt_ext.webservices cimport WS_ERROR
from ncrypt_ext.wintypes cimport HRESULT

cdef WS_ERROR *error_take() except NULL
cdef void error_give(WS_ERROR *error) noexcept
cdef int ws_raise(HRESULT status, str function, WS_ERROR *error, str detail=*) except -1
cdef int ws_fail(HRESULT status, str function, WS_ERROR *error, str detail=*) except -1


cdef inline int ws_check(HRESULT status, str function, WS_ERROR *error) except -1:
    """The error object stays the caller's on success; a failure gives it back to the pool."""
    if status == 0:
        return 0
    return ws_fail(status, function, error)
