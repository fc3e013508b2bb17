/* SPDX-License-Identifier: MIT
 *
 * Our own declarations of the part of Windows Web Services (webservices.h) that this package uses, with the ABI of
 * Windows: for platforms without the Windows SDK, and for MinGW-w64, which has no such header. A function that is not
 * declared here is not in the portable engine either.
 *
 * Everything but errors is used by one thread at a time. Objects are opaque: nobody looks behind the pointers.
 */
#ifndef NCRYPT_EXT_WEBSERVICES_H
#define NCRYPT_EXT_WEBSERVICES_H

#ifdef _WIN32
#include <windows.h>

#include <wincrypt.h>

#include <ncrypt.h>
#else
#include "ncrypt.h"
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _WS_ERROR WS_ERROR;
typedef struct _WS_HEAP WS_HEAP;
typedef struct _WS_XML_BUFFER WS_XML_BUFFER;
typedef struct _WS_XML_READER WS_XML_READER;
typedef struct _WS_XML_WRITER WS_XML_WRITER;
typedef struct _WS_SECURITY_TOKEN WS_SECURITY_TOKEN;

/* ---- values ------------------------------------------------------------------------------------------------------ */

typedef struct _WS_BYTES {
    ULONG length;
    BYTE *bytes;
} WS_BYTES;

/* UTF-16, counted in units, not necessarily terminated. */
typedef struct _WS_STRING {
    ULONG length;
    WCHAR *chars;
} WS_STRING;

/* UTF-8, counted in bytes. Without a dictionary the id means nothing. */
typedef struct _WS_XML_DICTIONARY WS_XML_DICTIONARY;
typedef struct _WS_XML_STRING {
    ULONG length;
    BYTE *bytes;
    WS_XML_DICTIONARY *dictionary;
    ULONG id;
} WS_XML_STRING;

struct _WS_XML_DICTIONARY {
    GUID guid;
    WS_XML_STRING *strings;
    ULONG stringCount;
    BOOL isConst;
};

typedef struct _WS_XML_QNAME {
    WS_XML_STRING localName;
    WS_XML_STRING ns;
} WS_XML_QNAME;

typedef enum {
    WS_DATETIME_FORMAT_UTC = 0,
    WS_DATETIME_FORMAT_LOCAL = 1,
    WS_DATETIME_FORMAT_NONE = 2
} WS_DATETIME_FORMAT;

/* Units of 100 ns since the beginning of the year 1. */
typedef struct _WS_DATETIME {
    ULONGLONG ticks;
    WS_DATETIME_FORMAT format;
} WS_DATETIME;

HRESULT WINAPI WsFileTimeToDateTime(const FILETIME *fileTime, WS_DATETIME *dateTime, WS_ERROR *error);
HRESULT WINAPI WsDateTimeToFileTime(const WS_DATETIME *dateTime, FILETIME *fileTime, WS_ERROR *error);

/* ---- errors ------------------------------------------------------------------------------------------------------ */

typedef enum {
    WS_ERROR_PROPERTY_STRING_COUNT = 0,
    WS_ERROR_PROPERTY_ORIGINAL_ERROR_CODE = 1,
    WS_ERROR_PROPERTY_LANGID = 2
} WS_ERROR_PROPERTY_ID;

typedef struct _WS_ERROR_PROPERTY {
    WS_ERROR_PROPERTY_ID id;
    void *value;
    ULONG valueSize;
} WS_ERROR_PROPERTY;

typedef enum {
    WS_FAULT_ERROR_PROPERTY_FAULT = 0,
    WS_FAULT_ERROR_PROPERTY_ACTION = 1,
    WS_FAULT_ERROR_PROPERTY_HEADER = 2
} WS_FAULT_ERROR_PROPERTY_ID;

typedef struct _WS_FAULT_CODE WS_FAULT_CODE;
struct _WS_FAULT_CODE {
    WS_XML_QNAME value;
    WS_FAULT_CODE *subCode;
};

typedef struct _WS_FAULT_REASON {
    WS_STRING text;
    WS_STRING lang;
} WS_FAULT_REASON;

typedef struct _WS_FAULT {
    WS_FAULT_CODE *code;
    WS_FAULT_REASON *reasons;
    ULONG reasonCount;
    WS_STRING actor;
    WS_STRING node;
    WS_XML_BUFFER *detail;
} WS_FAULT;

HRESULT WINAPI WsCreateError(const WS_ERROR_PROPERTY *properties, ULONG propertyCount, WS_ERROR **error);
void WINAPI WsFreeError(WS_ERROR *error);
HRESULT WINAPI WsResetError(WS_ERROR *error);
HRESULT WINAPI WsGetErrorProperty(WS_ERROR *error, WS_ERROR_PROPERTY_ID id, void *buffer, ULONG bufferSize);
HRESULT WINAPI WsSetErrorProperty(WS_ERROR *error, WS_ERROR_PROPERTY_ID id, const void *value, ULONG valueSize);
HRESULT WINAPI WsAddErrorString(WS_ERROR *error, const WS_STRING *string);
HRESULT WINAPI WsGetErrorString(WS_ERROR *error, ULONG index, WS_STRING *string);
HRESULT WINAPI WsGetFaultErrorProperty(WS_ERROR *error, WS_FAULT_ERROR_PROPERTY_ID id, void *buffer, ULONG bufferSize);
HRESULT WINAPI WsSetFaultErrorProperty(WS_ERROR *error, WS_FAULT_ERROR_PROPERTY_ID id, const void *value,
                                       ULONG valueSize);

/* ---- heaps ------------------------------------------------------------------------------------------------------- */

typedef enum {
    WS_HEAP_PROPERTY_MAX_SIZE = 0,
    WS_HEAP_PROPERTY_TRIM_SIZE = 1,
    WS_HEAP_PROPERTY_REQUESTED_SIZE = 2,
    WS_HEAP_PROPERTY_ACTUAL_SIZE = 3
} WS_HEAP_PROPERTY_ID;

typedef struct _WS_HEAP_PROPERTY {
    WS_HEAP_PROPERTY_ID id;
    void *value;
    ULONG valueSize;
} WS_HEAP_PROPERTY;

HRESULT WINAPI WsCreateHeap(SIZE_T maxSize, SIZE_T trimSize, const WS_HEAP_PROPERTY *properties, ULONG propertyCount,
                            WS_HEAP **heap, WS_ERROR *error);
