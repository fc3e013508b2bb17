/* SPDX-License-Identifier: MIT
 *
 * Requests, byte by byte, for every version; what is signed of them, held against libxml2's canonical form; headers of
 * the application. In the place of the Security header stands a note about what it was given: the linker puts the
 * functions below where those of security.c would be.
 */
#include <libxml/c14n.h>
#include <libxml/parser.h>

#include "webservices/envelope.h"
#include "webservices/soap.h"
#include "ws_support.h"

#define V11    WS_ENVELOPE_VERSION_SOAP_1_1
#define V12    WS_ENVELOPE_VERSION_SOAP_1_2
#define A09    WS_ADDRESSING_VERSION_0_9
#define A10    WS_ADDRESSING_VERSION_1_0
#define APLAIN WS_ADDRESSING_VERSION_TRANSPORT
#define ID     "urn:uuid:01234567-89ab-4def-8123-456789abcdef"
#define START  "<s:Envelope xmlns:s=\"" SOAP_1_2_URI "\">"

static struct {
    bool has_header;
    bool signs_to;
    HRESULT status;
    char to[4096];
    char to_id[64];
    char id[64];
} security;

bool __wrap_security_has_header(const struct security *given);
bool __wrap_security_signs_to(const struct security *given);
HRESULT __wrap_security_write(const struct security *given, const struct security_input *input, struct text *text,
                              WS_ERROR *where);

bool __wrap_security_has_header(const struct security *given)
{
    (void)given;
    return security.has_header;
}

bool __wrap_security_signs_to(const struct security *given)
{
    (void)given;
    return security.signs_to;
}

HRESULT __wrap_security_write(const struct security *given, const struct security_input *input, struct text *text,
                              WS_ERROR *where)
{
    (void)given;
    (void)where;
    for (int i = 0; i < 1000; i++) { /* the text moves, and the element that is signed has to stay */
        text_put_string(text, "      ");
    }
    text->size -= 6000;
    text_put_string(text, "<o/>");
    snprintf(security.id, sizeof security.id, "%s", input->id);
    snprintf(security.to_id, sizeof security.to_id, "%s", input->to_id == NULL ? "" : input->to_id);
    snprintf(security.to, sizeof security.to, "%.*s", (int)input->to_size, input->to == NULL ? "" : input->to);
    return security.status;
}

static struct text text = {.limit = 65536};

static const char *written(const struct request *request)
{
    static char copy[65536];

    text_clear(&text);
    security.to[0] = security.to_id[0] = security.id[0] = 0;
    if (!CHECK_STATUS(envelope_write(request, NULL, &text, error), 0)) {
        fprintf(stderr, "    %s\n", newest_sentence());
        return "";
    }
    snprintf(copy, sizeof copy, "%.*s", (int)text.size, text.data);
    return copy;
}

static void check_request(const struct request *request, const char *want)
{
    const char *got = written(request);

    if (!CHECK(strcmp(got, want) == 0)) {
        fprintf(stderr, "    got  %s\n    want %s\n", got, want);
    }
}

/* ---- ids --------------------------------------------------------------------------------------------------------- */

static void test_id(void)
{
    char id[ENVELOPE_ID_SIZE], other[ENVELOPE_ID_SIZE];

    for (int i = 0; i < 1000; i++) {
        CHECK(envelope_make_id(id) && envelope_make_id(other) && strcmp(id, other) != 0);
        CHECK(strlen(id) == 45 && memcmp(id, "urn:uuid:", 9) == 0);
        CHECK(id[9 + 14] == '4' && strchr("89ab", id[9 + 19]) != NULL);
        CHECK(id[17] == '-' && id[22] == '-' && id[27] == '-' && id[32] == '-');
        CHECK(strspn(id + 9, "0123456789abcdef-") == 36);
    }
}

/* ---- versions ---------------------------------------------------------------------------------------------------- */

