/* SPDX-License-Identifier: MIT
 *
 * Memory runs short while a security description is taken or a header is written: each allocation of ours and of
 * libcrypto's fails once. The answer is E_OUTOFMEMORY, or for an HMAC what libcrypto takes the reason for; nothing is
 * lost, and the next try works.
 */
#include "security_support.h"
#include "short_memory.h"

#define ALLOCATIONS 1000 /* more than there are */

static struct described *made;

static HRESULT run(void)
{
    const struct security_input input = {WS_ENVELOPE_VERSION_SOAP_1_2, "_a", "<a/>", 4, "_a-1"};
    struct text text = TEXT_INIT(65536);
    struct security *security = NULL;
    HRESULT status = security_create(&made->description, &made->settings, &security, error);

    if (status == 0) {
        status = security_write(security, &input, &text, error);
    }
    if (status == 0) {
        status = text.status;
    }
    counting = false;
    security_free(security);
    text_free(&text);
    return status;
}

static void fail_each(void)
{
    unsigned failures = 0;
    unsigned i;

    for (i = 0; i < ALLOCATIONS; i++) {
        HRESULT status;

        remaining = i;
        struck = false;
        counting = true;
        status = run();
        if (!struck) {
            CHECK_STATUS(status, 0);
            break;
        }
        failures += status != 0;
        if (!CHECK(status == E_OUTOFMEMORY || status == 0 ||
                   (status == NTE_INTERNAL_ERROR && strstr(newest_sentence(), "libcrypto made no HMAC") != NULL))) {
            fprintf(stderr, "    allocation %u: 0x%08X, %s\n", i, (unsigned)status, newest_sentence());
        }
        CHECK_STATUS(WsResetError(error), 0);
        CHECK_STATUS(run(), 0);
    }
    CHECK(i > 20 && i < ALLOCATIONS && failures > 10);
}

int main(void)
{
    BYTE pem[] = "pem";
    WS_BYTES authorities = {3, pem};
    WS_SECURITY_BINDING_PROPERTY property = {NCX_SECURITY_BINDING_PROPERTY_CA_CERTIFICATES, &authorities,
                                             sizeof authorities};
    NCX_PEM_CERT_CREDENTIAL credential = {
        .credential = {NCX_PEM_CERT_CREDENTIAL_TYPE}, .certificates = {3, pem}, .privateKey = {3, pem}};

    use_own_memory();
    security_set_up();
    made = describe();
    made->ssl.binding.properties = &property;
    made->ssl.binding.propertyCount = 1;
    made->ssl.localCertCredential = &credential.credential;
    add_token(made, make_bearer());
    add_token(made, make_raw_token(32));
    add_token(made, make_rsa_token(rsa_key));
    CHECK_STATUS(run(), 0);
    RUN(fail_each);
    for (int i = 1; i <= 3; i++) {
        WsFreeSecurityToken(made->tokens[i].xmlToken);
    }
    security_tear_down();
    return test_result("ws_security_memory");
}
