"""A certificate authority that lives as long as its object, to try things out with.

It signs whatever public key it is given, so the private half may be in a key store, or anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


class Authority:
    """A certificate authority that lives as long as the object."""

    def __init__(self, name: str = "throw-away CA") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = self._builder(self._name, self._key.public_key(), (-1, 30))
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        self.certificate = builder.add_extension(_usage(authority=True), True).sign(
            self._key, hashes.SHA256()
        )
        self.pem = self.certificate.public_bytes(serialization.Encoding.PEM)

    def issue(
        self,
        public_key: Any,
        name: str,
        *,
        hosts: Iterable[str] = (),
        days: tuple[float, float] = (-1, 30),
    ) -> x509.Certificate:
        """A certificate over that public key: for a server with these hosts, else for a client.

        ``days`` says from when to when it is valid, counted from now.
        """
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = self._builder(subject, public_key, days)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
        builder = builder.add_extension(_usage(authority=False), True)
        names = [_host(host) for host in hosts]
        purpose = ExtendedKeyUsageOID.SERVER_AUTH if names else ExtendedKeyUsageOID.CLIENT_AUTH
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), False)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), False)
        return builder.sign(self._key, hashes.SHA256())

    def identity(self, name: str, **options: Any) -> Identity:
        """A new private key and a certificate for it; the options are those of :meth:`issue`."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self.issue(key.public_key(), name, **options)
        form = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        return Identity(
            key.private_bytes(serialization.Encoding.PEM, *form),
            certificate.public_bytes(serialization.Encoding.PEM),
        )

    def _builder(
        self, subject: x509.Name, public_key: Any, days: tuple[float, float]
    ) -> x509.CertificateBuilder:
        start, end = (datetime.now(timezone.utc) + timedelta(days=day) for day in days)
        builder = x509.CertificateBuilder(issuer_name=self._name, subject_name=subject)
        builder = builder.public_key(public_key).serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(start).not_valid_after(end)
        own = x509.SubjectKeyIdentifier.from_public_key(public_key)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        return builder.add_extension(own, False).add_extension(issuer, False)


class Identity(NamedTuple):
    """A private key and its certificate, both PEM."""

    key: bytes
    certificate: bytes


def _usage(*, authority: bool) -> x509.KeyUsage:
    names = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    others = dict.fromkeys((*names, "encipher_only", "decipher_only"), False)
    return x509.KeyUsage(
        digital_signature=not authority, key_cert_sign=authority, crl_sign=authority, **others
    )


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)
