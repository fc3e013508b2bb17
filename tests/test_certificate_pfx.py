# SPDX-License-Identifier: MIT
"""PFX files, made by other packages, go into the store: the key, and who vouches for it."""

import signal
import subprocess
from datetime import datetime, timedelta, timezone

import pytest

import ncrypt_ext as nc

pytest.importorskip("cryptography", reason="what makes the files is not installed")

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    pkcs12,
)
from cryptography.hazmat.primitives.serialization import load_der_public_key as load_public

START = datetime(2026, 1, 1, tzinfo=timezone.utc)
SHA256 = hashes.SHA256()


def name(text):
    return x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, text)])


def make(subject, public_key, issuer, signer, days=3650):
    return (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(public_key)
        .serial_number(17)
        .not_valid_before(START)
        .not_valid_after(START + timedelta(days=days))
        .sign(signer, SHA256)
    )


@pytest.fixture(scope="module")
def authority():
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture(scope="module")
def issuers(authority):
    public = authority.public_key()
    return [make("middle", public, "root", authority), make("root", public, "root", authority)]


@pytest.fixture(scope="module")
def rsa_private():
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture(params=["ec", "rsa"])
def private(request, rsa_private):
    return rsa_private if request.param == "rsa" else ec.generate_private_key(ec.SECP384R1())


@pytest.fixture
def leaf(private, authority):
    return make("leaf", private.public_key(), "middle", authority)


def der(*certificates):
    return tuple(one.public_bytes(Encoding.DER) for one in certificates)


def pack(private, leaf, issuers, password="secret"):
    encryption = BestAvailableEncryption(password.encode())
    return pkcs12.serialize_key_and_certificates(b"a name", private, leaf, issuers, encryption)


def names(machine=False):
    with nc.Provider() as provider:
        return [info.name for info in provider.keys(machine=machine)]


@pytest.mark.parametrize("machine", [False, True])
def test_import(private, leaf, issuers, digest, machine):
    with nc.import_pfx(pack(private, leaf, issuers), "secret", machine=machine) as key:
        assert key.name in names(machine)
        assert key.is_machine_key is machine
        assert key.certificates == der(leaf, *issuers)
        assert key.export_policy == 0
        assert load_public(key.public_key_der()) == private.public_key()
        stored = key.as_cryptography()
    # It is the private key that signs: the other package says so.
    with stored:
        made = make("made", private.public_key(), "leaf", stored)
    made.verify_directly_issued_by(leaf)
    (info,) = nc.list_certificates(machine=machine)
    assert (info.certificate, info.machine) == (*der(leaf), machine)
    stored_issuers = [
        each.certificate for each in nc.list_certificates(store="CA", machine=machine)
    ]
    assert stored_issuers[:1] == [*der(issuers[0])]
    assert names(not machine) == []
    with nc.open_certificate_key(subject="leaf", machine=machine) as again:
        assert again.name == info.key_name
        assert again.certificates == der(leaf, *issuers)


def test_the_private_key_does_not_leave(private, leaf):
    with nc.import_pfx(pack(private, leaf, []), "secret") as key:
        with pytest.raises(nc.NCryptError):
            key.export("PKCS8_PRIVATEKEY")
        assert key.certificates == der(leaf)


def test_exportable_is_not_in_plaintext(private, leaf):
    with nc.import_pfx(pack(private, leaf, []), "secret", exportable=True) as key:
        assert key.export_policy == nc.ExportPolicy.ALLOW_EXPORT


@pytest.mark.parametrize("password", ["", "wrong", "secret ", None])
def test_a_wrong_password(private, leaf, password):
    with pytest.raises(nc.AccessDeniedError) as caught:
        nc.import_pfx(pack(private, leaf, []), password)
    assert caught.value.function == "PFXImportCertStore"
    assert "secret" not in str(caught.value)
    assert names() == []


@pytest.mark.parametrize("password", ["Schlüssel 🔑", " ", "x" * 100])
def test_passwords(private, leaf, password):
    nc.import_pfx(pack(private, leaf, [], password), password).close()
    assert len(names()) == 1


def test_files_of_openssl(tmp_path, private, leaf, issuers):
    """Its modern kind, the old one, and one without a password."""
    from cryptography.hazmat.primitives import serialization

    key, certificates = tmp_path / "key.pem", tmp_path / "certificates.pem"
    key.write_bytes(private.private_bytes(
        Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ))  # fmt: skip
    certificates.write_bytes(b"".join(
        one.public_bytes(Encoding.PEM) for one in (leaf, *issuers)
    ))  # fmt: skip
    for number, (password, more) in enumerate([("secret", []), ("", []),
        ("secret", ["-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"]),
    ]):  # fmt: skip
        file = tmp_path / f"{number}.pfx"
        command = ["openssl", "pkcs12", "-export", "-in", certificates, "-inkey", key, "-out", file]
        try:
            subprocess.run([*command, "-passout", f"pass:{password}", *more], check=True)
        except FileNotFoundError:
            pytest.skip("there is no openssl")
        with nc.import_pfx(file.read_bytes(), password or None) as imported:
            assert imported.certificates == der(leaf, *issuers)
            assert load_public(imported.public_key_der()) == private.public_key()
    assert len(names()) == 3
    assert len(nc.list_certificates()) == 3


