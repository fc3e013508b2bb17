# SPDX-License-Identifier: MIT
"""Signatures, checked with another implementation."""

import hashlib

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils

import ncrypt_ext as nc

HASHES = {
    "SHA1": hashes.SHA1(),
    "SHA256": hashes.SHA256(),
    "SHA384": hashes.SHA384(),
    "SHA512": hashes.SHA512(),
}
CURVES = {"ECDSA_P256": 64, "ECDSA_P384": 96, "ECDSA_P521": 132}


def other_side(key):
    return serialization.load_der_public_key(key.public_key_der())


@pytest.mark.parametrize("algorithm", CURVES)
def test_ecdsa(provider, digest, algorithm):
    with provider.create_key(algorithm) as key:
        raw = key.sign(digest)
        assert len(raw) == CURVES[algorithm] == key.signature_length
        der = key.sign(digest, encoding="der")
        scheme = ec.ECDSA(utils.Prehashed(hashes.SHA256()))
        other_side(key).verify(der, digest, scheme)
        half = len(raw) // 2
        numbers = int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big")
        other_side(key).verify(utils.encode_dss_signature(*numbers), digest, scheme)
        key.verify(digest, raw)
        key.verify(digest, der, encoding="der")


@pytest.mark.parametrize("name", HASHES)
@pytest.mark.parametrize("scheme", ["PKCS1", "PSS", "PSS without salt"])
def test_rsa(rsa_key, name, scheme):
    digest = hashlib.new(name, b"order 17").digest()
    if scheme == "PKCS1":
        ours, theirs = nc.PKCS1(name), padding.PKCS1v15()
    else:
        salt = 0 if "without" in scheme else len(digest)
        ours, theirs = nc.PSS(name, salt), padding.PSS(padding.MGF1(HASHES[name]), salt)
    signature = rsa_key.sign(digest, ours)
    assert len(signature) == 256
    other_side(rsa_key).verify(signature, digest, theirs, utils.Prehashed(HASHES[name]))
    rsa_key.verify(digest, signature, ours)
    with pytest.raises(nc.InvalidSignatureError):
        rsa_key.verify(digest[::-1], signature, ours)


def test_pkcs1_without_a_hash_name(rsa_key):
    data = b"as it is"
    signature = rsa_key.sign(data, nc.PKCS1())
    rsa_key.verify(data, signature, nc.PKCS1())
    numbers = other_side(rsa_key).public_numbers()
    recovered = pow(int.from_bytes(signature, "big"), numbers.e, numbers.n).to_bytes(256, "big")
    assert recovered == b"\0\1" + b"\xff" * (256 - 3 - len(data)) + b"\0" + data


def test_what_does_not_verify(ec_key, digest):
    signature = ec_key.sign(digest)
    wrong = bytearray(signature)
    wrong[10] ^= 1
    for bad in (wrong, signature[:-1], signature + b"\0", b"\0" * 64, b"\xff" * 64, b"x"):
        with pytest.raises(nc.InvalidSignatureError):
            ec_key.verify(digest, bad)
    with pytest.raises(nc.InvalidSignatureError):
        ec_key.verify(hashlib.sha256(b"another").digest(), signature)


def encode(*numbers):
    return utils.encode_dss_signature(*numbers)


def test_strict_der(ec_key, digest):
    der = ec_key.sign(digest, encoding="der")
    r, s = utils.decode_dss_signature(der)
    ec_key.verify(digest, encode(r, s), encoding="der")
    body = der[2:]
    for bad in (
        b"",
        der[:-1],
        der + b"\0",
        b"\x31" + der[1:],
        b"\x30\x81" + bytes([len(body)]) + body,  # a length in too many bytes
        b"\x30\x80" + body + b"\0\0",  # of indefinite length
        encode(r, s + (1 << 300)),
        encode(r, s).replace(b"\x02", b"\x03", 1),
        b"\x30\x06\x02\x01\x80\x02\x01\x01",  # a negative number
        b"\x30\x07\x02\x02\x00\x01\x02\x01\x01",  # a number in too many bytes
        b"\x30\x05\x02\x00\x02\x01\x01",  # a number in no bytes
        b"\x30\x03\x02\x01\x01",
        ec_key.sign(digest),
        encode(0, 0),
        encode(1, 1),
    ):
        with pytest.raises(nc.InvalidSignatureError):
            ec_key.verify(digest, bad, encoding="der")


