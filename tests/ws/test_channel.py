# SPDX-License-Identifier: MIT
"""Requests to a service on this machine, and what becomes of the replies."""

import os
import threading
from xml.etree import ElementTree

import pytest

import ncrypt_ext as nc
from ncrypt_ext import ws

from .channel_support import (
    ACTION,
    BODY,
    TIMEOUT,
    bearer,
    needs_channels,
    needs_signals,
    needs_tls,
    signer,
    symmetric,
)
from .soap_service import (
    ADDRESSING_09,
    ADDRESSING_10,
    SOAP_11,
    SOAP_12,
    Authority,
    Slow,
    SoapService,
    answer,
    echo,
    edited,
    fault,
    http_error,
    no_reply,
    oversized,
    redirect,
    truncated,
    with_content_type,
)
from .token_support import needs_tokens

pytestmark = needs_channels
STATE = ws.ChannelState
WSSE = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd}"
WSU = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd}"
DSIG = "{http://www.w3.org/2000/09/xmldsig#}"


@pytest.fixture
def service():
    with SoapService(tls=False) as service:
        yield service


@pytest.fixture
def channel(service):
    with ws.Channel(service.url) as channel:
        yield channel


@pytest.fixture(scope="module")
def authority():
    return Authority()


@pytest.fixture
def secure(authority):
    with SoapService(authority=authority) as service:
        yield service


def ssl_of(authority, **options):
    return ws.SslTransport(ca_data=authority.pem, **options)


def header_of(request):
    return ElementTree.fromstring(request.body)[0]


def content(reply):
    """Name and text of each element, without the namespaces that it declares for nothing."""
    return [(e.tag, e.text) for e in ElementTree.fromstring(b"<r>%b</r>" % reply)]


