# SPDX-License-Identifier: MIT
"""Requests to a service on this machine, and their replies."""

from xml.etree import ElementTree

import pytest

from ncrypt_ext import ws

from .channel_support import ACTION, BODY, STATE, content, header_of, needs_channels
from .soap_service import (
    ADDRESSING_09,
    ADDRESSING_10,
    SOAP_11,
    SOAP_12,
    SoapService,
    answer,
    echo,
    edited,
    redirect,
)

pytestmark = needs_channels


@pytest.fixture
def service():
    with SoapService(tls=False) as service:
        yield service


@pytest.fixture
def channel(service):
    with ws.Channel(service.url) as channel:
        yield channel


def test_a_request_and_its_reply(service):
    channel = ws.Channel(service.url)
    assert channel.state == STATE.CREATED
    reply = channel.request(ACTION, BODY)
    assert content(reply) == [("{urn:orders}order", "17")]
    assert isinstance(reply, bytes)
    assert channel.state == STATE.OPEN
    (request,) = service.requests
    assert request.content == BODY
    assert request.header("Action") == (ACTION, ADDRESSING_10)
    assert request.header("To") == (service.url, ADDRESSING_10)
    assert request.envelope == SOAP_12
    channel.close()


@pytest.mark.parametrize("body", [None, b"", "", bytearray()])
def test_an_empty_body(channel, service, body):
    assert channel.request(ACTION, body) == b""
    assert service.requests[0].content == b""


@pytest.mark.parametrize(
    "body",
    [
        "<a>\u20ac \U0001f511</a>",
        "<a>\u20ac \U0001f511</a>".encode(),
        "\ufeff<a>\u20ac \U0001f511</a>".encode("utf-16-le"),
        memoryview("<a>\u20ac \U0001f511</a>".encode()),
    ],
    ids=["str", "utf-8", "utf-16", "memoryview"],
)
def test_text(channel, body):
    assert content(channel.request(ACTION, body)) == [("a", "\u20ac \U0001f511")]


def test_white_space_and_order_stay(channel, service):
    body = b'<a>\n  <b x="1"/> t<![CDATA[<&]]>\t<c><!-- note --></c>\n</a>'
    channel.request(ACTION, body)
    root = ElementTree.fromstring(service.requests[0].content)
    assert [e.tag for e in root.iter()] == ["a", "b", "c"]
    assert (root.text, root[0].tail, root[1].tail) == ("\n  ", " t<&\t", "\n")


@pytest.mark.parametrize("envelope", list(ws.EnvelopeVersion))
@pytest.mark.parametrize("addressing", list(ws.AddressingVersion))
def test_versions(service, envelope, addressing):
    with ws.Channel(service.url, envelope=envelope, addressing=addressing) as channel:
        assert content(channel.request(ACTION, BODY)) == [("{urn:orders}order", "17")]
    (request,) = service.requests
    old = envelope == ws.EnvelopeVersion.SOAP_1_1
    assert request.envelope == (SOAP_11 if old else SOAP_12)
    action = request.header("Action")
    if addressing == ws.AddressingVersion.TRANSPORT:
        assert action is None
    else:
        ours = addressing == ws.AddressingVersion.WSA_1_0
        assert action == (ACTION, ADDRESSING_10 if ours else ADDRESSING_09)
    if old:
        assert request.headers["soapaction"] == f'"{ACTION}"'
    else:
        assert f'action="{ACTION}"' in request.headers["content-type"]


def test_headers_and_the_address(channel, service):
    headers = [
        "<h:first xmlns:h='urn:h' a='1'>text<h:in/></h:first>",
        (b"<second xmlns='urn:other'/>", True),
        ("<h:third xmlns:h='urn:h'/>", False),
    ]
    channel.request(ACTION, BODY, headers=headers, to="urn:another:service")
    (request,) = service.requests
    assert request.header("To") == ("urn:another:service", ADDRESSING_10)
    root = header_of(request)
    must = f"{{{SOAP_12}}}mustUnderstand"
    first, second, third = (
        root.find(f"{{{n}") for n in ("urn:h}first", "urn:other}second", "urn:h}third")
    )
    assert (first.attrib, first.text, first[0].tag) == ({"a": "1"}, "text", "{urn:h}in")
    assert second.attrib[must] in ("1", "true")
    assert must not in third.attrib


