# SPDX-License-Identifier: MIT
"""What the native objects have in common that Windows Web Services allows one thread at a time."""

from ncrypt_ext._handle cimport Handle


cdef class WsHandle(Handle):
    cdef bint taken     # a call runs with it, maybe without the GIL

    cdef int enter_alone(self) except -1
    cdef void leave_alone(self) noexcept
