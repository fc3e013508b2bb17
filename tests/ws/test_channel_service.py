# SPDX-License-Identifier: MIT
"""Channels and services that are slow, ahead of time, fault, or point elsewhere."""

import threading
from datetime import datetime, timedelta, timezone

import pytest

from ncrypt_ext import ws

from .soap_service import (
    Slow,
    SoapService,
    answer,
    echo,
    fault,
    http_error,
    redirect,
    timestamp,
    truncated,
)
from .token_support import TIMEOUT
from .wire_support import ACTION, BODY, VERSIONS, check_echo, needs_wire, open_channel

pytestmark = needs_wire
SHORT = ws.Timeouts(connect=30, send=30, response=0.2, receive=0.2)


@pytest.fixture
def bearer():
    with ws.XmlToken.from_xml(ws.username_token("somebody", "secret")) as token:
        yield token


@pytest.fixture
def service():
    with SoapService() as service:
        yield service


# ---- faults --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("envelope", "addressing"), VERSIONS)
@pytest.mark.parametrize("with_token", [False, True])
def test_faults(service, bearer, envelope, addressing, with_token):
    detail = '<d:detail xmlns:d="urn:d">1 &lt; 2</d:detail>'
    service.handler = fault("Server", "no apples & pears", detail=detail)
    soap_11 = envelope is ws.EnvelopeVersion.SOAP_1_1
    if not soap_11:
        service.handler = fault("Receiver", "no apples & pears", detail=detail, subcode="Sold")
    tokens = [bearer] if with_token else []
    options = {"envelope": envelope, "addressing": addressing}
    with open_channel(service, *tokens, **options) as channel:
        for _ in range(2):
            with pytest.raises(ws.WsFaultError) as caught:
                channel.request(ACTION, BODY)
            assert channel.state is ws.ChannelState.OPEN
        service.handler = echo
        check_echo(channel)
    error = caught.value
    assert error.code[1] == ("Server" if soap_11 else "Receiver")
    assert error.reason == "no apples & pears"
    assert detail.encode() in error.detail_xml
    if not soap_11:
        assert error.subcodes == (("urn:faults", "Sold"),)
    assert "no apples & pears" in str(error)
    assert service.connections == 1


def test_a_fault_without_security_header(service, bearer):
    """By default it is a fault: where the service refuses our signature, it will not sign its own
    message. Without leave it is a reply that cannot be trusted."""

    def unsecured(request):
        reply = fault("Sender", "your signature is wrong")(request)
        start = reply.body.index(b"<o:Security")
        end = reply.body.index(b"</o:Security>") + len(b"</o:Security>")
        reply.body = reply.body[:start] + reply.body[end:]
        return reply

    service.handler = unsecured
    with open_channel(service, bearer) as channel:
        with pytest.raises(ws.WsFaultError, match="your signature is wrong"):
            channel.request(ACTION, BODY)
    with open_channel(service, bearer, allow_unsecured_faults=False) as channel:
        with pytest.raises(ws.WsError) as caught:
            channel.request(ACTION, BODY)
    assert isinstance(caught.value, (ws.WsSecurityError, ws.WsFaultError))


# ---- time ----------------------------------------------------------------------------------------


def skewed(offset, **options):
    made = datetime.now(timezone.utc) + timedelta(seconds=offset)
    return lambda request: answer(request, request.content, security=timestamp(made, **options))


@pytest.mark.parametrize("offset", [-280, 0, 280])
def test_clocks_may_differ(service, bearer, offset):
    service.handler = skewed(offset)
    with open_channel(service, bearer) as channel:
        check_echo(channel)


@pytest.mark.parametrize("offset", [-660, 320])
def test_clocks_may_not_differ_more(service, bearer, offset):
    """Expired, or latency and skew ago; made in a future beyond the skew."""
    service.handler = skewed(offset)
    with open_channel(service, bearer) as channel:
        with pytest.raises(ws.WsSecurityError):
            channel.request(ACTION, BODY)
        service.handler = echo
        check_echo(channel)


def test_clocks_as_wanted(service, bearer):
    service.handler = skewed(3000)
    with open_channel(service, bearer, clock_skew=3600) as channel:
        check_echo(channel)
    with open_channel(service, bearer, clock_skew=2900) as channel:
        with pytest.raises(ws.WsSecurityError):
            channel.request(ACTION, BODY)


def test_a_timestamp_may_be_missing_where_nobody_wants_it(service, bearer):
    service.handler = lambda request: answer(request, request.content, security="")
    with open_channel(service, bearer, timestamp=ws.TimestampUsage.REQUESTS_ONLY) as channel:
        check_echo(channel)
    with open_channel(service) as channel:  # no token, no security header
        check_echo(channel)


# ---- slow services -------------------------------------------------------------------------------


def test_a_reply_that_does_not_begin(service):
    with Slow() as slow, open_channel(service, timeouts=SHORT) as channel:
        service.handler = slow
        with pytest.raises(ws.WsTimeoutError) as caught:
            channel.request(ACTION, BODY)
        assert isinstance(caught.value, TimeoutError)
        assert channel.state is ws.ChannelState.FAULTED
        channel.reset()
        assert channel.state is ws.ChannelState.CREATED


