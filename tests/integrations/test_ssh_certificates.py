# SPDX-License-Identifier: MIT
"""ssh-keygen reads certificates that stored keys sign, and verifies their signatures."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec as ec_keys
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, ssh

from .material import END, START, Program

SIGNED_WITH = {
    "RSA": "rsa-sha2-512",
    "secp256r1": "ecdsa-sha2-nistp256",
    "secp384r1": "ecdsa-sha2-nistp384",
    "secp521r1": "ecdsa-sha2-nistp521",
}


@pytest.fixture
def keygen(tmp_path):
    return Program("ssh-keygen", tmp_path)


def builder_for(public_key):
    return (
        ssh.SSHCertificateBuilder()
        .public_key(public_key)
        .serial(17)
        .valid_after(int(START.timestamp()))
        .valid_before(int(END.timestamp()))
    )


@pytest.fixture
def builder():
    return builder_for(ec_keys.generate_private_key(ec_keys.SECP256R1()).public_key())


def fingerprint(keygen, public_key):
    line = public_key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    (keygen.folder / "authority.pub").write_bytes(line)
    return keygen("-l", "-f", "authority.pub").split()[1]


def read(keygen, line, ok=True):
    (keygen.folder / "certificate.pub").write_bytes(line + b"\n")
    return keygen("-L", "-f", "certificate.pub", ok=ok)


def test_certificate_of_a_user(signer, keygen, builder):
    made = (
        builder.type(ssh.SSHCertificateType.USER)
        .key_id(b"someone@example")
        .valid_principals([b"someone", b"deploy"])
        .add_extension(b"permit-pty", b"")
        .add_critical_option(b"force-command", b"/usr/bin/true")
        .sign(signer)
    )
    said = read(keygen, made.public_bytes())
    assert 'Key ID: "someone@example"' in said
    assert "user certificate" in said
    assert "force-command /usr/bin/true" in said
    assert fingerprint(keygen, signer.public_key()) in said
    curve = getattr(signer, "curve", None)
    assert f"(using {SIGNED_WITH['RSA' if curve is None else curve.name]})" in said


def test_certificate_of_a_host_with_a_stored_key(signer, p256, keygen):
    """The host's key is stored, too."""
    certificate = (
        builder_for(p256.public_key())
        .type(ssh.SSHCertificateType.HOST)
        .key_id(b"host")
        .valid_principals([b"host.example"])
        .sign(signer)
    )
    said = read(keygen, certificate.public_bytes())
    assert "host certificate" in said
    assert f"ECDSA-CERT {fingerprint(keygen, p256.public_key())}" in said


def test_changed_certificates_are_none(signer, keygen, builder):
    made = (
        builder.type(ssh.SSHCertificateType.USER)
        .key_id(b"someone")
        .valid_principals([b"someone"])
        .sign(signer)
    )
    kind, encoded = made.public_bytes().split()[:2]
    blob = base64.b64decode(encoded)
    assert 'Key ID: "someone"' in read(keygen, made.public_bytes())
    changed = base64.b64encode(blob.replace(b"someone", b"anybody"))
    assert "Key ID" not in read(keygen, kind + b" " + changed, ok=None)
