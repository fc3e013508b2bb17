# SPDX-License-Identifier: MIT
"""RSA keys do what cryptography's own do with the same arguments."""

import copy
import hashlib

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils
from cryptography.hazmat.primitives.asymmetric import rsa as rsa_keys

MESSAGE = b"order 17"
PSS, MGF1, PKCS1v15, OAEP = padding.PSS, padding.MGF1, padding.PKCS1v15, padding.OAEP
SHA256 = hashes.SHA256()
NAMED_SALTS = [
    pytest.param(PSS.DIGEST_LENGTH, id="as the digest"),
    pytest.param(PSS.MAX_LENGTH, id="longest"),
]
HASHES = [hashes.SHA1(), SHA256, hashes.SHA384(), hashes.SHA512(), hashes.SHA3_256()]


def pss(salt, algorithm=SHA256):
    return PSS(MGF1(algorithm), salt)


def test_is_an_rsa_private_key(rsa):
    assert isinstance(rsa, rsa_keys.RSAPrivateKey)
    assert rsa_keys.RSAPrivateKey not in type(rsa).__mro__
    assert not isinstance(rsa, ec.EllipticCurvePrivateKey)
    assert rsa.key_size == 2048


def test_public_key_is_cryptographys_own(rsa, plain_rsa):
    assert rsa.public_key() == plain_rsa.public_key()
    assert type(rsa.public_key()) is type(plain_rsa.public_key())


@pytest.mark.parametrize("algorithm", HASHES, ids=lambda each: each.name)
def test_pkcs1_signatures_are_the_same(rsa, plain_rsa, algorithm):
    ours = rsa.sign(MESSAGE, padding=PKCS1v15(), algorithm=algorithm)
    assert type(ours) is bytes
    assert ours == plain_rsa.sign(MESSAGE, PKCS1v15(), algorithm)


@pytest.mark.parametrize("salt", [0, 17, *NAMED_SALTS])
@pytest.mark.parametrize("algorithm", HASHES, ids=lambda each: each.name)
def test_pss_salts(rsa, salt, algorithm):
    signature = rsa.sign(MESSAGE, pss(salt, algorithm), algorithm)
    rsa.public_key().verify(signature, MESSAGE, pss(salt, algorithm), algorithm)
    lengths = {
        PSS.DIGEST_LENGTH: algorithm.digest_size,
        PSS.MAX_LENGTH: 254 - algorithm.digest_size,
    }
    exact = pss(lengths.get(salt, salt), algorithm)
    rsa.public_key().verify(signature, MESSAGE, exact, algorithm)


def test_prehashed(rsa, plain_rsa):
    digest = hashlib.sha384(MESSAGE).digest()
    prehashed = utils.Prehashed(hashes.SHA384())
    assert rsa.sign(digest, PKCS1v15(), prehashed) == plain_rsa.sign(digest, PKCS1v15(), prehashed)
    signature = rsa.sign(digest, pss(48, hashes.SHA384()), prehashed)
    rsa.public_key().verify(signature, MESSAGE, pss(48, hashes.SHA384()), hashes.SHA384())


@pytest.mark.skipif(not hasattr(utils, "NoDigestInfo"), reason="cryptography 47 and later")
def test_no_digest_info(rsa, plain_rsa):
    none = utils.NoDigestInfo()
    assert rsa.sign(b"any length", PKCS1v15(), none) == plain_rsa.sign(
        b"any length", PKCS1v15(), none
    )
    with pytest.raises(TypeError):
        rsa.sign(b"any length", pss(32), none)


def test_subclass_of_a_hash(rsa, plain_rsa):
    class Mine(hashes.SHA256):
        pass

    expected = plain_rsa.sign(MESSAGE, PKCS1v15(), SHA256)
    assert rsa.sign(MESSAGE, PKCS1v15(), Mine()) == expected
    prehashed = utils.Prehashed(Mine())
    assert rsa.sign(hashlib.sha256(MESSAGE).digest(), PKCS1v15(), prehashed) == expected


@pytest.mark.parametrize("salt", NAMED_SALTS)
def test_copied_padding(rsa, salt):
    """Its length of the salt is not the very object that PSS has."""
    signature = rsa.sign(MESSAGE, copy.deepcopy(pss(salt)), SHA256)
    rsa.public_key().verify(signature, MESSAGE, pss(salt), SHA256)
    with pytest.raises(ValueError, match="Auto"):
        rsa.sign(MESSAGE, copy.deepcopy(pss(PSS.AUTO)), SHA256)


