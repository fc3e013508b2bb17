/* SPDX-License-Identifier: MIT
 *
 * Security tokens: every argument that is refused, the properties, what is copied and what is kept, and that a raw key
 * is wiped.
 */
#include "ncrypt_support.h"
#include "wincrypt.h"
#include "ws_support.h"

static const char TOKEN[] = "<t Id=\"1\"/>";
static const char REFERENCE[] = "<r URI=\"#1\"/>";
static BYTE secret[] = "a secret of thirty-two bytes ...";

static WS_RAW_SYMMETRIC_SECURITY_KEY_HANDLE raw_key(void)
{
    return (WS_RAW_SYMMETRIC_SECURITY_KEY_HANDLE){{WS_RAW_SYMMETRIC_SECURITY_KEY_HANDLE_TYPE}, {32, secret}};
}

static WS_XML_SECURITY_TOKEN_PROPERTY buffer_property(WS_XML_SECURITY_TOKEN_PROPERTY_ID id, WS_XML_BUFFER **buffer)
{
    return (WS_XML_SECURITY_TOKEN_PROPERTY){id, buffer, sizeof *buffer};
}

static WS_XML_SECURITY_TOKEN_PROPERTY attached(WS_XML_BUFFER **buffer)
{
    return buffer_property(WS_XML_SECURITY_TOKEN_PROPERTY_ATTACHED_REFERENCE, buffer);
}

static WS_SECURITY_KEY_TYPE key_type(WS_SECURITY_TOKEN *token)
{
    WS_SECURITY_KEY_TYPE type = 0;

    CHECK_STATUS(
        WsGetSecurityTokenProperty(token, WS_SECURITY_TOKEN_PROPERTY_KEY_TYPE, &type, sizeof type, NULL, error), 0);
    return type;
}

static void check_xml(WS_SECURITY_TOKEN *token, WS_SECURITY_TOKEN_PROPERTY_ID id, const char *expected)
{
    WS_XML_BUFFER *buffer = (WS_XML_BUFFER *)heap;

    CHECK_STATUS(WsGetSecurityTokenProperty(token, id, &buffer, sizeof buffer, NULL, error), 0);
    if (expected == NULL) {
        CHECK(buffer == NULL);
    } else {
        CHECK(strcmp(text_of(buffer), expected) == 0);
    }
}

static void test_bearer(void)
{
    WS_DATETIME from = {5, WS_DATETIME_FORMAT_UTC}, till = {7, WS_DATETIME_FORMAT_LOCAL}, got = {1, 0};
    WS_XML_SECURITY_TOKEN_PROPERTY properties[] = {
        {WS_XML_SECURITY_TOKEN_PROPERTY_VALID_TILL_TIME, &till, sizeof till},
        {WS_XML_SECURITY_TOKEN_PROPERTY_VALID_FROM_TIME, &from, sizeof from},
    };
    WS_SECURITY_TOKEN *token = NULL;
    WS_BYTES key;

    CHECK_STATUS(WsCreateXmlSecurityToken(make_buffer(TOKEN), NULL, NULL, 0, &token, error), 0);
    CHECK_STATUS(WsResetHeap(heap, NULL), 0);
    CHECK(key_type(token) == WS_SECURITY_KEY_TYPE_NONE);
    check_xml(token, WS_SECURITY_TOKEN_PROPERTY_SERIALIZED_XML, TOKEN);
    check_xml(token, WS_SECURITY_TOKEN_PROPERTY_ATTACHED_REFERENCE_XML, NULL);
    check_xml(token, WS_SECURITY_TOKEN_PROPERTY_UNATTACHED_REFERENCE_XML, NULL);
    CHECK_STATUS(
        WsGetSecurityTokenProperty(token, WS_SECURITY_TOKEN_PROPERTY_VALID_FROM_TIME, &got, sizeof got, NULL, error),
        0);
    CHECK(got.ticks == 0);
    CHECK_FAILURE(
        WsGetSecurityTokenProperty(token, WS_SECURITY_TOKEN_PROPERTY_SYMMETRIC_KEY, &key, sizeof key, heap, error),
        E_INVALIDARG, "no symmetric key");
    WsFreeSecurityToken(token);
    CHECK_STATUS(WsCreateXmlSecurityToken(make_buffer(TOKEN), NULL, properties, 2, &token, error), 0);
    CHECK_STATUS(
        WsGetSecurityTokenProperty(token, WS_SECURITY_TOKEN_PROPERTY_VALID_FROM_TIME, &got, sizeof got, NULL, error),
        0);
    CHECK(got.ticks == 5 && got.format == WS_DATETIME_FORMAT_UTC);
    CHECK_STATUS(
        WsGetSecurityTokenProperty(token, WS_SECURITY_TOKEN_PROPERTY_VALID_TILL_TIME, &got, sizeof got, NULL, error),
        0);
    CHECK(got.ticks == 7 && got.format == WS_DATETIME_FORMAT_LOCAL);
    WsFreeSecurityToken(token);
    WsFreeSecurityToken(token);
}

