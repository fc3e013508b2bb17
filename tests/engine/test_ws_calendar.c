/* SPDX-License-Identifier: MIT
 *
 * The calendar, against the C library's: each day of the years 1 to 9999.
 */
#include <time.h>

#include "harness.h"
#include "webservices/calendar.h"

#define DAYS_TO_1970 719162

static void check_day(uint64_t ticks, const struct tm *want)
{
    int year, month, day;
    uint64_t start;

    calendar_date(ticks, &year, &month, &day);
    CHECK(year == want->tm_year + 1900 && month == want->tm_mon + 1 && day == want->tm_mday);
    CHECK(calendar_day(year, month, day, &start) && start == ticks / DAY * DAY);
}

static void test_every_day(void)
{
    for (int64_t i = 0; i <= (int64_t)(LAST_TICK / DAY); i++) {
        time_t time = (time_t)((i - DAYS_TO_1970) * 86400);
        struct tm want;

        if (!CHECK(gmtime_r(&time, &want) != NULL)) {
            return;
        }
        check_day((uint64_t)i * DAY, &want);
        check_day((uint64_t)i * DAY + DAY - 1, &want);
    }
    CHECK(LAST_TICK % DAY == DAY - 1);
}

static void test_no_such_day(void)
{
    static const int DATES[][3] = {{0, 1, 1},     {10000, 1, 1}, {-1, 1, 1},    {2026, 0, 1},
                                   {2026, 13, 1}, {2026, 1, 0},  {2026, 1, 32}, {2026, 4, 31},
                                   {2026, 2, 29}, {1900, 2, 29}, {2000, 2, 30}};
    uint64_t ticks;

    for (size_t i = 0; i < sizeof DATES / sizeof *DATES; i++) {
        CHECK(!calendar_day(DATES[i][0], DATES[i][1], DATES[i][2], &ticks));
    }
}

int main(void)
{
    RUN(test_every_day);
    RUN(test_no_such_day);
    return test_result("ws_calendar");
}
