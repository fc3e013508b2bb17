# SPDX-License-Identifier: MIT

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport uint32_t

from ncrypt_ext._handle cimport handle_value
from ncrypt_ext._status cimport detail_text
from ncrypt_ext._wide cimport narrow_sized
from ncrypt_ext.webservices cimport (
    WS_BYTES, WS_CHARSET_UTF8, WS_ERROR, WS_ERROR_PROPERTY_ORIGINAL_ERROR_CODE,
    WS_ERROR_PROPERTY_STRING_COUNT, WS_FAULT, WS_FAULT_CODE, WS_FAULT_ERROR_PROPERTY_FAULT,
    WS_STRING, WS_XML_BUFFER, WS_XML_STRING, WS_XML_WRITER, WS_XML_WRITER_BUFFER_OUTPUT,
    WS_XML_WRITER_ENCODING_TYPE_TEXT, WS_XML_WRITER_OUTPUT_TYPE_BUFFER, WS_XML_WRITER_PROPERTY,
    WS_XML_WRITER_PROPERTY_BUFFER_MAX_SIZE, WS_XML_WRITER_PROPERTY_BYTES,
    WS_XML_WRITER_PROPERTY_MAX_ATTRIBUTES, WS_XML_WRITER_PROPERTY_MAX_DEPTH,
    WS_XML_WRITER_PROPERTY_MAX_NAMESPACES, WS_XML_WRITER_TEXT_ENCODING, WsCreateError,
    WsCreateWriter, WsFreeError, WsFreeWriter, WsGetErrorProperty, WsGetErrorString,
    WsGetFaultErrorProperty, WsGetWriterProperty, WsResetError, WsSetOutput, WsWriteXmlBuffer,
)
from ncrypt_ext.wintypes cimport HRESULT, ULONG

from ncrypt_ext.errors import error_from_status, ws_error_from_status
from ncrypt_ext.records import WsFault

cdef enum:
    POOL = 8

# Error objects that nobody uses, without content. The GIL guards them.
cdef WS_ERROR *pool[POOL]
cdef int pooled = 0


cdef WS_ERROR *error_take() except NULL:
    global pooled
    cdef WS_ERROR *error = NULL
    cdef HRESULT status
    if pooled > 0:
        pooled -= 1
        return pool[pooled]
    status = WsCreateError(NULL, 0, &error)
    if status != 0:
        raise error_from_status(<uint32_t>status, "WsCreateError", detail_text(status))
    return error


cdef void error_give(WS_ERROR *error) noexcept:
    """Texts would pile up in it otherwise."""
    global pooled
    if pooled < POOL and WsResetError(error) == 0:
        pool[pooled] = error
        pooled += 1
    else:
        WsFreeError(error)


cdef str wide_text(const WS_STRING *text):
    return narrow_sized(text.chars, text.length)


cdef str xml_text(const WS_XML_STRING *text):
    """A peer may have sent it: what is no UTF-8 becomes lone surrogates."""
    return (<bytes>text.bytes[:text.length]).decode("utf-8", "surrogateescape")


cdef tuple all_strings(WS_ERROR *error):
    cdef ULONG count = 0
    cdef ULONG index
    cdef WS_STRING text
    cdef list strings = []
    if WsGetErrorProperty(error, WS_ERROR_PROPERTY_STRING_COUNT, &count, sizeof(count)) != 0:
        return ()
    for index in range(count):
        text.length = 0
        if WsGetErrorString(error, index, &text) == 0:
            strings.append(wide_text(&text))
    return tuple(strings)