def test_several_elements(channel, service):
    service.handler = lambda request: answer(
        request, "<a/>\n<b xmlns:q='urn:q'><q:c/></b><d/><e/><f/> <g>end</g>"
    )
    names = [name for name, _ in content(channel.request(ACTION, BODY))]
    assert names == ["a", "b", "d", "e", "f", "g"]


def test_namespaces_of_the_envelope_stay_with_the_reply(channel, service):
    service.handler = edited(
        lambda body: body.replace(
            b'<s:Body><x:order xmlns:x="urn:orders"', b'<s:Body xmlns:x="urn:orders"><x:order'
        )
    )
    assert content(channel.request(ACTION, BODY)) == [("{urn:orders}order", "17")]


def test_the_connection_is_kept(channel, service):
    for number in range(5):
        assert content(channel.request(ACTION, f"<n>{number}</n>")) == [("n", str(number))]
    assert service.connections == 1
    assert len({request.header("MessageID") for request in service.requests}) == 5


def test_a_connection_that_the_server_has_closed(channel, service):
    """Between two requests: the second one goes over another connection."""
    service.handler = lambda request: answer(request, "<a/>")
    channel.request(ACTION, BODY)
    service.handler = edited(lambda body: body + b" ")
    closing = service.handler

    def close(request):
        reply = closing(request)
        reply.end = "close"
        return reply

    service.handler = close
    channel.request(ACTION, BODY)
    service.handler = echo
    assert content(channel.request(ACTION, "<n/>")) == [("n", None)]
    assert service.connections == 2


@pytest.mark.parametrize("size", [100_000, 3_000_000])
def test_large_messages(service, size):
    with ws.Channel(service.url, max_message_size=8 << 20, timeouts=600) as channel:
        body = b"<a>" + b"<b>x</b>" * (size // 8) + b"</a>"
        reply = channel.request(ACTION, body)
        assert reply.endswith(b"<b>x</b></a>")
        assert reply.count(b"<b>x</b>") == size // 8


def test_redirects(service):
    """To another path of the same server; a token is for nobody else."""

    def handler(request):
        if b" /service " in request.head:
            return redirect("/elsewhere", "307 Temporary Redirect")(request)
        return echo(request)

    service.handler = handler
    with ws.Channel(service.url, follow_redirects=True) as channel:
        assert content(channel.request(ACTION, BODY)) == [("{urn:orders}order", "17")]
        assert service.requests[1].body == service.requests[0].body
    with SoapService(tls=False) as other:
        service.handler = redirect(other.url, "307 Temporary Redirect")
        with ws.Channel(service.url, follow_redirects=True) as channel:
            with pytest.raises(ws.WsConnectionError, match="redirect"):
                channel.request(ACTION, BODY)
        assert other.requests == []


@pytest.mark.parametrize("cookies", [True, False])
def test_cookies(service, cookies):
    def handler(request):
        reply = echo(request)
        reply.headers["Set-Cookie"] = "session=5"
        return reply

    service.handler = handler
    with ws.Channel(service.url, cookies=cookies) as channel:
        channel.request(ACTION, BODY)
        channel.request(ACTION, BODY)
    assert service.requests[1].headers.get("cookie") == ("session=5" if cookies else None)


def test_proxies(service):
    """The service stands in for the proxy, which is asked for the whole address."""
    proxy = f"http://localhost:{service.port}"
    with ws.Channel("http://orders.invalid/service", proxy=proxy) as channel:
        channel.request(ACTION, BODY)
    assert service.requests[0].head.startswith(b"POST http://orders.invalid/service ")
