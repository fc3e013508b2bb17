# SPDX-License-Identifier: MIT
"""Hashes, CryptSignHashW and CryptVerifySignatureW."""

import hashlib
from ctypes import byref, c_uint8

import pytest

from . import material
from .abi import D, H
from .api import call, must, refuses
from .capi import private_blob, public_blob
from .constants import (
    AT_KEYEXCHANGE,
    AT_SIGNATURE,
    CALG_MD5,
    CALG_RSA_SIGN,
    CALG_SHA1,
    CALG_SHA_256,
    CALG_SHA_384,
    CALG_SHA_512,
    CRYPT_NOHASHOID,
    ERROR_INVALID_PARAMETER,
    ERROR_MORE_DATA,
    HP_ALGID,
    HP_HASHSIZE,
    HP_HASHVAL,
    NTE_BAD_ALGID,
    NTE_BAD_FLAGS,
    NTE_BAD_HASH_STATE,
    NTE_BAD_KEY,
    NTE_BAD_SIGNATURE,
    NTE_BAD_TYPE,
    NTE_NO_KEY,
    PROV_RSA_FULL,
    RSA_FULL_PROVS,
)

KEY = material.rsa(1024)
TEXT = b"order 17"
# name: CryptoAPI's number, and what stands before the digest in a padding that names the hash
HASHES = {
    "md5": (CALG_MD5, "3020300c06082a864886f70d020505000410"),
    "sha1": (CALG_SHA1, "3021300906052b0e03021a05000414"),
    "sha256": (CALG_SHA_256, "3031300d060960864801650304020105000420"),
    "sha384": (CALG_SHA_384, "3041300d060960864801650304020205000430"),
    "sha512": (CALG_SHA_512, "3051300d060960864801650304020305000440"),
}
every_hash = pytest.mark.parametrize("title", HASHES)
DIGEST = hashlib.sha256(TEXT).digest()


@pytest.fixture
def signer(capi):
    """A context with KEY as its two keys."""
    context = capi.verify_context()
    for algorithm in (0xA400, CALG_RSA_SIGN):
        capi.free(capi.import_key(context, private_blob(KEY, algorithm)))
    return context


def expected(title, prefix=True):
    """The signature as PKCS #1 has it, computed here and turned round."""
    digest = hashlib.new(title, TEXT).digest()
    tail = (bytes.fromhex(HASHES[title][1]) if prefix else b"") + digest
    padded = b"\0\1" + b"\xff" * (KEY.width - 3 - len(tail)) + b"\0" + tail
    return pow(int.from_bytes(padded, "big"), KEY.d, KEY.n).to_bytes(KEY.width, "little")


# ---- hashes --------------------------------------------------------------------------------------


@every_hash
def test_hash(capi, title):
    number, digest = HASHES[title][0], hashlib.new(title, TEXT).digest()
    hash_ = capi.hash(capi.verify_context(), number, data=TEXT)
    assert capi.hash_parameter(hash_, HP_ALGID) == number.to_bytes(4, "little")
    assert capi.hash_parameter(hash_, HP_HASHSIZE) == len(digest).to_bytes(4, "little")
    assert capi.hash_parameter(hash_, HP_HASHVAL) == digest


def test_hash_in_pieces(capi):
    hash_ = capi.hash(capi.verify_context(), data=TEXT[:3])
    must("CryptHashData", hash_, TEXT[3:], len(TEXT) - 3, 0)
    assert capi.hash_parameter(hash_, HP_HASHVAL) == DIGEST


def test_hash_of_nothing(capi):
    hash_ = capi.hash(capi.verify_context())
    assert capi.hash_parameter(hash_, HP_HASHVAL) == hashlib.sha256().digest()


def test_hash_of_much(capi):
    data = bytes(range(256)) * 1000
    hash_ = capi.hash(capi.verify_context(), data=data)
    assert capi.hash_parameter(hash_, HP_HASHVAL) == hashlib.sha256(data).digest()


def test_no_data_after_the_value(capi):
    hash_ = capi.hash(capi.verify_context(), data=TEXT)
    capi.hash_parameter(hash_, HP_HASHVAL)
    assert call("CryptHashData", hash_, TEXT, len(TEXT), 0) == NTE_BAD_HASH_STATE
    assert capi.hash_parameter(hash_, HP_HASHVAL) == DIGEST


@every_hash
def test_value_given(capi, title):
    digest = hashlib.new(title, TEXT).digest()
    hash_ = capi.hash(capi.verify_context(), HASHES[title][0], digest)
    assert capi.hash_parameter(hash_, HP_HASHVAL) == digest


