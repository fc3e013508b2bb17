/* SPDX-License-Identifier: MIT
 *
 * The headers of a reply that say something to the channel: which action it is, what it answers, and when it was made.
 */
#include <stdlib.h>
#include <string.h>

#include "webservices/calendar.h"
#include "webservices/reply.h"
#include "webservices/soap.h"

#define TIME_MAX      128u /* bytes of a time, with white space */
#define MAX_OFFSET    (14 * 3600)
#define RELATES_1_0   "http://www.w3.org/2005/08/addressing/reply"
#define ROLE_1_1      "http://schemas.xmlsoap.org/soap/actor/next"
#define ROLE_NEXT     "http://www.w3.org/2003/05/soap-envelope/role/next"
#define ROLE_ULTIMATE "http://www.w3.org/2003/05/soap-envelope/role/ultimateReceiver"

/* ---- times ------------------------------------------------------------------------------------------------------- */

/* `digits` digits, and the character after them; they are taken away. */
static bool take_number(struct slice *rest, unsigned digits, const char *after, int *number)
{
    size_t length = strlen(after);

    if (rest->size < digits + length || memcmp(rest->text + digits, after, length) != 0) {
        return false;
    }
    *number = 0;
    for (unsigned i = 0; i < digits; i++) {
        if (rest->text[i] < '0' || rest->text[i] > '9') {
            return false;
        }
        *number = 10 * *number + (rest->text[i] - '0');
    }
    rest->text += digits + length;
    rest->size -= digits + length;
    return true;
}

/* Units of 100 ns; more digits than those are cut off. */
static bool take_fraction(struct slice *rest, uint32_t *fraction)
{
    uint32_t unit = (uint32_t)SECOND;
    size_t i = 1;

    *fraction = 0;
    if (rest->size == 0 || rest->text[0] != '.') {
        return true;
    }
    for (; i < rest->size && rest->text[i] >= '0' && rest->text[i] <= '9'; i++) {
        unit /= 10;
        *fraction += unit * (uint32_t)(rest->text[i] - '0');
    }
    *rest = (struct slice){rest->text + i, rest->size - i};
    return i > 1;
}

/* In seconds. A time that does not say where is UTC. */
static bool take_offset(struct slice *rest, int *offset)
{
    int hours;
    int minutes;
    bool west;

    *offset = 0;
    if (rest->size == 0 || slice_is(*rest, "Z")) {
        return true;
    }
    west = rest->text[0] == '-';
    if (!west && rest->text[0] != '+') {
        return false;
    }
    *rest = (struct slice){rest->text + 1, rest->size - 1};
    if (!take_number(rest, 2, ":", &hours) || !take_number(rest, 2, "", &minutes) || rest->size != 0 || minutes > 59) {
        return false;
    }
    *offset = (hours * 60 + minutes) * 60;
    if (*offset > MAX_OFFSET) {
        return false;
    }
    *offset = west ? -*offset : *offset;
    return true;
}

/* An xs:dateTime of the years 1 to 9999. */
static bool read_time(struct slice value, uint64_t *ticks)
{
    struct slice rest = slice_trim(value);
    int year, month, day, hour, minute, second, offset;
    uint32_t fraction;
    uint64_t start;
    int64_t seconds;

    if (!take_number(&rest, 4, "-", &year) || !take_number(&rest, 2, "-", &month) ||
        !take_number(&rest, 2, "T", &day) || !take_number(&rest, 2, ":", &hour) ||
        !take_number(&rest, 2, ":", &minute) || !take_number(&rest, 2, "", &second) ||
        !take_fraction(&rest, &fraction) || !take_offset(&rest, &offset) || !calendar_day(year, month, day, &start)) {
        return false;
    }
    if (minute > 59 || second > 59 || hour > 24 || (hour == 24 && (minute != 0 || second != 0 || fraction != 0))) {
        return false;
    }
    seconds = (int64_t)(start / SECOND) + hour * 3600 + minute * 60 + second - offset;
    if (seconds < 0 || (uint64_t)seconds > LAST_TICK / SECOND) {
        return false;
    }
    *ticks = (uint64_t)seconds * SECOND + fraction;
    return *ticks != 0; /* which would mean that there is none */
}

static HRESULT read_time_element(struct reading *reading, const struct element *element, const char *what,
                                 uint64_t *ticks)
{
    struct text text = TEXT_INIT(TIME_MAX);
    HRESULT status;

    if (*ticks != 0) {
        return reading_fail(reading, WS_E_INVALID_FORMAT, "the reply's %s is there twice", what);
    }
    status = reading_text(reading, element, what, &text);
    if (status == WS_E_QUOTA_EXCEEDED || (status == ERROR_SUCCESS && !read_time(slice_of(&text), ticks))) {
        status = reading_fail(reading, WS_E_INVALID_FORMAT, "the reply's %s is no time: \"%.*s\"", what, (int)text.size,
                              slice_of(&text).text);
    }
    text_free(&text);
    return status;
}

