# SPDX-License-Identifier: MIT
"""NCryptSignHash: what it takes, what it gives, in which size."""

import ctypes
import hashlib
from ctypes import byref

import pytest

from . import material
from .abi import NONE, D, Padding, oaep, pkcs1, pss
from .api import Api, call, refuses
from .constants import (
    ALLOW_DECRYPT,
    ALLOW_SIGNING,
    NTE_BAD_FLAGS,
    NTE_BUFFER_TOO_SMALL,
    NTE_INVALID_HANDLE,
    NTE_INVALID_PARAMETER,
    NTE_NOT_SUPPORTED,
    NTE_PERM,
    SILENT,
)

DIGEST = hashlib.sha256(b"order 17").digest()
REFUSED = (NTE_INVALID_PARAMETER, NTE_BAD_FLAGS, NTE_NOT_SUPPORTED)


def rsa_key(api: Api, bits=1024):
    return api.import_key("RSAPRIVATEBLOB", material.rsa(bits).private_blob())


@pytest.fixture(
    params=[
        pytest.param(("RSA", pkcs1("SHA256")), marks=pytest.mark.requires("rsa_import")),
        pytest.param(("RSA", pkcs1(None)), marks=pytest.mark.requires("rsa_import")),
        pytest.param(("RSA", pss("SHA256", 32)), marks=pytest.mark.requires("rsa_import")),
        pytest.param(("ECDSA_P256", NONE), marks=pytest.mark.requires("ECDSA_P256")),
        pytest.param(("ECDSA_P521", NONE), marks=pytest.mark.requires("ECDSA_P521")),
    ],
    ids=["pkcs1", "pkcs1-without-hash", "pss", "p256", "p521"],
)
def signer(api, request):
    """(key, padding, signature size) of every way to sign."""
    algorithm, padding = request.param
    if algorithm == "RSA":
        return rsa_key(api), padding, 128
    return api.make(algorithm), padding, 132 if algorithm == "ECDSA_P521" else 64


def test_sizes(api, signer):
    key, padding, size = signer
    result = D()
    rest = (key, padding.pointer, DIGEST, 32)
    # A size query does not look at the size that is given.
    for given in (0, 1, 100_000):
        result.value = 0xFFFFFFFF
        assert call("NCryptSignHash", *rest, None, given, byref(result), padding.flag) == 0
        assert result.value == size
    assert api.get_number(key, "SignatureLength") == size
    for given in (size, size + 1, size + 100):
        room = (ctypes.c_uint8 * (size + 100))(*[0xAA] * (size + 100))
        result.value = 0
        assert call("NCryptSignHash", *rest, room, given, byref(result), padding.flag) == 0
        assert result.value == size
        assert bytes(room)[size:] == b"\xaa" * 100
        api.verify(key, DIGEST, bytes(room)[:size], padding)


def test_buffer_too_small(signer):
    key, padding, size = signer
    room = (ctypes.c_uint8 * size)(*[0xAA] * size)
    for given in (0, 1, size - 1):
        result = D()
        rest = (DIGEST, 32, room, given, byref(result), padding.flag)
        status = call("NCryptSignHash", key, padding.pointer, *rest)
        assert (status, result.value) == (NTE_BUFFER_TOO_SMALL, size)
        assert bytes(room) == b"\xaa" * size


def test_null_pointers(signer):
    key, padding, size = signer
    room = (ctypes.c_uint8 * size)()
    sign, info, flag = "NCryptSignHash", padding.pointer, padding.flag
    result = byref(D())
    for out in (None, room):
        assert call(sign, key, info, None, 32, out, size, result, flag) == NTE_INVALID_PARAMETER
        assert call(sign, key, info, DIGEST, 32, out, size, None, flag) == NTE_INVALID_PARAMETER


def test_empty_hash(api, signer):
    key, padding, size = signer
    room = (ctypes.c_uint8 * size)()
    rest = (DIGEST, 0, room, size, byref(D()), padding.flag)
    assert call("NCryptSignHash", key, padding.pointer, *rest) == NTE_INVALID_PARAMETER


def test_silent(api, signer):
    key, padding, _ = signer
    api.verify(key, DIGEST, api.sign(key, DIGEST, padding, SILENT), padding, SILENT)


