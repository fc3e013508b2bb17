# SPDX-License-Identifier: MIT
"""The wheel in a fresh environment: it works alone, and other extensions can be built on it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ..doc_blocks import blocks_of

if TYPE_CHECKING:
    from tests.packaging.conftest import Environment

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
(COMMANDS,) = (
    block.text
    for block in blocks_of(ROOT / "docs" / "cython.md")
    if block.mark == "tested by" and block.language == "shell"
)


def test_smoke(installed: Environment) -> None:
    script = """
        import hashlib, ncrypt_ext as nc
        assert "site-packages" in nc.__file__, nc.__file__
        digest = hashlib.sha256(b"order 17").digest()
        for again in range(2):
            with nc.Provider() as provider:
                assert provider.implementation == "portable"
                if not provider.has_key("orders"):
                    provider.create_key("ECDSA_P256", "orders").close()
                with provider.open_key("orders") as key:
                    signature = key.sign(digest)
                    key.verify(digest, signature)
        print(len(signature))
    """
    assert installed.run("-c", textwrap.dedent(script)) == "64\n"


def test_doctor(installed: Environment) -> None:
    assert "portable" in installed.run("-m", "ncrypt_ext", "doctor")


def test_folders_for_other_extensions(installed: Environment) -> None:
    script = "import ncrypt_ext as n; print(n.get_include()); print(n.get_library_dir())"
    include, library = map(Path, installed.run("-c", script).splitlines())
    assert {"ncrypt.h", "ncrypt_ext_compat.h", "_lease.h"} <= {p.name for p in include.iterdir()}
    assert (library / "libncrypt_ext_core.so").is_file()


def test_consumer(installed: Environment, tmp_path: Path) -> None:
    """Built against what is installed, by this environment's compiler tools, and run there."""
    source = tmp_path / "consumer"
    shutil.copytree(HERE / "consumer", source)
    # The tools of the environment that runs the tests, the package of the fresh one.
    tools = [p for p in sys.path if p.endswith("site-packages")]
    (site,) = (installed.folder / "venv" / "lib").glob("python*/site-packages")
    build = subprocess.run(
        ["bash", "-euc", COMMANDS],
        cwd=source,
        env={
            "PATH": f"{installed.python.parent}:/usr/bin:/bin",
            "PYTHONPATH": ":".join([str(site), *tools]),
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert build.returncode == 0, build.stdout
    assert build.stdout.splitlines()[-1] == "handles left: 0"
    script = f"""
        import sys
        sys.path.insert(0, {str(source)!r})
        import consumer, ncrypt_ext as nc
        assert consumer.implementation() == "portable"
        assert consumer.open_and_release() == 0
        with nc.Provider() as provider, provider.create_key("ECDSA_P256", None) as key:
            assert consumer.native_handle(key) == key.handle
            assert consumer.is_key(key.handle)
            assert not consumer.is_key(key.handle + 1)
        try:
            consumer.native_handle(key)
        except nc.ClosedHandleError:
            print("done")
    """
    assert installed.run("-c", textwrap.dedent(script)) == "done\n"


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        (
            {"PKG_CONFIG_LIBDIR": "/nonexistent", "PKG_CONFIG_PATH": ""},
            ["libcrypto", "libssl-dev", "openssl-devel", "openssl-dev", "openssl@3"],
        ),
        (
            {"PKG_CONFIG": "/nonexistent/pkg-config"},
            ["pkg-config", "pkgconf-pkg-config", "pkgconf", "Homebrew"],
        ),
    ],
    ids=["libcrypto", "pkg-config"],
)
def test_missing_library_is_one_line(
    environment: dict[str, str], words: list[str], tmp_path: Path
) -> None:
    build = subprocess.run(
        [sys.executable, "setup.py", "-q", "build_ext", "-b", tmp_path, "-t", tmp_path],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert build.returncode != 0
    (line,) = build.stderr.splitlines()
    assert all(word in line for word in words), line
