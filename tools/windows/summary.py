# SPDX-License-Identifier: MIT
"""By function: what the suite has shown, here and on Windows. Prints it, and holds it against bars.

python tools/windows/summary.py            after suite.py ran on the engine and under Wine
python tools/windows/summary.py --write    also writes docs/windows.json and the table of it

It fails when a function that Wine has was not executed there with success; when Wine gave an error
that is documented for it (the engine gives it, too) in no test that passed; when a test failed; and
when docs/windows.json is not what the suite shows. Results of a real Windows
(build/conformance/windows.jsonl, see suite.py) are taken in when they are there.
"""

from __future__ import annotations

import functools
import json
import re
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "build" / "conformance"
DATA = ROOT / "docs" / "windows.json"
PAGE = ROOT / "docs" / "windows.md"
BEGIN, END = "<!-- functions: begin -->\n", "<!-- functions: end -->\n"

STUB = "a stub that answers NTE_NOT_SUPPORTED"
ENDS = "a stub: calling it ends the process"
NEWER = "not there: the stand-in answers NTE_NOT_SUPPORTED"
NOT_ON_WINE = {
    "NCryptEnumStorageProviders": "not there: calling it ends the process",
    "NCryptEnumAlgorithms": STUB,
    "NCryptOpenKey": STUB,
    "NCryptEnumKeys": STUB,
    "NCryptNotifyChangeKey": ENDS,
    "NCryptDeleteKey": STUB,
    "NCryptDecrypt": STUB,
    "NCryptSecretAgreement": ENDS,
    "NCryptDeriveKey": ENDS,
    "NCryptKeyDerivation": ENDS,
    "NCryptCreateClaim": ENDS,
    "NCryptVerifyClaim": ENDS,
    "NCryptEncapsulate": NEWER,
    "NCryptDecapsulate": NEWER,
    "NCryptIsKeyHandle": "a stub that says no",
    "NCryptFreeBuffer": STUB,
    "NCryptTranslateHandle": "not there: calling it ends the process",
    "WsReadXmlBufferFromBytes": ENDS,
    "WsCreateXmlSecurityToken": ENDS,
    "WsFreeSecurityToken": ENDS,
    "WsGetSecurityTokenProperty": ENDS,
    "WsAddCustomHeader": "no XML buffers: answers E_NOTIMPL",
}
KNOWN = "8.0"
# What an engine on an older one refuses: what is known from tools/openssl35 stays.
NEEDS_OPENSSL_35 = {"NCryptEncapsulate", "NCryptDecapsulate"}
# What Wine answers, but not in the case that is documented.
NOT_THE_SAME = {
    ("NCryptExportKey", "NTE_BUFFER_TOO_SMALL"): "only for an empty name of a blob type",
}
# Those of ncrypt.dll and bcrypt.dll came with the first Windows that has them; CryptoAPI is older.
SINCE = "Vista, Server 2008"
SINCE_LATER = {
    "NCryptKeyDerivation": "8, Server 2012",
    "NCryptCreateClaim": "8.1, Server 2012 R2",
    "NCryptVerifyClaim": "8.1, Server 2012 R2",
    "NCryptEncapsulate": "11 of 2025",
    "NCryptDecapsulate": "11 of 2025",
}
CAPI_SINCE = "XP, Server 2003"
WS_SINCE = "7, Server 2008 R2"

Test = dict[str, Any]
Tests = dict[str, Test]


def declared_functions() -> list[str]:
    return [
        name
        for header in ("ncrypt.h", "bcrypt.h", "wincrypt.h", "webservices.h")
        for name in re.findall(
            r"WINAPI ((?:[NB]?Crypt|Cert|PFX|Ws)\w+)\(",
            (ROOT / "include" / header).read_text("utf-8"),
        )
    ]


def since(function: str) -> str:
    if function.startswith("Ws"):
        return WS_SINCE
    if function.startswith(("Crypt", "Cert", "PFX")):
        return CAPI_SINCE
    return SINCE_LATER.get(function, SINCE)


