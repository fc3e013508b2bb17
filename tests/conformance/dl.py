# SPDX-License-Identifier: MIT
"""Numbers of DH and DSA keys from the vectors, and their blobs, put together here."""

import functools
import struct
from typing import NamedTuple

from .. import vector_loaders as vectors
from .material import number

UNKNOWN = 0xFF  # every byte of a counter or seed that nobody knows
OLD_WIDTH = 128  # bytes of the longest modulus that DSA blobs of version 1 are for


class Group(NamedTuple):
    p: int
    q: int
    g: int

    @property
    def width(self):
        return (self.p.bit_length() + 7) // 8

    @property
    def q_width(self):
        return (self.q.bit_length() + 7) // 8

    def wide(self, *values):
        return b"".join(number(value, self.width) for value in values)

    # -- DH

    def dh_parameters(self):
        body = self.wide(self.p, self.g)
        return struct.pack("<I4sI", 12 + len(body), b"DHPM", self.width) + body

    def dh_public(self, y):
        return struct.pack("<4sI", b"DHPB", self.width) + self.wide(self.p, self.g, y)

    def dh_private(self, x, y):
        return struct.pack("<4sI", b"DHPV", self.width) + self.wide(self.p, self.g, y, x)

    # -- DSA

    def subgroup(self, counter=None, seed=None):
        """What stands between the words that all blobs have and P."""
        q = number(self.q, self.q_width)
        if self.width <= OLD_WIDTH:
            return (counter or bytes([UNKNOWN]) * 4) + (seed or bytes([UNKNOWN]) * 20) + q
        seed = seed or bytes([UNKNOWN]) * len(q)
        hashes = {20: 0, 32: 1, 64: 2}
        words = struct.pack("<4I", hashes[len(q)], 1, len(seed), len(q))
        return words + (counter or bytes([UNKNOWN]) * 4) + seed + q

    def dsa_magic(self, kind):
        old = self.width <= OLD_WIDTH
        return {
            "public": b"DSPB" if old else b"DPB2",
            "private": b"DSPV" if old else b"DPV2",
            "parameters": b"DSPM" if old else b"DPM2",
        }[kind]

    def dsa_parameters(self):
        body = self.subgroup() + self.wide(self.p, self.g)
        magic = self.dsa_magic("parameters")
        return struct.pack("<I4sI", 12 + len(body), magic, self.width) + body

    def dsa_public(self, y):
        head = struct.pack("<4sI", self.dsa_magic("public"), self.width)
        return head + self.subgroup() + self.wide(self.p, self.g, y)

    def dsa_private(self, x, y):
        head = struct.pack("<4sI", self.dsa_magic("private"), self.width)
        numbers = self.wide(self.p, self.g, y) + number(x, self.q_width)
        return head + self.subgroup() + numbers


def group_of(record):
    return Group(*(int(record[name], 16) for name in "PQG"))


def numbers(record, *names):
    return tuple(int(record[name], 16) for name in names)


@functools.cache
def dsa_records(name):
    return list(vectors.load_cavp(name))


@functools.cache
def dh_records():
    """Those that are to pass, by the bits of their modulus."""
    found = {}
    for record in vectors.load_groups("dh_cavp.txt"):
        if record["Result"].startswith("P"):
            found.setdefault(group_of(record).p.bit_length(), []).append(record)
    return found


def dsa_key(bits):
    """(group, x, y) of a key of that size."""
    for record in dsa_records("dsa_siggen.txt"):
        group = group_of(record)
        if group.p.bit_length() == bits:
            return group, *numbers(record, "X", "Y")
    raise LookupError(bits)


def dh_key(bits):
    """(group, x, y) of a key of that size."""
    record = dh_records()[bits][0]
    return group_of(record), *numbers(record, "XstatIUT", "YstatIUT")
