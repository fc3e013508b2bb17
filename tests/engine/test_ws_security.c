/* SPDX-License-Identifier: MIT
 *
 * Security descriptions: every rule about bindings, tokens, keys and properties that one can break, and what comes of
 * those that keep them.
 */
#include "security_support.h"
#include "wincrypt.h"

/* ---- bindings ---------------------------------------------------------------------------------------------------- */

static void test_none(void)
{
    const struct security_output nothing = {0};
    struct security *security = (struct security *)heap;

    CHECK_STATUS(security_create(NULL, &describe()->settings, &security, error), 0);
    CHECK(security == NULL && security_tls(security) == NULL);
    CHECK(!security_has_header(security) && !security_signs_to(security));
    CHECK(security_level(security) == WS_PROTECTION_LEVEL_NONE);
    CHECK_STATUS(security_check(security, &nothing, security_now(), error), 0);
    security_free(security);
}

static void test_kinds(void)
{
    WS_SECURITY_TOKEN *tokens[] = {NULL, make_bearer(), make_raw_token(32), make_rsa_token(rsa_key)};

    for (size_t i = 0; i < COUNT(tokens); i++) {
        struct described *made = describe();
        struct security *security;

        if (tokens[i] != NULL) {
            add_token(made, tokens[i]);
        }
        security = create_security(made);
        WsFreeSecurityToken(tokens[i]);
        CHECK(security_has_header(security) == (i != 0) && security_signs_to(security) == (i == 3));
        CHECK(security_level(security) == WS_PROTECTION_LEVEL_SIGN_AND_ENCRYPT);
        CHECK(security_tls(security) != NULL);
        security_free(security);
    }
}

static void test_refused_bindings(void)
{
    static const int LACKING[] = {2, 3, 4, 5, 7, 8, 9};
    static const int UNKNOWN[] = {0, 10, -1};
    WS_SECURITY_BINDING binding = {0};
    struct described *made = describe();

    made->bindings[0] = &binding;
    for (size_t i = 0; i < COUNT(LACKING); i++) {
        binding.bindingType = (WS_SECURITY_BINDING_TYPE)LACKING[i];
        refuse_security(made, WS_E_NOT_SUPPORTED, "the engine has the SSL transport and XML tokens");
    }
    for (size_t i = 0; i < COUNT(UNKNOWN); i++) {
        binding.bindingType = (WS_SECURITY_BINDING_TYPE)UNKNOWN[i];
        refuse_security(made, E_INVALIDARG, "no security binding of type");
    }
    made->bindings[0] = NULL;
    refuse_security(made, E_INVALIDARG, "a security binding is NULL");
    made = describe();
    made->bindings[1] = made->bindings[0];
    made->description.securityBindingCount = 2;
    refuse_security(made, E_INVALIDARG, "two SSL transports");
    made->ssl.binding.propertyCount = 1;
    refuse_security(made, E_INVALIDARG, "count is not 0");
    made->description.securityBindings = NULL;
    refuse_security(made, E_INVALIDARG, "bindings are NULL");
    made->description.securityBindingCount = 0;
    refuse_security(made, E_INVALIDARG, "without bindings");
}

static void test_refused_tokens(void)
{
    WS_SECURITY_TOKEN *bearer = make_bearer();
    WS_SECURITY_BINDING_PROPERTY property = {0};
    struct described *made = describe();

    add_token(made, bearer);
    made->description.securityBindings++;
    made->description.securityBindingCount--;
    refuse_security(made, E_INVALIDARG, "needs an SSL transport");
    made->description.securityBindings--;
    made->description.securityBindingCount++;
    made->tokens[1].bindingUsage = (WS_MESSAGE_SECURITY_USAGE)2;
    refuse_security(made, E_INVALIDARG, "'supporting', not 2");
    made->tokens[1].bindingUsage = WS_SUPPORTING_MESSAGE_SECURITY_USAGE;
    made->tokens[1].binding.properties = &property;
    made->tokens[1].binding.propertyCount = 1;
    refuse_security(made, E_INVALIDARG, "has no properties");
    made->tokens[1].binding.propertyCount = 0;
    made->settings.envelope = WS_ENVELOPE_VERSION_NONE;
    refuse_security(made, E_INVALIDARG, "without an envelope");
    made->settings.envelope = WS_ENVELOPE_VERSION_SOAP_1_1;
    made->settings.addressing = WS_ADDRESSING_VERSION_TRANSPORT;
    security_free(create_security(made));
    WsFreeSecurityToken(bearer);
    refuse_security(made, E_INVALIDARG, "not a live WS_SECURITY_TOKEN");
    made->tokens[1].xmlToken = (WS_SECURITY_TOKEN *)heap;
    refuse_security(made, E_INVALIDARG, "not a live WS_SECURITY_TOKEN");
    made->tokens[1].xmlToken = NULL;
    refuse_security(made, E_INVALIDARG, "the WS_SECURITY_TOKEN is NULL");
}

