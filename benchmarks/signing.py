# SPDX-License-Identifier: MIT
"""Signing beside a C loop and beside cryptography; the binding's own cost; two threads."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from functools import partial
from itertools import repeat
from pathlib import Path
from statistics import median
from time import perf_counter_ns, process_time_ns
from typing import Any, NamedTuple

from benchmarks.measure import (
    Figure,
    Sample,
    Side,
    Spread,
    cpus,
    differences,
    interleave,
    per_operation,
    rate_ratio,
    spread,
    time_calls,
    time_iterations,
    undisturbed,
    walls,
)
from benchmarks.peers import SIGN, PeerKey, cryptography_signer, extension_module, shared_library
from benchmarks.session import Session, child, open_provider, package

DIGEST = hashlib.sha256(b"order 17").digest()

# id, title, RSA bits or 0, padding, operations in a slice, bar beside C, bar beside cryptography
SIGNERS = (
    ("p256", "P-256", 0, "", 400, 0.97, 1.0),
    ("rsa2048_pkcs1", "RSA-2048 PKCS#1", 2048, "pkcs1", 20, 0.98, None),
    ("rsa2048_pss", "RSA-2048 PSS", 2048, "pss", 20, 0.98, None),
)


def our_padding(padding: str) -> tuple[Any, ...]:
    """The arguments of key.sign() behind the digest."""
    nc = package()
    return {"": (), "pkcs1": (nc.PKCS1("SHA256"),), "pss": (nc.PSS("SHA256", salt_length=32),)}[
        padding
    ]


def our_key(provider: Any, peer: PeerKey) -> Any:
    """The peer's key as an ephemeral key of ours."""
    return provider.import_key(peer.pkcs8, "PKCS8_PRIVATEKEY")


def signing(session: Session) -> list[Figure]:
    figures = []
    with open_provider(session.home("signing")) as provider:
        for name, title, bits, padding, rounds, bar_c, bar_cryptography in SIGNERS:
            peer = session.key(bits)
            context = peer.context(SIGN, padding)
            with our_key(provider, peer) as key:
                ours = (DIGEST, *our_padding(padding))
                sides: dict[str, Side] = {
                    "ours": partial(time_calls, key.sign, rounds, *ours),
                    "c": partial(session.peers.timed, "sign", rounds, context, DIGEST, len(DIGEST)),
                }
                other = cryptography_signer(peer.pkcs8, padding)
                if other is not None:
                    sides["cryptography"] = partial(
                        time_calls, other[0].sign, rounds, DIGEST, *other[1]
                    )
                samples = interleave(sides, session.pairs)
            figures.append(
                rate_ratio(
                    f"sign_{name}_c",
                    f"{title} sign, rate over a C loop's",
                    samples["ours"],
                    samples["c"],
                    at_least=bar_c,
                )
            )
            if other is not None:
                figures.append(
                    rate_ratio(
                        f"sign_{name}_cryptography",
                        f"{title} sign, rate over cryptography's",
                        samples["ours"],
                        samples["cryptography"],
                        at_least=bar_cryptography,
                    )
                )
    return figures


class Overhead(NamedTuple):
    """What one process has measured: nanoseconds, medians but for the wall times."""

    wall: Spread  # a call through the binding beside the same loop around the engine alone
    cpu: float
    python: float
    loop: float  # that loop beside one in C
    c: float
    rounds: int


def overhead_of(samples: dict[str, list[Sample]]) -> Overhead:
    python, loop, c = samples["python"], samples["loop"], samples["c"]
    return Overhead(
        differences(walls(python), walls(loop)),
        differences(cpus(python), cpus(loop)).median,
        spread(walls(python)).median,
        differences(walls(loop), walls(c)).median,
        spread(walls(c)).median,
        len(c),
    )


def overhead_figure(name: str, title: str, processes: list[Overhead]) -> Figure:
    """The median of the processes, with the quartiles; of one process those of its rounds."""
    walls_of = [process.wall.median for process in processes]
    wall = spread(walls_of) if len(processes) > 1 else processes[0].wall
    sure = median(process.wall.sure_high - process.wall.sure_low for process in processes) / 2
    around = median(process.loop for process in processes)
    return Figure(
        name,
        title,
        wall.median,
        "ns",
        wall.low,
        wall.high,
        median(process.cpu for process in processes),
        at_most=150,
        detail=(
            f"key.sign() {median(process.python for process in processes):,.0f} ns, C loop "
            f"{median(process.c for process in processes):,.0f} ns; Python's loop alone "
            f"{around:,.0f} ns; {sum(process.rounds for process in processes)} rounds in "
            f"{len(processes)} process{'es' * (len(processes) > 1)}, which found "
            f"{min(walls_of):,.0f} to {max(walls_of):,.0f} ns, each sure to {sure:,.0f} ns (95 %)"
        ),
        more={"loop_ns": around, "processes": walls_of},
    )


