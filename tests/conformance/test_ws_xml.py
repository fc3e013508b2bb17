# SPDX-License-Identifier: MIT
"""Readers, writers and XML buffers: what goes in and what comes out."""

import ctypes
from ctypes import byref, c_uint8, c_uint64

import pytest

from .ws_api import (
    AUTO,
    E_INVALIDARG,
    UTF8,
    UTF16BE,
    UTF16LE,
    WS_E_INVALID_FORMAT,
    WS_E_INVALID_OPERATION,
    WS_E_QUOTA_EXCEEDED,
    BufferInput,
    BufferOutput,
    Bytes,
    P,
    TextEncoding,
    U,
    call,
    must,
    properties,
)

DEPTH, FRAGMENT, ATTRIBUTES, NAMESPACES = 0, 1, 2, 14
CHARSET, WRITTEN_BYTES, MAX_SIZE, WRITER_CHARSET = 4, 9, 8, 6


def same(*documents):
    return [(document, document) for document in documents]


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        *same(
            b"<a/>",
            b"<a>text</a>",
            b"<a>one<b/>two<c>three</c>four</a>",
            b"<a>\n  <b/>\n\t<c> </c>\n</a>",
            b'<a x="1" y="2" z="" q="\'"/>',
            b'<p:a xmlns:p="urn:p"/>',
            b'<a xmlns="urn:d"><b xmlns=""/></a>',
            b'<p:a xmlns:p="urn:p"><q:b xmlns:q="urn:q"><p:c/></q:b></p:a>',
            b'<p:a xmlns:p="urn:p"><p:b xmlns:p="urn:q"/></p:a>',
            b"<a>&lt;&amp;&gt;</a>",
            "<a>\u00e4\u20ac\U0001f511</a>".encode(),
            b"<a><!-- inside --></a>",
            b"<a-b._c/>",
        ),
        (b"<a></a>", b"<a/>"),
        (b"<a>\"quotes\" 'stay'</a>", b"<a>\"quotes\" 'stay'</a>"),
        (b"<a>&quot;&apos;&#x41;&#66;</a>", b"<a>\"'AB</a>"),
        (b'<a x="&lt;&amp;&quot;&apos;"/>', b'<a x="&lt;&amp;&quot;\'"/>'),
        (b'<?xml version="1.0"?><a/>', b"<a/>"),
    ],
)
def test_round_trip(ws, xml, expected):
    assert ws.round_trip(xml) == expected


@pytest.mark.not_on("engine", "it writes all values between double quotes")
@pytest.mark.parametrize("xml", [b"<a x='single'/>", b"<a x='\"' y=\"'\"/>"])
def test_round_trip_of_single_quotes(ws, xml):
    assert ws.round_trip(xml) == xml


@pytest.mark.not_on("wine", "it knows no space before the equals sign")
def test_round_trip_of_space_in_tags(ws):
    assert ws.round_trip(b'<a  x = "1"   ></a >') == b'<a x="1"/>'


def test_round_trip_of_large_text(ws):
    xml = b"<a>" + 30_000 * b"x" + b"</a>"
    buffer = ws.read(xml, heap=ws.heap(1 << 24))
    assert ws.write(buffer, (MAX_SIZE, U(1 << 20))) == xml


@pytest.mark.parametrize(
    "xml",
    [
        b"<a></b>",
        b"<a x=1/>",
        b'<a x="1/>',
        b"<a x/>",
        b"<a>&nope;</a>",
        b"<a>&#xD800;</a>",
        b"<a>&#x110000;</a>",
        b"<p:a/>",
        b"< a/>",
        b"<a>\xff</a>",
        b"<a>\xc0\x80</a>",
        b"<!DOCTYPE a><a/>",
        b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        b'<!DOCTYPE a SYSTEM "http://localhost/a.dtd"><a/>',
        b"<a><?pi?></a>",
        b"<a",
        b"<a><![CDATA[</a>",
    ],
)
def test_malformed(ws, xml):
    status, buffer = ws.try_read(xml)
    assert status == WS_E_INVALID_FORMAT
    assert not buffer


