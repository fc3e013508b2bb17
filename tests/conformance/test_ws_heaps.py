# SPDX-License-Identifier: MIT
"""WsCreateHeap, WsAlloc, WsResetHeap."""

import ctypes
import itertools
from ctypes import byref

import pytest

from .ws_api import E_INVALIDARG, WS_E_QUOTA_EXCEEDED, P, S, U, call, must, properties

MAX, TRIM, REQUESTED, ACTUAL = range(4)


@pytest.mark.parametrize(("most", "trim"), [(1 << 16, 1 << 6), (1 << 24, 1 << 20), (4096, 0)])
def test_fresh(ws, most, trim):
    heap = ws.heap(most, trim)
    assert ws.heap_size(heap, MAX) == most
    assert ws.heap_size(heap, TRIM) == trim
    assert ws.heap_size(heap, REQUESTED) == 0
    assert ws.heap_size(heap, ACTUAL) == 0


def test_arguments():
    made = P()
    array, count = properties((MAX, S(1 << 16)))
    assert call("WsCreateHeap", 1 << 16, 64, array, count, byref(made), None) == E_INVALIDARG
    assert call("WsCreateHeap", 1 << 16, 64, None, 0, None, None) == E_INVALIDARG
    assert not made.value


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 100, 4096, 70_000])
def test_memory(ws, size):
    heap = ws.heap()
    address = ws.alloc(heap, size)
    assert address
    assert address % 8 == 0
    ctypes.memset(address, 0xA5, size)
    assert ctypes.string_at(address, size) == b"\xa5" * size


def test_blocks_do_not_overlap(ws):
    heap = ws.heap()
    blocks = sorted((ws.alloc(heap, size), size) for size in range(1, 200))
    for (address, size), (after, _) in itertools.pairwise(blocks):
        assert address + size <= after


def test_requested_is_the_sum(ws):
    heap = ws.heap()
    for size in (16, 64, 256):
        ws.alloc(heap, size)
    assert ws.heap_size(heap, REQUESTED) == 336
    assert ws.heap_size(heap, ACTUAL) >= 336


def test_quota(ws):
    heap = ws.heap(1000, 0)
    ws.alloc(heap, 600)
    made = P()
    assert call("WsAlloc", heap, 401, byref(made), None) == WS_E_QUOTA_EXCEEDED
    assert not made.value
    ws.alloc(heap, 400)
    assert call("WsAlloc", heap, 1, byref(made), None) == WS_E_QUOTA_EXCEEDED


@pytest.mark.parametrize("size", [(1 << 8 * ctypes.sizeof(S)) - 1, 1 << 8 * ctypes.sizeof(S) - 1])
def test_impossible_sizes(ws, size):
    made = P()
    assert call("WsAlloc", ws.heap(), size, byref(made), None) == WS_E_QUOTA_EXCEEDED
    assert not made.value


def test_reset(ws):
    heap = ws.heap(1000, 0)
    ws.alloc(heap, 1000)
    must("WsResetHeap", heap, None)
    assert ws.heap_size(heap, REQUESTED) == 0
    ws.alloc(heap, 1000)


@pytest.mark.parametrize("number", [MAX, TRIM, REQUESTED, ACTUAL])
def test_sizes_are_exact(ws, number):
    heap, value, size = ws.heap(), S(), ctypes.sizeof(S)
    assert call("WsGetHeapProperty", heap, number, byref(value), size - 4, None) == E_INVALIDARG
    assert call("WsGetHeapProperty", heap, number, byref(value), size + 4, None) == E_INVALIDARG


@pytest.mark.not_on("wine", "it writes to NULL")
def test_null_value(ws):
    assert call("WsGetHeapProperty", ws.heap(), MAX, None, ctypes.sizeof(S), None) == E_INVALIDARG


def test_null_and_unknown(ws):
    heap, value = ws.heap(), S()
    size = ctypes.sizeof(value)
    assert call("WsGetHeapProperty", None, MAX, byref(value), size, None) == E_INVALIDARG
    assert call("WsGetHeapProperty", heap, 4, byref(value), size, None) == E_INVALIDARG
    assert call("WsAlloc", None, 1, byref(P()), None) == E_INVALIDARG
    assert call("WsAlloc", heap, 1, None, None) == E_INVALIDARG
    assert call("WsResetHeap", None, None) == E_INVALIDARG
    made = P()
    assert call("WsCreateXmlBuffer", None, None, 0, byref(made), None) == E_INVALIDARG
    assert call("WsCreateXmlBuffer", heap, None, 0, None, None) == E_INVALIDARG
    assert not made.value


@pytest.mark.not_on("wine", "it ignores them")
def test_buffers_have_no_properties(ws):
    made = P()
    array, count = properties((0, U(1)))
    assert call("WsCreateXmlBuffer", ws.heap(), array, count, byref(made), None) == E_INVALIDARG
    assert not made.value


def test_buffers_are_paid_for(ws):
    heap = ws.heap()
    ws.read(b"<a><b/><c/></a>", heap=heap)
    assert ws.heap_size(heap, REQUESTED) > 0


def test_heap_too_small_for_a_document(ws):
    status, buffer = ws.try_read(b"<a>" + 3000 * b"<b/>" + b"</a>", heap=ws.heap(4096, 0))
    assert status == WS_E_QUOTA_EXCEEDED
    assert not buffer


def test_an_empty_buffer(ws):
    made = P()
    must("WsCreateXmlBuffer", ws.heap(), None, 0, byref(made), None)
    assert made.value
