# SPDX-License-Identifier: MIT
"""The tutorial, from an empty environment, with nothing but what the page says."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from ..doc_blocks import TUTORIAL, all_blocks, blocks_of, script_of


def environment(folder: Path, dist: Path) -> dict[str, str]:
    """Where pip finds the wheel is all that a reader has not; and which Python is python3."""
    commands = folder / "commands"
    commands.mkdir()
    (commands / "python3").symlink_to(Path(sys.base_prefix, "bin", Path(sys.executable).name))
    links = " ".join([str(dist), os.environ.get("PIP_FIND_LINKS", "")])
    settings = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    return {
        **settings,
        "PATH": f"{commands}:/usr/bin:/bin",
        "HOME": str(folder),
        "PIP_FIND_LINKS": links,
    }


def run(script: str, folder: Path, env: dict[str, str]) -> str:
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def test_tutorial(wheel: Path, tmp_path: Path) -> None:
    blocks = blocks_of(TUTORIAL)
    assert {block.mark for block in blocks} == {"install", "run", "module", "output"}
    reader = tmp_path / "reader"
    reader.mkdir()
    env = environment(tmp_path, wheel.parent)
    where = "import ncrypt_ext; print(ncrypt_ext.__file__)\n"
    printed = run(f"{script_of(blocks)}\npython -c '{where}'", reader, env)
    assert "portable" in printed
    package = Path(printed.splitlines()[-1]).parent
    assert package.is_relative_to(reader / "tutorial")
    with zipfile.ZipFile(wheel) as archive:  # and not a release that pip may know
        for name in archive.namelist():
            if name.startswith("ncrypt_ext/"):
                assert (package.parent / name).read_bytes() == archive.read(name), name

    # What it made, looked at by others: the key of the request signed the token.
    openssl = "openssl req -in coffee.csr -noout -verify -pubkey -out key.pem 2>&1"
    assert "OK" in run(openssl, reader, env)
    assert (reader / "key.pem").read_text() == (reader / "public.pem").read_text()
    signed, _, signature = (reader / "token.txt").read_text().rpartition(".")
    header, claims = signed.split(".")
    assert json.loads(decoded(header))["alg"] == "ES256"
    assert json.loads(decoded(claims)) == {"sub": "ada", "coffees": 2}
    verify_with_openssl(signed.encode(), decoded(signature), reader)
    with pytest.raises(AssertionError):
        verify_with_openssl(signed.encode() + b"x", decoded(signature), reader)
    assert not list((reader / "keys").glob("**/*.pem"))


def verify_with_openssl(message: bytes, signature: bytes, folder: Path) -> None:
    def integer(number: bytes) -> bytes:
        number = number.lstrip(b"\0")
        number = b"\0" + number if number[0] & 0x80 else number
        return bytes([2, len(number)]) + number

    both = integer(signature[:32]) + integer(signature[32:])
    (folder / "signature.der").write_bytes(bytes([0x30, len(both)]) + both)
    (folder / "signed.txt").write_bytes(message)
    command = "openssl dgst -sha256 -verify key.pem -signature signature.der signed.txt"
    assert "Verified OK" in run(command, folder, {"PATH": "/usr/bin:/bin"})


INSTALLATIONS = [block for block in all_blocks() if block.mark == "install"]


def test_pages_say_what_to_install() -> None:
    assert len(INSTALLATIONS) > 1


@pytest.mark.parametrize("block", INSTALLATIONS, ids=lambda block: block.where)
def test_installation(block: object, wheel: Path, tmp_path: Path) -> None:
    """What a page wants installed can be; pip finds out, and does not do it."""
    env = environment(tmp_path, wheel.parent) | {"PIP_DRY_RUN": "1"}
    ready = "python3 -m venv there\n. there/bin/activate\n"
    assert "Would install" in run(ready + block.text, tmp_path, env)
