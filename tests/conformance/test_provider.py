# SPDX-License-Identifier: MIT
"""NCryptOpenStorageProvider, EnumStorageProviders, IsAlgSupported, EnumAlgorithms."""

from ctypes import byref

import pytest

from .abi import D, H, P
from .api import call, must, refuses
from .constants import (
    NTE_BAD_PROVIDER,
    NTE_INVALID_HANDLE,
    NTE_INVALID_PARAMETER,
    NTE_KEYSET_NOT_DEF,
    NTE_NOT_FOUND,
    NTE_NOT_SUPPORTED,
    SILENT,
    SOFTWARE_PROVIDER,
)

UNKNOWN_PROVIDER = (NTE_NOT_FOUND, NTE_BAD_PROVIDER, NTE_KEYSET_NOT_DEF)


@pytest.mark.parametrize("name", [None, SOFTWARE_PROVIDER])
def test_open(api, name):
    provider = api.open_provider(name)
    assert api.get_text(provider, "Name") == SOFTWARE_PROVIDER


def test_every_open_is_released_by_itself(api):
    first, second = api.open_provider(), api.open_provider()
    api.free(first)
    assert api.get_text(second, "Name") == SOFTWARE_PROVIDER


@pytest.mark.parametrize("name", ["No Such Provider", SOFTWARE_PROVIDER + " ", "x" * 260])
def test_open_unknown(api, name):
    with refuses(*UNKNOWN_PROVIDER):
        api.open_provider(name)


def test_open_empty_name_is_not_the_default(api):
    with refuses():
        api.open_provider("")


def test_open_name_too_long(api):
    with refuses(NTE_INVALID_PARAMETER, *UNKNOWN_PROVIDER):
        api.open_provider("x" * 261)


def test_open_null_pointer():
    assert call("NCryptOpenStorageProvider", None, None, 0) == NTE_INVALID_PARAMETER


@pytest.mark.requires("enumerate_providers")
@pytest.mark.parametrize("flags", [0, SILENT])
def test_enum_storage_providers(api, flags):
    names = api.providers(flags)
    assert SOFTWARE_PROVIDER in names
    assert len(set(names)) == len(names)


@pytest.mark.requires("enumerate_providers")
@pytest.mark.parametrize("which", [0, 1])
def test_enum_storage_providers_null_pointer(which):
    arguments = [byref(D()), byref(P())]
    arguments[which] = None
    assert call("NCryptEnumStorageProviders", *arguments, 0) == NTE_INVALID_PARAMETER


@pytest.mark.parametrize("algorithm", ["RSA", "ECDSA_P256", "ECDSA_P384", "ECDSA_P521", "ECDSA"])
@pytest.mark.parametrize("flags", [0, SILENT])
def test_is_alg_supported(api, algorithm, flags):
    must("NCryptIsAlgSupported", api.provider, algorithm, flags)


@pytest.mark.parametrize(
    "algorithm", ["RSA_SIGN", "SLH-DSA", "LMS", "XMSS", "SHA256", "No Such Algorithm", "RSA ", ""]
)
def test_is_alg_not_supported(api, algorithm):
    status = call("NCryptIsAlgSupported", api.provider, algorithm, 0)
    assert status == NTE_NOT_SUPPORTED


def test_is_alg_supported_null_name(api):
    assert call("NCryptIsAlgSupported", api.provider, None, 0) == NTE_INVALID_PARAMETER


@pytest.mark.requires("enumerate_algorithms")
def test_enum_algorithms(api):
    found = {name: rest for name, *rest in api.algorithms()}
    assert found["RSA"] == [3, 0x14, 0]
    for name in ("ECDSA_P256", "ECDSA_P384", "ECDSA_P521"):
        assert found[name] == [5, 0x10, 0]


@pytest.mark.requires("enumerate_algorithms")
def test_enum_algorithms_lists_each_once_and_only_what_can_be_created(api):
    names = [name for name, *_ in api.algorithms(flags=SILENT)]
    assert len(set(names)) == len(names)
    for name in names:
        must("NCryptIsAlgSupported", api.provider, name, 0)
        api.create(name)


@pytest.mark.requires("enumerate_algorithms")
@pytest.mark.parametrize("mask", [0x4, 0x10, 0x14, 0x12])
def test_enum_algorithms_by_operation(api, mask):
    everything = api.algorithms()
    assert api.algorithms(mask) == [entry for entry in everything if entry[2] & mask]


@pytest.mark.requires("enumerate_algorithms")
def test_enum_algorithms_without_a_match(api):
    count, block = D(7), P(0)
    # Hashing is no business of a key storage provider.
    status = call("NCryptEnumAlgorithms", api.provider, 0x2, byref(count), byref(block), 0)
    assert status == NTE_NOT_SUPPORTED
    assert (count.value, block.value) == (0, None)


@pytest.mark.requires("enumerate_algorithms")
@pytest.mark.parametrize("which", [0, 1])
def test_enum_algorithms_null_pointer(api, which):
    arguments = [byref(D()), byref(P())]
    arguments[which] = None
    status = call("NCryptEnumAlgorithms", api.provider, 0, *arguments, 0)
    assert status == NTE_INVALID_PARAMETER


PROVIDER_CALLS = {
    "NCryptIsAlgSupported": ("RSA", 0),
    "NCryptEnumAlgorithms": (0, byref(D()), byref(P()), 0),
    "NCryptCreatePersistedKey": (byref(H()), "RSA", None, 0, 0),
    "NCryptOpenKey": (byref(H()), "some key", 0, 0),
    "NCryptEnumKeys": (None, byref(P()), byref(P()), 0),
    "NCryptImportKey": (0, "RSAPUBLICBLOB", None, byref(H()), b"blob", 4, 0),
    "NCryptGetProperty": ("Name", None, 0, byref(D()), 0),
    "NCryptSetProperty": ("Use Context", b"\0\0", 2, 0),
    "NCryptFreeObject": (),
}


@pytest.mark.parametrize("function", PROVIDER_CALLS)
def test_handle_zero(function):
    assert call(function, 0, *PROVIDER_CALLS[function]) == NTE_INVALID_HANDLE


@pytest.mark.parametrize("function", list(PROVIDER_CALLS)[:6])
def test_a_key_is_no_provider(key, function):
    assert call(function, key, *PROVIDER_CALLS[function]) == NTE_INVALID_HANDLE
