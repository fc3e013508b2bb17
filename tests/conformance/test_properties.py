# SPDX-License-Identifier: MIT
"""NCryptGetProperty and NCryptSetProperty: the built-in properties of a key."""

import ctypes
import struct
from ctypes import byref

import pytest

from . import material
from .abi import D, H, UiPolicy, text_at, wide
from .api import call, must, refuses
from .conftest import small
from .constants import (
    ALLOW_ALL_USAGES,
    ALLOW_EXPORT,
    ALLOW_PLAINTEXT_EXPORT,
    MACHINE_KEY,
    NTE_BAD_DATA,
    NTE_BAD_KEY_STATE,
    NTE_INVALID_HANDLE,
    NTE_INVALID_PARAMETER,
    NTE_NOT_FOUND,
    NTE_NOT_SUPPORTED,
    PERSIST,
    PERSIST_ONLY,
    SOFTWARE_PROVIDER,
)

ABSENT = (NTE_NOT_FOUND, NTE_NOT_SUPPORTED)
TOO_LATE = (NTE_INVALID_HANDLE, NTE_NOT_SUPPORTED, NTE_BAD_KEY_STATE)
WRONG_VALUE = (NTE_INVALID_PARAMETER, NTE_BAD_DATA)


def ui_policy(flags, title=None, friendly=None, description=None, version=1):
    """The bytes of an NCRYPT_UI_POLICY, and the strings it points at, to be kept."""
    strings = [None if text is None else wide(text) for text in (title, friendly, description)]
    addresses = [None if held is None else ctypes.addressof(held) for held in strings]
    return bytes(UiPolicy(version, flags, *addresses)), strings


# ---- what every key says about itself ------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["RSA", "ECDSA_P256", "ECDSA_P384", "ECDSA_P521"])
def test_algorithm(api, algorithm):
    unfinalized, finalized = api.create(algorithm), api.make(algorithm, **small(algorithm))
    for key in (unfinalized, finalized):
        assert api.get_text(key, "Algorithm Name") == algorithm
        assert api.get_text(key, "Algorithm Group") == algorithm.partition("_")[0]


def test_defaults(api, key):
    assert api.get_number(key, "Export Policy") == 0
    assert api.get_number(key, "Key Usage") == ALLOW_ALL_USAGES
    assert api.get_number(key, "Key Type") == 0
    assert api.get(key, "Use Context") == b""
    for absent in ("UI Policy", "HWND Handle"):
        with refuses(NTE_NOT_FOUND):
            api.get(key, absent)


def test_ephemeral_key_has_no_name(api, key):
    for title in ("Name", "Unique Name"):
        with refuses(*ABSENT):
            api.get(key, title)


@pytest.mark.parametrize("flags", [0, MACHINE_KEY])
def test_key_type(api, name, flags):
    key = api.make("ECDSA_P256", name, flags)
    assert api.get_number(key, "Key Type") == flags
    assert api.get_number(api.open(name, flags=flags), "Key Type") == flags


def test_unique_name_opens_the_key(api, name):
    key = api.make("ECDSA_P256", name)
    unique = api.get_text(key, "Unique Name")
    assert unique != name
    other = api.open(unique)
    assert api.get_text(other, "Name") == name
    assert api.export_key(other, "ECCPUBLICBLOB") == api.export_key(key, "ECCPUBLICBLOB")


def test_unique_names_differ(api, name):
    keys = [api.make("ECDSA_P256", f"{name} {number}") for number in range(3)]
    assert len({api.get_text(key, "Unique Name") for key in keys}) == 3


def test_modified(api, name):
    key = api.make("ECDSA_P256", name)
    created = struct.unpack("<Q", api.get(key, "Modified"))[0]
    year_2020 = 132_223_104_000_000_000
    assert created > year_2020
    api.set(key, "Custom", b"value", PERSIST)
    assert struct.unpack("<Q", api.get(api.open(name), "Modified"))[0] >= created


