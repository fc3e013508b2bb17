# SPDX-License-Identifier: MIT

from cpython.buffer cimport (
    PyBUF_SIMPLE, PyBUF_WRITABLE, PyBuffer_Release, PyObject_CheckBuffer, PyObject_GetBuffer,
)
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcpy


cdef int view_open(Py_buffer *view, object source, str name, int flags) except -1:
    if not PyObject_CheckBuffer(source):
        raise TypeError(f"{name} must be a bytes-like object, not {type(source).__name__!r}")
    try:
        PyObject_GetBuffer(source, view, flags)
    except BufferError as error:
        kind = "a writable, contiguous" if flags & PyBUF_WRITABLE else "a contiguous"
        raise BufferError(f"{name} must be {kind} bytes-like object: {error}") from None
    if view.len > <Py_ssize_t>0xFFFFFFFF:
        PyBuffer_Release(view)
        raise ValueError(f"{name} is {view.len} bytes long: the limit is 4 GiB")
    return 0


cdef int input_slow(Input *into, object source, str name, int flags) except -1:
    view_open(&into.view, source, name, flags)
    into.data = <uint8_t *>into.view.buf
    into.size = <uint32_t>into.view.len
    into.held = True
    return 0


cdef int output_open(Output *into, object target, str name) except -1:
    """Borrows the memory of a writable bytes-like object until output_close()."""
    view_open(&into.view, target, name, PyBUF_SIMPLE | PyBUF_WRITABLE)
    into.data = <uint8_t *>into.view.buf
    into.size = <uint32_t>into.view.len
    return 0


cdef bytes bytes_trim(bytes value, uint32_t size):
    """The first `size` bytes of a fresh value."""
    return value if len(value) == size else value[:size]


cdef void wipe(void *memory, size_t size) noexcept nogil:
    """Overwrites; through a volatile pointer, so that it is not left out as useless."""
    cdef volatile uint8_t *at = <volatile uint8_t *>memory
    cdef size_t index
    for index in range(size):
        at[index] = 0


# ---- the same for Python code, that leaves no copies of secrets behind ---------------------------

def is_bytes_like(value):
    return PyObject_CheckBuffer(value)


def size_of(source, str name):
    cdef Input data
    input_open(&data, source, name)
    input_close(&data)
    return data.size


def bytes_of(source, str name, uint32_t start, uint32_t size):
    cdef Input data
    input_open(&data, source, name)
    try:
        return data.data[min(start, data.size):min(start + size, data.size)]
    finally:
        input_close(&data)


def join_bytes(bytes head not None, source, str name):
    cdef Input data
    cdef bytes joined
    input_open(&data, source, name)
    try:
        joined = PyBytes_FromStringAndSize(NULL, len(head) + <Py_ssize_t>data.size)
        memcpy(PyBytes_AS_STRING(joined), PyBytes_AS_STRING(head), len(head))
        if data.size > 0:
            memcpy(PyBytes_AS_STRING(joined) + len(head), data.data, data.size)
    finally:
        input_close(&data)
    return joined


def wipe_bytes(bytes value not None):
    """Of a value that nobody else has. The interpreter has each single byte but once, for all."""
    if len(value) > 1:
        wipe(PyBytes_AS_STRING(value), len(value))
