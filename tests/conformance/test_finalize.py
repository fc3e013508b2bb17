# SPDX-License-Identifier: MIT
"""NCryptFinalizeKey and the states of a key: what is refused before it, and what after it."""

from ctypes import byref

import pytest

from .abi import D, pkcs1
from .api import call, refuses
from .conftest import small
from .constants import (
    NO_KEY_VALIDATION,
    NTE_BAD_KEY_STATE,
    NTE_INVALID_HANDLE,
    NTE_INVALID_PARAMETER,
    NTE_NOT_SUPPORTED,
    NTE_SILENT_CONTEXT,
    SILENT,
    TREAT_NIST_AS_GENERIC_ECC,
    WRITE_KEY_TO_LEGACY_STORE,
)
from .test_properties import ui_policy

OPERATIONS = {
    "NCryptSignHash": (None, bytes(32), 32, None, 0, byref(D()), 0),
    "NCryptVerifySignature": (None, bytes(32), 32, bytes(64), 64, 0),
    "NCryptEncrypt": (b"text", 4, None, None, 0, byref(D()), 2),
    "NCryptDecrypt": (bytes(64), 64, None, None, 0, byref(D()), 2),
    "NCryptExportKey": (0, "PUBLICBLOB", None, None, 0, byref(D()), 0),
}
RSA_PADDED = {"NCryptSignHash", "NCryptVerifySignature"}


def operate(function, key, algorithm):
    arguments = OPERATIONS[function]
    if function in RSA_PADDED and algorithm == "RSA":
        padding = pkcs1("SHA256")
        arguments = (padding.pointer, *arguments[1:-1], padding.flag)
    return call(function, key, *arguments)


@pytest.mark.parametrize("function", OPERATIONS)
def test_operations_before(api, algorithm, function):
    # Also a size query is refused.
    assert operate(function, api.create(algorithm), algorithm) == NTE_BAD_KEY_STATE


@pytest.mark.parametrize("function", OPERATIONS)
def test_operations_before_on_a_named_key(api, name, function):
    key = api.create("ECDSA_P256", name)
    assert operate(function, key, "ECDSA_P256") == NTE_BAD_KEY_STATE


def test_operations_after(key, algorithm):
    assert operate("NCryptSignHash", key, algorithm) == 0
    assert operate("NCryptExportKey", key, algorithm) == 0


@pytest.mark.parametrize("flags", [0, SILENT])
def test_twice(api, key, flags):
    with refuses(NTE_INVALID_HANDLE):
        api.finalize(key, flags)


def test_opened_key(api, name):
    api.make("ECDSA_P256", name)
    with refuses(NTE_INVALID_HANDLE):
        api.finalize(api.open(name))


def test_a_failure_leaves_the_key_unfinalized(api, name):
    key = api.create("ECDSA", name)
    with refuses(NTE_INVALID_PARAMETER):
        api.finalize(key)
    assert operate("NCryptSignHash", key, "ECDSA") == NTE_BAD_KEY_STATE
    assert not api.exists(name)
    api.set(key, "ECCCurveName", "nistP256")
    api.finalize(key)
    assert api.exists(name)


@pytest.mark.requires("ECDSA")
@pytest.mark.parametrize("curve", ["nistP256", "nistP384", "nistP521"])
def test_generic_ecdsa_takes_its_curve(api, curve):
    key = api.make("ECDSA", ECCCurveName=curve)
    algorithm = "ECDSA_" + curve.removeprefix("nist")
    # Keys on NIST curves report the name of their own, however they were made.
    assert api.get_text(key, "Algorithm Name") == algorithm
    assert api.get_text(key, "Algorithm Group") == "ECDSA"
    assert api.get_text(key, "ECCCurveName") == curve
    api.verify(key, bytes(32), api.sign(key, bytes(32)))


@pytest.mark.requires("ECDSA")
def test_treat_nist_as_generic(api):
    key = api.make("ECDSA", flags=TREAT_NIST_AS_GENERIC_ECC, ECCCurveName="nistP256")
    assert api.get_text(key, "Algorithm Name") == "ECDSA"
    assert api.export_key(key, "ECCPUBLICBLOB")[:4] == b"ECDP"


@pytest.mark.requires("ECDSA")
def test_generic_ecdsa_without_a_curve(api):
    with refuses(NTE_INVALID_PARAMETER):
        api.finalize(api.create("ECDSA"))


@pytest.mark.requires("ECDSA")
@pytest.mark.parametrize("curve", ["nistP255", "no such curve", ""])
def test_generic_ecdsa_with_an_unknown_curve(api, curve):
    key = api.create("ECDSA")
    with refuses(NTE_INVALID_PARAMETER):
        api.set(key, "ECCCurveName", curve)
        api.finalize(key)


@pytest.mark.parametrize("flags", [NO_KEY_VALIDATION, SILENT, NO_KEY_VALIDATION | SILENT])
def test_flags(api, algorithm, flags):
    key = api.create(algorithm)
    for title, value in small(algorithm).items():
        api.set(key, title, value)
    api.finalize(key, flags)


def test_legacy_store_takes_rsa(api, name):
    key = api.create("RSA", name, spec=2)
    api.set(key, "Length", 512)
    api.finalize(key, WRITE_KEY_TO_LEGACY_STORE)
    assert api.exists(name)


def test_legacy_store_takes_nothing_else(api, name):
    key = api.create("ECDSA_P256", name)
    with refuses(NTE_NOT_SUPPORTED):
        api.finalize(key, WRITE_KEY_TO_LEGACY_STORE)
    assert not api.exists(name)
    api.finalize(key)


@pytest.mark.parametrize("protection", [1, 2])
def test_silent_key_that_needs_a_dialog(api, name, protection):
    key = api.create("ECDSA_P256", name)
    api.set(key, "UI Policy", ui_policy(protection, "title")[0])
    with refuses(NTE_SILENT_CONTEXT):
        api.finalize(key, SILENT)
    assert not api.exists(name)


@pytest.mark.parametrize("bits", [512, 576, 1024, 2048])
def test_rsa_of_a_length(api, bits):
    key = api.make("RSA", Length=bits)
    assert api.get_number(key, "Length") == bits
    blob = api.export_key(key, "RSAPUBLICBLOB")
    assert int.from_bytes(blob[4:8], "little") == bits
    # The exponent that everybody uses.
    assert blob[24:27] == b"\1\0\1"


def test_rsa_of_the_default_length(api):
    key = api.make("RSA")
    lengths = api.get(key, "Lengths")
    assert api.get(key, "Length") == lengths[12:16]


def test_two_keys_differ(api, algorithm):
    first, second = (api.make(algorithm, **small(algorithm)) for _ in range(2))
    assert api.export_key(first, "PUBLICBLOB") != api.export_key(second, "PUBLICBLOB")