@pytest.mark.not_on("wine", "it reads to where it has a document, and checks little")
@pytest.mark.parametrize(
    "xml",
    [
        b"",
        b" ",
        b"text",
        b"<a>",
        b"<a><b></a>",
        b"<a/>text",
        b"<1/>",
        b'<a x="1" x="2"/>',
        b'<?xml version="2.0"?><a/>',
    ],
)
def test_malformed_and_subtle(ws, xml):
    status, buffer = ws.try_read(xml)
    assert status == WS_E_INVALID_FORMAT
    assert not buffer


@pytest.mark.parametrize(
    ("encoding", "charset"),
    [
        ("utf-8", AUTO),
        ("utf-8", UTF8),
        ("utf-8-sig", AUTO),
        ("utf-16", AUTO),
        ("utf-16-le", UTF16LE),
    ],
)
def test_charset(ws, encoding, charset):
    xml = "<a>\u00e4\u20ac\U0001f511</a>"
    assert ws.round_trip(xml.encode(encoding), charset=charset).decode() == xml


@pytest.mark.not_on("wine", "it reads no big endian")
def test_charset_big_endian(ws):
    xml = "<a>\u00e4\u20ac\U0001f511</a>"
    assert ws.round_trip(xml.encode("utf-16-be"), charset=UTF16BE).decode() == xml


# ---- limits --------------------------------------------------------------------------------------


def nested(depth):
    return depth * b"<a>" + depth * b"</a>"


def with_attributes(count):
    names = b"".join(b' x%d=""' % number for number in range(count))
    return b"<a" + names + b"/>"


def with_namespaces(count):
    names = b"".join(b' xmlns:x%d="urn:%d"' % (number, number) for number in range(count))
    return b"<a" + names + b"/>"


LIMITS = [
    (DEPTH, nested, 32),
    (ATTRIBUTES, with_attributes, 128),
    (NAMESPACES, with_namespaces, 32),
]


