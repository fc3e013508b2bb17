/* SPDX-License-Identifier: MIT
 *
 * Replies that are made to be expensive: each is refused under a limit, with the sentence that names it, before more
 * than that limit has been written; and just below the limit each is read.
 */
#include "reply_support.h"

static char *text;
static size_t size;

static void add(const char *piece)
{
    size_t length = strlen(piece);

    text = realloc(text, size + length + 1);
    if (text == NULL) {
        abort();
    }
    memcpy(text + size, piece, length + 1);
    size += length;
}

static void add_many(const char *piece, size_t count)
{
    while (count-- > 0) {
        add(piece);
    }
}

/* Each with its number in between. */
static void add_numbered(const char *before, const char *after, size_t count)
{
    char piece[256];

    for (size_t i = 0; i < count; i++) {
        snprintf(piece, sizeof piece, "%s%zu%s", before, i, after);
        add(piece);
    }
}

static void expect(HRESULT want, const char *words)
{
    struct reply *reply;

    if (want == 0) {
        reply = good(text, V12);
        CHECK(reply->body->size <= limits.parse.room);
        reply_free(reply);
    } else {
        bad_sized(text, size, V12, want, words);
    }
    free(text);
    text = NULL;
    size = 0;
}

static void test_depth(void)
{
    for (uint32_t depth = 30; depth <= 31; depth++) {
        add("<s:Envelope" S12 "><s:Body>");
        add_many("<a>", depth);
        add_many("</a>", depth);
        add("</s:Body></s:Envelope>");
        expect(depth == 30 ? 0 : WS_E_QUOTA_EXCEEDED, "deeper than 32");
    }
}

static void test_attributes(void)
{
    for (size_t count = 128; count <= 129; count++) {
        add("<s:Envelope" S12 "><s:Body><a");
        add_numbered(" a", "=''", count);
        add("/></s:Body></s:Envelope>");
        expect(count == 128 ? 0 : WS_E_QUOTA_EXCEEDED, "129 attributes");
    }
}

static void test_namespaces(void)
{
    for (size_t count = 15; count <= 16; count++) {
        add("<s:Envelope" S12);
        add_numbered(" xmlns:p", "='u'", 16);
        add("><s:Body><a");
        add_numbered(" xmlns:q", "='u'", count);
        add("/></s:Body></s:Envelope>");
        expect(count == 15 ? 0 : WS_E_QUOTA_EXCEEDED, "more namespaces");
    }
}

static void test_headers(void)
{
    for (size_t count = 64; count <= 65; count++) {
        add("<s:Envelope" S12 "><s:Header>");
        add_many("<a/>", count);
        add("</s:Header><s:Body/></s:Envelope>");
        expect(count == 64 ? 0 : WS_E_QUOTA_EXCEEDED, "more than 64 headers");
    }
    limits.max_headers = 0;
    add(WRAP("<s:Header/><s:Body/>"));
    expect(0, "");
    add(WRAP("<s:Header><a/></s:Header><s:Body/>"));
    expect(WS_E_QUOTA_EXCEEDED, "more than 0 headers");
    limits.max_headers = 64;
}

static void test_room(void)
{
    static const char TEXT[] = WRAP("<s:Body><a>1</a></s:Body>");

    for (size_t room = 0; room <= sizeof TEXT; room++) {
        limits.parse.room = room;
        add(TEXT);
        expect(room < sizeof TEXT - 1 ? WS_E_QUOTA_EXCEEDED : 0, "the limit");
    }
    limits.parse.room = 65536;
}

/* Every child would have to declare everything: 30 names of 200 bytes, 9,000 times. */
static void check_multiplied(const char *before, const char *child, size_t count, const char *after)
{
    add("<s:Envelope" S12);
    add_numbered(" xmlns:p",
                 "='urn:xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
                 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'",
                 30);
    add(before);
    add_many(child, count);
    add(after);
    expect(WS_E_QUOTA_EXCEEDED, "with the namespaces that it needs, is longer than 65536 bytes");
}

static void test_multiplied(void)
{
    check_multiplied("><s:Body>", "<a/>", 9000, "</s:Body></s:Envelope>");
    check_multiplied("><s:Header>", "<a/>", 60, "</s:Header><s:Body/></s:Envelope>");
}

/* One name, as long as there is room, that each code of the fault would be in. */
static void test_multiplied_codes(void)
{
    add("<s:Envelope" S12 " xmlns:p='urn:");
    add_many("xxxxxxxxxx", 2000);
    add("'><s:Body><s:Fault><s:Code><s:Value>p:a</s:Value>");
    add_many("<s:Subcode><s:Value>p:b</s:Value>", 25);
    add_many("</s:Subcode>", 25);
    add("</s:Code><s:Reason><s:Text/></s:Reason></s:Fault></s:Body></s:Envelope>");
    expect(WS_E_QUOTA_EXCEEDED, "is longer than 65536 bytes");
}

/* Everything about a reply is raised as far as it goes: what stays is the room. */
static void test_raised(void)
{
    const struct reply_limits before = limits;

    limits = (struct reply_limits){{UINT32_MAX, UINT32_MAX, UINT32_MAX, false, 1u << 20}, UINT32_MAX};
    add("<s:Envelope" S12);
    add("><s:Header>");
    add_many("<a/>", 5000);
    add("</s:Header><s:Body>");
    add_many("<a/>", 5000);
    add("</s:Body></s:Envelope>");
    expect(0, "");
    add("<s:Envelope" S12 "><s:Body>");
    add_many("<a>", 257);
    add_many("</a>", 257);
    add("</s:Body></s:Envelope>");
    expect(WS_E_QUOTA_EXCEEDED, "deeper than 256");
    limits = before;
}

int main(void)
{
    RUN(test_depth);
    RUN(test_attributes);
    RUN(test_namespaces);
    RUN(test_headers);
    RUN(test_room);
    RUN(test_multiplied);
    RUN(test_multiplied_codes);
    RUN(test_raised);
    reply_tear_down();
    return test_result("ws_reply_limits");
}
