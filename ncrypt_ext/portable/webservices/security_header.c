/* SPDX-License-Identifier: MIT
 *
 * The Security header: timestamp, tokens, signatures.
 */
#include <stdio.h>
#include <time.h>

#include "webservices/calendar.h"
#include "webservices/security_parts.h"
#include "webservices/soap.h"

#define TICKS_TO_1970 UINT64_C(621355968000000000) /* from the beginning of the year 1 */

uint64_t security_now(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now); /* which fails for no clock that exists */
    return TICKS_TO_1970 + (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec / 100;
}

/* In UTC, with milliseconds. */
static void put_time(struct text *text, const char *name, uint64_t ticks)
{
    unsigned seconds = (unsigned)(ticks % DAY / SECOND);
    unsigned milliseconds = (unsigned)(ticks % SECOND / 10000);
    int year, month, day;
    char written[96];

    calendar_date(ticks, &year, &month, &day);
    snprintf(written, sizeof written, "<u:%s>%04d-%02d-%02dT%02u:%02u:%02u.%03uZ</u:%s>", name, year, month, day,
             seconds / 3600, seconds / 60 % 60, seconds % 60, milliseconds, name);
    text_put_string(text, written);
}

static void put_timestamp(struct text *text, const char *id, uint64_t validity)
{
    uint64_t now = security_now();
    uint64_t end = validity > LAST_TICK - now ? LAST_TICK : now + validity;

    text_put_string(text, "<u:Timestamp xmlns:u=\"" UTILITY_URI "\" u:Id=\"");
    text_put_string(text, id);
    text_put_string(text, "\">");
    put_time(text, "Created", now);
    put_time(text, "Expires", end);
    text_put_string(text, "</u:Timestamp>");
}

/* All but the timestamp, which is signed from where it was written. */
static HRESULT put_tokens(const struct security *security, const struct security_input *input,
                          const struct signed_part *timestamp, struct text *text, WS_ERROR *error)
{
    struct signed_part parts[2] = {*timestamp, {input->to_id, input->to, input->to_size}};
    HRESULT status = ERROR_SUCCESS;

    for (size_t i = 0; i < security->signer_count; i++) {
        text_put(text, security->signers[i].xml->text, security->signers[i].xml->size);
    }
    if (text->status != ERROR_SUCCESS) {
        return ERROR_SUCCESS; /* nothing gets sent, so no key is asked to sign: the text says why */
    }
    for (size_t i = 0; i < security->signer_count && status == ERROR_SUCCESS; i++) {
        const struct signer *signer = &security->signers[i];
        bool asymmetric = signer->type == WS_NCRYPT_ASYMMETRIC_SECURITY_KEY_HANDLE_TYPE;

        if (signer->type != 0) {
            status = sign_parts(&security->suite, signer, parts, asymmetric ? 2 : 1, text, error);
        }
    }
    return status;
}

HRESULT security_write(const struct security *security, const struct security_input *input, struct text *text,
                       WS_ERROR *error)
{
    char id[SECURITY_ID_SIZE];
    struct text timestamp = TEXT_INIT(4096);
    bool last = security->layout == WS_SECURITY_HEADER_LAYOUT_LAX_WITH_TIMESTAMP_LAST;
    HRESULT status;

    if (security_signs_to(security) && input->to == NULL) {
        return ws_fail(error, WS_E_INVALID_OPERATION, "the message has no To header, which a token's key has to sign");
    }
    snprintf(id, sizeof id, "%s-0", input->id);
    if (security->usage != WS_SECURITY_TIMESTAMP_USAGE_NEVER) {
        put_timestamp(&timestamp, id, security->validity);
    }
    if (timestamp.status != ERROR_SUCCESS) {
        text_free(&timestamp);
        return ws_no_memory(error);
    }
    text_put_string(text, "<o:Security s:mustUnderstand=\"1\" xmlns:o=\"" SECURITY_URI "\">");
    if (!last) {
        text_put(text, timestamp.data, timestamp.size);
    }
    status = put_tokens(security, input, &(struct signed_part){id, timestamp.data, timestamp.size}, text, error);
    if (last) {
        text_put(text, timestamp.data, timestamp.size);
    }
    text_put_string(text, "</o:Security>");
    text_free(&timestamp);
    return status;
}

/* ---- replies ----------------------------------------------------------------------------------------------------- */

static HRESULT refuse(WS_ERROR *error, const char *why)
{
    return ws_fail(error, WS_E_SECURITY_VERIFICATION_FAILURE, "%s", why);
}

static uint64_t later(uint64_t time, uint64_t span)
{
    return span > UINT64_MAX - time ? UINT64_MAX : time + span;
}

HRESULT security_check(const struct security *security, const struct security_output *output, uint64_t now,
                       WS_ERROR *error)
{
    if (!security_has_header(security)) {
        return ERROR_SUCCESS;
    }
    if (!output->has_timestamp) {
        return security->usage == WS_SECURITY_TIMESTAMP_USAGE_ALWAYS
                   ? refuse(error, output->has_header
                                       ? "the reply's security header has no timestamp: for a service that sends none, "
                                         "the usage is WS_SECURITY_TIMESTAMP_USAGE_REQUESTS_ONLY"
                                       : "the reply has no security header with a timestamp: for a service that sends "
                                         "none, the usage is WS_SECURITY_TIMESTAMP_USAGE_REQUESTS_ONLY")
                   : ERROR_SUCCESS;
    }
    if (output->created == 0) {
        return refuse(error, "the reply's timestamp does not say when it was made");
    }
    if (output->created > later(now, security->skew)) {
        return refuse(error, "the reply's timestamp is from the future: the clocks differ too much");
    }
    if (now > later(later(output->created, security->latency), security->skew)) {
        return refuse(error,
                      "the reply's timestamp is too old: the reply took too long, or the clocks differ too much");
    }
    if (output->expires != 0 && output->expires < output->created) {
        return refuse(error, "the reply's timestamp expires before it was made");
    }
    if (output->expires != 0 && now > later(output->expires, security->skew)) {
        return refuse(error, "the reply's timestamp has expired");
    }
    return ERROR_SUCCESS;
}
