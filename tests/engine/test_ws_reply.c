/* SPDX-License-Identifier: MIT
 *
 * Replies: the structure of their envelopes, their bodies and headers standing alone, addressing headers, limits.
 */
#include "reply_support.h"

/* ---- structure --------------------------------------------------------------------------------------------------- */

static void test_body(void)
{
    struct reply *reply = good(WRAP("<s:Body><r>1</r></s:Body>"), V12);

    CHECK(reply->envelope == V12 && reply->headers == NULL && !reply->is_fault);
    CHECK(reply->action == NULL && reply->relates_to == NULL && !reply->security.has_header);
    check_document(reply->body, "<r" S12 ">1</r>", 1);
    CHECK(reply->body->depth == 1 && !reply->body->loose);
    reply_free(reply);

    reply = good(WRAP11("<s:Body><r/></s:Body>"), V11);
    CHECK(reply->envelope == V11);
    check_document(reply->body, "<r" S11 "/>", 1);
    reply_free(reply);
}

static void test_empty_body(void)
{
    static const char *const TEXTS[] = {WRAP("<s:Body/>"), WRAP("<s:Body></s:Body>"), WRAP("<s:Header/><s:Body/>")};

    for (size_t i = 0; i < 3; i++) {
        struct reply *reply = good(TEXTS[i], V12);

        check_document(reply->body, "", 0);
        CHECK((reply->headers != NULL) == (i == 2));
        reply_free(reply);
    }
}

/* What is between the elements stays there. */
static void test_several_elements(void)
{
    struct reply *reply =
        good(WRAP("<s:Body> <a/>\n<!-- x > y --><b c='&gt;&lt;>&#10;'><![CDATA[</b>]]></b>\n</s:Body>"), V12);

    check_document(reply->body, " <a" S12 "/>\n<!-- x > y --><b c=\">&lt;>&#xA;\"" S12 "><![CDATA[</b>]]></b>\n", 2);
    CHECK(!reply->body->loose);
    reply_free(reply);

    reply = good(WRAP("<s:Body>\n&#13; <a>loose</a>\n&#13;<![CDATA[\t]]></s:Body>"), V12);
    CHECK(!reply->body->loose);
    reply_free(reply);

    bad(WRAP("<s:Body><a/>z<b/></s:Body>"), V12, "text beside its elements");
    bad(WRAP("<s:Body>z</s:Body>"), V12, "text beside its elements");
}

static void test_odd_but_harmless(void)
{
    static const char *const TEXTS[] = {
        "\xEF\xBB\xBF" WRAP("<s:Body/>"),
        "<?xml version='1.0' encoding='UTF-8' standalone='yes'?>\r\n" WRAP("<s:Body/>"),
        "\xEF\xBB\xBF<?xml version=\"1.0\"?>" WRAP("<s:Body/>") "\n",
        "<!-- a --> " WRAP(" <!-- b -->\n<s:Header>\n</s:Header>\t<s:Body/><!-- c -->") "<!-- d -->",
        "<s:Envelope" S12 " s:encodingStyle=\"urn:e\" x=\"y\"><s:Body s:encodingStyle=\"\" z=\"\"/></s:Envelope>",
        "<Envelope xmlns=\"" SOAP_1_2_URI "\"><Body/></Envelope>",
        "<Envelope xmlns=\"http&#58;//www.w3.org/2003/05/soap-envelope\"><Body/></Envelope>",
        "<s:Envelope" S12 "><t:Body xmlns:t='" SOAP_1_2_URI "'/></s:Envelope>",
    };

    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
        reply_free(good(TEXTS[i], V12));
    }
    reply_free(good(WRAP11("<s:Body/><x:trailer xmlns:x='urn:x'><y/></x:trailer>"), V11));
}

static void test_no_envelope(void)
{
    bad("", V12, "empty");
    bad(" ", V12, "line");
    bad("\xEF\xBB\xBF", V12, "line");
    bad("<?xml version=\"1.0\"?>", V12, "line");
    bad("hello", V12, "begins with '<'");
    bad("<html><body>502</body></html>", V12, "\"html\" of the namespace \"\"");
    bad("<Envelope/>", V12, "no SOAP envelope");
    bad("<s:Envelope xmlns:s='urn:s'><s:Body/></s:Envelope>", V12, "namespace \"urn:s\"");
    bad("<s:Body" S12 "/>", V12, "no SOAP envelope");
    bad("<s:envelope" S12 "/>", V12, "no SOAP envelope");
    bad("<s:Envelope" S12 ">", V12, "line");
    bad("<s:Envelope><s:Body/></s:Envelope>", V12, "line");
    bad(WRAP("<s:Body/>") "x", V12, "line");
    bad(WRAP("<s:Body/>") WRAP("<s:Body/>"), V12, "line");
    bad("<!DOCTYPE a>" WRAP("<s:Body/>"), V12, "document type");
    bad("<?pi?>" WRAP("<s:Body/>"), V12, "processing instructions");
    bad(WRAP("<s:Body>&a;</s:Body>"), V12, "line");
    bad("<?xml version='1.0' encoding='iso-8859-1'?>" WRAP("<s:Body/>"), V12, "encoding");
    bad(WRAP("<s:Body>\xFF</s:Body>"), V12, "line");
    bad_sized(WRAP("<s:Body/>") "\0", sizeof WRAP("<s:Body/>"), V12, WS_E_INVALID_FORMAT, "NUL");
}

