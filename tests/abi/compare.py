# SPDX-License-Identifier: MIT
"""Compares the table of our declarations with Microsoft's metadata. Run by a Windows CPython:

tools/windows/run tests/abi/compare.py TABLE

Every declaration must be in the metadata and equal, or be listed in not_in_metadata.txt.
"""

from __future__ import annotations

import ctypes
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import gaps
import metadata
from differences import altered, differences

Row = dict[str, Any]


def name_in_metadata(data: metadata.Metadata, name: str) -> str | None:
    """Microsoft's name of it: what we call ncx_NAME or NCX_NAME stands for NAME."""
    for candidate in (name, name.removeprefix("ncx_"), name.removeprefix("NCX_")):
        if candidate in data.places:
            return candidate
    return None


def describe(data: metadata.Metadata, found: Any) -> Row:
    """A row of the table for something out of the metadata."""
    if isinstance(found, str):
        return {"kind": "string", "value": found}
    if isinstance(found, int):
        return {"kind": "constant", "value": found}
    if isinstance(found, metadata._win32.ForeignFunction):
        return {"kind": "function", "type": data.function(found)}
    if isinstance(found, ctypes._SimpleCData):
        return {"kind": "constant", "value": found.value}
    kind = data.describe(found)
    return {"kind": "struct" if kind["kind"] == "struct" else "type", "type": kind}


class Comparison:
    def __init__(self, listed: list[gaps.Gap]) -> None:
        self.listed = listed
        self.compared: Counter[str] = Counter()
        self.missing: Counter[str] = Counter()
        self.altered = 0
        self.faults: list[str] = []

    def row(self, data: metadata.Metadata, row: Row) -> None:
        name, kind = row["name"], row["kind"]
        theirs = name_in_metadata(data, name)
        gap = next((one for one in self.listed if one.covers(kind, name)), None)
        if theirs is None:
            self.missing[kind] += 1
            if gap is None:
                self.faults.append(f"{name}: not in the metadata, and not in {gaps.FILE.name}")
            return
        if gap is not None:
            self.faults.append(f"{name}: in {gaps.FILE.name}, but the metadata has it")
        self.compared[kind] += 1
        described = describe(data, data.find(theirs))
        found = list(differences(row, described, name))
        self.faults += found
        if not found:
            self.control(row, described)
        if described["kind"] == "struct" and data.pointer == ctypes.sizeof(ctypes.c_void_p):
            size = ctypes.sizeof(data.find(theirs))
            if size != row["type"]["size"]:
                self.faults.append(f"{name}: {row['type']['size']} bytes here, {size} by ctypes")

    def control(self, row: Row, described: Row) -> None:
        """A wrong value in the metadata would have been noticed, wherever it is."""
        for other in altered(described):
            self.altered += 1
            if not any(differences(row, other, row["name"])):
                self.faults.append(f"{row['name']}: equal to what is not the same: {other}")


def main() -> None:
    table = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    if table["views"] != ["portable", "windows"]:
        sys.exit("the table lacks a view: make it where the compilers for Windows are installed")
    places = metadata.index()
    faults = 0
    for bits in (64, 32):
        comparison = Comparison(gaps.read())
        data = metadata.Metadata(bits, places)
        for row in table[str(bits)].values():
            comparison.row(data, row)
        for fault in comparison.faults:
            print(f"{bits}-bit: {fault}")
        faults += len(comparison.faults)
        compared = ", ".join(f"{n} of kind {kind}" for kind, n in comparison.compared.items())
        print(f"{bits}-bit: {sum(comparison.compared.values())} declarations compared: {compared}")
        print(f"{bits}-bit: {comparison.altered} changes to single values noticed, as a control")
        missing = ", ".join(f"{n} of kind {kind}" for kind, n in comparison.missing.items())
        print(f"{bits}-bit: {sum(comparison.missing.values())} not in the metadata: {missing}")
    print(f"differences: {faults}")
    if faults:
        sys.exit(1)
    print("abi comparison passed")


if __name__ == "__main__":
    main()
