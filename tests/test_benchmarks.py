# SPDX-License-Identifier: MIT
"""What the benchmarks say of numbers: medians, spreads, bars, tables. Nothing is timed here."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

pytest.importorskip("benchmarks", reason="the benchmarks are not beside these tests")

from benchmarks import report, store
from benchmarks.__main__ import missed_bars
from benchmarks.measure import (
    Figure,
    Sample,
    cost_ratio,
    interleave,
    number,
    rate_ratio,
    ratios,
    spread,
    undisturbed,
)


def test_spread_of_a_known_sequence() -> None:
    result = spread([float(value) for value in range(101)])
    assert (result.median, result.low, result.high) == (50, 25, 75)
    # Ranks 41 to 60 of 101 hold the median with 95 %, give or take the rounding.
    assert 39 <= result.sure_low <= 42
    assert 58 <= result.sure_high <= 61


def test_ratios_are_made_pair_by_pair() -> None:
    # Both sides become ten times slower half-way: the ratio does not notice.
    ours, peer = [1.0, 1.0, 10.0, 10.0, 10.0], [2.0, 2.0, 20.0, 20.0, 20.0]
    assert ratios(peer, ours).median == 2
    with pytest.raises(ValueError, match="zip"):
        ratios(peer, ours[:-1])


def test_rounds_count_in_which_the_peer_was_fast() -> None:
    samples = {
        "ours": [Sample(float(number), 0.0) for number in range(100)],
        "peer": [Sample(100.0 + number % 10, 0.0) for number in range(100)],
    }
    chosen = undisturbed(samples, "peer")
    assert {sample.wall for sample in chosen["peer"]} == {100.0, 101.0, 102.0, 103.0}
    assert [sample.wall % 10 for sample in chosen["ours"]] == [0.0, 1.0, 2.0, 3.0] * 10


def test_rate_ratio_is_above_one_when_ours_is_faster() -> None:
    ours, peer = [Sample(100, 50)] * 21, [Sample(150, 100)] * 21
    figure = rate_ratio("x", "x", ours, peer, at_least=1.4)
    assert (figure.measured, figure.cpu, figure.passed) == (1.5, 2, True)
    assert rate_ratio("x", "x", peer, ours, at_least=1.0).passed is False


def test_cost_ratio_is_above_one_when_ours_is_slower() -> None:
    ours, peer = [Sample(120, 110)] * 21, [Sample(100, 100)] * 21
    figure = cost_ratio("x", "x", ours, peer, at_most=1.1)
    assert (figure.measured, figure.cpu, figure.passed) == (1.2, 1.1, False)
    assert cost_ratio("x", "x", peer, ours, at_most=1.1).passed is True
    assert report.charted([figure]) == []  # the chart is of rates, where more is better


@pytest.mark.parametrize(
    ("bar", "measured", "passed", "text"),
    [
        ({}, 1.0, None, ""),
        ({"at_least": 0.97}, 0.97, True, ">= 0.970"),
        ({"at_least": 0.97}, 0.9699, False, ">= 0.970"),
        ({"at_most": 1.3}, 1.3, True, "<= 1.300"),
        ({"at_most": 1.3}, 1.31, False, "<= 1.300"),
        ({"at_least": 1, "at_most": 1}, 1, True, "= 1"),
        ({"at_least": 1, "at_most": 1}, 2, False, "= 1"),
        ({"at_least": 1, "at_most": 1}, 0, False, "= 1"),
    ],
)
def test_bars(bar: dict[str, float], measured: float, passed: bool | None, text: str) -> None:
    figure = Figure("x", "x", measured, **bar)
    assert figure.passed is passed
    assert figure.bar == text


def test_every_side_runs_in_every_round_and_the_first_round_does_not_count() -> None:
    order: list[str] = []

    def side(name: str) -> Sample:
        order.append(name)
        return Sample(len(order), 0)

    samples = interleave({"a": lambda: side("a"), "b": lambda: side("b")}, 3)
    assert {name: len(values) for name, values in samples.items()} == {"a": 3, "b": 3}
    rounds = [order[index : index + 2] for index in range(0, len(order), 2)]
    assert len(rounds) == 4
    assert all(sorted(each) == ["a", "b"] for each in rounds)
    assert {each[0] for each in rounds} == {"a", "b"}
    assert min(value.wall for values in samples.values() for value in values) == 3


def test_reports_say_which_bar_was_missed() -> None:
    pairs = [Sample(100, 100)] * 21, [Sample(50, 50)] * 21
    good = rate_ratio("a", "first", pairs[1], pairs[0], at_least=0.97)
    bad = rate_ratio("b", "second <&>", pairs[0], pairs[1], at_least=0.97)
    table = report.table([good, bad]).splitlines()
    assert len(table) == 4
    assert "pass" in table[2]
    assert "**FAIL**" in table[3]
    drawing = report.chart([good, bad])
    assert ElementTree.fromstring(drawing).tag.endswith("svg")
    assert drawing.count(report.COLOURS["missed"]) == 1


def test_a_group_that_measured_nothing_has_met_no_bar() -> None:
    good, bad = (Figure("x", title, 1.2, at_most=bar) for title, bar in (("a", 1.3), ("b", 1.1)))
    assert missed_bars({"jwt": [good]}) == []
    assert missed_bars({"jwt": [good, bad]}) == ["b"]
    assert missed_bars({"jwt": [], "sign": [good]}) == ["JSON Web Tokens: not measured"]


def test_numbers_keep_the_digits_that_matter() -> None:
    shown = [number(value) for value in (0.9731, 12.345, 174.23, 20711.4, 3, None)]
    assert shown == ["0.973", "12.35", "174.2", "20,711", "3", ""]


def test_the_program_that_fills_stores_needs_no_more_libraries_than_it_is_linked_with() -> None:
    sources = store.store_sources("*.[ch]")
    assert any(file.name == "records.c" for file in sources)
    assert [file for file in sources if "libxml" in file.read_text()] == []
