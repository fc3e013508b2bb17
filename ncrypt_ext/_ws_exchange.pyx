# SPDX-License-Identifier: MIT
"""Nothing here needs the GIL, so that a request takes and gives it back once."""

cimport cython
from libc.stdint cimport uintptr_t
from libc.stdlib cimport free

from ncrypt_ext._handle cimport lease_word_add, lease_word_load, lease_word_or
from ncrypt_ext._ws_security cimport held_end
from ncrypt_ext.webservices cimport (
    WS_ACTION_HEADER, WS_CHANNEL_PROPERTY_STATE, WS_CHANNEL_STATE, WS_CHANNEL_STATE_CLOSED,
    WS_CHANNEL_STATE_CREATED, WS_CHANNEL_STATE_FAULTED, WS_CHANNEL_STATE_OPEN,
    WS_ELEMENT_DESCRIPTION, WS_ENDPOINT_ADDRESS, WS_ERROR, WS_MESSAGE_PROPERTY_BODY_READER,
    WS_MESSAGE_PROPERTY_BODY_WRITER, WS_REQUEST_MESSAGE, WS_WRITE_REQUIRED_POINTER,
    WS_WRITE_REQUIRED_VALUE, WS_XML_BUFFER_TYPE, WS_XML_READER, WS_XML_STRING_TYPE, WS_XML_WRITER,
    WsAbortChannel, WsAddCustomHeader, WsAddressMessage, WsCloseChannel, WsFreeChannel, WsFreeHeap,
    WsFreeMessage, WsGetChannelProperty, WsGetMessageProperty, WsInitializeMessage, WsOpenChannel,
    WsReadMessageEnd, WsReadMessageStart, WsReadToStartElement, WsReadXmlBuffer, WsResetChannel,
    WsResetMessage, WsSetHeader, WsWriteMessageEnd, WsWriteMessageStart, WsWriteXmlBuffer,
)
from ncrypt_ext.wintypes cimport BOOL, HRESULT

cdef enum:
    ABORTED = 0x803D0004    # WS_E_OPERATION_ABORTED


# ---- the parts of a channel

cdef WS_CHANNEL_STATE parts_state(Parts *parts) noexcept nogil:
    cdef WS_CHANNEL_STATE state = WS_CHANNEL_STATE_FAULTED
    if WsGetChannelProperty(parts.channel, WS_CHANNEL_PROPERTY_STATE, &state, sizeof(state),
                            NULL) != 0:
        return WS_CHANNEL_STATE_FAULTED
    return state


cdef void close_channel(Parts *parts) noexcept nogil:
    """Whatever that returns, the channel is closed afterwards."""
    cdef WS_CHANNEL_STATE state = parts_state(parts)
    if state != WS_CHANNEL_STATE_CREATED and state != WS_CHANNEL_STATE_CLOSED:
        WsCloseChannel(parts.channel, NULL, NULL)


# Tracing takes the GIL, which a release does not wait for: hence the directive.
@cython.linetrace(False)
cdef void parts_release(uintptr_t address) noexcept nogil:
    """Also of what was not made completely. Nobody uses it any more."""
    cdef Parts *parts = <Parts *>address
    if parts.channel != NULL:
        close_channel(parts)
    if parts.request != NULL:
        WsFreeMessage(parts.request)
    if parts.reply != NULL:
        WsFreeMessage(parts.reply)
    if parts.channel != NULL:
        WsFreeChannel(parts.channel)
    if parts.heap != NULL:
        WsFreeHeap(parts.heap)
    held_end(&parts.held)   # last: the channel signs with what these are leases of
    free(parts)


cdef void parts_abort(Parts *parts) noexcept nogil:
    """From any thread. First the mark: whoever opens the channel just now looks at it then."""
    lease_word_or(&parts.stop, 1)
    WsAbortChannel(parts.channel, NULL)


cdef HRESULT parts_open(Parts *parts, const WS_ENDPOINT_ADDRESS *address,
                        WS_ERROR *error) noexcept nogil:
    cdef HRESULT status = WsOpenChannel(parts.channel, address, NULL, error)
    if status == 0 and lease_word_load(&parts.stop) != 0:
        WsAbortChannel(parts.channel, NULL)     # it did not hit an open channel before
        status = <HRESULT>ABORTED
    return status


cdef HRESULT parts_reset(Parts *parts, WS_ERROR *error) noexcept nogil:
    if lease_word_load(&parts.stop) != 0:
        lease_word_add(&parts.stop, <uintptr_t>-1)
    close_channel(parts)
    return WsResetChannel(parts.channel, error)


# ---- an exchange

cdef HRESULT add_header(Exchange *self, Header *header) noexcept nogil:
    cdef WS_ELEMENT_DESCRIPTION description
    description.elementLocalName = &header.name
    description.elementNs = &header.space
    description.type = WS_XML_BUFFER_TYPE
    description.typeDescription = NULL
    return WsAddCustomHeader(self.parts.request, &description, WS_WRITE_REQUIRED_POINTER,
                             &header.xml, sizeof(header.xml), header.attributes, self.error)


