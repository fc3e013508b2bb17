# SPDX-License-Identifier: MIT
"""What becomes of requests that fail, and of their channel."""

import os
import threading

import pytest

import ncrypt_ext as nc
from ncrypt_ext import ws

from .channel_support import (
    ACTION,
    BODY,
    STATE,
    TIMEOUT,
    needs_channels,
    needs_signals,
    recovered,
    usable,
)
from .soap_service import (
    SOAP_11,
    SOAP_12,
    Slow,
    SoapService,
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

pytestmark = needs_channels


@pytest.fixture
def service():
    with SoapService(tls=False) as service:
        yield service


@pytest.fixture
def channel(service):
    with ws.Channel(service.url) as channel:
        yield channel


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
            "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
            "channel = ws.Channel(sys.argv[1])\n"
            "try:\n"
            "    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
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
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_after_fork(channel, service):
    usable(channel, service)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            for call in (lambda: channel.request(ACTION, BODY), channel.open, channel.reset):
                with pytest.raises(nc.BadStateError, match=r"process that fork\(\) has left"):
                    call()
            channel.close()
            code = 0 if channel.closed else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    usable(channel, service)
    assert service.connections == 1
