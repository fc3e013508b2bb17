# SPDX-License-Identifier: MIT
"""What is measured in a process of its own: `python -m benchmarks.children NAME ARGUMENTS`."""

from __future__ import annotations

import ctypes
import gc
import json
import resource
import statistics
import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any

from benchmarks.measure import interleave


def resident() -> int:
    """Bytes of memory in use now; where the system does not say, the most there has been."""
    try:
        with open("/proc/self/status") as status:
            for line in status:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def live() -> int:
    """Handles that are open, in the binding and in the engine."""
    import ncrypt_ext

    return sum(sum(side.values()) for side in ncrypt_ext.live_handles().values())


def overhead(pairs: int, slices: int, many: bool) -> dict[str, Any]:
    """The sides of what the binding adds, in slices of so many signatures; with `many` as many
    rounds again where the processor was slow in most."""
    import ncrypt_ext
    from benchmarks.session import Session
    from benchmarks.signing import many_undisturbed, our_key, overhead_sides

    session = Session(False, pairs, None)
    try:
        with ncrypt_ext.Provider() as provider, our_key(provider, session.key()) as key:
            sides = overhead_sides(session, key, slices)
            run = many_undisturbed if many else interleave
            samples = run(sides, session.pairs)
    finally:
        session.close()
    return dict(samples)


def count_syncs(creates: int) -> dict[str, Any]:
    """Runs with count_syncs.c preloaded."""
    import ncrypt_ext

    counters = ctypes.CDLL(None)
    for name in ("count_syncs", "count_bytes"):
        getattr(counters, name).restype = ctypes.c_uint64
    syncs, sizes = [], []
    with ncrypt_ext.Provider() as provider:
        for number in range(20):
            provider.create_key("ECDSA_P256", f"warm-{number}").close()
        for number in range(creates):
            before, bytes_before = counters.count_syncs(), counters.count_bytes()
            provider.create_key("ECDSA_P256", f"key-{number}").close()
            syncs.append(counters.count_syncs() - before)
            sizes.append(counters.count_bytes() - bytes_before)
    # A checkpoint writes pages of the log into the database: by that it can be told from outside.
    usual = statistics.median(sizes)
    steady = [made for made, size in zip(syncs, sizes, strict=True) if size < 20 * usual]
    return {
        "creates": creates,
        "syncs": sum(syncs),
        "bytes": int(usual),
        "checkpoints": creates - len(steady),
        "steady": {"creates": len(steady), "most": max(steady), "least": min(steady)},
    }


# SQLite's cache of pages is full after so many.
WARM_KEYS = 20_000


def enumerate_keys() -> dict[str, Any]:
    """Looks at the memory now and then while the enumeration runs."""
    import ncrypt_ext

    first, most, looks, keys = 0, 0, 0, 0
    begin = perf_counter()
    with ncrypt_ext.Provider() as provider:
        for _ in provider.keys():
            keys += 1
            if keys % 1000 == 0:
                now = resident()
                looks += 1
                if keys == WARM_KEYS:
                    first = now
                if keys >= WARM_KEYS:
                    most = max(most, now)
    return {
        "keys": keys,
        "seconds": perf_counter() - begin,
        "growth": most - first,
        "looks": looks,
        "warm": WARM_KEYS,
    }


def leak(cycle: Callable[[], object], rounds: int) -> dict[str, Any]:
    """What is left after many rounds, apart from what is there after the first tenth."""
    live_before = live()
    for _ in range(max(1000, rounds // 10)):
        cycle()
    gc.collect()
    before = resident()
    begin = perf_counter()
    for _ in range(rounds):
        cycle()
    seconds = perf_counter() - begin
    gc.collect()
    return {
        "rounds": rounds,
        "seconds": seconds,
        "growth": resident() - before,
        "live": live() - live_before,
    }


def leak_create(rounds: int) -> dict[str, Any]:
    import ncrypt_ext

    with ncrypt_ext.Provider() as provider:

        def cycle() -> None:
            new = provider.create_persisted_key("ECDSA_P256")
            new.finalize().close()

        return leak(cycle, rounds)


def leak_provider(rounds: int) -> dict[str, Any]:
    import ncrypt_ext

    return leak(lambda: ncrypt_ext.Provider().close(), rounds)


def leak_open(rounds: int) -> dict[str, Any]:
    import ncrypt_ext

    with ncrypt_ext.Provider() as provider:
        provider.create_key("ECDSA_P256", "leak", overwrite=True).close()
        return leak(lambda: provider.open_key("leak").close(), rounds)


FUNCTIONS: dict[str, Callable[..., dict[str, Any]]] = {
    function.__name__: function
    for function in (
        overhead,
        count_syncs,
        enumerate_keys,
        leak_create,
        leak_provider,
        leak_open,
    )
}

if __name__ == "__main__":
    print(json.dumps(FUNCTIONS[sys.argv[1]](*json.loads(sys.argv[2]))))
