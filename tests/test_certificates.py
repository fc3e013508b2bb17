# SPDX-License-Identifier: MIT
"""The certificates of keys: attached to them, listed in stores, and as a way to open keys."""

import base64
import hashlib
import textwrap
import threading
from datetime import datetime, timezone

import pytest

import ncrypt_ext as nc

from .certificate_maker import certificate, identifiers, name

PROPERTY = nc.properties.CERTIFICATE


def pem(*certificates):
    return "".join(
        "-----BEGIN CERTIFICATE-----\n"
        + "\n".join(textwrap.wrap(base64.b64encode(der).decode(), 64))
        + "\n-----END CERTIFICATE-----\n"
        for der in certificates
    )


@pytest.fixture
def key(provider):
    with provider.create_key("ECDSA_P256", "orders") as key:
        yield key


@pytest.fixture
def chain(key, ec_key):
    """The key's own certificate, that of its issuer, and the root's: both of one other key."""
    return (
        certificate(key, ("O=Example", "CN=orders"), ("CN=middle",), signer=ec_key),
        certificate(ec_key, ("CN=middle",), ("CN=root",), signer=ec_key),
        certificate(ec_key, ("CN=root",), signer=ec_key),
    )


def sha1(der):
    return hashlib.sha1(der).hexdigest().upper()


# ---- attached to a key --------------------------------------------------------------------------


def test_attach_read_remove(provider, key, chain):
    assert key.certificates == ()
    key.set_certificates(chain)
    assert key.certificates == chain
    assert key.get_property(PROPERTY) == b"".join(chain)
    with provider.open_key("orders") as again:
        assert again.certificates == chain
        again.remove_certificates()
        assert again.certificates == ()
        again.remove_certificates()
    with provider.open_key("orders") as again:
        assert again.certificates == ()


def test_another_chain_takes_the_place_of_the_first(key, chain):
    key.set_certificates(chain)
    key.set_certificates(chain[:1])
    assert key.certificates == chain[:1]


@pytest.mark.parametrize(
    "form",
    [
        list,
        lambda chain: iter(chain),
        lambda chain: [bytearray(der) for der in chain],
        lambda chain: [memoryview(der) for der in chain],
        lambda chain: [pem(der) for der in chain],
        lambda chain: [pem(der).encode() for der in chain],
        lambda chain: pem(*chain),
        lambda chain: pem(*chain).encode(),
        lambda chain: ["a comment\n" + pem(*chain[:2]).replace("\n", "\r\n"), chain[2]],
        lambda chain: pem(*chain).replace("CERTIFICATE", "X509 CERTIFICATE"),
    ],
    ids=["list", "iterator", "bytearray", "memoryview", "pem", "pem bytes", "bundle",
         "bundle bytes", "mixed", "old pem"],
)  # fmt: skip
def test_forms(key, chain, form):
    key.set_certificates(form(chain))
    assert key.certificates == chain


def test_one_certificate_is_a_chain(key, chain):
    key.set_certificates(chain[0])
    assert key.certificates == chain[:1]


def test_certificates_of_cryptography(key, chain):
    x509 = pytest.importorskip("cryptography.x509", reason="cryptography is not installed")
    loaded = [x509.load_der_x509_certificate(der) for der in chain]
    key.set_certificates(loaded)
    assert key.certificates == chain
    key.set_certificates(loaded[0])
    assert key.certificates == chain[:1]
    with pytest.raises(TypeError, match="not 'ECPublicKey'"):
        key.set_certificates([loaded[0].public_key()])


def test_rsa_keys_and_ephemeral_ones(rsa_key):
    own = certificate(rsa_key, signer=rsa_key)
    rsa_key.set_certificates([own])
    assert rsa_key.certificates == (own,)
    rsa_key.remove_certificates()
    assert rsa_key.certificates == ()


