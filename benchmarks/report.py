# SPDX-License-Identifier: MIT
"""The result as text for people, JSON for programs, and a chart."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from benchmarks.measure import Figure, number

ROW = 26
LEFT = 380
WIDTH = 900
COLOURS = {"ours": "#2a6fb0", "missed": "#c0392b", "bar": "#222222", "grid": "#d8d8d8"}


def verdict(figure: Figure) -> str:
    return {True: "pass", False: "**FAIL**", None: ""}[figure.passed]


def cell(figure: Figure) -> list[str]:
    between = "" if figure.low is None else f"{number(figure.low)} to {number(figure.high)}"
    return [
        figure.title,
        f"{number(figure.measured)}{figure.suffix}",
        between,
        number(figure.cpu),
        figure.bar,
        verdict(figure),
        figure.detail,
    ]


def table(figures: Sequence[Figure]) -> str:
    head = ["figure", "measured", "quartiles", "by CPU time", "bar", "", "detail"]
    lines = [head, ["---"] * len(head), *(cell(figure) for figure in figures)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def machine_list(machine: dict[str, str]) -> str:
    return "".join(f"- {key}: {value}\n" for key, value in machine.items())


def markdown(machine: dict[str, str], figures: Sequence[Figure]) -> str:
    return f"{machine_list(machine)}\n{table(figures)}"


def plain_line(figure: Figure) -> str:
    """For the terminal, as soon as the figure is there."""
    measured = f"{number(figure.measured)}{figure.suffix}"
    result = {True: "pass", False: "FAIL", None: ""}[figure.passed]
    line = f"  {figure.title:<68} {measured:>14}  {figure.bar:<11} {result:<4}"
    return f"{line}  {figure.detail}".rstrip()


def charted(figures: Sequence[Figure]) -> list[Figure]:
    """Those that say how our rate compares with a peer's."""
    return [figure for figure in figures if "peer_ns" in figure.more]


def chart(figures: Sequence[Figure]) -> str:
    """Horizontal bars with the quartiles as a line, and the bar to reach as a tick. SVG."""
    rows = charted(figures)
    most = max([1.2, *(figure.high or 0 for figure in rows)]) * 1.05
    scale = (WIDTH - LEFT - 70) / most
    height = ROW * len(rows) + 60
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'font-family="sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
    ]
    step = 0.25 if most < 2.5 else 0.5 if most < 5 else 1.0
    for index in range(int(most / step) + 1):
        x = LEFT + index * step * scale
        parts.append(
            f'<line x1="{x:.1f}" y1="10" x2="{x:.1f}" y2="{height - 40}" '
            f'stroke="{COLOURS["grid"]}"/>'
            f'<text x="{x:.1f}" y="{height - 24}" text-anchor="middle">{index * step:g}</text>'
        )
    for index, figure in enumerate(rows):
        parts.append(chart_row(figure, 14 + index * ROW, scale))
    parts.append(
        f'<text x="{LEFT}" y="{height - 6}">1 = as fast as the peer; the thin line spans the '
        "quartiles, the black tick is the bar</text></svg>"
    )
    return "\n".join(parts) + "\n"


def chart_row(figure: Figure, y: float, scale: float) -> str:
    colour = COLOURS["missed" if figure.passed is False else "ours"]
    end = LEFT + figure.measured * scale
    low, high = LEFT + (figure.low or 0) * scale, LEFT + (figure.high or 0) * scale
    limit = figure.at_least if figure.at_least is not None else figure.at_most
    tick = ""
    if limit is not None:
        x = LEFT + limit * scale
        tick = (
            f'<line x1="{x:.1f}" y1="{y - 1}" x2="{x:.1f}" y2="{y + ROW - 7}" '
            f'stroke="{COLOURS["bar"]}" stroke-width="2"/>'
        )
    return (
        f'<text x="{LEFT - 8}" y="{y + 13}" text-anchor="end">{escape(figure.title)}</text>'
        f'<rect x="{LEFT}" y="{y}" width="{end - LEFT:.1f}" height="{ROW - 8}" fill="{colour}" '
        f'fill-opacity="0.75"/>'
        f'<line x1="{low:.1f}" y1="{y + 9}" x2="{high:.1f}" y2="{y + 9}" stroke="black"/>'
        f'{tick}<text x="{max(end, high) + 6:.1f}" y="{y + 13}">{number(figure.measured)}</text>'
    )
