# SPDX-License-Identifier: MIT
"""The certificates of keys: attached to them, and listed in stores."""

from datetime import datetime, timezone

import pytest

import ncrypt_ext as nc

from .certificate_maker import certificate, chain_of, pem, sha1

PROPERTY = nc.properties.CERTIFICATE


@pytest.fixture
def key(provider):
    with provider.create_key("ECDSA_P256", "orders") as key:
        yield key


@pytest.fixture
def chain(key, ec_key):
    return chain_of(key, ec_key)


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


def test_removed_through_a_handle_that_is_older_than_they(provider, key, chain):
    with provider.open_key("orders") as again:
        again.set_certificates(chain)
    key.remove_certificates()
    nc.add_certificate(chain[0], key)
    key.remove_certificates()
    assert nc.list_certificates() == []
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
        (17, TypeError, "certificates must be one or several of them, not 'int'"),
        (None, TypeError, "certificates must be one or several of them, not 'NoneType'"),
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
