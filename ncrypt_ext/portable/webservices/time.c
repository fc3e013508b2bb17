/* SPDX-License-Identifier: MIT
 *
 * WsFileTimeToDateTime, WsDateTimeToFileTime.
 */
#include "webservices/calendar.h"
#include "webservices/object.h"

#define TICKS_TO_1601 504911232000000000u /* from the beginning of the year 1, where a WS_DATETIME begins */

static HRESULT from_file_time(const FILETIME *fileTime, WS_DATETIME *dateTime, WS_ERROR *error)
{
    uint64_t ticks;

    if (fileTime == NULL || dateTime == NULL) {
        return ws_fail(error, E_INVALIDARG, "a time or the address for one is NULL");
    }
    ticks = (uint64_t)fileTime->dwHighDateTime << 32 | fileTime->dwLowDateTime;
    if (ticks > LAST_TICK - TICKS_TO_1601) {
        return ws_fail(error, WS_E_INVALID_FORMAT, "the time is after the year 9999");
    }
    dateTime->ticks = ticks + TICKS_TO_1601;
    dateTime->format = WS_DATETIME_FORMAT_UTC;
    return ERROR_SUCCESS;
}

static HRESULT to_file_time(const WS_DATETIME *dateTime, FILETIME *fileTime, WS_ERROR *error)
{
    if (dateTime == NULL || fileTime == NULL) {
        return ws_fail(error, E_INVALIDARG, "a time or the address for one is NULL");
    }
    if (dateTime->ticks < TICKS_TO_1601 || dateTime->ticks > LAST_TICK) {
        return ws_fail(error, WS_E_INVALID_FORMAT, "the time is before the year 1601 or after the year 9999");
    }
    fileTime->dwLowDateTime = (uint32_t)(dateTime->ticks - TICKS_TO_1601);
    fileTime->dwHighDateTime = (uint32_t)((dateTime->ticks - TICKS_TO_1601) >> 32);
    return ERROR_SUCCESS;
}

HRESULT WINAPI WsFileTimeToDateTime(const FILETIME *fileTime, WS_DATETIME *dateTime, WS_ERROR *error)
{
    return ncx_trace("WsFileTimeToDateTime", from_file_time(fileTime, dateTime, error));
}

HRESULT WINAPI WsDateTimeToFileTime(const WS_DATETIME *dateTime, FILETIME *fileTime, WS_ERROR *error)
{
    return ncx_trace("WsDateTimeToFileTime", to_file_time(dateTime, fileTime, error));
}
