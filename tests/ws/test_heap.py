# SPDX-License-Identifier: MIT
"""ws.Heap."""

import copy
import gc
import pickle

import pytest

import ncrypt_ext as nc
from ncrypt_ext import ws

XML = b"<a><b>text</b><c/></a>"


def live():
    counts = nc.live_handles()["binding"]
    return counts["Heap"], counts["XmlBuffer"]


def test_sizes():
    with ws.Heap(max_size=100_000, trim_size=1000) as heap:
        assert (heap.max_size, heap.trim_size) == (100_000, 1000)
        assert heap.requested_size == 0
        with ws.XmlBuffer.from_bytes(XML, heap=heap):
            assert heap.requested_size > 0
            assert heap.actual_size >= heap.requested_size


def test_defaults():
    with ws.Heap() as heap:
        assert (heap.max_size, heap.trim_size) == (1 << 20, 1 << 16)


def test_reset():
    with ws.Heap() as heap:
        for _ in range(3):
            ws.XmlBuffer.from_bytes(XML, heap=heap).close()
            assert heap.requested_size > 0
            heap.reset()
            assert heap.requested_size == 0


def test_no_reset_under_buffers():
    with ws.Heap() as heap:
        buffer = ws.XmlBuffer.from_bytes(XML, heap=heap)
        with pytest.raises(nc.BadStateError, match="XML buffers that are not closed"):
            heap.reset()
        assert buffer.to_bytes() == XML
        buffer.close()
        heap.reset()


def test_quota():
    with ws.Heap(max_size=4096, trim_size=0) as heap:
        with pytest.raises(ws.WsQuotaError, match="max_size"):
            ws.XmlBuffer.from_bytes(b"<a>" + 3000 * b"<b/>" + b"</a>", heap=heap)
        assert live() == (1, 0)
        heap.reset()
        with ws.XmlBuffer.from_bytes(XML, heap=heap) as buffer:
            assert buffer.to_bytes() == XML


@pytest.mark.parametrize("order", ["buffers first", "heap first", "between"])
@pytest.mark.parametrize("how", ["close", "drop", "cycle"])
def test_any_order(order, how):
    heap = ws.Heap()
    buffers = [ws.XmlBuffer.from_bytes(XML, heap=heap) for _ in range(2)]
    things = [*buffers, heap] if order == "buffers first" else [heap, *buffers]
    if order == "between":
        things = [buffers[0], heap, buffers[1]]
    del heap, buffers
    if how == "cycle":
        things.append(things)
    while how != "cycle" and things:
        thing = things.pop(0)
        if how == "close":
            thing.close()
            assert thing.closed
        for left in things:
            if isinstance(left, ws.XmlBuffer):
                assert left.to_bytes() == XML
        del thing
    left = None
    del things, left
    gc.collect()
    assert live() == (0, 0)


def test_closed():
    heap = ws.Heap()
    heap.close()
    heap.close()
    assert heap.closed
    for use in (
        lambda: heap.max_size,
        lambda: heap.reset(),
        lambda: heap.__enter__(),
        lambda: heap.handle,
        lambda: ws.XmlBuffer.from_bytes(XML, heap=heap),
    ):
        with pytest.raises(nc.ClosedHandleError):
            use()


def test_closed_heap_stays_while_buffers_do():
    with ws.Heap() as heap:
        buffer = ws.XmlBuffer.from_bytes(XML, heap=heap)
    assert live() == (1, 1)
    assert buffer.to_bytes() == XML
    buffer.close()
    assert live() == (0, 0)


@pytest.mark.parametrize("name", ["max_size", "trim_size"])
@pytest.mark.parametrize(
    ("value", "kind"), [(-1, ValueError), (1 << 64, ValueError), ("1", TypeError), (1.5, TypeError)]
)
def test_arguments(name, value, kind):
    with pytest.raises(kind, match=name):
        ws.Heap(**{name: value})


def test_once():
    heap = ws.Heap()
    with pytest.raises(TypeError):
        heap.__init__()
    with pytest.raises(TypeError):
        ws.Heap(1 << 20)


@pytest.mark.parametrize("how", [copy.copy, copy.deepcopy, pickle.dumps])
def test_no_copies(how):
    with ws.Heap() as heap, pytest.raises(TypeError, match="cannot be copied"):
        how(heap)


def test_subclass_that_forgets():
    class Forgetful(ws.Heap):
        def __init__(self):
            pass

    heap = Forgetful()
    assert heap.closed
    heap.close()
    for use in (lambda: heap.max_size, heap.reset):
        with pytest.raises(nc.ClosedHandleError):
            use()
