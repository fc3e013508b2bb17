# SPDX-License-Identifier: MIT
"""Between str and the UTF-16 strings of the Windows API. Lone surrogates pass both ways."""

from cpython.bytes cimport PyBytes_AS_STRING

from ncrypt_ext.wintypes cimport LPCWSTR, WCHAR

cdef bytes wide(object text, str name, Py_ssize_t limit=*)
cdef bytes wide_or_none(object text, str name, Py_ssize_t limit=*)
cdef str plain_text(object text)
cdef str narrow(const WCHAR *text)
cdef str narrow_sized(const WCHAR *text, Py_ssize_t size)


cdef inline LPCWSTR wide_pointer(bytes text) noexcept:
    """The characters of what wide() returned; NULL for None. Valid as long as the bytes object."""
    if text is None:
        return NULL
    return <LPCWSTR><const void *>PyBytes_AS_STRING(text)