def test_into_its_own_hash(api, signer):
    """The hash and the signature in one buffer."""
    key, padding, size = signer
    room = (ctypes.c_uint8 * size).from_buffer_copy(DIGEST.ljust(size, b"\0"))
    rest = (room, 32, room, size, byref(D()), padding.flag)
    assert call("NCryptSignHash", key, padding.pointer, *rest) == 0
    api.verify(key, DIGEST, bytes(room), padding)


# ---- RSA paddings --------------------------------------------------------------------------------

rsa_only = pytest.mark.requires("rsa_import", "sign")


@rsa_only
def test_pkcs1_is_deterministic_and_pss_is_not(api):
    key = rsa_key(api)
    assert api.sign(key, DIGEST, pkcs1("SHA256")) == api.sign(key, DIGEST, pkcs1("SHA256"))
    assert api.sign(key, DIGEST, pss("SHA256", 32)) != api.sign(key, DIGEST, pss("SHA256", 32))
    assert api.sign(key, DIGEST, pss("SHA256", 0)) == api.sign(key, DIGEST, pss("SHA256", 0))


@rsa_only
@pytest.mark.parametrize("make", [pkcs1, lambda name: pss(name, 8)], ids=["pkcs1", "pss"])
@pytest.mark.parametrize("name", material.HASH_SIZES)
def test_hash_of_another_size(api, make, name):
    key = rsa_key(api, 2048)
    size = material.HASH_SIZES[name]
    api.sign(key, bytes(size), make(name))
    for wrong in (1, size - 1, size + 1, 2 * size):
        with refuses(NTE_INVALID_PARAMETER):
            api.sign(key, bytes(wrong), make(name))


@rsa_only
@pytest.mark.parametrize("make", [pkcs1, lambda name: pss(name, 8)], ids=["pkcs1", "pss"])
@pytest.mark.parametrize("name", ["", "SHA", "SHA-256", "No Such Hash", "AES"])
def test_unknown_hash(api, make, name):
    with refuses(NTE_INVALID_PARAMETER, NTE_NOT_SUPPORTED):
        api.sign(rsa_key(api), DIGEST, make(name))


@rsa_only
@pytest.mark.parametrize("bits", [512, 1024, 1025, 2048])
def test_pkcs1_without_hash_takes_what_fits(api, bits):
    key, width = rsa_key(api, bits), (bits + 7) // 8
    for size in (1, 36, width - 11):
        data = bytes(range(1, size + 1))
        api.verify(key, data, api.sign(key, data, pkcs1(None)), pkcs1(None))
    for size in (width - 10, width, width + 1, 4 * width):
        with refuses(NTE_INVALID_PARAMETER):
            api.sign(key, b"\1" * size, pkcs1(None))


@rsa_only
def test_key_too_short_for_its_hash(api):
    # 512 bits hold SHA-256 with its prefix of 19 bytes and 11 of padding, but not SHA-384.
    key = rsa_key(api, 512)
    api.sign(key, DIGEST, pkcs1("SHA256"))
    with refuses(NTE_INVALID_PARAMETER):
        api.sign(key, bytes(48), pkcs1("SHA384"))
    with refuses(NTE_INVALID_PARAMETER):
        api.sign(key, bytes(64), pss("SHA512", 0))


@rsa_only
@pytest.mark.parametrize("bits", [1024, 1025, 1026, 1031, 1032, 2048])
@pytest.mark.parametrize("name", ["SHA1", "SHA256", "SHA512"])
def test_pss_salts(api, bits, name):
    key, size = rsa_key(api, bits), material.HASH_SIZES[name]
    # One bit less than the modulus, in bytes, less hash and two bytes.
    longest = (bits - 1 + 7) // 8 - size - 2
    for salt in sorted({0, 1, min(size, longest), longest}):
        padding = pss(name, salt)
        api.verify(key, bytes(size), api.sign(key, bytes(size), padding), padding)
    for salt in (longest + 1, 0xFFFFFFFF, 0x7FFFFFFF, 0xFFFFFFFE):
        with refuses(NTE_INVALID_PARAMETER):
            api.sign(key, bytes(size), pss(name, salt))