def test_provider_handle(api, key):
    size = D()
    must("NCryptGetProperty", key, "Provider Handle", None, 0, byref(size), 0)
    assert size.value == ctypes.sizeof(H)
    handles = []
    for _ in range(2):
        handle = H()
        must("NCryptGetProperty", key, "Provider Handle", byref(handle), size, byref(size), 0)
        handles.append(api.keep(handle.value))
    # Each one lives by itself, also longer than the key.
    api.free(key)
    api.free(handles[0])
    assert api.get_text(handles[1], "Name") == SOFTWARE_PROVIDER


# ---- sizes ---------------------------------------------------------------------------------------


@pytest.mark.requires("rsa_import")
@pytest.mark.parametrize("bits", [512, 1024, 1025, 1031, 1032, 2048, 4096])
def test_rsa_sizes(api, bits):
    key = api.import_key("RSAPRIVATEBLOB", material.rsa(bits).private_blob())
    assert api.get_number(key, "Length") == bits
    assert api.get_number(key, "PublicKeyLength") == bits
    assert api.get_number(key, "SignatureLength") == (bits + 7) // 8
    assert api.get_number(key, "Block Length") == (bits + 7) // 8
    assert struct.unpack("<4I", api.get(key, "Lengths"))[:3] == (512, 16384, 64)
    with refuses(*ABSENT):
        api.get(key, "ECCCurveName")


@pytest.mark.parametrize("curve", material.CURVES, ids=lambda curve: curve.name)
def test_ecc_sizes(api, curve):
    key = api.make(curve.algorithm)
    assert api.get_number(key, "Length") == curve.bits
    assert api.get_number(key, "PublicKeyLength") == curve.bits
    assert api.get_number(key, "SignatureLength") == 2 * curve.width
    assert struct.unpack("<4I", api.get(key, "Lengths"))[:3] == (curve.bits, curve.bits, 0)
    assert api.get_text(key, "ECCCurveName") == curve.name
    with refuses(NTE_NOT_SUPPORTED):
        api.get(key, "Block Length")


# Where the lengths are not known, a key of such a length is made, which takes minutes.
LONG = pytest.mark.requires("lengths")


@pytest.mark.parametrize(
    "bits",
    [0, 1, 384, 448, 511, 513, 520, 1032]
    + [pytest.param(bits, marks=LONG) for bits in (16385, 16448, 0xFFFFFFFF)],
)
def test_rsa_length_that_cannot_be(api, bits):
    key = api.create("RSA")
    with refuses(NTE_INVALID_PARAMETER):
        api.set(key, "Length", bits)
        api.finalize(key)


@pytest.mark.parametrize("bits", [512, 576, 1024, 3072, 4096, 16384])
def test_rsa_length_reads_back(api, bits):
    key = api.create("RSA")
    api.set(key, "Length", bits, PERSIST)
    assert api.get_number(key, "Length") == bits


def test_ecc_length_is_the_curves(api):
    key = api.create("ECDSA_P256")
    with refuses(NTE_INVALID_PARAMETER, NTE_NOT_SUPPORTED):
        api.set(key, "Length", 384)
        api.finalize(key)


# ---- writing -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "title",
    [
        "Algorithm Name", "Algorithm Group", "Name", "Unique Name", "Key Type", "Lengths",
        "PublicKeyLength", "SignatureLength", "Block Length", "Modified", "Provider Handle",
    ],
)  # fmt: skip
def test_read_only(api, algorithm, title):
    key = api.create(algorithm)
    for value in (bytes(4), "text", bytes(16)):
        with refuses(NTE_NOT_SUPPORTED):
            api.set(key, title, value)


@pytest.mark.parametrize(
    ("title", "value"),
    [
        ("Length", 576),
        ("Key Usage", 2),
        ("UI Policy", ui_policy(0)[0]),
        ("ECCCurveName", "nistP256"),
    ],
)
def test_too_late_after_finalize(api, key, title, value):
    with refuses(*TOO_LATE):
        api.set(key, title, value)


