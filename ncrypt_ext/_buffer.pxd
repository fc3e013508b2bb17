# SPDX-License-Identifier: MIT
"""Bytes in and out: every input goes through one holder, every output into its final place."""

from cpython.buffer cimport PyBUF_SIMPLE, PyBUF_WRITABLE, PyBuffer_Release
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_CheckExact, PyBytes_GET_SIZE
from cpython.object cimport PyObject
from libc.stdint cimport uint8_t, uint32_t

cdef extern from *:
    # Macros of Cython's: what a call seldom does stands behind what it does every time.
    bint likely(bint condition) noexcept nogil
    bint unlikely(bint condition) noexcept nogil

cdef struct Input:
    # A C structure on the caller's stack: no object is made for it.
    uint8_t *data
    uint32_t size
    bint held
    Py_buffer view

cdef struct Output:
    uint8_t *data
    uint32_t size
    Py_buffer view

cdef int input_slow(Input *into, object source, str name, int flags) except -1
cdef int output_open(Output *into, object target, str name) except -1
cdef bytes bytes_trim(bytes value, uint32_t size)
cdef void wipe(void *memory, size_t size) noexcept nogil


cdef inline int input_open(Input *into, object source, str name) except -1:
    """Borrows the memory of a bytes-like object until input_close()."""
    if likely(PyBytes_CheckExact(source)) and likely(
            PyBytes_GET_SIZE(source) <= <Py_ssize_t>0xFFFFFFFF):
        into.data = <uint8_t *>PyBytes_AS_STRING(source)
        into.size = <uint32_t>PyBytes_GET_SIZE(source)
        into.held = False
        return 0
    return input_slow(into, source, name, PyBUF_SIMPLE)


cdef inline void input_close(Input *into) noexcept:
    if unlikely(into.held):
        PyBuffer_Release(&into.view)


cdef inline void output_close(Output *into) noexcept:
    PyBuffer_Release(&into.view)
