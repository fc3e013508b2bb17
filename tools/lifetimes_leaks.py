# SPDX-License-Identifier: MIT
"""Tells our leaks from CPython's in the reports of LeakSanitizer: tools/lifetimes calls it.

python tools/lifetimes_leaks.py FOLDER

Whoever called the allocator has to answer for the memory. Frames of the C library, the sanitizer
and the libraries below the engine are stepped over; what is left is Python or one of ours.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

BELOW = re.compile(
    r"/lib(asan|ubsan|c|crypto|sqlite3|xml2|pthread|m|z|lzma|icu\w*)[.-][^/]*$|/libsanitizer/"
)
OURS = re.compile(r"(^|/)ncrypt_ext/([^/]+\.so|portable/.*|_\w+\.(c|h|pyx))$")
# "    #1 0x7f in name file:line" or "(module+0x123)"
FRAME = re.compile(r"^\s+#\d+ 0x[0-9a-f]+ .*?\(?(?P<file>[^\s(]*/[^\s:+)]+)[^\s]*( \(BuildId.*)?$")
LEAK = re.compile(r"^(Direct|Indirect) leak of ")


def leaks(text: str) -> list[list[str]]:
    """The lines of each."""
    found: list[list[str]] = []
    inside = False
    for line in text.splitlines():
        if LEAK.match(line):
            found.append([])
            inside = True
        if inside and not line.strip():
            inside = False
        if inside:
            found[-1].append(line)
    return found


def responsible(lines: list[str]) -> str:
    """The file of the first frame that is not below us; empty when there is none."""
    for line in lines:
        frame = FRAME.match(line)
        if frame and not BELOW.search(frame["file"]):
            return str(frame["file"])
    return ""


def main() -> int:
    reports = sorted(Path(sys.argv[1]).iterdir())
    ours = other = 0
    for report in reports:
        text = report.read_text("utf-8", "replace")
        if "LeakSanitizer" not in text or "has encountered a fatal error" in text:
            sys.exit(f"no report of leaks:\n{text}")
        for leak in leaks(text):
            if OURS.search(responsible(leak)):
                print("\n".join(leak))
                ours += 1
            else:
                other += 1
    if ours + other == 0:
        sys.exit("LeakSanitizer found nothing at all, not even CPython's own: did it look?")
    print(f"leaks: {ours} of ours, {other} of others, in {len(reports)} processes")
    return 1 if ours else 0


if __name__ == "__main__":
    sys.exit(main())
