# SPDX-License-Identifier: MIT
"""Counts the calls of this process into the key store, by function.

A thunk stands before each function: on Windows in the import tables of the extension modules,
elsewhere in a library that is loaded before the engine (see build_library()). The functions behind
the thunks are the real ones.
"""

import ctypes
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROTOTYPE = re.compile(r"^(\w+) WINAPI (\w+)\(([^;]*)\);", re.MULTILINE)
ENGINE_VARIABLE = "NCRYPT_EXT_TEST_TRACED"

WRAPPER = """
{returns} WINAPI {name}({parameters})
{{
    static _Atomic(void *) real;

    atomic_fetch_add(&tracer_counts[{index}], 1);
    if (atomic_load(&tracer_failures[{index}]) > 0) {{
        atomic_fetch_sub(&tracer_failures[{index}], 1);
        return ({returns})tracer_statuses[{index}];
    }}
    if (atomic_load(&real) == NULL)
        atomic_store(&real, tracer_find("{name}"));
    return (({returns} (WINAPI *)({parameters}))atomic_load(&real))({arguments});
}}
"""

HEAD = """
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "bcrypt.h"
#include "ncrypt.h"

_Atomic(uint64_t) tracer_counts[{count}];
_Atomic(int) tracer_failures[{count}];
uint32_t tracer_statuses[{count}];
const char tracer_names[] = "{names}";

/* Not RTLD_NEXT: the engine comes with the extension modules, which nobody else can see. */
static void *tracer_find(const char *name)
{{
    void *library = dlopen(getenv("{variable}"), RTLD_LAZY | RTLD_NOLOAD);
    void *found = library == NULL ? NULL : dlsym(library, name);

    if (found == NULL)
        abort();
    return found;
}}
"""


def prototypes():
    """What the headers declare: result, name, parameters."""
    for header in ("ncrypt.h", "bcrypt.h"):
        yield from PROTOTYPE.findall((ROOT / "include" / header).read_text())


def source():
    functions = list(prototypes())
    names = " ".join(name for _, name, _ in functions)
    parts = [HEAD.format(count=len(functions), names=names, variable=ENGINE_VARIABLE)]
    for index, (returns, name, parameters) in enumerate(functions):
        arguments = [re.split(r"[\s*]+", each.strip())[-1] for each in parameters.split(",")]
        parts.append(
            WRAPPER.format(
                returns=returns,
                name=name,
                parameters=" ".join(parameters.split()),
                index=index,
                arguments=", ".join(arguments),
            )
        )
    return "".join(parts)


def build_library(folder):
    """A library for LD_PRELOAD; returns its path."""
    written, library = folder / "tracer.c", folder / "tracer.so"
    written.write_text(source())
    command = [os.environ.get("CC", "cc"), "-shared", "-fPIC", "-O1", f"-I{ROOT / 'include'}"]
    subprocess.run([*command, written, "-o", library], check=True)
    return library


class PreloadedCounts:
    def __init__(self):
        library = ctypes.CDLL(None)
        functions = list(prototypes())
        text = (ctypes.c_char * 4096).in_dll(library, "tracer_names").value.decode()
        self.names = text.split()
        assert len(self.names) == len(functions)
        self.counts = (ctypes.c_uint64 * len(functions)).in_dll(library, "tracer_counts")

    def read(self):
        return dict(zip(self.names, self.counts, strict=True))

    def fail(self, name, status, times=1):
        """The next calls of that function answer `status` and do nothing."""
        library, size, index = ctypes.CDLL(None), len(self.names), self.names.index(name)
        (ctypes.c_uint32 * size).in_dll(library, "tracer_statuses")[index] = status
        (ctypes.c_int * size).in_dll(library, "tracer_failures")[index] = times


class PatchedCounts:
    """For the extension modules that have been imported so far."""

    THUNK = 64  # bytes for each

    def __init__(self):
        self.counters = {}
        self.kernel = ctypes.WinDLL("kernel32")
        self.kernel.VirtualAlloc.restype = ctypes.c_void_p
        self.kernel.VirtualAlloc.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [
            ctypes.c_uint32
        ] * 2
        self.memory = self.kernel.VirtualAlloc(None, 64 * 1024, 0x3000, 0x40)
        self.used = 0
        self.kernel.GetModuleHandleW.restype = ctypes.c_void_p
        for module in list(sys.modules.values()):
            path = getattr(module, "__file__", None) or ""
            if path.endswith(".pyd") and "ncrypt_ext" in module.__name__:
                self.patch(self.kernel.GetModuleHandleW(ctypes.c_wchar_p(os.path.basename(path))))

    def number(self, address, size=4):
        return int.from_bytes(ctypes.string_at(address, size), "little")

    def patch(self, base):
        """Walks the import directory of a 64-bit module."""
        header = base + self.number(base + 0x3C)
        entry = base + self.number(header + 24 + 112 + 8)
        while self.number(entry + 12):
            library = ctypes.string_at(base + self.number(entry + 12)).decode().lower()
            if library in ("ncrypt.dll", "bcrypt.dll"):
                self.patch_library(base, base + self.number(entry), base + self.number(entry + 16))
            entry += 20

    def patch_library(self, base, names, slots):
        while self.number(names, 8):
            name = ctypes.string_at(base + self.number(names, 8) + 2).decode()
            thunk = self.thunk(name, self.number(slots, 8))
            old = ctypes.c_uint32()
            protect = self.kernel.VirtualProtect
            protect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_uint32, ctypes.c_void_p]
            assert protect(slots, 8, 0x04, ctypes.byref(old))
            ctypes.memmove(slots, thunk.to_bytes(8, "little"), 8)
            assert protect(slots, 8, old.value, ctypes.byref(old))
            names += 8
            slots += 8

    def thunk(self, name, target):
        counter = self.counters.setdefault(name, ctypes.c_uint64())
        where = self.memory + self.used
        self.used += self.THUNK
        code = b"\x49\xbb" + ctypes.addressof(counter).to_bytes(8, "little")  # mov r11, counter
        code += b"\xf0\x49\xff\x03"  # lock inc qword ptr [r11]
        code += b"\x49\xbb" + target.to_bytes(8, "little")  # mov r11, target
        code += b"\x41\xff\xe3"  # jmp r11
        ctypes.memmove(where, code, len(code))
        return where

    def read(self):
        return {name: counter.value for name, counter in self.counters.items()}


def start():
    return PatchedCounts() if sys.platform == "win32" else PreloadedCounts()
