# SPDX-License-Identifier: MIT
"""Symmetric keys that close in the middle of a call, and what calls leave in memory."""

import os
import threading
import time

import pytest

import ncrypt_ext as nc
from ncrypt_ext.ciphers import CBC, ECB


@pytest.mark.parametrize("operation", ["encrypt_into", "decrypt_into"])
def test_closing_lets_a_call_end_that_chains_otherwise(provider, operation):
    """The handle's own mode, which such a call puts back, is then nobody's."""
    data, outcomes = bytes(1 << 24), []
    for _ in range(10):
        key = provider.import_secret("AES", bytes(16))
        begun = threading.Event()

        def work(key=key, begun=begun):
            buffer = bytearray(len(data))
            begun.set()
            try:
                size = getattr(key, operation)(data, buffer, ECB(padded=False))
            except nc.ClosedHandleError:
                size = 0
            outcomes.append((size, any(buffer[:16])))

        thread = threading.Thread(target=work)
        thread.start()
        begun.wait()
        time.sleep(0.001)
        key.close()
        thread.join()
    # Before the call, or after it.
    assert len(outcomes) == 10
    assert set(outcomes) <= {(0, False), (len(data), True)}


@pytest.mark.parametrize("give_up", ["detach", "close"])
def test_a_handle_that_goes_to_others_has_its_own_mode(provider, give_up):
    """In the middle of calls that chain otherwise."""
    data, modes = bytes(1 << 16), []
    for _ in range(100):
        owner = provider.import_secret("AES", bytes(16))
        key = nc.Key.from_handle(owner.handle, own=False) if give_up == "close" else owner
        begun = threading.Event()

        def work(key=key, begun=begun):
            try:
                while True:
                    key.encrypt(data, ECB())
                    begun.set()
            except nc.ClosedHandleError:
                pass

        thread = threading.Thread(target=work)
        thread.start()
        begun.wait()
        while not key.closed:
            try:
                if (handle := getattr(key, give_up)()) is not None:
                    owner = nc.Key.from_handle(handle, own=True)
            except nc.BadStateError:  # in the middle of a call
                pass
        thread.join()
        modes.append(owner.chaining_mode)
        owner.close()
    assert set(modes) == {"ChainingModeCBC"}


def test_the_mode_during_a_call_that_chains_otherwise(provider):
    """What others read is the handle's own, and what they set stays."""
    data, stop = bytes(1 << 18), threading.Event()
    with provider.import_secret("AES", bytes(16)) as key:

        def work():
            while not stop.is_set():
                key.encrypt(data, ECB())

        thread = threading.Thread(target=work)
        thread.start()
        for count in range(200):
            mode = ("ChainingModeCBC", "ChainingModeCFB")[count % 2]
            key.set_property("Chaining Mode", mode)
            read = key.get_property("Chaining Mode").decode("utf-16-le")
            assert (key.chaining_mode, read) == (mode, mode + "\0")
        stop.set()
        thread.join()
        assert key.chaining_mode == "ChainingModeCFB"


@pytest.mark.skipif(not os.path.exists("/proc/self/mem"), reason="there is no /proc/self/mem")
def test_what_is_cut_off_a_result_is_wiped(provider):
    """The result is shorter than what was decrypted, by the padding: it is a copy."""
    with provider.import_secret("AES", bytes(16)) as key:
        text = bytes(range(200)) * 5
        cipher = key.encrypt(text, CBC(bytes(16)))
        freed = bytes(len(cipher))  # where the next object of that size will be
        where = id(freed) + bytes.__basicsize__ - 1
        del freed
        assert key.decrypt(cipher, CBC(bytes(16))) == text
    with open("/proc/self/mem", "rb", buffering=0) as memory:
        memory.seek(where)
        assert text[64:] not in memory.read(len(cipher))
