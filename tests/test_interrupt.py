# SPDX-License-Identifier: MIT
"""Giving up a long key generation."""

import os
import threading

import pytest

import ncrypt_ext as nc


def test_closing_cancels(provider):
    new = provider.create_persisted_key("RSA", "long")
    new.length = 16384
    failures = []

    def finalize():
        try:
            new.finalize()
        except nc.NCryptError as error:
            failures.append(error)

    thread = threading.Thread(target=finalize)
    thread.start()
    new.close()
    thread.join()
    # Closed before the call began, or while it ran.
    assert isinstance(failures[0], nc.CancelledError | nc.ClosedHandleError)
    assert not provider.has_key("long")


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot be asked to stop")
def test_ctrl_c_stops_a_generation(run_python):
    run_python(
        "import os, signal, threading, ncrypt_ext as nc\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "provider = nc.Provider()\n"
        "try:\n"
        "    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
        "    provider.create_key('RSA', 'long', length=16384)\n"
        "except KeyboardInterrupt:\n"
        "    assert not provider.has_key('long')\n"
        "    provider.close()\n"
        "    counts = nc.live_handles()\n"
        "    assert set(counts['binding'].values()) == {0}, counts\n"
        "    assert set(counts['engine'].values()) == {0}, counts\n"
        "else:\n"
        "    raise AssertionError('not interrupted')\n"
    )


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot be asked to stop")
def test_unfinalized_key_is_unharmed_by_a_signal(run_python):
    run_python(
        "import signal, ncrypt_ext as nc\n"
        "class Stop(Exception): pass\n"
        "def handler(number, frame): raise Stop\n"
        "signal.signal(signal.SIGALRM, handler)\n"
        "new = nc.Provider().create_persisted_key('RSA', 'k')\n"
        "new.length = 16384\n"
        "try:\n"
        "    signal.setitimer(signal.ITIMER_REAL, 0.1)\n"
        "    new.finalize()\n"
        "except Stop:\n"
        "    pass\n"
        "else:\n"
        "    raise AssertionError('not interrupted')\n"
        "assert not new.closed\n"
        "new.length = 1024\n"
        "with new.finalize() as key:\n"
        "    assert key.length == 1024\n"
    )


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGALRM")
def test_a_batch_is_interruptible(run_python):
    run_python(
        "import signal, ncrypt_ext as nc\n"
        "class Stop(Exception): pass\n"
        "def handler(number, frame): raise Stop\n"
        "signal.signal(signal.SIGALRM, handler)\n"
        "key = nc.Provider().create_key('RSA', length=4096)\n"
        "digests = [b'd' * 32] * 100_000\n"
        "for threads in (1, 2):\n"
        "    try:\n"
        "        signal.setitimer(signal.ITIMER_REAL, 0.2)\n"
        "        key.sign_many(digests, nc.PKCS1('SHA256'), threads=threads)\n"
        "    except Stop:\n"
        "        pass\n"
        "    else:\n"
        "        raise AssertionError('not interrupted')\n"
        "assert nc.live_handles()['binding']['Key'] == 1\n"
    )


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot be asked to stop")
def test_a_derivation_in_a_handler_leaves_the_outer_one_interruptible(run_python):
    run_python(
        "import signal, ncrypt_ext as nc\n"
        "class Stop(Exception): pass\n"
        "provider = nc.Provider()\n"
        "outer, inner = (provider.import_secret('PBKDF2', b'root') for _ in range(2))\n"
        "calls = []\n"
        "def handler(number, frame):\n"
        "    calls.append(inner.derive(32, salt=b'salt', iterations=1000))\n"
        "    if len(calls) == 3: raise Stop\n"
        "signal.signal(signal.SIGALRM, handler)\n"
        "try:\n"
        "    signal.setitimer(signal.ITIMER_REAL, 0.1, 0.1)\n"
        "    outer.derive(32, salt=b'salt', iterations=100_000_000)\n"
        "except Stop:\n"
        "    assert len(calls) == 3\n"
        "else:\n"
        "    raise AssertionError('not interrupted')\n"
    )
