# SPDX-License-Identifier: MIT
"""Enumerations that are closed while they are read."""

import gc
import threading

import ncrypt_ext as nc


class Closer:
    """Closes an iterator when the collector finds it."""

    def __init__(self, keys):
        self.keys = keys
        self.cycle = self

    def __del__(self):
        self.keys.close()


def test_an_iterator_closed_by_a_finalizer_that_runs_inside_next(provider):
    for number in range(20):
        provider.create_key("ECDSA_P256", f"key {number}").close()
    thresholds = gc.get_threshold()
    gc.set_threshold(1, 1, 1)
    try:
        for _ in range(10):
            keys = provider.keys()
            Closer(keys)
            assert len(list(keys)) <= 20
            assert list(keys) == []
    finally:
        gc.set_threshold(*thresholds)
    before = nc.live_handles()
    provider.close()
    assert nc.live_handles()["binding"]["Provider"] == before["binding"]["Provider"] - 1


def test_an_iterator_closed_by_another_thread_that_reads(provider):
    for number in range(50):
        provider.create_key("ECDSA_P256", f"key {number}").close()
    for _ in range(50):
        keys = provider.keys()
        failures = []

        def read(keys=keys, failures=failures):
            try:
                for _ in keys:
                    pass
            except BaseException as error:
                failures.append(error)

        thread = threading.Thread(target=read)
        thread.start()
        keys.close()
        thread.join()
        assert failures == []
        assert list(keys) == []
