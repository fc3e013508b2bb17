# SPDX-License-Identifier: MIT
"""Requests that do not come to a reply: nobody there, timeouts, aborts."""

import threading

import pytest

from . import ws_channels as names
from .ws_api import WS_E_INVALID_FORMAT, P, U, must
from .ws_service import reply

ANSWER = reply('<r xmlns="urn:r">ok</r>')


def test_nobody_listens(channels, service):
    one = service(ANSWER)
    url = one.url
    one.close()
    channel = channels.channel(url=url)
    request = channels.begin(channel, url=url)
    assert channels.send(channel, request) == names.WS_E_ENDPOINT_UNREACHABLE
    assert channels.state(channel) == names.FAULTED


def test_an_unknown_host(channels):
    url = "http://nothing.invalid/service"
    channel = channels.channel(url=url)
    request = channels.begin(channel, url=url)
    assert channels.send(channel, request) == names.WS_E_ENDPOINT_NOT_FOUND
    assert channels.state(channel) == names.FAULTED


def test_hung_up(channels, service):
    status, channel, _ = channels.ask(service(lambda connection, _: connection.shutdown(2)))
    assert status == names.WS_E_ENDPOINT_DISCONNECTED
    assert channels.state(channel) == names.FAULTED
    must("WsCloseChannel", channel, None, None)
    assert channels.state(channel) == names.CLOSED


def test_not_http(channels, service):
    status, _, _ = channels.ask(service(lambda connection, _: connection.sendall(b"hello\r\n")))
    assert status == WS_E_INVALID_FORMAT


HOLD = 5  # seconds that a service keeps an answer, for those who wait longer than they should


class Held:
    """An answer that a service begins with, and goes on with when the test says so."""

    def __init__(self, size=0):
        self.size, self.arrived, self.go = size, threading.Event(), threading.Event()

    def __call__(self, connection, request):
        connection.sendall(ANSWER[: self.size])
        self.arrived.set()
        self.go.wait(HOLD)
        connection.sendall(ANSWER[self.size :])


@pytest.mark.parametrize("size", [0, len(ANSWER) - 5], ids=["response", "receive"])
def test_timeout(channels, service, size):
    held = Held(size)
    timeouts = (names.RESPONSE_TIMEOUT, U(200)), (names.RECEIVE_TIMEOUT, U(200))
    status, channel, _ = channels.ask(service(held), *timeouts)
    held.go.set()
    assert status == names.WS_E_OPERATION_TIMED_OUT
    assert channels.state(channel) == names.FAULTED


@pytest.mark.parametrize("size", [0, len(ANSWER) - 5], ids=["response", "receive"])
def test_abort(channels, service, size):
    """In another thread, whose call ends."""
    held, outcome = Held(size), []
    one = service(held)
    channel = channels.channel(url=one.url)
    request, message = channels.begin(channel, url=one.url), channels.message(channel)

    def run():
        outcome.append(channels.send(channel, request) or channels.receive(channel, message))

    thread = threading.Thread(target=run)
    thread.start()
    assert held.arrived.wait(60)
    must("WsAbortChannel", channel, None)
    thread.join()
    held.go.set()
    assert outcome == [names.WS_E_OPERATION_ABORTED]
    assert channels.state(channel) == names.FAULTED


def test_close_while_a_reply_is_read(channels, service):
    status, channel, message = channels.ask(service(ANSWER))
    assert status == 0
    must("WsCloseChannel", channel, None, None)
    must("WsResetMessage", message, None)
    assert channels.state(channel) == names.CLOSED


def test_reader_of_a_reply(channels, service):
    status, _, message = channels.ask(service(ANSWER))
    assert status == 0
    assert channels.of_message(message, names.BODY_READER, P)
