# SPDX-License-Identifier: MIT
"""The headers as a compiler sees them: preprocessed and parsed, with the macros beside.

There are two views. "portable" is what everything but Windows sees: all headers of include/, no
platform's own. "windows" is include/ncrypt_ext_compat.h after MinGW's headers, as an extension for
Windows sees it; it holds the declarations of MinGW too.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from pycparser import c_ast, c_parser

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
INCLUDE = ROOT / "include"
WINDOWS_HEADER = INCLUDE / "ncrypt_ext_compat.h"

# What pycparser, which knows standard C only, must not see.
NOT_C = {
    "__attribute__(x)": "",
    "__extension__": "",
    "__inline": "inline",
    "__inline__": "inline",
    "__restrict": "",
    "__restrict__": "",
    "__builtin_offsetof(type, member)": "0",
}
# Functions of MinGW's headers have bodies, with assembler in some of them.
NOT_C_IN_MINGW = {
    **NOT_C,
    "__declspec(x)": "",
    "__cdecl": "",
    "__stdcall": "",
    "__asm__(...)": "0",
    "__volatile__(...)": "",
    "__int64": "long long",
    "__builtin_va_list": "char *",
    "__float128": "double",
    "__MINGW_INTRIN_INLINE": "static",
    "__CRT__NO_INLINE": "1",
    "__INTRINSIC_DEFINED": "1",
    "__INTRINSIC_GROUP_WINNT": "1",
    "__INTRINSIC_GROUP_WINBASE": "1",
    "_X86INTRIN_H_INCLUDED": "1",
    "_EMMINTRIN_H_INCLUDED": "1",
}
LINE_MARKER = re.compile(r'# \d+ "(.*)"')
DEFINITION = re.compile(r"#define (\w+)(\()?")


@dataclass
class View:
    """A program's first lines, and how a compiler is told about them."""

    name: str
    compiler: str
    options: list[str]
    source: str
    hidden: dict[str, str]
    tree: c_ast.FileAST = field(init=False)
    macros: dict[str, Macro] = field(init=False)

    def __post_init__(self) -> None:
        hidden = [part for name in self.hidden for part in ("-U", name.split("(")[0])]
        hidden += [part for name, text in self.hidden.items() for part in ("-D", f"{name}={text}")]
        text = self._run(["-E", *hidden], self.source)
        self.tree = c_parser.CParser().parse(text, self.name)
        self.macros = self._macros()

    def _run(self, options: list[str], source: str) -> str:
        command = [self.compiler, *self.options, *options, "-x", "c", "-"]
        done = subprocess.run(command, input=source, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}\n{done.stderr}")
        return done.stdout

    def _macros(self) -> dict[str, Macro]:
        found: dict[str, Macro] = {}
        where = ""
        for line in self._run(["-E", "-dD"], self.source).splitlines():
            if marker := LINE_MARKER.match(line):
                where = marker[1]
            elif definition := DEFINITION.match(line):
                found[definition[1]] = Macro(definition[1], where, bool(definition[2]))
            elif line.startswith("#undef "):
                found.pop(line.split()[1], None)
        names = [name for name, macro in found.items() if not macro.takes_arguments]
        # In this form a macro is replaced on the right of the mark only.
        marks = "".join(f"\nabi_mark_{name} {name}\n" for name in names)
        expanded = self._run(["-E", "-P"], self.source + marks).split("abi_mark_")[1:]
        for chunk in expanded:
            name, _, text = chunk.partition(" ")
            found[name.strip()].text = " ".join(text.split())
        return found


@dataclass
class Macro:
    name: str
    file: str
    takes_arguments: bool
    text: str = ""  # everything replaced; nothing for one that takes arguments

    @cached_property
    def is_expression(self) -> bool:
        if not self.text:
            return False
        types = "typedef int HRESULT, LONG, DWORD, ULONG, NTSTATUS, BOOL, uint32_t;"
        types += "typedef const char *LPCSTR;"
        try:
            c_parser.CParser().parse(f"{types} int value = {self.text};")
        except c_parser.ParseError:
            return False
        return True


def portable_headers() -> list[Path]:
    return sorted(INCLUDE.glob("*.h"))


def portable(compiler: str = "cc") -> View:
    options = ["-std=c11", "-nostdinc", f"-I{HERE / 'freestanding'}", f"-I{INCLUDE}"]
    source = "".join(f'#include "{header.name}"\n' for header in portable_headers())
    return View("portable", compiler, options, source, NOT_C)


def windows(compiler: str = "x86_64-w64-mingw32-gcc") -> View:
    return View("windows", compiler, windows_options(), windows_source(), NOT_C_IN_MINGW)


def windows_options() -> list[str]:
    return ["-std=gnu11", "-D_WIN32_WINNT=0x0A00"]


def windows_source() -> str:
    """The compatibility header, and those of MinGW's that have the names of ours."""
    own = [header.name for header in portable_headers()]
    others = "".join(
        f"#if __has_include(<{name}>)\n#include <{name}>\n#endif\n" for name in [*own, "ntstatus.h"]
    )
    status = "#undef WIN32_NO_STATUS\n"
    return f'#define WIN32_NO_STATUS\n#include "{WINDOWS_HEADER}"\n{status}{others}'
