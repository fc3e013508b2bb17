/* SPDX-License-Identifier: MIT
 *
 * The SSL transport of a security description: its properties and the client's credential, what they become, what of
 * them is refused, and that all of it is copied.
 */
#include "security_support.h"

static BYTE certificates[] = "certificates";
static BYTE private_key[] = "a private key";
static BYTE passphrase[] = "a passphrase";

static bool same(const struct bytes *bytes, const char *text)
{
    return text == NULL ? bytes->data == NULL && bytes->size == 0
                        : bytes->size == strlen(text) && memcmp(bytes->data, text, bytes->size) == 0;
}

static void test_defaults(void)
{
    struct security *security = create_security(describe());
    const struct tls_settings *tls = security_tls(security);

    CHECK(tls->failures_to_ignore == WS_CERT_FAILURE_REVOCATION_OFFLINE);
    CHECK(!tls->disable_revocation_check && tls->disallowed_protocols == 0 && tls->stored_key == 0);
    CHECK(same(&tls->ca, NULL) && same(&tls->certificates, NULL) && same(&tls->private_key, NULL));
    CHECK(same(&tls->passphrase, NULL));
    security_free(security);
}

static void test_properties(void)
{
    ULONG failures = 0x1F, protocols = 0x0F;
    BOOL disabled = TRUE;
    BYTE pem[] = "pem";
    WS_BYTES authorities = {3, pem};
    WS_SECURITY_BINDING_PROPERTY properties[] = {
        {WS_SECURITY_BINDING_PROPERTY_CERT_FAILURES_TO_IGNORE, &failures, 4},
        {WS_SECURITY_BINDING_PROPERTY_DISABLE_CERT_REVOCATION_CHECK, &disabled, 4},
        {WS_SECURITY_BINDING_PROPERTY_DISALLOWED_SECURE_PROTOCOLS, &protocols, 4},
        {NCX_SECURITY_BINDING_PROPERTY_CA_CERTIFICATES, &authorities, sizeof authorities},
    };
    struct described *made = describe();
    struct security *security;
    const struct tls_settings *tls;

    made->ssl.binding.properties = properties;
    made->ssl.binding.propertyCount = COUNT(properties);
    security = create_security(made);
    failures = protocols = 0;
    pem[0] = 'x';
    tls = security_tls(security);
    CHECK(tls->failures_to_ignore == 0x1F && tls->disable_revocation_check && tls->disallowed_protocols == 0x0F);
    CHECK(same(&tls->ca, "pem"));
    security_free(security);
}

static void refuse_property(int id, const void *value, size_t size, HRESULT want, const char *words)
{
    WS_SECURITY_BINDING_PROPERTY property = {(WS_SECURITY_BINDING_PROPERTY_ID)id, (void *)(uintptr_t)value,
                                             (ULONG)size};
    struct described *made = describe();

    made->ssl.binding.properties = &property;
    made->ssl.binding.propertyCount = 1;
    refuse_security(made, want, words);
}

static void test_refused_properties(void)
{
    const ULONG all = 0x3F, one = 1, two = 2;
    const WS_BYTES empty = {0, certificates}, nowhere = {3, NULL};
    WS_SECURITY_BINDING_PROPERTY twice[] = {
        {WS_SECURITY_BINDING_PROPERTY_DISALLOWED_SECURE_PROTOCOLS, (void *)(uintptr_t)&one, 4},
        {WS_SECURITY_BINDING_PROPERTY_CERT_FAILURES_TO_IGNORE, (void *)(uintptr_t)&one, 4},
        {WS_SECURITY_BINDING_PROPERTY_DISALLOWED_SECURE_PROTOCOLS, (void *)(uintptr_t)&one, 4},
    };
    struct described *made = describe();

    for (int id = 20; id <= 22; id++) {
        refuse_property(id, &one, 3, E_INVALIDARG, "exactly 4 bytes");
        refuse_property(id, &one, 8, E_INVALIDARG, "exactly 4 bytes");
        refuse_property(id, NULL, 4, E_INVALIDARG, "exactly 4 bytes");
        refuse_property(id, id == 21 ? &two : &all, 4, E_INVALIDARG, "has no meaning for");
    }
    refuse_property(NCX_SECURITY_BINDING_PROPERTY_CA_CERTIFICATES, &empty, 8, E_INVALIDARG, "WS_BYTES");
    refuse_property(NCX_SECURITY_BINDING_PROPERTY_CA_CERTIFICATES, NULL, 16, E_INVALIDARG, "WS_BYTES");
    refuse_property(NCX_SECURITY_BINDING_PROPERTY_CA_CERTIFICATES, &empty, 16, E_INVALIDARG, "no certificates");
    refuse_property(NCX_SECURITY_BINDING_PROPERTY_CA_CERTIFICATES, &nowhere, 16, E_INVALIDARG, "is NULL");
    refuse_property(WS_SECURITY_BINDING_PROPERTY_REQUIRE_SSL_CLIENT_CERT, &one, 4, E_INVALIDARG, "for servers");
    refuse_property(23, &one, 4, WS_E_NOT_SUPPORTED, "callbacks");
    for (int id = -1; id <= 24; id++) {
        if (id != 1 && (id < 20 || id > 23)) {
            refuse_property(id, &one, 4, E_INVALIDARG, "has no property");
        }
    }
    made->ssl.binding.properties = twice;
    made->ssl.binding.propertyCount = 3;
    refuse_security(made, E_INVALIDARG, "property 22 of the SSL transport is given twice");
}

