# SPDX-License-Identifier: MIT
"""Compares rows of the table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Row = dict[str, Any]

# How a row is found and how C spells it; nothing about what it is.
NOT_COMPARED = {"c", "text", "const", "enum", "file", "views", "handle"}


def differences(ours: Any, theirs: Any, where: str) -> Iterator[str]:
    """Every value of theirs that ours does not have. Ours may say more: what only C knows."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        if ours.get("kind") == "opaque" and theirs.get("handle"):
            return
        if ours.get("kind") != theirs.get("kind"):
            yield f"{where}: {brief(ours)} here, {brief(theirs)} there"
            return
        for key in theirs.keys() - NOT_COMPARED:
            yield from differences(ours.get(key), theirs[key], f"{where}.{key}")
    elif isinstance(ours, list) and isinstance(theirs, list):
        if len(ours) != len(theirs):
            yield f"{where}: {len(ours)} here, {len(theirs)} there"
        for number, (one, other) in enumerate(zip(ours, theirs, strict=False)):
            yield from differences(one, other, f"{where}[{number}]")
    elif ours != theirs:
        yield f"{where}: {ours!r} here, {theirs!r} there"


def brief(kind: Row) -> str:
    return f"{kind.get('kind')} {kind.get('name') or kind.get('size') or ''}".rstrip()


def altered(row: Any) -> Iterator[Any]:
    """Copies of a row, each with one number, text or name in it changed: for tests of the tests."""
    if isinstance(row, dict) and row.get("handle"):
        return  # equal to several things
    if isinstance(row, dict):
        for key in row.keys() - NOT_COMPARED:
            for other in altered(row[key]):
                yield {**row, key: other}
    elif isinstance(row, list):
        for number, item in enumerate(row):
            for other in altered(item):
                yield [*row[:number], other, *row[number + 1 :]]
        yield row[:-1] if row else [{"kind": "void"}]
    elif isinstance(row, bool):
        yield not row
    elif isinstance(row, int):
        yield row + 1
    elif isinstance(row, str):
        yield row + "x"
