# SPDX-License-Identifier: MIT
"""XML security tokens."""

from ncrypt_ext._handle cimport Lease
from ncrypt_ext._ws_handle cimport WsHandle
from ncrypt_ext._ws_xml cimport Workspace
from ncrypt_ext.webservices cimport (
    WS_SECURITY_KEY_HANDLE, WS_SECURITY_TOKEN, WS_SECURITY_TOKEN_PROPERTY_ID,
)
from ncrypt_ext.wintypes cimport ULONG


cdef class XmlToken(WsHandle):
    cdef int create(self, Workspace work, const WS_SECURITY_KEY_HANDLE *key, Lease *parent,
                    tuple given, object valid_from, object valid_till) except -1
    cdef int read(self, WS_SECURITY_TOKEN_PROPERTY_ID which, void *value, ULONG size) except -1
    cdef bytes read_xml(self, WS_SECURITY_TOKEN_PROPERTY_ID which)

    cdef inline WS_SECURITY_TOKEN *native(self) noexcept nogil:
        """The caller is inside a call."""
        return <WS_SECURITY_TOKEN *>self.lease.handle
