# SPDX-License-Identifier: MIT
"""Symmetric keys: NCryptEncrypt and NCryptDecrypt with the chain of a handle and with vectors of
the call's own, padding, the properties that say how, and every refusal."""

from ctypes import byref, c_uint8

import pytest

from .abi import NONE, CipherPadding, D
from .api import call, must, refuses
from .constants import (
    ALLOW_SIGNING,
    CIPHER_BLOCK_PADDING,
    CIPHER_OTHER_PADDING,
    ERROR_SUCCESS,
    NTE_BAD_DATA,
    NTE_BAD_FLAGS,
    NTE_BAD_KEY_STATE,
    NTE_BUFFER_TOO_SMALL,
    NTE_BUFFERS_OVERLAP,
    NTE_INVALID_HANDLE,
    NTE_INVALID_PARAMETER,
    NTE_NOT_FOUND,
    NTE_NOT_SUPPORTED,
    NTE_PERM,
    PAD_CIPHER,
    PERSIST,
    SILENT,
)

ECB, CBC, CFB = "ChainingModeECB", "ChainingModeCBC", "ChainingModeCFB"
KINDS = {"AES": ("AES", 16, 128), "3DES": ("DES", 8, 192), "3DES_112": ("DES", 8, 128)}
IV = bytes(range(1, 17))
DATA = bytes(range(48))


@pytest.fixture(params=KINDS)
def algorithm(request):
    return request.param


@pytest.fixture
def block(algorithm):
    return KINDS[algorithm][1]


@pytest.fixture
def key(api, algorithm):
    return api.make(algorithm)


def padded(iv=None):
    return CipherPadding(CIPHER_BLOCK_PADDING, iv)


# ---- what a key is -------------------------------------------------------------------------------


def test_properties(api, key, algorithm):
    group, block, bits = KINDS[algorithm]
    assert api.get_text(key, "Algorithm Name") == algorithm
    assert api.get_text(key, "Algorithm Group") == group
    assert api.get_number(key, "Length") == bits
    assert api.get_number(key, "Block Length") == block
    assert api.get_number(key, "Key Usage") == 0xFFFFFF
    assert api.get_number(key, "Export Policy") == 0


@pytest.mark.parametrize("bits", [128, 192, 256])
@pytest.mark.requires("AES")
def test_lengths_of_aes(api, bits):
    key = api.make("AES", Length=bits)
    assert api.get_number(key, "Length") == bits
    api.set(key, "Chaining Mode", ECB)
    assert len(api.encrypt(key, DATA, NONE)) == 48


@pytest.mark.parametrize(("kind", "bits"), [("AES", 0), ("AES", 160), ("AES", 512), ("3DES", 128)])
def test_length_that_cannot_be(api, kind, bits):
    key = api.create(kind)
    with refuses(NTE_INVALID_PARAMETER):
        api.set(key, "Length", bits)
        api.finalize(key)


def test_enumerated(api, algorithm):
    (found,) = [rest for name, *rest in api.algorithms(1) if name == algorithm]
    assert found[:2] == [1, 1]


def test_no_signatures(api, key):
    with refuses():
        api.sign(key, bytes(32))
    assert call("NCryptSecretAgreement", key, key, byref(D()), 0) != ERROR_SUCCESS


# ---- how a handle chains -------------------------------------------------------------------------


def test_chain_goes_on(api, key, block):
    api.set(key, "Chaining Mode", CBC)
    api.set(key, "IV", IV[:block])
    whole = api.encrypt(key, DATA, NONE)
    assert api.get(key, "IV") == whole[-block:]
    api.set(key, "IV", IV[:block])
    pieces = [api.encrypt(key, DATA[at : at + block], NONE) for at in range(0, 48, block)]
    assert b"".join(pieces) == whole
    api.set(key, "IV", IV[:block])
    pieces = [api.decrypt(key, whole[at : at + block], NONE) for at in range(0, 48, block)]
    assert b"".join(pieces) == DATA
    assert api.get(key, "IV") == whole[-block:]


def test_cfb_is_by_bytes(api, key, block):
    api.set(key, "Chaining Mode", CFB)
    api.set(key, "IV", IV[:block])
    whole = api.encrypt(key, DATA[:21], NONE)
    assert len(whole) == 21
    api.set(key, "IV", IV[:block])
    assert b"".join(api.encrypt(key, DATA[at : at + 1], NONE) for at in range(21)) == whole
    api.set(key, "IV", IV[:block])
    assert api.decrypt(key, whole, NONE) == DATA[:21]


def test_ecb_needs_no_vector(api, key, block):
    api.set(key, "Chaining Mode", ECB)
    twice = api.encrypt(key, bytes(2 * block), NONE)
    assert twice[:block] == twice[block:] == api.encrypt(key, bytes(block), NONE)
    assert api.decrypt(key, twice, NONE) == bytes(2 * block)


