# SPDX-License-Identifier: MIT
"""Keys opened by their certificates, and certificates put into stores for that."""

import hashlib
import threading

import pytest

import ncrypt_ext as nc

from .certificate_maker import certificate, chain_of, identifiers, name, pem, sha1


@pytest.fixture
def key(provider):
    with provider.create_key("ECDSA_P256", "orders") as key:
        yield key


@pytest.fixture
def chain(key, ec_key):
    return chain_of(key, ec_key)


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


def test_the_whole_subject_is_that_one(provider):
    """Others go on from it, or have it in the middle."""
    for subject in ("CN=app,O=x", "CN=app", "CN=app2", "CN=my,CN=app"):
        with provider.create_key("ECDSA_P256", subject) as key:
            key.set_certificates(certificate(key, tuple(reversed(subject.split(",")))))
    for subject in ("CN=app", "cn=APP"):
        with nc.open_certificate_key(subject=subject) as opened:
            assert opened.name == "CN=app"
    with pytest.raises(ValueError, match="several subjects have 'app'"):
        nc.open_certificate_key(subject="app")
    provider.delete_key("CN=app")
    with pytest.raises(ValueError, match="several subjects have 'CN=app'"):
        nc.open_certificate_key(subject="CN=app")


@pytest.mark.parametrize("first", ["a", "z"])
def test_a_certificate_on_two_keys_one_of_which_is_its_own(provider, key, chain, digest, first):
    """No function that knows certificates does that; the property of a key takes any bytes."""
    key.set_certificates(chain)
    with provider.create_key("ECDSA_P256", first) as other:
        other.set_property("SmartCardKeyCertificate", chain[0], persist=True)
    for wanted in ({"subject": "orders"}, {"thumbprint": sha1(chain[0])}):
        with nc.open_certificate_key(**wanted) as opened:
            check_key(opened, key, digest)
    key.remove_certificates()
    with pytest.raises(nc.NCryptError) as caught:
        nc.open_certificate_key(subject="orders")
    assert caught.value.name == "NTE_BAD_PUBLIC_KEY"


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


def test_add_where_the_property_has_something_else(key, chain):
    key.set_property("SmartCardKeyCertificate", b"of somebody else", persist=True)
    nc.add_certificate(chain[0], key)
    assert key.certificates == chain[:1]
    assert [info.certificate for info in nc.list_certificates()] == [chain[0]]


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
