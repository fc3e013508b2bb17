/* SPDX-License-Identifier: MIT
 *
 * A reply, read as one of each version, and with hardly any room: a sentence that says what is wrong, or parts that
 * stand alone, each of them well-formed and written as the reader of documents would write it.
 */
#include "webservices/envelope.h"
#include "ws_support.h"

#define ROOM ((size_t)65536)

static parser *reply_context;
static parser *part_context;

static void check_part(const struct document *part, size_t room)
{
    const struct parse_limits limits = {PARSE_MAX_DEPTH, 1u << 20, 1u << 20, true, room};
    struct document *again = NULL;
    struct parse_result result;

    REQUIRE(part->size <= room);
    REQUIRE(parse_text(&part_context, part->size == 0 ? "" : part->text, part->size, &limits, &again, &result) == 0);
    REQUIRE(again->size == part->size && (part->size == 0 || memcmp(again->text, part->text, part->size) == 0));
    REQUIRE(again->elements == part->elements && again->loose == part->loose);
    /* What a writer goes by is at least what there is. */
    REQUIRE(again->depth <= part->depth && again->attributes <= part->attributes &&
            again->namespaces <= part->namespaces);
    document_release(again);
}

static void check_fault(const struct reply *reply, size_t room)
{
    const WS_FAULT *fault = &reply->fault;
    struct document *detail;

    REQUIRE(reply->body->elements > 0 && fault->code != NULL && fault->reasonCount > 0);
    for (const WS_FAULT_CODE *code = fault->code; code != NULL; code = code->subCode) {
        REQUIRE(code->value.localName.length > 0);
    }
    for (ULONG i = 0; i < fault->reasonCount; i++) {
        REQUIRE(fault->reasons[i].text.length <= room && fault->reasons[i].text.chars != NULL);
    }
    if (fault->detail != NULL) {
        detail = document_of(fault->detail);
        REQUIRE(detail != NULL && detail->elements == 1 && !detail->loose);
        check_part(detail, room);
        document_release(detail);
    }
}

static void check_reply(const struct reply *reply, size_t room)
{
    check_part(reply->body, room);
    if (reply->headers != NULL) {
        check_part(reply->headers, room);
    }
    REQUIRE(reply->action == NULL || strlen(reply->action) <= 65536);
    REQUIRE(reply->relates_to == NULL || strlen(reply->relates_to) <= 65536);
    REQUIRE(reply->security.has_header || !reply->security.has_timestamp);
    REQUIRE(reply->security.has_timestamp || (reply->security.created == 0 && reply->security.expires == 0));
    if (reply->is_fault) {
        check_fault(reply, room);
    } else {
        REQUIRE(reply->fault.code == NULL && ncx_object_type_count(HANDLE_WS_BUFFER) == 0);
    }
}

static void check_version(const char *text, size_t size, size_t room, WS_ENVELOPE_VERSION envelope,
                          WS_ADDRESSING_VERSION addressing)
{
    const struct reply_limits limits = {{32, 128, 32, false, room}, 64};
    struct reply *reply = NULL;
    struct parse_result result;
    HRESULT status = reply_read(&reply_context, text, size, &limits, envelope, addressing, &reply, &result);

    if (status == 0) {
        check_reply(reply, room);
    } else {
        REQUIRE(status == WS_E_INVALID_FORMAT || status == WS_E_QUOTA_EXCEEDED);
        REQUIRE(reply == NULL && result.sentence[0] != 0);
    }
    reply_free(reply);
    REQUIRE(ncx_object_type_count(HANDLE_WS_BUFFER) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* A copy of the very size, so that reading past its end is noticed. */
    char *own = malloc(size == 0 ? 1 : size);

    REQUIRE(own != NULL);
    if (size > 0) {
        memcpy(own, data, size);
    }
    check_version(own, size, ROOM, WS_ENVELOPE_VERSION_SOAP_1_2, WS_ADDRESSING_VERSION_1_0);
    check_version(own, size, ROOM, WS_ENVELOPE_VERSION_SOAP_1_1, WS_ADDRESSING_VERSION_0_9);
    check_version(own, size, size / 2, WS_ENVELOPE_VERSION_SOAP_1_2, WS_ADDRESSING_VERSION_TRANSPORT);
    free(own);
    return 0;
}