@pytest.mark.parametrize("title", ["Length", "Export Policy", "Key Usage"])
@pytest.mark.parametrize("value", [b"", bytes(1), bytes(3), bytes(5), bytes(8)], ids=len)
def test_number_of_wrong_size(api, title, value):
    with refuses(*WRONG_VALUE):
        api.set(api.create("RSA"), title, value)


@pytest.mark.requires("ECDSA")
@pytest.mark.parametrize("value", [b"", b"n", b"n\0i\0", b"nist"], ids=repr)
def test_curve_name_that_is_no_string(api, value):
    with refuses(*WRONG_VALUE):
        api.set(api.create("ECDSA"), "ECCCurveName", value)


def test_captured_by_finalize(api, name):
    """Built-in settings are stored whether or not they were set with PERSIST."""
    key = api.create("RSA", name, spec=1)
    api.set(key, "Length", 576)
    api.set(key, "Export Policy", ALLOW_EXPORT)
    api.set(key, "Key Usage", 2, PERSIST)
    policy, kept = ui_policy(0, "title", "friendly")
    assert kept
    api.set(key, "UI Policy", policy)
    api.finalize(key)
    opened = api.open(name)
    assert api.get_number(opened, "Length") == 576
    assert api.get_number(opened, "Export Policy") == ALLOW_EXPORT
    assert api.get_number(opened, "Key Usage") == 2
    assert read_ui_policy(api, opened) == (1, 0, "title", "friendly", None)


# ---- export policy -------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", range(16))
def test_export_policy_reads_back(api, algorithm, policy):
    key = api.create(algorithm)
    api.set(key, "Export Policy", policy)
    assert api.get_number(key, "Export Policy") == policy


def test_export_policy_lowered_on_an_ephemeral_key(api, algorithm):
    key = api.make(algorithm, Export_Policy=ALLOW_PLAINTEXT_EXPORT, **small(algorithm))
    api.export_key(key, "PRIVATEBLOB")
    api.set(key, "Export Policy", ALLOW_EXPORT, PERSIST)
    assert api.get_number(key, "Export Policy") == ALLOW_EXPORT
    with refuses(NTE_NOT_SUPPORTED):
        api.export_key(key, "PRIVATEBLOB")


@pytest.mark.requires("rsa_import")
def test_export_policy_of_an_imported_key(api):
    rsa = material.rsa(1024)
    key = api.import_key("RSAPRIVATEBLOB", rsa.private_blob())
    assert api.get_number(key, "Export Policy") == 0
    with refuses(NTE_NOT_SUPPORTED):
        api.export_key(key, "RSAPRIVATEBLOB")
    api.set(key, "Export Policy", ALLOW_EXPORT | ALLOW_PLAINTEXT_EXPORT)
    assert api.export_key(key, "RSAPRIVATEBLOB") == rsa.private_blob()


@pytest.mark.requires("ecc_import")
@pytest.mark.parametrize("flags", [0, PERSIST])
def test_export_policy_of_an_imported_key_is_fixed_by_its_first_use(api, flags):
    key = api.import_key("ECCPRIVATEBLOB", material.ec(material.P256).private_blob())
    api.sign(key, bytes(32))
    with refuses(*TOO_LATE):
        api.set(key, "Export Policy", ALLOW_PLAINTEXT_EXPORT, flags)
    with refuses(NTE_NOT_SUPPORTED):
        api.export_key(key, "ECCPRIVATEBLOB")


def test_export_policy_of_a_stored_key_cannot_be_raised(api, name):
    key = api.make("ECDSA_P256", name)
    for handle in (key, api.open(name)):
        for flags in (0, PERSIST):
            with refuses(*TOO_LATE):
                api.set(handle, "Export Policy", ALLOW_PLAINTEXT_EXPORT, flags)
    # An opaque value of that name is no export policy.
    api.set(key, "Export Policy", ALLOW_PLAINTEXT_EXPORT, PERSIST_ONLY)
    for handle in (key, api.open(name)):
        assert api.get_number(handle, "Export Policy") == 0
        with refuses(NTE_NOT_SUPPORTED):
            api.export_key(handle, "ECCPRIVATEBLOB")


