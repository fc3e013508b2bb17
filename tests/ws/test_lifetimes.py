# SPDX-License-Identifier: MIT
"""Provider, key, key handle and token end in every order, in every way.

Nothing is left, and nothing is gone too early. NCRYPT_EXT_FULL=1 does 10,000 rounds, and
tools/lifetimes does them under sanitizers.
"""

import ctypes
import gc
import itertools
import os
import random
import sys
import threading

import pytest

import ncrypt_ext as nc
from ncrypt_ext import capi, ws

from .token_support import REFERENCE, TIMEOUT, needs_tokens, rsa_pkcs8

pytestmark = needs_tokens

NAMES = ("provider", "key", "handle", "token")
ORDERS = list(itertools.permutations(NAMES))
WAYS = ("close", "drop", "cycle", "mixed")
# Of each way: the orders again and again, 10,000 in sum with those that sign meanwhile.
FULL = bool(os.environ.get("NCRYPT_EXT_FULL"))
ROUNDS = 1_250 if FULL else 48
DIGEST = bytes(range(32))
PKCS1 = nc.PKCS1("SHA256")


class Node:
    """In a cycle with itself, so that only the collector ends what it holds."""

    def __init__(self, held):
        self.held = held
        self.myself = self


def create():
    """The four, each made of the one before; the token of the key and not of the key handle every
    other time."""
    provider = nc.Provider()
    key = provider.open_key("lifetimes")
    handle = ws.NCryptKeyHandle(key)
    source = random.choice((key, handle))
    token = ws.XmlToken("<a/>", source, attached_reference=REFERENCE, unattached_reference="<b/>")
    return {"provider": provider, "key": key, "handle": handle, "token": token}


def end(objects, name, way):
    if way == "mixed":
        way = random.choice(WAYS[:3])
    one = objects.pop(name)
    if way == "close":
        one.close()
        one.close()
        assert one.closed
    elif way == "cycle":
        node = Node(one)
        del one, node
        gc.collect(0)


def check(objects):
    """What is left still works."""
    if "token" in objects:
        assert objects["token"].attached_reference == b"<ref/>"
    if "handle" in objects:
        handle = objects["handle"]
        native = ctypes.c_size_t.from_address(handle.address + handle.size - 8).value
        assert native == handle.asymmetric_key != 0
    if "key" in objects:
        assert objects["key"].algorithm == "RSA"
    if "provider" in objects:
        objects["provider"].open_key("lifetimes").close()


@pytest.fixture(autouse=True)
def stored(home):
    """A stored key of 4096 bits: a signature takes long enough to be met at it."""
    with nc.Provider() as provider:
        provider.import_key(rsa_pkcs8(4096), "PKCS8_PRIVATEKEY", name="lifetimes").close()
    random.seed(os.environ.get("NCRYPT_EXT_SEED", "lifetimes"))


def assert_ended(before):
    gc.collect()
    assert nc.live_handles() == before


@pytest.mark.parametrize("way", WAYS)
def test_every_order(way):
    before = nc.live_handles()
    for number, order in zip(range(ROUNDS), itertools.cycle(ORDERS)):
        objects = create()
        for name in order:
            end(objects, name, way)
            if number % 8 == 0:
                check(objects)
        if way == "close" or number % 16 == 15:
            assert_ended(before)
    assert_ended(before)


class Signer(threading.Thread):
    """Signs once with each key that it is given; says when it is about to begin."""

    def __init__(self):
        super().__init__(daemon=True)
        self.start_line = threading.Barrier(2)
        self.end_line = threading.Barrier(2)
        self.begun = threading.Event()
        self.key = None
        self.failure = None
        self.good = None
        self.done = 0
        self.refused = 0

    def run(self):
        while True:
            self.start_line.wait(TIMEOUT)
            key, self.key = self.key, None
            if key is None:
                return
            self.begun.set()
            try:
                assert key.sign(DIGEST, padding=PKCS1) == self.good
                self.done += 1
            except nc.ClosedHandleError:
                self.refused += 1
            except BaseException as error:
                self.failure = error
            del key
            self.end_line.wait(TIMEOUT)


