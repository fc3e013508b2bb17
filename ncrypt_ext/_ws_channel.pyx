# SPDX-License-Identifier: MIT
"""A channel and its two messages are made once; a request resets what it used of them."""

from libc.stdint cimport uintptr_t
from libc.string cimport memset

from ncrypt_ext._handle cimport (
    TYPE_CHANNEL, Watch, fork_count, lease_close, lease_enter, lease_hold, lease_is_closed,
    lease_leave, lease_unhold, lease_word_load, raise_watched, watch_begin, watch_end,
)
from ncrypt_ext._wide cimport wide
from ncrypt_ext._ws_channel_setup cimport (
    Setup, add_header, parse_sent, parts_create, point, point_wide, setup_faults, setup_http,
    setup_message, setup_proxy, setup_timeouts,
)
from ncrypt_ext._ws_error cimport error_give, error_take, ws_raise
from ncrypt_ext._ws_exchange cimport (
    DONE, MOST_HEADERS, Exchange, Parts, exchange_end, exchange_read, exchange_run, parts_abort,
    parts_open, parts_release, parts_reset, parts_state,
)
from ncrypt_ext._ws_handle cimport WsHandle
from ncrypt_ext._ws_security cimport Security
from ncrypt_ext._ws_xml cimport Workspace, whole_bytes, workspace_give, workspace_take
from ncrypt_ext.webservices cimport (
    WS_ADDRESSING_VERSION_TRANSPORT, WS_CHANNEL_STATE, WS_CHANNEL_STATE_CREATED,
    WS_CHANNEL_STATE_FAULTED, WS_CHANNEL_STATE_OPEN, WS_ENDPOINT_ADDRESS, WS_ERROR,
    WS_HEAP_PROPERTY_REQUESTED_SIZE, WS_XML_BUFFER, WsGetHeapProperty, WsResetHeap,
)
from ncrypt_ext.wintypes cimport HRESULT, SIZE_T, ULONG

from ncrypt_ext._ws_checks import check_url, plain_uri
from ncrypt_ext._ws_enums import (
    AddressingVersion,
    ChannelState,
    EnvelopeVersion,
    SecurityHeaderLayout,
    SecurityHeaderVersion,
    TimestampUsage,
)

cdef enum:
    ABORTED = 0x803D0004    # WS_E_OPERATION_ABORTED
    LARGE = 1 << 20         # bytes of the heap that a reply takes which is written without the GIL
    LARGEST = 16 << 20      # the same, of one that may be too much for the writers that are kept

cdef bytes element_xml(Parts *parts, WS_XML_BUFFER *element):
    """One element of a reply. How much the reply took of the heap tells what it will be."""
    cdef SIZE_T taken = 0
    cdef Workspace work
    WsGetHeapProperty(parts.heap, WS_HEAP_PROPERTY_REQUESTED_SIZE, &taken, sizeof(taken), NULL)
    if taken > LARGEST:
        work = Workspace(<ULONG>min(taken, <SIZE_T>0xFFFFFFFF))
        return work.written(element, True, f"{taken} bytes")
    work = workspace_take()
    try:
        return work.written(element, taken > LARGE, "16 MB")
    finally:
        workspace_give(work)


