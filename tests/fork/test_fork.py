# SPDX-License-Identifier: MIT
"""What a forked child can do with what its parent had loaded."""

import os

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork() here")

PRELUDE = """
import gc, os, sys, threading, time, warnings
import ncrypt_ext as nc
warnings.simplefilter("ignore", DeprecationWarning)  # of fork() with threads: that is the point
digest = b"d" * 32
nothing = dict.fromkeys(nc.live_handles()["binding"], 0)

def in_child(work):
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        except BaseException:
            import traceback
            traceback.print_exc()
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
"""


def test_loaded_keys_work_in_the_child(run_python):
    run_python(
        PRELUDE
        + """
provider = nc.Provider()
key = provider.create_key("ECDSA_P256", "k")
signature = key.sign(digest)

def work():
    key.verify(digest, key.sign(digest))
    key.verify(digest, signature)
    with provider.open_key("k") as again:
        again.verify(digest, signature)
    provider.create_key("ECDSA_P256", "of the child").close()
    key.close(); provider.close()
    assert nc.live_handles()["binding"] == nothing

in_child(work)
key.verify(digest, key.sign(digest))
assert provider.has_key("of the child")
"""
    )


def test_calls_of_vanished_threads_do_not_keep_handles(run_python):
    """Threads sign with keys that are closed in the middle of it; only the parent's calls end."""
    run_python(
        PRELUDE
        + """
provider = nc.Provider()
stop = False

def sign(key):
    try:
        while not stop:
            key.sign(digest)
    except nc.ClosedHandleError:
        pass

for _ in range(20):
    keys = [provider.create_key("ECDSA_P256") for _ in range(2)]
    threads = [threading.Thread(target=sign, args=(key,)) for key in keys]
    for thread in threads:
        thread.start()

    def work():
        for key in keys:
            key.verify(digest, key.sign(digest))
            key.close()
        assert nc.live_handles()["binding"]["Key"] == 0, nc.live_handles()
        assert nc.live_handles()["engine"]["keys"] == 0, nc.live_handles()

    in_child(work)
    for key in keys:
        key.close()
    for thread in threads:
        thread.join()
assert nc.live_handles()["binding"]["Key"] == 0
"""
    )


def test_closed_before_the_fork_released_in_the_child(run_python):
    """A long call holds a closed handle; in the child that call does not exist."""
    run_python(
        PRELUDE
        + """
provider = nc.Provider()
new = provider.create_persisted_key("RSA")
new.length = 16384
outcome = []

def finalize():
    try:
        new.finalize()
    except nc.NCryptError as error:
        outcome.append(error)

thread = threading.Thread(target=finalize)
thread.start()
while True:  # until it is generated: then it cannot be changed
    try:
        new.length = 16384
    except nc.BadStateError:
        break
    time.sleep(0.01)

def work():
    assert not new.closed
    new.close()
    provider.close()
    assert nc.live_handles()["binding"] == nothing

in_child(work)
new.close()
thread.join()
assert isinstance(outcome[0], nc.CancelledError), outcome
"""
    )


def test_multiprocessing_fork_pool(run_python):
    run_python(
        PRELUDE
        + """
import multiprocessing
provider = nc.Provider()
key = provider.create_key("ECDSA_P256", "pooled")

def work(number):
    return key.sign(bytes([number]) * 32)

with multiprocessing.get_context("fork").Pool(2) as pool:
    for number, signature in enumerate(pool.map(work, range(20))):
        key.verify(bytes([number]) * 32, signature)
"""
    )


def test_fork_in_a_signal_handler_during_finalize(run_python):
    """The forking thread's own call goes on in the child: its lease must not be forgotten."""
    run_python(
        PRELUDE
        + """
import signal
provider = nc.Provider()
new = provider.create_persisted_key("RSA")
new.length = 8192
parent = os.getpid()

class Stop(Exception):
    pass

def handler(number, frame):
    if os.fork() == 0:
        raise Stop
    assert os.wait()[1] == 0
    raise Stop

signal.signal(signal.SIGALRM, handler)
try:
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    new.finalize()
except Stop:
    new.close()
    provider.close()
    if os.getpid() != parent:
        os._exit(0)
else:
    raise AssertionError("not interrupted")
"""
    )


def test_secrets(run_python):
    """The child has the parent's secrets and may close them; calls of its threads are forgotten."""
    run_python(
        PRELUDE
        + """
provider = nc.Provider()
key, other = provider.create_key("ECDH_P256"), provider.create_key("ECDH_P256")
secret = key.agree(other)
raw = secret.raw()
stop = False

def derive():
    while not stop:
        secret.derive("HKDF", 32)

threads = [threading.Thread(target=derive) for _ in range(2)]
for thread in threads:
    thread.start()

def work():
    assert secret.raw() == raw
    with other.agree(key.public_key_der()) as again:
        assert again.raw() == raw
    for each in (key, other, provider, secret):
        each.close()
    assert nc.live_handles()["binding"] == nothing, nc.live_handles()

for _ in range(10):
    in_child(work)
stop = True
for thread in threads:
    thread.join()
assert secret.raw() == raw
for each in (key, other, provider, secret):
    each.close()
assert nc.live_handles()["binding"] == nothing
"""
    )


def test_a_mode_that_another_thread_had_set_for_its_call(run_python):
    """The child has the handle's own one, also when fork() came in the middle of such a call."""
    run_python(
        PRELUDE
        + """
from ncrypt_ext.ciphers import CBC, ECB
provider = nc.Provider()
key = provider.import_secret("AES", bytes(16))
want = key.encrypt(bytes(32), CBC(bytes(16), False))
data, stop = bytes(1 << 21), False

def work():
    assert key.chaining_mode == "ChainingModeCBC"
    key.iv = bytes(16)
    assert key.encrypt(bytes(32)) == want
    key.set_property("Chaining Mode", "ChainingModeCFB")
    key.encrypt(bytes(32), ECB(False))
    assert key.chaining_mode == "ChainingModeCFB"

def set_first():
    key.set_property("Chaining Mode", "ChainingModeCFB")
    key.encrypt(bytes(32), ECB(False))
    assert key.chaining_mode == "ChainingModeCFB"

def give_away():
    with nc.Key.from_handle(key.detach(), own=True) as other:
        assert other.chaining_mode == "ChainingModeCBC"

def others():
    while not stop:
        key.encrypt(data, ECB(False))

thread = threading.Thread(target=others, daemon=True)
thread.start()
for _ in range(10):
    for each in (work, set_first, give_away):
        time.sleep(0.003)
        in_child(each)
stop = True
thread.join()
assert key.chaining_mode == "ChainingModeCBC"
"""
    )
