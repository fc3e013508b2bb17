# SPDX-License-Identifier: MIT
"""Channels of several threads, and one channel of several."""

import collections
import threading

import pytest

import ncrypt_ext as nc
from ncrypt_ext import ws

from .channel_support import (
    ACTION,
    BODY,
    FULL,
    TIMEOUT,
    content,
    needs_channels,
    needs_tls,
    signer,
    ssl_of,
)
from .soap_service import Authority, Slow, SoapService
from .token_support import needs_tokens, together

pytestmark = needs_channels
ROUNDS = 300 if FULL else 30
ORDER = [("{urn:orders}order", "17")]


@pytest.fixture
def service():
    with SoapService(tls=False) as service:
        yield service


def test_a_channel_per_thread(service):
    def work():
        with ws.Channel(service.url) as channel:
            for number in range(ROUNDS):
                assert content(channel.request(ACTION, f"<n>{number}</n>")) == [("n", str(number))]

    together(*4 * [work])
    assert service.connections == 4
    assert len(service.requests) == 4 * ROUNDS


@needs_tls
@needs_tokens
def test_one_token_for_the_channels_of_all_threads(rsa_key):
    with SoapService(authority=Authority()) as service, signer(rsa_key) as token:

        def work():
            for _ in range(ROUNDS // 10):
                security = [ssl_of(service.authority), token]
                with ws.Channel(service.url, security=security) as channel:
                    assert content(channel.request(ACTION, BODY)) == ORDER

        together(*4 * [work])


def test_one_channel_of_many_threads(service):
    """Each request finds it free, or says that it was not."""
    answers = collections.Counter()
    refusals = set()
    with ws.Channel(service.url) as channel:

        def work():
            for _ in range(ROUNDS):
                try:
                    assert content(channel.request(ACTION, BODY)) == ORDER
                    answers["done"] += 1
                except nc.BadStateError as error:
                    refusals.add(error.detail)
                    answers["busy"] += 1

        together(*4 * [work])
    assert answers["done"] == len(service.requests) >= ROUNDS
    assert refusals <= {"this Channel does one request at a time: use a channel per thread"}
    assert answers.total() == 4 * ROUNDS
    assert service.connections == 1


def test_all_methods_at_once(service):
    """Whatever the order: a reply, or an exception that says why there is none."""
    allowed = (nc.BadStateError, ws.WsAbortedError, ws.WsConnectionError)
    channel = ws.Channel(service.url)

    def calling(call):
        def work():
            for _ in range(ROUNDS):
                try:
                    call()
                except allowed:
                    pass

        return work

    def request():
        assert content(channel.request(ACTION, BODY)) == ORDER

    def look():
        assert channel.state in ws.ChannelState
        assert channel.handle != 0
        assert service.url in repr(channel)

    together(*map(calling, (request, request, channel.abort, channel.reset, channel.open, look)))
    channel.reset()
    request()
    channel.close()


def test_closing_while_all_is_called(service):
    allowed = (nc.BadStateError, nc.ClosedHandleError, ws.WsAbortedError)
    for _ in range(ROUNDS):
        channel = ws.Channel(service.url)

        def request(channel=channel):
            try:
                while True:
                    assert content(channel.request(ACTION, BODY)) == ORDER
            except allowed:
                pass

        together(request, request, channel.close, channel.close)
        request()
        assert nc.live_handles()["binding"]["Channel"] == 0


def test_other_threads_run_meanwhile(service):
    """They count on while a reply is awaited: the GIL is theirs."""
    counted = threading.Event()
    with Slow() as slow, ws.Channel(service.url) as channel:
        service.handler = slow

        def count():
            assert slow.arrived.wait(TIMEOUT)
            assert sum(range(100_000)) > 0
            counted.set()
            slow.release.set()

        thread = threading.Thread(target=count)
        thread.start()
        assert content(channel.request(ACTION, BODY)) == ORDER
        thread.join()
    assert counted.is_set()
