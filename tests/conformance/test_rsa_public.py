# SPDX-License-Identifier: MIT
"""What RSA keys do with their public half: NCryptEncrypt and NCryptExportKey without decrypting."""

import ctypes
from ctypes import byref

import pytest

from . import material
from .abi import PKCS1_ENCRYPTION, D
from .api import call
from .constants import (
    NTE_BAD_FLAGS,
    NTE_BUFFER_TOO_SMALL,
    NTE_INVALID_HANDLE,
    NTE_INVALID_PARAMETER,
    NTE_NOT_SUPPORTED,
)

pytestmark = pytest.mark.requires("rsa_import")

TEXT = b"a secret of some bytes"
RSA = material.rsa(1024)


@pytest.fixture
def rsa(api):
    return api.import_key("RSAPRIVATEBLOB", RSA.private_blob())


def encrypt(key, room, size, text=TEXT, flags=PKCS1_ENCRYPTION.flag):
    """The status, and the size that is told."""
    told = D()
    status = call("NCryptEncrypt", key, text, len(text), None, room, size, byref(told), flags)
    return status, told.value


def test_encrypt(api, rsa):
    secret = api.encrypt(rsa, TEXT, PKCS1_ENCRYPTION)
    padded = pow(int.from_bytes(secret, "big"), RSA.d, RSA.n).to_bytes(RSA.width, "big")
    assert padded.startswith(b"\0\2")
    assert padded.endswith(b"\0" + TEXT)


@pytest.mark.parametrize("size", [0, 1, 127])
def test_encrypt_into_too_small_a_buffer(rsa, size):
    room = (ctypes.c_uint8 * 128)(*[0xAA] * 128)
    assert encrypt(rsa, room, size) == (NTE_BUFFER_TOO_SMALL, 128)
    assert bytes(room) == b"\xaa" * 128


@pytest.mark.parametrize("size", [118, 128, 1000])
def test_encrypt_more_than_fits(rsa, size):
    room = (ctypes.c_uint8 * 128)()
    assert encrypt(rsa, room, 128, b"\1" * size)[0] == NTE_INVALID_PARAMETER


@pytest.mark.parametrize("bit", [0x10, 0x20, 0x80, 0x800000, 0x80000000], ids=hex)
def test_encrypt_with_an_unknown_flag(rsa, bit):
    room = (ctypes.c_uint8 * 128)()
    assert encrypt(rsa, room, 128, flags=PKCS1_ENCRYPTION.flag | bit)[0] == NTE_BAD_FLAGS


def test_encrypt_with_a_provider(api):
    room = (ctypes.c_uint8 * 128)()
    assert encrypt(api.provider, room, 128)[0] == NTE_INVALID_HANDLE


@pytest.mark.parametrize("size", [0, 1, 23, len(RSA.public_blob()) - 1])
def test_export_into_too_small_a_buffer(rsa, size):
    blob, told = RSA.public_blob(), D()
    room = (ctypes.c_uint8 * len(blob))(*[0xAA] * len(blob))
    rest = ("RSAPUBLICBLOB", None, room, size, byref(told), 0)
    assert call("NCryptExportKey", rsa, 0, *rest) == NTE_BUFFER_TOO_SMALL
    assert told.value == len(blob)
    assert bytes(room) == b"\xaa" * len(blob)


def test_export_public(api, rsa):
    assert api.export_key(rsa, "RSAPUBLICBLOB") == RSA.public_blob()


def test_export_under_another_key(api, rsa):
    """No blob of these keys can be wrapped."""
    other = api.import_key("RSAPUBLICBLOB", RSA.public_blob())
    rest = ("RSAPUBLICBLOB", None, None, 0, byref(D()), 0)
    assert call("NCryptExportKey", rsa, other, *rest) == NTE_NOT_SUPPORTED
