/* SPDX-License-Identifier: MIT
 *
 * WsCreateXmlSecurityToken, WsGetSecurityTokenProperty, WsFreeSecurityToken.
 */
#include <stdlib.h>
#include <string.h>

#include "webservices/calendar.h"
#include "webservices/heap.h"
#include "webservices/token.h"
#include "wincrypt.h"

static void destroy_token(void *object)
{
    struct token *token = object;

    for (int i = 0; i < PART_COUNT; i++) {
        if (token->buffers[i] != NULL) {
            object_close(token->buffers[i], HANDLE_WS_BUFFER);
        }
        document_release(token->parts[i]);
    }
    ncx_secret_free(token->key.secret);
    free(token);
}

/* ---- creation -----------------------------------------------------------------------------------------------------
 */

static HRESULT take_part(struct token *token, enum part part, const WS_XML_BUFFER *buffer, WS_ERROR *error)
{
    static const char *const NAMES[] = {"token's XML", "attached reference", "unattached reference"};
    struct document *document = document_of(buffer);

    if (document == NULL) {
        return ws_fail(error, E_INVALIDARG, "the %s is not a live WS_XML_BUFFER", NAMES[part]);
    }
    token->parts[part] = document;
    if (document->elements != 1 || document->loose) {
        return ws_fail(error, E_INVALIDARG, "the %s is not one element: it has %u at the top%s", NAMES[part],
                       document->elements, document->loose ? ", and text beside them" : "");
    }
    return ERROR_SUCCESS;
}

static HRESULT take_raw_key(struct token_key *key, const WS_BYTES *bytes, WS_ERROR *error)
{
    if (bytes->bytes == NULL || bytes->length == 0) {
        return ws_fail(error, E_INVALIDARG, "the token's raw key has no bytes");
    }
    key->secret = ncx_secret_alloc(bytes->length);
    if (key->secret == NULL) {
        return ws_no_memory(error);
    }
    memcpy(key->secret, bytes->bytes, bytes->length);
    key->secret_size = bytes->length;
    return ERROR_SUCCESS;
}

static HRESULT take_ncrypt_key(struct token_key *key, NCRYPT_KEY_HANDLE handle, WS_ERROR *error)
{
    if (!NCryptIsKeyHandle(handle)) {
        return ws_fail(error, E_INVALIDARG, "the token's NCRYPT_KEY_HANDLE is not a live key");
    }
    key->ncrypt = handle;
    return ERROR_SUCCESS;
}

static HRESULT take_capi_key(struct token_key *key, HCRYPTPROV provider, ULONG spec, WS_ERROR *error)
{
    if (ncx_object_acquire(provider, HANDLE_CAPI_CONTEXT) == NULL) {
        return ws_fail(error, E_INVALIDARG, "the token's HCRYPTPROV is not a live provider");
    }
    ncx_object_release(provider);
    if (spec != AT_KEYEXCHANGE && spec != AT_SIGNATURE) {
        return ws_fail(error, E_INVALIDARG, "the token's key spec is %u, not AT_KEYEXCHANGE or AT_SIGNATURE", spec);
    }
    key->provider = provider;
    key->spec = spec;
    return ERROR_SUCCESS;
}

static HRESULT take_key(struct token *token, const WS_SECURITY_KEY_HANDLE *handle, WS_ERROR *error)
{
    struct token_key *key = &token->key;

    if (handle == NULL) {
        return ERROR_SUCCESS;
    }
    key->type = handle->keyHandleType;
    switch (handle->keyHandleType) {
    case WS_RAW_SYMMETRIC_SECURITY_KEY_HANDLE_TYPE:
        return take_raw_key(key, &((const WS_RAW_SYMMETRIC_SECURITY_KEY_HANDLE *)handle)->rawKeyBytes, error);
    case WS_NCRYPT_ASYMMETRIC_SECURITY_KEY_HANDLE_TYPE:
        return take_ncrypt_key(key, ((const WS_NCRYPT_ASYMMETRIC_SECURITY_KEY_HANDLE *)handle)->asymmetricKey, error);
    case WS_CAPI_ASYMMETRIC_SECURITY_KEY_HANDLE_TYPE:
        return take_capi_key(key, ((const WS_CAPI_ASYMMETRIC_SECURITY_KEY_HANDLE *)handle)->provider,
                             ((const WS_CAPI_ASYMMETRIC_SECURITY_KEY_HANDLE *)handle)->keySpec, error);
    default:
        return ws_fail(error, E_INVALIDARG, "there is no key handle type %d", (int)handle->keyHandleType);
    }
}

