# SPDX-License-Identifier: MIT
"""C files that compile only where a compiler agrees with the table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

Row = dict[str, Any]
Maker = Callable[[Row], Iterable[str]]

HEAD = """\
#define CHECK(condition, text) _Static_assert(condition, text)
#define IS_SIGNED(type) ((type)-1 < (type)1)
/* Of string literals only GCC compares more than the size, and of wide ones. */
#if defined(__GNUC__) && !defined(__clang__)
#define SAME_TEXT(a, b) (__builtin_memcmp(a, b, sizeof(b)) == 0)
#else
#define SAME_TEXT(a, b) 1
#endif
"""

# A macro that takes arguments is checked by what it makes of some: (arguments, value).
SAMPLES = {
    "_HRESULT_TYPEDEF_": [("0u", 0), ("0x80090001u", -0x7FF6FFFF), ("0x40290423u", 0x40290423)],
    "HRESULT_FROM_WIN32": [
        ("0", 0),
        ("5", -0x7FF8FFFB),
        ("259", -0x7FF8FEFD),
        ("0x1FFFF", -0x7FF80001),
        ("-2146893823", -2146893823),
    ],
}


def number(value: int) -> str:
    """A constant expression with that value; the least number has no literal of its own."""
    if value < 0:
        return f"({value + 1}LL - 1)"
    return f"{value}{'ULL' if value > 0x7FFFFFFFFFFFFFFF else 'LL'}"


def literal(row: Row, wide: str) -> str:
    units = "".join(f"\\{ord(one):03o}" if ord(one) < 0x80 else one for one in row["value"])
    return f'{wide if row["unit"] == 2 else ""}"{units}"'


def of_constant(row: Row) -> Iterator[str]:
    name, value = row["name"], row["value"]
    if "LPCSTR" in row["text"]:  # a number where others give a name
        yield f'CHECK((uintptr_t){name} == {value}, "{name}");'
        return
    # A comparison would turn a negative number into a large one where the types' signs differ.
    yield f'CHECK((({name}) < 0) == {int(value < 0)}, "the sign of {name}");'
    yield f'CHECK(({name}) == {number(value)}, "{name}");'


def of_string(row: Row, wide: str) -> Iterator[str]:
    name, text = row["name"], literal(row, wide)
    yield f'CHECK(sizeof({name}) == sizeof({text}), "the length of {name}");'
    yield f'CHECK(SAME_TEXT({name}, {text}), "{name}");'


def of_struct(row: Row) -> Iterator[str]:
    name, kind = row["c"], row["type"]
    yield f'CHECK(sizeof({name}) == {kind["size"]}, "the size of {name}");'
    yield f'CHECK(_Alignof({name}) == {kind["align"]}, "the alignment of {name}");'
    for field in kind["fields"]:
        where = f"{name}.{field['name']}"
        member = f"(({name} *)0)->{field['name']}"
        yield f'CHECK(offsetof({name}, {field["name"]}) == {field["offset"]}, "{where}");'
        yield f'CHECK(sizeof({member}) == {field["type"]["size"]}, "the size of {where}");'


def of_type(row: Row) -> Iterator[str]:
    name, kind = row["name"], row["type"]
    if kind["kind"] in ("int", "pointer"):
        yield f'CHECK(sizeof({name}) == {kind["size"]}, "the size of {name}");'
    if kind["kind"] == "int" and not kind.get("enum"):
        yield f'CHECK(IS_SIGNED({name}) == {int(kind["signed"])}, "the sign of {name}");'


def spelled(kind: Row, inner: str = "") -> str:
    """A declaration of `inner` in C, from fixed-width types only."""
    if kind["kind"] == "void":
        return f"void {inner}".rstrip()
    if kind["kind"] == "pointer":
        to = kind["to"]
        around = f"(*{inner})" if to["kind"] in ("function", "array") else f"*{inner}"
        return ("const " if kind["const"] else "") + spelled(to, around)
    if kind["kind"] == "function":
        listed = ", ".join(spelled(one) for one in kind["parameters"]) or "void"
        return spelled(kind["result"], f"{inner}({listed})")
    if kind["kind"] == "array":
        return spelled(kind["of"], f"{inner}[{kind['count']}]")
    return f"{kind.get('c') or kind['name']} {inner}".rstrip()


def of_macro(row: Row) -> Iterator[str]:
    name = row["name"]
    for arguments, value in SAMPLES.get(name, []):
        yield f'CHECK({name}({arguments}) == {number(value)}, "{name}({arguments})");'


def of_function(row: Row) -> Iterator[str]:
    """The same function declared again: an error where it is not the same."""
    yield f"extern {spelled(row['type'], row['name'])};"


def assertions(rows: Iterable[Row], prefix: str, makers: dict[str, Maker]) -> Iterator[str]:
    """Those of values and layouts, and what else `makers` has, in the order of the rows."""
    makers = {
        "constant": of_constant,
        "string": lambda row: of_string(row, prefix),
        "struct": of_struct,
        "type": of_type,
        "macro": of_macro,
        **makers,
    }
    for row in rows:
        if row["kind"] in makers:
            yield from makers[row["kind"]](row)


def for_our_headers(rows: Iterable[Row], headers: Iterable[str]) -> str:
    """Everything, for a compiler that reads include/ as platforms without the SDK do."""
    lines = [f'#include "{name}"' for name in headers]
    lines += [HEAD, *assertions(rows, "u", {"function": of_function})]
    return "\n".join(lines) + "\n"


def for_windows(rows: Iterable[Row], source: str) -> str:
    """Values and layouts, for a compiler that reads Windows' headers. Functions are not declared
    again: an import library's may say more than the ABI does."""
    lines = [source, HEAD, *assertions(rows, "L", {})]
    return "\n".join(lines) + "\n"
