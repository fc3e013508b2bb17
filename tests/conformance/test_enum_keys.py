# SPDX-License-Identifier: MIT
"""NCryptEnumKeys: one key a call, with a state that belongs to one enumeration."""

from ctypes import byref

import pytest

from .abi import KeyName, P, text_at
from .api import call, must
from .constants import (
    AT_KEYEXCHANGE,
    AT_SIGNATURE,
    MACHINE_KEY,
    NTE_INVALID_PARAMETER,
    NTE_NO_MORE_ITEMS,
    SILENT,
)

pytestmark = pytest.mark.requires("enumerate")


def mine(api, name, flags=0):
    return sorted(key for key in api.keys(flags) if key[0].startswith(name))


class Enumeration:
    """One enumeration, step by step."""

    def __init__(self, provider, flags=0):
        self.provider, self.flags, self.state = provider, flags, P()

    def step(self):
        """The status, and the key's name if there was one."""
        entry = P()
        rest = (byref(entry), byref(self.state), self.flags)
        status = call("NCryptEnumKeys", self.provider, None, *rest)
        if status:
            return status, None
        text = text_at(KeyName.from_address(entry.value).name)
        must("NCryptFreeBuffer", entry)
        return status, text

    def end(self):
        if self.state.value:
            must("NCryptFreeBuffer", self.state)


@pytest.mark.not_on("windows", "the store is the user's, with the user's keys")
@pytest.mark.parametrize("flags", [0, MACHINE_KEY])
def test_empty_store(api, flags):
    enumeration = Enumeration(api.provider, flags)
    assert enumeration.step() == (NTE_NO_MORE_ITEMS, None)
    enumeration.end()


def test_fields(api, name):
    api.make("ECDSA_P384", name + " a")
    api.make("RSA", name + " b", spec=AT_SIGNATURE, Length=512)
    api.make("RSA", name + " c", spec=AT_KEYEXCHANGE, Length=512)
    assert mine(api, name) == [
        (name + " a", "ECDSA_P384", 0, 0),
        (name + " b", "RSA", AT_SIGNATURE, 0),
        (name + " c", "RSA", AT_KEYEXCHANGE, 0),
    ]


def test_scopes(api, name):
    api.make("ECDSA_P256", name + " user")
    api.make("ECDSA_P256", name + " machine", MACHINE_KEY)
    assert [key[0] for key in mine(api, name)] == [name + " user"]
    machine = (name + " machine", "ECDSA_P256", 0, MACHINE_KEY)
    assert mine(api, name, MACHINE_KEY) == mine(api, name, MACHINE_KEY | SILENT) == [machine]


def test_what_is_not_listed(api, name):
    api.make("ECDSA_P256")
    api.create("ECDSA_P256", name + " unfinalized")
    api.delete(api.make("ECDSA_P256", name + " deleted"))
    assert mine(api, name) == []


def test_listed_names_open(api, name):
    for algorithm in ("ECDSA_P256", "ECDSA_P521"):
        api.make(algorithm, f"{name} {algorithm}")
    for listed, algorithm, spec, flags in mine(api, name):
        key = api.open(listed, spec, flags)
        assert api.get_text(key, "Algorithm Name") == algorithm


def test_many(api, name):
    """More than an implementation may read at a time."""
    expected = [f"{name} {number:03}" for number in range(150)]
    for one in expected:
        api.free(api.make("ECDSA_P256", one))
    assert [key[0] for key in mine(api, name)] == expected


def test_end_stays_the_end(api, name):
    api.make("ECDSA_P256", name)
    enumeration = Enumeration(api.provider)
    for _ in range(len(api.keys())):
        assert enumeration.step()[0] == 0
    assert enumeration.step() == (NTE_NO_MORE_ITEMS, None)
    enumeration.end()


def test_given_up_early(api, name):
    for number in range(3):
        api.make("ECDSA_P256", f"{name} {number}")
    enumeration = Enumeration(api.provider)
    assert enumeration.step()[0] == 0
    enumeration.end()


def test_two_at_a_time(api, name):
    for number in range(3):
        api.make("ECDSA_P256", f"{name} {number}")
    first, second = Enumeration(api.provider), Enumeration(api.provider)
    found = []
    for _ in range(len(api.keys())):
        found.append((first.step(), second.step()))
    assert all(one == other for one, other in found)
    first.end()
    second.end()


def test_a_key_outlives_its_enumeration(api, name):
    api.make("ECDSA_P256", name)
    entry, state = P(), P()
    must("NCryptEnumKeys", api.provider, None, byref(entry), byref(state), 0)
    must("NCryptFreeBuffer", state)
    assert KeyName.from_address(entry.value).flags == 0
    assert text_at(KeyName.from_address(entry.value).name)
    must("NCryptFreeBuffer", entry)


def test_changes_during_an_enumeration(api, name):
    """Keys that stay are listed exactly once, whatever happens to the others."""
    for number in range(4):
        api.make("ECDSA_P256", f"{name} stays {number}")
    gone = api.make("ECDSA_P256", f"{name} goes")
    enumeration = Enumeration(api.provider)
    found = [enumeration.step()[1]]
    api.delete(gone)
    api.make("ECDSA_P256", f"{name} comes")
    for _ in range(100_000):
        status, listed = enumeration.step()
        if status:
            break
        found.append(listed)
    assert status == NTE_NO_MORE_ITEMS
    enumeration.end()
    stays = sorted(one for one in found if one.startswith(f"{name} stays"))
    assert stays == [f"{name} stays {number}" for number in range(4)]


def test_state_of_another_enumeration(api, name):
    api.make("ECDSA_P256", name)
    api.make("ECDSA_P256", name + " 2")
    enumeration = Enumeration(api.provider)
    assert enumeration.step()[0] == 0
    entry = P()
    for provider, flags in ((api.open_provider(), 0), (api.provider, MACHINE_KEY)):
        rest = (byref(entry), byref(enumeration.state), flags)
        assert call("NCryptEnumKeys", provider, None, *rest) == NTE_INVALID_PARAMETER
    enumeration.end()


@pytest.mark.parametrize("scope", ["", "scope", "\\\\.\\Reader\\"])
def test_scope_must_be_null(api, scope):
    rest = (byref(P()), byref(P()), 0)
    assert call("NCryptEnumKeys", api.provider, scope, *rest) == NTE_INVALID_PARAMETER


@pytest.mark.parametrize("which", [0, 1])
def test_null_pointers(api, which):
    arguments = [byref(P()), byref(P())]
    arguments[which] = None
    status = call("NCryptEnumKeys", api.provider, None, *arguments, 0)
    assert status == NTE_INVALID_PARAMETER