def test_importing_twice_makes_two_keys(private, leaf, issuers):
    data = pack(private, leaf, issuers)
    with nc.import_pfx(data, "secret") as one, nc.import_pfx(data, "secret") as other:
        assert one.name != other.name
        assert one.certificates == other.certificates
    assert {info.key_name for info in nc.list_certificates()} == set(names())


@pytest.mark.parametrize("turn", [1, -1])
def test_an_issuer_that_was_renewed(private, leaf, issuers, authority, turn):
    """Two certificates of one issuer's key: either is right."""
    renewed = make("middle", authority.public_key(), "root", authority, days=9000)
    with nc.import_pfx(pack(private, leaf, [renewed, *issuers][::turn]), "secret") as key:
        own, middle, root = key.certificates
    assert (own, root) == der(leaf, issuers[1])
    assert middle in der(renewed, issuers[0])
    assert middle in [info.certificate for info in nc.list_certificates(store="CA")]


def test_a_key_that_belongs_to_its_certificate(private, leaf, digest):
    """Its handle is borrowed: certificate and store live until the key is closed."""
    from ncrypt_ext import _certificate

    data = pack(private, leaf, [])
    store = _certificate.import_store(
        data, "secret", exportable=False, machine=False, persist=False
    )
    with store:
        (own,) = store.certificates()
    assert own.key_info() is None
    key = own.open_key(None)
    own.close()
    counts = nc.live_handles()["binding"]
    assert (counts["CertificateStore"], counts["Certificate"]) == (1, 1)
    stored = key.as_cryptography()
    with stored:
        key.close()
        made = make("made", private.public_key(), "leaf", stored)
    made.verify_directly_issued_by(leaf)
    counts = nc.live_handles()["binding"]
    assert (counts["CertificateStore"], counts["Certificate"], counts["Key"]) == (0, 0, 0)
    assert names() == []


@pytest.mark.parametrize("junk", [b"", b"junk", b"0\x80", bytes(100), b"\x30\x84\xff\xff\xff\xff"])
def test_what_is_no_pfx(junk):
    with pytest.raises(nc.NCryptError):
        nc.import_pfx(junk, "secret")
    assert names() == []


def test_damage_leaves_nothing(private, leaf, issuers):
    data = bytearray(pack(private, leaf, issuers))
    for at in range(0, len(data), 97):
        damaged = bytes(data[:at]) + bytes([data[at] ^ 0x55]) + bytes(data[at + 1 :])
        with pytest.raises(nc.NCryptError):
            nc.import_pfx(damaged, "secret")
    assert names() == []
    assert nc.list_certificates() == []


def test_without_a_private_key(leaf, issuers):
    data = pkcs12.serialize_java_truststore(
        [pkcs12.PKCS12Certificate(leaf, b"leaf")], BestAvailableEncryption(b"secret")
    )
    with pytest.raises(ValueError, match="the PFX must have one private key, not 0"):
        nc.import_pfx(data, "secret")
    assert names() == []


@pytest.mark.parametrize(
    ("data", "password", "error"),
    [
        (17, "secret", TypeError),
        ("text", "secret", TypeError),
        (b"data", b"secret", TypeError),
        (b"data", 17, TypeError),
        (b"data", "a\0b", ValueError),
    ],
)
def test_wrong_arguments(data, password, error):
    with pytest.raises(error):
        nc.import_pfx(data, password)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there are no timers here")
@pytest.mark.parametrize("delay", [0.000001, 0.2])
def test_an_interrupt_leaves_nothing(private, leaf, issuers, delay):
    """While the password is hashed, or whenever it comes."""

    def interrupt(*arguments):
        raise KeyboardInterrupt

    def work():
        signal.setitimer(signal.ITIMER_REAL, delay)
        nc.import_pfx(data, "secret").delete()
        signal.pause()  # it was done before that: what a machine

    encryption = PrivateFormat.PKCS12.encryption_builder().kdf_rounds(1_000_000).build(b"secret")
    data = pkcs12.serialize_key_and_certificates(b"a name", private, leaf, issuers, encryption)
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            work()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert names() == []
    assert nc.list_certificates() == nc.list_certificates(store="CA") == []
    assert nc.live_handles()["binding"]["CertificateStore"] == 0


def test_a_failure_later_leaves_nothing(private, leaf, issuers, monkeypatch):
    """What is imported is taken back when the stores cannot be written."""
    from ncrypt_ext import _certificate_stores

    def fail(*arguments):
        raise nc.AccessDeniedError(0x80070005, "CertOpenStore")

    monkeypatch.setattr(_certificate_stores, "_bind", fail)
    with pytest.raises(nc.AccessDeniedError):
        nc.import_pfx(pack(private, leaf, issuers), "secret")
    assert names() == []
    assert nc.list_certificates() == nc.list_certificates(store="CA") == []
