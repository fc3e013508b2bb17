# SPDX-License-Identifier: MIT
"""EC keys do what cryptography's own do with the same arguments."""

import hashlib

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec as ec_keys
from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils

MESSAGE = b"order 17"
ECDSA = ec_keys.ECDSA
SHA256 = hashes.SHA256()


def test_is_an_ec_private_key(ec):
    assert isinstance(ec, ec_keys.EllipticCurvePrivateKey)
    assert ec_keys.EllipticCurvePrivateKey not in type(ec).__mro__
    assert not isinstance(ec, rsa.RSAPrivateKey)
    curves = {256: ec_keys.SECP256R1, 384: ec_keys.SECP384R1, 521: ec_keys.SECP521R1}
    assert type(ec.curve) is curves[ec.key_size]


def test_public_key_is_cryptographys_own(ec):
    own = ec_keys.generate_private_key(ec.curve).public_key()
    assert type(ec.public_key()) is type(own)
    assert ec.public_key() == ec.public_key()


@pytest.mark.parametrize(
    "algorithm",
    [
        *(hashes.SHA1(), hashes.SHA224(), SHA256, hashes.SHA384(), hashes.SHA512()),
        *(hashes.SHA512_256(), hashes.SHA3_256(), hashes.BLAKE2s(32), hashes.SHAKE128(20)),
    ],
    ids=lambda each: each.name,
)
def test_sign(ec, algorithm):
    """DER, whatever the hash: longer and shorter ones than the curve, and those CNG has not."""
    signature = ec.sign(MESSAGE, signature_algorithm=ECDSA(algorithm))
    assert type(signature) is bytes
    ec.public_key().verify(signature, MESSAGE, ECDSA(algorithm))


def test_prehashed(ec):
    prehashed = ECDSA(utils.Prehashed(hashes.SHA512()))
    digest = hashlib.sha512(MESSAGE).digest()
    ec.public_key().verify(ec.sign(digest, prehashed), MESSAGE, ECDSA(hashes.SHA512()))
    with pytest.raises(ValueError, match="same length"):
        ec.sign(digest[1:], prehashed)


@pytest.mark.parametrize("kind", [bytearray, memoryview])
def test_buffers(p256, kind):
    p256.public_key().verify(p256.sign(kind(MESSAGE), ECDSA(SHA256)), MESSAGE, ECDSA(SHA256))


def test_prehashed_with_a_hash_that_the_key_store_has_not(p256):
    prehashed = ECDSA(utils.Prehashed(hashes.SHA224()))
    signature = p256.sign(hashlib.sha224(MESSAGE).digest(), prehashed)
    p256.public_key().verify(signature, MESSAGE, ECDSA(hashes.SHA224()))
    with pytest.raises(ValueError, match="same length"):
        p256.sign(bytes(32), prehashed)


def test_subclass_of_a_hash(p256):
    class Mine(hashes.SHA256):
        pass

    p256.public_key().verify(p256.sign(MESSAGE, ECDSA(Mine())), MESSAGE, ECDSA(SHA256))


def test_subclass_of_ecdsa(p256):
    class Mine(ECDSA):
        pass

    p256.public_key().verify(p256.sign(MESSAGE, Mine(SHA256)), MESSAGE, ECDSA(SHA256))


@pytest.mark.parametrize(
    ("data", "algorithm", "error"),
    [
        (MESSAGE, SHA256, UnsupportedAlgorithm),
        (MESSAGE, padding.PKCS1v15(), UnsupportedAlgorithm),
        (MESSAGE, None, UnsupportedAlgorithm),
        (MESSAGE, ECDSA(hashes.SHA256), TypeError),
        ("text", ECDSA(SHA256), TypeError),
        ("text", ECDSA(hashes.SHA224()), TypeError),
        ("text", ECDSA(utils.Prehashed(SHA256)), TypeError),
    ],
)
def test_refused(p256, data, algorithm, error):
    with pytest.raises(error):
        p256.sign(data, algorithm)


def test_deterministic_signing_is_refused(p256):
    try:
        algorithm = ECDSA(SHA256, deterministic_signing=True)
    except (TypeError, UnsupportedAlgorithm) as error:
        pytest.skip(f"this cryptography has none: {error}")
    with pytest.raises(UnsupportedAlgorithm, match="nonce"):
        p256.sign(MESSAGE, algorithm)


def test_exchange_is_refused_with_the_reason(p256):
    """These keys were created to sign; those that agree are in test_exchange.py."""
    peer = ec_keys.generate_private_key(ec_keys.SECP256R1()).public_key()
    with pytest.raises(UnsupportedAlgorithm, match="this key signs"):
        p256.exchange(ec_keys.ECDH(), peer)
    with pytest.raises(UnsupportedAlgorithm, match="by ECDH"):
        p256.exchange(algorithm="DH", peer_public_key=peer)