static void test_raw_key(void)
{
    WS_RAW_SYMMETRIC_SECURITY_KEY_HANDLE key = raw_key();
    WS_XML_BUFFER *one = make_buffer(REFERENCE), *two = make_buffer("<u/>");
    WS_XML_SECURITY_TOKEN_PROPERTY properties[] = {
        attached(&one), buffer_property(WS_XML_SECURITY_TOKEN_PROPERTY_UNATTACHED_REFERENCE, &two)};
    WS_SECURITY_TOKEN *token = NULL;
    WS_BYTES bytes = {0, NULL};

    CHECK_STATUS(WsCreateXmlSecurityToken(make_buffer(TOKEN), &key.keyHandle, properties, 2, &token, error), 0);
    secret[0] = 'z';
    CHECK_STATUS(WsResetHeap(heap, NULL), 0);
    CHECK(key_type(token) == WS_SECURITY_KEY_TYPE_SYMMETRIC);
    check_xml(token, WS_SECURITY_TOKEN_PROPERTY_ATTACHED_REFERENCE_XML, REFERENCE);
    check_xml(token, WS_SECURITY_TOKEN_PROPERTY_UNATTACHED_REFERENCE_XML, "<u/>");
    CHECK_STATUS(
        WsGetSecurityTokenProperty(token, WS_SECURITY_TOKEN_PROPERTY_SYMMETRIC_KEY, &bytes, sizeof bytes, heap, error),
        0);
    CHECK(bytes.length == 32 && bytes.bytes[0] == 'a' && memcmp(bytes.bytes + 1, secret + 1, 31) == 0);
    WsFreeSecurityToken(token);
    CHECK(bytes.bytes[0] == 'a');
    secret[0] = 'a';
    CHECK_STATUS(WsResetHeap(heap, NULL), 0);
}

/* The token keeps the handle and does not own it. */
static void test_ncrypt_key(void)
{
    NCRYPT_PROV_HANDLE provider = open_provider();
    NCRYPT_KEY_HANDLE key = make_key(provider, BCRYPT_ECDSA_P256_ALGORITHM, NULL);
    WS_NCRYPT_ASYMMETRIC_SECURITY_KEY_HANDLE handle = {{WS_NCRYPT_ASYMMETRIC_SECURITY_KEY_HANDLE_TYPE}, key};
    WS_XML_BUFFER *xml = make_buffer(TOKEN), *one = make_buffer(REFERENCE);
    WS_XML_SECURITY_TOKEN_PROPERTY property = attached(&one);
    WS_SECURITY_TOKEN *token = NULL, *none = NULL;

    CHECK_STATUS(WsCreateXmlSecurityToken(xml, &handle.keyHandle, &property, 1, &token, error), 0);
    CHECK(key_type(token) == WS_SECURITY_KEY_TYPE_ASYMMETRIC);
    WsFreeSecurityToken(token);
    CHECK(NCryptIsKeyHandle(key));
    CHECK_STATUS(WsCreateXmlSecurityToken(xml, &handle.keyHandle, &property, 1, &token, error), 0);
    free_handle(key);
    CHECK_FAILURE(WsCreateXmlSecurityToken(xml, &handle.keyHandle, &property, 1, &none, error), E_INVALIDARG,
                  "not a live key");
    CHECK(key_type(token) == WS_SECURITY_KEY_TYPE_ASYMMETRIC);
    WsFreeSecurityToken(token);
    handle.asymmetricKey = provider;
    CHECK_FAILURE(WsCreateXmlSecurityToken(xml, &handle.keyHandle, &property, 1, &none, error), E_INVALIDARG,
                  "not a live key");
    handle.asymmetricKey = 0;
    CHECK_FAILURE(WsCreateXmlSecurityToken(xml, &handle.keyHandle, &property, 1, &none, error), E_INVALIDARG,
                  "not a live key");
    free_handle(provider);
    CHECK(none == NULL);
}

