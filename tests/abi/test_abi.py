# SPDX-License-Identifier: MIT
"""What include/ declares, held against the compilers: see README.md."""

import copy
import shutil
import subprocess

import pytest

pytest.importorskip("pycparser")

from . import asserts, declarations, gaps, table, views
from .differences import altered, differences
from .views import HERE, INCLUDE, ROOT

BUILD = ROOT / "build" / "abi"
MINGW = {64: "x86_64-w64-mingw32-gcc", 32: "i686-w64-mingw32-gcc"}
OUR_OPTIONS = ["-std=c11", "-Wall", "-Werror", f"-I{INCLUDE}"]
# Our headers refuse Windows, whose headers are the SDK's; the compiler's rules of layout stay.
NOT_WINDOWS = ["-nostdinc", f"-I{HERE / 'freestanding'}", "-U_WIN32"]


@pytest.fixture(autouse=True)
def home():
    """Nothing here opens a key store, and looking for what is collectable takes long: the syntax
    trees are large."""


def need(compiler):
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    return compiler


@pytest.fixture(scope="module")
def portable():
    return views.portable(need("cc"))


@pytest.fixture(scope="module")
def windows():
    return views.windows(need(MINGW[64]))


@pytest.fixture(scope="module")
def rows(portable, request):
    """The whole table, kept for the comparison with the metadata that make windows does."""
    there = shutil.which(MINGW[64]) is not None
    made = table.make(portable, request.getfixturevalue("windows") if there else None)
    table.write(made, BUILD / "table.json")
    return made


@pytest.fixture(scope="module")
def on_windows(windows):
    """(names that are defined, rows) of everything that MinGW and our additions declare."""
    scope = declarations.Scope(windows.tree, 64, declarations.Scope(windows.tree, 64))
    scope.longs = True
    constants = {name for name, _ in declarations.enumerators(windows.tree)}
    nodes = {name: rest for name, *rest in declarations.declared(windows.tree)}
    return windows.macros.keys() | constants | nodes.keys(), nodes, scope


