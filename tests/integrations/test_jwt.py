# SPDX-License-Identifier: MIT
"""PyJWT signs with stored keys. Others verify."""

import base64
import hmac
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from .material import spki

jwt = pytest.importorskip("jwt", reason="PyJWT is not installed: it is in the group test")

CLAIMS = {"iss": "someone", "order": 17}
RSA_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]
EC_ALGORITHMS = {256: "ES256", 384: "ES384", 521: "ES512"}


def openssl_verifies(openssl, token, public_key):
    """Knows of JWTs only that base64 and two dots stand in them."""
    header, payload, signature = token.split(".")
    content = f"{header}.{payload}".encode()
    raw = base64.urlsafe_b64decode(signature + "==")
    algorithm = json.loads(base64.urlsafe_b64decode(header + "=="))["alg"]
    options = [f"-sha{algorithm[2:]}"]
    if algorithm.startswith("ES"):
        half = len(raw) // 2
        raw = encode_dss_signature(*(int.from_bytes(n, "big") for n in (raw[:half], raw[half:])))
    elif algorithm.startswith("PS"):
        options += ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"]
    (openssl.folder / "public.pem").write_bytes(spki(public_key))
    (openssl.folder / "signature").write_bytes(raw)
    command = ["dgst", *options, "-verify", "public.pem", "-signature", "signature"]
    # A changed content is not verified, so that the command means something.
    assert "Verified OK" not in openssl(*command, data=content + b"x", ok=False)
    return openssl(*command, data=content) == "Verified OK\n"


@pytest.mark.parametrize("algorithm", RSA_ALGORITHMS)
def test_rsa(rsa, openssl, algorithm):
    token = jwt.encode(CLAIMS, rsa, algorithm)
    assert jwt.decode(token, rsa.public_key(), [algorithm]) == CLAIMS
    assert openssl_verifies(openssl, token, rsa.public_key())


def test_ec(ec, openssl):
    algorithm = EC_ALGORITHMS[ec.key_size]
    token = jwt.encode(CLAIMS, ec, algorithm)
    assert jwt.decode(token, ec.public_key(), [algorithm]) == CLAIMS
    assert openssl_verifies(openssl, token, ec.public_key())


def test_private_key_verifies(p256):
    assert jwt.decode(jwt.encode(CLAIMS, p256, "ES256"), p256, ["ES256"]) == CLAIMS


def test_other_key_does_not_verify(p256, provider):
    with provider.create_key("ECDSA_P256") as key, key.as_cryptography() as other:
        with pytest.raises(jwt.InvalidSignatureError):
            jwt.decode(jwt.encode(CLAIMS, other, "ES256"), p256, ["ES256"])


def test_curve_of_another_algorithm(ec):
    others = [name for size, name in EC_ALGORITHMS.items() if size != ec.key_size]
    for algorithm in others:
        with pytest.raises((jwt.InvalidKeyError, ValueError), match="curve"):
            jwt.encode(CLAIMS, ec, algorithm)


def test_public_key_is_no_secret(signer):
    """Neither a stored key nor its published half signs or verifies by HS256."""
    with pytest.raises(TypeError):
        jwt.encode(CLAIMS, signer, "HS256")
    public = spki(signer.public_key())
    forged = hs256(public)
    with pytest.raises((jwt.InvalidKeyError, jwt.InvalidAlgorithmError)):
        jwt.decode(forged, public, ["HS256", "ES256", "RS256"])
    for key in (signer, signer.public_key()):
        with pytest.raises((TypeError, jwt.PyJWTError)):
            jwt.decode(forged, key, ["HS256", "ES256", "RS256"])


def hs256(secret):
    """What a forger makes, who has the public key and no scruples."""
    parts = [{"alg": "HS256", "typ": "JWT"}, CLAIMS]
    texts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts]
    content = b".".join(texts)
    mac = hmac.digest(secret, content, "sha256")
    return (content + b"." + base64.urlsafe_b64encode(mac).rstrip(b"=")).decode()


def public_jwk(stored):
    """What a service publishes of its key."""
    kind = jwt.get_algorithm_by_name({"R": "RS256", "E": "ES256"}[type(stored).__name__[6]])
    return json.loads(kind.to_jwk(stored.public_key()))


def test_published_key_verifies(signer):
    algorithm = EC_ALGORITHMS.get(signer.key_size, "PS256")
    token = jwt.encode(CLAIMS, signer, algorithm, headers={"kid": "now"})
    published = {"keys": [{**public_jwk(signer), "kid": "now", "use": "sig"}]}
    found = jwt.PyJWKSet.from_dict(published)["now"]
    assert jwt.decode(token, found.key, [algorithm]) == CLAIMS


def test_private_jwk_is_impossible_and_says_so(signer):
    kind = jwt.get_algorithm_by_name("ES256" if hasattr(signer, "curve") else "RS256")
    with pytest.raises(NotImplementedError, match="stays in its key store"):
        kind.to_jwk(signer)


def test_what_is_told_about_a_key_that_is_not_for_cryptography(ec_key):
    """As docs/cryptography.md has it."""
    with pytest.raises(TypeError, match="PEM-formatted key"):
        jwt.encode(CLAIMS, ec_key, "ES256")
    with ec_key.as_cryptography() as stored, pytest.raises(TypeError, match="PEM-formatted key"):
        jwt.encode(CLAIMS, stored, "RS256")
