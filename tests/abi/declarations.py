# SPDX-License-Identifier: MIT
"""What a view declares, laid out for 32 or 64 bits by the rules of the Windows ABI.

A type is a dict: its kind, and for values the size. Where the metadata cannot tell (const, the C
name of an integer) the dict says it for the C assertions only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pycparser import c_ast

Type = dict[str, Any]

# Their widths are the same wherever the bits are, so they are never looked into.
INTEGERS = {
    **{f"{sign}int{bits}_t": (bits // 8, sign == "") for bits in (8, 16, 32, 64) for sign in "u"},
    **{f"int{bits}_t": (bits // 8, True) for bits in (8, 16, 32, 64)},
    "char16_t": (2, False),
    "wchar_t": (2, False),
    "char": (1, True),
    "signed char": (1, True),
    "unsigned char": (1, False),
    "_Bool": (1, False),
    "short": (2, True),
    "unsigned short": (2, False),
    "int": (4, True),
    "unsigned int": (4, False),
    "long long": (8, True),
    "unsigned long long": (8, False),
}
POINTER_SIZED = {"size_t": False, "uintptr_t": False, "intptr_t": True, "ptrdiff_t": True}
FLOATS = {"float": 4, "double": 8}
# The width of long is not the same everywhere: no portable declaration may have one.
LONGS = {"long": (4, True), "unsigned long": (4, False), "long double": (8, True)}
WORD_ORDER = ["signed", "unsigned", "char", "short", "long", "int"]


class Scope:
    """The names of a view. What `first` knows is taken from there."""

    def __init__(self, tree: c_ast.FileAST, bits: int, first: Scope | None = None) -> None:
        self.bits = bits
        self.pointer = bits // 8
        self.longs = first is not None
        self.typedefs: dict[str, c_ast.Node] = dict(first.typedefs) if first else {}
        self.records: dict[str, c_ast.Node] = dict(first.records) if first else {}
        self.names: dict[str, str] = dict(first.names) if first else {}
        for node in tree.ext:
            if isinstance(node, c_ast.Typedef):
                self.typedefs.setdefault(node.name, node.type)
                self._remember(node.type, node.name)
            elif isinstance(node, c_ast.Decl):
                self._remember(node.type, None)

    def _remember(self, node: c_ast.Node, name: str | None) -> None:
        """A structure's body by its tag, and its first name that is not a tag."""
        if isinstance(node, c_ast.TypeDecl):
            node = node.type
        if not isinstance(node, (c_ast.Struct, c_ast.Union)) or not node.name:
            return
        if node.decls:
            self.records.setdefault(node.name, node)
        if name:
            self.names.setdefault(node.name, name)

    def describe(self, node: c_ast.Node) -> Type:
        """A declared type. A structure is laid out; behind a pointer only its name is given."""
        if isinstance(node, c_ast.TypeDecl):
            return self.describe(node.type)
        if isinstance(node, c_ast.PtrDecl):
            return self._pointer(node.type)
        if isinstance(node, c_ast.ArrayDecl):
            of = self.describe(node.type)
            count = self.value(node.dim) if node.dim else 1
            return {"kind": "array", "count": count, "size": count * of["size"], "of": of}
        if isinstance(node, c_ast.FuncDecl):
            return self.function(node)
        if isinstance(node, (c_ast.Struct, c_ast.Union)):
            return self.record(node)
        if isinstance(node, c_ast.Enum):
            return {"kind": "int", "size": 4, "signed": True, "c": "int", "enum": True}
        return self._named(node.names)

    def _named(self, words: list[str]) -> Type:
        if len(words) == 1 and words[0] in POINTER_SIZED:
            signed = POINTER_SIZED[words[0]]
            return {"kind": "int", "size": self.pointer, "signed": signed, "c": words[0]}
        if len(words) == 1 and words[0] not in INTEGERS and words[0] in self.typedefs:
            described = self.describe(self.typedefs[words[0]])
            # Compilers may give an enumeration another sign: C spells it by its name.
            return {**described, "c": words[0]} if described.get("enum") else described
        name = " ".join(words)
        if name == "void":
            return {"kind": "void"}
        if name in FLOATS:
            return {"kind": "float", "size": FLOATS[name], "c": name}
        if name not in INTEGERS:
            name = self._integer(words)
        known = {**INTEGERS, **(LONGS if self.longs else {})}
        if name not in known:
            raise TypeError(f"{name}: no type of known width")
        size, signed = known[name]
        return {"kind": "int", "size": size, "signed": signed, "c": name}

    @staticmethod
    def _integer(words: list[str]) -> str:
        """One spelling for each built-in integer: "long unsigned int" is "unsigned long"."""
        if not set(words) <= set(WORD_ORDER):
            return " ".join(words)
        left = sorted((w for w in words if w != "signed" or "char" in words), key=WORD_ORDER.index)
        if len(left) > 1 and left[-1] == "int" and left != ["unsigned", "int"]:
            left.pop()
        return {"": "int", "unsigned": "unsigned int"}.get(" ".join(left), " ".join(left))

    def _pointer(self, target: c_ast.Node) -> Type:
        to = self._behind_pointer(target)
        constant = isinstance(target, c_ast.TypeDecl) and "const" in target.quals
        return {"kind": "pointer", "size": self.pointer, "to": to, "const": constant}

    def _behind_pointer(self, target: c_ast.Node) -> Type:
        node = target
        while isinstance(node, c_ast.TypeDecl):
            node = node.type
            if isinstance(node, c_ast.IdentifierType) and len(node.names) == 1:
                name = node.names[0]
                if name in INTEGERS or name in POINTER_SIZED or name not in self.typedefs:
                    break
                node = self.typedefs[name]
        if isinstance(node, (c_ast.Struct, c_ast.Union)):
            word = "union" if isinstance(node, c_ast.Union) else "struct"
            name = self.names.get(node.name, node.name)
            spelled = name if node.name in self.names else f"{word} {node.name}"
            known = node.decls or node.name in self.records
            return {"kind": "struct" if known else "opaque", "name": name, "c": spelled}
        return self.describe(node)

    def function(self, node: c_ast.FuncDecl) -> Type:
        listed = node.args.params if node.args else []
        if any(isinstance(one, c_ast.EllipsisParam) for one in listed):
            raise TypeError("a variable number of parameters")
        parameters = [self._parameter(one.type) for one in listed]
        if [one["kind"] for one in parameters] == ["void"]:
            parameters = []
        return {
            "kind": "function",
            "parameters": parameters,
            "result": self.describe(node.type),
        }

    def _parameter(self, node: c_ast.Node) -> Type:
        if isinstance(node, c_ast.ArrayDecl):
            return self._pointer(node.type)
        if isinstance(node, c_ast.FuncDecl):
            return self._pointer(node)
        return self.describe(node)

    def record(self, node: c_ast.Node) -> Type:
        """A structure or union, with every member in natural alignment."""
        whole = node if node.decls else self.records.get(node.name)
        if whole is None:
            return {"kind": "opaque", "name": self.names.get(node.name, node.name)}
        union = isinstance(whole, c_ast.Union)
        fields: list[dict[str, Any]] = []
        end = 0
        align = 1
        for member in whole.decls:
            if isinstance(member, c_ast.Pragma) or member.bitsize is not None:
                raise TypeError(f"{node.name}: packed structures and bit fields are not laid out")
            kind = self.describe(member.type)
            alignment = alignment_of(kind)
            offset = 0 if union else -(-end // alignment) * alignment
            end = max(end, offset + kind["size"])
            align = max(align, alignment)
            if member.name is None:
                fields += [{**f, "offset": offset + f["offset"]} for f in kind["fields"]]
            else:
                fields.append({"name": member.name, "offset": offset, "type": kind})
        name = self.names.get(node.name, node.name)
        size = -(-end // align) * align
        return {"kind": "struct", "name": name, "size": size, "align": align, "fields": fields}

    def value(self, node: c_ast.Node) -> int:
        """A constant expression as headers have them in array sizes and enumerations."""
        if isinstance(node, c_ast.Constant):
            return int(node.value.rstrip("uUlL"), 0)
        if isinstance(node, c_ast.UnaryOp) and node.op == "-":
            return -self.value(node.expr)
        if isinstance(node, c_ast.BinaryOp):
            left, right = self.value(node.left), self.value(node.right)
            operations = {
                "+": left + right,
                "-": left - right,
                "*": left * right,
                "|": left | right,
                "<<": left << right if 0 <= right < 64 else 0,
            }
            return operations[node.op]
        raise TypeError(f"{type(node).__name__} in a constant expression")


def alignment_of(kind: Type) -> int:
    if kind["kind"] == "array":
        return alignment_of(kind["of"])
    return int(kind.get("align") or kind["size"])


def enumerators(tree: c_ast.FileAST) -> Iterator[tuple[str, str]]:
    """(name, file) of every enumeration constant. Its value is asked of the compiler."""
    for node in tree.ext:
        if not isinstance(node, (c_ast.Typedef, c_ast.Decl)):
            continue
        inner = node.type
        while isinstance(inner, (c_ast.TypeDecl, c_ast.PtrDecl)):
            inner = inner.type
        if isinstance(inner, c_ast.Enum) and inner.values:
            for one in inner.values.enumerators:
                yield one.name, one.coord.file


def declared(tree: c_ast.FileAST) -> Iterator[tuple[str, c_ast.Node, c_ast.Node]]:
    """(name, declaration, type) of every typedef, function, variable and tagged structure."""
    for node in tree.ext:
        if isinstance(node, c_ast.FuncDef):
            yield node.decl.name, node.decl, node.decl.type
        elif isinstance(node, c_ast.Typedef) or (isinstance(node, c_ast.Decl) and node.name):
            yield node.name, node, node.type
        elif isinstance(node, c_ast.Decl) and isinstance(node.type, (c_ast.Struct, c_ast.Union)):
            if node.type.decls:
                yield node.type.name, node, node.type


def declaration(scope: Scope, name: str, node: c_ast.Node, kind: c_ast.Node) -> dict[str, Any]:
    """One row of the table."""
    described = scope.describe(kind)
    row: dict[str, Any] = {"name": name, "type": described}
    if isinstance(node, c_ast.Typedef):
        row["kind"] = "struct" if described["kind"] == "struct" else "type"
        row["c"] = name
    elif described["kind"] == "function":
        row["kind"] = "function"
    elif node.name is None:
        row["kind"] = "struct"
        row["c"] = f"{'union' if isinstance(kind, c_ast.Union) else 'struct'} {name}"
    else:
        row["kind"] = "variable"
    return row
