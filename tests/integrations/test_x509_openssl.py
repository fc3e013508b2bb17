# SPDX-License-Identifier: MIT
"""The command openssl accepts what stored keys sign for X.509, and nothing that was changed."""

import inspect

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec as ec_keys
from cryptography.x509 import ocsp
from cryptography.x509.oid import AttributeOID, ExtendedKeyUsageOID

import ncrypt_ext as nc

from .conftest import stored_ec
from .material import DER, END, PSS, SHA256, START, Holder, damaged, name, write

SERIAL_OF_NOBODY = 17


def takes_pss(builder):
    return "rsa_padding" in inspect.signature(builder.sign).parameters


@pytest.fixture
def subject():
    """Somebody else's public key."""
    return ec_keys.generate_private_key(ec_keys.SECP256R1()).public_key()


@pytest.fixture
def issuer(root, provider):
    """The authority below: its key is stored, too."""
    with stored_ec(provider, "P384", "issuer") as key:
        yield root.issue_authority(key)


# ---- the keys ------------------------------------------------------------------------------------


def test_no_key_here_can_be_exported(signer, provider):
    (found,) = provider.keys()
    with provider.open_key(found.name) as key:
        assert key.export_policy == 0
        with pytest.raises(nc.NCryptError, match="export"):
            key.export("PKCS8_PRIVATEKEY")


# ---- requests ------------------------------------------------------------------------------------


@pytest.fixture
def request_builder():
    names = x509.SubjectAlternativeName([x509.DNSName("orders.example")])
    return (
        x509.CertificateSigningRequestBuilder()
        .subject_name(name("orders.example"))
        .add_extension(names, critical=False)
        .add_attribute(AttributeOID.CHALLENGE_PASSWORD, b"secret")
    )


def req(openssl, der):
    """What it says: some releases end with 0 in any case."""
    return openssl("req", "-verify", "-inform", "DER", "-noout", "-text", data=der, ok=None)


def test_request(signer, openssl, request_builder):
    der = request_builder.sign(signer, SHA256).public_bytes(DER)
    said = req(openssl, der)
    assert "verify OK" in said
    assert "DNS:orders.example" in said
    assert "verify failure" in req(openssl, damaged(der))


def test_request_with_pss(rsa, openssl, request_builder):
    if not takes_pss(request_builder):
        pytest.skip("this cryptography signs requests without PSS")
    der = request_builder.sign(rsa, SHA256, rsa_padding=PSS).public_bytes(DER)
    said = req(openssl, der)
    assert "verify OK" in said
    assert "rsassaPss" in said
    assert "verify OK" not in req(openssl, damaged(der))


def test_certificate_for_a_request(signer, openssl, tmp_path, request_builder, provider):
    """Both keys are stored: the subject's signs the request, the authority's the certificate."""
    with stored_ec(provider, "P256", "authority") as key:
        authority = Holder.root(key)
        asked = request_builder.sign(signer, SHA256)
        assert asked.is_signature_valid
        names = asked.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        leaf = authority.issue(asked.public_key(), "orders.example", extensions=[names])
    write(tmp_path / "root.pem", authority.certificate)
    write(tmp_path / "leaf.pem", leaf)
    check = ["verify", "-x509_strict", "-CAfile", "root.pem", "-verify_hostname"]
    openssl(*check, "orders.example", "leaf.pem")
    assert "ostname mismatch" in openssl(*check, "other.example", "leaf.pem", ok=False)


# ---- certificates --------------------------------------------------------------------------------


def test_self_signed(root, openssl, tmp_path):
    write(tmp_path / "root.pem", root.certificate)
    openssl("verify", "-x509_strict", "-check_ss_sig", "-CAfile", "root.pem", "root.pem")
    changed = x509.load_der_x509_certificate(damaged(root.certificate.public_bytes(DER)))
    write(tmp_path / "root.pem", changed)
    command = ["verify", "-x509_strict", "-check_ss_sig", "-CAfile", "root.pem", "root.pem"]
    assert "signature failure" in openssl(*command, ok=False)


def test_chain(root, issuer, subject, openssl, tmp_path):
    leaf = issuer.issue(subject)
    write(tmp_path / "root.pem", root.certificate)
    write(tmp_path / "issuer.pem", issuer.certificate)
    write(tmp_path / "leaf.pem", leaf)
    command = ["verify", "-x509_strict", "-CAfile", "root.pem", "-untrusted", "issuer.pem"]
    assert openssl(*command, "leaf.pem") == "leaf.pem: OK\n"

    changed = x509.load_der_x509_certificate(damaged(leaf.public_bytes(DER)))
    write(tmp_path / "leaf.pem", changed)
    assert "signature failure" in openssl(*command, "leaf.pem", ok=False)


def test_chain_with_pss(rsa, subject, openssl, tmp_path):
    root = Holder.root(rsa, pss=True)
    leaf = root.issue(subject, pss=True)
    write(tmp_path / "root.pem", root.certificate)
    write(tmp_path / "leaf.pem", leaf)
    openssl("verify", "-x509_strict", "-CAfile", "root.pem", "leaf.pem")
    said = openssl("x509", "-in", "leaf.pem", "-noout", "-text")
    assert "Salt Length: 0x20" in said