static void test_versions(void)
{
    struct request request = {V12, A10, "urn:a", "http://h/", ID, NULL, 0, "<r/>", 4};

    check_request(&request, "<s:Envelope xmlns:a=\"" ADDRESSING_1_0_URI "\" xmlns:s=\"" SOAP_1_2_URI
                            "\"><s:Header><a:MessageID>" ID "</a:MessageID><a:Action s:mustUnderstand=\"1\">urn:a"
                            "</a:Action><a:To s:mustUnderstand=\"1\">http://h/</a:To></s:Header><s:Body><r/></s:Body>"
                            "</s:Envelope>");
    request.envelope = V11;
    request.addressing = A09;
    check_request(&request,
                  "<s:Envelope xmlns:a=\"" ADDRESSING_0_9_URI "\" xmlns:s=\"" SOAP_1_1_URI
                  "\"><s:Header><a:MessageID>" ID "</a:MessageID><a:Action s:mustUnderstand=\"1\">urn:a</a:Action>"
                  "<a:ReplyTo><a:Address>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address>"
                  "</a:ReplyTo><a:To s:mustUnderstand=\"1\">http://h/</a:To></s:Header><s:Body><r/></s:Body>"
                  "</s:Envelope>");
    request.addressing = APLAIN;
    check_request(&request, "<s:Envelope xmlns:s=\"" SOAP_1_1_URI "\"><s:Body><r/></s:Body></s:Envelope>");
    request.envelope = V12;
    request.body_size = 0;
    check_request(&request, START "<s:Body/></s:Envelope>");
}

static void test_absent(void)
{
    struct request request = {V12, A10, NULL, NULL, NULL, NULL, 0, NULL, 0};

    check_request(&request,
                  "<s:Envelope xmlns:a=\"" ADDRESSING_1_0_URI "\" xmlns:s=\"" SOAP_1_2_URI "\"><s:Body/></s:Envelope>");
    request.action = "";
    check_request(&request, "<s:Envelope xmlns:a=\"" ADDRESSING_1_0_URI "\" xmlns:s=\"" SOAP_1_2_URI
                            "\"><s:Header><a:Action s:mustUnderstand=\"1\"></a:Action></s:Header><s:Body/>"
                            "</s:Envelope>");
}

static void test_escapes(void)
{
    struct request request = {V12, A10, "a&<>\"'\r\n\t\xC3\xA9", NULL, NULL, NULL, 0, NULL, 0};

    CHECK(strstr(written(&request), ">a&amp;&lt;&gt;\"'&#xD;\n\t\xC3\xA9</a:Action>") != NULL);
}

static void test_refused(void)
{
    static const char *const BAD[] = {"\x01", "a\xFF", "\xEF\xBF\xBF", "\xED\xA0\x80", "\xC3", "\x1F"};
    struct request request = {WS_ENVELOPE_VERSION_NONE, A10, NULL, NULL, NULL, NULL, 0, NULL, 0};

    text_clear(&text);
    CHECK_FAILURE(envelope_write(&request, NULL, &text, error), WS_E_INVALID_OPERATION, "version 3");
    request.envelope = V12;
    for (size_t i = 0; i < COUNT(BAD); i++) {
        request.action = BAD[i];
        CHECK_FAILURE(envelope_write(&request, NULL, &text, error), E_INVALIDARG, "action has a character");
    }
    request.action = NULL;
    request.to = "\x02";
    CHECK_FAILURE(envelope_write(&request, NULL, &text, error), E_INVALIDARG, "address has a character");
    request.to = NULL;
    request.message_id = "\x02";
    CHECK_FAILURE(envelope_write(&request, NULL, &text, error), E_INVALIDARG, "message id has a character");
}

static void test_too_long(void)
{
    struct request request = {V12, A10, "urn:a", "http://h/", ID, NULL, 0, "<r/>", 4};
    size_t size = strlen(written(&request));

    for (size_t limit = 0; limit <= size; limit++) {
        struct text small = TEXT_INIT(limit);

        if (limit < size) {
            CHECK_FAILURE(envelope_write(&request, NULL, &small, error), WS_E_QUOTA_EXCEEDED, "the request is longer");
        } else {
            CHECK_STATUS(envelope_write(&request, NULL, &small, error), 0);
        }
        text_free(&small);
    }
}

