# SPDX-License-Identifier: MIT
"""Channels: requests and their replies over HTTP."""

from libc.stdint cimport uint32_t

from ncrypt_ext._ws_exchange cimport Exchange, Parts
from ncrypt_ext._ws_handle cimport WsHandle
from ncrypt_ext._ws_xml cimport Workspace
from ncrypt_ext.webservices cimport WS_ENDPOINT_ADDRESS, WS_ERROR
from ncrypt_ext.wintypes cimport HRESULT


cdef class Channel(WsHandle):
    cdef readonly str url
    cdef bytes address      # the URL in UTF-16
    cdef bint tls           # there is an SSL transport
    cdef bint addressed     # messages have addressing headers
    cdef bint holding       # a request holds the lease, and is in no call
    cdef uint32_t forks     # fork_count() of its process

    cdef int set_url(self, object url) except -1
    cdef int enter_request(self) except -1
    cdef void end_call(self) noexcept nogil
    cdef void leave_request(self) noexcept
    cdef int expect(self, bint fresh) except -1
    cdef int fill(self, Exchange *exchange, Workspace work, list kept, object body,
                  object headers) except -1
    cdef list perform(self, Exchange *exchange)
    cdef int fail(self, HRESULT status, str function, WS_ERROR *error) except -1

    cdef inline Parts *parts(self) noexcept nogil:
        """The caller is inside a call."""
        return <Parts *>self.lease.handle
