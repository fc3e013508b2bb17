/* SPDX-License-Identifier: MIT
 *
 * The bindings of a security description: the SSL transport and XML tokens.
 */
#include <stdlib.h>
#include <string.h>

#include "ncrypt_ext_ws.h"
#include "webservices/security_parts.h"

#define PROTOCOLS 0x1Fu
#define FAILURES  0x1Fu

#define CERTIFICATE_VALIDATION_CALLBACK 23 /* a property of newer SDKs */

static HRESULT copy_bytes(const WS_BYTES *from, const char *what, struct bytes *to, WS_ERROR *error)
{
    if (from->length == 0) {
        return ERROR_SUCCESS;
    }
    if (from->bytes == NULL) {
        return ws_fail(error, E_INVALIDARG, "the %s is NULL and has a length", what);
    }
    to->data = ncx_secret_alloc(from->length);
    if (to->data == NULL) {
        return ws_no_memory(error);
    }
    memcpy(to->data, from->bytes, from->length);
    to->size = from->length;
    return ERROR_SUCCESS;
}

/* ---- the SSL transport ------------------------------------------------------------------------------------------- */

static HRESULT take_flags(const WS_SECURITY_BINDING_PROPERTY *property, ULONG allowed, ULONG *flags, WS_ERROR *error)
{
    if (property->value == NULL || property->valueSize != sizeof *flags) {
        return ws_fail(error, E_INVALIDARG, "property %d of the SSL transport takes exactly 4 bytes",
                       (int)property->id);
    }
    memcpy(flags, property->value, sizeof *flags);
    if ((*flags & ~allowed) != 0) {
        return ws_fail(error, E_INVALIDARG, "property %d of the SSL transport has no meaning for 0x%X",
                       (int)property->id, *flags & ~allowed);
    }
    return ERROR_SUCCESS;
}

static HRESULT take_authorities(struct tls_settings *tls, const WS_SECURITY_BINDING_PROPERTY *property, WS_ERROR *error)
{
    WS_BYTES given;

    if (property->value == NULL || property->valueSize != sizeof given) {
        return ws_fail(error, E_INVALIDARG, "the certificates to trust take a WS_BYTES");
    }
    memcpy(&given, property->value, sizeof given);
    if (given.length == 0) {
        return ws_fail(error, E_INVALIDARG, "there are no certificates to trust: leave them out to trust the system's");
    }
    return copy_bytes(&given, "list of certificates to trust", &tls->ca, error);
}

static HRESULT take_tls_property(struct tls_settings *tls, const WS_SECURITY_BINDING_PROPERTY *property,
                                 WS_ERROR *error)
{
    ULONG flag = 0;
    HRESULT status;

    switch ((int)property->id) {
    case WS_SECURITY_BINDING_PROPERTY_CERT_FAILURES_TO_IGNORE:
        return take_flags(property, FAILURES, &tls->failures_to_ignore, error);
    case WS_SECURITY_BINDING_PROPERTY_DISABLE_CERT_REVOCATION_CHECK:
        status = take_flags(property, 1, &flag, error);
        tls->disable_revocation_check = (BOOL)flag;
        return status;
    case WS_SECURITY_BINDING_PROPERTY_DISALLOWED_SECURE_PROTOCOLS:
        return take_flags(property, PROTOCOLS, &tls->disallowed_protocols, error);
    case (int)NCX_SECURITY_BINDING_PROPERTY_CA_CERTIFICATES:
        return take_authorities(tls, property, error);
    case WS_SECURITY_BINDING_PROPERTY_REQUIRE_SSL_CLIENT_CERT:
        return ws_fail(error, E_INVALIDARG, "to require a client certificate is for servers");
    case CERTIFICATE_VALIDATION_CALLBACK:
        return ws_fail(error, WS_E_NOT_SUPPORTED, "the engine validates certificates without callbacks");
    default:
        return ws_fail(error, E_INVALIDARG, "the SSL transport has no property %d", (int)property->id);
    }
}

static HRESULT take_tls_properties(struct tls_settings *tls, const WS_SECURITY_BINDING *binding, WS_ERROR *error)
{
    HRESULT status = ERROR_SUCCESS;

    for (ULONG i = 0; i < binding->propertyCount && status == ERROR_SUCCESS; i++) {
        for (ULONG j = 0; j < i; j++) {
            if (binding->properties[j].id == binding->properties[i].id) {
                return ws_fail(error, E_INVALIDARG, "property %d of the SSL transport is given twice",
                               (int)binding->properties[i].id);
            }
        }
        status = take_tls_property(tls, &binding->properties[i], error);
    }
    return status;
}

