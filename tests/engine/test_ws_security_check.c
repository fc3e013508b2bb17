/* SPDX-License-Identifier: MIT
 *
 * Times: those of the Timestamp in a request, and which ones of a reply's are believed. And the failures of writing.
 */
#include <time.h>

#include "security_support.h"
#include "webservices/calendar.h"

#define MINUTE (60 * SECOND)

/* Of a bearer's channel. */
static struct security *timed(WS_SECURITY_TIMESTAMP_USAGE usage, LONGLONG latency, LONGLONG skew)
{
    const WS_TIMESPAN spans[] = {{latency}, {skew}};
    struct described *made = describe();
    WS_SECURITY_TOKEN *token = make_bearer();
    struct security *security;

    add_token(made, token);
    add_property(made, WS_SECURITY_PROPERTY_TIMESTAMP_USAGE, &usage, sizeof usage);
    add_property(made, WS_SECURITY_PROPERTY_MAX_ALLOWED_LATENCY, &spans[0], sizeof spans[0]);
    add_property(made, WS_SECURITY_PROPERTY_MAX_ALLOWED_CLOCK_SKEW, &spans[1], sizeof spans[1]);
    security = create_security(made);
    WsFreeSecurityToken(token);
    return security;
}

/* `words` is NULL where the reply is believed. */
static void check_reply(const struct security *security, uint64_t created, uint64_t expires, uint64_t now,
                        const char *words)
{
    const struct security_output output = {true, true, created, expires};

    if (words == NULL) {
        CHECK_STATUS(security_check(security, &output, now, error), 0);
    } else {
        CHECK_FAILURE(security_check(security, &output, now, error), WS_E_SECURITY_VERIFICATION_FAILURE, words);
    }
}

static void test_demands(void)
{
    const struct security_output none = {0}, empty = {.has_header = true};

    for (int usage = 1; usage <= 3; usage++) {
        struct security *security = timed((WS_SECURITY_TIMESTAMP_USAGE)usage, 0, 0);

        if (usage == WS_SECURITY_TIMESTAMP_USAGE_ALWAYS) {
            CHECK_FAILURE(security_check(security, &none, 1, error), WS_E_SECURITY_VERIFICATION_FAILURE,
                          "no security header");
            CHECK_FAILURE(security_check(security, &empty, 1, error), WS_E_SECURITY_VERIFICATION_FAILURE,
                          "has no timestamp: for a service that sends none");
        } else {
            CHECK_STATUS(security_check(security, &none, 1, error), 0);
            CHECK_STATUS(security_check(security, &empty, 1, error), 0);
        }
        check_reply(security, 0, 0, 1, "does not say when");
        check_reply(security, 2, 0, 1, "future");
        check_reply(security, 1, 0, 1, NULL);
        security_free(security);
    }
}

static void test_ssl_alone(void)
{
    struct security *security = create_security(describe());
    const struct security_output none = {0};

    CHECK_STATUS(security_check(security, &none, 1, error), 0);
    check_reply(security, 0, 1, LAST_TICK, NULL);
    security_free(security);
}

static void test_limits(void)
{
    struct security *security = timed(WS_SECURITY_TIMESTAMP_USAGE_ALWAYS, 2 * MINUTE, MINUTE);
    const uint64_t now = security_now();

    check_reply(security, now + MINUTE, 0, now, NULL);
    check_reply(security, now + MINUTE + 1, 0, now, "future");
    check_reply(security, now - 3 * MINUTE, 0, now, NULL);
    check_reply(security, now - 3 * MINUTE - 1, 0, now, "too old");
    check_reply(security, now - 2 * MINUTE, now - MINUTE, now, NULL);
    check_reply(security, now - 2 * MINUTE, now - MINUTE - 1, now, "has expired");
    check_reply(security, now, now, now, NULL);
    check_reply(security, now, now - 1, now, "before it was made");
    check_reply(security, 1, 0, now, "too old");
    check_reply(security, LAST_TICK, LAST_TICK, now, "future");
    security_free(security);
}

/* Spans and times that do not fit together in 64 bits. */
static void test_extremes(void)
{
    struct security *security = timed(WS_SECURITY_TIMESTAMP_USAGE_ALWAYS, INT64_MAX, INT64_MAX);
    const uint64_t now = security_now();

    check_reply(security, 1, 2, now, NULL);
    check_reply(security, LAST_TICK, LAST_TICK, now, NULL);
    check_reply(security, LAST_TICK, UINT64_MAX, UINT64_MAX, NULL);
    check_reply(security, UINT64_MAX, UINT64_MAX, UINT64_MAX, NULL);
    security_free(security);
    security = timed(WS_SECURITY_TIMESTAMP_USAGE_ALWAYS, 0, 0);
    check_reply(security, now, now, now, NULL);
    check_reply(security, now - 1, 0, now, "too old");
    check_reply(security, UINT64_MAX, UINT64_MAX, UINT64_MAX, NULL);
    check_reply(security, UINT64_MAX - 1, UINT64_MAX, UINT64_MAX, "too old");
    security_free(security);
}

/* ---- requests -----------------------------------------------------------------------------------------------------
 */

/* The time in the element, in milliseconds since 1970; every character is where it should be. */
static int64_t time_in(const char *text, const char *element)
{
    const char *at = strstr(text, element);
    struct tm parts = {0};
    int milliseconds = -1, end = 0;

    if (!CHECK(at != NULL)) {
        return -1;
    }
    at += strlen(element);
    CHECK(sscanf(at, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ%n", &parts.tm_year, &parts.tm_mon, &parts.tm_mday, &parts.tm_hour,
                 &parts.tm_min, &parts.tm_sec, &milliseconds, &end) == 7);
    CHECK(end == 24 && at[24] == '<');
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    return (int64_t)timegm(&parts) * 1000 + milliseconds;
}

