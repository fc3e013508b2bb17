# SPDX-License-Identifier: MIT
"""As test_leaks.py, for key handles and tokens."""

import gc

import pytest

import ncrypt_ext as nc
from ncrypt_ext import capi, ws

from ..ws.token_support import REFERENCE, needs_tokens
from .test_leaks import FULL, assert_flat
from .test_leaks import pytestmark as needs_proc

pytestmark = [needs_proc, needs_tokens]

SECRET = bytes(range(32))


def test_key_handles(ec_key):
    with capi.Context(verify=True) as context:

        def cycle():
            ws.NCryptKeyHandle(ec_key).close()
            ws.RawSymmetricKeyHandle(SECRET).close()
            ws.CapiKeyHandle(context, 1).close()
            ws.NCryptKeyHandle(ec_key)

        assert_flat(cycle, 1_000_000 if FULL else 50_000, 1_000)


def test_tokens(rsa_key):
    parts = ws.username_token("user", "password", digest=True)

    def cycle():
        with ws.XmlToken.from_xml(parts, rsa_key) as token:
            token.xml, token.attached_reference, token.key_type, token.valid_from  # noqa: B018
        with ws.RawSymmetricKeyHandle(SECRET) as handle:
            token = ws.XmlToken("<a/>", handle, attached_reference=REFERENCE)
        assert token.symmetric_key() == SECRET

    assert_flat(cycle, 200_000 if FULL else 5_000, 1_000)


def test_tokens_in_cycles(rsa_key):
    class Node:
        pass

    def cycle():
        for _ in range(20):
            node = Node()
            node.token = ws.XmlToken("<a/>", rsa_key, attached_reference=REFERENCE)
            node.handle = ws.NCryptKeyHandle(rsa_key)
            node.myself = node
        del node
        gc.collect(0)

    assert_flat(cycle, 10_000 if FULL else 200, 100)


def test_large_tokens(rsa_key):
    xml = b"<a>" + (1 << 18) * b"<b/>" + b"</a>"

    def cycle():
        with ws.XmlToken(xml, rsa_key, attached_reference=REFERENCE) as token:
            assert len(token.xml) == len(xml)

    assert_flat(cycle, 1_000 if FULL else 30, 20)


def test_failures(provider, ec_key, rsa_key):
    public = provider.import_key(rsa_key.export("RSAPUBLICBLOB"), "RSAPUBLICBLOB")
    closed = ws.RawSymmetricKeyHandle(SECRET)
    closed.close()
    with ws.XmlToken("<a/>") as token, public:

        def cycle():
            for call in (
                lambda: ws.XmlToken("<a></b>"),
                lambda: ws.XmlToken("<a/>", rsa_key),
                lambda: ws.XmlToken("<a/>", ec_key, attached_reference=REFERENCE),
                lambda: ws.XmlToken("<a/>", public, attached_reference=REFERENCE),
                lambda: ws.XmlToken("<a/>", closed, attached_reference=REFERENCE),
                lambda: ws.XmlToken("<a/>", rsa_key, attached_reference="<a"),
                lambda: ws.XmlToken("<a/>", valid_from=5),
                lambda: token.__init__("<b/>"),
                lambda: token.symmetric_key(),
                lambda: ws.RawSymmetricKeyHandle(b""),
                lambda: ws.NCryptKeyHandle(None),
            ):
                with pytest.raises((nc.NCryptError, TypeError, ValueError)):
                    call()

        assert_flat(cycle, 20_000 if FULL else 300, 100)