HRESULT WINAPI WsAlloc(WS_HEAP *heap, SIZE_T size, void **ptr, WS_ERROR *error);
HRESULT WINAPI WsGetHeapProperty(WS_HEAP *heap, WS_HEAP_PROPERTY_ID id, void *value, ULONG valueSize, WS_ERROR *error);
HRESULT WINAPI WsResetHeap(WS_HEAP *heap, WS_ERROR *error);
void WINAPI WsFreeHeap(WS_HEAP *heap);

/* ---- XML --------------------------------------------------------------------------------------------------------- */

typedef enum { WS_CHARSET_AUTO = 0, WS_CHARSET_UTF8 = 1, WS_CHARSET_UTF16LE = 2, WS_CHARSET_UTF16BE = 3 } WS_CHARSET;

typedef enum {
    WS_XML_READER_ENCODING_TYPE_TEXT = 1,
    WS_XML_READER_ENCODING_TYPE_BINARY = 2,
    WS_XML_READER_ENCODING_TYPE_MTOM = 3,
    WS_XML_READER_ENCODING_TYPE_RAW = 4
} WS_XML_READER_ENCODING_TYPE;

typedef enum { WS_XML_READER_INPUT_TYPE_BUFFER = 1, WS_XML_READER_INPUT_TYPE_STREAM = 2 } WS_XML_READER_INPUT_TYPE;

typedef enum {
    WS_XML_WRITER_ENCODING_TYPE_TEXT = 1,
    WS_XML_WRITER_ENCODING_TYPE_BINARY = 2,
    WS_XML_WRITER_ENCODING_TYPE_MTOM = 3,
    WS_XML_WRITER_ENCODING_TYPE_RAW = 4
} WS_XML_WRITER_ENCODING_TYPE;

typedef enum { WS_XML_WRITER_OUTPUT_TYPE_BUFFER = 1, WS_XML_WRITER_OUTPUT_TYPE_STREAM = 2 } WS_XML_WRITER_OUTPUT_TYPE;

typedef enum {
    WS_XML_READER_PROPERTY_MAX_DEPTH = 0,
    WS_XML_READER_PROPERTY_ALLOW_FRAGMENT = 1,
    WS_XML_READER_PROPERTY_MAX_ATTRIBUTES = 2,
    WS_XML_READER_PROPERTY_READ_DECLARATION = 3,
    WS_XML_READER_PROPERTY_CHARSET = 4,
    WS_XML_READER_PROPERTY_ROW = 5,
    WS_XML_READER_PROPERTY_COLUMN = 6,
    WS_XML_READER_PROPERTY_UTF8_TRIM_SIZE = 7,
    WS_XML_READER_PROPERTY_STREAM_BUFFER_SIZE = 8,
    WS_XML_READER_PROPERTY_IN_ATTRIBUTE = 9,
    WS_XML_READER_PROPERTY_STREAM_MAX_ROOT_MIME_PART_SIZE = 10,
    WS_XML_READER_PROPERTY_STREAM_MAX_MIME_HEADERS_SIZE = 11,
    WS_XML_READER_PROPERTY_MAX_MIME_PARTS = 12,
    WS_XML_READER_PROPERTY_ALLOW_INVALID_CHARACTER_REFERENCES = 13,
    WS_XML_READER_PROPERTY_MAX_NAMESPACES = 14
} WS_XML_READER_PROPERTY_ID;

typedef enum {
    WS_XML_WRITER_PROPERTY_MAX_DEPTH = 0,
    WS_XML_WRITER_PROPERTY_ALLOW_FRAGMENT = 1,
    WS_XML_WRITER_PROPERTY_MAX_ATTRIBUTES = 2,
    WS_XML_WRITER_PROPERTY_WRITE_DECLARATION = 3,
    WS_XML_WRITER_PROPERTY_INDENT = 4,
    WS_XML_WRITER_PROPERTY_BUFFER_TRIM_SIZE = 5,
    WS_XML_WRITER_PROPERTY_CHARSET = 6,
    WS_XML_WRITER_PROPERTY_BUFFERS = 7,
    WS_XML_WRITER_PROPERTY_BUFFER_MAX_SIZE = 8,
    WS_XML_WRITER_PROPERTY_BYTES = 9,
    WS_XML_WRITER_PROPERTY_IN_ATTRIBUTE = 10,
    WS_XML_WRITER_PROPERTY_MAX_MIME_PARTS_BUFFER_SIZE = 11,
    WS_XML_WRITER_PROPERTY_INITIAL_BUFFER = 12,
    WS_XML_WRITER_PROPERTY_ALLOW_INVALID_CHARACTER_REFERENCES = 13,
    WS_XML_WRITER_PROPERTY_MAX_NAMESPACES = 14,
    WS_XML_WRITER_PROPERTY_BYTES_WRITTEN = 15,
    WS_XML_WRITER_PROPERTY_BYTES_TO_CLOSE = 16,
    WS_XML_WRITER_PROPERTY_COMPRESS_EMPTY_ELEMENTS = 17,
    WS_XML_WRITER_PROPERTY_EMIT_UNCOMPRESSED_EMPTY_ELEMENTS = 18
} WS_XML_WRITER_PROPERTY_ID;

typedef struct _WS_XML_READER_PROPERTY {
    WS_XML_READER_PROPERTY_ID id;
    void *value;
    ULONG valueSize;
} WS_XML_READER_PROPERTY;

typedef struct _WS_XML_WRITER_PROPERTY {
    WS_XML_WRITER_PROPERTY_ID id;
    void *value;
    ULONG valueSize;
} WS_XML_WRITER_PROPERTY;

/* There is no property of this kind yet. */
typedef int32_t WS_XML_BUFFER_PROPERTY_ID;
typedef struct _WS_XML_BUFFER_PROPERTY {
    WS_XML_BUFFER_PROPERTY_ID id;
    void *value;
    ULONG valueSize;
} WS_XML_BUFFER_PROPERTY;

typedef struct _WS_XML_READER_ENCODING {
    WS_XML_READER_ENCODING_TYPE encodingType;
} WS_XML_READER_ENCODING;

typedef struct _WS_XML_READER_TEXT_ENCODING {
    WS_XML_READER_ENCODING encoding;
    WS_CHARSET charSet;
} WS_XML_READER_TEXT_ENCODING;

typedef struct _WS_XML_READER_INPUT {
    WS_XML_READER_INPUT_TYPE inputType;
} WS_XML_READER_INPUT;

