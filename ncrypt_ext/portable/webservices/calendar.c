/* SPDX-License-Identifier: MIT */
#include "webservices/calendar.h"

#define DAYS_PER_400_YEARS 146097u

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int month_length(int year, int month)
{
    static const int LENGTHS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return LENGTHS[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
}

/* From the beginning of the year 1 to that of `year`. */
static uint64_t days_before(int year)
{
    uint64_t before = (uint64_t)year - 1;

    return before * 365 + before / 4 - before / 100 + before / 400;
}

bool calendar_day(int year, int month, int day, uint64_t *ticks)
{
    uint64_t days;

    if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > month_length(year, month)) {
        return false;
    }
    days = days_before(year) + (uint64_t)day - 1;
    for (int i = 1; i < month; i++) {
        days += (uint64_t)month_length(year, i);
    }
    *ticks = days * DAY;
    return true;
}

void calendar_date(uint64_t ticks, int *year, int *month, int *day)
{
    uint64_t days = ticks / DAY;

    *year = (int)(days * 400 / DAYS_PER_400_YEARS) + 1; /* never too late, and at most one too early */
    if (days_before(*year + 1) <= days) {
        *year += 1;
    }
    *day = (int)(days - days_before(*year)) + 1;
    for (*month = 1; *day > month_length(*year, *month); *month += 1) {
        *day -= month_length(*year, *month);
    }
}
