# SPDX-License-Identifier: MIT
"""XML security tokens."""

from ncrypt_ext._handle cimport Lease
from ncrypt_ext._ws_handle cimport WsHandle
from ncrypt_ext._ws_xml cimport Workspace
from ncrypt_ext.webservices cimport (
    WS_DATETIME, WS_SECURITY_KEY_HANDLE, WS_SECURITY_TOKEN, WS_SECURITY_TOKEN_PROPERTY_ID,
    WS_XML_BUFFER, WS_XML_SECURITY_TOKEN_PROPERTY,
)
from ncrypt_ext.wintypes cimport ULONG


cdef struct Given:
    # What a token is made of, parsed; properties point into it.
    WS_XML_SECURITY_TOKEN_PROPERTY properties[4]
    WS_XML_BUFFER *buffers[3]
    WS_DATETIME times[2]
    ULONG count


cdef class XmlToken(WsHandle):
    cdef int create(self, Workspace work, const WS_SECURITY_KEY_HANDLE *key, Lease *parent,
                    Given *given) except -1
    cdef int read(self, WS_SECURITY_TOKEN_PROPERTY_ID which, void *value, ULONG size) except -1
    cdef bytes read_xml(self, WS_SECURITY_TOKEN_PROPERTY_ID which)

    cdef inline WS_SECURITY_TOKEN *native(self) noexcept nogil:
        """The caller is inside a call."""
        return <WS_SECURITY_TOKEN *>self.lease.handle
