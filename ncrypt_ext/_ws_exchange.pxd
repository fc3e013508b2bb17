# SPDX-License-Identifier: MIT
"""What a channel is made of, and one request with its reply: native calls, without Python."""

from libc.stdint cimport uintptr_t

from ncrypt_ext._handle cimport lease_word
from ncrypt_ext._ws_security cimport Held
from ncrypt_ext.webservices cimport (
    WS_CHANNEL, WS_CHANNEL_STATE, WS_ENDPOINT_ADDRESS, WS_ERROR, WS_HEAP, WS_MESSAGE,
    WS_XML_BUFFER, WS_XML_STRING,
)
from ncrypt_ext.wintypes cimport HRESULT, ULONG

cdef enum:
    MOST_HEADERS = 32
    ELEMENTS = 4        # of a reply's body that are read at once


cdef struct Parts:
    # Behind the lease of a channel: released together, on whichever thread.
    WS_CHANNEL *channel
    WS_MESSAGE *request
    WS_MESSAGE *reply
    WS_HEAP *heap       # of what is sent and received; one request at a time
    lease_word stop     # not 0: aborted, and not reset since
    Held held


cdef struct Header:
    WS_XML_STRING name
    WS_XML_STRING space
    WS_XML_BUFFER *xml
    ULONG attributes


cdef enum Stage:
    PREPARING
    WRITING
    SENDING
    RECEIVING
    READING
    DONE


cdef struct Exchange:
    Parts *parts
    WS_ERROR *error
    WS_ENDPOINT_ADDRESS address     # of the channel, in case it has to be opened
    WS_ENDPOINT_ADDRESS to          # without a URL: the same
    WS_XML_STRING action
    Header headers[MOST_HEADERS]
    ULONG header_count
    WS_XML_BUFFER *body             # NULL: empty
    WS_XML_BUFFER *elements[ELEMENTS]
    ULONG count
    Stage stage
    const char *function            # that was called last


cdef void parts_release(uintptr_t parts) noexcept nogil
cdef WS_CHANNEL_STATE parts_state(Parts *parts) noexcept nogil
cdef void parts_abort(Parts *parts) noexcept nogil
cdef HRESULT parts_open(Parts *parts, const WS_ENDPOINT_ADDRESS *address,
                        WS_ERROR *error) noexcept nogil
cdef HRESULT parts_reset(Parts *parts, WS_ERROR *error) noexcept nogil
cdef HRESULT exchange_run(Exchange *self) noexcept nogil
cdef HRESULT exchange_read(Exchange *self) noexcept nogil
cdef void exchange_end(Exchange *self, HRESULT status) noexcept nogil
