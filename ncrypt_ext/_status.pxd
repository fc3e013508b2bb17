# SPDX-License-Identifier: MIT
"""The error door: where a status code becomes an exception, and nowhere else."""

from ncrypt_ext.wintypes cimport SECURITY_STATUS

cpdef int fail(SECURITY_STATUS status, str function) except -1
cdef str detail_text(SECURITY_STATUS status)
cdef int remember_cause(object error) except -1


cdef inline int check(SECURITY_STATUS status, str function) except -1:
    """Zero is the only success: some failures are positive numbers."""
    if status == 0:
        return 0
    return fail(status, function)
