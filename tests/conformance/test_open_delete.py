# SPDX-License-Identifier: MIT
"""NCryptOpenKey, NCryptDeleteKey, and what other processes see of a stored key."""

from ctypes import byref

import pytest

from .abi import H
from .api import call, refuses
from .conftest import small
from .constants import (
    AT_KEYEXCHANGE,
    AT_SIGNATURE,
    MACHINE_KEY,
    NTE_BAD_FLAGS,
    NTE_BAD_KEYSET,
    NTE_INVALID_HANDLE,
    NTE_INVALID_PARAMETER,
    OVERWRITE_KEY,
    SILENT,
)


@pytest.mark.parametrize("flags", [0, SILENT])
def test_open(api, name, algorithm, flags):
    made = api.make(algorithm, name, **small(algorithm))
    before = api.export_key(made, "PUBLICBLOB")
    api.free(made)
    key = api.open(name, flags=flags)
    assert api.get_text(key, "Algorithm Name") == algorithm
    assert api.export_key(key, "PUBLICBLOB") == before


@pytest.mark.parametrize("flags", [0, SILENT, MACHINE_KEY])
def test_open_missing(api, name, flags):
    with refuses(NTE_BAD_KEYSET):
        api.open(name, flags=flags)


def test_open_missing_beside_others(api, name):
    api.make("ECDSA_P256", name)
    for other in (name + " ", name[1:], name * 2):
        with refuses(NTE_BAD_KEYSET):
            api.open(other[:260])


@pytest.mark.parametrize("flags", [0, MACHINE_KEY])
def test_open_in_the_other_scope(api, name, flags):
    api.make("ECDSA_P256", name, flags=flags)
    with refuses(NTE_BAD_KEYSET):
        api.open(name, flags=flags ^ MACHINE_KEY)


def test_open_in_other_case(api, name):
    api.make("ECDSA_P256", name)
    assert api.get_text(api.open(name.upper()), "Name") == name


@pytest.mark.parametrize("spec", [0, AT_KEYEXCHANGE, AT_SIGNATURE])
def test_open_by_legacy_key_spec(api, name, spec):
    api.make("RSA", name, spec=spec, Length=512)
    api.open(name)
    api.open(name, spec=spec)


@pytest.mark.parametrize("spec", [3, 0xFFFFFFFF])
def test_open_by_unknown_legacy_key_spec(api, name, spec):
    api.make("ECDSA_P256", name)
    with refuses(NTE_INVALID_PARAMETER):
        api.open(name, spec=spec)


def test_null_pointers(api, name):
    api.make("ECDSA_P256", name)
    assert call("NCryptOpenKey", api.provider, None, name, 0, 0) == NTE_INVALID_PARAMETER
    assert call("NCryptOpenKey", api.provider, byref(H()), None, 0, 0) == NTE_INVALID_PARAMETER


@pytest.mark.parametrize("length", [0, 261])
def test_open_name_of_impossible_length(api, length):
    with refuses(NTE_INVALID_PARAMETER, NTE_BAD_KEYSET):
        api.open("n" * length)


def test_handles_are_independent(api, name):
    first = api.make("ECDSA_P256", name)
    second, third = api.open(name), api.open(name)
    signature = api.sign(second, bytes(32))
    api.free(first)
    api.free(second)
    api.verify(third, bytes(32), signature)


# ---- delete --------------------------------------------------------------------------------------


@pytest.mark.parametrize("flags", [0, SILENT])
@pytest.mark.parametrize("scope", [0, MACHINE_KEY])
def test_delete(api, name, scope, flags):
    api.make("ECDSA_P256", name, scope)
    api.delete(api.open(name, flags=scope), flags)
    assert not api.exists(name, scope)
    assert name not in [entry[0] for entry in api.keys(scope)]


