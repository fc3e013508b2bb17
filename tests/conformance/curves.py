# SPDX-License-Identifier: MIT
"""The named curves that have no algorithms of their own, and their keys as blobs."""

import struct
from typing import NamedTuple

from .abi import parameters
from .constants import (
    BUFFER_ECC_CURVE_NAME,
    ECDH_PRIVATE_GENERIC_MAGIC,
    ECDH_PUBLIC_GENERIC_MAGIC,
    ECDSA_PRIVATE_GENERIC_MAGIC,
    ECDSA_PUBLIC_GENERIC_MAGIC,
)

# By name: bits, bytes of a number, and the other names.
CURVES = {
    "nistP192": (192, 24, ("secP192r1", "x962P192v1")),
    "nistP224": (224, 28, ("secP224r1", "wtls12")),
    "secP160k1": (160, 20, ()),
    "secP160r1": (160, 20, ()),
    "secP160r2": (160, 20, ("wtls7",)),
    "secP192k1": (192, 24, ()),
    "secP224k1": (224, 28, ()),
    "secP256k1": (256, 32, ()),
    "brainpoolP160r1": (160, 20, ()),
    "brainpoolP160t1": (160, 20, ()),
    "brainpoolP192r1": (192, 24, ()),
    "brainpoolP192t1": (192, 24, ()),
    "brainpoolP224r1": (224, 28, ()),
    "brainpoolP224t1": (224, 28, ()),
    "brainpoolP256r1": (256, 32, ()),
    "brainpoolP256t1": (256, 32, ()),
    "brainpoolP320r1": (320, 40, ()),
    "brainpoolP320t1": (320, 40, ()),
    "brainpoolP384r1": (384, 48, ()),
    "brainpoolP384t1": (384, 48, ()),
    "brainpoolP512r1": (512, 64, ()),
    "brainpoolP512t1": (512, 64, ()),
    "x962P192v2": (192, 24, ()),
    "x962P192v3": (192, 24, ()),
    "x962P239v1": (239, 30, ()),
    "x962P239v2": (239, 30, ()),
    "x962P239v3": (239, 30, ()),
    "wtls9": (160, 20, ()),
}
MAGICS = {
    ("ECDSA", "ECCPUBLICBLOB"): ECDSA_PUBLIC_GENERIC_MAGIC,
    ("ECDSA", "ECCPRIVATEBLOB"): ECDSA_PRIVATE_GENERIC_MAGIC,
    ("ECDH", "ECCPUBLICBLOB"): ECDH_PUBLIC_GENERIC_MAGIC,
    ("ECDH", "ECCPRIVATEBLOB"): ECDH_PRIVATE_GENERIC_MAGIC,
}


def on(curve):
    """The parameters that name a curve."""
    return parameters((BUFFER_ECC_CURVE_NAME, curve))


class Numbers(NamedTuple):
    """A key of numbers."""

    curve: str
    x: int
    y: int
    d: int = 0

    def blob(self, group, kind):
        width = CURVES[self.curve][1]
        numbers = (self.x, self.y, self.d)[: 2 if kind == "ECCPUBLICBLOB" else 3]
        body = b"".join(number.to_bytes(width, "big") for number in numbers)
        return struct.pack("<2I", MAGICS[group, kind], width) + body

    def public(self, api, group="ECDSA"):
        kind = "ECCPUBLICBLOB"
        return api.import_key(kind, self.blob(group, kind), on(self.curve))

    def private(self, api, group="ECDSA"):
        kind = "ECCPRIVATEBLOB"
        return api.import_key(kind, self.blob(group, kind), on(self.curve))
