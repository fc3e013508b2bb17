# SPDX-License-Identifier: MIT
"""The groups of DH and DSA keys: as properties, in blobs and in DER. No native calls."""

from __future__ import annotations

import struct

from ncrypt_ext import properties
from ncrypt_ext._der import element
from ncrypt_ext.errors import BadDataError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_NTE_BAD_DATA = 0x80090005
_DSA = bytes.fromhex("06072a8648ce380401")
_DH = bytes.fromhex("06092a864886f70d010301")  # PKCS #3: P and G
_X942_DH = bytes.fromhex("06072a8648ce3e0201")  # and with Q
_OLD_WIDTH = 128  # bytes of the longest modulus that DSA has its old blobs for
_HASHES = {20: 0, 32: 1, 64: 2}  # bytes of Q -> the number of a hash that is as long
_UNKNOWN = b"\xff"


class Group:
    """What DH and DSA keys have in common that agree or verify with each other."""

    __slots__ = ("g", "kind", "p", "q")

    def __init__(self, kind: str, p: int, q: int | None, g: int) -> None:
        self.kind, self.p, self.q, self.g = kind, p, q, g

    @property
    def width(self) -> int:
        return (self.p.bit_length() + 7) // 8


# ---- DER -----------------------------------------------------------------------------------------