@pytest.mark.parametrize("kind", [bytearray, memoryview])
def test_buffers(rsa, plain_rsa, kind):
    assert rsa.sign(kind(MESSAGE), PKCS1v15(), SHA256) == plain_rsa.sign(
        MESSAGE, PKCS1v15(), SHA256
    )


@pytest.mark.parametrize(
    ("data", "how", "algorithm", "error"),
    [
        (b"short", PKCS1v15(), utils.Prehashed(SHA256), ValueError),
        (MESSAGE, pss(PSS.AUTO), SHA256, ValueError),
        (MESSAGE, pss(223), SHA256, ValueError),
        (MESSAGE, pss(32, hashes.SHA384()), SHA256, UnsupportedAlgorithm),
        (MESSAGE, OAEP(MGF1(SHA256), SHA256, None), SHA256, UnsupportedAlgorithm),
        (MESSAGE, PKCS1v15(), hashes.BLAKE2s(32), UnsupportedAlgorithm),
        (MESSAGE, PKCS1v15(), hashes.SHA512_256(), UnsupportedAlgorithm),
        (MESSAGE, "PKCS1", SHA256, TypeError),
        (MESSAGE, PKCS1v15, SHA256, TypeError),
        (MESSAGE, PKCS1v15(), hashes.SHA256, TypeError),
        (MESSAGE, PKCS1v15(), None, TypeError),
        ("text", PKCS1v15(), SHA256, TypeError),
        ("text", PKCS1v15(), utils.Prehashed(SHA256), TypeError),
    ],
)
def test_refused(rsa, data, how, algorithm, error):
    with pytest.raises(error):
        rsa.sign(data, how, algorithm)


def test_longest_salt_of_cryptography(rsa):
    assert padding.calculate_max_pss_salt_length(rsa, SHA256) == 222
    signature = rsa.sign(MESSAGE, pss(222), SHA256)
    rsa.public_key().verify(signature, MESSAGE, pss(PSS.MAX_LENGTH), SHA256)


CIPHERS = [
    PKCS1v15(),
    OAEP(MGF1(SHA256), SHA256, None),
    OAEP(MGF1(SHA256), SHA256, b"label"),
    OAEP(MGF1(hashes.SHA1()), hashes.SHA1(), None),
]


@pytest.mark.parametrize("how", CIPHERS)
@pytest.mark.parametrize("text", [b"", b"secret"])
def test_decrypt(rsa, how, text):
    plain = rsa.decrypt(rsa.public_key().encrypt(text, how), padding=how)
    assert plain == text
    assert type(plain) is bytes


@pytest.mark.parametrize("how", CIPHERS[1:])
@pytest.mark.parametrize(
    "garbage", [b"\x00" * 256, b"\x01" * 256, b"\xff" * 256, b"\x00" * 255 + b"\x02"]
)
def test_garbage_is_a_value_error_that_tells_nothing(rsa, how, garbage):
    with pytest.raises(ValueError, match=r"^Decryption failed$") as caught:
        rsa.decrypt(garbage, how)
    assert type(caught.value) is ValueError
    assert caught.value.__cause__ is None


def test_other_label(rsa):
    text = rsa.public_key().encrypt(b"secret", CIPHERS[2])
    with pytest.raises(ValueError, match=r"^Decryption failed$"):
        rsa.decrypt(text, CIPHERS[1])


def test_pkcs1_garbage_is_random_or_a_value_error(rsa):
    """OpenSSL answers with random bytes, others may raise: never anything but a ValueError."""
    for garbage in (b"\x00" * 256, b"\x01" * 256, b"\xff" * 256):
        try:
            assert type(rsa.decrypt(garbage, PKCS1v15())) is bytes
        except ValueError as error:
            assert type(error) is ValueError  # noqa: PT017


@pytest.mark.parametrize("size", [0, 255, 257])
def test_wrong_length(rsa, size):
    with pytest.raises(ValueError, match="Ciphertext length must be equal to key size"):
        rsa.decrypt(bytes(size), PKCS1v15())


def test_ciphers_that_are_refused(rsa):
    text = bytes(256)
    with pytest.raises(UnsupportedAlgorithm):
        rsa.decrypt(text, OAEP(MGF1(hashes.SHA1()), SHA256, None))
    with pytest.raises(UnsupportedAlgorithm):
        rsa.decrypt(text, pss(32))
    with pytest.raises(TypeError):
        rsa.decrypt(text, "OAEP")