typedef struct _WS_XML_READER_BUFFER_INPUT {
    WS_XML_READER_INPUT input;
    void *encodedData;
    ULONG encodedDataSize;
} WS_XML_READER_BUFFER_INPUT;

typedef struct _WS_XML_WRITER_ENCODING {
    WS_XML_WRITER_ENCODING_TYPE encodingType;
} WS_XML_WRITER_ENCODING;

typedef struct _WS_XML_WRITER_TEXT_ENCODING {
    WS_XML_WRITER_ENCODING encoding;
    WS_CHARSET charSet;
} WS_XML_WRITER_TEXT_ENCODING;

typedef struct _WS_XML_WRITER_OUTPUT {
    WS_XML_WRITER_OUTPUT_TYPE outputType;
} WS_XML_WRITER_OUTPUT;

typedef struct _WS_XML_WRITER_BUFFER_OUTPUT {
    WS_XML_WRITER_OUTPUT output;
} WS_XML_WRITER_BUFFER_OUTPUT;

HRESULT WINAPI WsCreateReader(const WS_XML_READER_PROPERTY *properties, ULONG propertyCount, WS_XML_READER **reader,
                              WS_ERROR *error);
void WINAPI WsFreeReader(WS_XML_READER *reader);
HRESULT WINAPI WsSetInput(WS_XML_READER *reader, const WS_XML_READER_ENCODING *encoding,
                          const WS_XML_READER_INPUT *input, const WS_XML_READER_PROPERTY *properties,
                          ULONG propertyCount, WS_ERROR *error);
HRESULT WINAPI WsGetReaderProperty(WS_XML_READER *reader, WS_XML_READER_PROPERTY_ID id, void *value, ULONG valueSize,
                                   WS_ERROR *error);
/* To the next start of an element that is not inside another one; *found is FALSE at the end. NULL stands for any
 * name. */
HRESULT WINAPI WsReadToStartElement(WS_XML_READER *reader, const WS_XML_STRING *localName, const WS_XML_STRING *ns,
                                    BOOL *found, WS_ERROR *error);
HRESULT WINAPI WsReadXmlBuffer(WS_XML_READER *reader, WS_HEAP *heap, WS_XML_BUFFER **xmlBuffer, WS_ERROR *error);
HRESULT WINAPI WsReadXmlBufferFromBytes(WS_XML_READER *reader, const WS_XML_READER_ENCODING *encoding,
                                        const WS_XML_READER_PROPERTY *properties, ULONG propertyCount,
                                        const void *bytes, ULONG byteCount, WS_HEAP *heap, WS_XML_BUFFER **xmlBuffer,
                                        WS_ERROR *error);
HRESULT WINAPI WsCreateXmlBuffer(WS_HEAP *heap, const WS_XML_BUFFER_PROPERTY *properties, ULONG propertyCount,
                                 WS_XML_BUFFER **buffer, WS_ERROR *error);

HRESULT WINAPI WsCreateWriter(const WS_XML_WRITER_PROPERTY *properties, ULONG propertyCount, WS_XML_WRITER **writer,
                              WS_ERROR *error);
void WINAPI WsFreeWriter(WS_XML_WRITER *writer);
HRESULT WINAPI WsSetOutput(WS_XML_WRITER *writer, const WS_XML_WRITER_ENCODING *encoding,
                           const WS_XML_WRITER_OUTPUT *output, const WS_XML_WRITER_PROPERTY *properties,
                           ULONG propertyCount, WS_ERROR *error);
HRESULT WINAPI WsGetWriterProperty(WS_XML_WRITER *writer, WS_XML_WRITER_PROPERTY_ID id, void *value, ULONG valueSize,
                                   WS_ERROR *error);
HRESULT WINAPI WsWriteXmlBuffer(WS_XML_WRITER *writer, WS_XML_BUFFER *xmlBuffer, WS_ERROR *error);
HRESULT WINAPI WsWriteXmlBufferToBytes(WS_XML_WRITER *writer, WS_XML_BUFFER *xmlBuffer,
                                       const WS_XML_WRITER_ENCODING *encoding, const WS_XML_WRITER_PROPERTY *properties,
                                       ULONG propertyCount, WS_HEAP *heap, void **bytes, ULONG *byteCount,
                                       WS_ERROR *error);

/* ---- security key handles ---------------------------------------------------------------------------------------- */

typedef enum {
    WS_RAW_SYMMETRIC_SECURITY_KEY_HANDLE_TYPE = 1,
    WS_NCRYPT_ASYMMETRIC_SECURITY_KEY_HANDLE_TYPE = 2,
    WS_CAPI_ASYMMETRIC_SECURITY_KEY_HANDLE_TYPE = 3
} WS_SECURITY_KEY_HANDLE_TYPE;

typedef struct _WS_SECURITY_KEY_HANDLE {
    WS_SECURITY_KEY_HANDLE_TYPE keyHandleType;
} WS_SECURITY_KEY_HANDLE;

typedef struct _WS_RAW_SYMMETRIC_SECURITY_KEY_HANDLE {
    WS_SECURITY_KEY_HANDLE keyHandle;
    WS_BYTES rawKeyBytes;
} WS_RAW_SYMMETRIC_SECURITY_KEY_HANDLE;

/* The key stays its owner's, who keeps it open as long as anything made with it may use it, and frees it then. */
typedef struct _WS_NCRYPT_ASYMMETRIC_SECURITY_KEY_HANDLE {
    WS_SECURITY_KEY_HANDLE keyHandle;
    NCRYPT_KEY_HANDLE asymmetricKey;
} WS_NCRYPT_ASYMMETRIC_SECURITY_KEY_HANDLE;

/* The same holds for the provider. Of use before Windows Vista only. */
typedef struct _WS_CAPI_ASYMMETRIC_SECURITY_KEY_HANDLE {
    WS_SECURITY_KEY_HANDLE keyHandle;
    HCRYPTPROV provider;
    ULONG keySpec;
} WS_CAPI_ASYMMETRIC_SECURITY_KEY_HANDLE;

/* ---- XML security tokens ----------------------------------------------------------------------------------------- */

/* The first two are given as the address of a variable of type WS_XML_BUFFER *. */
typedef enum {
    WS_XML_SECURITY_TOKEN_PROPERTY_ATTACHED_REFERENCE = 1,
    WS_XML_SECURITY_TOKEN_PROPERTY_UNATTACHED_REFERENCE = 2,
    WS_XML_SECURITY_TOKEN_PROPERTY_VALID_FROM_TIME = 3,
    WS_XML_SECURITY_TOKEN_PROPERTY_VALID_TILL_TIME = 4
} WS_XML_SECURITY_TOKEN_PROPERTY_ID;

