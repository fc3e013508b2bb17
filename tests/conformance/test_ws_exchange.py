# SPDX-License-Identifier: MIT
"""Requests to a service on the loopback, what they look like there, and its replies."""

import re
import xml.etree.ElementTree as ET
from ctypes import byref

import pytest

from . import ws_channels as names
from .api import RefusedError
from .ws_api import WS_E_INVALID_FORMAT, WS_E_QUOTA_EXCEEDED, Fault, P, U, must
from .ws_service import ADDRESSING, MEDIA_TYPES, SOAP, envelope, http, reply

ANSWER = reply('<r xmlns="urn:r">ok</r>')
ANSWERED = '<r xmlns="urn:r">ok</r>'


def versions(envelope_version, addressing):
    return (names.ENVELOPE, U(envelope_version)), (names.ADDRESSING, U(addressing))


def canonical(xml):
    """Without the namespaces that nothing in it has: a body may bring those of its envelope."""
    return None if xml is None else ET.canonicalize(xml.decode())


# ---- requests ------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", SOAP)
@pytest.mark.parametrize("addressing", [1, 2, 3])
def test_request(channels, service, version, addressing):
    one = service(reply('<r xmlns="urn:r">ok</r>', version=version))
    channel = channels.channel(*versions(version, addressing), url=one.url)
    assert canonical(channels.exchange(channel, one.url, b'<p:q xmlns:p="urn:p"/>')) == ANSWERED
    (request,) = one.requests
    assert request.line == "POST /service HTTP/1.1"
    assert request.header("Host") == f"127.0.0.1:{one.port}"
    expected = {1: '"urn:action"', 2: None}[version]
    assert request.header("SOAPAction") == expected
    content_type = re.sub(r";\s*", "; ", request.header("Content-Type")).lower()
    action = '; action="urn:action"' if version == 2 else ""
    assert content_type == f"{MEDIA_TYPES[version]}; charset=utf-8{action}"
    root = ET.fromstring(request.body)
    assert root.tag == f"{{{SOAP[version]}}}Envelope"
    assert request.body.startswith(b"<s:Envelope ")
    assert [child.tag for child in root.find(f"{{{SOAP[version]}}}Body")] == ["{urn:p}q"]
    headers = root.find(f"{{{SOAP[version]}}}Header")
    found = {} if headers is None else {child.tag: child for child in headers}
    if addressing == 3:
        assert not found
        return
    namespace = ADDRESSING[addressing]
    optional = {"ReplyTo"} if addressing == 1 else set()
    wanted = {"Action", "MessageID", "To"} | optional
    assert found.keys() == {f"{{{namespace}}}{name}" for name in wanted}
    assert len(headers) == len(found)
    texts = {name: "".join(found[f"{{{namespace}}}{name}"].itertext()) for name in wanted}
    assert texts["Action"] == "urn:action"
    assert texts["To"] == one.url
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", texts["MessageID"])
    assert texts.get("ReplyTo", namespace + "/role/anonymous") == namespace + "/role/anonymous"
    for name in ("Action", "To"):
        attributes = found[f"{{{namespace}}}{name}"].attrib
        assert attributes == {f"{{{SOAP[version]}}}mustUnderstand": "1"}


@pytest.mark.requires("actions")
def test_the_action_is_a_header(channels, service):
    """As Channels.begin() does it, except under Wine."""
    one = service(ANSWER)
    channel = channels.channel(url=one.url)
    message = channels.message(channel, initialized=True)
    assert channels.set_header(message, names.ACTION, "urn:action") == 0
    must("WsWriteMessageStart", channel, message, None, None)
    assert channels.finish(channel, message) == 0
    (request,) = one.requests
    assert 'action="urn:action"' in request.header("Content-Type")
    assert ET.fromstring(request.body)[1].tag == f"{{{SOAP[2]}}}Body"


BODIES = [
    b"<a/>",
    b'<a xmlns="urn:a" b="1"><c xmlns="">x</c></a>',
    b'<p:a xmlns:p="urn:p" xmlns:q="urn:q" q:b="&lt;&quot;&amp;"><q:c>&lt;]]&gt;&amp;</q:c></p:a>',
    "<a>\u00e9\u20ac\U0001f600</a>".encode(),
    b"<s:a xmlns:s='urn:mine' xmlns:a='urn:my'><a:b/></s:a>",
    b"<a>" + b"<b>c</b>" * 1000 + b"</a>",
]


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_bodies(channels, service, body):
    """A request's body arrives, and comes back as that of the reply."""

    def echo(connection, request):
        found = ET.fromstring(request.body).find(f"{{{SOAP[2]}}}Body")[0]
        connection.sendall(reply(ET.tostring(found, "unicode")))

    one = service(echo)
    channel = channels.channel(url=one.url)
    found = channels.exchange(channel, one.url, body)
    sent = re.search(rb"<s:Body>(.*)</s:Body>", one.requests[0].body, re.DOTALL)[1]
    rewritten = {"rewrite_prefixes": True}
    assert ET.canonicalize(sent.decode(), **rewritten) == ET.canonicalize(
        body.decode(), **rewritten
    )
    assert ET.canonicalize(found.decode(), **rewritten) == ET.canonicalize(
        body.decode(), **rewritten
    )