def compiles(compiler, options, name, text):
    BUILD.mkdir(parents=True, exist_ok=True)
    path = BUILD / f"{name}.c"
    path.write_text(text)
    command = [compiler, *options, "-fsyntax-only", str(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode == 0, done.stderr


def for_our_headers(rows):
    chosen = [row for row in rows if "portable" in row["views"]]
    return asserts.for_our_headers(chosen, [path.name for path in views.portable_headers()])


def test_every_header_is_in_the_table(rows):
    assert {row["file"] for row in rows["64"].values()} == {
        path.name for path in views.portable_headers()
    }
    assert rows["64"].keys() == rows["32"].keys()


def test_every_kind_is_in_the_table(rows):
    kinds = {row["kind"] for row in rows["64"].values()}
    assert kinds == {"constant", "string", "struct", "type", "function", "macro"}


def test_macros_with_arguments_are_sampled(rows):
    """Those of the platform: a new one needs samples of what it does."""
    macros = {name for name, row in rows["64"].items() if row.get("takes_arguments")}
    assert {name for name in macros if not name.startswith("NCRYPT_EXT_")} == asserts.SAMPLES.keys()


def test_the_platforms_compiler_agrees(rows):
    text = for_our_headers(rows["64"].values())
    ok, errors = compiles(need("cc"), OUR_OPTIONS, "portable_64", text)
    assert ok, errors


def test_a_32_bit_compiler_agrees(rows):
    text = for_our_headers(rows["32"].values())
    ok, errors = compiles(need(MINGW[32]), OUR_OPTIONS + NOT_WINDOWS, "portable_32", text)
    assert ok, errors


@pytest.mark.parametrize("bits", [64, 32])
def test_the_headers_of_windows_agree(rows, on_windows, bits):
    """Where MinGW or ncrypt_ext_compat.h has the name."""
    chosen = [row for row in rows[str(bits)].values() if row["name"] in on_windows[0]]
    assert len(chosen) > 200
    text = asserts.for_windows(chosen, views.windows_source())
    options = [*views.windows_options(), "-Wall", "-Werror"]
    ok, errors = compiles(need(MINGW[bits]), options, f"windows_{bits}", text)
    assert ok, errors


def test_the_functions_of_windows_headers_agree(rows, on_windows):
    _, nodes, scope = on_windows
    functions = {
        name: row
        for name, row in rows["64"].items()
        if row["kind"] == "function" and name in nodes and not name.startswith("ncx_")
    }
    assert len(functions) >= 20
    for name, row in functions.items():
        theirs = declarations.declaration(scope, name, *nodes[name])
        assert not list(differences(row, theirs, name))


def test_the_list_of_gaps_is_true(rows):
    """Each entry is of use, has a reason, and a pattern covers functions or macros of ours only."""
    listed = gaps.read()
    if "windows" not in rows["views"]:
        pytest.skip(f"{MINGW[64]} is not installed")
    for gap in listed:
        assert gap.reason, gap.name
        covered = [row for row in rows["64"].values() if gap.covers(row["kind"], row["name"])]
        assert covered, f"{gap.kind} {gap.name} is not declared"
        assert "*" not in gap.name


def test_gaps_are_confirmed_by_mingw(rows, on_windows):
    """What the metadata lacks is in MinGW's headers, or ours alone."""
    for row in rows["64"].values():
        gap = next((one for one in gaps.read() if one.covers(row["kind"], row["name"])), None)
        if gap and not row["name"].lower().startswith(("ncx_", "ncrypt_ext_")):
            assert row["name"] in on_windows[0], f"{row['name']}: {gap.reason}"


WRONG = [
    ("NTE_BAD_UID", ["value"], -2146893822),
    ("NTE_BAD_UID", ["value"], 0x80090001),
    ("NCRYPT_PERSIST_FLAG", ["value"], -0x80000000),
    ("NCRYPT_NAME_PROPERTY", ["value"], "Names"),
    ("NCRYPT_NAME_PROPERTY", ["value"], "name"),
    ("NCRYPT_UI_POLICY", ["type", "size"], 16),
    ("NCRYPT_UI_POLICY", ["type", "align"], 2),
    ("NCRYPT_UI_POLICY", ["type", "fields", 3, "offset"], 8),
    ("NCRYPT_UI_POLICY", ["type", "fields", 3, "type", "size"], 2),
    ("NCRYPT_UI_POLICY", ["type", "fields", 3, "name"], "szFriendlyName"),
    ("HRESULT", ["type", "size"], 8),
    ("HRESULT", ["type", "signed"], False),
    ("NCryptFreeObject", ["type", "result", "c"], "uint32_t"),
    ("NCryptFreeObject", ["type", "parameters", 0, "c"], "uint16_t"),
    ("NCryptFreeObject", ["type", "parameters"], []),
]


@pytest.mark.parametrize("bits", [64, 32])
@pytest.mark.parametrize(("name", "path", "value"), WRONG)
def test_a_wrong_row_does_not_compile(rows, bits, name, path, value):
    compiler, options = ("cc", []) if bits == 64 else (MINGW[32], NOT_WINDOWS)
    row = copy.deepcopy(rows[str(bits)][name])
    holder = row
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    ok, errors = compiles(need(compiler), OUR_OPTIONS + options, "wrong", for_our_headers([row]))
    if name == "NCRYPT_NAME_PROPERTY" and not is_gcc(compiler):
        pytest.skip("only GCC compares the text of literals")
    assert not ok
    assert "error" in errors


def is_gcc(compiler):
    macros = subprocess.run([compiler, "-dM", "-E", "-x", "c", "/dev/null"], capture_output=True)
    return b"__clang__" not in macros.stdout


def test_every_change_to_a_row_is_a_difference(rows):
    for row in rows["32"].values():
        for other in altered(row):
            assert any(differences(row, other, "")), (row, other)


def test_a_portable_declaration_with_a_long_is_refused():
    scope = declarations.Scope(views.c_parser.CParser().parse("typedef long LONG;"), 64)
    with pytest.raises(TypeError, match="long"):
        scope.describe(scope.typedefs["LONG"])