@pytest.mark.parametrize("algorithm", [0, 0x80FF, 0xFFFFFFFF])
def test_unknown_hashes(capi, algorithm):
    with refuses(NTE_BAD_ALGID):
        capi.hash(capi.verify_context(), algorithm)


@pytest.mark.parametrize("provider", RSA_FULL_PROVS)
@pytest.mark.parametrize("title", ["sha256", "sha384", "sha512"])
def test_sha2_needs_the_newer_type(capi, provider, title):
    context = capi.verify_context(provider=provider, kind=PROV_RSA_FULL)
    capi.hash(context, CALG_SHA1)
    capi.hash(context, CALG_MD5)
    with refuses(NTE_BAD_ALGID):
        capi.hash(context, HASHES[title][0])


def test_hash_arguments(capi):
    context, handle = capi.verify_context(), H()
    assert call("CryptCreateHash", context, CALG_SHA1, 0, 1, byref(handle)) == NTE_BAD_FLAGS
    assert call("CryptCreateHash", context, CALG_SHA1, 0, 0, None) == ERROR_INVALID_PARAMETER
    assert not handle.value
    hash_ = capi.hash(context)
    assert call("CryptHashData", hash_, TEXT, len(TEXT), 2) == NTE_BAD_FLAGS
    assert call("CryptSetHashParam", hash_, 99, DIGEST, 0) == NTE_BAD_TYPE
    assert call("CryptSetHashParam", hash_, HP_HASHVAL, DIGEST, 1) == NTE_BAD_FLAGS
    assert call("CryptSetHashParam", hash_, HP_HASHVAL, None, 0) in (
        ERROR_INVALID_PARAMETER, NTE_BAD_FLAGS,
    )  # fmt: skip
    assert call("CryptGetHashParam", hash_, 99, None, byref(D()), 0) == NTE_BAD_TYPE
    assert call("CryptGetHashParam", hash_, HP_HASHVAL, None, byref(D()), 1) == NTE_BAD_FLAGS
    assert call("CryptGetHashParam", hash_, HP_HASHVAL, None, None, 0) == ERROR_INVALID_PARAMETER


@pytest.mark.parametrize(
    ("parameter", "whole"), [(HP_HASHVAL, 32), (HP_HASHSIZE, 4), (HP_ALGID, 4)]
)
def test_hash_parameter_too_small(capi, parameter, whole):
    hash_ = capi.hash(capi.verify_context(), data=TEXT)
    room, size = (c_uint8 * 3)(), D(3)
    status = call("CryptGetHashParam", hash_, parameter, room, byref(size), 0)
    assert (status, size.value) == (ERROR_MORE_DATA, whole)


def test_destroyed_once(capi):
    hash_ = capi.hash(capi.verify_context())
    capi.free(hash_)
    with refuses():
        must("CryptDestroyHash", hash_)


# ---- signing -------------------------------------------------------------------------------------


@every_hash
def test_signature(capi, signer, title):
    given = capi.hash(signer, HASHES[title][0], hashlib.new(title, TEXT).digest())
    made = capi.hash(signer, HASHES[title][0], data=TEXT)
    for hash_ in (given, made):
        for spec in (AT_KEYEXCHANGE, AT_SIGNATURE):
            assert capi.sign(hash_, spec) == expected(title)


@every_hash
def test_signature_that_does_not_name_the_hash(capi, signer, title):
    hash_ = capi.hash(signer, HASHES[title][0], data=TEXT)
    signature = capi.sign(hash_, AT_SIGNATURE, CRYPT_NOHASHOID)
    assert signature == expected(title, prefix=False)
    capi.verify(hash_, signature, capi.user_key(signer, AT_SIGNATURE), CRYPT_NOHASHOID)


def test_signing_ends_the_hash(capi, signer):
    hash_ = capi.hash(signer, data=TEXT)
    must("CryptSignHashW", hash_, AT_SIGNATURE, None, 0, None, byref(D()))
    must("CryptHashData", hash_, TEXT, len(TEXT), 0)  # asking for the size does not
    signature = capi.sign(hash_, AT_SIGNATURE)
    assert call("CryptHashData", hash_, TEXT, len(TEXT), 0) == NTE_BAD_HASH_STATE
    assert capi.sign(hash_, AT_SIGNATURE) == signature


def test_sign_into_too_small_a_buffer(capi, signer):
    hash_ = capi.hash(signer, digest=DIGEST)
    room, size = (c_uint8 * 128)(), D(127)
    status = call("CryptSignHashW", hash_, AT_SIGNATURE, None, 0, room, byref(size))
    assert (status, size.value) == (ERROR_MORE_DATA, 128)
    assert bytes(room) == bytes(128)


