/* SPDX-License-Identifier: MIT
 *
 * What a Security header is made of, for each kind of token, suite and layout. Whole requests are read by libxml2,
 * their signed elements canonicalized by it, and the digests and signatures of that verified by libcrypto.
 */
#include "security_verifier.h"

enum { BEARER = 1, SYMMETRIC = 2, ASYMMETRIC = 4 };

/* ---- requests -----------------------------------------------------------------------------------------------------
 */

static struct text written = {.limit = 65536};

static const char *write_request(const struct described *from, const struct security *security)
{
    struct request request = {
        .envelope = from->settings.envelope,
        .addressing = from->settings.addressing,
        .action = "urn:a&b",
        .to = "https://host/?a=1&b=<\xC3\xA9>",
        .message_id = "urn:uuid:01234567-89ab-4def-8123-456789abcdef",
        .body = "<b xmlns=\"urn:b\"/>",
        .body_size = 18,
    };

    text_clear(&written);
    if (!CHECK_STATUS(envelope_write(&request, security, &written, error), 0)) {
        fprintf(stderr, "    %s\n", newest_sentence());
    }
    text_put(&written, "", 1);
    return written.data;
}

static xmlDocPtr parse(const char *text)
{
    return xmlReadMemory(text, (int)strlen(text), NULL, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR);
}

static xmlNodePtr security_of(xmlDocPtr document)
{
    return child(child(xmlDocGetRootElement(document), "Header"), "Security");
}

/* The names of the elements in the header, each with a letter before it that says whether its signature is good. */
static void check_shape(xmlNodePtr header, int kinds, int layout, bool timestamp)
{
    char names[256] = "", want[256];
    bool last = layout == WS_SECURITY_HEADER_LAYOUT_LAX_WITH_TIMESTAMP_LAST;
    int left = kinds & (SYMMETRIC | ASYMMETRIC);

    for (xmlNodePtr node = xmlFirstElementChild(header); node != NULL; node = xmlNextElementSibling(node)) {
        size_t used = strlen(names);

        snprintf(names + used, sizeof names - used, "%s ", (const char *)node->name);
        if (strcmp((const char *)node->name, "Signature") == 0) {
            bool hmac = (left & SYMMETRIC) != 0; /* which comes first */
            bool to = !hmac;
            xmlNodePtr reference = xmlFirstElementChild(child(node, "KeyInfo"));

            CHECK(verify(node, hmac) == 1u + to && verify(node, !hmac) == 0);
            CHECK(strcmp((const char *)reference->name, hmac ? "r" : "SecurityTokenReference") == 0);
            CHECK(!hmac || (reference->ns == NULL && xmlFirstElementChild(reference)->ns == NULL));
            CHECK(xmlChildElementCount(node) == 3 && xmlChildElementCount(child(node, "KeyInfo")) == 1);
            left &= ~(hmac ? SYMMETRIC : ASYMMETRIC);
        }
    }
    snprintf(want, sizeof want, "%s%s%s%s%s%s%s", timestamp && !last ? "Timestamp " : "",
             kinds & BEARER ? "UsernameToken " : "", kinds & SYMMETRIC ? "Other " : "",
             kinds & ASYMMETRIC ? "BinarySecurityToken " : "", kinds & SYMMETRIC ? "Signature " : "",
             kinds & ASYMMETRIC ? "Signature " : "", timestamp && last ? "Timestamp " : "");
    if (!CHECK(strcmp(names, want) == 0)) {
        fprintf(stderr, "    %s: not %s\n", names, want);
    }
}

/* What is signed is on the wire as it is signed. */
static void check_bytes(const char *text, xmlNodePtr header, bool to)
{
    xmlNodePtr nodes[] = {child(header, "Timestamp"), child(child(header, "Signature"), "SignedInfo"),
                          to ? child(header->parent, "To") : NULL};

    for (size_t i = 0; i < COUNT(nodes); i++) {
        if (nodes[i] != NULL) {
            size_t size = 0;
            xmlChar *form = canonical(nodes[i], true, &size);

            CHECK(strstr(text, (const char *)form) != NULL);
            xmlFree(form);
        }
    }
}