static HRESULT take_pem(struct tls_settings *tls, const NCX_PEM_CERT_CREDENTIAL *given, WS_ERROR *error)
{
    HRESULT status;

    if (given->certificates.length == 0) {
        return ws_fail(error, E_INVALIDARG, "the client's credential has no certificate");
    }
    if ((given->privateKey.length != 0) == (given->storedKey != 0)) {
        return ws_fail(error, E_INVALIDARG,
                       "the client's credential has either a private key as PEM or a key of key storage");
    }
    if (given->storedKey != 0 && !NCryptIsKeyHandle(given->storedKey)) {
        return ws_fail(error, E_INVALIDARG, "the client's NCRYPT_KEY_HANDLE is not a live key");
    }
    status = copy_bytes(&given->certificates, "client's certificate", &tls->certificates, error);
    if (status == ERROR_SUCCESS) {
        status = copy_bytes(&given->privateKey, "client's private key", &tls->private_key, error);
    }
    if (status == ERROR_SUCCESS) {
        status = copy_bytes(&given->passphrase, "passphrase", &tls->passphrase, error);
    }
    tls->stored_key = given->storedKey;
    return status;
}

static HRESULT take_credential(struct tls_settings *tls, const WS_CERT_CREDENTIAL *credential, WS_ERROR *error)
{
    switch ((int)credential->credentialType) {
    case (int)NCX_PEM_CERT_CREDENTIAL_TYPE:
        return take_pem(tls, (const NCX_PEM_CERT_CREDENTIAL *)credential, error);
    case WS_SUBJECT_NAME_CERT_CREDENTIAL_TYPE:
    case WS_THUMBPRINT_CERT_CREDENTIAL_TYPE:
    case WS_CUSTOM_CERT_CREDENTIAL_TYPE:
        return ws_fail(error, WS_E_NOT_SUPPORTED,
                       "the engine has no certificate stores: give the client's certificate as PEM");
    default:
        return ws_fail(error, E_INVALIDARG, "there is no certificate credential of type %d",
                       (int)credential->credentialType);
    }
}

static HRESULT take_transport(struct security *security, const WS_SSL_TRANSPORT_SECURITY_BINDING *binding,
                              WS_ERROR *error)
{
    struct tls_settings *tls = &security->tls;
    HRESULT status;

    if (security->has_tls) {
        return ws_fail(error, E_INVALIDARG, "there are two SSL transports: one channel has one transport");
    }
    security->has_tls = true;
    tls->failures_to_ignore = WS_CERT_FAILURE_REVOCATION_OFFLINE;
    status = take_tls_properties(tls, &binding->binding, error);
    if (status == ERROR_SUCCESS && binding->localCertCredential != NULL) {
        status = take_credential(tls, binding->localCertCredential, error);
    }
    return status;
}

/* ---- XML tokens -------------------------------------------------------------------------------------------------- */

static HRESULT check_symmetric(const struct suite *suite, const struct token_key *key, WS_ERROR *error)
{
    uint64_t bits = (uint64_t)key->secret_size * 8;

    if (bits < suite->min_symmetric || bits > suite->max_symmetric) {
        return ws_fail(error, E_INVALIDARG, "the token's symmetric key has %u bytes: the suite's have %u to %u",
                       key->secret_size, suite->min_symmetric / 8, suite->max_symmetric / 8);
    }
    return ERROR_SUCCESS;
}

static HRESULT check_asymmetric(const struct suite *suite, NCRYPT_KEY_HANDLE key, WS_ERROR *error)
{
    WCHAR group[16] = {0};
    DWORD bits = 0;
    DWORD size = 0;
    SECURITY_STATUS status;

    if (!NCryptIsKeyHandle(key)) {
        return ws_fail(error, E_INVALIDARG, "the token's key is not a live key any more");
    }
    status =
        NCryptGetProperty(key, NCRYPT_ALGORITHM_GROUP_PROPERTY, (PBYTE)group, sizeof group - sizeof *group, &size, 0);
    if (status == ERROR_SUCCESS) {
        status = NCryptGetProperty(key, NCRYPT_LENGTH_PROPERTY, (PBYTE)&bits, sizeof bits, &size, 0);
    }
    if (status != ERROR_SUCCESS) {
        return ws_fail(error, status, "the token's key does not say what it is");
    }
    if (group[0] != 'R' || group[1] != 'S' || group[2] != 'A' || group[3] != 0) {
        return ws_fail(error, E_INVALIDARG, "the token's key is not an RSA key: there is no suite for others");
    }
    if (bits < suite->min_asymmetric || bits > suite->max_asymmetric) {
        return ws_fail(error, E_INVALIDARG, "the token's key has %u bits: the suite's have %u to %u", bits,
                       suite->min_asymmetric, suite->max_asymmetric);
    }
    return ERROR_SUCCESS;
}