@pytest.mark.parametrize("flag", [0x2, 0x8, 0x40, 0x80000000])
def test_unknown_flags(capi, signer, flag):
    hash_, key = capi.hash(signer, digest=DIGEST), capi.user_key(signer, AT_SIGNATURE)
    with refuses(NTE_BAD_FLAGS):
        capi.sign(hash_, AT_SIGNATURE, flag)
    with refuses(NTE_BAD_FLAGS):
        capi.verify(hash_, expected("sha256"), key, flag)


@pytest.mark.parametrize("spec", [AT_KEYEXCHANGE, AT_SIGNATURE])
def test_no_key(capi, container, spec):
    for context in (capi.verify_context(), capi.new(container)):
        with refuses(NTE_NO_KEY):
            capi.sign(capi.hash(context, digest=DIGEST), spec)


@pytest.mark.parametrize("spec", [0, 3])
def test_no_such_spec(capi, signer, spec):
    with refuses(NTE_NO_KEY, NTE_BAD_KEY, NTE_BAD_ALGID):
        capi.sign(capi.hash(signer, digest=DIGEST), spec)


def test_sign_without_a_size(capi, signer):
    hash_ = capi.hash(signer, digest=DIGEST)
    status = call("CryptSignHashW", hash_, AT_SIGNATURE, None, 0, None, None)
    assert status == ERROR_INVALID_PARAMETER


def test_key_too_short_for_its_hash(capi):
    """512 bits, and 83 bytes that have to go into them."""
    context = capi.verify_context()
    capi.generate(context, AT_SIGNATURE, 512)
    with refuses():
        capi.sign(capi.hash(context, CALG_SHA_512, bytes(64)), AT_SIGNATURE)


# ---- verifying -----------------------------------------------------------------------------------


@every_hash
def test_verify(capi, title):
    context = capi.verify_context()
    key = capi.import_key(context, public_blob(KEY, CALG_RSA_SIGN))
    given = capi.hash(context, HASHES[title][0], hashlib.new(title, TEXT).digest())
    made = capi.hash(context, HASHES[title][0], data=TEXT)
    for hash_ in (given, made):
        capi.verify(hash_, expected(title), key)


@pytest.mark.parametrize(
    "signature",
    [
        expected("sha256")[::-1],
        expected("sha256")[:-1],
        expected("sha256") + b"\0",
        expected("sha1"),
        expected("sha256", prefix=False)[:1] + expected("sha256")[1:],
        b"\1" + bytes(127),
        b"",
    ],
    ids=["turned round", "short", "long", "other hash", "changed", "one", "empty"],
)
def test_bad_signatures(capi, signature):
    context = capi.verify_context()
    key = capi.import_key(context, public_blob(KEY, CALG_RSA_SIGN))
    with refuses(NTE_BAD_SIGNATURE):
        capi.verify(capi.hash(context, digest=DIGEST), signature, key)


def test_signature_not_below_the_modulus(capi):
    context = capi.verify_context()
    key = capi.import_key(context, public_blob(KEY, CALG_RSA_SIGN))
    with refuses(NTE_BAD_SIGNATURE):
        capi.verify(capi.hash(context, digest=DIGEST), b"\xff" * 128, key)


def test_other_digest_and_other_key(capi, signer):
    signature = expected("sha256")
    with refuses(NTE_BAD_SIGNATURE):
        capi.verify(capi.hash(signer, digest=bytes(32)), signature, capi.user_key(signer, 2))
    other = capi.generate(capi.verify_context(), AT_SIGNATURE, 1024)
    with refuses(NTE_BAD_SIGNATURE):
        capi.verify(capi.hash(signer, digest=DIGEST), signature, other)


def test_a_named_hash_where_none_is_expected(capi, signer):
    with refuses(NTE_BAD_SIGNATURE):
        capi.verify(
            capi.hash(signer, digest=DIGEST), expected("sha256"), capi.user_key(signer, 2),
            CRYPT_NOHASHOID,
        )  # fmt: skip


def test_verify_arguments(capi, signer):
    hash_, key, size = capi.hash(signer, digest=DIGEST), capi.user_key(signer, AT_SIGNATURE), 128
    rest = (None, 0)
    assert call("CryptVerifySignatureW", hash_, None, size, key, *rest) == ERROR_INVALID_PARAMETER
    assert call("CryptVerifySignatureW", hash_, bytes(128), size, 0, *rest) in (
        ERROR_INVALID_PARAMETER, NTE_BAD_KEY,
    )  # fmt: skip
