# SPDX-License-Identifier: MIT
"""A channel's security as the API wants it described."""

from ncrypt_ext._handle cimport Lease
from ncrypt_ext.webservices cimport (
    NCX_PEM_CERT_CREDENTIAL, WS_BYTES, WS_SECURITY_ALGORITHM_SUITE,
    WS_SECURITY_ALGORITHM_SUITE_NAME, WS_SECURITY_BINDING, WS_SECURITY_BINDING_PROPERTY,
    WS_SECURITY_BINDING_PROPERTY_ID, WS_SECURITY_DESCRIPTION, WS_SECURITY_HEADER_LAYOUT,
    WS_SECURITY_HEADER_VERSION, WS_SECURITY_PROPERTY, WS_SECURITY_PROPERTY_ID,
    WS_SECURITY_TIMESTAMP_USAGE, WS_SSL_TRANSPORT_SECURITY_BINDING, WS_THUMBPRINT_CERT_CREDENTIAL,
    WS_TIMESPAN, WS_XML_TOKEN_MESSAGE_SECURITY_BINDING,
)
from ncrypt_ext.wintypes cimport BOOL, ULONG

cdef enum:
    MOST_TOKENS = 8
    MOST_HELD = MOST_TOKENS + 1     # and the key of a client certificate


cdef struct Held:
    # Leases that a channel holds as long as it lives.
    Lease *leases[MOST_HELD]
    ULONG count


cdef void held_end(Held *held) noexcept nogil
cdef object enum_value(object kind, object value, str name)


cdef class Security:
    # Not public. What the description points at is in this object, or kept by it.
    cdef WS_SECURITY_DESCRIPTION description
    cdef Held held                  # ended with the object, unless somebody took it
    cdef readonly bint tls
    cdef bint asymmetric
    cdef bint symmetric
    cdef list tokens
    cdef list kept                  # Python objects whose memory is pointed at
    cdef WS_SECURITY_BINDING *bindings[MOST_TOKENS + 1]
    cdef WS_SSL_TRANSPORT_SECURITY_BINDING ssl
    cdef WS_SECURITY_BINDING_PROPERTY ssl_properties[4]
    cdef WS_BYTES ca
    cdef ULONG failures
    cdef ULONG protocols
    cdef BOOL no_revocation
    cdef NCX_PEM_CERT_CREDENTIAL pem
    cdef WS_THUMBPRINT_CERT_CREDENTIAL thumbprint
    cdef WS_XML_TOKEN_MESSAGE_SECURITY_BINDING xml_tokens[MOST_TOKENS]
    cdef WS_SECURITY_PROPERTY properties[7]
    cdef WS_SECURITY_ALGORITHM_SUITE suite
    cdef WS_SECURITY_ALGORITHM_SUITE_NAME suite_name
    cdef WS_TIMESPAN latency
    cdef WS_TIMESPAN lifetime
    cdef WS_TIMESPAN skew
    cdef WS_SECURITY_TIMESTAMP_USAGE timestamp
    cdef WS_SECURITY_HEADER_LAYOUT layout
    cdef WS_SECURITY_HEADER_VERSION version

    cdef int add_transport(self, object transport) except -1
    cdef int add_certificate(self, object certificate) except -1
    cdef int add_token(self, object token) except -1
    cdef int hold(self, Lease *lease) except -1
    cdef int set_suite(self, object suite) except -1
    cdef int set_header(self, object timestamp, tuple times, object layout,
                        object version) except -1
    cdef void bind(self, WS_SECURITY_BINDING *binding) noexcept
    cdef void add_ssl(self, WS_SECURITY_BINDING_PROPERTY_ID which, void *value,
                      ULONG size) noexcept
    cdef void add(self, WS_SECURITY_PROPERTY_ID which, void *value, ULONG size) noexcept
    cdef int point(self, WS_BYTES *into, bytes source) except -1