# ---- user interface ------------------------------------------------------------------------------


def read_ui_policy(api, key):
    size = D()
    must("NCryptGetProperty", key, "UI Policy", None, 0, byref(size), 0)
    room = (ctypes.c_uint8 * size.value)()
    must("NCryptGetProperty", key, "UI Policy", room, size.value, byref(size), 0)
    policy = UiPolicy.from_buffer(room)
    texts = []
    for address in (policy.title, policy.friendly, policy.description):
        if address is not None:
            start = ctypes.addressof(room)
            assert start + ctypes.sizeof(UiPolicy) <= address < start + size.value
        texts.append(None if address is None else text_at(address))
    return policy.version, policy.flags, *texts


@pytest.mark.parametrize("flags", [0, PERSIST])
@pytest.mark.parametrize(
    "texts",
    [(None, None, None), ("title", "friendly", "description"), (None, "f", None), ("", "", "")],
)
def test_ui_policy_of_an_ephemeral_key(api, algorithm, texts, flags):
    key = api.create(algorithm)
    policy, kept = ui_policy(0, *texts)
    assert len(kept) == 3
    api.set(key, "UI Policy", policy, flags)
    for title, value in small(algorithm).items():
        api.set(key, title, value)
    api.finalize(key)
    version, level, *found = read_ui_policy(api, key)
    assert (version, level) == (1, 0)
    # An empty string and none may be told apart or not.
    assert [text or None for text in found] == [text or None for text in texts]


def test_ui_policy_replaced(api):
    key = api.create("RSA")
    for text in ("first", "second, and longer"):
        policy, kept = ui_policy(0, text)
        assert kept
        api.set(key, "UI Policy", policy)
    assert read_ui_policy(api, key)[2] == "second, and longer"


@pytest.mark.parametrize("change", [-1, 1, -32])
def test_ui_policy_of_wrong_size(api, change):
    policy = ui_policy(0)[0]
    value = (policy + bytes(1))[: len(policy) + change]
    with refuses(*WRONG_VALUE):
        api.set(api.create("RSA"), "UI Policy", value)


def test_ui_policy_of_another_version(api):
    with refuses(*WRONG_VALUE, NTE_NOT_SUPPORTED):
        api.set(api.create("RSA"), "UI Policy", ui_policy(0, version=2)[0])


@pytest.mark.parametrize("flags", [0, PERSIST])
def test_use_context_is_the_handles_own(api, name, flags):
    key = api.make("ECDSA_P256", name)
    api.set(key, "Use Context", "sign the order", flags)
    assert api.get_text(key, "Use Context") == "sign the order"
    assert api.get(api.open(name), "Use Context") == b""


def test_use_context_replaced(api, key):
    for text in ("one", "", "another"):
        api.set(key, "Use Context", text)
        assert api.get_text(key, "Use Context") == text


def test_window_handle_is_the_handles_own(api, name):
    key = api.make("ECDSA_P256", name)
    window = struct.pack("N", 0x12345678)
    api.set(key, "HWND Handle", window)
    assert api.get(key, "HWND Handle") == window
    with refuses(NTE_NOT_FOUND):
        api.get(api.open(name), "HWND Handle")


def test_window_handle_of_wrong_size(api, key):
    for size in (0, 4, 12):
        with refuses(*WRONG_VALUE):
            api.set(key, "HWND Handle", bytes(size))


def test_null_property_name(key):
    assert call("NCryptGetProperty", key, None, None, 0, byref(D()), 0) == NTE_INVALID_PARAMETER
    assert call("NCryptSetProperty", key, None, b"1", 1, 0) == NTE_INVALID_PARAMETER
