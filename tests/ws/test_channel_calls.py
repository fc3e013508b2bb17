# SPDX-License-Identifier: MIT
"""What the methods of an open channel refuse, and what those of a closed one do."""

import copy
import pickle

import pytest

import ncrypt_ext as nc
from ncrypt_ext import ws

from .channel_support import needs_channels, needs_tls

HTTP = "http://localhost/service"
HTTPS = "https://localhost/service"
CERTIFICATE = b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"
TRANSPORT = ws.AddressingVersion.TRANSPORT


@pytest.fixture
def channel():
    with ws.Channel(HTTP) as channel:
        yield channel


@needs_channels
@pytest.mark.parametrize(
    ("arguments", "options", "error", "text"),
    [
        ((None,), {}, TypeError, "action must be a str"),
        (("",), {}, ValueError, "action must not be empty"),
        (("urn:a\r\nX: 1",), {}, ValueError, r"action has '\\r' at index 5"),
        (('urn:a"',), {}, ValueError, "index 5"),
        (("urn:a", "<a>"), {}, ws.WsFormatError, "body: line 1, column 4"),
        (("urn:a", "<a/><b/>"), {}, ws.WsFormatError, "body: "),
        (("urn:a", "<!DOCTYPE a><a/>"), {}, ws.WsFormatError, "document type"),
        (("urn:a", "<a>\ud800</a>"), {}, ValueError, "lone surrogate"),
        (("urn:a", 5), {}, TypeError, "body must be a str or a bytes-like object"),
        (("urn:a", "<a>" * 257 + "</a>" * 257), {}, ws.WsQuotaError, "max_depth=256"),
        (("urn:a",), {"to": ""}, ValueError, "to must not be empty"),
        (("urn:a",), {"to": b"urn:b"}, TypeError, "to must be a str"),
        (("urn:a",), {"to": "urn:\n"}, ValueError, "index 4"),
        (("urn:a",), {"headers": "<a/>"}, TypeError, "a sequence of headers"),
        (("urn:a",), {"headers": 5}, TypeError, "iterable"),
        (("urn:a",), {"headers": [5]}, TypeError, r"headers\[0\] must be a str"),
        (("urn:a",), {"headers": ["<a/>"]}, ValueError, r"headers\[0\]: a header needs a name"),
        (("urn:a",), {"headers": ["<a"]}, ws.WsFormatError, r"headers\[0\]: line 1"),
        (("urn:a",), {"headers": [("<a/>",)]}, ValueError, "a pair of XML"),
        (("urn:a",), {"headers": ["<a xmlns='u'/>"] * 33}, ValueError, "more than 32"),
    ],
)
def test_requests(channel, arguments, options, error, text):
    with pytest.raises(error, match=text):
        channel.request(*arguments, **options)
    assert channel.state == ws.ChannelState.OPEN


@needs_channels
@pytest.mark.parametrize(
    "name",
    [
        "{http://www.w3.org/2005/08/addressing}To",
        "{http://www.w3.org/2005/08/addressing}Action",
        "{http://schemas.xmlsoap.org/ws/2004/08/addressing}MessageID",
        "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd}"
        "Security",
    ],
)
def test_the_channels_own_headers(channel, name):
    """A second To beside the signed one is how signatures are got around."""
    space, local = name[1:].split("}")
    with pytest.raises(ValueError, match=f"the channel itself writes the header '{local}'"):
        channel.request("urn:a", headers=[f"<p:{local} xmlns:p='{space}'/>"])


@needs_channels
def test_no_addressing_headers():
    with ws.Channel(HTTP, addressing=TRANSPORT) as channel:
        with pytest.raises(ValueError, match="to is a header"):
            channel.request("urn:a", to="urn:b")


@needs_channels
def test_another_address(channel):
    with pytest.raises(nc.BadStateError, match="is open already"):
        channel.open()
    channel.reset()
    with pytest.raises(ValueError, match="https:// needs an SslTransport"):
        channel.open(HTTPS)
    assert channel.url == HTTP
    channel.open("http://127.0.0.1:9/")
    assert channel.url == "http://127.0.0.1:9/"


@needs_channels
def test_what_a_handle_is(channel):
    assert channel.handle != 0
    for action in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="cannot be copied or pickled"):
            action(channel)
    with pytest.raises(nc.BadStateError, match="more than its handle"):
        channel.detach()
    with pytest.raises(TypeError, match="initialised again"):
        channel.__init__(HTTP)
    assert repr(channel) == f"<Channel {HTTP} open>"


@needs_channels
def test_closed(channel):
    channel.close()
    channel.close()
    channel.abort()
    assert channel.closed
    assert channel.state == ws.ChannelState.CLOSED
    assert channel.url == HTTP
    for call in (
        channel.open,
        channel.reset,
        channel.__enter__,
        lambda: channel.handle,
        lambda: channel.request("urn:a"),
    ):
        with pytest.raises(nc.ClosedHandleError, match="this Channel is closed"):
            call()


@needs_channels
def test_a_failed_beginning_is_no_channel():
    channel = ws.Channel.__new__(ws.Channel)
    assert channel.closed
    channel.close()
    channel.abort()
    with pytest.raises(nc.ClosedHandleError):
        channel.request("urn:a")


@needs_tls
@needs_channels
def test_certificates_that_are_none():
    """Found when it is opened, where they are loaded."""
    channel = ws.Channel(HTTPS, security=[ws.SslTransport(ca_data=CERTIFICATE)])
    with pytest.raises(ws.WsError, match="certificate"):
        channel.open()
    channel.close()
