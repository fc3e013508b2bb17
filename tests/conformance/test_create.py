# SPDX-License-Identifier: MIT
"""NCryptCreatePersistedKey: what can be made, under which names, and what is in the way."""

from ctypes import byref

import pytest

from .abi import H
from .api import call, refuses
from .constants import (
    AT_KEYEXCHANGE,
    AT_SIGNATURE,
    MACHINE_KEY,
    NTE_EXISTS,
    NTE_INVALID_PARAMETER,
    NTE_NOT_SUPPORTED,
    NTE_VBS_UNAVAILABLE,
    OVERWRITE_KEY,
    PREFER_VBS,
    REQUIRE_VBS,
    USE_PER_BOOT_KEY,
)

ALGORITHMS = ("RSA", "ECDSA_P256", "ECDSA_P384", "ECDSA_P521")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_ephemeral(api, algorithm):
    key = api.create(algorithm)
    assert api.get_text(key, "Algorithm Name") == algorithm


@pytest.mark.parametrize("spec", [0, AT_KEYEXCHANGE, AT_SIGNATURE])
def test_legacy_key_spec(api, spec):
    api.create("RSA", spec=spec)


@pytest.mark.parametrize("spec", [3, 0xFFFFFFFF])
def test_unknown_legacy_key_spec(api, spec):
    with refuses(NTE_INVALID_PARAMETER):
        api.create("RSA", spec=spec)


@pytest.mark.parametrize("algorithm", ["RSA_SIGN", "SLH-DSA", "No Such Algorithm", "RSA ", ""])
def test_unsupported_algorithm(api, algorithm):
    with refuses(NTE_NOT_SUPPORTED):
        api.create(algorithm)


def test_null_pointers(api):
    handle = H()
    create = "NCryptCreatePersistedKey"
    assert call(create, api.provider, None, "RSA", None, 0, 0) == NTE_INVALID_PARAMETER
    assert call(create, api.provider, byref(handle), None, None, 0, 0) == NTE_INVALID_PARAMETER


def test_named(api, name):
    key = api.create("ECDSA_P256", name)
    assert api.get_text(key, "Name") == name
    api.finalize(key)
    assert api.get_text(api.open(name), "Name") == name


@pytest.mark.parametrize("length", [1, 259, 260])
def test_name_length(api, length):
    name = ("\u043a" * 260)[:length]
    api.free(api.make("ECDSA_P256", name))
    assert api.get_text(api.open(name), "Name") == name


@pytest.mark.parametrize("length", [0, 261, 5000])
def test_name_of_impossible_length(api, length):
    with refuses(NTE_INVALID_PARAMETER):
        api.create("ECDSA_P256", "n" * length)


@pytest.mark.parametrize(
    "name",
    ["\ud800", "\udfff alone", "\U0001f511 key", 'a/b\\c:*?"<>|', "..", " ", "\u0130\u0131\u00df"],
    ids=ascii,
)
def test_odd_names_come_back(api, name):
    api.free(api.make("ECDSA_P256", name))
    assert api.get_text(api.open(name), "Name") == name
    assert name in [key[0] for key in api.keys()]


def test_names_that_differ_only_in_normalisation_are_two(api):
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    api.make("ECDSA_P256", composed)
    api.make("ECDSA_P384", decomposed)
    assert api.get_text(api.open(composed), "Algorithm Name") == "ECDSA_P256"
    assert api.get_text(api.open(decomposed), "Algorithm Name") == "ECDSA_P384"


def test_name_that_begins_another(api, name):
    api.make("ECDSA_P256", name)
    api.make("ECDSA_P384", name + "x")
    assert api.get_text(api.open(name), "Algorithm Name") == "ECDSA_P256"
    assert not api.exists(name[:-1])


def test_existing_name(api, name):
    api.make("ECDSA_P256", name)
    with refuses(NTE_EXISTS):
        api.create("ECDSA_P256", name)


def test_existing_name_in_other_case(api, name):
    api.make("ECDSA_P256", name + " Tls")
    with refuses(NTE_EXISTS):
        api.create("ECDSA_P256", name + " tLS")
    assert api.get_text(api.open(name + " TLS"), "Name") == name + " Tls"


def test_deleted_name_is_free_again(api, name):
    api.delete(api.make("ECDSA_P256", name))
    api.make("ECDSA_P384", name)


def test_two_unfinalized_keys_of_one_name(api, name):
    first, second = api.create("ECDSA_P256", name), api.create("ECDSA_P384", name)
    api.finalize(first)
    with refuses(NTE_EXISTS):
        api.finalize(second)
    assert api.get_text(api.open(name), "Algorithm Name") == "ECDSA_P256"


def test_overwrite_nothing(api, name):
    api.make("ECDSA_P256", name, flags=OVERWRITE_KEY)
    assert api.exists(name)


def test_overwrite_replaces_at_finalize(api, name):
    old = api.make("ECDSA_P256", name)
    before = api.export_key(old, "ECCPUBLICBLOB")
    new = api.create("ECDSA_P384", name, flags=OVERWRITE_KEY)
    assert api.export_key(api.open(name), "ECCPUBLICBLOB") == before
    api.finalize(new)
    assert api.get_text(api.open(name), "Algorithm Name") == "ECDSA_P384"


def test_overwrite_that_is_given_up_leaves_the_old_key(api, name):
    before = api.export_key(api.make("ECDSA_P256", name), "ECCPUBLICBLOB")
    api.free(api.create("ECDSA_P384", name, flags=OVERWRITE_KEY))
    api.delete(api.create("ECDSA_P521", name, flags=OVERWRITE_KEY))
    assert api.export_key(api.open(name), "ECCPUBLICBLOB") == before


def test_overwritten_key_stays_usable_through_its_handle(api, name):
    old = api.make("ECDSA_P256", name)
    api.make("ECDSA_P256", name, flags=OVERWRITE_KEY)
    api.verify(old, bytes(32), api.sign(old, bytes(32)))


def test_overwrite_in_other_case(api, name):
    api.make("ECDSA_P256", name + " Old")
    api.make("ECDSA_P384", name + " oLD", flags=OVERWRITE_KEY)
    found = [key[:2] for key in api.keys() if key[0].startswith(name)]
    assert found == [(name + " oLD", "ECDSA_P384")]


def test_unfinalized_key_is_not_stored(api, name):
    api.create("ECDSA_P256", name)
    assert not api.exists(name)


def test_machine_and_user_names_are_apart(api, name):
    api.make("ECDSA_P256", name, flags=MACHINE_KEY)
    assert not api.exists(name)
    api.make("ECDSA_P384", name)
    assert api.get_text(api.open(name), "Algorithm Name") == "ECDSA_P384"
    assert api.get_text(api.open(name, flags=MACHINE_KEY), "Algorithm Name") == "ECDSA_P256"


@pytest.mark.parametrize("flag", [PREFER_VBS, USE_PER_BOOT_KEY])
def test_optional_isolation(api, flag):
    api.finalize(api.create("ECDSA_P256", flags=flag))


@pytest.mark.not_on("windows", "machines with virtualization-based security have it")
def test_required_isolation(api):
    with refuses(NTE_VBS_UNAVAILABLE):
        api.create("ECDSA_P256", flags=REQUIRE_VBS)
