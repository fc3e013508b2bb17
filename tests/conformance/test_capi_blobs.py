# SPDX-License-Identifier: MIT
"""CryptExportKey and CryptImportKey: PUBLICKEYBLOB and PRIVATEKEYBLOB."""

import struct
from ctypes import byref, c_uint8

import pytest

from . import material
from .abi import D, H
from .api import call, must, refuses
from .capi import private_blob, public_blob
from .constants import (
    AT_KEYEXCHANGE,
    AT_SIGNATURE,
    CALG_RSA_KEYX,
    CALG_RSA_SIGN,
    CALG_SHA_256,
    CRYPT_EXPORTABLE,
    ERROR_INVALID_PARAMETER,
    ERROR_MORE_DATA,
    ERROR_SUCCESS,
    KP_ALGID,
    KP_KEYLEN,
    NTE_BAD_ALGID,
    NTE_BAD_DATA,
    NTE_BAD_FLAGS,
    NTE_BAD_KEY,
    NTE_BAD_KEY_STATE,
    NTE_BAD_TYPE,
    NTE_BAD_VER,
    NTE_NO_KEY,
    PRIVATEKEYBLOB,
    PUBLICKEYBLOB,
)

ALGORITHMS = {AT_KEYEXCHANGE: CALG_RSA_KEYX, AT_SIGNATURE: CALG_RSA_SIGN}
KINDS = {PUBLICKEYBLOB: public_blob, PRIVATEKEYBLOB: private_blob}
BOTH = pytest.mark.parametrize("spec", [AT_KEYEXCHANGE, AT_SIGNATURE])
EVERY = pytest.mark.parametrize("make", [public_blob, private_blob])
KEY = material.rsa(1024)


