# SPDX-License-Identifier: MIT
"""Channels without security, which need no package but this one: so on every Windows, too."""

import threading

import pytest

import ncrypt_ext as nc
from ncrypt_ext import ws

from ..conformance.ws_service import Service, reply

ANSWER = reply("<r>ok</r>")
FAULT = reply(
    "<s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code>"
    "<s:Reason><s:Text>no</s:Text></s:Reason></s:Fault>",
    status="500 Internal Server Error",
)
HOLD = 60  # seconds, for what should take none


@pytest.fixture
def service():
    """service(answer...): one that gives these answers, the last one again and again."""
    started = []

    def start(*answers):
        started.append(Service(*answers))
        return started[-1]

    yield start
    for one in started:
        one.close()


def channel_to(url, **options):
    try:
        return ws.Channel(url, **options)
    except nc.NotSupportedError as error:
        pytest.skip(str(error))  # the engine was built without libcurl


def test_made_and_closed():
    with channel_to("http://127.0.0.1:9/") as channel:
        assert channel.state == ws.ChannelState.OPEN
    assert channel.closed


def test_round_trip(service):
    one = service(ANSWER)
    with channel_to(one.url) as channel:
        for _ in range(2):
            assert b">ok</r>" in channel.request("urn:do", b"<q>1</q>")
    assert one.connections == 1
    assert b"<s:Body><q>1</q></s:Body>" in one.requests[1].body


def test_fault(service):
    one = service(FAULT, ANSWER)
    with channel_to(one.url) as channel:
        with pytest.raises(nc.WsFaultError) as raised:
            channel.request("urn:do", b"<q/>")
        assert raised.value.reason == "no"
        assert b">ok</r>" in channel.request("urn:do", b"<q/>")


class Held:
    """An answer that comes when the test says so."""

    def __init__(self):
        self.arrived, self.go = threading.Event(), threading.Event()

    def __call__(self, connection, request):
        self.arrived.set()
        self.go.wait(HOLD)
        connection.sendall(ANSWER)


def test_timeout(service):
    held = Held()
    with channel_to(service(held).url, timeouts=0.2) as channel:
        with pytest.raises(nc.WsTimeoutError):
            channel.request("urn:do", b"<q/>")
        held.go.set()
        assert channel.state == ws.ChannelState.FAULTED


def test_abort(service):
    held, outcome = Held(), []
    with channel_to(service(held).url) as channel:

        def run():
            try:
                channel.request("urn:do", b"<q/>")
            except nc.WsError as error:
                outcome.append(type(error))

        thread = threading.Thread(target=run)
        thread.start()
        assert held.arrived.wait(HOLD)
        channel.abort()
        thread.join()
        held.go.set()
        assert outcome == [nc.WsAbortedError]
