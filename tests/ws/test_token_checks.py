# SPDX-License-Identifier: MIT
"""What ws.XmlToken refuses, before the native call, and in which words."""

import os
from datetime import date, datetime, timedelta, timezone, tzinfo

import pytest

import ncrypt_ext as nc
from ncrypt_ext import capi, ws

from .token_support import REFERENCE, live, needs_tokens, rsa_of

pytestmark = needs_tokens

UTC = timezone.utc
NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


def refused(kind, match, xml="<a/>", key=None, **options):
    before = nc.live_handles()
    with pytest.raises(kind, match=match) as info:
        ws.XmlToken(xml, key, **options)
    assert nc.live_handles() == before
    return info.value


@pytest.mark.parametrize(
    ("xml", "match"),
    [
        ("", "no element found"),
        (b"", "no element found"),
        ("text", "line 1, column 1"),
        ("<a>", "no element found"),
        ("<a></b>", "line 1, column "),
        ("<a/><b/>", "junk after document element"),
        ("<a/>text", "line 1, column 5"),
        ("<a x='1' x='2'/>", "line 1"),
        ("<p:a/>", "line 1"),
        ("<!DOCTYPE a><a/>", "document type declaration"),
        ('<!DOCTYPE a SYSTEM "http://localhost/"><a/>', "document type declaration"),
        ("<?p x?><a/>", "processing instruction"),
        ("<a>&e;</a>", "line 1"),
        (b"<a>\xff</a>", "line 1"),
        (b"<a>\0</a>", "line 1"),
        (100 * "<a>" + 100 * "</a>", "WS_E_QUOTA_EXCEEDED"),
    ],
)
def test_not_one_element(rsa_key, xml, match):
    kind = ws.WsQuotaError if match == "WS_E_QUOTA_EXCEEDED" else ws.WsFormatError
    assert "xml: " in str(refused(kind, match, xml))
    for name in ("attached_reference", "unattached_reference"):
        options = {"attached_reference": REFERENCE, name: xml}
        error = refused(kind, match, "<a/>", rsa_key, **options)
        assert f": {name}: " in str(error)
        assert isinstance(error, ValueError) is (kind is ws.WsFormatError)


@pytest.mark.parametrize("xml", [None, 5, object(), ["<a/>"], memoryview(b"<aa/>")[::2]])
def test_not_xml(rsa_key, xml):
    refused((TypeError, BufferError), "xml must be", xml)
    if xml is not None:
        wrong = {"unattached_reference": xml}
        refused(
            (TypeError, BufferError),
            "unattached_reference must be",
            "<a/>",
            rsa_key,
            attached_reference=REFERENCE,
            **wrong,
        )


def test_lone_surrogates():
    refused(ValueError, "xml has a lone surrogate at index 3", "<a>\ud800</a>")


# ---- keys ----------------------------------------------------------------------------------------


def test_a_key_needs_a_reference(rsa_key):
    refused(ValueError, "a token with a key needs an attached_reference", "<a/>", rsa_key)
    options = {"unattached_reference": REFERENCE}
    refused(ValueError, "needs an attached_reference", "<a/>", rsa_key, **options)


@pytest.mark.parametrize("name", ["attached_reference", "unattached_reference"])
def test_references_need_a_key(name):
    match = f"a token without a key signs nothing, so it has no {name}"
    refused(ValueError, match, **{name: REFERENCE})


@pytest.mark.parametrize("algorithm", ["ECDSA_P256", "ECDSA_P384", "ECDSA_P521"])
def test_elliptic_curves(provider, algorithm):
    with provider.create_key(algorithm) as key, ws.NCryptKeyHandle(key) as handle:
        for one in (key, handle):
            match = "the key is of the group ECDSA: only RSA keys sign with tokens"
            error = refused(nc.NotSupportedError, match, key=one, attached_reference=REFERENCE)
            assert not isinstance(error, ws.WsError)


