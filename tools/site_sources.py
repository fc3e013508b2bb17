# SPDX-License-Identifier: MIT
"""Puts together what the site is made of: the pages of docs/ and of the top, and the reference.

python tools/site_sources.py FOLDER

The pages are written to be read on a code host as well. Here they get what the site needs beside
them: each its place in the navigation, and the first one a link to the reference.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import reference

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
TOP = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"]

# What a page says of the site to those who read it elsewhere, and what it says there.
ON_THE_SITE = {
    "`make docs` makes a reference of them, as a part of these pages as a site": (
        "the [reference](reference/index.rst) is made of them"
    ),
}

# The parts of the site. A pattern takes what no line before it named.
NAVIGATION = {
    "Start": ["README.md", "tutorial.md"],
    "How to": [
        "keys.md",
        "cryptography.md",
        "howto/*.md",
        "services.md",
        "hardware.md",
        "notifications.md",
        "signed-body.md",
        "web-services.md",
        "channels.md",
        "capi.md",
        "windows.md",
        "cython.md",
    ],
    "Coming from": ["coming-from-*.md"],
    "Reference": ["reference/index.rst", "errors.md", "functions.md"],
    "Explanation": [
        "lifetimes.md",
        "threads.md",
        "store.md",
        "engine.md",
        "security-model.md",
        "performance.md",
    ],
    "The project": ["architecture.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"],
}


def navigation(names: set[str]) -> str:
    """Tables of contents with every page in one of them; the site does not build otherwise."""
    left = set(names)
    text = []
    for caption, patterns in NAVIGATION.items():
        text += ["", "```{toctree}", ":hidden:", f":caption: {caption}", ""]
        for pattern in patterns:
            chosen = sorted(name for name in left if Path(name).match(pattern))
            text += [name.rpartition(".")[0] for name in chosen]
            left -= set(chosen)
        text.append("```")
    return "\n".join(text) + "\n"


def relinked(name: str, text: str, found: dict[str, bytes]) -> str:
    """A page whose links to what is outside of docs/ lead to copies in the site."""
    folder = ROOT if name in TOP else (DOCS / name).parent

    def link(match: re.Match[str]) -> str:
        path = (folder / match[1]).resolve()
        if path.is_relative_to(DOCS):
            target = path.relative_to(DOCS).as_posix()
        elif path.name in TOP:
            target = path.name
        elif path.is_file():
            target = f"files/{path.name}"
            found[target] = path.read_bytes()
        else:
            return match[0]
        return f"]({'../' * name.count('/')}{target}"

    return re.sub(r"\]\((?!\w+:)([^)#\s]+)", link, text)


def sources() -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for path in sorted(DOCS.rglob("*")):
        if path.suffix in (".md", ".svg"):
            found[path.relative_to(DOCS).as_posix()] = path.read_bytes()
    for name in TOP:
        found[name] = (ROOT / name).read_bytes()
    for name in [name for name in found if name.endswith(".md")]:
        found[name] = relinked(name, found[name].decode(), found).encode()
    index = found["index.md"].decode()
    for elsewhere, here in ON_THE_SITE.items():
        assert elsewhere in index, elsewhere
        index = index.replace(elsewhere, here)
    for name, text in reference.pages().items():
        found[f"reference/{name}.rst"] = text.encode()
    pages = {name for name in found if re.search(r"\.md$|^reference/index", name)}
    found["index.md"] = (index + navigation(pages - {"index.md"})).encode()
    return found


def main() -> int:
    folder = Path(sys.argv[1])
    wanted = sources()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.relative_to(folder).as_posix() not in wanted:
            path.unlink()
    for name, content in wanted.items():
        path = folder / name
        if not path.is_file() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    for fault in reference.FAULTS:
        print(f"reference: {fault}", file=sys.stderr)
    return 1 if reference.FAULTS else 0


if __name__ == "__main__":
    sys.exit(main())
