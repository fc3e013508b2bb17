# SPDX-License-Identifier: MIT
"""What a busy Python thread costs: python -m benchmarks.gil

Times calls alone, and beside a thread that runs Python code without pause, and prints a Markdown
table of microseconds. A call that releases the GIL has to get it back, which takes up to
sys.getswitchinterval() when another thread does not let go; a call that keeps it pays only the
interruptions that any Python code has.
"""

from __future__ import annotations

import hashlib
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator

SECONDS = 2.0


class Busy:
    """A thread that counts as fast as it can."""

    def __enter__(self) -> Busy:
        self.count = 0
        self.stop = False
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        return self

    def run(self) -> None:
        while not self.stop:
            self.count += 1

    def __exit__(self, *exception: object) -> None:
        self.stop = True
        self.thread.join()


def microseconds(function: Callable[[], object], per_call: int) -> list[float]:
    """Median and mean over about two seconds, for one of the `per_call` things a call does."""
    times = []
    clock = time.perf_counter_ns
    end = clock() + int(SECONDS * 1e9)
    while len(times) < 15 or clock() < end:
        start = clock()
        function()
        times.append(clock() - start)
    return [f(times) / 1000 / per_call for f in (statistics.median, statistics.mean)]


def calls() -> Iterator[tuple[str, str, int, Callable[[], object]]]:
    """Name, what happens to the GIL, things done per call, the call."""
    import ncrypt_ext as nc

    digest = hashlib.sha256(b"order 17").digest()
    digests = [digest] * 1000
    pss = nc.PSS("SHA256", salt_length=32)
    with nc.Provider() as provider:
        with provider.create_key("ECDSA_P256", "gil") as key:
            handle = key.handle
            yield "live_handles()", "held", 1, nc.live_handles
            yield (
                "Key.from_handle(), close()",
                "held, released",
                1,
                lambda: nc.Key.from_handle(handle, own=False).close(),
            )
            yield "Key.sign(), P-256", "released", 1, lambda: key.sign(digest)
            for threads in (1, 2):
                yield (
                    f"Key.sign_many(threads={threads}), 1,000 of P-256",
                    "released for 16 at a time",
                    len(digests),
                    lambda threads=threads: key.sign_many(digests, threads=threads),
                )
        yield (
            "Provider.open_key(), close()",
            "released",
            1,
            lambda: provider.open_key("gil").close(),
        )
        with provider.create_key("RSA", length=2048) as key:
            yield "Key.sign(), RSA-2048 PSS", "released", 1, lambda: key.sign(digest, pss)


def main() -> None:
    os.environ["NCRYPT_EXT_HOME"] = tempfile.mkdtemp(prefix="ncrypt-ext-gil-")
    print(f"CPython {sys.version.split()[0]}, {os.cpu_count()} cores, ", end="")
    print(f"switch interval {sys.getswitchinterval() * 1000:g} ms\n")
    print("| Call | GIL | alone: median | mean | beside a busy thread: median | mean |")
    print("|---|---|---|---|---|---|")
    for name, gil, per_call, function in calls():
        alone = microseconds(function, per_call)
        with Busy():
            beside = microseconds(function, per_call)
        cells = " | ".join(f"{number:,.1f}" for number in (*alone, *beside))
        print(f"| {name} | {gil} | {cells} |")


if __name__ == "__main__":
    main()