static HRESULT check_key(const struct suite *suite, const struct token_key *key, WS_ERROR *error)
{
    switch (key->type) {
    case WS_RAW_SYMMETRIC_SECURITY_KEY_HANDLE_TYPE:
        return check_symmetric(suite, key, error);
    case WS_NCRYPT_ASYMMETRIC_SECURITY_KEY_HANDLE_TYPE:
        return check_asymmetric(suite, key->ncrypt, error);
    case WS_CAPI_ASYMMETRIC_SECURITY_KEY_HANDLE_TYPE:
        return ws_fail(error, WS_E_NOT_SUPPORTED,
                       "the engine does not sign with CryptoAPI keys: NCryptTranslateHandle makes a key of one");
    default:
        return ERROR_SUCCESS;
    }
}

static HRESULT add_signer(struct security *security, const struct token *token, WS_ERROR *error)
{
    struct signer *grown = realloc(security->signers, (security->signer_count + 1) * sizeof *grown);
    struct signer *signer;

    if (grown == NULL) {
        return ws_no_memory(error);
    }
    security->signers = grown;
    signer = memset(&grown[security->signer_count], 0, sizeof *grown);
    signer->type = token->key.type;
    signer->key = token->key.ncrypt;
    if (token->key.secret != NULL) {
        signer->secret.data = ncx_secret_alloc(token->key.secret_size);
        if (signer->secret.data == NULL) {
            return ws_no_memory(error);
        }
        signer->secret.size = token->key.secret_size;
        memcpy(signer->secret.data, token->key.secret, token->key.secret_size);
    }
    signer->xml = document_share(token->parts[PART_XML]);
    signer->reference = token->parts[PART_ATTACHED] == NULL ? NULL : document_share(token->parts[PART_ATTACHED]);
    security->signer_count++;
    return ERROR_SUCCESS;
}

static HRESULT take_token(struct security *security, const WS_XML_TOKEN_MESSAGE_SECURITY_BINDING *binding,
                          WS_ERROR *error)
{
    void *token;
    HRESULT status;

    if (binding->binding.propertyCount != 0) {
        return ws_fail(error, E_INVALIDARG, "the binding of an XML token has no properties");
    }
    if (binding->bindingUsage != WS_SUPPORTING_MESSAGE_SECURITY_USAGE) {
        return ws_fail(error, E_INVALIDARG, "the binding of an XML token has the usage 'supporting', not %d",
                       (int)binding->bindingUsage);
    }
    status = object_enter(binding->xmlToken, HANDLE_WS_TOKEN, &token, error);
    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = check_key(&security->suite, &((struct token *)token)->key, error);
    if (status == ERROR_SUCCESS) {
        status = add_signer(security, token, error);
    }
    object_leave(binding->xmlToken, token);
    return status;
}

HRESULT binding_take(struct security *security, const WS_SECURITY_BINDING *binding, WS_ERROR *error)
{
    if (binding == NULL || (binding->properties == NULL && binding->propertyCount != 0)) {
        return ws_fail(error, E_INVALIDARG,
                       "a security binding is NULL, or its properties are and their count is not 0");
    }
    switch (binding->bindingType) {
    case WS_SSL_TRANSPORT_SECURITY_BINDING_TYPE:
        return take_transport(security, (const WS_SSL_TRANSPORT_SECURITY_BINDING *)binding, error);
    case WS_XML_TOKEN_MESSAGE_SECURITY_BINDING_TYPE:
        return take_token(security, (const WS_XML_TOKEN_MESSAGE_SECURITY_BINDING *)binding, error);
    case WS_TCP_SSPI_TRANSPORT_SECURITY_BINDING_TYPE:
    case WS_HTTP_HEADER_AUTH_SECURITY_BINDING_TYPE:
    case WS_USERNAME_MESSAGE_SECURITY_BINDING_TYPE:
    case WS_KERBEROS_APREQ_MESSAGE_SECURITY_BINDING_TYPE:
    case WS_SAML_MESSAGE_SECURITY_BINDING_TYPE:
    case WS_SECURITY_CONTEXT_MESSAGE_SECURITY_BINDING_TYPE:
    case WS_NAMEDPIPE_SSPI_TRANSPORT_SECURITY_BINDING_TYPE:
        return ws_fail(error, WS_E_NOT_SUPPORTED,
                       "the engine has the SSL transport and XML tokens, not binding type %d",
                       (int)binding->bindingType);
    default:
        return ws_fail(error, E_INVALIDARG, "there is no security binding of type %d", (int)binding->bindingType);
    }
}
