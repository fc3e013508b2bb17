# SPDX-License-Identifier: MIT
"""Certificates in the stores of whoever runs this, which may have others: each test looks for its
own only, and takes them out again."""

import hashlib
import sys
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

import ncrypt_ext as nc
from ncrypt_ext import _certificate, capi

from ..certificate_maker import certificate

SUBJECT = "CN=ncrypt-ext certificate test"
PFX = Path(__file__).parents[1] / "vectors" / "certificate.pfx"  # its password is "secret"
REGISTRY = r"Software\Microsoft\SystemCertificates\MY\Certificates"
PFX_SUBJECT = "CN=ncrypt-ext PFX test"


def listed(subject=SUBJECT, **where):
    return [info for info in nc.list_certificates(**where) if info.subject == subject]


def forget(*subjects):
    infos = [info for info in nc.list_certificates() if info.subject in subjects]
    with _certificate.open_store("MY", machine=False, writable=True) as store:
        for each in store.certificates():
            with each:
                if each.der in [info.certificate for info in infos]:
                    each.remove()
    if sys.platform == "win32":
        import winreg  # Wine forgets to write that they are gone

        for info in infos:
            with suppress(FileNotFoundError):
                winreg.DeleteKey(winreg.HKEY_CURRENT_USER, rf"{REGISTRY}\{info.thumbprint}")


@pytest.fixture(autouse=True)
def clean():
    forget(SUBJECT, PFX_SUBJECT)
    yield
    forget(SUBJECT, PFX_SUBJECT)


@contextmanager
def container():
    """A container of CryptoAPI with an RSA key, and that key's certificate."""
    label = "ncrypt-ext certificate test"
    capi.delete_container(label, missing_ok=True)
    with capi.Context(label, new=True) as context:
        try:
            with context.generate_key(capi.KeySpec.SIGNATURE, 1024) as key:
                blob = key.export("PUBLICKEYBLOB")
            yield context, certificate(public_key_info(blob), (SUBJECT,))
        finally:
            capi.delete_container(label)


