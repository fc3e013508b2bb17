# SPDX-License-Identifier: MIT
"""RSA encryption, both ways, checked with another implementation."""

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

import ncrypt_ext as nc

SCHEMES = {
    "PKCS1": (nc.PKCS1(), padding.PKCS1v15()),
    "OAEP SHA1": (nc.OAEP("SHA1"), padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)),
    "OAEP SHA256": (
        nc.OAEP("SHA256"),
        padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None),
    ),
    "OAEP with a label": (
        nc.OAEP("SHA256", b"label"),
        padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), b"label"),
    ),
}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_both_directions(rsa_key, scheme):
    ours, theirs = SCHEMES[scheme]
    public = serialization.load_der_public_key(rsa_key.public_key_der())
    ciphertext = rsa_key.encrypt(b"secret", ours)
    assert len(ciphertext) == 256 == rsa_key.block_length
    assert rsa_key.decrypt(ciphertext, ours) == b"secret"
    assert rsa_key.decrypt(public.encrypt(b"secret", theirs), ours) == b"secret"


def test_other_side_decrypts(provider):
    policy = nc.ExportPolicy.ALLOW_PLAINTEXT_EXPORT
    with provider.create_key("RSA", length=2048, export_policy=policy) as key:
        private = serialization.load_der_private_key(key.export("PKCS8_PRIVATEKEY"), None)
        for ours, theirs in SCHEMES.values():
            assert private.decrypt(key.encrypt(b"secret", ours), theirs) == b"secret"


def test_raw(rsa_key):
    number = (12345678901234567890).to_bytes(256, "big")
    ciphertext = rsa_key.encrypt(number, nc.RAW)
    numbers = serialization.load_der_public_key(rsa_key.public_key_der()).public_numbers()
    expected = pow(int.from_bytes(number, "big"), numbers.e, numbers.n)
    assert int.from_bytes(ciphertext, "big") == expected
    assert rsa_key.decrypt(ciphertext, nc.RAW) == number


def test_what_does_not_decrypt(rsa_key):
    padding = nc.OAEP("SHA256")
    ciphertext = bytearray(rsa_key.encrypt(b"secret", padding))
    with pytest.raises(nc.NCryptError):
        rsa_key.decrypt(ciphertext, nc.OAEP("SHA256", b"another label"))
    ciphertext[100] ^= 1
    with pytest.raises(nc.NCryptError):
        rsa_key.decrypt(ciphertext, padding)
    with pytest.raises(nc.NCryptError):
        rsa_key.decrypt(ciphertext[:-1], padding)


def test_too_long(rsa_key):
    with pytest.raises(nc.NCryptError):
        rsa_key.encrypt(bytes(256 - 10), nc.PKCS1())
    assert rsa_key.decrypt(rsa_key.encrypt(bytes(245), nc.PKCS1()), nc.PKCS1()) == bytes(245)


def test_ec_keys_do_not_encrypt(ec_key):
    with pytest.raises(nc.NotSupportedError):
        ec_key.encrypt(b"secret")
    with pytest.raises(nc.NotSupportedError):
        ec_key.decrypt(b"secret")
