# SPDX-License-Identifier: MIT
"""Keys of cryptography to agree with, and derivations computed by others than the engine."""

import hashlib
import hmac

import pytest

pytest.importorskip("cryptography", reason="the extra cryptography is not installed")

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

CURVES = {"P256": ec.SECP256R1(), "P384": ec.SECP384R1(), "P521": ec.SECP521R1()}
MAGICS = {"P256": b"ECK1", "P384": b"ECK3", "P521": b"ECK5"}
HASHES = {"SHA1": hashes.SHA1(), "SHA256": hashes.SHA256(), "SHA384": hashes.SHA384(),
          "SHA512": hashes.SHA512()}  # fmt: skip
# (17 * d * G).x begins with a zero byte (P-521: with two), found by trying.
SHORT = {"P256": 49, "P384": 447, "P521": 1323}


def plain_key(curve, number=None):
    if number is None:
        return ec.generate_private_key(CURVES[curve])
    return ec.derive_private_key(number, CURVES[curve])


def spki(public_key):
    return public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def public_of(key):
    """The public key of a stored one, as cryptography's."""
    return load_der_public_key(key.public_key_der())


def public_blob(public_key, curve):
    width = (CURVES[curve].key_size + 7) // 8
    numbers = public_key.public_numbers()
    point = b"".join(number.to_bytes(width, "big") for number in (numbers.x, numbers.y))
    return MAGICS[curve] + width.to_bytes(4, "little") + point


def private_blob(key, curve):
    blob = bytearray(public_blob(key.public_key(), curve))
    blob[3] += 1  # ECK1, the public one, has the private ECK2, ...
    width = (CURVES[curve].key_size + 7) // 8
    return bytes(blob) + key.private_numbers().private_value.to_bytes(width, "big")


def digest(name, data):
    return hashlib.new(name.lower(), data).digest()


def mac(name, key, data):
    return hmac.digest(key, data, name.lower())


def concatenation(name, secret, length, info):
    return ConcatKDFHash(HASHES[name], length, info).derive(secret)


def extract_and_expand(name, secret, length, salt, info):
    return HKDF(HASHES[name], length, salt, info).derive(secret)


def expand(name, secret, seed, length):
    """P_hash of RFC 5246, section 5."""
    out, last = b"", seed
    while len(out) < length:
        last = mac(name, secret, last)
        out += mac(name, secret, last + seed)
    return out[:length]


def tls_prf(protocol, name, secret, seed):
    """The first 48 bytes; RFC 5246, and RFC 2246 before TLS 1.2."""
    if protocol == 0x0303:
        return expand(name, secret, seed, 48)
    half = (len(secret) + 1) // 2
    first = expand("MD5", secret[:half], seed, 48)
    second = expand("SHA1", secret[-half:], seed, 48)
    return bytes(left ^ right for left, right in zip(first, second, strict=True))
