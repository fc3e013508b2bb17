# SPDX-License-Identifier: MIT
"""The life of CryptoAPI contexts and their keys: every order of closing, threads, leaks."""

import copy
import gc
import itertools
import pickle
import struct
import threading
import weakref

import pytest

import ncrypt_ext as nc
from ncrypt_ext import KeySpec, capi

COUNTED = [("binding", "Context"), ("binding", "ContextKey"), ("engine", "contexts"),
           ("engine", "context_keys"), ("engine", "hashes")]  # fmt: skip


def live():
    counts = nc.live_handles()
    return [counts[where][what] for where, what in COUNTED]


@pytest.fixture(scope="session")
def blob():
    with capi.Context(verify=True) as context:
        with context.generate_key(KeySpec.SIGNATURE, 1024, exportable=True) as key:
            return key.export("PRIVATEKEYBLOB")


def open_context(blob):
    return capi.Context(verify=True)


def open_key(blob):
    with capi.Context(verify=True) as context:
        return context.import_key(blob)


EVERY = pytest.mark.parametrize("make", [open_context, open_key])
USES = {
    "Context": [
        lambda it: it.parameter(4), lambda it: it.container, lambda it: it.containers(),
        lambda it: it.unique_container, lambda it: it.provider_name, lambda it: it.provider_type,
        lambda it: it.is_machine, lambda it: it.key_specs, lambda it: it.key(1),
        lambda it: it.generate_key(1, 1024), lambda it: it.import_key(b"blob"),
        lambda it: it.sign(bytes(32), "SHA256"), lambda it: it.to_ncrypt(1),
    ],
    "ContextKey": [
        lambda it: it.algorithm, lambda it: it.key_spec, lambda it: it.length,
        lambda it: it.permissions, lambda it: it.export("PUBLICKEYBLOB"),
        lambda it: it.verify(bytes(128), bytes(32), "SHA256"),
    ],
}  # fmt: skip


@EVERY
def test_close(blob, make):
    handle = make(blob)
    assert not handle.closed
    assert handle.handle != 0
    handle.close()
    handle.close()
    assert handle.closed
    kind = type(handle).__name__
    assert repr(handle) == f"<{kind} closed>"
    for use in [*USES[kind], lambda it: it.handle, lambda it: it.detach()]:
        with pytest.raises(nc.ClosedHandleError, match=f"this {kind} is closed"):
            use(handle)
    assert live() == [0] * 5


@EVERY
def test_dropping_and_cycles(blob, make):
    handle = make(blob)
    assert live() != [0] * 5
    del handle
    assert live() == [0] * 5
    ring = [make(blob)]
    ring.append(ring)
    del ring
    gc.collect()
    assert live() == [0] * 5


@EVERY
def test_no_copies(blob, make):
    with make(blob) as handle:
        for attempt in (copy.copy, copy.deepcopy, pickle.dumps):
            with pytest.raises(TypeError, match="cannot be copied or pickled"):
                attempt(handle)
        assert weakref.ref(handle)() is handle


@EVERY
def test_objects_made_by_force_are_closed(blob, make):
    with make(blob) as handle:
        empty = type(handle).__new__(type(handle))
    assert empty.closed
    empty.close()
    for use in USES[type(empty).__name__]:
        with pytest.raises(nc.ClosedHandleError):
            use(empty)


def test_constructors(blob):
    with pytest.raises(TypeError, match="no public constructor"):
        capi.ContextKey()
    with capi.Context(verify=True) as context, pytest.raises(TypeError, match="opened already"):
        context.__init__(verify=True)


# ---- every order ---------------------------------------------------------------------------------


ORDERS = list(itertools.permutations(["context", "key", "other"]))


@pytest.mark.parametrize("order", ORDERS, ids="-".join)
@pytest.mark.parametrize("way", ["close", "drop", "collect"])
def test_every_order(blob, digest, order, way):
    context = capi.Context(verify=True)
    things = {"context": context, "key": context.import_key(blob), "other": context.key(2)}
    signature = context.sign(digest, "SHA256")
    del context
    if way == "collect":
        for thing in list(things):
            things[thing] = [things[thing]]
            things[thing].append(things[thing])
    while order:
        first, *order = order
        if way == "close":
            things[first].close()
        del things[first]
        gc.collect()
        for name, thing in things.items():
            open_one = thing[0] if way == "collect" else thing
            if name != "context":
                open_one.verify(signature, digest, "SHA256")
            else:
                assert open_one.sign(digest, "SHA256") == signature
    open_one = None
    del thing, open_one
    gc.collect()
    assert live() == [0] * 5


