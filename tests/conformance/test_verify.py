# SPDX-License-Identifier: MIT
"""NCryptVerifySignature: yes, or NTE_BAD_SIGNATURE for whatever is well-formed and does not fit."""

import hashlib

import pytest

from . import material
from .abi import Padding, pkcs1, pss
from .api import call, refuses
from .constants import NTE_BAD_SIGNATURE, NTE_INVALID_HANDLE, NTE_INVALID_PARAMETER
from .test_sign import DIGEST, REFUSED, rsa_key, rsa_only, signer

__all__ = ["signer"]

OTHER = hashlib.sha256(b"order 18").digest()


def test_other_hash(api, signer):
    key, padding, _ = signer
    with refuses(NTE_BAD_SIGNATURE):
        api.verify(key, OTHER, api.sign(key, DIGEST, padding), padding)


def test_every_changed_byte(api, signer):
    key, padding, size = signer
    signature = api.sign(key, DIGEST, padding)
    for at in range(size):
        changed = bytearray(signature)
        changed[at] ^= 1
        with refuses(NTE_BAD_SIGNATURE):
            api.verify(key, DIGEST, bytes(changed), padding)


def test_other_length(api, signer):
    key, padding, size = signer
    signature = api.sign(key, DIGEST, padding)
    for changed in (signature[:-1], signature[1:], signature + b"\0", b"\0" + signature, b"\0"):
        with refuses(NTE_BAD_SIGNATURE):
            api.verify(key, DIGEST, changed, padding)
    with refuses(NTE_BAD_SIGNATURE):
        api.verify(key, DIGEST, bytes(size * 50), padding)


@pytest.mark.parametrize("fill", [b"\0", b"\xff", b"\1"])
def test_made_up_signatures(api, signer, fill):
    key, padding, size = signer
    with refuses(NTE_BAD_SIGNATURE):
        api.verify(key, DIGEST, fill * size, padding)


def test_null_pointers_and_nothing(api, signer):
    key, padding, size = signer
    signature = api.sign(key, DIGEST, padding)
    verify, info, flag = "NCryptVerifySignature", padding.pointer, padding.flag
    for rest in (
        (None, 32, signature, size),
        (DIGEST, 32, None, size),
        (None, 0, signature, size),
        (DIGEST, 32, None, 0),
        (DIGEST, 0, signature, size),
        (DIGEST, 32, signature, 0),
    ):
        assert call(verify, key, info, *rest, flag) == NTE_INVALID_PARAMETER


def test_other_key(api, signer):
    key, padding, _ = signer
    signature = api.sign(key, DIGEST, padding)
    algorithm = api.get_text(key, "Algorithm Name")
    other = api.make(algorithm, **({"Length": 1024} if algorithm == "RSA" else {}))
    with refuses(NTE_BAD_SIGNATURE):
        api.verify(other, DIGEST, signature, padding)


def test_public_key_is_enough(api, signer):
    key, padding, _ = signer
    public = api.import_key("PUBLICBLOB", api.export_key(key, "PUBLICBLOB"))
    api.verify(public, DIGEST, api.sign(key, DIGEST, padding), padding)


# ---- RSA -----------------------------------------------------------------------------------------


@rsa_only
def test_other_padding(api):
    key = rsa_key(api)
    paddings = [pkcs1("SHA256"), pkcs1(None), pss("SHA256", 32), pss("SHA256", 20)]
    for made in paddings:
        signature = api.sign(key, DIGEST, made)
        for asked in paddings:
            if asked is made:
                api.verify(key, DIGEST, signature, asked)
            else:
                with refuses(NTE_BAD_SIGNATURE):
                    api.verify(key, DIGEST, signature, asked)


@rsa_only
def test_other_hash_of_the_same_size(api):
    key = rsa_key(api)
    prefixed = bytes.fromhex("3031300d060960864801650304020105000420") + DIGEST
    # Without a hash name the caller may bring the whole DigestInfo.
    signature = api.sign(key, prefixed, pkcs1(None))
    api.verify(key, DIGEST, signature, pkcs1("SHA256"))
    api.verify(key, prefixed, api.sign(key, DIGEST, pkcs1("SHA256")), pkcs1(None))


@rsa_only
@pytest.mark.parametrize("make", [pkcs1, lambda name: pss(name, 8)], ids=["pkcs1", "pss"])
def test_hash_of_another_size(api, make):
    key = rsa_key(api)
    signature = api.sign(key, DIGEST, make("SHA256"))
    for size in (31, 33, 20):
        with refuses(NTE_INVALID_PARAMETER, NTE_BAD_SIGNATURE):
            api.verify(key, DIGEST[:size].ljust(size, b"\0"), signature, make("SHA256"))


@rsa_only
@pytest.mark.parametrize("flag", [0x2, 0x8])
def test_padding_without_its_structure(api, flag):
    with refuses(NTE_INVALID_PARAMETER):
        api.verify(rsa_key(api), DIGEST, bytes(128), Padding(flag))


@rsa_only
def test_without_padding(api):
    with refuses(*REFUSED):
        api.verify(rsa_key(api), DIGEST, bytes(128))


@rsa_only
def test_signature_not_below_the_modulus(api):
    rsa = material.rsa(1024)
    key = rsa_key(api)
    signature = int.from_bytes(api.sign(key, DIGEST, pkcs1("SHA256")), "big")
    for value in (rsa.n, rsa.n + 1, 2**1024 - 1):
        with refuses(NTE_BAD_SIGNATURE):
            api.verify(key, DIGEST, value.to_bytes(128, "big"), pkcs1("SHA256"))
    if signature + rsa.n < 2**1024:
        with refuses(NTE_BAD_SIGNATURE):
            api.verify(key, DIGEST, (signature + rsa.n).to_bytes(128, "big"), pkcs1("SHA256"))


# ---- ECDSA ---------------------------------------------------------------------------------------


@pytest.mark.requires("ecc_import")
@pytest.mark.parametrize("curve", material.CURVES, ids=lambda curve: curve.name)
def test_numbers_out_of_range(api, curve):
    key = api.import_key("ECCPRIVATEBLOB", material.ec(curve).private_blob())
    signature = api.sign(key, DIGEST)
    r, s = signature[: curve.width], signature[curve.width :]
    zero, order = bytes(curve.width), curve.order.to_bytes(curve.width, "big")
    for changed in (zero + s, r + zero, zero + zero, order + s, r + order, order + order, s + r):
        with refuses(NTE_BAD_SIGNATURE):
            api.verify(key, DIGEST, changed)
    # A signature's twin is one, too.
    twin = (curve.order - int.from_bytes(s, "big")).to_bytes(curve.width, "big")
    api.verify(key, DIGEST, r + twin)


def test_handles(api):
    rest = (None, DIGEST, 32, bytes(64), 64, 0)
    assert call("NCryptVerifySignature", 0, *rest) == NTE_INVALID_HANDLE
    assert call("NCryptVerifySignature", api.provider, *rest) == NTE_INVALID_HANDLE