/* ---- headers of the application ---------------------------------------------------------------------------------- */

static void check_header(WS_ENVELOPE_VERSION version, const char *document, ULONG attributes, const char *want)
{
    struct header header = {document_of(make_buffer(document)), attributes};
    struct request request = {version, APLAIN, NULL, NULL, NULL, &header, 1, NULL, 0};
    char whole[4096];

    snprintf(whole, sizeof whole, "<s:Envelope xmlns:s=\"%s\"><s:Header>%s</s:Header><s:Body/></s:Envelope>",
             soap_uri(version), want);
    check_request(&request, whole);
    xmlFreeDoc(xmlReadMemory(text.data, (int)text.size, NULL, NULL, XML_PARSE_NONET));
    CHECK(xmlGetLastError() == NULL);
    xmlResetLastError();
    document_release(header.document);
}

#define MUST  WS_MUST_UNDERSTAND_HEADER_ATTRIBUTE
#define RELAY WS_RELAY_HEADER_ATTRIBUTE
#define S12   " xmlns:s=\"" SOAP_1_2_URI "\""

static void test_headers(void)
{
    check_header(V12, "<h/>", 0, "<h/>");
    check_header(V12, "<!-- c --><p:h xmlns:p='u'>t</p:h><!-- d -->", 0,
                 "<!-- c --><p:h xmlns:p=\"u\">t</p:h><!-- d -->");
    check_header(V12, "<h/>", MUST, "<h s:mustUnderstand=\"1\"/>");
    check_header(V12, "<h/>", RELAY, "<h s:relay=\"true\"/>");
    check_header(V11, "<h a='1'>t</h>", MUST, "<h s:mustUnderstand=\"1\" a=\"1\">t</h>");
    check_header(V12, "<!--<c>--><p:h a='>' xmlns:p='u'><b/></p:h>", MUST | RELAY,
                 "<!--<c>--><p:h s:mustUnderstand=\"1\" s:relay=\"true\" a=\">\" xmlns:p=\"u\"><b/></p:h>");
}

/* The attribute may be there, and the prefix may be taken. */
static void test_header_attributes(void)
{
    check_header(V12, "<h s:mustUnderstand='0' s:relay='1'" S12 "/>", MUST,
                 "<h s:mustUnderstand=\"1\" s:relay=\"1\"" S12 "/>");
    check_header(V12, "<h e:mustUnderstand='0' mustUnderstand='2' xmlns:e='" SOAP_1_2_URI "'>t</h>", MUST | RELAY,
                 "<h s:mustUnderstand=\"1\" s:relay=\"true\" mustUnderstand=\"2\" xmlns:e=\"" SOAP_1_2_URI "\">t</h>");
    check_header(V12, "<h e:mustUnderstand='0' xmlns:e='" SOAP_1_1_URI "'/>", MUST,
                 "<h s:mustUnderstand=\"1\" e:mustUnderstand=\"0\" xmlns:e=\"" SOAP_1_1_URI "\"/>");
    check_header(V12, "<s:h xmlns:s='u'/>", MUST,
                 "<s:h s1:mustUnderstand=\"1\" xmlns:s=\"u\" xmlns:s1=\"" SOAP_1_2_URI "\"/>");
    check_header(
        V12, "<s:h s1:relay='' xmlns:s='u' xmlns:s1='v' xmlns:s2='w'>t</s:h>", RELAY,
        "<s:h s3:relay=\"true\" s1:relay=\"\" xmlns:s=\"u\" xmlns:s1=\"v\" xmlns:s2=\"w\" xmlns:s3=\"" SOAP_1_2_URI
        "\">t</s:h>");
}