static int64_t milliseconds_of(uint64_t ticks)
{
    return (int64_t)(ticks / 10000) - INT64_C(62135596800000);
}

static void check_timestamp(LONGLONG validity, int64_t want)
{
    const struct security_input input = {.envelope = WS_ENVELOPE_VERSION_SOAP_1_2, .id = "_a"};
    const WS_TIMESPAN span = {validity};
    struct described *made = describe();
    struct text text = TEXT_INIT(65536);
    WS_SECURITY_TOKEN *token = make_bearer();
    struct security *security;
    uint64_t before, after;
    int64_t created, expires;

    add_token(made, token);
    if (validity != 0) {
        add_property(made, WS_SECURITY_PROPERTY_TIMESTAMP_VALIDITY_DURATION, &span, sizeof span);
    }
    security = create_security(made);
    before = security_now();
    CHECK_STATUS(security_write(security, &input, &text, error), 0);
    after = security_now();
    text_put(&text, "", 1);
    created = time_in(text.data, "<u:Created>");
    expires = time_in(text.data, "<u:Expires>");
    CHECK(milliseconds_of(before) <= created && created <= milliseconds_of(after));
    CHECK(want == 0 ? expires == milliseconds_of(LAST_TICK) : expires - created == want);
    CHECK(strstr(text.data, "<u:Timestamp xmlns:u=\"" UTILITY_URI "\" u:Id=\"_a-0\"><u:Created>") != NULL);
    security_free(security);
    WsFreeSecurityToken(token);
    text_free(&text);
}

static void test_timestamps(void)
{
    time_t now = time(NULL);

    CHECK(llabs(milliseconds_of(security_now()) / 1000 - (int64_t)now) < 600); /* it is this clock */
    check_timestamp(0, 300000);
    check_timestamp(10000, 1);
    check_timestamp(INT64_C(864000000000) * 400, INT64_C(86400000) * 400);
    check_timestamp(INT64_MAX, 0);
    check_timestamp(3155378975999999999, 0);
}

static void fail_write(const struct security *security, const char *to, HRESULT want, const char *words)
{
    const struct security_input input = {.envelope = WS_ENVELOPE_VERSION_SOAP_1_2,
                                         .id = "_a",
                                         .to = to,
                                         .to_size = to == NULL ? 0 : strlen(to),
                                         .to_id = to == NULL ? NULL : "_a-1"};
    struct text text = TEXT_INIT(65536);
    HRESULT original = 0;

    CHECK_STATUS(security_write(security, &input, &text, NULL), want);
    text_clear(&text);
    CHECK_STATUS(security_write(security, &input, &text, error), want);
    CHECK_STATUS(WsGetErrorProperty(error, WS_ERROR_PROPERTY_ORIGINAL_ERROR_CODE, &original, sizeof original), 0);
    CHECK(original == (want == WS_E_INVALID_OPERATION ? 0 : want));
    if (!CHECK(strstr(newest_sentence(), words) != NULL)) {
        fprintf(stderr, "    it said: %s\n", newest_sentence());
    }
    CHECK_STATUS(WsResetError(error), 0);
    text_free(&text);
}

/* What NCryptSignHash() says becomes the failure. */
static void test_refused_keys(void)
{
    const DWORD decrypt = NCRYPT_ALLOW_DECRYPT_FLAG;
    NCRYPT_KEY_HANDLE keys[] = {begin_key(rsa_provider, NCRYPT_RSA_ALGORITHM, NULL, 0), make_rsa_key(1024)};

    CHECK_STATUS(set_dword(keys[0], NCRYPT_LENGTH_PROPERTY, 1024, 0), 0);
    CHECK_STATUS(set_dword(keys[0], NCRYPT_KEY_USAGE_PROPERTY, decrypt, 0), 0);
    CHECK_STATUS(NCryptFinalizeKey(keys[0], 0), 0);
    for (int i = 0; i < 2; i++) {
        struct described *made = describe();
        WS_SECURITY_TOKEN *token = make_rsa_token(keys[i]);
        struct security *security;

        add_token(made, token);
        security = create_security(made);
        WsFreeSecurityToken(token);
        fail_write(security, NULL, WS_E_INVALID_OPERATION, "no To header");
        if (i == 0) {
            fail_write(security, "<a/>", NTE_PERM, "did not sign: ");
        }
        free_handle(keys[i]);
        fail_write(security, "<a/>", NTE_INVALID_HANDLE, "did not sign: ");
        security_free(security);
    }
}

/* A request that gets too long is not signed: with a key that is gone, that would fail. */
static void test_too_long(void)
{
    const struct security_input input = {WS_ENVELOPE_VERSION_SOAP_1_2, "_a", "<a/>", 4, "_a-1"};
    NCRYPT_KEY_HANDLE key = make_rsa_key(1024);
    struct text text = TEXT_INIT(300);
    struct described *made = describe();
    WS_SECURITY_TOKEN *token = make_rsa_token(key);
    struct security *security;

    add_token(made, token);
    security = create_security(made);
    WsFreeSecurityToken(token);
    free_handle(key);
    CHECK_STATUS(security_write(security, &input, &text, error), 0);
    CHECK(text.status == WS_E_QUOTA_EXCEEDED);
    security_free(security);
    text_free(&text);
}

int main(void)
{
    security_set_up();
    RUN(test_demands);
    RUN(test_ssl_alone);
    RUN(test_limits);
    RUN(test_extremes);
    RUN(test_timestamps);
    RUN(test_refused_keys);
    RUN(test_too_long);
    security_tear_down();
    return test_result("ws_security_check");
}
