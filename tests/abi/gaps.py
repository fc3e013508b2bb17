# SPDX-License-Identifier: MIT
"""Reads not_in_metadata.txt: what include/ declares and Microsoft's metadata does not have."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).with_name("not_in_metadata.txt")


class Gap(NamedTuple):
    kind: str
    name: str  # a pattern where it has a *
    reason: str

    def covers(self, kind: str, name: str) -> bool:
        return self.kind == kind and fnmatchcase(name, self.name)


def read() -> list[Gap]:
    gaps = []
    reason = ""
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if line.startswith("== "):
            reason = line[3:].strip()
        elif line.strip() and not line.startswith("#"):
            kind, *names = line.split()
            gaps += [Gap(kind, name, reason) for name in names]
    return gaps
