# SPDX-License-Identifier: MIT

cimport cython
from cpython.buffer cimport PyObject_CheckBuffer
from cpython.bytes cimport (
    PyBytes_AS_STRING, PyBytes_CheckExact, PyBytes_FromStringAndSize, PyBytes_GET_SIZE,
)
from cpython.unicode cimport PyUnicode_AsUTF8String
from libc.stdint cimport uint32_t, uintptr_t
from libc.string cimport memset

from ncrypt_ext._buffer cimport Input, input_close, input_open
from ncrypt_ext._handle cimport TYPE_XML_BUFFER, number_value
from ncrypt_ext._ws_error cimport error_take, ws_raise
from ncrypt_ext._ws_handle cimport WsHandle
from ncrypt_ext._ws_heap cimport Heap, heap_create
from ncrypt_ext.webservices cimport (
    WS_BYTES, WS_CHARSET, WS_CHARSET_AUTO, WS_CHARSET_UTF8, WS_CHARSET_UTF16BE,
    WS_CHARSET_UTF16LE, WS_HEAP, WS_XML_BUFFER, WS_XML_READER_BUFFER_INPUT,
    WS_XML_READER_ENCODING_TYPE_TEXT, WS_XML_READER_INPUT_TYPE_BUFFER, WS_XML_READER_PROPERTY,
    WS_XML_READER_PROPERTY_MAX_ATTRIBUTES, WS_XML_READER_PROPERTY_MAX_DEPTH,
    WS_XML_READER_PROPERTY_MAX_NAMESPACES, WS_XML_READER_TEXT_ENCODING,
    WS_XML_WRITER_BUFFER_OUTPUT, WS_XML_WRITER_ENCODING_TYPE_TEXT,
    WS_XML_WRITER_OUTPUT_TYPE_BUFFER, WS_XML_WRITER_PROPERTY,
    WS_XML_WRITER_PROPERTY_BUFFER_MAX_SIZE, WS_XML_WRITER_PROPERTY_BYTES,
    WS_XML_WRITER_PROPERTY_MAX_ATTRIBUTES, WS_XML_WRITER_PROPERTY_MAX_DEPTH,
    WS_XML_WRITER_PROPERTY_MAX_NAMESPACES, WS_XML_WRITER_TEXT_ENCODING, WsCreateHeap,
    WsCreateReader, WsCreateWriter, WsFreeError, WsFreeHeap, WsFreeReader, WsFreeWriter,
    WsGetWriterProperty, WsReadXmlBuffer, WsResetHeap, WsSetInput, WsSetOutput, WsWriteXmlBuffer,
)
from ncrypt_ext.wintypes cimport HRESULT, SIZE_T, ULONG

import codecs

from ncrypt_ext._xml import explain

cdef enum:
    LARGE = 65536           # bytes of XML that are parsed and written without the GIL
    HIGHEST = 0x10000       # of the limits below
    DEPTH = 64
    ATTRIBUTES = 128
    NAMESPACES = 64
    WRITTEN = 16777216      # bytes that are written unless more are asked for
    WORK_HEAP = 64 << 20
    WORK_TRIM = 64 << 10
    IDLE = 2
    SPENT = 4 << 20         # bytes after which readers and writers have kept enough of them
    EXPLAINED = 4 << 20     # bytes that are looked through once more after a failure
    NO_MEMORY = 0x8007000E  # E_OUTOFMEMORY
    QUOTA = 0x803D0008      # WS_E_QUOTA_EXCEEDED

cdef dict CHARSETS = {
    "utf-8": WS_CHARSET_UTF8,
    "utf-16-le": WS_CHARSET_UTF16LE,
    "utf-16-be": WS_CHARSET_UTF16BE,
}


cdef str charset_name(object charset):
    if not isinstance(charset, str):
        raise TypeError(f"charset must be a str, not {type(charset).__name__!r}")
    try:
        name = codecs.lookup(charset).name
    except LookupError:
        name = None
    if name not in CHARSETS:
        raise ValueError(f"charset must be 'utf-8', 'utf-16-le' or 'utf-16-be', not {charset!r}")
    return name