cdef class Channel(WsHandle):
    # cdef readonly str url
    # cdef bytes address
    # cdef bint tls
    # cdef bint addressed
    # cdef bint holding
    # cdef uint32_t forks

    def __init__(self, url, *, envelope=EnvelopeVersion.SOAP_1_2,
                 addressing=AddressingVersion.WSA_1_0, security=(), algorithm_suite=None,
                 timestamp=TimestampUsage.ALWAYS, timestamp_lifetime=300, clock_skew=300,
                 max_latency=300, layout=SecurityHeaderLayout.STRICT,
                 header_version=SecurityHeaderVersion.WSS_1_1, timeouts=None,
                 max_message_size=1 << 20, proxy=None, bint cookies=True,
                 bint follow_redirects=False, bint allow_unsecured_faults=True, max_depth=64,
                 max_attributes=128, max_namespaces=64):
        cdef Setup setup
        cdef Security plan
        cdef Parts *parts
        memset(&setup, 0, sizeof(setup))
        setup_message(&setup, envelope, addressing, max_message_size,
                      (max_depth, max_attributes, max_namespaces))
        setup_timeouts(&setup, timeouts)
        setup_http(&setup, cookies, follow_redirects)
        kept = setup_proxy(&setup, proxy)   # until the end
        plan = Security(security, algorithm_suite, timestamp,
                        (timestamp_lifetime, clock_skew, max_latency), layout, header_version)
        if plan.tokens and allow_unsecured_faults:
            setup_faults(&setup)
        if plan.asymmetric and setup.addressing == WS_ADDRESSING_VERSION_TRANSPORT:
            raise ValueError("a token with an asymmetric key signs the To header, which there is "
                             "not with AddressingVersion.TRANSPORT")
        if self.lease != NULL:
            raise TypeError("a Channel cannot be initialised again")
        self.tls = plan.tls
        self.addressed = setup.addressing != WS_ADDRESSING_VERSION_TRANSPORT
        self.set_url(url)
        if self.lease != NULL:      # by another thread, meanwhile
            raise TypeError("a Channel cannot be initialised again")
        parts = parts_create(&setup, plan)
        self.forks = fork_count()
        if not self.adopt_native(TYPE_CHANNEL, <uintptr_t>parts, parts_release, NULL):
            raise MemoryError()
        del kept

    cdef int set_url(self, object url) except -1:
        text, tls = check_url(url)
        if tls and not self.tls:
            raise ValueError("https:// needs an SslTransport in security")
        if self.tls and not tls:
            raise ValueError("the SslTransport in security needs an https:// address")
        self.address = wide(text, "url")
        self.url = text
        return 0

    # ---- calls

    cdef int enter_request(self) except -1:
        if self.forks != fork_count() and not self.closed:
            self.busy("belongs to the process that fork() has left: it can only be closed")
        if self.taken:
            self.busy("does one request at a time: use a channel per thread")
        return self.enter_alone()

    cdef void end_call(self) noexcept nogil:
        """The native call is over; a hold keeps the parts until leave_request(). The end of the
        process waits for calls, and may never give the GIL to a daemon thread that has made one."""
        lease_hold(self.lease)
        self.holding = True
        lease_leave(self.lease)

    cdef void leave_request(self) noexcept:
        """Who closed it meanwhile has left the release to this."""
        cdef bint holding = self.holding
        self.holding = False
        self.taken = False
        with nogil:
            if holding:
                lease_unhold(self.lease)
            else:
                lease_leave(self.lease)

    cdef int expect(self, bint fresh) except -1:
        """`fresh`: it has to be opened yet."""
        cdef WS_CHANNEL_STATE state = parts_state(self.parts())
        if lease_word_load(&self.parts().stop) != 0 or (state != WS_CHANNEL_STATE_CREATED
                                                        and state != WS_CHANNEL_STATE_OPEN):
            self.busy("was aborted, or failed for good: reset() makes it new")
        if fresh and state == WS_CHANNEL_STATE_OPEN:
            self.busy("is open already")
        return 0

    cdef int fail(self, HRESULT status, str function, WS_ERROR *error) except -1:
        """After an abort in another thread that is what happened, whatever the status says."""
        if lease_is_closed(self.lease):
            ws_raise(<HRESULT>ABORTED, function, error, "the channel was closed meanwhile")
        if lease_word_load(&self.parts().stop) != 0:
            ws_raise(<HRESULT>ABORTED, function, error, "the channel was aborted")
        return ws_raise(status, function, error)

    def open(self, url=None):
        cdef Watch watch
        cdef WS_ENDPOINT_ADDRESS address
        cdef WS_ERROR *error
        cdef Parts *parts
        cdef HRESULT status
        self.enter_request()
        try:
            parts = self.parts()
            self.expect(True)
            if url is not None:
                self.set_url(url)
            memset(&address, 0, sizeof(address))
            point_wide(&address.url, self.address)
            error = error_take()
            try:
                with nogil:
                    watch_begin(&watch, self.lease)
                    status = parts_open(parts, &address, error)
                    watch_end(&watch)
                    self.end_call()
                raise_watched(&watch)
                if status != 0:
                    self.fail(status, "WsOpenChannel", error)
            finally:
                error_give(error)
        finally:
            self.leave_request()

    def request(self, action, body=None, *, headers=(), to=None):
        cdef Exchange exchange
        cdef Workspace work
        cdef list elements
        cdef list kept
        memset(&exchange, 0, sizeof(exchange))
        # HTTP alone says what is to be done without addressing headers, and may say nothing.
        if self.addressed or type(action) is not str or action:
            action = plain_uri(action, "action")
        kept = [(<str>action).encode()]
        point(&exchange.action, kept[0])
        if to is not None:
            if not self.addressed:
                raise ValueError("to is a header, which there is not with "
                                 "AddressingVersion.TRANSPORT")
            kept.append(wide(plain_uri(to, "to"), "to"))
            point_wide(&exchange.to.url, kept[1])
        self.enter_request()
        try:
            exchange.parts = self.parts()
            self.expect(False)
            kept.append(self.address)
            point_wide(&exchange.address.url, self.address)
            try:
                work = workspace_take()
                try:
                    self.fill(&exchange, work, kept, body, headers)
                finally:
                    workspace_give(work)
                elements = self.perform(&exchange)
            finally:
                WsResetHeap(exchange.parts.heap, NULL)
        finally:
            self.leave_request()
        return elements[0] if len(elements) == 1 else b"".join(elements)

    cdef int fill(self, Exchange *exchange, Workspace work, list kept, object body,
                  object headers) except -1:
        cdef bytes whole
        if isinstance(headers, (str, bytes)):
            raise TypeError("headers must be a sequence of headers, not one of them")
        for index, header in enumerate(headers):
            if index == MOST_HEADERS:
                raise ValueError(f"there are more than {MOST_HEADERS} headers")
            add_header(exchange, work, kept, header, f"headers[{index}]")
        if body is not None:
            whole = whole_bytes(body, "body")
            if whole:
                exchange.body = parse_sent(exchange.parts, work, body, whole, "body")
        return 0

    cdef list perform(self, Exchange *exchange):
        """The elements of the reply's body."""
        cdef Watch watch
        cdef HRESULT status
        cdef ULONG index
        cdef list elements = []
        exchange.error = error_take()
        try:
            with nogil:
                watch_begin(&watch, self.lease)
                status = exchange_run(exchange)
                watch_end(&watch)
                self.end_call()
            try:
                while status == 0:
                    for index in range(exchange.count):
                        elements.append(element_xml(exchange.parts, exchange.elements[index]))
                    if exchange.stage == DONE:
                        break
                    with nogil:
                        status = exchange_read(exchange)
            finally:
                with nogil:
                    exchange_end(exchange, status)
            raise_watched(&watch)
            if status != 0:
                self.fail(status, exchange.function.decode(), exchange.error)
        finally:
            error_give(exchange.error)
        return elements

    def abort(self):
        if self.lease == NULL or not lease_enter(self.lease):
            return
        with nogil:
            parts_abort(self.parts())
            lease_leave(self.lease)

    def reset(self):
        cdef HRESULT status
        cdef WS_ERROR *error
        self.enter_request()
        try:
            error = error_take()
            try:
                with nogil:
                    status = parts_reset(self.parts(), error)
                if status != 0:
                    ws_raise(status, "WsResetChannel", error)
            finally:
                error_give(error)
        finally:
            self.leave_request()

    def close(self):
        """A request in another thread ends, and the release comes with its end."""
        if self.lease == NULL or not lease_enter(self.lease):
            return
        lease_close(self.lease)     # with the GIL: nobody begins after this, so the mark is true
        busy = self.taken
        with nogil:
            if busy:
                parts_abort(self.parts())
            lease_leave(self.lease)

    # ---- what it is

    @property
    def state(self):
        cdef WS_CHANNEL_STATE state
        if self.lease == NULL or not lease_enter(self.lease):
            return ChannelState.CLOSED
        state = parts_state(self.parts())
        if state == WS_CHANNEL_STATE_CREATED and lease_word_load(&self.parts().stop) != 0:
            state = WS_CHANNEL_STATE_FAULTED
        with nogil:
            lease_leave(self.lease)
        return ChannelState(<int>state)

    @property
    def handle(self):
        self.enter()
        try:
            return <uintptr_t>self.parts().channel
        finally:
            self.leave()

    def detach(self):
        self.busy("is more than its handle: messages, and tokens that it holds")

    def __enter__(self):
        WsHandle.__enter__(self)
        if self.state == ChannelState.CREATED:
            self.open()
        return self

    def __repr__(self):
        return f"<Channel {self.url} {self.state.name.lower()}>"
