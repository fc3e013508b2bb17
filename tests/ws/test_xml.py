# SPDX-License-Identifier: MIT
"""ws.XmlBuffer: what goes in, what comes out, what is refused and how."""

import copy
import gc
import pickle

import pytest

import ncrypt_ext as nc
from ncrypt_ext import ws

TEXT = "<a>\u00e4\u20ac\U0001f511</a>"


def parse(xml, **options):
    with ws.XmlBuffer.from_bytes(xml, **options) as buffer:
        return buffer.to_bytes()


@pytest.mark.parametrize(
    "xml",
    [
        b"<a/>",
        b'<p:a x="1" xmlns:p="urn:p">text<p:b/>\n tail</p:a>',
        b'<a x="\'">&lt;&amp;&gt;</a>',
        TEXT.encode(),
    ],
)
@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, lambda xml: xml.decode()])
def test_round_trip(xml, kind):
    assert parse(kind(xml)) == xml


@pytest.mark.parametrize("size", [65_000, 66_000, 1_000_000])
@pytest.mark.parametrize("kind", [bytes, bytearray])
def test_large(size, kind):
    xml = b"<a>" + (size // 4) * b"<b/>" + b"</a>"
    assert parse(kind(xml)) == xml
    xml = b"<a>" + size * b"x" + b"</a>"
    assert parse(kind(xml)) == xml


@pytest.mark.parametrize(
    ("encoding", "charset"),
    [
        ("utf-8", None),
        ("utf-8", "utf-8"),
        ("utf-8", "UTF8"),
        ("utf-8-sig", None),
        ("utf-16", None),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-le", "UTF-16LE"),
    ],
)
def test_charsets(encoding, charset):
    assert parse(TEXT.encode(encoding), charset=charset) == TEXT.encode()


def test_output():
    with ws.XmlBuffer.from_bytes(TEXT) as buffer:
        assert buffer.to_bytes() == TEXT.encode()
        declared = f'<?xml version="1.0" encoding="utf-8"?>{TEXT}'
        assert buffer.to_bytes(declaration=True) == declared.encode()
        for charset in ("utf-16-le", "utf-16-be"):
            assert buffer.to_bytes(charset=charset) == f"\ufeff{TEXT}".encode(charset)
        declared = f'\ufeff<?xml version="1.0" encoding="utf-16"?>{TEXT}'
        assert buffer.to_bytes(charset="utf-16-le", declaration=True) == declared.encode(
            "utf-16-le"
        )


def test_source_may_change():
    source = bytearray(b"<a>text</a>")
    with ws.XmlBuffer.from_bytes(source) as buffer:
        source[:] = b"!" * 2000
        assert buffer.to_bytes() == b"<a>text</a>"


@pytest.mark.parametrize(
    ("xml", "where"),
    [
        (b"<a></b>", "line 1, column 6: mismatched tag"),
        (b"<a>\n <b x=1/></a>", "line 2, column 7: not well-formed"),
        (b"<a>\n\n&nope;</a>", "line 3, column 1: undefined entity"),
        (b"<p:a/>", "line 1, column 1: unbound prefix"),
        (b"<a>\xff</a>", "line 1, column 4: not well-formed"),
        (b"<a><?pi?></a>", "line 1, column 4: a processing instruction is not allowed"),
        (b"<!DOCTYPE a><a/>", "line 1, column 12: a document type declaration is not allowed"),
        ("<a></b>", "line 1, column 6: mismatched tag"),
    ],
)
def test_malformed_says_what_and_where(xml, where):
    with pytest.raises(ws.WsFormatError) as info:
        parse(xml)
    assert info.value.name == "WS_E_INVALID_FORMAT"
    assert f"xml: {where}" in str(info.value)


BOMB = b"<!DOCTYPE a [<!ENTITY a0 'x'>%s]><a>&a40;</a>" % b"".join(
    b"<!ENTITY a%d '&a%d;&a%d;'>" % (number, number - 1, number - 1) for number in range(1, 41)
)


@pytest.mark.parametrize(
    "xml",
    [
        BOMB,
        b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/hostname'>]><a>&x;</a>",
        b"<!DOCTYPE a [<!ENTITY % x SYSTEM 'http://127.0.0.1:9/x'>%x;]><a/>",
        b"<!DOCTYPE a SYSTEM 'http://127.0.0.1:9/a.dtd'><a/>",
        b"<!DOCTYPE a PUBLIC 'p' 'file:///etc/hostname'><a/>",
        b"<!DOCTYPE a [<!ATTLIST a x CDATA 'default'>]><a/>",
    ],
    ids=["bomb", "file", "parameter", "http", "public", "defaults"],
)
@pytest.mark.parametrize("padding", [0, 100_000], ids=["small", "large"])
def test_no_document_type(xml, padding):
    with pytest.raises(ws.WsFormatError, match="a document type declaration is not allowed"):
        parse(xml + padding * b"\n")


def test_what_is_too_large_to_be_explained():
    xml = b"<a>" + 5_000_000 * b"x" + b"</b>"
    with pytest.raises(ws.WsFormatError, match="xml: it was refused, or a limit does not suffice"):
        parse(xml)


@pytest.mark.parametrize("charset", ["latin-1", "utf-16", "ascii", "no such", ""])
def test_other_charsets(charset):
    with pytest.raises(ValueError, match="charset must be"):
        parse(b"<a/>", charset=charset)
    with ws.XmlBuffer.from_bytes(b"<a/>") as buffer, pytest.raises(ValueError, match="charset"):
        buffer.to_bytes(charset=charset)


@pytest.mark.parametrize("name", ["max_depth", "max_attributes", "max_namespaces"])
@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (0, ValueError),
        (-1, ValueError),
        (65537, ValueError),
        (1 << 32, ValueError),
        ("1", TypeError),
    ],
)
def test_limit_arguments(name, value, kind):
    with pytest.raises(kind, match=name):
        parse(b"<a/>", **{name: value})