def public_key_info(blob):
    """Of a PUBLICKEYBLOB: header, magic, bits, exponent; the modulus, its last byte first."""
    from ncrypt_ext._public_info import rsa_public_key_info

    bits, exponent = (int.from_bytes(blob[at : at + 4], "little") for at in (12, 16))
    modulus = blob[20 : 20 + bits // 8][::-1]
    head = b"RSA1" + b"".join(
        number.to_bytes(4, "little") for number in (bits, 3, len(modulus), 0, 0)
    )
    return rsa_public_key_info(head + exponent.to_bytes(3, "big") + modulus)


def put(own, context):
    with _certificate.open_store("MY", machine=False, writable=True) as store:
        made, new = store.add(own)
        with made:
            assert (new, made.der, made.key_info()) == (True, own, None)
            made.set_key(context.container, context.provider_name, provider_type=24, key_spec=2)
            assert made.key_info() == (context.container, context.provider_name, 24, 0)


def test_stored_and_listed():
    with container() as (context, own):
        assert listed() == []
        put(own, context)
        (info,) = listed()
        assert info.certificate == own
        assert info.thumbprint == hashlib.sha1(own).hexdigest().upper()
        assert (info.issuer, info.has_key, info.machine) == (SUBJECT, True, False)
        assert (info.provider, info.key_name) == (context.provider_name, context.container)


def test_taken_out():
    with container() as (context, own):
        put(own, context)
        with _certificate.open_store("MY", machine=False, writable=True) as store:
            for each in store.certificates():
                with each:
                    if each.der == own:
                        each.remove()
                        assert each.der == own
            assert own not in [each.der for each in store.certificates()]
        assert listed() == []


def test_added_twice():
    with container() as (context, own):
        put(own, context)
        with _certificate.open_store("MY", machine=False, writable=True) as store:
            again, new = store.add(own)
            with again:
                assert not new
                assert again.key_info() == (context.container, context.provider_name, 24, 0)
        (info,) = listed()
        assert info.key_name == context.container


def test_another_key_for_a_certificate_that_is_there():
    with container() as (context, own):
        with _certificate.open_store("MY", machine=False, writable=True) as store:
            store.add(own)[0].close()
        with _certificate.open_store("MY", machine=False, writable=True) as store:
            again, _ = store.add(own)
            with again:
                again.set_key(
                    context.container, context.provider_name, provider_type=24, key_spec=2
                )
        (info,) = listed()
        assert info.key_name == context.container


def test_a_certificate_outlives_its_store():
    with container() as (context, own):
        put(own, context)
        store = _certificate.open_store("MY", machine=False, writable=False)
        there = store.certificates()
        assert nc.live_handles()["binding"]["Certificate"] == len(there)
        store.close()
        assert store.closed
        with pytest.raises(nc.ClosedHandleError):
            store.certificates()
        assert nc.live_handles()["binding"]["CertificateStore"] == 1  # its certificates hold it
        assert own in [each.der for each in there]
        for each in there:
            each.close()
        with pytest.raises(nc.ClosedHandleError):
            assert there[0].der
        assert nc.live_handles()["binding"]["CertificateStore"] == 0


def test_the_key_of_a_certificate_of_cryptoapi(digest):
    with container() as (context, own):
        put(own, context)
        signature = context.sign(digest, "SHA256", byteorder="big")
        with nc.open_certificate_key(subject="ncrypt-ext certificate test") as opened:
            opened.verify(digest, signature, nc.PKCS1("SHA256"))
            assert opened.sign(digest, nc.PKCS1("SHA256")) == signature
            assert opened.certificates == (own,)


def test_the_key_of_a_stored_certificate(provider, digest):
    label = "ncrypt-ext certificate test"
    with provider.create_key("ECDSA_P256", label, overwrite=True) as key:
        try:
            own = certificate(key, (SUBJECT,), signer=key)
            nc.add_certificate(own, key)
            (info,) = listed()
            assert (info.key_name, info.provider) == (label, nc.properties.SOFTWARE_PROVIDER)
            with nc.open_certificate_key(thumbprint=info.thumbprint) as opened:
                key.verify(digest, opened.sign(digest))
        finally:
            key.delete()


def test_a_chain_in_the_property_of_a_key(rsa_key):
    own = certificate(rsa_key, (SUBJECT,))
    assert rsa_key.certificates == ()
    rsa_key.set_certificates(own)
    assert rsa_key.certificates == (own,)


def test_a_chain_taken_off_a_key(rsa_key):
    rsa_key.set_certificates(certificate(rsa_key, (SUBJECT,)))
    rsa_key.remove_certificates()
    assert rsa_key.certificates == ()


def test_import_of_a_file(digest):
    key = nc.import_pfx(PFX.read_bytes(), "secret")
    try:
        (info,) = listed(PFX_SUBJECT)
        assert key.certificates == (info.certificate,)
        assert info.key_name == key.name
        padding = nc.PKCS1("SHA256")
        key.verify(digest, key.sign(digest, padding), padding)
    finally:
        key.delete()


def test_import_of_junk():
    with pytest.raises(nc.NCryptError):
        nc.import_pfx(b"junk", "secret")


def test_a_store_that_is_not_there():
    with pytest.raises(nc.NotFoundError) as caught:
        nc.list_certificates(store="ncrypt-ext has no such store")
    assert caught.value.name == "ERROR_FILE_NOT_FOUND"


def test_nobody_has_it():
    with pytest.raises(nc.KeyNotFoundError, match="no certificate in the user's store 'MY'"):
        nc.open_certificate_key(subject="nobody has this subject")


def test_over_and_over():
    """Nothing is left of it: conftest counts."""
    with container() as (context, own):
        put(own, context)
        for _ in range(200):
            assert len(listed()) == 1
            with suppress(nc.KeyNotFoundError):
                nc.open_certificate_key(subject="nobody has this subject")