def test_certificates_of_another_key_are_refused(key, ec_key, chain):
    key.set_certificates(chain)
    with pytest.raises(ValueError, match=r"\(CN=another\) has another public key than the key"):
        key.set_certificates([certificate(ec_key, ("CN=another",))])
    with pytest.raises(ValueError, match="another public key"):
        key.set_certificates([chain[1], chain[2]])
    assert key.certificates == chain


def test_order_matters(key, chain):
    key.set_certificates(chain)
    sentence = (
        r"certificate 2 \(CN=root\) did not issue certificate 1 \(CN=orders,O=Example\): "
        "the order is the key's own, then its issuers"
    )
    with pytest.raises(ValueError, match=sentence):
        key.set_certificates([chain[0], chain[2], chain[1]])
    with pytest.raises(ValueError, match=r"certificate 3 .* did not issue certificate 2"):
        key.set_certificates([*chain[:2], chain[0]])
    assert key.certificates == chain


@pytest.mark.parametrize(
    ("bad", "error", "why"),
    [
        ([], ValueError, "there is no certificate in it"),
        (b"", ValueError, "neither DER nor PEM"),
        (b"junk", ValueError, "neither DER nor PEM"),
        ("-----BEGIN CERTIFICATE-----\nA=A\n-----END CERTIFICATE-----", ValueError, "base64"),
        ("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----", ValueError, "cut short"),
        ("-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----", ValueError, "nor PEM"),
        (b"0\x80\0\0", ValueError, "an indefinite length"),
        ([17], TypeError, "each of the certificates must be DER or PEM, .*, not 'int'"),
        (17, TypeError, "'int' object is not iterable"),
        (None, TypeError, "'NoneType' object is not iterable"),
    ],
)
def test_what_is_no_chain(key, bad, error, why):
    with pytest.raises(error, match=why):
        key.set_certificates(bad)
    assert key.certificates == ()


def test_a_property_with_something_else(key, chain):
    key.set_property(PROPERTY, b"of somebody else", persist=True)
    with pytest.raises(nc.BadDataError, match="the property of the key holds something else"):
        assert key.certificates
    assert nc.list_certificates() == []
    key.set_certificates(chain)
    assert key.certificates == chain
    key.set_property(PROPERTY, b"\x30\x84\xff\xff\xff\xff", persist=True)
    with pytest.raises(nc.BadDataError, match="goes beyond the end"):
        assert key.certificates
    key.remove_certificates()
    assert key.certificates == ()


def test_closed_keys(key, chain):
    key.close()
    with pytest.raises(nc.ClosedHandleError):
        assert key.certificates
    with pytest.raises(nc.ClosedHandleError):
        key.set_certificates(chain)
    with pytest.raises(nc.ClosedHandleError):
        key.remove_certificates()


# ---- in a store ---------------------------------------------------------------------------------


def test_listing(key, chain):
    assert nc.list_certificates() == nc.list_certificates(store="CA") == []
    key.set_certificates(chain)
    (info,) = nc.list_certificates()
    assert info == nc.CertificateInfo(
        certificate=chain[0],
        thumbprint=sha1(chain[0]),
        subject="CN=orders,O=Example",
        issuer="CN=middle",
        not_before=datetime(2026, 1, 1, tzinfo=timezone.utc),
        not_after=datetime(2036, 1, 1, tzinfo=timezone.utc),
        provider=nc.properties.SOFTWARE_PROVIDER,
        key_name="orders",
        machine=False,
    )
    assert info.has_key
    issuers = nc.list_certificates(store="CA")
    assert [each.certificate for each in issuers] == [*chain[1:]]
    assert {(each.has_key, each.provider, each.key_name) for each in issuers} == {
        (False, None, None)
    }
    assert nc.list_certificates(machine=True) == []
    assert nc.list_certificates(store="my") == [info]
    key.remove_certificates()
    assert nc.list_certificates() == nc.list_certificates(store="CA") == []


