# SPDX-License-Identifier: MIT

from ncrypt_ext._handle cimport Handle


cdef class WsHandle(Handle):
    # cdef bint taken

    cdef int enter_alone(self) except -1:
        """Like enter(), and refuses while another call is inside."""
        if self.taken:
            return self.busy("is in use by another thread")
        self.enter()
        self.taken = True
        return 0

    cdef void leave_alone(self) noexcept:
        """With the GIL, unlike leave(): it guards the mark."""
        self.taken = False
        self.leave()
