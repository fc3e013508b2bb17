# SPDX-License-Identifier: MIT
"""CryptAcquireContextW and the life of a context: containers that are new, there, or not there."""

from ctypes import byref

import pytest

from .abi import D, H
from .api import call, must, refuses
from .constants import (
    AT_SIGNATURE,
    CRYPT_DELETEKEYSET,
    CRYPT_MACHINE_KEYSET,
    CRYPT_NEWKEYSET,
    CRYPT_SILENT,
    CRYPT_VERIFYCONTEXT,
    ENH_RSA_AES_PROV,
    ERROR_INVALID_HANDLE,
    ERROR_INVALID_PARAMETER,
    ERROR_SUCCESS,
    NTE_BAD_FLAGS,
    NTE_BAD_KEYSET,
    NTE_BAD_PROV_TYPE,
    NTE_BAD_UID,
    NTE_EXISTS,
    NTE_KEYSET_NOT_DEF,
    NTE_PROV_TYPE_NO_MATCH,
    NTE_PROV_TYPE_NOT_DEF,
    PROV_RSA_AES,
    PROV_RSA_FULL,
    RSA_FULL_PROVS,
    STRONG_PROV,
)

NO_HANDLE = (ERROR_INVALID_PARAMETER, ERROR_INVALID_HANDLE, NTE_BAD_UID)


# ---- containers ----------------------------------------------------------------------------------


def test_a_missing_container(capi, container):
    with refuses(NTE_BAD_KEYSET):
        capi.acquire(container)
    assert not capi.exists(container)


def test_a_new_container(capi, container):
    context = capi.new(container)
    assert capi.exists(container)
    capi.free(context)
    assert capi.exists(container)


def test_new_once_only(capi, container):
    capi.new(container)
    with refuses(NTE_EXISTS):
        capi.new(container)


def test_names_are_compared_without_ascii_case(capi, container):
    capi.new(container)
    assert capi.exists(container.upper())
    with refuses(NTE_EXISTS):
        capi.new(container.upper())


def test_delete(capi, container):
    capi.free(capi.new(container))
    capi.delete(container)
    assert not capi.exists(container)
    with refuses(NTE_BAD_KEYSET):
        must("CryptAcquireContextW", byref(H()), container, None, PROV_RSA_AES, CRYPT_DELETEKEYSET)


def test_delete_and_make_anew(capi, container):
    context = capi.new(container)
    capi.generate(context, AT_SIGNATURE)
    capi.delete(container)
    again = capi.new(container)
    assert capi.has_key(again, AT_SIGNATURE) != ERROR_SUCCESS


def test_delete_with_both_keys(capi, container):
    context = capi.new(container)
    for spec in (1, 2):
        capi.free(capi.generate(context, spec))
    capi.free(context)
    capi.delete(container)
    assert not capi.exists(container)


def test_machine_containers_are_others(capi, container):
    capi.new(container, CRYPT_MACHINE_KEYSET)
    assert capi.exists(container, CRYPT_MACHINE_KEYSET)
    assert not capi.exists(container)
    capi.new(container)
    capi.delete(container, CRYPT_MACHINE_KEYSET)
    assert capi.exists(container)
    assert not capi.exists(container, CRYPT_MACHINE_KEYSET)


def test_silent(capi, container):
    capi.new(container, CRYPT_SILENT)
    capi.acquire(container, CRYPT_SILENT)


# ---- verify contexts -----------------------------------------------------------------------------


@pytest.mark.parametrize("more", [0, CRYPT_SILENT, CRYPT_MACHINE_KEYSET])
def test_verify_context(capi, more):
    capi.acquire(None, CRYPT_VERIFYCONTEXT | more)


def test_a_verify_context_has_no_container(capi, container):
    with refuses(NTE_BAD_FLAGS):
        capi.acquire(container, CRYPT_VERIFYCONTEXT)
    capi.free(capi.new(container))
    with refuses(NTE_BAD_FLAGS):
        capi.acquire(container, CRYPT_VERIFYCONTEXT)


# ---- providers -----------------------------------------------------------------------------------


def test_the_default_provider_of_a_type(capi):
    capi.verify_context(kind=PROV_RSA_AES)
    capi.verify_context(kind=PROV_RSA_FULL)