def test_machine_keys_are_in_the_machines_store(provider):
    with provider.create_key("ECDSA_P256", "m", machine=True) as key:
        own = certificate(key, ("CN=machine",))
        key.set_certificates(own)
        (info,) = nc.list_certificates(machine=True)
        assert (info.certificate, info.key_name, info.machine) == (own, "m", True)
        assert nc.list_certificates() == []
        with nc.open_certificate_key(subject="machine", machine=True) as opened:
            assert (opened.name, opened.is_machine_key) == ("m", True)


def test_a_store_that_is_not_there():
    for call in (
        lambda: nc.list_certificates(store="no such store"),
        lambda: nc.open_certificate_key(subject="x", store="no such store"),
    ):
        with pytest.raises(nc.NotFoundError) as caught:
            call()
        assert caught.value.function == "CertOpenStore"
        assert not isinstance(caught.value, nc.KeyNotFoundError)


@pytest.mark.parametrize(
    ("store", "error"), [(17, TypeError), ("a\0b", ValueError), ("x" * 256, ValueError)]
)
def test_what_is_no_name_of_a_store(store, error):
    with pytest.raises(error, match="store"):
        nc.list_certificates(store=store)


def test_a_certificate_that_is_malformed_is_listed(provider, key):
    """Libraries read it, and this package does not: its times are no times."""
    odd = certificate(key, ("CN=odd",), start="20261301000000Z")
    key.set_property(PROPERTY, odd, persist=True)
    (info,) = nc.list_certificates()
    never = datetime.min.replace(tzinfo=timezone.utc)
    assert info[:6] == (odd, sha1(odd), "", "", never, never)
    with nc.open_certificate_key(thumbprint=info.thumbprint) as opened:
        assert opened.certificates == (odd,)
    with pytest.raises(nc.KeyNotFoundError):
        nc.open_certificate_key(subject="odd")


# ---- the key of a certificate -------------------------------------------------------------------


def check_key(opened, key, digest):
    key.verify(digest, opened.sign(digest))
    assert opened.name == key.name


@pytest.mark.parametrize("kind", ["sha1", "sha256"])
@pytest.mark.parametrize(
    "form",
    [
        str,
        str.upper,
        lambda text: ":".join(text[at : at + 2] for at in range(0, len(text), 2)),
        lambda text: "\u200e" + " ".join(text[at : at + 2] for at in range(0, len(text), 2)),
    ],
    ids=["lower", "upper", "colons", "copied"],
)
def test_open_by_thumbprint(key, chain, digest, kind, form):
    key.set_certificates(chain)
    thumbprint = form(hashlib.new(kind, chain[0]).hexdigest())
    with nc.open_certificate_key(thumbprint=thumbprint, silent=True) as opened:
        check_key(opened, key, digest)
        assert opened.certificates == chain


@pytest.mark.parametrize("text", ["orders", "ORDERS,o=ex", "CN=orders,O=Example", "Example"])
def test_open_by_subject(key, chain, digest, text):
    key.set_certificates(chain)
    with nc.open_certificate_key(subject=text) as opened:
        check_key(opened, key, digest)
        assert opened.certificates == chain


def test_an_opened_key_is_a_key_of_its_own(provider, key, chain, digest):
    key.set_certificates(chain)
    opened = nc.open_certificate_key(subject="orders")
    key.close()
    provider.close()
    signature = opened.sign(digest)
    opened.verify(digest, signature)
    handle = opened.detach()
    with nc.Key.from_handle(handle, own=True) as again:
        again.verify(digest, signature)
        assert again.certificates == chain


def test_its_certificates_change_with_it(key, chain):
    key.set_certificates(chain)
    with nc.open_certificate_key(subject="orders") as opened:
        opened.set_certificates(chain[:1])
        assert opened.certificates == chain[:1]
        opened.remove_certificates()
        assert opened.certificates == ()


def test_not_found(key, chain):
    key.set_certificates(chain)
    digits = "0" * 40
    with pytest.raises(nc.KeyNotFoundError, match=f"the user's store 'MY' has .* {digits}"):
        nc.open_certificate_key(thumbprint=digits)
    with pytest.raises(nc.KeyNotFoundError, match=r"machine's store 'MY' has 'orders' in its sub"):
        nc.open_certificate_key(subject="orders", machine=True)
    with pytest.raises(nc.KeyNotFoundError, match="store 'CA'"):
        nc.open_certificate_key(subject="orders", store="CA")