static void test_parts_out_of_place(void)
{
    bad("<s:Envelope" S12 "/>", V12, "no Body");
    bad(WRAP(""), V12, "no Body");
    bad(WRAP("<s:Header/>"), V12, "no Body");
    bad(WRAP("<s:Header/><s:Header/><s:Body/>"), V12, "\"s:Header\" out of place");
    bad(WRAP("<s:Body/><s:Header/>"), V12, "\"s:Header\" out of place");
    bad(WRAP("<s:Body/><s:Body/>"), V12, "\"s:Body\" out of place");
    bad(WRAP("<x/><s:Body/>"), V12, "\"x\" out of place");
    bad(WRAP("<s:Body/><x xmlns='urn:x'/>"), V12, "\"x\" out of place");
    bad(WRAP("<Body/>"), V12, "\"Body\" out of place");
    bad(WRAP("<s:Body xmlns:s='urn:other'/>"), V12, "\"s:Body\" out of place");
    bad(WRAP("text<s:Body/>"), V12, "text beside");
    bad(WRAP("<s:Body/><![CDATA[x]]>"), V12, "text beside");
    bad(WRAP11("<s:Body/><s:Body/>"), V11, "out of place");
    bad(WRAP11("<s:Body/><s:Header/>"), V11, "out of place");
    bad(WRAP11("<x/><s:Body/>"), V11, "out of place");
}

static void test_other_version(void)
{
    bad(WRAP11("<s:Body/>"), V12, "answered with SOAP 1.1, and the channel speaks SOAP 1.2");
    bad(WRAP("<s:Body/>"), V11, "answered with SOAP 1.2, and the channel speaks SOAP 1.1");
    bad(WRAP11("<s:Bodies/>"), V12, "answered with SOAP 1.1");
    bad(WRAP11("<s:Body><s:Fault><faultcode>s:Client</faultcode><faultstring>f</faultstring></s:Fault></s:Body>"), V12,
        "answered with SOAP 1.1");
}

static void test_no_version(void)
{
    struct reply *reply;

    CHECK_STATUS(read_sized("<a/>", 4, WS_ENVELOPE_VERSION_NONE, A10, &reply), WS_E_INVALID_OPERATION);
    CHECK(result.sentence[0] != 0);
}

/* ---- standing alone ---------------------------------------------------------------------------------------------- */

static void check_alone(const char *envelope, const char *body, const char *element, const char *want)
{
    char text[2048];
    struct reply *reply;

    snprintf(text, sizeof text, "<s:Envelope" S12 "%s><s:Body%s>%s</s:Body></s:Envelope>", envelope, body, element);
    reply = good(text, V12);
    check_document(reply->body, want, 1);
    reply_free(reply);
}

static void test_namespaces(void)
{
    check_alone(" xmlns:x='urn:x' xmlns='urn:d'", " xmlns:y='urn:&amp;y'", "<r t='x:t'/>",
                "<r t=\"x:t\"" S12 " xmlns:x=\"urn:x\" xmlns=\"urn:d\" xmlns:y=\"urn:&amp;y\"/>");
    /* Hidden by the element, or by what is between. */
    check_alone(" xmlns:x='urn:1'", " xmlns:x='urn:2'", "<x:r/>", "<x:r" S12 " xmlns:x=\"urn:2\"/>");
    check_alone(" xmlns:x='urn:1'", " xmlns:x='urn:2'", "<x:r xmlns:x='urn:3'>x</x:r>",
                "<x:r xmlns:x=\"urn:3\"" S12 ">x</x:r>");
    check_alone(" xmlns='urn:1'", " xmlns=''", "<r/>", "<r" S12 "/>");
    check_alone(" xmlns='urn:1'", "", "<r xmlns=''/>", "<r xmlns=\"\"" S12 "/>");
    check_alone("", "", "<s:r xmlns:s='urn:s'><s:t/></s:r>", "<s:r xmlns:s=\"urn:s\"><s:t/></s:r>");
    check_alone(" xmlns:xmlnsx='urn:1'", "", "<r xmlnsx:xmlns='1' a='>'/>",
                "<r xmlnsx:xmlns=\"1\" a=\">\"" S12 " xmlns:xmlnsx=\"urn:1\"/>");
    check_alone("", "", "<r xmlns:xml='http://www.w3.org/XML/1998/namespace' xml:lang='en'/>",
                "<r xml:lang=\"en\"" S12 "/>");
}