static void check_request(const struct described *made, int kinds, int layout, bool timestamp)
{
    struct security *security = create_security(made);
    const char *text = write_request(made, security);
    xmlDocPtr document = parse(text);
    xmlNodePtr header = security_of(document);

    if (CHECK(header != NULL)) {
        xmlChar *must = xmlGetNsProp(header, BAD_CAST "mustUnderstand", BAD_CAST soap_uri(made->settings.envelope));

        CHECK(must != NULL && strcmp((const char *)must, "1") == 0);
        xmlFree(must);
        check_shape(header, kinds, layout, timestamp);
        check_bytes(text, header, (kinds & ASYMMETRIC) != 0);
        CHECK(strchr(text, '\n') == NULL && strstr(text, "> <") == NULL);
        CHECK((strstr(text, X509_REFERENCE) != NULL) == ((kinds & ASYMMETRIC) != 0));
        CHECK((strstr(text, OTHER_REFERENCE) != NULL) == ((kinds & SYMMETRIC) != 0));
    }
    xmlFreeDoc(document);
    security_free(security);
}

static struct described *describe_kinds(int kinds, WS_SECURITY_TOKEN *const tokens[3])
{
    struct described *made = describe();

    for (int i = 0; i < 3; i++) {
        if (kinds & 1 << i) {
            add_token(made, tokens[i]);
        }
    }
    return made;
}

/* Twelve with names, and after them explicit ones. */
static void add_suite(struct described *made, int number)
{
    static WS_SECURITY_ALGORITHM_SUITE suite;
    static int name;

    name = number;
    if (number == 0) {
        return;
    }
    if (number <= 12) {
        add_property(made, WS_SECURITY_PROPERTY_ALGORITHM_SUITE_NAME, &name, sizeof name);
        return;
    }
    number -= 13;
    memset(&suite, 0, sizeof suite);
    suite.canonicalizationAlgorithm = (WS_SECURITY_ALGORITHM_ID)(1 + (number & 1));
    suite.digestAlgorithm = (WS_SECURITY_ALGORITHM_ID)(WS_SECURITY_ALGORITHM_DIGEST_SHA1 + number % 4);
    suite.symmetricSignatureAlgorithm =
        (WS_SECURITY_ALGORITHM_ID)(WS_SECURITY_ALGORITHM_SYMMETRIC_SIGNATURE_HMAC_SHA1 + number / 4);
    suite.asymmetricSignatureAlgorithm =
        (WS_SECURITY_ALGORITHM_ID)(number < 4 ? WS_SECURITY_ALGORITHM_ASYMMETRIC_SIGNATURE_RSA_SHA1
                                              : WS_SECURITY_ALGORITHM_ASYMMETRIC_SIGNATURE_RSA_SHA1 + 1 + number / 4);
    add_property(made, WS_SECURITY_PROPERTY_ALGORITHM_SUITE, &suite, sizeof suite);
}

static void test_everything(void)
{
    WS_SECURITY_TOKEN *tokens[] = {make_bearer(), make_raw_token(32), make_rsa_token(rsa_key)};

    for (int suite = 0; suite <= 12 + 16; suite++) {
        for (int kinds = 1; kinds < 8; kinds++) {
            int layout = 1 + (suite + kinds) % 4;
            struct described *made = describe_kinds(kinds, tokens);

            made->settings.envelope = kinds & 1 ? WS_ENVELOPE_VERSION_SOAP_1_1 : WS_ENVELOPE_VERSION_SOAP_1_2;
            made->settings.addressing = suite & 1 ? WS_ADDRESSING_VERSION_0_9 : WS_ADDRESSING_VERSION_1_0;
            add_property(made, WS_SECURITY_PROPERTY_SECURITY_HEADER_LAYOUT, &layout, sizeof layout);
            add_suite(made, suite);
            check_request(made, kinds, layout, true);
        }
    }
    for (int i = 0; i < 3; i++) {
        WsFreeSecurityToken(tokens[i]);
    }
}

