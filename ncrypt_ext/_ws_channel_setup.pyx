# SPDX-License-Identifier: MIT
"""Only what differs from the API's defaults is said, but for what this package has others of."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.stdint cimport uint32_t, uintptr_t
from libc.stdlib cimport calloc

from ncrypt_ext._handle cimport number_value
from ncrypt_ext._wide cimport wide
from ncrypt_ext._ws_error cimport error_give, error_take, ws_raise
from ncrypt_ext._ws_exchange cimport Exchange, Header, Parts, parts_release
from ncrypt_ext._ws_security cimport Security, enum_value
from ncrypt_ext._ws_xml cimport Limits, Workspace, whole_bytes
from ncrypt_ext.webservices cimport (
    WS_ADDRESSING_VERSION, WS_CHANNEL_PROPERTY_ADDRESSING_VERSION,
    WS_CHANNEL_PROPERTY_ALLOW_UNSECURED_FAULTS, WS_CHANNEL_PROPERTY_CONNECT_TIMEOUT,
    WS_CHANNEL_PROPERTY_COOKIE_MODE, WS_CHANNEL_PROPERTY_CUSTOM_HTTP_PROXY,
    WS_CHANNEL_PROPERTY_ENABLE_HTTP_REDIRECT, WS_CHANNEL_PROPERTY_ENVELOPE_VERSION,
    WS_CHANNEL_PROPERTY_HTTP_PROXY_SETTING_MODE, WS_CHANNEL_PROPERTY_ID,
    WS_CHANNEL_PROPERTY_MAX_BUFFERED_MESSAGE_SIZE, WS_CHANNEL_PROPERTY_RECEIVE_RESPONSE_TIMEOUT,
    WS_CHANNEL_PROPERTY_RECEIVE_TIMEOUT, WS_CHANNEL_PROPERTY_RESOLVE_TIMEOUT,
    WS_CHANNEL_PROPERTY_SEND_TIMEOUT, WS_CHANNEL_TYPE_REQUEST, WS_CHARSET, WS_CHARSET_AUTO,
    WS_CHARSET_UTF8, WS_ENVELOPE_VERSION, WS_ERROR, WS_HEAP_PROPERTIES, WS_HEAP_PROPERTY,
    WS_HEAP_PROPERTY_MAX_SIZE, WS_HTTP_CHANNEL_BINDING, WS_HTTP_PROXY_SETTING_MODE_CUSTOM,
    WS_HTTP_PROXY_SETTING_MODE_NONE, WS_MANUAL_COOKIE_MODE, WS_MESSAGE_PROPERTY,
    WS_MESSAGE_PROPERTY_HEAP_PROPERTIES, WS_MESSAGE_PROPERTY_XML_READER_PROPERTIES,
    WS_MESSAGE_PROPERTY_XML_WRITER_PROPERTIES, WS_MUST_UNDERSTAND_HEADER_ATTRIBUTE,
    WS_SECURITY_DESCRIPTION, WS_STRING, WS_XML_BUFFER, WS_XML_READER_PROPERTIES,
    WS_XML_READER_PROPERTY, WS_XML_READER_PROPERTY_MAX_ATTRIBUTES, WS_XML_READER_PROPERTY_MAX_DEPTH,
    WS_XML_READER_PROPERTY_MAX_NAMESPACES, WS_XML_STRING, WS_XML_WRITER_PROPERTIES,
    WS_XML_WRITER_PROPERTY, WS_XML_WRITER_PROPERTY_MAX_ATTRIBUTES, WS_XML_WRITER_PROPERTY_MAX_DEPTH,
    WS_XML_WRITER_PROPERTY_MAX_NAMESPACES, WsCreateChannel, WsCreateHeap, WsCreateMessageForChannel,
    ncx_channel_missing,
)
from ncrypt_ext.wintypes cimport HRESULT, SIZE_T, ULONG, WCHAR

from ncrypt_ext._ws_checks import header_name, plain_uri, timeout_values
from ncrypt_ext._ws_enums import AddressingVersion, EnvelopeVersion
from ncrypt_ext.errors import NotSupportedError

cdef enum:
    NOT_SUPPORTED = 0x80090029
    HIGHEST = 0x10000       # of limits
    HEAP_TRIM = 64 << 10

# Of bodies and headers that are sent: they are the caller's own.
cdef Limits SENT = [256, 1024, 256]
cdef tuple LIMITS = ("max_depth", "max_attributes", "max_namespaces")


cdef void add(Setup *setup, WS_CHANNEL_PROPERTY_ID which, void *value, ULONG size) noexcept:
    setup.properties[setup.count].id = which
    setup.properties[setup.count].value = value
    setup.properties[setup.count].valueSize = size
    setup.count += 1


cdef void point_wide(WS_STRING *into, bytes text) noexcept:
    """At UTF-16 with a NUL, which somebody keeps."""
    into.chars = <WCHAR *><void *>PyBytes_AS_STRING(text)
    into.length = <ULONG>(PyBytes_GET_SIZE(text) // 2 - 1)


cdef int setup_message(Setup *setup, object envelope, object addressing, object most,
                       tuple limits) except -1:
    cdef uint32_t number
    setup.envelope = <WS_ENVELOPE_VERSION><int>int(
        enum_value(EnvelopeVersion, envelope, "envelope"))
    setup.addressing = <WS_ADDRESSING_VERSION><int>int(
        enum_value(AddressingVersion, addressing, "addressing"))
    setup.most = number_value(most, "max_message_size")
    if setup.most == 0:
        raise ValueError("max_message_size must not be 0")
    for index, name in enumerate(LIMITS):
        number = number_value(limits[index], name)
        if not 1 <= number <= HIGHEST:
            raise ValueError(f"{name} must be from 1 to {HIGHEST}, not {number}")
        setup.limits[<int>index] = number
    add(setup, WS_CHANNEL_PROPERTY_ENVELOPE_VERSION, &setup.envelope, sizeof(setup.envelope))
    add(setup, WS_CHANNEL_PROPERTY_ADDRESSING_VERSION, &setup.addressing,
        sizeof(setup.addressing))
    add(setup, WS_CHANNEL_PROPERTY_MAX_BUFFERED_MESSAGE_SIZE, &setup.most, sizeof(setup.most))
    return 0


cdef int setup_timeouts(Setup *setup, object timeouts) except -1:
    cdef WS_CHANNEL_PROPERTY_ID[TIMEOUTS] ids = [
        WS_CHANNEL_PROPERTY_RESOLVE_TIMEOUT, WS_CHANNEL_PROPERTY_CONNECT_TIMEOUT,
        WS_CHANNEL_PROPERTY_SEND_TIMEOUT, WS_CHANNEL_PROPERTY_RECEIVE_RESPONSE_TIMEOUT,
        WS_CHANNEL_PROPERTY_RECEIVE_TIMEOUT,
    ]
    cdef int index = 0
    for value in timeout_values(timeouts):
        setup.timeouts[index] = value
        add(setup, ids[index], &setup.timeouts[index], sizeof(ULONG))
        index += 1
    return 0


cdef bytes setup_proxy(Setup *setup, object proxy):
    """What has to be kept until the channel is created."""
    cdef bytes servers = b""
    if proxy is None:
        return servers
    setup.proxy_mode = WS_HTTP_PROXY_SETTING_MODE_NONE
    if proxy != "direct":
        servers = wide(plain_uri(proxy, "proxy"), "proxy")
        setup.proxy_mode = WS_HTTP_PROXY_SETTING_MODE_CUSTOM
        point_wide(&setup.proxy.servers, servers)
        add(setup, WS_CHANNEL_PROPERTY_CUSTOM_HTTP_PROXY, &setup.proxy, sizeof(setup.proxy))
    add(setup, WS_CHANNEL_PROPERTY_HTTP_PROXY_SETTING_MODE, &setup.proxy_mode,
        sizeof(setup.proxy_mode))
    return servers


cdef void setup_http(Setup *setup, bint cookies, bint redirects) noexcept:
    setup.yes = True
    setup.cookies = WS_MANUAL_COOKIE_MODE
    if not cookies:
        add(setup, WS_CHANNEL_PROPERTY_COOKIE_MODE, &setup.cookies, sizeof(setup.cookies))
    if redirects:
        add(setup, WS_CHANNEL_PROPERTY_ENABLE_HTTP_REDIRECT, &setup.yes, sizeof(setup.yes))


cdef void setup_faults(Setup *setup) noexcept:
    """Takes faults that have no security header."""
    setup.yes = True
    add(setup, WS_CHANNEL_PROPERTY_ALLOW_UNSECURED_FAULTS, &setup.yes, sizeof(setup.yes))


# ---- native objects

cdef HRESULT create_request(Parts *parts, const WS_HEAP_PROPERTIES *heap,
                            WS_ERROR *error) noexcept:
    cdef ULONG highest = HIGHEST
    cdef WS_XML_WRITER_PROPERTY limits[3]
    cdef WS_XML_WRITER_PROPERTIES writer
    cdef WS_MESSAGE_PROPERTY properties[2]
    limits[0].id = WS_XML_WRITER_PROPERTY_MAX_DEPTH
    limits[1].id = WS_XML_WRITER_PROPERTY_MAX_ATTRIBUTES
    limits[2].id = WS_XML_WRITER_PROPERTY_MAX_NAMESPACES
    for index in range(3):
        limits[index].value = &highest
        limits[index].valueSize = sizeof(ULONG)
    writer.properties = limits
    writer.propertyCount = 3
    properties[0].id = WS_MESSAGE_PROPERTY_HEAP_PROPERTIES
    properties[0].value = <void *>heap
    properties[0].valueSize = sizeof(heap[0])
    properties[1].id = WS_MESSAGE_PROPERTY_XML_WRITER_PROPERTIES
    properties[1].value = &writer
    properties[1].valueSize = sizeof(writer)
    return WsCreateMessageForChannel(parts.channel, properties, 2, &parts.request, error)


cdef HRESULT create_reply(Parts *parts, Setup *setup, const WS_HEAP_PROPERTIES *heap,
                          WS_ERROR *error) noexcept:
    cdef WS_XML_READER_PROPERTY limits[3]
    cdef WS_XML_READER_PROPERTIES reader
    cdef WS_MESSAGE_PROPERTY properties[2]
    limits[0].id = WS_XML_READER_PROPERTY_MAX_DEPTH
    limits[1].id = WS_XML_READER_PROPERTY_MAX_ATTRIBUTES
    limits[2].id = WS_XML_READER_PROPERTY_MAX_NAMESPACES
    for index in range(3):
        limits[index].value = &setup.limits[index]
        limits[index].valueSize = sizeof(ULONG)
    reader.properties = limits
    reader.propertyCount = 3
    properties[0].id = WS_MESSAGE_PROPERTY_HEAP_PROPERTIES
    properties[0].value = <void *>heap
    properties[0].valueSize = sizeof(heap[0])
    properties[1].id = WS_MESSAGE_PROPERTY_XML_READER_PROPERTIES
    properties[1].value = &reader
    properties[1].valueSize = sizeof(reader)
    return WsCreateMessageForChannel(parts.channel, properties, 2, &parts.reply, error)


cdef int fill(Parts *parts, Setup *setup, const WS_SECURITY_DESCRIPTION *description,
              WS_ERROR *error) except -1:
    # What the nodes of a message take is a multiple of its bytes.
    cdef SIZE_T room = 65536 + 256 * <SIZE_T>setup.most
    cdef WS_HEAP_PROPERTY limit = [WS_HEAP_PROPERTY_MAX_SIZE, &room, sizeof(room)]
    cdef WS_HEAP_PROPERTIES heap = [&limit, 1]
    cdef HRESULT status
    status = WsCreateChannel(WS_CHANNEL_TYPE_REQUEST, WS_HTTP_CHANNEL_BINDING, setup.properties,
                             setup.count, description, &parts.channel, error)
    if status != 0:
        ws_raise(status, "WsCreateChannel", error)
    status = create_request(parts, &heap, error)
    if status == 0:
        status = create_reply(parts, setup, &heap, error)
    if status != 0:
        ws_raise(status, "WsCreateMessageForChannel", error)
    status = WsCreateHeap(room, HEAP_TRIM, NULL, 0, &parts.heap, error)
    if status != 0:
        ws_raise(status, "WsCreateHeap", error)
    return 0


cdef Parts *parts_create(Setup *setup, Security security) except NULL:
    """Takes what the security holds. The GIL stays: a token allows one call at a time."""
    cdef bytes missing = ncx_channel_missing()
    cdef const WS_SECURITY_DESCRIPTION *description = NULL
    cdef WS_ERROR *error
    cdef Parts *parts
    if missing:
        raise NotSupportedError(NOT_SUPPORTED, "", missing.decode())
    if security.description.securityBindingCount > 0:
        description = &security.description
    error = error_take()
    parts = <Parts *>calloc(1, sizeof(Parts))
    if parts == NULL:
        error_give(error)
        raise MemoryError()
    try:
        fill(parts, setup, description, error)
    except BaseException:
        parts_release(<uintptr_t>parts)
        raise
    finally:
        error_give(error)
    parts.held = security.held
    security.held.count = 0
    return parts


# ---- what is sent

cdef void point(WS_XML_STRING *into, bytes text) noexcept:
    """Somebody keeps it."""
    into.bytes = <unsigned char *>PyBytes_AS_STRING(text)
    into.length = <ULONG>PyBytes_GET_SIZE(text)


cdef WS_XML_BUFFER *parse_sent(Parts *parts, Workspace work, object xml, bytes whole,
                               str what) except NULL:
    """On the channel's heap."""
    cdef WS_CHARSET charset = WS_CHARSET_UTF8 if isinstance(xml, str) else WS_CHARSET_AUTO
    return work.read(parts.heap, whole, charset, &SENT, what)


cdef int add_header(Exchange *exchange, Workspace work, list kept, object header,
                    str what) except -1:
    cdef Header *into = &exchange.headers[exchange.header_count]
    cdef bytes whole
    must_understand = False
    if isinstance(header, tuple):
        if len(header) != 2:
            raise ValueError(f"{what} must be XML, or a pair of XML and must_understand")
        header, must_understand = header
    whole = whole_bytes(header, what)
    into.xml = parse_sent(exchange.parts, work, header, whole, what)
    name, space = header_name(whole, "utf-8" if isinstance(header, str) else None, what)
    name, space = name.encode(), space.encode()
    kept += [name, space]
    point(&into.name, name)
    point(&into.space, space)
    into.attributes = WS_MUST_UNDERSTAND_HEADER_ATTRIBUTE if must_understand else 0
    exchange.header_count += 1
    return 0
