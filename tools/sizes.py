# SPDX-License-Identifier: MIT
"""Holds files and C functions against the sizes that CONTRIBUTING.md allows."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Of the rows that fit a path the first counts; "*" is any text, slashes too.
LINES = (
    ("include/*", sys.maxsize),  # interfaces are as long as they are
    ("ncrypt_ext/_lease.h", sys.maxsize),  # one header, for those who build on it
    ("ncrypt_ext/*.pyx", 350),
    ("tests/*test_*.py", 400),
    ("tests/*test_*.c", 400),
    ("tests/fuzz/*.c", 400),
    ("*.c", 500),
    ("*.h", 500),
)
FUNCTION = 60


def allowed(path: str) -> int | None:
    return next((lines for pattern, lines in LINES if fnmatch(path, pattern)), None)


def functions(lines: list[str]) -> Iterator[tuple[int, int]]:
    """Where the braces in the first column begin, and how many lines are between them."""
    start = 0
    for number, line in enumerate(lines, 1):
        if line.startswith("{"):
            start = number
        elif line.startswith("}") and start:
            yield start, number - start - 1
            start = 0


def complaints(path: str) -> Iterator[str]:
    most = allowed(path)
    if most is None:
        return
    lines = (ROOT / path).read_text("utf-8").splitlines()
    if len(lines) > most:
        yield f"{path}: {len(lines)} lines, {most} are allowed"
    if path.endswith((".c", ".h")):
        for start, size in functions(lines):
            if size > FUNCTION:
                yield f"{path}:{start}: a function of {size} lines, {FUNCTION} are allowed"


def main() -> int:
    files = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout.splitlines()
    found = [line for path in files if (ROOT / path).is_file() for line in complaints(path)]
    print(*found, sep="\n", end="\n" if found else "", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