static HRESULT take_time(WS_DATETIME *time, const WS_DATETIME *value, WS_ERROR *error)
{
    if (value->ticks > LAST_TICK || (unsigned)value->format > WS_DATETIME_FORMAT_NONE) {
        return ws_fail(error, E_INVALIDARG, "a time of the token's is after the year 9999 or has no known format");
    }
    *time = *value;
    return ERROR_SUCCESS;
}

static HRESULT take_property(struct token *token, const WS_XML_SECURITY_TOKEN_PROPERTY *property, WS_ERROR *error)
{
    bool is_time = property->id == WS_XML_SECURITY_TOKEN_PROPERTY_VALID_FROM_TIME ||
                   property->id == WS_XML_SECURITY_TOKEN_PROPERTY_VALID_TILL_TIME;
    size_t size = is_time ? sizeof(WS_DATETIME) : sizeof(WS_XML_BUFFER *);

    if (property->id < WS_XML_SECURITY_TOKEN_PROPERTY_ATTACHED_REFERENCE ||
        property->id > WS_XML_SECURITY_TOKEN_PROPERTY_VALID_TILL_TIME) {
        return ws_fail(error, E_INVALIDARG, "a token is created with no property %d", (int)property->id);
    }
    if (property->value == NULL || property->valueSize != size) {
        return ws_fail(error, E_INVALIDARG, "property %d of a token takes exactly %zu bytes", (int)property->id, size);
    }
    switch (property->id) {
    case WS_XML_SECURITY_TOKEN_PROPERTY_VALID_FROM_TIME:
        return take_time(&token->from, property->value, error);
    case WS_XML_SECURITY_TOKEN_PROPERTY_VALID_TILL_TIME:
        return take_time(&token->till, property->value, error);
    case WS_XML_SECURITY_TOKEN_PROPERTY_ATTACHED_REFERENCE:
        return take_part(token, PART_ATTACHED, *(WS_XML_BUFFER *const *)property->value, error);
    case WS_XML_SECURITY_TOKEN_PROPERTY_UNATTACHED_REFERENCE:
    default:
        return take_part(token, PART_UNATTACHED, *(WS_XML_BUFFER *const *)property->value, error);
    }
}

static HRESULT take_properties(struct token *token, const WS_XML_SECURITY_TOKEN_PROPERTY *properties, ULONG count,
                               WS_ERROR *error)
{
    unsigned seen = 0;

    if (properties == NULL && count != 0) {
        return ws_fail(error, E_INVALIDARG, "the properties are NULL and their count is not 0");
    }
    for (ULONG i = 0; i < count; i++) {
        unsigned bit = 1u << ((unsigned)properties[i].id & 15);
        HRESULT status;

        if ((seen & bit) != 0) {
            return ws_fail(error, E_INVALIDARG, "property %d of the token is given twice", (int)properties[i].id);
        }
        seen |= bit;
        status = take_property(token, &properties[i], error);
        if (status != ERROR_SUCCESS) {
            return status;
        }
    }
    return ERROR_SUCCESS;
}

static HRESULT check_references(const struct token *token, WS_ERROR *error)
{
    if (token->key.type != 0 && token->parts[PART_ATTACHED] == NULL) {
        return ws_fail(error, E_INVALIDARG, "a token with a key needs an attached reference");
    }
    if (token->key.type == 0 && (token->parts[PART_ATTACHED] != NULL || token->parts[PART_UNATTACHED] != NULL)) {
        return ws_fail(error, E_INVALIDARG, "a token without a key takes no references");
    }
    return ERROR_SUCCESS;
}

