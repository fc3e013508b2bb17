# SPDX-License-Identifier: MIT
"""PKCS#8 by hand, for the tests that need it just so: as much DER as a private key takes."""

from .material import number

RSA_ENCRYPTION = bytes.fromhex("06092a864886f70d010101")
EC_PUBLIC_KEY = bytes.fromhex("06072a8648ce3d0201")
CURVE_OIDS = {
    "nistP256": bytes.fromhex("06082a8648ce3d030107"),
    "nistP384": bytes.fromhex("06052b81040022"),
    "nistP521": bytes.fromhex("06052b81040023"),
}
KEY_USAGE = bytes.fromhex("0603551d0f")


def tlv(tag, *parts):
    body = b"".join(parts)
    if len(body) < 0x80:
        return bytes([tag, len(body)]) + body
    size = number(len(body))
    return bytes([tag, 0x80 | len(size)]) + size + body


def sequence(*parts):
    return tlv(0x30, *parts)


def integer(value):
    return tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def private_key_info(algorithm, key, usage=None, version=0):
    """`usage` is the byte of a keyUsage attribute, written as Windows writes it."""
    attributes = b""
    if usage is not None:
        bits = tlv(0x03, b"\0", bytes([usage]))
        attributes = tlv(0xA0, sequence(KEY_USAGE, tlv(0x31, bits)))
    return sequence(integer(version), algorithm, tlv(0x04, key), attributes)


def rsa_pkcs8(rsa, **rest):
    p, q, d = rsa.p, rsa.q, rsa.d
    numbers = (0, rsa.n, rsa.e, d, p, q, d % (p - 1), d % (q - 1), pow(q, -1, p))
    key = sequence(*map(integer, numbers))
    return private_key_info(sequence(RSA_ENCRYPTION, b"\5\0"), key, **rest)


def ec_pkcs8(pair, point=True, **rest):
    """With the public point inside, or without, or with another (x, y) instead."""
    width = pair.curve.width
    public = b""
    if point:
        x, y = (pair.x, pair.y) if point is True else point
        public = tlv(0xA1, tlv(0x03, b"\0\4", number(x, width), number(y, width)))
    key = sequence(integer(1), tlv(0x04, number(pair.d, width)), public)
    algorithm = sequence(EC_PUBLIC_KEY, CURVE_OIDS[pair.curve.name])
    return private_key_info(algorithm, key, **rest)
