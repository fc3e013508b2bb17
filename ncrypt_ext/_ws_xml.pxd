# SPDX-License-Identifier: MIT
"""XML buffers, and what it takes to read and write them."""

cimport cython

from ncrypt_ext._ws_handle cimport WsHandle
from ncrypt_ext.webservices cimport (
    WS_CHARSET, WS_ERROR, WS_HEAP, WS_XML_BUFFER, WS_XML_READER, WS_XML_WRITER,
)
from ncrypt_ext.wintypes cimport HRESULT, ULONG

cdef struct Limits:
    ULONG depth
    ULONG attributes
    ULONG namespaces


cdef class XmlBuffer(WsHandle):
    cdef bint large     # its XML took more than what is written with the GIL

    cdef inline WS_XML_BUFFER *native(self) noexcept nogil:
        """The caller is inside a call."""
        return <WS_XML_BUFFER *>self.lease.handle


@cython.final
cdef class Workspace:
    # Not public. One thread has it between workspace_take() and workspace_give(), which resets the
    # heap: what was parsed is valid until then.
    cdef WS_HEAP *heap
    cdef WS_XML_READER *reader
    cdef WS_XML_WRITER *writer
    cdef WS_ERROR *error
    cdef size_t spent   # bytes that went through it

    cdef WS_XML_BUFFER *parse(self, object xml, str what) except NULL
    cdef bytes write(self, WS_XML_BUFFER *buffer)
    cdef WS_XML_BUFFER *read(self, WS_HEAP *heap, bytes xml, WS_CHARSET charset,
                             const Limits *limits, str what) except NULL
    cdef bytes written(self, WS_XML_BUFFER *buffer, bint large, str limit)
    cdef HRESULT read_native(self, WS_HEAP *heap, const char *data, ULONG size, WS_CHARSET charset,
                             const Limits *limits, WS_XML_BUFFER **buffer) noexcept nogil


cdef bytes whole_bytes(object xml, str what)
cdef Workspace workspace_take()
cdef int workspace_give(Workspace workspace) except -1
