# SPDX-License-Identifier: MIT
"""Web services in the child of a fork()."""

import os

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork() here")

PROGRAM = """
import os, threading
from ncrypt_ext import ws

def work():
    with ws.XmlBuffer.from_bytes(b"<a>text</a>") as buffer:
        assert buffer.to_bytes() == b"<a>text</a>"
    try:
        ws.XmlBuffer.from_bytes(b"<a></b>")
    except ws.WsFormatError as error:
        assert "mismatched tag" in str(error)

heap = ws.Heap(max_size=1 << 28)
buffer = ws.XmlBuffer.from_bytes(b"<a/>", heap=heap)
work()
stop = threading.Event()
large = b"<a>" + 100_000 * b"<b/>" + b"</a>"

def parse():
    while not stop.is_set():
        ws.XmlBuffer.from_bytes(large).close()

threads = [threading.Thread(target=parse) for _ in range(3)]
for thread in threads:
    thread.start()
failed = 0
for _ in range(20):
    child = os.fork()
    if child == 0:
        try:
            for _ in range(5):
                work()
            assert buffer.to_bytes() == b"<a/>"
            buffer.close()
            heap.reset()
            heap.close()
        except BaseException:
            import traceback
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    failed += os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0
stop.set()
for thread in threads:
    thread.join()
work()
assert buffer.to_bytes() == b"<a/>"
print(failed)
"""


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_child_works_while_other_threads_parsed(run_python):
    assert run_python(PROGRAM) == "0\n"
