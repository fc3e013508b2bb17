# SPDX-License-Identifier: MIT
"""The part of Windows Web Services that the package uses."""

from libc.stdint cimport int32_t

from ncrypt_ext.ncrypt cimport NCRYPT_KEY_HANDLE
from ncrypt_ext.wincrypt cimport HCRYPTPROV
from ncrypt_ext.wintypes cimport (
    BOOL, BYTE, FILETIME, HRESULT, LONGLONG, SIZE_T, ULONG, ULONGLONG, WCHAR,
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
    HRESULT WsReadToStartElement(WS_XML_READER *reader, const WS_XML_STRING *localName,
                                 const WS_XML_STRING *ns, BOOL *found, WS_ERROR *error) noexcept
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

    ctypedef struct WS_CHANNEL:
        pass

    ctypedef struct WS_MESSAGE:
        pass

    ctypedef enum WS_SECURITY_BINDING_TYPE:
        WS_SSL_TRANSPORT_SECURITY_BINDING_TYPE
        WS_TCP_SSPI_TRANSPORT_SECURITY_BINDING_TYPE
        WS_HTTP_HEADER_AUTH_SECURITY_BINDING_TYPE
        WS_USERNAME_MESSAGE_SECURITY_BINDING_TYPE
        WS_KERBEROS_APREQ_MESSAGE_SECURITY_BINDING_TYPE
        WS_XML_TOKEN_MESSAGE_SECURITY_BINDING_TYPE
        WS_SAML_MESSAGE_SECURITY_BINDING_TYPE
        WS_SECURITY_CONTEXT_MESSAGE_SECURITY_BINDING_TYPE
        WS_NAMEDPIPE_SSPI_TRANSPORT_SECURITY_BINDING_TYPE

    ctypedef enum WS_SECURITY_BINDING_PROPERTY_ID:
        WS_SECURITY_BINDING_PROPERTY_REQUIRE_SSL_CLIENT_CERT
        WS_SECURITY_BINDING_PROPERTY_CERT_FAILURES_TO_IGNORE
        WS_SECURITY_BINDING_PROPERTY_DISABLE_CERT_REVOCATION_CHECK
        WS_SECURITY_BINDING_PROPERTY_DISALLOWED_SECURE_PROTOCOLS

    enum:
        WS_CERT_FAILURE_CN_MISMATCH
        WS_CERT_FAILURE_INVALID_DATE
        WS_CERT_FAILURE_UNTRUSTED_ROOT
        WS_CERT_FAILURE_WRONG_USAGE
        WS_CERT_FAILURE_REVOCATION_OFFLINE
        WS_SECURE_PROTOCOL_SSL2
        WS_SECURE_PROTOCOL_SSL3
        WS_SECURE_PROTOCOL_TLS1_0
        WS_SECURE_PROTOCOL_TLS1_1
        WS_SECURE_PROTOCOL_TLS1_2

    ctypedef struct WS_SECURITY_BINDING_PROPERTY:
        WS_SECURITY_BINDING_PROPERTY_ID id
        void *value
        ULONG valueSize

    ctypedef struct WS_SECURITY_BINDING:
        WS_SECURITY_BINDING_TYPE bindingType
        WS_SECURITY_BINDING_PROPERTY *properties
        ULONG propertyCount

    ctypedef enum WS_CERT_CREDENTIAL_TYPE:
        WS_SUBJECT_NAME_CERT_CREDENTIAL_TYPE
        WS_THUMBPRINT_CERT_CREDENTIAL_TYPE
        WS_CUSTOM_CERT_CREDENTIAL_TYPE

    ctypedef struct WS_CERT_CREDENTIAL:
        WS_CERT_CREDENTIAL_TYPE credentialType

    ctypedef struct WS_SUBJECT_NAME_CERT_CREDENTIAL:
        WS_CERT_CREDENTIAL credential
        ULONG storeLocation
        WS_STRING storeName
        WS_STRING subjectName

    ctypedef struct WS_THUMBPRINT_CERT_CREDENTIAL:
        WS_CERT_CREDENTIAL credential
        ULONG storeLocation
        WS_STRING storeName
        WS_STRING thumbprint

    ctypedef struct WS_SSL_TRANSPORT_SECURITY_BINDING:
        WS_SECURITY_BINDING binding
        WS_CERT_CREDENTIAL *localCertCredential

    ctypedef enum WS_MESSAGE_SECURITY_USAGE:
        WS_SUPPORTING_MESSAGE_SECURITY_USAGE

    ctypedef struct WS_XML_TOKEN_MESSAGE_SECURITY_BINDING:
        WS_SECURITY_BINDING binding
        WS_MESSAGE_SECURITY_USAGE bindingUsage
        WS_SECURITY_TOKEN *xmlToken

    ctypedef enum WS_SECURITY_PROPERTY_ID:
        WS_SECURITY_PROPERTY_TRANSPORT_PROTECTION_LEVEL
        WS_SECURITY_PROPERTY_ALGORITHM_SUITE
        WS_SECURITY_PROPERTY_ALGORITHM_SUITE_NAME
        WS_SECURITY_PROPERTY_MAX_ALLOWED_LATENCY
        WS_SECURITY_PROPERTY_TIMESTAMP_VALIDITY_DURATION
        WS_SECURITY_PROPERTY_MAX_ALLOWED_CLOCK_SKEW
        WS_SECURITY_PROPERTY_TIMESTAMP_USAGE
        WS_SECURITY_PROPERTY_SECURITY_HEADER_LAYOUT
        WS_SECURITY_PROPERTY_SECURITY_HEADER_VERSION
        WS_SECURITY_PROPERTY_EXTENDED_PROTECTION_POLICY
        WS_SECURITY_PROPERTY_EXTENDED_PROTECTION_SCENARIO
        WS_SECURITY_PROPERTY_SERVICE_IDENTITIES

    ctypedef enum WS_PROTECTION_LEVEL:
        WS_PROTECTION_LEVEL_NONE
        WS_PROTECTION_LEVEL_SIGN
        WS_PROTECTION_LEVEL_SIGN_AND_ENCRYPT

    ctypedef enum WS_SECURITY_TIMESTAMP_USAGE:
        WS_SECURITY_TIMESTAMP_USAGE_ALWAYS
        WS_SECURITY_TIMESTAMP_USAGE_NEVER
        WS_SECURITY_TIMESTAMP_USAGE_REQUESTS_ONLY

    ctypedef enum WS_SECURITY_HEADER_LAYOUT:
        WS_SECURITY_HEADER_LAYOUT_STRICT
        WS_SECURITY_HEADER_LAYOUT_LAX
        WS_SECURITY_HEADER_LAYOUT_LAX_WITH_TIMESTAMP_FIRST
        WS_SECURITY_HEADER_LAYOUT_LAX_WITH_TIMESTAMP_LAST

    ctypedef enum WS_SECURITY_HEADER_VERSION:
        WS_SECURITY_HEADER_VERSION_1_0
        WS_SECURITY_HEADER_VERSION_1_1

    ctypedef enum WS_SECURITY_ALGORITHM_ID:
        WS_SECURITY_ALGORITHM_DEFAULT
        WS_SECURITY_ALGORITHM_CANONICALIZATION_EXCLUSIVE
        WS_SECURITY_ALGORITHM_CANONICALIZATION_EXCLUSIVE_WITH_COMMENTS
        WS_SECURITY_ALGORITHM_DIGEST_SHA1
        WS_SECURITY_ALGORITHM_DIGEST_SHA_256
        WS_SECURITY_ALGORITHM_DIGEST_SHA_384
        WS_SECURITY_ALGORITHM_DIGEST_SHA_512
        WS_SECURITY_ALGORITHM_SYMMETRIC_SIGNATURE_HMAC_SHA1
        WS_SECURITY_ALGORITHM_SYMMETRIC_SIGNATURE_HMAC_SHA_256
        WS_SECURITY_ALGORITHM_SYMMETRIC_SIGNATURE_HMAC_SHA_384
        WS_SECURITY_ALGORITHM_SYMMETRIC_SIGNATURE_HMAC_SHA_512
        WS_SECURITY_ALGORITHM_ASYMMETRIC_SIGNATURE_RSA_SHA1
        WS_SECURITY_ALGORITHM_ASYMMETRIC_SIGNATURE_DSA_SHA1
        WS_SECURITY_ALGORITHM_ASYMMETRIC_SIGNATURE_RSA_SHA_256
        WS_SECURITY_ALGORITHM_ASYMMETRIC_SIGNATURE_RSA_SHA_384
        WS_SECURITY_ALGORITHM_ASYMMETRIC_SIGNATURE_RSA_SHA_512
        WS_SECURITY_ALGORITHM_ASYMMETRIC_KEYWRAP_RSA_1_5
        WS_SECURITY_ALGORITHM_ASYMMETRIC_KEYWRAP_RSA_OAEP
        WS_SECURITY_ALGORITHM_KEY_DERIVATION_P_SHA1

    ctypedef int32_t WS_SECURITY_ALGORITHM_PROPERTY_ID

    ctypedef struct WS_SECURITY_ALGORITHM_PROPERTY:
        WS_SECURITY_ALGORITHM_PROPERTY_ID id
        void *value
        ULONG valueSize

    ctypedef struct WS_SECURITY_ALGORITHM_SUITE:
        WS_SECURITY_ALGORITHM_ID canonicalizationAlgorithm
        WS_SECURITY_ALGORITHM_ID digestAlgorithm
        WS_SECURITY_ALGORITHM_ID symmetricSignatureAlgorithm
        WS_SECURITY_ALGORITHM_ID asymmetricSignatureAlgorithm
        WS_SECURITY_ALGORITHM_ID encryptionAlgorithm
        WS_SECURITY_ALGORITHM_ID keyDerivationAlgorithm
        WS_SECURITY_ALGORITHM_ID symmetricKeyWrapAlgorithm
        WS_SECURITY_ALGORITHM_ID asymmetricKeyWrapAlgorithm
        ULONG minSymmetricKeyLength
        ULONG maxSymmetricKeyLength
        ULONG minAsymmetricKeyLength
        ULONG maxAsymmetricKeyLength
        WS_SECURITY_ALGORITHM_PROPERTY *properties
        ULONG propertyCount

    ctypedef enum WS_SECURITY_ALGORITHM_SUITE_NAME:
        WS_SECURITY_ALGORITHM_SUITE_NAME_BASIC256
        WS_SECURITY_ALGORITHM_SUITE_NAME_BASIC192
        WS_SECURITY_ALGORITHM_SUITE_NAME_BASIC128
        WS_SECURITY_ALGORITHM_SUITE_NAME_BASIC256_RSA15
        WS_SECURITY_ALGORITHM_SUITE_NAME_BASIC192_RSA15
        WS_SECURITY_ALGORITHM_SUITE_NAME_BASIC128_RSA15
        WS_SECURITY_ALGORITHM_SUITE_NAME_BASIC256_SHA256
        WS_SECURITY_ALGORITHM_SUITE_NAME_BASIC192_SHA256
        WS_SECURITY_ALGORITHM_SUITE_NAME_BASIC128_SHA256
        WS_SECURITY_ALGORITHM_SUITE_NAME_BASIC256_SHA256_RSA15
        WS_SECURITY_ALGORITHM_SUITE_NAME_BASIC192_SHA256_RSA15
        WS_SECURITY_ALGORITHM_SUITE_NAME_BASIC128_SHA256_RSA15

    ctypedef struct WS_TIMESPAN:
        LONGLONG ticks

    ctypedef struct WS_SECURITY_PROPERTY:
        WS_SECURITY_PROPERTY_ID id
        void *value
        ULONG valueSize

    ctypedef struct WS_SECURITY_DESCRIPTION:
        WS_SECURITY_BINDING **securityBindings
        ULONG securityBindingCount
        WS_SECURITY_PROPERTY *properties
        ULONG propertyCount

    ctypedef enum WS_CHANNEL_TYPE:
        WS_CHANNEL_TYPE_INPUT
        WS_CHANNEL_TYPE_OUTPUT
        WS_CHANNEL_TYPE_SESSION
        WS_CHANNEL_TYPE_INPUT_SESSION
        WS_CHANNEL_TYPE_OUTPUT_SESSION
        WS_CHANNEL_TYPE_DUPLEX
        WS_CHANNEL_TYPE_DUPLEX_SESSION
        WS_CHANNEL_TYPE_REQUEST
        WS_CHANNEL_TYPE_REPLY

    ctypedef enum WS_CHANNEL_BINDING:
        WS_HTTP_CHANNEL_BINDING
        WS_TCP_CHANNEL_BINDING
        WS_UDP_CHANNEL_BINDING
        WS_CUSTOM_CHANNEL_BINDING
        WS_NAMEDPIPE_CHANNEL_BINDING

    ctypedef enum WS_CHANNEL_STATE:
        WS_CHANNEL_STATE_CREATED
        WS_CHANNEL_STATE_OPENING
        WS_CHANNEL_STATE_ACCEPTING
        WS_CHANNEL_STATE_OPEN
        WS_CHANNEL_STATE_FAULTED
        WS_CHANNEL_STATE_CLOSING
        WS_CHANNEL_STATE_CLOSED

    ctypedef enum WS_ENCODING:
        WS_ENCODING_XML_BINARY_1
        WS_ENCODING_XML_BINARY_SESSION_1
        WS_ENCODING_XML_MTOM_UTF8
        WS_ENCODING_XML_MTOM_UTF16BE
        WS_ENCODING_XML_MTOM_UTF16LE
        WS_ENCODING_XML_UTF8
        WS_ENCODING_XML_UTF16BE
        WS_ENCODING_XML_UTF16LE
        WS_ENCODING_RAW

    ctypedef enum WS_ENVELOPE_VERSION:
        WS_ENVELOPE_VERSION_SOAP_1_1
        WS_ENVELOPE_VERSION_SOAP_1_2
        WS_ENVELOPE_VERSION_NONE

    ctypedef enum WS_ADDRESSING_VERSION:
        WS_ADDRESSING_VERSION_0_9
        WS_ADDRESSING_VERSION_1_0
        WS_ADDRESSING_VERSION_TRANSPORT

    ctypedef enum WS_TRANSFER_MODE:
        WS_STREAMED_INPUT_TRANSFER_MODE
        WS_STREAMED_OUTPUT_TRANSFER_MODE
        WS_BUFFERED_TRANSFER_MODE
        WS_STREAMED_TRANSFER_MODE

    ctypedef enum WS_CALLBACK_MODEL:
        WS_SHORT_CALLBACK
        WS_LONG_CALLBACK

    ctypedef enum WS_COOKIE_MODE:
        WS_MANUAL_COOKIE_MODE
        WS_AUTO_COOKIE_MODE

    ctypedef enum WS_HTTP_PROXY_SETTING_MODE:
        WS_HTTP_PROXY_SETTING_MODE_AUTO
        WS_HTTP_PROXY_SETTING_MODE_NONE
        WS_HTTP_PROXY_SETTING_MODE_CUSTOM

    ctypedef enum WS_IP_VERSION:
        WS_IP_VERSION_4
        WS_IP_VERSION_6
        WS_IP_VERSION_AUTO

    ctypedef struct WS_CUSTOM_HTTP_PROXY:
        WS_STRING servers
        WS_STRING bypass

    ctypedef enum WS_CHANNEL_PROPERTY_ID:
        WS_CHANNEL_PROPERTY_MAX_BUFFERED_MESSAGE_SIZE
        WS_CHANNEL_PROPERTY_ENCODING
        WS_CHANNEL_PROPERTY_ENVELOPE_VERSION
        WS_CHANNEL_PROPERTY_ADDRESSING_VERSION
        WS_CHANNEL_PROPERTY_STATE
        WS_CHANNEL_PROPERTY_ASYNC_CALLBACK_MODEL
        WS_CHANNEL_PROPERTY_IP_VERSION
        WS_CHANNEL_PROPERTY_RESOLVE_TIMEOUT
        WS_CHANNEL_PROPERTY_CONNECT_TIMEOUT
        WS_CHANNEL_PROPERTY_SEND_TIMEOUT
        WS_CHANNEL_PROPERTY_RECEIVE_RESPONSE_TIMEOUT
        WS_CHANNEL_PROPERTY_RECEIVE_TIMEOUT
        WS_CHANNEL_PROPERTY_CLOSE_TIMEOUT
        WS_CHANNEL_PROPERTY_ENABLE_TIMEOUTS
        WS_CHANNEL_PROPERTY_TRANSFER_MODE
        WS_CHANNEL_PROPERTY_CHANNEL_TYPE
        WS_CHANNEL_PROPERTY_TRIM_BUFFERED_MESSAGE_SIZE
        WS_CHANNEL_PROPERTY_PROTECTION_LEVEL
        WS_CHANNEL_PROPERTY_COOKIE_MODE
        WS_CHANNEL_PROPERTY_HTTP_PROXY_SETTING_MODE
        WS_CHANNEL_PROPERTY_CUSTOM_HTTP_PROXY
        WS_CHANNEL_PROPERTY_ENABLE_HTTP_REDIRECT
        WS_CHANNEL_PROPERTY_FAULTS_AS_ERRORS
        WS_CHANNEL_PROPERTY_ALLOW_UNSECURED_FAULTS

    ctypedef struct WS_CHANNEL_PROPERTY:
        WS_CHANNEL_PROPERTY_ID id
        void *value
        ULONG valueSize

    ctypedef enum WS_ENDPOINT_IDENTITY_TYPE:
        WS_DNS_ENDPOINT_IDENTITY_TYPE
        WS_UPN_ENDPOINT_IDENTITY_TYPE
        WS_SPN_ENDPOINT_IDENTITY_TYPE
        WS_RSA_ENDPOINT_IDENTITY_TYPE
        WS_CERT_ENDPOINT_IDENTITY_TYPE
        WS_UNKNOWN_ENDPOINT_IDENTITY_TYPE

    ctypedef struct WS_ENDPOINT_IDENTITY:
        WS_ENDPOINT_IDENTITY_TYPE identityType

    ctypedef struct WS_ENDPOINT_ADDRESS:
        WS_STRING url
        WS_XML_BUFFER *headers
        WS_XML_BUFFER *extensions
        WS_ENDPOINT_IDENTITY *identity

    ctypedef void (*WS_ASYNC_CALLBACK)(HRESULT errorCode, WS_CALLBACK_MODEL callbackModel,
                                       void *callbackState) noexcept

    ctypedef struct WS_ASYNC_CONTEXT:
        WS_ASYNC_CALLBACK callback
        void *callbackState

    HRESULT WsCreateChannel(WS_CHANNEL_TYPE channelType, WS_CHANNEL_BINDING channelBinding,
                            const WS_CHANNEL_PROPERTY *properties, ULONG propertyCount,
                            const WS_SECURITY_DESCRIPTION *securityDescription,
                            WS_CHANNEL **channel, WS_ERROR *error) noexcept
    HRESULT WsOpenChannel(WS_CHANNEL *channel, const WS_ENDPOINT_ADDRESS *endpointAddress,
                          const WS_ASYNC_CONTEXT *asyncContext, WS_ERROR *error) noexcept
    HRESULT WsCloseChannel(WS_CHANNEL *channel, const WS_ASYNC_CONTEXT *asyncContext,
                           WS_ERROR *error) noexcept
    HRESULT WsAbortChannel(WS_CHANNEL *channel, WS_ERROR *error) noexcept
    HRESULT WsResetChannel(WS_CHANNEL *channel, WS_ERROR *error) noexcept
    void WsFreeChannel(WS_CHANNEL *channel) noexcept
    HRESULT WsGetChannelProperty(WS_CHANNEL *channel, WS_CHANNEL_PROPERTY_ID id, void *value,
                                 ULONG valueSize, WS_ERROR *error) noexcept
    HRESULT WsSetChannelProperty(WS_CHANNEL *channel, WS_CHANNEL_PROPERTY_ID id, const void *value,
                                 ULONG valueSize, WS_ERROR *error) noexcept

    ctypedef enum WS_MESSAGE_STATE:
        WS_MESSAGE_STATE_EMPTY
        WS_MESSAGE_STATE_INITIALIZED
        WS_MESSAGE_STATE_READING
        WS_MESSAGE_STATE_WRITING
        WS_MESSAGE_STATE_DONE

    ctypedef enum WS_MESSAGE_INITIALIZATION:
        WS_BLANK_MESSAGE
        WS_DUPLICATE_MESSAGE
        WS_REQUEST_MESSAGE
        WS_REPLY_MESSAGE
        WS_FAULT_MESSAGE

    ctypedef enum WS_MESSAGE_PROPERTY_ID:
        WS_MESSAGE_PROPERTY_STATE
        WS_MESSAGE_PROPERTY_ENVELOPE_VERSION
        WS_MESSAGE_PROPERTY_ADDRESSING_VERSION
        WS_MESSAGE_PROPERTY_HEADER_BUFFER
        WS_MESSAGE_PROPERTY_BODY_READER
        WS_MESSAGE_PROPERTY_BODY_WRITER
        WS_MESSAGE_PROPERTY_IS_ADDRESSED
        WS_MESSAGE_PROPERTY_HEAP_PROPERTIES
        WS_MESSAGE_PROPERTY_XML_READER_PROPERTIES
        WS_MESSAGE_PROPERTY_XML_WRITER_PROPERTIES
        WS_MESSAGE_PROPERTY_IS_FAULT
        WS_MESSAGE_PROPERTY_MAX_PROCESSED_HEADERS
        WS_MESSAGE_PROPERTY_PROTECTION_LEVEL

    ctypedef struct WS_MESSAGE_PROPERTY:
        WS_MESSAGE_PROPERTY_ID id
        void *value
        ULONG valueSize

    ctypedef struct WS_HEAP_PROPERTIES:
        WS_HEAP_PROPERTY *properties
        ULONG propertyCount

    ctypedef struct WS_XML_READER_PROPERTIES:
        WS_XML_READER_PROPERTY *properties
        ULONG propertyCount

    ctypedef struct WS_XML_WRITER_PROPERTIES:
        WS_XML_WRITER_PROPERTY *properties
        ULONG propertyCount

    ctypedef enum WS_HEADER_TYPE:
        WS_ACTION_HEADER
        WS_TO_HEADER
        WS_MESSAGE_ID_HEADER
        WS_RELATES_TO_HEADER
        WS_FROM_HEADER
        WS_REPLY_TO_HEADER
        WS_FAULT_TO_HEADER

    ctypedef enum WS_TYPE:
        WS_STRING_TYPE
        WS_XML_STRING_TYPE
        WS_XML_BUFFER_TYPE

    ctypedef enum WS_WRITE_OPTION:
        WS_WRITE_REQUIRED_VALUE
        WS_WRITE_REQUIRED_POINTER
        WS_WRITE_NILLABLE_VALUE
        WS_WRITE_NILLABLE_POINTER

    ctypedef struct WS_ELEMENT_DESCRIPTION:
        WS_XML_STRING *elementLocalName
        WS_XML_STRING *elementNs
        WS_TYPE type
        void *typeDescription

    enum:
        WS_MUST_UNDERSTAND_HEADER_ATTRIBUTE
        WS_RELAY_HEADER_ATTRIBUTE

    HRESULT WsCreateMessageForChannel(WS_CHANNEL *channel, const WS_MESSAGE_PROPERTY *properties,
                                      ULONG propertyCount, WS_MESSAGE **message,
                                      WS_ERROR *error) noexcept
    void WsFreeMessage(WS_MESSAGE *message) noexcept
    HRESULT WsResetMessage(WS_MESSAGE *message, WS_ERROR *error) noexcept
    HRESULT WsInitializeMessage(WS_MESSAGE *message, WS_MESSAGE_INITIALIZATION initialization,
                                WS_MESSAGE *sourceMessage, WS_ERROR *error) noexcept
    HRESULT WsGetMessageProperty(WS_MESSAGE *message, WS_MESSAGE_PROPERTY_ID id, void *value,
                                 ULONG valueSize, WS_ERROR *error) noexcept
    HRESULT WsAddressMessage(WS_MESSAGE *message, const WS_ENDPOINT_ADDRESS *address,
                             WS_ERROR *error) noexcept
    HRESULT WsSetHeader(WS_MESSAGE *message, WS_HEADER_TYPE headerType, WS_TYPE valueType,
                        WS_WRITE_OPTION writeOption, const void *value, ULONG valueSize,
                        WS_ERROR *error) noexcept
    HRESULT WsAddCustomHeader(WS_MESSAGE *message, const WS_ELEMENT_DESCRIPTION *headerDescription,
                              WS_WRITE_OPTION writeOption, const void *value, ULONG valueSize,
                              ULONG headerAttributes, WS_ERROR *error) noexcept
    HRESULT WsWriteMessageStart(WS_CHANNEL *channel, WS_MESSAGE *message,
                                const WS_ASYNC_CONTEXT *asyncContext, WS_ERROR *error) noexcept
    HRESULT WsWriteMessageEnd(WS_CHANNEL *channel, WS_MESSAGE *message,
                              const WS_ASYNC_CONTEXT *asyncContext, WS_ERROR *error) noexcept
    HRESULT WsReadMessageStart(WS_CHANNEL *channel, WS_MESSAGE *message,
                               const WS_ASYNC_CONTEXT *asyncContext, WS_ERROR *error) noexcept
    HRESULT WsReadMessageEnd(WS_CHANNEL *channel, WS_MESSAGE *message,
                             const WS_ASYNC_CONTEXT *asyncContext, WS_ERROR *error) noexcept

cdef extern from "ncrypt_ext_ws.h" nogil:
    enum:
        NCX_SECURITY_BINDING_PROPERTY_CA_CERTIFICATES
        NCX_PEM_CERT_CREDENTIAL_TYPE

    ctypedef struct NCX_PEM_CERT_CREDENTIAL:
        WS_CERT_CREDENTIAL credential
        WS_BYTES certificates
        WS_BYTES privateKey
        WS_BYTES passphrase
        NCRYPT_KEY_HANDLE storedKey

    BOOL ncx_takes_pem_certificates() noexcept
    const char *ncx_channel_missing() noexcept
