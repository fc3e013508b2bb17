# SPDX-License-Identifier: MIT
"""Which rows of the API the conformance tests have reached: what was asked for, and the answer.

    python -m tests.conformance.rows FOLDER

A run of the tests with NCRYPT_EXT_CONFORMANCE_ROWS set to a folder leaves a file there for each of
its processes. The command holds them against rows.txt, which has what a software provider is asked
for: it names each row that no test has reached, each that is said to be left out though one has,
and statuses that it would not know. Those of ML-DSA and ML-KEM are left out where there are no such
keys, as their tests are.
"""

import ctypes
import os
import sys
from pathlib import Path

from .abi import BufferDesc
from .constants import ERROR_SUCCESS, NTE_BAD_FLAGS, PAD_PKCS1, STATUS_NAMES

FOLDER = os.environ.get("NCRYPT_EXT_CONFORMANCE_ROWS")
ROWS = Path(__file__).with_name("rows.txt")
LEFT_OUT = " -- "
NEWER = "openssl 3.5"  # the reason that does not hold everywhere

# Where a function has the name that its row is about, and what such a row is called.
NAMES = {
    "NCryptGetProperty": (1, "reads"),
    "NCryptSetProperty": (1, "writes"),
    "NCryptCreatePersistedKey": (2, "algorithm"),
    "NCryptImportKey": (2, "imports"),
    "NCryptExportKey": (2, "exports"),
    "NCryptDeriveKey": (1, "kdf"),
}
WITHOUT_FLAGS = {"NCryptIsKeyHandle", "NCryptFreeObject", "NCryptFreeBuffer"}
WITHOUT_STATUS = {"NCryptIsKeyHandle"}
PROTOCOL_BUFFER, CURVE_NAME_BUFFER = 7, 60
PADDING = PAD_PKCS1  # a flag that is not meant, beside the one that is refused

seen = set()


def _text(argument):
    """The string that an argument is, or None."""
    if isinstance(argument, str):
        return argument
    if isinstance(argument, bytes):
        units = argument
    elif isinstance(argument, ctypes.Array) and argument._type_ in (
        ctypes.c_uint16,
        ctypes.c_uint8,
    ):
        units = bytes(argument)
    else:
        return None
    return units.decode("utf-16-le", "replace").rstrip("\0")


def _of_list(argument):
    """A parameter list's buffers, and the curve or the protocol it names."""
    desc = getattr(argument, "_obj", argument)
    if not isinstance(desc, BufferDesc) or not desc.buffers:
        return
    for entry in desc.buffers[: min(desc.count, 16)]:
        yield f"buffer {entry.type}"
        if entry.type == PROTOCOL_BUFFER and entry.data and entry.size == 4:
            yield f"protocol 0x{int.from_bytes(ctypes.string_at(entry.data, 4), 'little'):04X}"
        if entry.type == CURVE_NAME_BUFFER and entry.data and entry.size < 100:
            yield f"curve {_text(ctypes.string_at(entry.data, entry.size))}"


def _of_flags(function, arguments, status):
    flags = arguments[-1] if function not in WITHOUT_FLAGS else 0
    for bit in range(32 if isinstance(flags, int) else 0):
        if status == ERROR_SUCCESS and flags & 1 << bit:
            yield f"accepts {function} 0x{1 << bit:X}"
        elif status == NTE_BAD_FLAGS and flags in (1 << bit, PADDING | 1 << bit):
            yield f"refuses {function} 0x{1 << bit:X}"


def _of_success(function, arguments):
    place, kind = NAMES.get(function, (0, None))
    if kind is not None:
        yield f"{kind} {_text(arguments[place])}"
    if function == "NCryptSetProperty" and _text(arguments[1]) == "ECCCurveName":
        yield f"curve {_text(arguments[2])}"
    for argument in arguments:
        yield from _of_list(argument)


def note(function, arguments, status):
    """After a call. Its arguments are as the test gave them."""
    if FOLDER is None or not function.startswith("NCrypt"):
        return
    seen.add(f"function {function}")
    if function not in WITHOUT_STATUS:
        seen.add(f"status {STATUS_NAMES.get(status, hex(status))}")
    seen.update(_of_flags(function, arguments, status))
    if status == ERROR_SUCCESS:
        seen.update(_of_success(function, arguments))
    elif function in ("NCryptGetProperty", "NCryptSetProperty"):
        seen.add(f"property {_text(arguments[1])}")


def save():
    """At the end of a process."""
    if FOLDER is not None:
        file = Path(FOLDER, f"{os.getpid()}.txt")
        file.write_text("".join(f"{row}\n" for row in sorted(seen)), encoding="utf-8")


# ---- the command ---------------------------------------------------------------------------------


def rows():
    """(row, why it is left out or "")"""
    from .pq import HAS_KEYS  # not above: what it loads loads this module

    for line in ROWS.read_text(encoding="utf-8").splitlines():
        row, _, reason = line.partition(LEFT_OUT)
        if row and not row.startswith("#"):
            yield row, "" if reason == NEWER and HAS_KEYS else reason


def complaints(wanted, reached):
    for row, reason in wanted.items():
        if not reason and row not in reached:
            yield f"no test reaches: {row}"
        elif reason and row in reached:
            yield f"left out, but a test reaches it: {row}"
    names = set(STATUS_NAMES.values())  # of a status without a name nothing would be noticed
    for row in sorted(row for row in {*wanted, *reached} if row.startswith("status ")):
        if row.removeprefix("status ") not in names:
            yield f"not in constants.py: {row}"
        elif row not in wanted:
            yield f"a test reaches it, and it stands nowhere: {row}"


def main(folder):
    files = sorted(Path(folder).glob("*.txt"))
    reached = {row for file in files for row in file.read_text(encoding="utf-8").splitlines()}
    wanted = dict(rows())
    found = list(complaints(wanted, reached))
    print(*found, sep="\n")
    out = [row for row, reason in wanted.items() if reason]
    print(f"{len(wanted)} rows, {len(out)} left out with a reason, {len(found)} complaints")
    return bool(found) or not files


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
