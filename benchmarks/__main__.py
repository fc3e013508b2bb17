# SPDX-License-Identifier: MIT
"""Runs the measurements and writes what came out."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import machine, report
from benchmarks.channel import channel
from benchmarks.measure import Figure
from benchmarks.others import other_calls
from benchmarks.peers import ROOT
from benchmarks.process import importing, leaks
from benchmarks.session import Session
from benchmarks.signing import overhead, signing, two_threads
from benchmarks.store import durable_create, enumeration, opening
from benchmarks.tokens import tokens
from benchmarks.web_tokens import web_tokens

GROUPS: dict[str, tuple[str, Callable[[Session], list[Figure]]]] = {
    "sign": ("Signing beside its peers", signing),
    "overhead": ("What the binding adds", overhead),
    "threads": ("Two threads", two_threads),
    "open": ("Opening by name", opening),
    "enumerate": ("Enumerating", enumeration),
    "create": ("Creating durably", durable_create),
    "leaks": ("What stays behind", leaks),
    "import": ("Starting", importing),
    "tokens": ("Key handles and tokens", tokens),
    "channel": ("Signed requests", channel),
    "jwt": ("JSON Web Tokens", web_tokens),
    "other": ("For information", other_calls),
}
ATTEMPTS = 4
BEGIN, END = "<!-- results: begin -->\n", "<!-- results: end -->\n"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="fewer repetitions, 100,000 keys instead of 1,000,000"
    )
    parser.add_argument(
        "--only",
        action="append",
        metavar="NAME",
        choices=GROUPS,
        help=f"one group, may be repeated: {', '.join(GROUPS)}",
    )
    parser.add_argument("--pairs", type=int, default=0, help="interleaved pairs (least: 21)")
    parser.add_argument(
        "--output", type=Path, default=ROOT / "build" / "bench", help="folder for the results"
    )
    parser.add_argument("--folder", help="where the key stores are made (default: build/bench)")
    parser.add_argument(
        "--wait",
        type=float,
        default=0,
        help="seconds to wait for quiet before each group; disturbed ones are repeated",
    )
    parser.add_argument("--check", action="store_true", help="fail when a bar is missed")
    parser.add_argument(
        "--publish", action="store_true", help="also put a whole run's result into docs/"
    )
    options = parser.parse_args()
    if options.publish and options.only:
        parser.error("--publish is for a whole run")
    return options


def least_disturbed(
    session: Session, function: Callable[[Session], list[Figure]], wait: float
) -> tuple[float | None, list[Figure]]:
    """A group's figures; measured again, if there is time to wait, when others took much.

    What others took decides which attempt counts, never what was measured.
    """
    best: tuple[float | None, list[Figure]] | None = None
    for _ in range(ATTEMPTS if wait else 1):
        machine.wait_until_quiet(wait)
        neighbours, begin = machine.Neighbours(), time.monotonic()
        figures = function(session)
        share = neighbours.share(time.monotonic() - begin)
        if best is None or (share is not None and best[0] is not None and share < best[0]):
            best = share, figures
        if best[0] is None or best[0] < 0.03:
            break
    assert best is not None
    return best


def measure(
    session: Session, names: list[str], wait: float, others: dict[str, str]
) -> dict[str, list[Figure]]:
    """Runs the groups; `others` gets what other processes took meanwhile."""
    results = {}
    for name in names:
        title, function = GROUPS[name]
        print(f"\n{title}", flush=True)
        share, results[name] = least_disturbed(session, function, wait)
        if share is not None:
            others[name] = f"{share:.0%}"
            print(f"  other processes took {share:.0%} of the machine meanwhile")
        for figure in results[name]:
            print(report.plain_line(figure), flush=True)
    return results


def write(folder: Path, about: dict[str, str], results: dict[str, list[Figure]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    figures = [figure for group in results.values() for figure in group]
    data: dict[str, Any] = {
        "machine": about,
        "figures": {
            name: [figure.as_json() for figure in group] for name, group in results.items()
        },
    }
    (folder / "results.json").write_text(json.dumps(data, indent=1) + "\n")
    (folder / "results.md").write_text(report.markdown(about, figures))
    if report.charted(figures):
        (folder / "results.svg").write_text(report.chart(figures))


def publish(about: dict[str, str], results: dict[str, list[Figure]]) -> None:
    """Replaces what stands between the marks in docs/performance.md, and the files beside it."""
    figures = [figure for group in results.values() for figure in group]
    page = ROOT / "docs" / "performance.md"
    before, rest = page.read_text().split(BEGIN)
    after = rest.split(END)[1]
    tables = "\n".join(
        f"### {GROUPS[name][0]}\n\n{report.table(group)}" for name, group in results.items()
    )
    middle = f"{report.machine_list(about)}\n{tables}"
    page.write_text(f"{before}{BEGIN}\n{middle}\n{END}{after}")
    (ROOT / "docs" / "performance.svg").write_text(report.chart(figures))
    data = (ROOT / "build" / "bench" / "results.json").read_text()
    (ROOT / "benchmarks" / "last.json").write_text(data)


def missed_bars(results: dict[str, list[Figure]]) -> list[str]:
    """A group that measured nothing, for want of its peer, has shown nothing either."""
    missed = [f"{GROUPS[name][0]}: not measured" for name, group in results.items() if not group]
    return missed + [
        figure.title for group in results.values() for figure in group if figure.passed is False
    ]


def main() -> int:
    options = arguments()
    # Fewer pairs are enough for a first look; more make the median steadier.
    session = Session(
        options.quick, options.pairs or (21 if options.quick else 101), options.folder
    )
    try:
        about = machine.describe(session)
        print(report.machine_list(about), end="")
        others: dict[str, str] = {}
        results = measure(session, options.only or list(GROUPS), options.wait, others)
    finally:
        session.close()
    shares = ", ".join(f"{name} {share}" for name, share in others.items())
    about["taken by other processes"] = shares or "not known here"
    write(options.output, about, results)
    if options.publish:
        write(ROOT / "build" / "bench", about, results)
        publish(about, results)
    missed = missed_bars(results)
    print(f"\nWritten to {options.output}.", f"Bars missed: {'; '.join(missed) or 'none'}.")
    return 1 if missed and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