typedef struct _WS_XML_SECURITY_TOKEN_PROPERTY {
    WS_XML_SECURITY_TOKEN_PROPERTY_ID id;
    void *value;
    ULONG valueSize;
} WS_XML_SECURITY_TOKEN_PROPERTY;

typedef enum {
    WS_SECURITY_TOKEN_PROPERTY_KEY_TYPE = 1,
    WS_SECURITY_TOKEN_PROPERTY_VALID_FROM_TIME = 2,
    WS_SECURITY_TOKEN_PROPERTY_VALID_TILL_TIME = 3,
    WS_SECURITY_TOKEN_PROPERTY_SERIALIZED_XML = 4,
    WS_SECURITY_TOKEN_PROPERTY_ATTACHED_REFERENCE_XML = 5,
    WS_SECURITY_TOKEN_PROPERTY_UNATTACHED_REFERENCE_XML = 6,
    WS_SECURITY_TOKEN_PROPERTY_SYMMETRIC_KEY = 7
} WS_SECURITY_TOKEN_PROPERTY_ID;

typedef enum {
    WS_SECURITY_KEY_TYPE_NONE = 1,
    WS_SECURITY_KEY_TYPE_SYMMETRIC = 2,
    WS_SECURITY_KEY_TYPE_ASYMMETRIC = 3
} WS_SECURITY_KEY_TYPE;

/* Copies the XML, the references and the bytes of a raw key. Of the other keys it keeps the handle, which has to stay
 * valid as long as the token and anything made with it. */
HRESULT WINAPI WsCreateXmlSecurityToken(WS_XML_BUFFER *tokenXml, const WS_SECURITY_KEY_HANDLE *tokenKey,
                                        const WS_XML_SECURITY_TOKEN_PROPERTY *properties, ULONG propertyCount,
                                        WS_SECURITY_TOKEN **token, WS_ERROR *error);
void WINAPI WsFreeSecurityToken(WS_SECURITY_TOKEN *token);
/* The heap is NULL for every property but the symmetric key. XML buffers stay the token's. */
HRESULT WINAPI WsGetSecurityTokenProperty(WS_SECURITY_TOKEN *securityToken, WS_SECURITY_TOKEN_PROPERTY_ID id,
                                          void *value, ULONG valueSize, WS_HEAP *heap, WS_ERROR *error);

/* ---- security of a channel --------------------------------------------------------------------------------------- */

typedef struct _WS_CHANNEL WS_CHANNEL;
typedef struct _WS_MESSAGE WS_MESSAGE;

typedef enum {
    WS_SSL_TRANSPORT_SECURITY_BINDING_TYPE = 1,
    WS_TCP_SSPI_TRANSPORT_SECURITY_BINDING_TYPE = 2,
    WS_HTTP_HEADER_AUTH_SECURITY_BINDING_TYPE = 3,
    WS_USERNAME_MESSAGE_SECURITY_BINDING_TYPE = 4,
    WS_KERBEROS_APREQ_MESSAGE_SECURITY_BINDING_TYPE = 5,
    WS_XML_TOKEN_MESSAGE_SECURITY_BINDING_TYPE = 6,
    WS_SAML_MESSAGE_SECURITY_BINDING_TYPE = 7,
    WS_SECURITY_CONTEXT_MESSAGE_SECURITY_BINDING_TYPE = 8,
    WS_NAMEDPIPE_SSPI_TRANSPORT_SECURITY_BINDING_TYPE = 9
} WS_SECURITY_BINDING_TYPE;

/* Those of the SSL transport. */
typedef enum {
    WS_SECURITY_BINDING_PROPERTY_REQUIRE_SSL_CLIENT_CERT = 1,
    WS_SECURITY_BINDING_PROPERTY_CERT_FAILURES_TO_IGNORE = 20,
    WS_SECURITY_BINDING_PROPERTY_DISABLE_CERT_REVOCATION_CHECK = 21,
    WS_SECURITY_BINDING_PROPERTY_DISALLOWED_SECURE_PROTOCOLS = 22
} WS_SECURITY_BINDING_PROPERTY_ID;

#define WS_CERT_FAILURE_CN_MISMATCH        0x1
#define WS_CERT_FAILURE_INVALID_DATE       0x2
#define WS_CERT_FAILURE_UNTRUSTED_ROOT     0x4
#define WS_CERT_FAILURE_WRONG_USAGE        0x8
#define WS_CERT_FAILURE_REVOCATION_OFFLINE 0x10

#define WS_SECURE_PROTOCOL_SSL2   0x1
#define WS_SECURE_PROTOCOL_SSL3   0x2
#define WS_SECURE_PROTOCOL_TLS1_0 0x4
#define WS_SECURE_PROTOCOL_TLS1_1 0x8
#define WS_SECURE_PROTOCOL_TLS1_2 0x10

typedef struct _WS_SECURITY_BINDING_PROPERTY {
    WS_SECURITY_BINDING_PROPERTY_ID id;
    void *value;
    ULONG valueSize;
} WS_SECURITY_BINDING_PROPERTY;

typedef struct _WS_SECURITY_BINDING {
    WS_SECURITY_BINDING_TYPE bindingType;
    WS_SECURITY_BINDING_PROPERTY *properties;
    ULONG propertyCount;
} WS_SECURITY_BINDING;

typedef enum {
    WS_SUBJECT_NAME_CERT_CREDENTIAL_TYPE = 1,
    WS_THUMBPRINT_CERT_CREDENTIAL_TYPE = 2,
    WS_CUSTOM_CERT_CREDENTIAL_TYPE = 3
} WS_CERT_CREDENTIAL_TYPE;

typedef struct _WS_CERT_CREDENTIAL {
    WS_CERT_CREDENTIAL_TYPE credentialType;
} WS_CERT_CREDENTIAL;

typedef struct _WS_SUBJECT_NAME_CERT_CREDENTIAL {
    WS_CERT_CREDENTIAL credential;
    ULONG storeLocation;
    WS_STRING storeName;
    WS_STRING subjectName;
} WS_SUBJECT_NAME_CERT_CREDENTIAL;

