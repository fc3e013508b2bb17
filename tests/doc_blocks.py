# SPDX-License-Identifier: MIT
"""The code blocks of the documentation, for the tests that run them.

Behind the language of a block stands how it is run:

* ``python``: alone, in a store of its own; ``python twice`` a second time on what the first run
  left
* ``python module``, ``c module``: the first line names the file that it is, for the blocks below it
* ``shell run``: by bash, alone, in a store of its own
* ``shell install``: by tests/packaging, in an environment with nothing but pip
* ``python built``, ``cython built``: a part of tests/packaging/consumer, which tests/packaging
  builds and runs
* ``tested by FILE``: by that file
* ``not run: REASON``: only compiled, or looked through by the shell
* ``text output``: what the block above prints
* ``text picture``: drawn with letters, nothing to run

Indented lines are not code: a block without a fence would be run by nobody.
"""

from __future__ import annotations

import re
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
# A story: its blocks are run one after the other, see run_story().
TUTORIAL = ROOT / "docs" / "tutorial.md"
FENCE = re.compile(r"^```(\S+)(.*)\n((?:.*\n)*?)^```$", re.MULTILINE)


class Block(NamedTuple):
    where: str
    language: str
    mark: str  # what stands behind the language: one of the above, or nothing
    more: str  # the file, or the reason
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
        parts = re.fullmatch(r"(tested by|not run:|)(.*)", fence[2].strip())
        mark, more = parts[1].rstrip(":"), parts[2].strip()
        if not mark:
            mark, more = more, ""
        if mark == "module":
            modules = [*modules, fence[3]]
        line = content.count("\n", 0, fence.start()) + 1
        where = f"{page.relative_to(ROOT).as_posix().removeprefix('docs/')}:{line}"
        blocks.append(Block(where, fence[1], mark, more, fence[3], output, modules))
    return blocks


def file_of(module: str) -> str:
    """The name in the first line of a block that is a file."""
    return re.findall(r"[\w.]+\.\w+", module.splitlines()[0])[0]


def all_blocks() -> list[Block]:
    return [block for page in PAGES for block in blocks_of(page)]


def script_of(blocks: list[Block]) -> str:
    """One script for bash that does what the reader of a story does.

    It writes each ``python module`` block to its file, runs the shell blocks, and compares what
    each printed with the page.
    """
    lines = ["set -eu"]  # without pipefail: a page may show the last line of an error
    for number, block in enumerate(blocks):
        if block.mark == "module":
            lines.append(f"cat > {file_of(block.text)} <<'END OF FILE'\n{block.text}END OF FILE")
        elif block.language == "shell":
            # In this shell and not in a part of it: what it activates or sets stays.
            if block.output is None:
                lines.append(f"{{ :\n{block.text}}} 2>&1")
            else:
                lines.append(f"{{ :\n{block.text}}} > output.{number}")
                lines.append(f"diff - output.{number} <<'END OF OUTPUT'")
                lines.append(f"{block.output}END OF OUTPUT")
                lines.append(f"rm output.{number}")
    return "\n".join(lines) + "\n"