static void test_capi_key(void)
{
    WS_CAPI_ASYMMETRIC_SECURITY_KEY_HANDLE handle = {{WS_CAPI_ASYMMETRIC_SECURITY_KEY_HANDLE_TYPE}, 0, AT_SIGNATURE};
    WS_XML_BUFFER *xml = make_buffer(TOKEN), *one = make_buffer(REFERENCE);
    WS_XML_SECURITY_TOKEN_PROPERTY property = attached(&one);
    WS_SECURITY_TOKEN *token = NULL;

    CHECK_FAILURE(WsCreateXmlSecurityToken(xml, &handle.keyHandle, &property, 1, &token, error), E_INVALIDARG,
                  "not a live provider");
    CHECK(CryptAcquireContextW(&handle.provider, NULL, NULL, PROV_RSA_AES, CRYPT_VERIFYCONTEXT));
    CHECK_STATUS(WsCreateXmlSecurityToken(xml, &handle.keyHandle, &property, 1, &token, error), 0);
    CHECK(key_type(token) == WS_SECURITY_KEY_TYPE_ASYMMETRIC);
    WsFreeSecurityToken(token);
    handle.keySpec = 3;
    CHECK_FAILURE(WsCreateXmlSecurityToken(xml, &handle.keyHandle, &property, 1, &token, error), E_INVALIDARG,
                  "key spec is 3");
    CHECK(CryptReleaseContext(handle.provider, 0));
}

static void refuse(WS_XML_BUFFER *xml, const void *key, const WS_XML_SECURITY_TOKEN_PROPERTY *properties, ULONG count,
                   const char *words)
{
    WS_SECURITY_TOKEN *token = NULL;

    CHECK_FAILURE(WsCreateXmlSecurityToken(xml, key, properties, count, &token, error), E_INVALIDARG, words);
    CHECK(token == NULL);
}

static void test_refused_keys(void)
{
    WS_RAW_SYMMETRIC_SECURITY_KEY_HANDLE key = raw_key();
    WS_XML_BUFFER *xml = make_buffer(TOKEN), *one = make_buffer(REFERENCE);
    WS_XML_SECURITY_TOKEN_PROPERTY property = attached(&one);
    WS_XML_SECURITY_TOKEN_PROPERTY other = buffer_property(WS_XML_SECURITY_TOKEN_PROPERTY_UNATTACHED_REFERENCE, &one);

    refuse(xml, &key, NULL, 0, "needs an attached reference");
    refuse(xml, &key, &other, 1, "needs an attached reference");
    refuse(xml, NULL, &property, 1, "takes no references");
    refuse(xml, NULL, &other, 1, "takes no references");
    key.rawKeyBytes.length = 0;
    refuse(xml, &key, &property, 1, "no bytes");
    key.rawKeyBytes = (WS_BYTES){4, NULL};
    refuse(xml, &key, &property, 1, "no bytes");
    key.keyHandle.keyHandleType = (WS_SECURITY_KEY_HANDLE_TYPE)0;
    refuse(xml, &key, &property, 1, "key handle type 0");
    key.keyHandle.keyHandleType = (WS_SECURITY_KEY_HANDLE_TYPE)4;
    refuse(xml, &key, &property, 1, "key handle type 4");
}

static void test_refused_xml(void)
{
    WS_RAW_SYMMETRIC_SECURITY_KEY_HANDLE key = raw_key();
    WS_XML_BUFFER *xml = make_buffer(TOKEN), *empty = NULL, *two = NULL, *text = NULL;
    BOOL yes = TRUE;
    WS_XML_READER_PROPERTY fragment = {WS_XML_READER_PROPERTY_ALLOW_FRAGMENT, &yes, sizeof yes};
    WS_XML_SECURITY_TOKEN_PROPERTY property = attached(&empty);

    CHECK_STATUS(WsCreateXmlBuffer(heap, NULL, 0, &empty, error), 0);
    CHECK_STATUS(WsReadXmlBufferFromBytes(reader, NULL, &fragment, 1, "<a/><b/>", 8, heap, &two, error), 0);
    CHECK_STATUS(WsReadXmlBufferFromBytes(reader, NULL, &fragment, 1, "<a/>x", 5, heap, &text, error), 0);
    refuse(NULL, NULL, NULL, 0, "token's XML");
    refuse(empty, NULL, NULL, 0, "0 at the top");
    refuse(two, NULL, NULL, 0, "2 at the top");
    refuse(text, NULL, NULL, 0, "text beside");
    refuse(xml, &key, &property, 1, "attached reference is not one element");
    empty = two;
    refuse(xml, &key, &property, 1, "attached reference is not one element");
    empty = NULL;
    refuse(xml, &key, &property, 1, "attached reference is not a live");
    CHECK_FAILURE(WsCreateXmlSecurityToken(xml, NULL, NULL, 0, NULL, error), E_INVALIDARG, "address");
}