typedef struct _WS_THUMBPRINT_CERT_CREDENTIAL {
    WS_CERT_CREDENTIAL credential;
    ULONG storeLocation;
    WS_STRING storeName;
    WS_STRING thumbprint;
} WS_THUMBPRINT_CERT_CREDENTIAL;

typedef struct _WS_SSL_TRANSPORT_SECURITY_BINDING {
    WS_SECURITY_BINDING binding;
    WS_CERT_CREDENTIAL *localCertCredential;
} WS_SSL_TRANSPORT_SECURITY_BINDING;

typedef enum { WS_SUPPORTING_MESSAGE_SECURITY_USAGE = 1 } WS_MESSAGE_SECURITY_USAGE;

typedef struct _WS_XML_TOKEN_MESSAGE_SECURITY_BINDING {
    WS_SECURITY_BINDING binding;
    WS_MESSAGE_SECURITY_USAGE bindingUsage;
    WS_SECURITY_TOKEN *xmlToken;
} WS_XML_TOKEN_MESSAGE_SECURITY_BINDING;

typedef enum {
    WS_SECURITY_PROPERTY_TRANSPORT_PROTECTION_LEVEL = 1,
    WS_SECURITY_PROPERTY_ALGORITHM_SUITE = 2,
    WS_SECURITY_PROPERTY_ALGORITHM_SUITE_NAME = 3,
    WS_SECURITY_PROPERTY_MAX_ALLOWED_LATENCY = 4,
    WS_SECURITY_PROPERTY_TIMESTAMP_VALIDITY_DURATION = 5,
    WS_SECURITY_PROPERTY_MAX_ALLOWED_CLOCK_SKEW = 6,
    WS_SECURITY_PROPERTY_TIMESTAMP_USAGE = 7,
    WS_SECURITY_PROPERTY_SECURITY_HEADER_LAYOUT = 8,
    WS_SECURITY_PROPERTY_SECURITY_HEADER_VERSION = 9,
    WS_SECURITY_PROPERTY_EXTENDED_PROTECTION_POLICY = 10,
    WS_SECURITY_PROPERTY_EXTENDED_PROTECTION_SCENARIO = 11,
    WS_SECURITY_PROPERTY_SERVICE_IDENTITIES = 12
} WS_SECURITY_PROPERTY_ID;

typedef enum {
    WS_PROTECTION_LEVEL_NONE = 1,
    WS_PROTECTION_LEVEL_SIGN = 2,
    WS_PROTECTION_LEVEL_SIGN_AND_ENCRYPT = 3
} WS_PROTECTION_LEVEL;

typedef enum {
    WS_SECURITY_TIMESTAMP_USAGE_ALWAYS = 1,
    WS_SECURITY_TIMESTAMP_USAGE_NEVER = 2,
    WS_SECURITY_TIMESTAMP_USAGE_REQUESTS_ONLY = 3
} WS_SECURITY_TIMESTAMP_USAGE;

typedef enum {
    WS_SECURITY_HEADER_LAYOUT_STRICT = 1,
    WS_SECURITY_HEADER_LAYOUT_LAX = 2,
    WS_SECURITY_HEADER_LAYOUT_LAX_WITH_TIMESTAMP_FIRST = 3,
    WS_SECURITY_HEADER_LAYOUT_LAX_WITH_TIMESTAMP_LAST = 4
} WS_SECURITY_HEADER_LAYOUT;

typedef enum { WS_SECURITY_HEADER_VERSION_1_0 = 1, WS_SECURITY_HEADER_VERSION_1_1 = 2 } WS_SECURITY_HEADER_VERSION;

typedef enum {
    WS_SECURITY_ALGORITHM_DEFAULT = 0,
    WS_SECURITY_ALGORITHM_CANONICALIZATION_EXCLUSIVE = 1,
    WS_SECURITY_ALGORITHM_CANONICALIZATION_EXCLUSIVE_WITH_COMMENTS = 2,
    WS_SECURITY_ALGORITHM_DIGEST_SHA1 = 3,
    WS_SECURITY_ALGORITHM_DIGEST_SHA_256 = 4,
    WS_SECURITY_ALGORITHM_DIGEST_SHA_384 = 5,
    WS_SECURITY_ALGORITHM_DIGEST_SHA_512 = 6,
    WS_SECURITY_ALGORITHM_SYMMETRIC_SIGNATURE_HMAC_SHA1 = 7,
    WS_SECURITY_ALGORITHM_SYMMETRIC_SIGNATURE_HMAC_SHA_256 = 8,
    WS_SECURITY_ALGORITHM_SYMMETRIC_SIGNATURE_HMAC_SHA_384 = 9,
    WS_SECURITY_ALGORITHM_SYMMETRIC_SIGNATURE_HMAC_SHA_512 = 10,
    WS_SECURITY_ALGORITHM_ASYMMETRIC_SIGNATURE_RSA_SHA1 = 11,
    WS_SECURITY_ALGORITHM_ASYMMETRIC_SIGNATURE_DSA_SHA1 = 12,
    WS_SECURITY_ALGORITHM_ASYMMETRIC_SIGNATURE_RSA_SHA_256 = 13,
    WS_SECURITY_ALGORITHM_ASYMMETRIC_SIGNATURE_RSA_SHA_384 = 14,
    WS_SECURITY_ALGORITHM_ASYMMETRIC_SIGNATURE_RSA_SHA_512 = 15,
    WS_SECURITY_ALGORITHM_ASYMMETRIC_KEYWRAP_RSA_1_5 = 16,
    WS_SECURITY_ALGORITHM_ASYMMETRIC_KEYWRAP_RSA_OAEP = 17,
    WS_SECURITY_ALGORITHM_KEY_DERIVATION_P_SHA1 = 18
} WS_SECURITY_ALGORITHM_ID;

/* There is no property of this kind yet. */
typedef int32_t WS_SECURITY_ALGORITHM_PROPERTY_ID;
typedef struct _WS_SECURITY_ALGORITHM_PROPERTY {
    WS_SECURITY_ALGORITHM_PROPERTY_ID id;
    void *value;
    ULONG valueSize;
} WS_SECURITY_ALGORITHM_PROPERTY;

