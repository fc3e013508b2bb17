# SPDX-License-Identifier: MIT
"""The built shared objects: what they export, what they need, how they are hardened."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

ROOT = Path(__file__).parents[2]
INCLUDE = ROOT / "include"
PORTABLE = ROOT / "ncrypt_ext" / "portable"
PUBLIC_NODE, PRIVATE_NODE, WS_NODE = "NCRYPT_EXT_1", "NCRYPT_EXT_PRIVATE", "NCRYPT_EXT_WS_1"
CORE, WS = "libncrypt_ext_core.so", "libncrypt_ext_ws.so"
PUBLIC_HEADERS = ["ncrypt.h", "bcrypt.h", "wincrypt.h"]
# One library of the engine uses another by these.
PRIVATE_HEADERS = [
    INCLUDE / "ncrypt_ext_compat.h",
    INCLUDE / "ncrypt_ext_engine.h",
    PORTABLE / "common" / "export.h",
]
OF_THE_SYSTEM = r"lib(c\.so\.6|m\.so\.6|pthread\.so\.0|dl\.so\.2)|libc\.musl-.*|ld-linux.*"
ALLOWED_LIBRARIES = {
    CORE: re.compile(rf"lib(crypto\.so\.\d+|sqlite3\.so\.0)|{OF_THE_SYSTEM}"),
    WS: re.compile(rf"lib(xml2|curl|ssl|crypto)\.so\.\d+|libncrypt_ext_core\.so|{OF_THE_SYSTEM}"),
}


def functions(header: Path, pattern: str) -> set[str]:
    text = re.sub(r"/\*.*?\*/", "", header.read_text(), flags=re.DOTALL)
    return set(re.findall(pattern, text))


def declared(headers: list[str]) -> set[str]:
    return {
        name
        for header in headers
        for name in functions(INCLUDE / header, r"(?m)^\w+ WINAPI (\w+)\(")
    }


def declared_of_ours(headers: list[Path]) -> set[str]:
    # Declarations only: for Windows the compatibility headers have inline definitions.
    pattern = r"(?m)^[\w *]+?\b(ncx_\w+)\([^{}]*?\);"
    return {name for header in headers for name in functions(header, pattern)}


def declared_by_web_services() -> set[str]:
    return declared(["webservices.h"]) | declared_of_ours([INCLUDE / "ncrypt_ext_ws.h"])


def listed(version_map: str) -> set[str]:
    return set(re.findall(r"(?m)^    (\w+);", (PORTABLE / version_map).read_text()))


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


@pytest.fixture(scope="module", params=[CORE, WS])
def library(package: Path, request: pytest.FixtureRequest) -> Path:
    return package / str(request.param)


@pytest.fixture(scope="module")
def binaries(package: Path) -> list[Path]:
    found = sorted(package.glob("*.so"))
    assert len(found) > 1
    return found


def test_headers_are_understood() -> None:
    assert {
        "BCryptVerifySignature",
        "CryptSignHashW",
        "GetLastError",
        "NCryptCreatePersistedKey",
        "NCryptFreeObject",
        "NCryptIsKeyHandle",
    } <= declared(PUBLIC_HEADERS)
    assert {"WsCreateXmlSecurityToken", "WsFreeHeap"} <= declared(["webservices.h"])
    private = declared_of_ours(PRIVATE_HEADERS)
    assert {"ncx_implementation", "ncx_live_handles", "ncx_object_create"} <= private
    assert {"WsCreateChannel", "ncx_channel_missing"} <= declared_by_web_services()


def test_core_exports_exactly_the_declared_functions(package: Path) -> None:
    expected = dict.fromkeys(declared(PUBLIC_HEADERS), PUBLIC_NODE)
    expected |= dict.fromkeys(declared_of_ours(PRIVATE_HEADERS), PRIVATE_NODE)
    assert exports(package / CORE) == expected


def test_web_services_export_exactly_the_declared_functions(package: Path) -> None:
    assert exports(package / WS) == dict.fromkeys(declared_by_web_services(), WS_NODE)


def test_version_maps_name_the_declared_functions() -> None:
    assert listed("core.map") == declared(PUBLIC_HEADERS)
    assert listed("ws.map") == declared_by_web_services()


def test_extensions_export_their_init_function_only(binaries: list[Path]) -> None:
    for path in binaries:
        module = path.name.split(".")[0]
        if path.name not in (CORE, WS):
            ours = {name for name in exports(path) if not name.startswith("__pyx_module_is_main")}
            assert ours == {f"PyInit_{module}"}


def test_library_needs_only_what_it_says(library: Path) -> None:
    needed = dynamic(library, "DT_NEEDED")
    assert [name for name in needed if not ALLOWED_LIBRARIES[library.name].fullmatch(name)] == []
    assert any(name.startswith("libc.") for name in needed)


def test_callers_find_the_library_beside_them(binaries: list[Path]) -> None:
    callers = [path for path in binaries if CORE in dynamic(path, "DT_NEEDED")]
    assert {"_provider", "_key", "libncrypt_ext_ws"} <= {
        path.name.split(".")[0] for path in callers
    }
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
