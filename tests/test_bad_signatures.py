# SPDX-License-Identifier: MIT
"""A signature from outside may be anything: what is wrong with it is never an OSError."""

import hashlib

import pytest

import ncrypt_ext as nc

DIGEST = hashlib.sha256(b"order 17").digest()
SIZES = [0, 1, 63, 64, 65, 127, 128, 129, 5000]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("fill", [0, 0xFF])
def test_any_bytes_are_a_wrong_signature(provider, size, fill):
    with provider.create_key("ECDSA_P256") as key, provider.create_key("RSA", length=1024) as rsa:
        for checked, padding in ((key, None), (rsa, nc.PKCS1("SHA256")), (rsa, nc.PSS("SHA256"))):
            with pytest.raises(nc.InvalidSignatureError):
                checked.verify(DIGEST, bytes([fill]) * size, padding)
        with pytest.raises(nc.InvalidSignatureError):
            key.verify(DIGEST, bytes([fill]) * size, encoding="der")


@pytest.mark.parametrize("size", [0, 1, 39, 40, 41, 5000])
@pytest.mark.parametrize("fill", [0, 0xFF])
def test_nor_of_a_dsa_key(provider, size, fill):
    with provider.create_key("DSA", length=512) as key:
        with pytest.raises(nc.InvalidSignatureError):
            key.verify(DIGEST[:20], bytes([fill]) * size)
        with pytest.raises(nc.InvalidSignatureError):
            key.verify_message(b"order 17", bytes([fill]) * size, "SHA1")


def test_a_wrong_digest_is_still_the_callers_fault(provider):
    with provider.create_key("ECDSA_P256") as key, pytest.raises(nc.InvalidParameterError):
        key.verify(b"", key.sign(DIGEST))
