# SPDX-License-Identifier: MIT
"""Builds the wheel for Windows on Linux: MinGW-w64 compiles, setup.py's own commands do the rest.

python tools/windows/build.py WINDOWS_PYTHON FOLDER    run in the repository's root

The extensions, their settings and what else is in the wheel are setup.py's own. FOLDER keeps what
is built between runs, and the one wheel. Its path is printed.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

from setuptools import Distribution, Extension
from setuptools.command.bdist_wheel import bdist_wheel

COMPILER = "x86_64-w64-mingw32-gcc"
PYTHON = "cp311"
SUFFIX = f".{PYTHON}-win_amd64.pyd"
ARCHIVER = "x86_64-w64-mingw32-dlltool"
# What MinGW-w64 lacks: a header, and the library to link with.
LACKING = "webservices"
# For size: the work is done in Windows' libraries, and what Cython makes shrinks by a quarter.
OPTIONS = ["-Os", "-g0", "-shared", "-static-libgcc", "-DNDEBUG", "-DMS_WIN64"]
OPTIONS += ["-D_WIN32_WINNT=0x0A00"]


def load_setup() -> ModuleType:
    spec = importlib.util.spec_from_file_location("setup", "setup.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


setup: Any = load_setup()


def complete_mingw(folder: Path) -> None:
    """Puts our own declarations of what it lacks, and a library made from them, into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    header = Path("include", f"{LACKING}.h")
    shutil.copy2(header, folder)
    names = re.findall(r"WINAPI (\w+)\(", header.read_text())
    exports = folder / f"{LACKING}.def"
    exports.write_text(f"LIBRARY {LACKING}.dll\nEXPORTS\n" + "".join(f"{one}\n" for one in names))
    library = folder / f"lib{LACKING}.a"
    subprocess.run([ARCHIVER, "-d", str(exports), "-l", str(library)], check=True)


def compile_extension(module: Extension, python: Path, more: Path, target: Path) -> None:
    inputs = [*module.sources, *module.depends, __file__, "setup.py"]
    if target.exists() and all(Path(i).stat().st_mtime <= target.stat().st_mtime for i in inputs):
        return
    includes = [f"-I{folder}" for folder in (python / "include", *module.include_dirs)]
    includes += ["-idirafter", str(more)]
    libraries = [f"-l{name}" for name in ("python311", *module.libraries)]
    # Under another name until it is whole; stripped, and no time of day in it.
    unfinished = target.with_suffix(".new")
    command = [COMPILER, *OPTIONS, "-s", "-Wl,--no-insert-timestamp", *includes, *module.sources]
    command += ["-o", str(unfinished), f"-L{python}", f"-L{more}", *libraries]
    subprocess.run(command, check=True)
    unfinished.rename(target)


class BuildExtensions(setup.BuildExtensions):  # type: ignore[misc]
    """The extensions by MinGW-w64, each only when something it is made of changed."""

    python: Path

    def run(self) -> None:
        package = Path(self.build_lib, "ncrypt_ext")
        package.mkdir(parents=True, exist_ok=True)
        setup.stage_windows_headers()
        more = Path(self.build_temp, "mingw")
        complete_mingw(more)
        modules = setup.cythonized(setup.extensions(windows=True))
        targets = [package / (module.name.rpartition(".")[2] + SUFFIX) for module in modules]
        for stale in set(package.glob("*.pyd")) - set(targets):
            stale.unlink()
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(lambda pair: compile_extension(pair[0], self.python, more, pair[1]),
                          zip(modules, targets, strict=True)))  # fmt: skip


class BuildPython(setup.BuildPython):  # type: ignore[misc]
    """Everything else anew, so that a file that is gone from the tree is gone from the wheel."""

    def run(self) -> None:
        for path in Path(self.build_lib).rglob("*"):
            if path.is_file() and path.suffix not in (".pyd", ".new"):
                path.unlink()
        super().run()


class BuildWheel(bdist_wheel):  # type: ignore[misc]
    def get_tag(self) -> tuple[str, str, str]:
        return PYTHON, PYTHON, "win_amd64"


def build(python: Path, folder: Path) -> Path:
    """The wheel's path."""
    BuildExtensions.python = python
    metadata = folder / "metadata"
    shutil.rmtree(folder / "dist", ignore_errors=True)
    metadata.mkdir(parents=True, exist_ok=True)
    # The same content gives the same bytes.
    os.environ.setdefault("SOURCE_DATE_EPOCH", "1577836800")
    distribution = Distribution({"script_name": "setup.py", **setup.arguments(windows=True)})
    distribution.parse_config_files()
    distribution.verbose = 0
    commands = {"build_ext": BuildExtensions, "build_py": BuildPython, "bdist_wheel": BuildWheel}
    distribution.cmdclass.update(commands)
    for command, options in {
        "build": {"build_base": str(folder), "build_lib": str(folder / "lib")},
        "egg_info": {"egg_base": str(metadata)},
        "bdist_wheel": {"dist_dir": str(folder / "dist"), "bdist_dir": str(folder / "image")},
    }.items():
        distribution.get_option_dict(command).update(
            {name: ("tools/windows/build.py", value) for name, value in options.items()}
        )
    distribution.run_command("bdist_wheel")
    (wheel,) = (folder / "dist").glob("*.whl")
    assert zipfile.is_zipfile(wheel)
    return wheel


if __name__ == "__main__":
    print(build(Path(sys.argv[1]), Path(sys.argv[2])))