static HRESULT create_token(WS_XML_BUFFER *xml, const WS_SECURITY_KEY_HANDLE *key,
                            const WS_XML_SECURITY_TOKEN_PROPERTY *properties, ULONG count, WS_SECURITY_TOKEN **token,
                            WS_ERROR *error)
{
    struct token *created;
    HRESULT status;

    if (token == NULL) {
        return ws_fail(error, E_INVALIDARG, "the address for the new token is NULL");
    }
    created = calloc(1, sizeof *created);
    if (created == NULL) {
        return ws_no_memory(error);
    }
    status = take_part(created, PART_XML, xml, error);
    if (status == ERROR_SUCCESS) {
        status = take_key(created, key, error);
    }
    if (status == ERROR_SUCCESS) {
        status = take_properties(created, properties, count, error);
    }
    if (status == ERROR_SUCCESS) {
        status = check_references(created, error);
    }
    if (status == ERROR_SUCCESS &&
        object_publish(HANDLE_WS_TOKEN, created, destroy_token, (void **)token) != ERROR_SUCCESS) {
        status = ws_no_memory(error);
    }
    if (status != ERROR_SUCCESS) {
        destroy_token(created);
    }
    return status;
}

HRESULT WINAPI WsCreateXmlSecurityToken(WS_XML_BUFFER *tokenXml, const WS_SECURITY_KEY_HANDLE *tokenKey,
                                        const WS_XML_SECURITY_TOKEN_PROPERTY *properties, ULONG propertyCount,
                                        WS_SECURITY_TOKEN **token, WS_ERROR *error)
{
    return ncx_trace("WsCreateXmlSecurityToken",
                     create_token(tokenXml, tokenKey, properties, propertyCount, token, error));
}

void WINAPI WsFreeSecurityToken(WS_SECURITY_TOKEN *token)
{
    object_close(token, HANDLE_WS_TOKEN);
}

/* ---- properties ---------------------------------------------------------------------------------------------------
 */

static WS_SECURITY_KEY_TYPE key_type(const struct token *token)
{
    switch (token->key.type) {
    case WS_RAW_SYMMETRIC_SECURITY_KEY_HANDLE_TYPE:
        return WS_SECURITY_KEY_TYPE_SYMMETRIC;
    case WS_NCRYPT_ASYMMETRIC_SECURITY_KEY_HANDLE_TYPE:
    case WS_CAPI_ASYMMETRIC_SECURITY_KEY_HANDLE_TYPE:
        return WS_SECURITY_KEY_TYPE_ASYMMETRIC;
    default:
        return WS_SECURITY_KEY_TYPE_NONE;
    }
}

/* The XML buffer stays the token's. NULL for a reference that the token has not. */
static HRESULT get_part(struct token *token, enum part part, WS_XML_BUFFER **buffer, WS_ERROR *error)
{
    if (token->parts[part] != NULL && token->buffers[part] == NULL) {
        if (document_publish(document_share(token->parts[part]), &token->buffers[part]) != ERROR_SUCCESS) {
            document_release(token->parts[part]);
            return ws_no_memory(error);
        }
    }
    *buffer = token->buffers[part];
    return ERROR_SUCCESS;
}

static HRESULT get_symmetric_key(const struct token *token, WS_HEAP *heap, WS_BYTES *bytes, WS_ERROR *error)
{
    const struct token_key *key = &token->key;
    void *object;
    void *copy;
    HRESULT status;

    if (key->secret == NULL) {
        return ws_fail(error, E_INVALIDARG, "the token has no symmetric key");
    }
    status = object_enter(heap, HANDLE_WS_HEAP, &object, error);
    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = heap_fail(object, heap_alloc_secret(object, key->secret_size, &copy), key->secret_size, error);
    if (status == ERROR_SUCCESS) {
        memcpy(copy, key->secret, key->secret_size);
        *bytes = (WS_BYTES){key->secret_size, copy};
    }
    object_leave(heap, object);
    return status;
}