@pytest.mark.parametrize(("number", "make", "default"), LIMITS)
def test_far_below_a_limit(ws, number, make, default):
    assert ws.try_read(make(default // 2))[0] == 0
    assert ws.try_read(make(100), (number, U(1000)))[0] == 0


@pytest.mark.not_on("wine", "it has no limits")
@pytest.mark.parametrize(("number", "make", "default"), LIMITS)
def test_above_a_limit(ws, number, make, default):
    assert ws.try_read(make(default + 2))[0] == WS_E_QUOTA_EXCEEDED
    assert ws.try_read(make(12), (number, U(10)))[0] == WS_E_QUOTA_EXCEEDED


@pytest.mark.not_on("wine", "it has no limits")
def test_more_than_a_writer_may_write(ws):
    buffer = ws.read(b"<a>" + 5000 * b"x" + b"</a>")
    writer = ws.writer((MAX_SIZE, U(2000)))
    ws.set_output(writer, (MAX_SIZE, U(2000)))
    assert call("WsWriteXmlBuffer", writer, buffer, None) == WS_E_QUOTA_EXCEEDED


# ---- objects and their states --------------------------------------------------------------------


def test_reader_before_input(ws):
    reader, value, made = ws.reader(), U(), P()
    status = call("WsGetReaderProperty", reader, CHARSET, byref(value), 4, None)
    assert status == WS_E_INVALID_OPERATION
    status = call("WsReadXmlBuffer", reader, ws.heap(), byref(made), None)
    assert status == WS_E_INVALID_OPERATION
    assert not made.value


def test_reader_charset(ws):
    reader, value = ws.reader(), U()
    assert ws.set_input(reader, b"<a/>") == 0
    must("WsGetReaderProperty", reader, CHARSET, byref(value), 4, None)
    assert value.value == UTF8


def test_reader_is_used_again(ws):
    reader, heap = ws.reader(), ws.heap()
    for number in range(20):
        xml = b"<a>%d</a>" % number
        assert ws.write(ws.read(xml, reader=reader, heap=heap)) == xml


def test_reader_recovers(ws):
    """Nothing is read before: Wine would never come back."""
    reader = ws.reader()
    assert ws.try_read(b"<a></b>", reader=reader)[0] == WS_E_INVALID_FORMAT
    assert ws.write(ws.read(b"<a/>", reader=reader)) == b"<a/>"


def test_a_document_is_read_once(ws):
    reader, made = ws.reader(), P()
    ws.read(b"<a/>", reader=reader)
    assert call("WsReadXmlBuffer", reader, ws.heap(), byref(made), None) != 0
    assert not made.value


def test_buffer_outlives_reader_and_input(ws):
    reader = ws.reader()
    buffer = ws.read(b"<a>text</a>", reader=reader)
    ws.free(reader)
    ctypes.memset(ws._documents[-1], 0x21, 11)
    assert ws.write(buffer) == b"<a>text</a>"


def test_buffer_is_written_often(ws):
    buffer = ws.read(b'<a x="1"/>')
    writer = ws.writer()
    for _ in range(20):
        ws.set_output(writer)
        must("WsWriteXmlBuffer", writer, buffer, None)
        assert ws.written(writer) == b'<a x="1"/>'


CHARSET_AT_CREATION = pytest.mark.not_on("wine", "it takes a charset that it never uses")


@pytest.mark.parametrize("number", [pytest.param(CHARSET, marks=CHARSET_AT_CREATION), 5, 6, 9])
def test_reader_properties_that_are_only_read(number):
    made = P()
    array, count = properties((number, U(1)))
    assert call("WsCreateReader", array, count, byref(made), None) == E_INVALIDARG
    assert not made.value


@pytest.mark.parametrize(
    "number",
    [pytest.param(WRITER_CHARSET, marks=CHARSET_AT_CREATION), 7, WRITTEN_BYTES, 10, 15, 16],
)
def test_writer_properties_that_are_only_read(number):
    made = P()
    array, count = properties((number, U(1)))
    assert call("WsCreateWriter", array, count, byref(made), None) == E_INVALIDARG
    assert not made.value


@pytest.mark.parametrize("function", ["WsCreateReader", "WsCreateWriter"])
def test_property_sizes_are_exact(function):
    made = P()
    for value in (c_uint8(1), c_uint64(1)):
        array, count = properties((DEPTH, value))
        assert call(function, array, count, byref(made), None) == E_INVALIDARG
    assert call(function, None, 0, None, None) == E_INVALIDARG
    assert not made.value


@pytest.mark.not_on("wine", "it reads from NULL")
def test_writer_before_output(ws):
    content = Bytes()
    writer, buffer = ws.writer(), ws.read(b"<a/>")
    assert call("WsWriteXmlBuffer", writer, buffer, None) == WS_E_INVALID_OPERATION
    arguments = (writer, WRITTEN_BYTES, byref(content), ctypes.sizeof(content), None)
    assert call("WsGetWriterProperty", *arguments) == WS_E_INVALID_OPERATION


def test_writer_content(ws):
    writer = ws.writer()
    ws.set_output(writer)
    assert ws.written(writer) == b""
    content = Bytes()
    for size in (ctypes.sizeof(content) - 1, ctypes.sizeof(content) + 1, 0):
        status = call("WsGetWriterProperty", writer, WRITTEN_BYTES, byref(content), size, None)
        assert status == E_INVALIDARG


@pytest.mark.not_on("wine", "it answers E_NOTIMPL")
def test_writer_takes_no_automatic_charset(ws):
    encoding, output = TextEncoding(1, AUTO), BufferOutput(1)
    arguments = (ws.writer(), byref(encoding), byref(output), None, 0, None)
    assert call("WsSetOutput", *arguments) == E_INVALIDARG


def reading(ws):
    reader = ws.reader()
    assert ws.set_input(reader, b"<a/>") == 0
    return reader


def writing(ws):
    writer = ws.writer()
    ws.set_output(writer)
    return writer


NULLS = {
    "WsSetInput": lambda made, ws: (None, TextEncoding(1, UTF8), BufferInput(1), None, 0, None),
    "WsSetOutput": lambda made, ws: (None, TextEncoding(1, UTF8), BufferOutput(1), None, 0, None),
    "WsReadXmlBuffer-reader": lambda made, ws: (None, ws.heap(), made, None),
    "WsReadXmlBuffer-heap": lambda made, ws: (reading(ws), None, made, None),
    "WsReadXmlBuffer-result": lambda made, ws: (reading(ws), ws.heap(), None, None),
    "WsWriteXmlBuffer-writer": lambda made, ws: (None, ws.read(b"<a/>"), None),
    "WsWriteXmlBuffer-buffer": lambda made, ws: (writing(ws), None, None),
    "WsGetReaderProperty": lambda made, ws: (None, CHARSET, made, 4, None),
    "WsGetWriterProperty": lambda made, ws: (None, WRITER_CHARSET, made, 4, None),
}


NO_RESULT = pytest.mark.not_on("wine", "it answers E_FAIL")


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, marks=NO_RESULT if case == "WsReadXmlBuffer-result" else ())
        for case in NULLS
    ],
)
def test_null_arguments(ws, case):
    made = P()
    arguments = [
        byref(argument) if isinstance(argument, (ctypes.Structure, P)) else argument
        for argument in NULLS[case](made, ws)
    ]
    assert call(case.partition("-")[0], *arguments) == E_INVALIDARG
    assert not made.value


