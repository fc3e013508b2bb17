# SPDX-License-Identifier: MIT
"""What a call costs above the native function: this package, plain ctypes and win32more.

python benchmarks/windows_calls.py NATIVE_CALL_DLL    on a Windows CPython, also under Wine

All make the same call, which nobody caches: NCryptGetProperty of one key's "Length". They take
turns, and each round's cost of the bare call (a loop in C) is subtracted from its own round.
"""

import ctypes
import statistics
import sys
import time
from ctypes import wintypes

import ncrypt_ext as nc

ROUNDS = 41
CALLS = 2000
WARM_UP = 3
OF_CTYPES, OF_WIN32MORE = 0.5, 0.05
NAME = "Length"


def timed(call):
    """Nanoseconds for each call, the loop included."""
    start = time.perf_counter_ns()
    for _ in range(CALLS):
        call()
    return (time.perf_counter_ns() - start) / CALLS


def by_ctypes(handle):
    function = ctypes.WinDLL("ncrypt").NCryptGetProperty
    function.restype = wintypes.LONG
    function.argtypes = [ctypes.c_size_t, ctypes.c_wchar_p, ctypes.c_void_p, wintypes.DWORD]
    function.argtypes += [ctypes.POINTER(wintypes.DWORD), wintypes.DWORD]
    value, size = ctypes.create_string_buffer(256), wintypes.DWORD()

    def call():
        status = function(handle, NAME, value, 256, size, 0)
        if status != 0:
            raise OSError(status)
        return value.raw[: size.value]

    return call


def by_win32more(handle):
    from win32more.Windows.Win32.Security.Cryptography import NCryptGetProperty

    value, size = ctypes.create_string_buffer(256), wintypes.DWORD()
    pointer = ctypes.cast(value, ctypes.POINTER(ctypes.c_ubyte))

    def call():
        status = NCryptGetProperty(handle, NAME, pointer, 256, ctypes.pointer(size), 0)
        if status != 0:
            raise OSError(status)
        return value.raw[: size.value]

    return call


def by_c(handle, library):
    function = ctypes.CDLL(library).native_call
    function.argtypes = [ctypes.c_size_t, ctypes.c_wchar_p, ctypes.c_int]
    function.argtypes += [ctypes.POINTER(ctypes.c_double)]
    nanoseconds = ctypes.c_double()

    def measure():
        assert function(handle, NAME, CALLS, nanoseconds) == 0
        return nanoseconds.value

    return measure


def main(library):
    provider = nc.Provider()
    key = provider.create_key("RSA", length=1024)
    calls = {
        "ncrypt_ext": lambda: key.get_property(NAME),
        "ctypes": by_ctypes(key.handle),
        "win32more": by_win32more(key.handle),
    }
    answers = {name: call() for name, call in calls.items()}
    assert set(answers.values()) == {(1024).to_bytes(4, "little")}, answers
    bare = by_c(key.handle, library)
    above = {name: [] for name in calls}
    native = []
    for turn in range(WARM_UP + ROUNDS):
        base = bare()
        costs = {name: timed(call) - base for name, call in calls.items()}
        if turn >= WARM_UP:
            native.append(base)
            for name, cost in costs.items():
                above[name].append(cost)
    medians = {name: statistics.median(costs) for name, costs in above.items()}
    print(f"NCryptGetProperty from C: {statistics.median(native):,.0f} ns")
    print(f"above it, medians of {ROUNDS} rounds of {CALLS} calls, Python's loop included:")
    for name, cost in medians.items():
        print(f"    {name:12} {cost:10,.0f} ns")
    failed = False
    for peer, most in (("ctypes", OF_CTYPES), ("win32more", OF_WIN32MORE)):
        part = medians["ncrypt_ext"] / medians[peer]
        failed |= part > most
        verdict = "pass" if part <= most else "MISSED"
        print(f"of what {peer} adds: {part:.3f}, at most {most}: {verdict}")
    print("call overhead measured" if not failed else "call overhead: a bar was missed")


if __name__ == "__main__":
    main(sys.argv[1])
