# SPDX-License-Identifier: MIT
"""sign_many(), interrupted in the worst places."""

import gc
import os
import signal
import sys
import threading
import time

import pytest

import ncrypt_ext as nc

DIGESTS = [b"d" * 32] * 2000


class Interrupt(BaseException):
    """Like KeyboardInterrupt, and not to be mistaken for one."""


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers")
@pytest.mark.skipif(sys.gettrace() is not None, reason="a tracer swallows what a signal raises")
def test_signals_at_any_instant_leave_no_thread_with_the_key(provider):
    """What a helper thread uses must not go before it, wherever the exception strikes."""

    def strike(number, frame):
        raise Interrupt

    threads_before = threading.active_count()
    previous = signal.signal(signal.SIGALRM, strike)
    struck = 0
    try:
        for round_ in range(150):
            key = provider.create_key("RSA", length=512)
            try:
                signal.setitimer(signal.ITIMER_REAL, 0.0002 + 0.00002 * round_)
                key.sign_many(DIGESTS, nc.PKCS1("SHA256"), threads=6)
                until = time.monotonic() + 5
                while time.monotonic() < until:
                    pass  # it struck too late for the batch: not after this
            except Interrupt:
                struck += 1
            del key  # a helper that were still at work would use freed memory
            gc.collect()
            assert nc.live_handles()["binding"]["Key"] == 0
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    assert struck == 150
    assert threading.active_count() == threads_before


def test_starting_helpers_runs_no_python(ec_key, monkeypatch):
    """An exception between a thread's start and its being known would lose the thread."""

    def interrupted(self, timeout=None):
        raise Interrupt

    monkeypatch.setattr(threading.Event, "wait", interrupted)
    signatures = ec_key.sign_many(DIGESTS[:100], threads=4)
    monkeypatch.undo()
    ec_key.verify(DIGESTS[0], signatures[99])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_handler_that_forks_during_a_batch(run_python):
    """In the child the helpers do not exist: it gets an error, not half a batch, and no hang."""
    printed = run_python(
        "import os, signal, sys, ncrypt_ext as nc\n"
        "key = nc.Provider().create_key('RSA', length=2048)\n"
        "parent = os.getpid()\n"
        "begun, children = [], []\n"
        "def handler(*_):\n"
        "    begun.append(True) if begun else None\n"
        "    if len(begun) == 3:  # the batch is surely under way\n"
        "        signal.setitimer(signal.ITIMER_REAL, 0)\n"
        "        children.append(os.fork())\n"
        "def digests():\n"
        "    yield from [b'd' * 32] * 600\n"
        "    begun.append(True)\n"
        "signal.signal(signal.SIGALRM, handler)\n"
        "signal.setitimer(signal.ITIMER_REAL, 0.005, 0.005)\n"
        "try:\n"
        "    found = len(key.sign_many(digests(), nc.PKCS1('SHA256'), threads=3))\n"
        "except nc.BadStateError as error:\n"
        "    found = str(error)\n"
        "if os.getpid() != parent:\n"
        "    usual = nc.PKCS1('SHA256')\n"
        "    key.verify(b'd' * 32, key.sign(b'd' * 32, usual), usual)\n"
        "    key.close()\n"
        "    left = nc.live_handles()['binding']['Key']\n"
        "    os._exit(0 if 'forked' in str(found) and left == 0 else 1)\n"
        "print(found, os.waitpid(children[0], 0)[1])\n"
    )
    assert printed == "600 0\n"


def test_a_batch_by_itself_has_no_key():
    from ncrypt_ext._key_batch import Batch

    batch = Batch([b"d" * 32], 64)
    batch.work()


def test_a_batch_in_a_finalizer_at_the_end_of_the_interpreter(run_python):
    """Threads that are started then never run: nobody may wait for them."""
    printed = run_python(
        "import ncrypt_ext as nc\n"
        "class Holder:\n"
        "    def __init__(self):\n"
        "        self.key = nc.Provider().create_key('ECDSA_P256')\n"
        "        self.cycle = self\n"
        "    def __del__(self):\n"
        "        print(len(self.key.sign_many([b'd' * 32] * 100, threads=3)))\n"
        "holder = Holder()\n",
        timeout=30,
    )
    assert printed == "100\n"
