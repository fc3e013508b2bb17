# SPDX-License-Identifier: MIT
"""Limits of ws.XmlBuffer, and what only a parser that checks everything refuses."""

import sys

import pytest

from ncrypt_ext import ws


def parse(xml, **options):
    with ws.XmlBuffer.from_bytes(xml, **options) as buffer:
        return buffer.to_bytes()


def nested(depth):
    return depth * b"<a>" + depth * b"</a>"


def written(depth):
    return (depth - 1) * b"<a>" + b"<a/>" + (depth - 1) * b"</a>"


def with_attributes(count):
    return b"<a" + b"".join(b' x%d="%d"' % (number, number) for number in range(count)) + b"/>"


def with_namespaces(count):
    names = b"".join(b' xmlns:x%d="urn:%d"' % (number, number) for number in range(count))
    return b"<a" + names + b"/>"


def test_depth():
    assert parse(nested(60)) == written(60)
    with pytest.raises(ws.WsQuotaError, match="max_depth=64"):
        parse(nested(66))
    assert parse(nested(200), max_depth=300) == written(200)
    with pytest.raises(ws.WsQuotaError, match="max_depth=3"):
        parse(nested(5), max_depth=3)


@pytest.mark.skipif(sys.platform == "win32", reason="the portable engine's own limit")
def test_limits_of_the_implementation():
    """The engine's own, which no argument raises: it is not the argument that is blamed."""
    with pytest.raises(ws.WsQuotaError, match="or a limit that no argument raises"):
        parse(nested(300), max_depth=300)


def test_the_heap_is_blamed():
    """Declarations of namespaces are no attributes."""
    many = b"<a" + with_attributes(100)[2:-2] + with_namespaces(40)[2:]
    assert len(parse(many)) == len(many)
    with ws.Heap(max_size=1000) as heap, pytest.raises(ws.WsQuotaError, match="heap's max_size"):
        parse(many, heap=heap)


def test_buffer_made_twice():
    class One(ws.XmlBuffer):
        made = None

        def __new__(cls):
            cls.made = cls.made or super().__new__(cls)
            return cls.made

    with One.from_bytes(b"<a/>") as buffer:
        with pytest.raises(TypeError, match="open already"):
            One.from_bytes(b"<b/>")
        assert buffer.to_bytes() == b"<a/>"
    One.made = None


@pytest.mark.parametrize("depth", [5000, 200_000])
def test_far_too_deep(depth):
    with pytest.raises((ws.WsQuotaError, ws.WsFormatError)):
        parse(depth * b"<a>", max_depth=100)
    with pytest.raises((ws.WsQuotaError, ws.WsFormatError)):
        parse(depth * b"<a>")


def test_attributes():
    assert parse(with_attributes(120)) == with_attributes(120)
    with pytest.raises(ws.WsQuotaError, match="max_attributes=128"):
        parse(with_attributes(130))
    assert parse(with_attributes(500), max_attributes=600) == with_attributes(500)


def test_namespaces():
    assert parse(with_namespaces(60)) == with_namespaces(60)
    with pytest.raises(ws.WsQuotaError, match="max_namespaces=64"):
        parse(with_namespaces(70))
    assert parse(with_namespaces(200), max_namespaces=300, max_attributes=300) == with_namespaces(
        200
    )


def test_output_size():
    with ws.XmlBuffer.from_bytes(b"<a>" + 5000 * b"x" + b"</a>") as buffer:
        assert len(buffer.to_bytes(max_size=8000)) == 5007
        with pytest.raises(ws.WsQuotaError, match="takes more than max_size=4000 bytes"):
            buffer.to_bytes(max_size=4000)
        assert len(buffer.to_bytes()) == 5007


@pytest.mark.parametrize(
    ("xml", "where"),
    [
        (b"", "line 1, column 1: no element found"),
        (b" \n ", "line 2, column 2: no element found"),
        (b"text", "line 1, column 1: syntax error"),
        (b"<a>", "line 1, column 4: no element found"),
        (b"<a/>text", "line 1, column 5: junk after document element"),
        (b"<a/><b/>", "line 1, column 5: junk after document element"),
        (b'<a x="1" x="2"/>', "line 1, column 10: duplicate attribute"),
        (b'<a xmlns:p="u" xmlns:q="u" p:x="" q:x=""/>', "line 1, column 1: duplicate attribute"),
        (b"<a>\0</a>", "line 1, column 4"),
        (b"<a>&#0;</a>", "line 1, column 4: reference to invalid character number"),
    ],
)
def test_malformed(xml, where):
    with pytest.raises(ws.WsFormatError) as info:
        parse(xml)
    assert f"xml: {where}" in str(info.value)


@pytest.mark.parametrize(
    "xml",
    [
        b'<a xml:lang="de"/>',
        b'<a xml:space="preserve"> </a>',
        b"<!-- before --><a/><!-- after -->",
        b"<a><![CDATA[<x>&]]></a>",
        b'<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n<a/>',
    ],
)
def test_what_people_send(xml):
    parse(xml)
    parse(xml.decode())
    parse(bytes(memoryview(xml)))


def test_big_endian():
    assert (
        parse("<a>\u20ac</a>".encode("utf-16-be"), charset="utf-16-be") == "<a>\u20ac</a>".encode()
    )


@pytest.mark.parametrize(
    "xml",
    [
        "<a/>".encode("utf-32"),
        "<a/>".encode("utf-32-le"),
        "<a/>".encode("cp037"),
        b'<?xml version="1.0" encoding="utf-16"?><a/>',
        b'<?xml version="1.0" encoding="utf-7"?><a>+AOQ-</a>',
        b'<?xml version="1.0" encoding="ebcdic-cp-us"?><a/>',
        b'<?xml version="1.0" encoding="no-such"?><a/>',
        b'<?xml version="1.0" encoding=""?><a/>',
        b"<a>\xc0\xaf</a>",  # an overlong solidus
        b"<a>\xe2\x82</a>",  # cut off
        b"<a>\xed\xa0\xbd\xed\xb4\x91</a>",  # two surrogates
        "<a>\ud83d</a>".encode("utf-16", "surrogatepass"),
        b"\xff\xfe<\0a\0/\0>",  # half a unit
        b"\xfe\xff<\0a\0/\0>\0",  # the mark of the other order
    ],
    ids=ascii,
)
def test_bad_encodings(xml):
    with pytest.raises(ws.WsFormatError):
        parse(xml)


@pytest.mark.parametrize("charset", ["utf-16-le", "utf-16-be"])
def test_other_charset_than_told(charset):
    with pytest.raises(ws.WsFormatError):
        parse(b"<a>text</a>", charset=charset)
