# SPDX-License-Identifier: MIT
"""Keys that are given, so that nothing waits for a prime: numbers from the vectors, and blobs."""

import functools
import struct
from typing import NamedTuple

from .. import vector_loaders as vectors
from .abi import wide_bytes
from .constants import (
    CIPHER_KEY_MAGIC,
    KEY_DATA_MAGIC,
    RSA_FULL_MAGIC,
    RSA_PRIVATE_MAGIC,
    RSA_PUBLIC_MAGIC,
)

HASH_SIZES = {"MD5": 16, "SHA1": 20, "SHA256": 32, "SHA384": 48, "SHA512": 64}

# Our own, as small and as odd as they come: (p, q) found by counting up from powers of two.
ODD_PRIMES = {
    384: (2**192 - 237, 2**192 - 333),
    512: (2**256 - 189, 2**256 - 357),
    1032: (2**516 - 689, 2**516 - 723),
}


def number(value, width=None):
    """Big-endian bytes, as few as possible or exactly `width`."""
    return value.to_bytes((value.bit_length() + 7) // 8 if width is None else width, "big")


class Rsa(NamedTuple):
    n: int
    e: int
    p: int
    q: int

    @property
    def bits(self):
        return self.n.bit_length()

    @property
    def width(self):
        return (self.bits + 7) // 8

    @property
    def d(self):
        return pow(self.e, -1, (self.p - 1) * (self.q - 1))

    def header(self, magic):
        sizes = (0, 0) if magic == RSA_PUBLIC_MAGIC else (len(number(self.p)), len(number(self.q)))
        return struct.pack(
            "<6I", magic, self.bits, len(number(self.e)), self.width, sizes[0], sizes[1]
        )

    def public_blob(self):
        return self.header(RSA_PUBLIC_MAGIC) + number(self.e) + number(self.n)

    def private_blob(self):
        primes = number(self.p) + number(self.q)
        return self.header(RSA_PRIVATE_MAGIC) + number(self.e) + number(self.n) + primes

    def full_blob(self):
        p, q, d = self.p, self.q, self.d
        widths = len(number(p)), len(number(q))
        return (
            self.header(RSA_FULL_MAGIC)
            + b"".join(map(number, (self.e, self.n, p, q)))
            + number(d % (p - 1), widths[0])
            + number(d % (q - 1), widths[1])
            + number(pow(q, -1, p), widths[0])
            + number(d, self.width)
        )


@functools.cache
def rsa(bits):
    """The key of that size."""
    if bits in ODD_PRIMES:
        p, q = ODD_PRIMES[bits]
        return Rsa(p * q, 65537, p, q)
    if bits in (3072, 4096):
        for record in vectors.load_cavp("rsa_siggen15.txt"):
            if record["mod"] == str(bits):
                n, e, d = (int(record[name], 16) for name in "ned")
                return Rsa(n, e, *vectors.recover_primes(n, e, d))
    return next(key for key in titled_keys("rsa_oaep_sha1.txt") if key.bits == bits)


@functools.cache
def titled_keys(name):
    found = {}
    for key, _ in vectors.load_titled(name):
        found.setdefault(key["Modulus"], titled_key(key))
    return list(found.values())


def titled_key(key):
    titles = ("Modulus", "Public exponent", "Prime 1", "Prime 2")
    return Rsa(*(int.from_bytes(key[title], "big") for title in titles))


class Curve(NamedTuple):
    name: str
    algorithm: str
    bits: int
    width: int
    public_magic: int
    private_magic: int
    order: int


P256 = Curve(
    "nistP256", "ECDSA_P256", 256, 32, 0x31534345, 0x32534345,
    0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
)  # fmt: skip
P384 = Curve(
    "nistP384", "ECDSA_P384", 384, 48, 0x33534345, 0x34534345,
    2**384 - 0x389CB27E0BC8D220A7E5F24DB74F58851313E695333AD68D,
)  # fmt: skip
P521 = Curve(
    "nistP521", "ECDSA_P521", 521, 66, 0x35534345, 0x36534345,
    2**521 - 0x5AE79787C40D069948033FEB708F65A2FC44A36477663B851449048E16EC79BF7,
)  # fmt: skip
CURVES = (P256, P384, P521)


class Ec(NamedTuple):
    curve: Curve
    x: int
    y: int
    d: int

    def blob(self, magic, *numbers):
        width = self.curve.width
        return struct.pack("<2I", magic, width) + b"".join(number(n, width) for n in numbers)

    def public_blob(self, magic=None):
        return self.blob(magic or self.curve.public_magic, self.x, self.y)

    def private_blob(self, magic=None):
        return self.blob(magic or self.curve.private_magic, self.x, self.y, self.d)


@functools.cache
def ec(curve):
    """A key on that curve."""
    wanted = curve.name.replace("nistP", "P-")
    for record in vectors.load_cavp("ecdsa_siggen.txt"):
        if record["curve"] == wanted:
            return Ec(curve, *(int(record[name], 16) for name in ("Qx", "Qy", "d")))
    raise LookupError(curve)


def key_data_blob(key):
    return struct.pack("<3I", KEY_DATA_MAGIC, 1, len(key)) + key


def cipher_key_blob(algorithm, key):
    name, data = wide_bytes(algorithm), key_data_blob(key)
    return struct.pack("<4I", 16, CIPHER_KEY_MAGIC, len(name), len(data)) + name + data