@pytest.fixture
def signer():
    signer = Signer()
    with nc.Provider() as provider, provider.open_key("lifetimes") as key:
        signer.good = key.sign(DIGEST, padding=PKCS1)
    signer.start()
    yield signer
    signer.start_line.wait(TIMEOUT)
    signer.join(TIMEOUT)
    assert not signer.is_alive()


@pytest.fixture
def switching():
    """Lets threads change places very often, or seldom."""
    interval = sys.getswitchinterval()
    yield lambda often: sys.setswitchinterval(1e-5 if often else interval)
    sys.setswitchinterval(interval)


def meet(signer, objects, wait):
    """Gives the key to the other thread. Returns when that is signing, or does not wait for it."""
    if wait:  # so that only the one native call is left to do
        assert objects["key"].sign(DIGEST, padding=PKCS1) == signer.good
    signer.begun.clear()
    signer.key = objects["key"]
    signer.start_line.wait(TIMEOUT)
    if wait:  # the GIL comes back when the native call begins, or 5 ms later
        assert signer.begun.wait(TIMEOUT)


def part(signer):
    signer.end_line.wait(TIMEOUT)
    if signer.failure is not None:
        raise signer.failure


@pytest.mark.parametrize("way", WAYS)
def test_every_order_while_it_signs(way, signer, switching):
    before = nc.live_handles()
    for number, order in zip(range(ROUNDS), itertools.cycle(ORDERS)):
        objects = create()
        race = number % 4 == 3
        switching(race)
        meet(signer, objects, wait=not race)
        for name in order:
            end(objects, name, way)
        part(signer)
        assert_ended(before)
    assert signer.done + signer.refused == ROUNDS


def test_a_signature_in_flight_keeps_the_key(signer):
    """All is closed while the native call runs: the signature is right nevertheless."""
    for _ in range(1000):  # it is met at once, or nearly
        objects = create()
        done = signer.done
        meet(signer, objects, wait=True)
        for name in NAMES:
            objects.pop(name).close()
        met = nc.live_handles()["binding"]["Key"] == 1  # nobody else has it now
        part(signer)
        assert nc.live_handles()["binding"]["Key"] == 0
        if met and signer.done > done:
            return
    raise AssertionError("no signature was ever in flight")


@pytest.mark.parametrize("way", WAYS[:3])
@pytest.mark.parametrize("order", list(itertools.permutations(("context", "handle", "token"))))
def test_cryptoapi(home, order, way):
    with capi.Context("old", new=True) as context:
        context.generate_key(capi.KeySpec.SIGNATURE, length=1024).close()
    before = nc.live_handles()
    for _ in range(200 if FULL else 5):
        context = capi.Context("old")
        handle = ws.CapiKeyHandle(context, capi.KeySpec.SIGNATURE)
        token = ws.XmlToken("<a/>", handle, attached_reference=REFERENCE, allow_capi=True)
        objects = {"context": context, "handle": handle, "token": token}
        del context, handle, token
        for name in order:
            end(objects, name, way)
        assert_ended(before)


@pytest.mark.parametrize("order", list(itertools.permutations(("handle", "token"))))
@pytest.mark.parametrize("way", WAYS[:3])
def test_symmetric(order, way):
    before = nc.live_handles()
    for _ in range(200 if FULL else 20):
        handle = ws.RawSymmetricKeyHandle(b"secret")
        token = ws.XmlToken("<a/>", handle, attached_reference=REFERENCE)
        objects = {"handle": handle, "token": token}
        del handle, token
        for name in order:
            end(objects, name, way)
            if "token" in objects:
                assert objects["token"].symmetric_key() == b"secret"
        assert_ended(before)


def test_one_cycle_of_all():
    """The collector clears them in an order of its own."""
    before = nc.live_handles()
    for _ in range(500 if FULL else 50):
        objects = create()
        nodes = [Node(one) for one in objects.values()]
        random.shuffle(nodes)
        for one, other in zip(nodes, nodes[1:] + nodes[:1], strict=True):
            one.other = other
        del objects, nodes, one, other
        assert_ended(before)
