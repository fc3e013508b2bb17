# SPDX-License-Identifier: MIT
"""Stored keys on curve25519 where an X25519 private key of cryptography is wanted."""

import copy
import pickle
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, x25519
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

import ncrypt_ext as nc

RAW = serialization.Encoding.Raw
PLAIN = serialization.NoEncryption()


@pytest.fixture
def stored(provider):
    with provider.create_key("ECDH", "agrees", curve="curve25519") as key:
        agrees = key.as_cryptography()
    with agrees:
        yield agrees


def test_what_it_is(stored):
    assert isinstance(stored, X25519PrivateKey)
    assert X25519PrivateKey not in type(stored).__mro__
    assert not isinstance(stored, ec.EllipticCurvePrivateKey)
    assert isinstance(stored.public_key(), X25519PublicKey)
    missing = {name for name in X25519PrivateKey.__abstractmethods__ if not hasattr(stored, name)}
    assert missing == set()
    assert copy.copy(stored) is copy.deepcopy(stored) is stored
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(stored)


def test_exchange(stored):
    peer = X25519PrivateKey.generate()
    shared = stored.exchange(peer.public_key())
    assert type(shared) is bytes
    assert shared == peer.exchange(stored.public_key())
    assert stored.exchange(peer_public_key=peer.public_key()) == shared


def test_derived(provider, stored):
    """With other ends of the secret: the bytes that are hashed are those of the RFC."""
    peer = X25519PrivateKey.generate()
    with provider.open_key("agrees") as key, key.agree(peer.public_key()) as secret:
        assert secret.derive("HASH") == sha256(peer.exchange(stored.public_key())).digest()
        assert secret.derive("TRUNCATE") == secret.raw()[::-1]


@pytest.mark.parametrize(
    "peer",
    [
        X25519PrivateKey.generate(),
        ec.generate_private_key(ec.SECP256R1()).public_key(),
        ed25519.Ed25519PrivateKey.generate().public_key(),
        bytes(32),
        None,
    ],
    ids=["private", "EC", "Ed25519", "bytes", "None"],
)
def test_peers_of_other_types(stored, peer):
    with pytest.raises(TypeError, match="must be an X25519PublicKey"):
        stored.exchange(peer)


def test_points_of_a_small_order(stored):
    """As cryptography's own refuse them."""
    for point in (bytes(32), b"\1" + bytes(31), (2**255 - 20).to_bytes(32, "little")):
        peer = X25519PublicKey.from_public_bytes(point)
        for key in (stored, X25519PrivateKey.generate()):
            with pytest.raises(ValueError, match="Error computing shared key"):
                key.exchange(peer)


def test_points_in_other_forms(stored):
    """The top bit does not count, and points beyond the prime are taken modulo it."""
    point = bytearray(X25519PrivateKey.generate().public_key().public_bytes_raw())
    wanted = stored.exchange(X25519PublicKey.from_public_bytes(bytes(point)))
    point[31] |= 0x80
    assert stored.exchange(X25519PublicKey.from_public_bytes(bytes(point))) == wanted
    nine, more = (
        X25519PublicKey.from_public_bytes(number.to_bytes(32, "little"))
        for number in (9, 2**255 - 19 + 9)
    )
    assert stored.exchange(nine) == stored.exchange(more)


def test_nothing_is_given_out(stored):
    for attempt in (
        stored.private_bytes_raw,
        lambda: stored.private_bytes(RAW, serialization.PrivateFormat.Raw, PLAIN),
    ):
        with pytest.raises(nc.NotSupportedError, match="stays in its key store"):
            attempt()


def test_public_forms(provider, stored):
    with provider.open_key("agrees") as key:
        der, pem = key.public_key_der(), key.public_key_pem()
        blob = key.export("ECCPUBLICBLOB")
    assert serialization.load_der_public_key(der) == stored.public_key()
    assert serialization.load_pem_public_key(pem.encode()) == stored.public_key()
    assert blob == b"ECKP" + bytes([32, 0, 0, 0]) + der[12:] + bytes(32)


# ---- keys that come in ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", [None, "brought"])
@pytest.mark.parametrize("usage", [None, nc.KeyUsage.ALLOW_KEY_AGREEMENT])
@pytest.mark.parametrize("finalize", [True, False])
def test_import(provider, name, usage, finalize):
    plain, peer = X25519PrivateKey.generate(), X25519PrivateKey.generate()
    key = provider.import_key(plain, name=name, usage=usage, finalize=finalize)
    with key if finalize else key.finalize() as key:
        assert (key.name, key.algorithm, key.curve, key.length) == (name, "ECDH", "curve25519", 255)
        assert key.usage == (nc.KeyUsage.ALLOW_ALL_USAGES if usage is None else usage)
        with key.as_cryptography() as agrees:
            assert agrees.public_key() == plain.public_key()
            assert agrees.exchange(peer.public_key()) == peer.exchange(plain.public_key())


def test_import_of_bits_that_do_not_count(provider):
    plain = X25519PrivateKey.from_private_bytes(b"\xff" * 32)
    with provider.import_key(plain) as key, key.as_cryptography() as agrees:
        assert agrees.public_key() == plain.public_key()


def test_export(provider):
    """Between the engine and cryptography by PKCS #8, both ways."""
    plenty = nc.ExportPolicy.ALLOW_EXPORT | nc.ExportPolicy.ALLOW_PLAINTEXT_EXPORT
    with provider.create_key("ECDH", curve="curve25519", export_policy=plenty) as key:
        plain = serialization.load_der_private_key(key.export("PKCS8_PRIVATEKEY"), None)
        assert isinstance(plain, X25519PrivateKey)
        assert plain.public_key().public_bytes_raw() == key.public_key_der()[12:]
        assert plain.private_bytes_raw() == key.export("ECCPRIVATEBLOB")[72:]
    blob = plain.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, PLAIN)
    with provider.import_key(blob, "PKCS8_PRIVATEKEY") as key, key.as_cryptography() as again:
        assert again.public_key() == plain.public_key()


def test_hybrid_encryption(stored):
    """HPKE: anybody encrypts for the public key, the stored key decrypts."""
    hpke = pytest.importorskip("cryptography.hazmat.primitives.hpke")
    suite = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_128_GCM)
    sealed = suite.encrypt(b"message", stored.public_key(), b"info")
    assert suite.decrypt(sealed, stored, b"info") == b"message"


def test_closed(stored):
    stored.close()
    with pytest.raises(nc.ClosedHandleError):
        stored.exchange(x25519.X25519PrivateKey.generate().public_key())