/* ---- security ---------------------------------------------------------------------------------------------------- */

static HRESULT read_timestamp(struct reading *reading, const struct element *timestamp)
{
    struct security_output *security = &reading->reply->security;
    HRESULT status = ERROR_SUCCESS;
    struct element child;

    if (security->has_timestamp) {
        return reading_fail(reading, WS_E_INVALID_FORMAT, "the reply's Security header has two Timestamps");
    }
    security->has_timestamp = true;
    while (status == ERROR_SUCCESS && walk_child(&reading->walk, timestamp, &child)) {
        if (element_is(&child, UTILITY_URI, "Created")) {
            status = read_time_element(reading, &child, "Timestamp's Created", &security->created);
        } else if (element_is(&child, UTILITY_URI, "Expires")) {
            status = read_time_element(reading, &child, "Timestamp's Expires", &security->expires);
        } else {
            walk_skip(&reading->walk, &child);
        }
    }
    return status;
}

/* Headers for others may pass by. */
static bool is_for_us(const struct reading *reading, const struct element *header)
{
    bool old = reading->reply->envelope == WS_ENVELOPE_VERSION_SOAP_1_1;
    struct slice role;

    if (!walk_find(&reading->walk, header, reading->soap, old ? "actor" : "role", &role)) {
        return true;
    }
    role = slice_trim(role);
    return role.size == 0 || slice_is(role, ROLE_1_1) || slice_is(role, ROLE_NEXT) || slice_is(role, ROLE_ULTIMATE);
}

static HRESULT read_security(struct reading *reading, const struct element *header)
{
    struct security_output *security = &reading->reply->security;
    HRESULT status = ERROR_SUCCESS;
    struct element child;

    if (security->has_header) {
        return reading_fail(reading, WS_E_INVALID_FORMAT, "the reply has two Security headers");
    }
    security->has_header = true;
    while (status == ERROR_SUCCESS && walk_child(&reading->walk, header, &child)) {
        if (element_is(&child, UTILITY_URI, "Timestamp")) {
            status = read_timestamp(reading, &child);
        } else {
            walk_skip(&reading->walk, &child);
        }
    }
    return status;
}

/* ---- addresses --------------------------------------------------------------------------------------------------- */

static HRESULT read_value(struct reading *reading, const struct element *header, const char *what, char **value)
{
    struct text text = TEXT_INIT(REPLY_MAX_VALUE);
    struct slice trimmed;
    HRESULT status;

    if (*value != NULL) {
        return reading_fail(reading, WS_E_INVALID_FORMAT, "the reply has two %s headers", what);
    }
    status = reading_text(reading, header, what, &text);
    if (status == ERROR_SUCCESS) {
        trimmed = slice_trim(slice_of(&text));
        *value = malloc(trimmed.size + 1);
        if (*value == NULL) {
            status = reading_room(reading, E_OUTOFMEMORY);
        } else {
            if (trimmed.size > 0) {
                memcpy(*value, trimmed.text, trimmed.size);
            }
            (*value)[trimmed.size] = 0;
        }
    }
    text_free(&text);
    return status;
}

/* There may be others, about relations that are none of ours. */
static bool is_answer(const struct reading *reading, const struct element *header)
{
    struct slice relation;

    if (!walk_find(&reading->walk, header, "", "RelationshipType", &relation)) {
        return true;
    }
    relation = slice_trim(relation);
    if (strcmp(reading->addressing, ADDRESSING_1_0_URI) == 0) {
        return slice_is(relation, RELATES_1_0);
    }
    (void)slice_split(relation, &relation); /* a qualified name */
    return slice_is(relation, "Reply");
}

HRESULT reply_header(struct reading *reading, const struct element *header)
{
    struct reply *reply = reading->reply;

    if (element_is(header, SECURITY_URI, "Security") && is_for_us(reading, header)) {
        return read_security(reading, header);
    }
    if (reading->addressing != NULL) {
        if (element_is(header, reading->addressing, "Action")) {
            return read_value(reading, header, "Action", &reply->action);
        }
        if (element_is(header, reading->addressing, "RelatesTo") && is_answer(reading, header)) {
            return read_value(reading, header, "RelatesTo", &reply->relates_to);
        }
    }
    walk_skip(&reading->walk, header);
    return ERROR_SUCCESS;
}