def test_a_certificate_without_a_key(key, chain):
    key.set_certificates(chain)
    with pytest.raises(nc.KeyNotFoundError) as caught:
        nc.open_certificate_key(subject="root", store="CA")
    assert caught.value.function == "CryptAcquireCertificatePrivateKey"
    assert caught.value.name == "CRYPT_E_NO_KEY_PROPERTY"


def test_a_key_that_was_deleted(provider, key, chain):
    key.set_certificates(chain)
    key.delete()
    with pytest.raises(nc.KeyNotFoundError):
        nc.open_certificate_key(subject="orders")


def test_several_subjects(provider):
    for number in (2, 1):
        with provider.create_key("ECDSA_P256", f"k{number}") as key:
            key.set_certificates(certificate(key, (f"CN=service {number}",)))
    sentence = "several subjects have 'service' in them: 'CN=service 1'; 'CN=service 2'"
    with pytest.raises(ValueError, match=sentence):
        nc.open_certificate_key(subject="service")
    with nc.open_certificate_key(subject="Service 2") as opened:
        assert opened.name == "k2"


def test_of_one_subject_the_valid_one_that_ends_last(provider):
    spans = {
        "expired": ("20000101000000Z", "20010101000000Z"),
        "shorter": ("20250101000000Z", "21000101000000Z"),
        "longest": ("20250101000000Z", "22000101000000Z"),
        "not yet": ("21500101000000Z", "23000101000000Z"),
    }
    subject = ("CN=renewed",)
    for label, (start, end) in spans.items():
        with provider.create_key("ECDSA_P256", label) as key:
            key.set_certificates(certificate(key, subject, start=start, end=end))

    def chosen():
        with nc.open_certificate_key(subject="renewed") as opened:
            return opened.name

    assert chosen() == "longest"
    provider.delete_key("longest")
    assert chosen() == "shorter"
    provider.delete_key("shorter")
    assert chosen() == "not yet"  # none is valid: the one that ends last
    provider.delete_key("not yet")
    assert chosen() == "expired"


@pytest.mark.parametrize(
    ("arguments", "error", "why"),
    [
        ({}, TypeError, "thumbprint or subject, and not both"),
        ({"thumbprint": "0" * 40, "subject": "x"}, TypeError, "not both"),
        ({"thumbprint": b"0" * 40}, TypeError, "thumbprint must be a str, not 'bytes'"),
        ({"thumbprint": "0" * 39}, ValueError, "thumbprint must be the SHA-1"),
        ({"thumbprint": "g" * 40}, ValueError, "thumbprint must be the SHA-1"),
        ({"thumbprint": "\u0661" * 40}, ValueError, "thumbprint must be the SHA-1"),
        ({"thumbprint": ""}, ValueError, "thumbprint must be the SHA-1"),
        ({"subject": b"x"}, TypeError, "subject must be a str, not 'bytes'"),
        ({"subject": ""}, ValueError, "subject must not be empty"),
    ],
)
def test_wrong_arguments(arguments, error, why):
    with pytest.raises(error, match=why):
        nc.open_certificate_key(**arguments)


def test_issuers_come_from_the_store_of_issuers(provider, key, ec_key, chain):
    """Also where the certificate's own key has none of them."""
    key.set_certificates(chain[0])
    with provider.create_key("ECDSA_P256", "other") as other:
        own = certificate(other, ("CN=other",), ("CN=middle",))
        other.set_certificates([own, *chain[1:]])
    with nc.open_certificate_key(subject="orders") as opened:
        assert opened.certificates == chain
    assert key.certificates == chain[:1]


@pytest.mark.parametrize("length", [0, 248])
def test_names_that_are_not_ascii(provider, digest, length):
    with provider.create_key("ECDSA_P256", "Schlüssel 🔑" + "x" * length) as key:
        key.set_certificates(certificate(key, ("CN=Straße",), more=identifiers(b"own")))
        with nc.open_certificate_key(subject="STRASSE") as opened:
            check_key(opened, key, digest)


