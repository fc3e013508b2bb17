# SPDX-License-Identifier: MIT
"""Cross-builds the extension modules for an assembled Windows CPython 3.11 with MinGW-w64.

python tools/windows/build.py WINDOWS_PYTHON SITE    run in the repository's root

The list of extensions and their settings are setup.py's own. SITE then holds the package as an
installed one would look, for use as PYTHONPATH.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

from setuptools import Extension

COMPILER = "x86_64-w64-mingw32-gcc"
SUFFIX = ".cp311-win_amd64.pyd"


def load_setup() -> ModuleType:
    spec = importlib.util.spec_from_file_location("setup", "setup.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def build(module: Extension, python: Path, site: Path) -> None:
    target = site / (module.name.replace(".", "/") + SUFFIX)
    inputs = [*module.sources, *module.depends]
    if target.exists() and all(Path(i).stat().st_mtime <= target.stat().st_mtime for i in inputs):
        return
    includes = [f"-I{folder}" for folder in (python / "include", *module.include_dirs)]
    libraries = [f"-l{name}" for name in ("python311", *module.libraries)]
    options = ["-O2", "-g0", "-shared", "-static-libgcc", "-DMS_WIN64", "-D_WIN32_WINNT=0x0A00"]
    command = [COMPILER, *options, *includes, *module.sources, "-o", str(target), f"-L{python}"]
    subprocess.run(command + libraries, check=True)


def main() -> None:
    python, site = Path(sys.argv[1]), Path(sys.argv[2])
    package = site / "ncrypt_ext"
    package.mkdir(parents=True, exist_ok=True)
    setup = load_setup()
    setup.stage_windows_headers()
    modules = setup.cythonized(setup.extensions(windows=True))
    for stale in {path.name.split(".")[0] for path in package.glob("*.pyd")} - {
        module.name.split(".")[1] for module in modules
    }:
        (package / f"{stale}{SUFFIX}").unlink()
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda module: build(module, python, site), modules))
    for source in Path("ncrypt_ext").rglob("*.py"):
        target = site / source
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)


if __name__ == "__main__":
    main()