# ---- at once -------------------------------------------------------------------------------------


@pytest.mark.requires("xml_to_bytes")
def test_to_bytes(ws):
    content, size, writer, heap = P(), U(), ws.writer(), ws.heap()
    for xml in (b"<a/>", b"<b>text</b>"):
        buffer = ws.read(xml)
        must(
            "WsWriteXmlBufferToBytes", writer, buffer, None, None, 0, heap, byref(content),
            byref(size), None,
        )  # fmt: skip
        assert ctypes.string_at(content.value, size.value) == xml


@pytest.mark.requires("xml_from_bytes")
@pytest.mark.parametrize("xml", [b"<a/>", b'<?xml version="1.0"?><a x="1">text</a>'])
def test_from_bytes(ws, xml):
    reader, made = ws.reader(), P()
    must("WsReadXmlBufferFromBytes", reader, None, None, 0, xml, len(xml), ws.heap(), byref(made),
         None)  # fmt: skip
    assert ws.write(made.value) == xml.rpartition(b"?>")[2]


@pytest.mark.requires("xml_from_bytes")
def test_from_bytes_malformed(ws):
    made = P()
    arguments = (ws.reader(), None, None, 0, b"<a></b>", 7, ws.heap(), byref(made), None)
    assert call("WsReadXmlBufferFromBytes", *arguments) == WS_E_INVALID_FORMAT
    assert not made.value


@pytest.mark.requires("xml_from_bytes")
def test_from_bytes_arguments(ws):
    made = P()
    for arguments in [
        (None, None, None, 0, b"<a/>", 4, ws.heap(), byref(made), None),
        (ws.reader(), None, None, 0, b"<a/>", 4, None, byref(made), None),
        (ws.reader(), None, None, 0, b"<a/>", 4, ws.heap(), None, None),
        (ws.reader(), None, None, 0, None, 4, ws.heap(), byref(made), None),
    ]:
        assert call("WsReadXmlBufferFromBytes", *arguments) == E_INVALIDARG
    assert not made.value
