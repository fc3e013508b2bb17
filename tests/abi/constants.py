# SPDX-License-Identifier: MIT
"""The values of macros and enumeration constants, computed by a C compiler."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from .views import INCLUDE

STRING = re.compile(r'\s*(?:u|L)?"')

PROGRAM = r"""
#include <stdio.h>
#include "wintypes.h"

static void show_number(const char *name, int negative, unsigned long long bits, int size)
{
    printf("{\"name\": \"%s\", \"size\": %d, \"value\": ", name, size);
    if (negative) {
        printf("%lld}\n", (long long)bits);
    } else {
        printf("%llu}\n", bits);
    }
}

static void show_string(const char *name, const void *text, unsigned long bytes, unsigned long unit)
{
    printf("{\"name\": \"%s\", \"unit\": %lu, \"value\": \"", name, unit);
    for (unsigned long i = 0; i + unit < bytes; i += unit) {
        unsigned long code = unit == 1 ? *((const unsigned char *)text + i)
                                       : *(const uint16_t *)((const unsigned char *)text + i);
        printf("\\u%04lx", code);
    }
    printf("\"}\n");
}
#define NUMBER(name, value) \
    show_number(name, (value) < 0, (unsigned long long)(value), sizeof(value));
#define STRING(name, value) show_string(name, value, sizeof(value), sizeof((value)[0]));

int main(void)
{
"""


def is_string(text: str) -> bool:
    return bool(STRING.match(text.lstrip("( ")))


def evaluate(expressions: dict[str, str], header: str = "", compiler: str = "cc") -> dict[str, Any]:
    """A row of the table for each; an expression may use the types of wintypes.h."""
    lines = [
        f'    {"STRING" if is_string(text) else "NUMBER"}("{name}", {text})\n'
        for name, text in expressions.items()
    ]
    # -fshort-wchar: L"..." is what u"..." is, as it is on Windows.
    options = ["-std=gnu11", "-w", "-fshort-wchar", f"-I{INCLUDE}"]
    with tempfile.TemporaryDirectory() as folder:
        source, program = Path(folder, "constants.c"), Path(folder, "constants")
        source.write_text(header + PROGRAM + "".join(lines) + "    return 0;\n}\n")
        command = [compiler, *options, str(source), "-o", str(program)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"a macro is no constant:\n{done.stderr}")
        output = subprocess.run([str(program)], capture_output=True, text=True, check=True).stdout
    rows = [json.loads(line) for line in output.splitlines()]
    for row in rows:
        row["kind"] = "string" if "unit" in row else "constant"
        row["text"] = expressions[row["name"]]
    return {row["name"]: row for row in rows}
