# SPDX-License-Identifier: MIT
"""CryptGenKey, CryptGetUserKey, CryptDestroyKey, and the two keys of a container."""

from ctypes import byref

import pytest

from .abi import H
from .api import call, refuses
from .constants import (
    AT_KEYEXCHANGE,
    AT_SIGNATURE,
    CALG_RSA_KEYX,
    CALG_RSA_SIGN,
    CALG_SHA1,
    CRYPT_EXPORTABLE,
    ERROR_INVALID_PARAMETER,
    ERROR_SUCCESS,
    KP_ALGID,
    KP_KEYLEN,
    NTE_BAD_ALGID,
    NTE_BAD_DATA,
    NTE_BAD_FLAGS,
    NTE_BAD_KEY,
    NTE_BAD_LEN,
    NTE_NO_KEY,
    PUBLICKEYBLOB,
)

BOTH = pytest.mark.parametrize("spec", [AT_KEYEXCHANGE, AT_SIGNATURE])


@BOTH
def test_generated_keys_stay(capi, container, spec):
    context = capi.new(container)
    assert capi.has_key(context, spec) == NTE_NO_KEY
    key = capi.generate(context, spec)
    public = capi.export(key, PUBLICKEYBLOB)
    capi.free(key)
    capi.free(context)
    again = capi.acquire(container)
    assert capi.export(capi.user_key(again, spec), PUBLICKEYBLOB) == public
    assert capi.has_key(again, 3 - spec) == NTE_NO_KEY


def test_two_keys(capi, container):
    context = capi.new(container)
    public = {}
    for spec, bits in ((1, 512), (2, 1024)):
        key = capi.generate(context, spec, bits)
        public[spec] = capi.export(key, PUBLICKEYBLOB)
        capi.free(key)
    capi.free(context)
    other = capi.acquire(container)
    for spec, bits in ((1, 512), (2, 1024)):
        key = capi.user_key(other, spec)
        assert capi.key_parameter(key, KP_KEYLEN) == bits
        assert capi.export(key, PUBLICKEYBLOB) == public[spec]


@BOTH
def test_generating_again_replaces(capi, container, spec):
    context = capi.new(container)
    first = capi.generate(context, spec)
    second = capi.export(capi.generate(context, spec), PUBLICKEYBLOB)
    assert capi.export(first, PUBLICKEYBLOB) != second  # its handle still is what it was
    key = capi.user_key(context, spec)
    assert capi.export(key, PUBLICKEYBLOB) == second


@BOTH
def test_keys_replaced_for_good(capi, container, spec):
    for _ in range(2):
        context = capi.acquire(container) if capi.exists(container) else capi.new(container)
        key = capi.generate(context, spec)
        public = capi.export(key, PUBLICKEYBLOB)
        capi.free(key)
        capi.free(context)
    assert capi.export(capi.user_key(capi.acquire(container), spec), PUBLICKEYBLOB) == public


def test_keys_are_stored_when_they_are_made(capi, container):
    """Not when their context is released."""
    key = capi.generate(capi.new(container), AT_SIGNATURE)
    other = capi.user_key(capi.acquire(container), AT_SIGNATURE)
    assert capi.export(other, PUBLICKEYBLOB) == capi.export(key, PUBLICKEYBLOB)


@pytest.mark.parametrize(
    ("algorithm", "spec"), [(CALG_RSA_KEYX, AT_KEYEXCHANGE), (CALG_RSA_SIGN, AT_SIGNATURE)]
)
def test_by_algorithm(capi, container, algorithm, spec):
    context = capi.new(container)
    key = capi.generate(context, algorithm)
    assert capi.key_parameter(key, KP_ALGID) == algorithm
    assert capi.has_key(context, spec) == ERROR_SUCCESS


def test_the_length_that_is_not_given(capi, container):
    key = capi.generate(capi.new(container), AT_SIGNATURE, 0)
    assert capi.key_parameter(key, KP_KEYLEN) == 1024


SHORT = pytest.mark.not_on("engine", "libcrypto makes no keys of less than 512 bits")


@pytest.mark.parametrize(
    "bits",
    [pytest.param(384, marks=SHORT), 512, 1024, 1032, 1088, 2048],
)
def test_lengths(capi, container, bits):
    key = capi.generate(capi.new(container), AT_SIGNATURE, bits)
    assert capi.key_parameter(key, KP_KEYLEN) == bits


@pytest.mark.parametrize("bits", [1, 376, 1025, 16392])
def test_impossible_lengths(capi, container, bits):
    with refuses(ERROR_INVALID_PARAMETER, NTE_BAD_FLAGS, NTE_BAD_LEN, NTE_BAD_DATA):
        capi.generate(capi.new(container), AT_SIGNATURE, bits)


@pytest.mark.parametrize("algorithm", [0, 3, CALG_SHA1, 0x2200, 0xFFFFFFFF])
def test_other_algorithms(capi, container, algorithm):
    with refuses(NTE_BAD_ALGID):
        capi.generate(capi.new(container), algorithm)


@pytest.mark.parametrize("flag", [0x10, 0x100, 0x200])
def test_unknown_flags(capi, container, flag):
    with refuses(NTE_BAD_FLAGS):
        capi.generate(capi.new(container), AT_SIGNATURE, 512, flag)


def test_verify_contexts_have_keys_of_their_own(capi):
    context, other = capi.verify_context(), capi.verify_context()
    key = capi.generate(context, AT_SIGNATURE)
    assert capi.export(capi.user_key(context, AT_SIGNATURE), PUBLICKEYBLOB) == capi.export(
        key, PUBLICKEYBLOB
    )
    assert capi.has_key(other, AT_SIGNATURE) == NTE_NO_KEY
    capi.free(key)
    assert capi.has_key(context, AT_SIGNATURE) == ERROR_SUCCESS


@pytest.mark.parametrize("spec", [0, 3, 0xFFFFFFFF])
def test_there_are_two_key_specs(capi, container, spec):
    context = capi.new(container)
    for each in (AT_KEYEXCHANGE, AT_SIGNATURE):
        capi.generate(context, each)
    with refuses(NTE_BAD_KEY, NTE_NO_KEY):
        capi.user_key(context, spec)


def test_into_nothing(capi, container):
    context = capi.new(container)
    assert call("CryptGenKey", context, AT_SIGNATURE, 512 << 16, None) == ERROR_INVALID_PARAMETER
    capi.generate(context, AT_SIGNATURE)
    assert call("CryptGetUserKey", context, AT_SIGNATURE, None) == ERROR_INVALID_PARAMETER


def test_destroying_a_handle_keeps_the_key(capi, container):
    context = capi.new(container)
    key = capi.generate(context, AT_SIGNATURE, flags=CRYPT_EXPORTABLE)
    capi.free(key)
    handle = H()
    assert call("CryptGetUserKey", context, AT_SIGNATURE, byref(handle)) == ERROR_SUCCESS
    assert call("CryptDestroyKey", handle) == ERROR_SUCCESS
