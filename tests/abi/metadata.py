# SPDX-License-Identifier: MIT
"""Microsoft's metadata as the package win32more has it, in the form of our table.

Runs in a Windows CPython only: elsewhere the package's types have other widths.
"""

from __future__ import annotations

import ctypes
import importlib
import re
import sys
from pathlib import Path
from typing import Any

import win32more._prelude as prelude
from win32more import _win32

Type = dict[str, Any]

ROOT = "win32more.Windows.Win32"
TOP_LEVEL = re.compile(rb"^(?:class |def )?([A-Za-z_]\w*)", re.MULTILINE)
# Where the same name is declared more than once, the first of these counts.
PREFERRED = ["Security.Cryptography", "Foundation", "Networking.WindowsWebServices", "Security"]


# What the metadata calls otherwise than the SDK.
RENAMED = {"Guid": "GUID"}


class UIntPtr(ctypes.c_size_t):
    """So that an integer of a pointer's width can be told from one that has 64 bits everywhere."""


class IntPtr(ctypes.c_ssize_t):
    pass


class Metadata:
    """All namespaces, imported as they are needed, laid out for 32 or 64 bits."""

    def __init__(self, bits: int, places: dict[str, str]) -> None:
        self.pointer = bits // 8
        self.places = places
        # The modules are read anew: some declare a structure for one architecture only.
        for name in [name for name in sys.modules if name.startswith("win32more.Windows.")]:
            del sys.modules[name]
        prelude.ARCH = "X64" if bits == 64 else "X86"
        prelude.UIntPtr = UIntPtr
        prelude.IntPtr = IntPtr

    def find(self, name: str) -> Any:
        """What the metadata has under that name; LookupError where it has nothing."""
        if name not in self.places:
            raise LookupError(name)
        return getattr(importlib.import_module(f"{ROOT}.{self.places[name]}"), name)

    def describe(self, kind: Any) -> Type:
        if kind is None or kind is type(None):
            return {"kind": "void"}
        if not isinstance(kind, type):
            raise TypeError(f"{kind!r} is no type")
        if issubclass(kind, (UIntPtr, IntPtr)):
            signed = issubclass(kind, IntPtr)
            described = {"kind": "int", "size": self.pointer, "signed": signed}
            # It also stands for a structure that is never looked into.
            return {**described, "handle": True} if signed else described
        if issubclass(kind, (ctypes.Structure, ctypes.Union)):
            return self.record(kind)
        if issubclass(kind, ctypes.Array):
            of = self.describe(kind._type_)
            # A flexible array has no element in Python and one in C.
            count = kind._length_ or 1
            return {"kind": "array", "count": count, "size": count * of["size"], "of": of}
        if issubclass(kind, ctypes._CFuncPtr):
            return self._pointer(
                {
                    "kind": "function",
                    "parameters": [self.describe(one) for one in kind._argtypes_],
                    "result": self.describe(kind._restype_),
                }
            )
        if issubclass(kind, ctypes._Pointer):
            return self._pointer(self._behind_pointer(kind._type_))
        return self._simple(kind)

    def _pointer(self, to: Type) -> Type:
        return {"kind": "pointer", "size": self.pointer, "to": to}

    def _behind_pointer(self, kind: Any) -> Type:
        if isinstance(kind, type) and issubclass(kind, (ctypes.Structure, ctypes.Union)):
            return {"kind": "struct", "name": kind.__name__}
        return self.describe(kind)

    def _simple(self, kind: Any) -> Type:
        code = kind._type_
        if code == "P":
            return self._pointer({"kind": "void"})
        if code == "Z":
            return self._pointer({"kind": "int", "size": 2, "signed": False})
        if code == "z":
            return self._pointer({"kind": "int", "size": 1, "signed": True})
        size = ctypes.sizeof(kind)
        if code in "fd":
            return {"kind": "float", "size": size}
        return {"kind": "int", "size": size, "signed": code in "bhilq"}

    def record(self, kind: Any) -> Type:
        if not kind._fields_:
            return {"kind": "opaque", "name": kind.__name__}
        fields: list[dict[str, Any]] = []
        union = issubclass(kind, ctypes.Union)
        packed = getattr(kind, "_pack_", 0) or 16
        anonymous = getattr(kind, "_anonymous_", ())
        end, align = 0, 1
        for name, member, *bits in kind._fields_:
            if bits:
                raise TypeError(f"{kind.__name__}.{name} is a bit field")
            described = self.describe(member)
            alignment = min(packed, alignment_of(described))
            offset = 0 if union else -(-end // alignment) * alignment
            end = max(end, offset + described["size"])
            align = max(align, alignment)
            if name in anonymous:
                fields += [{**f, "offset": offset + f["offset"]} for f in described["fields"]]
            else:
                fields.append({"name": name, "offset": offset, "type": described})
        size = -(-end // align) * align
        return {
            "kind": "struct",
            "name": RENAMED.get(kind.__name__, kind.__name__),
            "size": size,
            "align": align,
            "fields": fields,
        }

    def function(self, found: Any) -> Type:
        hints = dict(_win32.get_type_hints(found._prototype))
        result = self.describe(hints.pop("return"))
        parameters = [self.describe(one) for one in hints.values()]
        return {"kind": "function", "parameters": parameters, "result": result}


def alignment_of(kind: Type) -> int:
    if kind["kind"] == "array":
        return alignment_of(kind["of"])
    return int(kind.get("align") or kind["size"])


def index() -> dict[str, str]:
    """The namespace of every name."""
    import win32more

    folder = Path(win32more.__file__).parent / "Windows" / "Win32"
    places: dict[str, str] = {}
    for path in folder.rglob("__init__.py"):
        namespace = ".".join(path.parent.relative_to(folder).parts)
        for name in set(TOP_LEVEL.findall(path.read_bytes())):
            places.setdefault(name.decode(), namespace)
            if namespace in PREFERRED:
                now = places[name.decode()]
                if now not in PREFERRED or PREFERRED.index(namespace) < PREFERRED.index(now):
                    places[name.decode()] = namespace
    return places
