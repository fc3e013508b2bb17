# SPDX-License-Identifier: MIT
"""NCryptNotifyChangeKey: changes of the stored keys, refusals."""

from ctypes import byref

import pytest

from .abi import P
from .api import call, must
from .constants import (
    MACHINE_KEY,
    NTE_BAD_FLAGS,
    NTE_INVALID_HANDLE,
    NTE_INVALID_PARAMETER,
    SILENT,
)

pytestmark = pytest.mark.requires("notify")

REGISTER, UNREGISTER = 1, 2
LONG = 60_000  # milliseconds: far more than a slow machine needs
NO_HANDLE = P(-1).value


def test_created_and_deleted(api, name):
    event = api.watch()
    assert not api.has_changed(event)
    api.make("RSA", name, Length=512)
    assert api.has_changed(event, LONG)
    while api.has_changed(event, 100):  # one change may be told in parts
        pass
    api.delete(api.open(name))
    assert api.has_changed(event, LONG)


def test_several(api, name):
    events = [api.watch(), api.watch(SILENT)]
    api.make("RSA", name, Length=512)
    assert all(api.has_changed(event, LONG) for event in events)


def test_keys_of_the_machine(api, name):
    event = api.watch(MACHINE_KEY)
    key = api.make("RSA", name, MACHINE_KEY, Length=512)
    assert api.has_changed(event, LONG)
    api.delete(key)


def test_other_process(api, name, other_process):
    event = api.watch()
    other_process("create", name, "RSA")
    assert api.has_changed(event, LONG)
    api.delete(api.open(name))


def test_unregister(api):
    event = P()
    must("NCryptNotifyChangeKey", api.provider, byref(event), REGISTER)
    assert event.value not in (None, NO_HANDLE)
    must("NCryptNotifyChangeKey", api.provider, byref(event), UNREGISTER)
    assert event.value == NO_HANDLE


@pytest.mark.parametrize("bit", [1 << bit for bit in range(32)], ids=hex)
def test_flags(api, bit):
    event = P()
    status = call("NCryptNotifyChangeKey", api.provider, byref(event), REGISTER | bit)
    if bit in (REGISTER, SILENT, MACHINE_KEY):
        assert status == 0
        must("NCryptNotifyChangeKey", api.provider, byref(event), UNREGISTER)
    else:
        assert status == NTE_BAD_FLAGS
        assert event.value is None
    if bit not in (REGISTER, UNREGISTER):
        assert call("NCryptNotifyChangeKey", api.provider, byref(event), bit) == NTE_BAD_FLAGS


def test_neither_of_the_two(api):
    assert call("NCryptNotifyChangeKey", api.provider, byref(P()), 0) == NTE_BAD_FLAGS


def test_handles_and_pointers(api):
    event = P()
    assert call("NCryptNotifyChangeKey", 0, byref(event), REGISTER) == NTE_INVALID_HANDLE
    key = api.make("RSA", Length=512)
    assert call("NCryptNotifyChangeKey", key, byref(event), REGISTER) == NTE_INVALID_HANDLE
    status = call("NCryptNotifyChangeKey", api.provider, None, REGISTER)
    assert status == NTE_INVALID_PARAMETER
