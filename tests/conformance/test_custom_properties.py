# SPDX-License-Identifier: MIT
"""Properties that the caller names, the rules common to all values, and a provider's properties."""

import ctypes
import struct
from ctypes import byref

import pytest

from . import material
from .abi import D
from .api import call, must, refuses
from .constants import (
    ALLOW_ALL_USAGES,
    IMPL_SOFTWARE,
    NTE_BUFFER_TOO_SMALL,
    NTE_INVALID_HANDLE,
    NTE_INVALID_PARAMETER,
    NTE_NOT_FOUND,
    NTE_NOT_SUPPORTED,
    PERSIST,
    PERSIST_ONLY,
    SILENT,
    SOFTWARE_PROVIDER,
)

MAX_VALUE = 0x100000


# ---- values --------------------------------------------------------------------------------------


@pytest.mark.parametrize("flags", [0, PERSIST, PERSIST_ONLY, PERSIST | PERSIST_ONLY, SILENT])
@pytest.mark.parametrize("value", [b"", b"\0", b"value", bytes(range(256)) * 40], ids=len)
def test_comes_back(api, key, value, flags):
    api.set(key, "Custom", b"an older value", flags)
    api.set(key, "Custom", value, flags)
    assert api.get(key, "Custom") == value


def test_before_finalize(api, algorithm):
    key = api.create(algorithm)
    api.set(key, "Custom", b"value")
    assert api.get(key, "Custom") == b"value"


def test_on_a_public_key(api, algorithm):
    blob = (
        ("RSAPUBLICBLOB", material.rsa(1024).public_blob())
        if algorithm == "RSA"
        else ("ECCPUBLICBLOB", material.ec(material.P256).public_blob())
    )
    key = api.import_key(*blob)
    api.set(key, "Custom", b"value", PERSIST_ONLY)
    assert api.get(key, "Custom", PERSIST_ONLY) == b"value"


def test_absent(api, key):
    for flags in (0, PERSIST_ONLY):
        with refuses(NTE_NOT_FOUND):
            api.get(key, "Custom", flags)


def test_names_are_case_sensitive(api, key):
    api.set(key, "Custom", b"1")
    api.set(key, "custom", b"2")
    assert (api.get(key, "Custom"), api.get(key, "custom")) == (b"1", b"2")
    with refuses(NTE_NOT_FOUND):
        api.get(key, "algorithm name")


@pytest.mark.parametrize("length", [1, 63, 64])
def test_name_length(api, key, length):
    api.set(key, "p" * length, b"value")
    assert api.get(key, "p" * length) == b"value"


@pytest.mark.parametrize("length", [65, 1000])
def test_name_too_long(api, key, length):
    with refuses(NTE_INVALID_PARAMETER):
        api.set(key, "p" * length, b"value")
    with refuses(NTE_INVALID_PARAMETER):
        api.get(key, "p" * length)


