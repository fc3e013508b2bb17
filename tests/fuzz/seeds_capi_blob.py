# SPDX-License-Identifier: MIT
"""Inputs for fuzz_capi_blob.c: CryptoAPI's blobs of RSA keys, and each word of their headers with
another value."""

import struct

from ..conformance import material
from ..conformance.material import number

EXPORTABLE, WRONG_FLAG, OTHER_KEY, NO_BLOB, NO_KEY, NO_CONTEXT = (1 << bit for bit in range(6))
PUBLIC, PRIVATE, VERSION = 6, 7, 2
KEYX, SIGN = 0xA400, 0x2400
HEADER = "<BBHI4sII"
OTHER_VALUES = {
    0: (0, 1, 8),
    1: (0, 1, 3),
    2: (1, 0x100),
    3: (0, 0x6610, SIGN),
    4: (b"RSA1", b"RSA2", b"RSA3", b"DSS1"),
    5: (0, 8, 383, 385, 511, 513, 519, 520, 1024, 16384, 16392, 0xFFFFFFFF),
    6: (0, 1, 2, 3, 0xFFFFFFFF),
}


def header(kind, rsa, algorithm=KEYX):
    magic = b"RSA1" if kind == PUBLIC else b"RSA2"
    return [kind, VERSION, 0, algorithm, magic, rsa.width * 8, rsa.e]


def numbers(kind, rsa):
    half = (rsa.width + 1) // 2
    d, p, q = rsa.d, rsa.p, rsa.q
    private = [
        (p, half),
        (q, half),
        (d % (p - 1), half),
        (d % (q - 1), half),
        (pow(q, -1, p), half),
    ]
    found = [(rsa.n, rsa.width), *([*private, (d, rsa.width)] if kind == PRIVATE else [])]
    return b"".join(number(value, width)[::-1] for value, width in found)


def blobs():
    for kind in (PUBLIC, PRIVATE):
        for bits in (384, 512, 1032):
            rsa = material.rsa(bits)
            for algorithm in (KEYX, SIGN):
                yield struct.pack(HEADER, *header(kind, rsa, algorithm)) + numbers(kind, rsa)
        rsa = material.rsa(512)
        body = numbers(kind, rsa)
        for place, values in OTHER_VALUES.items():
            for value in values:
                words = header(kind, rsa)
                words[place] = value
                yield struct.pack(HEADER, *words) + body
        whole = struct.pack(HEADER, *header(kind, rsa)) + body
        for size in (0, 1, 7, 8, 19, 20, 21, len(whole) - 1):
            yield whole[:size]
        yield whole + b"rest"
        for at in range(20, len(whole), 32):
            yield whole[:at] + bytes(32) + whole[at + 32 :]
            yield whole[:at] + b"\xff" * 32 + whole[at + 32 :]
            yield whole[:at] + bytes([whole[at] ^ 2]) + whole[at + 1 :]
        yield whole[:20] + body[:63] + b"\0" + body[64:]


def kept():
    yield bytes([EXPORTABLE]) + next(blobs())


def starved():
    """Those to run with one allocation failing, and how many there are to fail."""
    rsa = material.rsa(384)
    for kind in (PUBLIC, PRIVATE):
        yield (
            400,
            bytes([EXPORTABLE]) + struct.pack(HEADER, *header(kind, rsa)) + numbers(kind, rsa),
        )


def inputs():
    for each in blobs():
        yield bytes([EXPORTABLE]) + each
        yield bytes([0]) + each
    for options in (WRONG_FLAG, OTHER_KEY, NO_BLOB, NO_KEY, NO_CONTEXT):
        yield bytes([options]) + next(blobs())
    yield b""
