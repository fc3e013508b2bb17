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