# ---- revocation lists ----------------------------------------------------------------------------


def revocation_list(authority, *serials, **how):
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.certificate.subject)
        .last_update(START)
        .next_update(END)
        .add_extension(x509.CRLNumber(1), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()),
            critical=False,
        )
    )
    for serial in serials:
        reason = x509.CRLReason(x509.ReasonFlags.key_compromise)
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder()
            .serial_number(serial)
            .revocation_date(START)
            .add_extension(reason, critical=False)
            .build()
        )
    return builder.sign(authority.key, SHA256, **how)


def check_revocation(openssl, folder, root, subject, **how):
    good, bad = root.issue(subject, "good"), root.issue(subject, "bad")
    crl = revocation_list(root, bad.serial_number, SERIAL_OF_NOBODY, **how)
    write(folder / "root.pem", root.certificate)
    write(folder / "crl.pem", crl)
    write(folder / "good.pem", good)
    write(folder / "bad.pem", bad)

    read = ["crl", "-CAfile", "root.pem", "-noout", "-text"]
    assert "verify OK" in openssl(*read, "-in", "crl.pem")
    changed = damaged(crl.public_bytes(DER))
    assert "verify OK" not in openssl(*read, "-inform", "DER", data=changed, ok=None)

    verify = ["verify", "-crl_check", "-CAfile", "root.pem", "-CRLfile", "crl.pem"]
    openssl(*verify, "good.pem")
    assert "certificate revoked" in openssl(*verify, "bad.pem", ok=False)
    write(folder / "crl.pem", x509.load_der_x509_crl(changed))
    assert "CRL signature failure" in openssl(*verify, "good.pem", ok=False)


def test_revocation_list(root, subject, openssl, tmp_path):
    check_revocation(openssl, tmp_path, root, subject)


def test_revocation_list_with_pss(rsa, subject, openssl, tmp_path):
    if not takes_pss(x509.CertificateRevocationListBuilder()):
        pytest.skip("this cryptography signs revocation lists without PSS")
    check_revocation(openssl, tmp_path, Holder.root(rsa), subject, rsa_padding=PSS)


# ---- OCSP ----------------------------------------------------------------------------------------


def ocsp_response(leaf, root, responder, status, **revoked):
    values = {"revocation_time": None, "revocation_reason": None, **revoked}
    return (
        ocsp.OCSPResponseBuilder()
        .add_response(leaf, root.certificate, hashes.SHA256(), status, START, END, **values)
        .responder_id(ocsp.OCSPResponderEncoding.HASH, responder.certificate)
        .certificates([responder.certificate])
        .sign(responder.key, SHA256)
    )


def ask(openssl, root, leaf, der, ok=True):
    """What a client that has this answer makes of it."""
    write(openssl.folder / "root.pem", root.certificate)
    write(openssl.folder / "leaf.pem", leaf)
    (openssl.folder / "response.der").write_bytes(der)
    about = ["-issuer", "root.pem", "-sha256", "-cert", "leaf.pem"]
    command = ["ocsp", "-respin", "response.der", *about, "-CAfile", "root.pem"]
    return openssl(*command, ok=ok)


def test_ocsp_answers_of_the_authority(root, subject, openssl):
    leaf = root.issue(subject)
    good = ocsp_response(leaf, root, root, ocsp.OCSPCertStatus.GOOD)
    said = ask(openssl, root, leaf, good.public_bytes(DER))
    assert "Response verify OK" in said
    assert "leaf.pem: good" in said

    revoked = ocsp_response(
        leaf,
        root,
        root,
        ocsp.OCSPCertStatus.REVOKED,
        revocation_time=START,
        revocation_reason=x509.ReasonFlags.key_compromise,
    )
    said = ask(openssl, root, leaf, revoked.public_bytes(DER))
    assert "Response verify OK" in said
    assert "leaf.pem: revoked" in said


def test_ocsp_answers_of_a_responder(signer, provider, subject, openssl):
    """Its key is another stored one, which the authority lets answer."""
    answers = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING])
    with stored_ec(provider, "P256", "authority") as key:
        root = Holder.root(key)
        leaf = root.issue(subject)
        responder = root.issue_holder(signer, "responder", extensions=[answers, x509.OCSPNoCheck()])
        stranger = root.issue_holder(signer, "stranger")
    response = ocsp_response(leaf, root, responder, ocsp.OCSPCertStatus.GOOD)
    said = ask(openssl, root, leaf, response.public_bytes(DER))
    assert "Response verify OK" in said
    assert "leaf.pem: good" in said

    # With another signature, and by somebody whom nobody let answer.
    der = response.public_bytes(DER).replace(response.signature, damaged(response.signature))
    assert "Response Verify Failure" in ask(openssl, root, leaf, der, ok=None)
    response = ocsp_response(leaf, root, stranger, ocsp.OCSPCertStatus.GOOD)
    der = response.public_bytes(DER)
    assert "Response Verify Failure" in ask(openssl, root, leaf, der, ok=None)