def test_a_key_keeps_its_context(blob, digest):
    context = capi.Context(verify=True)
    key = context.import_key(blob)
    signature = context.sign(digest, "SHA256")
    with pytest.raises(nc.BadStateError, match="in use"):
        context.detach()
    context.close()
    assert nc.live_handles()["binding"]["Context"] == 1
    key.verify(signature, digest, "SHA256")
    key.close()
    assert live() == [0] * 5


# ---- handles from elsewhere ----------------------------------------------------------------------


def test_detach_and_from_handle(blob, digest):
    context = capi.Context(verify=True)
    number = context.detach()
    assert context.closed
    assert nc.live_handles()["binding"]["Context"] == 0
    again = capi.Context.from_handle(number, own=True)
    assert again.handle == number
    again.import_key(blob).close()
    again.close()
    assert live() == [0] * 5


def test_from_handle_takes_a_reference_of_its_own(blob, digest):
    owner = capi.Context(verify=True)
    owner.import_key(blob).close()
    other = capi.Context.from_handle(owner.handle, own=False)
    owner.close()
    assert len(other.sign(digest, "SHA256")) == 128
    other.close()
    assert live() == [0] * 5


def test_from_handle_checks():
    with pytest.raises(TypeError, match="handle must be an int, not 'str'"):
        capi.Context.from_handle("1", own=True)
    with pytest.raises(ValueError, match="handle must not be 0"):
        capi.Context.from_handle(0, own=False)
    with pytest.raises(TypeError, match="own"):
        capi.Context.from_handle(1)


# ---- threads -------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["context", "key"])
def test_close_while_others_use_it(blob, digest, what):
    for _ in range(100):
        context = capi.Context(verify=True)
        key = context.import_key(blob)
        signature, start, failures = context.sign(digest, "SHA256"), threading.Barrier(3), []

        def work(context=context, key=key, signature=signature, start=start, failures=failures):
            start.wait()
            try:
                while True:
                    if what == "context":
                        assert context.sign(digest, "SHA256") == signature
                    else:
                        key.verify(signature, digest, "SHA256")
            except nc.ClosedHandleError:
                pass
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        start.wait()
        (context if what == "context" else key).close()
        for thread in threads:
            thread.join()
        assert failures == []
        key.close()
        context.close()
        assert live() == [0] * 5


def test_threads_share_a_context(blob, digest):
    failures = []
    with capi.Context(verify=True) as context:
        context.import_key(blob).close()
        expected = context.sign(digest, "SHA256")

        def work():
            try:
                for _ in range(100):
                    with context.key(KeySpec.SIGNATURE) as key:
                        assert context.sign(digest, "SHA256") == expected
                        key.verify(expected, digest, "SHA256")
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failures == []


# ---- failures ------------------------------------------------------------------------------------


def test_failures_leave_nothing(blob, digest):
    changed = blob[:8] + b"XXXX" + blob[12:]
    with capi.Context(verify=True) as context, context.import_key(blob) as key:
        before = live()
        for call in (
            lambda: capi.Context("ncrypt-ext no such container"),
            lambda: context.import_key(changed),
            lambda: context.import_key(blob[:30]),
            lambda: context.key(KeySpec.KEYEXCHANGE),
            lambda: context.sign(digest, "SHA256", KeySpec.KEYEXCHANGE),
            lambda: context.sign(digest, "SHA1"),
            lambda: context.sign("text", "SHA256"),
            lambda: context.parameter(99),
            lambda: key.verify(bytes(128), digest, "SHA256"),
            lambda: key.export("PRIVATEKEYBLOB"),
            lambda: context.import_key(struct.pack("<BBHI", 6, 3, 0, 0xA400) + bytes(200)),
        ):
            with pytest.raises((nc.NCryptError, nc.InvalidSignatureError, TypeError, ValueError)):
                call()
            assert live() == before