@pytest.mark.parametrize("bits", [512, 8192])
def test_other_sizes_of_keys(provider, bits):
    with rsa_of(provider, bits) as key, ws.NCryptKeyHandle(key) as handle:
        for one in (key, handle):
            match = f"the RSA key has {bits} bits: keys of tokens have 1024 to 4096"
            refused(nc.InvalidParameterError, match, key=one, attached_reference=REFERENCE)


def test_public_keys(provider, rsa_key):
    public = provider.import_key(rsa_key.export("RSAPUBLICBLOB"), "RSAPUBLICBLOB")
    with public, nc.Key.from_handle(public.handle, own=False) as same:
        for key in (public, same):
            with ws.NCryptKeyHandle(key) as handle:
                for one in (key, handle):
                    match = "the key is a public key: a token signs, which needs the private half"
                    refused(nc.InvalidParameterError, match, key=one, attached_reference=REFERENCE)


def test_keys_without_the_usage(provider):
    usage = {"Key Usage": nc.KeyUsage.ALLOW_DECRYPT}
    with provider.create_key("RSA", length=1024, properties=usage) as key:
        match = "the key usage does not allow this operation"
        refused(nc.AccessDeniedError, match, key=key, attached_reference=REFERENCE)


def test_no_key(provider, ec_key):
    with provider.create_persisted_key("RSA") as new:
        for wrong in (5, "key", new, provider, b"secret", ec_key.handle, ws.NCryptKeyHandle):
            match = f"key must be a Key, .* or a key handle, not {type(wrong).__name__!r}"
            refused(TypeError, match, key=wrong, attached_reference=REFERENCE)


def test_closed_keys(provider, rsa_blob):
    key = provider.import_key(rsa_blob, "RSAFULLPRIVATEBLOB")
    handle, closed = ws.NCryptKeyHandle(key), ws.NCryptKeyHandle(key)
    closed.close()
    options = {"attached_reference": REFERENCE}
    refused(nc.ClosedHandleError, "this NCryptKeyHandle is closed", key=closed, **options)
    key.close()
    refused(nc.ClosedHandleError, "this Key is closed", key=key, **options)
    with ws.XmlToken("<a/>", handle, **options) as token:  # it still holds the key
        handle.close()
        assert token.key_type is ws.SecurityKeyType.ASYMMETRIC
        assert live("Key") == 1
    secret = ws.RawSymmetricKeyHandle(b"secret")
    secret.close()
    refused(nc.ClosedHandleError, "this RawSymmetricKeyHandle is closed", key=secret, **options)


def test_the_key_of_a_key_handle_is_gone(provider, rsa_blob):
    handle = ws.NCryptKeyHandle(provider.import_key(rsa_blob, "RSAFULLPRIVATEBLOB"))
    with ws.XmlToken("<a/>", handle, attached_reference=REFERENCE):
        handle.close()
        assert live("Key") == 1
    assert live("Key") == 0
    key = provider.import_key(rsa_blob, "RSAFULLPRIVATEBLOB")
    token = ws.XmlToken("<a/>", ws.NCryptKeyHandle(key), attached_reference=REFERENCE)
    del key
    assert (live("KeyHandle"), live("Key")) == (0, 1)
    assert token.key_type is ws.SecurityKeyType.ASYMMETRIC
    del token
    assert live("Key") == 0


def test_a_key_of_a_token_is_not_deleted(provider, rsa_blob):
    name = f"ncrypt-ext test of tokens {os.getpid()}"
    with provider.import_key(rsa_blob, "RSAFULLPRIVATEBLOB", name=name) as key:
        with (
            ws.XmlToken("<a/>", key, attached_reference=REFERENCE),
            pytest.raises(nc.BadStateError),
        ):
            key.delete()
        key.delete()


@pytest.fixture
def container():
    """The name of one that is deleted afterwards: on Windows the store is the user's."""
    name = f"ncrypt-ext test of tokens {os.getpid()}"
    yield name
    capi.delete_container(name, missing_ok=True)


