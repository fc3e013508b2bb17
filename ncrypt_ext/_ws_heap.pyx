# SPDX-License-Identifier: MIT

cimport cython
from libc.stdint cimport uintptr_t

from ncrypt_ext._handle cimport (
    LEASE_IS_BUSY, LEASE_IS_CLOSED, TYPE_HEAP, lease_give_back, lease_take,
)
from ncrypt_ext._ws_error cimport error_give, error_take, ws_check, ws_fail
from ncrypt_ext._ws_handle cimport WsHandle
from ncrypt_ext.webservices cimport (
    WS_ERROR, WS_HEAP, WS_HEAP_PROPERTY_ACTUAL_SIZE, WS_HEAP_PROPERTY_ID,
    WS_HEAP_PROPERTY_MAX_SIZE, WS_HEAP_PROPERTY_REQUESTED_SIZE, WS_HEAP_PROPERTY_TRIM_SIZE,
    WsCreateHeap, WsFreeHeap, WsGetHeapProperty, WsResetHeap,
)
from ncrypt_ext.wintypes cimport HRESULT, SIZE_T


@cython.linetrace(False)
cdef void free_heap(uintptr_t heap) noexcept nogil:
    WsFreeHeap(<WS_HEAP *>heap)


cdef size_t size_value(object value, str argument) except? <size_t>-1:
    if not isinstance(value, int):
        raise TypeError(f"{argument} must be an int, not {type(value).__name__!r}")
    try:
        return <size_t>value
    except OverflowError:
        raise ValueError(f"{argument} must fit {8 * sizeof(size_t)} bits, unsigned") from None


cdef Heap heap_create(SIZE_T max_size, SIZE_T trim_size):
    return heap_fill(Heap.__new__(Heap), max_size, trim_size)


cdef Heap heap_fill(Heap self, SIZE_T max_size, SIZE_T trim_size):
    cdef WS_HEAP *heap = NULL
    cdef WS_ERROR *error = error_take()
    cdef HRESULT status = WsCreateHeap(max_size, trim_size, NULL, 0, &heap, error)
    ws_check(status, "WsCreateHeap", error)
    error_give(error)
    self.adopt(TYPE_HEAP, <uintptr_t>heap, free_heap)
    return self


cdef class Heap(WsHandle):

    def __init__(self, *, max_size=1 << 20, trim_size=1 << 16):
        cdef size_t most = size_value(max_size, "max_size")
        cdef size_t kept = size_value(trim_size, "trim_size")
        if self.lease != NULL:
            raise TypeError("a Heap cannot be initialised again")
        heap_fill(self, most, kept)

    cdef size_t read(self, WS_HEAP_PROPERTY_ID which) except? <size_t>-1:
        cdef SIZE_T value = 0
        cdef HRESULT status
        cdef WS_ERROR *error = error_take()
        try:
            self.enter_alone()
        except BaseException:
            error_give(error)
            raise
        status = WsGetHeapProperty(self.native(), which, &value, sizeof(value), error)
        self.leave_alone()
        ws_check(status, "WsGetHeapProperty", error)
        error_give(error)
        return value

    @property
    def max_size(self):
        return self.read(WS_HEAP_PROPERTY_MAX_SIZE)

    @property
    def trim_size(self):
        return self.read(WS_HEAP_PROPERTY_TRIM_SIZE)

    @property
    def requested_size(self):
        return self.read(WS_HEAP_PROPERTY_REQUESTED_SIZE)

    @property
    def actual_size(self):
        return self.read(WS_HEAP_PROPERTY_ACTUAL_SIZE)

    def reset(self):
        cdef HRESULT status
        cdef WS_ERROR *error
        if self.lease == NULL:
            self.unavailable()
        answer = lease_take(self.lease)
        if answer == LEASE_IS_CLOSED:
            self.unavailable()
        if answer == LEASE_IS_BUSY:
            self.busy("is in use by another thread" if self.taken else
                      "has XML buffers that are not closed: they would lose their memory")
        try:
            error = error_take()
        except BaseException:
            lease_give_back(self.lease, False)
            raise
        status = WsResetHeap(self.native(), error)
        lease_give_back(self.lease, False)
        if status != 0:
            ws_fail(status, "WsResetHeap", error)
        error_give(error)
