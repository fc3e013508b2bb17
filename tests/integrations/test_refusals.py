# SPDX-License-Identifier: MIT
"""What a key that stays where it is cannot do: each is refused, with the reason.

What docs/howto/x509.md and docs/cryptography.md say of it.
"""

import inspect
import ssl

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec as ec_keys
from cryptography.hazmat.primitives.serialization import pkcs12

import ncrypt_ext as nc

from .material import DER, PEM, SHA256, Holder, name, write

REASON = "stays in its key store"
FORMATS = serialization.PrivateFormat
PASSWORD = serialization.BestAvailableEncryption(b"secret")
FORMS = [
    (PEM, FORMATS.PKCS8),
    (DER, FORMATS.PKCS8),
    (PEM, FORMATS.TraditionalOpenSSL),
    (PEM, FORMATS.OpenSSH),
]


@pytest.mark.parametrize(("encoding", "form"), FORMS)
@pytest.mark.parametrize("encryption", [serialization.NoEncryption(), PASSWORD], ids=["", "secret"])
def test_private_files(stored, encoding, form, encryption):
    """Which is what TLS with ssl, requests, pyOpenSSL and others start with."""
    with pytest.raises(nc.NotSupportedError, match=REASON) as caught:
        stored.private_bytes(encoding, form, encryption)
    assert isinstance(caught.value, NotImplementedError)
    assert not isinstance(caught.value, ValueError | TypeError)


def test_exportable_keys_are_refused_too(provider):
    """The way that is left is named; Key.export() has the key's own rules."""
    policy = nc.ExportPolicy.ALLOW_EXPORT | nc.ExportPolicy.ALLOW_PLAINTEXT_EXPORT
    with provider.create_key("ECDSA_P256", "ec", export_policy=policy) as key:
        with key.as_cryptography() as stored, pytest.raises(nc.NotSupportedError) as caught:
            stored.private_bytes(DER, FORMATS.PKCS8, serialization.NoEncryption())
        assert "Key.export()" in str(caught.value)
        plain = serialization.load_der_private_key(key.export("PKCS8_PRIVATEKEY"), None)
        assert plain.public_key() == stored.public_key()


def test_tls_with_ssl(stored, tmp_path):
    """It reads files: none can be written, and the object is none."""
    file = write(tmp_path / "own.pem", Holder.root(stored).certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with pytest.raises(TypeError, match="keyfile"):
        context.load_cert_chain(file, stored)
    with pytest.raises(ssl.SSLError):
        context.load_cert_chain(file)


@pytest.mark.parametrize("encryption", [serialization.NoEncryption(), PASSWORD], ids=["", "secret"])
def test_pkcs12(signer, encryption):
    certificate = Holder.root(signer).certificate
    with pytest.raises(nc.NotSupportedError, match=REASON):
        pkcs12.serialize_key_and_certificates(b"name", signer, certificate, None, encryption)


def test_pkcs12_of_certificates_only(signer):
    """That is no secret, and works."""
    certificate = Holder.root(signer).certificate
    made = pkcs12.serialize_key_and_certificates(None, None, None, [certificate], PASSWORD)
    key, own, others = pkcs12.load_key_and_certificates(made, b"secret")
    assert (key, own, others) == (None, None, [certificate])


def test_deterministic_ecdsa(p256):
    builder = x509.CertificateSigningRequestBuilder().subject_name(name("leaf"))
    if "ecdsa_deterministic" not in inspect.signature(builder.sign).parameters:
        pytest.skip("this cryptography signs no requests with deterministic ECDSA")
    with pytest.raises(UnsupportedAlgorithm, match="choose the nonce"):
        builder.sign(p256, SHA256, ecdsa_deterministic=True)


def test_agreement_by_a_key_that_signs(p256):
    peer = ec_keys.generate_private_key(ec_keys.SECP256R1()).public_key()
    with pytest.raises(UnsupportedAlgorithm, match=r"this key signs: .* created as ECDH_P256"):
        p256.exchange(ec_keys.ECDH(), peer)


def test_hybrid_encryption_for_a_key_that_signs(p256):
    """HPKE decrypts by key agreement, and says the same of whatever goes wrong there."""
    hpke = pytest.importorskip("cryptography.hazmat.primitives.hpke")
    suite = hpke.Suite(hpke.KEM.P256, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_128_GCM)
    sealed = suite.encrypt(b"message", p256.public_key(), b"")
    with pytest.raises(InvalidTag):
        suite.decrypt(sealed, p256, b"")


def test_other_hashes(signer):
    """SHA-224 is a hash of cryptography that key stores do not know: EC keys need not know it."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(name("leaf"))
    if isinstance(signer, ec_keys.EllipticCurvePrivateKey):
        assert builder.sign(signer, hashes.SHA224()).is_signature_valid
        return
    with pytest.raises(UnsupportedAlgorithm, match="sha224"):
        builder.sign(signer, hashes.SHA224())