@rsa_only
def test_pss_needs_a_hash_name(api):
    with refuses(NTE_INVALID_PARAMETER):
        api.sign(rsa_key(api), DIGEST, pss(None, 32))


@rsa_only
@pytest.mark.parametrize("flag", [0x2, 0x8])
def test_padding_without_its_structure(api, flag):
    with refuses(NTE_INVALID_PARAMETER):
        api.sign(rsa_key(api), DIGEST, Padding(flag))


@rsa_only
def test_rsa_without_padding(api):
    with refuses(*REFUSED):
        api.sign(rsa_key(api), DIGEST)


@rsa_only
def test_encryption_padding(api):
    with refuses(NTE_BAD_FLAGS):
        api.sign(rsa_key(api), DIGEST, oaep("SHA256"))


# ---- ECDSA ---------------------------------------------------------------------------------------


@pytest.mark.requires("ECDSA_P256")
def test_ecdsa_with_a_padding_structure(api):
    key = api.make("ECDSA_P256")
    padding = pkcs1("SHA256")
    padding.flag = 0
    with refuses(*REFUSED):
        api.sign(key, DIGEST, padding)


@pytest.mark.parametrize("algorithm", ["ECDSA_P256", "ECDSA_P384", "ECDSA_P521"])
@pytest.mark.parametrize("size", [1, 20, 31, 32, 33, 48, 64, 65, 66, 67, 200, 5000])
def test_ecdsa_hash_of_any_size(api, algorithm, size):
    key, digest = api.make(algorithm), bytes(range(256)) * 20
    api.verify(key, digest[:size], api.sign(key, digest[:size]))


@pytest.mark.requires("ECDSA_P256")
def test_ecdsa_uses_the_leftmost_bits(api):
    key = api.make("ECDSA_P256")
    digest = hashlib.sha512(b"order 17").digest()
    api.verify(key, digest[:32], api.sign(key, digest))
    api.verify(key, digest, api.sign(key, digest[:32]))


@pytest.mark.requires("ECDSA_P256")
def test_ecdsa_is_randomized(api):
    key = api.make("ECDSA_P256")
    assert api.sign(key, DIGEST) != api.sign(key, DIGEST)


# ---- who may -------------------------------------------------------------------------------------


@pytest.mark.parametrize("usage", [0, ALLOW_DECRYPT, 0x4, 0x00FFFFFF & ~ALLOW_SIGNING])
def test_usage_forbids(api, usage):
    key = api.make("RSA", Length=512, Key_Usage=usage)
    padding = pkcs1("SHA256")
    with refuses(NTE_PERM):
        api.sign(key, DIGEST, padding)
    # Nor does it tell a size; and the public half may always be used.
    rest = (padding.pointer, DIGEST, 32, None, 0, byref(D()), padding.flag)
    assert call("NCryptSignHash", key, *rest) == NTE_PERM
    with refuses(0x80090006):
        api.verify(key, DIGEST, bytes(64), padding)


@pytest.mark.parametrize("usage", [ALLOW_SIGNING, ALLOW_SIGNING | ALLOW_DECRYPT])
def test_usage_allows(api, usage):
    key = api.make("RSA", Length=512, Key_Usage=usage)
    api.sign(key, DIGEST, pkcs1("SHA256"))


def test_stored_usage_forbids(api, name):
    api.make("ECDSA_P256", name, Key_Usage=ALLOW_DECRYPT)
    with refuses(NTE_PERM):
        api.sign(api.open(name), DIGEST)


@pytest.mark.requires("rsa_import")
def test_public_key(api):
    key = api.import_key("RSAPUBLICBLOB", material.rsa(1024).public_blob())
    with refuses():
        api.sign(key, DIGEST, pkcs1("SHA256"))


@pytest.mark.requires("ecc_import")
def test_public_ecc_key(api):
    key = api.import_key("ECCPUBLICBLOB", material.ec(material.P256).public_blob())
    with refuses():
        api.sign(key, DIGEST)


def test_handles(api):
    rest = (None, DIGEST, 32, None, 0, byref(D()), 0)
    assert call("NCryptSignHash", 0, *rest) == NTE_INVALID_HANDLE
    assert call("NCryptSignHash", api.provider, *rest) == NTE_INVALID_HANDLE
