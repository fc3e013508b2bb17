# SPDX-License-Identifier: MIT
"""Holds the documentation against the code. Prints each fault it finds, and fails if there is one.

python tools/check_docs.py

* links between pages resolve, headings included, and docs/index.md leads to every page
* every public name of ncrypt_ext, of ncrypt_ext.capi and ncrypt_ext.ws, and every member of their
  classes, stands as code on some page
* docs/functions.md has one row for each function of include/ncrypt.h, wincrypt.h and webservices.h,
  its Python names exist, and what it says about the GIL is what the .pyx files do
* its table of flags has each of include/ncrypt.h that is for a call
* docs/errors.md has every exception class with its true bases, in the tree as well, and every
  status code with its class and errno
* the map in the README names what is in the tree, and all of its top level
* what a page says is built is a part of tests/packaging/consumer
* the table on docs/windows.md is made of docs/windows.json, which is of these functions
"""

from __future__ import annotations

import builtins
import errno
import inspect
import json
import re
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import ncrypt_ext
from ncrypt_ext import capi, errors, status, ws

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")]
PAGES += sorted((ROOT / "docs").rglob("*.md"))
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
WINDOWS = runpy.run_path(str(ROOT / "tools" / "windows" / "summary.py"))
WINDOWS_DATA = json.loads((ROOT / "docs" / "windows.json").read_text(encoding="utf-8"))
# What tools and build leave at the top of the tree.
LEFT_BY_TOOLS = {".git", ".cache", "build", "dist", "ncrypt_ext.egg-info", "__pycache__"}


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def row_of(line: str) -> list[str]:
    """The cells of a table's row; an escaped bar is no border."""
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def rows(page: Path) -> Iterator[list[str]]:
    for line in text_of(page).splitlines():
        if line.startswith("|") and not line.startswith("|---"):
            yield row_of(line)


# ---- links --------------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes of headings."""
    found = set()
    for line in FENCE.sub("", text_of(page)).splitlines():
        if line.startswith("#"):
            heading = line.lstrip("#").strip().lower().replace("`", "")
            found.add(re.sub(r"[^\w\- ]", "", heading).replace(" ", "-"))
    return found


def check_links() -> Iterator[str]:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", text_of(page))):
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            path = page.parent / name if name else page
            if not path.exists():
                yield f"{page.name}: the link to {target} leads nowhere"
            elif anchor and anchor not in anchors(path):
                yield f"{page.name}: {name or page.name} has no heading #{anchor}"


def check_index() -> Iterator[str]:
    """Each page is one click from the first one."""
    index = ROOT / "docs" / "index.md"
    targets = re.findall(r"\]\(([^)#\s]+)", text_of(index))
    linked = {(index.parent / target).resolve() for target in targets}
    for page in PAGES:
        if page.is_relative_to(index.parent) and page not in {*linked, index}:
            yield f"index.md has no link to {page.relative_to(index.parent)}"


# ---- names --------------------------------------------------------------------------------------


def code_words() -> set[str]:
    """Every word that stands in a code span or block."""
    words: set[str] = set()
    for page in PAGES:
        content = text_of(page)
        spans = FENCE.findall(content) + re.findall(r"`([^`\n]+)`", FENCE.sub("", content))
        for span in spans:
            words.update(re.findall(r"\w+", span))
    return words


def public_names(module: ModuleType) -> Iterator[str]:
    for name in module.__all__:
        yield f"{module.__name__}.{name}"
        value = getattr(module, name)
        if inspect.isclass(value) and not issubclass(value, BaseException):
            inherited = set(dir(int)) | set(dir(tuple)) | set(dir(object))
            for member in dir(value):
                if not member.startswith("_") and member not in inherited:
                    yield f"{module.__name__}.{name}.{member}"


def check_names() -> Iterator[str]:
    words = code_words()
    for module in (ncrypt_ext, capi, ws):
        for name in public_names(module):
            if name.rpartition(".")[2] not in words:
                yield f"{name} is on no page"


