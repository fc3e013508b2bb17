# SPDX-License-Identifier: MIT
"""Reads differences.txt: what Wine is known to do otherwise, test by test.

A line that is not indented is a reason; the indented ones below it are the tests that fail for it.
`*` stands for any text without a `-`, which separates parameters, and `**` for any text. `but` and
words: not where the asterisk stands for one of them. For a reason in brackets the tests are run in
processes of their own.
"""

import ctypes
import functools
import re
from pathlib import Path
from typing import NamedTuple

KNOWN = "8.0"  # the Wine they are known of
FILE = Path(__file__).with_name("differences.txt")


def wine_version():
    version = ctypes.WinDLL("ntdll.dll").wine_get_version
    version.restype = ctypes.c_char_p
    return version().decode()


class Difference(NamedTuple):
    reason: str
    pattern: re.Pattern
    but: frozenset

    @property
    def alone(self):
        return self.reason.startswith("[")

    def matches(self, test):
        found = self.pattern.fullmatch(test)
        return found is not None and not self.but.intersection(found.groups())


def read(text):
    reason = None
    for line in text.splitlines():
        if line.startswith("#") or not line.strip():
            continue
        if not line.startswith(" "):
            reason = line
            continue
        test, _, but = line.strip().partition(" but ")
        pattern = re.escape(test).replace(r"\*\*", "(.*)").replace(r"\*", r"([^\]-]*)")
        yield Difference(reason, re.compile(pattern), frozenset(but.split()))


@functools.cache
def known():
    return list(read(FILE.read_text("utf-8")))


def find(nodeid):
    """The difference of that test, None where there is none."""
    test = nodeid.rpartition("/")[2]
    return next((one for one in known() if one.matches(test)), None)
