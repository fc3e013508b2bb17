# SPDX-License-Identifier: MIT
"""joserfc signs and decrypts with stored keys; PyJWT and openssl hold it to that."""

import json
import pickle

import pytest
from cryptography.exceptions import UnsupportedAlgorithm

import ncrypt_ext as nc

from .conftest import CURVES

pytest.importorskip("joserfc", reason="joserfc is not installed: it is in the group recipes")
pyjwt = pytest.importorskip("jwt", reason="PyJWT is not installed: it is in the group test")

from joserfc import jwe, jws, jwt  # noqa: E402
from joserfc.errors import DecodeError, JoseError  # noqa: E402
from joserfc.jwk import ECKey, KeySet, RSAKey  # noqa: E402

from ncrypt_ext.integrations.joserfc_keys import stored_key  # noqa: E402

CLAIMS = {"iss": "someone", "order": 17}
RSA_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]
EC_ALGORITHMS = {"P256": "ES256", "P384": "ES384", "P521": "ES512"}
RSA_OAEP = ["RSA-OAEP", "RSA-OAEP-256"]


def taken(key, parameters=None):
    """The Key itself is closed then."""
    with key:
        return stored_key(key, parameters)


@pytest.fixture
def rsa_jwk(provider, rsa_blob):
    jwk = taken(provider.import_key(rsa_blob, "RSAFULLPRIVATEBLOB", name="rsa"))
    with jwk.private_key:
        yield jwk


@pytest.fixture(params=["RSA", *CURVES])
def pair(request, provider):
    """A key of each type, and an algorithm for it."""
    if request.param == "RSA":
        yield request.getfixturevalue("rsa_jwk"), "PS256"
        return
    jwk = taken(provider.create_key(f"ECDSA_{request.param}", "ec"))
    with jwk.private_key:
        yield jwk, EC_ALGORITHMS[request.param]


@pytest.fixture
def ec_jwk(provider):
    with provider.create_key("ECDSA_P256", "named") as key:
        jwk = stored_key(key, {"kid": "named", "use": "sig", "alg": "ES256"})
    with jwk.private_key:
        yield jwk


@pytest.mark.parametrize("algorithm", RSA_ALGORITHMS)
def test_rsa(rsa_jwk, algorithm):
    allowed = [algorithm]
    token = jwt.encode({"alg": algorithm}, CLAIMS, rsa_jwk, algorithms=allowed)
    assert pyjwt.decode(token, rsa_jwk.public_key, allowed) == CLAIMS
    assert jwt.decode(token, rsa_jwk, algorithms=allowed).claims == CLAIMS


def test_every_type(pair):
    key, algorithm = pair
    token = jwt.encode({"alg": algorithm}, CLAIMS, key, algorithms=[algorithm])
    assert pyjwt.decode(token, key.public_key, [algorithm]) == CLAIMS


def test_token_of_pyjwt(pair):
    key, algorithm = pair
    token = pyjwt.encode(CLAIMS, key.private_key, algorithm)
    public = type(key).import_key(key.as_dict())
    assert not public.is_private
    assert jwt.decode(token, public, algorithms=[algorithm]).claims == CLAIMS


def test_parameters(ec_jwk):
    assert ec_jwk.as_dict()["kid"] == ec_jwk.kid == "named"
    assert ec_jwk.alg == "ES256"
    with pytest.raises(JoseError):
        jwt.encode({"alg": "ES384"}, CLAIMS, ec_jwk)


def test_set_of_keys(ec_jwk, rsa_jwk):
    """The published set has public keys only, and verifies what the stored ones sign."""
    rsa_jwk.ensure_kid()
    keys = KeySet([ec_jwk, rsa_jwk])
    published = json.loads(json.dumps(keys.as_dict()))
    for member in published["keys"]:
        assert not {"d", "p", "q", "dp", "dq", "qi"} & set(member)
    header = {"alg": "ES256", "kid": "named"}
    token = jwt.encode(header, CLAIMS, keys)
    assert jwt.decode(token, KeySet.import_key_set(published)).claims == CLAIMS


def test_thumbprint(pair):
    """That of RFC 7638 is of the public key."""
    key, _ = pair
    assert key.thumbprint() == type(key).import_key(key.public_key).thumbprint()


