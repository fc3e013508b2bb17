/* SPDX-License-Identifier: MIT
 *
 * What a reply's Security header says: whether it is there, and the times in it.
 */
#include "reply_support.h"

#define WSS        " xmlns:o=\"" SECURITY_URI "\" xmlns:u=\"" UTILITY_URI "\""
#define SECURE(in) HEAD("<o:Security" WSS ">" in "</o:Security>")
#define STAMP(in)  SECURE("<u:Timestamp>" in "</u:Timestamp>")
#define TEN        "9999999999"
#define SECOND     10000000u
#define Y2000      630822816000000000u /* 2000-01-01T00:00:00Z */
#define LAST_TICK  3155378975999999999u

static void check_time(const char *time, uint64_t want)
{
    char text[1024];
    struct reply *reply;

    snprintf(text, sizeof text, STAMP("<u:Created>%s</u:Created>"), time);
    reply = good(text, V12);
    if (!CHECK(reply->security.created == want)) {
        fprintf(stderr, "    %s: %llu\n", time, (unsigned long long)reply->security.created);
    }
    CHECK(reply->security.has_header && reply->security.has_timestamp && reply->security.expires == 0);
    reply_free(reply);
}

static void test_times(void)
{
    check_time("2000-01-01T00:00:00Z", Y2000);
    check_time(" 2000-01-01T00:00:01.5Z\n", Y2000 + SECOND + SECOND / 2);
    check_time("2000-01-01T00:00:00.123Z", Y2000 + 1230000);
    check_time("2000-01-01T00:00:00.1234567Z", Y2000 + 1234567);
    check_time("2000-01-01T00:00:00.12345678999999Z", Y2000 + 1234567);
    check_time("2000-01-01T00:00:00", Y2000);
    check_time("2000-01-01T02:30:00+02:30", Y2000);
    check_time("1999-12-31T10:00:00-14:00", Y2000);
    check_time("1999-12-31T24:00:00Z", Y2000);
    check_time("2000-02-29T00:00:00Z", Y2000 + 59ull * 86400 * SECOND);
    check_time("2000-03-01T00:00:00Z", Y2000 + 60ull * 86400 * SECOND);
    check_time("2001-03-01T00:00:00Z", Y2000 + (366ull + 59) * 86400 * SECOND);
    check_time("2100-03-01T00:00:00Z", Y2000 + (25ull * 1461 + 59) * 86400 * SECOND);
    check_time("0001-01-01T00:00:00.0000001Z", 1);
    check_time("9999-12-31T23:59:59.9999999Z", LAST_TICK);
}

static void test_malformed_times(void)
{
    static const char *const TIMES[] = {
        "",
        "now",
        "2000-01-01",
        "2000-01-01 00:00:00Z",
        "2000-01-01T00:00:00.Z",
        "2000-01-01T00:00:00z",
        "2000-01-01T00:00Z",
        "2000-13-01T00:00:00Z",
        "2000-00-01T00:00:00Z",
        "2000-01-00T00:00:00Z",
        "2000-01-32T00:00:00Z",
        "2001-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2000-01-01T25:00:00Z",
        "2000-01-01T24:00:01Z",
        "2000-01-01T24:00:00.1Z",
        "2000-01-01T00:60:00Z",
        "2000-01-01T00:00:60Z",
        "2000-01-01T00:00:00+14:01",
        "2000-01-01T00:00:00+01:60",
        "2000-01-01T00:00:00+1:00",
        "2000-01-01T00:00:00+0100",
        "2000-01-01T00:00:00ZZ",
        "2000-01-01T00:00:00Z x",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T24:00:00Z",
        "9999-12-31T23:59:59-00:01",
        "-2000-01-01T00:00:00Z",
        "12000-01-01T00:00:00Z",
        "+000-01-01T00:00:00Z",
        "2000-01-01T00:00:0",
        "2",
        (TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN),
    };
    char text[1024];

    for (size_t i = 0; i < sizeof TIMES / sizeof *TIMES; i++) {
        snprintf(text, sizeof text, STAMP("<u:Expires>%s</u:Expires>"), TIMES[i]);
        bad(text, V12, "Timestamp's Expires is no time");
    }
}

static void test_header(void)
{
    struct reply *reply = good(STAMP("<u:Created>2000-01-01T00:00:00Z</u:Created><x/><!-- --><u:Expires>"
                                     "2000-01-01T00:05:00Z</u:Expires>"),
                               V12);

    CHECK(reply->security.created == Y2000 && reply->security.expires == Y2000 + 300ull * SECOND);
    CHECK(reply->headers->elements == 1);
    reply_free(reply);

    reply = good(SECURE("<x><u:Timestamp/></x>"), V12);
    CHECK(reply->security.has_header && !reply->security.has_timestamp);
    reply_free(reply);

    reply = good(HEAD("<o:Security" WSS "/>"), V12);
    CHECK(reply->security.has_header && !reply->security.has_timestamp);
    reply_free(reply);

    reply = good(STAMP(""), V12);
    CHECK(reply->security.has_timestamp && reply->security.created == 0 && reply->security.expires == 0);
    reply_free(reply);

    reply = good(HEAD("<Security/><o:Security xmlns:o='urn:o'/><x><o:Security" WSS "/></x>"), V12);
    CHECK(!reply->security.has_header);
    reply_free(reply);
}

static void test_roles(void)
{
    static const struct {
        const char *role;
        bool ours;
    } ROLES[] = {
        {"", true},
        {" http://www.w3.org/2003/05/soap-envelope/role/ultimateReceiver ", true},
        {"http://www.w3.org/2003/05/soap-envelope/role/next", true},
        {"http://www.w3.org/2003/05/soap-envelope/role/none", false},
        {"urn:other", false},
    };
    char text[1024];

    for (size_t i = 0; i < sizeof ROLES / sizeof *ROLES; i++) {
        struct reply *reply;

        snprintf(
            text, sizeof text,
            HEAD("<o:Security" WSS " role='urn:x' s:role=\"%s\"><u:Timestamp/></o:Security><o:Security" WSS " %s/>"),
            ROLES[i].role, ROLES[i].ours ? "s:role='urn:other'" : "role='urn:x'");
        reply = good(text, V12);
        CHECK(reply->security.has_header && reply->headers->elements == 2);
        CHECK(reply->security.has_timestamp == ROLES[i].ours);
        reply_free(reply);
    }
    bad(HEAD("<o:Security" WSS " s:actor='urn:x'/><o:Security" WSS "/>"), V12, "two Security headers");
}

static void test_malformed(void)
{
    bad(HEAD("<o:Security" WSS "/><o:Security" WSS "/>"), V12, "two Security headers");
    bad(SECURE("<u:Timestamp/><u:Timestamp/>"), V12, "two Timestamps");
    bad(STAMP("<u:Created>2000-01-01T00:00:00Z</u:Created><u:Created>2000-01-01T00:00:00Z</u:Created>"), V12,
        "Timestamp's Created is there twice");
    bad(STAMP("<u:Expires>2000-01-01T00:00:00Z</u:Expires><u:Expires/>"), V12, "Timestamp's Expires is there twice");
    bad(STAMP("<u:Created><x/></u:Created>"), V12, "Timestamp's Created has an element");
    bad(STAMP("<u:Created>a&#10;b</u:Created>"), V12, "is no time: \"a b\"");
}

int main(void)
{
    RUN(test_times);
    RUN(test_malformed_times);
    RUN(test_header);
    RUN(test_roles);
    RUN(test_malformed);
    reply_tear_down();
    return test_result("ws_reply_security");
}