static void test_headers_refused(void)
{
    struct document *document = document_of(make_buffer("<h/>"));
    struct header header = {document, RELAY};
    struct request request = {V11, APLAIN, NULL, NULL, NULL, &header, 1, NULL, 0};

    text_clear(&text);
    CHECK_FAILURE(envelope_write(&request, NULL, &text, error), E_INVALIDARG, "no attribute \"relay\"");
    document->elements = 2;
    CHECK_FAILURE(envelope_write(&request, NULL, &text, error), E_INVALIDARG, "this has 2 at the top");
    document->elements = 1;
    document->loose = true;
    CHECK_FAILURE(envelope_write(&request, NULL, &text, error), E_INVALIDARG, "and text beside");
    document_release(document);
}

/* ---- security ---------------------------------------------------------------------------------------------------- */

static void test_unsigned_to(void)
{
    struct request request = {V12, APLAIN, NULL, NULL, ID, NULL, 0, NULL, 0};

    security.has_header = true;
    check_request(&request, START "<s:Header><o/></s:Header><s:Body/></s:Envelope>");
    CHECK(strcmp(security.id, "_01234567-89ab-4def-8123-456789abcdef") == 0);
    CHECK(security.to[0] == 0 && security.to_id[0] == 0);
    security.status = WS_E_SECURITY_TOKEN_EXPIRED;
    text_clear(&text);
    CHECK_STATUS(envelope_write(&request, NULL, &text, error), WS_E_SECURITY_TOKEN_EXPIRED);
    memset(&security, 0, sizeof security);
}

/* Ids come from the message's own, when that can be trusted to be unique. */
static void test_ids(void)
{
    static const char *const OTHERS[] = {NULL,
                                         "",
                                         "urn:uuid:",
                                         "urn:x",
                                         ID "0",
                                         "urn:uuid:0123456789ab-4def-8123-456789abcdef",
                                         "urn:uuid:01234567-89ab-4def-8123-456789abcdeg",
                                         "URN:uuid:01234567-89ab-4def-8123-456789abcdef",
                                         "urn:uuid:01234567-89ab-4def-8123\"456789abcdef"};
    struct request request = {V12, A10, NULL, "http://h/", NULL, NULL, 0, NULL, 0};
    char last[64] = "";

    security.has_header = true;
    security.signs_to = true;
    for (size_t i = 0; i < COUNT(OTHERS); i++) {
        request.message_id = OTHERS[i];
        written(&request);
        CHECK(strlen(security.id) == 37 && security.id[0] == '_' && strcmp(security.id, last) != 0);
        CHECK(strspn(security.id + 1, "0123456789abcdef-") == 36);
        CHECK(strncmp(security.to_id, security.id, 37) == 0 && strcmp(security.to_id + 37, "-1") == 0);
        snprintf(last, sizeof last, "%s", security.id);
    }
    memset(&security, 0, sizeof security);
}

static int in_to(void *data, xmlNodePtr node, xmlNodePtr parent)
{
    for (xmlNodePtr p = node->type == XML_NAMESPACE_DECL ? parent : node; p != NULL; p = p->parent) {
        if (p == data) {
            return 1;
        }
    }
    return 0;
}

/* What was handed on to be signed is on the wire, and is the element's exclusive canonical form. */
static void check_canonical(const char *whole)
{
    xmlDocPtr document = xmlReadMemory(whole, (int)strlen(whole), NULL, NULL, XML_PARSE_NONET);
    xmlOutputBufferPtr output = xmlAllocOutputBuffer(NULL);
    xmlNodePtr node = document == NULL ? NULL : xmlDocGetRootElement(document)->children->children;

    while (node != NULL && strcmp((const char *)node->name, "To") != 0) {
        node = node->next;
    }
    if (CHECK(node != NULL && output != NULL)) {
        CHECK(xmlC14NExecute(document, in_to, node, XML_C14N_EXCLUSIVE_1_0, NULL, 1, output) >= 0);
        CHECK(strcmp((const char *)xmlOutputBufferGetContent(output), security.to) == 0);
        CHECK(strstr(whole, security.to) != NULL);
    }
    xmlOutputBufferClose(output);
    xmlFreeDoc(document);
}

