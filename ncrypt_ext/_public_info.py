# SPDX-License-Identifier: MIT
"""Public keys between Windows' blobs and SubjectPublicKeyInfo, in DER and as text."""

from __future__ import annotations

from functools import cache

from ncrypt_ext._der import element
from ncrypt_ext.errors import BadDataError
from ncrypt_ext.properties import CURVE_BITS, CURVE_OIDS, PARAMETER_SET_OIDS, PUBLIC_MAGIC_CURVES

_NTE_BAD_DATA = 0x80090005
_X25519_INFO = bytes.fromhex("302a300506032b656e032100")


def _integer(big_endian: bytes) -> bytes:
    body = big_endian.lstrip(b"\0") or b"\0"
    return element(0x02, b"\0" + body if body[0] & 0x80 else body)


def _object_identifier(dotted: str) -> bytes:
    numbers = [int(part) for part in dotted.split(".")]
    body = bytearray((40 * numbers[0] + numbers[1],))
    for number in numbers[2:]:
        digits = [number & 0x7F]
        while number := number >> 7:
            digits.append(0x80 | (number & 0x7F))
        body += bytes(reversed(digits))
    return element(0x06, bytes(body))


def _public_key_info(algorithm: bytes, key: bytes) -> bytes:
    return element(0x30, element(0x30, algorithm) + element(0x03, b"\0" + key))


def _number(blob: bytes, offset: int) -> int:
    return int.from_bytes(blob[offset : offset + 4], "little")


def _bad_data(what: str) -> BadDataError:
    return BadDataError(_NTE_BAD_DATA, "", what)


def rsa_public_key_info(blob: bytes) -> bytes:
    """SubjectPublicKeyInfo of an RSAPUBLICBLOB."""
    if len(blob) < 24 or blob[:4] != b"RSA1":
        raise _bad_data("not an RSA public key blob")
    exponent_size, modulus_size = _number(blob, 8), _number(blob, 12)
    if len(blob) != 24 + exponent_size + modulus_size:
        raise _bad_data("the RSA public key blob has a wrong size")
    exponent, modulus = blob[24 : 24 + exponent_size], blob[24 + exponent_size :]
    key = element(0x30, _integer(modulus) + _integer(exponent))
    return _public_key_info(_object_identifier("1.2.840.113549.1.1.1") + b"\x05\0", key)


def ec_public_key_info(blob: bytes, curve: str) -> bytes:
    """SubjectPublicKeyInfo of an ECCPUBLICBLOB; `curve` is the curve's object identifier."""
    if len(blob) < 8:
        raise _bad_data("not an EC public key blob")
    if len(blob) != 8 + 2 * _number(blob, 4):
        raise _bad_data("the EC public key blob has a wrong size")
    algorithm = _object_identifier("1.2.840.10045.2.1") + _object_identifier(curve)
    return _public_key_info(algorithm, b"\x04" + blob[8:])


def x25519_public_key_info(blob: bytes) -> bytes:
    """SubjectPublicKeyInfo (RFC 8410) of the ECCPUBLICBLOB of a key on curve25519."""
    if len(blob) != 72:
        raise _bad_data("the EC public key blob has a wrong size")
    return _X25519_INFO + blob[8:40]


def pq_public_key_info(blob: bytes) -> bytes:
    """SubjectPublicKeyInfo of the public blob of an ML-DSA or ML-KEM key."""
    if len(blob) < 12:
        raise _bad_data("not a public key blob")
    start = 12 + _number(blob, 4)
    name = blob[12:start].decode("utf-16-le", "replace").rstrip("\0")
    identifier = PARAMETER_SET_OIDS.get((blob[:4], name))
    if identifier is None or len(blob) != start + _number(blob, 8):
        raise _bad_data("not a public key blob of a known parameter set")
    return _public_key_info(_object_identifier(identifier), blob[start:])


@cache
def _known_keys() -> dict[tuple[bytes, int], tuple[bytes, str]]:
    """What the SubjectPublicKeyInfo of a key on a known curve begins with, and how long it is, with
    its point as it is -> what the blob of the same key for agreement begins with, and the curve."""
    magics = {
        curve: magic for magic, curve in PUBLIC_MAGIC_CURVES.items() if magic.startswith(b"ECK")
    }
    found: dict[tuple[bytes, int], tuple[bytes, str]] = {}
    for curve, identifier in CURVE_OIDS.items():
        width = (CURVE_BITS[curve] + 7) // 8
        head = magics.get(curve, b"ECKP") + width.to_bytes(4, "little")
        info = ec_public_key_info(head + bytes(2 * width), identifier)
        found.setdefault((info[: -2 * width], len(info)), (head, curve))
    return found


def _x25519_blob(point: bytes) -> bytes:
    """The ECCPUBLICBLOB of a point as RFC 7748 takes it: with any top bit, and modulo the prime."""
    u = int.from_bytes(point, "little") & ((1 << 255) - 1)
    return b"ECKP" + bytes((32, 0, 0, 0)) + (u % ((1 << 255) - 19)).to_bytes(64, "little")


def agreement_blob(info: bytes) -> tuple[bytes, str] | None:
    """The ECCPUBLICBLOB of a SubjectPublicKeyInfo, for agreement, and its curve; None for one not
    known."""
    if len(info) == 44 and info.startswith(_X25519_INFO):
        return _x25519_blob(info[12:]), "curve25519"
    for (prefix, size), (head, curve) in _known_keys().items():
        if len(info) == size and info.startswith(prefix):
            return head + info[len(prefix) :], curve
    return None


def peer_blob(value: bytes) -> tuple[bytes, str | None]:
    """The ECCPUBLICBLOB of what a caller gave to agree with, and its curve; None for that of a blob
    that does not say."""
    if value.startswith((b"ECS", b"ECDP")):
        raise ValueError(
            "peer is the blob of an ECDSA key, which signs: an ECDH key has another "
            "(its DER form tells no difference, and is taken)"
        )
    if value.startswith(b"ECKP"):
        if value[4:8] == b"\1\0\0\0":  # a version; the other blob has the width here
            raise ValueError("peer is an ECCFULLPUBLICBLOB: import it, and agree with that Key")
        return value, None
    if value[:4] in PUBLIC_MAGIC_CURVES:
        return value, PUBLIC_MAGIC_CURVES[value[:4]]
    known = agreement_blob(value)
    if known is not None:
        return known
    raise ValueError(
        "peer must be an ECCPUBLICBLOB or a DER SubjectPublicKeyInfo of a key on "
        "a curve that has a name, with a point that is not compressed; PEM and bare points are none"
    )


def pem(label: str, der: bytes) -> str:
    """DER in textual form (RFC 7468)."""
    from base64 import b64encode

    text = b64encode(der).decode("ascii")
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    return f"-----BEGIN {label}-----\n" + "\n".join(lines) + f"\n-----END {label}-----\n"
