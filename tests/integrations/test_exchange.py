# SPDX-License-Identifier: MIT
"""Stored keys agree on secrets where a private key of cryptography is wanted."""

import inspect
import json
import threading

import pytest
from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec as ec_keys
from cryptography.hazmat.primitives.asymmetric import rsa as rsa_keys
from cryptography.hazmat.primitives.asymmetric import x25519

import ncrypt_ext as nc

from ..agreement import SHORT, plain_key, private_blob, spki
from .conftest import CURVES
from .material import SHA256

ECDH = ec_keys.ECDH()


def stored_ecdh(provider, curve):
    """Its Key is closed already."""
    with provider.create_key(f"ECDH_{curve}", "agrees") as key:
        return key.as_cryptography()


@pytest.fixture(params=CURVES)
def curve(request):
    return request.param


@pytest.fixture
def agrees(provider, curve):
    with stored_ecdh(provider, curve) as stored:
        yield stored


@pytest.fixture
def agrees_p256(provider):
    with stored_ecdh(provider, "P256") as stored:
        yield stored


def test_exchange(agrees, curve):
    peer = plain_key(curve)
    shared = agrees.exchange(ECDH, peer.public_key())
    assert type(shared) is bytes
    assert shared == peer.exchange(ECDH, agrees.public_key())
    assert agrees.exchange(peer_public_key=peer.public_key(), algorithm=ECDH) == shared


def test_signature_of_the_method():
    """Some give the arguments by their names."""
    own = inspect.signature(ec_keys.EllipticCurvePrivateKey.exchange)
    from ncrypt_ext.integrations.cryptography_keys import StoredEllipticCurveKey

    assert list(inspect.signature(StoredEllipticCurveKey.exchange).parameters) == list(
        own.parameters
    )


def test_leading_zeros_stay(provider, curve):
    ours, theirs = plain_key(curve, 17), plain_key(curve, SHORT[curve])
    with provider.import_key(private_blob(ours, curve), "ECCPRIVATEBLOB") as key:
        stored = key.as_cryptography()
    with stored:
        shared = stored.exchange(ECDH, theirs.public_key())
    assert shared == ours.exchange(ECDH, theirs.public_key())
    assert shared[0] == 0


def test_with_itself_and_with_another(provider, agrees):
    assert len(agrees.exchange(ECDH, agrees.public_key())) == (agrees.key_size + 7) // 8
    with provider.create_key(f"ECDH_P{agrees.key_size}") as key, key.as_cryptography() as other:
        assert agrees.exchange(ECDH, other.public_key()) == other.exchange(
            ECDH, agrees.public_key()
        )


def outcome(action):
    """What was raised: its type, and the reason that cryptography gives with it."""
    with pytest.raises(Exception) as caught:  # noqa: PT011
        action()
    return type(caught.value), getattr(caught.value, "_reason", None)


@pytest.mark.parametrize(
    ("algorithm", "peer"),
    [
        (ECDH, plain_key("P384").public_key()),
        (ECDH, plain_key("P521").public_key()),
        (ECDH, ec_keys.generate_private_key(ec_keys.SECP256K1()).public_key()),
        (ec_keys.ECDSA(SHA256), plain_key("P256").public_key()),
        (ec_keys.ECDSA(SHA256), plain_key("P384").public_key()),
        (ec_keys.ECDH, plain_key("P256").public_key()),
        (None, plain_key("P256").public_key()),
    ],
)
def test_refused_as_cryptography_does(agrees_p256, algorithm, peer):
    expected = outcome(lambda: plain_key("P256").exchange(algorithm, peer))
    before = nc.live_handles()
    assert outcome(lambda: agrees_p256.exchange(algorithm, peer)) == expected
    assert nc.live_handles() == before


@pytest.mark.parametrize(
    "peer",
    [
        plain_key("P256"),
        rsa_keys.generate_private_key(65537, 2048).public_key(),
        x25519.X25519PrivateKey.generate().public_key(),
        None,
        spki(plain_key("P256").public_key()),
    ],
    ids=["private", "RSA", "X25519", "None", "bytes"],
)
@pytest.mark.parametrize("algorithm", [ECDH, SHA256])
def test_peers_of_other_types(agrees_p256, algorithm, peer):
    """A TypeError, as with the newer versions of cryptography."""
    with pytest.raises(TypeError, match="must be an EllipticCurvePublicKey"):
        agrees_p256.exchange(algorithm, peer)


