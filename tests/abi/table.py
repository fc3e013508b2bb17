# SPDX-License-Identifier: MIT
"""Writes everything that include/ declares into one table, for 64 and for 32 bits.

.venv/bin/python -m tests.abi.table FILE      run in the repository's root
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from pycparser import c_ast

from . import constants, declarations, views
from .differences import differences
from .views import INCLUDE, View

Row = dict[str, Any]


@cache
def is_ours(file: str | None) -> bool:
    """Whether a file named in a line marker is a header of ours."""
    return file is not None and Path(file).resolve().parent == INCLUDE


def rows_of(view: View, scope: declarations.Scope, chosen: Callable[[str], bool]) -> list[Row]:
    """Every declaration of a view in the files that `chosen` picks, constants excepted."""
    for node in view.tree.ext:
        if isinstance(node, c_ast.Pragma) and "pack" in node.string and chosen(node.coord.file):
            raise TypeError(f"{node.coord}: packed structures are not laid out")
    rows = {}
    for name, node, kind in declarations.declared(view.tree):
        if chosen(node.coord.file):
            row = declarations.declaration(scope, name, node, kind)
            # A tagged structure is declared by its other name, too, where it has one.
            if not (node.name is None and name in scope.names):
                rows[name] = {**row, "file": Path(node.coord.file).name}
    for macro in view.macros.values():
        if chosen(macro.file) and not macro.is_expression:
            rows[macro.name] = {
                "name": macro.name,
                "kind": "macro",
                "takes_arguments": macro.takes_arguments,
                "file": Path(macro.file).name,
            }
    return list(rows.values())


def constants_of(view: View, chosen: Callable[[str], bool]) -> list[Row]:
    macros = {
        name: macro
        for name, macro in view.macros.items()
        if chosen(macro.file) and macro.is_expression
    }
    files = {name: macro.file for name, macro in macros.items()}
    rows = constants.evaluate({name: macro.text for name, macro in macros.items()})
    listed = {name: file for name, file in declarations.enumerators(view.tree) if chosen(file)}
    if listed and view.name == "portable":
        includes = "".join(f'#include "{path.name}"\n' for path in views.portable_headers())
        rows |= constants.evaluate({name: name for name in listed}, includes)
    elif listed:
        raise TypeError(f"{', '.join(listed)}: enumerations for Windows alone are not evaluated")
    files |= listed
    return [{**row, "file": Path(files[name]).name} for name, row in rows.items()]


def same(one: Row, other: Row) -> bool:
    """Whether two rows are the same but for how C spells them."""
    return not any(differences(one, other, "")) and not any(differences(other, one, ""))


def make(portable: View, windows: View | None) -> dict[str, Any]:
    """{"views": names, "64": {name: row}, "32": {name: row}}. A row says in which views it is."""
    both = [view for view in (portable, windows) if view is not None]
    values = {view.name: constants_of(view, is_ours) for view in both}
    table: dict[str, Any] = {"views": [view.name for view in both]}
    for bits in (64, 32):
        rows: dict[str, Row] = {}
        scope = None
        for view in both:
            scope = declarations.Scope(view.tree, bits, scope)
            for row in rows_of(view, scope, is_ours) + values[view.name]:
                before = rows.setdefault(row["name"], {**row, "views": []})
                if not same(before, row):
                    raise ValueError(f"{row['name']} is one thing on Windows and another elsewhere")
                before["views"].append(view.name)
        table[str(bits)] = rows
    return table


def write(table: dict[str, Any], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(table, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    write(make(views.portable(), views.windows()), Path(sys.argv[1]))
