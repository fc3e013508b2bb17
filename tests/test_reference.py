# SPDX-License-Identifier: MIT
"""The reference has every public name, described, and with the signature that it really has.

As the modules have them, whatever the generator read in the sources.
"""

import ast
import inspect
import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest

import ncrypt_ext as nc
import ncrypt_ext.ws  # before the first test: it brings handles of its own

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or not (ROOT / "ncrypt_ext").is_dir(),
    reason="needs the sources of the package, and its engine",
)
ENTRY = re.compile(r"( *)\.\. py:(\w+):: (\w+)(\(.*)?")
# Of constructors in C Python knows no signature; no others may be without.
CONSTRUCTORS_IN_C = 9
UNKNOWN = object()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[ModuleType, str]:
    folder = tmp_path_factory.mktemp("reference")
    environment = dict(os.environ, PYTHONPATH=os.path.dirname(nc.get_library_dir()))
    command = [sys.executable, ROOT / "tools" / "reference.py", folder]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = {}
    for path in sorted(folder.glob("ncrypt_ext*.rst")):
        try:
            found[import_module(path.stem)] = path.read_text(encoding="utf-8")
        except ModuleNotFoundError as error:
            # The package that it is for is not there.
            if "integrations" not in path.stem or str(error.name).startswith("ncrypt_ext"):
                raise
    names = {module.__name__ for module in found}
    assert {"ncrypt_ext", "ncrypt_ext.capi", "ncrypt_ext.ws", "ncrypt_ext.ws.aio"} <= names
    return found


def defined_in(module: ModuleType) -> list[str]:
    return [
        name
        for name, value in vars(module).items()
        if name[0] != "_"
        and not isinstance(value, ModuleType)
        and getattr(value, "__module__", module.__name__) == module.__name__
    ]


def test_every_public_name_is_there(pages: dict[ModuleType, str]) -> None:
    for module, page in pages.items():
        names = getattr(module, "__all__", None) or defined_in(module)
        assert names
        for name in names:
            described = re.search(rf"(?m)^\.\. py:\w+:: {name}\b", page)
            elsewhere = re.search(rf"(?m)^\* :py:\w+:`ncrypt_ext[\w.]*\.{name}`$", page)
            assert described or elsewhere, f"{module.__name__}.{name}"


def members_of(module: ModuleType, page: str) -> dict[type, set[str]]:
    """The classes of a page, and the members that each has a description of."""
    found: dict[type, set[str]] = {}
    class_: type | None = None
    for line in page.splitlines():
        if entry := ENTRY.match(line):
            indentation, kind, name, _ = entry.groups()
            if not indentation:
                class_ = getattr(module, name) if kind in ("class", "exception") else None
                if class_ is not None:
                    found[class_] = set()
            elif class_ is not None:
                found[class_].add(name)
    return found


def test_every_member_is_there(pages: dict[ModuleType, str]) -> None:
    documented: dict[type, set[str]] = {}
    for module, page in pages.items():
        documented |= members_of(module, page)
    assert len(documented) > 100
    for class_, members in documented.items():
        told = set(members)
        for base in class_.__mro__[1:]:
            foreign = not base.__module__.startswith("ncrypt_ext")
            told |= set(vars(base)) if foreign else documented.get(base, set())
        assert {name for name in dir(class_) if name[0] != "_"} <= told, class_
        assert all(hasattr(class_, name) for name in members), class_


class Parameter(NamedTuple):
    name: str
    keyword_only: bool
    optional: bool
    value: object  # of the default, where the page has a plain one


def told_parameters(signature: str) -> list[Parameter]:
    """Those in a page's line."""
    (function,) = ast.parse(f"def function{signature}: pass").body
    assert isinstance(function, ast.FunctionDef)
    there = function.args
    positional = [*there.posonlyargs, *there.args]
    missing = [None] * (len(positional) - len(there.defaults))
    told = [(a, False, d) for a, d in zip(positional, [*missing, *there.defaults], strict=True)]
    told += [(a, True, d) for a, d in zip(there.kwonlyargs, there.kw_defaults, strict=True)]
    return [Parameter(a.arg, keyword, d is not None, plain(d)) for a, keyword, d in told]


def plain(default: ast.expr | None) -> object:
    try:
        return None if default is None else ast.literal_eval(default)
    except ValueError:
        return UNKNOWN


def real_parameters(function: object, told: list[Parameter]) -> list[Parameter]:
    assert callable(function)
    kinds = inspect.Parameter
    values = {one.name: one.value for one in told}
    found = []
    for one in inspect.signature(function).parameters.values():
        if one.name != "self" and one.kind not in (kinds.VAR_POSITIONAL, kinds.VAR_KEYWORD):
            value = None if one.default is one.empty else one.default
            value = UNKNOWN if values.get(one.name) is UNKNOWN else value
            optional = one.default is not one.empty
            found.append(Parameter(one.name, one.kind == kinds.KEYWORD_ONLY, optional, value))
    return found


def test_signatures_are_right(pages: dict[ModuleType, str]) -> None:
    compared, unknown = 0, []
    for module, page in pages.items():
        class_: object = None
        lines = page.splitlines()
        for line, following in zip(lines, [*lines[1:], ""], strict=True):
            entry = ENTRY.match(line)
            if entry is None or entry[2] == "module":
                continue
            indentation, _, name, signature = entry.groups()
            thing = getattr(class_ if indentation else module, name)
            class_ = class_ if indentation else thing
            if not signature or re.match(rf" +{name}\(", following):
                continue  # no function, or one with several signatures
            told = told_parameters(signature)
            try:
                real = real_parameters(thing, told)
            except ValueError:
                unknown.append(name)
                continue
            assert told == real, f"{module.__name__}.{name}"
            compared += 1
    assert compared > 150
    assert len(unknown) == CONSTRUCTORS_IN_C, unknown
    assert all(name[0].isupper() for name in unknown)
