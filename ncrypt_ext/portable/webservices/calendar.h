/* SPDX-License-Identifier: MIT
 *
 * Times as the API counts them, in units of 100 ns from the beginning of the year 1, and the dates of the years 1 to
 * 9999. The C library's gmtime_r() takes a lock, which a child that is forked off meanwhile waits for without end.
 */
#ifndef PORTABLE_WEBSERVICES_CALENDAR_H
#define PORTABLE_WEBSERVICES_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

#define SECOND    UINT64_C(10000000)
#define DAY       (86400 * SECOND)
#define LAST_TICK UINT64_C(3155378975999999999) /* the end of the year 9999 */

/* `ticks` of the beginning of that day; false when there is no such day. */
bool calendar_day(int year, int month, int day, uint64_t *ticks);

/* The date of a time that is at most LAST_TICK. */
void calendar_date(uint64_t ticks, int *year, int *month, int *day);

#endif