@functools.cache
def status_names() -> dict[int, str]:
    constants = runpy.run_path(str(ROOT / "tests" / "conformance" / "constants.py"))
    names: dict[int, str] = constants["STATUS_NAMES"]
    return names


def status_name(status: int) -> str:
    return status_names().get(status, f"0x{status:08X}")


def load(name: str) -> Tests:
    """By test; a test that ran twice counts as the last time."""
    file = RESULTS / f"{name}.jsonl"
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    return {line["test"]: line for line in map(json.loads, lines)}


def wine_version() -> str:
    return str(json.loads((RESULTS / "wine-system.json").read_text("utf-8"))["wine"])


def called(test: Test | None) -> set[str]:
    return set() if test is None else {function for function, _ in test["calls"]}


def is_success(function: str, status: int | None) -> bool:
    return status == (1 if function == "NCryptIsKeyHandle" else 0)


def statuses(function: str, tests: Tests, outcome: str | None = None) -> set[int]:
    return {
        status
        for test in tests.values()
        if outcome in (None, test["outcome"])
        for name, status in test["calls"]
        if name == function and status is not None
    }


def absent(test: str) -> str:
    """Why a test of the engine's is not among Wine's."""
    return "cryptography" if "/test_cross_" in test else "unknown"


def of_function(function: str, engine: Tests, wine: Tests) -> dict[str, Any]:
    """The tests that call it there or, where they could not run, on the engine."""
    found: dict[str, Any] = {"passed": 0, "differs": {}, "impossible": {}}
    for name in {**engine, **wine}:
        test = wine.get(name)
        if function not in called(engine.get(name)) | called(test):
            continue
        outcome = test["outcome"] if test else "impossible"
        reason = test["reason"] if test else absent(name)
        if outcome == "passed":
            found["passed"] += 1
        elif outcome in ("difference", "impossible"):
            counts = found["differs" if outcome == "difference" else "impossible"]
            counts[reason] = counts.get(reason, 0) + 1
    return found


def on_wine(function: str, wine: Tests) -> dict[str, Any]:
    """What docs/windows.json keeps: no counts, so that another test does not change it."""
    seen = sorted(statuses(function, wine, "passed"))
    errors = sorted(status_name(one) for one in seen if not is_success(function, one))
    if function in NOT_ON_WINE:
        return {"missing": NOT_ON_WINE[function]}
    return {"success": any(is_success(function, one) for one in seen), "errors": errors}


def gather(engine: Tests, wine: Tests, before: dict[str, Any]) -> dict[str, Any]:
    windows, system = load("windows"), before.get("windows")
    if windows:
        about = json.loads((RESULTS / "windows-system.json").read_text("utf-8"))
        system = {"build": about["build"], "date": about["date"]}
    functions = {}
    for function in declared_functions():
        known = before.get("functions", {}).get(function, {})
        real = known.get("windows", False)
        if windows:
            real = 0 in statuses(function, windows, "passed")
        seen = statuses(function, engine, "passed")
        functions[function] = {
            "since": since(function),
            "engine": any(is_success(function, status) for status in seen)
            or (function in NEEDS_OPENSSL_35 and known.get("engine", False)),
            "wine": on_wine(function, wine),
            "windows": real,
        }
    return {"windows": system, "functions": functions}


# ---- the bars -----------------------------------------------------------------------------------


def faults(engine: Tests, wine: Tests) -> Iterator[str]:
    for name, test in wine.items():
        if test["outcome"] in ("failed", "skipped"):
            yield f"{name}: {test['outcome']} under Wine: {test['reason']}"
    for name in engine.keys() - wine.keys():
        if absent(name) == "unknown":
            yield f"{name} ran on the engine, not under Wine"
    for function in declared_functions():
        everywhere = statuses(function, wine)
        passed = statuses(function, wine, "passed")
        documented = statuses(function, engine, "passed")
        for status in passed:
            if (function, status_name(status)) in NOT_THE_SAME:
                yield f"{function}: {status_name(status)} is in a test that passes"
        if not documented:
            yield f"{function}: no test calls it on the engine"
        if function in NOT_ON_WINE:
            if any(is_success(function, status) for status in everywhere):
                yield f"{function}: Wine has it after all: {NOT_ON_WINE[function]}"
            continue
        if not any(is_success(function, status) for status in passed):
            yield f"{function}: not executed with success under Wine"
        for status in sorted(everywhere & documented - passed):
            name = status_name(status)
            if (function, name) in NOT_THE_SAME:
                continue
            yield f"{function}: Wine can answer {name}, and no test that passes has it"


