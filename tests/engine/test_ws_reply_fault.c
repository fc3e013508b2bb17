/* SPDX-License-Identifier: MIT
 *
 * Faults in replies, of both versions: codes, reasons, roles, details, and what is malformed.
 */
#include "reply_support.h"

#define FAULT(in)   WRAP("<s:Body><s:Fault>" in "</s:Fault></s:Body>")
#define FAULT11(in) WRAP11("<s:Body><s:Fault>" in "</s:Fault></s:Body>")
#define CODE        "<s:Code><s:Value>s:Sender</s:Value></s:Code>"
#define REASON      "<s:Reason><s:Text xml:lang='en'>r</s:Text></s:Reason>"
#define CODE11      "<faultcode>s:Server</faultcode>"
#define REASON11    "<faultstring>r</faultstring>"

static bool is_bytes(const WS_XML_STRING *string, const char *want)
{
    return string->length == strlen(want) && memcmp(string->bytes, want, string->length) == 0;
}

static void check_code(const WS_FAULT_CODE *code, const char *uri, const char *local)
{
    if (CHECK(code != NULL)) {
        CHECK(is_bytes(&code->value.localName, local));
        CHECK(is_bytes(&code->value.ns, uri));
    }
}

/* In ASCII. */
static bool is_string(const WS_STRING *string, const char *want)
{
    bool same = string->length == strlen(want);

    for (ULONG i = 0; i < string->length && same; i++) {
        same = string->chars[i] == (unsigned char)want[i];
    }
    return same;
}

static void check_detail(const WS_FAULT *fault, const char *want)
{
    struct document *document = document_of(fault->detail);

    check_document(document, want, 1);
    document_release(document);
}

static struct reply *good_fault(const char *text, WS_ENVELOPE_VERSION envelope)
{
    struct reply *reply = good(text, envelope);

    CHECK(reply->is_fault && reply->fault.code != NULL && reply->fault.reasonCount > 0 && reply->body->elements == 1);
    return reply;
}

static void test_full(void)
{
    struct reply *reply = good_fault(
        "<s:Envelope" S12
        " xmlns:m='urn:m'><s:Header/><s:Body><s:Fault xmlns:n='urn:&amp;n'><s:Code>\n<s:Value> s:Sender "
        "</s:Value><s:Subcode><s:Value xmlns:m='urn:inner'>m:Bad</s:Value><s:Subcode><s:Value>n:Worse</s:Value>"
        "</s:Subcode></s:Subcode></s:Code><s:Reason><s:Text xml:lang='en'>a&lt;b</s:Text><s:Text xml:lang='de-AT'> c"
        "<![CDATA[<d]]></s:Text></s:Reason><s:Node> urn:node </s:Node><s:Role>urn:role</s:Role><s:Detail "
        "m:a='1'><m:x>n:q"
        "</m:x></s:Detail></s:Fault></s:Body></s:Envelope>",
        V12);
    const WS_FAULT *fault = &reply->fault;

    check_code(fault->code, SOAP_1_2_URI, "Sender");
    check_code(fault->code->subCode, "urn:inner", "Bad");
    check_code(fault->code->subCode->subCode, "urn:&n", "Worse");
    CHECK(fault->code->subCode->subCode->subCode == NULL);
    CHECK(fault->reasonCount == 2);
    CHECK(is_string(&fault->reasons[0].text, "a<b") && is_string(&fault->reasons[0].lang, "en"));
    CHECK(is_string(&fault->reasons[1].text, " c<d") && is_string(&fault->reasons[1].lang, "de-AT"));
    CHECK(is_string(&fault->node, "urn:node") && is_string(&fault->actor, "urn:role"));
    check_detail(fault,
                 "<s:Detail m:a=\"1\"" S12 " xmlns:m=\"urn:m\" xmlns:n=\"urn:&amp;n\"><m:x>n:q</m:x></s:Detail>");
    reply_free(reply);
}

static void test_least(void)
{
    struct reply *reply = good_fault(FAULT(CODE REASON), V12);

    check_document(reply->body,
                   "<s:Fault" S12 "><s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason><s:Text xml:lang=\"en\">r"
                   "</s:Text></s:Reason></s:Fault>",
                   1);
    CHECK(is_string(&reply->fault.reasons[0].lang, "en"));
    CHECK(reply->fault.actor.length == 0 && reply->fault.node.length == 0 && reply->fault.detail == NULL);
    reply_free(reply);
}

/* The attribute "lang" is not XML's own. */
static void test_no_language(void)
{
    struct reply *reply = good_fault(FAULT(CODE "<s:Reason><s:Text lang='en' s:lang='en'>r</s:Text></s:Reason>"), V12);

    CHECK(reply->fault.reasons[0].lang.length == 0);
    reply_free(reply);
}

static void test_beyond_ascii(void)
{
    struct reply *reply = good_fault(FAULT(CODE "<s:Reason><s:Text>\xC3\xA9\xF0\x9F\x98\x80</s:Text></s:Reason>"), V12);
    const WS_STRING *text = &reply->fault.reasons[0].text;

    CHECK(text->length == 3 && text->chars[0] == 0xE9 && text->chars[1] == 0xD83D && text->chars[2] == 0xDE00);
    reply_free(reply);
}

