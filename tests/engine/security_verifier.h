/* SPDX-License-Identifier: MIT
 *
 * A verifier of signatures that shares nothing with the engine: libxml2 reads and canonicalizes, libcrypto's default
 * context does the rest.
 */
#ifndef TESTS_ENGINE_SECURITY_VERIFIER_H
#define TESTS_ENGINE_SECURITY_VERIFIER_H

#include <libxml/c14n.h>
#include <libxml/parser.h>
#include <openssl/core_names.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>

#include "bcrypt.h"
#include "security_support.h"

#define DS     "http://www.w3.org/2000/09/xmldsig#"
#define MORE   "http://www.w3.org/2001/04/xmldsig-more#"
#define XMLENC "http://www.w3.org/2001/04/xmlenc#"

static const struct {
    const char *uri;
    const char *digest;
} METHODS[] = {
    {DS "sha1", "SHA1"},
    {XMLENC "sha256", "SHA256"},
    {MORE "sha384", "SHA384"},
    {XMLENC "sha512", "SHA512"},
    {DS "hmac-sha1", "SHA1"},
    {MORE "hmac-sha256", "SHA256"},
    {MORE "hmac-sha384", "SHA384"},
    {MORE "hmac-sha512", "SHA512"},
    {DS "rsa-sha1", "SHA1"},
    {MORE "rsa-sha256", "SHA256"},
    {MORE "rsa-sha384", "SHA384"},
    {MORE "rsa-sha512", "SHA512"},
};

static EVP_PKEY *public_key;

/* The public half of rsa_key, in libcrypto's default context. */
static inline EVP_PKEY *export_public(void)
{
    BYTE blob[512];
    DWORD size = 0;
    BCRYPT_RSAKEY_BLOB header;
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    BIGNUM *e, *n;
    OSSL_PARAM *parameters;
    EVP_PKEY *made = NULL;

    CHECK_STATUS(NCryptExportKey(rsa_key, 0, BCRYPT_RSAPUBLIC_BLOB, NULL, blob, sizeof blob, &size, 0), 0);
    memcpy(&header, blob, sizeof header);
    e = BN_bin2bn(blob + sizeof header, (int)header.cbPublicExp, NULL);
    n = BN_bin2bn(blob + sizeof header + header.cbPublicExp, (int)header.cbModulus, NULL);
    CHECK(OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1);
    CHECK(OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) == 1);
    parameters = OSSL_PARAM_BLD_to_param(builder);
    CHECK(EVP_PKEY_fromdata_init(context) == 1);
    CHECK(EVP_PKEY_fromdata(context, &made, EVP_PKEY_PUBLIC_KEY, parameters) == 1);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    EVP_PKEY_CTX_free(context);
    BN_free(e);
    BN_free(n);
    return made;
}

/* ---- a verifier ---------------------------------------------------------------------------------------------------
 */

static inline xmlNodePtr child(xmlNodePtr parent, const char *name)
{
    for (xmlNodePtr node = parent == NULL ? NULL : xmlFirstElementChild(parent); node != NULL;
         node = xmlNextElementSibling(node)) {
        if (strcmp((const char *)node->name, name) == 0) {
            return node;
        }
    }
    return NULL;
}

static inline xmlNodePtr with_id(xmlNodePtr node, const char *id)
{
    for (; node != NULL; node = xmlNextElementSibling(node)) {
        xmlChar *value = xmlGetNsProp(node, BAD_CAST "Id", BAD_CAST UTILITY_URI);
        bool found = value != NULL && strcmp((const char *)value, id) == 0;
        xmlNodePtr inner = found ? node : with_id(xmlFirstElementChild(node), id);

        xmlFree(value);
        if (inner != NULL) {
            return inner;
        }
    }
    return NULL;
}

static inline int is_inside(void *top, xmlNodePtr node, xmlNodePtr parent)
{
    for (xmlNodePtr at = node->type == XML_NAMESPACE_DECL ? parent : node; at != NULL; at = at->parent) {
        if (at == top) {
            return 1;
        }
    }
    return 0;
}

/* Exclusive canonical form of the element; the caller frees it. */
static inline xmlChar *canonical(xmlNodePtr node, bool comments, size_t *size)
{
    xmlBufferPtr buffer = xmlBufferCreate();
    xmlOutputBufferPtr output = xmlOutputBufferCreateBuffer(buffer, NULL);
    xmlChar *form;

    CHECK(xmlC14NExecute(node->doc, is_inside, node, XML_C14N_EXCLUSIVE_1_0, NULL, comments, output) >= 0);
    CHECK(xmlOutputBufferClose(output) >= 0);
    *size = (size_t)xmlBufferLength(buffer);
    form = xmlBufferDetach(buffer);
    xmlBufferFree(buffer);
    return form;
}