def test_der_of_every_length(provider):
    """Many signatures: some numbers are shorter, some need a zero in front."""
    with provider.create_key("ECDSA_P521") as key:
        for number in range(300):
            digest = number.to_bytes(32, "big")
            der = key.sign(digest, encoding="der")
            key.verify(digest, der, encoding="der")
            assert encode(*utils.decode_dss_signature(der)) == der


def test_encoding_is_checked(ec_key, rsa_key, digest):
    for call in (ec_key.sign, lambda digest, **more: ec_key.verify(digest, b"x" * 64, **more)):
        with pytest.raises(ValueError, match="encoding must be 'raw' or 'der', not 'DER'"):
            call(digest, encoding="DER")
    assert len(ec_key.sign(digest, encoding="".join(["r", "aw"]))) == 64
    with pytest.raises(ValueError, match="only signatures of EC and DSA keys"):
        rsa_key.sign(digest, nc.PKCS1("SHA256"), encoding="der")


def test_messages(ec_key, rsa_key):
    data = b"order 17"
    signature = ec_key.sign_message(data, "SHA256")
    ec_key.verify(hashlib.sha256(data).digest(), signature)
    ec_key.verify_message(data, signature, "SHA256")
    with pytest.raises(nc.InvalidSignatureError):
        ec_key.verify_message(data + b"!", signature, "SHA256")
    der = ec_key.sign_message(bytearray(data), "SHA512", encoding="der")
    ec_key.verify_message(data, der, "SHA512", encoding="der")
    for scheme in (nc.PSS("SHA256"), nc.PKCS1("SHA256")):
        signature = rsa_key.sign_message(data, "SHA256", scheme)
        rsa_key.verify_message(data, signature, "SHA256", scheme)
    with pytest.raises(ValueError, match="is for another hash than 'SHA384'"):
        rsa_key.sign_message(data, "SHA384", nc.PSS("SHA256"))
    with pytest.raises(ValueError, match="signs with a padding"):
        rsa_key.sign_message(data, "SHA256")
    with pytest.raises(ValueError, match="hash_name must be one of MD5, SHA1"):
        ec_key.sign_message(data, "sha256")
    with pytest.raises(TypeError, match="hash_name must be a str"):
        ec_key.sign_message(data, hashlib.sha256)
    with pytest.raises(TypeError, match="data must be a bytes-like object, not 'str'"):
        ec_key.sign_message("text", "SHA256")


def test_a_public_key_verifies_and_does_not_sign(provider, ec_key, digest):
    with provider.import_key(ec_key.export("ECCPUBLICBLOB"), "ECCPUBLICBLOB") as public:
        public.verify(digest, ec_key.sign(digest))
        public.verify(digest, ec_key.sign(digest, encoding="der"), encoding="der")
        with pytest.raises(nc.NCryptError):
            public.sign(digest)


def test_usage_is_enforced(provider, digest):
    with provider.create_key("RSA", length=1024, usage=nc.KeyUsage.ALLOW_DECRYPT) as key:
        with pytest.raises(nc.AccessDeniedError):
            key.sign(digest, nc.PSS("SHA256"))
        assert key.decrypt(key.encrypt(b"x", nc.PKCS1()), nc.PKCS1()) == b"x"


def test_silent_makes_no_difference_where_nobody_is_asked(ec_key, rsa_key, digest):
    ec_key.verify(digest, ec_key.sign(digest, silent=True), silent=True)
    ciphertext = rsa_key.encrypt(b"x", nc.PKCS1(), silent=True)
    assert rsa_key.decrypt(ciphertext, nc.PKCS1(), silent=True) == b"x"


def test_other_implementation_signs(ec_key, provider, digest):
    private = ec.generate_private_key(ec.SECP256R1())
    numbers = private.public_key().public_numbers()
    blob = (
        b"ECS1"
        + (32).to_bytes(4, "little")
        + numbers.x.to_bytes(32, "big")
        + numbers.y.to_bytes(32, "big")
    )
    der = private.sign(digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
    with provider.import_key(blob, "ECCPUBLICBLOB") as public:
        public.verify(digest, der, encoding="der")
        assert public.public_key_der() == private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    with pytest.raises(InvalidSignature):
        other_side(ec_key).verify(der, digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
