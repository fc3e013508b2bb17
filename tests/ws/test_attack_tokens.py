# SPDX-License-Identifier: MIT
"""What somebody does to tokens who wants them to break."""

import sys

import pytest

import ncrypt_ext as nc
from ncrypt_ext import ws

from .token_support import REFERENCE, collected, needs_tokens

pytestmark = needs_tokens


def test_key_and_handle_end_while_the_key_is_looked_at(provider):
    """Whatever kept the key ends between check and refusal: the call itself keeps it."""
    before = collected()
    for _ in range(20):
        keys = [provider.create_key("ECDSA_P256")]
        handle = ws.NCryptKeyHandle(keys[0])

        def end(frame, event, argument, keys=keys, handle=handle):
            if keys and frame.f_code.co_filename == nc.errors.__file__:
                keys.pop().close()
                handle.close()

        sys.setprofile(end)
        try:
            with pytest.raises(nc.NotSupportedError, match="only RSA keys sign with tokens"):
                ws.XmlToken("<a/>", handle, attached_reference=REFERENCE)
        finally:
            sys.setprofile(None)
        assert not keys
        assert handle.closed
    assert collected() == before


@pytest.mark.parametrize(
    "created",
    ["", "2026-01-31", "2026-13-01T00:00:00Z", "2026-01-01T25:00:00Z", "\u0662026-01-01T00:00:00Z"],
    ids=ascii,
)
def test_created_is_no_time(created):
    with pytest.raises(ValueError, match="created must be like '2026-01-31T23:59:59Z'"):
        ws.username_token("a", "b", digest=True, created=created)


def test_text_with_another_encoding_in_its_declaration():
    """As bytes it would be in UTF-8, and say that it is not: no token could be made of it."""
    assertion = '<Assertion xmlns="urn:oasis:names:tc:SAML:2.0:assertion" Version="2.0" ID="a"/>'
    for encoding in ("iso-8859-1", "utf-16"):
        with pytest.raises(ValueError, match=r"xml: line 1, column 1: .*declaration"):
            ws.saml20_token(f'<?xml version="1.0" encoding="{encoding}"?>{assertion}')
    parts = ws.saml20_token(f'<?xml version="1.0" encoding="UTF-8"?>{assertion}')
    with ws.XmlToken.from_xml(parts) as token:
        assert b'ID="a"' in token.xml


def test_parts_in_the_place_of_xml(rsa_key):
    parts = ws.username_token("a", "b")
    with pytest.raises(TypeError, match=r"XmlToken\.from_xml\(\) takes a TokenXml"):
        ws.XmlToken(parts)


def test_neither_text_nor_bytes(rsa_key):
    for what, arguments in (("xml", (None,)), ("attached_reference", ("<a/>", rsa_key))):
        with pytest.raises(TypeError, match=f"{what} must be a str or a bytes-like object, not"):
            ws.XmlToken(*arguments, attached_reference=5 if len(arguments) > 1 else None)


def test_delete_the_key_of_a_token(provider, digest):
    key = provider.create_key("RSA", "soap", length=1024)
    with key, ws.XmlToken("<a/>", key, attached_reference=REFERENCE) as token:
        with pytest.raises(nc.BadStateError, match="or token that was made of it: it was not del"):
            key.delete()
        provider.delete_key("soap")
        assert key.sign(digest, nc.PKCS1("SHA256"))
        assert token.key_type is ws.SecurityKeyType.ASYMMETRIC
