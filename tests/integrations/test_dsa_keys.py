# SPDX-License-Identifier: MIT
"""DSA keys do what cryptography's own do with the same arguments."""

import hashlib

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, rsa, utils

import ncrypt_ext as nc

from ..conformance import dl

MESSAGE = b"order 17"


@pytest.fixture(params=[1024, 2048])
def signer(request, provider):
    group, _, _ = dl.dsa_key(request.param)
    parameters = dsa.DSAParameterNumbers(group.p, group.q, group.g).parameters()
    with provider.create_key("DSA", "dsa", parameters=parameters) as key:
        stored = key.as_cryptography()
    with stored:
        yield stored


def test_is_a_private_key(signer):
    assert isinstance(signer, dsa.DSAPrivateKey)
    assert not isinstance(signer, rsa.RSAPrivateKey)
    assert dsa.DSAPrivateKey not in type(signer).__mro__
    assert signer.key_size in (1024, 2048)


def test_public_key_is_cryptographys_own(signer):
    own = signer.parameters().generate_private_key()
    assert type(signer.public_key()) is type(own.public_key())
    assert signer.parameters().parameter_numbers() == own.parameters().parameter_numbers()


def test_dh_keys_have_no_form(provider):
    with provider.create_key("DH") as key:
        with pytest.raises(nc.NotSupportedError, match="DH keys have no form for cryptography"):
            key.as_cryptography()


@pytest.mark.parametrize(
    "algorithm",
    [hashes.SHA1(), hashes.SHA224(), hashes.SHA256(), hashes.SHA512(), hashes.SHA3_256()],
    ids=lambda each: each.name,
)
def test_sign(signer, algorithm):
    """Hashes shorter and longer than the key's subgroup, and such that CNG has not."""
    signature = signer.sign(MESSAGE, algorithm)
    assert type(signature) is bytes
    signer.public_key().verify(signature, MESSAGE, algorithm)


def test_prehashed(signer):
    digest = hashlib.sha512(MESSAGE).digest()
    signature = signer.sign(bytearray(digest), utils.Prehashed(hashes.SHA512()))
    signer.public_key().verify(signature, MESSAGE, hashes.SHA512())
    with pytest.raises(ValueError, match="same length"):
        signer.sign(digest[1:], utils.Prehashed(hashes.SHA512()))


def test_no_hash(signer):
    with pytest.raises(TypeError):
        signer.sign(MESSAGE, "SHA256")


def test_the_private_key_stays(signer):
    with pytest.raises(nc.NotSupportedError):
        signer.private_numbers()
    with pytest.raises(nc.NotSupportedError):
        signer.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    assert "StoredDSAKey" in repr(signer)


def test_a_certificate_request(provider, signer):
    """cryptography signs what it signs with DSA keys of its own."""
    from cryptography import x509

    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    try:
        request = builder.sign(signer, hashes.SHA256())
    except UnsupportedAlgorithm:
        pytest.skip("this cryptography signs no requests with DSA")
    assert request.is_signature_valid
