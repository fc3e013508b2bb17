# SPDX-License-Identifier: MIT
"""The built shared objects: what they export, what they need, how they are hardened."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

ROOT = Path(__file__).parents[2]
INCLUDE = ROOT / "include"
PUBLIC_NODE, PRIVATE_NODE = "NCRYPT_EXT_1", "NCRYPT_EXT_PRIVATE"
ALLOWED_LIBRARIES = re.compile(
    r"lib(crypto\.so\.\d+|sqlite3\.so\.0|c\.so\.6|m\.so\.6|pthread\.so\.0|dl\.so\.2)"
    r"|libc\.musl-.*|ld-linux.*"
)


def functions(header: str, pattern: str) -> set[str]:
    text = re.sub(r"/\*.*?\*/", "", (INCLUDE / header).read_text(), flags=re.DOTALL)
    return set(re.findall(pattern, text))


def declared_public() -> set[str]:
    return {
        name
        for header in ("ncrypt.h", "bcrypt.h")
        for name in functions(header, r"(?m)^\w+ WINAPI ([NB]Crypt\w+)\(")
    }


def declared_private() -> set[str]:
    # Declarations only: for Windows the compatibility header has inline definitions.
    return {
        name
        for header in INCLUDE.glob("ncrypt_ext_*.h")
        for name in functions(header.name, r"(?m)^[\w *]+?\b(ncx_\w+)\([^{}]*?\);")
    }


def exports(path: Path) -> dict[str, str]:
    """Exported symbols and the version node of each."""
    with path.open("rb") as file:
        elf = ELFFile(file)
        symbols = elf.get_section_by_name(".dynsym")
        versions = elf.get_section_by_name(".gnu.version")
        definitions = elf.get_section_by_name(".gnu.version_d")
        names = {}
        if definitions is not None:
            for definition, names_of in definitions.iter_versions():
                names[definition["vd_ndx"]] = next(iter(names_of)).name
        found = {}
        for index, symbol in enumerate(symbols.iter_symbols()):
            kind = symbol["st_info"]["type"]
            if symbol["st_shndx"] in ("SHN_UNDEF", "SHN_ABS") or kind == "STT_NOTYPE":
                continue
            node = versions.get_symbol(index)["ndx"] if versions is not None else 1
            found[symbol.name] = names.get(node & 0x7FFF, "") if isinstance(node, int) else ""
        return found


def dynamic(path: Path, tag: str) -> list[str]:
    attribute = {"DT_NEEDED": "needed", "DT_RUNPATH": "runpath", "DT_RPATH": "rpath"}[tag]
    with path.open("rb") as file:
        section = ELFFile(file).get_section_by_name(".dynamic")
        return [getattr(t, attribute) for t in section.iter_tags() if t.entry.d_tag == tag]


@pytest.fixture(scope="module")
def library(package: Path) -> Path:
    return package / "libncrypt_ext_core.so"


@pytest.fixture(scope="module")
def binaries(package: Path) -> list[Path]:
    found = sorted(package.glob("*.so"))
    assert len(found) > 1
    return found


def test_headers_are_understood() -> None:
    assert {
        "BCryptVerifySignature",
        "NCryptCreatePersistedKey",
        "NCryptFreeObject",
        "NCryptIsKeyHandle",
    } <= declared_public()
    assert {"ncx_implementation", "ncx_live_handles"} <= declared_private()


def test_exports_are_exactly_the_declared_functions(library: Path) -> None:
    expected = dict.fromkeys(declared_public(), PUBLIC_NODE)
    expected |= dict.fromkeys(declared_private(), PRIVATE_NODE)
    assert exports(library) == expected


def test_version_map_names_the_declared_functions() -> None:
    text = (ROOT / "ncrypt_ext" / "portable" / "core.map").read_text()
    assert set(re.findall(r"(?m)^    ([NB]Crypt\w+);", text)) == declared_public()


def test_extensions_export_their_init_function_only(binaries: list[Path]) -> None:
    for path in binaries:
        module = path.name.split(".")[0]
        if module != "libncrypt_ext_core":
            ours = {name for name in exports(path) if not name.startswith("__pyx_module_is_main")}
            assert ours == {f"PyInit_{module}"}


def test_library_needs_only_what_it_says(library: Path) -> None:
    needed = dynamic(library, "DT_NEEDED")
    assert [name for name in needed if not ALLOWED_LIBRARIES.fullmatch(name)] == []
    assert any(name.startswith("libc.") for name in needed)


def test_callers_find_the_library_beside_them(binaries: list[Path]) -> None:
    callers = [path for path in binaries if "libncrypt_ext_core.so" in dynamic(path, "DT_NEEDED")]
    assert {"_provider", "_key"} <= {path.name.split(".")[0] for path in callers}
    for path in callers:
        assert dynamic(path, "DT_RPATH") == []
        (runpath,) = dynamic(path, "DT_RUNPATH")
        assert "$ORIGIN" in runpath.split(":")


def test_nothing_names_the_source_tree(binaries: list[Path]) -> None:
    for path in binaries:
        assert str(ROOT).encode() not in path.read_bytes(), path.name


def test_hardening(binaries: list[Path]) -> None:
    for path in binaries:
        with path.open("rb") as file:
            segments = {segment["p_type"]: segment for segment in ELFFile(file).iter_segments()}
        assert "PT_GNU_RELRO" in segments, path.name
        assert segments["PT_GNU_STACK"]["p_flags"] & 1 == 0, f"{path.name}: executable stack"
        with path.open("rb") as file:
            section = ELFFile(file).get_section_by_name(".dynamic")
            flags = [t.entry.d_val for t in section.iter_tags() if t.entry.d_tag == "DT_FLAGS"]
        assert flags, path.name
        assert flags[0] & 8, f"{path.name}: symbols are bound lazily"


def test_library_is_fortified(library: Path) -> None:
    with library.open("rb") as file:
        symbols = ELFFile(file).get_section_by_name(".dynsym")
        undefined = {symbol.name for symbol in symbols.iter_symbols()}
    assert "__stack_chk_fail" in undefined
    assert [name for name in undefined if name.endswith("_chk")]