static void test_headers(void)
{
    struct reply *reply = good(HEAD("<x xmlns='urn:x'><y/></x>\n<z/>"), V12);

    check_document(reply->headers, "<x xmlns=\"urn:x\"" WSA S12 "><y/></x>\n<z" WSA S12 "/>", 2);
    CHECK(reply->headers->depth == 2 && reply->headers->namespaces == 3);
    reply_free(reply);
}

/* ---- addressing -------------------------------------------------------------------------------------------------- */

static void test_addressing(void)
{
    struct reply *reply = good(HEAD("<a:Action s:mustUnderstand='1'> urn:&lt;a&#62;<!-- -->/<![CDATA[&b]]>\n</a:Action>"
                                    "<a:RelatesTo>urn:uuid:1</a:RelatesTo>"
                                    "<a:RelatesTo RelationshipType='urn:other'>urn:uuid:2</a:RelatesTo>"),
                               V12);

    CHECK(reply->action != NULL && strcmp(reply->action, "urn:<a>/&b") == 0);
    CHECK(reply->relates_to != NULL && strcmp(reply->relates_to, "urn:uuid:1") == 0);
    reply_free(reply);

    reply = good(HEAD("<a:Action/><a:RelatesTo RelationshipType=' http://www.w3.org/2005/08/addressing/reply '>r"
                      "</a:RelatesTo>"),
                 V12);
    CHECK(reply->action != NULL && reply->action[0] == 0);
    CHECK(reply->relates_to != NULL && strcmp(reply->relates_to, "r") == 0);
    reply_free(reply);
}

static void test_addressing_old(void)
{
    struct reply *reply = good("<s:Envelope" S11 " xmlns:w='" ADDRESSING_0_9_URI "'><s:Header><w:Action>u</w:Action>"
                               "<w:RelatesTo RelationshipType='w:Reply'>1</w:RelatesTo><w:RelatesTo "
                               "RelationshipType='w:Other'>2</w:RelatesTo></s:Header><s:Body/></s:Envelope>",
                               V11);

    CHECK(reply->action != NULL && strcmp(reply->action, "u") == 0);
    CHECK(reply->relates_to != NULL && strcmp(reply->relates_to, "1") == 0);
    reply_free(reply);
}

/* Only the version that was asked for, and not below another header. */
static void test_addressing_of_others(void)
{
    static const char TEXT[] = HEAD("<a:Action>1</a:Action>");
    struct reply *reply = good(HEAD("<Action>1</Action><x><a:Action>2</a:Action></x><Action "
                                    "xmlns='" ADDRESSING_0_9_URI "'>3</Action>"),
                               V12);

    CHECK(reply->action == NULL && reply->headers->elements == 3);
    reply_free(reply);
    CHECK_STATUS(read_sized(TEXT, sizeof TEXT - 1, V12, WS_ADDRESSING_VERSION_TRANSPORT, &reply), 0);
    CHECK(reply->action == NULL && reply->headers->elements == 1);
    reply_free(reply);
}

static void test_addressing_wrong(void)
{
    static char big[70000 + 1000];

    bad(HEAD("<a:Action>1</a:Action><a:Action>1</a:Action>"), V12, "two Action");
    bad(HEAD("<a:RelatesTo>1</a:RelatesTo><a:RelatesTo>2</a:RelatesTo>"), V12, "two RelatesTo");
    bad(HEAD("<a:Action>a<b/></a:Action>"), V12, "Action has an element");
    bad(HEAD("<a:Action><b/>a</a:Action>"), V12, "Action has an element");
    strcpy(big, "<s:Envelope" WSA S12 "><s:Header><a:Action>");
    memset(big + strlen(big), 'x', 65537);
    strcat(big, "</a:Action></s:Header><s:Body/></s:Envelope>");
    limits.parse.room = 1u << 20;
    bad_sized(big, strlen(big), V12, WS_E_QUOTA_EXCEEDED, "Action is longer than 65536 bytes");
    limits.parse.room = 65536;
}

int main(void)
{
    RUN(test_body);
    RUN(test_empty_body);
    RUN(test_several_elements);
    RUN(test_odd_but_harmless);
    RUN(test_no_envelope);
    RUN(test_parts_out_of_place);
    RUN(test_other_version);
    RUN(test_no_version);
    RUN(test_namespaces);
    RUN(test_headers);
    RUN(test_addressing);
    RUN(test_addressing_old);
    RUN(test_addressing_of_others);
    RUN(test_addressing_wrong);
    reply_tear_down();
    return test_result("ws_reply");
}