def test_the_connection_is_kept(channels, service):
    one = service(ANSWER)
    channel = channels.channel(url=one.url)
    request, message = channels.message(channel), channels.message(channel)
    for _ in range(3):
        channels.begin(channel, url=one.url, message=request)
        assert channels.send(channel, request) == 0
        assert channels.message_state(request) == names.DONE
        assert channels.receive(channel, message) == 0
        assert channels.message_state(message) == names.READING
        assert canonical(channels.body(message)) == ANSWERED
        must("WsReadMessageEnd", channel, message, None, None)
        assert channels.message_state(message) == names.DONE
        must("WsResetMessage", request, None)
        must("WsResetMessage", message, None)
    assert channels.state(channel) == names.OPEN
    assert one.connections == 1
    identities = {re.search(rb"MessageID>([^<]*)<", one.body)[1] for one in one.requests}
    assert len(identities) == 3


def test_another_service_after_a_reset(channels, service):
    channel = channels.channel()
    for one in (service(ANSWER), service(ANSWER)):
        assert channels.open(channel, one.url) == 0
        assert canonical(channels.exchange(channel, one.url)) == ANSWERED
        must("WsCloseChannel", channel, None, None)
        must("WsResetChannel", channel, None)
        assert one.connections == 1


def test_added_headers(channels, service):
    one = service(ANSWER)
    channel = channels.channel(url=one.url)
    message = channels.message(channel, initialized=True)
    xml = b'<h:head xmlns:h="urn:h" a="1"><x/>text</h:head>'
    assert channels.add_header(message, "head", "urn:h", xml) == 0
    assert channels.add_header(message, "other", "urn:o", xml, names.MUST_UNDERSTAND) == 0
    channels.begin(channel, url=one.url, message=message)
    assert channels.finish(channel, message) == 0
    headers = ET.fromstring(one.requests[0].body)[0]
    head, other = headers.find("{urn:h}head"), headers.find("{urn:o}other")
    assert head.attrib == {"a": "1"}
    assert other.attrib == {"a": "1", f"{{{SOAP[2]}}}mustUnderstand": "1"}
    assert "".join(head.itertext()) == "text"


def test_addressed_elsewhere(channels, service):
    one = service(ANSWER)
    channel = channels.channel(url=one.url)
    message = channels.message(channel, initialized=True)
    assert channels.address(message, "http://elsewhere/service") == 0
    channels.begin(channel, url=one.url, message=message)
    assert channels.finish(channel, message) == 0
    assert b">http://elsewhere/service</a:To>" in one.requests[0].body


def test_a_request_over_the_limit(channels, service):
    one = service(ANSWER)
    channel = channels.channel((names.MAX_BUFFERED, U(1000)), url=one.url)
    body = b"<a>" + b"x" * 1000 + b"</a>"
    with pytest.raises(RefusedError) as refused:  # while it is written, or at its end
        channels.exchange(channel, one.url, body)
    assert refused.value.status == WS_E_QUOTA_EXCEEDED
    assert not one.requests


# ---- replies -------------------------------------------------------------------------------------

PROLOG = b'<?xml version="1.0" encoding="utf-8"?>\n'
TYPE = "application/soap+xml; charset=utf-8"
NO_HEADER = f'<s:Envelope xmlns:s="{SOAP[2]}"><s:Body><r/></s:Body></s:Envelope>'.encode()
REPLIES = {
    "prolog": (http(PROLOG + envelope("<r/>"), content_type=TYPE), b"<r/>"),
    "no header": (http(NO_HEADER, content_type=TYPE), b"<r/>"),
    "indented": (http(NO_HEADER.replace(b"><", b">\n <"), content_type=TYPE), b"<r/>"),
    "a comment": (reply("<!-- c --><r/>"), b"<r/>"),
    "chunked": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: application/soap+xml\r\n"
        b"\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(NO_HEADER), NO_HEADER),
        b"<r/>",
    ),
    "headers": (reply("<r/>", '<h xmlns="urn:h">x</h>'), b"<r/>"),
    "xml:lang": (reply('<r xml:lang="en"/>'), b'<r xml:lang="en"/>'),
    "namespaces of the envelope": (
        http(NO_HEADER.replace(b"<r/>", b"<s:r/>"), content_type=TYPE),
        f'<s:r xmlns:s="{SOAP[2]}"/>'.encode(),
    ),
    "empty": (reply(""), None),
}


@pytest.mark.parametrize("form", REPLIES)
def test_reply(channels, service, form):
    answer, expected = REPLIES[form]
    one = service(answer)
    found = channels.exchange(channels.channel(url=one.url), one.url)
    assert canonical(found) == canonical(expected)


