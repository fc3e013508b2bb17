# SPDX-License-Identifier: MIT
"""ECDSA against `cryptography`, in both directions."""

import hashlib

import pytest

from . import material
from .api import IMPLEMENTATION, refuses
from .constants import ALLOW_PLAINTEXT_EXPORT, NTE_BAD_SIGNATURE
from .material import CURVES

if IMPLEMENTATION != "engine":
    # Its wheels for Windows need a library that Wine may lack.
    pytest.importorskip("cryptography.hazmat.primitives.hashes", exc_type=ImportError)
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

pytestmark = pytest.mark.requires("cryptography", "ecc_import", "sign")

THEIR_CURVES = {
    "nistP256": ec.SECP256R1(), "nistP384": ec.SECP384R1(), "nistP521": ec.SECP521R1()
}  # fmt: skip
HASHES = {
    "sha1": hashes.SHA1(), "sha224": hashes.SHA224(), "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(), "sha512": hashes.SHA512(),
}  # fmt: skip
TEXT = b"order 17"

every_curve = pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)


def theirs(pair):
    return ec.derive_private_key(pair.d, THEIR_CURVES[pair.curve.name])


def to_der(signature):
    half = len(signature) // 2
    numbers = signature[:half], signature[half:]
    return utils.encode_dss_signature(*(int.from_bytes(part, "big") for part in numbers))


def from_der(der, width):
    return b"".join(part.to_bytes(width, "big") for part in utils.decode_dss_signature(der))


@every_curve
@pytest.mark.parametrize("name", HASHES)
def test_signature(api, curve, name):
    """Digests shorter than the order, as long as it, and longer."""
    pair = material.ec(curve)
    key, peer = api.import_key("ECCPRIVATEBLOB", pair.private_blob()), theirs(pair)
    digest = hashlib.new(name, TEXT).digest()
    peer.public_key().verify(to_der(api.sign(key, digest)), TEXT, ec.ECDSA(HASHES[name]))
    made = from_der(peer.sign(TEXT, ec.ECDSA(HASHES[name])), curve.width)
    api.verify(key, digest, made)
    with refuses(NTE_BAD_SIGNATURE):
        api.verify(key, bytes(len(digest)), made)


@every_curve
def test_many_signatures(api, curve):
    """Numbers with leading zeros come about every 256th time; their width must stay."""
    pair = material.ec(curve)
    key, peer = api.import_key("ECCPRIVATEBLOB", pair.private_blob()), theirs(pair)
    prehashed = ec.ECDSA(utils.Prehashed(hashes.SHA256()))
    for number in range(100):
        digest = hashlib.sha256(b"%d" % number).digest()
        signature = api.sign(key, digest)
        assert len(signature) == 2 * curve.width
        peer.public_key().verify(to_der(signature), digest, prehashed)
        api.verify(key, digest, from_der(peer.sign(digest, prehashed), curve.width))


@every_curve
def test_our_generated_key(api, curve):
    key = api.make(curve.algorithm, Export_Policy=3)
    blob, width = api.export_key(key, "ECCPRIVATEBLOB"), curve.width
    d = int.from_bytes(blob[8 + 2 * width :], "big")
    numbers = theirs(material.Ec(curve, 0, 0, d)).public_key().public_numbers()
    assert material.Ec(curve, numbers.x, numbers.y, d).private_blob() == blob
    peer = serialization.load_der_private_key(api.export_key(key, "PKCS8_PRIVATEKEY"), None)
    assert peer.private_numbers().private_value == d
    made = from_der(peer.sign(TEXT, ec.ECDSA(hashes.SHA256())), width)
    api.verify(key, hashlib.sha256(TEXT).digest(), made)


@every_curve
def test_their_generated_key(api, curve):
    peer = ec.generate_private_key(THEIR_CURVES[curve.name])
    found = peer.private_numbers()
    x, y = found.public_numbers.x, found.public_numbers.y
    pair = material.Ec(curve, x, y, found.private_value)
    der = peer.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    for kind, blob in (("ECCPRIVATEBLOB", pair.private_blob()), ("PKCS8_PRIVATEKEY", der)):
        key = api.import_key(kind, blob)
        assert api.export_key(key, "ECCPUBLICBLOB") == pair.public_blob()
        digest = hashlib.sha384(TEXT).digest()
        signature = to_der(api.sign(key, digest))
        peer.public_key().verify(signature, TEXT, ec.ECDSA(hashes.SHA384()))
    public = api.import_key("ECCPUBLICBLOB", pair.public_blob())
    made = from_der(peer.sign(TEXT, ec.ECDSA(hashes.SHA384())), curve.width)
    api.verify(public, hashlib.sha384(TEXT).digest(), made)


@every_curve
def test_stored_key(api, name, curve):
    """Through the store and back: still the same key."""
    key = api.create(curve.algorithm, name)
    api.set(key, "ECCPRIVATEBLOB", material.ec(curve).private_blob())
    api.set(key, "Export Policy", ALLOW_PLAINTEXT_EXPORT)
    api.finalize(key)
    opened, digest = api.open(name), hashlib.sha256(TEXT).digest()
    peer = theirs(material.ec(curve)).public_key()
    peer.verify(to_der(api.sign(opened, digest)), TEXT, ec.ECDSA(hashes.SHA256()))
