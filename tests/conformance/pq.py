# SPDX-License-Identifier: MIT
"""What the tests of ML-DSA and ML-KEM share: where there are such keys, their blobs."""

import ctypes
import re

import pytest

from .abi import D, P, Padding, wide
from .api import IMPLEMENTATION, _library

SETS = {
    "44": ("ML-DSA", 1312, 2560, 32, 2420),
    "65": ("ML-DSA", 1952, 4032, 32, 3309),
    "87": ("ML-DSA", 2592, 4896, 32, 4627),
    "512": ("ML-KEM", 800, 1632, 64, 768),
    "768": ("ML-KEM", 1184, 2400, 64, 1088),
    "1024": ("ML-KEM", 1568, 3168, 64, 1568),
}
SIGNING = [name for name, (algorithm, *_) in SETS.items() if algorithm == "ML-DSA"]
ENCAPSULATING = [name for name, (algorithm, *_) in SETS.items() if algorithm == "ML-KEM"]
BLOBS = {
    "ML-DSA": {"PQDSAPUBLICBLOB": b"DSPK", "PQDSAPRIVATEBLOB": b"DSSK"},
    "ML-KEM": {"MLKEMPUBLICBLOB": b"MLKP", "MLKEMPRIVATEBLOB": b"MLKR"},
}
SEEDS = {"ML-DSA": ("PQDSAPRIVATESEEDBLOB", b"DSSS"), "ML-KEM": ("MLKEMPRIVATESEEDBLOB", b"MLKS")}


def libcrypto_version():
    """Of the engine; Windows and Wine have none."""
    if IMPLEMENTATION != "engine":
        return 99, 0
    function = _library.ncx_versions
    function.restype = ctypes.c_char_p
    return tuple(map(int, re.search(r"OpenSSL (\d+)\.(\d+)", function().decode()).groups()))


HAS_KEYS = libcrypto_version() >= (3, 5)
needs_keys = pytest.mark.skipif(not HAS_KEYS, reason="libcrypto before 3.5 has no ML-DSA, ML-KEM")


class PqdsaInfo(ctypes.Structure):
    _fields_ = (("context", P), ("size", D), ("prehash", P))


def pqdsa(context=b"", prehash=None, size=None):
    held = (ctypes.c_uint8 * max(1, len(context))).from_buffer_copy(context or b"\0")
    name = None if prehash is None else wide(prehash)
    info = PqdsaInfo(
        ctypes.addressof(held) if context else None,
        len(context) if size is None else size,
        None if name is None else ctypes.addressof(name),
    )
    return Padding(0x20, info, held, name)


def blob(magic, parameter_set, key):
    name = (parameter_set + "\0").encode("utf-16-le")
    sizes = len(name).to_bytes(4, "little") + len(key).to_bytes(4, "little")
    return magic + sizes + name + key


def public(parameter_set, key):
    """(blob type, blob) of a public key."""
    kind, magic = next(iter(BLOBS[SETS[parameter_set][0]].items()))
    return kind, blob(magic, parameter_set, key)


def expanded(parameter_set, key):
    kind, magic = list(BLOBS[SETS[parameter_set][0]].items())[1]
    return kind, blob(magic, parameter_set, key)


def seed(parameter_set, key):
    kind, magic = SEEDS[SETS[parameter_set][0]]
    return kind, blob(magic, parameter_set, key)
