# SPDX-License-Identifier: MIT
"""A plugin of pytest for the package's own tests under Wine: what cannot pass there, and why.

Tests fail as expected, strictly, that are in bindings.txt (read like tests/conformance's
differences.txt). A test that ends with Wine's own "not supported" is one that Wine cannot run. What
became of each test goes where NCRYPT_EXT_CONFORMANCE_RESULTS says.
"""

from __future__ import annotations

import ctypes
import importlib.util
import json
import os
import sys
import traceback
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
CONFORMANCE = HERE.parents[1] / "tests" / "conformance"
WINE = sys.platform == "win32" and hasattr(ctypes.WinDLL("ntdll.dll"), "wine_get_version")
OUTCOME: pytest.StashKey[tuple[str, str]] = pytest.StashKey()


def known_differences() -> tuple[list[Any], bool]:
    """The differences, and whether this is the Wine they are known of."""
    spec = importlib.util.spec_from_file_location("reader", CONFORMANCE / "differences.py")
    assert spec is not None
    assert spec.loader is not None
    reader = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(reader)
    differences = list(reader.read((HERE / "bindings.txt").read_text("utf-8")))
    return differences, reader.wine_version() == reader.KNOWN


def ours(item: pytest.Item) -> bool:
    return WINE and CONFORMANCE not in item.path.parents


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    differences, strict = known_differences() if WINE else ([], False)
    for item in items:
        test = item.nodeid.partition("tests/")[2]
        found = next((one for one in differences if one.matches(test)), None)
        if ours(item) and found is not None:
            mark = pytest.mark.xfail(reason=found.reason, strict=strict, run=not found.alone)
            item.add_marker(mark)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if not ours(item):
        return report
    if call.excinfo is not None:
        # What failed would keep its handles alive, and the next test counts them.
        traceback.clear_frames(call.excinfo.tb)
    if report.failed and call.excinfo is not None and report.when != "teardown":
        text = report.longreprtext
        if "NotSupportedError: N" in text and "NTE_NOT_SUPPORTED (0x80090029)" in text:
            report.outcome = "skipped"
            report.wasxfail = "reason: Wine answers NTE_NOT_SUPPORTED"
            item.stash[OUTCOME] = ("impossible", "Wine answers NTE_NOT_SUPPORTED")
    note(item, report)
    return report


def note(item: pytest.Item, report: pytest.TestReport) -> None:
    file = os.environ.get("NCRYPT_EXT_CONFORMANCE_RESULTS")
    reason = getattr(report, "wasxfail", "").removeprefix("reason: ")
    outcome = "difference" if reason and report.skipped else report.outcome
    if item.stash.get(OUTCOME, ("passed", ""))[0] == "passed":
        item.stash[OUTCOME] = (outcome, reason)
    if file is not None and report.when == "teardown":
        name, reason = item.stash[OUTCOME]
        line = {"test": item.nodeid, "on": "wine", "outcome": name, "reason": reason, "calls": []}
        with open(file, "a", encoding="utf-8", newline="\n") as results:
            results.write(json.dumps(line) + "\n")
