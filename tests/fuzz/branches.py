# SPDX-License-Identifier: MIT
"""The branches of the parsers that the corpora reach, from what `llvm-cov export` prints.

    llvm-cov export ... | branches.py [-v] [--libcrypto VERSION] [--least PERCENT] FILE...

A branch is one direction of one condition. Those of every function of the files count but of those
that only write: exports, getters of properties, the `.write` of a blob format, and what nothing but
these calls. unreached.txt says which cannot be reached, and why. -v lists the others that are not,
and the functions that do not count.
"""

import argparse
import json
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path

HERE = Path(__file__).parent
PORTABLE = (HERE / "../../ncrypt_ext/portable").resolve()
DEFINITION = re.compile(
    r"^\w[^;{}=]*?\b(\w+)\((?:[^;{}]*)\)\n\{\n(.*?)^\}", re.MULTILINE | re.DOTALL
)
ASIDE = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.DOTALL)  # comments, strings
WORD = re.compile(r"\b[a-zA-Z_]\w*\b")


def begins_writing(path, name, formats):
    getters = path.name.startswith("property") and re.fullmatch(r"(property_)?get_\w+", name)
    return (
        name in ("NCryptExportKey", "CryptExportKey", "NCryptGetProperty")
        or name in formats
        or getters
    )


def writers():
    """(file, name) of the functions that only write."""
    sources = {path: ASIDE.sub("", path.read_text()) for path in PORTABLE.rglob("*.c")}
    bodies, homes, shared = {}, defaultdict(set), defaultdict(set)
    for path, text in sources.items():
        for found in DEFINITION.finditer(text):
            bodies[path, found[1]] = found[2]
            homes[found[1]].add(path)
            if not found[0].startswith("static"):
                shared[found[1]].add(path)
    callers, formats = defaultdict(set), set()

    def mention(path, text, by):
        for name in set(WORD.findall(text)):
            for home in {path} & homes[name] or shared[name]:
                callers[home, name].add(by)

    for (path, name), body in bodies.items():
        mention(path, body, (path, name))
    for path, text in sources.items():
        formats |= set(re.findall(r"\.write = (\w+)", text))
        rest = re.sub(r"\.write = \w+", "", DEFINITION.sub("", text))
        mention(path, re.sub(r"^\w[^;{}=]*\([^;{}]*\);", "", rest, flags=re.MULTILINE), None)
    found = {(path, name) for path, name in bodies if begins_writing(path, name, formats)}
    while more := {
        who
        for who in bodies
        if who not in found and callers[who] & found and callers[who] <= found | {who}
    }:
        found |= more
    return found


def text_of(lines, place):
    line, column, last_line, last_column = place
    text = "\n".join(lines[line - 1 : last_line])
    end = len(text) - len(lines[last_line - 1]) + last_column - 1
    return re.sub(r"\s+", " ", text[column - 1 : end])


def read_branches(export, wanted):
    """{(file, function, place, direction): how often}"""
    counts = Counter()
    for function in export["functions"]:
        name = function["name"].split(":")[-1]
        for *place, if_true, if_false, file, _, _ in function["branches"]:
            path = Path(function["filenames"][file]).resolve()
            if path in wanted:
                counts[path, name, tuple(place), "true"] += if_true
                counts[path, name, tuple(place), "false"] += if_false
    return counts


def name_branches(counts):
    """{(file, function, condition, direction): (how often, line)}; the second of a function's same
    conditions ends with #2."""
    named, lines = {}, {}
    seen = Counter()
    for path, function, place, direction in sorted(counts):
        if path not in lines:
            lines[path] = path.read_text().split("\n")
        file = str(path.relative_to(PORTABLE))
        condition = text_of(lines[path], place)
        seen[key := (file, function, condition, direction)] += 1
        if seen[key] > 1:
            key = (file, function, f"{condition} #{seen[key]}", direction)
        named[key] = (counts[path, function, place, direction], place[0])
    return named


def read_reasons(libcrypto):
    """{(file, function, condition, direction): why}; "*" stands for any function or condition."""
    reasons, applies = {}, True
    for line in (HERE / "unreached.txt").read_text().splitlines():
        if section := re.fullmatch(r"\[libcrypto (before|from) (\d+)\.(\d+)\]", line):
            applies = (libcrypto < (int(section[2]), int(section[3]))) == (section[1] == "before")
        elif line and not line.startswith("#") and applies:
            row = re.fullmatch(r"(\S+?):(\S+): (?:(\*)|(.+) (true|false)) -- (.+)", line)
            if row is None:
                sys.exit(f"unreached.txt: not `file:function: condition true|false -- why`: {line}")
            file, function, everything, condition, direction, why = row.groups()
            reasons[file, function, everything or condition, direction or "*"] = why
    return reasons


def reason_for(key, reasons):
    file, function, *_ = key
    for row in (key, (file, function, "*", "*"), (file, "*", "*", "*")):
        if row in reasons:
            return row
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-v", action="store_true")
    parser.add_argument("--libcrypto", default="3.0")
    parser.add_argument("--least", type=float, default=0)
    parser.add_argument("files", nargs="+")
    options = parser.parse_args()
    reasons = read_reasons(tuple(map(int, options.libcrypto.split(".")[:2])))
    (export,) = json.load(sys.stdin)["data"]
    counts = read_branches(export, {Path(name).resolve() for name in options.files})
    skipped = writers()
    total, reached, left_out, used, stale = Counter(), Counter(), Counter(), set(), []
    missing = []
    for key, (count, line) in name_branches(counts).items():
        file, function, condition, direction = key
        if (PORTABLE / file, function) in skipped:
            continue
        total[file] += 1
        row = reason_for(key, reasons)
        used.add(row)
        if count > 0:
            reached[file] += 1
            if row == key:
                stale.append(
                    f"unreached.txt: is reached: {file}:{function}: {condition} {direction}"
                )
        elif row is not None:
            left_out[file] += 1
        else:
            missing.append(f"{file}:{line}: {function}: {condition} {direction}")
    for row in reasons.keys() - used:
        stale.append(f"unreached.txt: nothing is like this: {row[0]}:{row[1]}: {row[2]} {row[3]}")
    report(total, reached, left_out)
    if options.v:
        print("\nNot reached, and no reason why:", *missing, sep="\n")
        print(
            "\nOnly write:",
            *sorted(
                f"{path.name}: {name}"
                for path, name in skipped
                if path in {key[0] for key in counts}
            ),
            sep="\n",
        )
    share = 100 * reached.total() / (total.total() - left_out.total())
    if share < options.least:
        stale.append(f"{share:.1f} % is less than {options.least:g} %")
    print(*stale, sep="\n", end="" if not stale else "\n", file=sys.stderr)
    sys.exit(1 if stale else 0)


def report(total, reached, left_out):
    print("  all  but those left out   branches  reached  left out")

    def row(name, count, hit, out):
        rest = count - out
        print(
            f"{100 * hit / count:5.1f} %  {100 * hit / rest if rest else 100:5.1f} %"
            f"  {count:18}  {hit:7}  {out:8}  {name}"
        )

    for file in sorted(total):
        row(file, total[file], reached[file], left_out[file])
    row("the parsers", total.total(), reached.total(), left_out.total())


if __name__ == "__main__":
    main()