/* Unknown elements may be anywhere, and the order is not held against a peer. */
static void test_odd_but_harmless(void)
{
    static const char *const TEXTS[] = {
        FAULT(REASON "<x/>" CODE),
        FAULT("<!-- a -->" CODE "\n" REASON),
        FAULT("<s:Code><x/><s:Value>Sender</s:Value><y/></s:Code><s:Reason><x/><s:Text/></s:Reason>"),
        FAULT(CODE REASON "<Code/><x:Detail xmlns:x='urn:x'/>"),
    };

    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
        reply_free(good_fault(TEXTS[i], V12));
    }
}

static void test_full_old(void)
{
    struct reply *reply = good_fault(FAULT11("<faultcode>s:Client.Auth.X</faultcode><faultstring xml:lang='fr'> r "
                                             "</faultstring><faultactor> urn:a </faultactor><detail><x/></detail>"),
                                     V11);
    const WS_FAULT *fault = &reply->fault;

    check_code(fault->code, SOAP_1_1_URI, "Client.Auth.X");
    CHECK(fault->code->subCode == NULL && fault->reasonCount == 1);
    CHECK(is_string(&fault->reasons[0].text, " r ") && is_string(&fault->reasons[0].lang, "fr"));
    CHECK(is_string(&fault->actor, "urn:a") && fault->node.length == 0);
    check_detail(fault, "<detail" S11 "><x/></detail>");
    reply_free(reply);
}

static void test_odd_old(void)
{
    struct reply *reply = good_fault(FAULT11("<s:faultstring/><s:faultcode>Oops</s:faultcode><s:detail/>"), V11);

    check_code(reply->fault.code, "", "Oops");
    check_detail(&reply->fault, "<s:detail" S11 "/>");
    reply_free(reply);

    reply = good_fault("<Envelope xmlns='" SOAP_1_1_URI "'><Body><Fault><faultcode>Client</faultcode><faultstring>r"
                       "</faultstring></Fault></Body></Envelope>",
                       V11);
    check_code(reply->fault.code, SOAP_1_1_URI, "Client");
    reply_free(reply);

    /* What the detail refers to may stand beside the fault. */
    reply = good(WRAP11("<s:Body><s:Fault>" CODE11 REASON11 "</s:Fault><multiRef id='a'/></s:Body>"), V11);
    CHECK(reply->is_fault && reply->body->elements == 2);
    reply_free(reply);
}

/* An element of that name is a fault at the first place only, and in the envelope's own namespace. */
static void test_no_fault(void)
{
    static const char *const TEXTS[] = {
        WRAP("<s:Body><Fault/></s:Body>"),
        WRAP("<s:Body><x:Fault xmlns:x='" SOAP_1_1_URI "'/></s:Body>"),
        WRAP("<s:Body><r><s:Fault/></r></s:Body>"),
        WRAP("<s:Body><r/><s:Fault/></s:Body>"),
        WRAP("<s:Header><s:Fault/></s:Header><s:Body/>"),
    };

    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
        struct reply *reply = good(TEXTS[i], V12);

        CHECK(!reply->is_fault && reply->fault.code == NULL);
        reply_free(reply);
    }
}

static void test_other_version(void)
{
    struct reply *reply =
        good_fault(WRAP11("<s:Header><s:junk/></s:Header><s:Body><s:Fault><faultcode>s:VersionMismatch</faultcode>"
                          "<faultstring>r</faultstring></s:Fault></s:Body>"),
                   V12);

    CHECK(reply->envelope == V11 && reply->headers == NULL);
    check_code(reply->fault.code, SOAP_1_1_URI, "VersionMismatch");
    reply_free(reply);

    reply = good_fault(FAULT("<s:Code><s:Value>s:VersionMismatch</s:Value></s:Code>" REASON), V11);
    CHECK(reply->envelope == V12);
    reply_free(reply);

    bad(FAULT("<s:Code><s:Value>VersionMismatch</s:Value></s:Code>" REASON), V11, "answered with SOAP 1.2");
    bad(FAULT("<s:Code><s:Value>s:VersionMismatch</s:Value></s:Code>"), V11, "answered with SOAP 1.2");
}

