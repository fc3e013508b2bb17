# SPDX-License-Identifier: MIT
"""What is in the sdist and in the wheel, and what is not."""

from __future__ import annotations

import email
import importlib.util
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "ncrypt_ext"


def load_setup() -> ModuleType:
    spec = importlib.util.spec_from_file_location("ncrypt_ext_setup", ROOT / "setup.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def extension_names() -> set[str]:
    names = {extension.name for extension in load_setup().extensions()}
    return {name.removeprefix("ncrypt_ext.") for name in names}


@pytest.mark.parametrize("present", [True, False])
def test_libcurl_is_optional(
    present: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pkg-config that knows libcurl, or knows everything else, decides what is compiled."""
    pkg_config = tmp_path / "pkg-config"
    hidden = "nothing" if present else "libcurl"
    pkg_config.write_text(
        f'#!/bin/sh\ncase "$*" in *{hidden}*) exit 1 ;; esac\nexec pkg-config "$@"\n'
    )
    pkg_config.chmod(0o755)
    monkeypatch.setenv("PKG_CONFIG", str(pkg_config))
    monkeypatch.chdir(ROOT)
    setup = load_setup()
    sources, libraries = setup.sources_and_libraries(setup.WS)
    names = {Path(source).name for source in sources}
    assert ("libcurl" in libraries) == present
    assert ("http_curl.c" in names) == ("http_curl_tls.c" in names) == present
    assert ("http_missing.c" in names) != present
    assert {"http_status.c", "token.c"} <= names


def test_every_pyx_is_an_extension() -> None:
    assert extension_names() == {path.stem for path in PACKAGE.glob("*.pyx")} | {"_cython"}


def test_every_extension_has_its_stub() -> None:
    assert extension_names() - {"_cython"} <= {path.stem for path in PACKAGE.glob("*.pyi")}


@pytest.mark.parametrize("pattern", ["*.py", "*.pyi", "*.pxd", "py.typed"])
def test_wheel_has_the_sources_that_users_need(wheel_names: set[str], pattern: str) -> None:
    ours = {f"ncrypt_ext/{path.name}" for path in PACKAGE.glob(pattern)}
    for folder in ("ws", "integrations"):
        paths = (PACKAGE / folder).glob(pattern)
        ours |= {f"ncrypt_ext/{folder}/{path.name}" for path in paths}
    assert ours
    assert ours <= wheel_names


def test_wheel_has_the_headers(wheel_names: set[str]) -> None:
    ours = {f"ncrypt_ext/include/{path.name}" for path in (ROOT / "include").glob("*.h")}
    assert ours | {"ncrypt_ext/include/_lease.h"} == {
        name for name in wheel_names if name.endswith(".h")
    }


def test_wheel_has_the_extensions_and_the_libraries(wheel_names: set[str]) -> None:
    binaries = {name for name in wheel_names if re.search(r"\.(so|dylib)$", name)}
    modules = {re.sub(r"\..*", "", Path(name).name) for name in binaries}
    assert modules == extension_names() | {"libncrypt_ext_core", "libncrypt_ext_ws"}
    assert all(name.startswith("ncrypt_ext/") for name in binaries)


def test_wheel_has_nothing_that_is_only_for_building(wheel_names: set[str]) -> None:
    assert not [name for name in wheel_names if re.search(r"\.(c|pyx|map|o|d)$", name)]
    tops = {name.split("/")[0] for name in wheel_names}
    assert len(tops) == 2
    assert "ncrypt_ext" in tops


def test_wheel_metadata(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        metadata = email.message_from_bytes(archive.read(name))
        tags = archive.read(name.replace("METADATA", "WHEEL")).decode()
        version = archive.read("ncrypt_ext/_version.py").decode()
    assert metadata["Name"] == "ncrypt-ext"
    assert f'__version__ = "{metadata["Version"]}"' in version
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == ">=3.10"
    # Nothing beside what somebody asks for by the name of an extra.
    assert metadata.get_all("Requires-Dist") == ['cryptography>=41; extra == "cryptography"']
    assert metadata.get_all("Provides-Extra") == ["cryptography"]
    assert metadata.get_payload()
    abi = f"cp{sys.version_info[0]}{sys.version_info[1]}"
    assert f"Tag: {abi}-{abi}-" in tags


def test_wheel_is_small(wheel: Path) -> None:
    assert wheel.stat().st_size < 4 << 20


def test_sdist_has_every_file_of_the_repository(sdist_names: set[str]) -> None:
    listed = subprocess.run(
        ["git", "-C", ROOT, "ls-files", "-z"], capture_output=True, text=True, check=True
    )
    tracked = {name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()}
    assert tracked - sdist_names == set()


def test_sdist_has_nothing_that_was_built(sdist_names: set[str]) -> None:
    built = r"\.(so|dylib|pyd|o|d|pyc|gcda|gcno)$|^build/|^dist/|^ncrypt_ext/[^/]*\.c$"
    assert not [name for name in sdist_names if re.search(built, name)]
