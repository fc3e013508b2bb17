# SPDX-License-Identifier: MIT
"""One thread at a time: a second one in an object raises, and corrupts nothing."""

import functools
import threading

import pytest

import ncrypt_ext as nc
from ncrypt_ext import ws

LARGE = b"<a>" + 400_000 * b"<b/>" + b"</a>"  # takes long enough to be found at it
SMALL = b"<a>small</a>"


def meet(*calls):
    """Runs the calls in threads that start together; what each returned or raised."""
    outcomes = [None] * len(calls)
    start = threading.Barrier(len(calls))

    def run(index):
        start.wait()
        try:
            outcomes[index] = calls[index]()
        except BaseException as error:
            outcomes[index] = error

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_heap_in_use():
    """The other thread asks until it finds the first one at work; every answer must be right."""
    outcomes, refused = [], []
    with ws.Heap(max_size=1 << 30) as heap:

        def parse():
            with ws.XmlBuffer.from_bytes(LARGE, heap=heap) as buffer:
                outcomes.append(buffer.to_bytes() == LARGE)

        for _ in range(100):
            thread = threading.Thread(target=parse)
            thread.start()
            while thread.is_alive():
                try:
                    ws.XmlBuffer.from_bytes(SMALL, heap=heap).close()
                except nc.BadStateError as error:
                    refused.append(str(error))
            thread.join()
            assert outcomes.pop()
            heap.reset()
            if refused:
                break
        assert refused
        assert all("this Heap is in use by another thread" in text for text in refused)
        with ws.XmlBuffer.from_bytes(SMALL, heap=heap) as buffer:
            assert buffer.to_bytes() == SMALL


def test_heap_closed_by_another_thread():
    for _ in range(5):
        heap = ws.Heap(max_size=1 << 30)
        parse = functools.partial(ws.XmlBuffer.from_bytes, LARGE, heap=heap)
        parsed, _ = meet(parse, heap.close)
        if isinstance(parsed, ws.XmlBuffer):
            assert parsed.to_bytes() == LARGE
            parsed.close()
        else:
            assert isinstance(parsed, nc.ClosedHandleError)
        assert nc.live_handles()["binding"]["Heap"] == 0


def test_one_buffer_many_writers():
    with ws.XmlBuffer.from_bytes(LARGE) as buffer:
        outcomes = [found for _ in range(5) for found in meet(*4 * [buffer.to_bytes])]
        assert buffer.to_bytes() == LARGE
    good = [found for found in outcomes if found == LARGE]
    refused = [found for found in outcomes if isinstance(found, nc.BadStateError)]
    assert len(good) + len(refused) == len(outcomes)
    assert len(good) >= 5
    assert all("in use by another thread" in str(found) for found in refused)


def test_buffer_closed_by_another_thread():
    for _ in range(10):
        buffer = ws.XmlBuffer.from_bytes(LARGE)
        written, _ = meet(buffer.to_bytes, buffer.close)
        assert written == LARGE or isinstance(written, nc.ClosedHandleError)


def test_buffers_of_their_own():
    """More threads than the pool has workspaces."""

    def work():
        for number in range(300):
            xml = b"<a>%d</a>" % number if number % 50 else LARGE
            with ws.XmlBuffer.from_bytes(xml) as buffer:
                assert buffer.to_bytes() == xml
            with pytest.raises(ws.WsFormatError, match="mismatched tag"):
                ws.XmlBuffer.from_bytes(b"<a></b>")
        return "done"

    assert meet(*4 * [work]) == 4 * ["done"]