/* The suite that applies without one is that of 2005; another key would be seen. */
static void test_methods(void)
{
    static const struct {
        int suite;
        const char *words[3]; /* in the text, and the last not */
    } CASES[] = {
        {0, {DS "sha1\"", DS "rsa-sha1\"", "sha256"}},
        {1, {DS "sha1\"", DS "rsa-sha1\"", "sha256"}},
        {7, {XMLENC "sha256\"", DS "rsa-sha1\"", "rsa-sha256"}},
        {13 + 5, {XMLENC "sha256\"", MORE "rsa-sha256\"", "rsa-sha1"}},
    };
    WS_SECURITY_TOKEN *token = make_rsa_token(rsa_key);

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct described *made = describe();
        struct security *security;
        const char *text;

        add_token(made, token);
        add_suite(made, CASES[i].suite);
        security = create_security(made);
        text = write_request(made, security);
        CHECK(strstr(text, CASES[i].words[0]) != NULL && strstr(text, CASES[i].words[1]) != NULL);
        CHECK(strstr(text, CASES[i].words[2]) == NULL);
        security_free(security);
    }
    WsFreeSecurityToken(token);
}

/* The verifier above says no to each byte that is not the one which was signed. */
static void test_changed_bytes(void)
{
    static const char *const PLACES[] = {"Created>", "Expires>", "https://host", "SignatureValue>", "DigestValue>"};
    WS_SECURITY_TOKEN *token = make_rsa_token(rsa_key);
    struct described *made = describe();
    struct security *security;

    add_token(made, token);
    security = create_security(made);
    for (size_t i = 0; i < COUNT(PLACES); i++) {
        char *text = (char *)(uintptr_t)write_request(made, security);
        char *place = strstr(text, PLACES[i]) + strlen(PLACES[i]);
        xmlDocPtr document;

        CHECK((place = strstr(text, i == 2 ? "<a:To" : PLACES[i])) != NULL);
        place = strstr(place, PLACES[i]) + strlen(PLACES[i]) + 1;
        document = parse(text);
        CHECK(verify(child(security_of(document), "Signature"), false) == 2);
        xmlFreeDoc(document);
        *place = *place == 'A' || *place == '0' ? (char)(*place + 1) : *place == '/' ? 'x' : 'A';
        document = parse(text);
        CHECK(verify(child(security_of(document), "Signature"), false) == 0);
        xmlFreeDoc(document);
    }
    security_free(security);
    WsFreeSecurityToken(token);
}

static void test_bearer_without_timestamp(void)
{
    const WS_SECURITY_TIMESTAMP_USAGE usages[] = {WS_SECURITY_TIMESTAMP_USAGE_NEVER,
                                                  WS_SECURITY_TIMESTAMP_USAGE_REQUESTS_ONLY};
    WS_SECURITY_TOKEN *token = make_bearer();

    for (size_t i = 0; i < COUNT(usages); i++) {
        struct described *made = describe();

        add_token(made, token);
        add_property(made, WS_SECURITY_PROPERTY_TIMESTAMP_USAGE, &usages[i], sizeof usages[i]);
        check_request(made, BEARER, WS_SECURITY_HEADER_LAYOUT_STRICT, i == 1);
    }
    WsFreeSecurityToken(token);
}

int main(void)
{
    security_set_up();
    public_key = export_public();
    RUN(test_everything);
    RUN(test_methods);
    RUN(test_changed_bytes);
    RUN(test_bearer_without_timestamp);
    EVP_PKEY_free(public_key);
    text_free(&written);
    security_tear_down();
    xmlCleanupParser();
    return test_result("ws_security_header");
}