static void test_refused_properties(void)
{
    WS_RAW_SYMMETRIC_SECURITY_KEY_HANDLE key = raw_key();
    WS_XML_BUFFER *xml = make_buffer(TOKEN), *one = make_buffer(REFERENCE);
    WS_DATETIME late = {3155378976000000000u, WS_DATETIME_FORMAT_UTC}, odd = {1, (WS_DATETIME_FORMAT)3};
    WS_XML_SECURITY_TOKEN_PROPERTY properties[] = {attached(&one), attached(&one)};

    refuse(xml, NULL, NULL, 1, "count is not 0");
    refuse(xml, &key, properties, 2, "given twice");
    properties[0].valueSize = 4;
    refuse(xml, &key, properties, 1, "exactly 8 bytes");
    properties[0] = (WS_XML_SECURITY_TOKEN_PROPERTY){properties[1].id, NULL, 8};
    refuse(xml, &key, properties, 1, "exactly 8 bytes");
    properties[0].id = (WS_XML_SECURITY_TOKEN_PROPERTY_ID)0;
    refuse(xml, &key, properties, 1, "no property 0");
    properties[0].id = (WS_XML_SECURITY_TOKEN_PROPERTY_ID)5;
    refuse(xml, &key, properties, 1, "no property 5");
    properties[0] = (WS_XML_SECURITY_TOKEN_PROPERTY){WS_XML_SECURITY_TOKEN_PROPERTY_VALID_FROM_TIME, &late, 8};
    refuse(xml, NULL, properties, 1, "exactly 16 bytes");
    properties[0].valueSize = 16;
    refuse(xml, NULL, properties, 1, "9999");
    properties[0].value = &odd;
    refuse(xml, NULL, properties, 1, "format");
}

static void test_get_arguments(void)
{
    WS_SECURITY_TOKEN *token = NULL;
    uint64_t value[4];

    CHECK_STATUS(WsCreateXmlSecurityToken(make_buffer(TOKEN), NULL, NULL, 0, &token, error), 0);
    for (int id = 1; id < 8; id++) {
        WS_HEAP *own = id == WS_SECURITY_TOKEN_PROPERTY_SYMMETRIC_KEY ? heap : NULL;
        WS_SECURITY_TOKEN_PROPERTY_ID property = (WS_SECURITY_TOKEN_PROPERTY_ID)id;
        ULONG size = id == 1 ? 4 : id < 4 || id == 7 ? 16 : 8;

        CHECK_FAILURE(WsGetSecurityTokenProperty(token, property, value, size + 1, own, error), E_INVALIDARG,
                      "exactly");
        CHECK_FAILURE(WsGetSecurityTokenProperty(token, property, value, size - 1, own, error), E_INVALIDARG,
                      "exactly");
        CHECK_FAILURE(WsGetSecurityTokenProperty(token, property, NULL, size, own, error), E_INVALIDARG, "exactly");
        CHECK_FAILURE(WsGetSecurityTokenProperty(token, property, value, size, own == NULL ? heap : NULL, error),
                      E_INVALIDARG, "heap");
    }
    CHECK_FAILURE(WsGetSecurityTokenProperty(token, (WS_SECURITY_TOKEN_PROPERTY_ID)8, value, 8, NULL, error),
                  E_INVALIDARG, "no property 8");
    CHECK_FAILURE(WsGetSecurityTokenProperty(token, (WS_SECURITY_TOKEN_PROPERTY_ID)0, value, 8, NULL, error),
                  E_INVALIDARG, "no property 0");
    WsFreeSecurityToken(token);
}

int main(void)
{
    home_make();
    ws_set_up();
    RUN(test_bearer);
    RUN(test_raw_key);
    RUN(test_ncrypt_key);
    RUN(test_capi_key);
    RUN(test_refused_keys);
    RUN(test_refused_xml);
    RUN(test_refused_properties);
    RUN(test_get_arguments);
    ws_tear_down();
    return test_result("ws_token");
}