def _integer(number: int) -> bytes:
    return element(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def _take(der: bytes, tag: int) -> tuple[bytes, bytes]:
    """The content of the element at the beginning, and what follows it."""
    if len(der) < 2 or der[0] != tag:
        raise ValueError("no such element")
    start, size = 2, der[1]
    if size >= 0x80:
        start += size & 0x7F
        size = int.from_bytes(der[2:start], "big")
    if start + size > len(der):
        raise ValueError("an element beyond the end")
    return der[start : start + size], der[start + size :]


def _numbers(der: bytes) -> list[int]:
    """The positive INTEGERs at the beginning."""
    found = []
    while der[:1] == b"\x02":
        body, der = _take(der, 0x02)
        found.append(int.from_bytes(body, "big"))
    return found


# ---- blobs ---------------------------------------------------------------------------------------


def _read_blob(blob: bytes) -> tuple[Group, int]:
    """The group and the public number of a public blob."""
    magic, width = struct.unpack_from("<4sI", blob)
    at, q = 8, None
    if magic == b"DSPB":
        q, at = blob[32:52], 52
    elif magic == b"DPB2":
        seed_size, group_size = struct.unpack_from("<II", blob, 16)
        at = 28 + seed_size + group_size
        q = blob[at - group_size : at]
    elif magic != b"DHPB":
        raise ValueError("no public blob of DH or DSA")
    if len(blob) != at + 3 * width:
        raise ValueError("a blob of a wrong size")
    p, g, y = (int.from_bytes(blob[at + width * i : at + width * (i + 1)], "big") for i in range(3))
    if q is None:
        return Group(properties.DH, p, None, g), y
    return Group(properties.DSA, p, int.from_bytes(q, "big"), g), y


def public_key_info(blob: bytes) -> bytes:
    """SubjectPublicKeyInfo of a DHPUBLICBLOB or DSAPUBLICBLOB."""
    try:
        group, y = _read_blob(blob)
    except (ValueError, struct.error) as error:
        raise BadDataError(
            _NTE_BAD_DATA, "", f"not a public key blob of DH or DSA: {error}"
        ) from None
    numbers = (group.p, group.g) if group.q is None else (group.p, group.q, group.g)
    parameters = element(0x30, b"".join(map(_integer, numbers)))
    algorithm = element(0x30, (_DH if group.q is None else _DSA) + parameters)
    return element(0x30, algorithm + element(0x03, b"\0" + _integer(y)))


def _read_info(info: bytes) -> tuple[Group, int]:
    """The group and the public number of a SubjectPublicKeyInfo."""
    body, _ = _take(info, 0x30)
    algorithm, rest = _take(body, 0x30)
    key, _ = _take(rest, 0x03)
    for identifier in (_DSA, _DH, _X942_DH):
        if algorithm.startswith(identifier):
            break
    else:
        raise ValueError("it is one of another algorithm")
    (y,) = _numbers(key[1:])
    numbers = _numbers(_take(algorithm[len(identifier) :], 0x30)[0])
    if identifier == _DSA:
        p, q, g = numbers
        return Group(properties.DSA, p, q, g), y
    p, g = numbers[:2]
    return Group(properties.DH, p, None if identifier == _DH else numbers[2], g), y


def agreement_blob(value: bytes) -> bytes:
    """The DHPUBLICBLOB of what a caller gave as a peer's public key: that, or DER."""
    try:
        group, y = _read_blob(value) if value.startswith(b"DHPB") else _read_info(value)
        if group.kind != properties.DH:
            raise ValueError("a key of DSA")
        numbers = [n.to_bytes(group.width, "big") for n in (group.p, group.g, y)]
    except (ValueError, IndexError, OverflowError, struct.error) as error:
        raise ValueError(
            f"peer must be a DHPUBLICBLOB or a DER SubjectPublicKeyInfo of a DH key: {error}"
        ) from None
    return struct.pack("<4sI", b"DHPB", group.width) + b"".join(numbers)


# ---- parameters ----------------------------------------------------------------------------------


def _property_value(group: Group) -> bytes:
    """The value of "DHParameters" or "DSAParameters"."""
    width = group.width
    numbers = group.p.to_bytes(width, "big") + group.g.to_bytes(width, "big")
    if group.q is None or group.kind == properties.DH:
        return struct.pack("<I4sI", 12 + len(numbers), b"DHPM", width) + numbers
    size = (group.q.bit_length() + 7) // 8
    q = group.q.to_bytes(size, "big")
    if width <= _OLD_WIDTH:
        middle, magic = _UNKNOWN * 24 + q, b"DSPM"
    else:
        words = struct.pack("<4I", _HASHES.get(size, 1), 1, size, size)
        middle, magic = words + _UNKNOWN * (4 + size) + q, b"DPM2"
    body = middle + numbers
    return struct.pack("<I4sI", 12 + len(body), magic, width) + body


_MAGICS = {b"DHPM": properties.DH, b"DSPM": properties.DSA, b"DPM2": properties.DSA}


def _of_cryptography(parameters: Any) -> Group | None:
    """Of the parameters, or of a key, of the package cryptography."""
    if not hasattr(parameters, "parameter_numbers") and hasattr(parameters, "parameters"):
        parameters = parameters.parameters()
    if not hasattr(parameters, "parameter_numbers"):
        return None
    numbers = parameters.parameter_numbers()
    kind = properties.DSA if "DSA" in type(numbers).__name__ else properties.DH
    return Group(kind, numbers.p, numbers.q, numbers.g)


def property_of(parameters: Any) -> tuple[str, bytes, int]:
    """The property that sets these parameters, its value, and how many bits the key will have."""
    if hasattr(parameters, "algorithm_group"):  # a key
        kind = parameters.algorithm_group
        if kind not in (properties.DH, properties.DSA):
            raise ValueError(f"parameters of a key of {kind}: only DH and DSA have any")
        group = _read_blob(parameters.export(f"{kind}PUBLICBLOB"))[0]
    else:
        found = _of_cryptography(parameters)
        if found is None:
            try:
                value = bytes(memoryview(parameters))
            except TypeError:
                raise TypeError(
                    "parameters must be a Key, a bytes-like object, or parameters or a key of "
                    f"cryptography, not {type(parameters).__name__!r}"
                ) from None
            if value[4:8] not in _MAGICS or len(value) < 12:
                raise ValueError("parameters must be a value of 'DHParameters' or 'DSAParameters'")
            width = struct.unpack_from("<I", value, 8)[0]
            modulus = int.from_bytes(value[-2 * width : -width], "big")  # P and G are its end
            return f"{_MAGICS[value[4:8]]}Parameters", value, modulus.bit_length() or 8 * width
        group = found
    return f"{group.kind}Parameters", _property_value(group), group.p.bit_length()