/* The lengths are in bits; 0 is the default. */
typedef struct _WS_SECURITY_ALGORITHM_SUITE {
    WS_SECURITY_ALGORITHM_ID canonicalizationAlgorithm;
    WS_SECURITY_ALGORITHM_ID digestAlgorithm;
    WS_SECURITY_ALGORITHM_ID symmetricSignatureAlgorithm;
    WS_SECURITY_ALGORITHM_ID asymmetricSignatureAlgorithm;
    WS_SECURITY_ALGORITHM_ID encryptionAlgorithm;
    WS_SECURITY_ALGORITHM_ID keyDerivationAlgorithm;
    WS_SECURITY_ALGORITHM_ID symmetricKeyWrapAlgorithm;
    WS_SECURITY_ALGORITHM_ID asymmetricKeyWrapAlgorithm;
    ULONG minSymmetricKeyLength;
    ULONG maxSymmetricKeyLength;
    ULONG minAsymmetricKeyLength;
    ULONG maxAsymmetricKeyLength;
    WS_SECURITY_ALGORITHM_PROPERTY *properties;
    ULONG propertyCount;
} WS_SECURITY_ALGORITHM_SUITE;

typedef enum {
    WS_SECURITY_ALGORITHM_SUITE_NAME_BASIC256 = 1,
    WS_SECURITY_ALGORITHM_SUITE_NAME_BASIC192 = 2,
    WS_SECURITY_ALGORITHM_SUITE_NAME_BASIC128 = 3,
    WS_SECURITY_ALGORITHM_SUITE_NAME_BASIC256_RSA15 = 4,
    WS_SECURITY_ALGORITHM_SUITE_NAME_BASIC192_RSA15 = 5,
    WS_SECURITY_ALGORITHM_SUITE_NAME_BASIC128_RSA15 = 6,
    WS_SECURITY_ALGORITHM_SUITE_NAME_BASIC256_SHA256 = 7,
    WS_SECURITY_ALGORITHM_SUITE_NAME_BASIC192_SHA256 = 8,
    WS_SECURITY_ALGORITHM_SUITE_NAME_BASIC128_SHA256 = 9,
    WS_SECURITY_ALGORITHM_SUITE_NAME_BASIC256_SHA256_RSA15 = 10,
    WS_SECURITY_ALGORITHM_SUITE_NAME_BASIC192_SHA256_RSA15 = 11,
    WS_SECURITY_ALGORITHM_SUITE_NAME_BASIC128_SHA256_RSA15 = 12
} WS_SECURITY_ALGORITHM_SUITE_NAME;

/* Units of 100 ns. */
typedef struct _WS_TIMESPAN {
    LONGLONG ticks;
} WS_TIMESPAN;

typedef struct _WS_SECURITY_PROPERTY {
    WS_SECURITY_PROPERTY_ID id;
    void *value;
    ULONG valueSize;
} WS_SECURITY_PROPERTY;

typedef struct _WS_SECURITY_DESCRIPTION {
    WS_SECURITY_BINDING **securityBindings;
    ULONG securityBindingCount;
    WS_SECURITY_PROPERTY *properties;
    ULONG propertyCount;
} WS_SECURITY_DESCRIPTION;

/* ---- channels ---------------------------------------------------------------------------------------------------- */

typedef enum {
    WS_CHANNEL_TYPE_INPUT = 1,
    WS_CHANNEL_TYPE_OUTPUT = 2,
    WS_CHANNEL_TYPE_SESSION = 4,
    WS_CHANNEL_TYPE_INPUT_SESSION = 5,
    WS_CHANNEL_TYPE_OUTPUT_SESSION = 6,
    WS_CHANNEL_TYPE_DUPLEX = 3,
    WS_CHANNEL_TYPE_DUPLEX_SESSION = 7,
    WS_CHANNEL_TYPE_REQUEST = 8,
    WS_CHANNEL_TYPE_REPLY = 16
} WS_CHANNEL_TYPE;

typedef enum {
    WS_HTTP_CHANNEL_BINDING = 0,
    WS_TCP_CHANNEL_BINDING = 1,
    WS_UDP_CHANNEL_BINDING = 2,
    WS_CUSTOM_CHANNEL_BINDING = 3,
    WS_NAMEDPIPE_CHANNEL_BINDING = 4
} WS_CHANNEL_BINDING;

typedef enum {
    WS_CHANNEL_STATE_CREATED = 0,
    WS_CHANNEL_STATE_OPENING = 1,
    WS_CHANNEL_STATE_ACCEPTING = 2,
    WS_CHANNEL_STATE_OPEN = 3,
    WS_CHANNEL_STATE_FAULTED = 4,
    WS_CHANNEL_STATE_CLOSING = 5,
    WS_CHANNEL_STATE_CLOSED = 6
} WS_CHANNEL_STATE;

typedef enum {
    WS_ENCODING_XML_BINARY_1 = 0,
    WS_ENCODING_XML_BINARY_SESSION_1 = 1,
    WS_ENCODING_XML_MTOM_UTF8 = 2,
    WS_ENCODING_XML_MTOM_UTF16BE = 3,
    WS_ENCODING_XML_MTOM_UTF16LE = 4,
    WS_ENCODING_XML_UTF8 = 5,
    WS_ENCODING_XML_UTF16BE = 6,
    WS_ENCODING_XML_UTF16LE = 7,
    WS_ENCODING_RAW = 8
} WS_ENCODING;

typedef enum {
    WS_ENVELOPE_VERSION_SOAP_1_1 = 1,
    WS_ENVELOPE_VERSION_SOAP_1_2 = 2,
    WS_ENVELOPE_VERSION_NONE = 3
} WS_ENVELOPE_VERSION;

typedef enum {
    WS_ADDRESSING_VERSION_0_9 = 1,
    WS_ADDRESSING_VERSION_1_0 = 2,
    WS_ADDRESSING_VERSION_TRANSPORT = 3
} WS_ADDRESSING_VERSION;

typedef enum {
    WS_STREAMED_INPUT_TRANSFER_MODE = 1,
    WS_STREAMED_OUTPUT_TRANSFER_MODE = 2,
    WS_BUFFERED_TRANSFER_MODE = 0,
    WS_STREAMED_TRANSFER_MODE = 3
} WS_TRANSFER_MODE;

typedef enum { WS_SHORT_CALLBACK = 0, WS_LONG_CALLBACK = 1 } WS_CALLBACK_MODEL;
typedef enum { WS_MANUAL_COOKIE_MODE = 1, WS_AUTO_COOKIE_MODE = 2 } WS_COOKIE_MODE;
typedef enum {
    WS_HTTP_PROXY_SETTING_MODE_AUTO = 1,
    WS_HTTP_PROXY_SETTING_MODE_NONE = 2,
    WS_HTTP_PROXY_SETTING_MODE_CUSTOM = 3
} WS_HTTP_PROXY_SETTING_MODE;
typedef enum { WS_IP_VERSION_4 = 1, WS_IP_VERSION_6 = 2, WS_IP_VERSION_AUTO = 3 } WS_IP_VERSION;

