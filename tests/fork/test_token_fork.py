# SPDX-License-Identifier: MIT
"""Key handles and tokens in the child of a fork()."""

import os

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork() here")

PROGRAM = """
import ctypes, os, threading
import ncrypt_ext as nc
from ncrypt_ext import ws

provider = nc.Provider()
key = provider.create_key("RSA", length=2048)
public = key.public_key_pem()
handle = ws.NCryptKeyHandle(key)
secret = ws.RawSymmetricKeyHandle(b"secret")
token = ws.XmlToken("<a/>", handle, attached_reference="<r/>")
other = ws.XmlToken("<b/>", secret, attached_reference="<r/>")
large = b"<a>" + 50_000 * b"<b/>" + b"</a>"
stop = threading.Event()

def parse():
    while not stop.is_set():
        ws.XmlToken(large, key, attached_reference="<r/>").close()

def work():
    assert (token.xml, token.attached_reference) == (b"<a/>", b"<r/>")
    assert other.symmetric_key() == b"secret"
    assert ctypes.c_size_t.from_address(handle.address + 8).value == key.handle
    with ws.NCryptKeyHandle(key) as mine, ws.XmlToken(large, mine, attached_reference="<r/>") as t:
        assert t.xml == large
    assert key.verify(bytes(32), key.sign(bytes(32), padding=nc.PKCS1("SHA256")),
                      padding=nc.PKCS1("SHA256")) is None

def end():
    for one in (key, provider, handle, secret, token, other):
        one.close()
    # Of what other threads of the parent were in the middle of nothing is known.
    assert nc.live_handles()["binding"]["KeyHandle"] == 0

threads = [threading.Thread(target=parse) for _ in range(2)]
for thread in threads:
    thread.start()
failed = 0
for _ in range(10):
    child = os.fork()
    if child == 0:
        try:
            work()
            end()
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
end()
assert not any(nc.live_handles()["binding"][name] for name in ("Key", "XmlToken"))
print(failed)
"""


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_child_has_what_the_parent_had(run_python):
    assert run_python(PROGRAM) == "0\n"
