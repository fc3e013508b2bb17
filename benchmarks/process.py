# SPDX-License-Identifier: MIT
"""What stays behind in a process that runs long, and how long one takes to start."""

from __future__ import annotations

import compileall
import os
import re
import subprocess
import sys
from pathlib import Path
from time import perf_counter_ns

from benchmarks.measure import Figure, Sample, cpus, differences, interleave, spread, walls
from benchmarks.peers import ROOT
from benchmarks.session import Session, child

LEAKS = (
    ("leak_create", "create, finalize, release of an ephemeral P-256 key", 100_000),
    ("leak_provider", "open and close of a provider", 1_000_000),
    ("leak_open", "open and close of a persisted key", 100_000),
)


def leaks(session: Session) -> list[Figure]:
    figures = []
    for name, title, rounds in LEAKS:
        answer = child(name, session.rounds(rounds), home=session.home(name))
        each = answer["seconds"] / answer["rounds"] * 1e6
        figures += [
            Figure(
                f"{name}_memory",
                f"{answer['rounds']:,} x {title}: memory added after warm-up",
                answer["growth"] / 1024,
                "KiB",
                at_most=1024,
                detail=f"{answer['seconds']:.1f} s, {each:.2f} µs each",
            ),
            Figure(
                f"{name}_live",
                "the same: handles left, binding and engine",
                answer["live"],
                at_least=0,
                at_most=0,
            ),
        ]
    return figures


def start(code: str) -> Sample:
    """An interpreter from start to end."""
    before = os.times()
    wall = perf_counter_ns()
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
    wall = perf_counter_ns() - wall
    after = os.times()
    used = after.children_user + after.children_system
    used -= before.children_user + before.children_system
    return Sample(wall, used * 1e9)


def reported_import_time(home: Path) -> int:
    """What -X importtime says of the package with everything that it imports, in microseconds."""
    command = [sys.executable, "-X", "importtime", "-c", "import ncrypt_ext"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    match = re.search(r"\|\s+(\d+) \| ncrypt_ext$", answer.stderr, re.MULTILINE)
    if match is None:
        raise RuntimeError("-X importtime does not mention ncrypt_ext")
    return int(match[1])


def importing(session: Session) -> list[Figure]:
    # As pip does when it installs a wheel. An environment may forbid interpreters to do it.
    compileall.compile_dir(ROOT / "ncrypt_ext", maxlevels=0, quiet=1)
    samples = interleave(
        {"bare": lambda: start("pass"), "import": lambda: start("import ncrypt_ext")},
        session.pairs,
    )
    above = differences(walls(samples["import"]), walls(samples["bare"]))
    cpu = differences(cpus(samples["import"]), cpus(samples["bare"]))
    bare = spread(walls(samples["bare"])).median
    reported = spread([reported_import_time(session.folder) / 1000 for _ in range(21)])
    return [
        Figure(
            "import",
            "import ncrypt_ext, above an interpreter that does nothing",
            above.median / 1e6,
            "ms",
            above.low / 1e6,
            above.high / 1e6,
            cpu.median / 1e6,
            at_most=30,
            detail=f"the interpreter alone {bare / 1e6:.1f} ms, {len(samples['bare'])} pairs",
        ),
        Figure(
            "import_reported",
            "the same as -X importtime reports it",
            reported.median,
            "ms",
            reported.low,
            reported.high,
            at_most=30,
            detail="tracing makes it longer; 21 runs",
        ),
    ]
