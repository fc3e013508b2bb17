# SPDX-License-Identifier: MIT
"""The documentation does what it says: each example runs.

How, stands behind the language of each block: see doc_blocks.py.
"""

import os
import re
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

import ncrypt_ext as nc
import ncrypt_ext.ws  # before the first test: it brings handles of its own

from .doc_blocks import FENCE, ROOT, TUTORIAL, Block, all_blocks, blocks_of, file_of, script_of

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="the pages show what the portable engine prints"
)
needs_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
needs_sources = pytest.mark.skipif(
    not (ROOT / "ncrypt_ext").is_dir(), reason="needs the sources of the package"
)
BLOCKS = all_blocks()
STORY = blocks_of(TUTORIAL)
KNOWN = {
    "python": {"", "twice", "module", "built", "tested by", "not run"},
    "shell": {"run", "install", "tested by", "not run"},
    "cython": {"built"},
    "c": {"module"},
    "text": {"output", "picture"},
}


def chosen(language: str, *marks: str) -> list[Block]:
    told = {block.where for block in STORY}
    return [
        block
        for block in BLOCKS
        if block.language == language and block.mark in marks and block.where not in told
    ]


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


def write_modules(block: Block, folder: Path) -> None:
    for module in block.modules:
        (folder / file_of(module)).write_text(module, encoding="utf-8")


@pytest.mark.parametrize("block", chosen("python", "", "twice", "module"), ids=where)
def test_python(block: Block, tmp_path: Path) -> None:
    write_modules(block, tmp_path)
    for _ in range(2 if block.mark == "twice" else 1):
        printed = run([sys.executable, "-W", "error", "-c", block.text], tmp_path)
        if block.output is not None:
            assert printed == block.output


@needs_bash
@pytest.mark.parametrize("block", chosen("shell", "run"), ids=where)
def test_shell(block: Block, tmp_path: Path) -> None:
    if "\ncc " in block.text and shutil.which("cc") is None:
        pytest.skip("there is no C compiler")
    write_modules(block, tmp_path)
    printed = run(["bash", "-euo", "pipefail", "-c", block.text], tmp_path)
    if block.output is not None:
        assert printed == block.output


@needs_bash
@pytest.mark.skipif(shutil.which("openssl") is None, reason="the command is not installed")
def test_tutorial(tmp_path: Path) -> None:
    """With the package of the tests; from an empty environment on it is run by tests/packaging."""
    told = [block for block in STORY if block.mark != "install"]
    assert len(told) > 6
    run(["bash", "-c", script_of(told)], tmp_path)


@pytest.mark.parametrize("block", chosen("python", "not run", "tested by"), ids=where)
def test_python_is_python(block: Block) -> None:
    compile(block.text, block.where, "exec")


@needs_bash
@pytest.mark.parametrize("block", chosen("shell", "not run", "install", "tested by"), ids=where)
def test_shell_is_shell(block: Block, tmp_path: Path) -> None:
    assert run(["bash", "-n", "-c", block.text], tmp_path) == ""


@pytest.mark.parametrize("block", BLOCKS, ids=where)
def test_each_block_says_how_it_is_run(block: Block) -> None:
    assert block.language in KNOWN
    assert block.mark in KNOWN[block.language]
    assert block.mark != "not run" or len(block.more.split()) > 2, "say why"
    if block.mark == "tested by":
        page = block.where.rpartition(":")[0]
        assert Path(page).name in (ROOT / block.more).read_text(encoding="utf-8")


def test_no_block_is_overlooked() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    texts = [page.read_text(encoding="utf-8") for page in pages]
    fences = [line for text in texts for line in re.findall(r"(?m)^\s*(?:```|~~~)", text)]
    assert len(fences) == 2 * len(BLOCKS)
    for page, text in zip(pages, texts, strict=True):
        without = FENCE.sub("", text)
        assert not re.search(r"\n\n(?: {4}|\t)|<pre|<code", without), f"code in {page.name}"


def test_each_output_is_compared() -> None:
    """What a page says is printed stands below something that is run and prints."""
    ran = {("python", ""), ("python", "twice"), ("shell", "run")}
    for above, block in pairwise(BLOCKS):
        if block.mark == "output":
            assert (above.language, above.mark) in ran, block.where
            assert above.output == block.text
    assert BLOCKS[0].mark != "output"


def test_all_of_the_tutorial_is_run() -> None:
    """Nothing in it is left out by script_of()."""
    parts = {(block.language, block.mark) for block in STORY}
    assert parts == {
        ("python", "module"),
        ("shell", "install"),
        ("shell", "run"),
        ("text", "output"),
    }
    script = script_of(STORY)
    for block in STORY:
        assert block.text in script, block.where
        if block.mark == "module":  # and each file that it makes is run by a later line
            assert re.search(rf"(?m)^python {re.escape(file_of(block.text))}$", script), block.where


def test_everyday_example_is_in_the_readme() -> None:
    (block,) = [block for block in chosen("python", "twice") if block.where.startswith("README")]
    assert block.output is not None


def run_tool(*command: str) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=dict(os.environ, PYTHONPATH=os.path.dirname(nc.get_library_dir())),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@needs_sources
def test_pages_are_complete() -> None:
    """Links, names, functions, errors, the map of the tree: see tools/check_docs.py."""
    run_tool("tools/check_docs.py")


@needs_sources
def test_pictures_are_what_their_texts_say() -> None:
    run_tool("tools/pictures.py", "--check")