/* One of each kind of element in a header. */
static void test_repeated_elements(void)
{
    static const char *const XML[][2] = {
        {USER_TOKEN, "<UsernameToken xmlns=\"" SECURITY_URI "\"/>"},
        {X509_TOKEN, X509_TOKEN},
        {"<a:Assertion xmlns:a=\"urn:oasis:names:tc:SAML:1.0:assertion\"/>",
         "<b:Assertion xmlns:b=\"urn:oasis:names:tc:SAML:1.0:assertion\"/>"},
        {"<Other/>", "<!--x--><Other/>"},
        {USER_TOKEN, X509_TOKEN},
        {"<a:Assertion xmlns:a=\"urn:oasis:names:tc:SAML:1.0:assertion\"/>", "<Assertion/>"},
        {"<Other/>", "<Others/>"},
    };
    const WS_SECURITY_TIMESTAMP_USAGE never = WS_SECURITY_TIMESTAMP_USAGE_NEVER;
    struct described *made = describe();

    for (size_t i = 0; i < COUNT(XML); i++) {
        WS_SECURITY_TOKEN *tokens[] = {make_token(XML[i][0], NULL, NULL), make_token("<Between/>", NULL, NULL),
                                       make_token(XML[i][1], NULL, NULL)};

        made = describe();
        for (size_t j = 0; j < 3; j++) {
            add_token(made, tokens[j]);
        }
        if (i < 4) {
            refuse_security(made, E_INVALIDARG, "there are two tokens");
        } else {
            security_free(create_security(made));
        }
        for (size_t j = 0; j < 3; j++) {
            WsFreeSecurityToken(tokens[j]);
        }
    }
    made = describe();
    add_token(made, make_token("<x:Timestamp xmlns:x=\"" UTILITY_URI "\"/>", NULL, NULL));
    refuse_security(made, E_INVALIDARG, "a token is a Timestamp");
    add_property(made, WS_SECURITY_PROPERTY_TIMESTAMP_USAGE, &never, 4);
    security_free(create_security(made));
    WsFreeSecurityToken(made->tokens[1].xmlToken);
}

/* ---- keys -------------------------------------------------------------------------------------------------------- */

static void test_refused_keys(void)
{
    WS_CAPI_ASYMMETRIC_SECURITY_KEY_HANDLE capi = {{WS_CAPI_ASYMMETRIC_SECURITY_KEY_HANDLE_TYPE}, 0, AT_SIGNATURE};
    NCRYPT_KEY_HANDLE others[] = {make_key(rsa_provider, BCRYPT_ECDSA_P256_ALGORITHM, NULL), make_rsa_key(512)};
    static const char *const WORDS[] = {"not an RSA key", "512 bits: the suite's have 1024 to 4096"};
    WS_SECURITY_TOKEN *token = make_rsa_token(rsa_key);
    struct described *made = describe();

    add_token(made, token);
    made->settings.addressing = WS_ADDRESSING_VERSION_TRANSPORT;
    refuse_security(made, E_INVALIDARG, "signs the To header");
    made->settings.addressing = WS_ADDRESSING_VERSION_0_9;
    security_free(create_security(made));
    WsFreeSecurityToken(token);
    for (size_t i = 0; i < COUNT(others); i++) {
        made->tokens[1].xmlToken = make_rsa_token(others[i]);
        refuse_security(made, E_INVALIDARG, WORDS[i]);
        free_handle(others[i]);
        refuse_security(made, E_INVALIDARG, "not a live key any more");
        WsFreeSecurityToken(made->tokens[1].xmlToken);
    }
    CHECK(CryptAcquireContextW(&capi.provider, NULL, NULL, PROV_RSA_AES, CRYPT_VERIFYCONTEXT));
    made->tokens[1].xmlToken = make_token(X509_TOKEN, &capi, X509_REFERENCE);
    refuse_security(made, WS_E_NOT_SUPPORTED, "NCryptTranslateHandle");
    WsFreeSecurityToken(made->tokens[1].xmlToken);
    CHECK(CryptReleaseContext(capi.provider, 0));
}