static NCX_PEM_CERT_CREDENTIAL pem_credential(void)
{
    return (NCX_PEM_CERT_CREDENTIAL){.credential = {NCX_PEM_CERT_CREDENTIAL_TYPE},
                                     .certificates = {sizeof certificates - 1, certificates},
                                     .privateKey = {sizeof private_key - 1, private_key},
                                     .passphrase = {sizeof passphrase - 1, passphrase}};
}

static void test_pem_credential(void)
{
    NCX_PEM_CERT_CREDENTIAL credential = pem_credential();
    struct described *made = describe();
    struct security *security;
    const struct tls_settings *tls;

    made->ssl.localCertCredential = &credential.credential;
    security = create_security(made);
    private_key[0] = 'x';
    tls = security_tls(security);
    CHECK(same(&tls->certificates, "certificates") && same(&tls->private_key, "a private key"));
    CHECK(same(&tls->passphrase, "a passphrase") && tls->stored_key == 0);
    private_key[0] = 'a';
    security_free(security);
    credential.privateKey = credential.passphrase = (WS_BYTES){0, NULL};
    credential.storedKey = rsa_key;
    security = create_security(made);
    tls = security_tls(security);
    CHECK(tls->stored_key == rsa_key && same(&tls->private_key, NULL) && same(&tls->passphrase, NULL));
    security_free(security);
    CHECK(NCryptIsKeyHandle(rsa_key));
}

static void test_refused_credentials(void)
{
    NCX_PEM_CERT_CREDENTIAL credential = pem_credential();
    struct described *made = describe();

    made->ssl.localCertCredential = &credential.credential;
    credential.storedKey = rsa_key;
    refuse_security(made, E_INVALIDARG, "either");
    credential.privateKey.length = 0;
    credential.storedKey = 0;
    refuse_security(made, E_INVALIDARG, "either");
    credential.storedKey = rsa_provider;
    refuse_security(made, E_INVALIDARG, "not a live key");
    credential = pem_credential();
    credential.certificates.length = 0;
    refuse_security(made, E_INVALIDARG, "no certificate");
    credential = pem_credential();
    credential.certificates.bytes = NULL;
    refuse_security(made, E_INVALIDARG, "is NULL");
    credential = pem_credential();
    credential.privateKey.bytes = NULL;
    refuse_security(made, E_INVALIDARG, "is NULL");
    for (int type = -1; type <= 4; type++) {
        bool store = 1 <= type && type <= 3;

        credential.credential.credentialType = (WS_CERT_CREDENTIAL_TYPE)type;
        refuse_security(made, store ? WS_E_NOT_SUPPORTED : E_INVALIDARG, store ? "as PEM" : "no certificate cred");
    }
}

int main(void)
{
    security_set_up();
    RUN(test_defaults);
    RUN(test_properties);
    RUN(test_refused_properties);
    RUN(test_pem_credential);
    RUN(test_refused_credentials);
    security_tear_down();
    return test_result("ws_security_tls");
}
