# SPDX-License-Identifier: MIT
"""Inputs for fuzz_opaque.c."""

from struct import pack

from .blob_pieces import (
    known,
    patched,
    utf16,
)

# What is kept in the corpus by hand, and what runs short of memory.
KEPT = {"badly_renamed"}
ALLOCATIONS = {"renamed": 400, "by_machine": 400, "with_name": 400}

SEALED, RENAMED, NOT_FINISHED, BY_MACHINE, WITH_NAME, LARGE, NO_STORE, BADLY = (
    1 << bit for bit in range(8)
)


def named():
    sealed, at_algorithm = known("opaque", "0")[1:], 20 + 2 * 261

    def seed(how, data):
        return bytes([how]) + data

    named = patched(sealed, 20, utf16("inside"))
    for label, how in (
        ("renamed", RENAMED),
        ("unfinalized", NOT_FINISHED),
        ("by_machine", BY_MACHINE),
        ("with_name", WITH_NAME),
        ("with_both", WITH_NAME | RENAMED),
        ("without_store", NO_STORE),
    ):
        yield label, seed(SEALED | how, named)
    yield "badly_renamed", seed(SEALED | RENAMED | BADLY, named)
    yield "legacy", seed(SEALED | WITH_NAME, patched(named, 16, pack("<I", 1)))
    yield "legacy_all", seed(SEALED | WITH_NAME, patched(named, 16, b"\xff" * 4))
    yield "open_name", seed(SEALED | WITH_NAME, patched(named, 20, b"a" * (2 * 261)))
    yield "bad_name", seed(SEALED | WITH_NAME, patched(named, 20, utf16("a\\b")))
    yield "open_algorithm", seed(SEALED, patched(sealed, at_algorithm, b"a" * 130))
    yield "no_algorithm", seed(SEALED, patched(sealed, at_algorithm, utf16("none")))
    yield "large", seed(LARGE, b"TXCN" + bytes(600))
    yield "large_no_magic", seed(LARGE, b"\0" * 600)
    yield "not_sealed", seed(0, b"NCXT" + bytes(1000))
    yield "other_magic", seed(0, b"NCXU" + bytes(1000))
    yield "not_sealed_machine", seed(NO_STORE, b"NCXT" + bytes(1000))


def inputs():
    return (data for _, data in named())


def starved():
    """(up to which allocation, an input)"""
    return ((most, data) for name, data in named() if (most := ALLOCATIONS.get(name)))


def kept():
    """What llvm-cov sees and the fuzzer does not."""
    return (data for name, data in named() if name in KEPT)
