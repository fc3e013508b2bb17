/* SPDX-License-Identifier: MIT
 *
 * Channels with TLS and a bearer's token: which URL goes with what, and which replies and faults are let through
 * without a Security header.
 */
#include <time.h>

#include "channel_support.h"
#include "http_certificates.h"
#include "ncrypt_ext_ws.h"

#define SOAP_11  "http://schemas.xmlsoap.org/soap/envelope/"
#define WSSE     "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
#define WSU      "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
#define TEXT_XML "Content-Type: text/xml; charset=utf-8\r\n"

static struct bytes ca;

/* Of SOAP 1.1, over TLS, and with the token when there is one. */
static HRESULT create_secured(WS_SECURITY_TOKEN *token)
{
    WS_BYTES pem = {(ULONG)ca.size, ca.data};
    WS_SECURITY_BINDING_PROPERTY trust = {NCX_SECURITY_BINDING_PROPERTY_CA_CERTIFICATES, &pem, sizeof pem};
    WS_SSL_TRANSPORT_SECURITY_BINDING ssl = {{WS_SSL_TRANSPORT_SECURITY_BINDING_TYPE, &trust, 1}, NULL};
    WS_XML_TOKEN_MESSAGE_SECURITY_BINDING message = {
        {WS_XML_TOKEN_MESSAGE_SECURITY_BINDING_TYPE, NULL, 0}, WS_SUPPORTING_MESSAGE_SECURITY_USAGE, token};
    WS_SECURITY_BINDING *bindings[] = {&ssl.binding, &message.binding};
    const WS_SECURITY_DESCRIPTION description = {bindings, token == NULL ? 1 : 2, NULL, 0};
    WS_ENVELOPE_VERSION envelope = WS_ENVELOPE_VERSION_SOAP_1_1;
    const WS_CHANNEL_PROPERTY property = {WS_CHANNEL_PROPERTY_ENVELOPE_VERSION, &envelope, 4};

    return WsCreateChannel(WS_CHANNEL_TYPE_REQUEST, WS_HTTP_CHANNEL_BINDING, &property, 1, &description, &channel,
                           error);
}

static WS_SECURITY_TOKEN *bearer(void)
{
    WS_SECURITY_TOKEN *token = NULL;

    CHECK_STATUS(WsCreateXmlSecurityToken(make_buffer("<t:T xmlns:t='urn:t' Id='t'/>"), NULL, NULL, 0, &token, error),
                 0);
    return token;
}

static void urls(void)
{
    ULONG level = 0;

    CHECK_STATUS(create_secured(NULL), 0);
    CHECK_FAILURE(open_to("http://localhost:1/"), WS_E_INVALID_ENDPOINT_URL, "SSL");
    CHECK(state_of(channel) == WS_CHANNEL_STATE_CREATED);
    CHECK_STATUS(WsGetChannelProperty(channel, WS_CHANNEL_PROPERTY_PROTECTION_LEVEL, &level, 4, error), 0);
    CHECK(level == WS_PROTECTION_LEVEL_SIGN_AND_ENCRYPT);
    CHECK_STATUS(open_to(service.url), 0);
    WsFreeChannel(channel);
    CHECK_STATUS(create(NULL, 0), 0);
    CHECK_FAILURE(open_to(service.url), WS_E_INVALID_ENDPOINT_URL, "SSL");
    WsFreeChannel(channel);
}

/* The rules of the description come out at creation. */
static void refused(void)
{
    WS_SECURITY_BINDING unknown = {(WS_SECURITY_BINDING_TYPE)77, NULL, 0};
    WS_SECURITY_BINDING *bindings[] = {&unknown};
    const WS_SECURITY_DESCRIPTION description = {bindings, 1, NULL, 0};
    WS_CHANNEL *none = NULL;
    HRESULT status =
        WsCreateChannel(WS_CHANNEL_TYPE_REQUEST, WS_HTTP_CHANNEL_BINDING, NULL, 0, &description, &none, error);

    CHECK(status != 0 && none == NULL && strlen(newest_sentence()) > 10);
    CHECK_STATUS(WsResetError(error), 0);
}

enum header { NONE, GOOD, OLD };

static void answer(enum header header, const char *body, bool fault)
{
    static char text[2][4000];
    static unsigned turn;
    char *to = text[turn ^= 1];
    char created[40] = "2001-01-01T00:00:00Z";
    char security[600] = "";
    time_t present = time(NULL);
    struct tm parts;

    if (header == GOOD) {
        strftime(created, sizeof created, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&present, &parts));
    }
    if (header != NONE) {
        snprintf(security, sizeof security,
                 "<o:Security xmlns:o='" WSSE "'><u:Timestamp xmlns:u='" WSU "'><u:Created>%s</u:Created></u:Timestamp>"
                 "</o:Security>",
                 created);
    }
    snprintf(to, sizeof text[0],
             "<s:Envelope xmlns:s='" SOAP_11 "' xmlns:a='" WSA_URI "'><s:Header>" RELATED
             "%s</s:Header><s:Body>%s</s:Body></s:Envelope>",
             security, body);
    answer_with(fault ? "500 Error" : "200 OK", TEXT_XML, to);
}

