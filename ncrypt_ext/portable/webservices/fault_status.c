/* SPDX-License-Identifier: MIT */
#include "webservices/fault_status.h"

#include <stdio.h>
#include <string.h>

#include "webservices/soap.h"

#define MOST_CODES  16u  /* that are looked at */
#define REASON_SIZE 300u /* of a sentence's part */
#define CODE_SIZE   80u

#define SECURITY_1_1_URI "http://docs.oasis-open.org/wss/oasis-wss-wssecurity-secext-1.1.xsd"

enum family { FAMILY_NONE, FAMILY_SOAP, FAMILY_ADDRESSING, FAMILY_SECURITY };

static bool is(const WS_XML_STRING *string, const char *text)
{
    size_t size = strlen(text);

    return string->length == size && memcmp(string->bytes, text, size) == 0;
}

static enum family family_of(const WS_FAULT_CODE *code)
{
    static const struct {
        const char *ns;
        enum family family;
    } FAMILIES[] = {
        {SOAP_1_1_URI, FAMILY_SOAP},
        {SOAP_1_2_URI, FAMILY_SOAP},
        {ADDRESSING_0_9_URI, FAMILY_ADDRESSING},
        {ADDRESSING_1_0_URI, FAMILY_ADDRESSING},
        {SECURITY_URI, FAMILY_SECURITY},
        {UTILITY_URI, FAMILY_SECURITY},
        {SECURITY_1_1_URI, FAMILY_SECURITY},
    };

    for (size_t i = 0; i < sizeof FAMILIES / sizeof *FAMILIES; i++) {
        if (is(&code->value.ns, FAMILIES[i].ns)) {
            return FAMILIES[i].family;
        }
    }
    return FAMILY_NONE;
}

bool fault_is_recognized(const WS_FAULT *fault)
{
    const WS_FAULT_CODE *code = fault->code;

    for (unsigned i = 0; code != NULL && i < MOST_CODES && family_of(code) != FAMILY_NONE; i++) {
        code = code->subCode;
    }
    return code == NULL && fault->code != NULL;
}

static HRESULT status_of(const WS_FAULT *fault)
{
    static const struct {
        enum family family;
        const char *name;
        HRESULT status;
    } CODES[] = {
        {FAMILY_ADDRESSING, "ActionNotSupported", WS_E_ENDPOINT_ACTION_NOT_SUPPORTED},
        {FAMILY_ADDRESSING, "EndpointUnavailable", WS_E_ENDPOINT_NOT_AVAILABLE},
        {FAMILY_ADDRESSING, "DestinationUnreachable", WS_E_ENDPOINT_NOT_FOUND},
        {FAMILY_SECURITY, "FailedAuthentication", WS_E_ENDPOINT_ACCESS_DENIED},
        {FAMILY_SECURITY, "FailedCheck", WS_E_ENDPOINT_ACCESS_DENIED},
        {FAMILY_SECURITY, "InvalidSecurityToken", WS_E_ENDPOINT_ACCESS_DENIED},
        {FAMILY_SECURITY, "MessageExpired", WS_E_SECURITY_TOKEN_EXPIRED},
        {FAMILY_SECURITY, "SecurityTokenExpired", WS_E_SECURITY_TOKEN_EXPIRED},
    };
    const WS_FAULT_CODE *code = fault->code;

    for (unsigned depth = 0; code != NULL && depth < MOST_CODES; depth++, code = code->subCode) {
        enum family family = family_of(code);

        for (size_t i = 0; i < sizeof CODES / sizeof *CODES; i++) {
            if (CODES[i].family == family && is(&code->value.localName, CODES[i].name)) {
                return CODES[i].status;
            }
        }
    }
    return WS_E_ENDPOINT_FAULT_RECEIVED;
}

/* ---- sentences --------------------------------------------------------------------------------------------------- */

/* A peer wrote it: what is no character to print becomes a blank, and the length is bounded. */
static void put_code(char *out, size_t size, const WS_XML_STRING *name)
{
    size_t length = name->length < size - 1 ? name->length : size - 1;

    for (size_t i = 0; i < length; i++) {
        out[i] = name->bytes[i] >= 0x20 && name->bytes[i] < 0x7F ? (char)name->bytes[i] : '?';
    }
    out[length] = 0;
}

static size_t put_character(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3F));
        out[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3F));
    out[2] = (char)(0x80 | (c >> 6 & 0x3F));
    out[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

/* Controls, and what turns the direction of writing, would change how the rest is shown. */
static bool is_printable(uint32_t c)
{
    return c >= 0x20 && !(c >= 0x7F && c < 0xA0) && !(c >= 0x200B && c <= 0x200F) && !(c >= 0x2028 && c <= 0x202E) &&
           !(c >= 0x2060 && c <= 0x206F) && !(c >= 0xD800 && c <= 0xDFFF) && c != 0xFEFF &&
           !(c >= 0xFFF0 && c <= 0xFFFF) && c < 0xE0000;
}

static void put_reason(char *out, size_t size, const WS_STRING *text)
{
    size_t used = 0;

    for (ULONG i = 0; i < text->length && used + 5 < size; i++) {
        uint32_t c = text->chars[i];

        if (c >= 0xD800 && c < 0xDC00 && i + 1 < text->length && (text->chars[i + 1] & 0xFC00) == 0xDC00) {
            c = 0x10000 + ((c - 0xD800) << 10) + (uint32_t)(text->chars[++i] - 0xDC00);
        }
        used += put_character(out + used, is_printable(c) ? c : ' ');
    }
    out[used] = 0;
}

void fault_describe(const WS_FAULT *fault, HRESULT status, WS_ERROR *error)
{
    const WS_FAULT_CODE *code = fault->code;
    char reason[REASON_SIZE] = "";
    char name[CODE_SIZE] = "no code";

    for (unsigned i = 0; code != NULL && i < MOST_CODES; i++, code = code->subCode) {
        put_code(name, sizeof name, &code->value.localName);
    }
    if (fault->reasonCount > 0) {
        put_reason(reason, sizeof reason, &fault->reasons[0].text);
    }
    ws_fail(error, status, "the service answered with the fault %s: %s", name,
            reason[0] == 0 ? "it gave no reason" : reason);
}

HRESULT fault_fail(const struct reply *reply, WS_ERROR *error)
{
    HRESULT status = status_of(&reply->fault);
    HRESULT copied = ERROR_SUCCESS;

    if (error != NULL && reply->action != NULL) {
        WS_XML_STRING action = {.length = (ULONG)strlen(reply->action), .bytes = (BYTE *)reply->action};

        copied = WsSetFaultErrorProperty(error, WS_FAULT_ERROR_PROPERTY_ACTION, &action, sizeof action);
    }
    if (error != NULL && copied == ERROR_SUCCESS) {
        copied = WsSetFaultErrorProperty(error, WS_FAULT_ERROR_PROPERTY_FAULT, &reply->fault, sizeof reply->fault);
    }
    if (copied == E_OUTOFMEMORY) {
        return ws_no_memory(error);
    }
    fault_describe(&reply->fault, status, error);
    return status;
}