# ---- plain requests ------------------------------------------------------------------------------


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
    with ws.Channel(service.url, max_message_size=8 << 20) as channel:
        body = b"<a>" + b"<b>x</b>" * (size // 8) + b"</a>"
        reply = channel.request(ACTION, body)
        assert reply.endswith(b"<b>x</b></a>")
        assert reply.count(b"<b>x</b>") == size // 8


# ---- failures ------------------------------------------------------------------------------------


def usable(channel, service):
    service.handler = echo
    assert content(channel.request(ACTION, "<n/>")) == [("n", None)]


@pytest.mark.parametrize("envelope", list(ws.EnvelopeVersion))
def test_faults(service, envelope):
    old = envelope == ws.EnvelopeVersion.SOAP_1_1
    service.handler = fault(
        "Client" if old else "Sender",
        "no such order: \u20ac",
        subcode="Unknown",
        detail="<d:number xmlns:d='urn:d'>17</d:number>",
    )
    with ws.Channel(service.url, envelope=envelope) as channel:
        with pytest.raises(ws.WsFaultError, match="no such order: \u20ac") as info:
            channel.request(ACTION, BODY)
        error = info.value
        assert error.code == ((SOAP_11, "Client") if old else (SOAP_12, "Sender"))
        assert error.subcodes == (() if old else (("urn:faults", "Unknown"),))
        assert error.reason == "no such order: \u20ac"
        assert b"17</d:number>" in error.detail_xml
        assert error.fault.codes[0] == error.code
        usable(channel, service)
        assert service.connections == 1


def test_replies_that_are_none(channel, service):
    for handler, error in [
        (http_error("404 Not Found"), ws.WsConnectionError),
        (http_error("503 Service Unavailable"), ws.WsError),
        (http_error("401 Unauthorized"), ws.WsAccessDeniedError),
        (http_error("403 Forbidden"), ws.WsAccessDeniedError),
        (http_error("500 Internal Server Error"), ws.WsError),
        (http_error("200 OK"), ws.WsFormatError),
        (redirect(service.url), ws.WsError),
        (with_content_type("text/plain"), ws.WsFormatError),
        (edited(lambda body: body[:-20]), ws.WsFormatError),
        (edited(lambda body: b"<!DOCTYPE a>" + body), ws.WsFormatError),
        (
            edited(lambda body: body.replace(b"RelatesTo>urn:uuid:", b"RelatesTo>urn:x:")),
            ws.WsError,
        ),
    ]:
        service.handler = handler
        with pytest.raises(error) as info:
            channel.request(ACTION, BODY)
        assert isinstance(info.value, ws.WsError)
        assert not isinstance(info.value, ws.WsFaultError)
        assert channel.state == STATE.OPEN
        usable(channel, service)


@pytest.mark.parametrize("end", ["close", "reset"])
def test_a_server_that_hangs_up(channel, service, end):
    service.handler = no_reply(end)
    with pytest.raises(ConnectionError) as info:
        channel.request(ACTION, BODY)
    assert isinstance(info.value, ws.WsConnectionError)
    assert len(service.requests) == 1, "it was sent a second time"
    recovered(channel, service)


def recovered(channel, service):
    """After a failure of the connection: reset() makes it usable, and nothing else does."""
    assert channel.state == STATE.FAULTED
    sent = len(service.requests)
    for call in (channel.open, lambda: channel.request(ACTION, BODY)):
        with pytest.raises(nc.BadStateError, match=r"reset\(\) makes it new"):
            call()
    assert len(service.requests) == sent
    channel.reset()
    assert channel.state == STATE.CREATED
    usable(channel, service)


def test_a_truncated_reply(channel, service):
    service.handler = truncated(40)
    with pytest.raises(ws.WsConnectionError):
        channel.request(ACTION, BODY)
    recovered(channel, service)


def test_nobody_listens(channel, service):
    with SoapService(tls=False) as other:
        gone = other.url
    channel.reset()
    channel.open(gone)
    with pytest.raises(ws.WsConnectionError):
        channel.request(ACTION, BODY)
    channel.reset()
    channel.open(service.url)
    usable(channel, service)


def test_no_such_host():
    with ws.Channel("http://no-such-host.invalid/", proxy="direct") as channel:
        with pytest.raises(ws.WsConnectionError):
            channel.request(ACTION, BODY)


@pytest.mark.parametrize("times", [0.2, ws.Timeouts(response=0.2)])
def test_timeouts(service, times):
    with ws.Channel(service.url, timeouts=times) as channel, Slow() as slow:
        service.handler = slow
        with pytest.raises(TimeoutError) as info:
            channel.request(ACTION, BODY)
        assert isinstance(info.value, ws.WsTimeoutError)
        recovered(channel, service)


def test_limits_of_a_message(service):
    with ws.Channel(service.url, max_message_size=10_000) as channel:
        service.handler = oversized(20_000)
        with pytest.raises(ws.WsQuotaError):
            channel.request(ACTION, BODY)
        usable(channel, service)
        sent = len(service.requests)
        with pytest.raises(ws.WsQuotaError):
            channel.request(ACTION, b"<a>" + b"x" * 20_000 + b"</a>")
        assert len(service.requests) == sent
        usable(channel, service)


def test_limits_of_xml(service):
    deep = "<a>" * 20 + "</a>" * 20
    attributes = " ".join(f"a{n}=''" for n in range(20))
    wide = f"<a {attributes}/>"
    with ws.Channel(service.url, max_depth=12, max_attributes=10) as channel:
        for body in (deep, wide):
            service.handler = echo
            with pytest.raises(ws.WsQuotaError):
                channel.request(ACTION, body)
            usable(channel, service)


def test_redirects(service):
    with SoapService(tls=False) as other:
        service.handler = redirect(other.url, "307 Temporary Redirect")
        with ws.Channel(service.url, follow_redirects=True) as channel:
            assert content(channel.request(ACTION, BODY)) == [("{urn:orders}order", "17")]
        assert len(other.requests) == 1


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


# ---- abort, close, reset -------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["abort", "close"])
def test_ending_a_request_from_another_thread(service, how):
    failures = []
    channel = ws.Channel(service.url)

    def request():
        try:
            channel.request(ACTION, BODY)
        except ws.WsError as error:
            failures.append(error)

    with Slow() as slow:
        service.handler = slow
        thread = threading.Thread(target=request)
        thread.start()
        assert slow.arrived.wait(TIMEOUT)
        with pytest.raises(nc.BadStateError, match="one request at a time"):
            channel.request(ACTION, BODY)
        with pytest.raises(nc.BadStateError, match="a channel per thread"):
            channel.reset()
        getattr(channel, how)()
        thread.join(TIMEOUT)
        assert not thread.is_alive()
    assert [type(error) for error in failures] == [ws.WsAbortedError]
    if how == "close":
        assert channel.state == STATE.CLOSED
        assert nc.live_handles()["binding"]["Channel"] == 0
    else:
        recovered(channel, service)
        channel.close()


@pytest.mark.parametrize("opened", [True, False])
def test_aborting_when_nothing_runs(service, opened):
    channel = ws.Channel(service.url)
    if opened:
        channel.open()
    channel.abort()
    channel.abort()
    recovered(channel, service)
    channel.close()


def test_reset_of_a_channel_that_is_well(channel, service):
    usable(channel, service)
    channel.reset()
    channel.reset()
    assert channel.state == STATE.CREATED
    usable(channel, service)
    assert service.connections == 2


@needs_signals
def test_ctrl_c_ends_the_wait(service, run_python):
    with Slow() as slow:
        service.handler = slow
        run_python(
            "import os, signal, sys, threading\n"
            "import ncrypt_ext as nc\n"
            "from ncrypt_ext import ws\n"
            "channel = ws.Channel(sys.argv[1])\n"
            "threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
            "try:\n"
            "    channel.request('urn:do')\n"
            "except KeyboardInterrupt:\n"
            "    channel.reset()\n"
            "    channel.close()\n"
            "    counts = nc.live_handles()['engine']\n"
            "    assert counts['channels'] == counts['messages'] == 0, counts\n"
            "else:\n"
            "    raise AssertionError('not interrupted')\n",
            service.url,
            timeout=TIMEOUT,
        )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork()")
def test_after_fork(channel, service):
    usable(channel, service)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            with pytest.raises(nc.NCryptError):
                channel.request(ACTION, BODY)
            with pytest.raises(nc.NCryptError):
                channel.reset()
            channel.close()
            code = 0 if channel.closed else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    usable(channel, service)
    assert service.connections == 1


# ---- TLS and tokens ------------------------------------------------------------------------------


@needs_tls
def test_tls(secure, authority, tmp_path):
    path = tmp_path / "ca.pem"
    path.write_bytes(authority.pem)
    for transport in (ssl_of(authority), ws.SslTransport(ca_file=path)):
        with ws.Channel(secure.url, security=[transport]) as channel:
            assert content(channel.request(ACTION, BODY)) == [("{urn:orders}order", "17")]
            assert header_of(secure.requests[-1]).find(f"{WSSE}Security") is None


@needs_tls
def test_certificates_that_are_not_trusted(authority):
    other = Authority("another")
    expired = authority.identity("localhost", hosts=["localhost"], days=(-9, -1))
    elsewhere = authority.identity("elsewhere", hosts=["elsewhere.example"])
    client = authority.identity("localhost")
    for identity, failure in [
        (other.identity("localhost", hosts=["localhost"]), ws.CertFailure.UNTRUSTED_ROOT),
        (expired, ws.CertFailure.INVALID_DATE),
        (elsewhere, ws.CertFailure.CN_MISMATCH),
        (client, None),
    ]:
        with SoapService(authority=authority, identity=identity) as service:
            with ws.Channel(service.url, security=[ssl_of(authority)]) as channel:
                with pytest.raises(ws.WsSecurityError, match="certificate"):
                    channel.request(ACTION, BODY)
            assert service.requests == []
            if failure is not None:
                easy = ssl_of(authority, ignore_failures=failure | 16)
                with ws.Channel(service.url, security=[easy]) as channel:
                    channel.request(ACTION, BODY)


@needs_tls
def test_client_certificates(authority, provider):
    from .certified import pem

    identity = authority.identity("client")
    pair = ws.PemCertificate(identity.certificate, identity.key)
    with provider.create_key("ECDSA_P256") as key:
        from cryptography.hazmat.primitives.serialization import load_pem_public_key

        public = load_pem_public_key(key.public_key_pem().encode())
        stored = ws.StoredCertificate(pem(authority.issue(public, "stored")), key)
        with SoapService(authority=authority, client_authority=authority) as service:
            for certificate in (pair, stored):
                transport = ssl_of(authority, client_certificate=certificate)
                with ws.Channel(service.url, security=[transport]) as channel:
                    channel.request(ACTION, BODY)
                    channel.request(ACTION, BODY)
            channel = ws.Channel(service.url, security=[ssl_of(authority)])
            with pytest.raises(ws.WsError):
                channel.request(ACTION, BODY)
            channel.close()
    assert len(service.requests) == 4
    assert all(request.peer for request in service.requests)


def security_of(request):
    header = header_of(request).find(f"{WSSE}Security")
    return [element.tag for element in header], header


@needs_tls
@needs_tokens
def test_a_bearer_token(secure, authority):
    with bearer() as token:
        channel = ws.Channel(secure.url, security=[ssl_of(authority), token])
    with channel:
        channel.request(ACTION, BODY)
    tags, _ = security_of(secure.requests[0])
    assert tags == [f"{WSU}Timestamp", f"{WSSE}UsernameToken"]


@needs_tls
@needs_tokens
@pytest.mark.parametrize(
    ("suite", "digest", "signature"),
    [
        (None, "xmlenc#sha256", "rsa-sha256"),
        (ws.Algorithms("SHA512"), "xmlenc#sha512", "rsa-sha512"),
        (ws.Algorithms("SHA1", "RSA-SHA256"), "xmldsig#sha1", "rsa-sha256"),
        (ws.AlgorithmSuite.BASIC256, "xmldsig#sha1", "rsa-sha1"),
        (ws.AlgorithmSuite.BASIC128_SHA256, "xmlenc#sha256", "rsa-sha1"),
    ],
    ids=repr,
)
def test_a_token_that_signs(secure, authority, rsa_key, suite, digest, signature):
    with signer(rsa_key) as token:
        security = [token, ssl_of(authority)]
        channel = ws.Channel(secure.url, security=security, algorithm_suite=suite)
    with channel:
        channel.request(ACTION, BODY)
    tags, header = security_of(secure.requests[0])
    assert tags == [f"{WSU}Timestamp", "t", f"{DSIG}Signature"]
    info = header.find(f"{DSIG}Signature/{DSIG}SignedInfo")
    assert info.find(f"{DSIG}SignatureMethod").get("Algorithm").endswith(f"#{signature}")
    references = info.findall(f"{DSIG}Reference")
    assert len(references) == 2
    for reference in references:
        assert reference.find(f"{DSIG}DigestMethod").get("Algorithm").endswith(digest)


@needs_tls
@needs_tokens
def test_a_symmetric_token(secure, authority):
    with symmetric() as token:
        channel = ws.Channel(secure.url, security=[ssl_of(authority), token])
    with channel:
        channel.request(ACTION, BODY)
    info = security_of(secure.requests[0])[1].find(f"{DSIG}Signature/{DSIG}SignedInfo")
    assert info.find(f"{DSIG}SignatureMethod").get("Algorithm").endswith("#hmac-sha256")
    assert len(info.findall(f"{DSIG}Reference")) == 1


@needs_tls
@needs_tokens
def test_replies_without_a_timestamp(secure, authority):
    secure.handler = lambda request: answer(request, "<a/>", security="")
    usage = ws.TimestampUsage
    with bearer() as token:
        for timestamp, good in [(usage.ALWAYS, False), (usage.REQUESTS_ONLY, True)]:
            security = [ssl_of(authority), token]
            with ws.Channel(secure.url, security=security, timestamp=timestamp) as channel:
                if good:
                    channel.request(ACTION, BODY)
                else:
                    with pytest.raises(ws.WsSecurityError):
                        channel.request(ACTION, BODY)
                    assert channel.state == STATE.OPEN


@needs_tls
@needs_tokens
@pytest.mark.parametrize("allowed", [True, False])
def test_faults_without_a_security_header(secure, authority, allowed):
    def handler(request):
        reply = fault("Sender", "no such order")(request)
        head, _, rest = reply.body.partition(b"<o:Security")
        reply.body = head + rest.partition(b"</o:Security>")[2]
        return reply

    secure.handler = handler
    options = {} if allowed else {"allow_unsecured_faults": False}
    with bearer() as token:
        channel = ws.Channel(secure.url, security=[ssl_of(authority), token], **options)
    with channel, pytest.raises(ws.WsFaultError if allowed else ws.WsSecurityError):
        channel.request(ACTION, BODY)