# ---- functions ----------------------------------------------------------------------------------


HEADERS = ("ncrypt.h", "wincrypt.h", "webservices.h")
# The error of a thread, which stands in wincrypt.h because no other function needs it.
NOT_FUNCTIONS_OF_THEIRS = {"GetLastError", "SetLastError"}


def declared_functions() -> list[str]:
    texts = [(ROOT / "include" / name).read_text(encoding="utf-8") for name in HEADERS]
    declared = re.findall(r"WINAPI (\w+)\(", "".join(texts))
    return [name for name in declared if name not in NOT_FUNCTIONS_OF_THEIRS]


def calls_in(path: Path) -> Iterator[tuple[str, bool]]:
    """Each call of a function in a .pyx file, and whether the GIL is released there."""
    nogil_from = -1  # the indentation of the block without the GIL; -1: none
    header = 0  # that of the function's first line
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.strip():
            continue
        indentation = len(line) - len(line.lstrip())
        if re.match(r" *(cdef|cpdef|def) .*\(", line):
            header = indentation
        if indentation <= nogil_from:
            nogil_from = -1
        if nogil_from < 0 and line.endswith("nogil:"):
            nogil_from = indentation if line.lstrip().startswith("with") else header
        for function in re.findall(r"\b(?:ncx_)?((?:NCrypt|Crypt|Cert|PFX|Ws)\w+)\(", line):
            yield function, nogil_from >= 0


def check_functions() -> Iterator[str]:
    page = ROOT / "docs" / "functions.md"
    table = {
        row[0].strip("`"): row
        for row in rows(page)
        if re.match("`(NCrypt|Crypt|Cert|PFX|Ws)", row[0])
    }
    declared = declared_functions()
    released: dict[str, set[bool]] = {}
    for path in (ROOT / "ncrypt_ext").glob("*.pyx"):
        for function, nogil in calls_in(path):
            released.setdefault(function, set()).add(nogil)
    for function in declared:
        if function not in table:
            yield f"functions.md: there is no row for {function}"
            continue
        _, python, gil, executed = table[function]
        if executed != WINDOWS["executed"](function, WINDOWS_DATA):
            yield f"functions.md: {function}: windows.json has it executed elsewhere"
        if function not in released and python.startswith("none"):
            continue  # the engine has it for programs in C
        yield from check_python_names(function, python)
        word = gil.partition(";")[0].partition(":")[0]
        wanted = {"both": {True, False}}.get(word, {word == "released"})
        if wanted != released.get(function, set()):
            yield f"functions.md: {function}: the GIL is not {word} in every call"
    for function in table:
        if function not in declared:
            yield f"functions.md: {function} is not in include/"


def check_python_names(function: str, cell: str) -> Iterator[str]:
    names = re.findall(r"`([\w.]+)(?:\(\))?`", cell)
    if not names:
        yield f"functions.md: {function} has no Python name"
    for name in names:
        value: object = ncrypt_ext
        for part in name.split("."):
            value = getattr(value, part, None)
        if value is None:
            yield f"functions.md: {function}: there is no ncrypt_ext.{name}"


# ---- errors -------------------------------------------------------------------------------------


def check_flags() -> Iterator[str]:
    header = text_of(ROOT / "include" / "ncrypt.h")
    table = text_of(ROOT / "docs" / "functions.md").partition("## Flags")[2]
    for flag in re.findall(r"^#define (NCRYPT_\w+_FLAG)\b", header, re.MULTILINE):
        if f"`{flag}`" not in table and not re.match("NCRYPT_(ALLOW|IMPL|UI)_", flag):
            yield f"functions.md: there is no row for the flag {flag}"


