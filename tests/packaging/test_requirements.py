# SPDX-License-Identifier: MIT
"""What pip brings along with the wheel: nothing, and for an extra what the extra names."""

from __future__ import annotations

import email
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from .conftest import only


def metadata() -> email.message.Message:
    with zipfile.ZipFile(only("*.whl")) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return email.message_from_bytes(archive.read(name))


EXTRAS = metadata().get_all("Provides-Extra", [])


def resolved(folder: Path, *requirements: str) -> set[str]:
    """The names of the packages that pip would install into an environment with nothing in it."""
    report = folder / "report.json"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed"]
    subprocess.run([*command, "--report", report, *requirements], check=True)
    entries = json.loads(report.read_text())["install"]
    return {re.sub(r"[-_.]+", "-", entry["metadata"]["name"]).lower() for entry in entries}


def test_alone_it_pulls_nothing(wheel: Path, tmp_path: Path) -> None:
    assert resolved(tmp_path, str(wheel)) == {"ncrypt-ext"}


def test_alone_it_is_installed_by_name_without_an_index(wheel: Path, tmp_path: Path) -> None:
    found = resolved(tmp_path, "--no-index", "--find-links", str(wheel.parent), "ncrypt-ext")
    assert found == {"ncrypt-ext"}


def test_the_extras_are_known() -> None:
    assert EXTRAS == ["cryptography"]


@pytest.mark.parametrize("extra", EXTRAS)
def test_an_extra_pulls_what_it_names(extra: str, wheel: Path, tmp_path: Path) -> None:
    named = [
        requirement.partition(";")[0].strip()
        for requirement in metadata().get_all("Requires-Dist", [])
        if re.search(rf"extra == .{re.escape(extra)}\W", requirement)
    ]
    assert named
    assert resolved(tmp_path, f"{wheel}[{extra}]") == {"ncrypt-ext"} | resolved(tmp_path, *named)


@pytest.mark.parametrize("extra", EXTRAS)
def test_an_extra_is_enough(extra: str, wheel: Path, tmp_path: Path) -> None:
    """Installed as named, without the development tools of this environment."""
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", f"{wheel}[{extra}]"], check=True)
    script = (
        "import ncrypt_ext as nc\n"
        "with nc.Provider() as provider, provider.create_key('ECDSA_P256') as key:\n"
        "    print(type(key.as_cryptography()).__name__)\n"
    )
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    done = subprocess.run([python, "-c", script], env=env, cwd=tmp_path, stdout=subprocess.PIPE)
    assert done.returncode == 0
    assert done.stdout == b"StoredEllipticCurveKey\n"
