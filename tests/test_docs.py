# SPDX-License-Identifier: MIT
"""The documentation does what it says: each example runs, alone, in a store of its own.

Every ``python`` block of the README and of docs/ is run; ``python twice`` a second time on what
the first run left. A ``python module`` block names its file in its first line, and may be imported
by the blocks below it. A ``text output`` block below one is what it prints. ``shell run`` blocks
are run, other shell blocks are not.
"""

import os
import re
import shutil
import subprocess
import sys
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

import pytest

import ncrypt_ext as nc

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="the pages show what the portable engine prints"
)
FENCE = re.compile(r"^```(\S+)(.*)\n((?:.*\n)*?)^```$", re.MULTILINE)


class Block(NamedTuple):
    where: str
    language: str
    marks: list[str]
    text: str
    output: str | None
    modules: list[str]


def blocks_of(page: Path) -> list[Block]:
    content = page.read_text(encoding="utf-8")
    fences = list(FENCE.finditer(content))
    blocks: list[Block] = []
    modules: list[str] = []
    for fence, following in zip_longest(fences, fences[1:]):
        output = None
        if following is not None and following[2].split() == ["output"]:
            output = following[3]
        where = f"{page.name}:{content.count(chr(10), 0, fence.start()) + 1}"
        if fence[2].split() == ["module"]:
            modules = [*modules, fence[3]]
        blocks.append(Block(where, fence[1], fence[2].split(), fence[3], output, modules))
    return blocks


BLOCKS = [block for page in PAGES for block in blocks_of(page)]
PYTHON = [block for block in BLOCKS if block.language == "python"]
SHELL = [block for block in BLOCKS if block.language == "shell" and "run" in block.marks]


def where(block: Block) -> str:
    return block.where


def run(command: list[str], folder: Path) -> str:
    package_root = os.path.dirname(nc.get_library_dir())
    environment = dict(
        os.environ,
        NCRYPT_EXT_HOME=str(folder / "home"),
        PYTHONPATH=package_root,
        PATH=os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]]),
    )
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, f"exit code {done.returncode}\n{done.stdout}{done.stderr}"
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("block", PYTHON, ids=where)
def test_python(block: Block, tmp_path: Path) -> None:
    for module in block.modules:
        (tmp_path / module.splitlines()[0].removeprefix("# ")).write_text(module, encoding="utf-8")
    for _ in range(2 if "twice" in block.marks else 1):
        printed = run([sys.executable, "-W", "error", "-c", block.text], tmp_path)
        if block.output is not None:
            assert printed == block.output


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash to run them")
@pytest.mark.parametrize("block", SHELL, ids=where)
def test_shell(block: Block, tmp_path: Path) -> None:
    printed = run(["bash", "-euo", "pipefail", "-c", block.text], tmp_path)
    if block.output is not None:
        assert printed == block.output


def test_marks_are_known() -> None:
    known = {
        "python": {(), ("twice",), ("module",)},
        "shell": {(), ("run",)},
        "text": {(), ("output",)},
        "cython": {()},
    }
    for block in BLOCKS:
        assert block.language in known, block.where
        assert tuple(block.marks) in known[block.language], block.where


def test_everyday_example_is_in_the_readme() -> None:
    (block,) = [block for block in PYTHON if block.where.startswith("README") and block.marks]
    assert block.marks == ["twice"]
    assert block.output is not None


@pytest.mark.skipif(not (ROOT / "ncrypt_ext").is_dir(), reason="needs the sources")
def test_pages_are_complete() -> None:
    """Links, names, functions, errors, the map of the tree: see tools/check_docs.py."""
    checker = ROOT / "tools" / "check_docs.py"
    done = subprocess.run(
        [sys.executable, str(checker)],
        env=dict(os.environ, PYTHONPATH=os.path.dirname(nc.get_library_dir())),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
