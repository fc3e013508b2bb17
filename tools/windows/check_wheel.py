# SPDX-License-Identifier: MIT
"""Checks a wheel for Windows: what is in it, its size, its tags, and what its modules import.

python tools/windows/check_wheel.py WHEEL    run in the repository's root

Prints each fault it finds, and fails if there is one.
"""

from __future__ import annotations

import base64
import csv
import email
import hashlib
import io
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

LARGEST = 1_000_000
PACKAGE = Path("ncrypt_ext")
# Of the portable engine; what is not in this list goes in, also when it is new.
ENGINE_ONLY = {"_engine", "engine"}
HEADERS = {"_lease.h", "ncrypt_ext_compat.h", "ncrypt_ext_ws.h"}
# DLLs of every Windows from 8.1 on, and its C runtime under its two names.
SYSTEM = {
    "kernel32.dll",
    "ncrypt.dll",
    "bcrypt.dll",
    "advapi32.dll",
    "crypt32.dll",
    "webservices.dll",
    "msvcrt.dll",
    "ucrtbase.dll",
}
SYSTEM_PATTERN = re.compile(r"api-ms-win-crt-[a-z0-9-]+\.dll|python3\d*\.dll")


def expected_names(tag: str) -> set[str]:
    """What has to be in the package, found out from the tree and not from setup.py."""
    kinds = ("*.py", "*.pyi", "*.pxd", "py.typed")
    folders = (PACKAGE, PACKAGE / "ws", PACKAGE / "integrations")
    sources = [path for folder in folders for kind in kinds for path in folder.glob(kind)]
    names = {path.as_posix() for path in sources if path.stem not in ENGINE_ONLY}
    modules = {path.stem for path in PACKAGE.glob("*.pyx")} - ENGINE_ONLY | {"_cython"}
    names |= {f"ncrypt_ext/{module}.{tag}-win_amd64.pyd" for module in modules}
    return names | {f"ncrypt_ext/include/{header}" for header in HEADERS}


def check_contents(archive: zipfile.ZipFile, info: str, tag: str) -> Iterator[str]:
    found = set(archive.namelist())
    expected = expected_names(tag)
    expected |= {f"{info}/{name}" for name in ("METADATA", "WHEEL", "RECORD", "top_level.txt")}
    expected.add(f"{info}/licenses/LICENSE")
    for name in sorted(expected - found):
        yield f"{name} is missing"
    for name in sorted(found - expected):
        yield f"{name} does not belong in it"
    if len(archive.namelist()) != len(found):
        yield "a name is there twice"


def check_metadata(archive: zipfile.ZipFile, info: str, tag: str) -> Iterator[str]:
    metadata = email.message_from_bytes(archive.read(f"{info}/METADATA"))
    version = archive.read("ncrypt_ext/_version.py").decode()
    if f'__version__ = "{metadata["Version"]}"' not in version or metadata["Name"] != "ncrypt-ext":
        yield f"METADATA says {metadata['Name']} {metadata['Version']}"
    wheel = email.message_from_bytes(archive.read(f"{info}/WHEEL"))
    if wheel["Tag"] != f"{tag}-{tag}-win_amd64" or wheel["Root-Is-Purelib"] != "false":
        yield f"WHEEL says {wheel['Tag']}, pure: {wheel['Root-Is-Purelib']}"


def check_record(archive: zipfile.ZipFile, info: str) -> Iterator[str]:
    rows = {row[0]: row[1:] for row in csv.reader(io.StringIO(
        archive.read(f"{info}/RECORD").decode()))}  # fmt: skip
    for name in archive.namelist():
        content = archive.read(name)
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
        right = ["", ""] if name.endswith("/RECORD") else [f"sha256={digest}", str(len(content))]
        if rows.pop(name, None) != right:
            yield f"RECORD is wrong about {name}"
    for name in rows:
        yield f"RECORD has {name}, which is not there"


def imports(module: Path) -> set[str]:
    command = ["x86_64-w64-mingw32-objdump", "-p", str(module)]
    table = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return {name.lower() for name in re.findall(r"DLL Name: (\S+)", table)}


def check_imports(archive: zipfile.ZipFile, tag: str) -> Iterator[str]:
    everything: set[str] = set()
    modules = [name for name in archive.namelist() if name.endswith(".pyd")]
    with tempfile.TemporaryDirectory() as folder:
        for name in modules:
            found = imports(Path(archive.extract(name, folder)))
            everything |= found
            if f"python{tag[2:]}.dll" not in found:
                yield f"{name} does not import python{tag[2:]}.dll: {sorted(found)}"
            for library in sorted(found - SYSTEM):
                if not SYSTEM_PATTERN.fullmatch(library):
                    yield f"{name} imports {library}"
    print(f"{len(modules)} extension modules import {', '.join(sorted(everything))}")


def check(wheel: Path) -> Iterator[str]:
    size = wheel.stat().st_size
    print(f"{wheel.name}: {size:,} bytes, of at most {LARGEST:,}")
    if size >= LARGEST:
        yield f"{size:,} bytes are too many"
    _, version, tag, abi, platform = wheel.stem.split("-")
    if (tag, platform) != (abi, "win_amd64"):
        yield f"tags {tag}-{abi}-{platform}"
    info = f"ncrypt_ext-{version}.dist-info"
    with zipfile.ZipFile(wheel) as archive:
        yield from check_contents(archive, info, tag)
        yield from check_metadata(archive, info, tag)
        yield from check_record(archive, info)
        yield from check_imports(archive, tag)


def main() -> int:
    faults = list(check(Path(sys.argv[1])))
    for fault in faults:
        print(f"wheel for Windows: {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
