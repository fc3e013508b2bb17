# SPDX-License-Identifier: MIT
"""Hundreds of malformed tokens and references: the error says which it was, and where."""

import random
from xml.parsers import expat

import pytest

from ncrypt_ext import ws

from .token_support import needs_tokens

pytestmark = needs_tokens

ASSERTION = (
    b'<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_1" Version="2.0">'
    b"<saml:Issuer>https://issuer.example/?a&amp;b</saml:Issuer><!-- signed -->"
    b"<saml:Subject a=\"1\" saml:b='2'/></saml:Assertion>"
)
PIECES = (
    *(b"<", b">", b"&", b'"', b"</x>", b"<x>", b"<!", b"<?x?>", b"<![CDATA[", b"]]>", b"<!--"),
    *(
        b"\0",
        b"\xff",
        b"\xed\xa0\x80",
        b"&x;",
        b"&#0;",
        b"&#xD800;",
        b"<!DOCTYPE a>",
        b" a='1' a='2'",
    ),
    *(b"<p:x/>", b"<x xmlns:p=''/>", b"<x xmlns:xml='urn:x'/>", b"<x xmlns:xmlns='urn:x'/>"),
)
WANTED = 500


def is_malformed(xml):
    """By another parser; with what a WS_XML_BUFFER never holds."""
    refused = []
    parser = expat.ParserCreate(None, "\n")
    parser.ProcessingInstructionHandler = lambda *_: refused.append(True)
    parser.StartDoctypeDeclHandler = lambda *_: refused.append(True)
    try:
        parser.Parse(xml, True)
    except expat.ExpatError:
        return True
    return bool(refused)


def malformed(sources, seed):
    """That many of them, each once."""
    chance, found = random.Random(seed), set()
    while len(found) < WANTED:
        xml = bytearray(chance.choice(sources))
        start = chance.randrange(len(xml))
        kind = chance.randrange(4)
        if kind == 0:
            del xml[start:]
        elif kind == 1:
            del xml[start : start + chance.choice((1, 2, 5))]
        else:
            xml[start : start + kind - 2] = chance.choice(PIECES)
        if is_malformed(bytes(xml)):
            found.add(bytes(xml))
    return sorted(found)


@pytest.fixture(scope="module")
def parts():
    return ws.username_token("somebody", "secret", digest=True, id="a", nonce=b"nonce")


def test_tokens(parts):
    for xml in malformed((parts.xml, ASSERTION), 1):
        with pytest.raises(
            ws.WsFormatError, match=r": xml: (line \d+, column \d+: .+|it was refused; .+)"
        ):
            ws.XmlToken(xml)


@pytest.mark.parametrize("name", ["attached_reference", "unattached_reference"])
def test_references(parts, name):
    sources = (parts.attached_reference, ws.saml20_token(ASSERTION).attached_reference)
    with ws.RawSymmetricKeyHandle(b"secret") as key:
        for xml in malformed(sources, name):
            references = {"attached_reference": "<r/>", name: xml}
            with pytest.raises(
                ws.WsFormatError, match=rf": {name}: (line \d+, column \d+: .+|it was refused; .+)"
            ):
                ws.XmlToken("<a/>", key, **references)
