/* SPDX-License-Identifier: MIT
 *
 * For tests of security descriptions: tokens of each kind, and descriptions with them.
 */
#ifndef TESTS_ENGINE_SECURITY_SUPPORT_H
#define TESTS_ENGINE_SECURITY_SUPPORT_H

#include "ncrypt_ext_ws.h"
#include "ncrypt_support.h"
#include "webservices/envelope.h"
#include "webservices/soap.h"
#include "ws_support.h"

#define X509 "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3"
#define X509_TOKEN                                                                                                     \
    "<w:BinarySecurityToken xmlns:w=\"" SECURITY_URI "\" xmlns:u=\"" UTILITY_URI "\" u:Id=\"X\">AA=="                  \
    "</w:BinarySecurityToken>"
#define X509_REFERENCE                                                                                                 \
    "<w:SecurityTokenReference xmlns:w=\"" SECURITY_URI "\"><w:Reference URI=\"#X\" ValueType=\"" X509                 \
    "\"/></w:SecurityTokenReference>"
#define OTHER_TOKEN     "<t:Other xmlns:t=\"urn:t\" Id=\"T\"><inner/></t:Other>"
#define OTHER_REFERENCE "<r><inner URI=\"#T\"/></r>"
#define USER_TOKEN      "<w:UsernameToken xmlns:w=\"" SECURITY_URI "\"><w:Username>n</w:Username></w:UsernameToken>"

#define MAX_ITEMS 8

/* What a channel is made with. */
struct described {
    WS_SECURITY_DESCRIPTION description;
    WS_SECURITY_BINDING *bindings[MAX_ITEMS];
    WS_XML_TOKEN_MESSAGE_SECURITY_BINDING tokens[MAX_ITEMS];
    WS_SSL_TRANSPORT_SECURITY_BINDING ssl;
    WS_SECURITY_PROPERTY properties[MAX_ITEMS];
    struct settings settings;
};

static BYTE raw_secret[64] = "a secret of thirty-two bytes ... and thirty-two bytes after them";
static NCRYPT_PROV_HANDLE rsa_provider;
static NCRYPT_KEY_HANDLE rsa_key; /* of 1024 bits */

static inline NCRYPT_KEY_HANDLE make_rsa_key(DWORD bits)
{
    NCRYPT_KEY_HANDLE key = begin_key(rsa_provider, NCRYPT_RSA_ALGORITHM, NULL, 0);

    CHECK_STATUS(set_dword(key, NCRYPT_LENGTH_PROPERTY, bits, 0), 0);
    CHECK_STATUS(NCryptFinalizeKey(key, 0), 0);
    return key;
}

static inline void security_set_up(void)
{
    home_make();
    ws_set_up();
    rsa_provider = open_provider();
    rsa_key = make_rsa_key(1024);
}

static inline void security_tear_down(void)
{
    free_handle(rsa_key);
    free_handle(rsa_provider);
    ws_tear_down();
    check_no_handles();
}

static inline WS_SECURITY_TOKEN *make_token(const char *xml, const void *key, const char *reference)
{
    WS_XML_BUFFER *buffer = reference == NULL ? NULL : make_buffer(reference);
    WS_XML_SECURITY_TOKEN_PROPERTY property = {WS_XML_SECURITY_TOKEN_PROPERTY_ATTACHED_REFERENCE, &buffer,
                                               sizeof(WS_XML_BUFFER *)};
    WS_SECURITY_TOKEN *token = NULL;

    CHECK_STATUS(WsCreateXmlSecurityToken(make_buffer(xml), key, &property, reference != NULL, &token, error), 0);
    CHECK_STATUS(WsResetHeap(heap, NULL), 0);
    return token;
}

static inline WS_SECURITY_TOKEN *make_raw_token(ULONG bytes)
{
    WS_RAW_SYMMETRIC_SECURITY_KEY_HANDLE key = {{WS_RAW_SYMMETRIC_SECURITY_KEY_HANDLE_TYPE}, {bytes, raw_secret}};

    return make_token(OTHER_TOKEN, &key, OTHER_REFERENCE);
}

static inline WS_SECURITY_TOKEN *make_rsa_token(NCRYPT_KEY_HANDLE handle)
{
    WS_NCRYPT_ASYMMETRIC_SECURITY_KEY_HANDLE key = {{WS_NCRYPT_ASYMMETRIC_SECURITY_KEY_HANDLE_TYPE}, handle};

    return make_token(X509_TOKEN, &key, X509_REFERENCE);
}

static inline WS_SECURITY_TOKEN *make_bearer(void)
{
    return make_token(USER_TOKEN, NULL, NULL);
}

/* SOAP 1.2, WS-Addressing 1.0, the SSL transport. */
static inline struct described *describe(void)
{
    static struct described made;

    memset(&made, 0, sizeof made);
    made.settings.envelope = WS_ENVELOPE_VERSION_SOAP_1_2;
    made.settings.addressing = WS_ADDRESSING_VERSION_1_0;
    made.ssl.binding.bindingType = WS_SSL_TRANSPORT_SECURITY_BINDING_TYPE;
    made.bindings[0] = &made.ssl.binding;
    made.description = (WS_SECURITY_DESCRIPTION){made.bindings, 1, made.properties, 0};
    return &made;
}

static inline void add_token(struct described *to, WS_SECURITY_TOKEN *token)
{
    ULONG i = to->description.securityBindingCount++;

    to->tokens[i] = (WS_XML_TOKEN_MESSAGE_SECURITY_BINDING){
        {WS_XML_TOKEN_MESSAGE_SECURITY_BINDING_TYPE, NULL, 0}, WS_SUPPORTING_MESSAGE_SECURITY_USAGE, token};
    to->bindings[i] = &to->tokens[i].binding;
}

/* The value stays the caller's. */
static inline void add_property(struct described *to, int id, const void *value, size_t size)
{
    to->properties[to->description.propertyCount++] =
        (WS_SECURITY_PROPERTY){(WS_SECURITY_PROPERTY_ID)id, (void *)(uintptr_t)value, (ULONG)size};
}

static inline struct security *create_security(const struct described *from)
{
    struct security *security = NULL;

    if (!CHECK_STATUS(security_create(&from->description, &from->settings, &security, error), 0)) {
        fprintf(stderr, "    %s\n", newest_sentence());
        CHECK_STATUS(WsResetError(error), 0);
    }
    return security;
}

/* Refused with words that have these in them, and nothing is left. */
static inline void refuse_security(const struct described *from, HRESULT want, const char *words)
{
    struct security *security = NULL;

    CHECK_FAILURE(security_create(&from->description, &from->settings, &security, error), want, words);
    CHECK(security == NULL);
}

#endif
