# SPDX-License-Identifier: MIT
"""A channel's arguments made into native objects."""

from ncrypt_ext._ws_exchange cimport Exchange, Parts
from ncrypt_ext._ws_security cimport Security
from ncrypt_ext._ws_xml cimport Workspace
from ncrypt_ext.webservices cimport (
    WS_ADDRESSING_VERSION, WS_CHANNEL_PROPERTY, WS_COOKIE_MODE, WS_CUSTOM_HTTP_PROXY,
    WS_ENVELOPE_VERSION, WS_HTTP_PROXY_SETTING_MODE, WS_STRING, WS_XML_BUFFER, WS_XML_STRING,
)
from ncrypt_ext.wintypes cimport BOOL, ULONG

cdef enum:
    TIMEOUTS = 5


cdef struct Setup:
    # All zeros at first. The properties point into it.
    WS_CHANNEL_PROPERTY properties[14]
    ULONG count
    WS_ENVELOPE_VERSION envelope
    WS_ADDRESSING_VERSION addressing
    ULONG most              # bytes of a message
    ULONG timeouts[TIMEOUTS]
    WS_COOKIE_MODE cookies
    WS_HTTP_PROXY_SETTING_MODE proxy_mode
    WS_CUSTOM_HTTP_PROXY proxy
    BOOL yes
    ULONG limits[3]         # depth, attributes, namespaces of a reply


cdef void point_wide(WS_STRING *into, bytes text) noexcept
cdef int setup_message(Setup *setup, object envelope, object addressing, object most,
                       tuple limits) except -1
cdef int setup_timeouts(Setup *setup, object timeouts) except -1
cdef bytes setup_proxy(Setup *setup, object proxy)
cdef void setup_http(Setup *setup, bint cookies, bint redirects) noexcept
cdef void setup_faults(Setup *setup) noexcept
cdef Parts *parts_create(Setup *setup, Security security) except NULL
cdef void point(WS_XML_STRING *into, bytes text) noexcept
cdef WS_XML_BUFFER *parse_sent(Parts *parts, Workspace work, object xml, bytes whole,
                               str what) except NULL
cdef int add_header(Exchange *exchange, Workspace work, list kept, object header,
                    str what) except -1