def test_chain_of_each_handle(api, name, algorithm, block):
    one = api.make(algorithm, name)
    api.set(one, "Chaining Mode", CBC, PERSIST)
    api.set(one, "IV", IV[:block], PERSIST)
    other = api.open(name)
    api.set(other, "Chaining Mode", ECB)
    expected = api.encrypt(other, DATA, NONE)
    cipher = api.encrypt(one, DATA, NONE)
    assert api.get_text(one, "Chaining Mode") == CBC
    assert api.encrypt(other, DATA, NONE) == expected
    api.set(other, "Chaining Mode", CBC)
    api.set(other, "IV", IV[:block])
    assert api.decrypt(other, cipher, NONE) == DATA


def test_set_before_finalize(api, algorithm, block):
    key = api.create(algorithm)
    api.set(key, "Chaining Mode", CFB)
    api.set(key, "IV", IV[:block])
    api.finalize(key)
    assert api.get_text(key, "Chaining Mode") == CFB
    assert api.get(key, "IV") == IV[:block]
    assert len(api.encrypt(key, b"12345", NONE)) == 5


def test_no_vector_yet(api, key):
    api.set(key, "Chaining Mode", CBC)
    with refuses(NTE_NOT_FOUND, NTE_NOT_SUPPORTED):
        api.get(key, "IV")
    with refuses(NTE_INVALID_PARAMETER):
        api.encrypt(key, DATA, NONE)


def test_vector_of_wrong_size(api, key, block):
    for size in (0, 1, block - 1, block + 1, 32):
        with refuses(NTE_INVALID_PARAMETER):
            api.set(key, "IV", bytes(size))


@pytest.mark.parametrize(
    "mode", ["", "ChainingModeGCM", "ChainingModeCCM", "chainingmodecbc", "CBC"]
)
def test_other_modes(api, key, mode):
    before = api.get_text(key, "Chaining Mode")
    with refuses(NTE_NOT_SUPPORTED, NTE_INVALID_PARAMETER):
        api.set(key, "Chaining Mode", mode)
    assert api.get_text(key, "Chaining Mode") == before


@pytest.mark.parametrize("kind", ["RSA", "ECDSA_P256"])
def test_other_keys_do_not_chain(api, kind):
    key = api.create(kind)
    for title, value in (("Chaining Mode", CBC), ("IV", IV)):
        with refuses(NTE_NOT_SUPPORTED):
            api.set(key, title, value)
        with refuses(NTE_NOT_SUPPORTED, NTE_NOT_FOUND):
            api.get(key, title)


# ---- padding -------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [ECB, CBC])
def test_block_padding(api, key, block, mode):
    api.set(key, "Chaining Mode", mode)
    for size in range(2 * block + 1):
        cipher = api.encrypt(key, DATA[:size], padded(IV[:block]))
        assert len(cipher) == size - size % block + block
        assert api.decrypt(key, cipher, padded(IV[:block])) == DATA[:size]
        whole = api.decrypt(key, cipher, CipherPadding(0, IV[:block]))
        assert whole == DATA[:size] + bytes([len(cipher) - size]) * (len(cipher) - size)


def test_no_padding_there(api, key, block):
    api.set(key, "Chaining Mode", ECB)
    for end in (b"\0", bytes([block + 1]), b"\1\2", b"\xff"):
        cipher = api.encrypt(key, bytes(block - len(end)) + end, NONE)
        with refuses(NTE_BAD_DATA):
            api.decrypt(key, cipher, padded())


def test_padding_by_the_handles_vector(api, key, block):
    api.set(key, "Chaining Mode", CBC)
    api.set(key, "IV", IV[:block])
    cipher = api.encrypt(key, b"data", padded())
    assert api.get(key, "IV") == cipher[-block:]
    assert api.decrypt(key, cipher, padded(IV[:block])) == b"data"


# ---- a vector of the call's own ------------------------------------------------------------------


@pytest.mark.parametrize("mode", [CBC, CFB])
def test_own_vector(api, key, block, mode):
    api.set(key, "Chaining Mode", mode)
    api.set(key, "IV", bytes(block))
    own, size = CipherPadding(0, IV[:block]), D()
    out = (c_uint8 * 48)()
    arguments = (key, DATA, 48, own.pointer, out, 48, byref(size), PAD_CIPHER)
    must("NCryptEncrypt", *arguments)
    assert own.iv == bytes(out)[-block:]  # where a next call would go on
    assert api.get(key, "IV") == bytes(block)  # which is not the handle's
    api.set(key, "IV", IV[:block])
    assert api.encrypt(key, DATA, NONE) == bytes(out)
    assert api.decrypt(key, bytes(out), CipherPadding(0, IV[:block])) == DATA