def test_cryptoapi_keys(container):
    with capi.Context(container, new=True) as context:
        context.generate_key(capi.KeySpec.SIGNATURE, length=1024).close()
        handle = ws.CapiKeyHandle(context, capi.KeySpec.SIGNATURE)
        match = r"before Vista only: use context.to_ncrypt\(key_spec\) .* or allow_capi=True"
        refused(nc.NotSupportedError, match, key=handle, attached_reference=REFERENCE)
        options = {"attached_reference": REFERENCE, "allow_capi": True}
        token = ws.XmlToken("<a/>", handle, **options)
        handle.close()
        context.close()
        assert token.key_type is ws.SecurityKeyType.ASYMMETRIC
        assert live("Context") == 1
        token.close()
        assert live("Context") == 0
        refused(nc.ClosedHandleError, "this CapiKeyHandle is closed", key=handle, **options)
    with (
        capi.Context(container) as context,
        context.to_ncrypt(capi.KeySpec.SIGNATURE) as key,
        ws.XmlToken("<a/>", key, attached_reference=REFERENCE) as token,
    ):
        assert token.key_type is ws.SecurityKeyType.ASYMMETRIC


def test_classes_with_two_bases(provider, rsa_blob, ec_key):
    """What is in the structure counts, not what the class says that it is, too."""
    bases = [ws.NCryptKeyHandle, ws.RawSymmetricKeyHandle, ws.CapiKeyHandle]
    with provider.import_key(rsa_blob, "RSAFULLPRIVATEBLOB") as key:
        for others in (bases, [bases[0], bases[2]]):
            kind = type("Both", tuple(others), {})
            with kind(key) as handle:
                token = ws.XmlToken("<a/>", handle, attached_reference=REFERENCE)
            assert token.key_type is ws.SecurityKeyType.ASYMMETRIC
            with pytest.raises(nc.BadStateError):
                key.detach()  # the token has it
            token.close()
            with kind(ec_key) as handle:
                options = {"key": handle, "attached_reference": REFERENCE, "allow_capi": True}
                refused(nc.NotSupportedError, "only RSA keys sign", **options)


def test_giving_a_token_away(provider, rsa_blob):
    with provider.import_key(rsa_blob, "RSAFULLPRIVATEBLOB") as key:
        with ws.XmlToken("<a/>", key, attached_reference=REFERENCE) as token:
            with pytest.raises(nc.BadStateError, match="holds its key"):
                token.detach()
            assert not token.closed


# ---- times ---------------------------------------------------------------------------------------


class Unsure(tzinfo):
    def utcoffset(self, when):
        return None


@pytest.mark.parametrize("name", ["valid_from", "valid_till"])
@pytest.mark.parametrize(
    ("value", "kind", "match"),
    [
        (datetime(2026, 1, 1), ValueError, "has no time zone"),
        (datetime(2026, 1, 1, tzinfo=Unsure()), ValueError, "has no time zone"),
        (date(2026, 1, 1), TypeError, "must be a datetime, not 'date'"),
        ("2026-01-01", TypeError, "must be a datetime, not 'str'"),
        (1.5, TypeError, "must be a datetime, not 'float'"),
        (datetime.min.replace(tzinfo=UTC), ValueError, "after the beginning of the year 1"),
        (datetime.min.replace(tzinfo=timezone(timedelta(hours=1))), ValueError, "the year 1 "),
        (datetime.max.replace(tzinfo=timezone(-timedelta(hours=1))), ValueError, "the year 9999"),
    ],
)
def test_no_such_times(name, value, kind, match):
    refused(kind, f"{name} .*{match}", **{name: value})


def test_order_of_times():
    before = NOW - timedelta(microseconds=1)
    refused(ValueError, "valid_till is before valid_from", valid_from=NOW, valid_till=before)