typedef struct _WS_CUSTOM_HTTP_PROXY {
    WS_STRING servers;
    WS_STRING bypass;
} WS_CUSTOM_HTTP_PROXY;

/* Those of a client over HTTP. */
typedef enum {
    WS_CHANNEL_PROPERTY_MAX_BUFFERED_MESSAGE_SIZE = 0,
    WS_CHANNEL_PROPERTY_ENCODING = 4,
    WS_CHANNEL_PROPERTY_ENVELOPE_VERSION = 5,
    WS_CHANNEL_PROPERTY_ADDRESSING_VERSION = 6,
    WS_CHANNEL_PROPERTY_STATE = 8,
    WS_CHANNEL_PROPERTY_ASYNC_CALLBACK_MODEL = 9,
    WS_CHANNEL_PROPERTY_IP_VERSION = 10,
    WS_CHANNEL_PROPERTY_RESOLVE_TIMEOUT = 11,
    WS_CHANNEL_PROPERTY_CONNECT_TIMEOUT = 12,
    WS_CHANNEL_PROPERTY_SEND_TIMEOUT = 13,
    WS_CHANNEL_PROPERTY_RECEIVE_RESPONSE_TIMEOUT = 14,
    WS_CHANNEL_PROPERTY_RECEIVE_TIMEOUT = 15,
    WS_CHANNEL_PROPERTY_CLOSE_TIMEOUT = 16,
    WS_CHANNEL_PROPERTY_ENABLE_TIMEOUTS = 17,
    WS_CHANNEL_PROPERTY_TRANSFER_MODE = 18,
    WS_CHANNEL_PROPERTY_CHANNEL_TYPE = 34,
    WS_CHANNEL_PROPERTY_TRIM_BUFFERED_MESSAGE_SIZE = 35,
    WS_CHANNEL_PROPERTY_PROTECTION_LEVEL = 38,
    WS_CHANNEL_PROPERTY_COOKIE_MODE = 39,
    WS_CHANNEL_PROPERTY_HTTP_PROXY_SETTING_MODE = 40,
    WS_CHANNEL_PROPERTY_CUSTOM_HTTP_PROXY = 41,
    WS_CHANNEL_PROPERTY_ENABLE_HTTP_REDIRECT = 43,
    WS_CHANNEL_PROPERTY_FAULTS_AS_ERRORS = 45,
    WS_CHANNEL_PROPERTY_ALLOW_UNSECURED_FAULTS = 46
} WS_CHANNEL_PROPERTY_ID;

typedef struct _WS_CHANNEL_PROPERTY {
    WS_CHANNEL_PROPERTY_ID id;
    void *value;
    ULONG valueSize;
} WS_CHANNEL_PROPERTY;

typedef enum {
    WS_DNS_ENDPOINT_IDENTITY_TYPE = 1,
    WS_UPN_ENDPOINT_IDENTITY_TYPE = 2,
    WS_SPN_ENDPOINT_IDENTITY_TYPE = 3,
    WS_RSA_ENDPOINT_IDENTITY_TYPE = 4,
    WS_CERT_ENDPOINT_IDENTITY_TYPE = 5,
    WS_UNKNOWN_ENDPOINT_IDENTITY_TYPE = 6
} WS_ENDPOINT_IDENTITY_TYPE;

typedef struct _WS_ENDPOINT_IDENTITY {
    WS_ENDPOINT_IDENTITY_TYPE identityType;
} WS_ENDPOINT_IDENTITY;

/* The URL is escaped already. */
typedef struct _WS_ENDPOINT_ADDRESS {
    WS_STRING url;
    WS_XML_BUFFER *headers;
    WS_XML_BUFFER *extensions;
    WS_ENDPOINT_IDENTITY *identity;
} WS_ENDPOINT_ADDRESS;

typedef void(CALLBACK *WS_ASYNC_CALLBACK)(HRESULT errorCode, WS_CALLBACK_MODEL callbackModel, void *callbackState);

typedef struct _WS_ASYNC_CONTEXT {
    WS_ASYNC_CALLBACK callback;
    void *callbackState;
} WS_ASYNC_CONTEXT;

/* Copies what it is given; of a token its XML and references, whose key has to stay valid as long as the channel. The
 * engine has request channels over HTTP, and no asynchronous calls: every WS_ASYNC_CONTEXT has to be NULL. */
HRESULT WINAPI WsCreateChannel(WS_CHANNEL_TYPE channelType, WS_CHANNEL_BINDING channelBinding,
                               const WS_CHANNEL_PROPERTY *properties, ULONG propertyCount,
                               const WS_SECURITY_DESCRIPTION *securityDescription, WS_CHANNEL **channel,
                               WS_ERROR *error);
HRESULT WINAPI WsOpenChannel(WS_CHANNEL *channel, const WS_ENDPOINT_ADDRESS *endpointAddress,
                             const WS_ASYNC_CONTEXT *asyncContext, WS_ERROR *error);
HRESULT WINAPI WsCloseChannel(WS_CHANNEL *channel, const WS_ASYNC_CONTEXT *asyncContext, WS_ERROR *error);
/* From any thread, also while another one is in a call with the channel. */
HRESULT WINAPI WsAbortChannel(WS_CHANNEL *channel, WS_ERROR *error);
HRESULT WINAPI WsResetChannel(WS_CHANNEL *channel, WS_ERROR *error);
/* The channel is created, or closed. */
void WINAPI WsFreeChannel(WS_CHANNEL *channel);
HRESULT WINAPI WsGetChannelProperty(WS_CHANNEL *channel, WS_CHANNEL_PROPERTY_ID id, void *value, ULONG valueSize,
                                    WS_ERROR *error);
HRESULT WINAPI WsSetChannelProperty(WS_CHANNEL *channel, WS_CHANNEL_PROPERTY_ID id, const void *value, ULONG valueSize,
                                    WS_ERROR *error);

/* ---- messages ---------------------------------------------------------------------------------------------------- */

typedef enum {
    WS_MESSAGE_STATE_EMPTY = 1,
    WS_MESSAGE_STATE_INITIALIZED = 2,
    WS_MESSAGE_STATE_READING = 3,
    WS_MESSAGE_STATE_WRITING = 4,
    WS_MESSAGE_STATE_DONE = 5
} WS_MESSAGE_STATE;