MALFORMED = {
    "nothing": b"",
    "text": b"hello",
    "html": b"<html><body>no</body></html>",
    "truncated": NO_HEADER[:-5],
    "no body": f'<s:Envelope xmlns:s="{SOAP[2]}"/>'.encode(),
    "another envelope": envelope("<r/>", version=1),
    "a DTD": b'<!DOCTYPE x [<!ENTITY e "x">]>' + NO_HEADER,
    "an unknown prefix": NO_HEADER.replace(b"<r/>", b"<x:r/>"),
}


@pytest.mark.parametrize("form", MALFORMED)
def test_malformed_reply(channels, service, form):
    assert channels.ask(service(http(MALFORMED[form], content_type=TYPE)))[0] == WS_E_INVALID_FORMAT


def test_after_a_malformed_reply(channels, service):
    one = service(http(b"hello", content_type=TYPE), ANSWER)
    status, channel, _ = channels.ask(one)
    assert status == WS_E_INVALID_FORMAT
    assert channels.state(channel) == names.OPEN
    assert canonical(channels.exchange(channel, one.url)) == ANSWERED


def test_a_reply_of_another_type(channels, service):
    one = service(http(NO_HEADER, content_type="text/html"))
    assert channels.ask(one)[0] == WS_E_INVALID_FORMAT


@pytest.mark.parametrize("more", [0, 1])
def test_limit_of_a_reply(channels, service, more):
    document = envelope("<r>" + "x" * 5000 + "</r>")
    one = service(http(document, content_type=TYPE))
    status, _, _ = channels.ask(one, (names.MAX_BUFFERED, U(len(document) - more)))
    assert status == (WS_E_QUOTA_EXCEEDED if more else 0)


STATUSES = {
    "404 Not Found": names.WS_E_ENDPOINT_NOT_FOUND,
    "403 Forbidden": 0x803D0005,
    "401 Unauthorized": 0x803D0005,
    "503 Service Unavailable": 0x803D0012,
    "500 Internal Server Error": 0x803D000F,
}


@pytest.mark.parametrize("status", STATUSES)
def test_refused_by_http(channels, service, status):
    one = service(http(b"<html>no</html>", status, "text/html"), ANSWER)
    refused, channel, _ = channels.ask(one)
    assert refused == STATUSES[status]
    assert channels.state(channel) == names.OPEN
    assert canonical(channels.exchange(channel, one.url)) == ANSWERED


def test_a_redirect_is_not_followed(channels, service):
    one = service(ANSWER)
    other = service(http(b"", "307 Temporary Redirect", None, f"Location: {one.url}"))
    assert channels.ask(other)[0] != 0
    assert not one.requests


# ---- faults --------------------------------------------------------------------------------------

FAULTS = {
    1: "<s:Fault><faultcode>s:Client</faultcode><faultstring>no</faultstring>"
    '<detail><d xmlns="urn:d">x</d></detail></s:Fault>',
    2: "<s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason><s:Text>no</s:Text>"
    '</s:Reason><s:Detail><d xmlns="urn:d">x</d></s:Detail></s:Fault>',
}
CODES = {1: "Client", 2: "Sender"}


def fault_of(error):
    pointer = P()
    must("WsGetFaultErrorProperty", error, 0, byref(pointer), 8)
    return Fault.from_address(pointer.value)


@pytest.mark.parametrize("version", FAULTS)
@pytest.mark.parametrize("status", ["500 Internal Server Error", "400 Bad Request", "200 OK"])
def test_fault(channels, service, version, status):
    ok = reply('<r xmlns="urn:r">ok</r>', version=version)
    one = service(reply(FAULTS[version], version=version, status=status), ok)
    channel = channels.channel(*versions(version, 3), url=one.url)
    request, message, error = channels.begin(channel, url=one.url), None, channels.error()
    message = channels.message(channel)
    assert channels.send(channel, request, error) == 0
    assert channels.receive(channel, message, error) == names.WS_E_ENDPOINT_FAULT_RECEIVED
    fault = fault_of(error)
    assert fault.code[0].value.local.value() == CODES[version]
    assert fault.code[0].value.namespace.value() == SOAP[version]
    assert fault.reasons[0].text.value() == "no"
    assert fault.detail
    assert channels.strings(error)
    assert channels.state(channel) == names.OPEN
    assert canonical(channels.exchange(channel, one.url)) == ANSWERED


@pytest.mark.parametrize("version", FAULTS)
def test_faults_as_messages(channels, service, version):
    one = service(reply(FAULTS[version], version=version, status="500 Internal Server Error"))
    pairs = (*versions(version, 3), (names.FAULTS_AS_ERRORS, U(0)))
    status, channel, message = channels.ask(one, *pairs)
    assert status == 0
    assert channels.of_message(message, names.IS_FAULT) == 1
    found = ET.fromstring(channels.body(message))
    assert found.tag == f"{{{SOAP[version]}}}Fault"
    must("WsReadMessageEnd", channel, message, None, None)


def test_no_fault(channels, service):
    status, _, message = channels.ask(service(ANSWER))
    assert status == 0
    assert channels.of_message(message, names.IS_FAULT) == 0
