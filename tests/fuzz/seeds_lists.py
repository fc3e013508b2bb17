# SPDX-License-Identifier: MIT
"""Inputs for fuzz_lists.c."""

from struct import pack

from .blob_pieces import (
    P256,
    known,
    parameters,
    utf16,
)

# What is kept in the corpus by hand, and what runs short of memory.
KEPT = {"odd_place_60", "import_1_stored"}
ALLOCATIONS = {"import_0_name": 700, "import_0_both": 700, "import_2_numbers": 700}

EXPORT_LIST, IMPORT_LIST = 32, 48
NO_LIST, OTHER_VERSION, NO_BUFFERS, NO_DATA, ODD_PLACE = 0x80, 0x40, 0x20, 0x10, 8
OID, SETTINGS, KEY_NAME, PASSWORD, CERTIFICATE, CURVE_NAME, CURVE_NUMBERS = (
    41,
    42,
    45,
    46,
    47,
    60,
    61,
)
AES_BITS, HASH, LABEL = 96, 97, 98


def buffer(kind, data):
    return (
        bytes([kind, 255]) + pack("<H", len(data)) + data
        if len(data) >= 255
        else bytes([kind, len(data)]) + data
    )


def named():
    k1 = buffer(CURVE_NAME, utf16("secp256k1"))
    text = {kind: buffer(kind, utf16("text")) for kind in (KEY_NAME, PASSWORD, CURVE_NAME, HASH)}
    numbers = buffer(CURVE_NUMBERS, parameters(P256))
    for kind in range(4):
        what = bytes([IMPORT_LIST + kind])
        yield f"import_{kind}_name", what + b"\1" + k1 + text[KEY_NAME]
        yield f"import_{kind}_stored", what + b"\0" + k1 + text[KEY_NAME]
        yield f"import_{kind}_numbers", what + b"\0" + numbers
        yield f"import_{kind}_both", what + b"\0" + numbers + k1
    what = bytes([IMPORT_LIST])
    for kind in (*range(40, 48), 60, 61, *range(95, 99)):
        for label, data in (
            ("text", utf16("text")),
            ("ascii", b"text\0"),
            ("open", b"open"),
            ("empty", b""),
        ):
            yield f"one_{kind}_{label}", what + b"\1" + buffer(kind, data)
        odd = buffer(kind, b"\0" + utf16("text"))
        yield f"odd_place_{kind}", what + bytes([1 | ODD_PLACE]) + odd
        yield f"twice_{kind}", what + b"\1" + buffer(kind, utf16("text")) * 2
        yield f"no_data_{kind}", what + bytes([NO_DATA]) + buffer(kind, utf16("text"))
    for function in (
        *range(7),
        *range(16, 23),
        EXPORT_LIST,
        IMPORT_LIST,
        IMPORT_LIST + 4,
        IMPORT_LIST + 5,
    ):
        for how in NO_LIST, OTHER_VERSION, NO_BUFFERS, OTHER_VERSION | NO_BUFFERS:
            yield f"how_{function}_{how}", bytes([function, how]) + k1
    envelope, wrapped = bytes([IMPORT_LIST + 4, 0]), bytes([IMPORT_LIST + 5, 0])
    certificate = buffer(CERTIFICATE, known("wrapped", "certificate")[1:])
    for oid in "2.16.840.1.101.3.4.1.42", "2.16.840.1.101.3.4.1.2", "1.2.840.113549.3.7", "1.2.3":
        yield f"envelope_{oid}", envelope + certificate + buffer(OID, oid.encode() + b"\0")
    for name in "SHA1", "SHA256", "SHA384", "SHA512", "MD5", "none":
        yield f"wrapped_{name}", wrapped + buffer(HASH, utf16(name)) + buffer(LABEL, b"label")
    for bits in 128, 192, 256, 200, 0:
        yield (
            f"wrapped_{bits}",
            wrapped + buffer(AES_BITS, pack("<I", bits)) + buffer(HASH, utf16("SHA1")),
        )


def inputs():
    return (data for _, data in named())


def starved():
    """(up to which allocation, an input)"""
    return ((most, data) for name, data in named() if (most := ALLOCATIONS.get(name)))


def kept():
    """What llvm-cov sees and the fuzzer does not."""
    return (data for name, data in named() if name in KEPT)
