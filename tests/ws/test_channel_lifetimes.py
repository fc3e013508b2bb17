# SPDX-License-Identifier: MIT
"""Provider, key, token and channel end in every order, in every way, also while a request runs.

NCRYPT_EXT_FULL=1 does 2,000 rounds of each, and tools/lifetimes does them under sanitizers.
"""

import gc
import itertools
import os
import random
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
    ssl_of,
)
from .soap_service import Authority, Slow, SoapService, echo
from .test_lifetimes import WAYS, Node, end
from .token_support import REFERENCE, needs_tokens

pytestmark = [needs_channels, needs_tokens, needs_tls]

NAMES = ("provider", "key", "token", "channel")
ORDERS = list(itertools.permutations(NAMES))
# Of each way; 2,000 in sum of those with a request under way.
ROUNDS = 500 if FULL else 24
ORDER = [("{urn:orders}order", "17")]


@pytest.fixture(scope="module")
def authority():
    return Authority()


@pytest.fixture
def service(authority):
    with SoapService(authority=authority) as service:
        yield service


@pytest.fixture(autouse=True)
def stored(home, rsa_blob):
    with nc.Provider() as provider:
        provider.import_key(rsa_blob, "RSAFULLPRIVATEBLOB", name="lifetimes").close()
    random.seed(os.environ.get("NCRYPT_EXT_SEED", "channels"))


def create(service):
    """The four, each made of the one before."""
    provider = nc.Provider()
    key = provider.open_key("lifetimes")
    token = ws.XmlToken("<a/>", key, attached_reference=REFERENCE)
    security = [ssl_of(service.authority), token]
    channel = ws.Channel(service.url, security=security)
    return {"provider": provider, "key": key, "token": token, "channel": channel}


def assert_ended(before):
    gc.collect()
    assert nc.live_handles() == before


@pytest.mark.parametrize("way", WAYS)
def test_every_order(way, service):
    """The last round of each order signs with what nothing else has any more."""
    before = nc.live_handles()
    for number, order in zip(range(ROUNDS), itertools.cycle(ORDERS)):
        objects = create(service)
        if number % 3 == 0:
            objects["channel"].open()
        for name in order:
            if name == "channel" and number % 2 == 0:
                assert content(objects["channel"].request(ACTION, BODY)) == ORDER
            end(objects, name, way)
        assert_ended(before)


class Requester(threading.Thread):
    """Makes one request."""

    def __init__(self, channel):
        super().__init__(daemon=True)
        self.channel = channel
        self.reply = self.failure = None

    def run(self):
        try:
            self.reply = self.channel.request(ACTION, BODY)
        except (ws.WsError, nc.ClosedHandleError) as error:
            self.failure = error
        finally:
            self.channel = None


@pytest.mark.parametrize("way", WAYS)
def test_every_order_while_a_request_runs(way, service):
    before = nc.live_handles()
    aborted = 0
    for order in itertools.islice(itertools.cycle(ORDERS), ROUNDS):
        objects = create(service)
        with Slow() as slow:
            service.handler = slow
            thread = Requester(objects["channel"])
            thread.start()
            assert slow.arrived.wait(TIMEOUT)
            for name in order:
                end(objects, name, way)
                if name == "channel" and thread.channel is not None:
                    # The thread has it: what the channel holds is still there.
                    assert nc.live_handles()["binding"]["Key"] == 1
        thread.join(TIMEOUT)
        assert not thread.is_alive()
        if thread.failure is None:
            assert content(thread.reply) == ORDER
        else:
            assert type(thread.failure) is ws.WsAbortedError
            aborted += 1
        del thread
        assert_ended(before)
    if way in ("close", "drop"):
        assert aborted == (ROUNDS if way == "close" else 0)


@pytest.mark.parametrize("way", ["close", "abort"])
def test_ending_a_request_at_any_point(way, service):
    """Nobody waits until it has arrived."""
    before = nc.live_handles()
    service.handler = echo
    for _ in range(ROUNDS):
        objects = create(service)
        thread = Requester(objects["channel"])
        thread.start()
        getattr(objects["channel"], way)()
        thread.join(TIMEOUT)
        assert not thread.is_alive()
        if thread.failure is not None:
            assert isinstance(thread.failure, ws.WsAbortedError | nc.ClosedHandleError)
        for name in NAMES:
            objects.pop(name).close()
        del thread
        assert_ended(before)


def test_one_cycle_of_all(service):
    """The collector clears them in an order of its own."""
    before = nc.live_handles()
    for _ in range(ROUNDS):
        objects = create(service)
        objects["channel"].request(ACTION, BODY)
        nodes = [Node(one) for one in objects.values()]
        random.shuffle(nodes)
        for one, other in zip(nodes, nodes[1:] + nodes[:1], strict=True):
            one.other = other
        del objects, nodes, one, other
        assert_ended(before)


def test_the_key_of_a_client_certificate(authority):
    """The channel holds it, too."""
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    from .certified import pem

    before = nc.live_handles()
    with SoapService(authority=authority, client_authority=authority) as service:
        for order in itertools.permutations(("provider", "key", "transport", "channel")):
            provider = nc.Provider()
            key = provider.create_key("ECDSA_P256")
            public = load_pem_public_key(key.public_key_pem().encode())
            pair = ws.StoredCertificate(pem(authority.issue(public, "client")), key)
            transport = ssl_of(authority, client_certificate=pair)
            channel = ws.Channel(service.url, security=[transport])
            objects = dict(provider=provider, key=key, transport=transport, channel=channel)
            del provider, key, pair, transport, channel
            for name in order:
                one = objects.pop(name)
                if name == "channel":
                    assert content(one.request(ACTION, BODY)) == ORDER
                if name != "transport":
                    one.close()
                del one
            assert_ended(before)


def test_a_token_of_several_channels(service):
    before = nc.live_handles()
    objects = create(service)
    security = [ssl_of(service.authority), objects["token"]]
    others = [ws.Channel(service.url, security=security) for _ in range(3)]
    for name in NAMES:
        objects.pop(name).close()
    while others:
        assert nc.live_handles()["binding"]["XmlToken"] == 1
        channel = others.pop()
        assert content(channel.request(ACTION, BODY)) == ORDER
        channel.close()
    assert_ended(before)


@pytest.mark.parametrize("wrong", ["url", "suite", "closed"])
def test_a_channel_that_could_not_be_made(wrong, service):
    """It lets go of what it held."""
    objects = create(service)
    other = ws.XmlToken("<b/>")
    before = nc.live_handles()
    security = [ssl_of(service.authority), objects["token"], other]
    options = {"algorithm_suite": ws.Algorithms(signature="HMAC-SHA1")} if wrong == "suite" else {}
    if wrong == "closed":
        other.close()
        before = nc.live_handles()
    with pytest.raises(ValueError, match=r"url|does not fit|closed"):
        ws.Channel("url" if wrong == "url" else service.url, security=security, **options)
    assert nc.live_handles() == before
    for name in ("channel", "token", "key", "provider"):
        objects.pop(name).close()
    other.close()