# ---- what it looks like -------------------------------------------------------------------------


def cell(function: str, one: dict[str, Any]) -> str:
    if "missing" in one:
        return f"no: {one['missing']}"
    return ", ".join(["success", *one["errors"]])


def render(data: dict[str, Any]) -> str:
    """The table of docs/windows.md."""
    system = data["windows"]
    when = f"build {system['build']}, {system['date']}" if system else "never"
    lines = [
        "| Function | Since Windows | Engine | Wine | Real Windows |",
        "|---|---|---|---|---|",
    ]
    for function, one in data["functions"].items():
        cells = [
            f"`{function}`",
            one["since"],
            "yes" if one["engine"] else "no",
            cell(function, one["wine"]),
            when if one["windows"] else "never",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def executed(function: str, data: dict[str, Any]) -> str:
    """The cell of docs/functions.md."""
    one = data["functions"][function]
    here = "engine, Wine" if one["wine"].get("success") else "engine"
    when = f"build {data['windows']['build']}" if one["windows"] else "never"
    return f"{here}; real Windows: {when}"


def page_with(table: str) -> str:
    page = PAGE.read_text("utf-8")
    start, end = page.index(BEGIN) + len(BEGIN), page.index(END)
    return page[:start] + table + page[end:]


def stale() -> Iterator[str]:
    """For tools/check_docs.py: the page is made of the data, the data is of these functions."""
    data = json.loads(DATA.read_text("utf-8"))
    if page_with(render(data)) != PAGE.read_text("utf-8"):
        yield "windows.md: the table is not that of windows.json: tools/windows/summary.py --write"
    if list(data["functions"]) != declared_functions():
        yield "windows.json: not the functions of include/: make windows, then summary.py --write"


def show(engine: Tests, wine: Tests) -> None:
    print(f"{'function':30} passed  expected differences  impossible on Wine")
    reasons: dict[str, int] = {}
    for function in declared_functions():
        one = of_function(function, engine, wine)
        missing = ", ".join(f"{name} {n}" for name, n in sorted(one["impossible"].items()))
        differs = sum(one["differs"].values())
        print(f"{function:30} {one['passed']:6} {differs:21}  {missing}")
        print(f"{'':30} {cell(function, on_wine(function, wine))}")
        for reason in one["differs"]:
            reasons[reason] = reasons.get(reason, 0) + 1
    print("\nexpected differences, and how many functions each is met at:")
    for reason, count in sorted(reasons.items(), key=lambda pair: -pair[1]):
        print(f"  {count:2}  {reason}")


def main() -> int:
    engine, wine = load("engine"), load("wine")
    if not engine or not wine:
        sys.exit("run tools/windows/suite.py on the engine and under Wine first")
    show(engine, wine)
    before = json.loads(DATA.read_text("utf-8")) if DATA.exists() else {}
    data = gather(engine, wine, before)
    found = list(faults(engine, wine))
    if "--write" in sys.argv:
        DATA.write_text(json.dumps(data, indent=1) + "\n", "utf-8")
        PAGE.write_text(page_with(render(data)), "utf-8")
    elif wine_version() != KNOWN:
        print(f"this is Wine {wine_version()}: docs/windows.json is about {KNOWN}")
        return 1 if any(test["outcome"] == "failed" for test in wine.values()) else 0
    elif data != before:
        found.append("docs/windows.json is not what the suite shows: summary.py --write")
    for fault in found:
        print(f"summary: {fault}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