static void test_malformed(void)
{
    bad(WRAP("<s:Body><s:Fault/></s:Body>"), V12, "no code");
    bad(FAULT(CODE), V12, "no reason");
    bad(FAULT(REASON), V12, "no code");
    bad(FAULT("<Code><Value>s:Sender</Value></Code>" REASON), V12, "no code");
    bad(FAULT(CODE CODE REASON), V12, "two elements \"Code\"");
    bad(FAULT(CODE REASON REASON), V12, "two elements \"Reason\"");
    bad(FAULT(CODE REASON "<s:Detail/><s:Detail/>"), V12, "two elements \"Detail\"");
    bad(FAULT("<s:Code/>" REASON), V12, "without a value");
    bad(FAULT("<s:Code><s:Value/></s:Code>" REASON), V12, "no name");
    bad(FAULT("<s:Code><s:Value>a b</s:Value></s:Code>" REASON), V12, "no name");
    bad(FAULT("<s:Code><s:Value>s:</s:Value></s:Code>" REASON), V12, "no name");
    bad(FAULT("<s:Code><s:Value>:a</s:Value></s:Code>" REASON), V12, "no name");
    bad(FAULT("<s:Code><s:Value>s:a:b</s:Value></s:Code>" REASON), V12, "no name");
    bad(FAULT("<s:Code><s:Value>t:a</s:Value></s:Code>" REASON), V12, "prefix \"t\", which is not declared");
    bad(FAULT("<s:Code><s:Value>s:a<b/></s:Value></s:Code>" REASON), V12, "has an element in it");
    bad(FAULT("<s:Code><s:Value>a</s:Value><s:Value>a</s:Value></s:Code>" REASON), V12, "two values");
    bad(FAULT("<s:Code><s:Subcode/><s:Value>a</s:Value></s:Code>" REASON), V12, "without a value");
    bad(FAULT("<s:Code><s:Value>a</s:Value><s:Subcode/></s:Code>" REASON), V12, "without a value");
    bad(FAULT("<s:Code><s:Value>a</s:Value><s:Subcode><s:Value>a</s:Value></s:Subcode><s:Subcode/></s:Code>" REASON),
        V12, "two subcodes");
    bad(FAULT(CODE "<s:Reason/>"), V12, "no reason");
    bad(FAULT(CODE "<s:Reason><Text>r</Text></s:Reason>"), V12, "no reason");
    bad(FAULT(CODE "<s:Reason><s:Text><b/></s:Text></s:Reason>"), V12, "has an element in it");
    bad(FAULT(CODE REASON "<s:Node><b/></s:Node>"), V12, "has an element in it");
    bad(WRAP("<s:Body><s:Fault>" CODE REASON "</s:Fault><r/></s:Body>"), V12, "after the fault");
}

static void test_malformed_old(void)
{
    bad(FAULT11(""), V11, "no code");
    bad(FAULT11(CODE11), V11, "no reason");
    bad(FAULT11(REASON11), V11, "no code");
    bad(FAULT11(CODE11 CODE11 REASON11), V11, "two elements \"faultcode\"");
    bad(FAULT11(CODE11 REASON11 "<s:faultstring/>"), V11, "two elements \"faultstring\"");
    bad(FAULT11("<faultcode/>" REASON11), V11, "no name");
    bad(FAULT11("<faultcode>x:y</faultcode>" REASON11), V11, "not declared");
    bad(FAULT11("<faultcode><x/></faultcode>" REASON11), V11, "has an element in it");
    bad(FAULT11("<f:faultcode xmlns:f='urn:f'>s:Server</f:faultcode>" REASON11), V11, "no code");
    bad(WRAP11("<s:Body><s:Fault>" CODE11 REASON11 "</s:Fault><s:Fault/></s:Body>"), V11, "after the fault");
}

/* `count` times the one text between two others. */
static void bad_many(const char *before, const char *middle, size_t count, const char *after, const char *words)
{
    size_t size = strlen(before) + count * strlen(middle) + strlen(after);
    char *text = malloc(size + 1);

    strcpy(text, before);
    for (size_t i = 0; i < count; i++) {
        strcat(text, middle);
    }
    strcat(text, after);
    bad_sized(text, size, V12, WS_E_QUOTA_EXCEEDED, words);
    free(text);
}

#define OPEN_FAULT  "<s:Envelope" S12 "><s:Body><s:Fault>"
#define CLOSE_FAULT "</s:Fault></s:Body></s:Envelope>"

static void test_too_many(void)
{
    char nested[64 * 80 + 1] = "";
    char closing[64 * 20 + 1] = "";

    bad_many(OPEN_FAULT CODE "<s:Reason>", "<s:Text xml:lang='en'/>", 1025, "</s:Reason>" CLOSE_FAULT,
             "more than 1024 reasons");
    limits.parse.depth = 200;
    for (int i = 0; i < 64; i++) {
        strcat(nested, "<s:Subcode><s:Value>s:a</s:Value>");
        strcat(closing, "</s:Subcode>");
    }
    strcat(closing, "</s:Code>" CLOSE_FAULT);
    bad_many(OPEN_FAULT "<s:Code><s:Value>s:a</s:Value>", nested, 1, closing, "more than 64 codes");
    limits.parse.depth = 32;
}

int main(void)
{
    RUN(test_full);
    RUN(test_least);
    RUN(test_no_language);
    RUN(test_beyond_ascii);
    RUN(test_odd_but_harmless);
    RUN(test_full_old);
    RUN(test_odd_old);
    RUN(test_no_fault);
    RUN(test_other_version);
    RUN(test_malformed);
    RUN(test_malformed_old);
    RUN(test_too_many);
    reply_tear_down();
    return test_result("ws_reply_fault");
}