def check_errors() -> Iterator[str]:
    page = ROOT / "docs" / "errors.md"
    table = list(rows(page))
    bases = {row[0].strip("`"): row[1] for row in table if row[0].endswith("Error`")}
    for name in errors.__all__:
        value = getattr(errors, name)
        if not inspect.isclass(value):
            continue
        told = set(re.findall(r"`(\w+)`", bases.get(name, "")))
        true = {base.__name__ for base in value.__bases__}
        if told != true:
            yield f"errors.md: {name} has the bases {sorted(true)}, not {sorted(told)}"
    for name in bases:
        if not hasattr(errors, name) and not hasattr(builtins, name):
            yield f"errors.md: there is no {name}"
    codes = {row[0].strip("`"): row for row in table if row[0].startswith("`0x")}
    for code, info in status.STATUS.items():
        cells = [cell.strip("`") for cell in codes.pop(f"0x{code:08X}", ["", "", "", ""])]
        number = getattr(errno, cells[3], None)  # some numbers have two names
        if (cells[1], cells[2], number) != (info.name, info.error, info.errno):
            yield f"errors.md: the row of 0x{code:08X} is wrong: {info}"
    for text in codes:
        yield f"errors.md: {text} is not in ncrypt_ext/status.py"


def check_error_tree() -> Iterator[str]:
    page = text_of(ROOT / "docs" / "errors.md")
    (tree,) = re.findall(r"^```text picture\n(Exception\n.*?)^```", page, re.MULTILINE | re.DOTALL)
    above: dict[int, str] = {}  # the class that was drawn last, by how far to the right it stands
    drawn = set()
    for line in tree.splitlines():
        names = re.findall(r"\w+", line)
        column = line.index(names[0])
        parents = [above[other] for other in sorted(above) if other < column]
        for name in names:
            drawn.add(name)
            value = getattr(errors, name, None) or getattr(builtins, name)
            if parents and getattr(errors, parents[-1], None) not in (*value.__bases__, None):
                yield f"errors.md: {name} does not stand under its base in the tree"
        above = {other: name for other, name in above.items() if other < column}
        above[column] = names[-1]
    for name in errors.__all__:
        if inspect.isclass(getattr(errors, name)) and name not in drawn:
            yield f"errors.md: {name} is not in the tree"


# ---- the tree -----------------------------------------------------------------------------------


def mapped_paths() -> list[str]:
    tree_of = re.compile(r"^## Map\n+```text picture\n(.*?)^```", re.MULTILINE | re.DOTALL)
    (tree,) = tree_of.findall(text_of(ROOT / "README.md"))
    return [line.split()[0].rstrip("/") for line in tree.splitlines()]


def check_map() -> Iterator[str]:
    paths = mapped_paths()
    for path in paths:
        if not (ROOT / path).exists():
            yield f"README.md: the map has {path}, the tree has not"
    for entry in ROOT.iterdir():
        hidden = entry.name.startswith(".") and entry.name not in {".ci", ".github"}
        if not hidden and entry.name not in LEFT_BY_TOOLS and entry.name not in paths:
            yield f"README.md: {entry.name} is not in the map"


# ---- Cython -------------------------------------------------------------------------------------


def check_cython() -> Iterator[str]:
    consumer = ROOT / "tests" / "packaging" / "consumer"
    built = "".join((consumer / name).read_text() for name in ("consumer.pyx", "setup.py"))
    blocks = 0
    for page in PAGES:
        for block in re.findall(r"^```\w+ built\n(.*?)^```", text_of(page), re.M | re.S):
            blocks += 1
            if block not in built:
                yield f"{page.name}: this is not in tests/packaging/consumer:\n{block}"
    if blocks < 4:
        yield "cython.md: the example is missing"


# ---- Windows ------------------------------------------------------------------------------------


def check_windows() -> Iterator[str]:
    yield from WINDOWS["stale"]()


def main() -> int:
    missing = [page for page in PAGES if not page.exists()]
    if missing:
        print("missing:", *missing)
        return 1
    faults = [
        fault
        for check in (
            check_links,
            check_index,
            check_names,
            check_functions,
            check_flags,
            check_errors,
            check_error_tree,
            check_map,
            check_cython,
            check_windows,
        )
        for fault in check()
    ]
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
