# SPDX-License-Identifier: MIT
"""An authority whose keys are stored, and programs that others wrote to judge what it signs."""

import shutil
import subprocess
from datetime import datetime, timezone
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.oid import NameOID

SHA256 = hashes.SHA256()
PSS = padding.PSS(padding.MGF1(SHA256), padding.PSS.DIGEST_LENGTH)
# No test depends on today.
START = datetime(2020, 1, 1, tzinfo=timezone.utc)
END = datetime(2100, 1, 1, tzinfo=timezone.utc)
PEM = serialization.Encoding.PEM
DER = serialization.Encoding.DER


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def spki(public_key):
    return public_key.public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


class Holder:
    """A stored key and its certificate, which may be that of an authority."""

    def __init__(self, key, certificate):
        self.key = key
        self.certificate = certificate

    @classmethod
    def root(cls, key, subject="root", **how):
        return cls(key, issue(key.public_key(), subject, name(subject), key, **how))

    def issue(self, public_key, subject="leaf", **how):
        return issue(public_key, subject, self.certificate.subject, self.key, **how)

    def issue_authority(self, key, subject="issuer", **how):
        return Holder(key, self.issue(key.public_key(), subject, ca=True, **how))

    def issue_holder(self, key, subject="leaf", **how):
        return Holder(key, self.issue(key.public_key(), subject, **how))


def issue(public_key, subject, issuer, issuer_key, *, ca=None, extensions=(), pss=False):
    """As strict verifiers want it. Who names itself as the issuer is an authority."""
    if ca is None:
        ca = issuer == name(subject)
    issuer_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(START)
        .not_valid_after(END)
        .add_extension(x509.BasicConstraints(ca, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(issuer_id, critical=False)
        .add_extension(usage(public_key, ca), critical=True)
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(issuer_key, SHA256, **({"rsa_padding": PSS} if pss else {}))


def usage(public_key, ca):
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=not ca and isinstance(public_key, RSAPublicKey),
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


def write(path, *certificates):
    """One PEM file of what has public_bytes()."""
    path.write_bytes(b"".join(one.public_bytes(PEM) for one in certificates))
    return path


class Program:
    """Runs a program in a folder; what it prints is output and errors together."""

    def __init__(self, command, folder: Path):
        if shutil.which(command) is None:
            pytest.skip(f"there is no {command} to verify it")
        self.command = command
        self.folder = folder

    def __call__(self, *arguments, data=b"", ok=True):
        done = subprocess.run(
            [self.command, *map(str, arguments)],
            input=data,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=60,
        )
        printed = done.stdout.decode(errors="replace")
        if ok is not None:
            assert (done.returncode == 0) == ok, f"exit code {done.returncode}\n{printed}"
        return printed


def damaged(der):
    """The same structure with another signature: that is what stands last in it."""
    return der[:-1] + bytes([der[-1] ^ 1])
