# SPDX-License-Identifier: MIT
"""PyJWT signs with stored keys."""

import pytest

jwt = pytest.importorskip("jwt", reason="PyJWT is not installed: it is in the group test")

CLAIMS = {"iss": "someone", "order": 17}


@pytest.mark.parametrize("algorithm", ["RS256", "RS512", "PS256", "PS384", "PS512"])
def test_rsa(rsa, algorithm):
    token = jwt.encode(CLAIMS, rsa, algorithm)
    assert jwt.decode(token, rsa.public_key(), [algorithm]) == CLAIMS


def test_ec(ec):
    algorithm = {256: "ES256", 384: "ES384", 521: "ES512"}[ec.key_size]
    token = jwt.encode(CLAIMS, ec, algorithm)
    assert jwt.decode(token, ec.public_key(), [algorithm]) == CLAIMS


def test_private_key_verifies(p256):
    assert jwt.decode(jwt.encode(CLAIMS, p256, "ES256"), p256, ["ES256"]) == CLAIMS


def test_other_key_does_not_verify(p256, provider):
    with provider.create_key("ECDSA_P256") as key, key.as_cryptography() as other:
        with pytest.raises(jwt.InvalidSignatureError):
            jwt.decode(jwt.encode(CLAIMS, other, "ES256"), p256, ["ES256"])