cdef bytes text_bytes(object text, str what):
    """What the str is, whatever a subclass says that it is."""
    try:
        return PyUnicode_AsUTF8String(text)
    except UnicodeEncodeError as error:
        raise ValueError(f"{what} has a lone surrogate at index {error.start}: "
                         "XML cannot carry it") from None


cdef bytes whole_bytes(object xml, str what):
    """The document as bytes that nobody can change while it is parsed."""
    cdef Input source
    if PyBytes_CheckExact(xml):
        return xml
    if isinstance(xml, str):
        return text_bytes(xml, what)
    if not PyObject_CheckBuffer(xml):
        raise TypeError(f"{what} must be a str or a bytes-like object, not {type(xml).__name__!r}")
    input_open(&source, xml, what)
    try:
        return PyBytes_FromStringAndSize(<char *>source.data, source.size)
    finally:
        input_close(&source)


cdef ULONG limit_value(object value, str argument) except 0:
    cdef uint32_t number = number_value(value, argument)
    if not 1 <= number <= HIGHEST:
        raise ValueError(f"{argument} must be from 1 to {HIGHEST}, not {number}")
    return number


@cython.final
cdef class Workspace:
    # cdef WS_HEAP *heap
    # cdef WS_XML_READER *reader
    # cdef WS_XML_WRITER *writer
    # cdef WS_ERROR *error
    # cdef size_t spent

    def __cinit__(self, ULONG written=WRITTEN):
        cdef HRESULT status
        cdef ULONG highest = HIGHEST
        cdef WS_XML_WRITER_PROPERTY limits[4]
        limits[0].id = WS_XML_WRITER_PROPERTY_BUFFER_MAX_SIZE
        limits[1].id = WS_XML_WRITER_PROPERTY_MAX_DEPTH
        limits[2].id = WS_XML_WRITER_PROPERTY_MAX_ATTRIBUTES
        limits[3].id = WS_XML_WRITER_PROPERTY_MAX_NAMESPACES
        for index in range(4):
            limits[index].value = &highest if index else &written
            limits[index].valueSize = sizeof(ULONG)
        self.error = error_take()
        status = WsCreateHeap(WORK_HEAP, WORK_TRIM, NULL, 0, &self.heap, self.error)
        if status != 0:
            ws_raise(status, "WsCreateHeap", self.error)
        status = WsCreateReader(NULL, 0, &self.reader, self.error)
        if status != 0:
            ws_raise(status, "WsCreateReader", self.error)
        status = WsCreateWriter(limits, 4, &self.writer, self.error)
        if status != 0:
            ws_raise(status, "WsCreateWriter", self.error)

    def __dealloc__(self):
        if self.writer != NULL:
            WsFreeWriter(self.writer)
        if self.reader != NULL:
            WsFreeReader(self.reader)
        if self.heap != NULL:
            WsFreeHeap(self.heap)
        if self.error != NULL:
            WsFreeError(self.error)

    cdef HRESULT read_native(self, WS_HEAP *heap, const char *data, ULONG size, WS_CHARSET charset,
                             const Limits *limits, WS_XML_BUFFER **buffer) noexcept nogil:
        cdef WS_XML_READER_TEXT_ENCODING encoding
        cdef WS_XML_READER_BUFFER_INPUT source
        cdef WS_XML_READER_PROPERTY properties[3]
        cdef HRESULT status
        encoding.encoding.encodingType = WS_XML_READER_ENCODING_TYPE_TEXT
        encoding.charSet = charset
        source.input.inputType = WS_XML_READER_INPUT_TYPE_BUFFER
        source.encodedData = <void *>data
        source.encodedDataSize = size
        properties[0].id = WS_XML_READER_PROPERTY_MAX_DEPTH
        properties[0].value = <void *>&limits.depth
        properties[0].valueSize = sizeof(ULONG)
        properties[1].id = WS_XML_READER_PROPERTY_MAX_ATTRIBUTES
        properties[1].value = <void *>&limits.attributes
        properties[1].valueSize = sizeof(ULONG)
        properties[2].id = WS_XML_READER_PROPERTY_MAX_NAMESPACES
        properties[2].value = <void *>&limits.namespaces
        properties[2].valueSize = sizeof(ULONG)
        status = WsSetInput(self.reader, &encoding.encoding, &source.input, properties, 3,
                            self.error)
        if status == 0:
            status = WsReadXmlBuffer(self.reader, heap, buffer, self.error)
        return status

    cdef WS_XML_BUFFER *read(self, WS_HEAP *heap, bytes xml, WS_CHARSET charset,
                             const Limits *limits, str what) except NULL:
        """The document on that heap, which nobody else uses meanwhile."""
        cdef WS_XML_BUFFER *buffer = NULL
        cdef HRESULT status
        cdef const char *data = PyBytes_AS_STRING(xml)
        cdef Py_ssize_t size = PyBytes_GET_SIZE(xml)
        if size > <Py_ssize_t>0xFFFFFFFF:
            raise ValueError(f"{what} is {size} bytes long: the limit is 4 GiB")
        self.spent += size
        if size > LARGE:
            with nogil:
                status = self.read_native(heap, data, <ULONG>size, charset, limits, &buffer)
        else:
            status = self.read_native(heap, data, <ULONG>size, charset, limits, &buffer)
        if status != 0:
            ws_raise(status, "WsReadXmlBuffer", self.error,
                     f"{what}: {refusal(status, xml, charset, limits)}")
        return buffer

    cdef WS_XML_BUFFER *parse(self, object xml, str what) except NULL:
        cdef Limits limits = [DEPTH, ATTRIBUTES, NAMESPACES]
        cdef WS_CHARSET charset = WS_CHARSET_UTF8 if isinstance(xml, str) else WS_CHARSET_AUTO
        return self.read(self.heap, whole_bytes(xml, what), charset, &limits, what)

    cdef bytes write(self, WS_XML_BUFFER *buffer):
        return self.written(buffer, False, f"{WRITTEN} bytes")

    cdef bytes written(self, WS_XML_BUFFER *buffer, bint large, str limit):
        """The document as UTF-8."""
        cdef WS_XML_WRITER_TEXT_ENCODING encoding
        cdef WS_XML_WRITER_BUFFER_OUTPUT output
        cdef WS_BYTES written
        cdef HRESULT status
        cdef bytes xml
        encoding.encoding.encodingType = WS_XML_WRITER_ENCODING_TYPE_TEXT
        encoding.charSet = WS_CHARSET_UTF8
        output.output.outputType = WS_XML_WRITER_OUTPUT_TYPE_BUFFER
        status = WsSetOutput(self.writer, &encoding.encoding, &output.output, NULL, 0, self.error)
        if status != 0:
            ws_raise(status, "WsSetOutput", self.error)
        if large:
            with nogil:
                status = WsWriteXmlBuffer(self.writer, buffer, self.error)
        else:
            status = WsWriteXmlBuffer(self.writer, buffer, self.error)
        if status != 0:
            ws_raise(status, "WsWriteXmlBuffer", self.error,
                     f"the document takes more than {limit}" if <uint32_t>status == QUOTA else "")
        status = WsGetWriterProperty(self.writer, WS_XML_WRITER_PROPERTY_BYTES, &written,
                                     sizeof(written), self.error)
        if status != 0:
            ws_raise(status, "WsGetWriterProperty", self.error)
        self.spent += written.length
        if written.length == 0:
            return b""
        xml = PyBytes_FromStringAndSize(<char *>written.bytes, written.length)
        # The writer keeps it until it writes something else, and there may be a password in it.
        memset(written.bytes, 0, written.length)
        return xml