def test_keys_of_cryptography_come_of_it(key, chain, digest):
    pytest.importorskip("cryptography", reason="cryptography is not installed")
    key.set_certificates(chain)
    with nc.open_certificate_key(subject="orders") as opened:
        stored = opened.as_cryptography()
    with stored:
        assert stored.curve.name == "secp256r1"


def test_many_threads_open_the_same(key, chain, digest):
    key.set_certificates(chain)
    signatures = []

    def work():
        for _ in range(20):
            with nc.open_certificate_key(subject="orders") as opened:
                signatures.append(opened.sign(digest))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(signatures) == 80
    for signature in signatures:
        key.verify(digest, signature)


# ---- into a store -------------------------------------------------------------------------------


def test_add(provider, key, chain, digest):
    nc.add_certificate(pem(chain[0]), key)
    assert key.certificates == chain[:1]
    (info,) = nc.list_certificates()
    assert (info.certificate, info.key_name, info.machine) == (chain[0], "orders", False)
    with nc.open_certificate_key(thumbprint=info.thumbprint) as opened:
        check_key(opened, key, digest)
    nc.add_certificate(chain[0], key)
    assert nc.list_certificates() == [info]


def test_a_renewed_certificate_keeps_the_issuers_that_fit(key, chain):
    key.set_certificates(chain)
    renewed = certificate(key, ("O=Example", "CN=orders"), ("CN=middle",), serial=18)
    nc.add_certificate(renewed, key)
    assert key.certificates == (renewed, *chain[1:])
    with nc.open_certificate_key(thumbprint=sha1(renewed)) as opened:
        assert opened.certificates == (renewed, *chain[1:])


def test_what_cannot_be_added(provider, key, ec_key, chain):
    with pytest.raises(ValueError, match="another public key"):
        nc.add_certificate(chain[1], key)
    with pytest.raises(ValueError, match="the key is ephemeral"):
        nc.add_certificate(chain[2], ec_key)
    with pytest.raises(ValueError, match="certificate must be one certificate, not 2"):
        nc.add_certificate(pem(*chain[:2]), key)
    with pytest.raises(TypeError, match="certificate must be DER or PEM"):
        nc.add_certificate(17, key)
    with pytest.raises(TypeError, match="key must be a Key, not 'str'"):
        nc.add_certificate(chain[0], "orders")
    with pytest.raises(nc.NotFoundError):
        nc.add_certificate(chain[0], key, store="no such store")
    assert nc.list_certificates() == []


def test_the_subject_may_be_empty(key):
    nc.add_certificate(certificate(key, name(), name("CN=ca")), key)
    (info,) = nc.list_certificates()
    assert (info.subject, info.issuer) == ("", "CN=ca")


def test_keys_that_programs_of_cryptoapi_made(digest):
    """Their certificates name a container; the key comes as CNG's."""
    from ncrypt_ext import _certificate, capi

    label = "ncrypt-ext certificate test"
    capi.delete_container(label, missing_ok=True)
    with capi.Context(label, new=True) as context:
        try:
            context.generate_key(capi.KeySpec.SIGNATURE, 1024).close()
            with context.to_ncrypt(capi.KeySpec.SIGNATURE) as key:
                own = certificate(key, ("CN=of cryptoapi",))
                with _certificate.open_store("MY", machine=False, writable=True) as store:
                    made, new = store.add(own)
                    with made:
                        made.set_key(label, context.provider_name, provider_type=24, key_spec=2)
                    assert new
                with nc.open_certificate_key(subject="of cryptoapi") as opened:
                    padding = nc.PKCS1("SHA256")
                    key.verify(digest, opened.sign(digest, padding), padding)
                (info,) = nc.list_certificates()
                assert (info.provider, info.key_name) == (context.provider_name, label)
        finally:
            capi.delete_container(label)
