# SPDX-License-Identifier: MIT
"""The native parser against another one: what either takes, and what they make of it."""

import random
from xml.etree import ElementTree
from xml.parsers import expat

import pytest

from ncrypt_ext import ws

SEEDS = [
    b'<a x="1" y=\'2\'>text<b/>&lt;&amp;&#x41;<c z="&quot;"> </c></a>',
    b'<p:a xmlns:p="urn:p" xmlns="urn:d"><b p:x="1"/><q:c xmlns:q="urn:p" q:x=""/></p:a>',
    "<a>\u00e4\u20ac\U0001f511<!-- \u00e4 --><![CDATA[<x>&]]>]] ></a>".encode(),
    b'<?xml version="1.0" encoding="utf-8"?>\n<a xml:lang="de">\r\n\t<b/> x </a>\n',
]
# No U+FEFF: where names end with it the two follow different editions of the standard.
PIECES = [
    *(b"<", b">", b"/", b"&", b"'", b'"', b"=", b"]]>", b"<!--", b"-->", b"<b>", b"</b>", b" x=''"),
    *(b"&#0;", b"&#9;", b"&lt;", b"\xff", b"\0", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc2\x85"),
    *(b"xmlns=''", b" xmlns:p=''", b":", b"<?p?>", b"<!DOCTYPE a>"),
]


def mutated(seed):
    """A few changes: bytes gone, doubled or replaced."""
    chance = random.Random(seed)
    xml = bytearray(chance.choice(SEEDS))
    for _ in range(chance.randint(1, 4)):
        start = chance.randrange(len(xml) + 1)
        end = min(len(xml), start + chance.choice([0, 0, 1, 1, 2, 7]))
        xml[start:end] = chance.choice([b"", bytes(xml[start:end]) * 2, chance.choice(PIECES)])
    return bytes(xml)


def by_expat(xml):
    """The canonical form; None when it is not well-formed or has what no WS_XML_BUFFER holds."""
    refused = []
    parser = expat.ParserCreate(None, "\n")
    parser.ProcessingInstructionHandler = lambda *_: refused.append("instruction")
    parser.StartDoctypeDeclHandler = lambda *_: refused.append("document type")

    def declaration(version, encoding, standalone):
        if version != "1.0" or (encoding or "utf-8") != "utf-8":
            refused.append("declaration")

    parser.XmlDeclHandler = declaration
    try:
        parser.Parse(xml, True)
    except (expat.ExpatError, LookupError, ValueError):
        return None
    return None if refused else ElementTree.canonicalize(xml.decode(), with_comments=True)


def by_us(xml):
    """The canonical form of what we write, or the exception."""
    try:
        with ws.XmlBuffer.from_bytes(xml) as buffer:
            return ElementTree.canonicalize(buffer.to_bytes().decode(), with_comments=True)
    except ws.WsError as error:
        return error


def agree(xml):
    """Both take it and make the same of it, or neither does; whether they take it."""
    ours, expected = by_us(xml), by_expat(xml)
    if isinstance(ours, ws.WsError):
        assert expected is None, xml
        return False
    assert ours == expected, xml
    return True


@pytest.mark.parametrize("part", range(10))
def test_mutations(part):
    taken = sum(agree(mutated(seed)) for seed in range(300 * part, 300 * (part + 1)))
    assert 20 < taken < 280


@pytest.mark.parametrize("xml", SEEDS)
def test_every_truncation(xml):
    for size in range(len(xml)):
        agree(xml[:size])


@pytest.mark.parametrize("xml", SEEDS)
def test_written_is_read_again(xml):
    with ws.XmlBuffer.from_bytes(xml) as buffer:
        once = buffer.to_bytes()
    with ws.XmlBuffer.from_bytes(once) as buffer:
        assert buffer.to_bytes() == once
