# SPDX-License-Identifier: MIT
"""Keys in platform modules (TPM) and smart cards: cases_*.py, in a process where two of them are
played.

The keys and the arithmetic are the engine's; what is peculiar to the devices is answered by
fake_provider.c from what is known of the real ones. No device has ever been in the game.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import ncrypt_ext as nc

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def fake(tmp_path_factory):
    compiler = shutil.which("cc")
    if not sys.platform.startswith("linux") or compiler is None:
        pytest.skip("the stand-in for devices needs LD_PRELOAD and a compiler")
    target = tmp_path_factory.mktemp("fake") / "fake.so"
    flags = ["-std=c11", "-D_GNU_SOURCE", "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror"]
    sources = sorted(HERE.glob("*.c"))
    includes = [f"-I{nc.get_include()}"]
    command = [compiler, *flags, *includes, *sources, "-o", target, "-ldl", "-lpthread"]
    subprocess.run(command, check=True)
    return target


def test_cases(fake, tmp_path):
    (library,) = Path(nc.get_library_dir()).glob("libncrypt_ext_core.*")
    before = os.environ.get("LD_PRELOAD", "")
    environment = dict(
        os.environ,
        LD_PRELOAD=f"{before} {fake} {library}".strip(),
        PYTHONPATH=os.path.dirname(nc.get_library_dir()),
    )
    cases = sorted(HERE.glob("cases_*.py"))
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider"),
            f"--basetemp={tmp_path / 'inner'}",
            *cases,
        ],
        env=environment,
        cwd=HERE.parents[1],
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    # Skipped or deselected cases would prove nothing, nor would a file without any.
    summary = done.stdout.splitlines()[-1]
    assert re.fullmatch(r"=+ [1-9]\d* passed in .* =+", summary), summary
    for path in cases:
        assert re.search(rf"(?m)/{path.name} \.+ ", done.stdout), path.name
