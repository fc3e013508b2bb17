# SPDX-License-Identifier: MIT
"""Copies of keys, which go from one provider to another as encrypted PKCS #8."""

import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

import ncrypt_ext as nc

ALLOW = nc.ExportPolicy
ENCRYPTED = ALLOW.ALLOW_EXPORT
PRIVATE = ec.generate_private_key(ec.SECP256R1())
IN_CLEAR = PRIVATE.private_bytes(
    serialization.Encoding.DER,
    serialization.PrivateFormat.PKCS8,
    serialization.NoEncryption(),
)


@pytest.mark.parametrize("algorithm", ["RSA", "ECDSA_P256", "ECDH_P384"])
def test_clone(provider, algorithm):
    with nc.Provider() as other, provider.create_key(
        algorithm, "original", length=1024 if algorithm == "RSA" else None, export_policy=ENCRYPTED
    ) as key:  # fmt: skip
        with other.clone_key(key) as copy:
            assert copy.public_key_der() == key.public_key_der()
            assert (copy.algorithm, copy.name) == (algorithm, None)
            assert (copy.usage, copy.export_policy) == (key.usage, key.export_policy)
        other.clone_key(
            key, name="copy", usage=nc.KeyUsage.ALLOW_DECRYPT, export_policy=0, properties={"n": 1}
        ).close()
        with provider.open_key("copy") as copy:
            assert copy.public_key_der() == key.public_key_der()
            assert copy.usage == nc.KeyUsage.ALLOW_DECRYPT
            assert copy.export_policy == ALLOW.NONE
            assert copy.get_property("n") == bytes([1, 0, 0, 0])
            with pytest.raises(nc.NotSupportedError, match="export policy"):
                provider.clone_key(copy)
        with pytest.raises(nc.KeyExistsError):
            provider.clone_key(key, name="original")
        provider.clone_key(key, name="copy", overwrite=True).close()


def certificate():
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "copy")])
    start = datetime.datetime(2026, 1, 1)
    builder = x509.CertificateBuilder(name, name, PRIVATE.public_key(), 1, start,
                                      start.replace(year=2036))  # fmt: skip
    return builder.sign(PRIVATE, SHA256())


def test_clone_has_the_certificates(provider):
    with provider.import_pkcs8(IN_CLEAR, export_policy=ENCRYPTED, name="original") as key:
        key.set_certificates(certificate())
        provider.clone_key(key, name="copy").close()
        with provider.open_key("copy") as copy:
            assert copy.certificates == key.certificates != ()


KEPT = """
import sys
import ncrypt_ext as nc

def forbid(name, arguments):
    if name == "ncrypt_ext.set_certificates":
        raise PermissionError(name)

with nc.Provider() as provider, provider.open_key("original") as key:
    sys.addaudithook(forbid)
    provider.clone_key(key, name="copy", overwrite=True).close()
"""


def test_clone_takes_a_place_with_all_it_has(provider, run_python):
    """What comes after that could fail, and the other key would be lost."""
    provider.create_key("ECDSA_P384", "copy").close()
    with provider.import_pkcs8(IN_CLEAR, export_policy=ENCRYPTED, name="original") as key:
        key.set_certificates(certificate())
        run_python(KEPT)
        with provider.open_key("copy") as copy:
            assert copy.certificates == key.certificates


def test_clone_cannot_be_archived_again(provider):
    once = ALLOW.ALLOW_ARCHIVING | ALLOW.ALLOW_PLAINTEXT_ARCHIVING
    with provider.create_key("ECDSA_P256", export_policy=once) as key:
        with provider.clone_key(key) as copy:
            assert copy.export_policy == ALLOW.NONE
        with pytest.raises(nc.NotSupportedError, match="export policy"):
            provider.clone_key(key)


@pytest.mark.parametrize(
    ("name", "error"), [("taken", nc.KeyExistsError), ("", ValueError), ("x" * 300, ValueError)]
)
def test_a_name_that_cannot_be_costs_no_archiving(provider, name, error):
    provider.create_key("RSA", "taken", length=512).close()
    with provider.create_key("ECDSA_P256", export_policy=ALLOW.ALLOW_ARCHIVING) as key:
        with pytest.raises(error):
            provider.clone_key(key, name=name)
        provider.clone_key(key, name="free").close()


@pytest.mark.parametrize(("algorithm", "usage"), [("ECDH_P256", 2), ("ECDSA_P256", 4)])
def test_clone_never_changes_the_algorithm(provider, algorithm, usage):
    with provider.create_key(algorithm, usage=usage, export_policy=ENCRYPTED) as key:
        provider.create_key("ECDSA_P384", "copy").close()
        with pytest.raises(nc.NotSupportedError, match="tells them by the usage"):
            provider.clone_key(key, name="copy", overwrite=True)
        with provider.open_key("copy") as kept:
            assert kept.algorithm == "ECDSA_P384"


@pytest.mark.parametrize("what", [None, b"", "name"])
def test_clone_of_no_key(provider, what):
    with pytest.raises(TypeError, match="key must be a Key"):
        provider.clone_key(what)
