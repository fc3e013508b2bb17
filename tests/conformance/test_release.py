# SPDX-License-Identifier: MIT
"""NCryptFreeObject, NCryptFreeBuffer, NCryptIsKeyHandle, and who may go first."""

from ctypes import byref

import pytest

from .abi import P
from .api import call, must
from .conftest import small
from .constants import NTE_INVALID_HANDLE, NTE_INVALID_PARAMETER


@pytest.mark.requires("is_key_handle")
def test_is_key_handle(api, algorithm):
    for key in (api.create(algorithm), api.make(algorithm, **small(algorithm))):
        assert call("NCryptIsKeyHandle", key) == 1
    assert call("NCryptIsKeyHandle", api.provider) == 0
    assert call("NCryptIsKeyHandle", 0) == 0


def test_free_handle_zero():
    assert call("NCryptFreeObject", 0) == NTE_INVALID_HANDLE


def test_free_null_buffer():
    assert call("NCryptFreeBuffer", None) in (0, NTE_INVALID_PARAMETER)


def test_free_an_unfinalized_key(api, algorithm):
    api.free(api.create(algorithm))


def test_free_does_not_delete(api, name):
    api.free(api.make("ECDSA_P256", name))
    assert api.exists(name)


def test_provider_may_go_before_its_keys(api, algorithm):
    unfinalized = api.create(algorithm)
    key = api.make(algorithm, **small(algorithm))
    api.free(api.provider)
    api.export_key(key, "PUBLICBLOB")
    for title, value in small(algorithm).items():
        api.set(unfinalized, title, value)
    api.finalize(unfinalized)


def test_provider_may_go_before_a_named_key_is_finalized(api, name):
    provider, key = api.open_provider(), api.create("ECDSA_P256", name)
    api.free(api.provider)
    api.finalize(key)
    api.set(key, "Custom", b"value", 0x80000000)
    api.provider = provider
    assert api.get(api.open(name), "Custom") == b"value"
    api.delete(key)


def test_handles_differ(api, algorithm):
    handles = [api.provider, api.open_provider(), *(api.create(algorithm) for _ in range(20))]
    assert len(set(handles)) == len(handles)
    assert 0 not in handles


@pytest.mark.requires("enumerate")
def test_state_may_be_freed_after_the_provider(api, name):
    api.make("ECDSA_P256", name)
    provider, entry, state = api.open_provider(), P(), P()
    must("NCryptEnumKeys", provider, None, byref(entry), byref(state), 0)
    api.free(provider)
    must("NCryptFreeBuffer", entry)
    must("NCryptFreeBuffer", state)