cdef HRESULT prepare(Exchange *self) noexcept nogil:
    """The headers of the request."""
    cdef HRESULT status
    cdef size_t index
    self.function = "WsInitializeMessage"
    status = WsInitializeMessage(self.parts.request, WS_REQUEST_MESSAGE, NULL, self.error)
    if status != 0:
        return status
    self.function = "WsSetHeader"
    status = WsSetHeader(self.parts.request, WS_ACTION_HEADER, WS_XML_STRING_TYPE,
                         WS_WRITE_REQUIRED_VALUE, &self.action, sizeof(self.action), self.error)
    if status == 0 and self.to.url.length != 0:
        self.function = "WsAddressMessage"
        status = WsAddressMessage(self.parts.request, &self.to, self.error)
    if status != 0:
        return status
    self.function = "WsAddCustomHeader"
    for index in range(self.header_count):
        status = add_header(self, &self.headers[index])
        if status != 0:
            return status
    return 0


cdef HRESULT send(Exchange *self) noexcept nogil:
    cdef WS_XML_WRITER *writer = NULL
    cdef HRESULT status
    self.function = "WsWriteMessageStart"
    status = WsWriteMessageStart(self.parts.channel, self.parts.request, NULL, self.error)
    if status != 0:
        return status
    self.stage = WRITING
    if self.body != NULL:
        self.function = "WsGetMessageProperty"
        status = WsGetMessageProperty(self.parts.request, WS_MESSAGE_PROPERTY_BODY_WRITER, &writer,
                                      sizeof(writer), self.error)
        if status != 0:
            return status
        self.function = "WsWriteXmlBuffer"
        status = WsWriteXmlBuffer(writer, self.body, self.error)
        if status != 0:
            return status
    self.stage = SENDING
    self.function = "WsWriteMessageEnd"
    return WsWriteMessageEnd(self.parts.channel, self.parts.request, NULL, self.error)


cdef HRESULT exchange_read(Exchange *self) noexcept nogil:
    """Reads the next elements of the reply's body; the stage is DONE when there are no more."""
    cdef WS_XML_READER *reader = NULL
    cdef BOOL found = False
    cdef HRESULT status
    self.count = 0
    self.function = "WsGetMessageProperty"
    status = WsGetMessageProperty(self.parts.reply, WS_MESSAGE_PROPERTY_BODY_READER, &reader,
                                  sizeof(reader), self.error)
    while status == 0 and self.count < ELEMENTS:
        self.function = "WsReadToStartElement"
        status = WsReadToStartElement(reader, NULL, NULL, &found, self.error)
        if status == 0 and not found:
            self.stage = DONE
            self.function = "WsReadMessageEnd"
            return WsReadMessageEnd(self.parts.channel, self.parts.reply, NULL, self.error)
        if status == 0:
            self.function = "WsReadXmlBuffer"
            status = WsReadXmlBuffer(reader, self.parts.heap, &self.elements[self.count],
                                     self.error)
            self.count += 1
    return status


cdef HRESULT exchange_run(Exchange *self) noexcept nogil:
    """Opens the channel if need be, sends the request, waits for the reply and begins to read it.
    Whatever it returns, exchange_end() comes at last."""
    cdef HRESULT status
    self.stage = PREPARING
    if parts_state(self.parts) == WS_CHANNEL_STATE_CREATED:
        self.function = "WsOpenChannel"
        status = parts_open(self.parts, &self.address, self.error)
        if status != 0:
            return status
    status = prepare(self)
    if status == 0:
        status = send(self)
    if status == 0:
        self.stage = RECEIVING
        self.function = "WsReadMessageStart"
        status = WsReadMessageStart(self.parts.channel, self.parts.reply, NULL, self.error)
    if status == 0:
        self.stage = READING
        status = exchange_read(self)
    return status


cdef void finish(Exchange *self) noexcept nogil:
    """Ends what is half done: the channel is open and ready, created, or faulted afterwards."""
    if self.stage == READING and WsReadMessageEnd(self.parts.channel, self.parts.reply, NULL,
                                                  NULL) == 0:
        return
    if self.stage in (PREPARING, RECEIVING) or parts_state(self.parts) != WS_CHANNEL_STATE_OPEN:
        return
    # A request half written cannot be taken back: there has to be another connection.
    WsAbortChannel(self.parts.channel, NULL)
    close_channel(self.parts)
    WsResetChannel(self.parts.channel, NULL)


cdef void exchange_end(Exchange *self, HRESULT status) noexcept nogil:
    """After the last call of the two above, with what that returned, wherever it ended."""
    if status != 0 or self.stage != DONE:
        finish(self)
    WsResetMessage(self.parts.request, NULL)
    WsResetMessage(self.parts.reply, NULL)