# ---- export --------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("bits", [512, 1024])
def test_generated(capi, container, spec, bits):
    key = capi.generate(capi.new(container), spec, bits, CRYPT_EXPORTABLE)
    public, private = capi.export(key, PUBLICKEYBLOB), capi.export(key, PRIVATEKEYBLOB)
    head = struct.Struct("<BBHI4sII")
    kind, version, reserved, algorithm, magic, size, exponent = head.unpack_from(public)
    assert (kind, version, reserved, magic, size) == (6, 2, 0, b"RSA1", bits)
    assert (algorithm, exponent) == (ALGORITHMS[spec], 65537)
    n = int.from_bytes(public[20:], "little")
    assert (len(public), n.bit_length()) == (20 + bits // 8, bits)
    p, q = (int.from_bytes(private[20 + at : 20 + at + bits // 16], "little")
            for at in (bits // 8, bits // 8 + bits // 16))  # fmt: skip
    assert p * q == n
    whole = material.Rsa(n, exponent, p, q)
    assert public == public_blob(whole, algorithm)
    head_and_numbers = len(private) - bits // 8  # the private exponent has more than one form
    assert private[:head_and_numbers] == private_blob(whole, algorithm)[:head_and_numbers]
    d = int.from_bytes(private[head_and_numbers:], "little")
    assert d * exponent % (p - 1) == d * exponent % (q - 1) == 1


@pytest.mark.parametrize("bits", [1024, 2048])
def test_sizes(capi, bits):
    key = capi.import_key(capi.verify_context(), private_blob(material.rsa(bits)), CRYPT_EXPORTABLE)
    assert len(capi.export(key, PUBLICKEYBLOB)) == 20 + bits // 8
    assert len(capi.export(key, PRIVATEKEYBLOB)) == 20 + 9 * bits // 16


@BOTH
def test_not_exportable(capi, container, spec):
    key = capi.generate(capi.new(container), spec)
    capi.export(key, PUBLICKEYBLOB)
    with refuses(NTE_BAD_KEY_STATE):
        capi.export(key, PRIVATEKEYBLOB)


@pytest.mark.parametrize("flag", [0, CRYPT_EXPORTABLE])
def test_exportable_or_not_is_stored(capi, container, flag):
    context = capi.new(container)
    capi.free(capi.generate(context, AT_SIGNATURE, flags=flag))
    capi.free(context)
    key = capi.user_key(capi.acquire(container), AT_SIGNATURE)
    status = call("CryptExportKey", key, 0, PRIVATEKEYBLOB, 0, None, byref(D()))
    assert status == (ERROR_SUCCESS if flag else NTE_BAD_KEY_STATE)


def test_export_into_too_small_a_buffer(capi):
    key = capi.import_key(capi.verify_context(), private_blob(KEY), CRYPT_EXPORTABLE)
    for kind, make in KINDS.items():
        room, size = (c_uint8 * 1000)(), D(20)
        status = call("CryptExportKey", key, 0, kind, 0, room, byref(size))
        assert (status, size.value) == (ERROR_MORE_DATA, len(make(KEY)))
        assert bytes(room) == bytes(1000)


@pytest.mark.parametrize("kind", [0, 9, 99, 0xFFFFFFFF])
def test_export_of_unknown_types(capi, kind):
    key = capi.import_key(capi.verify_context(), public_blob(KEY))
    with refuses(NTE_BAD_TYPE):
        capi.export(key, kind)


@pytest.mark.parametrize("flag", [0x1, 0x2, 0x10000])
def test_export_with_unknown_flags(capi, flag):
    key = capi.import_key(capi.verify_context(), public_blob(KEY))
    with refuses(NTE_BAD_FLAGS):
        capi.export(key, PUBLICKEYBLOB, flag)


def test_export_without_a_size(capi):
    key = capi.import_key(capi.verify_context(), public_blob(KEY))
    assert call("CryptExportKey", key, 0, PUBLICKEYBLOB, 0, None, None) == ERROR_INVALID_PARAMETER


# ---- import --------------------------------------------------------------------------------------


@EVERY
@BOTH
def test_comes_back(capi, make, spec):
    key = capi.import_key(capi.verify_context(), make(KEY, ALGORITHMS[spec]), CRYPT_EXPORTABLE)
    assert capi.key_parameter(key, KP_ALGID) == ALGORITHMS[spec]
    assert capi.key_parameter(key, KP_KEYLEN) == 1024
    assert capi.export(key, PUBLICKEYBLOB) == public_blob(KEY, ALGORITHMS[spec])
    if make is private_blob:
        blob = capi.export(key, PRIVATEKEYBLOB)
        assert capi.export(
            capi.import_key(capi.verify_context(), blob, CRYPT_EXPORTABLE), PRIVATEKEYBLOB
        ) == blob  # fmt: skip
        assert blob[:-128] == private_blob(KEY, ALGORITHMS[spec])[:-128]


def test_public_keys_have_no_private_half(capi):
    key = capi.import_key(capi.verify_context(), public_blob(KEY))
    with refuses(NTE_BAD_KEY_STATE, NTE_NO_KEY, NTE_BAD_KEY):
        capi.export(key, PRIVATEKEYBLOB)


def test_private_keys_are_not_exportable_unless_said(capi):
    key = capi.import_key(capi.verify_context(), private_blob(KEY))
    with refuses(NTE_BAD_KEY_STATE):
        capi.export(key, PRIVATEKEYBLOB)


@BOTH
def test_private_keys_go_into_the_container(capi, container, spec):
    context = capi.new(container)
    capi.free(capi.import_key(context, private_blob(KEY, ALGORITHMS[spec]), CRYPT_EXPORTABLE))
    assert capi.has_key(context, spec) == ERROR_SUCCESS
    assert capi.has_key(context, 3 - spec) == NTE_NO_KEY
    capi.free(context)
    key = capi.user_key(capi.acquire(container), spec)
    assert capi.export(key, PRIVATEKEYBLOB)[:-128] == private_blob(KEY, ALGORITHMS[spec])[:-128]


def test_public_keys_do_not(capi, container):
    context = capi.new(container)
    capi.import_key(context, public_blob(KEY))
    assert capi.has_key(context, AT_KEYEXCHANGE) == NTE_NO_KEY


def test_importing_replaces(capi, container):
    context = capi.new(container)
    capi.free(capi.generate(context, AT_KEYEXCHANGE))
    capi.free(capi.import_key(context, private_blob(KEY)))
    assert capi.export(capi.user_key(context, AT_KEYEXCHANGE), PUBLICKEYBLOB) == public_blob(KEY)


def test_a_verify_context_takes_a_private_key(capi):
    """For itself: it signs with it."""
    context = capi.verify_context()
    key = capi.import_key(context, private_blob(KEY, CALG_RSA_SIGN))
    hash_ = capi.hash(context, CALG_SHA_256, bytes(32))
    capi.verify(hash_, capi.sign(hash_, AT_SIGNATURE), key)


# ---- what is no blob -----------------------------------------------------------------------------


def changed(blob, at, value):
    return blob[:at] + value + blob[at + len(value) :]


def word(value):
    return struct.pack("<I", value)


def refused(capi, blob, *statuses):
    with refuses(*statuses):
        capi.import_key(capi.verify_context(), blob)


@EVERY
def test_type(capi, make):
    refused(capi, changed(make(KEY), 0, b"\x63"), NTE_BAD_TYPE)


@EVERY
def test_version(capi, make):
    refused(capi, changed(make(KEY), 1, b"\3"), NTE_BAD_VER)


@EVERY
@pytest.mark.parametrize("algorithm", [0, 0x2200, 0x8004])
def test_algorithm(capi, make, algorithm):
    refused(capi, changed(make(KEY), 4, word(algorithm)), NTE_BAD_ALGID, NTE_BAD_DATA)


@EVERY
def test_magic_of_the_other(capi, make):
    blob = make(KEY)
    refused(capi, changed(blob, 8, b"RSA1" if b"RSA2" in blob[:12] else b"RSA2"), NTE_BAD_DATA)


@EVERY
@pytest.mark.parametrize("size", [1, 7, 8, 19, 20, 21])
def test_cut_in_the_head(capi, make, size):
    refused(capi, make(KEY)[:size], NTE_BAD_DATA)


@EVERY
def test_one_byte_short(capi, make):
    refused(capi, make(KEY)[:-1], NTE_BAD_DATA)


@EVERY
@pytest.mark.parametrize("bits", [0, 2048, 0xFFFFFFF8])
def test_bits(capi, make, bits):
    refused(capi, changed(make(KEY), 12, word(bits)), NTE_BAD_DATA)


@EVERY
@pytest.mark.parametrize("exponent", [0, 1, 2])
def test_exponents(capi, make, exponent):
    refused(capi, changed(make(KEY), 16, word(exponent)), NTE_BAD_DATA)


@EVERY
def test_even_modulus(capi, make):
    refused(capi, changed(make(KEY), 20, b"\0"), NTE_BAD_DATA)


@pytest.mark.parametrize("at", [20, 20 + 128, 20 + 192, 20 + 256, 20 + 320, 20 + 384, 20 + 448])
def test_numbers_that_do_not_belong_together(capi, at):
    blob = private_blob(KEY)
    refused(capi, changed(blob, at + 3, bytes([blob[at + 3] ^ 1])), NTE_BAD_DATA)


@EVERY
def test_import_arguments(capi, make):
    context, blob, handle = capi.verify_context(), make(KEY), H()
    rest = (len(blob), 0, 0)
    assert call("CryptImportKey", context, None, *rest, byref(handle)) == ERROR_INVALID_PARAMETER
    assert call("CryptImportKey", context, blob, *rest, None) == ERROR_INVALID_PARAMETER
    assert call("CryptImportKey", context, blob, 0, 0, 0, byref(handle)) in (
        ERROR_INVALID_PARAMETER, NTE_BAD_DATA,
    )  # fmt: skip
    assert not handle.value


@pytest.mark.parametrize("flag", [0x10, 0x200, 0x8000000])
def test_import_with_unknown_flags(capi, flag):
    with refuses(NTE_BAD_FLAGS):
        capi.import_key(capi.verify_context(), private_blob(KEY), flag)


def test_nothing_is_stored_when_an_import_fails(capi, container):
    context = capi.new(container)
    with refuses(NTE_BAD_DATA):
        must("CryptImportKey", context, private_blob(KEY)[:100], 100, 0, 0, byref(H()))
    assert capi.has_key(context, AT_KEYEXCHANGE) == NTE_NO_KEY