static inline void take_text(xmlNodePtr node, char *text, size_t room)
{
    xmlChar *content = xmlNodeGetContent(node);

    snprintf(text, room, "%s", content == NULL ? "" : (const char *)content);
    xmlFree(content);
}

static inline const char *method(xmlNodePtr node, bool *comments)
{
    xmlChar *uri = xmlGetProp(node, BAD_CAST "Algorithm");
    const char *digest = NULL;

    for (size_t i = 0; i < COUNT(METHODS) && uri != NULL; i++) {
        digest = strcmp(METHODS[i].uri, (const char *)uri) == 0 ? METHODS[i].digest : digest;
    }
    if (comments != NULL) {
        *comments = strcmp((const char *)uri, "http://www.w3.org/2001/10/xml-exc-c14n#WithComments") == 0;
        CHECK(*comments || strcmp((const char *)uri, "http://www.w3.org/2001/10/xml-exc-c14n#") == 0);
    }
    xmlFree(uri);
    return digest;
}

static inline size_t decode(xmlNodePtr node, unsigned char *out)
{
    char text[1024];
    int size;

    take_text(node, text, sizeof text);
    size = EVP_DecodeBlock(out, (const unsigned char *)text, (int)strlen(text));
    for (size_t end = strlen(text); end > 0 && text[end - 1] == '='; end--) {
        size--;
    }
    return size < 0 ? 0 : (size_t)size;
}

static inline bool verify_reference(xmlNodePtr reference)
{
    unsigned char digest[EVP_MAX_MD_SIZE], said[1024];
    unsigned size = 0;
    size_t form_size = 0;
    bool comments = false;
    xmlChar *uri = xmlGetProp(reference, BAD_CAST "URI");
    xmlNodePtr target = with_id(xmlDocGetRootElement(reference->doc), (const char *)uri + 1);
    const char *name = method(child(reference, "DigestMethod"), NULL);
    bool good = false;

    (void)method(child(child(reference, "Transforms"), "Transform"), &comments);
    if (target != NULL && name != NULL) {
        xmlChar *form = canonical(target, comments, &form_size);

        good = EVP_Digest(form, form_size, digest, &size, EVP_get_digestbyname(name), NULL) == 1 &&
               decode(child(reference, "DigestValue"), said) == size && memcmp(said, digest, size) == 0;
        xmlFree(form);
    }
    xmlFree(uri);
    return good;
}

static inline bool verify_value(xmlNodePtr signature, const void *info, size_t size, const char *digest, bool hmac)
{
    unsigned char said[1024], made[EVP_MAX_MD_SIZE];
    size_t said_size = decode(child(signature, "SignatureValue"), said);
    const EVP_MD *md = EVP_get_digestbyname(digest);
    unsigned made_size = 0;
    EVP_MD_CTX *context;
    bool good;

    if (hmac) {
        return HMAC(md, raw_secret, 32, info, size, made, &made_size) != NULL && said_size == made_size &&
               memcmp(said, made, made_size) == 0;
    }
    context = EVP_MD_CTX_new();
    good = EVP_DigestVerifyInit(context, NULL, md, NULL, public_key) == 1 &&
           EVP_DigestVerify(context, said, said_size, info, size) == 1;
    EVP_MD_CTX_free(context);
    return good;
}

/* How many references it verifies; 0 for a bad signature. */
static inline unsigned verify(xmlNodePtr signature, bool hmac)
{
    xmlNodePtr info = child(signature, "SignedInfo");
    const char *digest = method(child(info, "SignatureMethod"), NULL);
    size_t size = 0;
    bool comments = false;
    unsigned count = 0;
    xmlChar *form;
    bool good;

    (void)method(child(info, "CanonicalizationMethod"), &comments);
    form = canonical(info, comments, &size);
    good = digest != NULL && verify_value(signature, form, size, digest, hmac);
    xmlFree(form);
    for (xmlNodePtr at = child(info, "Reference"); at != NULL && good; at = xmlNextElementSibling(at)) {
        good = verify_reference(at);
        count++;
    }
    return good ? count : 0;
}

#endif
