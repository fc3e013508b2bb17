/* SPDX-License-Identifier: MIT
 *
 * WsFileTimeToDateTime, WsDateTimeToFileTime.
 */
#include "webservices.h"

#define TICKS_TO_1601 504911232000000000u  /* from the beginning of the year 1, where a WS_DATETIME begins */
#define LAST_TICK     3155378975999999999u /* the end of the year 9999 */

HRESULT WINAPI WsFileTimeToDateTime(const FILETIME *fileTime, WS_DATETIME *dateTime, WS_ERROR *error)
{
    uint64_t ticks;

    (void)error;
    if (fileTime == NULL || dateTime == NULL) {
        return E_INVALIDARG;
    }
    ticks = (uint64_t)fileTime->dwHighDateTime << 32 | fileTime->dwLowDateTime;
    if (ticks > LAST_TICK - TICKS_TO_1601) {
        return WS_E_INVALID_FORMAT;
    }
    dateTime->ticks = ticks + TICKS_TO_1601;
    dateTime->format = WS_DATETIME_FORMAT_UTC;
    return ERROR_SUCCESS;
}

HRESULT WINAPI WsDateTimeToFileTime(const WS_DATETIME *dateTime, FILETIME *fileTime, WS_ERROR *error)
{
    (void)error;
    if (dateTime == NULL || fileTime == NULL) {
        return E_INVALIDARG;
    }
    if (dateTime->ticks < TICKS_TO_1601 || dateTime->ticks > LAST_TICK) {
        return WS_E_INVALID_FORMAT;
    }
    fileTime->dwLowDateTime = (uint32_t)(dateTime->ticks - TICKS_TO_1601);
    fileTime->dwHighDateTime = (uint32_t)((dateTime->ticks - TICKS_TO_1601) >> 32);
    return ERROR_SUCCESS;
}