cdef str refusal(HRESULT status, bytes xml, WS_CHARSET charset, const Limits *limits):
    """Why a document was refused, and where: what implementations say differs, or is nothing."""
    cdef str encoding = None
    cdef str reason
    if <uint32_t>status == NO_MEMORY:
        return "memory is short"
    if PyBytes_GET_SIZE(xml) > EXPLAINED:
        return f"it was refused, or a limit does not suffice for its {len(xml)} bytes"
    if charset == WS_CHARSET_UTF8:
        encoding = "utf-8"
    elif charset == WS_CHARSET_UTF16LE:
        encoding = "utf-16le"
    elif charset == WS_CHARSET_UTF16BE:
        encoding = "utf-16be"
    reason = explain(xml, encoding, limits.depth, limits.attributes, limits.namespaces)
    if not reason and <uint32_t>status == QUOTA:
        reason = "the heap's max_size is too small for it, or a limit that no argument raises"
    return reason or "it was refused"


# What is not in use; the GIL guards it. Always the same number, so that counts of handles that are
# taken before and after something tell what that left behind.
cdef list idle = [Workspace() for _ in range(IDLE)]


cdef Workspace workspace_take():
    return idle.pop() if idle else Workspace()


cdef int workspace_give(Workspace workspace) except -1:
    """What was parsed with it is gone."""
    if len(idle) < IDLE:
        if workspace.spent > SPENT or WsResetHeap(workspace.heap, NULL) != 0:
            workspace = Workspace()
        idle.append(workspace)
    return 0