def test_signature_of_any_content(pair):
    key, algorithm = pair
    signed = jws.serialize_json({"protected": {"alg": algorithm}}, b"content", key, [algorithm])
    public = type(key).import_key(key.public_key)
    assert jws.deserialize_json(signed, public, [algorithm]).payload == b"content"


@pytest.mark.parametrize("algorithm", RSA_OAEP)
def test_decryption(rsa_jwk, algorithm):
    """Encrypted for the public key, by somebody who has nothing else."""
    public = RSAKey.import_key(rsa_jwk.as_pem())
    allowed = [algorithm, "A256GCM"]
    header = {"alg": algorithm, "enc": "A256GCM"}
    sealed = jwe.encrypt_compact(header, b"message", public, algorithms=allowed)
    assert jwe.decrypt_compact(sealed, rsa_jwk, algorithms=allowed).plaintext == b"message"

    parts = sealed.split(".")
    parts[1] = "A" * len(parts[1])
    with pytest.raises(DecodeError):
        jwe.decrypt_compact(".".join(parts), rsa_jwk, algorithms=allowed)


def test_it_holds_the_native_key(provider):
    with provider.create_key("ECDSA_P256", "ec") as key:
        jwk = stored_key(key)
        with pytest.raises(nc.BadStateError):
            key.delete()
    token = jwt.encode({"alg": "ES256"}, CLAIMS, jwk)
    assert pyjwt.decode(token, jwk.public_key, ["ES256"]) == CLAIMS
    jwk.private_key.close()
    with pytest.raises(nc.ClosedHandleError):
        jwt.encode({"alg": "ES256"}, CLAIMS, jwk)


# ---- what does not work, and why is in docs/howto/jwt.md -----------------------------------------


def test_private_forms_are_refused(pair):
    """None gives the public form in place of the private one."""
    key, _ = pair
    keys = KeySet([key])
    for export in (key.as_pem, key.as_der, key.as_dict, keys.as_dict):
        with pytest.raises(NotImplementedError, match="stays in its key store"):
            export(private=True)
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(key)


def test_equal_to_its_public_half(pair):
    key, _ = pair
    public = type(key).__base__.import_key(key.as_dict())
    assert key == public
    assert public == key
    assert key.as_dict(use="sig") == {**public.as_dict(), "use": "sig"}
    assert key != type(key).__base__.generate_key()


def test_key_that_is_generated_from_it(pair):
    """As senders do for ECDH-ES: that one is joserfc's, and nothing of it is stored."""
    other = type(pair[0]).generate_key()
    assert "d" in other.as_dict(private=True)


def test_no_handle_stays_behind_after_an_error(ec_key, provider):
    """Not even as long as the exception lives."""
    with provider.create_key("RSA", length=2048) as rsa:
        for key in (ec_key, rsa):
            before = nc.live_handles()
            with pytest.raises(JoseError) as caught:
                stored_key(key, {"use": "neither"})
            assert nc.live_handles() == before, caught


def test_algorithms_of_other_keys(pair):
    """Above all HS256, whose secret would be something public."""
    key, algorithm = pair
    for other in {"HS256", "RS256", "ES256", "ES384", "ES512"} - {algorithm}:
        if other == "RS256" and algorithm == "PS256":
            continue
        with pytest.raises(JoseError):
            jwt.encode({"alg": other}, CLAIMS, key, algorithms=[other])


def test_import_key_of_joserfc_needs_the_numbers(signer):
    kind = ECKey if hasattr(signer, "curve") else RSAKey
    key = kind.import_key(signer)
    with pytest.raises(NotImplementedError, match="stays in its key store"):
        key.as_dict()


def test_agreement_by_a_key_that_signs(provider):
    """Those that agree are in test_exchange.py."""
    jwk = taken(provider.create_key("ECDSA_P256", "ec"))
    public = ECKey.import_key(jwk.public_key)
    sealed = jwe.encrypt_compact({"alg": "ECDH-ES", "enc": "A256GCM"}, b"message", public)
    with pytest.raises(UnsupportedAlgorithm, match="key agreement"):
        jwe.decrypt_compact(sealed, jwk)
