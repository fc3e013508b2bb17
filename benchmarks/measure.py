# SPDX-License-Identifier: MIT
"""How things are timed: in slices that alternate between the sides; and what is said of them."""

from __future__ import annotations

import gc
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from itertools import repeat
from time import perf_counter_ns, process_time_ns
from typing import Any, NamedTuple


class Sample(NamedTuple):
    """One slice of one side: nanoseconds for each operation."""

    wall: float
    cpu: float


Side = Callable[[], Sample]


def per_operation(wall: int, cpu: int, rounds: int) -> Sample:
    """A slice of that many operations."""
    return Sample(wall / rounds, cpu / rounds)


def time_calls(call: Callable[..., object], rounds: int, *arguments: object) -> Sample:
    """A plain loop of calls. What the loop itself costs is in it; see empty_loop()."""
    times = repeat(None, rounds)
    cpu = process_time_ns()
    wall = perf_counter_ns()
    if len(arguments) == 0:
        for _ in times:
            call()
    elif len(arguments) == 1:
        (first,) = arguments
        for _ in times:
            call(first)
    elif len(arguments) == 2:
        first, second = arguments
        for _ in times:
            call(first, second)
    else:
        first, second, third = arguments
        for _ in times:
            call(first, second, third)
    wall = perf_counter_ns() - wall
    return per_operation(wall, process_time_ns() - cpu, rounds)


def time_iterations(times: Iterable[object], rounds: int) -> Sample:
    """The loop of time_calls() around nothing but what the iterator does."""
    cpu = process_time_ns()
    wall = perf_counter_ns()
    for _ in times:
        pass
    wall = perf_counter_ns() - wall
    return per_operation(wall, process_time_ns() - cpu, rounds)


def interleave(sides: dict[str, Side], rounds: int) -> dict[str, list[Sample]]:
    """Runs the sides one after the other, `rounds` times, after one round that does not count.

    Who begins changes from round to round, so that nobody always follows the same neighbour.
    """
    names = list(sides)
    samples: dict[str, list[Sample]] = {name: [] for name in names}
    collecting = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        for number in range(-1, rounds):
            first = number % len(names)
            for name in names[first:] + names[:first]:
                sample = sides[name]()
                if number >= 0:
                    samples[name].append(sample)
    finally:
        if collecting:
            gc.enable()
    return samples


class Spread(NamedTuple):
    """Median and quartiles, and how sure the median is (95 %, by order statistics)."""

    median: float
    low: float
    high: float
    sure_low: float
    sure_high: float


def spread(values: Sequence[float]) -> Spread:
    """Of at least four values."""
    ordered = sorted(values)
    count = len(ordered)
    low, middle, high = statistics.quantiles(ordered, n=4, method="inclusive")
    reach = 0.98 * count**0.5
    first = max(0, round(count / 2 - reach))
    last = min(count - 1, round(count / 2 + reach))
    return Spread(middle, low, high, ordered[first], ordered[last])


def walls(samples: Sequence[Sample]) -> list[float]:
    return [sample.wall for sample in samples]


def cpus(samples: Sequence[Sample]) -> list[float]:
    return [sample.cpu for sample in samples]


def ratios(over: Sequence[float], under: Sequence[float]) -> Spread:
    """Pair by pair, so that what slows both down at the same time does not show."""
    return spread([a / b for a, b in zip(over, under, strict=True)])


def differences(of: Sequence[float], without: Sequence[float]) -> Spread:
    return spread([a - b for a, b in zip(of, without, strict=True)])


def undisturbed(samples: dict[str, list[Sample]], peer: str) -> dict[str, list[Sample]]:
    """The rounds in which the processor ran at its full speed, as the peer's side of them tells:
    it took 3 % more than in its fastest fiftieth at most. What is measured has no part in it."""
    times = walls(samples[peer])
    most = 1.03 * sorted(times)[len(times) // 50]
    chosen = [index for index, time in enumerate(times) if time <= most]
    return {side: [values[index] for index in chosen] for side, values in samples.items()}


@dataclass
class Figure:
    """One line of the result."""

    name: str
    title: str
    measured: float
    unit: str = ""
    low: float | None = None
    high: float | None = None
    cpu: float | None = None  # the same by the processor time of the process
    at_least: float | None = None
    at_most: float | None = None
    detail: str = ""
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def bar(self) -> str:
        if self.at_least is not None and self.at_least == self.at_most:
            return f"= {number(self.at_least)}{self.suffix}"
        if self.at_least is not None:
            return f">= {number(self.at_least)}{self.suffix}"
        if self.at_most is not None:
            return f"<= {number(self.at_most)}{self.suffix}"
        return ""

    @property
    def suffix(self) -> str:
        return f" {self.unit}" if self.unit else ""

    @property
    def passed(self) -> bool | None:
        """None when there is no bar."""
        if self.at_least is None and self.at_most is None:
            return None
        enough = self.at_least is None or self.measured >= self.at_least
        return enough and (self.at_most is None or self.measured <= self.at_most)

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "bar": self.bar, "passed": self.passed}


def number(value: float | None) -> str:
    """Three or four digits that matter."""
    if value is None:
        return ""
    if value == int(value) and abs(value) < 1e6:
        return f"{int(value)}"
    size = abs(value)
    return f"{value:,.{0 if size >= 1000 else 1 if size >= 100 else 2 if size >= 10 else 3}f}"


def _ratio(
    name: str,
    title: str,
    ours: Sequence[Sample],
    peer: Sequence[Sample],
    wall: Spread,
    cpu: Spread,
    keys: tuple[str, str],
    **bar: Any,
) -> Figure:
    mine, other = spread(walls(ours)).median, spread(walls(peer)).median
    return Figure(
        name,
        title,
        wall.median,
        low=wall.low,
        high=wall.high,
        cpu=cpu.median,
        detail=f"{number(mine / 1000)} µs, peer {number(other / 1000)} µs, {len(ours)} pairs",
        more={keys[0]: mine, keys[1]: other, "pairs": len(ours)},
        **bar,
    )


def rate_ratio(
    name: str, title: str, ours: Sequence[Sample], peer: Sequence[Sample], **bar: Any
) -> Figure:
    """Our rate as a share of the peer's."""
    wall = ratios(walls(peer), walls(ours))
    cpu = ratios(cpus(peer), cpus(ours))
    return _ratio(name, title, ours, peer, wall, cpu, ("ours_ns", "peer_ns"), **bar)


def cost_ratio(
    name: str, title: str, ours: Sequence[Sample], peer: Sequence[Sample], **bar: Any
) -> Figure:
    """Our time as a multiple of the peer's."""
    wall = ratios(walls(ours), walls(peer))
    cpu = ratios(cpus(ours), cpus(peer))
    return _ratio(name, title, ours, peer, wall, cpu, ("our_time_ns", "peer_time_ns"), **bar)


def time_figure(name: str, title: str, samples: Sequence[Sample], **bar: Any) -> Figure:
    """A time in microseconds."""
    wall = spread([value / 1000 for value in walls(samples)])
    return Figure(
        name,
        title,
        wall.median,
        "µs",
        wall.low,
        wall.high,
        spread(cpus(samples)).median / 1000,
        detail=f"{len(samples)} slices",
        **bar,
    )