/* Whether a raw key of so many bytes is taken with the name of a suite, or with explicit lengths. */
static void check_length(int name, const WS_SECURITY_ALGORITHM_SUITE *suite, ULONG bytes, bool good)
{
    struct described *made = describe();
    WS_SECURITY_TOKEN *token = make_raw_token(bytes);

    add_token(made, token);
    if (name != 0) {
        add_property(made, WS_SECURITY_PROPERTY_ALGORITHM_SUITE_NAME, &name, sizeof name);
    } else if (suite != NULL) {
        add_property(made, WS_SECURITY_PROPERTY_ALGORITHM_SUITE, suite, sizeof *suite);
    }
    if (good) {
        security_free(create_security(made));
    } else {
        refuse_security(made, E_INVALIDARG, "symmetric key has");
    }
    WsFreeSecurityToken(token);
}

static void test_symmetric_lengths(void)
{
    const WS_SECURITY_ALGORITHM_SUITE defaults = {0},
                                      narrow = {.minSymmetricKeyLength = 192, .maxSymmetricKeyLength = 200};
    static const ULONG LEAST[] = {32, 24, 16};

    for (int name = 0; name <= 12; name++) {
        ULONG least = name == 0 ? 32 : LEAST[(name - 1) % 3];

        check_length(name, NULL, least - 1, false);
        check_length(name, NULL, least, true);
        check_length(name, NULL, 32, true);
        check_length(name, NULL, 33, false);
    }
    check_length(0, &defaults, 15, false);
    check_length(0, &defaults, 16, true);
    check_length(0, &defaults, 64, true);
    check_length(0, &narrow, 23, false);
    check_length(0, &narrow, 25, true);
    check_length(0, &narrow, 26, false);
}

static void test_asymmetric_lengths(void)
{
    WS_SECURITY_ALGORITHM_SUITE suite = {.minAsymmetricKeyLength = 1024, .maxAsymmetricKeyLength = 1024};
    struct described *made = describe();

    add_token(made, make_rsa_token(rsa_key));
    add_property(made, WS_SECURITY_PROPERTY_ALGORITHM_SUITE, &suite, sizeof suite);
    security_free(create_security(made));
    suite.minAsymmetricKeyLength = suite.maxAsymmetricKeyLength = 1025;
    refuse_security(made, E_INVALIDARG, "1024 bits: the suite's have 1025 to 1025");
    suite.minAsymmetricKeyLength = 512;
    suite.maxAsymmetricKeyLength = 1023;
    refuse_security(made, E_INVALIDARG, "512 to 1023");
    WsFreeSecurityToken(made->tokens[1].xmlToken);
}

/* ---- properties -------------------------------------------------------------------------------------------------- */

static void test_suites(void)
{
    /* The algorithm ids that each field takes, 0 aside; the fields are at the beginning, in this order. */
    static const struct {
        int first, last;
    } FIELDS[] = {{1, 2}, {3, 6}, {7, 10}, {11, 15}, {0, 0}, {18, 18}, {0, 0}, {16, 17}};
    WS_SECURITY_ALGORITHM_SUITE suite;
    WS_SECURITY_ALGORITHM_PROPERTY property = {0};
    struct described *made = describe();

    add_property(made, WS_SECURITY_PROPERTY_ALGORITHM_SUITE, &suite, sizeof suite);
    for (size_t field = 0; field < COUNT(FIELDS); field++) {
        for (int id = -1; id <= 20; id++) {
            memset(&suite, 0, sizeof suite);
            memcpy((char *)&suite + field * sizeof id, &id, sizeof id);
            if (id == WS_SECURITY_ALGORITHM_ASYMMETRIC_SIGNATURE_DSA_SHA1 && field == 3) {
                refuse_security(made, WS_E_NOT_SUPPORTED, "DSA");
            } else if (id == 0 || (FIELDS[field].first <= id && id <= FIELDS[field].last)) {
                security_free(create_security(made));
            } else {
                refuse_security(made, E_INVALIDARG, "suite");
            }
        }
    }
    suite = (WS_SECURITY_ALGORITHM_SUITE){.minSymmetricKeyLength = 513};
    refuse_security(made, E_INVALIDARG, "least key length");
    suite = (WS_SECURITY_ALGORITHM_SUITE){.maxAsymmetricKeyLength = 1023};
    refuse_security(made, E_INVALIDARG, "least key length");
    suite = (WS_SECURITY_ALGORITHM_SUITE){.propertyCount = 1};
    refuse_security(made, E_INVALIDARG, "reserved");
    suite = (WS_SECURITY_ALGORITHM_SUITE){.properties = &property};
    refuse_security(made, E_INVALIDARG, "reserved");
}

