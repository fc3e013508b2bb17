# SPDX-License-Identifier: MIT
"""Audit events: raised before the native call, so that a hook can forbid it."""

import sys

import pytest

import ncrypt_ext as nc

from .certificate_maker import certificate

# Audit hooks cannot be removed: one for all tests, that hands on to whom it concerns.
listeners = []


def hook(event, arguments):
    if event.startswith("ncrypt_ext.") and listeners:
        listeners[-1](event, arguments)


@pytest.fixture(scope="module", autouse=True)
def installed():
    sys.addaudithook(hook)


@pytest.fixture
def events():
    events = []
    listeners.append(lambda event, arguments: events.append((event, *arguments)))
    yield events
    listeners.pop()


def test_events(events):
    policy = nc.ExportPolicy.ALLOW_PLAINTEXT_EXPORT
    with nc.Provider() as provider:
        provider.create_key("ECDSA_P256", "k", export_policy=policy).close()
        with provider.open_key("k") as key:
            blob = key.export("ECCPRIVATEBLOB")
            key.sign(b"d" * 32)
        provider.import_key(blob, "ECCPRIVATEBLOB", name="i").close()
        provider.delete_key("k")
        with provider.open_key("i", machine=False) as key:
            key.delete()
        with provider.create_key("ECDH_P256", "a") as key, key.agree(key) as secret:
            secret.raw()
        with provider.import_secret("HKDF", b"root", "h") as key:
            key.derive(16)
            with pytest.raises(nc.NotSupportedError):
                key.create_claim(nc.ClaimType.SUBJECT_ONLY)
        provider.import_secret("AES", bytes(16)).close()
        provider.create_persisted_key("RSA", "u", overwrite=True).close()
        with pytest.raises(nc.KeyNotFoundError):
            provider.open_key("missing", machine=True)
    assert events == [
        ("ncrypt_ext.open_provider", None),
        ("ncrypt_ext.create_key", None, "ECDSA_P256", "k", False, False),
        ("ncrypt_ext.open_key", None, "k", False),
        ("ncrypt_ext.export_key", "k", False, "ECCPRIVATEBLOB"),
        ("ncrypt_ext.import_key", None, "ECCPRIVATEBLOB", "i", False),
        ("ncrypt_ext.delete_key", "k", False),
        ("ncrypt_ext.open_key", None, "i", False),
        ("ncrypt_ext.delete_key", "i", False),
        ("ncrypt_ext.create_key", None, "ECDH_P256", "a", False, False),
        ("ncrypt_ext.agree", "a", False),
        ("ncrypt_ext.import_key", None, "HKDF", "h", False),
        ("ncrypt_ext.derive", "h", False),
        ("ncrypt_ext.create_claim", "h", False, nc.ClaimType.SUBJECT_ONLY),
        ("ncrypt_ext.import_key", None, "AES", None, False),
        ("ncrypt_ext.create_key", None, "RSA", "u", False, True),
        ("ncrypt_ext.open_key", None, "missing", True),
    ]


def check_forbidding(name, call):
    """A hook that raises at the event keeps the call from being made."""

    def forbid(event, arguments):
        if event == f"ncrypt_ext.{name}":
            raise PermissionError("forbidden")

    listeners.append(forbid)
    try:
        with pytest.raises(PermissionError, match="forbidden"):
            call()
    finally:
        listeners.pop()


@pytest.mark.parametrize(
    "forbidden",
    [
        "open_provider",
        "create_key",
        "import_key",
        "open_key",
        "export_key",
        "delete_key",
        "agree",
        "decapsulate",
    ],
)
def test_a_hook_can_forbid(provider, ec_key, forbidden):
    provider.create_key("ECDSA_P256", "k").close()
    blob = ec_key.export("ECCPUBLICBLOB")
    calls = {
        "open_provider": nc.Provider,
        "create_key": lambda: provider.create_key("ECDSA_P256", "new"),
        "import_key": lambda: provider.import_key(blob, "ECCPUBLICBLOB"),
        "open_key": lambda: provider.open_key("k"),
        "export_key": lambda: ec_key.export("ECCPUBLICBLOB"),
        "delete_key": lambda: provider.delete_key("k"),
        "agree": lambda: ec_key.agree(blob),
        "decapsulate": lambda: ec_key.decapsulate(bytes(768)),
    }
    check_forbidding(forbidden, calls[forbidden])
    assert [info.name for info in provider.keys()] == ["k"]


@pytest.fixture
def certified(provider):
    """A stored key and a certificate for it."""
    with provider.create_key("ECDSA_P256", "k") as key:
        yield key, certificate(key, ("CN=k",))


@pytest.mark.skipif(sys.platform == "win32", reason="leaves certificates in the user's store")
def test_events_of_certificates(certified, events):
    key, own = certified
    key.set_certificates(own)
    key.remove_certificates()
    nc.add_certificate(own, key)
    nc.open_certificate_key(subject="k").close()
    with pytest.raises(nc.KeyNotFoundError):
        nc.open_certificate_key(thumbprint="0" * 40, machine=True, store="CA")
    with pytest.raises(nc.NCryptError):
        nc.import_pfx(b"junk", "a password", machine=True)
    assert [event for event in events if "export_key" not in event[0]] == [
        ("ncrypt_ext.set_certificates", "k", False),
        ("ncrypt_ext.remove_certificates", "k", False),
        ("ncrypt_ext.add_certificate", "k", False, "MY", False),
        ("ncrypt_ext.open_certificate_key", None, "k", "MY", False),
        ("ncrypt_ext.open_certificate_key", "0" * 40, None, "CA", True),
        ("ncrypt_ext.import_pfx", True, False),
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="leaves certificates in the user's store")
@pytest.mark.parametrize(
    "forbidden",
    ["set_certificates", "remove_certificates", "add_certificate", "open_certificate_key",
     "import_pfx"],
)  # fmt: skip
def test_a_hook_can_forbid_certificates(certified, forbidden):
    key, own = certified
    key.set_certificates(own)
    calls = {
        "set_certificates": lambda: key.set_certificates(own),
        "remove_certificates": key.remove_certificates,
        "add_certificate": lambda: nc.add_certificate(own, key),
        "open_certificate_key": lambda: nc.open_certificate_key(subject="k"),
        "import_pfx": lambda: nc.import_pfx(b"", None),
    }
    check_forbidding(forbidden, calls[forbidden])
    assert key.certificates == (own,)