def test_reasons(agrees_p256):
    with pytest.raises(ValueError, match="not on the same curve"):
        agrees_p256.exchange(ECDH, plain_key("P384").public_key())
    with pytest.raises(UnsupportedAlgorithm, match="by ECDH, not by 'ECDSA'"):
        agrees_p256.exchange(ec_keys.ECDSA(SHA256), plain_key("P256").public_key())
    with pytest.raises(TypeError, match="EllipticCurvePublicKey, not 'bytes'"):
        agrees_p256.exchange(ECDH, b"key")


def test_keys_that_sign(ec):
    peer = ec_keys.generate_private_key(ec.curve).public_key()
    with pytest.raises(
        UnsupportedAlgorithm, match=f"this key signs: .* created as ECDH_P{ec.key_size}"
    ):
        ec.exchange(ECDH, peer)


def test_keys_that_agree_sign_too(agrees):
    """As those of Windows do."""
    signature = agrees.sign(b"message", ec_keys.ECDSA(SHA256))
    agrees.public_key().verify(signature, b"message", ec_keys.ECDSA(SHA256))


def test_usage(provider):
    peer = plain_key("P256").public_key()
    with (
        provider.create_key("ECDH_P256", usage=nc.KeyUsage.ALLOW_SIGNING) as key,
        key.as_cryptography() as stored,
    ):
        stored.sign(b"message", ec_keys.ECDSA(SHA256))
        with pytest.raises(nc.AccessDeniedError):
            stored.exchange(ECDH, peer)
    with (
        provider.create_key("ECDH_P256", usage=nc.KeyUsage.ALLOW_KEY_AGREEMENT) as key,
        key.as_cryptography() as stored,
    ):
        stored.exchange(ECDH, peer)
        with pytest.raises(nc.AccessDeniedError):
            stored.sign(b"message", ec_keys.ECDSA(SHA256))


def test_closed(agrees_p256):
    agrees_p256.close()
    with pytest.raises(nc.ClosedHandleError):
        agrees_p256.exchange(ECDH, plain_key("P256").public_key())


def test_no_secret_stays(agrees_p256):
    before = nc.live_handles()
    agrees_p256.exchange(ECDH, plain_key("P256").public_key())
    assert nc.live_handles() == before


def test_threads(agrees_p256):
    peers = [plain_key("P256") for _ in range(4)]
    failures = []

    def work(peer):
        try:
            expected = peer.exchange(ECDH, agrees_p256.public_key())
            for _ in range(25):
                assert agrees_p256.exchange(ECDH, peer.public_key()) == expected
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(peer,)) for peer in peers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


# ---- keys that come in ---------------------------------------------------------------------------


BOTH = nc.KeyUsage.ALLOW_KEY_AGREEMENT | nc.KeyUsage.ALLOW_SIGNING


@pytest.mark.parametrize("usage", [nc.KeyUsage.ALLOW_KEY_AGREEMENT, BOTH])
@pytest.mark.parametrize("stored_as", [None, "stored"])
@pytest.mark.parametrize("finalize", [True, False])
def test_import(provider, curve, usage, stored_as, finalize):
    plain, peer = plain_key(curve), plain_key(curve)
    key = provider.import_key(plain, usage=usage, name=stored_as, finalize=finalize)
    with key if finalize else key.finalize() as key:
        assert (key.algorithm, key.usage) == (f"ECDH_{curve}", usage)
        assert key.export_policy == nc.ExportPolicy.NONE
        with key.as_cryptography() as stored:
            assert stored.public_key() == plain.public_key()
            shared = stored.exchange(ECDH, peer.public_key())
            assert shared == peer.exchange(ECDH, plain.public_key())
            if usage == BOTH:
                signature = stored.sign(b"message", ec_keys.ECDSA(SHA256))
                plain.public_key().verify(signature, b"message", ec_keys.ECDSA(SHA256))


@pytest.mark.parametrize("number", [1, 17, 256])
def test_import_of_small_numbers(provider, curve, number):
    """They are as long as the field in each form."""
    plain, peer = plain_key(curve, number), plain_key(curve)
    with (
        provider.import_key(plain, usage=nc.KeyUsage.ALLOW_KEY_AGREEMENT) as key,
        key.agree(peer.public_key()) as secret,
    ):
        assert secret.raw() == peer.exchange(ECDH, plain.public_key())