def overhead_sides(session: Session, key: Any, rounds: int) -> dict[str, Side]:
    """The same signature through the binding, in the iterator of a Python loop, and in a C loop."""
    engine = (key.handle, None, 0, DIGEST, len(DIGEST), 64)
    signatures = extension_module("engine_loop").signatures

    def python(rounds: int) -> Sample:
        return time_calls(key.sign, rounds, DIGEST)

    def loop(rounds: int) -> Sample:
        return time_iterations(signatures(key.handle, DIGEST, 64, rounds), rounds)

    def warm(side: Callable[[int], Sample]) -> Side:
        """Behind two signatures that are not timed: in the first one's time is what another side
        has left in the processor's cache."""
        return lambda: (side(2), side(rounds))[1]

    def c(rounds: int) -> Sample:
        return session.peers.timed("engine_sign", rounds, *engine)

    return {"python": warm(python), "loop": warm(loop), "c": warm(c)}


def many_undisturbed(sides: dict[str, Side], rounds: int) -> dict[str, list[Sample]]:
    """That many rounds, and again as many until a quarter of that was undisturbed, if they come."""
    samples = interleave(sides, rounds)
    for _ in range(11):
        if len(undisturbed(samples, "c")["c"]) >= rounds // 4:
            break
        for side, more in interleave(sides, rounds).items():
            samples[side] += more
    return samples


def overhead(session: Session) -> list[Figure]:
    """Directly, in many short rounds of many processes; and with a stub that does nothing in the
    engine's place.

    The shorter a round is, the less has changed between its sides: with 20 signatures the median
    of thousands is sure to some nanoseconds. But where a process's code, stack and objects happen
    to lie moves it by forty either way: however long one process measures, it tells about itself.
    """

    def measured(*arguments: object, preload: Path | None = None) -> dict[str, list[Sample]]:
        sides = child("overhead", *arguments, home=session.home("overhead"), preload=preload)
        return {side: [Sample(*each) for each in values] for side, values in sides.items()}

    direct = [measured(250, 20, True) for _ in range(session.rounds(40))]
    fast = overhead_figure(
        "binding_direct",
        "binding above the engine called from C in the same Python loop, P-256 sign",
        [overhead_of(undisturbed(samples, "c")) for samples in direct],
    )
    rounds = sum(len(samples["c"]) for samples in direct)
    always = median(overhead_of(samples).wall.median for samples in direct)
    fast.detail += (
        f"; of {rounds} rounds those in which the C loop ran at its full speed, "
        f"{always:,.0f} ns in all"
    )
    stubbed = measured(session.pairs, 20_000, False, preload=shared_library("no_signature"))
    return [
        fast,
        overhead_figure(
            "binding_stubbed",
            "the same with a stub that signs nothing in the engine's place",
            [overhead_of(stubbed)],
        ),
    ]


def run_together(functions: list[Callable[[], object]]) -> tuple[int, int]:
    """Runs each in a thread; wall time from the first's beginning to the last's end, CPU time."""
    barrier = threading.Barrier(len(functions))
    times: list[tuple[int, int]] = []

    def run(function: Callable[[], object]) -> None:
        barrier.wait()
        begin = perf_counter_ns()
        function()
        times.append((begin, perf_counter_ns()))

    threads = [threading.Thread(target=run, args=(function,)) for function in functions]
    cpu = process_time_ns()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cpu = process_time_ns() - cpu
    if len(times) != len(functions):
        raise RuntimeError("a thread failed")
    return max(end for _, end in times) - min(begin for begin, _ in times), cpu


def sign_in_threads(key: Any, rounds: int, threads: int) -> Sample:
    def loop() -> None:
        sign = key.sign
        for _ in repeat(None, rounds):
            sign(DIGEST)

    wall, cpu = run_together([loop] * threads)
    return per_operation(wall, cpu, rounds * threads)


def sign_batch(key: Any, digests: list[bytes], threads: int) -> Sample:
    cpu = process_time_ns()
    wall = perf_counter_ns()
    key.sign_many(digests, threads=threads)
    wall = perf_counter_ns() - wall
    return per_operation(wall, process_time_ns() - cpu, len(digests))


def two_threads(session: Session) -> list[Figure]:
    rounds = 2000 if session.quick else 5000  # so many that starting the threads hardly counts
    peer, peers = session.key(), session.peers
    digests = [DIGEST] * (2 * rounds)
    with (
        open_provider(session.home("threads")) as provider,
        our_key(provider, peer) as key,
    ):
        samples = interleave(
            {
                "c": lambda: peers.sign_threads(peer, "", DIGEST, rounds, 2),
                "python": lambda: sign_in_threads(key, rounds, 2),
                "many": lambda: sign_batch(key, digests, 2),
                "c1": lambda: peers.sign_threads(peer, "", DIGEST, rounds // 2, 1),
            },
            max(21, session.pairs // 3),
        )
    return [
        rate_ratio(
            "threads_python",
            "P-256, two Python threads, rate over two C threads'",
            samples["python"],
            samples["c"],
            at_least=0.97,
        ),
        rate_ratio(
            "threads_sign_many",
            "P-256, sign_many(threads=2), rate over two C threads'",
            samples["many"],
            samples["c"],
            at_least=0.97,
        ),
        rate_ratio(
            "threads_c_scaling",
            "P-256, two C threads, rate over one C thread's",
            samples["c"],
            samples["c1"],
        ),
    ]
