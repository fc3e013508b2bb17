# SPDX-License-Identifier: MIT
"""As test_leaks.py, for web services."""

import ctypes

import pytest

import ncrypt_ext as nc
from ncrypt_ext import ws

from ..conformance.api import calls
from ..conformance.ws_api import Ws, fault, must
from .test_leaks import FULL, assert_flat, pytestmark  # noqa: F401

XML = b'<a x="1" xmlns:p="urn:p">text<p:b/>\n</a>'


def test_heaps():
    assert_flat(lambda: ws.Heap().close(), 1_000_000 if FULL else 20_000, 1_000)


def test_buffers():
    def cycle():
        with ws.XmlBuffer.from_bytes(XML) as buffer:
            buffer.to_bytes()

    assert_flat(cycle, 1_000_000 if FULL else 20_000, 1_000)


def test_buffers_on_one_heap():
    with ws.Heap() as heap:

        def cycle():
            for _ in range(5):
                ws.XmlBuffer.from_bytes(XML, heap=heap).close()
            heap.reset()

        assert_flat(cycle, 200_000 if FULL else 4_000, 500)


def test_large_documents():
    xml = b"<a>" + 50_000 * b"<b/>" + b"</a>"

    def cycle():
        with ws.XmlBuffer.from_bytes(xml) as buffer:
            buffer.to_bytes(max_size=1 << 20)

    assert_flat(cycle, 2_000 if FULL else 50, 20)


def test_failures():
    with ws.Heap(max_size=2000) as heap:

        def cycle():
            for call in (
                lambda: ws.XmlBuffer.from_bytes(b"<a></b>"),
                lambda: ws.XmlBuffer.from_bytes(b"<!DOCTYPE a><a/>"),
                lambda: ws.XmlBuffer.from_bytes(100 * b"<a>" + 100 * b"</a>"),
                lambda: ws.XmlBuffer.from_bytes(b"<a>" + 5000 * b"<b/>" + b"</a>", heap=heap),
                lambda: ws.XmlBuffer.from_bytes(b"<a>\xff</a>"),
                lambda: ws.XmlBuffer.from_bytes("\ud800"),
                lambda: ws.Heap(max_size=-1),
                lambda: ws.saml20_token(b"<a/>"),
                lambda: ws.x509_token(b"0"),
            ):
                with pytest.raises((nc.NCryptError, ValueError)):
                    call()
            heap.reset()

        assert_flat(cycle, 20_000 if FULL else 300, 100)


def test_errors():
    native = Ws()
    handle, detail = native.error(), native.read(XML)
    value = fault([("urn:a", "b"), ("urn:c", "d")], [("reason", "en")], "actor", "node", detail)

    def cycle():
        for text in ("inner", "outer"):
            native.add_string(handle, text)
        must("WsSetFaultErrorProperty", handle, 0, ctypes.byref(value), ctypes.sizeof(value))
        error = ws.error_from_handle(0x803D0013, handle)
        assert (len(error.strings), error.fault.actor) == (2, "actor")
        must("WsResetError", handle)
        calls.clear()

    try:
        assert_flat(cycle, 100_000 if FULL else 3_000, 500)
    finally:
        native.release()
