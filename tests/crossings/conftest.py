# SPDX-License-Identifier: MIT
"""Programs that run where native calls are traced."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import ncrypt_ext as nc

from . import tracer

HERE = Path(__file__).parent
NATIVE = sys.platform == "win32"


@pytest.fixture(scope="session")
def environment(tmp_path_factory):
    """In which a program finds a tracer at work."""
    folder = tmp_path_factory.mktemp("tracer")
    package = os.path.dirname(nc.get_library_dir())
    found = dict(os.environ, NCRYPT_EXT_HOME=str(folder / "home"))
    found["PYTHONPATH"] = os.pathsep.join([package, *filter(None, [found.get("PYTHONPATH")])])
    if not NATIVE:
        engine = next(Path(nc.get_library_dir()).glob("libncrypt_ext_core.*"))
        found |= {"LD_PRELOAD": str(tracer.build_library(folder)), "LC_ALL": "C.UTF-8"}
        found[tracer.ENGINE_VARIABLE] = str(engine)
    return found


@pytest.fixture(scope="session")
def run_traced(environment):
    """run_traced(program, argument...) -> the last line that it printed."""

    def run(program, *arguments):
        done = subprocess.run(
            [sys.executable, str(HERE / program), *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.splitlines()[-1]

    return run


@pytest.fixture(scope="session")
def report(run_traced):
    """report(algorithm, name) -> the calls of each step of program.py."""
    return lambda *arguments: json.loads(run_traced("program.py", *arguments))