@pytest.mark.parametrize(
    ("xml", "options", "kind", "match"),
    [
        (3, {}, TypeError, "xml must be a str or a bytes-like object"),
        (None, {}, TypeError, "xml must be"),
        ("<a>\ud800</a>", {}, ValueError, "lone surrogate at index 3"),
        ("<a/>", {"charset": "utf-8"}, ValueError, "a str is taken as UTF-8"),
        (b"<a/>", {"charset": 8}, TypeError, "charset must be a str"),
        (b"<a/>", {"heap": 1}, TypeError, "heap"),
        (memoryview(b"<<aa//>>")[::2], {}, BufferError, "contiguous"),
    ],
)
def test_arguments(xml, options, kind, match):
    with pytest.raises(kind, match=match):
        parse(xml, **options)


def test_no_constructor():
    with pytest.raises(TypeError, match="from_bytes"):
        ws.XmlBuffer()


def test_subclass():
    class Mine(ws.XmlBuffer):
        pass

    with Mine.from_bytes(b"<a/>") as buffer:
        assert type(buffer) is Mine
        assert buffer.to_bytes() == b"<a/>"


def test_closed():
    buffer = ws.XmlBuffer.from_bytes(b"<a/>")
    buffer.close()
    buffer.close()
    assert buffer.closed
    with pytest.raises(nc.ClosedHandleError, match="this XmlBuffer is closed"):
        buffer.to_bytes()
    with pytest.raises(nc.ClosedHandleError):
        buffer.__enter__()


def test_part_of_a_heap():
    with ws.XmlBuffer.from_bytes(b"<a/>") as buffer:
        with pytest.raises(nc.BadStateError, match="part of its heap"):
            buffer.detach()
        for how in (copy.copy, copy.deepcopy, pickle.dumps):
            with pytest.raises(TypeError, match="cannot be copied"):
                how(buffer)
        assert buffer.handle != 0
        assert buffer.to_bytes() == b"<a/>"


def test_own_heap_goes_with_it():
    before = nc.live_handles()["binding"]
    buffer = ws.XmlBuffer.from_bytes(b"<a/>")
    during = nc.live_handles()["binding"]
    assert (during["Heap"], during["XmlBuffer"]) == (before["Heap"] + 1, before["XmlBuffer"] + 1)
    del buffer
    gc.collect()
    assert nc.live_handles()["binding"] == before
    with pytest.raises(ws.WsFormatError):
        ws.XmlBuffer.from_bytes(b"<a></b>")
    assert nc.live_handles()["binding"] == before
