# SPDX-License-Identifier: MIT

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cpython.unicode cimport PyUnicode_DecodeUTF16, PyUnicode_FromObject
from libc.stdint cimport uint32_t

from ncrypt_ext.wintypes cimport WCHAR

import sys

cdef int host_order = -1 if sys.byteorder == "little" else 1


cdef bytes wide(object text, str name, Py_ssize_t limit=0x7FFFFFF):
    """NUL-terminated UTF-16 of a str; `limit` counts units without the NUL."""
    cdef Py_UCS4 character
    cdef uint32_t above     # what a surrogate pair encodes
    cdef Py_ssize_t units = 0
    cdef WCHAR *out
    cdef bytes result
    if not isinstance(text, str):
        raise TypeError(f"{name} must be a str, not {type(text).__name__!r}")
    for character in <str>text:
        if character == 0:
            raise ValueError(f"{name} must not contain a NUL character")
        units += 1 if character < 0x10000 else 2
    if units > limit:
        raise ValueError(f"{name} is {units} UTF-16 units long: the limit is {limit}")
    result = PyBytes_FromStringAndSize(NULL, 2 * (units + 1))
    out = <WCHAR *><void *>PyBytes_AS_STRING(result)
    for character in <str>text:
        if character < 0x10000:
            out[0] = <WCHAR>character
            out += 1
        else:
            above = <uint32_t>character - 0x10000
            out[0] = <WCHAR>(0xD800 + (above >> 10))
            out[1] = <WCHAR>(0xDC00 + (above & 0x3FF))
            out += 2
    out[0] = 0
    return result


cdef bytes wide_or_none(object text, str name, Py_ssize_t limit=0x7FFFFFF):
    return None if text is None else wide(text, name, limit)


cdef str plain_text(object text):
    """The same as an object of type str, where it is of a subclass; None for None."""
    return None if text is None else PyUnicode_FromObject(text)


cdef str narrow(const WCHAR *text):
    """The str of a NUL-terminated string; "" for NULL."""
    cdef Py_ssize_t size = 0
    if text == NULL:
        return ""
    while text[size] != 0:
        size += 1
    return narrow_sized(text, size)


cdef str narrow_sized(const WCHAR *text, Py_ssize_t size):
    cdef int order = host_order
    if size == 0:
        return ""
    return PyUnicode_DecodeUTF16(<char *>text, 2 * size, "surrogatepass", &order)
