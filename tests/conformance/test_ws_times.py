# SPDX-License-Identifier: MIT
"""WsFileTimeToDateTime, WsDateTimeToFileTime."""

from ctypes import byref
from datetime import datetime, timedelta

import pytest

from .ws_api import (
    E_INVALIDARG,
    WS_E_INVALID_FORMAT,
    WS_E_NUMERIC_OVERFLOW,
    DateTime,
    FileTime,
    call,
    must,
)

FIRST = 504911232000000000  # 1601
LAST = 3155378975999999999  # the end of 9999


def ticks(year, *rest):
    return (datetime(year, *rest) - datetime(1, 1, 1)) // timedelta(microseconds=1) * 10


def split(value):
    return FileTime(value & 0xFFFFFFFF, value >> 32)


@pytest.mark.parametrize(
    ("file_time", "date_time"),
    [
        (0, FIRST),
        (1, FIRST + 1),
        (116444736000000000, ticks(1970, 1, 1)),
        (0xFFFFFFFF, FIRST + 0xFFFFFFFF),
        (1 << 32, FIRST + (1 << 32)),
        (ticks(2026, 2, 28, 23, 59, 59) - FIRST, ticks(2026, 2, 28, 23, 59, 59)),
        (LAST - FIRST, LAST),
    ],
)
def test_both_ways(file_time, date_time):
    there, back = DateTime(7, 7), FileTime(7, 7)
    must("WsFileTimeToDateTime", byref(split(file_time)), byref(there), None)
    assert (there.ticks, there.format) == (date_time, 0)
    must("WsDateTimeToFileTime", byref(there), byref(back), None)
    assert back.high << 32 | back.low == file_time


@pytest.mark.parametrize("value", [LAST - FIRST + 1, (1 << 63) - 1, (1 << 64) - 1])
def test_file_time_too_late(value):
    status = call("WsFileTimeToDateTime", byref(split(value)), byref(DateTime()), None)
    assert status in (WS_E_INVALID_FORMAT, WS_E_NUMERIC_OVERFLOW)


@pytest.mark.parametrize("value", [0, FIRST - 1])
def test_date_time_too_early(value):
    status = call("WsDateTimeToFileTime", byref(DateTime(value, 0)), byref(FileTime()), None)
    assert status == WS_E_INVALID_FORMAT


@pytest.mark.not_on("wine", "it does not look for the end of time")
@pytest.mark.parametrize("value", [LAST + 1, (1 << 64) - 1])
def test_date_time_too_late(value):
    status = call("WsDateTimeToFileTime", byref(DateTime(value, 0)), byref(FileTime()), None)
    assert status == WS_E_INVALID_FORMAT


def test_null():
    there, back = DateTime(FIRST, 0), FileTime()
    assert call("WsFileTimeToDateTime", None, byref(there), None) == E_INVALIDARG
    assert call("WsFileTimeToDateTime", byref(back), None, None) == E_INVALIDARG
    assert call("WsDateTimeToFileTime", None, byref(back), None) == E_INVALIDARG
    assert call("WsDateTimeToFileTime", byref(there), None, None) == E_INVALIDARG