def test_ecb_ignores_a_vector(api, key, block):
    api.set(key, "Chaining Mode", ECB)
    assert api.encrypt(key, DATA, CipherPadding(0, IV[:block])) == api.encrypt(key, DATA, NONE)


# ---- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", ["NCryptEncrypt", "NCryptDecrypt"])
def test_sizes(api, key, block, function):
    api.set(key, "Chaining Mode", ECB)
    size, out = D(), (c_uint8 * 64)()
    assert call(function, key, DATA, 48, None, None, 0, byref(size), 0) == ERROR_SUCCESS
    assert size.value == 48
    assert call(function, key, DATA, 48, None, out, 47, byref(size), 0) == NTE_BUFFER_TOO_SMALL
    assert size.value == 48
    assert call(function, key, DATA, 48, None, out, 64, byref(size), SILENT) == ERROR_SUCCESS
    assert size.value == 48
    odd = block + 1
    assert call(function, key, DATA, odd, None, out, 64, byref(size), 0) == NTE_INVALID_PARAMETER
    assert call(function, key, None, 0, None, out, 64, byref(size), 0) == ERROR_SUCCESS
    assert size.value == 0


@pytest.mark.parametrize("function", ["NCryptEncrypt", "NCryptDecrypt"])
def test_in_place(api, key, function):
    api.set(key, "Chaining Mode", ECB)
    size, same, out = D(), (c_uint8 * 48).from_buffer_copy(DATA), (c_uint8 * 48)()
    must(function, key, DATA, 48, None, out, 48, byref(size), 0)
    must(function, key, same, 48, None, same, 48, byref(size), 0)
    assert bytes(same) == bytes(out)


@pytest.mark.parametrize("function", ["NCryptEncrypt", "NCryptDecrypt"])
@pytest.mark.parametrize("shift", [-47, -1, 1, 47])
def test_overlapping_buffers(api, key, function, shift):
    """The same place, or another one: what lies across is refused, and nothing is written."""
    api.set(key, "Chaining Mode", ECB)
    size, both = D(), (c_uint8 * 144)(*range(144))
    source = (c_uint8 * 48).from_buffer(both, 48)
    out = (c_uint8 * 48).from_buffer(both, 48 + shift)
    status = call(function, key, source, 48, None, out, 48, byref(size), 0)
    assert (status, bytes(both)) == (NTE_BUFFERS_OVERLAP, bytes(range(144)))
    beside = (c_uint8 * 48).from_buffer(both, 96)
    must(function, key, source, 48, None, beside, 48, byref(size), 0)


def test_flags(api, key):
    size, out = D(), (c_uint8 * 64)()
    for bit in (0x1, 0x2, 0x4, 0x8, 0x20, 0x100, 0x10000, 0x40000000, 0x80000000):
        for function in ("NCryptEncrypt", "NCryptDecrypt"):
            assert call(function, key, DATA, 48, None, out, 64, byref(size), bit) == NTE_BAD_FLAGS


def test_pad_cipher_is_for_symmetric_keys(api):
    key = api.make("RSA", Length=1024)
    with refuses(NTE_BAD_FLAGS):
        api.encrypt(key, b"data", padded())


def test_padding_structure(api, key, block):
    api.set(key, "Chaining Mode", CBC)
    iv, size, out = IV[:block], D(), (c_uint8 * 64)()
    for wrong in (
        CipherPadding(0, iv, size=8),
        CipherPadding(0, iv, iv_size=block - 1),
        CipherPadding(0, None, iv_size=block),
        CipherPadding(0x80, iv),
    ):
        with refuses(NTE_INVALID_PARAMETER):
            api.encrypt(key, DATA, wrong)
    with refuses(NTE_NOT_SUPPORTED, NTE_INVALID_PARAMETER):
        api.encrypt(key, DATA, CipherPadding(CIPHER_OTHER_PADDING, iv))
    arguments = (key, DATA, 48, None, out, 64, byref(size), PAD_CIPHER)
    assert call("NCryptEncrypt", *arguments) == NTE_INVALID_PARAMETER


def test_state_and_usage(api, algorithm, block):
    key = api.create(algorithm)
    api.set(key, "Chaining Mode", ECB)
    api.set(key, "Key Usage", ALLOW_SIGNING)
    for function in (api.encrypt, api.decrypt):
        with refuses(NTE_BAD_KEY_STATE):
            function(key, DATA, NONE)
    api.finalize(key)
    cipher = api.encrypt(key, DATA, NONE)
    with refuses(NTE_PERM):
        api.decrypt(key, cipher, NONE)
    api.free(key)
    assert call("NCryptEncrypt", key, DATA, 48, None, None, 0, byref(D()), 0) == NTE_INVALID_HANDLE