cdef bytes buffer_xml(WS_XML_BUFFER *buffer):
    """The detail of a fault as UTF-8; None when it cannot be had."""
    cdef ULONG limit = 0x7FFFFFFF
    cdef ULONG nesting = 0x10000
    cdef WS_XML_WRITER_PROPERTY limits[4]
    cdef WS_XML_WRITER_TEXT_ENCODING encoding
    cdef WS_XML_WRITER_BUFFER_OUTPUT output
    cdef WS_XML_WRITER *writer = NULL
    cdef WS_BYTES written
    cdef bytes xml = None
    limits[0].id = WS_XML_WRITER_PROPERTY_BUFFER_MAX_SIZE
    limits[1].id = WS_XML_WRITER_PROPERTY_MAX_DEPTH
    limits[2].id = WS_XML_WRITER_PROPERTY_MAX_ATTRIBUTES
    limits[3].id = WS_XML_WRITER_PROPERTY_MAX_NAMESPACES
    for index in range(4):
        limits[index].value = &nesting if index else &limit
        limits[index].valueSize = sizeof(ULONG)
    encoding.encoding.encodingType = WS_XML_WRITER_ENCODING_TYPE_TEXT
    encoding.charSet = WS_CHARSET_UTF8
    output.output.outputType = WS_XML_WRITER_OUTPUT_TYPE_BUFFER
    if WsCreateWriter(limits, 4, &writer, NULL) != 0:
        return None
    if (WsSetOutput(writer, &encoding.encoding, &output.output, NULL, 0, NULL) == 0
            and WsWriteXmlBuffer(writer, buffer, NULL) == 0
            and WsGetWriterProperty(writer, WS_XML_WRITER_PROPERTY_BYTES, &written,
                                    sizeof(written), NULL) == 0):
        xml = PyBytes_FromStringAndSize(<char *>written.bytes, written.length)
    WsFreeWriter(writer)
    return xml


cdef object fault_of(WS_ERROR *error):
    cdef WS_FAULT *fault = NULL
    cdef WS_FAULT_CODE *code
    cdef ULONG index
    cdef list codes = []
    cdef list reasons = []
    if WsGetFaultErrorProperty(error, WS_FAULT_ERROR_PROPERTY_FAULT, &fault, sizeof(fault)) != 0:
        return None
    if fault == NULL:
        return None
    code = fault.code
    while code != NULL:
        codes.append((xml_text(&code.value.ns), xml_text(&code.value.localName)))
        code = code.subCode
    for index in range(fault.reasonCount):
        reasons.append((wide_text(&fault.reasons[index].text),
                        wide_text(&fault.reasons[index].lang)))
    detail = buffer_xml(fault.detail) if fault.detail != NULL else None
    return WsFault(tuple(codes), tuple(reasons), wide_text(&fault.actor), wide_text(&fault.node),
                   detail)


cdef object collected(uint32_t status, str function, WS_ERROR *error, str detail):
    """The exception, with copies of all that the error object holds."""
    cdef HRESULT original = 0
    WsGetErrorProperty(error, WS_ERROR_PROPERTY_ORIGINAL_ERROR_CODE, &original, sizeof(original))
    return ws_error_from_status(status, function, detail, all_strings(error), <uint32_t>original,
                                fault_of(error))


cdef object failure(HRESULT status, str function, WS_ERROR *error, str detail):
    """The same for a call of this thread that has just failed."""
    cdef ULONG count = 0
    WsGetErrorProperty(error, WS_ERROR_PROPERTY_STRING_COUNT, &count, sizeof(count))
    if count == 0:
        more = detail_text(status)
        detail = f"{detail}: {more}" if detail and more else detail or more
    return collected(<uint32_t>status, function, error, detail)


cdef int ws_raise(HRESULT status, str function, WS_ERROR *error, str detail="") except -1:
    """Raises for a failed call. The error object stays the caller's, without content."""
    try:
        raise failure(status, function, error, detail)
    finally:
        WsResetError(error)


cdef int ws_fail(HRESULT status, str function, WS_ERROR *error, str detail="") except -1:
    """Raises for a failed call and gives the error object back to the pool."""
    try:
        raise failure(status, function, error, detail)
    finally:
        error_give(error)


def error_from_handle(status, address, function=""):
    if not isinstance(status, int):
        raise TypeError(f"status must be an int, not {type(status).__name__!r}")
    if not isinstance(function, str):
        raise TypeError(f"function must be a str, not {type(function).__name__!r}")
    if status & 0xFFFFFFFF == 0:
        raise ValueError("status is 0, which is success")
    return collected(status & 0xFFFFFFFF, function, <WS_ERROR *>handle_value(address), "")
