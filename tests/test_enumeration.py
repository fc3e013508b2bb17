# SPDX-License-Identifier: MIT
"""Listing keys."""

import copy
import gc
import threading

import pytest

import ncrypt_ext as nc


@pytest.fixture
def names(provider):
    names = [f"key {number}" for number in range(150)]
    for name in names:
        provider.create_key("ECDSA_P256", name).close()
    return names


def test_all_of_them(provider, names):
    infos = list(provider.keys())
    assert sorted(info.name for info in infos) == sorted(names)
    assert {info.algorithm for info in infos} == {"ECDSA_P256"}
    info = infos[0]
    assert isinstance(info, nc.KeyInfo)
    assert (info.legacy_spec, info.flags, info.machine) == (0, 0, False)
    assert len(list(provider.keys(silent=True))) == len(names)


def test_none(provider):
    assert list(provider.keys()) == []
    assert list(provider.keys(machine=True)) == []


def test_abandoned(provider, names):
    keys = provider.keys()
    next(keys)
    del keys
    gc.collect()
    keys = provider.keys()
    next(keys)
    keys.close()
    keys.close()
    assert list(keys) == []
    with provider.keys() as keys:
        first = next(keys)
    assert first.name in names
    assert list(keys) == []


def test_ended_stays_ended(provider, names):
    keys = provider.keys()
    assert len(list(keys)) == len(names)
    for _ in range(2):
        with pytest.raises(StopIteration):
            next(keys)


def test_provider_closed_meanwhile(names):
    provider = nc.Provider()
    keys = provider.keys()
    next(keys)
    provider.close()
    assert nc.live_handles()["binding"]["Provider"] == 2  # the fixture's, and this one, held
    assert len(list(keys)) == len(names) - 1
    assert nc.live_handles()["binding"]["Provider"] == 1
    with pytest.raises(nc.ClosedHandleError):
        provider.keys()


def test_keys_that_go_meanwhile(provider, names):
    seen = []
    for info in provider.keys():
        seen.append(info.name)
        provider.delete_key(info.name)
    assert set(seen) <= set(names)
    assert list(provider.keys()) == []


def test_one_thread_at_a_time(provider, names):
    keys = provider.keys()
    seen, refused, failures = [], [], []

    def read():
        while True:
            try:
                seen.append(next(keys).name)
            except StopIteration:
                return
            except ValueError as error:
                refused.append(error)
            except BaseException as error:
                failures.append(error)
                return

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sorted(seen) == sorted(names)


def test_no_copies(provider):
    with pytest.raises(TypeError, match="cannot be copied"):
        copy.copy(provider.keys())
