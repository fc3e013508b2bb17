# SPDX-License-Identifier: MIT
"""The part of Windows Web Services that the package uses."""

from ncrypt_ext.ncrypt cimport NCRYPT_KEY_HANDLE
from ncrypt_ext.wincrypt cimport HCRYPTPROV
from ncrypt_ext.wintypes cimport (
    BYTE, FILETIME, HRESULT, SIZE_T, ULONG, ULONGLONG, WCHAR,
)

cdef extern from "ncrypt_ext_ws.h" nogil:
    pass

cdef extern from "webservices.h" nogil:
    ctypedef struct WS_ERROR:
        pass
    ctypedef struct WS_HEAP:
        pass
    ctypedef struct WS_XML_BUFFER:
        pass
    ctypedef struct WS_XML_READER:
        pass
    ctypedef struct WS_XML_WRITER:
        pass
    ctypedef struct WS_SECURITY_TOKEN:
        pass

    ctypedef struct WS_BYTES:
        ULONG length
        BYTE *bytes

    ctypedef struct WS_STRING:
        ULONG length
        WCHAR *chars

    ctypedef struct WS_XML_STRING:
        ULONG length
        BYTE *bytes
        void *dictionary
        ULONG id

    ctypedef struct WS_XML_QNAME:
        WS_XML_STRING localName
        WS_XML_STRING ns

    ctypedef enum WS_DATETIME_FORMAT:
        WS_DATETIME_FORMAT_UTC
        WS_DATETIME_FORMAT_LOCAL
        WS_DATETIME_FORMAT_NONE

    ctypedef struct WS_DATETIME:
        ULONGLONG ticks
        WS_DATETIME_FORMAT format

    HRESULT WsFileTimeToDateTime(const FILETIME *fileTime, WS_DATETIME *dateTime,
                                 WS_ERROR *error) noexcept
    HRESULT WsDateTimeToFileTime(const WS_DATETIME *dateTime, FILETIME *fileTime,
                                 WS_ERROR *error) noexcept

    ctypedef enum WS_ERROR_PROPERTY_ID:
        WS_ERROR_PROPERTY_STRING_COUNT
        WS_ERROR_PROPERTY_ORIGINAL_ERROR_CODE
        WS_ERROR_PROPERTY_LANGID

    ctypedef struct WS_ERROR_PROPERTY:
        WS_ERROR_PROPERTY_ID id
        void *value
        ULONG valueSize

    ctypedef enum WS_FAULT_ERROR_PROPERTY_ID:
        WS_FAULT_ERROR_PROPERTY_FAULT
        WS_FAULT_ERROR_PROPERTY_ACTION
        WS_FAULT_ERROR_PROPERTY_HEADER

    ctypedef struct WS_FAULT_CODE:
        WS_XML_QNAME value
        WS_FAULT_CODE *subCode

    ctypedef struct WS_FAULT_REASON:
        WS_STRING text
        WS_STRING lang

    ctypedef struct WS_FAULT:
        WS_FAULT_CODE *code
        WS_FAULT_REASON *reasons
        ULONG reasonCount
        WS_STRING actor
        WS_STRING node
        WS_XML_BUFFER *detail

    HRESULT WsCreateError(const WS_ERROR_PROPERTY *properties, ULONG propertyCount,
                          WS_ERROR **error) noexcept
    void WsFreeError(WS_ERROR *error) noexcept
    HRESULT WsResetError(WS_ERROR *error) noexcept
    HRESULT WsGetErrorProperty(WS_ERROR *error, WS_ERROR_PROPERTY_ID id, void *buffer,
                               ULONG bufferSize) noexcept
    HRESULT WsSetErrorProperty(WS_ERROR *error, WS_ERROR_PROPERTY_ID id, const void *value,
                               ULONG valueSize) noexcept
    HRESULT WsAddErrorString(WS_ERROR *error, const WS_STRING *string) noexcept
    HRESULT WsGetErrorString(WS_ERROR *error, ULONG index, WS_STRING *string) noexcept
    HRESULT WsGetFaultErrorProperty(WS_ERROR *error, WS_FAULT_ERROR_PROPERTY_ID id, void *buffer,
                                    ULONG bufferSize) noexcept
    HRESULT WsSetFaultErrorProperty(WS_ERROR *error, WS_FAULT_ERROR_PROPERTY_ID id,
                                    const void *value, ULONG valueSize) noexcept

    ctypedef enum WS_HEAP_PROPERTY_ID:
        WS_HEAP_PROPERTY_MAX_SIZE
        WS_HEAP_PROPERTY_TRIM_SIZE
        WS_HEAP_PROPERTY_REQUESTED_SIZE
        WS_HEAP_PROPERTY_ACTUAL_SIZE

    ctypedef struct WS_HEAP_PROPERTY:
        WS_HEAP_PROPERTY_ID id
        void *value
        ULONG valueSize

    HRESULT WsCreateHeap(SIZE_T maxSize, SIZE_T trimSize, const WS_HEAP_PROPERTY *properties,
                         ULONG propertyCount, WS_HEAP **heap, WS_ERROR *error) noexcept
    HRESULT WsAlloc(WS_HEAP *heap, SIZE_T size, void **ptr, WS_ERROR *error) noexcept
    HRESULT WsGetHeapProperty(WS_HEAP *heap, WS_HEAP_PROPERTY_ID id, void *value, ULONG valueSize,
                              WS_ERROR *error) noexcept
    HRESULT WsResetHeap(WS_HEAP *heap, WS_ERROR *error) noexcept
    void WsFreeHeap(WS_HEAP *heap) noexcept

    ctypedef enum WS_CHARSET:
        WS_CHARSET_AUTO
        WS_CHARSET_UTF8
        WS_CHARSET_UTF16LE
        WS_CHARSET_UTF16BE

    ctypedef enum WS_XML_READER_ENCODING_TYPE:
        WS_XML_READER_ENCODING_TYPE_TEXT
        WS_XML_READER_ENCODING_TYPE_BINARY
        WS_XML_READER_ENCODING_TYPE_MTOM
        WS_XML_READER_ENCODING_TYPE_RAW

    ctypedef enum WS_XML_READER_INPUT_TYPE:
        WS_XML_READER_INPUT_TYPE_BUFFER
        WS_XML_READER_INPUT_TYPE_STREAM

    ctypedef enum WS_XML_WRITER_ENCODING_TYPE:
        WS_XML_WRITER_ENCODING_TYPE_TEXT
        WS_XML_WRITER_ENCODING_TYPE_BINARY
        WS_XML_WRITER_ENCODING_TYPE_MTOM
        WS_XML_WRITER_ENCODING_TYPE_RAW

    ctypedef enum WS_XML_WRITER_OUTPUT_TYPE:
        WS_XML_WRITER_OUTPUT_TYPE_BUFFER
        WS_XML_WRITER_OUTPUT_TYPE_STREAM

    ctypedef enum WS_XML_READER_PROPERTY_ID:
        WS_XML_READER_PROPERTY_MAX_DEPTH
        WS_XML_READER_PROPERTY_ALLOW_FRAGMENT
        WS_XML_READER_PROPERTY_MAX_ATTRIBUTES
        WS_XML_READER_PROPERTY_READ_DECLARATION
        WS_XML_READER_PROPERTY_CHARSET
        WS_XML_READER_PROPERTY_ROW
        WS_XML_READER_PROPERTY_COLUMN
        WS_XML_READER_PROPERTY_UTF8_TRIM_SIZE
        WS_XML_READER_PROPERTY_STREAM_BUFFER_SIZE
        WS_XML_READER_PROPERTY_IN_ATTRIBUTE
        WS_XML_READER_PROPERTY_STREAM_MAX_ROOT_MIME_PART_SIZE
        WS_XML_READER_PROPERTY_STREAM_MAX_MIME_HEADERS_SIZE
        WS_XML_READER_PROPERTY_MAX_MIME_PARTS
        WS_XML_READER_PROPERTY_ALLOW_INVALID_CHARACTER_REFERENCES
        WS_XML_READER_PROPERTY_MAX_NAMESPACES

    ctypedef enum WS_XML_WRITER_PROPERTY_ID:
        WS_XML_WRITER_PROPERTY_MAX_DEPTH
        WS_XML_WRITER_PROPERTY_ALLOW_FRAGMENT
        WS_XML_WRITER_PROPERTY_MAX_ATTRIBUTES
        WS_XML_WRITER_PROPERTY_WRITE_DECLARATION
        WS_XML_WRITER_PROPERTY_INDENT
        WS_XML_WRITER_PROPERTY_BUFFER_TRIM_SIZE
        WS_XML_WRITER_PROPERTY_CHARSET
        WS_XML_WRITER_PROPERTY_BUFFERS
        WS_XML_WRITER_PROPERTY_BUFFER_MAX_SIZE
        WS_XML_WRITER_PROPERTY_BYTES
        WS_XML_WRITER_PROPERTY_IN_ATTRIBUTE
        WS_XML_WRITER_PROPERTY_MAX_MIME_PARTS_BUFFER_SIZE
        WS_XML_WRITER_PROPERTY_INITIAL_BUFFER
        WS_XML_WRITER_PROPERTY_ALLOW_INVALID_CHARACTER_REFERENCES
        WS_XML_WRITER_PROPERTY_MAX_NAMESPACES
        WS_XML_WRITER_PROPERTY_BYTES_WRITTEN
        WS_XML_WRITER_PROPERTY_BYTES_TO_CLOSE
        WS_XML_WRITER_PROPERTY_COMPRESS_EMPTY_ELEMENTS
        WS_XML_WRITER_PROPERTY_EMIT_UNCOMPRESSED_EMPTY_ELEMENTS

    ctypedef struct WS_XML_READER_PROPERTY:
        WS_XML_READER_PROPERTY_ID id
        void *value
        ULONG valueSize

    ctypedef struct WS_XML_WRITER_PROPERTY:
        WS_XML_WRITER_PROPERTY_ID id
        void *value
        ULONG valueSize

    ctypedef ULONG WS_XML_BUFFER_PROPERTY_ID

    ctypedef struct WS_XML_BUFFER_PROPERTY:
        WS_XML_BUFFER_PROPERTY_ID id
        void *value
        ULONG valueSize

    ctypedef struct WS_XML_READER_ENCODING:
        WS_XML_READER_ENCODING_TYPE encodingType

    ctypedef struct WS_XML_READER_TEXT_ENCODING:
        WS_XML_READER_ENCODING encoding
        WS_CHARSET charSet

    ctypedef struct WS_XML_READER_INPUT:
        WS_XML_READER_INPUT_TYPE inputType

    ctypedef struct WS_XML_READER_BUFFER_INPUT:
        WS_XML_READER_INPUT input
        void *encodedData
        ULONG encodedDataSize

    ctypedef struct WS_XML_WRITER_ENCODING:
        WS_XML_WRITER_ENCODING_TYPE encodingType

    ctypedef struct WS_XML_WRITER_TEXT_ENCODING:
        WS_XML_WRITER_ENCODING encoding
        WS_CHARSET charSet

    ctypedef struct WS_XML_WRITER_OUTPUT:
        WS_XML_WRITER_OUTPUT_TYPE outputType

    ctypedef struct WS_XML_WRITER_BUFFER_OUTPUT:
        WS_XML_WRITER_OUTPUT output

    HRESULT WsCreateReader(const WS_XML_READER_PROPERTY *properties, ULONG propertyCount,
                           WS_XML_READER **reader, WS_ERROR *error) noexcept
    void WsFreeReader(WS_XML_READER *reader) noexcept
    HRESULT WsSetInput(WS_XML_READER *reader, const WS_XML_READER_ENCODING *encoding,
                       const WS_XML_READER_INPUT *input, const WS_XML_READER_PROPERTY *properties,
                       ULONG propertyCount, WS_ERROR *error) noexcept
    HRESULT WsGetReaderProperty(WS_XML_READER *reader, WS_XML_READER_PROPERTY_ID id, void *value,
                                ULONG valueSize, WS_ERROR *error) noexcept
    HRESULT WsReadXmlBuffer(WS_XML_READER *reader, WS_HEAP *heap, WS_XML_BUFFER **xmlBuffer,
                            WS_ERROR *error) noexcept
    HRESULT WsReadXmlBufferFromBytes(WS_XML_READER *reader, const WS_XML_READER_ENCODING *encoding,
                                     const WS_XML_READER_PROPERTY *properties, ULONG propertyCount,
                                     const void *bytes, ULONG byteCount, WS_HEAP *heap,
                                     WS_XML_BUFFER **xmlBuffer, WS_ERROR *error) noexcept
    HRESULT WsCreateXmlBuffer(WS_HEAP *heap, const WS_XML_BUFFER_PROPERTY *properties,
                              ULONG propertyCount, WS_XML_BUFFER **buffer,
                              WS_ERROR *error) noexcept
    HRESULT WsCreateWriter(const WS_XML_WRITER_PROPERTY *properties, ULONG propertyCount,
                           WS_XML_WRITER **writer, WS_ERROR *error) noexcept
    void WsFreeWriter(WS_XML_WRITER *writer) noexcept
    HRESULT WsSetOutput(WS_XML_WRITER *writer, const WS_XML_WRITER_ENCODING *encoding,
                        const WS_XML_WRITER_OUTPUT *output,
                        const WS_XML_WRITER_PROPERTY *properties, ULONG propertyCount,
                        WS_ERROR *error) noexcept
    HRESULT WsGetWriterProperty(WS_XML_WRITER *writer, WS_XML_WRITER_PROPERTY_ID id, void *value,
                                ULONG valueSize, WS_ERROR *error) noexcept
    HRESULT WsWriteXmlBuffer(WS_XML_WRITER *writer, WS_XML_BUFFER *xmlBuffer,
                             WS_ERROR *error) noexcept
    HRESULT WsWriteXmlBufferToBytes(WS_XML_WRITER *writer, WS_XML_BUFFER *xmlBuffer,
                                    const WS_XML_WRITER_ENCODING *encoding,
                                    const WS_XML_WRITER_PROPERTY *properties, ULONG propertyCount,
                                    WS_HEAP *heap, void **bytes, ULONG *byteCount,
                                    WS_ERROR *error) noexcept

    ctypedef enum WS_SECURITY_KEY_HANDLE_TYPE:
        WS_RAW_SYMMETRIC_SECURITY_KEY_HANDLE_TYPE
        WS_NCRYPT_ASYMMETRIC_SECURITY_KEY_HANDLE_TYPE
        WS_CAPI_ASYMMETRIC_SECURITY_KEY_HANDLE_TYPE

    ctypedef struct WS_SECURITY_KEY_HANDLE:
        WS_SECURITY_KEY_HANDLE_TYPE keyHandleType

    ctypedef struct WS_RAW_SYMMETRIC_SECURITY_KEY_HANDLE:
        WS_SECURITY_KEY_HANDLE keyHandle
        WS_BYTES rawKeyBytes

    ctypedef struct WS_NCRYPT_ASYMMETRIC_SECURITY_KEY_HANDLE:
        WS_SECURITY_KEY_HANDLE keyHandle
        NCRYPT_KEY_HANDLE asymmetricKey

    ctypedef struct WS_CAPI_ASYMMETRIC_SECURITY_KEY_HANDLE:
        WS_SECURITY_KEY_HANDLE keyHandle
        HCRYPTPROV provider
        ULONG keySpec

    ctypedef enum WS_XML_SECURITY_TOKEN_PROPERTY_ID:
        WS_XML_SECURITY_TOKEN_PROPERTY_ATTACHED_REFERENCE
        WS_XML_SECURITY_TOKEN_PROPERTY_UNATTACHED_REFERENCE
        WS_XML_SECURITY_TOKEN_PROPERTY_VALID_FROM_TIME
        WS_XML_SECURITY_TOKEN_PROPERTY_VALID_TILL_TIME

    ctypedef struct WS_XML_SECURITY_TOKEN_PROPERTY:
        WS_XML_SECURITY_TOKEN_PROPERTY_ID id
        void *value
        ULONG valueSize

    ctypedef enum WS_SECURITY_TOKEN_PROPERTY_ID:
        WS_SECURITY_TOKEN_PROPERTY_KEY_TYPE
        WS_SECURITY_TOKEN_PROPERTY_VALID_FROM_TIME
        WS_SECURITY_TOKEN_PROPERTY_VALID_TILL_TIME
        WS_SECURITY_TOKEN_PROPERTY_SERIALIZED_XML
        WS_SECURITY_TOKEN_PROPERTY_ATTACHED_REFERENCE_XML
        WS_SECURITY_TOKEN_PROPERTY_UNATTACHED_REFERENCE_XML
        WS_SECURITY_TOKEN_PROPERTY_SYMMETRIC_KEY

    ctypedef enum WS_SECURITY_KEY_TYPE:
        WS_SECURITY_KEY_TYPE_NONE
        WS_SECURITY_KEY_TYPE_SYMMETRIC
        WS_SECURITY_KEY_TYPE_ASYMMETRIC

    HRESULT WsCreateXmlSecurityToken(WS_XML_BUFFER *tokenXml,
                                     const WS_SECURITY_KEY_HANDLE *tokenKey,
                                     const WS_XML_SECURITY_TOKEN_PROPERTY *properties,
                                     ULONG propertyCount, WS_SECURITY_TOKEN **token,
                                     WS_ERROR *error) noexcept
    void WsFreeSecurityToken(WS_SECURITY_TOKEN *token) noexcept
    HRESULT WsGetSecurityTokenProperty(WS_SECURITY_TOKEN *securityToken,
                                       WS_SECURITY_TOKEN_PROPERTY_ID id, void *value,
                                       ULONG valueSize, WS_HEAP *heap, WS_ERROR *error) noexcept
