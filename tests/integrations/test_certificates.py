# SPDX-License-Identifier: MIT
"""Everything in cryptography that takes a private key takes a stored one."""

import inspect
import shutil
import subprocess
from datetime import datetime, timedelta, timezone

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec as ec_keys
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric import rsa as rsa_keys
from cryptography.hazmat.primitives.serialization import pkcs7, ssh
from cryptography.x509 import ocsp
from cryptography.x509.oid import NameOID

SHA256 = hashes.SHA256()
START = datetime(2026, 1, 1, tzinfo=timezone.utc)
END = START + timedelta(days=365)
PSS_SALTS = [
    pytest.param(padding.PSS.DIGEST_LENGTH, id="as the digest"),
    pytest.param(padding.PSS.MAX_LENGTH, id="longest"),
    20,
]


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def certificate(subject_key, issuer_key, subject="leaf", issuer="root", **more):
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(subject_key)
        .serial_number(17)
        .not_valid_before(START)
        .not_valid_after(END)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(subject_key), critical=False)
    )
    return builder.sign(issuer_key, SHA256, **more)


def check(signed, content, public_key):
    """A signature over X.509's content, with the algorithm that it names itself."""
    if isinstance(public_key, rsa_keys.RSAPublicKey):
        public_key.verify(signed.signature, content, padding.PKCS1v15(), SHA256)
    else:
        public_key.verify(signed.signature, content, ec_keys.ECDSA(SHA256))


def test_request(signer):
    request = (
        x509.CertificateSigningRequestBuilder().subject_name(name("leaf")).sign(signer, SHA256)
    )
    assert request.is_signature_valid
    assert request.public_key() == signer.public_key()


def test_what_is_told_about_a_key_that_is_not_for_cryptography(ec_key):
    """As docs/cryptography.md has it."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(name("leaf"))
    with pytest.raises(TypeError, match="Key must be"):
        builder.sign(ec_key, SHA256)
    with ec_key.as_cryptography() as stored, pytest.raises(TypeError, match="Expecting one of"):
        x509.CertificateBuilder().public_key(stored)


@pytest.mark.parametrize("salt", PSS_SALTS)
def test_request_with_pss(rsa, salt):
    builder = x509.CertificateSigningRequestBuilder().subject_name(name("leaf"))
    if "rsa_padding" not in inspect.signature(builder.sign).parameters:
        pytest.skip("this cryptography signs requests without PSS")
    request = builder.sign(rsa, SHA256, rsa_padding=padding.PSS(padding.MGF1(SHA256), salt))
    assert request.is_signature_valid


def test_self_signed_certificate(signer):
    signed = certificate(signer.public_key(), signer, "root")
    check(signed, signed.tbs_certificate_bytes, signer.public_key())
    signed.verify_directly_issued_by(signed)


def test_certificate_for_another_key(signer):
    other = ec_keys.generate_private_key(ec_keys.SECP256R1())
    root = certificate(signer.public_key(), signer, "root")
    leaf = certificate(other.public_key(), signer)
    leaf.verify_directly_issued_by(root)


@pytest.mark.parametrize("salt", PSS_SALTS)
def test_certificate_with_pss(rsa, salt):
    how = padding.PSS(padding.MGF1(SHA256), salt)
    signed = certificate(rsa.public_key(), rsa, "root", rsa_padding=how)
    signed.verify_directly_issued_by(signed)
    assert signed.signature_algorithm_oid == x509.SignatureAlgorithmOID.RSASSA_PSS


def test_certificate_of_a_plain_authority(signer):
    """The stored key is the subject's only."""
    authority = rsa_keys.generate_private_key(65537, 2048)
    root = certificate(authority.public_key(), authority, "root")
    certificate(signer.public_key(), authority).verify_directly_issued_by(root)


def test_revocation_list(signer):
    revoked = x509.RevokedCertificateBuilder().serial_number(17).revocation_date(START).build()
    crl = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(name("root"))
        .last_update(START)
        .next_update(END)
        .add_revoked_certificate(revoked)
        .sign(signer, SHA256)
    )
    assert crl.is_signature_valid(signer.public_key())
    assert crl.get_revoked_certificate_by_serial_number(17) is not None


def test_ocsp_response(signer):
    root = certificate(signer.public_key(), signer, "root")
    leaf = certificate(ec_keys.generate_private_key(ec_keys.SECP256R1()).public_key(), signer)
    response = (
        ocsp.OCSPResponseBuilder()
        .add_response(leaf, root, hashes.SHA1(), ocsp.OCSPCertStatus.GOOD, START, END, None, None)
        .responder_id(ocsp.OCSPResponderEncoding.HASH, root)
        .certificates([root])
        .sign(signer, SHA256)
    )
    assert response.certificate_status == ocsp.OCSPCertStatus.GOOD
    check(response, response.tbs_response_bytes, signer.public_key())


@pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl to verify it")
@pytest.mark.parametrize(
    "options",
    [[], [pkcs7.PKCS7Options.DetachedSignature], [pkcs7.PKCS7Options.NoAttributes]],
    ids=["plain", "detached", "no attributes"],
)
def test_pkcs7_signature(signer, options, tmp_path):
    own = certificate(signer.public_key(), signer, "root")
    signed = (
        pkcs7.PKCS7SignatureBuilder()
        .set_data(b"message")
        .add_signer(own, signer, SHA256)
        .sign(serialization.Encoding.DER, [*options, pkcs7.PKCS7Options.Binary])
    )
    assert pkcs7.load_der_pkcs7_certificates(signed) == [own]
    command = "openssl smime -verify -noverify -binary -inform DER -content content".split()
    (tmp_path / "content").write_bytes(b"message")
    done = subprocess.run(command, input=signed, cwd=tmp_path, capture_output=True)
    assert (done.returncode, done.stdout) == (0, b"message"), done.stderr


@pytest.mark.skipif(not hasattr(pkcs7, "pkcs7_decrypt_der"), reason="cryptography 44 and later")
def test_pkcs7_decryption(rsa):
    own = certificate(rsa.public_key(), rsa, "root")
    sealed = (
        pkcs7.PKCS7EnvelopeBuilder()
        .set_data(b"message")
        .add_recipient(own)
        .encrypt(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])
    )
    assert pkcs7.pkcs7_decrypt_der(sealed, own, rsa, []) == b"message"


def test_ssh_certificate(signer):
    subject = ec_keys.generate_private_key(ec_keys.SECP256R1()).public_key()
    made = (
        ssh.SSHCertificateBuilder()
        .public_key(subject)
        .serial(17)
        .type(ssh.SSHCertificateType.USER)
        .key_id(b"someone")
        .valid_principals([b"someone"])
        .valid_after(int(START.timestamp()))
        .valid_before(int(END.timestamp()))
        .sign(signer)
    )
    read = ssh.load_ssh_public_identity(made.public_bytes())
    assert read.key_id == b"someone"
    read.verify_cert_signature()