def test_largest_value(api, key):
    value = bytes(range(256)) * (MAX_VALUE // 256)
    api.set(key, "Custom", value)
    assert api.get(key, "Custom") == value


def test_value_too_large(api, key):
    with refuses(NTE_INVALID_PARAMETER):
        api.set(key, "Custom", bytes(MAX_VALUE + 1))


@pytest.mark.parametrize("size", [0, 4])
@pytest.mark.parametrize("title", ["Custom", "Export Policy"])
def test_null_value(key, title, size):
    # An empty value has an address, too.
    assert call("NCryptSetProperty", key, title, None, size, 0) == NTE_INVALID_PARAMETER


# ---- sizes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("title", ["Algorithm Name", "Length", "Lengths", "Custom"])
def test_sizes(api, key, title):
    api.set(key, "Custom", b"a value")
    value = api.get(key, title)
    size = D(0xFFFFFFFF)
    must("NCryptGetProperty", key, title, None, 12345, byref(size), 0)
    assert size.value == len(value)
    room = (ctypes.c_uint8 * (len(value) + 8))(*[0xAA] * (len(value) + 8))
    for given in (len(value), len(value) + 8):
        size.value = 0xFFFFFFFF
        must("NCryptGetProperty", key, title, room, given, byref(size), 0)
        assert size.value == len(value)
        assert bytes(room) == value + b"\xaa" * 8


@pytest.mark.parametrize("title", ["Algorithm Name", "Length", "Lengths", "Custom"])
def test_buffer_too_small(api, key, title):
    api.set(key, "Custom", b"a value")
    needed = len(api.get(key, title))
    room = (ctypes.c_uint8 * needed)(*[0xAA] * needed)
    for given in (0, 1, needed - 1):
        size = D()
        status = call("NCryptGetProperty", key, title, room, given, byref(size), 0)
        assert (status, size.value) == (NTE_BUFFER_TOO_SMALL, needed)
        assert bytes(room) == b"\xaa" * needed


def test_null_result(key):
    room = (ctypes.c_uint8 * 100)()
    get = "NCryptGetProperty"
    assert call(get, key, "Length", room, 100, None, 0) == NTE_INVALID_PARAMETER
    assert call(get, key, "Length", None, 0, None, 0) == NTE_INVALID_PARAMETER


@pytest.mark.parametrize("function", ["NCryptFinalizeKey", "NCryptDeleteKey"])
def test_a_provider_is_no_key(api, function):
    assert call(function, api.provider, 0) == NTE_INVALID_HANDLE


# ---- what is stored ------------------------------------------------------------------------------


@pytest.mark.parametrize("flags", [PERSIST, PERSIST_ONLY, PERSIST | PERSIST_ONLY])
@pytest.mark.parametrize("when", ["before", "after"])
def test_stored(api, name, when, flags):
    key = api.create("ECDSA_P256", name)
    if when == "after":
        api.finalize(key)
    api.set(key, "Custom", b"first", flags)
    api.set(key, "Custom", b"value", flags)
    api.set(key, "Empty", b"", flags)
    if when == "before":
        api.finalize(key)
    opened = api.open(name)
    for found in (0, PERSIST_ONLY):
        assert api.get(opened, "Custom", found) == b"value"
        assert api.get(opened, "Empty", found) == b""


@pytest.mark.parametrize("flags", [PERSIST, PERSIST_ONLY])
def test_stored_value_replaces_one_of_the_handle(api, name, flags):
    """The last value wins, wherever the one before it was kept."""
    key = api.make("ECDSA_P256", name)
    api.set(key, "Custom", b"the handle's own")
    api.set(key, "Custom", b"stored", flags)
    assert api.get(key, "Custom") == b"stored"
    api.set(key, "Custom", b"the handle's again")
    assert api.get(key, "Custom") == b"the handle's again"
    assert api.get(key, "Custom", PERSIST_ONLY) == b"stored"


@pytest.mark.parametrize("when", ["before", "after"])
def test_not_stored_without_persist(api, name, when):
    key = api.create("ECDSA_P256", name)
    if when == "after":
        api.finalize(key)
    api.set(key, "Custom", b"value")
    if when == "before":
        api.finalize(key)
    assert api.get(key, "Custom") == b"value"
    for flags in (0, PERSIST_ONLY):
        with refuses(NTE_NOT_FOUND):
            api.get(api.open(name), "Custom", flags)


def test_two_handles(api, name):
    first = api.make("ECDSA_P256", name)
    second = api.open(name)
    api.set(first, "Custom", b"first")
    api.set(second, "Custom", b"second")
    assert (api.get(first, "Custom"), api.get(second, "Custom")) == (b"first", b"second")


def test_two_handles_do_not_undo_each_other(api, name):
    """What one handle stores must survive what another, opened earlier, stores after it."""
    first = api.make("ECDSA_P256", name)
    second = api.open(name)
    api.set(first, "One", b"1", PERSIST)
    api.set(second, "Two", b"2", PERSIST)
    opened = api.open(name)
    assert (api.get(opened, "One"), api.get(opened, "Two")) == (b"1", b"2")


def test_large_stored_value(api, name):
    value = bytes(range(251)) * 400
    api.set(api.make("ECDSA_P256", name), "Custom", value, PERSIST)
    assert api.get(api.open(name), "Custom") == value


def test_stored_under_a_built_in_name(api, name):
    """PERSIST_ONLY: an opaque value beside the built-in one, never interpreted."""
    key = api.make("ECDSA_P256", name)
    with refuses(NTE_NOT_FOUND):
        api.get(key, "Key Usage", PERSIST_ONLY)
    api.set(key, "Key Usage", b"not four bytes", PERSIST_ONLY)
    for handle in (key, api.open(name)):
        assert api.get(handle, "Key Usage", PERSIST_ONLY) == b"not four bytes"
        assert api.get_number(handle, "Key Usage") == ALLOW_ALL_USAGES


def test_persist_only_on_an_ephemeral_key(api, key):
    """How .NET marks its ephemeral keys."""
    api.set(key, "CLR IsEphemeral", b"\1", PERSIST_ONLY)
    assert api.get(key, "CLR IsEphemeral", PERSIST_ONLY) == b"\1"


def test_gone_with_an_overwritten_key(api, name):
    api.set(api.make("ECDSA_P256", name), "Custom", b"value", PERSIST)
    api.make("ECDSA_P256", name, flags=0x80)
    with refuses(NTE_NOT_FOUND):
        api.get(api.open(name), "Custom")


def test_certificate(api, name):
    """Kept with the key; nothing looks into it."""
    handle = api.make("ECDSA_P256", name)
    api.set(handle, "SmartCardKeyCertificate", b"0\0", PERSIST)
    assert api.get(api.open(name), "SmartCardKeyCertificate") == b"0\0"


NOT_OFFERED = ["Security Descr", "Use Count", "SmartCardPin", "Ephemeral Name"]


@pytest.mark.parametrize("title", NOT_OFFERED)
@pytest.mark.not_on("windows", "the software provider has some of them")
def test_known_but_not_offered(api, key, title):
    """Not taken for the caller's own: a descriptor that nobody obeys is worse than none."""
    with refuses(NTE_NOT_SUPPORTED):
        api.get(key, title)
    with refuses(NTE_NOT_SUPPORTED):
        api.set(key, title, "value")


@pytest.mark.requires("AES")
def test_no_tag_length(api):
    """Stored keys have no mode that authenticates."""
    with refuses(NTE_NOT_SUPPORTED, NTE_NOT_FOUND):
        api.get(api.make("AES"), "AuthTagLength")


@pytest.mark.not_on("windows", "the software provider keeps it")
def test_access_policy(api, name):
    """A policy that nobody would obey is not accepted."""
    handle = api.create("ECDSA_P256", name)
    with refuses(NTE_NOT_SUPPORTED):
        api.set(handle, "Key Access Policy", struct.pack("<4I", 1, 1, 0, 0))


@pytest.mark.parametrize("title", ["Virtual Iso", "Per Boot Key"])
@pytest.mark.not_on("wine", "it says that a property is a wrong parameter when it has none")
def test_no_isolation(api, key, title):
    """No answer and 0 mean no."""
    value = D()
    status = call("NCryptGetProperty", key, title, byref(value), 4, byref(D()), 0)
    assert status in (0, NTE_NOT_SUPPORTED, NTE_NOT_FOUND)
    assert value.value == 0


# ---- a provider's properties ---------------------------------------------------------------------


def test_provider(api):
    assert api.get_text(api.provider, "Name") == SOFTWARE_PROVIDER
    assert api.get_number(api.provider, "Impl Type") & IMPL_SOFTWARE
    assert api.get_number(api.provider, "Version") >= 0x10000
    assert api.get_number(api.provider, "Max Name Length") == 260


@pytest.mark.parametrize("title", ["Security Descr Support", "Enabled Use Count"])
def test_provider_support(api, title):
    """No answer and any number but 1 mean no."""
    value = D()
    status = call("NCryptGetProperty", api.provider, title, byref(value), 4, byref(D()), 0)
    assert status in (0, NTE_NOT_SUPPORTED)
    assert value.value in (0, 1)


@pytest.mark.parametrize("title", ["Custom", "Length", "name"])
def test_provider_unknown(api, title):
    with refuses(NTE_NOT_SUPPORTED):
        api.get(api.provider, title)


def test_provider_use_context(api):
    other = api.open_provider()
    assert api.get(api.provider, "Use Context") == b""
    api.set(api.provider, "Use Context", "why")
    assert api.get_text(api.provider, "Use Context") == "why"
    # Neither another handle nor a key has it.
    assert api.get(other, "Use Context") == b""
    assert api.get(api.make("RSA", Length=512), "Use Context") == b""


def test_provider_window(api):
    with refuses(NTE_NOT_FOUND, NTE_NOT_SUPPORTED):
        api.get(api.provider, "HWND Handle")
    window = struct.pack("N", 77)
    api.set(api.provider, "HWND Handle", window)
    assert api.get(api.provider, "HWND Handle") == window


@pytest.mark.parametrize("title", ["Name", "Impl Type", "Version", "Max Name Length"])
def test_provider_read_only(api, title):
    with refuses(NTE_NOT_SUPPORTED):
        api.set(api.provider, title, 7)


def test_provider_sizes(api):
    value = api.get(api.provider, "Name")
    size = D()
    room = (ctypes.c_uint8 * len(value))()
    rest = (room, len(value) - 1, byref(size), 0)
    status = call("NCryptGetProperty", api.provider, "Name", *rest)
    assert (status, size.value) == (NTE_BUFFER_TOO_SMALL, len(value))


def test_curve_name_list(api):
    assert {"nistP256", "nistP384", "nistP521"} <= set(curve_names(api))


def curve_names(api):
    size = D()
    title = "ECCCurveNameList"
    must("NCryptGetProperty", api.provider, title, None, 0, byref(size), 0)
    room = (ctypes.c_uint8 * size.value)()
    must("NCryptGetProperty", api.provider, title, room, size.value, byref(size), 0)
    count, array = struct.unpack_from("I4xN" if ctypes.sizeof(ctypes.c_void_p) == 8 else "IN", room)
    pointers = (ctypes.c_void_p * count).from_address(array)
    names = [ctypes.cast(pointer, ctypes.POINTER(ctypes.c_uint16)) for pointer in pointers]
    return ["".join(map(chr, iter_units(units))) for units in names]


def iter_units(units):
    at = 0
    while units[at]:
        yield units[at]
        at += 1