typedef enum {
    WS_BLANK_MESSAGE = 0,
    WS_DUPLICATE_MESSAGE = 1,
    WS_REQUEST_MESSAGE = 2,
    WS_REPLY_MESSAGE = 3,
    WS_FAULT_MESSAGE = 4
} WS_MESSAGE_INITIALIZATION;

typedef enum {
    WS_MESSAGE_PROPERTY_STATE = 0,
    WS_MESSAGE_PROPERTY_ENVELOPE_VERSION = 2,
    WS_MESSAGE_PROPERTY_ADDRESSING_VERSION = 3,
    WS_MESSAGE_PROPERTY_HEADER_BUFFER = 4,
    WS_MESSAGE_PROPERTY_BODY_READER = 6,
    WS_MESSAGE_PROPERTY_BODY_WRITER = 7,
    WS_MESSAGE_PROPERTY_IS_ADDRESSED = 8,
    WS_MESSAGE_PROPERTY_HEAP_PROPERTIES = 9,
    WS_MESSAGE_PROPERTY_XML_READER_PROPERTIES = 10,
    WS_MESSAGE_PROPERTY_XML_WRITER_PROPERTIES = 11,
    WS_MESSAGE_PROPERTY_IS_FAULT = 12,
    WS_MESSAGE_PROPERTY_MAX_PROCESSED_HEADERS = 13,
    WS_MESSAGE_PROPERTY_PROTECTION_LEVEL = 21
} WS_MESSAGE_PROPERTY_ID;

typedef struct _WS_MESSAGE_PROPERTY {
    WS_MESSAGE_PROPERTY_ID id;
    void *value;
    ULONG valueSize;
} WS_MESSAGE_PROPERTY;

typedef struct _WS_HEAP_PROPERTIES {
    WS_HEAP_PROPERTY *properties;
    ULONG propertyCount;
} WS_HEAP_PROPERTIES;

typedef struct _WS_XML_READER_PROPERTIES {
    WS_XML_READER_PROPERTY *properties;
    ULONG propertyCount;
} WS_XML_READER_PROPERTIES;

typedef struct _WS_XML_WRITER_PROPERTIES {
    WS_XML_WRITER_PROPERTY *properties;
    ULONG propertyCount;
} WS_XML_WRITER_PROPERTIES;

typedef enum {
    WS_ACTION_HEADER = 1,
    WS_TO_HEADER = 2,
    WS_MESSAGE_ID_HEADER = 3,
    WS_RELATES_TO_HEADER = 4,
    WS_FROM_HEADER = 5,
    WS_REPLY_TO_HEADER = 6,
    WS_FAULT_TO_HEADER = 7
} WS_HEADER_TYPE;

/* Those of the types that the engine takes. */
typedef enum { WS_STRING_TYPE = 16, WS_XML_STRING_TYPE = 19, WS_XML_BUFFER_TYPE = 21 } WS_TYPE;

typedef enum {
    WS_WRITE_REQUIRED_VALUE = 1,
    WS_WRITE_REQUIRED_POINTER = 2,
    WS_WRITE_NILLABLE_VALUE = 3,
    WS_WRITE_NILLABLE_POINTER = 4
} WS_WRITE_OPTION;

typedef struct _WS_ELEMENT_DESCRIPTION {
    WS_XML_STRING *elementLocalName;
    WS_XML_STRING *elementNs;
    WS_TYPE type;
    void *typeDescription;
} WS_ELEMENT_DESCRIPTION;

#define WS_MUST_UNDERSTAND_HEADER_ATTRIBUTE 0x1
#define WS_RELAY_HEADER_ATTRIBUTE           0x2

HRESULT WINAPI WsCreateMessageForChannel(WS_CHANNEL *channel, const WS_MESSAGE_PROPERTY *properties,
                                         ULONG propertyCount, WS_MESSAGE **message, WS_ERROR *error);
void WINAPI WsFreeMessage(WS_MESSAGE *message);
HRESULT WINAPI WsResetMessage(WS_MESSAGE *message, WS_ERROR *error);
/* The engine takes blank messages and requests. */
HRESULT WINAPI WsInitializeMessage(WS_MESSAGE *message, WS_MESSAGE_INITIALIZATION initialization,
                                   WS_MESSAGE *sourceMessage, WS_ERROR *error);
HRESULT WINAPI WsGetMessageProperty(WS_MESSAGE *message, WS_MESSAGE_PROPERTY_ID id, void *value, ULONG valueSize,
                                    WS_ERROR *error);
/* The To of the message, where that is not the address of the channel. The engine takes a URL alone. */
HRESULT WINAPI WsAddressMessage(WS_MESSAGE *message, const WS_ENDPOINT_ADDRESS *address, WS_ERROR *error);
/* The engine takes strings for the action and the message's id. */
HRESULT WINAPI WsSetHeader(WS_MESSAGE *message, WS_HEADER_TYPE headerType, WS_TYPE valueType,
                           WS_WRITE_OPTION writeOption, const void *value, ULONG valueSize, WS_ERROR *error);
/* The engine takes XML buffers, whose element gets the name of the description. */
HRESULT WINAPI WsAddCustomHeader(WS_MESSAGE *message, const WS_ELEMENT_DESCRIPTION *headerDescription,
                                 WS_WRITE_OPTION writeOption, const void *value, ULONG valueSize,
                                 ULONG headerAttributes, WS_ERROR *error);

/* A request is written and sent by the first two, its reply received and read by the others. */
HRESULT WINAPI WsWriteMessageStart(WS_CHANNEL *channel, WS_MESSAGE *message, const WS_ASYNC_CONTEXT *asyncContext,
                                   WS_ERROR *error);
HRESULT WINAPI WsWriteMessageEnd(WS_CHANNEL *channel, WS_MESSAGE *message, const WS_ASYNC_CONTEXT *asyncContext,
                                 WS_ERROR *error);
HRESULT WINAPI WsReadMessageStart(WS_CHANNEL *channel, WS_MESSAGE *message, const WS_ASYNC_CONTEXT *asyncContext,
                                  WS_ERROR *error);
HRESULT WINAPI WsReadMessageEnd(WS_CHANNEL *channel, WS_MESSAGE *message, const WS_ASYNC_CONTEXT *asyncContext,
                                WS_ERROR *error);

#ifdef __cplusplus
}
#endif

#endif
