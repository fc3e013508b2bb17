/* SPDX-License-Identifier: MIT
 *
 * Memory runs short while a reply is read or a request is written: every allocation fails once, libxml2's among them.
 * The answer is E_OUTOFMEMORY with a sentence, or success where libxml2 can do without; nothing is lost, and the next
 * try works.
 */
#include "reply_support.h"
#include "short_xml.h"

static HRESULT read_one(void)
{
    static const char TEXT[] =
        "<s:Envelope" WSA S12 "><s:Header><a:Action>urn:&amp;a</a:Action><a:RelatesTo>r</a:RelatesTo><o:Security "
        "xmlns:o='" SECURITY_URI "' xmlns:u='" UTILITY_URI "'><u:Timestamp><u:Created>2000-01-01T00:00:00Z</u:Created>"
        "</u:Timestamp></o:Security></s:Header><s:Body xmlns:m='urn:m'><s:Fault><s:Code><s:Value>s:Sender</s:Value>"
        "<s:Subcode><s:Value>m:x</s:Value></s:Subcode></s:Code><s:Reason><s:Text xml:lang='en'>a</s:Text><s:Text "
        "xml:lang='de'>b&lt;</s:Text></s:Reason><s:Node>n</s:Node><s:Role>r</s:Role><s:Detail><m:d/></s:Detail>"
        "</s:Fault></s:Body></s:Envelope>";
    struct reply *reply = NULL;
    parser *own = NULL;
    HRESULT status;

    counting = true;
    status = reply_read(&own, TEXT, sizeof TEXT - 1, &limits, V12, A10, &reply, &result);
    counting = false;
    CHECK((status == 0) == (reply != NULL));
    CHECK(status == 0 || result.sentence[0] != 0);
    if (status == 0) {
        CHECK(strcmp(reply->action, "urn:&a") == 0 && reply->fault.detail != NULL && reply->headers->elements == 3);
    }
    reply_free(reply);
    parse_free(own);
    return status;
}

static HRESULT write_one(void)
{
    static char text[] = "<s:h xmlns:s=\"u\" s:a=\"\"/>";
    static struct document document = {.elements = 1, .namespaces = 1, .size = sizeof text - 1, .text = text};
    const struct header header = {&document, WS_MUST_UNDERSTAND_HEADER_ATTRIBUTE};
    static char big[8192];
    const struct request request = {V12, A10, "urn:a", "http://h/", "urn:x", &header, 1, big, sizeof big};
    struct text out = TEXT_INIT(65536);
    HRESULT status;

    memset(big, ' ', sizeof big);
    counting = true;
    status = envelope_write(&request, NULL, &out, NULL);
    counting = false;
    CHECK(status != 0 || out.size > sizeof big);
    text_free(&out);
    return status;
}

/* Libxml2 2.9 takes a namespace's name that it could not allocate for an empty one. */
static bool is_misread(HRESULT status)
{
    return status == WS_E_INVALID_FORMAT && strstr(result.sentence, "Empty XML namespace") != NULL;
}

#define ALLOCATIONS 400 /* more than there are */

static void fail_each(HRESULT (*run)(void), unsigned least)
{
    unsigned failures = 0;
    unsigned i;

    remaining = ALLOCATIONS;
    struck = false;
    CHECK_STATUS(run(), 0);
    for (i = 0; i < ALLOCATIONS; i++) {
        HRESULT status;

        remaining = i;
        struck = false;
        status = run();
        if (!struck) {
            CHECK_STATUS(status, 0);
            break;
        }
        failures += status != 0;
        if (!CHECK(status == E_OUTOFMEMORY || status == 0 || is_misread(status))) {
            fprintf(stderr, "    allocation %u: 0x%08X, %s\n", i, (unsigned)status, result.sentence);
        }
    }
    CHECK(i >= least && i < ALLOCATIONS && failures >= least / 2);
}

static void test_reading(void)
{
    fail_each(read_one, 30);
}

static void test_writing(void)
{
    fail_each(write_one, 3);
}

int main(void)
{
    use_own_xml_memory();
    RUN(test_reading);
    RUN(test_writing);
    reply_tear_down();
    return test_result("ws_reply_memory");
}