#define FAULT_11(code)                                                                                                 \
    "<s:Fault><faultcode xmlns:m='urn:m'>" code "</faultcode><faultstring>why</faultstring></s:Fault>"

static const struct {
    BOOL errors, allow;
    enum header header;
    const char *body;
    HRESULT want;
    WS_PROTECTION_LEVEL level;
} CASES[] = {
    {TRUE, FALSE, GOOD, "<r/>", 0, WS_PROTECTION_LEVEL_SIGN_AND_ENCRYPT},
    {TRUE, TRUE, NONE, "<r/>", WS_E_SECURITY_VERIFICATION_FAILURE, 0},
    {TRUE, FALSE, OLD, "<r/>", WS_E_SECURITY_VERIFICATION_FAILURE, 0},
    {TRUE, FALSE, NONE, FAULT_11("s:Client"), WS_E_ENDPOINT_FAULT_RECEIVED, 0},
    {TRUE, FALSE, NONE, FAULT_11("m:Mine"), WS_E_SECURITY_VERIFICATION_FAILURE, 0},
    {TRUE, TRUE, NONE, FAULT_11("m:Mine"), WS_E_ENDPOINT_FAULT_RECEIVED, 0},
    {TRUE, FALSE, GOOD, FAULT_11("m:Mine"), WS_E_ENDPOINT_FAULT_RECEIVED, 0},
    {TRUE, TRUE, OLD, FAULT_11("s:Client"), WS_E_SECURITY_VERIFICATION_FAILURE, 0},
    {FALSE, FALSE, NONE, FAULT_11("s:Client"), WS_E_SECURITY_VERIFICATION_FAILURE, 0},
    {FALSE, TRUE, NONE, FAULT_11("s:Client"), 0, WS_PROTECTION_LEVEL_NONE},
    {FALSE, FALSE, GOOD, FAULT_11("s:Client"), 0, WS_PROTECTION_LEVEL_SIGN_AND_ENCRYPT},
};

static void check_case(size_t row)
{
    const bool fault = strstr(CASES[row].body, "Fault") != NULL;
    ULONG level = 77;
    HRESULT status;

    CHECK_STATUS(WsSetChannelProperty(channel, WS_CHANNEL_PROPERTY_FAULTS_AS_ERRORS, &CASES[row].errors, 4, error), 0);
    CHECK_STATUS(WsSetChannelProperty(channel, WS_CHANNEL_PROPERTY_ALLOW_UNSECURED_FAULTS, &CASES[row].allow, 4, error),
                 0);
    answer(CASES[row].header, CASES[row].body, fault);
    CHECK_STATUS(send_text("<q/>"), 0);
    status = receive_start();
    if (!CHECK(status == CASES[row].want)) {
        fprintf(stderr, "    row %zu: 0x%08X: %s\n", row, (unsigned)status, newest_sentence());
    }
    if (status == 0) {
        CHECK_STATUS(WsGetMessageProperty(reply_message, WS_MESSAGE_PROPERTY_PROTECTION_LEVEL, &level, 4, error), 0);
        CHECK(level == (ULONG)CASES[row].level);
        CHECK_STATUS(WsGetMessageProperty(reply_message, WS_MESSAGE_PROPERTY_IS_FAULT, &level, 4, error), 0);
        CHECK(level == fault);
        CHECK_STATUS(receive_end(), 0);
    } else if (fault) {
        CHECK(strstr(newest_sentence(), "why") != NULL); /* also of one that is not let through */
    }
    CHECK(state_of(channel) == WS_CHANNEL_STATE_OPEN);
    CHECK_STATUS(WsResetError(error), 0);
}

static void replies(void)
{
    WS_SECURITY_TOKEN *token = bearer();

    CHECK_STATUS(create_secured(token), 0);
    WsFreeSecurityToken(token); /* the channel has what it needs of it */
    CHECK_STATUS(open_to(service.url), 0);
    CHECK_STATUS(WsCreateMessageForChannel(channel, NULL, 0, &request_message, error), 0);
    CHECK_STATUS(WsCreateMessageForChannel(channel, NULL, 0, &reply_message, error), 0);
    for (size_t row = 0; row < COUNT(CASES); row++) {
        check_case(row);
    }
    CHECK(strstr(got, "<t:T ") != NULL && strstr(got, "Timestamp") != NULL);
    tear_down_channel();
}

int main(void)
{
    struct certificate certificate;
    SSL_CTX *ctx;

    ws_set_up();
    authority_make();
    ca = certificate_pem(&authority);
    certificate = make_certificate(EVP_EC_gen("P-256"), &authority, (struct certificate_options){0});
    ctx = make_ssl_ctx(&certificate, false);
    server_start(&service, serve_answers, ctx);
    RUN(urls);
    RUN(refused);
    RUN(replies);
    server_stop(&service);
    SSL_CTX_free(ctx);
    certificate_free(&certificate);
    certificate_free(&authority);
    ncx_secret_free(ca.data);
    ws_tear_down();
    return test_result("ws_channel_security");
}