def test_delete_leaves_the_other_scope(api, name):
    machine, user = api.make("ECDSA_P256", name, MACHINE_KEY), api.make("ECDSA_P256", name)
    api.delete(machine)
    assert api.exists(name)
    assert not api.exists(name, MACHINE_KEY)
    api.delete(user)
    assert not api.exists(name)


def test_delete_leaves_other_keys(api, name):
    api.make("ECDSA_P256", name + " stays")
    api.delete(api.make("ECDSA_P256", name))
    assert api.exists(name + " stays")


@pytest.mark.requires("delete")
def test_delete_ephemeral(api, key):
    api.delete(key)


@pytest.mark.requires("delete")
def test_delete_unfinalized(api, algorithm):
    api.delete(api.create(algorithm))


def test_delete_unfinalized_named(api, name):
    api.delete(api.create("ECDSA_P256", name))
    assert not api.exists(name)
    api.make("ECDSA_P256", name)


def test_a_refused_delete_leaves_the_handle(api, name):
    key = api.make("ECDSA_P256", name)
    with refuses(NTE_BAD_FLAGS):
        api.delete(key, 0x80)
    assert api.exists(name)
    api.sign(key, bytes(32))
    api.delete(key)


def test_deleted_key_stays_usable_through_open_handles(api, name):
    first = api.make("ECDSA_P256", name)
    second = api.open(name)
    public = api.export_key(first, "ECCPUBLICBLOB")
    api.delete(first)
    signature = api.sign(second, bytes(32))
    api.verify(second, bytes(32), signature)
    assert api.export_key(second, "ECCPUBLICBLOB") == public
    assert api.get_text(second, "Name") == name


def test_delete_through_a_second_handle(api, name):
    first = api.make("ECDSA_P256", name)
    second = api.open(name)
    api.delete(first)
    with refuses(NTE_BAD_KEYSET):
        api.delete(second)
    api.free(second)


def test_an_old_handle_does_not_delete_a_new_key_of_its_name(api, name):
    first = api.make("ECDSA_P256", name)
    second = api.open(name)
    api.delete(first)
    api.make("ECDSA_P384", name)
    with refuses(NTE_BAD_KEYSET):
        api.delete(second)
    assert api.get_text(api.open(name), "Algorithm Name") == "ECDSA_P384"


@pytest.mark.parametrize("function", ["NCryptDeleteKey", "NCryptFinalizeKey"])
def test_handle_zero(function):
    assert call(function, 0, 0) == NTE_INVALID_HANDLE


# ---- another process -----------------------------------------------------------------------------


def test_seen_by_another_process_after_finalize(api, name, other_process):
    key = api.create("ECDSA_P256", name)
    assert other_process("exists", name) == "False"
    assert other_process("enumerated", name) == "False"
    api.finalize(key)
    assert other_process("exists", name) == "True"
    assert other_process("enumerated", name) == "True"


def test_used_by_another_process(api, name, other_process):
    key = api.make("ECDSA_P256", name)
    signature = bytes.fromhex(other_process("sign", name, "ab" * 32))
    api.verify(key, b"\xab" * 32, signature)


def test_made_by_another_process(api, name, other_process):
    assert other_process("create", name, "ECDSA_P384") == "ECDSA_P384"
    key = api.open(name)
    assert api.get_text(key, "Algorithm Name") == "ECDSA_P384"
    api.delete(key)


def test_deleted_by_another_process(api, name, other_process):
    key = api.make("ECDSA_P256", name)
    assert other_process("delete", name) == "deleted"
    assert not api.exists(name)
    api.sign(key, bytes(32))


def test_overwritten_key_in_another_process(api, name, other_process):
    old = api.export_key(api.make("ECDSA_P256", name), "ECCPUBLICBLOB")
    new = api.create("ECDSA_P256", name, flags=OVERWRITE_KEY)
    assert bytes.fromhex(other_process("public", name)) == old
    api.finalize(new)
    found = bytes.fromhex(other_process("public", name))
    assert found == api.export_key(new, "ECCPUBLICBLOB") != old