cdef class XmlBuffer(WsHandle):
    # cdef bint large

    def __init__(self):
        raise TypeError("XmlBuffer has no public constructor: use XmlBuffer.from_bytes()")

    @classmethod
    def from_bytes(cls, xml, *, Heap heap=None, max_depth=64, max_attributes=128,
                   max_namespaces=64, charset=None):
        cdef Limits limits
        cdef WS_CHARSET native = WS_CHARSET_AUTO
        cdef bytes document
        limits.depth = limit_value(max_depth, "max_depth")
        limits.attributes = limit_value(max_attributes, "max_attributes")
        limits.namespaces = limit_value(max_namespaces, "max_namespaces")
        if isinstance(xml, str):
            if charset is not None:
                raise ValueError("charset is for bytes: a str is taken as UTF-8")
            native = WS_CHARSET_UTF8
        elif charset is not None:
            native = CHARSETS[charset_name(charset)]
        document = whole_bytes(xml, "xml")
        if heap is not None:
            return parsed(cls, heap, document, native, &limits)
        heap = heap_create(<SIZE_T>(65536 + 256 * len(document)), 0)
        try:
            return parsed(cls, heap, document, native, &limits)
        finally:
            heap.close()    # now, or with the buffer

    def to_bytes(self, *, charset="utf-8", declaration=False, max_size=16777216):
        cdef uint32_t most = number_value(max_size, "max_size")
        cdef str name = charset_name(charset)
        cdef Workspace workspace
        cdef bytes xml
        workspace = workspace_take() if most == WRITTEN else Workspace(most)
        try:
            self.enter_alone()
            try:
                xml = workspace.written(self.native(), self.large, f"max_size={most} bytes")
            finally:
                self.leave_alone()
        finally:
            if most == WRITTEN:
                workspace_give(workspace)
        if name == "utf-8":
            return (b'<?xml version="1.0" encoding="utf-8"?>' if declaration else b"") + xml
        head = '\ufeff<?xml version="1.0" encoding="utf-16"?>' if declaration else "\ufeff"
        return (head + xml.decode()).encode(name)

    def detach(self):
        self.busy("is part of its heap: it cannot be given away")


cdef XmlBuffer parsed(object cls, Heap heap, bytes xml, WS_CHARSET charset, const Limits *limits):
    cdef XmlBuffer self = cls.__new__(cls)
    cdef WS_XML_BUFFER *buffer
    cdef bint adopted
    cdef Workspace workspace
    if self.lease != NULL:
        raise TypeError(f"{cls.__name__}.__new__() has given an XmlBuffer that was open already")
    workspace = workspace_take()
    try:
        heap.enter_alone()
        try:
            buffer = workspace.read(heap.native(), xml, charset, limits, "xml")
            self.large = PyBytes_GET_SIZE(xml) > LARGE
            adopted = self.adopt_native(TYPE_XML_BUFFER, <uintptr_t>buffer, NULL, heap.lease)
        finally:
            heap.leave_alone()
    finally:
        workspace_give(workspace)
    if not adopted:
        raise MemoryError()
    return self
