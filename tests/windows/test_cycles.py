# SPDX-License-Identifier: MIT
"""Keys made and given back, over and over: nothing is left, and the process does not grow."""

import ctypes
import gc
import sys

import pytest

import ncrypt_ext as nc

pytestmark = pytest.mark.skipif(sys.platform != "win32", reason="measures a process of Windows")

CYCLES = 100_000
WARM_UP = 10_000
GROWTH = 1 << 20


class Counters(ctypes.Structure):
    _fields_ = (
        ("size", ctypes.c_uint32),
        ("page_faults", ctypes.c_uint32),
        ("peak_working_set", ctypes.c_size_t),
        ("working_set", ctypes.c_size_t),
        ("peak_paged_pool", ctypes.c_size_t),
        ("paged_pool", ctypes.c_size_t),
        ("peak_pool", ctypes.c_size_t),
        ("pool", ctypes.c_size_t),
        ("pagefile", ctypes.c_size_t),
        ("peak_pagefile", ctypes.c_size_t),
    )


def working_set():
    counters = Counters(ctypes.sizeof(Counters))
    kernel = ctypes.WinDLL("kernel32.dll")
    kernel.GetCurrentProcess.restype = ctypes.c_void_p
    get = kernel.K32GetProcessMemoryInfo
    get.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint32)
    assert get(kernel.GetCurrentProcess(), ctypes.byref(counters), counters.size)
    assert counters.working_set > 1 << 20
    return counters.working_set


def test_growth_is_seen():
    start = working_set()
    held = [bytearray(b"\1" * 4096) for _ in range(2000)]
    assert working_set() - start > GROWTH
    del held


def make_and_close(provider, count):
    for _ in range(count):
        provider.create_persisted_key("RSA", None).close()


def test_cycles_leave_nothing(provider):
    """Key objects, not finalized: that is where Windows would generate the key."""
    before = nc.live_handles()
    make_and_close(provider, WARM_UP)
    gc.collect()
    start = working_set()
    make_and_close(provider, CYCLES - WARM_UP)
    gc.collect()
    grown = working_set() - start
    print(f"{CYCLES} keys made and closed; the working set grew by {grown} bytes")
    assert nc.live_handles() == before
    assert grown < GROWTH