static HRESULT check_property(WS_SECURITY_TOKEN_PROPERTY_ID id, const void *value, ULONG size, const WS_HEAP *heap,
                              WS_ERROR *error)
{
    static const size_t SIZES[] = {
        [WS_SECURITY_TOKEN_PROPERTY_KEY_TYPE] = sizeof(WS_SECURITY_KEY_TYPE),
        [WS_SECURITY_TOKEN_PROPERTY_VALID_FROM_TIME] = sizeof(WS_DATETIME),
        [WS_SECURITY_TOKEN_PROPERTY_VALID_TILL_TIME] = sizeof(WS_DATETIME),
        [WS_SECURITY_TOKEN_PROPERTY_SERIALIZED_XML] = sizeof(WS_XML_BUFFER *),
        [WS_SECURITY_TOKEN_PROPERTY_ATTACHED_REFERENCE_XML] = sizeof(WS_XML_BUFFER *),
        [WS_SECURITY_TOKEN_PROPERTY_UNATTACHED_REFERENCE_XML] = sizeof(WS_XML_BUFFER *),
        [WS_SECURITY_TOKEN_PROPERTY_SYMMETRIC_KEY] = sizeof(WS_BYTES),
    };

    if ((size_t)id >= sizeof SIZES / sizeof *SIZES || SIZES[id] == 0) {
        return ws_fail(error, E_INVALIDARG, "a token has no property %d", (int)id);
    }
    if (value == NULL || size != SIZES[id]) {
        return ws_fail(error, E_INVALIDARG, "property %d of a token takes exactly %zu bytes", (int)id, SIZES[id]);
    }
    if ((heap != NULL) != (id == WS_SECURITY_TOKEN_PROPERTY_SYMMETRIC_KEY)) {
        return ws_fail(error, E_INVALIDARG, "the symmetric key is the one property that takes a heap");
    }
    return ERROR_SUCCESS;
}

static HRESULT get_property(struct token *token, WS_SECURITY_TOKEN_PROPERTY_ID id, void *value, ULONG size,
                            WS_HEAP *heap, WS_ERROR *error)
{
    HRESULT status = check_property(id, value, size, heap, error);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    switch (id) {
    case WS_SECURITY_TOKEN_PROPERTY_KEY_TYPE:
        *(WS_SECURITY_KEY_TYPE *)value = key_type(token);
        return ERROR_SUCCESS;
    case WS_SECURITY_TOKEN_PROPERTY_VALID_FROM_TIME:
        *(WS_DATETIME *)value = token->from;
        return ERROR_SUCCESS;
    case WS_SECURITY_TOKEN_PROPERTY_VALID_TILL_TIME:
        *(WS_DATETIME *)value = token->till;
        return ERROR_SUCCESS;
    case WS_SECURITY_TOKEN_PROPERTY_SERIALIZED_XML:
        return get_part(token, PART_XML, value, error);
    case WS_SECURITY_TOKEN_PROPERTY_ATTACHED_REFERENCE_XML:
        return get_part(token, PART_ATTACHED, value, error);
    case WS_SECURITY_TOKEN_PROPERTY_UNATTACHED_REFERENCE_XML:
        return get_part(token, PART_UNATTACHED, value, error);
    case WS_SECURITY_TOKEN_PROPERTY_SYMMETRIC_KEY:
    default:
        return get_symmetric_key(token, heap, value, error);
    }
}

HRESULT WINAPI WsGetSecurityTokenProperty(WS_SECURITY_TOKEN *securityToken, WS_SECURITY_TOKEN_PROPERTY_ID id,
                                          void *value, ULONG valueSize, WS_HEAP *heap, WS_ERROR *error)
{
    void *object;
    HRESULT status = object_enter(securityToken, HANDLE_WS_TOKEN, &object, error);

    if (status == ERROR_SUCCESS) {
        status = get_property(object, id, value, valueSize, heap, error);
        object_leave(securityToken, object);
    }
    return ncx_trace("WsGetSecurityTokenProperty", status);
}