static void test_signed_to(void)
{
    struct request request = {V12, A10, "urn:a", "http://h/?a=1&b=<\"'>\r\n\t\xC3\xA9", ID, NULL, 0, NULL, 0};

    security.has_header = true;
    security.signs_to = true;
    for (int envelope = V11; envelope <= V12; envelope++) {
        for (int addressing = A09; addressing <= A10; addressing++) {
            char want[1024];
            const char *whole;

            request.envelope = (WS_ENVELOPE_VERSION)envelope;
            request.addressing = (WS_ADDRESSING_VERSION)addressing;
            whole = written(&request);
            check_canonical(whole);
            snprintf(want, sizeof want,
                     "<a:To xmlns:a=\"%s\" xmlns:s=\"%s\" xmlns:u=\"" UTILITY_URI
                     "\" u:Id=\"_01234567-89ab-4def-8123-456789abcdef-1\" s:mustUnderstand=\"1\">"
                     "http://h/?a=1&amp;b=&lt;\"'&gt;&#xD;\n\t\xC3\xA9</a:To>",
                     addressing_uri(request.addressing), soap_uri(request.envelope));
            CHECK(strcmp(security.to, want) == 0);
        }
    }
    text_clear(&text);
    request.to = NULL;
    CHECK_FAILURE(envelope_write(&request, NULL, &text, error), WS_E_INVALID_OPERATION, "signs the To header");
    request.to = "http://h/";
    request.addressing = APLAIN;
    CHECK_FAILURE(envelope_write(&request, NULL, &text, error), WS_E_INVALID_OPERATION, "signs the To header");
    memset(&security, 0, sizeof security);
}

static void test_second_headers(void)
{
    static const struct {
        WS_ADDRESSING_VERSION addressing;
        bool secured;
        const char *xml, *refusal;
    } CASES[] = {
        {A10, false, "<To xmlns='" ADDRESSING_1_0_URI "'/>", "a second To"},
        {A10, false, "<!-- --><x:Action xmlns:x='" ADDRESSING_1_0_URI "'/>", "a second Action"},
        {A09, false, "<a:ReplyTo xmlns:a='" ADDRESSING_0_9_URI "'/>", "a second ReplyTo"},
        {A10, true, "<Security xmlns='" SECURITY_URI "' xmlns:q='" SOAP_1_1_URI "' q:actor='u'/>", "a second Security"},
        {A10, true, "<Security xmlns='" SECURITY_URI "' xmlns:q='" SOAP_1_2_URI "' q:role='u'/>", NULL},
        {A10, false, "<Security xmlns='" SECURITY_URI "'/>", NULL},
        {APLAIN, false, "<a:To xmlns:a='" ADDRESSING_1_0_URI "'/>", NULL},
    };
    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct header header = {document_of(make_buffer(CASES[i].xml)), 0};
        struct request request = {V12, CASES[i].addressing, "urn:a", "http://h/", ID, &header, 1, NULL, 0};
        security.has_header = CASES[i].secured;
        CHECK_STATUS(envelope_write(&request, NULL, &text, error), CASES[i].refusal == NULL ? 0 : E_INVALIDARG);
        CHECK(CASES[i].refusal == NULL || strstr(newest_sentence(), CASES[i].refusal) != NULL);
        document_release(header.document);
    }
}

int main(void)
{
    ws_set_up();
    RUN(test_second_headers);
    RUN(test_id);
    RUN(test_versions);
    RUN(test_absent);
    RUN(test_escapes);
    RUN(test_refused);
    RUN(test_too_long);
    RUN(test_headers);
    RUN(test_header_attributes);
    RUN(test_headers_refused);
    RUN(test_unsigned_to);
    RUN(test_ids);
    RUN(test_signed_to);
    text_free(&text);
    ws_tear_down();
    return test_result("ws_envelope");
}
