# SPDX-License-Identifier: MIT
"""What became of each test and which functions it called, for tools/windows/summary.py.

One JSON object a line: "test", "outcome" (passed, failed, skipped; difference: failed as expected;
impossible: a capability is missing), "reason", and "calls": [function, what it returned] of each
kind of call. A passed test that is not in the file ended the process.
"""

import json
import os

import pytest

from .api import IMPLEMENTATION

FILE = os.environ.get("NCRYPT_EXT_CONFORMANCE_RESULTS")
MISSING = pytest.StashKey()
OUTCOME = pytest.StashKey()


def outcome(item, report):
    if not hasattr(report, "wasxfail"):
        return report.outcome, report.longreprtext.strip().rpartition("\n")[2]
    if MISSING in item.stash:
        return "impossible", item.stash[MISSING]
    return "difference" if report.skipped else "passed", report.wasxfail.removeprefix("reason: ")


def note(item, report, calls):
    if FILE is None:
        return
    found = outcome(item, report)
    before = item.stash.get(OUTCOME, ("passed", ""))
    if before[0] == "passed" or found[0] == "failed":
        item.stash[OUTCOME] = found
    if report.when != "teardown":
        return
    name, reason = item.stash[OUTCOME]
    line = {
        "test": item.nodeid,
        "on": IMPLEMENTATION,
        "outcome": name,
        "reason": reason,
        "calls": sorted(set(calls), key=repr),
    }
    with open(FILE, "a", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps(line) + "\n")