@pytest.mark.parametrize(
    "usage", [None, nc.KeyUsage.ALLOW_SIGNING, nc.KeyUsage.ALLOW_ALL_USAGES, nc.KeyUsage.NONE]
)
def test_import_for_signatures(provider, curve, usage):
    with provider.import_key(plain_key(curve), usage=usage) as key:
        assert key.algorithm == f"ECDSA_{curve}"


def test_import_of_others(provider):
    rsa = rsa_keys.generate_private_key(65537, 1024)
    with provider.import_key(rsa, usage=nc.KeyUsage.ALLOW_KEY_AGREEMENT) as key:
        assert key.algorithm == "RSA"


OTHERS = [ec_keys.SECP192R1(), ec_keys.SECP224R1(), ec_keys.SECP256K1(), ec_keys.BrainpoolP256R1(),
          ec_keys.BrainpoolP384R1(), ec_keys.BrainpoolP512R1()]  # fmt: skip


@pytest.mark.parametrize("other", OTHERS, ids=lambda each: each.name)
@pytest.mark.parametrize("stored_as", [None, "stored"])
def test_import_on_other_curves(provider, other, stored_as):
    plain, peer = (ec_keys.generate_private_key(other) for _ in range(2))
    with provider.import_key(plain, usage=nc.KeyUsage.ALLOW_KEY_AGREEMENT, name=stored_as) as key:
        assert key.algorithm == "ECDH"
        with key.as_cryptography() as stored:
            shared = stored.exchange(ECDH, peer.public_key())
    assert shared == peer.exchange(ECDH, plain.public_key())


# ---- what others do with it ----------------------------------------------------------------------


SUITES = {"P256": "AES_128_GCM", "P384": "AES_256_GCM", "P521": "CHACHA20_POLY1305"}


def test_hybrid_encryption(agrees, curve):
    """HPKE: anybody encrypts for the public key, the stored key decrypts."""
    hpke = pytest.importorskip("cryptography.hazmat.primitives.hpke")
    kem = getattr(hpke.KEM, curve)
    suite = hpke.Suite(kem, hpke.KDF.HKDF_SHA256, getattr(hpke.AEAD, SUITES[curve]))
    sealed = suite.encrypt(b"message", agrees.public_key(), b"info")
    assert suite.decrypt(sealed, agrees, b"info") == b"message"
    for wrong in (sealed[:-1] + bytes([sealed[-1] ^ 1]), sealed[1:], b""):
        with pytest.raises(InvalidTag):
            suite.decrypt(wrong, agrees, b"info")
    with pytest.raises(InvalidTag):
        suite.decrypt(sealed, agrees, b"other")
    other = suite.encrypt(b"message", plain_key(curve).public_key(), b"")
    with pytest.raises(InvalidTag):
        suite.decrypt(other, agrees, b"")


JWE_ALGORITHMS = ["ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW"]


@pytest.mark.parametrize("algorithm", JWE_ALGORITHMS)
@pytest.mark.parametrize("encryption", ["A128GCM", "A256CBC-HS512"])
def test_jwe(provider, curve, algorithm, encryption):
    pytest.importorskip("joserfc", reason="joserfc is not installed: it is in the group recipes")
    from joserfc import jwe
    from joserfc.errors import JoseError
    from joserfc.jwk import ECKey

    from ncrypt_ext.integrations.joserfc_keys import stored_key

    with provider.create_key(f"ECDH_{curve}", "inbox") as key:
        inbox = stored_key(key, {"kid": "inbox", "use": "enc"})
    allowed = [algorithm, encryption]
    published = ECKey.import_key(json.loads(json.dumps(inbox.as_dict())))
    header = {"alg": algorithm, "enc": encryption, "kid": "inbox"}
    sealed = jwe.encrypt_compact(header, b"message", published, algorithms=allowed)
    with inbox.private_key:
        assert jwe.decrypt_compact(sealed, inbox, algorithms=allowed).plaintext == b"message"
        parts = sealed.split(".")
        parts[3] = parts[3][:-4] + ("AAAA" if parts[3][-4:] != "AAAA" else "BBBB")
        with pytest.raises((JoseError, ValueError)):
            jwe.decrypt_compact(".".join(parts), inbox, algorithms=allowed)
