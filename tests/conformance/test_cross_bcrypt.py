# SPDX-License-Identifier: MIT
"""The bcrypt functions against `cryptography`: its signatures, and ciphertexts that it decrypts."""

import hashlib

import pytest

from . import material, public
from .abi import NONE, PKCS1_ENCRYPTION, oaep, pkcs1, pss
from .api import IMPLEMENTATION, refuses
from .constants import STATUS_INVALID_PARAMETER, STATUS_INVALID_SIGNATURE
from .test_bcrypt import keys

if IMPLEMENTATION != "engine":
    # Its wheels for Windows need a library that Wine may lack.
    pytest.importorskip("cryptography.hazmat.primitives.hashes", exc_type=ImportError)
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils

from .test_cross_rsa import HASHES, SALTS, theirs

__all__ = ["keys"]
pytestmark = pytest.mark.requires("cryptography")

TEXT = b"order 17"
SIZES = [1024, 1025, 1031, 2048, 3072, 4096]
THEIR_CURVES = {
    "nistP256": ec.SECP256R1(),
    "nistP384": ec.SECP384R1(),
    "nistP521": ec.SECP521R1(),
}


@pytest.mark.parametrize("bits", SIZES)
@pytest.mark.parametrize("hash_name", HASHES)
def test_rsa_signatures(keys, bits, hash_name):
    key, peer = keys.load(*public.rsa(bits)), theirs(material.rsa(bits))
    algorithm, size = HASHES[hash_name](), material.HASH_SIZES[hash_name]
    digest = hashlib.new(hash_name.lower(), TEXT).digest()
    cases = [(pkcs1(hash_name), padding.PKCS1v15())]
    for salt_for in SALTS.values():
        salt = salt_for(bits, size)
        if salt <= SALTS["max"](bits, size):
            cases.append((pss(hash_name, salt), padding.PSS(padding.MGF1(algorithm), salt)))
    for our, their in cases:
        signature = peer.sign(TEXT, their, algorithm)
        keys.verify(key, digest, signature, our)
        with refuses(STATUS_INVALID_SIGNATURE):
            keys.verify(key, bytes(size), signature, our)


@pytest.mark.parametrize("bits", SIZES)
def test_rsa_ciphertexts(keys, bits):
    numbers = material.rsa(bits)
    key, peer = keys.load(*public.rsa(bits)), theirs(numbers)
    for size in (1, numbers.width - 11):
        text = (bytes(range(256)) * 2)[:size]
        assert peer.decrypt(keys.encrypt(key, text, PKCS1_ENCRYPTION), padding.PKCS1v15()) == text
    for hash_name in ("SHA1", "SHA256", "SHA384", "SHA512"):
        algorithm = HASHES[hash_name]()
        longest = numbers.width - 2 * material.HASH_SIZES[hash_name] - 2
        for label in (b"", b"a label"):
            their = padding.OAEP(padding.MGF1(algorithm), algorithm, label or None)
            our = oaep(hash_name, label)
            if longest < 1:
                with refuses(STATUS_INVALID_PARAMETER):
                    keys.encrypt(key, b"1", our)
                continue
            for size in {1, longest}:
                text = (bytes(range(256)) * 2)[:size]
                assert peer.decrypt(keys.encrypt(key, text, our), their) == text


@pytest.mark.parametrize("curve", material.CURVES, ids=lambda curve: curve.name)
def test_ecdsa_signatures(keys, curve):
    """Keys made there, with hashes longer and shorter than the curve."""
    peer = ec.generate_private_key(THEIR_CURVES[curve.name])
    point = peer.public_key().public_numbers()
    blob = material.Ec(curve, point.x, point.y, 0).public_blob()
    key = keys.load(curve.algorithm, "ECCPUBLICBLOB", blob)
    assert keys.export(key, "ECCPUBLICBLOB") == blob
    for algorithm in (hashes.SHA1(), hashes.SHA256(), hashes.SHA384(), hashes.SHA512()):
        digest = hashlib.new(algorithm.name, TEXT).digest()
        r, s = utils.decode_dss_signature(peer.sign(TEXT, ec.ECDSA(algorithm)))
        signature = r.to_bytes(curve.width, "big") + s.to_bytes(curve.width, "big")
        keys.verify(key, digest, signature, NONE)
        with refuses(STATUS_INVALID_SIGNATURE):
            keys.verify(key, bytes(len(digest)), signature, NONE)