def test_a_reply_that_does_not_end(service):
    release = threading.Event()

    def stalls(request):
        reply = echo(request)
        head, _, body = b"".join(reply.pieces()).partition(b"\r\n\r\n")

        def pieces():
            yield head + b"\r\n\r\n" + body[:100]
            release.wait()

        reply.raw, reply.end = pieces(), "close"
        return reply

    service.handler = stalls
    try:
        with open_channel(service, timeouts=SHORT) as channel:
            with pytest.raises(ws.WsTimeoutError):
                channel.request(ACTION, BODY)
    finally:
        release.set()


@pytest.mark.parametrize("ending", ["abort", "close"])
def test_another_thread_ends_it(service, ending):
    caught = []
    with Slow() as slow:
        service.handler = slow
        channel = open_channel(service)

        def request():
            try:
                channel.request(ACTION, BODY)
            except ws.WsError as error:
                caught.append(error)

        thread = threading.Thread(target=request)
        thread.start()
        assert slow.arrived.wait(TIMEOUT)
        getattr(channel, ending)()
        thread.join(TIMEOUT)
        assert not thread.is_alive()
    assert [type(error) for error in caught] == [ws.WsAbortedError]
    channel.close()


# ---- elsewhere -----------------------------------------------------------------------------------


def moved(status, url):
    """Points from the service's path to that address, and answers everywhere else."""
    there = redirect(url, status)
    return lambda request: (
        there(request) if request.head.startswith(b"POST /service ") else echo(request)
    )


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_redirects(service, bearer, status):
    """They are not followed, unless that is wanted and the same request is asked for."""
    service.handler = moved(status, "/moved")
    with open_channel(service, bearer) as channel:
        with pytest.raises(ws.WsError):
            channel.request(ACTION, BODY)
        assert channel.state is ws.ChannelState.OPEN
    service.requests.clear()
    with open_channel(service, bearer, follow_redirects=True) as channel:
        if status[:3] in ("301", "302"):
            with pytest.raises(ws.WsError):
                channel.request(ACTION, BODY)
            assert len(service.requests) == 1
            return
        check_echo(channel)
    first, second = service.requests
    assert first.body == second.body
    assert second.head.startswith(b"POST /moved HTTP/1.1\r\n")


@pytest.mark.parametrize("tls", [True, False])
def test_redirects_lead_to_no_other_server(service, bearer, tls):
    """Which might have a certificate, and might not, but was not asked for."""
    with SoapService(tls=tls, authority=service.authority) as other:
        service.handler = redirect(other.url, "307 Temporary")
        with open_channel(service, bearer, follow_redirects=True) as channel:
            with pytest.raises(ws.WsError):
                channel.request(ACTION, BODY)
        assert other.requests == []


def test_redirects_come_to_an_end(service, bearer):
    service.handler = redirect(service.url, "307 Temporary")
    with open_channel(service, bearer, follow_redirects=True) as channel:
        with pytest.raises(ws.WsError):
            channel.request(ACTION, BODY)
    assert 1 < len(service.requests) < 100


# ---- connections ---------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden", "407 Proxy"])
def test_access_denied(service, status):
    service.handler = http_error(status)
    with open_channel(service) as channel:
        with pytest.raises(ws.WsAccessDeniedError) as caught:
            channel.request(ACTION, BODY)
        assert isinstance(caught.value, PermissionError)
        service.handler = echo
        check_echo(channel)


def test_nobody_there():
    with SoapService() as service:
        pass
    with open_channel(service) as channel:
        with pytest.raises(ws.WsConnectionError):
            channel.request(ACTION, BODY)


def test_a_connection_that_went_away_between_requests(service):
    """A server may close what it keeps. The request that finds out is not sent twice, or is sent
    for the first time over a new connection: the service gets it once at most."""
    with open_channel(service) as channel:
        check_echo(channel)
        service.handler = truncated(1 << 20)  # all of it, and closes
        channel.request(ACTION, BODY)
        service.handler = echo
        try:
            check_echo(channel)
        except ws.WsConnectionError:
            channel.reset()
            check_echo(channel)
    ids = [request.header("MessageID") for request in service.requests]
    assert len(set(ids)) == len(ids)


def test_one_connection_for_many_requests(service, bearer):
    with open_channel(service, bearer) as channel:
        for _ in range(50):
            check_echo(channel)
        service.handler = fault("Sender", "no")
        for _ in range(10):
            with pytest.raises(ws.WsFaultError):
                channel.request(ACTION, BODY)
    assert service.connections == 1


@pytest.mark.parametrize("size", [0, 1, 1000, 900_000])
def test_sizes_of_bodies(service, size):
    body = b"<a>" + b"x" * size + b"</a>" if size else b"<a/>"
    with open_channel(service) as channel:
        check_echo(channel, body)


def test_many_channels_at_once(service, bearer):
    from .token_support import together

    def work():
        with open_channel(service, bearer) as channel:
            for number in range(20):
                body = b"<a>%d</a>" % number
                check_echo(channel, body)

    together(*[work] * 6)
    assert len(service.requests) == 120
    assert service.connections == 6
