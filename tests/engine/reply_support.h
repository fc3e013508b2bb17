/* SPDX-License-Identifier: MIT
 *
 * What the tests of replies share: envelopes around what they are about, and the reading of them.
 */
#ifndef TESTS_ENGINE_REPLY_SUPPORT_H
#define TESTS_ENGINE_REPLY_SUPPORT_H

#include "harness.h"
#include "webservices/envelope.h"
#include "webservices/soap.h"

#define V11 WS_ENVELOPE_VERSION_SOAP_1_1
#define V12 WS_ENVELOPE_VERSION_SOAP_1_2
#define A09 WS_ADDRESSING_VERSION_0_9
#define A10 WS_ADDRESSING_VERSION_1_0

#define WSA        " xmlns:a=\"" ADDRESSING_1_0_URI "\""
#define S12        " xmlns:s=\"" SOAP_1_2_URI "\""
#define S11        " xmlns:s=\"" SOAP_1_1_URI "\""
#define WRAP(in)   "<s:Envelope" S12 ">" in "</s:Envelope>"
#define WRAP11(in) "<s:Envelope" S11 ">" in "</s:Envelope>"
#define HEAD(in)   "<s:Envelope" WSA S12 "><s:Header>" in "</s:Header><s:Body/></s:Envelope>"

static parser *context;
static struct reply_limits limits = {{32, 128, 32, false, 65536}, 64};
static struct parse_result result;

static inline HRESULT read_sized(const char *text, size_t size, WS_ENVELOPE_VERSION envelope,
                                 WS_ADDRESSING_VERSION addressing, struct reply **reply)
{
    /* A copy of the very size, so that reading past its end is noticed. */
    char *own = malloc(size == 0 ? 1 : size);
    HRESULT status;

    if (!CHECK(own != NULL)) {
        return E_OUTOFMEMORY;
    }
    memcpy(own, text, size);
    *reply = NULL;
    status = reply_read(&context, own, size, &limits, envelope, addressing, reply, &result);
    free(own);
    CHECK((status == 0) == (*reply != NULL));
    return status;
}

static inline struct reply *good(const char *text, WS_ENVELOPE_VERSION envelope)
{
    struct reply *reply;

    if (!CHECK_STATUS(read_sized(text, strlen(text), envelope, envelope == V11 ? A09 : A10, &reply), 0)) {
        fprintf(stderr, "    %s\n    %s\n", result.sentence, text);
        exit(1);
    }
    return reply;
}

static inline void bad_sized(const char *text, size_t size, WS_ENVELOPE_VERSION envelope, HRESULT want,
                             const char *words)
{
    struct reply *reply;

    if (!CHECK_STATUS(read_sized(text, size, envelope, envelope == V11 ? A09 : A10, &reply), want) ||
        !CHECK(strstr(result.sentence, words) != NULL && result.sentence[0] != 0)) {
        fprintf(stderr, "    it said: %s\n    of %.300s\n", result.sentence, text);
    }
    reply_free(reply);
}

static inline void bad(const char *text, WS_ENVELOPE_VERSION envelope, const char *words)
{
    bad_sized(text, strlen(text), envelope, WS_E_INVALID_FORMAT, words);
}

static inline void check_document(const struct document *document, const char *want, uint32_t elements)
{
    if (!CHECK(document != NULL && document->size == strlen(want) &&
               (document->size == 0 || memcmp(document->text, want, document->size) == 0)) &&
        document != NULL) {
        fprintf(stderr, "    got  %.*s\n    want %s\n", (int)document->size, document->size == 0 ? "" : document->text,
                want);
    }
    CHECK(document != NULL && document->elements == elements);
}

/* Nothing but what the reading of replies keeps for itself is left. */
static inline void reply_tear_down(void)
{
    parse_free(context);
    context = NULL;
    for (int type = HANDLE_WS_ERROR; type <= HANDLE_WS_TOKEN; type++) {
        CHECK(ncx_object_type_count((enum handle_type)type) == 0);
    }
}

#endif