def test_named_providers(capi):
    capi.verify_context(provider=ENH_RSA_AES_PROV)
    for name in RSA_FULL_PROVS:
        capi.verify_context(provider=name, kind=PROV_RSA_FULL)


def test_an_unknown_provider(capi):
    with refuses(NTE_KEYSET_NOT_DEF):
        capi.verify_context(provider="No such provider")


@pytest.mark.parametrize(
    ("provider", "kind"), [(ENH_RSA_AES_PROV, PROV_RSA_FULL), (STRONG_PROV, PROV_RSA_AES)]
)
def test_a_provider_of_another_type(capi, provider, kind):
    with refuses(NTE_PROV_TYPE_NO_MATCH):
        capi.verify_context(provider=provider, kind=kind)


@pytest.mark.parametrize("kind", [0, 1000, 0xFFFFFFFF])
def test_an_impossible_type(capi, kind):
    with refuses(NTE_BAD_PROV_TYPE):
        capi.verify_context(kind=kind)


def test_a_type_that_nobody_provides(capi):
    with refuses(NTE_PROV_TYPE_NOT_DEF):
        capi.verify_context(kind=999)


def test_the_types_share_containers(capi, container):
    capi.new(container)
    capi.acquire(container, kind=PROV_RSA_FULL)
    with refuses(NTE_EXISTS):
        capi.new(container, kind=PROV_RSA_FULL)


# ---- arguments -----------------------------------------------------------------------------------


def test_new_and_delete_together(capi, container):
    with refuses(NTE_BAD_FLAGS):
        capi.acquire(container, CRYPT_NEWKEYSET | CRYPT_DELETEKEYSET)


@pytest.mark.parametrize("flag", [0x1, 0x2, 0x4, 0x100, 0x10000, 0x08000000])
def test_unknown_flags(capi, flag):
    with refuses(NTE_BAD_FLAGS):
        capi.acquire(None, CRYPT_VERIFYCONTEXT | flag)


def test_acquire_into_nothing():
    assert (
        call("CryptAcquireContextW", None, None, None, PROV_RSA_AES, CRYPT_VERIFYCONTEXT)
        == ERROR_INVALID_PARAMETER
    )


# ---- the life of a handle ------------------------------------------------------------------------


def test_each_reference_needs_a_release(capi, container):
    context = capi.new(container)
    for _ in range(3):
        must("CryptContextAddRef", context, None, 0)
    for _ in range(3):
        must("CryptReleaseContext", context, 0)
        assert capi.parameter(context, 6) == container.encode() + b"\0"


def test_a_reference_outlives_its_origin(capi, container):
    context = capi.new(container)
    key = capi.generate(context, AT_SIGNATURE)
    must("CryptContextAddRef", context, None, 0)
    capi.free(context)
    assert capi.key_parameter(key, 9) == 512
    capi.free(key)
    must("CryptReleaseContext", context, 0)


def test_flags_of_a_release_do_not_keep_the_handle(capi, container):
    context = capi.new(container)
    capi.forget(context)
    assert call("CryptReleaseContext", context, 1) == NTE_BAD_FLAGS
    assert call("CryptReleaseContext", context, 0) in NO_HANDLE


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("CryptContextAddRef", (None, 0)),
        ("CryptReleaseContext", (0,)),
        ("CryptGetProvParam", (4, None, byref(D()), 0)),
        ("CryptGenKey", (AT_SIGNATURE, 512 << 16, byref(H()))),
        ("CryptGetUserKey", (AT_SIGNATURE, byref(H()))),
        ("CryptImportKey", (bytes(20), 20, 0, 0, byref(H()))),
        ("CryptCreateHash", (0x8004, 0, 0, byref(H()))),
        ("CryptGetKeyParam", (9, None, byref(D()), 0)),
        ("CryptExportKey", (0, 6, 0, None, byref(D()))),
        ("CryptDestroyKey", ()),
        ("CryptHashData", (b"data", 4, 0)),
        ("CryptSetHashParam", (2, bytes(64), 0)),
        ("CryptGetHashParam", (4, None, byref(D()), 0)),
        ("CryptDestroyHash", ()),
        ("CryptSignHashW", (AT_SIGNATURE, None, 0, None, byref(D()))),
        ("CryptVerifySignatureW", (bytes(64), 64, 0, None, 0)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_handle_zero(function, arguments):
    assert call(function, 0, *arguments) in NO_HANDLE
