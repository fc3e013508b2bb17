# SPDX-License-Identifier: MIT
"""Heaps of Windows Web Services."""

from ncrypt_ext._ws_handle cimport WsHandle
from ncrypt_ext.webservices cimport WS_HEAP, WS_HEAP_PROPERTY_ID
from ncrypt_ext.wintypes cimport SIZE_T

cdef Heap heap_create(SIZE_T max_size, SIZE_T trim_size)


cdef class Heap(WsHandle):
    cdef size_t read(self, WS_HEAP_PROPERTY_ID which) except? <size_t>-1

    cdef inline WS_HEAP *native(self) noexcept nogil:
        """The caller is inside a call."""
        return <WS_HEAP *>self.lease.handle
