# SPDX-License-Identifier: MIT
"""Draws docs/pictures/*.txt as SVG, each beside its text.

python tools/pictures.py [--check]

With --check it only says which picture is not what its text says. A text has lines of

    title: ...                                what the picture is called
    text: ...                                 what it shows, for who cannot see it; many of these
    cell: WIDTH x HEIGHT                      of a box
    gap: WIDTH x HEIGHT                       between boxes
    box NAME ROW COLUMN SPAN LOOK: line | line ...
    arrow NAME -> NAME[: label]               between boxes above, below or beside each other

LOOK is plain, accent, dim, or none for text without a border. ``#`` begins a comment.
"""

from __future__ import annotations

import re
import sys
from html import escape
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "pictures"
MARGIN, LINE, LETTER = 16, 18, 7.2  # a line's height; the width of a letter, a generous guess
# The light colours are attributes, which every viewer knows, the dark ones a style on top.
LOOKS = {
    "ground": 'fill="#ffffff"',
    "plain": 'fill="#f6f8fa" stroke="#6e7781"',
    "accent": 'fill="#ddebfa" stroke="#2a6fb0"',
    "dim": 'fill="#ffffff" stroke="#9aa4af" stroke-dasharray="5 4"',
    "none": 'fill="none"',
    "arrow": 'stroke="#57606a" stroke-width="1.5"',
    "head": 'fill="#57606a"',
    "text": 'fill="#1c2128"',
    "first": 'fill="#1c2128" font-weight="bold"',
    "label": 'fill="#57606a" font-size="12"',
}
DARK = """
@media (prefers-color-scheme: dark) {
.text, .first { fill: #e6edf3 }
.label { fill: #a8b3bf }
.ground { fill: #161b22 }
.plain { fill: #21262d; stroke: #8b949e }
.accent { fill: #12304f; stroke: #58a6ff }
.dim { fill: #161b22; stroke: #6e7681 }
.arrow { stroke: #a8b3bf }
.head { fill: #a8b3bf }
}
"""


def look(name: str) -> str:
    return f'class="{name}" {LOOKS[name]}'


class Box(NamedTuple):
    x: int
    y: int
    width: int
    height: int
    look: str
    lines: list[str]


class Picture:
    def __init__(self, text: str) -> None:
        self.said: dict[str, list[str]] = {}
        self.boxes: dict[str, Box] = {}
        self.arrows: list[tuple[str, str, str]] = []
        for line in text.splitlines():
            if line.strip() and not line.startswith("#"):
                self.read(line)

    def size(self, name: str) -> tuple[int, int]:
        width, _, height = self.said[name][0].partition(" x ")
        return int(width), int(height)

    def read(self, line: str) -> None:
        words, _, rest = (part.strip() for part in line.partition(":"))
        if box := re.fullmatch(r"box (\w+) +(\d+) (\d+) (\d+) (plain|accent|dim|none)", words):
            (width, height), (right, down) = self.size("cell"), self.size("gap")
            row, column, span = (int(number) for number in box.groups()[1:4])
            wide = span * width + (span - 1) * right
            lines = [part.strip() for part in rest.split("|")]
            if max(map(len, lines)) * LETTER > wide:
                raise ValueError(f"the text is wider than its box: {line}")
            x, y = MARGIN + column * (width + right), MARGIN + row * (height + down)
            self.boxes[box[1]] = Box(x, y, wide, height, box[5], lines)
        elif arrow := re.fullmatch(r"arrow (\w+) -> (\w+)", words):
            self.arrows.append((arrow[1], arrow[2], rest))
        elif words in ("title", "text", "cell", "gap"):
            self.said.setdefault(words, []).append(rest)
        else:
            raise ValueError(f"this says nothing: {line}")

    def svg(self) -> str:
        right = max(box.x + box.width for box in self.boxes.values()) + MARGIN
        bottom = max(box.y + box.height for box in self.boxes.values()) + MARGIN
        title, text = escape(self.said["title"][0]), escape(" ".join(self.said["text"]))
        lines = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {right} {bottom}" role="img" '
            'font-family="sans-serif" font-size="13">',
            f"<title>{title}</title>",
            f"<desc>{text}</desc>",
            f"<style>{DARK}</style>",
            f'<rect {look("ground")} width="{right}" height="{bottom}" rx="8"/>',
            *(draw_arrow(self.boxes[a], self.boxes[b], label) for a, b, label in self.arrows),
            *(draw_box(box) for box in self.boxes.values()),
            "</svg>",
        ]
        return "\n".join(lines) + "\n"


def draw_box(box: Box) -> str:
    shape = f'x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}"'
    parts = [f'<rect {look(box.look)} {shape} rx="6"/>']
    y = box.y + box.height / 2 - LINE * (len(box.lines) - 1) / 2 + 4.5
    for number, line in enumerate(box.lines):
        kind = look("first" if number == 0 and box.look != "dim" else "text")
        at = f'x="{box.x + box.width / 2:g}" y="{y + number * LINE:g}"'
        parts.append(f'<text {kind} text-anchor="middle" {at}>{escape(line)}</text>')
    return "\n".join(parts)


def middle(a: int, a_size: int, b: int, b_size: int) -> float | None:
    """The middle of what two stretches share, or None."""
    low, high = max(a, b), min(a + a_size, b + b_size)
    return (low + high) / 2 if low < high else None


def draw_arrow(a: Box, b: Box, label: str) -> str:
    x, y = middle(a.x, a.width, b.x, b.width), middle(a.y, a.height, b.y, b.height)
    if x is not None:
        down = a.y < b.y
        start, end = (a.y + a.height, b.y) if down else (a.y, b.y + b.height)
        back = end - 8 if down else end + 8
        line = f'x1="{x:g}" y1="{start}" x2="{x:g}" y2="{back}"'
        head = f"{x - 5:g},{back} {x + 5:g},{back} {x:g},{end}"
        place = f'text-anchor="start" x="{x + 10:g}" y="{(start + end) / 2 + 4:g}"'
    elif y is not None:
        onward = a.x < b.x
        start, end = (a.x + a.width, b.x) if onward else (a.x, b.x + b.width)
        back = end - 8 if onward else end + 8
        line = f'x1="{start}" y1="{y:g}" x2="{back}" y2="{y:g}"'
        head = f"{back},{y - 5:g} {back},{y + 5:g} {end},{y:g}"
        place = f'text-anchor="middle" x="{(start + end) / 2:g}" y="{y - 8:g}"'
    else:
        raise ValueError(f"these are neither above nor beside each other: {a.lines}, {b.lines}")
    parts = [f"<line {look('arrow')} {line}/>", f'<polygon {look("head")} points="{head}"/>']
    if label:
        parts.append(f"<text {look('label')} {place}>{escape(label)}</text>")
    return "\n".join(parts)


def main() -> int:
    stale = 0
    for text in sorted(FOLDER.glob("*.txt")):
        drawn = Picture(text.read_text(encoding="utf-8")).svg()
        path = text.with_suffix(".svg")
        if "--check" not in sys.argv:
            path.write_text(drawn, encoding="utf-8")
        elif not path.is_file() or path.read_text(encoding="utf-8") != drawn:
            print(f"{path.name} is not what {text.name} says: run tools/pictures.py")
            stale = 1
    return stale


if __name__ == "__main__":
    sys.exit(main())