static void test_choices(void)
{
    /* Properties that are one of a few numbers. */
    static const struct {
        int id, first, last;
    } CHOICES[] = {
        {WS_SECURITY_PROPERTY_TRANSPORT_PROTECTION_LEVEL, 3, 3},
        {WS_SECURITY_PROPERTY_ALGORITHM_SUITE_NAME, 1, 12},
        {WS_SECURITY_PROPERTY_TIMESTAMP_USAGE, 1, 3},
        {WS_SECURITY_PROPERTY_SECURITY_HEADER_LAYOUT, 1, 4},
        {WS_SECURITY_PROPERTY_SECURITY_HEADER_VERSION, 1, 2},
    };
    int value;

    for (size_t i = 0; i < COUNT(CHOICES); i++) {
        struct described *made = describe();

        add_property(made, CHOICES[i].id, &value, sizeof value);
        for (value = -1; value <= 14; value++) {
            if (CHOICES[i].first <= value && value <= CHOICES[i].last) {
                security_free(create_security(made));
            } else {
                refuse_security(made, E_INVALIDARG, "");
            }
        }
    }
}

static void test_refused_properties(void)
{
    static const unsigned char SIZES[] = {0, 4, 64, 4, 8, 8, 8, 4, 4, 4};
    static uint64_t values[8];
    const WS_TIMESPAN negative = {-1};
    struct described *made = describe();

    for (int id = -1; id <= 14; id++) {
        made = describe();
        if (id < 1 || id > 12) {
            add_property(made, id, values, 4);
            refuse_security(made, E_INVALIDARG, "no security property");
        } else if (id > 9) {
            add_property(made, id, values, 4);
            refuse_security(made, E_INVALIDARG, "for servers");
        } else {
            add_property(made, id, NULL, SIZES[id]);
            refuse_security(made, E_INVALIDARG, "exactly");
            made->properties[0] = (WS_SECURITY_PROPERTY){(WS_SECURITY_PROPERTY_ID)id, values, SIZES[id] + 1u};
            refuse_security(made, E_INVALIDARG, "exactly");
            made->properties[0].valueSize = SIZES[id] - 1u;
            refuse_security(made, E_INVALIDARG, "exactly");
        }
    }
    for (int id = WS_SECURITY_PROPERTY_MAX_ALLOWED_LATENCY; id <= WS_SECURITY_PROPERTY_MAX_ALLOWED_CLOCK_SKEW; id++) {
        made = describe();
        add_property(made, id, &negative, sizeof negative);
        refuse_security(made, E_INVALIDARG, " is less than ");
    }
    made = describe();
    add_property(made, WS_SECURITY_PROPERTY_TIMESTAMP_VALIDITY_DURATION, values, sizeof negative);
    refuse_security(made, E_INVALIDARG, "less than a millisecond");
    made->properties[0].id = WS_SECURITY_PROPERTY_MAX_ALLOWED_CLOCK_SKEW;
    security_free(create_security(made));
    add_property(made, WS_SECURITY_PROPERTY_MAX_ALLOWED_CLOCK_SKEW, values, sizeof negative);
    refuse_security(made, E_INVALIDARG, "twice");
    made->description.properties = NULL;
    refuse_security(made, E_INVALIDARG, "properties are NULL");
}

static void test_contradictions(void)
{
    const WS_SECURITY_TIMESTAMP_USAGE never = WS_SECURITY_TIMESTAMP_USAGE_NEVER;
    const WS_SECURITY_ALGORITHM_SUITE_NAME name = WS_SECURITY_ALGORITHM_SUITE_NAME_BASIC256;
    const WS_SECURITY_ALGORITHM_SUITE suite = {0};
    WS_SECURITY_TOKEN *tokens[] = {make_bearer(), make_raw_token(32), make_rsa_token(rsa_key)};
    struct described *made = describe();

    add_property(made, WS_SECURITY_PROPERTY_ALGORITHM_SUITE, &suite, sizeof suite);
    add_property(made, WS_SECURITY_PROPERTY_ALGORITHM_SUITE_NAME, &name, sizeof name);
    refuse_security(made, E_INVALIDARG, "the name of one");
    for (size_t i = 0; i < COUNT(tokens); i++) {
        made = describe();
        add_token(made, tokens[i]);
        add_property(made, WS_SECURITY_PROPERTY_TIMESTAMP_USAGE, &never, sizeof never);
        if (i == 0) {
            security_free(create_security(made));
        } else {
            refuse_security(made, E_INVALIDARG, "signs the timestamp");
        }
        WsFreeSecurityToken(tokens[i]);
    }
}

int main(void)
{
    security_set_up();
    RUN(test_none);
    RUN(test_kinds);
    RUN(test_refused_bindings);
    RUN(test_refused_tokens);
    RUN(test_repeated_elements);
    RUN(test_refused_keys);
    RUN(test_symmetric_lengths);
    RUN(test_asymmetric_lengths);
    RUN(test_suites);
    RUN(test_choices);
    RUN(test_refused_properties);
    RUN(test_contradictions);
    security_tear_down();
    return test_result("ws_security");
}
